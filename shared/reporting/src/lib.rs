//! What reports and health pages share: the daily counters of the selected campaigns, and the
//! judgement of a campaign's health.
//!
//! Reads Reports and Control, writes nothing and never reads a voucher.

pub mod daily_counters;
pub mod health;
