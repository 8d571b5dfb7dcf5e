//! The API keys of the app backend, for operators: which there are, what each may call, how old it
//! is and when it was last used.
//!
//! Reads the secret with the keys and the uses in Control; writes nothing. Keys are created, rotated
//! and revoked by `infra/api_keys.py`. Guarantees: no part of a secret is ever answered.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    kernel::{
        api_key::{ApiKey, KeyScope},
        id::ApiKeyId,
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{OperationsContext, store_problem};

#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyList {
    /// The keys in the order of their ids, revoked ones too.
    items: Vec<ApiKeyView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    /// The value of `webhook-key-id`.
    key_id: ApiKeyId,
    /// The groups of routes that the key may call.
    scopes: Vec<KeyScope>,
    /// `null` for the key that the deployment made, until the keys are first changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// The time of the last rotation.
    #[schema(value_type = Option<String>, format = DateTime)]
    rotated_at: Option<Timestamp>,
    /// True while the old secret is accepted beside the new one.
    rotating: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// The last use, up to an hour old; `null` if the key was never used.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

impl ApiKeyView {
    fn new(key: &ApiKey, last_used_at: Option<Timestamp>) -> Self {
        Self {
            key_id: key.id.clone(),
            scopes: key.scopes.clone(),
            created_at: key.created_at,
            rotated_at: key.rotated_at,
            rotating: key.is_rotating(),
            revoked_at: key.revoked_at,
            last_used_at,
        }
    }
}

/// Lists the app backend's API keys, without their secrets.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/api-keys", tag = "operations", operation_id = "list_api_keys",
    security(("jwt" = [])), responses((status = 200, body = ApiKeyList), Problem)
)]
pub async fn list(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult<Json<ApiKeyList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let keys = context.secrets.api_keys(&context.api_key_secret).await;
    let keys = keys.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
    let uses = context.store.key_uses().await.map_err(store_problem)?;
    let uses: BTreeMap<ApiKeyId, Timestamp> = uses.into_iter().collect();
    let view = |key: &ApiKey| ApiKeyView::new(key, uses.get(&key.id).copied());
    let mut items: Vec<ApiKeyView> = keys.iter().map(view).collect();
    items.sort_by(|a, b| a.key_id.cmp(&b.key_id));
    Ok(Json(ApiKeyList { items }))
}
