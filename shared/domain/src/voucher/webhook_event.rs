//! Derives webhook events for the app backend from the old and the new image of a voucher.
//!
//! Pure: the comparison yields the stages that were reached. An event id is derived from the
//! voucher, the stage and how often the stage was reached, so a replayed stream record yields the
//! same event, and the receiver can recognise it by its id. Held-out, skipped and failed records
//! yield no events, because the holdout must not be visible.
//!
//! Also here: the endpoints, the events that each of them receives, and the time of the retry after
//! a failed delivery.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::id::{CustomerId, EventId, VoucherId, WebhookEndpointId},
    voucher::record::Voucher,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EventType {
    #[serde(rename = "voucher.issued")]
    Issued,
    #[serde(rename = "voucher.delivered")]
    Delivered,
    #[serde(rename = "voucher.accepted")]
    Accepted,
    #[serde(rename = "voucher.declined")]
    Declined,
    /// Support moved the voucher's end to a later time.
    #[serde(rename = "voucher.extended")]
    Extended,
    #[serde(rename = "voucher.expiring")]
    Expiring,
    #[serde(rename = "voucher.expired")]
    Expired,
    #[serde(rename = "voucher.redeemed")]
    Redeemed,
    #[serde(rename = "voucher.reversed")]
    Reversed,
    /// No voucher changed: an operator tests whether the endpoint answers.
    #[serde(rename = "test")]
    Test,
}

impl EventType {
    pub const ALL: [EventType; 10] = [
        EventType::Issued,
        EventType::Delivered,
        EventType::Accepted,
        EventType::Declined,
        EventType::Extended,
        EventType::Expiring,
        EventType::Expired,
        EventType::Redeemed,
        EventType::Reversed,
        EventType::Test,
    ];

    /// Returns the event type as the endpoint receives it.
    pub fn name(self) -> &'static str {
        match self {
            EventType::Issued => "voucher.issued",
            EventType::Delivered => "voucher.delivered",
            EventType::Accepted => "voucher.accepted",
            EventType::Declined => "voucher.declined",
            EventType::Extended => "voucher.extended",
            EventType::Expiring => "voucher.expiring",
            EventType::Expired => "voucher.expired",
            EventType::Redeemed => "voucher.redeemed",
            EventType::Reversed => "voucher.reversed",
            EventType::Test => "test",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == text)
    }
    fn stage_name(self) -> &'static str {
        self.name().trim_start_matches("voucher.")
    }
}

/// One webhook event of one voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    pub id: EventId,
    pub event_type: EventType,
    /// The time at which it happened, and not the time at which it is sent.
    pub at: Timestamp,
}

/// Returns the events of the change from `old` to `new`, in the order of a voucher's life.
///
/// `recorded` is when the change was written. It is the time of an event without a stage of its
/// own, such as a second reversal.
pub fn webhook_events(
    old: Option<&Voucher>,
    new: &Voucher,
    recorded: Option<Timestamp>,
) -> Vec<WebhookEvent> {
    if !new.status.is_voucher() {
        return Vec::new();
    }
    let before = old.map(|voucher| voucher.stages).unwrap_or_default();
    let reached = |old: Option<Timestamp>, new: Option<Timestamp>| new.filter(|_| old.is_none());
    let now = &new.stages;
    let once = [
        (EventType::Issued, old.is_none().then_some(new.issued_at)),
        (EventType::Delivered, reached(before.delivered_at, now.delivered_at)),
        (EventType::Accepted, reached(before.accepted_at, now.accepted_at)),
        (EventType::Declined, reached(before.declined_at, now.declined_at)),
        (EventType::Expiring, reached(before.expiring_at, now.expiring_at)),
        (EventType::Expired, reached(before.expired_at, now.expired_at)),
    ];
    let mut events: Vec<WebhookEvent> =
        once.into_iter().filter_map(|(what, at)| webhook_event(new, what, None, at?)).collect();
    if let Some(end) = old.and_then(|old| extended_end(old, new)) {
        let at = recorded.unwrap_or(new.issued_at);
        // An end only moves to a later time, so it tells two extensions apart.
        events.extend(webhook_event(new, EventType::Extended, Some(end.as_millisecond()), at));
    }
    let (redemptions, reversals) =
        old.map_or((0, 0), |voucher| (voucher.redemptions, voucher.reversals));
    if new.redemptions > redemptions {
        let at = new
            .redemption
            .as_ref()
            .map(|redemption| redemption.at)
            .or(now.redeemed_at)
            .or(recorded);
        let number = Some(new.redemptions.into());
        events.extend(at.and_then(|at| webhook_event(new, EventType::Redeemed, number, at)));
    }
    if new.reversals > reversals {
        let first = now.reversed_at.filter(|_| new.reversals == 1);
        let at = first.or(recorded).or(now.reversed_at);
        let number = Some(new.reversals.into());
        events.extend(at.and_then(|at| webhook_event(new, EventType::Reversed, number, at)));
    }
    events
}

