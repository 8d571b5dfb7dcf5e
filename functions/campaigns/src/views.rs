//! Request and response bodies of the campaigns API. The definition has its own form
//! (domain::campaign::definition); this module adds the rest: the campaign's state, its run, its
//! vouchers, an audience preview.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{
            Campaign, CampaignAction, CampaignPhase, CampaignState, MAX_UNDO_SECONDS, StartTimes,
        },
        pause_cause::PauseCause,
        redeeming::{RedeemingState, RedeemingSuspension, Revocation, RevokeScope, VoucherAction},
    },
    customer::topics::TopicId,
    delivery::dispatch::RunProgress,
    kernel::{
        channel::{Channel, Channels},
        id::{CampaignId, CustomerId, OrderId, RunId, VoucherId},
        locale::Locale,
        money::{Currency, Money},
    },
    voucher::{
        record::{Voucher, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use http_edge::Problem;
use jiff::SignedDuration;
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::campaign::campaigns::{CampaignSummary, Quota, UNCAPPED};
use utoipa::ToSchema;

use crate::approval_state::ApprovalView;

/// Returns the actions open to an operator in this state. Transitions made by time and workers are
/// left out.
pub fn allowed_actions(
    state: CampaignState,
    kind: CampaignKind,
    redeeming: RedeemingState,
    starts: StartTimes,
) -> Vec<&'static str> {
    let now = clock::now();
    let possible = |action: &CampaignAction| state.next_state(*action, kind, starts, now).is_some();
    let mut actions: Vec<&'static str> =
        state.allowed_actions(kind).filter(possible).filter_map(operator_action).collect();
    if amendable(state) {
        actions.insert(0, "amend");
    }
    let switches = VoucherAction::ALL.into_iter();
    actions.extend(switches.filter(|it| state.allows(*it, redeeming)).map(VoucherAction::as_str));
    actions.push("clone");
    actions
}

fn operator_action(action: CampaignAction) -> Option<&'static str> {
    match action {
        CampaignAction::Edit
        | CampaignAction::Delete
        | CampaignAction::Launch
        | CampaignAction::UndoLaunch
        | CampaignAction::StartNow
        | CampaignAction::Pause
        | CampaignAction::Resume
        | CampaignAction::Cancel
        | CampaignAction::Archive => Some(action.as_str()),
        CampaignAction::Start | CampaignAction::Complete | CampaignAction::Fail => None,
    }
}

/// Returns true if the campaign is launched and not over: name, description, end and caps can
/// change.
pub fn amendable(state: CampaignState) -> bool {
    state.phase() == CampaignPhase::Live
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub struct CampaignView {
    pub id: CampaignId,
    pub state: CampaignState,
    /// Increased by every change; `ETag` carries it, `If-Match` takes it.
    pub version: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub launched_at: Option<Timestamp>,
    /// Until then nothing of the launch leaves, and it can be undone; `null` once it has started
    /// and for a launch that asked for no such time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undo_until: Option<Timestamp>,
    /// The time when it was completed, cancelled or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub redeeming: RedeemingView,
    /// The revoked vouchers, by scope; empty if none are.
    pub revocations: Vec<RevocationView>,
    /// The cause, if the system paused the campaign because of its sender health; `null` once it is
    /// resumed.
    pub paused_because: Option<PauseCause>,
    #[schema(example = json!(["amend", "pause", "cancel", "suspend_redeeming", "revoke_vouchers", "clone"]))]
    pub allowed_actions: Vec<&'static str>,
    /// The run; `null` before the launch.
    pub run: Option<RunView>,
    /// The unused part of its caps; `null` before the launch.
    pub remaining: Option<RemainingView>,
    /// SMS that each locale's text takes, with names of a usual length and the longest form of the
    /// offer and of the days in its language.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub sms_segments: BTreeMap<Locale, u32>,
    /// Warnings about a valid but probably unintended definition.
    pub warnings: Vec<DefinitionWarning>,
    pub approval: ApprovalView,
    #[serde(flatten)]
    pub definition: Definition,
}

/// Says if the campaign's vouchers can be redeemed, whatever its state.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedeemingView {
    pub state: RedeemingState,
    /// The reason of the suspension; `null` while redeeming is open, as are the next two.
    pub reason: Option<String>,
    pub suspended_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub suspended_at: Option<Timestamp>,
}

