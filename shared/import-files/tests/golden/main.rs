//! Reads the samples of `tests/samples` to their last record, as the tables of its README say, and
//! holds single cells, splits and accidents against examples and properties.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod accidents;
mod catalogue;
mod parquet;
mod cells;
mod samples;
mod world;
