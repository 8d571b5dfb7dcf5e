//! The health of the whole system: queues with their dead letters, work that is late, and what failed day by day; with an alert for what
//! needs somebody. Reads queues' depths, the due index and the counted days of Reports.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use counted_days::{Asked, Counted, Filter, Scopes, Source, rows};
use domain::{
    Date, Timestamp,
    campaign::Kind,
    channel::Channel,
    report::{Counts, period::Period},
};
use futures::future::try_join_all;
use http::HeaderMap;
use http_api::{Answer, Operator, Params, Problem, Role, csv};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::{
    backlog::{Backlog, Late},
    heartbeats::Beating,
    recounts::Recount,
};
use utoipa::{IntoParams, ToSchema};

use crate::{Context, dead_letters::Quarantine, failed};

/// The sweep looks each minute. Later than this it does not.
const SWEEP_LATE_SECONDS: i64 = 5 * 60;
/// A clock that beats each minute has missed a few.
const CLOCK_LATE_SECONDS: i64 = 5 * 60;
/// Counters are minutes behind at most. Seconds.
const STREAM_LATE_SECONDS: i64 = 10 * 60;
/// A queue that is not emptied: its worker has stood still, or has far too much to do. Messages.
const MANY_WAITING: u64 = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SystemHealthParams {
    /// First day, in the tenant's zone. Default: 30 days up to `to`.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Last day. Default: today.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Of the days: campaigns of this kind.
    kind: Option<Kind>,
    /// Of the days: one campaign.
    campaign: Option<String>,
    /// Of the days: attempts on this channel.
    channel: Option<Channel>,
    /// Of the days: campaigns whose offer is good in this vertical.
    vertical: Option<String>,
    /// Of the days: campaigns in this currency.
    currency: Option<String>,
    /// Only the tenant's own zone is answered: its days are the ones that are counted.
    zone: Option<String>,
    /// `csv` gives the days as a table.
    #[param(inline)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SystemState {
    Ok,
    /// Something waits for a person.
    Attention,
    /// Something stands still.
    Failing,
}

