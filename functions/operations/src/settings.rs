//! What a tenant sets for all campaigns: the brand of e-mails, and the addresses that may get samples. Reads and writes settings in
//! Control; whoever works by one reads it again within seconds. Guarantees: only administrators change them, two of them cannot
//! overwrite each other, every change leaves a record of who and when, and addresses are shown to administrators alone.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{Timestamp, brand::BrandSettings, field::FieldError, sample::TestAddresses};
use http::{HeaderMap, header};
use http_api::{Answer, Operator, Problem, Role, Unread, etag, if_match};
use runtime::clock;
use serde::{Serialize, de::DeserializeOwned};
use store::control::{
    Change, Write,
    settings::{Name, Setting},
};
use utoipa::ToSchema;

use crate::{Context, actor, failed};

const ACTION: &str = "set";

#[derive(Serialize, ToSchema)]
pub struct Brand {
    #[serde(flatten)]
    pub settings: BrandSettings,
    #[serde(flatten)]
    pub stand: SettingStand,
}

#[derive(Serialize, ToSchema)]
pub struct TestAddressList {
    #[serde(flatten)]
    pub list: TestAddresses,
    #[serde(flatten)]
    pub stand: SettingStand,
}

#[derive(Serialize, ToSchema)]
pub struct SettingStand {
    /// 0 if it was never set; `ETag` carries it, `If-Match` takes it.
    pub version: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

/// What e-mails look like, and who answers for them.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/brand", tag = "operations", operation_id = "read_brand", security(("jwt" = [])),
    responses((status = 200, body = Brand, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read_brand(State(context): State<Arc<Context>>, operator: Operator) -> Answer {
    operator.require(Role::Viewer)?;
    Ok(brand(read(&context, Name::Brand).await?))
}

/// Sets it whole. Takes effect within ten seconds, also on campaigns that run.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/brand", tag = "operations", operation_id = "replace_brand", security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = BrandSettings,
    responses((status = 200, body = Brand, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace_brand(
    State(context): State<Arc<Context>>,
    operator: Operator,
    headers: HeaderMap,
    body: Unread,
) -> Answer {
    operator.require(Role::Admin)?;
    let settings: BrandSettings = body.json().await?;
    let checked = settings.check();
    Ok(brand(replace(&context, &operator, &headers, Name::Brand, settings, checked).await?))
}

/// Who may get samples. For administrators: they are people's addresses.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/test-addresses", tag = "operations", operation_id = "read_test_addresses",
    security(("jwt" = [])),
    responses((status = 200, body = TestAddressList, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read_addresses(State(context): State<Arc<Context>>, operator: Operator) -> Answer {
    operator.require(Role::Admin)?;
    Ok(addresses(read(&context, Name::TestAddresses).await?))
}

/// Sets the list whole.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/test-addresses", tag = "operations", operation_id = "replace_test_addresses",
    security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = TestAddresses,
    responses((status = 200, body = TestAddressList, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace_addresses(
    State(context): State<Arc<Context>>,
    operator: Operator,
    headers: HeaderMap,
    body: Unread,
) -> Answer {
    operator.require(Role::Admin)?;
    let list: TestAddresses = body.json().await?;
    let checked = list.check();
    Ok(addresses(replace(&context, &operator, &headers, Name::TestAddresses, list, checked).await?))
}

pub async fn read<T: DeserializeOwned + Default>(context: &Context, name: Name) -> Answer<Setting<T>> {
    context.store.setting(name).await.map_err(failed)
}

pub async fn replace<T: Serialize>(
    context: &Context,
    operator: &Operator,
    headers: &HeaderMap,
    name: Name,
    value: T,
    checked: Vec<FieldError>,
) -> Answer<Setting<T>> {
    let before = if_match(headers)?;
    if !checked.is_empty() {
        return Err(checked.into());
    }
    let now = clock::now();
    let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    let actor = actor(operator);
    let change = Change { actor: &actor, action: ACTION, note: "", at };
    match context.store.put_setting(name, before, &value, &change).await.map_err(failed)? {
        Write::Done => {
            tracing::info!(setting = ?name, by = actor, version = before + 1, "a setting was changed");
            Ok(Setting { value, version: before + 1, updated_at: Some(at), updated_by: Some(actor) })
        }
        Write::Lost => Err(Problem::precondition_failed()),
    }
}

fn brand(setting: Setting<BrandSettings>) -> Response {
    let Setting { value, version, updated_at, updated_by } = setting;
    tagged(version, Brand { settings: value, stand: SettingStand { version, updated_at, updated_by } })
}

fn addresses(setting: Setting<TestAddresses>) -> Response {
    let Setting { value, version, updated_at, updated_by } = setting;
    tagged(version, TestAddressList { list: value, stand: SettingStand { version, updated_at, updated_by } })
}

pub fn tagged(version: u64, body: impl Serialize) -> Response {
    ([(header::ETAG, etag(version))], Json(body)).into_response()
}
