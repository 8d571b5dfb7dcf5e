//! The Vouchers table: PK customer, SK voucher. One item holds the voucher with its stages and its attempts, under a kilobyte, so
//! that each step is one write unit. The put that issues a voucher is also the claim of its first send (exactly once).
//! Attempts are top-level maps `a_sms`, `a_email`, `a_push`; every write to one names its number and the states it may leave.

mod feedback;
mod item;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    builders::PutBuilder,
};
use domain::{
    Timestamp,
    channel::Channel,
    delivery::{Attempt, AttemptState},
    dispatch::{Dispatch, Firing},
    id::{CampaignId, CustomerId, RunId, VoucherId},
    voucher::{Status, Voucher},
};

pub use feedback::Feedback;
pub(crate) use feedback::overrules;
use item::attempt_value;
pub use item::from_image;
pub(crate) use item::{
    REMINDER, REMINDER_UNITS, read_voucher, redemption_value, reminder_value, undone_value, voucher_item,
};

use crate::{
    Store,
    batch::Consistency,
    dispatches::{condition_failed, firing_items, old_item, read_firing},
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    transaction::Transacted,
};

/// Write shards of the by-campaign index: 16,000 vouchers a second for one campaign.
pub const CAMPAIGN_SHARDS: u32 = 16;
/// Records of one page of a customer's: below a megabyte.
const PAGE_OF_CUSTOMER: i32 = 1_000;
/// Records of one customer that are looked at, a bound of memory alone: 25 on every day for which records are kept.
const MAX_OF_CUSTOMER: usize = 10_000;
/// A provider's message id is remembered so long for its events, in seconds.
const POINTER_SECONDS: i64 = 4 * 24 * 3_600;

/// One voucher's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VoucherKey {
    pub customer: CustomerId,
    pub voucher: VoucherId,
}

impl From<&Voucher> for VoucherKey {
    fn from(voucher: &Voucher) -> Self {
        Self { customer: voucher.customer.clone(), voucher: voucher.id.clone() }
    }
}

/// Which of a voucher's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    pub channel: Channel,
    /// The reminder before its end, and not its offer.
    pub reminder: bool,
}

/// Whether a step on an attempt was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Taken,
    /// The attempt had moved on: another worker's, or a provider event's, answer stands.
    Overtaken,
}

/// What follows from an attempt that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After<'a> {
    Nothing,
    /// A dispatch of one: the next rung, or the next attempt.
    Next(&'a Dispatch),
    /// No channel is left.
    Undeliverable,
    /// Wait for a provider event until then.
    LookAgain {
        at: Timestamp,
        dispatch: &'a Dispatch,
    },
}

/// An attempt of unknown fate, with what is needed to plan its repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttempt {
    pub key: VoucherKey,
    pub channel: Channel,
    pub number: u32,
    pub campaign: CampaignId,
    pub run: RunId,
    pub segment: u32,
    pub firing: Option<Firing>,
}

pub(crate) fn read_unknown(item: &Item) -> Result<UnknownAttempt> {
    let bad = |what: &str| StoreError::corrupt("unknown attempt", what.to_owned());
    Ok(UnknownAttempt {
        key: read_key(item)?,
        channel: Channel::parse(item.text("channel")?).ok_or_else(|| bad("channel"))?,
        number: item.number("number")?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        run: RunId::parse(item.text("run")?).map_err(|_| bad("run"))?,
        segment: item.number("segment")?,
        firing: read_firing(item)?,
    })
}

/// Partition of the due index that holds unknown attempts.
pub(crate) const UNKNOWN: &str = "unknown";
/// An attempt in one of these can still end.
const OPEN: &[AttemptState] = &[AttemptState::Claimed, AttemptState::Unknown];
/// Unknown attempts looked after in one go.
const UNKNOWN_PAGE: i32 = 200;

fn attempt_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "a_sms",
        Channel::Email => "a_email",
        Channel::Push => "a_push",
    }
}

