//! Message previews and test sends: operators see and send what customers get, and only listed
//! addresses are touched.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod fixture;
mod overlaps;
mod preview;
mod test_sends;
