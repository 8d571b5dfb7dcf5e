//! What a campaign says about its vouchers: the definition, frozen and kept; and whether a cancellation took vouchers back, which is
//! asked again every few seconds, so that "stop redeeming" takes effect in seconds without a read per request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{Timestamp, campaign::Revoke, definition::Definition, id::CampaignId, voucher::Circumstances};
use store::{Store, StoreError};

/// How long a campaign's state is used without asking again.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// Campaigns kept in one process.
const MAX_KEPT: usize = 256;

#[derive(Debug)]
pub struct Offered {
    pub id: CampaignId,
    pub definition: Arc<Definition>,
    pub revoke: Revoke,
    number: u64,
    read_at: Instant,
}

impl Offered {
    pub fn circumstances(&self, now: Timestamp) -> Circumstances<'_> {
        Circumstances { definition: &self.definition, revoke: self.revoke, now }
    }
    /// The campaign whose cap a redemption is charged to, if it has one.
    pub fn capped(&self) -> Option<&CampaignId> {
        self.definition.caps.redeemed.is_some().then_some(&self.id)
    }
}

pub struct Campaigns {
    store: Store,
    kept: Mutex<HashMap<CampaignId, Arc<Offered>>>,
}

impl Campaigns {
    pub fn new(store: Store) -> Self {
        Self { store, kept: Mutex::default() }
    }

    pub async fn offered(&self, id: &CampaignId) -> Result<Option<Arc<Offered>>, StoreError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.read_at.elapsed() < FRESH_FOR) {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some(standing) = self.store.campaign_state(id).await? else { return Ok(None) };
        let definition = match kept.filter(|kept| kept.number == standing.definition) {
            Some(kept) => Arc::clone(&kept.definition),
            None => match self.store.definition(id, standing.definition).await? {
                Some(definition) => Arc::new(definition),
                None => return Ok(None),
            },
        };
        let number = standing.definition;
        let offered =
            Arc::new(Offered { id: id.clone(), definition, revoke: standing.revoke, number, read_at: Instant::now() });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(id.clone(), Arc::clone(&offered));
        Ok(Some(offered))
    }
}
