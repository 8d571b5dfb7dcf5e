//! The watchdog does every minute what a lost message would have caused.
//!
//! It starts scheduled campaigns, ends autopilots whose end time has passed, pauses campaigns whose
//! messages bounce or cause complaints, nudges stalled segments, reopens released dispatches whose
//! message was lost, settles attempts of unknown fate by their channel's policy, completes runs
//! whose equation closes, plans again what waits for hours that have changed, gives back what abandoned holds have reserved, reports lanes that are closed, applies buffered counts of
//! the stream, and recounts the vouchers at night.
//!
//! Reads Work, Vouchers, Customers, Control and Reports; writes Work, Control, vouchers' expiry stamps and ended
//! holds, and in Reports the buffered counts and the rows of the recount. Once an hour it reports the
//! age of secrets. The schedule wakes it every minute, and workers wake it when a run may be complete.
//!
//! Guarantees: it is a reconciler with no input but the state, so running it twice or concurrently
//! does no harm.

mod expiry;
mod handler;
mod iterate;
mod lanes;
mod recount;
mod secret_ages;
mod sender_health;
mod unknown;
mod waiting_hours;
mod health_check;

use std::{collections::HashSet, sync::Mutex, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::{TimeZone, kernel::id::CampaignId, reporting::sender_health::SenderLimits};
use queue::{Queue, QueueClient, WakeNudge, parse_message};
use runtime::{
    HandlerOutcome,
    clock::{self, Deadline},
    env,
};
use secrets::Secrets;
use store::{Store, TableNames, TenantDefaults};

pub use handler::handle_wake;
pub use health_check::check_campaigns as look_after;
pub use recount::continue_recount as recount;
pub use secret_ages::SecretAges;
pub use waiting_hours::{next_pass, replan_waiting};

pub struct WatchdogContext {
    pub store: Store,
    pub expansion: Queue,
    pub release: Queue,
    /// The age of a checkpoint, in seconds, from which its segment counts as stalled and is nudged.
    pub stalled_after_seconds: i64,
    /// The most dispatches with ended vouchers that one round works on: 50 vouchers each.
    pub expiries_at_once: u16,
    /// The bounce and complaint rates above which a campaign is paused.
    pub limits: SenderLimits,
    /// The tenant's time zone, in which days are counted.
    pub zone: TimeZone,
    /// The time that one round may spend on a recount.
    pub recount_budget: Duration,
}

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let worker_seconds: i64 = env::number("WORKER_TIMEOUT_SECONDS", 30)?;
    let context = WatchdogContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(env::optional),
        )
        .with_tenant(TenantDefaults::from_lookup(env::optional)?),
        expansion: sqs.queue(env::required("EXPANSION_QUEUE_URL")?),
        release: sqs.queue(env::required("RELEASE_QUEUE_URL")?),
        stalled_after_seconds: 2 * worker_seconds + 30,
        expiries_at_once: u16::try_from(8 * worker_seconds).unwrap_or(u16::MAX),
        limits: SenderLimits {
            bounced: env::number("BOUNCE_LIMIT_BASIS_POINTS", SenderLimits::default().bounced)?,
            complained: env::number(
                "COMPLAINT_LIMIT_BASIS_POINTS",
                SenderLimits::default().complained,
            )?,
        },
        zone: env::parsed("TENANT_ZONE", TimeZone::UTC, "an IANA time zone", |name| {
            TimeZone::get(name).ok()
        })?,
        recount_budget: Duration::from_secs(worker_seconds.unsigned_abs() / 3),
    };
    let dead_letters = sqs.queue(env::required("WATCHDOG_DLQ_URL")?);
    let ages = SecretAges::new(
        Secrets::new(&runtime::aws::config("secrets_manager")),
        &env::optional("WATCHED_SECRETS").unwrap_or_default(),
    );
    runtime::run_sqs(|event, deadline| {
        let (context, dead_letters, ages) = (&context, &dead_letters, &ages);
        async move {
            let handled = handle(context, dead_letters, event, deadline).await;
            ages.report(clock::now()).await;
            handled
        }
    })
    .await
}

/// Handles one batch of the watchdog's queue.
///
/// Messages that ask for the same check are answered by one check: each was sent before the batch
/// was received, so one check sees everything that caused them. Messages that arrive during a long
/// round are therefore handled by one further round, not by one round each.
pub async fn handle(
    context: &WatchdogContext,
    dead_letters: &Queue,
    event: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    let checked: Mutex<HashSet<Option<CampaignId>>> = Mutex::default();
    let looked = &checked;
    runtime::batch::handle_batch(
        event,
        1,
        |message| async move {
            let wake = match parse_message::<WakeNudge>(&message.body) {
                Ok(wake) => wake,
                Err(reason) => return HandlerOutcome::poison(reason),
            };
            if looked.lock().is_ok_and(|looked| looked.contains(&wake.campaign)) {
                return HandlerOutcome::Done;
            }
            let handled = handle_wake(context, &wake, deadline).await;
            if let (HandlerOutcome::Done, Ok(mut looked)) = (&handled, looked.lock()) {
                looked.insert(wake.campaign);
            }
            handled
        },
        |message, reason| async move { dead_letters.park_message(message.body, &reason).await },
    )
    .await
}
