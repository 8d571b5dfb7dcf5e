//! The entries of the catalogue: merchants with their places, and the names of verticals and
//! categories. Operators read and write them; the marketplace's backend writes them with a signed
//! request.
//!
//! A write replaces the entry, so a repeat changes nothing that a later write has not changed too.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::catalogue::{CatalogueKey, CatalogueKind, CatalogueNames, Merchant},
    kernel::audit_kind::AuditKind,
    reporting::occurring_values::{FoundValue, KnownValue, ValueKind, ValueOrder, search_values},
};
use http::StatusCode;
use http_edge::{
    ApiResult, Operator, OperatorRole, PageParams, Paging, Problem, SignedBody, UnreadBody,
};
use runtime::clock;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use store::{
    batch::ReadConsistency,
    campaign::{campaigns::AuditedChange, catalogue::CatalogueEntry},
};
use utoipa::{IntoParams, ToSchema};

use crate::{CatalogueContext, store_problem};

/// The longest text to search for, in bytes.
const MAX_QUERY_BYTES: usize = 200;

/// A part of the catalogue whose entries are names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamedKind {
    Verticals,
    Categories,
}

impl NamedKind {
    fn kind(self) -> CatalogueKind {
        match self {
            NamedKind::Verticals => CatalogueKind::Verticals,
            NamedKind::Categories => CatalogueKind::Categories,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MerchantView {
    pub id: String,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub merchant: Merchant,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NamesView {
    pub key: String,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub names: CatalogueNames,
}

/// A merchant of the list: told, or only mentioned by orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedMerchant {
    pub id: String,
    /// Orders that were placed and not cancelled.
    pub orders: i64,
    /// `null` if orders mention the merchant and nobody has told more.
    pub merchant: Option<Merchant>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MerchantList {
    pub items: Vec<ListedMerchant>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MerchantParams {
    /// Merchants whose id or name contains this text; case and accents do not count.
    pub q: Option<String>,
    /// The order: `orders` if not given.
    #[param(inline)]
    pub sort: Option<MerchantSort>,
}

/// The order of a list of merchants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MerchantSort {
    /// Those with most orders come first.
    Orders,
    Name,
    /// Those that opened last come first; those without a day come at the end.
    OpenedOn,
}

impl MerchantSort {
    fn order(self) -> ValueOrder {
        match self {
            MerchantSort::Orders => ValueOrder::Count,
            MerchantSort::Name => ValueOrder::Name,
            MerchantSort::OpenedOn => ValueOrder::Opened,
        }
    }
}

/// Lists merchants, those with most orders first unless another order is asked for: those that were
/// told, and those that only orders mention.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/catalogue/merchants", tag = "catalogue",
    operation_id = "list_merchants", security(("jwt" = [])), params(MerchantParams, PageParams),
    responses((status = 200, body = MerchantList), Problem)
)]
pub async fn list_merchants(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    page: Paging<CatalogueContext, MerchantParams>,
) -> ApiResult<Json<MerchantList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let query = page.filters.q.as_deref().unwrap_or_default();
    if query.len() > MAX_QUERY_BYTES {
        let detail = format!("q has at most {MAX_QUERY_BYTES} bytes");
        return Err(Problem::bad_request("invalid_query", detail));
    }
    let limit = page.page_limit()? as usize;
    let order = page.filters.sort.map_or(ValueOrder::Count, MerchantSort::order);
    let listed = format!("merchants?sort={order:?}&q={query}");
    let after: Option<FoundValue> = page.read_position(&listed).await?;
    let known = context.known.known_values(&context.store, ValueKind::Merchant, clock::now());
    let known = known.await.map_err(store_problem)?;
    let (found, more) = search_values(&known, query, order, after.as_ref(), limit);
    let last = found.last().filter(|_| more).map(|it| order.place(it));
    Ok(Json(MerchantList {
        items: listed_merchants(&context, &found).await?,
        next_cursor: page.sign_position(&listed, last.as_ref()).await?,
    }))
}

async fn listed_merchants(
    context: &CatalogueContext,
    found: &[&KnownValue],
) -> ApiResult<Vec<ListedMerchant>> {
    let named = found.iter().filter(|value| !value.names.is_empty());
    let keys: Vec<CatalogueKey> =
        named.filter_map(|value| CatalogueKey::parse(&value.name)).collect();
    let entries = read_entries::<Merchant>(context, CatalogueKind::Merchants, &keys).await?;
    let merchant = |id: &str| {
        let entry = entries.iter().find(|entry| entry.key.as_str() == id);
        entry.map(|entry| entry.value.clone())
    };
    let listed = |value: &&KnownValue| ListedMerchant {
        id: value.name.clone(),
        orders: value.counts.count,
        merchant: merchant(&value.name),
    };
    Ok(found.iter().map(listed).collect())
}

async fn read_entries<T: DeserializeOwned>(
    context: &CatalogueContext,
    kind: CatalogueKind,
    keys: &[CatalogueKey],
) -> ApiResult<Vec<CatalogueEntry<T>>> {
    let read = context.store.catalogue_entries(kind, keys, ReadConsistency::Strong);
    read.await.map_err(store_problem)
}

async fn read_entry<T: DeserializeOwned>(
    context: &CatalogueContext,
    kind: CatalogueKind,
    key: &str,
) -> ApiResult<CatalogueEntry<T>> {
    let key = parse_key(key)?;
    let found = read_entries(context, kind, std::slice::from_ref(&key)).await?;
    found.into_iter().next().ok_or_else(unknown_entry)
}

/// Returns one merchant.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/catalogue/merchants/{merchant}", tag = "catalogue",
    operation_id = "get_merchant", security(("jwt" = [])), params(("merchant" = String, Path)),
    responses((status = 200, body = MerchantView), Problem)
)]
pub async fn show_merchant(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    Path(key): Path<String>,
) -> ApiResult<Json<MerchantView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let entry = read_entry::<Merchant>(&context, CatalogueKind::Merchants, &key).await?;
    Ok(Json(MerchantView {
        id: entry.key.as_str().to_owned(),
        updated_at: entry.updated_at,
        merchant: entry.value,
    }))
}

