//! The operations API beside the functions that it looks at, on the AWS in memory and with a clock that the test moves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod afterwards;
mod contact;
mod costs;
mod diagnostics;
mod extremes;
mod faults;
mod health;
mod matches;
mod pending;
mod stage;