/// Returns the voucher's later end if support extended it. An acceptance that sets the end of a
/// voucher whose time runs from then on is no extension.
fn extended_end(old: &Voucher, new: &Voucher) -> Option<Timestamp> {
    if old.stages.accepted_at.is_none() {
        return (new.accept_by > old.accept_by).then_some(new.accept_by);
    }
    new.redeem_by.filter(|end| old.redeem_by.is_some_and(|before| *end > before))
}

/// Builds an event. `number` tells apart the events of a type that happens more than once.
fn webhook_event(
    voucher: &Voucher,
    what: EventType,
    number: Option<i64>,
    at: Timestamp,
) -> Option<WebhookEvent> {
    let voucher = voucher.id.as_str().trim_start_matches("vch_");
    let stage = what.stage_name();
    // The id contains no dots, because the signature covers `id.timestamp.body`.
    let id = match number {
        Some(number) => format!("evt_{voucher}_{stage}_{number}"),
        None => format!("evt_{voucher}_{stage}"),
    };
    Some(WebhookEvent { id: EventId::parse(&id).ok()?, event_type: what, at })
}

/// An endpoint of the app backend, as an operator has set it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    /// The event types that it receives; an empty set means all of them.
    pub events: BTreeSet<EventType>,
    pub state: EndpointState,
    /// The identifier from which its secret is derived. It is random and drawn at creation, so that
    /// an endpoint created again under the same name has another secret.
    pub key_id: String,
    /// The number of times its secret was changed. For a day after the change in `rotated_at`,
    /// requests are signed with the secret before it as well.
    pub rotation: u32,
    pub rotated_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The version, raised by every write; the next write is conditional on it.
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndpointState {
    Enabled,
    /// An operator disabled it.
    Disabled,
    /// The endpoint answered 410, which disabled it.
    Gone,
}

impl EndpointState {
    pub fn as_str(self) -> &'static str {
        match self {
            EndpointState::Enabled => "enabled",
            EndpointState::Disabled => "disabled",
            EndpointState::Gone => "gone",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [EndpointState::Enabled, EndpointState::Disabled, EndpointState::Gone]
            .into_iter()
            .find(|it| it.as_str() == text)
    }
}

/// Seconds for which requests are signed with the previous secret as well, so that operators have
/// time to install the new secret on every receiver.
pub const ROTATION_SECONDS: i64 = 24 * 3_600;

impl WebhookEndpoint {
    pub fn subscribes_to(&self, what: EventType) -> bool {
        self.state == EndpointState::Enabled
            && (what == EventType::Test || self.events.is_empty() || self.events.contains(&what))
    }

    /// Returns the numbers of the secrets to sign with at `now`, the newest first.
    pub fn signing_rotations(&self, now: Timestamp) -> Vec<u32> {
        let recently_rotated =
            self.rotated_at.is_some_and(|at| now.as_second() - at.as_second() < ROTATION_SECONDS);
        let previous = self.rotation.checked_sub(1).filter(|_| recently_rotated);
        std::iter::once(self.rotation).chain(previous).collect()
    }
}

/// The customer and the voucher that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSubject {
    pub customer: CustomerId,
    pub voucher: VoucherId,
}

/// One event on its way to one endpoint. It holds identifiers, a type, a time and a number only;
/// the voucher is read at each attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventDelivery {
    pub hook: WebhookEndpointId,
    pub event: EventId,
    pub what: EventType,
    /// The subject of the event, or `None` for a test event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<EventSubject>,
    pub at: Timestamp,
    /// The number of the attempt. Attempt 1 comes straight from the stream; every later one is
    /// stored until it is settled.
    pub attempt: u32,
}

impl EventDelivery {
    pub fn next_attempt(&self) -> Self {
        Self { attempt: self.attempt.saturating_add(1), ..self.clone() }
    }
}

/// The reason why a delivery failed, with the status of the response if there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFailure {
    pub status: Option<u16>,
    pub reason: String,
}

/// Seconds from each attempt to the next: the schedule of Standard Webhooks, ended after about a
/// day. A restart is over after the second attempt, a failed deployment after the fifth, a night
/// after the last.
const DELAYS_SECONDS: [i64; 7] = [5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 10 * 3_600];
/// The most that is added to a delay at random, in thousandths of it, so that deliveries that
/// failed together are not retried together.
const JITTER_THOUSANDTHS: i64 = 200;

/// Returns the milliseconds from failed attempt `attempt` (counted from 1) to the next, or `None`
/// after the last. `spread` is a random number in 0..=1000 from the caller.
pub fn retry_delay(attempt: u32, jitter: u32) -> Option<i64> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    let base = DELAYS_SECONDS.get(index)? * 1_000;
    Some(base + base * JITTER_THOUSANDTHS / 1_000 * i64::from(jitter.min(1_000)) / 1_000)
}

#[cfg(test)]
mod tests;
