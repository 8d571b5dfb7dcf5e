//! The replay: what an autopilot would have done on past days.
//!
//! It takes one customer and their orders, and returns the days on which the autopilot fires for
//! them and the outcome on each. It makes the checks of the live path in the same order: trigger
//! and audience when the day begins (`scan-autopilot`) or an order arrives (`Trigger::firing_for`),
//! then `decide_send` when its hour has come (the workers), each time with the customer's state at
//! that moment.
//!
//! Limits: no history of profiles and consents is kept, so both are the present ones, and orders
//! count with their present state. Of the pauses only the last word is asked, from when it was
//! said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use crate::{
    campaign::{
        definition::Definition,
        trigger::{
            self, BehaviourChange, BehaviourEvent, TotalsChange, Trigger, TriggerCondition,
            TriggerFiring,
        },
    },
    customer::{
        order_windows::OrderWindows,
        orders::{CountedOrder, OrderHistory},
        profile::{Customer, OrderTotals, ReachQuery},
        topics::{TopicQuestion, TopicSettings},
    },
    delivery::{
        contact_policy::ContactPolicy,
        eligibility::{EligibilityFacts, SendDecision, decide_send, planned_channel},
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, Occurrence},
        money::Currency,
    },
    voucher::skip_reason::SkipReason,
};

/// Maximum length of a replay in days: a quarter.
pub const MAX_DAYS: u32 = 90;
/// Default length of a replay in days. A month shows each day of the week four times.
pub const DEFAULT_DAYS: u32 = 30;

/// Returns the last `days` days that are over in every time zone, the earliest first. On each of
/// them every customer has reached their local send hour.
pub fn replay_window(now: Timestamp, days: u32) -> Vec<Date> {
    let mut dates: Vec<Date> =
        std::iter::successors(trigger::earliest_open_day(now).yesterday().ok(), |day| {
            day.yesterday().ok()
        })
        .take(usize::try_from(days).unwrap_or(usize::MAX))
        .collect();
    dates.reverse();
    dates
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReplayable {
    /// The campaign is a promotion and has no trigger.
    NoTrigger,
    /// The events that fire it are not stored: carts, and the app's own events.
    NotKept,
}

/// An autopilot and the days that are replayed.
#[derive(Debug)]
pub struct Replay<'a> {
    campaign: &'a CampaignId,
    definition: &'a Definition,
    tenant_currency: Currency,
    /// The campaign's topic, as the tenant has it now.
    topic: Option<TopicQuestion>,
    trigger: &'a Trigger,
    days: Vec<ReplayDay>,
    source: MatchSource,
    /// Trigger or audience depend on something that orders change.
    needs_orders: bool,
}

/// The source of matches on the live path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MatchSource {
    /// A scan on each day.
    DailyScan,
    /// Each order event.
    OrderEvents,
    /// The first report of a customer, on the day on which they signed up.
    SignUp,
}

#[derive(Debug)]
struct ReplayDay {
    date: Date,
    /// The firing of that day, the same for every customer. Only calendar triggers have one.
    firing: Option<TriggerFiring>,
    /// The time at which the live path scans for that day.
    planned_at: Timestamp,
}

/// The data about a customer that the replay needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredData {
    /// No data: the autopilot fires on none of the days for this customer.
    Nothing,
    Profile,
    Orders,
}

/// A match, and the outcome it would have had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedFiring {
    pub day: Date,
    pub outcome: ReplayOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// A voucher was issued, and its first message was sent on this channel.
    Sent(Channel),
    /// The customer was held out.
    HeldOut,
    Skipped(SkipReason),
}

impl ReplayOutcome {
    pub fn code(self) -> &'static str {
        match self {
            ReplayOutcome::Sent(_) => "send",
            ReplayOutcome::HeldOut => "ghost",
            ReplayOutcome::Skipped(reason) => reason.code(),
        }
    }
    /// Returns true if the outcome starts the cool-down. Held-out customers cool down too.
    fn starts_cool_down(self) -> bool {
        match self {
            ReplayOutcome::Sent(_) | ReplayOutcome::HeldOut => true,
            ReplayOutcome::Skipped(_) => false,
        }
    }
}

