//! Webhook events on their way to an endpoint whose first attempt failed, and those that were given
//! up. Both lie in Work: a waiting delivery under PK `event_delivery#<endpoint>#<event>`, on the due index
//! under `webhooks#<shard>` at the time of its next attempt; a dead letter under PK
//! `dead#<endpoint>`, SK its time and event. Each becomes the other in one transaction, so none is
//! lost in between.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::{
    Timestamp,
    kernel::id::{CustomerId, EventId, VoucherId, WebhookEndpointId},
    voucher::webhook_event::{DeliveryFailure, EventDelivery, EventSubject, EventType},
};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    due_index::DueTime,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        dead_letter_key, dead_letter_partition, delivery_queue, delivery_shard, event_delivery_key,
        read_work_key, work_key,
    },
};

/// The time for which a dead letter is kept after it was given up, in seconds.
const KEEP_DEAD_SECONDS: i64 = 30 * 24 * 3_600;
/// The time after its next attempt at which an abandoned delivery ends (for example because its
/// endpoint was deleted), in seconds.
const KEEP_ABANDONED_SECONDS: i64 = 30 * 24 * 3_600;

pub use crate::keys::DELIVERY_SHARDS;

/// A waiting delivery and the time of its next attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledDelivery {
    pub delivery: EventDelivery,
    pub due_at: Timestamp,
}

/// A delivery that was given up after all retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The delivery as it was last attempted.
    pub delivery: EventDelivery,
    pub failure: DeliveryFailure,
    pub given_up_at: Timestamp,
}

fn delivery_attributes(event_delivery: &EventDelivery) -> ItemMap {
    let mut item = ItemMap::from([
        ("hook".into(), s(event_delivery.hook.as_str())),
        ("event".into(), s(event_delivery.event.as_str())),
        ("what".into(), s(event_delivery.what.name())),
        ("at".into(), at(event_delivery.at)),
        ("attempt".into(), n(event_delivery.attempt)),
    ]);
    if let Some(about) = &event_delivery.about {
        item.insert("customer_id".into(), s(about.customer.as_str()));
        item.insert("voucher_id".into(), s(about.voucher.as_str()));
    }
    item
}

fn failure_attributes(failed: &DeliveryFailure) -> ItemMap {
    let status = failed.status.map(|status| ("status".to_owned(), n(status)));
    std::iter::once(("reason".to_owned(), s(&failed.reason))).chain(status).collect()
}

fn delivery_item(event_delivery: &EventDelivery, due_at: Timestamp) -> ItemMap {
    let mut item = delivery_attributes(event_delivery);
    item.extend(event_delivery_key(&event_delivery.hook, &event_delivery.event));
    item.extend([
        ("due_queue".into(), s(delivery_queue(delivery_shard(&event_delivery.event)))),
        ("due_at".into(), at(due_at)),
        ("ttl".into(), n(due_at.as_second().saturating_add(KEEP_ABANDONED_SECONDS))),
    ]);
    item
}

fn read_delivery(item: &ItemMap) -> Result<EventDelivery> {
    let bad = |what: &str| StoreError::corrupt("telling", what.to_owned());
    let about = match (item.text_opt("customer_id"), item.text_opt("voucher_id")) {
        (Some(customer), Some(voucher)) => Some(EventSubject {
            customer: CustomerId::parse(customer).map_err(|_| bad("customer_id"))?,
            voucher: VoucherId::parse(voucher).map_err(|_| bad("voucher_id"))?,
        }),
        _ => None,
    };
    Ok(EventDelivery {
        hook: WebhookEndpointId::parse(item.text("hook")?).map_err(|_| bad("hook"))?,
        event: EventId::parse(item.text("event")?).map_err(|_| bad("event"))?,
        what: EventType::parse(item.text("what")?).ok_or_else(|| bad("what"))?,
        about,
        at: item.time("at")?,
        attempt: item.number("attempt")?,
    })
}

fn read_dead_letter(item: &ItemMap) -> Result<DeadLetter> {
    Ok(DeadLetter {
        delivery: read_delivery(item)?,
        failure: DeliveryFailure {
            status: item.number_opt("status"),
            reason: item.text("reason")?.to_owned(),
        },
        given_up_at: item.time("given_up_at")?,
    })
}

