//! Codes of short links: 20 letters and digits by which the voucher of a message is found, and which
//! nobody can make but us.
//!
//! A code has no item of its own. It names its campaign (25 bits of a hash), the shard of the
//! voucher (4) and the first 6 symbols of the voucher's id (30), by which the index by campaign
//! finds it, and ends with a signature of 60 bits over campaign, customer, voucher and channel.
//! Guarantees: what the first parts have in common with other vouchers is told apart by the
//! signature; a code of one voucher or channel is none of another; a code gives nothing away.

use sha2::{Digest, Sha256};

use crate::{
    kernel::{
        channel::Channel,
        id::{CampaignId, VoucherId, crockford_value, encode_crockford},
        short_code::{VOUCHER_CODE_LENGTH, decode_base62, encode_base62},
        signed_token::TokenSigner,
    },
    voucher::record::Voucher,
};

/// The characters of a code.
pub const CODE_LENGTH: usize = VOUCHER_CODE_LENGTH;
/// A code that no voucher has: the link of a preview or a test send. It is not signed.
pub const EXAMPLE_CODE: &str = "EXAMPLE0000000000000";

const PURPOSE: &str = "voucher_link";
/// Symbols of five bits of the campaign's hash. Campaigns that share them are told apart by the
/// signature.
const CAMPAIGN_SYMBOLS: usize = 5;
const SHARD_BITS: u32 = 4;
/// Symbols of five bits of the voucher's id: of 10 million vouchers of a campaign, one in 100 shares
/// them with another one.
const VOUCHER_SYMBOLS: usize = 6;
const VOUCHER_BITS: u32 = 30;
const TAG_BITS: u32 = 60;
const SYMBOL_BITS: u32 = 5;

/// A code as it was read: where to look, and the signature that chooses among what is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCode {
    campaign: String,
    shard: u32,
    voucher: String,
    tag: u64,
}

impl LinkCode {
    /// Reads a code. A text that no code can be is `None`; whether it is signed is not known yet.
    pub fn parse(text: &str) -> Option<Self> {
        let number = decode_base62(text, CODE_LENGTH)?;
        let tag = u64::try_from(number & ((1 << TAG_BITS) - 1)).ok()?;
        let (rest, voucher) = split_symbols(number >> TAG_BITS, VOUCHER_SYMBOLS)?;
        let shard = u32::try_from(rest & ((1 << SHARD_BITS) - 1)).ok()?;
        let (left, campaign) = split_symbols(rest >> SHARD_BITS, CAMPAIGN_SYMBOLS)?;
        (left == 0).then_some(Self { campaign, shard, voucher, tag })
    }

    /// The short name of the campaign, see [`campaign_short_name`].
    pub fn campaign_short_name(&self) -> &str {
        &self.campaign
    }

    pub fn shard(&self) -> u32 {
        self.shard
    }

    /// Returns the beginning of the voucher's id.
    pub fn voucher_prefix(&self) -> String {
        format!("{}{}", VoucherId::PREFIX, self.voucher)
    }
}

/// Returns the name by which codes call a campaign. A few campaigns may share one.
pub fn campaign_short_name(campaign: &CampaignId) -> String {
    encode_crockford(&Sha256::digest(campaign.as_str().as_bytes()), CAMPAIGN_SYMBOLS)
}

/// Signs codes and knows its own again.
#[derive(Clone)]
pub struct LinkSigner(TokenSigner);

impl LinkSigner {
    pub fn new(signer: TokenSigner) -> Self {
        Self(signer)
    }

    /// Returns the code of a voucher's link in a message on `channel`.
    pub fn code(&self, voucher: &Voucher, channel: Channel) -> String {
        let campaign = symbols_value(&campaign_short_name(&voucher.campaign), CAMPAIGN_SYMBOLS);
        let id = voucher.id.as_str();
        let id = id.strip_prefix(VoucherId::PREFIX).unwrap_or(id);
        let place = (campaign << SHARD_BITS) | u128::from(voucher.id.shard());
        let place = (place << VOUCHER_BITS) | symbols_value(id, VOUCHER_SYMBOLS);
        let tag = self.0.short_tag(PURPOSE, &signed_text(voucher, channel), TAG_BITS);
        encode_base62((place << TAG_BITS) | u128::from(tag), CODE_LENGTH)
    }

    /// Returns the channel of the message for which the code of this voucher was signed, or `None`
    /// if it is none of ours or of another voucher.
    pub fn channel_of(&self, code: &LinkCode, voucher: &Voucher) -> Option<Channel> {
        let signed = |channel: &Channel| {
            let text = signed_text(voucher, *channel);
            self.0.accepts_short_tag(PURPOSE, &text, TAG_BITS, code.tag)
        };
        Channel::ALL.into_iter().find(signed)
    }
}

/// No id contains a line break, so no two vouchers have the same text.
fn signed_text(voucher: &Voucher, channel: Channel) -> String {
    format!("{}\n{}\n{}\n{channel}", voucher.campaign, voucher.customer, voucher.id)
}

/// Returns the value of the first symbols. One that the alphabet lacks, as in an id that was not
/// derived, counts as zero: such a voucher is not found by a link.
fn symbols_value(text: &str, symbols: usize) -> u128 {
    let values = text.bytes().map(|symbol| crockford_value(symbol).unwrap_or_default());
    let padded = values.chain(std::iter::repeat(0)).take(symbols);
    padded.fold(0, |number, value| (number << SYMBOL_BITS) | u128::from(value))
}

