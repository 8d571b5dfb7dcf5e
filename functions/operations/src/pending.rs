//! The list of open matches. Reads the due index queue by queue, then the items and the records of their customers; a match that has its
//! outcome is left out, though its dispatch may still be open.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    dispatch::Dispatch,
    id::{CampaignId, CustomerId, Occurrence, VoucherId},
    trigger::Match,
    voucher::Voucher,
};
use http_api::{Answer, Operator, Params, Problem, Role, query};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::{
    control::Standing,
    pending::{Open, OpenDispatch, OpenKey, OpenQueue, OpenUnknown},
    vouchers::VoucherKey,
};

use crate::{
    Context, failed,
    reference::Reference,
    stand::{self, Stand},
    views::{PendingParams, PendingTrigger, PendingTriggerList, Piece},
};

/// Index entries read at once: up to fifty customers each.
const PAGE: i32 = 50;
/// Reads of one page, of the index and of records: with a rare filter the page is short and has a next one, rather than slow.
const MAX_READS: usize = 60;

/// Where the next page starts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Position {
    /// Of [`OpenQueue::ALL`].
    queue: usize,
    after: Option<OpenKey>,
    /// The entry behind `after`, if some of its customers were shown, and how many of them were looked at.
    inside: Option<(OpenKey, usize)>,
}

/// What is open, and what it waits for. Promotions' open work too.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/pending-triggers", tag = "operations", operation_id = "list_pending_triggers",
    security(("jwt" = [])),
    params(PendingParams),
    responses((status = 200, body = PendingTriggerList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Params(params): Params<PendingParams>,
) -> Answer<Json<PendingTriggerList>> {
    operator.require(Role::Viewer)?;
    let limit = query::limit(params.limit)? as usize;
    let list = format!(
        "pending-triggers?campaign={}&customer={}&state={}",
        params.campaign.as_ref().map_or("", CampaignId::as_str),
        params.customer.as_ref().map_or("", CustomerId::as_str),
        params.state.map_or("", |state| state.as_str()),
    );
    let position = match &params.cursor {
        Some(cursor) => context.cursors().await?.open(&list, cursor)?,
        None => Position::default(),
    };
    let (standings, items) = (HashMap::new(), Vec::new());
    let mut walk = Walk { context: &context, params: &params, limit, now: clock::now(), standings, items, reads: 0 };
    let next_cursor = match walk.from(position).await? {
        Some(position) => Some(context.cursors().await?.seal(&list, &position)),
        None => None,
    };
    Ok(Json(PendingTriggerList { items: walk.items, next_cursor }))
}

/// One page in the making.
struct Walk<'a> {
    context: &'a Context,
    params: &'a PendingParams,
    limit: usize,
    now: Timestamp,
    /// `None`: the campaign is gone.
    standings: HashMap<CampaignId, Option<Standing>>,
    items: Vec<PendingTrigger>,
    reads: usize,
}

