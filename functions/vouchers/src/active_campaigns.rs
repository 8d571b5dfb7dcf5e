//! Cache of the campaigns behind vouchers: the definition, which is frozen; and the switches that
//! operators have over issued vouchers (revocation, suspension of redeeming), which are reloaded
//! every two seconds, so that they take effect in seconds without a read per request.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::{
    Timestamp,
    campaign::{
        definition::{CampaignForms, Definition},
        redeeming::{RedeemingState, Revocation},
    },
    kernel::id::CampaignId,
    voucher::record::{Voucher, VoucherConditions},
};
use jiff::SignedDuration;
use runtime::{ProcessCache, clock};
use store::{Store, StoreError, campaign::campaigns::CampaignSummary};

/// The age up to which a campaign's switches are used without a reload.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(2);
/// The most campaigns cached in one process.
const MAX_CACHED: usize = 256;

#[derive(Debug)]
pub struct ActiveCampaign {
    pub id: CampaignId,
    forms: Arc<CampaignForms>,
    pub revoke: Revocation,
    pub redeeming: RedeemingState,
    definition_number: u64,
    read_at: Timestamp,
}

impl ActiveCampaign {
    fn new(summary: &CampaignSummary, forms: Arc<CampaignForms>, read_at: Timestamp) -> Self {
        Self {
            id: summary.id.clone(),
            forms,
            revoke: summary.revoke,
            redeeming: RedeemingState::of(summary.suspension.as_ref()),
            definition_number: summary.definition,
            read_at,
        }
    }

    /// Returns the terms of a voucher: those of its variant.
    pub fn definition_of(&self, voucher: &Voucher) -> &Definition {
        self.forms.of_variant(voucher.variant.as_ref())
    }

    /// Returns true if the campaign caps the amount that its vouchers may take.
    pub fn has_redeemed_cap(&self) -> bool {
        self.forms.definition.caps.redeemed.is_some()
    }

    pub fn circumstances(&self, voucher: &Voucher, now: Timestamp) -> VoucherConditions<'_> {
        VoucherConditions {
            definition: self.definition_of(voucher),
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
        Ok(self.active_campaigns(vec![id.clone()]).await?.remove(id))
    }

    /// Returns those of the campaigns that exist. What is not fresh is read in two requests at
    /// most: the summaries, and the definitions that have changed or were never read.
    pub async fn active_campaigns(
        &self,
        ids: Vec<CampaignId>,
    ) -> Result<BTreeMap<CampaignId, Arc<ActiveCampaign>>, StoreError> {
        // The time before the read: what an operator changes during it counts as not seen.
        let read_at = clock::now();
        let mut active = BTreeMap::new();
        let mut stale = Vec::new();
        for id in ids {
            match self.cached.find_value(&id).filter(|kept| kept.is_fresh(read_at)) {
                Some(kept) => drop(active.insert(id, kept)),
                None => stale.push(id),
            }
        }
        if stale.is_empty() {
            return Ok(active);
        }
        let (known, changed): (Vec<_>, Vec<_>) = self
            .store
            .campaign_summaries(stale.iter())
            .await?
            .into_values()
            .map(|summary| (self.known_forms(&summary), summary))
            .partition(|(forms, _)| forms.is_some());
        let changed: Vec<CampaignSummary> =
            changed.into_iter().map(|(_, summary)| summary).collect();
        let mut definitions = match changed.is_empty() {
            true => HashMap::new(),
            false => self.store.definitions(&changed).await?,
        };
        let read = changed.into_iter().map(|summary| {
            let definition = definitions.remove(&summary.id);
            (definition.map(|it| Arc::new(CampaignForms::new(it))), summary)
        });
        for (forms, summary) in known.into_iter().chain(read) {
            let Some(forms) = forms else { continue };
            let offered = Arc::new(ActiveCampaign::new(&summary, forms, read_at));
            self.cached.keep_value(summary.id.clone(), Arc::clone(&offered));
            active.insert(summary.id, offered);
        }
        Ok(active)
    }

    /// Returns the cached definition, in all its forms, if it is the one that the summary names.
    fn known_forms(&self, summary: &CampaignSummary) -> Option<Arc<CampaignForms>> {
        let kept = self.cached.find_value(&summary.id)?;
        (kept.definition_number == summary.definition).then(|| Arc::clone(&kept.forms))
    }
}
