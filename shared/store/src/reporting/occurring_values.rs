//! The values that occur and how many have each, in Reports: one small item a value, under PK
//! `VALUES#<kind>`, SK the value. aggregate-reports adds to them from the streams of Customers and
//! Work; the catalogue's routes and the checks of campaigns read them.
//!
//! Guarantees: each change counts once, because the position in the stream moves in the same
//! transaction as the counts.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{
    Timestamp,
    reporting::occurring_values::{CountedValue, ValueCounts, ValueDelta, ValueKind},
};

use super::counters::{KEEP_POSITION_SECONDS, StreamCheckpoint, StreamPosition};
use crate::{
    Store,
    conditional::Applied,
    error::Result,
    item::{AttributeReader, ItemMap, n, s},
    keys::{report_key, values_partition},
};

/// The most values of a kind that are read: a list that people search ends long before. The rest
/// is counted all the same.
const MAX_VALUES: usize = 50_000;
/// Values on one page of a query, which DynamoDB ends at a megabyte in any case.
const PAGE: i32 = 10_000;

/// The attributes of a value, one for each of its sums. DynamoDB bills names along with values, so
/// they are letters.
const ATTRIBUTES: [&str; 6] = ["n", "p", "y", "x", "e", "w"];

impl Store {
    /// Adds `delta` and moves the position from `before` to `next`, all or nothing.
    pub async fn add_values(
        &self,
        delta: &ValueDelta,
        before: &StreamCheckpoint,
        next: &StreamPosition,
        now: Timestamp,
    ) -> Result<Applied> {
        let ttl = now.as_second() + KEEP_POSITION_SECONDS;
        let mut items = vec![self.checkpoint_item(before, next, ttl)?];
        for (value, counts) in delta.iter().filter(|(_, counts)| !counts.is_zero()) {
            items.push(self.value_update(value, counts)?);
        }
        self.transact_applied("values that occur", items).await
    }

    fn value_update(
        &self,
        value: &CountedValue,
        counts: &ValueCounts,
    ) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.tables.reports)
            .set_key(Some(report_key(&values_partition(value.kind), &value.name)));
        let mut terms = Vec::new();
        for (name, by) in ATTRIBUTES.into_iter().zip(sums(counts)).filter(|(_, by)| *by != 0) {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), n(by));
            terms.push(format!("#{name} :{name}"));
        }
        let update = update.update_expression(format!("ADD {}", terms.join(", "))).build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Returns the values of a kind that somebody has, in no meaningful order. The read is
    /// eventually consistent, as the counts are.
    pub async fn occurring_values(&self, kind: ValueKind) -> Result<Vec<(String, ValueCounts)>> {
        let mut values = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.reports)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(values_partition(kind)))
                .limit(PAGE)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                let counts = read_counts(item);
                if counts.count > 0 {
                    values.push((item.text("day")?.to_owned(), counts));
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(values);
            }
            if values.len() >= MAX_VALUES {
                tracing::warn!(kind = kind.as_str(), "more values than are read");
                return Ok(values);
            }
        }
    }
}

fn sums(counts: &ValueCounts) -> [i64; 6] {
    let ValueCounts { count, located, latitudes, longitudes, far_east, far_west } = *counts;
    [count, located, latitudes, longitudes, far_east, far_west]
}

fn read_counts(item: &ItemMap) -> ValueCounts {
    let [count, located, latitudes, longitudes, far_east, far_west] =
        ATTRIBUTES.map(|name| item.number_opt(name).unwrap_or(0));
    ValueCounts { count, located, latitudes, longitudes, far_east, far_west }
}
