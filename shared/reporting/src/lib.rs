//! Reads what reports, health pages and pickers share: the daily counters of the selected
//! campaigns, the judgement of a campaign's health, the values that occur with the names of the
//! catalogue, and the counting of customers for a rehearsal.
//!
//! Reads Reports and Control, and for a rehearsal Vouchers; writes nothing.

pub mod daily_counters;
pub mod health;
pub mod known_values;
pub mod rehearsal;
