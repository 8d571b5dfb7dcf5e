//! The replay before enabling: an autopilot evaluated over past days of recorded behaviour. It
//! sends and plans nothing; a complete replay saves the number of matches with the campaign, for
//! the health page.
//!
//! It reads customers and, if the trigger or the audience needs them, their orders from Work.
//! `domain::reporting::replay` decides about each customer with the code of the live path. A large customer
//! base is scanned only in part, and the answer says so.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, body::Body, extract::State};
use domain::{
    Date,
    campaign::{
        definition::Definition,
        lifecycle::{Campaign, CampaignPhase},
    },
    customer::{
        orders::CountedOrder,
        profile::{Customer, ReachQuery},
        topics::TopicSettings,
    },
    kernel::{channel::Channel, id::CustomerId, money::Currency},
    reporting::{
        autopilot_health::{MatchCount, WINDOW_DAYS},
        replay::{
            self, DEFAULT_DAYS, MAX_DAYS, NotReplayable, Replay, ReplayOutcome, ReplayedFiring,
            RequiredData,
        },
    },
};
use futures::{StreamExt, stream};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, body, parse_body};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::{StoreError, campaign::campaigns::ReplaySummary, customer::profiles::CustomerKey};
use utoipa::ToSchema;

use crate::{CampaignIdPath, CampaignsContext, store_failure, views::ReachableCustomers};

/// The limits of one scan of the customer base.
struct ScanBounds {
    customers: u64,
    time: Duration,
    page: u32,
}

const SCAN_BOUNDS: ScanBounds = ScanBounds {
    // as many as fit into the time if few of them have orders to read
    customers: 50_000,
    // the gateway waits 30 seconds, and the last page takes a moment
    time: Duration::from_secs(18),
    // small enough that the orders of one page are read between two checks of the time
    page: 500,
};
/// Customers whose orders are read at the same time.
const CONCURRENT_ORDER_READS: usize = 32;
const MAX_EXAMPLES: usize = 20;

const METHOD: &str = "10th and 90th percentile of the days' matches, by nearest rank";

const ASSUMPTIONS: [&str; 7] = [
    "The days are the customers' own, in the zone that they have now; each of them is over everywhere.",
    "Profile, consent, suppression and address are as they are now.",
    "Orders count as they stand now: one that was cancelled since never counted, a refund was always taken off.",
    "Orders are taken as told when they were placed.",
    "Who has a sign-up day was not there before it, unless an order that was read is older.",
    "It is as if the autopilot had been enabled on the first day: vouchers that it has issued before are not asked for.",
    "Caps are not applied: hold `vouchers` and `exposure` against them.",
];

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReplayRequest {
    /// 1 to 90; 30 if not given.
    #[schema(minimum = 1, maximum = 90)]
    days: u32,
}

