//! A checkout's steps on the vouchers of one order: quote, hold, release, redeem. A set of vouchers
//! is held and redeemed whole or not at all.
//!
//! These are pure decisions, for good messages and tests. The store repeats each as conditions on
//! the items, which are the guarantee. Expiry is always checked in both places and never left to a
//! clean-up.

use jiff::{SignedDuration, Timestamp};

use crate::{
    campaign::{
        basket::Basket,
        redeeming::{RedeemingState, Revocation},
    },
    kernel::{
        id::{CustomerId, HoldKey, OrderId, VoucherId},
        money::{Currency, MinorUnits},
    },
    voucher::{
        combination::{
            CombinationPolicy, CombinationRefusal, PricingRules, VoucherDiscount, VoucherOffer,
        },
        order::{AppliedTerms, AppliedVoucher, DiscountedOrder, OrderReturns},
        order_event::{LedgerOrder, OrderStage},
        record::{
            CheckoutHold, Redemption, Voucher, VoucherConditions, VoucherRefusal, VoucherStatus,
        },
    },
};

/// Maximum time for which a checkout may hold a voucher, in seconds.
pub const MAX_HOLD_SECONDS: i64 = 3_600;
pub const DEFAULT_HOLD_SECONDS: i64 = 600;

/// A voucher in a checkout, with the facts that decisions about it need.
#[derive(Debug, Clone, Copy)]
pub struct CheckoutVoucher<'a> {
    pub voucher: &'a Voucher,
    pub conditions: VoucherConditions<'a>,
}

/// The basket that a customer is about to order, and the vouchers for it.
#[derive(Debug, Clone, Copy)]
pub struct Checkout<'a> {
    pub basket: &'a Basket,
    pub vouchers: &'a [CheckoutVoucher<'a>],
    /// The checkout's key, if it held the vouchers.
    pub hold: Option<&'a HoldKey>,
    pub policy: &'a CombinationPolicy,
    /// The currency in which the customer pays.
    pub currency: Currency,
    pub now: Timestamp,
}

/// The reason why a set of vouchers is not held or redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutRefusal {
    /// One of the vouchers stands in the way.
    Voucher(VoucherId, VoucherRefusal),
    /// The tenant allows fewer vouchers on one order.
    TooMany {
        most: usize,
    },
    Twice(VoucherId),
    DoNotCombine(VoucherId, VoucherId),
    /// Their offers name more than one order can keep.
    ScopesTooLong,
    /// The basket is not in the customer's currency.
    OtherCurrency {
        expected: Currency,
    },
    /// The order is another customer's.
    OtherBuyer,
    /// Other vouchers were redeemed on the order, or on another basket.
    RedeemedOtherwise,
    /// The order was placed without these vouchers.
    AlreadyPlaced,
    /// This very request redeemed vouchers on the order before, and the order was cancelled since.
    RequestUsed,
}

