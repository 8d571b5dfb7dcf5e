//! Signs of life of what runs by a clock, and of what follows the stream: when each last came round. Work, PK `HEARTBEAT`, SK the
//! name; the stream's in Reports, which is what it writes. Nothing depends on them; the health of the system shows them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::Timestamp;

use crate::{
    Store,
    error::Result,
    item::{Read, at, s},
};

const HEARTBEAT: &str = "HEARTBEAT";
/// A process writes no more often: rounds are also woken between the minutes. Seconds.
const EVERY_SECONDS: i64 = 30;

/// Who gives signs of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Beating {
    Release,
    Autopilot,
    Sweep,
    /// With the time of the last change that is in the counters.
    Stream,
}

impl Beating {
    pub const ALL: [Beating; 4] = [Beating::Release, Beating::Autopilot, Beating::Sweep, Beating::Stream];
    pub fn as_str(self) -> &'static str {
        match self {
            Beating::Release => "release-dispatches",
            Beating::Autopilot => "scan-autopilot",
            Beating::Sweep => "sweep",
            Beating::Stream => "aggregate-reports",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    pub at: Timestamp,
    /// Of the stream: how far it has been counted.
    pub until: Option<Timestamp>,
}

/// When this process last said so.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<HashMap<Beating, Timestamp>>);

impl Said {
    fn is_time(&self, who: Beating, now: Timestamp) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = said.get(&who).is_some_and(|last| now.duration_since(*last).as_secs() < EVERY_SECONDS);
        if !recent {
            said.insert(who, now);
        }
        !recent
    }
}

impl Store {
    /// Never an error: whoever beats has better things to fail for.
    pub async fn beat(&self, who: Beating, until: Option<Timestamp>, now: Timestamp) {
        if !self.said.is_time(who, now) {
            return;
        }
        let mut update = self
            .client
            .update_item()
            .table_name(self.beats_in(who).0)
            .key("pk", s(HEARTBEAT))
            .key(self.beats_in(who).1, s(who.as_str()))
            .update_expression("SET #at = :now")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":now", at(now));
        if let Some(until) = until {
            update = update
                .update_expression("SET #at = :now, #until = :until")
                .expression_attribute_names("#until", "until")
                .expression_attribute_values(":until", at(until));
        }
        if let Err(error) = update.send().await {
            let error = aws_sdk_dynamodb::error::DisplayErrorContext(error);
            tracing::warn!(who = who.as_str(), %error, "a heartbeat was not written");
        }
    }

    /// The table, and the name of its sort key.
    fn beats_in(&self, who: Beating) -> (&str, &'static str) {
        match who {
            Beating::Release | Beating::Autopilot | Beating::Sweep => (&self.tables.work, "sk"),
            Beating::Stream => (&self.tables.reports, "day"),
        }
    }

    /// `None` of who has never come round.
    pub async fn heartbeat(&self, who: Beating) -> Result<Option<Heartbeat>> {
        let found = self
            .client
            .get_item()
            .table_name(self.beats_in(who).0)
            .key("pk", s(HEARTBEAT))
            .key(self.beats_in(who).1, s(who.as_str()))
            .send()
            .await?;
        let Some(item) = found.item else { return Ok(None) };
        Ok(Some(Heartbeat { at: item.time("at")?, until: item.time_opt("until") }))
    }
}
