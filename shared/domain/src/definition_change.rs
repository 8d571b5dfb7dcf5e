//! What differs between two definitions, part by part, with what was there and what is: for what a launch freezes, and for the history.
//! Before it: a change of a campaign. After it: its audit record, which keeps values short, for a definition can be long.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::Definition;

/// Parts that a record shows; its note names all of them.
pub const MAX_CHANGES: usize = 40;
/// Bytes of a value as JSON; of a longer one a record shows the beginning.
pub const MAX_VALUE: usize = 300;

/// One part that was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// JSON pointer into the definition.
    #[cfg_attr(feature = "openapi", schema(example = "/caps/vouchers"))]
    pub field: String,
    /// What was there; `null` for nothing. The beginning of its JSON as text, if it was cut.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub before: Value,
    /// What is there now.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub after: Value,
    /// One of the two is longer than 300 bytes, and only its beginning is here.
    #[serde(default)]
    pub cut: bool,
}

/// The smallest parts that differ; a list is one part.
pub fn pointers(before: &Definition, after: &Definition) -> Vec<String> {
    all(before, after).into_iter().map(|(at, _, _)| at).collect()
}

/// The same with their values, for a record.
pub fn changes(before: &Definition, after: &Definition) -> Vec<FieldChange> {
    let shown = |(field, before, after): (String, Value, Value)| {
        let ((before, one), (after, other)) = (short(before), short(after));
        FieldChange { field, before, after, cut: one || other }
    };
    all(before, after).into_iter().take(MAX_CHANGES).map(shown).collect()
}

fn all(before: &Definition, after: &Definition) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    compare("", &before.to_value(), &after.to_value(), &mut found);
    found
}

fn compare(at: &str, before: &Value, after: &Value, found: &mut Vec<(String, Value, Value)>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            found.push((at.to_owned(), before.clone(), after.clone()));
        }
        return;
    };
    for (key, value) in old {
        compare(&crate::field::below(at, key), value, new.get(key).unwrap_or(&Value::Null), found);
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        compare(&crate::field::below(at, key), &Value::Null, value, found);
    }
}

/// Whole if it is short, else its beginning as text; and whether it was cut.
fn short(value: Value) -> (Value, bool) {
    let text = value.to_string();
    if text.len() <= MAX_VALUE {
        return (value, false);
    }
    let end = text.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= MAX_VALUE).last();
    (Value::String(text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()), true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_value_is_cut_between_letters() {
        assert_eq!(short(json!({"a": 1})), (json!({"a": 1}), false));
        let (value, cut) = short(json!("\u{fc}".repeat(300)));
        assert!(cut && value.as_str().is_some_and(|text| text.len() <= MAX_VALUE && text.len() > MAX_VALUE - 3));
    }
}
