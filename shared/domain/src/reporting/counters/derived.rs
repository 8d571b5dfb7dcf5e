//! Derives the counters that move during a voucher's life: the exposure by its state, the side of
//! the holdout and the customer's spend, the time that each stage took, and the results of the
//! attempts.

use jiff::{SignedDuration, Timestamp};

use super::{
    ArmCounter, ComparisonArm, Counter, DeltaBuilder, FaultReason, OpenStage, TimedStage,
    VariantCounter,
};
use crate::{
    kernel::channel::Channel,
    reporting::log_bucket::log_bucket,
    voucher::{
        attempt::{Attempt, AttemptState},
        attribution::is_measured,
        record::{AttributedOrders, Voucher, VoucherStatus},
    },
};

/// Days until redemption that have a counter each; later ones are counted by the week.
const SINGLE_DAYS: i64 = 14;

pub(super) fn add_derived(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    if voucher.status.is_voucher() {
        add_exposure(voucher, fold);
        add_durations(voucher, fold);
        for attempt in voucher.attempts.values().chain(&voucher.reminder) {
            add_attempt(attempt, fold);
        }
    }
    if is_measured(voucher) {
        add_comparison(voucher, fold);
    }
}

/// Counts the exposure: open on the day of its end, or released on the day it was given back. The
/// rest was spent, and counts as `discount`.
///
/// A voucher that expires is not written again, so a reader treats what is open on a past day as
/// released.
fn add_exposure(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let all = voucher.exposure.units();
    let kept = voucher.redemption.as_ref().map_or(0, |it| it.discount.minus(it.returned).units());
    match voucher.status {
        VoucherStatus::Issued => {
            fold.add_counter(voucher.accept_by, Counter::Open(OpenStage::Issued), all)
        }
        VoucherStatus::Accepted => fold.add_counter(
            voucher.redeem_by.unwrap_or(voucher.accept_by),
            Counter::Open(OpenStage::Accepted),
            all - kept,
        ),
        VoucherStatus::Redeemed | VoucherStatus::Reversed => {
            fold.add_counter(
                voucher.redemption.as_ref().map_or(voucher.issued_at, |it| it.at),
                Counter::Released,
                all - kept,
            );
        }
        VoucherStatus::Declined => fold.add_counter(
            voucher.stages.declined_at.unwrap_or(voucher.issued_at),
            Counter::Released,
            all,
        ),
        VoucherStatus::Expired | VoucherStatus::Revoked => {
            fold.add_counter(voucher.accept_by, Counter::Released, all)
        }
        VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {}
    }
}

fn add_durations(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let stages = &voucher.stages;
    if let (Some(at), Some(channel)) = (stages.sent_at, voucher.sent_via) {
        add_duration(fold, TimedStage::Sent(channel), voucher.issued_at, at);
        if let Some(due) = voucher.due_at {
            add_duration(fold, TimedStage::Due(channel), due, at);
        }
    }
    if let (Some(sent), Some(at), Some(channel)) =
        (stages.sent_at, stages.delivered_at, voucher.delivered_via)
        && voucher.sent_via == Some(channel)
    {
        add_duration(fold, TimedStage::Delivered(channel), sent, at);
    }
    if let Some(at) = stages.accepted_at {
        add_duration(fold, TimedStage::Accepted, voucher.issued_at, at);
    }
    if let (Some(accepted), Some(at)) = (stages.accepted_at, stages.redeemed_at) {
        add_duration(fold, TimedStage::Redeemed, accepted, at);
        fold.add_counter(at, Counter::Age(redemption_age(voucher.issued_at, at)), 1);
    }
}

/// Counts a duration on the day it ended, by bucket of milliseconds. The clock of an event's sender
/// may be behind ours; a negative duration counts as none.
fn add_duration(fold: &mut DeltaBuilder<'_>, stage: TimedStage, from: Timestamp, until: Timestamp) {
    let milliseconds = until.duration_since(from).as_millis().max(1);
    let bucket = log_bucket(i64::try_from(milliseconds).unwrap_or(i64::MAX)).unwrap_or(0);
    fold.add_counter(until, Counter::Took(stage, bucket), 1);
}

