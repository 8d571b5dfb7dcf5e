//! Counts a customer's orders: the order totals, overall and by vertical.
//!
//! The ledger says what an order counts for (`voucher::order_event`), and the customer's totals
//! change by the difference to what it counted for before. `store::customer::orders` writes both in
//! one transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use crate::{
    customer::profile::{Customer, OrderTotals},
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
    /// that set a last order day stops counting.
    pub fn needs_other_orders(&self, customer: &Customer) -> bool {
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
    use crate::kernel::id::CustomerId;

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

    proptest! {
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
