//! Derives the counters that move during a voucher's life: the exposure by its state, the side of
//! the holdout and the customer's spend, the time that each stage took, and the results of the
//! attempts.

use jiff::{SignedDuration, Timestamp};

use super::DeltaBuilder;
use crate::{
    kernel::channel::Channel,
    reporting::log_bucket::log_bucket,
    voucher::{
        attempt::{Attempt, AttemptState},
        attribution::is_measured,
        record::{AttributedOrders, Voucher, VoucherStatus},
    },
};

/// Prefixes of the counters that compare the two sides of one campaign, by day of issue. Sums of
/// them over several campaigns mean nothing.
pub const PER_CAMPAIGN_PREFIXES: [&str; 2] = ["treated.", "held."];
/// The longest reason in a counter name, in bytes. The store and the providers bound reasons
/// already, and this bounds them once more.
const MAX_REASON: usize = 40;
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
        VoucherStatus::Issued => fold.add_counter(voucher.accept_by, "open.issued", all),
        VoucherStatus::Accepted => fold.add_counter(
            voucher.redeem_by.unwrap_or(voucher.accept_by),
            "open.accepted",
            all - kept,
        ),
        VoucherStatus::Redeemed | VoucherStatus::Reversed => {
            fold.add_counter(
                voucher.redemption.as_ref().map_or(voucher.issued_at, |it| it.at),
                "released",
                all - kept,
            );
        }
        VoucherStatus::Declined => fold.add_counter(
            voucher.stages.declined_at.unwrap_or(voucher.issued_at),
            "released",
            all,
        ),
        VoucherStatus::Expired | VoucherStatus::Revoked => {
            fold.add_counter(voucher.accept_by, "released", all)
        }
        VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {}
    }
}

fn add_durations(voucher: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let stages = &voucher.stages;
    if let (Some(at), Some(channel)) = (stages.sent_at, voucher.sent_via) {
        add_duration(fold, &format!("took.sent.{channel}"), voucher.issued_at, at);
        if let Some(due) = voucher.due_at {
            add_duration(fold, &format!("took.due.{channel}"), due, at);
        }
    }
    if let (Some(sent), Some(at), Some(channel)) =
        (stages.sent_at, stages.delivered_at, voucher.delivered_via)
        && voucher.sent_via == Some(channel)
    {
        add_duration(fold, &format!("took.delivered.{channel}"), sent, at);
    }
    if let Some(at) = stages.accepted_at {
        add_duration(fold, "took.accepted", voucher.issued_at, at);
    }
    if let (Some(accepted), Some(at)) = (stages.accepted_at, stages.redeemed_at) {
        add_duration(fold, "took.redeemed", accepted, at);
        fold.add_counter(at, &format!("age.{}", redemption_age(voucher.issued_at, at)), 1);
    }
}

/// Counts a duration on the day it ended, by bucket of milliseconds. The clock of an event's sender
/// may be behind ours; a negative duration counts as none.
fn add_duration(fold: &mut DeltaBuilder<'_>, what: &str, from: Timestamp, until: Timestamp) {
    let milliseconds = until.duration_since(from).as_millis().max(1);
    let bucket = log_bucket(i64::try_from(milliseconds).unwrap_or(i64::MAX)).unwrap_or(0);
    fold.add_counter(until, &format!("{what}.{bucket}"), 1);
}

/// Returns the whole days from issue to redemption; from two weeks on, the first day of the week.
pub fn redemption_age(issued_at: Timestamp, redeemed_at: Timestamp) -> i64 {
    let days = redeemed_at.duration_since(issued_at).max(SignedDuration::ZERO).as_hours() / 24;
    if days < SINGLE_DAYS { days } else { days - days % 7 }
}

/// Returns the number of days that the counter of an age covers.
pub fn age_width_days(age: i64) -> i64 {
    if age < SINGLE_DAYS { 1 } else { 7 }
}

/// Counts the latest attempt on a channel. A repeated attempt replaces the one before it, and its
/// number says how many there were.
fn add_attempt(attempt: &Attempt, fold: &mut DeltaBuilder<'_>) {
    let channel = attempt.channel;
    fold.add_counter(attempt.at, &format!("attempts.{channel}"), i64::from(attempt.number));
    fold.add_counter(attempt.at, &format!("attempt.{channel}.{}", attempt.state.as_str()), 1);
    match attempt.state {
        AttemptState::Failed | AttemptState::Throttled | AttemptState::Unknown => {
            let reason =
                attempt.reason.as_deref().filter(|reason| is_code(reason)).unwrap_or("other");
            fold.add_counter(attempt.at, &format!("fault.{channel}.{reason}"), 1);
        }
        AttemptState::Claimed
        | AttemptState::Sent
        | AttemptState::Delivered
        | AttemptState::Bounced
        | AttemptState::Complained => {}
    }
}

fn is_code(reason: &str) -> bool {
    (1..=MAX_REASON).contains(&reason.len())
        && reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Counts the customer's orders and spend on the day of issue, whenever they ordered, so that the
/// customers selected on one day are compared.
fn add_comparison(record: &Voucher, fold: &mut DeltaBuilder<'_>) {
    let treated = record.status.is_voucher();
    let arm = if treated { "treated" } else { "held" };
    let at = record.issued_at;
    let AttributedOrders { orders, spend } = record.outcome.unwrap_or_default();
    fold.add_counter(at, &format!("{arm}.orders"), i64::from(orders));
    if let Some(bucket) = log_bucket(spend.units()) {
        fold.add_counter(at, &format!("{arm}.spenders.{bucket}"), 1);
        fold.add_counter(at, &format!("{arm}.spend.{bucket}"), spend.units());
    }
    if treated {
        let discount =
            record.redemption.as_ref().map_or(0, |it| it.discount.minus(it.returned).units());
        fold.add_counter(at, "treated.discount", discount);
        for channel in Channel::ALL {
            let units = record.message_units.get(&channel).copied().unwrap_or(0);
            fold.add_counter(at, &format!("treated.units.{channel}"), i64::from(units));
        }
    }
}
