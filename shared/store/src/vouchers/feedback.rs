//! What providers say of a message after it was accepted: the stamp, and, where the campaign asks for it, the next rung with it.
//! Written by record-feedback; read by nobody but the voucher's readers.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{Timestamp, channel::Channel, delivery::AttemptState, dispatch::Dispatch};

use super::{Step, VoucherKey, attempt_name, key_item, step};
use crate::{
    Store,
    error::Result,
    item::{at, s},
};

/// What a provider event says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    Delivered,
    Bounced,
    Complained,
    Failed,
}

impl Store {
    /// Stamps what a provider event says, in any order and as often as it comes: stages are set once, and of two words on one message
    /// the later in this order stands, whichever came first: failed, bounced, delivered, complained.
    pub async fn record_feedback(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: Feedback,
        when: Timestamp,
    ) -> Result<Step> {
        let said = self.said(key, channel, what, when)?;
        let update = self
            .update(key)
            .update_expression(said.update_expression())
            .set_condition_expression(said.condition_expression().map(str::to_owned))
            .set_expression_attribute_names(said.expression_attribute_names().cloned())
            .set_expression_attribute_values(said.expression_attribute_values().cloned());
        step(update.send().await)
    }

    /// The same with the dispatch of the next rung, both or neither: the first word that ends this channel plans it, and a repeat finds
    /// it said. If that dispatch is there already, the word alone is kept.
    pub async fn record_feedback_and_plan(
        &self,
        key: &VoucherKey,
        channel: Channel,
        what: Feedback,
        when: Timestamp,
        next: &Dispatch,
    ) -> Result<Step> {
        let mut items = vec![TransactWriteItem::builder().update(self.said(key, channel, what, when)?).build()];
        items.extend(self.plan_one(next)?);
        match self.step_together(items).await? {
            Step::Taken => Ok(Step::Taken),
            Step::Overtaken => self.record_feedback(key, channel, what, when).await,
        }
    }

    fn said(&self, key: &VoucherKey, channel: Channel, what: Feedback, when: Timestamp) -> Result<Update> {
        let (state, leaves) = overrules(what);
        let mut sets = "SET #a.#s = :state, last_via = if_not_exists(last_via, :channel)".to_owned();
        let delivered = match what {
            Feedback::Delivered | Feedback::Complained => true,
            Feedback::Bounced | Feedback::Failed => false,
        };
        if delivered {
            // whoever complains has received it; and what was delivered was sent, even if our own record of it was lost
            sets += ", delivered_at = if_not_exists(delivered_at, :at), delivered_via = if_not_exists(delivered_via, :channel)";
            sets += ", sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel)";
        }
        let names: Vec<String> = (0..leaves.len()).map(|index| format!(":from{index}")).collect();
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(key_item(key)))
            .update_expression(sets)
            .condition_expression(format!("attribute_exists(#a) AND #a.#s IN ({})", names.join(", ")))
            .expression_attribute_names("#a", attempt_name(channel))
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

/// The state that an event makes of an attempt, and the states that it leaves for it.
pub(crate) fn overrules(what: Feedback) -> (AttemptState, Vec<AttemptState>) {
    const OPEN: [AttemptState; 3] = [AttemptState::Claimed, AttemptState::Sent, AttemptState::Unknown];
    let (state, overrules): (AttemptState, &[AttemptState]) = match what {
        Feedback::Failed => (AttemptState::Failed, &[]),
        Feedback::Bounced => (AttemptState::Bounced, &[AttemptState::Failed]),
        Feedback::Delivered => (AttemptState::Delivered, &[AttemptState::Failed, AttemptState::Bounced]),
        Feedback::Complained => {
            (AttemptState::Complained, &[AttemptState::Failed, AttemptState::Bounced, AttemptState::Delivered])
        }
    };
    (state, OPEN.iter().chain(overrules).copied().collect())
}
