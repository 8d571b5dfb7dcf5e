//! Orders with several vouchers after cancellations and refunds: the sums of examples, and that they
//! are the same by every path.

use proptest::prelude::*;

use super::*;
use crate::{
    campaign::{
        definition::OnCancel,
        offer::{CombinationRule, OfferScope, Percent, PercentBase},
    },
    voucher::combination::{
        CombinationPolicy, FirstDiscount, VoucherOffer,
        tests::{basket, eur, fixed, minor},
    },
};

const VERTICALS: [&str; 3] = ["food", "pharmacy", "groceries"];

fn offer(benefit: Benefit, vertical: Option<&str>, minimum: i64) -> Offer {
    let verticals = vertical.map(str::to_owned).into_iter().collect();
    Offer {
        benefit,
        minimum_basket: (minimum > 0).then(|| eur(minimum)),
        scope: OfferScope { verticals, ..OfferScope::default() },
        first_order_only: false,
        combination: CombinationRule { group: Some("a".to_owned()), with: vec!["a".to_owned()] },
    }
}
/// Returns the order with those of the offers that can be redeemed on it together.
fn redeem(basket: &Basket, offers: &[Offer], on_refund: OnRefund) -> DiscountedOrder {
    let policy = CombinationPolicy {
        max_vouchers: 8,
        first: FirstDiscount::Percent,
        percent_of: PercentBase::Reduced,
    };
    let ids: Vec<VoucherId> = (0..offers.len())
        .map(|number| VoucherId::parse(&format!("vch_{number:020}")).unwrap())
        .collect();
    let vouchers: Vec<VoucherOffer<'_>> = ids
        .iter()
        .zip(offers)
        .map(|(voucher, offer)| VoucherOffer { voucher, offer, ends_at: jiff::Timestamp::MAX })
        .collect();
    let reversal = ReversalPolicy { on_cancel: OnCancel::Reissue, on_refund };
    let applied = policy.best(basket, &vouchers).discounts.into_iter().map(|it| {
        let offer = offers[ids.iter().position(|id| *id == it.voucher).unwrap()].clone();
        AppliedVoucher {
            voucher: it.voucher,
            campaign: CampaignId::parse("cmp_1").unwrap(),
            terms: AppliedTerms { offer, reversal, is_capped: false },
            amounts: it.amounts,
            reversed_because: None,
        }
    });
    DiscountedOrder {
        basket: basket.clone(),
        percent_of: policy.percent_of,
        vouchers: applied.collect(),
    }
}

fn returned(order: &DiscountedOrder, lines: &[i64], fee: i64, amount: i64) -> OrderSettlement {
    let prices =
        OrderAmounts { lines: lines.iter().map(|units| minor(*units)).collect(), fee: minor(fee) };
    let returns = OrderReturns { prices, amount: minor(amount), cancelled: false };
    order.check_returns(&returns).unwrap();
    order.settle(&returns)
}

fn settled(settlement: &OrderSettlement) -> (i64, Vec<(i64, i64, bool)>) {
    let voucher = |it: &VoucherSettlement| (it.returned.units(), it.revenue.units(), it.is_freed);
    (settlement.revenue.units(), settlement.vouchers.iter().map(voucher).collect())
}

#[test]
fn five_refunds_of_a_cent_come_to_one_of_five() {
    let offers = [offer(fixed(500), None, 0)];
    let order = redeem(&basket(&[("food", 1_000)], 0), &offers, OnRefund::Proportional);
    assert_eq!(settled(&returned(&order, &[0], 0, 5)), (495, vec![(5, 495, false)]));
    assert_eq!(settled(&returned(&order, &[10], 0, 0)), (495, vec![(5, 495, false)]));
}

#[test]
fn an_order_that_the_voucher_paid_comes_back_in_proportion_and_whole_frees_it() {
    let offers = [offer(fixed(2_000), None, 0)];
    let order =
        redeem(&basket(&[("food", 600), ("food", 400)], 0), &offers, OnRefund::Proportional);
    assert_eq!(order.paid(), MinorUnits::ZERO);
    assert_eq!(settled(&returned(&order, &[0, 400], 0, 0)), (0, vec![(400, 0, false)]));
    assert_eq!(settled(&returned(&order, &[600, 400], 0, 0)), (0, vec![(1_000, 0, true)]));
}

#[test]
fn what_was_in_scope_takes_all_of_the_discount_back_when_it_is_gone() {
    let offers = [offer(fixed(500), Some("pharmacy"), 0)];
    let order = redeem(
        &basket(&[("food", 4_000), ("pharmacy", 1_000)], 0),
        &offers,
        OnRefund::Proportional,
    );
    assert_eq!(settled(&returned(&order, &[0, 1_000], 0, 0)), (4_000, vec![(500, 0, true)]));
    assert_eq!(settled(&returned(&order, &[4_000, 0], 0, 0)), (500, vec![(0, 500, false)]));
}

