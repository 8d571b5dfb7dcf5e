//! Imports: one item each in Work under `import#<id>`, with the state of its file, and a list of them
//! in the index `due`; the meanings of columns that were confirmed for a header. Written by import and
//! operations.
//!
//! Guarantees: a state replaces the one that it was made from, so of two workers on one file, or of a
//! worker and an operator, only one counts at a time.

use domain::{Timestamp, kernel::id::ImportId};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{IMPORTS_LIST, due_start_key, import_key, import_mapping_key, work_key},
};

/// The time for which an import is known after its last change.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The time for which the meanings of a header are known after they were confirmed.
const MAPPING_KEPT: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);

/// The state of an import with the version to write the next one against; 0 is an import that is not
/// stored yet.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredImport<T> {
    pub import: T,
    pub version: u64,
}

/// The place in the list of imports after which reading goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPosition {
    pk: String,
    sk: String,
    created_at: i64,
}

impl ImportPosition {
    fn read(item: &ItemMap) -> Result<Self> {
        let (pk, sk) = (item.text("pk")?.to_owned(), item.text("sk")?.to_owned());
        Ok(Self { pk, sk, created_at: item.number("due_at")? })
    }
}

impl Store {
    /// Returns the state of an import. Reads consistently.
    pub async fn stored_import<T: DeserializeOwned>(
        &self,
        id: &ImportId,
    ) -> Result<Option<StoredImport<T>>> {
        let item = self.work_item(import_key(id)).await?;
        item.as_ref().map(read_import).transpose()
    }

    /// Writes the state of an import if the stored one is of the version as read. `created_at` is its
    /// place in the list, and stays the same.
    pub async fn put_import<T: Serialize>(
        &self,
        id: &ImportId,
        import: &StoredImport<T>,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut item = import_key(id);
        item.extend([
            ("import".to_owned(), s(to_json(&import.import)?)),
            ("version".to_owned(), n(import.version + 1)),
            ("at".to_owned(), at(now)),
            ("due_queue".to_owned(), s(IMPORTS_LIST)),
            ("due_at".to_owned(), at(created_at)),
            ("ttl".to_owned(), ttl(now, KEPT)),
        ]);
        let put = self.client.put_item().table_name(&self.tables.work).set_item(Some(item));
        let put = if import.version == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :version")
                .expression_attribute_values(":version", n(import.version))
        };
        parse_applied(put.send().await)
    }

    /// Returns a page of imports, the newest first, and the place of the next page.
    pub async fn list_imports<T: DeserializeOwned>(
        &self,
        limit: u32,
        after: Option<&ImportPosition>,
    ) -> Result<(Vec<StoredImport<T>>, Option<ImportPosition>)> {
        let start =
            after.map(|it| due_start_key(work_key(&it.pk, &it.sk), IMPORTS_LIST, it.created_at));
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue")
            .expression_attribute_values(":queue", s(IMPORTS_LIST))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let places = page.items().iter().map(ImportPosition::read).collect::<Result<Vec<_>>>()?;
        let next = page.last_evaluated_key().filter(|key| !key.is_empty());
        let next = next.map(ImportPosition::read).transpose()?;
        let keys = places.iter().map(|it| work_key(&it.pk, &it.sk)).collect();
        let found = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let mut imports = Vec::with_capacity(places.len());
        for place in &places {
            let is_it = |item: &&ItemMap| item.text_opt("pk") == Some(&place.pk);
            match found.iter().find(is_it).map(read_import) {
                Some(Ok(import)) => imports.push(import),
                Some(Err(error)) => tracing::error!(%error, key = place.pk, "unreadable import"),
                None => {}
            }
        }
        Ok((imports, next))
    }

    /// Returns the meanings of columns that were confirmed the last time that a file had this header.
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

fn read_import<T: DeserializeOwned>(item: &ItemMap) -> Result<StoredImport<T>> {
    Ok(StoredImport { import: from_json(item.text("import")?)?, version: item.number("version")? })
}

fn ttl(now: Timestamp, kept: SignedDuration) -> aws_sdk_dynamodb::types::AttributeValue {
    n(now.checked_add(kept).unwrap_or(now).as_second())
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Refused(error.to_string()))
}
