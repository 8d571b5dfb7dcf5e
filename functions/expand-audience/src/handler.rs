//! Scans one segment page by page until it is complete or the time runs out, and then sends one
//! message to continue.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Timestamp,
    campaign::{
        definition::CampaignForms,
        lifecycle::WorkPolicy,
        segments::{Exclusion, find_exclusion},
    },
    customer::profile::{Customer, ReachQuery},
    delivery::{
        contact_policy::{ContactPolicy, PlannedTime},
        dispatch::{Dispatch, DispatchKey, MAX_DISPATCH_CUSTOMERS, Segment},
        eligibility::{audience_moment, planned_channel, planned_send_time},
    },
    kernel::{channel::Channel, money::Currency},
    voucher::past::past_vouchers,
};
use queue::{Queue, SegmentNudge, WakeNudge};
use runtime::{HandlerOutcome, clock::Deadline};
use store::{
    Store, StoreError,
    conditional::Applied,
    customer::profiles::{CustomerKey, UnreadableCustomer},
};

/// The time that must be left to begin a page. Reading and writing one takes far less.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);
/// Dispatches of one page. A transaction takes 100 items: one is the checkpoint, and the rest is
/// room for dispatches that are not full, one for each channel.
const MAX_DISPATCHES: usize = 90;
/// Customers of one page, by default: about as many as a scan returns at once, and no more than 18
/// full dispatches. So a dispatch that is not full still fits for each hour of the day and channel.
pub const PAGE_SIZE: usize = 900;
/// Customers of one page of a rule that asks for vouchers: those of whom they decide are read one
/// after the other, and a page must be read within the margin.
const VOUCHER_PAGE_SIZE: usize = 100;
/// Continuations of one segment. A billion customers in 64 segments need far fewer; more of them
/// mean that something does not move.
const MAX_HOPS: u32 = 10_000;

pub struct ExpandContext {
    pub store: Store,
    pub expansion: Queue,
    pub release: Queue,
    pub watchdog: Queue,
    /// Customers of one dispatch, 1 to 50.
    pub dispatch_size: usize,
    /// The most customers on one page.
    pub page_size: usize,
    /// The tenant's currency, which is that of customers without their own.
    pub currency: Currency,
}

/// The result of one page.
enum PageResult {
    More(Segment),
    Last(Segment),
    /// Another worker has written the page.
    Lost,
}

pub async fn expand_segment(
    context: &ExpandContext,
    nudge: &SegmentNudge,
    deadline: Deadline,
) -> HandlerOutcome {
    match scan_segment(context, nudge, deadline).await {
        Ok(handled) => handled,
        Err(error) if error.retryable() => HandlerOutcome::retry(error.to_string()),
        Err(error) => {
            tracing::error!(%error, run = %nudge.run, segment = nudge.segment, "segment expansion failed");
            HandlerOutcome::retry(error.to_string())
        }
    }
}

async fn scan_segment(
    context: &ExpandContext,
    nudge: &SegmentNudge,
    deadline: Deadline,
) -> Result<HandlerOutcome, StoreError> {
    let Some(mut segment) = context.store.segment(&nudge.run, nudge.segment).await? else {
        return Ok(HandlerOutcome::poison("no such segment"));
    };
    if segment.scanned_all {
        return Ok(HandlerOutcome::Done);
    }
    let Some(summary) = context.store.campaign_summary(&segment.campaign).await? else {
        return Ok(HandlerOutcome::poison("its campaign is gone"));
    };
    match summary.state.work_policy() {
        WorkPolicy::Go => {}
        // the watchdog nudges it again once the campaign runs
        WorkPolicy::Wait => return Ok(HandlerOutcome::Done),
        WorkPolicy::Drop => return close_segment(context, &segment).await,
    }
    let began = summary.run_began().unwrap_or_else(runtime::clock::now);
    let found = context.store.evaluable_definition(&segment.campaign, summary.definition, began);
    let Some(definition) = found.await? else {
        return Ok(HandlerOutcome::poison("its definition is gone"));
    };
    if let Some(segment) = definition.audience.first_unfrozen() {
        return Ok(HandlerOutcome::poison(format!("segment {segment} was not frozen at launch")));
    }
    let forms = CampaignForms::new(definition);
    let exclusions = context.store.exclusions().await?;
    let audience = RunAudience { forms: &forms, exclusions: &exclusions, began };
    let first_page = segment.page;
    while deadline.remaining() > MARGIN {
        // a hop is an invocation that made progress, and is counted with its first page
        let hops = segment.hops + u32::from(segment.page == first_page);
        match scan_page(context, &segment, &audience, hops).await? {
            PageResult::More(next) => segment = next,
            PageResult::Last(last) => return Ok(finish_segment(context, &last).await),
            PageResult::Lost => return Ok(HandlerOutcome::Done),
        }
    }
    Ok(continue_segment(context, &segment, segment.page > first_page).await)
}

