//! Takes a record as an order of the past: placed, then refunded or cancelled, each once by an event
//! id that follows from the order. A repeat is told as unchanged.

use domain::{
    Timestamp,
    campaign::basket::{Basket, BasketLine},
    customer::{changes::CustomerReplacement, profile::Customer},
    kernel::{
        id::{CustomerId, LineId, OrderEventId},
        money::{Currency, MinorUnits},
    },
    voucher::order_event::{OrderChange, OrderEvent, OrderRefusal, Refund},
};
use import_files::{order::OrderRecord, reason::Reason};
use serde::{Deserialize, Serialize};
use store::{
    Result, Store, customer::profiles::CustomerLookup, voucher::order_events::OrderOutcome,
};

use crate::{
    batch::RecordOutcome,
    customers::outcome,
    identities::{Found, erased, find_holder, mailbox, number},
};

/// The statements of whoever imports about all orders of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTerms {
    /// The vertical and the merchant of orders, which no recognised file tells.
    pub vertical: String,
    pub merchant: String,
}

/// The name of the only line of an imported order, which has the order's total.
const LINE: &str = "total";

pub(crate) async fn take_order(
    store: &Store,
    record: &OrderRecord,
    terms: &OrderTerms,
    tenant: Currency,
    now: Timestamp,
) -> Result<RecordOutcome> {
    let customer = match buyer(store, record, tenant, now).await? {
        Found::Customer(customer) => customer,
        Found::Refused(reason) => return Ok(RecordOutcome::Refused(reason)),
    };
    let mut changes = vec![("placed".to_owned(), record.placed_at, placed(record, terms))];
    let given_back = returned(store, record).await?;
    if let Some(more) = given_back.more {
        let refund = Refund {
            currency: record.currency,
            lines: std::collections::BTreeMap::new(),
            delivery_fee: MinorUnits::ZERO,
            amount: more,
        };
        let name = format!("refunded-{}", record.refunded.units());
        changes.push((name, record.placed_at, OrderChange::Refunded(refund)));
    }
    if let Some(at) = record.cancelled_at.filter(|_| !given_back.is_cancelled) {
        changes.push(("cancelled".to_owned(), at, OrderChange::Cancelled));
    }
    let mut is_change = false;
    for (name, at, change) in changes {
        let Ok(event) = OrderEventId::parse(&format!("import-{name}")) else { continue };
        let order = record.order.clone();
        let event = OrderEvent { event, order, customer: customer.clone(), at, cart: None, change };
        match store.record_order(&event, tenant, now).await? {
            OrderOutcome::First(_) => is_change = true,
            OrderOutcome::Repeat(_) => {}
            OrderOutcome::Refused(refusal) => {
                return Ok(RecordOutcome::Refused(refusal_reason(&refusal)));
            }
            OrderOutcome::Erased => return Ok(RecordOutcome::Refused(erased())),
            OrderOutcome::Unknown => {
                let detail = "its customer is gone";
                return Ok(RecordOutcome::Refused(Reason::new("no_customer", detail)));
            }
        }
    }
    Ok(outcome(is_change, record.notes.left_out.clone()))
}

fn placed(record: &OrderRecord, terms: &OrderTerms) -> OrderChange {
    let id = LineId::parse(LINE);
    let lines = id.into_iter().map(|id| BasketLine {
        id,
        vertical: terms.vertical.clone(),
        merchant: terms.merchant.clone(),
        category: None,
        sku: None,
        quantity: 1,
        amount: record.total,
    });
    let basket = Basket {
        currency: record.currency,
        lines: lines.collect(),
        delivery_fee: MinorUnits::ZERO,
        first_order: false,
    };
    OrderChange::Placed { basket }
}

struct Returned {
    /// The sum that the file tells beyond what is recorded.
    more: Option<MinorUnits>,
    is_cancelled: bool,
}

