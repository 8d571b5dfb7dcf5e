//! Builds the response that shows a campaign: its definition, its run with the part of the caps that
//! is left, the warnings about it and its approval.
//!
//! Reads Control, and the progress of the run from Work. Writes nothing. Every handler that changes
//! a campaign ends here.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    campaign::{
        lifecycle::Campaign,
        trigger::{Trigger, TriggerCondition},
    },
    kernel::id::CampaignId,
};
use http::{HeaderValue, StatusCode, header};
use http_edge::{ApiResult, etag};

use crate::{
    CampaignsContext,
    approval_state::approval_view,
    store_failure,
    views::{CampaignView, DefinitionWarning},
};

/// Builds the response that shows a campaign, with its version as ETag.
pub async fn campaign_response(
    context: &CampaignsContext,
    campaign: Campaign,
) -> ApiResult<Response> {
    let version = etag(campaign.version);
    Ok(([(header::ETAG, version)], Json(campaign_view(context, campaign).await?)).into_response())
}

pub async fn campaign_view(
    context: &CampaignsContext,
    campaign: Campaign,
) -> ApiResult<CampaignView> {
    let progress = match &campaign.run {
        Some(run) => {
            Some(context.store.run_progress(run, campaign.segments).await.map_err(store_failure)?)
        }
        None => None,
    };
    let quota = match &campaign.run {
        Some(_) => context.store.quota(&campaign.id).await.map_err(store_failure)?,
        None => None,
    };
    let warnings = definition_warnings(context, &campaign).await?;
    let approval = approval_view(context, &campaign).await?;
    Ok(CampaignView { warnings, approval, ..CampaignView::new(campaign, progress.as_ref(), quota) })
}

/// Collects non-blocking warnings about a definition that is valid but probably unintended.
async fn definition_warnings(
    context: &CampaignsContext,
    campaign: &Campaign,
) -> ApiResult<Vec<DefinitionWarning>> {
    let Some(Trigger { when: TriggerCondition::Event { name, .. }, .. }) =
        &campaign.definition.trigger
    else {
        return Ok(Vec::new());
    };
    if context.store.is_known_event_name(name).await.map_err(store_failure)? {
        return Ok(Vec::new());
    }
    let detail =
        format!("no event called `{name}` was ever told: until one is, it fires for nobody");
    Ok(vec![DefinitionWarning {
        field: "/trigger/when/event/name",
        code: "event_never_told",
        detail,
    }])
}

/// Builds the response that shows a campaign that was just created, with its address.
pub async fn created_response(context: &CampaignsContext, campaign: Campaign) -> ApiResult {
    let location = HeaderValue::try_from(format!("/v1/campaigns/{}", campaign.id));
    let mut answer =
        (StatusCode::CREATED, campaign_response(context, campaign).await?).into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// Reads the campaign again and builds the response that shows it.
pub async fn reload_response(context: &CampaignsContext, id: &CampaignId) -> ApiResult {
    let campaign = context.load_campaign(id).await?;
    campaign_response(context, campaign).await
}
