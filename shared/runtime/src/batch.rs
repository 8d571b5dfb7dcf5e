//! Handles a batch of SQS records, each on its own: a bad record never fails the others.
//!
//! Records that are done leave the queue, `Retry` ones come back by the queue's redrive, `Poison`
//! ones are parked at once. Delivery is at least once: handlers must be idempotent. Bodies are
//! never logged.

use std::{borrow::Cow, fmt::Display, panic::AssertUnwindSafe};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

/// The result of handling one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandlerOutcome {
    Done,
    /// May succeed later.
    Retry(Cow<'static, str>),
    /// Can never succeed: wrong shape, unknown kind.
    Poison(Cow<'static, str>),
}

impl HandlerOutcome {
    pub fn retry(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Retry(reason.into())
    }
    pub fn poison(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Poison(reason.into())
    }
}

/// One record in the form that a handler needs.
#[derive(Clone)]
pub struct QueueRecord {
    pub id: String,
    pub body: String,
    /// Number of receives, this one included.
    pub receives: u32,
    /// The time at which the record was put into the queue. A repeat has the same one.
    pub sent_at: Option<Timestamp>,
}

impl From<SqsMessage> for QueueRecord {
    fn from(record: SqsMessage) -> Self {
        let receives =
            record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        let sent_at = record.attributes.get("SentTimestamp").and_then(|sent| sent.parse().ok());
        Self {
            sent_at: sent_at.and_then(|sent| Timestamp::from_millisecond(sent).ok()),
            id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
            receives: receives.unwrap_or(1),
        }
    }
}

/// Handles each record on its own, at most `concurrency` at once, and returns the ids of the
/// records to retry.
///
/// A panic in `handle` counts as `Retry`. `park` gets a poison record with the reason, and moves
/// its body to the queue's dead letters; the record leaves the queue only if that worked. Reasons
/// are logged: they must not quote the body.
pub async fn handle_batch<H, P, E>(
    event: SqsEvent,
    concurrency: usize,
    handle: impl Fn(QueueRecord) -> H,
    park: impl Fn(QueueRecord, Cow<'static, str>) -> P,
) -> SqsBatchResponse
where
    H: Future<Output = HandlerOutcome>,
    P: Future<Output = Result<(), E>>,
    E: Display,
{
    let (handle, park) = (&handle, &park);
    let outcomes: Vec<(String, RecordOutcome)> =
        stream::iter(event.records.into_iter().map(QueueRecord::from))
            .map(|message| async move {
                let id = message.id.clone();
                (id, handle_record(message, handle, park).await)
            })
            .buffer_unordered(concurrency.max(1))
            .collect()
            .await;
    batch_response(outcomes)
}

enum RecordOutcome {
    Done,
    Parked(Cow<'static, str>),
    RetryLater(Cow<'static, str>),
}

async fn handle_record<H, P, E>(
    message: QueueRecord,
    handle: &impl Fn(QueueRecord) -> H,
    park: &impl Fn(QueueRecord, Cow<'static, str>) -> P,
) -> RecordOutcome
where
    H: Future<Output = HandlerOutcome>,
    P: Future<Output = Result<(), E>>,
    E: Display,
{
    let kept = message.clone();
    // The handler is called lazily, so that a panic before its first await is caught as well.
    let handled = AssertUnwindSafe(async { handle(message).await }).catch_unwind().await;
    match handled {
        Ok(HandlerOutcome::Done) => RecordOutcome::Done,
        Ok(HandlerOutcome::Retry(reason)) => RecordOutcome::RetryLater(reason),
        Ok(HandlerOutcome::Poison(reason)) => match park(kept, reason.clone()).await {
            Ok(()) => RecordOutcome::Parked(reason),
            Err(error) => RecordOutcome::RetryLater(
                format!("poison ({reason}) could not be parked: {error}").into(),
            ),
        },
        Err(_) => RecordOutcome::RetryLater("the handler panicked".into()),
    }
}

/// Logs one line for the batch, and returns the ids of the records to retry.
fn batch_response(outcomes: Vec<(String, RecordOutcome)>) -> SqsBatchResponse {
    let records = outcomes.len();
    let (mut done, mut parked, mut to_retry) = (0u32, Vec::new(), Vec::new());
    let mut response = SqsBatchResponse::default();
    for (id, outcome) in outcomes {
        match outcome {
            RecordOutcome::Done => done += 1,
            RecordOutcome::Parked(reason) => parked.push(format!("{id}: {reason}")),
            RecordOutcome::RetryLater(reason) => {
                to_retry.push(format!("{id}: {reason}"));
                response.add_failure(id);
            }
        }
    }
    if parked.is_empty() && to_retry.is_empty() {
        tracing::info!(records, done, "batch handled");
    } else {
        tracing::warn!(records, done, parked = ?parked, again = ?to_retry, "batch partly handled");
    }
    response
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn event(bodies: &[&str]) -> SqsEvent {
        let mut event = SqsEvent::default();
        for body in bodies {
            let mut record = SqsMessage::default();
            record.message_id = Some(format!("id-{body}"));
            record.body = Some((*body).to_owned());
            event.records.push(record);
        }
        event
    }

    async fn by_body(message: QueueRecord) -> HandlerOutcome {
        match message.body.as_str() {
            "retry" => HandlerOutcome::retry("not yet"),
            "poison" => HandlerOutcome::poison("no such kind"),
            "panic" => panic!("on purpose"),
            _ => HandlerOutcome::Done,
        }
    }

    async fn failures(bodies: &[&str], parks: bool) -> (Vec<String>, Vec<String>) {
        let parked = RefCell::new(Vec::new());
        let response = handle_batch(event(bodies), 4, by_body, |message, _| {
            parked.borrow_mut().push(message.body);
            async move { if parks { Ok(()) } else { Err("queue gone") } }
        })
        .await;
        let mut failed: Vec<String> =
            response.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
        failed.sort();
        (failed, parked.into_inner())
    }

    #[tokio::test]
    async fn one_bad_record_never_takes_its_batch_along() {
        let (failed, parked) = failures(&["a", "retry", "b", "poison", "panic", "c"], true).await;
        assert_eq!(failed, ["id-panic", "id-retry"]);
        assert_eq!(parked, ["poison"]);
    }

    #[tokio::test]
    async fn a_poison_record_that_cannot_be_parked_comes_again() {
        let (failed, _) = failures(&["a", "poison"], false).await;
        assert_eq!(failed, ["id-poison"]);
    }

    #[tokio::test]
    async fn a_panic_before_the_first_await_is_caught_as_well() {
        let panics =
            |_: QueueRecord| -> std::future::Ready<HandlerOutcome> { panic!("on purpose") };
        let response =
            handle_batch(event(&["a"]), 1, panics, |_, _| async { Ok::<_, &str>(()) }).await;
        assert_eq!(response.batch_item_failures.len(), 1);
    }
}
