//! The lane as a worker sees it: asked before a dispatch is begun, told of each answer, and closed,
//! probed or opened by what the provider says.
//!
//! Reads and writes the lane in Work, at most once for each change. Guarantees: while a lane is closed
//! a worker begins no customer, and of all workers one sends one message to ask if it is open.

use std::sync::{Mutex, PoisonError};

use domain::{
    Timestamp,
    delivery::{
        attempt_policy::ProviderAnswer,
        lane::{AnswerCounts, Lane, LaneCause, LaneGate, LaneOpener, throttles_close},
        sender_fault::SenderFault,
    },
};
use jiff::SignedDuration;
use queue::WakeNudge;
use runtime::{clock, metrics::Metrics};
use store::StoreError;

use crate::context::DeliveryContext;

/// The time for which a worker takes a lane for what it was. Each process that has not heard yet
/// sends for so long, and what it sends waits like the rest.
const MAX_LANE_AGE: SignedDuration = SignedDuration::from_secs(2);
/// The answers that a worker collects before it adds them to those of the other workers.
const ANSWERS_PER_COUNT: u32 = 25;
/// The tries to close a lane that other workers change at the same time.
const MAX_CLOSE_TRIES: usize = 4;

/// The lane's state after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaneVerdict {
    Open,
    Closed,
}

/// The state in which a claimed attempt was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendOutcome {
    /// The answer is recorded, and what follows is planned.
    Settled,
    /// A fault of ours: the same attempt is made again when the lane is open.
    LaneClosed,
    /// The provider throttles this message, and the lane stays open.
    Throttled,
}

#[derive(Debug, Clone)]
enum WatchState {
    Open {
        throttled: u32,
        answered: u32,
    },
    /// This worker asks if the lane is open; the lane is as it has reserved it.
    Probing(Box<Lane>),
    Closed,
}

/// The lane during one dispatch.
pub(crate) struct LaneWatch<'a> {
    context: &'a DeliveryContext,
    state: Mutex<WatchState>,
}

impl<'a> LaneWatch<'a> {
    /// Watches an open lane.
    pub(crate) fn open(context: &'a DeliveryContext) -> Self {
        let state = Mutex::new(WatchState::Open { throttled: 0, answered: 0 });
        Self { context, state }
    }

    /// Asks if a dispatch may begin. `until` is the end of its lease. Returns `None` while the lane is
    /// closed; if a probe is due, the worker that reserves it goes on alone.
    pub(crate) async fn enter(
        context: &'a DeliveryContext,
        until: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let now = clock::now();
        let lane = match context.cached_lane(now, MAX_LANE_AGE) {
            Some(lane) if lane.gate(now) != LaneGate::ProbeDue => lane,
            Some(_) | None => context.read_lane().await?,
        };
        match lane.gate(now) {
            LaneGate::Open => return Ok(Some(Self::open(context))),
            LaneGate::Closed => return Ok(None),
            LaneGate::ProbeDue => {}
        }
        let Some(reserved) = lane.begin_probe(now, until) else {
            return Ok(None);
        };
        let saved = context.save_lane(&reserved).await?;
        Ok(saved.map(|lane| {
            let state = Mutex::new(WatchState::Probing(Box::new(lane)));
            Self { context, state }
        }))
    }

    pub(crate) fn is_closed(&self) -> bool {
        match *self.lock() {
            WatchState::Closed => true,
            WatchState::Open { .. } | WatchState::Probing(_) => false,
        }
    }

    /// Returns true while one message asks if the lane is open.
    pub(crate) fn is_probing(&self) -> bool {
        match *self.lock() {
            WatchState::Probing(_) => true,
            WatchState::Open { .. } | WatchState::Closed => false,
        }
    }

    /// Hears an answer of the provider, after it is recorded.
    pub(crate) async fn hear(&self, answer: &ProviderAnswer) -> Result<LaneVerdict, StoreError> {
        self.context.add_answer(AnswerCounts::of_answer(answer));
        let state = self.lock().clone();
        match state {
            WatchState::Closed => Ok(LaneVerdict::Closed),
            WatchState::Probing(lane) => self.hear_probe(&lane, answer).await,
            WatchState::Open { .. } => match self.closing_fault(answer) {
                None => Ok(LaneVerdict::Open),
                Some(fault) => {
                    self.set(WatchState::Closed);
                    close_lane(self.context, LaneCause::Fault(fault)).await?;
                    Ok(LaneVerdict::Closed)
                }
            },
        }
    }

