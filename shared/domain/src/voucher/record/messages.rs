//! The messages about a voucher: which have gone out or may have, which were withheld, and what room a
//! voucher takes of the tenant's caps.

use jiff::Timestamp;

use super::{Voucher, VoucherStatus, WithheldMessage};
use crate::{
    campaign::{definition::Definition, redeeming::Revocation},
    kernel::channel::Channel,
    voucher::attempt::Attempt,
};

impl Voucher {
    /// Returns the time of the reminder of a voucher that is accepted now and can then be redeemed
    /// until `redeem_by`, if it comes before the reminder that was planned with the voucher, for
    /// the end of its acceptance. `None` means that the planned one is in time, or that accepted
    /// vouchers are not reminded of, or that the notice is longer than the time that is left.
    pub fn reminder_once_accepted(
        &self,
        definition: &Definition,
        redeem_by: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let reminder = definition.reminder.as_ref().filter(|reminder| reminder.to_accepted)?;
        let at = reminder.notice_time(redeem_by);
        let planned = reminder.notice_time(self.accept_by);
        // A reminder that was not planned, since its time had passed at the issue, is in nobody's way.
        let planned = Some(planned).filter(|planned| *planned > self.issued_at);
        (at > now && planned.is_none_or(|planned| at < planned)).then_some(at)
    }

    /// Returns the messages about the voucher that were withheld and not sent after all.
    pub fn withheld_messages(&self) -> impl Iterator<Item = (Channel, &WithheldMessage)> {
        let is_current = |(channel, withheld): &(Channel, &WithheldMessage)| {
            self.attempts.get(channel).is_none_or(|attempt| attempt.number < withheld.number)
        };
        self.withheld.iter().map(|(channel, withheld)| (*channel, withheld)).filter(is_current)
    }

    /// Returns true if the last message that the voucher was to have on this channel was withheld.
    pub fn is_withheld_on(&self, channel: Channel) -> bool {
        self.withheld_messages().any(|(it, _)| it == channel)
    }

    /// Returns the times of all messages about the voucher that have gone out or may have gone out,
    /// its reminder included. A held-out customer has those that they were spared: what is not sent
    /// to them takes the room that it would have taken, so that both sides of a holdout reach a cap
    /// at the same point.
    pub fn message_times(&self) -> impl Iterator<Item = Timestamp> {
        let spared = if self.status == VoucherStatus::Ghost {
            1 + usize::try_from(self.further_spared).unwrap_or(0)
        } else {
            0
        };
        let attempts = self.attempts.values().chain(&self.reminder);
        let sent = attempts.filter(|_| self.status.is_voucher()).flat_map(Attempt::message_times);
        sent.chain(std::iter::repeat_n(self.issued_at, spared))
    }

    /// Returns true if the voucher takes room of the cap on open offers: the customer can still use
    /// it, or could if they were not held out.
    pub fn takes_offer_room(&self, revoke: Revocation, now: Timestamp) -> bool {
        if self.status == VoucherStatus::Ghost {
            return now < self.accept_by && !revoke.covers(self.issued_at, false);
        }
        self.status_at(revoke, now).is_open()
    }

    /// Returns true if a later message about the voucher still makes sense.
    pub fn allows_messages(&self, revoke: Revocation, now: Timestamp) -> bool {
        self.status_at(revoke, now) == VoucherStatus::Issued
    }
}
