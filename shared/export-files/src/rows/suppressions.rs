//! The suppression list: one row for each reason in force of an address, which is shown by its key.
//! The first columns are those that an import of suppressions takes back.

use domain::{
    Timestamp,
    customer::{
        address::AddressKey,
        address_state::{AddressState, AddressSuppression},
    },
};

use crate::table::{Cell, Column, Row};

pub const COLUMNS: &[Column] = &[
    Column::text("key", "The keyed hash of the address; what it is made of is kept nowhere"),
    Column::text("channel", "sms, email or push"),
    Column::text("reason", "failing, invalid, bounced, blocked, erased, opted_out or complained"),
    Column::time("at", "Since when it was said without a break"),
    Column::text("source", "Where it came from"),
    Column::text("by", "The operator who added it"),
    Column::text("note", "Their note"),
    Column::time("last_at", "When it was said last"),
];

/// Returns the rows of an address, of those of its reasons whose time is wanted.
pub fn rows(
    key: &AddressKey,
    state: &AddressState,
    is_wanted: impl Fn(Timestamp) -> bool,
) -> Vec<Row> {
    let in_force = state.in_force().filter(|(_, no)| is_wanted(no.since));
    let row =
        |(reason, no): (domain::customer::profile::SuppressionReason, &AddressSuppression)| {
            vec![
                Cell::text(key.to_string()),
                Cell::text(state.channel.as_str()),
                Cell::text(reason.as_str()),
                Cell::Time(no.since),
                Cell::text(no.source.as_str()),
                Cell::text_of(no.by.as_deref()),
                Cell::text_of(no.note.as_deref()),
                Cell::Time(no.last),
            ]
        };
    in_force.map(row).collect()
}
