//! What is held of a shard's stream as it lies in one item: `rows` by `<campaign>#<kind>#<currency>#<day>`, counters under their short
//! names (names.rs); `sends` by `<campaign>#<channel>`, then by second; `since` and `until`.
//! Guarantees: what is written comes back as it was, but for counts of nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, builders::PutBuilder};
use domain::{
    campaign::Kind,
    channel::Channel,
    id::CampaignId,
    money::Currency,
    report::{Counts, Row},
    sender_health::{Block, Blocks, Sends},
};

use super::{Held, Place, names};
use crate::{
    error::{Result, StoreError},
    item::{Item, Read, at, n},
};

pub(super) fn write(put: PutBuilder, held: &Held) -> PutBuilder {
    let rows = held.delta.iter().map(|(row, counts)| (row_key(row), written_counts(counts)));
    let mut sends: HashMap<String, Item> = HashMap::new();
    for (block, counts) in &held.blocks {
        let key = format!("{}#{}", block.campaign, block.channel);
        sends.entry(key).or_default().insert(block.second.to_string(), written_sends(counts));
    }
    let sends = sends.into_iter().map(|(key, seconds)| (key, AttributeValue::M(seconds)));
    let put = put
        .item("since", at(held.since))
        .item("rows", AttributeValue::M(rows.collect()))
        .item("sends", AttributeValue::M(sends.collect()));
    match held.until {
        Some(until) => put.item("until", at(until)),
        None => put,
    }
}

pub(super) fn read_place(item: &Item) -> Result<Place> {
    let sequence = Some(item.text("sequence")?.to_owned());
    let Some(since) = item.time_opt("since") else { return Ok(Place { sequence, held: None }) };
    let mut held = Held { since, until: item.time_opt("until"), delta: Default::default(), blocks: Default::default() };
    for (key, counts) in part(item, "rows")? {
        held.delta.insert(read_row(key)?, read_counts(key, map(key, counts)?)?);
    }
    for (key, seconds) in part(item, "sends")? {
        read_blocks(key, map(key, seconds)?, &mut held.blocks)?;
    }
    Ok(Place { sequence, held: Some(held) })
}

fn row_key(row: &Row) -> String {
    format!("{}#{}#{}#{}", row.campaign, row.kind.as_str(), row.currency, row.day)
}

fn read_row(key: &str) -> Result<Row> {
    let mut parts = key.rsplitn(4, '#');
    let row = (|| {
        let day = parts.next()?.parse().ok()?;
        let currency = Currency::parse(parts.next()?).ok()?;
        let kind = Kind::parse(parts.next()?)?;
        Some(Row { campaign: CampaignId::parse(parts.next()?).ok()?, kind, currency, day })
    })();
    row.ok_or_else(|| unreadable(key))
}

fn written_counts(counts: &Counts) -> AttributeValue {
    let moved = counts.iter().filter(|(_, by)| **by != 0);
    AttributeValue::M(moved.map(|(name, by)| (names::written(name), n(by))).collect())
}

fn read_counts(key: &str, counts: &Item) -> Result<Counts> {
    let read = |name: &String| Ok((names::read(name), counts.number_opt(name).ok_or_else(|| unreadable(key))?));
    counts.keys().map(read).collect()
}

fn written_sends(sends: &Sends) -> AttributeValue {
    let moved = sends.named().into_iter().filter(|(_, by)| *by != 0);
    AttributeValue::M(moved.map(|(name, by)| (name.to_owned(), n(by))).collect())
}

fn read_blocks(key: &str, seconds: &Item, into: &mut Blocks) -> Result<()> {
    let of =
        key.rsplit_once('#').and_then(|(id, channel)| Some((CampaignId::parse(id).ok()?, Channel::parse(channel)?)));
    let (campaign, channel) = of.ok_or_else(|| unreadable(key))?;
    for (second, sends) in seconds {
        let block = Block { campaign: campaign.clone(), channel, second: second.parse().map_err(|_| unreadable(key))? };
        into.insert(block, super::read_sends(map(key, sends)?));
    }
    Ok(())
}

fn part<'a>(item: &'a Item, name: &str) -> Result<&'a Item> {
    item.map_opt(name).ok_or_else(|| StoreError::corrupt(name, "no such map attribute"))
}

fn map<'a>(key: &str, value: &'a AttributeValue) -> Result<&'a Item> {
    value.as_m().map_err(|_| unreadable(key))
}

fn unreadable(key: &str) -> StoreError {
    StoreError::corrupt(key, "cannot be read of what is held of the stream")
}
