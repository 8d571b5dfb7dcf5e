//! Pure rules of personal-voucher campaigns: no I/O, clock, randomness, environment or logging.
//! Time and ids are arguments.
//!
//! The modules are listed in reading order, roughly the order of a voucher's life. Everything that
//! must hold is decided here; `store` only makes each decision atomic.

pub mod id;
pub mod field;
pub mod money;
pub mod channel;
pub mod offer;
pub mod validity;
pub mod campaign;
pub mod trigger;
pub mod definition;
pub mod definition_change;
pub mod approval;
pub mod playbook;
pub mod audience;
pub mod brand;
pub mod message;
pub mod customer;
pub mod customer_change;
pub mod order;
pub mod dispatch;
pub mod contact_policy;
pub mod decision;
pub mod replay;
pub mod dormancy;
pub mod run_health;
pub mod overlap;
pub mod delivery;
pub mod voucher;
pub mod sender_health;
pub mod sample;
pub mod recount;
pub mod redemption;
pub mod attribution;
pub mod announcement;
pub mod report;
pub mod costs;
pub mod effect;
pub mod exposure;
pub mod leak;

pub use jiff::{Timestamp, civil::Date, tz::TimeZone};
