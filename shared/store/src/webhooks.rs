//! Webhook endpoints, the deliveries that wait for a retry, and the notices that a chat was told.

pub mod endpoints;
pub mod deliveries;
mod notices;
