//! The approval state of a campaign as its view shows it: whether its caps exceed the tenant's
//! thresholds, and who has agreed to its present version.
//!
//! Reads the thresholds from Control and writes nothing. `approvals` grants and requires approvals.

use domain::{
    Timestamp,
    campaign::{
        approval::{ApprovalReason, ApprovalThresholds},
        lifecycle::Campaign,
    },
};
use http_edge::ApiResult;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
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

/// Reads the thresholds consistently each time, so that a launch that begins after a threshold was
/// set is checked against it.
pub async fn approval_thresholds(context: &CampaignsContext) -> ApiResult<ApprovalThresholds> {
    Ok(context.store.setting(SettingName::Approvals).await.map_err(store_failure)?.value)
}
