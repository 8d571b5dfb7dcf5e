//! Limits how often this process writes down that a key was used: once an hour for each key, so
//! that a busy backend costs no write for each request.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::kernel::id::ApiKeyId;
use jiff::Timestamp;

/// The shortest time between two writes about one key, in seconds. Operators ask in days whether a
/// key is still in use.
const MIN_INTERVAL_SECONDS: i64 = 3_600;

/// The time at which this process last wrote about each key.
#[derive(Debug, Default)]
pub(crate) struct LastUses(Mutex<HashMap<ApiKeyId, Timestamp>>);

impl LastUses {
    /// Returns true if the use of the key is to be written now.
    pub(crate) fn is_due(&self, key: &ApiKeyId, now: Timestamp) -> bool {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = times
            .get(key)
            .is_some_and(|last| now.duration_since(*last).as_secs() < MIN_INTERVAL_SECONDS);
        if !recent {
            times.insert(key.clone(), now);
        }
        !recent
    }
}
