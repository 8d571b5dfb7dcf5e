//! The health of campaigns that are on. Here: of autopilots, how often each fired in the last whole days, how often it should have, and where
//! the two differ the cause and the next step. Promotions are in `promotion_health`. What is known of a campaign, and what to make of it, is
//! `campaign_health`, which the watchdog asks too.

use std::sync::Arc;

use axum::{Json, extract::State};
use campaign_health::{Autopilot, ExpectedMatches, Fired, OVERDUE_MINUTES, autopilot};
use domain::{
    Date, Timestamp,
    campaign::{Kind, State as Stands, Work},
    dormancy::Cause,
    id::CampaignId,
    sender_health::{Harm, PauseCause},
};
use http_api::{Answer, Operator, Params, Problem, Role, query};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::control::Standing;
use utoipa::{IntoParams, ToSchema};

use crate::{Context, campaign_diagnostics::run, diagnostics_views::Equation, failed, promotion_health};

const LIST: &str = "health";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HealthParams {
    /// 1 to 100, 25 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HealthList {
    /// Autopilots that are enabled or paused, promotions that run or are paused; newest first.
    items: Vec<CampaignHealth>,
    /// `cursor` of the next page; `null` on the last one. A page can be short, or empty, and still have a next one.
    next_cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As expected.
    Ok,
    /// Nothing speaks against it, and nothing says yet how often it should fire: replay it, or wait for two weeks of history.
    Unknown,
    Paused,
    /// It should fire, or send, and does not.
    Dormant,
    /// It fires less or more often than expected; of a promotion: it goes on, and should be looked at.
    Attention,
    /// Of a promotion: selection stands still, or most of its messages fail.
    Failing,
    /// Of a promotion: all is scanned, and nobody was selected.
    Idle,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignHealth {
    pub campaign_id: CampaignId,
    pub kind: Kind,
    pub name: String,
    pub state: Stands,
    /// While it is paused, if the system paused it for what its messages do.
    pub paused_because: Option<PauseCause>,
    pub health: Health,
    /// Matches without an outcome: their hour is to come, or they are under way.
    pub waiting: u64,
    /// The equation: `selected = issued + ghost + skipped + failed + waiting`.
    pub run: Equation,
    /// The last day of the tenant on which anything happened, within 90 days for promotions and 35 for autopilots.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_active: Option<Date>,
    /// The last whole days, at most seven; `null` on the day of enabling, and of a promotion.
    pub fired: Option<Fired>,
    /// For as many days; `null` if nothing says so yet, and of a promotion.
    pub expected: Option<ExpectedMatches>,
    /// What to look at first is in front. Empty where all is well.
    pub alerts: Vec<Alert>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Alert {
    /// A stable code: `paused`, `schedule_not_running`, `caps_used_up`, `all_suppressed`, `no_matches`, `fewer_than_expected` or
    /// `more_than_expected`; of promotions also `selection_stalled`, `sends_failing`, `nobody_selected`.
    pub cause: &'static str,
    /// In words; may change.
    pub says: String,
    pub next_step: &'static str,
}

/// Whether each campaign that is on does as it should, and the cause where it does not.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/health", tag = "operations", operation_id = "list_health",
    security(("jwt" = [])), params(HealthParams),
    responses((status = 200, body = HealthList), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn list(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Params(params): Params<HealthParams>,
) -> Answer<Json<HealthList>> {
    operator.require(Role::Viewer)?;
    let limit = query::limit(params.limit)?;
    let after: Option<String> = match &params.cursor {
        Some(cursor) => Some(context.cursors().await?.open(LIST, cursor)?),
        None => None,
    };
    let page = context.store.list_campaigns(None, None, after.as_deref(), limit as usize).await;
    let page = page.map_err(failed)?;
    let now = clock::now();
    let mut items = Vec::new();
    for standing in &page.campaigns {
        match standing.state {
            Stands::Enabled | Stands::Running | Stands::Paused => items.push(match standing.kind {
                Kind::Autopilot => of(&context, standing, now).await?,
                Kind::Promotion => promotion_health::of(&context, standing, now).await?,
            }),
            Stands::Draft
            | Stands::Scheduled
            | Stands::Completed
            | Stands::Cancelled
            | Stands::Ended
            | Stands::Failed
            | Stands::Archived => {}
        }
    }
    let next_cursor = match &page.next {
        Some(next) => Some(context.cursors().await?.seal(LIST, next)),
        None => None,
    };
    Ok(Json(HealthList { items, next_cursor }))
}

async fn of(context: &Context, standing: &Standing, now: Timestamp) -> Answer<CampaignHealth> {
    let found = autopilot(&context.store, &context.zone, standing, now).await.map_err(failed)?;
    let Autopilot { facts, causes, fired, expected, segments, last_active } = found;
    let alert = |cause: &Cause| alert(*cause, standing, fired.as_ref(), expected.as_ref());
    let progress = domain::dispatch::Progress::of(&segments);
    Ok(CampaignHealth {
        campaign_id: standing.id.clone(),
        kind: standing.kind,
        name: standing.name.clone(),
        state: standing.state,
        paused_because: standing.paused_because,
        health: health(&causes, facts.work, expected.is_some()),
        waiting: progress.waiting(),
        run: run(&progress, &segments),
        last_active,
        alerts: causes.iter().map(alert).collect(),
        fired,
        expected,
    })
}

fn health(causes: &[Cause], work: Work, expected: bool) -> Health {
    if work == Work::Wait {
        return Health::Paused;
    }
    match causes {
        [] if expected => Health::Ok,
        [] => Health::Unknown,
        causes if causes.iter().any(|cause| cause.silences()) => Health::Dormant,
        _ => Health::Attention,
    }
}

fn alert(cause: Cause, standing: &Standing, fired: Option<&Fired>, expected: Option<&ExpectedMatches>) -> Alert {
    let counted = || {
        let (matches, (low, high)) =
            (fired.map_or(0, |fired| fired.matches), expected.map_or((0, 0), |band| (band.low, band.high)));
        format!("{matches} matches where {low} to {high} are expected")
    };
    let suppressed = || {
        let reasons = fired.iter().flat_map(|fired| &fired.suppressed);
        let reasons: Vec<String> = reasons.map(|(reason, skipped)| format!("{reason} {skipped}")).collect();
        format!("each match was skipped: {}", reasons.join(", "))
    };
    let (says, next_step) = match cause {
        Cause::Paused => return paused(standing),
        Cause::ScheduleNotRunning => (
            format!("its calendar was due more than {OVERDUE_MINUTES} minutes ago"),
            "look at the clock's rule, the autopilot queue with its dead letters, and the log of scan-autopilot",
        ),
        Cause::CapsUsedUp => {
            ("no further voucher fits under its caps".to_owned(), "raise the caps, or end the campaign")
        }
        Cause::AllSuppressed => (suppressed(), "compare the channels of its ladder with what these customers allow"),
        Cause::NoMatches => (
            counted(),
            "replay it: if that matches, see whether orders and events still come in; if not, its rule is too narrow",
        ),
        Cause::FewerThanExpected => {
            (counted(), "replay it, and compare its rule and what comes in with the weeks before")
        }
        Cause::MoreThanExpected => {
            (counted(), "see who matches in the list of its vouchers; pause it if that is not meant")
        }
    };
    Alert { cause: cause.code(), says, next_step }
}

/// Of either kind.
pub fn paused(standing: &Standing) -> Alert {
    let (says, next_step) = match standing.paused_because {
        None => {
            let next_step = match standing.kind {
                Kind::Autopilot => "resume it: what waits follows its misfire deadline",
                Kind::Promotion => "resume it: what waits is sent then, as far as the offer is still good",
            };
            (format!("paused since {}", standing.updated_at), next_step)
        }
        Some(cause) => (format!("paused by the system since {}: {cause}", standing.updated_at), mend(cause.cause)),
    };
    Alert { cause: Cause::Paused.code(), says, next_step }
}

/// What to do before a campaign is resumed that the system paused.
fn mend(harm: Harm) -> &'static str {
    match harm {
        Harm::Bounces => {
            "find out where these addresses come from, then resume it: it is judged on what it sends from then on"
        }
        Harm::Complaints => {
            "look at whom it writes to and how often, then resume it: it is judged on what it sends from then on"
        }
        Harm::ChannelFailing => "look at the provider's status and this account's limits, then resume it",
    }
}
