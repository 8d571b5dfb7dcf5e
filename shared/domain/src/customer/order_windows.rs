//! A customer's orders and spend by day for a year back, in total and by vertical, in at most
//! [`MAX_BYTES`]. Rules ask for them over the last days; `customer::orders` keeps them.
//!
//! Guarantees: a sum is exactly that of the orders from the day that it names
//! ([`WindowSums::starts`]) on. That day is the one asked for as long as the year fits. If it does
//! not, the oldest days are added up by weeks, then by four and by twelve weeks: the last seven
//! days always stay days, and a longer window counts the whole of the block in which it begins. If
//! even that is too much, the split by vertical is given up and such a sum is unknown.

mod bytes;
mod fold;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use crate::kernel::money::MinorUnits;
use bytes::ByteReader;

/// Most bytes of a customer's windows: with them a usual customer's item stays within the kilobyte
/// of one write unit.
pub const MAX_BYTES: usize = 400;
/// Longest window in days.
pub const MAX_WINDOW_DAYS: u32 = 365;
/// Fewest days that are kept before the newest order: the longest window, and two days because a
/// customer's zone may move back over the date line.
const KEPT_DAYS: i64 = MAX_WINDOW_DAYS as i64 + ZONE_SLACK_DAYS;
const ZONE_SLACK_DAYS: i64 = 2;

/// The windows in their stored form: newest day first, verticals by their place among the sorted
/// names of the customer's totals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderWindows(Vec<u8>);

/// An order that counts: the customer's day on which it was placed, and what was paid for each
/// vertical.
#[derive(Debug, Clone, Copy)]
pub struct DayOrder<'a> {
    pub day: Date,
    pub verticals: &'a BTreeMap<String, MinorUnits>,
}

impl DayOrder<'_> {
    fn as_sums(&self) -> DaySums {
        let spend = self.verticals.values().fold(MinorUnits::ZERO, |sum, net| sum.plus(*net));
        DaySums { orders: 1, spend }
    }
}

/// The orders of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSums {
    pub orders: u32,
    pub spend: MinorUnits,
    /// The first day that is counted: the one asked for, or an earlier one if that lies within
    /// days that were added up.
    pub starts: i64,
}

/// Orders and spend of a day or a block of days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DaySums {
    orders: u32,
    spend: MinorUnits,
}

impl DaySums {
    fn add(&mut self, other: DaySums) {
        self.orders = self.orders.saturating_add(other.orders);
        self.spend = self.spend.plus(other.spend);
    }
    fn remove(&mut self, other: DaySums) {
        self.orders = self.orders.saturating_sub(other.orders);
        self.spend = self.spend.minus(other.spend);
    }
}

/// A day, or consecutive days that were added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct DayBlock {
    days: i64,
    all: DaySums,
    verticals: BTreeMap<String, DaySums>,
}

impl DayBlock {
    fn add(&mut self, other: DayBlock) {
        self.all.add(other.all);
        for (name, sums) in other.verticals {
            self.verticals.entry(name).or_default().add(sums);
        }
    }
}

/// The windows opened for a change. Blocks are kept by their last day and never overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OpenWindows {
    /// The day of the first order that counts.
    first: Option<i64>,
    is_split: bool,
    blocks: BTreeMap<i64, DayBlock>,
}

/// Returns the first day that is kept beside orders up to `newest`. It begins a block of the
/// longest kind: so no block lies across it, and each holds all of its days.
fn first_kept_day(newest: i64) -> i64 {
    (newest - KEPT_DAYS).div_euclid(bytes::TWELVE_WEEKS) * bytes::TWELVE_WEEKS
}

/// Returns the number of days from 1970 to `day`.
pub fn day_number(day: Date) -> i64 {
    const EPOCH: Date = date(1970, 1, 1);
    const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
    day.duration_since(EPOCH).as_secs() / SECONDS_PER_DAY
}

impl OrderWindows {
    /// Reads the stored form of a customer with this many verticals, or `None` if it is none.
    pub fn from_bytes(stored: &[u8], verticals: usize) -> Option<Self> {
        bytes::is_readable(stored, verticals).then(|| Self(stored.to_vec()))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Computes the windows from all orders of a customer.
    pub fn from_orders<'a, 'n>(
        orders: impl Iterator<Item = DayOrder<'a>>,
        names: impl Iterator<Item = &'n String>,
    ) -> Self {
        let mut open = OpenWindows::default();
        for order in orders {
            open.count(order);
        }
        open.close(names)
    }

    /// Returns the windows after an order has come to count for something else. `names_before` and
    /// `names` are the sorted verticals of the customer's totals before and after. The first and the
    /// newest order do not stop counting this way: the windows are computed anew then.
    pub(super) fn adjusted<'n>(
        &self,
        (before, after): (Option<DayOrder<'_>>, Option<DayOrder<'_>>),
        names_before: impl Iterator<Item = &'n String>,
        names: impl Iterator<Item = &'n String>,
    ) -> Self {
        let mut open = self.open(names_before).unwrap_or_default();
        if let Some(before) = before {
            open.uncount(before);
        }
        if let Some(after) = after {
            open.count(after);
        }
        open.close(names)
    }

