//! The recount of the vouchers: shows the last one, starts one on demand, and repairs the drift
//! that recounts have found for a day.
//!
//! The watchdog does the counting. Reads and writes the recount's rows of Reports and, for a
//! repair, the counters.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use domain::{Timestamp, kernel::audit_kind::AuditKind};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use queue::WakeNudge;
use runtime::clock;
use serde::Serialize;
use store::reporting::recounts::{Recount, RecountStage, RowDifference};
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, record_act, store_problem};

/// Rows in one answer, and in one repair.
const MAX_ROWS: usize = 200;
/// The partition of the rows that sum up all campaigns.
const ALL_CAMPAIGNS: &str = "ALL";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecountState {
    /// There was no recount yet: the first one begins at three in the morning.
    Never,
    Counting,
    Comparing,
    Done,
}

/// The last recount, running or done.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecountView {
    pub state: RecountState,
    /// The number of the recount, 1 for the first; `null` if there was none.
    pub number: Option<u64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Rows that were compared: one for each campaign and day, and one for each day of all
    /// campaigns.
    pub rows: u64,
    /// Rows that differed at that moment. Current traffic causes some differences.
    pub differing: u64,
    /// Counters that recounts have found wrong by the same amount for a day, which is as long as
    /// the stream keeps a change.
    pub drifting: u64,
    /// The differences of the last recount, once it is done.
    pub differences: Vec<DriftView>,
    /// Tells whether there are more differences than are shown.
    pub more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DriftView {
    /// The campaign; `null` for the rows of all campaigns.
    pub campaign: Option<String>,
    /// The day, such as `2026-11-22`; for all campaigns with kind and currency, such as
    /// `2026-11-22#promotion#EUR`.
    pub day: String,
    /// The amount that would have to be added to each counter.
    pub by: BTreeMap<String, i64>,
    /// The part of the difference that a repair adds.
    pub drift: BTreeMap<String, i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub repaired_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RepairedView {
    /// Rows whose counters were changed by this call.
    pub repaired: usize,
    /// Tells whether rows are left, which a further call repairs.
    pub more: bool,
}

impl RecountView {
    fn new(recount: Option<&Recount>, differences: Vec<RowDifference>, more: bool) -> Self {
        let state = match recount.map(|recount| recount.stage) {
            None => RecountState::Never,
            Some(RecountStage::Counting) => RecountState::Counting,
            Some(RecountStage::Comparing) => RecountState::Comparing,
            Some(RecountStage::Done) => RecountState::Done,
        };
        let sums = recount.map(|recount| recount.totals).unwrap_or_default();
        Self {
            state,
            number: recount.map(|recount| recount.number),
            started_at: recount.map(|recount| recount.started_at),
            finished_at: recount.and_then(|recount| recount.finished_at),
            rows: sums.rows,
            differing: sums.differing,
            drifting: sums.drifting,
            differences: differences.into_iter().map(drift_view).collect(),
            more,
        }
    }
}

fn drift_view(row: RowDifference) -> DriftView {
    DriftView {
        campaign: Some(row.pk).filter(|pk| pk != ALL_CAMPAIGNS),
        day: row.day,
        by: row.correction.by_name(),
        drift: row.drift.by_name(),
        repaired_at: row.repaired_at,
    }
}

/// Returns the state and the result of the last recount.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/recount", tag = "operations", operation_id = "read_recount", security(("jwt" = [])),
    responses((status = 200, body = RecountView), Problem)
)]
pub async fn read(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult<Json<RecountView>> {
    operator.require_role(OperatorRole::Viewer)?;
    Ok(Json(load_view(&context).await?))
}

async fn load_view(context: &OperationsContext) -> ApiResult<RecountView> {
    let recount = context.store.last_recount().await.map_err(store_problem)?;
    let (differences, more) = match recount
        .as_ref()
        .filter(|recount| recount.stage == RecountStage::Done)
    {
        Some(done) => {
            context.store.list_differences(done.number, MAX_ROWS).await.map_err(store_problem)?
        }
        None => (Vec::new(), false),
    };
    Ok(RecountView::new(recount.as_ref(), differences, more))
}

/// Starts a recount now, at any hour.
///
/// Reports go on answering from the counters meanwhile.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/recount", tag = "operations", operation_id = "start_recount", security(("jwt" = [])),
    responses((status = 202, body = RecountView), Problem)
)]
pub async fn start(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult<(StatusCode, Json<RecountView>)> {
    operator.require_role(OperatorRole::Admin)?;
    let last = context.store.last_recount().await.map_err(store_problem)?;
    record_act(&context.store, &operator, AuditKind::Recount, ("vouchers", "start", "")).await?;
    if !context.store.start_recount(last.as_ref(), clock::now()).await.map_err(store_problem)? {
        return Err(recount_not_done());
    }
    tracing::info!(actor = actor_name(&operator), "recount started by an operator");
    context.watchdog.nudge(&WakeNudge::now("recount")).await;
    Ok((StatusCode::ACCEPTED, Json(load_view(&context).await?)))
}

/// Adds to the counters what recounts have found missing or too much for a day.
///
/// Each row is repaired once, however often the call is repeated.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/recount/repair", tag = "operations", operation_id = "repair_counters",
    security(("jwt" = [])),
    responses((status = 200, body = RepairedView), Problem)
)]
pub async fn repair(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult<Json<RepairedView>> {
    operator.require_role(OperatorRole::Admin)?;
    let recount = context.store.last_recount().await.map_err(store_problem)?;
    let Some(recount) = recount.filter(|recount| recount.stage == RecountStage::Done) else {
        return Err(recount_not_done());
    };
    let (rows, _) =
        context.store.list_differences(recount.number, usize::MAX).await.map_err(store_problem)?;
    let mut open =
        rows.into_iter().filter(|row| !row.drift.is_empty() && row.repaired_at.is_none());
    let number = format!("recount {}", recount.number);
    let act = ("counters", "repair", number.as_str());
    record_act(&context.store, &operator, AuditKind::Recount, act).await?;
    let mut repaired = 0;
    for row in open.by_ref().take(MAX_ROWS) {
        if context
            .store
            .repair_row(recount.number, &row, clock::now())
            .await
            .map_err(store_problem)?
        {
            tracing::warn!(actor = actor_name(&operator), campaign = row.pk, day = row.day, drift = ?row.drift.by_name(), "counters repaired");
            repaired += 1;
        }
    }
    Ok(Json(RepairedView { repaired, more: open.next().is_some() }))
}

fn recount_not_done() -> Problem {
    Problem::conflict(
        "recount_not_done",
        "a recount is running, or there was none yet: look again when it is done",
    )
}
