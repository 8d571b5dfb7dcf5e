//! What an autopilot would have done on days that are over: one customer and their orders in, the days on which it fires for them and
//! what would have been decided out. It asks what the live path asks, in the same order: who fires and is in the audience when the day
//! begins (`scan-autopilot`) or an order is told (`Trigger::happened`), then `decide` when its hour has come (the workers), each time of the
//! customer as they stood then. Nothing is kept of earlier profiles and consents, so both are as now, and orders count as they stand now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use crate::{
    channel::Channel,
    contact_policy::ContactPolicy,
    customer::{Activity, Customer},
    decision::{Decision, Facts, SkipReason, decide, planned_channel},
    definition::Definition,
    dispatch::Firing,
    id::{CampaignId, Occurrence},
    order::{History, OrderRecord},
    trigger::{self, Happened, Happening, Totals, Trigger, When},
};

/// Days of a replay, at most: as long as a quarter.
pub const MAX_DAYS: u32 = 90;
/// A month of them shows each day of the week four times.
pub const DEFAULT_DAYS: u32 = 30;

/// The last so many days that are over in every zone of the world, the earliest first: on each of them every customer had their hour.
pub fn window(now: Timestamp, days: u32) -> Vec<Date> {
    let mut dates: Vec<Date> =
        std::iter::successors(trigger::oldest_day(now).yesterday().ok(), |day| day.yesterday().ok())
            .take(usize::try_from(days).unwrap_or(usize::MAX))
            .collect();
    dates.reverse();
    dates
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReplayable {
    /// A promotion.
    NoTrigger,
    /// What fires it was not kept: carts, and events of the app's own.
    NotKept,
}

/// An autopilot and the days it is looked at.
#[derive(Debug)]
pub struct Replay<'a> {
    campaign: &'a CampaignId,
    definition: &'a Definition,
    trigger: &'a Trigger,
    days: Vec<Day>,
    by: By,
    /// Trigger or audience ask for something that orders change.
    by_orders: bool,
}

/// How the live path comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Looks on each day who fires.
    Days,
    /// Hears of each order.
    Orders,
    /// Hears of a customer for the first time, on the day they signed up.
    SigningUp,
}

#[derive(Debug)]
struct Day {
    date: Date,
    /// What fires on it, for everybody; by days alone.
    firing: Option<Firing>,
    /// When the live path looks who fires on it.
    planned_at: Timestamp,
}

/// What has to be read of a customer to replay them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: it fired on none of the days for them.
    Nothing,
    Profile,
    Orders,
}

/// A match, and what would have become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    pub day: Date,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A voucher, told on this channel first.
    Sent(Channel),
    /// Held out.
    Ghost,
    Skipped(SkipReason),
}

impl Outcome {
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Sent(_) => "send",
            Outcome::Ghost => "ghost",
            Outcome::Skipped(reason) => reason.code(),
        }
    }
    /// Whether the cool-down begins with it: who is held out cools down too.
    fn cools(self) -> bool {
        match self {
            Outcome::Sent(_) | Outcome::Ghost => true,
            Outcome::Skipped(_) => false,
        }
    }
}

impl<'a> Replay<'a> {
    /// `window` is in order, the earliest day first.
    pub fn new(campaign: &'a CampaignId, definition: &'a Definition, window: &[Date]) -> Result<Self, NotReplayable> {
        let trigger = definition.trigger.as_ref().ok_or(NotReplayable::NoTrigger)?;
        let by = match &trigger.when {
            When::Inactivity { .. } | When::PersonalDate { .. } => By::Days,
            When::NthOrder { .. } | When::FirstOrder { .. } | When::SpendMilestone { .. } => By::Orders,
            When::SignUp {} => By::SigningUp,
            When::CartLeft { .. } | When::Event { .. } => return Err(NotReplayable::NotKept),
        };
        let day = |date: &Date| {
            let firing = if by == By::Days { Some(trigger.firing(*date)?) } else { None };
            Some(Day { date: *date, firing, planned_at: trigger::begins(*date) })
        };
        // a day before which nobody can have ordered fires nobody
        let days: Vec<Day> = window.iter().filter_map(day).collect();
        let by_last_order = matches!(trigger.when, When::Inactivity { .. });
        let by_orders = by_last_order || by == By::Orders || definition.audience.asks_for_orders();
        Ok(Self { campaign, definition, trigger, days, by, by_orders })
    }

    /// Of the customer as they stand now. Most fire on no day, and most of those are told apart by this alone.
    pub fn asks(&self, customer: &Customer) -> Asks {
        let first = self.days.first().map(|day| day.date);
        let fires = match (self.by, &self.trigger.when) {
            // no day's last order is later than that of today
            (By::Days, When::Inactivity { days, vertical }) => {
                let activity = match vertical {
                    None => Some(&customer.activity),
                    Some(vertical) => customer.verticals.get(vertical),
                };
                let latest = activity.and_then(|activity| activity.last_order_day);
                let earliest = first.and_then(|first| trigger::before(first, *days));
                latest.zip(earliest).is_some_and(|(latest, earliest)| latest >= earliest)
            }
            (By::Days, _) => self.days.iter().any(|day| self.trigger.fires_on(customer, day.date)),
            (By::Orders, _) => {
                customer.activity.last_order_day.zip(first).is_some_and(|(latest, first)| latest >= first)
            }
            (By::SigningUp, _) => customer.profile.signed_up.is_some_and(|day| self.covers(day)),
        };
        match (fires, self.by_orders) {
            (false, _) => Asks::Nothing,
            (true, false) => Asks::Profile,
            (true, true) => Asks::Orders,
        }
    }

