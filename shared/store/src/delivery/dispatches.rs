//! Dispatches in the Work table, beside the segment they belong to: PK `run#<run>#<segment>`, SK
//! `D#<name>`. While `ready` they are on the due index in the queue of their channel; once released,
//! in `released` with the time at which the watchdog checks them; done or dropped ones leave it,
//! except that a dispatch that has issued vouchers stays in `expiring` until these end.
//!
//! `takes` is the fence: every write of the worker that leases a dispatch is conditional on it.

use aws_sdk_dynamodb::types::{
    ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::{
    Timestamp,
    delivery::dispatch::{Dispatch, DispatchKey, DispatchState, OutcomeTally},
    kernel::{channel::Channel, id::CampaignId, money::MinorUnits},
};

use crate::{
    Store,
    campaign::campaigns::Quota,
    conditional::{Applied, condition_failed, conflicting_item, parse_applied},
    due_index::{DuePosition, DueQueue, DueTime},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{dispatch_key, quota_key, read_dispatch_key, segment_key},
    transaction::TransactionResult,
    work_items::read_dispatch,
};

/// The time for which a finished dispatch is kept for diagnostics, in seconds.
pub(crate) const KEEP_SECONDS: i64 = 30 * 24 * 3_600;
/// Dispatches on one page of the due index.
const DUE_PAGE: usize = 500;
/// Tries to reserve what is left when a quota runs out under several workers.
const MAX_QUOTA_TRIES: usize = 8;

/// A due dispatch as the index lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDispatch {
    pub key: DispatchKey,
    pub campaign: CampaignId,
    pub channel: Channel,
    pub size: u64,
}

fn read_due(item: &ItemMap) -> Option<DueDispatch> {
    Some(DueDispatch {
        key: read_dispatch_key(item).ok()?,
        campaign: CampaignId::parse(item.text_opt("campaign_id")?).ok()?,
        channel: Channel::parse(item.text_opt("channel")?)?,
        size: item.number_opt("size")?,
    })
}

/// The result of asking for a lease on a dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseResult {
    /// This worker holds the lease. `crashes` is the number of earlier leases that neither ended
    /// the dispatch nor put it back.
    Leased { dispatch: Box<Dispatch>, crashes: u32 },
    /// Another worker's lease still runs.
    Busy,
    /// The dispatch is done, dropped, put back or unknown: the message is old.
    Settled,
}

