//! Tests of a delivery worker, from the pointer on its queue to the end of the dispatch: the claim
//! before the call, the four answers of a provider, who gets no message, and leases. They run on
//! the in-memory AWS, with a clock that the test sets and providers that answer as it says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod fixture;

mod answers;
mod claims;
mod limits;
mod variants;
mod merged_records;
mod follow_ups;
mod lanes;
