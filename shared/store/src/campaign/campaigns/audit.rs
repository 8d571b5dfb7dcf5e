//! The audit records: who changed what, in one form. Those of a campaign and of a setting are in
//! their partitions, written with the change in one transaction. Those of any other act are in
//! `acts#<kind>`, written before the act, so that no act is without one. All of them are on the index
//! `listing`, partition `audit`, by their time: the log over everything.
//!
//! Guarantees: a record is never changed or deleted; two records never share a place in the log.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    Timestamp,
    campaign::lifecycle::CampaignState,
    kernel::{
        audit_kind::AuditKind,
        id::{CampaignId, VoucherId},
    },
};

use super::{AuditPage, AuditRecord, AuditedChange, CampaignSummary};
use crate::{
    Store,
    batch::ReadConsistency,
    error::Result,
    item::{AttributeReader, ItemMap, n, s},
    keys::{
        AUDIT_LISTING, AUDIT_RANGE, audit_key, audit_listed_from, audit_start_key, match_audit_key,
        read_audited_subject,
    },
    recorded_acts::{RecordedAct, list_in_log},
};

/// The most entries of the log that one page may look at to find records that a filter lets
/// through. After that the page is short, with a place to go on from.
const LOG_ROUNDS: usize = 8;
/// Entries of the log in one round.
const LOG_CHUNK: i32 = 250;

/// The filters of the log. Without any it has every record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditLogQuery {
    /// A part of the actor, in any case.
    pub actor: Option<String>,
    pub kind: Option<AuditKind>,
    /// The first moment of the period.
    pub from: Option<Timestamp>,
    /// The first moment after the period.
    pub until: Option<Timestamp>,
}

/// A record of the log, with its subject.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLogRecord {
    pub kind: AuditKind,
    /// The campaign's id, the setting's name, or what else the act was done to.
    pub subject: String,
    /// The voucher of an act on one match or voucher.
    pub voucher: Option<String>,
    pub record: AuditRecord,
    /// The place in the log, which no other record has.
    pub place: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditLogPage {
    /// The records of the page, newest first.
    pub records: Vec<AuditLogRecord>,
    /// The place after which the next page begins.
    pub next: Option<String>,
}

/// An entry of the log's index.
struct LogEntry {
    place: String,
    key: ItemMap,
}

impl Store {
    pub(super) fn new_audit_record(
        &self,
        id: &CampaignId,
        version: u64,
        before: Option<CampaignState>,
        after: Option<CampaignState>,
        change: &AuditedChange<'_>,
    ) -> Result<TransactWriteItem> {
        self.new_audit_item(audit_key(id, change.at, version), version, before, after, change)
    }

    pub(super) fn new_audit_item(
        &self,
        mut item: ItemMap,
        version: u64,
        before: Option<CampaignState>,
        after: Option<CampaignState>,
        change: &AuditedChange<'_>,
    ) -> Result<TransactWriteItem> {
        list_in_log(&mut item, change.actor, change.at)?;
        item.insert("version".into(), n(version));
        item.insert("actor".into(), s(change.actor));
        item.insert("action".into(), s(change.action));
        item.insert("note".into(), s(change.note));
        for (name, state) in [("before", before), ("after", after)] {
            if let Some(state) = state {
                item.insert(name.into(), s(state.as_str()));
            }
        }
        self.new_item_put(&self.tables.control, item, "campaign_id")
    }

    /// Returns the audit record of an operator's action on one match, which changes nothing in the
    /// campaign itself.
    pub(crate) fn new_match_audit_record(
        &self,
        summary: &CampaignSummary,
        voucher: &VoucherId,
        change: &AuditedChange<'_>,
    ) -> Result<TransactWriteItem> {
        let key = match_audit_key(&summary.id, change.at, summary.version, voucher, change.action);
        let state = Some(summary.state);
        self.new_audit_item(key, summary.version, state, state, change)
    }

    /// Records an act on anything but a campaign or a setting, before it is done.
    pub async fn record_act(
        &self,
        kind: AuditKind,
        subject: &str,
        change: &AuditedChange<'_>,
    ) -> Result<()> {
        let AuditedChange { actor, action, note, at } = *change;
        let item = RecordedAct { kind, subject, actor, action, note, at }.item()?;
        let put = self.client.put_item().table_name(&self.tables.control).set_item(Some(item));
        put.send().await?;
        Ok(())
    }

