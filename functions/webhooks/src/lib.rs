//! Webhooks: publishes events about vouchers, delivers them to the app backend's endpoints, and
//! lets operators manage those endpoints.
//!
//! Three functions of the template run from this crate, each with a role of its own: [`publish`]
//! reads the stream of Vouchers, [`deliver`] works on the webhooks queue, [`admin`] answers the API.

pub mod publish;
pub mod deliver;
pub mod admin;
