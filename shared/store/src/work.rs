//! The Work table's runs: segments with their checkpoints, read and written as one item each. A run has no item of its own: its
//! progress is the sum of its segments, so that nothing is a hot key. Keys: PK `run#<run>#<segment>`, SK `SEGMENT`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{
    Timestamp,
    dispatch::{Dispatch, Progress, Segment, Tally},
    id::{CampaignId, RunId},
};

use crate::{
    Store,
    batch::Consistency,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    transaction::Transacted,
};

pub(crate) const SEGMENT: &str = "SEGMENT";
/// Stalled segments of one page of the due index.
const STALLED_PAGE: i32 = 500;

pub(crate) fn partition(run: &RunId, segment: u32) -> String {
    format!("run#{run}#{segment:04}")
}

/// What became of a page's write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageWrite {
    Written,
    /// The checkpoint had moved on: another worker did this page.
    Lost,
}

pub(crate) fn segment_item(segment: &Segment) -> Item {
    let mut item = Item::from([
        ("pk".into(), s(partition(&segment.run, segment.number))),
        ("sk".into(), s(SEGMENT)),
        ("run".into(), s(segment.run.as_str())),
        ("campaign_id".into(), s(segment.campaign.as_str())),
        ("number".into(), n(segment.number)),
        ("total".into(), n(segment.total)),
        ("page".into(), n(segment.page)),
        ("scanned_all".into(), n(u8::from(segment.scanned_all))),
        ("scanned".into(), n(segment.scanned)),
        ("unreadable".into(), n(segment.unreadable)),
        ("selected".into(), n(segment.selected)),
        ("open".into(), n(segment.open)),
        ("issued".into(), n(segment.tally.issued)),
        ("ghost".into(), n(segment.tally.ghost)),
        ("skipped".into(), n(segment.tally.skipped)),
        ("failed".into(), n(segment.tally.failed)),
        ("hops".into(), n(segment.hops)),
        ("updated_at".into(), at(segment.updated_at)),
    ]);
    if let Some(cursor) = &segment.cursor {
        item.insert("cursor".into(), s(cursor));
    }
    if !segment.scanned_all {
        // on the due index until the scan is over, so that the watchdog finds a stalled segment without a scan
        item.insert("due_queue".into(), s(if segment.always_on { ALWAYS_ON } else { SCANNING }));
        item.insert("due_at".into(), at(segment.updated_at));
    }
    item
}

/// Partition of the due index that holds the segments still being scanned, by the time of their last checkpoint.
pub(crate) const SCANNING: &str = "scanning";
/// The same of autopilots, by the time at which their calendar is to be looked at.
pub(crate) const ALWAYS_ON: &str = "always_on";

pub(crate) fn read_segment(item: &Item) -> Result<Segment> {
    let id = |text: &str| StoreError::corrupt("segment", text.to_owned());
    Ok(Segment {
        run: RunId::parse(item.text("run")?).map_err(|_| id("run"))?,
        number: item.number("number")?,
        total: item.number("total")?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| id("campaign_id"))?,
        cursor: item.text_opt("cursor").map(str::to_owned),
        page: item.number("page")?,
        scanned_all: item.number::<u8>("scanned_all")? == 1,
        scanned: item.number("scanned")?,
        unreadable: item.number("unreadable")?,
        selected: item.number("selected")?,
        open: item.number("open")?,
        tally: Tally {
            issued: item.number("issued")?,
            ghost: item.number("ghost")?,
            skipped: item.number("skipped")?,
            failed: item.number("failed")?,
        },
        always_on: item.text_opt("due_queue") == Some(ALWAYS_ON),
        hops: item.number("hops")?,
        updated_at: item.time("updated_at")?,
    })
}

/// The segments of a new run, none begun. `total` is 1 to 64 or so: each is scanned by one worker at a time.
pub fn new_segments(run: &RunId, campaign: &CampaignId, total: u32, now: Timestamp) -> Vec<Segment> {
    let segment = |number| Segment {
        run: run.clone(),
        number,
        total,
        campaign: campaign.clone(),
        cursor: None,
        page: 0,
        scanned_all: false,
        scanned: 0,
        unreadable: 0,
        selected: 0,
        open: 0,
        tally: Tally::default(),
        always_on: false,
        hops: 0,
        updated_at: now,
    };
    (0..total).map(segment).collect()
}

/// The one segment of an autopilot's run, to be looked at from `begins` on.
pub fn always_on(run: &RunId, campaign: &CampaignId, begins: Timestamp) -> Vec<Segment> {
    let on = |segment| Segment { always_on: true, ..segment };
    new_segments(run, campaign, 1, begins).into_iter().map(on).collect()
}

