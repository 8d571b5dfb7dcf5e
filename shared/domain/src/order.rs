//! Orders, and what they add up to for a customer. Events come repeated, late and out of order: a cancellation may arrive before
//! its order, a refund too. So an order is a record of facts, each set once, and what it counts for follows from the record alone;
//! the customer's aggregates change by the difference. `store::orders` writes record and aggregates in one transaction.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    customer::{Activity, Customer, MAX_VERTICALS},
    id::{CustomerId, OrderId, RefundId},
    money::{Currency, Minor, Money},
};

/// How far the app backend's clock may be ahead of ours.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Refunds of one order: bounds its record.
pub const MAX_REFUNDS: usize = 50;
/// Bytes of the name of a vertical or a merchant.
pub const MAX_NAME: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub at: Timestamp,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Placed { vertical: String, merchant: String, total: Money },
    Cancelled,
    Refunded { refund_id: RefundId, amount: Money },
}

/// All that is known of one order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderRecord {
    pub placed: Option<Placement>,
    pub cancelled: Option<Timestamp>,
    pub refunds: BTreeMap<RefundId, Refund>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub at: Timestamp,
    /// The day it was for the customer then; a later move to another zone does not change it.
    pub day: Date,
    pub vertical: String,
    pub merchant: String,
    pub total: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    pub amount: Minor,
    pub at: Timestamp,
}

/// What a live order counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Contribution {
    day: Date,
    /// What was paid, refunds taken off.
    net: Minor,
}

impl OrderRecord {
    /// Refunds that came before their order are not checked against its total; they never make it negative.
    fn contribution(&self) -> Option<Contribution> {
        match (&self.placed, self.cancelled) {
            (Some(placed), None) => {
                Some(Contribution { day: placed.day, net: placed.total.amount.minus(self.refunded()) })
            }
            (None, _) | (_, Some(_)) => None,
        }
    }
    /// The order as it was placed, and what was paid for it, refunds taken off; `None` if it does not count.
    pub fn counted(&self) -> Option<(&Placement, Minor)> {
        Some((self.placed.as_ref()?, self.contribution()?.net))
    }
    fn refunded(&self) -> Minor {
        self.refunds.values().fold(Minor::ZERO, |sum, refund| sum.plus(refund.amount))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Known already, with the same content.
    Repeat,
    Refuse(Refusal),
    Record(Change),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Known already with another content: the same order placed differently.
    OrderConflict,
    /// The same refund with another amount.
    RefundConflict,
    /// More would be refunded than was paid.
    OverRefund,
    TooManyRefunds,
    TooManyVerticals,
    /// Amounts are in the customer's currency.
    WrongCurrency {
        expected: Currency,
    },
    InTheFuture,
}

/// The record as it will be, and what it counted for before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub record: OrderRecord,
    before: Option<Contribution>,
}

/// What to do about `event`, given the order's record (if there is one) and its customer. `tenant` is the currency of customers
/// without their own.
pub fn decide(
    stored: Option<&OrderRecord>,
    event: &OrderEvent,
    customer: &Customer,
    tenant: Currency,
    now: Timestamp,
) -> Decision {
    if event.at.duration_since(now) > MAX_AHEAD {
        return Decision::Refuse(Refusal::InTheFuture);
    }
    let currency = customer.profile.currency.unwrap_or(tenant);
    let mut record = stored.cloned().unwrap_or_default();
    let before = record.contribution();
    let noted = match &event.what {
        What::Placed { vertical, merchant, total } => {
            let day = customer.today(event.at);
            let placement =
                Placement { at: event.at, day, vertical: vertical.clone(), merchant: merchant.clone(), total: *total };
            place(&mut record, placement, customer, currency)
        }
        What::Cancelled => cancel(&mut record, event.at),
        What::Refunded { refund_id, amount } => refund(&mut record, refund_id, *amount, event.at, currency),
    };
    match noted {
        Ok(Noted::First) => Decision::Record(Change { record, before }),
        Ok(Noted::Repeat) => Decision::Repeat,
        Err(refusal) => Decision::Refuse(refusal),
    }
}