    /// Returns the windows of two records of one person, each with the sorted verticals of its
    /// totals, under `names`, those of both. Blocks of different lengths lie within each other, so
    /// the longer one takes up what lies within it.
    pub(super) fn united<'n>(
        (one, one_names): (&Self, impl Iterator<Item = &'n String>),
        (other, other_names): (&Self, impl Iterator<Item = &'n String>),
        names: impl Iterator<Item = &'n String>,
    ) -> Option<Self> {
        let mut open = one.open(one_names)?;
        let other = other.open(other_names)?;
        open.first = open.first.into_iter().chain(other.first).min();
        for (last_day, block) in other.blocks {
            open.take_up(last_day, block);
        }
        if !(open.is_split && other.is_split) {
            open.is_split = false;
            open.blocks.values_mut().for_each(|block| block.verticals.clear());
        }
        Some(open.close(names))
    }

    /// Returns the day of the customer's first order that counts.
    pub fn first_order_day(&self) -> Option<i64> {
        let mut reader = ByteReader::new(&self.0);
        reader.byte()?;
        reader.day()
    }

    /// Adds up the orders since a day: all, or those in the vertical at this place among the sorted
    /// names of the customer's totals. Returns `None` if they are not known by vertical.
    pub fn sums_since(&self, since: i64, vertical: Option<usize>) -> Option<WindowSums> {
        let mut sums = WindowSums { orders: 0, spend: MinorUnits::ZERO, starts: since };
        let mut reader = ByteReader::new(&self.0);
        let Some(header) = reader.header() else {
            return Some(sums);
        };
        if vertical.is_some() && !header.is_split {
            return None;
        }
        let mut last_day = header.newest;
        while let Some(block) = reader.block(last_day) {
            if block.last_day < since {
                break;
            }
            sums.starts = sums.starts.min(block.first_day());
            let found = match vertical {
                None => block.all,
                Some(place) => block.in_vertical(place),
            };
            sums.orders = sums.orders.saturating_add(found.orders);
            sums.spend = sums.spend.plus(found.spend);
            last_day = block.last_day;
        }
        Some(sums)
    }

    fn open<'n>(&self, names: impl Iterator<Item = &'n String>) -> Option<OpenWindows> {
        bytes::read_windows(&self.0, &names.collect::<Vec<_>>())
    }
}

impl Default for OpenWindows {
    fn default() -> Self {
        Self { first: None, is_split: true, blocks: BTreeMap::new() }
    }
}

impl OpenWindows {
    fn count(&mut self, order: DayOrder<'_>) {
        let day = day_number(order.day);
        self.first = Some(self.first.map_or(day, |first| first.min(day)));
        let is_past = self.newest().is_some_and(|newest| day < first_kept_day(newest));
        if is_past {
            return;
        }
        let last_day = self.block_with(day).unwrap_or(day);
        let block = self
            .blocks
            .entry(last_day)
            .or_insert_with(|| DayBlock { days: 1, ..DayBlock::default() });
        block.all.add(order.as_sums());
        for (name, net) in order.verticals {
            let sums = block.verticals.entry(name.clone()).or_default();
            sums.add(DaySums { orders: 1, spend: *net });
        }
    }

    fn uncount(&mut self, order: DayOrder<'_>) {
        let Some(last_day) = self.block_with(day_number(order.day)) else {
            return;
        };
        let Some(block) = self.blocks.get_mut(&last_day) else {
            return;
        };
        block.all.remove(order.as_sums());
        for (name, net) in order.verticals {
            if let Some(sums) = block.verticals.get_mut(name) {
                sums.remove(DaySums { orders: 1, spend: *net });
            }
        }
        block.verticals.retain(|_, sums| sums.orders > 0);
        if block.all.orders == 0 {
            self.blocks.remove(&last_day);
        }
    }

    /// Adds a block of another record.
    fn take_up(&mut self, last_day: i64, mut block: DayBlock) {
        if let Some(around) = self.block_with(last_day)
            && let Some(known) = self.blocks.get_mut(&around)
            && known.days >= block.days
        {
            known.add(block);
            return;
        }
        let first_day = last_day - block.days + 1;
        let within: Vec<i64> =
            self.blocks.range(first_day..=last_day).map(|(day, _)| *day).collect();
        for known in within.into_iter().filter_map(|day| self.blocks.remove(&day)) {
            block.add(known);
        }
        self.blocks.insert(last_day, block);
    }

