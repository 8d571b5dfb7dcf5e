//! Lists open matches.
//!
//! Reads the due index queue by queue, then the items and the records of their customers. A match
//! that has its outcome is left out, though its dispatch may still be open.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::trigger::TriggerMatch,
    delivery::dispatch::Dispatch,
    kernel::id::{CampaignId, CustomerId, Occurrence, VoucherId},
    voucher::record::Voucher,
};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::{
    campaign::campaigns::CampaignSummary,
    delivery::pending::{OpenDispatch, OpenEntry, OpenQueue, OpenUnknownAttempt, OpenWorkItem},
    due_index::{DueKey, DuePosition},
    voucher::records::VoucherKey,
};

use crate::{
    OperationsContext,
    pending_status::{self, PendingStatus},
    reference::PendingReference,
    store_problem,
    views::{PendingFilters, PendingTrigger, PendingTriggerList, PendingWork},
};

/// Index entries that are read at once, with up to 50 customers each.
const PAGE_SIZE: usize = 50;
/// Reads for one page, of the index, campaigns and records. With a rare filter the page is short
/// and has a next one, rather than being slow.
const MAX_READS: usize = 60;

/// The position at which the next page starts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct ListPosition {
    /// The index in [`OpenQueue::all`].
    queue: usize,
    after: Option<DuePosition>,
    /// The entry after `after`, if some of its customers were shown, and how many of them were
    /// checked.
    inside: Option<(DueKey, usize)>,
}

/// Lists open matches with their state, the reason and the time until which they wait.
///
/// Open work of promotions is included.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/pending-triggers", tag = "operations", operation_id = "list_pending_triggers",
    security(("jwt" = [])),
    params(PendingFilters, PageParams),
    responses((status = 200, body = PendingTriggerList), Problem)
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    paging: Paging<OperationsContext, PendingFilters>,
) -> ApiResult<Json<PendingTriggerList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let (limit, filters) = (paging.page_limit()? as usize, &paging.filters);
    let list = format!(
        "pending-triggers?campaign={}&customer={}&state={}",
        filters.campaign.as_ref().map_or("", CampaignId::as_str),
        filters.customer.as_ref().map_or("", CustomerId::as_str),
        filters.state.map_or("", |state| state.as_str()),
    );
    let position = paging.read_position(&list).await?.unwrap_or_default();
    let (campaigns, items) = (HashMap::new(), Vec::new());
    let mut page = PageBuilder {
        context: &context,
        filters,
        limit,
        now: clock::now(),
        campaigns,
        items,
        reads: 0,
    };
    let next = page.fill_page(position).await?;
    let next_cursor = paging.sign_position(&list, next.as_ref()).await?;
    Ok(Json(PendingTriggerList { items: page.items, next_cursor }))
}

/// One page of the list while it is being built.
struct PageBuilder<'a> {
    context: &'a OperationsContext,
    filters: &'a PendingFilters,
    limit: usize,
    now: Timestamp,
    /// The campaigns read so far; `None` for one that does not exist.
    campaigns: HashMap<CampaignId, Option<CampaignSummary>>,
    items: Vec<PendingTrigger>,
    reads: usize,
}

