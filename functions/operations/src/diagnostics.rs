//! Diagnoses one customer: which channels reach them and why others do not, the caps they have
//! used, their records, and their timeline.
//!
//! Reads Customers, Vouchers, the campaigns of the records, and the contact policy.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    customer::{
        address::AddressKey,
        profile::{Consent, ConsentSubject, Customer, ReachQuery},
        topics::TopicScope,
    },
    delivery::contact_policy::ContactPolicy,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        money::MinorUnits,
    },
    voucher::{
        order::{OrderReturns, OrderSettlement},
        order_event::LedgerOrder,
        record::{RefusalCount, Voucher, VoucherRefusal, VoucherStatus, WithheldMessage},
        skip_reason::SkipReason,
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use runtime::clock;
use store::customer::profiles::CustomerLookup;

use crate::{
    OperationsContext,
    diagnostics_views::{
        CapsInUse, ChannelStatus, CustomerDiagnostics, KnownCustomer, OrderSummary,
        PlacedOrderState, RecordView, RefusalView, TopicStatus, VoucherDiscount, WithheldView,
    },
    store_problem,
    timeline::timeline,
};

/// The most records that are shown, and the most lines of the timeline.
const MAX_RECORDS: usize = 200;
const MAX_LINES: usize = 500;
/// The most orders that are shown.
const MAX_ORDERS: usize = 100;
/// Campaigns that are read concurrently.
const CONCURRENCY: usize = 16;

/// Returns why this customer got what they got, and why they did not get the rest.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/diagnostics/customers/{id}", tag = "operations", operation_id = "diagnose_customer",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CustomerDiagnostics), Problem)
)]
pub async fn customer(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<CustomerDiagnostics>> {
    operator.require_role(OperatorRole::Viewer)?;
    let id = parse_customer_id(&id)?;
    Ok(Json(diagnose(&context, id, clock::now()).await?.view))
}

/// The diagnosis of a customer, with what it was made from.
pub struct Diagnosis {
    pub customer: Option<Customer>,
    pub records: Vec<Voucher>,
    pub view: CustomerDiagnostics,
}

/// Diagnoses a customer. Answers 404 unless they, or a record of theirs, exist.
pub async fn diagnose(
    context: &OperationsContext,
    id: CustomerId,
    now: Timestamp,
) -> ApiResult<Diagnosis> {
    let policy = context.store.contact_policy().await.map_err(store_problem)?;
    let (known, customer) = find_customer(context, &id).await?;
    let channels = match &customer {
        Some(customer) => channel_statuses(context, customer, now).await?,
        None => Vec::new(),
    };
    let ids = customer.as_ref().map_or_else(|| vec![id.clone()], Customer::record_ids);
    let mut records = context.store.vouchers_of(&ids).await.map_err(store_problem)?;
    if records.is_empty() && known == KnownCustomer::Unknown {
        return Err(Problem::not_found("customer_unknown"));
    }
    records.sort_by(|one, other| (other.issued_at, &other.id).cmp(&(one.issued_at, &one.id)));
    let revokes = revoke_scopes(context, &records).await?;
    let revoke = |campaign: &CampaignId| revokes.get(campaign).copied().unwrap_or_default();
    let orders = context.store.placed_orders(&ids, MAX_ORDERS).await.map_err(store_problem)?;
    let mut lines = timeline(customer.as_ref(), &records, &orders);
    lines.truncate(MAX_LINES);
    let view = CustomerDiagnostics {
        known,
        zone: customer.as_ref().map(|it| it.zone().as_str().to_owned()),
        orders: customer.as_ref().map_or(0, |it| it.activity.orders),
        last_order: customer.as_ref().and_then(|it| it.activity.last_order_day),
        channels,
        topics: customer.as_ref().map(topic_statuses).unwrap_or_default(),
        pause: customer.as_ref().and_then(|it| it.pause.clone().filter(|it| it.is_in_force(now))),
        caps: caps_in_use(&policy, &records, revoke, now),
        records_total: records.len() as u64,
        records: records
            .iter()
            .take(MAX_RECORDS)
            .map(|record| record_view(record, revoke(&record.campaign), now))
            .collect(),
        placed_orders: orders.iter().map(order_summary).collect(),
        timeline: lines,
        customer_id: customer.as_ref().map_or(id, |it| it.id.clone()),
    };
    Ok(Diagnosis { customer, records, view })
}

pub fn parse_customer_id(text: &str) -> ApiResult<CustomerId> {
    CustomerId::parse(text)
        .map_err(|error| Problem::bad_request("invalid_customer_id", error.to_string()))
}

pub async fn find_customer(
    context: &OperationsContext,
    id: &CustomerId,
) -> ApiResult<(KnownCustomer, Option<Customer>)> {
    Ok(match context.store.customer(id).await.map_err(store_problem)? {
        CustomerLookup::Customer(customer) => (KnownCustomer::Active, Some(*customer)),
        CustomerLookup::Erased => (KnownCustomer::Erased, None),
        CustomerLookup::Unknown => (KnownCustomer::Unknown, None),
    })
}

/// Returns the revocations of cancelled campaigns, for those campaigns where they make a difference
/// to one of the records.
pub async fn revoke_scopes(
    context: &OperationsContext,
    records: &[Voucher],
) -> ApiResult<HashMap<CampaignId, Revocation>> {
    let campaigns: HashSet<&CampaignId> = records
        .iter()
        .filter(|record| record.can_be_revoked() || record.status == VoucherStatus::Ghost)
        .map(|record| &record.campaign)
        .collect();
    let asked = campaigns.into_iter().cloned().map(|campaign| async move {
        let summary = context.store.campaign_summary(&campaign).await.map_err(store_problem)?;
        ApiResult::Ok((campaign, summary.map_or(Revocation::default(), |summary| summary.revoke)))
    });
    stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY).try_collect().await
}