impl Store {
    /// Schedules the next attempt `tried.next()` at `due_at`, after the attempt `tried` failed. The
    /// first failure creates the item, every later one replaces it.
    pub async fn schedule_retry(
        &self,
        tried: &EventDelivery,
        failed: &DeliveryFailure,
        due_at: Timestamp,
    ) -> Result<Applied> {
        let mut item = delivery_item(&tried.next_attempt(), due_at);
        item.extend(failure_attributes(failed));
        let put = self.client.put_item().table_name(&self.tables.work).set_item(Some(item));
        let put = if tried.attempt <= 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("attempt = :attempt")
                .expression_attribute_values(":attempt", n(tried.attempt))
        };
        parse_applied(put.send().await)
    }

    /// Deletes a delivery that arrived or is no longer wanted. The first attempt has no item.
    pub async fn delete_delivery(&self, event_delivery: &EventDelivery) -> Result<()> {
        if event_delivery.attempt <= 1 {
            return Ok(());
        }
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.work)
            .set_key(Some(event_delivery_key(&event_delivery.hook, &event_delivery.event)))
            .condition_expression("attempt = :attempt")
            .expression_attribute_values(":attempt", n(event_delivery.attempt));
        parse_applied(delete.send().await).map(|_| ())
    }

    /// Returns a delivery that is waiting or being attempted. Reads consistently.
    pub async fn scheduled_delivery(
        &self,
        hook: &WebhookEndpointId,
        event: &EventId,
    ) -> Result<Option<ScheduledDelivery>> {
        let found = self.work_item(event_delivery_key(hook, event)).await?;
        found
            .map(|item| {
                Ok(ScheduledDelivery {
                    delivery: read_delivery(&item)?,
                    due_at: item.time("due_at")?,
                })
            })
            .transpose()
    }

    /// Returns a page of one shard's deliveries that are due by now, oldest first, and the key to
    /// go on from. An unreadable one is logged and left where it is.
    pub async fn due_deliveries(
        &self,
        shard: u32,
        now: Timestamp,
        limit: usize,
        after: Option<DueDeliveriesKey>,
    ) -> Result<(Vec<ScheduledDelivery>, Option<DueDeliveriesKey>)> {
        let (entries, next) = self
            .due_items(
                &delivery_queue(shard),
                DueTime::By(now),
                limit,
                after.map(|position| position.0),
            )
            .await?;
        let keys = entries.iter().map(read_work_key).collect::<Result<Vec<ItemMap>>>()?;
        let items = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let mut due = Vec::new();
        for item in &items {
            match read_delivery(item).and_then(|event_delivery| {
                Ok(ScheduledDelivery { delivery: event_delivery, due_at: item.time("due_at")? })
            }) {
                Ok(kept) if kept.due_at <= now => due.push(kept),
                // The delivery has moved on since the index entry was read.
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "unreadable webhook delivery left in place"),
            }
        }
        due.sort_by(|a, b| (a.due_at, &a.delivery.event).cmp(&(b.due_at, &b.delivery.event)));
        Ok((due, next.map(DueDeliveriesKey)))
    }

    /// Postpones a delivery to `until`, so that it is attempted again even if the worker that has
    /// it now fails.
    pub async fn postpone_delivery(
        &self,
        kept: &ScheduledDelivery,
        until: Timestamp,
    ) -> Result<Applied> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(event_delivery_key(&kept.delivery.hook, &kept.delivery.event)))
            .update_expression("SET due_at = :until")
            .condition_expression("due_at = :read AND attempt = :attempt")
            .expression_attribute_values(":until", at(until))
            .expression_attribute_values(":read", at(kept.due_at))
            .expression_attribute_values(":attempt", n(kept.delivery.attempt));
        parse_applied(update.send().await)
    }

    /// Turns a delivery into a dead letter of its endpoint, all or nothing.
    pub async fn give_up_delivery(
        &self,
        tried: &EventDelivery,
        failed: &DeliveryFailure,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut item = delivery_attributes(tried);
        item.extend(dead_letter_key(tried));
        item.extend(failure_attributes(failed));
        item.extend([
            ("given_up_at".into(), at(now)),
            ("ttl".into(), n(now.as_second().saturating_add(KEEP_DEAD_SECONDS))),
        ]);
        let put = Put::builder().table_name(&self.tables.work).set_item(Some(item)).build()?;
        let mut items = vec![TransactWriteItem::builder().put(put).build()];
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(event_delivery_key(&tried.hook, &tried.event)));
        // The first attempt has no item, and none may exist.
        let delete = if tried.attempt <= 1 {
            delete.condition_expression("attribute_not_exists(pk)")
        } else {
            delete
                .condition_expression("attempt = :attempt")
                .expression_attribute_values(":attempt", n(tried.attempt))
        };
        items.push(TransactWriteItem::builder().delete(delete.build()?).build());
        self.transact_applied("a telling and its dead letter", items).await
    }

    /// Returns a page of an endpoint's dead letters, the oldest event first, and the sort key to go
    /// on from.
    pub async fn dead_letters(
        &self,
        hook: &WebhookEndpointId,
        limit: i32,
        after: Option<&str>,
    ) -> Result<(Vec<DeadLetter>, Option<String>)> {
        let start = after.map(|sk| work_key(&dead_letter_partition(hook), sk));
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :dead")
            .expression_attribute_values(":dead", s(dead_letter_partition(hook)))
            .limit(limit)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let letters = page.items().iter().map(read_dead_letter).collect::<Result<Vec<_>>>()?;
        let next = page
            .last_evaluated_key
            .as_ref()
            .map(|key| key.text("sk").map(str::to_owned))
            .transpose()?;
        Ok((letters, next))
    }

    /// Turns a dead letter into a waiting delivery again, due now and counted as after its first
    /// attempt, so that all later attempts are still ahead. The result is `Conflict` if it was
    /// redriven before.
    pub async fn redrive_dead_letter(
        &self,
        letter: &DeadLetter,
        now: Timestamp,
    ) -> Result<Applied> {
        let again = EventDelivery { attempt: 2, ..letter.delivery.clone() };
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(delivery_item(&again, now)))
            .condition_expression("attribute_not_exists(pk)")
            .build()?;
        let gone = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(dead_letter_key(&letter.delivery)))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        let items = vec![
            TransactWriteItem::builder().delete(gone).build(),
            TransactWriteItem::builder().put(put).build(),
        ];
        self.transact_applied("a dead letter", items).await
    }
}

/// The key at which a page of the due index ends.
#[derive(Debug, Clone)]
pub struct DueDeliveriesKey(ItemMap);
