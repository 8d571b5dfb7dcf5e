//! Decides how the events of an order change it: placed, edited, cancelled, refunded, and a voucher
//! taken off by support.
//!
//! Each event has an id of its own. The same id with the same content is a repeat and changes
//! nothing, whatever has happened since; with other content it is refused. What an event means for
//! the vouchers on the order follows from the order's settlement before and after it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    campaign::{
        basket::{Basket, OrderAmounts},
        definition::OnCancel,
    },
    customer::{
        orders::CountedOrder,
        profile::{Customer, MAX_VERTICALS},
    },
    kernel::{
        id::{CampaignId, CustomerId, LineId, OrderEventId, OrderId, VoucherId},
        money::{Currency, MinorUnits},
    },
    voucher::{
        order::{
            AppliedVoucher, DiscountedOrder, OrderReturns, OrderSettlement, ReturnRefusal,
            VoucherSettlement, split,
        },
        record::{Redemption, VoucherStatus},
    },
};

/// Most events of one order: as many refunds as an order has lines, and the others.
pub const MAX_ORDER_EVENTS: usize = 250;
/// Further events with which an order that has all of these can still be cancelled: however long
/// its history, what was called off gives its vouchers back.
const LAST_CANCELLATIONS: usize = 50;
/// Maximum time by which the app backend's clock may be ahead of ours.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Maximum size of the reason that support gives, in bytes.
pub const MAX_REASON: usize = 200;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OrderStage {
    /// Vouchers were redeemed on it. It counts for its customer once it is placed.
    Redeemed,
    Placed,
    /// A payment that failed, or an order that was called off. The same order may be redeemed
    /// again.
    Cancelled,
}

/// The order as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerOrder {
    pub id: OrderId,
    pub buyer: CustomerId,
    pub stage: OrderStage,
    pub discounted: DiscountedOrder,
    pub returns: OrderReturns,
    /// The time at which vouchers were redeemed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeemed_at: Option<Timestamp>,
    /// The request that redeemed them. The same request again redeems nothing, also after the order
    /// was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeem_request: Option<String>,
    /// The digest of the basket on which they were redeemed, once an edit has changed it: a repeat
    /// of the redemption is told by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeemed_basket: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// The events heard so far, with the digest of each one's content.
    pub events: BTreeMap<OrderEventId, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub at: Timestamp,
    /// The customer's calendar day when the order was placed. A later move to another time zone
    /// does not change it.
    pub day: Date,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    pub event: OrderEventId,
    pub order: OrderId,
    pub customer: CustomerId,
    pub at: Timestamp,
    /// The cart that was ordered, if a placed order names it.
    pub cart: Option<String>,
    pub change: OrderChange,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderChange {
    Placed {
        basket: Basket,
    },
    /// Other goods are delivered than were ordered. The discounts follow by the offers' own rules.
    Edited {
        basket: Basket,
    },
    Cancelled,
    Refunded(Refund),
    /// Support takes a voucher off the order, with the reason.
    VoucherReversed {
        voucher: VoucherId,
        reason: String,
    },
}

/// The parts of an order that come back with one refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    pub currency: Currency,
    /// The price before discounts of what is returned of each line.
    pub lines: BTreeMap<LineId, MinorUnits>,
    /// The part of the delivery fee.
    pub delivery_fee: MinorUnits,
    /// Money beside that, which belongs to no line.
    pub amount: MinorUnits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderRefusal {
    /// The order is another customer's.
    OtherBuyer,
    /// The event's id was heard with other content.
    EventReused,
    /// The event is more than [`MAX_AHEAD`] in the future.
    InTheFuture,
    /// The amounts are not in the expected currency: the order's, or else the customer's.
    WrongCurrency {
        expected: Currency,
    },
    /// The customer has live orders in too many other verticals.
    TooManyVerticals,
    /// The order was placed before, by another event.
    AlreadyPlaced,
    /// Vouchers were redeemed on another basket than the one that was placed.
    OtherBasket,
    NotPlaced,
    Cancelled,
    /// Everything was given back: there is nothing to edit.
    GivenBack,
    /// A refund of nothing.
    NothingRefunded,
    UnknownLine(LineId),
    /// A line was returned, and the edited order has less of it.
    ReturnedLine(LineId),
    Returns(ReturnRefusal),
    /// The voucher is not redeemed on this order, or no longer.
    VoucherNotRedeemed,
    TooManyEvents,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderDecision {
    /// The event was heard before.
    Repeat,
    Refuse(OrderRefusal),
    Record(Box<OrderUpdate>),
}

/// The order after an event, and what changes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderUpdate {
    pub order: LedgerOrder,
    pub before: OrderSettlement,
    pub after: OrderSettlement,
    /// The order as it counted in the customer's totals before, and as it counts now.
    pub counted_before: Option<CountedOrder>,
    pub counted: Option<CountedOrder>,
    /// The vouchers whose redemption changes.
    pub vouchers: Vec<RedemptionChange>,
}

