//! Several vouchers on one order: the rules one by one, and the best set against trying every set.
//! The module also has the sample baskets from which tests of orders start.

use proptest::prelude::*;

use super::*;
use crate::{
    campaign::{
        basket::BasketLine,
        offer::{CombinationRule, MAX_SCOPE_NAMES, OfferScope, Percent},
    },
    kernel::{
        id::LineId,
        money::{Currency, Money},
    },
};

pub(crate) fn minor(units: i64) -> MinorUnits {
    MinorUnits::new(units).unwrap()
}
fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}
pub(crate) fn eur(units: i64) -> Money {
    Money::new(minor(units), euro())
}
pub(crate) fn fixed(units: i64) -> Benefit {
    Benefit::FixedAmount { amount: eur(units) }
}
fn percent(percent: i64, cap: i64) -> Benefit {
    Benefit::Percent { percent: Percent::try_from(percent).unwrap(), cap: eur(cap) }
}
fn delivery(cap: i64) -> Benefit {
    Benefit::FreeDelivery { cap: eur(cap) }
}

/// An offer of group `group` that combines with the groups `with`.
fn offer(benefit: Benefit, group: &str, with: &[&str]) -> Offer {
    Offer {
        benefit,
        minimum_basket: None,
        scope: OfferScope::default(),
        first_order_only: false,
        combination: CombinationRule {
            group: Some(group.to_owned()),
            with: with.iter().map(|&name| name.to_owned()).collect(),
        },
    }
}

pub(crate) fn basket(lines: &[(&str, i64)], fee: i64) -> Basket {
    let line = |(number, (vertical, amount)): (usize, &(&str, i64))| BasketLine {
        id: LineId::parse(&format!("l-{number}")).unwrap(),
        vertical: (*vertical).to_owned(),
        merchant: "m-1".to_owned(),
        category: None,
        sku: None,
        quantity: 1,
        amount: minor(*amount),
    };
    Basket {
        currency: euro(),
        lines: lines.iter().enumerate().map(line).collect(),
        delivery_fee: minor(fee),
        first_order: false,
    }
}

fn voucher(number: usize) -> VoucherId {
    VoucherId::parse(&format!("vch_{number:020}")).unwrap()
}
fn day(number: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + number * 86_400).unwrap()
}

fn policy(max_vouchers: usize) -> CombinationPolicy {
    CombinationPolicy { max_vouchers, ..CombinationPolicy::default() }
}

