//! Files of customers, orders, suppressions and the catalogue as other systems write them:
//! decoding, splitting, recognising, and reading into the domain's types. Pure; the function that
//! imports feeds it with chunks of an object and stores what it returns.
//!
//! The way of a file: [`layout`] tells its form by its first bytes, [`survey`] reads it once whole,
//! [`reader`] returns its records again one by one, [`customer`], [`order`] and [`catalogue`] read
//! each, and [`change`] says what a record does to the stored customer.
//!
//! Guarantees: memory is bounded by the longest record; every record ends as taken or as refused
//! with a reason; a cell is read in one way or left out with a reason; reasons never quote a cell;
//! cells of columns that are secrets are not read.
//!
//! A file of Parquet is read by [`parquet_file`] instead of [`reader`], with the same records.
//!
//! Decided otherwise than by the rule in `tests/samples/README.md`, or beyond it:
//! - An amount in a currency of three decimals (KWD, TND) with a point and three digits is read as
//!   decimals, since systems write each amount of it so. With a comma it stays ambiguous.
//! - A file that is not UTF-8 and has no mark is read as Windows-1252, as the web does.
//! - A birthday without a year is kept under [`cells::dates::UNKNOWN_YEAR`].
//! - A yes without a date is stored as of 1970, and a no as of when the file was made, each with a
//!   source that ends in `:undated`.
//! - Tags of a record with the system's id replace the known ones; tags of one that is joined by its
//!   mailbox or phone are added, as both samples ask.
//! - A record that differs only in cells for which a customer has no place (spend, order counts, whole
//!   names) is told as unchanged.
//! - `shopify-customers.csv`, 5: its cell says yes for SMS where the table says no; the cell counts.
//! - A yes for SMS in a record without any number is left out with its reason (`braze-users.csv`, 5).
//! - A slashed date among dashed ones, or the other way round, is taken with a warning in every file.
//! - A whole name that no column divides is not put in the place of a given name.

pub mod catalogue;
pub mod cells;
pub mod change;
mod choices;
pub mod customer;
mod json;
pub mod layout;
pub mod order;
pub mod parquet_file;
pub mod reader;
mod readings;
pub mod reason;
pub mod record;
pub mod refused;
mod row;
mod split;
pub mod survey;
pub mod systems;
pub mod target;

pub use split::MAX_RECORD_BYTES;
