//! The prediction beside the outcome: what the last complete rehearsal before the launch has said
//! of a promotion, what its run has done, and what can have made the difference.
//!
//! Reads the rehearsal's parts and the run's segments in Work, and the campaign in Control; writes
//! nothing.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::lifecycle::Campaign,
    delivery::dispatch::RunProgress,
    kernel::id::{CampaignId, RehearsalId, RunId},
    reporting::rehearsal::{RehearsalState, fold_segments},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use runtime::clock;
use serde::Serialize;
use store::reporting::rehearsals::RehearsalProgress;
use utoipa::ToSchema;

use crate::{
    CampaignIdPath, CampaignsContext,
    rehearsal_views::{RehearsedSums, rehearsed_campaign, rehearsed_sums},
    store_failure,
};

/// The rehearsals that are looked at for one that is complete.
const MAX_TRIED: usize = 5;

/// The prediction beside what happened, with the reasons why the two differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct Prediction {
    /// The last complete rehearsal that began before the launch; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub predicted: Option<PredictedOutcome>,
    /// Absent before the launch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub happened: Option<HappenedOutcome>,
    /// One line for each number that both have.
    pub lines: Vec<PredictionLine>,
    /// The reasons for which the two can differ.
    pub reasons: Vec<DifferenceReason>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PredictedOutcome {
    pub rehearsal_id: RehearsalId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub sums: RehearsedSums,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct HappenedOutcome {
    /// Customers whom the run has read, with the marks of erased ones.
    pub scanned: u64,
    pub selected: u64,
    pub vouchers: u64,
    pub held_out: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Selected customers without an outcome so far.
    pub waiting: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PredictionLine {
    pub number: PredictedNumber,
    pub predicted: u64,
    pub happened: u64,
    /// How many more happened than were predicted.
    pub difference: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PredictedNumber {
    Scanned,
    Selected,
    Vouchers,
    HeldOut,
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceReason {
    /// The run is not over.
    NotFinished,
    /// The campaign was changed after the rehearsal.
    CampaignChanged,
    /// There are more or fewer customers than then.
    BaseChanged,
    /// The rehearsal was more than a day old at the launch.
    Old,
    /// Some customers could not be processed.
    Failures,
}

/// Returns what was predicted of a promotion beside what happened.
#[utoipa::path(
    get, path = "/v1/campaigns/{id}/prediction", tag = "campaigns", operation_id = "read_prediction", security(("jwt" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = Prediction), Problem)
)]
pub async fn read(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    CampaignIdPath(id): CampaignIdPath,
) -> ApiResult<Json<Prediction>> {
    operator.require_role(OperatorRole::Viewer)?;
    let campaign = context.load_campaign(&id).await?;
    let found = last_complete(&context, &id, campaign.launched_at).await?;
    let progress = match &campaign.run {
        Some(run) => Some(load_run(&context, run, campaign.segments).await?),
        None => None,
    };
    let happened = progress.as_ref().map(HappenedOutcome::new);
    let Some(found) = found else {
        let (lines, reasons) = (Vec::new(), Vec::new());
        return Ok(Json(Prediction { predicted: None, happened, lines, reasons }));
    };
    let named = rehearsed_campaign(&found.rehearsal).map(|named| named.definition);
    let definition = match named {
        Some(number) => context.store.definition(&id, number).await.map_err(store_failure)?,
        None => None,
    };
    // An amendment may change name, end and caps; everything else is frozen.
    let is_same = definition.as_ref() == Some(&campaign.definition);
    let sums = rehearsed_sums(&context, definition.as_ref(), fold_segments(&found.segments));
    let sums = sums.await?;
    let at = found.rehearsal.started_at;
    let lines = happened.map(|it| prediction_lines(&sums, &it)).unwrap_or_default();
    let reasons = match (&happened, &progress) {
        (Some(happened), Some(progress)) => {
            let finished = progress.is_complete();
            difference_reasons(&campaign, &sums, happened, is_same, finished, at)
        }
        (None, _) | (_, None) => Vec::new(),
    };
    let predicted = Some(PredictedOutcome { rehearsal_id: found.rehearsal.id, at, sums });
    Ok(Json(Prediction { predicted, happened, lines, reasons }))
}

async fn load_run(
    context: &CampaignsContext,
    run: &RunId,
    segments: u32,
) -> Result<RunProgress, Problem> {
    context.store.run_progress(run, segments).await.map_err(store_failure)
}

/// Returns the last complete rehearsal of a campaign that began by `until`, if that is given.
pub async fn last_complete(
    context: &CampaignsContext,
    campaign: &CampaignId,
    until: Option<Timestamp>,
) -> ApiResult<Option<RehearsalProgress>> {
    let now = clock::now();
    let listed =
        context.store.list_rehearsals(Some(campaign), until).await.map_err(store_failure)?;
    for rehearsal in listed.iter().take(MAX_TRIED) {
        let found = context.store.rehearsal_progress(&rehearsal.id).await.map_err(store_failure)?;
        let complete = |it: &RehearsalProgress| {
            it.rehearsal.state(&it.segments, now) == RehearsalState::Complete
        };
        if let Some(found) = found.filter(complete) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

impl HappenedOutcome {
    fn new(progress: &RunProgress) -> Self {
        let tally = &progress.tally;
        Self {
            scanned: progress.scanned,
            selected: progress.selected,
            vouchers: tally.issued,
            held_out: tally.ghost,
            skipped: tally.skipped,
            failed: tally.failed,
            waiting: progress.waiting(),
        }
    }
}

fn prediction_lines(sums: &RehearsedSums, happened: &HappenedOutcome) -> Vec<PredictionLine> {
    let skipped = sums.skipped.values().sum();
    let line = |(number, predicted, happened): (PredictedNumber, u64, u64)| PredictionLine {
        number,
        predicted,
        happened,
        difference: i64::try_from(happened)
            .unwrap_or(i64::MAX)
            .saturating_sub(i64::try_from(predicted).unwrap_or(i64::MAX)),
    };
    [
        (PredictedNumber::Scanned, sums.scanned + sums.erased, happened.scanned),
        (PredictedNumber::Selected, sums.selected, happened.selected),
        (PredictedNumber::Vouchers, sums.vouchers, happened.vouchers),
        (PredictedNumber::HeldOut, sums.held_out, happened.held_out),
        (PredictedNumber::Skipped, skipped, happened.skipped),
    ]
    .into_iter()
    .map(line)
    .collect()
}

fn difference_reasons(
    campaign: &Campaign,
    sums: &RehearsedSums,
    happened: &HappenedOutcome,
    is_same: bool,
    finished: bool,
    at: Timestamp,
) -> Vec<DifferenceReason> {
    let day = domain::reporting::rehearsal::MAX_APPROVAL_AGE;
    let is_old = campaign.launched_at.is_some_and(|launched| launched.duration_since(at) > day);
    let found = [
        (!finished, DifferenceReason::NotFinished),
        (!is_same, DifferenceReason::CampaignChanged),
        (finished && sums.scanned + sums.erased != happened.scanned, DifferenceReason::BaseChanged),
        (is_old, DifferenceReason::Old),
        (happened.failed > 0, DifferenceReason::Failures),
    ];
    found.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}
