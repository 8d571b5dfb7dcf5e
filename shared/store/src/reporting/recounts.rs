//! Recounts: the counters computed again from the vouchers, beside those that the stream has made.
//! All of a recount lies in Reports, in partitions that no report reads: `RECOUNT` is the recount
//! itself, `RECOUNT#<number>#<segment>#<turn>` the sums of one of its segments, `DRIFT#<number>`
//! the differences from the counters.
//!
//! A segment goes on in turns (see `segment_sums`), so each voucher is counted once even if a
//! worker is interrupted, and a turn of any number of vouchers writes its sums once.

mod segment_sums;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ConditionCheck, TransactWriteItem, Update},
};
use domain::{
    Timestamp,
    reporting::{
        counters::{Counter, CounterValues},
        recount::DifferenceSince,
    },
    voucher::record::Voucher,
};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        difference_key, difference_partition, parse_voucher_position, read_difference_row,
        recount_key,
    },
    voucher::records::read_voucher,
};

pub use segment_sums::SegmentSums;

/// Vouchers on one page, which DynamoDB ends at a megabyte in any case.
const PAGE: i32 = 1_000;
/// The time for which differences are kept. The console shows them, and the next recount compares
/// its own with them. Seconds.
const KEEP_DRIFT_SECONDS: i64 = 60 * 24 * 3_600;
/// Parts of the table, each of which goes on independently.
pub const RECOUNT_SEGMENTS: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecountStage {
    /// The vouchers are being scanned.
    Counting,
    /// The rows are being compared with the counters.
    Comparing,
    Done,
}

impl RecountStage {
    const ALL: [RecountStage; 3] =
        [RecountStage::Counting, RecountStage::Comparing, RecountStage::Done];
    pub fn as_str(self) -> &'static str {
        match self {
            RecountStage::Counting => "counting",
            RecountStage::Comparing => "comparing",
            RecountStage::Done => "done",
        }
    }
}

/// The last recount, running or finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recount {
    /// 1 for the first recount.
    pub number: u64,
    pub stage: RecountStage,
    pub segments: u32,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// The campaign after which the comparison goes on, as a key of the list of campaigns.
    pub after: Option<String>,
    pub totals: RecountTotals,
}

/// The totals of the comparison so far. Its rows are campaigns by day, and days of all campaigns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecountTotals {
    pub rows: u64,
    /// Rows that differed at the moment of the comparison.
    pub differing: u64,
    /// Counters that recounts have found wrong by the same amount for longer than the stream keeps
    /// a change.
    pub drifting: u64,
}

/// A page of vouchers.
#[derive(Debug)]
pub struct VoucherPage {
    pub vouchers: Vec<Voucher>,
    /// Items that cannot be read; the stream reader has parked them as well.
    pub unreadable: u32,
    pub more: bool,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDifference {
    /// The campaign id, or `ALL`.
    pub pk: String,
    /// `2026-11-22` or `2026-11-22#promotion#EUR`.
    pub day: String,
    /// The amounts that would have to be added.
    pub correction: CounterValues,
    /// The time since which recounts have found each difference, by counter.
    pub since: DifferenceSince,
    /// The part of the correction that has outlived the stream.
    pub drift: CounterValues,
    pub repaired_at: Option<Timestamp>,
}

impl Store {
    /// Returns the last recount. Reads consistently.
    pub async fn last_recount(&self) -> Result<Option<Recount>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .set_key(Some(recount_key()))
            .consistent_read(true)
            .send()
            .await?;
        found.item.as_ref().map(read_recount).transpose()
    }

