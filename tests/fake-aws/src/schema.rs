//! Describes tables and their indexes: keys and projections. Types of key attributes are not
//! declared; a key has the type of its value in the item.

/// The keys and indexes of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    pub name: String,
    /// The name of the partition key.
    pub hash: String,
    /// The name of the sort key.
    pub range: Option<String>,
    pub indexes: Vec<IndexSchema>,
}

/// A global secondary index, which holds the items that have its key attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSchema {
    pub name: String,
    pub hash: String,
    pub range: Option<String>,
    pub projection: IndexProjection,
}

/// The attributes that an index holds of its items, beside the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexProjection {
    KeysOnly,
    All,
    Include(Vec<String>),
}
