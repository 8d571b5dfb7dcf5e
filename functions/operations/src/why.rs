//! Why a customer has, or has not, a voucher of a campaign. What was decided is in their record; beside it what would be decided now, by the
//! function that the workers ask, and the audience rule node by node.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    campaign::{Campaign, Kind, State as Stands, Work},
    channel::Channel,
    contact_policy::ContactPolicy,
    customer::Customer,
    decision::{Decision, Facts, SkipReason, cooling, decide, planned_channel},
    definition::Definition,
    dispatch::Progress,
    id::CampaignId,
    voucher::{Status, Voucher},
};
use http_api::{Answer, Operator, Problem, Role};
use runtime::clock;

use crate::{
    Context,
    diagnostics::{customer_id, found, revokes, view},
    diagnostics_views::{DecisionView, Known, Why},
    failed,
};

/// Why this customer has, or has not, a voucher of this campaign.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/diagnostics/customers/{id}/campaigns/{campaign}", tag = "operations",
    operation_id = "why", security(("jwt" = [])), params(("id" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = Why), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn why(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path((id, campaign)): Path<(String, String)>,
) -> Answer<Json<Why>> {
    operator.require(Role::Viewer)?;
    let (id, now) = (customer_id(&id)?, clock::now());
    let campaign = CampaignId::parse(&campaign).ok();
    let unknown = || Problem::not_found("campaign_unknown");
    let campaign = campaign.ok_or_else(unknown)?;
    let campaign = context.store.campaign(&campaign).await.map_err(failed)?.ok_or_else(unknown)?;
    let (known, customer) = found(&context, &id).await?;
    let all = context.store.vouchers_of(&id).await.map_err(failed)?;
    if known == Known::Unknown && all.is_empty() {
        return Err(Problem::not_found("customer_unknown"));
    }
    let revokes = revokes(&context, &all).await?;
    let policy = context.store.contact_policy().await.map_err(failed)?;
    let progress = match &campaign.run {
        Some(run) => context.store.progress(run, campaign.segments).await.map_err(failed)?,
        None => Progress::default(),
    };
    let mut records: Vec<&Voucher> = all.iter().filter(|record| record.campaign == campaign.id).collect();
    records.sort_by_key(|record| std::cmp::Reverse(record.issued_at));
    let audience = customer.as_ref().map(|it| campaign.definition.audience.explain(it, now, "/audience"));
    let selected = audience.as_ref().is_some_and(|explained| explained.holds);
    let fires_today = customer.as_ref().and_then(|it| fires_today(&campaign.definition, it, now));
    let revoke = |campaign: &CampaignId| revokes.get(campaign).copied().unwrap_or_default();
    let pressed = policy.pressed(&campaign.definition, &all, revoke, now);
    let decision = asked(&campaign, customer.as_ref(), &policy, &all, pressed, now);
    let scanned = progress.segments > 0 && progress.segments_scanned == progress.segments;
    let stand = Standing { campaign: &campaign, gone: customer.is_none(), selected, fires_today, scanned };
    let (answer, reason, says) = match records.first() {
        Some(record) => recorded(record),
        None => unrecorded(&stand),
    };
    Ok(Json(Why {
        name: campaign.definition.name.clone(),
        kind: campaign.definition.kind,
        state: campaign.state,
        customer_id: id,
        answer,
        reason,
        says,
        records: records.iter().map(|record| view(record, revoke(&record.campaign), now)).collect(),
        audience,
        fires_today,
        decision,
        campaign_id: campaign.id,
    }))
}

/// `None` where no day fires.
fn fires_today(definition: &Definition, customer: &Customer, now: Timestamp) -> Option<bool> {
    let trigger = definition.trigger.as_ref().filter(|trigger| !trigger.of_events())?;
    Some(trigger.fires_on(customer, customer.today(now)))
}

/// The workers' own question, with what they would know now.
fn asked(
    campaign: &Campaign,
    customer: Option<&Customer>,
    policy: &ContactPolicy,
    records: &[Voucher],
    pressed: Option<SkipReason>,
    now: Timestamp,
) -> DecisionView {
    let definition = &campaign.definition;
    let planned = customer.and_then(|customer| planned_channel(definition, customer));
    let channel = planned.or_else(|| definition.channels.ladder.first().copied()).unwrap_or(Channel::Push);
    let today = customer.map(|customer| customer.today(now));
    let firing = definition.trigger.as_ref().zip(today).and_then(|(trigger, today)| {
        let fires = customer.is_some_and(|customer| trigger.fires_on(customer, today));
        trigger.firing(today).filter(|_| fires)
    });
    let decision = match campaign.state.work() {
        Work::Drop => Decision::Skip(SkipReason::Cancelled),
        Work::Go | Work::Wait => decide(&Facts {
            campaign: &campaign.id,
            definition,
            customer,
            channel,
            firing: firing.as_ref(),
            cooling: cooling(&campaign.id, definition, records, now),
            policy,
            pressed,
            now,
        }),
    };
    let none = DecisionView { outcome: "skip", channel: None, until: None, reason: None };
    match decision {
        Decision::Send => DecisionView { outcome: "send", channel: Some(channel), ..none },
        Decision::Move(other) => DecisionView { outcome: "send", channel: Some(other), ..none },
        Decision::Defer(other, at) => DecisionView { outcome: "wait", channel: Some(other), until: Some(at), ..none },
        Decision::Ghost => DecisionView { outcome: "held_out", ..none },
        Decision::Skip(reason) => DecisionView { reason: Some(reason.code()), ..none },
    }
}

type Answered = (&'static str, Option<&'static str>, String);

/// What became of them is what their record says.
fn recorded(record: &Voucher) -> Answered {
    match (record.status, record.skip) {
        (Status::Ghost, _) => {
            ("held_out", None, "they are in the share that gets nothing, so that the effect can be measured".to_owned())
        }
        (Status::Failed, _) => (
            "failed",
            None,
            "they could not be processed: see the logs of the delivery functions at that time".to_owned(),
        ),
        (Status::Skipped, Some(reason)) => ("skipped", Some(reason.code()), skipped(reason).to_owned()),
        (Status::Skipped, None) => ("skipped", None, "they were skipped".to_owned()),
        (
            Status::Issued
            | Status::Accepted
            | Status::Redeemed
            | Status::Reversed
            | Status::Declined
            | Status::Expired
            | Status::Revoked,
            _,
        ) => {
            let told = match (&record.undeliverable, record.stages.sent_at) {
                (Some(reason), _) => format!("they have a voucher, and no channel was left to tell them: {reason}"),
                (None, Some(_)) => "they have a voucher, and a message about it went out".to_owned(),
                (None, None) => "they have a voucher; no message has gone out yet".to_owned(),
            };
            ("got_voucher", None, told)
        }
    }
}

fn skipped(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::NoConsent => "they have never agreed to any channel of the ladder",
        SkipReason::OptedOut => "they have said no to every channel of the ladder",
        SkipReason::Suppressed => "their address bounced, or they complained: it is not used any more",
        SkipReason::NoAddress => "they agreed, but there is no address or device to send to",
        SkipReason::CustomerGone => "they were erased before their turn came",
        SkipReason::CampaignEnded => "the campaign's end came before their turn",
        SkipReason::ValidityOver => "the offer was over before their turn came",
        SkipReason::NoLongerMatches => {
            "what made the campaign fire was no longer so: they ordered, or the date was changed"
        }
        SkipReason::TooLate => {
            "their turn came after the deadline of its firing, or no permitted hour was left before it"
        }
        SkipReason::CoolDown => "they had one of this campaign not long ago",
        SkipReason::FrequencyCap => "they got as many messages lately as the tenant allows",
        SkipReason::OpenOffersCap => "they had as many open vouchers as the tenant allows",
        SkipReason::VoucherCap => "the campaign's cap was reached, or leased out, when their turn came",
        SkipReason::Cancelled => "the campaign was cancelled before their turn came",
        SkipReason::Dropped => "an operator gave the match up",
    }
}

