//! Checks the contact policy: the cap on messages at each claim of one, on whichever channel, the cap
//! on open offers at each voucher, and quiet hours at each message that a provider accepted.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
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
        claimed: Option<Timestamp>,
    ) -> Result<(), BrokenInvariant> {
        if old.is_none() && new.status.is_voucher() {
            self.check_open_offers(new, new.issued_at.as_millisecond())?;
        }
        if let Some(at) = claimed {
            self.check_messages(new, at.as_millisecond())?;
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
        Ok(())
    }

    /// Checks the cap on messages when one more about `new` is claimed: on whichever channel, as a
    /// fallback, a repeat or a reminder. What support issues counts for others, and no cap limits it.
    fn check_messages(&self, new: &Voucher, at: i64) -> Result<(), BrokenInvariant> {
        let Some((most, days)) = self.contact_policy.frequency else {
            return Ok(());
        };
        if new.occurrence.is_goodwill() {
            return Ok(());
        }
        let since = at - i64::from(days) * 86_400_000 + SKEW;
        let count = self.messages.count_since(&new.customer, since);
        if count > most as usize {
            let what = format!(
                "{} gets message {count} in {days} days, allowed are {most}",
                record_name(new)
            );
            return broken_invariant(Invariant::ContactCapsHold, what);
        }
        Ok(())
    }

    /// Checks the cap on open offers, with `new` itself counted. It counts vouchers, however many
    /// messages each has.
    fn check_open_offers(&self, new: &Voucher, at: i64) -> Result<(), BrokenInvariant> {
        let Some(most) = self.contact_policy.open_offers else {
            return Ok(());
        };
        if new.occurrence.is_goodwill() {
            return Ok(());
        }
        let others =
            self.vouchers.values().filter(|it| it.customer == new.customer && it.id != new.id);
        let theirs = others.chain([new]).filter(|it| it.status.is_voucher());
        let now = Timestamp::from_millisecond(at + SKEW).unwrap_or(new.issued_at);
        let open = |it: &&Voucher| {
            matches!(
                it.status_at(self.revoke, now),
                VoucherStatus::Issued | VoucherStatus::Accepted
            )
        };
        let count = theirs.filter(open).count();
        if count > most as usize {
            return broken_invariant(
                Invariant::ContactCapsHold,
                format!("{} is open offer {count} of {most}", record_name(new)),
            );
        }
        Ok(())
    }
}

/// Identifies one attempt at a message: the voucher, its channel or the reminder, and the number.
type MessageKey = (VoucherId, Option<Channel>, u32);

/// Every message that was claimed and is not known to have stayed. It remembers each attempt, also
/// after a later one has replaced it on the record.
#[derive(Debug, Default)]
pub(super) struct MessageTracker {
    claimed: BTreeMap<CustomerId, BTreeMap<MessageKey, Timestamp>>,
}

impl MessageTracker {
    /// Takes in the present state of a record. Returns when a message was claimed that is new, if
    /// one was.
    pub(super) fn track(&mut self, record: &Voucher) -> Option<Timestamp> {
        let offers = record.attempts.values().map(|attempt| (Some(attempt.channel), attempt));
        let reminder = record.reminder.iter().map(|attempt| (None, attempt));
        let claimed = self.claimed.entry(record.customer.clone()).or_default();
        let mut found = None;
        for (channel, attempt) in offers.chain(reminder) {
            let key = (record.id.clone(), channel, attempt.number);
            match attempt.state {
                AttemptState::Claimed => {
                    if claimed.insert(key, attempt.at).is_none() {
                        found = Some(attempt.at);
                    }
                }
                // The provider said no at the call, or was not called.
                AttemptState::Throttled => {
                    claimed.remove(&key);
                }
                AttemptState::Failed if attempt.provider_id.is_none() && !attempt.has_event => {
                    claimed.remove(&key);
                }
                AttemptState::Failed
                | AttemptState::Sent
                | AttemptState::Delivered
                | AttemptState::Bounced
                | AttemptState::Complained
                | AttemptState::Unknown => {}
            }
        }
        found
    }

    fn count_since(&self, customer: &CustomerId, since: i64) -> usize {
        let theirs = self.claimed.get(customer).into_iter().flat_map(BTreeMap::values);
        theirs.filter(|at| at.as_millisecond() > since).count()
    }
}
