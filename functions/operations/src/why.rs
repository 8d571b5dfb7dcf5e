//! Explains why a customer has a voucher of a campaign, or has none.
//!
//! The record tells what was decided. Beside it is the decision that would be made now, by the
//! function that the workers use, and the audience rule node by node.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignState, WorkPolicy},
        segments::Exclusion,
    },
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicQuestion,
    },
    delivery::{
        contact_policy::ContactPolicy,
        dispatch::RunProgress,
        eligibility::{
            EligibilityFacts, SendDecision, audience_moment, decide_send, is_cooling_down,
            planned_channel,
        },
        questions::SendQuestion,
    },
    kernel::{channel::Channel, id::CampaignId, money::Currency},
    voucher::{
        past::past_vouchers,
        record::{RecordKind, Voucher},
        skip_reason::SkipReason,
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use runtime::clock;

use crate::{
    OperationsContext,
    diagnostics::{find_customer, parse_customer_id, record_view, revoke_scopes},
    diagnostics_views::{DecisionView, KnownCustomer, QuestionView, VoucherExplanation},
    store_problem,
};

/// Returns why this customer has a voucher of this campaign, or has none.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/diagnostics/customers/{id}/campaigns/{campaign}", tag = "operations",
    operation_id = "why", security(("jwt" = [])), params(("id" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = VoucherExplanation), Problem)
)]
pub async fn why(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path((id, campaign)): Path<(String, String)>,
) -> ApiResult<Json<VoucherExplanation>> {
    operator.require_role(OperatorRole::Viewer)?;
    let (id, now) = (parse_customer_id(&id)?, clock::now());
    let campaign = CampaignId::parse(&campaign).ok();
    let unknown = || Problem::not_found("campaign_unknown");
    let campaign = campaign.ok_or_else(unknown)?;
    let mut campaign =
        context.store.campaign(&campaign).await.map_err(store_problem)?.ok_or_else(unknown)?;
    let as_of = run_began(&campaign).unwrap_or(now);
    let mut audience = context.freeze_audience(&campaign.definition.audience).await?;
    context.store.resolve_audience(&mut audience, as_of).await.map_err(store_problem)?;
    campaign.definition.audience = audience;
    campaign.definition = campaign.definition.for_customer(&campaign.id, &id);
    let policy = context.store.contact_policy().await.map_err(store_problem)?;
    let (known, customer) = find_customer(&context, &id).await?;
    let ids = customer.as_ref().map_or_else(|| vec![id.clone()], Customer::record_ids);
    let all = context.store.vouchers_of(&ids).await.map_err(store_problem)?;
    if known == KnownCustomer::Unknown && all.is_empty() {
        return Err(Problem::not_found("customer_unknown"));
    }
    let revokes = revoke_scopes(&context, &all).await?;
    let progress = match &campaign.run {
        Some(run) => {
            context.store.run_progress(run, campaign.segments).await.map_err(store_problem)?
        }
        None => RunProgress::default(),
    };
    let mut records: Vec<&Voucher> =
        all.iter().filter(|record| record.campaign == campaign.id).collect();
    records.sort_by_key(|record| std::cmp::Reverse(record.issued_at));
    let audience = customer.as_ref().map(|it| {
        let moment = audience_moment(&campaign.definition, it, None, run_began(&campaign), now);
        campaign.definition.audience.explain(it, &past_vouchers(&all), moment, "/audience")
    });
    let selected = audience.as_ref().is_some_and(|explained| explained.holds);
    let fires_today = customer.as_ref().and_then(|it| fires_today(&campaign.definition, it, now));
    let revoke = |campaign: &CampaignId| revokes.get(campaign).copied().unwrap_or_default();
    let cap_reached = policy.cap_reached(&campaign.definition, &all, revoke, now);
    let topic = context.store.topic_question(&campaign.definition).await.map_err(store_problem)?;
    let asked = (customer.as_ref(), topic.as_ref());
    let exclusions = context.store.exclusions().await.map_err(store_problem)?;
    let limits = (&policy, exclusions.as_slice());
    let decision = decide_now(&campaign, asked, limits, context.currency, &all, cap_reached, now);
    let scanned = progress.segments > 0 && progress.segments_scanned == progress.segments;
    let facts = NoRecordFacts {
        campaign: &campaign,
        gone: customer.is_none(),
        selected,
        fires_today,
        scanned,
    };
    let (answer, reason, says) = match records.first() {
        Some(record) => explain_record(record),
        None => explain_missing_record(&facts),
    };
    Ok(Json(VoucherExplanation {
        name: campaign.definition.name.clone(),
        kind: campaign.definition.kind,
        state: campaign.state,
        customer_id: id,
        answer,
        reason,
        variant: campaign.definition.variant.as_ref().map(|tag| tag.name.clone()),
        says,
        records: records
            .iter()
            .map(|record| record_view(record, revoke(&record.campaign), now))
            .collect(),
        audience,
        fires_today,
        decision,
        asked_again: SendQuestion::ALL.into_iter().map(QuestionView::of).collect(),
        campaign_id: campaign.id,
    }))
}

