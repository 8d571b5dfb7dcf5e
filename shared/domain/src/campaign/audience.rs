//! The audience rule: a tree of all, any and not over conditions on a customer.
//!
//! Campaigns carry the rule as JSON. It is checked and lowered once (`parse`), then evaluated for
//! every customer of a run and of a preview (`evaluate`).
//!
//! Before it: the campaign's definition. After it: expand-audience, which plans dispatches for the
//! selected customers.
//!
//! Guarantees: a parsed rule is within the limits below, has at most one currency, and writes back
//! the JSON that it was read from. Selecting never fails, allocates nothing and computes the
//! customer's calendar day at most once.

mod conditions;
mod segment;
mod walk;
mod evaluate;
mod explain;
mod parse;
mod distance;
mod near_merchants;
mod write;

use std::cell::Cell;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{
    customer::profile::Customer,
    kernel::{
        channel::Channel,
        id::CustomerId,
        locale::Locale,
        money::{Currency, MinorUnits},
        validation::FieldError,
    },
};

pub use conditions::{
    ALL_HUNDREDTHS, AttributeCondition, AttributeTest, PastStage, PastVoucher, SampleCondition,
    VoucherCondition,
};
pub use distance::DistanceCondition;
pub use explain::RuleExplanation;
pub use near_merchants::{
    KeyedMerchant, MAX_NAMED_MERCHANTS, MAX_OPENED_DAYS, MAX_RESOLVED_PLACES, MerchantNeeds,
    NearMerchants,
};
pub use segment::{FrozenSegment, MAX_NESTED_SEGMENTS, SegmentCondition, SegmentRules};

/// Most levels of a tree, the root included: people read these trees, and recursion needs an end.
pub const MAX_DEPTH: usize = 8;
/// Most conditions and groups of a tree: bounds the work per customer.
pub const MAX_NODES: usize = 200;
/// Most customer ids in one list: a longer list should be a tag.
pub const MAX_LISTED_CUSTOMERS: usize = 1_000;
/// Most points of one distance condition.
pub const MAX_POINTS: usize = 50;
/// Most tags in one list.
pub const MAX_TAGS: usize = 50;
/// Most locales in one list.
pub const MAX_LOCALES: usize = 50;
/// Largest radius in km: half way around the earth, beyond which every customer is near.
pub const MAX_KM: f64 = 20_000.0;
/// Most days back in time, a century: a larger number is more likely a typing error.
pub const MAX_DAYS_AGO: u32 = 36_525;
/// Longest name of a vertical or a tag, in bytes: as long as an id.
pub const MAX_NAME: usize = crate::kernel::id::MAX_ID_LENGTH;
/// Most errors in one answer: enough to repair the rule, while a hostile body cannot make the
/// answer huge.
pub const MAX_ERRORS: usize = 50;

/// The condition that selects customers. If a condition asks for something that is unknown about a
/// customer (no location, no locale, never ordered, money in another currency), it does not hold,
/// and so its `not` does.
#[derive(Debug, Clone, PartialEq)]
pub enum AudienceRule {
    Everyone,
    All(Vec<AudienceRule>),
    Any(Vec<AudienceRule>),
    Not(Box<AudienceRule>),
    /// At least one order in the vertical that was not cancelled.
    Ordered {
        vertical: String,
    },
    NeverOrdered {
        vertical: String,
    },
    /// Number of orders in total, or in one vertical.
    OrdersCount {
        vertical: Option<String>,
        /// Only the orders of so many days, the customer's today included.
        in_days: Option<u32>,
        count: ValueBounds<u32>,
    },
    /// Spend of customers with this currency. A customer without a currency of their own has the
    /// tenant's.
    Spend {
        vertical: Option<String>,
        in_days: Option<u32>,
        currency: Currency,
        amount: ValueBounds<MinorUnits>,
    },
    /// The customer's first order that counts: how long they have been one.
    FirstOrder(DayBounds),
    LastOrder {
        vertical: Option<String>,
        day: DayBounds,
    },
    /// Days between two orders, on the average from the first to the last.
    OrderGap(ValueBounds<u32>),
    HadVoucher(VoucherCondition),
    WithinKm(DistanceCondition),
    /// Within so many km of a place of merchants of the catalogue.
    NearMerchants(NearMerchants),
    Locale {
        any_of: Vec<Locale>,
    },
    SignedUp(DayBounds),
    Tags(TagCondition),
    Attribute(AttributeCondition),
    Sample(SampleCondition),
    Segment(SegmentCondition),
    CustomerIds(CustomerList),
    /// The customer's consent only. The suppressions of the address are checked again when a
    /// message is sent.
    ConsentsTo {
        channel: Channel,
    },
}

