//! The columns of each kind of export, and how a record becomes rows.

pub mod campaigns;
pub mod customers;
pub mod orders;
pub mod suppressions;
pub mod vouchers;

use domain::kernel::money::MinorUnits;

use crate::table::Cell;

fn money(amount: MinorUnits) -> Cell {
    Cell::Integer(amount.units())
}
