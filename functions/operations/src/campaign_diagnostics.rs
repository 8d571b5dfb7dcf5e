//! What is known of one campaign: its run with the equation, segments, open work by where it stands, skips and failures by reason, and a few
//! records of each status. Reads Control, Work, Reports and Vouchers; acts on nothing: that is done in pending-triggers and dead-letters.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    dispatch::{Progress, Segment},
    id::CampaignId,
    report::Counts,
    voucher::Status,
};
use http_api::{Answer, Operator, Problem, Role};
use runtime::clock;
use store::{
    control::Standing,
    pending::{Open, OpenQueue},
};

use crate::{
    Context,
    diagnostics::view,
    diagnostics_views::{CampaignDiagnostics, Equation, OpenWork, SampleRecord, SegmentView},
    failed,
};

/// Entries of each queue that are looked at: pages of a hundred, of all campaigns together.
const PAGES: usize = 10;
const PAGE: i32 = 100;
/// Shards of the by-campaign index that samples are taken from, and records of each.
const SAMPLE_SHARDS: u32 = 4;
const SAMPLE_PAGE: i32 = 25;
/// Samples of one status.
const SAMPLES: usize = 3;

/// Where this campaign's work stands, and what became of it.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/diagnostics/campaigns/{id}", tag = "operations", operation_id = "diagnose_campaign",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CampaignDiagnostics), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn campaign(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(id): Path<String>,
) -> Answer<Json<CampaignDiagnostics>> {
    operator.require(Role::Viewer)?;
    let unknown = || Problem::not_found("campaign_unknown");
    let id = CampaignId::parse(&id).map_err(|_| unknown())?;
    let standing = context.store.campaign_state(&id).await.map_err(failed)?.ok_or_else(unknown)?;
    let now = clock::now();
    let segments = match &standing.run {
        Some(run) => context.store.segments(run, standing.segments).await.map_err(failed)?,
        None => Vec::new(),
    };
    let counts = since_launch(&context, &standing, now).await?;
    let named = |prefix: &str| -> BTreeMap<String, i64> {
        let found = counts.iter().filter_map(|(name, count)| Some((name.strip_prefix(prefix)?.to_owned(), *count)));
        found.filter(|(_, count)| *count != 0).collect()
    };
    Ok(Json(CampaignDiagnostics {
        name: standing.name.clone(),
        kind: standing.kind,
        state: standing.state,
        run: standing.run.as_ref().map(|_| run(&Progress::of(&segments), &segments)),
        segments: segments.iter().map(segment).collect(),
        open_work: open_work(&context, &id).await?,
        skips: named("skipped."),
        attempts: named("attempt."),
        failures: named("fault."),
        samples: samples(&context, &standing, now).await?,
        campaign_id: id,
    }))
}

async fn since_launch(context: &Context, standing: &Standing, now: Timestamp) -> Answer<Counts> {
    let Some(launched) = standing.launched_at else { return Ok(Counts::new()) };
    let day = |at: Timestamp| at.to_zoned(context.zone.clone()).date();
    let rows = context.store.report_rows(standing.id.as_str(), day(launched), day(now)).await.map_err(failed)?;
    let mut sum = Counts::new();
    for (name, by) in rows.into_iter().flat_map(|(_, counts)| counts) {
        *sum.entry(name).or_default() += by;
    }
    Ok(sum)
}

pub fn run(progress: &Progress, segments: &[Segment]) -> Equation {
    let tally = &progress.tally;
    Equation {
        scanned: progress.scanned,
        unreadable: segments.iter().map(|segment| segment.unreadable).sum(),
        selected: progress.selected,
        issued: tally.issued,
        ghost: tally.ghost,
        skipped: tally.skipped,
        failed: tally.failed,
        waiting: progress.waiting(),
        open: progress.open,
        closed: progress.segments_scanned == progress.segments && progress.open == 0 && progress.waiting() == 0,
    }
}

fn segment(segment: &Segment) -> SegmentView {
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

async fn open_work(context: &Context, id: &CampaignId) -> Answer<OpenWork> {
    let mut open = OpenWork::default();
    for queue in OpenQueue::ALL {
        let mut after = None;
        for _ in 0..PAGES {
            let page = context.store.open_work(queue, Some(id), after.as_ref(), PAGE).await.map_err(failed)?;
            for (_, work) in &page.work {
                count(&mut open, queue, work);
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

fn count(open: &mut OpenWork, queue: OpenQueue, work: &Open) {
    match queue {
        OpenQueue::Matches => open.matches += 1,
        OpenQueue::Ready(channel) => *open.ready.entry(channel.to_string()).or_default() += 1,
        OpenQueue::Released => open.released += 1,
        OpenQueue::Unknown => open.unknown += 1,
    }
    let due = match work {
        Open::Match(it) => it.look_at,
        Open::Dispatch(it) => it.dispatch.due_at,
        Open::Unknown(it) => it.settles_at,
    };
    open.oldest_due = Some(open.oldest_due.map_or(due, |oldest| oldest.min(due)));
}

async fn samples(context: &Context, standing: &Standing, now: Timestamp) -> Answer<Vec<SampleRecord>> {
    let mut taken: BTreeMap<Status, usize> = BTreeMap::new();
    let mut samples = Vec::new();
    for shard in 0..SAMPLE_SHARDS {
        let found = context.store.campaign_vouchers(&standing.id, shard, None, SAMPLE_PAGE).await.map_err(failed)?;
        for record in found.0 {
            let count = taken.entry(record.status_at(standing.revoke, now)).or_default();
            if *count < SAMPLES {
                *count += 1;
                let shown = view(&record, standing.revoke, now);
                samples.push(SampleRecord { customer_id: record.customer, record: shown });
            }
        }
    }
    samples.sort_by_key(|sample| sample.record.status);
    Ok(samples)
}
