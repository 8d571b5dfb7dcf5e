//! Tracks which worker claimed which attempt, and which messages the providers accepted for it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    delivery::sender_fault::SenderFault,
    kernel::channel::Channel,
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{Voucher, VoucherStatus},
    },
};
use fake_aws::FakeItem;

use super::{BrokenInvariant, EffectSource, Invariant, broken_invariant};
use crate::{
    contexts::WORKER_SECONDS,
    table_items::{RecordKey, text_attribute},
};

/// The most by which two clocks may differ, in milliseconds: each is wrong by up to a second.
const SKEW_MS: i64 = 2_000;

#[derive(Default)]
pub(super) struct ClaimTracker {
    /// The invocation and the claim of each attempt.
    made: BTreeMap<(RecordKey, Channel, u32), (u32, Attempt)>,
    /// The number of messages that a provider accepted.
    accepted: BTreeMap<(RecordKey, Channel), u32>,
    /// The invocation and the claim of each reminder by its number; `record_reminder` counts the reminders
    /// that a provider accepted.
    reminders: BTreeMap<(RecordKey, u32), (u32, Attempt)>,
    reminded: BTreeMap<RecordKey, u32>,
    /// Attempts that wait for their lane though their claim was taken for abandoned. A retry under the
    /// next number follows them.
    overruled: BTreeSet<(RecordKey, Channel, u32)>,
    /// The number of accepted messages by the invocation that sent them.
    accepted_from: BTreeMap<(u32, RecordKey, Channel), usize>,
}

/// Checks that no worker leases a dispatch while another's lease runs.
pub(super) fn check_lease(now: i64, change: &fake_aws::ItemChange) -> Result<(), BrokenInvariant> {
    let (Some(old), Some(new)) = (&change.old, &change.new) else {
        return Ok(());
    };
    let taken = number_attribute(new, "takes") > number_attribute(old, "takes");
    let until = number_attribute(old, "lease_until").unwrap_or(0);
    if taken && until > now + SKEW_MS {
        let what = format!(
            "{} was taken {} ms before its lease was over",
            text_attribute(new, "sk"),
            until - now
        );
        return broken_invariant(Invariant::LiveLeases, what);
    }
    Ok(())
}

fn number_attribute(item: &FakeItem, name: &str) -> Option<i64> {
    item.get(name)?.get("N")?.as_str()?.parse().ok()
}

impl ClaimTracker {
    pub(super) fn check_change(
        &mut self,
        now: i64,
        doer: EffectSource,
        old: Option<&Voucher>,
        new: &Voucher,
    ) -> Result<(), BrokenInvariant> {
        let record = (new.customer.clone(), new.occurrence.clone());
        let before = old.and_then(|old| old.reminder.as_ref());
        if let Some(reminder) = new
            .reminder
            .as_ref()
            .filter(|it| before != Some(*it) && it.state == AttemptState::Claimed)
        {
            let first = self
                .reminders
                .insert((record.clone(), reminder.number), (doer.invocation, reminder.clone()));
            let open = before.is_none_or(|before| before.state == AttemptState::Throttled);
            if first.is_some() || !open {
                return broken_invariant(
                    Invariant::RemindedOnce,
                    format!("{} is claimed to be reminded again", record.0),
                );
            }
        }
        if let Some(waits) = new.reminder.as_ref().filter(|it| it.state == AttemptState::Throttled)
        {
            self.reminders.remove(&(record.clone(), waits.number));
        }
        for (channel, attempt) in &new.attempts {
            let before = old.and_then(|old| old.attempts.get(channel));
            if before == Some(attempt) {
                continue;
            }
            if let Some(before) = before {
                self.check_overruled_attempt(now, doer, &record, before, attempt)?;
                self.check_nobody_pays(&record, before, attempt)?;
            }
            if attempt.state == AttemptState::Throttled {
                // nothing was sent, and the same attempt is claimed again
                self.made.remove(&(record.clone(), *channel, attempt.number));
            }
            if attempt.state == AttemptState::Claimed {
                if let Some(old) = old.filter(|old| old.status != VoucherStatus::Issued) {
                    let what = format!(
                        "{} is {}, and still told by {channel}",
                        record.0,
                        old.status.as_str()
                    );
                    return broken_invariant(Invariant::ClaimedOnce, what);
                }
                let key = (record.clone(), *channel, attempt.number);
                if let Some((first, _)) = self.made.insert(key, (doer.invocation, attempt.clone()))
                {
                    let what = format!(
                        "attempt {} by {channel} for {} is claimed by #{first} and by #{}",
                        attempt.number, record.0, doer.invocation
                    );
                    return broken_invariant(Invariant::ClaimedOnce, what);
                }
            }
        }
        Ok(())
    }

