//! The growing pause before a write that met another one is tried again. It reads and writes
//! nothing, and guarantees that a pause never exceeds a fixed bound.

use std::time::Duration;

/// The duration of one write, doubled up to [`MAX_DOUBLINGS`] times. Milliseconds.
const STEP_MS: u64 = 4;
/// The most doublings: the longest pause is about an eighth of a second.
const MAX_DOUBLINGS: u32 = 5;

/// Waits before the next decision: longer with each attempt, and randomly, because two writers of
/// one item would otherwise conflict again.
pub(crate) async fn back_off(attempt: u32) {
    let bound = STEP_MS << attempt.min(MAX_DOUBLINGS);
    tokio::time::sleep(Duration::from_millis(1 + fastrand::u64(..bound))).await;
}
