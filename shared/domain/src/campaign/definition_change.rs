//! The differences between two definitions, field by field, with the value before and after. They
//! decide what a launch freezes, and they fill the history.
//!
//! Before it: a change of a campaign. After it: its audit record, which keeps values short, because
//! a definition can be long.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::campaign::definition::Definition;

/// Most fields that an audit record shows with their values; its note names all of them.
pub const MAX_CHANGES: usize = 40;
/// Longest value in an audit record, in bytes of JSON; a longer one is cut.
pub const MAX_VALUE: usize = 300;

/// One field that was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// JSON pointer into the definition.
    #[cfg_attr(feature = "openapi", schema(example = "/caps/vouchers"))]
    pub field: String,
    /// The value before; `null` if there was none. The beginning of its JSON as text, if it was
    /// cut.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub before: Value,
    /// The value after.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub after: Value,
    /// One of the two is longer than 300 bytes, and only its beginning is here.
    #[serde(default)]
    pub cut: bool,
}

/// Returns the pointers of the smallest parts that differ; a list is one part.
pub fn changed_pointers(before: &Definition, after: &Definition) -> Vec<String> {
    changed_values(before, after).into_iter().map(|(at, _, _)| at).collect()
}

/// Returns the parts that differ with their values, for an audit record.
pub fn field_changes(before: &Definition, after: &Definition) -> Vec<FieldChange> {
    let shown = |(field, before, after): (String, Value, Value)| {
        let ((before, one), (after, other)) = (shorten_value(before), shorten_value(after));
        FieldChange { field, before, after, cut: one || other }
    };
    changed_values(before, after).into_iter().take(MAX_CHANGES).map(shown).collect()
}

fn changed_values(before: &Definition, after: &Definition) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    collect_changes("", &before.to_value(), &after.to_value(), &mut found);
    found
}

fn collect_changes(
    at: &str,
    before: &Value,
    after: &Value,
    found: &mut Vec<(String, Value, Value)>,
) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            found.push((at.to_owned(), before.clone(), after.clone()));
        }
        return;
    };
    for (key, value) in old {
        collect_changes(
            &crate::kernel::validation::child_pointer(at, key),
            value,
            new.get(key).unwrap_or(&Value::Null),
            found,
        );
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        collect_changes(
            &crate::kernel::validation::child_pointer(at, key),
            &Value::Null,
            value,
            found,
        );
    }
}

/// Returns the value unchanged if it is short, or else its beginning as text, and if it was cut.
fn shorten_value(value: Value) -> (Value, bool) {
    let text = value.to_string();
    if text.len() <= MAX_VALUE {
        return (value, false);
    }
    let end = text
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8())
        .take_while(|end| *end <= MAX_VALUE)
        .last();
    (Value::String(text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()), true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_value_is_cut_between_letters() {
        assert_eq!(shorten_value(json!({"a": 1})), (json!({"a": 1}), false));
        let (value, cut) = shorten_value(json!("\u{fc}".repeat(300)));
        assert!(
            cut && value
                .as_str()
                .is_some_and(|text| text.len() <= MAX_VALUE && text.len() > MAX_VALUE - 3)
        );
    }
}
