//! Delivery: dispatches, lanes and whose fault an answer is, attempts, what providers say of them
//! later, who may be sent a message now, test sends, and notices.

pub mod dispatch;
pub mod sender_fault;
pub mod provider_errors;
pub mod lane;
pub mod attempt_policy;
pub mod feedback;
pub mod daily_limit;
pub mod contact_policy;
pub mod sms_way_out;
pub mod sms_origination;
pub mod questions;
pub mod eligibility;
pub mod test_send;
pub mod notices;
