//! Open work as operators see it: matches that are not planned, dispatches that are not done, and
//! attempts of unknown fate. It is read from the due index, so that the cost follows what is
//! pending and not what is over.
//! Writes nothing: what operators do about it is in `operator_actions`.

use domain::{
    Timestamp,
    campaign::trigger::TriggerMatch,
    delivery::dispatch::{Dispatch, DispatchKey},
    kernel::{
        channel::Channel,
        id::{CampaignId, VoucherId},
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    batch::ReadConsistency,
    error::Result,
    item::{AttributeReader, ItemMap},
    keys::{
        MATCHES_QUEUE, RELEASED_QUEUE, UNKNOWN_QUEUE, dispatch_key, due_start_key, ready_queue,
        unknown_note_key, work_key,
    },
    voucher::records::{UnknownAttempt, read_unknown},
    work_items::{read_dispatch, read_match},
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
    /// Returns all queues, in the order in which they are listed.
    pub fn all() -> Vec<OpenQueue> {
        let ready = Channel::ALL.map(OpenQueue::Ready);
        let after = [OpenQueue::Released, OpenQueue::Unknown];
        std::iter::once(OpenQueue::Matches).chain(ready).chain(after).collect()
    }

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
        OpenQueue::Matches => read_match(item).map(OpenWorkItem::Match),
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
