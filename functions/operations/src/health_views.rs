//! The health of a campaign as the operations API shows it, and the alert of a paused one, which
//! promotions and autopilots share.
//!
//! `health` and `promotion_health` build it.

use domain::{
    Date,
    campaign::{
        kind::CampaignKind,
        lifecycle::CampaignState,
        pause_cause::{DeliverabilityIssue, PauseCause},
    },
    kernel::id::CampaignId,
    reporting::autopilot_health::DormancyCause,
};
use reporting::health::{ExpectedMatches, FiredMatches};
use serde::Serialize;
use store::campaign::campaigns::CampaignSummary;
use utoipa::ToSchema;

use crate::diagnostics_views::RunEquation;

#[derive(Debug, Serialize, ToSchema)]
pub struct HealthList {
    /// Autopilots that are enabled or paused, and promotions that are running or paused; newest
    /// first.
    pub items: Vec<CampaignHealth>,
    /// The `cursor` of the next page; `null` on the last one. A page can be short or empty and
    /// still have a next one.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// The campaign does as expected.
    Ok,
    /// There is no alert, but also no expectation of how often the autopilot should fire. A replay
    /// or two weeks of history give one.
    Unknown,
    Paused,
    /// The autopilot should fire or send, and does not.
    Dormant,
    /// The autopilot fires less or more often than expected, or the promotion goes on but needs a
    /// check.
    Attention,
    /// The promotion's selection is stalled, or most of its messages fail.
    Failing,
    /// The promotion has scanned everything and selected no customer.
    Idle,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignHealth {
    pub campaign_id: CampaignId,
    pub kind: CampaignKind,
    pub name: String,
    pub state: CampaignState,
    /// The cause of the pause, if the system paused the campaign because of its messages and it is
    /// still paused.
    pub paused_because: Option<PauseCause>,
    pub health: HealthState,
    /// Matches without an outcome: they wait for their hour, or are being processed.
    pub waiting: u64,
    /// The reconciliation equation: `selected = issued + ghost + skipped + failed + waiting`.
    pub run: RunEquation,
    /// The tenant's last day on which anything happened, within 90 days for promotions and 35 for
    /// autopilots.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_active: Option<Date>,
    /// The firings of the last whole days, at most seven; `null` on the day of enabling, and for a
    /// promotion.
    pub fired: Option<FiredMatches>,
    /// The expected matches for as many days; `null` if there is no expectation yet, and for a
    /// promotion.
    pub expected: Option<ExpectedMatches>,
    /// Alerts, the most important one first. The list is empty if all is well.
    pub alerts: Vec<CampaignAlert>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignAlert {
    /// A stable code: `paused_alert`, `schedule_not_running`, `caps_used_up`, `all_suppressed`,
    /// `no_matches`, `fewer_than_expected` or `more_than_expected`; for promotions also
    /// `selection_stalled`, `sends_failing` or `nobody_selected`.
    pub cause: &'static str,
    /// The alert in words. The wording may change.
    pub says: String,
    pub next_step: &'static str,
}

/// Builds the alert of a paused campaign of either kind.
pub fn paused_alert(summary: &CampaignSummary) -> CampaignAlert {
    let (says, next_step) = match summary.paused_because {
        None => {
            let next_step = match summary.kind {
                CampaignKind::Autopilot => "resume it: what waits follows its misfire deadline",
                CampaignKind::Promotion => {
                    "resume it: what waits is sent then, as far as the offer is still good"
                }
            };
            (format!("paused since {}", summary.updated_at), next_step)
        }
        Some(cause) => (
            format!("paused by the system since {}: {cause}", summary.updated_at),
            resume_advice(cause.cause),
        ),
    };
    CampaignAlert { cause: DormancyCause::Paused.code(), says, next_step }
}

/// Returns the step that an operator should take before resuming a campaign that the system paused.
fn resume_advice(harm: DeliverabilityIssue) -> &'static str {
    match harm {
        DeliverabilityIssue::Bounces => {
            "find out where these addresses come from, then resume it: it is judged on what it sends from then on"
        }
        DeliverabilityIssue::Complaints => {
            "look at whom it writes to and how often, then resume it: it is judged on what it sends from then on"
        }
        DeliverabilityIssue::ChannelFailing => {
            "look at the provider's status and this account's limits, then resume it"
        }
    }
}
