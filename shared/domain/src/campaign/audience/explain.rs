//! Explains why a rule selects a customer or does not: each node with its pointer, its result, and
//! the values found and wanted.
//!
//! It evaluates every node with `evaluate`, so that an explanation cannot differ from the run.

mod history;

use jiff::civil::Date;
use serde::Serialize;

use super::{AudienceRule, CustomerFacts, DayBounds, SegmentCondition, TagCondition, ValueBounds};

/// One node of a rule, evaluated for one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleExplanation {
    /// The node's key: `all`, `orders_count`, ...
    pub rule: &'static str,
    /// JSON pointer of the node, `/audience/all/0/orders_count`.
    pub field: String,
    pub holds: bool,
    /// The values found and wanted: `3 orders, at least 5 wanted`
    pub detail: String,
    /// The child nodes of a group or a `not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub parts: Vec<RuleExplanation>,
}

pub(super) fn explain_rule(
    rule: &AudienceRule,
    facts: &CustomerFacts<'_>,
    parent: &str,
) -> RuleExplanation {
    let field = format!("{parent}/{}", rule.key());
    let parts: Vec<RuleExplanation> = match rule {
        AudienceRule::All(rules) | AudienceRule::Any(rules) => rules
            .iter()
            .enumerate()
            .map(|(index, part)| self::explain_rule(part, facts, &format!("{field}/{index}")))
            .collect(),
        AudienceRule::Not(inner) => vec![self::explain_rule(inner, facts, &field)],
        AudienceRule::Segment(SegmentCondition { frozen: Some(frozen), .. }) => {
            vec![self::explain_rule(&frozen.rule, facts, &format!("{field}/rule"))]
        }
        AudienceRule::Everyone
        | AudienceRule::Ordered { .. }
        | AudienceRule::NeverOrdered { .. }
        | AudienceRule::OrdersCount { .. }
        | AudienceRule::Spend { .. }
        | AudienceRule::FirstOrder(_)
        | AudienceRule::LastOrder { .. }
        | AudienceRule::OrderGap(_)
        | AudienceRule::HadVoucher(_)
        | AudienceRule::WithinKm(_)
        | AudienceRule::NearMerchants(_)
        | AudienceRule::Locale { .. }
        | AudienceRule::SignedUp(_)
        | AudienceRule::Tags(_)
        | AudienceRule::Attribute(_)
        | AudienceRule::Sample(_)
        | AudienceRule::Segment(_)
        | AudienceRule::CustomerIds(_)
        | AudienceRule::ConsentsTo { .. } => Vec::new(),
    };
    RuleExplanation {
        rule: rule.key(),
        field,
        holds: rule.holds(facts),
        detail: node_detail(rule, facts, &parts),
        parts,
    }
}