impl<'a> Replay<'a> {
    /// Prepares the replay. `replay_window` is sorted, the earliest day first.
    pub fn new(
        campaign: &'a CampaignId,
        definition: &'a Definition,
        tenant_currency: Currency,
        topics: &TopicSettings,
        window: &[Date],
    ) -> Result<Self, NotReplayable> {
        let trigger = definition.trigger.as_ref().ok_or(NotReplayable::NoTrigger)?;
        let by = match &trigger.when {
            TriggerCondition::Inactivity { .. } | TriggerCondition::PersonalDate { .. } => {
                MatchSource::DailyScan
            }
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. } => MatchSource::OrderEvents,
            TriggerCondition::SignUp {} => MatchSource::SignUp,
            TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => {
                return Err(NotReplayable::NotKept);
            }
        };
        let day = |date: &Date| {
            let firing =
                if by == MatchSource::DailyScan { Some(trigger.firing_on(*date)?) } else { None };
            Some(ReplayDay { date: *date, firing, planned_at: trigger::first_zone_start(*date) })
        };
        // A day without a firing is dropped: it is so early that no customer can have ordered
        // before it.
        let days: Vec<ReplayDay> = window.iter().filter_map(day).collect();
        let by_last_order = matches!(trigger.when, TriggerCondition::Inactivity { .. });
        let by_orders = by_last_order
            || by == MatchSource::OrderEvents
            || definition.audience.depends_on_orders();
        Ok(Self {
            campaign,
            definition,
            tenant_currency,
            topic: definition.topic.as_ref().map(|topic| topics.question(topic)),
            trigger,
            days,
            source: by,
            needs_orders: by_orders,
        })
    }

    /// Returns the data that the replay needs for a customer, judged by their present state. For
    /// most customers the autopilot fires on no day, and this alone finds most of them.
    pub fn required_data(&self, customer: &Customer) -> RequiredData {
        let first = self.days.first().map(|day| day.date);
        let fires = match (self.source, &self.trigger.when) {
            // The last order day was on no past day later than it is today.
            (MatchSource::DailyScan, TriggerCondition::Inactivity { days, vertical }) => {
                let activity = match vertical {
                    None => Some(&customer.activity),
                    Some(vertical) => customer.verticals.get(vertical),
                };
                let latest = activity.and_then(|activity| activity.last_order_day);
                let earliest = first.and_then(|first| trigger::subtract_days(first, *days));
                latest.zip(earliest).is_some_and(|(latest, earliest)| latest >= earliest)
            }
            (MatchSource::DailyScan, _) => {
                self.days.iter().any(|day| self.trigger.fires_on(customer, day.date))
            }
            (MatchSource::OrderEvents, _) => customer
                .activity
                .last_order_day
                .zip(first)
                .is_some_and(|(latest, first)| latest >= first),
            (MatchSource::SignUp, _) => {
                customer.profile.signed_up.is_some_and(|day| self.covers_day(day))
            }
        };
        match (fires, self.needs_orders) {
            (false, _) => RequiredData::Nothing,
            (true, false) => RequiredData::Profile,
            (true, true) => RequiredData::Orders,
        }
    }

    /// Returns the firings for this customer in order, as if the autopilot had been enabled when
    /// the first day began: the customer had no voucher before, and each match starts a cool-down
    /// for later ones. `orders` are read only if [`required_data`](Self::asks) returned
    /// `OrderEvents`.
    pub fn replay_matches(
        &self,
        customer: &Customer,
        orders: &[CountedOrder],
    ) -> Vec<ReplayedFiring> {
        let mut history = OrderHistory::from_orders(if self.needs_orders { orders } else { &[] });
        let mut state = customer.clone();
        if self.needs_orders {
            state.activity = OrderTotals::default();
            state.verticals.clear();
            state.windows = Some(OrderWindows::default());
        }
        let mut collector =
            MatchCollector { replay: self, last_match_at: None, matches: Vec::new() };
        match self.source {
            MatchSource::DailyScan => {
                for ReplayDay { date, firing, planned_at } in &self.days {
                    history.count_orders_until(*planned_at, &mut state);
                    let known = history.has_counted()
                        || state.profile.signed_up.is_none_or(|day| day <= *date);
                    let Some(firing) = firing else { continue };
                    if self.trigger.fires_on(&state, *date) {
                        if known {
                            collector.process_match(&state, firing, &history);
                        }
                    } else if let Some(then) = self.state_when_begun(&state, *date, &history)
                        && self.trigger.fires_on(&then, *date)
                    {
                        collector.process_match(&then, firing, &history);
                    }
                }
            }
            MatchSource::OrderEvents => {
                let mut before: BTreeSet<Occurrence> = BTreeSet::new();
                loop {
                    let (total, verticals) = (state.activity, state.verticals.clone());
                    let Some(placed) = history.count_next_order(&mut state) else {
                        break;
                    };
                    let total = TotalsChange { before: total, after: state.activity };
                    let happened = placed.verticals.keys().find_map(|vertical| {
                        let of = |verticals: &BTreeMap<String, OrderTotals>| {
                            verticals.get(vertical).copied().unwrap_or_default()
                        };
                        let in_vertical =
                            TotalsChange { before: of(&verticals), after: of(&state.verticals) };
                        let change = BehaviourChange::OrdersChanged {
                            vertical,
                            currency: placed.currency,
                            total,
                            in_vertical,
                        };
                        let at = placed.placed_at;
                        self.trigger.firing_for(&BehaviourEvent { at, customer: &state, change })
                    });
                    // Each occurrence fires once in a customer's life, even if that was before the
                    // window.
                    let Some(firing) =
                        happened.filter(|firing| before.insert(firing.occurrence.clone()))
                    else {
                        continue;
                    };
                    if self.covers_day(firing.day) {
                        collector.process_match(&state, &firing, &history);
                    }
                }
            }
            MatchSource::SignUp => {
                if let Some(day) = customer.profile.signed_up.filter(|day| self.covers_day(*day)) {
                    // The time of the sign-up is not stored, so the hour of a calendar day is used.
                    let at = self.trigger.local_moment(customer, day);
                    history.count_orders_until(at, &mut state);
                    let what = BehaviourChange::SignUpReported { signed_up: day };
                    let happened = self.trigger.firing_for(&BehaviourEvent {
                        at,
                        customer: &state,
                        change: what,
                    });
                    if let Some(firing) = happened {
                        collector.process_match(&state, &firing, &history);
                    }
                }
            }
        }
        collector.matches
    }

    /// Returns the customer's state when the day begins for them, if orders can have changed it
    /// since the scan: an order of the day before may come after it (`Trigger::late_firing`).
    fn state_when_begun(
        &self,
        state: &Customer,
        day: Date,
        history: &OrderHistory<'_>,
    ) -> Option<Customer> {
        if !matches!(self.trigger.when, TriggerCondition::Inactivity { vertical: None, .. }) {
            return None;
        }
        let mut then = state.clone();
        let begins = state.zone().start_of_day(day);
        history.clone().count_orders_until(begins, &mut then);
        Some(then)
    }

    fn covers_day(&self, day: Date) -> bool {
        let ends = self.days.first().zip(self.days.last());
        ends.is_some_and(|(first, last)| first.date <= day && day <= last.date)
    }

    /// Decides the outcome of a match, or returns `None` if there is no channel to plan for.
    fn decide_outcome(
        &self,
        customer: &Customer,
        firing: &TriggerFiring,
        moment: Timestamp,
        cooling: bool,
    ) -> Option<ReplayOutcome> {
        let query = ReachQuery { topic: self.topic.as_ref(), now: moment };
        let channel = planned_channel(self.definition, customer, &query)?;
        let decision = decide_send(&EligibilityFacts {
            past_vouchers: &[],
            exclusions: &[],
            campaign: self.campaign,
            definition: self.definition,
            customer: Some(customer),
            topic: self.topic.as_ref(),
            channel,
            firing: Some(firing),
            audience_at: self.trigger.send_moment(customer, firing),
            cooling_down: cooling,
            // The tenant's past quiet hours and caps are not kept. The campaign's own window only
            // delays a message.
            policy: &ContactPolicy::default(),
            tenant_currency: self.tenant_currency,
            cap_reached: None,
            now: moment,
        });
        Some(match decision {
            SendDecision::Send => ReplayOutcome::Sent(channel),
            SendDecision::Move(other) => ReplayOutcome::Sent(other),
            SendDecision::Defer(_, at) => {
                return self.decide_outcome(customer, firing, at, cooling);
            }
            SendDecision::HoldOut => ReplayOutcome::HeldOut,
            SendDecision::Skip(reason) => ReplayOutcome::Skipped(reason),
        })
    }
}

