//! The ledger: records, issue, orders with their events, redemptions, attributed orders, and the
//! change stream.

pub mod records;
pub mod issue;
pub mod offers;
pub mod orders;
pub mod order_events;
pub mod redemptions;
pub(crate) mod attribution;
pub mod stream;
