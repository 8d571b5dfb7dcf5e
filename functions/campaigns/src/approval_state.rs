//! The approval state of a campaign as its view shows it: whether its caps exceed the tenant's
//! thresholds, and who has agreed to its present version.
//!
//! Reads the thresholds from Control and writes nothing. `approvals` grants and requires approvals.

use std::collections::HashSet;

use domain::{
    Timestamp,
    campaign::{
        approval::{ApprovalReason, ApprovalThresholds},
        definition::Definition,
        lifecycle::{Campaign, CampaignState},
    },
    kernel::id::CampaignId,
};
use http_edge::ApiResult;
use serde::Serialize;
use store::campaign::campaigns::{CampaignSummary, settings::SettingName};
use utoipa::ToSchema;

use crate::{CampaignsContext, store_failure};

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
    let reasons = approval_thresholds(context)
        .await?
        .approval_reasons(&campaign.definition.caps, context.currency);
    let (approved_by, approved_at) = campaign.approval.clone().map(|it| (it.by, it.at)).unzip();
    Ok(ApprovalView { required: !reasons.is_empty(), reasons, approved_by, approved_at })
}

/// Returns which of the campaigns are drafts that wait for an approver. Their definitions are read in
/// one request, and none where the tenant has no threshold.
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
