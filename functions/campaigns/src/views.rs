//! What the campaigns API takes and gives, as JSON. The definition is shown in its own form (domain::definition); here is what
//! stands around it: where the campaign stands, its run, its history, its vouchers, a preview.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::{Action, Campaign, Kind, Revoke, State},
    channel::{Channel, Channels},
    customer::Locale,
    decision::SkipReason,
    definition::Definition,
    dispatch::Progress,
    id::{CampaignId, CustomerId, OrderId, RunId, VoucherId},
    money::Money,
    sender_health::PauseCause,
    voucher::{Status, Voucher},
};
use serde::{Deserialize, Serialize};
use store::control::{Quota, Standing, UNCAPPED};
use utoipa::{IntoParams, ToSchema};

use crate::approvals::ApprovalView;

/// What an operator may do with a campaign in this state; what only time and workers do is not among it.
pub fn allowed_actions(state: State, kind: Kind) -> Vec<&'static str> {
    let mut actions: Vec<&'static str> = state.allowed(kind).filter_map(operators).collect();
    if amendable(state) {
        actions.insert(0, "amend");
    }
    actions.push("clone");
    actions
}

fn operators(action: Action) -> Option<&'static str> {
    match action {
        Action::Edit
        | Action::Delete
        | Action::Launch
        | Action::Pause
        | Action::Resume
        | Action::Cancel
        | Action::Archive => Some(action.as_str()),
        Action::Start | Action::Complete | Action::Fail => None,
    }
}

