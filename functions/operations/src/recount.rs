//! The recount of the vouchers: how the last one went, one on demand, and the repair of what they have found for a day. The sweep does the
//! counting; here it is asked for, and shown. Reads and writes the recount's rows of Reports, and for a repair the counters.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::{Timestamp, report::Counts};
use http_api::{Answer, Operator, Problem, Role};
use queue::Wake;
use runtime::clock;
use serde::Serialize;
use store::recounts::{Difference, Recount, Stage};
use utoipa::ToSchema;

use crate::{Context, actor, failed};

/// Rows of an answer, and of one repair.
const SHOWN: usize = 200;
/// The partition of all campaigns together.
const ALL: &str = "ALL";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecountState {
    /// There was none yet: the first is at three in the morning.
    Never,
    Counting,
    Comparing,
    Done,
}

/// The last recount, running or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecountView {
    pub state: RecountState,
    /// 1 for the first; `null` if there was none.
    pub number: Option<u64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Rows that were compared: a campaign and a day, or a day of all campaigns.
    pub rows: u64,
    /// Of them, those that were not the same at that moment; traffic makes some.
    pub differing: u64,
    /// Counters that recounts have found wrong by the same amount for a day, which is how long the stream keeps a change.
    pub drifting: u64,
    /// Of the last recount, once it is done.
    pub differences: Vec<DriftView>,
    /// There are more than are shown.
    pub more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DriftView {
    /// `null`: of all campaigns.
    pub campaign: Option<String>,
    /// `2026-11-22`, of all campaigns with kind and currency: `2026-11-22#promotion#EUR`.
    pub day: String,
    /// What would have to be added to which counter.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    pub by: Counts,
    /// What of it a repair adds.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    pub drift: Counts,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub repaired_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RepairedView {
    /// Rows whose counters were changed now.
    pub repaired: usize,
    /// Press again for the rest.
    pub more: bool,
}

impl RecountView {
    fn new(recount: Option<&Recount>, differences: Vec<Difference>, more: bool) -> Self {
        let state = match recount.map(|recount| recount.stage) {
            None => RecountState::Never,
            Some(Stage::Counting) => RecountState::Counting,
            Some(Stage::Comparing) => RecountState::Comparing,
            Some(Stage::Done) => RecountState::Done,
        };
        let sums = recount.map(|recount| recount.sums).unwrap_or_default();
        Self {
            state,
            number: recount.map(|recount| recount.number),
            started_at: recount.map(|recount| recount.started_at),
            finished_at: recount.and_then(|recount| recount.finished_at),
            rows: sums.rows,
            differing: sums.differing,
            drifting: sums.drifting,
            differences: differences.into_iter().map(shown).collect(),
            more,
        }
    }
}

fn shown(row: Difference) -> DriftView {
    DriftView {
        campaign: Some(row.pk).filter(|pk| pk != ALL),
        day: row.day,
        by: row.by,
        drift: row.drift,
        repaired_at: row.repaired_at,
    }
}

/// How the last recount went.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/recount", tag = "operations", operation_id = "read_recount", security(("jwt" = [])),
    responses((status = 200, body = RecountView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read(State(context): State<Arc<Context>>, operator: Operator) -> Answer<Json<RecountView>> {
    operator.require(Role::Viewer)?;
    Ok(Json(view(&context).await?))
}

async fn view(context: &Context) -> Answer<RecountView> {
    let recount = context.store.recount().await.map_err(failed)?;
    let (differences, more) = match recount.as_ref().filter(|recount| recount.stage == Stage::Done) {
        Some(done) => context.store.differences(done.number, SHOWN).await.map_err(failed)?,
        None => (Vec::new(), false),
    };
    Ok(RecountView::new(recount.as_ref(), differences, more))
}

/// Begins one now, whatever the hour. Reports answer from the counters meanwhile, as always.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/recount", tag = "operations", operation_id = "start_recount", security(("jwt" = [])),
    responses((status = 202, body = RecountView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn start(State(context): State<Arc<Context>>, operator: Operator) -> Answer<(StatusCode, Json<RecountView>)> {
    operator.require(Role::Admin)?;
    let last = context.store.recount().await.map_err(failed)?;
    if !context.store.start_recount(last.as_ref(), clock::now()).await.map_err(failed)? {
        return Err(running());
    }
    tracing::info!(actor = actor(&operator), "an operator began a recount");
    context.sweep.nudge(&Wake::now("recount")).await;
    Ok((StatusCode::ACCEPTED, Json(view(&context).await?)))
}

/// Adds to the counters what recounts have found missing, or too much, for a day. Each row once, however often it is pressed.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/recount/repair", tag = "operations", operation_id = "repair_counters",
    security(("jwt" = [])),
    responses((status = 200, body = RepairedView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn repair(State(context): State<Arc<Context>>, operator: Operator) -> Answer<Json<RepairedView>> {
    operator.require(Role::Admin)?;
    let recount = context.store.recount().await.map_err(failed)?;
    let Some(recount) = recount.filter(|recount| recount.stage == Stage::Done) else { return Err(running()) };
    let (rows, _) = context.store.differences(recount.number, usize::MAX).await.map_err(failed)?;
    let mut open = rows.into_iter().filter(|row| !row.drift.is_empty() && row.repaired_at.is_none());
    let mut repaired = 0;
    for row in open.by_ref().take(SHOWN) {
        if context.store.repair(recount.number, &row, clock::now()).await.map_err(failed)? {
            tracing::warn!(actor = actor(&operator), campaign = row.pk, day = row.day, drift = ?row.drift, "counters were repaired");
            repaired += 1;
        }
    }
    Ok(Json(RepairedView { repaired, more: open.next().is_some() }))
}

fn running() -> Problem {
    Problem::conflict("recount_not_done", "a recount is running, or there was none yet: look again when it is done")
}
