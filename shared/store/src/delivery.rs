//! Planned work: segments, dispatches, lanes, trigger matches, reminders, expiries and test sends.

pub mod segments;
pub mod dispatches;
pub mod send_rates;
pub mod lanes;
pub mod trigger_matches;
pub mod pending;
pub mod operator_actions;
pub mod backlog;
pub mod waiting_hours;
pub mod reminders;
pub mod expiries;
pub mod goodwill;
pub mod test_sends;
