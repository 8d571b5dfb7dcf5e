//! Keys of the Reports table, PK `pk` and SK `day`.

use domain::{
    Date,
    kernel::{channel::Channel, id::CampaignId},
    reporting::{counters::ReportRow, occurring_values::ValueKind},
};

use super::{HEARTBEAT, pair};
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap},
};

/// The partition of the rows of all campaigns together.
pub(crate) const ALL_CAMPAIGNS: &str = "ALL";
/// The partition of the checkpoints of the stream's shards.
pub(crate) const STREAM: &str = "STREAM";
/// The prefix of the name of a shard's position.
const SHARD_PREFIX: &str = "shard#";
/// The partition of the last recount, and the prefix of the partitions of its sums.
const RECOUNT: &str = "RECOUNT";
/// The sort key of items that are alone in their partition.
const SINGLE_ITEM: &str = "-";

/// Returns a key of Reports.
pub(crate) fn report_key(pk: &str, day: &str) -> ItemMap {
    pair(("pk", pk), ("day", day))
}

/// Returns the partition and the sort key of the two rows that a count is added to: `<campaign>`,
/// `2026-11-22`, and `ALL`, `2026-11-22#promotion#EUR`.
pub(crate) fn row_keys(row: &ReportRow) -> [(String, String); 2] {
    [
        (row.campaign.to_string(), row.day.to_string()),
        (ALL_CAMPAIGNS.into(), format!("{}#{}#{}", row.day, row.kind.as_str(), row.currency)),
    ]
}

/// Returns the last sort key of a day's rows: `~` sorts after every character of a row's suffix.
pub(crate) fn last_row_of_day(day: Date) -> String {
    format!("{day}~")
}

/// Returns the key of a checkpoint: `STREAM`, `<shard>` for the position of a shard, else
/// `POSITION#<name>`, `-`. Shards share one partition, so that buffered counts can be found without
/// knowing the shards.
pub(crate) fn checkpoint_key(name: &str) -> ItemMap {
    match name.strip_prefix(SHARD_PREFIX) {
        Some(shard) => report_key(STREAM, shard),
        None => report_key(&format!("POSITION#{name}"), SINGLE_ITEM),
    }
}

/// Reads the name of a shard's position from its checkpoint: `shard#<shard>`.
pub(crate) fn read_shard_position(checkpoint: &ItemMap) -> Result<String> {
    Ok(format!("{SHARD_PREFIX}{}", checkpoint.text("day")?))
}

/// Returns the partition of a campaign's sends on a channel: `SENDS#<campaign>#<channel>`.
pub(crate) fn sends_partition(campaign: &CampaignId, channel: Channel) -> String {
    format!("SENDS#{campaign}#{channel}")
}

/// Returns the sort key of a second's sends: 11 digits, which sort like the number for the next
/// centuries.
pub(crate) fn second_key(second: i64) -> String {
    format!("{:011}", second.max(0))
}

/// Returns the partition of the values of a kind: `VALUES#<kind>`. The sort key is the value.
pub(crate) fn values_partition(kind: ValueKind) -> String {
    format!("VALUES#{}", kind.as_str())
}

/// Returns the key of the last recount: `RECOUNT`, `-`.
pub(crate) fn recount_key() -> ItemMap {
    report_key(RECOUNT, SINGLE_ITEM)
}

/// Returns the partition of the sums that a turn of a recount wrote of one segment:
/// `RECOUNT#<number>#<segment>#<turn>`.
pub(crate) fn recount_sums_partition(number: u64, segment: u32, turn: u64) -> String {
    format!("{RECOUNT}#{number}#{segment}#{turn}")
}

/// Returns the sort key of an item of such sums: four digits.
pub(crate) fn recount_sums_item(item: usize) -> String {
    format!("{item:04}")
}

/// Returns the name of the position of a recount in one segment: `recount#<number>#<segment>`.
pub(crate) fn recount_position(number: u64, segment: u32) -> String {
    format!("recount#{number}#{segment}")
}

/// Returns the partition of a recount's differences: `DRIFT#<number>`.
pub(crate) fn difference_partition(number: u64) -> String {
    format!("DRIFT#{number}")
}

/// Returns the key of the difference in one row: `DRIFT#<number>`, `<pk>/<day>` of the row.
pub(crate) fn difference_key(number: u64, pk: &str, day: &str) -> ItemMap {
    report_key(&difference_partition(number), &format!("{pk}/{day}"))
}

/// Reads the partition and the sort key of the row that differs.
pub(crate) fn read_difference_row(item: &ItemMap) -> Result<(&str, &str)> {
    let key = item.text("day")?;
    key.split_once('/').ok_or_else(|| StoreError::corrupt("difference", "a key without a day"))
}

/// Returns the key of a heartbeat in Reports: `HEARTBEAT`, the function's name.
pub(crate) fn report_heartbeat_key(function: &str) -> ItemMap {
    report_key(HEARTBEAT, function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::key_texts;

    #[test]
    fn shards_of_the_stream_share_a_partition() {
        let shard = checkpoint_key("shard#7");
        assert_eq!(key_texts(&shard, ["pk", "day"]), [STREAM, "7"]);
        assert_eq!(read_shard_position(&shard).unwrap(), "shard#7");
        assert_eq!(key_texts(&checkpoint_key("batch#7"), ["pk", "day"]), ["POSITION#batch#7", "-"]);
    }
}
