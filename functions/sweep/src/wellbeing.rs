//! Whether campaigns do as they should, looked at without anybody asking: every few minutes from the launch on, as the health page would
//! say it. What is wrong goes to the log with its cause, and the number of such campaigns to a metric with an alarm. Changes nothing.

use campaign_health::{autopilot, promotion};
use domain::{
    Timestamp,
    campaign::{Kind, State},
};
use runtime::metrics::Metrics;
use store::{StoreError, control::Standing};

use crate::{
    Context,
    handler::{campaigns, each},
};

/// Minutes between two looks. A cause has to hold for longer than that anyway.
const EVERY: i64 = 5;

/// How many campaigns are failing or have fallen silent; nothing is looked at between the beats.
pub async fn look(context: &Context, now: Timestamp) -> Result<u64, StoreError> {
    if now.as_second().div_euclid(60) % EVERY != 0 {
        return Ok(0);
    }
    let mut standings = campaigns(context, Some(Kind::Promotion), State::Running).await?;
    standings.extend(campaigns(context, Some(Kind::Autopilot), State::Enabled).await?);
    let unwell = each(&standings, |standing| is_unwell(context, standing, now)).await;
    Metrics::new().count("CampaignsFailing", unwell).emit();
    Ok(unwell)
}

async fn is_unwell(context: &Context, standing: &Standing, now: Timestamp) -> Result<bool, StoreError> {
    let (store, zone) = (&context.store, &context.zone);
    let cause = match standing.kind {
        Kind::Promotion => {
            let found = promotion(store, zone, standing, now).await?;
            found.causes.into_iter().find(|cause| cause.breaks()).map(|cause| cause.code())
        }
        Kind::Autopilot => {
            let found = autopilot(store, zone, standing, now).await?;
            found.causes.into_iter().find(|cause| cause.silences()).map(|cause| cause.code())
        }
    };
    if let Some(cause) = cause {
        tracing::warn!(campaign = %standing.id, cause, "a campaign is not well");
    }
    Ok(cause.is_some())
}
