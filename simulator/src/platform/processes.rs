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

use super::{Ended, Invocation, MAX_PAUSE_MS, MAX_RECEIVES, MAX_SLEEPS, Woken, ZOMBIE_MS};
use crate::{contexts::WORKER_SECONDS, gate::enter, plan::Fault, world::World};

/// The number of a successor's steps, in 1,000, in which the frozen process wakes up.
const WAKES_BESIDE: u32 = 25;

impl World {
    pub fn start(
        &mut self,
        function: &'static str,
        queue: Option<&'static str>,
        messages: Vec<u64>,
        seconds: i64,
        future: Pin<Box<dyn Future<Output = Ended>>>,
    ) -> u32 {
        self.platform.next += 1;
        let number = self.platform.next;
        let has = |fault: Fault| self.chaos && self.plan.faults.contains(&fault);
        let (may_zombie, may_skew) = (has(Fault::Zombie), has(Fault::Skew));
        let zombie = may_zombie && self.draw.u32(..100) < 40;
        let skew = if may_skew && self.draw.u32(..100) < 30 { self.draw.i64(-1_000..=1_000) } else { 0 };
        for (happens, name) in [(zombie, Fault::Zombie.name()), (skew != 0, Fault::Skew.name())] {
            if happens {
                self.coverage.event(name);
            }
        }
        let invocation = Invocation {
            function,
            since: self.step,
            deadline: self.now + seconds * 1_000,
            skew,
            zombie,
            stalled_until: 0,
            hung: false,
            queue,
            messages,
            future,
            woken: Arc::new(Woken(AtomicBool::new(true))),
        };
        self.platform.running.insert(number, invocation);
        number
    }

    /// Marks a process that will be killed as soon as its call is done.
    pub fn hang(&mut self, number: u32) {
        if let Some(invocation) = self.platform.running.get_mut(&number) {
            invocation.hung = true;
        }
    }

