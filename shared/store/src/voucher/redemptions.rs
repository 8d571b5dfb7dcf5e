//! Accepts and declines vouchers, and holds, releases and redeems sets of them: a single voucher
//! with one conditional write where nothing else changes, a set in one transaction. Every condition
//! names what the decision was made on, and expiry is part of it.
//!
//! A hold of a capped campaign's voucher reserves its discount: it is taken from the cap at once,
//! kept on the voucher, and given back when the hold ends unused (a note in Work finds it).

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{
        AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update, builders::UpdateBuilder,
    },
};
use domain::{
    Timestamp,
    customer::profile::Customer,
    delivery::dispatch::Dispatch,
    kernel::{
        id::{CampaignId, CustomerId},
        money::MinorUnits,
    },
    voucher::{
        record::{CheckoutHold, Voucher, VoucherRefusal, VoucherStatus},
        redemption::OrderRedemption,
    },
};
use futures::{StreamExt, stream};

use crate::{
    Store,
    conditional::{Applied, condition_failed, conflicting_item, parse_applied},
    customer::profiles::SAME_VERSION,
    due_index::{DueQueue, DueTime},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{customer_key, hold_note_key, quota_key, read_voucher_key, read_work_key, voucher_key},
    transaction::TransactionResult,
    voucher::records::{
        VoucherKey, read_voucher, redemption_value, refusal_attributes, refused_text,
    },
};

/// Holds that are read at once.
const HOLDS_PAGE: usize = 100;
/// Holds that are given back at the same time.
const HOLDS_AT_ONCE: usize = 16;

/// The result of a conditional write on a voucher.
#[derive(Debug, Clone, PartialEq)]
pub enum RedemptionResult {
    First,
    /// The condition failed; holds the voucher as it was at that moment.
    Conflict(Box<Voucher>),
    /// There is no such voucher.
    Missing,
}

/// The result of a write on the vouchers of one checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutResult {
    First,
    /// A voucher or the order has changed since it was read, and nothing was written.
    Conflict,
    /// This campaign's cap on redeemed amounts has no room, and nothing was written.
    Capped(CampaignId),
}

/// A hold to record, with the voucher that it was decided on.
#[derive(Debug, Clone, Copy)]
pub struct HoldWrite<'a> {
    pub voucher: &'a Voucher,
    pub hold: &'a CheckoutHold,
}

async fn send_recorded(update: UpdateItemFluentBuilder) -> Result<RedemptionResult> {
    let update = update
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update.send().await {
        Ok(_) => Ok(RedemptionResult::First),
        Err(error) => match conflicting_item(&error) {
            Some(old) => Ok(RedemptionResult::Conflict(Box::new(read_voucher(old)?))),
            None if condition_failed(&error) => Ok(RedemptionResult::Missing),
            None => Err(error.into()),
        },
    }
}

/// The condition under which an accepted voucher may be used now, beside that its hold is still the
/// one that was read. `domain::voucher::redemption` decides by the same rule; this condition is the
/// guarantee.
const USABLE: &str = "#status = :accepted AND redeem_by > :now AND valid_from <= :now AND attribute_not_exists(reissued_at)";
/// A voucher that is issued again was over when it was read, so a late write of a caller who read
/// it earlier must not bring it back; and an end that support has moved meanwhile is not moved
/// back.
const ACCEPTABLE: &str = "#status = :issued AND accept_by > :now AND attribute_not_exists(reissued_at) \
                          AND (attribute_not_exists(redeem_by) OR redeem_by <= :redeem_by)";
const ACCEPT: &str = "SET #status = :accepted, accepted_at = if_not_exists(accepted_at, :now), redeem_by = :redeem_by, \
                      accepted_via = if_not_exists(last_via, :none)";
const UNLOCK: &str = "hold_key, hold_until, hold_reserved, hold_rules";

/// Returns the values of [`ACCEPT`] and [`ACCEPTABLE`].
fn acceptance_values(redeem_by: Timestamp, now: Timestamp) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (":accepted".to_owned(), s(VoucherStatus::Accepted.as_str())),
        (":issued".to_owned(), s(VoucherStatus::Issued.as_str())),
        (":redeem_by".to_owned(), at(redeem_by)),
        (":none".to_owned(), s("none")),
        (":now".to_owned(), at(now)),
    ])
}

