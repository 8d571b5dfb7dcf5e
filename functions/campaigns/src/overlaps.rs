//! Finds the campaigns, active or about to be, that want the same customers as this one: how many,
//! and which campaign gets them (`domain::overlap_view`).
//!
//! It scans customers and stores nothing: all of them up to 50,000; above that, parts of the table
//! chosen by hash, with the error of the estimate.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::{
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignPhase, CampaignState},
    },
    customer::{profile::Customer, topics::TopicSettings},
    delivery::contact_policy::ContactPolicy,
    kernel::id::CampaignId,
    reporting::overlap::{
        MAX_EXACT_CUSTOMERS, OverlapEstimate, OverlapOutcome, ReleaseOrder, can_reach,
        estimate_customers, overlap_outcome, release_order,
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use runtime::clock;
use serde::Serialize;
use store::customer::profiles::CustomerKey;
use utoipa::ToSchema;

use crate::{CampaignIdPath, CampaignsContext, store_failure, unknown_campaign};

/// The number of parts the table is split into when it is too large to scan whole. With a hundred
/// million customers one part has 25,000.
const PARTS: u32 = 4_096;
/// The number of sampled customers at which the scan stops.
const ENOUGH_SAMPLED: u64 = 20_000;
/// The time limit of the whole request: the gateway waits 30 seconds.
const MAX_TIME: Duration = Duration::from_secs(22);
/// The share of that time for the attempt to scan all customers.
const TIME_FOR_ALL: Duration = Duration::from_secs(12);
const PAGE: u32 = 1_000;
/// The most other campaigns that are compared with this one: the newest.
const MAX_OTHERS: usize = 50;
/// Campaigns on one page of the list.
const LIST_PAGE: usize = 100;

/// A number of customers, with its 95 % interval. All three are equal if every customer was
/// scanned.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerCount {
    pub value: u64,
    pub low: u64,
    pub high: u64,
}

