//! Orders items: in a table by its key, in an index by the index key and then the table's.
//!
//! Items of one partition are adjacent. Partitions lie on a ring by a fixed hash of their key, as
//! on AWS: a scan follows the ring, and a segment is an arc of it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{number::DecimalNumber, value};

/// The value of a key attribute. No item has `Lowest` or `Highest`: they are the edges of ranges.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyScalar {
    Lowest,
    /// A key attribute that does not exist.
    Absent,
    B(Vec<u8>),
    N(DecimalNumber),
    S(String),
    Highest,
}

impl KeyScalar {
    pub fn from_value(value: &Value) -> Option<Self> {
        match value::type_and_content(value)? {
            ("S", Value::String(text)) => Some(Self::S(text.clone())),
            ("N", Value::String(text)) => DecimalNumber::parse(text).map(Self::N),
            ("B", Value::String(text)) => STANDARD.decode(text).ok().map(Self::B),
            _ => None,
        }
    }

    /// Returns true for an empty value, which a key attribute must not have.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::S(text) => text.is_empty(),
            Self::B(bytes) => bytes.is_empty(),
            Self::Lowest | Self::Absent | Self::N(_) | Self::Highest => false,
        }
    }

    /// Returns the place on the ring: FNV-1a, mixed so that the high bits differ too.
    fn ring_hash(&self) -> u64 {
        let text;
        let bytes: &[u8] = match self {
            Self::S(text) => text.as_bytes(),
            Self::B(bytes) => bytes,
            Self::N(number) => {
                text = number.to_string();
                text.as_bytes()
            }
            Self::Lowest | Self::Absent | Self::Highest => &[],
        };
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}

/// The place of an item in a table or index. Positions sort by the ring, then by the key of the
/// table or index, then by the table's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemPosition {
    ring: u64,
    pub hash: KeyScalar,
    pub range: KeyScalar,
    key_hash: KeyScalar,
    key_range: KeyScalar,
}

impl ItemPosition {
    pub fn in_table(hash: KeyScalar, range: KeyScalar) -> Self {
        Self {
            ring: hash.ring_hash(),
            hash,
            range,
            key_hash: KeyScalar::Absent,
            key_range: KeyScalar::Absent,
        }
    }

    pub fn in_index(hash: KeyScalar, range: KeyScalar, of: &Self) -> Self {
        Self {
            ring: hash.ring_hash(),
            hash,
            range,
            key_hash: of.hash.clone(),
            key_range: of.range.clone(),
        }
    }

    /// Returns the position in the table of the item that an index has here.
    pub fn table_position(&self) -> Self {
        Self::in_table(self.key_hash.clone(), self.key_range.clone())
    }

    /// Returns the position before everything that has this key.
    pub fn before(hash: &KeyScalar, range: KeyScalar) -> Self {
        let (key_hash, key_range) = (KeyScalar::Lowest, KeyScalar::Lowest);
        Self { ring: hash.ring_hash(), hash: hash.clone(), range, key_hash, key_range }
    }

    /// Returns the position behind everything that has this key.
    pub fn behind(hash: &KeyScalar, range: KeyScalar) -> Self {
        let (key_hash, key_range) = (KeyScalar::Highest, KeyScalar::Highest);
        Self { ring: hash.ring_hash(), hash: hash.clone(), range, key_hash, key_range }
    }

    /// Returns the edges of one of `total` equal arcs of the ring.
    pub fn segment_edges(segment: u32, total: u32) -> (Self, Self) {
        let edge = |number: u32| {
            let start = (u128::from(number) << 64).div_ceil(u128::from(total.max(1)));
            match u64::try_from(start) {
                Ok(ring) => Self::edge(ring, KeyScalar::Lowest),
                Err(_) => Self::edge(u64::MAX, KeyScalar::Highest),
            }
        };
        (edge(segment), edge(segment.saturating_add(1)))
    }

    fn edge(ring: u64, at: KeyScalar) -> Self {
        Self { ring, hash: at.clone(), range: at.clone(), key_hash: at.clone(), key_range: at }
    }
}