/// The result of a worker's pass over a dispatch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DispatchOutcome {
    /// The customers with an outcome; all zero for dispatches that do not count.
    pub tally: OutcomeTally,
    /// Customers whom another dispatch has, who are counted as selected there as well.
    pub planned_twice: u64,
    /// Follow-up dispatches for groups of its customers.
    pub follow_ups: Vec<Dispatch>,
    /// Vouchers reserved and not used.
    pub unused: u32,
    /// The time at which the vouchers that it has issued end.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// Returns the partition of the due index that holds a dispatch while it is `ready`.
    pub(crate) fn ready_partition(&self, channel: Channel, key: &DispatchKey) -> String {
        self.due_partition(DueQueue::Ready(channel), &dispatch_key(key))
    }

    /// Returns a page of the dispatches that are due on a channel, oldest first, and the key of the
    /// next page.
    pub async fn due_dispatches(
        &self,
        channel: Channel,
        now: Timestamp,
        after: Option<&DuePosition>,
    ) -> Result<(Vec<DueDispatch>, Option<DuePosition>)> {
        let queue = DueQueue::Ready(channel);
        let page = self.due_page(queue, DueTime::By(now), DUE_PAGE, after).await?;
        let (found, next) = page.into_items();
        Ok((found.iter().filter_map(read_due).collect(), next))
    }

    /// Returns dispatches that were released and neither finished nor checked since: their message
    /// may be lost.
    pub async fn overdue_dispatches(&self, now: Timestamp) -> Result<Vec<DueDispatch>> {
        let page = self.due_page(DueQueue::Released, DueTime::By(now), DUE_PAGE, None).await?;
        let (found, _) = page.into_items();
        Ok(found.iter().filter_map(read_due).collect())
    }

    /// Makes a released dispatch without a running lease `ready` again, to be released again.
    /// Returns false if it is settled or leased.
    pub async fn reopen_dispatch(&self, due: &DueDispatch, now: Timestamp) -> Result<bool> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(&due.key)))
            .update_expression(
                "SET #state = :ready, due_queue = :queue, due_at = :now REMOVE lease_until",
            )
            .condition_expression(
                "#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":queue", s(self.ready_partition(due.channel, &due.key)))
            .expression_attribute_values(":now", at(now))
            .send()
            .await;
        Ok(parse_applied(answer)? == Applied::Yes)
    }

    /// Moves a dispatch from `ready` to `released`, to be checked by the watchdog at the
    /// given time; the time at which it was due is kept. Returns false if another worker released it.
    pub async fn release_dispatch(&self, key: &DispatchKey, check_at: Timestamp) -> Result<bool> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(key)))
            .update_expression(
                "SET #state = :released, due_queue = :queue, was_due = if_not_exists(was_due, due_at), due_at = :at",
            )
            .condition_expression("#state = :ready")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":queue", s(self.due_partition(DueQueue::Released, &dispatch_key(key))))
            .expression_attribute_values(":at", at(check_at))
            .send()
            .await;
        Ok(parse_applied(answer)? == Applied::Yes)
    }

    /// Leases a released dispatch for `lease_seconds` and increments its fence `takes`; every later
    /// write of the worker is conditional on it.
    pub async fn lease_dispatch(
        &self,
        key: &DispatchKey,
        now: Timestamp,
        lease_seconds: i64,
    ) -> Result<LeaseResult> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(key)))
            .update_expression("SET lease_until = :until ADD takes :one")
            .condition_expression(
                "#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":until", n(now.as_millisecond() + lease_seconds * 1_000))
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(leased) => {
                let item = leased.attributes.unwrap_or_default();
                // A dispatch that was put back has not crashed its worker.
                let put_backs: u32 = item.number_opt("put_backs").unwrap_or(0);
                let dispatch = read_dispatch(&item)?;
                Ok(LeaseResult::Leased {
                    crashes: dispatch.fence.saturating_sub(1 + put_backs),
                    dispatch: Box::new(dispatch),
                })
            }
            Err(error) => match conflicting_item(&error) {
                Some(old) => {
                    let released = old.text_opt("state") == Some(DispatchState::Released.as_str());
                    Ok(if released { LeaseResult::Busy } else { LeaseResult::Settled })
                }
                None if condition_failed(&error) => Ok(LeaseResult::Settled),
                None => Err(error.into()),
            },
        }
    }

    /// Reserves quota for a dispatch: `wanted` vouchers, or as many as the campaign's caps still
    /// allow. A dispatch reserves once: a repeat finds the earlier reservation. `each` is the most
    /// that one voucher can cost.
    pub async fn reserve_quota(
        &self,
        dispatch: &Dispatch,
        wanted: u32,
        each: MinorUnits,
    ) -> Result<u32> {
        if let Some(leased) = dispatch.quota_reserved {
            return Ok(leased);
        }
        let mut wanted = wanted;
        for _ in 0..MAX_QUOTA_TRIES {
            let mut items = vec![self.reservation_update(dispatch, wanted)?];
            if wanted > 0 {
                items.push(self.quota_update(
                    &dispatch.campaign,
                    -i64::from(wanted),
                    each,
                    true,
                )?);
            }
            let cancelled = match self.transact("a campaign's quota", items).await? {
                TransactionResult::Written => return Ok(wanted),
                TransactionResult::Refused(cancelled) => cancelled,
            };
            if cancelled.condition_failed_at(0) {
                return Err(StoreError::Contended("a dispatch's lease"));
            }
            let left = cancelled.old_item_at(1).map_or(0, |quota| quota_left(quota, each));
            wanted = wanted.saturating_sub(1).min(left);
        }
        Err(StoreError::Contended("a campaign's quota"))
    }

    fn reservation_update(&self, dispatch: &Dispatch, leased: u32) -> Result<TransactWriteItem> {
        let update = self
            .fenced_update(dispatch)
            .update_expression("SET leased = :leased")
            .condition_expression(
                "#state = :released AND takes = :takes AND attribute_not_exists(leased)",
            )
            .expression_attribute_values(":leased", n(leased));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn fenced_update(
        &self,
        dispatch: &Dispatch,
    ) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(&dispatch.key)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":takes", n(dispatch.fence))
    }

    /// Returns the write that takes `vouchers` from the quota if negative, and gives them back if
    /// positive.
    pub(crate) fn quota_update(
        &self,
        campaign: &CampaignId,
        vouchers: i64,
        each: MinorUnits,
        guarded: bool,
    ) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.tables.control)
            .set_key(Some(quota_key(campaign)))
            .update_expression("ADD vouchers_remaining :vouchers, exposure_remaining :exposure")
            .expression_attribute_values(":vouchers", n(vouchers))
            .expression_attribute_values(":exposure", n(vouchers * each.units()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if guarded {
            update = update
                .condition_expression("vouchers_remaining >= :v AND exposure_remaining >= :e")
                .expression_attribute_values(":v", n(-vouchers))
                .expression_attribute_values(":e", n(-vouchers * each.units()));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Ends a dispatch: its state, the counters of its segment, its follow-ups, and unused quota,
    /// all or nothing.
    pub async fn finish_dispatch(
        &self,
        dispatch: &Dispatch,
        outcome: &DispatchOutcome,
        each: MinorUnits,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut items = vec![
            self.settle_update(dispatch, DispatchState::Done, outcome, now)?,
            self.tally_update(dispatch, outcome)?,
        ];
        if outcome.unused > 0 {
            items.push(self.quota_update(
                &dispatch.campaign,
                i64::from(outcome.unused),
                each,
                false,
            )?);
        }
        for follow_up in &outcome.follow_ups {
            items.push(self.dispatch_put(follow_up)?);
        }
        self.commit_fenced(items).await
    }

    /// Ends a dispatch of a cancelled campaign that no worker has processed: all its customers are
    /// skipped in one step.
    pub async fn drop_untouched_dispatch(
        &self,
        dispatch: &Dispatch,
        now: Timestamp,
    ) -> Result<Applied> {
        let skipped = if dispatch.purpose.awaits_outcome() { dispatch.size() } else { 0 };
        let outcome = DispatchOutcome {
            tally: OutcomeTally { skipped, ..OutcomeTally::default() },
            ..DispatchOutcome::default()
        };
        let items = vec![
            self.settle_update(dispatch, DispatchState::Dropped, &outcome, now)?,
            self.tally_update(dispatch, &outcome)?,
        ];
        self.commit_fenced(items).await
    }

    async fn commit_fenced(&self, items: Vec<TransactWriteItem>) -> Result<Applied> {
        match self.transact("a dispatch and its segment", items).await? {
            TransactionResult::Written => Ok(Applied::Yes),
            TransactionResult::Refused(cancelled) if cancelled.condition_failed_at(0) => {
                Ok(Applied::Conflict)
            }
            // A follow-up of that name exists, though this dispatch has not ended. Our code never
            // creates this state.
            TransactionResult::Refused(cancelled) => {
                Err(StoreError::Refused(format!("what follows: {:?}", cancelled.codes)))
            }
        }
    }

    fn settle_update(
        &self,
        dispatch: &Dispatch,
        state: DispatchState,
        outcome: &DispatchOutcome,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let until = outcome.expires_at.map_or(now, |end| end.max(now));
        let update = self
            .fenced_update(dispatch)
            .condition_expression("#state = :released AND takes = :takes")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":state", s(state.as_str()))
            .expression_attribute_values(":ttl", n(until.as_second() + KEEP_SECONDS));
        let twice = if outcome.planned_twice > 0 { ", planned_twice = :twice" } else { "" };
        let update = match outcome.expires_at {
            Some(end) => update
                .update_expression(format!(
                    "SET #state = :state, #ttl = :ttl, due_queue = :queue, due_at = :at{twice} REMOVE lease_until"
                ))
                .expression_attribute_values(":queue", s(self.due_partition(DueQueue::Expiring, &dispatch_key(&dispatch.key))))
                .expression_attribute_values(":at", at(end)),
            None => update.update_expression(format!(
                "SET #state = :state, #ttl = :ttl{twice} REMOVE due_queue, due_at, lease_until"
            )),
        };
        let update = if outcome.planned_twice > 0 {
            update.expression_attribute_values(":twice", n(outcome.planned_twice))
        } else {
            update
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn tally_update(
        &self,
        dispatch: &Dispatch,
        outcome: &DispatchOutcome,
    ) -> Result<TransactWriteItem> {
        let holding =
            outcome.follow_ups.iter().filter(|next| next.purpose.holds_run_open()).count();
        let open = i64::try_from(holding).unwrap_or(i64::MAX)
            - i64::from(dispatch.purpose.holds_run_open());
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(segment_key(&dispatch.key.run, dispatch.key.segment)))
            .update_expression(
                "ADD #open :open, selected :selected, issued :issued, ghost :ghost, skipped :skipped, failed :failed",
            )
            .expression_attribute_values(":selected", n(-i64::try_from(outcome.planned_twice).unwrap_or(i64::MAX)))
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", n(open))
            .expression_attribute_values(":issued", n(outcome.tally.issued))
            .expression_attribute_values(":ghost", n(outcome.tally.ghost))
            .expression_attribute_values(":skipped", n(outcome.tally.skipped))
            .expression_attribute_values(":failed", n(outcome.tally.failed));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Puts a dispatch back to `ready`, due at `due_at`, because the campaign is paused or the work
    /// could not go on.
    pub async fn put_back_dispatch(
        &self,
        dispatch: &Dispatch,
        due_at: Timestamp,
    ) -> Result<Applied> {
        let update = self
            .fenced_update(dispatch)
            .update_expression(
                "SET #state = :ready, due_queue = :queue, due_at = :at REMOVE lease_until, was_due ADD put_backs :one",
            )
            .condition_expression("#state = :released AND takes = :takes")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":queue", s(self.ready_partition(dispatch.channel, &dispatch.key)))
            .expression_attribute_values(":at", at(due_at))
            .expression_attribute_values(":one", n(1));
        self.commit_fenced(vec![TransactWriteItem::builder().update(update.build()?).build()]).await
    }
}

/// Returns the number of vouchers that the caps still allow.
fn quota_left(quota: &ItemMap, each: MinorUnits) -> u32 {
    let remaining = |name: &str| quota.number_opt(name).unwrap_or(0);
    let quota = Quota {
        vouchers: remaining("vouchers_remaining"),
        exposure: remaining("exposure_remaining"),
        redeemed: 0,
    };
    quota.vouchers_left(each)
}
