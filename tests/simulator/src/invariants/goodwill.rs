//! Checks what support does by hand: a voucher that is issued again was over and stays unused, and an
//! end only moves to a later time while the voucher is open.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    kernel::id::{Occurrence, VoucherId},
    voucher::record::{Voucher, VoucherStatus},
};

use super::{BrokenInvariant, Invariant, broken_invariant, voucher::is_extension};
use crate::table_items::{RecordKey, record_name};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the voucher that `new` replaces.
fn replaced<'a>(new: &Voucher, vouchers: &'a BTreeMap<RecordKey, Voucher>) -> Option<&'a Voucher> {
    vouchers.values().find(|old| {
        old.customer == new.customer
            && Occurrence::of_reissue(&old.id).is_some_and(|again| again == new.occurrence)
    })
}

/// Checks a voucher that has just been issued.
pub(super) fn check_issue(
    new: &Voucher,
    vouchers: &BTreeMap<RecordKey, Voucher>,
    revoke: Revocation,
    now: i64,
) -> Result<(), BrokenInvariant> {
    let Some(old) = replaced(new, vouchers) else { return Ok(()) };
    match old.status_at(revoke, at(now)) {
        VoucherStatus::Expired
        | VoucherStatus::Declined
        | VoucherStatus::Reversed
        | VoucherStatus::Revoked => Ok(()),
        status => {
            let what = format!("{} is {} and is issued again", record_name(old), status.as_str());
            broken_invariant(Invariant::GoodwillHolds, what)
        }
    }
}

/// Checks a change of a voucher. `began` is when the invocation began that wrote it.
pub(super) fn check_change(
    old: &Voucher,
    new: &Voucher,
    vouchers: &BTreeMap<RecordKey, Voucher>,
    began: i64,
) -> Result<(), BrokenInvariant> {
    let is_reissued = |id: &VoucherId| {
        let again = Occurrence::of_reissue(id);
        vouchers
            .values()
            .any(|it| it.customer == old.customer && Some(&it.occurrence) == again.as_ref())
    };
    let is_used = new.redemptions > old.redemptions
        || new.stages.accepted_at != old.stages.accepted_at
        || new.hold.is_some() && new.hold != old.hold;
    if (is_used || is_extension(old, new)) && is_reissued(&old.id) {
        let what = format!("{} was issued again and is used", record_name(old));
        return broken_invariant(Invariant::GoodwillHolds, what);
    }
    if !is_extension(old, new) {
        return Ok(());
    }
    let later = new.accept_by >= old.accept_by && new.redeem_by >= old.redeem_by;
    let was_open = old.status_at(Revocation::default(), at(began)).is_open();
    if later && was_open {
        return Ok(());
    }
    let what = format!(
        "{}: {:?} and {:?} became {:?} and {:?}",
        record_name(old),
        old.accept_by,
        old.redeem_by,
        new.accept_by,
        new.redeem_by
    );
    broken_invariant(Invariant::GoodwillHolds, what)
}
