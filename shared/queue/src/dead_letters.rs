//! Dead letters: puts a message aside with the reason, lists the waiting ones, and moves them back
//! to their source queue.
//!
//! A message that cannot be parsed (poison) carries its reason as an attribute; a message that
//! failed five receives has none. A move sends first and deletes then, so a crash between the two
//! leaves the message in both queues. That is harmless: a message is a nudge and the item that it
//! points at decides, and applying a provider event is idempotent.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName, QueueAttributeName,
};
use aws_smithy_types::error::display::DisplayErrorContext;
use domain::Timestamp;
use serde_json::Value;

use crate::{
    BATCH_SIZE, DispatchPointer, ExpansionNudge, Queue, QueueEntry, QueueError, WakeNudge,
    parse_message,
};

/// The attribute that says why a message was put aside.
pub(crate) const REASON_ATTRIBUTE: &str = "reason";
/// Visibility timeout of received messages, in seconds: more than moving ten of them takes.
const VISIBILITY_TIMEOUT_SECONDS: i32 = 60;
/// Long-poll time, in seconds. It makes SQS ask all its servers, so that an empty answer means an
/// empty queue.
const LONG_POLL_SECONDS: i32 = 1;
/// Receives beyond those that full batches would need: batches are seldom full, and poison is
/// skipped.
const SPARE_RECEIVES: usize = 10;

/// A message that was given up and waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    /// Time at which the message was first sent.
    pub sent_at: Option<Timestamp>,
    /// Number of receives, those as a dead letter included.
    pub receives: u32,
    /// The reason of a poison message; other dead letters have none.
    pub reason: Option<String>,
    /// The item that the message points at, if it is one of our messages. Other bodies are not
    /// shown, because they may contain an address.
    pub pointer: Option<Value>,
}

/// Approximate number of messages, as SQS counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApproximateDepth {
    pub waiting: u64,
    /// Messages that a consumer has received and not yet deleted.
    pub in_flight: u64,
}

/// The result of one redrive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RedriveResult {
    pub moved: usize,
    /// Poison messages that were skipped.
    pub quarantined: usize,
}

impl Queue {
    /// Puts aside a body that no retry can handle, with the reason, which must not quote the body.
    pub async fn park_message(&self, body: String, reason: &str) -> Result<(), QueueError> {
        self.park_messages(&[(body, reason.to_owned())]).await
    }

    pub async fn park_messages(&self, parked: &[(String, String)]) -> Result<(), QueueError> {
        let entry = |(body, reason): &(String, String)| QueueEntry {
            body: body.clone(),
            delay_seconds: 0,
            reason: Some(reason.clone()).filter(|reason| !reason.is_empty()),
        };
        self.send_entries(&parked.iter().map(entry).collect::<Vec<_>>()).await
    }