/// The change of a voucher that comes with a change of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedemptionChange {
    pub voucher: VoucherId,
    pub campaign: CampaignId,
    pub before: Redemption,
    pub after: Redemption,
    /// The status of a voucher that the event frees, or `None` if it stays redeemed.
    pub freed_to: Option<VoucherStatus>,
    /// The charge to the campaign's cap on redeemed amounts; below zero, the cap gets it back.
    pub cap_charge: i64,
}

impl OrderEvent {
    /// Returns a digest of everything that the event says, but for its id.
    pub fn digest(&self) -> String {
        let content =
            serde_json::json!([self.order, self.customer, self.at, self.cart, self.change]);
        let hash = Sha256::digest(content.to_string().as_bytes());
        data_encoding::HEXLOWER.encode(hash.get(..16).unwrap_or_default())
    }
}

impl LedgerOrder {
    fn new(event: &OrderEvent, basket: &Basket) -> Self {
        Self {
            id: event.order.clone(),
            buyer: event.customer.clone(),
            stage: OrderStage::Redeemed,
            discounted: DiscountedOrder {
                basket: basket.clone(),
                percent_of: Default::default(),
                vouchers: Vec::new(),
            },
            returns: OrderReturns::none(basket),
            redeemed_at: None,
            redeem_request: None,
            redeemed_basket: None,
            placement: None,
            events: BTreeMap::new(),
        }
    }

    /// Returns true if the vouchers were redeemed on a basket of this content.
    pub fn was_redeemed_on(&self, basket: &Basket) -> bool {
        match &self.redeemed_basket {
            Some(digest) => *digest == basket.content_digest(),
            None => self.discounted.basket.has_same_content(basket),
        }
    }

    /// Returns what is booked of the order.
    pub fn settle(&self) -> OrderSettlement {
        self.discounted.settle(&self.returns)
    }

    /// Returns the order's vouchers that are still redeemed on it.
    pub fn live_vouchers(&self) -> impl Iterator<Item = (&AppliedVoucher, VoucherSettlement)> {
        let settled = self.settle().vouchers;
        let vouchers = self.discounted.vouchers.iter().zip(settled);
        vouchers.filter(|(_, settled)| !settled.is_freed)
    }

    /// Returns the redemption that a voucher of this order keeps.
    pub fn redemption(
        &self,
        voucher: &AppliedVoucher,
        settled: VoucherSettlement,
    ) -> Option<Redemption> {
        Some(Redemption {
            order: self.id.clone(),
            at: self.redeemed_at?,
            discount: voucher.amounts.total(),
            returned: settled.returned,
            revenue: settled.revenue,
        })
    }

    /// Returns what the order counts for in its customer's totals: nothing until it is placed, and
    /// nothing once it is cancelled. Its revenue is shared by the verticals of its lines, in
    /// proportion to what each line costs after discounts and returns.
    pub fn counted(&self) -> Option<CountedOrder> {
        let placement = self.placement.filter(|_| self.stage == OrderStage::Placed)?;
        let revenue = self.settle().revenue;
        let mut weights = self.discounted.kept_prices(&self.returns);
        // A fee alone counts for the vertical of the first line.
        if weights.iter().all(|it| *it == MinorUnits::ZERO)
            && let Some(first) = weights.first_mut()
        {
            *first = revenue;
        }
        let mut verticals = BTreeMap::<String, MinorUnits>::new();
        let parts = split(revenue, &weights);
        for (line, part) in self.discounted.basket.lines.iter().zip(parts) {
            let sum = verticals.entry(line.vertical.clone()).or_default();
            *sum = sum.plus(part);
        }
        let currency = self.discounted.basket.currency;
        Some(CountedOrder { placed_at: placement.at, day: placement.day, currency, verticals })
    }

