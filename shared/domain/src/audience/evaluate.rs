//! Whether a rule holds for a customer at a moment: the one evaluation behind runs, previews and explanations.
//! Reads the lowered rule and the customer, writes nothing; a group stops at the first child that settles it.

use jiff::civil::{Date, date};

use super::{Bounds, DayBounds, Facts, Rule, TagBounds};
use crate::{
    channel::Channel,
    customer::{Activity, ConsentState, Locale},
    money::{Currency, Minor},
};

impl Rule {
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        let customer = facts.customer;
        match self {
            Rule::Everyone => true,
            Rule::All(rules) => rules.iter().all(|rule| rule.holds(facts)),
            Rule::Any(rules) => rules.iter().any(|rule| rule.holds(facts)),
            Rule::Not(rule) => !rule.holds(facts),
            Rule::Ordered { vertical } => facts.orders(Some(vertical)) > 0,
            Rule::NeverOrdered { vertical } => facts.orders(Some(vertical)) == 0,
            Rule::OrdersCount { vertical, count } => count.contain(facts.orders(vertical.as_deref())),
            Rule::Spend { vertical, currency, amount } => {
                facts.spend(vertical.as_deref(), *currency).is_some_and(|spend| amount.contain(spend))
            }
            Rule::LastOrder { vertical, day } => {
                facts.last_order_day(vertical.as_deref()).is_some_and(|last| day.contain(last, facts))
            }
            Rule::WithinKm(nearby) => customer.profile.location.as_ref().is_some_and(|place| nearby.contains(place)),
            Rule::Locale { any_of } => customer.profile.locale.as_ref().is_some_and(|locale| covered(any_of, locale)),
            Rule::SignedUp(day) => customer.profile.signed_up.is_some_and(|signed_up| day.contain(signed_up, facts)),
            Rule::Tags(tags) => tags.hold(&customer.profile.tags),
            Rule::CustomerIds(listed) => listed.contains(&customer.id),
            Rule::ConsentsTo { channel } => facts.consents(*channel),
        }
    }
}

impl Facts<'_> {
    /// Of all orders, or of those in one vertical, where there are any.
    fn activity(&self, vertical: Option<&str>) -> Option<&Activity> {
        match vertical {
            None => Some(&self.customer.activity),
            Some(vertical) => self.customer.verticals.get(vertical),
        }
    }
    pub(super) fn orders(&self, vertical: Option<&str>) -> u32 {
        self.activity(vertical).map_or(0, |activity| activity.orders)
    }
    /// In `currency`; nothing if the customer pays in another. A customer without a currency pays in the tenant's.
    pub(super) fn spend(&self, vertical: Option<&str>, currency: Currency) -> Option<Minor> {
        match self.customer.profile.currency {
            Some(theirs) if theirs != currency => None,
            Some(_) | None => Some(self.activity(vertical).map_or(Minor::ZERO, |activity| activity.spend)),
        }
    }
    pub(super) fn last_order_day(&self, vertical: Option<&str>) -> Option<Date> {
        self.activity(vertical).and_then(|activity| activity.last_order_day)
    }
    pub(super) fn consents(&self, channel: Channel) -> bool {
        self.customer.consents.get(&channel).is_some_and(|consent| consent.state == ConsentState::Granted)
    }
    /// Days from `day` to the customer's today; negative if `day` is still to come.
    pub(super) fn days_since(&self, day: Date) -> i64 {
        day_number(self.today()) - day_number(day)
    }
}

/// Zones are less than 26 hours from UTC, so the customer's day is at most this far from UTC's.
const MOST_DAYS_FROM_UTC: i64 = 2;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

fn day_number(day: Date) -> i64 {
    const EPOCH: Date = date(1970, 1, 1);
    day.duration_since(EPOCH).as_secs() / SECONDS_PER_DAY
}

impl DayBounds {
    fn contain(&self, day: Date, facts: &Facts<'_>) -> bool {
        if !self.dates.contain(day) {
            return false;
        }
        if self.days_ago.at_least.is_none() && self.days_ago.at_most.is_none() {
            return true;
        }
        let wanted =
            Bounds { at_least: self.days_ago.at_least.map(i64::from), at_most: self.days_ago.at_most.map(i64::from) };
        // most days are far from a limit, and UTC settles them without a look at the customer's zone
        let about = facts.now.as_second().div_euclid(SECONDS_PER_DAY) - day_number(day);
        let (fewest, most) = (about - MOST_DAYS_FROM_UTC, about + MOST_DAYS_FROM_UTC);
        if wanted.contain(fewest) && wanted.contain(most) {
            return true;
        }
        if wanted.at_least.is_some_and(|least| most < least) || wanted.at_most.is_some_and(|limit| fewest > limit) {
            return false;
        }
        wanted.contain(facts.days_since(day))
    }
}

impl TagBounds {
    fn hold(&self, tags: &[String]) -> bool {
        (self.any_of.is_empty() || self.any_of.iter().any(|tag| tags.contains(tag)))
            && self.all_of.iter().all(|tag| tags.contains(tag))
            && !self.none_of.iter().any(|tag| tags.contains(tag))
    }
}

fn covered(any_of: &[Locale], locale: &Locale) -> bool {
    any_of.iter().any(|wanted| wanted.covers(locale))
}
