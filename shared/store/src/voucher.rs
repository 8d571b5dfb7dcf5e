//! The ledger: records, issue, redemptions, attributed orders, and the change stream.

pub mod records;
pub mod issue;
pub mod redemptions;
pub(crate) mod attribution;
pub mod stream;
