//! The watchdog: whatever should have moved and has not. Starts scheduled campaigns, ends autopilots that are over, pauses campaigns whose
//! messages do harm, nudges stalled segments, reopens released dispatches whose message was lost, settles attempts of unknown fate by
//! their channel's policy, completes runs whose equation closes, counts what is held of the stream, recounts the vouchers at night.
//! Reads Work, Vouchers, Control, Reports; writes Work, Control, and in Reports what is held and the recount's rows. Woken every minute, and by workers when a run may be complete.
//! Guarantees: a reconciler with no input but the state, so running it twice or at the same time does no harm.

mod expiry;
mod handler;
mod recount;
mod sender_health;
mod unknown;
mod wellbeing;

use std::{collections::HashSet, sync::Mutex, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::{TimeZone, id::CampaignId, sender_health::Limits};
use queue::{Queue, Wake, parse};
use runtime::{Handled, env};
use store::{Store, Tables};

pub use handler::{Context, sweep};
pub use recount::go_on as recount;
pub use wellbeing::look as look_after;

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let worker_seconds: i64 = env::number("WORKER_TIMEOUT_SECONDS", 30)?;
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        expansion: Queue::new(&sqs, env::required("EXPANSION_QUEUE_URL")?),
        release: Queue::new(&sqs, env::required("RELEASE_QUEUE_URL")?),
        stalled_after_seconds: 2 * worker_seconds + 30,
        expiries_at_once: u16::try_from(8 * worker_seconds).unwrap_or(u16::MAX),
        limits: Limits {
            bounced: env::number("BOUNCE_LIMIT_BASIS_POINTS", Limits::default().bounced)?,
            complained: env::number("COMPLAINT_LIMIT_BASIS_POINTS", Limits::default().complained)?,
        },
        zone: env::parsed("TENANT_ZONE", TimeZone::UTC, "an IANA time zone", |name| TimeZone::get(name).ok())?,
        recount_for: Duration::from_secs(worker_seconds.unsigned_abs() / 3),
    };
    let dead_letters = Queue::new(&sqs, env::required("SWEEP_DLQ_URL")?);
    runtime::run_sqs(|event, _| handle(&context, &dead_letters, event)).await
}

/// One batch of its queue. Wakes that ask for the same are one look: each was sent before the batch came, so one look sees what all of
/// them speak of. Whatever gathers while a round takes long is done by the next one, and not by one round each.
pub async fn handle(context: &Context, dead_letters: &Queue, event: SqsEvent) -> SqsBatchResponse {
    let looked: Mutex<HashSet<Option<CampaignId>>> = Mutex::default();
    let looked = &looked;
    runtime::batch::each(
        event,
        1,
        |message| async move {
            let wake = match parse::<Wake>(&message.body) {
                Ok(wake) => wake,
                Err(reason) => return Handled::poison(reason),
            };
            if looked.lock().is_ok_and(|looked| looked.contains(&wake.campaign)) {
                return Handled::Done;
            }
            let handled = sweep(context, &wake).await;
            if let (Handled::Done, Ok(mut looked)) = (&handled, looked.lock()) {
                looked.insert(wake.campaign);
            }
            handled
        },
        |message, reason| async move { dead_letters.park(message.body, &reason).await },
    )
    .await
}
