//! Rounds of an autopilot on the AWS in memory, with a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calendar;
mod events;
mod stage;
