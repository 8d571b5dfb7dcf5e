//! Evaluates a rule for a customer at a moment: the one evaluation behind runs, previews and
//! explanations.
//!
//! Reads the lowered rule and the customer, writes nothing. A group stops at the first child that
//! decides it.

use jiff::civil::Date;

use super::{
    AttributeCondition, AttributeTest, AudienceRule, CustomerFacts, DayBounds, PastVoucher,
    SegmentCondition, TagCondition, ValueBounds, VoucherCondition,
};
use crate::{
    customer::{
        order_windows::{WindowSums, day_number},
        profile::{ConsentState, OrderTotals},
    },
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
            AudienceRule::OrdersCount { vertical, in_days: None, count } => {
                count.contains(facts.order_count(vertical.as_deref()))
            }
            AudienceRule::OrdersCount { vertical, in_days: Some(days), count } => facts
                .window(vertical.as_deref(), *days)
                .is_some_and(|window| count.contains(window.orders)),
            AudienceRule::Spend { vertical, in_days, currency, amount } => facts
                .spend_in(vertical.as_deref(), *in_days, *currency)
                .is_some_and(|spend| amount.contains(spend)),
            AudienceRule::FirstOrder(day) => {
                facts.first_order_day().is_some_and(|first| day.contains_day_number(first, facts))
            }
            AudienceRule::LastOrder { vertical, day } => facts
                .last_order_day(vertical.as_deref())
                .is_some_and(|last| day.contains_day(last, facts)),
            AudienceRule::OrderGap(days) => facts.has_order_gap(*days),
            AudienceRule::HadVoucher(wanted) => {
                facts.vouchers.iter().any(|voucher| facts.is_wanted(voucher, wanted))
            }
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
            AudienceRule::Attribute(AttributeCondition { name, test }) => {
                customer.profile.attributes.get(name).is_some_and(|value| match test {
                    AttributeTest::Day(day) => {
                        value.day().is_some_and(|found| day.contains_day(found, facts))
                    }
                    AttributeTest::Is(_) | AttributeTest::Number(_) | AttributeTest::AnyOf(_) => {
                        test.matches(value)
                    }
                })
            }
            AudienceRule::Sample(sample) => sample.contains(&customer.id),
            AudienceRule::Segment(segment) => {
                segment.frozen.as_ref().is_some_and(|frozen| frozen.rule.holds(facts))
            }
            AudienceRule::CustomerIds(listed) => listed.contains(&customer.id),
            AudienceRule::ConsentsTo { channel } => facts.consents(*channel),
        }
    }
}

impl AudienceRule {
    /// Returns whether the rule holds if that is so whatever vouchers the customer had.
    pub(super) fn decide(&self, facts: &CustomerFacts<'_>) -> Option<bool> {
        let among = |rules: &[AudienceRule], deciding: bool| {
            let mut all_known = Some(!deciding);
            for rule in rules {
                match rule.decide(facts) {
                    Some(answer) if answer == deciding => return Some(deciding),
                    Some(_) => {}
                    None => all_known = None,
                }
            }
            all_known
        };
        match self {
            AudienceRule::All(rules) => among(rules, false),
            AudienceRule::Any(rules) => among(rules, true),
            AudienceRule::Not(rule) => rule.decide(facts).map(|holds| !holds),
            AudienceRule::Segment(SegmentCondition { frozen, .. }) => {
                frozen.as_ref().map_or(Some(false), |frozen| frozen.rule.decide(facts))
            }
            AudienceRule::HadVoucher(_) => None,
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::NearMerchants(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => Some(self.holds(facts)),
        }
    }
}

impl CustomerFacts<'_> {
    /// Returns the orders of the last `days` calendar days, the customer's today included, or
    /// `None` if they are not known.
    pub(super) fn window(&self, vertical: Option<&str>, days: u32) -> Option<WindowSums> {
        let windows = self.customer.windows.as_ref()?;
        let since = day_number(self.today()) - i64::from(days) + 1;
        let Some(vertical) = vertical else {
            return windows.sums_since(since, None);
        };
        match self.customer.verticals.keys().position(|name| name == vertical) {
            Some(place) => windows.sums_since(since, Some(place)),
            None => Some(WindowSums { orders: 0, spend: MinorUnits::ZERO, starts: since }),
        }
    }

