//! Conditions on the properties of an event: a tree of all, any and not, as an audience rule is
//! over conditions on a customer.
//!
//! A property that is missing or of another type meets no condition, so its `not` holds. Numbers
//! compare exactly, whatever their size.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{
    campaign::audience::{MAX_DEPTH, MAX_NODES},
    kernel::{
        exact_number::{compare_numbers, is_safe_number},
        validation::FieldError,
    },
};

/// The numbers of conditions: those that the console and every other reader keep as they are.
const SAFE_NUMBERS: &str =
    "a whole number up to 9007199254740991, or 15 digits; a longer id is a text";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(no_recursion))]
pub enum PropertyRule {
    All(Vec<PropertyRule>),
    Any(Vec<PropertyRule>),
    Not(Box<PropertyRule>),
    /// All given conditions must hold; with nothing but the name, the property must exist.
    Property {
        name: String,
        /// A text, a number or a truth value. Numbers of conditions have at most 15 digits, or are
        /// whole and at most 9007199254740991.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false))]
        equals: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = f64))]
        at_least: Option<Number>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = f64))]
        at_most: Option<Number>,
    },
}

impl PropertyRule {
    pub fn holds_for(&self, properties: &Map<String, Value>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds_for(properties)),
            Self::Any(parts) => parts.iter().any(|part| part.holds_for(properties)),
            Self::Not(part) => !part.holds_for(properties),
            Self::Property { name, equals, at_least, at_most } => {
                properties.get(name).is_some_and(|found| {
                    equals.as_ref().is_none_or(|wanted| same_value(found, wanted))
                        && at_least.as_ref().is_none_or(|least| {
                            compare_number(found, least).is_some_and(Ordering::is_ge)
                        })
                        && at_most.as_ref().is_none_or(|most| {
                            compare_number(found, most).is_some_and(Ordering::is_le)
                        })
                })
            }
        }
    }

    /// Checks the tree. Pointers are below `pointer`.
    pub fn check(&self, pointer: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut nodes = 0;
        self.check_node(pointer, 1, &mut nodes, &mut errors);
        if nodes > MAX_NODES {
            errors.push(FieldError::new(
                pointer,
                "too_many_conditions",
                format!("at most {MAX_NODES}"),
            ));
        }
        errors
    }

    fn check_node(
        &self,
        pointer: &str,
        depth: usize,
        nodes: &mut usize,
        errors: &mut Vec<FieldError>,
    ) {
        *nodes += 1;
        if depth > MAX_DEPTH {
            errors.push(FieldError::new(
                pointer,
                "too_deep",
                format!("at most {MAX_DEPTH} levels"),
            ));
            return;
        }
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let group = if matches!(self, Self::All(_)) { "all" } else { "any" };
                if parts.is_empty() {
                    errors.push(FieldError::new(
                        format!("{pointer}/{group}"),
                        "empty",
                        "at least one condition",
                    ));
                }
                for (index, part) in parts.iter().enumerate() {
                    part.check_node(
                        &format!("{pointer}/{group}/{index}"),
                        depth + 1,
                        nodes,
                        errors,
                    );
                }
            }
            Self::Not(part) => part.check_node(&format!("{pointer}/not"), depth + 1, nodes, errors),
            Self::Property { name, equals, at_least, at_most } => {
                let at = |field: &str| format!("{pointer}/property/{field}");
                if name.is_empty() || name.len() > super::MAX_NAME {
                    errors.push(FieldError::new(
                        at("name"),
                        "out_of_range",
                        format!("1 to {} bytes", super::MAX_NAME),
                    ));
                }
                if equals
                    .as_ref()
                    .is_some_and(|value| value.is_array() || value.is_object() || value.is_null())
                {
                    let detail = "a text, a number or a truth value";
                    errors.push(FieldError::new(at("equals"), "wrong_type", detail));
                }
                let numbers = [
                    ("equals", equals.as_ref().and_then(Value::as_number)),
                    ("at_least", at_least.as_ref()),
                    ("at_most", at_most.as_ref()),
                ];
                let inexact =
                    numbers.iter().filter(|(_, it)| it.is_some_and(|it| !is_safe_number(it)));
                errors.extend(
                    inexact.map(|(field, _)| {
                        FieldError::new(at(field), "inexact_number", SAFE_NUMBERS)
                    }),
                );
                let bounds = at_least.as_ref().zip(at_most.as_ref());
                if bounds.and_then(|(least, most)| compare_numbers(least, most))
                    == Some(Ordering::Greater)
                {
                    errors.push(FieldError::new(
                        at("at_most"),
                        "out_of_range",
                        "below `at_least`: nothing is both",
                    ));
                }
            }
        }
    }
}