impl Store {
    /// Consistent.
    pub async fn segment(&self, run: &RunId, number: u32) -> Result<Option<Segment>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(run, number)))
            .key("sk", s(SEGMENT))
            .consistent_read(true)
            .send()
            .await?;
        found.item.as_ref().map(read_segment).transpose()
    }

    /// All segments of a run, consistently each (not as one snapshot).
    pub async fn segments(&self, run: &RunId, total: u32) -> Result<Vec<Segment>> {
        let key = |number: u32| HashMap::from([("pk".into(), s(partition(run, number))), ("sk".into(), s(SEGMENT))]);
        let items = self.batch_get(&self.tables.work, (0..total).map(key).collect(), Consistency::Strong).await?;
        let mut segments = items.iter().map(read_segment).collect::<Result<Vec<_>>>()?;
        segments.sort_by_key(|segment| segment.number);
        Ok(segments)
    }

    /// The sum of a run's segments: the reconciliation equation.
    pub async fn progress(&self, run: &RunId, total: u32) -> Result<Progress> {
        Ok(Progress::of(&self.segments(run, total).await?))
    }

    /// One page: its dispatches and the checkpoint, all or nothing. `before` is the checkpoint that the page was read from, `after`
    /// the one to write; a checkpoint that has moved on means that someone else wrote this page.
    pub async fn write_page(&self, before: &Segment, after: &Segment, dispatches: &[Dispatch]) -> Result<PageWrite> {
        let mut items = vec![self.checkpoint(before, after, dispatches)?];
        for dispatch in dispatches {
            let put = Put::builder()
                .table_name(&self.tables.work)
                .set_item(Some(crate::dispatches::dispatch_item(dispatch)))
                .condition_expression("attribute_not_exists(pk)")
                .build()?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        Ok(match self.transact("a segment", items).await? {
            Transacted::Written => PageWrite::Written,
            Transacted::Refused(_) => PageWrite::Lost,
        })
    }

    fn checkpoint(&self, before: &Segment, after: &Segment, dispatches: &[Dispatch]) -> Result<TransactWriteItem> {
        let selected: u64 = dispatches.iter().map(Dispatch::size).sum();
        // counters of outcomes move at the same time, so everything but the scan's own position is added, never set
        let mut sets = "SET #page = :page, scanned_all = :all, updated_at = :now, hops = :hops".to_owned();
        let mut removes = String::new();
        if after.cursor.is_some() {
            sets += ", #cursor = :cursor";
        } else {
            removes += " REMOVE #cursor";
        }
        if after.scanned_all {
            removes += if removes.is_empty() { " REMOVE due_queue, due_at" } else { ", due_queue, due_at" };
        } else {
            sets += ", due_at = :now";
        }
        let expression =
            format!("{sets}{removes} ADD scanned :scanned, unreadable :unreadable, selected :selected, #open :open");
        let mut update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&before.run, before.number)))
            .key("sk", s(SEGMENT))
            .update_expression(expression)
            .condition_expression("#page = :before AND scanned_all = :no")
            .expression_attribute_names("#page", "page")
            .expression_attribute_names("#cursor", "cursor")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":before", n(before.page))
            .expression_attribute_values(":no", n(0))
            .expression_attribute_values(":page", n(after.page))
            .expression_attribute_values(":all", n(u8::from(after.scanned_all)))
            .expression_attribute_values(":now", at(after.updated_at))
            .expression_attribute_values(":hops", n(after.hops))
            .expression_attribute_values(":scanned", n(after.scanned - before.scanned))
            .expression_attribute_values(":unreadable", n(after.unreadable - before.unreadable))
            .expression_attribute_values(":selected", n(selected))
            .expression_attribute_values(":open", n(dispatches.len()));
        if let Some(cursor) = &after.cursor {
            update = update.expression_attribute_values(":cursor", s(cursor));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Segments whose scan has not moved since `before`: the watchdog sends them a nudge. All of them, for those of paused campaigns
    /// are the oldest and stay; there are as many as campaigns that scan, times their segments.
    pub async fn stalled_segments(&self, before: Timestamp) -> Result<Vec<(RunId, u32)>> {
        self.segments_in(SCANNING, before).await
    }

    /// Segments of autopilots whose calendar is to be looked at by now. Those of paused ones stay among them.
    pub async fn calendars(&self, now: Timestamp) -> Result<Vec<(RunId, u32)>> {
        self.segments_in(ALWAYS_ON, now).await
    }

    async fn segments_in(&self, queue: &str, before: Timestamp) -> Result<Vec<(RunId, u32)>> {
        let mut stalled = Vec::new();
        let mut after = None;
        loop {
            let (items, next) = self.due(queue, before, STALLED_PAGE, after).await?;
            stalled.extend(items.iter().filter_map(|item| parse_partition(item.text_opt("pk")?)));
            after = next;
            if after.is_none() {
                return Ok(stalled);
            }
        }
    }

    /// A page of the due index, oldest first, and the key to go on from.
    pub(crate) async fn due(
        &self,
        queue: &str,
        now: Timestamp,
        limit: i32,
        after: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue AND due_at <= :now")
            .expression_attribute_values(":queue", s(queue))
            .expression_attribute_values(":now", at(now))
            .limit(limit)
            .set_exclusive_start_key(after)
            .send()
            .await?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}

pub(crate) fn parse_partition(pk: &str) -> Option<(RunId, u32)> {
    let (run, segment) = pk.strip_prefix("run#")?.rsplit_once('#')?;
    Some((RunId::parse(run).ok()?, segment.parse().ok()?))
}
