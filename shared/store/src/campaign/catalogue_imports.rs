//! Entries of the catalogue that files tell, each written on condition that the entry is as it was
//! read.
//!
//! An entry keeps with `file_at` when the file came that told it last. So a second record of the
//! same file that says something else is known for one, also after a crash and when the file comes
//! again, and a file that came before a later word does not undo it.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Timestamp,
    campaign::catalogue::{CatalogueKey, CatalogueKind, CatalogueNames, Merchant},
};
use serde::de::DeserializeOwned;

use super::catalogue::{merchant_item, names_item, read_entry};
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at},
    keys::catalogue_key,
};

/// The most times that an entry is read again because somebody else has written it.
const MAX_ATTEMPTS: u32 = 8;

/// The result of an entry that a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryImport<R> {
    Taken,
    /// It said so already.
    Unchanged,
    /// An earlier record of the same file says something else.
    Duplicate,
    /// It was told after the file had come.
    ReportedLater,
    /// The caller cannot make an entry of what is stored.
    Refused(R),
}

impl Store {
    /// Takes a merchant of a file that came at `file_at`. `merge` makes it of the stored one. The
    /// first of several records of a file about one merchant counts.
    pub async fn import_merchant<R>(
        &self,
        key: &CatalogueKey,
        file_at: Timestamp,
        now: Timestamp,
        merge: impl Fn(Option<&Merchant>) -> std::result::Result<Merchant, R>,
    ) -> Result<EntryImport<R>> {
        let item = |merchant: &Merchant| merchant_item(key, merchant, now);
        let key = catalogue_key(CatalogueKind::Merchants, key.as_str());
        self.import_entry(&key, file_at, true, merge, item).await
    }

    /// Takes names of a vertical or a category of a file that came at `file_at`. Each record of a
    /// file adds to those before it.
    pub async fn import_catalogue_names<R>(
        &self,
        kind: CatalogueKind,
        key: &CatalogueKey,
        file_at: Timestamp,
        now: Timestamp,
        merge: impl Fn(Option<&CatalogueNames>) -> std::result::Result<CatalogueNames, R>,
    ) -> Result<EntryImport<R>> {
        let item = |names: &CatalogueNames| names_item(kind, key, names, now);
        let key = catalogue_key(kind, key.as_str());
        self.import_entry(&key, file_at, false, merge, item).await
    }

    async fn import_entry<T: DeserializeOwned + PartialEq, R>(
        &self,
        key: &ItemMap,
        file_at: Timestamp,
        first_counts: bool,
        merge: impl Fn(Option<&T>) -> std::result::Result<T, R>,
        item: impl Fn(&T) -> Result<ItemMap>,
    ) -> Result<EntryImport<R>> {
        for _ in 0..MAX_ATTEMPTS {
            let was = self.read_catalogue_item(key).await?;
            let stored = was.as_ref().map(read_entry::<T>).transpose()?.map(|entry| entry.value);
            let entry = match merge(stored.as_ref()) {
                Ok(entry) => entry,
                Err(refusal) => return Ok(EntryImport::Refused(refusal)),
            };
            let is_change = stored.as_ref() != Some(&entry);
            let reported = was.as_ref().map(reported_at).transpose()?;
            let file_ms = file_at.as_millisecond();
            match reported {
                Some(reported) if reported.file == Some(file_ms) && !is_change => {
                    return Ok(EntryImport::Unchanged);
                }
                Some(reported) if reported.file == Some(file_ms) && first_counts => {
                    return Ok(EntryImport::Duplicate);
                }
                Some(reported) if reported.last > file_ms && is_change => {
                    return Ok(EntryImport::ReportedLater);
                }
                Some(reported) if reported.last > file_ms => return Ok(EntryImport::Unchanged),
                Some(_) | None => {}
            }
            let mut item = item(&entry)?;
            item.insert("file_at".into(), at(file_at));
            // The word is as old as it was: only the mark of the file is new.
            if let Some(was) = was.as_ref().filter(|_| !is_change) {
                item.insert("updated_at".into(), at(was.time("updated_at")?));
            }
            match self.put_imported(item, was.as_ref()).await? {
                Applied::Yes if is_change => return Ok(EntryImport::Taken),
                Applied::Yes => return Ok(EntryImport::Unchanged),
                Applied::Conflict => {}
            }
        }
        Err(StoreError::Contended("an entry of the catalogue"))
    }

    async fn read_catalogue_item(&self, key: &ItemMap) -> Result<Option<ItemMap>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(key.clone()))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item)
    }

    /// Writes an entry in the place of the one that was read.
    async fn put_imported(&self, item: ItemMap, was: Option<&ItemMap>) -> Result<Applied> {
        let put = self.client.put_item().table_name(&self.tables.control).set_item(Some(item));
        let Some(was) = was else {
            let put = put.condition_expression("attribute_not_exists(campaign_id)");
            return parse_applied(put.send().await);
        };
        let same = "document = :document AND updated_at = :updated_at";
        let put = put
            .expression_attribute_values(":document", required(was, "document")?)
            .expression_attribute_values(":updated_at", required(was, "updated_at")?);
        let put = match was.get("file_at") {
            Some(file_at) => put
                .condition_expression(format!("{same} AND file_at = :file_at"))
                .expression_attribute_values(":file_at", file_at.clone()),
            None => put.condition_expression(format!("{same} AND attribute_not_exists(file_at)")),
        };
        parse_applied(put.send().await)
    }
}

fn required(item: &ItemMap, name: &str) -> Result<AttributeValue> {
    item.get(name).cloned().ok_or_else(|| StoreError::corrupt(name, "no such attribute"))
}

/// The times at which an entry was told, in milliseconds.
struct ReportedAt {
    /// The arrival of the file that told it last, if a file was the last to tell it.
    file: Option<i64>,
    last: i64,
}

fn reported_at(item: &ItemMap) -> Result<ReportedAt> {
    let file = item.time_opt("file_at").map(Timestamp::as_millisecond);
    let last = match file {
        Some(file) => file,
        None => item.time("updated_at")?.as_millisecond(),
    };
    Ok(ReportedAt { file, last })
}