enum Noted {
    First,
    Repeat,
}

fn place(
    record: &mut OrderRecord,
    placement: Placement,
    customer: &Customer,
    currency: Currency,
) -> Result<Noted, Refusal> {
    if let Some(known) = &record.placed {
        let same = known.at.as_millisecond() == placement.at.as_millisecond()
            && known.vertical == placement.vertical
            && known.merchant == placement.merchant
            && known.total == placement.total;
        return if same { Ok(Noted::Repeat) } else { Err(Refusal::OrderConflict) };
    }
    if placement.total.currency != currency {
        return Err(Refusal::WrongCurrency { expected: currency });
    }
    let new_vertical = record.cancelled.is_none() && !customer.verticals.contains_key(&placement.vertical);
    if new_vertical && customer.verticals.len() >= MAX_VERTICALS {
        return Err(Refusal::TooManyVerticals);
    }
    record.placed = Some(placement);
    Ok(Noted::First)
}

fn cancel(record: &mut OrderRecord, at: Timestamp) -> Result<Noted, Refusal> {
    if record.cancelled.is_some() {
        return Ok(Noted::Repeat);
    }
    record.cancelled = Some(at);
    Ok(Noted::First)
}

fn refund(
    record: &mut OrderRecord,
    refund_id: &RefundId,
    amount: Money,
    at: Timestamp,
    currency: Currency,
) -> Result<Noted, Refusal> {
    // An order's own currency comes first: a customer's may have been set anew since.
    let currency = record.placed.as_ref().map_or(currency, |placed| placed.total.currency);
    if amount.currency != currency {
        return Err(Refusal::WrongCurrency { expected: currency });
    }
    if let Some(known) = record.refunds.get(refund_id) {
        return if known.amount == amount.amount { Ok(Noted::Repeat) } else { Err(Refusal::RefundConflict) };
    }
    if record.refunds.len() >= MAX_REFUNDS {
        return Err(Refusal::TooManyRefunds);
    }
    let refunded = record.refunded().plus(amount.amount);
    if record.placed.as_ref().is_some_and(|placed| refunded > placed.total.amount) {
        return Err(Refusal::OverRefund);
    }
    record.refunds.insert(refund_id.clone(), Refund { amount: amount.amount, at });
    Ok(Noted::First)
}

impl Change {
    /// Whether [`apply`](Self::apply) needs the customer's other orders: only if the order that set a last order day goes away.
    pub fn needs_other_orders(&self, customer: &Customer) -> bool {
        let (Some(gone), None) = (self.before, self.record.contribution()) else { return false };
        let vertical = self.vertical().and_then(|name| customer.verticals.get(name));
        [Some(&customer.activity), vertical]
            .into_iter()
            .flatten()
            .any(|activity| activity.orders > 1 && activity.last_order_day == Some(gone.day))
    }

    /// Moves the customer's aggregates, in total and of the order's vertical, by what the order counts for now and did not before.
    pub fn apply(&self, customer: &mut Customer, others: &[OrderRecord]) {
        let after = self.record.contribution();
        let Some(name) = self.vertical().filter(|_| self.before.is_some() || after.is_some()) else { return };
        let in_vertical = |other: &&OrderRecord| other.placed.as_ref().is_some_and(|placed| placed.vertical == name);
        let vertical = customer.verticals.entry(name.to_owned()).or_default();
        *vertical = moved(*vertical, self.before, after, || last_day(others.iter().filter(in_vertical)));
        if vertical.orders == 0 {
            customer.verticals.remove(name);
        }
        customer.activity = moved(customer.activity, self.before, after, || last_day(others.iter()));
    }

    fn vertical(&self) -> Option<&str> {
        self.record.placed.as_ref().map(|placed| placed.vertical.as_str())
    }
}

