//! Keys of the Work table, PK `pk` and SK `sk`, and of its index `due`: PK `due_queue`, SK
//! `due_at`.

use domain::{
    delivery::{dispatch::DispatchKey, test_send::TestSendKey},
    kernel::{
        channel::Channel,
        id::{
            ApiKeyId, CampaignId, CustomerId, EventId, ExportId, ImportId, Occurrence, OrderId,
            RehearsalId, RunId, TestSendId, VoucherId, WebhookEndpointId,
        },
        shard::shard_of,
    },
    voucher::webhook_event::EventDelivery,
};

use jiff::civil::Date;

use super::{HEARTBEAT, pair};
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, n, s},
};

/// The sort key of a segment.
const SEGMENT: &str = "SEGMENT";
/// The prefix of a dispatch's sort key.
const DISPATCH_PREFIX: &str = "D#";
/// The prefix that makes an order's id the partition of the order.
pub(crate) const ORDER_PREFIX: &str = "order#";
/// The partition of the names of events.
pub(crate) const EVENT_NAMES: &str = "event_names";
/// The prefix that makes a customer's id the partition of their calendar entries.
const CALENDAR_PREFIX: &str = "calendar#";
/// The prefix that makes a rehearsal's id its partition.
const REHEARSAL_PREFIX: &str = "rehearsal#";
/// The sort key of a rehearsal.
pub(crate) const REHEARSAL: &str = "REHEARSAL";
/// The sort key of a test send's request.
pub(crate) const TEST_REQUEST: &str = "REQUEST";

/// Returns a key of Work.
pub(crate) fn work_key(pk: &str, sk: &str) -> ItemMap {
    pair(("pk", pk), ("sk", sk))
}

/// Reads the key of an item of Work from an entry of the index `due`.
pub(crate) fn read_work_key(item: &ItemMap) -> Result<ItemMap> {
    Ok(work_key(item.text("pk")?, item.text("sk")?))
}

/// Returns the key of a segment: `run#<run>#0003`, `SEGMENT`.
pub(crate) fn segment_key(run: &RunId, segment: u32) -> ItemMap {
    work_key(&segment_partition(run, segment), SEGMENT)
}

/// Returns the key of a dispatch, beside its segment: `run#<run>#0003`, `D#<name>`.
pub(crate) fn dispatch_key(key: &DispatchKey) -> ItemMap {
    let partition = segment_partition(&key.run, key.segment);
    work_key(&partition, &format!("{DISPATCH_PREFIX}{}", key.name))
}

fn segment_partition(run: &RunId, segment: u32) -> String {
    format!("run#{run}#{segment:04}")
}

/// Parses the partition of a segment and of its dispatches.
pub(crate) fn parse_segment_partition(pk: &str) -> Option<(RunId, u32)> {
    let (run, segment) = pk.strip_prefix("run#")?.rsplit_once('#')?;
    Some((RunId::parse(run).ok()?, segment.parse().ok()?))
}

/// Reads the key of a dispatch from its item or from an entry of the index `due`.
pub(crate) fn read_dispatch_key(item: &ItemMap) -> Result<DispatchKey> {
    let (run, segment) = parse_segment_partition(item.text("pk")?)
        .ok_or_else(|| StoreError::corrupt("dispatch", "pk"))?;
    let name = item
        .text("sk")?
        .strip_prefix(DISPATCH_PREFIX)
        .ok_or_else(|| StoreError::corrupt("dispatch", "sk"))?;
    Ok(DispatchKey { run, segment, name: name.to_owned() })
}

/// Returns the key of a channel's rate in one minute since 1970: `rate#<channel>`, 12 digits.
pub(crate) fn rate_key(channel: Channel, minute: i64) -> ItemMap {
    work_key(&format!("rate#{channel}"), &format!("{minute:012}"))
}

/// Returns the key of a channel's messages of one day: `rate#<channel>`, `day#2026-11-30`.
pub(crate) fn daily_rate_key(channel: Channel, day: Date) -> ItemMap {
    work_key(&format!("rate#{channel}"), &format!("day#{day}"))
}

