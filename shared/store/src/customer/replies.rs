//! Replies to an SMS that may mean a stop or a start and are for a person to read. Written by record-feedback;
//! read and settled by operators.
//!
//! A reply is kept for some months under the number's keyed hash; the number itself is not kept. A
//! repeat of the same message is the same item.

use domain::{Timestamp, customer::address::AddressKey};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    batch::ReadConsistency,
    error::Result,
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        REPLIES_LISTING, listing_key, parse_reply_id, read_address_key, reply_id, reply_key,
        reply_sort_key,
    },
};

/// The time for which an unread reply is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A reply that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingReply {
    /// The name of the reply in the API.
    pub id: String,
    pub address: AddressKey,
    pub text: String,
    pub at: Timestamp,
}

/// The place after which a page goes on; serializable for a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyPosition(String);

impl Store {
    /// Keeps a reply for a person. `message` is the provider's id of the reply.
    pub async fn keep_reply(
        &self,
        address: &AddressKey,
        message: &str,
        text: &str,
        received: Timestamp,
    ) -> Result<()> {
        let sort_key = reply_sort_key(received, message);
        let mut item = reply_key(address, &sort_key);
        let ends = received.checked_add(KEPT).unwrap_or(received);
        item.extend([
            ("text".to_owned(), s(text)),
            ("at".to_owned(), at(received)),
            ("ttl".to_owned(), n(ends.as_second())),
            ("listing".to_owned(), s(REPLIES_LISTING)),
            ("listed_at".to_owned(), s(listed_reply_at(&sort_key))),
        ]);
        self.client
            .put_item()
            .table_name(&self.tables.addresses)
            .set_item(Some(item))
            .send()
            .await?;
        Ok(())
    }

    /// Returns at most `limit` replies that wait for a person, the oldest first.
    pub async fn waiting_replies(
        &self,
        limit: u32,
        after: Option<&ReplyPosition>,
    ) -> Result<(Vec<WaitingReply>, Option<ReplyPosition>)> {
        let start = after.and_then(|it| parse_reply_id(&it.0)).map(|(address, sort_key)| {
            let listed_at = listed_reply_at(&sort_key);
            listing_key(reply_key(&address, &sort_key), REPLIES_LISTING, &listed_at)
        });
        let page = self
            .client
            .query()
            .table_name(&self.tables.addresses)
            .index_name("listing")
            .key_condition_expression("#listing = :listing")
            .expression_attribute_names("#listing", "listing")
            .expression_attribute_values(":listing", s(REPLIES_LISTING))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let page = page.send().await?;
        let next = page.last_evaluated_key().filter(|key| !key.is_empty()).map(reply_id);
        let keys = page.items().iter().map(|item| {
            let sort_key = item.text("item")?;
            Ok(reply_key(&read_address_key(item)?, sort_key))
        });
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let items = self.batch_get(&self.tables.addresses, keys, ReadConsistency::Strong).await?;
        let mut replies = items.iter().map(read_reply).collect::<Result<Vec<_>>>()?;
        replies.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        Ok((replies, next.transpose()?.map(ReplyPosition)))
    }

    /// Returns a reply, or `None` if there is no such reply or somebody has settled it.
    pub async fn waiting_reply(&self, id: &str) -> Result<Option<WaitingReply>> {
        let Some((address, sort_key)) = parse_reply_id(id) else {
            return Ok(None);
        };
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.addresses)
            .set_key(Some(reply_key(&address, &sort_key)));
        let found = found.consistent_read(true).send().await?.item;
        found.as_ref().map(read_reply).transpose()
    }

    /// Takes a reply off the list.
    pub async fn settle_reply(&self, id: &str) -> Result<()> {
        if let Some((address, sort_key)) = parse_reply_id(id) {
            self.client
                .delete_item()
                .table_name(&self.tables.addresses)
                .set_key(Some(reply_key(&address, &sort_key)))
                .send()
                .await?;
        }
        Ok(())
    }
}

/// Returns the place of a reply in the list: by its time.
fn listed_reply_at(sort_key: &str) -> String {
    sort_key.trim_start_matches("REPLY#").to_owned()
}

fn read_reply(item: &ItemMap) -> Result<WaitingReply> {
    Ok(WaitingReply {
        id: reply_id(item)?,
        address: read_address_key(item)?,
        text: item.text("text")?.to_owned(),
        at: item.time("at")?,
    })
}
