//! The health of promotions that are under way: whether selection moves, messages go out, and the equation closes; and where not, the
//! cause and the next step. What is known, and what to make of it, is `campaign_health`.

use campaign_health::{Promotion, promotion};
use domain::{
    Timestamp,
    run_health::{Cause, Facts},
};
use http_api::Answer;
use store::control::Standing;

use crate::{
    Context,
    campaign_diagnostics::run,
    failed,
    health::{Alert, CampaignHealth, Health, paused},
};

pub async fn of(context: &Context, standing: &Standing, now: Timestamp) -> Answer<CampaignHealth> {
    let found = promotion(&context.store, &context.zone, standing, now).await.map_err(failed)?;
    let Promotion { facts, causes, progress, segments, last_active } = found;
    Ok(CampaignHealth {
        campaign_id: standing.id.clone(),
        kind: standing.kind,
        name: standing.name.clone(),
        state: standing.state,
        paused_because: standing.paused_because,
        health: health(&causes),
        waiting: progress.waiting(),
        run: run(&progress, &segments),
        last_active,
        fired: None,
        expected: None,
        alerts: causes.iter().map(|cause| alert(*cause, standing, &facts)).collect(),
    })
}

fn health(causes: &[Cause]) -> Health {
    match causes {
        causes if causes.contains(&Cause::Paused) => Health::Paused,
        causes if causes.iter().any(|cause| cause.breaks()) => Health::Failing,
        [] => Health::Ok,
        [Cause::NobodySelected] => Health::Idle,
        _ => Health::Attention,
    }
}

fn alert(cause: Cause, standing: &Standing, facts: &Facts) -> Alert {
    let (says, next_step) = match cause {
        Cause::Paused => return paused(standing),
        Cause::SelectionStalled => (
            format!("a part of its selection has not moved for {} minutes", facts.since_checkpoint_minutes),
            "look at the expansion queue with its dead letters, and the log of expand-audience",
        ),
        Cause::SendsFailing => (
            format!("{} of its last {} attempts failed or were not answered", facts.lost, facts.attempts),
            "see the reasons in api-perf; pause it until the provider answers",
        ),
        Cause::CapsUsedUp => {
            ("no further voucher fits under its caps".to_owned(), "raise the caps, or end the campaign")
        }
        Cause::AllSuppressed => (
            format!("each of {} selected customers was skipped", facts.selected),
            "see the skips by reason in its diagnostics; compare its ladder with what these customers allow",
        ),
        Cause::NobodySelected => (
            "its rule selects nobody".to_owned(),
            "preview its audience: the sample says which part of the rule holds for nobody",
        ),
    };
    Alert { cause: cause.code(), says, next_step }
}
