//! Pure rules of personal-voucher campaigns: no I/O, clock, randomness, environment or logging.
//! Time and ids are arguments.
//!
//! The modules are listed in reading order, roughly the order of a voucher's life. Everything that
//! must hold is decided here; `store` only makes each decision atomic.

pub mod kernel;
pub mod customer;
pub mod campaign;
pub mod voucher;
pub mod delivery;
pub mod reporting;

pub use jiff::{Timestamp, civil::Date, tz::TimeZone};
