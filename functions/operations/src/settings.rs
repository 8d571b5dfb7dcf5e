//! The tenant's settings for all campaigns. Each is read and replaced by the same two handlers; the
//! modules say what a setting is called, who may read it, and how it is shown.
//!
//! Reads and writes settings in Control; workers read a changed setting within seconds. Guarantees:
//! only administrators change settings, two of them cannot overwrite each other unnoticed, and
//! every change is recorded with its author and time.

mod approvals;
mod attributes;
mod brand;
mod combination;
mod contact_policy;
mod costs;
mod document;
mod goodwill;
pub(crate) mod notices;
mod readiness;
mod sms_way_out;
mod test_addresses;
mod topics;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use domain::{Timestamp, kernel::validation::FieldError};
use http::{HeaderMap, header};
use http_edge::{
    ApiResult, Operator, OperatorRole, Problem, UnreadBody, etag, if_match, routes::RouteHandlers,
};
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
use document::OperationText;

const ACTION: &str = "set";

/// A setting with what its routes differ in.
pub trait TenantSetting:
    Serialize + DeserializeOwned + Default + ToSchema + Send + Sync + 'static
{
    const NAME: SettingName;
    /// The last segment of the path, with hyphens. The operations are named after it.
    const RESOURCE: &'static str;
    /// The role that may read the setting. Only administrators may replace one.
    const READER: OperatorRole;
    const READ_TEXT: OperationText;
    const REPLACE_TEXT: OperationText;
    /// The setting as the API shows it.
    type View: Serialize + ToSchema + 'static;

    /// Returns the errors of the value, each with its pointer.
    fn find_errors(&self) -> Vec<FieldError>;

    /// Refuses a change from `before` that would break what uses the setting. Most settings have no
    /// such users.
    fn check_use(
        &self,
        _before: &Self,
        _context: &OperationsContext,
    ) -> impl Future<Output = ApiResult<()>> + Send {
        async { Ok(()) }
    }

    fn into_view(self, context: &OperationsContext, metadata: SettingMetadata) -> Self::View;
}

#[derive(Serialize, ToSchema)]
pub struct SettingMetadata {
    /// The version, or 0 if the setting was never set. `ETag` carries it and `If-Match` takes it.
    pub version: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

/// Builds the routes that read and replace a setting.
pub fn setting_routes<T: TenantSetting>() -> RouteHandlers<Arc<OperationsContext>> {
    RouteHandlers {
        path: document::setting_path::<T>(),
        handlers: MethodRouter::new().get(read_setting::<T>).put(replace_setting::<T>),
        document: document::document_setting::<T>,
    }
}

async fn read_setting<T: TenantSetting>(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult {
    operator.require_role(T::READER)?;
    let setting = context.store.setting::<T>(T::NAME).await.map_err(store_problem)?;
    Ok(setting_response(&context, setting))
}

async fn replace_setting<T: TenantSetting>(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Admin)?;
    let value: T = body.read_json().await?;
    let errors = value.find_errors();
    let before = if_match(&headers)?;
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let present = context.store.setting::<T>(T::NAME).await.map_err(store_problem)?;
    if present.version != before {
        return Err(Problem::precondition_failed());
    }
    value.check_use(&present.value, &context).await?;
    let at = clock::now();
    let actor = actor_name(&operator);
    let change = AuditedChange { actor: &actor, action: ACTION, note: "", at };
    let saved = context.store.save_setting(T::NAME, before, &value, &change).await;
    match saved.map_err(store_problem)? {
        Applied::Yes => {
            let version = before + 1;
            tracing::info!(setting = ?T::NAME, by = actor, version, "setting changed");
            let (updated_at, updated_by) = (Some(at), Some(actor));
            let setting = VersionedSetting { value, version, updated_at, updated_by };
            Ok(setting_response(&context, setting))
        }
        Applied::Conflict => Err(Problem::precondition_failed()),
    }
}

fn setting_response<T: TenantSetting>(
    context: &OperationsContext,
    setting: VersionedSetting<T>,
) -> Response {
    let VersionedSetting { value, version, updated_at, updated_by } = setting;
    let metadata = SettingMetadata { version, updated_at, updated_by };
    let view = value.into_view(context, metadata);
    ([(header::ETAG, etag(version))], Json(view)).into_response()
}
