//! The eligibility decision about one selected customer at send time: send, move to another
//! channel, defer, hold out, or skip with a reason.
//!
//! It is a pure function of facts, so that workers, previews and the why / why-not page give the
//! same answer.

use jiff::Timestamp;

use crate::{
    campaign::{
        audience::PastVoucher,
        definition::Definition,
        lifecycle::{CampaignState, WorkPolicy},
        segments::{Exclusion, find_exclusion},
        trigger::TriggerFiring,
    },
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicQuestion,
    },
    delivery::contact_policy::{ContactPolicy, PlannedTime, next_local_hour},
    kernel::{
        channel::{Channel, LadderMode},
        id::{CampaignId, CustomerId, Occurrence, stable_share},
        money::Currency,
    },
    voucher::{
        attempt::AttemptState,
        attribution::is_measured,
        record::{Voucher, VoucherStatus},
        skip_reason::SkipReason,
    },
};

/// Facts known about a customer when the decision is made.
#[derive(Debug, Clone, Copy)]
pub struct EligibilityFacts<'a> {
    pub campaign: &'a CampaignId,
    pub definition: &'a Definition,
    /// The customer, or `None` if they are erased or unknown by now.
    pub customer: Option<&'a Customer>,
    /// The campaign's topic, if it names one.
    pub topic: Option<&'a TopicQuestion>,
    /// The channel of the dispatch.
    pub channel: Channel,
    /// The firing of the campaign, if it is an autopilot.
    pub firing: Option<&'a TriggerFiring>,
    /// The moment for which the audience rule is asked ([`audience_moment`]).
    pub audience_at: Timestamp,
    /// The vouchers that the customer had, if the audience rule asks for them.
    pub past_vouchers: &'a [PastVoucher],
    /// The segments that the tenant keeps out of every campaign.
    pub exclusions: &'a [Exclusion],
    /// The customer has a voucher of this campaign that is younger than its cool-down, or one for
    /// this very occasion.
    pub cooling_down: bool,
    /// The tenant's policy for all campaigns.
    pub policy: &'a ContactPolicy,
    /// The tenant's currency, which is that of customers without their own.
    pub tenant_currency: Currency,
    /// The tenant's cap on messages or open offers that the customer has reached, if any.
    pub cap_reached: Option<SkipReason>,
    pub now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendDecision {
    Send,
    /// Consent changed since planning, and another channel is open.
    Move(Channel),
    /// The message must wait for quiet hours or the campaign's window. The decision is made again
    /// then, on that channel.
    Defer(Channel, Timestamp),
    /// The customer is held out and gets a held-out record.
    HoldOut,
    Skip(SkipReason),
}

