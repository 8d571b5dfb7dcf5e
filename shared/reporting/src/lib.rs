//! Reads what reports, health pages and pickers share: the daily counters of the selected campaigns, the
//! judgement of a campaign's health, and the values that occur with the names of the catalogue.
//!
//! Reads Reports and Control, writes nothing and never reads a voucher.

pub mod daily_counters;
pub mod health;
pub mod known_values;