/// Launched and not over: name, description, end and caps can change.
pub fn amendable(state: State) -> bool {
    match state {
        State::Scheduled | State::Running | State::Enabled | State::Paused => true,
        State::Draft | State::Completed | State::Cancelled | State::Ended | State::Failed | State::Archived => false,
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub struct CampaignView {
    pub id: CampaignId,
    pub state: State,
    /// Raised by every change; `ETag` carries it, `If-Match` takes it.
    pub version: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub launched_at: Option<Timestamp>,
    /// When it was completed, cancelled or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Which of the issued vouchers its cancellation took back.
    pub revoke: Revoke,
    /// While it is paused, if the system paused it for what its messages do; `null` once it is resumed.
    pub paused_because: Option<PauseCause>,
    #[schema(example = json!(["amend", "pause", "cancel", "clone"]))]
    pub allowed_actions: Vec<&'static str>,
    /// `null` before the launch.
    pub run: Option<RunView>,
    /// What is left of its caps; `null` before the launch.
    pub remaining: Option<RemainingView>,
    /// SMS messages that each locale's text takes, with sample values.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub sms_segments: BTreeMap<Locale, u32>,
    /// What is allowed and will hardly be meant.
    pub warnings: Vec<Warning>,
    pub approval: ApprovalView,
    #[serde(flatten)]
    pub definition: Definition,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Warning {
    /// JSON pointer into the definition.
    pub field: &'static str,
    pub code: &'static str,
    pub detail: String,
}

/// A page of campaigns shows each without its definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignSummary {
    pub id: CampaignId,
    pub kind: Kind,
    pub name: String,
    pub state: State,
    pub version: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub launched_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    pub allowed_actions: Vec<&'static str>,
}

impl From<Standing> for CampaignSummary {
    fn from(standing: Standing) -> Self {
        Self {
            id: standing.id,
            kind: standing.kind,
            name: standing.name,
            state: standing.state,
            version: standing.version,
            created_at: standing.created_at,
            created_by: standing.created_by,
            updated_at: standing.updated_at,
            launched_at: standing.launched_at,
            ended_at: standing.ended_at,
            starts_at: standing.starts_at,
            ends_at: standing.ends_at,
            allowed_actions: allowed_actions(standing.state, standing.kind),
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Its time has not come.
    Scheduled,
    /// Customers are still being selected; sending has begun.
    Selecting,
    /// An autopilot's: looked at as each day comes.
    Watching,
    /// All are selected; some still wait for an outcome, or a message is still to be sent.
    Sending,
    /// Everyone has an outcome.
    Closed,
}

/// The reconciliation equation: `selected = issued + ghost + skipped + failed + waiting`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    pub id: RunId,
    pub state: RunState,
    pub segments: u64,
    pub segments_done: u64,
    /// Customers looked at.
    pub scanned: u64,
    /// Customer records that could not be read.
    pub unreadable: u64,
    pub selected: u64,
    pub issued: u64,
    /// Held out.
    pub ghost: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Selected, and without an outcome so far.
    pub waiting: u64,
    /// Dispatches not yet done.
    pub open_dispatches: u64,
    /// Everyone is scanned (of a promotion), nobody waits, nothing is still to be sent, and the numbers add up.
    pub equation_closed: bool,
}

impl RunView {
    pub fn new(id: RunId, kind: Kind, campaign: State, progress: &Progress) -> Self {
        let begun = progress.scanned > 0 || progress.segments_scanned > 0;
        let state = if progress.complete() {
            RunState::Closed
        } else if campaign == State::Scheduled && !begun {
            RunState::Scheduled
        } else if kind == Kind::Autopilot {
            RunState::Watching
        } else if progress.segments_scanned < progress.segments {
            RunState::Selecting
        } else {
            RunState::Sending
        };
        Self {
            id,
            state,
            segments: progress.segments,
            segments_done: progress.segments_scanned,
            scanned: progress.scanned,
            unreadable: progress.unreadable,
            selected: progress.selected,
            issued: progress.tally.issued,
            ghost: progress.tally.ghost,
            skipped: progress.tally.skipped,
            failed: progress.tally.failed,
            waiting: progress.waiting(),
            open_dispatches: progress.open,
            equation_closed: match kind {
                Kind::Promotion => progress.complete(),
                Kind::Autopilot => progress.settled(),
            },
        }
    }
}

/// `null` where there is no cap. What workers have set aside for dispatches in work is already taken off.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemainingView {
    pub vouchers: Option<i64>,
    /// Minor units of the offer's currency.
    pub exposure: Option<i64>,
    /// Minor units of the offer's currency.
    pub redeemed: Option<i64>,
}

impl RemainingView {
    pub fn new(quota: Quota, definition: &Definition) -> Self {
        let caps = &definition.caps;
        let capped = |is: bool, left: i64| is.then_some(left.clamp(0, UNCAPPED));
        Self {
            vouchers: capped(caps.vouchers.is_some(), quota.vouchers),
            exposure: capped(caps.exposure.is_some(), quota.exposure),
            redeemed: capped(caps.redeemed.is_some(), quota.redeemed),
        }
    }
}

impl CampaignView {
    pub fn new(campaign: Campaign, progress: Option<&Progress>, quota: Option<Quota>) -> Self {
        let run = campaign
            .run
            .clone()
            .zip(progress)
            .map(|(id, progress)| RunView::new(id, campaign.definition.kind, campaign.state, progress));
        Self {
            id: campaign.id,
            state: campaign.state,
            version: campaign.version,
            created_at: campaign.created_at,
            created_by: campaign.created_by,
            updated_at: campaign.updated_at,
            launched_at: campaign.launched_at,
            ended_at: campaign.ended_at,
            revoke: campaign.revoke,
            paused_because: campaign.paused_because,
            allowed_actions: allowed_actions(campaign.state, campaign.definition.kind),
            run,
            remaining: quota.map(|quota| RemainingView::new(quota, &campaign.definition)),
            sms_segments: campaign.definition.messages.sms_segments(),
            warnings: Vec::new(),
            approval: ApprovalView::default(),
            definition: campaign.definition,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignList {
    /// Newest first.
    pub items: Vec<CampaignSummary>,
    /// `cursor` of the next page; `null` on the last one. A page can be short, or empty, and still have a next one.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// 1 to 100, 25 if not given.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// 1 to 100, 25 if not given.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VoucherParams {
    pub status: Option<Status>,
    /// 1 to 100, 25 if not given.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which of the issued vouchers a cancellation takes back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CancelRequest {
    pub revoke: Revoke,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CloneRequest {
    /// Default: the name of the original and ` (copy)`.
    #[schema(nullable = false)]
    pub name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    #[schema(example = "delivered")]
    pub state: &'static str,
    /// 1 is the first attempt on this channel.
    pub number: u32,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

/// A record of the run: a voucher, or why a selected customer has none.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignVoucher {
    pub voucher_id: VoucherId,
    pub customer_id: CustomerId,
    pub run: RunId,
    pub status: Status,
    /// Why there is no voucher.
    #[schema(example = "no_consent")]
    pub skip_reason: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub declined_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub redeemed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reversed_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub accept_by: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub redeem_by: Option<Timestamp>,
    /// By channel, the last attempt.
    #[schema(value_type = BTreeMap<String, AttemptView>)]
    pub attempts: BTreeMap<Channel, AttemptView>,
    /// Why no channel is left.
    pub undeliverable: Option<String>,
    pub order_id: Option<OrderId>,
    /// Less what refunds took back.
    pub discount: Option<Money>,
    /// What the customer paid for the order, less refunds.
    pub revenue: Option<Money>,
}

impl CampaignVoucher {
    /// The status is what time and the campaign's cancellation have made of it by `now`.
    pub fn new(voucher: Voucher, revoke: Revoke, now: Timestamp) -> Self {
        let status = voucher.status_at(revoke, now);
        let money = |amount| Money::new(amount, voucher.currency);
        let redemption = voucher.redemption.as_ref();
        Self {
            status,
            skip_reason: voucher.skip.map(SkipReason::code),
            order_id: redemption.map(|redemption| redemption.order.clone()),
            discount: redemption.map(|redemption| money(redemption.discount.minus(redemption.returned))),
            revenue: redemption.map(|redemption| money(redemption.revenue.minus(redemption.refunded))),
            issued_at: voucher.issued_at,
            sent_at: voucher.stages.sent_at,
            delivered_at: voucher.stages.delivered_at,
            accepted_at: voucher.stages.accepted_at,
            declined_at: voucher.stages.declined_at,
            redeemed_at: voucher.stages.redeemed_at,
            reversed_at: voucher.stages.reversed_at,
            accept_by: voucher.accept_by,
            redeem_by: voucher.redeem_by,
            attempts: voucher
                .attempts
                .into_iter()
                .map(|(channel, attempt)| (channel, AttemptView::from(attempt)))
                .collect(),
            undeliverable: voucher.undeliverable,
            voucher_id: voucher.id,
            customer_id: voucher.customer,
            run: voucher.run,
        }
    }
}

impl From<domain::delivery::Attempt> for AttemptView {
    fn from(attempt: domain::delivery::Attempt) -> Self {
        Self { state: attempt.state.as_str(), number: attempt.number, at: attempt.at, reason: attempt.reason }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignVoucherList {
    /// In no order that means anything.
    pub items: Vec<CampaignVoucher>,
    /// `cursor` of the next page; `null` on the last one. A page can be short, or empty, and still have a next one.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// A rule tree, see `Rule`.
    #[schema(value_type = domain::audience::Rule)]
    pub audience: serde_json::Value,
    pub channels: Channels,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct PreviewView {
    /// Customers looked at.
    pub scanned: u64,
    /// Customer records that could not be read.
    pub unreadable: u64,
    /// Of the scanned, selected by the audience.
    pub matched: u64,
    /// Of the matched, reachable now.
    pub reachable: Reachable,
    /// Of the matched, reachable on no channel of the ladder, by reason.
    #[schema(example = json!({"no_consent": 12, "opted_out": 3}))]
    pub skipped: BTreeMap<&'static str, u64>,
    /// At most 20 of the reachable.
    pub sample: Vec<SampledCustomer>,
    /// Whether the whole customer base was looked at; if not, the numbers are of the part that was.
    pub complete: bool,
}

/// After consent and suppression. 0 for a channel that is not on the ladder.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reachable {
    pub sms: u64,
    pub email: u64,
    pub push: u64,
    /// On at least one channel.
    pub any: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SampledCustomer {
    pub customer_id: CustomerId,
    /// The first of the ladder that reaches them.
    pub channel: Channel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_offered_what_the_state_allows() {
        assert_eq!(allowed_actions(State::Draft, Kind::Promotion), ["edit", "delete", "launch", "clone"]);
        assert_eq!(allowed_actions(State::Running, Kind::Promotion), ["amend", "pause", "cancel", "clone"]);
        assert_eq!(allowed_actions(State::Paused, Kind::Promotion), ["amend", "resume", "cancel", "clone"]);
        assert_eq!(allowed_actions(State::Completed, Kind::Promotion), ["archive", "clone"]);
        assert_eq!(allowed_actions(State::Archived, Kind::Promotion), ["clone"]);
        assert_eq!(allowed_actions(State::Enabled, Kind::Autopilot), ["amend", "pause", "cancel", "clone"]);
        assert_eq!(allowed_actions(State::Ended, Kind::Autopilot), ["archive", "clone"]);
    }

    #[test]
    fn a_run_is_closed_only_when_the_equation_closes() {
        let id = || RunId::of_promotion(&CampaignId::parse("cmp_1").unwrap());
        let mut progress = Progress { segments: 2, ..Progress::default() };
        let state = |campaign, progress: &Progress| RunView::new(id(), Kind::Promotion, campaign, progress).state;
        assert_eq!(state(State::Scheduled, &progress), RunState::Scheduled);
        assert_eq!(state(State::Running, &progress), RunState::Selecting);
        progress = Progress { segments_scanned: 2, scanned: 9, selected: 3, ..progress };
        assert_eq!(state(State::Running, &progress), RunState::Sending);
        progress.tally.issued = 3;
        assert_eq!(state(State::Running, &progress), RunState::Closed);
        let watching = Progress { segments_scanned: 0, ..progress };
        let watching = RunView::new(id(), Kind::Autopilot, State::Enabled, &watching);
        assert_eq!((watching.state, watching.equation_closed), (RunState::Watching, true));
        progress.tally.issued = 4;
        assert!(!RunView::new(id(), Kind::Promotion, State::Running, &progress).equation_closed);
    }
}