    /// Begins the next recount. Returns false if one is running, or if another worker began it
    /// first.
    pub async fn start_recount(&self, before: Option<&Recount>, now: Timestamp) -> Result<bool> {
        let number = before.map_or(0, |before| before.number);
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.reports)
            .set_item(Some(recount_key()))
            .item("number", n(number + 1))
            .item("stage", s(RecountStage::Counting.as_str()))
            .item("segments", n(RECOUNT_SEGMENTS))
            .item("started_at", at(now))
            .condition_expression(
                "attribute_not_exists(pk) OR (#number = :before AND stage = :done)",
            )
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":before", n(number))
            .expression_attribute_values(":done", s(RecountStage::Done.as_str()));
        Ok(parse_applied(put.send().await)? == Applied::Yes)
    }

    /// Returns the vouchers of a segment after `position`, in the table's order.
    pub async fn voucher_page(
        &self,
        recount: &Recount,
        segment: u32,
        position: Option<&str>,
    ) -> Result<VoucherPage> {
        let segments = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let start = position.map(parse_voucher_position).transpose()?;
        let page = self
            .client
            .scan()
            .table_name(&self.tables.vouchers)
            .segment(segments(segment))
            .total_segments(segments(recount.segments))
            .limit(PAGE)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let (mut vouchers, mut unreadable) = (Vec::new(), 0);
        for item in page.items() {
            match read_voucher(item) {
                Ok(voucher) => vouchers.push(voucher),
                Err(error) => {
                    tracing::error!(%error, "unreadable voucher left out of the recount");
                    unreadable += 1;
                }
            }
        }
        // A page without a readable voucher has no key to go on from.
        let stuck = vouchers.is_empty() && page.last_evaluated_key.is_some();
        if stuck {
            return Err(StoreError::corrupt("voucher", "a whole page of a recount cannot be read"));
        }
        Ok(VoucherPage { vouchers, unreadable, more: page.last_evaluated_key.is_some() })
    }

    /// Moves a recount from scanning to comparing. Returns false if another worker has done so.
    pub async fn start_comparison(&self, recount: &Recount) -> Result<bool> {
        let update = self
            .recount_update(recount, RecountStage::Counting)
            .update_expression("SET stage = :next")
            .expression_attribute_values(":next", s(RecountStage::Comparing.as_str()));
        Ok(parse_applied(update.send().await)? == Applied::Yes)
    }

    /// Keeps rows that differ. A repeat changes nothing.
    pub async fn record_differences(
        &self,
        recount: &Recount,
        rows: &[RowDifference],
        now: Timestamp,
    ) -> Result<()> {
        for row in rows {
            let answer = self
                .client
                .put_item()
                .table_name(&self.tables.reports)
                .set_item(Some(difference_key(recount.number, &row.pk, &row.day)))
                .item("by", counts_value(&row.correction))
                .item(
                    "since",
                    AttributeValue::M(
                        row.since
                            .iter()
                            .map(|(counter, since)| (counter.name(), at(*since)))
                            .collect(),
                    ),
                )
                .item("drift", counts_value(&row.drift))
                .item("ttl", n(now.as_second() + KEEP_DRIFT_SECONDS))
                .condition_expression("attribute_not_exists(pk)")
                .send()
                .await;
            // A conflict means that an earlier round kept this difference and was interrupted.
            parse_applied(answer)?;
        }
        Ok(())
    }

    /// Records that the campaigns up to `after` have been compared, or all of them if it is absent.
    /// Returns false if another worker was faster.
    pub async fn record_comparison(
        &self,
        recount: &Recount,
        after: Option<&str>,
        totals: RecountTotals,
        now: Timestamp,
    ) -> Result<bool> {
        let done = after.is_none();
        let set = if done {
            "stage = :next, finished_at = :now REMOVE list_after"
        } else {
            "stage = :next, list_after = :after"
        };
        let stage = if done { RecountStage::Done } else { RecountStage::Comparing };
        let mut update = self
            .recount_update(recount, RecountStage::Comparing)
            .update_expression(format!(
                "SET #rows = :rows, differing = :differing, drifting = :drifting, {set}"
            ))
            .expression_attribute_names("#rows", "rows")
            .expression_attribute_values(":rows", n(totals.rows))
            .expression_attribute_values(":differing", n(totals.differing))
            .expression_attribute_values(":drifting", n(totals.drifting))
            .expression_attribute_values(":next", s(stage.as_str()));
        update = match after {
            Some(after) => update.expression_attribute_values(":after", s(after)),
            None => update.expression_attribute_values(":now", at(now)),
        };
        Ok(parse_applied(update.send().await)? == Applied::Yes)
    }

    /// Returns an update that holds only for this recount, at this stage and position.
    fn recount_update(&self, recount: &Recount, stage: RecountStage) -> UpdateItemFluentBuilder {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.reports)
            .set_key(Some(recount_key()))
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", n(recount.number))
            .expression_attribute_values(":stage", s(stage.as_str()));
        match &recount.after {
            None => update.condition_expression(
                "#number = :number AND stage = :stage AND attribute_not_exists(list_after)",
            ),
            Some(after) => update
                .condition_expression(
                    "#number = :number AND stage = :stage AND list_after = :before",
                )
                .expression_attribute_values(":before", s(after)),
        }
    }

    /// Returns at most `limit` differences of the recount `number`, and true if there are more.
    pub async fn list_differences(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<(Vec<RowDifference>, bool)> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.reports)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(difference_partition(number)))
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in page.items() {
                if found.len() == limit {
                    return Ok((found, true));
                }
                found.push(read_difference(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok((found, false));
            }
        }
    }

    /// Returns the difference that the recount `number` found in one row.
    pub async fn difference(
        &self,
        number: u64,
        pk: &str,
        day: &str,
    ) -> Result<Option<RowDifference>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .set_key(Some(difference_key(number, pk, day)))
            .send()
            .await?;
        found.item.as_ref().map(read_difference).transpose()
    }

    /// Adds a row's drift to its counters, once, and only while this is the last recount: the next
    /// one may have compared the row already.
    pub async fn repair_row(
        &self,
        number: u64,
        row: &RowDifference,
        now: Timestamp,
    ) -> Result<bool> {
        let mark = Update::builder()
            .table_name(&self.tables.reports)
            .set_key(Some(difference_key(number, &row.pk, &row.day)))
            .update_expression("SET repaired_at = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(repaired_at)")
            .expression_attribute_values(":now", at(now))
            .build()?;
        let last = ConditionCheck::builder()
            .table_name(&self.tables.reports)
            .set_key(Some(recount_key()))
            .condition_expression("#number = :number AND stage = :done")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":done", s(RecountStage::Done.as_str()))
            .build()?;
        let items = vec![
            TransactWriteItem::builder().update(mark).build(),
            TransactWriteItem::builder().condition_check(last).build(),
            self.counter_update(&row.pk, &row.day, &row.drift)?,
        ];
        Ok(self.transact_applied("a repair of counters", items).await? == Applied::Yes)
    }
}

