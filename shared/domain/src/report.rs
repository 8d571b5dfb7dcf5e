//! What a voucher counts for in the reports as it stands, and what one change of it adds: the one image's counts less the other's, so
//! that folding the stream and recounting the table cannot part. Late events count on the day they happened, in the tenant's zone.

pub mod period;
pub mod picture;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    campaign::Kind,
    channel::Channel,
    id::CampaignId,
    money::Currency,
    voucher::{Redemption, Status, Voucher},
};

/// The row that a change is added to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    pub campaign: CampaignId,
    pub kind: Kind,
    pub currency: Currency,
    pub day: Date,
}

/// Counter name to amount: `issued`, `sent.email`, `skipped.no_consent`, `revenue` (minor units), ...
pub type Counts = BTreeMap<String, i64>;

/// Counter names that carry a channel after a dot.
pub const PER_CHANNEL: [&str; 6] = ["sent", "delivered", "accepted", "redeemed", "messages", "units"];

pub type Delta = BTreeMap<Row, Counts>;

struct Fold<'a> {
    delta: Delta,
    voucher: &'a Voucher,
    zone: &'a TimeZone,
}

impl Fold<'_> {
    fn add(&mut self, at: Timestamp, counter: &str, by: i64) {
        if by == 0 {
            return;
        }
        let row = Row {
            campaign: self.voucher.campaign.clone(),
            kind: self.voucher.kind,
            currency: self.voucher.currency,
            day: at.to_zoned(self.zone.clone()).date(),
        };
        *self.delta.entry(row).or_default().entry(counter.to_owned()).or_default() += by;
    }

    fn add_on(&mut self, at: Timestamp, counter: &str, channel: Option<Channel>, by: i64) {
        self.add(at, counter, by);
        let channel = channel.map_or("none", Channel::as_str);
        self.add(at, &format!("{counter}.{channel}"), by);
    }

    fn stage(&mut self, counter: &str, reached: Option<Timestamp>, channel: Option<Channel>) {
        if let Some(at) = reached {
            self.add_on(at, counter, channel, 1);
        }
    }
}

/// What the step from `old` to `new` adds. Replaying a step is the caller's to prevent.
pub fn change(old: Option<&Voucher>, new: &Voucher, zone: &TimeZone) -> Delta {
    let mut delta = standing(new, zone);
    if let Some(old) = old {
        merge(&mut delta, standing(old, zone), -1);
    }
    delta.retain(|_, counts| {
        counts.retain(|_, by| *by != 0);
        !counts.is_empty()
    });
    delta
}

/// What a record counts for as it stands. Steps add up to where they lead, so the fold of a history is this of its end: whatever a
/// counter needs of what is overwritten has to be kept in the record.
pub fn standing(voucher: &Voucher, zone: &TimeZone) -> Delta {
    let mut fold = Fold { delta: Delta::new(), voucher, zone };
    made(voucher, &mut fold);
    fold.stage("sent", voucher.stages.sent_at, voucher.sent_via);
    fold.stage("delivered", voucher.stages.delivered_at, voucher.delivered_via);
    fold.stage("accepted", voucher.stages.accepted_at, voucher.accepted_via);
    if let Some(at) = voucher.stages.declined_at {
        fold.add(at, "declined", 1);
    }
    messages(voucher, &mut fold);
    money(voucher, &mut fold);
    picture::picture(voucher, &mut fold);
    fold.delta
}

/// Adds `from` so many times.
pub fn merge(into: &mut Delta, from: Delta, times: i64) {
    for (row, counts) in from {
        let sums = into.entry(row).or_default();
        for (name, by) in counts {
            *sums.entry(name).or_default() += times * by;
        }
    }
}

fn made(voucher: &Voucher, fold: &mut Fold<'_>) {
    let at = voucher.issued_at;
    match voucher.status {
        Status::Ghost => fold.add(at, "ghost", 1),
        Status::Failed => fold.add(at, "failed", 1),
        Status::Skipped => {
            fold.add(at, "skipped", 1);
            let reason = voucher.skip.map_or("unknown", |reason| reason.code());
            fold.add(at, &format!("skipped.{reason}"), 1);
        }
        Status::Issued
        | Status::Accepted
        | Status::Redeemed
        | Status::Reversed
        | Status::Declined
        | Status::Expired
        | Status::Revoked => {
            fold.add(at, "issued", 1);
            fold.add(at, "exposure", voucher.exposure.units());
        }
    }
}

/// What was paid for, on the day of the channel's last attempt, and of the reminder's. Only an SMS is more than one unit, and it is never
/// repeated.
fn messages(voucher: &Voucher, fold: &mut Fold<'_>) {
    let reminder = voucher.reminder.as_ref().filter(|reminder| reminder.provider_id.is_some());
    for (channel, units) in &voucher.message_units {
        let of_reminder = reminder.filter(|it| it.channel == *channel).map_or(0, |_| voucher.reminder_units);
        let units = units.saturating_sub(of_reminder);
        let at = voucher.attempts.get(channel).map_or(voucher.issued_at, |attempt| attempt.at);
        paid(fold, at, *channel, units);
    }
    if let Some(reminder) = reminder {
        fold.add_on(reminder.at, "reminded", Some(reminder.channel), 1);
        paid(fold, reminder.at, reminder.channel, voucher.reminder_units);
    }
    if voucher.undeliverable.is_some() {
        fold.add(voucher.issued_at, "undeliverable", 1);
    }
}

fn paid(fold: &mut Fold<'_>, at: Timestamp, channel: Channel, units: u32) {
    let messages = match channel {
        Channel::Sms => units.min(1),
        Channel::Email | Channel::Push => units,
    };
    fold.add(at, &format!("units.{channel}"), i64::from(units));
    fold.add(at, &format!("messages.{channel}"), i64::from(messages));
}

/// Revenue and discount are booked on the day of the redemption, and taken back on the same day, so that a day's total is what really
/// remains of it.
fn money(voucher: &Voucher, fold: &mut Fold<'_>) {
    let undone = &voucher.undone;
    for once in undone.iter().copied().chain(voucher.redemption.as_ref().map(Redemption::undone)) {
        fold.add_on(once.at, "redeemed", voucher.accepted_via, 1);
        fold.add(once.at, "revenue", once.revenue.units());
        fold.add(once.at, "discount", once.discount.units());
    }
    let of_last = usize::try_from(voucher.reversals).unwrap_or(usize::MAX).saturating_sub(undone.len());
    let reversed = undone.iter().map(|once| once.at);
    for at in reversed.chain(voucher.redemption.iter().map(|last| last.at).filter(|_| of_last > 0)) {
        fold.add(at, "reversed", 1);
    }
}

#[cfg(test)]
mod tests;
