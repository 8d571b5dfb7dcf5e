//! Typed identifiers. Every id is a type of its own, parsed when it enters the system, so that a
//! customer id cannot be passed where a campaign id is expected.
//!
//! The voucher id is derived, not random: the same campaign, customer and occurrence always give
//! the same voucher id.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The longest id a caller may choose (customers, orders, refunds). It fits a key, a tag and a URL.
pub const MAX_ID_LENGTH: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_ID_LENGTH} characters of A-Z a-z 0-9 . _ : -")]
pub struct BadId;

/// Checks the one rule for all ids: printable ASCII, no white space, no `#` (the separator of our
/// table keys), no `/`.
fn is_well_formed(text: &str) -> bool {
    (1..=MAX_ID_LENGTH).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 64))]
        pub struct $name(String);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if is_well_formed(text) { Ok(Self(text.to_owned())) } else { Err(BadId) }
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                if is_well_formed(&text) { Ok(Self(text)) } else { Err(BadId) }
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// The marketplace's own id of a customer.
    CustomerId
);
id!(
    /// The app backend's name of a line of a basket.
    LineId
);
id!(
    /// The app backend's id of one event of an order, such as one refund.
    OrderEventId
);
id!(
    /// The id of a campaign, `cmp_...`, assigned when the campaign is created.
    CampaignId
);
id!(
    /// The id of one run of a campaign: `<campaign>.1` for a promotion.
    RunId
);
id!(
    /// The id of a voucher: `vch_` and 20 characters of Crockford base32, see
    /// [`VoucherId::derive`].
    VoucherId
);
id!(
    /// The marketplace's id of an order.
    OrderId
);
id!(
    /// The caller's key of one checkout that holds a voucher.
    HoldKey
);
id!(
    /// The app's id of one device that receives push notifications.
    PushEndpointId
);
id!(
    /// An operator's name for one of the app backend's webhook endpoints.
    WebhookEndpointId
);
id!(
    /// The id of a webhook event, `evt_...`: the same on every delivery of the same event, see
    /// [`crate::voucher::webhook_event`].
    EventId
);
id!(
    /// The key that tells two firings for one customer apart: the run of a promotion, the last
    /// order day of a win-back, the year of a personal date.
    Occurrence
);

id!(
    /// An operator's name for a saved segment.
    SegmentId
);
id!(
    /// The id of an import of a file, `imp_...`.
    ImportId
);
id!(
    /// The id of an export of data into files, `exp_...`.
    ExportId
);
id!(
    /// An operator's name for one of the app backend's API keys.
    ApiKeyId
);

id!(
    /// The id of one test send of up to ten messages, `smp_...`.
    TestSendId
);
id!(
    /// The id of one rehearsal, `reh_...`.
    RehearsalId
);

impl RunId {
    /// Returns the run id of a promotion. A promotion runs once, so the run id follows from the
    /// campaign id.
    pub fn of_promotion(campaign: &CampaignId) -> Self {
        Self(format!("{campaign}.1"))
    }
}

impl Occurrence {
    pub fn of_run(run: &RunId) -> Self {
        Self(run.0.clone())
    }
}

/// Crockford's alphabet. It has no I, L, O or U, so an id can be read aloud without mistakes.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Encodes the first `symbols` groups of five bits of `bytes`, most significant bit first.
pub fn encode_crockford(bytes: &[u8], symbols: usize) -> String {
    let bit = |index: usize| bytes.get(index / 8).map_or(0, |byte| (byte >> (7 - index % 8)) & 1);
    (0..symbols)
        .map(|symbol| (0..5).fold(0u8, |value, offset| (value << 1) | bit(symbol * 5 + offset)))
        .filter_map(|value| CROCKFORD.get(usize::from(value)).copied().map(char::from))
        .collect()
}

/// The number of symbols in a voucher id. 20 symbols of 5 bits are 100 bits: among 10^12 vouchers
/// the chance of a collision is below 10^-6.
const VOUCHER_ID_SYMBOLS: usize = 20;

impl VoucherId {
    /// Derives the id from the first 100 bits of SHA-256(campaign, customer, occurrence). The parts
    /// are separated by a byte that no id contains.
    pub fn derive(campaign: &CampaignId, customer: &CustomerId, occurrence: &Occurrence) -> Self {
        let mut hash = Sha256::new();
        for part in [campaign.as_str(), customer.as_str(), occurrence.as_str()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        Self(format!("{}{}", Self::PREFIX, encode_crockford(&hash.finalize(), VOUCHER_ID_SYMBOLS)))
    }
}

impl VoucherId {
    /// The number of parts over which a campaign's vouchers are spread.
    pub const SHARDS: u32 = 16;
    /// The beginning of every id, before its symbols.
    pub(crate) const PREFIX: &'static str = "vch_";

    /// Returns the voucher's part of its campaign. It depends on all characters of the id, so that
    /// each part takes its share.
    pub fn shard(&self) -> u32 {
        self.0.bytes().map(u32::from).sum::<u32>() % Self::SHARDS
    }
}

/// Returns the value of a symbol of [`encode_crockford`].
pub(crate) fn crockford_value(symbol: u8) -> Option<u32> {
    let place = CROCKFORD.iter().position(|known| *known == symbol)?;
    u32::try_from(place).ok()
}

/// Returns a stable number in 0..10_000 for (purpose, campaign, customer), so that a customer
/// always falls on the same side of a split.
pub fn stable_share(purpose: &str, campaign: &CampaignId, customer: &CustomerId) -> u32 {
    let mut hash = Sha256::new();
    for part in [purpose, campaign.as_str(), customer.as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let word =
        hash.finalize().iter().take(8).fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
    u32::try_from(word % 10_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voucher(campaign: &str, customer: &str, occurrence: &str) -> String {
        VoucherId::derive(
            &CampaignId::parse(campaign).unwrap(),
            &CustomerId::parse(customer).unwrap(),
            &Occurrence::parse(occurrence).unwrap(),
        )
        .to_string()
    }

    #[test]
    fn the_same_campaign_customer_and_occurrence_give_the_same_voucher() {
        assert_eq!(voucher("cmp_1", "c-1", "cmp_1.1"), voucher("cmp_1", "c-1", "cmp_1.1"));
        assert_ne!(voucher("cmp_1", "c-1", "cmp_1.1"), voucher("cmp_1", "c-1", "cmp_1.2"));
        assert_ne!(voucher("ab", "c", "o"), voucher("a", "bc", "o"));
        assert_eq!(voucher("cmp_1", "c-1", "cmp_1.1").len(), 24);
    }

    #[test]
    fn crockford_reads_five_bits_at_a_time_from_the_top() {
        assert_eq!(encode_crockford(&[0b0000_1000, 0b0100_0000], 2), "11");
        assert_eq!(encode_crockford(&[0xff, 0xff], 3), "ZZZ");
    }

    #[test]
    fn ids_with_separators_or_white_space_are_refused() {
        for bad in ["", " ", "a b", "a#b", "a/b", "a\nb", "ü", &"x".repeat(65)] {
            assert_eq!(CustomerId::parse(bad), Err(BadId), "{bad:?}");
        }
        assert!(CustomerId::parse("user:42.a_b-C").is_ok());
    }

    #[test]
    fn a_share_is_sticky_and_about_even() {
        let campaign = CampaignId::parse("cmp_1").unwrap();
        let under = (0..2_000)
            .filter(|n| {
                stable_share("holdout", &campaign, &CustomerId::parse(&format!("c-{n}")).unwrap())
                    < 1_000
            })
            .count();
        assert!((150..250).contains(&under), "{under} of 2000 in a tenth");
    }
}
