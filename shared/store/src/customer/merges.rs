//! Merges two records of one person, and undoes it. Before it: an operator. After it: every reader
//! of the old id finds the surviving record (`profiles::surviving_item`).
//!
//! The surviving item takes over profile, addresses, consents and totals; the other keeps all that
//! it was, under a pointer and on no index. Vouchers and orders stay under the ids that they were
//! made with, and readers ask for all ids of the customer. A note in Work, PK `merge#<merged
//! record>`, keeps the surviving item as it was until the merge can no longer be undone.
//!
//! Guarantees: a merge and an undo are one transaction each, on condition that neither record has
//! changed since it was read, so nothing is ever half merged; a repeat is answered as such.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::{
    Date, Timestamp,
    customer::{
        merge::{MadeMerge, MergeRefusal, SeparatedRecords, UNDO_DAYS, merge_customers},
        order_windows::OrderWindows,
        orders::{CountedOrder, recount_totals},
        profile::Customer,
    },
    kernel::{
        audit_kind::AuditKind,
        id::{CustomerId, OrderId},
        money::Currency,
    },
};
use jiff::SignedDuration;

use crate::{
    Store,
    backoff::back_off,
    customer::profiles::{
        ChangeMoment, ExpectedItem, MAX_WRITE_ATTEMPTS, customer_item, is_erased, merged_into,
        merged_item,
    },
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{merge_count_key, merge_note_key},
    recorded_acts::RecordedAct,
    transaction::TransactionResult,
};

/// Seconds for which an operator's number of a day is kept.
const KEEP_COUNT_SECONDS: i64 = 7 * 24 * 3_600;
/// The attribute of the note with the surviving item as it was.
const BEFORE: &str = "before";
/// The place in the transaction of the count of the day.
const COUNT_AT: usize = 0;

/// An operator's wish to make two records one.
#[derive(Debug, Clone, Copy)]
pub struct MergeRequest<'a> {
    pub into: &'a CustomerId,
    pub from: &'a CustomerId,
    /// The currency of customers without their own.
    pub tenant: Currency,
    pub act: MergeAct<'a>,
    /// The operator's day, and the most merges that they may make on it.
    pub day_limit: Option<DayLimit<'a>>,
}

/// The operator who merges or separates records, with the reason and the time.
#[derive(Debug, Clone, Copy)]
pub struct MergeAct<'a> {
    pub actor: &'a str,
    pub reason: &'a str,
    pub now: Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub struct DayLimit<'a> {
    pub operator: &'a str,
    pub day: Date,
    pub most: u32,
}

/// The result of a merge.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeResult {
    Merged(Box<Customer>),
    /// The record was merged into this customer before.
    Repeat(Box<Customer>),
    Refused(MergeRefusal),
    /// The other record was merged into this customer before.
    MergedElsewhere(CustomerId),
    /// The operator has made as many merges today as their role may.
    DayLimit,
    /// One of the two was erased.
    Erased,
    /// There is no such record.
    Unknown(CustomerId),
}

/// The result of an undo.
#[derive(Debug, Clone, PartialEq)]
pub enum UndoResult {
    Undone(Box<SeparatedRecords>),
    /// The record is not merged into another, or not any more.
    NotMerged,
    /// The surviving record was merged further: that merge is undone first.
    MergedFurther(CustomerId),
    TooLate,
    /// An order of one record has taken a voucher of the other since.
    VoucherUsed(OrderId),
    Erased,
    Unknown,
}

/// A merge as its note tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeNote {
    pub into: CustomerId,
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    pub undo_until: Timestamp,
}

