//! Goodwill: support issues a voucher to one customer, issues one again that is over, or extends
//! one that is open.
//!
//! Each handler reads the campaign, the customer and their records, lets the domain decide
//! (`domain::voucher::goodwill`) and commits in one transaction with the audit record
//! (`store::delivery::goodwill`). After it: release-dispatches, which sends the message about an
//! issued voucher; the voucher itself is in the customer's wallet at once.
//!
//! Guarantees: the same request issues one voucher; nothing is issued beyond the campaign's caps or
//! the limits of the operator's role.

mod limits;
mod refusal;
mod views;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    campaign::{definition::Definition, lifecycle::WorkPolicy},
    customer::profile::{Customer, ReachQuery},
    delivery::{
        dispatch::Dispatch,
        eligibility::{pays_in_offer_currency, planned_channel},
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, VoucherId},
        money::MinorUnits,
    },
    voucher::{
        goodwill::{ExtensionDecision, GoodwillCampaign, GoodwillRefusal},
        record::{Voucher, VoucherIssue},
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use jiff::SignedDuration;
use queue::WakeNudge;
use runtime::clock;
use store::{
    campaign::campaigns::{AuditedChange, CampaignSummary},
    conditional::Applied,
    customer::profiles::CustomerLookup,
    delivery::{
        goodwill::{GoodwillIssue, GoodwillResult},
        operator_actions::OperatorAction,
    },
    voucher::{offers::SeenOffers, records::VoucherKey},
};

use crate::{OperationsContext, actor_name, log_action, store_problem};
use limits::OperatorAllowance;
use refusal::{campaign_unknown, customer_unknown, day_limit, refuse, voucher_unknown};
use views::{
    ExtendVoucherRequest, ExtendedVoucher, GoodwillVoucher, IssueVoucherRequest,
    ReissueVoucherRequest, check_reason_and_end,
};

const ISSUE: &str = "goodwill_issue";
const REISSUE: &str = "goodwill_reissue";
const EXTEND: &str = "goodwill_extend";
/// The most decisions in one request: the first, and again after each conflict.
const MAX_DECISIONS: usize = 4;
/// Days for which a voucher counts as an offer of the customer's for other campaigns' caps.
const COUNTED_DAYS: i64 = 30;

/// Issues a voucher of a goodwill campaign to one customer, now.
///
/// The campaign is an enabled autopilot with the trigger `goodwill`. The voucher is in the
/// customer's wallet when this answers; the message follows, if a channel reaches the customer and
/// at an hour at which they may be contacted. The same `request_id` again issues nothing more; with
/// another
/// `until` it is a conflict.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/customers/{customer}/vouchers", tag = "goodwill",
    operation_id = "issue_goodwill_voucher", security(("jwt" = [])),
    params(("customer" = String, Path)), request_body = IssueVoucherRequest,
    responses((status = 200, body = GoodwillVoucher), Problem)
)]
pub async fn issue(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(customer): Path<String>,
    body: UnreadBody,
) -> ApiResult<Json<GoodwillVoucher>> {
    operator.require_role(OperatorRole::Support)?;
    let request: IssueVoucherRequest = body.read_json().await?;
    let customer = CustomerId::parse(&customer).map_err(|_| customer_unknown())?;
    let occurrence = request.check()?;
    let wanted = HandIssue {
        campaign: request.campaign_id.clone(),
        customer,
        occurrence,
        until: request.until,
        reason: &request.reason,
        action: ISSUE,
        replaces: None,
    };
    issue_by_hand(&context, &operator, &wanted).await.map(Json)
}

