//! Why a rule selects a customer or does not: each node with its pointer, whether it holds, and what was found against what was wanted.
//! Reads what `evaluate` reads and takes its word for every node, so that an explanation cannot differ from the run.

use jiff::civil::Date;
use serde::Serialize;

use super::{Bounds, DayBounds, Facts, Rule, TagBounds};
use crate::money::Money;

/// One node of a rule, answered for one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explained {
    /// The node's key: `all`, `orders_count`, ...
    pub rule: &'static str,
    /// JSON pointer of the node, `/audience/all/0/orders_count`.
    pub field: String,
    pub holds: bool,
    /// `3 orders, at least 5 wanted`
    pub detail: String,
    /// Of groups and `not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub parts: Vec<Explained>,
}

pub(super) fn rule(rule: &Rule, facts: &Facts<'_>, parent: &str) -> Explained {
    let field = format!("{parent}/{}", rule.key());
    let parts: Vec<Explained> = match rule {
        Rule::All(rules) | Rule::Any(rules) => {
            rules.iter().enumerate().map(|(index, part)| self::rule(part, facts, &format!("{field}/{index}"))).collect()
        }
        Rule::Not(inner) => vec![self::rule(inner, facts, &field)],
        Rule::Everyone
        | Rule::Ordered { .. }
        | Rule::NeverOrdered { .. }
        | Rule::OrdersCount { .. }
        | Rule::Spend { .. }
        | Rule::LastOrder { .. }
        | Rule::WithinKm(_)
        | Rule::Locale { .. }
        | Rule::SignedUp(_)
        | Rule::Tags(_)
        | Rule::CustomerIds(_)
        | Rule::ConsentsTo { .. } => Vec::new(),
    };
    Explained { rule: rule.key(), field, holds: rule.holds(facts), detail: detail(rule, facts, &parts), parts }
}

fn detail(rule: &Rule, facts: &Facts<'_>, parts: &[Explained]) -> String {
    let profile = &facts.customer.profile;
    match rule {
        Rule::Everyone => "everyone".into(),
        Rule::All(_) | Rule::Any(_) => {
            let holding = parts.iter().filter(|part| part.holds).count();
            let wanted = if matches!(rule, Rule::All(_)) { "all" } else { "any" };
            format!("{holding} of {} hold, {wanted} wanted", parts.len())
        }
        Rule::Not(_) => format!("it {}", if parts.iter().any(|part| part.holds) { "holds" } else { "does not hold" }),
        Rule::Ordered { vertical } => format!("{}, at least 1 wanted", orders(facts, Some(vertical))),
        Rule::NeverOrdered { vertical } => format!("{}, none wanted", orders(facts, Some(vertical))),
        Rule::OrdersCount { vertical, count } => {
            format!("{}, {} wanted", orders(facts, vertical.as_deref()), bounds(*count, |count| count.to_string()))
        }
        Rule::Spend { vertical, currency, amount } => {
            let money = |amount| Money::new(amount, *currency).to_string();
            let wanted = bounds(*amount, money);
            match facts.spend(vertical.as_deref(), *currency) {
                Some(spend) => format!("{} spent{}, {wanted} wanted", money(spend), in_vertical(vertical.as_deref())),
                None => format!("pays in another currency, {wanted} wanted"),
            }
        }
        Rule::LastOrder { vertical, day } => {
            let last = facts.last_order_day(vertical.as_deref());
            format!("last order{} {}", in_vertical(vertical.as_deref()), found_day(last, day, facts))
        }
        Rule::WithinKm(nearby) => match &profile.location {
            Some(place) => format!("{:.1} km away, at most {} wanted", nearby.km_to(place), nearby.km()),
            None => format!("no location, at most {} km wanted", nearby.km()),
        },
        Rule::Locale { any_of } => {
            let wanted: Vec<&str> = any_of.iter().map(|locale| locale.as_str()).collect();
            let found = profile.locale.as_ref().map_or("no locale", |locale| locale.as_str());
            format!("{found}, any of {} wanted", wanted.join(", "))
        }
        Rule::SignedUp(day) => format!("sign-up {}", found_day(profile.signed_up, day, facts)),
        Rule::Tags(tags) => {
            let found =
                if profile.tags.is_empty() { "no tags".into() } else { format!("tags {}", profile.tags.join(", ")) };
            format!("{found}; {} wanted", wanted_tags(tags))
        }
        Rule::CustomerIds(listed) => {
            let found = if listed.contains(&facts.customer.id) { "listed" } else { "not listed" };
            format!("{found}, one of {} wanted", listed.ids().len())
        }
        Rule::ConsentsTo { channel } => {
            format!(
                "{} to {channel}, consent wanted",
                if facts.consents(*channel) { "consents" } else { "does not consent" }
            )
        }
    }
}

fn orders(facts: &Facts<'_>, vertical: Option<&str>) -> String {
    let count = facts.orders(vertical);
    format!("{count} order{}{}", if count == 1 { "" } else { "s" }, in_vertical(vertical))
}

fn in_vertical(vertical: Option<&str>) -> String {
    vertical.map(|vertical| format!(" in {vertical}")).unwrap_or_default()
}

fn bounds<T>(bounds: Bounds<T>, show: impl Fn(T) -> String) -> String {
    match (bounds.at_least.map(&show), bounds.at_most.map(&show)) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "anything".into(),
    }
}

fn found_day(found: Option<Date>, wanted: &DayBounds, facts: &Facts<'_>) -> String {
    let found = match found {
        Some(day) => format!("{} days ago on {day}", facts.days_since(day)),
        None => "unknown".into(),
    };
    let mut parts = Vec::new();
    if wanted.days_ago.at_least.is_some() || wanted.days_ago.at_most.is_some() {
        parts.push(format!("{} days ago", bounds(wanted.days_ago, |days| days.to_string())));
    }
    parts.extend(wanted.dates.at_least.map(|from| format!("from {from}")));
    parts.extend(wanted.dates.at_most.map(|until| format!("until {until}")));
    format!("{found}, {} wanted", parts.join(", "))
}

fn wanted_tags(tags: &TagBounds) -> String {
    [("any of", &tags.any_of), ("all of", &tags.all_of), ("none of", &tags.none_of)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(how, list)| format!("{how} {}", list.join(", ")))
        .collect::<Vec<_>>()
        .join(" and ")
}
