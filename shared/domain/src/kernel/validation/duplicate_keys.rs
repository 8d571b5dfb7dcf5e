//! Finds an object that has the same key twice, anywhere in a JSON text.
//!
//! JSON leaves open what such an object means, and parsers differ: one takes the first value,
//! another the last. A request that its sender's gateway and this service read differently is
//! refused, so no route has to choose.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::child_pointer;

/// Returns the JSON pointer of the first key that occurs twice in its object. Returns `None` for a
/// text that is not JSON: whoever parses it will say so.
pub(super) fn duplicate_key(body: &[u8]) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut found = None;
    let whole = UniqueKeys { place: &Place::Root, found: &mut found }.deserialize(&mut reader);
    whole.and_then(|()| reader.end()).ok()?;
    found
}

/// The place of a node, linked to the node around it, so that a pointer is built only when a
/// duplicate was found.
enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Member(parent, key) => child_pointer(&parent.pointer(), key),
            Self::Element(parent, index) => child_pointer(&parent.pointer(), &index.to_string()),
        }
    }
}

/// Walks through one node and everything below it.
struct UniqueKeys<'a> {
    place: &'a Place<'a>,
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for UniqueKeys<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, node: D) -> Result<(), D::Error> {
        node.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueKeys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(ObjectKey(key)) = object.next_key_seed(ObjectKeySeed)? {
            let place = Place::Member(self.place, &key);
            if self.found.is_none() && seen.contains(&key) {
                *self.found = Some(place.pointer());
            }
            object.next_value_seed(UniqueKeys { place: &place, found: &mut *self.found })?;
            seen.insert(key);
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let place = Place::Element(self.place, index);
            let element = UniqueKeys { place: &place, found: &mut *self.found };
            if list.next_element_seed(element)?.is_none() {
                break;
            }
        }
        Ok(())
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key as it is meant: `"a"` and `"\u0061"` are the same one. It borrows from the text unless it
/// has an escape.
struct ObjectKey<'de>(Cow<'de, str>);

struct ObjectKeySeed;

impl<'de> DeserializeSeed<'de> for ObjectKeySeed {
    type Value = ObjectKey<'de>;
    fn deserialize<D: serde::Deserializer<'de>>(self, key: D) -> Result<ObjectKey<'de>, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for ObjectKeySeed {
    type Value = ObjectKey<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<ObjectKey<'de>, E> {
        Ok(ObjectKey(Cow::Borrowed(key)))
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<ObjectKey<'de>, E> {
        Ok(ObjectKey(Cow::Owned(key.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};
    use serde_json::{Map, Value, json};

    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<&str>) {
        assert_eq!(duplicate_key(body.as_bytes()).as_deref(), expected, "{body}");
    }

    #[test]
    fn the_first_key_that_occurs_twice_is_found_at_any_depth() {
        check(r#"{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}"#, None);
        check(r#"{"a": 1, "a": 1}"#, Some("/a"));
        check(r#"{"a": 1, "b": 2, "\u0061": 3}"#, Some("/a"));
        check(r#"{"a": {"b": [0, {"c": 1, "c": 2}]}, "a": 3}"#, Some("/a/b/1/c"));
        check(r#"[[{"a/b~c": null, "a/b~c": null}]]"#, Some("/0/0/a~1b~0c"));
        check(r#"{"": true, "": false}"#, Some("/"));
        check("-1.5e3", None);
    }

    #[test]
    fn a_text_that_is_no_json_is_left_to_its_parser() {
        for body in ["", "{", r#"{"a": 1, "a": 2"#, r#"{"a": 1, "a": 2} x"#, r#"{"a": 1, "a": }"#] {
            check(body, None);
        }
        check(&"[".repeat(100_000), None);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-c\"\\\\/~é]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                vec(("[a-c/~\"é]{0,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(Map::from_iter(members))),
            ]
        })
    }

    /// Lists the pointers of all keys.
    fn all_keys(node: &Value, place: &str, keys: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match node {
            Value::Object(members) => {
                members.iter().map(|(key, value)| (child_pointer(place, key), value)).collect()
            }
            Value::Array(elements) => elements
                .iter()
                .enumerate()
                .map(|(index, value)| (child_pointer(place, &index.to_string()), value))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        for (pointer, child) in children {
            if node.is_object() {
                keys.push(pointer.clone());
            }
            all_keys(child, &pointer, keys);
        }
    }

    /// Writes the JSON text with the key at `pointer` once more at the end of its object.
    fn with_key_twice(node: &Value, place: &str, pointer: &str) -> String {
        match node {
            Value::Object(members) => {
                let member = |(key, value): (&String, &Value)| {
                    let below = with_key_twice(value, &child_pointer(place, key), pointer);
                    format!("{}:{below}", Value::from(key.as_str()))
                };
                let mut texts: Vec<String> = members.iter().map(member).collect();
                let again = members.keys().find(|key| child_pointer(place, key) == pointer);
                texts.extend(again.map(|key| format!("{}:0", Value::from(key.as_str()))));
                format!("{{{}}}", texts.join(","))
            }
            Value::Array(elements) => {
                let element = |(index, value): (usize, &Value)| {
                    with_key_twice(value, &child_pointer(place, &index.to_string()), pointer)
                };
                format!(
                    "[{}]",
                    elements.iter().enumerate().map(element).collect::<Vec<_>>().join(",")
                )
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => node.to_string(),
        }
    }

    proptest! {
        #[test]
        fn no_key_twice_is_fine_and_any_key_twice_is_found(document in any_json(), choice in any::<Index>()) {
            prop_assert_eq!(duplicate_key(document.to_string().as_bytes()), None);
            let document = json!({"body": document});
            let mut keys = Vec::new();
            all_keys(&document, "", &mut keys);
            let pointer = choice.get(&keys);
            let body = with_key_twice(&document, "", pointer);
            let found = duplicate_key(body.as_bytes());
            prop_assert_eq!(found.as_deref(), Some(pointer.as_str()), "{}", body);
        }
    }
}
