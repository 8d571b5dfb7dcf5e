//! Imports: one item each in Work under `import#<id>`, with the state of its file, and a list of
//! them in the index `due`; the meanings of columns that were confirmed for a header. Written by
//! import and operations.
//!
//! Guarantees: a state replaces the one that it was made from, so of two workers on one file, or of
//! a worker and an operator, only one counts at a time.

use domain::{Timestamp, kernel::id::ImportId};
use jiff::SignedDuration;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store,
    conditional::Applied,
    error::Result,
    item::{AttributeReader, at, s},
    keys::{IMPORTS_LIST, import_key, import_mapping_key},
    listed_documents::{DocumentList, VersionedDocument, from_json, to_json, ttl},
};

pub use crate::listed_documents::ListPosition as ImportPosition;

/// The list of imports. An import is known for ninety days after its last change.
const IMPORTS: DocumentList = DocumentList {
    queue: IMPORTS_LIST,
    attribute: "import",
    kept: SignedDuration::from_hours(90 * 24),
};
/// The time for which the meanings of a header are known after they were confirmed.
const MAPPING_KEPT: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);

/// The state of an import with the version to write the next one against; 0 is an import that is
/// not stored yet.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredImport<T> {
    pub import: T,
    pub version: u64,
}

impl<T> From<VersionedDocument<T>> for StoredImport<T> {
    fn from(stored: VersionedDocument<T>) -> Self {
        Self { import: stored.document, version: stored.version }
    }
}

impl Store {
    /// Returns the state of an import. Reads consistently.
    pub async fn stored_import<T: DeserializeOwned>(
        &self,
        id: &ImportId,
    ) -> Result<Option<StoredImport<T>>> {
        Ok(self.listed_document(&IMPORTS, import_key(id)).await?.map(Into::into))
    }

    /// Writes the state of an import if the stored one is of the version as read. `created_at` is
    /// its place in the list, and stays the same.
    pub async fn put_import<T: Serialize>(
        &self,
        id: &ImportId,
        import: &StoredImport<T>,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<Applied> {
        let document = (&import.import, import.version);
        self.put_listed_document(&IMPORTS, import_key(id), document, created_at, now).await
    }

    /// Returns a page of imports, the newest first, and the place of the next page.
    pub async fn list_imports<T: DeserializeOwned>(
        &self,
        limit: u32,
        after: Option<&ImportPosition>,
    ) -> Result<(Vec<StoredImport<T>>, Option<ImportPosition>)> {
        let (imports, next) = self.list_documents(&IMPORTS, limit, after).await?;
        Ok((imports.into_iter().map(Into::into).collect(), next))
    }

    /// Returns the meanings of columns that were confirmed the last time that a file had this
    /// header.
    pub async fn import_mapping<T: DeserializeOwned>(&self, header: &str) -> Result<Option<T>> {
        let item = self.work_item(import_mapping_key(header)).await?;
        item.map(|item| from_json(item.text("mapping")?)).transpose()
    }

    /// Keeps the meanings of columns for the next file with this header.
    pub async fn put_import_mapping<T: Serialize>(
        &self,
        header: &str,
        mapping: &T,
        now: Timestamp,
    ) -> Result<()> {
        let mut item = import_mapping_key(header);
        item.extend([
            ("mapping".to_owned(), s(to_json(mapping)?)),
            ("at".to_owned(), at(now)),
            ("ttl".to_owned(), ttl(now, MAPPING_KEPT)),
        ]);
        self.client.put_item().table_name(&self.tables.work).set_item(Some(item)).send().await?;
        Ok(())
    }
}
