//! Counts writes by partition key, of tables and of their indexes. An index is written when an item
//! enters it, leaves it, or changes in what the index holds; an item that moves to another key of it
//! is two writes.

use std::collections::BTreeMap;

use fake_aws::{FakeAws, FakeItem, IndexProjection, ItemChange, TableSchema};
use serde_json::Value;

/// The place of a key: a table, or an index of it.
struct KeyPlace<'a> {
    name: String,
    hash: &'a str,
    range: Option<&'a str>,
    /// The attributes that the place holds beside its keys. A table holds all of them.
    holds: &'a IndexProjection,
}

/// Remembers how many changes each table had, so that what is prepared is not counted.
pub struct WriteCounter {
    schemas: Vec<TableSchema>,
    from: BTreeMap<String, usize>,
}

impl WriteCounter {
    pub fn start(memory: &FakeAws) -> Self {
        let schemas = testkit::table_schemas();
        let from = schemas
            .iter()
            .map(|schema| (schema.name.clone(), memory.change_count(&schema.name)))
            .collect();
        Self { schemas, from }
    }

    /// Returns the writes of each key since the start, the most first.
    pub fn writes(&self, memory: &FakeAws) -> Vec<(String, u64)> {
        let mut writes: BTreeMap<String, u64> = BTreeMap::new();
        for schema in &self.schemas {
            let from = self.from.get(&schema.name).copied().unwrap_or(0);
            for change in memory.changes(&schema.name, from) {
                for place in places(schema) {
                    let (old, new) =
                        (place.key(change.old.as_ref()), place.key(change.new.as_ref()));
                    let moved = old != new;
                    let written = moved || place.sees(&change);
                    let entries = new.iter().filter(|_| written);
                    for key in entries.chain(old.iter().filter(|_| moved)) {
                        *writes.entry(format!("{} {}", place.name, key.0)).or_default() += 1;
                    }
                }
            }
        }
        let mut writes: Vec<_> = writes.into_iter().collect();
        writes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        writes
    }
}

fn places(schema: &TableSchema) -> Vec<KeyPlace<'_>> {
    let table = KeyPlace {
        name: schema.name.clone(),
        hash: &schema.hash,
        range: schema.range.as_deref(),
        holds: &IndexProjection::All,
    };
    let index = schema.indexes.iter().map(|index| KeyPlace {
        name: format!("{}/{}", schema.name, index.name),
        hash: &index.hash,
        range: index.range.as_deref(),
        holds: &index.projection,
    });
    std::iter::once(table).chain(index).collect()
}

impl KeyPlace<'_> {
    /// Returns true if the place holds an attribute that a change has changed.
    fn sees(&self, change: &ItemChange) -> bool {
        let of = |item: &Option<FakeItem>, name: &str| item.as_ref()?.get(name).cloned();
        match self.holds {
            IndexProjection::All => true,
            IndexProjection::KeysOnly => false,
            IndexProjection::Include(names) => {
                names.iter().any(|name| of(&change.old, name) != of(&change.new, name))
            }
        }
    }

    /// Returns the partition key and the sort key of an item that is in this place.
    fn key(&self, item: Option<&FakeItem>) -> Option<(String, String)> {
        let scalar = |name: &str| {
            let value = item?.get(name)?;
            value.get("S").or_else(|| value.get("N")).and_then(Value::as_str).map(str::to_owned)
        };
        let range = match self.range {
            Some(name) => scalar(name)?,
            None => String::new(),
        };
        Some((scalar(self.hash)?, range))
    }
}
