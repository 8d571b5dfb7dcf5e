//! The health of active campaigns, and in detail that of autopilots.
//!
//! For each autopilot it returns how often it fired in the last whole days, how often it should
//! have, and, if the two differ, the cause and the next step. Promotions are in `promotion_health`.
//! The data and the judgement come from `campaign_health`, which the watchdog uses too.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Date, Timestamp,
    campaign::lifecycle::{CampaignKind, CampaignState as Stands, WorkPolicy},
    kernel::id::CampaignId,
    reporting::{
        autopilot_health::DormancyCause,
        sender_health::{DeliverabilityIssue, PauseCause},
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, QueryParams, query};
use reporting::health::{AutopilotHealth, ExpectedMatches, FiredMatches, OVERDUE_MINUTES};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::campaign::campaigns::CampaignSummary;
use utoipa::{IntoParams, ToSchema};

use crate::{
    OperationsContext, campaign_diagnostics::run_equation, diagnostics_views::RunEquation,
    promotion_health, store_problem,
};

const CURSOR_LIST: &str = "health";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HealthParams {
    /// The page size: 1 to 100, 25 by default.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HealthList {
    /// Autopilots that are enabled or paused, and promotions that are running or paused; newest
    /// first.
    items: Vec<CampaignHealth>,
    /// The `cursor` of the next page; `null` on the last one. A page can be short or empty and
    /// still have a next one.
    next_cursor: Option<String>,
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
    pub state: Stands,
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

/// Returns the health of each active campaign, with the cause if it is not well.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/health", tag = "operations", operation_id = "list_health",
    security(("jwt" = [])), params(HealthParams),
    responses((status = 200, body = HealthList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    QueryParams(params): QueryParams<HealthParams>,
) -> ApiResult<Json<HealthList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = query::page_limit(params.limit)?;
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.verify_cursor(CURSOR_LIST, cursor)?),
        None => None,
    };
    let page = context.store.list_campaigns(None, None, after.as_deref(), limit as usize).await;
    let page = page.map_err(store_problem)?;
    let now = clock::now();
    let mut items = Vec::new();
    for summary in &page.campaigns {
        match summary.state {
            Stands::Enabled | Stands::Running | Stands::Paused => items.push(match summary.kind {
                CampaignKind::Autopilot => autopilot_health_view(&context, summary, now).await?,
                CampaignKind::Promotion => {
                    promotion_health::promotion_health_view(&context, summary, now).await?
                }
            }),
            Stands::Draft
            | Stands::Scheduled
            | Stands::Completed
            | Stands::Cancelled
            | Stands::Ended
            | Stands::Failed
            | Stands::Archived => {}
        }
    }
    let next_cursor = match &page.next {
        Some(next) => Some(context.cursors().await?.sign_cursor(CURSOR_LIST, next)),
        None => None,
    };
    Ok(Json(HealthList { items, next_cursor }))
}

async fn autopilot_health_view(
    context: &OperationsContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> ApiResult<CampaignHealth> {
    let found =
        reporting::health::load_autopilot_health(&context.store, &context.zone, summary, now)
            .await
            .map_err(store_problem)?;
    let AutopilotHealth { facts, causes, fired, expected, segments, last_active } = found;
    let alert =
        |cause: &DormancyCause| autopilot_alert(*cause, summary, fired.as_ref(), expected.as_ref());
    let progress = domain::delivery::dispatch::RunProgress::from_segments(&segments);
    Ok(CampaignHealth {
        campaign_id: summary.id.clone(),
        kind: summary.kind,
        name: summary.name.clone(),
        state: summary.state,
        paused_because: summary.paused_because,
        health: health_state(&causes, facts.work, expected.is_some()),
        waiting: progress.waiting(),
        run: run_equation(&progress, &segments),
        last_active,
        alerts: causes.iter().map(alert).collect(),
        fired,
        expected,
    })
}

fn health_state(causes: &[DormancyCause], work: WorkPolicy, expected: bool) -> HealthState {
    if work == WorkPolicy::Wait {
        return HealthState::Paused;
    }
    match causes {
        [] if expected => HealthState::Ok,
        [] => HealthState::Unknown,
        causes if causes.iter().any(|cause| cause.stops_output()) => HealthState::Dormant,
        _ => HealthState::Attention,
    }
}

fn autopilot_alert(
    cause: DormancyCause,
    summary: &CampaignSummary,
    fired: Option<&FiredMatches>,
    expected: Option<&ExpectedMatches>,
) -> CampaignAlert {
    let counted = || {
        let (matches, (low, high)) = (
            fired.map_or(0, |fired| fired.matches),
            expected.map_or((0, 0), |band| (band.low, band.high)),
        );
        format!("{matches} matches where {low} to {high} are expected")
    };
    let suppressed = || {
        let reasons = fired.iter().flat_map(|fired| &fired.suppressed);
        let reasons: Vec<String> =
            reasons.map(|(reason, skipped)| format!("{reason} {skipped}")).collect();
        format!("each match was skipped: {}", reasons.join(", "))
    };
    let (says, next_step) = match cause {
        DormancyCause::Paused => return paused_alert(summary),
        DormancyCause::ScheduleNotRunning => (
            format!("its calendar was due more than {OVERDUE_MINUTES} minutes ago"),
            "look at the clock's rule, the autopilot queue with its dead letters, and the log of scan-autopilot",
        ),
        DormancyCause::CapsUsedUp => (
            "no further voucher fits under its caps".to_owned(),
            "raise the caps, or end the campaign",
        ),
        DormancyCause::AllSuppressed => {
            (suppressed(), "compare the channels of its ladder with what these customers allow")
        }
        DormancyCause::NoMatches => (
            counted(),
            "replay it: if that matches, see whether orders and events still come in; if not, its rule is too narrow",
        ),
        DormancyCause::FewerThanExpected => {
            (counted(), "replay it, and compare its rule and what comes in with the weeks before")
        }
        DormancyCause::MoreThanExpected => (
            counted(),
            "see who matches in the list of its vouchers; pause it if that is not meant",
        ),
    };
    CampaignAlert { cause: cause.code(), says, next_step }
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
