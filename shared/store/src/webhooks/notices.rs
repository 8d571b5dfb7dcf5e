//! The notices that a chat was told, in Work: PK `notice#<occurrence>`, SK `SENT`. Written by
//! deliver-webhooks before it calls the chat, so that no occurrence is told twice.

use domain::Timestamp;

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::{at, n},
    keys::work_key,
};

/// The time for which a notice is remembered, in seconds: longer than an occurrence is looked for.
const KEEP_SECONDS: i64 = 30 * 24 * 3_600;

impl Store {
    /// Takes an occurrence for this caller. Every other caller gets [`Applied::Conflict`].
    pub async fn claim_notice(&self, occurrence: &str, now: Timestamp) -> Result<Applied> {
        let mut item = work_key(&format!("notice#{occurrence}"), "SENT");
        item.insert("at".into(), at(now));
        item.insert("ttl".into(), n(now.as_second().saturating_add(KEEP_SECONDS)));
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.work)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        parse_applied(put.send().await)
    }
}
