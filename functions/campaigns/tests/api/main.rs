//! Tests of the campaigns API in memory, as the operator's requests reach it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod client;
mod lifecycle;
mod approvals;
mod messages;
mod pictures;
mod playbooks;
mod readiness;
mod rehearsals;
mod replay;
mod segments;
mod value_warnings;
