//! A customer's list of orders: each placed order has an entry in Work under `orders#<customer>`
//! with what it counts for, which the ledger writes together with the customer's totals
//! (`voucher::order_events`).
//!
//! Entries stay as long as the customer: a cancellation needs the other orders to find the new day
//! of the last one.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, Put},
};
use domain::{
    Timestamp,
    customer::orders::CountedOrder,
    kernel::{
        id::{CustomerId, OrderId},
        money::{Currency, MinorUnits},
    },
};

use crate::{
    Store,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{customer_order_key, customer_orders_partition},
};

/// An entry of a customer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrder {
    pub id: OrderId,
    pub placed_at: Timestamp,
    /// The order as it counts in the totals, or `None` if it was cancelled.
    pub counted: Option<CountedOrder>,
}

impl Store {
    /// Returns all orders of a customer that count, in no meaningful order, for looking back. The
    /// read is eventually consistent and costs half the read units.
    pub async fn orders_eventually(&self, customer: &CustomerId) -> Result<Vec<CountedOrder>> {
        let query = self.order_query(customer).consistent_read(false);
        let listed = read_listed(query).await?;
        Ok(listed.into_iter().filter_map(|order| order.counted).collect())
    }

    /// Returns all orders that a customer placed. Reads consistently.
    pub async fn listed_orders(&self, customer: &CustomerId) -> Result<Vec<ListedOrder>> {
        read_listed(self.order_query(customer).consistent_read(true)).await
    }

    /// Returns the write of an order's entry.
    pub(crate) fn listed_order_put(
        &self,
        customer: &CustomerId,
        order: &ListedOrder,
    ) -> Result<Put> {
        let item = listed_item(customer, order);
        Ok(Put::builder().table_name(&self.tables.work).set_item(Some(item)).build()?)
    }

    pub(crate) fn order_query(&self, customer: &CustomerId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(customer_orders_partition(customer)))
    }
}

async fn read_listed(query: QueryFluentBuilder) -> Result<Vec<ListedOrder>> {
    let mut items = query.into_paginator().items().send();
    let mut orders = Vec::new();
    while let Some(item) = items.next().await {
        orders.push(read_listed_order(&item?)?);
    }
    Ok(orders)
}

fn listed_item(customer: &CustomerId, order: &ListedOrder) -> ItemMap {
    let mut item = customer_order_key(customer, &order.id);
    item.insert("placed_at".into(), at(order.placed_at));
    if let Some(counted) = &order.counted {
        item.insert("day".into(), s(counted.day.to_string()));
        item.insert("currency".into(), s(counted.currency.as_str()));
        let nets = counted.verticals.iter().map(|(name, net)| (name.clone(), n(net.units())));
        item.insert("verticals".into(), AttributeValue::M(nets.collect()));
    }
    item
}

fn read_listed_order(item: &ItemMap) -> Result<ListedOrder> {
    let name = item.text("sk")?;
    let unreadable = || StoreError::corrupt(name, "not an entry of an order");
    let id = OrderId::parse(name).map_err(|_| unreadable())?;
    let placed_at = item.time("placed_at")?;
    let Some(verticals) = item.map_opt("verticals") else {
        return Ok(ListedOrder { id, placed_at, counted: None });
    };
    let nets = verticals.keys().map(|vertical| {
        let net = MinorUnits::new(verticals.number(vertical)?).map_err(|_| unreadable())?;
        Ok((vertical.clone(), net))
    });
    let counted = CountedOrder {
        placed_at,
        day: item.text("day")?.parse().map_err(|_| unreadable())?,
        currency: Currency::parse(item.text("currency")?).map_err(|_| unreadable())?,
        verticals: nets.collect::<Result<BTreeMap<_, _>>>()?,
    };
    Ok(ListedOrder { id, placed_at, counted: Some(counted) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_item() {
        let placed_at = Timestamp::from_millisecond(1_760_000_000_123).unwrap();
        let net = |units| MinorUnits::new(units).unwrap();
        let counted = CountedOrder {
            placed_at,
            day: "2026-11-01".parse().unwrap(),
            currency: Currency::parse("EUR").unwrap(),
            verticals: BTreeMap::from([("food".into(), net(2_350)), ("pharmacy".into(), net(0))]),
        };
        let customer = CustomerId::parse("c-1").unwrap();
        for counted in [Some(counted), None] {
            let order = ListedOrder { id: OrderId::parse("o-1").unwrap(), placed_at, counted };
            assert_eq!(read_listed_order(&listed_item(&customer, &order)).unwrap(), order);
        }
    }
}
