//! Implements a table: its items by position, an ordered set of positions for each index, and the
//! change log. An index holds the items that have all of its key attributes, and is updated in the
//! same step as the item.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::Excluded,
};

use crate::{
    FakeItem, IndexProjection, IndexSchema, ItemChange, TableSchema,
    fault::{DynamoDbFault, Result},
    key::{ItemPosition, KeyScalar},
};

#[derive(Debug)]
pub struct FakeTable {
    schema: TableSchema,
    items: BTreeMap<ItemPosition, FakeItem>,
    /// The indexes of the schema, in its order.
    indexes: Vec<(IndexSchema, BTreeSet<ItemPosition>)>,
    changes: Vec<ItemChange>,
}

impl FakeTable {
    pub fn new(schema: TableSchema) -> Self {
        let indexes = schema.indexes.iter().map(|index| (index.clone(), BTreeSet::new())).collect();
        Self { schema, items: BTreeMap::new(), indexes, changes: Vec::new() }
    }

    pub fn items(&self) -> Vec<FakeItem> {
        let mut items: Vec<(&ItemPosition, &FakeItem)> = self.items.iter().collect();
        items.sort_by_key(|(position, _)| (&position.hash, &position.range));
        items.into_iter().map(|(_, item)| item.clone()).collect()
    }

    pub fn for_each_item(&self, look: impl FnMut(&FakeItem)) {
        self.items.values().for_each(look);
    }

    pub fn changes(&self) -> &[ItemChange] {
        &self.changes
    }

    pub fn get(&self, position: &ItemPosition) -> Option<&FakeItem> {
        self.items.get(position)
    }

    pub fn is_key(&self, name: &str) -> bool {
        name == self.schema.hash || self.schema.range.as_deref() == Some(name)
    }

