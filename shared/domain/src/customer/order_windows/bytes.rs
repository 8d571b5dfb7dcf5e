//! The bytes of the windows: a flag, the day of the first order, the newest day, and then block
//! after block back in time. A usual day with one order takes five or six bytes.
//!
//! Guarantees: reading never fails on what was written, allocates nothing while it adds up, and
//! stops at the first byte that makes no sense.

use std::collections::BTreeMap;

use super::{DayBlock, DaySums, OpenWindows};
use crate::kernel::money::MinorUnits;

pub(super) const WEEK: i64 = 7;
pub(super) const FOUR_WEEKS: i64 = 28;
pub(super) const TWELVE_WEEKS: i64 = 84;
/// The lengths of a block in days, each a multiple of the one before, so that blocks nest.
const BLOCK_DAYS: [i64; 4] = [1, WEEK, FOUR_WEEKS, TWELVE_WEEKS];
const SPLIT: u8 = 1;
/// The head of a block: the place of its length, whether its orders are written out, and its number
/// of verticals.
const LENGTH_BITS: u8 = 0b11;
const COUNTED: u8 = 0b100;
const VERTICALS_SHIFT: u32 = 3;
/// The place of a vertical and up to six orders share a byte.
const ORDERS_BITS: u8 = 0b111;
/// The number of verticals that five bits tell apart.
const MOST_VERTICALS: usize = 1 << 5;

/// The beginning of the windows of a customer who has orders in them.
pub(super) struct WindowsHeader {
    pub is_split: bool,
    pub newest: i64,
}

/// A block while it is read, with its verticals as bytes.
pub(super) struct BlockImage<'a> {
    pub last_day: i64,
    days: i64,
    pub all: DaySums,
    verticals: ByteReader<'a>,
    count: u8,
}

impl BlockImage<'_> {
    pub fn first_day(&self) -> i64 {
        self.last_day - self.days + 1
    }

    fn has_places_below(&self, verticals: usize) -> bool {
        let mut reader = self.verticals;
        (0..self.count).all(|_| reader.vertical().is_some_and(|(place, _)| place < verticals))
    }

    pub fn in_vertical(&self, wanted: usize) -> DaySums {
        let mut reader = self.verticals;
        for _ in 0..self.count {
            match reader.vertical() {
                Some((place, sums)) if place == wanted => return sums,
                Some(_) => {}
                None => break,
            }
        }
        DaySums::default()
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ByteReader<'a>(&'a [u8]);

impl<'a> ByteReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub fn day(&mut self) -> Option<i64> {
        let number = self.number()?;
        let day = (number >> 1).cast_signed() ^ -((number & 1).cast_signed());
        is_calendar_day(day).then_some(day)
    }

    fn orders(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn spend(&mut self) -> Option<MinorUnits> {
        MinorUnits::new(i64::try_from(self.number()?).ok()?).ok()
    }

    /// Reads up to the newest day; `None` if no order is within the windows.
    pub fn header(&mut self) -> Option<WindowsHeader> {
        let is_split = self.byte()? & SPLIT != 0;
        self.day()?;
        Some(WindowsHeader { is_split, newest: self.day()? })
    }

    /// Reads a block; its last day is told as the distance to that of the block before.
    pub fn block(&mut self, later: i64) -> Option<BlockImage<'a>> {
        let earlier = later.checked_sub_unsigned(self.number()?)?;
        let last_day = is_calendar_day(earlier).then_some(earlier)?;
        let head = self.byte()?;
        let days = *BLOCK_DAYS.get(usize::from(head & LENGTH_BITS))?;
        let count = head >> VERTICALS_SHIFT;
        let counted = if head & COUNTED != 0 { Some(self.orders()?) } else { None };
        let mut all = DaySums::default();
        if count == 0 {
            all.spend = self.spend()?;
        }
        let verticals = *self;
        for _ in 0..count {
            all.add(self.vertical()?.1);
        }
        all.orders = counted.unwrap_or(all.orders);
        Some(BlockImage { last_day, days, all, verticals, count })
    }

    fn vertical(&mut self) -> Option<(usize, DaySums)> {
        let head = self.byte()?;
        let mut orders = u32::from(head & ORDERS_BITS);
        if head & ORDERS_BITS == ORDERS_BITS {
            orders = orders.checked_add(self.orders()?)?;
        }
        let spend = self.spend()?;
        Some((usize::from(head >> VERTICALS_SHIFT), DaySums { orders, spend }))
    }
}

