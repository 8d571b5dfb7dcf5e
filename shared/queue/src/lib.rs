//! The only crate that speaks SQS: the shapes of our messages, and sending them. Receiving is the platform's (event source mappings).
//! A message is a nudge, never the truth: it points at state in the store, so losing or repeating one is harmless. No message holds
//! a contact or a name.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_smithy_types::error::display::DisplayErrorContext;
use domain::{
    dispatch::DispatchKey,
    id::{CampaignId, RunId},
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
#[error("{failed} of {all} messages were not sent: {reason}")]
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

/// Reads a message of ours; anything else is poison, described without quoting it.
pub fn parse<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, String> {
    // serde would take a list of a struct's values for the struct
    if !body.trim_start().starts_with('{') {
        return Err("not a message of this queue (not an object)".to_owned());
    }
    serde_json::from_str(body)
        .map_err(|error| format!("not a message of this queue ({:?} at column {})", error.classify(), error.column()))
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
        let body = |(message, delay): &(T, u32)| Some((serde_json::to_string(message).ok()?, *delay));
        self.send_entries(&messages.iter().filter_map(body).collect::<Vec<_>>()).await
    }

    /// Moves a body as it is, to a dead-letter queue say.
    pub async fn send_bodies(&self, bodies: &[String]) -> Result<(), QueueError> {
        self.send_entries(&bodies.iter().map(|body| (body.clone(), 0)).collect::<Vec<_>>()).await
    }

    async fn send_entries(&self, bodies: &[(String, u32)]) -> Result<(), QueueError> {
        // collected first: a stream that borrows through a closure makes the caller's future unfit for axum's handlers
        let sends: Vec<_> = bodies.chunks(BATCH).map(|chunk| self.send_batch(chunk)).collect();
        let outcomes: Vec<(usize, String)> = stream::iter(sends).buffer_unordered(CONCURRENCY).collect().await;
        let failed: usize = outcomes.iter().map(|(failed, _)| failed).sum();
        match outcomes.into_iter().find(|(failed, _)| *failed > 0) {
            None => Ok(()),
            Some((_, reason)) => Err(QueueError { failed, all: bodies.len(), reason }),
        }
    }

    async fn send_batch(&self, bodies: &[(String, u32)]) -> (usize, String) {
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (index, (body, delay)) in bodies.iter().enumerate() {
            let delay = (*delay > 0).then(|| i32::try_from(*delay).unwrap_or(MAX_DELAY_SECONDS).min(MAX_DELAY_SECONDS));
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
            match entry.set_delay_seconds(delay).build() {
                Ok(entry) => request = request.entries(entry),
                Err(error) => return (bodies.len(), error.to_string()),
            }
        }
        match request.send().await {
            Ok(answer) => {
                let reason = answer.failed().first().map(|failure| failure.code().to_owned()).unwrap_or_default();
                (answer.failed().len(), reason)
            }
            Err(error) => (bodies.len(), DisplayErrorContext(&error).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_not_ours_is_poison_and_is_not_quoted() {
        let error = parse::<SegmentNudge>(r#"{"run":"r","segment":1,"phone":"+34600000001"}"#).unwrap_err();
        assert!(!error.contains("+34"), "{error}");
        assert!(parse::<DispatchPointer>("garbage").is_err());
        assert!(parse::<Wake>(r#"["planned"]"#).is_err());
        assert!(parse::<SegmentNudge>(r#"{"run":"cmp_1.1","segment":3}"#).is_ok());
    }
}
