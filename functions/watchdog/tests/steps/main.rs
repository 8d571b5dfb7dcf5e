//! Tests of the watchdog's steps in memory, with a clock that the test sets.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod auto_pause;
mod recount;
mod schedule;
mod secret_ages;
mod waiting_hours;

use runtime::clock::Deadline;

/// Returns the deadline of an invocation that never ends.
fn no_end() -> Deadline {
    Deadline::from_millisecond(u64::MAX)
}
