//! Dead letters: putting a message aside with the reason, looking at those that are there, and moving them back to where they came from.
//! A message that nothing can read (poison) carries its reason as an attribute; one that five receives did not get through has none.
//! Moving sends first and deletes then: a crash between the two leaves a message in both queues, which is harmless, since a message is a
//! nudge and the item that it points at decides; and stamping a provider's event is idempotent.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName,
    QueueAttributeName,
};
use aws_smithy_types::error::display::DisplayErrorContext;
use domain::Timestamp;
use serde_json::Value;

use crate::{BATCH, DispatchPointer, Entry, Queue, QueueError, SegmentNudge, Wake, parse};

/// The attribute that says why a message was put aside.
pub(crate) const REASON: &str = "reason";
/// Received messages are nobody else's for so long, in seconds: more than moving ten of them takes.
const HELD_SECONDS: i32 = 60;
/// Asking for so long makes SQS look on all its servers, so that "none" means none. Seconds.
const LONG_POLL_SECONDS: i32 = 1;
/// Receives beyond those that full batches would need: batches are seldom full, and poison is stepped over.
const SPARE_RECEIVES: usize = 10;

/// A message that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    /// When it was sent at first.
    pub sent_at: Option<Timestamp>,
    /// How often it was received, as a dead letter too.
    pub receives: u32,
    /// Of poison alone.
    pub reason: Option<String>,
    /// What it points at, if it is a message of ours. What others sent is not shown: it may hold an address.
    pub pointer: Option<Value>,
}

/// As SQS counts: approximately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    pub waiting: u64,
    /// Received by somebody at this moment.
    pub held: u64,
}

/// What one redrive did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redriven {
    pub moved: usize,
    /// Poison that was seen and left where it is.
    pub quarantined: usize,
}

impl Queue {
    /// Puts a body aside that no retry can handle, with the reason, which does not quote it.
    pub async fn park(&self, body: String, reason: &str) -> Result<(), QueueError> {
        self.park_all(&[(body, reason.to_owned())]).await
    }

    pub async fn park_all(&self, parked: &[(String, String)]) -> Result<(), QueueError> {
        let entry = |(body, reason): &(String, String)| Entry {
            body: body.clone(),
            delay_seconds: 0,
            reason: Some(reason.clone()).filter(|reason| !reason.is_empty()),
        };
        self.send_entries(&parked.iter().map(entry).collect::<Vec<_>>()).await
    }

