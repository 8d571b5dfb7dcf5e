//! Conditions on the properties of an event: a tree of all, any and not, as an audience rule is
//! over conditions on a customer.
//!
//! A property that is missing or of another type meets no condition, so its `not` holds.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{
    campaign::audience::{MAX_DEPTH, MAX_NODES},
    kernel::validation::FieldError,
};

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
        /// A text, a number or a truth value.
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
                            compare_number(found, least, |found, least| found >= least)
                        })
                        && at_most.as_ref().is_none_or(|most| {
                            compare_number(found, most, |found, most| found <= most)
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
                let bounds = at_least
                    .as_ref()
                    .and_then(Number::as_f64)
                    .zip(at_most.as_ref().and_then(Number::as_f64));
                if bounds.is_some_and(|(least, most)| least > most) {
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
    match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => (found - wanted).abs() < f64::EPSILON,
        _ => found == wanted,
    }
}

fn compare_number(found: &Value, bound: &Number, holds: impl Fn(f64, f64) -> bool) -> bool {
    found.as_f64().zip(bound.as_f64()).is_some_and(|(found, bound)| holds(found, bound))
}
