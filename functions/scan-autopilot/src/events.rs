//! Plans the due matches of event triggers. Each customer who is in the audience gets one dispatch,
//! once, however often the event is repeated.

use std::collections::HashMap;

use domain::{
    campaign::{definition::Definition, lifecycle::WorkPolicy, trigger::TriggerMatch},
    customer::profile::{Customer, ReachQuery},
    delivery::{
        contact_policy::ContactPolicy,
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
            match plan_match(context, &mut listeners, it, customers.get(&it.customer)).await {
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
    it: &TriggerMatch,
    customer: Option<&Customer>,
) -> Result<bool, StoreError> {
    if !listeners.contains_key(&it.campaign) {
        let found = load_autopilot(context, &it.campaign).await?;
        listeners.insert(it.campaign.clone(), found);
    }
    let dispatch = match (listeners.get(&it.campaign), customer) {
        (Some(AutopilotStatus::Active(definition)), Some(customer)) => {
            let policy = context.store.contact_policy().await?;
            let topic = context.store.topic_question(definition).await?;
            let query = ReachQuery { topic: topic.as_ref(), now: runtime::clock::now() };
            match_dispatch(definition, &policy, &query, it, customer)
        }
        (Some(AutopilotStatus::Ended) | None, _) | (_, None) => None,
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

/// Builds the dispatch of a match, or returns `None` if the trigger no longer holds (the cart was
/// ordered or emptied) or the customer is not in the audience or cannot be reached.
fn match_dispatch(
    definition: &Definition,
    policy: &ContactPolicy,
    query: &ReachQuery<'_>,
    it: &TriggerMatch,
    customer: &Customer,
) -> Option<Dispatch> {
    let trigger = definition.trigger.as_ref()?;
    let moment = trigger.send_moment(customer, &it.firing);
    if !trigger.still_holds(customer, &it.firing) || !definition.audience.selects(customer, moment)
    {
        return None;
    }
    let channel = planned_channel(definition, customer, query)?;
    Some(Dispatch::for_match(
        it,
        channel,
        planned_send_time(definition, policy, customer, channel, moment),
    ))
}
