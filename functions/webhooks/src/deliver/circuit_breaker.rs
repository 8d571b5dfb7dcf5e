//! A circuit breaker: stops calling an endpoint that does not answer for a while. Otherwise each of
//! a million events would wait ten seconds for nothing, and delay the other endpoints.
//!
//! Its state lives in the process and is lost with it; it saves time and decides nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{Timestamp, kernel::id::WebhookEndpointId};
use runtime::clock;

/// Calls in a row without an answer that open the circuit, and the seconds for which it stays open.
const MAX_UNANSWERED_CALLS: u32 = 5;
const OPEN_SECONDS: i64 = 60;

#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<HashMap<WebhookEndpointId, CircuitState>>);

#[derive(Debug, Clone, Copy, Default)]
struct CircuitState {
    calls: u32,
    until: Option<Timestamp>,
}

impl CircuitBreaker {
    /// Returns the time until which the endpoint is not called, if the circuit is open. The first
    /// call after it tests the endpoint.
    pub fn open_until(&self, hook: &WebhookEndpointId, now: Timestamp) -> Option<Timestamp> {
        let silences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silences.get(hook).and_then(|silence| silence.until).filter(|until| *until > now)
    }

    pub fn record_answer(&self, hook: &WebhookEndpointId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hook);
    }

    pub fn record_silence(&self, hook: &WebhookEndpointId, now: Timestamp) {
        let mut silences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = silences.entry(hook.clone()).or_default();
        silence.calls = silence.calls.saturating_add(1);
        if silence.calls >= MAX_UNANSWERED_CALLS {
            silence.until = Some(clock::seconds_after(now, OPEN_SECONDS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_silent_calls_in_a_row_are_a_minute_of_rest() {
        let (resting, hook) = (CircuitBreaker::default(), WebhookEndpointId::parse("app").unwrap());
        let at = |second| Timestamp::from_second(second).unwrap();
        for _ in 0..4 {
            resting.record_silence(&hook, at(0));
        }
        resting.record_answer(&hook);
        for _ in 0..4 {
            resting.record_silence(&hook, at(0));
        }
        assert_eq!(resting.open_until(&hook, at(0)), None);
        resting.record_silence(&hook, at(10));
        assert_eq!(resting.open_until(&hook, at(69)), Some(at(70)));
        assert_eq!(resting.open_until(&hook, at(70)), None);
        assert_eq!(resting.open_until(&WebhookEndpointId::parse("other").unwrap(), at(20)), None);
        resting.record_silence(&hook, at(71));
        assert_eq!(
            resting.open_until(&hook, at(72)),
            Some(at(131)),
            "one more is enough, until it answers"
        );
    }
}
