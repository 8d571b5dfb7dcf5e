//! Cache of the campaigns behind vouchers: the definition, which is frozen; and the cancellation's
//! revoke scope, which is reloaded every two seconds, so that revoking takes effect in seconds
//! without a read per request.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Timestamp,
    campaign::{definition::Definition, lifecycle::RevokeScope},
    kernel::id::CampaignId,
    voucher::record::VoucherConditions,
};
use runtime::ProcessCache;
use store::{Store, StoreError};

/// The age up to which a campaign's state is used without a reload.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// The most campaigns cached in one process.
const MAX_CACHED: usize = 256;

#[derive(Debug)]
pub struct ActiveCampaign {
    pub id: CampaignId,
    pub definition: Arc<Definition>,
    pub revoke: RevokeScope,
    definition_number: u64,
    read_at: Instant,
}

impl ActiveCampaign {
    pub fn circumstances(&self, now: Timestamp) -> VoucherConditions<'_> {
        VoucherConditions { definition: &self.definition, revoke: self.revoke, now }
    }
}

pub struct ActiveCampaigns {
    store: Store,
    cached: ProcessCache<CampaignId, Arc<ActiveCampaign>, MAX_CACHED>,
}

impl ActiveCampaigns {
    pub fn new(store: Store) -> Self {
        Self { store, cached: ProcessCache::default() }
    }

    pub async fn active_campaign(
        &self,
        id: &CampaignId,
    ) -> Result<Option<Arc<ActiveCampaign>>, StoreError> {
        let kept = self.cached.find_value(id);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.read_at.elapsed() < FRESH_FOR) {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some(summary) = self.store.campaign_summary(id).await? else {
            return Ok(None);
        };
        let definition = match kept.filter(|kept| kept.definition_number == summary.definition) {
            Some(kept) => Arc::clone(&kept.definition),
            None => match self.store.definition(id, summary.definition).await? {
                Some(definition) => Arc::new(definition),
                None => return Ok(None),
            },
        };
        let number = summary.definition;
        let offered = Arc::new(ActiveCampaign {
            id: id.clone(),
            definition,
            revoke: summary.revoke,
            definition_number: number,
            read_at: Instant::now(),
        });
        self.cached.keep_value(id.clone(), Arc::clone(&offered));
        Ok(Some(offered))
    }
}