    /// Returns a page of a campaign's history, newest first.
    pub async fn list_audit_records(
        &self,
        id: &CampaignId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<AuditPage> {
        let [first, last] = AUDIT_RANGE;
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .key_condition_expression("campaign_id = :id AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":id", s(id.as_str()))
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .set_exclusive_start_key(after.map(|sk| audit_start_key(id, sk)))
            .scan_index_forward(false)
            .limit(limit)
            .consistent_read(true)
            .send()
            .await?;
        let next =
            page.last_evaluated_key.as_ref().and_then(|key| key.text_opt("sk")).map(str::to_owned);
        let records =
            page.items.unwrap_or_default().iter().map(read_audit).collect::<Result<_>>()?;
        Ok(AuditPage { records, next })
    }

    /// Returns a page of the log over everything, newest first. The index is eventually consistent.
    pub async fn list_audit_log(
        &self,
        query: &AuditLogQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AuditLogPage> {
        let wanted = query.actor.as_ref().map(|actor| actor.to_lowercase());
        let mut found: Vec<LogEntry> = Vec::new();
        let mut last = after.map(str::to_owned);
        for _ in 0..LOG_ROUNDS {
            let (entries, more) = self.query_audit_log(query, last.as_deref()).await?;
            for item in &entries {
                let place = item.text("listed_at")?;
                if is_wanted(item, query.kind, wanted.as_deref())? {
                    if found.len() == limit {
                        let next = found.last().map(|entry| entry.place.clone());
                        return Ok(AuditLogPage { records: self.log_records(found).await?, next });
                    }
                    let key = record_key(item)?;
                    found.push(LogEntry { place: place.to_owned(), key });
                }
                last = Some(place.to_owned());
            }
            if !more {
                return Ok(AuditLogPage { records: self.log_records(found).await?, next: None });
            }
        }
        Ok(AuditLogPage { records: self.log_records(found).await?, next: last })
    }

    /// Returns one round of the log's index after a place, and whether there is more.
    async fn query_audit_log(
        &self,
        query: &AuditLogQuery,
        after: Option<&str>,
    ) -> Result<(Vec<ItemMap>, bool)> {
        let first = query.from.map_or_else(|| "0".to_owned(), audit_listed_from);
        // A place is never the beginning of a later one, so the time alone ends the period.
        let last = match (after, query.until) {
            (Some(after), _) => after.to_owned(),
            (None, Some(until)) => audit_listed_from(until),
            (None, None) => "A".to_owned(),
        };
        if last <= first {
            return Ok((Vec::new(), false));
        }
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .index_name("listing")
            .key_condition_expression("listing = :audit AND listed_at BETWEEN :first AND :last")
            .expression_attribute_values(":audit", s(AUDIT_LISTING))
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(&last))
            .scan_index_forward(false)
            .limit(LOG_CHUNK)
            .send()
            .await?;
        let more = page.last_evaluated_key.is_some();
        let mut entries = page.items.unwrap_or_default();
        entries.retain(|item| item.text_opt("listed_at") != Some(last.as_str()));
        Ok((entries, more))
    }

    /// Reads the records of entries, in their order.
    async fn log_records(&self, entries: Vec<LogEntry>) -> Result<Vec<AuditLogRecord>> {
        let keys = entries.iter().map(|entry| entry.key.clone()).collect();
        let items = self.batch_get(&self.tables.control, keys, ReadConsistency::Eventual).await?;
        let by_place: HashMap<&str, &ItemMap> =
            items.iter().filter_map(|item| Some((item.text_opt("listed_at")?, item))).collect();
        let items = entries.iter().filter_map(|entry| by_place.get(entry.place.as_str()));
        items.map(|item| read_log_record(item)).collect()
    }
}

/// Returns true if the filters let the entry through; `actor` is in lower case.
fn is_wanted(item: &ItemMap, kind: Option<AuditKind>, actor: Option<&str>) -> Result<bool> {
    let by = item.text_opt("created_by").unwrap_or_default();
    if actor.is_some_and(|actor| !by.to_lowercase().contains(actor)) {
        return Ok(false);
    }
    match kind {
        Some(kind) => Ok(read_audited_subject(item)?.kind == kind),
        None => Ok(true),
    }
}

/// Returns the key of the record that an entry of the log stands for.
fn record_key(entry: &ItemMap) -> Result<ItemMap> {
    let names = ["campaign_id", "sk"];
    names.into_iter().map(|name| Ok((name.to_owned(), s(entry.text(name)?)))).collect()
}

fn read_log_record(item: &ItemMap) -> Result<AuditLogRecord> {
    let subject = read_audited_subject(item)?;
    let id = item.text_opt("subject").unwrap_or(subject.id);
    Ok(AuditLogRecord {
        kind: subject.kind,
        subject: id.to_owned(),
        voucher: subject.voucher.map(str::to_owned),
        record: read_audit(item)?,
        place: item.text("listed_at")?.to_owned(),
    })
}

fn read_audit(item: &ItemMap) -> Result<AuditRecord> {
    Ok(AuditRecord {
        at: item.time("at")?,
        version: item.number("version")?,
        actor: item.text("actor")?.to_owned(),
        action: item.text("action")?.to_owned(),
        before: item.text_opt("before").and_then(CampaignState::parse),
        after: item.text_opt("after").and_then(CampaignState::parse),
        note: item.text_opt("note").unwrap_or_default().to_owned(),
        changes: item
            .text_opt("changes")
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default(),
    })
}
