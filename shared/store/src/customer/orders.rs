//! Orders of a customer: each has a record in Work under `orders#<customer>`, written in one
//! transaction with the customer's aggregates. Both carry a version that the transaction checks, so
//! after repeats, races and reordering the aggregates still equal the sum of the records.
//!
//! Records stay as long as the customer: a cancellation needs the other orders to find the new day
//! of the last one.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::{
    Timestamp,
    campaign::trigger::{
        BehaviourChange, BehaviourEvent, EventAutopilots, TotalsChange, TriggerMatch,
    },
    customer::{
        changes,
        orders::{
            self, OrderChange, OrderDecision, OrderEvent, OrderPlacement, OrderRecord, OrderRefund,
            OrderRefusal, OrderUpdate,
        },
        profile::{Customer, OrderTotals},
    },
    kernel::{
        id::{CustomerId, OrderId, RefundId},
        money::{Currency, MinorUnits, Money},
    },
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    Store,
    backoff::back_off,
    customer::profiles::{CustomerLookup, MAX_WRITE_ATTEMPTS, SAME_VERSION, customer_item},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{order_key, order_partition},
    transaction::parse_cancellation,
};

/// The result of an order event, with the customer's aggregates after it.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderOutcome {
    First {
        activity: OrderTotals,
        currency: Currency,
    },
    /// The same event was recorded before.
    Repeat {
        activity: OrderTotals,
        currency: Currency,
    },
    Refused(OrderRefusal),
    Erased,
    Unknown,
}

/// Returns the trigger matches of an order, from the change of the totals. A repeated event changes
/// no totals and therefore matches nothing.
fn order_matches(
    before: &Customer,
    after: &Customer,
    event: &OrderEvent,
    currency: Currency,
    listeners: &EventAutopilots,
    now: Timestamp,
) -> Vec<TriggerMatch> {
    // Only a placed order carries its vertical, and no other event raises what a trigger counts.
    let OrderChange::Placed { vertical, .. } = &event.change else {
        return Vec::new();
    };
    let of = |customer: &Customer| customer.verticals.get(vertical).copied().unwrap_or_default();
    let what = BehaviourChange::OrdersChanged {
        vertical,
        currency,
        total: TotalsChange { before: before.activity, after: after.activity },
        in_vertical: TotalsChange { before: of(before), after: of(after) },
    };
    listeners.find_matches(&BehaviourEvent { at: event.at, customer: after, change: what }, now)
}

impl Store {
    /// Records an order event without trigger matches. `tenant` is the currency of customers
    /// without their own.
    pub async fn record_order(
        &self,
        event: &OrderEvent,
        tenant: Currency,
        now: Timestamp,
    ) -> Result<OrderOutcome> {
        self.record_order_with_matches(event, tenant, now, &EventAutopilots::default()).await
    }

