//! The amounts of counters: of a row, of a change, or of a sum of rows. An amount can only be asked
//! for by a [`Counter`], so a name that nothing counts is no silent zero.

use std::collections::{BTreeMap, btree_map};

use super::Counter;

/// Counters with their amounts; amounts of money are minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CounterValues(BTreeMap<Counter, i64>);

impl CounterValues {
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the amount of a counter, which is zero if nothing was counted.
    pub fn amount(&self, counter: &Counter) -> i64 {
        self.0.get(counter).copied().unwrap_or(0)
    }

    pub fn add(&mut self, counter: Counter, by: i64) {
        *self.0.entry(counter).or_default() += by;
    }

    /// Adds all amounts of `other`.
    pub fn add_all(&mut self, other: &CounterValues) {
        for (counter, by) in other.iter() {
            self.add(counter.clone(), by);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Counter, i64)> {
        self.0.iter().map(|(counter, amount)| (counter, *amount))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Removes the counters whose amount is zero.
    pub fn remove_zeros(&mut self) {
        self.0.retain(|_, amount| *amount != 0);
    }

    /// Returns the amounts by name, for JSON and logs.
    pub fn by_name(&self) -> BTreeMap<String, i64> {
        self.iter().map(|(counter, amount)| (counter.name(), amount)).collect()
    }

    /// Returns the number of counters that this version does not know.
    pub fn count_unknown(&self) -> usize {
        self.0.keys().filter(|counter| counter.unknown().is_some()).count()
    }
}

/// Adds up amounts that are given for the same counter.
impl FromIterator<(Counter, i64)> for CounterValues {
    fn from_iter<I: IntoIterator<Item = (Counter, i64)>>(pairs: I) -> Self {
        let mut values = Self::new();
        values.extend(pairs);
        values
    }
}

impl Extend<(Counter, i64)> for CounterValues {
    fn extend<I: IntoIterator<Item = (Counter, i64)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(counter, by)| self.add(counter, by));
    }
}

impl<const N: usize> From<[(Counter, i64); N]> for CounterValues {
    fn from(pairs: [(Counter, i64); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl IntoIterator for CounterValues {
    type Item = (Counter, i64);
    type IntoIter = btree_map::IntoIter<Counter, i64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
