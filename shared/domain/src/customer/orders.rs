//! Counts a customer's orders: the order totals, overall and by vertical.
//!
//! The ledger says what an order counts for (`voucher::order_event`), and the customer's totals
//! change by the difference to what it counted for before. `store::customer::orders` writes both in
//! one transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use crate::{
    customer::{
        order_windows::{DayOrder, OrderWindows, day_number},
        profile::{Customer, OrderTotals},
    },
    kernel::money::{Currency, MinorUnits},
};

/// An order that was placed and not cancelled, as it counts for its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedOrder {
    pub placed_at: Timestamp,
    /// The customer's calendar day when the order was placed.
    pub day: Date,
    pub currency: Currency,
    /// The amount paid for the lines of each vertical after discounts, less refunds. The delivery
    /// fee is shared among them.
    pub verticals: BTreeMap<String, MinorUnits>,
}

impl CountedOrder {
    /// Returns the amount paid for the whole order, less refunds.
    pub fn net(&self) -> MinorUnits {
        self.verticals.values().fold(MinorUnits::ZERO, |sum, net| sum.plus(*net))
    }

    /// Returns the order as the windows count it.
    pub fn in_windows(&self) -> DayOrder<'_> {
        DayOrder { day: self.day, verticals: &self.verticals }
    }

    fn in_all(&self) -> OrderContribution {
        OrderContribution { day: self.day, net: self.net() }
    }

    fn in_vertical(&self, name: &str) -> Option<OrderContribution> {
        let net = *self.verticals.get(name)?;
        Some(OrderContribution { day: self.day, net })
    }
}

/// The contribution of an order to one of the customer's totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OrderContribution {
    day: Date,
    net: MinorUnits,
}

/// The change of a customer's totals with one order.
#[derive(Debug, Clone, Copy)]
pub struct TotalsUpdate<'a> {
    pub before: Option<&'a CountedOrder>,
    pub after: Option<&'a CountedOrder>,
}

impl TotalsUpdate<'_> {
    /// Returns true if [`apply`](Self::apply) needs the customer's other orders: only if the order
    /// that set a first or last order day stops counting, or if the windows were never counted.
    pub fn needs_other_orders(&self, customer: &Customer) -> bool {
        let this = u32::from(self.before.is_some());
        if self.recounts_windows(customer) && customer.activity.orders > this {
            return true;
        }
        let (all_before, all_after) = self.in_all();
        let all = (customer.activity, all_before, all_after);
        let verticals = self.vertical_names().into_iter().map(|name| {
            let totals = customer.verticals.get(name).copied().unwrap_or_default();
            let (before, after) = self.in_vertical(name);
            (totals, before, after)
        });
        std::iter::once(all).chain(verticals).any(|(totals, before, after)| match (before, after) {
            (Some(gone), None) => totals.orders > 1 && totals.last_order_day == Some(gone.day),
            (None, _) | (Some(_), Some(_)) => false,
        })
    }

    /// Adjusts the customer's totals, overall and by vertical, by the difference between what the
    /// order counts for now and before.
    pub fn apply(&self, customer: &mut Customer, others: &[CountedOrder]) {
        let recounts = self.recounts_windows(customer);
        let names_before: Vec<String> = customer.verticals.keys().cloned().collect();
        for name in self.vertical_names() {
            let (before, after) = self.in_vertical(name);
            let totals = customer.verticals.entry(name.clone()).or_default();
            *totals = adjust_totals(*totals, before, after, || {
                let days = others.iter().filter(|other| other.verticals.contains_key(name));
                days.map(|other| other.day).max()
            });
            if totals.orders == 0 {
                customer.verticals.remove(name);
            }
        }
        let (before, after) = self.in_all();
        customer.activity = adjust_totals(customer.activity, before, after, || {
            others.iter().map(|other| other.day).max()
        });
        let names = customer.verticals.keys();
        customer.windows = Some(match &customer.windows {
            Some(windows) if !recounts => windows.adjusted(
                (
                    self.before.map(CountedOrder::in_windows),
                    self.after.map(CountedOrder::in_windows),
                ),
                names_before.iter(),
                names,
            ),
            Some(_) | None => {
                let orders = others.iter().chain(self.after).map(CountedOrder::in_windows);
                OrderWindows::from_orders(orders, names)
            }
        });
    }

    /// Returns true if the windows are computed anew: they were never counted, or the customer's
    /// first or newest order stops counting.
    fn recounts_windows(&self, customer: &Customer) -> bool {
        let Some(windows) = &customer.windows else {
            return true;
        };
        match (self.before, self.after) {
            (Some(gone), None) => {
                windows.first_order_day() == Some(day_number(gone.day))
                    || customer.activity.last_order_day == Some(gone.day)
            }
            (None, _) | (Some(_), Some(_)) => false,
        }
    }

    fn in_all(&self) -> (Option<OrderContribution>, Option<OrderContribution>) {
        (self.before.map(CountedOrder::in_all), self.after.map(CountedOrder::in_all))
    }

    fn in_vertical(&self, name: &str) -> (Option<OrderContribution>, Option<OrderContribution>) {
        let of = |order: Option<&CountedOrder>| order.and_then(|order| order.in_vertical(name));
        (of(self.before), of(self.after))
    }

    fn vertical_names(&self) -> BTreeSet<&String> {
        let orders = self.before.into_iter().chain(self.after);
        orders.flat_map(|order| order.verticals.keys()).collect()
    }
}

