//! Message previews and test sends: what operators see and send is what customers get, and touches nobody but who is listed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod stage;
mod overlaps;
mod preview;
mod samples;
