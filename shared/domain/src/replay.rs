//! What an autopilot would have done on days that are over: one customer and their orders in, the days on which it fires for them and
//! what would have been decided out. It asks what the live path asks, in the same order: who fires and is in the audience when the day
//! begins (`scan-autopilot`), then `decide` when its hour has come (the workers), each time of the customer as they stood then.
//! Nothing is kept of earlier profiles and consents, so both are as now, and orders count as they stand now.

use jiff::{Timestamp, civil::Date};

use crate::{
    channel::Channel,
    customer::{Activity, Customer},
    decision::{Decision, Facts, SkipReason, decide, planned_channel},
    definition::Definition,
    dispatch::Firing,
    id::CampaignId,
    order::{History, OrderRecord},
    trigger::{self, Bucket, Trigger},
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
    /// No day makes it fire.
    NotByTheCalendar,
}

/// An autopilot and the days it is looked at.
#[derive(Debug)]
pub struct Replay<'a> {
    campaign: &'a CampaignId,
    definition: &'a Definition,
    trigger: &'a Trigger,
    days: Vec<Day>,
    /// Trigger or audience ask for something that orders change.
    by_orders: bool,
}

#[derive(Debug)]
struct Day {
    firing: Firing,
    /// When the live path looks who fires on it.
    planned_at: Timestamp,
    buckets: Vec<Bucket>,
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
        // what was told was not kept: the orders of a vertical, carts and events fire when they come
        if trigger.of_events() {
            return Err(NotReplayable::NotByTheCalendar);
        }
        let day = |date: &Date| {
            let firing = trigger.firing(*date)?;
            Some(Day { firing, planned_at: trigger::begins(*date), buckets: trigger.buckets(*date) })
        };
        let days = window.iter().map(day).collect::<Option<Vec<_>>>().ok_or(NotReplayable::NotByTheCalendar)?;
        let by_last_order = days.iter().flat_map(|day| &day.buckets).any(|bucket| match bucket {
            Bucket::LastOrder(_) => true,
            Bucket::PersonalDate { .. } | Bucket::NamedDate { .. } => false,
        });
        let by_orders = by_last_order || definition.audience.asks_for_orders();
        Ok(Self { campaign, definition, trigger, days, by_orders })
    }

    /// Of the customer as they stand now. Most fire on no day, and most of those are told apart by this alone.
    pub fn asks(&self, customer: &Customer) -> Asks {
        // no day's last order is later than that of today
        let may_fire = |day: &Day, bucket: &Bucket| match bucket {
            Bucket::LastOrder(last) => customer.activity.last_order_day.is_some_and(|latest| latest >= *last),
            Bucket::PersonalDate { .. } | Bucket::NamedDate { .. } => self.trigger.fires_on(customer, day.firing.day),
        };
        let fires = self.days.iter().any(|day| day.buckets.iter().any(|bucket| may_fire(day, bucket)));
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
        let mut last_had: Option<Timestamp> = None;
        let mut fired = Vec::new();
        for Day { firing, planned_at, .. } in &self.days {
            history.count_until(*planned_at, &mut standing);
            let known = history.has_begun() || standing.profile.signed_up.is_none_or(|day| day <= firing.day);
            if !known || !self.trigger.fires_on(&standing, firing.day) {
                continue;
            }
            let moment = self.trigger.moment(&standing, firing.day);
            if !self.definition.audience.selects(&standing, moment) {
                continue;
            }
            let mut then = standing.clone();
            history.clone().count_until(moment, &mut then);
            let cooling = last_had.is_some_and(|had| had > self.trigger.cool_since(moment));
            let Some(outcome) = self.outcome(&then, firing, moment, cooling) else { continue };
            if outcome.cools() {
                last_had = Some(moment);
            }
            fired.push(Fired { day: firing.day, outcome });
        }
        fired
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
            now: moment,
        });
        Some(match decision {
            Decision::Send => Outcome::Sent(channel),
            Decision::Move(other) => Outcome::Sent(other),
            Decision::Ghost => Outcome::Ghost,
            Decision::Skip(reason) => Outcome::Skipped(reason),
        })
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