/// Issues a voucher again that is over: expired, declined, taken back for good, or revoked.
///
/// The new voucher is one of the same campaign, also of a campaign that is over, unless its
/// vouchers are revoked. A voucher is issued again once at most: a repeat answers the same voucher.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/customers/{customer}/vouchers/{voucher}/reissue",
    tag = "goodwill", operation_id = "reissue_voucher", security(("jwt" = [])),
    params(("customer" = String, Path), ("voucher" = String, Path)), request_body = ReissueVoucherRequest,
    responses((status = 200, body = GoodwillVoucher), Problem)
)]
pub async fn reissue(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(names): Path<(String, String)>,
    body: UnreadBody,
) -> ApiResult<Json<GoodwillVoucher>> {
    operator.require_role(OperatorRole::Support)?;
    let request: ReissueVoucherRequest = body.read_json().await?;
    let errors = check_reason_and_end(&request.reason, request.until);
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let key = parse_key(&names)?;
    let old = context.read_voucher_record(&key).await?;
    let occurrence = Occurrence::of_reissue(&old.id).ok_or_else(voucher_unknown)?;
    let wanted = HandIssue {
        campaign: old.campaign,
        customer: key.customer,
        occurrence,
        until: request.until,
        reason: &request.reason,
        action: REISSUE,
        replaces: Some(key.voucher),
    };
    issue_by_hand(&context, &operator, &wanted).await.map(Json)
}

/// Moves the end of a voucher that is open to a later time.
///
/// One that is not accepted can then be accepted until that time as well. The end that the voucher
/// has already is a repeat.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/customers/{customer}/vouchers/{voucher}/extend",
    tag = "goodwill", operation_id = "extend_voucher", security(("jwt" = [])),
    params(("customer" = String, Path), ("voucher" = String, Path)), request_body = ExtendVoucherRequest,
    responses((status = 200, body = ExtendedVoucher), Problem)
)]
pub async fn extend(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(names): Path<(String, String)>,
    body: UnreadBody,
) -> ApiResult<Json<ExtendedVoucher>> {
    operator.require_role(OperatorRole::Support)?;
    let request: ExtendVoucherRequest = body.read_json().await?;
    let errors = check_reason_and_end(&request.reason, Some(request.until));
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let key = parse_key(&names)?;
    let allowance = OperatorAllowance::read(&context, &operator).await?;
    context.require_customer(&key.customer).await?;
    for _ in 0..MAX_DECISIONS {
        let now = clock::now();
        let voucher = context.read_voucher_record(&key).await?;
        let campaign = context.read_goodwill_campaign(&voucher.campaign, &voucher.customer).await?;
        let limits = allowance.limits.as_ref();
        let decision = voucher.extend(request.until, campaign.summary.revoke, limits, now);
        let (accept_by, redeem_by) = match decision {
            ExtensionDecision::Extend { accept_by, redeem_by } => (accept_by, redeem_by),
            ExtensionDecision::Repeat => return Ok(Json(ExtendedVoucher::new(&voucher, true))),
            ExtensionDecision::Refuse(why) => return Err(refuse(why)),
        };
        let actor = actor_name(&operator);
        let note = format!("{} until {}: {}", voucher.id, request.until, request.reason);
        let change = AuditedChange { actor: &actor, action: EXTEND, note: &note, at: now };
        let act = OperatorAction { campaign: &campaign.summary, voucher: &voucher.id, change };
        let written = context.store.extend_voucher(&voucher, accept_by, redeem_by, &act).await;
        if written.map_err(store_problem)? == Applied::Yes {
            log_action(EXTEND, &actor, &voucher.campaign, &voucher.customer);
            let extended = Voucher { accept_by, redeem_by, ..voucher };
            return Ok(Json(ExtendedVoucher::new(&extended, false)));
        }
    }
    Err(Problem::unavailable())
}

/// A voucher that support wants to issue; the request is checked for form.
struct HandIssue<'a> {
    campaign: CampaignId,
    customer: CustomerId,
    occurrence: Occurrence,
    until: Option<Timestamp>,
    reason: &'a str,
    action: &'static str,
    /// The voucher that is issued again.
    replaces: Option<VoucherId>,
}

