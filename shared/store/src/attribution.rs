//! What an order counts for, kept on the customer's vouchers and ghosts: `w_orders`, `w_spend` (domain::attribution). Made anew from the
//! order records whenever one of them changes, never added to, so that repeats and crashes cannot count twice; `w_version` is the version
//! of the customer by which it was made, and what was made by an older one does not replace it.

use domain::{
    attribution::{Outcome, is_measured, outcomes, until},
    order::{OrderEvent, What},
    voucher::Voucher,
};

use crate::{
    Store,
    customers::{Found, pause},
    dispatches::condition_failed,
    error::Result,
    item::n,
    vouchers::VoucherKey,
};

/// Tries of one write that met another on the same item.
const TRIES: u32 = 4;

impl Store {
    /// To be called once `event` is recorded, and again if that is not known to have ended. Returns how many records it counts for.
    pub async fn attribute(&self, event: &OrderEvent) -> Result<usize> {
        let records = self.vouchers_of(&event.customer_id).await?;
        let concerned = match event.what {
            What::Placed { .. } => records.iter().any(|record| is_measured(record) && within(record, event.at)),
            // when it was placed is in its record
            What::Cancelled | What::Refunded { .. } => records.iter().any(is_measured),
        };
        if !concerned {
            return Ok(0);
        }
        // the version first: whoever changes an order after that also raises it
        let version = match self.customer(&event.customer_id).await? {
            Found::Customer(customer) => customer.version,
            Found::Erased | Found::Unknown => return Ok(0),
        };
        let orders = self.orders_of(&event.customer_id).await?;
        let changed = orders.iter().find(|(id, _)| id == event.order_id.as_str());
        let Some(placed) = changed.and_then(|(_, record)| record.placed.as_ref()) else { return Ok(0) };
        let facts: Vec<_> = orders.iter().map(|(_, record)| record.clone()).collect();
        let found = outcomes(&records, &facts);
        let mut counted = 0;
        for record in records.iter().filter(|record| within(record, placed.at)) {
            if let Some(outcome) = found.get(&record.id) {
                self.keep_outcome(&record.into(), *outcome, version).await?;
                counted += 1;
            }
        }
        Ok(counted)
    }

    async fn keep_outcome(&self, key: &VoucherKey, outcome: Outcome, version: u64) -> Result<()> {
        let mut tried = 0;
        loop {
            let answer = self
                .update(key)
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
                // made by this version or a later one, or the record's time is over
                Err(error) if condition_failed(&error) => return Ok(()),
                Err(error) if tried + 1 >= TRIES => return Err(error.into()),
                Err(_) => pause(tried).await,
            }
            tried += 1;
        }
    }
}

fn within(record: &Voucher, at: domain::Timestamp) -> bool {
    record.issued_at <= at && at < until(record.issued_at)
}
