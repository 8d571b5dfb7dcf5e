//! Customers and orders: profiles, calendar entries, addresses, and order records.

pub mod profiles;
pub mod orders;
