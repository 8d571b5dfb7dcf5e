//! Pauses campaigns whose messages harm the sender's reputation or do not arrive, with the cause,
//! until an operator resumes them.
//!
//! `domain::reporting::sender_health` makes the decision, from the messages sent since the last resume. The
//! pause is conditional on the version of the campaign that was judged. If an operator has changed
//! the campaign meanwhile, the pause is not written, and the next round judges it again.

use domain::{
    Timestamp,
    campaign::{kind::CampaignKind, lifecycle::CampaignState, pause_cause::PauseCause},
    kernel::channel::Channel,
    reporting::sender_health::{find_pause_cause, first_judged_second},
};
use runtime::metrics::Metrics;
use store::{StoreError, campaign::campaigns::CampaignSummary};

use crate::{
    WatchdogContext,
    iterate::{for_each_campaign, list_campaigns},
};

/// Pauses each running or enabled campaign that does harm, and returns how many were paused.
pub(crate) async fn pause_harmful_campaigns(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut paused = 0;
    for (kind, state) in [
        (CampaignKind::Promotion, CampaignState::Running),
        (CampaignKind::Autopilot, CampaignState::Enabled),
    ] {
        let summaries = list_campaigns(context, Some(kind), state).await?;
        paused +=
            for_each_campaign(&summaries, |summary| pause_if_harmful(context, summary, now)).await;
    }
    Ok(paused)
}

async fn pause_if_harmful(
    context: &WatchdogContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(cause) = find_harm(context, summary).await? else {
        return Ok(false);
    };
    let paused = context.store.pause_for_sender_health(summary, cause, now).await?;
    if paused {
        tracing::error!(campaign = %summary.id, %cause, "campaign paused automatically");
        Metrics::new()
            .property("campaign_id", summary.id.as_str())
            .count("CampaignsAutoPaused", 1)
            .emit();
    }
    Ok(paused)
}

async fn find_harm(
    context: &WatchdogContext,
    summary: &CampaignSummary,
) -> Result<Option<PauseCause>, StoreError> {
    let from = first_judged_second(summary.resumed_at);
    for channel in Channel::ALL {
        let blocks = context.store.recent_sends(&summary.id, channel, from).await?;
        if let Some(cause) = find_pause_cause(channel, &blocks, &context.limits) {
            return Ok(Some(cause));
        }
    }
    Ok(None)
}
