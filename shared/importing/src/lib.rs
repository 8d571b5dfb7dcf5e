//! Takes the records of a file into the store: customers with their consents, orders of the past,
//! suppressions, the catalogue. What a record means is decided in `import_files`; the rules that
//! hold for live events hold here, because the same operations of the store are used.
//!
//! Reads and writes Customers, Addresses, Work (orders) and Control (the catalogue). Before it:
//! whoever feeds a file in chunks. After it: audiences and deliveries, as after any change of a
//! customer. [`import`] is the state of one file, which the worker and operators change in turn.
//!
//! Guarantees: a record that was taken before is told as unchanged; an erased customer stays
//! erased; autopilots do not fire; each record is counted once, as taken, unchanged or refused.

mod batch;
mod catalogue;
pub mod import;
pub mod preview;
mod customers;
mod identities;
mod orders;
mod suppressions;
mod tally;

pub use batch::{Importer, RecordOutcome};
pub use orders::OrderTerms;
pub use tally::{ImportProblem, ImportTally, MAX_PROBLEMS};