#[derive(Debug, Serialize, ToSchema)]
struct SystemAlert {
    /// A stable code: `dead_letters`, `sweep_not_running`, `queue_not_emptied`, `clock_missed`, `reports_behind`, `counter_drift`.
    cause: &'static str,
    /// Which queue or work.
    about: String,
    /// In words; may change.
    says: String,
    next_step: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct QueueDepth {
    queue: &'static str,
    /// As SQS counts them: approximately. `null` where nothing is read from a queue.
    waiting: Option<u64>,
    held: Option<u64>,
    dead_letters: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct LateWork {
    /// `matches`, `scanning`, `calendars`, `ready_sms`, `ready_email`, `ready_push`, `released`, `unknown`.
    work: String,
    /// Due by now, of all campaigns; what belongs to paused ones stays and is among them.
    due: usize,
    /// There is more than was counted.
    more: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_due: Option<Timestamp>,
    late_seconds: i64,
}

/// When what runs by itself last came round.
#[derive(Debug, Serialize, ToSchema)]
struct Sign {
    /// `release-dispatches`, `scan-autopilot` and `sweep` run each minute; `aggregate-reports` when a voucher changes.
    name: &'static str,
    /// `null` if it never has.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
    /// Of `aggregate-reports`: the change that was counted last had waited so long.
    lag_seconds: Option<i64>,
}

/// The last recount of the vouchers; see `recount`.
#[derive(Debug, Serialize, ToSchema)]
struct RecountSummary {
    /// `counting`, `comparing` or `done`.
    stage: &'static str,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    rows: u64,
    /// Counters that are not what the vouchers say.
    drifting: u64,
}

/// Attempts by what became of them, and customers who could not be processed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct SystemDay {
    attempts: i64,
    throttled: i64,
    unknown: i64,
    failed: i64,
    bounced: i64,
    complained: i64,
    /// Customers whose record is `failed`.
    unprocessed: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SystemHealth {
    state: SystemState,
    alerts: Vec<SystemAlert>,
    queues: Vec<QueueDepth>,
    work: Vec<LateWork>,
    heartbeats: Vec<Sign>,
    /// `null` before the first night.
    recount: Option<RecountSummary>,
    #[schema(value_type = String, format = Date)]
    from: Date,
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// Whose calendar days these are.
    zone: String,
    /// The sum of the days.
    total: SystemDay,
    /// By day; days without numbers are left out.
    #[schema(value_type = BTreeMap<String, SystemDay>)]
    days: BTreeMap<Date, SystemDay>,
}

impl SystemHealthParams {
    /// A channel is what is shown, and no choice of campaigns.
    fn filter(&self, zone: &str) -> Answer<Filter> {
        let asked = Asked {
            kind: self.kind,
            campaign: self.campaign.clone(),
            channel: None,
            vertical: self.vertical.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
        };
        Ok(Filter::new(&asked, zone)?)
    }
}

/// Whether the system itself does its work. Filters are of the days: queues and late work are those of the whole system.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/system-health", tag = "reports", operation_id = "read_system_health",
    security(("jwt" = [])), params(SystemHealthParams),
    responses(
        (status = 200, content((SystemHealth = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn read(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Params(params): Params<SystemHealthParams>,
    headers: HeaderMap,
) -> Answer {
    operator.require(Role::Viewer)?;
    let now = clock::now();
    let period = Period::new(params.from, params.to, &context.zone, now)?;
    let zone = context.zone.iana_name().unwrap_or("UTC").to_owned();
    let filter = params.filter(&zone)?;
    // asked seldom, so nothing is kept of what definitions say
    let source = Source { store: &context.store, scopes: &Scopes::default() };
    let (total, days) = days(&rows(source, period, &filter).await?, params.channel);
    if csv::wanted(params.format.map(|format| format == Format::Csv), &headers) {
        return Ok(table(&days));
    }
    let queues = try_join_all(context.quarantines.iter().map(depth)).await?;
    let work = try_join_all(Backlog::ALL.map(|backlog| late(&context, backlog, now))).await?;
    let heartbeats = try_join_all(Beating::ALL.map(|who| sign(&context, who))).await?;
    let recount = context.store.recount().await.map_err(failed)?.map(summary);
    let mut alerts = alerts(&queues, &work);
    alerts.extend(missed(&heartbeats, now));
    alerts.extend(recount.iter().filter_map(drift));
    Ok(Json(SystemHealth {
        state: state(&alerts),
        alerts,
        queues,
        work,
        heartbeats,
        recount,
        from: period.from,
        to: period.to,
        zone,
        total,
        days,
    })
    .into_response())
}

async fn depth(quarantine: &Quarantine) -> Answer<QueueDepth> {
    let failed = |error: queue::QueueError| Problem::from_failure(&error, true);
    let dead = quarantine.dead_letters.depth().await.map_err(failed)?;
    let source = match &quarantine.source {
        Some(source) => Some(source.depth().await.map_err(failed)?),
        None => None,
    };
    Ok(QueueDepth {
        queue: quarantine.name,
        waiting: source.as_ref().map(|depth| depth.waiting),
        held: source.as_ref().map(|depth| depth.held),
        dead_letters: dead.waiting + dead.held,
    })
}

async fn late(context: &Context, backlog: Backlog, now: Timestamp) -> Answer<LateWork> {
    let Late { due, more, oldest } = context.store.late(backlog, now).await.map_err(failed)?;
    let late_seconds = oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs().max(0));
    Ok(LateWork { work: name(backlog), due, more, oldest_due: oldest, late_seconds })
}

async fn sign(context: &Context, who: Beating) -> Answer<Sign> {
    let found = context.store.heartbeat(who).await.map_err(failed)?;
    let lag = found.and_then(|beat| Some(beat.at.duration_since(beat.until?).as_secs().max(0)));
    Ok(Sign { name: who.as_str(), last_at: found.map(|beat| beat.at), lag_seconds: lag })
}

fn summary(recount: Recount) -> RecountSummary {
    RecountSummary {
        stage: recount.stage.as_str(),
        started_at: recount.started_at,
        finished_at: recount.finished_at,
        rows: recount.sums.rows,
        drifting: recount.sums.drifting,
    }
}

/// Clocks that stand still, and counters that are behind. One that has never come round belongs to a stack that is just up.
fn missed(signs: &[Sign], now: Timestamp) -> Vec<SystemAlert> {
    let stood = |sign: &Sign| {
        let since = now.duration_since(sign.last_at?).as_secs();
        (sign.lag_seconds.is_none() && sign.name != Beating::Stream.as_str() && since > CLOCK_LATE_SECONDS)
            .then_some(since)
    };
    let clocks = signs.iter().filter_map(|sign| Some((sign, stood(sign)?))).map(|(sign, since)| SystemAlert {
        cause: "clock_missed",
        about: sign.name.to_owned(),
        says: format!("{} last came round {} minutes ago", sign.name, since / 60),
        next_step: "look at the rule that wakes it, its queue with the dead letters, and its log",
    });
    let behind =
        signs.iter().filter_map(|sign| Some((sign, sign.lag_seconds.filter(|lag| *lag > STREAM_LATE_SECONDS)?)));
    let behind = behind.map(|(sign, lag)| SystemAlert {
        cause: "reports_behind",
        about: sign.name.to_owned(),
        says: format!("the counters were {} minutes behind the vouchers", lag / 60),
        next_step: "look at the log and the errors of aggregate-reports; a batch that fails holds up its shard",
    });
    clocks.chain(behind).collect()
}

fn drift(recount: &RecountSummary) -> Option<SystemAlert> {
    (recount.drifting > 0).then(|| SystemAlert {
        cause: "counter_drift",
        about: "reports".to_owned(),
        says: format!("{} counters are not what the vouchers say", recount.drifting),
        next_step: "look at parked records and the recount's differences, then repair the counters",
    })
}

fn name(backlog: Backlog) -> String {
    match backlog {
        Backlog::Matches => "matches".to_owned(),
        Backlog::Scanning => "scanning".to_owned(),
        Backlog::Calendars => "calendars".to_owned(),
        Backlog::Ready(channel) => format!("ready_{channel}"),
        Backlog::Released => "released".to_owned(),
        Backlog::Unknown => "unknown".to_owned(),
    }
}

/// Of late work only what a pause does not hold up says that something stands still: the sweep takes these up each minute.
fn alerts(queues: &[QueueDepth], work: &[LateWork]) -> Vec<SystemAlert> {
    let dead = queues.iter().filter(|queue| queue.dead_letters > 0).map(|queue| SystemAlert {
        cause: "dead_letters",
        about: queue.queue.to_owned(),
        says: format!("{} messages were given up", queue.dead_letters),
        next_step: "read their reasons in dead-letters, mend the cause, then redrive them",
    });
    let full = queues.iter().filter(|queue| queue.waiting.is_some_and(|waiting| waiting > MANY_WAITING));
    let full = full.map(|queue| SystemAlert {
        cause: "queue_not_emptied",
        about: queue.queue.to_owned(),
        says: format!("{} messages wait", queue.waiting.unwrap_or_default()),
        next_step: "look at the log and the concurrency of the function that reads it",
    });
    let swept = |work: &&LateWork| ["released", "unknown"].contains(&work.work.as_str());
    let late = work.iter().filter(swept).filter(|work| work.late_seconds > SWEEP_LATE_SECONDS);
    let late = late.map(|work| SystemAlert {
        cause: "sweep_not_running",
        about: work.work.clone(),
        says: format!("{} should have been looked after {} minutes ago", work.due, work.late_seconds / 60),
        next_step: "look at the clock's rule, the sweep queue with its dead letters, and the log of sweep",
    });
    late.chain(full).chain(dead).collect()
}

fn state(alerts: &[SystemAlert]) -> SystemState {
    match alerts {
        [] => SystemState::Ok,
        alerts if alerts.iter().any(|alert| !["dead_letters", "counter_drift"].contains(&alert.cause)) => {
            SystemState::Failing
        }
        _ => SystemState::Attention,
    }
}

fn days(rows: &[Counted], only: Option<Channel>) -> (SystemDay, BTreeMap<Date, SystemDay>) {
    let (mut total, mut days) = (SystemDay::default(), BTreeMap::<Date, SystemDay>::new());
    for row in rows {
        add(&mut total, &row.counts, only);
        add(days.entry(row.day).or_default(), &row.counts, only);
    }
    days.retain(|_, day| *day != SystemDay::default());
    (total, days)
}

fn add(day: &mut SystemDay, counts: &Counts, only: Option<Channel>) {
    let count = |name: String| counts.get(&name).copied().unwrap_or(0);
    for channel in Channel::ALL.into_iter().filter(|channel| only.is_none_or(|only| only == *channel)) {
        let state = |state: &str| count(format!("attempt.{channel}.{state}"));
        day.attempts += count(format!("attempts.{channel}"));
        day.throttled += state("throttled");
        day.unknown += state("unknown");
        day.failed += state("failed");
        day.bounced += state("bounced");
        day.complained += state("complained");
    }
    day.unprocessed += count("failed".to_owned());
}

fn table(days: &BTreeMap<Date, SystemDay>) -> Response {
    let header = ["day", "attempts", "throttled", "unknown", "failed", "bounced", "complained", "unprocessed"];
    let row = |(day, it): (&Date, &SystemDay)| {
        let counts = [it.attempts, it.throttled, it.unknown, it.failed, it.bounced, it.complained, it.unprocessed];
        std::iter::once(day.to_string()).chain(counts.map(|count| count.to_string())).collect()
    };
    csv::answer("system-health", &header, &days.iter().map(row).collect::<Vec<Vec<String>>>(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(waiting: u64, dead_letters: u64) -> QueueDepth {
        QueueDepth { queue: "sms", waiting: Some(waiting), held: Some(0), dead_letters }
    }

    fn work(work: &str, late_seconds: i64) -> LateWork {
        LateWork { work: work.into(), due: 3, more: false, oldest_due: None, late_seconds }
    }

    #[track_caller]
    fn check(queues: &[QueueDepth], late: &[LateWork], expected: SystemState, causes: &[&str]) {
        let alerts = alerts(queues, late);
        assert_eq!(state(&alerts), expected);
        assert_eq!(alerts.iter().map(|alert| alert.cause).collect::<Vec<_>>(), causes);
    }

    #[test]
    fn a_clock_that_stands_still_and_counters_that_are_behind_are_failing() {
        let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let sign = |name, minutes: i64, lag_seconds| Sign {
            name,
            last_at: Some(now - jiff::SignedDuration::from_mins(minutes)),
            lag_seconds,
        };
        let causes = |signs: &[Sign]| missed(signs, now).iter().map(|alert| alert.cause).collect::<Vec<_>>();
        assert_eq!(causes(&[sign("sweep", 4, None), sign("aggregate-reports", 600, Some(2))]), [""; 0]);
        assert_eq!(
            causes(&[sign("sweep", 6, None), sign("aggregate-reports", 0, Some(601))]),
            ["clock_missed", "reports_behind"]
        );
        assert_eq!(causes(&[Sign { name: "sweep", last_at: None, lag_seconds: None }]), [""; 0], "just up");
    }

    #[test]
    fn drift_waits_for_a_person() {
        let recount = |drifting| RecountSummary {
            stage: "done",
            started_at: Timestamp::UNIX_EPOCH,
            finished_at: None,
            rows: 9,
            drifting,
        };
        assert!(drift(&recount(0)).is_none());
        assert_eq!(state(&[drift(&recount(2)).unwrap()]), SystemState::Attention);
    }

    #[test]
    fn what_stands_still_is_failing_and_what_waits_for_a_person_needs_attention() {
        check(&[queue(5, 0)], &[work("released", 30)], SystemState::Ok, &[]);
        check(&[queue(5, 2)], &[], SystemState::Attention, &["dead_letters"]);
        check(&[queue(0, 0)], &[work("unknown", 301)], SystemState::Failing, &["sweep_not_running"]);
        check(&[queue(1_001, 1)], &[], SystemState::Failing, &["queue_not_emptied", "dead_letters"]);
        // a paused campaign's dispatches stay due for as long as it is paused
        check(&[], &[work("ready_sms", 86_400), work("calendars", 86_400)], SystemState::Ok, &[]);
    }
}