pub(crate) fn units_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "u_sms",
        Channel::Email => "u_email",
        Channel::Push => "u_push",
    }
}

/// Where the message of an outcome is noted, so that later events find the voucher.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    pub channel: Channel,
    pub number: u32,
    pub at: Timestamp,
    pub provider_id: &'a str,
    /// SMS segments, else 1.
    pub units: u32,
}

impl Store {
    /// Consistent.
    pub async fn voucher(&self, key: &VoucherKey) -> Result<Option<Voucher>> {
        self.read_one(key, true).await
    }

    /// As it stood a moment ago, for half the price: good enough to try a conditional write with, never to refuse with.
    pub async fn voucher_lately(&self, key: &VoucherKey) -> Result<Option<Voucher>> {
        self.read_one(key, false).await
    }

    async fn read_one(&self, key: &VoucherKey, consistent: bool) -> Result<Option<Voucher>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
            .consistent_read(consistent)
            .send()
            .await?;
        found.item.as_ref().map(read_voucher).transpose()
    }

    /// All records of a customer, consistently: vouchers, ghosts and skips, in the order of their ids, which is none. At most 10,000.
    pub async fn vouchers_of(&self, customer: &CustomerId) -> Result<Vec<Voucher>> {
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
                .limit(PAGE_OF_CUSTOMER)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                vouchers.push(read_voucher(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() || vouchers.len() >= MAX_OF_CUSTOMER {
                return Ok(vouchers);
            }
        }
    }

    /// The records of `keys` that exist, in no order. Consistent.
    pub async fn vouchers_at(&self, keys: &[VoucherKey]) -> Result<Vec<Voucher>> {
        let keys = keys.iter().map(key_item).collect();
        let items = self.batch_get(&self.tables.vouchers, keys, Consistency::Strong).await?;
        items.iter().map(read_voucher).collect()
    }

    /// One shard of a campaign's records, by voucher id; 16 shards make the whole.
    pub async fn campaign_vouchers(
        &self,
        campaign: &CampaignId,
        shard: u32,
        after: Option<&VoucherKey>,
        limit: i32,
    ) -> Result<(Vec<Voucher>, Option<VoucherKey>)> {
        let bucket = bucket(campaign, shard);
        let start = after.map(|key| {
            let mut item = key_item(key);
            item.insert("campaign_bucket".into(), s(&bucket));
            item
        });
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
        let keys = page.items().iter().map(read_key).collect::<Result<Vec<_>>>()?;
        let next = page.last_evaluated_key.as_ref().map(read_key).transpose()?;
        let mut found: HashMap<VoucherId, Voucher> =
            self.vouchers_at(&keys).await?.into_iter().map(|voucher| (voucher.id.clone(), voucher)).collect();
        Ok((keys.iter().filter_map(|key| found.remove(&key.voucher)).collect(), next))
    }

    /// Claims a further attempt on an issued voucher while `dispatch` is still in its taker's hands: a worker that was overtaken must not
    /// begin what its successor has decided about and closed. `after` is the earlier attempt on this channel that it follows, if any.
    /// A claim that is found to be this very one (an answer was lost, the SDK asked again) is taken.
    pub async fn claim(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        after: Option<u32>,
        dispatch: &Dispatch,
    ) -> Result<Step> {
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
            .update_expression("SET #a = :attempt")
            .expression_attribute_names("#a", attempt_name(attempt.channel))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":issued", s(Status::Issued.as_str()))
            .expression_attribute_values(":attempt", attempt_value(attempt));
        update = match after {
            None => update.condition_expression("attribute_not_exists(#a) AND #status = :issued"),
            Some(number) => update
                .condition_expression("#a.#n = :before AND #a.#s IN (:throttled, :unknown) AND #status = :issued")
                .expression_attribute_names("#n", "n")
                .expression_attribute_names("#s", "s")
                .expression_attribute_values(":before", n(number))
                .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()))
                .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str())),
        };
        let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let items = vec![TransactWriteItem::builder().update(update.build()?).build(), self.still_taken(dispatch)?];
        let refused = match self.transact("a claim", items).await? {
            Transacted::Written => return Ok(Step::Taken),
            Transacted::Refused(refused) => refused,
        };
        let stood = refused.items.first().and_then(Option::as_ref).map(read_voucher).transpose()?;
        let found = stood.as_ref().and_then(|voucher| voucher.attempts.get(&attempt.channel));
        let ours = refused.failed(0) && found.is_some_and(|found| found.is(attempt));
        Ok(if ours { Step::Taken } else { Step::Overtaken })
    }

    /// The provider took the message. A provider event may have come first: then only what it did not know is added.
    pub async fn record_sent(&self, key: &VoucherKey, sent: &Sent<'_>) -> Result<Step> {
        let stages = "sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel), last_via = :channel, #a.p = :id";
        let open = self
            .sent_update(key, sent)
            .update_expression(format!("SET #a.#s = :sent, #a.#at = :at, {stages} ADD #u :units"))
            .condition_expression("#a.#n = :number AND #a.#s IN (:claimed, :unknown)")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":sent", s(AttemptState::Sent.as_str()))
            .expression_attribute_values(":claimed", s(AttemptState::Claimed.as_str()))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()));
        if step(open.send().await)? == Step::Taken {
            return Ok(Step::Taken);
        }
        let late = self
            .sent_update(key, sent)
            .update_expression(format!("SET {stages} ADD #u :units"))
            .condition_expression("#a.#n = :number AND attribute_not_exists(#a.p) AND #a.#s <> :throttled")
            .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()));
        step(late.send().await)
    }

    fn sent_update(
        &self,
        key: &VoucherKey,
        sent: &Sent<'_>,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.update(key)
            .expression_attribute_names("#a", attempt_name(sent.channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#u", units_name(sent.channel))
            .expression_attribute_values(":number", n(sent.number))
            .expression_attribute_values(":at", at(sent.at))
            .expression_attribute_values(":channel", s(sent.channel.as_str()))
            .expression_attribute_values(":id", s(sent.provider_id))
            .expression_attribute_values(":units", n(sent.units))
    }

    /// Ends an attempt without success (throttled, failed, unknown), with what follows from it, all or nothing.
    ///
    /// What follows is open work of the run, so it is planned only while the attempt is: while it is claimed, or unknown and looked
    /// after. A worker that froze and learns of a definite no after that has ended a run that may be completed: the attempt's end is
    /// recorded, and nothing follows.
    pub async fn record_unsent(&self, key: &VoucherKey, attempt: &Attempt, after: &After<'_>) -> Result<Step> {
        let failed = attempt.state == AttemptState::Failed;
        match after {
            After::Nothing => self.step_together(vec![self.unsent(key, attempt, OPEN, false)?]).await,
            After::Undeliverable => self.step_together(vec![self.unsent(key, attempt, OPEN, true)?]).await,
            After::LookAgain { at: when, dispatch } => {
                let watch = self.watch(key, attempt, *when, dispatch)?;
                let open = self.count_open(&dispatch.key.run, dispatch.key.segment, 1)?;
                self.step_together(vec![self.unsent(key, attempt, OPEN, false)?, watch, open]).await
            }
            After::Next(next) => {
                let mut items = vec![self.unsent(key, attempt, &[AttemptState::Claimed], false)?];
                items.extend(self.plan_one(next)?);
                if self.step_together(items).await? == Step::Taken {
                    return Ok(Step::Taken);
                }
                let check = aws_sdk_dynamodb::types::ConditionCheck::builder()
                    .table_name(&self.tables.work)
                    .set_key(Some(note_key(&key.voucher, attempt.channel, attempt.number)))
                    .condition_expression("attribute_exists(pk)")
                    .build()?;
                let mut items = vec![
                    self.unsent(key, attempt, &[AttemptState::Unknown], false)?,
                    TransactWriteItem::builder().condition_check(check).build(),
                ];
                items.extend(self.plan_one(next)?);
                if self.step_together(items).await? == Step::Taken {
                    return Ok(Step::Taken);
                }
                self.step_together(vec![self.unsent(key, attempt, &[AttemptState::Unknown], failed)?]).await
            }
        }
    }

    /// The attempt's end, if it stands in one of `before`.
    fn unsent(
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
            .set_key(Some(key_item(key)))
            .update_expression(sets)
            .condition_expression(format!("#a.#n = :number AND #a.#s IN ({}) AND #a.#s <> :state", names.join(", ")))
            .expression_attribute_names("#a", attempt_name(attempt.channel))
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

    async fn step_together(&self, items: Vec<TransactWriteItem>) -> Result<Step> {
        Ok(match self.transact("a voucher and what follows", items).await? {
            Transacted::Written => Step::Taken,
            Transacted::Refused(_) => Step::Overtaken,
        })
    }

    /// The note that brings an unknown attempt back to mind.
    fn watch(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        when: Timestamp,
        dispatch: &Dispatch,
    ) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(note_key(&key.voucher, attempt.channel, attempt.number)))
            .item("customer_id", s(key.customer.as_str()))
            .item("voucher_id", s(key.voucher.as_str()))
            .item("channel", s(attempt.channel.as_str()))
            .item("number", n(attempt.number))
            .item("run", s(dispatch.key.run.as_str()))
            .item("segment", n(dispatch.key.segment))
            .item("campaign_id", s(dispatch.campaign.as_str()))
            .item("due_queue", s(UNKNOWN))
            .item("due_at", at(when));
        let firing = firing_items(dispatch.firing.as_ref()).into_iter();
        let put = firing.fold(put, |put, (name, value)| put.item(name, value)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Attempts whose answer was ambiguous, and whose waiting time is over.
    pub async fn unknown_attempts(&self, now: Timestamp) -> Result<Vec<UnknownAttempt>> {
        let (items, _) = self.due(UNKNOWN, now, UNKNOWN_PAGE, None).await?;
        let mut found = Vec::new();
        for item in items {
            let key = HashMap::from([("pk".to_owned(), s(item.text("pk")?)), ("sk".to_owned(), s(item.text("sk")?))]);
            let full = self
                .client
                .get_item()
                .table_name(&self.tables.work)
                .set_key(Some(key))
                .consistent_read(true)
                .send()
                .await?;
            if let Some(full) = full.item {
                found.push(read_unknown(&full)?);
            }
        }
        Ok(found)
    }

    /// The attempt needs no more looking after, and no longer counts as open work. Once, however often it is said.
    pub async fn forget_unknown(&self, unknown: &UnknownAttempt) -> Result<()> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(note_key(&unknown.key.voucher, unknown.channel, unknown.number)))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        let items = vec![
            TransactWriteItem::builder().delete(delete).build(),
            self.count_open(&unknown.run, unknown.segment, -1)?,
        ];
        self.transact("an attempt of unknown fate", items).await.map(|_| ())
    }

    /// After an ambiguous answer was waited for: plans the repeat that policy allows, once.
    pub async fn plan_repeat(&self, key: &VoucherKey, channel: Channel, number: u32, next: &Dispatch) -> Result<Step> {
        let check = aws_sdk_dynamodb::types::ConditionCheck::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
            .condition_expression("#a.#n = :number AND #a.#s = :unknown")
            .expression_attribute_names("#a", attempt_name(channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()))
            .build()?;
        let mut items = vec![TransactWriteItem::builder().condition_check(check).build()];
        items.extend(self.plan_one(next)?);
        self.step_together(items).await
    }

    /// Remembers which voucher a provider's message id belongs to, for carriers whose events carry no tags.
    pub async fn note_message(&self, provider_id: &str, key: &VoucherKey, what: Message, now: Timestamp) -> Result<()> {
        self.client
            .put_item()
            .table_name(&self.tables.work)
            .item("pk", s(format!("msg#{provider_id}")))
            .item("sk", s("MESSAGE"))
            .item("customer_id", s(key.customer.as_str()))
            .item("voucher_id", s(key.voucher.as_str()))
            .item("channel", s(what.channel.as_str()))
            .item("reminder", AttributeValue::Bool(what.reminder))
            .item("ttl", n(now.as_second() + POINTER_SECONDS))
            .send()
            .await?;
        Ok(())
    }

    pub async fn message(&self, provider_id: &str) -> Result<Option<(VoucherKey, Message)>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .key("pk", s(format!("msg#{provider_id}")))
            .key("sk", s("MESSAGE"))
            .send()
            .await?;
        let Some(item) = found.item else { return Ok(None) };
        let channel = Channel::parse(item.text("channel")?).ok_or_else(|| StoreError::corrupt("message", "channel"))?;
        let reminder = item.get("reminder").and_then(|value| value.as_bool().ok()).copied().unwrap_or(false);
        Ok(Some((read_key(&item)?, Message { channel, reminder })))
    }

    pub(crate) fn update(
        &self,
        key: &VoucherKey,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
            .return_values(ReturnValue::None)
    }

    /// For tests and repairs: writes a voucher as it is given.
    pub async fn restore(&self, voucher: &Voucher) -> Result<()> {
        let put = Put::builder().table_name(&self.tables.vouchers).set_item(Some(voucher_item(voucher))).build()?;
        let items = vec![TransactWriteItem::builder().put(put).build()];
        self.client.transact_write_items().set_transact_items(Some(items)).send().await?;
        Ok(())
    }
}

