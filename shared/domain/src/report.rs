//! What one change of a voucher adds to the reports: a pure comparison of its old and its new image, so that folding the stream
//! and recounting the table give the same numbers. Late events count on the day they happened, in the tenant's zone.

pub mod period;
pub mod picture;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    campaign::Kind,
    channel::Channel,
    delivery::Attempt,
    id::CampaignId,
    money::Currency,
    voucher::{Status, Voucher},
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
    new: &'a Voucher,
    zone: &'a TimeZone,
}

impl Fold<'_> {
    fn add(&mut self, at: Timestamp, counter: &str, by: i64) {
        if by == 0 {
            return;
        }
        let row = Row {
            campaign: self.new.campaign.clone(),
            kind: self.new.kind,
            currency: self.new.currency,
            day: at.to_zoned(self.zone.clone()).date(),
        };
        *self.delta.entry(row).or_default().entry(counter.to_owned()).or_default() += by;
    }

    fn add_on(&mut self, at: Timestamp, counter: &str, channel: Option<Channel>, by: i64) {
        self.add(at, counter, by);
        let channel = channel.map_or("none", Channel::as_str);
        self.add(at, &format!("{counter}.{channel}"), by);
    }

    fn stage(&mut self, counter: &str, old: Option<Timestamp>, new: Option<Timestamp>, channel: Option<Channel>) {
        if let (None, Some(at)) = (old, new) {
            self.add_on(at, counter, channel, 1);
        }
    }
}

/// What the step from `old` to `new` adds. Replaying a step is the caller's to prevent.
pub fn change(old: Option<&Voucher>, new: &Voucher, zone: &TimeZone) -> Delta {
    let mut fold = Fold { delta: Delta::new(), new, zone };
    if old.is_none() {
        match new.status {
            Status::Ghost => fold.add(new.issued_at, "ghost", 1),
            Status::Failed => fold.add(new.issued_at, "failed", 1),
            Status::Skipped => {
                fold.add(new.issued_at, "skipped", 1);
                let reason = new.skip.map_or("unknown", |reason| reason.code());
                fold.add(new.issued_at, &format!("skipped.{reason}"), 1);
            }
            Status::Issued
            | Status::Accepted
            | Status::Redeemed
            | Status::Reversed
            | Status::Declined
            | Status::Expired
            | Status::Revoked => {
                fold.add(new.issued_at, "issued", 1);
                fold.add(new.issued_at, "exposure", new.exposure.units());
            }
        }
    }
    let before = old.map(|voucher| voucher.stages).unwrap_or_default();
    fold.stage("sent", before.sent_at, new.stages.sent_at, new.sent_via);
    fold.stage("delivered", before.delivered_at, new.stages.delivered_at, new.delivered_via);
    fold.stage("accepted", before.accepted_at, new.stages.accepted_at, new.accepted_via);
    if let (None, Some(at)) = (before.declined_at, new.stages.declined_at) {
        fold.add(at, "declined", 1);
    }
    messages(old, new, &mut fold);
    money(old, new, &mut fold);
    let mut delta = fold.delta;
    merge(&mut delta, picture::picture(new, zone), 1);
    if let Some(old) = old {
        merge(&mut delta, picture::picture(old, zone), -1);
    }
    delta.retain(|_, counts| {
        counts.retain(|_, by| *by != 0);
        !counts.is_empty()
    });
    delta
}

fn merge(into: &mut Delta, from: Delta, times: i64) {
    for (row, counts) in from {
        let sums = into.entry(row).or_default();
        for (name, by) in counts {
            *sums.entry(name).or_default() += times * by;
        }
    }
}

fn messages(old: Option<&Voucher>, new: &Voucher, fold: &mut Fold<'_>) {
    for (channel, units) in &new.message_units {
        let before = old.and_then(|voucher| voucher.message_units.get(channel)).copied().unwrap_or(0);
        let reminder = reminded(old, new).filter(|reminder| reminder.channel == *channel);
        let at = reminder.or(new.attempts.get(channel)).map_or(new.issued_at, |attempt| attempt.at);
        fold.add(at, &format!("units.{channel}"), i64::from(*units) - i64::from(before));
        fold.add(at, &format!("messages.{channel}"), i64::from(*units > before));
    }
    if let Some(reminder) = reminded(old, new) {
        fold.add_on(reminder.at, "reminded", Some(reminder.channel), 1);
    }
    let undeliverable_before = old.is_some_and(|voucher| voucher.undeliverable.is_some());
    if new.undeliverable.is_some() && !undeliverable_before {
        fold.add(new.issued_at, "undeliverable", 1);
    }
}

/// The reminder, if this step sent it.
fn reminded<'a>(old: Option<&Voucher>, new: &'a Voucher) -> Option<&'a Attempt> {
    let before =
        old.and_then(|voucher| voucher.reminder.as_ref()).is_some_and(|reminder| reminder.provider_id.is_some());
    new.reminder.as_ref().filter(|reminder| reminder.provider_id.is_some() && !before)
}

/// Redemptions and reversals: revenue and discount are booked on the day of the redemption, and taken back on the same day, so
/// that a day's total is what really remains of it.
fn money(old: Option<&Voucher>, new: &Voucher, fold: &mut Fold<'_>) {
    let (redemptions, reversals) = old.map_or((0, 0), |voucher| (voucher.redemptions, voucher.reversals));
    let Some(redemption) = &new.redemption else { return };
    let at = redemption.at;
    let new_redemption = new.redemptions > redemptions;
    if new_redemption {
        fold.add_on(at, "redeemed", new.accepted_via, 1);
        fold.add(at, "revenue", redemption.revenue.units());
        fold.add(at, "discount", redemption.discount.units());
    }
    if new.reversals > reversals {
        fold.add(at, "reversed", 1);
    }
    let before = old.and_then(|voucher| voucher.redemption.as_ref()).filter(|_| !new_redemption);
    let (returned, refunded) = before.map_or((0, 0), |old| (old.returned.units(), old.refunded.units()));
    fold.add(at, "discount", returned - redemption.returned.units());
    fold.add(at, "revenue", refunded - redemption.refunded.units());
}

#[cfg(test)]
mod tests;