impl HandIssue<'_> {
    /// Returns the voucher that is issued again, if it is one of these.
    fn replaced<'a>(&self, records: &'a [Voucher]) -> Option<&'a Voucher> {
        let id = self.replaces.as_ref()?;
        records.iter().find(|record| record.id == *id)
    }

    /// Builds the voucher, or refuses what may not be issued.
    fn new_voucher(
        &self,
        campaign: &ReadCampaign,
        allowance: &OperatorAllowance,
        records: &[Voucher],
        now: Timestamp,
    ) -> ApiResult<Voucher> {
        let (facts, limits) = (campaign.facts(), allowance.limits.as_ref());
        let decision = match (&self.replaces, self.replaced(records)) {
            (None, _) => facts.issue(limits, records, self.until, now),
            (Some(_), Some(old)) => facts.reissue(old, limits, records, self.until, now),
            (Some(_), None) => return Err(voucher_unknown()),
        };
        let window = decision.map_err(refuse)?;
        let run = campaign.summary.run.as_ref();
        let issue = VoucherIssue {
            campaign: &self.campaign,
            run: run.ok_or_else(|| refuse(GoodwillRefusal::CampaignNotLive))?,
            occurrence: &self.occurrence,
            definition: &campaign.definition,
            customer: &self.customer,
            dispatch: &Dispatch::goodwill_name(&self.customer, &self.occurrence),
            now,
        };
        Ok(issue.goodwill_voucher(window, self.until))
    }

    /// Answers the same request again. One that asks for another end under the same id is refused:
    /// its caller would believe that the voucher ends then. A voucher is issued again once,
    /// whatever end is asked for.
    fn repeat(&self, known: &Voucher) -> ApiResult<GoodwillVoucher> {
        let stored = |end: Option<Timestamp>| end.map(Timestamp::as_millisecond);
        if self.replaces.is_none() && stored(self.until) != stored(known.asked_until) {
            return Err(refusal::request_conflict());
        }
        Ok(GoodwillVoucher::repeat(known))
    }

    /// Returns the note for the campaign's history.
    fn note(&self, new: &VoucherId) -> String {
        match &self.replaces {
            Some(old) => format!("{new} for {old}: {}", self.reason),
            None => format!("{new}: {}", self.reason),
        }
    }
}

/// A campaign as it was read.
struct ReadCampaign {
    summary: CampaignSummary,
    definition: Definition,
    /// The amount that a voucher takes of the campaign's cap on exposure.
    cost: MinorUnits,
}

impl ReadCampaign {
    fn facts(&self) -> GoodwillCampaign<'_> {
        GoodwillCampaign {
            definition: &self.definition,
            state: self.summary.state,
            revoke: self.summary.revoke,
        }
    }
}

async fn issue_by_hand(
    context: &OperationsContext,
    operator: &Operator,
    wanted: &HandIssue<'_>,
) -> ApiResult<GoodwillVoucher> {
    let allowance = OperatorAllowance::read(context, operator).await?;
    for _ in 0..MAX_DECISIONS {
        if let Some(answer) = decide_and_write(context, operator, &allowance, wanted).await? {
            return Ok(answer);
        }
    }
    Err(Problem::unavailable())
}

/// Decides once. `None` means that something has changed since it was read.
async fn decide_and_write(
    context: &OperationsContext,
    operator: &Operator,
    allowance: &OperatorAllowance,
    wanted: &HandIssue<'_>,
) -> ApiResult<Option<GoodwillVoucher>> {
    let now = clock::now();
    let customer = context.require_customer(&wanted.customer).await?;
    // The number is read before the records: one that is issued in between makes the write fail.
    let seen = context.store.offer_count(&wanted.customer).await.map_err(store_problem)?;
    let records = context.store.vouchers_of(&records_of(&customer, &wanted.customer)).await;
    let records = records.map_err(store_problem)?;
    let is_this = |record: &&Voucher| {
        record.campaign == wanted.campaign && record.occurrence == wanted.occurrence
    };
    if let Some(known) = records.iter().find(is_this) {
        return wanted.repeat(known).map(Some);
    }
    let campaign = context.read_goodwill_campaign(&wanted.campaign, &wanted.customer).await?;
    let new = wanted.new_voucher(&campaign, allowance, &records, now)?;
    if !pays_in_offer_currency(&campaign.definition, &customer, context.currency) {
        return Err(refusal::other_currency());
    }
    let topic = context.store.topic_question(&campaign.definition).await.map_err(store_problem)?;
    let query = ReachQuery { topic: topic.as_ref(), now };
    let channel = planned_channel(&campaign.definition, &customer, &query);
    let channel = channel.ok_or_else(campaign_unknown)?;
    let (actor, note) = (actor_name(operator), wanted.note(&new.id));
    let change = AuditedChange { actor: &actor, action: wanted.action, note: &note, at: now };
    let issue = GoodwillIssue {
        voucher: &new,
        dispatch: &Dispatch::of_goodwill(&new, channel),
        cost: campaign.cost,
        count: allowance.count(operator, context.today(now)),
        offers: SeenOffers { seen, counts_until: counted_until(now) },
        replaces: wanted.replaced(&records),
        act: OperatorAction { campaign: &campaign.summary, voucher: &new.id, change },
    };
    match context.store.issue_goodwill(&issue).await.map_err(store_problem)? {
        GoodwillResult::Issued => {
            log_action(wanted.action, &actor, &new.campaign, &new.customer);
            context.release.nudge(&WakeNudge::now(wanted.action)).await;
            Ok(Some(GoodwillVoucher::issued(&new, message_channel(&campaign, &customer, &query))))
        }
        GoodwillResult::Existing(known) => wanted.repeat(&known).map(Some),
        GoodwillResult::CapReached => Err(refusal::cap_reached()),
        GoodwillResult::DayLimit => Err(day_limit()),
        GoodwillResult::Conflict => Ok(None),
    }
}