/// Writes a merchant under the id by which orders name it.
///
/// Returns 201 for a new one.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/catalogue/merchants/{merchant}", tag = "catalogue",
    operation_id = "put_merchant", security(("jwt" = [])), params(("merchant" = String, Path)),
    request_body = Merchant,
    responses((status = 200, body = MerchantView), (status = 201, body = MerchantView), Problem)
)]
pub async fn put_merchant(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    Path(key): Path<String>,
    body: UnreadBody,
) -> ApiResult<Response> {
    operator.require_role(OperatorRole::Marketer)?;
    save_merchant(&context, &key, body.read_json().await?, Some(&operator)).await
}

/// Deletes a merchant from the catalogue. Orders that mention it stay.
#[utoipa::path(
    delete, path = "/v1/configuration/voucher-campaign/catalogue/merchants/{merchant}", tag = "catalogue",
    operation_id = "delete_merchant", security(("jwt" = [])), params(("merchant" = String, Path)),
    responses((status = 204), Problem)
)]
pub async fn delete_merchant(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    Path(key): Path<String>,
) -> ApiResult<StatusCode> {
    operator.require_role(OperatorRole::Marketer)?;
    delete_entry(&context, CatalogueKind::Merchants, &key, Some(&operator)).await
}

/// Writes a merchant, told by the marketplace's backend.
#[utoipa::path(
    put, path = "/v1/merchants/{merchant}", tag = "catalogue", operation_id = "report_merchant",
    security(("webhookSignature" = [])), params(("merchant" = String, Path)), request_body = Merchant,
    responses((status = 200, body = MerchantView), (status = 201, body = MerchantView), Problem)
)]
pub async fn report_merchant(
    State(context): State<Arc<CatalogueContext>>,
    Path(key): Path<String>,
    signed: SignedBody,
) -> ApiResult<Response> {
    save_merchant(&context, &key, signed.parse()?, None).await
}

/// Deletes a merchant that has left the marketplace.
#[utoipa::path(
    delete, path = "/v1/merchants/{merchant}", tag = "catalogue", operation_id = "withdraw_merchant",
    security(("webhookSignature" = [])), params(("merchant" = String, Path)),
    responses((status = 204), Problem)
)]
pub async fn withdraw_merchant(
    State(context): State<Arc<CatalogueContext>>,
    Path(key): Path<String>,
) -> ApiResult<StatusCode> {
    delete_entry(&context, CatalogueKind::Merchants, &key, None).await
}

/// Returns the names of a vertical or a category.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/catalogue/{kind}/{key}", tag = "catalogue",
    operation_id = "get_names", security(("jwt" = [])),
    params(("kind" = inline(NamedKind), Path), ("key" = String, Path)),
    responses((status = 200, body = NamesView), Problem)
)]
pub async fn show_names(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    Path((kind, key)): Path<(String, String)>,
) -> ApiResult<Json<NamesView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let kind = parse_kind(&kind)?;
    let entry = read_entry::<CatalogueNames>(&context, kind, &key).await?;
    Ok(Json(NamesView {
        key: entry.key.as_str().to_owned(),
        updated_at: entry.updated_at,
        names: entry.value,
    }))
}

/// Writes the names of a vertical or a category, by language.
///
/// Returns 201 if it had none.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/catalogue/{kind}/{key}", tag = "catalogue",
    operation_id = "put_names", security(("jwt" = [])),
    params(("kind" = inline(NamedKind), Path), ("key" = String, Path)), request_body = CatalogueNames,
    responses((status = 200, body = NamesView), (status = 201, body = NamesView), Problem)
)]
pub async fn put_names(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    Path((kind, key)): Path<(String, String)>,
    body: UnreadBody,
) -> ApiResult<Response> {
    operator.require_role(OperatorRole::Marketer)?;
    let kind = parse_kind(&kind)?;
    save_names(&context, (kind, &key), body.read_json().await?, Some(&operator)).await
}

