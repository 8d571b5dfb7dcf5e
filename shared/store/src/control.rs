//! The Control table: what operators decide. One partition per campaign: `META` (where it stands), `VERSION#<number>` (a definition,
//! never rewritten), `QUOTA` (what is left of its caps, from the launch on), `AUDIT#<time>#<version>` (with `#<voucher>` behind it for
//! an act on one match), and `GONE` where a draft was deleted.
//! Written by the campaigns API, and by the sweep when a campaign starts, completes or fails; read by every worker.
//! Guarantees: every change names the version that it was decided on, writes its audit record in the same transaction, and a launch is
//! one transaction with the run's segments. Nothing here is written per voucher except leases of QUOTA (`dispatches`, `redemptions`).

mod read;
mod write;
pub mod settings;

use domain::{
    Timestamp,
    campaign::{Action, Campaign, Kind, Revoke, State},
    definition::Caps,
    definition_change::FieldChange,
    dormancy::Counted,
    id::{CampaignId, RunId},
    money::Currency,
    sender_health::PauseCause,
};

/// What `QUOTA` holds where there is no cap: more than all that a campaign may give, and far from the end of a DynamoDB number.
pub const UNCAPPED: i64 = 1_000_000_000_000_000;

pub(crate) const META: &str = "META";
pub(crate) const QUOTA: &str = "QUOTA";
const GONE: &str = "GONE";

/// Where a campaign stands: `META` alone, one small read.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub id: CampaignId,
    pub kind: Kind,
    pub name: String,
    /// Of the offer.
    pub currency: Currency,
    pub state: State,
    pub version: u64,
    /// Number of the definition in force: what a cached definition is compared with, for an amendment writes a new one.
    pub definition: u64,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub launched_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// From then on it does not start any more.
    pub start_deadline: Option<Timestamp>,
    /// The higher, the sooner what is due at the same time is released.
    pub priority: u8,
    pub run: Option<RunId>,
    /// Segments of the run; 0 before the launch.
    pub segments: u32,
    pub revoke: Revoke,
    /// While it is paused, if nobody but the system paused it.
    pub paused_because: Option<PauseCause>,
    /// When it was last resumed: what it sent before is not held against it any more.
    pub resumed_at: Option<Timestamp>,
    /// What its last complete replay found.
    pub replayed: Option<Replayed>,
}

/// What a replay over all customers found: what a new autopilot is expected to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    pub counted: Counted,
    pub at: Timestamp,
}

/// Who changes a campaign, when, and what to remember of it: becomes the audit record.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub actor: &'a str,
    /// `create`, `clone`, `edit`, `amend`, the name of an [`Action`], or of an act on one match: `retry`, `drop`.
    pub action: &'a str,
    pub note: &'a str,
    pub at: Timestamp,
}

/// A step from one state to another, decided on `version`.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub campaign: &'a CampaignId,
    pub version: u64,
    pub from: State,
    pub to: State,
    /// A cancellation's word on the issued vouchers.
    pub revoke: Option<Revoke>,
    /// Of a pause by the system itself.
    pub because: Option<PauseCause>,
}

impl<'a> Step<'a> {
    /// What `action` makes of a campaign that stands so, or `None` if it is not allowed.
    pub fn of(standing: &'a Standing, action: Action, now: Timestamp) -> Option<Self> {
        let to = standing.state.next(action, standing.kind, standing.starts_at, now)?;
        Some(Self {
            campaign: &standing.id,
            version: standing.version,
            from: standing.state,
            to,
            revoke: None,
            because: None,
        })
    }
    pub fn of_campaign(campaign: &'a Campaign, action: Action, now: Timestamp) -> Option<Self> {
        let to = campaign.state.next(action, campaign.definition.kind, campaign.definition.schedule.starts_at, now)?;
        Some(Self {
            campaign: &campaign.id,
            version: campaign.version,
            from: campaign.state,
            to,
            revoke: None,
            because: None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Done,
    /// The campaign is not as it was when this was decided: read it again.
    Lost,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    First,
    /// The same request came before; the campaign as it is now.
    Repeat(Box<Campaign>),
    /// The id, and so the idempotency key, belongs to another request.
    Taken,
    /// The same request came before, and its draft was deleted since.
    Gone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CampaignPage {
    /// Newest first.
    pub campaigns: Vec<Standing>,
    /// `after` of the next page.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    pub at: Timestamp,
    /// The campaign's version after the change.
    pub version: u64,
    pub actor: String,
    pub action: String,
    pub before: Option<State>,
    pub after: Option<State>,
    pub note: String,
    /// Of an edit or amendment: what was changed from what to what.
    pub changes: Vec<FieldChange>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// Newest first.
    pub records: Vec<AuditRecord>,
    pub next: Option<String>,
}

/// What is left of a campaign's caps: below zero where a cap was lowered under what is given out already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub vouchers: i64,
    pub exposure: i64,
    pub redeemed: i64,
}

impl Quota {
    /// All of it, as at launch.
    pub fn whole(caps: &Caps) -> Self {
        let units = |money: Option<domain::money::Money>| money.map_or(UNCAPPED, |money| money.amount.units());
        Self {
            vouchers: caps.vouchers.map_or(UNCAPPED, |vouchers| i64::try_from(vouchers).unwrap_or(UNCAPPED)),
            exposure: units(caps.exposure),
            redeemed: units(caps.redeemed),
        }
    }
    /// How far an amendment of the caps moves what is left.
    fn moved(before: &Caps, after: &Caps) -> Self {
        let (before, after) = (Self::whole(before), Self::whole(after));
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

fn version_key(number: u64) -> String {
    format!("VERSION#{number:06}")
}

fn audit_key(at: Timestamp, version: u64) -> String {
    format!("AUDIT#{at:.3}#{version:06}")
}

/// Newest first is a descending query on this.
fn listed_at(created_at: Timestamp, id: &CampaignId) -> String {
    format!("{created_at:.3}#{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(audit_key(at("2026-11-01T12:00:00.0459Z"), 7), "AUDIT#2026-11-01T12:00:00.045Z#000007");
        let id = CampaignId::parse("cmp_1").unwrap();
        assert!(listed_at(at("2026-11-01T12:00:00Z"), &id) < listed_at(at("2026-11-01T12:00:00.001Z"), &id));
    }

    #[test]
    fn no_cap_counts_as_more_than_any() {
        let capped = Caps { vouchers: Some(1_000), ..Caps::default() };
        let moved = Quota::moved(&Caps::default(), &capped);
        assert_eq!(Quota::whole(&Caps::default()).vouchers + moved.vouchers, 1_000);
        assert!(Quota::moved(&capped, &capped).is_zero());
    }
}