/// Returns the key of a channel's lane: `lane#<channel>`, `LANE`.
pub(crate) fn lane_key(channel: Channel) -> ItemMap {
    work_key(&format!("lane#{channel}"), "LANE")
}

/// Returns the key of the answers that the breaker of a channel's lane has still to judge:
/// `lane#<channel>`, `ANSWERS`.
pub(crate) fn lane_answers_key(channel: Channel) -> ItemMap {
    work_key(&format!("lane#{channel}"), "ANSWERS")
}

/// Returns the key of the note that an attempt is unknown: `unknown#<voucher>`,
/// `<channel>.<attempt>`.
pub(crate) fn unknown_note_key(voucher: &VoucherId, channel: Channel, number: u32) -> ItemMap {
    work_key(&format!("unknown#{voucher}"), &format!("{channel}.{number}"))
}

/// Returns the key of the note by which a provider's message id leads to its voucher: `msg#<id>`,
/// `MESSAGE`.
pub(crate) fn message_id_key(provider_id: &str) -> ItemMap {
    work_key(&format!("msg#{provider_id}"), "MESSAGE")
}

/// Returns the key of a trigger match: `match#<customer>`, `<campaign>@<occurrence>`, so that a
/// repeated event writes the same item. A match that waits until its cart is left is replaced by
/// the next touch of the cart, so its key has the occasion.
pub(crate) fn match_key(
    campaign: &CampaignId,
    customer: &CustomerId,
    occurrence: &Occurrence,
) -> ItemMap {
    work_key(&format!("match#{customer}"), &format!("{campaign}@{}", occurrence.waits_as()))
}

/// Returns the key of a customer's number of offers: `offers#<customer>`, `COUNT`.
pub(crate) fn offers_key(customer: &CustomerId) -> ItemMap {
    work_key(&format!("offers#{customer}"), "COUNT")
}

/// Returns the key of the number of vouchers that an operator issued by hand on a day:
/// `goodwill#<operator>`, the day.
pub(crate) fn goodwill_count_key(operator: &str, day: Date) -> ItemMap {
    work_key(&format!("goodwill#{operator}"), &day.to_string())
}

/// Returns the key of the note of a merge, by which it can be undone: `merge#<merged record>`,
/// `MERGE`.
pub(crate) fn merge_note_key(from: &CustomerId) -> ItemMap {
    work_key(&format!("merge#{from}"), "MERGE")
}

/// Returns the key of the number of merges that an operator made on a day: `merges#<operator>`, the
/// day.
pub(crate) fn merge_count_key(operator: &str, day: Date) -> ItemMap {
    work_key(&format!("merges#{operator}"), &day.to_string())
}

/// Returns the partition of a customer's dates: `calendar#<customer>`.
pub(crate) fn calendar_partition(customer: &CustomerId) -> String {
    format!("{CALENDAR_PREFIX}{customer}")
}

/// Returns the key of a date of a customer: `calendar#<customer>`, the date's name.
pub(crate) fn calendar_entry_key(customer: &CustomerId, name: &str) -> ItemMap {
    work_key(&calendar_partition(customer), name)
}

/// Reads the customer of an entry of a calendar.
pub(crate) fn read_calendar_customer(entry: &ItemMap) -> Result<CustomerId> {
    let id = entry.text("pk")?.strip_prefix(CALENDAR_PREFIX);
    id.and_then(|id| CustomerId::parse(id).ok())
        .ok_or_else(|| StoreError::corrupt("date", "not a customer's"))
}

/// Returns the key of the name of an event that the app backend has reported: `event_names`, the
/// name.
pub(crate) fn event_name_key(name: &str) -> ItemMap {
    work_key(EVENT_NAMES, name)
}

/// Returns the partition of a customer's list of orders: `orders#<customer>`.
pub(crate) fn customer_orders_partition(customer: &CustomerId) -> String {
    format!("orders#{customer}")
}

/// Returns the key of an entry of that list: `orders#<customer>`, the order's id.
pub(crate) fn customer_order_key(customer: &CustomerId, order: &OrderId) -> ItemMap {
    work_key(&customer_orders_partition(customer), order.as_str())
}

/// Returns the key of an order in the ledger: `order#<order>`, `ORDER`.
pub(crate) fn ledger_order_key(order: &OrderId) -> ItemMap {
    work_key(&format!("{ORDER_PREFIX}{order}"), "ORDER")
}

