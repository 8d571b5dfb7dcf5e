//! Exports: one item each in Work under `export#<id>`, with its state, a list of them in the index
//! `due`, and in Control the audit record of each that has contacts. Written by operations and export.
//!
//! Guarantees: a state replaces the one that it was made from, so of two workers on one export, or
//! of a worker and an operator, only one counts at a time; an audit record is never changed.

use domain::{Timestamp, kernel::id::ExportId};
use jiff::SignedDuration;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store,
    conditional::Applied,
    error::Result,
    keys::{EXPORTS_LIST, export_key},
    listed_documents::{DocumentList, VersionedDocument},
};

pub use crate::listed_documents::ListPosition as ExportPosition;

/// The list of exports. An export is known for ninety days after its last change.
const EXPORTS: DocumentList = DocumentList {
    queue: EXPORTS_LIST,
    attribute: "export",
    kept: SignedDuration::from_hours(90 * 24),
};

/// The state of an export with the version to write the next one against; 0 is an export that is
/// not stored yet.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredExport<T> {
    pub export: T,
    pub version: u64,
}

impl<T> From<VersionedDocument<T>> for StoredExport<T> {
    fn from(stored: VersionedDocument<T>) -> Self {
        Self { export: stored.document, version: stored.version }
    }
}

impl Store {
    /// Returns the state of an export. Reads consistently.
    pub async fn stored_export<T: DeserializeOwned>(
        &self,
        id: &ExportId,
    ) -> Result<Option<StoredExport<T>>> {
        Ok(self.listed_document(&EXPORTS, export_key(id)).await?.map(Into::into))
    }

    /// Writes the state of an export if the stored one is of the version as read. `created_at` is
    /// its place in the list, and stays the same.
    pub async fn put_export<T: Serialize>(
        &self,
        id: &ExportId,
        export: &StoredExport<T>,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<Applied> {
        let document = (&export.export, export.version);
        self.put_listed_document(&EXPORTS, export_key(id), document, created_at, now).await
    }

    /// Returns a page of exports, the newest first, and the place of the next page.
    pub async fn list_exports<T: DeserializeOwned>(
        &self,
        limit: u32,
        after: Option<&ExportPosition>,
    ) -> Result<(Vec<StoredExport<T>>, Option<ExportPosition>)> {
        let (exports, next) = self.list_documents(&EXPORTS, limit, after).await?;
        Ok((exports.into_iter().map(Into::into).collect(), next))
    }
}
