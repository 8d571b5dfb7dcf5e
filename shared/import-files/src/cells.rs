//! Readers of single cells: text, mailboxes, numbers, dates, money, consents, tags, countries.
//!
//! Each returns a value, nothing (the cell says nothing), or the reason why the cell is left out.
//! None of them guesses, and none quotes the cell in its reason.

pub mod choices;
pub mod countries;
pub mod dates;
pub mod emails;
pub mod money;
pub mod phones;
pub mod tags;
pub mod text;
