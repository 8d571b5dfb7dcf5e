//! The rule's JSON at the door: checked node by node, so that each error names the pointer of what is wrong, and lowered on the way.
//! Reads untrusted JSON of any shape; stops at the depth, width and error limits of `audience`.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{
    Bounds, DayBounds, Listed, MAX_DAYS_AGO, MAX_DEPTH, MAX_ERRORS, MAX_KM, MAX_LISTED, MAX_LOCALES, MAX_NAME,
    MAX_NODES, MAX_POINTS, MAX_TAGS, Nearby, Rule, TagBounds,
};
use crate::{
    channel::Channel,
    customer::{Locale, Point},
    field::{FieldError, below, parse_value},
    id::CustomerId,
    money::{Currency, Money},
};

/// What a node may be, for the OpenAPI document.
#[cfg(feature = "openapi")]
pub(super) const GRAMMAR: &str = "A tree; each node is an object with exactly one key. Groups: `all` and `any` (a list of rules), `not` (a rule), \
     `everyone` ({}). Conditions: `ordered` {vertical}, `never_ordered` {vertical}, `orders_count` {vertical?, at_least?, at_most?}, \
     `spend` {vertical?, at_least?: Money, at_most?: Money}, `last_order` {vertical?, days_ago_at_least?, days_ago_at_most?, from?, until?}, \
     `within_km` {points: [{lat, lon}], km}, `locale` {any_of}, `signed_up` {from?, until?, days_ago_at_least?, days_ago_at_most?}, \
     `tags` {any_of?, all_of?, none_of?}, `customer_ids` {any_of}, `consents_to` {channel}. Bounds are inclusive, dates are calendar \
     dates in the customer's zone, at least one bound is given. At most 8 levels and 200 nodes.";

const KEYS: [&str; 15] = [
    "everyone",
    "all",
    "any",
    "not",
    "ordered",
    "never_ordered",
    "orders_count",
    "spend",
    "last_order",
    "within_km",
    "locale",
    "signed_up",
    "tags",
    "customer_ids",
    "consents_to",
];

pub(super) fn rule(value: &Value, at: &str) -> Result<Rule, Vec<FieldError>> {
    let mut reading = Reading { errors: Vec::new(), nodes: 0, currency: None, root: at };
    match reading.node(value, at, 1) {
        Some(rule) if reading.errors.is_empty() => Ok(rule),
        Some(_) | None => Err(reading.errors),
    }
}

/// The state of one reading. Its methods answer `None` after they have noted why.
struct Reading<'a> {
    errors: Vec<FieldError>,
    nodes: usize,
    /// The first currency met; the others must be the same.
    currency: Option<Currency>,
    root: &'a str,
}

