//! Delivers released dispatches, one module and one function of the template for each channel.
//!
//! The crate `delivery` does the work, these modules choose the provider. A role of its own keeps
//! each function to its channel's queue and provider.

pub mod sms;
pub mod email;
pub mod push;
