//! The tenant's settings for all campaigns; here the brand of e-mails, and the addresses that may
//! get test sends.
//!
//! Reads and writes settings in Control; workers read a changed setting within seconds. Guarantees:
//! only administrators change settings, two of them cannot overwrite each other unnoticed, every
//! change is recorded with its author and time, and test addresses are shown to administrators
//! only.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp, campaign::brand::BrandSettings, delivery::test_send::TestAddresses,
    kernel::validation::FieldError,
};
use http::{HeaderMap, header};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody, etag, if_match};
use runtime::clock;
use serde::{Serialize, de::DeserializeOwned};
use store::{
    campaign::campaigns::{
        AuditedChange,
        settings::{SettingName, VersionedSetting},
    },
    conditional::Applied,
};
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, store_problem};

const ACTION: &str = "set";

#[derive(Serialize, ToSchema)]
pub struct BrandView {
    #[serde(flatten)]
    pub settings: BrandSettings,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

#[derive(Serialize, ToSchema)]
pub struct TestAddressList {
    #[serde(flatten)]
    pub list: TestAddresses,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

#[derive(Serialize, ToSchema)]
pub struct SettingMetadata {
    /// The version, or 0 if the setting was never set. `ETag` carries it and `If-Match` takes it.
    pub version: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

/// Returns the look of e-mails, and the sender who is responsible for them.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/brand", tag = "operations", operation_id = "read_brand", security(("jwt" = [])),
    responses((status = 200, body = BrandView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read_brand(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult {
    operator.require_role(OperatorRole::Viewer)?;
    Ok(brand_response(read_setting(&context, SettingName::Brand).await?))
}

/// Replaces the whole brand.
///
/// It takes effect within ten seconds, also for running campaigns.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/brand", tag = "operations", operation_id = "replace_brand", security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = BrandSettings,
    responses((status = 200, body = BrandView, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace_brand(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    let settings: BrandSettings = body.read_json().await?;
    let checked = settings.check();
    Ok(brand_response(
        replace_setting(&context, &operator, &headers, SettingName::Brand, settings, checked)
            .await?,
    ))
}

/// Returns the addresses that may get test sends.
///
/// Only administrators may read them, because they are people's addresses.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/test-addresses", tag = "operations", operation_id = "read_test_addresses",
    security(("jwt" = [])),
    responses((status = 200, body = TestAddressList, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read_addresses(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    Ok(addresses_response(read_setting(&context, SettingName::TestAddresses).await?))
}

/// Replaces the whole list of test addresses.
#[utoipa::path(
    put, path = "/v1/configuration/voucher-campaign/test-addresses", tag = "operations", operation_id = "replace_test_addresses",
    security(("jwt" = [])),
    params(("If-Match" = String, Header)),
    request_body = TestAddresses,
    responses((status = 200, body = TestAddressList, headers(("ETag" = String))), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn replace_addresses(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    let list: TestAddresses = body.read_json().await?;
    let checked = list.check();
    Ok(addresses_response(
        replace_setting(&context, &operator, &headers, SettingName::TestAddresses, list, checked)
            .await?,
    ))
}

pub async fn read_setting<T: DeserializeOwned + Default>(
    context: &OperationsContext,
    name: SettingName,
) -> ApiResult<VersionedSetting<T>> {
    context.store.setting(name).await.map_err(store_problem)
}

pub async fn replace_setting<T: Serialize>(
    context: &OperationsContext,
    operator: &Operator,
    headers: &HeaderMap,
    name: SettingName,
    value: T,
    checked: Vec<FieldError>,
) -> ApiResult<VersionedSetting<T>> {
    let before = if_match(headers)?;
    if !checked.is_empty() {
        return Err(checked.into());
    }
    let now = clock::now();
    let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    let actor = actor_name(operator);
    let change = AuditedChange { actor: &actor, action: ACTION, note: "", at };
    match context.store.save_setting(name, before, &value, &change).await.map_err(store_problem)? {
        Applied::Yes => {
            tracing::info!(setting = ?name, by = actor, version = before + 1, "setting changed");
            Ok(VersionedSetting {
                value,
                version: before + 1,
                updated_at: Some(at),
                updated_by: Some(actor),
            })
        }
        Applied::Conflict => Err(Problem::precondition_failed()),
    }
}

fn brand_response(setting: VersionedSetting<BrandSettings>) -> Response {
    let VersionedSetting { value, version, updated_at, updated_by } = setting;
    response_with_etag(
        version,
        BrandView {
            settings: value,
            metadata: SettingMetadata { version, updated_at, updated_by },
        },
    )
}

fn addresses_response(setting: VersionedSetting<TestAddresses>) -> Response {
    let VersionedSetting { value, version, updated_at, updated_by } = setting;
    response_with_etag(
        version,
        TestAddressList {
            list: value,
            metadata: SettingMetadata { version, updated_at, updated_by },
        },
    )
}

pub fn response_with_etag(version: u64, body: impl Serialize) -> Response {
    ([(header::ETAG, etag(version))], Json(body)).into_response()
}
