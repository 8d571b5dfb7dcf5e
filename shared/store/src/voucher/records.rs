//! The Vouchers table: PK customer, SK voucher. One item holds the voucher with its stages and its
//! attempts, under a kilobyte, so that each step costs one write unit. The put that issues a
//! voucher is also the claim of its first send (exactly once).
//!
//! Attempts are top-level maps `a_sms`, `a_email`, `a_push`; every write to one names its number
//! and the states that it may leave.

mod feedback;
mod taps;
mod undeliverable;
mod item;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update, builders::PutBuilder,
};
use domain::{
    Timestamp,
    campaign::trigger::TriggerFiring,
    delivery::dispatch::Dispatch,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, RunId, VoucherId},
    },
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{Voucher, VoucherStatus},
    },
};

pub use crate::keys::{CAMPAIGN_SHARDS, VoucherKey};
pub(crate) use feedback::FeedbackTransition;
use item::attempt_value;
pub use item::voucher_from_image;
pub(crate) use item::{
    REMINDER, REMINDER_UNITS, read_voucher, redemption_value, refusal_attributes, refused_text,
    reminder_value, voucher_item,
};
use taps::tap_attribute;

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        UNKNOWN_QUEUE, campaign_bucket, campaign_start_key, message_id_key, read_voucher_key,
        read_work_key, unknown_note_key, voucher_key,
    },
    transaction::TransactionResult,
    work_items::{firing_items, read_firing},
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

/// The follow-up of an attempt that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptFollowUp<'a> {
    Nothing,
    /// A dispatch for one customer: the fallback channel, or the next attempt.
    Next(&'a Dispatch),
    /// No channel is left.
    Undeliverable,
    /// The attempt waits for a provider event until `at`.
    WaitForEvent {
        at: Timestamp,
        dispatch: &'a Dispatch,
    },
}

/// An attempt of unknown fate, with the data needed to plan its repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttempt {
    pub key: VoucherKey,
    pub channel: Channel,
    pub number: u32,
    pub campaign: CampaignId,
    pub run: RunId,
    pub segment: u32,
    pub firing: Option<TriggerFiring>,
}

pub(crate) fn read_unknown(item: &ItemMap) -> Result<UnknownAttempt> {
    let bad = |what: &str| StoreError::corrupt("unknown attempt", what.to_owned());
    Ok(UnknownAttempt {
        key: read_voucher_key(item)?,
        channel: Channel::parse(item.text("channel")?).ok_or_else(|| bad("channel"))?,
        number: item.number("number")?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        run: RunId::parse(item.text("run")?).map_err(|_| bad("run"))?,
        segment: item.number("segment")?,
        firing: read_firing(item)?,
    })
}

/// The states of an attempt that can still end.
const OPEN: &[AttemptState] = &[AttemptState::Claimed, AttemptState::Unknown];
/// Attempts of unknown fate that one call returns.
const UNKNOWN_PAGE: i32 = 200;

fn attempt_attribute(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "a_sms",
        Channel::Email => "a_email",
        Channel::Push => "a_push",
    }
}

pub(crate) fn units_attribute(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "u_sms",
        Channel::Email => "u_email",
        Channel::Push => "u_push",
    }
}

