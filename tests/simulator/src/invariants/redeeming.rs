//! Checks that what an operator has stopped stays stopped: no voucher is held or redeemed while
//! redeeming is suspended, and none that is revoked is accepted, held or redeemed. Excepted is the
//! redemption of a checkout that holds the voucher. And that no customer gets a voucher that could
//! never be redeemed, because it is in another currency than theirs.
//!
//! An invocation may act on the campaign as it was a moment before the invocation began, since the
//! vouchers function reads it again every two seconds.

use domain::{
    campaign::redeeming::Revocation,
    kernel::money::Currency,
    voucher::{
        record::{RecordKind, Voucher},
        skip_reason::SkipReason,
    },
};

use super::{BrokenInvariant, EffectSource, Invariant, broken_invariant};
use crate::table_items::record_name;

/// The time in milliseconds after which a switch is in force: the age of a cached campaign, and
/// twice the clock error of a process.
const IN_FORCE_MS: i64 = 2_000 + 2_000;

/// The switches of the campaign as they were seen, each with its time in milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct SwitchTracker {
    /// The time since which redeeming is suspended.
    suspended_since: Option<i64>,
    /// Every revocation that was in force, with the time since which it was.
    revocations: Vec<(i64, Revocation)>,
}

impl SwitchTracker {
    /// Records the campaign's switches as they are now.
    pub(super) fn record_campaign(&mut self, now: i64, is_suspended: bool, revoked: Revocation) {
        self.suspended_since = is_suspended.then(|| self.suspended_since.unwrap_or(now));
        if self.revocations.last().is_none_or(|(_, before)| *before != revoked) {
            self.revocations.push((now, revoked));
        }
    }

    pub(super) fn check_change(
        &self,
        doer: EffectSource,
        old: &Voucher,
        new: &Voucher,
    ) -> Result<(), BrokenInvariant> {
        let redeemed = new.redemptions > old.redemptions;
        let in_checkout = redeemed
            && old
                .hold
                .as_ref()
                .zip(new.redemption.as_ref())
                .is_some_and(|(hold, redemption)| redemption.at < hold.until);
        let held = new.hold.is_some() && new.hold != old.hold;
        let accepted = new.stages.accepted_at.is_some() && old.stages.accepted_at.is_none();
        let used = held || redeemed && !in_checkout;
        let in_force = |since: i64| doer.began > since + IN_FORCE_MS;
        if used && self.suspended_since.is_some_and(in_force) {
            let what = format!("{} was used while redeeming was suspended", record_name(new));
            return broken_invariant(Invariant::StoppedIsNotUsed, what);
        }
        let is_accepted = old.stages.accepted_at.is_some();
        let revoked = |(since, revoked): &(i64, Revocation)| {
            in_force(*since) && revoked.covers(old.issued_at, is_accepted)
        };
        if (used || accepted) && self.revocations.iter().any(revoked) {
            let what = format!("{} was used after it was revoked", record_name(new));
            return broken_invariant(Invariant::StoppedIsNotUsed, what);
        }
        Ok(())
    }
}

/// Checks that a new record suits the currency in which the customer pays.
pub(super) fn check_currency(
    pays_in: Option<&Currency>,
    new: &Voucher,
) -> Result<(), BrokenInvariant> {
    let other = pays_in.is_some_and(|currency| *currency != new.currency);
    let offered = match new.status.record_kind() {
        RecordKind::Voucher | RecordKind::HeldOut => other,
        RecordKind::Skipped => !other && new.skip == Some(SkipReason::OtherCurrency),
        RecordKind::Failed => false,
    };
    if offered {
        let what = format!("{} pays in {pays_in:?}, and got {}", new.customer, record_name(new));
        return broken_invariant(Invariant::OffersCurrency, what);
    }
    Ok(())
}