    /// Returns true if all goods and the fee came back, or all money that was paid for what did
    /// not.
    fn is_given_back(&self) -> bool {
        self.returns.prices == OrderAmounts::of(&self.discounted.basket)
            || self.discounted.is_paid_back(&self.returns)
    }
}

/// Decides how an event changes the order, if there is one. `tenant` is the currency of customers
/// without their own.
pub fn decide_order_event(
    stored: Option<&LedgerOrder>,
    event: &OrderEvent,
    customer: &Customer,
    tenant: Currency,
    now: Timestamp,
) -> OrderDecision {
    let digest = event.digest();
    if let Some(order) = stored {
        if order.buyer != event.customer && !customer.is_known_as(&order.buyer) {
            return OrderDecision::Refuse(OrderRefusal::OtherBuyer);
        }
        match order.events.get(&event.event) {
            Some(known) if *known == digest => return OrderDecision::Repeat,
            Some(_) => return OrderDecision::Refuse(OrderRefusal::EventReused),
            None if order.events.len() >= event.most_before() => {
                return OrderDecision::Refuse(OrderRefusal::TooManyEvents);
            }
            None => {}
        }
    }
    if event.at.duration_since(now) > MAX_AHEAD {
        return OrderDecision::Refuse(OrderRefusal::InTheFuture);
    }
    let currency = customer.profile.currency.unwrap_or(tenant);
    let applied = event.check_currency(stored, currency);
    match applied.and_then(|()| apply_event(stored, event, customer)) {
        Err(refusal) => OrderDecision::Refuse(refusal),
        Ok(mut order) => {
            order.events.insert(event.event.clone(), digest);
            let update = OrderUpdate::new(stored, order);
            if update.counts_in_too_many_verticals(customer) {
                return OrderDecision::Refuse(OrderRefusal::TooManyVerticals);
            }
            OrderDecision::Record(Box::new(update))
        }
    }
}

impl OrderEvent {
    /// Returns the number of events from which on an order hears this one no more.
    fn most_before(&self) -> usize {
        match self.change {
            OrderChange::Cancelled => MAX_ORDER_EVENTS + LAST_CANCELLATIONS,
            OrderChange::Placed { .. }
            | OrderChange::Edited { .. }
            | OrderChange::Refunded(_)
            | OrderChange::VoucherReversed { .. } => MAX_ORDER_EVENTS,
        }
    }

    /// Checks that the amounts are in the order's currency, which stays what it was; and that an
    /// order that is placed, with which it begins to count, is in the customer's. That may have
    /// been changed since vouchers were held or redeemed on the order.
    fn check_currency(
        &self,
        stored: Option<&LedgerOrder>,
        customers: Currency,
    ) -> Result<(), OrderRefusal> {
        let expected = stored.map_or(customers, |order| order.discounted.basket.currency);
        let found = match &self.change {
            OrderChange::Placed { basket } | OrderChange::Edited { basket } => basket.currency,
            OrderChange::Refunded(refund) => refund.currency,
            OrderChange::Cancelled | OrderChange::VoucherReversed { .. } => expected,
        };
        if found != expected {
            return Err(OrderRefusal::WrongCurrency { expected });
        }
        match self.change {
            OrderChange::Placed { .. } if found != customers => {
                Err(OrderRefusal::WrongCurrency { expected: customers })
            }
            OrderChange::Placed { .. }
            | OrderChange::Edited { .. }
            | OrderChange::Refunded(_)
            | OrderChange::Cancelled
            | OrderChange::VoucherReversed { .. } => Ok(()),
        }
    }
}

