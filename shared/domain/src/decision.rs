//! The decision about one selected customer at send time: send, move to another channel, hold out, or skip with a reason.
//! A pure function of facts, so that workers, previews and (later) the why / why-not page give one answer.

use jiff::Timestamp;

use crate::{
    campaign::State,
    channel::{Channel, Mode},
    customer::{Customer, Unreachable},
    definition::Definition,
    dispatch::Firing,
    id::{CampaignId, CustomerId, share},
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
    pub now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Send,
    /// Consent changed since planning, and another channel is open.
    Move(Channel),
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
    VoucherCap,
    Cancelled,
    /// An operator gave this match up.
    Dropped,
}

impl SkipReason {
    pub const ALL: [SkipReason; 13] = [
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
/// no longer matching, too late, too soon, unreachable, held out.
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
    if held_out(facts.campaign, definition, &customer.id) {
        return Decision::Ghost;
    }
    if customer.reach(facts.channel).is_ok() { Decision::Send } else { Decision::Move(first) }
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