    /// Counts an answer of the open lane, and returns the fault if it closes the lane.
    fn closing_fault(&self, answer: &ProviderAnswer) -> Option<SenderFault> {
        let fault = match answer {
            ProviderAnswer::Ours(fault) => Some(*fault),
            ProviderAnswer::Accepted { .. }
            | ProviderAnswer::Refused { .. }
            | ProviderAnswer::Ambiguous { .. } => None,
        };
        let is_throttle = fault == Some(SenderFault::Throttled);
        let among_dispatches = self.context.hear_throttle(is_throttle);
        match &mut *self.lock() {
            WatchState::Open { throttled, answered } => {
                *answered += 1;
                *throttled += u32::from(is_throttle);
                let closes = among_dispatches || throttles_close(*throttled, *answered);
                fault.filter(|_| !is_throttle || closes)
            }
            WatchState::Probing(_) | WatchState::Closed => fault,
        }
    }

    async fn hear_probe(
        &self,
        lane: &Lane,
        answer: &ProviderAnswer,
    ) -> Result<LaneVerdict, StoreError> {
        let now = clock::now();
        let (state, next, verdict) = match answer {
            ProviderAnswer::Accepted { .. } => {
                let open = WatchState::Open { throttled: 0, answered: 1 };
                (open, lane.open(LaneOpener::Probe, now), LaneVerdict::Open)
            }
            ProviderAnswer::Ours(fault) => {
                let failed = lane.fail_probe(Some(LaneCause::Fault(*fault)), now);
                (WatchState::Closed, failed, LaneVerdict::Closed)
            }
            ProviderAnswer::Refused { .. } | ProviderAnswer::Ambiguous { .. } => {
                (WatchState::Closed, lane.fail_probe(None, now), LaneVerdict::Closed)
            }
        };
        self.set(state);
        let Some(next) = next else {
            return Ok(verdict);
        };
        // After a conflict an operator has opened the lane meanwhile, which stands.
        if self.context.save_lane(&next).await?.is_some() {
            match verdict {
                LaneVerdict::Open => {
                    tracing::warn!(channel = %lane.channel, "lane opened by a probe");
                    self.context.release.nudge(&WakeNudge::now("lane open")).await;
                }
                LaneVerdict::Closed => nudge_at_probe(self.context, &next).await,
            }
        }
        Ok(verdict)
    }

    /// Ends the watch. A worker that has met no message to ask with leaves the probe to the next one.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        let state = self.lock().clone();
        if let WatchState::Probing(lane) = state
            && let Some(returned) = lane.return_probe(clock::now())
        {
            self.set(WatchState::Closed);
            self.context.save_lane(&returned).await?;
        }
        Ok(())
    }

    fn set(&self, state: WatchState) {
        *self.lock() = state;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the channel's lane, unless it is closed already.
async fn close_lane(context: &DeliveryContext, cause: LaneCause) -> Result<(), StoreError> {
    for _ in 0..MAX_CLOSE_TRIES {
        let lane = context.read_lane().await?;
        let Some(closed) = lane.close(cause, clock::now()) else {
            return Ok(());
        };
        if context.save_lane(&closed).await?.is_some() {
            tracing::error!(channel = %lane.channel, cause = cause.code(), "lane closed");
            Metrics::new().channel(lane.channel.as_str()).count("LaneClosings", 1).emit();
            nudge_at_probe(context, &closed).await;
            return Ok(());
        }
    }
    Err(StoreError::Contended("a channel's lane"))
}

/// Wakes release-dispatches when the probe is due; a later one is left to its schedule.
async fn nudge_at_probe(context: &DeliveryContext, lane: &Lane) {
    let Some(closure) = lane.closure() else {
        return;
    };
    let seconds = closure.probe_at.duration_since(clock::now()).as_secs() + 1;
    let Some(delay) = u32::try_from(seconds).ok().filter(|delay| *delay < 60) else {
        return;
    };
    let nudges = [(WakeNudge::now("lane probe"), delay)];
    if let Err(error) = context.release.send_delayed(&nudges).await {
        tracing::warn!(%error, "could not send nudge");
    }
}

/// Adds the answers that this worker has collected to those of the others, once they are enough or the
/// batch is over, and closes the lane if too many of a window's answers are failures.
pub(crate) async fn judge_answers(context: &DeliveryContext, batch_is_over: bool) {
    let least = if batch_is_over { 1 } else { ANSWERS_PER_COUNT };
    let Some(answers) = context.take_answers(least) else {
        return;
    };
    if let Err(error) = count_and_judge(context, answers).await {
        // The answers are lost to the breaker, which needs no single one.
        tracing::warn!(%error, "answers not counted for the breaker");
    }
}

async fn count_and_judge(
    context: &DeliveryContext,
    answers: AnswerCounts,
) -> Result<(), StoreError> {
    let channel = context.settings.channel;
    let counted = context.store.count_answers(channel, answers).await?;
    if !counted.is_window() {
        return Ok(());
    }
    if let Some(cause) = counted.breaker_cause(channel) {
        close_lane(context, cause).await?;
    }
    context.store.take_judged_answers(channel, counted).await
}
