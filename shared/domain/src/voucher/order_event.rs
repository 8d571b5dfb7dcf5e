//! What is told of an order, once each: redeemed at the till, placed, edited, cancelled, refunded.
//!
//! Each event has an id of its own. The same id with the same content is a repeat and changes
//! nothing, whatever has happened since; with other content it is refused. What an event means for
//! the vouchers on the order follows from the order's settlement before and after it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    campaign::basket::{Basket, OrderAmounts},
    kernel::{
        id::{CustomerId, LineId, OrderEventId, OrderId, VoucherId},
        money::MinorUnits,
    },
    voucher::{
        combination::{CombinationPolicy, CombinationRefusal},
        order::{DiscountedOrder, OrderReturns, OrderSettlement, ReturnRefusal, ReturnTerms},
    },
};

/// Most events of one order: as many refunds as an order has lines, and the others.
pub const MAX_ORDER_EVENTS: usize = 250;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStage {
    /// Vouchers were redeemed on it. It counts once it is placed.
    Redeemed,
    Placed,
    /// A payment that failed, or an order that was called off. The same order may be redeemed again.
    Cancelled,
}

/// The order as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerOrder {
    pub id: OrderId,
    pub buyer: CustomerId,
    pub stage: OrderStage,
    pub discounted: DiscountedOrder,
    pub returns: OrderReturns,
    pub placed_at: Option<Timestamp>,
    /// The events heard so far, with the digest of each one's content.
    pub events: BTreeMap<OrderEventId, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    pub event: OrderEventId,
    pub order: OrderId,
    pub customer: CustomerId,
    pub at: Timestamp,
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
}

/// What comes back with one refund.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Refund {
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
    /// The vouchers that this event frees.
    pub freed: Vec<VoucherId>,
}

impl OrderEvent {
    /// Returns a digest of everything that the event says, but for its id.
    pub fn digest(&self) -> String {
        let content = serde_json::json!([self.order, self.customer, self.at, self.change]);
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
            discounted: DiscountedOrder { basket: basket.clone(), vouchers: Vec::new() },
            returns: OrderReturns::none(basket),
            placed_at: None,
            events: BTreeMap::new(),
        }
    }

    /// Returns what is booked of the order. An order that was not placed has no revenue yet.
    pub fn settle(&self, terms: &[ReturnTerms<'_>]) -> OrderSettlement {
        let mut settlement = self.discounted.settle(&self.returns, terms);
        if self.stage == OrderStage::Redeemed {
            settlement.revenue = MinorUnits::ZERO;
            for voucher in &mut settlement.vouchers {
                voucher.revenue = MinorUnits::ZERO;
            }
        }
        settlement
    }

    fn is_given_back(&self) -> bool {
        self.returns.prices == OrderAmounts::of(&self.discounted.basket)
    }
}

