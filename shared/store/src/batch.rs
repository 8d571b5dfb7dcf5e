//! Reading many items by key: in chunks of what one request takes, and again for what DynamoDB left out of an answer.

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::{Result, Store, item::Item};

/// Keys of one `BatchGetItem`.
const BATCH_KEYS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consistency {
    Strong,
    /// At half the price: may be older than the last write.
    Eventual,
}

impl Store {
    /// Those of `keys` that exist, in no order.
    pub(crate) async fn batch_get(&self, table: &str, keys: Vec<Item>, consistency: Consistency) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        for chunk in keys.chunks(BATCH_KEYS) {
            let mut wanted = chunk.to_vec();
            while !wanted.is_empty() {
                let strong = consistency == Consistency::Strong;
                let request = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(strong).build()?;
                let page = self.client.batch_get_item().request_items(table, request).send().await?;
                found.extend(page.responses.and_then(|mut tables| tables.remove(table)).unwrap_or_default());
                let left = page.unprocessed_keys.and_then(|mut tables| tables.remove(table));
                wanted = left.map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(found)
    }
}