impl From<Option<RedeemingSuspension>> for RedeemingView {
    fn from(suspension: Option<RedeemingSuspension>) -> Self {
        let state = RedeemingState::of(suspension.as_ref());
        let suspended_at = suspension.as_ref().map(|it| it.at);
        let (reason, suspended_by) = suspension.map(|it| (it.reason, it.by)).unzip();
        Self { state, reason, suspended_by, suspended_at }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RevocationView {
    pub scope: RevokeScope,
    /// Vouchers issued until then are revoked; `null` where every voucher in the scope is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_until: Option<Timestamp>,
}

fn revocation_views(revoke: &Revocation) -> Vec<RevocationView> {
    let parts = revoke.parts().into_iter();
    parts.map(|(scope, issued_until)| RevocationView { scope, issued_until }).collect()
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DefinitionWarning {
    /// JSON pointer into the definition.
    #[schema(example = "/audience/all/0/ordered/vertical")]
    pub field: String,
    /// `value_not_seen`: no customer or order has the value. `event_never_told`: no event of this
    /// name was ever reported. `no_merchant_fits`: a condition on merchants selects nobody, since
    /// the catalogue has no such merchant with a place.
    #[schema(example = "value_not_seen")]
    pub code: &'static str,
    pub detail: String,
    /// The value that nobody has.
    pub value: String,
    /// The value that was perhaps meant: one that is known by this name, or is spelt alike.
    pub nearest: Option<String>,
}

/// A campaign in a list, without its definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignListItem {
    pub id: CampaignId,
    pub kind: CampaignKind,
    pub name: String,
    pub state: CampaignState,
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
    pub redeeming: RedeemingState,
    /// True for a draft whose caps exceed a threshold of the tenant and that nobody has approved in
    /// its present form.
    pub awaiting_approval: bool,
    pub allowed_actions: Vec<&'static str>,
}

impl CampaignListItem {
    pub fn new(summary: CampaignSummary, awaiting_approval: bool) -> Self {
        let redeeming = summary.redeeming();
        let allowed_actions =
            allowed_actions(summary.state, summary.kind, redeeming, summary.start_times());
        Self {
            id: summary.id,
            kind: summary.kind,
            name: summary.name,
            state: summary.state,
            version: summary.version,
            created_at: summary.created_at,
            created_by: summary.created_by,
            updated_at: summary.updated_at,
            launched_at: summary.launched_at,
            ended_at: summary.ended_at,
            starts_at: summary.starts_at,
            ends_at: summary.ends_at,
            redeeming,
            awaiting_approval,
            allowed_actions,
        }
    }
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// The start time is in the future.
    Scheduled,
    /// Customers are still being selected; sending has begun.
    Selecting,
    /// An autopilot checks its trigger every day.
    Watching,
    /// All customers are selected; some still wait for an outcome, or a message is still to be
    /// sent.
    Sending,
    /// Every selected customer has an outcome.
    Closed,
}

/// The reconciliation of a run: `selected = issued + ghost + skipped + failed + waiting`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    pub id: RunId,
    pub state: RunState,
    pub segments: u64,
    pub segments_done: u64,
    /// Customers scanned.
    pub scanned: u64,
    /// Customer records that could not be read.
    pub unreadable: u64,
    pub selected: u64,
    pub issued: u64,
    /// Held-out customers.
    pub ghost: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Selected customers without an outcome so far.
    pub waiting: u64,
    /// Dispatches not yet done.
    pub open_dispatches: u64,
    /// True if every customer is scanned (promotions only), no customer waits, no message is still
    /// to be sent, and the numbers add up.
    pub equation_closed: bool,
}

impl RunView {
    pub fn new(
        id: RunId,
        kind: CampaignKind,
        campaign: CampaignState,
        progress: &RunProgress,
    ) -> Self {
        let begun = progress.scanned > 0 || progress.segments_scanned > 0;
        let state = if progress.is_complete() {
            RunState::Closed
        } else if campaign == CampaignState::Scheduled && !begun {
            RunState::Scheduled
        } else if kind == CampaignKind::Autopilot {
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
                CampaignKind::Promotion => progress.is_complete(),
                CampaignKind::Autopilot => progress.is_settled(),
            },
        }
    }
}

