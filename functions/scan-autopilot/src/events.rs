//! Plans the due matches of event triggers. Each match gets one dispatch, once, however often the
//! event is repeated; the audience was asked with the event, and only that of a lapse is asked
//! here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    campaign::{
        definition::{CampaignForms, Definition},
        lifecycle::WorkPolicy,
        trigger::{MatchState, TriggerMatch},
    },
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicQuestion,
    },
    delivery::{
        contact_policy::{ContactPolicy, HoursWait},
        dispatch::Dispatch,
        eligibility::{planned_channel, planned_send_time},
    },
    kernel::id::{CampaignId, RunId},
};
use futures::{StreamExt, stream};
use runtime::clock::Deadline;
use store::{
    StoreError,
    delivery::trigger_matches::{MAX_PLANNED_TOGETHER, PlannedMatch},
};

use crate::{MARGIN, ScanContext};

/// Matches on one page: their customers are read in a few batches.
const PAGE_SIZE: usize = 400;
/// Segments whose matches are planned at the same time.
const CONCURRENCY: usize = 16;

/// An autopilot's definition as far as its matches need it.
enum AutopilotStatus {
    /// The autopilot plans its matches, also while it is paused: they wait as dispatches.
    Active {
        forms: Box<CampaignForms>,
        topic: Option<TopicQuestion>,
    },
    Ended,
}

/// The settings and autopilots that a round asks about every match, each read once.
struct MatchRound {
    policy: ContactPolicy,
    /// The autopilots met so far. One that could not be read is not here, and its matches wait.
    autopilots: HashMap<CampaignId, AutopilotStatus>,
}