fn moved(
    activity: Activity,
    before: Option<Contribution>,
    after: Option<Contribution>,
    last_of_others: impl FnOnce() -> Option<Date>,
) -> Activity {
    let net = |contribution: Option<Contribution>| contribution.map_or(Minor::ZERO, |it| it.net);
    let spend = activity.spend.minus(net(before)).plus(net(after));
    let (orders, last_order_day) = match (before, after) {
        (None, Some(new)) => (activity.orders.saturating_add(1), activity.last_order_day.max(Some(new.day))),
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
    Activity { orders, spend, last_order_day }
}

fn last_day<'a>(records: impl Iterator<Item = &'a OrderRecord>) -> Option<Date> {
    records.filter_map(OrderRecord::contribution).map(|it| it.day).max()
}

/// The aggregates from nothing, in total and by vertical: what the moves above must always agree with.
pub fn recount<'a>(records: impl Iterator<Item = &'a OrderRecord>) -> (Activity, BTreeMap<String, Activity>) {
    let (mut total, mut verticals) = (Activity::default(), BTreeMap::<String, Activity>::new());
    for record in records {
        let (Some(placed), Some(counts)) = (&record.placed, record.contribution()) else { continue };
        for activity in [&mut total, verticals.entry(placed.vertical.clone()).or_default()] {
            *activity = moved(*activity, None, Some(counts), || None);
        }
    }
    (total, verticals)
}

/// The orders that count, as they stand now, one after the other as they were placed: a customer's aggregates at any moment of the past.
/// When an order was cancelled or refunded is not gone into: a cancelled one never counted, a refund was always taken off.
#[derive(Debug, Clone)]
pub struct History<'a> {
    placed: Vec<(&'a Placement, Contribution)>,
    counted: usize,
}

impl<'a> History<'a> {
    pub fn of(records: &'a [OrderRecord]) -> Self {
        let counting = |record: &'a OrderRecord| Some((record.placed.as_ref()?, record.contribution()?));
        let mut placed: Vec<_> = records.iter().filter_map(counting).collect();
        placed.sort_by_key(|(placement, _)| placement.at);
        Self { placed, counted: 0 }
    }

    /// Adds to the customer's aggregates what was placed since the last time this was asked, until `at` and at that moment.
    pub fn count_until(&mut self, at: Timestamp, customer: &mut Customer) {
        while self.placed.get(self.counted).is_some_and(|(placed, _)| placed.at <= at) {
            self.count_next(customer);
        }
    }

    /// Adds the next order alone, and says which it was.
    pub fn count_next(&mut self, customer: &mut Customer) -> Option<&'a Placement> {
        let (placement, counts) = *self.placed.get(self.counted)?;
        count(placement, counts, customer);
        self.counted += 1;
        Some(placement)
    }

    /// Whether any order was counted so far.
    pub fn has_begun(&self) -> bool {
        self.counted > 0
    }
}

