//! Diagnoses one campaign: its run with the reconciliation equation, its segments, its open work by
//! state, skips and failures by reason, and a few records of each status.
//!
//! Reads Control, Work, Reports and Vouchers. It changes nothing: operators act through
//! pending-triggers and dead-letters.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    delivery::dispatch::{RunProgress, Segment},
    kernel::id::CampaignId,
    reporting::counters::{Counter, CounterValues},
    voucher::record::VoucherStatus,
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use runtime::clock;
use store::{
    campaign::campaigns::CampaignSummary,
    delivery::pending::{OpenQueue, OpenWorkItem},
};

use crate::{
    OperationsContext,
    diagnostics::record_view,
    diagnostics_views::{CampaignDiagnostics, OpenWork, RunEquation, SampleRecord, SegmentView},
    store_problem,
};

/// Pages that are read of each queue, 100 entries each, over all campaigns.
const MAX_PAGES: usize = 10;
const PAGE_SIZE: usize = 100;
/// Shards of the by-campaign index from which samples are taken, and the records read from each.
const SAMPLE_SHARDS: u32 = 4;
const SAMPLE_PAGE: i32 = 25;
/// Samples of each status.
const SAMPLES_PER_STATUS: usize = 3;

/// Returns the state of one campaign's work, and the outcomes so far.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/diagnostics/campaigns/{id}", tag = "operations", operation_id = "diagnose_campaign",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CampaignDiagnostics), Problem)
)]
pub async fn campaign(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<CampaignDiagnostics>> {
    operator.require_role(OperatorRole::Viewer)?;
    let unknown = || Problem::not_found("campaign_unknown");
    let id = CampaignId::parse(&id).map_err(|_| unknown())?;
    let summary =
        context.store.campaign_summary(&id).await.map_err(store_problem)?.ok_or_else(unknown)?;
    let now = clock::now();
    let segments = match &summary.run {
        Some(run) => context.store.segments(run, summary.segments).await.map_err(store_problem)?,
        None => Vec::new(),
    };
    let counts = counts_since_launch(&context, &summary, now).await?;
    Ok(Json(CampaignDiagnostics {
        name: summary.name.clone(),
        kind: summary.kind,
        state: summary.state,
        run: summary
            .run
            .as_ref()
            .map(|_| run_equation(&RunProgress::from_segments(&segments), &segments)),
        segments: segments.iter().map(segment_view).collect(),
        open_work: count_open_work(&context, &id).await?,
        skips: counts_by(&counts, skip_code),
        attempts: counts_by(&counts, attempt_state),
        fallbacks: counts_by(&counts, fallback_state),
        failures: counts_by(&counts, fault_reason),
        samples: sample_records(&context, &summary, now).await?,
        campaign_id: id,
    }))
}

async fn counts_since_launch(
    context: &OperationsContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> ApiResult<CounterValues> {
    let Some(launched) = summary.launched_at else {
        return Ok(CounterValues::new());
    };
    let day = |at: Timestamp| at.to_zoned(context.zone.clone()).date();
    let rows = context
        .store
        .report_rows(summary.id.as_str(), day(launched), day(now))
        .await
        .map_err(store_problem)?;
    Ok(rows.into_iter().flat_map(|(_, counts)| counts).collect())
}

/// Returns the counters that `named` names, under that name, unless they are zero.
fn counts_by(
    counts: &CounterValues,
    named: fn(&Counter) -> Option<String>,
) -> BTreeMap<String, i64> {
    let found = counts.iter().filter(|(_, count)| *count != 0);
    found.filter_map(|(counter, count)| Some((named(counter)?, count))).collect()
}

fn skip_code(counter: &Counter) -> Option<String> {
    let Counter::Skipped(scope) = counter else { return None };
    scope.code().map(str::to_owned)
}

fn attempt_state(counter: &Counter) -> Option<String> {
    let Counter::AttemptsIn(channel, state) = counter else { return None };
    Some(format!("{channel}.{}", state.as_str()))
}

fn fallback_state(counter: &Counter) -> Option<String> {
    let Counter::Fallback(channel, state) = counter else { return None };
    Some(format!("{channel}.{}", state.as_str()))
}

fn fault_reason(counter: &Counter) -> Option<String> {
    let Counter::Fault(channel, reason) = counter else { return None };
    Some(format!("{channel}.{}", reason.as_str()))
}

pub fn run_equation(progress: &RunProgress, segments: &[Segment]) -> RunEquation {
    let tally = &progress.tally;
    RunEquation {
        scanned: progress.scanned,
        unreadable: segments.iter().map(|segment| segment.unreadable).sum(),
        selected: progress.selected,
        issued: tally.issued,
        ghost: tally.ghost,
        skipped: tally.skipped,
        failed: tally.failed,
        waiting: progress.waiting(),
        open: progress.open,
        closed: progress.segments_scanned == progress.segments
            && progress.open == 0
            && progress.waiting() == 0,
    }
}

fn segment_view(segment: &Segment) -> SegmentView {
    SegmentView {
        number: segment.number,
        scanned_all: segment.scanned_all,
        pages: segment.page,
        scanned: segment.scanned,
        selected: segment.selected,
        open: segment.open,
        hops: segment.hops,
        updated_at: segment.updated_at,
    }
}

async fn count_open_work(context: &OperationsContext, id: &CampaignId) -> ApiResult<OpenWork> {
    let mut open = OpenWork::default();
    for queue in OpenQueue::all() {
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = context
                .store
                .list_open_work(queue, Some(id), after.as_ref(), PAGE_SIZE)
                .await
                .map_err(store_problem)?;
            for entry in &page.entries {
                add_work(&mut open, queue, &entry.work);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        open.more |= after.is_some();
    }
    Ok(open)
}

fn add_work(open: &mut OpenWork, queue: OpenQueue, work: &OpenWorkItem) {
    match queue {
        OpenQueue::Matches => open.matches += 1,
        OpenQueue::Ready(channel) => *open.ready.entry(channel.to_string()).or_default() += 1,
        OpenQueue::Released => open.released += 1,
        OpenQueue::Unknown => open.unknown += 1,
    }
    let due = match work {
        OpenWorkItem::Match(it) => it.check_at,
        OpenWorkItem::Dispatch(it) => it.dispatch.due_at,
        OpenWorkItem::Unknown(it) => it.settles_at,
    };
    open.oldest_due = Some(open.oldest_due.map_or(due, |oldest| oldest.min(due)));
}

async fn sample_records(
    context: &OperationsContext,
    summary: &CampaignSummary,
    now: Timestamp,
) -> ApiResult<Vec<SampleRecord>> {
    let mut taken: BTreeMap<VoucherStatus, usize> = BTreeMap::new();
    let mut samples = Vec::new();
    for shard in 0..SAMPLE_SHARDS {
        let found = context
            .store
            .campaign_vouchers(&summary.id, shard, None, SAMPLE_PAGE)
            .await
            .map_err(store_problem)?;
        for record in found.0 {
            let count = taken.entry(record.status_at(summary.revoke, now)).or_default();
            if *count < SAMPLES_PER_STATUS {
                *count += 1;
                let shown = record_view(&record, summary.revoke, now);
                samples.push(SampleRecord { customer_id: record.customer, record: shown });
            }
        }
    }
    samples.sort_by_key(|sample| sample.record.status);
    Ok(samples)
}
