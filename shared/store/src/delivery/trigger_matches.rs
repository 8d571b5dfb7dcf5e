//! Matches of autopilots that are triggered by events. They are kept in one transaction with the
//! event (an order, a new customer, a cart), checked when they are due, and turned into a dispatch
//! for one customer, exactly once. Keys: PK `match#<customer>`, SK `<campaign>@<occurrence>`, so
//! that a repeated event writes the same item; on the due index in the queue `matches`. A cart has one
//! item, however often it is touched: its SK has the occasion.
//!
//! Also here: the autopilots with event triggers, and the names of the events that the app backend
//! has reported.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::{
    Timestamp,
    campaign::{
        kind::CampaignKind,
        lifecycle::CampaignState,
        trigger::{EventAutopilot, EventAutopilots, TriggerMatch},
    },
    delivery::dispatch::Dispatch,
    kernel::id::{CampaignId, CustomerId, Occurrence},
    voucher::record::Voucher,
};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    delivery::operator_actions::{GiveUpResult, OperatorAction},
    due_index::{DuePosition, DueQueue, DueTime},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{EVENT_NAMES, event_name_key, match_key, read_work_key, segment_key},
    transaction::TransactionResult,
    voucher::records::{read_voucher, voucher_put},
    work_items::{key_of_match, read_match},
};

/// Autopilots on one page of the list.
const PAGE: usize = 100;
/// The properties of an event's name from which on no further ones are kept: names without end are
/// no names, and an item has an end.
const MAX_EVENT_PROPERTIES: usize = 500;

/// Matches that one transaction plans: each takes two of its hundred items, and the segment one.
pub const MAX_PLANNED_TOGETHER: usize = 45;

/// A due match and the dispatch that it becomes.
#[derive(Debug, Clone)]
pub struct PlannedMatch {
    pub found: TriggerMatch,
    pub dispatch: Dispatch,
}

/// The result of planning a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanMatchResult {
    First,
    /// The match was planned before, or another worker has taken it.
    AlreadyPlanned,
}

/// An event of the app backend: its name, the properties it has come with, and when it was last
/// noted, which is at most an hour before it was last reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedEvent {
    pub name: String,
    pub properties: BTreeSet<String>,
    pub last_reported_at: Timestamp,
}

impl Store {
    /// Returns the autopilots that changes of a customer can fire, those of the calendar among them:
    /// enabled ones, and paused ones, whose matches wait.
    pub async fn listeners(&self) -> Result<EventAutopilots> {
        let mut listeners = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self
                .list_campaigns(Some(CampaignKind::Autopilot), None, after.as_deref(), PAGE)
                .await?;
            for summary in page.campaigns {
                let is_active =
                    matches!(summary.state, CampaignState::Enabled | CampaignState::Paused);
                let Some(run) = summary.run.filter(|_| is_active) else {
                    continue;
                };
                let Some(definition) = self.definition(&summary.id, summary.definition).await?
                else {
                    continue;
                };
                if let Some(trigger) = definition.trigger {
                    let audience = definition.audience;
                    listeners.push(EventAutopilot { campaign: summary.id, run, trigger, audience });
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(EventAutopilots(listeners));
            }
        }
    }

    /// Keeps matches, all or none, where nothing else is written with them.
    pub async fn record_matches(&self, matches: &[TriggerMatch]) -> Result<()> {
        if matches.is_empty() {
            return Ok(());
        }
        let kept = self.match_puts(matches)?;
        self.transact("matches", kept).await.map(|_| ())
    }

