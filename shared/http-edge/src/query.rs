//! Typed query parameters. Unknown and unreadable ones are refused with 400.

use axum::extract::{FromRequestParts, Query};
use http::{Uri, request::Parts};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Extracts the query parameters. `T` should carry `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone)]
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse_query(&parts.uri).map(Self)
    }
}

pub(crate) fn parse_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Query::try_from_uri(uri) {
        Ok(Query(params)) => Ok(params),
        Err(refusal) => Err(Problem::bad_request("invalid_query", refusal.body_text())),
    }
}
