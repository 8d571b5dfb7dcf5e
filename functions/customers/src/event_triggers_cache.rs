//! Cache of the autopilots that fire on events. It is reloaded once it is a few seconds old, so
//! that an order costs no further read.

use std::sync::Arc;

use domain::{Timestamp, campaign::trigger::EventAutopilots};
use jiff::SignedDuration;
use runtime::ProcessCache;
use store::{Store, StoreError};

/// The age up to which the cache is used without a reload. An autopilot that was just enabled may
/// miss the events of this time.
const RELOAD_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// The age up to which the cache is still used while it cannot be reloaded.
const USABLE_FOR: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Default)]
pub struct EventTriggersCache {
    known: ProcessCache<(), (Timestamp, Arc<EventAutopilots>), 1>,
}

impl EventTriggersCache {
    /// Returns the autopilots that fire on events. Fails only if they cannot be loaded and no
    /// usable cache is left; the caller then retries the event, so no match is lost.
    pub async fn read_cached(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<EventAutopilots>, StoreError> {
        let known = self.known.find_value(&());
        let within = |age: SignedDuration| {
            known
                .as_ref()
                .filter(|(since, _)| now.duration_since(*since) < age)
                .map(|(_, listeners)| Arc::clone(listeners))
        };
        if let Some(listeners) = within(RELOAD_AFTER) {
            return Ok(listeners);
        }
        // The days that autopilots fire on are those of the customers' zones, of which the contact
        // policy is a part.
        let loaded = async {
            store.contact_policy().await?;
            let mut listeners = store.listeners().await?;
            for autopilot in &mut listeners.0 {
                store.resolve_audience(&mut autopilot.audience, now).await?;
            }
            Ok(listeners)
        };
        match loaded.await {
            Ok(listeners) => {
                let listeners = Arc::new(listeners);
                self.known.keep_value((), (now, Arc::clone(&listeners)));
                Ok(listeners)
            }
            Err(error) => match within(USABLE_FOR) {
                Some(listeners) => {
                    tracing::warn!(%error, "could not reload event triggers; using the cached list");
                    Ok(listeners)
                }
                None => Err(error),
            },
        }
    }
}