    /// The days on which it fires for this customer, in order, as if it had been enabled when the first of them began: nobody had a
    /// voucher before, and each match cools down the ones behind it. `orders` are looked at only if [`asks`](Self::asks) says so.
    pub fn firings(&self, customer: &Customer, orders: &[OrderRecord]) -> Vec<Fired> {
        let mut history = History::of(if self.by_orders { orders } else { &[] });
        let mut standing = customer.clone();
        if self.by_orders {
            standing.activity = Activity::default();
            standing.verticals.clear();
        }
        let mut told = Told { replay: self, last_had: None, fired: Vec::new() };
        match self.by {
            By::Days => {
                for Day { date, firing, planned_at } in &self.days {
                    history.count_until(*planned_at, &mut standing);
                    let known = history.has_begun() || standing.profile.signed_up.is_none_or(|day| day <= *date);
                    let Some(firing) = firing.as_ref().filter(|_| known) else { continue };
                    if self.trigger.fires_on(&standing, *date) {
                        told.look_at(&standing, firing, &history);
                    }
                }
            }
            By::Orders => {
                let mut before: BTreeSet<Occurrence> = BTreeSet::new();
                loop {
                    let (total, verticals) = (standing.activity, standing.verticals.clone());
                    let Some(placed) = history.count_next(&mut standing) else { break };
                    let vertical = &placed.vertical;
                    let of =
                        |verticals: &BTreeMap<String, Activity>| verticals.get(vertical).copied().unwrap_or_default();
                    let in_vertical = Totals { before: of(&verticals), after: of(&standing.verticals) };
                    let total = Totals { before: total, after: standing.activity };
                    let what = Happened::Ordered { vertical, currency: placed.total.currency, total, in_vertical };
                    let happened = self.trigger.happened(&Happening { at: placed.at, customer: &standing, what });
                    // once in a life, also if that was before the window
                    let Some(firing) = happened.filter(|firing| before.insert(firing.occurrence.clone())) else {
                        continue;
                    };
                    if self.covers(firing.day) {
                        told.look_at(&standing, &firing, &history);
                    }
                }
            }
            By::SigningUp => {
                if let Some(day) = customer.profile.signed_up.filter(|day| self.covers(*day)) {
                    // when on that day is not kept: at the hour of a calendar's day
                    let at = self.trigger.moment(customer, day);
                    history.count_until(at, &mut standing);
                    let what = Happened::Appeared { signed_up: Some(day) };
                    let happened = self.trigger.happened(&Happening { at, customer: &standing, what });
                    if let Some(firing) = happened {
                        told.look_at(&standing, &firing, &history);
                    }
                }
            }
        }
        told.fired
    }

    fn covers(&self, day: Date) -> bool {
        let ends = self.days.first().zip(self.days.last());
        ends.is_some_and(|(first, last)| first.date <= day && day <= last.date)
    }

    /// `None` if there is no channel to plan for.
    fn outcome(&self, customer: &Customer, firing: &Firing, moment: Timestamp, cooling: bool) -> Option<Outcome> {
        let channel = planned_channel(self.definition, customer)?;
        let decision = decide(&Facts {
            campaign: self.campaign,
            definition: self.definition,
            customer: Some(customer),
            channel,
            firing: Some(firing),
            cooling,
            // the tenant's hours and caps of the past are not kept; the campaign's own window only moves a message
            policy: &ContactPolicy::default(),
            pressed: None,
            now: moment,
        });
        Some(match decision {
            Decision::Send => Outcome::Sent(channel),
            Decision::Move(other) => Outcome::Sent(other),
            Decision::Defer(_, at) => return self.outcome(customer, firing, at, cooling),
            Decision::Ghost => Outcome::Ghost,
            Decision::Skip(reason) => Outcome::Skipped(reason),
        })
    }
}

/// The matches of one customer, as they come.
struct Told<'a, 'r> {
    replay: &'a Replay<'r>,
    last_had: Option<Timestamp>,
    fired: Vec<Fired>,
}

impl Told<'_, '_> {
    /// What the live path does with a match: the audience when it is planned, the decision when its moment has come.
    fn look_at(&mut self, standing: &Customer, firing: &Firing, history: &History<'_>) {
        let (trigger, definition) = (self.replay.trigger, self.replay.definition);
        let moment = trigger.moment_of(standing, firing);
        if !definition.audience.selects(standing, moment) {
            return;
        }
        let mut then = standing.clone();
        history.clone().count_until(moment, &mut then);
        let cooling = self.last_had.is_some_and(|had| had > trigger.cool_since(moment));
        let Some(outcome) = self.replay.outcome(&then, firing, moment, cooling) else { return };
        if outcome.cools() {
            self.last_had = Some(moment);
        }
        self.fired.push(Fired { day: firing.day, outcome });
    }
}

/// How many a day are ordinary: about one day in ten had fewer than `low`, or as many, and one in ten more than `high`, or as many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Band {
    pub low: u64,
    pub high: u64,
}

/// The 10th and the 90th percentile by nearest rank: each is what one of the days had, and nothing in between.
pub fn band(mut counts: Vec<u64>) -> Band {
    counts.sort_unstable();
    let ranked = |percent: usize| {
        let rank = (counts.len() * percent).div_ceil(100);
        counts.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    Band { low: ranked(10), high: ranked(90) }
}

#[cfg(test)]
mod tests;