/// Compares the refunds that the file tells with those that the order has.
async fn returned(store: &Store, record: &OrderRecord) -> Result<Returned> {
    let stored = store.ledger_order(&record.order).await?;
    let known = stored.as_ref().map_or(MinorUnits::ZERO, |it| it.order.returns.amount);
    let more = record.refunded.minus(known);
    let is_cancelled = stored
        .is_some_and(|it| it.order.stage == domain::voucher::order_event::OrderStage::Cancelled);
    let more = (more > MinorUnits::ZERO && !is_cancelled).then_some(more);
    Ok(Returned { more, is_cancelled })
}

/// Finds who has ordered: the id if there is such a customer, else who has the mailbox or the number.
/// Makes the customer, without any consent, if nobody is known.
async fn buyer(
    store: &Store,
    record: &OrderRecord,
    tenant: Currency,
    now: Timestamp,
) -> Result<Found> {
    let named = &record.buyer;
    if let Some(id) = &named.id {
        match store.customer(id).await? {
            CustomerLookup::Customer(_) => return Ok(Found::Customer(id.clone())),
            CustomerLookup::Erased => return Ok(Found::Refused(erased())),
            CustomerLookup::Unknown => {}
        }
    }
    let addresses = named.email.as_ref().map(mailbox).into_iter();
    let addresses = addresses.chain(named.phone.as_ref().map(number));
    let mut found = named.id.clone().map(Found::Customer);
    for address in addresses {
        let holder = find_holder(store, &address).await?;
        let Found::Customer(id) = &holder else { return Ok(holder) };
        if matches!(store.customer(id).await?, CustomerLookup::Customer(_)) {
            return Ok(holder);
        }
        found = found.or(Some(holder));
    }
    match found {
        Some(Found::Customer(id)) => make_buyer(store, &id, record, tenant, now).await,
        Some(Found::Refused(reason)) => Ok(Found::Refused(reason)),
        None => Ok(Found::Refused(Reason::new("missing", "the order's customer is empty"))),
    }
}

async fn make_buyer(
    store: &Store,
    id: &CustomerId,
    record: &OrderRecord,
    tenant: Currency,
    now: Timestamp,
) -> Result<Found> {
    let change = |stored: Option<&Customer>| {
        let mut replacement = CustomerReplacement::default();
        match stored {
            Some(stored) => {
                replacement.profile = stored.profile.clone();
                replacement.contacts = stored.contacts.clone();
                replacement.push_endpoints = stored.push_endpoints.clone();
            }
            None => {
                replacement.profile.currency = Some(record.currency);
                replacement.contacts.email = record.buyer.email.clone();
                replacement.contacts.phone = record.buyer.phone.clone();
            }
        }
        replacement
    };
    store.import_customer(id, change, true, tenant, now).await?;
    Ok(Found::Customer(id.clone()))
}

fn refusal_reason(refusal: &OrderRefusal) -> Reason {
    let (code, detail) = match refusal {
        OrderRefusal::OtherBuyer => ("other_buyer", "the order is another customer's"),
        OrderRefusal::EventReused => {
            ("order_conflict", "the order was imported with other content")
        }
        OrderRefusal::AlreadyPlaced => {
            ("order_conflict", "the order was placed before, by an event")
        }
        OrderRefusal::OtherBasket => ("order_conflict", "the order is known with another basket"),
        OrderRefusal::InTheFuture => ("in_the_future", "the order's date is in the future"),
        OrderRefusal::WrongCurrency { .. } => {
            ("wrong_currency", "the customer's orders are counted in another currency")
        }
        OrderRefusal::TooManyVerticals => {
            ("too_many_verticals", "the customer has orders in too many other verticals")
        }
        OrderRefusal::Cancelled => ("order_cancelled", "the order was cancelled"),
        OrderRefusal::Returns(_) | OrderRefusal::GivenBack => {
            ("refund_exceeds_order", "more is refunded than was paid")
        }
        OrderRefusal::NotPlaced
        | OrderRefusal::NothingRefunded
        | OrderRefusal::UnknownLine(_)
        | OrderRefusal::ReturnedLine(_)
        | OrderRefusal::VoucherNotRedeemed
        | OrderRefusal::TooManyEvents => ("order_refused", "the order cannot change so"),
    };
    Reason::new(code, detail)
}