/// Returns true for a day within the calendar, which ends with the year 9999.
fn is_calendar_day(day: i64) -> bool {
    const DAYS_OF_TEN_THOUSAND_YEARS: i64 = 3_652_425;
    day.abs() < DAYS_OF_TEN_THOUSAND_YEARS
}

/// Returns true if the bytes are windows of a customer with this many verticals.
pub(super) fn is_readable(bytes: &[u8], verticals: usize) -> bool {
    let mut reader = ByteReader(bytes);
    let has_first = reader.byte().is_some() && reader.day().is_some();
    if bytes.is_empty() || (has_first && reader.0.is_empty()) {
        return true;
    }
    let mut later = if has_first { reader.day() } else { None };
    while let Some(day) = later.filter(|_| !reader.0.is_empty()) {
        later = reader
            .block(day)
            .filter(|block| block.has_places_below(verticals))
            .map(|block| block.last_day);
    }
    later.is_some()
}

/// Reads the whole of the windows for a change, or `None` if they are not readable.
pub(super) fn read_windows(bytes: &[u8], names: &[&String]) -> Option<OpenWindows> {
    let mut reader = ByteReader::new(bytes);
    let Some(flags) = reader.byte() else {
        return Some(OpenWindows::default());
    };
    let first = Some(reader.day()?);
    let mut open = OpenWindows { first, is_split: flags & SPLIT != 0, blocks: BTreeMap::new() };
    if reader.0.is_empty() {
        return Some(open);
    }
    let mut last_day = reader.day()?;
    while !reader.0.is_empty() {
        let mut image = reader.block(last_day)?;
        let mut block = DayBlock { days: image.days, all: image.all, verticals: BTreeMap::new() };
        for _ in 0..image.count {
            let (place, sums) = image.verticals.vertical()?;
            block.verticals.insert((*names.get(place)?).clone(), sums);
        }
        last_day = image.last_day;
        open.blocks.insert(last_day, block);
    }
    Some(open)
}

/// Writes the windows. A vertical that is not among the names cannot be written, so the split is
/// given up then.
pub(super) fn write_windows(open: &OpenWindows, names: &[&String]) -> Vec<u8> {
    let Some(first) = open.first else {
        return Vec::new();
    };
    let has_place = |name: &String| {
        names.iter().position(|known| *known == name).is_some_and(|place| place < MOST_VERTICALS)
    };
    let mut verticals = open.blocks.values().flat_map(|block| block.verticals.keys());
    let is_split = open.is_split && verticals.all(has_place);
    let mut written = vec![if is_split { SPLIT } else { 0 }];
    put_signed(&mut written, first);
    let Some(mut later) = open.newest() else {
        return written;
    };
    put_signed(&mut written, later);
    for (last_day, block) in open.blocks.iter().rev() {
        put_number(&mut written, last_day.abs_diff(later));
        put_block(&mut written, block, names, is_split);
        later = *last_day;
    }
    written
}

fn put_block(written: &mut Vec<u8>, block: &DayBlock, names: &[&String], is_split: bool) {
    let length = BLOCK_DAYS.iter().position(|days| *days == block.days).unwrap_or_default();
    let in_verticals: Vec<(usize, DaySums)> = names
        .iter()
        .enumerate()
        .filter_map(|(place, name)| Some((place, *block.verticals.get(*name)?)))
        .filter(|_| is_split)
        .collect();
    let mut split = DaySums::default();
    in_verticals.iter().for_each(|(_, sums)| split.add(*sums));
    let counted = in_verticals.is_empty() || split.orders != block.all.orders;
    let head = u8::try_from(length).unwrap_or_default()
        | if counted { COUNTED } else { 0 }
        | u8::try_from(in_verticals.len() << VERTICALS_SHIFT).unwrap_or_default();
    written.push(head);
    if counted {
        put_number(written, block.all.orders.into());
    }
    if in_verticals.is_empty() {
        put_spend(written, block.all.spend);
    }
    for (place, sums) in in_verticals {
        let orders = u8::try_from(sums.orders).unwrap_or(u8::MAX).min(ORDERS_BITS);
        written.push(u8::try_from(place << VERTICALS_SHIFT).unwrap_or_default() | orders);
        if orders == ORDERS_BITS {
            put_number(written, (sums.orders - u32::from(ORDERS_BITS)).into());
        }
        put_spend(written, sums.spend);
    }
}

fn put_spend(written: &mut Vec<u8>, spend: MinorUnits) {
    put_number(written, spend.units().unsigned_abs());
}

fn put_signed(written: &mut Vec<u8>, number: i64) {
    put_number(written, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

fn put_number(written: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            written.push(low);
            return;
        }
        written.push(low | 0x80);
    }
}
