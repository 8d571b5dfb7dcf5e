//! Rehearsals in the Work table: PK `rehearsal#<id>`, SK `REHEARSAL` (what was asked for) and
//! `ESTIMATE`; PK `rehearsal#<id>#<segment>`, SK `SEGMENT` (the checkpoint of a part, with its
//! counts); PK `rehearsals` and `rehearsals#<campaign>`, the lists by time. All end by TTL.
//!
//! Written by the campaigns API and by expand-audience. Guarantees: a rehearsal is kept whole or
//! not at all, and the counts of a page are written once, with the checkpoint, by the one worker
//! that read the page from the checkpoint before. So a repeated message or a second worker counts
//! nothing twice.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{
    Timestamp,
    kernel::id::{CampaignId, RehearsalId},
    reporting::rehearsal::{
        Rehearsal, RehearsalSegment, RehearsalSubject, counts::RehearsalCounts,
        estimate::RehearsalEstimate,
    },
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    due_index::DueTime,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        REHEARSAL, REHEARSING_QUEUE, listed_rehearsal_at, parse_rehearsal_segment,
        rehearsal_estimate_key, rehearsal_key, rehearsal_partition, rehearsal_segment_key,
        rehearsals_partition, work_key,
    },
};

/// The time for which a rehearsal is kept, so that it can be set beside what its campaign did for
/// a year and a month. Seconds.
const KEEP_SECONDS: i64 = 400 * 24 * 3_600;
/// Stalled parts on one page of the due index.
const STALLED_PAGE: usize = 500;
/// The most rehearsals of a list.
const MAX_LISTED: i32 = 50;

/// A rehearsal with what is known of it so far.
#[derive(Debug, Clone, PartialEq)]
pub struct RehearsalProgress {
    pub rehearsal: Rehearsal,
    pub estimate: Option<RehearsalEstimate>,
    pub segments: Vec<RehearsalSegment>,
}

/// Returns the parts of a new rehearsal, none of them begun.
pub fn new_rehearsal_segments(rehearsal: &Rehearsal) -> Vec<RehearsalSegment> {
    let segment = |number| RehearsalSegment {
        rehearsal: rehearsal.id.clone(),
        number,
        total: rehearsal.segments,
        cursor: None,
        page: 0,
        done: false,
        cut_short: false,
        updated_at: rehearsal.started_at,
        counts: RehearsalCounts::default(),
    };
    (0..rehearsal.segments).map(segment).collect()
}

impl Store {
    /// Keeps a rehearsal with its parts and its places in the lists. A conflict means that the id
    /// is taken: the same request came before.
    pub async fn plan_rehearsal(&self, rehearsal: &Rehearsal) -> Result<Applied> {
        let mut items = vec![self.rehearsal_put(rehearsal_item(rehearsal)?)?];
        for segment in new_rehearsal_segments(rehearsal) {
            items.push(self.rehearsal_put(segment_item(&segment)?)?);
        }
        let of_campaign = match &rehearsal.subject {
            RehearsalSubject::Campaign(it) => Some(&it.campaign),
            RehearsalSubject::Inline(_) | RehearsalSubject::Live => None,
        };
        for list in std::iter::once(None).chain(of_campaign.map(Some)) {
            let place = listed_rehearsal_at(rehearsal.started_at.as_millisecond(), &rehearsal.id);
            let mut item = work_key(&rehearsals_partition(list), &place);
            item.insert("rehearsal".into(), s(rehearsal.id.as_str()));
            item.insert("ttl".into(), ttl(rehearsal.started_at));
            items.push(self.rehearsal_put(item)?);
        }
        self.transact_applied("a rehearsal", items).await
    }

    fn rehearsal_put(&self, item: ItemMap) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns a rehearsal. Reads consistently.
    pub async fn rehearsal(&self, id: &RehearsalId) -> Result<Option<Rehearsal>> {
        self.work_item(rehearsal_key(id)).await?.as_ref().map(read_rehearsal).transpose()
    }

