//! Tests of the customers API in memory, as the app backend's and the operator's requests reach it.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod behaviour;
mod changes;
mod client;
mod devices;
mod preferences;
mod privacy;
mod signatures;
mod documented_clients;