impl Default for ReplayRequest {
    fn default() -> Self {
        Self { days: DEFAULT_DAYS }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayView {
    #[schema(value_type = String, format = Date)]
    from: Date,
    #[schema(value_type = String, format = Date)]
    until: Date,
    /// Every day from `from` to `until`, including those without a match.
    days: Vec<ReplayedDay>,
    /// Customers the autopilot would have selected, counted once for each time it fired: `vouchers`
    /// and all of `suppressed`.
    matches: u64,
    /// The number of different customers among the matches.
    customers: u64,
    /// The reachable ones of these customers, by present consent, suppressions and addresses.
    reachable: ReachableCustomers,
    /// Matches that would have got a voucher.
    vouchers: u64,
    /// Matches without a voucher, by reason. `ghost` means held out.
    #[schema(example = json!({"no_consent": 12, "cool_down": 3, "ghost": 9}))]
    suppressed: BTreeMap<&'static str, u64>,
    /// The most that `vouchers` could have cost together, as `caps.exposure` counts it.
    exposure: ReplayedExposure,
    expected: ExpectedBand,
    /// At most 20 of the matches.
    examples: Vec<ReplayedMatch>,
    /// Customers scanned.
    scanned: u64,
    /// Customers whose profile or orders could not be read.
    unreadable: u64,
    /// True if the whole customer base was scanned; otherwise the numbers cover only the scanned
    /// part.
    complete: bool,
    /// The assumptions behind the numbers.
    assumptions: [&'static str; ASSUMPTIONS.len()],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplayedDay {
    #[schema(value_type = String, format = Date)]
    day: Date,
    matches: u64,
    vouchers: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplayedExposure {
    /// Minor units.
    amount: i64,
    currency: Currency,
}

/// The usual range of matches a day.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpectedBand {
    /// About one day in ten had as many or fewer.
    low: u64,
    /// About one day in ten had as many or more.
    high: u64,
    /// The method that computed `low` and `high`.
    method: &'static str,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplayedMatch {
    customer_id: CustomerId,
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// `send`, `ghost` (held out), or the reason there is no voucher.
    #[schema(example = "cool_down")]
    decision: &'static str,
}

/// Computes what an autopilot would have done over the past days.
///
/// The answer has the number of matches and their outcomes. Nothing is sent.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/replay", tag = "campaigns", operation_id = "replay_campaign", security(("jwt" = [])),
    params(("id" = String, Path)),
    request_body(content = Option<ReplayRequest>, description = "None: 30 days"),
    responses((status = 200, body = ReplayView), Problem)
)]
pub async fn create(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    body: Body,
) -> ApiResult<Json<ReplayView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let bytes = body::read_body(body).await?;
    let request: ReplayRequest =
        if bytes.is_empty() { ReplayRequest::default() } else { parse_body(&bytes)? };
    let window = replay::replay_window(clock::now(), checked_days(&request)?);
    let mut campaign = context.load_campaign(&id).await?;
    if campaign.definition.audience.first_unfrozen().is_some() {
        let audience = &campaign.definition.audience;
        campaign.definition.audience = context.freeze_audience(audience, "/audience").await?;
    }
    let audience = &mut campaign.definition.audience;
    context.store.resolve_audience(audience, clock::now()).await.map_err(store_failure)?;
    let topics = context.store.topics().await.map_err(store_failure)?;
    let replay = replay_of(&campaign, context.currency, &topics, &window)?;
    let topic = campaign.definition.topic.as_ref().map(|id| topics.question(id));
    let query = ReachQuery { topic: topic.as_ref(), now: clock::now() };
    // It decides the zone of customers without one.
    context.store.contact_policy().await.map_err(store_failure)?;
    let tally = scan_customers(
        &context,
        &replay,
        ReplayTally::new(&campaign.definition, query, &window),
        &SCAN_BOUNDS,
    )
    .await?;
    let view = tally.view(&campaign.definition);
    if let Some(replayed) = view.baseline() {
        // the answer is complete without it
        if let Err(error) = context.store.record_replay(&campaign.id, &replayed).await {
            tracing::warn!(%error, campaign = %campaign.id, "could not save replay baseline");
        }
    }
    Ok(Json(view))
}

impl ReplayView {
    /// Returns the baseline that the health page uses until there is a history. A partial scan, or
    /// too few days, gives none.
    fn baseline(&self) -> Option<ReplaySummary> {
        let days = u32::try_from(self.days.len()).ok().filter(|days| *days >= WINDOW_DAYS)?;
        let counted = MatchCount { days, matches: self.matches };
        (self.complete && self.unreadable == 0).then(|| ReplaySummary { counted, at: clock::now() })
    }
}

fn checked_days(request: &ReplayRequest) -> Result<u32, Problem> {
    if (1..=MAX_DAYS).contains(&request.days) {
        Ok(request.days)
    } else {
        Err(Problem::field("/days", "out_of_range", format!("1 to {MAX_DAYS}")))
    }
}

fn replay_of<'a>(
    campaign: &'a Campaign,
    tenant_currency: Currency,
    topics: &TopicSettings,
    window: &[Date],
) -> Result<Replay<'a>, Problem> {
    let (id, definition) = (&campaign.id, &campaign.definition);
    let replay = Replay::new(id, definition, tenant_currency, topics, window);
    let replay = replay.map_err(|reason| match reason {
        NotReplayable::NoTrigger => Problem::conflict(
            "not_an_autopilot",
            "a promotion is sent once, when it is launched: preview its audience instead",
        ),
        NotReplayable::NotKept => Problem::conflict(
            "not_replayable",
            "carts and events of your own are not kept, so what fired on them cannot be found again: enable it and look at its health",
        ),
    })?;
    match campaign.state.phase() {
        CampaignPhase::Draft | CampaignPhase::Live => Ok(replay),
        CampaignPhase::Over => {
            let detail = format!(
                "a campaign that is {} will not fire again: clone it to replay it",
                campaign.state
            );
            Err(Problem::conflict("not_allowed_in_state", detail))
        }
    }
}