    /// Returns the spend of the last days, or of all, like [`spend`](Self::spend).
    pub(super) fn spend_in(
        &self,
        vertical: Option<&str>,
        in_days: Option<u32>,
        currency: Currency,
    ) -> Option<MinorUnits> {
        let in_all = self.spend(vertical, currency)?;
        match in_days {
            None => Some(in_all),
            Some(days) => self.window(vertical, days).map(|window| window.spend),
        }
    }

    /// Returns the day of the first order that counts, as a number.
    pub(super) fn first_order_day(&self) -> Option<i64> {
        self.customer.windows.as_ref()?.first_order_day()
    }

    /// Returns the days from the first order to the last, and the number of gaps between them.
    pub(super) fn order_gaps(&self) -> Option<(i64, i64)> {
        let last = self.customer.activity.last_order_day?;
        let gaps = i64::from(self.customer.activity.orders) - 1;
        let days = day_number(last) - self.first_order_day()?;
        (gaps > 0).then_some((days, gaps))
    }

    fn has_order_gap(&self, wanted: ValueBounds<u32>) -> bool {
        self.order_gaps().is_some_and(|(days, gaps)| {
            wanted.at_least.is_none_or(|least| days >= i64::from(least) * gaps)
                && wanted.at_most.is_none_or(|most| days <= i64::from(most) * gaps)
        })
    }

    /// Returns true if the voucher reached the stage, on such a day.
    pub(super) fn is_wanted(&self, voucher: &PastVoucher, wanted: &VoucherCondition) -> bool {
        if wanted.campaign.as_ref().is_some_and(|campaign| voucher.campaign != *campaign) {
            return false;
        }
        let reached = voucher.reached_at(wanted.stage);
        reached.is_some_and(|at| {
            let on_day =
                |day: &DayBounds| day.contains_day(self.customer.zone().local_day(at), self);
            wanted.day.as_ref().is_none_or(on_day)
        })
    }

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
        self.days_since_number(day_number(day))
    }
    pub(super) fn days_since_number(&self, day: i64) -> i64 {
        day_number(self.today()) - day
    }
}

/// Most days between the customer's day and UTC's: zones are less than 26 hours from UTC.
const MOST_DAYS_FROM_UTC: i64 = 2;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

impl DayBounds {
    fn contains_day(&self, day: Date, facts: &CustomerFacts<'_>) -> bool {
        self.dates.contains(day) && self.contains_days_ago(day_number(day), facts)
    }

    fn contains_day_number(&self, day: i64, facts: &CustomerFacts<'_>) -> bool {
        let dates = ValueBounds {
            at_least: self.dates.at_least.map(day_number),
            at_most: self.dates.at_most.map(day_number),
        };
        dates.contains(day) && self.contains_days_ago(day, facts)
    }

    fn contains_days_ago(&self, day: i64, facts: &CustomerFacts<'_>) -> bool {
        if self.days_ago.at_least.is_none() && self.days_ago.at_most.is_none() {
            return true;
        }
        let wanted = ValueBounds {
            at_least: self.days_ago.at_least.map(i64::from),
            at_most: self.days_ago.at_most.map(i64::from),
        };
        // Most days are far from a limit. For them the UTC day decides, without a look at the
        // customer's zone.
        let about = facts.now.as_second().div_euclid(SECONDS_PER_DAY) - day;
        let (fewest, most) = (about - MOST_DAYS_FROM_UTC, about + MOST_DAYS_FROM_UTC);
        if wanted.contains(fewest) && wanted.contains(most) {
            return true;
        }
        if wanted.at_least.is_some_and(|least| most < least)
            || wanted.at_most.is_some_and(|limit| fewest > limit)
        {
            return false;
        }
        wanted.contains(facts.days_since_number(day))
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
