//! The reminder of a voucher: its own attempt, `a_reminder`, beside those of its offer, so that neither stands for the other. Claimed
//! once, by an update that holds only while the voucher may be used, nobody has reminded, and the dispatch is in its taker's hands.
//! Written by the delivery workers and record-feedback. Also here: the stamp that a voucher's end is near.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{
    Timestamp,
    channel::Channel,
    delivery::{Attempt, AttemptState},
    dispatch::Dispatch,
    voucher::Status,
};

use crate::{
    Store,
    dispatches::condition_failed,
    error::Result,
    issue::Offers,
    item::{at, n, s},
    transaction::Transacted,
    vouchers::{Feedback, REMINDER_UNITS, Sent, Step, VoucherKey, key_item, overrules, reminder_value, units_name},
};

/// The name of the attribute.
const REMINDER: &str = crate::vouchers::REMINDER;

/// Whether a reminder may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminding {
    Claimed,
    /// Reminded already, used meanwhile, or the dispatch is another worker's.
    Overtaken,
    /// The customer got another offer meanwhile: decide again.
    Met,
}

impl Store {
    /// Claims the reminder, and stamps that the voucher's end is near. `offers`: where the customer's other messages have a say.
    pub async fn claim_reminder(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        to_accepted: bool,
        offers: Option<&Offers>,
        dispatch: &Dispatch,
    ) -> Result<Reminding> {
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
            .update_expression("SET #r = :attempt, expiring_at = if_not_exists(expiring_at, :now)")
            .expression_attribute_names("#r", REMINDER)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":attempt", reminder_value(attempt, 0))
            .expression_attribute_values(":now", at(attempt.at))
            .expression_attribute_values(":issued", s(Status::Issued.as_str()));
        let usable = if to_accepted {
            update = update.expression_attribute_values(":accepted", s(Status::Accepted.as_str()));
            "#status IN (:issued, :accepted)"
        } else {
            "#status = :issued"
        };
        update = if attempt.number == 1 {
            update.condition_expression(format!("attribute_not_exists(#r) AND {usable}"))
        } else {
            update
                .condition_expression(format!("#r.#n = :before AND #r.#s = :throttled AND {usable}"))
                .expression_attribute_names("#n", "n")
                .expression_attribute_names("#s", "s")
                .expression_attribute_values(":before", n(attempt.number - 1))
                .expression_attribute_values(":throttled", s(AttemptState::Throttled.as_str()))
        };
        let mut items = vec![TransactWriteItem::builder().update(update.build()?).build(), self.still_taken(dispatch)?];
        if let Some(offers) = offers {
            items.push(self.count_offer(&key.customer, offers)?);
        }
        Ok(match self.transact("a reminder", items).await? {
            Transacted::Written => Reminding::Claimed,
            Transacted::Refused(refused) if refused.failed(0) || refused.failed(1) => Reminding::Overtaken,
            Transacted::Refused(_) => Reminding::Met,
        })
    }

    /// The provider took it.
    pub async fn record_reminder_sent(&self, key: &VoucherKey, sent: &Sent<'_>) -> Result<Step> {
        let answer = self
            .update(key)
            .update_expression(
                "SET #r.#s = :sent, #r.#at = :at, #r.p = :id, #r.#ru = :units, last_via = :channel ADD #u :units",
            )
            .condition_expression("#r.#n = :number AND #r.#s IN (:claimed, :unknown)")
            .expression_attribute_names("#r", REMINDER)
            .expression_attribute_names("#n", "n")
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#ru", REMINDER_UNITS)
            .expression_attribute_names("#u", units_name(sent.channel))
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
        match answer {
            Ok(_) => Ok(Step::Taken),
            Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    /// It did not go out, or nobody knows; `next` is the same again after a throttle.
    pub async fn record_reminder_unsent(
        &self,
        key: &VoucherKey,
        attempt: &Attempt,
        next: Option<&Dispatch>,
    ) -> Result<Step> {
        let update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
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
            .expression_attribute_values(":reason", s(attempt.reason.clone().unwrap_or_default()))
            .build()?;
        let mut items = vec![TransactWriteItem::builder().update(update).build()];
        if let Some(next) = next {
            items.extend(self.plan_one(next)?);
        }
        Ok(match self.transact("a reminder and what follows", items).await? {
            Transacted::Written => Step::Taken,
            Transacted::Refused(_) => Step::Overtaken,
        })
    }

    /// What a provider event says of the reminder; the offer's own message stays as it is.
    pub async fn record_reminder_feedback(&self, key: &VoucherKey, channel: Channel, what: Feedback) -> Result<Step> {
        let (state, leaves) = overrules(what);
        let names: Vec<String> = (0..leaves.len()).map(|index| format!(":from{index}")).collect();
        let mut update = self
            .update(key)
            .update_expression("SET #r.#s = :state")
            .condition_expression(format!("#r.#c = :channel AND #r.#s IN ({})", names.join(", ")))
            .expression_attribute_names("#r", REMINDER)
            .expression_attribute_names("#s", "s")
            .expression_attribute_names("#c", "c")
            .expression_attribute_values(":channel", s(channel.as_str()))
            .expression_attribute_values(":state", s(state.as_str()));
        for (name, from) in names.iter().zip(&leaves) {
            update = update.expression_attribute_values(name, s(from.as_str()));
        }
        match update.send().await {
            Ok(_) => Ok(Step::Taken),
            Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    /// The voucher's end is near, though no message says so. Once, while it is open.
    pub async fn mark_expiring(&self, key: &VoucherKey, now: Timestamp) -> Result<Step> {
        let answer = self
            .update(key)
            .update_expression("SET expiring_at = :now")
            .condition_expression("attribute_not_exists(expiring_at) AND #status IN (:issued, :accepted)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":issued", s(Status::Issued.as_str()))
            .expression_attribute_values(":accepted", s(Status::Accepted.as_str()))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Step::Taken),
            Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}