impl OrderUpdate {
    fn new(stored: Option<&LedgerOrder>, order: LedgerOrder) -> Self {
        let nothing = OrderSettlement { revenue: MinorUnits::ZERO, vouchers: Vec::new() };
        let before = stored.map_or(nothing, LedgerOrder::settle);
        let after = order.settle();
        let changes = stored.map(|stored| redemption_changes(stored, &before, &order, &after));
        Self {
            counted_before: stored.and_then(LedgerOrder::counted),
            counted: order.counted(),
            vouchers: changes.unwrap_or_default(),
            order,
            before,
            after,
        }
    }

    fn counts_in_too_many_verticals(&self, customer: &Customer) -> bool {
        let Some(counted) = &self.counted else { return false };
        let names: BTreeSet<&String> =
            customer.verticals.keys().chain(counted.verticals.keys()).collect();
        let is_new = counted.verticals.keys().any(|name| !customer.verticals.contains_key(name));
        is_new && names.len() > MAX_VERTICALS
    }
}

/// Returns the changes of the vouchers that were still redeemed on the order. One that was freed
/// may be on another order by now, and changes no more.
fn redemption_changes(
    stored: &LedgerOrder,
    before: &OrderSettlement,
    order: &LedgerOrder,
    after: &OrderSettlement,
) -> Vec<RedemptionChange> {
    let then = stored.discounted.vouchers.iter().zip(&before.vouchers);
    let now = order.discounted.vouchers.iter().zip(&after.vouchers);
    let changes = then.zip(now).filter(|((_, settled), _)| !settled.is_freed);
    let changes = changes.filter_map(|((was, was_settled), (is, is_settled))| {
        let before = stored.redemption(was, *was_settled)?;
        let after = order.redemption(is, *is_settled)?;
        let kept = |it: &Redemption| it.discount.minus(it.returned).units();
        let cap_charge = if is.terms.is_capped { kept(&after) - kept(&before) } else { 0 };
        let freed_to = is_settled.is_freed.then(|| freed_status(is));
        let (voucher, campaign) = (is.voucher.clone(), is.campaign.clone());
        Some(RedemptionChange { voucher, campaign, before, after, freed_to, cap_charge })
    });
    changes.filter(|it| it.before != it.after || it.freed_to.is_some()).collect()
}

/// Returns the status of a voucher that is no longer redeemed.
fn freed_status(voucher: &AppliedVoucher) -> VoucherStatus {
    match voucher.terms.reversal.on_cancel {
        OnCancel::Reissue => VoucherStatus::Accepted,
        OnCancel::Burn => VoucherStatus::Reversed,
    }
}

fn apply_event(
    stored: Option<&LedgerOrder>,
    event: &OrderEvent,
    customer: &Customer,
) -> Result<LedgerOrder, OrderRefusal> {
    let placement = Placement { at: event.at, day: customer.today(event.at) };
    let Some(order) = stored else {
        let OrderChange::Placed { basket } = &event.change else {
            return Err(OrderRefusal::NotPlaced);
        };
        let mut order = LedgerOrder::new(event, basket);
        (order.stage, order.placement) = (OrderStage::Placed, Some(placement));
        return Ok(order);
    };
    match &event.change {
        OrderChange::Placed { basket } => match order.stage {
            OrderStage::Placed => Err(OrderRefusal::AlreadyPlaced),
            OrderStage::Cancelled => Err(OrderRefusal::Cancelled),
            OrderStage::Redeemed if !order.discounted.basket.has_same_content(basket) => {
                Err(OrderRefusal::OtherBasket)
            }
            OrderStage::Redeemed => {
                let mut order = order.clone();
                (order.stage, order.placement) = (OrderStage::Placed, Some(placement));
                Ok(order)
            }
        },
        OrderChange::Cancelled => {
            let mut order = order.clone();
            order.stage = OrderStage::Cancelled;
            order.returns.cancelled = true;
            Ok(order)
        }
        OrderChange::Edited { basket } => {
            order.require_placed()?;
            order.edited(basket)
        }
        OrderChange::Refunded(refund) => {
            order.require_placed()?;
            order.refunded(refund)
        }
        OrderChange::VoucherReversed { voucher, reason } => order.without(voucher, reason),
    }
}

