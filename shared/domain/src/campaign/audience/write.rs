//! Writes a rule back as the JSON that it was read from. The campaign's definition stores it, and
//! the API answers with it.

use serde_json::{Map, Value};

use super::{
    AttributeCondition, AttributeTest, AudienceRule, DayBounds, SegmentCondition, TagCondition,
    ValueBounds,
};
use crate::kernel::money::Money;

pub(super) fn rule_to_value(rule: &AudienceRule) -> Value {
    let body = match rule {
        AudienceRule::Everyone => Value::Object(Map::new()),
        AudienceRule::All(rules) | AudienceRule::Any(rules) => {
            rules.iter().map(self::rule_to_value).collect()
        }
        AudienceRule::Not(inner) => self::rule_to_value(inner),
        AudienceRule::Ordered { vertical } | AudienceRule::NeverOrdered { vertical } => {
            object([("vertical", Some(text(vertical)))])
        }
        AudienceRule::OrdersCount { vertical, in_days, count } => object([
            ("vertical", vertical.as_ref().map(text)),
            ("in_days", in_days.map(Value::from)),
            ("at_least", count.at_least.map(Value::from)),
            ("at_most", count.at_most.map(Value::from)),
        ]),
        AudienceRule::Spend { vertical, in_days, currency, amount } => {
            let money = |amount| money(Money::new(amount, *currency));
            object([
                ("vertical", vertical.as_ref().map(text)),
                ("in_days", in_days.map(Value::from)),
                ("at_least", amount.at_least.map(money)),
                ("at_most", amount.at_most.map(money)),
            ])
        }
        AudienceRule::LastOrder { vertical, day } => {
            let [least, most, from, until] = days(day);
            object([("vertical", vertical.as_ref().map(text)), least, most, from, until])
        }
        AudienceRule::FirstOrder(day) => object(days(day)),
        AudienceRule::OrderGap(gap) => object([
            ("at_least", gap.at_least.map(Value::from)),
            ("at_most", gap.at_most.map(Value::from)),
        ]),
        AudienceRule::HadVoucher(wanted) => {
            let [least, most, from, until] = optional_days(wanted.day.as_ref());
            let campaign = wanted.campaign.as_ref().map(|id| text(id.as_str()));
            let stage = text(wanted.stage.as_str());
            object([("stage", Some(stage)), ("campaign", campaign), least, most, from, until])
        }
        AudienceRule::WithinKm(nearby) => object([
            (
                "points",
                Some(
                    nearby
                        .points()
                        .map(|(point, name)| {
                            object([
                                ("lat", Some(write_number(point.lat))),
                                ("lon", Some(write_number(point.lon))),
                                ("name", name.map(text)),
                            ])
                        })
                        .collect(),
                ),
            ),
            ("km", Some(write_number(nearby.km()))),
        ]),
        AudienceRule::NearMerchants(nearby) => {
            let named = nearby.merchants.iter().map(|key| text(key.as_str()));
            let named = (!nearby.merchants.is_empty()).then(|| named.collect());
            object([
                ("merchants", named),
                ("opened_within_days", nearby.opened_within_days.map(Value::from)),
                ("vertical", nearby.vertical.as_ref().map(text)),
                ("km", Some(write_number(nearby.km))),
            ])
        }
        AudienceRule::Locale { any_of } => {
            object([("any_of", Some(any_of.iter().map(|locale| text(locale.as_str())).collect()))])
        }
        AudienceRule::SignedUp(day) => object(days(day)),
        AudienceRule::Tags(TagCondition { any_of, all_of, none_of }) => {
            object([("any_of", list(any_of)), ("all_of", list(all_of)), ("none_of", list(none_of))])
        }
        AudienceRule::Attribute(attribute) => attribute_to_value(attribute),
        AudienceRule::Sample(sample) => object([
            ("name", Some(text(&sample.name))),
            ("percent", Some(write_number(f64::from(sample.hundredths) / 100.0))),
        ]),
        AudienceRule::Segment(SegmentCondition { id, frozen }) => object([
            ("id", Some(text(id.as_str()))),
            ("version", frozen.as_ref().map(|it| Value::from(it.version))),
            ("rule", frozen.as_ref().map(|it| self::rule_to_value(&it.rule))),
        ]),
        AudienceRule::CustomerIds(listed) => {
            object([("any_of", Some(listed.ids().iter().map(|id| text(id.as_str())).collect()))])
        }
        AudienceRule::ConsentsTo { channel } => object([("channel", Some(text(channel.as_str())))]),
    };
    object([(rule.key(), Some(body))])
}

fn attribute_to_value(attribute: &AttributeCondition) -> Value {
    let name = ("name", Some(text(&attribute.name)));
    match &attribute.test {
        AttributeTest::Is(wanted) => object([name, ("is", Some(Value::from(*wanted)))]),
        AttributeTest::Number(bounds) => object([
            name,
            ("at_least", bounds.at_least.map(write_number)),
            ("at_most", bounds.at_most.map(write_number)),
        ]),
        AttributeTest::Day(day) => {
            let [least, most, from, until] = days(day);
            object([name, least, most, from, until])
        }
        AttributeTest::AnyOf(names) => object([name, ("any_of", list(names))]),
    }
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

fn text(text: impl AsRef<str>) -> Value {
    Value::from(text.as_ref())
}

fn list(entries: &[String]) -> Option<Value> {
    (!entries.is_empty()).then(|| entries.iter().map(text).collect())
}

fn money(money: Money) -> Value {
    object([
        ("amount", Some(money.amount.units().into())),
        ("currency", Some(text(money.currency.as_str()))),
    ])
}

fn optional_days(day: Option<&DayBounds>) -> [(&'static str, Option<Value>); 4] {
    let any = ValueBounds { at_least: None, at_most: None };
    days(day.unwrap_or(&DayBounds {
        days_ago: any,
        dates: ValueBounds { at_least: None, at_most: None },
    }))
}

fn days(day: &DayBounds) -> [(&'static str, Option<Value>); 4] {
    let ValueBounds { at_least, at_most } = day.days_ago;
    [
        ("days_ago_at_least", at_least.map(Value::from)),
        ("days_ago_at_most", at_most.map(Value::from)),
        ("from", day.dates.at_least.map(|day| text(day.to_string()))),
        ("until", day.dates.at_most.map(|day| text(day.to_string()))),
    ]
}

/// Writes whole numbers as people do, `3` and not `3.0`.
pub(super) fn write_number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}
