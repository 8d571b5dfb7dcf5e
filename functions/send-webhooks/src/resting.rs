//! Endpoints that do not answer are left alone for a while, so that each of a million events does not wait ten seconds of a function for
//! nothing, and other endpoints get their turn. Kept by the process and forgotten with it: it saves time and decides nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{Timestamp, id::HookId};

/// Calls in a row without an answer, and then so many seconds of rest.
const SILENT_CALLS: u32 = 5;
const REST_SECONDS: i64 = 60;

#[derive(Debug, Default)]
pub struct Resting(Mutex<HashMap<HookId, Silence>>);

#[derive(Debug, Clone, Copy, Default)]
struct Silence {
    calls: u32,
    until: Option<Timestamp>,
}

impl Resting {
    /// Until when it is left alone. The first call after that may find out.
    pub fn until(&self, hook: &HookId, now: Timestamp) -> Option<Timestamp> {
        let silences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silences.get(hook).and_then(|silence| silence.until).filter(|until| *until > now)
    }

    pub fn answered(&self, hook: &HookId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hook);
    }

    pub fn silent(&self, hook: &HookId, now: Timestamp) {
        let mut silences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = silences.entry(hook.clone()).or_default();
        silence.calls = silence.calls.saturating_add(1);
        if silence.calls >= SILENT_CALLS {
            silence.until = now.checked_add(jiff::SignedDuration::from_secs(REST_SECONDS)).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_silent_calls_in_a_row_are_a_minute_of_rest() {
        let (resting, hook) = (Resting::default(), HookId::parse("app").unwrap());
        let at = |second| Timestamp::from_second(second).unwrap();
        for _ in 0..4 {
            resting.silent(&hook, at(0));
        }
        resting.answered(&hook);
        for _ in 0..4 {
            resting.silent(&hook, at(0));
        }
        assert_eq!(resting.until(&hook, at(0)), None);
        resting.silent(&hook, at(10));
        assert_eq!(resting.until(&hook, at(69)), Some(at(70)));
        assert_eq!(resting.until(&hook, at(70)), None);
        assert_eq!(resting.until(&HookId::parse("other").unwrap(), at(20)), None);
        resting.silent(&hook, at(71));
        assert_eq!(resting.until(&hook, at(72)), Some(at(131)), "one more is enough, until it answers");
    }
}
