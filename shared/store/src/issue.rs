//! The put that makes a record of an occurrence: a voucher, a ghost, a skip or a failure. There is one for each derived key, whoever
//! asks how often. A put with guards is a transaction with what else must be so, and costs twice.
//! Also here: the last offer of an autopilot to a customer, PK `cooling#<customer>`, SK the campaign, which only guards against two at
//! once and ends by TTL; what a cool-down goes by are the records themselves.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{Timestamp, dispatch::Dispatch, voucher::Voucher};

use crate::{
    Store,
    error::{Result, StoreError},
    item::{at, n, s},
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
    pub cool_down: Option<CoolDown>,
}

/// The campaign made this customer no other offer since then: two dispatches of theirs may be at work at once.
#[derive(Debug, Clone, Copy)]
pub struct CoolDown {
    pub since: Timestamp,
    /// When this offer no longer counts.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Guarded {
    Issued(Issued),
    /// Another worker has the dispatch, or it has ended. Nothing was written.
    Overtaken,
    /// Another offer was made in the meantime. Nothing was written.
    Cooling,
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
        if let Some(cool_down) = &guards.cool_down {
            items.push(self.last_offer(voucher, cool_down)?);
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
            Transacted::Refused(cancelled) if guards.cool_down.is_some() && cancelled.failed(1) => Ok(Guarded::Cooling),
            Transacted::Refused(_) => Ok(Guarded::Overtaken),
        }
    }

    fn last_offer(&self, voucher: &Voucher, cool_down: &CoolDown) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.tables.work)
            .key("pk", s(format!("cooling#{}", voucher.customer)))
            .key("sk", s(voucher.campaign.as_str()))
            .update_expression("SET offered_at = :at, #ttl = :ttl")
            .condition_expression("attribute_not_exists(offered_at) OR offered_at <= :since")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":at", at(voucher.issued_at))
            .expression_attribute_values(":since", at(cool_down.since))
            .expression_attribute_values(":ttl", n(cool_down.until.as_second()))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
