//! What is known of one customer: whether each channel reaches them and why not, the caps they have used, their records, and what happened
//! when. Reads Customers, Vouchers, the campaigns of the records and the contact policy.

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
    campaign::Revoke,
    channel::Channel,
    contact_policy::ContactPolicy,
    customer::Customer,
    decision::SkipReason,
    id::{CampaignId, CustomerId},
    voucher::{Status, Voucher},
};
use futures::{StreamExt, TryStreamExt, stream};
use http_api::{Answer, Operator, Problem, Role};
use runtime::clock;
use store::customers::Found;

use crate::{
    Context,
    diagnostics_views::{CapsInUse, ChannelStand, CustomerDiagnostics, Known, RecordView},
    failed,
    timeline::timeline,
};

/// Records that are shown, and lines of the timeline.
const MAX_RECORDS: usize = 200;
const MAX_LINES: usize = 500;
/// Campaigns that are asked at once.
const CONCURRENCY: usize = 16;

/// Why this customer got what they got, and did not get what they did not.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/diagnostics/customers/{id}", tag = "operations", operation_id = "diagnose_customer",
    security(("jwt" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CustomerDiagnostics), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn customer(
    State(context): State<Arc<Context>>,
    operator: Operator,
    Path(id): Path<String>,
) -> Answer<Json<CustomerDiagnostics>> {
    operator.require(Role::Viewer)?;
    let id = customer_id(&id)?;
    let now = clock::now();
    let (known, customer) = found(&context, &id).await?;
    let mut records = context.store.vouchers_of(&id).await.map_err(failed)?;
    if records.is_empty() && known == Known::Unknown {
        return Err(Problem::not_found("customer_unknown"));
    }
    records.sort_by(|one, other| (other.issued_at, &other.id).cmp(&(one.issued_at, &one.id)));
    let policy = context.store.contact_policy().await.map_err(failed)?;
    let revokes = revokes(&context, &records).await?;
    let revoke = |campaign: &CampaignId| revokes.get(campaign).copied().unwrap_or_default();
    let mut lines = timeline(customer.as_ref(), &records);
    lines.truncate(MAX_LINES);
    Ok(Json(CustomerDiagnostics {
        known,
        zone: customer.as_ref().and_then(|it| Some(it.profile.zone.as_ref()?.as_str().to_owned())),
        orders: customer.as_ref().map_or(0, |it| it.activity.orders),
        last_order: customer.as_ref().and_then(|it| it.activity.last_order_day),
        channels: customer.as_ref().map(channels).unwrap_or_default(),
        caps: caps(&policy, &records, revoke, now),
        records_total: records.len() as u64,
        records: records.iter().take(MAX_RECORDS).map(|record| view(record, revoke(&record.campaign), now)).collect(),
        timeline: lines,
        customer_id: id,
    }))
}

pub fn customer_id(text: &str) -> Answer<CustomerId> {
    CustomerId::parse(text).map_err(|error| Problem::bad_request("invalid_customer_id", error.to_string()))
}

pub async fn found(context: &Context, id: &CustomerId) -> Answer<(Known, Option<Customer>)> {
    Ok(match context.store.customer(id).await.map_err(failed)? {
        Found::Customer(customer) => (Known::Active, Some(*customer)),
        Found::Erased => (Known::Erased, None),
        Found::Unknown => (Known::Unknown, None),
    })
}

/// What the campaigns' cancellations took back, of campaigns to whose records it makes a difference.
pub async fn revokes(context: &Context, records: &[Voucher]) -> Answer<HashMap<CampaignId, Revoke>> {
    let campaigns: HashSet<&CampaignId> =
        records.iter().filter(|record| record.can_be_revoked()).map(|record| &record.campaign).collect();
    let asked = campaigns.into_iter().cloned().map(|campaign| async move {
        let standing = context.store.campaign_state(&campaign).await.map_err(failed)?;
        Answer::Ok((campaign, standing.map_or(Revoke::None, |standing| standing.revoke)))
    });
    stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(CONCURRENCY).try_collect().await
}

fn channels(customer: &Customer) -> Vec<ChannelStand> {
    let stand = |channel: Channel| {
        let past = customer.past_consents.iter().filter(|(of, _)| *of == channel);
        ChannelStand {
            channel,
            reachable: customer.reach(channel).is_ok(),
            reason: customer.reach(channel).err().map(|unreachable| unreachable.code()),
            consent: customer.consents.get(&channel).cloned(),
            consent_history: past.map(|(_, consent)| consent.clone()).collect(),
            suppression: customer.suppressions.get(&channel).cloned(),
        }
    };
    Channel::ALL.into_iter().map(stand).collect()
}

fn caps(
    policy: &ContactPolicy,
    records: &[Voucher],
    revoke: impl Fn(&CampaignId) -> Revoke,
    now: Timestamp,
) -> CapsInUse {
    CapsInUse {
        messages: policy.messages_lately(records, now) as u64,
        messages_cap: policy.frequency_cap.map(|cap| cap.messages),
        messages_days: policy.frequency_cap.map(|cap| cap.days),
        open_offers: policy.open_offers(records, revoke, now) as u64,
        open_offers_cap: policy.open_offers_cap,
    }
}

pub fn view(record: &Voucher, revoke: Revoke, now: Timestamp) -> RecordView {
    let outcome = record.outcome.unwrap_or_default();
    let end = match record.status {
        Status::Accepted | Status::Redeemed | Status::Reversed => record.redeem_by.unwrap_or(record.accept_by),
        Status::Issued
        | Status::Declined
        | Status::Expired
        | Status::Revoked
        | Status::Ghost
        | Status::Skipped
        | Status::Failed => record.accept_by,
    };
    RecordView {
        voucher_id: record.id.clone(),
        campaign_id: record.campaign.clone(),
        occurrence: record.occurrence.clone(),
        status: record.status_at(revoke, now),
        reason: record.skip.map(SkipReason::code),
        at: record.issued_at,
        until: end,
        undeliverable: record.undeliverable.clone(),
        orders: outcome.orders,
        spend: outcome.spend.units(),
    }
}
