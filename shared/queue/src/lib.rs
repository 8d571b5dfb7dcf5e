//! The only crate that speaks SQS: the shapes of our messages, and the sending of them. Lambda
//! receives them (event source mappings); the one exception is [`dead_letters`], for operators.
//!
//! A message is a nudge and carries no truth: it points at state in the store, so losing or
//! repeating one is harmless. No message contains a contact or a name.

pub mod dead_letters;

use aws_sdk_sqs::{
    error::BuildError,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use aws_smithy_types::error::display::DisplayErrorContext;
use domain::{
    delivery::{dispatch::DispatchKey, test_send::TestSendKey},
    kernel::id::{CampaignId, ExportId, ImportId, RehearsalId, RunId},
    voucher::webhook_event::EventDelivery,
};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};

/// Most messages that SQS accepts per call.
const BATCH_SIZE: usize = 10;
/// Longest delay of a message in SQS, in seconds.
const MAX_DELAY_SECONDS: i32 = 900;
/// Most batches in flight at once.
const MAX_CONCURRENT_BATCHES: usize = 8;

#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} messages did not get through: {reason}")]
pub struct QueueError {
    pub failed: usize,
    pub all: usize,
    pub reason: String,
}

/// Nudges `expand-audience` to check this segment of this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentNudge {
    pub run: RunId,
    pub segment: u32,
}

/// Nudges `expand-audience` to go on with this part of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearsalNudge {
    pub rehearsal: RehearsalId,
    pub segment: u32,
}

/// The message of `expand-audience`, which is one of the two nudges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExpansionNudge {
    Run(SegmentNudge),
    Rehearsal(RehearsalNudge),
}

/// Nudges a `deliver-*` worker: this dispatch is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchPointer {
    pub dispatch: DispatchKey,
}

/// Nudges a `deliver-*` worker: this message of a test send is waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSendPointer {
    pub sample: TestSendKey,
}

/// The message of a `deliver-*` worker, which is one of the two pointers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryPointer {
    Dispatch(DispatchKey),
    Sample(TestSendKey),
}

/// Nudges a function that takes its work from the store, such as `release-dispatches` and
/// `watchdog`, to check for work now. Our own functions and the schedule send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WakeNudge {
    /// The sender, for the log: `schedule`, `planned`, `done`, ...
    pub wake: String,
    /// Set for `watchdog`: the run of this campaign may be complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
}

impl WakeNudge {
    pub fn now(who: &str) -> Self {
        Self { wake: who.to_owned(), campaign: None }
    }
    pub fn for_campaign(who: &str, campaign: &CampaignId) -> Self {
        Self { wake: who.to_owned(), campaign: Some(campaign.clone()) }
    }
}

/// Nudges `deliver-webhooks` to deliver this event, or to check for retries that are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WebhookNudge {
    Deliver(EventDelivery),
    CheckDue(WakeNudge),
}

/// Nudges `import` to go on with an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportNudge {
    pub import: ImportId,
}

/// Nudges `export` to go on with an export, or to delete its files if it was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportNudge {
    pub export: ExportId,
}

/// Parses a message of ours. Anything else is poison, and the error describes it without quoting
/// it.
pub fn parse_message<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, String> {
    // serde would accept a list of a struct's values as the struct.
    if !body.trim_start().starts_with('{') {
        return Err("not a message of this queue (not an object)".to_owned());
    }
    serde_json::from_str(body).map_err(|error| {
        format!("not a message of this queue ({:?} at column {})", error.classify(), error.column())
    })
}

/// One message to send.
struct QueueEntry {
    body: String,
    delay_seconds: u32,
    /// The reason why the message is put aside.
    reason: Option<String>,
}

