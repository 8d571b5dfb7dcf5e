//! Suppressions of addresses, for operators: look one up and see why and since when, add one, and
//! lift what is in force, with a reason.
//!
//! Reads and writes Addresses, and the mirror on Customers. The address is sent in the body, so it
//! appears in no access log; it is neither returned nor logged. What each operator did is kept with
//! the address.

pub mod import;
pub mod list;

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    customer::{
        address::{Address, AddressKey},
        address_state::{AddressState, Lift, LiftCause, NewSuppression},
        profile::{Email, EndpointArn, Phone, SuppressionReason},
    },
    kernel::{audit_kind::AuditKind, channel::Channel, id::CustomerId, validation::FieldError},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, record_act, store_problem};

/// The most customers in one answer.
const MAX_CUSTOMERS: i32 = 100;
/// The source of what operators add by hand.
const OPERATOR_SOURCE: &str = "operator";
/// The longest note, in bytes.
const MAX_NOTE: usize = domain::customer::address_state::MAX_NOTE_BYTES;

/// An address: exactly one of the fields. A key comes from the list, and needs its channel only if
/// nothing is known of the address yet.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressName {
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email)]
    email: Option<Email>,
    /// The phone number in E.164 format.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+34600000001")]
    phone: Option<Phone>,
    /// The ARN of an SNS platform endpoint.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    push_endpoint: Option<EndpointArn>,
    /// The key by which the address is known.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    key: Option<AddressKey>,
    #[serde(default)]
    channel: Option<Channel>,
}

/// A suppression to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionRequest {
    address: AddressName,
    reason: SuppressionReason,
    /// The reason in the operator's words, 1 to 200 bytes.
    note: String,
}

/// A lift of everything that is in force for an address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftRequest {
    address: AddressName,
    /// The reason in the operator's words, 1 to 200 bytes.
    note: String,
}

/// The state of an address, as operators see it.
#[derive(Serialize, ToSchema)]
pub struct AddressView {
    #[schema(value_type = String)]
    pub key: AddressKey,
    pub channel: Channel,
    /// True while nothing is sent to the address.
    pub suppressed: bool,
    /// Each kind of no that was ever said, the weakest first.
    pub suppressions: Vec<AddressSuppressionView>,
    /// The failures in a row; the fifth suppresses the address.
    pub failures: usize,
    /// The customers who have the address now, at most 100; not in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<String>>)]
    pub customers: Option<Vec<CustomerId>>,
}

#[derive(Serialize, ToSchema)]
pub struct AddressSuppressionView {
    pub reason: SuppressionReason,
    pub in_force: bool,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The place it came from: `provider`, `sms_reply`, `sms_reply_read` (a person has read it out
    /// of a reply), `unsubscribe_link`, `ses_contact_list`, `erasure`, `operator`, `import`, or
    /// what an imported file says.
    pub source: String,
    /// The operator who added it.
    pub by: Option<String>,
    pub note: Option<String>,
    /// The latest lift of it, if there was one.
    pub lifted: Option<SuppressionLiftView>,
}

#[derive(Serialize, ToSchema)]
pub struct SuppressionLiftView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub cause: LiftCause,
    pub by: Option<String>,
    pub note: Option<String>,
}

impl AddressView {
    pub fn new(key: AddressKey, state: &AddressState) -> Self {
        let in_force: Vec<SuppressionReason> = state.in_force().map(|(reason, _)| reason).collect();
        let suppressions = state.suppressions.iter().map(|(reason, no)| AddressSuppressionView {
            reason: *reason,
            in_force: in_force.contains(reason),
            since: no.since,
            source: no.source.clone(),
            by: no.by.clone(),
            note: no.note.clone(),
            lifted: state.lift_of(*reason).map(|lift| SuppressionLiftView {
                at: lift.at,
                cause: lift.cause,
                by: lift.by.clone(),
                note: lift.note.clone(),
            }),
        });
        Self {
            key,
            channel: state.channel,
            suppressed: !in_force.is_empty(),
            suppressions: suppressions.collect(),
            failures: state.failures.len(),
            customers: None,
        }
    }
}

/// Looks up what an address has said, since when and from where, and who has it.
///
/// An address that never said anything is answered with no suppressions.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/suppressions/search", tag = "operations",
    operation_id = "search_suppression", security(("jwt" = [])), request_body = AddressName,
    responses((status = 200, body = AddressView), Problem)
)]
pub async fn search(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<AddressView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let (key, channel) = find_address(&context, body.read_json().await?, "").await?;
    let state = context.store.address_state(&key).await.map_err(store_problem)?;
    let state = state.unwrap_or_else(|| AddressState::new(channel));
    answer(&context, key, &state).await
}

