//! Data of ours as files for other systems: which columns each kind of export has, how a record
//! becomes a row, and how rows become a part of CSV or Parquet. [`export`] is the state of one
//! export, which the worker and operators change in turn.
//!
//! Pure: whoever exports reads the records and keeps the files. Before it: the store's records.
//! After it: objects of a bucket, and whoever loads them.
//!
//! Guarantees: every row of a kind has that kind's columns, in their order and of their types; a
//! spreadsheet runs no cell; the columns of a kind keep their names, and new ones come last.

mod csv;
pub mod export;
mod manifest;
mod parquet_file;
pub mod rows;
mod table;
mod writer;

pub use manifest::{ColumnNote, Manifest};
pub use table::{Cell, CellType, Column, Row};
pub use writer::{FinishedPart, PartWriter, WriteError};
