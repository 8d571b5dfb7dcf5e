//! Replies to an SMS that are near a stop or a start word, for a person to read: the list, and what
//! the person decides. What means a start is lifted as a suppression, with a reason. Reads and
//! writes Addresses, and the mirror on Customers.
//!
//! Guarantees: a reply stays on the list until somebody has decided, or for ninety days.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    customer::{address::AddressKey, address_state::NewSuppression, profile::SuppressionReason},
    kernel::{audit_kind::AuditKind, channel::Channel, id::CustomerId},
};
use http::StatusCode;
use http_edge::{ApiResult, Operator, OperatorRole, Paging, Problem, UnreadBody};
use serde::{Deserialize, Serialize};
use store::customer::replies::{ReplyPosition, WaitingReply};
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, record_act, store_problem};

const LIST: &str = "waiting-replies";
/// The most customers shown of one number.
const MAX_CUSTOMERS: i32 = 20;
/// The source of an opt-out that a person has read out of a reply.
const READ_SOURCE: &str = "sms_reply_read";

#[derive(Serialize, ToSchema)]
pub struct WaitingReplyList {
    /// The replies, the oldest first.
    items: Vec<WaitingReplyView>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct WaitingReplyView {
    id: String,
    /// The key by which the number is known.
    #[schema(value_type = String)]
    key: AddressKey,
    /// The text of the phone; addresses in it are masked.
    text: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The customers who have the number now, at most 20.
    #[schema(value_type = Vec<String>)]
    customers: Vec<CustomerId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyDecision {
    action: ReplyAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplyAction {
    /// It means a stop: the number is suppressed since the reply.
    OptOut,
    /// It means something else.
    Dismiss,
}

impl ReplyAction {
    fn as_str(self) -> &'static str {
        match self {
            ReplyAction::OptOut => "opt_out",
            ReplyAction::Dismiss => "dismiss",
        }
    }
}

/// Lists the replies that may mean a stop and wait for a person, the oldest first.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/waiting-replies", tag = "operations",
    operation_id = "list_waiting_replies", security(("jwt" = [])), params(http_edge::PageParams),
    responses((status = 200, body = WaitingReplyList), Problem)
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    paging: Paging<OperationsContext>,
) -> ApiResult<Json<WaitingReplyList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()?;
    let position = paging.read_position::<ReplyPosition>(LIST).await?;
    let (replies, next) =
        context.store.waiting_replies(limit, position.as_ref()).await.map_err(store_problem)?;
    let mut items = Vec::new();
    for WaitingReply { id, address, text, at } in replies {
        let customers =
            context.store.address_holders(&address, MAX_CUSTOMERS).await.map_err(store_problem)?;
        items.push(WaitingReplyView { id, key: address, text, at, customers });
    }
    let next_cursor = paging.sign_position(LIST, next.as_ref()).await?;
    Ok(Json(WaitingReplyList { items, next_cursor }))
}

/// Decides what a reply means, and takes it off the list.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/waiting-replies/{id}", tag = "operations",
    operation_id = "settle_waiting_reply", security(("jwt" = [])), params(("id" = String, Path)),
    request_body = ReplyDecision,
    responses((status = 204), Problem, (status = 404, body = Problem, description = "`reply_unknown`"))
)]
pub async fn settle(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(id): Path<String>,
    body: UnreadBody,
) -> ApiResult<StatusCode> {
    operator.require_role(OperatorRole::Marketer)?;
    let ReplyDecision { action } = body.read_json().await?;
    let reply = context.store.waiting_reply(&id).await.map_err(store_problem)?;
    let reply = reply.ok_or_else(|| {
        Problem::not_found("reply_unknown").with_detail("no such reply waits, or it was decided")
    })?;
    let by = actor_name(&operator);
    let act = (reply.address.as_str(), action.as_str(), "");
    record_act(&context.store, &operator, AuditKind::Suppression, act).await?;
    match action {
        ReplyAction::OptOut => {
            let no = NewSuppression {
                by: Some(by.clone()),
                ..NewSuppression::received(SuppressionReason::OptedOut, reply.at, READ_SOURCE)
            };
            let suppressed = context.store.suppress_address(&reply.address, Channel::Sms, &no);
            suppressed.await.map_err(store_problem)?;
        }
        ReplyAction::Dismiss => {}
    }
    context.store.settle_reply(&id).await.map_err(store_problem)?;
    tracing::info!(by, key = %reply.address, action = ?action, "a reply for a person was decided");
    Ok(StatusCode::NO_CONTENT)
}
