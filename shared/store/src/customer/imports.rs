//! Imports: one item each in Work under `IMPORT#<id>`, with the checkpoint of its file. Written and
//! read by import alone.
//!
//! Guarantees: a checkpoint replaces the one that it was made from, so of two workers on one file only
//! one counts.

use domain::Timestamp;
use jiff::SignedDuration;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, at, n, s},
    keys::import_key,
};

/// The time for which an import is known after its last checkpoint.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A checkpoint with the version to write the next one against.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredImport<T> {
    pub checkpoint: T,
    pub version: u64,
}

impl Store {
    /// Returns the checkpoint of an import. Reads consistently.
    pub async fn import_checkpoint<T: DeserializeOwned>(
        &self,
        id: &str,
    ) -> Result<Option<StoredImport<T>>> {
        let found =
            self.client.get_item().table_name(&self.tables.work).set_key(Some(import_key(id)));
        let Some(item) = found.consistent_read(true).send().await?.item else { return Ok(None) };
        let checkpoint = serde_json::from_str(item.text("checkpoint")?);
        let bad = |error: serde_json::Error| StoreError::Refused(error.to_string());
        Ok(Some(StoredImport {
            checkpoint: checkpoint.map_err(bad)?,
            version: item.number("version")?,
        }))
    }

    /// Writes a checkpoint if the stored one is of `version`; 0 is an import that is not known yet.
    pub async fn put_import_checkpoint<T: Serialize>(
        &self,
        id: &str,
        import: &StoredImport<T>,
        now: Timestamp,
    ) -> Result<Applied> {
        let bad = |error: serde_json::Error| StoreError::Refused(error.to_string());
        let checkpoint = serde_json::to_string(&import.checkpoint).map_err(bad)?;
        let ends = now.checked_add(KEPT).unwrap_or(now);
        let mut item = import_key(id);
        item.extend([
            ("checkpoint".to_owned(), s(checkpoint)),
            ("version".to_owned(), n(import.version + 1)),
            ("at".to_owned(), at(now)),
            ("ttl".to_owned(), n(ends.as_second())),
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
}
