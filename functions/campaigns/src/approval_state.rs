//! The approval state of a campaign as its view shows it: whether its caps exceed the tenant's
//! thresholds, and who has agreed to its present version.
//!
//! Reads the thresholds from Control, and a rehearsal where it may stand for caps; writes nothing.
//! `approvals` grants and requires approvals.

use std::collections::HashSet;

use domain::{
    Timestamp,
    campaign::{
        approval::{ApprovalReason, ApprovalThresholds, RehearsedSize},
        definition::Definition,
        lifecycle::{Campaign, CampaignState},
    },
    kernel::id::CampaignId,
    reporting::rehearsal::{MAX_APPROVAL_AGE, counts::RehearsedVouchers, fold_segments},
};
use http_edge::ApiResult;
use runtime::clock;
use serde::Serialize;
use store::campaign::campaigns::{CampaignSummary, settings::SettingName};
use utoipa::ToSchema;

use crate::{
    CampaignsContext, prediction::last_complete, rehearsal_views::rehearsed_campaign, store_failure,
};

/// The approval state of a campaign: whether its caps require a second person, and who has agreed.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CampaignApproval)]
pub struct ApprovalView {
    /// True if its caps exceed a current threshold of the tenant.
    pub required: bool,
    /// The thresholds that its caps exceed.
    pub reasons: Vec<ApprovalReason>,
    /// The approver; `null` while the present version has no approval.
    pub approved_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub approved_at: Option<Timestamp>,
}

/// Returns the approval state of the campaign.
pub async fn approval_view(
    context: &CampaignsContext,
    campaign: &Campaign,
) -> ApiResult<ApprovalView> {
    let (_, reasons) = present_reasons(context, campaign).await?;
    let (approved_by, approved_at) = campaign.approval.clone().map(|it| (it.by, it.at)).unzip();
    Ok(ApprovalView { required: !reasons.is_empty(), reasons, approved_by, approved_at })
}

/// Returns the tenant's thresholds, and the reasons why the campaign needs an approval now. A
/// rehearsal is read only if there are reasons and the tenant lets it stand for caps.
pub async fn present_reasons(
    context: &CampaignsContext,
    campaign: &Campaign,
) -> ApiResult<(ApprovalThresholds, Vec<ApprovalReason>)> {
    let thresholds = approval_thresholds(context).await?;
    let caps = &campaign.definition.caps;
    let reasons = thresholds.approval_reasons(caps, context.currency);
    if reasons.is_empty() || !thresholds.by_rehearsal || campaign.launched_at.is_some() {
        return Ok((thresholds, reasons));
    }
    let size = rehearsed_size(context, campaign).await?;
    let left = thresholds.reasons_after_rehearsal(caps, size.as_ref(), context.currency);
    Ok((thresholds, left))
}

/// Returns the size by the last complete rehearsal, if that is about the present version and less
/// than a day old.
async fn rehearsed_size(
    context: &CampaignsContext,
    campaign: &Campaign,
) -> ApiResult<Option<RehearsedSize>> {
    let Some(found) = last_complete(context, &campaign.id, None).await? else {
        return Ok(None);
    };
    let summary = context.store.campaign_summary(&campaign.id).await.map_err(store_failure)?;
    let present = summary.map(|summary| summary.definition);
    let rehearsed = rehearsed_campaign(&found.rehearsal).map(|named| named.definition);
    let age = clock::now().duration_since(found.rehearsal.started_at);
    if present.is_none() || present != rehearsed || age >= MAX_APPROVAL_AGE {
        return Ok(None);
    }
    let treated = fold_segments(&found.segments).treated;
    let counted = RehearsedVouchers::new(&campaign.definition, treated);
    let currency = campaign.definition.offer.currency();
    let (vouchers, exposure) = (counted.vouchers, counted.exposure);
    Ok(Some(RehearsedSize { vouchers, exposure, currency }))
}

/// Returns which of the campaigns are drafts that wait for an approver. Their definitions are read
/// in one request, and none where the tenant has no threshold.
pub async fn awaiting_approval(
    context: &CampaignsContext,
    campaigns: &[CampaignSummary],
) -> ApiResult<HashSet<CampaignId>> {
    let is_open = |it: &&CampaignSummary| it.state == CampaignState::Draft && !it.is_approved;
    let drafts: Vec<CampaignSummary> = campaigns.iter().filter(is_open).cloned().collect();
    if drafts.is_empty() {
        return Ok(HashSet::new());
    }
    let thresholds = approval_thresholds(context).await?;
    if thresholds == ApprovalThresholds::default() {
        return Ok(HashSet::new());
    }
    let definitions = context.store.definitions(&drafts).await.map_err(store_failure)?;
    let exceeds = |definition: &Definition| {
        !thresholds.approval_reasons(&definition.caps, context.currency).is_empty()
    };
    Ok(definitions.into_iter().filter(|(_, it)| exceeds(it)).map(|(id, _)| id).collect())
}

/// Reads the thresholds consistently each time, so that a launch that begins after a threshold was
/// set is checked against it.
pub async fn approval_thresholds(context: &CampaignsContext) -> ApiResult<ApprovalThresholds> {
    Ok(context.store.setting(SettingName::Approvals).await.map_err(store_failure)?.value)
}
