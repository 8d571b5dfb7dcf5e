//! Items of the Work table that other folders than `delivery` write in their own transactions: the
//! segments of a launch, the matches of an order or a customer, and the dispatches that follow an
//! answer. Each item is built and read here, so that no lower folder needs a higher one.
//!
//! Guarantees: a dispatch is put once under its name, and a check of a lease fails for a worker
//! that was superseded.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::{
    Timestamp,
    campaign::trigger::{TriggerFiring, TriggerMatch},
    customer::profile::Zone,
    delivery::contact_policy::HoursWait,
    delivery::dispatch::{Dispatch, DispatchPurpose, DispatchState, OutcomeTally, Segment},
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, RunId},
    },
};

use crate::{
    Store,
    due_index::DueQueue,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        CALENDARS_QUEUE, SCANNING_QUEUE, dispatch_key, match_key, read_dispatch_key, segment_key,
    },
};

/// Returns the item of a segment. It is on the due index until its scan is over, so that the
/// watchdog finds a stalled segment without scanning the table.
pub(crate) fn segment_item(segment: &Segment) -> ItemMap {
    let mut item = segment_key(&segment.run, segment.number);
    item.extend([
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
        item.insert(
            "due_queue".into(),
            s(if segment.always_on { CALENDARS_QUEUE } else { SCANNING_QUEUE }),
        );
        item.insert("due_at".into(), at(segment.updated_at));
    }
    item
}

pub(crate) fn read_segment(item: &ItemMap) -> Result<Segment> {
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
        tally: OutcomeTally {
            issued: item.number("issued")?,
            ghost: item.number("ghost")?,
            skipped: item.number("skipped")?,
            failed: item.number("failed")?,
        },
        always_on: item.text_opt("due_queue") == Some(CALENDARS_QUEUE),
        hops: item.number("hops")?,
        updated_at: item.time("updated_at")?,
    })
}

/// Returns the item of a dispatch that is `ready`, in a partition of the due index.
fn dispatch_item(dispatch: &Dispatch, partition: String) -> ItemMap {
    let customers = dispatch.customers.iter().map(|customer| s(customer.as_str())).collect();
    let mut item = dispatch_key(&dispatch.key);
    item.extend([
        ("campaign_id".into(), s(dispatch.campaign.as_str())),
        ("channel".into(), s(dispatch.channel.as_str())),
        ("purpose".into(), s(dispatch.purpose.as_str())),
        ("attempt".into(), n(dispatch.attempt)),
        ("customers".into(), AttributeValue::L(customers)),
        ("size".into(), n(dispatch.size())),
        ("state".into(), s(dispatch.state.as_str())),
        ("takes".into(), n(dispatch.fence)),
        ("put_backs".into(), n(0)),
        ("due_queue".into(), s(partition)),
        ("due_at".into(), at(dispatch.due_at)),
    ]);
    if let Some(leased) = dispatch.quota_reserved {
        item.insert("leased".into(), n(leased));
    }
    item.extend(firing_items(dispatch.firing.as_ref()));
    if let Some(hours) = &dispatch.hours {
        let zones = hours.zones.iter().map(|zone| s(zone.as_str())).collect();
        item.insert("wanted_at".into(), at(hours.wanted_at));
        item.insert("zones".into(), AttributeValue::L(zones));
    }
    item
}

/// Returns what a dispatch waits for, if the hours of its customers hold it back.
fn read_hours(item: &ItemMap) -> Option<HoursWait> {
    let zone = |value: &AttributeValue| Zone::parse(value.as_s().ok()?).ok();
    let zones = item.get("zones")?.as_l().ok()?.iter().map(zone).collect::<Option<_>>()?;
    Some(HoursWait { wanted_at: item.time_opt("wanted_at")?, zones })
}

pub(crate) fn read_dispatch(item: &ItemMap) -> Result<Dispatch> {
    let bad = |what: &str| StoreError::corrupt("dispatch", what.to_owned());
    let customers =
        item.get("customers").and_then(|list| list.as_l().ok()).ok_or_else(|| bad("customers"))?;
    let customer =
        |value: &AttributeValue| value.as_s().ok().and_then(|id| CustomerId::parse(id).ok());
    Ok(Dispatch {
        key: read_dispatch_key(item)?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        channel: Channel::parse(item.text("channel")?).ok_or_else(|| bad("channel"))?,
        purpose: DispatchPurpose::parse(item.text("purpose")?).ok_or_else(|| bad("purpose"))?,
        attempt: item.number_opt("attempt").unwrap_or(1),
        customers: customers
            .iter()
            .map(customer)
            .collect::<Option<_>>()
            .ok_or_else(|| bad("customers"))?,
        due_at: item.time_opt("due_at").unwrap_or(Timestamp::UNIX_EPOCH),
        release_due_at: item.time_opt("was_due"),
        state: DispatchState::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        fence: item.number("takes")?,
        quota_reserved: item.number_opt("leased"),
        firing: read_firing(item)?,
        hours: read_hours(item),
    })
}

