//! Checks the health of all active campaigns, without an operator asking for it.
//!
//! The check runs every few minutes from the launch on and decides as the health page does. It logs
//! an unhealthy campaign with its cause, and reports the number of such campaigns as a metric with
//! an alarm. It changes nothing.

use domain::{
    Timestamp,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
};
use reporting::health::{load_autopilot_health, load_promotion_health};
use runtime::metrics::Metrics;
use store::{StoreError, campaign::campaigns::CampaignSummary};

use crate::{
    WatchdogContext,
    iterate::{for_each_campaign, list_campaigns},
};

/// Minutes between two checks. A cause has to hold for longer than that in any case.
const CHECK_MINUTES: i64 = 5;

/// Returns how many campaigns are failing or have stopped firing. Between two checks it returns 0
/// and reads nothing.
pub async fn check_campaigns(context: &WatchdogContext, now: Timestamp) -> Result<u64, StoreError> {
    if now.as_second().div_euclid(60) % CHECK_MINUTES != 0 {
        return Ok(0);
    }
    let mut summaries =
        list_campaigns(context, Some(CampaignKind::Promotion), CampaignState::Running).await?;
    summaries.extend(
        list_campaigns(context, Some(CampaignKind::Autopilot), CampaignState::Enabled).await?,
    );
    let unhealthy =
        for_each_campaign(&summaries, |summary| is_unhealthy(context, summary, now)).await;
    Metrics::new().count("CampaignsFailing", unhealthy).emit();
    Ok(unhealthy)
}

async fn is_unhealthy(
    context: &WatchdogContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (store, zone) = (&context.store, &context.zone);
    let cause = match summary.kind {
        CampaignKind::Promotion => {
            let found = load_promotion_health(store, zone, summary, now).await?;
            found.causes.into_iter().find(|cause| cause.is_failure()).map(|cause| cause.code())
        }
        CampaignKind::Autopilot => {
            let found = load_autopilot_health(store, zone, summary, now).await?;
            found.causes.into_iter().find(|cause| cause.stops_output()).map(|cause| cause.code())
        }
    };
    if let Some(cause) = cause {
        tracing::warn!(campaign = %summary.id, cause, "campaign unhealthy");
    }
    Ok(cause.is_some())
}
