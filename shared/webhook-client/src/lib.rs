//! An HTTP client for addresses that an operator has configured: the only code that connects to
//! anything but AWS.
//!
//! The form of an address is checked when it is saved. The resolved addresses are checked again at
//! each connection, and exactly these are connected to. So neither a name that resolves to a
//! private address nor one that changes its addresses later reaches the private network (SSRF).
//! Redirects are never followed, and answers are read up to a small bound.
//!
//! Before it: the webhooks API, deliver-webhooks.

mod address;
mod policy;
mod client;

pub use address::is_public;
pub use client::{CallFailure, CallResponse, WebhookClient};
pub use policy::{AddressPolicy, AddressRefusal, CallTarget};
