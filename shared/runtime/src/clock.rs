//! The only clock of the functions; the domain takes the time as an argument.

use std::time::Duration;

use jiff::Timestamp;

pub fn now() -> Timestamp {
    Timestamp::now()
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
    fn a_passed_deadline_leaves_no_time() {
        assert_eq!(Deadline::from_millisecond(0).remaining(), Duration::ZERO);
        assert!(Deadline::from_millisecond(u64::MAX).remaining() > Duration::from_secs(60));
    }
}