/// Scans page by page, until all customers were counted or a limit is reached.
async fn scan_customers<'a>(
    context: &CampaignsContext,
    replay: &Replay<'_>,
    mut tally: ReplayTally<'a>,
    bounds: &ScanBounds,
) -> Result<ReplayTally<'a>, Problem> {
    let started = Instant::now();
    let mut after: Option<CustomerKey> = None;
    while tally.scanned < bounds.customers && started.elapsed() < bounds.time {
        let page =
            context.store.scan_customers(0, 1, after, bounds.page).await.map_err(store_failure)?;
        tally.scanned += (page.customers.len() + page.unreadable.len()) as u64;
        tally.unreadable += page.unreadable.len() as u64;
        let read =
            page.customers.into_iter().map(|customer| load_orders(context, replay, customer));
        let mut read = stream::iter(read).buffered(CONCURRENT_ORDER_READS);
        while let Some(found) = read.next().await {
            match found {
                Ok(Some((customer, orders))) => {
                    tally.count_firings(&customer, &replay.replay_matches(&customer, &orders))
                }
                Ok(None) => {}
                Err(StoreError::Corrupt { key, reason }) => {
                    tracing::error!(%key, %reason, "customer orders unreadable; customer left out");
                    tally.unreadable += 1;
                }
                Err(error) => return Err(store_failure(error)),
            }
        }
        after = page.next;
        if after.is_none() {
            tally.complete = true;
            break;
        }
    }
    Ok(tally)
}

/// Loads the orders that the replay of this customer needs. Returns `None` if the autopilot would
/// not fire for them.
async fn load_orders(
    context: &CampaignsContext,
    replay: &Replay<'_>,
    customer: Customer,
) -> Result<Option<(Customer, Vec<CountedOrder>)>, StoreError> {
    let orders = match replay.required_data(&customer) {
        RequiredData::Nothing => return Ok(None),
        RequiredData::Profile => Vec::new(),
        RequiredData::Orders => context.store.orders_eventually(&customer.id).await?,
    };
    Ok(Some((customer, orders)))
}

/// The totals over the customers scanned so far.
struct ReplayTally<'a> {
    ladder: &'a [Channel],
    /// The topic and the time for which a customer's reach is asked.
    query: ReachQuery<'a>,
    days: BTreeMap<Date, ReplayedDay>,
    customers: u64,
    reachable: ReachableCustomers,
    suppressed: BTreeMap<&'static str, u64>,
    examples: Vec<ReplayedMatch>,
    scanned: u64,
    unreadable: u64,
    complete: bool,
}

impl<'a> ReplayTally<'a> {
    fn new(definition: &'a Definition, query: ReachQuery<'a>, window: &[Date]) -> Self {
        let empty = |day: &Date| (*day, ReplayedDay { day: *day, matches: 0, vouchers: 0 });
        Self {
            ladder: &definition.channels.ladder,
            query,
            days: window.iter().map(empty).collect(),
            customers: 0,
            reachable: ReachableCustomers::default(),
            suppressed: BTreeMap::new(),
            examples: Vec::new(),
            scanned: 0,
            unreadable: 0,
            complete: false,
        }
    }

    fn count_firings(&mut self, customer: &Customer, fired: &[ReplayedFiring]) {
        if fired.is_empty() {
            return;
        }
        self.customers += 1;
        self.reachable.count_reach(customer, self.ladder, &self.query);
        for ReplayedFiring { day, outcome } in fired {
            let Some(counted) = self.days.get_mut(day) else {
                continue;
            };
            counted.matches += 1;
            match outcome {
                ReplayOutcome::Sent(_) => counted.vouchers += 1,
                ReplayOutcome::HeldOut | ReplayOutcome::Skipped(_) => {
                    *self.suppressed.entry(outcome.code()).or_default() += 1
                }
            }
            if self.examples.len() < MAX_EXAMPLES {
                let (customer_id, decision) = (customer.id.clone(), outcome.code());
                self.examples.push(ReplayedMatch { customer_id, day: *day, decision });
            }
        }
    }

