//! The put that makes a record of an occurrence: a voucher, a ghost, a skip or a failure. There is one for each derived key, whoever
//! asks how often. A put with guards is a transaction with what else must be so, and costs twice.
//! Also here: how many offers and reminders a customer got that have a say in others (cool-downs, caps across campaigns), PK
//! `offers#<customer>`, SK `COUNT`. Whoever decides by a customer's other records reads this number before them, and raises it in the
//! transaction of the put: of two who decide at once, one is refused and decides again. What they go by are the records themselves, so
//! the number may end by TTL once no record has a say any more.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{Timestamp, dispatch::Dispatch, id::CustomerId, voucher::Voucher};

use crate::{
    Store,
    error::{Result, StoreError},
    item::{Item, Read, n, s},
    transaction::Transacted,
    vouchers::{read_voucher, voucher_item, voucher_put},
};

/// The answer to an issue.
#[derive(Debug, Clone, PartialEq)]
pub enum Issued {
    First,
    /// It was there already, as it stands now.
    Existing(Box<Voucher>),
}

/// What must be so when the record is put, beside that there is none of its key.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guards<'a> {
    /// The dispatch is still in its taker's hands: for a lease of fewer vouchers than there are customers, of which a worker that was
    /// overtaken must not use a part that its successor counts on.
    pub taken: Option<&'a Dispatch>,
    pub offers: Option<Offers>,
}

/// The customer got no other offer since their records were read: two dispatches of theirs may be at work at once.
#[derive(Debug, Clone, Copy)]
pub struct Offers {
    /// The number as it stood before.
    pub seen: u64,
    /// When this offer has no say in others any more.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Guarded {
    Issued(Issued),
    /// Another worker has the dispatch, or it has ended. Nothing was written.
    Overtaken,
    /// Another offer was made in the meantime: decide again. Nothing was written.
    Met,
}

impl Store {
    /// The exactly-once guard: one conditional put on the derived key.
    pub async fn issue(&self, voucher: &Voucher) -> Result<Issued> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.tables.vouchers)
            .set_item(Some(voucher_item(voucher)))
            .condition_expression("attribute_not_exists(voucher_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Issued::First),
            Err(error) => {
                use aws_sdk_dynamodb::operation::put_item::PutItemError;
                let Some(PutItemError::ConditionalCheckFailedException(exception)) = error.as_service_error() else {
                    return Err(error.into());
                };
                match exception.item() {
                    Some(old) => Ok(Issued::Existing(Box::new(read_voucher(old)?))),
                    None => Err(StoreError::corrupt(&voucher.id, "the condition failed without the old item")),
                }
            }
        }
    }

    /// The same while every guard holds.
    pub async fn issue_guarded(&self, voucher: &Voucher, guards: &Guards<'_>) -> Result<Guarded> {
        let put = voucher_put(&self.tables.vouchers, voucher)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut items = vec![TransactWriteItem::builder().put(put.build()?).build()];
        if let Some(offers) = &guards.offers {
            items.push(self.count_offer(&voucher.customer, offers)?);
        }
        if let Some(dispatch) = guards.taken {
            items.push(self.still_taken(dispatch)?);
        }
        if items.len() == 1 {
            return self.issue(voucher).await.map(Guarded::Issued);
        }
        match self.transact("a guarded voucher", items).await? {
            Transacted::Written => Ok(Guarded::Issued(Issued::First)),
            Transacted::Refused(cancelled) if cancelled.failed(0) => match cancelled.items.first() {
                Some(Some(old)) => Ok(Guarded::Issued(Issued::Existing(Box::new(read_voucher(old)?)))),
                Some(None) | None => Err(StoreError::corrupt(&voucher.id, "the condition failed without the old item")),
            },
            Transacted::Refused(cancelled) if guards.offers.is_some() && cancelled.failed(1) => Ok(Guarded::Met),
            Transacted::Refused(_) => Ok(Guarded::Overtaken),
        }
    }

    /// To be read before the customer's records, consistently.
    pub async fn offers_seen(&self, customer: &CustomerId) -> Result<u64> {
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

    /// One more, if there were that many.
    pub(crate) fn count_offer(&self, customer: &CustomerId, offers: &Offers) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(offers_key(customer)))
            .update_expression("SET offers = :next, #ttl = :ttl")
            .condition_expression(if offers.seen == 0 { "attribute_not_exists(offers)" } else { "offers = :seen" })
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":next", n(offers.seen + 1))
            .expression_attribute_values(":ttl", n(offers.until.as_second()));
        let update =
            if offers.seen == 0 { update } else { update.expression_attribute_values(":seen", n(offers.seen)) };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

fn offers_key(customer: &CustomerId) -> Item {
    Item::from([("pk".into(), s(format!("offers#{customer}"))), ("sk".into(), s("COUNT"))])
}
