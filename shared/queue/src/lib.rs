//! The only crate that speaks SQS: the shapes of our messages, and sending them. Receiving is the platform's (event source mappings).
//! A message is a nudge, never the truth: it points at state in the store, so losing or repeating one is harmless. No message holds
//! a contact or a name.
//! The one exception to receiving is [`dead_letters`], for operators.

pub mod dead_letters;

use aws_sdk_sqs::{
    error::BuildError,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use aws_smithy_types::error::display::DisplayErrorContext;
use domain::{
    announcement::Telling,
    dispatch::DispatchKey,
    id::{CampaignId, RunId},
    sample::SampleKey,
};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};

/// SQS takes so many messages per call.
const BATCH: usize = 10;
/// SQS delays a message by so many seconds at most.
const MAX_DELAY_SECONDS: i32 = 900;
/// Batches on their way at once.
const CONCURRENCY: usize = 8;

#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} messages did not get through: {reason}")]
pub struct QueueError {
    pub failed: usize,
    pub all: usize,
    pub reason: String,
}

/// To `expand-audience`: look at this segment of this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentNudge {
    pub run: RunId,
    pub segment: u32,
}

/// To a `deliver-*` worker: this dispatch is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchPointer {
    pub dispatch: DispatchKey,
}

/// To a `deliver-*` worker: this message of a test send waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplePointer {
    pub sample: SampleKey,
}

/// What a `deliver-*` worker is told, either of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pointer {
    Dispatch(DispatchKey),
    Sample(SampleKey),
}

/// To `release-dispatches` and `sweep`: look now. From our own functions and from the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wake {
    /// Who asks, for the log: `schedule`, `planned`, `done`, ...
    pub wake: String,
    /// To `sweep`: this campaign's run may be complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
}

impl Wake {
    pub fn now(who: &str) -> Self {
        Self { wake: who.to_owned(), campaign: None }
    }
    pub fn for_campaign(who: &str, campaign: &CampaignId) -> Self {
        Self { wake: who.to_owned(), campaign: Some(campaign.clone()) }
    }
}

/// To `send-webhooks`: tell this, or look what is due to be told again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WebhookNudge {
    Tell(Telling),
    Look(Wake),
}

/// Reads a message of ours; anything else is poison, described without quoting it.
pub fn parse<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, String> {
    // serde would take a list of a struct's values for the struct
    if !body.trim_start().starts_with('{') {
        return Err("not a message of this queue (not an object)".to_owned());
    }
    serde_json::from_str(body)
        .map_err(|error| format!("not a message of this queue ({:?} at column {})", error.classify(), error.column()))
}

/// One message on its way.
struct Entry {
    body: String,
    delay_seconds: u32,
    /// Why it is put aside.
    reason: Option<String>,
}

impl Entry {
    fn built(&self, index: usize) -> Result<SendMessageBatchRequestEntry, BuildError> {
        let delay = i32::try_from(self.delay_seconds).unwrap_or(MAX_DELAY_SECONDS).min(MAX_DELAY_SECONDS);
        let mut entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(&self.body);
        if let Some(reason) = &self.reason {
            let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build()?;
            entry = entry.message_attributes(dead_letters::REASON, reason);
        }
        entry.set_delay_seconds((delay > 0).then_some(delay)).build()
    }
}

