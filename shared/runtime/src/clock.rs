//! The only clock of the functions; the domain takes the time as an argument.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Returns the time in whole milliseconds, as the store keeps times. So the first answer has the
/// same times as a later answer read from the record.
pub fn now() -> Timestamp {
    from_platform_time(platform_now())
}

/// Converts a time that the platform wrote, such as a stream's, to this clock.
pub fn from_platform_time(at: Timestamp) -> Timestamp {
    #[cfg(feature = "simulated")]
    let ahead = if simulated::now().is_some() { 0 } else { simulated::offset_millis() };
    #[cfg(not(feature = "simulated"))]
    let ahead = 0;
    Timestamp::from_millisecond(at.as_millisecond().saturating_add(ahead)).unwrap_or(at)
}

/// Returns the time that lies `pause` after `at`, or `at` itself where the calendar ends.
pub fn after(at: Timestamp, pause: SignedDuration) -> Timestamp {
    at.checked_add(pause).unwrap_or(at)
}

/// Returns the time that lies so many seconds after `at`.
pub fn seconds_after(at: Timestamp, seconds: i64) -> Timestamp {
    after(at, SignedDuration::from_secs(seconds))
}

/// Returns the time that lies `pause` before `at`, or `at` itself where the calendar begins.
pub fn before(at: Timestamp, pause: SignedDuration) -> Timestamp {
    at.checked_sub(pause).unwrap_or(at)
}

/// Returns the time of the platform, in which deadlines of invocations are given and requests are
/// signed: the other side of a signature knows nothing of a stack whose own time was moved on.
pub fn platform_now() -> Timestamp {
    #[cfg(feature = "simulated")]
    if let Some(simulated) = simulated::now() {
        return simulated;
    }
    Timestamp::now()
}

/// Clocks that shipped binaries are built without.
///
/// A simulation has a clock for each thread. The local stack's clock is ahead of the machine's by
/// the milliseconds in the file that `TEST_CLOCK_FILE` names.
#[cfg(feature = "simulated")]
pub mod simulated {
    use std::{
        cell::Cell,
        path::{Path, PathBuf},
        sync::{
            LazyLock,
            atomic::{AtomicI64, Ordering},
        },
    };

    use jiff::Timestamp;

    thread_local! {
        static NOW: Cell<Option<Timestamp>> = const { Cell::new(None) };
    }
    static FILE: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var_os("TEST_CLOCK_FILE").map(PathBuf::from));
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    static READ_AT: AtomicI64 = AtomicI64::new(i64::MIN);
    /// Interval after which the file is read again, in milliseconds.
    const REREAD_INTERVAL_MS: i64 = 200;

    /// Sets the answer of `now` on this thread; `None` returns to the real time.
    pub fn set_now(now: Option<Timestamp>) {
        NOW.set(now);
    }
    pub(crate) fn now() -> Option<Timestamp> {
        NOW.get()
    }

    pub(super) fn offset_millis() -> i64 {
        let Some(file) = &*FILE else { return 0 };
        let real = Timestamp::now().as_millisecond();
        if real.saturating_sub(READ_AT.load(Ordering::Relaxed)) >= REREAD_INTERVAL_MS {
            // The offset only grows, because a clock never goes back.
            AHEAD.fetch_max(read_offset(file), Ordering::Relaxed);
            READ_AT.store(real, Ordering::Relaxed);
        }
        AHEAD.load(Ordering::Relaxed)
    }

    pub(super) fn read_offset(file: &Path) -> i64 {
        std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }
}

/// The time at which Lambda ends this invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// Builds the deadline from the milliseconds since the epoch that Lambda gives with each event.
    pub fn from_millisecond(milliseconds: u64) -> Self {
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        Self(Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX))
    }
    pub fn at(self) -> Timestamp {
        self.0
    }
    /// Returns the time that is left; zero once the deadline has passed.
    pub fn remaining(self) -> Duration {
        Duration::try_from(self.0.duration_since(platform_now())).unwrap_or(Duration::ZERO)
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
    fn a_time_beyond_the_calendar_is_the_time_itself() {
        let minute = SignedDuration::from_mins(1);
        assert_eq!(before(after(Timestamp::UNIX_EPOCH, minute), minute), Timestamp::UNIX_EPOCH);
        assert_eq!(after(Timestamp::MAX, minute), Timestamp::MAX);
        assert_eq!(before(Timestamp::MIN, minute), Timestamp::MIN);
    }

    #[test]
    #[cfg(feature = "simulated")]
    fn a_clock_that_was_not_moved_or_cannot_be_read_is_the_machines() {
        let file = std::env::temp_dir().join(format!("clock-{}", std::process::id()));
        assert_eq!(simulated::read_offset(&file), 0);
        for (text, ahead) in [("86400000\n", 86_400_000), ("soon", 0), ("", 0)] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(simulated::read_offset(&file), ahead);
        }
        std::fs::remove_file(&file).unwrap();
    }

    /// Runs itself once more in a process that has the clock file, because it is read once.
    #[test]
    #[cfg(feature = "simulated")]
    fn a_stack_that_was_moved_on_is_ahead_of_its_platform() {
        const DAY_MS: i64 = 86_400_000;
        if std::env::var_os("TEST_CLOCK_FILE").is_some() {
            let ahead = now().duration_since(platform_now());
            assert!((ahead.as_millis() - i128::from(DAY_MS)).abs() < 60_000, "{ahead}");
            return;
        }
        let file = std::env::temp_dir().join(format!("moved-clock-{}", std::process::id()));
        std::fs::write(&file, DAY_MS.to_string()).unwrap();
        let test = "clock::tests::a_stack_that_was_moved_on_is_ahead_of_its_platform";
        let moved = std::process::Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env("TEST_CLOCK_FILE", &file)
            .output()
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        let told = String::from_utf8_lossy(&moved.stdout);
        assert!(moved.status.success() && told.contains("1 passed"), "{moved:?}");
    }

    #[test]
    fn a_passed_deadline_leaves_no_time() {
        assert_eq!(Deadline::from_millisecond(0).remaining(), Duration::ZERO);
        assert!(Deadline::from_millisecond(u64::MAX).remaining() > Duration::from_secs(60));
    }
}
