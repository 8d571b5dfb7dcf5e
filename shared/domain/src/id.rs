//! Identifiers: every id is a type, parsed at the door, so that a customer id can never stand where a campaign id belongs.
//! The voucher id is derived, not drawn: same campaign, customer and occurrence always give the same voucher.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest id that a caller may choose (customers, orders, refunds): fits a key, a tag and a URL.
pub const MAX_ID_LENGTH: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_ID_LENGTH} characters of A-Z a-z 0-9 . _ : -")]
pub struct BadId;

/// One rule for all ids: printable, no white space, no `#` (the separator of our keys), no `/`.
fn well_formed(text: &str) -> bool {
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
                if well_formed(text) { Ok(Self(text.to_owned())) } else { Err(BadId) }
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                if well_formed(&text) { Ok(Self(text)) } else { Err(BadId) }
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
    /// `cmp_...`: given by us when a campaign is created.
    CampaignId
);
id!(
    /// One firing of a campaign: `<campaign>.1` for a promotion.
    RunId
);
id!(
    /// `vch_` and 20 characters of Crockford base32, see [`VoucherId::derive`].
    VoucherId
);
id!(
    /// The marketplace's id of an order.
    OrderId
);
id!(
    /// The marketplace's id of one refund of an order.
    RefundId
);
id!(
    /// The caller's key of one checkout that holds a voucher.
    HoldKey
);
id!(
    /// The app's id of one device that takes pushes.
    EndpointId
);
id!(
    /// An operator's name for one of the app backend's webhook endpoints.
    HookId
);
id!(
    /// `evt_...`: of one thing that happened to a voucher, the same each time it is told; see [`crate::announcement`].
    EventId
);
id!(
    /// What makes two firings different: the run of a promotion, the last order day of a win-back, the year of a personal date.
    Occurrence
);

id!(
    /// `smp_...`: one test send, of up to ten messages.
    SampleId
);

impl RunId {
    /// A promotion runs once, so its run id follows from the campaign's.
    pub fn of_promotion(campaign: &CampaignId) -> Self {
        Self(format!("{campaign}.1"))
    }
}

impl Occurrence {
    pub fn of_run(run: &RunId) -> Self {
        Self(run.0.clone())
    }
}

/// Crockford's alphabet: no I, L, O, U, so an id survives being read aloud.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The first `symbols` groups of five bits of `bytes`, most significant first.
pub fn crockford(bytes: &[u8], symbols: usize) -> String {
    let bit = |index: usize| bytes.get(index / 8).map_or(0, |byte| (byte >> (7 - index % 8)) & 1);
    (0..symbols)
        .map(|symbol| (0..5).fold(0u8, |value, offset| (value << 1) | bit(symbol * 5 + offset)))
        .filter_map(|value| CROCKFORD.get(usize::from(value)).copied().map(char::from))
        .collect()
}

/// 100 bits make 20 symbols of 5 bits: a collision among 10^12 vouchers has a chance below 10^-6.
const VOUCHER_SYMBOLS: usize = 20;

impl VoucherId {
    /// First 100 bits of SHA-256(campaign, customer, occurrence), parts separated by a byte that no id contains.
    pub fn derive(campaign: &CampaignId, customer: &CustomerId, occurrence: &Occurrence) -> Self {
        let mut hash = Sha256::new();
        for part in [campaign.as_str(), customer.as_str(), occurrence.as_str()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        Self(format!("vch_{}", crockford(&hash.finalize(), VOUCHER_SYMBOLS)))
    }
}

/// A stable share of 0..10_000 for (purpose, campaign, customer): the same customer is always on the same side of a split.
pub fn share(purpose: &str, campaign: &CampaignId, customer: &CustomerId) -> u32 {
    let mut hash = Sha256::new();
    for part in [purpose, campaign.as_str(), customer.as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let word = hash.finalize().iter().take(8).fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
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
        assert_eq!(crockford(&[0b0000_1000, 0b0100_0000], 2), "11");
        assert_eq!(crockford(&[0xff, 0xff], 3), "ZZZ");
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
            .filter(|n| share("holdout", &campaign, &CustomerId::parse(&format!("c-{n}")).unwrap()) < 1_000)
            .count();
        assert!((150..250).contains(&under), "{under} of 2000 in a tenth");
    }
}