/// Returns the ids under which the customer's vouchers lie, first the one that the request names.
fn records_of(customer: &Customer, named: &CustomerId) -> Vec<CustomerId> {
    let others = customer.record_ids().into_iter().filter(|id| id != named);
    std::iter::once(named.clone()).chain(others).collect()
}

/// Returns the channel on which the customer is told, if one reaches them and the campaign sends.
fn message_channel(
    campaign: &ReadCampaign,
    customer: &Customer,
    query: &ReachQuery<'_>,
) -> Option<Channel> {
    let sends = match campaign.summary.state.work_policy() {
        WorkPolicy::Drop => false,
        WorkPolicy::Go | WorkPolicy::Wait => true,
    };
    let ladder = &campaign.definition.channels.ladder;
    customer.first_reachable_channel(ladder, query).ok().filter(|_| sends)
}

fn counted_until(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * COUNTED_DAYS)).unwrap_or(Timestamp::MAX)
}

fn parse_key((customer, voucher): &(String, String)) -> ApiResult<VoucherKey> {
    Ok(VoucherKey {
        customer: CustomerId::parse(customer).map_err(|_| customer_unknown())?,
        voucher: VoucherId::parse(voucher).map_err(|_| voucher_unknown())?,
    })
}

impl OperationsContext {
    async fn read_voucher_record(&self, key: &VoucherKey) -> ApiResult<Voucher> {
        let found = self.store.customer_voucher(key).await.map_err(store_problem)?;
        found.ok_or_else(voucher_unknown)
    }

    /// Reads a campaign as the customer's variant has it.
    async fn read_goodwill_campaign(
        &self,
        id: &CampaignId,
        customer: &CustomerId,
    ) -> ApiResult<ReadCampaign> {
        let found = self.store.campaign_summary(id).await.map_err(store_problem)?;
        let summary = found.ok_or_else(campaign_unknown)?;
        let found = self.store.definition(&summary.id, summary.definition).await;
        let definition = found.map_err(store_problem)?.ok_or_else(campaign_unknown)?;
        let cost = definition.exposure_each();
        let definition = definition.for_customer(&summary.id, customer);
        Ok(ReadCampaign { summary, definition, cost })
    }

    async fn require_customer(&self, id: &CustomerId) -> ApiResult<Customer> {
        match self.store.customer(id).await.map_err(store_problem)? {
            CustomerLookup::Customer(customer) => Ok(*customer),
            CustomerLookup::Erased => {
                Err(Problem::gone("customer_erased", "this customer was erased"))
            }
            CustomerLookup::Unknown => Err(customer_unknown()),
        }
    }

    pub(crate) fn today(&self, now: Timestamp) -> domain::Date {
        now.to_zoned(self.zone.clone()).date()
    }
}
