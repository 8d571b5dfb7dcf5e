//! Rounds of scan-autopilot on the in-memory AWS, with a clock that the test sets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calendar;
mod events;
mod fixture;
