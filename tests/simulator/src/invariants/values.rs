//! Checks that the values that occur are what the customers and orders have, counted again from the
//! items themselves.

use std::collections::BTreeMap;

use aggregate_reports::ValueBatch;
use domain::reporting::occurring_values::{ValueDelta, merge_values};
use fake_aws::{FakeAws, ItemChange};
use serde_json::{Value, json};
use store::reporting::value_stream::ValueChange;

use super::{BrokenInvariant, Invariant, broken_invariant};
use crate::table_items::{CUSTOMERS, REPORTS, WORK, is_order, stream_record, text_attribute};

/// Checks the counts of values against the items in their present state. Only when every change has
/// been counted.
pub(super) fn check_values(memory: &FakeAws) -> Result<(), BrokenInvariant> {
    let expected = recounted_values(memory);
    let expected: BTreeMap<(String, String), i64> = expected
        .into_iter()
        .filter(|(_, counts)| counts.count != 0)
        .map(|(value, counts)| {
            ((format!("VALUES#{}", value.kind.as_str()), value.name), counts.count)
        })
        .collect();
    let mut found = BTreeMap::new();
    for item in memory.items(REPORTS) {
        let key = (text_attribute(&item, "pk").to_owned(), text_attribute(&item, "day").to_owned());
        let count = item.get("n").and_then(|it| it.get("N")).and_then(Value::as_str);
        let count = count.and_then(|count| count.parse::<i64>().ok()).unwrap_or(0);
        if key.0.starts_with("VALUES#") && count != 0 {
            found.insert(key, count);
        }
    }
    if expected == found {
        return Ok(());
    }
    broken_invariant(
        Invariant::CountersEqualRecount,
        format!("values {found:?}, counted again {expected:?}"),
    )
}

fn recounted_values(memory: &FakeAws) -> ValueDelta {
    let mut sums = ValueDelta::new();
    for table in [CUSTOMERS, WORK] {
        for item in memory.items(table) {
            let change = ItemChange { table: table.to_owned(), old: None, new: Some(item) };
            if table == WORK && !is_order(&change) {
                continue;
            }
            let event = json!({ "Records": [stream_record(&change, 0)] });
            let Some(source) = ValueBatch::source_of(&event) else { continue };
            let records = ValueBatch::parse_event(source, event).map(|batch| batch.records);
            for record in records.unwrap_or_default() {
                if let ValueChange::Counted(values) = record.change {
                    merge_values(&mut sums, values, 1);
                }
            }
        }
    }
    sums
}
