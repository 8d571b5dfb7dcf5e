//! Looks at the headers of pages and at the schema of a footer before the library does, in the
//! compact form of Thrift.
//!
//! A header says how many bytes its page needs when it is unpacked, and the library reserves as
//! many. A schema may be nested as deep as its writer likes, and the library descends into it. So
//! both are held against limits first, without recursion and without reserving anything.

use crate::reason::Reason;

/// The largest page as it is unpacked: writers aim at one megabyte.
const MAX_PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// The most bytes that a dictionary and a page of each column need together.
pub(super) const MAX_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// The most levels of a schema; a list in a record in a list has seven.
const MAX_LEVELS: usize = 12;
/// The most levels of structures in a header or a footer.
const MAX_STRUCTURES: usize = 24;

/// Kinds of values in the compact form.
mod kind {
    pub const STOP: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const I16: u8 = 4;
    pub const I32: u8 = 5;
    pub const I64: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const MAP: u8 = 11;
    pub const STRUCT: u8 = 12;
}

fn broken() -> Reason {
    Reason::new("broken_file", "it cannot be read as Parquet")
}

/// Checks the pages of one column, and returns the bytes of its dictionary and its largest page
/// together when they are unpacked.
pub(super) fn check_pages(mut bytes: &[u8]) -> Result<u64, Reason> {
    const DICTIONARY: i64 = 2;
    let (mut dictionary, mut largest) = (0_u64, 0_u64);
    while !bytes.is_empty() {
        let mut cursor = Cursor(bytes);
        let [kind, unpacked, packed] = cursor.integers([1, 2, 3])?;
        let size = |size: Option<i64>| size.and_then(|it| u64::try_from(it).ok());
        let unpacked = size(unpacked).ok_or_else(broken)?;
        let packed = size(packed).and_then(|it| usize::try_from(it).ok()).ok_or_else(broken)?;
        if unpacked > MAX_PAGE_BYTES {
            let detail = "a page needs more than 16 MB when it is unpacked";
            return Err(Reason::new("unpacks_too_large", detail));
        }
        if kind == Some(DICTIONARY) {
            dictionary = dictionary.max(unpacked);
        } else {
            largest = largest.max(unpacked);
        }
        bytes = cursor.0.get(packed..).ok_or_else(broken)?;
    }
    Ok(dictionary + largest)
}

