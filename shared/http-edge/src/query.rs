//! Typed query parameters. Unknown and unreadable ones are refused with 400.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The page size if the caller does not give one.
pub const DEFAULT_LIMIT: u32 = 25;
/// The largest page: one DynamoDB query of small items.
pub const MAX_LIMIT: u32 = 100;

/// Extracts the query parameters. `T` should carry `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone)]
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(params) = Query::try_from_uri(&parts.uri)
            .map_err(|refusal| Problem::bad_request("invalid_query", refusal.body_text()))?;
        Ok(Self(params))
    }
}

/// Returns the page size to use. Refuses with 400 `invalid_query` outside 1 ..= [`MAX_LIMIT`].
pub fn page_limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_request("invalid_query", format!("limit is 1 to {MAX_LIMIT}"))),
    }
}
