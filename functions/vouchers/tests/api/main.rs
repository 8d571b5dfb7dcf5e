//! Tests of the vouchers API on the in-memory AWS, through its signed routes: the money path of one
//! voucher, and the wallet of a customer with many.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod fixture;

mod wallet;
mod signatures;
mod acceptance;
mod checkout;
mod redemption;
mod suspension;
mod reversal;
mod links;