/// Returns the whole days from issue to redemption; from two weeks on, the first day of the week.
pub fn redemption_age(issued_at: Timestamp, redeemed_at: Timestamp) -> u32 {
    let days = redeemed_at.duration_since(issued_at).max(SignedDuration::ZERO).as_hours() / 24;
    let first_day = if days < SINGLE_DAYS { days } else { days - days % 7 };
    u32::try_from(first_day).unwrap_or(u32::MAX)
}

/// Returns the number of days that the counter of an age covers.
pub fn age_width_days(age: i64) -> i64 {
    if age < SINGLE_DAYS { 1 } else { 7 }
}

/// Counts the latest attempt on a channel. A repeated attempt replaces the one before it, and its
/// number says how many there were.
fn add_attempt(attempt: &Attempt, fold: &mut DeltaBuilder<'_>) {
    let channel = attempt.channel;
    fold.add_counter(attempt.at, Counter::Attempts(channel), i64::from(attempt.number));
    fold.add_counter(attempt.at, Counter::AttemptsIn(channel, attempt.state), 1);
    if let Some(at) = attempt.fallback_at {
        fold.add_counter(at, Counter::Fallback(channel, attempt.state), 1);
    }
    match attempt.state {
        AttemptState::Failed | AttemptState::Throttled | AttemptState::Unknown => {
            let reason = FaultReason::of_attempt(attempt.reason.as_deref());
            fold.add_counter(attempt.at, Counter::Fault(channel, reason), 1);
        }
        AttemptState::Claimed
        | AttemptState::Sent
        | AttemptState::Delivered
        | AttemptState::Bounced
        | AttemptState::Complained => {}
    }
}

/// Counts the customer's orders and spend on the day of issue, whenever they ordered, so that the
/// customers selected on one day are compared. A voucher counts for its variant as well.
fn add_comparison(record: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let treated = record.status.is_voucher();
    let arm = if treated { ComparisonArm::Treated } else { ComparisonArm::HeldOut };
    add_arm(record, fold, |counter| arm.counter(counter));
    if let Some(variant) = record.variant.as_ref().filter(|_| treated) {
        let number = u32::from(variant.number);
        add_arm(record, fold, |counter| Counter::Variant(VariantCounter::Arm(counter), number));
        let in_force =
            record.redemption.as_ref().filter(|_| record.status == VoucherStatus::Redeemed);
        for (counter, by) in [
            (VariantCounter::Issued, 1),
            (VariantCounter::Exposure, record.exposure.units()),
            (VariantCounter::Accepted, i64::from(record.stages.accepted_at.is_some())),
            (VariantCounter::Redeemed, i64::from(in_force.is_some())),
            (VariantCounter::Revenue, in_force.map_or(0, |it| it.revenue.units())),
        ] {
            fold.add_counter(record.issued_at, Counter::Variant(counter, number), by);
        }
    }
}

fn add_arm(record: &Voucher, fold: &mut DeltaBuilder<'_>, counter: impl Fn(ArmCounter) -> Counter) {
    let at = record.issued_at;
    if record.is_repeat || record.occurrence.is_goodwill() {
        fold.add_counter(at, counter(ArmCounter::Repeats), 1);
    }
    let AttributedOrders { orders, spend } = record.outcome.unwrap_or_default();
    fold.add_counter(at, counter(ArmCounter::Orders), i64::from(orders));
    if let Some(bucket) = log_bucket(spend.units()) {
        fold.add_counter(at, counter(ArmCounter::Spenders(bucket)), 1);
        fold.add_counter(at, counter(ArmCounter::Spend(bucket)), spend.units());
    }
    if record.status.is_voucher() {
        let discount =
            record.redemption.as_ref().map_or(0, |it| it.discount.minus(it.returned).units());
        fold.add_counter(at, counter(ArmCounter::Discount), discount);
        for channel in Channel::ALL {
            let units = record.message_units.get(&channel).copied().unwrap_or(0);
            fold.add_counter(at, counter(ArmCounter::Units(channel)), i64::from(units));
        }
    }
}