impl Reading<'_> {
    fn refuse<T>(&mut self, field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Option<T> {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(field, code, detail));
        }
        None
    }

    fn node(&mut self, value: &Value, at: &str, depth: usize) -> Option<Rule> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            if self.nodes == MAX_NODES + 1 {
                self.refuse::<()>(self.root.to_owned(), "too_wide", format!("a rule has at most {MAX_NODES} nodes"));
            }
            return None;
        }
        if depth > MAX_DEPTH {
            return self.refuse(at, "too_deep", format!("a rule has at most {MAX_DEPTH} levels"));
        }
        let Some(object) = value.as_object() else {
            return self.refuse(at, "invalid", "a rule is an object with exactly one key");
        };
        let mut entries = object.iter();
        match (entries.next(), entries.next()) {
            (Some((key, body)), None) => self.keyed(key, body, at, depth),
            (None, _) | (Some(_), Some(_)) => {
                self.refuse(at, "exactly_one", format!("a rule has exactly one key, one of {}", KEYS.join(", ")))
            }
        }
    }

    fn keyed(&mut self, key: &str, body: &Value, parent: &str, depth: usize) -> Option<Rule> {
        let at = &below(parent, key);
        match key {
            "everyone" => self.object(body, at, &[]).map(|_| Rule::Everyone),
            "all" => self.group(body, at, depth).map(Rule::All),
            "any" => self.group(body, at, depth).map(Rule::Any),
            "not" => self.node(body, at, depth + 1).map(|rule| Rule::Not(Box::new(rule))),
            "ordered" => self.in_vertical(body, at).map(|vertical| Rule::Ordered { vertical }),
            "never_ordered" => self.in_vertical(body, at).map(|vertical| Rule::NeverOrdered { vertical }),
            "orders_count" => self.orders_count(body, at),
            "spend" => self.spend(body, at),
            "last_order" => self.last_order(body, at),
            "within_km" => self.within_km(body, at),
            "locale" => {
                let any_of = self.only_list(body, at, MAX_LOCALES, |entry| {
                    Locale::parse(entry.as_str().unwrap_or_default()).map_err(|bad| bad.to_string())
                })?;
                Some(Rule::Locale { any_of })
            }
            "signed_up" => {
                let object = self.bounded(body, at, &DAY_KEYS, &DAY_KEYS)?;
                self.day_bounds(object, at).map(Rule::SignedUp)
            }
            "tags" => self.tags(body, at),
            "customer_ids" => {
                let ids = self.only_list(body, at, MAX_LISTED, |entry| {
                    CustomerId::parse(entry.as_str().unwrap_or_default()).map_err(|bad| format!("an id {bad}"))
                })?;
                Some(Rule::CustomerIds(Listed::new(ids)))
            }
            "consents_to" => self.consents_to(body, at),
            _ => self.refuse(at, "unknown_field", format!("no such rule; there are {}", KEYS.join(", "))),
        }
    }

    fn group(&mut self, body: &Value, at: &str, depth: usize) -> Option<Vec<Rule>> {
        let Some(children) = body.as_array() else {
            return self.refuse(at, "invalid", "must be a list of rules");
        };
        if children.is_empty() {
            return self.refuse(at, "empty", "a group has at least one rule; use everyone for no restriction");
        }
        let mut rules = Vec::new();
        for (index, child) in children.iter().enumerate() {
            if self.nodes > MAX_NODES {
                return None;
            }
            rules.extend(self.node(child, &format!("{at}/{index}"), depth + 1));
        }
        Some(rules)
    }

    fn in_vertical(&mut self, body: &Value, at: &str) -> Option<String> {
        let object = self.object(body, at, &["vertical"])?;
        if !object.contains_key("vertical") {
            return self.refuse(below(at, "vertical"), "required", "which vertical?");
        }
        self.vertical(object, at)?
    }

    fn orders_count(&mut self, body: &Value, at: &str) -> Option<Rule> {
        let object = self.bounded(body, at, &["vertical", "at_least", "at_most"], &["at_least", "at_most"])?;
        let vertical = self.vertical(object, at);
        let least = self.whole(object, "at_least", at, u32::MAX);
        let most = self.whole(object, "at_most", at, u32::MAX);
        let count = Bounds { at_least: least?, at_most: most? };
        self.in_order(&count, at, "at_least", "at_most")?;
        Some(Rule::OrdersCount { vertical: vertical?, count })
    }

    fn spend(&mut self, body: &Value, at: &str) -> Option<Rule> {
        let object = self.bounded(body, at, &["vertical", "at_least", "at_most"], &["at_least", "at_most"])?;
        let vertical = self.vertical(object, at);
        let least = self.money(object, "at_least", at);
        let most = self.money(object, "at_most", at);
        let (least, most) = (least?, most?);
        let currency = least.or(most)?.currency;
        let amount = Bounds { at_least: least.map(|money| money.amount), at_most: most.map(|money| money.amount) };
        self.in_order(&amount, at, "at_least", "at_most")?;
        Some(Rule::Spend { vertical: vertical?, currency, amount })
    }

    fn last_order(&mut self, body: &Value, at: &str) -> Option<Rule> {
        let [days_least, days_most, from, until] = DAY_KEYS;
        let object = self.bounded(body, at, &["vertical", days_least, days_most, from, until], &DAY_KEYS)?;
        let vertical = self.vertical(object, at);
        let day = self.day_bounds(object, at);
        Some(Rule::LastOrder { vertical: vertical?, day: day? })
    }

    fn day_bounds(&mut self, object: &Map<String, Value>, at: &str) -> Option<DayBounds> {
        let [days_least, days_most, from, until] = DAY_KEYS;
        let least = self.whole(object, days_least, at, MAX_DAYS_AGO);
        let most = self.whole(object, days_most, at, MAX_DAYS_AGO);
        let first = self.date(object, from, at);
        let last = self.date(object, until, at);
        let day = DayBounds {
            days_ago: Bounds { at_least: least?, at_most: most? },
            dates: Bounds { at_least: first?, at_most: last? },
        };
        let ordered = self.in_order(&day.days_ago, at, days_least, days_most);
        self.in_order(&day.dates, at, from, until)?;
        ordered.map(|()| day)
    }

    fn within_km(&mut self, body: &Value, at: &str) -> Option<Rule> {
        let object = self.object(body, at, &["points", "km"])?;
        let points = self.list(object, "points", at, MAX_POINTS, |entry| {
            let point: Point = parse_value(entry.clone()).map_err(|error| error.detail)?;
            if point.on_earth() { Ok(point) } else { Err("lat is within -90 and 90, lon within -180 and 180".into()) }
        });
        if !object.contains_key("points") {
            self.refuse::<()>(below(at, "points"), "required", "near which points?");
        }
        let km = match object.get("km").map(Value::as_f64) {
            Some(Some(km)) if km > 0.0 && km <= MAX_KM => Some(km),
            Some(Some(_)) => {
                self.refuse(below(at, "km"), "out_of_range", format!("more than 0 and at most {MAX_KM} km"))
            }
            Some(None) => self.refuse(below(at, "km"), "invalid", "must be a number of km"),
            None => self.refuse(below(at, "km"), "required", "how many km?"),
        };
        Some(Rule::WithinKm(Nearby::new(points?, km?)))
    }

    fn tags(&mut self, body: &Value, at: &str) -> Option<Rule> {
        const LISTS: [&str; 3] = ["any_of", "all_of", "none_of"];
        let object = self.bounded(body, at, &LISTS, &LISTS)?;
        let [any_of, all_of, none_of] = LISTS.map(|key| self.list(object, key, at, MAX_TAGS, name));
        Some(Rule::Tags(TagBounds { any_of: any_of?, all_of: all_of?, none_of: none_of? }))
    }

    fn consents_to(&mut self, body: &Value, at: &str) -> Option<Rule> {
        let object = self.object(body, at, &["channel"])?;
        match object.get("channel").map(|channel| channel.as_str().and_then(Channel::parse)) {
            Some(Some(channel)) => Some(Rule::ConsentsTo { channel }),
            Some(None) => self.refuse(below(at, "channel"), "unknown_value", "a channel is sms, email or push"),
            None => self.refuse(below(at, "channel"), "required", "which channel?"),
        }
    }
}

