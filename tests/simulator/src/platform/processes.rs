//! The life of a process: it begins, freezes, wakes up, runs out of time, dies, or ends with an
//! answer that the platform acts on.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context as TaskContext, Poll, Waker},
    time::Duration,
};

use domain::Timestamp;
use runtime::clock::simulated;

use super::{
    InvocationEnd, MAX_PAUSE_MS, MAX_RECEIVES, MAX_SLEEPS, RunningInvocation, WakeFlag, ZOMBIE_MS,
};
use crate::{
    contexts::WORKER_SECONDS, interceptor::set_current_invocation, plan::FaultKind,
    simulation::SimulatedWorld,
};

/// The number of a successor's steps, in 1,000, in which the frozen process wakes up.
const WAKES_PER_THOUSAND: u32 = 25;

impl SimulatedWorld {
    pub fn start_invocation(
        &mut self,
        function: &'static str,
        queue: Option<&'static str>,
        messages: Vec<u64>,
        seconds: i64,
        future: Pin<Box<dyn Future<Output = InvocationEnd>>>,
    ) -> u32 {
        self.platform.next += 1;
        let number = self.platform.next;
        let has = |fault: FaultKind| self.faults_enabled && self.plan.faults.contains(&fault);
        let (may_zombie, may_skew) = (has(FaultKind::Zombie), has(FaultKind::Skew));
        let zombie = may_zombie && self.random.u32(..100) < 40;
        let skew = if may_skew && self.random.u32(..100) < 30 {
            self.random.i64(-1_000..=1_000)
        } else {
            0
        };
        for (happens, name) in
            [(zombie, FaultKind::Zombie.name()), (skew != 0, FaultKind::Skew.name())]
        {
            if happens {
                self.coverage.count_event(name);
            }
        }
        let invocation = RunningInvocation {
            function,
            since: self.step,
            began: self.now,
            deadline: self.now + seconds * 1_000,
            skew,
            zombie,
            stalled_until: 0,
            hung: false,
            queue,
            messages,
            future,
            woken: Arc::new(WakeFlag(AtomicBool::new(true))),
        };
        self.platform.running.insert(number, invocation);
        number
    }

    /// Marks a process that will be killed as soon as its call is done.
    pub fn mark_hung(&mut self, number: u32) {
        if let Some(invocation) = self.platform.running.get_mut(&number) {
            invocation.hung = true;
        }
    }

    /// Freezes a process long enough, or nearly so, for another to take its work over. In plans
    /// with zombies it is not killed meanwhile.
    pub fn stall_process(&mut self, number: u32) {
        let how_long = if self.plan.close_quarters {
            [400_000; 5]
        } else {
            [3_000, 40_000, 60_000, 200_000, 400_000]
        };
        let how_long = how_long.get(self.random.usize(..how_long.len())).copied().unwrap_or(3_000);
        let zombies = self.plan.faults.contains(&FaultKind::Zombie);
        // its queue may redeliver sooner than the visibility timeout, but not sooner than the lease
        // ends
        let again = self.plan.faults.contains(&FaultKind::VisibleAgain) && self.random.bool();
        let Some(invocation) = self.platform.running.get_mut(&number) else {
            return;
        };
        invocation.stalled_until = self.now + how_long;
        invocation.zombie |= zombies;
        let function = invocation.function;
        if let Some(queue) = invocation.queue.filter(|_| again) {
            let taken = invocation.messages.clone();
            let at = self.now + (WORKER_SECONDS + 2) * 1_000;
            let messages = self.platform.queues.entry(queue).or_default();
            messages
                .iter_mut()
                .filter(|it| taken.contains(&it.id))
                .for_each(|it| it.visible_at = it.visible_at.min(at));
            self.coverage.count_event(FaultKind::VisibleAgain.name());
        }
        self.coverage.count_event(FaultKind::Stall.name());
        self.add_to_story(|| format!("{function} #{number} freezes for {} s", how_long / 1_000));
    }

    /// Wakes a frozen process next to its successor, at any of the successor's steps, in a
    /// close-quarters scenario.
    pub fn wake_frozen_process(&mut self) {
        if !self.plan.close_quarters || !self.faults_enabled {
            return;
        }
        let now = self.now;
        let frozen = |it: &RunningInvocation| it.stalled_until > now;
        let awake = self
            .platform
            .running
            .values()
            .any(|it| !frozen(it) && it.function.starts_with("deliver-"));
        if !awake || self.random.u32(..1_000) >= WAKES_PER_THOUSAND {
            return;
        }
        for it in self.platform.running.values_mut().filter(|it| frozen(it)) {
            it.stalled_until = now;
        }
        self.add_to_story(|| "whoever was frozen goes on".to_owned());
    }