/// Refuses a footer whose schema is nested too deep.
pub(super) fn check_depth(footer: &[u8]) -> Result<(), Reason> {
    const SCHEMA: i64 = 2;
    let mut cursor = Cursor(footer);
    let mut field = 0;
    while let Some((id, kind)) = cursor.field(field)? {
        field = id;
        if id != SCHEMA {
            cursor.skip(kind)?;
            continue;
        }
        if kind != kind::LIST {
            return Err(broken());
        }
        return cursor.check_schema();
    }
    Err(broken())
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self) -> Result<u8, Reason> {
        let (first, rest) = self.0.split_first().ok_or_else(broken)?;
        self.0 = rest;
        Ok(*first)
    }

    fn advance(&mut self, length: u64) -> Result<(), Reason> {
        let length = usize::try_from(length).map_err(|_| broken())?;
        self.0 = self.0.get(length..).ok_or_else(broken)?;
        Ok(())
    }

    fn number(&mut self) -> Result<u64, Reason> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(broken())
    }

    fn signed(&mut self) -> Result<i64, Reason> {
        let value = self.number()?;
        Ok(i64::try_from(value >> 1).map_err(|_| broken())?
            ^ -i64::try_from(value & 1).unwrap_or(0))
    }

    /// Reads the head of a field after the one of number `last`; `None` at the end of the
    /// structure.
    fn field(&mut self, last: i64) -> Result<Option<(i64, u8)>, Reason> {
        let byte = self.byte()?;
        let kind = byte & 0x0f;
        if kind == kind::STOP {
            return Ok(None);
        }
        let step = i64::from(byte >> 4);
        let id = if step == 0 { self.signed()? } else { last.saturating_add(step) };
        Ok(Some((id, kind)))
    }

    /// Reads the head of a list: how many elements of which kind.
    fn list(&mut self) -> Result<(u64, u8), Reason> {
        let byte = self.byte()?;
        let count = u64::from(byte >> 4);
        let count = if count == 15 { self.number()? } else { count };
        // Each element has a byte at least, but for those of no content, which Parquet has not.
        if count > u64::try_from(self.0.len()).unwrap_or(u64::MAX) {
            return Err(broken());
        }
        Ok((count, byte & 0x0f))
    }

    /// Reads a structure to its end, and returns the whole numbers of these fields.
    fn integers<const N: usize>(&mut self, wanted: [i64; N]) -> Result<[Option<i64>; N], Reason> {
        let mut found = [None; N];
        let mut last = 0;
        while let Some((id, kind)) = self.field(last)? {
            last = id;
            let place = wanted.iter().position(|field| *field == id);
            match place.and_then(|place| found.get_mut(place)) {
                Some(slot) if matches!(kind, kind::I16 | kind::I32 | kind::I64) => {
                    *slot = Some(self.signed()?);
                }
                Some(_) | None => self.skip(kind)?,
            }
        }
        Ok(found)
    }

    /// Reads the schema, a list of elements each of which says how many follow below it.
    fn check_schema(&mut self) -> Result<(), Reason> {
        const CHILDREN: i64 = 5;
        let (count, kind) = self.list()?;
        if kind != kind::STRUCT {
            return Err(broken());
        }
        // The elements that are to come on each level.
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..count {
            let [children] = self.integers([CHILDREN])?;
            if let Some(last) = open.last_mut() {
                *last -= 1;
            }
            if let Some(children) = children.filter(|children| *children > 0) {
                open.push(children);
            }
            if open.len() > MAX_LEVELS {
                let detail = format!("its columns are nested more than {MAX_LEVELS} levels deep");
                return Err(Reason::new("nested_too_deep", detail));
            }
            while open.last().is_some_and(|left| *left <= 0) {
                open.pop();
            }
        }
        Ok(())
    }

    /// Passes over a value, without recursion: what is open is kept in a list.
    fn skip(&mut self, kind: u8) -> Result<(), Reason> {
        enum Open {
            Structure(i64),
            Elements(u64, u8),
            Entries(u64, u8, u8),
        }
        let mut open = vec![Open::Elements(1, kind)];
        while let Some(top) = open.last_mut() {
            let next = match top {
                Open::Structure(last) => match self.field(*last)? {
                    Some((id, kind)) => {
                        *last = id;
                        Some((kind, true))
                    }
                    None => None,
                },
                Open::Elements(0, _) | Open::Entries(0, _, _) => None,
                Open::Elements(left, kind) => {
                    *left -= 1;
                    Some((*kind, false))
                }
                Open::Entries(left, keys, values) => {
                    let kind = if *left % 2 == 0 { *keys } else { *values };
                    *left -= 1;
                    Some((kind, false))
                }
            };
            let Some((kind, is_field)) = next else {
                open.pop();
                continue;
            };
            match kind {
                // A field of this kind has its value in its head.
                kind::TRUE | kind::FALSE if is_field => {}
                kind::TRUE | kind::FALSE | kind::BYTE => self.advance(1)?,
                kind::I16 | kind::I32 | kind::I64 => {
                    self.number()?;
                }
                kind::DOUBLE => self.advance(8)?,
                kind::BINARY => {
                    let length = self.number()?;
                    self.advance(length)?;
                }
                kind::LIST | kind::SET => {
                    let (count, kind) = self.list()?;
                    open.push(Open::Elements(count, kind));
                }
                kind::MAP => {
                    let count = self.number()?;
                    let kinds = if count == 0 { 0 } else { self.byte()? };
                    if count > u64::try_from(self.0.len()).unwrap_or(u64::MAX) {
                        return Err(broken());
                    }
                    open.push(Open::Entries(count * 2, kinds >> 4, kinds & 0x0f));
                }
                kind::STRUCT => open.push(Open::Structure(0)),
                _ => return Err(broken()),
            }
            if open.len() > MAX_STRUCTURES {
                return Err(broken());
            }
        }
        Ok(())
    }
}