/// Splits the lowest symbols off a number.
fn split_symbols(number: u128, symbols: usize) -> Option<(u128, String)> {
    let bits = SYMBOL_BITS * u32::try_from(symbols).ok()?;
    let low = number & ((1 << bits) - 1);
    let aligned = low << (u128::BITS - bits);
    Some((number >> bits, encode_crockford(&aligned.to_be_bytes(), symbols)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        kernel::{
            id::{CustomerId, Occurrence, RunId},
            signed_token::TokenFormat,
        },
        voucher::record::tests::{definition, issued},
    };

    fn signer(key: &str) -> LinkSigner {
        LinkSigner::new(TokenSigner::new(TokenFormat::LINK, vec![key.as_bytes().to_vec()]))
    }

    fn voucher(campaign: &str, customer: &str) -> Voucher {
        let campaign = CampaignId::parse(campaign).unwrap();
        let customer = CustomerId::parse(customer).unwrap();
        let occurrence = Occurrence::of_run(&RunId::of_promotion(&campaign));
        let id = VoucherId::derive(&campaign, &customer, &occurrence);
        Voucher { id, campaign, customer, ..issued(&definition(serde_json::json!({}))) }
    }

    #[test]
    fn a_code_finds_its_voucher_and_knows_its_channel() {
        let signer = signer("key");
        let mine = voucher("cmp_1", "c-1");
        for channel in Channel::ALL {
            let text = signer.code(&mine, channel);
            assert_eq!(text.len(), CODE_LENGTH);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
            let code = LinkCode::parse(&text).unwrap();
            assert_eq!(code.campaign_short_name(), campaign_short_name(&mine.campaign));
            assert_eq!(code.shard(), mine.id.shard());
            assert!(mine.id.as_str().starts_with(&code.voucher_prefix()));
            assert_eq!(code.voucher_prefix().len(), 10);
            assert_eq!(signer.channel_of(&code, &mine), Some(channel));
        }
    }

    #[test]
    fn a_code_is_of_one_voucher_customer_campaign_and_key() {
        let mine = voucher("cmp_1", "c-1");
        let code = LinkCode::parse(&signer("key").code(&mine, Channel::Sms)).unwrap();
        let other_customer =
            Voucher { customer: CustomerId::parse("c-2").unwrap(), ..mine.clone() };
        let other_campaign =
            Voucher { campaign: CampaignId::parse("cmp_2").unwrap(), ..mine.clone() };
        let other_id = Voucher { id: voucher("cmp_1", "c-3").id, ..mine.clone() };
        for other in [other_customer, other_campaign, other_id] {
            assert_eq!(signer("key").channel_of(&code, &other), None);
        }
        assert_eq!(signer("another").channel_of(&code, &mine), None);
    }

    #[test]
    fn a_code_that_is_cut_off_changed_or_made_up_opens_nothing() {
        let (signer, mine) = (signer("key"), voucher("cmp_1", "c-1"));
        let good = signer.code(&mine, Channel::Sms);
        for at in 0..good.len() {
            assert_eq!(LinkCode::parse(&good[..at]), None, "cut off");
            for to in ["0", "z", "7"] {
                let changed = format!("{}{to}{}", &good[..at], &good[at + 1..]);
                let opened = LinkCode::parse(&changed).and_then(|it| signer.channel_of(&it, &mine));
                // A change of what only finds the voucher leaves the signature: it finds nothing.
                let finds = LinkCode::parse(&changed).is_some_and(|it| {
                    it.campaign_short_name() == campaign_short_name(&mine.campaign)
                        && it.shard() == mine.id.shard()
                        && mine.id.as_str().starts_with(&it.voucher_prefix())
                });
                assert!(changed == good || !(finds && opened.is_some()), "{changed}");
            }
        }
        for bad in
            ["", "vch_7K3M9QWE2RTY5N8PADFG", "zzzzzzzzzzzzzzzzzzzz", "a.b", &format!("{good}0")]
        {
            assert_eq!(LinkCode::parse(bad), None, "{bad}");
        }
        let example = LinkCode::parse(EXAMPLE_CODE);
        assert!(example.is_none_or(|it| signer.channel_of(&it, &mine).is_none()));
    }

    /// Links lie in inboxes for weeks, so no release may change their form.
    #[test]
    fn the_form_of_a_code_is_fixed() {
        let code =
            signer("a key of thirty-two bytes, right").code(&voucher("cmp_1", "c-1"), Channel::Sms);
        assert_eq!(code, "cnkX6jwMI93CCSoIHRlu");
    }

    proptest! {
        #[test]
        fn vouchers_have_codes_of_their_own(one in "[a-z0-9]{1,12}", other in "[a-z0-9]{1,12}") {
            let signer = signer("key");
            let (one, other) = (voucher("cmp_1", &one), voucher("cmp_1", &other));
            let code = LinkCode::parse(&signer.code(&one, Channel::Push)).unwrap();
            prop_assert_eq!(signer.channel_of(&code, &other).is_some(), one.customer == other.customer);
        }
    }
}