    /// Kills a process: what it held in memory is lost, and its messages come back.
    pub fn kill_process(&mut self, number: u32) {
        self.pending_calls.drop_calls_of(number);
        self.platform.running.remove(&number);
        self.platform.release_stream(number, false);
        self.actors.drop_request(number);
    }

    pub fn kill_timed_out(&mut self) {
        let now = self.now;
        let over: Vec<u32> = self
            .platform
            .running
            .iter()
            .filter(|(_, it)| now > it.deadline + if it.zombie { ZOMBIE_MS } else { 0 })
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            self.add_to_story(|| format!("#{number} is out of time"));
            self.coverage.count_event("timed out");
            self.kill_process(number);
        }
        self.platform.release_overdue_streams(now);
    }

    /// Polls every process that can make progress until none can. Backoff sleeps run on a clock of
    /// their own, which stands still otherwise.
    pub async fn poll_until_blocked(&mut self) {
        let mut pause = 1;
        for _ in 0..MAX_SLEEPS {
            let ready: Vec<u32> = self
                .platform
                .running
                .iter()
                .filter(|(_, it)| it.woken.0.swap(false, Ordering::Relaxed))
                .map(|(number, _)| *number)
                .collect();
            if ready.is_empty() {
                let asleep = |(number, it): (&u32, &RunningInvocation)| {
                    !it.hung && !self.pending_calls.has_call_of(*number)
                };
                if !self.platform.running.iter().any(asleep) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
                pause = (pause * 2).min(MAX_PAUSE_MS);
                continue;
            }
            for number in ready {
                self.poll_process(number);
            }
        }
    }

    fn poll_process(&mut self, number: u32) {
        let Some(invocation) = self.platform.running.get_mut(&number) else {
            return;
        };
        simulated::set_now(Timestamp::from_millisecond(self.now + invocation.skew).ok());
        set_current_invocation(Some(number));
        let waker = Waker::from(Arc::clone(&invocation.woken));
        let polled = invocation.future.as_mut().poll(&mut TaskContext::from_waker(&waker));
        set_current_invocation(None);
        if let Poll::Ready(ended) = polled
            && let Some(invocation) = self.platform.running.remove(&number)
        {
            self.pending_calls.drop_calls_of(number);
            self.finish_invocation(number, &invocation, ended);
        }
    }

    fn finish_invocation(
        &mut self,
        number: u32,
        invocation: &RunningInvocation,
        ended: InvocationEnd,
    ) {
        let function = invocation.function;
        match ended {
            InvocationEnd::Batch(response) => {
                let again: Vec<u64> = response
                    .batch_item_failures
                    .iter()
                    .filter_map(|it| it.item_identifier.parse().ok())
                    .collect();
                self.add_to_story(|| {
                    format!(
                        "{function} #{number} ends, {} of {} messages to come again",
                        again.len(),
                        invocation.messages.len()
                    )
                });
                if let Some(queue) = invocation.queue {
                    self.settle_messages(queue, &invocation.messages, &again);
                }
            }
            InvocationEnd::Stream { counted } => {
                self.add_to_story(|| format!("{function} #{number} ends, counted: {counted}"));
                self.platform.release_stream(number, counted);
            }
            InvocationEnd::Answer { status, body } => {
                self.add_to_story(|| format!("{function} #{number} answers {status}"));
                self.record_answer(number, status, &body);
            }
        }
    }

    fn settle_messages(&mut self, queue: &'static str, taken: &[u64], again: &[u64]) {
        let (now, chaos) = (self.now, self.faults_enabled);
        let twice = chaos && self.plan.faults.contains(&FaultKind::RepeatedDelivery);
        let Some(messages) = self.platform.queues.get_mut(queue) else {
            return;
        };
        let mut dead = 0;
        messages.retain_mut(|message| {
            if !taken.contains(&message.id) {
                return true;
            }
            if again.contains(&message.id) {
                // redelivery comes after the visibility timeout; without faults it comes soon, so
                // that the run ends
                message.visible_at =
                    now + if chaos { self.random.i64(1_000..90_000) } else { 1_000 };
                let alive = message.receives < MAX_RECEIVES;
                dead += usize::from(!alive);
                return alive;
            }
            if twice && self.random.u32(..100) < 10 {
                self.coverage.count_event(FaultKind::RepeatedDelivery.name());
                message.visible_at = now + self.random.i64(1..60_000);
                return true;
            }
            false
        });
        for _ in 0..dead {
            self.actors.has_parked = true;
            self.coverage.count_event("message given up by its queue");
        }
    }
}
