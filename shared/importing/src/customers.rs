//! Takes a record as a change of its customer, then records what its addresses have said.

use domain::{
    Timestamp,
    customer::{changes::CustomerChangeRefusal, profile::Customer},
    kernel::money::Currency,
};
use import_files::{
    customer::{CustomerRecord, ImportTerms},
    reason::{CellNote, Reason},
};
use store::{Result, Store, customer::profiles::CustomerChangeResult};

use crate::{
    batch::RecordOutcome,
    identities::{Found, erased, find_customer},
    suppressions::suppress_addresses,
};

/// The terms that all records of a file of customers have in common.
pub(crate) struct CustomerTerms<'a> {
    pub terms: &'a ImportTerms,
    /// The name of the file's system in consents and suppressions.
    pub source: &'a str,
    pub tenant: Currency,
    /// True if the file adds to customers and makes none.
    pub must_exist: bool,
}

pub(crate) async fn take_customer(
    store: &Store,
    record: &CustomerRecord,
    file: &CustomerTerms<'_>,
    now: Timestamp,
) -> Result<RecordOutcome> {
    let id = match find_customer(store, &record.identity).await? {
        Found::Customer(id) => id,
        Found::Refused(reason) => return Ok(RecordOutcome::Refused(reason)),
    };
    let change =
        |stored: Option<&Customer>| record.change(stored, file.terms, file.source).replacement;
    let may_create = !file.must_exist;
    let written = store.import_customer(&id, change, may_create, file.tenant, now).await?;
    let mut left_out = record.notes.left_out.clone();
    let mut note_lacking = |after: &Customer| {
        let lacking = record.change(Some(after), file.terms, file.source).left_out;
        left_out.extend(lacking.into_iter().filter(|it| it.reason.code == "no_address"));
    };
    let is_written = match written {
        CustomerChangeResult::Created(after) | CustomerChangeResult::Changed(after) => {
            note_lacking(&after);
            true
        }
        CustomerChangeResult::Unchanged(after) => {
            note_lacking(&after);
            false
        }
        CustomerChangeResult::Refused(refusal) => {
            return Ok(RecordOutcome::Refused(refusal_reason(&refusal)));
        }
        CustomerChangeResult::Erased => return Ok(RecordOutcome::Refused(erased())),
        CustomerChangeResult::Unknown => {
            let detail = "no such customer: import the file of customers first";
            return Ok(RecordOutcome::Refused(Reason::new("no_customer", detail)));
        }
    };
    let said = record.suppressions(file.terms, file.source);
    let is_change = suppress_addresses(store, &said).await?;
    Ok(outcome(is_written || is_change, left_out))
}

pub(crate) fn outcome(is_change: bool, left_out: Vec<CellNote>) -> RecordOutcome {
    if is_change {
        RecordOutcome::Taken { left_out }
    } else {
        RecordOutcome::Unchanged { left_out }
    }
}

fn refusal_reason(refusal: &CustomerChangeRefusal) -> Reason {
    match refusal {
        CustomerChangeRefusal::CurrencyFixed { present } => {
            let detail = format!("the customer's orders are counted in {present}");
            Reason::new("currency_fixed", detail)
        }
        CustomerChangeRefusal::Invalid(errors) => {
            let first =
                errors.first().map_or(String::new(), |it| format!("{}: {}", it.field, it.detail));
            Reason::new("invalid", first)
        }
    }
}
