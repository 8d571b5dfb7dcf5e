//! Calls to addresses that somebody else has chosen: the only code that connects to anything but AWS. An address is checked when it is
//! saved (its form), and again at each connection, on the very addresses that are then connected to, so that neither a name that
//! resolves to the inside nor one that changes its mind reaches it. Redirects are never followed, answers are read to a small bound.
//! Before it: the webhooks API, send-webhooks.

mod address;
mod policy;
mod caller;

pub use address::is_public;
pub use caller::{Answered, Caller, Failure};
pub use policy::{Policy, Refused, Target};
