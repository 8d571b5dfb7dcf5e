//! What is wrong with a piece of input: the field as a JSON pointer, a stable code, a sentence. Every door answers with these.

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct FieldError {
    /// JSON pointer into the request body, `/offer/benefit/percent/percent`; empty for the body itself.
    pub field: String,
    /// Stable, for programs: `required`, `too_large`, `mixed_currency`, ...
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

/// The pointer to `key` below `parent`, escaped as RFC 6901 says.
pub fn below(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Parses JSON into `T`; a wrong shape answers with the path of the first bad node, also for unknown fields and duplicates.
pub fn parse_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, FieldError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| shape_error(&error))?;
    reader.end().map_err(|error| FieldError::new("", "malformed_json", error.to_string()))?;
    Ok(parsed)
}

/// The same for a value that is already JSON.
pub fn parse_value<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(value).map_err(|error| shape_error(&error))
}

fn shape_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    use serde_path_to_error::Segment;
    let mut field = String::new();
    for segment in error.path().iter() {
        field = match segment {
            Segment::Seq { index } => below(&field, &index.to_string()),
            Segment::Map { key } => below(&field, key),
            Segment::Enum { variant } => below(&field, variant),
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
