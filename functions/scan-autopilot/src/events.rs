//! Matches by events whose time has come: who is in the audience becomes a dispatch of one, once, whatever is told again.

use std::collections::HashMap;

use domain::{
    campaign::Work,
    contact_policy::ContactPolicy,
    customer::Customer,
    decision::{planned_at, planned_channel},
    definition::Definition,
    dispatch::Dispatch,
    id::CampaignId,
    trigger::Match,
};
use runtime::clock::Deadline;
use store::{StoreError, matches::Planned};

use crate::handler::{Context, MARGIN};

/// Matches of one page: their customers are one batch.
const PAGE: i32 = 100;

/// What an autopilot does with its matches, asked once a round.
enum Listener {
    /// Paused ones too: what they match waits as a dispatch.
    Plans(Box<Definition>),
    Over,
}

/// How many were planned. A match that fails is left for the next round and holds up no other.
pub(crate) async fn planned(context: &Context, deadline: Deadline) -> Result<u64, StoreError> {
    let mut listeners: HashMap<CampaignId, Listener> = HashMap::new();
    let (mut planned, mut after) = (0, None);
    loop {
        let (matches, next) = context.store.due_matches(runtime::clock::now(), PAGE, after).await?;
        let ids: Vec<_> = matches
            .iter()
            .map(|it| it.customer.clone())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let read = context.store.customers_lately(&ids).await?;
        let customers: HashMap<_, _> = read.customers.into_iter().map(|it| (it.id.clone(), it)).collect();
        for it in &matches {
            if deadline.remaining() < MARGIN {
                return Ok(planned);
            }
            match plan(context, &mut listeners, it, customers.get(&it.customer)).await {
                Ok(first) => planned += u64::from(first),
                Err(error) => tracing::error!(%error, campaign = %it.campaign, "a match was left for the next round"),
            }
        }
        after = next;
        if after.is_none() {
            return Ok(planned);
        }
    }
}

async fn plan(
    context: &Context,
    listeners: &mut HashMap<CampaignId, Listener>,
    it: &Match,
    customer: Option<&Customer>,
) -> Result<bool, StoreError> {
    if !listeners.contains_key(&it.campaign) {
        let found = listener(context, &it.campaign).await?;
        listeners.insert(it.campaign.clone(), found);
    }
    let dispatch = match (listeners.get(&it.campaign), customer) {
        (Some(Listener::Plans(definition)), Some(customer)) => {
            let policy = context.store.contact_policy().await?;
            dispatch(definition, &policy, it, customer)
        }
        (Some(Listener::Over) | None, _) | (_, None) => None,
    };
    match dispatch {
        Some(dispatch) => Ok(context.store.plan_match(it, &dispatch).await? == Planned::First),
        None => context.store.drop_match(it).await.map(|()| false),
    }
}

async fn listener(context: &Context, campaign: &CampaignId) -> Result<Listener, StoreError> {
    let Some(standing) = context.store.campaign_state(campaign).await? else { return Ok(Listener::Over) };
    match standing.state.work() {
        Work::Drop => return Ok(Listener::Over),
        Work::Go | Work::Wait => {}
    }
    let definition = context.store.definition(campaign, standing.definition).await?;
    let definition = definition.ok_or_else(|| StoreError::corrupt(campaign, "its definition is gone"))?;
    Ok(Listener::Plans(Box::new(definition)))
}

/// `None` for whoever is not in the audience, or whose cart is no longer left: then there was nothing to fire.
fn dispatch(definition: &Definition, policy: &ContactPolicy, it: &Match, customer: &Customer) -> Option<Dispatch> {
    let trigger = definition.trigger.as_ref()?;
    let moment = trigger.moment_of(customer, &it.firing);
    if !trigger.holds(customer, &it.firing) || !definition.audience.selects(customer, moment) {
        return None;
    }
    let channel = planned_channel(definition, customer)?;
    Some(it.dispatch(channel, planned_at(definition, policy, customer, channel, moment)))
}
