//! The switches over issued vouchers: suspend redeeming, resume it, revoke vouchers. Each handler
//! loads the campaign, decides by `domain::campaign::lifecycle`, and commits on the version it read.
//! The campaign's state stays, so the switches work on a campaign that is over as well.
//!
//! The vouchers function reads the campaign again every two seconds, and from then on refuses. A
//! checkout that holds a voucher by then may still redeem it.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use domain::{
    Timestamp,
    campaign::{
        lifecycle::Campaign,
        redeeming::{RedeemingSuspension, RevokeScope, VoucherAction},
    },
    kernel::{id::CampaignId, validation::check_reason},
};
use http::HeaderMap;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, body, if_match_optional, parse_body};
use runtime::clock;
use serde::Deserialize;
use store::{
    campaign::campaigns::{AuditedChange, VoucherSwitch},
    conditional::Applied,
};
use utoipa::ToSchema;

use crate::{
    CampaignIdPath, CampaignsContext, identity,
    lifecycle::{MAX_ATTEMPTS, too_many_conflicts},
    precondition::{check_if_match, voucher_action_not_allowed},
    response::reload_response,
    store_failure,
    views::CampaignView,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspendRedeemingRequest {
    /// 1 to 500 bytes, shown to operators and kept in the campaign's history.
    pub reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeVouchersRequest {
    pub scope: RevokedVouchers,
    /// 1 to 500 bytes, kept in the campaign's history.
    pub reason: String,
}

/// The issued vouchers that an operator revokes.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevokedVouchers {
    /// Vouchers that no customer has accepted.
    Unaccepted,
    /// All vouchers that are not redeemed.
    All,
}

impl From<RevokedVouchers> for RevokeScope {
    fn from(revoked: RevokedVouchers) -> Self {
        match revoked {
            RevokedVouchers::Unaccepted => RevokeScope::Unaccepted,
            RevokedVouchers::All => RevokeScope::All,
        }
    }
}

/// Suspends redeeming: the campaign's vouchers are neither held nor redeemed.
///
/// It works in every state but draft, takes effect within two seconds, and can be taken back.
/// Checkouts that hold a voucher may still redeem it; customers can still accept.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/suspend-redeeming", tag = "campaigns", operation_id = "suspend_redeeming", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = SuspendRedeemingRequest,
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn suspend(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let request: SuspendRedeemingRequest = parse_body(&body::read_body(body).await?)?;
    require_reason(&request.reason)?;
    let actor = identity::actor_name(&operator);
    let decide = |_: &Campaign, now: Timestamp| {
        VoucherSwitch::Suspend(RedeemingSuspension {
            by: actor.clone(),
            at: now,
            reason: request.reason.clone(),
        })
    };
    let step =
        SwitchRequest { action: VoucherAction::SuspendRedeeming, note: &request.reason, decide };
    apply_switch(&context, &actor, &id, &headers, step).await
}

/// Resumes redeeming.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/resume-redeeming", tag = "campaigns", operation_id = "resume_redeeming", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn resume(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let actor = identity::actor_name(&operator);
    let decide = |_: &Campaign, _: Timestamp| VoucherSwitch::Resume;
    let step = SwitchRequest { action: VoucherAction::ResumeRedeeming, note: "", decide };
    apply_switch(&context, &actor, &id, &headers, step).await
}

/// Revokes issued vouchers, for good.
///
/// It works in every state but draft. Of a campaign that is over, all vouchers in the scope are
/// revoked; one that goes on keeps those it issues from now on. Takes effect within two seconds;
/// checkouts that hold a voucher may still redeem it.
#[utoipa::path(
    post, path = "/v1/campaigns/{id}/revoke-vouchers", tag = "campaigns", operation_id = "revoke_vouchers", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = RevokeVouchersRequest,
    responses((status = 200, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn revoke(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let request: RevokeVouchersRequest = parse_body(&body::read_body(body).await?)?;
    require_reason(&request.reason)?;
    let actor = identity::actor_name(&operator);
    let scope = RevokeScope::from(request.scope);
    let note = format!("{}: {}", scope.as_str(), request.reason);
    let decide = |before: &Campaign, now: Timestamp| {
        VoucherSwitch::Revoke(before.state.revocation(scope, now))
    };
    let step = SwitchRequest { action: VoucherAction::RevokeVouchers, note: &note, decide };
    apply_switch(&context, &actor, &id, &headers, step).await
}

/// An operator's action, its note for the history, and the change that it makes to the campaign as
/// it was read.
struct SwitchRequest<'a, F> {
    action: VoucherAction,
    note: &'a str,
    decide: F,
}

async fn apply_switch<F: Fn(&Campaign, Timestamp) -> VoucherSwitch>(
    context: &CampaignsContext,
    actor: &str,
    id: &CampaignId,
    headers: &HeaderMap,
    SwitchRequest { action, note, decide }: SwitchRequest<'_, F>,
) -> ApiResult {
    let expected = if_match_optional(headers)?;
    for _ in 0..MAX_ATTEMPTS {
        let now = clock::now();
        let before = context.load_campaign(id).await?;
        check_if_match(&before, expected)?;
        if !before.state.allows(action, before.redeeming()) {
            return Err(voucher_action_not_allowed(&before, action));
        }
        let switch = decide(&before, now);
        let change = AuditedChange { actor, action: action.as_str(), note, at: now };
        let written = context.store.switch_vouchers(&before, &switch, &change).await;
        match written.map_err(store_failure)? {
            Applied::Yes => return reload_response(context, id).await,
            Applied::Conflict => {}
        }
    }
    Err(too_many_conflicts())
}

fn require_reason(reason: &str) -> Result<(), Problem> {
    match check_reason(reason) {
        None => Ok(()),
        Some(error) => Err(Problem::validation(vec![error])),
    }
}
