//! Webhook endpoints, and the deliveries that wait for a retry.

pub mod endpoints;
pub mod deliveries;
