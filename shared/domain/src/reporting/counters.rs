//! Computes what a voucher contributes to the report counters, and what one change of it adds.
//!
//! A change adds the contribution of the new image less that of the old one, so the folded stream
//! and a recount of the table cannot diverge. Late events count on the day they happened, in the
//! tenant's zone.

pub mod period;
mod counter;
mod name_parts;
mod stored_names;
mod values;
pub mod derived;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    campaign::kind::CampaignKind,
    kernel::{channel::Channel, id::CampaignId, money::Currency},
    voucher::record::{RecordKind, Voucher},
};

pub use counter::{Counter, UnknownCounter};
pub use name_parts::{
    ArmCounter, ChannelScope, ComparisonArm, FaultReason, OpenStage, SkipScope, TimedStage,
    VariantCounter,
};
pub use values::CounterValues;

/// The report row to which a change is added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportRow {
    pub campaign: CampaignId,
    pub kind: CampaignKind,
    pub currency: Currency,
    pub day: Date,
}

pub type CounterDelta = BTreeMap<ReportRow, CounterValues>;

struct DeltaBuilder<'a> {
    delta: CounterDelta,
    voucher: &'a Voucher,
    zone: &'a TimeZone,
}

impl DeltaBuilder<'_> {
    fn add_counter(&mut self, at: Timestamp, counter: Counter, by: i64) {
        if by == 0 {
            return;
        }
        let row = ReportRow {
            campaign: self.voucher.campaign.clone(),
            kind: self.voucher.kind,
            currency: self.voucher.currency,
            day: at.to_zoned(self.zone.clone()).date(),
        };
        self.delta.entry(row).or_default().add(counter, by);
    }

    /// Counts in total and on the channel.
    fn add_by_channel(
        &mut self,
        at: Timestamp,
        counter: fn(ChannelScope) -> Counter,
        channel: Option<Channel>,
    ) {
        self.add_counter(at, counter(ChannelScope::All), 1);
        self.add_counter(at, counter(ChannelScope::of_channel(channel)), 1);
    }

    fn add_stage(
        &mut self,
        counter: fn(ChannelScope) -> Counter,
        reached: Option<Timestamp>,
        channel: Option<Channel>,
    ) {
        if let Some(at) = reached {
            self.add_by_channel(at, counter, channel);
        }
    }
}

/// Returns what the change from `old` to `new` adds to the counters. The caller has to make sure
/// that each change is added once.
pub fn contribution_change(old: Option<&Voucher>, new: &Voucher, zone: &TimeZone) -> CounterDelta {
    let mut delta = contribution(new, zone);
    if let Some(old) = old {
        merge_delta(&mut delta, contribution(old, zone), -1);
    }
    delta.retain(|_, counts| {
        counts.remove_zeros();
        !counts.is_empty()
    });
    delta
}

/// Returns the contribution of a record in its present state.
///
/// Changes telescope: their sum equals the contribution of the final state. A counter may therefore
/// only use data that stays on the record.
pub fn contribution(voucher: &Voucher, zone: &TimeZone) -> CounterDelta {
    let mut fold = DeltaBuilder { delta: CounterDelta::new(), voucher, zone };
    add_issue(voucher, &mut fold);
    fold.add_stage(Counter::Sent, voucher.stages.sent_at, voucher.sent_via);
    fold.add_stage(Counter::Delivered, voucher.stages.delivered_at, voucher.delivered_via);
    add_taps(voucher, &mut fold);
    fold.add_stage(Counter::Accepted, voucher.stages.accepted_at, voucher.accepted_via);
    if let Some(at) = voucher.stages.declined_at {
        fold.add_counter(at, Counter::Declined, 1);
    }
    add_messages(voucher, &mut fold);
    add_redemptions(voucher, &mut fold);
    add_refusals(voucher, &mut fold);
    derived::add_derived(voucher, &mut fold);
    fold.delta
}

/// Adds `from` to `into`, multiplied by `times`.
pub fn merge_delta(into: &mut CounterDelta, from: CounterDelta, times: i64) {
    for (row, counts) in from {
        let sums = into.entry(row).or_default();
        sums.extend(counts.into_iter().map(|(counter, by)| (counter, times * by)));
    }
}