    /// Returns a rehearsal with its estimate and all its parts. Each is read consistently, but not
    /// all as one snapshot.
    pub async fn rehearsal_progress(&self, id: &RehearsalId) -> Result<Option<RehearsalProgress>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(rehearsal_partition(id)))
            .consistent_read(true)
            .send()
            .await?;
        let (mut rehearsal, mut estimate) = (None, None);
        for item in page.items() {
            if item.text("sk")? == REHEARSAL {
                rehearsal = Some(read_rehearsal(item)?);
            } else {
                estimate = Some(from_json(item.text("estimate")?)?);
            }
        }
        let Some(rehearsal) = rehearsal else { return Ok(None) };
        let keys = (0..rehearsal.segments).map(|number| rehearsal_segment_key(id, number));
        let found =
            self.batch_get(&self.tables.work, keys.collect(), ReadConsistency::Strong).await?;
        let mut segments = found.iter().map(read_segment).collect::<Result<Vec<_>>>()?;
        segments.sort_by_key(|segment| segment.number);
        Ok(Some(RehearsalProgress { rehearsal, estimate, segments }))
    }

    /// Returns the newest rehearsals of a campaign, or of everything, newest first. `until` leaves
    /// out those that began later.
    pub async fn list_rehearsals(
        &self,
        campaign: Option<&CampaignId>,
        until: Option<Timestamp>,
    ) -> Result<Vec<Rehearsal>> {
        let last = until.map_or(i64::MAX, |until| until.as_millisecond().saturating_add(1));
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :pk AND sk < :last")
            .expression_attribute_values(":pk", s(rehearsals_partition(campaign)))
            .expression_attribute_values(":last", s(format!("{last:013}")))
            .scan_index_forward(false)
            .limit(MAX_LISTED)
            .send()
            .await?;
        let id = |item: &ItemMap| {
            RehearsalId::parse(item.text("rehearsal")?)
                .map_err(|_| StoreError::corrupt("rehearsal", "no id"))
        };
        let ids = page.items().iter().map(id).collect::<Result<Vec<_>>>()?;
        let keys = ids.iter().map(rehearsal_key).collect();
        let found = self.batch_get(&self.tables.work, keys, ReadConsistency::Eventual).await?;
        let mut listed = found.iter().map(read_rehearsal).collect::<Result<Vec<_>>>()?;
        listed.sort_by(|one, other| (other.started_at, &other.id).cmp(&(one.started_at, &one.id)));
        Ok(listed)
    }

    /// Keeps the estimate of a rehearsal.
    pub async fn put_rehearsal_estimate(
        &self,
        rehearsal: &Rehearsal,
        estimate: &RehearsalEstimate,
    ) -> Result<()> {
        let mut item = rehearsal_estimate_key(&rehearsal.id);
        item.insert("estimate".into(), s(to_json(estimate)?));
        item.insert("ttl".into(), ttl(rehearsal.started_at));
        self.client.put_item().table_name(&self.tables.work).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Stops a rehearsal, unless it was stopped before. Workers see it with their next message.
    pub async fn cancel_rehearsal(&self, rehearsal: &Rehearsal, now: Timestamp) -> Result<Applied> {
        let stopped = Rehearsal { cancelled_at: Some(now), ..rehearsal.clone() };
        let mut item = rehearsal_item(&stopped)?;
        item.insert("cancelled".into(), n(1));
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.work)
            .set_item(Some(item))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(cancelled)");
        parse_applied(put.send().await)
    }

    /// Returns one part of a rehearsal. Reads consistently.
    pub async fn rehearsal_segment(
        &self,
        id: &RehearsalId,
        number: u32,
    ) -> Result<Option<RehearsalSegment>> {
        let found = self.work_item(rehearsal_segment_key(id, number)).await?;
        found.as_ref().map(read_segment).transpose()
    }

    /// Writes the checkpoint after a page, with all that was counted so far. `before` is the
    /// checkpoint that the page was read from. If that has moved on, another worker has counted
    /// this page.
    pub async fn write_rehearsal_page(
        &self,
        before: &RehearsalSegment,
        after: &RehearsalSegment,
    ) -> Result<Applied> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.work)
            .set_item(Some(segment_item(after)?))
            .condition_expression("#page = :before AND done = :no")
            .expression_attribute_names("#page", "page")
            .expression_attribute_values(":before", n(before.page))
            .expression_attribute_values(":no", n(0));
        parse_applied(put.send().await)
    }

    /// Returns the parts of rehearsals that have not moved since `before`; the watchdog sends them
    /// a nudge.
    pub async fn stalled_rehearsals(&self, before: Timestamp) -> Result<Vec<(RehearsalId, u32)>> {
        let (mut stalled, mut after) = (Vec::new(), None);
        loop {
            let (items, next) =
                self.due_items(REHEARSING_QUEUE, DueTime::By(before), STALLED_PAGE, after).await?;
            let part = |item: &ItemMap| parse_rehearsal_segment(item.text_opt("pk")?);
            stalled.extend(items.iter().filter_map(part));
            after = next;
            if after.is_none() {
                return Ok(stalled);
            }
        }
    }
}

fn rehearsal_item(rehearsal: &Rehearsal) -> Result<ItemMap> {
    let mut item = rehearsal_key(&rehearsal.id);
    item.insert("rehearsal".into(), s(to_json(rehearsal)?));
    item.insert("ttl".into(), ttl(rehearsal.started_at));
    Ok(item)
}

fn read_rehearsal(item: &ItemMap) -> Result<Rehearsal> {
    from_json(item.text("rehearsal")?)
}

/// Returns the item of a part. It is on the due index until it is done, so that the watchdog finds
/// a stalled one.
fn segment_item(segment: &RehearsalSegment) -> Result<ItemMap> {
    let mut item = rehearsal_segment_key(&segment.rehearsal, segment.number);
    item.extend([
        ("rehearsal".into(), s(segment.rehearsal.as_str())),
        ("number".into(), n(segment.number)),
        ("total".into(), n(segment.total)),
        ("page".into(), n(segment.page)),
        ("done".into(), n(u8::from(segment.done))),
        ("cut_short".into(), n(u8::from(segment.cut_short))),
        ("updated_at".into(), at(segment.updated_at)),
        ("counts".into(), s(to_json(&segment.counts)?)),
        ("ttl".into(), ttl(segment.updated_at)),
    ]);
    if let Some(cursor) = &segment.cursor {
        item.insert("cursor".into(), s(cursor));
    }
    if !segment.done {
        item.insert("due_queue".into(), s(REHEARSING_QUEUE));
        item.insert("due_at".into(), at(segment.updated_at));
    }
    Ok(item)
}

fn read_segment(item: &ItemMap) -> Result<RehearsalSegment> {
    Ok(RehearsalSegment {
        rehearsal: RehearsalId::parse(item.text("rehearsal")?)
            .map_err(|_| StoreError::corrupt("rehearsal", "no id"))?,
        number: item.number("number")?,
        total: item.number("total")?,
        cursor: item.text_opt("cursor").map(str::to_owned),
        page: item.number("page")?,
        done: item.number::<u8>("done")? == 1,
        cut_short: item.number::<u8>("cut_short")? == 1,
        updated_at: item.time("updated_at")?,
        counts: from_json(item.text("counts")?)?,
    })
}

fn ttl(from: Timestamp) -> aws_sdk_dynamodb::types::AttributeValue {
    n(from.as_second() + KEEP_SECONDS)
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt("rehearsal", error))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("rehearsal", error))
}
