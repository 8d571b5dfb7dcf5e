//! Waits without guessing how long: polls up to a bound. A wait that fails says what it waited for
//! and what it saw last.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// The bound for what takes no more than a few hops: milliseconds on a quiet machine.
pub const SHORT: Duration = Duration::from_secs(45);
/// The bound for what waits for a killed worker's message (30 s), an unknown attempt (30 s) or the
/// schedule (60 s).
pub const LONG: Duration = Duration::from_secs(200);

/// The first pause between two polls: short, because most waits are.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Polls until `done` holds for what is seen, and returns it.
#[track_caller]
pub fn until<T: Debug, F: Future<Output = T>>(
    what: impl Into<String>,
    bound: Duration,
    look: impl FnMut() -> F,
    done: impl FnMut(&T) -> bool,
) -> impl Future<Output = T> {
    wait(std::panic::Location::caller(), what.into(), bound, look, done)
}

/// Polls until there is a value, and returns it.
#[track_caller]
pub fn until_some<T: Debug, F: Future<Output = Option<T>>>(
    what: impl Into<String>,
    bound: Duration,
    look: impl FnMut() -> F,
) -> impl Future<Output = T> {
    let seen = wait(std::panic::Location::caller(), what.into(), bound, look, Option::is_some);
    async { seen.await.expect("waited for") }
}

async fn wait<T: Debug, F: Future<Output = T>>(
    caller: &'static std::panic::Location<'static>,
    what: String,
    bound: Duration,
    mut look: impl FnMut() -> F,
    mut done: impl FnMut(&T) -> bool,
) -> T {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let seen = look().await;
        if done(&seen) {
            return seen;
        }
        assert!(
            began.elapsed() < bound,
            "{caller}: waited {bound:?} for {what}; last seen: {seen:#?}"
        );
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 3 / 2);
    }
}

/// Polls for `duration`, and fails at once when `holds_for` does not hold for what is seen.
#[track_caller]
pub fn holds_for<T: Debug, F: Future<Output = T>>(
    what: impl Into<String>,
    duration: Duration,
    mut look: impl FnMut() -> F,
    mut stays: impl FnMut(&T) -> bool,
) -> impl Future<Output = ()> {
    let (caller, what) = (std::panic::Location::caller(), what.into());
    async move {
        let began = Instant::now();
        while began.elapsed() < duration {
            let seen = look().await;
            assert!(
                stays(&seen),
                "{caller}: {what} did not last; seen after {:?}: {seen:#?}",
                began.elapsed()
            );
            tokio::time::sleep(LONGEST_PAUSE).await;
        }
    }
}
