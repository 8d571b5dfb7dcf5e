//! The Control table: what operators decide. Each campaign has one partition: `META` (its summary),
//! `VERSION#<number>` (a definition, never rewritten), `QUOTA` (what is left of its caps, from the
//! launch on), `AUDIT#<time>#<version>` (with `#<voucher>` appended for an operator's action on one
//! match), and `GONE` where a draft was deleted.
//!
//! Written by the campaigns API, and by the watchdog when a campaign starts, completes, ends, fails
//! or is paused; read by every worker.
//!
//! Guarantees: every change names the version that it was decided on and writes its audit record in
//! the same transaction, and a launch is one transaction with the run's segments. Nothing here is
//! written per voucher except quota reservations in QUOTA (`dispatches`, `redemptions`).

mod audit;
mod meta;
mod read;
mod sorted_list;
mod write;
pub mod settings;

pub use audit::{AuditLogPage, AuditLogQuery, AuditLogRecord};
pub use sorted_list::{CampaignListPosition, CampaignListQuery, CampaignOrder, SortedCampaigns};

use domain::{
    Timestamp,
    campaign::{
        definition::Caps,
        definition_change::FieldChange,
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignAction, CampaignState, StartTimes},
        pause_cause::PauseCause,
        redeeming::{RedeemingState, RedeemingSuspension, Revocation, RevokeScope},
        variants::VariantShare,
    },
    kernel::{
        id::{CampaignId, RunId},
        money::{Currency, MinorUnits},
    },
    reporting::autopilot_health::MatchCount,
};

/// The value that `QUOTA` holds where there is no cap: more than a campaign can ever issue, and far
/// below the largest DynamoDB number.
pub const UNCAPPED: i64 = 1_000_000_000_000_000;

/// The summary of a campaign: `META` alone, one small read.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignSummary {
    pub id: CampaignId,
    pub kind: CampaignKind,
    pub name: String,
    /// The currency of the offer.
    pub currency: Currency,
    pub state: CampaignState,
    pub version: u64,
    /// The number of the definition in force. Caches compare it with theirs, because an amendment
    /// writes a new definition.
    pub definition: u64,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub launched_at: Option<Timestamp>,
    /// The time before which the launch can be undone and the campaign does not start.
    pub undo_until: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// The time from which the campaign does not start any more.
    pub start_deadline: Option<Timestamp>,
    /// The release priority: of dispatches due at the same time, those of the higher priority are
    /// released first.
    pub priority: u8,
    /// The share of customers who are held out.
    pub holdout_percent: u8,
    /// The variants among which customers are divided, in their order; empty without any.
    pub variants: Vec<VariantShare>,
    pub run: Option<RunId>,
    /// The number of segments of the run; 0 before the launch.
    pub segments: u32,
    pub revoke: Revocation,
    /// Set while redeeming is suspended.
    pub suspension: Option<RedeemingSuspension>,
    /// The reason for which the system paused the campaign; absent if an operator paused it or it
    /// is not paused.
    pub paused_because: Option<PauseCause>,
    /// The time of the last resumption. Sender health ignores messages sent before it.
    pub resumed_at: Option<Timestamp>,
    /// The result of the last complete replay.
    pub replayed: Option<ReplaySummary>,
    /// Set while an approval of the campaign in its present form is in force.
    pub is_approved: bool,
}

impl CampaignSummary {
    pub fn redeeming(&self) -> RedeemingState {
        RedeemingState::of(self.suspension.as_ref())
    }
    pub fn start_times(&self) -> StartTimes {
        StartTimes { starts_at: self.starts_at, undo_until: self.undo_until }
    }
    /// Returns the moment at which the run began: the launch, or the start if it was scheduled.
    pub fn run_began(&self) -> Option<Timestamp> {
        self.launched_at.map(|launched| self.starts_at.map_or(launched, |at| at.max(launched)))
    }
}

/// A change of the operators' switches over the vouchers that a campaign has issued.
#[derive(Debug, Clone, PartialEq)]
pub enum VoucherSwitch {
    Suspend(RedeemingSuspension),
    Resume,
    /// Adds to what is revoked already.
    Revoke(Revocation),
}

/// The result of a replay over all customers: how many matches a new autopilot is expected to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplaySummary {
    pub counted: MatchCount,
    pub at: Timestamp,
}

/// The actor, the time and the note of a change; it becomes the audit record.
#[derive(Debug, Clone, Copy)]
pub struct AuditedChange<'a> {
    pub actor: &'a str,
    /// `create`, `clone`, `edit`, `amend`, the name of a [`CampaignAction`] or of a
    /// `domain::campaign::redeeming::VoucherAction`, or of an operator's action on one match:
    /// `retry`, `drop`, or on one voucher: `goodwill_issue`, `goodwill_reissue`, `goodwill_extend`; of any other act
    /// what was done, such as `redrive` or `delete`.
    pub action: &'a str,
    pub note: &'a str,
    pub at: Timestamp,
}

