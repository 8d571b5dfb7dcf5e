//! Links of messages: the vouchers that the code of a link can mean, and the first tap of a person on
//! each channel, an attribute `t_sms`, `t_email`, `t_push` that is set once.
//!
//! Reads the index `by-campaign` and the short names of campaigns in Control; a link has no item of
//! its own. Guarantee: only the first tap on a channel is written, so only it is counted.

use domain::{
    Timestamp,
    kernel::{channel::Channel, id::CampaignId},
    voucher::{record::Voucher, short_link::LinkCode},
};

use super::VoucherKey;
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, s},
    keys::{campaign_bucket, link_name_partition, read_voucher_key},
};

/// The most campaigns that share a short name, and the most vouchers of one that share the beginning
/// of an id, that are looked at. Two of either are rare.
const MAX_NAMESAKES: i32 = 20;

pub(super) fn tap_attribute(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "t_sms",
        Channel::Email => "t_email",
        Channel::Push => "t_push",
    }
}

impl Store {
    /// Returns the vouchers that a code can mean, usually one. Its signature says which it is.
    /// Reads the records consistently, and what finds them eventually.
    pub async fn linked_vouchers(&self, code: &LinkCode) -> Result<Vec<Voucher>> {
        let mut keys = Vec::new();
        for campaign in self.campaigns_by_short_name(code.campaign_short_name()).await? {
            let page = self
                .client
                .query()
                .table_name(&self.tables.vouchers)
                .index_name("by-campaign")
                .key_condition_expression(
                    "campaign_bucket = :bucket AND begins_with(voucher_id, :prefix)",
                )
                .expression_attribute_values(":bucket", s(campaign_bucket(&campaign, code.shard())))
                .expression_attribute_values(":prefix", s(code.voucher_prefix()))
                .limit(MAX_NAMESAKES)
                .send()
                .await?;
            keys.extend(page.items().iter().map(read_voucher_key).collect::<Result<Vec<_>>>()?);
        }
        if keys.is_empty() { Ok(Vec::new()) } else { self.vouchers_by_keys(&keys).await }
    }

    async fn campaigns_by_short_name(&self, short_name: &str) -> Result<Vec<CampaignId>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .key_condition_expression("campaign_id = :name")
            .expression_attribute_values(":name", s(link_name_partition(short_name)))
            .limit(MAX_NAMESAKES)
            .send()
            .await?;
        let campaign = |item: &ItemMap| {
            CampaignId::parse(item.text("sk")?)
                .map_err(|_| StoreError::corrupt("link", "sk is no campaign"))
        };
        page.items().iter().map(campaign).collect()
    }

    /// Records the first tap of a person on a link in a message on `channel`. A later one, and one of
    /// a record that is gone, is a conflict and changes nothing.
    pub async fn record_tap(
        &self,
        key: &VoucherKey,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Applied> {
        let update = self
            .update_voucher(key)
            .update_expression("SET #tap = :now")
            .condition_expression("attribute_exists(voucher_id) AND attribute_not_exists(#tap)")
            .expression_attribute_names("#tap", tap_attribute(channel))
            .expression_attribute_values(":now", at(now));
        parse_applied(update.send().await)
    }
}