    fn view(self, definition: &Definition) -> ReplayView {
        let days: Vec<ReplayedDay> = self.days.into_values().collect();
        let vouchers = days.iter().map(|day| day.vouchers).sum();
        let each = definition.exposure_each().units();
        let band = replay::daily_range(days.iter().map(|day| day.matches).collect());
        ReplayView {
            from: days.first().map(|day| day.day).unwrap_or_default(),
            until: days.last().map(|day| day.day).unwrap_or_default(),
            matches: days.iter().map(|day| day.matches).sum(),
            customers: self.customers,
            reachable: self.reachable,
            vouchers,
            suppressed: self.suppressed,
            exposure: ReplayedExposure {
                amount: each.saturating_mul(i64::try_from(vouchers).unwrap_or(i64::MAX)),
                currency: definition.offer.currency(),
            },
            expected: ExpectedBand { low: band.low, high: band.high, method: METHOD },
            examples: self.examples,
            scanned: self.scanned,
            unreadable: self.unreadable,
            complete: self.complete,
            assumptions: ASSUMPTIONS,
            days,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::customer::changes::CustomerReplacement;
    use queue::Queue;
    use secrets::Secrets;
    use serde_json::json;
    use store::{Store, TableNames};
    use testkit::{
        TestTables,
        builders::{campaign_id, customer_id, definition, noon},
    };

    use super::*;

    #[tokio::test]
    async fn what_was_looked_at_only_in_part_says_so() {
        let tables = TestTables::in_memory();
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let born = json!({"profile": {"personal_dates": {"birthday": "1990-10-20"}}});
        let born: CustomerReplacement = serde_json::from_value(born).unwrap();
        for number in 0..5 {
            let euro = Currency::parse("EUR").unwrap();
            store.put_customer(&customer_id(&format!("c-{number}")), &born, euro).await.unwrap();
        }
        let queue = || Queue::new(&tables.config, "http://memory/queue");
        let context = CampaignsContext {
            store,
            expansion: queue(),
            autopilot: queue(),
            release: queue(),
            secrets: Secrets::new(&tables.config),
            cursor_secret: "none".into(),
            segments: 1,
            currency: Currency::parse("EUR").unwrap(),
            messaging: crate::MessagingSettings {
                brand: domain::voucher::record::BrandIdentity {
                    name: "Marketplace".into(),
                    link_base: "https://a.example".into(),
                },
                sender: "offers@example.com".into(),
                unsubscribe_base: "https://a.example/u".into(),
                originations: domain::delivery::sms_origination::SmsOriginations::default(),
                sms: queue(),
                email: queue(),
                push: queue(),
                lease_seconds: 30,
            },
            known: reporting::known_values::KnownValueCache::default(),
            rehearsals: crate::RehearsalSettings::default(),
            pictures: ::pictures::PictureStore::new(
                &tables.config,
                "pictures",
                "https://pictures.example.com",
            ),
        };
        let trigger =
            json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300});
        let (campaign, autopilot) =
            (campaign_id("cmp_1"), definition(json!({"kind": "autopilot", "trigger": trigger})));
        let window = replay::replay_window(noon(), 30);
        let replay = {
            let topics = TopicSettings::default();
            Replay::new(&campaign, &autopilot, context.currency, &topics, &window).unwrap()
        };
        let query = ReachQuery::without_topic(noon());
        let minute = Duration::from_secs(60);
        for (bounds, expected) in [
            (ScanBounds { customers: 2, time: minute, page: 1 }, (2, 2, false)),
            (ScanBounds { customers: 9, time: Duration::ZERO, page: 1 }, (0, 0, false)),
            (ScanBounds { customers: 9, time: minute, page: 2 }, (5, 5, true)),
        ] {
            let tally = scan_customers(
                &context,
                &replay,
                ReplayTally::new(&autopilot, query, &window),
                &bounds,
            )
            .await
            .unwrap();
            let view = tally.view(&autopilot);
            assert_eq!((view.scanned, view.matches, view.complete), expected);
        }
    }
}