/// Decides about a customer who has no voucher of this occurrence yet.
///
/// The order of the checks is the order of the reasons: gone, over, kept out, in another currency,
/// no longer matching, too late, too soon, unreachable, not at this hour, over a cap, held out.
/// Held-out and treated customers pass the same checks at the same hour, because otherwise the two
/// groups could not be compared.
/// `questions` says which of these checks are made again before later messages.
pub fn decide_send(facts: &EligibilityFacts<'_>) -> SendDecision {
    let Some(customer) = facts.customer else {
        return SendDecision::Skip(SkipReason::CustomerGone);
    };
    let definition = facts.definition;
    if definition.schedule.ends_at.is_some_and(|ends_at| facts.now >= ends_at) {
        return SendDecision::Skip(SkipReason::CampaignEnded);
    }
    if !definition.validity.is_open_at(facts.now)
        || definition.accept_by.is_some_and(|limit| facts.now >= limit)
    {
        return SendDecision::Skip(SkipReason::ValidityOver);
    }
    if find_exclusion(facts.exclusions, customer, facts.now).is_some() {
        return SendDecision::Skip(SkipReason::Excluded);
    }
    if !pays_in_offer_currency(definition, customer, facts.tenant_currency) {
        return SendDecision::Skip(SkipReason::OtherCurrency);
    }
    if let (Some(trigger), Some(firing)) = (&definition.trigger, facts.firing) {
        if !trigger.still_holds(customer, firing) {
            return SendDecision::Skip(SkipReason::NoLongerMatches);
        }
        if facts.now >= trigger.deadline(trigger.send_moment(customer, firing)) {
            return SendDecision::Skip(SkipReason::TooLate);
        }
    }
    if !definition.audience.selects_with(customer, facts.past_vouchers, facts.audience_at) {
        return SendDecision::Skip(SkipReason::NoLongerMatches);
    }
    if facts.cooling_down {
        return SendDecision::Skip(SkipReason::CoolDown);
    }
    let query = ReachQuery { topic: facts.topic, now: facts.now };
    let first = match customer.first_reachable_channel(&definition.channels.ladder, &query) {
        Ok(channel) => channel,
        Err(unreachable) => return SendDecision::Skip(unreachable.into()),
    };
    let is_open = definition.channels.ladder.contains(&facts.channel)
        && customer.reachable_contact(facts.channel, &query).is_ok();
    let channel = if is_open { facts.channel } else { first };
    match facts.policy.next_allowed(&definition.schedule, customer, channel, facts.now) {
        Some(at) if at <= facts.now => {}
        Some(at) if !is_too_late(facts, customer, at) => return SendDecision::Defer(channel, at),
        Some(_) | None => return SendDecision::Skip(SkipReason::TooLate),
    }
    if let Some(reason) = facts.cap_reached {
        return SendDecision::Skip(reason);
    }
    if is_held_out(facts.campaign, definition, &customer.id) {
        return SendDecision::HoldOut;
    }
    if channel == facts.channel { SendDecision::Send } else { SendDecision::Move(channel) }
}

/// Returns the moment for which the audience rule is asked, when a customer is selected and again
/// before the first message: what is known of the customer is as it is then, and days are counted
/// from this moment. So a customer does not leave the audience only because the message had to
/// wait.
///
/// A firing has its moment, and a promotion the one at which its run began. `now` stands for a run
/// that has not begun.
pub fn audience_moment(
    definition: &Definition,
    customer: &Customer,
    firing: Option<&TriggerFiring>,
    run_began: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    match (&definition.trigger, firing) {
        (Some(trigger), Some(firing)) => trigger.send_moment(customer, firing),
        (Some(_), None) => now,
        (None, _) => run_began.unwrap_or(now),
    }
}

/// Returns true if the campaign's voucher can apply to the customer's orders.
pub fn pays_in_offer_currency(
    definition: &Definition,
    customer: &Customer,
    tenant_currency: Currency,
) -> bool {
    customer.currency(tenant_currency) == definition.offer.currency()
}

/// Returns true if a message sent at `at` would be too late. Then it is skipped and not deferred.
fn is_too_late(facts: &EligibilityFacts<'_>, customer: &Customer, at: Timestamp) -> bool {
    let definition = facts.definition;
    let passed = |limit: Option<Timestamp>| limit.is_some_and(|limit| at >= limit);
    let fired = definition.trigger.as_ref().zip(facts.firing);
    let deadline =
        fired.map(|(trigger, firing)| trigger.deadline(trigger.send_moment(customer, firing)));
    passed(definition.schedule.ends_at)
        || passed(definition.accept_by)
        || passed(deadline)
        || !definition.validity.is_open_at(at)
}

/// Returns the planned time of the first message to a customer selected at `at`: the campaign's
/// hour, if quiet hours and window allow it. The time is checked again before sending.
pub fn planned_send_time(
    definition: &Definition,
    policy: &ContactPolicy,
    customer: &Customer,
    channel: Channel,
    at: Timestamp,
) -> PlannedTime {
    let hour = definition.schedule.local_hour;
    let wanted_at = hour.map_or(at, |hour| next_local_hour(customer, hour, at));
    let due_at = policy
        .next_allowed(&definition.schedule, customer, channel, wanted_at)
        .unwrap_or(wanted_at);
    PlannedTime { wanted_at, due_at }
}

