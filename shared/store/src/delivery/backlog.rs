//! Late work on the due index, for the health of the whole system. Only one page of each queue
//! is read, so that the cost does not follow the amount of work.

use domain::{Timestamp, kernel::channel::Channel};

use crate::{
    Store,
    due_index::{DueQueue, DueTime},
    error::Result,
    item::AttributeReader,
    keys::{CALENDARS_QUEUE, SCANNING_QUEUE},
};

/// The most entries of one kind that are counted.
const PAGE: usize = 500;

/// A kind of work that is due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacklogQueue {
    /// Matches of event triggers, to be planned.
    Matches,
    /// Segments of promotions, late since their last checkpoint.
    Scanning,
    /// Calendars of autopilots, to be walked.
    Calendars,
    /// Dispatches to be released.
    Ready(Channel),
    /// Dispatches that were released and should have been processed.
    Released,
    /// Attempts of unknown fate, to be settled.
    Unknown,
}

impl BacklogQueue {
    /// Returns all queues, in the order of a voucher's life.
    pub fn all() -> Vec<BacklogQueue> {
        let before = [BacklogQueue::Matches, BacklogQueue::Scanning, BacklogQueue::Calendars];
        let ready = Channel::ALL.map(BacklogQueue::Ready);
        let after = [BacklogQueue::Released, BacklogQueue::Unknown];
        before.into_iter().chain(ready).chain(after).collect()
    }

    fn place(self) -> Place {
        match self {
            BacklogQueue::Matches => Place::Shards(DueQueue::Matches),
            BacklogQueue::Scanning => Place::Partition(SCANNING_QUEUE),
            BacklogQueue::Calendars => Place::Partition(CALENDARS_QUEUE),
            BacklogQueue::Ready(channel) => Place::Shards(DueQueue::Ready(channel)),
            BacklogQueue::Released => Place::Shards(DueQueue::Released),
            BacklogQueue::Unknown => Place::Shards(DueQueue::Unknown),
        }
    }
}

/// Where a kind of work is on the due index.
enum Place {
    Partition(&'static str),
    Shards(DueQueue),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OverdueWork {
    /// The number of entries due by now.
    pub due: usize,
    /// There are more entries than were counted.
    pub more: bool,
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// Returns the work that is due by `now`. Eventually consistent, like the index.
    pub async fn overdue_work(&self, backlog: BacklogQueue, now: Timestamp) -> Result<OverdueWork> {
        let due = DueTime::By(now);
        let (found, more) = match backlog.place() {
            Place::Partition(name) => {
                let (found, next) = self.due_items(name, due, PAGE, None).await?;
                (found, next.is_some())
            }
            Place::Shards(queue) => {
                let (found, next) = self.due_page(queue, due, PAGE, None).await?.into_items();
                (found, next.is_some())
            }
        };
        let oldest = found.first().and_then(|item| item.time_opt("due_at"));
        Ok(OverdueWork { due: found.len(), more, oldest })
    }
}
