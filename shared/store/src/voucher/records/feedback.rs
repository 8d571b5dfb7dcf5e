//! Provider events about a message after it was accepted: sets the stage and, where the campaign
//! asks for it, plans the fallback with it. Written by record-feedback; read with the voucher.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{
    Timestamp, delivery::dispatch::Dispatch, kernel::channel::Channel,
    voucher::attempt::AttemptState,
};

use super::{VoucherKey, attempt_attribute};
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::{at, s},
    keys::voucher_key,
};

/// The type of a provider event about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackType {
    Delivered,
    Bounced,
    Complained,
    Failed,
}

impl Store {
    /// Records a provider event. Events may come in any order and more than once: stages are set
    /// once, and if two events about one message conflict, the stronger one wins regardless of
    /// their order of arrival: failed < bounced < delivered < complained.
    pub async fn record_feedback(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: FeedbackType,
        when: Timestamp,
    ) -> Result<Applied> {
        let feedback = self.feedback_update(key, channel, what, when)?;
        let update = self
            .update_voucher(key)
            .update_expression(feedback.update_expression())
            .set_condition_expression(feedback.condition_expression().map(str::to_owned))
            .set_expression_attribute_names(feedback.expression_attribute_names().cloned())
            .set_expression_attribute_values(feedback.expression_attribute_values().cloned());
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
        let mut items = vec![
            TransactWriteItem::builder()
                .update(self.feedback_update(key, channel, what, when)?)
                .build(),
        ];
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
    ) -> Result<Update> {
        let (state, leaves) = feedback_transition(what);
        let mut sets =
            "SET #a.#s = :state, last_via = if_not_exists(last_via, :channel)".to_owned();
        let delivered = match what {
            FeedbackType::Delivered | FeedbackType::Complained => true,
            FeedbackType::Bounced | FeedbackType::Failed => false,
        };
        if delivered {
            // A customer who complains has received the message, and a delivered message was sent,
            // even if our own record of that was lost.
            sets += ", delivered_at = if_not_exists(delivered_at, :at), delivered_via = if_not_exists(delivered_via, :channel)";
            sets += ", sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel)";
        }
        let names: Vec<String> = (0..leaves.len()).map(|index| format!(":from{index}")).collect();
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(sets)
            .condition_expression(format!(
                "attribute_exists(#a) AND #a.#s IN ({})",
                names.join(", ")
            ))
            .expression_attribute_names("#a", attempt_attribute(channel))
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":state", s(state.as_str()))
            .expression_attribute_values(":channel", s(channel.as_str()));
        if delivered {
            update = update.expression_attribute_values(":at", at(when));
        }
        for (name, from) in names.iter().zip(&leaves) {
            update = update.expression_attribute_values(name, s(from.as_str()));
        }
        Ok(update.build()?)
    }
}

/// Returns the state that an event gives to an attempt, and the states that it may replace.
pub(crate) fn feedback_transition(what: FeedbackType) -> (AttemptState, Vec<AttemptState>) {
    const OPEN: [AttemptState; 3] =
        [AttemptState::Claimed, AttemptState::Sent, AttemptState::Unknown];
    let (state, overrules): (AttemptState, &[AttemptState]) = match what {
        FeedbackType::Failed => (AttemptState::Failed, &[]),
        FeedbackType::Bounced => (AttemptState::Bounced, &[AttemptState::Failed]),
        FeedbackType::Delivered => {
            (AttemptState::Delivered, &[AttemptState::Failed, AttemptState::Bounced])
        }
        FeedbackType::Complained => (
            AttemptState::Complained,
            &[AttemptState::Failed, AttemptState::Bounced, AttemptState::Delivered],
        ),
    };
    (state, OPEN.iter().chain(overrules).copied().collect())
}
