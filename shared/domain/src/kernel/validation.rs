//! Validation errors of input: the field as a JSON pointer, a stable code and a sentence. All APIs
//! answer with these.

mod objects;
mod duplicate_keys;

use serde::Serialize;

use objects::ObjectsOnly;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct FieldError {
    /// JSON pointer into the request body, `/offer/benefit/percent/percent`; empty for the body
    /// itself.
    pub field: String,
    /// Stable code for programs: `required`, `too_large`, `mixed_currency`, ...
    pub code: &'static str,
    /// Sentence for people.
    pub detail: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

/// Longest reason that an operator gives for a campaign's history, in bytes.
pub const MAX_REASON_BYTES: usize = 500;

/// Checks the `reason` of a request that a campaign's history keeps.
pub fn check_reason(reason: &str) -> Option<FieldError> {
    if reason.trim().is_empty() {
        Some(FieldError::new("/reason", "required", "a reason for the campaign's history"))
    } else if reason.len() > MAX_REASON_BYTES {
        let detail = format!("at most {MAX_REASON_BYTES} bytes");
        Some(FieldError::new("/reason", "too_long", detail))
    } else {
        None
    }
}

/// Returns the JSON pointer to `key` below `parent`, escaped as RFC 6901 requires.
pub fn child_pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Parses JSON into `T`.
///
/// An error names the path of the first bad node, also for unknown fields and a list in place of an
/// object. Input that is not JSON at all is `malformed_json`, whatever else is wrong before that
/// place. A key that occurs twice in its object is `duplicate_key`, at any depth and whatever `T`
/// would make of it.
pub fn parse_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, FieldError> {
    let malformed =
        |error: serde_json::Error| FieldError::new("", "malformed_json", error.to_string());
    if let Some(pointer) = duplicate_keys::duplicate_key(body) {
        let detail = "this key occurs twice in its object";
        return Err(FieldError::new(pointer, "duplicate_key", detail));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize(ObjectsOnly(&mut reader)) {
        Ok(parsed) => reader.end().map(|()| parsed).map_err(malformed),
        // Parses the body as a value instead of skipping over it: nesting deeper than a value may
        // have also counts as malformed JSON.
        Err(error) => match serde_json::from_slice::<serde_json::Value>(body) {
            Ok(_) => Err(shape_error(&error)),
            Err(error) => Err(malformed(error)),
        },
    }
}

/// Parses a value that is already JSON, with the same errors as [`parse_json`].
pub fn parse_value<T: serde::de::DeserializeOwned>(
    value: serde_json::Value,
) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(ObjectsOnly(value)).map_err(|error| shape_error(&error))
}

fn shape_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    use serde_path_to_error::Segment;
    let mut field = String::new();
    for segment in error.path().iter() {
        field = match segment {
            Segment::Seq { index } => child_pointer(&field, &index.to_string()),
            Segment::Map { key } => child_pointer(&field, key),
            Segment::Enum { variant } => child_pointer(&field, variant),
            Segment::Unknown => field,
        };
    }
    let inner = error.inner();
    let code = match inner.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => "malformed_json",
        serde_json::error::Category::Io => "unreadable",
        serde_json::error::Category::Data => {
            let text = inner.to_string();
            if text.starts_with("unknown field") {
                "unknown_field"
            } else if text.starts_with("missing field") {
                "required"
            } else if text.starts_with("unknown variant") {
                "unknown_value"
            } else {
                "invalid"
            }
        }
    };
    FieldError::new(field, code, inner.to_string())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct TestThing {
        name: Option<String>,
        size: TestSize,
        parts: Vec<TestSize>,
        kind: TestKind,
    }
    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct TestSize {
        height: u8,
        weight: f64,
    }
    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum TestKind {
        #[default]
        Plain,
        Sized(TestSize),
        Named {
            name: String,
        },
    }

    fn read(body: &str) -> Result<TestThing, String> {
        let describe_error = |error: FieldError| format!("{} {}", error.field, error.code);
        let parsed = parse_json(body.as_bytes()).map_err(describe_error);
        if let Ok(value) = serde_json::from_str(body) {
            assert_eq!(
                parse_value::<TestThing>(value).map_err(describe_error),
                parsed,
                "{body}: read at once or by way of a value"
            );
        }
        parsed
    }

    #[track_caller]
    fn check(body: &str, field: &str, code: &str) {
        assert_eq!(read(body), Err(format!("{field} {code}")), "{body}");
    }

    #[test]
    fn what_fits_is_read() {
        let size = |height, weight| TestSize { height, weight };
        let thing = r#"{"name": "a", "size": {"height": 1, "weight": 2}, "parts": [{}, {"weight": 0.5}], "kind": {"sized": {"height": 3}}}"#;
        let parts = vec![size(0, 0.0), size(0, 0.5)];
        let expected = TestThing {
            name: Some("a".into()),
            size: size(1, 2.0),
            parts,
            kind: TestKind::Sized(size(3, 0.0)),
        };
        assert_eq!(read(thing), Ok(expected));
        assert_eq!(read(r#"{"name": null, "kind": "plain"}"#), Ok(TestThing::default()));
        let named =
            TestThing { kind: TestKind::Named { name: "b".into() }, ..TestThing::default() };
        assert_eq!(read(r#"{"kind": {"named": {"name": "b"}}}"#), Ok(named));
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        check("[]", "", "invalid");
        check(r#"["a"]"#, "", "invalid");
        check(r#"{"size": []}"#, "/size", "invalid");
        check(r#"{"size": [1, 2]}"#, "/size", "invalid");
        check(r#"{"parts": [{}, [1]]}"#, "/parts/1", "invalid");
        check(r#"{"parts": {}}"#, "/parts", "invalid");
        check(r#"{"kind": {"sized": [1]}}"#, "/kind/sized", "invalid");
        check(r#"{"kind": {"named": ["b"]}}"#, "/kind/named", "invalid");
    }

    #[test]
    fn what_is_no_json_is_that_first() {
        check("", "", "malformed_json");
        check(r#"{"unknown": }"#, "", "malformed_json");
        check(r#"{"unknown": 1"#, "", "malformed_json");
        check(r#"{} {}"#, "", "malformed_json");
        check(r#"{"unknown": 1}"#, "/unknown", "unknown_field");
        check(r#"{"size": {"height": 300}}"#, "/size/height", "invalid");
        check(&"[".repeat(100_000), "", "malformed_json");
    }

    #[test]
    fn a_key_that_occurs_twice_is_refused_whatever_is_parsed() {
        let duplicate = |error: FieldError| format!("{} {}", error.field, error.code);
        let twice = r#"{"name": "a", "size": {"height": 1, "height": 2}}"#.as_bytes();
        let expected = Err("/size/height duplicate_key".to_owned());
        assert_eq!(parse_json::<TestThing>(twice).map(|_| ()).map_err(duplicate), expected);
        assert_eq!(parse_json::<serde_json::Value>(twice).map(|_| ()).map_err(duplicate), expected);
    }
}
