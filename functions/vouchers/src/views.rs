//! Request and response bodies of the vouchers API.

use domain::{
    Timestamp,
    campaign::{definition::Definition, offer::Basket, redeeming::Revocation},
    kernel::{
        id::{CampaignId, CustomerId, HoldKey, OrderId, RefundId, VoucherId},
        money::{Currency, Money},
        validation::{FieldError, parse_json, parse_value},
    },
    voucher::record::{Redemption, Voucher, VoucherStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A voucher as its customer may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherView {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    pub status: VoucherStatus,
    /// `5.00 EUR off`
    pub offer_text: String,
    pub minimum_basket: Option<Money>,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub redeemed_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub valid_from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub accept_by: Timestamp,
    /// `null` until it is known, at the acceptance at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub redeem_by: Option<Timestamp>,
    /// The discount of the redemption in force, less what refunds took back.
    pub discount: Option<Money>,
    pub order_id: Option<OrderId>,
}

impl VoucherView {
    pub fn new(
        voucher: &Voucher,
        definition: &Definition,
        revoke: Revocation,
        now: Timestamp,
    ) -> Self {
        let status = voucher.status_at(revoke, now);
        let redemption = voucher.redemption.as_ref().filter(|_| status == VoucherStatus::Redeemed);
        Self {
            voucher_id: voucher.id.clone(),
            campaign_id: voucher.campaign.clone(),
            customer_id: voucher.customer.clone(),
            status,
            offer_text: definition.offer.offer_text(),
            minimum_basket: definition.offer.minimum_basket,
            issued_at: voucher.issued_at,
            sent_at: voucher.stages.sent_at,
            delivered_at: voucher.stages.delivered_at,
            accepted_at: voucher.stages.accepted_at,
            redeemed_at: voucher.stages.redeemed_at,
            valid_from: voucher.valid_from,
            accept_by: voucher.accept_by,
            redeem_by: voucher.redeem_by,
            discount: redemption.map(|redemption| {
                Money::new(redemption.discount.minus(redemption.returned), voucher.currency)
            }),
            order_id: redemption.map(|redemption| redemption.order.clone()),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Wallet {
    /// Newest first, at most 1,000.
    pub items: Vec<VoucherView>,
}

/// The body of accept and decline: an empty object or no body.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyRequest {}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateRequest {
    pub basket: Basket,
}

/// The result of a validation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Validation {
    pub applicable: bool,
    pub discount: Option<Money>,
    /// Only reasons that follow from the basket itself: `basket_below_minimum`,
    /// `basket_out_of_scope`, `basket_other_currency`, `basket_not_first_order`.
    pub hint: Option<&'static str>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// The caller's key of this checkout: while the hold lasts, only this key can redeem or
    /// release.
    pub hold_key: HoldKey,
    /// 1 to 3600, default 600.
    #[serde(default)]
    #[schema(nullable = false)]
    pub ttl_seconds: Option<i64>,
    pub basket: Basket,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldVoucher {
    pub voucher_id: VoucherId,
    pub hold_key: HoldKey,
    #[schema(value_type = String, format = DateTime)]
    pub held_until: Timestamp,
    pub discount: Money,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    pub hold_key: HoldKey,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedVoucher {
    pub voucher_id: VoucherId,
    /// False if it was not held any more.
    pub released: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemRequest {
    pub order_id: OrderId,
    pub basket: Basket,
    /// The key of the hold, if this checkout has one.
    #[serde(default)]
    #[schema(nullable = false)]
    pub hold_key: Option<HoldKey>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RedeemedVoucher {
    pub voucher_id: VoucherId,
    pub order_id: OrderId,
    /// The amount to take off the order.
    pub discount: Money,
    #[schema(value_type = String, format = DateTime)]
    pub redeemed_at: Timestamp,
    /// True if this order had redeemed it before, and this is the same answer again.
    pub repeat: bool,
}

impl RedeemedVoucher {
    pub fn new(voucher: &Voucher, redemption: &Redemption, repeat: bool) -> Self {
        Self {
            voucher_id: voucher.id.clone(),
            order_id: redemption.order.clone(),
            discount: Money::new(redemption.discount, voucher.currency),
            redeemed_at: redemption.at,
            repeat,
        }
    }
}

/// The event that undoes the redemption; `event` names its type.
#[derive(Debug, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReverseRequest {
    Cancelled {
        order_id: OrderId,
    },
    Refunded {
        order_id: OrderId,
        refund_id: RefundId,
        /// The refunded amount of what the customer paid.
        refunded: Money,
        /// The rest of the order: below the minimum basket, the discount is taken back in full.
        #[serde(default)]
        #[schema(nullable = false)]
        remaining_basket: Option<Basket>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelledReversal {
    order_id: OrderId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundedReversal {
    order_id: OrderId,
    refund_id: RefundId,
    refunded: Money,
    #[serde(default)]
    remaining_basket: Option<Basket>,
}

impl ReverseRequest {
    /// Parses a reversal by hand, because serde's tagged enums lose the location of an error.
    pub fn parse(body: &[u8]) -> Result<Self, FieldError> {
        const EVENTS: &str = "event is cancelled or refunded";
        let mut body: Value = parse_json(body)?;
        let fields = body
            .as_object_mut()
            .ok_or_else(|| FieldError::new("", "invalid", "a reversal is an object"))?;
        let event =
            fields.remove("event").ok_or_else(|| FieldError::new("/event", "required", EVENTS))?;
        match event.as_str() {
            Some("cancelled") => {
                let CancelledReversal { order_id } = parse_value(body)?;
                Ok(Self::Cancelled { order_id })
            }
            Some("refunded") => {
                let RefundedReversal { order_id, refund_id, refunded, remaining_basket } =
                    parse_value(body)?;
                if let Some(basket) = &remaining_basket {
                    check_remaining(basket, refunded.currency)?;
                }
                Ok(Self::Refunded { order_id, refund_id, refunded, remaining_basket })
            }
            Some(_) | None => Err(FieldError::new("/event", "unknown_value", EVENTS)),
        }
    }
}

/// Validates the remaining basket, which may be empty after a full refund.
fn check_remaining(basket: &Basket, currency: Currency) -> Result<(), FieldError> {
    if !basket.lines.is_empty() {
        basket.check("/remaining_basket")?;
    }
    if basket.currency == currency {
        return Ok(());
    }
    let detail = format!("what was refunded is in {currency}");
    Err(FieldError::new("/remaining_basket/currency", "mixed_currency", detail))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReversalView {
    pub voucher_id: VoucherId,
    pub order_id: OrderId,
    /// `redeemed` after a partial refund, `accepted` if it can be used again, `reversed` if it is
    /// used up.
    pub status: VoucherStatus,
    /// The part of the discount taken back so far.
    pub returned: Money,
    /// True if this event was recorded before.
    pub repeat: bool,
}
