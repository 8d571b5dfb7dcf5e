//! Sends messages to the system's queues: repeats, nudges, poison. Also finds what ended in a
//! dead-letter queue.

use std::collections::BTreeMap;

use aws_sdk_sqs::{Client, error::DisplayErrorContext};
use serde_json::{Value, json};

use crate::{
    stack::LocalStack,
    waiting::{LONG, until_some},
};

/// The seconds for which a read of a dead-letter queue hides what it saw from the next read, so
/// that a search sees more than the same ten messages.
const HIDDEN_SECONDS: i32 = 2;

#[derive(Clone)]
pub struct QueueClient {
    client: Client,
    urls: BTreeMap<String, String>,
}

impl QueueClient {
    pub(crate) fn new(stack: &LocalStack) -> Self {
        Self { client: Client::new(&stack.aws), urls: stack.facts.queues() }
    }
    fn queue_url(&self, queue: &str) -> &str {
        self.urls.get(queue).unwrap_or_else(|| panic!("stack.json has no queue {queue}"))
    }
    /// Sends to `expansion`, `release`, `sms`, `email`, `push`, `feedback`, `autopilot`, `watchdog` or
    /// one of their `_dlq`.
    pub async fn send_message(&self, queue: &str, body: &str) {
        let sent = self
            .client
            .send_message()
            .queue_url(self.queue_url(queue))
            .message_body(body)
            .send()
            .await;
        sent.unwrap_or_else(|error| panic!("sending to {queue}: {}", DisplayErrorContext(&error)));
    }
    /// Sends what the schedule sends every minute to `release`, `autopilot` and `watchdog`.
    pub async fn wake_schedule(&self, queue: &str) {
        self.send_message(queue, r#"{"wake":"test"}"#).await;
    }
    /// Nudges expand-audience to work on a segment.
    pub async fn nudge_segment(&self, run: &str, segment: u32) {
        self.send_message("expansion", &json!({"run": run, "segment": segment}).to_string()).await;
    }
    /// Sends a pointer to a released dispatch to the channel's worker.
    pub async fn send_pointer(&self, channel: &str, run: &str, segment: u32, name: &str) {
        let pointer = json!({"dispatch": {"run": run, "segment": segment, "name": name}});
        self.send_message(channel, &pointer.to_string()).await;
    }
    /// Waits for a message in `queue` that contains `marker`, removes it and returns its body.
    pub async fn take_message(&self, queue: &str, marker: &str) -> String {
        until_some(format!("a message with {marker} in {queue}"), LONG, || {
            self.find_message(queue, marker)
        })
        .await
    }
    async fn find_message(&self, queue: &str, marker: &str) -> Option<String> {
        let url = self.queue_url(queue);
        let received = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .visibility_timeout(HIDDEN_SECONDS)
            .send()
            .await
            .unwrap_or_else(|error| {
                panic!("receiving from {queue}: {}", DisplayErrorContext(&error))
            });
        for message in received.messages.unwrap_or_default() {
            let body = message.body.unwrap_or_default();
            if body.contains(marker) {
                let deleted = self.client.delete_message().queue_url(url);
                let deleted = deleted.set_receipt_handle(message.receipt_handle).send().await;
                deleted.unwrap_or_else(|error| {
                    panic!("deleting from {queue}: {}", DisplayErrorContext(&error))
                });
                return Some(body);
            }
        }
        None
    }
    /// Builds a delivery event as SES publishes it to `feedback`, for a voucher of a customer.
    pub fn ses_delivery_event(message_id: &str, tags: Value, at: &str) -> String {
        json!({
            "eventType": "Delivery",
            "mail": {"messageId": message_id, "timestamp": at, "tags": tags},
            "delivery": {"timestamp": at},
        })
        .to_string()
    }
}