/// Starts the update of a voucher on the condition that its hold is the one that was read.
fn update_as_read(table: &str, voucher: &Voucher, condition: &str) -> UpdateBuilder {
    let update = Update::builder().table_name(table).set_key(Some(voucher_key(&voucher.into())));
    let is_same_hold = match &voucher.hold {
        None => "attribute_not_exists(hold_key)",
        Some(_) => "hold_key = :read_key AND hold_until = :read_until",
    };
    let update = update.condition_expression(match condition {
        "" => is_same_hold.to_owned(),
        condition => format!("{condition} AND {is_same_hold}"),
    });
    match &voucher.hold {
        None => update,
        Some(hold) => update
            .expression_attribute_values(":read_key", s(hold.key.as_str()))
            .expression_attribute_values(":read_until", at(hold.until)),
    }
}

fn usable_as_read(
    table: &str,
    voucher: &Voucher,
    condition: &str,
    now: Timestamp,
) -> UpdateBuilder {
    update_as_read(table, voucher, &format!("{USABLE}{condition}"))
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()))
        .expression_attribute_values(":now", at(now))
}

/// Amounts to take from the caps of campaigns; below zero, to give back.
#[derive(Debug, Default)]
pub(crate) struct CapCharges<'a>(BTreeMap<&'a CampaignId, i64>);

impl<'a> CapCharges<'a> {
    pub fn add(&mut self, campaign: &'a CampaignId, units: i64) {
        *self.0.entry(campaign).or_default() += units;
    }
    /// Returns the campaigns of [`Store::cap_updates`], in their order.
    fn charged(&self) -> impl Iterator<Item = (&'a CampaignId, i64)> {
        self.0.iter().map(|(campaign, units)| (*campaign, *units)).filter(|(_, units)| *units != 0)
    }
}

const REDEEM: &str = "SET #status = :redeemed, redemption = :redemption, redeemed_at = if_not_exists(redeemed_at, :now), \
                      redemptions = if_not_exists(redemptions, :zero) + :one";

impl Store {
    /// Records that the customer has accepted a voucher. The reminder of the accepted one, if there
    /// is one, is planned in the same transaction.
    pub async fn record_acceptance(
        &self,
        key: &VoucherKey,
        redeem_by: Timestamp,
        reminder: Option<&Dispatch>,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        if let Some(reminder) = reminder {
            let planned = self.accept_and_remind(key, redeem_by, reminder, now).await?;
            if let Some(accepted) = planned {
                return Ok(accepted);
            }
        }
        let update = self
            .update_voucher(key)
            .update_expression(ACCEPT)
            .condition_expression(ACCEPTABLE)
            .expression_attribute_names("#status", "status")
            .set_expression_attribute_values(Some(acceptance_values(redeem_by, now)));
        send_recorded(update).await
    }

