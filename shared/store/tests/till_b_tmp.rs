#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]
#[path = "contract/attribution.rs"]
mod attribution;
#[path = "contract/customers.rs"]
mod customers;
#[path = "contract/stage.rs"]
mod stage;
#[path = "contract/vouchers.rs"]
mod vouchers;