#[derive(Debug, Clone)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    pub fn new(config: &aws_types::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: aws_sdk_sqs::Client::new(config), url: url.into() }
    }
    /// For a client that needs more than the shared configuration.
    pub fn with_client(client: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    pub async fn send<T: Serialize>(&self, message: &T) -> Result<(), QueueError> {
        self.send_all(std::slice::from_ref(message)).await
    }

    /// Sends what the schedule would do anyway a minute later: a failure is only logged.
    pub async fn nudge<T: Serialize>(&self, message: &T) {
        if let Err(error) = self.send(message).await {
            tracing::warn!(%error, "a nudge was not sent; the schedule will do");
        }
    }

    /// All of them, ten per call. An error says how many are missing; sending all again is safe, as messages are only nudges.
    pub async fn send_all<T: Serialize>(&self, messages: &[T]) -> Result<(), QueueError> {
        let bodies: Vec<String> = messages.iter().filter_map(|message| serde_json::to_string(message).ok()).collect();
        self.send_bodies(&bodies).await
    }

    /// Each message with the seconds (0 to 900) until it can be received.
    pub async fn send_delayed<T: Serialize>(&self, messages: &[(T, u32)]) -> Result<(), QueueError> {
        let entry = |(message, delay): &(T, u32)| {
            Some(Entry { body: serde_json::to_string(message).ok()?, delay_seconds: *delay, reason: None })
        };
        self.send_entries(&messages.iter().filter_map(entry).collect::<Vec<_>>()).await
    }

    /// Sends bodies as they are.
    pub async fn send_bodies(&self, bodies: &[String]) -> Result<(), QueueError> {
        let entry = |body: &String| Entry { body: body.clone(), delay_seconds: 0, reason: None };
        self.send_entries(&bodies.iter().map(entry).collect::<Vec<_>>()).await
    }

    async fn send_entries(&self, entries: &[Entry]) -> Result<(), QueueError> {
        // collected first: a stream that borrows through a closure makes the caller's future unfit for axum's handlers
        let sends: Vec<_> = entries.chunks(BATCH).map(|chunk| self.send_batch(chunk)).collect();
        let outcomes: Vec<(usize, String)> = stream::iter(sends).buffer_unordered(CONCURRENCY).collect().await;
        let failed: usize = outcomes.iter().map(|(failed, _)| failed).sum();
        match outcomes.into_iter().find(|(failed, _)| *failed > 0) {
            None => Ok(()),
            Some((_, reason)) => Err(QueueError { failed, all: entries.len(), reason }),
        }
    }

    async fn send_batch(&self, entries: &[Entry]) -> (usize, String) {
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (index, entry) in entries.iter().enumerate() {
            match entry.built(index) {
                Ok(entry) => request = request.entries(entry),
                Err(error) => return (entries.len(), error.to_string()),
            }
        }
        match request.send().await {
            Ok(answer) => {
                let reason = answer.failed().first().map(|failure| failure.code().to_owned()).unwrap_or_default();
                (answer.failed().len(), reason)
            }
            Err(error) => (entries.len(), DisplayErrorContext(&error).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::id::SampleId;

    use super::*;

    #[test]
    fn a_message_that_is_not_ours_is_poison_and_is_not_quoted() {
        let error = parse::<SegmentNudge>(r#"{"run":"r","segment":1,"phone":"+34600000001"}"#).unwrap_err();
        assert!(!error.contains("+34"), "{error}");
        assert!(parse::<DispatchPointer>("garbage").is_err());
        assert!(parse::<Wake>(r#"["planned"]"#).is_err());
        assert!(parse::<SegmentNudge>(r#"{"run":"cmp_1.1","segment":3}"#).is_ok());
    }

    #[test]
    fn a_worker_reads_both_kinds_of_pointers_and_nothing_else() {
        let dispatch = DispatchKey { run: RunId::parse("cmp_1.1").unwrap(), segment: 3, name: "p1.0".into() };
        let sample = SampleKey { id: SampleId::parse("smp_1").unwrap(), number: 4 };
        let told = serde_json::to_string(&DispatchPointer { dispatch: dispatch.clone() }).unwrap();
        assert_eq!(parse::<Pointer>(&told), Ok(Pointer::Dispatch(dispatch)));
        let told = serde_json::to_string(&SamplePointer { sample: sample.clone() }).unwrap();
        assert_eq!(parse::<Pointer>(&told), Ok(Pointer::Sample(sample)));
        for bad in [
            "{}",
            r#"{"sample":{"id":"smp_1"}}"#,
            r#"{"sample":{"id":"smp_1","number":1,"address":"+34600000001"}}"#,
            r#"{"sample":{"id":"smp_1","number":1},"dispatch":{"run":"r","segment":0,"name":"n"}}"#,
            r#"{"segment":{"id":"smp_1","number":1}}"#,
        ] {
            let error = parse::<Pointer>(bad).unwrap_err();
            assert!(!error.contains("+34"), "{error}");
        }
    }

    #[test]
    fn a_webhook_nudge_is_read_as_what_was_sent() {
        let telling = r#"{"hook":"app","event":"evt_1_issued","what":"voucher.issued",
            "about":{"customer":"c-1","voucher":"vch_1"},"at":"2026-11-01T12:00:00Z","attempt":1}"#;
        let read = parse::<WebhookNudge>(telling).unwrap();
        assert!(matches!(&read, WebhookNudge::Tell(telling) if telling.attempt == 1));
        assert_eq!(parse::<WebhookNudge>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
        assert_eq!(parse(r#"{"wake":"schedule"}"#), Ok(WebhookNudge::Look(Wake::now("schedule"))));
        assert!(parse::<WebhookNudge>(&telling.replace("\"attempt\":1", "\"attempt\":1,\"name\":\"Ana\"")).is_err());
    }
}
