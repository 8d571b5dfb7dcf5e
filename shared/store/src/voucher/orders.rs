//! Orders in the ledger: each is one item in Work under `order#<order>`, with its buyer, its lines,
//! what each voucher took and what came back. The partition is the order's own id, so an order has
//! one buyer. A version guards every write.
//!
//! Orders that were placed stay as long as their customer; one that never was is removed by TTL.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::{
    Timestamp,
    kernel::id::{CustomerId, OrderId, VoucherId},
    voucher::{order_event::LedgerOrder, record::Voucher},
};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    Store,
    batch::{ReadConsistency, TableKeys},
    customer::profiles::{CustomerLookup, SAME_VERSION, merged_into},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{VoucherKey, customer_key, customer_order_key, ledger_order_key, voucher_key},
    voucher::records::read_voucher,
};

/// The time for which an order that was not placed is kept, in seconds.
const KEEP_UNPLACED_SECONDS: i64 = 90 * 24 * 3_600;
/// The number of orders deleted at the same time when a customer is erased.
const DELETE_CONCURRENCY: usize = 16;

/// An order with the version that guards its next write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    pub order: LedgerOrder,
    pub version: u64,
}

/// Everything that a checkout needs to know, read in one request.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckoutItems {
    pub customer: CustomerLookup,
    /// Those of the vouchers that exist, in the order in which they were asked for.
    pub vouchers: Vec<Voucher>,
    pub order: Option<StoredOrder>,
}

