//! Prices each of a customer's open vouchers by itself, and finds the set that saves the most.

use domain::{
    Timestamp,
    campaign::offer::DiscountRefusal,
    voucher::{
        combination::{BestCombination, VoucherDiscount, VoucherOffer},
        record::{VoucherRefusal, VoucherStatus},
        redemption::{Checkout, CheckoutRefusal, CheckoutVoucher},
    },
};

/// A voucher with what it would give alone.
pub(crate) struct QuotedVoucher<'a> {
    pub voucher: CheckoutVoucher<'a>,
    pub status: VoucherStatus,
    pub priced: Result<VoucherDiscount, QuoteHint>,
}

/// The reason why a voucher does not apply. A quote shows a customer's own vouchers, so it can say
/// more than a refusal of an id that might be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuoteHint {
    pub code: &'static str,
    pub refusal: Option<DiscountRefusal>,
}

impl<'a> QuotedVoucher<'a> {
    /// Prices a voucher, of whose campaign's cap on redeemed amounts `cap_left` is left, if it has
    /// one.
    pub fn price(
        checkout: &Checkout<'a>,
        voucher: &CheckoutVoucher<'a>,
        cap_left: Option<i64>,
    ) -> Self {
        let alone = Checkout { vouchers: std::slice::from_ref(voucher), ..*checkout };
        let priced = match alone.price() {
            Ok(mut discounts) => match discounts.pop() {
                Some(discount) if cap_left.is_none_or(|left| voucher.fits_cap(&discount, left)) => {
                    Ok(discount)
                }
                Some(_) => {
                    Err(QuoteHint { code: VoucherRefusal::RedeemedCap.code(), refusal: None })
                }
                None => Err(QuoteHint { code: "unknown", refusal: None }),
            },
            Err(CheckoutRefusal::Voucher(_, VoucherRefusal::Basket(refusal))) => {
                Err(QuoteHint { code: refusal.code(), refusal: Some(refusal) })
            }
            Err(CheckoutRefusal::Voucher(_, why)) => {
                Err(QuoteHint { code: why.code(), refusal: None })
            }
            Err(CheckoutRefusal::OtherCurrency { .. }) => {
                let refusal = DiscountRefusal::OtherCurrency;
                Err(QuoteHint { code: refusal.code(), refusal: Some(refusal) })
            }
            Err(_) => Err(QuoteHint { code: "unknown", refusal: None }),
        };
        let conditions = voucher.conditions;
        let status = voucher.voucher.status_at(conditions.revoke, conditions.now);
        Self { voucher: *voucher, status, priced }
    }

    /// Sorts what applies before the rest, and then what ends soonest.
    pub fn rank(&self) -> (bool, Timestamp) {
        (self.priced.is_err(), self.voucher.voucher.ends_at())
    }
}

/// Finds the set of the applicable vouchers that saves the most.
pub(crate) fn best_combination(
    checkout: &Checkout<'_>,
    quoted: &[QuotedVoucher<'_>],
) -> BestCombination {
    let offers = quoted.iter().filter(|it| it.priced.is_ok()).map(|it| it.voucher.offer());
    let offers: Vec<VoucherOffer<'_>> = offers.collect();
    checkout.policy.best(checkout.basket, &offers)
}