/// The matches of one customer, collected in order.
struct MatchCollector<'a, 'r> {
    replay: &'a Replay<'r>,
    last_match_at: Option<Timestamp>,
    matches: Vec<ReplayedFiring>,
}

impl MatchCollector<'_, '_> {
    /// Processes a match as the live path does: the audience when it is planned, the decision when
    /// its moment has come.
    fn process_match(
        &mut self,
        state: &Customer,
        firing: &TriggerFiring,
        history: &OrderHistory<'_>,
    ) {
        let (trigger, definition) = (self.replay.trigger, self.replay.definition);
        let moment = trigger.send_moment(state, firing);
        if !definition.audience.selects(state, moment) {
            return;
        }
        let mut then = state.clone();
        history.clone().count_orders_until(moment, &mut then);
        // A pause says itself when it began.
        then.pause.take_if(|pause| pause.at > moment);
        let cooling = self.last_match_at.is_some_and(|had| had > trigger.cool_down_start(moment));
        let Some(outcome) = self.replay.decide_outcome(&then, firing, moment, cooling) else {
            return;
        };
        if outcome.starts_cool_down() {
            self.last_match_at = Some(moment);
        }
        self.matches.push(ReplayedFiring { day: firing.day, outcome });
    }
}

/// The usual range of matches per day. About one day in ten had `low` or fewer, and about one in
/// ten had `high` or more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DailyRange {
    pub low: u64,
    pub high: u64,
}

/// Computes the 10th and the 90th percentile by nearest rank. Each is the count of an actual day,
/// without interpolation.
pub fn daily_range(mut counts: Vec<u64>) -> DailyRange {
    counts.sort_unstable();
    let ranked = |percent: usize| {
        let rank = (counts.len() * percent).div_ceil(100);
        counts.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    DailyRange { low: ranked(10), high: ranked(90) }
}

#[cfg(test)]
mod tests;
