//! Customers and orders: profiles, the lists of customers that operators search, calendar entries,
//! what addresses have said, order records, and erasures.

pub mod profiles;
pub mod directory;
pub mod addresses;
pub mod address_mirror;
pub mod replies;
pub mod orders;
pub mod imports;
mod erasure;
pub mod merges;
