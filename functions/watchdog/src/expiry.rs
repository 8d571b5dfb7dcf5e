//! Stamps vouchers that have ended unused, so that the app backend hears of the end when it
//! happens.
//!
//! A voucher stops working without this stamp: every route compares its end with the clock. Expiry
//! is one of the last steps of a round and works on a limited number of dispatches; the next round
//! does the rest.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    delivery::dispatch::{Dispatch, DispatchKey},
    kernel::id::{CampaignId, CustomerId, VoucherId},
    voucher::record::{Voucher, VoucherStatus},
};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use runtime::clock;
use store::{StoreError, conditional::Applied, voucher::records::VoucherKey};

use crate::{WatchdogContext, iterate::count_item};

/// Seconds that pass after a voucher's end before it is stamped. The clock of another function may
/// be behind, and that function would still accept the voucher.
const GRACE_SECONDS: i64 = 60;
/// Vouchers of one dispatch that are stamped concurrently.
const CONCURRENCY: usize = 16;
/// Dispatches whose vouchers are stamped at the same time.
const CONCURRENT_DISPATCHES: usize = 8;

/// Stamps the ended vouchers of all due dispatches and returns how many were stamped.
pub(crate) async fn stamp_expired(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let revoked = &RevocationCache::default();
    let before = clock::before(now, SignedDuration::from_secs(GRACE_SECONDS));
    let keys = context.store.due_expiries(before, context.expiries_at_once).await?;
    let stamps: Vec<_> = keys
        .iter()
        .map(|key| async move { (key, stamp_dispatch(context, key, before, now, revoked).await) })
        .collect();
    let mut stamping = stream::iter(stamps).buffered(CONCURRENT_DISPATCHES);
    let mut stamped = 0;
    while let Some((key, ended)) = stamping.next().await {
        match ended {
            Ok(ended) => stamped += ended,
            Err(error) if error.retryable() => return Err(error),
            // a dispatch that cannot be read does not block the others
            Err(error) => {
                tracing::error!(%error, dispatch = %key, "could not stamp expired vouchers")
            }
        }
    }
    Ok(stamped)
}

/// The revocation of each campaign, read once a round. Two dispatches at the same time may both
/// read it.
#[derive(Default)]
struct RevocationCache(Mutex<HashMap<CampaignId, Revocation>>);

impl RevocationCache {
    async fn read(
        &self,
        context: &WatchdogContext,
        campaign: &CampaignId,
    ) -> Result<Revocation, StoreError> {
        let known = self.lock().get(campaign).copied();
        if let Some(revoke) = known {
            return Ok(revoke);
        }
        let summary = context.store.campaign_summary(campaign).await?;
        let revoke = summary.map_or(Revocation::default(), |summary| summary.revoke);
        self.lock().insert(campaign.clone(), revoke);
        Ok(revoke)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CampaignId, Revocation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn stamp_dispatch(
    context: &WatchdogContext,
    key: &DispatchKey,
    before: Timestamp,
    now: Timestamp,
    revoked: &RevocationCache,
) -> Result<u64, StoreError> {
    let Some(dispatch) = context.store.dispatch(key).await? else {
        return Ok(0);
    };
    let revoke = revoked.read(context, &dispatch.campaign).await?;
    let keys: Vec<VoucherKey> =
        dispatch.customers.iter().map(|customer| voucher_key(&dispatch, customer)).collect();
    let vouchers = context.store.vouchers_by_keys(&keys).await?;
    let (ended, live): (Vec<&Voucher>, Vec<&Voucher>) = vouchers
        .iter()
        .filter(|it| unused_end(it, revoke).is_some())
        .partition(|it| unused_end(it, revoke) <= Some(before));
    let stamps = ended.into_iter().map(VoucherKey::from);
    let stamped = stream::iter(stamps)
        .map(|key| async move {
            let step = context.store.mark_expired(&key, now).await.map(|step| step == Applied::Yes);
            (key, step)
        })
        .buffer_unordered(CONCURRENCY)
        .collect::<Vec<_>>()
        .await;
    let failed = stamped.iter().any(|(_, step)| step.is_err());
    let stamped = stamped.into_iter().map(|(key, step)| count_item(step, &key.voucher)).sum();
    let next = live.iter().filter_map(|voucher| unused_end(voucher, revoke)).min();
    // the dispatch stays due until each of its ended vouchers is stamped
    if !failed {
        context.store.reschedule_expiry(key, next).await?;
    }
    Ok(stamped)
}

fn voucher_key(dispatch: &Dispatch, customer: &CustomerId) -> VoucherKey {
    let voucher = VoucherId::derive(&dispatch.campaign, customer, &dispatch.occurrence());
    VoucherKey { customer: customer.clone(), voucher }
}

/// Returns the time at which a voucher ends unused, or `None` if it no longer can. A redeemed
/// voucher can come back through a reversal until its end.
fn unused_end(voucher: &Voucher, revoke: Revocation) -> Option<Timestamp> {
    match voucher.status_at(revoke, Timestamp::MIN) {
        _ if voucher.stages.expired_at.is_some() => None,
        VoucherStatus::Issued => Some(voucher.accept_by),
        VoucherStatus::Accepted => voucher.redeem_by,
        // a cancelled order may give the voucher back until its end
        VoucherStatus::Redeemed => voucher.redeem_by.filter(|end| *end > clock::now()),
        VoucherStatus::Reversed
        | VoucherStatus::Declined
        | VoucherStatus::Expired
        | VoucherStatus::Revoked
        | VoucherStatus::Ghost
        | VoucherStatus::Skipped
        | VoucherStatus::Failed => None,
    }
}