impl QueueEntry {
    fn build_entry(&self, index: usize) -> Result<SendMessageBatchRequestEntry, BuildError> {
        let delay =
            i32::try_from(self.delay_seconds).unwrap_or(MAX_DELAY_SECONDS).min(MAX_DELAY_SECONDS);
        let mut entry =
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(&self.body);
        if let Some(reason) = &self.reason {
            let reason = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(reason)
                .build()?;
            entry = entry.message_attributes(dead_letters::REASON_ATTRIBUTE, reason);
        }
        entry.set_delay_seconds((delay > 0).then_some(delay)).build()
    }
}

#[derive(Debug, Clone)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

/// The client that a function's queues share. Building one is a tenth of a cold start, so a
/// function with many queues builds one.
#[derive(Debug, Clone)]
pub struct QueueClient(aws_sdk_sqs::Client);

impl QueueClient {
    pub fn new(config: &aws_types::SdkConfig) -> Self {
        Self(aws_sdk_sqs::Client::new(config))
    }
    pub fn queue(&self, url: impl Into<String>) -> Queue {
        Queue::with_client(self.0.clone(), url)
    }
}

impl Queue {
    pub fn new(config: &aws_types::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: aws_sdk_sqs::Client::new(config), url: url.into() }
    }
    /// Builds a queue on a client that needs more than the shared configuration.
    pub fn with_client(client: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    pub async fn send<T: Serialize>(&self, message: &T) -> Result<(), QueueError> {
        self.send_all(std::slice::from_ref(message)).await
    }

    /// Sends a message that only saves a wait of a minute, until the schedule does the same. A
    /// failure is therefore only logged.
    pub async fn nudge<T: Serialize>(&self, message: &T) {
        if let Err(error) = self.send(message).await {
            tracing::warn!(%error, "could not send nudge");
        }
    }

    /// Sends all messages, ten per call. An error says how many failed; sending all again is safe,
    /// because messages are only nudges.
    pub async fn send_all<T: Serialize>(&self, messages: &[T]) -> Result<(), QueueError> {
        let bodies: Vec<String> =
            messages.iter().filter_map(|message| serde_json::to_string(message).ok()).collect();
        self.send_bodies(&bodies).await
    }

    /// Sends each message with its delay in seconds (0 to 900).
    pub async fn send_delayed<T: Serialize>(
        &self,
        messages: &[(T, u32)],
    ) -> Result<(), QueueError> {
        let entry = |(message, delay): &(T, u32)| {
            Some(QueueEntry {
                body: serde_json::to_string(message).ok()?,
                delay_seconds: *delay,
                reason: None,
            })
        };
        self.send_entries(&messages.iter().filter_map(entry).collect::<Vec<_>>()).await
    }

    /// Sends bodies unchanged.
    pub async fn send_bodies(&self, bodies: &[String]) -> Result<(), QueueError> {
        let entry =
            |body: &String| QueueEntry { body: body.clone(), delay_seconds: 0, reason: None };
        self.send_entries(&bodies.iter().map(entry).collect::<Vec<_>>()).await
    }

    async fn send_entries(&self, entries: &[QueueEntry]) -> Result<(), QueueError> {
        // The sends are collected first: a stream that borrows through a closure makes the caller's
        // future unfit for axum's handlers.
        let sends: Vec<_> =
            entries.chunks(BATCH_SIZE).map(|chunk| self.send_batch(chunk)).collect();
        let outcomes: Vec<(usize, String)> =
            stream::iter(sends).buffer_unordered(MAX_CONCURRENT_BATCHES).collect().await;
        let failed: usize = outcomes.iter().map(|(failed, _)| failed).sum();
        match outcomes.into_iter().find(|(failed, _)| *failed > 0) {
            None => Ok(()),
            Some((_, reason)) => Err(QueueError { failed, all: entries.len(), reason }),
        }
    }

    async fn send_batch(&self, entries: &[QueueEntry]) -> (usize, String) {
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (index, entry) in entries.iter().enumerate() {
            match entry.build_entry(index) {
                Ok(entry) => request = request.entries(entry),
                Err(error) => return (entries.len(), error.to_string()),
            }
        }
        match request.send().await {
            Ok(answer) => {
                let reason = answer
                    .failed()
                    .first()
                    .map(|failure| failure.code().to_owned())
                    .unwrap_or_default();
                (answer.failed().len(), reason)
            }
            Err(error) => (entries.len(), DisplayErrorContext(&error).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::kernel::id::TestSendId;

    use super::*;

    #[test]
    fn a_message_that_is_not_ours_is_poison_and_is_not_quoted() {
        let error =
            parse_message::<SegmentNudge>(r#"{"run":"r","segment":1,"phone":"+34600000001"}"#)
                .unwrap_err();
        assert!(!error.contains("+34"), "{error}");
        assert!(parse_message::<DispatchPointer>("garbage").is_err());
        assert!(parse_message::<WakeNudge>(r#"["planned"]"#).is_err());
        assert!(parse_message::<SegmentNudge>(r#"{"run":"cmp_1.1","segment":3}"#).is_ok());
        let expansion = parse_message::<ExpansionNudge>;
        let part = r#"{"rehearsal":"reh_1","segment":3}"#;
        assert!(matches!(expansion(part), Ok(ExpansionNudge::Rehearsal(_))));
        let run = r#"{"run":"cmp_1.1","segment":3}"#;
        assert!(matches!(expansion(run), Ok(ExpansionNudge::Run(_))));
        assert!(expansion(r#"{"run":"r","rehearsal":"reh_1","segment":3}"#).is_err());
    }

    #[test]
    fn a_worker_reads_both_kinds_of_pointers_and_nothing_else() {
        let dispatch =
            DispatchKey { run: RunId::parse("cmp_1.1").unwrap(), segment: 3, name: "p1.0".into() };
        let sample = TestSendKey { id: TestSendId::parse("smp_1").unwrap(), number: 4 };
        let body = serde_json::to_string(&DispatchPointer { dispatch: dispatch.clone() }).unwrap();
        assert_eq!(
            parse_message::<DeliveryPointer>(&body),
            Ok(DeliveryPointer::Dispatch(dispatch))
        );
        let body = serde_json::to_string(&TestSendPointer { sample: sample.clone() }).unwrap();
        assert_eq!(parse_message::<DeliveryPointer>(&body), Ok(DeliveryPointer::Sample(sample)));
        for bad in [
            "{}",
            r#"{"sample":{"id":"smp_1"}}"#,
            r#"{"sample":{"id":"smp_1","number":1,"address":"+34600000001"}}"#,
            r#"{"sample":{"id":"smp_1","number":1},"dispatch":{"run":"r","segment":0,"name":"n"}}"#,
            r#"{"segment":{"id":"smp_1","number":1}}"#,
        ] {
            let error = parse_message::<DeliveryPointer>(bad).unwrap_err();
            assert!(!error.contains("+34"), "{error}");
        }
    }

    #[test]
    fn a_webhook_nudge_is_read_as_what_was_sent() {
        let event_delivery = r#"{"hook":"app","event":"evt_1_issued","what":"voucher.issued",
            "about":{"customer":"c-1","voucher":"vch_1"},"at":"2026-11-01T12:00:00Z","attempt":1}"#;
        let read = parse_message::<WebhookNudge>(event_delivery).unwrap();
        assert!(
            matches!(&read, WebhookNudge::Deliver(event_delivery) if event_delivery.attempt == 1)
        );
        assert_eq!(
            parse_message::<WebhookNudge>(&serde_json::to_string(&read).unwrap()).unwrap(),
            read
        );
        assert_eq!(
            parse_message(r#"{"wake":"schedule"}"#),
            Ok(WebhookNudge::CheckDue(WakeNudge::now("schedule")))
        );
        assert!(
            parse_message::<WebhookNudge>(
                &event_delivery.replace("\"attempt\":1", "\"attempt\":1,\"name\":\"Ana\"")
            )
            .is_err()
        );
    }
}