/// A set of vouchers to hold, each with its discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutHolds {
    pub until: Timestamp,
    /// In the order in which the discounts are taken off.
    pub vouchers: Vec<(VoucherDiscount, CheckoutHold)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseDecision {
    Release,
    /// The voucher is not held any more. Nothing is left to do.
    Repeat,
    Refuse(VoucherRefusal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedeemDecision {
    Redeem(Box<OrderRedemption>),
    /// The same vouchers were redeemed on the same order before. It gets the same answer.
    Repeat,
    Refuse(CheckoutRefusal),
}

/// The order with the vouchers to redeem on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRedemption {
    pub order: LedgerOrder,
    /// In the order of the order's vouchers.
    pub redemptions: Vec<NewRedemption>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRedemption {
    pub voucher: VoucherId,
    pub redemption: Redemption,
    /// The charge to the campaign's cap beyond what the hold reserved; below zero, the cap gets it
    /// back.
    pub cap_charge: i64,
}

impl Voucher {
    /// Checks that the checkout with this key can use the voucher now, regardless of the basket.
    /// While a hold lasts its voucher can be redeemed, although redeeming was suspended or the
    /// voucher revoked since.
    pub fn check_usable(
        &self,
        key: Option<&HoldKey>,
        conditions: &VoucherConditions<'_>,
    ) -> Result<(), VoucherRefusal> {
        let now = conditions.now;
        let held = self.hold.as_ref().filter(|hold| now < hold.until);
        let is_promised = held.is_some_and(|hold| Some(&hold.key) == key);
        let revoke = if is_promised { Revocation::default() } else { conditions.revoke };
        let is_suspended = conditions.redeeming == RedeemingState::Suspended;
        match self.status_at(revoke, now) {
            VoucherStatus::Accepted if now < self.valid_from => Err(VoucherRefusal::NotYetValid),
            VoucherStatus::Accepted if is_suspended && !is_promised => {
                Err(VoucherRefusal::RedeemingSuspended)
            }
            VoucherStatus::Accepted if held.is_some() && !is_promised => Err(VoucherRefusal::Held),
            VoucherStatus::Accepted => Ok(()),
            VoucherStatus::Issued => Err(VoucherRefusal::NotAccepted),
            VoucherStatus::Redeemed => Err(VoucherRefusal::AlreadyRedeemed),
            VoucherStatus::Reversed => Err(VoucherRefusal::Burned),
            VoucherStatus::Declined => Err(VoucherRefusal::AlreadyDeclined),
            VoucherStatus::Expired => Err(VoucherRefusal::Expired),
            VoucherStatus::Revoked => Err(VoucherRefusal::Revoked),
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                Err(VoucherRefusal::Unknown)
            }
        }
    }

    /// Checks that operators have not stopped the voucher: then a hold is not granted, and not made
    /// longer.
    fn check_not_stopped(&self, conditions: &VoucherConditions<'_>) -> Result<(), VoucherRefusal> {
        if self.status_at(conditions.revoke, conditions.now) == VoucherStatus::Revoked {
            Err(VoucherRefusal::Revoked)
        } else if conditions.redeeming == RedeemingState::Suspended {
            Err(VoucherRefusal::RedeemingSuspended)
        } else {
            Ok(())
        }
    }

    pub fn release(&self, key: &HoldKey, now: Timestamp) -> ReleaseDecision {
        match &self.hold {
            None => ReleaseDecision::Repeat,
            Some(hold) if hold.key == *key || now >= hold.until => ReleaseDecision::Release,
            Some(_) => ReleaseDecision::Refuse(VoucherRefusal::Held),
        }
    }

    /// Returns the time at which an accepted voucher ends.
    pub fn ends_at(&self) -> Timestamp {
        self.redeem_by.unwrap_or(self.accept_by)
    }

    /// Returns the part of its campaign's cap that a hold keeps for the voucher.
    pub fn reserved(&self) -> MinorUnits {
        self.hold.as_ref().map_or(MinorUnits::ZERO, |hold| hold.reserved)
    }
}

impl<'a> CheckoutVoucher<'a> {
    pub fn offer(&self) -> VoucherOffer<'a> {
        VoucherOffer {
            voucher: &self.voucher.id,
            offer: &self.conditions.definition.offer,
            ends_at: self.voucher.ends_at(),
        }
    }

    fn is_capped(&self) -> bool {
        self.conditions.definition.caps.redeemed.is_some()
    }

    /// Returns the charge of a discount to the campaign's cap beyond what the hold reserved; below
    /// zero, the cap gets it back.
    fn cap_charge(&self, discount: MinorUnits) -> i64 {
        let charged = if self.is_capped() { discount } else { MinorUnits::ZERO };
        charged.units() - self.voucher.reserved().units()
    }

    /// Returns true if the cap, of which `left` minor units are left, has room for the discount.
    pub fn fits_cap(&self, discount: &VoucherDiscount, left: i64) -> bool {
        let charge = self.cap_charge(discount.amounts.total());
        charge <= 0 || charge <= left
    }
}

