//! The lanes of the channels: shows the state of each, and lets an administrator open one before
//! its probe is due.
//!
//! Reads and writes the lanes in Work. After it: release-dispatches, which it nudges. Guarantees:
//! an opening is written only on the lane that the administrator's call has read, and sends nothing
//! itself.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Date, Timestamp,
    delivery::{
        lane::{AnswerCounts, Lane, LaneCause, LaneClosure, LaneOpener},
        sender_fault::SenderFault,
    },
    kernel::{audit_kind::AuditKind, channel::Channel},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use queue::WakeNudge;
use runtime::clock;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, contended, record_act, store_problem};

/// Attempts of the conditional write, if workers change the lane at the same time.
const MAX_TRIES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LaneState {
    Open,
    /// Nothing is sent on the channel, and everything due on it waits.
    Closed,
}

/// The lane of a channel: its way to the provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelLane {
    channel: Channel,
    state: LaneState,
    /// The fault for which it is closed, or was the last time: `identity_not_verified`, `sandbox`,
    /// `sending_paused`, `account_suspended`, `access_denied`, `credentials_refused`,
    /// `configuration_missing`, `platform_disabled`, `no_origination`, `key_unusable`, `spend_limit`,
    /// `daily_quota`, `throttled` or `too_many_failures`; `null` if it has never been closed.
    cause: Option<&'static str>,
    /// The time of that closing.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// The time from which one message asks if the lane is open; `null` while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    probe_at: Option<Timestamp>,
    /// The probes that have failed.
    failed_probes: u32,
    /// The answers that were judged and the failures among them; `too_many_failures` only.
    answered: Option<u32>,
    failed: Option<u32>,
    /// The time at which it was opened again; `null` while it is closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    opened_at: Option<Timestamp>,
    /// The opener: `probe` or `operator`.
    opened_by: Option<&'static str>,
    /// The used part of the tenant's daily limit; `null` without a limit.
    daily: Option<DailyUse>,
}

/// The part of its daily limit that a channel has used.
#[derive(Debug, Serialize, ToSchema)]
pub struct DailyUse {
    /// The day of the tenant.
    #[schema(value_type = String, format = Date)]
    pub(crate) day: Date,
    /// The messages that were handed to the channel's workers on that day.
    pub(crate) released: u64,
    /// The messages that it may send on that day, as its ramp says.
    pub(crate) limit: u64,
}

