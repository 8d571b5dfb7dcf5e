//! The reminder of a voucher: an attempt of its own, `a_reminder`, beside those of the offer, so
//! that neither replaces the other. It is claimed once, by an update that holds only while the
//! voucher may be used, no reminder was claimed, and the worker still holds the lease on the
//! dispatch.
//!
//! Written by the delivery workers and record-feedback. Also here: the stage which says that a
//! voucher's end is near.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{
    Timestamp,
    delivery::{dispatch::Dispatch, feedback::FeedbackType},
    kernel::channel::Channel,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::VoucherStatus,
    },
};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::{at, n, s},
    keys::voucher_key,
    transaction::TransactionResult,
    voucher::{
        offers::SeenOffers,
        records::{
            FeedbackTransition, REMINDER_UNITS, SentMessage, VoucherKey, reminder_value,
            units_attribute,
        },
    },
};

/// The name of the attribute.
const REMINDER: &str = crate::voucher::records::REMINDER;

/// The result of claiming a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderClaim {
    Claimed,
    /// The reminder was claimed already, the voucher was used, or another worker holds the lease on
    /// the dispatch.
    Lost,
    /// The customer got another offer in the meantime; the worker decides again.
    OffersChanged,
}

impl Store {
    /// Claims the reminder, and sets the stage which says that the voucher's end is near. `offers`
    /// is present if caps or cool-downs count the customer's other messages.
    pub async fn claim_reminder(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        to_accepted: bool,
        offers: Option<&SeenOffers>,
        dispatch: &Dispatch,
    ) -> Result<ReminderClaim> {
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression("SET #r = :attempt, expiring_at = if_not_exists(expiring_at, :now)")
            .expression_attribute_names("#r", REMINDER)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":attempt", reminder_value(attempt, 0))
            .expression_attribute_values(":now", at(attempt.at))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()));
        let usable = if to_accepted {
            update = update
                .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()));
            "#status IN (:issued, :accepted)"
        } else {
            "#status = :issued"
        };
        update = update
            .condition_expression(format!(
                "(attribute_not_exists(#r) OR (#r.#n = :number AND #r.#s = :throttled)) AND {usable}"
            ))
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":number", n(attempt.number))
            .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()));
        let mut items = vec![
            TransactWriteItem::builder().update(update.build()?).build(),
            self.lease_check(dispatch)?,
        ];
        if let Some(offers) = offers {
            items.push(self.offer_count_update(&key.customer, offers)?);
        }
        Ok(match self.transact("a reminder", items).await? {
            TransactionResult::Written => ReminderClaim::Claimed,
            TransactionResult::Refused(refused)
                if refused.condition_failed_at(0) || refused.condition_failed_at(1) =>
            {
                ReminderClaim::Lost
            }
            TransactionResult::Refused(_) => ReminderClaim::OffersChanged,
        })
    }

    /// Records that the provider accepted the reminder.
    pub async fn record_reminder_sent(
        &self,
        key: &VoucherKey,
        sent: &SentMessage<'_>,
    ) -> Result<Applied> {
        let answer = self
            .update_voucher(key)
            .update_expression(
                "SET #r.#s = :sent, #r.#at = :at, #r.p = :id, #r.#ru = :units, last_via = :channel ADD #u :units",
            )
            .condition_expression("#r.#n = :number AND #r.#s IN (:claimed, :unknown)")
            .expression_attribute_names("#r", REMINDER)
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#ru", REMINDER_UNITS)
            .expression_attribute_names("#u", units_attribute(sent.channel))
            .expression_attribute_values(":number", n(sent.number))
            .expression_attribute_values(":sent", s(AttemptState::Sent.as_str()))
            .expression_attribute_values(":claimed", s(AttemptState::Claimed.as_str()))
            .expression_attribute_values(":unknown", s(AttemptState::Unknown.as_str()))
            .expression_attribute_values(":at", at(sent.at))
            .expression_attribute_values(":channel", s(sent.channel.as_str()))
            .expression_attribute_values(":id", s(sent.provider_id))
            .expression_attribute_values(":units", n(sent.units))
            .send()
            .await;
        parse_applied(answer)
    }

    /// Records that the reminder was not sent, that it waits for its lane, or that its fate is unknown.
    pub async fn record_reminder_unsent(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
    ) -> Result<Applied> {
        let update = self
            .update_voucher(key)
            .update_expression("SET #r.#s = :state, #r.#at = :at, #r.r = :reason")
            .condition_expression("#r.#n = :number AND #r.#s = :claimed")
            .expression_attribute_names("#r", REMINDER)
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":number", n(attempt.number))
            .expression_attribute_values(":state", s(attempt.state.as_str()))
            .expression_attribute_values(":claimed", s(AttemptState::Claimed.as_str()))
            .expression_attribute_values(":at", at(attempt.at))
            .expression_attribute_values(":reason", s(attempt.reason.clone().unwrap_or_default()));
        parse_applied(update.send().await)
    }

    /// Records a provider event about the reminder; the offer's own message stays as it is.
    pub async fn record_reminder_feedback(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: FeedbackType,
    ) -> Result<Applied> {
        let transition = FeedbackTransition::of(what, "#reminder");
        let mut update = self
            .update_voucher(key)
            .update_expression(transition.sets + &transition.removes)
            .condition_expression(format!("#reminder.#c = :channel AND {}", transition.condition))
            .expression_attribute_names("#reminder", REMINDER)
            .expression_attribute_names("#c", "c")
            .expression_attribute_values(":channel", s(channel.as_str()));
        for (placeholder, name) in transition.names {
            update = update.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in transition.values {
            update = update.expression_attribute_values(placeholder, value);
        }
        parse_applied(update.send().await)
    }

    /// Sets the stage which says that the voucher's end is near, where no reminder was sent. It is
    /// set once, while the voucher is open.
    pub async fn mark_expiring(&self, key: &VoucherKey, now: Timestamp) -> Result<Applied> {
        let answer = self
            .update_voucher(key)
            .update_expression("SET expiring_at = :now")
            .condition_expression(
                "attribute_not_exists(expiring_at) AND #status IN (:issued, :accepted)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()))
            .send()
            .await;
        parse_applied(answer)
    }
}
