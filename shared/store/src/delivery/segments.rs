//! The runs of the Work table: segments with their checkpoints, each read and written as one item.
//! A run has no item of its own: its progress is the sum of its segments, so that no key is hot.
//! Keys: PK `run#<run>#<segment>`, SK `SEGMENT`.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    Timestamp,
    campaign::trigger::{ALWAYS_ON_SEGMENT, MATCH_SEGMENTS},
    delivery::dispatch::{Dispatch, OutcomeTally, RunProgress, Segment},
    kernel::id::{CampaignId, RunId},
};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::Applied,
    due_index::DueTime,
    error::Result,
    item::{AttributeReader, at, n, s},
    keys::{CALENDARS_QUEUE, SCANNING_QUEUE, parse_segment_partition, segment_key},
    work_items::read_segment,
};

/// Stalled segments on one page of the due index.
const STALLED_PAGE: usize = 500;

/// Returns the segments of a new run, none of them begun. `total` is 1 to 64 or so: each is scanned
/// by one worker at a time.
pub fn new_segments(
    run: &RunId,
    campaign: &CampaignId,
    total: u32,
    now: Timestamp,
) -> Vec<Segment> {
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
        tally: OutcomeTally::default(),
        always_on: false,
        hops: 0,
        updated_at: now,
    };
    (0..total).map(segment).collect()
}

/// Returns the segments of an autopilot's run: the one whose calendar is checked from `begins` on,
/// and those that take the matches of events, where nothing is scanned.
pub fn new_autopilot_segments(
    run: &RunId,
    campaign: &CampaignId,
    begins: Timestamp,
) -> Vec<Segment> {
    let on = |segment: Segment| {
        let always_on = segment.number == ALWAYS_ON_SEGMENT;
        Segment { always_on, scanned_all: !always_on, ..segment }
    };
    new_segments(run, campaign, 1 + MATCH_SEGMENTS, begins).into_iter().map(on).collect()
}

impl Store {
    /// Returns one segment. Reads consistently.
    pub async fn segment(&self, run: &RunId, number: u32) -> Result<Option<Segment>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(segment_key(run, number)))
            .consistent_read(true)
            .send()
            .await?;
        found.item.as_ref().map(read_segment).transpose()
    }

    /// Returns all segments of a run. Each is read consistently, but not all as one snapshot.
    pub async fn segments(&self, run: &RunId, total: u32) -> Result<Vec<Segment>> {
        let key = |number: u32| segment_key(run, number);
        let items = self
            .batch_get(&self.tables.work, (0..total).map(key).collect(), ReadConsistency::Strong)
            .await?;
        let mut segments = items.iter().map(read_segment).collect::<Result<Vec<_>>>()?;
        segments.sort_by_key(|segment| segment.number);
        Ok(segments)
    }

    /// Returns the sum of a run's segments: the reconciliation equation.
    pub async fn run_progress(&self, run: &RunId, total: u32) -> Result<RunProgress> {
        Ok(RunProgress::from_segments(&self.segments(run, total).await?))
    }

    /// Writes one page, its dispatches and the checkpoint, all or nothing. `before` is the
    /// checkpoint that the page was read from, `after` the one to write. If the checkpoint has
    /// moved on, another worker wrote this page.
    pub async fn write_page(
        &self,
        before: &Segment,
        after: &Segment,
        dispatches: &[Dispatch],
    ) -> Result<Applied> {
        let mut items = vec![self.checkpoint_update(before, after, dispatches)?];
        for dispatch in dispatches {
            items.push(self.dispatch_put(dispatch)?);
        }
        self.transact_applied("a segment", items).await
    }

    fn checkpoint_update(
        &self,
        before: &Segment,
        after: &Segment,
        dispatches: &[Dispatch],
    ) -> Result<TransactWriteItem> {
        let selected: u64 = dispatches.iter().map(Dispatch::size).sum();
        // Outcome counters move at the same time, so everything except the scan's own position is
        // added, never set.
        let mut sets =
            "SET #page = :page, scanned_all = :all, updated_at = :now, hops = :hops".to_owned();
        let mut removes = String::new();
        if after.cursor.is_some() {
            sets += ", #cursor = :cursor";
        } else {
            removes += " REMOVE #cursor";
        }
        if after.scanned_all {
            removes += if removes.is_empty() {
                " REMOVE due_queue, due_at"
            } else {
                ", due_queue, due_at"
            };
        } else {
            sets += ", due_at = :now";
        }
        let expression = format!(
            "{sets}{removes} ADD scanned :scanned, unreadable :unreadable, selected :selected, #open :open"
        );
        let mut update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(segment_key(&before.run, before.number)))
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

    /// Returns all segments whose scan has not moved since `before`; the watchdog sends them a
    /// nudge. None are left out, because those of paused campaigns are the oldest and stay. Their
    /// number is that of the campaigns that scan, times their segments.
    pub async fn stalled_segments(&self, before: Timestamp) -> Result<Vec<(RunId, u32)>> {
        self.due_segments(SCANNING_QUEUE, before).await
    }

    /// Returns the segments of autopilots whose calendar is due by now. Those of paused autopilots
    /// stay among them.
    pub async fn due_calendars(&self, now: Timestamp) -> Result<Vec<(RunId, u32)>> {
        self.due_segments(CALENDARS_QUEUE, now).await
    }

    async fn due_segments(&self, queue: &str, before: Timestamp) -> Result<Vec<(RunId, u32)>> {
        let mut stalled = Vec::new();
        let mut after = None;
        loop {
            let (items, next) =
                self.due_items(queue, DueTime::By(before), STALLED_PAGE, after).await?;
            stalled.extend(
                items.iter().filter_map(|item| parse_segment_partition(item.text_opt("pk")?)),
            );
            after = next;
            if after.is_none() {
                return Ok(stalled);
            }
        }
    }
}
