//! Checks the contact policy: caps across offers and reminders at each claim as it is made, quiet
//! hours at each message that a provider accepted.

use domain::{
    kernel::channel::Channel,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{Voucher, VoucherStatus},
    },
};

use super::{BrokenInvariant, Invariant, ObservedState, broken_invariant};
use crate::table_items::{is_leased, record_name};

/// The most by which two clocks may differ, in milliseconds.
const SKEW: i64 = 2_000;

/// Checks that a voucher is stamped as expired only after its end.
fn check_expiry(old: Option<&Voucher>, new: &Voucher) -> Result<(), BrokenInvariant> {
    let (Some(old), Some(ended)) = (old, new.stages.expired_at) else {
        return Ok(());
    };
    if old.stages.expired_at.is_some() {
        return Ok(());
    }
    let end = match old.status {
        VoucherStatus::Issued => Some(old.accept_by),
        VoucherStatus::Accepted => old.redeem_by,
        _ => None,
    };
    if end.is_none_or(|end| ended.as_millisecond() + SKEW < end.as_millisecond()) {
        let what = format!(
            "{} is stamped as ended at {ended}, {} until {end:?}",
            record_name(new),
            old.status.as_str()
        );
        return broken_invariant(Invariant::ExpiredInTime, what);
    }
    Ok(())
}

impl ObservedState {
    pub(super) fn check_contact_policy(
        &self,
        old: Option<&Voucher>,
        new: &Voucher,
    ) -> Result<(), BrokenInvariant> {
        if old.is_none() && new.status.is_voucher() {
            self.check_contact_caps(new, new.issued_at.as_millisecond(), true)?;
        }
        check_expiry(old, new)?;
        let before = old.and_then(|old| old.reminder.as_ref());
        match &new.reminder {
            Some(reminder)
                if reminder.state == AttemptState::Claimed && before != Some(reminder) =>
            {
                self.check_reminder(old, new, reminder)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks quiet hours for a message that a provider accepted. Its claim holds the time at which
    /// its worker checked, by the worker's own clock.
    pub(super) fn check_quiet_hours(
        &self,
        voucher: &Voucher,
        channel: Channel,
        attempt: &Attempt,
    ) -> Result<(), BrokenInvariant> {
        let zones = self.zones.get(&voucher.customer).map(Vec::as_slice).unwrap_or_default();
        if zones.iter().all(|zone| {
            self.contact_policy.was_quiet(zone, channel, attempt.at, self.hours_changed_at)
        }) {
            let what =
                format!("{} is written to by {channel} at {}", record_name(voucher), attempt.at);
            return broken_invariant(Invariant::QuietHours, what);
        }
        Ok(())
    }

    fn check_reminder(
        &self,
        old: Option<&Voucher>,
        new: &Voucher,
        reminder: &Attempt,
    ) -> Result<(), BrokenInvariant> {
        let usable = match old.map_or(new.status, |old| old.status) {
            VoucherStatus::Issued => true,
            VoucherStatus::Accepted => self.contact_policy.reminder == Some(true),
            _ => false,
        };
        if !usable {
            let what =
                format!("{} is {}, and still reminded", record_name(new), new.status.as_str());
            return broken_invariant(Invariant::RemindedOnce, what);
        }
        if !is_leased(&self.memory, &(new.customer.clone(), new.occurrence.clone()), reminder, true)
        {
            return broken_invariant(
                Invariant::LiveLeases,
                format!("{} is reminded by who has not the dispatch", record_name(new)),
            );
        }
        self.check_contact_caps(new, reminder.at.as_millisecond(), false)
    }

    /// Checks the caps across offers, with `new` itself counted as an offer or as its reminder. What
    /// support issues counts for others, and no cap limits it.
    fn check_contact_caps(
        &self,
        new: &Voucher,
        at: i64,
        offer: bool,
    ) -> Result<(), BrokenInvariant> {
        if offer && new.occurrence.is_goodwill() {
            return Ok(());
        }
        let theirs = || {
            let others =
                self.vouchers.values().filter(|it| it.customer == new.customer && it.id != new.id);
            others.chain([new]).filter(|it| it.status.is_voucher())
        };
        if let Some((messages, days)) = self.contact_policy.frequency {
            let since = at - i64::from(days) * 86_400_000 + SKEW;
            let issued = theirs().map(|it| it.issued_at);
            let reminded = theirs().filter_map(|it| it.reminder.as_ref()).map(|it| it.at);
            let count = issued.chain(reminded).filter(|at| at.as_millisecond() > since).count();
            if count > messages as usize {
                let what = format!(
                    "{} is message {count} in {days} days, allowed are {messages}",
                    record_name(new)
                );
                return broken_invariant(Invariant::ContactCapsHold, what);
            }
        }
        if let (Some(most), true) = (self.contact_policy.open_offers, offer) {
            let now = domain::Timestamp::from_millisecond(at + SKEW).unwrap_or(new.issued_at);
            let open = |it: &&Voucher| {
                matches!(
                    it.status_at(self.revoke, now),
                    VoucherStatus::Issued | VoucherStatus::Accepted
                )
            };
            let count = theirs().filter(open).count();
            if count > most as usize {
                return broken_invariant(
                    Invariant::ContactCapsHold,
                    format!("{} is open offer {count} of {most}", record_name(new)),
                );
            }
        }
        Ok(())
    }
}