fn add_issue(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let at = voucher.issued_at;
    match voucher.status.record_kind() {
        RecordKind::HeldOut => fold.add_counter(at, Counter::HeldOut, 1),
        RecordKind::Failed => fold.add_counter(at, Counter::Failed, 1),
        RecordKind::Skipped => {
            fold.add_counter(at, Counter::Skipped(SkipScope::All), 1);
            let reason = SkipScope::of_reason(voucher.skip);
            fold.add_counter(at, Counter::Skipped(reason), 1);
        }
        RecordKind::Voucher => {
            fold.add_counter(at, Counter::Issued, 1);
            fold.add_counter(at, Counter::Exposure, voucher.exposure.units());
        }
    }
}

/// Counts the first tap of a person, and the first on each channel: unlike another stage, a voucher
/// can be tapped on several.
fn add_taps(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    if let Some(first) = voucher.tapped_at() {
        fold.add_counter(first, Counter::Tapped(ChannelScope::All), 1);
    }
    for (channel, at) in &voucher.taps {
        fold.add_counter(*at, Counter::Tapped(ChannelScope::On(*channel)), 1);
    }
}

/// Counts the billed messages: on the day of the channel's last attempt, and for the reminder on
/// the reminder's day. Only an SMS has more than one unit, and an SMS is never repeated.
fn add_messages(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let reminder = voucher.reminder.as_ref().filter(|reminder| reminder.provider_id.is_some());
    for (channel, units) in &voucher.message_units {
        let of_reminder =
            reminder.filter(|it| it.channel == *channel).map_or(0, |_| voucher.reminder_units);
        let units = units.saturating_sub(of_reminder);
        let at = voucher.attempts.get(channel).map_or(voucher.issued_at, |attempt| attempt.at);
        add_billed_units(fold, at, *channel, units);
    }
    if let Some(reminder) = reminder {
        fold.add_by_channel(reminder.at, Counter::Reminded, Some(reminder.channel));
        add_billed_units(fold, reminder.at, reminder.channel, voucher.reminder_units);
    }
    for (channel, withheld) in voucher.withheld_messages() {
        fold.add_counter(withheld.at, Counter::Withheld(channel), 1);
    }
    if voucher.undeliverable.is_some() {
        fold.add_counter(voucher.issued_at, Counter::Undeliverable, 1);
    }
}

fn add_billed_units(fold: &mut DeltaBuilder<'_>, at: Timestamp, channel: Channel, units: u32) {
    let messages = match channel {
        Channel::Sms => units.min(1),
        Channel::Email | Channel::Push => units,
    };
    fold.add_counter(at, Counter::Units(channel), i64::from(units));
    fold.add_counter(at, Counter::Messages(channel), i64::from(messages));
}

/// Books revenue and discount on the day of the redemption, and takes them back on the same day, so
/// that a day's total is what remains of it.
fn add_redemptions(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let undone = &voucher.undone_redemptions;
    let last = voucher.redemption.as_ref();
    for at in undone.iter().copied().chain(last.map(|last| last.at)) {
        fold.add_by_channel(at, Counter::Redeemed, voucher.accepted_via);
    }
    if let Some(last) = last {
        fold.add_counter(last.at, Counter::Revenue, last.revenue.units());
        fold.add_counter(last.at, Counter::Discount, last.discount.minus(last.returned).units());
    }
    let of_last =
        usize::try_from(voucher.reversals).unwrap_or(usize::MAX).saturating_sub(undone.len());
    let reversed = undone.iter().copied();
    for at in reversed.chain(last.map(|last| last.at).filter(|_| of_last > 0)) {
        fold.add_counter(at, Counter::Reversed, 1);
    }
}

fn add_refusals(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    for (reason, refused) in &voucher.refusals {
        let count = i64::from(refused.count);
        fold.add_counter(refused.since, Counter::Refusals(*reason), count);
        fold.add_counter(refused.since, Counter::RefusedVouchers(*reason), count.min(1));
    }
}

#[cfg(test)]
mod tests;
