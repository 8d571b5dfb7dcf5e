//! The attempts of a voucher's messages: claims one before its message goes out, and records what became
//! of it, with what follows. Written by the deliver workers; read with the voucher.
//!
//! Guarantees: one worker claims an attempt; each end names the attempt's number and the states that
//! it may leave; and what follows is written in one transaction with the end.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{
    Timestamp,
    delivery::dispatch::Dispatch,
    kernel::channel::Channel,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{VoucherStatus, WithheldMessage},
    },
};

use super::{
    OPEN, VoucherKey, attempt_attribute, item,
    item::{attempt_value, read_voucher, withheld_value},
    units_attribute, withheld_attribute,
};
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::{at, n, s},
    keys::{unknown_note_key, voucher_key},
    transaction::TransactionResult,
    voucher::offers::SeenOffers,
};

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

/// The result of claiming a further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptClaim {
    Claimed,
    /// Another worker claimed it, the voucher changed, or another worker holds the lease on the
    /// dispatch.
    Lost,
    /// Another message to the customer was claimed since they were counted; the worker decides
    /// again.
    OffersChanged,
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
    /// Claims a further attempt on an issued voucher while this worker holds the lease on
    /// `dispatch`: a superseded worker must not begin an attempt that its successor has decided
    /// about and closed. `after` is the earlier attempt on this channel that the new one follows,
    /// if any.
    ///
    /// `offers` is present if the message counts for the frequency cap: the claim then also requires
    /// that no other message to the customer was claimed since they were counted.
    ///
    /// A claim that turns out to be this very one (an answer was lost and the SDK asked again)
    /// counts as made.
    pub async fn claim_attempt(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        after: Option<u32>,
        offers: Option<&SeenOffers>,
        dispatch: &Dispatch,
    ) -> Result<AttemptClaim> {
        let mut items = vec![
            TransactWriteItem::builder().update(self.claim_update(key, attempt, after)?).build(),
            self.lease_check(dispatch)?,
        ];
        if let Some(offers) = offers {
            items.push(self.offer_count_update(&key.customer, offers)?);
        }
        let refused = match self.transact("a claim", items).await? {
            TransactionResult::Written => return Ok(AttemptClaim::Claimed),
            TransactionResult::Refused(refused) => refused,
        };
        if !refused.condition_failed_at(0) && !refused.condition_failed_at(1) {
            return Ok(AttemptClaim::OffersChanged);
        }
        let stored = refused.old_item_at(0).map(read_voucher).transpose()?;
        let found = stored.as_ref().and_then(|voucher| voucher.attempts.get(&attempt.channel));
        let already_ours = refused.condition_failed_at(0)
            && found.is_some_and(|found| found.is_same_claim(attempt));
        Ok(if already_ours { AttemptClaim::Claimed } else { AttemptClaim::Lost })
    }

    fn claim_update(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        after: Option<u32>,
    ) -> Result<Update> {
        let update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression("SET #a = :attempt")
            .expression_attribute_names("#a", attempt_attribute(attempt.channel))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":attempt", attempt_value(attempt));
        let update = match after {
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
        Ok(update
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?)
    }

    /// Records that a message was withheld, unless the attempt was made after all. The voucher stays
    /// as it is; `undeliverable` is set if no other message about it can reach the customer.
    pub async fn record_withheld(
        &self,
        key: &VoucherKey,
        channel: Channel,
        withheld: &WithheldMessage,
        undeliverable: bool,
    ) -> Result<Applied> {
        let mut update = self
            .update_voucher(key)
            .condition_expression(
                "attribute_exists(voucher_id) AND (attribute_not_exists(#a) OR #a.#n < :number OR (#a.#n = :number AND #a.#s = :throttled))",
            )
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()))
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_names("#x", withheld_attribute(channel))
            .expression_attribute_names("#n", "n")
            .expression_attribute_values(":number", n(withheld.number))
            .expression_attribute_values(":withheld", withheld_value(withheld));
        let set = if undeliverable {
            update = update.expression_attribute_values(":reason", s(withheld.reason.code()));
            "SET #x = :withheld, undeliverable = if_not_exists(undeliverable, :reason)"
        } else {
            "SET #x = :withheld"
        };
        parse_applied(update.update_expression(set).send().await)
    }

    /// Takes back that a message was withheld, if it still is the one that was read.
    pub async fn release_withheld(
        &self,
        key: &VoucherKey,
        channel: Channel,
        withheld: &WithheldMessage,
    ) -> Result<Applied> {
        let update = self
            .update_voucher(key)
            .update_expression("REMOVE #x")
            .condition_expression("#x.#at = :at")
            .expression_attribute_names("#x", withheld_attribute(channel))
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", at(withheld.at));
        parse_applied(update.send().await)
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

    /// Records that a claimed attempt waits for its lane: nothing was sent, and its dispatch makes the
    /// same attempt again. A conflict means that the claim was taken for abandoned.
    pub async fn record_waiting(&self, key: &VoucherKey, attempt: &Attempt) -> Result<Applied> {
        let claimed = &[AttemptState::Claimed];
        self.commit_attempt(vec![self.attempt_end_update(key, attempt, claimed, false)?]).await
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
            AttemptFollowUp::Undeliverable => self.end_last_attempt(key, attempt, OPEN).await,
            AttemptFollowUp::WaitForEvent { at: when, dispatch } => {
                let mut items = vec![
                    self.attempt_end_update(key, attempt, OPEN, false)?,
                    self.unknown_note_put(key, attempt, *when, dispatch)?,
                ];
                if dispatch.purpose.holds_run_open() {
                    let (run, segment) = (&dispatch.key.run, dispatch.key.segment);
                    items.push(self.open_work_update(run, segment, 1)?);
                }
                self.commit_attempt(items).await
            }
            AttemptFollowUp::Next(next) => {
                let goes_on = next.channel != attempt.channel;
                let attempt =
                    &Attempt { fallback_at: goes_on.then_some(attempt.at), ..attempt.clone() };
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
                let alone = &Attempt { fallback_at: None, ..attempt.clone() };
                let unknown = &[AttemptState::Unknown];
                if failed {
                    return self.end_last_attempt(key, alone, unknown).await;
                }
                self.commit_attempt(vec![self.attempt_end_update(key, alone, unknown, false)?])
                    .await
            }
        }
    }

    /// Ends an attempt that nothing follows, and marks the voucher as undeliverable, unless the next
    /// channel was planned already while the attempt's fate was unknown.
    async fn end_last_attempt(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        before: &[AttemptState],
    ) -> Result<Applied> {
        let last = self.attempt_end_update(key, attempt, before, true)?;
        if self.commit_attempt(vec![last]).await? == Applied::Yes {
            return Ok(Applied::Yes);
        }
        self.commit_attempt(vec![self.attempt_end_update(key, attempt, before, false)?]).await
    }

    /// Returns the write that ends the attempt if its state is one of `before`. A voucher becomes
    /// undeliverable only while no further channel is planned for it.
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
        if attempt.fallback_at.is_some() {
            sets += ", #a.#fb = if_not_exists(#a.#fb, :fallback)";
        }
        let names: Vec<String> = (0..before.len()).map(|index| format!(":before{index}")).collect();
        let last = if undeliverable { " AND attribute_not_exists(#a.#fb)" } else { "" };
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(sets)
            .condition_expression(format!(
                "#a.#n = :number AND #a.#s IN ({}) AND #a.#s <> :state{last}",
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
        if undeliverable || attempt.fallback_at.is_some() {
            update = update.expression_attribute_names("#fb", item::FALLBACK);
        }
        if let Some(planned) = attempt.fallback_at {
            update = update.expression_attribute_values(":fallback", at(planned));
        }
        for (name, state) in names.into_iter().zip(before) {
            update = update.expression_attribute_values(name, s(state.as_str()));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    pub(super) async fn commit_attempt(&self, items: Vec<TransactWriteItem>) -> Result<Applied> {
        self.transact_applied("a voucher and what follows", items).await
    }
}
