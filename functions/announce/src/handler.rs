//! One batch of the stream. It keeps no position: telling twice is harmless, since the event's id is the same.

use domain::{
    Timestamp,
    announcement::{About, Hook, Telling, announcements},
    voucher::Voucher,
};
use queue::{Queue, QueueError};
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    changes::{Batch, Change, Record},
};

pub struct Context {
    pub store: Store,
    pub webhooks: Queue,
    /// Where records go that cannot be read.
    pub parked: Queue,
}

/// The batch comes again, as a whole.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

pub async fn announce(context: &Context, batch: &Batch) -> Result<(), AnnounceError> {
    let hooks = context.store.hooks().await?;
    park(context, &batch.records).await?;
    let steps = batch.records.iter().filter_map(|record| match &record.change {
        Change::Step { old, new } => Some((old.as_deref(), new.as_ref(), record.written_at)),
        Change::Nothing | Change::Bad { .. } => None,
    });
    let tellings: Vec<Telling> = steps.flat_map(|(old, new, at)| tellings(&hooks, old, new, at)).collect();
    context.webhooks.send_all(&tellings).await?;
    tracing::info!(
        records = batch.records.len(),
        endpoints = hooks.len(),
        announced = tellings.len(),
        "batch announced"
    );
    Metrics::new().count("EventsAnnounced", tellings.len() as u64).emit();
    Ok(())
}

/// One for each event of a step and each endpoint that wants it.
fn tellings(hooks: &[Hook], old: Option<&Voucher>, new: &Voucher, written_at: Option<Timestamp>) -> Vec<Telling> {
    if hooks.is_empty() {
        return Vec::new();
    }
    let about = About { customer: new.customer.clone(), voucher: new.id.clone() };
    let mut tellings = Vec::new();
    for event in announcements(old, new, written_at) {
        tellings.extend(hooks.iter().filter(|hook| hook.wants(event.what)).map(|hook| Telling {
            hook: hook.id.clone(),
            event: event.id.clone(),
            what: event.what,
            about: Some(about.clone()),
            at: event.at,
            attempt: 1,
        }));
    }
    tellings
}

async fn park(context: &Context, records: &[Record]) -> Result<(), QueueError> {
    let bad = records.iter().filter_map(|record| match &record.change {
        Change::Bad { raw, reason } => Some((raw.clone(), reason)),
        Change::Step { .. } | Change::Nothing => None,
    });
    let (bodies, reasons): (Vec<String>, Vec<&String>) = bad.unzip();
    if bodies.is_empty() {
        return Ok(());
    }
    tracing::error!(?reasons, "stream records that cannot be read are parked");
    Metrics::new().count("RecordsParked", bodies.len() as u64).emit();
    context.parked.send_bodies(&bodies).await
}