/// The question that a run asks of each customer.
struct RunAudience<'a> {
    forms: &'a CampaignForms,
    /// The segments that the tenant keeps out of every campaign.
    exclusions: &'a [Exclusion],
    began: Timestamp,
}

impl RunAudience<'_> {
    /// Returns true if the run selects the customer. Their vouchers are read only if the rule asks
    /// for them and nothing else decides.
    async fn selects(
        &self,
        store: &Store,
        customer: &Customer,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if find_exclusion(self.exclusions, customer, now).is_some() {
            return Ok(false);
        }
        let definition = &self.forms.definition;
        let rule = &definition.audience;
        let moment = audience_moment(definition, customer, None, Some(self.began), now);
        if !rule.asks_vouchers() {
            return Ok(rule.selects(customer, moment));
        }
        match rule.selects_regardless_of_vouchers(customer, moment) {
            Some(selected) => Ok(selected),
            None => {
                let had = past_vouchers(&store.customer_vouchers(&customer.id).await?);
                Ok(rule.selects_with(customer, &had, moment))
            }
        }
    }
}

/// Reads one page of customers and commits the dispatches for the selected ones.
async fn scan_page(
    context: &ExpandContext,
    segment: &Segment,
    audience: &RunAudience<'_>,
    hops: u32,
) -> Result<PageResult, StoreError> {
    let forms = audience.forms;
    let definition = &forms.definition;
    let size = context.dispatch_size.clamp(1, MAX_DISPATCH_CUSTOMERS);
    let most = match definition.audience.asks_vouchers() {
        true => VOUCHER_PAGE_SIZE.min(MAX_DISPATCHES * size),
        false => MAX_DISPATCHES * size,
    };
    let limit = context.page_size.clamp(1, most);
    let start = segment.cursor.clone().map(CustomerKey);
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let policy = context.store.contact_policy().await?;
    let scan = context.store.scan_customers(segment.number, segment.total, start, limit).await?;
    for UnreadableCustomer { key, reason } in &scan.unreadable {
        tracing::error!(key = key.0, reason, "unreadable customer left out of the run");
    }
    let now = runtime::clock::now();
    let mut customers: Vec<&Customer> = Vec::new();
    for customer in &scan.customers {
        if audience.selects(&context.store, customer, now).await? {
            customers.push(customer);
        }
    }
    let topic = context.store.topic_question(definition).await?;
    let query = ReachQuery { topic: topic.as_ref(), now };
    let dispatches = plan_dispatches(segment, forms, &policy, &query, &customers, size);
    let after = Segment {
        cursor: scan.next.as_ref().map(|key| key.0.clone()),
        page: segment.page + 1,
        scanned_all: scan.next.is_none(),
        scanned: segment.scanned + u64::from(scan.scanned),
        unreadable: segment.unreadable + scan.unreadable.len() as u64,
        selected: segment.selected + dispatches.iter().map(Dispatch::size).sum::<u64>(),
        open: segment.open + dispatches.len() as u64,
        hops,
        updated_at: now,
        ..segment.clone()
    };
    match context.store.write_page(segment, &after, &dispatches).await? {
        Applied::Conflict => Ok(PageResult::Lost),
        Applied::Yes if after.scanned_all => Ok(PageResult::Last(after)),
        Applied::Yes => {
            if segment.page == 0 {
                context.release.nudge(&WakeNudge::now("first page")).await;
            }
            Ok(PageResult::More(after))
        }
    }
}

