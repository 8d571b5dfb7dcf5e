//! Lists campaigns, sorted by any column that belongs to the campaign itself, and filtered by kind,
//! states, name and who created them.
//!
//! Reads the indexes of Control. Guarantees: a page costs 20 read units at most for the usual 25
//! campaigns, and may be short or empty before the end.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::folded_letters::fold_letters,
};
use http_edge::{ApiResult, Operator, OperatorRole, PageParams, Paging, Problem};
use serde::{Deserialize, Serialize};
use store::campaign::campaigns::{
    CampaignListPosition, CampaignListQuery, CampaignOrder, CampaignSummary,
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    CampaignsContext, approval_state, identity, store_failure,
    views::{CampaignList, CampaignListItem},
};

/// The longest search for a name, in bytes.
const MAX_SEARCH_BYTES: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFilters {
    pub kind: Option<CampaignKind>,
    /// Only campaigns in this state, or in one of several, separated by commas.
    #[param(example = "running,paused")]
    pub state: Option<String>,
    /// A part of the name; case, accents and punctuation do not count.
    pub q: Option<String>,
    /// Only campaigns that the caller created.
    #[param(inline)]
    pub owner: Option<CampaignOwner>,
    /// The order; by default `created`.
    #[param(inline)]
    pub sort: Option<CampaignSort>,
    /// The direction; by default names and states rise, and times fall: the latest first.
    #[param(inline)]
    pub direction: Option<SortDirection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignOwner {
    Me,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignSort {
    Created,
    Name,
    /// Sorts by the last change.
    Edited,
    /// Sorts by the planned or the actual start; campaigns without one count as the earliest.
    Starts,
    /// Sorts by the name of the state.
    State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortDirection {
    Asc,
    Desc,
}

impl CampaignSort {
    fn order(self) -> CampaignOrder {
        match self {
            Self::Created => CampaignOrder::Created,
            Self::Name => CampaignOrder::Name,
            Self::Edited => CampaignOrder::Edited,
            Self::Starts => CampaignOrder::Start,
            Self::State => CampaignOrder::State,
        }
    }

    fn usual_direction(self) -> SortDirection {
        match self {
            Self::Name | Self::State => SortDirection::Asc,
            Self::Created | Self::Edited | Self::Starts => SortDirection::Desc,
        }
    }
}

/// The place at which a list goes on, and the number of campaigns that its pages have shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct CampaignListCursor {
    position: CampaignListPosition,
    shown: u64,
}

/// Lists the campaigns, by default the newest first.
#[utoipa::path(
    get, path = "/v1/campaigns", tag = "campaigns", operation_id = "list_campaigns", security(("jwt" = [])),
    params(ListFilters, PageParams),
    responses((status = 200, body = CampaignList), Problem)
)]
pub async fn list(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    paging: Paging<CampaignsContext, ListFilters>,
) -> ApiResult<Json<CampaignList>> {
    operator.require_role(OperatorRole::Viewer)?;
    let limit = paging.page_limit()? as usize;
    let query = parse_query(&paging.filters, &operator)?;
    let list = format!("campaigns?{query:?}");
    let (position, shown) = match paging.read_position::<CampaignListCursor>(&list).await? {
        Some(CampaignListCursor { position, shown }) => (Some(position), shown),
        None => (None, 0),
    };
    let page = context.store.sorted_campaigns(&query, position, limit).await;
    let page = page.map_err(store_failure)?;
    let shown = shown + page.campaigns.len() as u64;
    let total = page.next.is_none().then_some(shown);
    let next = page.next.map(|position| CampaignListCursor { position, shown });
    let next_cursor = paging.sign_position(&list, next.as_ref()).await?;
    let awaiting = approval_state::awaiting_approval(&context, &page.campaigns).await?;
    let item = |summary: CampaignSummary| {
        let awaits = awaiting.contains(&summary.id);
        CampaignListItem::new(summary, awaits)
    };
    let items = page.campaigns.into_iter().map(item).collect();
    Ok(Json(CampaignList { items, next_cursor, total }))
}

fn parse_query(filters: &ListFilters, operator: &Operator) -> ApiResult<CampaignListQuery> {
    let bad = |detail: String| Problem::bad_request("invalid_query", detail);
    let names = filters.state.iter().flat_map(|list| list.split(','));
    let states = names.map(|name| {
        CampaignState::parse(name).ok_or_else(|| bad(format!("state: there is no state {name:?}")))
    });
    let search = filters.q.as_deref().unwrap_or_default();
    if search.len() > MAX_SEARCH_BYTES {
        return Err(bad(format!("q has at most {MAX_SEARCH_BYTES} bytes")));
    }
    let folded = fold_letters(search);
    let sort = filters.sort.unwrap_or(CampaignSort::Created);
    let direction = filters.direction.unwrap_or(sort.usual_direction());
    Ok(CampaignListQuery {
        kind: filters.kind,
        states: states.collect::<ApiResult<_>>()?,
        name_part: (!folded.is_empty()).then_some(folded),
        creator: filters.owner.map(|CampaignOwner::Me| identity::actor_name(operator)),
        order: sort.order(),
        descending: direction == SortDirection::Desc,
    })
}
