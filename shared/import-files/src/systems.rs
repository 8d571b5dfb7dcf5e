//! The systems whose files are recognised by their columns, and what each column means.
//!
//! A column that a system is not known to write is guessed by its name alone; a guess never takes
//! the place of a known column. Whoever imports may name a meaning for any column.

mod customers;
mod guess;
mod orders;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{reason::Reason, target::Target};

/// The things that a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    Customers,
    Orders,
    Suppressions,
    /// Merchants with their places.
    Merchants,
    /// Names of verticals.
    Verticals,
    /// Names of categories.
    Categories,
}

/// The statement that a file makes about each mailbox in it by being that file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implied {
    Subscribed,
    Unsubscribed,
    Bounced,
}

impl ImportKind {
    pub const ALL: [Self; 6] = [
        Self::Customers,
        Self::Orders,
        Self::Suppressions,
        Self::Merchants,
        Self::Verticals,
        Self::Categories,
    ];

    /// Returns the name, which is also that of the folder for such files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Suppressions => "suppressions",
            Self::Merchants => "merchants",
            Self::Verticals => "verticals",
            Self::Categories => "categories",
        }
    }
}

/// A system's kind of file.
#[derive(Debug)]
pub struct System {
    pub key: &'static str,
    pub kind: ImportKind,
    /// Columns that together only this file has.
    signature: &'static [&'static str],
    /// True if its times without a zone are UTC.
    pub is_utc: bool,
    pub implied: Option<Implied>,
    /// True if the file adds to customers of another one and makes none.
    pub must_exist: bool,
    columns: &'static [(&'static str, Target)],
}

const PLAIN: System = System {
    key: "plain",
    kind: ImportKind::Customers,
    signature: &[],
    is_utc: false,
    implied: None,
    must_exist: false,
    columns: &[],
};

/// A file of whatever system, with columns guessed by their names.
static PLAIN_CUSTOMERS: System = PLAIN;
static PLAIN_ORDERS: System = System { key: "plain_orders", kind: ImportKind::Orders, ..PLAIN };
static PLAIN_SUPPRESSIONS: System =
    System { key: "plain_suppressions", kind: ImportKind::Suppressions, ..PLAIN };
static PLAIN_MERCHANTS: System =
    System { key: "plain_merchants", kind: ImportKind::Merchants, ..PLAIN };
static PLAIN_VERTICALS: System =
    System { key: "plain_verticals", kind: ImportKind::Verticals, ..PLAIN };
static PLAIN_CATEGORIES: System =
    System { key: "plain_categories", kind: ImportKind::Categories, ..PLAIN };

impl System {
    /// Returns the system that writes these columns, or the plain one of the kind.
    pub fn recognise(columns: &[String], kind: ImportKind) -> &'static Self {
        let has =
            |name: &&str| columns.iter().any(|column| column.trim().eq_ignore_ascii_case(name));
        let known = customers::ALL.iter().chain(&orders::ALL);
        let known = known.filter(|it| it.kind == kind && it.signature.iter().all(&has));
        known.max_by_key(|it| it.signature.len()).unwrap_or_else(|| Self::plain(kind))
    }

    /// Finds a system by its key, for an import that goes on.
    pub fn by_key(key: &str) -> Option<&'static Self> {
        let plain = ImportKind::ALL.into_iter().map(Self::plain);
        let mut known = customers::ALL.iter().chain(&orders::ALL).chain(plain);
        known.find(|it| it.key == key)
    }

    /// Returns the system of files whose columns are guessed by their names.
    fn plain(kind: ImportKind) -> &'static Self {
        match kind {
            ImportKind::Customers => &PLAIN_CUSTOMERS,
            ImportKind::Orders => &PLAIN_ORDERS,
            ImportKind::Suppressions => &PLAIN_SUPPRESSIONS,
            ImportKind::Merchants => &PLAIN_MERCHANTS,
            ImportKind::Verticals => &PLAIN_VERTICALS,
            ImportKind::Categories => &PLAIN_CATEGORIES,
        }
    }

    fn known(&self, column: &str) -> Option<Target> {
        let column = column.trim();
        let known = self.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        known.map(|(_, target)| *target)
    }

    /// Returns the meaning of a column, which no mapping names.
    pub fn target(&self, column: &str) -> Target {
        if guess::is_secret(column) {
            return Target::Secret;
        }
        if let Some(known) = self.known(column) {
            return known;
        }
        let guessed = guess::guess(column, self.kind);
        let is_served = |target: Target| self.columns.iter().any(|(_, it)| *it == target);
        match (self.kind, self.columns.is_empty()) {
            (_, true) => guessed,
            (ImportKind::Orders, false) => Target::NoPlace,
            (
                ImportKind::Customers
                | ImportKind::Suppressions
                | ImportKind::Merchants
                | ImportKind::Verticals
                | ImportKind::Categories,
                false,
            ) => {
                if is_served(guessed) {
                    Target::NoPlace
                } else {
                    guessed
                }
            }
        }
    }
}

/// The meanings of columns that whoever imports has named, by column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnMapping(pub BTreeMap<String, String>);

impl ColumnMapping {
    /// Returns the first meaning that is none.
    pub fn check(&self) -> Result<(), Reason> {
        match self.0.iter().find(|(_, target)| Target::parse(target).is_none()) {
            Some((column, _)) => {
                let detail = format!("no meaning of this name for column {column}");
                Err(Reason::new("unknown_target", detail))
            }
            None => Ok(()),
        }
    }

    /// Returns the meaning of a column: what is named here, else what the system says. A secret
    /// stays one.
    pub fn target(&self, system: &System, column: &str) -> Target {
        let own = system.target(column);
        if own == Target::Secret {
            return own;
        }
        self.0.get(column).and_then(|name| Target::parse(name)).unwrap_or(own)
    }
}
