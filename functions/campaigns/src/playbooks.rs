//! Playbooks: ready-made campaigns. Lists them in the tenant's currency and creates drafts from
//! them, which from then on are campaigns like any other.
//!
//! Guarantees: with an `Idempotency-Key` each draft is created once, including those of the starter
//! portfolio.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::Campaign,
        playbooks::{Playbook, PlaybookAdvice, PlaybookParameter},
    },
    kernel::validation::{FieldError, parse_value},
};
use http::{StatusCode, request::Parts};
use http_edge::{ApiResult, IdempotencyKey, Operator, OperatorRole, Problem, body, parse_body};
use runtime::clock;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    CampaignsContext, drafts, identity, patch,
    response::{campaign_view, created_response},
    views::CampaignView,
};

/// A ready-made campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Playbook)]
pub struct PlaybookView {
    #[schema(example = "win-back")]
    pub name: &'static str,
    pub kind: CampaignKind,
    pub title: &'static str,
    pub purpose: &'static str,
    pub parameters: Vec<PlaybookParameter>,
    /// Advice on what to check before the launch.
    pub adjust: Vec<PlaybookAdvice>,
    /// The definition of a draft made without parameters. A required parameter has its example
    /// value.
    pub definition: Definition,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PlaybookList {
    pub items: Vec<PlaybookView>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlaybookRequest {
    /// Values for the playbook's list of parameters.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Changes to the definition, as in `PATCH` of a campaign.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// The promotion created together with the win-back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StarterPromotion {
    #[default]
    VipThankYou,
    CrossVerticalTrial,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StarterRequest {
    pub promotion: StarterPromotion,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StarterPortfolio {
    /// The win-back and the promotion.
    pub items: Vec<CampaignView>,
}

/// Lists the playbooks, in the tenant's currency.
#[utoipa::path(
    get, path = "/v1/playbooks", tag = "playbooks", operation_id = "list_playbooks", security(("jwt" = [])),
    responses((status = 200, body = PlaybookList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
) -> ApiResult<Json<PlaybookList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let now = clock::now();
    let items = Playbook::ALL
        .into_iter()
        .map(|playbook| playbook_view(&context, playbook, now))
        .collect::<Result<_, _>>()?;
    Ok(Json(PlaybookList { items }))
}

/// Creates a draft from a playbook. With an `Idempotency-Key`, a repeat answers the same campaign.
#[utoipa::path(
    post, path = "/v1/playbooks/{name}", tag = "playbooks", operation_id = "start_playbook", security(("jwt" = [])),
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Option<PlaybookRequest>, description = "May be left out, where no parameter is required",
        example = json!({"parameters": {"days": 45}, "changes": {"name": "Come back", "caps": {"vouchers": 500}}})),
    responses((status = 201, body = CampaignView, headers(("ETag" = String))), Problem)
)]
pub async fn start(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    PlaybookNamePath(name): PlaybookNamePath,
    IdempotencyKey(key): IdempotencyKey,
    body: Body,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let playbook = Playbook::parse(&name).ok_or_else(unknown_playbook)?;
    let (document, request): (Value, PlaybookRequest) = read_request(body).await?;
    let now = clock::now();
    let definition = playbook_definition(&context, playbook, request, now)?;
    context.check_topic(&definition).await?;
    let draft = drafts::new_draft(&operator, key.as_deref(), definition, now)?;
    let fingerprint =
        identity::request_fingerprint(&format!("playbook/{}", playbook.name()), &document);
    let note = audit_note(playbook);
    let campaign = drafts::create_campaign(&context, draft, &fingerprint, "create", &note).await?;
    created_response(&context, campaign).await
}

/// Creates the starter portfolio: a win-back and one promotion, as drafts.
///
/// A repeat with the same `Idempotency-Key` answers the same two campaigns.
#[utoipa::path(
    post, path = "/v1/playbooks/starter-portfolio", tag = "playbooks", operation_id = "start_portfolio", security(("jwt" = [])),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Option<StarterRequest>, description = "May be left out"),
    responses((status = 201, body = StarterPortfolio), Problem)
)]
pub async fn start_portfolio(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    IdempotencyKey(key): IdempotencyKey,
    body: Body,
) -> ApiResult<Response> {
    operator.require_role(OperatorRole::Marketer)?;
    let (document, request): (Value, StarterRequest) = read_request(body).await?;
    let (now, fingerprint) =
        (clock::now(), identity::request_fingerprint("starter-portfolio", &document));
    let mut items = Vec::new();
    // one after the other: a key already used for another request fails at the first, before
    // anything is created
    for playbook in [Playbook::WinBack, starter_playbook(request.promotion)] {
        let definition = playbook_definition(&context, playbook, PlaybookRequest::default(), now)?;
        let id = identity::portfolio_id(&operator, key.as_deref(), playbook.name())?;
        let draft = Campaign::draft(id, definition, identity::actor_name(&operator), now);
        let campaign =
            drafts::create_campaign(&context, draft, &fingerprint, "create", &audit_note(playbook))
                .await?;
        items.push(campaign_view(&context, campaign).await?);
    }
    Ok((StatusCode::CREATED, Json(StarterPortfolio { items })).into_response())
}

fn starter_playbook(wanted: StarterPromotion) -> Playbook {
    match wanted {
        StarterPromotion::VipThankYou => Playbook::VipThankYou,
        StarterPromotion::CrossVerticalTrial => Playbook::CrossVerticalTrial,
    }
}

fn playbook_view(
    context: &CampaignsContext,
    playbook: Playbook,
    now: Timestamp,
) -> Result<PlaybookView, Vec<FieldError>> {
    Ok(PlaybookView {
        name: playbook.name(),
        kind: playbook.kind(),
        title: playbook.title(),
        purpose: playbook.purpose(),
        parameters: playbook.parameters(context.currency),
        adjust: playbook.launch_advice().to_vec(),
        definition: Definition::parse(playbook.example_document(context.currency)?, now)?,
    })
}

/// Builds the definition: first the parameters, then the changes. Errors point into the part they
/// come from.
fn playbook_definition(
    context: &CampaignsContext,
    playbook: Playbook,
    request: PlaybookRequest,
    now: Timestamp,
) -> Result<Definition, Vec<FieldError>> {
    let ready = Definition::parse(playbook.document(request.parameters, context.currency)?, now)?;
    let changed = patch::patch_draft(&ready, Value::Object(request.changes), now);
    let in_changes =
        |error: FieldError| FieldError { field: format!("/changes{}", error.field), ..error };
    changed.map_err(|errors| errors.into_iter().map(in_changes).collect())
}

fn audit_note(playbook: Playbook) -> String {
    format!("from the playbook {}", playbook.name())
}

/// Reads the body, both as sent, for the fingerprint, and parsed. No body counts as an empty
/// object.
async fn read_request<T: DeserializeOwned>(body: Body) -> ApiResult<(Value, T)> {
    let bytes = body::read_body(body).await?;
    let document: Value =
        if bytes.is_empty() { Value::Object(Map::new()) } else { parse_body(&bytes)? };
    Ok((document.clone(), parse_value(document)?))
}

fn unknown_playbook() -> Problem {
    let names = Playbook::ALL.map(Playbook::name).join(", ");
    Problem::not_found("playbook_unknown")
        .with_detail(format!("there is no such playbook; there are {names}"))
}

/// Extracts the playbook's name from the path without checking it, because the handler checks the
/// operator's role first.
pub struct PlaybookNamePath(String);

impl<S: Send + Sync> FromRequestParts<S> for PlaybookNamePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| unknown_playbook())
    }
}
