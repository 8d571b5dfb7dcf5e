//! Customers and orders: profiles, calendar entries, addresses, order records, and erasures.

pub mod profiles;
pub mod orders;
mod erasure;