    /// Freezes a process long enough, or nearly so, for another to take its work over. In plans
    /// with zombies it is not killed meanwhile.
    pub fn stall(&mut self, number: u32) {
        let how_long = if self.plan.close { [400_000; 5] } else { [3_000, 40_000, 60_000, 200_000, 400_000] };
        let how_long = how_long.get(self.draw.usize(..how_long.len())).copied().unwrap_or(3_000);
        let zombies = self.plan.faults.contains(&Fault::Zombie);
        // its queue may redeliver sooner than the visibility timeout, but not sooner than the lease
        // ends
        let again = self.plan.faults.contains(&Fault::VisibleAgain) && self.draw.bool();
        let Some(invocation) = self.platform.running.get_mut(&number) else { return };
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
            self.coverage.event(Fault::VisibleAgain.name());
        }
        self.coverage.event(Fault::Stall.name());
        self.tell(|| format!("{function} #{number} freezes for {} s", how_long / 1_000));
    }

    /// Wakes a frozen process next to its successor, at any of the successor's steps, in a
    /// close-quarters scenario.
    pub fn wake_beside(&mut self) {
        if !self.plan.close || !self.chaos {
            return;
        }
        let now = self.now;
        let frozen = |it: &Invocation| it.stalled_until > now;
        let awake = self.platform.running.values().any(|it| !frozen(it) && it.function.starts_with("deliver-"));
        if !awake || self.draw.u32(..1_000) >= WAKES_BESIDE {
            return;
        }
        for it in self.platform.running.values_mut().filter(|it| frozen(it)) {
            it.stalled_until = now;
        }
        self.tell(|| "whoever was frozen goes on".to_owned());
    }

    /// Kills a process: what it held in memory is lost, and its messages come back.
    pub fn kill(&mut self, number: u32) {
        self.waiting.forget(number);
        self.platform.running.remove(&number);
        if self.platform.stream.holder == Some(number) {
            self.platform.stream.holder = None;
        }
        self.people.gave_up(number);
    }

    pub fn platform_timeouts(&mut self) {
        let now = self.now;
        let over: Vec<u32> = self
            .platform
            .running
            .iter()
            .filter(|(_, it)| now > it.deadline + if it.zombie { ZOMBIE_MS } else { 0 })
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            self.tell(|| format!("#{number} is out of time"));
            self.coverage.event("timed out");
            self.kill(number);
        }
        // the poller does not wait for a zombie
        let holder = self.platform.stream.holder.and_then(|number| self.platform.running.get(&number));
        if holder.is_some_and(|it| now > it.deadline) {
            self.platform.stream.holder = None;
        }
    }

    /// Polls every process that can make progress until none can. Backoff sleeps run on a clock of
    /// their own, which stands still otherwise.
    pub async fn go_on(&mut self) {
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
                let asleep = |(number, it): (&u32, &Invocation)| !it.hung && !self.waiting.of(*number);
                if !self.platform.running.iter().any(asleep) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
                pause = (pause * 2).min(MAX_PAUSE_MS);
                continue;
            }
            for number in ready {
                self.poll(number);
            }
        }
    }

    fn poll(&mut self, number: u32) {
        let Some(invocation) = self.platform.running.get_mut(&number) else { return };
        simulated::set(Timestamp::from_millisecond(self.now + invocation.skew).ok());
        enter(Some(number));
        let waker = Waker::from(Arc::clone(&invocation.woken));
        let polled = invocation.future.as_mut().poll(&mut TaskContext::from_waker(&waker));
        enter(None);
        if let Poll::Ready(ended) = polled
            && let Some(invocation) = self.platform.running.remove(&number)
        {
            self.waiting.forget(number);
            self.ended_with(number, &invocation, ended);
        }
    }

    fn ended_with(&mut self, number: u32, invocation: &Invocation, ended: Ended) {
        let function = invocation.function;
        match ended {
            Ended::Batch(response) => {
                let again: Vec<u64> =
                    response.batch_item_failures.iter().filter_map(|it| it.item_identifier.parse().ok()).collect();
                self.tell(|| {
                    format!(
                        "{function} #{number} ends, {} of {} messages to come again",
                        again.len(),
                        invocation.messages.len()
                    )
                });
                if let Some(queue) = invocation.queue {
                    self.done_with(queue, &invocation.messages, &again);
                }
            }
            Ended::Stream { counted } => {
                self.tell(|| format!("{function} #{number} ends, counted: {counted}"));
                if self.platform.stream.holder == Some(number) {
                    self.platform.stream.holder = None;
                    if counted {
                        let end = self.platform.stream.end;
                        self.platform.stream.position = self.platform.stream.position.max(end);
                    }
                }
            }
            Ended::Answer { status, body } => {
                self.tell(|| format!("{function} #{number} answers {status}"));
                self.answered(number, status, &body);
            }
        }
    }

    fn done_with(&mut self, queue: &'static str, taken: &[u64], again: &[u64]) {
        let (now, chaos) = (self.now, self.chaos);
        let twice = chaos && self.plan.faults.contains(&Fault::Twice);
        let Some(messages) = self.platform.queues.get_mut(queue) else { return };
        let mut dead = 0;
        messages.retain_mut(|message| {
            if !taken.contains(&message.id) {
                return true;
            }
            if again.contains(&message.id) {
                // redelivery comes after the visibility timeout; without faults it comes soon, so
                // that the run ends
                message.visible_at = now + if chaos { self.draw.i64(1_000..90_000) } else { 1_000 };
                let alive = message.receives < MAX_RECEIVES;
                dead += usize::from(!alive);
                return alive;
            }
            if twice && self.draw.u32(..100) < 10 {
                self.coverage.event(Fault::Twice.name());
                message.visible_at = now + self.draw.i64(1..60_000);
                return true;
            }
            false
        });
        for _ in 0..dead {
            self.coverage.event("message given up by its queue");
        }
    }
}
