//! Open work as operators see it: matches that are not planned, dispatches that are not done, and
//! attempts of unknown fate. It is read from the due index, so that the cost follows what is
//! pending and not what is over.
//!
//! Also here: what operators do about it. They retry it now, or give up one customer's match. Each
//! action is one transaction with its audit record, on the condition that the work has not changed
//! since it was read.

use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    builders::UpdateBuilder,
};
use domain::{
    Timestamp,
    campaign::trigger::TriggerMatch,
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose, DispatchState},
    kernel::{
        channel::Channel,
        id::{CampaignId, VoucherId},
    },
    voucher::record::Voucher,
};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    batch::ReadConsistency,
    campaign::campaigns::{AuditedChange, CampaignSummary},
    conditional::Applied,
    delivery::{dispatches::read_dispatch, trigger_matches},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        MATCHES_QUEUE, RELEASED_QUEUE, UNKNOWN_QUEUE, dispatch_key, due_start_key, ready_queue,
        unknown_note_key, work_key,
    },
    transaction::TransactionResult,
    voucher::records::{UnknownAttempt, read_unknown, voucher_put},
};

/// One partition of the due index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenQueue {
    /// Matches of event triggers that are not yet planned.
    Matches,
    Ready(Channel),
    Released,
    Unknown,
}

impl OpenQueue {
    /// All queues, in the order in which they are listed.
    pub const ALL: [OpenQueue; 6] = [
        OpenQueue::Matches,
        OpenQueue::Ready(Channel::Sms),
        OpenQueue::Ready(Channel::Email),
        OpenQueue::Ready(Channel::Push),
        OpenQueue::Released,
        OpenQueue::Unknown,
    ];

    fn name(self) -> String {
        match self {
            OpenQueue::Matches => MATCHES_QUEUE.to_owned(),
            OpenQueue::Ready(channel) => ready_queue(channel),
            OpenQueue::Released => RELEASED_QUEUE.to_owned(),
            OpenQueue::Unknown => UNKNOWN_QUEUE.to_owned(),
        }
    }
}

