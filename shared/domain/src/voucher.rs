//! Vouchers: the record of one customer, redemption and reversal, attributed orders, webhook
//! events.

pub mod attempt;
pub mod skip_reason;
pub mod record;
pub mod past;
pub mod short_link;
pub mod tap;
pub mod combination;
pub mod order;
pub mod order_event;
pub mod redemption;
pub mod attribution;
pub mod goodwill;
pub mod webhook_event;