    /// Records an order event, and keeps its trigger matches in the same transaction.
    pub async fn record_order_with_matches(
        &self,
        event: &OrderEvent,
        tenant: Currency,
        now: Timestamp,
        listeners: &EventAutopilots,
    ) -> Result<OrderOutcome> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let (found, stored) = futures::try_join!(
                self.customer(&event.customer_id),
                self.stored_order(&event.customer_id, &event.order_id)
            )?;
            let mut customer = match found {
                CustomerLookup::Customer(customer) => *customer,
                CustomerLookup::Erased => return Ok(OrderOutcome::Erased),
                CustomerLookup::Unknown => return Ok(OrderOutcome::Unknown),
            };
            let currency = customer.profile.currency.unwrap_or(tenant);
            let change = match orders::decide_order_event(
                stored.as_ref().map(|it| &it.record),
                event,
                &customer,
                tenant,
                now,
            ) {
                OrderDecision::Repeat => {
                    return Ok(OrderOutcome::Repeat { activity: customer.activity, currency });
                }
                OrderDecision::Refuse(refusal) => return Ok(OrderOutcome::Refused(refusal)),
                OrderDecision::Record(change) => change,
            };
            let before = customer.clone();
            // The other orders are read after the customer: from here on, a change to another order
            // also changes this customer's version.
            let others = if change.needs_other_orders(&customer) {
                self.other_orders(event).await?
            } else {
                Vec::new()
            };
            change.apply(&mut customer, &others);
            changes::close_cart(&mut customer, event);
            customer.version += 1;
            let matches = order_matches(&before, &customer, event, currency, listeners, now);
            let stored = stored.map(|it| it.version);
            if self.commit_order(event, &change, stored, &customer, &matches).await? {
                return Ok(OrderOutcome::First { activity: customer.activity, currency });
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("a customer's orders"))
    }

    /// Writes the record, the aggregates and the matches, all or nothing. Returns false if one of
    /// the first two was written since it was read.
    async fn commit_order(
        &self,
        event: &OrderEvent,
        change: &OrderUpdate,
        stored: Option<u64>,
        customer: &Customer,
        matches: &[TriggerMatch],
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
            Some(version) => record
                .condition_expression(SAME_VERSION)
                .expression_attribute_values(":version", n(version)),
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
        let kept = self.match_puts(matches)?;
        let transaction = kept.into_iter().fold(transaction, |all, item| all.transact_items(item));
        match transaction.send().await {
            Ok(_) => Ok(true),
            Err(error) => {
                let reasons = parse_cancellation(error)?;
                if reasons.condition_failed_at(0)
                    || reasons.condition_failed_at(1)
                    || reasons.is_conflict()
                {
                    Ok(false)
                } else {
                    Err(StoreError::Refused(format!(
                        "a transaction was cancelled: {:?}",
                        reasons.codes
                    )))
                }
            }
        }
    }

    async fn stored_order(
        &self,
        customer: &CustomerId,
        order: &OrderId,
    ) -> Result<Option<StoredOrder>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(order_key(customer, order)));
        let item = answer.consistent_read(true).send().await?.item;
        item.as_ref().map(read_record).transpose()
    }

    /// Returns all orders of the event's customer except the event's own.
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

    /// Returns all orders of a customer, in no meaningful order, for looking back. The read is
    /// eventually consistent and costs half the read units.
    pub async fn orders_eventually(&self, customer: &CustomerId) -> Result<Vec<OrderRecord>> {
        let mut items =
            self.order_query(customer).consistent_read(false).into_paginator().items().send();
        let mut orders = Vec::new();
        while let Some(item) = items.next().await {
            orders.push(read_record(&item?)?.record);
        }
        Ok(orders)
    }

    /// Returns all orders of a customer, each with its id. Reads consistently.
    pub(crate) async fn orders_with_ids(
        &self,
        customer: &CustomerId,
    ) -> Result<Vec<(String, OrderRecord)>> {
        let mut items = self.order_query(customer).into_paginator().items().send();
        let mut orders = Vec::new();
        while let Some(item) = items.next().await {
            let item = item?;
            orders.push((item.text("sk")?.to_owned(), read_record(&item)?.record));
        }
        Ok(orders)
    }

    /// Deletes the orders of a customer who is erased: purchase history is personal data.
    pub(crate) async fn delete_orders(
        &self,
        customer: &CustomerId,
        concurrency: usize,
    ) -> Result<()> {
        let mut pages =
            self.order_query(customer).projection_expression("pk, sk").into_paginator().send();
        while let Some(page) = pages.next().await {
            let keys = page?.items.unwrap_or_default();
            stream::iter(keys)
                .map(|key| {
                    self.client
                        .delete_item()
                        .table_name(&self.tables.work)
                        .set_key(Some(key))
                        .send()
                })
                .buffer_unordered(concurrency)
                .try_for_each(|_| std::future::ready(Ok(())))
                .await?;
        }
        Ok(())
    }

    fn order_query(
        &self,
        customer: &CustomerId,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.work)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(order_partition(customer)))
    }
}

struct StoredOrder {
    record: OrderRecord,
    version: u64,
}

fn record_item(
    customer: &CustomerId,
    order: &OrderId,
    record: &OrderRecord,
    version: u64,
) -> ItemMap {
    let mut item = order_key(customer, order);
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
        let refund = |it: &OrderRefund| {
            ItemMap::from([
                ("amount".to_owned(), n(it.amount.units())),
                ("at".to_owned(), at(it.at)),
            ])
        };
        let refunds =
            record.refunds.iter().map(|(id, it)| (id.to_string(), AttributeValue::M(refund(it))));
        put("refunds", AttributeValue::M(refunds.collect()));
    }
    item
}

fn read_record(item: &ItemMap) -> Result<StoredOrder> {
    let unreadable =
        || StoreError::corrupt(item.text_opt("sk").unwrap_or_default(), "not an order record");
    let minor =
        |item: &ItemMap, name: &str| MinorUnits::new(item.number(name)?).map_err(|_| unreadable());
    let placed = match item.time_opt("placed_at") {
        None => None,
        Some(at) => Some(OrderPlacement {
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
    let mut record =
        OrderRecord { placed, cancelled: item.time_opt("cancelled_at"), ..OrderRecord::default() };
    for (id, refund) in item.map_opt("refunds").into_iter().flatten() {
        let refund = refund.as_m().map_err(|_| unreadable())?;
        let id = RefundId::parse(id).map_err(|_| unreadable())?;
        record
            .refunds
            .insert(id, OrderRefund { amount: minor(refund, "amount")?, at: refund.time("at")? });
    }
    Ok(StoredOrder { record, version: item.number("version")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_item() {
        let at = Timestamp::from_millisecond(1_760_000_000_123).unwrap();
        let total = Money::new(MinorUnits::new(2_350).unwrap(), Currency::parse("EUR").unwrap());
        let day = "2026-11-01".parse().unwrap();
        let placed =
            OrderPlacement { at, day, vertical: "food".into(), merchant: "m-1".into(), total };
        let mut full =
            OrderRecord { placed: Some(placed), cancelled: Some(at), ..OrderRecord::default() };
        full.refunds
            .insert(RefundId::parse("r-1").unwrap(), OrderRefund { amount: total.amount, at });
        let early = OrderRecord { cancelled: Some(at), ..OrderRecord::default() };
        let (customer, order) = (CustomerId::parse("c-1").unwrap(), OrderId::parse("o-1").unwrap());
        for record in [full, early] {
            let stored = read_record(&record_item(&customer, &order, &record, 3)).unwrap();
            assert_eq!((stored.record, stored.version), (record, 3));
        }
    }
}