fn adjust_totals(
    activity: OrderTotals,
    before: Option<OrderContribution>,
    after: Option<OrderContribution>,
    last_of_others: impl FnOnce() -> Option<Date>,
) -> OrderTotals {
    let net = |contribution: Option<OrderContribution>| {
        contribution.map_or(MinorUnits::ZERO, |it| it.net)
    };
    let spend = activity.spend.minus(net(before)).plus(net(after));
    let (orders, last_order_day) = match (before, after) {
        (None, Some(new)) => {
            (activity.orders.saturating_add(1), activity.last_order_day.max(Some(new.day)))
        }
        (Some(gone), None) => {
            let orders = activity.orders.saturating_sub(1);
            let last = match activity.last_order_day {
                _ if orders == 0 => None,
                Some(last) if last == gone.day => last_of_others(),
                kept => kept,
            };
            (orders, last)
        }
        (None, None) | (Some(_), Some(_)) => (activity.orders, activity.last_order_day),
    };
    OrderTotals { orders, spend, last_order_day }
}

/// Computes the totals from all orders, overall and by vertical. Incremental changes must always
/// agree with it.
pub fn recount_totals<'a>(
    orders: impl Iterator<Item = &'a CountedOrder>,
) -> (OrderTotals, BTreeMap<String, OrderTotals>) {
    let (mut total, mut verticals) =
        (OrderTotals::default(), BTreeMap::<String, OrderTotals>::new());
    for order in orders {
        total = adjust_totals(total, None, Some(order.in_all()), || None);
        for name in order.verticals.keys() {
            let totals = verticals.entry(name.clone()).or_default();
            *totals = adjust_totals(*totals, None, order.in_vertical(name), || None);
        }
    }
    (total, verticals)
}

/// Replay of a customer's counting orders in the order of their placement. It gives the customer's
/// totals at any past moment.
///
/// The time of a cancellation or refund is ignored: a cancelled order never counts, and a refund is
/// always deducted.
#[derive(Debug, Clone)]
pub struct OrderHistory<'a> {
    placed: Vec<&'a CountedOrder>,
    counted: usize,
}

impl<'a> OrderHistory<'a> {
    pub fn from_orders(orders: &'a [CountedOrder]) -> Self {
        let mut placed: Vec<&CountedOrder> = orders.iter().collect();
        placed.sort_by_key(|order| order.placed_at);
        Self { placed, counted: 0 }
    }

    /// Adds to the customer's totals all orders not yet counted that were placed at or before `at`.
    pub fn count_orders_until(&mut self, at: Timestamp, customer: &mut Customer) {
        while self.placed.get(self.counted).is_some_and(|order| order.placed_at <= at) {
            self.count_next_order(customer);
        }
    }

