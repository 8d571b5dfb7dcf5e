//! Keys of the Customers table, PK `customer_id` and no sort key, and of its indexes, which are
//! spread over write shards.

use domain::{
    campaign::trigger::CalendarBucket, customer::profile::GeoPoint, kernel::id::CustomerId,
};
use sha2::{Digest, Sha256};

use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, s},
};

/// The partition key of Customers and Vouchers.
pub(crate) const CUSTOMER_ID: &str = "customer_id";
/// The partition key of the index `by-activity-day`.
pub(crate) const ACTIVITY_BUCKET: &str = "activity_bucket";
/// The partition key of the index `by-personal-date`.
pub(crate) const PERSONAL_DATE_BUCKET: &str = "personal_date_bucket";
/// The partition key of the index `by-cell`.
pub(crate) const CELL_BUCKET: &str = "cell_bucket";
/// The partition key of the index `by-name`, and its sort key.
pub(crate) const NAME_BUCKET: &str = "name_bucket";
pub(crate) const NAME_KEY: &str = "name_key";
/// Partitions of one key of a customer index; each takes 1,000 writes a second.
pub const WRITE_SHARDS: u8 = 16;
/// Home cells per degree: a cell's side is 0.1 degrees, which is 11 km north to south.
const CELLS_PER_DEGREE: f64 = 10.0;

/// Returns the write shard of a customer in every index: stable, and evenly spread over all
/// customers.
pub fn write_shard(customer: &CustomerId) -> u8 {
    Sha256::digest(customer.as_str().as_bytes()).first().copied().unwrap_or_default() % WRITE_SHARDS
}

/// Returns the key of a customer in Customers: the id.
pub(crate) fn customer_key(id: &CustomerId) -> ItemMap {
    scan_key(id.as_str())
}

/// Returns the key of any item of Customers, whose form may be no id.
pub(crate) fn scan_key(text: &str) -> ItemMap {
    ItemMap::from([(CUSTOMER_ID.to_owned(), s(text))])
}

/// Reads the customer id of an item of Customers or of one of its indexes.
pub(crate) fn read_customer_id(item: &ItemMap) -> Result<CustomerId> {
    CustomerId::parse(item.text(CUSTOMER_ID)?)
        .map_err(|_| StoreError::corrupt("customer", "not an id"))
}

/// Returns the partition of one write shard of a day. In Customers `2026-11-20#03` (the day of the
/// last order) and `03-05#03` (a birthday); on the due index of Work `date#<name>#03-05#03`.
pub(crate) fn calendar_bucket_key(bucket: &CalendarBucket, shard: u8) -> String {
    match bucket {
        CalendarBucket::LastOrder(day) => sharded_key(&day.to_string(), shard),
        CalendarBucket::PersonalDate { month, day } => {
            sharded_key(&format!("{month:02}-{day:02}"), shard)
        }
        CalendarBucket::NamedDate { name, month, day } => {
            sharded_key(&format!("date#{name}#{month:02}-{day:02}"), shard)
        }
    }
}

/// Returns the partition of one write shard of a home cell: `404:-38#03`, the south-west corner of
/// the cell in tenths of a degree.
pub(crate) fn cell_bucket_key(point: &GeoPoint, shard: u8) -> String {
    let cell = format!(
        "{:.0}:{:.0}",
        (point.lat * CELLS_PER_DEGREE).floor(),
        (point.lon * CELLS_PER_DEGREE).floor()
    );
    sharded_key(&cell, shard)
}

/// Returns the partition of a bucket of the index of names: `n05`.
pub(crate) fn name_bucket_key(bucket: u8) -> String {
    format!("n{bucket:02}")
}

/// Returns the key at which a query of the index of names goes on after an entry.
pub(crate) fn name_start_key(bucket: u8, name_key: &str, after: &CustomerId) -> ItemMap {
    let mut start = bucket_start_key(NAME_BUCKET, &name_bucket_key(bucket), after);
    start.insert(NAME_KEY.to_owned(), s(name_key));
    start
}

fn sharded_key(bucket: &str, shard: u8) -> String {
    format!("{bucket}#{shard:02}")
}

/// Returns the key at which a query of a sharded index of Customers goes on after a customer.
pub(crate) fn bucket_start_key(attribute: &str, bucket: &str, after: &CustomerId) -> ItemMap {
    let mut start = customer_key(after);
    start.insert(attribute.to_owned(), s(bucket));
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_shards_are_even() {
        let mut counts = [0u32; WRITE_SHARDS as usize];
        for n in 0..16_000 {
            counts[usize::from(write_shard(&CustomerId::parse(&format!("c-{n}")).unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
