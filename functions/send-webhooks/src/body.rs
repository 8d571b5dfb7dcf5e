//! What an endpoint is told: the event with its own time, and the voucher as it stands when it is told. Money is in whole minor units
//! of `currency`, times are RFC 3339 in UTC. No contact, name or device of the customer: the app backend has them.

use domain::{
    Timestamp,
    announcement::{Telling, What},
    campaign::{Kind, Revoke},
    channel::Channel,
    voucher::{Redemption, Status, Voucher},
};
use serde::Serialize;

#[derive(Serialize)]
struct Told<'a> {
    #[serde(rename = "type")]
    what: What,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Voucher(Box<Shown<'a>>),
    Test { endpoint: &'a str },
}

#[derive(Serialize)]
struct Shown<'a> {
    customer_id: &'a str,
    voucher_id: &'a str,
    campaign_id: &'a str,
    kind: Kind,
    status: Status,
    currency: &'a str,
    /// The most it can cost.
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
    redemption: Option<ShownRedemption<'a>>,
}

#[derive(Serialize)]
struct ShownRedemption<'a> {
    order_id: &'a str,
    redeemed_at: Timestamp,
    discount: i64,
    revenue: i64,
    discount_returned: i64,
    revenue_refunded: i64,
}

impl<'a> From<&'a Redemption> for ShownRedemption<'a> {
    fn from(redemption: &'a Redemption) -> Self {
        Self {
            order_id: redemption.order.as_str(),
            redeemed_at: redemption.at,
            discount: redemption.discount.units(),
            revenue: redemption.revenue.units(),
            discount_returned: redemption.returned.units(),
            revenue_refunded: redemption.refunded.units(),
        }
    }
}

/// `revoke`: what the campaign's cancellation took back, which shows in the status.
pub fn of_voucher(telling: &Telling, voucher: &Voucher, revoke: Revoke, now: Timestamp) -> Result<Vec<u8>, String> {
    let stages = &voucher.stages;
    let shown = Shown {
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
        redemption: voucher.redemption.as_ref().map(ShownRedemption::from),
    };
    written(telling, Data::Voucher(Box::new(shown)))
}

pub fn of_test(telling: &Telling) -> Result<Vec<u8>, String> {
    written(telling, Data::Test { endpoint: telling.hook.as_str() })
}

fn written(telling: &Telling, data: Data<'_>) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&Told { what: telling.what, timestamp: telling.at, data }).map_err(|error| error.to_string())
}