/// Plans the dispatches of a page. The selected customers are grouped by the
/// channel of their variant's ladder that their consent allows now and by the time at which the
/// contact policy allows a message, and each group is split into chunks.
///
/// If that makes more dispatches than one transaction takes, all of them are due at once, and the
/// workers check the time.
fn plan_dispatches(
    segment: &Segment,
    forms: &CampaignForms,
    policy: &ContactPolicy,
    query: &ReachQuery<'_>,
    customers: &[&Customer],
    size: usize,
) -> Vec<Dispatch> {
    let now = query.now;
    let mut groups: BTreeMap<(PlannedTime, Channel), Vec<&Customer>> = BTreeMap::new();
    for customer in customers.iter().copied() {
        let definition = forms.of_customer(&segment.campaign, &customer.id);
        if let Some(channel) = planned_channel(definition, customer, query) {
            let planned = planned_send_time(definition, policy, customer, channel, now);
            groups.entry((planned, channel)).or_default().push(customer);
        }
    }
    if groups.values().map(|ids| ids.len().div_ceil(size)).sum::<usize>() > MAX_DISPATCHES {
        let planned = PlannedTime { wanted_at: now, due_at: now };
        let mut at_once: BTreeMap<(PlannedTime, Channel), Vec<&Customer>> = BTreeMap::new();
        for ((_, channel), ids) in groups {
            at_once.entry((planned, channel)).or_default().extend(ids);
        }
        groups = at_once;
    }
    let chunks =
        groups.iter().flat_map(|(at, ids)| ids.chunks(size).map(move |chunk| (*at, chunk)));
    chunks
        .enumerate()
        .map(|(index, ((planned, channel), chunk))| {
            let key = DispatchKey::planned(&segment.run, segment.number, segment.page, index);
            Dispatch::planned_for(key, segment.campaign.clone(), channel, chunk, planned)
        })
        .collect()
}

async fn finish_segment(context: &ExpandContext, segment: &Segment) -> HandlerOutcome {
    tracing::info!(run = %segment.run, segment = segment.number, scanned = segment.scanned, selected = segment.selected, "segment scanned");
    context.release.nudge(&WakeNudge::now("planned")).await;
    if segment.open == 0 {
        context
            .watchdog
            .nudge(&WakeNudge::for_campaign("nobody selected", &segment.campaign))
            .await;
    }
    HandlerOutcome::Done
}

/// Closes the scan of a cancelled campaign where it is: no further customer is selected, so the
/// equation can close.
async fn close_segment(
    context: &ExpandContext,
    segment: &Segment,
) -> Result<HandlerOutcome, StoreError> {
    let after = Segment {
        cursor: None,
        page: segment.page + 1,
        scanned_all: true,
        updated_at: runtime::clock::now(),
        ..segment.clone()
    };
    context.store.write_page(segment, &after, &[]).await?;
    Ok(HandlerOutcome::Done)
}

/// Sends one message to continue, if this invocation made progress. Without progress it is left to
/// the watchdog.
async fn continue_segment(
    context: &ExpandContext,
    segment: &Segment,
    progressed: bool,
) -> HandlerOutcome {
    context.release.nudge(&WakeNudge::now("planned")).await;
    if !progressed || segment.hops >= MAX_HOPS {
        tracing::error!(run = %segment.run, segment = segment.number, hops = segment.hops, "segment without progress");
        return HandlerOutcome::retry("no progress");
    }
    context
        .expansion
        .nudge(&SegmentNudge { run: segment.run.clone(), segment: segment.number })
        .await;
    HandlerOutcome::Done
}
