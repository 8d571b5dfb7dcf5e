//! Parses a rule from JSON: checks it node by node, so that each error names the pointer of the bad
//! node, and lowers it on the way.
//!
//! Reads untrusted JSON of any shape; stops at the depth, width and error limits of `audience`.

mod conditions;
mod read;

use serde_json::{Map, Value};

use super::{
    AudienceRule, CustomerList, DayBounds, DistanceCondition, MAX_DAYS_AGO, MAX_DEPTH, MAX_ERRORS,
    MAX_LISTED_CUSTOMERS, MAX_LOCALES, MAX_NAME, MAX_NAMED_MERCHANTS, MAX_NODES, MAX_OPENED_DAYS,
    MAX_POINTS, MAX_TAGS, NearMerchants, TagCondition, ValueBounds, distance::NamedPoint,
};
use crate::{
    campaign::catalogue::CatalogueKey,
    kernel::{
        channel::Channel,
        id::CustomerId,
        locale::Locale,
        money::Currency,
        validation::{FieldError, child_pointer, parse_value},
    },
};
use read::{is_name, read_name};

/// The grammar of a node, for the OpenAPI document.
#[cfg(feature = "openapi")]
pub(super) const GRAMMAR: &str = "A tree; each node is an object with exactly one key. Groups: `all` and `any` (a list of rules), `not` (a rule), \
     `everyone` ({}). Conditions: `ordered` {vertical}, `never_ordered` {vertical}, `orders_count` {vertical?, in_days?, at_least?, at_most?}, \
     `spend` {vertical?, in_days?, at_least?: Money, at_most?: Money}, where `in_days` is 1 to 365 and counts the customer's calendar days, \
     today included; `last_order` {vertical?, days_ago_at_least?, days_ago_at_most?, from?, until?}, `first_order` {the same days}, \
     `order_gap` {at_least?, at_most?} in days between two orders on the average, \
     `had_voucher` {stage?: had | accepted | redeemed, campaign?, the same days?}, \
     `within_km` {points: [{lat, lon, name?}], km}, `near_merchants` {merchants or opened_within_days, vertical?, km}, `locale` {any_of}, `signed_up` {from?, until?, days_ago_at_least?, days_ago_at_most?}, \
     `tags` {any_of?, all_of?, none_of?}, `attribute` {name, and one of is, at_least and at_most, any_of, days}, \
     `sample` {name, percent}, `segment` {id}, to which a launch adds its `version` and `rule`, \
     `customer_ids` {any_of}, `consents_to` {channel}. Bounds are inclusive, dates are calendar \
     dates in the customer's zone, at least one bound is given. At most 8 levels and 200 nodes.";

const KEYS: [&str; 22] = [
    "everyone",
    "all",
    "any",
    "not",
    "ordered",
    "never_ordered",
    "orders_count",
    "spend",
    "first_order",
    "last_order",
    "order_gap",
    "had_voucher",
    "within_km",
    "near_merchants",
    "locale",
    "signed_up",
    "tags",
    "attribute",
    "sample",
    "segment",
    "customer_ids",
    "consents_to",
];

pub(super) fn parse_rule(value: &Value, at: &str) -> Result<AudienceRule, Vec<FieldError>> {
    let (errors, nodes, negations, currency) = (Vec::new(), 0, 0, None);
    let mut parser =
        RuleParser { errors, nodes, negations, currency, segments_around: 0, root: at };
    match parser.parse_node(value, at, 1) {
        Some(rule) if parser.errors.is_empty() => Ok(rule),
        Some(_) | None => Err(parser.errors),
    }
}

/// The state of one parse. Its methods return `None` after they have recorded the error.
struct RuleParser<'a> {
    errors: Vec<FieldError>,
    nodes: usize,
    /// The `not` groups around the present node.
    negations: usize,
    /// The first currency in the rule; all others must be the same.
    currency: Option<Currency>,
    /// The frozen segments around the node.
    segments_around: usize,
    root: &'a str,
}

