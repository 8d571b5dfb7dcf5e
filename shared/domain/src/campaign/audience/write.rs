//! Writes a rule back as the JSON that it was read from. The campaign's definition stores it, and
//! the API answers with it.

use serde_json::{Map, Value};

use super::{AudienceRule, DayBounds, TagCondition, ValueBounds};
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
        AudienceRule::OrdersCount { vertical, count } => object([
            ("vertical", vertical.as_ref().map(text)),
            ("at_least", count.at_least.map(Value::from)),
            ("at_most", count.at_most.map(Value::from)),
        ]),
        AudienceRule::Spend { vertical, currency, amount } => {
            let money = |amount| money(Money::new(amount, *currency));
            object([
                ("vertical", vertical.as_ref().map(text)),
                ("at_least", amount.at_least.map(money)),
                ("at_most", amount.at_most.map(money)),
            ])
        }
        AudienceRule::LastOrder { vertical, day } => {
            let [least, most, from, until] = days(day);
            object([("vertical", vertical.as_ref().map(text)), least, most, from, until])
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
        AudienceRule::CustomerIds(listed) => {
            object([("any_of", Some(listed.ids().iter().map(|id| text(id.as_str())).collect()))])
        }
        AudienceRule::ConsentsTo { channel } => object([("channel", Some(text(channel.as_str())))]),
    };
    object([(rule.key(), Some(body))])
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