/// Tells whether a calendar trigger fires for the customer today, or returns `None` if the campaign
/// has no calendar trigger.
fn fires_today(definition: &Definition, customer: &Customer, now: Timestamp) -> Option<bool> {
    let trigger = definition.trigger.as_ref().filter(|trigger| !trigger.fires_on_events())?;
    Some(trigger.fires_on(customer, customer.today(now)))
}

/// Returns the moment at which the campaign's run began, if it has.
fn run_began(campaign: &Campaign) -> Option<Timestamp> {
    let starts_at = campaign.definition.schedule.starts_at;
    campaign.launched_at.map(|launched| starts_at.map_or(launched, |at| at.max(launched)))
}

/// Makes the decision that a worker would make now.
fn decide_now(
    campaign: &Campaign,
    (customer, topic): (Option<&Customer>, Option<&TopicQuestion>),
    (policy, exclusions): (&ContactPolicy, &[Exclusion]),
    tenant_currency: Currency,
    records: &[Voucher],
    cap_reached: Option<SkipReason>,
    now: Timestamp,
) -> DecisionView {
    let definition = &campaign.definition;
    let query = ReachQuery { topic, now };
    let planned = customer.and_then(|customer| planned_channel(definition, customer, &query));
    let channel =
        planned.or_else(|| definition.channels.ladder.first().copied()).unwrap_or(Channel::Push);
    let today = customer.map(|customer| customer.today(now));
    let firing = definition.trigger.as_ref().zip(today).and_then(|(trigger, today)| {
        let fires = customer.is_some_and(|customer| trigger.fires_on(customer, today));
        trigger.firing_on(today).filter(|_| fires)
    });
    let decision = match campaign.state.work_policy() {
        WorkPolicy::Drop => SendDecision::Skip(SkipReason::Cancelled),
        WorkPolicy::Go | WorkPolicy::Wait => decide_send(&EligibilityFacts {
            campaign: &campaign.id,
            definition,
            customer,
            topic,
            channel,
            firing: firing.as_ref(),
            audience_at: customer.map_or(now, |customer| {
                let began = run_began(campaign);
                audience_moment(definition, customer, firing.as_ref(), began, now)
            }),
            past_vouchers: &past_vouchers(records),
            exclusions,
            cooling_down: is_cooling_down(&campaign.id, definition, firing.as_ref(), records, now),
            policy,
            tenant_currency,
            cap_reached,
            now,
        }),
    };
    let none = DecisionView { outcome: "skip", channel: None, until: None, reason: None };
    match decision {
        SendDecision::Send => DecisionView { outcome: "send", channel: Some(channel), ..none },
        SendDecision::Move(other) => DecisionView { outcome: "send", channel: Some(other), ..none },
        SendDecision::Defer(other, at) => {
            DecisionView { outcome: "wait", channel: Some(other), until: Some(at), ..none }
        }
        SendDecision::HoldOut => DecisionView { outcome: "held_out", ..none },
        SendDecision::Skip(reason) => DecisionView { reason: Some(reason.code()), ..none },
    }
}

type ExplanationParts = (&'static str, Option<&'static str>, String);

/// Returns the answer for a customer with a record.
fn explain_record(record: &Voucher) -> ExplanationParts {
    match (record.status.record_kind(), record.skip) {
        (RecordKind::HeldOut, _) => (
            "held_out",
            None,
            "they are in the share that gets nothing, so that the effect can be measured"
                .to_owned(),
        ),
        (RecordKind::Failed, _) => (
            "failed",
            None,
            "they could not be processed: see the logs of the delivery functions at that time"
                .to_owned(),
        ),
        (RecordKind::Skipped, Some(reason)) => {
            ("skipped", Some(reason.code()), explain_skip(reason).to_owned())
        }
        (RecordKind::Skipped, None) => ("skipped", None, "they were skipped".to_owned()),
        (RecordKind::Voucher, _) => {
            let mut says = match (&record.undeliverable, record.stages.sent_at) {
                (Some(reason), _) => {
                    format!("they have a voucher, and no channel was left to tell them: {reason}")
                }
                (None, Some(_)) => {
                    "they have a voucher, and a message about it went out".to_owned()
                }
                (None, None) => "they have a voucher; no message has gone out yet".to_owned(),
            };
            let withheld: Vec<&str> =
                record.withheld_messages().map(|(channel, _)| channel.as_str()).collect();
            if !withheld.is_empty() {
                says.push_str("; the cap on messages left no room for one by ");
                says.push_str(&withheld.join(", "));
            }
            ("got_voucher", None, says)
        }
    }
}

