//! The Vouchers table: PK customer, SK voucher. One item holds the voucher with its stages and its
//! attempts, under a kilobyte, so that each step costs one write unit. The put that issues a
//! voucher is also the claim of its first send (exactly once).
//!
//! Attempts are top-level maps `a_sms`, `a_email`, `a_push`; every write to one names its number
//! and the states that it may leave.

mod attempts;
mod feedback;
mod taps;
mod unknown;
mod undeliverable;
mod item;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, TransactWriteItem, builders::PutBuilder,
};
use domain::{
    Timestamp,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, VoucherId},
    },
    voucher::{attempt::AttemptState, record::Voucher},
};

pub use crate::keys::{CAMPAIGN_SHARDS, VoucherKey};
pub use attempts::{AttemptClaim, AttemptFollowUp, SentMessage};
pub(crate) use feedback::FeedbackTransition;
pub use item::voucher_from_image;
pub(crate) use item::{
    REMINDER, REMINDER_UNITS, read_voucher, redemption_value, refusal_attributes, refused_text,
    reminder_value, voucher_item,
};
use taps::tap_attribute;
pub use unknown::UnknownAttempt;
pub(crate) use unknown::read_unknown;

use crate::{
    Store,
    batch::ReadConsistency,
    customer::profiles::CustomerLookup,
    error::{Result, StoreError},
    item::{AttributeReader, n, s},
    keys::{campaign_bucket, campaign_start_key, message_id_key, read_voucher_key, voucher_key},
};

/// Records on one page of a customer's records: below a megabyte.
const CUSTOMER_PAGE: i32 = 1_000;
/// The most records of one customer that are read, as a bound on memory alone: 25 on every day for
/// which records are kept.
const MAX_CUSTOMER_RECORDS: usize = 10_000;
/// The time for which a provider's message id is remembered for its events, in seconds.
const KEEP_MESSAGE_ID_SECONDS: i64 = 4 * 24 * 3_600;

/// Identifies one of a voucher's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoucherMessage {
    pub channel: Channel,
    /// True for the reminder before the voucher's end, false for its offer.
    pub reminder: bool,
}

/// The states of an attempt that can still end.
const OPEN: &[AttemptState] = &[AttemptState::Claimed, AttemptState::Unknown];

fn attempt_attribute(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "a_sms",
        Channel::Email => "a_email",
        Channel::Push => "a_push",
    }
}

/// Returns the attribute of the message that was withheld on the channel.
fn withheld_attribute(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "x_sms",
        Channel::Email => "x_email",
        Channel::Push => "x_push",
    }
}

pub(crate) fn units_attribute(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "u_sms",
        Channel::Email => "u_email",
        Channel::Push => "u_push",
    }
}

impl Store {
    /// Returns a voucher. Reads consistently.
    pub async fn voucher(&self, key: &VoucherKey) -> Result<Option<Voucher>> {
        self.get_voucher(key, true).await
    }

    /// Returns a voucher by an eventually consistent read, for half the read units. The result is
    /// good enough to try a conditional write with, but never to refuse with.
    pub async fn voucher_eventually(&self, key: &VoucherKey) -> Result<Option<Voucher>> {
        self.get_voucher(key, false).await
    }

