//! Paged lists: extracts the page that a request asks for, reads the position from its cursor, and
//! signs the position of the next page.
//!
//! The key of cursors is read only if a cursor is: most requests ask for a list that fits a page.
//! Guarantees: `limit` and `cursor` mean the same in every list, and a cursor is good for its own
//! list with its own filters only.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::{Uri, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::{
    cursor::CursorSigner,
    problem::{ApiResult, Problem},
    query::parse_query,
};

/// The page size if the caller does not give one.
const DEFAULT_LIMIT: u32 = 25;
/// The largest page: one DynamoDB query of small items.
const MAX_LIMIT: u32 = 100;

/// The parameters of every paged list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// The page size: 1 to 100, and 25 if not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before; for CSV it is in the header `x-next-cursor`.
    cursor: Option<String>,
}

/// A list that takes no parameters but those of its page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilters {}

/// Knows the keys of cursors: the context of a function that has paged lists.
pub trait CursorKeySource: Send + Sync + 'static {
    /// Returns the key that signs, then the one before it, which is still accepted.
    fn cursor_keys(&self) -> impl Future<Output = ApiResult<Vec<Vec<u8>>>> + Send;
}

/// Extracts the page and the filters of a list. `F` should carry `#[serde(deny_unknown_fields)]`.
pub struct Paging<C, F = NoFilters> {
    pub filters: F,
    page: PageParams,
    context: Arc<C>,
}

impl<C: CursorKeySource, F: DeserializeOwned> FromRequestParts<Arc<C>> for Paging<C, F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<C>) -> ApiResult<Self> {
        let (page, filters): (Vec<&str>, Vec<&str>) = parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .partition(|pair| pair.starts_with("limit=") || pair.starts_with("cursor="));
        let context = Arc::clone(context);
        Ok(Self { filters: parse_pairs(&filters)?, page: parse_pairs(&page)?, context })
    }
}

fn parse_pairs<T: DeserializeOwned>(pairs: &[&str]) -> ApiResult<T> {
    let uri = Uri::try_from(format!("/?{}", pairs.join("&")));
    parse_query(&uri.map_err(|error| Problem::bad_request("invalid_query", error.to_string()))?)
}

impl<C: CursorKeySource> Paging<C> {
    /// Takes the cursor from a request body, for lists whose search may be personal data: nothing of
    /// it is in the address of the request.
    pub fn from_body(context: &Arc<C>, cursor: Option<String>) -> Self {
        let page = PageParams { limit: None, cursor };
        Self { filters: NoFilters {}, page, context: Arc::clone(context) }
    }
}

impl<C: CursorKeySource, F> Paging<C, F> {
    /// Returns the page size to use. Refuses with 400 `invalid_query` outside 1 ..= [`MAX_LIMIT`].
    pub fn page_limit(&self) -> ApiResult<u32> {
        match self.page.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(Problem::bad_request("invalid_query", format!("limit is 1 to {MAX_LIMIT}"))),
        }
    }

    /// Returns the position at which the page starts, or `None` for the first page. `list` is what
    /// distinguishes two lists: the route and its filters.
    pub async fn read_position<T: DeserializeOwned>(&self, list: &str) -> ApiResult<Option<T>> {
        match &self.page.cursor {
            Some(cursor) => Ok(Some(self.cursor_signer().await?.verify_cursor(list, cursor)?)),
            None => Ok(None),
        }
    }

    /// Returns the cursor of the page that starts at `next`, or `None` on the last page.
    pub async fn sign_position<T: Serialize>(
        &self,
        list: &str,
        next: Option<&T>,
    ) -> ApiResult<Option<String>> {
        match next {
            Some(next) => Ok(Some(self.cursor_signer().await?.sign_cursor(list, next))),
            None => Ok(None),
        }
    }

    async fn cursor_signer(&self) -> ApiResult<CursorSigner> {
        self.context.cursor_keys().await.map(CursorSigner::new)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    struct FixedKey;

    impl CursorKeySource for FixedKey {
        async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
            Ok(vec![b"a key of thirty-two bytes, right".to_vec()])
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NameFilter {
        name: Option<String>,
    }

    async fn page(query: &str) -> ApiResult<Paging<FixedKey, NameFilter>> {
        let (mut parts, ()) =
            Request::get(format!("/v1/things{query}")).body(()).unwrap().into_parts();
        Paging::from_request_parts(&mut parts, &Arc::new(FixedKey)).await
    }

    #[tokio::test]
    async fn a_page_starts_where_the_one_before_ended() {
        let first = page("").await.unwrap();
        assert_eq!(first.page_limit().unwrap(), 25);
        assert_eq!(first.read_position::<u32>("things").await.unwrap(), None);
        assert_eq!(first.sign_position::<u32>("things", None).await.unwrap(), None);
        let cursor = first.sign_position("things", Some(&7)).await.unwrap().unwrap();
        let next = page(&format!("?limit=3&name=a%26b&cursor={cursor}")).await.unwrap();
        assert_eq!(next.filters.name.as_deref(), Some("a&b"));
        assert_eq!(next.page_limit().unwrap(), 3);
        assert_eq!(next.read_position("things").await.unwrap(), Some(7));
        let refused = next.read_position::<u32>("other things").await.unwrap_err();
        assert_eq!(refused.code(), "invalid_cursor");
    }

    #[tokio::test]
    async fn other_parameters_and_unreadable_ones_are_refused() {
        for bad in ["?colour=red", "?limit=ten", "?limit=1&limit=2", "?limit", "?cursors=1"] {
            let refused = page(bad).await.err().map(|problem| problem.code());
            assert_eq!(refused, Some("invalid_query"), "{bad}");
        }
        for bad in ["?limit=0", "?limit=101"] {
            let refused = page(bad).await.unwrap().page_limit().unwrap_err();
            assert_eq!(refused.code(), "invalid_query", "{bad}");
        }
        assert!(page("?").await.is_ok());
    }
}