/// Returns true if an autopilot has issued or held out this customer within its cool-down, or at
/// any time for the occasion of this firing. A match that was undone, skipped or given up counts
/// for neither.
pub fn is_cooling_down(
    campaign: &CampaignId,
    definition: &Definition,
    firing: Option<&TriggerFiring>,
    records: &[Voucher],
    now: Timestamp,
) -> bool {
    let Some(trigger) = &definition.trigger else {
        return false;
    };
    let since = trigger.cool_down_start(now);
    let occasion = firing.map(|firing| firing.occurrence.occasion());
    let had = |record: &Voucher| {
        let one = record.status.is_voucher() || record.status == VoucherStatus::Ghost;
        let same_occasion = occasion == Some(record.occurrence.occasion());
        one && record.campaign == *campaign && (same_occasion || record.issued_at > since)
    };
    records.iter().any(had)
}

/// Returns true if the customer has been enrolled in the campaign before, as treated or held out.
pub fn was_enrolled(campaign: &CampaignId, records: &[Voucher]) -> bool {
    records.iter().any(|record| {
        record.campaign == *campaign && is_measured(record) && !record.occurrence.is_goodwill()
    })
}

/// Returns true if the customer is held out. The answer is sticky by hash: the same customer of the
/// same campaign is always in the same group.
pub fn is_held_out(campaign: &CampaignId, definition: &Definition, customer: &CustomerId) -> bool {
    stable_share("holdout", campaign, customer) < u32::from(definition.holdout_percent) * 100
}

/// Returns the channel that the selection plans for. If none is open it is the first of the ladder,
/// whose worker records the skip with its reason.
pub fn planned_channel(
    definition: &Definition,
    customer: &Customer,
    query: &ReachQuery<'_>,
) -> Option<Channel> {
    let ladder = &definition.channels.ladder;
    customer.first_reachable_channel(ladder, query).ok().or_else(|| ladder.first().copied())
}

/// The other channels of mode `all` after the first message about a voucher.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FurtherChannels {
    /// Each of them gets its own message.
    pub send: Vec<Channel>,
    /// The frequency cap leaves no room for them. The voucher is not affected.
    pub withhold: Vec<Channel>,
}

/// Decides about the other channels of mode `all` that are open to a customer who was just sent a
/// message on `sent`. `room` is the number of messages that the frequency cap still allows: they go
/// to the first channels in the order of the campaign. A throttled attempt of this voucher keeps
/// its place.
pub fn further_channels(
    definition: &Definition,
    customer: &Customer,
    query: &ReachQuery<'_>,
    voucher: Option<&Voucher>,
    sent: Channel,
    room: u32,
) -> FurtherChannels {
    let mut further = FurtherChannels::default();
    match definition.channels.mode {
        LadderMode::FirstAvailable => return further,
        LadderMode::All => {}
    }
    let attempts = voucher.iter().flat_map(|voucher| voucher.attempts.values());
    let waiting = attempts.filter(|attempt| attempt.state == AttemptState::Throttled);
    let mut room = room.saturating_sub(u32::try_from(waiting.count()).unwrap_or(u32::MAX));
    for channel in &definition.channels.ladder {
        if *channel == sent || customer.reachable_contact(*channel, query).is_err() {
            continue;
        }
        if room == 0 {
            further.withhold.push(*channel);
        } else {
            room -= 1;
            further.send.push(*channel);
        }
    }
    further
}

/// Returns how many messages a customer who is held out now is spared beside the first one. With it
/// they are as many as would go out at once.
pub fn further_spared(
    definition: &Definition,
    customer: &Customer,
    query: &ReachQuery<'_>,
    room: u32,
) -> u32 {
    let open = definition
        .channels
        .ladder
        .iter()
        .filter(|channel| customer.reachable_contact(**channel, query).is_ok());
    let messages = match definition.channels.mode {
        LadderMode::FirstAvailable => 1,
        LadderMode::All => u32::try_from(open.count()).unwrap_or(u32::MAX),
    };
    messages.min(room).saturating_sub(1)
}

