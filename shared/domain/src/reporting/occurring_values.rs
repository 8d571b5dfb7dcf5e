//! The values that occur in the data, with how many customers or orders have each: verticals, tags,
//! locales and cities of customers, merchants and categories of placed orders.
//!
//! A change of an item adds what the new image contributes less what the old one did, so the folded
//! streams and a recount of the tables cannot diverge. Events and their properties occur too; they
//! are not kept, so they have a time and no count.

mod named;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    customer::profile::{Customer, GeoPoint},
    voucher::order_event::{LedgerOrder, OrderStage},
};

pub use named::{NamedValue, definition_values, rule_values};
pub use search::{FoundValue, KnownValue, ValueOrder, nearest_value, search_values};

/// The kind of a value that occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ValueKind {
    /// A vertical; counts the customers with an order in it that was not cancelled.
    Vertical,
    /// A merchant of a line; counts placed orders.
    Merchant,
    /// A category of a line; counts placed orders.
    Category,
    /// A tag; counts the customers who have it.
    Tag,
    /// A locale or its language; counts the customers with it.
    Locale,
    /// A city; counts the customers who name it.
    City,
    /// The name of an event that was reported.
    Event,
    /// A property of a reported event.
    EventProperty,
}

impl ValueKind {
    pub const ALL: [ValueKind; 8] = [
        ValueKind::Vertical,
        ValueKind::Merchant,
        ValueKind::Category,
        ValueKind::Tag,
        ValueKind::Locale,
        ValueKind::City,
        ValueKind::Event,
        ValueKind::EventProperty,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ValueKind::Vertical => "vertical",
            ValueKind::Merchant => "merchant",
            ValueKind::Category => "category",
            ValueKind::Tag => "tag",
            ValueKind::Locale => "locale",
            ValueKind::City => "city",
            ValueKind::Event => "event",
            ValueKind::EventProperty => "event_property",
        }
    }
}

/// One value of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountedValue {
    pub kind: ValueKind,
    pub name: String,
}

/// The numbers of those who have a value, and where they are. Sums of whole numbers, so that every
/// order of adding them gives the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueCounts {
    /// The customers or orders that have the value.
    pub count: i64,
    /// The customers of a city whose location is known, and the sums of their latitudes and
    /// longitudes in millionths of a degree.
    pub located: i64,
    pub latitudes: i64,
    pub longitudes: i64,
    /// The located customers who are more than 90 degrees east, and west, of Greenwich.
    pub far_east: i64,
    pub far_west: i64,
}

/// The changes of counts, by value.
pub type ValueDelta = BTreeMap<CountedValue, ValueCounts>;

/// The most merchants, and the most categories, for which an order counts: the first by name. More
/// are a warehouse's order and no customer's.
const MAX_NAMES_OF_ORDER: usize = 24;
/// The most values that one customer or one order has, so that a change fits into one write: 24
/// verticals, 20 tags, a locale with its language and a city; or merchants and categories.
pub const MAX_VALUES_OF_ITEM: usize = 48;

/// Millionths of a degree: a step is 11 centimetres.
const STEPS_PER_DEGREE: f64 = 1e6;
/// The longitude beyond which a place may lie on either side of the date line.
const FAR_DEGREES: f64 = 90.0;
const FULL_CIRCLE: f64 = 360.0;

impl ValueCounts {
    fn one() -> Self {
        Self { count: 1, ..Self::default() }
    }

    fn one_at(place: &GeoPoint) -> Self {
        let steps = |degrees: f64| (degrees * STEPS_PER_DEGREE).round() as i64;
        Self {
            count: 1,
            located: 1,
            latitudes: steps(place.lat),
            longitudes: steps(place.lon),
            far_east: i64::from(place.lon > FAR_DEGREES),
            far_west: i64::from(place.lon < -FAR_DEGREES),
        }
    }

