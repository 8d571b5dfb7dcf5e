//! Takes records as entries of the catalogue: merchants, and names of verticals and categories.

use domain::{Timestamp, campaign::catalogue::CatalogueKind};
use import_files::{
    catalogue::{MerchantRecord, NamesRecord},
    reason::{CellNote, Reason},
};
use store::{Result, Store, campaign::catalogue_imports::EntryImport};

use crate::batch::RecordOutcome;

/// Takes a merchant. `file_at` is when the file came.
pub(crate) async fn take_merchant(
    store: &Store,
    record: &MerchantRecord,
    file_at: Timestamp,
    now: Timestamp,
) -> Result<RecordOutcome> {
    let merge = |stored: Option<&_>| record.merge(stored);
    let taken = store.import_merchant(&record.key, file_at, now, merge).await?;
    Ok(outcome(taken, record.notes.left_out.clone()))
}

/// Takes names of a vertical or a category.
pub(crate) async fn take_names(
    store: &Store,
    kind: CatalogueKind,
    record: &NamesRecord,
    file_at: Timestamp,
    now: Timestamp,
) -> Result<RecordOutcome> {
    let merge = |stored: Option<&_>| record.merge(stored);
    let taken = store.import_catalogue_names(kind, &record.key, file_at, now, merge).await?;
    Ok(outcome(taken, Vec::new()))
}

fn outcome(taken: EntryImport<Reason>, left_out: Vec<CellNote>) -> RecordOutcome {
    match taken {
        EntryImport::Taken => RecordOutcome::Taken { left_out },
        EntryImport::Unchanged => RecordOutcome::Unchanged { left_out },
        EntryImport::Duplicate => {
            let detail = "an earlier record of the file has this id and says something else";
            RecordOutcome::Refused(Reason::new("duplicate_id", detail))
        }
        EntryImport::ReportedLater => {
            let detail = "the entry was written after the file had come, and stays as it is";
            RecordOutcome::Refused(Reason::new("told_later", detail))
        }
        EntryImport::Refused(reason) => RecordOutcome::Refused(reason),
    }
}
