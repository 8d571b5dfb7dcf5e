//! Reads many items by key: in chunks of the size that one request takes, repeated for the keys
//! that DynamoDB left unprocessed.
//!
//! DynamoDB leaves keys unprocessed because it is overloaded, so they are asked for again after a
//! growing pause, and no more once several requests in a row have brought nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::{Result, Store, StoreError, backoff::back_off, item::ItemMap};

/// The most keys that one `BatchGetItem` takes.
const MAX_BATCH_KEYS: usize = 100;
/// The most requests in a row that bring no item and leave keys unprocessed.
const MAX_FRUITLESS: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadConsistency {
    Strong,
    /// An eventually consistent read: half the read units, and possibly older than the last write.
    Eventual,
}

/// Keys of one table.
pub(crate) struct TableKeys<'a> {
    table: &'a str,
    keys: Vec<ItemMap>,
    consistency: ReadConsistency,
}

impl<'a> TableKeys<'a> {
    pub fn new(table: &'a str, keys: Vec<ItemMap>, consistency: ReadConsistency) -> Self {
        Self { table, keys, consistency }
    }
    pub fn strong(table: &'a str, keys: Vec<ItemMap>) -> Self {
        Self::new(table, keys, ReadConsistency::Strong)
    }
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
            let keys = TableKeys::new(table, chunk.to_vec(), consistency);
            found
                .extend(self.batch_get_tables(vec![keys]).await?.remove(table).unwrap_or_default());
        }
        Ok(found)
    }

    /// Returns the items of all keys that exist, by table, in one request: at most 100 keys.
    pub(crate) async fn batch_get_tables(
        &self,
        wanted: Vec<TableKeys<'_>>,
    ) -> Result<HashMap<String, Vec<ItemMap>>> {
        let mut requests = HashMap::new();
        for TableKeys { table, keys, consistency } in wanted {
            if keys.is_empty() {
                continue;
            }
            let strong = consistency == ReadConsistency::Strong;
            let request = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(strong)
                .build()?;
            requests.insert(table.to_owned(), request);
        }
        let mut found = HashMap::<String, Vec<ItemMap>>::new();
        let mut fruitless = 0;
        while !requests.is_empty() {
            let asked = count_keys(&requests);
            let request = self.client.batch_get_item().set_request_items(Some(requests));
            let page = request.send().await?;
            for (table, items) in page.responses.into_iter().flatten() {
                found.entry(table).or_default().extend(items);
            }
            requests = page.unprocessed_keys.unwrap_or_default();
            if requests.is_empty() {
                break;
            }
            fruitless = if count_keys(&requests) < asked { 0 } else { fruitless + 1 };
            if fruitless == MAX_FRUITLESS {
                let left = count_keys(&requests);
                return Err(StoreError::Unavailable(format!("{left} keys were not processed")));
            }
            back_off(fruitless + 1).await;
        }
        Ok(found)
    }
}

fn count_keys(requests: &HashMap<String, KeysAndAttributes>) -> usize {
    requests.values().map(|wanted| wanted.keys().len()).sum()
}