#[test]
fn a_refund_under_the_minimum_takes_the_discount_back_and_the_next_one_counts_too() {
    let offers = [offer(fixed(500), None, 1_000)];
    let order = redeem(&basket(&[("food", 1_200)], 0), &offers, OnRefund::Proportional);
    let first = returned(&order, &[300], 0, 0);
    assert_eq!(settled(&first), (525, vec![(500, 0, true)]));
    let second = returned(&order, &[600], 0, 0);
    assert_eq!(settled(&second), (350, vec![(500, 0, true)]));
}

#[test]
fn a_campaign_that_takes_nothing_back_does_not_ask_for_the_minimum_again() {
    let offers = [offer(fixed(500), None, 1_500)];
    let basket = basket(&[("food", 2_000)], 0);
    let order = redeem(&basket, &offers, OnRefund::None);
    assert_eq!(settled(&returned(&order, &[501], 0, 0)), (1_124, vec![(0, 1_124, false)]));
    assert_eq!(settled(&returned(&order, &[2_000], 0, 0)), (0, vec![(500, 0, true)]));
    assert_eq!(settled(&returned(&order, &[0], 0, 1_500)), (0, vec![(500, 0, true)]));
    let proportional = redeem(&basket, &offers, OnRefund::Proportional);
    assert_eq!(settled(&returned(&proportional, &[501], 0, 0)), (1_124, vec![(500, 0, true)]));
}

#[test]
fn free_delivery_is_taken_back_when_the_goods_that_it_was_for_are_gone() {
    let free = Benefit::FreeDelivery { cap: eur(500) };
    let scoped = [offer(free, Some("pharmacy"), 0)];
    let basket_of_two = basket(&[("food", 4_000), ("pharmacy", 1_000)], 299);
    let order = redeem(&basket_of_two, &scoped, OnRefund::Proportional);
    assert_eq!(settled(&returned(&order, &[4_000, 999], 0, 0)), (1, vec![(0, 1, false)]));
    assert_eq!(settled(&returned(&order, &[0, 1_000], 0, 0)), (4_000, vec![(299, 0, true)]));
    let whole = redeem(&basket_of_two, &[offer(free, None, 0)], OnRefund::Proportional);
    assert_eq!(settled(&returned(&whole, &[4_000, 1_000], 0, 0)), (0, vec![(299, 0, true)]));
    let gifts = redeem(&basket(&[("food", 0)], 299), &[offer(free, None, 0)], OnRefund::None);
    assert_eq!(settled(&returned(&gifts, &[0], 0, 0)), (0, vec![(0, 0, false)]), "gifts are kept");
    assert_eq!(settled(&returned(&gifts, &[0], 299, 0)), (0, vec![(299, 0, true)]));
}

#[test]
fn campaigns_share_the_revenue_by_what_they_gave() {
    let offers = [offer(fixed(200), None, 0), offer(fixed(100), None, 0)];
    let order = redeem(&basket(&[("food", 1_000)], 200), &offers, OnRefund::None);
    let (revenue, vouchers) = settled(&returned(&order, &[0], 0, 0));
    assert_eq!(revenue, 900);
    assert_eq!(vouchers.iter().map(|it| it.1).sum::<i64>(), 900);
    assert_eq!(vouchers[0].1 + vouchers[1].1, 900);
    assert!(vouchers.iter().any(|it| it.1 == 600), "{vouchers:?}");
}

#[test]
fn a_voucher_that_support_took_off_leaves_the_revenue_to_the_others() {
    let offers = [offer(fixed(200), None, 0), offer(fixed(100), None, 0)];
    let mut order = redeem(&basket(&[("food", 1_000)], 0), &offers, OnRefund::Proportional);
    order.vouchers[0].reversed_because = Some("charged twice".to_owned());
    let (revenue, vouchers) = settled(&returned(&order, &[0], 0, 0));
    let taken = order.vouchers[0].amounts.total().units();
    assert_eq!((revenue, vouchers[0]), (700, (taken, 0, true)));
    assert_eq!((vouchers[1].1, vouchers[1].2), (700, false));
}

#[test]
fn more_than_there_was_does_not_come_back() {
    let offers = [offer(fixed(500), None, 0)];
    let order = redeem(&basket(&[("food", 1_000)], 200), &offers, OnRefund::Proportional);
    let returns = |line: i64, fee: i64, amount: i64| OrderReturns {
        prices: OrderAmounts { lines: vec![minor(line)], fee: minor(fee) },
        amount: minor(amount),
        cancelled: false,
    };
    assert_eq!(order.check_returns(&returns(1_001, 0, 0)), Err(ReturnRefusal::MoreOfLine(0)));
    assert_eq!(order.check_returns(&returns(0, 201, 0)), Err(ReturnRefusal::MoreOfFee));
    assert_eq!(order.check_returns(&returns(0, 0, 701)), Err(ReturnRefusal::MoreThanPaid));
    assert_eq!(order.check_returns(&returns(1_000, 200, 1)), Err(ReturnRefusal::MoreThanPaid));
    assert_eq!(order.check_returns(&returns(1_000, 0, 200)), Ok(()));
}

