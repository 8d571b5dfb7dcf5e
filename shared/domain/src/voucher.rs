//! Vouchers: the record of one customer, redemption and reversal, attributed orders, webhook events.

pub mod record;
pub mod redemption;
pub mod attribution;
pub mod webhook_event;
