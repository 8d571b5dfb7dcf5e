//! Which autopilots fire on what is told: read again when what is known is a few seconds old, so that an order costs no further read.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{Timestamp, trigger::Listeners};
use jiff::SignedDuration;
use store::{Store, StoreError};

/// An autopilot that was just enabled hears everything from then on.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// What is known may be used for so long while it cannot be read again.
const STALE: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Default)]
pub struct Listening {
    known: Mutex<Option<(Timestamp, Arc<Listeners>)>>,
}

impl Listening {
    /// An error only if nobody can say who listens: whoever tells then tells it again, and no match is lost.
    pub async fn who(&self, store: &Store, now: Timestamp) -> Result<Arc<Listeners>, StoreError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let within = |age: SignedDuration| {
            known
                .as_ref()
                .filter(|(since, _)| now.duration_since(*since) < age)
                .map(|(_, listeners)| Arc::clone(listeners))
        };
        if let Some(listeners) = within(FRESH) {
            return Ok(listeners);
        }
        match store.listeners().await {
            Ok(listeners) => {
                let listeners = Arc::new(listeners);
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&listeners)));
                Ok(listeners)
            }
            Err(error) => match within(STALE) {
                Some(listeners) => {
                    tracing::warn!(%error, "who listens was not read again; what is known is used");
                    Ok(listeners)
                }
                None => Err(error),
            },
        }
    }
}