/// What is known of a customer without a record.
struct Standing<'a> {
    campaign: &'a Campaign,
    gone: bool,
    selected: bool,
    fires_today: Option<bool>,
    scanned: bool,
}

fn unrecorded(stand: &Standing<'_>) -> Answered {
    let (answer, says) = match stand.campaign.state {
        _ if stand.gone => ("customer_gone", "they were erased, and had no record of this campaign"),
        Stands::Draft | Stands::Scheduled => ("not_launched", "the campaign has not begun"),
        _ if !stand.selected => {
            ("not_selected", "the audience rule does not select them: see the nodes that do not hold")
        }
        Stands::Paused => ("paused", "the campaign is paused: whoever it has selected waits"),
        Stands::Cancelled | Stands::Ended | Stands::Failed | Stands::Archived => {
            ("over", "the campaign was over before it came to them")
        }
        Stands::Running | Stands::Enabled | Stands::Completed => {
            match (stand.campaign.definition.kind, stand.fires_today) {
                (Kind::Autopilot, Some(true)) => {
                    ("not_reached_yet", "it fires for them today, and has not come to them yet")
                }
                (Kind::Autopilot, _) => ("not_fired", "nothing has made it fire for them: see its trigger"),
                (Kind::Promotion, _) if !stand.scanned => ("not_reached_yet", "the run has not come to them yet"),
                (Kind::Promotion, _) => (
                    "selected_now",
                    "the rule selects them now, and did not when the run came to them; or their dispatch is still open: see pending-triggers",
                ),
            }
        }
    };
    (answer, None, says.to_owned())
}
