//! Pages of the records that exports write: scans of the tables and reads by key, each page with
//! the place after which the next one begins.
//!
//! Guarantees: over all pages of a scan, a record that is there all the time is returned once; an
//! unreadable one is counted and logged by its key, and fails no page; whoever was erased before a
//! page is read is not on it.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use domain::{
    customer::profile::Customer,
    kernel::id::{CustomerId, OrderId},
    voucher::{order_event::LedgerOrder, record::Voucher},
};

use crate::{
    Store,
    batch::ReadConsistency,
    customer::{
        addresses::{SuppressedAddress, read_suppressed},
        profiles::is_erased,
    },
    error::Result,
    item::{AttributeReader, ItemMap, s},
    keys::{
        ADDRESS, CUSTOMER_ID, ORDER_PREFIX, STATE, customer_key, ledger_order_key, read_customer_id,
    },
    voucher::{orders::read_order, records::read_voucher},
};

/// Records of a page, with the key after which the next page begins.
#[derive(Debug)]
pub struct RecordPage<T> {
    pub records: Vec<T>,
    /// The number of items that could not be read.
    pub unreadable: u64,
    pub next: Option<RecordKey>,
}

/// The key of a record: its partition and its sort key, which is empty in a table without one.
pub type RecordKey = (String, String);

/// The names of a table's keys.
type KeyNames = (&'static str, Option<&'static str>);

const VOUCHER_KEYS: KeyNames = (CUSTOMER_ID, Some("voucher_id"));
const ORDER_KEYS: KeyNames = ("pk", Some("sk"));
const CUSTOMER_KEYS: KeyNames = (CUSTOMER_ID, None);
const ADDRESS_KEYS: KeyNames = (ADDRESS, Some("item"));

impl Store {
    /// Returns a page of all records of the ledger.
    pub async fn scan_vouchers(
        &self,
        after: Option<&RecordKey>,
        limit: i32,
    ) -> Result<RecordPage<Voucher>> {
        let scan = self.client.scan().table_name(&self.tables.vouchers).limit(limit);
        read_page(scan, VOUCHER_KEYS, after, |item| read_voucher(item).map(Some)).await
    }

    /// Returns a page of all orders. Work has other items as well, which are passed over.
    pub async fn scan_orders(
        &self,
        after: Option<&RecordKey>,
        limit: i32,
    ) -> Result<RecordPage<LedgerOrder>> {
        let scan = self.client.scan().table_name(&self.tables.work).limit(limit);
        let scan = scan
            .filter_expression("begins_with(pk, :prefix)")
            .expression_attribute_values(":prefix", s(ORDER_PREFIX));
        read_page(scan, ORDER_KEYS, after, |item| Ok(Some(read_order(item)?.order))).await
    }

    /// Returns a page of all customers. Reads consistently, so that nobody is on it who was erased
    /// before.
    pub async fn scan_present_customers(
        &self,
        after: Option<&RecordKey>,
        limit: i32,
    ) -> Result<RecordPage<Customer>> {
        let scan = self.client.scan().table_name(&self.tables.customers).limit(limit);
        let read = |item: &ItemMap| match is_erased(item) {
            true => Ok(None),
            false => self.read_customer(item).map(Some),
        };
        read_page(scan.consistent_read(true), CUSTOMER_KEYS, after, read).await
    }

    /// Returns a page of all addresses of which a suppression is in force.
    pub async fn scan_suppressed_addresses(
        &self,
        after: Option<&RecordKey>,
        limit: i32,
    ) -> Result<RecordPage<SuppressedAddress>> {
        let scan = self.client.scan().table_name(&self.tables.addresses).limit(limit);
        let scan = scan
            .filter_expression("#item = :state")
            .expression_attribute_names("#item", "item")
            .expression_attribute_values(":state", s(STATE));
        read_page(scan, ADDRESS_KEYS, after, read_suppressed).await
    }

    /// Returns those of these customers who were erased. Reads consistently.
    pub async fn erased_among(&self, ids: &HashSet<CustomerId>) -> Result<HashSet<CustomerId>> {
        let keys = ids.iter().map(customer_key).collect();
        let found = self.batch_get(&self.tables.customers, keys, ReadConsistency::Strong).await?;
        found.iter().filter(|item| is_erased(item)).map(read_customer_id).collect()
    }

    /// Returns those of these orders that there are, in no particular order, and how many of them
    /// cannot be read. Reads consistently.
    pub async fn ledger_orders(&self, ids: &HashSet<OrderId>) -> Result<RecordPage<LedgerOrder>> {
        let keys = ids.iter().map(ledger_order_key).collect();
        let found = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let read = |item: &ItemMap| Ok(Some(read_order(item)?.order));
        Ok(read_items(&found, ORDER_KEYS, read))
    }
}

async fn read_page<T>(
    scan: ScanFluentBuilder,
    names: KeyNames,
    after: Option<&RecordKey>,
    read: impl Fn(&ItemMap) -> Result<Option<T>>,
) -> Result<RecordPage<T>> {
    let start = after.map(|(partition, sort)| {
        let mut key = ItemMap::from([(names.0.to_owned(), s(partition))]);
        key.extend(names.1.map(|name| (name.to_owned(), s(sort))));
        key
    });
    let answer = scan.set_exclusive_start_key(start).send().await?;
    let next = answer.last_evaluated_key().filter(|key| !key.is_empty());
    let next = next.map(|key| read_key(key, names)).transpose()?;
    Ok(RecordPage { next, ..read_items(answer.items(), names, read) })
}

fn read_items<T>(
    items: &[ItemMap],
    names: KeyNames,
    read: impl Fn(&ItemMap) -> Result<Option<T>>,
) -> RecordPage<T> {
    let mut page = RecordPage { records: Vec::new(), unreadable: 0, next: None };
    for item in items {
        match read(item) {
            Ok(record) => page.records.extend(record),
            Err(error) => {
                let key = read_key(item, names).unwrap_or_default();
                tracing::error!(%error, ?key, "unreadable record left out of an export");
                page.unreadable += 1;
            }
        }
    }
    page
}

fn read_key(item: &ItemMap, names: KeyNames) -> Result<RecordKey> {
    let sort = names.1.map_or(Ok(""), |name| item.text(name))?;
    Ok((item.text(names.0)?.to_owned(), sort.to_owned()))
}
