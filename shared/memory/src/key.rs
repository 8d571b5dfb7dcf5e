//! Where an item stands: in a table by its key, in an index by the index's key and then its own. Items of one partition stand together,
//! partitions stand on a ring by a fixed hash of their key, as they do on AWS: a scan walks the ring, a segment is an arc of it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{number::Number, value};

/// A key attribute's value. Nothing has `Lowest` or `Highest`: they are the edges of ranges.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    Lowest,
    /// There is no such key attribute.
    Nothing,
    B(Vec<u8>),
    N(Number),
    S(String),
    Highest,
}

impl Scalar {
    pub fn of(value: &Value) -> Option<Self> {
        match value::typed(value)? {
            ("S", Value::String(text)) => Some(Self::S(text.clone())),
            ("N", Value::String(text)) => Number::parse(text).map(Self::N),
            ("B", Value::String(text)) => STANDARD.decode(text).ok().map(Self::B),
            _ => None,
        }
    }

    /// Key attributes must not be empty.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::S(text) => text.is_empty(),
            Self::B(bytes) => bytes.is_empty(),
            Self::Lowest | Self::Nothing | Self::N(_) | Self::Highest => false,
        }
    }

    /// Place on the ring: FNV-1a, mixed so that the high bits differ too.
    fn ring(&self) -> u64 {
        let text;
        let bytes: &[u8] = match self {
            Self::S(text) => text.as_bytes(),
            Self::B(bytes) => bytes,
            Self::N(number) => {
                text = number.to_string();
                text.as_bytes()
            }
            Self::Lowest | Self::Nothing | Self::Highest => &[],
        };
        let hash = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}

/// Sorted by the ring, then by the key of the table or of the index, then by the table's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    ring: u64,
    pub hash: Scalar,
    pub range: Scalar,
    key_hash: Scalar,
    key_range: Scalar,
}

impl Position {
    pub fn in_table(hash: Scalar, range: Scalar) -> Self {
        Self { ring: hash.ring(), hash, range, key_hash: Scalar::Nothing, key_range: Scalar::Nothing }
    }

    pub fn in_index(hash: Scalar, range: Scalar, of: &Self) -> Self {
        Self { ring: hash.ring(), hash, range, key_hash: of.hash.clone(), key_range: of.range.clone() }
    }

    /// Of the item that an index has at this place.
    pub fn of_item(&self) -> Self {
        Self::in_table(self.key_hash.clone(), self.key_range.clone())
    }

    /// Before everything that has this key.
    pub fn before(hash: &Scalar, range: Scalar) -> Self {
        let (key_hash, key_range) = (Scalar::Lowest, Scalar::Lowest);
        Self { ring: hash.ring(), hash: hash.clone(), range, key_hash, key_range }
    }

    /// Behind everything that has this key.
    pub fn behind(hash: &Scalar, range: Scalar) -> Self {
        let (key_hash, key_range) = (Scalar::Highest, Scalar::Highest);
        Self { ring: hash.ring(), hash: hash.clone(), range, key_hash, key_range }
    }

    /// The edges of one of `total` equal arcs of the ring.
    pub fn arc(segment: u32, total: u32) -> (Self, Self) {
        let edge = |number: u32| {
            let start = (u128::from(number) << 64).div_ceil(u128::from(total.max(1)));
            match u64::try_from(start) {
                Ok(ring) => Self::edge(ring, Scalar::Lowest),
                Err(_) => Self::edge(u64::MAX, Scalar::Highest),
            }
        };
        (edge(segment), edge(segment.saturating_add(1)))
    }

    fn edge(ring: u64, at: Scalar) -> Self {
        Self { ring, hash: at.clone(), range: at.clone(), key_hash: at.clone(), key_range: at }
    }
}
