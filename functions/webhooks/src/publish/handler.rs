//! Handles one batch of the stream. It keeps no checkpoint: queueing an event twice is harmless,
//! because its id is the same.

use domain::{
    Timestamp,
    voucher::{
        record::Voucher,
        webhook_event::{EventDelivery, EventSubject, WebhookEndpoint, webhook_events},
    },
};
use queue::{Queue, QueueError};
use runtime::metrics::Metrics;
use store::{
    Store, StoreError,
    voucher::stream::{StreamBatch, StreamRecord, VoucherChange},
};

pub struct PublisherContext {
    pub store: Store,
    pub webhooks: Queue,
    /// The queue for stream records that cannot be read.
    pub parked: Queue,
}

/// An error after which the whole batch is retried.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

pub async fn publish_events(
    context: &PublisherContext,
    batch: &StreamBatch,
) -> Result<(), PublishError> {
    let hooks = context.store.webhook_endpoints().await?;
    park_unreadable(context, &batch.records).await?;
    let steps = batch.records.iter().filter_map(|record| match &record.change {
        VoucherChange::Changed { old, new } => {
            Some((old.as_deref(), new.as_ref(), record.written_at))
        }
        VoucherChange::Removed | VoucherChange::Unreadable { .. } => None,
    });
    let event_deliveries: Vec<EventDelivery> =
        steps.flat_map(|(old, new, at)| event_deliveries(&hooks, old, new, at)).collect();
    context.webhooks.send_all(&event_deliveries).await?;
    tracing::info!(
        records = batch.records.len(),
        endpoints = hooks.len(),
        announced = event_deliveries.len(),
        "webhook events queued"
    );
    Metrics::new().count("EventsAnnounced", event_deliveries.len() as u64).emit();
    Ok(())
}

/// Returns one delivery for each event of a change and each endpoint that wants it.
fn event_deliveries(
    hooks: &[WebhookEndpoint],
    old: Option<&Voucher>,
    new: &Voucher,
    written_at: Option<Timestamp>,
) -> Vec<EventDelivery> {
    if hooks.is_empty() {
        return Vec::new();
    }
    let about = EventSubject { customer: new.customer.clone(), voucher: new.id.clone() };
    let mut event_deliveries = Vec::new();
    for event in webhook_events(old, new, written_at) {
        event_deliveries.extend(
            hooks.iter().filter(|hook| hook.subscribes_to(event.event_type)).map(|hook| {
                EventDelivery {
                    hook: hook.id.clone(),
                    event: event.id.clone(),
                    what: event.event_type,
                    about: Some(about.clone()),
                    at: event.at,
                    attempt: 1,
                }
            }),
        );
    }
    event_deliveries
}

async fn park_unreadable(
    context: &PublisherContext,
    records: &[StreamRecord],
) -> Result<(), QueueError> {
    let bad = records.iter().filter_map(|record| match &record.change {
        VoucherChange::Unreadable { raw, reason } => Some((raw.clone(), reason)),
        VoucherChange::Changed { .. } | VoucherChange::Removed => None,
    });
    let (bodies, reasons): (Vec<String>, Vec<&String>) = bad.unzip();
    if bodies.is_empty() {
        return Ok(());
    }
    tracing::error!(?reasons, "unreadable stream records parked");
    Metrics::new().count("RecordsParked", bodies.len() as u64).emit();
    context.parked.send_bodies(&bodies).await
}
