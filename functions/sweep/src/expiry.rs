//! Vouchers whose time is over: whoever has not used theirs is stamped, so that the app hears of it when it happens.
//! That a voucher no longer works does not hang on this: every route asks the clock. Last in the round, and so many dispatches at most:
//! what is left is done by the next one.

use std::collections::HashMap;

use domain::{
    Timestamp,
    campaign::Revoke,
    dispatch::{Dispatch, DispatchKey},
    id::{CampaignId, CustomerId, VoucherId},
    voucher::{Status, Voucher},
};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use store::{
    StoreError,
    vouchers::{Step, VoucherKey},
};

use crate::handler::{Context, counted};

/// Seconds after a voucher's end: another function's clock may be behind, and would still let it be used.
const GRACE_SECONDS: i64 = 60;
/// Vouchers of a dispatch in work at once.
const AT_ONCE: usize = 16;

/// How many vouchers were stamped.
pub(crate) async fn expire(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut revoked: HashMap<CampaignId, Revoke> = HashMap::new();
    let before = now.checked_sub(SignedDuration::from_secs(GRACE_SECONDS)).unwrap_or(now);
    let mut stamped = 0;
    for key in context.store.due_expiries(before, context.expiries_at_once).await? {
        match end_those_of(context, &key, before, now, &mut revoked).await {
            Ok(ended) => stamped += ended,
            Err(error) if error.retryable() => return Err(error),
            // one that cannot be read holds up no other
            Err(error) => tracing::error!(%error, dispatch = %key, "its vouchers' ends cannot be stamped"),
        }
    }
    Ok(stamped)
}

async fn end_those_of(
    context: &Context,
    key: &DispatchKey,
    before: Timestamp,
    now: Timestamp,
    revoked: &mut HashMap<CampaignId, Revoke>,
) -> Result<u64, StoreError> {
    let Some(dispatch) = context.store.dispatch(key).await? else { return Ok(0) };
    let revoke = match revoked.get(&dispatch.campaign) {
        Some(revoke) => *revoke,
        None => {
            let standing = context.store.campaign_state(&dispatch.campaign).await?;
            *revoked
                .entry(dispatch.campaign.clone())
                .or_insert(standing.map_or(Revoke::None, |standing| standing.revoke))
        }
    };
    let keys: Vec<VoucherKey> = dispatch.customers.iter().map(|customer| voucher_key(&dispatch, customer)).collect();
    let vouchers = context.store.vouchers_at(&keys).await?;
    let (ended, live): (Vec<&Voucher>, Vec<&Voucher>) =
        vouchers.iter().filter(|it| end(it, revoke).is_some()).partition(|it| end(it, revoke) <= Some(before));
    let stamps = ended.into_iter().map(VoucherKey::from);
    let stamped = stream::iter(stamps)
        .map(|key| async move {
            let step = context.store.mark_expired(&key, now).await.map(|step| step == Step::Taken);
            (key, step)
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let failed = stamped.iter().any(|(_, step)| step.is_err());
    let stamped = stamped.into_iter().map(|(key, step)| counted(step, &key.voucher)).sum();
    let next = live.iter().filter_map(|voucher| end(voucher, revoke)).min();
    // it stays due until each of its vouchers has its stamp
    if !failed {
        context.store.move_expiry(key, next).await?;
    }
    Ok(stamped)
}

fn voucher_key(dispatch: &Dispatch, customer: &CustomerId) -> VoucherKey {
    let voucher = VoucherId::derive(&dispatch.campaign, customer, &dispatch.occurrence());
    VoucherKey { customer: customer.clone(), voucher }
}

/// When a voucher ends that may still do so unused. A redeemed one may come back by a reversal until then.
fn end(voucher: &Voucher, revoke: Revoke) -> Option<Timestamp> {
    match voucher.status_at(revoke, Timestamp::MIN) {
        _ if voucher.stages.expired_at.is_some() => None,
        Status::Issued => Some(voucher.accept_by),
        Status::Accepted => voucher.redeem_by,
        // until its end a cancelled order may give it back
        Status::Redeemed => voucher.redeem_by.filter(|end| *end > runtime::clock::now()),
        Status::Reversed
        | Status::Declined
        | Status::Expired
        | Status::Revoked
        | Status::Ghost
        | Status::Skipped
        | Status::Failed => None,
    }
}
