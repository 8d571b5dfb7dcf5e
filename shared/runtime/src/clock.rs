//! The only clock of the functions; the domain takes the time as an argument.

use std::time::Duration;

use jiff::Timestamp;

/// In whole milliseconds, as the store keeps times: what is answered at first is then what is answered again from the record.
pub fn now() -> Timestamp {
    #[cfg(feature = "simulated")]
    if let Some(simulated) = simulated::now() {
        return simulated;
    }
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The clock of a simulation, one for each thread. A binary that ships is built without it.
#[cfg(feature = "simulated")]
pub mod simulated {
    use std::cell::Cell;

    use jiff::Timestamp;

    thread_local! {
        static NOW: Cell<Option<Timestamp>> = const { Cell::new(None) };
    }

    /// What `now` answers on this thread from here on; `None` is the real time again.
    pub fn set(now: Option<Timestamp>) {
        NOW.set(now);
    }
    pub(crate) fn now() -> Option<Timestamp> {
        NOW.get()
    }
}

/// When Lambda ends this invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// From the milliseconds since the epoch that Lambda gives with each event.
    pub fn from_millisecond(milliseconds: u64) -> Self {
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        Self(Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX))
    }
    pub fn at(self) -> Timestamp {
        self.0
    }
    /// Zero once it has passed.
    pub fn remaining(self) -> Duration {
        Duration::try_from(self.0.duration_since(now())).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_in_whole_milliseconds() {
        assert_eq!(now().subsec_nanosecond() % 1_000_000, 0);
    }

    #[test]
    fn a_passed_deadline_leaves_no_time() {
        assert_eq!(Deadline::from_millisecond(0).remaining(), Duration::ZERO);
        assert!(Deadline::from_millisecond(u64::MAX).remaining() > Duration::from_secs(60));
    }
}