/// Compares two values; 5 and 5.0 are the same number.
fn same_value(found: &Value, wanted: &Value) -> bool {
    if let Value::Number(wanted) = wanted {
        compare_number(found, wanted) == Some(Ordering::Equal)
    } else {
        found == wanted
    }
}

/// Compares exactly, however large the numbers are.
fn compare_number(found: &Value, bound: &Number) -> Option<Ordering> {
    found.as_number().and_then(|found| compare_numbers(found, bound))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(conditions: &str) -> PropertyRule {
        serde_json::from_str(&format!(r#"{{"property": {{"name": "n", {conditions}}}}}"#)).unwrap()
    }

    #[track_caller]
    fn check(conditions: &str, found: &str, expected: bool) {
        let properties: Map<String, Value> =
            serde_json::from_str(&format!(r#"{{"n": {found}}}"#)).unwrap();
        assert_eq!(rule(conditions).holds_for(&properties), expected, "{conditions} of {found}");
    }

    #[test]
    fn numbers_beyond_the_precision_of_a_double_are_not_mixed_up() {
        check(r#""equals": 9007199254740991"#, "9007199254740991", true);
        check(r#""equals": 9007199254740991"#, "9007199254740992", false);
        check(r#""equals": 9007199254740992"#, "9007199254740993", false);
        check(r#""equals": 9007199254740993"#, "9007199254740993", true);
        check(r#""at_most": 9007199254740992"#, "9007199254740993", false);
        check(r#""at_least": 9007199254740993"#, "9007199254740992", false);
        check(r#""at_least": 18446744073709551615"#, "18446744073709551614", false);
        check(r#""at_most": -9223372036854775808"#, "-9223372036854775807", false);
        check(r#""equals": 5"#, "5.0", true);
        check(r#""equals": 0.3"#, "0.30000000000000004", false);
        check(r#""equals": 1e-20"#, "0", false);
        check(r#""equals": "5""#, "5", false);
        check(r#""at_least": 5"#, r#""5""#, false);
    }

    #[test]
    fn a_condition_with_a_number_that_browsers_change_is_refused_by_its_field() {
        let errors = |conditions: &str| -> Vec<String> {
            let found = rule(conditions).check("/where").into_iter();
            found.map(|error| format!("{} {}", error.field, error.code)).collect()
        };
        assert_eq!(errors(r#""equals": 9007199254740991"#), Vec::<String>::new());
        for field in ["equals", "at_least", "at_most"] {
            for number in ["9007199254740993", "-9007199254740993", "18446744073709551617"] {
                let expected = [format!("/where/property/{field} inexact_number")];
                assert_eq!(errors(&format!(r#""{field}": {number}"#)), expected, "{number}");
            }
        }
        let crossed = json!({"property": {"name": "n", "at_least": 9_007_199_254_740_991_i64, "at_most": 9_007_199_254_740_990_i64}});
        let crossed: PropertyRule = serde_json::from_value(crossed).unwrap();
        assert_eq!(crossed.check("").len(), 1, "nothing is both");
    }
}
