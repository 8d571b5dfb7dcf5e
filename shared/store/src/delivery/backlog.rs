//! Late work on the due index, for the health of the whole system. Only one page of each partition
//! is read, so that the cost does not follow the amount of work.

use domain::{Timestamp, kernel::channel::Channel};

use crate::{
    Store,
    error::Result,
    item::AttributeReader,
    keys::{
        CALENDARS_QUEUE, MATCHES_QUEUE, RELEASED_QUEUE, SCANNING_QUEUE, UNKNOWN_QUEUE, ready_queue,
    },
};

/// The most entries of one kind that are counted.
const PAGE: i32 = 500;

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

    fn queue_name(self) -> String {
        match self {
            BacklogQueue::Matches => MATCHES_QUEUE.to_owned(),
            BacklogQueue::Scanning => SCANNING_QUEUE.to_owned(),
            BacklogQueue::Calendars => CALENDARS_QUEUE.to_owned(),
            BacklogQueue::Ready(channel) => ready_queue(channel),
            BacklogQueue::Released => RELEASED_QUEUE.to_owned(),
            BacklogQueue::Unknown => UNKNOWN_QUEUE.to_owned(),
        }
    }
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
        let (found, next) = self.due_items(&backlog.queue_name(), now, PAGE, None).await?;
        let oldest = found.first().and_then(|item| item.time_opt("due_at"));
        Ok(OverdueWork { due: found.len(), more: next.is_some(), oldest })
    }
}
