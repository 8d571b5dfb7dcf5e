//! What of the due index is late: for the health of the whole system. A page of each partition, so that the cost does not follow the work.

use domain::{Timestamp, channel::Channel};

use crate::{
    Store,
    dispatches::{RELEASED, ready_queue},
    error::Result,
    item::Read,
    matches::MATCHES,
    vouchers::UNKNOWN,
    work::{ALWAYS_ON, SCANNING},
};

/// Entries of one kind that are counted.
const PAGE: i32 = 500;

/// Work that somebody has to look after at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    /// Matches by events, to be planned.
    Matches,
    /// Segments of promotions: since their last checkpoint.
    Scanning,
    /// Calendars of autopilots, to be walked.
    Calendars,
    /// Dispatches to be released.
    Ready(Channel),
    /// Dispatches that were released and should have come back.
    Released,
    /// Attempts of unknown fate, to be settled.
    Unknown,
}

impl Backlog {
    pub const ALL: [Backlog; 8] = [
        Backlog::Matches,
        Backlog::Scanning,
        Backlog::Calendars,
        Backlog::Ready(Channel::Sms),
        Backlog::Ready(Channel::Email),
        Backlog::Ready(Channel::Push),
        Backlog::Released,
        Backlog::Unknown,
    ];

    fn queue(self) -> String {
        match self {
            Backlog::Matches => MATCHES.to_owned(),
            Backlog::Scanning => SCANNING.to_owned(),
            Backlog::Calendars => ALWAYS_ON.to_owned(),
            Backlog::Ready(channel) => ready_queue(channel),
            Backlog::Released => RELEASED.to_owned(),
            Backlog::Unknown => UNKNOWN.to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Late {
    /// Due by now.
    pub due: usize,
    /// There is more than was counted.
    pub more: bool,
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// What is due by `now`. Eventually consistent, as the index is.
    pub async fn late(&self, backlog: Backlog, now: Timestamp) -> Result<Late> {
        let (found, next) = self.due(&backlog.queue(), now, PAGE, None).await?;
        let oldest = found.first().and_then(|item| item.time_opt("due_at"));
        Ok(Late { due: found.len(), more: next.is_some(), oldest })
    }
}
