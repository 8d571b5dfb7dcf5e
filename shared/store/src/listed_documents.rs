//! Documents of jobs in Work: each is one item with a JSON text and a version, and has a place in a
//! list of the index `due`, by the time at which it was made. Imports and exports are such
//! documents.
//!
//! Guarantees: a document replaces the one that it was made from, so of two writers only one counts
//! at a time; a change moves nothing in the list.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{due_start_key, work_key},
};

/// The form of the documents of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DocumentList {
    /// The partition of the index `due`.
    pub queue: &'static str,
    /// The attribute that has the JSON text.
    pub attribute: &'static str,
    /// The time for which a document is known after its last change.
    pub kept: SignedDuration,
}

/// A document with the version to write the next one against; 0 is one that is not stored yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VersionedDocument<T> {
    pub document: T,
    pub version: u64,
}

/// The place in a list after which reading goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    pk: String,
    sk: String,
    created_at: i64,
}

impl ListPosition {
    fn read(item: &ItemMap) -> Result<Self> {
        let (pk, sk) = (item.text("pk")?.to_owned(), item.text("sk")?.to_owned());
        Ok(Self { pk, sk, created_at: item.number("due_at")? })
    }
}

impl DocumentList {
    fn read<T: DeserializeOwned>(&self, item: &ItemMap) -> Result<VersionedDocument<T>> {
        let document = from_json(item.text(self.attribute)?)?;
        Ok(VersionedDocument { document, version: item.number("version")? })
    }
}

impl Store {
    /// Returns a document. Reads consistently.
    pub(crate) async fn listed_document<T: DeserializeOwned>(
        &self,
        list: &DocumentList,
        key: ItemMap,
    ) -> Result<Option<VersionedDocument<T>>> {
        let item = self.work_item(key).await?;
        item.as_ref().map(|item| list.read(item)).transpose()
    }

    /// Writes a document if the stored one is of the version as read. `created_at` is its place in
    /// the list, and stays the same.
    pub(crate) async fn put_listed_document<T: Serialize>(
        &self,
        list: &DocumentList,
        key: ItemMap,
        document: (&T, u64),
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<Applied> {
        let (document, version) = document;
        let mut item = key;
        item.extend([
            (list.attribute.to_owned(), s(to_json(document)?)),
            ("version".to_owned(), n(version + 1)),
            ("at".to_owned(), at(now)),
            ("due_queue".to_owned(), s(list.queue)),
            ("due_at".to_owned(), at(created_at)),
            ("ttl".to_owned(), ttl(now, list.kept)),
        ]);
        let put = self.client.put_item().table_name(&self.tables.work).set_item(Some(item));
        let put = if version == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :version")
                .expression_attribute_values(":version", n(version))
        };
        parse_applied(put.send().await)
    }

    /// Returns a page of a list, the newest first, and the place of the next page.
    pub(crate) async fn list_documents<T: DeserializeOwned>(
        &self,
        list: &DocumentList,
        limit: u32,
        after: Option<&ListPosition>,
    ) -> Result<(Vec<VersionedDocument<T>>, Option<ListPosition>)> {
        let start =
            after.map(|it| due_start_key(work_key(&it.pk, &it.sk), list.queue, it.created_at));
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue")
            .expression_attribute_values(":queue", s(list.queue))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let places = page.items().iter().map(ListPosition::read).collect::<Result<Vec<_>>>()?;
        let next = page.last_evaluated_key().filter(|key| !key.is_empty());
        let next = next.map(ListPosition::read).transpose()?;
        let keys = places.iter().map(|it| work_key(&it.pk, &it.sk)).collect();
        let found = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let mut documents = Vec::with_capacity(places.len());
        for place in &places {
            let is_it = |item: &&ItemMap| item.text_opt("pk") == Some(&place.pk);
            match found.iter().find(is_it).map(|item| list.read(item)) {
                Some(Ok(document)) => documents.push(document),
                Some(Err(error)) => tracing::error!(%error, key = place.pk, "unreadable document"),
                None => {}
            }
        }
        Ok((documents, next))
    }
}

/// Returns the time to live of an item that is kept for so long.
pub(crate) fn ttl(now: Timestamp, kept: SignedDuration) -> AttributeValue {
    n(now.checked_add(kept).unwrap_or(now).as_second())
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Refused(error.to_string()))
}
