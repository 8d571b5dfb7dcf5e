//! Orders, and the order totals of a customer.
//!
//! Events arrive repeated, late and out of order: a cancellation or a refund may arrive before its
//! order. So an order is a record of facts, each set once. Its contribution to the totals follows
//! from the record alone, and the customer's totals change by the difference. `store::customer::orders`
//! writes record and totals in one transaction.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    customer::profile::{Customer, MAX_VERTICALS, OrderTotals},
    kernel::{
        id::{CustomerId, OrderId, RefundId},
        money::{Currency, MinorUnits, Money},
    },
};

/// Maximum time by which the app backend's clock may be ahead of ours.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Maximum number of refunds of one order. It bounds the size of its record.
pub const MAX_REFUNDS: usize = 50;
/// Maximum size of the name of a vertical or a merchant in bytes.
pub const MAX_NAME: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub at: Timestamp,
    pub change: OrderChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderChange {
    Placed { vertical: String, merchant: String, total: Money },
    Cancelled,
    Refunded { refund_id: RefundId, amount: Money },
}

/// All facts known about one order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderRecord {
    pub placed: Option<OrderPlacement>,
    pub cancelled: Option<Timestamp>,
    pub refunds: BTreeMap<RefundId, OrderRefund>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPlacement {
    pub at: Timestamp,
    /// The customer's calendar day when the order was placed. A later move to another time zone
    /// does not change it.
    pub day: Date,
    pub vertical: String,
    pub merchant: String,
    pub total: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRefund {
    pub amount: MinorUnits,
    pub at: Timestamp,
}

/// The contribution of an order to the customer's totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OrderContribution {
    day: Date,
    /// The amount paid, net of refunds.
    net: MinorUnits,
}

