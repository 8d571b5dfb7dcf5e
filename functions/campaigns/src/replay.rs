//! Replay before enabling: an autopilot over the last days of recorded behaviour, nothing sent and nothing planned; a complete one
//! leaves how many matched beside the campaign, for the health page. Reads customers and,
//! where trigger or audience ask for them, their orders from Work; what is decided about each is `domain::replay`, the live path's own
//! questions. A large base is looked at only in part, and the answer says so.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, body::Body, extract::State};
use domain::{
    Date,
    campaign::{Campaign, State as Stands},
    channel::Channel,
    customer::Customer,
    definition::Definition,
    dormancy::{Counted, WINDOW_DAYS},
    id::CustomerId,
    money::Currency,
    order::OrderRecord,
    replay::{self, Asks, DEFAULT_DAYS, Fired, MAX_DAYS, NotReplayable, Outcome, Replay},
};
use futures::{StreamExt, stream};
use http_api::{Answer, Operator, Problem, Role, body, parse_body};
use serde::{Deserialize, Serialize};
use store::{StoreError, control::Replayed, customers::CustomerKey};
use utoipa::ToSchema;

use crate::{Context, Id, failed, now, views::Reachable};

/// How much of the customer base is looked at.
struct Bounds {
    customers: u64,
    time: Duration,
    page: u32,
}

const BOUNDS: Bounds = Bounds {
    // as many as fit into the time when few of them have orders to read
    customers: 50_000,
    // the gateway waits 30 seconds, and the last page takes a moment
    time: Duration::from_secs(18),
    // short enough that the orders of all of them are read between two looks at the time
    page: 500,
};
/// Customers whose orders are read at the same time.
const HISTORIES: usize = 32;
const EXAMPLES: usize = 20;

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
    /// 1 to 90, 30 if not given.
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
    /// Every day from `from` to `until`, also those without a match.
    days: Vec<ReplayedDay>,
    /// Whom it would have selected, counted once for each time it fired: `vouchers` and all of `suppressed`.
    matches: u64,
    /// How many customers that is.
    customers: u64,
    /// Of these customers, as consent, suppression and addresses are now.
    reachable: Reachable,
    /// Matches that would have got a voucher.
    vouchers: u64,
    /// Matches that would not, by what would have been decided. `ghost` is held out.
    #[schema(example = json!({"no_consent": 12, "cool_down": 3, "ghost": 9}))]
    suppressed: BTreeMap<&'static str, u64>,
    /// The most that `vouchers` could have cost together: what `caps.exposure` counts.
    exposure: ReplayedExposure,
    expected: ExpectedBand,
    /// At most 20 of the matches.
    examples: Vec<ReplayedMatch>,
    /// Customers looked at.
    scanned: u64,
    /// Customers who, or whose orders, could not be read.
    unreadable: u64,
    /// Whether the whole customer base was looked at; if not, the numbers are of the part that was.
    complete: bool,
    /// What the numbers rest on.
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

/// How many matches a day are ordinary.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpectedBand {
    /// About one day in ten had fewer, or as many.
    low: u64,
    /// About one day in ten had more, or as many.
    high: u64,
    /// How `low` and `high` were found.
    method: &'static str,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplayedMatch {
    customer_id: CustomerId,
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// `send`, `ghost`, or why not.
    #[schema(example = "cool_down")]
    decision: &'static str,
}