/// Inclusive bounds; at least one side is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueBounds<T> {
    pub at_least: Option<T>,
    pub at_most: Option<T>,
}

impl<T: PartialOrd + Copy> ValueBounds<T> {
    pub fn contains(&self, value: T) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }
    fn is_reversed(&self) -> bool {
        matches!((self.at_least, self.at_most), (Some(least), Some(most)) if least > most)
    }
}

/// Inclusive limits on a calendar date in the customer's zone. All given limits must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayBounds {
    pub days_ago: ValueBounds<u32>,
    pub dates: ValueBounds<Date>,
}

/// Tags to look for. An empty list is no restriction; at least one list has a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagCondition {
    pub any_of: Vec<String>,
    pub all_of: Vec<String>,
    pub none_of: Vec<String>,
}

/// Listed customers: in the given order for reading, and sorted for searching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerList {
    in_order: Vec<CustomerId>,
    sorted: Vec<CustomerId>,
}

impl CustomerList {
    fn new(in_order: Vec<CustomerId>) -> Self {
        let mut sorted = in_order.clone();
        sorted.sort_unstable();
        sorted.dedup();
        Self { in_order, sorted }
    }
    pub fn ids(&self) -> &[CustomerId] {
        &self.in_order
    }
    pub fn contains(&self, id: &CustomerId) -> bool {
        self.sorted.binary_search(id).is_ok()
    }
}

impl AudienceRule {
    /// Reads the JSON of a rule. Every error (at most [`MAX_ERRORS`]) names its node as a JSON
    /// pointer that starts with `at`.
    pub fn parse(value: &Value, at: &str) -> Result<AudienceRule, Vec<FieldError>> {
        parse::parse_rule(value, at)
    }

    /// Returns the JSON that [`AudienceRule::parse`] reads.
    pub fn to_value(&self) -> Value {
        write::rule_to_value(self)
    }

    /// Returns true if the customer belongs to the audience at `now`. A rule that asks for vouchers
    /// ([`asks_vouchers`](Self::asks_vouchers)) is answered as for a customer who had none.
    pub fn selects(&self, customer: &Customer, now: Timestamp) -> bool {
        self.selects_with(customer, &[], now)
    }

    /// Returns true if the customer, who had these vouchers, belongs to the audience at `now`.
    pub fn selects_with(
        &self,
        customer: &Customer,
        vouchers: &[PastVoucher],
        now: Timestamp,
    ) -> bool {
        self.holds(&CustomerFacts { customer, vouchers, now, today: Cell::new(None) })
    }

    /// Returns the answer that holds whatever vouchers the customer had, or `None` if they decide.
    pub fn selects_regardless_of_vouchers(
        &self,
        customer: &Customer,
        now: Timestamp,
    ) -> Option<bool> {
        self.decide(&CustomerFacts { customer, vouchers: &[], now, today: Cell::new(None) })
    }

    /// Returns false if the customer is not selected whatever vouchers they had. Who is planned for
    /// by this is asked again, with their vouchers, before the first message.
    pub fn may_select(&self, customer: &Customer, now: Timestamp) -> bool {
        self.selects_regardless_of_vouchers(customer, now).unwrap_or(true)
    }

    /// Explains [`AudienceRule::selects_with`]: the same answer, with the values found at each
    /// node. Nodes are named by pointers that start with `at`.
    pub fn explain(
        &self,
        customer: &Customer,
        vouchers: &[PastVoucher],
        now: Timestamp,
        at: &str,
    ) -> RuleExplanation {
        let facts = CustomerFacts { customer, vouchers, now, today: Cell::new(None) };
        explain::explain_rule(self, &facts, at)
    }

