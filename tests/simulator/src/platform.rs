//! Plays Lambda, SQS, EventBridge and the poller of the change stream: receives messages, invokes
//! functions, times them out, and delivers again.

mod processes;

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Wake,
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::kernel::channel::Channel;
use fake_aws::{FakeAws, QueuedMessage};
use runtime::clock::Deadline;
use serde_json::json;

use crate::{
    contexts::{FunctionContexts, WORKER_SECONDS},
    plan::FaultKind,
    simulation::SimulatedWorld,
    table_items::{CUSTOMERS, REPORTS, VOUCHERS, WORK, is_order, stream_record, text_attribute},
};

/// The queues that functions read.
pub const QUEUES: [&str; 8] =
    ["expansion", "release", "push", "email", "sms", "feedback", "watchdog", "autopilot"];
/// The tables whose change streams are read.
pub const STREAMS: [&str; 3] = [VOUCHERS, CUSTOMERS, WORK];
/// The visibility timeout in milliseconds, as in template.yaml: six times a worker's lifetime.
const VISIBILITY_MS: i64 = 6 * WORKER_SECONDS * 1_000;
/// The number of receives after which a message is dead, as in template.yaml.
const MAX_RECEIVES: u32 = 5;
/// The most concurrent invocations: enough for every race of two, and a third one in between.
const MAX_RUNNING: usize = 5;
/// The time in milliseconds by which a zombie outlives its deadline.
const ZOMBIE_MS: i64 = 900_000;
/// The most sleeps of the code (backoff between attempts) that one `settle` may need.
const MAX_SLEEPS: u32 = 1_000;
/// The longest of these sleeps, in milliseconds.
const MAX_PAUSE_MS: u64 = 500;

pub struct SimulatedMessage {
    pub id: u64,
    pub body: String,
    pub visible_at: i64,
    pub receives: u32,
}

pub enum InvocationEnd {
    Batch(SqsBatchResponse),
    Stream { counted: bool },
    Answer { status: u16, body: String },
}

pub struct RunningInvocation {
    pub function: &'static str,
    /// The step in which it began.
    pub since: u64,
    /// The time at which it began, in milliseconds.
    pub began: i64,
    deadline: i64,
    skew: i64,
    zombie: bool,
    /// The simulated time until which it is frozen.
    stalled_until: i64,
    /// Set when it is about to die and waits for an answer that never comes.
    hung: bool,
    queue: Option<&'static str>,
    messages: Vec<u64>,
    future: Pin<Box<dyn Future<Output = InvocationEnd>>>,
    woken: Arc<WakeFlag>,
}

struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Default)]
struct StreamPoller {
    /// The number of changes that the poller knows to be counted.
    position: usize,
    /// The first change of the last batch; `end` follows its last change, and `holder` is the
    /// invocation that has it.
    start: usize,
    end: usize,
    holder: Option<u32>,
}

#[derive(Default)]
pub struct SimulatedPlatform {
    pub running: BTreeMap<u32, RunningInvocation>,
    next: u32,
    queues: BTreeMap<&'static str, Vec<SimulatedMessage>>,
    next_message: u64,
    /// The poller of each stream, by table.
    streams: BTreeMap<&'static str, StreamPoller>,
    last_minute: i64,
}

