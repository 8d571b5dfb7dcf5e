//! Recounts: the counters that the vouchers make as they are now, beside those that the stream has made. All in Reports, out of every
//! report's way: `RECOUNT` is the recount itself, `RECOUNT#<number>#<campaign>` its rows, `DRIFT#<number>` where they differ from the
//! counters. A recount goes on page by page: rows and position move in one transaction, as they do for the stream, so each voucher is
//! counted once whoever is interrupted.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ConditionCheck, TransactWriteItem, Update},
};
use domain::{
    Date, Timestamp,
    recount::Since,
    report::{Counts, Delta},
    voucher::Voucher,
};

use crate::{
    Store,
    dispatches::condition_failed,
    error::{Result, StoreError, put_refused},
    item::{Item, Read, at, n, s},
    reports::{Counted, MAX_ROWS, Position, touched},
    transaction::Transacted,
    vouchers::read_voucher,
};

const RECOUNT: &str = "RECOUNT";
/// Sort key of items that are alone under their key.
const ALONE: &str = "-";
/// Vouchers of one page: below a megabyte, with room in the time of a round.
const PAGE: i32 = 500;
/// Rows are of no use when the next recounts have been. Seconds.
const KEEP_ROWS_SECONDS: i64 = 7 * 24 * 3_600;
/// Differences are shown in the console, and compared with those of the next recount. Seconds.
const KEEP_DRIFT_SECONDS: i64 = 60 * 24 * 3_600;
/// Parts of the table, each of which goes on by itself.
pub const SEGMENTS: u32 = 4;
/// A segment that has been scanned to its end.
const END: &str = "end";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Vouchers are scanned.
    Counting,
    /// Rows are compared with the counters.
    Comparing,
    Done,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::Counting, Stage::Comparing, Stage::Done];
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Counting => "counting",
            Stage::Comparing => "comparing",
            Stage::Done => "done",
        }
    }
}

/// The last recount, running or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recount {
    /// 1 for the first.
    pub number: u64,
    pub stage: Stage,
    pub segments: u32,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Where the comparison goes on, as the list of campaigns names it.
    pub after: Option<String>,
    pub sums: Sums,
}

/// What was compared so far. Rows are campaigns by day, and days of all campaigns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub rows: u64,
    /// Rows that were not the same at that moment.
    pub differing: u64,
    /// Counters that recounts have found wrong by the same amount for longer than the stream keeps a change.
    pub drifting: u64,
}

/// A page of vouchers with the place behind it.
#[derive(Debug)]
pub struct VoucherPage {
    pub vouchers: Vec<Voucher>,
    /// Items that cannot be read; the stream has parked them as well.
    pub unreadable: u32,
    pub more: bool,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Campaign id, or `ALL`.
    pub pk: String,
    /// `2026-11-22` or `2026-11-22#promotion#EUR`.
    pub day: String,
    /// What would have to be added.
    pub by: Counts,
    /// Since when recounts have found it, by counter.
    pub since: Since,
    /// Of it, what has outlived the stream.
    pub drift: Counts,
    pub repaired_at: Option<Timestamp>,
}

impl Recount {
    fn position(&self, segment: u32) -> String {
        format!("recount#{}#{segment}", self.number)
    }
    fn rows(&self, pk: &str) -> String {
        format!("{}{pk}", self.prefix())
    }
    fn prefix(&self) -> String {
        format!("{RECOUNT}#{}#", self.number)
    }
}

fn drift_key(number: u64) -> String {
    format!("DRIFT#{number}")
}