/// Returns true if the tenant's caps stop messages of this campaign about this voucher. They count
/// for others in any case.
pub fn is_capped(definition: &Definition, occurrence: &Occurrence) -> bool {
    !definition.pressure.exempt && !occurrence.is_goodwill()
}

/// Returns the next channel of the ladder after a definite failure on `failed`, by the customer's
/// current consent. In mode `all` every channel has its own dispatch, so only one that was withheld
/// can take the place that is free now.
pub fn next_channel(
    definition: &Definition,
    customer: &Customer,
    query: &ReachQuery<'_>,
    voucher: &Voucher,
    failed: Channel,
) -> Option<Channel> {
    match definition.channels.mode {
        LadderMode::All => {
            let rest = definition.channels.ladder.iter().copied();
            rest.filter(|channel| *channel != failed && !voucher.attempts.contains_key(channel))
                .filter(|channel| voucher.is_withheld_on(*channel))
                .find(|channel| customer.reachable_contact(*channel, query).is_ok())
        }
        LadderMode::FirstAvailable => definition
            .channels
            .channels_after(failed)
            .find(|channel| customer.reachable_contact(*channel, query).is_ok()),
    }
}

/// Returns true if a voucher of mode `first_available` is left without any message when the one on
/// `channel` is withheld.
pub fn is_dead_without(definition: &Definition, voucher: &Voucher, channel: Channel) -> bool {
    let may_reach = |state: AttemptState| match state {
        AttemptState::Failed | AttemptState::Bounced | AttemptState::Throttled => false,
        AttemptState::Claimed
        | AttemptState::Sent
        | AttemptState::Delivered
        | AttemptState::Complained
        | AttemptState::Unknown => true,
    };
    let others = voucher.attempts.values();
    definition.channels.mode == LadderMode::FirstAvailable
        && others
            .filter(|it| it.channel != channel || it.state == AttemptState::Unknown)
            .all(|it| !may_reach(it.state))
}

/// Returns the channels on which a voucher of mode `all` has failed, if every channel of the ladder
/// is dead for it: its message has failed or bounced there, or none was sent and the channel is
/// closed or its message was withheld.
/// `None` means that some channel has reached the customer or still may.
pub fn all_channels_dead(
    definition: &Definition,
    customer: &Customer,
    query: &ReachQuery<'_>,
    voucher: &Voucher,
) -> Option<Vec<Channel>> {
    match definition.channels.mode {
        LadderMode::FirstAvailable => return None,
        LadderMode::All => {}
    }
    let mut failed = Vec::new();
    for channel in &definition.channels.ladder {
        match voucher.attempts.get(channel).map(|attempt| attempt.state) {
            Some(AttemptState::Failed | AttemptState::Bounced) => failed.push(*channel),
            None if customer.reachable_contact(*channel, query).is_err()
                || voucher.is_withheld_on(*channel) => {}
            Some(
                AttemptState::Claimed
                | AttemptState::Sent
                | AttemptState::Delivered
                | AttemptState::Complained
                | AttemptState::Throttled
                | AttemptState::Unknown,
            )
            | None => return None,
        }
    }
    (!failed.is_empty()).then_some(failed)
}

/// Checks that a later channel or attempt of an issued voucher is still allowed by the campaign's
/// state, consent for channel and topic, suppression and pause.
pub fn check_still_sendable(
    customer: Option<&Customer>,
    channel: Channel,
    query: &ReachQuery<'_>,
    state: CampaignState,
) -> Result<(), SkipReason> {
    match state.work_policy() {
        WorkPolicy::Drop => return Err(SkipReason::Cancelled),
        WorkPolicy::Go | WorkPolicy::Wait => {}
    }
    let customer = customer.ok_or(SkipReason::CustomerGone)?;
    customer.reachable_contact(channel, query).map(|_| ()).map_err(SkipReason::from)
}

#[cfg(test)]
mod tests;
