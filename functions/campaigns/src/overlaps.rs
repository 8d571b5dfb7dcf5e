//! Which campaigns that are on, or about to be, want the same customers as this one, how many, and who gets them (`domain::overlap`). It
//! scans customers and keeps nothing: all of them up to 50,000, beyond that parts of the table by hash, and says how sure it is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::{Campaign, Kind, State as Stands},
    contact_policy::ContactPolicy,
    customer::Customer,
    id::CampaignId,
    overlap::{Counted, EXACT_UP_TO, First, Outcome, counted, first, outcome, reaches},
};
use http_api::{Answer, Operator, Problem, Role};
use serde::Serialize;
use store::customers::CustomerKey;
use utoipa::ToSchema;

use crate::{Context, Id, failed, now, unknown_campaign};

/// Parts of the table beyond the bound of all: of a hundred million customers one part is 25,000.
const PARTS: u32 = 4_096;
/// Customers of parts that are looked at, at least, if time allows.
const ENOUGH: u64 = 20_000;
/// For all of it: the gateway waits 30 seconds.
const MAX_TIME: Duration = Duration::from_secs(22);
/// Of that for trying to look at all.
const TIME_FOR_ALL: Duration = Duration::from_secs(12);
const PAGE: u32 = 1_000;
/// Other campaigns that are held against this one: the newest.
const MAX_OTHERS: usize = 50;
/// Campaigns of one page of the list.
const LIST_PAGE: usize = 100;

/// A number of customers, with its 95 % interval: the same three times where all were looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerCount {
    pub value: u64,
    pub low: u64,
    pub high: u64,
}

