//! Orders of a customer: a record each in Work under `orders#<customer>`, written in one transaction with the customer's aggregates.
//! Both have a version that the transaction checks, so repeats, races and reordering leave aggregates that the records add up to.
//! Records stay as long as the customer: a cancellation needs the other orders to say which day was the last one.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::{
    Timestamp,
    customer::{Activity, Customer},
    customer_change,
    id::{CustomerId, OrderId, RefundId},
    money::{Currency, Minor, Money},
    order::{self, Change, Decision, OrderEvent, OrderRecord, Placement, Refund, Refusal, What},
    trigger::{Happened, Happening, Listeners, Match, Totals},
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    Store,
    customers::{Found, MAX_ATTEMPTS, SAME_VERSION, customer_item, pause},
    error::{Result, StoreError, cancelled},
    item::{Item, Read, at, n, s},
};

/// What became of an order event, with the customer's aggregates after it.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderOutcome {
    First {
        activity: Activity,
        currency: Currency,
    },
    /// The same event was recorded before.
    Repeat {
        activity: Activity,
        currency: Currency,
    },
    Refused(Refusal),
    Erased,
    Unknown,
}

/// Whom an order fires: by what it moved, so that one told again, which moves nothing, fires nobody.
fn heard(
    before: &Customer,
    after: &Customer,
    event: &OrderEvent,
    currency: Currency,
    listeners: &Listeners,
    now: Timestamp,
) -> Vec<Match> {
    // the vertical is known of a placed order only, and nothing else raises what a trigger counts
    let What::Placed { vertical, .. } = &event.what else { return Vec::new() };
    let of = |customer: &Customer| customer.verticals.get(vertical).copied().unwrap_or_default();
    let what = Happened::Ordered {
        vertical,
        currency,
        total: Totals { before: before.activity, after: after.activity },
        in_vertical: Totals { before: of(before), after: of(after) },
    };
    listeners.matches(&Happening { at: event.at, customer: after, what }, now)
}

impl Store {
    /// `tenant` is the currency of customers without their own.
    pub async fn record_order(&self, event: &OrderEvent, tenant: Currency, now: Timestamp) -> Result<OrderOutcome> {
        self.record_order_heard(event, tenant, now, &Listeners::default()).await
    }

    /// The same, and whom it fires is kept in the same transaction.
    pub async fn record_order_heard(
        &self,
        event: &OrderEvent,
        tenant: Currency,
        now: Timestamp,
        listeners: &Listeners,
    ) -> Result<OrderOutcome> {
        for attempt in 0..MAX_ATTEMPTS {
            let (found, stored) =
                futures::try_join!(self.customer(&event.customer_id), self.order(&event.customer_id, &event.order_id))?;
            let mut customer = match found {
                Found::Customer(customer) => *customer,
                Found::Erased => return Ok(OrderOutcome::Erased),
                Found::Unknown => return Ok(OrderOutcome::Unknown),
            };
            let currency = customer.profile.currency.unwrap_or(tenant);
            let change = match order::decide(stored.as_ref().map(|it| &it.record), event, &customer, tenant, now) {
                Decision::Repeat => return Ok(OrderOutcome::Repeat { activity: customer.activity, currency }),
                Decision::Refuse(refusal) => return Ok(OrderOutcome::Refused(refusal)),
                Decision::Record(change) => change,
            };
            let before = customer.clone();
            // After the customer was read: whoever changes another order from here on also changes this customer's version.
            let others =
                if change.needs_other_orders(&customer) { self.other_orders(event).await? } else { Vec::new() };
            change.apply(&mut customer, &others);
            customer_change::close_cart(&mut customer, event);
            customer.version += 1;
            let matches = heard(&before, &customer, event, currency, listeners, now);
            let stored = stored.map(|it| it.version);
            if self.commit_order(event, &change, stored, &customer, &matches).await? {
                return Ok(OrderOutcome::First { activity: customer.activity, currency });
            }
            pause(attempt).await;
        }
        Err(StoreError::Contended("a customer's orders"))
    }

