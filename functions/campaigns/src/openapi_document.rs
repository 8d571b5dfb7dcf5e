//! Serves the OpenAPI document as checked in. A test compares it with the types.

use axum::response::{IntoResponse, Response};
use http::header;

const DOCUMENT: &str = include_str!("../../../docs/api/openapi.json");

/// Returns this document.
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "documentation", operation_id = "read_openapi",
    responses((status = 200, body = serde_json::Value, description = "The OpenAPI document of this API"))
)]
pub async fn read() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
