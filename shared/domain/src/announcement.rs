//! What the app backend is told about a voucher: a pure comparison of its old and its new image says which stages were reached. The id
//! of an event follows from the voucher, the stage and how often it was reached, so that whatever hands a change over twice tells the
//! same event twice, and the receiver can know it by its id. Ghosts, skips and failures are never told: who is held out must not show.
//! Also here: who is told what, and when a telling that failed is tried again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{CustomerId, EventId, HookId, VoucherId},
    voucher::Voucher,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum What {
    #[serde(rename = "voucher.issued")]
    Issued,
    #[serde(rename = "voucher.delivered")]
    Delivered,
    #[serde(rename = "voucher.accepted")]
    Accepted,
    #[serde(rename = "voucher.declined")]
    Declined,
    #[serde(rename = "voucher.expiring")]
    Expiring,
    #[serde(rename = "voucher.expired")]
    Expired,
    #[serde(rename = "voucher.redeemed")]
    Redeemed,
    #[serde(rename = "voucher.reversed")]
    Reversed,
    /// Nothing happened: an operator wants to see whether the endpoint listens.
    #[serde(rename = "test")]
    Test,
}

impl What {
    pub const ALL: [What; 9] = [
        What::Issued,
        What::Delivered,
        What::Accepted,
        What::Declined,
        What::Expiring,
        What::Expired,
        What::Redeemed,
        What::Reversed,
        What::Test,
    ];

    /// As it is told.
    pub fn name(self) -> &'static str {
        match self {
            What::Issued => "voucher.issued",
            What::Delivered => "voucher.delivered",
            What::Accepted => "voucher.accepted",
            What::Declined => "voucher.declined",
            What::Expiring => "voucher.expiring",
            What::Expired => "voucher.expired",
            What::Redeemed => "voucher.redeemed",
            What::Reversed => "voucher.reversed",
            What::Test => "test",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == text)
    }
    fn stage(self) -> &'static str {
        self.name().trim_start_matches("voucher.")
    }
}

/// One thing that happened to one voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    pub id: EventId,
    pub what: What,
    /// When it happened, not when it is told.
    pub at: Timestamp,
}

/// What the step from `old` to `new` is told as, in the order in which a voucher lives. `recorded` is when the step was written: the time
/// of what has no stamp of its own, a second reversal.
pub fn announcements(old: Option<&Voucher>, new: &Voucher, recorded: Option<Timestamp>) -> Vec<Announcement> {
    if !new.status.is_voucher() {
        return Vec::new();
    }
    let before = old.map(|voucher| voucher.stages).unwrap_or_default();
    let reached = |old: Option<Timestamp>, new: Option<Timestamp>| new.filter(|_| old.is_none());
    let now = &new.stages;
    let once = [
        (What::Issued, old.is_none().then_some(new.issued_at)),
        (What::Delivered, reached(before.delivered_at, now.delivered_at)),
        (What::Accepted, reached(before.accepted_at, now.accepted_at)),
        (What::Declined, reached(before.declined_at, now.declined_at)),
        (What::Expiring, reached(before.expiring_at, now.expiring_at)),
        (What::Expired, reached(before.expired_at, now.expired_at)),
    ];
    let mut told: Vec<Announcement> =
        once.into_iter().filter_map(|(what, at)| announcement(new, what, 1, at?)).collect();
    let (redemptions, reversals) = old.map_or((0, 0), |voucher| (voucher.redemptions, voucher.reversals));
    if new.redemptions > redemptions {
        let at = new.redemption.as_ref().map(|redemption| redemption.at).or(now.redeemed_at).or(recorded);
        told.extend(at.and_then(|at| announcement(new, What::Redeemed, new.redemptions, at)));
    }
    if new.reversals > reversals {
        let first = now.reversed_at.filter(|_| new.reversals == 1);
        let at = first.or(recorded).or(now.reversed_at);
        told.extend(at.and_then(|at| announcement(new, What::Reversed, new.reversals, at)));
    }
    told
}