    fn newest(&self) -> Option<i64> {
        self.blocks.last_key_value().map(|(last_day, _)| *last_day)
    }

    /// Returns the last day of the block in which a day lies.
    fn block_with(&self, day: i64) -> Option<i64> {
        let (last_day, block) = self.blocks.range(day..).next()?;
        (last_day - block.days < day).then_some(*last_day)
    }

    fn close<'n>(mut self, names: impl Iterator<Item = &'n String>) -> OrderWindows {
        let names: Vec<&String> = names.collect();
        if let Some(newest) = self.newest() {
            self.blocks = self.blocks.split_off(&first_kept_day(newest));
        }
        OrderWindows(fold::write_within_limit(self, &names))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Orders = Vec<(i64, BTreeMap<String, MinorUnits>)>;

    fn orders() -> impl Strategy<Value = Orders> {
        let vertical = prop::sample::select(vec!["books", "food", "groceries", "pharmacy", "pets"]);
        let order = (0_i64..700, vertical, 1_i64..90_000).prop_map(|(day, vertical, net)| {
            (day, BTreeMap::from([(vertical.to_owned(), MinorUnits::new(net).unwrap())]))
        });
        prop::collection::vec(order, 0..150)
    }

    fn names(orders: &Orders) -> Vec<String> {
        let mut names: Vec<String> =
            orders.iter().flat_map(|(_, verticals)| verticals.keys().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn windows_of(orders: &Orders) -> OrderWindows {
        let day = |number: i64| date(1970, 1, 1).checked_add(jiff::ToSpan::days(number)).unwrap();
        let counted = orders.iter().map(|(at, verticals)| DayOrder { day: day(*at), verticals });
        OrderWindows::from_orders(counted, names(orders).iter())
    }

    proptest! {
        /// The windows of two records that are merged are those of all their orders.
        #[test]
        fn united_windows_are_those_of_all_orders(one in orders(), other in orders(), age in 0_i64..365) {
            let all: Orders = one.iter().chain(&other).cloned().collect();
            let (one_names, other_names, all_names) = (names(&one), names(&other), names(&all));
            let united = OrderWindows::united(
                (&windows_of(&one), one_names.iter()),
                (&windows_of(&other), other_names.iter()),
                all_names.iter(),
            )
            .unwrap();
            prop_assert!(united.as_bytes().len() <= MAX_BYTES);
            prop_assert_eq!(united.first_order_day(), windows_of(&all).first_order_day());
            let Some(newest) = all.iter().map(|(day, _)| *day).max() else { return Ok(()) };
            let places = all_names.iter().enumerate().map(|(place, name)| Some((place, name)));
            for vertical in places.chain([None]) {
                let Some(found) = united.sums_since(newest - age, vertical.map(|(place, _)| place)) else {
                    continue;
                };
                let counts = |(day, verticals): &&(i64, BTreeMap<String, MinorUnits>)| {
                    *day >= found.starts && vertical.is_none_or(|(_, name)| verticals.contains_key(name))
                };
                let spent: i64 =
                    all.iter().filter(counts).flat_map(|(_, nets)| nets.values()).map(|net| net.units()).sum();
                prop_assert_eq!(found.orders as usize, all.iter().filter(counts).count());
                prop_assert_eq!(found.spend.units(), spent);
            }
        }
    }

    #[test]
    fn what_is_no_stored_form_is_not_read() {
        for bad in [
            &[1_u8][..],                        // no first day
            &[1, 0x80],                         // a number that does not end
            &[1, 2, 2, 0],                      // a block without a head
            &[1, 2, 2, 0, 0b1_000],             // a block without its vertical
            &[1, 2, 2, 0, 0b1_000, 0b1_001, 5], // a vertical that the customer does not have
        ] {
            assert_eq!(OrderWindows::from_bytes(bad, 1), None, "{bad:?}");
        }
        assert_eq!(OrderWindows::from_bytes(&[], 0), Some(OrderWindows::default()));
        let read = OrderWindows::from_bytes(&[1, 2, 2, 0, 0b1_000, 0b001, 5], 1).unwrap();
        let sums = read.sums_since(1, Some(0)).unwrap();
        assert_eq!((sums.orders, sums.spend.units(), sums.starts), (1, 5, 1));
        assert_eq!(read.sums_since(2, Some(0)).unwrap().orders, 0);
    }
}
