//! The decision about one selected customer at send time: send, move to another channel, hold out, or skip with a reason.
//! A pure function of facts, so that workers, previews and the why / why-not page give one answer.

use jiff::Timestamp;

use crate::{
    campaign::State,
    channel::{Channel, Mode},
    contact_policy::ContactPolicy,
    customer::{Customer, Unreachable},
    definition::Definition,
    dispatch::Firing,
    id::{CampaignId, CustomerId, share},
    voucher::{Status, Voucher},
};

/// What is known when a customer's turn comes.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub campaign: &'a CampaignId,
    pub definition: &'a Definition,
    /// `None`: erased or unknown by now.
    pub customer: Option<&'a Customer>,
    /// The channel of the dispatch.
    pub channel: Channel,
    /// What made the campaign fire, if it is an autopilot.
    pub firing: Option<&'a Firing>,
    /// They have a voucher of this campaign that is younger than its cool-down.
    pub cooling: bool,
    /// The tenant's, for all campaigns.
    pub policy: &'a ContactPolicy,
    /// One of the tenant's caps on messages and open offers is reached for them.
    pub pressed: Option<SkipReason>,
    pub now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Send,
    /// Consent changed since planning, and another channel is open.
    Move(Channel),
    /// Not now: quiet hours, or outside the campaign's window. Decided again then, on that channel.
    Defer(Channel, Timestamp),
    /// Held out: a ghost voucher.
    Ghost,
    Skip(SkipReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    NoConsent,
    OptedOut,
    Suppressed,
    NoAddress,
    CustomerGone,
    CampaignEnded,
    ValidityOver,
    /// What fired no longer holds: they have ordered, or the date was changed.
    NoLongerMatches,
    /// Past the deadline of its firing.
    TooLate,
    CoolDown,
    /// They got as many messages lately as the tenant allows.
    FrequencyCap,
    /// They have as many open vouchers as the tenant allows.
    OpenOffersCap,
    VoucherCap,
    Cancelled,
    /// An operator gave this match up.
    Dropped,
}