fn step(
    answer: std::result::Result<
        aws_sdk_dynamodb::operation::update_item::UpdateItemOutput,
        aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>,
    >,
) -> Result<Step> {
    match answer {
        Ok(_) => Ok(Step::Taken),
        Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
        Err(error) => Err(error.into()),
    }
}

/// The same guard as in [`Store::issue`], for a transaction.
pub(crate) fn voucher_put(table: &str, voucher: &Voucher) -> PutBuilder {
    Put::builder()
        .table_name(table)
        .set_item(Some(item::voucher_item(voucher)))
        .condition_expression("attribute_not_exists(voucher_id)")
}

pub(crate) fn key_item(key: &VoucherKey) -> Item {
    HashMap::from([("customer_id".into(), s(key.customer.as_str())), ("voucher_id".into(), s(key.voucher.as_str()))])
}

/// Of the note that an attempt is unknown.
fn note_key(voucher: &VoucherId, channel: Channel, number: u32) -> Item {
    HashMap::from([("pk".into(), s(format!("unknown#{voucher}"))), ("sk".into(), s(format!("{channel}.{number}")))])
}

fn read_key(item: &HashMap<String, AttributeValue>) -> Result<VoucherKey> {
    let bad = |what: &str| StoreError::corrupt("voucher", what.to_owned());
    Ok(VoucherKey {
        customer: CustomerId::parse(item.text("customer_id")?).map_err(|_| bad("customer_id"))?,
        voucher: VoucherId::parse(item.text("voucher_id")?).map_err(|_| bad("voucher_id"))?,
    })
}

/// The shard follows from all symbols of a voucher id, so that each takes its share, and reading all 16 finds each voucher once.
fn shard_of(voucher: &VoucherId) -> u32 {
    voucher.as_str().bytes().map(u32::from).sum::<u32>() % CAMPAIGN_SHARDS
}

fn bucket(campaign: &CampaignId, shard: u32) -> String {
    format!("{campaign}#{shard:02}")
}

pub(crate) fn old_voucher(
    error: &aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>,
) -> Option<Result<Voucher>> {
    old_item(error).map(read_voucher)
}
