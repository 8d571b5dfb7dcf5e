//! Open work as operators see it: matches that nobody has looked at, dispatches that are not done and attempts of unknown fate, read from the due index, so that the cost
//! follows what is pending and not what was. And what operators do about it: try it now, or give one customer's match up. Each is one
//! transaction with its audit record, on the condition that the work still stands so.

use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, builders::UpdateBuilder,
};
use domain::{
    Timestamp,
    channel::Channel,
    dispatch::{Dispatch, DispatchKey, DispatchState, Purpose},
    id::{CampaignId, VoucherId},
    trigger::Match,
    voucher::Voucher,
};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    batch::Consistency,
    control::{Change, Standing},
    dispatches::{RELEASED, read_dispatch, ready_queue, sort_key},
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    matches::{self, MATCHES},
    transaction::Transacted,
    vouchers::{UNKNOWN, UnknownAttempt, read_unknown, voucher_put},
    work::partition,
};

/// One partition of the due index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenQueue {
    /// By events, and not yet planned.
    Matches,
    Ready(Channel),
    Released,
    Unknown,
}

impl OpenQueue {
    /// In the order in which they are listed.
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
            OpenQueue::Matches => MATCHES.to_owned(),
            OpenQueue::Ready(channel) => ready_queue(channel),
            OpenQueue::Released => RELEASED.to_owned(),
            OpenQueue::Unknown => UNKNOWN.to_owned(),
        }
    }
}

/// An entry of the due index: where reading goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenKey {
    pk: String,
    sk: String,
    due_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDispatch {
    /// Once released, `due_at` is when the watchdog looks after it.
    pub dispatch: Dispatch,
    /// Of the last take; it may be over.
    pub lease_until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUnknown {
    pub attempt: UnknownAttempt,
    /// When the watchdog decides what follows.
    pub settles_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    Match(Match),
    Dispatch(OpenDispatch),
    Unknown(OpenUnknown),
}

/// Oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPage {
    pub work: Vec<(OpenKey, Open)>,
    pub next: Option<OpenKey>,
}

