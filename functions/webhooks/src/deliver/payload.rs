//! Builds the body of a webhook: the event with its own time, and the voucher as it is when the
//! event is sent.
//!
//! Money is in whole minor units of `currency`, and times are RFC 3339 in UTC. The body has no
//! contact, name or device of the customer, because the app backend has them.

use domain::{
    Timestamp,
    campaign::{kind::CampaignKind, redeeming::Revocation},
    kernel::channel::Channel,
    voucher::{
        record::{Redemption, Voucher, VoucherStatus},
        webhook_event::{EventDelivery, EventType},
    },
};
use serde::Serialize;

#[derive(Serialize)]
struct WebhookPayload<'a> {
    #[serde(rename = "type")]
    event_type: EventType,
    timestamp: Timestamp,
    data: PayloadData<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PayloadData<'a> {
    Voucher(Box<VoucherPayload<'a>>),
    Test { endpoint: &'a str },
}

#[derive(Serialize)]
struct VoucherPayload<'a> {
    customer_id: &'a str,
    voucher_id: &'a str,
    campaign_id: &'a str,
    kind: CampaignKind,
    status: VoucherStatus,
    currency: &'a str,
    /// The most that the voucher can cost.
    exposure: i64,
    issued_at: Timestamp,
    valid_from: Timestamp,
    accept_by: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeem_by: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_via: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declined_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiring_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reversed_at: Option<Timestamp>,
    redemptions: u32,
    reversals: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redemption: Option<RedemptionPayload<'a>>,
}

#[derive(Serialize)]
struct RedemptionPayload<'a> {
    order_id: &'a str,
    redeemed_at: Timestamp,
    discount: i64,
    revenue: i64,
    discount_returned: i64,
}

impl<'a> From<&'a Redemption> for RedemptionPayload<'a> {
    fn from(redemption: &'a Redemption) -> Self {
        Self {
            order_id: redemption.order.as_str(),
            redeemed_at: redemption.at,
            discount: redemption.discount.units(),
            revenue: redemption.revenue.units(),
            discount_returned: redemption.returned.units(),
        }
    }
}

/// Builds the body of a voucher event. `revoke` is the scope of the campaign's cancellation, which
/// shows in the status.
pub fn voucher_payload(
    event_delivery: &EventDelivery,
    voucher: &Voucher,
    revoke: Revocation,
    now: Timestamp,
) -> Result<Vec<u8>, String> {
    let stages = &voucher.stages;
    let shown = VoucherPayload {
        customer_id: voucher.customer.as_str(),
        voucher_id: voucher.id.as_str(),
        campaign_id: voucher.campaign.as_str(),
        kind: voucher.kind,
        status: voucher.status_at(revoke, now),
        currency: voucher.currency.as_str(),
        exposure: voucher.exposure.units(),
        issued_at: voucher.issued_at,
        valid_from: voucher.valid_from,
        accept_by: voucher.accept_by,
        redeem_by: voucher.redeem_by,
        delivered_at: stages.delivered_at,
        delivered_via: voucher.delivered_via,
        accepted_at: stages.accepted_at,
        declined_at: stages.declined_at,
        expiring_at: stages.expiring_at,
        expired_at: stages.expired_at,
        redeemed_at: stages.redeemed_at,
        reversed_at: stages.reversed_at,
        redemptions: voucher.redemptions,
        reversals: voucher.reversals,
        redemption: voucher.redemption.as_ref().map(RedemptionPayload::from),
    };
    serialize_payload(event_delivery, PayloadData::Voucher(Box::new(shown)))
}

pub fn test_payload(event_delivery: &EventDelivery) -> Result<Vec<u8>, String> {
    serialize_payload(event_delivery, PayloadData::Test { endpoint: event_delivery.hook.as_str() })
}

fn serialize_payload(
    event_delivery: &EventDelivery,
    data: PayloadData<'_>,
) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&WebhookPayload {
        event_type: event_delivery.what,
        timestamp: event_delivery.at,
        data,
    })
    .map_err(|error| error.to_string())
}