impl LedgerOrder {
    fn require_placed(&self) -> Result<(), OrderRefusal> {
        match self.stage {
            OrderStage::Placed => Ok(()),
            OrderStage::Redeemed => Err(OrderRefusal::NotPlaced),
            OrderStage::Cancelled => Err(OrderRefusal::Cancelled),
        }
    }

    fn without(&self, voucher: &VoucherId, reason: &str) -> Result<Self, OrderRefusal> {
        if !self.live_vouchers().any(|(applied, _)| applied.voucher == *voucher) {
            return Err(OrderRefusal::VoucherNotRedeemed);
        }
        let mut order = self.clone();
        for applied in order.discounted.vouchers.iter_mut().filter(|it| it.voucher == *voucher) {
            applied.reversed_because = Some(reason.to_owned());
        }
        Ok(order)
    }

    fn refunded(&self, refund: &Refund) -> Result<Self, OrderRefusal> {
        let all = refund.lines.values().fold(refund.delivery_fee, |sum, units| sum.plus(*units));
        if all.plus(refund.amount) == MinorUnits::ZERO {
            return Err(OrderRefusal::NothingRefunded);
        }
        let mut order = self.clone();
        let returns = &mut order.returns;
        for (line, units) in &refund.lines {
            let number = self.line_number(line)?;
            if let Some(back) = returns.prices.lines.get_mut(number) {
                *back = back.plus(*units);
            }
        }
        returns.prices.fee = returns.prices.fee.plus(refund.delivery_fee);
        returns.amount = returns.amount.plus(refund.amount);
        order.discounted.check_returns(&order.returns).map_err(OrderRefusal::Returns)?;
        Ok(order)
    }

    fn line_number(&self, line: &LineId) -> Result<usize, OrderRefusal> {
        let lines = &self.discounted.basket.lines;
        let found = lines.iter().position(|it| it.id == *line);
        found.ok_or_else(|| OrderRefusal::UnknownLine(line.clone()))
    }

    /// Returns the order with other lines. What was returned of a line stays returned, and each
    /// voucher takes what its offer gives on the new lines, in the same turn as before; one that
    /// gives nothing any more is freed by the settlement. Only the checkout knew if it was the
    /// customer's first order, so an edit does not change that.
    fn edited(&self, basket: &Basket) -> Result<Self, OrderRefusal> {
        if self.is_given_back() {
            return Err(OrderRefusal::GivenBack);
        }
        let mut order = self.clone();
        if !self.discounted.vouchers.is_empty() {
            let redeemed_on = || self.discounted.basket.content_digest();
            order.redeemed_basket.get_or_insert_with(redeemed_on);
        }
        order.returns = self.returns_of(basket)?;
        let first_order = self.discounted.basket.first_order;
        order.discounted.basket = Basket { first_order, ..basket.clone() };
        let settled = self.settle().vouchers;
        order.discounted.edit(&settled, &order.returns);
        order.discounted.check_returns(&order.returns).map_err(|refusal| match refusal {
            ReturnRefusal::MoreOfLine(number) => match basket.lines.get(number) {
                Some(line) => OrderRefusal::ReturnedLine(line.id.clone()),
                None => OrderRefusal::Returns(refusal),
            },
            ReturnRefusal::MoreOfFee | ReturnRefusal::MoreThanPaid => {
                OrderRefusal::Returns(refusal)
            }
        })?;
        Ok(order)
    }

    /// Returns what has come back so far, by the lines of the edited basket.
    fn returns_of(&self, basket: &Basket) -> Result<OrderReturns, OrderRefusal> {
        let mut returns =
            OrderReturns { amount: self.returns.amount, ..OrderReturns::none(basket) };
        returns.prices.fee = self.returns.prices.fee;
        for (line, back) in self.discounted.basket.lines.iter().zip(&self.returns.prices.lines) {
            let number = basket.lines.iter().position(|it| it.id == line.id);
            match number.and_then(|number| returns.prices.lines.get_mut(number)) {
                Some(place) => *place = *back,
                None if *back == MinorUnits::ZERO => {}
                None => return Err(OrderRefusal::ReturnedLine(line.id.clone())),
            }
        }
        Ok(returns)
    }
}

#[cfg(test)]
mod tests;
