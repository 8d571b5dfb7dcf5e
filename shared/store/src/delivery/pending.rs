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

use crate::{
    Store,
    batch::ReadConsistency,
    due_index::{DueEntry, DueKey, DuePosition, DueQueue, DueTime},
    error::Result,
    item::{AttributeReader, ItemMap},
    keys::{dispatch_key, unknown_note_key, work_key},
    voucher::records::{UnknownAttempt, read_unknown},
    work_items::{read_dispatch, read_match},
};

/// A queue of the due index.
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

    fn queue(self) -> DueQueue {
        match self {
            OpenQueue::Matches => DueQueue::Matches,
            OpenQueue::Ready(channel) => DueQueue::Ready(channel),
            OpenQueue::Released => DueQueue::Released,
            OpenQueue::Unknown => DueQueue::Unknown,
        }
    }
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

/// Open work, its entry in the index, and the place behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEntry {
    pub key: DueKey,
    pub position: DuePosition,
    pub work: OpenWorkItem,
}

/// A page of open work, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPage {
    pub entries: Vec<OpenEntry>,
    pub next: Option<DuePosition>,
}

impl Store {
    /// Returns a page of a queue, of one campaign or of all. The items are read consistently, and
    /// work that the index still lists but that has moved on is left out.
    pub async fn list_open_work(
        &self,
        queue: OpenQueue,
        campaign: Option<&CampaignId>,
        after: Option<&DuePosition>,
        limit: usize,
    ) -> Result<OpenPage> {
        let kind = queue.queue();
        let page = self.due_page(kind, DueTime::By(Timestamp::MAX), limit, after).await?;
        let next = page.entries.last().map(|it| it.position.clone()).filter(|_| page.has_more);
        let wanted = |it: &DueEntry| {
            campaign.is_none_or(|id| it.item.text_opt("campaign_id") == Some(id.as_str()))
        };
        let listed: Vec<DueEntry> = page.entries.into_iter().filter(wanted).collect();
        let asked = listed.iter().map(|it| work_key(&it.key.pk, &it.key.sk)).collect();
        let found = self.batch_get(&self.tables.work, asked, ReadConsistency::Strong).await?;
        let mut entries = Vec::new();
        for DueEntry { key, position, .. } in listed {
            let still = |item: &&ItemMap| {
                (item.text_opt("pk"), item.text_opt("sk")) == (Some(&key.pk), Some(&key.sk))
                    && item.text_opt("due_queue") == Some(&self.due_partition(kind, item))
            };
            let Some(item) = found.iter().find(still) else {
                continue;
            };
            match read_open(queue, item) {
                Ok(work) => entries.push(OpenEntry { key, position, work }),
                Err(error) => tracing::error!(%error, key = key.pk, "unreadable open work"),
            }
        }
        Ok(OpenPage { entries, next })
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
