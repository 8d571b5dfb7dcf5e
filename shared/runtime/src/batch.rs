//! A batch of SQS records, each by itself: a bad one never takes the others along.
//! Done records leave the queue, `Retry` ones come back by the queue's redrive, `Poison` ones are parked at once.
//! Delivery is at least once: handlers must be idempotent. Bodies are never logged.

use std::{borrow::Cow, fmt::Display, panic::AssertUnwindSafe};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, stream};

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    Done,
    /// May succeed later.
    Retry(Cow<'static, str>),
    /// Never will: wrong shape, unknown kind.
    Poison(Cow<'static, str>),
}

impl Handled {
    pub fn retry(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Retry(reason.into())
    }
    pub fn poison(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Poison(reason.into())
    }
}

/// One record, as a handler needs it.
#[derive(Clone)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
}

impl From<SqsMessage> for Message {
    fn from(record: SqsMessage) -> Self {
        let receives = record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        Self {
            id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
            receives: receives.unwrap_or(1),
        }
    }
}

/// Handles each record by itself, at most `concurrency` at once, and answers with the ids that should come again.
///
/// A panic in `handle` counts as `Retry`. `park` takes the body of a poison record and why it is one, and moves it to the queue's
/// dead letters; the record leaves the queue only if that worked. Reasons are logged: they must not quote the body.
pub async fn each<H, P, E>(
    event: SqsEvent,
    concurrency: usize,
    handle: impl Fn(Message) -> H,
    park: impl Fn(Message, Cow<'static, str>) -> P,
) -> SqsBatchResponse
where
    H: Future<Output = Handled>,
    P: Future<Output = Result<(), E>>,
    E: Display,
{
    let (handle, park) = (&handle, &park);
    let outcomes: Vec<(String, Outcome)> = stream::iter(event.records.into_iter().map(Message::from))
        .map(|message| async move {
            let id = message.id.clone();
            (id, one(message, handle, park).await)
        })
        .buffer_unordered(concurrency.max(1))
        .collect()
        .await;
    answer(outcomes)
}

enum Outcome {
    Done,
    Parked(Cow<'static, str>),
    Again(Cow<'static, str>),
}

async fn one<H, P, E>(
    message: Message,
    handle: &impl Fn(Message) -> H,
    park: &impl Fn(Message, Cow<'static, str>) -> P,
) -> Outcome
where
    H: Future<Output = Handled>,
    P: Future<Output = Result<(), E>>,
    E: Display,
{
    let kept = message.clone();
    // Lazily, so that a panic before the handler's first await is caught as well.
    let handled = AssertUnwindSafe(async { handle(message).await }).catch_unwind().await;
    match handled {
        Ok(Handled::Done) => Outcome::Done,
        Ok(Handled::Retry(reason)) => Outcome::Again(reason),
        Ok(Handled::Poison(reason)) => match park(kept, reason.clone()).await {
            Ok(()) => Outcome::Parked(reason),
            Err(error) => Outcome::Again(format!("poison ({reason}) could not be parked: {error}").into()),
        },
        Err(_) => Outcome::Again("the handler panicked".into()),
    }
}

/// One log line for the batch, and the ids of what should come again.
fn answer(outcomes: Vec<(String, Outcome)>) -> SqsBatchResponse {
    let records = outcomes.len();
    let (mut done, mut parked, mut again) = (0u32, Vec::new(), Vec::new());
    let mut response = SqsBatchResponse::default();
    for (id, outcome) in outcomes {
        match outcome {
            Outcome::Done => done += 1,
            Outcome::Parked(reason) => parked.push(format!("{id}: {reason}")),
            Outcome::Again(reason) => {
                again.push(format!("{id}: {reason}"));
                response.add_failure(id);
            }
        }
    }
    if parked.is_empty() && again.is_empty() {
        tracing::info!(records, done, "batch handled");
    } else {
        tracing::warn!(records, done, parked = ?parked, again = ?again, "batch handled in part");
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

    async fn by_body(message: Message) -> Handled {
        match message.body.as_str() {
            "retry" => Handled::retry("not yet"),
            "poison" => Handled::poison("no such kind"),
            "panic" => panic!("on purpose"),
            _ => Handled::Done,
        }
    }

    async fn failures(bodies: &[&str], parks: bool) -> (Vec<String>, Vec<String>) {
        let parked = RefCell::new(Vec::new());
        let response = each(event(bodies), 4, by_body, |message, _| {
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
        let panics = |_: Message| -> std::future::Ready<Handled> { panic!("on purpose") };
        let response = each(event(&["a"]), 1, panics, |_, _| async { Ok::<_, &str>(()) }).await;
        assert_eq!(response.batch_item_failures.len(), 1);
    }
}
