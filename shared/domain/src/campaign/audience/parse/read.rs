//! Reads the parts of a condition from JSON: objects with known keys, lists, numbers, money and
//! days.
//!
//! Each reader records an error under the pointer of the part. An outer `None` means that an error
//! was recorded, an inner `None` that the part was not given.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::RuleParser;
use crate::{
    campaign::audience::{MAX_KM, MAX_NAME, ValueBounds},
    customer::order_windows::MAX_WINDOW_DAYS,
    kernel::{
        money::Money,
        validation::{child_pointer, parse_value},
    },
};

impl RuleParser<'_> {
    pub(super) fn read_object<'v>(
        &mut self,
        body: &'v Value,
        at: &str,
        known: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(object) = body.as_object() else {
            return self.record_error(at, "invalid", "must be an object");
        };
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let detail = if known.is_empty() {
                "must be empty".to_owned()
            } else {
                format!("unknown; there are {}", known.join(", "))
            };
            self.record_error::<()>(child_pointer(at, key), "unknown_field", detail);
        }
        Some(object)
    }

    /// Reads an object with at least one of `bounds`.
    pub(super) fn read_bounded_object<'v>(
        &mut self,
        body: &'v Value,
        at: &str,
        known: &[&str],
        bounds: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let object = self.read_object(body, at, known)?;
        if bounds.iter().any(|key| object.contains_key(*key)) {
            return Some(object);
        }
        self.record_error(at, "empty", format!("needs at least one of {}", bounds.join(", ")))
    }

    pub(super) fn check_order<T: PartialOrd + Copy>(
        &mut self,
        bounds: &ValueBounds<T>,
        at: &str,
        least: &str,
        most: &str,
    ) -> Option<()> {
        if bounds.is_reversed() {
            self.record_error(at, "reversed", format!("{least} is after {most}"))
        } else {
            Some(())
        }
    }

    pub(super) fn read_vertical(
        &mut self,
        object: &Map<String, Value>,
        at: &str,
    ) -> Option<Option<String>> {
        match object.get("vertical").map(read_name) {
            None => Some(None),
            Some(Ok(vertical)) => Some(Some(vertical)),
            Some(Err(detail)) => {
                self.record_error(child_pointer(at, "vertical"), "invalid", detail)
            }
        }
    }

    pub(super) fn read_whole_number(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        at: &str,
        most: u32,
    ) -> Option<Option<u32>> {
        let Some(value) = object.get(key) else {
            return Some(None);
        };
        if !value.is_i64() && !value.is_u64() {
            return self.record_error(child_pointer(at, key), "invalid", "must be a whole number");
        }
        match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number <= most => Some(Some(number)),
            Some(_) | None => self.record_error(
                child_pointer(at, key),
                "out_of_range",
                format!("must be 0 to {most}"),
            ),
        }
    }

    /// Reads the length of a window in days.
    pub(super) fn read_window(
        &mut self,
        object: &Map<String, Value>,
        at: &str,
    ) -> Option<Option<u32>> {
        match self.read_whole_number(object, "in_days", at, MAX_WINDOW_DAYS)? {
            Some(0) => self.record_error(
                child_pointer(at, "in_days"),
                "out_of_range",
                format!("must be 1 to {MAX_WINDOW_DAYS}; 1 is today"),
            ),
            days => Some(days),
        }
    }

    pub(super) fn read_km(&mut self, object: &Map<String, Value>, at: &str) -> Option<f64> {
        match object.get("km").map(Value::as_f64) {
            Some(Some(km)) if km > 0.0 && km <= MAX_KM => Some(km),
            Some(Some(_)) => self.record_error(
                child_pointer(at, "km"),
                "out_of_range",
                format!("more than 0 and at most {MAX_KM} km"),
            ),
            Some(None) => {
                self.record_error(child_pointer(at, "km"), "invalid", "must be a number of km")
            }
            None => self.record_error(child_pointer(at, "km"), "required", "how many km?"),
        }
    }

    pub(super) fn read_money(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        at: &str,
    ) -> Option<Option<Money>> {
        let Some(value) = object.get(key) else {
            return Some(None);
        };
        let at = child_pointer(at, key);
        let money: Money = match parse_value(value.clone()) {
            Ok(money) => money,
            Err(error) => {
                return self.record_error(format!("{at}{}", error.field), error.code, error.detail);
            }
        };
        let first = *self.currency.get_or_insert(money.currency);
        if first != money.currency {
            let detail = format!("{} here, {first} elsewhere in the rule", money.currency);
            return self.record_error(child_pointer(&at, "currency"), "mixed_currency", detail);
        }
        Some(Some(money))
    }

    pub(super) fn read_date(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        at: &str,
    ) -> Option<Option<Date>> {
        let Some(value) = object.get(key) else {
            return Some(None);
        };
        // jiff also reads date-times and signed years; a day has ten characters.
        let text =
            value.as_str().filter(|text| text.len() == "YYYY-MM-DD".len()).unwrap_or_default();
        match text.parse() {
            Ok(date) => Some(Some(date)),
            Err(_) => {
                self.record_error(child_pointer(at, key), "invalid", "must be a day, YYYY-MM-DD")
            }
        }
    }

    /// Reads the list of a condition that has nothing but `any_of`.
    pub(super) fn read_any_of<T>(
        &mut self,
        body: &Value,
        at: &str,
        most: usize,
        parse: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let object = self.read_object(body, at, &["any_of"])?;
        if !object.contains_key("any_of") {
            return self.record_error(child_pointer(at, "any_of"), "required", "any of which?");
        }
        self.read_list(object, "any_of", at, most, parse)
    }

    /// Reads a list. It is empty if it was not given; if given, it has 1 to `most` entries.
    pub(super) fn read_list<T>(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        at: &str,
        most: usize,
        parse: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let Some(value) = object.get(key) else {
            return Some(Vec::new());
        };
        let at = child_pointer(at, key);
        let Some(entries) = value.as_array() else {
            return self.record_error(at, "invalid", "must be a list");
        };
        if entries.is_empty() {
            return self.record_error(at, "empty", "needs at least one entry");
        }
        if entries.len() > most {
            return self.record_error(at, "too_many", format!("at most {most} entries"));
        }
        let mut parsed = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            match parse(entry) {
                Ok(entry) => parsed.push(entry),
                Err(detail) => self
                    .record_error(format!("{at}/{index}"), "invalid", detail)
                    .unwrap_or_default(),
            }
        }
        Some(parsed)
    }
}

/// Reads the name of a vertical or a tag.
pub(super) fn read_name(value: &Value) -> Result<String, String> {
    let name = value.as_str().filter(|name| is_name(name));
    name.map(str::to_owned).ok_or_else(|| format!("must be a name of 1 to {MAX_NAME} bytes"))
}

pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
}