/// The provider's acceptance of a message, with the message id by which later events find the
/// voucher.
#[derive(Debug, Clone, Copy)]
pub struct SentMessage<'a> {
    pub channel: Channel,
    pub number: u32,
    pub at: Timestamp,
    pub provider_id: &'a str,
    /// SMS segments, else 1.
    pub units: u32,
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

    /// Claims a further attempt on an issued voucher while this worker holds the lease on
    /// `dispatch`: a superseded worker must not begin an attempt that its successor has decided
    /// about and closed. `after` is the earlier attempt on this channel that the new one follows,
    /// if any.
    ///
    /// A claim that turns out to be this very one (an answer was lost and the SDK asked again)
    /// counts as made.
    pub async fn claim_attempt(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        after: Option<u32>,
        dispatch: &Dispatch,
    ) -> Result<Applied> {
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression("SET #a = :attempt")
            .expression_attribute_names("#a", attempt_attribute(attempt.channel))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":attempt", attempt_value(attempt));
        update = match after {
            None => update.condition_expression("attribute_not_exists(#a) AND #status = :issued"),
            Some(number) => update
                .condition_expression(
                    "#a.#n = :before AND #a.#s IN (:throttled, :unknown) AND #status = :issued",
                )
                .expression_attribute_names("#n", "n")
                .expression_attribute_names("#s", "s")
                .expression_attribute_values(":before", n(number))
                .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()))
                .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str())),
        };
        let update = update
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let items = vec![
            TransactWriteItem::builder().update(update.build()?).build(),
            self.lease_check(dispatch)?,
        ];
        let refused = match self.transact("a claim", items).await? {
            TransactionResult::Written => return Ok(Applied::Yes),
            TransactionResult::Refused(refused) => refused,
        };
        let stored = refused.old_item_at(0).map(read_voucher).transpose()?;
        let found = stored.as_ref().and_then(|voucher| voucher.attempts.get(&attempt.channel));
        let already_ours = refused.condition_failed_at(0)
            && found.is_some_and(|found| found.is_same_claim(attempt));
        Ok(if already_ours { Applied::Yes } else { Applied::Conflict })
    }

    /// Records that the provider accepted the message. If a provider event came first, only the
    /// data that the event did not carry is added.
    pub async fn record_sent(&self, key: &VoucherKey, sent: &SentMessage<'_>) -> Result<Applied> {
        let stages = "sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel), last_via = :channel, #a.p = :id";
        let open = self
            .sent_update(key, sent)
            .update_expression(format!("SET #a.#s = :sent, #a.#at = :at, {stages} ADD #u :units"))
            .condition_expression("#a.#n = :number AND #a.#s IN (:claimed, :unknown)")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":sent", s(AttemptState::Sent.as_str()))
            .expression_attribute_values(":claimed", s(AttemptState::Claimed.as_str()))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()));
        if parse_applied(open.send().await)? == Applied::Yes {
            return Ok(Applied::Yes);
        }
        let late = self
            .sent_update(key, sent)
            .update_expression(format!("SET {stages} ADD #u :units"))
            .condition_expression(
                "#a.#n = :number AND attribute_not_exists(#a.p) AND #a.#s <> :throttled",
            )
            .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()));
        parse_applied(late.send().await)
    }

    fn sent_update(
        &self,
        key: &VoucherKey,
        sent: &SentMessage<'_>,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.update_voucher(key)
            .expression_attribute_names("#a", attempt_attribute(sent.channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#u", units_attribute(sent.channel))
            .expression_attribute_values(":number", n(sent.number))
            .expression_attribute_values(":at", at(sent.at))
            .expression_attribute_values(":channel", s(sent.channel.as_str()))
            .expression_attribute_values(":id", s(sent.provider_id))
            .expression_attribute_values(":units", n(sent.units))
    }

    /// Ends an attempt without success (throttled, failed, unknown) and writes its follow-up, all
    /// or nothing.
    ///
    /// The follow-up is open work of the run, so it is planned only while the attempt is open work
    /// too: while it is claimed, or unknown and watched. A worker that froze and learns of a
    /// definite refusal after that has ended a run that may be completed: the attempt's end is
    /// recorded, and nothing follows.
    pub async fn record_unsent(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        after: &AttemptFollowUp<'_>,
    ) -> Result<Applied> {
        let failed = attempt.state == AttemptState::Failed;
        match after {
            AttemptFollowUp::Nothing => {
                self.commit_attempt(vec![self.attempt_end_update(key, attempt, OPEN, false)?]).await
            }
            AttemptFollowUp::Undeliverable => {
                self.commit_attempt(vec![self.attempt_end_update(key, attempt, OPEN, true)?]).await
            }
            AttemptFollowUp::WaitForEvent { at: when, dispatch } => {
                let watch = self.unknown_note_put(key, attempt, *when, dispatch)?;
                let open = self.open_work_update(&dispatch.key.run, dispatch.key.segment, 1)?;
                self.commit_attempt(vec![
                    self.attempt_end_update(key, attempt, OPEN, false)?,
                    watch,
                    open,
                ])
                .await
            }
            AttemptFollowUp::Next(next) => {
                let mut items =
                    vec![self.attempt_end_update(key, attempt, &[AttemptState::Claimed], false)?];
                items.extend(self.follow_up_items(next)?);
                if self.commit_attempt(items).await? == Applied::Yes {
                    return Ok(Applied::Yes);
                }
                let check = aws_sdk_dynamodb::types::ConditionCheck::builder()
                    .table_name(&self.tables.work)
                    .set_key(Some(unknown_note_key(&key.voucher, attempt.channel, attempt.number)))
                    .condition_expression("attribute_exists(pk)")
                    .build()?;
                let mut items = vec![
                    self.attempt_end_update(key, attempt, &[AttemptState::Unknown], false)?,
                    TransactWriteItem::builder().condition_check(check).build(),
                ];
                items.extend(self.follow_up_items(next)?);
                if self.commit_attempt(items).await? == Applied::Yes {
                    return Ok(Applied::Yes);
                }
                self.commit_attempt(vec![self.attempt_end_update(
                    key,
                    attempt,
                    &[AttemptState::Unknown],
                    failed,
                )?])
                .await
            }
        }
    }

    /// Returns the write that ends the attempt if its state is one of `before`.
    fn attempt_end_update(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        before: &[AttemptState],
        undeliverable: bool,
    ) -> Result<TransactWriteItem> {
        let reason = attempt.reason.clone().unwrap_or_default();
        let mut sets = "SET #a.#s = :state, #a.#at = :at, #a.r = :reason".to_owned();
        if undeliverable {
            sets += ", undeliverable = if_not_exists(undeliverable, :reason)";
        }
        let names: Vec<String> = (0..before.len()).map(|index| format!(":before{index}")).collect();
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(sets)
            .condition_expression(format!(
                "#a.#n = :number AND #a.#s IN ({}) AND #a.#s <> :state",
                names.join(", ")
            ))
            .expression_attribute_names("#a", attempt_attribute(attempt.channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":state", s(attempt.state.as_str()))
            .expression_attribute_values(":at", at(attempt.at))
            .expression_attribute_values(":reason", s(reason))
            .expression_attribute_values(":number", n(attempt.number));
        for (name, state) in names.into_iter().zip(before) {
            update = update.expression_attribute_values(name, s(state.as_str()));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    async fn commit_attempt(&self, items: Vec<TransactWriteItem>) -> Result<Applied> {
        self.transact_applied("a voucher and what follows", items).await
    }

    /// Returns the write of the note by which the watchdog finds an unknown attempt when it is due.
    fn unknown_note_put(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        when: Timestamp,
        dispatch: &Dispatch,
    ) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(unknown_note_key(&key.voucher, attempt.channel, attempt.number)))
            .item("customer_id", s(key.customer.as_str()))
            .item("voucher_id", s(key.voucher.as_str()))
            .item("channel", s(attempt.channel.as_str()))
            .item("number", n(attempt.number))
            .item("run", s(dispatch.key.run.as_str()))
            .item("segment", n(dispatch.key.segment))
            .item("campaign_id", s(dispatch.campaign.as_str()))
            .item("due_queue", s(UNKNOWN_QUEUE))
            .item("due_at", at(when));
        let firing = firing_items(dispatch.firing.as_ref()).into_iter();
        let put = firing.fold(put, |put, (name, value)| put.item(name, value)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns the attempts with an ambiguous answer whose waiting time is over.
    pub async fn unknown_attempts(&self, now: Timestamp) -> Result<Vec<UnknownAttempt>> {
        let (items, _) = self.due_items(UNKNOWN_QUEUE, now, UNKNOWN_PAGE, None).await?;
        let mut found = Vec::new();
        for item in items {
            let full = self
                .client
                .get_item()
                .table_name(&self.tables.work)
                .set_key(Some(read_work_key(&item)?))
                .consistent_read(true)
                .send()
                .await?;
            if let Some(full) = full.item {
                found.push(read_unknown(&full)?);
            }
        }
        Ok(found)
    }

    /// Deletes the note of an unknown attempt, which then no longer counts as open work. A repeat
    /// changes nothing.
    pub async fn delete_unknown_note(&self, unknown: &UnknownAttempt) -> Result<()> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(unknown_note_key(&unknown.key.voucher, unknown.channel, unknown.number)))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        let items = vec![
            TransactWriteItem::builder().delete(delete).build(),
            self.open_work_update(&unknown.run, unknown.segment, -1)?,
        ];
        self.transact("an attempt of unknown fate", items).await.map(|_| ())
    }

    /// Plans the repeat that the policy allows after an ambiguous answer has been waited for. A
    /// repeat is planned once.
    pub async fn plan_repeat(
        &self,
        key: &VoucherKey,
        channel: Channel,
        number: u32,
        next: &Dispatch,
    ) -> Result<Applied> {
        let check = aws_sdk_dynamodb::types::ConditionCheck::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .condition_expression("#a.#n = :number AND #a.#s = :unknown")
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()))
            .build()?;
        let mut items = vec![TransactWriteItem::builder().condition_check(check).build()];
        items.extend(self.follow_up_items(next)?);
        self.commit_attempt(items).await
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
