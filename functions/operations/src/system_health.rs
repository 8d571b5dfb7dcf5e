//! The health of the whole system: queues with their dead letters, late work, and failures by day,
//! with an alert for each problem that a person must solve.
//!
//! Reads the depths of queues, the due index, heartbeats, the recount, and the daily counters of
//! Reports.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    Date, Timestamp,
    campaign::kind::CampaignKind,
    delivery::{daily_limit::MIN_DAILY_MESSAGES, lane::Lane},
    kernel::channel::Channel,
    reporting::counters::{Counter, CounterValues, period::ReportPeriod},
    voucher::attempt::AttemptState,
};
use futures::future::try_join_all;
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, QueryParams, csv};
use reporting::daily_counters::{
    DailyCounters, FilterQuery, ReportFilter, ReportSource, ScopeCache, read_rows,
};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::{
    delivery::backlog::{BacklogQueue, OverdueWork},
    reporting::{heartbeats::HeartbeatSource, recounts::Recount},
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    OperationsContext,
    dead_letters::MonitoredQueue,
    lanes::{ChannelLane, closing_words},
    store_problem,
};

/// The delay in seconds from which the watchdog, which runs each minute, counts as not running.
const WATCHDOG_LATE_SECONDS: i64 = 5 * 60;
/// The age in seconds of the last run from which a function that runs each minute counts as
/// missing.
const HEARTBEAT_LATE_SECONDS: i64 = 5 * 60;
/// The lag in seconds from which reports count as behind. Counters are normally a few minutes
/// behind at most.
const STREAM_LATE_SECONDS: i64 = 10 * 60;
/// The number of messages from which a queue counts as not emptied: its worker is not running, or
/// has far too much to do.
const MAX_WAITING_MESSAGES: u64 = 1_000;
/// The cause of an alert for a lane that opens by itself.
const LANE_WAITS: &str = "lane_waits";
const DAILY_LIMIT: &str = "daily_limit";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SystemHealthParams {
    /// The first day, in the tenant's zone. Default: 30 days up to `to`.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day. Default: today.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Limits the days to campaigns of this kind.
    kind: Option<CampaignKind>,
    /// Limits the days to one campaign.
    campaign: Option<String>,
    /// Limits the days to attempts on this channel.
    channel: Option<Channel>,
    /// Limits the days to campaigns whose offer is valid in this vertical.
    vertical: Option<String>,
    /// Limits the days to campaigns in this currency.
    currency: Option<String>,
    /// The time zone. Only the tenant's own zone is accepted, because the counters are kept by its
    /// days.
    zone: Option<String>,
    /// The format of the answer; `csv` returns the days as a table.
    #[param(inline)]
    format: Option<SystemHealthFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SystemHealthFormat {
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SystemState {
    Ok,
    /// Something waits for a person.
    Attention,
    /// Something has stopped.
    Failing,
}

#[derive(Debug, Serialize, ToSchema)]
struct SystemAlert {
    /// A stable code: `lane_closed`, `lane_waits`, `daily_limit`, `dead_letters`, `watchdog_not_running`, `queue_not_emptied`,
    /// `clock_missed`, `reports_behind` or `counter_drift`.
    cause: &'static str,
    /// The queue, work, function or channel concerned.
    about: String,
    /// The alert in words. The wording may change.
    says: String,
    next_step: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct QueueDepth {
    queue: &'static str,
    /// The number of waiting messages, which SQS counts approximately; `null` if nothing is read
    /// from a queue.
    waiting: Option<u64>,
    held: Option<u64>,
    dead_letters: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct LateWork {
    /// The kind of work: `matches`, `scanning`, `calendars`, `ready_sms`, `ready_email`,
    /// `ready_push`, `released` or `unknown`.
    work: String,
    /// Work of all campaigns that is due by now. Work of paused campaigns stays due and is
    /// included.
    due: usize,
    /// Tells whether there is more than was counted.
    more: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_due: Option<Timestamp>,
    late_seconds: i64,
}

/// The last run of a function that is not started by a request.
#[derive(Debug, Serialize, ToSchema)]
struct FunctionHeartbeat {
    /// The function: `release-dispatches`, `scan-autopilot` and `watchdog` run each minute,
    /// `aggregate-reports` when a voucher changes.
    name: &'static str,
    /// The time of the last run; `null` if it has never run.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
    /// The time for which the last counted change had waited; `aggregate-reports` only.
    lag_seconds: Option<i64>,
}

/// The last recount of the vouchers; see `last_recount`.
#[derive(Debug, Serialize, ToSchema)]
struct RecountSummary {
    /// The stage: `counting`, `comparing` or `done`.
    stage: &'static str,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    rows: u64,
    /// Counters that differ from the vouchers.
    drifting: u64,
}

/// Attempts by result, and customers who could not be processed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct SystemDay {
    attempts: i64,
    throttled: i64,
    unknown: i64,
    failed: i64,
    bounced: i64,
    complained: i64,
    /// Customers whose record is `store_problem`.
    unprocessed: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SystemHealth {
    state: SystemState,
    alerts: Vec<SystemAlert>,
    /// The lane of each channel: its way to the provider.
    lanes: Vec<ChannelLane>,
    queues: Vec<QueueDepth>,
    work: Vec<LateWork>,
    heartbeats: Vec<FunctionHeartbeat>,
    /// The last recount; `null` before the first night.
    recount: Option<RecountSummary>,
    #[schema(value_type = String, format = Date)]
    from: Date,
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// The time zone of these calendar days.
    zone: String,
    /// The sum of the days.
    total: SystemDay,
    /// The numbers by day. Days without numbers are left out.
    #[schema(value_type = BTreeMap<String, SystemDay>)]
    days: BTreeMap<Date, SystemDay>,
}

impl SystemHealthParams {
    /// Builds the filter of the daily counters. The channel is left out: it selects what is shown,
    /// not the campaigns.
    fn filter(&self, zone: &str) -> ApiResult<ReportFilter> {
        let asked = FilterQuery {
            kind: self.kind,
            campaign: self.campaign.clone(),
            channel: None,
            vertical: self.vertical.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
        };
        Ok(ReportFilter::new(&asked, zone)?)
    }
}

/// Returns whether the system itself does its work.
///
/// Filters apply to the days; queues and late work are those of the whole system.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/system-health", tag = "reports", operation_id = "read_system_health",
    security(("jwt" = [])), params(SystemHealthParams),
    responses(
        (status = 200, content((SystemHealth = "application/json"), (String = "text/csv"))),
        Problem,
    )
)]
pub async fn read(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    QueryParams(params): QueryParams<SystemHealthParams>,
    headers: HeaderMap,
) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    let now = clock::now();
    let period = ReportPeriod::new(params.from, params.to, &context.zone, now)?;
    let zone = context.zone.iana_name().unwrap_or("UTC").to_owned();
    let filter = params.filter(&zone)?;
    // this is requested rarely, so the scopes of definitions are not cached
    let source = ReportSource { store: &context.store, scopes: &ScopeCache::default() };
    let (total, days) = sum_days(&read_rows(source, period, &filter).await?, params.channel);
    if csv::wants_csv(params.format.map(|format| format == SystemHealthFormat::Csv), &headers) {
        return Ok(days_table(&days));
    }
    let queues = try_join_all(context.monitored_queues.iter().map(queue_depth)).await?;
    let work = try_join_all(
        BacklogQueue::all().into_iter().map(|backlog| late_work(&context, backlog, now)),
    )
    .await?;
    let heartbeats =
        try_join_all(HeartbeatSource::ALL.map(|who| read_heartbeat(&context, who))).await?;
    let recount = context.store.last_recount().await.map_err(store_problem)?.map(recount_summary);
    let lanes = try_join_all(Channel::ALL.map(|channel| context.store.lane(channel)))
        .await
        .map_err(store_problem)?;
    let mut alerts: Vec<SystemAlert> = lanes.iter().filter_map(lane_alert).collect();
    let lanes =
        try_join_all(lanes.iter().map(|lane| ChannelLane::read(&context, lane, now))).await?;
    alerts.extend(lanes.iter().filter_map(|lane| daily_limit_alert(lane, &work)));
    alerts.extend(backlog_alerts(&queues, &work));
    alerts.extend(heartbeat_alerts(&heartbeats, now));
    alerts.extend(recount.iter().filter_map(drift_alert));
    Ok(Json(SystemHealth {
        state: system_state(&alerts),
        alerts,
        lanes,
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

async fn queue_depth(quarantine: &MonitoredQueue) -> ApiResult<QueueDepth> {
    let failed = |error: queue::QueueError| Problem::from_failure(&error, true);
    let dead = quarantine.dead_letters.depth().await.map_err(failed)?;
    let source = match &quarantine.source {
        Some(source) => Some(source.depth().await.map_err(failed)?),
        None => None,
    };
    Ok(QueueDepth {
        queue: quarantine.name,
        waiting: source.as_ref().map(|depth| depth.waiting),
        held: source.as_ref().map(|depth| depth.in_flight),
        dead_letters: dead.waiting + dead.in_flight,
    })
}

async fn late_work(
    context: &OperationsContext,
    backlog: BacklogQueue,
    now: Timestamp,
) -> ApiResult<LateWork> {
    let OverdueWork { due, more, oldest } =
        context.store.overdue_work(backlog, now).await.map_err(store_problem)?;
    let late_seconds = oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs().max(0));
    Ok(LateWork { work: backlog_name(backlog), due, more, oldest_due: oldest, late_seconds })
}

async fn read_heartbeat(
    context: &OperationsContext,
    who: HeartbeatSource,
) -> ApiResult<FunctionHeartbeat> {
    let found = context.store.heartbeat(who).await.map_err(store_problem)?;
    let lag = found.and_then(|beat| Some(beat.at.duration_since(beat.until?).as_secs().max(0)));
    Ok(FunctionHeartbeat {
        name: who.as_str(),
        last_at: found.map(|beat| beat.at),
        lag_seconds: lag,
    })
}

fn recount_summary(recount: Recount) -> RecountSummary {
    RecountSummary {
        stage: recount.stage.as_str(),
        started_at: recount.started_at,
        finished_at: recount.finished_at,
        rows: recount.totals.rows,
        drifting: recount.totals.drifting,
    }
}

/// Builds the alerts for functions that have stopped running and for counters that are behind. A
/// function that has never run belongs to a stack that was just deployed.
fn heartbeat_alerts(signs: &[FunctionHeartbeat], now: Timestamp) -> Vec<SystemAlert> {
    let overdue = |sign: &FunctionHeartbeat| {
        let since = now.duration_since(sign.last_at?).as_secs();
        (sign.lag_seconds.is_none()
            && sign.name != HeartbeatSource::Stream.as_str()
            && since > HEARTBEAT_LATE_SECONDS)
            .then_some(since)
    };
    let clocks = signs.iter().filter_map(|sign| Some((sign, overdue(sign)?))).map(|(sign, since)| SystemAlert {
        cause: "clock_missed",
        about: sign.name.to_owned(),
        says: format!("{} last came round {} minutes ago", sign.name, since / 60),
        next_step: "look at the rule that wakes it, its queue with the dead letters, and its log",
    });
    let behind = signs.iter().filter_map(|sign| {
        Some((sign, sign.lag_seconds.filter(|lag| *lag > STREAM_LATE_SECONDS)?))
    });
    let behind = behind.map(|(sign, lag)| SystemAlert {
        cause: "reports_behind",
        about: sign.name.to_owned(),
        says: format!("the counters were {} minutes behind the vouchers", lag / 60),
        next_step: "look at the log and the errors of aggregate-reports; a batch that fails holds up its shard",
    });
    clocks.chain(behind).collect()
}

/// Builds the alert for a closed lane. One that opens by itself only waits.
fn lane_alert(lane: &Lane) -> Option<SystemAlert> {
    let closure = lane.closure()?;
    let cause = if closure.cause.passes_by_itself() { LANE_WAITS } else { "lane_closed" };
    let (says, next_step) = closing_words(closure);
    Some(SystemAlert { cause, about: lane.channel.as_str().to_owned(), says, next_step })
}

/// Builds the alert for a channel whose due work waits because its daily limit is used up: what is left
/// of it is less than a dispatch may need.
fn daily_limit_alert(lane: &ChannelLane, work: &[LateWork]) -> Option<SystemAlert> {
    let daily = lane.daily()?;
    let ready = backlog_name(BacklogQueue::Ready(lane.channel()));
    let is_waiting = work.iter().any(|work| work.work == ready && work.due > 0);
    let is_used_up = daily.limit.saturating_sub(daily.released) < u64::from(MIN_DAILY_MESSAGES);
    (is_waiting && is_used_up).then(|| SystemAlert {
        cause: DAILY_LIMIT,
        about: lane.channel().as_str().to_owned(),
        says: format!(
            "{} of the {} messages of {} are released, the others wait for the next day",
            daily.released, daily.limit, daily.day
        ),
        next_step: "nothing: it goes on at the tenant's midnight; raise the daily limit if the sender can take more",
    })
}

fn drift_alert(recount: &RecountSummary) -> Option<SystemAlert> {
    (recount.drifting > 0).then(|| SystemAlert {
        cause: "counter_drift",
        about: "reports".to_owned(),
        says: format!("{} counters are not what the vouchers say", recount.drifting),
        next_step: "look at parked records and the recount's differences, then repair the counters",
    })
}

fn backlog_name(backlog: BacklogQueue) -> String {
    match backlog {
        BacklogQueue::Matches => "matches".to_owned(),
        BacklogQueue::Scanning => "scanning".to_owned(),
        BacklogQueue::Calendars => "calendars".to_owned(),
        BacklogQueue::Ready(channel) => format!("ready_{channel}"),
        BacklogQueue::Released => "released".to_owned(),
        BacklogQueue::Unknown => "unknown".to_owned(),
    }
}

/// Builds the alerts for queues and late work. Of late work, only `released` and `unknown` count:
/// the watchdog handles them each minute even for paused campaigns, while the rest may wait for a
/// resume.
fn backlog_alerts(queues: &[QueueDepth], work: &[LateWork]) -> Vec<SystemAlert> {
    let dead = queues.iter().filter(|queue| queue.dead_letters > 0).map(|queue| SystemAlert {
        cause: "dead_letters",
        about: queue.queue.to_owned(),
        says: format!("{} messages were given up", queue.dead_letters),
        next_step: "read their reasons in dead-letters, mend the cause, then redrive them",
    });
    let full = queues
        .iter()
        .filter(|queue| queue.waiting.is_some_and(|waiting| waiting > MAX_WAITING_MESSAGES));
    let full = full.map(|queue| SystemAlert {
        cause: "queue_not_emptied",
        about: queue.queue.to_owned(),
        says: format!("{} messages wait", queue.waiting.unwrap_or_default()),
        next_step: "look at the log and the concurrency of the function that reads it",
    });
    let is_watchdog_work = |work: &&LateWork| ["released", "unknown"].contains(&work.work.as_str());
    let late = work
        .iter()
        .filter(is_watchdog_work)
        .filter(|work| work.late_seconds > WATCHDOG_LATE_SECONDS);
    let late = late.map(|work| SystemAlert {
        cause: "watchdog_not_running",
        about: work.work.clone(),
        says: format!("{} should have been looked after {} minutes ago", work.due, work.late_seconds / 60),
        next_step: "look at the clock's rule, the watchdog queue with its dead letters, and the log of watchdog",
    });
    late.chain(full).chain(dead).collect()
}

fn system_state(alerts: &[SystemAlert]) -> SystemState {
    match alerts {
        [] => SystemState::Ok,
        alerts
            if alerts.iter().any(|alert| {
                !["dead_letters", "counter_drift", LANE_WAITS, DAILY_LIMIT].contains(&alert.cause)
            }) =>
        {
            SystemState::Failing
        }
        _ => SystemState::Attention,
    }
}

fn sum_days(
    rows: &[DailyCounters],
    only: Option<Channel>,
) -> (SystemDay, BTreeMap<Date, SystemDay>) {
    let (mut total, mut days) = (SystemDay::default(), BTreeMap::<Date, SystemDay>::new());
    for row in rows {
        add_counts(&mut total, &row.counts, only);
        add_counts(days.entry(row.day).or_default(), &row.counts, only);
    }
    days.retain(|_, day| *day != SystemDay::default());
    (total, days)
}

fn add_counts(day: &mut SystemDay, counts: &CounterValues, only: Option<Channel>) {
    for channel in
        Channel::ALL.into_iter().filter(|channel| only.is_none_or(|only| only == *channel))
    {
        let state = |state| counts.amount(&Counter::AttemptsIn(channel, state));
        day.attempts += counts.amount(&Counter::Attempts(channel));
        day.throttled += state(AttemptState::Throttled);
        day.unknown += state(AttemptState::Unknown);
        day.failed += state(AttemptState::Failed);
        day.bounced += state(AttemptState::Bounced);
        day.complained += state(AttemptState::Complained);
    }
    day.unprocessed += counts.amount(&Counter::Failed);
}

fn days_table(days: &BTreeMap<Date, SystemDay>) -> Response {
    let header = [
        "day",
        "attempts",
        "throttled",
        "unknown",
        "failed",
        "bounced",
        "complained",
        "unprocessed",
    ];
    let row = |(day, it): (&Date, &SystemDay)| {
        let counts = [
            it.attempts,
            it.throttled,
            it.unknown,
            it.failed,
            it.bounced,
            it.complained,
            it.unprocessed,
        ];
        std::iter::once(day.to_string()).chain(counts.map(|count| count.to_string())).collect()
    };
    csv::csv_response(
        "system-health",
        &header,
        &days.iter().map(row).collect::<Vec<Vec<String>>>(),
        None,
    )
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
        let alerts = backlog_alerts(queues, late);
        assert_eq!(system_state(&alerts), expected);
        assert_eq!(alerts.iter().map(|alert| alert.cause).collect::<Vec<_>>(), causes);
    }

    #[test]
    fn a_stopped_function_and_late_counters_are_failing() {
        let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let sign = |name, minutes: i64, lag_seconds| FunctionHeartbeat {
            name,
            last_at: Some(now - jiff::SignedDuration::from_mins(minutes)),
            lag_seconds,
        };
        let causes = |signs: &[FunctionHeartbeat]| {
            heartbeat_alerts(signs, now).iter().map(|alert| alert.cause).collect::<Vec<_>>()
        };
        assert_eq!(
            causes(&[sign("watchdog", 4, None), sign("aggregate-reports", 600, Some(2))]),
            [""; 0]
        );
        assert_eq!(
            causes(&[sign("watchdog", 6, None), sign("aggregate-reports", 0, Some(601))]),
            ["clock_missed", "reports_behind"]
        );
        assert_eq!(
            causes(&[FunctionHeartbeat { name: "watchdog", last_at: None, lag_seconds: None }]),
            [""; 0],
            "just up"
        );
    }

    #[test]
    fn a_closed_lane_is_failing_unless_it_opens_by_itself() {
        use domain::delivery::{lane::LaneCause, sender_fault::SenderFault};
        let at = Timestamp::UNIX_EPOCH;
        for fault in SenderFault::ALL {
            let closed = Lane::new(Channel::Push).close(LaneCause::Fault(fault), at).unwrap();
            let alert = lane_alert(&closed).unwrap();
            assert!(alert.says.ends_with(fault.code()), "{}", alert.says);
            assert_eq!(alert.about, "push");
            let state = system_state(&[alert]);
            let waits = matches!(fault, SenderFault::Throttled | SenderFault::DailyQuota);
            let expected = if waits { SystemState::Attention } else { SystemState::Failing };
            assert_eq!(state, expected, "{fault:?}");
        }
        assert!(lane_alert(&Lane::new(Channel::Push)).is_none());
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
        assert!(drift_alert(&recount(0)).is_none());
        assert_eq!(system_state(&[drift_alert(&recount(2)).unwrap()]), SystemState::Attention);
    }

    #[test]
    fn stopped_work_is_failing_and_work_for_a_person_needs_attention() {
        check(&[queue(5, 0)], &[work("released", 30)], SystemState::Ok, &[]);
        check(&[queue(5, 2)], &[], SystemState::Attention, &["dead_letters"]);
        check(
            &[queue(0, 0)],
            &[work("unknown", 301)],
            SystemState::Failing,
            &["watchdog_not_running"],
        );
        check(
            &[queue(1_001, 1)],
            &[],
            SystemState::Failing,
            &["queue_not_emptied", "dead_letters"],
        );
        // a paused campaign's dispatches stay due for as long as it is paused
        check(&[], &[work("ready_sms", 86_400), work("calendars", 86_400)], SystemState::Ok, &[]);
    }
}