impl SkipReason {
    pub const ALL: [SkipReason; 15] = [
        SkipReason::NoConsent,
        SkipReason::OptedOut,
        SkipReason::Suppressed,
        SkipReason::NoAddress,
        SkipReason::CustomerGone,
        SkipReason::CampaignEnded,
        SkipReason::ValidityOver,
        SkipReason::NoLongerMatches,
        SkipReason::TooLate,
        SkipReason::CoolDown,
        SkipReason::FrequencyCap,
        SkipReason::OpenOffersCap,
        SkipReason::VoucherCap,
        SkipReason::Cancelled,
        SkipReason::Dropped,
    ];
    pub fn code(self) -> &'static str {
        match self {
            SkipReason::NoConsent => "no_consent",
            SkipReason::OptedOut => "opted_out",
            SkipReason::Suppressed => "suppressed",
            SkipReason::NoAddress => "no_address",
            SkipReason::CustomerGone => "customer_gone",
            SkipReason::CampaignEnded => "campaign_ended",
            SkipReason::ValidityOver => "validity_over",
            SkipReason::NoLongerMatches => "no_longer_matches",
            SkipReason::TooLate => "too_late",
            SkipReason::CoolDown => "cool_down",
            SkipReason::FrequencyCap => "frequency_cap",
            SkipReason::OpenOffersCap => "open_offers_cap",
            SkipReason::VoucherCap => "cap_reached",
            SkipReason::Cancelled => "cancelled",
            SkipReason::Dropped => "dropped",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl From<Unreachable> for SkipReason {
    fn from(unreachable: Unreachable) -> Self {
        match unreachable {
            Unreachable::NoConsent => SkipReason::NoConsent,
            Unreachable::Denied => SkipReason::OptedOut,
            Unreachable::Suppressed => SkipReason::Suppressed,
            Unreachable::NoAddress => SkipReason::NoAddress,
        }
    }
}

/// For a customer who has no voucher of this occurrence yet. The order of the questions is the order of the reasons: gone, over,
/// no longer matching, too late, too soon, unreachable, not at this hour, over a cap, held out. Who is held out is asked the same as
/// who is not, and at the same hour, or the two could not be compared.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let Some(customer) = facts.customer else { return Decision::Skip(SkipReason::CustomerGone) };
    let definition = facts.definition;
    if definition.schedule.ends_at.is_some_and(|ends_at| facts.now >= ends_at) {
        return Decision::Skip(SkipReason::CampaignEnded);
    }
    if !definition.validity.open_at(facts.now) || definition.accept_by.is_some_and(|limit| facts.now >= limit) {
        return Decision::Skip(SkipReason::ValidityOver);
    }
    if let (Some(trigger), Some(firing)) = (&definition.trigger, facts.firing) {
        if !trigger.holds(customer, firing) {
            return Decision::Skip(SkipReason::NoLongerMatches);
        }
        if facts.now >= trigger.deadline(trigger.moment_of(customer, firing)) {
            return Decision::Skip(SkipReason::TooLate);
        }
    }
    if facts.cooling {
        return Decision::Skip(SkipReason::CoolDown);
    }
    let first = match customer.first_reachable(&definition.channels.ladder) {
        Ok(channel) => channel,
        Err(unreachable) => return Decision::Skip(unreachable.into()),
    };
    let channel = if customer.reach(facts.channel).is_ok() { facts.channel } else { first };
    match facts.policy.allowed(definition.schedule.window.as_ref(), customer, channel, facts.now) {
        Some(at) if at <= facts.now => {}
        Some(at) if !over_by(facts, customer, at) => return Decision::Defer(channel, at),
        Some(_) | None => return Decision::Skip(SkipReason::TooLate),
    }
    if let Some(reason) = facts.pressed {
        return Decision::Skip(reason);
    }
    if held_out(facts.campaign, definition, &customer.id) {
        return Decision::Ghost;
    }
    if channel == facts.channel { Decision::Send } else { Decision::Move(channel) }
}

/// Whether what is sent at `at` would come too late: then it is not waited for.
fn over_by(facts: &Facts<'_>, customer: &Customer, at: Timestamp) -> bool {
    let definition = facts.definition;
    let passed = |limit: Option<Timestamp>| limit.is_some_and(|limit| at >= limit);
    let fired = definition.trigger.as_ref().zip(facts.firing);
    let deadline = fired.map(|(trigger, firing)| trigger.deadline(trigger.moment_of(customer, firing)));
    passed(definition.schedule.ends_at)
        || passed(definition.accept_by)
        || passed(deadline)
        || !definition.validity.open_at(at)
}

/// When the first message to a customer is planned for, who is selected at `at`: at the campaign's hour, where hours and window allow it.
/// Asked again before it is sent.
pub fn planned_at(
    definition: &Definition,
    policy: &ContactPolicy,
    customer: &Customer,
    channel: Channel,
    at: Timestamp,
) -> Timestamp {
    let hour = definition.schedule.local_hour;
    let wanted = hour.map_or(at, |hour| crate::contact_policy::at_hour(customer, hour, at));
    policy.allowed(definition.schedule.window.as_ref(), customer, channel, wanted).unwrap_or(wanted)
}

/// Whether an autopilot had this customer too short a time ago, held out or not; a skipped match does not count.
pub fn cooling(campaign: &CampaignId, definition: &Definition, records: &[Voucher], now: Timestamp) -> bool {
    let Some(trigger) = &definition.trigger else { return false };
    let since = trigger.cool_since(now);
    let had = |record: &Voucher| {
        let one = record.status.is_voucher() || record.status == Status::Ghost;
        one && record.campaign == *campaign && record.issued_at > since
    };
    records.iter().any(had)
}

/// Sticky by hash: the same customer of the same campaign is always on the same side.
pub fn held_out(campaign: &CampaignId, definition: &Definition, customer: &CustomerId) -> bool {
    share("holdout", campaign, customer) < u32::from(definition.holdout_percent) * 100
}

/// The channel that selection plans for; if none is open, the first rung, whose worker records the skip with its reason.
pub fn planned_channel(definition: &Definition, customer: &Customer) -> Option<Channel> {
    let ladder = &definition.channels.ladder;
    customer.first_reachable(ladder).ok().or_else(|| ladder.first().copied())
}

/// The other channels of mode `all` that are open to a customer who was just sent to on `sent`.
pub fn additional_channels(definition: &Definition, customer: &Customer, sent: Channel) -> Vec<Channel> {
    match definition.channels.mode {
        Mode::FirstAvailable => Vec::new(),
        Mode::All => {
            let others = definition.channels.ladder.iter().copied();
            others.filter(|channel| *channel != sent && customer.reach(*channel).is_ok()).collect()
        }
    }
}

/// The next rung after a definite failure on `failed`, as consent stands now. In mode `all` every channel has its own dispatch.
pub fn next_rung(definition: &Definition, customer: &Customer, failed: Channel) -> Option<Channel> {
    match definition.channels.mode {
        Mode::All => None,
        Mode::FirstAvailable => definition.channels.after(failed).find(|channel| customer.reach(*channel).is_ok()),
    }
}

/// A later channel or attempt of an issued voucher asks again: consent, suppression and the voucher's own life must still allow it.
pub fn may_still_send(customer: Option<&Customer>, channel: Channel, state: State) -> Result<(), SkipReason> {
    match state {
        State::Cancelled | State::Ended | State::Failed | State::Archived => return Err(SkipReason::Cancelled),
        State::Draft | State::Scheduled | State::Running | State::Enabled | State::Paused | State::Completed => {}
    }
    let customer = customer.ok_or(SkipReason::CustomerGone)?;
    customer.reach(channel).map(|_| ()).map_err(SkipReason::from)
}

#[cfg(test)]
mod tests;
