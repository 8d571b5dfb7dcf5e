//! `/v1/segments`: the tenant's saved segments, and what campaigns make of them.
//!
//! Reads and writes the book of segments among the settings in Control, reads campaigns to say who
//! uses a segment. Guarantees: an edit makes a new version and changes no launched campaign; two
//! operators cannot overwrite each other; what is in use is not deleted; only an administrator
//! changes who is kept out of every campaign.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::{
        audience::AudienceRule,
        definition::Definition,
        lifecycle::{CampaignPhase, CampaignState},
        segments::{SavedSegment, SegmentBook, SegmentDraft},
    },
    kernel::{
        id::{CampaignId, SegmentId},
        validation::{FieldError, parse_value},
    },
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use http_edge::{ApiResult, JsonBody, Operator, OperatorRole, Problem, etag, if_match_optional};
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    campaign::campaigns::{AuditedChange, CampaignSummary, settings::SettingName},
    conditional::Applied,
};
use utoipa::ToSchema;

use crate::{CampaignsContext, identity, lifecycle::too_many_conflicts, store_failure};

/// Attempts at a change while others change other segments.
const MAX_ATTEMPTS: usize = 4;
/// Campaigns on one page of the list.
const LIST_PAGE: usize = 100;

/// A segment as an operator writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentRequest {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[schema(value_type = AudienceRule)]
    pub rule: Value,
    /// True if its customers are kept out of every campaign. Only an administrator may set or
    /// change such a segment.
    #[serde(default)]
    pub excluded: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedSegmentView {
    pub id: SegmentId,
    pub name: String,
    pub description: String,
    pub rule: AudienceRule,
    pub excluded: bool,
    /// Raised by every change. `ETag` carries it and `If-Match` takes it.
    pub version: u64,
    pub owner: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub updated_by: String,
    /// The campaigns that name it and are not over.
    pub campaigns: Vec<SegmentUser>,
    /// The segments whose rules name it.
    pub segments: Vec<SegmentId>,
}

/// A campaign that uses a segment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SegmentUser {
    pub campaign_id: CampaignId,
    pub name: String,
    pub state: CampaignState,
    /// The version that a launched campaign keeps; a draft follows the newest one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub version: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentList {
    pub segments: Vec<SavedSegmentView>,
}

/// Lists the saved segments, each with who uses it.
#[utoipa::path(
    get, path = "/v1/segments", tag = "segments", operation_id = "list_segments", security(("jwt" = [])),
    responses((status = 200, body = SegmentList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
) -> ApiResult<Json<SegmentList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let book = context.store.segment_book().await.map_err(store_failure)?.value;
    let users = find_users(&context).await?;
    let view = |(id, segment): (&SegmentId, &SavedSegment)| view(&book, id, segment, &users);
    Ok(Json(SegmentList { segments: book.segments.iter().map(view).collect() }))
}

/// Returns a saved segment with who uses it.
#[utoipa::path(
    get, path = "/v1/segments/{id}", tag = "segments", operation_id = "read_segment", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = SavedSegmentView, headers(("ETag" = String))), Problem)
)]
pub async fn read(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    SegmentIdPath(id): SegmentIdPath,
) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    let book = context.store.segment_book().await.map_err(store_failure)?.value;
    segment_response(&context, &book, &id, StatusCode::OK).await
}

