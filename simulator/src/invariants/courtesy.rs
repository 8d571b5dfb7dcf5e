//! Checks the contact policy: caps across offers and reminders at each claim as it is made, quiet
//! hours at each message that a provider accepted.

use domain::{
    channel::Channel,
    delivery::{Attempt, AttemptState},
    voucher::{Status, Voucher},
};

use super::{Broken, Invariant, View, broken};
use crate::records::{is_in_hand, name};

/// The most by which two clocks may differ, in milliseconds.
const SKEW: i64 = 2_000;

/// Checks that a voucher is stamped as expired only after its end.
fn ended_in_time(old: Option<&Voucher>, new: &Voucher) -> Result<(), Broken> {
    let (Some(old), Some(ended)) = (old, new.stages.expired_at) else { return Ok(()) };
    if old.stages.expired_at.is_some() {
        return Ok(());
    }
    let end = match old.status {
        Status::Issued => Some(old.accept_by),
        Status::Accepted => old.redeem_by,
        _ => None,
    };
    if end.is_none_or(|end| ended.as_millisecond() + SKEW < end.as_millisecond()) {
        let what = format!("{} is stamped as ended at {ended}, {} until {end:?}", name(new), old.status.as_str());
        return broken(Invariant::EndedInTime, what);
    }
    Ok(())
}

impl View {
    pub(super) fn courteous(&self, old: Option<&Voucher>, new: &Voucher) -> Result<(), Broken> {
        if old.is_none() && new.status.is_voucher() {
            self.pressure(new, new.issued_at.as_millisecond(), true)?;
        }
        ended_in_time(old, new)?;
        let before = old.and_then(|old| old.reminder.as_ref());
        match &new.reminder {
            Some(reminder) if reminder.state == AttemptState::Claimed && before != Some(reminder) => {
                self.reminder(old, new, reminder)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks quiet hours for a message that a provider accepted. Its claim holds the time at which
    /// its worker checked, by the worker's own clock.
    pub(super) fn hour(&self, voucher: &Voucher, channel: Channel, attempt: &Attempt) -> Result<(), Broken> {
        let zones = self.zones.get(&voucher.customer).map(Vec::as_slice).unwrap_or_default();
        if zones.iter().all(|zone| self.courtesy.is_quiet(zone, channel, attempt.at)) {
            let what = format!("{} is written to by {channel} at {}", name(voucher), attempt.at);
            return broken(Invariant::QuietHours, what);
        }
        Ok(())
    }

    fn reminder(&self, old: Option<&Voucher>, new: &Voucher, reminder: &Attempt) -> Result<(), Broken> {
        let usable = match old.map_or(new.status, |old| old.status) {
            Status::Issued => true,
            Status::Accepted => self.courtesy.reminder == Some(true),
            _ => false,
        };
        if !usable {
            let what = format!("{} is {}, and still reminded", name(new), new.status.as_str());
            return broken(Invariant::RemindedOnce, what);
        }
        if !is_in_hand(&self.memory, &(new.customer.clone(), new.occurrence.clone()), reminder, true) {
            return broken(Invariant::LiveLeases, format!("{} is reminded by who has not the dispatch", name(new)));
        }
        self.pressure(new, reminder.at.as_millisecond(), false)
    }

    /// Checks the caps across offers, with `new` itself counted as an offer or as its reminder.
    fn pressure(&self, new: &Voucher, at: i64, offer: bool) -> Result<(), Broken> {
        let theirs = || {
            let others = self.vouchers.values().filter(|it| it.customer == new.customer && it.id != new.id);
            others.chain([new]).filter(|it| it.status.is_voucher())
        };
        if let Some((messages, days)) = self.courtesy.frequency {
            let since = at - i64::from(days) * 86_400_000 + SKEW;
            let issued = theirs().map(|it| it.issued_at);
            let reminded = theirs().filter_map(|it| it.reminder.as_ref()).map(|it| it.at);
            let count = issued.chain(reminded).filter(|at| at.as_millisecond() > since).count();
            if count > messages as usize {
                let what = format!("{} is message {count} in {days} days, allowed are {messages}", name(new));
                return broken(Invariant::PressureHolds, what);
            }
        }
        if let (Some(most), true) = (self.courtesy.open_offers, offer) {
            let now = domain::Timestamp::from_millisecond(at + SKEW).unwrap_or(new.issued_at);
            let open = |it: &&Voucher| matches!(it.status_at(self.revoke, now), Status::Issued | Status::Accepted);
            let count = theirs().filter(open).count();
            if count > most as usize {
                return broken(Invariant::PressureHolds, format!("{} is open offer {count} of {most}", name(new)));
            }
        }
        Ok(())
    }
}