/// Plans all due matches, and returns how many were planned. A match that fails is left for the
/// next round and does not block the others.
pub(crate) async fn plan_due_matches(
    context: &ScanContext,
    deadline: Deadline,
) -> Result<u64, StoreError> {
    let mut round: Option<MatchRound> = None;
    let (mut planned, mut after) = (0, None);
    while deadline.remaining() >= MARGIN {
        let (matches, next) =
            context.store.due_matches(runtime::clock::now(), PAGE_SIZE, after.as_ref()).await?;
        if !matches.is_empty() {
            let asked = match round.take() {
                Some(asked) => asked,
                None => {
                    let policy = context.store.contact_policy().await?;
                    MatchRound { policy, autopilots: HashMap::new() }
                }
            };
            let asked = round.insert(asked);
            load_autopilots(context, &mut asked.autopilots, &matches).await;
            planned += plan_page(context, asked, matches, deadline).await?;
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(planned)
}

async fn load_autopilots(
    context: &ScanContext,
    known: &mut HashMap<CampaignId, AutopilotStatus>,
    matches: &[TriggerMatch],
) {
    for it in matches {
        if known.contains_key(&it.campaign) {
            continue;
        }
        match load_autopilot(context, &it.campaign).await {
            Ok(found) => {
                known.insert(it.campaign.clone(), found);
            }
            Err(error) => {
                tracing::error!(%error, campaign = %it.campaign, "autopilot unreadable, its matches are left for the next round");
            }
        }
    }
}

/// Plans the matches of one page. Those of one segment follow each other, many in one transaction;
/// segments are planned side by side, so that no two transactions want the same item.
async fn plan_page(
    context: &ScanContext,
    round: &MatchRound,
    matches: Vec<TriggerMatch>,
    deadline: Deadline,
) -> Result<u64, StoreError> {
    let ids: Vec<_> =
        matches.iter().map(|it| it.customer.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let read = context.store.customers_eventually(&ids).await?;
    let customers: HashMap<_, _> =
        read.customers.into_iter().map(|it| (it.id.clone(), it)).collect();
    let mut segments: BTreeMap<(RunId, u32), Vec<PlannedMatch>> = BTreeMap::new();
    let mut dropped = Vec::new();
    for it in matches {
        let dispatch = match round.autopilots.get(&it.campaign) {
            Some(AutopilotStatus::Active { forms, topic }) => {
                let definition = forms.of_customer(&it.campaign, &it.customer);
                let query = ReachQuery { topic: topic.as_ref(), now: runtime::clock::now() };
                match_dispatch(definition, &round.policy, &query, &it, customers.get(&it.customer))
            }
            Some(AutopilotStatus::Ended) => None,
            None => continue,
        };
        match dispatch {
            Some(dispatch) => {
                let segment = (dispatch.key.run.clone(), dispatch.key.segment);
                segments.entry(segment).or_default().push(PlannedMatch { found: it, dispatch });
            }
            None => dropped.push(it),
        }
    }
    let plans: Vec<_> =
        segments.values().map(|matches| plan_segment(context, matches, deadline)).collect();
    let planned: u64 =
        stream::iter(plans).buffered(CONCURRENCY).collect::<Vec<_>>().await.iter().sum();
    let drops: Vec<_> = dropped.iter().map(|it| drop_match(context, it)).collect();
    stream::iter(drops).buffered(CONCURRENCY).collect::<Vec<()>>().await;
    Ok(planned)
}

async fn plan_segment(context: &ScanContext, matches: &[PlannedMatch], deadline: Deadline) -> u64 {
    let mut planned = 0;
    for together in matches.chunks(MAX_PLANNED_TOGETHER) {
        if deadline.remaining() < MARGIN {
            break;
        }
        match context.store.plan_matches(together).await {
            Ok(first) => planned += first,
            Err(error) => {
                tracing::error!(%error, matches = together.len(), "match planning failed, left for the next round");
            }
        }
    }
    planned
}

async fn drop_match(context: &ScanContext, it: &TriggerMatch) {
    if let Err(error) = context.store.drop_match(it).await {
        tracing::error!(%error, campaign = %it.campaign, "match not dropped, left for the next round");
    }
}

async fn load_autopilot(
    context: &ScanContext,
    campaign: &CampaignId,
) -> Result<AutopilotStatus, StoreError> {
    let Some(summary) = context.store.campaign_summary(campaign).await? else {
        return Ok(AutopilotStatus::Ended);
    };
    match summary.state.work_policy() {
        WorkPolicy::Drop => return Ok(AutopilotStatus::Ended),
        WorkPolicy::Go | WorkPolicy::Wait => {}
    }
    let now = runtime::clock::now();
    let definition = context.store.evaluable_definition(campaign, summary.definition, now).await?;
    let definition =
        definition.ok_or_else(|| StoreError::corrupt(campaign, "its definition is gone"))?;
    let topic = context.store.topic_question(&definition).await?;
    Ok(AutopilotStatus::Active { forms: Box::new(CampaignForms::new(definition)), topic })
}

/// Builds the dispatch of a match, or returns `None` if the trigger was kept from firing (the cart
/// was ordered, emptied or touched in time), or the customer is not in the audience of a lapse.
///
/// A match whose condition was undone is planned too, whoever its customer is by now: the worker
/// records that nothing is sent and why, as it does when the match is undone after it was planned.
/// So is one whose customer is not found: erased since, or too new for an eventually consistent
/// read.
fn match_dispatch(
    definition: &Definition,
    policy: &ContactPolicy,
    query: &ReachQuery<'_>,
    it: &TriggerMatch,
    customer: Option<&Customer>,
) -> Option<Dispatch> {
    let trigger = definition.trigger.as_ref()?;
    let Some(customer) = customer else {
        let channel = definition.channels.ladder.first().copied();
        let at = it.firing.at.filter(|_| trigger.fires_with_its_event());
        return Some(Dispatch::for_match(it, channel?, at?));
    };
    let moment = trigger.send_moment(customer, &it.firing);
    match trigger.match_state(customer, &it.firing) {
        MatchState::NeverFired => return None,
        MatchState::Holds | MatchState::Undone => {}
    }
    if trigger.asks_audience_later() && !definition.audience.may_select(customer, moment) {
        return None;
    }
    let channel = planned_channel(definition, customer, query)?;
    let planned = planned_send_time(definition, policy, customer, channel, moment);
    let hours = HoursWait::of(planned, std::iter::once(customer.zone()));
    Some(Dispatch { hours, ..Dispatch::for_match(it, channel, planned.due_at) })
}