const DAY_KEYS: [&str; 4] = ["days_ago_at_least", "days_ago_at_most", "from", "until"];

/// The parts of conditions. An outer `None` is an error that has been noted, an inner one a part that was not given.
impl Reading<'_> {
    fn object<'v>(&mut self, body: &'v Value, at: &str, known: &[&str]) -> Option<&'v Map<String, Value>> {
        let Some(object) = body.as_object() else {
            return self.refuse(at, "invalid", "must be an object");
        };
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let detail = if known.is_empty() {
                "must be empty".to_owned()
            } else {
                format!("unknown; there are {}", known.join(", "))
            };
            self.refuse::<()>(below(at, key), "unknown_field", detail);
        }
        Some(object)
    }

    /// An object with at least one of `bounds`.
    fn bounded<'v>(
        &mut self,
        body: &'v Value,
        at: &str,
        known: &[&str],
        bounds: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let object = self.object(body, at, known)?;
        if bounds.iter().any(|key| object.contains_key(*key)) {
            return Some(object);
        }
        self.refuse(at, "empty", format!("needs at least one of {}", bounds.join(", ")))
    }

    fn in_order<T: PartialOrd + Copy>(&mut self, bounds: &Bounds<T>, at: &str, least: &str, most: &str) -> Option<()> {
        if bounds.reversed() { self.refuse(at, "reversed", format!("{least} is after {most}")) } else { Some(()) }
    }

    fn vertical(&mut self, object: &Map<String, Value>, at: &str) -> Option<Option<String>> {
        match object.get("vertical").map(name) {
            None => Some(None),
            Some(Ok(vertical)) => Some(Some(vertical)),
            Some(Err(detail)) => self.refuse(below(at, "vertical"), "invalid", detail),
        }
    }

    fn whole(&mut self, object: &Map<String, Value>, key: &str, at: &str, most: u32) -> Option<Option<u32>> {
        let Some(value) = object.get(key) else { return Some(None) };
        if !value.is_i64() && !value.is_u64() {
            return self.refuse(below(at, key), "invalid", "must be a whole number");
        }
        match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number <= most => Some(Some(number)),
            Some(_) | None => self.refuse(below(at, key), "out_of_range", format!("must be 0 to {most}")),
        }
    }

    fn money(&mut self, object: &Map<String, Value>, key: &str, at: &str) -> Option<Option<Money>> {
        let Some(value) = object.get(key) else { return Some(None) };
        let at = below(at, key);
        let money: Money = match parse_value(value.clone()) {
            Ok(money) => money,
            Err(error) => return self.refuse(format!("{at}{}", error.field), error.code, error.detail),
        };
        let first = *self.currency.get_or_insert(money.currency);
        if first != money.currency {
            let detail = format!("{} here, {first} elsewhere in the rule", money.currency);
            return self.refuse(below(&at, "currency"), "mixed_currency", detail);
        }
        Some(Some(money))
    }

    fn date(&mut self, object: &Map<String, Value>, key: &str, at: &str) -> Option<Option<Date>> {
        let Some(value) = object.get(key) else { return Some(None) };
        // jiff also reads date-times and signed years; a day has ten characters
        let text = value.as_str().filter(|text| text.len() == "YYYY-MM-DD".len()).unwrap_or_default();
        match text.parse() {
            Ok(date) => Some(Some(date)),
            Err(_) => self.refuse(below(at, key), "invalid", "must be a day, YYYY-MM-DD"),
        }
    }

    /// The list of a condition that is nothing but `any_of`.
    fn only_list<T>(
        &mut self,
        body: &Value,
        at: &str,
        most: usize,
        parse: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let object = self.object(body, at, &["any_of"])?;
        if !object.contains_key("any_of") {
            return self.refuse(below(at, "any_of"), "required", "any of which?");
        }
        self.list(object, "any_of", at, most, parse)
    }

    /// Empty if it was not given; given, it has 1 to `most` entries.
    fn list<T>(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        at: &str,
        most: usize,
        parse: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let Some(value) = object.get(key) else { return Some(Vec::new()) };
        let at = below(at, key);
        let Some(entries) = value.as_array() else {
            return self.refuse(at, "invalid", "must be a list");
        };
        if entries.is_empty() {
            return self.refuse(at, "empty", "needs at least one entry");
        }
        if entries.len() > most {
            return self.refuse(at, "too_many", format!("at most {most} entries"));
        }
        let mut parsed = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            match parse(entry) {
                Ok(entry) => parsed.push(entry),
                Err(detail) => self.refuse(format!("{at}/{index}"), "invalid", detail).unwrap_or_default(),
            }
        }
        Some(parsed)
    }
}

/// Of a vertical or a tag.
fn name(value: &Value) -> Result<String, String> {
    match value.as_str() {
        Some(name) if (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control) => {
            Ok(name.to_owned())
        }
        Some(_) | None => Err(format!("must be a name of 1 to {MAX_NAME} bytes")),
    }
}