/// A transition from one state to another, decided on `version`.
#[derive(Debug, Clone, Copy)]
pub struct StateTransition<'a> {
    pub campaign: &'a CampaignId,
    pub version: u64,
    pub from: CampaignState,
    pub to: CampaignState,
    /// The revocation of issued vouchers that a cancellation asks for.
    pub revoke: Option<RevokeScope>,
    /// The cause, if the system itself pauses the campaign.
    pub pause_cause: Option<PauseCause>,
}

impl<'a> StateTransition<'a> {
    /// Returns the transition that `action` makes from the present state, or `None` if the action
    /// is not allowed.
    pub fn from_summary(
        summary: &'a CampaignSummary,
        action: CampaignAction,
        now: Timestamp,
    ) -> Option<Self> {
        let to = summary.state.next_state(action, summary.kind, summary.start_times(), now)?;
        Some(Self {
            campaign: &summary.id,
            version: summary.version,
            from: summary.state,
            to,
            revoke: None,
            pause_cause: None,
        })
    }
    pub fn from_campaign(
        campaign: &'a Campaign,
        action: CampaignAction,
        now: Timestamp,
    ) -> Option<Self> {
        let to = campaign.state.next_state(
            action,
            campaign.definition.kind,
            campaign.start_times(),
            now,
        )?;
        Some(Self {
            campaign: &campaign.id,
            version: campaign.version,
            from: campaign.state,
            to,
            revoke: None,
            pause_cause: None,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum CreateCampaignResult {
    First,
    /// The same request came before; holds the campaign as it is now.
    Repeat(Box<Campaign>),
    /// The id, and therefore the idempotency key, belongs to another request.
    IdConflict,
    /// The same request came before, and its draft has been deleted since.
    Gone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CampaignPage {
    /// The campaigns of the page, newest first.
    pub campaigns: Vec<CampaignSummary>,
    /// The `after` of the next page.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    pub at: Timestamp,
    /// The campaign's version after the change.
    pub version: u64,
    pub actor: String,
    pub action: String,
    pub before: Option<CampaignState>,
    pub after: Option<CampaignState>,
    pub note: String,
    /// The fields that an edit or amendment changed, with their old and new values.
    pub changes: Vec<FieldChange>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// The records of the page, newest first.
    pub records: Vec<AuditRecord>,
    pub next: Option<String>,
}

/// The quota that is left of a campaign's caps. It is below zero where an operator lowered a cap
/// below what is already given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub vouchers: i64,
    pub exposure: i64,
    pub redeemed: i64,
}

impl Quota {
    /// Returns the number of vouchers that the caps still allow, if each can cost so much.
    pub fn vouchers_left(&self, each: MinorUnits) -> u32 {
        let by_exposure = if each == MinorUnits::ZERO {
            self.vouchers
        } else {
            self.exposure.checked_div(each.units()).unwrap_or(self.vouchers)
        };
        u32::try_from(self.vouchers.min(by_exposure).max(0)).unwrap_or(u32::MAX)
    }

    /// Returns the whole quota, as at launch.
    pub fn from_caps(caps: &Caps) -> Self {
        let units = |money: Option<domain::kernel::money::Money>| {
            money.map_or(UNCAPPED, |money| money.amount.units())
        };
        Self {
            vouchers: caps
                .vouchers
                .map_or(UNCAPPED, |vouchers| i64::try_from(vouchers).unwrap_or(UNCAPPED)),
            exposure: units(caps.exposure),
            redeemed: units(caps.redeemed),
        }
    }
    /// Returns the amounts by which an amendment of the caps changes the quota.
    fn difference_between(before: &Caps, after: &Caps) -> Self {
        let (before, after) = (Self::from_caps(before), Self::from_caps(after));
        Self {
            vouchers: after.vouchers - before.vouchers,
            exposure: after.exposure - before.exposure,
            redeemed: after.redeemed - before.redeemed,
        }
    }
    fn is_zero(&self) -> bool {
        *self == Self { vouchers: 0, exposure: 0, redeemed: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cap_counts_as_more_than_any() {
        let capped = Caps { vouchers: Some(1_000), ..Caps::default() };
        let moved = Quota::difference_between(&Caps::default(), &capped);
        assert_eq!(Quota::from_caps(&Caps::default()).vouchers + moved.vouchers, 1_000);
        assert!(Quota::difference_between(&capped, &capped).is_zero());
    }
}