impl Walk<'_> {
    /// Where the next page starts, if there is one.
    async fn from(&mut self, mut position: Position) -> Answer<Option<Position>> {
        while let Some(queue) = OpenQueue::ALL.get(position.queue) {
            if self.full() {
                return Ok(Some(position));
            }
            let (campaign, after) = (self.params.campaign.as_ref(), position.after.as_ref());
            let page = self.context.store.open_work(*queue, campaign, after, PAGE).await.map_err(failed)?;
            self.reads += 1;
            for (key, open) in page.work {
                if self.full() {
                    return Ok(Some(position));
                }
                let looked_at = match &position.inside {
                    Some((inside, looked_at)) if *inside == key => *looked_at,
                    Some(_) | None => 0,
                };
                if let Some(looked_at) = self.show(&open, looked_at).await? {
                    position.inside = Some((key, looked_at));
                    return Ok(Some(position));
                }
                position = Position { queue: position.queue, after: Some(key), inside: None };
            }
            position = match page.next {
                Some(next) => Position { queue: position.queue, after: Some(next), inside: None },
                None => Position { queue: position.queue + 1, after: None, inside: None },
            };
        }
        Ok(None)
    }

    fn full(&self) -> bool {
        self.items.len() >= self.limit || self.reads >= MAX_READS
    }

    /// Shows who waits for this work. `Some`: there is more of it than fits, from this customer on.
    async fn show(&mut self, open: &Open, looked_at: usize) -> Answer<Option<usize>> {
        match open {
            Open::Match(it) => self.show_match(it).await.map(|()| None),
            Open::Dispatch(open) => self.show_dispatch(open, looked_at).await,
            Open::Unknown(open) => self.show_unknown(open).await.map(|()| None),
        }
    }

    async fn show_dispatch(&mut self, open: &OpenDispatch, looked_at: usize) -> Answer<Option<usize>> {
        let dispatch = &open.dispatch;
        let Some(standing) = self.standing(&dispatch.campaign).await? else { return Ok(None) };
        let Some(stand) = stand::of_dispatch(open, standing.state.work(), self.now) else { return Ok(None) };
        if !self.wants(stand) {
            return Ok(None);
        }
        let customers = dispatch.customers.iter().enumerate().skip(looked_at);
        let wanted: Vec<(usize, &CustomerId)> =
            customers.filter(|(_, customer)| self.wants_customer(customer)).collect();
        let customers: Vec<&CustomerId> = wanted.iter().map(|(_, customer)| *customer).collect();
        let records = self.records(dispatch, &customers).await?;
        for (index, customer) in wanted {
            if !stand::waits(dispatch, records.get(customer), standing.revoke, self.now) {
                continue;
            }
            if self.items.len() >= self.limit {
                return Ok(Some(index));
            }
            self.items.push(of_dispatch(dispatch, customer, &standing, stand));
        }
        Ok(None)
    }

    async fn show_match(&mut self, it: &Match) -> Answer<()> {
        let Some(standing) = self.standing(&it.campaign).await? else { return Ok(()) };
        let stand = stand::of_match(it, standing.state.work(), self.now);
        if self.wants(stand) && self.wants_customer(&it.customer) {
            self.items.push(of_match(it, &standing, stand));
        }
        Ok(())
    }

    async fn show_unknown(&mut self, open: &OpenUnknown) -> Answer<()> {
        let stand = stand::of_unknown(open);
        if !self.wants(stand) || !self.wants_customer(&open.attempt.key.customer) {
            return Ok(());
        }
        let Some(standing) = self.standing(&open.attempt.campaign).await? else { return Ok(()) };
        self.reads += 1;
        let record = self.context.store.voucher(&open.attempt.key).await.map_err(failed)?;
        if stand::unsettled(open, record.as_ref()) {
            self.items.push(of_unknown(open, &standing, stand));
        }
        Ok(())
    }

    fn wants(&self, stand: Stand) -> bool {
        self.params.state.is_none_or(|state| state == stand.state)
    }

    fn wants_customer(&self, customer: &CustomerId) -> bool {
        self.params.customer.as_ref().is_none_or(|wanted| wanted == customer)
    }

    async fn standing(&mut self, campaign: &CampaignId) -> Answer<Option<Standing>> {
        if let Some(standing) = self.standings.get(campaign) {
            return Ok(standing.clone());
        }
        self.reads += 1;
        let standing = self.context.store.campaign_state(campaign).await.map_err(failed)?;
        self.standings.insert(campaign.clone(), standing.clone());
        Ok(standing)
    }

    async fn records(
        &mut self,
        dispatch: &Dispatch,
        customers: &[&CustomerId],
    ) -> Answer<HashMap<CustomerId, Voucher>> {
        if customers.is_empty() {
            return Ok(HashMap::new());
        }
        self.reads += 1;
        let keys: Vec<VoucherKey> = customers.iter().map(|customer| key_of(dispatch, customer)).collect();
        let found = self.context.store.vouchers_at(&keys).await.map_err(failed)?;
        Ok(found.into_iter().map(|voucher| (voucher.customer.clone(), voucher)).collect())
    }
}

/// Where the record of this customer's match is, or will be.
pub fn key_of(dispatch: &Dispatch, customer: &CustomerId) -> VoucherKey {
    let voucher = VoucherId::derive(&dispatch.campaign, customer, &dispatch.occurrence());
    VoucherKey { customer: customer.clone(), voucher }
}

pub fn of_match(it: &Match, standing: &Standing, stand: Stand) -> PendingTrigger {
    let (campaign, customer) = (it.campaign.clone(), it.customer.clone());
    let reference = Reference::Match { campaign, customer, occurrence: it.firing.occurrence.clone() };
    let piece = Piece {
        reference: &reference,
        standing,
        customer: &it.customer,
        occurrence: it.firing.occurrence.clone(),
        matched_day: Some(it.firing.day),
        channel: None,
        attempt: 1,
    };
    PendingTrigger::new(&piece, stand)
}

pub fn of_dispatch(dispatch: &Dispatch, customer: &CustomerId, standing: &Standing, stand: Stand) -> PendingTrigger {
    let reference = Reference::Dispatch { key: dispatch.key.clone(), customer: customer.clone() };
    let piece = Piece {
        reference: &reference,
        standing,
        customer,
        occurrence: dispatch.occurrence(),
        matched_day: dispatch.firing.as_ref().map(|firing| firing.day),
        channel: Some(dispatch.channel),
        attempt: dispatch.attempt,
    };
    PendingTrigger::new(&piece, stand)
}

pub fn of_unknown(open: &OpenUnknown, standing: &Standing, stand: Stand) -> PendingTrigger {
    let attempt = &open.attempt;
    let (channel, number) = (attempt.channel, attempt.number);
    let reference = Reference::Unknown { key: attempt.key.clone(), channel, number };
    let occurrence = attempt.firing.as_ref().map(|firing| firing.occurrence.clone());
    let piece = Piece {
        reference: &reference,
        standing,
        customer: &attempt.key.customer,
        occurrence: occurrence.unwrap_or_else(|| Occurrence::of_run(&attempt.run)),
        matched_day: attempt.firing.as_ref().map(|firing| firing.day),
        channel: Some(channel),
        attempt: number,
    };
    PendingTrigger::new(&piece, stand)
}
