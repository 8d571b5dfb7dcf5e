//! Tests of the operations API together with the functions that it observes, on the in-memory AWS
//! and with a clock that the test sets.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod api_keys;
mod follow_ups;
mod contact;
mod costs;
mod customer_list;
mod sms_way_out;
mod dead_letters;
mod diagnostics;
mod extremes;
mod faults;
mod goodwill;
mod health;
mod imports;
mod matches;
mod pending;
mod undone;
mod unknown_fates;
mod suppressions;
mod topics;
mod fixture;
