//! Every key of the six tables, one file for each table: partition keys, sort keys, the keys of the
//! indexes, and the shards that spread them. docs/data-model.md lists the same forms.
//!
//! Reads and writes nothing. Guarantees: a key is built and parsed here alone, so no two kinds of
//! items share a key by accident.

mod customers;
mod addresses;
mod vouchers;
mod work;
mod control;
mod reports;

pub(crate) use addresses::{
    ADDRESS, HOLDERS_RANGE, REPLIES_LISTING, STATE, address_state_key, device_holder_key,
    holder_key, listed_suppression_at, listing_key, parse_reply_id, read_address_key, reply_id,
    reply_key, reply_sort_key, suppressed_listing,
};
pub(crate) use control::{
    API_KEY_PREFIX, API_KEYS_PARTITION, AUDIT_LISTING, AUDIT_RANGE, ENDPOINT_PREFIX,
    ENDPOINTS_PARTITION, MERCHANTS_LISTING, act_key, api_key_use_key, audit_key, audit_listed_at,
    audit_listed_from, audit_start_key, catalogue_key, catalogue_partition, definition_key,
    deleted_draft_key, endpoint_key, hours_checkpoint_key, link_name_key, link_name_partition,
    listed_at, match_audit_key, opened_at, opened_from, quota_key, read_audited_subject,
    read_campaign_id, read_catalogue_key, read_endpoint_id, setting_audit_key, setting_key,
    setting_partition, summary_key,
};
pub(crate) use customers::{
    ACTIVITY_BUCKET, CELL_BUCKET, CUSTOMER_ID, NAME_BUCKET, NAME_KEY, PERSONAL_DATE_BUCKET,
    bucket_start_key, calendar_bucket_key, cell_bucket_key, customer_key, name_bucket_key,
    name_start_key, read_customer_id, scan_key,
};
pub use customers::{WRITE_SHARDS, write_shard};
pub(crate) use reports::{
    ALL_CAMPAIGNS, STREAM, checkpoint_key, difference_key, difference_partition, last_row_of_day,
    read_difference_row, read_shard_position, recount_key, recount_position, recount_sums_item,
    recount_sums_partition, report_heartbeat_key, report_key, row_keys, second_key,
    sends_partition, values_partition,
};
pub use vouchers::{CAMPAIGN_SHARDS, VoucherKey};
pub(crate) use vouchers::{
    campaign_bucket, campaign_start_key, parse_voucher_position, read_voucher_key, voucher_key,
    voucher_position,
};
pub use work::DELIVERY_SHARDS;
pub(crate) use work::{
    CALENDARS_QUEUE, EVENT_NAMES, EXPORTS_LIST, IMPORTS_LIST, ORDER_PREFIX, REHEARSAL,
    REHEARSING_QUEUE, SCANNING_QUEUE, TEST_REQUEST, calendar_entry_key, calendar_partition,
    customer_order_key, customer_orders_partition, daily_rate_key, dead_letter_key,
    dead_letter_partition, delivery_queue, delivery_shard, dispatch_key, due_start_key,
    event_delivery_key, event_name_key, export_key, goodwill_count_key, hold_note_key, import_key,
    import_mapping_key, is_ledger_order, lane_answers_key, lane_key, ledger_order_key,
    listed_rehearsal_at, match_key, merge_count_key, merge_note_key, message_id_key,
    message_id_taken_key, offers_key, parse_rehearsal_segment, parse_segment_partition, rate_key,
    read_calendar_customer, read_dispatch_key, read_work_key, rehearsal_estimate_key,
    rehearsal_key, rehearsal_partition, rehearsal_segment_key, rehearsals_partition, segment_key,
    test_message_key, test_request_key, test_send_partition, unknown_note_key, work_heartbeat_key,
    work_key,
};

use crate::item::{ItemMap, s};

/// The partition of all heartbeats, in Work and in Reports.
const HEARTBEAT: &str = "HEARTBEAT";

fn pair(partition: (&str, &str), sort: (&str, &str)) -> ItemMap {
    ItemMap::from([partition, sort].map(|(name, value)| (name.to_owned(), s(value))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::AttributeReader;

    /// Returns the values of a key's two attributes.
    pub(super) fn key_texts(key: &ItemMap, names: [&str; 2]) -> [String; 2] {
        names.map(|name| key.text(name).unwrap().to_owned())
    }
}
