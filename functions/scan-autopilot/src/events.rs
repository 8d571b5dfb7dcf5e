//! Plans the due matches of event triggers. Each match gets one dispatch, once, however often the
//! event is repeated; the audience was asked with the event, and only that of a lapse is asked here.

use std::collections::HashMap;

use domain::{
    campaign::{
        definition::Definition,
        lifecycle::WorkPolicy,
        trigger::{MatchState, TriggerMatch},
    },
    customer::profile::{Customer, ReachQuery},
    delivery::{
        contact_policy::{ContactPolicy, HoursWait},
        dispatch::Dispatch,
        eligibility::{planned_channel, planned_send_time},
    },
    kernel::id::CampaignId,
};
use runtime::clock::Deadline;
use store::{StoreError, delivery::trigger_matches::PlanMatchResult};

use crate::{MARGIN, ScanContext};

/// Matches on one page: their customers are read in one batch.
const PAGE_SIZE: i32 = 100;

/// An autopilot's definition as far as its matches need it, read once a round.
enum AutopilotStatus {
    /// The autopilot plans its matches, also while it is paused: they wait as dispatches.
    Active(Box<Definition>),
    Ended,
}

/// Plans all due matches, and returns how many were planned. A match that fails is left for the
/// next round and does not block the others.
pub(crate) async fn plan_due_matches(
    context: &ScanContext,
    deadline: Deadline,
) -> Result<u64, StoreError> {
    let mut listeners: HashMap<CampaignId, AutopilotStatus> = HashMap::new();
    let (mut planned, mut after) = (0, None);
    loop {
        let (matches, next) =
            context.store.due_matches(runtime::clock::now(), PAGE_SIZE, after).await?;
        if matches.is_empty() && next.is_none() {
            return Ok(planned);
        }
        let policy = context.store.contact_policy().await?;
        let ids: Vec<_> = matches
            .iter()
            .map(|it| it.customer.clone())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let read = context.store.customers_eventually(&ids).await?;
        let customers: HashMap<_, _> =
            read.customers.into_iter().map(|it| (it.id.clone(), it)).collect();
        for it in &matches {
            if deadline.remaining() < MARGIN {
                return Ok(planned);
            }
            match plan_match(context, &mut listeners, &policy, it, customers.get(&it.customer))
                .await
            {
                Ok(first) => planned += u64::from(first),
                Err(error) => {
                    tracing::error!(%error, campaign = %it.campaign, "match planning failed, left for the next round")
                }
            }
        }
        after = next;
        if after.is_none() {
            return Ok(planned);
        }
    }
}

async fn plan_match(
    context: &ScanContext,
    listeners: &mut HashMap<CampaignId, AutopilotStatus>,
    policy: &ContactPolicy,
    it: &TriggerMatch,
    customer: Option<&Customer>,
) -> Result<bool, StoreError> {
    if !listeners.contains_key(&it.campaign) {
        let found = load_autopilot(context, &it.campaign).await?;
        listeners.insert(it.campaign.clone(), found);
    }
    let dispatch = match listeners.get(&it.campaign) {
        Some(AutopilotStatus::Active(definition)) => {
            let topic = context.store.topic_question(definition).await?;
            let query = ReachQuery { topic: topic.as_ref(), now: runtime::clock::now() };
            match_dispatch(definition, policy, &query, it, customer)
        }
        Some(AutopilotStatus::Ended) | None => None,
    };
    match dispatch {
        Some(dispatch) => {
            Ok(context.store.plan_match(it, &dispatch).await? == PlanMatchResult::First)
        }
        None => context.store.drop_match(it).await.map(|()| false),
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
    let definition = context.store.definition(campaign, summary.definition).await?;
    let definition =
        definition.ok_or_else(|| StoreError::corrupt(campaign, "its definition is gone"))?;
    Ok(AutopilotStatus::Active(Box::new(definition)))
}

/// Builds the dispatch of a match, or returns `None` if the trigger was kept from firing (the cart
/// was ordered, emptied or touched in time), or the customer is not in the audience of a lapse.
///
/// A match whose condition was undone is planned too, whoever its customer is by now: the worker
/// records that nothing is sent and why, as it does when the match is undone after it was planned.
/// So is one whose customer is not found: erased since, or too new for an eventually consistent read.
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
    if trigger.asks_audience_later() && !definition.audience.selects(customer, moment) {
        return None;
    }
    let channel = planned_channel(definition, customer, query)?;
    let planned = planned_send_time(definition, policy, customer, channel, moment);
    let hours = HoursWait::of(planned, std::iter::once(customer.zone()));
    Some(Dispatch { hours, ..Dispatch::for_match(it, channel, planned.due_at) })
}