fn counts_value(counts: &CounterValues) -> AttributeValue {
    AttributeValue::M(counts.iter().map(|(counter, by)| (counter.name(), n(by))).collect())
}

fn read_map(item: &ItemMap, name: &str) -> CounterValues {
    let map = item.map_opt(name).cloned().unwrap_or_default();
    map.keys().filter_map(|name| Some((Counter::parse(name), map.number_opt(name)?))).collect()
}

fn read_since(item: &ItemMap) -> DifferenceSince {
    let map = item.map_opt("since").cloned().unwrap_or_default();
    map.keys()
        .filter_map(|name| Some((Counter::parse(name), map.time_opt(name)?)))
        .collect::<BTreeMap<_, _>>()
}

fn read_difference(item: &ItemMap) -> Result<RowDifference> {
    let (pk, day) = read_difference_row(item)?;
    Ok(RowDifference {
        pk: pk.to_owned(),
        day: day.to_owned(),
        correction: read_map(item, "by"),
        since: read_since(item),
        drift: read_map(item, "drift"),
        repaired_at: item.time_opt("repaired_at"),
    })
}

fn read_recount(item: &ItemMap) -> Result<Recount> {
    let stage = item.text("stage")?;
    let stage = RecountStage::ALL.into_iter().find(|it| it.as_str() == stage);
    Ok(Recount {
        number: item.number("number")?,
        stage: stage.ok_or_else(|| StoreError::corrupt("recount", "an unknown stage"))?,
        segments: item.number("segments")?,
        started_at: item.time("started_at")?,
        finished_at: item.time_opt("finished_at"),
        after: item.text_opt("list_after").map(str::to_owned),
        totals: RecountTotals {
            rows: item.number_opt("rows").unwrap_or(0),
            differing: item.number_opt("differing").unwrap_or(0),
            drifting: item.number_opt("drifting").unwrap_or(0),
        },
    })
}