impl Store {
    /// Returns an order of the ledger. Reads consistently.
    pub async fn ledger_order(&self, order: &OrderId) -> Result<Option<StoredOrder>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(ledger_order_key(order)))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.as_ref().map(read_order).transpose()
    }

    /// Reads a customer with some of their vouchers and an order, in one request; for a customer
    /// who has absorbed other records, or the id of one of these, in a second one. The customer is
    /// read consistently, so that one who was erased is known as such.
    pub async fn checkout_items(
        &self,
        customer: &CustomerId,
        vouchers: &[VoucherId],
        order: Option<&OrderId>,
        consistency: ReadConsistency,
    ) -> Result<CheckoutItems> {
        let key = |voucher: &VoucherId| {
            voucher_key(&VoucherKey { customer: customer.clone(), voucher: voucher.clone() })
        };
        let tables = &self.tables;
        let wanted = vec![
            TableKeys::strong(&tables.customers, vec![customer_key(customer)]),
            TableKeys::new(&tables.vouchers, vouchers.iter().map(key).collect(), consistency),
            TableKeys::new(
                &tables.work,
                order.map(ledger_order_key).into_iter().collect(),
                consistency,
            ),
        ];
        let found = self.batch_get_tables(wanted).await?;
        let of = |table: &String| found.get(table).map(Vec::as_slice).unwrap_or_default();
        let mut read: Vec<Voucher> =
            of(&tables.vouchers).iter().map(read_voucher).collect::<Result<_>>()?;
        let found_customer = match of(&tables.customers).first() {
            Some(item) if merged_into(item).is_some() => self.customer(customer).await?,
            item => self.read_lookup(item)?,
        };
        if let CustomerLookup::Customer(known) = &found_customer {
            let missing = |id: &&VoucherId| !read.iter().any(|it| it.id == **id);
            let missing: Vec<&VoucherId> = vouchers.iter().filter(missing).collect();
            let others = known.record_ids().into_iter().filter(|id| id != customer);
            let keys = others.flat_map(|id| {
                let key = move |voucher: &&VoucherId| VoucherKey {
                    customer: id.clone(),
                    voucher: (*voucher).clone(),
                };
                missing.iter().map(key).collect::<Vec<_>>()
            });
            let keys: Vec<VoucherKey> = keys.collect();
            if !keys.is_empty() {
                read.extend(self.vouchers_by_keys(&keys).await?);
            }
        }
        let in_turn = vouchers.iter().filter_map(|id| read.iter().find(|it| it.id == *id));
        Ok(CheckoutItems {
            customer: found_customer,
            vouchers: in_turn.cloned().collect(),
            order: of(&tables.work).first().map(read_order).transpose()?,
        })
    }

    /// Returns the newest orders that a customer placed under any of these ids, newest first, as
    /// the ledger has them. Reads eventually consistently, for looking back.
    pub async fn placed_orders(&self, ids: &[CustomerId], most: usize) -> Result<Vec<LedgerOrder>> {
        let mut listed = Vec::new();
        for id in ids {
            listed.extend(self.listed_orders(id).await?);
        }
        listed.sort_by(|one, other| (other.placed_at, &other.id).cmp(&(one.placed_at, &one.id)));
        listed.truncate(most);
        let keys = listed.iter().map(|order| ledger_order_key(&order.id)).collect();
        let found = self.batch_get(&self.tables.work, keys, ReadConsistency::Eventual).await?;
        let mut orders: Vec<LedgerOrder> =
            found.iter().map(|item| Ok(read_order(item)?.order)).collect::<Result<_>>()?;
        orders.retain(|order| ids.contains(&order.buyer));
        let place = |order: &LedgerOrder| listed.iter().position(|listed| listed.id == order.id);
        orders.sort_by_key(place);
        Ok(orders)
    }

    /// Returns the write of an order, of which `before` is the version that was read.
    pub(crate) fn order_put(
        &self,
        order: &LedgerOrder,
        before: Option<u64>,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let item = order_item(order, before.unwrap_or(0) + 1, now)?;
        let put = Put::builder().table_name(&self.tables.work).set_item(Some(item));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression(SAME_VERSION)
                .expression_attribute_values(":version", n(version)),
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Deletes the orders of a customer who is erased: purchase history is personal data. Orders on
    /// which vouchers were redeemed and that were never placed are found by the vouchers, which
    /// know each order that they were on: those of all records of the customer.
    pub async fn delete_orders(&self, customer: &CustomerId, records: &[CustomerId]) -> Result<()> {
        let placed = self.order_ids(customer).await?;
        let redeemed = self.vouchers_of(records).await?.into_iter().flat_map(|voucher| {
            let last = voucher.redemption.map(|redemption| redemption.order);
            voucher.undone_orders.into_iter().chain(last)
        });
        let orders: BTreeSet<OrderId> = placed.iter().cloned().chain(redeemed).collect();
        let mut keys: Vec<ItemMap> = orders.iter().map(ledger_order_key).collect();
        keys.extend(placed.iter().map(|order| customer_order_key(customer, order)));
        stream::iter(keys)
            .map(|key| self.delete_order_item(customer, key))
            .buffer_unordered(DELETE_CONCURRENCY)
            .try_for_each(|()| std::future::ready(Ok(())))
            .await
    }

    /// Deletes an order's item unless it is another customer's.
    async fn delete_order_item(&self, customer: &CustomerId, key: ItemMap) -> Result<()> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(key))
            .condition_expression("attribute_not_exists(buyer) OR buyer = :buyer")
            .expression_attribute_values(":buyer", s(customer.as_str()));
        let items = vec![TransactWriteItem::builder().delete(delete.build()?).build()];
        self.transact_applied("an order", items).await.map(|_| ())
    }

    /// Returns the ids of the orders in a customer's list, readable or not.
    async fn order_ids(&self, customer: &CustomerId) -> Result<Vec<OrderId>> {
        let query = self.order_query(customer).consistent_read(true).projection_expression("sk");
        let mut items = query.into_paginator().items().send();
        let mut ids = Vec::new();
        while let Some(item) = items.next().await {
            ids.extend(OrderId::parse(item?.text("sk")?));
        }
        Ok(ids)
    }
}

fn order_item(order: &LedgerOrder, version: u64, now: Timestamp) -> Result<ItemMap> {
    let document = serde_json::to_string(order)
        .map_err(|error| StoreError::corrupt(order.id.as_str(), error))?;
    let mut item = ledger_order_key(&order.id);
    item.insert("buyer".into(), s(order.buyer.as_str()));
    item.insert("document".into(), s(document));
    item.insert("version".into(), n(version));
    item.insert("changed_at".into(), at(now));
    if order.placement.is_none() {
        item.insert("ttl".into(), n(now.as_second() + KEEP_UNPLACED_SECONDS));
    }
    Ok(item)
}

pub(crate) fn read_order(item: &ItemMap) -> Result<StoredOrder> {
    // The message of serde could quote what was ordered, so only the column is reported.
    let unreadable = |error: serde_json::Error| {
        let name = item.text_opt("pk").unwrap_or_default();
        StoreError::corrupt(name, format!("column {}", error.column()))
    };
    Ok(StoredOrder {
        order: serde_json::from_str(item.text("document")?).map_err(unreadable)?,
        version: item.number("version")?,
    })
}
