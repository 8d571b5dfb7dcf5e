//! Autopilots: how often one fired in the last whole days, and how often it should have.

use std::collections::BTreeMap;

use domain::{
    Date, TimeZone, Timestamp,
    dispatch::Segment,
    dormancy::{Cause, Counted, Facts, HISTORY_DAYS, MIN_HISTORY_DAYS, WINDOW_DAYS, causes},
    report::Counts,
};
use jiff::ToSpan;
use serde::Serialize;
use store::{Store, StoreError, control::Standing};
use utoipa::ToSchema;

use crate::{caps_used_up, last_active};

/// Later than this its calendar is not only waiting for the next beat: the clock beats each minute, and a lost beat comes again.
pub const OVERDUE_MINUTES: i64 = 15;

/// In calendar days of the tenant's zone, both included.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fired {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    pub matches: u64,
    pub vouchers: u64,
    /// Held out.
    pub ghost: u64,
    /// Skipped matches, by reason.
    pub suppressed: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedFrom {
    /// Its own days before, 14 to 28 of them.
    History,
    /// Its last complete replay, while there is no history.
    Replay,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExpectedMatches {
    pub low: u64,
    pub high: u64,
    pub from: ExpectedFrom,
    /// What the band is made of: so many matches in so many days.
    pub matches: u64,
    pub days: u32,
}

#[derive(Debug)]
pub struct Autopilot {
    pub facts: Facts,
    /// What to look at first is in front.
    pub causes: Vec<Cause>,
    /// `None` on the day of enabling.
    pub fired: Option<Fired>,
    /// `None` if nothing says so yet.
    pub expected: Option<ExpectedMatches>,
    pub segments: Vec<Segment>,
    /// Within the days that were looked at.
    pub last_active: Option<Date>,
}

pub async fn autopilot(
    store: &Store,
    zone: &TimeZone,
    standing: &Standing,
    now: Timestamp,
) -> Result<Autopilot, StoreError> {
    let today = now.to_zoned(zone.clone()).date();
    let enabled = standing.starts_at.max(standing.launched_at).unwrap_or(standing.updated_at);
    let enabled = enabled.to_zoned(zone.clone()).date();
    let from = today.saturating_sub(i64::from(WINDOW_DAYS + HISTORY_DAYS).days());
    let rows = store.report_rows(standing.id.as_str(), from, today).await?;
    let days = Days { rows: &rows, today, enabled };
    let (window, history) = (days.whole(1, WINDOW_DAYS), days.whole(1 + WINDOW_DAYS, HISTORY_DAYS));
    let fired = days.fired(&window);
    let matches = fired.as_ref().map_or(0, |fired| fired.matches);
    let expected = expected(standing, days.counted(&history), days.counted(&window).days);
    let segments = match &standing.run {
        Some(run) => store.segments(run, standing.segments).await?,
        None => Vec::new(),
    };
    let facts = Facts {
        work: standing.state.work(),
        overdue: segments.iter().any(|segment| overdue(segment, now)),
        caps_used_up: caps_used_up(store, standing).await?,
        seen: Counted { matches, ..days.counted(&window) },
        skipped: fired.as_ref().map_or(0, |fired| fired.suppressed.values().sum()),
        expected: expected.as_ref().map(|expected| domain::replay::Band { low: expected.low, high: expected.high }),
    };
    let causes = causes(&facts);
    let last_active = last_active(&rows, today);
    Ok(Autopilot { facts, causes, fired, expected, segments, last_active })
}

fn overdue(segment: &Segment, now: Timestamp) -> bool {
    now.duration_since(segment.updated_at).as_mins() >= OVERDUE_MINUTES
}

/// The counters of a campaign's days.
struct Days<'a> {
    rows: &'a [(String, Counts)],
    today: Date,
    enabled: Date,
}

impl Days<'_> {
    /// Up to so many days, from so many days ago backwards, on all of which it was enabled from the first minute on.
    fn whole(&self, ago: u32, days: u32) -> Vec<Date> {
        let day = |ago: u32| self.today.saturating_sub(i64::from(ago).days());
        (ago..ago + days).map(day).filter(|day| *day > self.enabled).collect()
    }

    fn sum(&self, days: &[Date], counter: &str) -> u64 {
        let of = |(day, counts): &(String, Counts)| {
            let wanted = day.parse().is_ok_and(|day: Date| days.contains(&day));
            if wanted { counts.get(counter).copied().unwrap_or(0) } else { 0 }
        };
        self.rows.iter().map(of).sum::<i64>().max(0).unsigned_abs()
    }

    fn counted(&self, days: &[Date]) -> Counted {
        let matches = ["issued", "ghost", "skipped"].iter().map(|counter| self.sum(days, counter)).sum();
        Counted { days: u32::try_from(days.len()).unwrap_or(u32::MAX), matches }
    }

    fn fired(&self, days: &[Date]) -> Option<Fired> {
        let reasons = domain::decision::SkipReason::ALL.map(|reason| {
            let skipped = self.sum(days, &format!("skipped.{}", reason.code()));
            (reason.code().to_owned(), skipped)
        });
        Some(Fired {
            from: *days.last()?,
            until: *days.first()?,
            matches: self.counted(days).matches,
            vouchers: self.sum(days, "issued"),
            ghost: self.sum(days, "ghost"),
            suppressed: reasons.into_iter().filter(|(_, skipped)| *skipped > 0).collect(),
        })
    }
}

/// Of its own history, or of its replay while there is too little of that.
fn expected(standing: &Standing, history: Counted, days: u32) -> Option<ExpectedMatches> {
    let replayed = standing.replayed.map(|replayed| (replayed.counted, ExpectedFrom::Replay));
    let own = (history.days >= MIN_HISTORY_DAYS).then_some((history, ExpectedFrom::History));
    let (basis, from) = own.or(replayed).filter(|_| days > 0)?;
    let band = basis.expects(days)?;
    Some(ExpectedMatches { low: band.low, high: band.high, from, matches: basis.matches, days: basis.days })
}
