//! Searches the values that occur, and finds the one that a misspelt name may have meant.
//!
//! Pure: reads values with their display names. Guarantees: the order is total, so that a page goes
//! on where the one before ended.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::ValueCounts;
use crate::kernel::search_text::{edit_distance, fold_text, is_near};

/// A value that occurs or that the catalogue names, as a search sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownValue {
    pub name: String,
    /// The names that people know it by, by language.
    pub names: BTreeMap<String, String>,
    pub counts: ValueCounts,
    /// The time at which an event was last noted; nothing else has one.
    pub last_reported_at: Option<Timestamp>,
    /// The day on which a merchant opened; nothing else has one.
    pub opened_on: Option<Date>,
}

impl KnownValue {
    /// Returns the name and every display name, folded.
    fn folded_names(&self) -> impl Iterator<Item = String> + '_ {
        [&self.name].into_iter().chain(self.names.values()).map(|name| fold_text(name))
    }
}

/// The order of a list of values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ValueOrder {
    /// Those come first that most customers or orders have.
    #[default]
    Count,
    /// The first display name decides, else the value itself, without case and accents.
    Name,
    /// Those come first that opened last; those without a day come at the end.
    Opened,
}

/// The place of a value in a list, after which the next page begins.
pub type FoundValue = (i64, String, String);

impl ValueOrder {
    pub fn place(self, value: &KnownValue) -> FoundValue {
        let name = value.name.clone();
        match self {
            Self::Count => (-value.counts.count, String::new(), name),
            Self::Name => {
                let shown = value.names.values().next().unwrap_or(&value.name);
                (0, fold_text(shown), name)
            }
            Self::Opened => {
                let day = value.opened_on.map(|day| day.duration_since(Date::ZERO).as_hours());
                (day.map_or(i64::MAX, |hours| -hours), String::new(), name)
            }
        }
    }
}

/// Returns at most `limit` values of which a name contains `query`, in an order, beginning after
/// `after`; and whether there are more.
pub fn search_values<'a>(
    values: &'a [KnownValue],
    query: &str,
    order: ValueOrder,
    after: Option<&FoundValue>,
    limit: usize,
) -> (Vec<&'a KnownValue>, bool) {
    let query = fold_text(query);
    let is_wanted = |value: &&KnownValue| {
        query.is_empty() || value.folded_names().any(|name| name.contains(&query))
    };
    let mut found: Vec<&KnownValue> = values
        .iter()
        .filter(is_wanted)
        .filter(|value| after.is_none_or(|after| order.place(value) > *after))
        .collect();
    found.sort_by_cached_key(|value| order.place(value));
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
}

/// Returns the value that a name which nobody has may have meant: the one that people know by it,
/// or the one that is spelt most alike. Of equals, the one that more have.
pub fn nearest_value<'a>(values: &'a [KnownValue], name: &str) -> Option<&'a KnownValue> {
    let wanted = fold_text(name);
    let distance = |value: &KnownValue| {
        let names = value.folded_names();
        names.filter_map(|known| distance_of_names(&wanted, &known)).min()
    };
    let candidates = values.iter().filter(|value| value.name != name);
    let near = candidates.filter_map(|value| Some((distance(value)?, value)));
    near.min_by_key(|(distance, value)| (*distance, -value.counts.count, value.name.clone()))
        .map(|(_, value)| value)
}

/// Returns the letters that two folded names are apart, if one may have been meant by the other:
/// one letter for a name that begins like the other.
fn distance_of_names(wanted: &str, known: &str) -> Option<usize> {
    let begins = wanted.starts_with(known) || known.starts_with(wanted);
    let distance = edit_distance(wanted, known);
    let distance = if begins { distance.min(1) } else { distance };
    is_near(wanted, known, distance).then_some(distance)
}