    /// Returns `None`, and writes nothing, if the reminder is planned already.
    async fn accept_and_remind(
        &self,
        key: &VoucherKey,
        redeem_by: Timestamp,
        reminder: &Dispatch,
        now: Timestamp,
    ) -> Result<Option<RedemptionResult>> {
        let update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(ACCEPT)
            .condition_expression(ACCEPTABLE)
            .expression_attribute_names("#status", "status")
            .set_expression_attribute_values(Some(acceptance_values(redeem_by, now)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let items = vec![
            TransactWriteItem::builder().update(update.build()?).build(),
            self.dispatch_put(reminder)?,
        ];
        match self.transact("an accepted voucher", items).await? {
            TransactionResult::Written => Ok(Some(RedemptionResult::First)),
            TransactionResult::Refused(refused) if refused.condition_failed_at(0) => {
                Ok(Some(match refused.old_item_at(0) {
                    Some(old) => RedemptionResult::Conflict(Box::new(read_voucher(old)?)),
                    None => RedemptionResult::Missing,
                }))
            }
            TransactionResult::Refused(refused) if refused.condition_failed_at(1) => Ok(None),
            TransactionResult::Refused(_) => Err(StoreError::Contended("an accepted voucher")),
        }
    }

    pub async fn record_decline(
        &self,
        key: &VoucherKey,
        now: Timestamp,
    ) -> Result<RedemptionResult> {
        let update = self
            .update_voucher(key)
            .update_expression(
                "SET #status = :declined, declined_at = if_not_exists(declined_at, :now)",
            )
            .condition_expression("#status = :issued AND accept_by > :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":declined", s(VoucherStatus::Declined.as_str()))
            .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await
    }

    /// Revokes the vouchers that a customer who is erased could still accept or redeem.
    pub(crate) async fn revoke_open_vouchers(&self, customer: &CustomerId) -> Result<()> {
        let vouchers = self.customer_vouchers(customer).await?;
        for voucher in vouchers.iter().filter(|voucher| voucher.status.is_open()) {
            let update = self
                .update_voucher(&voucher.into())
                .update_expression("SET #status = :revoked")
                .condition_expression("#status IN (:issued, :accepted)")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":revoked", s(VoucherStatus::Revoked.as_str()))
                .expression_attribute_values(":issued", s(VoucherStatus::Issued.as_str()))
                .expression_attribute_values(":accepted", s(VoucherStatus::Accepted.as_str()));
            parse_applied(update.send().await)?;
        }
        Ok(())
    }

    /// Holds the vouchers of one checkout, all or none.
    pub async fn record_holds(
        &self,
        holds: &[HoldWrite<'_>],
        now: Timestamp,
    ) -> Result<CheckoutResult> {
        let (mut writes, mut charges) = (Vec::new(), CapCharges::default());
        let mut notes = Vec::new();
        for HoldWrite { voucher, hold } in holds {
            writes.push(self.hold_update(voucher, hold, now)?);
            charges.add(&voucher.campaign, hold.reserved.units() - voucher.reserved().units());
            if hold.reserved > MinorUnits::ZERO {
                notes.push(self.hold_note_put(&(*voucher).into(), hold)?);
            }
        }
        self.commit_checkout(writes, &charges, notes).await
    }

    fn hold_update(
        &self,
        voucher: &Voucher,
        hold: &CheckoutHold,
        now: Timestamp,
    ) -> Result<Update> {
        let update = usable_as_read(&self.tables.vouchers, voucher, "", now)
            .update_expression(
                "SET hold_key = :hold, hold_until = :until, hold_reserved = :reserved, \
                 hold_rules = :rules",
            )
            .expression_attribute_values(":rules", s(hold.rules.as_str()))
            .expression_attribute_values(":hold", s(hold.key.as_str()))
            .expression_attribute_values(":until", at(hold.until))
            .expression_attribute_values(":reserved", n(hold.reserved.units()));
        Ok(update.build()?)
    }

    /// Releases the holds of vouchers, as they were read, all or none.
    pub async fn release_holds(&self, vouchers: &[&Voucher]) -> Result<CheckoutResult> {
        let (mut writes, mut charges) = (Vec::new(), CapCharges::default());
        let mut notes = Vec::new();
        for voucher in vouchers {
            let update = update_as_read(&self.tables.vouchers, voucher, "")
                .update_expression(format!("REMOVE {UNLOCK}"));
            writes.push(update.build()?);
            if voucher.reserved() > MinorUnits::ZERO {
                charges.add(&voucher.campaign, -voucher.reserved().units());
                notes.push(self.hold_note_delete(voucher)?);
            }
        }
        self.commit_checkout(writes, &charges, notes).await
    }

    /// Redeems the vouchers of an order and writes the order, all or none. `vouchers` are those
    /// that the redemption was decided on, and `before` is the version of the order. `merged` is
    /// the customer if they have absorbed other records: they must be as they were read, so that no
    /// undo comes between.
    pub async fn record_redemption(
        &self,
        redemption: &OrderRedemption,
        vouchers: &[Voucher],
        before: Option<u64>,
        merged: Option<&Customer>,
        now: Timestamp,
    ) -> Result<CheckoutResult> {
        let (mut items, mut charges) = (Vec::new(), CapCharges::default());
        let mut notes = Vec::new();
        for new in &redemption.redemptions {
            let Some(voucher) = vouchers.iter().find(|it| it.id == new.voucher) else { continue };
            let update = self.redemption_update(voucher, redemption_value(&new.redemption), now);
            items.push(TransactWriteItem::builder().update(update?).build());
            charges.add(&voucher.campaign, new.cap_charge);
            if voucher.reserved() > MinorUnits::ZERO {
                notes.push(self.hold_note_delete(voucher)?);
            }
        }
        items.push(self.order_put(&redemption.order, before, now)?);
        if let Some(customer) = merged {
            let check = ConditionCheck::builder()
                .table_name(&self.tables.customers)
                .set_key(Some(customer_key(&customer.id)))
                .condition_expression(SAME_VERSION)
                .expression_attribute_values(":version", n(customer.version));
            items.push(TransactWriteItem::builder().condition_check(check.build()?).build());
        }
        self.transact_checkout(items, &charges, notes).await
    }

    fn redemption_update(
        &self,
        voucher: &Voucher,
        redemption: AttributeValue,
        now: Timestamp,
    ) -> Result<Update> {
        let condition = match &voucher.redemption {
            None => " AND attribute_not_exists(redemption)",
            Some(_) => " AND redemption = :before",
        };
        let keep_undone = match &voucher.redemption {
            None => "",
            Some(_) => {
                ", undone = list_append(if_not_exists(undone, :nothing), :undone), \
                 undone_orders = list_append(if_not_exists(undone_orders, :nothing), :undone_order)"
            }
        };
        let mut update = usable_as_read(&self.tables.vouchers, voucher, condition, now)
            .update_expression(format!("{REDEEM}{keep_undone} REMOVE {UNLOCK}"))
            .expression_attribute_values(":redeemed", s(VoucherStatus::Redeemed.as_str()))
            .expression_attribute_values(":redemption", redemption)
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1));
        if let Some(before) = &voucher.redemption {
            let list = AttributeValue::L;
            update = update
                .expression_attribute_values(":before", redemption_value(before))
                .expression_attribute_values(":undone", list(vec![at(before.at)]))
                .expression_attribute_values(":undone_order", list(vec![s(before.order.as_str())]))
                .expression_attribute_values(":nothing", list(Vec::new()));
        }
        Ok(update.build()?)
    }

    /// Writes vouchers with the caps and notes that go with them. A single voucher that concerns
    /// nothing else is one conditional write, at half the price.
    async fn commit_checkout(
        &self,
        mut vouchers: Vec<Update>,
        charges: &CapCharges<'_>,
        notes: Vec<TransactWriteItem>,
    ) -> Result<CheckoutResult> {
        if charges.charged().next().is_none()
            && notes.is_empty()
            && vouchers.len() == 1
            && let Some(update) = vouchers.pop()
        {
            return Ok(match parse_applied(self.single_update(&update).send().await)? {
                Applied::Yes => CheckoutResult::First,
                Applied::Conflict => CheckoutResult::Conflict,
            });
        }
        let item = |update| TransactWriteItem::builder().update(update).build();
        self.transact_checkout(vouchers.into_iter().map(item).collect(), charges, notes).await
    }

    fn single_update(&self, update: &Update) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(update.table_name())
            .set_key(Some(update.key().clone()))
            .update_expression(update.update_expression())
            .set_condition_expression(update.condition_expression().map(str::to_owned))
            .set_expression_attribute_names(update.expression_attribute_names().cloned())
            .set_expression_attribute_values(update.expression_attribute_values().cloned())
    }

