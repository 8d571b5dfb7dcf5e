//! The audience rule: a tree of all, any, not over conditions on a customer. Campaigns carry it as JSON; it is checked at the door
//! and lowered once (`parse`), then asked about every customer of a run and of a preview (`evaluate`).
//! Before it: the campaign's definition. After it: expand-audience, which plans dispatches for those that it selects.
//! Guarantees: a parsed rule is within the limits below, has one currency at most, and writes back the JSON that it was read from;
//! selecting never fails, allocates nothing and finds the customer's calendar day at most once.

mod evaluate;
mod explain;
mod parse;
mod place;
mod write;

use std::cell::Cell;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{
    channel::Channel,
    customer::{Customer, Locale},
    field::FieldError,
    id::CustomerId,
    money::{Currency, Minor},
};

pub use explain::Explained;
pub use place::Nearby;

/// Levels of a tree, the root is the first: people read these, and recursion has an end.
pub const MAX_DEPTH: usize = 8;
/// Conditions and groups of a tree: bounds the work per customer.
pub const MAX_NODES: usize = 200;
/// Customer ids in one list: a longer list is a tag.
pub const MAX_LISTED: usize = 1_000;
/// Points of one distance condition.
pub const MAX_POINTS: usize = 50;
/// Tags in one list.
pub const MAX_TAGS: usize = 50;
/// Locales in one list.
pub const MAX_LOCALES: usize = 50;
/// Radius in km: half the way around the earth, beyond which everyone is near.
pub const MAX_KM: f64 = 20_000.0;
/// Days back in time, a century: beyond it a typing error is likelier than a customer.
pub const MAX_DAYS_AGO: u32 = 36_525;
/// Bytes of the name of a vertical or a tag: as long as an id.
pub const MAX_NAME: usize = crate::id::MAX_ID_LENGTH;
/// Errors named in one answer: enough to repair, and a hostile body cannot make the answer huge.
pub const MAX_ERRORS: usize = 50;

/// Who gets the offer. Where a condition asks for something that is not known of a customer (no location, no locale, never ordered,
/// money in another currency), it does not hold, and so its `not` does.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Everyone,
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    /// At least one order in the vertical that was not cancelled.
    Ordered {
        vertical: String,
    },
    NeverOrdered {
        vertical: String,
    },
    /// In total, or in one vertical.
    OrdersCount {
        vertical: Option<String>,
        count: Bounds<u32>,
    },
    /// Of customers whose currency this is, or who have none of their own and so the tenant's.
    Spend {
        vertical: Option<String>,
        currency: Currency,
        amount: Bounds<Minor>,
    },
    LastOrder {
        vertical: Option<String>,
        day: DayBounds,
    },
    WithinKm(Nearby),
    Locale {
        any_of: Vec<Locale>,
    },
    SignedUp(DayBounds),
    Tags(TagBounds),
    CustomerIds(Listed),
    /// The choice only: whether the address is suppressed is asked again when a message is sent.
    ConsentsTo {
        channel: Channel,
    },
}

/// At least one side is given; both ends are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds<T> {
    pub at_least: Option<T>,
    pub at_most: Option<T>,
}

impl<T: PartialOrd + Copy> Bounds<T> {
    pub fn contain(&self, value: T) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }
    fn reversed(&self) -> bool {
        matches!((self.at_least, self.at_most), (Some(least), Some(most)) if least > most)
    }
}

/// Limits on a calendar date in the customer's zone, inclusive. All that are given must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayBounds {
    pub days_ago: Bounds<u32>,
    pub dates: Bounds<Date>,
}

/// Empty lists ask for nothing; at least one has a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagBounds {
    pub any_of: Vec<String>,
    pub all_of: Vec<String>,
    pub none_of: Vec<String>,
}

/// Listed customers: as given for reading, sorted for finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    given: Vec<CustomerId>,
    sorted: Vec<CustomerId>,
}

impl Listed {
    fn new(given: Vec<CustomerId>) -> Self {
        let mut sorted = given.clone();
        sorted.sort_unstable();
        sorted.dedup();
        Self { given, sorted }
    }
    pub fn ids(&self) -> &[CustomerId] {
        &self.given
    }
    pub fn contains(&self, id: &CustomerId) -> bool {
        self.sorted.binary_search(id).is_ok()
    }
}

