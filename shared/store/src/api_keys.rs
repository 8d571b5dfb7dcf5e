//! Requests of the app backend that are taken once, and the last use of each API key.
//!
//! The ids of requests lie in Work under PK `signed#<key>#<webhook-id>`, SK `SIGNED`, and are
//! removed by TTL; the uses in Control under `api_keys`, `KEY#<key>`. Before it: a verified
//! signature. Guarantees: an id is taken by one request only, for longer than a signature is valid.

use domain::{Timestamp, kernel::id::ApiKeyId};

use crate::{
    Store,
    conditional::{Applied, condition_failed, conflicting_item, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{API_KEY_PREFIX, API_KEYS_PARTITION, api_key_use_key, message_id_taken_key},
};

/// The time for which an id stays taken, in seconds. A signature is valid five minutes before and
/// after its timestamp; the rest is room for clocks that differ.
pub const KEEP_TAKEN_SECONDS: i64 = 15 * 60;
/// The most keys read at once: more than a secret can hold.
const MAX_READ: i32 = 100;

impl Store {
    /// Takes the id of a request. Returns a conflict if another request has taken it.
    ///
    /// `invocation` names the invocation of the function. By it a write recognises itself when its
    /// answer was lost and the SDK has repeated it.
    pub async fn take_message_id(
        &self,
        key: &ApiKeyId,
        message_id: &str,
        invocation: Option<&str>,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut item = message_id_taken_key(key, message_id);
        item.insert("ttl".into(), n(now.as_second().saturating_add(KEEP_TAKEN_SECONDS)));
        if let Some(invocation) = invocation {
            item.insert("invocation".into(), s(invocation));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.work)
            .set_item(Some(item))
            // TTL removes items late, so one that is over counts as removed.
            .condition_expression("attribute_not_exists(pk) OR #ttl < :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now.as_second()))
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            );
        match put.send().await {
            Ok(_) => Ok(Applied::Yes),
            Err(error) if condition_failed(&error) => {
                let taken_by = conflicting_item(&error).and_then(|it| it.text_opt("invocation"));
                let own = invocation.is_some() && taken_by == invocation;
                Ok(if own { Applied::Yes } else { Applied::Conflict })
            }
            Err(error) => Err(StoreError::from(error)),
        }
    }

    /// Records that the key was used, unless a later use is recorded already.
    pub async fn record_key_use(&self, key: &ApiKeyId, now: Timestamp) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.control)
            .set_key(Some(api_key_use_key(key)))
            .update_expression("SET last_used_at = :now")
            .condition_expression("attribute_not_exists(last_used_at) OR last_used_at < :now")
            .expression_attribute_values(":now", at(now));
        parse_applied(update.send().await).map(|_| ())
    }

    /// Returns the last use of each key that was ever used.
    pub async fn key_uses(&self) -> Result<Vec<(ApiKeyId, Timestamp)>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .key_condition_expression("campaign_id = :keys AND begins_with(sk, :prefix)")
            .expression_attribute_values(":keys", s(API_KEYS_PARTITION))
            .expression_attribute_values(":prefix", s(API_KEY_PREFIX))
            .limit(MAX_READ)
            .send()
            .await?;
        page.items().iter().map(read_key_use).collect()
    }
}

fn read_key_use(item: &ItemMap) -> Result<(ApiKeyId, Timestamp)> {
    let id = item.text("sk")?.strip_prefix(API_KEY_PREFIX);
    let id = id.and_then(|id| ApiKeyId::parse(id).ok());
    let id = id.ok_or_else(|| StoreError::corrupt("API key", "sk"))?;
    Ok((id, item.time("last_used_at")?))
}
