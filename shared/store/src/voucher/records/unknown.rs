//! Attempts of unknown fate: a note in Work for each, until it is repeated, followed by the next channel
//! or left. Written by the deliver workers with the attempt's state; settled by the watchdog.
//!
//! Guarantee: what is planned after an attempt holds only while its fate is still unknown.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use domain::{
    Timestamp,
    campaign::trigger::TriggerFiring,
    delivery::dispatch::Dispatch,
    kernel::{
        channel::Channel,
        id::{CampaignId, RunId},
    },
    voucher::{
        attempt::{Attempt, AttemptState},
        record::VoucherStatus,
    },
};

use super::{VoucherKey, attempt_attribute, item, taps::tap_attribute};
use crate::{
    Store,
    batch::ReadConsistency,
    conditional::Applied,
    due_index::{DueQueue, DueTime},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{read_voucher_key, read_work_key, unknown_note_key, voucher_key},
    work_items::{firing_items, read_firing},
};

/// Attempts of unknown fate that one call returns.
const UNKNOWN_PAGE: usize = 200;

/// An attempt of unknown fate, with the data needed to plan its repeat or the next channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttempt {
    pub key: VoucherKey,
    pub channel: Channel,
    pub number: u32,
    pub campaign: CampaignId,
    pub run: RunId,
    pub segment: u32,
    pub firing: Option<TriggerFiring>,
    /// False if no run waits for the attempt: it followed a late bounce, or support issued its
    /// voucher. Then it is not open work, and nothing that follows it is.
    pub holds_run_open: bool,
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
        holds_run_open: !item.contains_key(OUTSIDE_RUN),
    })
}

/// The attribute of a note of an attempt for which no run waits.
const OUTSIDE_RUN: &str = "outside_run";

impl Store {
    /// Returns the write of the note by which the watchdog finds an unknown attempt when it is due.
    pub(super) fn unknown_note_put(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        when: Timestamp,
        dispatch: &Dispatch,
    ) -> Result<TransactWriteItem> {
        let note = unknown_note_key(&key.voucher, attempt.channel, attempt.number);
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(note.clone()))
            .item("customer_id", s(key.customer.as_str()))
            .item("voucher_id", s(key.voucher.as_str()))
            .item("channel", s(attempt.channel.as_str()))
            .item("number", n(attempt.number))
            .item("run", s(dispatch.key.run.as_str()))
            .item("segment", n(dispatch.key.segment))
            .item("campaign_id", s(dispatch.campaign.as_str()))
            .item("due_queue", s(self.due_partition(DueQueue::Unknown, &note)))
            .item("due_at", at(when));
        let put = if dispatch.purpose.holds_run_open() {
            put
        } else {
            put.item(OUTSIDE_RUN, AttributeValue::Bool(true))
        };
        let firing = firing_items(dispatch.firing.as_ref()).into_iter();
        let put = firing.fold(put, |put, (name, value)| put.item(name, value)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns the attempts with an ambiguous answer whose waiting time is over.
    pub async fn unknown_attempts(&self, now: Timestamp) -> Result<Vec<UnknownAttempt>> {
        let page = self.due_page(DueQueue::Unknown, DueTime::By(now), UNKNOWN_PAGE, None).await?;
        let (items, _) = page.into_items();
        let keys = items.iter().map(read_work_key).collect::<Result<Vec<_>>>()?;
        let found = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let mut attempts = Vec::new();
        for note in &found {
            match read_unknown(note) {
                Ok(attempt) => attempts.push(attempt),
                Err(error) => tracing::error!(%error, "unreadable note of an unknown attempt left"),
            }
        }
        Ok(attempts)
    }

    /// Deletes the note of an unknown attempt, which then no longer counts as open work. A repeat
    /// changes nothing.
    pub async fn delete_unknown_note(&self, unknown: &UnknownAttempt) -> Result<()> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(unknown_note_key(&unknown.key.voucher, unknown.channel, unknown.number)))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        let mut items = vec![TransactWriteItem::builder().delete(delete).build()];
        if unknown.holds_run_open {
            items.push(self.open_work_update(&unknown.run, unknown.segment, -1)?);
        }
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
            .condition_expression(
                "#a.#n = :number AND #a.#s = :unknown AND attribute_not_exists(#tap)",
            )
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_names("#tap", tap_attribute(channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()))
            .build()?;
        let mut items = vec![TransactWriteItem::builder().condition_check(check).build()];
        items.extend(self.follow_up_items(next)?);
        self.commit_attempt(items).await
    }

    /// Plans the next channel after an attempt whose fate has stayed unknown for its waiting time, and
    /// notes it on the attempt, both or neither: once per attempt, and not after an answer or while
    /// the customer has answered the offer. A late report that comes before this write stops it, and so
    /// does a tap on the link of the message: who tapped has it.
    pub async fn plan_fallback(
        &self,
        key: &VoucherKey,
        channel: Channel,
        number: u32,
        next: &Dispatch,
    ) -> Result<Applied> {
        let update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression("SET #a.#fb = :planned")
            .condition_expression(
                "#a.#n = :number AND #a.#s = :unknown AND attribute_not_exists(#a.#fb) AND attribute_not_exists(#tap) AND #status = :issued",
            )
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_names("#fb", item::FALLBACK)
            .expression_attribute_names("#tap", tap_attribute(channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":planned", at(next.due_at))
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .build()?;
        let mut items = vec![TransactWriteItem::builder().update(update).build()];
        items.extend(self.follow_up_items(next)?);
        self.commit_attempt(items).await
    }
}