impl Store {
    /// The last recount. Consistent.
    pub async fn recount(&self) -> Result<Option<Recount>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .key("pk", s(RECOUNT))
            .key("day", s(ALONE))
            .consistent_read(true)
            .send()
            .await?;
        found.item.as_ref().map(read_recount).transpose()
    }

    /// Begins the next one; `false` if one is running, or another was quicker.
    pub async fn start_recount(&self, before: Option<&Recount>, now: Timestamp) -> Result<bool> {
        let number = before.map_or(0, |before| before.number);
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.reports)
            .item("pk", s(RECOUNT))
            .item("day", s(ALONE))
            .item("number", n(number + 1))
            .item("stage", s(Stage::Counting.as_str()))
            .item("segments", n(SEGMENTS))
            .item("started_at", at(now))
            .condition_expression("attribute_not_exists(pk) OR (#number = :before AND stage = :done)")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":before", n(number))
            .expression_attribute_values(":done", s(Stage::Done.as_str()));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if put_refused(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Where a segment stands: `None` before its first page, and what it is after its last.
    pub async fn recount_position(&self, recount: &Recount, segment: u32) -> Result<Option<String>> {
        self.position(&recount.position(segment)).await
    }

    pub fn recount_ended(position: Option<&str>) -> bool {
        position == Some(END)
    }

    /// Vouchers of a segment behind `position`, in the table's order.
    pub async fn voucher_page(&self, recount: &Recount, segment: u32, position: Option<&str>) -> Result<VoucherPage> {
        let segments = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let start = position.map(start_key).transpose()?;
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
                    tracing::error!(%error, "a voucher cannot be read and is not recounted");
                    unreadable += 1;
                }
            }
        }
        // a page of which nothing can be read would have no place to go on from
        let stuck = vouchers.is_empty() && page.last_evaluated_key.is_some();
        if stuck {
            return Err(StoreError::corrupt("voucher", "a whole page of a recount cannot be read"));
        }
        Ok(VoucherPage { vouchers, unreadable, more: page.last_evaluated_key.is_some() })
    }

    /// Adds what vouchers make and moves the segment's position behind `last`, or to its end; all or nothing. Gives the new position, or
    /// nothing if another has moved it.
    pub async fn count_again(
        &self,
        recount: &Recount,
        segment: u32,
        delta: &Delta,
        before: Option<&str>,
        last: Option<&Voucher>,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let sequence = last.map_or_else(|| END.to_owned(), |last| format!("{}/{}", last.customer, last.id));
        let next = Position { name: recount.position(segment), sequence };
        let ttl = now.as_second() + KEEP_ROWS_SECONDS;
        let counted = self.count_under(&recount.prefix(), ttl, delta, before, &next).await?;
        Ok(Some(next.sequence).filter(|_| counted == Counted::Counted))
    }

    /// From one stage to the next; `false` if that has been done.
    pub async fn recount_compares(&self, recount: &Recount) -> Result<bool> {
        let update = self
            .recount_update(recount, Stage::Counting)
            .update_expression("SET stage = :next")
            .expression_attribute_values(":next", s(Stage::Comparing.as_str()));
        moved(update).await
    }

    /// The rows of a campaign, or `ALL`, as recounted.
    pub async fn recounted_rows(
        &self,
        recount: &Recount,
        pk: &str,
        from: Date,
        until: Date,
    ) -> Result<Vec<(String, Counts)>> {
        self.report_rows(&recount.rows(pk), from, until).await
    }

    /// Keeps rows that differ. Written again it is the same.
    pub async fn keep_differences(&self, recount: &Recount, rows: &[Difference], now: Timestamp) -> Result<()> {
        for row in rows {
            let answer = self
                .client
                .put_item()
                .table_name(&self.tables.reports)
                .item("pk", s(drift_key(recount.number)))
                .item("day", s(format!("{}/{}", row.pk, row.day)))
                .item("by", map(&row.by))
                .item(
                    "since",
                    AttributeValue::M(row.since.iter().map(|(name, since)| (name.clone(), at(*since))).collect()),
                )
                .item("drift", map(&row.drift))
                .item("ttl", n(now.as_second() + KEEP_DRIFT_SECONDS))
                .condition_expression("attribute_not_exists(pk)")
                .send()
                .await;
            match answer {
                Ok(_) => {}
                // the round before this one was interrupted
                Err(error) if put_refused(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Campaigns up to `after` have been compared, or, without it, all; `false` if another was quicker.
    pub async fn recount_compared(
        &self,
        recount: &Recount,
        after: Option<&str>,
        sums: Sums,
        now: Timestamp,
    ) -> Result<bool> {
        let done = after.is_none();
        let set = if done {
            "stage = :next, finished_at = :now REMOVE list_after"
        } else {
            "stage = :next, list_after = :after"
        };
        let stage = if done { Stage::Done } else { Stage::Comparing };
        let mut update = self
            .recount_update(recount, Stage::Comparing)
            .update_expression(format!("SET #rows = :rows, differing = :differing, drifting = :drifting, {set}"))
            .expression_attribute_names("#rows", "rows")
            .expression_attribute_values(":rows", n(sums.rows))
            .expression_attribute_values(":differing", n(sums.differing))
            .expression_attribute_values(":drifting", n(sums.drifting))
            .expression_attribute_values(":next", s(stage.as_str()));
        update = match after {
            Some(after) => update.expression_attribute_values(":after", s(after)),
            None => update.expression_attribute_values(":now", at(now)),
        };
        moved(update).await
    }

    /// Only while it is this recount, at this stage and place.
    fn recount_update(&self, recount: &Recount, stage: Stage) -> UpdateItemFluentBuilder {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.reports)
            .key("pk", s(RECOUNT))
            .key("day", s(ALONE))
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", n(recount.number))
            .expression_attribute_values(":stage", s(stage.as_str()));
        match &recount.after {
            None => {
                update.condition_expression("#number = :number AND stage = :stage AND attribute_not_exists(list_after)")
            }
            Some(after) => update
                .condition_expression("#number = :number AND stage = :stage AND list_after = :before")
                .expression_attribute_values(":before", s(after)),
        }
    }

    /// Differences of the recount `number`, at most `limit`, and whether there are more.
    pub async fn differences(&self, number: u64, limit: usize) -> Result<(Vec<Difference>, bool)> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.reports)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(drift_key(number)))
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

    /// What the recount `number` found of one row.
    pub async fn difference(&self, number: u64, pk: &str, day: &str) -> Result<Option<Difference>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.reports)
            .key("pk", s(drift_key(number)))
            .key("day", s(format!("{pk}/{day}")))
            .send()
            .await?;
        found.item.as_ref().map(read_difference).transpose()
    }

    /// Adds a row's drift to its counters, once, and only while this is the last recount: the next one may have looked already.
    pub async fn repair(&self, number: u64, row: &Difference, now: Timestamp) -> Result<bool> {
        let mark = Update::builder()
            .table_name(&self.tables.reports)
            .key("pk", s(drift_key(number)))
            .key("day", s(format!("{}/{}", row.pk, row.day)))
            .update_expression("SET repaired_at = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(repaired_at)")
            .expression_attribute_values(":now", at(now))
            .build()?;
        let last = ConditionCheck::builder()
            .table_name(&self.tables.reports)
            .key("pk", s(RECOUNT))
            .key("day", s(ALONE))
            .condition_expression("#number = :number AND stage = :done")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":done", s(Stage::Done.as_str()))
            .build()?;
        let items = vec![
            TransactWriteItem::builder().update(mark).build(),
            TransactWriteItem::builder().condition_check(last).build(),
            self.add(&row.pk, &row.day, &row.drift, None)?,
        ];
        Ok(match self.transact("a repair of counters", items).await? {
            Transacted::Written => true,
            Transacted::Refused(_) => false,
        })
    }
}