impl Rule {
    /// Reads the JSON of a rule. Every error (at most [`MAX_ERRORS`]) names its node as a JSON pointer that starts with `at`.
    pub fn parse(value: &Value, at: &str) -> Result<Rule, Vec<FieldError>> {
        parse::rule(value, at)
    }

    /// The JSON that [`Rule::parse`] reads.
    pub fn to_value(&self) -> Value {
        write::rule(self)
    }

    /// Whether the customer belongs to the audience at `now`.
    pub fn selects(&self, customer: &Customer, now: Timestamp) -> bool {
        self.holds(&Facts { customer, now, today: Cell::new(None) })
    }

    /// The same answer, with what was found at each node. Nodes are named by pointers that start with `at`.
    pub fn explain(&self, customer: &Customer, now: Timestamp, at: &str) -> Explained {
        explain::rule(self, &Facts { customer, now, today: Cell::new(None) }, at)
    }

    /// The currency of its money, if it speaks of any.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Rule::Spend { currency, .. } => Some(*currency),
            Rule::All(rules) | Rule::Any(rules) => rules.iter().find_map(Rule::currency),
            Rule::Not(rule) => rule.currency(),
            Rule::Everyone
            | Rule::Ordered { .. }
            | Rule::NeverOrdered { .. }
            | Rule::OrdersCount { .. }
            | Rule::LastOrder { .. }
            | Rule::WithinKm(_)
            | Rule::Locale { .. }
            | Rule::SignedUp(_)
            | Rule::Tags(_)
            | Rule::CustomerIds(_)
            | Rule::ConsentsTo { .. } => None,
        }
    }

    /// Whether it asks for anything that orders change.
    pub fn asks_for_orders(&self) -> bool {
        match self {
            Rule::All(rules) | Rule::Any(rules) => rules.iter().any(Rule::asks_for_orders),
            Rule::Not(rule) => rule.asks_for_orders(),
            Rule::Ordered { .. }
            | Rule::NeverOrdered { .. }
            | Rule::OrdersCount { .. }
            | Rule::Spend { .. }
            | Rule::LastOrder { .. } => true,
            Rule::Everyone
            | Rule::WithinKm(_)
            | Rule::Locale { .. }
            | Rule::SignedUp(_)
            | Rule::Tags(_)
            | Rule::CustomerIds(_)
            | Rule::ConsentsTo { .. } => false,
        }
    }

    /// Its key in JSON.
    pub fn key(&self) -> &'static str {
        match self {
            Rule::Everyone => "everyone",
            Rule::All(_) => "all",
            Rule::Any(_) => "any",
            Rule::Not(_) => "not",
            Rule::Ordered { .. } => "ordered",
            Rule::NeverOrdered { .. } => "never_ordered",
            Rule::OrdersCount { .. } => "orders_count",
            Rule::Spend { .. } => "spend",
            Rule::LastOrder { .. } => "last_order",
            Rule::WithinKm(_) => "within_km",
            Rule::Locale { .. } => "locale",
            Rule::SignedUp(_) => "signed_up",
            Rule::Tags(_) => "tags",
            Rule::CustomerIds(_) => "customer_ids",
            Rule::ConsentsTo { .. } => "consents_to",
        }
    }
}

/// What a rule is asked about: one customer at one moment, whose calendar day is found when a condition first needs it.
struct Facts<'a> {
    customer: &'a Customer,
    now: Timestamp,
    today: Cell<Option<Date>>,
}

impl Facts<'_> {
    fn today(&self) -> Date {
        self.today.get().unwrap_or_else(|| {
            let today = self.customer.today(self.now);
            self.today.set(Some(today));
            today
        })
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Rule::parse(&value, "").map_err(|errors| {
            serde::de::Error::custom(errors.first().map_or_else(|| "not a rule".to_owned(), FieldError::to_string))
        })
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Rule {
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
impl utoipa::ToSchema for Rule {
    fn name() -> std::borrow::Cow<'static, str> {
        "Rule".into()
    }
}

#[cfg(test)]
mod tests;
