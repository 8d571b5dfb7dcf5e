//! Cache of the tenant's combination policy, which is read again every few seconds: a change takes
//! effect in seconds without a read per request.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::voucher::combination::CombinationPolicy;
use store::{Store, StoreError, campaign::campaigns::settings::SettingName};

/// The age up to which the policy is used without a reload.
const FRESH_FOR: Duration = Duration::from_secs(10);

pub struct CachedPolicy {
    store: Store,
    kept: Mutex<Option<(Instant, CombinationPolicy)>>,
}

impl CachedPolicy {
    pub fn new(store: Store) -> Self {
        Self { store, kept: Mutex::new(None) }
    }

    pub async fn read_cached(&self) -> Result<CombinationPolicy, StoreError> {
        let kept = *self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read_at, policy)) = kept
            && read_at.elapsed() < FRESH_FOR
        {
            return Ok(policy);
        }
        let policy: CombinationPolicy = self.store.setting(SettingName::Combination).await?.value;
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), policy));
        Ok(policy)
    }
}