fn count(placement: &Placement, counts: Contribution, customer: &mut Customer) {
    let vertical = customer.verticals.entry(placement.vertical.clone()).or_default();
    *vertical = moved(*vertical, None, Some(counts), || None);
    customer.activity = moved(customer.activity, None, Some(counts), || None);
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
        Money::new(Minor::new(amount).unwrap(), euros())
    }
    fn event(order: &str, at: &str, what: What) -> OrderEvent {
        OrderEvent {
            order_id: OrderId::parse(order).unwrap(),
            customer_id: CustomerId::parse("c-1").unwrap(),
            at: at.parse().unwrap(),
            what,
        }
    }
    fn placed(order: &str, day: &str, vertical: &str, total: i64) -> OrderEvent {
        let what = What::Placed { vertical: vertical.into(), merchant: "m-1".into(), total: money(total) };
        event(order, &format!("{day}T12:00:00Z"), what)
    }
    fn cancelled(order: &str) -> OrderEvent {
        event(order, "2026-11-21T12:00:00Z", What::Cancelled)
    }
    fn refunded(order: &str, refund: &str, amount: i64) -> OrderEvent {
        let what = What::Refunded { refund_id: RefundId::parse(refund).unwrap(), amount: money(amount) };
        event(order, "2026-11-21T12:00:00Z", what)
    }

    /// What the store does, in memory.
    struct Books {
        customer: Customer,
        orders: BTreeMap<OrderId, OrderRecord>,
    }

    impl Books {
        fn new() -> Self {
            Self { customer: Customer::new(CustomerId::parse("c-1").unwrap()), orders: BTreeMap::new() }
        }
        fn take(&mut self, event: &OrderEvent) -> Decision {
            let stored = self.orders.get(&event.order_id);
            let decision = decide(stored, event, &self.customer, euros(), NOW.parse().unwrap());
            if let Decision::Record(change) = &decision {
                let others = self.orders.iter().filter(|(id, _)| **id != event.order_id);
                let others: Vec<OrderRecord> = others.map(|(_, record)| record.clone()).collect();
                let needed = if change.needs_other_orders(&self.customer) { &others[..] } else { &[] };
                change.apply(&mut self.customer, needed);
                self.orders.insert(event.order_id.clone(), change.record.clone());
            }
            decision
        }
        fn after(events: &[OrderEvent]) -> Self {
            let mut books = Self::new();
            for event in events {
                books.take(event);
            }
            books
        }
        #[track_caller]
        fn check(&self, orders: u32, spend: i64, last: Option<&str>) {
            let last_order_day = last.map(|day| day.parse().unwrap());
            let expected = Activity { orders, spend: Minor::new(spend).unwrap(), last_order_day };
            assert_eq!(self.customer.activity, expected);
        }
        fn aggregates(&self) -> (Activity, BTreeMap<String, Activity>) {
            (self.customer.activity, self.customer.verticals.clone())
        }
    }

    #[track_caller]
    fn check_refused(books: &mut Books, event: &OrderEvent, refusal: Refusal) {
        assert_eq!(books.take(event), Decision::Refuse(refusal));
    }

    #[test]
    fn orders_add_up_in_total_and_per_vertical() {
        let books = Books::after(&[
            placed("o-1", "2026-11-01", "food", 2_350),
            placed("o-2", "2026-11-03", "groceries", 1_000),
            refunded("o-1", "r-1", 350),
        ]);
        books.check(2, 3_000, Some("2026-11-03"));
        assert_eq!(books.customer.verticals["food"].spend.units(), 2_000);
        assert_eq!(books.customer.verticals["groceries"].orders, 1);
    }

    #[test]
    fn a_repeat_changes_nothing() {
        let mut books = Books::after(&[placed("o-1", "2026-11-01", "food", 2_350), refunded("o-1", "r-1", 350)]);
        for again in [placed("o-1", "2026-11-01", "food", 2_350), refunded("o-1", "r-1", 350)] {
            assert_eq!(books.take(&again), Decision::Repeat);
        }
        books.take(&cancelled("o-1"));
        assert_eq!(books.take(&cancelled("o-1")), Decision::Repeat);
        books.check(0, 0, None);
    }

    #[test]
    fn a_cancellation_before_its_order_holds() {
        let mut books = Books::after(&[cancelled("o-1")]);
        assert!(matches!(books.take(&placed("o-1", "2026-11-01", "food", 2_350)), Decision::Record(_)));
        books.check(0, 0, None);
        assert!(books.customer.verticals.is_empty());
    }

    #[test]
    fn the_last_order_day_goes_back_when_the_last_order_is_cancelled() {
        let mut books = Books::after(&[
            placed("o-1", "2026-11-01", "food", 100),
            placed("o-2", "2026-11-05", "groceries", 100),
            placed("o-3", "2026-11-09", "food", 100),
        ]);
        books.take(&cancelled("o-3"));
        books.check(2, 200, Some("2026-11-05"));
        assert_eq!(books.customer.verticals["food"].last_order_day, Some("2026-11-01".parse().unwrap()));
    }

    #[test]
    fn the_same_order_with_another_content_is_a_conflict() {
        let mut books = Books::after(&[placed("o-1", "2026-11-01", "food", 2_350), refunded("o-1", "r-1", 50)]);
        for other in [
            placed("o-1", "2026-11-01", "food", 2_351),
            placed("o-1", "2026-11-01", "groceries", 2_350),
            placed("o-1", "2026-11-02", "food", 2_350),
        ] {
            check_refused(&mut books, &other, Refusal::OrderConflict);
        }
        check_refused(&mut books, &refunded("o-1", "r-1", 51), Refusal::RefundConflict);
    }

    #[test]
    fn no_more_is_refunded_than_was_paid() {
        let mut books = Books::after(&[placed("o-1", "2026-11-01", "food", 1_000), refunded("o-1", "r-1", 600)]);
        check_refused(&mut books, &refunded("o-1", "r-2", 401), Refusal::OverRefund);
        books.take(&refunded("o-1", "r-2", 400));
        books.check(1, 0, Some("2026-11-01"));
    }

    #[test]
    fn money_is_in_the_customers_currency() {
        let mut books = Books::new();
        let dollars = Currency::parse("USD").unwrap();
        books.customer.profile.currency = Some(dollars);
        let expected = Refusal::WrongCurrency { expected: dollars };
        check_refused(&mut books, &placed("o-1", "2026-11-01", "food", 1_000), expected);
        check_refused(&mut books, &refunded("o-1", "r-1", 1_000), expected);
    }

    #[test]
    fn an_event_from_the_future_is_refused() {
        let mut books = Books::new();
        check_refused(&mut books, &event("o-1", "2026-11-22T12:10:01Z", What::Cancelled), Refusal::InTheFuture);
        assert!(matches!(books.take(&event("o-1", "2026-11-22T12:10:00Z", What::Cancelled)), Decision::Record(_)));
    }

    #[test]
    fn the_day_of_an_order_is_the_customers_own() {
        let mut books = Books::new();
        books.customer.profile.zone = Some(crate::customer::Zone::parse("America/Bogota").unwrap());
        let what = What::Placed { vertical: "food".into(), merchant: "m".into(), total: money(1) };
        books.take(&event("o-1", "2026-11-10T03:00:00Z", what));
        books.check(1, 1, Some("2026-11-09"));
    }

    #[test]
    fn a_vertical_too_many_is_refused_and_a_free_place_is_used() {
        let mut books = Books::new();
        for n in 0..MAX_VERTICALS {
            books.take(&placed(&format!("o-{n}"), "2026-11-01", &format!("v-{n}"), 1));
        }
        let more = placed("o-more", "2026-11-01", "more", 1);
        check_refused(&mut books, &more, Refusal::TooManyVerticals);
        books.take(&cancelled("o-0"));
        assert!(matches!(books.take(&more), Decision::Record(_)));
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

    /// Orders whose events never contradict each other, in any order of arrival, some of them twice.
    fn some_orders() -> impl Strategy<Value = Vec<OrderEvent>> {
        let order = (1u8..28, 0usize..3, 100i64..500, any::<bool>(), prop::collection::vec(0i64..30, 0..3));
        prop::collection::vec(order, 1..6)
            .prop_map(|orders| {
                let mut events = Vec::new();
                for (n, (day, vertical, total, is_cancelled, refunds)) in orders.into_iter().enumerate() {
                    let id = format!("o-{n}");
                    events.push(placed(
                        &id,
                        &format!("2026-10-{day:02}"),
                        ["food", "groceries", "pharmacy"][vertical],
                        total,
                    ));
                    events.extend(is_cancelled.then(|| cancelled(&id)));
                    events.extend(
                        refunds.into_iter().enumerate().map(|(r, amount)| refunded(&id, &format!("r-{r}"), amount)),
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
            let mut books = Books::new();
            for event in &events {
                books.take(event);
                prop_assert_eq!(books.aggregates(), recount(books.orders.values()));
                // Whatever was the answer, the same event again changes nothing.
                let before = books.aggregates();
                prop_assert!(!matches!(books.take(event), Decision::Record(_)));
                prop_assert_eq!(books.aggregates(), before);
            }
        }

        #[test]
        fn the_order_of_arrival_does_not_matter((events, again) in some_orders().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))) {
            prop_assert_eq!(Books::after(&events).aggregates(), Books::after(&again).aggregates());
        }
    }
}
