//! Loads the health of an autopilot: how often it fired in the last whole days, and how often it
//! should have.

use std::collections::BTreeMap;

use domain::{
    Date, TimeZone, Timestamp,
    delivery::dispatch::Segment,
    reporting::{
        autopilot_health::{
            AutopilotFacts, DormancyCause, HISTORY_DAYS, MIN_HISTORY_DAYS, MatchCount, WINDOW_DAYS,
            dormancy_causes,
        },
        counters::{Counter, CounterValues, SkipScope},
    },
};
use jiff::ToSpan;
use serde::Serialize;
use store::{Store, StoreError, campaign::campaigns::CampaignSummary};
use utoipa::ToSchema;

use crate::health::{caps_used_up, last_active_day};

/// Minutes without a calendar check after which an autopilot counts as overdue, and not only as
/// waiting for the next one: the watchdog runs each minute, and a lost nudge is sent again.
pub const OVERDUE_MINUTES: i64 = 15;

/// The matches of a window of whole calendar days in the tenant's zone, both ends included.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiredMatches {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    pub matches: u64,
    pub vouchers: u64,
    /// Held-out customers.
    pub ghost: u64,
    /// Skipped matches by reason.
    pub suppressed: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedFrom {
    /// The autopilot's own days before the window, 14 to 28 of them.
    History,
    /// The last complete replay, while there is too little history.
    Replay,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExpectedMatches {
    pub low: u64,
    pub high: u64,
    pub from: ExpectedFrom,
    /// The matches in `days` days from which the band was computed.
    pub matches: u64,
    pub days: u32,
}

#[derive(Debug)]
pub struct AutopilotHealth {
    pub facts: AutopilotFacts,
    /// The causes that apply, the one to check first at the front.
    pub causes: Vec<DormancyCause>,
    /// The matches of the window, or `None` on the day the autopilot was enabled.
    pub fired: Option<FiredMatches>,
    /// The expected matches, or `None` while neither history nor replay gives a number.
    pub expected: Option<ExpectedMatches>,
    pub segments: Vec<Segment>,
    /// The last active day among the days that were read.
    pub last_active: Option<Date>,
}

pub async fn load_autopilot_health(
    store: &Store,
    zone: &TimeZone,
    campaign: &CampaignSummary,
    now: Timestamp,
) -> Result<AutopilotHealth, StoreError> {
    let today = now.to_zoned(zone.clone()).date();
    let enabled = campaign.starts_at.max(campaign.launched_at).unwrap_or(campaign.updated_at);
    let enabled = enabled.to_zoned(zone.clone()).date();
    let from = today.saturating_sub(i64::from(WINDOW_DAYS + HISTORY_DAYS).days());
    let rows = store.report_rows(campaign.id.as_str(), from, today).await?;
    let days = CounterDays { rows: &rows, today, enabled };
    let (window, history) =
        (days.enabled_days(1, WINDOW_DAYS), days.enabled_days(1 + WINDOW_DAYS, HISTORY_DAYS));
    let fired = days.fired_matches(&window);
    let matches = fired.as_ref().map_or(0, |fired| fired.matches);
    let expected =
        expected_matches(campaign, days.count_matches(&history), days.count_matches(&window).days);
    // People fire it as they see fit: neither its history nor a silence says anything.
    let expected = match expected {
        Some(_) if is_goodwill(store, campaign).await? => None,
        expected => expected,
    };
    let segments = match &campaign.run {
        Some(run) => store.segments(run, campaign.segments).await?,
        None => Vec::new(),
    };
    let facts = AutopilotFacts {
        work: campaign.state.work_policy(),
        overdue: segments.iter().any(|segment| segment.always_on && is_overdue(segment, now)),
        caps_used_up: caps_used_up(store, campaign).await?,
        seen: MatchCount { matches, ..days.count_matches(&window) },
        skipped: fired.as_ref().map_or(0, |fired| fired.suppressed.values().sum()),
        expected: expected.as_ref().map(|expected| domain::reporting::replay::DailyRange {
            low: expected.low,
            high: expected.high,
        }),
    };
    let causes = dormancy_causes(&facts);
    let last_active = last_active_day(&rows, today);
    Ok(AutopilotHealth { facts, causes, fired, expected, segments, last_active })
}

async fn is_goodwill(store: &Store, campaign: &CampaignSummary) -> Result<bool, StoreError> {
    let definition = store.definition(&campaign.id, campaign.definition).await?;
    let trigger = definition.and_then(|definition| definition.trigger);
    Ok(trigger.is_some_and(|trigger| trigger.is_goodwill()))
}

fn is_overdue(segment: &Segment, now: Timestamp) -> bool {
    now.duration_since(segment.updated_at).as_mins() >= OVERDUE_MINUTES
}

/// The counter rows of a campaign, by day.
struct CounterDays<'a> {
    rows: &'a [(String, CounterValues)],
    today: Date,
    enabled: Date,
}

impl CounterDays<'_> {
    /// Returns up to `days` days, counted backwards from `ago` days before today, on which the
    /// autopilot was enabled all day.
    fn enabled_days(&self, ago: u32, days: u32) -> Vec<Date> {
        let day = |ago: u32| self.today.saturating_sub(i64::from(ago).days());
        (ago..ago + days).map(day).filter(|day| *day > self.enabled).collect()
    }

    fn sum_counter(&self, days: &[Date], counter: &Counter) -> u64 {
        let of = |(day, counts): &(String, CounterValues)| {
            let wanted = day.parse().is_ok_and(|day: Date| days.contains(&day));
            if wanted { counts.amount(counter) } else { 0 }
        };
        self.rows.iter().map(of).sum::<i64>().max(0).unsigned_abs()
    }

    fn count_matches(&self, days: &[Date]) -> MatchCount {
        let matches = [Counter::Issued, Counter::HeldOut, Counter::Skipped(SkipScope::All)]
            .iter()
            .map(|counter| self.sum_counter(days, counter))
            .sum();
        MatchCount { days: u32::try_from(days.len()).unwrap_or(u32::MAX), matches }
    }

    fn fired_matches(&self, days: &[Date]) -> Option<FiredMatches> {
        let reasons = domain::voucher::skip_reason::SkipReason::ALL.map(|reason| {
            let skipped = self.sum_counter(days, &Counter::Skipped(SkipScope::For(reason)));
            (reason.code().to_owned(), skipped)
        });
        Some(FiredMatches {
            from: *days.last()?,
            until: *days.first()?,
            matches: self.count_matches(days).matches,
            vouchers: self.sum_counter(days, &Counter::Issued),
            ghost: self.sum_counter(days, &Counter::HeldOut),
            suppressed: reasons.into_iter().filter(|(_, skipped)| *skipped > 0).collect(),
        })
    }
}

/// Computes the expected matches from the autopilot's own history, or from its replay while there
/// is too little history.
fn expected_matches(
    campaign: &CampaignSummary,
    history: MatchCount,
    days: u32,
) -> Option<ExpectedMatches> {
    let replayed = campaign.replayed.map(|replayed| (replayed.counted, ExpectedFrom::Replay));
    let own = (history.days >= MIN_HISTORY_DAYS).then_some((history, ExpectedFrom::History));
    let (basis, from) = own.or(replayed).filter(|_| days > 0)?;
    let band = basis.expected_band(days)?;
    Some(ExpectedMatches {
        low: band.low,
        high: band.high,
        from,
        matches: basis.matches,
        days: basis.days,
    })
}