impl SimulatedPlatform {
    /// Ends all delays and clock errors of running processes.
    pub fn end_faults(&mut self) {
        for invocation in self.running.values_mut() {
            (invocation.zombie, invocation.skew, invocation.stalled_until) = (false, 0, 0);
        }
    }
    /// Returns the channel of a delivery worker that is frozen.
    pub fn frozen_channel(&self, now: i64) -> Option<&'static str> {
        let frozen = self.running.values().filter(|invocation| invocation.stalled_until > now);
        frozen.filter_map(|invocation| invocation.function.strip_prefix("deliver-")).next()
    }
    /// Returns true if this invocation can make progress now.
    pub fn is_awake(&self, number: u32, now: i64) -> bool {
        self.running.get(&number).is_none_or(|invocation| invocation.stalled_until <= now)
    }
    pub fn has_deliverable_message(&self, now: i64) -> bool {
        self.running.len() < MAX_RUNNING
            && self.queues.values().flatten().any(|message| message.visible_at <= now)
    }
    /// Returns the streams that have changes which no invocation has.
    pub fn ready_streams(&self, memory: &FakeAws) -> Vec<&'static str> {
        let is_ready = |table: &&'static str| {
            let poller = self.poller(table);
            poller.holder.is_none() && memory.change_count(table) > poller.position
        };
        STREAMS.into_iter().filter(is_ready).collect()
    }
    fn poller(&self, table: &'static str) -> StreamPoller {
        self.streams.get(table).copied().unwrap_or_default()
    }
    /// Lets go of the batches of an invocation, and moves the pollers on if it has counted them.
    fn release_stream(&mut self, number: u32, counted: bool) {
        for poller in self.streams.values_mut().filter(|it| it.holder == Some(number)) {
            poller.holder = None;
            if counted {
                poller.position = poller.position.max(poller.end);
            }
        }
    }
    /// Lets go of the batches of invocations that are out of time: a poller does not wait for a
    /// zombie.
    fn release_overdue_streams(&mut self, now: i64) {
        for poller in self.streams.values_mut() {
            let holder = poller.holder.and_then(|number| self.running.get(&number));
            if holder.is_some_and(|it| now > it.deadline) {
                poller.holder = None;
            }
        }
    }
    /// Returns true when nothing runs, no message is left except the schedule's own, and the streams
    /// are drained and counted.
    pub fn at_rest(&self, memory: &FakeAws, _now: i64) -> bool {
        let busy = self
            .queues
            .iter()
            .filter(|(name, _)| !matches!(**name, "release" | "watchdog" | "autopilot"));
        self.running.is_empty()
            && busy.flat_map(|(_, messages)| messages).next().is_none()
            && STREAMS.into_iter().all(|table| {
                let poller = self.poller(table);
                poller.holder.is_none() && memory.change_count(table) <= poller.position
            })
            && nothing_buffered(memory)
    }
    fn push_message(&mut self, queue: &'static str, body: String, visible_at: i64) {
        self.next_message += 1;
        let message = SimulatedMessage { id: self.next_message, body, visible_at, receives: 0 };
        self.queues.entry(queue).or_default().push(message);
    }
}

/// Returns true if no counts read from the stream are still buffered.
fn nothing_buffered(memory: &FakeAws) -> bool {
    let mut held = false;
    memory.for_each_item(REPORTS, |item| {
        held |= text_attribute(item, "pk") == "STREAM" && item.contains_key("since")
    });
    !held
}

impl SimulatedWorld {
    pub fn enqueue_sent(&mut self, sent: &QueuedMessage) {
        let name = sent.queue.rsplit('/').next().unwrap_or_default();
        let Some(queue) = QUEUES.into_iter().find(|queue| *queue == name) else {
            self.coverage.count_event("message to dead letters");
            self.actors.has_parked = true;
            return;
        };
        // a queue may deliver late and out of order at any time
        let late = if self.faults_enabled { self.random.i64(0..3_000) } else { 0 };
        let visible_at = self.now + i64::from(sent.delay_seconds) * 1_000 + late;
        self.platform.push_message(queue, sent.body.clone(), visible_at);
    }
    pub fn enqueue_provider_event(&mut self, body: String, visible_at: i64) {
        self.platform.push_message("feedback", body, visible_at);
    }

    /// Moves the clock; a new minute wakes the reconcilers.
    pub fn advance_clock(&mut self) {
        let next = self
            .platform
            .queues
            .values()
            .flatten()
            .map(|message| message.visible_at)
            .filter(|at| *at > self.now)
            .min();
        // while a worker is busy: less than a lease, just more, until its message is visible again,
        // until the watchdog runs
        let frozen = self.plan.close_quarters && self.platform.frozen_channel(self.now).is_some();
        let steps = if frozen {
            [500, 4_000, 12_000, 12_000, 31_000, 31_000]
        } else if self.pending_calls.len() > 0 {
            [500, 4_000, 12_000, 31_000, 185_000, 330_000]
        } else {
            [1_000, 10_000, 60_000, 60_000, 300_000, 1_000_000]
        };
        // an autopilot waits for hours and days
        let steps = match (self.plan.autopilot, self.pending_calls.len()) {
            (Some(_), 0) => [60_000, 60_000, 300_000, 1_000_000, 7_200_000, 43_200_000],
            // a reminder is an hour away, and it should come while there are still faults
            (None, 0) if self.plan.contact_policy.reminder.is_some() => {
                [10_000, 60_000, 300_000, 600_000, 1_200_000, 1_800_000]
            }
            (Some(_), _) | (None, _) => steps,
        };
        let jump = steps.get(self.random.usize(..steps.len())).copied().unwrap_or(1_000);
        let jump = if self.faults_enabled || self.random.bool() {
            jump
        } else {
            next.map_or(jump, |next| (next - self.now).max(1))
        };
        self.now += jump;
        self.add_to_story(|| format!("time passes: {} s", jump / 1_000));
        let minute = self.now.div_euclid(60_000);
        if minute > self.platform.last_minute {
            self.platform.last_minute = minute;
            let autopilot = self.plan.autopilot.map(|_| ("autopilot", 60));
            for (queue, often) in [("release", 70), ("watchdog", 35)].into_iter().chain(autopilot) {
                // the minutes of a scenario are few steps apart: waking up in each of them would be
                // most of what happens
                if self.faults_enabled && self.random.u32(..100) >= often {
                    continue;
                }
                if self.platform.queues.get(queue).is_none_or(|messages| messages.len() < 2) {
                    let now = self.now;
                    self.platform.push_message(queue, json!({"wake": "schedule"}).to_string(), now);
                }
            }
        }
    }

