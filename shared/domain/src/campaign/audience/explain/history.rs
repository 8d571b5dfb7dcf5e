//! Explains the conditions on what a customer did over time, on attributes, samples and segments.

use super::{
    CustomerFacts, format_bounds, format_day, format_days_wanted, format_orders, in_vertical,
};
use crate::{
    campaign::audience::{AttributeTest, AudienceRule, SegmentCondition, VoucherCondition},
    customer::{attributes::AttributeValue, order_windows::WindowSums},
    kernel::money::Money,
};

/// Names the orders that were counted. A window that begins within days that were added up says so.
pub(super) fn format_orders_in(
    facts: &CustomerFacts<'_>,
    vertical: Option<&str>,
    in_days: Option<u32>,
) -> String {
    let Some(days) = in_days else {
        return format_orders(facts, vertical);
    };
    match facts.window(vertical, days) {
        Some(window) => format!(
            "{} order{}{} in {}",
            window.orders,
            if window.orders == 1 { "" } else { "s" },
            in_vertical(vertical),
            format_window(facts, window)
        ),
        None => format!("orders{} of the last {days} days are not known", in_vertical(vertical)),
    }
}

fn format_window(facts: &CustomerFacts<'_>, window: WindowSums) -> String {
    format!("the last {} days", facts.days_since_number(window.starts) + 1)
}

pub(super) fn node_detail(rule: &AudienceRule, facts: &CustomerFacts<'_>) -> String {
    match rule {
        AudienceRule::Spend { vertical, in_days, currency, amount } => {
            let money = |amount| Money::new(amount, *currency).to_string();
            let wanted = format_bounds(*amount, money);
            let vertical = vertical.as_deref();
            let window = in_days.and_then(|days| facts.window(vertical, days));
            let over = window.map(|it| format!(" in {}", format_window(facts, it)));
            match facts.spend_in(vertical, *in_days, *currency) {
                Some(spend) => format!(
                    "{} spent{}{}, {wanted} wanted",
                    money(spend),
                    in_vertical(vertical),
                    over.unwrap_or_default()
                ),
                None if facts.spend(vertical, *currency).is_some() => {
                    format!("spend of these days is not known, {wanted} wanted")
                }
                None => format!("pays in another currency, {wanted} wanted"),
            }
        }
        AudienceRule::FirstOrder(day) => {
            let first = facts.first_order_day().map_or_else(
                || "unknown".to_owned(),
                |first| format!("{} days ago", facts.days_since_number(first)),
            );
            format!("first order {first}, {} wanted", format_days_wanted(day))
        }
        AudienceRule::OrderGap(days) => {
            let wanted = format_bounds(*days, |days| days.to_string());
            match facts.order_gaps() {
                Some((days, gaps)) => {
                    format!("{:.1} days between orders, {wanted} wanted", days as f64 / gaps as f64)
                }
                None => format!("fewer than two orders, {wanted} days between them wanted"),
            }
        }
        AudienceRule::HadVoucher(wanted) => format_vouchers(facts, wanted),
        AudienceRule::Attribute(attribute) => {
            let found = facts.customer.profile.attributes.get(&attribute.name);
            format_attribute(&attribute.name, found, &attribute.test, facts)
        }
        AudienceRule::Sample(sample) => {
            let found = if sample.contains(&facts.customer.id) { "in" } else { "not in" };
            let percent = f64::from(sample.hundredths) / 100.0;
            format!("{found} the {percent} % of `{}`", sample.name)
        }
        AudienceRule::Segment(SegmentCondition { id, frozen }) => match frozen {
            Some(frozen) => format!(
                "{} segment {id}, version {}",
                if frozen.rule.holds(facts) { "in" } else { "not in" },
                frozen.version
            ),
            None => format!("segment {id} was not looked up"),
        },
        AudienceRule::Everyone
        | AudienceRule::All(_)
        | AudienceRule::Any(_)
        | AudienceRule::Not(_)
        | AudienceRule::Ordered { .. }
        | AudienceRule::NeverOrdered { .. }
        | AudienceRule::OrdersCount { .. }
        | AudienceRule::LastOrder { .. }
        | AudienceRule::WithinKm(_)
        | AudienceRule::NearMerchants(_)
        | AudienceRule::Locale { .. }
        | AudienceRule::SignedUp(_)
        | AudienceRule::Tags(_)
        | AudienceRule::CustomerIds(_)
        | AudienceRule::ConsentsTo { .. } => String::new(),
    }
}

fn format_vouchers(facts: &CustomerFacts<'_>, wanted: &VoucherCondition) -> String {
    let found = facts.vouchers.iter().filter(|voucher| facts.is_wanted(voucher, wanted)).count();
    let of = wanted.campaign.as_ref().map_or_else(String::new, |id| format!(" of {id}"));
    let days = wanted.day.as_ref().map(|day| format!(" {}", format_days_wanted(day)));
    format!(
        "{found} voucher{} {}{of}{}, at least 1 wanted",
        if found == 1 { "" } else { "s" },
        wanted.stage.as_str(),
        days.unwrap_or_default()
    )
}

fn format_attribute(
    name: &str,
    found: Option<&AttributeValue>,
    test: &AttributeTest,
    facts: &CustomerFacts<'_>,
) -> String {
    let shown = match found {
        None => "not known".to_owned(),
        Some(AttributeValue::Bool(value)) => value.to_string(),
        Some(AttributeValue::Number(value)) => value.to_string(),
        Some(AttributeValue::Text(value)) => value.clone(),
        Some(AttributeValue::Set(values)) => {
            values.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        }
    };
    match test {
        AttributeTest::Is(wanted) => format!("{name} {shown}, {wanted} wanted"),
        AttributeTest::Number(wanted) => {
            let wanted = format_bounds(*wanted, |number| number.to_string());
            format!("{name} {shown}, {wanted} wanted")
        }
        AttributeTest::Day(day) => {
            format!("{name} {}", format_day(found.and_then(AttributeValue::day), day, facts))
        }
        AttributeTest::AnyOf(wanted) => {
            format!("{name} {shown}, any of {} wanted", wanted.join(", "))
        }
    }
}