    /// Returns a page of the matches that are due by now, oldest first, and the key to go on from.
    /// An unreadable match is logged and left where it is.
    pub async fn due_matches(
        &self,
        now: Timestamp,
        limit: usize,
        after: Option<&DuePosition>,
    ) -> Result<(Vec<TriggerMatch>, Option<DuePosition>)> {
        let page = self.due_page(DueQueue::Matches, DueTime::By(now), limit, after).await?;
        let (items, next) = page.into_items();
        let keys = items.iter().map(read_work_key).collect::<Result<Vec<ItemMap>>>()?;
        let full = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let mut matches = Vec::new();
        for item in &full {
            match read_match(item) {
                Ok(it) if it.check_at <= now => matches.push(it),
                // The match has a later time since the index entry was read.
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "unreadable match left in place"),
            }
        }
        matches.sort_by(|a, b| (a.check_at, &a.customer).cmp(&(b.check_at, &b.customer)));
        Ok((matches, next))
    }

    /// Turns matches of one segment, at most [`MAX_PLANNED_TOGETHER`], into dispatches in one
    /// transaction, and returns how many were planned for the first time. If one of them cannot be
    /// planned, each is planned by itself.
    pub async fn plan_matches(&self, matches: &[PlannedMatch]) -> Result<u64> {
        let Some(first) = matches.first() else { return Ok(0) };
        let mut items = vec![self.selection_update(&first.dispatch, matches.len())?];
        for it in matches {
            items.push(self.match_delete(&it.found)?);
            items.push(self.dispatch_put(&it.dispatch)?);
        }
        if let TransactionResult::Written =
            self.transact("matches and their dispatches", items).await?
        {
            return Ok(matches.len() as u64);
        }
        let mut planned = 0;
        for it in matches {
            let result = self.plan_match(&it.found, &it.dispatch).await?;
            planned += u64::from(result == PlanMatchResult::First);
        }
        Ok(planned)
    }

    /// Turns a match into a dispatch for one customer and counts it as selected, all or nothing. If
    /// a repeat of the event has planned the dispatch already, the match is only deleted.
    pub async fn plan_match(
        &self,
        it: &TriggerMatch,
        dispatch: &Dispatch,
    ) -> Result<PlanMatchResult> {
        let items = vec![
            self.match_delete(it)?,
            self.selection_update(dispatch, 1)?,
            self.dispatch_put(dispatch)?,
        ];
        match self.transact("a match and its dispatch", items).await? {
            TransactionResult::Written => Ok(PlanMatchResult::First),
            TransactionResult::Refused(_) => {
                self.drop_match(it).await?;
                Ok(PlanMatchResult::AlreadyPlanned)
            }
        }
    }

    /// Deletes a match that has no dispatch. A match whose time has changed since it was read
    /// stays.
    pub async fn drop_match(&self, it: &TriggerMatch) -> Result<()> {
        let items = vec![self.match_delete(it)?];
        self.transact("a match", items).await.map(|_| ())
    }

    /// Gives up a match before it is planned: it becomes a dispatch whose only customer has a
    /// record already, a skip, which the worker finds and counts. All or nothing, so the match is
    /// counted once, and never sent.
    pub async fn give_up_match(
        &self,
        it: &TriggerMatch,
        dispatch: &Dispatch,
        record: &Voucher,
        act: &OperatorAction<'_>,
    ) -> Result<GiveUpResult> {
        let put = voucher_put(&self.tables.vouchers, record)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            self.match_delete(it)?,
            self.selection_update(dispatch, 1)?,
            self.dispatch_put(dispatch)?,
            self.new_match_audit_record(act.campaign, act.voucher, &act.change)?,
        ];
        let refused = match self.transact("a match", items).await? {
            TransactionResult::Written => return Ok(GiveUpResult::Done),
            TransactionResult::Refused(refused) => refused,
        };
        match refused.items.first() {
            Some(Some(old)) if refused.condition_failed_at(0) => {
                Ok(GiveUpResult::Recorded(Box::new(read_voucher(old)?)))
            }
            _ if refused.condition_failed_at(1) || refused.condition_failed_at(3) => {
                Ok(GiveUpResult::NotOpen)
            }
            _ => Err(StoreError::Contended("a match")),
        }
    }

    /// Returns a match that waits for its time. Reads consistently.
    pub async fn open_match(
        &self,
        campaign: &CampaignId,
        customer: &CustomerId,
        occurrence: &Occurrence,
    ) -> Result<Option<TriggerMatch>> {
        self.work_item(match_key(campaign, customer, occurrence))
            .await?
            .as_ref()
            .map(read_match)
            .transpose()
    }

    fn selection_update(&self, dispatch: &Dispatch, matches: usize) -> Result<TransactWriteItem> {
        let selected = Update::builder()
            .table_name(&self.tables.work)
            .set_key(Some(segment_key(&dispatch.key.run, dispatch.key.segment)))
            .update_expression("ADD selected :matches, #open :matches")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":matches", n(matches))
            .build()?;
        Ok(TransactWriteItem::builder().update(selected).build())
    }

    fn match_delete(&self, it: &TriggerMatch) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(key_of_match(it)))
            .condition_expression("due_at = :at")
            .expression_attribute_values(":at", at(it.check_at))
            .build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Remembers that the app backend has reported an event of this name, with these properties. Of
    /// an event that has come with very many properties, no further one is kept.
    pub async fn record_event_name(
        &self,
        name: &str,
        properties: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<()> {
        let update = || {
            self.client
                .update_item()
                .table_name(&self.tables.work)
                .set_key(Some(event_name_key(name)))
                .expression_attribute_values(":now", at(now))
        };
        if !properties.is_empty() {
            let properties = properties.iter().cloned().collect();
            let with_properties = update()
                .update_expression("SET told_at = :now ADD properties :properties")
                .condition_expression(
                    "attribute_not_exists(properties) OR size(properties) < :most",
                )
                .expression_attribute_values(":properties", AttributeValue::Ss(properties))
                .expression_attribute_values(":most", n(MAX_EVENT_PROPERTIES));
            if parse_applied(with_properties.send().await)? == Applied::Yes {
                return Ok(());
            }
        }
        update().update_expression("SET told_at = :now").send().await?;
        Ok(())
    }

    /// Returns the events that the app backend has reported, by name.
    pub async fn reported_events(&self) -> Result<Vec<ReportedEvent>> {
        let mut items = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(EVENT_NAMES))
            .into_paginator()
            .items()
            .send();
        let mut events = Vec::new();
        while let Some(item) = items.next().await.transpose()? {
            let properties = item.get("properties").and_then(|it| it.as_ss().ok());
            events.push(ReportedEvent {
                name: item.text("sk")?.to_owned(),
                properties: properties.into_iter().flatten().cloned().collect(),
                last_reported_at: item.time("told_at")?,
            });
        }
        Ok(events)
    }

    pub async fn is_known_event_name(&self, name: &str) -> Result<bool> {
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(event_name_key(name)));
        Ok(get.send().await?.item.is_some())
    }
}
