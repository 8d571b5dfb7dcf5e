//! Cache of the campaigns behind vouchers: the definition, which is frozen; and the switches that
//! operators have over issued vouchers (revocation, suspension of redeeming), which are reloaded
//! every two seconds, so that they take effect in seconds without a read per request.

use std::sync::Arc;

use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        redeeming::{RedeemingState, Revocation},
    },
    kernel::id::CampaignId,
    voucher::record::VoucherConditions,
};
use jiff::SignedDuration;
use runtime::{ProcessCache, clock};
use store::{Store, StoreError};

/// The age up to which a campaign's switches are used without a reload.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(2);
/// The most campaigns cached in one process.
const MAX_CACHED: usize = 256;

#[derive(Debug)]
pub struct ActiveCampaign {
    pub id: CampaignId,
    pub definition: Arc<Definition>,
    pub revoke: Revocation,
    pub redeeming: RedeemingState,
    definition_number: u64,
    read_at: Timestamp,
}

impl ActiveCampaign {
    pub fn circumstances(&self, now: Timestamp) -> VoucherConditions<'_> {
        VoucherConditions {
            definition: &self.definition,
            revoke: self.revoke,
            redeeming: self.redeeming,
            now,
        }
    }
    /// Returns true if the switches are recent. A clock that was set back makes them old.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.read_at <= now && now.duration_since(self.read_at) < FRESH_FOR
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
        // The time before the read: what an operator changes during it counts as not seen.
        let read_at = clock::now();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(read_at)) {
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
            redeeming: RedeemingState::of(summary.suspension.as_ref()),
            definition_number: number,
            read_at,
        });
        self.cached.keep_value(id.clone(), Arc::clone(&offered));
        Ok(Some(offered))
    }
}