/// The vouchers of these offers, each ending on the day of its number.
fn with_vouchers<T>(offers: &[Offer], test: impl FnOnce(&[VoucherOffer<'_>]) -> T) -> T {
    let ids: Vec<VoucherId> = (0..offers.len()).map(voucher).collect();
    let pairs = ids.iter().zip(offers).enumerate();
    let vouchers: Vec<VoucherOffer<'_>> = pairs
        .map(|(number, (voucher, offer))| VoucherOffer {
            voucher,
            offer,
            ends_at: day(i64::try_from(number).unwrap()),
        })
        .collect();
    test(&vouchers)
}

fn taken(discounts: &[VoucherDiscount]) -> Vec<(Vec<i64>, i64)> {
    let units = |it: &VoucherDiscount| {
        let lines = it.amounts.lines.iter().map(|amount| amount.units()).collect();
        (lines, it.amounts.fee.units())
    };
    discounts.iter().map(units).collect()
}

#[test]
fn the_offers_of_one_order_name_no_more_than_it_can_keep() {
    let names = |own: &str| {
        let others = (1..MAX_SCOPE_NAMES).map(|number| format!("{number:0>64}"));
        others.chain([own.to_owned()]).collect::<Vec<String>>()
    };
    let mut long = offer(fixed(100), "a", &["a"]);
    long.scope.verticals = names("food");
    long.scope.merchants = names("m-1");
    let longest = OfferScope { categories: names("c"), ..long.scope.clone() };
    assert!(longest.stored_bytes() < MAX_SCOPE_BYTES, "one offer always fits");
    let offers = [long.clone(), long.clone(), long];
    with_vouchers(&offers, |vouchers| {
        let basket = basket(&[("food", 1_500)], 0);
        assert!(policy(8).price(&basket, &vouchers[..2]).is_ok());
        let refused = policy(8).price(&basket, vouchers);
        assert_eq!(refused, Err(CombinationRefusal::ScopesTooLong));
        assert_eq!(policy(8).best(&basket, vouchers).discounts.len(), 2);
    });
}

#[test]
fn rules_are_stored_by_name() {
    for rules in PricingRules::ALL {
        assert_eq!(PricingRules::parse(rules.as_str()), Some(rules));
    }
    assert_eq!(PricingRules::parse("reduced"), None);
}

#[test]
fn two_vouchers_of_ten_give_no_more_than_the_order_of_fifteen() {
    let offers = [offer(fixed(1_000), "a", &["a"]), offer(fixed(1_000), "a", &["a"])];
    with_vouchers(&offers, |vouchers| {
        let priced = policy(2).price(&basket(&[("food", 1_500)], 0), vouchers).unwrap();
        assert_eq!(taken(&priced), [(vec![1_000], 0), (vec![500], 0)]);
    });
}

#[test]
fn a_voucher_that_gives_nothing_beside_the_others_does_not_apply() {
    let offers = [offer(fixed(1_000), "a", &["a"]), offer(fixed(1_000), "a", &["a"])];
    with_vouchers(&offers, |vouchers| {
        let refused = policy(2).price(&basket(&[("food", 1_000)], 0), vouchers);
        let nothing = DiscountRefusal::NothingToDiscount;
        assert_eq!(refused, Err(CombinationRefusal::DoesNotApply(voucher(1), nothing)));
    });
}

#[test]
fn the_policy_says_whether_percent_comes_first_and_of_which_prices() {
    let offers = [offer(percent(50, 10_000), "a", &["a"]), offer(fixed(400), "a", &["a"])];
    let basket = basket(&[("food", 1_000)], 0);
    let saved = |first: FirstDiscount, percent_of: PercentBase| {
        let policy = CombinationPolicy { max_vouchers: 2, first, percent_of };
        with_vouchers(&offers, |vouchers| {
            total_of(&policy.price(&basket, vouchers).unwrap()).units()
        })
    };
    assert_eq!(saved(FirstDiscount::Percent, PercentBase::Reduced), 900);
    assert_eq!(saved(FirstDiscount::FixedAmount, PercentBase::Reduced), 700);
    assert_eq!(saved(FirstDiscount::FixedAmount, PercentBase::Original), 900);
}

#[test]
fn an_exclusive_voucher_goes_with_no_other_and_the_policy_bounds_the_set() {
    let mut alone = offer(fixed(100), "a", &["a"]);
    alone.combination = CombinationRule::default();
    let offers = [alone, offer(fixed(100), "a", &["a"])];
    let basket = basket(&[("food", 1_000)], 0);
    with_vouchers(&offers, |vouchers| {
        let refused = policy(2).price(&basket, vouchers);
        assert_eq!(refused, Err(CombinationRefusal::DoNotCombine(voucher(0), voucher(1))));
        let refused = policy(1).price(&basket, vouchers);
        assert_eq!(refused, Err(CombinationRefusal::TooMany { most: 1 }));
        let twice = [vouchers[1], vouchers[1]];
        let refused = policy(2).price(&basket, &twice);
        assert_eq!(refused, Err(CombinationRefusal::Twice(voucher(1))));
    });
}

#[test]
fn free_delivery_takes_the_fee_and_the_others_take_the_lines() {
    let offers = [offer(delivery(500), "b", &["a"]), offer(fixed(2_000), "a", &["b"])];
    with_vouchers(&offers, |vouchers| {
        let priced = policy(2).price(&basket(&[("food", 600), ("pharmacy", 900)], 299), vouchers);
        assert_eq!(taken(&priced.unwrap()), [(vec![600, 900], 0), (vec![0, 0], 299)]);
    });
}

#[test]
fn of_two_that_save_as_much_the_one_that_ends_sooner_is_best() {
    let offers =
        [offer(fixed(300), "a", &[]), offer(fixed(500), "a", &[]), offer(fixed(500), "a", &[])];
    with_vouchers(&offers, |vouchers| {
        let best = policy(1).best(&basket(&[("food", 1_000)], 0), vouchers);
        assert_eq!(best.discounts[0].voucher, voucher(1));
        assert!(best.is_exhaustive);
    });
}

#[test]
fn fifty_vouchers_that_all_combine_are_searched_within_the_bound() {
    let offers: Vec<Offer> =
        (0..50).map(|number| offer(fixed(100 + number), "a", &["a"])).collect();
    with_vouchers(&offers, |vouchers| {
        let best = policy(8).best(&basket(&[("food", 100_000)], 0), vouchers);
        let saved: i64 = (142..150).sum();
        assert_eq!(total_of(&best.discounts).units(), saved, "the eight largest");
    });
}

/// Tries every set, by its definition.
fn try_every_set(
    policy: &CombinationPolicy,
    basket: &Basket,
    vouchers: &[VoucherOffer<'_>],
) -> Vec<VoucherDiscount> {
    let mut best: Option<PricedSet> = None;
    for bits in 1_u32..1 << vouchers.len() {
        let chosen = vouchers.iter().enumerate().filter(|(number, _)| bits >> number & 1 == 1);
        let set: Vec<VoucherOffer<'_>> = chosen.map(|(_, voucher)| *voucher).collect();
        let Ok(discounts) = policy.price(basket, &set) else { continue };
        let mut ends: Vec<Timestamp> = set.iter().map(|it| it.ends_at).collect();
        ends.sort_unstable();
        let found = PricedSet { saved: total_of(&discounts), discounts, ends };
        if best.as_ref().is_none_or(|best| found.is_better_than(best)) {
            best = Some(found);
        }
    }
    best.map(|best| best.discounts).unwrap_or_default()
}

const VERTICALS: [&str; 3] = ["food", "pharmacy", "groceries"];
const GROUPS: [&str; 3] = ["a", "b", "c"];

fn offers() -> impl Strategy<Value = Vec<Offer>> {
    let one =
        (0..3_usize, 1_i64..=100, 1_i64..3_000, 0..4_usize, 0..3_usize, 0_u8..8, 0_i64..2_500);
    let one = one.prop_map(|(kind, share, most, vertical, group, with, minimum)| {
        let benefit = match kind {
            0 => fixed(most),
            1 => percent(share, most),
            _ => delivery(most),
        };
        let with: Vec<&str> = GROUPS
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| with >> bit & 1 == 1)
            .map(|(_, it)| it)
            .collect();
        let mut offer = offer(benefit, GROUPS[group], &with);
        offer.scope.verticals =
            VERTICALS.get(vertical).map(|it| (*it).to_owned()).into_iter().collect();
        offer.minimum_basket = Some(eur(minimum));
        offer
    });
    prop::collection::vec(one, 1..=MAX_VOUCHERS_PER_ORDER)
}

fn policies() -> impl Strategy<Value = CombinationPolicy> {
    (1..=MAX_VOUCHERS_PER_ORDER, any::<bool>(), any::<bool>()).prop_map(
        |(max_vouchers, first, base)| CombinationPolicy {
            max_vouchers,
            first: if first { FirstDiscount::Percent } else { FirstDiscount::FixedAmount },
            percent_of: if base { PercentBase::Original } else { PercentBase::Reduced },
        },
    )
}

fn baskets() -> impl Strategy<Value = Basket> {
    let lines = prop::collection::vec((0..3_usize, 0_i64..2_000), 1..6);
    (lines, 0_i64..600).prop_map(|(lines, fee)| {
        let lines: Vec<(&str, i64)> =
            lines.into_iter().map(|(vertical, amount)| (VERTICALS[vertical], amount)).collect();
        basket(&lines, fee)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The best set is the one that trying every set finds, by all rules.
    #[test]
    fn the_best_set_is_that_of_trying_every_set(
        offers in offers(), policy in policies(), basket in baskets(),
    ) {
        with_vouchers(&offers, |vouchers| {
            let best = policy.best(&basket, vouchers);
            prop_assert!(best.is_exhaustive);
            prop_assert_eq!(best.discounts, try_every_set(&policy, &basket, vouchers));
            Ok(())
        })?;
    }

    /// No line, no fee and so no order gives more than it costs, each voucher gives something, and
    /// the order in which the vouchers are named makes no difference.
    #[test]
    fn a_set_never_takes_more_than_there_is(
        offers in offers(), policy in policies(), basket in baskets(),
    ) {
        with_vouchers(&offers, |vouchers| {
            let Ok(discounts) = policy.price(&basket, vouchers) else { return Ok(()) };
            let prices = OrderAmounts::of(&basket);
            let sum = |of: &dyn Fn(&VoucherDiscount) -> i64| discounts.iter().map(of).sum::<i64>();
            for (number, price) in prices.lines.iter().enumerate() {
                prop_assert!(sum(&|it| it.amounts.lines[number].units()) <= price.units());
            }
            prop_assert!(sum(&|it| it.amounts.fee.units()) <= prices.fee.units());
            prop_assert!(discounts.iter().all(|it| it.amounts.total() > MinorUnits::ZERO));
            let backwards: Vec<VoucherOffer<'_>> = vouchers.iter().rev().copied().collect();
            prop_assert_eq!(policy.price(&basket, &backwards), Ok(discounts));
            Ok(())
        })?;
    }
}
