//! Attributes of customers: facts that the tenant declares by name and type, and that the app
//! backend writes.
//!
//! Guarantees: a value has the type of its declaration when it is written; at most
//! [`MAX_ATTRIBUTES`] are declared, so a customer's item stays small.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::kernel::validation::{FieldError, child_pointer};

/// Most attributes of a tenant.
pub const MAX_ATTRIBUTES: usize = 40;
/// Longest name of an attribute in bytes. It is a key on every customer who has a value.
pub const MAX_ATTRIBUTE_NAME: usize = 32;
/// Longest text of a value, or of an entry of a set, in bytes.
pub const MAX_ATTRIBUTE_TEXT: usize = 64;
/// Most entries of a set.
pub const MAX_SET_ENTRIES: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AttributeType {
    Bool,
    Number,
    /// A calendar day, `YYYY-MM-DD`.
    Date,
    Text,
    /// A set of texts.
    Set,
}

/// A value. A date is the text of its day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AttributeValue {
    Bool(bool),
    Number(f64),
    Text(String),
    Set(BTreeSet<String>),
}

impl AttributeValue {
    /// Returns the day that a date is.
    pub fn day(&self) -> Option<Date> {
        match self {
            AttributeValue::Text(text) => parse_day(text),
            AttributeValue::Bool(_) | AttributeValue::Number(_) | AttributeValue::Set(_) => None,
        }
    }

    /// Returns why the value is none of the type.
    fn find_error(&self, wanted: AttributeType) -> Option<&'static str> {
        let is_of_type = match (wanted, self) {
            (AttributeType::Bool, AttributeValue::Bool(_)) => true,
            (AttributeType::Number, AttributeValue::Number(number)) => number.is_finite(),
            (AttributeType::Date, AttributeValue::Text(text)) => parse_day(text).is_some(),
            (AttributeType::Text, AttributeValue::Text(text)) => is_attribute_text(text),
            (AttributeType::Set, AttributeValue::Set(entries)) => {
                entries.len() <= MAX_SET_ENTRIES
                    && entries.iter().all(|entry| is_attribute_text(entry))
            }
            (
                AttributeType::Bool
                | AttributeType::Number
                | AttributeType::Date
                | AttributeType::Text
                | AttributeType::Set,
                AttributeValue::Bool(_)
                | AttributeValue::Number(_)
                | AttributeValue::Text(_)
                | AttributeValue::Set(_),
            ) => false,
        };
        (!is_of_type).then_some(match wanted {
            AttributeType::Bool => "must be true or false",
            AttributeType::Number => "must be a number",
            AttributeType::Date => "must be a day, YYYY-MM-DD",
            AttributeType::Text => "must be a text of 1 to 64 bytes on one line",
            AttributeType::Set => "must be a list of at most 20 texts of 1 to 64 bytes",
        })
    }
}

/// Parses a day. jiff also reads date-times and signed years; a day has ten characters.
fn parse_day(text: &str) -> Option<Date> {
    if text.len() == "YYYY-MM-DD".len() { text.parse().ok() } else { None }
}

/// The values of one customer, by the name of the attribute.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// Returns true for a name of small letters, digits and underscores.
pub fn is_attribute_name(name: &str) -> bool {
    (1..=MAX_ATTRIBUTE_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Returns true for a value of one line that is not blank.
pub fn is_attribute_text(text: &str) -> bool {
    (1..=MAX_ATTRIBUTE_TEXT).contains(&text.len())
        && !text.trim().is_empty()
        && !text.chars().any(char::is_control)
}

/// An attribute as the tenant declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttributeDeclaration {
    pub name: String,
    #[serde(rename = "type")]
    pub value_type: AttributeType,
}

/// The attributes that the tenant has declared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttributeSettings {
    /// At most 40.
    pub attributes: Vec<AttributeDeclaration>,
}