/// Returns the attributes of what has fired, for every item that plans a message of an autopilot.
pub(crate) fn firing_items(firing: Option<&TriggerFiring>) -> Vec<(String, AttributeValue)> {
    let items = |firing: &TriggerFiring| {
        vec![
            ("occurrence".to_owned(), s(firing.occurrence.as_str())),
            ("match_day".to_owned(), s(firing.day.to_string())),
        ]
    };
    let moment =
        firing.and_then(|firing| firing.at).map(|moment| ("match_at".to_owned(), at(moment)));
    firing.map(items).unwrap_or_default().into_iter().chain(moment).collect()
}

pub(crate) fn read_firing(item: &ItemMap) -> Result<Option<TriggerFiring>> {
    let Some(occurrence) = item.text_opt("occurrence") else {
        return Ok(None);
    };
    let bad = |what: &str| StoreError::corrupt("firing", what.to_owned());
    Ok(Some(TriggerFiring {
        occurrence: Occurrence::parse(occurrence).map_err(|_| bad("occurrence"))?,
        day: item.text("match_day")?.parse().map_err(|_| bad("match_day"))?,
        at: item.time_opt("match_at"),
    }))
}

pub(crate) fn key_of_match(it: &TriggerMatch) -> ItemMap {
    match_key(&it.campaign, &it.customer, &it.firing.occurrence)
}

/// Returns the item of a match that waits for the time at which it is checked, in a partition of the
/// due index.
fn match_item(it: &TriggerMatch, partition: String) -> ItemMap {
    let mut item = key_of_match(it);
    item.extend([
        ("campaign_id".into(), s(it.campaign.as_str())),
        ("run".into(), s(it.run.as_str())),
        ("customer_id".into(), s(it.customer.as_str())),
        ("due_queue".into(), s(partition)),
        ("due_at".into(), at(it.check_at)),
    ]);
    item.extend(firing_items(Some(&it.firing)));
    item
}

pub(crate) fn read_match(item: &ItemMap) -> Result<TriggerMatch> {
    let bad = |what: &str| StoreError::corrupt("match", what.to_owned());
    Ok(TriggerMatch {
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        run: RunId::parse(item.text("run")?).map_err(|_| bad("run"))?,
        customer: CustomerId::parse(item.text("customer_id")?).map_err(|_| bad("customer_id"))?,
        firing: read_firing(item)?.ok_or_else(|| bad("firing"))?,
        check_at: item.time("due_at")?,
    })
}

impl Store {
    /// Returns an item of Work. Reads consistently.
    pub(crate) async fn work_item(&self, key: ItemMap) -> Result<Option<ItemMap>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item)
    }

    /// Returns the writes that keep matches, for the transaction of the event. A repeated event
    /// writes the same items.
    pub(crate) fn match_puts(&self, matches: &[TriggerMatch]) -> Result<Vec<TransactWriteItem>> {
        let keep = |it: &TriggerMatch| {
            let partition = self.due_partition(DueQueue::Matches, &key_of_match(it));
            let put = Put::builder()
                .table_name(&self.tables.work)
                .set_item(Some(match_item(it, partition)))
                .build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        matches.iter().map(keep).collect()
    }

    /// Returns the put of a dispatch that no worker has planned before.
    pub(crate) fn dispatch_put(&self, dispatch: &Dispatch) -> Result<TransactWriteItem> {
        let partition =
            self.due_partition(DueQueue::Ready(dispatch.channel), &dispatch_key(&dispatch.key));
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(dispatch_item(dispatch, partition)))
            .condition_expression("attribute_not_exists(pk)")
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns the writes that plan a follow-up dispatch for one customer: the dispatch, and the
    /// segment's count of open work if the run waits for it.
    pub(crate) fn follow_up_items(&self, dispatch: &Dispatch) -> Result<Vec<TransactWriteItem>> {
        let mut items = vec![self.dispatch_put(dispatch)?];
        if dispatch.purpose.holds_run_open() {
            items.push(self.open_work_update(&dispatch.key.run, dispatch.key.segment, 1)?);
        }
        Ok(items)
    }

    /// Returns the write that changes a segment's count of open work by `by`. A run is completed
    /// only when the count is zero.
    pub(crate) fn open_work_update(
        &self,
        run: &RunId,
        segment: u32,
        by: i64,
    ) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(segment_key(run, segment)))
            .update_expression("ADD #open :by")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":by", n(by))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Returns a check that fails unless this worker still holds the dispatch under its fence.
    pub(crate) fn lease_check(&self, dispatch: &Dispatch) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(&dispatch.key)))
            .condition_expression("#state = :released AND takes = :takes")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":takes", n(dispatch.fence))
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