impl OrderRecord {
    /// Returns the order's contribution, or `None` if it was cancelled or is not yet known. Refunds
    /// that arrived before their order are not checked against its total; the contribution never
    /// becomes negative.
    fn contribution(&self) -> Option<OrderContribution> {
        match (&self.placed, self.cancelled) {
            (Some(placed), None) => Some(OrderContribution {
                day: placed.day,
                net: placed.total.amount.minus(self.refunded()),
            }),
            (None, _) | (_, Some(_)) => None,
        }
    }
    /// Returns the order as it was placed and the amount paid net of refunds, or `None` if the
    /// order does not count.
    pub fn counted_placement(&self) -> Option<(&OrderPlacement, MinorUnits)> {
        Some((self.placed.as_ref()?, self.contribution()?.net))
    }
    fn refunded(&self) -> MinorUnits {
        self.refunds.values().fold(MinorUnits::ZERO, |sum, refund| sum.plus(refund.amount))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderDecision {
    /// The event is already recorded with the same content.
    Repeat,
    Refuse(OrderRefusal),
    Record(OrderUpdate),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderRefusal {
    /// The order is already recorded with another content.
    OrderConflict,
    /// The refund is already recorded with another amount.
    RefundConflict,
    /// The refunds would exceed the amount paid.
    OverRefund,
    TooManyRefunds,
    TooManyVerticals,
    /// The amount is not in the expected currency: the order's, or else the customer's.
    WrongCurrency {
        expected: Currency,
    },
    InTheFuture,
}

/// The order's record after an event, and its contribution before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderUpdate {
    pub record: OrderRecord,
    before: Option<OrderContribution>,
}

/// Decides how to handle `event`, given the order's record, if there is one, and its customer.
/// `tenant` is the currency of customers without their own.
pub fn decide_order_event(
    stored: Option<&OrderRecord>,
    event: &OrderEvent,
    customer: &Customer,
    tenant: Currency,
    now: Timestamp,
) -> OrderDecision {
    if event.at.duration_since(now) > MAX_AHEAD {
        return OrderDecision::Refuse(OrderRefusal::InTheFuture);
    }
    let currency = customer.profile.currency.unwrap_or(tenant);
    let mut record = stored.cloned().unwrap_or_default();
    let before = record.contribution();
    let recording = match &event.change {
        OrderChange::Placed { vertical, merchant, total } => {
            let day = customer.today(event.at);
            let placement = OrderPlacement {
                at: event.at,
                day,
                vertical: vertical.clone(),
                merchant: merchant.clone(),
                total: *total,
            };
            record_placement(&mut record, placement, customer, currency)
        }
        OrderChange::Cancelled => record_cancellation(&mut record, event.at),
        OrderChange::Refunded { refund_id, amount } => {
            record_refund(&mut record, refund_id, *amount, event.at, currency)
        }
    };
    match recording {
        Ok(FactRecording::First) => OrderDecision::Record(OrderUpdate { record, before }),
        Ok(FactRecording::Repeat) => OrderDecision::Repeat,
        Err(refusal) => OrderDecision::Refuse(refusal),
    }
}

enum FactRecording {
    First,
    Repeat,
}

fn record_placement(
    record: &mut OrderRecord,
    placement: OrderPlacement,
    customer: &Customer,
    currency: Currency,
) -> Result<FactRecording, OrderRefusal> {
    if let Some(known) = &record.placed {
        let same = known.at.as_millisecond() == placement.at.as_millisecond()
            && known.vertical == placement.vertical
            && known.merchant == placement.merchant
            && known.total == placement.total;
        return if same { Ok(FactRecording::Repeat) } else { Err(OrderRefusal::OrderConflict) };
    }
    if placement.total.currency != currency {
        return Err(OrderRefusal::WrongCurrency { expected: currency });
    }
    let new_vertical =
        record.cancelled.is_none() && !customer.verticals.contains_key(&placement.vertical);
    if new_vertical && customer.verticals.len() >= MAX_VERTICALS {
        return Err(OrderRefusal::TooManyVerticals);
    }
    record.placed = Some(placement);
    Ok(FactRecording::First)
}

fn record_cancellation(
    record: &mut OrderRecord,
    at: Timestamp,
) -> Result<FactRecording, OrderRefusal> {
    if record.cancelled.is_some() {
        return Ok(FactRecording::Repeat);
    }
    record.cancelled = Some(at);
    Ok(FactRecording::First)
}

fn record_refund(
    record: &mut OrderRecord,
    refund_id: &RefundId,
    amount: Money,
    at: Timestamp,
    currency: Currency,
) -> Result<FactRecording, OrderRefusal> {
    // The currency of the order comes first, because the customer's may have been changed since.
    let currency = record.placed.as_ref().map_or(currency, |placed| placed.total.currency);
    if amount.currency != currency {
        return Err(OrderRefusal::WrongCurrency { expected: currency });
    }
    if let Some(known) = record.refunds.get(refund_id) {
        return if known.amount == amount.amount {
            Ok(FactRecording::Repeat)
        } else {
            Err(OrderRefusal::RefundConflict)
        };
    }
    if record.refunds.len() >= MAX_REFUNDS {
        return Err(OrderRefusal::TooManyRefunds);
    }
    let refunded = record.refunded().plus(amount.amount);
    if record.placed.as_ref().is_some_and(|placed| refunded > placed.total.amount) {
        return Err(OrderRefusal::OverRefund);
    }
    record.refunds.insert(refund_id.clone(), OrderRefund { amount: amount.amount, at });
    Ok(FactRecording::First)
}

impl OrderUpdate {
    /// Returns true if [`apply`](Self::apply) needs the customer's other orders: only if the order
    /// that set a last order day stops counting.
    pub fn needs_other_orders(&self, customer: &Customer) -> bool {
        let (Some(gone), None) = (self.before, self.record.contribution()) else {
            return false;
        };
        let vertical = self.vertical().and_then(|name| customer.verticals.get(name));
        [Some(&customer.activity), vertical]
            .into_iter()
            .flatten()
            .any(|activity| activity.orders > 1 && activity.last_order_day == Some(gone.day))
    }

    /// Adjusts the customer's totals, overall and for the order's vertical, by the difference
    /// between the order's contribution now and before.
    pub fn apply(&self, customer: &mut Customer, others: &[OrderRecord]) {
        let after = self.record.contribution();
        let Some(name) = self.vertical().filter(|_| self.before.is_some() || after.is_some())
        else {
            return;
        };
        let in_vertical = |other: &&OrderRecord| {
            other.placed.as_ref().is_some_and(|placed| placed.vertical == name)
        };
        let vertical = customer.verticals.entry(name.to_owned()).or_default();
        *vertical = adjust_totals(*vertical, self.before, after, || {
            last_order_day(others.iter().filter(in_vertical))
        });
        if vertical.orders == 0 {
            customer.verticals.remove(name);
        }
        customer.activity =
            adjust_totals(customer.activity, self.before, after, || last_order_day(others.iter()));
    }

    fn vertical(&self) -> Option<&str> {
        self.record.placed.as_ref().map(|placed| placed.vertical.as_str())
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

fn last_order_day<'a>(records: impl Iterator<Item = &'a OrderRecord>) -> Option<Date> {
    records.filter_map(OrderRecord::contribution).map(|it| it.day).max()
}

/// Computes the totals from all records, overall and by vertical. Incremental changes must always
/// agree with it.
pub fn recount_totals<'a>(
    records: impl Iterator<Item = &'a OrderRecord>,
) -> (OrderTotals, BTreeMap<String, OrderTotals>) {
    let (mut total, mut verticals) =
        (OrderTotals::default(), BTreeMap::<String, OrderTotals>::new());
    for record in records {
        let (Some(placed), Some(counts)) = (&record.placed, record.contribution()) else {
            continue;
        };
        for activity in [&mut total, verticals.entry(placed.vertical.clone()).or_default()] {
            *activity = adjust_totals(*activity, None, Some(counts), || None);
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
    placed: Vec<(&'a OrderPlacement, OrderContribution)>,
    counted: usize,
}

impl<'a> OrderHistory<'a> {
    pub fn from_records(records: &'a [OrderRecord]) -> Self {
        let counting =
            |record: &'a OrderRecord| Some((record.placed.as_ref()?, record.contribution()?));
        let mut placed: Vec<_> = records.iter().filter_map(counting).collect();
        placed.sort_by_key(|(placement, _)| placement.at);
        Self { placed, counted: 0 }
    }

    /// Adds to the customer's totals all orders not yet counted that were placed at or before `at`.
    pub fn count_orders_until(&mut self, at: Timestamp, customer: &mut Customer) {
        while self.placed.get(self.counted).is_some_and(|(placed, _)| placed.at <= at) {
            self.count_next_order(customer);
        }
    }

    /// Adds only the next order and returns it.
    pub fn count_next_order(&mut self, customer: &mut Customer) -> Option<&'a OrderPlacement> {
        let (placement, counts) = *self.placed.get(self.counted)?;
        count_order(placement, counts, customer);
        self.counted += 1;
        Some(placement)
    }

    /// Returns true once at least one order has been counted.
    pub fn has_counted(&self) -> bool {
        self.counted > 0
    }
}

fn count_order(placement: &OrderPlacement, counts: OrderContribution, customer: &mut Customer) {
    let vertical = customer.verticals.entry(placement.vertical.clone()).or_default();
    *vertical = adjust_totals(*vertical, None, Some(counts), || None);
    customer.activity = adjust_totals(customer.activity, None, Some(counts), || None);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn euros() -> Currency {
        Currency::parse("EUR").unwrap()
    }
    fn money(amount: i64) -> Money {
        Money::new(MinorUnits::new(amount).unwrap(), euros())
    }
    fn event(order: &str, at: &str, what: OrderChange) -> OrderEvent {
        OrderEvent {
            order_id: OrderId::parse(order).unwrap(),
            customer_id: CustomerId::parse("c-1").unwrap(),
            at: at.parse().unwrap(),
            change: what,
        }
    }
    fn placed(order: &str, day: &str, vertical: &str, total: i64) -> OrderEvent {
        let what = OrderChange::Placed {
            vertical: vertical.into(),
            merchant: "m-1".into(),
            total: money(total),
        };
        event(order, &format!("{day}T12:00:00Z"), what)
    }
    fn cancelled(order: &str) -> OrderEvent {
        event(order, "2026-11-21T12:00:00Z", OrderChange::Cancelled)
    }
    fn refunded(order: &str, refund: &str, amount: i64) -> OrderEvent {
        let what = OrderChange::Refunded {
            refund_id: RefundId::parse(refund).unwrap(),
            amount: money(amount),
        };
        event(order, "2026-11-21T12:00:00Z", what)
    }

    /// In-memory stand-in for the store.
    struct OrderBooks {
        customer: Customer,
        orders: BTreeMap<OrderId, OrderRecord>,
    }

    impl OrderBooks {
        fn new() -> Self {
            Self {
                customer: Customer::new(CustomerId::parse("c-1").unwrap()),
                orders: BTreeMap::new(),
            }
        }
        fn apply_event(&mut self, event: &OrderEvent) -> OrderDecision {
            let stored = self.orders.get(&event.order_id);
            let decision =
                decide_order_event(stored, event, &self.customer, euros(), NOW.parse().unwrap());
            if let OrderDecision::Record(change) = &decision {
                let others = self.orders.iter().filter(|(id, _)| **id != event.order_id);
                let others: Vec<OrderRecord> = others.map(|(_, record)| record.clone()).collect();
                let needed =
                    if change.needs_other_orders(&self.customer) { &others[..] } else { &[] };
                change.apply(&mut self.customer, needed);
                self.orders.insert(event.order_id.clone(), change.record.clone());
            }
            decision
        }
        fn after_events(events: &[OrderEvent]) -> Self {
            let mut books = Self::new();
            for event in events {
                books.apply_event(event);
            }
            books
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

    #[track_caller]
    fn check_refused(books: &mut OrderBooks, event: &OrderEvent, refusal: OrderRefusal) {
        assert_eq!(books.apply_event(event), OrderDecision::Refuse(refusal));
    }

    #[test]
    fn orders_add_up_in_total_and_per_vertical() {
        let books = OrderBooks::after_events(&[
            placed("o-1", "2026-11-01", "food", 2_350),
            placed("o-2", "2026-11-03", "groceries", 1_000),
            refunded("o-1", "r-1", 350),
        ]);
        books.check_totals(2, 3_000, Some("2026-11-03"));
        assert_eq!(books.customer.verticals["food"].spend.units(), 2_000);
        assert_eq!(books.customer.verticals["groceries"].orders, 1);
    }

    #[test]
    fn a_repeat_changes_nothing() {
        let mut books = OrderBooks::after_events(&[
            placed("o-1", "2026-11-01", "food", 2_350),
            refunded("o-1", "r-1", 350),
        ]);
        for again in [placed("o-1", "2026-11-01", "food", 2_350), refunded("o-1", "r-1", 350)] {
            assert_eq!(books.apply_event(&again), OrderDecision::Repeat);
        }
        books.apply_event(&cancelled("o-1"));
        assert_eq!(books.apply_event(&cancelled("o-1")), OrderDecision::Repeat);
        books.check_totals(0, 0, None);
    }

    #[test]
    fn a_cancellation_before_its_order_holds() {
        let mut books = OrderBooks::after_events(&[cancelled("o-1")]);
        assert!(matches!(
            books.apply_event(&placed("o-1", "2026-11-01", "food", 2_350)),
            OrderDecision::Record(_)
        ));
        books.check_totals(0, 0, None);
        assert!(books.customer.verticals.is_empty());
    }

    #[test]
    fn the_last_order_day_goes_back_when_the_last_order_is_cancelled() {
        let mut books = OrderBooks::after_events(&[
            placed("o-1", "2026-11-01", "food", 100),
            placed("o-2", "2026-11-05", "groceries", 100),
            placed("o-3", "2026-11-09", "food", 100),
        ]);
        books.apply_event(&cancelled("o-3"));
        books.check_totals(2, 200, Some("2026-11-05"));
        assert_eq!(
            books.customer.verticals["food"].last_order_day,
            Some("2026-11-01".parse().unwrap())
        );
    }

    #[test]
    fn the_same_order_with_another_content_is_a_conflict() {
        let mut books = OrderBooks::after_events(&[
            placed("o-1", "2026-11-01", "food", 2_350),
            refunded("o-1", "r-1", 50),
        ]);
        for other in [
            placed("o-1", "2026-11-01", "food", 2_351),
            placed("o-1", "2026-11-01", "groceries", 2_350),
            placed("o-1", "2026-11-02", "food", 2_350),
        ] {
            check_refused(&mut books, &other, OrderRefusal::OrderConflict);
        }
        check_refused(&mut books, &refunded("o-1", "r-1", 51), OrderRefusal::RefundConflict);
    }

    #[test]
    fn no_more_is_refunded_than_was_paid() {
        let mut books = OrderBooks::after_events(&[
            placed("o-1", "2026-11-01", "food", 1_000),
            refunded("o-1", "r-1", 600),
        ]);
        check_refused(&mut books, &refunded("o-1", "r-2", 401), OrderRefusal::OverRefund);
        books.apply_event(&refunded("o-1", "r-2", 400));
        books.check_totals(1, 0, Some("2026-11-01"));
    }

    #[test]
    fn money_is_in_the_customers_currency() {
        let mut books = OrderBooks::new();
        let dollars = Currency::parse("USD").unwrap();
        books.customer.profile.currency = Some(dollars);
        let expected = OrderRefusal::WrongCurrency { expected: dollars };
        check_refused(&mut books, &placed("o-1", "2026-11-01", "food", 1_000), expected);
        check_refused(&mut books, &refunded("o-1", "r-1", 1_000), expected);
    }

    #[test]
    fn an_event_from_the_future_is_refused() {
        let mut books = OrderBooks::new();
        check_refused(
            &mut books,
            &event("o-1", "2026-11-22T12:10:01Z", OrderChange::Cancelled),
            OrderRefusal::InTheFuture,
        );
        assert!(matches!(
            books.apply_event(&event("o-1", "2026-11-22T12:10:00Z", OrderChange::Cancelled)),
            OrderDecision::Record(_)
        ));
    }

    #[test]
    fn the_day_of_an_order_is_the_customers_own() {
        let mut books = OrderBooks::new();
        books.customer.profile.zone =
            Some(crate::customer::profile::Zone::parse("America/Bogota").unwrap());
        let what =
            OrderChange::Placed { vertical: "food".into(), merchant: "m".into(), total: money(1) };
        books.apply_event(&event("o-1", "2026-11-10T03:00:00Z", what));
        books.check_totals(1, 1, Some("2026-11-09"));
    }

    #[test]
    fn a_vertical_too_many_is_refused_and_a_free_place_is_used() {
        let mut books = OrderBooks::new();
        for n in 0..MAX_VERTICALS {
            books.apply_event(&placed(&format!("o-{n}"), "2026-11-01", &format!("v-{n}"), 1));
        }
        let more = placed("o-more", "2026-11-01", "more", 1);
        check_refused(&mut books, &more, OrderRefusal::TooManyVerticals);
        books.apply_event(&cancelled("o-0"));
        assert!(matches!(books.apply_event(&more), OrderDecision::Record(_)));
    }

    fn some_event() -> impl Strategy<Value = OrderEvent> {
        let order = (0u8..4).prop_map(|n| format!("o-{n}"));
        let vertical = prop::sample::select(vec!["food", "groceries", "pharmacy"]);
        prop_oneof![
            3 => (order.clone(), 1u8..28, vertical, 0i64..500).prop_map(|(order, day, vertical, total)| {
                placed(&order, &format!("2026-10-{day:02}"), vertical, total)
            }),
            1 => order.clone().prop_map(|order| cancelled(&order)),
            2 => (order, 0u8..3, 0i64..300).prop_map(|(order, refund, amount)| {
                refunded(&order, &format!("r-{refund}"), amount)
            }),
        ]
    }

    /// Generates orders whose events never contradict each other, in any order of arrival, some of
    /// them twice.
    fn some_orders() -> impl Strategy<Value = Vec<OrderEvent>> {
        let order =
            (1u8..28, 0usize..3, 100i64..500, any::<bool>(), prop::collection::vec(0i64..30, 0..3));
        prop::collection::vec(order, 1..6)
            .prop_map(|orders| {
                let mut events = Vec::new();
                for (n, (day, vertical, total, is_cancelled, refunds)) in
                    orders.into_iter().enumerate()
                {
                    let id = format!("o-{n}");
                    events.push(placed(
                        &id,
                        &format!("2026-10-{day:02}"),
                        ["food", "groceries", "pharmacy"][vertical],
                        total,
                    ));
                    events.extend(is_cancelled.then(|| cancelled(&id)));
                    events.extend(
                        refunds
                            .into_iter()
                            .enumerate()
                            .map(|(r, amount)| refunded(&id, &format!("r-{r}"), amount)),
                    );
                }
                let repeats = events.clone();
                events.extend(repeats.into_iter().step_by(2));
                events
            })
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn whatever_happens_the_aggregates_are_those_of_the_records(events in prop::collection::vec(some_event(), 0..60)) {
            let mut books = OrderBooks::new();
            for event in &events {
                books.apply_event(event);
                prop_assert_eq!(books.aggregates(), recount_totals(books.orders.values()));
                // The same event again changes nothing, no matter how it was answered.
                let before = books.aggregates();
                prop_assert!(!matches!(books.apply_event(event), OrderDecision::Record(_)));
                prop_assert_eq!(books.aggregates(), before);
            }
        }

        #[test]
        fn the_order_of_arrival_does_not_matter((events, again) in some_orders().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))) {
            prop_assert_eq!(OrderBooks::after_events(&events).aggregates(), OrderBooks::after_events(&again).aggregates());
        }
    }
}
