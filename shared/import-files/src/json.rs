//! One object of JSON as a record: numbers by their digits, a key twice refused.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{reason::Reason, record::Cell};

/// The members of an object in their order. `null` is an empty cell.
pub(crate) struct Members(pub Vec<(String, Cell)>);

/// The place where a visitor tells that a key stands twice.
const TWICE: &str = "a key stands twice";

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, Cell)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(TWICE));
                    }
                    let cell = read_value(value.get()).map_err(serde::de::Error::custom)?;
                    members.push((name, cell));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn read_value(raw: &str) -> Result<Cell, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') => Cell::Text(serde_json::from_str(raw)?),
        // Nothing but a full parse finds half a surrogate pair inside.
        Some(b'{' | b'[') => {
            serde_json::from_str::<serde_json::Value>(raw)?;
            Cell::Json(raw.to_owned())
        }
        Some(b'n') | None => Cell::Text(String::new()),
        Some(b't' | b'f') => Cell::Text(raw.to_owned()),
        Some(_) => Cell::Number(raw.to_owned()),
    })
}

pub(crate) fn read_members(line: &str) -> Result<Members, Reason> {
    if !line.starts_with('{') {
        return Err(Reason::new("not_an_object", "a line is one JSON object"));
    }
    serde_json::from_str(line).map_err(|error| {
        if error.to_string().starts_with(TWICE) {
            Reason::new("key_twice", TWICE)
        } else if error.is_eof() {
            Reason::new("not_json", "the object ends early")
        } else {
            Reason::new("not_json", format!("no JSON at character {}", error.column()))
        }
    })
}
