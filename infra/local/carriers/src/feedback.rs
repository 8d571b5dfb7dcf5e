//! Publishes provider events to a topic of the upstream, ten at a time, at least once.
//! Before it: handover and control queue an event when it is due. After it: the upstream's SNS, then record-feedback.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::upstream::Upstream;

/// A slow upstream holds back the events, never the sends: this many wait in the channel, the rest in their own tasks.
const QUEUE: usize = 10_000;
/// PublishBatch takes ten entries and 256 KiB.
const BATCH: usize = 10;
const BATCH_BYTES: usize = 200 * 1024;
/// MiniStack does one thing at a time; two calls keep it busy while answers travel.
const PUBLISHERS: usize = 2;
const TRIES: u32 = 6;
const FIRST_REST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub struct Event {
    pub topic_arn: String,
    pub subject: &'static str,
    pub message: String,
}

pub struct Feedback {
    queue: mpsc::Sender<Event>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    queued: AtomicU64,
    published: AtomicU64,
    lost: AtomicU64,
}

impl Feedback {
    pub fn start(upstream: Upstream) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (waiting, counts) = (Arc::new(Mutex::new(waiting)), Arc::new(Counts::default()));
        for _ in 0..PUBLISHERS {
            tokio::spawn(publish_all(upstream.clone(), Arc::clone(&waiting), Arc::clone(&counts)));
        }
        Self { queue, counts }
    }

    pub async fn publish(&self, event: Event) {
        self.counts.queued.fetch_add(1, Ordering::Relaxed);
        // the receivers live as long as the program
        let _ = self.queue.send(event).await;
    }

    pub fn stats(&self) -> Value {
        let [queued, published, lost] =
            [&self.counts.queued, &self.counts.published, &self.counts.lost].map(|count| count.load(Ordering::Relaxed));
        json!({"queued": queued, "published": published, "lost": lost, "waiting": queued.saturating_sub(published + lost)})
    }
}

async fn publish_all(upstream: Upstream, waiting: Arc<Mutex<mpsc::Receiver<Event>>>, counts: Arc<Counts>) {
    loop {
        let mut events = Vec::with_capacity(BATCH);
        if waiting.lock().await.recv_many(&mut events, BATCH).await == 0 {
            return;
        }
        for batch in batches(events) {
            let size = batch.len() as u64;
            let count = if publish_batch(&upstream, &batch).await { &counts.published } else { &counts.lost };
            count.fetch_add(size, Ordering::Relaxed);
        }
    }
}

/// One topic and at most `BATCH_BYTES` in each.
fn batches(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut batches: Vec<Vec<Event>> = Vec::new();
    for event in events {
        let joins = batches.last().is_some_and(|batch| {
            batch.first().is_some_and(|first| first.topic_arn == event.topic_arn)
                && batch.iter().map(|one| one.message.len()).sum::<usize>() + event.message.len() <= BATCH_BYTES
        });
        match batches.last_mut().filter(|_| joins) {
            Some(batch) => batch.push(event),
            None => batches.push(vec![event]),
        }
    }
    batches
}

fn batch_form(batch: &[Event]) -> String {
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

async fn publish_batch(upstream: &Upstream, batch: &[Event]) -> bool {
    let body = batch_form(batch);
    let mut rest = FIRST_REST;
    for try_number in 1..=TRIES {
        match upstream.sns(body.clone()).await {
            Ok((status, _)) if status.is_success() => return true,
            Ok((status, answer)) => tracing::warn!(%status, answer, try_number, "the feedback topic refused events"),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), try_number, "the feedback topic could not be reached")
            }
        }
        tokio::time::sleep(rest).await;
        rest *= 2;
    }
    tracing::error!(events = batch.len(), "events were given up");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_one_topic_and_stays_under_the_limit() {
        let event = |topic: &str, size| Event { topic_arn: topic.into(), subject: "s", message: "x".repeat(size) };
        let sizes: Vec<usize> =
            batches(vec![event("a", 10), event("a", 10), event("b", 10), event("b", 150_000), event("b", 150_000)])
                .iter()
                .map(Vec::len)
                .collect();
        assert_eq!(sizes, [2, 2, 1]);
    }
}