/// Returns true for the partition of an order in the ledger.
pub(crate) fn is_ledger_order(pk: &str) -> bool {
    pk.starts_with(ORDER_PREFIX)
}

/// Returns the key of the note that a hold has reserved a part of a cap: `hold#<voucher>`, `HOLD`.
pub(crate) fn hold_note_key(voucher: &VoucherId) -> ItemMap {
    work_key(&format!("hold#{voucher}"), "HOLD")
}

/// Returns the partition of a test send: `sample#<id>`.
pub(crate) fn test_send_partition(id: &TestSendId) -> String {
    format!("sample#{id}")
}

/// Returns the key of a test send's request: `sample#<id>`, `REQUEST`.
pub(crate) fn test_request_key(id: &TestSendId) -> ItemMap {
    work_key(&test_send_partition(id), TEST_REQUEST)
}

/// Returns the key of a test send's message: `sample#<id>`, `MESSAGE#007`.
pub(crate) fn test_message_key(key: &TestSendKey) -> ItemMap {
    work_key(&test_send_partition(&key.id), &format!("MESSAGE#{:03}", key.number))
}

/// Returns the key of an event delivery: `event_delivery#<endpoint>#<event>`, `TELLING`.
pub(crate) fn event_delivery_key(endpoint: &WebhookEndpointId, event: &EventId) -> ItemMap {
    work_key(&format!("telling#{endpoint}#{event}"), "TELLING")
}

/// Returns the partition of an endpoint's dead letters: `dead#<endpoint>`.
pub(crate) fn dead_letter_partition(endpoint: &WebhookEndpointId) -> String {
    format!("dead#{endpoint}")
}

/// Returns the key of a dead letter: `dead#<endpoint>`, `<time>#<event>`. Letters sort by time, the
/// oldest event first: times have thirteen digits until the year 2286.
pub(crate) fn dead_letter_key(delivery: &EventDelivery) -> ItemMap {
    let order = format!("{:013}#{}", delivery.at.as_millisecond(), delivery.event);
    work_key(&dead_letter_partition(&delivery.hook), &order)
}

/// Returns the key of the id of a request that is taken once: `signed#<key>#<webhook-id>`,
/// `SIGNED`. An id of a key has no `#`, so no two pairs share a key.
pub(crate) fn message_id_taken_key(key: &ApiKeyId, message_id: &str) -> ItemMap {
    work_key(&format!("signed#{key}#{message_id}"), "SIGNED")
}

/// Returns the key of an import: `import#<import>`, `IMPORT`.
pub(crate) fn import_key(id: &ImportId) -> ItemMap {
    work_key(&format!("import#{id}"), "IMPORT")
}

/// Returns the key of an export: `export#<export>`, `EXPORT`.
pub(crate) fn export_key(id: &ExportId) -> ItemMap {
    work_key(&format!("export#{id}"), "EXPORT")
}

/// Returns the key of the meanings that were confirmed for a header: `import_mapping#<header>`,
/// `MAPPING`.
pub(crate) fn import_mapping_key(header: &str) -> ItemMap {
    work_key(&format!("import_mapping#{header}"), "MAPPING")
}

/// Returns the partition of a rehearsal: `rehearsal#<id>`.
pub(crate) fn rehearsal_partition(id: &RehearsalId) -> String {
    format!("{REHEARSAL_PREFIX}{id}")
}

/// Returns the key of a rehearsal: `rehearsal#<id>`, `REHEARSAL`.
pub(crate) fn rehearsal_key(id: &RehearsalId) -> ItemMap {
    work_key(&rehearsal_partition(id), REHEARSAL)
}

/// Returns the key of the estimate of a rehearsal: `rehearsal#<id>`, `ESTIMATE`.
pub(crate) fn rehearsal_estimate_key(id: &RehearsalId) -> ItemMap {
    work_key(&rehearsal_partition(id), "ESTIMATE")
}

