//! Waiting without guessing how long: look, and look again, up to a bound; a wait that fails says what it waited for and what it saw last.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// For what takes no more than a few hops: milliseconds on a quiet machine.
pub const SHORT: Duration = Duration::from_secs(45);
/// For what waits for a killed worker's message (30 s), an unknown attempt (60 s) or the schedule (60 s).
pub const LONG: Duration = Duration::from_secs(200);

/// Between two looks: short at first, as most waits are.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Looks until `done` holds of what is seen, and gives that back.
#[track_caller]
pub fn until<T: Debug, F: Future<Output = T>>(
    what: impl Into<String>,
    bound: Duration,
    look: impl FnMut() -> F,
    done: impl FnMut(&T) -> bool,
) -> impl Future<Output = T> {
    wait(std::panic::Location::caller(), what.into(), bound, look, done)
}

/// Looks until there is something, and gives it.
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
        assert!(began.elapsed() < bound, "{caller}: waited {bound:?} for {what}; last seen: {seen:#?}");
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 3 / 2);
    }
}

/// Looks again and again for `duration`, and fails at once when `stays` does not hold of what is seen.
#[track_caller]
pub fn stays<T: Debug, F: Future<Output = T>>(
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
            assert!(stays(&seen), "{caller}: {what} did not last; seen after {:?}: {seen:#?}", began.elapsed());
            tokio::time::sleep(LONGEST_PAUSE).await;
        }
    }
}
