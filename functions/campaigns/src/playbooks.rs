//! Playbooks: ready campaigns to start from. Lists them in the tenant's currency and makes drafts of them, which from then on are
//! campaigns like any other. Guarantees: with an `Idempotency-Key` each draft is made once, those of the starter portfolio too.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::{Campaign, Kind},
    definition::Definition,
    field::{FieldError, parse_value},
    playbook::{Advice, Parameter, Playbook},
};
use http::{StatusCode, request::Parts};
use http_api::{Answer, IdempotencyKey, Operator, Problem, Role, body, parse_body};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{Context, drafts, identity, now, patch, views::CampaignView};

/// A campaign to start from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Playbook)]
pub struct PlaybookView {
    #[schema(example = "win-back")]
    pub name: &'static str,
    pub kind: Kind,
    pub title: &'static str,
    pub purpose: &'static str,
    pub parameters: Vec<Parameter>,
    /// What to look at before the launch.
    pub adjust: Vec<Advice>,
    /// What a draft made without parameters would be; where a parameter is required, with its example.
    pub definition: Definition,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PlaybookList {
    pub items: Vec<PlaybookView>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlaybookRequest {
    /// What the playbook's list of parameters names.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Changes to the definition, as `PATCH` of a campaign takes them.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
}

/// The promotion that stands beside the win-back.
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

/// Ready campaigns to start from, in the tenant's currency.
#[utoipa::path(
    get, path = "/v1/playbooks", tag = "playbooks", operation_id = "list_playbooks", security(("jwt" = [])),
    responses((status = 200, body = PlaybookList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(State(context): State<Arc<Context>>, operator: Operator) -> Answer<Json<PlaybookList>> {
    operator.require(Role::Viewer)?;
    let now = now();
    let items = Playbook::ALL.into_iter().map(|playbook| view(&context, playbook, now)).collect::<Result<_, _>>()?;
    Ok(Json(PlaybookList { items }))
}

/// A new draft from a playbook. With an `Idempotency-Key`, a repeat answers the same campaign.
#[utoipa::path(
    post, path = "/v1/playbooks/{name}", tag = "playbooks", operation_id = "start_playbook", security(("jwt" = [])),
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Option<PlaybookRequest>, description = "May be left out, where no parameter is required",
        example = json!({"parameters": {"days": 45}, "changes": {"name": "Come back", "caps": {"vouchers": 500}}})),
    responses((status = 201, body = CampaignView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn start(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Named(name): Named,
    IdempotencyKey(key): IdempotencyKey,
    body: Body,
) -> Answer {
    operator.require(Role::Marketer)?;
    let playbook = Playbook::parse(&name).ok_or_else(unknown_playbook)?;
    let (document, request): (Value, PlaybookRequest) = read(body).await?;
    let now = now();
    let definition = definition(&context, playbook, request, now)?;
    let draft = drafts::draft(&operator, key.as_deref(), definition, now)?;
    let fingerprint = identity::fingerprint(&format!("playbook/{}", playbook.name()), &document);
    drafts::created(&context, draft, &fingerprint, "create", &note(playbook)).await
}

/// The starter portfolio: a win-back and one promotion, as drafts. With an `Idempotency-Key`, a repeat answers the same two.
#[utoipa::path(
    post, path = "/v1/playbooks/starter-portfolio", tag = "playbooks", operation_id = "start_portfolio", security(("jwt" = [])),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Option<StarterRequest>, description = "May be left out"),
    responses((status = 201, body = StarterPortfolio), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn start_portfolio(
    State(context): State<Arc<Context>>,
    operator: Operator,
    IdempotencyKey(key): IdempotencyKey,
    body: Body,
) -> Answer<Response> {
    operator.require(Role::Marketer)?;
    let (document, request): (Value, StarterRequest) = read(body).await?;
    let (now, fingerprint) = (now(), identity::fingerprint("starter-portfolio", &document));
    let mut items = Vec::new();
    // one after the other: a key that stood for something else is found at the first, before anything is made
    for playbook in [Playbook::WinBack, promotion(request.promotion)] {
        let definition = definition(&context, playbook, PlaybookRequest::default(), now)?;
        let id = identity::portfolio_id(&operator, key.as_deref(), playbook.name())?;
        let draft = Campaign::draft(id, definition, identity::actor(&operator), now);
        let campaign = drafts::made(&context, draft, &fingerprint, "create", &note(playbook)).await?;
        items.push(drafts::view(&context, campaign).await?);
    }
    Ok((StatusCode::CREATED, Json(StarterPortfolio { items })).into_response())
}

fn promotion(wanted: StarterPromotion) -> Playbook {
    match wanted {
        StarterPromotion::VipThankYou => Playbook::VipThankYou,
        StarterPromotion::CrossVerticalTrial => Playbook::CrossVerticalTrial,
    }
}

fn view(context: &Context, playbook: Playbook, now: Timestamp) -> Result<PlaybookView, Vec<FieldError>> {
    Ok(PlaybookView {
        name: playbook.name(),
        kind: playbook.kind(),
        title: playbook.title(),
        purpose: playbook.purpose(),
        parameters: playbook.parameters(context.currency),
        adjust: playbook.adjust().to_vec(),
        definition: Definition::parse(playbook.example(context.currency)?, now)?,
    })
}

/// First the parameters, then the changes; each has its own pointers.
fn definition(
    context: &Context,
    playbook: Playbook,
    request: PlaybookRequest,
    now: Timestamp,
) -> Result<Definition, Vec<FieldError>> {
    let ready = Definition::parse(playbook.document(request.parameters, context.currency)?, now)?;
    let changed = patch::draft(&ready, Value::Object(request.changes), now);
    let in_changes = |error: FieldError| FieldError { field: format!("/changes{}", error.field), ..error };
    changed.map_err(|errors| errors.into_iter().map(in_changes).collect())
}

fn note(playbook: Playbook) -> String {
    format!("from the playbook {}", playbook.name())
}

/// The body as it came, for the fingerprint, and what it says; none at all is an empty one.
async fn read<T: DeserializeOwned>(body: Body) -> Answer<(Value, T)> {
    let bytes = body::read(body).await?;
    let document: Value = if bytes.is_empty() { Value::Object(Map::new()) } else { parse_body(&bytes)? };
    Ok((document.clone(), parse_value(document)?))
}

fn unknown_playbook() -> Problem {
    let names = Playbook::ALL.map(Playbook::name).join(", ");
    Problem::not_found("playbook_unknown").with_detail(format!("there is no such playbook; there are {names}"))
}

/// The playbook's name in the path, whatever it is: who may is asked first.
pub struct Named(String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| unknown_playbook())
    }
}
