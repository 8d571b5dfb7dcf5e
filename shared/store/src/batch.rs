//! Reads many items by key: in chunks of the size that one request takes, repeated for the keys
//! that DynamoDB left unprocessed.

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::{Result, Store, item::ItemMap};

/// The most keys that one `BatchGetItem` takes.
const MAX_BATCH_KEYS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadConsistency {
    Strong,
    /// An eventually consistent read: half the read units, and possibly older than the last write.
    Eventual,
}

impl Store {
    /// Returns the items of `keys` that exist, in no particular order.
    pub(crate) async fn batch_get(
        &self,
        table: &str,
        keys: Vec<ItemMap>,
        consistency: ReadConsistency,
    ) -> Result<Vec<ItemMap>> {
        let mut found = Vec::new();
        for chunk in keys.chunks(MAX_BATCH_KEYS) {
            let mut wanted = chunk.to_vec();
            while !wanted.is_empty() {
                let strong = consistency == ReadConsistency::Strong;
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(strong)
                    .build()?;
                let page =
                    self.client.batch_get_item().request_items(table, request).send().await?;
                found.extend(
                    page.responses.and_then(|mut tables| tables.remove(table)).unwrap_or_default(),
                );
                let left = page.unprocessed_keys.and_then(|mut tables| tables.remove(table));
                wanted = left.map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(found)
    }
}