/// Suppresses an address by hand, for every customer who has it, now or later.
///
/// `blocked` is lifted by an operator only. The others are lifted as if the address had said so: by
/// a later consent for it, too.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/suppressions", tag = "operations",
    operation_id = "add_suppression", security(("jwt" = [])), request_body = SuppressionRequest,
    responses((status = 200, body = AddressView), Problem)
)]
pub async fn add(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<AddressView>> {
    operator.require_role(OperatorRole::Marketer)?;
    let SuppressionRequest { address, reason, note } = body.read_json().await?;
    check_note(&note)?;
    let (key, channel) = find_address(&context, address, "/address").await?;
    let no = NewSuppression {
        reason,
        at: clock::now(),
        source: OPERATOR_SOURCE.to_owned(),
        by: Some(actor_name(&operator)),
        note: Some(note),
    };
    let noted = format!("{}: {}", reason.as_str(), no.note.as_deref().unwrap_or_default());
    let act = (key.as_str(), "suppress", noted.as_str());
    record_act(&context.store, &operator, AuditKind::Suppression, act).await?;
    let change = context.store.suppress_address(&key, channel, &no).await.map_err(store_problem)?;
    tracing::info!(by = actor_name(&operator), %key, %channel, reason = reason.as_str(), "address suppressed by an operator");
    answer(&context, key, &change.state).await
}

/// Lifts everything that is in force for an address, for every customer who has it.
///
/// Consents stay as they are: a customer who has denied one is still not written to.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/suppressions/lift", tag = "operations",
    operation_id = "lift_suppression", security(("jwt" = [])), request_body = LiftRequest,
    responses((status = 200, body = AddressView), Problem,
        (status = 404, body = Problem, description = "`suppression_unknown`"))
)]
pub async fn lift(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<AddressView>> {
    operator.require_role(OperatorRole::Admin)?;
    let LiftRequest { address, note } = body.read_json().await?;
    check_note(&note)?;
    let (key, channel) = find_address(&context, address, "/address").await?;
    let known = context.store.address_state(&key).await.map_err(store_problem)?;
    if known.is_none_or(|state| state.suppressions.is_empty()) {
        return Err(Problem::not_found("suppression_unknown")
            .with_detail("this address is not suppressed and never was"));
    }
    let lift = Lift {
        at: clock::now(),
        cause: LiftCause::Operator,
        by: Some(actor_name(&operator)),
        note: Some(note),
    };
    let act = (key.as_str(), "lift", lift.note.as_deref().unwrap_or_default());
    record_act(&context.store, &operator, AuditKind::Suppression, act).await?;
    let change = context.store.lift_address(&key, channel, &lift).await.map_err(store_problem)?;
    tracing::info!(by = actor_name(&operator), %key, %channel, "suppressions lifted by an operator");
    answer(&context, key, &change.state).await
}

async fn answer(
    context: &OperationsContext,
    key: AddressKey,
    state: &AddressState,
) -> ApiResult<Json<AddressView>> {
    let holders =
        context.store.address_holders(&key, MAX_CUSTOMERS).await.map_err(store_problem)?;
    Ok(Json(AddressView { customers: Some(holders), ..AddressView::new(key, state) }))
}

fn check_note(note: &str) -> ApiResult<()> {
    if note.trim().is_empty() || note.len() > MAX_NOTE || note.chars().any(char::is_control) {
        let detail = format!("1 to {MAX_NOTE} bytes on one line");
        return Err(Problem::field("/note", "invalid", detail));
    }
    Ok(())
}

/// Returns the key and the channel of an address that stands at the JSON pointer `place`.
async fn find_address(
    context: &OperationsContext,
    name: AddressName,
    place: &str,
) -> ApiResult<(AddressKey, Channel)> {
    let fault = |field: &str, code, detail: &str| {
        Problem::validation(vec![FieldError::new(format!("{place}/{field}"), code, detail)])
    };
    let clear = [
        name.email.map(Address::Email),
        name.phone.map(Address::Sms),
        name.push_endpoint.map(Address::Push),
    ];
    let mut clear = clear.into_iter().flatten();
    match (clear.next(), name.key) {
        (Some(_), Some(_)) => Err(fault("key", "conflict", "either an address or its key")),
        (Some(_), None) if clear.next().is_some() => {
            Err(fault("phone", "conflict", "exactly one address"))
        }
        (Some(address), None) => {
            let key = context.store.address_key(&address).await.map_err(store_problem)?;
            Ok((key, address.channel()))
        }
        (None, Some(key)) => {
            let known = context.store.known_channel(&key).await.map_err(store_problem)?;
            let channel = known.or(name.channel).ok_or_else(|| {
                fault(
                    "channel",
                    "required",
                    "nothing is known of this key, so it needs its channel",
                )
            })?;
            Ok((key, channel))
        }
        (None, None) => Err(fault("email", "required", "an address or its key")),
    }
}