    pub async fn depth(&self) -> Result<ApproximateDepth, QueueError> {
        let visible = QueueAttributeName::ApproximateNumberOfMessages;
        let held = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let asked = self.client.get_queue_attributes().queue_url(&self.url);
        let answer =
            asked.attribute_names(visible.clone()).attribute_names(held.clone()).send().await;
        let attributes = answer
            .map_err(|error| queue_error(DisplayErrorContext(&error).to_string()))?
            .attributes;
        let number = |name: &QueueAttributeName| {
            let text = attributes.as_ref().and_then(|attributes| attributes.get(name));
            text.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        Ok(ApproximateDepth { waiting: number(&visible), in_flight: number(&held) })
    }

    /// Returns up to ten of the waiting messages, in no order. They stay in the queue and stay
    /// visible.
    pub async fn peek_messages(&self) -> Result<Vec<DeadLetter>, QueueError> {
        Ok(self.receive_messages(0).await?.iter().map(parse_dead_letter).collect())
    }

    /// Moves up to `bound` messages to `source`, and poison only if `poison` is true. Moves are at
    /// least once: two redrives at the same time, or one after a crash, may send a message twice,
    /// but lose none.
    pub async fn redrive(
        &self,
        source: &Queue,
        bound: usize,
        poison: bool,
    ) -> Result<RedriveResult, QueueError> {
        let mut done = RedriveResult::default();
        let mut left: Vec<Message> = Vec::new();
        for _ in 0..bound.div_ceil(BATCH_SIZE) + SPARE_RECEIVES {
            if done.moved >= bound {
                break;
            }
            let received = self.receive_messages(VISIBILITY_TIMEOUT_SECONDS).await?;
            if received.is_empty() {
                break;
            }
            let (mut going, mut staying): (Vec<Message>, Vec<Message>) =
                received.into_iter().partition(|message| poison || park_reason(message).is_none());
            // Messages beyond the bound wait for the next redrive.
            left.extend(going.split_off(going.len().min(bound - done.moved)));
            done.quarantined += staying.len();
            left.append(&mut staying);
            let bodies: Vec<String> =
                going.iter().filter_map(|message| message.body.clone()).collect();
            source.send_bodies(&bodies).await?;
            self.delete_messages(&going).await;
            done.moved += going.len();
        }
        self.release_messages(&left).await;
        Ok(done)
    }

    async fn receive_messages(&self, visibility_seconds: i32) -> Result<Vec<Message>, QueueError> {
        let asked = self.client.receive_message().queue_url(&self.url);
        let answer = asked
            .max_number_of_messages(i32::try_from(BATCH_SIZE).unwrap_or(10))
            .visibility_timeout(visibility_seconds)
            .wait_time_seconds(LONG_POLL_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_attribute_names(REASON_ATTRIBUTE)
            .send()
            .await;
        let answer =
            answer.map_err(|error| queue_error(DisplayErrorContext(&error).to_string()))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Deletes moved messages. A message that is not deleted becomes visible again and is moved
    /// once more, which is harmless.
    async fn delete_messages(&self, messages: &[Message]) {
        let entry = |(index, message): (usize, &Message)| {
            let receipt = message.receipt_handle.clone()?;
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(receipt)
                .build()
                .ok()
        };
        let entries: Vec<_> = messages.iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        if let Err(error) = self
            .client
            .delete_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
        {
            tracing::warn!(error = %DisplayErrorContext(&error), "could not delete moved dead letters");
        }
    }

    /// Makes messages visible again at once, so that the next operator sees them. Without this they
    /// become visible when their visibility timeout ends.
    async fn release_messages(&self, messages: &[Message]) {
        for messages in messages.chunks(BATCH_SIZE) {
            let entry = |(index, message): (usize, &Message)| {
                let entry =
                    ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
                entry
                    .receipt_handle(message.receipt_handle.clone()?)
                    .visibility_timeout(0)
                    .build()
                    .ok()
            };
            let entries: Vec<_> = messages.iter().enumerate().filter_map(entry).collect();
            let shown = self
                .client
                .change_message_visibility_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries));
            if let Err(error) = shown.send().await {
                tracing::warn!(error = %DisplayErrorContext(&error), "could not release dead letters");
            }
        }
    }
}

fn queue_error(reason: String) -> QueueError {
    QueueError { failed: 1, all: 1, reason }
}

fn park_reason(message: &Message) -> Option<String> {
    message.message_attributes.as_ref()?.get(REASON_ATTRIBUTE)?.string_value.clone()
}

fn parse_dead_letter(message: &Message) -> DeadLetter {
    let attribute = |name: &MessageSystemAttributeName| {
        message.attributes.as_ref().and_then(|all| all.get(name))
    };
    let sent = attribute(&MessageSystemAttributeName::SentTimestamp)
        .and_then(|text| text.parse::<i64>().ok());
    let receives = attribute(&MessageSystemAttributeName::ApproximateReceiveCount)
        .and_then(|text| text.parse().ok());
    DeadLetter {
        id: message.message_id.clone().unwrap_or_default(),
        sent_at: sent.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
        receives: receives.unwrap_or(0),
        reason: park_reason(message),
        pointer: message.body.as_deref().and_then(parse_pointer),
    }
}

fn parse_pointer(body: &str) -> Option<Value> {
    let segment =
        || parse_message::<ExpansionNudge>(body).ok().map(|nudge| serde_json::to_value(nudge).ok());
    let dispatch = || {
        parse_message::<DispatchPointer>(body)
            .ok()
            .map(|pointer| serde_json::to_value(pointer).ok())
    };
    let wake = || parse_message::<WakeNudge>(body).ok().map(|wake| serde_json::to_value(wake).ok());
    segment().or_else(dispatch).or_else(wake)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_shown() {
        for ours in [r#"{"run":"cmp_1.1","segment":3}"#, r#"{"wake":"schedule"}"#] {
            assert_eq!(parse_pointer(ours).map(|shown| shown.to_string()).as_deref(), Some(ours));
        }
        for others in [
            r#"{"eventType":"Bounce","mail":{"destination":["ana@example.com"]}}"#,
            "+34600000001",
            "",
        ] {
            assert_eq!(parse_pointer(others), None);
        }
    }
}
