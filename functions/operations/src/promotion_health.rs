//! The health of running promotions: whether selection moves, messages are sent, and the equation
//! closes; if not, the cause and the next step.
//!
//! The data and the judgement come from `campaign_health`.

use domain::{
    Timestamp,
    reporting::run_health::{RunCause, RunFacts},
};
use http_edge::ApiResult;
use reporting::health::PromotionHealth;
use store::campaign::campaigns::CampaignSummary;

use crate::{
    OperationsContext,
    campaign_diagnostics::run_equation,
    health_views::{CampaignAlert, CampaignHealth, HealthState, paused_alert},
    store_problem,
};

pub async fn promotion_health_view(
    context: &OperationsContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> ApiResult<CampaignHealth> {
    let found =
        reporting::health::load_promotion_health(&context.store, &context.zone, summary, now)
            .await
            .map_err(store_problem)?;
    let PromotionHealth { facts, causes, progress, segments, last_active } = found;
    Ok(CampaignHealth {
        campaign_id: summary.id.clone(),
        kind: summary.kind,
        name: summary.name.clone(),
        state: summary.state,
        paused_because: summary.paused_because,
        health: health_state(&causes),
        waiting: progress.waiting(),
        run: run_equation(&progress, &segments),
        last_active,
        fired: None,
        expected: None,
        alerts: causes.iter().map(|cause| promotion_alert(*cause, summary, &facts)).collect(),
    })
}

fn health_state(causes: &[RunCause]) -> HealthState {
    match causes {
        causes if causes.contains(&RunCause::Paused) => HealthState::Paused,
        causes if causes.iter().any(|cause| cause.is_failure()) => HealthState::Failing,
        [] => HealthState::Ok,
        [RunCause::NobodySelected] => HealthState::Idle,
        _ => HealthState::Attention,
    }
}

fn promotion_alert(cause: RunCause, summary: &CampaignSummary, facts: &RunFacts) -> CampaignAlert {
    let (says, next_step) = match cause {
        RunCause::Paused => return paused_alert(summary),
        RunCause::SelectionStalled => (
            format!(
                "a part of its selection has not moved for {} minutes",
                facts.since_checkpoint_minutes
            ),
            "look at the expansion queue with its dead letters, and the log of expand-audience",
        ),
        RunCause::SendsFailing => (
            format!(
                "{} of its last {} attempts failed or were not answered",
                facts.unsuccessful, facts.attempts
            ),
            "see the reasons in api-perf; pause it until the provider answers",
        ),
        RunCause::CapsUsedUp => (
            "no further voucher fits under its caps".to_owned(),
            "raise the caps, or end the campaign",
        ),
        RunCause::AllSuppressed => (
            format!("each of {} selected customers was skipped", facts.selected),
            "see the skips by reason in its diagnostics; compare its ladder with what these customers allow",
        ),
        RunCause::NobodySelected => (
            "its rule selects nobody".to_owned(),
            "preview its audience: the sample says which part of the rule holds for nobody",
        ),
    };
    CampaignAlert { cause: cause.code(), says, next_step }
}