/// The unused part of the caps; `null` for a cap that is not set. Amounts that workers have
/// reserved for their dispatches are already subtracted.
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
    pub fn new(campaign: Campaign, progress: Option<&RunProgress>, quota: Option<Quota>) -> Self {
        let run = campaign.run.clone().zip(progress).map(|(id, progress)| {
            RunView::new(id, campaign.definition.kind, campaign.state, progress)
        });
        let kind = campaign.definition.kind;
        Self {
            allowed_actions: allowed_actions(
                campaign.state,
                kind,
                campaign.redeeming(),
                campaign.start_times(),
            ),
            id: campaign.id,
            state: campaign.state,
            version: campaign.version,
            created_at: campaign.created_at,
            created_by: campaign.created_by,
            updated_at: campaign.updated_at,
            launched_at: campaign.launched_at,
            undo_until: campaign.undo_until,
            ended_at: campaign.ended_at,
            redeeming: campaign.suspension.into(),
            revocations: revocation_views(&campaign.revoke),
            paused_because: campaign.paused_because,
            run,
            remaining: quota.map(|quota| RemainingView::new(quota, &campaign.definition)),
            sms_segments: campaign.definition.messages.sms_segments(&campaign.definition.offer),
            warnings: Vec::new(),
            approval: ApprovalView::default(),
            definition: campaign.definition,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignList {
    /// In the order that was asked for.
    pub items: Vec<CampaignListItem>,
    /// The `cursor` of the next page; `null` on the last page. A page can be short or empty and
    /// still have a next page.
    pub next_cursor: Option<String>,
    /// The number of all campaigns that the list shows; `null` until its last page.
    pub total: Option<u64>,
}

/// The time that a launch leaves to undo it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LaunchRequest {
    /// Seconds, 0 to 600, in which nothing is selected, issued or sent. By default 0: the campaign
    /// starts at once.
    #[schema(minimum = 0, maximum = 600, example = 60)]
    pub undo_seconds: u32,
}

impl LaunchRequest {
    /// Returns the time to undo the launch, or `None` if it starts at once.
    pub fn undo_time(&self) -> Result<Option<SignedDuration>, Problem> {
        if self.undo_seconds > MAX_UNDO_SECONDS {
            let detail = format!("0 to {MAX_UNDO_SECONDS}");
            return Err(Problem::field("/undo_seconds", "out_of_range", detail));
        }
        let seconds = (self.undo_seconds > 0).then_some(i64::from(self.undo_seconds));
        Ok(seconds.map(SignedDuration::from_secs))
    }
}

/// The choice of issued vouchers that a cancellation revokes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CancelRequest {
    pub revoke: RevokeScope,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CloneRequest {
    /// The name of the copy; by default the original's name and ` (copy)`.
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

/// A record of the run: a voucher, or the reason why a selected customer has none.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignVoucher {
    pub voucher_id: VoucherId,
    pub customer_id: CustomerId,
    pub run: RunId,
    pub status: VoucherStatus,
    /// The name of the campaign's variant, if it has any.
    pub variant: Option<String>,
    /// The reason why there is no voucher.
    #[schema(example = "no_consent")]
    pub skip_reason: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
    /// The first tap of a person on the link of one of its messages.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tapped_at: Option<Timestamp>,
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
    /// The last attempt on each channel.
    #[schema(value_type = BTreeMap<String, AttemptView>)]
    pub attempts: BTreeMap<Channel, AttemptView>,
    /// The reason why no channel is left.
    pub undeliverable: Option<String>,
    pub order_id: Option<OrderId>,
    /// The discount, less what refunds took back.
    pub discount: Option<Money>,
    /// The amount the customer paid for the order, less refunds.
    pub revenue: Option<Money>,
}

impl CampaignVoucher {
    /// Builds the view of a record, with the status it has at `now` after expiry and
    /// revocation.
    pub fn new(voucher: Voucher, revoke: Revocation, now: Timestamp) -> Self {
        let status = voucher.status_at(revoke, now);
        let money = |amount| Money::new(amount, voucher.currency);
        let redemption = voucher.redemption.as_ref();
        Self {
            status,
            variant: voucher.variant.as_ref().map(|tag| tag.name.clone()),
            skip_reason: voucher.skip.map(SkipReason::code),
            order_id: redemption.map(|redemption| redemption.order.clone()),
            discount: redemption
                .map(|redemption| money(redemption.discount.minus(redemption.returned))),
            revenue: redemption.map(|redemption| money(redemption.revenue)),
            issued_at: voucher.issued_at,
            sent_at: voucher.stages.sent_at,
            delivered_at: voucher.stages.delivered_at,
            tapped_at: voucher.tapped_at(),
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

impl From<domain::voucher::attempt::Attempt> for AttemptView {
    fn from(attempt: domain::voucher::attempt::Attempt) -> Self {
        Self {
            state: attempt.state.as_str(),
            number: attempt.number,
            at: attempt.at,
            reason: attempt.reason,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignVoucherList {
    /// The records, in no particular order.
    pub items: Vec<CampaignVoucher>,
    /// The `cursor` of the next page; `null` on the last page. A page can be short or empty and
    /// still have a next page.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// A rule tree, see `Rule`.
    #[schema(value_type = domain::campaign::audience::AudienceRule)]
    pub audience: serde_json::Value,
    pub channels: Channels,
    /// The offer's currency; by default the tenant's.
    #[serde(default)]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// The campaign's topic. Without one, only the channel is asked.
    #[serde(default)]
    #[schema(nullable = false)]
    pub topic: Option<TopicId>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct PreviewView {
    /// Customers scanned.
    pub scanned: u64,
    /// Customer records that could not be read.
    pub unreadable: u64,
    /// Scanned customers whom the audience selects.
    pub matched: u64,
    /// Matched customers who are reachable now, and pay in the offer's currency.
    pub reachable: ReachableCustomers,
    /// Matched customers who would be skipped, by reason: they pay in another currency than the
    /// offer's, or no channel of the ladder reaches them.
    #[schema(example = json!({"no_consent": 12, "opted_out": 3}))]
    pub skipped: BTreeMap<&'static str, u64>,
    /// At most 20 of the reachable customers.
    pub sample: Vec<SampledCustomer>,
    /// True if the whole customer base was scanned; otherwise the numbers cover only the scanned
    /// part.
    pub complete: bool,
    /// Values of the audience that nobody has.
    pub warnings: Vec<DefinitionWarning>,
}

/// Customers reachable on each channel after consent and suppressions; 0 for a channel that is not
/// on the ladder.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReachableCustomers {
    pub sms: u64,
    pub email: u64,
    pub push: u64,
    /// Customers reachable on at least one channel.
    pub any: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SampledCustomer {
    pub customer_id: CustomerId,
    /// The first channel of the ladder that reaches the customer.
    pub channel: Channel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_actions(state: CampaignState, kind: CampaignKind, expected: &[&str]) {
        let times = StartTimes::default();
        assert_eq!(allowed_actions(state, kind, RedeemingState::Open, times), expected);
    }

    #[test]
    fn operators_are_offered_what_the_state_allows() {
        const SWITCHES: [&str; 3] = ["suspend_redeeming", "revoke_vouchers", "clone"];
        let check = |state, kind, expected: &[&str]| {
            check_actions(state, kind, &[expected, &SWITCHES].concat());
        };
        let draft = ["edit", "delete", "launch", "clone"];
        check_actions(CampaignState::Draft, CampaignKind::Promotion, &draft);
        check(
            CampaignState::Scheduled,
            CampaignKind::Promotion,
            &["amend", "undo_launch", "start_now", "pause", "cancel"],
        );
        check(CampaignState::Running, CampaignKind::Promotion, &["amend", "pause", "cancel"]);
        check(CampaignState::Paused, CampaignKind::Promotion, &["amend", "resume", "cancel"]);
        check(CampaignState::Completed, CampaignKind::Promotion, &["archive"]);
        check(CampaignState::Archived, CampaignKind::Promotion, &[]);
        check(CampaignState::Enabled, CampaignKind::Autopilot, &["amend", "pause", "cancel"]);
        check(CampaignState::Ended, CampaignKind::Autopilot, &["archive"]);
    }

    #[test]
    fn a_run_is_closed_only_when_the_equation_closes() {
        let id = || RunId::of_promotion(&CampaignId::parse("cmp_1").unwrap());
        let mut progress = RunProgress { segments: 2, ..RunProgress::default() };
        let state = |campaign, progress: &RunProgress| {
            RunView::new(id(), CampaignKind::Promotion, campaign, progress).state
        };
        assert_eq!(state(CampaignState::Scheduled, &progress), RunState::Scheduled);
        assert_eq!(state(CampaignState::Running, &progress), RunState::Selecting);
        progress = RunProgress { segments_scanned: 2, scanned: 9, selected: 3, ..progress };
        assert_eq!(state(CampaignState::Running, &progress), RunState::Sending);
        progress.tally.issued = 3;
        assert_eq!(state(CampaignState::Running, &progress), RunState::Closed);
        let watching = RunProgress { segments_scanned: 0, ..progress };
        let watching =
            RunView::new(id(), CampaignKind::Autopilot, CampaignState::Enabled, &watching);
        assert_eq!((watching.state, watching.equation_closed), (RunState::Watching, true));
        progress.tally.issued = 4;
        assert!(
            !RunView::new(id(), CampaignKind::Promotion, CampaignState::Running, &progress)
                .equation_closed
        );
    }
}