    pub async fn depth(&self) -> Result<Depth, QueueError> {
        let visible = QueueAttributeName::ApproximateNumberOfMessages;
        let held = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let asked = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = asked.attribute_names(visible.clone()).attribute_names(held.clone()).send().await;
        let attributes = answer.map_err(|error| whole(DisplayErrorContext(&error).to_string()))?.attributes;
        let number = |name: &QueueAttributeName| {
            let text = attributes.as_ref().and_then(|attributes| attributes.get(name));
            text.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        Ok(Depth { waiting: number(&visible), held: number(&held) })
    }

    /// Up to ten of the messages that wait, in no order. They stay where they are, for everybody to see.
    pub async fn sample(&self) -> Result<Vec<DeadLetter>, QueueError> {
        Ok(self.receive(0).await?.iter().map(dead_letter).collect())
    }

    /// Moves up to `bound` messages to `source`, poison only if `poison` says so. At least once, as everywhere: pressed twice, at once or
    /// after a crash, a message may come twice and is not lost.
    pub async fn redrive(&self, source: &Queue, bound: usize, poison: bool) -> Result<Redriven, QueueError> {
        let mut done = Redriven::default();
        let mut left: Vec<Message> = Vec::new();
        for _ in 0..bound.div_ceil(BATCH) + SPARE_RECEIVES {
            if done.moved >= bound {
                break;
            }
            let received = self.receive(HELD_SECONDS).await?;
            if received.is_empty() {
                break;
            }
            let (mut going, mut staying): (Vec<Message>, Vec<Message>) =
                received.into_iter().partition(|message| poison || reason(message).is_none());
            // beyond the bound they wait for the next press
            left.extend(going.split_off(going.len().min(bound - done.moved)));
            done.quarantined += staying.len();
            left.append(&mut staying);
            let bodies: Vec<String> = going.iter().filter_map(|message| message.body.clone()).collect();
            source.send_bodies(&bodies).await?;
            self.delete(&going).await;
            done.moved += going.len();
        }
        self.let_go(&left).await;
        Ok(done)
    }

    async fn receive(&self, held_seconds: i32) -> Result<Vec<Message>, QueueError> {
        let asked = self.client.receive_message().queue_url(&self.url);
        let answer = asked
            .max_number_of_messages(i32::try_from(BATCH).unwrap_or(10))
            .visibility_timeout(held_seconds)
            .wait_time_seconds(LONG_POLL_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_attribute_names(REASON)
            .send()
            .await;
        let answer = answer.map_err(|error| whole(DisplayErrorContext(&error).to_string()))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// What is not deleted comes again, and is moved once more: harmless.
    async fn delete(&self, messages: &[Message]) {
        let entry = |(index, message): (usize, &Message)| {
            let receipt = message.receipt_handle.clone()?;
            DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build().ok()
        };
        let entries: Vec<_> = messages.iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        if let Err(error) =
            self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await
        {
            tracing::warn!(error = %DisplayErrorContext(&error), "dead letters that were moved are still there, and will be moved again");
        }
    }

    /// At once, and not when their time is over: whoever looks next shall see them. Without this they come back by themselves.
    async fn let_go(&self, messages: &[Message]) {
        for messages in messages.chunks(BATCH) {
            let entry = |(index, message): (usize, &Message)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(message.receipt_handle.clone()?).visibility_timeout(0).build().ok()
            };
            let entries: Vec<_> = messages.iter().enumerate().filter_map(entry).collect();
            let shown = self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            if let Err(error) = shown.send().await {
                tracing::warn!(error = %DisplayErrorContext(&error), "dead letters stay hidden for a minute");
            }
        }
    }
}

fn whole(reason: String) -> QueueError {
    QueueError { failed: 1, all: 1, reason }
}

fn reason(message: &Message) -> Option<String> {
    message.message_attributes.as_ref()?.get(REASON)?.string_value.clone()
}

fn dead_letter(message: &Message) -> DeadLetter {
    let attribute = |name: &MessageSystemAttributeName| message.attributes.as_ref().and_then(|all| all.get(name));
    let sent = attribute(&MessageSystemAttributeName::SentTimestamp).and_then(|text| text.parse::<i64>().ok());
    let receives = attribute(&MessageSystemAttributeName::ApproximateReceiveCount).and_then(|text| text.parse().ok());
    DeadLetter {
        id: message.message_id.clone().unwrap_or_default(),
        sent_at: sent.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
        receives: receives.unwrap_or(0),
        reason: reason(message),
        pointer: message.body.as_deref().and_then(pointer),
    }
}

fn pointer(body: &str) -> Option<Value> {
    let segment = || parse::<SegmentNudge>(body).ok().map(|nudge| serde_json::to_value(nudge).ok());
    let dispatch = || parse::<DispatchPointer>(body).ok().map(|pointer| serde_json::to_value(pointer).ok());
    let wake = || parse::<Wake>(body).ok().map(|wake| serde_json::to_value(wake).ok());
    segment().or_else(dispatch).or_else(wake)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_shown() {
        for ours in [r#"{"run":"cmp_1.1","segment":3}"#, r#"{"wake":"schedule"}"#] {
            assert_eq!(pointer(ours).map(|shown| shown.to_string()).as_deref(), Some(ours));
        }
        for others in [r#"{"eventType":"Bounce","mail":{"destination":["ana@example.com"]}}"#, "+34600000001", ""] {
            assert_eq!(pointer(others), None);
        }
    }
}