impl Store {
    /// Merges a record into another: all of it in one transaction, or nothing.
    pub async fn merge_customers(&self, request: &MergeRequest<'_>) -> Result<MergeResult> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let mut decided = match self.decide_merge(request).await? {
                Ok(decided) => decided,
                Err(why) => return Ok(why),
            };
            match self.write_merge(request, &mut decided).await? {
                TransactionResult::Written => {
                    return Ok(MergeResult::Merged(Box::new(decided.merged)));
                }
                TransactionResult::Refused(refused)
                    if request.day_limit.is_some() && refused.condition_failed_at(COUNT_AT) =>
                {
                    return Ok(MergeResult::DayLimit);
                }
                TransactionResult::Refused(_) => back_off(attempt).await,
            }
        }
        Err(StoreError::Contended("two records of a customer"))
    }

    /// Returns what a merge would answer, and writes nothing.
    pub async fn preview_merge(&self, request: &MergeRequest<'_>) -> Result<MergeResult> {
        let mut decided = match self.decide_merge(request).await? {
            Ok(decided) => decided,
            Err(why) => return Ok(why),
        };
        let DecidedMerge { survivor, from, merged, now, .. } = &mut decided;
        let moment = ChangeMoment { absorbs: Some(&from.id), ..ChangeMoment::at(*now) };
        self.settle_addresses(Some(&*survivor), merged, &moment).await?;
        Ok(MergeResult::Merged(Box::new(decided.merged)))
    }

    /// Reads both records and merges them in memory, or returns the answer that needs no write.
    async fn decide_merge(
        &self,
        request: &MergeRequest<'_>,
    ) -> Result<std::result::Result<DecidedMerge, MergeResult>> {
        let (into, from) = futures::try_join!(
            self.surviving_item(request.into),
            self.customer_item(request.from)
        )?;
        let Some(into) = into else {
            return Ok(Err(MergeResult::Unknown(request.into.clone())));
        };
        let Some(from) = from else {
            return Ok(Err(MergeResult::Unknown(request.from.clone())));
        };
        if is_erased(&into) || is_erased(&from) {
            return Ok(Err(MergeResult::Erased));
        }
        let survivor = self.read_customer(&into)?;
        if let Some(elsewhere) = merged_into(&from) {
            return Ok(Err(match survivor.is_known_as(request.from) {
                true => MergeResult::Repeat(Box::new(survivor)),
                false => MergeResult::MergedElsewhere(elsewhere),
            }));
        }
        let from = self.read_customer(&from)?;
        // Times are kept in milliseconds, and an undo computes the same merge again.
        let now = in_milliseconds(request.act.now);
        Ok(match merge_customers(&survivor, &from, request.tenant, now) {
            Ok(mut merged) => {
                merged.version += 1;
                // The number may be the other record's.
                self.tenant.settle_zone(&mut merged);
                Ok(DecidedMerge { before: into, survivor, from, merged, now })
            }
            Err(why) => Err(MergeResult::Refused(why)),
        })
    }

    async fn write_merge(
        &self,
        request: &MergeRequest<'_>,
        decided: &mut DecidedMerge,
    ) -> Result<TransactionResult> {
        let DecidedMerge { before, survivor, from, merged, now } = decided;
        let now = *now;
        let moment = ChangeMoment { absorbs: Some(&from.id), ..ChangeMoment::at(now) };
        let addresses = self.settle_addresses(Some(&*survivor), merged, &moment).await?;
        let pointer = Customer { version: from.version + 1, ..from.clone() };
        let mut note = merge_note_key(&from.id);
        note.insert("into".into(), s(survivor.id.as_str()));
        note.insert("at".into(), at(now));
        note.insert("by".into(), s(request.act.actor));
        note.insert("reason".into(), s(request.act.reason));
        note.insert(BEFORE.into(), AttributeValue::M(before.clone()));
        note.insert("ttl".into(), n(undo_until(now).as_second()));
        let mut items = Vec::new();
        items.extend(self.day_count(request.day_limit.as_ref(), now)?);
        items.push(self.version_put(customer_item(merged), survivor.version)?);
        items.push(self.version_put(merged_item(&pointer, &survivor.id), from.version)?);
        items.push(put(&self.tables.work, note)?);
        items.push(self.merge_audit(merged, &from.id, "merge", &request.act)?);
        items.extend(addresses.writes);
        items.extend(self.calendar_entry_changes(Some(&*survivor), merged)?);
        let nobody = Customer::new(from.id.clone());
        items.extend(self.calendar_entry_changes(Some(&*from), &nobody)?);
        self.transact("a merge", items).await
    }

    /// Separates a record from the one it was merged into, within the days of an undo.
    pub async fn undo_merge(
        &self,
        id: &CustomerId,
        tenant: Currency,
        act: &MergeAct<'_>,
    ) -> Result<UndoResult> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let read = match self.read_made_merge(id, act.now).await? {
                Ok(read) => read,
                Err(why) => return Ok(why),
            };
            let ReadMerge { before, from, current, at, from_version } = &read;
            let made = MadeMerge { before, from, tenant, at: *at };
            let Ok(mut records) = made.undo(current) else {
                return Err(StoreError::corrupt(id, "its merge cannot be computed again"));
            };
            let (own, other) = (records.into.record_ids(), records.from.record_ids());
            if let Some(order) = self.shared_order(&own, &other, *at).await? {
                return Ok(UndoResult::VoucherUsed(order));
            }
            self.recount_customer(&mut records.into, &own).await?;
            self.recount_customer(&mut records.from, &other).await?;
            records.into.version += 1;
            records.from.version += 1;
            self.tenant.settle_zone(&mut records.into);
            self.tenant.settle_zone(&mut records.from);
            if self.write_undo(&mut records, current, *from_version, act).await? {
                for address in records.from.addresses() {
                    self.mirror_address(&self.address_key(&address).await?).await?;
                }
                return Ok(UndoResult::Undone(Box::new(records)));
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("two records of a customer"))
    }

    /// Reads what an undo is decided on, or the reason why there is nothing to undo.
    async fn read_made_merge(
        &self,
        id: &CustomerId,
        now: Timestamp,
    ) -> Result<std::result::Result<ReadMerge, UndoResult>> {
        let Some(from) = self.customer_item(id).await? else {
            return Ok(Err(UndoResult::Unknown));
        };
        if is_erased(&from) {
            return Ok(Err(UndoResult::Erased));
        }
        let Some(into) = merged_into(&from) else {
            return Ok(Err(UndoResult::NotMerged));
        };
        let Some(current) = self.customer_item(&into).await? else {
            return Ok(Err(UndoResult::Unknown));
        };
        if is_erased(&current) {
            return Ok(Err(UndoResult::Erased));
        }
        if merged_into(&current).is_some() {
            return Ok(Err(UndoResult::MergedFurther(into)));
        }
        let note = self.merge_note_item(id).await?;
        let before = note.as_ref().and_then(|note| Some((note, note.map_opt(BEFORE)?)));
        let Some((note, before)) = before else {
            return Ok(Err(UndoResult::TooLate));
        };
        let made_at = note.time("at")?;
        if now >= undo_until(made_at) {
            return Ok(Err(UndoResult::TooLate));
        }
        let from = self.read_customer(&from)?;
        Ok(Ok(ReadMerge {
            before: self.read_customer(before)?,
            from_version: from.version,
            from,
            current: self.read_customer(&current)?,
            at: made_at,
        }))
    }

    async fn write_undo(
        &self,
        records: &mut SeparatedRecords,
        current: &Customer,
        from_version: u64,
        act: &MergeAct<'_>,
    ) -> Result<bool> {
        let SeparatedRecords { into, from } = records;
        // The notes of numbers and mailboxes stayed with both records; a token has one note, which
        // goes back with the token.
        let kept = Customer { push_endpoints: into.push_endpoints.clone(), ..current.clone() };
        let moment = ChangeMoment { absorbs: Some(&from.id), ..ChangeMoment::at(act.now) };
        let left = self.settle_addresses(Some(&kept), into, &moment).await?;
        let without_tokens = Customer { push_endpoints: Vec::new(), ..from.clone() };
        let moment = ChangeMoment { absorbs: Some(&into.id), ..ChangeMoment::at(act.now) };
        let back = self.settle_addresses(Some(&without_tokens), from, &moment).await?;
        let mut note = merge_note_key(&from.id);
        note.insert("undone_at".into(), at(act.now));
        note.insert("ttl".into(), n(undo_until(act.now).as_second()));
        let mut items = vec![
            self.version_put(customer_item(into), current.version)?,
            self.version_put(customer_item(from), from_version)?,
            put(&self.tables.work, note)?,
            self.merge_audit(into, &from.id, "unmerge", act)?,
        ];
        items.extend(left.writes);
        items.extend(back.writes);
        items.extend(self.calendar_entry_changes(Some(current), into)?);
        let nobody = Customer::new(from.id.clone());
        items.extend(self.calendar_entry_changes(Some(&nobody), from)?);
        Ok(matches!(self.transact("an undone merge", items).await?, TransactionResult::Written))
    }

    /// Sets the totals to what the orders of these ids add up to. The orders are read after the
    /// customer: a change to one of them since then also changes the customer's version.
    async fn recount_customer(&self, customer: &mut Customer, ids: &[CustomerId]) -> Result<()> {
        let mut orders: Vec<CountedOrder> = Vec::new();
        for id in ids {
            let listed = self.listed_orders(id).await?;
            orders.extend(listed.into_iter().filter_map(|order| order.counted));
        }
        (customer.activity, customer.verticals) = recount_totals(orders.iter());
        let counted = orders.iter().map(CountedOrder::in_windows);
        customer.windows = Some(OrderWindows::from_orders(counted, customer.verticals.keys()));
        Ok(())
    }

    /// Returns an order, of a buyer on one side, that has taken a voucher of the other side since
    /// the merge.
    async fn shared_order(
        &self,
        own: &[CustomerId],
        other: &[CustomerId],
        since: Timestamp,
    ) -> Result<Option<OrderId>> {
        for (ids, others) in [(own, other), (other, own)] {
            for voucher in self.vouchers_of(ids).await? {
                let undone = voucher.undone_redemptions.iter().zip(&voucher.undone_orders);
                let past = undone.filter(|(at, _)| **at >= since).map(|(_, order)| order);
                let live = voucher.redemption.iter().filter(|it| it.at >= since);
                let orders = past.chain(live.map(|redemption| &redemption.order));
                for id in orders {
                    let order = self.ledger_order(id).await?;
                    if order.is_some_and(|found| others.contains(&found.order.buyer)) {
                        return Ok(Some(id.clone()));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Returns what is known of the merge of a record, while it can be undone.
    pub async fn merge_note(&self, from: &CustomerId) -> Result<Option<MergeNote>> {
        let Some(note) = self.merge_note_item(from).await?.filter(|it| it.contains_key(BEFORE))
        else {
            return Ok(None);
        };
        let made_at = note.time("at")?;
        Ok(Some(MergeNote {
            into: CustomerId::parse(note.text("into")?)
                .map_err(|_| StoreError::corrupt(from, "into"))?,
            at: made_at,
            by: note.text("by")?.to_owned(),
            reason: note.text("reason")?.to_owned(),
            undo_until: undo_until(made_at),
        }))
    }

    async fn merge_note_item(&self, from: &CustomerId) -> Result<Option<ItemMap>> {
        let get = self.client.get_item().table_name(&self.tables.work);
        let get = get.set_key(Some(merge_note_key(from))).consistent_read(true);
        Ok(get.send().await?.item)
    }

    /// Deletes what the note of a merge keeps of an erased customer.
    pub(crate) async fn forget_merge(&self, from: &CustomerId, now: Timestamp) -> Result<()> {
        let put = self.client.put_item().table_name(&self.tables.work);
        let put = put.set_item(Some(merge_note_key(from)));
        put.item("ttl", n(now.as_second())).send().await?;
        Ok(())
    }

    fn version_put(&self, item: ItemMap, read_version: u64) -> Result<TransactWriteItem> {
        self.expected_put(item, ExpectedItem::Version(read_version))
    }

    fn merge_audit(
        &self,
        into: &Customer,
        from: &CustomerId,
        action: &str,
        act: &MergeAct<'_>,
    ) -> Result<TransactWriteItem> {
        let record = RecordedAct {
            kind: AuditKind::Customer,
            subject: into.id.as_str(),
            actor: act.actor,
            action,
            note: &format!("{from}: {}", act.reason),
            at: act.now,
        };
        put(&self.tables.control, record.item()?)
    }

    fn day_count(
        &self,
        limit: Option<&DayLimit<'_>>,
        now: Timestamp,
    ) -> Result<Option<TransactWriteItem>> {
        let Some(DayLimit { operator, day, most }) = limit else { return Ok(None) };
        let update = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(merge_count_key(operator, *day)))
            .update_expression("SET #ttl = :ttl ADD merges :one")
            .condition_expression("attribute_not_exists(merges) OR merges < :most")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n(now.as_second() + KEEP_COUNT_SECONDS))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(*most))
            .build()?;
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }
}

/// A merge that was decided, with what it was decided on.
struct DecidedMerge {
    /// The surviving item as it was read.
    before: ItemMap,
    survivor: Customer,
    from: Customer,
    merged: Customer,
    now: Timestamp,
}

/// A merge as it was read to be undone.
struct ReadMerge {
    before: Customer,
    from: Customer,
    /// The version of the merged record's item.
    from_version: u64,
    current: Customer,
    at: Timestamp,
}

fn put(table: &str, item: ItemMap) -> Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(item)).build()?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Returns the time until which a merge can be undone.
pub fn undo_until(merged_at: Timestamp) -> Timestamp {
    let days = SignedDuration::from_hours(24 * UNDO_DAYS);
    merged_at.checked_add(days).unwrap_or(Timestamp::MAX)
}

fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
