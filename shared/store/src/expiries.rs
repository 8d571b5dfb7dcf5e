//! Vouchers that end unused. A dispatch that has issued stays on the due index after its end, under `expiring`, at the time when its
//! vouchers end: so no item more is written for them. The sweep stamps whoever has not used theirs by then, which the stream tells on, and
//! moves a dispatch some of whose vouchers have more time. Nothing here is fenced: a stamp has its own condition, and two who work on one
//! dispatch write the same.

use domain::{
    Timestamp,
    dispatch::{Dispatch, DispatchKey},
    voucher::Status,
};

use crate::{
    Store,
    dispatches::{KEEP_SECONDS, condition_failed, read_dispatch, read_key, sort_key},
    error::Result,
    item::{at, n, s},
    vouchers::{Step, VoucherKey},
    work::partition,
};

pub(crate) const EXPIRING: &str = "expiring";

impl Store {
    /// The first `limit` dispatches whose vouchers may have ended, oldest first.
    pub async fn due_expiries(&self, now: Timestamp, limit: u16) -> Result<Vec<DispatchKey>> {
        let (found, _) = self.due(EXPIRING, now, i32::from(limit), None).await?;
        found.iter().map(read_key).collect()
    }

    pub async fn dispatch(&self, key: &DispatchKey) -> Result<Option<Dispatch>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.run, key.segment)))
            .key("sk", s(sort_key(&key.name)))
            .send()
            .await?;
        found.item.as_ref().map(read_dispatch).transpose()
    }

    /// Looked at again then, or, without a time, never.
    pub async fn move_expiry(&self, key: &DispatchKey, next: Option<Timestamp>) -> Result<Step> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.run, key.segment)))
            .key("sk", s(sort_key(&key.name)))
            .condition_expression("due_queue = :expiring")
            .expression_attribute_values(":expiring", s(EXPIRING));
        let update = match next {
            Some(next) => update
                .update_expression("SET due_at = :at, #ttl = :ttl")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":at", at(next))
                .expression_attribute_values(":ttl", n(next.as_second() + KEEP_SECONDS)),
            None => update.update_expression("REMOVE due_queue, due_at"),
        };
        match update.send().await {
            Ok(_) => Ok(Step::Taken),
            Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    /// The voucher ended before it was used: once, and only if it is so.
    pub async fn mark_expired(&self, key: &VoucherKey, now: Timestamp) -> Result<Step> {
        let answer = self
            .update(key)
            .update_expression("SET expired_at = :now")
            .condition_expression(
                "attribute_not_exists(expired_at) AND ((#status = :issued AND accept_by <= :now) \
                 OR (#status = :accepted AND redeem_by <= :now))",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":issued", s(Status::Issued.as_str()))
            .expression_attribute_values(":accepted", s(Status::Accepted.as_str()))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Step::Taken),
            Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}
