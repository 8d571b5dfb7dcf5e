//! The health of active campaigns, and in detail that of autopilots.
//!
//! For each autopilot it returns how often it fired in the last whole days, how often it should
//! have, and, if the two differ, the cause and the next step. Promotions are in `promotion_health`.
//! The data and the judgement come from `campaign_health`, which the watchdog uses too.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::{
        kind::CampaignKind,
        lifecycle::{CampaignPhase, CampaignState, WorkPolicy},
    },
    reporting::autopilot_health::DormancyCause,
};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use reporting::health::{AutopilotHealth, ExpectedMatches, FiredMatches, OVERDUE_MINUTES};
use runtime::clock;
use store::campaign::campaigns::CampaignSummary;

use crate::{
    OperationsContext,
    campaign_diagnostics::run_equation,
    health_views::{CampaignAlert, CampaignHealth, HealthList, HealthState, paused_alert},
    promotion_health, store_problem,
};

const CURSOR_LIST: &str = "health";

/// Returns the health of each active campaign, with the cause if it is not well.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/health", tag = "operations", operation_id = "list_health",
    security(("jwt" = [])), params(PageParams),
    responses((status = 200, body = HealthList), Problem)
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    paging: Paging<OperationsContext>,
) -> ApiResult<Json<HealthList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()?;
    let after: Option<String> = paging.read_position(CURSOR_LIST).await?;
    let page = context.store.list_campaigns(None, None, after.as_deref(), limit as usize).await;
    let page = page.map_err(store_problem)?;
    let now = clock::now();
    let mut items = Vec::new();
    for summary in &page.campaigns {
        match summary.state.phase() {
            CampaignPhase::Live if summary.state != CampaignState::Scheduled => {
                items.push(match summary.kind {
                    CampaignKind::Autopilot => {
                        autopilot_health_view(&context, summary, now).await?
                    }
                    CampaignKind::Promotion => {
                        promotion_health::promotion_health_view(&context, summary, now).await?
                    }
                })
            }
            CampaignPhase::Draft | CampaignPhase::Live | CampaignPhase::Over => {}
        }
    }
    let next_cursor = paging.sign_position(CURSOR_LIST, page.next.as_ref()).await?;
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
