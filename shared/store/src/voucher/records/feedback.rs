//! Records provider events about a message after it was accepted: sets the stage and, where the
//! campaign asks for it, plans the fallback with it. Written by record-feedback; read with the
//! voucher. Each write is conditional on the strength of the event before it.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::{
    Timestamp,
    delivery::{dispatch::Dispatch, feedback::FeedbackType},
    kernel::channel::Channel,
    voucher::attempt::AttemptState,
};

use super::{VoucherKey, attempt_attribute, item::FALLBACK};
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::{at, n, s},
    keys::voucher_key,
};

impl Store {
    /// Records a provider event. Events may come in any order and more than once: stages are set
    /// once, and if two events about one message conflict, the stronger one wins regardless of
    /// their order of arrival ([`FeedbackType::strength`]).
    pub async fn record_feedback(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: FeedbackType,
        when: Timestamp,
    ) -> Result<Applied> {
        let feedback = self.feedback_update(key, channel, what, when, None)?;
        let update = self
            .update_voucher(key)
            .update_expression(feedback.update_expression())
            .set_condition_expression(feedback.condition_expression().map(str::to_owned))
            .set_expression_attribute_names(feedback.expression_attribute_names().cloned())
            .set_expression_attribute_values(feedback.expression_attribute_values().cloned());
        match parse_applied(update.send().await)? {
            Applied::Conflict if what.proves_delivery() => {
                self.stamp_late_delivery(key, channel, when).await
            }
            applied @ (Applied::Yes | Applied::Conflict) => Ok(applied),
        }
    }

    /// Sets the stage of a delivery that is told after the bounce which followed it. The attempt
    /// stays bounced, and the record is the same as if the two had come in their order.
    async fn stamp_late_delivery(
        &self,
        key: &VoucherKey,
        channel: Channel,
        when: Timestamp,
    ) -> Result<Applied> {
        let update = self
            .update_voucher(key)
            .update_expression(format!("SET {DELIVERY_STAGES}"))
            .condition_expression("attribute_not_exists(delivered_at) AND #a.#s = :bounced")
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":bounced", s(AttemptState::Bounced.as_str()))
            .expression_attribute_values(":channel", s(channel.as_str()))
            .expression_attribute_values(":at", at(when));
        parse_applied(update.send().await)
    }

    /// Records a provider event together with the dispatch of the fallback, both or neither. The
    /// first event that ends this channel plans the fallback, and a repeat finds it recorded. If
    /// that dispatch exists already, only the event is recorded.
    pub async fn record_feedback_with_fallback(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: FeedbackType,
        when: Timestamp,
        next: &Dispatch,
    ) -> Result<Applied> {
        let planned = Some(next.due_at);
        let update = self.feedback_update(key, channel, what, when, planned)?;
        let mut items = vec![TransactWriteItem::builder().update(update).build()];
        items.extend(self.follow_up_items(next)?);
        match self.commit_attempt(items).await? {
            Applied::Yes => Ok(Applied::Yes),
            Applied::Conflict => self.record_feedback(key, channel, what, when).await,
        }
    }

    fn feedback_update(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: FeedbackType,
        when: Timestamp,
        fallback_at: Option<Timestamp>,
    ) -> Result<Update> {
        let transition = FeedbackTransition::of(what, "#a");
        let mut sets = format!("{}, last_via = if_not_exists(last_via, :channel)", transition.sets);
        if fallback_at.is_some() {
            sets += ", #a.#fb = if_not_exists(#a.#fb, :fallback)";
        }
        if what.proves_delivery() {
            sets = format!("{sets}, {DELIVERY_STAGES}");
        }
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(sets + &transition.removes)
            .condition_expression(transition.condition)
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_values(":channel", s(channel.as_str()));
        if what.proves_delivery() {
            update = update.expression_attribute_values(":at", at(when));
        }
        if let Some(planned) = fallback_at {
            update = update
                .expression_attribute_names("#fb", FALLBACK)
                .expression_attribute_values(":fallback", at(planned));
        }
        for (placeholder, name) in transition.names {
            update = update.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in transition.values {
            update = update.expression_attribute_values(placeholder, value);
        }
        Ok(update.build()?)
    }
}

/// The stages of a message that has arrived. What arrived was sent, even if our own record of that
/// was lost.
const DELIVERY_STAGES: &str = "delivered_at = if_not_exists(delivered_at, :at), delivered_via = if_not_exists(delivered_via, :channel), sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel)";

/// The write of a provider event to an attempt, with the condition that keeps a weaker event from
/// replacing a stronger one.
pub(crate) struct FeedbackTransition {
    pub(crate) sets: String,
    /// The end of the update expression: a message that arrived has no reason of a failure.
    pub(crate) removes: String,
    pub(crate) condition: String,
    pub(crate) names: Vec<(&'static str, &'static str)>,
    pub(crate) values: Vec<(&'static str, AttributeValue)>,
}

impl FeedbackTransition {
    /// Builds the write to the attempt under the placeholder `attempt`. The strength of the event is
    /// kept as `w`. An attempt that no event has touched takes any event while it is open; one that
    /// the provider refused at the call only takes an event which says that it was sent after all.
    pub(crate) fn of(what: FeedbackType, attempt: &str) -> Self {
        let mut sets = format!("SET {attempt}.#s = :state, {attempt}.#w = :strength");
        let mut removes = String::new();
        let names = vec![("#s", "s"), ("#w", "w"), ("#r", "r")];
        let mut values = vec![
            (":state", s(what.state().as_str())),
            (":strength", n(what.strength())),
            (":claimed", s(AttemptState::Claimed.as_str())),
            (":sent", s(AttemptState::Sent.as_str())),
            (":unknown", s(AttemptState::Unknown.as_str())),
        ];
        let mut open = vec![":claimed", ":sent", ":unknown"];
        if what.state() != AttemptState::Failed {
            values.push((":failed", s(AttemptState::Failed.as_str())));
            open.push(":failed");
        }
        match what.reason() {
            Some(reason) => {
                sets += &format!(", {attempt}.#r = :reason");
                values.push((":reason", s(reason)));
            }
            None => removes = format!(" REMOVE {attempt}.#r"),
        }
        let condition = format!(
            "attribute_exists({attempt}) AND ({attempt}.#w < :strength OR (attribute_not_exists({attempt}.#w) AND {attempt}.#s IN ({})))",
            open.join(", ")
        );
        Self { sets, removes, condition, names, values }
    }
}