impl ChannelLane {
    /// Reads what of the channel's daily limit is used, and describes the lane.
    pub(crate) async fn read(
        context: &OperationsContext,
        lane: &Lane,
        now: Timestamp,
    ) -> ApiResult<Self> {
        let policy = context.store.contact_policy().await.map_err(store_problem)?;
        let Some(limit) = policy.daily_limits.get(&lane.channel) else {
            return Ok(Self::new(lane, None));
        };
        let day = context.store.tenant().zone().local_day(now);
        let released = context.store.released_on(lane.channel, day).await.map_err(store_problem)?;
        Ok(Self::new(lane, Some(DailyUse { day, released, limit: limit.on(day) })))
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    pub(crate) fn daily(&self) -> Option<&DailyUse> {
        self.daily.as_ref()
    }

    fn new(lane: &Lane, daily: Option<DailyUse>) -> Self {
        let last = lane.last_closure.as_ref();
        let counts = last.and_then(|last| match last.cause {
            LaneCause::Breaker(counts) => Some(counts),
            LaneCause::Fault(_) => None,
        });
        let is_closed = lane.closure().is_some();
        Self {
            channel: lane.channel,
            state: if is_closed { LaneState::Closed } else { LaneState::Open },
            cause: last.map(|last| last.cause.code()),
            closed_at: last.map(|last| last.since),
            probe_at: lane.closure().map(|closure| closure.probe_at),
            failed_probes: last.map_or(0, |last| last.failed_probes),
            answered: counts.map(|counts| counts.answered),
            failed: counts.map(|counts| counts.failed),
            opened_at: lane.opened.map(|(at, _)| at),
            opened_by: lane.opened.map(|(_, opener)| opener.as_str()),
            daily,
        }
    }
}

/// Says why a lane is closed, and what a person does about it.
pub(crate) fn closing_words(closure: &LaneClosure) -> (String, &'static str) {
    match closure.cause {
        LaneCause::Fault(fault) => (format!("the lane is closed: {}", fault.code()), mend(fault)),
        LaneCause::Breaker(AnswerCounts { answered, failed }) => (
            format!("the lane is closed: {failed} of the last {answered} messages failed"),
            "look for what the failures share, in their reasons and the sender's settings, then open the lane",
        ),
    }
}

/// Returns what a person does about a fault of ours.
fn mend(fault: SenderFault) -> &'static str {
    match fault {
        SenderFault::IdentityNotVerified => {
            "verify the sender in SES, with its DKIM and MAIL FROM records, in the region of the stack"
        }
        SenderFault::Sandbox => "ask AWS to move the account out of the sandbox",
        SenderFault::SendingPaused => {
            "read the account's reputation dashboard, mend what it names, then resume sending"
        }
        SenderFault::AccountSuspended => "open a case with AWS Support about the account",
        SenderFault::AccessDenied => "look at the policies of the delivery function's role",
        SenderFault::CredentialsRefused => "look at the delivery function's role and its region",
        SenderFault::ConfigurationMissing => {
            "compare the stack's settings with what exists: configuration set, topic, opt-out list"
        }
        SenderFault::PlatformDisabled => {
            "renew the push credentials of the platform application and enable it"
        }
        SenderFault::NoOrigination => {
            "finish the registration of the number, pool or sender id, or name another one"
        }
        SenderFault::KeyUnusable => "enable the topic's key and let the delivery function use it",
        SenderFault::SpendLimit => "raise the account's spend limit for SMS",
        SenderFault::DailyQuota => {
            "nothing: it comes back hour by hour; ask AWS for a higher quota if it is too small"
        }
        SenderFault::Throttled => "nothing: it passes; lower the channel's rate if it comes often",
    }
}

/// Opens a channel's lane now, after the fault was mended.
///
/// What waits is released within a minute. If the fault is still there, the next messages find it
/// and the lane closes again; no customer is charged for it. Repeating the call has no further
/// effect.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/lanes/{channel}/open", tag = "operations",
    operation_id = "open_lane", security(("jwt" = [])), params(("channel" = String, Path)),
    responses((status = 200, body = ChannelLane), Problem)
)]
pub async fn open(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(channel): Path<String>,
) -> ApiResult<Json<ChannelLane>> {
    operator.require_role(OperatorRole::Admin)?;
    let channel = Channel::parse(&channel).ok_or_else(unknown_channel)?;
    for attempt in 0..MAX_TRIES {
        let lane = context.store.lane(channel).await.map_err(store_problem)?;
        let Some(opened) = lane.open(LaneOpener::Operator, clock::now()) else {
            return Ok(Json(ChannelLane::read(&context, &lane, clock::now()).await?));
        };
        if attempt == 0 {
            let cause = ChannelLane::new(&lane, None).cause.unwrap_or_default();
            let act = (channel.as_str(), "open", cause);
            record_act(&context.store, &operator, AuditKind::Lane, act).await?;
        }
        if let Some(saved) = context.store.save_lane(&opened).await.map_err(store_problem)? {
            let (actor, channel) = (actor_name(&operator), channel.as_str());
            tracing::warn!(actor, channel, "lane opened by an operator");
            context.release.nudge(&WakeNudge::now("lane open")).await;
            return Ok(Json(ChannelLane::read(&context, &saved, clock::now()).await?));
        }
    }
    Err(contended())
}

fn unknown_channel() -> Problem {
    Problem::not_found("lane_unknown").with_detail("the channels are sms, email and push")
}