impl Checkout<'_> {
    /// Prices the set, in the order in which the discounts are taken off, or says what stands in
    /// the way.
    pub fn price(&self) -> Result<Vec<VoucherDiscount>, CheckoutRefusal> {
        if self.basket.currency != self.currency {
            return Err(CheckoutRefusal::OtherCurrency { expected: self.currency });
        }
        for CheckoutVoucher { voucher, conditions } in self.vouchers {
            voucher
                .check_usable(self.hold, conditions)
                .map_err(|why| CheckoutRefusal::Voucher(voucher.id.clone(), why))?;
        }
        let offers: Vec<VoucherOffer<'_>> =
            self.vouchers.iter().map(CheckoutVoucher::offer).collect();
        self.policy_in_force().price(self.basket, &offers).map_err(|refusal| match refusal {
            CombinationRefusal::TooMany { most } => CheckoutRefusal::TooMany { most },
            CombinationRefusal::Twice(voucher) => CheckoutRefusal::Twice(voucher),
            CombinationRefusal::DoNotCombine(one, other) => {
                CheckoutRefusal::DoNotCombine(one, other)
            }
            CombinationRefusal::ScopesTooLong => CheckoutRefusal::ScopesTooLong,
            CombinationRefusal::DoesNotApply(voucher, why) => {
                CheckoutRefusal::Voucher(voucher, VoucherRefusal::Basket(why))
            }
        })
    }

    /// Returns the tenant's policy, or that of the hold: a set that this checkout holds stays allowed,
    /// and is priced by the rules by which its discount was promised.
    fn policy_in_force(&self) -> CombinationPolicy {
        let rules = |it: &CheckoutVoucher<'_>| {
            let hold = it.voucher.hold.as_ref()?;
            let is_ours = Some(&hold.key) == self.hold && hold.until > self.now;
            is_ours.then_some(hold.rules)
        };
        let held: Option<Vec<PricingRules>> = self.vouchers.iter().map(rules).collect();
        match held.as_deref() {
            Some([rules, others @ ..]) if others.iter().all(|other| other == rules) => {
                CombinationPolicy {
                    max_vouchers: self.policy.max_vouchers.max(self.vouchers.len()),
                    first: rules.first,
                    percent_of: rules.percent_of,
                }
            }
            Some(_) | None => *self.policy,
        }
    }

    /// Decides on a hold of the whole set by `key`. It ends with the first voucher of the set that
    /// ends, so that nothing is promised beyond that.
    pub fn hold(&self, key: &HoldKey, seconds: i64) -> Result<CheckoutHolds, CheckoutRefusal> {
        let checkout = Checkout { hold: Some(key), ..*self };
        let (discounts, rules) = (checkout.price()?, checkout.policy_in_force().rules());
        for CheckoutVoucher { voucher, conditions } in self.vouchers {
            voucher
                .check_not_stopped(conditions)
                .map_err(|why| CheckoutRefusal::Voucher(voucher.id.clone(), why))?;
        }
        let asked = self.now.checked_add(SignedDuration::from_secs(seconds));
        let ends = self.vouchers.iter().map(|it| it.voucher.ends_at());
        let until = ends.fold(asked.unwrap_or(Timestamp::MAX), Ord::min);
        let hold = |discount: VoucherDiscount| {
            let is_capped = self.find(&discount.voucher).is_some_and(CheckoutVoucher::is_capped);
            let reserved = if is_capped { discount.amounts.total() } else { MinorUnits::ZERO };
            (discount, CheckoutHold { key: key.clone(), until, reserved, rules })
        };
        Ok(CheckoutHolds { until, vouchers: discounts.into_iter().map(hold).collect() })
    }

    /// Decides on the redemption of the whole set on an order, of which `stored` is known. `request`
    /// tells one request of the caller from another.
    pub fn redeem(
        &self,
        stored: Option<&LedgerOrder>,
        order: &OrderId,
        buyer: &CustomerId,
        request: &str,
    ) -> RedeemDecision {
        match stored.map_or(Ok(()), |stored| self.check_order(stored, buyer, request)) {
            Err(Known::Repeat) => return RedeemDecision::Repeat,
            Err(Known::Refuse(refusal)) => return RedeemDecision::Refuse(refusal),
            Ok(()) => {}
        }
        let discounts = match self.price() {
            Ok(discounts) => discounts,
            Err(refusal) => return RedeemDecision::Refuse(refusal),
        };
        let applied = discounts.into_iter().filter_map(|discount| {
            let CheckoutVoucher { voucher, conditions } = self.find(&discount.voucher)?;
            Some(AppliedVoucher {
                voucher: discount.voucher,
                campaign: voucher.campaign.clone(),
                terms: AppliedTerms::of(conditions.definition),
                amounts: discount.amounts,
                reversed_because: None,
            })
        });
        let order = LedgerOrder {
            id: order.clone(),
            buyer: buyer.clone(),
            stage: OrderStage::Redeemed,
            discounted: DiscountedOrder {
                basket: self.basket.clone(),
                percent_of: self.policy_in_force().percent_of,
                vouchers: applied.collect(),
            },
            returns: OrderReturns::none(self.basket),
            redeemed_at: Some(self.now),
            redeem_request: Some(request.to_owned()),
            redeemed_basket: None,
            placement: stored.and_then(|stored| stored.placement),
            events: stored.map(|stored| stored.events.clone()).unwrap_or_default(),
        };
        let redemptions = self.new_redemptions(&order);
        RedeemDecision::Redeem(Box::new(OrderRedemption { order, redemptions }))
    }

    fn new_redemptions(&self, order: &LedgerOrder) -> Vec<NewRedemption> {
        let settled = order.settle().vouchers;
        let vouchers = order.discounted.vouchers.iter().zip(settled);
        let redemptions = vouchers.filter_map(|(applied, settled)| {
            let redemption = order.redemption(applied, settled)?;
            let cap_charge = self.find(&applied.voucher)?.cap_charge(redemption.discount);
            Some(NewRedemption { voucher: applied.voucher.clone(), redemption, cap_charge })
        });
        redemptions.collect()
    }

    /// Checks the request against an order that is known already.
    fn check_order(
        &self,
        stored: &LedgerOrder,
        buyer: &CustomerId,
        request: &str,
    ) -> Result<(), Known> {
        if stored.buyer != *buyer {
            return Err(Known::Refuse(CheckoutRefusal::OtherBuyer));
        }
        let is_same_request = stored.redeem_request.as_deref() == Some(request);
        let redeemed = &stored.discounted.vouchers;
        let is_same_set = redeemed.len() == self.vouchers.len()
            && self.vouchers.iter().all(|it| redeemed.iter().any(|of| of.voucher == it.voucher.id));
        let has_live = stored.live_vouchers().next().is_some();
        let may_be_redeemed_again = match stored.stage {
            OrderStage::Cancelled | OrderStage::Redeemed => !has_live,
            OrderStage::Placed => false,
        };
        // The caller of a repeat knows nothing of what was edited or freed since. The id of its
        // request says nothing of the content: a caller may use one for all calls of an order.
        let is_same_content = stored.was_redeemed_on(self.basket);
        if may_be_redeemed_again {
            match is_same_request {
                true => Err(Known::Refuse(CheckoutRefusal::RequestUsed)),
                false => Ok(()),
            }
        } else if is_same_set && is_same_content {
            Err(Known::Repeat)
        } else if has_live {
            Err(Known::Refuse(CheckoutRefusal::RedeemedOtherwise))
        } else {
            Err(Known::Refuse(CheckoutRefusal::AlreadyPlaced))
        }
    }

    fn find(&self, id: &VoucherId) -> Option<&CheckoutVoucher<'_>> {
        self.vouchers.iter().find(|it| it.voucher.id == *id)
    }
}

/// The answer that a known order gives by itself.
enum Known {
    Repeat,
    Refuse(CheckoutRefusal),
}

#[cfg(test)]
pub(crate) mod tests;