impl AttributeSettings {
    /// Returns the errors that the shape alone does not show, each with its pointer.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.attributes.len() > MAX_ATTRIBUTES {
            let detail = format!("at most {MAX_ATTRIBUTES} attributes");
            errors.push(FieldError::new("/attributes", "too_many", detail));
        }
        let mut known = BTreeSet::new();
        for (index, declared) in self.attributes.iter().enumerate() {
            let field = format!("/attributes/{index}/name");
            if !is_attribute_name(&declared.name) {
                let detail = format!("1 to {MAX_ATTRIBUTE_NAME} of a-z 0-9 _");
                errors.push(FieldError::new(field, "invalid", detail));
            } else if !known.insert(&declared.name) {
                errors.push(FieldError::new(field, "duplicate", "each attribute at most once"));
            }
        }
        errors
    }

    pub fn type_of(&self, name: &str) -> Option<AttributeType> {
        let declared = self.attributes.iter().find(|declared| declared.name == name);
        declared.map(|declared| declared.value_type)
    }

    /// Returns the errors of values that are written, each with its pointer below `at`.
    pub fn check_values(&self, values: &Attributes, at: &str) -> Vec<FieldError> {
        let check = |(name, value): (&String, &AttributeValue)| {
            let field = child_pointer(at, name);
            match self.type_of(name) {
                None => {
                    let detail = "no such attribute is declared";
                    Some(FieldError::new(field, "unknown_attribute", detail))
                }
                Some(wanted) => {
                    let why = value.find_error(wanted)?;
                    Some(FieldError::new(field, "invalid", why))
                }
            }
        };
        values.iter().filter_map(check).collect()
    }

    /// Returns the names whose type is another than in `before`, or which are no longer declared.
    pub fn changed_since(&self, before: &AttributeSettings) -> Vec<String> {
        let changed = before
            .attributes
            .iter()
            .filter(|declared| self.type_of(&declared.name) != Some(declared.value_type));
        changed.map(|declared| declared.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(value: serde_json::Value) -> AttributeSettings {
        serde_json::from_value(value).unwrap()
    }

    fn declared() -> AttributeSettings {
        settings(json!({"attributes": [
            {"name": "member", "type": "bool"}, {"name": "score", "type": "number"},
            {"name": "renewal", "type": "date"}, {"name": "tier", "type": "text"},
            {"name": "diets", "type": "set"}]}))
    }

    #[test]
    fn a_value_has_the_type_of_its_declaration() {
        let good = json!({"member": true, "score": 4.5, "renewal": "2026-12-01", "tier": "gold",
            "diets": ["vegan"]});
        let good: Attributes = serde_json::from_value(good).unwrap();
        assert_eq!(declared().check_values(&good, "/profile/attributes"), []);
        for (name, bad) in [
            ("member", json!("yes")),
            ("score", json!("4")),
            ("renewal", json!("2026-13-01")),
            ("renewal", json!("2026-12-01T00:00:00")),
            ("tier", json!(" ")),
            ("tier", json!("a".repeat(65))),
            ("tier", json!(["gold"])),
            ("diets", json!("vegan")),
            ("diets", json!((0..21).map(|n| n.to_string()).collect::<Vec<_>>())),
            ("color", json!("red")),
        ] {
            let values: Attributes = serde_json::from_value(json!({name: bad})).unwrap();
            let errors = declared().check_values(&values, "/attributes");
            assert_eq!(errors.len(), 1, "{name} {bad}");
            assert_eq!(errors[0].field, format!("/attributes/{name}"));
        }
    }

    #[test]
    fn names_are_few_plain_and_different() {
        let bad = settings(json!({"attributes": [
            {"name": "a", "type": "bool"}, {"name": "a", "type": "text"},
            {"name": "A b", "type": "text"}, {"name": "", "type": "text"}]}));
        let found: Vec<String> =
            bad.check().iter().map(|it| format!("{} {}", it.field, it.code)).collect();
        let expected = [
            "/attributes/1/name duplicate",
            "/attributes/2/name invalid",
            "/attributes/3/name invalid",
        ];
        assert_eq!(found, expected);
        let many: Vec<_> =
            (0..41).map(|n| json!({"name": format!("a{n}"), "type": "set"})).collect();
        assert_eq!(settings(json!({"attributes": many})).check().len(), 1);
    }

    #[test]
    fn a_change_of_type_and_a_removal_are_found() {
        let after = settings(json!({"attributes": [
            {"name": "member", "type": "text"}, {"name": "score", "type": "number"},
            {"name": "renewal", "type": "date"}, {"name": "diets", "type": "set"},
            {"name": "new", "type": "set"}]}));
        assert_eq!(after.changed_since(&declared()), ["member", "tier"]);
    }
}
