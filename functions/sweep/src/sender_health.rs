//! Campaigns whose sends harm the sender's name, or reach nobody: paused with the cause, until a person resumes them.
//! What speaks for it is `domain::sender_health`; it is judged anew from the moment of the last resume on. The pause is written on the
//! version that was judged, so whoever changed the campaign meanwhile comes first, and the next round looks again.

use domain::{
    Timestamp,
    campaign::{Kind, State},
    channel::Channel,
    sender_health::{PauseCause, judge, judged_from},
};
use runtime::metrics::Metrics;
use store::{StoreError, control::Standing};

use crate::handler::{Context, campaigns, each};

/// How many were paused.
pub(crate) async fn pause_harmful(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    let mut paused = 0;
    for (kind, state) in [(Kind::Promotion, State::Running), (Kind::Autopilot, State::Enabled)] {
        let standings = campaigns(context, Some(kind), state).await?;
        paused += each(&standings, |standing| pause_if_harmful(context, standing, now)).await;
    }
    Ok(paused)
}

async fn pause_if_harmful(context: &Context, standing: &Standing, now: Timestamp) -> Result<bool, StoreError> {
    let Some(cause) = harm(context, standing).await? else { return Ok(false) };
    let paused = context.store.pause_because(standing, cause, now).await?;
    if paused {
        tracing::error!(campaign = %standing.id, %cause, "a campaign was paused for what its messages do");
        Metrics::new().property("campaign_id", standing.id.as_str()).count("CampaignsAutoPaused", 1).emit();
    }
    Ok(paused)
}

async fn harm(context: &Context, standing: &Standing) -> Result<Option<PauseCause>, StoreError> {
    let from = judged_from(standing.resumed_at);
    for channel in Channel::ALL {
        let blocks = context.store.sends(&standing.id, channel, from).await?;
        if let Some(cause) = judge(channel, &blocks, &context.limits) {
            return Ok(Some(cause));
        }
    }
    Ok(None)
}