/// Whether one more record's rows still fit into the transaction.
pub fn fits(delta: &Delta) -> bool {
    touched(delta).len() <= MAX_ROWS
}

async fn moved(update: UpdateItemFluentBuilder) -> Result<bool> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error) if condition_failed(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn start_key(position: &str) -> Result<HashMap<String, AttributeValue>> {
    let (customer, voucher) =
        position.rsplit_once('/').ok_or_else(|| StoreError::corrupt("recount", "a position without a voucher"))?;
    Ok(HashMap::from([("customer_id".to_owned(), s(customer)), ("voucher_id".to_owned(), s(voucher))]))
}

fn map(counts: &Counts) -> AttributeValue {
    AttributeValue::M(counts.iter().map(|(name, by)| (name.clone(), n(by))).collect())
}

fn read_map(item: &Item, name: &str) -> Counts {
    let map = item.map_opt(name).cloned().unwrap_or_default();
    map.keys().filter_map(|name| Some((name.clone(), map.number_opt(name)?))).collect()
}

fn read_since(item: &Item) -> Since {
    let map = item.map_opt("since").cloned().unwrap_or_default();
    map.keys().filter_map(|name| Some((name.clone(), map.time_opt(name)?))).collect::<BTreeMap<_, _>>()
}

fn read_difference(item: &Item) -> Result<Difference> {
    let key = item.text("day")?;
    let (pk, day) = key.split_once('/').ok_or_else(|| StoreError::corrupt("difference", "a key without a day"))?;
    Ok(Difference {
        pk: pk.to_owned(),
        day: day.to_owned(),
        by: read_map(item, "by"),
        since: read_since(item),
        drift: read_map(item, "drift"),
        repaired_at: item.time_opt("repaired_at"),
    })
}

fn read_recount(item: &Item) -> Result<Recount> {
    let stage = item.text("stage")?;
    let stage = Stage::ALL.into_iter().find(|it| it.as_str() == stage);
    Ok(Recount {
        number: item.number("number")?,
        stage: stage.ok_or_else(|| StoreError::corrupt("recount", "an unknown stage"))?,
        segments: item.number("segments")?,
        started_at: item.time("started_at")?,
        finished_at: item.time_opt("finished_at"),
        after: item.text_opt("list_after").map(str::to_owned),
        sums: Sums {
            rows: item.number_opt("rows").unwrap_or(0),
            differing: item.number_opt("differing").unwrap_or(0),
            drifting: item.number_opt("drifting").unwrap_or(0),
        },
    })
}