/// An operator's act on one match.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    pub campaign: &'a Standing,
    /// Of the match, whether it is issued or not.
    pub voucher: &'a VoucherId,
    pub change: Change<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hastened {
    Done,
    /// It stands otherwise by now: read it again.
    Overtaken,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GivenUp {
    Done,
    /// The match has a record already, as it stands now.
    Recorded(Box<Voucher>),
    /// No open dispatch holds this customer without an outcome.
    NotOpen,
}

impl Store {
    /// A page of a queue, of one campaign or of all. The items are read consistently: what the index still shows and has moved on is
    /// left out.
    pub async fn open_work(
        &self,
        queue: OpenQueue,
        campaign: Option<&CampaignId>,
        after: Option<&OpenKey>,
        limit: i32,
    ) -> Result<OpenPage> {
        let name = queue.name();
        let start = after.map(|key| {
            let mut item = work_key(&key.pk, &key.sk);
            item.extend([("due_queue".into(), s(&name)), ("due_at".into(), n(key.due_at))]);
            item
        });
        let (entries, next) = self.due(&name, Timestamp::MAX, limit, start).await?;
        let wanted = |item: &&Item| campaign.is_none_or(|id| item.text_opt("campaign_id") == Some(id.as_str()));
        let keys = entries.iter().filter(wanted).map(read_open_key).collect::<Result<Vec<_>>>()?;
        let asked = keys.iter().map(|key| work_key(&key.pk, &key.sk)).collect();
        let mut found = self.batch_get(&self.tables.work, asked, Consistency::Strong).await?;
        found.retain(|item| item.text_opt("due_queue") == Some(&name));
        let mut work = Vec::new();
        for key in keys {
            let same = |item: &&Item| (item.text_opt("pk"), item.text_opt("sk")) == (Some(&key.pk), Some(&key.sk));
            let Some(item) = found.iter().find(same) else { continue };
            match read_open(queue, item) {
                Ok(open) => work.push((key, open)),
                Err(error) => tracing::error!(%error, key = key.pk, "open work cannot be read"),
            }
        }
        Ok(OpenPage { work, next: next.as_ref().map(read_open_key).transpose()? })
    }

    /// Done and dropped ones too, as long as they are kept. Consistent.
    pub async fn open_dispatch(&self, key: &DispatchKey) -> Result<Option<OpenDispatch>> {
        self.work_item(dispatch_key(key)).await?.as_ref().map(read_open_dispatch).transpose()
    }

    /// `None`: settled, or never was. Consistent.
    pub async fn open_unknown(
        &self,
        voucher: &VoucherId,
        channel: Channel,
        number: u32,
    ) -> Result<Option<OpenUnknown>> {
        self.work_item(unknown_key(voucher, channel, number)).await?.as_ref().map(read_open_unknown).transpose()
    }

    /// A further attempt, or work that was put back, is due now. What waits for its own hour is never moved.
    pub async fn hasten_ready(&self, key: &DispatchKey, act: &Act<'_>) -> Result<Hastened> {
        let update = self
            .update_work(dispatch_key(key), act)
            .update_expression("SET due_at = :now")
            .condition_expression("#state = :ready AND due_at > :now AND (#purpose = :retry OR takes > :none)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#purpose", "purpose")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":retry", s(Purpose::Retry.as_str()))
            .expression_attribute_values(":none", n(0));
        self.hasten(update, act).await
    }

    /// A released dispatch that nobody works on is `ready` again, as the watchdog would make it later.
    pub async fn hasten_released(&self, dispatch: &Dispatch, act: &Act<'_>) -> Result<Hastened> {
        let update = self
            .update_work(dispatch_key(&dispatch.key), act)
            .update_expression("SET #state = :ready, due_queue = :queue, due_at = :now REMOVE lease_until")
            .condition_expression("#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":queue", s(ready_queue(dispatch.channel)));
        self.hasten(update, act).await
    }

    /// An attempt of unknown fate is settled at the watchdog's next look; what its channel allows then stays the same.
    pub async fn hasten_unknown(&self, unknown: &UnknownAttempt, act: &Act<'_>) -> Result<Hastened> {
        let update = self
            .update_work(unknown_key(&unknown.key.voucher, unknown.channel, unknown.number), act)
            .update_expression("SET due_at = :now")
            .condition_expression("attribute_exists(pk) AND due_at > :now");
        self.hasten(update, act).await
    }

    fn update_work(&self, key: Item, act: &Act<'_>) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(key))
            .expression_attribute_values(":now", at(act.change.at))
    }

    async fn hasten(&self, update: UpdateBuilder, act: &Act<'_>) -> Result<Hastened> {
        let update = TransactWriteItem::builder().update(update.build()?).build();
        let items = vec![update, self.audit_act(act.campaign, act.voucher, &act.change)?];
        Ok(match self.transact("open work", items).await? {
            Transacted::Written => Hastened::Done,
            Transacted::Refused(_) => Hastened::Overtaken,
        })
    }

    /// Puts `record`, a skip, where the voucher would be, while the dispatch that holds the customer is open: the worker that takes
    /// it, now or later, finds the record and counts it. So a match that is given up is counted once, and never sent.
    pub async fn give_up(&self, key: &DispatchKey, record: &Voucher, act: &Act<'_>) -> Result<GivenUp> {
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
            .expression_attribute_values(":planned", s(Purpose::Planned.as_str()))
            .expression_attribute_values(":moved", s(Purpose::Moved.as_str()))
            .expression_attribute_values(":customer", s(record.customer.as_str()));
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            TransactWriteItem::builder().condition_check(open.build()?).build(),
            self.audit_act(act.campaign, act.voucher, &act.change)?,
        ];
        let refused = match self.transact("a match", items).await? {
            Transacted::Written => return Ok(GivenUp::Done),
            Transacted::Refused(refused) => refused,
        };
        match refused.items.first() {
            Some(Some(old)) if refused.failed(0) => {
                Ok(GivenUp::Recorded(Box::new(crate::vouchers::read_voucher(old)?)))
            }
            _ if refused.failed(1) => Ok(GivenUp::NotOpen),
            _ => Err(StoreError::Contended("a match")),
        }
    }

    pub(crate) async fn work_item(&self, key: Item) -> Result<Option<Item>> {
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

fn work_key(pk: &str, sk: &str) -> Item {
    Item::from([("pk".into(), s(pk)), ("sk".into(), s(sk))])
}

fn dispatch_key(key: &DispatchKey) -> Item {
    work_key(&partition(&key.run, key.segment), &sort_key(&key.name))
}

fn unknown_key(voucher: &VoucherId, channel: Channel, number: u32) -> Item {
    work_key(&format!("unknown#{voucher}"), &format!("{channel}.{number}"))
}

fn read_open_key(item: &Item) -> Result<OpenKey> {
    Ok(OpenKey { pk: item.text("pk")?.to_owned(), sk: item.text("sk")?.to_owned(), due_at: item.number("due_at")? })
}

fn read_open(queue: OpenQueue, item: &Item) -> Result<Open> {
    match queue {
        OpenQueue::Matches => matches::read(item).map(Open::Match),
        OpenQueue::Ready(_) | OpenQueue::Released => read_open_dispatch(item).map(Open::Dispatch),
        OpenQueue::Unknown => read_open_unknown(item).map(Open::Unknown),
    }
}

fn read_open_dispatch(item: &Item) -> Result<OpenDispatch> {
    Ok(OpenDispatch { dispatch: read_dispatch(item)?, lease_until: item.time_opt("lease_until") })
}

fn read_open_unknown(item: &Item) -> Result<OpenUnknown> {
    Ok(OpenUnknown { attempt: read_unknown(item)?, settles_at: item.time("due_at")? })
}
