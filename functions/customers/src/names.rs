//! Names of events that were noted lately, so that each is written once an hour and not with each event.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use domain::Timestamp;
use jiff::SignedDuration;

const AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// More names than any app has: beyond it they are noted each time.
const MAX_KNOWN: usize = 1_000;

#[derive(Debug, Default)]
pub struct Names {
    noted: Mutex<BTreeMap<String, Timestamp>>,
}

impl Names {
    /// Whether it is to be noted now.
    pub fn is_new(&self, name: &str, now: Timestamp) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(name).is_some_and(|since| now.duration_since(*since) < AGAIN) {
            return false;
        }
        if noted.len() < MAX_KNOWN {
            noted.insert(name.to_owned(), now);
        }
        true
    }
}
