//! Checks what support does by hand: a voucher that is issued again was over and stays unused, an end
//! only moves to a later time while the voucher is open, and nobody gives or gets more than the tenant
//! allows.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    kernel::id::{Occurrence, VoucherId},
    voucher::{
        goodwill::CUSTOMER_DAYS,
        record::{Voucher, VoucherStatus},
    },
};

use super::{BrokenInvariant, Invariant, broken_invariant, voucher::is_extension};
use crate::{
    support::{MOST_PER_CUSTOMER, MOST_PER_DAY},
    table_items::{RecordKey, record_name},
};

/// A day, in milliseconds.
const DAY: i64 = 24 * 3_600 * 1_000;

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
    check_limits(new, vouchers)?;
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

/// Checks that support, who is one operator, and the customer get no more than the tenant allows.
fn check_limits(
    new: &Voucher,
    vouchers: &BTreeMap<RecordKey, Voucher>,
) -> Result<(), BrokenInvariant> {
    if !new.occurrence.is_goodwill() {
        return Ok(());
    }
    let others = || vouchers.values().filter(|it| it.occurrence.is_goodwill());
    let day = |voucher: &Voucher| voucher.issued_at.as_millisecond().div_euclid(DAY);
    let on_day = 1 + others().filter(|it| day(it) == day(new)).count();
    let since = new.issued_at.as_millisecond() - CUSTOMER_DAYS * DAY;
    let theirs =
        others().filter(|it| it.customer == new.customer && it.issued_at.as_millisecond() > since);
    let theirs = 1 + theirs.count();
    if on_day > MOST_PER_DAY as usize || theirs > MOST_PER_CUSTOMER as usize {
        let what = format!(
            "{} is number {on_day} of the day and number {theirs} of the customer",
            record_name(new)
        );
        return broken_invariant(Invariant::GoodwillHolds, what);
    }
    Ok(())
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