impl From<Counted> for CustomerCount {
    fn from(counted: Counted) -> Self {
        Self { value: counted.value, low: counted.low, high: counted.high }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Overlap {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: Kind,
    pub state: Stands,
    pub priority: u8,
    /// Customers whom both want.
    pub both: CustomerCount,
    /// Whose work goes out first: `this`, `other`, or `whichever_is_due` at the same priority.
    pub first: &'static str,
    /// `both`: nothing stops the second. `one`: a cap of the tenant leaves room for one. `capped`: a cap may stop the second.
    pub outcome: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OverlapAudit {
    pub campaign_id: CampaignId,
    /// Customers looked at.
    pub scanned: u64,
    /// All customers were looked at; else the numbers are estimates with their error.
    pub exact: bool,
    /// Whom this campaign wants: selected, and reachable now.
    pub wanted: CustomerCount,
    /// Running, enabled, scheduled and paused campaigns, at most 50; those with the most customers in common in front.
    pub overlaps: Vec<Overlap>,
}

/// Which other campaigns want the same customers, and who gets them.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/overlaps", tag = "campaigns", operation_id = "list_overlaps", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = OverlapAudit), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(State(context): State<Arc<Context>>, operator: Operator, Id(id): Id) -> Answer<Json<OverlapAudit>> {
    operator.require(Role::Viewer)?;
    let this = context.store.campaign(&id).await.map_err(failed)?.ok_or_else(unknown_campaign)?;
    let others = others(&context, &this).await?;
    let policy = context.store.contact_policy().await.map_err(failed)?;
    let seen = look(&context, &this, &others).await?;
    let count = |number: u64| counted(number, seen.parts, seen.all_parts);
    let pairs = others.iter().zip(&seen.both);
    let mut overlaps: Vec<Overlap> = pairs.map(|(other, both)| overlap(&this, other, &policy, count(*both))).collect();
    overlaps.sort_by_key(|overlap| std::cmp::Reverse(overlap.both.value));
    Ok(Json(OverlapAudit {
        campaign_id: id,
        scanned: seen.scanned,
        exact: seen.parts >= seen.all_parts,
        wanted: count(seen.wanted).into(),
        overlaps,
    }))
}

fn overlap(this: &Campaign, other: &Campaign, policy: &ContactPolicy, both: Counted) -> Overlap {
    let (own, theirs) = (&this.definition.pressure, &other.definition.pressure);
    Overlap {
        campaign_id: other.id.clone(),
        name: other.definition.name.clone(),
        kind: other.definition.kind,
        state: other.state,
        priority: theirs.priority,
        both: both.into(),
        first: match first(own, theirs) {
            First::This => "this",
            First::Other => "other",
            First::WhicheverIsDue => "whichever_is_due",
        },
        outcome: match outcome(own, theirs, policy) {
            Outcome::Both => "both",
            Outcome::One => "one",
            Outcome::Capped => "capped",
        },
    }
}

/// Those that send, or will.
async fn others(context: &Context, this: &Campaign) -> Answer<Vec<Campaign>> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = context.store.list_campaigns(None, None, after.as_deref(), LIST_PAGE).await.map_err(failed)?;
        for standing in page.campaigns.iter().filter(|standing| standing.id != this.id && is_on(standing.state)) {
            found.extend(context.store.campaign(&standing.id).await.map_err(failed)?);
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

fn is_on(state: Stands) -> bool {
    match state {
        Stands::Running | Stands::Enabled | Stands::Scheduled | Stands::Paused => true,
        Stands::Draft | Stands::Completed | Stands::Cancelled | Stands::Ended | Stands::Failed | Stands::Archived => {
            false
        }
    }
}

/// What was seen of the customers, in so many of the parts of their table.
struct Seen {
    scanned: u64,
    wanted: u64,
    /// In the order of the other campaigns.
    both: Vec<u64>,
    parts: u64,
    all_parts: u64,
}

impl Seen {
    fn none(others: usize) -> Self {
        Self { scanned: 0, wanted: 0, both: vec![0; others], parts: 0, all_parts: 1 }
    }

    fn count(&mut self, this: &Campaign, others: &[Campaign], customer: &Customer, now: Timestamp) {
        self.scanned += 1;
        if !reaches(&this.definition, customer, now) {
            return;
        }
        self.wanted += 1;
        for (both, other) in self.both.iter_mut().zip(others) {
            *both += u64::from(reaches(&other.definition, customer, now));
        }
    }
}

async fn look(context: &Context, this: &Campaign, others: &[Campaign]) -> Answer<Seen> {
    let started = Instant::now();
    let mut all = Seen::none(others.len());
    if part(context, this, others, (0, 1), &mut all, || started.elapsed() < TIME_FOR_ALL).await? {
        return Ok(Seen { parts: 1, ..all });
    }
    let mut seen = Seen { all_parts: u64::from(PARTS), ..Seen::none(others.len()) };
    for number in 0..PARTS {
        let mut one = Seen::none(others.len());
        let whole = part(context, this, others, (number, PARTS), &mut one, || started.elapsed() < MAX_TIME).await?;
        // of a part that was not read to its end nobody knows how much of the whole it is
        if !whole {
            break;
        }
        seen.scanned += one.scanned;
        seen.wanted += one.wanted;
        seen.both.iter_mut().zip(one.both).for_each(|(sum, both)| *sum += both);
        seen.parts += 1;
        if seen.scanned >= ENOUGH || started.elapsed() >= MAX_TIME {
            break;
        }
    }
    if seen.parts == 0 {
        return Err(Problem::unavailable().with_detail("no part of the customers could be read in time: try again"));
    }
    Ok(seen)
}

/// Whether the part was read to its end, within the time and the bound of all.
async fn part(
    context: &Context,
    this: &Campaign,
    others: &[Campaign],
    (number, of): (u32, u32),
    seen: &mut Seen,
    may_go_on: impl Fn() -> bool,
) -> Answer<bool> {
    let now = now();
    let mut after: Option<CustomerKey> = None;
    loop {
        let page = context.store.scan_customers(number, of, after, PAGE).await.map_err(failed)?;
        for customer in &page.customers {
            seen.count(this, others, customer, now);
        }
        after = page.next;
        if after.is_none() {
            return Ok(true);
        }
        if seen.scanned >= EXACT_UP_TO || !may_go_on() {
            return Ok(false);
        }
    }
}
