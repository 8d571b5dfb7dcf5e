//! Tables and their indexes, as much as keys and projections go. Types of key attributes are not said: a key is what the item has.

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    pub name: String,
    /// Name of the partition key.
    pub hash: String,
    /// Name of the sort key.
    pub range: Option<String>,
    pub indexes: Vec<Index>,
}

/// A global secondary index: holds the items that have its key attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    pub name: String,
    pub hash: String,
    pub range: Option<String>,
    pub projection: Projection,
}

/// What an index shows of its items, beside the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projection {
    KeysOnly,
    All,
    Include(Vec<String>),
}