    /// The record and the aggregates, or neither. False if someone else wrote one of them since it was read.
    async fn commit_order(
        &self,
        event: &OrderEvent,
        change: &Change,
        stored: Option<u64>,
        customer: &Customer,
        matches: &[Match],
    ) -> Result<bool> {
        let version = stored.unwrap_or(0) + 1;
        let record = Put::builder().table_name(&self.tables.work).set_item(Some(record_item(
            &event.customer_id,
            &event.order_id,
            &change.record,
            version,
        )));
        let record = match stored {
            None => record.condition_expression("attribute_not_exists(pk)"),
            Some(version) => {
                record.condition_expression(SAME_VERSION).expression_attribute_values(":version", n(version))
            }
        };
        let aggregates = Put::builder()
            .table_name(&self.tables.customers)
            .set_item(Some(customer_item(customer)))
            .condition_expression(SAME_VERSION)
            .expression_attribute_values(":version", n(customer.version - 1));
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(record.build()?).build())
            .transact_items(TransactWriteItem::builder().put(aggregates.build()?).build());
        let kept = self.keep_matches(matches)?;
        let transaction = kept.into_iter().fold(transaction, |all, item| all.transact_items(item));
        match transaction.send().await {
            Ok(_) => Ok(true),
            Err(error) => {
                let reasons = cancelled(error)?;
                if reasons.failed(0) || reasons.failed(1) || reasons.conflicted() {
                    Ok(false)
                } else {
                    Err(StoreError::Refused(format!("a transaction was cancelled: {:?}", reasons.codes)))
                }
            }
        }
    }

    async fn order(&self, customer: &CustomerId, order: &OrderId) -> Result<Option<Stored>> {
        let answer = self.client.get_item().table_name(&self.tables.work).set_key(Some(key(customer, order)));
        let item = answer.consistent_read(true).send().await?.item;
        item.as_ref().map(read_record).transpose()
    }

    /// All orders of the event's customer but its own.
    async fn other_orders(&self, event: &OrderEvent) -> Result<Vec<OrderRecord>> {
        let mut pages = self.order_query(&event.customer_id).into_paginator().items().send();
        let mut others = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item?;
            if item.text("sk")? != event.order_id.as_str() {
                others.push(read_record(&item)?.record);
            }
        }
        Ok(others)
    }

    /// All orders of a customer, in no order that means anything. Eventually consistent, at half the price: for looking back.
    pub async fn orders_lately(&self, customer: &CustomerId) -> Result<Vec<OrderRecord>> {
        let mut items = self.order_query(customer).consistent_read(false).into_paginator().items().send();
        let mut orders = Vec::new();
        while let Some(item) = items.next().await {
            orders.push(read_record(&item?)?.record);
        }
        Ok(orders)
    }

    /// All orders of a customer, consistently, each with its id.
    pub(crate) async fn orders_of(&self, customer: &CustomerId) -> Result<Vec<(String, OrderRecord)>> {
        let mut items = self.order_query(customer).into_paginator().items().send();
        let mut orders = Vec::new();
        while let Some(item) = items.next().await {
            let item = item?;
            orders.push((item.text("sk")?.to_owned(), read_record(&item)?.record));
        }
        Ok(orders)
    }

    /// For erasing: purchase history is personal.
    pub(crate) async fn delete_orders(&self, customer: &CustomerId, concurrency: usize) -> Result<()> {
        let mut pages = self.order_query(customer).projection_expression("pk, sk").into_paginator().send();
        while let Some(page) = pages.next().await {
            let keys = page?.items.unwrap_or_default();
            stream::iter(keys)
                .map(|key| self.client.delete_item().table_name(&self.tables.work).set_key(Some(key)).send())
                .buffer_unordered(concurrency)
                .try_for_each(|_| std::future::ready(Ok(())))
                .await?;
        }
        Ok(())
    }

    fn order_query(&self, customer: &CustomerId) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.work)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition(customer)))
    }
}

struct Stored {
    record: OrderRecord,
    version: u64,
}

fn partition(customer: &CustomerId) -> String {
    format!("orders#{customer}")
}

fn key(customer: &CustomerId, order: &OrderId) -> Item {
    Item::from([("pk".to_owned(), s(partition(customer))), ("sk".to_owned(), s(order.as_str()))])
}

fn record_item(customer: &CustomerId, order: &OrderId, record: &OrderRecord, version: u64) -> Item {
    let mut item = key(customer, order);
    let mut put = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    put("version", n(version));
    if let Some(placed) = &record.placed {
        put("placed_at", at(placed.at));
        put("day", s(placed.day.to_string()));
        put("vertical", s(&placed.vertical));
        put("merchant", s(&placed.merchant));
        put("total", n(placed.total.amount.units()));
        put("currency", s(placed.total.currency.as_str()));
    }
    if let Some(cancelled) = record.cancelled {
        put("cancelled_at", at(cancelled));
    }
    if !record.refunds.is_empty() {
        let refund =
            |it: &Refund| Item::from([("amount".to_owned(), n(it.amount.units())), ("at".to_owned(), at(it.at))]);
        let refunds = record.refunds.iter().map(|(id, it)| (id.to_string(), AttributeValue::M(refund(it))));
        put("refunds", AttributeValue::M(refunds.collect()));
    }
    item
}

fn read_record(item: &Item) -> Result<Stored> {
    let unreadable = || StoreError::corrupt(item.text_opt("sk").unwrap_or_default(), "not an order record");
    let minor = |item: &Item, name: &str| Minor::new(item.number(name)?).map_err(|_| unreadable());
    let placed = match item.time_opt("placed_at") {
        None => None,
        Some(at) => Some(Placement {
            at,
            day: item.text("day")?.parse().map_err(|_| unreadable())?,
            vertical: item.text("vertical")?.to_owned(),
            merchant: item.text("merchant")?.to_owned(),
            total: Money::new(
                minor(item, "total")?,
                Currency::parse(item.text("currency")?).map_err(|_| unreadable())?,
            ),
        }),
    };
    let mut record = OrderRecord { placed, cancelled: item.time_opt("cancelled_at"), ..OrderRecord::default() };
    for (id, refund) in item.map_opt("refunds").into_iter().flatten() {
        let refund = refund.as_m().map_err(|_| unreadable())?;
        let id = RefundId::parse(id).map_err(|_| unreadable())?;
        record.refunds.insert(id, Refund { amount: minor(refund, "amount")?, at: refund.time("at")? });
    }
    Ok(Stored { record, version: item.number("version")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_item() {
        let at = Timestamp::from_millisecond(1_760_000_000_123).unwrap();
        let total = Money::new(Minor::new(2_350).unwrap(), Currency::parse("EUR").unwrap());
        let day = "2026-11-01".parse().unwrap();
        let placed = Placement { at, day, vertical: "food".into(), merchant: "m-1".into(), total };
        let mut full = OrderRecord { placed: Some(placed), cancelled: Some(at), ..OrderRecord::default() };
        full.refunds.insert(RefundId::parse("r-1").unwrap(), Refund { amount: total.amount, at });
        let early = OrderRecord { cancelled: Some(at), ..OrderRecord::default() };
        let (customer, order) = (CustomerId::parse("c-1").unwrap(), OrderId::parse("o-1").unwrap());
        for record in [full, early] {
            let stored = read_record(&record_item(&customer, &order, &record, 3)).unwrap();
            assert_eq!((stored.record, stored.version), (record, 3));
        }
    }
}
