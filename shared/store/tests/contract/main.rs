//! Contract tests of the store: every operation in memory and, when a stack is up, on the local AWS
//! as well. One binary, because linking costs more than compiling here.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod addresses;
mod api_keys;
mod attribution;
mod campaign_lists;
mod control;
mod customers;
mod directory;
mod dispatches;
mod exports;
mod imports;
mod lanes;
mod merges;
mod redemptions;
mod reports;
mod samples;
mod stage;
mod tellings;
mod values;
mod vouchers;
mod work;