/// Saves a segment: a new one, or the next version of one, which `If-Match` names.
///
/// Launched campaigns keep the version that they were launched with; drafts follow.
#[utoipa::path(
    put, path = "/v1/segments/{id}", tag = "segments", operation_id = "save_segment", security(("jwt" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "Required if the segment exists")),
    request_body = SegmentRequest,
    responses((status = 200, body = SavedSegmentView, headers(("ETag" = String))),
        (status = 201, body = SavedSegmentView, headers(("ETag" = String))), Problem)
)]
pub async fn save(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    SegmentIdPath(id): SegmentIdPath,
    headers: HeaderMap,
    JsonBody(document): JsonBody<Value>,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    let expected = if_match_optional(&headers)?;
    let request: SegmentRequest = parse_value(document)?;
    let rule = AudienceRule::parse(&request.rule, "/rule")?;
    context.check_attributes(&rule, "/rule").await?;
    let SegmentRequest { name, description, excluded, .. } = request;
    for _ in 0..MAX_ATTEMPTS {
        let stored = context.store.segment_book().await.map_err(store_failure)?;
        let before = stored.value.segments.get(&id);
        match (before, expected) {
            (Some(_), None) => return Err(Problem::precondition_required()),
            (Some(before), Some(version)) if before.version != version => {
                return Err(Problem::precondition_failed());
            }
            (None, Some(_)) => return Err(Problem::precondition_failed()),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if excluded || before.is_some_and(|before| before.excluded) {
            operator.require_role(OperatorRole::Admin)?;
        }
        let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
        let draft = SegmentDraft {
            name: name.clone(),
            description: description.clone(),
            rule: rule.clone(),
            excluded,
        };
        let now = clock::now();
        let actor = identity::actor_name(&operator);
        let mut book = stored.value;
        if !book.put(&id, draft, &actor, now)? {
            return segment_response(&context, &book, &id, status).await;
        }
        let note = format!("segment {id}");
        let change = AuditedChange { actor: &actor, action: "save", note: &note, at: now };
        if context.replace_book(stored.version, &book, &change).await? {
            tracing::info!(segment = %id, by = actor, "segment saved");
            return segment_response(&context, &book, &id, status).await;
        }
    }
    Err(too_many_conflicts())
}

/// Deletes a segment that nobody uses.
#[utoipa::path(
    delete, path = "/v1/segments/{id}", tag = "segments", operation_id = "delete_segment", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 204), Problem, (status = 409, body = Problem, description = "`segment_in_use`, with its users"))
)]
pub async fn delete(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    SegmentIdPath(id): SegmentIdPath,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    for _ in 0..MAX_ATTEMPTS {
        let stored = context.store.segment_book().await.map_err(store_failure)?;
        let mut book = stored.value;
        let Some(segment) = book.segments.get(&id) else {
            return Err(unknown_segment());
        };
        let users = find_users(&context).await?;
        refuse_used(&view(&book, &id, segment, &users))?;
        book.segments.remove(&id);
        let actor = identity::actor_name(&operator);
        let note = format!("segment {id}");
        let at = clock::now();
        let change = AuditedChange { actor: &actor, action: "delete", note: &note, at };
        if context.replace_book(stored.version, &book, &change).await? {
            tracing::info!(segment = %id, by = actor, "segment deleted");
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    Err(too_many_conflicts())
}

/// Answers 409 with each user of the segment.
fn refuse_used(segment: &SavedSegmentView) -> Result<(), Problem> {
    let campaigns = segment.campaigns.iter().map(|user| {
        let detail = format!("campaign {} ({})", user.name, user.campaign_id);
        FieldError::new("/campaigns", "used", detail)
    });
    let segments = segment
        .segments
        .iter()
        .map(|user| FieldError::new("/segments", "used", format!("segment {user}")));
    let excluded = segment.excluded.then(|| {
        FieldError::new("/excluded", "used", "its customers are kept out of every campaign")
    });
    let mut users = campaigns.chain(segments).chain(excluded).peekable();
    if users.peek().is_none() {
        return Ok(());
    }
    let problem = Problem::conflict("segment_in_use", "the segment is in use");
    Err(users.fold(problem, Problem::with_error))
}

type UsersBySegment = HashMap<SegmentId, Vec<SegmentUser>>;

/// Finds the campaigns that are not over, by the segments that they name or carry.
async fn find_users(context: &CampaignsContext) -> ApiResult<UsersBySegment> {
    let (mut users, mut after) = (UsersBySegment::new(), None::<String>);
    loop {
        let page = context.store.list_campaigns(None, None, after.as_deref(), LIST_PAGE).await;
        let page = page.map_err(store_failure)?;
        let open: Vec<CampaignSummary> = page
            .campaigns
            .into_iter()
            .filter(|it| it.state.phase() != CampaignPhase::Over)
            .collect();
        let definitions = context.store.definitions(&open).await.map_err(store_failure)?;
        for summary in open {
            if let Some(definition) = definitions.get(&summary.id) {
                add_user(&mut users, &summary, definition);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(users);
        }
    }
}

fn add_user(users: &mut UsersBySegment, summary: &CampaignSummary, definition: &Definition) {
    definition.audience.visit(&mut |rule| {
        if let AudienceRule::Segment(segment) = rule {
            let of_segment = users.entry(segment.id.clone()).or_default();
            if of_segment.iter().all(|user| user.campaign_id != summary.id) {
                of_segment.push(SegmentUser {
                    campaign_id: summary.id.clone(),
                    name: definition.name.clone(),
                    state: summary.state,
                    version: segment.frozen.as_ref().map(|frozen| frozen.version),
                });
            }
        }
    });
}

fn view(
    book: &SegmentBook,
    id: &SegmentId,
    segment: &SavedSegment,
    users: &UsersBySegment,
) -> SavedSegmentView {
    SavedSegmentView {
        id: id.clone(),
        name: segment.name.clone(),
        description: segment.description.clone(),
        rule: segment.rule.clone(),
        excluded: segment.excluded,
        version: segment.version,
        owner: segment.owner.clone(),
        created_at: segment.created_at,
        updated_at: segment.updated_at,
        updated_by: segment.updated_by.clone(),
        campaigns: users.get(id).cloned().unwrap_or_default(),
        segments: book.users_of(id).into_iter().cloned().collect(),
    }
}

async fn segment_response(
    context: &CampaignsContext,
    book: &SegmentBook,
    id: &SegmentId,
    status: StatusCode,
) -> ApiResult<Response> {
    let segment = book.segments.get(id).ok_or_else(unknown_segment)?;
    let shown = view(book, id, segment, &find_users(context).await?);
    Ok((status, [(header::ETAG, etag(segment.version))], Json(shown)).into_response())
}

fn unknown_segment() -> Problem {
    Problem::not_found("segment_unknown").with_detail("there is no such segment")
}

impl CampaignsContext {
    /// Returns the rule with the present versions of the saved segments in it. They are read only
    /// if the rule names one.
    pub(crate) async fn freeze_audience(
        &self,
        rule: &AudienceRule,
        at: &str,
    ) -> ApiResult<AudienceRule> {
        if rule.segments().is_empty() {
            return Ok(rule.clone());
        }
        let book = self.store.segment_book().await.map_err(store_failure)?.value;
        Ok(rule.thawed().frozen(&book.rules(), at)?)
    }

    /// Checks what a draft's audience names, and returns the definition as a draft has it: saved
    /// segments follow their newest version.
    pub(crate) async fn prepare_draft(&self, mut definition: Definition) -> ApiResult<Definition> {
        self.check_topic(&definition).await?;
        self.freeze_audience(&definition.audience, "/audience").await?;
        self.check_attributes(&definition.audience, "/audience").await?;
        definition.audience = definition.audience.thawed();
        Ok(definition)
    }

    /// Answers 422 at each attribute that is not declared or has another type.
    pub(crate) async fn check_attributes(&self, rule: &AudienceRule, at: &str) -> ApiResult<()> {
        if rule.attributes().is_empty() {
            return Ok(());
        }
        let declared = self.store.attribute_settings().await.map_err(store_failure)?;
        let errors = rule.check_attributes(&declared, at);
        if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
    }

    /// Returns false if the book was changed since it was read.
    async fn replace_book(
        &self,
        before: u64,
        book: &SegmentBook,
        change: &AuditedChange<'_>,
    ) -> ApiResult<bool> {
        let saved = self.store.save_setting(SettingName::Segments, before, book, change).await;
        match saved.map_err(store_failure)? {
            Applied::Yes => Ok(true),
            Applied::Conflict => Ok(false),
        }
    }
}

/// Extracts the segment's id from the path. A text that is not an id is answered like an unknown
/// segment.
pub struct SegmentIdPath(SegmentId);

impl<S: Send + Sync> FromRequestParts<S> for SegmentIdPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.ok()
            .and_then(|Path(id)| SegmentId::parse(&id).ok())
            .map(Self)
            .ok_or_else(unknown_segment)
    }
}