fn explain_skip(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::NoConsent => "they have never agreed to any channel of the ladder",
        SkipReason::OptedOut => "they have said no to every channel of the ladder",
        SkipReason::Suppressed => {
            "their address bounced, or they complained: it is not used any more"
        }
        SkipReason::NoAddress => "they agreed, but there is no address or device to send to",
        SkipReason::TopicDenied => {
            "they have said no to the campaign's topic, or have not said the yes that it needs"
        }
        SkipReason::Paused => "they had paused all messages until a later day: it is no opt-out",
        SkipReason::OtherCurrency => {
            "they pay in another currency than the offer's, so a voucher would never apply"
        }
        SkipReason::Excluded => {
            "they are in a segment that is kept out of every campaign, such as staff or test accounts"
        }
        SkipReason::CustomerGone => "they were erased before their turn came",
        SkipReason::CampaignEnded => "the campaign's end came before their turn",
        SkipReason::ValidityOver => "the offer was over before their turn came",
        SkipReason::NoLongerMatches => {
            "what selected them was no longer so: they ordered, the order was cancelled, the cart was emptied, the date was changed, or the audience rule does not select them any more"
        }
        SkipReason::TooLate => {
            "their turn came after the deadline of its firing, or no permitted hour was left before it"
        }
        SkipReason::CoolDown => {
            "they had one of this campaign not long ago, or one for this very occasion"
        }
        SkipReason::FrequencyCap => {
            "they got as many messages lately as the tenant allows: each one counts, on every channel"
        }
        SkipReason::OpenOffersCap => {
            "they had as many open vouchers as the tenant allows, however many messages each had"
        }
        SkipReason::VoucherCap => {
            "the campaign's cap was reached, or leased out, when their turn came"
        }
        SkipReason::Cancelled => "the campaign was cancelled before their turn came",
        SkipReason::Dropped => "an operator gave the match up",
        SkipReason::Merged => "another record of the customer, merged with this one, has the offer",
    }
}

/// The facts that explain why a customer has no record.
struct NoRecordFacts<'a> {
    campaign: &'a Campaign,
    gone: bool,
    selected: bool,
    fires_today: Option<bool>,
    scanned: bool,
}

fn explain_missing_record(facts: &NoRecordFacts<'_>) -> ExplanationParts {
    let (answer, says) = match facts.campaign.state {
        _ if facts.gone => {
            ("customer_gone", "they were erased, and had no record of this campaign")
        }
        CampaignState::Draft | CampaignState::Scheduled => {
            ("not_launched", "the campaign has not begun")
        }
        _ if !facts.selected => (
            "not_selected",
            "the audience rule does not select them: see the nodes that do not hold",
        ),
        CampaignState::Paused => {
            ("paused", "the campaign is paused: whoever it has selected waits")
        }
        CampaignState::Cancelled
        | CampaignState::Ended
        | CampaignState::Failed
        | CampaignState::Archived => ("over", "the campaign was over before it came to them"),
        CampaignState::Running | CampaignState::Enabled | CampaignState::Completed => {
            match (facts.campaign.definition.kind, facts.fires_today) {
                (CampaignKind::Autopilot, Some(true)) => {
                    ("not_reached_yet", "it fires for them today, and has not come to them yet")
                }
                (CampaignKind::Autopilot, _) => {
                    ("not_fired", "nothing has made it fire for them: see its trigger")
                }
                (CampaignKind::Promotion, _) if !facts.scanned => {
                    ("not_reached_yet", "the run has not come to them yet")
                }
                (CampaignKind::Promotion, _) => (
                    "selected_now",
                    "the rule selects them now, and did not when the run came to them; or their dispatch is still open: see pending-triggers",
                ),
            }
        }
    };
    (answer, None, says.to_owned())
}