impl RuleParser<'_> {
    fn record_error<T>(
        &mut self,
        field: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Option<T> {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(field, code, detail));
        }
        None
    }

    fn parse_node(&mut self, value: &Value, at: &str, depth: usize) -> Option<AudienceRule> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            if self.nodes == MAX_NODES + 1 {
                self.record_error::<()>(
                    self.root.to_owned(),
                    "too_wide",
                    format!("a rule has at most {MAX_NODES} nodes"),
                );
            }
            return None;
        }
        if depth > MAX_DEPTH {
            return self.record_error(
                at,
                "too_deep",
                format!("a rule has at most {MAX_DEPTH} levels"),
            );
        }
        let Some(object) = value.as_object() else {
            return self.record_error(at, "invalid", "a rule is an object with exactly one key");
        };
        let mut entries = object.iter();
        match (entries.next(), entries.next()) {
            (Some((key, body)), None) => self.parse_condition(key, body, at, depth),
            (None, _) | (Some(_), Some(_)) => self.record_error(
                at,
                "exactly_one",
                format!("a rule has exactly one key, one of {}", KEYS.join(", ")),
            ),
        }
    }

    fn parse_condition(
        &mut self,
        key: &str,
        body: &Value,
        parent: &str,
        depth: usize,
    ) -> Option<AudienceRule> {
        let at = &child_pointer(parent, key);
        match key {
            "everyone" => self.read_object(body, at, &[]).map(|_| AudienceRule::Everyone),
            "all" => self.parse_group(body, at, depth).map(AudienceRule::All),
            "any" => self.parse_group(body, at, depth).map(AudienceRule::Any),
            "not" => {
                self.negations += 1;
                let rule = self.parse_node(body, at, depth + 1);
                self.negations -= 1;
                rule.map(|rule| AudienceRule::Not(Box::new(rule)))
            }
            "ordered" => self
                .parse_vertical_condition(body, at)
                .map(|vertical| AudienceRule::Ordered { vertical }),
            "never_ordered" => self
                .parse_vertical_condition(body, at)
                .map(|vertical| AudienceRule::NeverOrdered { vertical }),
            "orders_count" => self.parse_orders_count(body, at),
            "spend" => self.parse_spend(body, at),
            "first_order" => {
                let object = self.read_bounded_object(body, at, &DAY_KEYS, &DAY_KEYS)?;
                self.parse_day_bounds(object, at).map(AudienceRule::FirstOrder)
            }
            "last_order" => self.parse_last_order(body, at),
            "order_gap" => self.parse_order_gap(body, at),
            "had_voucher" => self.parse_had_voucher(body, at),
            "within_km" => self.parse_within_km(body, at),
            "near_merchants" => self.parse_near_merchants(body, at),
            "locale" => {
                let any_of = self.read_any_of(body, at, MAX_LOCALES, |entry| {
                    Locale::parse(entry.as_str().unwrap_or_default()).map_err(|bad| bad.to_string())
                })?;
                Some(AudienceRule::Locale { any_of })
            }
            "signed_up" => {
                let object = self.read_bounded_object(body, at, &DAY_KEYS, &DAY_KEYS)?;
                self.parse_day_bounds(object, at).map(AudienceRule::SignedUp)
            }
            "tags" => self.parse_tags(body, at),
            "attribute" => self.parse_attribute(body, at),
            "sample" => self.parse_sample(body, at),
            "segment" => self.parse_segment(body, at),
            "customer_ids" => {
                let ids = self.read_any_of(body, at, MAX_LISTED_CUSTOMERS, |entry| {
                    CustomerId::parse(entry.as_str().unwrap_or_default())
                        .map_err(|bad| format!("an id {bad}"))
                })?;
                Some(AudienceRule::CustomerIds(CustomerList::new(ids)))
            }
            "consents_to" => self.parse_consents_to(body, at),
            _ => self.record_error(
                at,
                "unknown_field",
                format!("no such rule; there are {}", KEYS.join(", ")),
            ),
        }
    }

    fn parse_group(&mut self, body: &Value, at: &str, depth: usize) -> Option<Vec<AudienceRule>> {
        let Some(children) = body.as_array() else {
            return self.record_error(at, "invalid", "must be a list of rules");
        };
        if children.is_empty() {
            return self.record_error(
                at,
                "empty",
                "a group has at least one rule; use everyone for no restriction",
            );
        }
        let mut rules = Vec::new();
        for (index, child) in children.iter().enumerate() {
            if self.nodes > MAX_NODES {
                return None;
            }
            rules.extend(self.parse_node(child, &format!("{at}/{index}"), depth + 1));
        }
        Some(rules)
    }

    fn parse_vertical_condition(&mut self, body: &Value, at: &str) -> Option<String> {
        let object = self.read_object(body, at, &["vertical"])?;
        if !object.contains_key("vertical") {
            return self.record_error(child_pointer(at, "vertical"), "required", "which vertical?");
        }
        self.read_vertical(object, at)?
    }

    fn parse_orders_count(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let object = self.read_bounded_object(
            body,
            at,
            &["vertical", "in_days", "at_least", "at_most"],
            &["at_least", "at_most"],
        )?;
        let vertical = self.read_vertical(object, at);
        let in_days = self.read_window(object, at);
        let least = self.read_whole_number(object, "at_least", at, u32::MAX);
        let most = self.read_whole_number(object, "at_most", at, u32::MAX);
        let count = ValueBounds { at_least: least?, at_most: most? };
        self.check_order(&count, at, "at_least", "at_most")?;
        Some(AudienceRule::OrdersCount { vertical: vertical?, in_days: in_days?, count })
    }

    fn parse_spend(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let object = self.read_bounded_object(
            body,
            at,
            &["vertical", "in_days", "at_least", "at_most"],
            &["at_least", "at_most"],
        )?;
        let vertical = self.read_vertical(object, at);
        let in_days = self.read_window(object, at);
        let least = self.read_money(object, "at_least", at);
        let most = self.read_money(object, "at_most", at);
        let (least, most) = (least?, most?);
        let currency = least.or(most)?.currency;
        let amount = ValueBounds {
            at_least: least.map(|money| money.amount),
            at_most: most.map(|money| money.amount),
        };
        self.check_order(&amount, at, "at_least", "at_most")?;
        let (vertical, in_days) = (vertical?, in_days?);
        Some(AudienceRule::Spend { vertical, in_days, currency, amount })
    }

    fn parse_last_order(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let [days_least, days_most, from, until] = DAY_KEYS;
        let object = self.read_bounded_object(
            body,
            at,
            &["vertical", days_least, days_most, from, until],
            &DAY_KEYS,
        )?;
        let vertical = self.read_vertical(object, at);
        let day = self.parse_day_bounds(object, at);
        Some(AudienceRule::LastOrder { vertical: vertical?, day: day? })
    }

    fn parse_day_bounds(&mut self, object: &Map<String, Value>, at: &str) -> Option<DayBounds> {
        let [days_least, days_most, from, until] = DAY_KEYS;
        let least = self.read_whole_number(object, days_least, at, MAX_DAYS_AGO);
        let most = self.read_whole_number(object, days_most, at, MAX_DAYS_AGO);
        let first = self.read_date(object, from, at);
        let last = self.read_date(object, until, at);
        let day = DayBounds {
            days_ago: ValueBounds { at_least: least?, at_most: most? },
            dates: ValueBounds { at_least: first?, at_most: last? },
        };
        let ordered = self.check_order(&day.days_ago, at, days_least, days_most);
        self.check_order(&day.dates, at, from, until)?;
        ordered.map(|()| day)
    }

    fn parse_within_km(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let object = self.read_object(body, at, &["points", "km"])?;
        let points = self.read_list(object, "points", at, MAX_POINTS, |entry| {
            let point: NamedPoint = parse_value(entry.clone()).map_err(|error| error.detail)?;
            if point.name.as_deref().is_some_and(|name| !is_name(name)) {
                return Err(format!("its name must be 1 to {MAX_NAME} bytes"));
            }
            if point.point().is_on_earth() {
                Ok(point)
            } else {
                Err("lat is within -90 and 90, lon within -180 and 180".into())
            }
        });
        if !object.contains_key("points") {
            self.record_error::<()>(child_pointer(at, "points"), "required", "near which points?");
        }
        let km = self.read_km(object, at);
        Some(AudienceRule::WithinKm(DistanceCondition::new(points?, km?)))
    }

    fn parse_near_merchants(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let known = ["merchants", "opened_within_days", "vertical", "km"];
        let wanted = ["merchants", "opened_within_days"];
        let object = self.read_bounded_object(body, at, &known, &wanted)?;
        if self.negations > 0 {
            let detail = "not inside not: a merchant that leaves would widen the audience";
            return self.record_error(at, "not_allowed", detail);
        }
        if wanted.iter().all(|key| object.contains_key(*key)) {
            let detail = "name merchants, or say how new they are, not both";
            return self.record_error(at, "exactly_one", detail);
        }
        let merchants = self.read_list(object, "merchants", at, MAX_NAMED_MERCHANTS, |entry| {
            let key = CatalogueKey::parse(entry.as_str().unwrap_or_default());
            key.ok_or_else(|| format!("a merchant's id has 1 to {MAX_NAME} bytes"))
        });
        let days = self.read_whole_number(object, "opened_within_days", at, MAX_OPENED_DAYS);
        let vertical = self.read_vertical(object, at);
        let km = self.read_km(object, at);
        let condition = NearMerchants::new(merchants?, days?, vertical?, km?);
        Some(AudienceRule::NearMerchants(condition))
    }

    fn parse_tags(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        const LISTS: [&str; 3] = ["any_of", "all_of", "none_of"];
        let object = self.read_bounded_object(body, at, &LISTS, &LISTS)?;
        let [any_of, all_of, none_of] =
            LISTS.map(|key| self.read_list(object, key, at, MAX_TAGS, read_name));
        Some(AudienceRule::Tags(TagCondition {
            any_of: any_of?,
            all_of: all_of?,
            none_of: none_of?,
        }))
    }

    fn parse_consents_to(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let object = self.read_object(body, at, &["channel"])?;
        match object.get("channel").map(|channel| channel.as_str().and_then(Channel::parse)) {
            Some(Some(channel)) => Some(AudienceRule::ConsentsTo { channel }),
            Some(None) => self.record_error(
                child_pointer(at, "channel"),
                "unknown_value",
                "a channel is sms, email or push",
            ),
            None => self.record_error(child_pointer(at, "channel"), "required", "which channel?"),
        }
    }
}

const DAY_KEYS: [&str; 4] = ["days_ago_at_least", "days_ago_at_most", "from", "until"];