    /// Adds `from`, multiplied by `times`.
    pub fn add(&mut self, from: &ValueCounts, times: i64) {
        self.count += times * from.count;
        self.located += times * from.located;
        self.latitudes += times * from.latitudes;
        self.longitudes += times * from.longitudes;
        self.far_east += times * from.far_east;
        self.far_west += times * from.far_west;
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the middle of the located customers, or `None` if nobody is located. On the date
    /// line the mean of 179 degrees east and west is 180, and not 0.
    pub fn centre(&self) -> Option<GeoPoint> {
        if self.located <= 0 {
            return None;
        }
        let located = self.located as f64;
        let mean = |sum: i64| sum as f64 / STEPS_PER_DEGREE / located;
        let on_date_line = self.far_east > 0
            && self.far_west > 0
            && 2 * (self.far_east + self.far_west) > self.located;
        let lon = match on_date_line {
            true => {
                let east_of_greenwich =
                    mean(self.longitudes) + FULL_CIRCLE * self.far_west as f64 / located;
                match east_of_greenwich > FULL_CIRCLE / 2.0 {
                    true => east_of_greenwich - FULL_CIRCLE,
                    false => east_of_greenwich,
                }
            }
            false => mean(self.longitudes),
        };
        let centre = GeoPoint { lat: mean(self.latitudes), lon };
        centre.is_on_earth().then_some(centre)
    }
}

/// Returns what a customer contributes in their present state.
pub fn customer_values(customer: &Customer) -> ValueDelta {
    let mut values = ValueDelta::new();
    let mut put = |kind, name: &str, counts| {
        values.insert(CountedValue { kind, name: name.to_owned() }, counts);
    };
    let ordered = customer.verticals.iter().filter(|(_, totals)| totals.orders > 0);
    for (vertical, _) in ordered {
        put(ValueKind::Vertical, vertical, ValueCounts::one());
    }
    for tag in &customer.profile.tags {
        put(ValueKind::Tag, tag, ValueCounts::one());
    }
    if let Some(locale) = &customer.profile.locale {
        put(ValueKind::Locale, locale.as_str(), ValueCounts::one());
        // a rule that names the language selects the customer, too
        put(ValueKind::Locale, locale.language(), ValueCounts::one());
    }
    if let Some(city) = &customer.profile.city {
        let located = customer.profile.location.as_ref();
        let counts = located.map_or_else(ValueCounts::one, ValueCounts::one_at);
        put(ValueKind::City, city.expose(), counts);
    }
    values
}

/// Returns what an order contributes in its present state: nothing before it is placed, and nothing
/// after it is cancelled.
pub fn order_values(order: &LedgerOrder) -> ValueDelta {
    match order.stage {
        OrderStage::Redeemed | OrderStage::Cancelled => return ValueDelta::new(),
        OrderStage::Placed => {}
    }
    let lines = &order.discounted.basket.lines;
    // an order counts once for a merchant, however many lines it has there
    let merchants: BTreeSet<&str> = lines.iter().map(|line| line.merchant.as_str()).collect();
    let categories: BTreeSet<&str> =
        lines.iter().filter_map(|line| line.category.as_deref()).collect();
    let mut values = ValueDelta::new();
    for (kind, names) in [(ValueKind::Merchant, merchants), (ValueKind::Category, categories)] {
        for name in names.into_iter().take(MAX_NAMES_OF_ORDER) {
            values.insert(CountedValue { kind, name: name.to_owned() }, ValueCounts::one());
        }
    }
    values
}

/// Adds `from` to `into`, multiplied by `times`, and leaves out what sums up to nothing.
pub fn merge_values(into: &mut ValueDelta, from: ValueDelta, times: i64) {
    for (value, counts) in from {
        into.entry(value).or_default().add(&counts, times);
    }
    into.retain(|_, counts| !counts.is_zero());
}

/// Returns what a change adds to the counts. The caller has to make sure that each change is added
/// once.
pub fn value_change(old: ValueDelta, new: ValueDelta) -> ValueDelta {
    let mut delta = new;
    merge_values(&mut delta, old, -1);
    delta
}

#[cfg(test)]
mod tests;