    async fn transact_checkout(
        &self,
        mut items: Vec<TransactWriteItem>,
        charges: &CapCharges<'_>,
        notes: Vec<TransactWriteItem>,
    ) -> Result<CheckoutResult> {
        let caps_from = items.len();
        items.extend(self.cap_updates(charges)?);
        items.extend(notes);
        let refused = match self.transact("vouchers of an order", items).await? {
            TransactionResult::Written => return Ok(CheckoutResult::First),
            TransactionResult::Refused(refused) => refused,
        };
        if (0..caps_from).any(|index| refused.condition_failed_at(index)) {
            return Ok(CheckoutResult::Conflict);
        }
        let mut caps = charges.charged().enumerate();
        let capped = caps.find(|(index, _)| refused.condition_failed_at(caps_from + index));
        Ok(match capped {
            Some((_, (campaign, _))) => CheckoutResult::Capped(campaign.clone()),
            None => CheckoutResult::Conflict,
        })
    }

    /// Returns the writes that take amounts from the caps on redeemed amounts, or give them back.
    pub(crate) fn cap_updates(&self, charges: &CapCharges<'_>) -> Result<Vec<TransactWriteItem>> {
        charges.charged().map(|(campaign, units)| self.cap_update(campaign, units)).collect()
    }

    fn cap_update(&self, campaign: &CampaignId, units: i64) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.tables.control)
            .set_key(Some(quota_key(campaign)))
            .update_expression("ADD redeemed_remaining :change")
            .expression_attribute_values(":change", n(-units));
        if units > 0 {
            update = update
                .condition_expression("redeemed_remaining >= :units")
                .expression_attribute_values(":units", n(units));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Returns the write of the note that finds a hold when it has ended.
    fn hold_note_put(&self, key: &VoucherKey, hold: &CheckoutHold) -> Result<TransactWriteItem> {
        let note = hold_note_key(&key.voucher);
        let partition = self.due_partition(DueQueue::Holds, &note);
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(note))
            .item("customer_id", s(key.customer.as_str()))
            .item("voucher_id", s(key.voucher.as_str()))
            .item("due_queue", s(partition))
            .item("due_at", at(hold.until));
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn hold_note_delete(&self, voucher: &Voucher) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(hold_note_key(&voucher.id)));
        Ok(TransactWriteItem::builder().delete(delete.build()?).build())
    }

    /// Gives back what holds have reserved that ended unused, and returns how many there were.
    /// Between two pages `goes_on` says if there is time for another one.
    pub async fn give_back_ended_holds(
        &self,
        now: Timestamp,
        goes_on: impl Fn() -> bool,
    ) -> Result<u64> {
        let (mut given_back, mut after) = (0, None);
        loop {
            let (queue, wanted) = (DueQueue::Holds, DueTime::By(now));
            let page = self.due_page(queue, wanted, HOLDS_PAGE, after.as_ref()).await?;
            let (notes, next) = page.into_items();
            let holds: Vec<_> = notes.iter().map(|note| self.try_give_back(note, now)).collect();
            let given = stream::iter(holds).buffered(HOLDS_AT_ONCE).collect::<Vec<bool>>().await;
            given_back += given.into_iter().map(u64::from).sum::<u64>();
            after = next;
            if after.is_none() || !goes_on() {
                return Ok(given_back);
            }
        }
    }

    /// Gives back one hold. One that cannot be given back is logged, is left for the next round,
    /// and blocks no other.
    async fn try_give_back(&self, note: &ItemMap, now: Timestamp) -> bool {
        let given = match read_work_key(note) {
            Ok(key) => self.give_back_hold(&key, now).await,
            Err(error) => Err(error),
        };
        given.unwrap_or_else(|error| {
            tracing::error!(%error, "ended hold not given back, left for the next round");
            false
        })
    }

    async fn give_back_hold(&self, note: &ItemMap, now: Timestamp) -> Result<bool> {
        let answer = self.client.get_item().table_name(&self.tables.work);
        let answer = answer.set_key(Some(note.clone())).consistent_read(true).send().await?;
        let Some(note) = answer.item.filter(|note| note.time_opt("due_at") <= Some(now)) else {
            return Ok(false);
        };
        let voucher = self.voucher(&read_voucher_key(&note)?).await?;
        let ended = voucher.filter(|it| it.hold.as_ref().is_some_and(|hold| hold.until <= now));
        let Some(voucher) = ended else {
            // The voucher was deleted: nobody will use what was reserved, nor its campaign.
            return self.delete_hold_note(&note).await.map(|()| false);
        };
        Ok(self.release_holds(&[&voucher]).await? == CheckoutResult::First)
    }

    async fn delete_hold_note(&self, note: &ItemMap) -> Result<()> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.work)
            .set_key(Some(read_work_key(note)?))
            .condition_expression("due_at = :due")
            .set_expression_attribute_values(
                note.get("due_at").map(|due| ItemMap::from([(":due".to_owned(), due.clone())])),
            );
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the precise reason of a refusal with the voucher: the last one, and how often for each
    /// reason. Never creates an item.
    pub async fn record_refusal(
        &self,
        key: &VoucherKey,
        action: &str,
        refusal: VoucherRefusal,
        now: Timestamp,
    ) -> Result<()> {
        let (count, since) = refusal_attributes(refusal);
        let update = self
            .update_voucher(key)
            .update_expression(
                "SET refused = :why, refused_at = :now, #since = if_not_exists(#since, :now), \
                 #count = if_not_exists(#count, :zero) + :one",
            )
            .condition_expression("attribute_exists(voucher_id)")
            .expression_attribute_names("#count", count)
            .expression_attribute_names("#since", since)
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":why", s(refused_text(action, refusal)))
            .expression_attribute_values(":now", at(now));
        send_recorded(update).await.map(|_| ())
    }
}