    /// Adds only the next order and returns it.
    pub fn count_next_order(&mut self, customer: &mut Customer) -> Option<&'a CountedOrder> {
        let order = *self.placed.get(self.counted)?;
        TotalsUpdate { before: None, after: Some(order) }.apply(customer, &[]);
        self.counted += 1;
        Some(order)
    }

    /// Returns true once at least one order has been counted.
    pub fn has_counted(&self) -> bool {
        self.counted > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{customer::order_windows, kernel::id::CustomerId};

    fn order(day: &str, verticals: &[(&str, i64)]) -> CountedOrder {
        let verticals = verticals.iter();
        CountedOrder {
            placed_at: format!("{day}T12:00:00Z").parse().unwrap(),
            day: day.parse().unwrap(),
            currency: Currency::parse("EUR").unwrap(),
            verticals: verticals
                .map(|(name, net)| ((*name).to_owned(), MinorUnits::new(*net).unwrap()))
                .collect(),
        }
    }

    /// In-memory stand-in for the store.
    struct OrderBooks {
        customer: Customer,
        orders: BTreeMap<u8, CountedOrder>,
    }

    impl OrderBooks {
        fn new() -> Self {
            let customer = Customer::new(CustomerId::parse("c-1").unwrap());
            Self { customer, orders: BTreeMap::new() }
        }
        /// Replaces what an order counts for. Its day stays.
        fn count(&mut self, id: u8, mut after: Option<CountedOrder>) {
            let before = self.orders.remove(&id);
            if let (Some(before), Some(after)) = (&before, &mut after) {
                after.day = before.day;
            }
            let update = TotalsUpdate { before: before.as_ref(), after: after.as_ref() };
            let others: Vec<CountedOrder> = self.orders.values().cloned().collect();
            let needed = if update.needs_other_orders(&self.customer) { &others[..] } else { &[] };
            update.apply(&mut self.customer, needed);
            self.orders.extend(after.map(|after| (id, after)));
        }
        #[track_caller]
        fn check_totals(&self, orders: u32, spend: i64, last: Option<&str>) {
            let last_order_day = last.map(|day| day.parse().unwrap());
            let expected =
                OrderTotals { orders, spend: MinorUnits::new(spend).unwrap(), last_order_day };
            assert_eq!(self.customer.activity, expected);
        }
        /// Compares every window with a plain count of the orders from the day that it begins.
        fn check_windows(&self) -> Result<(), TestCaseError> {
            let windows = self.customer.windows.as_ref().unwrap();
            prop_assert!(windows.as_bytes().len() <= order_windows::MAX_BYTES);
            let names = self.customer.verticals.len();
            prop_assert_eq!(
                &OrderWindows::from_bytes(windows.as_bytes(), names),
                &self.customer.windows
            );
            let first = self.orders.values().map(|order| day_number(order.day)).min();
            prop_assert_eq!(windows.first_order_day(), first);
            let Some(today) = self.orders.values().map(|order| day_number(order.day)).max() else {
                return Ok(());
            };
            for days in [1, 7, 30, 90, 365] {
                let since = today - days + 1;
                let of_all = windows.sums_since(since, None).unwrap();
                let most_late = match days {
                    1 | 7 => 0,
                    30 => 6,
                    90 => 27,
                    _ => 83,
                };
                prop_assert!((0..=most_late).contains(&(since - of_all.starts)), "{} days", days);
                let counted: Vec<&CountedOrder> = self
                    .orders
                    .values()
                    .filter(|order| day_number(order.day) >= of_all.starts)
                    .collect();
                prop_assert_eq!(usize::try_from(of_all.orders).unwrap(), counted.len());
                let spend: i64 = counted.iter().map(|order| order.net().units()).sum();
                prop_assert_eq!(of_all.spend.units(), spend);
                for (place, name) in self.customer.verticals.keys().enumerate() {
                    let Some(sums) = windows.sums_since(since, Some(place)) else { continue };
                    let nets: Vec<i64> = counted
                        .iter()
                        .filter_map(|order| order.verticals.get(name))
                        .map(|net| net.units())
                        .collect();
                    prop_assert_eq!(usize::try_from(sums.orders).unwrap(), nets.len());
                    prop_assert_eq!(sums.spend.units(), nets.iter().sum::<i64>());
                }
            }
            Ok(())
        }
        fn aggregates(&self) -> (OrderTotals, BTreeMap<String, OrderTotals>) {
            (self.customer.activity, self.customer.verticals.clone())
        }
    }

    #[test]
    fn an_order_counts_where_its_lines_say() {
        let mut books = OrderBooks::new();
        books.count(1, Some(order("2026-11-01", &[("food", 2_350), ("pharmacy", 150)])));
        books.count(2, Some(order("2026-11-03", &[("groceries", 1_000)])));
        books.count(1, Some(order("2026-11-01", &[("food", 2_000), ("pharmacy", 0)])));
        books.check_totals(2, 3_000, Some("2026-11-03"));
        assert_eq!(books.customer.verticals["food"].spend.units(), 2_000);
        assert_eq!(books.customer.verticals["pharmacy"].orders, 1);
    }

    #[test]
    fn a_vertical_that_an_edit_removes_goes_back_to_its_order_before() {
        let mut books = OrderBooks::new();
        books.count(1, Some(order("2026-11-01", &[("food", 100)])));
        books.count(2, Some(order("2026-11-05", &[("food", 100), ("groceries", 100)])));
        books.count(2, Some(order("2026-11-05", &[("groceries", 150)])));
        books.check_totals(2, 250, Some("2026-11-05"));
        let food = books.customer.verticals["food"];
        assert_eq!((food.orders, food.last_order_day), (1, Some("2026-11-01".parse().unwrap())));
    }

    #[test]
    fn the_last_order_day_goes_back_when_the_last_order_is_cancelled() {
        let mut books = OrderBooks::new();
        books.count(1, Some(order("2026-11-01", &[("food", 100)])));
        books.count(2, Some(order("2026-11-05", &[("groceries", 100)])));
        books.count(3, Some(order("2026-11-09", &[("food", 100)])));
        books.count(3, None);
        books.check_totals(2, 200, Some("2026-11-05"));
        let last = books.customer.verticals["food"].last_order_day;
        assert_eq!(last, Some("2026-11-01".parse().unwrap()));
    }

    fn counted() -> impl Strategy<Value = Option<CountedOrder>> {
        let names = prop::sample::select(vec!["food", "groceries", "pharmacy"]);
        let verticals = prop::collection::btree_map(names, 0_i64..500, 1..3);
        prop::option::weighted(0.7, (1_u8..28, verticals)).prop_map(|order_or_none| {
            let (day, verticals) = order_or_none?;
            let verticals: Vec<(&str, i64)> = verticals.into_iter().collect();
            Some(order(&format!("2026-10-{day:02}"), &verticals))
        })
    }

    /// Builds an order of one of about two years, for one to four of so many verticals.
    fn of_two_years(verticals: usize) -> impl Strategy<Value = Option<CountedOrder>> {
        let nets = prop::collection::btree_map(0..verticals, 0_i64..2_000_000, 1..5);
        prop::option::weighted(0.8, (0_i64..700, nets)).prop_map(|order_or_none| {
            let (day, nets) = order_or_none?;
            let first: Date = "2025-01-01".parse().unwrap();
            let day = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let nets: Vec<(String, i64)> =
                nets.into_iter().map(|(place, net)| (format!("v{place:02}"), net)).collect();
            let nets: Vec<(&str, i64)> =
                nets.iter().map(|(name, net)| (name.as_str(), *net)).collect();
            Some(order(&day.to_string(), &nets))
        })
    }

    #[test]
    fn a_usual_year_is_exact_to_the_day_and_small() {
        let mut books = OrderBooks::new();
        for (id, day) in (0_u8..52).enumerate() {
            let first: Date = "2025-11-24".parse().unwrap();
            let day = first.checked_add(jiff::Span::new().days(i64::from(day) * 7)).unwrap();
            let vertical = if id % 3 == 0 { "groceries" } else { "food" };
            books.count(day_id(id), Some(order(&day.to_string(), &[(vertical, 2_350)])));
        }
        let windows = books.customer.windows.clone().unwrap();
        let newest = books.customer.activity.last_order_day.map(day_number).unwrap();
        let sums = windows.sums_since(newest - 364, None).unwrap();
        assert_eq!((sums.orders, sums.spend.units()), (52, 52 * 2_350));
        assert_eq!(sums.starts, newest - 364);
        assert!(windows.as_bytes().len() < 350, "{} bytes", windows.as_bytes().len());
    }

    #[test]
    fn windows_that_were_never_counted_are_counted_with_the_next_order() {
        let mut books = OrderBooks::new();
        books.count(1, Some(order("2026-11-01", &[("food", 100)])));
        books.customer.windows = None;
        books.count(2, Some(order("2026-11-05", &[("groceries", 50)])));
        books.check_windows().unwrap();
        books.customer.windows = None;
        books.count(1, None);
        books.check_windows().unwrap();
    }

    fn day_id(id: usize) -> u8 {
        u8::try_from(id).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn whatever_happens_the_windows_are_a_recount(
            verticals in 1_usize..24,
            changes in prop::collection::vec(any::<u8>(), 0..250),
            seed in prop::collection::vec(of_two_years(24), 250),
        ) {
            let mut books = OrderBooks::new();
            for (id, after) in changes.into_iter().zip(seed) {
                let after = after.map(|mut order| {
                    order.verticals.retain(|name, _| *name < format!("v{verticals:02}"));
                    order
                });
                books.count(id, after);
            }
            books.check_windows()?;
        }

        #[test]
        fn whatever_happens_the_totals_are_those_of_the_orders(
            changes in prop::collection::vec((0_u8..5, counted()), 0..60),
        ) {
            let mut books = OrderBooks::new();
            for (id, after) in changes {
                books.count(id, after);
                prop_assert_eq!(books.aggregates(), recount_totals(books.orders.values()));
            }
        }
    }
}
