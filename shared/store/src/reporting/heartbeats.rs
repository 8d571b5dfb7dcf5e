//! Heartbeats of the functions that run on a timer and of the stream reader: the time at which each
//! last ran. They lie in Work under PK `HEARTBEAT`, SK the name; the stream reader's lies in
//! Reports, which is the table that it writes. No other code depends on them; the system health
//! view shows them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::Timestamp;

use crate::{
    Store,
    error::Result,
    item::{AttributeReader, ItemMap, at},
    keys::{report_heartbeat_key, work_heartbeat_key},
};

/// The shortest time between two heartbeats of one process, because rounds are also woken between
/// the minutes. Seconds.
const MIN_INTERVAL_SECONDS: i64 = 30;

/// The functions that write heartbeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeartbeatSource {
    Release,
    Autopilot,
    Watchdog,
    /// The stream reader, whose heartbeat carries the time of the last change that is in the
    /// counters.
    Stream,
}

impl HeartbeatSource {
    pub const ALL: [HeartbeatSource; 4] = [
        HeartbeatSource::Release,
        HeartbeatSource::Autopilot,
        HeartbeatSource::Watchdog,
        HeartbeatSource::Stream,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            HeartbeatSource::Release => "release-dispatches",
            HeartbeatSource::Autopilot => "scan-autopilot",
            HeartbeatSource::Watchdog => "watchdog",
            HeartbeatSource::Stream => "aggregate-reports",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    pub at: Timestamp,
    /// The time up to which the stream reader has counted; absent for the others.
    pub until: Option<Timestamp>,
}

/// The time at which this process last wrote each heartbeat.
#[derive(Debug, Default)]
pub(crate) struct HeartbeatTimes(Mutex<HashMap<HeartbeatSource, Timestamp>>);

impl HeartbeatTimes {
    fn is_due(&self, who: HeartbeatSource, now: Timestamp) -> bool {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = times
            .get(&who)
            .is_some_and(|last| now.duration_since(*last).as_secs() < MIN_INTERVAL_SECONDS);
        if !recent {
            times.insert(who, now);
        }
        !recent
    }
}

impl Store {
    /// Writes a heartbeat. Never fails: a lost heartbeat is no reason to fail a round, so an error
    /// is only logged.
    pub async fn record_heartbeat(
        &self,
        who: HeartbeatSource,
        until: Option<Timestamp>,
        now: Timestamp,
    ) {
        if !self.heartbeat_times.is_due(who, now) {
            return;
        }
        let (table, key) = self.heartbeat_location(who);
        let mut update = self
            .client
            .update_item()
            .table_name(table)
            .set_key(Some(key))
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
            tracing::warn!(who = who.as_str(), %error, "could not write heartbeat");
        }
    }

    /// Returns the table of a heartbeat, and its key there.
    fn heartbeat_location(&self, who: HeartbeatSource) -> (&str, ItemMap) {
        match who {
            HeartbeatSource::Release | HeartbeatSource::Autopilot | HeartbeatSource::Watchdog => {
                (&self.tables.work, work_heartbeat_key(who.as_str()))
            }
            HeartbeatSource::Stream => (&self.tables.reports, report_heartbeat_key(who.as_str())),
        }
    }

    /// Returns the last heartbeat, or `None` if the function has never run.
    pub async fn heartbeat(&self, who: HeartbeatSource) -> Result<Option<Heartbeat>> {
        let (table, key) = self.heartbeat_location(who);
        let found = self.client.get_item().table_name(table).set_key(Some(key)).send().await?;
        let Some(item) = found.item else {
            return Ok(None);
        };
        Ok(Some(Heartbeat { at: item.time("at")?, until: item.time_opt("until") }))
    }
}
