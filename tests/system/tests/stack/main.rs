//! Whole-system tests: the deployed template with all functions, queues and tables, on the test
//! stack. One binary, because linking costs more than compiling here.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod answers;
mod autopilot;
mod bad_input;
mod cancel;
mod caps;
mod consent;
mod counters;
mod crashes;
mod duplicates;
mod exports;
mod imports;
mod journey;
mod merges;
mod pause;
mod pictures;
mod poison;
mod redemption;
mod rehearsal;
mod reports;
mod roles;
mod webhooks;
