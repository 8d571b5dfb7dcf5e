//! Counts the messages that each channel has released in a minute: PK `rate#<channel>`, SK the
//! minute, removed by TTL an hour later. release-dispatches asks before it releases, so that
//! several rounds in one minute keep to the channel's rate together.

use domain::kernel::channel::Channel;

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::n,
    keys::rate_key,
};

impl Store {
    /// Reserves a share of a channel's sending rate for one minute. Returns true if `messages` more
    /// stay within `rate_per_minute`.
    pub async fn reserve_rate(
        &self,
        channel: Channel,
        minute: i64,
        messages: u64,
        rate_per_minute: u64,
    ) -> Result<bool> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(rate_key(channel, minute)))
            .update_expression("ADD used :messages SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(used) OR used <= :room")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":messages", n(messages))
            .expression_attribute_values(":ttl", n(minute * 60 + 3_600))
            .expression_attribute_values(":room", n(rate_per_minute.saturating_sub(messages)))
            .send()
            .await;
        Ok(parse_applied(answer)? == Applied::Yes)
    }
}
