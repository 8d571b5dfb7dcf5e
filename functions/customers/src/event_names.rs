//! Cache of event names that were recorded recently, so that each name is written once an hour and
//! not with each event.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use domain::Timestamp;
use jiff::SignedDuration;

const RECORD_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// The most names in the cache, more than any app has. Names beyond it are recorded each time.
const MAX_NAMES: usize = 1_000;

#[derive(Debug, Default)]
pub struct EventNameCache {
    noted: Mutex<BTreeMap<String, Timestamp>>,
}

impl EventNameCache {
    /// Returns true if the name has to be recorded now.
    pub fn is_due(&self, name: &str, now: Timestamp) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(name).is_some_and(|since| now.duration_since(*since) < RECORD_INTERVAL) {
            return false;
        }
        if noted.len() < MAX_NAMES {
            noted.insert(name.to_owned(), now);
        }
        true
    }
}
