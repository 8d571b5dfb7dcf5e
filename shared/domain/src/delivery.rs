//! Delivery: dispatches, attempts, who may be sent a message now, and test sends.

pub mod dispatch;
pub mod attempt_policy;
pub mod contact_policy;
pub mod eligibility;
pub mod test_send;
