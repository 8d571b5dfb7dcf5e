//! Publishes provider events to a topic of the upstream, ten at a time, at least once; a batch is
//! given up, and counted as lost, after `MAX_TRIES` tries.
//!
//! Before it: handover and control queue an event when it is due. After it: the upstream's SNS,
//! then record-feedback.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::upstream::UpstreamClient;

/// The most events waiting in the channel; further ones wait in their own tasks. A slow upstream
/// therefore delays the events, never the sends.
const QUEUE_CAPACITY: usize = 10_000;
/// The most entries of a PublishBatch, which takes ten and 256 KiB.
const BATCH: usize = 10;
const BATCH_BYTES: usize = 200 * 1024;
/// Number of publishers. MiniStack processes one call at a time; two callers keep it busy while
/// answers travel.
const PUBLISHERS: usize = 2;
const MAX_TRIES: u32 = 6;
const FIRST_RETRY_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub struct FeedbackEvent {
    pub topic_arn: String,
    pub subject: &'static str,
    pub message: String,
}

pub struct FeedbackPublisher {
    queue: mpsc::Sender<FeedbackEvent>,
    counts: Arc<FeedbackCounts>,
}

#[derive(Default)]
struct FeedbackCounts {
    queued: AtomicU64,
    published: AtomicU64,
    lost: AtomicU64,
}

impl FeedbackPublisher {
    pub fn start(upstream: UpstreamClient) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_CAPACITY);
        let (waiting, counts) =
            (Arc::new(Mutex::new(waiting)), Arc::new(FeedbackCounts::default()));
        for _ in 0..PUBLISHERS {
            tokio::spawn(run_publisher(
                upstream.clone(),
                Arc::clone(&waiting),
                Arc::clone(&counts),
            ));
        }
        Self { queue, counts }
    }

    pub async fn publish(&self, event: FeedbackEvent) {
        self.counts.queued.fetch_add(1, Ordering::Relaxed);
        // The receivers live as long as the program.
        let _ = self.queue.send(event).await;
    }

    pub fn stats(&self) -> Value {
        let [queued, published, lost] =
            [&self.counts.queued, &self.counts.published, &self.counts.lost]
                .map(|count| count.load(Ordering::Relaxed));
        json!({"queued": queued, "published": published, "lost": lost, "waiting": queued.saturating_sub(published + lost)})
    }
}

async fn run_publisher(
    upstream: UpstreamClient,
    waiting: Arc<Mutex<mpsc::Receiver<FeedbackEvent>>>,
    counts: Arc<FeedbackCounts>,
) {
    loop {
        let mut events = Vec::with_capacity(BATCH);
        if waiting.lock().await.recv_many(&mut events, BATCH).await == 0 {
            return;
        }
        for batch in group_batches(events) {
            let size = batch.len() as u64;
            let count = if publish_batch(&upstream, &batch).await {
                &counts.published
            } else {
                &counts.lost
            };
            count.fetch_add(size, Ordering::Relaxed);
        }
    }
}

/// Groups events into batches, each with one topic and at most `BATCH_BYTES`.
fn group_batches(events: Vec<FeedbackEvent>) -> Vec<Vec<FeedbackEvent>> {
    let mut batches: Vec<Vec<FeedbackEvent>> = Vec::new();
    for event in events {
        let joins = batches.last().is_some_and(|batch| {
            batch.first().is_some_and(|first| first.topic_arn == event.topic_arn)
                && batch.iter().map(|one| one.message.len()).sum::<usize>() + event.message.len()
                    <= BATCH_BYTES
        });
        match batches.last_mut().filter(|_| joins) {
            Some(batch) => batch.push(event),
            None => batches.push(vec![event]),
        }
    }
    batches
}

fn batch_form(batch: &[FeedbackEvent]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "PublishBatch").append_pair("Version", "2010-03-31");
    form.append_pair("TopicArn", batch.first().map_or("", |first| &first.topic_arn));
    for (index, event) in batch.iter().enumerate() {
        let member = format!("PublishBatchRequestEntries.member.{}.", index + 1);
        form.append_pair(&format!("{member}Id"), &index.to_string());
        form.append_pair(&format!("{member}Subject"), event.subject);
        form.append_pair(&format!("{member}Message"), &event.message);
    }
    form.finish()
}

async fn publish_batch(upstream: &UpstreamClient, batch: &[FeedbackEvent]) -> bool {
    let body = batch_form(batch);
    let mut rest = FIRST_RETRY_PAUSE;
    for try_number in 1..=MAX_TRIES {
        match upstream.call_sns(body.clone()).await {
            Ok((status, _)) if status.is_success() => return true,
            Ok((status, answer)) => {
                tracing::warn!(%status, answer, try_number, "feedback topic refused events")
            }
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    try_number,
                    "feedback topic unreachable"
                )
            }
        }
        tokio::time::sleep(rest).await;
        rest *= 2;
    }
    tracing::error!(events = batch.len(), "provider events given up");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_one_topic_and_stays_under_the_limit() {
        let event = |topic: &str, size| FeedbackEvent {
            topic_arn: topic.into(),
            subject: "s",
            message: "x".repeat(size),
        };
        let sizes: Vec<usize> = group_batches(vec![
            event("a", 10),
            event("a", 10),
            event("b", 10),
            event("b", 150_000),
            event("b", 150_000),
        ])
        .iter()
        .map(Vec::len)
        .collect();
        assert_eq!(sizes, [2, 2, 1]);
    }
}
