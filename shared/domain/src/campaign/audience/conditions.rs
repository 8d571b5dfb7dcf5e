//! The conditions that need more than one comparison: attributes, samples, and the vouchers that a
//! customer had.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{DayBounds, ValueBounds};
use crate::{
    customer::attributes::AttributeValue,
    kernel::id::{CampaignId, CustomerId},
};

/// An attribute of the customer, compared as its type says. A value of another type does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeCondition {
    pub name: String,
    pub test: AttributeTest,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AttributeTest {
    Is(bool),
    Number(ValueBounds<f64>),
    Day(DayBounds),
    /// The text is one of these, or the set has one of these.
    AnyOf(Vec<String>),
}

impl AttributeTest {
    /// Compares everything but days, for which the customer's calendar is asked.
    pub(super) fn matches(&self, value: &AttributeValue) -> bool {
        match (self, value) {
            (AttributeTest::Is(wanted), AttributeValue::Bool(found)) => wanted == found,
            (AttributeTest::Number(wanted), AttributeValue::Number(found)) => {
                wanted.contains(*found)
            }
            (AttributeTest::AnyOf(wanted), AttributeValue::Text(found)) => wanted.contains(found),
            (AttributeTest::AnyOf(wanted), AttributeValue::Set(found)) => {
                wanted.iter().any(|name| found.contains(name))
            }
            (
                AttributeTest::Is(_)
                | AttributeTest::Number(_)
                | AttributeTest::Day(_)
                | AttributeTest::AnyOf(_),
                AttributeValue::Bool(_)
                | AttributeValue::Number(_)
                | AttributeValue::Text(_)
                | AttributeValue::Set(_),
            ) => false,
        }
    }
}

/// The hundredths of a percent in the whole.
pub const ALL_HUNDREDTHS: u32 = 10_000;

/// A stable share of all customers: the same name and share always select the same ones, a larger
/// share contains a smaller one, and two names are independent of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleCondition {
    pub name: String,
    /// The share in hundredths of a percent, 1 to [`ALL_HUNDREDTHS`].
    pub hundredths: u32,
}

impl SampleCondition {
    pub fn contains(&self, customer: &CustomerId) -> bool {
        let mut hash = Sha256::new();
        for part in ["sample", &self.name, customer.as_str()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let word =
            hash.finalize().iter().take(8).fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
        word % u64::from(ALL_HUNDREDTHS) < u64::from(self.hundredths)
    }
}

/// A stage of a voucher that a rule can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastStage {
    /// The voucher was issued.
    Had,
    Accepted,
    Redeemed,
}

impl PastStage {
    pub const ALL: [PastStage; 3] = [PastStage::Had, PastStage::Accepted, PastStage::Redeemed];
    pub fn as_str(self) -> &'static str {
        match self {
            PastStage::Had => "had",
            PastStage::Accepted => "accepted",
            PastStage::Redeemed => "redeemed",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

/// A voucher that the customer had, as far back as the ledger reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastVoucher {
    pub campaign: CampaignId,
    pub issued_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub redeemed_at: Option<Timestamp>,
}

impl PastVoucher {
    pub fn reached_at(&self, stage: PastStage) -> Option<Timestamp> {
        match stage {
            PastStage::Had => Some(self.issued_at),
            PastStage::Accepted => self.accepted_at,
            PastStage::Redeemed => self.redeemed_at,
        }
    }
}

/// At least one voucher that reached the stage, of one campaign or of any, on such a day. Days are
/// counted from the moment of the question, and a voucher that came after it counts too: it is
/// asked again before the first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoucherCondition {
    pub stage: PastStage,
    pub campaign: Option<CampaignId>,
    /// The day on which the stage was reached, or `None` for any.
    pub day: Option<DayBounds>,
}
