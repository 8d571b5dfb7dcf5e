//! Promotions that are under way: whether selection moves, messages go out, and customers are left to get any.

use domain::{
    Date, TimeZone, Timestamp,
    dispatch::{Progress, Segment},
    report::Counts,
    run_health::{Cause, Facts, causes},
};
use jiff::ToSpan;
use store::{Store, StoreError, control::Standing};

use crate::{caps_used_up, last_active};

/// Attempts of today and the day before are looked at.
const DAYS: i64 = 1;
/// Days back in which it may have been active last.
const ACTIVE_DAYS: i64 = 90;

#[derive(Debug)]
pub struct Promotion {
    pub facts: Facts,
    /// What to look at first is in front.
    pub causes: Vec<Cause>,
    pub progress: Progress,
    pub segments: Vec<Segment>,
    /// Within the days that were looked at.
    pub last_active: Option<Date>,
}

pub async fn promotion(
    store: &Store,
    zone: &TimeZone,
    standing: &Standing,
    now: Timestamp,
) -> Result<Promotion, StoreError> {
    let today = now.to_zoned(zone.clone()).date();
    let from = today.saturating_sub(ACTIVE_DAYS.days());
    let rows = store.report_rows(standing.id.as_str(), from, today).await?;
    let segments = match &standing.run {
        Some(run) => store.segments(run, standing.segments).await?,
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
        caps_used_up: caps_used_up(store, standing).await?,
        attempts,
        lost,
    };
    let causes = causes(&facts);
    let last_active = last_active(&rows, today);
    Ok(Promotion { facts, causes, progress, segments, last_active })
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
