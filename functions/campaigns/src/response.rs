//! Builds the response that shows a campaign: its definition, its run with the part of the caps
//! that is left, the warnings about it and its approval.
//!
//! Reads Control, the progress of the run from Work, and which values occur. Writes nothing. Every
//! handler that changes a campaign ends here.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    campaign::lifecycle::Campaign, kernel::id::CampaignId,
    reporting::occurring_values::definition_values,
};
use http::{HeaderValue, StatusCode, header};
use http_edge::{ApiResult, etag};
use runtime::clock;

use crate::{
    CampaignsContext,
    approval_state::approval_view,
    store_failure,
    value_warnings::{merchant_warnings, value_warnings},
    views::CampaignView,
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
    let named = definition_values(&campaign.definition);
    let mut warnings = value_warnings(context, &named).await?;
    let mut rule = campaign.definition.audience.clone();
    context.store.resolve_audience(&mut rule, clock::now()).await.map_err(store_failure)?;
    warnings.extend(merchant_warnings(&rule, "/audience"));
    let approval = approval_view(context, &campaign).await?;
    Ok(CampaignView { warnings, approval, ..CampaignView::new(campaign, progress.as_ref(), quota) })
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
