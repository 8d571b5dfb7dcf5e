//! Evaluates a rule for a customer at a moment: the one evaluation behind runs, previews and
//! explanations.
//!
//! Reads the lowered rule and the customer, writes nothing. A group stops at the first child that
//! decides it.

use jiff::civil::{Date, date};

use super::{AudienceRule, CustomerFacts, DayBounds, TagCondition, ValueBounds};
use crate::{
    customer::profile::{ConsentState, OrderTotals},
    kernel::{
        channel::Channel,
        locale::Locale,
        money::{Currency, MinorUnits},
    },
};

impl AudienceRule {
    pub(super) fn holds(&self, facts: &CustomerFacts<'_>) -> bool {
        let customer = facts.customer;
        match self {
            AudienceRule::Everyone => true,
            AudienceRule::All(rules) => rules.iter().all(|rule| rule.holds(facts)),
            AudienceRule::Any(rules) => rules.iter().any(|rule| rule.holds(facts)),
            AudienceRule::Not(rule) => !rule.holds(facts),
            AudienceRule::Ordered { vertical } => facts.order_count(Some(vertical)) > 0,
            AudienceRule::NeverOrdered { vertical } => facts.order_count(Some(vertical)) == 0,
            AudienceRule::OrdersCount { vertical, count } => {
                count.contains(facts.order_count(vertical.as_deref()))
            }
            AudienceRule::Spend { vertical, currency, amount } => facts
                .spend(vertical.as_deref(), *currency)
                .is_some_and(|spend| amount.contains(spend)),
            AudienceRule::LastOrder { vertical, day } => facts
                .last_order_day(vertical.as_deref())
                .is_some_and(|last| day.contains_day(last, facts)),
            AudienceRule::WithinKm(nearby) => {
                customer.profile.location.as_ref().is_some_and(|place| nearby.contains(place))
            }
            AudienceRule::NearMerchants(nearby) => {
                customer.profile.location.as_ref().is_some_and(|place| nearby.contains(place))
            }
            AudienceRule::Locale { any_of } => {
                customer.profile.locale.as_ref().is_some_and(|locale| covers_locale(any_of, locale))
            }
            AudienceRule::SignedUp(day) => customer
                .profile
                .signed_up
                .is_some_and(|signed_up| day.contains_day(signed_up, facts)),
            AudienceRule::Tags(tags) => tags.matches_tags(&customer.profile.tags),
            AudienceRule::CustomerIds(listed) => listed.contains(&customer.id),
            AudienceRule::ConsentsTo { channel } => facts.consents(*channel),
        }
    }
}

impl CustomerFacts<'_> {
    /// Returns the totals of all orders, or of the orders in one vertical if there are any.
    fn order_activity(&self, vertical: Option<&str>) -> Option<&OrderTotals> {
        match vertical {
            None => Some(&self.customer.activity),
            Some(vertical) => self.customer.verticals.get(vertical),
        }
    }
    pub(super) fn order_count(&self, vertical: Option<&str>) -> u32 {
        self.order_activity(vertical).map_or(0, |activity| activity.orders)
    }
    /// Returns the customer's spend in `currency`, or `None` if the customer pays in another. A
    /// customer without a currency pays in the tenant's.
    pub(super) fn spend(&self, vertical: Option<&str>, currency: Currency) -> Option<MinorUnits> {
        match self.customer.profile.currency {
            Some(theirs) if theirs != currency => None,
            Some(_) | None => Some(
                self.order_activity(vertical).map_or(MinorUnits::ZERO, |activity| activity.spend),
            ),
        }
    }
    pub(super) fn last_order_day(&self, vertical: Option<&str>) -> Option<Date> {
        self.order_activity(vertical).and_then(|activity| activity.last_order_day)
    }
    pub(super) fn consents(&self, channel: Channel) -> bool {
        self.customer
            .consents
            .get(&channel)
            .is_some_and(|consent| consent.state == ConsentState::Granted)
    }
    /// Returns the days from `day` to the customer's today; negative if `day` is in the future.
    pub(super) fn days_since(&self, day: Date) -> i64 {
        day_number(self.today()) - day_number(day)
    }
}

/// Most days between the customer's day and UTC's: zones are less than 26 hours from UTC.
const MOST_DAYS_FROM_UTC: i64 = 2;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

fn day_number(day: Date) -> i64 {
    const EPOCH: Date = date(1970, 1, 1);
    day.duration_since(EPOCH).as_secs() / SECONDS_PER_DAY
}

impl DayBounds {
    fn contains_day(&self, day: Date, facts: &CustomerFacts<'_>) -> bool {
        if !self.dates.contains(day) {
            return false;
        }
        if self.days_ago.at_least.is_none() && self.days_ago.at_most.is_none() {
            return true;
        }
        let wanted = ValueBounds {
            at_least: self.days_ago.at_least.map(i64::from),
            at_most: self.days_ago.at_most.map(i64::from),
        };
        // Most days are far from a limit. For them the UTC day decides, without a look at the
        // customer's zone.
        let about = facts.now.as_second().div_euclid(SECONDS_PER_DAY) - day_number(day);
        let (fewest, most) = (about - MOST_DAYS_FROM_UTC, about + MOST_DAYS_FROM_UTC);
        if wanted.contains(fewest) && wanted.contains(most) {
            return true;
        }
        if wanted.at_least.is_some_and(|least| most < least)
            || wanted.at_most.is_some_and(|limit| fewest > limit)
        {
            return false;
        }
        wanted.contains(facts.days_since(day))
    }
}

impl TagCondition {
    fn matches_tags(&self, tags: &[String]) -> bool {
        (self.any_of.is_empty() || self.any_of.iter().any(|tag| tags.contains(tag)))
            && self.all_of.iter().all(|tag| tags.contains(tag))
            && !self.none_of.iter().any(|tag| tags.contains(tag))
    }
}

fn covers_locale(any_of: &[Locale], locale: &Locale) -> bool {
    any_of.iter().any(|wanted| wanted.covers(locale))
}