/// Returns the key of a part of a rehearsal, in a partition of its own: `rehearsal#<id>#0003`,
/// `SEGMENT`.
pub(crate) fn rehearsal_segment_key(id: &RehearsalId, number: u32) -> ItemMap {
    work_key(&format!("{REHEARSAL_PREFIX}{id}#{number:04}"), SEGMENT)
}

/// Parses the partition of a part of a rehearsal.
pub(crate) fn parse_rehearsal_segment(pk: &str) -> Option<(RehearsalId, u32)> {
    let (id, number) = pk.strip_prefix(REHEARSAL_PREFIX)?.rsplit_once('#')?;
    Some((RehearsalId::parse(id).ok()?, number.parse().ok()?))
}

/// Returns the partition of the list of rehearsals of a campaign, or of all:
/// `rehearsals#<campaign>` or `rehearsals`.
pub(crate) fn rehearsals_partition(campaign: Option<&CampaignId>) -> String {
    campaign.map_or_else(|| "rehearsals".to_owned(), |id| format!("rehearsals#{id}"))
}

/// Returns the sort key of a rehearsal in a list: the milliseconds of its start in thirteen digits,
/// then its id.
pub(crate) fn listed_rehearsal_at(milliseconds: i64, id: &RehearsalId) -> String {
    format!("{milliseconds:013}#{id}")
}

/// Returns the key of a heartbeat in Work: `HEARTBEAT`, the function's name.
pub(crate) fn work_heartbeat_key(function: &str) -> ItemMap {
    work_key(HEARTBEAT, function)
}

/// The queue of segments still being scanned, by the time of their last checkpoint.
pub(crate) const SCANNING_QUEUE: &str = "scanning";
/// The queue of parts of rehearsals still being counted, by the time of their last checkpoint.
pub(crate) const REHEARSING_QUEUE: &str = "rehearsing";
/// The queue of autopilots' segments, by the time at which their calendar is checked.
pub(crate) const CALENDARS_QUEUE: &str = "always_on";
/// The list of imports, by the time at which each began. Nothing is due in it: it is read
/// backwards.
pub(crate) const IMPORTS_LIST: &str = "imports";
/// The list of exports, by the time at which each was made, likewise.
pub(crate) const EXPORTS_LIST: &str = "exports";
/// Queues of event deliveries, so that an endpoint that is down does not fill a single one.
pub const DELIVERY_SHARDS: u32 = 4;

/// Returns the queue of one shard of event deliveries, by the time of the next attempt:
/// `webhooks#<shard>`.
pub(crate) fn delivery_queue(shard: u32) -> String {
    format!("webhooks#{shard}")
}

/// Returns the shard of an event delivery.
pub(crate) fn delivery_shard(event: &EventId) -> u32 {
    shard_of(&[event.as_str()], DELIVERY_SHARDS)
}

/// Returns the key at which a query of the index `due` goes on after an entry.
pub(crate) fn due_start_key(mut key: ItemMap, queue: &str, due_at: i64) -> ItemMap {
    key.extend([("due_queue".into(), s(queue)), ("due_at".into(), n(due_at))]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::key_texts;

    #[test]
    fn a_dispatch_is_read_from_its_key() {
        let run = RunId::parse("run_1").unwrap();
        let key = DispatchKey { run: run.clone(), segment: 3, name: "p1.2".into() };
        let item = dispatch_key(&key);
        assert_eq!(key_texts(&item, ["pk", "sk"]), ["run#run_1#0003", "D#p1.2"]);
        assert_eq!(read_dispatch_key(&item).unwrap(), key);
        assert_eq!(segment_key(&run, 3).get("pk"), item.get("pk"));
        assert!(read_dispatch_key(&segment_key(&run, 3)).is_err());
    }

    #[test]
    fn a_part_of_a_rehearsal_is_read_from_its_partition() {
        let id = RehearsalId::parse("reh_1").unwrap();
        let [pk, sk] = key_texts(&rehearsal_segment_key(&id, 3), ["pk", "sk"]);
        assert_eq!((pk.as_str(), sk.as_str()), ("rehearsal#reh_1#0003", "SEGMENT"));
        assert_eq!(parse_rehearsal_segment(&pk), Some((id.clone(), 3)));
        assert_eq!(parse_rehearsal_segment(&rehearsal_partition(&id)), None);
    }
}
