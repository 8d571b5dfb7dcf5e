//! A table: its items by position, an ordered set of positions for each index, and the log of changes. An index has the items with all of
//! its key attributes and follows the item in the same step.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::Excluded,
};

use crate::{
    Change, Index, Item, Projection, Schema,
    fault::{Fault, Result},
    key::{Position, Scalar},
};

#[derive(Debug)]
pub struct Table {
    schema: Schema,
    items: BTreeMap<Position, Item>,
    /// As many as the schema has, in its order.
    indexes: Vec<(Index, BTreeSet<Position>)>,
    changes: Vec<Change>,
}

impl Table {
    pub fn new(schema: Schema) -> Self {
        let indexes = schema.indexes.iter().map(|index| (index.clone(), BTreeSet::new())).collect();
        Self { schema, items: BTreeMap::new(), indexes, changes: Vec::new() }
    }

    pub fn items(&self) -> Vec<Item> {
        let mut items: Vec<(&Position, &Item)> = self.items.iter().collect();
        items.sort_by_key(|(position, _)| (&position.hash, &position.range));
        items.into_iter().map(|(_, item)| item.clone()).collect()
    }

    pub fn each(&self, look: impl FnMut(&Item)) {
        self.items.values().for_each(look);
    }

    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub fn get(&self, position: &Position) -> Option<&Item> {
        self.items.get(position)
    }

    pub fn is_key(&self, name: &str) -> bool {
        name == self.schema.hash || self.schema.range.as_deref() == Some(name)
    }

    /// Where an item belongs; key attributes of indexes must not be empty either.
    pub fn key_of(&self, item: &Item) -> Result<Position> {
        let position = position(item, &self.schema.hash, self.schema.range.as_deref())?;
        for index in &self.schema.indexes {
            for name in std::iter::once(&index.hash).chain(&index.range) {
                if item.get(name).and_then(Scalar::of).is_some_and(|scalar| scalar.is_empty()) {
                    return Err(Fault::invalid(format!(
                        "One or more parameter values are not valid. A value specified for a secondary index key is not \
                         supported. The AttributeValue for a key attribute cannot contain an empty string value. \
                         IndexName: {}, IndexKey: {name}",
                        index.name
                    )));
                }
            }
        }
        Ok(position)
    }

    /// From a key, which has nothing but the key attributes.
    pub fn key_from(&self, key: &Item) -> Result<Position> {
        if key.len() != 1 + usize::from(self.schema.range.is_some()) {
            return Err(Fault::invalid("The provided key element does not match the schema"));
        }
        position(key, &self.schema.hash, self.schema.range.as_deref())
    }

    /// Writes or deletes the item at its position, in every index too. What changes nothing is not in the log.
    pub fn replace(&mut self, position: Position, new: Option<Item>) {
        let old = match &new {
            Some(item) => self.items.insert(position.clone(), item.clone()),
            None => self.items.remove(&position),
        };
        if old == new {
            return;
        }
        for (index, entries) in &mut self.indexes {
            if let Some(entry) = old.as_ref().and_then(|item| entry(index, item, &position)) {
                entries.remove(&entry);
            }
            entries.extend(new.as_ref().and_then(|item| entry(index, item, &position)));
        }
        self.changes.push(Change { table: self.schema.name.clone(), old, new });
    }

    /// The same, and nobody hears of it.
    pub fn preload(&mut self, position: Position, item: Item) {
        let logged = self.changes.len();
        self.replace(position, Some(item));
        self.changes.truncate(logged);
    }

    pub fn view(&self, index: Option<&str>) -> Result<View<'_>> {
        let Some(name) = index else { return Ok(View { table: self, index: None }) };
        let found = self.indexes.iter().find(|(index, _)| index.name == name);
        let missing = || Fault::invalid(format!("The table does not have the specified index: {name}"));
        Ok(View { table: self, index: Some(found.ok_or_else(missing)?) })
    }
}

/// Where an index has an item, if it has it.
fn entry(index: &Index, item: &Item, position: &Position) -> Option<Position> {
    let hash = Scalar::of(item.get(&index.hash)?)?;
    let range = match &index.range {
        Some(range) => Scalar::of(item.get(range)?)?,
        None => Scalar::Nothing,
    };
    Some(Position::in_index(hash, range, position))
}

fn position(item: &Item, hash: &str, range: Option<&str>) -> Result<Position> {
    let scalar = |name: &str| {
        let value = item.get(name).ok_or_else(|| {
            Fault::invalid(format!("One or more parameter values were invalid: Missing the key {name} in the item"))
        })?;
        let scalar = Scalar::of(value).filter(|scalar| !scalar.is_empty());
        scalar.ok_or_else(|| {
            Fault::invalid(format!("One or more parameter values were invalid: not a value for the key: {name}"))
        })
    };
    Ok(Position::in_table(scalar(hash)?, range.map_or(Ok(Scalar::Nothing), scalar)?))
}

/// A table as it is, or through one of its indexes.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    table: &'a Table,
    index: Option<&'a (Index, BTreeSet<Position>)>,
}

impl<'a> View<'a> {
    pub fn is_index(&self) -> bool {
        self.index.is_some()
    }

    pub fn hash(&self) -> &'a str {
        self.index.map_or(&self.table.schema.hash, |(index, _)| &index.hash)
    }

    pub fn range(&self) -> Option<&'a str> {
        self.index.map_or(&self.table.schema.range, |(index, _)| &index.range).as_deref()
    }

    /// What stands strictly between two positions.
    pub fn between(
        &self,
        low: Position,
        high: Position,
        forward: bool,
    ) -> Box<dyn Iterator<Item = (Position, &'a Item)> + 'a> {
        if low >= high {
            return Box::new(std::iter::empty());
        }
        let table = self.table;
        let bounds = (Excluded(low), Excluded(high));
        match (self.index, forward) {
            (None, true) => Box::new(table.items.range(bounds).map(|(at, item)| (at.clone(), item))),
            (None, false) => Box::new(table.items.range(bounds).rev().map(|(at, item)| (at.clone(), item))),
            (Some((_, entries)), forward) => {
                let found = |at: &Position| Some((at.clone(), table.items.get(&at.of_item())?));
                let entries = entries.range(bounds);
                if forward { Box::new(entries.filter_map(found)) } else { Box::new(entries.rev().filter_map(found)) }
            }
        }
    }

    /// As much of an item as an index holds.
    pub fn shown(&self, item: &Item) -> Item {
        let included = match self.index.map(|(index, _)| &index.projection) {
            None | Some(Projection::All) => return item.clone(),
            Some(Projection::KeysOnly) => &[],
            Some(Projection::Include(names)) => names.as_slice(),
        };
        let shown = |name: &String| self.is_key(name) || included.contains(name);
        item.iter().filter(|(name, _)| shown(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The keys of an item: those of the table and of the index.
    pub fn keys(&self, item: &Item) -> Item {
        let keys = item.iter().filter(|(name, _)| self.is_key(name));
        keys.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn is_key(&self, name: &str) -> bool {
        self.table.is_key(name) || name == self.hash() || self.range() == Some(name)
    }

    /// The position of a key that an earlier page gave.
    pub fn start(&self, key: &Item) -> Result<Position> {
        let invalid = || Fault::invalid("The provided starting key is invalid");
        if key.keys().any(|name| !self.is_key(name)) {
            return Err(invalid());
        }
        let position = position(key, &self.table.schema.hash, self.table.schema.range.as_deref());
        let position = position.map_err(|_| invalid())?;
        match self.index {
            None => Ok(position),
            Some((index, _)) => entry(index, key, &position).ok_or_else(invalid),
        }
    }
}