/// Deletes the names of a vertical or a category.
#[utoipa::path(
    delete, path = "/v1/configuration/voucher-campaign/catalogue/{kind}/{key}", tag = "catalogue",
    operation_id = "delete_names", security(("jwt" = [])),
    params(("kind" = inline(NamedKind), Path), ("key" = String, Path)), responses((status = 204), Problem)
)]
pub async fn delete_names(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    Path((kind, key)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    operator.require_role(OperatorRole::Marketer)?;
    delete_entry(&context, parse_kind(&kind)?, &key, Some(&operator)).await
}

/// Writes the names of a vertical or a category, told by the marketplace's backend.
#[utoipa::path(
    put, path = "/v1/catalogue/{kind}/{key}", tag = "catalogue", operation_id = "report_names",
    security(("webhookSignature" = [])), params(("kind" = inline(NamedKind), Path), ("key" = String, Path)),
    request_body = CatalogueNames,
    responses((status = 200, body = NamesView), (status = 201, body = NamesView), Problem)
)]
pub async fn report_names(
    State(context): State<Arc<CatalogueContext>>,
    Path((kind, key)): Path<(String, String)>,
    signed: SignedBody,
) -> ApiResult<Response> {
    save_names(&context, (parse_kind(&kind)?, &key), signed.parse()?, None).await
}

async fn save_merchant(
    context: &CatalogueContext,
    key: &str,
    merchant: Merchant,
    by: Option<&Operator>,
) -> ApiResult<Response> {
    let key = parse_key(key)?;
    let errors = merchant.errors();
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let now = clock::now();
    record_act(context, by, (CatalogueKind::Merchants, &key), "put", now).await?;
    let created = context.store.put_merchant(&key, &merchant, now).await.map_err(store_problem)?;
    context.known.forget();
    let view = MerchantView { id: key.as_str().to_owned(), updated_at: now, merchant };
    Ok((saved_status(created), Json(view)).into_response())
}

async fn save_names(
    context: &CatalogueContext,
    (kind, key): (CatalogueKind, &str),
    names: CatalogueNames,
    by: Option<&Operator>,
) -> ApiResult<Response> {
    let key = parse_key(key)?;
    let errors = names.errors();
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let now = clock::now();
    record_act(context, by, (kind, &key), "put", now).await?;
    let created = context.store.put_catalogue_names(kind, &key, &names, now);
    let created = created.await.map_err(store_problem)?;
    context.known.forget();
    let view = NamesView { key: key.as_str().to_owned(), updated_at: now, names };
    Ok((saved_status(created), Json(view)).into_response())
}

async fn delete_entry(
    context: &CatalogueContext,
    kind: CatalogueKind,
    key: &str,
    by: Option<&Operator>,
) -> ApiResult<StatusCode> {
    let key = parse_key(key)?;
    if by.is_some() {
        // What is not there is not deleted, so nothing is recorded.
        let found = read_entries::<IgnoredAny>(context, kind, std::slice::from_ref(&key)).await?;
        if found.is_empty() {
            return Err(unknown_entry());
        }
        record_act(context, by, (kind, &key), "delete", clock::now()).await?;
    }
    let existed = context.store.delete_catalogue_entry(kind, &key).await.map_err(store_problem)?;
    context.known.forget();
    if existed { Ok(StatusCode::NO_CONTENT) } else { Err(unknown_entry()) }
}

/// Records what an operator does to an entry, before it is done. What the marketplace's backend
/// tells is no operator's act.
async fn record_act(
    context: &CatalogueContext,
    by: Option<&Operator>,
    (kind, key): (CatalogueKind, &CatalogueKey),
    action: &str,
    now: Timestamp,
) -> ApiResult<()> {
    let Some(operator) = by else { return Ok(()) };
    let actor = operator.actor();
    let change = AuditedChange { actor: &actor, action, note: "", at: now };
    let subject = format!("{}/{}", kind.as_str(), key.as_str());
    context.store.record_act(AuditKind::Catalogue, &subject, &change).await.map_err(store_problem)
}

fn saved_status(created: bool) -> StatusCode {
    if created { StatusCode::CREATED } else { StatusCode::OK }
}

fn parse_key(key: &str) -> ApiResult<CatalogueKey> {
    CatalogueKey::parse(key).ok_or_else(|| {
        let detail = "a key has 1 to 64 bytes, no control characters and no space around them";
        Problem::bad_request("invalid_key", detail)
    })
}

fn parse_kind(kind: &str) -> ApiResult<CatalogueKind> {
    let named = [NamedKind::Verticals, NamedKind::Categories].into_iter().map(NamedKind::kind);
    let found = named.into_iter().find(|named| named.as_str() == kind);
    found.ok_or_else(|| {
        Problem::not_found("catalogue_kind_unknown")
            .with_detail("the catalogue names verticals and categories")
    })
}

fn unknown_entry() -> Problem {
    Problem::not_found("catalogue_entry_unknown")
        .with_detail("the catalogue has no entry under this key")
}
