//! Query parameters, typed; unknown and unreadable ones are refused with 400.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Items of a page if the caller does not say.
pub const DEFAULT_LIMIT: u32 = 25;
/// Largest page: one DynamoDB query of small items.
pub const MAX_LIMIT: u32 = 100;

/// An extractor; give `T` `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(params) = Query::try_from_uri(&parts.uri)
            .map_err(|refusal| Problem::bad_request("invalid_query", refusal.body_text()))?;
        Ok(Self(params))
    }
}

/// The page size to use; 400 `invalid_query` outside 1 ..= [`MAX_LIMIT`].
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_request("invalid_query", format!("limit is 1 to {MAX_LIMIT}"))),
    }
}