/// What an autopilot would have done on the last days: how many would have matched, and what would have become of them. Nothing is sent.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/replay", tag = "campaigns", operation_id = "replay_campaign", security(("jwt" = [])),
    params(("id" = String, Path)),
    request_body(content = Option<ReplayRequest>, description = "None: 30 days"),
    responses((status = 200, body = ReplayView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn create(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Id(id): Id,
    body: Body,
) -> Answer<Json<ReplayView>> {
    operator.require(Role::Viewer)?;
    let bytes = body::read(body).await?;
    let request: ReplayRequest = if bytes.is_empty() { ReplayRequest::default() } else { parse_body(&bytes)? };
    let window = replay::window(now(), days(&request)?);
    let campaign = context.campaign(&id).await?;
    let replay = replayable(&campaign, &window)?;
    let tally = walk(&context, &replay, Tally::new(&campaign.definition, &window), &BOUNDS).await?;
    let view = tally.view(&campaign.definition);
    if let Some(replayed) = view.to_keep() {
        // the answer is as good without it
        if let Err(error) = context.store.keep_replayed(&campaign.id, &replayed).await {
            tracing::warn!(%error, campaign = %campaign.id, "what a replay found was not kept for the health page");
        }
    }
    Ok(Json(view))
}

impl ReplayView {
    /// What the health page expects until there is a history; a part of the customers, or a few days, say nothing of it.
    fn to_keep(&self) -> Option<Replayed> {
        let days = u32::try_from(self.days.len()).ok().filter(|days| *days >= WINDOW_DAYS)?;
        let counted = Counted { days, matches: self.matches };
        (self.complete && self.unreadable == 0).then(|| Replayed { counted, at: now() })
    }
}

fn days(request: &ReplayRequest) -> Result<u32, Problem> {
    if (1..=MAX_DAYS).contains(&request.days) {
        Ok(request.days)
    } else {
        Err(Problem::field("/days", "out_of_range", format!("1 to {MAX_DAYS}")))
    }
}

fn replayable<'a>(campaign: &'a Campaign, window: &[Date]) -> Result<Replay<'a>, Problem> {
    let replay = Replay::new(&campaign.id, &campaign.definition, window).map_err(|reason| match reason {
        NotReplayable::NoTrigger => Problem::conflict(
            "not_an_autopilot",
            "a promotion is sent once, when it is launched: preview its audience instead",
        ),
        NotReplayable::NotKept => Problem::conflict(
            "not_replayable",
            "carts and events of your own are not kept, so what fired on them cannot be found again: enable it and look at its health",
        ),
    })?;
    match campaign.state {
        Stands::Draft | Stands::Scheduled | Stands::Enabled | Stands::Paused => Ok(replay),
        Stands::Running | Stands::Completed | Stands::Cancelled | Stands::Ended | Stands::Failed | Stands::Archived => {
            let detail = format!("a campaign that is {} will not fire again: clone it to replay it", campaign.state);
            Err(Problem::conflict("not_allowed_in_state", detail))
        }
    }
}

