//! The orders attributed to the customer's vouchers and held-out records: `w_orders`, `w_spend`
//! (domain::voucher::attribution). They are computed again from the order records whenever one of
//! these changes, and never added to, so that repeats and crashes cannot count twice. `w_version`
//! is the version of the customer that they were computed from; a result of an older version does
//! not replace them.

use domain::{
    customer::orders::CountedOrder,
    kernel::id::CustomerId,
    voucher::{
        attribution::{attribute_orders, is_measured, window_end},
        order_event::{OrderChange, OrderEvent},
        record::{AttributedOrders, Voucher},
    },
};

use crate::{
    Store, backoff::back_off, conditional::condition_failed, customer::profiles::CustomerLookup,
    error::Result, item::n, voucher::records::VoucherKey,
};

/// Tries of one write that conflicts with another on the same item.
const MAX_CONFLICT_RETRIES: u32 = 4;

impl Store {
    /// Attributes the customer's orders once `event` is recorded; call it again if it may not have
    /// finished. `ids` are those of all records of the customer. Returns the number of records that
    /// the order counts for.
    pub async fn attribute_order(&self, event: &OrderEvent, ids: &[CustomerId]) -> Result<usize> {
        let records = self.vouchers_of(ids).await?;
        let concerned = match event.change {
            OrderChange::Placed { .. } => records
                .iter()
                .any(|record| is_measured(record) && is_within_window(record, event.at)),
            // The time at which the order was placed is in the customer's list.
            OrderChange::Edited { .. }
            | OrderChange::Cancelled
            | OrderChange::Refunded(_)
            | OrderChange::VoucherReversed { .. } => records.iter().any(is_measured),
        };
        if !concerned {
            return Ok(0);
        }
        // The version is read first: a change to an order after that also raises it.
        let version = match self.customer(&event.customer).await? {
            CustomerLookup::Customer(customer) => customer.version,
            CustomerLookup::Erased | CustomerLookup::Unknown => return Ok(0),
        };
        let mut orders = Vec::new();
        for id in ids {
            orders.extend(self.listed_orders(id).await?);
        }
        let Some(changed) = orders.iter().find(|order| order.id == event.order) else {
            return Ok(0);
        };
        let placed_at = changed.placed_at;
        let facts: Vec<CountedOrder> =
            orders.into_iter().filter_map(|order| order.counted).collect();
        let found = attribute_orders(&records, &facts);
        let mut counted = 0;
        for record in records.iter().filter(|record| is_within_window(record, placed_at)) {
            if let Some(outcome) = found.get(&record.id) {
                self.record_outcome(&record.into(), *outcome, version).await?;
                counted += 1;
            }
        }
        Ok(counted)
    }

    async fn record_outcome(
        &self,
        key: &VoucherKey,
        outcome: AttributedOrders,
        version: u64,
    ) -> Result<()> {
        let mut tried = 0;
        loop {
            let answer = self
                .update_voucher(key)
                .update_expression("SET w_orders = :orders, w_spend = :spend, w_version = :version")
                .condition_expression(
                    "attribute_exists(voucher_id) AND (attribute_not_exists(w_version) OR w_version < :version)",
                )
                .expression_attribute_values(":orders", n(outcome.orders))
                .expression_attribute_values(":spend", n(outcome.spend.units()))
                .expression_attribute_values(":version", n(version))
                .send()
                .await;
            match answer {
                Ok(_) => return Ok(()),
                // The outcome of this version or of a later one is stored, or the record was
                // removed by TTL.
                Err(error) if condition_failed(&error) => return Ok(()),
                Err(error) if tried + 1 >= MAX_CONFLICT_RETRIES => return Err(error.into()),
                Err(_) => back_off(tried).await,
            }
            tried += 1;
        }
    }
}

fn is_within_window(record: &Voucher, at: domain::Timestamp) -> bool {
    record.issued_at <= at && at < window_end(record.issued_at)
}