fn announcement(voucher: &Voucher, what: What, time: u32, at: Timestamp) -> Option<Announcement> {
    let voucher = voucher.id.as_str().trim_start_matches("vch_");
    // no dots: a signature is over `id.timestamp.body`
    let id = match what {
        What::Redeemed | What::Reversed => format!("evt_{voucher}_{}_{time}", what.stage()),
        What::Issued
        | What::Delivered
        | What::Accepted
        | What::Declined
        | What::Expiring
        | What::Expired
        | What::Test => format!("evt_{voucher}_{}", what.stage()),
    };
    Some(Announcement { id: EventId::parse(&id).ok()?, what, at })
}

/// One of the app backend's addresses, as an operator has set it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub id: HookId,
    pub url: String,
    /// What it is told; none is everything.
    pub events: BTreeSet<What>,
    pub standing: HookStanding,
    /// What its secret is derived from: drawn when it is made, so that a name used again has another secret.
    pub key_id: String,
    /// How often its secret was changed, and when last: for a day the one before is signed with as well.
    pub rotation: u32,
    pub rotated_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Raised by every write; the condition of the next.
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum HookStanding {
    Enabled,
    /// By an operator.
    Disabled,
    /// By itself: it answered 410.
    Gone,
}

impl HookStanding {
    pub fn as_str(self) -> &'static str {
        match self {
            HookStanding::Enabled => "enabled",
            HookStanding::Disabled => "disabled",
            HookStanding::Gone => "gone",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [HookStanding::Enabled, HookStanding::Disabled, HookStanding::Gone].into_iter().find(|it| it.as_str() == text)
    }
}

/// How long a changed secret is signed with beside the new one, in seconds: time to bring the new one to every receiver.
pub const ROTATION_SECONDS: i64 = 24 * 3_600;

impl Hook {
    pub fn wants(&self, what: What) -> bool {
        self.standing == HookStanding::Enabled
            && (what == What::Test || self.events.is_empty() || self.events.contains(&what))
    }

    /// The secrets to sign with at `now`, by their numbers, the newest first.
    pub fn rotations(&self, now: Timestamp) -> Vec<u32> {
        let lately = self.rotated_at.is_some_and(|at| now.as_second() - at.as_second() < ROTATION_SECONDS);
        let previous = self.rotation.checked_sub(1).filter(|_| lately);
        std::iter::once(self.rotation).chain(previous).collect()
    }
}

/// Whose voucher an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub customer: CustomerId,
    pub voucher: VoucherId,
}

/// One event on its way to one endpoint. Names and numbers only: what is told is read when it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telling {
    pub hook: HookId,
    pub event: EventId,
    pub what: What,
    /// None: a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    pub at: Timestamp,
    /// 1 comes straight from the stream; every later one is kept in the store until it is settled.
    pub attempt: u32,
}

impl Telling {
    pub fn next(&self) -> Self {
        Self { attempt: self.attempt.saturating_add(1), ..self.clone() }
    }
}

/// Why a telling failed: the status of the answer if there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    pub status: Option<u16>,
    pub reason: String,
}

/// From one try to the next, in seconds: the schedule of Standard Webhooks, ended after a day. A restart is over after the second, a
/// deployment that went wrong after the fifth, a night after the last.
const DELAYS_SECONDS: [i64; 7] = [5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 10 * 3_600];
/// Of the delay, at most so many thousandths more, so that what failed together does not come back together.
const SPREAD_THOUSANDTHS: i64 = 200;

/// Milliseconds from failed try `attempt` (from 1) to the next; `None` after the last. `spread` in 0..=1000 is the caller's dice.
pub fn retry_delay(attempt: u32, spread: u32) -> Option<i64> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    let base = DELAYS_SECONDS.get(index)? * 1_000;
    Some(base + base * SPREAD_THOUSANDTHS / 1_000 * i64::from(spread.min(1_000)) / 1_000)
}

#[cfg(test)]
mod tests;