    /// Delivers a few messages of one queue to its function, in any order.
    pub fn deliver_messages(&mut self) {
        let now = self.now;
        let ready: Vec<&'static str> = QUEUES
            .into_iter()
            .filter(|queue| {
                self.platform
                    .queues
                    .get(queue)
                    .is_some_and(|messages| messages.iter().any(|it| it.visible_at <= now))
            })
            .collect();
        if ready.is_empty() {
            return;
        }
        let Some(queue) = ready.get(self.random.usize(..ready.len())).copied() else {
            return;
        };
        let (event, taken) = self.receive_messages(queue);
        let bodies: Vec<String> =
            event.records.iter().filter_map(|record| record.body.clone()).collect();
        self.maybe_cold_start();
        let (function, future) = self.start_handler(queue, event);
        let number = self.start_invocation(function, Some(queue), taken, WORKER_SECONDS, future);
        self.add_to_story(|| format!("{function} #{number} begins with {}", bodies.join(" ")));
    }

    /// Receives one or a few visible messages in any order and hides them for the visibility
    /// timeout.
    fn receive_messages(&mut self, queue: &'static str) -> (SqsEvent, Vec<u64>) {
        let now = self.now;
        let most = if queue == "expansion" { 1 } else { self.random.usize(1..=3) };
        let mut event = SqsEvent::default();
        let mut taken = Vec::new();
        for _ in 0..most {
            let messages = self.platform.queues.entry(queue).or_default();
            let visible: Vec<usize> = (0..messages.len())
                .filter(|at| messages.get(*at).is_some_and(|it| it.visible_at <= now))
                .collect();
            if visible.is_empty() {
                break;
            }
            let Some(message) = visible
                .get(self.random.usize(..visible.len()))
                .and_then(|at| messages.get_mut(*at))
            else {
                break;
            };
            message.receives += 1;
            let again = self.faults_enabled
                && self.plan.faults.contains(&FaultKind::VisibleAgain)
                && self.random.u32(..100) < 8;
            message.visible_at =
                now + if again { self.random.i64(1..40_000) } else { VISIBILITY_MS };
            let mut record = SqsMessage::default();
            record.message_id = Some(message.id.to_string());
            record.body = Some(message.body.clone());
            record
                .attributes
                .insert("ApproximateReceiveCount".into(), message.receives.to_string());
            event.records.push(record);
            taken.push(message.id);
            if again {
                self.coverage.count_event(FaultKind::VisibleAgain.name());
            }
        }
        (event, taken)
    }

