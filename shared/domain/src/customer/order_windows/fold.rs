//! Adds up the oldest days of windows that have become too long, step by step, until they fit.

use std::collections::BTreeMap;

use super::{
    DayBlock, MAX_BYTES, OpenWindows, ZONE_SLACK_DAYS,
    bytes::{FOUR_WEEKS, TWELVE_WEEKS, WEEK, write_windows},
};

/// A step: days that are more than this many days before the newest are added up in blocks of this
/// many days.
struct FoldStep(&'static [(i64, i64)]);

/// The steps, from the finest: at first only the windows of a year, then those of 90 days and at
/// last those of 30 days begin within a block.
const STEPS: [FoldStep; 3] = [
    FoldStep(&[(90, WEEK)]),
    FoldStep(&[(90, FOUR_WEEKS), (30, WEEK)]),
    FoldStep(&[(90, TWELVE_WEEKS), (30, FOUR_WEEKS), (7, WEEK)]),
];

/// Returns the bytes of the windows, folded no more than they have to be.
pub(super) fn write_within_limit(mut open: OpenWindows, names: &[&String]) -> Vec<u8> {
    let mut written = write_windows(&open, names);
    for step in STEPS {
        if written.len() <= MAX_BYTES {
            return written;
        }
        for (age, days) in step.0 {
            fold_older(&mut open, *age, *days);
        }
        written = write_windows(&open, names);
    }
    if written.len() > MAX_BYTES {
        open.is_split = false;
        open.blocks.values_mut().for_each(|block| block.verticals.clear());
        written = write_windows(&open, names);
    }
    written
}

/// Adds up the blocks of `days` that end more than `age` days before the newest day.
fn fold_older(open: &mut OpenWindows, age: i64, days: i64) {
    let Some(newest) = open.newest() else {
        return;
    };
    let last_of_block = |day: i64| day.div_euclid(days) * days + days - 1;
    let is_old = |last_day: i64| last_of_block(last_day) <= newest - age - ZONE_SLACK_DAYS;
    let (old, kept): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut open.blocks)
        .into_iter()
        .partition(|(last_day, block)| is_old(*last_day) && block.days < days);
    open.blocks = kept;
    for (last_day, block) in old {
        let folded = open
            .blocks
            .entry(last_of_block(last_day))
            .or_insert_with(|| DayBlock { days, ..DayBlock::default() });
        folded.all.add(block.all);
        for (name, sums) in block.verticals {
            folded.verticals.entry(name).or_default().add(sums);
        }
    }
}