/// Decides how an event changes the order, if there is one. `terms` are those of the vouchers on the
/// order, in their order; `policy` applies the discounts of an edited order.
pub fn decide_order_event(
    stored: Option<&LedgerOrder>,
    event: &OrderEvent,
    terms: &[ReturnTerms<'_>],
    policy: &CombinationPolicy,
) -> OrderDecision {
    let digest = event.digest();
    if let Some(order) = stored {
        if order.buyer != event.customer {
            return OrderDecision::Refuse(OrderRefusal::OtherBuyer);
        }
        match order.events.get(&event.event) {
            Some(known) if *known == digest => return OrderDecision::Repeat,
            Some(_) => return OrderDecision::Refuse(OrderRefusal::EventReused),
            None if order.events.len() >= MAX_ORDER_EVENTS => {
                return OrderDecision::Refuse(OrderRefusal::TooManyEvents);
            }
            None => {}
        }
    }
    match apply_event(stored, event, terms, policy) {
        Err(refusal) => OrderDecision::Refuse(refusal),
        Ok(mut order) => {
            order.events.insert(event.event.clone(), digest);
            OrderDecision::Record(Box::new(OrderUpdate::new(stored, order, terms)))
        }
    }
}

impl OrderUpdate {
    fn new(stored: Option<&LedgerOrder>, order: LedgerOrder, terms: &[ReturnTerms<'_>]) -> Self {
        let nothing = OrderSettlement { revenue: MinorUnits::ZERO, vouchers: Vec::new() };
        let before = stored.map_or(nothing, |order| order.settle(terms));
        let after = order.settle(terms);
        let was_freed =
            |number: usize| before.vouchers.get(number).is_some_and(|voucher| voucher.is_freed);
        let freed = order.discounted.vouchers.iter().zip(&after.vouchers).enumerate();
        let freed = freed
            .filter(|(number, (_, settled))| settled.is_freed && !was_freed(*number))
            .map(|(_, (voucher, _))| voucher.voucher.clone())
            .collect();
        Self { order, before, after, freed }
    }
}

fn apply_event(
    stored: Option<&LedgerOrder>,
    event: &OrderEvent,
    terms: &[ReturnTerms<'_>],
    policy: &CombinationPolicy,
) -> Result<LedgerOrder, OrderRefusal> {
    match (&event.change, stored) {
        (OrderChange::Placed { basket }, None) => {
            let mut order = LedgerOrder::new(event, basket);
            order.place(event.at);
            Ok(order)
        }
        (OrderChange::Placed { basket }, Some(order)) => match order.stage {
            OrderStage::Placed => Err(OrderRefusal::AlreadyPlaced),
            OrderStage::Cancelled => Err(OrderRefusal::Cancelled),
            OrderStage::Redeemed if order.discounted.basket != *basket => {
                Err(OrderRefusal::OtherBasket)
            }
            OrderStage::Redeemed => {
                let mut order = order.clone();
                order.place(event.at);
                Ok(order)
            }
        },
        (OrderChange::Edited { .. } | OrderChange::Refunded(_) | OrderChange::Cancelled, None) => {
            Err(OrderRefusal::NotPlaced)
        }
        (OrderChange::Cancelled, Some(order)) => {
            let mut order = order.clone();
            order.stage = OrderStage::Cancelled;
            order.returns.cancelled = true;
            Ok(order)
        }
        (OrderChange::Edited { basket }, Some(order)) => {
            order.require_placed()?;
            order.edited(basket, terms, policy)
        }
        (OrderChange::Refunded(refund), Some(order)) => {
            order.require_placed()?;
            order.refunded(refund)
        }
    }
}

impl LedgerOrder {
    fn place(&mut self, at: Timestamp) {
        (self.stage, self.placed_at) = (OrderStage::Placed, Some(at));
    }

    fn require_placed(&self) -> Result<(), OrderRefusal> {
        match self.stage {
            OrderStage::Placed => Ok(()),
            OrderStage::Redeemed => Err(OrderRefusal::NotPlaced),
            OrderStage::Cancelled => Err(OrderRefusal::Cancelled),
        }
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
    /// gives nothing any more is freed by the settlement.
    fn edited(
        &self,
        basket: &Basket,
        terms: &[ReturnTerms<'_>],
        policy: &CombinationPolicy,
    ) -> Result<Self, OrderRefusal> {
        if self.is_given_back() {
            return Err(OrderRefusal::GivenBack);
        }
        let mut order = self.clone();
        order.returns = OrderReturns { amount: self.returns.amount, ..OrderReturns::none(basket) };
        order.returns.prices.fee = self.returns.prices.fee;
        for (line, back) in self.discounted.basket.lines.iter().zip(&self.returns.prices.lines) {
            let number = basket.lines.iter().position(|it| it.id == line.id);
            match number.and_then(|number| order.returns.prices.lines.get_mut(number)) {
                Some(place) => *place = *back,
                None if *back == MinorUnits::ZERO => {}
                None => return Err(OrderRefusal::ReturnedLine(line.id.clone())),
            }
        }
        order.discounted.basket = basket.clone();
        let mut left = OrderAmounts::of(basket);
        let nothing = OrderAmounts {
            lines: vec![MinorUnits::ZERO; basket.lines.len()],
            fee: MinorUnits::ZERO,
        };
        let settled = self.settle(terms).vouchers;
        for ((voucher, terms), settled) in
            order.discounted.vouchers.iter_mut().zip(terms).zip(settled)
        {
            // One that was freed may be on another order by now.
            let taken = match settled.is_freed {
                true => None,
                false => terms.offer.discount_lines(basket, &left, policy.percent_of).ok(),
            };
            voucher.amounts = taken.unwrap_or_else(|| nothing.clone());
            left.take_off(&voucher.amounts);
        }
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
}

/// The reason why vouchers are not redeemed on an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderRedemptionRefusal {
    OtherBuyer,
    /// Other vouchers were redeemed on the order, or on another basket.
    RedeemedOtherwise,
    /// Something of the order came back already.
    HasReturns,
    Combination(CombinationRefusal),
}

#[cfg(test)]
mod tests;