    /// Calls `see` with each node of the rule, also within the rules of frozen segments.
    pub fn visit<'a>(&'a self, see: &mut impl FnMut(&'a AudienceRule)) {
        see(self);
        match self {
            AudienceRule::All(rules) | AudienceRule::Any(rules) => {
                rules.iter().for_each(|rule| rule.visit(see));
            }
            AudienceRule::Not(rule) => rule.visit(see),
            AudienceRule::Segment(segment) => {
                segment.frozen.iter().for_each(|frozen| frozen.rule.visit(see));
            }
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::NearMerchants(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => {}
        }
    }

    fn has(&self, is_wanted: impl Fn(&AudienceRule) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |rule| found |= is_wanted(rule));
        found
    }

    /// Returns the currency of the rule's amounts, or `None` if it has no amounts.
    pub fn currency(&self) -> Option<Currency> {
        let mut found = None;
        self.visit(&mut |rule| {
            if let AudienceRule::Spend { currency, .. } = rule {
                found.get_or_insert(*currency);
            }
        });
        found
    }

    /// Returns true if the rule asks which vouchers the customer had.
    pub fn asks_vouchers(&self) -> bool {
        self.has(|rule| matches!(rule, AudienceRule::HadVoucher(_)))
    }

    /// Returns the names of the attributes that the rule compares.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |rule| {
            if let AudienceRule::Attribute(attribute) = rule {
                names.push(attribute.name.as_str());
            }
        });
        names
    }

    /// Returns true if the rule depends on anything that orders change.
    pub fn depends_on_orders(&self) -> bool {
        self.has(|rule| match rule {
            AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_) => true,
            AudienceRule::Everyone
            | AudienceRule::All(_)
            | AudienceRule::Any(_)
            | AudienceRule::Not(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::NearMerchants(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::Segment(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => false,
        })
    }

    /// Returns the rule's key in JSON.
    pub fn key(&self) -> &'static str {
        match self {
            AudienceRule::Everyone => "everyone",
            AudienceRule::All(_) => "all",
            AudienceRule::Any(_) => "any",
            AudienceRule::Not(_) => "not",
            AudienceRule::Ordered { .. } => "ordered",
            AudienceRule::NeverOrdered { .. } => "never_ordered",
            AudienceRule::OrdersCount { .. } => "orders_count",
            AudienceRule::Spend { .. } => "spend",
            AudienceRule::FirstOrder(_) => "first_order",
            AudienceRule::LastOrder { .. } => "last_order",
            AudienceRule::OrderGap(_) => "order_gap",
            AudienceRule::HadVoucher(_) => "had_voucher",
            AudienceRule::WithinKm(_) => "within_km",
            AudienceRule::NearMerchants(_) => "near_merchants",
            AudienceRule::Locale { .. } => "locale",
            AudienceRule::SignedUp(_) => "signed_up",
            AudienceRule::Tags(_) => "tags",
            AudienceRule::Attribute(_) => "attribute",
            AudienceRule::Sample(_) => "sample",
            AudienceRule::Segment(_) => "segment",
            AudienceRule::CustomerIds(_) => "customer_ids",
            AudienceRule::ConsentsTo { .. } => "consents_to",
        }
    }
}

/// The facts that a rule is evaluated on: one customer, and the vouchers they had, at one moment.
/// The customer's calendar day is computed when a condition first needs it.
struct CustomerFacts<'a> {
    customer: &'a Customer,
    vouchers: &'a [PastVoucher],
    now: Timestamp,
    today: Cell<Option<Date>>,
}

impl CustomerFacts<'_> {
    fn today(&self) -> Date {
        self.today.get().unwrap_or_else(|| {
            let today = self.customer.today(self.now);
            self.today.set(Some(today));
            today
        })
    }
}

impl Serialize for AudienceRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AudienceRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        AudienceRule::parse(&value, "").map_err(|errors| {
            serde::de::Error::custom(
                errors.first().map_or_else(|| "not a rule".to_owned(), FieldError::to_string),
            )
        })
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for AudienceRule {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};
        ObjectBuilder::new()
            .description(Some(parse::GRAMMAR))
            .min_properties(Some(1))
            .max_properties(Some(1))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples([serde_json::json!({"all": [
                {"ordered": {"vertical": "food"}},
                {"never_ordered": {"vertical": "pharmacy"}},
                {"last_order": {"days_ago_at_most": 30}},
                {"not": {"tags": {"any_of": ["staff"]}}},
            ]})])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for AudienceRule {
    fn name() -> std::borrow::Cow<'static, str> {
        "Rule".into()
    }
}

#[cfg(test)]
mod tests;