    async fn get_voucher(&self, key: &VoucherKey, consistent: bool) -> Result<Option<Voucher>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .consistent_read(consistent)
            .send()
            .await?;
        found.item.as_ref().map(read_voucher).transpose()
    }

    /// Returns all records of a customer: vouchers, held-out records and skips, in the meaningless
    /// order of their ids. Reads consistently. At most 10,000, up to the end of a page.
    pub async fn customer_vouchers(&self, customer: &CustomerId) -> Result<Vec<Voucher>> {
        let mut vouchers = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.vouchers)
                .key_condition_expression("customer_id = :customer")
                .expression_attribute_values(":customer", s(customer.as_str()))
                .consistent_read(true)
                .limit(CUSTOMER_PAGE)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                vouchers.push(read_voucher(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() || vouchers.len() >= MAX_CUSTOMER_RECORDS {
                return Ok(vouchers);
            }
        }
    }

    /// Returns all records of a customer, those of records that were merged with theirs included.
    pub async fn vouchers_of(&self, ids: &[CustomerId]) -> Result<Vec<Voucher>> {
        let wallets = ids.iter().map(|id| self.customer_vouchers(id));
        let wallets = futures::future::try_join_all(wallets).await?;
        Ok(wallets.into_iter().flatten().collect())
    }

    /// Returns a voucher by the id of any record of its customer. Costs one read where the id is
    /// the one that it was issued to. Reads consistently.
    pub async fn customer_voucher(&self, key: &VoucherKey) -> Result<Option<Voucher>> {
        if let Some(voucher) = self.voucher(key).await? {
            return Ok(Some(voucher));
        }
        let CustomerLookup::Customer(customer) = self.customer(&key.customer).await? else {
            return Ok(None);
        };
        let others = customer.record_ids().into_iter().filter(|id| *id != key.customer);
        let keys = others.map(|customer| VoucherKey { customer, voucher: key.voucher.clone() });
        let keys: Vec<VoucherKey> = keys.collect();
        if keys.is_empty() {
            return Ok(None);
        }
        Ok(self.vouchers_by_keys(&keys).await?.into_iter().next())
    }

    /// Returns the records of `keys` that exist, in no particular order. Reads consistently.
    pub async fn vouchers_by_keys(&self, keys: &[VoucherKey]) -> Result<Vec<Voucher>> {
        let keys = keys.iter().map(voucher_key).collect();
        let items = self.batch_get(&self.tables.vouchers, keys, ReadConsistency::Strong).await?;
        items.iter().map(read_voucher).collect()
    }

    /// Returns a page of one shard of a campaign's records, ordered by voucher id; 16 shards make
    /// the whole.
    pub async fn campaign_vouchers(
        &self,
        campaign: &CampaignId,
        shard: u32,
        after: Option<&VoucherKey>,
        limit: i32,
    ) -> Result<(Vec<Voucher>, Option<VoucherKey>)> {
        let bucket = campaign_bucket(campaign, shard);
        let start = after.map(|key| campaign_start_key(&bucket, key));
        let page = self
            .client
            .query()
            .table_name(&self.tables.vouchers)
            .index_name("by-campaign")
            .key_condition_expression("campaign_bucket = :bucket")
            .expression_attribute_values(":bucket", s(&bucket))
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let keys = page.items().iter().map(read_voucher_key).collect::<Result<Vec<_>>>()?;
        let next = page.last_evaluated_key.as_ref().map(read_voucher_key).transpose()?;
        let mut found: HashMap<VoucherId, Voucher> = self
            .vouchers_by_keys(&keys)
            .await?
            .into_iter()
            .map(|voucher| (voucher.id.clone(), voucher))
            .collect();
        Ok((keys.iter().filter_map(|key| found.remove(&key.voucher)).collect(), next))
    }

    /// Remembers the voucher of a provider's message id, for carriers whose events carry no tags.
    pub async fn record_message_id(
        &self,
        provider_id: &str,
        key: &VoucherKey,
        message: VoucherMessage,
        now: Timestamp,
    ) -> Result<()> {
        self.client
            .put_item()
            .table_name(&self.tables.work)
            .set_item(Some(message_id_key(provider_id)))
            .item("customer_id", s(key.customer.as_str()))
            .item("voucher_id", s(key.voucher.as_str()))
            .item("channel", s(message.channel.as_str()))
            .item("reminder", AttributeValue::Bool(message.reminder))
            .item("ttl", n(now.as_second() + KEEP_MESSAGE_ID_SECONDS))
            .send()
            .await?;
        Ok(())
    }

    pub async fn find_message(
        &self,
        provider_id: &str,
    ) -> Result<Option<(VoucherKey, VoucherMessage)>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(message_id_key(provider_id)))
            .send()
            .await?;
        let Some(item) = found.item else {
            return Ok(None);
        };
        let channel = Channel::parse(item.text("channel")?)
            .ok_or_else(|| StoreError::corrupt("message", "channel"))?;
        let reminder =
            item.get("reminder").and_then(|value| value.as_bool().ok()).copied().unwrap_or(false);
        Ok(Some((read_voucher_key(&item)?, VoucherMessage { channel, reminder })))
    }

    pub(crate) fn update_voucher(
        &self,
        key: &VoucherKey,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .return_values(ReturnValue::None)
    }

    /// Writes a voucher exactly as given, without a condition. For tests and repairs.
    pub async fn restore_voucher(&self, voucher: &Voucher) -> Result<()> {
        let put = Put::builder()
            .table_name(&self.tables.vouchers)
            .set_item(Some(voucher_item(voucher)))
            .build()?;
        let items = vec![TransactWriteItem::builder().put(put).build()];
        self.client.transact_write_items().set_transact_items(Some(items)).send().await?;
        Ok(())
    }
}

/// Returns the put of a voucher with the condition of [`Store::issue`], for a transaction.
pub(crate) fn voucher_put(table: &str, voucher: &Voucher) -> PutBuilder {
    Put::builder()
        .table_name(table)
        .set_item(Some(item::voucher_item(voucher)))
        .condition_expression("attribute_not_exists(voucher_id)")
}
