//! What moves from counter to counter over a voucher's life: where its exposure stands, which side of the holdout it is on and what its
//! customer spent, how long its stages took, and what became of its attempts.

use jiff::{SignedDuration, Timestamp};

use super::Fold;
use crate::{
    attribution::{Outcome, is_measured},
    channel::Channel,
    delivery::{Attempt, AttemptState},
    effect::bucket,
    voucher::{Status, Voucher},
};

/// Counters of one campaign's comparison, by its days of issue. They mean nothing summed over campaigns.
pub const PER_CAMPAIGN: [&str; 2] = ["treated.", "held."];
/// Of a counter that carries a reason: what a store or a provider says is bounded, and this bounds it once more. Bytes.
const MAX_REASON: usize = 40;
/// Days until redemption that have a counter each; later ones count by the week.
const SINGLE_DAYS: i64 = 14;

pub(super) fn picture(voucher: &Voucher, fold: &mut Fold<'_>) {
    if voucher.status.is_voucher() {
        exposure(voucher, fold);
        durations(voucher, fold);
        for attempt in voucher.attempts.values().chain(&voucher.reminder) {
            tried(attempt, fold);
        }
    }
    if is_measured(voucher) {
        measured(voucher, fold);
    }
}

/// Of the exposure: open until the day of its end, or released on the day it was given back. What is neither was spent, and counts as
/// `discount`. A voucher that runs out is not written again: whoever reads the day of its end later knows that it is over.
fn exposure(voucher: &Voucher, fold: &mut Fold<'_>) {
    let all = voucher.exposure.units();
    let kept = voucher.redemption.as_ref().map_or(0, |it| it.discount.minus(it.returned).units());
    match voucher.status {
        Status::Issued => fold.add(voucher.accept_by, "open.issued", all),
        Status::Accepted => fold.add(voucher.redeem_by.unwrap_or(voucher.accept_by), "open.accepted", all - kept),
        Status::Redeemed | Status::Reversed => {
            fold.add(voucher.redemption.as_ref().map_or(voucher.issued_at, |it| it.at), "released", all - kept);
        }
        Status::Declined => fold.add(voucher.stages.declined_at.unwrap_or(voucher.issued_at), "released", all),
        Status::Expired | Status::Revoked => fold.add(voucher.accept_by, "released", all),
        Status::Ghost | Status::Skipped | Status::Failed => {}
    }
}

fn durations(voucher: &Voucher, fold: &mut Fold<'_>) {
    let stages = &voucher.stages;
    if let (Some(at), Some(channel)) = (stages.sent_at, voucher.sent_via) {
        took(fold, &format!("took.sent.{channel}"), voucher.issued_at, at);
        if let Some(due) = voucher.due_at {
            took(fold, &format!("took.due.{channel}"), due, at);
        }
    }
    if let (Some(sent), Some(at), Some(channel)) = (stages.sent_at, stages.delivered_at, voucher.delivered_via)
        && voucher.sent_via == Some(channel)
    {
        took(fold, &format!("took.delivered.{channel}"), sent, at);
    }
    if let Some(at) = stages.accepted_at {
        took(fold, "took.accepted", voucher.issued_at, at);
    }
    if let (Some(accepted), Some(at)) = (stages.accepted_at, stages.redeemed_at) {
        took(fold, "took.redeemed", accepted, at);
        fold.add(at, &format!("age.{}", age(voucher.issued_at, at)), 1);
    }
}

/// On the day it was over, by bucket of milliseconds. An event's clock may be behind ours: that is no time at all.
fn took(fold: &mut Fold<'_>, what: &str, from: Timestamp, until: Timestamp) {
    let milliseconds = until.duration_since(from).as_millis().max(1);
    let bucket = bucket(i64::try_from(milliseconds).unwrap_or(i64::MAX)).unwrap_or(0);
    fold.add(until, &format!("{what}.{bucket}"), 1);
}

/// Whole days from issue to redemption; from two weeks on the first day of the week.
pub fn age(issued_at: Timestamp, redeemed_at: Timestamp) -> i64 {
    let days = redeemed_at.duration_since(issued_at).max(SignedDuration::ZERO).as_hours() / 24;
    if days < SINGLE_DAYS { days } else { days - days % 7 }
}

/// How many days the counter of an age stands for.
pub fn ages(age: i64) -> i64 {
    if age < SINGLE_DAYS { 1 } else { 7 }
}

/// An attempt that repeats one takes its place, and says how many there were.
fn tried(attempt: &Attempt, fold: &mut Fold<'_>) {
    let channel = attempt.channel;
    fold.add(attempt.at, &format!("attempts.{channel}"), i64::from(attempt.number));
    fold.add(attempt.at, &format!("attempt.{channel}.{}", attempt.state.as_str()), 1);
    match attempt.state {
        AttemptState::Failed | AttemptState::Throttled | AttemptState::Unknown => {
            let reason = attempt.reason.as_deref().filter(|reason| is_code(reason)).unwrap_or("other");
            fold.add(attempt.at, &format!("fault.{channel}.{reason}"), 1);
        }
        AttemptState::Claimed
        | AttemptState::Sent
        | AttemptState::Delivered
        | AttemptState::Bounced
        | AttemptState::Complained => {}
    }
}

fn is_code(reason: &str) -> bool {
    (1..=MAX_REASON).contains(&reason.len()) && reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// All on the day of issue: the customers of a day are compared, whenever they spend.
fn measured(record: &Voucher, fold: &mut Fold<'_>) {
    let treated = record.status.is_voucher();
    let arm = if treated { "treated" } else { "held" };
    let at = record.issued_at;
    let Outcome { orders, spend } = record.outcome.unwrap_or_default();
    fold.add(at, &format!("{arm}.orders"), i64::from(orders));
    if let Some(bucket) = bucket(spend.units()) {
        fold.add(at, &format!("{arm}.spenders.{bucket}"), 1);
        fold.add(at, &format!("{arm}.spend.{bucket}"), spend.units());
    }
    if treated {
        let discount = record.redemption.as_ref().map_or(0, |it| it.discount.minus(it.returned).units());
        fold.add(at, "treated.discount", discount);
        for channel in Channel::ALL {
            let units = record.message_units.get(&channel).copied().unwrap_or(0);
            fold.add(at, &format!("treated.units.{channel}"), i64::from(units));
        }
    }
}