async fn channel_statuses(
    context: &OperationsContext,
    customer: &Customer,
    now: Timestamp,
) -> ApiResult<Vec<ChannelStatus>> {
    let mut keys: HashMap<Channel, Vec<AddressKey>> = HashMap::new();
    for address in customer.addresses() {
        let key = context.store.address_key(&address).await.map_err(store_problem)?;
        keys.entry(address.channel()).or_default().push(key);
    }
    let channel_status = |channel: Channel| {
        let past = customer.past_consents.iter().filter(|past| past.is_about_channel(channel));
        let reached = customer.reachable_contact(channel, &ReachQuery::without_topic(now));
        ChannelStatus {
            channel,
            reachable: reached.is_ok(),
            reason: reached.err().map(|unreachable| unreachable.code()),
            consent: customer.consents.get(&channel).cloned(),
            consent_history: past.map(|past| past.consent.clone()).collect(),
            suppression: customer.suppressions.get(&channel).cloned(),
            address_keys: keys.remove(&channel).unwrap_or_default(),
        }
    };
    Ok(Channel::ALL.into_iter().map(channel_status).collect())
}

fn topic_statuses(customer: &Customer) -> Vec<TopicStatus> {
    let status = |(scope, consent): (&TopicScope, &Consent)| {
        let subject = ConsentSubject::Topic(scope.clone());
        let past = customer.past_consents.iter().filter(|past| past.subject == subject);
        TopicStatus {
            topic: scope.topic.clone(),
            channel: scope.channel,
            consent: consent.clone(),
            consent_history: past.map(|past| past.consent.clone()).collect(),
        }
    };
    customer.topics.iter().map(status).collect()
}

fn caps_in_use(
    policy: &ContactPolicy,
    records: &[Voucher],
    revoke: impl Fn(&CampaignId) -> Revocation,
    now: Timestamp,
) -> CapsInUse {
    CapsInUse {
        messages: policy.count_recent_messages(records, now) as u64,
        messages_cap: policy.frequency_cap.map(|cap| cap.messages),
        messages_days: policy.frequency_cap.map(|cap| cap.days),
        open_offers: policy.count_open_offers(records, revoke, now) as u64,
        open_offers_cap: policy.open_offers_cap,
    }
}

fn withheld_view((channel, withheld): (Channel, &WithheldMessage)) -> WithheldView {
    WithheldView { channel, reason: withheld.reason.code(), at: withheld.at }
}

fn refusal_view((reason, refused): (&VoucherRefusal, &RefusalCount)) -> RefusalView {
    RefusalView { reason: reason.code(), count: refused.count, since: refused.since }
}

fn order_summary(order: &LedgerOrder) -> OrderSummary {
    let settlement = order.discounted.settle(&order.returns);
    let vouchers = settlement.vouchers.iter();
    let returned = vouchers.fold(MinorUnits::ZERO, |sum, it| sum.plus(it.returned));
    let state = if order.returns.cancelled {
        PlacedOrderState::Cancelled
    } else if order.returns == OrderReturns::none(&order.discounted.basket) {
        PlacedOrderState::Placed
    } else {
        PlacedOrderState::Refunded
    };
    OrderSummary {
        order_id: order.id.clone(),
        placed_at: order.placement.map(|placement| placement.at),
        currency: order.discounted.basket.currency,
        lines: order.discounted.basket.lines.len() as u64,
        revenue: settlement.revenue.units(),
        total: order.discounted.basket.total().units(),
        discount: order.discounted.discount().minus(returned).units(),
        returned: returned.units(),
        state,
        vouchers: order.discounted.vouchers.iter().map(|it| it.voucher.clone()).collect(),
        taken: vouchers_taken(order, &settlement),
    }
}

fn vouchers_taken(order: &LedgerOrder, settlement: &OrderSettlement) -> Vec<VoucherDiscount> {
    let applied = order.discounted.vouchers.iter().zip(&settlement.vouchers);
    let taken = applied.map(|(voucher, settled)| VoucherDiscount {
        voucher_id: voucher.voucher.clone(),
        campaign_id: voucher.campaign.clone(),
        discount: voucher.amounts.total().minus(settled.returned).units(),
        returned: settled.returned.units(),
        reversed_because: voucher.reversed_because.clone(),
    });
    taken.collect()
}

pub fn record_view(record: &Voucher, revoke: Revocation, now: Timestamp) -> RecordView {
    let outcome = record.outcome.unwrap_or_default();
    let end = match record.status {
        VoucherStatus::Accepted | VoucherStatus::Redeemed | VoucherStatus::Reversed => {
            record.redeem_by.unwrap_or(record.accept_by)
        }
        VoucherStatus::Issued
        | VoucherStatus::Declined
        | VoucherStatus::Expired
        | VoucherStatus::Revoked
        | VoucherStatus::Ghost
        | VoucherStatus::Skipped
        | VoucherStatus::Failed => record.accept_by,
    };
    RecordView {
        voucher_id: record.id.clone(),
        campaign_id: record.campaign.clone(),
        occurrence: record.occurrence.clone(),
        status: record.status_at(revoke, now),
        variant: record.variant.as_ref().map(|tag| tag.name.clone()),
        reason: record.skip.map(SkipReason::code),
        at: record.issued_at,
        until: end,
        undeliverable: record.undeliverable.clone(),
        withheld: record.withheld_messages().map(withheld_view).collect(),
        refusals: record.refusals.iter().map(refusal_view).collect(),
        orders: outcome.orders,
        spend: outcome.spend.units(),
    }
}