fn offers() -> impl Strategy<Value = Vec<Offer>> {
    let one = (0..3_usize, 1_i64..=100, 1_i64..2_000, 0..4_usize, 0_i64..1_500);
    let one = one.prop_map(|(kind, share, most, vertical, minimum)| {
        let benefit = match kind {
            0 => fixed(most),
            1 => Benefit::Percent { percent: Percent::try_from(share).unwrap(), cap: eur(most) },
            _ => Benefit::FreeDelivery { cap: eur(most) },
        };
        offer(benefit, VERTICALS.get(vertical).copied(), minimum)
    });
    prop::collection::vec(one, 1..5)
}

/// A basket, and returns of it one after the other, each a share of what is left in thousandths: of
/// every line, of the fee, and of the money.
fn baskets() -> impl Strategy<Value = (Basket, Vec<Vec<u16>>)> {
    let lines = prop::collection::vec((0..3_usize, 0_i64..2_000), 1..5);
    (lines, 0_i64..600).prop_flat_map(|(lines, fee)| {
        let lines: Vec<(&str, i64)> =
            lines.into_iter().map(|(vertical, amount)| (VERTICALS[vertical], amount)).collect();
        let share = prop_oneof![Just(0_u16), Just(1_000_u16), 0_u16..=1_000];
        let steps = prop::collection::vec(prop::collection::vec(share, lines.len() + 2), 1..6);
        (Just(basket(&lines, fee)), steps)
    })
}

/// Returns a share, in thousandths, of every line's rest and of the fee's.
fn return_more(order: &DiscountedOrder, before: &OrderReturns, shares: &[u16]) -> OrderReturns {
    let mut after = before.clone();
    let more = |back: &mut MinorUnits, whole: MinorUnits, share: u16| {
        let left = whole.minus(*back).units();
        *back = back.plus(minor(left * i64::from(share) / 1_000));
    };
    for ((back, line), share) in after.prices.lines.iter_mut().zip(&order.basket.lines).zip(shares)
    {
        more(back, line.amount, *share);
    }
    let [.., fee, money] = shares else { return after };
    more(&mut after.prices.fee, order.basket.delivery_fee, *fee);
    // The money that is left depends on what came back by line.
    let paid = order.kept(&after).paid;
    if paid < after.amount {
        return before.clone();
    }
    more(&mut after.amount, paid, *money);
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// With every return, no discount and no revenue grows, nothing is returned twice, what came
    /// back and what is left are the price, and the whole back leaves nothing.
    #[test]
    fn returns_take_everything_back_once(
        offers in offers(), (basket, steps) in baskets(), proportional in any::<bool>(),
    ) {
        let on_refund = if proportional { OnRefund::Proportional } else { OnRefund::None };
        let order = redeem(&basket, &offers, on_refund);
        let mut returns = OrderReturns::none(&basket);
        let mut before = order.settle(&returns);
        prop_assert_eq!(before.revenue, order.paid());
        prop_assert!(before.vouchers.iter().all(|it| it.returned == MinorUnits::ZERO && !it.is_freed));
        for shares in steps {
            returns = return_more(&order, &returns, &shares);
            prop_assert_eq!(order.check_returns(&returns), Ok(()));
            let after = order.settle(&returns);
            prop_assert!(after.revenue <= before.revenue);
            for ((voucher, now), then) in order.vouchers.iter().zip(&after.vouchers).zip(&before.vouchers) {
                prop_assert!(now.returned >= then.returned, "{then:?} and then {now:?}");
                prop_assert!(now.returned <= voucher.amounts.total());
                prop_assert!(now.is_freed || !then.is_freed);
                prop_assert!(!now.is_freed || now.returned == voucher.amounts.total());
            }
            let shared: i64 = after.vouchers.iter().map(|it| it.revenue.units()).sum();
            let is_live = after.vouchers.iter().any(|it| !it.is_freed);
            prop_assert_eq!(shared, if is_live { after.revenue.units() } else { 0 });
            let kept = order.kept(&returns);
            let left: i64 = kept.discounts.iter().map(|it| it.units()).sum::<i64>() + kept.paid.units();
            prop_assert_eq!(left, basket.total().units() - returns.prices.total().units());
            before = after;
        }
        let all = OrderReturns { prices: OrderAmounts::of(&basket), ..OrderReturns::none(&basket) };
        let whole = order.settle(&all);
        prop_assert_eq!(whole.revenue, MinorUnits::ZERO);
        for (voucher, settled) in order.vouchers.iter().zip(&whole.vouchers) {
            prop_assert!(settled.is_freed && settled.returned == voucher.amounts.total());
        }
        prop_assert_eq!(order.settle(&OrderReturns { cancelled: true, ..returns }), whole);
    }
}
