//! `/v1/values`: the values that occur, with how many customers or orders have each.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    customer::profile::GeoPoint,
    reporting::occurring_values::{FoundValue, KnownValue, ValueKind, ValueOrder, search_values},
};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{CatalogueContext, store_problem};

/// The longest text to search for, in bytes. A longer one is in no name.
const MAX_QUERY_BYTES: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ValueParams {
    /// The kind of the values.
    #[param(inline, required = true)]
    pub of: Option<ValueKind>,
    /// Values that contain this text in their key or in a name in any language; case and accents do
    /// not count.
    pub q: Option<String>,
    /// The order: `count` if not given.
    #[param(inline)]
    pub sort: Option<ValueSort>,
}

/// The order of a list of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueSort {
    /// Those come first that most customers or orders have.
    Count,
    Name,
}

/// The things that a count counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountedThing {
    Customers,
    /// Orders that were placed and not cancelled.
    Orders,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OccurringValue {
    /// The value as rules, scopes and triggers name it.
    pub value: String,
    /// The names that people know it by, by language; a merchant's own name has the language `und`.
    #[schema(value_type = BTreeMap<String, String>)]
    pub names: BTreeMap<String, String>,
    /// How many have it: 0 for what only the catalogue names, and `null` for events, which are not
    /// kept.
    pub count: Option<i64>,
    /// The middle of the located customers of a city.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub centre: Option<GeoPoint>,
    /// The time at which an event was last noted, at most an hour before it was last reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    pub last_reported_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ValueList {
    pub items: Vec<OccurringValue>,
    /// `count` is a number of these; `null` for events.
    pub counts: Option<CountedThing>,
    pub next_cursor: Option<String>,
}

/// Lists the values that occur.
///
/// Those that most customers or orders have come first. Counts follow the data within a minute and
/// are exact. Values that only the catalogue names are listed with a count of 0.
#[utoipa::path(
    get, path = "/v1/values", tag = "catalogue", operation_id = "list_values",
    security(("jwt" = [])), params(ValueParams, PageParams),
    responses((status = 200, body = ValueList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CatalogueContext>>,
    operator: Operator,
    page: Paging<CatalogueContext, ValueParams>,
) -> ApiResult<Json<ValueList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let Some(kind) = page.filters.of else {
        return Err(Problem::bad_request(
            "invalid_query",
            "of is required: the kind of the values",
        ));
    };
    let query = page.filters.q.as_deref().unwrap_or_default();
    if query.len() > MAX_QUERY_BYTES {
        let detail = format!("q has at most {MAX_QUERY_BYTES} bytes");
        return Err(Problem::bad_request("invalid_query", detail));
    }
    let limit = page.page_limit()? as usize;
    let order = match page.filters.sort {
        None | Some(ValueSort::Count) => ValueOrder::Count,
        Some(ValueSort::Name) => ValueOrder::Name,
    };
    let listed = format!("values?of={}&sort={order:?}&q={query}", kind.as_str());
    let after: Option<FoundValue> = page.read_position(&listed).await?;
    let known = context.known.known_values(&context.store, kind, clock::now());
    let known = known.await.map_err(store_problem)?;
    let (found, more) = search_values(&known, query, order, after.as_ref(), limit);
    let last = found.last().filter(|_| more).map(|it| order.place(it));
    let counts = counted_thing(kind);
    Ok(Json(ValueList {
        items: found.iter().map(|value| occurring_value(value, counts)).collect(),
        counts,
        next_cursor: page.sign_position(&listed, last.as_ref()).await?,
    }))
}

fn counted_thing(kind: ValueKind) -> Option<CountedThing> {
    match kind {
        ValueKind::Vertical | ValueKind::Tag | ValueKind::Locale | ValueKind::City => {
            Some(CountedThing::Customers)
        }
        ValueKind::Merchant | ValueKind::Category => Some(CountedThing::Orders),
        ValueKind::Event | ValueKind::EventProperty => None,
    }
}

fn occurring_value(value: &KnownValue, counts: Option<CountedThing>) -> OccurringValue {
    OccurringValue {
        value: value.name.clone(),
        names: value.names.clone(),
        count: counts.map(|_| value.counts.count),
        centre: value.counts.centre(),
        last_reported_at: value.last_reported_at,
    }
}