/// An entry of the due index, after which reading goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenKey {
    pk: String,
    sk: String,
    due_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDispatch {
    /// The dispatch. Once it is released, `due_at` is the time at which the watchdog checks it.
    pub dispatch: Dispatch,
    /// The end of the last lease, which may be over.
    pub lease_until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUnknownAttempt {
    pub attempt: UnknownAttempt,
    /// The time at which the watchdog decides what follows.
    pub settles_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenWorkItem {
    Match(TriggerMatch),
    Dispatch(OpenDispatch),
    Unknown(OpenUnknownAttempt),
}

/// A page of open work, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPage {
    pub work: Vec<(OpenKey, OpenWorkItem)>,
    pub next: Option<OpenKey>,
}

/// An operator's action on one match.
#[derive(Debug, Clone, Copy)]
pub struct OperatorAction<'a> {
    pub campaign: &'a CampaignSummary,
    /// The voucher id of the match; it exists before the voucher is issued.
    pub voucher: &'a VoucherId,
    pub change: AuditedChange<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GiveUpResult {
    Done,
    /// The match has a record already; holds the record as it is now.
    Recorded(Box<Voucher>),
    /// No open dispatch holds this customer without an outcome.
    NotOpen,
}

impl Store {
    /// Returns a page of a queue, of one campaign or of all. The items are read consistently, and
    /// work that the index still lists but that has moved on is left out.
    pub async fn list_open_work(
        &self,
        queue: OpenQueue,
        campaign: Option<&CampaignId>,
        after: Option<&OpenKey>,
        limit: i32,
    ) -> Result<OpenPage> {
        let name = queue.name();
        let start = after.map(|key| due_start_key(work_key(&key.pk, &key.sk), &name, key.due_at));
        let (entries, next) = self.due_items(&name, Timestamp::MAX, limit, start).await?;
        let wanted = |item: &&ItemMap| {
            campaign.is_none_or(|id| item.text_opt("campaign_id") == Some(id.as_str()))
        };
        let keys = entries.iter().filter(wanted).map(read_open_key).collect::<Result<Vec<_>>>()?;
        let asked = keys.iter().map(|key| work_key(&key.pk, &key.sk)).collect();
        let mut found = self.batch_get(&self.tables.work, asked, ReadConsistency::Strong).await?;
        found.retain(|item| item.text_opt("due_queue") == Some(&name));
        let mut work = Vec::new();
        for key in keys {
            let same = |item: &&ItemMap| {
                (item.text_opt("pk"), item.text_opt("sk")) == (Some(&key.pk), Some(&key.sk))
            };
            let Some(item) = found.iter().find(same) else {
                continue;
            };
            match read_open(queue, item) {
                Ok(open) => work.push((key, open)),
                Err(error) => tracing::error!(%error, key = key.pk, "unreadable open work"),
            }
        }
        Ok(OpenPage { work, next: next.as_ref().map(read_open_key).transpose()? })
    }

    /// Returns a dispatch, also a done or dropped one as long as it is kept. Reads consistently.
    pub async fn open_dispatch(&self, key: &DispatchKey) -> Result<Option<OpenDispatch>> {
        self.work_item(dispatch_key(key)).await?.as_ref().map(read_open_dispatch).transpose()
    }

    /// Returns an attempt of unknown fate, or `None` if it is settled or never existed. Reads
    /// consistently.
    pub async fn open_unknown_attempt(
        &self,
        voucher: &VoucherId,
        channel: Channel,
        number: u32,
    ) -> Result<Option<OpenUnknownAttempt>> {
        self.work_item(unknown_note_key(voucher, channel, number))
            .await?
            .as_ref()
            .map(read_open_unknown)
            .transpose()
    }

    /// Makes a retry, or work that was put back, due now. A dispatch that waits for its own send
    /// time is never moved.
    pub async fn retry_ready_dispatch(
        &self,
        key: &DispatchKey,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = self
            .retry_update(dispatch_key(key), act)
            .update_expression("SET due_at = :now")
            .condition_expression(
                "#state = :ready AND due_at > :now AND (#purpose = :retry OR takes > :none)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#purpose", "purpose")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":retry", s(DispatchPurpose::Retry.as_str()))
            .expression_attribute_values(":none", n(0));
        self.commit_retry(update, act).await
    }

    /// Makes a released dispatch without a running lease `ready` again, as the watchdog would
    /// later.
    pub async fn retry_released_dispatch(
        &self,
        dispatch: &Dispatch,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = self
            .retry_update(dispatch_key(&dispatch.key), act)
            .update_expression(
                "SET #state = :ready, due_queue = :queue, due_at = :now REMOVE lease_until",
            )
            .condition_expression(
                "#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":queue", s(ready_queue(dispatch.channel)));
        self.commit_retry(update, act).await
    }

    /// Makes the watchdog settle an attempt of unknown fate in its next round. The channel's rules
    /// for what follows stay the same.
    pub async fn retry_unknown_attempt(
        &self,
        unknown: &UnknownAttempt,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = self
            .retry_update(
                unknown_note_key(&unknown.key.voucher, unknown.channel, unknown.number),
                act,
            )
            .update_expression("SET due_at = :now")
            .condition_expression("attribute_exists(pk) AND due_at > :now");
        self.commit_retry(update, act).await
    }

    fn retry_update(&self, key: ItemMap, act: &OperatorAction<'_>) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(key))
            .expression_attribute_values(":now", at(act.change.at))
    }

    async fn commit_retry(
        &self,
        update: UpdateBuilder,
        act: &OperatorAction<'_>,
    ) -> Result<Applied> {
        let update = TransactWriteItem::builder().update(update.build()?).build();
        let items =
            vec![update, self.new_match_audit_record(act.campaign, act.voucher, &act.change)?];
        self.transact_applied("open work", items).await
    }

    /// Puts `record`, a skip, in the place of the voucher while the dispatch that holds the
    /// customer is open. The worker that leases the dispatch finds the record and counts it, so a
    /// match that is given up is counted once, and never sent.
    pub async fn give_up_customer(
        &self,
        key: &DispatchKey,
        record: &Voucher,
        act: &OperatorAction<'_>,
    ) -> Result<GiveUpResult> {
        let put = voucher_put(&self.tables.vouchers, record)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let open = ConditionCheck::builder()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(key)))
            .condition_expression(
                "#state IN (:ready, :released) AND #purpose IN (:planned, :moved) AND contains(#customers, :customer)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#purpose", "purpose")
            .expression_attribute_names("#customers", "customers")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":planned", s(DispatchPurpose::Planned.as_str()))
            .expression_attribute_values(":moved", s(DispatchPurpose::Moved.as_str()))
            .expression_attribute_values(":customer", s(record.customer.as_str()));
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            TransactWriteItem::builder().condition_check(open.build()?).build(),
            self.new_match_audit_record(act.campaign, act.voucher, &act.change)?,
        ];
        let refused = match self.transact("a match", items).await? {
            TransactionResult::Written => return Ok(GiveUpResult::Done),
            TransactionResult::Refused(refused) => refused,
        };
        match refused.items.first() {
            Some(Some(old)) if refused.condition_failed_at(0) => {
                Ok(GiveUpResult::Recorded(Box::new(crate::voucher::records::read_voucher(old)?)))
            }
            _ if refused.condition_failed_at(1) => Ok(GiveUpResult::NotOpen),
            _ => Err(StoreError::Contended("a match")),
        }
    }

    pub(crate) async fn work_item(&self, key: ItemMap) -> Result<Option<ItemMap>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item)
    }
}

fn read_open_key(item: &ItemMap) -> Result<OpenKey> {
    Ok(OpenKey {
        pk: item.text("pk")?.to_owned(),
        sk: item.text("sk")?.to_owned(),
        due_at: item.number("due_at")?,
    })
}

fn read_open(queue: OpenQueue, item: &ItemMap) -> Result<OpenWorkItem> {
    match queue {
        OpenQueue::Matches => trigger_matches::read_match(item).map(OpenWorkItem::Match),
        OpenQueue::Ready(_) | OpenQueue::Released => {
            read_open_dispatch(item).map(OpenWorkItem::Dispatch)
        }
        OpenQueue::Unknown => read_open_unknown(item).map(OpenWorkItem::Unknown),
    }
}

fn read_open_dispatch(item: &ItemMap) -> Result<OpenDispatch> {
    Ok(OpenDispatch { dispatch: read_dispatch(item)?, lease_until: item.time_opt("lease_until") })
}

fn read_open_unknown(item: &ItemMap) -> Result<OpenUnknownAttempt> {
    Ok(OpenUnknownAttempt { attempt: read_unknown(item)?, settles_at: item.time("due_at")? })
}