/// Page by page, until all were looked at or a bound is met.
async fn walk<'a>(
    context: &Context,
    replay: &Replay<'_>,
    mut tally: Tally<'a>,
    bounds: &Bounds,
) -> Result<Tally<'a>, Problem> {
    let started = Instant::now();
    let mut after: Option<CustomerKey> = None;
    while tally.scanned < bounds.customers && started.elapsed() < bounds.time {
        let page = context.store.scan_customers(0, 1, after, bounds.page).await.map_err(failed)?;
        tally.scanned += (page.customers.len() + page.unreadable.len()) as u64;
        tally.unreadable += page.unreadable.len() as u64;
        let read = page.customers.into_iter().map(|customer| with_orders(context, replay, customer));
        let mut read = stream::iter(read).buffered(HISTORIES);
        while let Some(found) = read.next().await {
            match found {
                Ok(Some((customer, orders))) => tally.count(&customer, &replay.firings(&customer, &orders)),
                Ok(None) => {}
                Err(StoreError::Corrupt { key, reason }) => {
                    tracing::error!(%key, %reason, "a customer's orders cannot be read; left out");
                    tally.unreadable += 1;
                }
                Err(error) => return Err(failed(error)),
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

/// With the orders that the replay of this customer needs; `None` if it would not fire for them.
async fn with_orders(
    context: &Context,
    replay: &Replay<'_>,
    customer: Customer,
) -> Result<Option<(Customer, Vec<OrderRecord>)>, StoreError> {
    let orders = match replay.asks(&customer) {
        Asks::Nothing => return Ok(None),
        Asks::Profile => Vec::new(),
        Asks::Orders => context.store.orders_lately(&customer.id).await?,
    };
    Ok(Some((customer, orders)))
}

/// What the customers so far add up to.
struct Tally<'a> {
    ladder: &'a [Channel],
    days: BTreeMap<Date, ReplayedDay>,
    customers: u64,
    reachable: Reachable,
    suppressed: BTreeMap<&'static str, u64>,
    examples: Vec<ReplayedMatch>,
    scanned: u64,
    unreadable: u64,
    complete: bool,
}

impl<'a> Tally<'a> {
    fn new(definition: &'a Definition, window: &[Date]) -> Self {
        let empty = |day: &Date| (*day, ReplayedDay { day: *day, matches: 0, vouchers: 0 });
        Self {
            ladder: &definition.channels.ladder,
            days: window.iter().map(empty).collect(),
            customers: 0,
            reachable: Reachable::default(),
            suppressed: BTreeMap::new(),
            examples: Vec::new(),
            scanned: 0,
            unreadable: 0,
            complete: false,
        }
    }

    fn count(&mut self, customer: &Customer, fired: &[Fired]) {
        if fired.is_empty() {
            return;
        }
        self.customers += 1;
        self.reachable.count(customer, self.ladder);
        for Fired { day, outcome } in fired {
            let Some(counted) = self.days.get_mut(day) else { continue };
            counted.matches += 1;
            match outcome {
                Outcome::Sent(_) => counted.vouchers += 1,
                Outcome::Ghost | Outcome::Skipped(_) => *self.suppressed.entry(outcome.code()).or_default() += 1,
            }
            if self.examples.len() < EXAMPLES {
                let (customer_id, decision) = (customer.id.clone(), outcome.code());
                self.examples.push(ReplayedMatch { customer_id, day: *day, decision });
            }
        }
    }

    fn view(self, definition: &Definition) -> ReplayView {
        let days: Vec<ReplayedDay> = self.days.into_values().collect();
        let vouchers = days.iter().map(|day| day.vouchers).sum();
        let each = definition.offer.exposure().units();
        let band = replay::band(days.iter().map(|day| day.matches).collect());
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
    use domain::customer_change::Replacement;
    use queue::Queue;
    use secrets::Secrets;
    use serde_json::json;
    use store::{Store, Tables};
    use testkit::{
        TestTables,
        builders::{campaign_id, customer_id, definition, noon},
    };

    use super::*;

    #[tokio::test]
    async fn what_was_looked_at_only_in_part_says_so() {
        let tables = TestTables::in_memory();
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let born = json!({"profile": {"personal_dates": {"birthday": "1990-10-20"}}});
        let born: Replacement = serde_json::from_value(born).unwrap();
        for number in 0..5 {
            let euro = Currency::parse("EUR").unwrap();
            store.put_customer(&customer_id(&format!("c-{number}")), &born, euro).await.unwrap();
        }
        let queue = || Queue::new(&tables.config, "http://memory/queue");
        let context = Context {
            store,
            expansion: queue(),
            autopilot: queue(),
            release: queue(),
            secrets: Secrets::new(&tables.config),
            cursor_secret: "none".into(),
            segments: 1,
            currency: Currency::parse("EUR").unwrap(),
            messaging: crate::Messaging {
                brand: domain::voucher::Brand { name: "Marketplace".into(), link_base: "https://a.example".into() },
                sender: "offers@example.com".into(),
                way_out_base: "https://a.example/u".into(),
                sms: queue(),
                email: queue(),
                push: queue(),
                lease_seconds: 30,
            },
        };
        let trigger = json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300});
        let (campaign, autopilot) =
            (campaign_id("cmp_1"), definition(json!({"kind": "autopilot", "trigger": trigger})));
        let window = replay::window(noon(), 30);
        let replay = Replay::new(&campaign, &autopilot, &window).unwrap();
        let minute = Duration::from_secs(60);
        for (bounds, expected) in [
            (Bounds { customers: 2, time: minute, page: 1 }, (2, 2, false)),
            (Bounds { customers: 9, time: Duration::ZERO, page: 1 }, (0, 0, false)),
            (Bounds { customers: 9, time: minute, page: 2 }, (5, 5, true)),
        ] {
            let tally = walk(&context, &replay, Tally::new(&autopilot, &window), &bounds).await.unwrap();
            let view = tally.view(&autopilot);
            assert_eq!((view.scanned, view.matches, view.complete), expected);
        }
    }
}
