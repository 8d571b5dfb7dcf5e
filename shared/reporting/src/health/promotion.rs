//! Loads the health of a running promotion: whether the scan advances, messages are sent, and
//! customers are left to send to.

use domain::{
    Date, TimeZone, Timestamp,
    delivery::dispatch::{RunProgress, Segment},
    kernel::channel::Channel,
    reporting::{
        counters::{Counter, CounterValues},
        run_health::{RunCause, RunFacts, run_causes},
    },
    voucher::attempt::AttemptState,
};
use jiff::ToSpan;
use store::{Store, StoreError, campaign::campaigns::CampaignSummary};

use crate::health::{caps_used_up, last_active_day};

/// Days before today whose attempts are counted along with those of today.
const ATTEMPT_DAYS: i64 = 1;
/// Days before today in which the last active day is searched for.
const ACTIVE_DAYS: i64 = 90;

#[derive(Debug)]
pub struct PromotionHealth {
    pub facts: RunFacts,
    /// The causes that apply, the one to check first at the front.
    pub causes: Vec<RunCause>,
    pub progress: RunProgress,
    pub segments: Vec<Segment>,
    /// The last active day among the days that were read.
    pub last_active: Option<Date>,
}

pub async fn load_promotion_health(
    store: &Store,
    zone: &TimeZone,
    campaign: &CampaignSummary,
    now: Timestamp,
) -> Result<PromotionHealth, StoreError> {
    let today = now.to_zoned(zone.clone()).date();
    let from = today.saturating_sub(ACTIVE_DAYS.days());
    let rows = store.report_rows(campaign.id.as_str(), from, today).await?;
    let segments = match &campaign.run {
        Some(run) => store.segments(run, campaign.segments).await?,
        None => Vec::new(),
    };
    let recent = today.saturating_sub(ATTEMPT_DAYS.days()).to_string();
    let recent = rows.iter().filter(|(day, _)| *day >= recent).map(|(_, counts)| counts);
    let (attempts, lost) =
        recent.map(count_attempts).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let progress = RunProgress::from_segments(&segments);
    let facts = RunFacts {
        work: campaign.state.work_policy(),
        scanned: progress.segments > 0 && progress.segments_scanned == progress.segments,
        since_checkpoint_minutes: oldest_checkpoint_minutes(&segments, now),
        selected: progress.selected,
        skipped: progress.tally.skipped,
        waiting: progress.waiting(),
        caps_used_up: caps_used_up(store, campaign).await?,
        attempts,
        unsuccessful: lost,
    };
    let causes = run_causes(&facts);
    let last_active = last_active_day(&rows, today);
    Ok(PromotionHealth { facts, causes, progress, segments, last_active })
}

fn oldest_checkpoint_minutes(segments: &[Segment], now: Timestamp) -> i64 {
    let open = segments.iter().filter(|segment| !segment.scanned_all);
    open.map(|segment| now.duration_since(segment.updated_at).as_mins()).max().unwrap_or(0)
}

/// Counts the attempts with a final answer or declared unknown, and those of them that failed or
/// stayed unknown.
fn count_attempts(counts: &CounterValues) -> (i64, i64) {
    let of = |states: &[AttemptState]| {
        let each = |state: &AttemptState| {
            Channel::ALL.map(|channel| counts.amount(&Counter::AttemptsIn(channel, *state)))
        };
        states.iter().flat_map(each).sum::<i64>()
    };
    let lost = of(&[AttemptState::Failed, AttemptState::Unknown]);
    let answered = of(&[
        AttemptState::Sent,
        AttemptState::Delivered,
        AttemptState::Bounced,
        AttemptState::Complained,
    ]);
    (lost + answered, lost)
}
