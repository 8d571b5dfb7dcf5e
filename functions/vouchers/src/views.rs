//! Request and response bodies of the vouchers API.

use domain::{
    Timestamp,
    campaign::{
        basket::{Basket, OrderAmounts},
        definition::Definition,
        messages::wording::{Typesetting, Wording},
        offer::{DiscountRefusal, Offer, OfferScope},
        redeeming::Revocation,
    },
    kernel::{
        id::{CampaignId, CustomerId, HoldKey, LineId, OrderEventId, OrderId, VoucherId},
        money::{Currency, MinorUnits, Money},
    },
    voucher::{
        combination::{BestCombination, VoucherDiscount},
        order::DiscountedOrder,
        order_event::LedgerOrder,
        record::{Voucher, VoucherStatus},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::quote::QuotedVoucher;

/// A voucher as its customer may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherView {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub customer_id: CustomerId,
    pub status: VoucherStatus,
    /// The campaign's name.
    pub title: String,
    /// The benefit in the customer's language: `€5 off`. Only the wallet has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub offer_text: Option<String>,
    /// The minimum basket as the customer writes it: `€25`. Only the wallet has it, if there is
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub minimum_basket_text: Option<String>,
    pub minimum_basket: Option<Money>,
    /// The goods that the offer applies to; an empty list is everything.
    pub scope: OfferScope,
    pub first_order_only: bool,
    /// The groups of offers that it combines with on one order; without any it stands alone.
    pub combines_with: Vec<String>,
    /// The time at which the voucher can no longer be accepted or redeemed.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// The place in the wallet in which to show it, from 1: what can be used first, and then what
    /// ends soonest. Only the wallet has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rank: Option<usize>,
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
            title: definition.name.clone(),
            offer_text: None,
            minimum_basket_text: None,
            minimum_basket: definition.offer.minimum_basket,
            scope: definition.offer.scope.clone(),
            first_order_only: definition.offer.first_order_only,
            combines_with: definition.offer.combination.with.clone(),
            ends_at: voucher.ends_at(),
            rank: None,
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

    /// Returns the view with its texts in the words of the customer.
    #[must_use]
    pub fn in_words(self, offer: &Offer, wording: &Wording) -> Self {
        let money = |money| wording.money(money, Typesetting::Full);
        Self {
            offer_text: Some(wording.offer(offer, Typesetting::Full)),
            minimum_basket_text: offer.minimum_basket.map(money),
            ..self
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

/// An amount of one line of the basket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LineDiscount)]
pub struct LineAmount {
    pub id: LineId,
    pub amount: MinorUnits,
}

/// The amounts that one voucher takes off an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppliedVoucher)]
pub struct AppliedVoucherView {
    pub voucher_id: VoucherId,
    pub discount: Money,
    /// The part of each line; lines without a part are left out.
    pub lines: Vec<LineAmount>,
    /// The part of the delivery fee.
    pub delivery_fee: MinorUnits,
}

impl AppliedVoucherView {
    pub fn new(basket: &Basket, voucher: &VoucherId, amounts: &OrderAmounts) -> Self {
        let lines = basket.lines.iter().zip(&amounts.lines);
        let lines = lines.filter(|(_, amount)| **amount > MinorUnits::ZERO);
        Self {
            voucher_id: voucher.clone(),
            discount: Money::new(amounts.total(), basket.currency),
            lines: lines
                .map(|(line, amount)| LineAmount { id: line.id.clone(), amount: *amount })
                .collect(),
            delivery_fee: amounts.fee,
        }
    }
}

fn total_discount<'a>(
    currency: Currency,
    discounts: impl Iterator<Item = &'a OrderAmounts>,
) -> Money {
    let sum = discounts.fold(MinorUnits::ZERO, |sum, amounts| sum.plus(amounts.total()));
    Money::new(sum, currency)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    pub basket: Basket,
    /// The key of this checkout's hold, if it has one: what another checkout holds does not apply.
    #[serde(default)]
    #[schema(nullable = false)]
    pub hold_key: Option<HoldKey>,
}

/// The customer's open vouchers on a basket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quote {
    /// Vouchers that apply come first, and then those that end soonest.
    pub vouchers: Vec<QuotedVoucherView>,
    /// The vouchers that together save the most; of those that save as much, what ends soonest.
    pub best: BestVouchers,
}

/// A voucher on a basket, as if it were the only one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotedVoucher)]
pub struct QuotedVoucherView {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub status: VoucherStatus,
    pub applicable: bool,
    /// The amounts that it takes off, or `null` if it does not apply.
    pub applied: Option<AppliedVoucherView>,
    /// Why it does not apply: `not_accepted`, `not_yet_valid`, `held_by_another_checkout`,
    /// `redeemed_cap_reached`, `basket_below_minimum`, `basket_out_of_scope`, ...
    pub hint: Option<&'static str>,
    /// The amount that the lines in scope are short of the minimum basket.
    pub missing: Option<Money>,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BestVouchers {
    /// In the order in which the discounts are taken off; empty if none applies.
    pub vouchers: Vec<AppliedVoucherView>,
    pub discount: Money,
    /// False if there were more sets than are priced; then a better one may exist.
    pub exhaustive: bool,
}

impl QuotedVoucherView {
    fn new(basket: &Basket, quoted: &QuotedVoucher<'_>) -> Self {
        let voucher = quoted.voucher.voucher;
        let (applied, hint) = match &quoted.priced {
            Ok(discount) => {
                (Some(AppliedVoucherView::new(basket, &voucher.id, &discount.amounts)), None)
            }
            Err(hint) => (None, Some(*hint)),
        };
        let offer = &quoted.voucher.conditions.definition.offer;
        let is_below = hint.and_then(|hint| hint.refusal) == Some(DiscountRefusal::BelowMinimum);
        let missing = offer.missing_to_minimum(basket).filter(|_| is_below);
        let missing = missing.map(|missing| Money::new(missing, basket.currency));
        Self {
            voucher_id: voucher.id.clone(),
            campaign_id: voucher.campaign.clone(),
            status: quoted.status,
            applicable: applied.is_some(),
            applied,
            hint: hint.map(|hint| hint.code),
            missing,
            ends_at: voucher.ends_at(),
        }
    }
}

impl Quote {
    pub(crate) fn new(
        basket: &Basket,
        quoted: &[QuotedVoucher<'_>],
        best: &BestCombination,
    ) -> Self {
        let together = best.discounts.iter();
        Self {
            vouchers: quoted.iter().map(|it| QuotedVoucherView::new(basket, it)).collect(),
            best: BestVouchers {
                discount: total_discount(basket.currency, together.clone().map(|it| &it.amounts)),
                vouchers: together
                    .map(|it| AppliedVoucherView::new(basket, &it.voucher, &it.amounts))
                    .collect(),
                exhaustive: best.is_exhaustive,
            },
        }
    }
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
    /// 1 to 8, and at most as many as the tenant allows on one order.
    pub vouchers: Vec<VoucherId>,
    pub basket: Basket,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldVouchers {
    pub hold_key: HoldKey,
    #[schema(value_type = String, format = DateTime)]
    pub held_until: Timestamp,
    /// The amount that all of them take off this basket.
    pub discount: Money,
    pub vouchers: Vec<AppliedVoucherView>,
}

impl HeldVouchers {
    pub(crate) fn new<'a>(
        request: &HoldRequest,
        held_until: Timestamp,
        held: impl Iterator<Item = &'a VoucherDiscount> + Clone,
    ) -> Self {
        let basket = &request.basket;
        Self {
            hold_key: request.hold_key.clone(),
            held_until,
            discount: total_discount(basket.currency, held.clone().map(|it| &it.amounts)),
            vouchers: held
                .map(|it| AppliedVoucherView::new(basket, &it.voucher, &it.amounts))
                .collect(),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    pub hold_key: HoldKey,
    pub vouchers: Vec<VoucherId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedVouchers {
    pub vouchers: Vec<ReleasedVoucher>,
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
    /// 1 to 8, and at most as many as the tenant allows on one order.
    pub vouchers: Vec<VoucherId>,
    pub basket: Basket,
    /// The key of the hold, if this checkout has one.
    #[serde(default)]
    #[schema(nullable = false)]
    pub hold_key: Option<HoldKey>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RedeemedOrder {
    pub order_id: OrderId,
    /// The amount to take off the order.
    pub discount: Money,
    /// In the order in which the discounts are taken off.
    pub vouchers: Vec<AppliedVoucherView>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub redeemed_at: Option<Timestamp>,
    /// True if this order had redeemed them before, and this is the same answer again.
    pub repeat: bool,
}

impl RedeemedOrder {
    pub fn new(order: &LedgerOrder, repeat: bool) -> Self {
        let DiscountedOrder { basket, vouchers, .. } = &order.discounted;
        Self {
            order_id: order.id.clone(),
            discount: Money::new(order.discounted.discount(), basket.currency),
            vouchers: vouchers
                .iter()
                .map(|it| AppliedVoucherView::new(basket, &it.voucher, &it.amounts))
                .collect(),
            redeemed_at: order.redeemed_at,
            repeat,
        }
    }
}

/// Takes a voucher off an order by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseRequest {
    /// The caller's id of this reversal: the same again is a repeat.
    pub event_id: OrderEventId,
    pub order_id: OrderId,
    /// Why support does this, 1 to 200 bytes. It is kept with the voucher on the order, and the
    /// customer's diagnostics show it.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReversalView {
    pub voucher_id: VoucherId,
    pub order_id: OrderId,
    /// The part of the discount taken back: all of it.
    pub returned: Money,
    /// True if this reversal was recorded before.
    pub repeat: bool,
}

impl ReversalView {
    pub fn new(order: &LedgerOrder, voucher: &VoucherId, repeat: bool) -> Option<Self> {
        let settled = order.settle().vouchers;
        let mut vouchers = order.discounted.vouchers.iter().zip(settled);
        let (_, settled) = vouchers.find(|(applied, _)| applied.voucher == *voucher)?;
        Some(Self {
            voucher_id: voucher.clone(),
            order_id: order.id.clone(),
            returned: Money::new(settled.returned, order.discounted.basket.currency),
            repeat,
        })
    }
}