impl PageBuilder<'_> {
    /// Fills the page, and returns the position at which the next page starts, if there is one.
    async fn fill_page(&mut self, mut position: ListPosition) -> ApiResult<Option<ListPosition>> {
        let queues = OpenQueue::all();
        while let Some(queue) = queues.get(position.queue) {
            if self.is_full() {
                return Ok(Some(position));
            }
            let (campaign, after) = (self.filters.campaign.as_ref(), position.after.as_ref());
            let page = self
                .context
                .store
                .list_open_work(*queue, campaign, after, PAGE_SIZE)
                .await
                .map_err(store_problem)?;
            self.reads += 1;
            for OpenEntry { key, position: behind, work } in page.entries {
                if self.is_full() {
                    return Ok(Some(position));
                }
                let offset = match &position.inside {
                    Some((inside, looked_at)) if *inside == key => *looked_at,
                    Some(_) | None => 0,
                };
                if let Some(looked_at) = self.add_work(&work, offset).await? {
                    position.inside = Some((key, looked_at));
                    return Ok(Some(position));
                }
                position =
                    ListPosition { queue: position.queue, after: Some(behind), inside: None };
            }
            position = match page.next {
                Some(next) => {
                    ListPosition { queue: position.queue, after: Some(next), inside: None }
                }
                None => ListPosition { queue: position.queue + 1, after: None, inside: None },
            };
        }
        Ok(None)
    }

    fn is_full(&self) -> bool {
        self.items.len() >= self.limit || self.reads >= MAX_READS
    }

    /// Adds the customers of this work to the page. Returns the customer to go on from, if not all
    /// of them fit.
    async fn add_work(&mut self, open: &OpenWorkItem, offset: usize) -> ApiResult<Option<usize>> {
        match open {
            OpenWorkItem::Match(it) => self.add_match(it).await.map(|()| None),
            OpenWorkItem::Dispatch(open) => self.add_dispatch(open, offset).await,
            OpenWorkItem::Unknown(open) => self.add_unknown(open).await.map(|()| None),
        }
    }

    async fn add_dispatch(
        &mut self,
        open: &OpenDispatch,
        offset: usize,
    ) -> ApiResult<Option<usize>> {
        let dispatch = &open.dispatch;
        let Some(summary) = self.load_campaign(&dispatch.campaign).await? else {
            return Ok(None);
        };
        let Some(status) =
            pending_status::dispatch_status(open, summary.state.work_policy(), self.now)
        else {
            return Ok(None);
        };
        if !self.matches_state(status) && !self.matches_state(status.tried_again()) {
            return Ok(None);
        }
        let customers = dispatch.customers.iter().enumerate().skip(offset);
        let wanted: Vec<(usize, &CustomerId)> =
            customers.filter(|(_, customer)| self.matches_customer(customer)).collect();
        let customers: Vec<&CustomerId> = wanted.iter().map(|(_, customer)| *customer).collect();
        let records = self.load_records(dispatch, &customers).await?;
        for (index, customer) in wanted {
            let record = records.get(customer);
            let status = status.for_customer(dispatch, record);
            if !self.matches_state(status)
                || !pending_status::is_waiting(dispatch, record, summary.revoke, self.now)
            {
                continue;
            }
            if self.items.len() >= self.limit {
                return Ok(Some(index));
            }
            self.items.push(pending_dispatch(dispatch, customer, &summary, status));
        }
        Ok(None)
    }

    async fn add_match(&mut self, it: &TriggerMatch) -> ApiResult<()> {
        let Some(summary) = self.load_campaign(&it.campaign).await? else {
            return Ok(());
        };
        let status = pending_status::match_status(it, summary.state.work_policy(), self.now);
        if self.matches_state(status) && self.matches_customer(&it.customer) {
            self.items.push(pending_match(it, &summary, status));
        }
        Ok(())
    }

    async fn add_unknown(&mut self, open: &OpenUnknownAttempt) -> ApiResult<()> {
        let status = pending_status::unknown_status(open);
        if !self.matches_state(status) || !self.matches_customer(&open.attempt.key.customer) {
            return Ok(());
        }
        let Some(summary) = self.load_campaign(&open.attempt.campaign).await? else {
            return Ok(());
        };
        self.reads += 1;
        let record = self.context.store.voucher(&open.attempt.key).await.map_err(store_problem)?;
        if pending_status::is_unsettled(open, record.as_ref()) {
            self.items.push(pending_unknown(open, &summary, status));
        }
        Ok(())
    }

    fn matches_state(&self, status: PendingStatus) -> bool {
        self.filters.state.is_none_or(|state| state == status.state)
    }

    fn matches_customer(&self, customer: &CustomerId) -> bool {
        self.filters.customer.as_ref().is_none_or(|wanted| wanted == customer)
    }

    async fn load_campaign(&mut self, campaign: &CampaignId) -> ApiResult<Option<CampaignSummary>> {
        if let Some(summary) = self.campaigns.get(campaign) {
            return Ok(summary.clone());
        }
        self.reads += 1;
        let summary = self.context.store.campaign_summary(campaign).await.map_err(store_problem)?;
        self.campaigns.insert(campaign.clone(), summary.clone());
        Ok(summary)
    }

    async fn load_records(
        &mut self,
        dispatch: &Dispatch,
        customers: &[&CustomerId],
    ) -> ApiResult<HashMap<CustomerId, Voucher>> {
        if customers.is_empty() {
            return Ok(HashMap::new());
        }
        self.reads += 1;
        let keys: Vec<VoucherKey> =
            customers.iter().map(|customer| record_key(dispatch, customer)).collect();
        let found = self.context.store.vouchers_by_keys(&keys).await.map_err(store_problem)?;
        Ok(found.into_iter().map(|voucher| (voucher.customer.clone(), voucher)).collect())
    }
}

/// Returns the key under which the record of this customer's match is, or will be.
pub fn record_key(dispatch: &Dispatch, customer: &CustomerId) -> VoucherKey {
    let voucher = VoucherId::derive(&dispatch.campaign, customer, &dispatch.occurrence());
    VoucherKey { customer: customer.clone(), voucher }
}

pub fn pending_match(
    it: &TriggerMatch,
    summary: &CampaignSummary,
    status: PendingStatus,
) -> PendingTrigger {
    let (campaign, customer) = (it.campaign.clone(), it.customer.clone());
    let reference =
        PendingReference::Match { campaign, customer, occurrence: it.firing.occurrence.clone() };
    let piece = PendingWork {
        reference: &reference,
        summary,
        customer: &it.customer,
        occurrence: it.firing.occurrence.clone(),
        matched_day: Some(it.firing.day),
        channel: None,
        attempt: 1,
    };
    PendingTrigger::new(&piece, status)
}

pub fn pending_dispatch(
    dispatch: &Dispatch,
    customer: &CustomerId,
    summary: &CampaignSummary,
    status: PendingStatus,
) -> PendingTrigger {
    let reference =
        PendingReference::Dispatch { key: dispatch.key.clone(), customer: customer.clone() };
    let piece = PendingWork {
        reference: &reference,
        summary,
        customer,
        occurrence: dispatch.occurrence(),
        matched_day: dispatch.firing.as_ref().map(|firing| firing.day),
        channel: Some(dispatch.channel),
        attempt: dispatch.attempt,
    };
    PendingTrigger::new(&piece, status)
}

pub fn pending_unknown(
    open: &OpenUnknownAttempt,
    summary: &CampaignSummary,
    status: PendingStatus,
) -> PendingTrigger {
    let attempt = &open.attempt;
    let (channel, number) = (attempt.channel, attempt.number);
    let reference = PendingReference::Unknown { key: attempt.key.clone(), channel, number };
    let occurrence = attempt.firing.as_ref().map(|firing| firing.occurrence.clone());
    let piece = PendingWork {
        reference: &reference,
        summary,
        customer: &attempt.key.customer,
        occurrence: occurrence.unwrap_or_else(|| Occurrence::of_run(&attempt.run)),
        matched_day: attempt.firing.as_ref().map(|firing| firing.day),
        channel: Some(channel),
        attempt: number,
    };
    PendingTrigger::new(&piece, status)
}