impl From<OverlapEstimate> for CustomerCount {
    fn from(counted: OverlapEstimate) -> Self {
        Self { value: counted.value, low: counted.low, high: counted.high }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Overlap {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: CampaignKind,
    pub state: CampaignState,
    pub priority: u8,
    /// Customers whom both campaigns want.
    pub both: CustomerCount,
    /// The campaign that sends first: `this`, `other`, or `whichever_is_due` at equal priority.
    pub first: &'static str,
    /// `both`: nothing stops the second. `one`: a cap of the tenant leaves room for one. `capped`:
    /// a cap may stop the second.
    pub outcome: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OverlapAudit {
    pub campaign_id: CampaignId,
    /// Customers scanned.
    pub scanned: u64,
    /// True if all customers were scanned; otherwise the numbers are estimates with their error.
    pub exact: bool,
    /// Customers this campaign wants: selected, and reachable now.
    pub wanted: CustomerCount,
    /// Running, enabled, scheduled and paused campaigns, at most 50; those with the most customers
    /// in common come first.
    pub overlaps: Vec<Overlap>,
}

/// Lists the other campaigns that want the same customers, and which campaign gets them.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/overlaps", tag = "campaigns", operation_id = "list_overlaps", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = OverlapAudit), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
) -> ApiResult<Json<OverlapAudit>> {
    operator.require_role(OperatorRole::Viewer)?;
    let mut this =
        context.store.campaign(&id).await.map_err(store_failure)?.ok_or_else(unknown_campaign)?;
    if this.definition.audience.first_unfrozen().is_some() {
        let audience = &this.definition.audience;
        this.definition.audience = context.freeze_audience(audience, "/audience").await?;
    }
    resolve_audience(&context, &mut this).await?;
    let others = load_other_campaigns(&context, &this).await?;
    let policy = context.store.contact_policy().await.map_err(store_failure)?;
    let topics = context.store.topics().await.map_err(store_failure)?;
    let compared = Compared { this: &this, others: &others, topics: &topics };
    let counts = scan_overlaps(&context, &compared).await?;
    let count = |number: u64| estimate_customers(number, counts.parts, counts.all_parts);
    let pairs = others.iter().zip(&counts.both);
    let mut overlaps: Vec<Overlap> =
        pairs.map(|(other, both)| overlap_view(&this, other, &policy, count(*both))).collect();
    overlaps.sort_by_key(|overlap| std::cmp::Reverse(overlap.both.value));
    Ok(Json(OverlapAudit {
        campaign_id: id,
        scanned: counts.scanned,
        exact: counts.parts >= counts.all_parts,
        wanted: count(counts.wanted).into(),
        overlaps,
    }))
}

fn overlap_view(
    this: &Campaign,
    other: &Campaign,
    policy: &ContactPolicy,
    both: OverlapEstimate,
) -> Overlap {
    let (own, theirs) = (&this.definition.pressure, &other.definition.pressure);
    Overlap {
        campaign_id: other.id.clone(),
        name: other.definition.name.clone(),
        kind: other.definition.kind,
        state: other.state,
        priority: theirs.priority,
        both: both.into(),
        first: match release_order(own, theirs) {
            ReleaseOrder::This => "this",
            ReleaseOrder::Other => "other",
            ReleaseOrder::EarliestDue => "whichever_is_due",
        },
        outcome: match overlap_outcome(own, theirs, policy) {
            OverlapOutcome::Both => "both",
            OverlapOutcome::One => "one",
            OverlapOutcome::Capped => "capped",
        },
    }
}

async fn resolve_audience(context: &CampaignsContext, campaign: &mut Campaign) -> ApiResult<()> {
    let audience = &mut campaign.definition.audience;
    context.store.resolve_audience(audience, clock::now()).await.map_err(store_failure)
}

/// Loads the campaigns that send or will send.
async fn load_other_campaigns(
    context: &CampaignsContext,
    this: &Campaign,
) -> ApiResult<Vec<Campaign>> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = context
            .store
            .list_campaigns(None, None, after.as_deref(), LIST_PAGE)
            .await
            .map_err(store_failure)?;
        for summary in page
            .campaigns
            .iter()
            .filter(|summary| summary.id != this.id && summary.state.phase() == CampaignPhase::Live)
        {
            let other = context.store.campaign(&summary.id).await.map_err(store_failure)?;
            if let Some(mut other) = other {
                resolve_audience(context, &mut other).await?;
                found.push(other);
            }
            if found.len() >= MAX_OTHERS {
                return Ok(found);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// A campaign, those that it is compared with, and the tenant's topics.
struct Compared<'a> {
    this: &'a Campaign,
    others: &'a [Campaign],
    topics: &'a TopicSettings,
}

/// The counts of the scanned customers, and how many parts of the table they cover.
struct OverlapCounts {
    scanned: u64,
    wanted: u64,
    /// The customers in common, in the order of the other campaigns.
    both: Vec<u64>,
    parts: u64,
    all_parts: u64,
}

impl OverlapCounts {
    fn empty(others: usize) -> Self {
        Self { scanned: 0, wanted: 0, both: vec![0; others], parts: 0, all_parts: 1 }
    }

    fn count_customer(&mut self, compared: &Compared<'_>, customer: &Customer, now: Timestamp) {
        self.scanned += 1;
        let reaches = |one: &Campaign| {
            let topic = one.definition.topic.as_ref().map(|id| compared.topics.question(id));
            can_reach(&one.definition, topic.as_ref(), customer, now)
        };
        if !reaches(compared.this) {
            return;
        }
        self.wanted += 1;
        for (both, other) in self.both.iter_mut().zip(compared.others) {
            *both += u64::from(reaches(other));
        }
    }
}

async fn scan_overlaps(
    context: &CampaignsContext,
    compared: &Compared<'_>,
) -> ApiResult<OverlapCounts> {
    let started = Instant::now();
    let others = compared.others.len();
    let mut all = OverlapCounts::empty(others);
    let in_time = || started.elapsed() < TIME_FOR_ALL;
    if scan_part(context, compared, (0, 1), &mut all, in_time).await? {
        return Ok(OverlapCounts { parts: 1, ..all });
    }
    let mut seen = OverlapCounts { all_parts: u64::from(PARTS), ..OverlapCounts::empty(others) };
    for number in 0..PARTS {
        let mut one = OverlapCounts::empty(others);
        let whole = scan_part(context, compared, (number, PARTS), &mut one, || {
            started.elapsed() < MAX_TIME
        })
        .await?;
        // a part that was not read to its end is an unknown share of the whole
        if !whole {
            break;
        }
        seen.scanned += one.scanned;
        seen.wanted += one.wanted;
        seen.both.iter_mut().zip(one.both).for_each(|(sum, both)| *sum += both);
        seen.parts += 1;
        if seen.scanned >= ENOUGH_SAMPLED || started.elapsed() >= MAX_TIME {
            break;
        }
    }
    if seen.parts == 0 {
        return Err(Problem::unavailable()
            .with_detail("no part of the customers could be read in time: try again"));
    }
    Ok(seen)
}

/// Counts one part of the table. Returns true if the part was read to its end within the time and
/// the limit of a full scan.
async fn scan_part(
    context: &CampaignsContext,
    compared: &Compared<'_>,
    (number, of): (u32, u32),
    seen: &mut OverlapCounts,
    may_go_on: impl Fn() -> bool,
) -> ApiResult<bool> {
    let now = clock::now();
    let mut after: Option<CustomerKey> = None;
    loop {
        let page =
            context.store.scan_customers(number, of, after, PAGE).await.map_err(store_failure)?;
        for customer in &page.customers {
            seen.count_customer(compared, customer, now);
        }
        after = page.next;
        if after.is_none() {
            return Ok(true);
        }
        if seen.scanned >= MAX_EXACT_CUSTOMERS || !may_go_on() {
            return Ok(false);
        }
    }
}