    /// Returns the position of an item. Its index keys are checked too: they must not be empty.
    pub fn item_position(&self, item: &FakeItem) -> Result<ItemPosition> {
        let position = position_from_keys(item, &self.schema.hash, self.schema.range.as_deref())?;
        for index in &self.schema.indexes {
            for name in std::iter::once(&index.hash).chain(&index.range) {
                if item
                    .get(name)
                    .and_then(KeyScalar::from_value)
                    .is_some_and(|scalar| scalar.is_empty())
                {
                    return Err(DynamoDbFault::invalid(format!(
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

    /// Returns the position of a key, which has the key attributes and no others.
    pub fn key_position(&self, key: &FakeItem) -> Result<ItemPosition> {
        if key.len() != 1 + usize::from(self.schema.range.is_some()) {
            return Err(DynamoDbFault::invalid(
                "The provided key element does not match the schema",
            ));
        }
        position_from_keys(key, &self.schema.hash, self.schema.range.as_deref())
    }

    /// Writes or deletes the item at its position and updates every index. A write that changes
    /// nothing is not logged.
    pub fn replace_item(&mut self, position: ItemPosition, new: Option<FakeItem>) {
        let old = match &new {
            Some(item) => self.items.insert(position.clone(), item.clone()),
            None => self.items.remove(&position),
        };
        if old == new {
            return;
        }
        for (index, entries) in &mut self.indexes {
            if let Some(entry) =
                old.as_ref().and_then(|item| index_position(index, item, &position))
            {
                entries.remove(&entry);
            }
            entries.extend(new.as_ref().and_then(|item| index_position(index, item, &position)));
        }
        self.changes.push(ItemChange { table: self.schema.name.clone(), old, new });
    }

    /// Writes an item without logging the change.
    pub fn preload_item(&mut self, position: ItemPosition, item: FakeItem) {
        let logged = self.changes.len();
        self.replace_item(position, Some(item));
        self.changes.truncate(logged);
    }

    pub fn view(&self, index: Option<&str>) -> Result<TableView<'_>> {
        let Some(name) = index else {
            return Ok(TableView { table: self, index: None });
        };
        let found = self.indexes.iter().find(|(index, _)| index.name == name);
        let missing = || {
            DynamoDbFault::invalid(format!("The table does not have the specified index: {name}"))
        };
        Ok(TableView { table: self, index: Some(found.ok_or_else(missing)?) })
    }
}

/// Returns the position of an item in an index, or `None` if the item lacks an index key.
fn index_position(
    index: &IndexSchema,
    item: &FakeItem,
    position: &ItemPosition,
) -> Option<ItemPosition> {
    let hash = KeyScalar::from_value(item.get(&index.hash)?)?;
    let range = match &index.range {
        Some(range) => KeyScalar::from_value(item.get(range)?)?,
        None => KeyScalar::Absent,
    };
    Some(ItemPosition::in_index(hash, range, position))
}

fn position_from_keys(item: &FakeItem, hash: &str, range: Option<&str>) -> Result<ItemPosition> {
    let scalar = |name: &str| {
        let value = item.get(name).ok_or_else(|| {
            DynamoDbFault::invalid(format!(
                "One or more parameter values were invalid: Missing the key {name} in the item"
            ))
        })?;
        let scalar = KeyScalar::from_value(value).filter(|scalar| !scalar.is_empty());
        scalar.ok_or_else(|| {
            DynamoDbFault::invalid(format!(
                "One or more parameter values were invalid: not a value for the key: {name}"
            ))
        })
    };
    Ok(ItemPosition::in_table(scalar(hash)?, range.map_or(Ok(KeyScalar::Absent), scalar)?))
}

/// A table, or one of its indexes, as a query reads it.
#[derive(Debug, Clone, Copy)]
pub struct TableView<'a> {
    table: &'a FakeTable,
    index: Option<&'a (IndexSchema, BTreeSet<ItemPosition>)>,
}

impl<'a> TableView<'a> {
    pub fn is_index(&self) -> bool {
        self.index.is_some()
    }

    pub fn hash(&self) -> &'a str {
        self.index.map_or(&self.table.schema.hash, |(index, _)| &index.hash)
    }

    pub fn range(&self) -> Option<&'a str> {
        self.index.map_or(&self.table.schema.range, |(index, _)| &index.range).as_deref()
    }

    /// Returns the items strictly between two positions.
    pub fn items_between(
        &self,
        low: ItemPosition,
        high: ItemPosition,
        forward: bool,
    ) -> Box<dyn Iterator<Item = (ItemPosition, &'a FakeItem)> + 'a> {
        if low >= high {
            return Box::new(std::iter::empty());
        }
        let table = self.table;
        let bounds = (Excluded(low), Excluded(high));
        match (self.index, forward) {
            (None, true) => {
                Box::new(table.items.range(bounds).map(|(at, item)| (at.clone(), item)))
            }
            (None, false) => {
                Box::new(table.items.range(bounds).rev().map(|(at, item)| (at.clone(), item)))
            }
            (Some((_, entries)), forward) => {
                let found =
                    |at: &ItemPosition| Some((at.clone(), table.items.get(&at.table_position())?));
                let entries = entries.range(bounds);
                if forward {
                    Box::new(entries.filter_map(found))
                } else {
                    Box::new(entries.rev().filter_map(found))
                }
            }
        }
    }

    /// Returns the attributes of an item that the index holds.
    pub fn projected_item(&self, item: &FakeItem) -> FakeItem {
        let included = match self.index.map(|(index, _)| &index.projection) {
            None | Some(IndexProjection::All) => return item.clone(),
            Some(IndexProjection::KeysOnly) => &[],
            Some(IndexProjection::Include(names)) => names.as_slice(),
        };
        let shown = |name: &String| self.is_key(name) || included.contains(name);
        item.iter()
            .filter(|(name, _)| shown(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Returns the key attributes of an item: those of the table and of the index.
    pub fn key_attributes(&self, item: &FakeItem) -> FakeItem {
        let keys = item.iter().filter(|(name, _)| self.is_key(name));
        keys.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn is_key(&self, name: &str) -> bool {
        self.table.is_key(name) || name == self.hash() || self.range() == Some(name)
    }

    /// Returns the position of a start key that an earlier page gave.
    pub fn start_position(&self, key: &FakeItem) -> Result<ItemPosition> {
        let invalid = || DynamoDbFault::invalid("The provided starting key is invalid");
        if key.keys().any(|name| !self.is_key(name)) {
            return Err(invalid());
        }
        let position =
            position_from_keys(key, &self.table.schema.hash, self.table.schema.range.as_deref());
        let position = position.map_err(|_| invalid())?;
        match self.index {
            None => Ok(position),
            Some((index, _)) => index_position(index, key, &position).ok_or_else(invalid),
        }
    }
}