    /// Checks that a fault of ours has used no attempt, and is no reason to give a message up.
    fn check_nobody_pays(
        &mut self,
        record: &RecordKey,
        before: &Attempt,
        after: &Attempt,
    ) -> Result<(), BrokenInvariant> {
        let (customer, channel) = (&record.0, after.channel);
        let key = (record.clone(), channel, before.number);
        let waits = after.state == AttemptState::Throttled;
        if waits && before.state == AttemptState::Unknown && before.number == after.number {
            self.overruled.insert(key);
            return Ok(());
        }
        let waited = before.state == AttemptState::Throttled;
        if waited && after.number > before.number && !self.overruled.contains(&key) {
            let what = format!(
                "{customer}: attempt {} by {channel} met a fault of ours, and {} follows",
                before.number, after.number
            );
            return broken_invariant(Invariant::NobodyPaysForOurs, what);
        }
        let ours = after.reason.as_deref().and_then(SenderFault::parse);
        if let Some(fault) = ours.filter(|_| !waits) {
            let what = format!(
                "{customer}: attempt {} by {channel} is {} for {}",
                after.number,
                after.state.as_str(),
                fault.code()
            );
            return broken_invariant(Invariant::NobodyPaysForOurs, what);
        }
        Ok(())
    }

    fn check_overruled_attempt(
        &self,
        now: i64,
        doer: EffectSource,
        record: &RecordKey,
        before: &Attempt,
        after: &Attempt,
    ) -> Result<(), BrokenInvariant> {
        let (channel, customer) = (before.channel, &record.0);
        if after.number < before.number {
            let what = format!(
                "{customer}: attempt {} by {channel} became {}",
                before.number, after.number
            );
            return broken_invariant(Invariant::ClaimedOnce, what);
        }
        if after.number > before.number
            && !matches!(before.state, AttemptState::Throttled | AttemptState::Unknown)
        {
            let what = format!(
                "{customer}: attempt {} by {channel} follows one that is {}",
                after.number,
                before.state.as_str()
            );
            return broken_invariant(Invariant::ClaimedOnce, what);
        }
        let by = self
            .made
            .get(&(record.clone(), channel, before.number))
            .map(|(invocation, _)| *invocation);
        let others = by != Some(doer.invocation) && doer.function.starts_with("deliver-");
        let live = now < before.at.as_millisecond() + WORKER_SECONDS * 1_000 - SKEW_MS;
        if before.state == AttemptState::Claimed && others && live {
            let what = format!(
                "#{} made the claim of #{} by {channel} for {customer} {} while its lease ran",
                doer.invocation,
                by.unwrap_or_default(),
                after.state.as_str(),
            );
            return broken_invariant(Invariant::LiveLeases, what);
        }
        Ok(())
    }

    /// Returns the last claim of this worker for such a message.
    pub(super) fn own_claim(
        &self,
        doer: EffectSource,
        record: &RecordKey,
        channel: Channel,
        reminder: bool,
    ) -> Option<&Attempt> {
        let offers = self
            .made
            .iter()
            .filter(|((whom, by, _), _)| (whom, *by) == (record, channel))
            .map(|it| it.1);
        let reminders =
            self.reminders.iter().filter(|((whom, _), _)| whom == record).map(|it| it.1);
        let found: Vec<&(u32, Attempt)> =
            if reminder { reminders.collect() } else { offers.collect() };
        found.into_iter().filter(|(by, _)| *by == doer.invocation).map(|it| &it.1).next_back()
    }

    /// Records that a provider accepted a reminder, and checks its claim.
    pub(super) fn record_reminder(
        &mut self,
        doer: EffectSource,
        record: &RecordKey,
    ) -> Result<(), BrokenInvariant> {
        let own = self
            .reminders
            .iter()
            .any(|((whom, _), (by, _))| (whom, *by) == (record, doer.invocation));
        let count = self.reminded.entry(record.clone()).or_default();
        *count += 1;
        if !own || *count > 1 {
            let what = format!(
                "{} got {count} reminders, #{} has a claim: {own}",
                record.0, doer.invocation
            );
            return broken_invariant(Invariant::RemindedOnce, what);
        }
        Ok(())
    }

    /// Records that a provider accepted a message, and checks that its sender has a claim for each
    /// message it ever sent.
    pub(super) fn record_message(
        &mut self,
        doer: EffectSource,
        record: &RecordKey,
        channel: Channel,
    ) -> Result<(), BrokenInvariant> {
        let customer = &record.0;
        let own = self.made.iter().filter(|((whom, by, _), (invocation, _))| {
            (whom, *by, *invocation) == (record, channel, doer.invocation)
        });
        let own = own.count();
        let from =
            self.accepted_from.entry((doer.invocation, record.clone(), channel)).or_default();
        *from += 1;
        if own == 0 {
            let what =
                format!("#{} has no claim of its own for {customer} by {channel}", doer.invocation);
            return broken_invariant(Invariant::ClaimBeforeSend, what);
        }
        if *from > own {
            let what = format!(
                "#{} sent {customer} {from} messages by {channel} for {own} claims",
                doer.invocation
            );
            return broken_invariant(Invariant::SendsPerAttempt, what);
        }
        let count = self.accepted.entry((record.clone(), channel)).or_default();
        *count += 1;
        let allowed = max_messages(channel);
        if *count > allowed {
            let what =
                format!("{customer} got {count} messages by {channel}, policy allows {allowed}");
            return broken_invariant(Invariant::SendsPerAttempt, what);
        }
        Ok(())
    }
}

/// Returns the most messages of one voucher that a provider may accept, ambiguous ones included
/// (docs/adding-a-channel.md).
fn max_messages(channel: Channel) -> u32 {
    match channel {
        Channel::Sms => 1,
        Channel::Email => 2,
        Channel::Push => 6,
    }
}