fn node_detail(
    rule: &AudienceRule,
    facts: &CustomerFacts<'_>,
    parts: &[RuleExplanation],
) -> String {
    let profile = &facts.customer.profile;
    match rule {
        AudienceRule::Everyone => "everyone".into(),
        AudienceRule::All(_) | AudienceRule::Any(_) => {
            let holding = parts.iter().filter(|part| part.holds).count();
            let wanted = if matches!(rule, AudienceRule::All(_)) { "all" } else { "any" };
            format!("{holding} of {} hold, {wanted} wanted", parts.len())
        }
        AudienceRule::Not(_) => format!(
            "it {}",
            if parts.iter().any(|part| part.holds) { "holds" } else { "does not hold" }
        ),
        AudienceRule::Ordered { vertical } => {
            format!("{}, at least 1 wanted", format_orders(facts, Some(vertical)))
        }
        AudienceRule::NeverOrdered { vertical } => {
            format!("{}, none wanted", format_orders(facts, Some(vertical)))
        }
        AudienceRule::OrdersCount { vertical, in_days, count } => {
            format!(
                "{}, {} wanted",
                history::format_orders_in(facts, vertical.as_deref(), *in_days),
                format_bounds(*count, |count| count.to_string())
            )
        }
        AudienceRule::Spend { .. }
        | AudienceRule::FirstOrder(_)
        | AudienceRule::OrderGap(_)
        | AudienceRule::HadVoucher(_)
        | AudienceRule::Attribute(_)
        | AudienceRule::Sample(_)
        | AudienceRule::Segment(_) => history::node_detail(rule, facts),
        AudienceRule::LastOrder { vertical, day } => {
            let last = facts.last_order_day(vertical.as_deref());
            format!(
                "last order{} {}",
                in_vertical(vertical.as_deref()),
                format_day(last, day, facts)
            )
        }
        AudienceRule::WithinKm(nearby) => match &profile.location {
            Some(place) => {
                format!("{:.1} km away, at most {} wanted", nearby.km_to(place), nearby.km())
            }
            None => format!("no location, at most {} km wanted", nearby.km()),
        },
        AudienceRule::NearMerchants(nearby) => {
            let wanted = format!("at most {} km from {} wanted", nearby.km, nearby.wanted());
            match profile.location.as_ref().map(|place| nearby.km_to(place)) {
                Some(Some(km)) => format!("{km:.1} km away, {wanted}"),
                Some(None) => format!("no such merchant, {wanted}"),
                None => format!("no location, {wanted}"),
            }
        }
        AudienceRule::Locale { any_of } => {
            let wanted: Vec<&str> = any_of.iter().map(|locale| locale.as_str()).collect();
            let found = profile.locale.as_ref().map_or("no locale", |locale| locale.as_str());
            format!("{found}, any of {} wanted", wanted.join(", "))
        }
        AudienceRule::SignedUp(day) => {
            format!("sign-up {}", format_day(profile.signed_up, day, facts))
        }
        AudienceRule::Tags(tags) => {
            let found = if profile.tags.is_empty() {
                "no tags".into()
            } else {
                format!("tags {}", profile.tags.join(", "))
            };
            format!("{found}; {} wanted", format_tags(tags))
        }
        AudienceRule::CustomerIds(listed) => {
            let found = if listed.contains(&facts.customer.id) { "listed" } else { "not listed" };
            format!("{found}, one of {} wanted", listed.ids().len())
        }
        AudienceRule::ConsentsTo { channel } => {
            format!(
                "{} to {channel}, consent wanted",
                if facts.consents(*channel) { "consents" } else { "does not consent" }
            )
        }
    }
}

fn format_orders(facts: &CustomerFacts<'_>, vertical: Option<&str>) -> String {
    let count = facts.order_count(vertical);
    format!("{count} order{}{}", if count == 1 { "" } else { "s" }, in_vertical(vertical))
}

fn in_vertical(vertical: Option<&str>) -> String {
    vertical.map(|vertical| format!(" in {vertical}")).unwrap_or_default()
}

fn format_bounds<T>(bounds: ValueBounds<T>, show: impl Fn(T) -> String) -> String {
    match (bounds.at_least.map(&show), bounds.at_most.map(&show)) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "anything".into(),
    }
}

fn format_day(found: Option<Date>, wanted: &DayBounds, facts: &CustomerFacts<'_>) -> String {
    let found = match found {
        Some(day) => format!("{} days ago on {day}", facts.days_since(day)),
        None => "unknown".into(),
    };
    format!("{found}, {} wanted", format_days_wanted(wanted))
}

fn format_days_wanted(wanted: &DayBounds) -> String {
    let mut parts = Vec::new();
    if wanted.days_ago.at_least.is_some() || wanted.days_ago.at_most.is_some() {
        parts.push(format!("{} days ago", format_bounds(wanted.days_ago, |days| days.to_string())));
    }
    parts.extend(wanted.dates.at_least.map(|from| format!("from {from}")));
    parts.extend(wanted.dates.at_most.map(|until| format!("until {until}")));
    parts.join(", ")
}

fn format_tags(tags: &TagCondition) -> String {
    [("any of", &tags.any_of), ("all of", &tags.all_of), ("none of", &tags.none_of)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(how, list)| format!("{how} {}", list.join(", ")))
        .collect::<Vec<_>>()
        .join(" and ")
}
