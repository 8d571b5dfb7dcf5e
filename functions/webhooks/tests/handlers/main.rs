//! Tests of the three webhook handlers in memory, against a receiver that the test controls.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod delivery;
mod endpoints;
mod publishing;
