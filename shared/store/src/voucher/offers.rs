//! The number of a customer's offers, reminders and further messages that count for others (cool-downs,
//! caps across campaigns), PK `offers#<customer>`, SK `COUNT`.
//!
//! Guarantee: a worker that decides by a customer's other records reads this number before them, and
//! raises it in the transaction of its put. Of two workers that decide at the same time, one is
//! refused and decides again. The decision itself uses the records, so the number may end by TTL once
//! no record counts any more.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{Timestamp, kernel::id::CustomerId};

use crate::{
    Store,
    error::Result,
    item::{AttributeReader, n},
    keys::offers_key,
};

/// Requires that the customer got no other offer since their records were read: two of their
/// dispatches may be processed at the same time.
#[derive(Debug, Clone, Copy)]
pub struct SeenOffers {
    /// The number that was read before the records.
    pub seen: u64,
    /// The time from which this offer no longer counts for others.
    pub counts_until: Timestamp,
}

impl Store {
    /// Returns the number of the customer's offers. It must be read before the customer's records,
    /// and is read consistently.
    pub async fn offer_count(&self, customer: &CustomerId) -> Result<u64> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(offers_key(customer)))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item.and_then(|item| item.number_opt("offers")).unwrap_or(0))
    }

    /// Returns the write that raises the number of offers by one, if it is still the one that was
    /// seen.
    pub(crate) fn offer_count_update(
        &self,
        customer: &CustomerId,
        offers: &SeenOffers,
    ) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(offers_key(customer)))
            .update_expression("SET offers = :next, #ttl = :ttl")
            .condition_expression(if offers.seen == 0 {
                "attribute_not_exists(offers)"
            } else {
                "offers = :seen"
            })
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":next", n(offers.seen + 1))
            .expression_attribute_values(":ttl", n(offers.counts_until.as_second()));
        let update = if offers.seen == 0 {
            update
        } else {
            update.expression_attribute_values(":seen", n(offers.seen))
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}
