//! The buffered counts of a shard of the stream, as they lie in one item: `rows` by
//! `<campaign>#<kind>#<currency>#<day>`, counters under their stored names; `sends` by
//! `<campaign>#<channel>`, then by second; `since` and `until`. Guarantees: everything that is
//! written can be read back unchanged, except counts of zero.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, builders::PutBuilder};
use domain::{
    campaign::kind::CampaignKind,
    kernel::{channel::Channel, id::CampaignId, money::Currency},
    reporting::{
        counters::{Counter, CounterDelta, CounterValues, ReportRow},
        sender_health::{SendBlock, SendBlocks, SendCounts},
    },
};

use super::{BufferedCounts, STREAM, StreamCheckpoint, warn_of_unknown};
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n},
};

pub(super) fn buffer_item(put: PutBuilder, held: &BufferedCounts) -> PutBuilder {
    let mut sends: HashMap<String, ItemMap> = HashMap::new();
    for (block, counts) in &held.blocks {
        let key = format!("{}#{}", block.campaign, block.channel);
        sends.entry(key).or_default().insert(block.second.to_string(), sends_value(counts));
    }
    let sends = sends.into_iter().map(|(key, seconds)| (key, AttributeValue::M(seconds)));
    let put = put
        .item("since", at(held.since))
        .item("rows", rows_value(&held.delta))
        .item("sends", AttributeValue::M(sends.collect()));
    match held.until {
        Some(until) => put.item("until", at(until)),
        None => put,
    }
}

pub(super) fn read_checkpoint(item: &ItemMap) -> Result<StreamCheckpoint> {
    let sequence = Some(item.text("sequence")?.to_owned());
    let Some(since) = item.time_opt("since") else {
        return Ok(StreamCheckpoint { sequence, buffered: None });
    };
    let mut held = BufferedCounts {
        since,
        until: item.time_opt("until"),
        delta: Default::default(),
        blocks: Default::default(),
    };
    held.delta = read_rows(item)?;
    warn_of_unknown(STREAM, held.delta.values());
    for (key, seconds) in read_map_attribute(item, "sends")? {
        read_blocks(key, as_map(key, seconds)?, &mut held.blocks)?;
    }
    Ok(StreamCheckpoint { sequence, buffered: Some(held) })
}

/// Returns rows as one attribute, which `read_rows` reads back.
pub(crate) fn rows_value<'a>(
    rows: impl IntoIterator<Item = (&'a ReportRow, &'a CounterValues)>,
) -> AttributeValue {
    let rows = rows.into_iter().map(|(row, counts)| (row_key(row), counts_value(counts)));
    AttributeValue::M(rows.collect())
}

/// Reads the attribute `rows` of an item.
pub(crate) fn read_rows(item: &ItemMap) -> Result<CounterDelta> {
    let rows = read_map_attribute(item, "rows")?.iter();
    rows.map(|(key, counts)| Ok((read_row(key)?, read_counts(key, as_map(key, counts)?)?)))
        .collect()
}

fn row_key(row: &ReportRow) -> String {
    format!("{}#{}#{}#{}", row.campaign, row.kind.as_str(), row.currency, row.day)
}

fn read_row(key: &str) -> Result<ReportRow> {
    let mut parts = key.rsplitn(4, '#');
    let row = (|| {
        let day = parts.next()?.parse().ok()?;
        let currency = Currency::parse(parts.next()?).ok()?;
        let kind = CampaignKind::parse(parts.next()?)?;
        Some(ReportRow { campaign: CampaignId::parse(parts.next()?).ok()?, kind, currency, day })
    })();
    row.ok_or_else(|| unreadable_buffer(key))
}

fn counts_value(counts: &CounterValues) -> AttributeValue {
    let moved = counts.iter().filter(|(_, by)| *by != 0);
    AttributeValue::M(moved.map(|(counter, by)| (counter.stored_name(), n(by))).collect())
}

fn read_counts(key: &str, counts: &ItemMap) -> Result<CounterValues> {
    let read = |name: &String| {
        Ok((
            Counter::from_stored(name),
            counts.number_opt(name).ok_or_else(|| unreadable_buffer(key))?,
        ))
    };
    counts.keys().map(read).collect()
}

fn sends_value(sends: &SendCounts) -> AttributeValue {
    let moved = sends.named_counts().into_iter().filter(|(_, by)| *by != 0);
    AttributeValue::M(moved.map(|(name, by)| (name.to_owned(), n(by))).collect())
}

fn read_blocks(key: &str, seconds: &ItemMap, into: &mut SendBlocks) -> Result<()> {
    let of = key
        .rsplit_once('#')
        .and_then(|(id, channel)| Some((CampaignId::parse(id).ok()?, Channel::parse(channel)?)));
    let (campaign, channel) = of.ok_or_else(|| unreadable_buffer(key))?;
    for (second, sends) in seconds {
        let block = SendBlock {
            campaign: campaign.clone(),
            channel,
            second: second.parse().map_err(|_| unreadable_buffer(key))?,
        };
        into.insert(block, super::read_sends(as_map(key, sends)?));
    }
    Ok(())
}

fn read_map_attribute<'a>(item: &'a ItemMap, name: &str) -> Result<&'a ItemMap> {
    item.map_opt(name).ok_or_else(|| StoreError::corrupt(name, "no such map attribute"))
}

fn as_map<'a>(key: &str, value: &'a AttributeValue) -> Result<&'a ItemMap> {
    value.as_m().map_err(|_| unreadable_buffer(key))
}

fn unreadable_buffer(key: &str) -> StoreError {
    StoreError::corrupt(key, "cannot be read of what is held of the stream")
}
