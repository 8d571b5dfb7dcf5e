//! Vouchers that end unused. A dispatch that has issued vouchers stays on the due index after its
//! end, in the queue `expiring`, at the time when its vouchers end, so no further item is written for
//! them. The watchdog sets the stage `expired_at` of vouchers that are unused by then, which the
//! stream publishes, and moves a dispatch some of whose vouchers have more time.
//!
//! Nothing here is fenced: each stage has its own condition, and two workers on one dispatch write
//! the same.

use domain::{
    Timestamp,
    delivery::dispatch::{Dispatch, DispatchKey},
    voucher::record::VoucherStatus,
};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    delivery::dispatches::KEEP_SECONDS,
    due_index::{DueQueue, DueTime},
    error::Result,
    item::{at, n, s},
    keys::{dispatch_key, read_dispatch_key},
    voucher::records::VoucherKey,
    work_items::read_dispatch,
};

impl Store {
    /// Returns the first `limit` dispatches whose vouchers may have ended, oldest first.
    pub async fn due_expiries(&self, now: Timestamp, limit: u16) -> Result<Vec<DispatchKey>> {
        let limit = usize::from(limit);
        let page = self.due_page(DueQueue::Expiring, DueTime::By(now), limit, None).await?;
        let (found, _) = page.into_items();
        found.iter().map(read_dispatch_key).collect()
    }

    pub async fn dispatch(&self, key: &DispatchKey) -> Result<Option<Dispatch>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(key)))
            .send()
            .await?;
        found.item.as_ref().map(read_dispatch).transpose()
    }

    /// Moves the next check of a dispatch to `next`, or ends the checks if `next` is absent.
    pub async fn reschedule_expiry(
        &self,
        key: &DispatchKey,
        next: Option<Timestamp>,
    ) -> Result<Applied> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(key)))
            .condition_expression("due_queue = :expiring")
            .expression_attribute_values(
                ":expiring",
                s(self.due_partition(DueQueue::Expiring, &dispatch_key(key))),
            );
        let update = match next {
            Some(next) => update
                .update_expression("SET due_at = :at, #ttl = :ttl")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":at", at(next))
                .expression_attribute_values(":ttl", n(next.as_second() + KEEP_SECONDS)),
            None => update.update_expression("REMOVE due_queue, due_at"),
        };
        parse_applied(update.send().await)
    }

    /// Records that a voucher ended before it was used. The write happens once, and only if the
    /// voucher has ended unused.
    pub async fn mark_expired(&self, key: &VoucherKey, now: Timestamp) -> Result<Applied> {
        let answer = self
            .update_voucher(key)
            .update_expression("SET expired_at = :now")
            .condition_expression(
                "attribute_not_exists(expired_at) AND ((#status = :issued AND accept_by <= :now) \
                 OR (#status = :accepted AND redeem_by <= :now))",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()))
            .send()
            .await;
        parse_applied(answer)
    }
}