    /// Returns the name of the function that reads a queue, and its invocation with the received
    /// messages.
    fn start_handler(
        &self,
        queue: &'static str,
        event: SqsEvent,
    ) -> (&'static str, Pin<Box<dyn Future<Output = InvocationEnd>>>) {
        let contexts = Rc::clone(&self.contexts);
        let deadline = Deadline::from_millisecond(
            u64::try_from(self.now + WORKER_SECONDS * 1_000).unwrap_or(0),
        );
        let future: Pin<Box<dyn Future<Output = InvocationEnd>>> = match queue {
            "expansion" => Box::pin(async move {
                InvocationEnd::Batch(
                    expand_audience::handle(&contexts.expand, &contexts.dead, event, deadline)
                        .await,
                )
            }),
            "release" => Box::pin(async move {
                InvocationEnd::Batch(
                    release_dispatches::handle(&contexts.release, &contexts.dead, event, deadline)
                        .await,
                )
            }),
            "feedback" => Box::pin(async move {
                InvocationEnd::Batch(
                    record_feedback::handle(&contexts.store, &contexts.dead, event).await,
                )
            }),
            "watchdog" => Box::pin(async move {
                InvocationEnd::Batch(
                    watchdog::handle(&contexts.watchdog, &contexts.dead, event, deadline).await,
                )
            }),
            "autopilot" => Box::pin(async move {
                InvocationEnd::Batch(
                    scan_autopilot::handle(&contexts.autopilot, &contexts.dead, event, deadline)
                        .await,
                )
            }),
            channel => {
                let channel = Channel::parse(channel).unwrap_or(Channel::Push);
                Box::pin(async move {
                    InvocationEnd::Batch(
                        delivery::handle_batch(contexts.delivery_context(channel), event, deadline)
                            .await,
                    )
                })
            }
        };
        let function = match queue {
            "expansion" => "expand-audience",
            "release" => "release-dispatches",
            "feedback" => "record-feedback",
            "push" => "deliver-push",
            "email" => "deliver-email",
            "sms" => "deliver-sms",
            "autopilot" => "scan-autopilot",
            _ => "watchdog",
        };
        (function, future)
    }

    /// Delivers a batch of a change stream to the counters.
    pub fn deliver_stream_batch(&mut self, table: &'static str) {
        let mut stream = self.platform.poller(table);
        let replay = self.faults_enabled
            && self.plan.faults.contains(&FaultKind::StreamReplay)
            && self.random.u32(..100) < 15;
        let start = match (replay, self.plan.sharded_stream) {
            // any suffix of what was counted
            (true, true) => stream.position.saturating_sub(self.random.usize(..10)),
            // without a shard id the platform only ever repeats a batch from its first record
            (true, false) if stream.end == stream.position => stream.start,
            _ => stream.position,
        };
        // such a repeat contains the whole earlier batch and may have grown at its end
        // (docs/decisions/0012)
        let least =
            if start == stream.start && !self.plan.sharded_stream { stream.end - start } else { 0 };
        let changes = self.memory.changes(table, start);
        // the mapping of Work filters before it calls, and a filtered change costs nothing
        let is_wanted = |change: &fake_aws::ItemChange| table != WORK || is_order(change);
        let skipped = match least {
            0 => changes.iter().take_while(|change| !is_wanted(change)).count(),
            _ => 0,
        };
        let count = skipped + least + self.random.usize(usize::from(least == 0)..=20);
        let records: Vec<_> = changes
            .iter()
            .take(count)
            .enumerate()
            .filter(|(_, change)| is_wanted(change))
            .map(|(index, change)| stream_record(change, start + index))
            .collect();
        let end = start + count.min(changes.len());
        if records.is_empty() {
            stream.position = stream.position.max(end);
            self.platform.streams.insert(table, stream);
            return;
        }
        let mut event = json!({ "Records": records });
        if self.plan.sharded_stream {
            event["shardId"] = json!(format!("shardId-of-{table}"));
        }
        if start < stream.position {
            self.coverage.count_event(FaultKind::StreamReplay.name());
        }
        let contexts = Rc::clone(&self.contexts);
        let future = Box::pin(async move {
            let counted = aggregate_reports::count_event(&contexts.aggregate, event).await;
            InvocationEnd::Stream { counted: counted.is_ok() }
        });
        let number =
            self.start_invocation("aggregate-reports", None, Vec::new(), WORKER_SECONDS, future);
        // without shards, a repeated batch is one whose end the poller has forgotten: it continues
        // from there
        let position = if self.plan.sharded_stream { stream.position } else { start };
        let poller = StreamPoller { position, start, end, holder: Some(number) };
        self.platform.streams.insert(table, poller);
        self.add_to_story(|| {
            format!("aggregate-reports #{number} begins with changes {start} to {end} of {table}")
        });
    }

    fn maybe_cold_start(&mut self) {
        if self.random.u32(..100) < 4 {
            self.contexts = Rc::new(FunctionContexts::new(&self.memory, &self.plan, self.currency));
            self.coverage.count_event("cold start");
        }
    }
}
