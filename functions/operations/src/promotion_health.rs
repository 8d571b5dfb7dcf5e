//! The health of promotions that are under way: whether selection moves, messages go out, and the equation closes; and where not, the
//! cause and the next step. What to make of it is `domain::run_health`.

use domain::{
    Timestamp,
    dispatch::{Progress, Segment},
    report::Counts,
    run_health::{Cause, Facts, causes},
};
use http_api::Answer;
use jiff::ToSpan;
use store::control::Standing;

use crate::{
    Context,
    campaign_diagnostics::run,
    failed,
    health::{Alert, CampaignHealth, Health, caps_used_up, last_active, paused},
};

/// Attempts of today and the day before are looked at.
const DAYS: i64 = 1;
/// Days back in which it may have been active last.
const ACTIVE_DAYS: i64 = 90;

pub async fn of(context: &Context, standing: &Standing, now: Timestamp) -> Answer<CampaignHealth> {
    let today = now.to_zoned(context.zone.clone()).date();
    let from = today.saturating_sub(ACTIVE_DAYS.days());
    let rows = context.store.report_rows(standing.id.as_str(), from, today).await.map_err(failed)?;
    let segments = match &standing.run {
        Some(run) => context.store.segments(run, standing.segments).await.map_err(failed)?,
        None => Vec::new(),
    };
    let recent = today.saturating_sub(DAYS.days()).to_string();
    let recent = rows.iter().filter(|(day, _)| *day >= recent).map(|(_, counts)| counts);
    let (attempts, lost) = recent.map(answers).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let progress = Progress::of(&segments);
    let facts = Facts {
        work: standing.state.work(),
        scanned: progress.segments > 0 && progress.segments_scanned == progress.segments,
        since_checkpoint_minutes: longest_ago(&segments, now),
        selected: progress.selected,
        skipped: progress.tally.skipped,
        waiting: progress.waiting(),
        caps_used_up: caps_used_up(context, standing).await?,
        attempts,
        lost,
    };
    let causes = causes(&facts);
    Ok(CampaignHealth {
        campaign_id: standing.id.clone(),
        kind: standing.kind,
        name: standing.name.clone(),
        state: standing.state,
        paused_because: standing.paused_because,
        health: health(&causes),
        waiting: progress.waiting(),
        run: run(&progress, &segments),
        last_active: last_active(&rows, today),
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

fn longest_ago(segments: &[Segment], now: Timestamp) -> i64 {
    let open = segments.iter().filter(|segment| !segment.scanned_all);
    open.map(|segment| now.duration_since(segment.updated_at).as_mins()).max().unwrap_or(0)
}

/// Attempts that are over, and those that failed or got no answer.
fn answers(counts: &Counts) -> (i64, i64) {
    let of = |states: &[&str]| {
        let wanted = |name: &str| {
            let state = name.strip_prefix("attempt.").and_then(|rest| rest.split_once('.')).map(|(_, state)| state);
            state.is_some_and(|state| states.contains(&state))
        };
        counts.iter().filter(|(name, _)| wanted(name)).map(|(_, count)| *count).sum::<i64>()
    };
    let lost = of(&["failed", "unknown"]);
    (lost + of(&["sent", "delivered", "bounced", "complained"]), lost)
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
