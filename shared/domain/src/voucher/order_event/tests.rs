//! The events of an order: what each means, what is refused, and that repeats change nothing.

use proptest::prelude::*;

use super::*;
use crate::{
    campaign::{
        basket::BasketLine,
        definition::{OnCancel, OnRefund, ReversalPolicy},
        offer::{Benefit, CombinationRule, Offer, OfferScope},
    },
    kernel::{
        id::{CampaignId, VoucherId},
        money::{Currency, Money},
    },
    voucher::order::AppliedVoucher,
};

fn minor(units: i64) -> MinorUnits {
    MinorUnits::new(units).unwrap()
}
fn eur(units: i64) -> Money {
    Money::new(minor(units), Currency::parse("EUR").unwrap())
}
fn line_id(number: usize) -> LineId {
    LineId::parse(&format!("l-{number}")).unwrap()
}
fn basket(lines: &[i64], fee: i64) -> Basket {
    let line = |(number, amount): (usize, &i64)| BasketLine {
        id: line_id(number),
        vertical: "groceries".to_owned(),
        merchant: "m-1".to_owned(),
        category: None,
        sku: None,
        quantity: 1,
        amount: minor(*amount),
    };
    Basket {
        currency: eur(0).currency,
        lines: lines.iter().enumerate().map(line).collect(),
        delivery_fee: minor(fee),
        first_order: false,
    }
}
fn offer(units: i64, minimum: i64) -> Offer {
    Offer {
        benefit: Benefit::FixedAmount { amount: eur(units) },
        minimum_basket: (minimum > 0).then(|| eur(minimum)),
        scope: OfferScope::default(),
        first_order_only: false,
        combination: CombinationRule::default(),
    }
}
fn terms(offers: &[Offer]) -> Vec<ReturnTerms<'_>> {
    let reversal =
        ReversalPolicy { on_cancel: OnCancel::Reissue, on_refund: OnRefund::Proportional };
    offers.iter().map(|offer| ReturnTerms { offer, reversal }).collect()
}

/// An order of customer `c-1` on which a voucher of each offer was redeemed, not yet placed.
fn redeemed(basket: &Basket, offers: &[Offer]) -> LedgerOrder {
    let mut left = OrderAmounts::of(basket);
    let applied = offers.iter().enumerate().map(|(number, offer)| {
        let amounts = offer.discount_lines(basket, &left, Default::default()).unwrap();
        left.take_off(&amounts);
        AppliedVoucher {
            voucher: VoucherId::parse(&format!("vch_{number:020}")).unwrap(),
            campaign: CampaignId::parse("cmp_1").unwrap(),
            amounts,
        }
    });
    let vouchers = applied.collect();
    LedgerOrder {
        id: OrderId::parse("o-1").unwrap(),
        buyer: CustomerId::parse("c-1").unwrap(),
        stage: OrderStage::Redeemed,
        discounted: DiscountedOrder { basket: basket.clone(), vouchers },
        returns: OrderReturns::none(basket),
        placed_at: None,
        events: BTreeMap::new(),
    }
}

fn event(id: &str, change: OrderChange) -> OrderEvent {
    OrderEvent {
        event: OrderEventId::parse(id).unwrap(),
        order: OrderId::parse("o-1").unwrap(),
        customer: CustomerId::parse("c-1").unwrap(),
        at: "2026-11-01T12:00:00Z".parse().unwrap(),
        change,
    }
}
fn placed(id: &str, basket: &Basket) -> OrderEvent {
    event(id, OrderChange::Placed { basket: basket.clone() })
}
fn edited(id: &str, basket: &Basket) -> OrderEvent {
    event(id, OrderChange::Edited { basket: basket.clone() })
}
fn refunded(id: &str, lines: &[(usize, i64)], amount: i64) -> OrderEvent {
    let lines = lines.iter().map(|(number, units)| (line_id(*number), minor(*units))).collect();
    let refund = Refund { lines, delivery_fee: MinorUnits::ZERO, amount: minor(amount) };
    event(id, OrderChange::Refunded(refund))
}

fn decide(order: &LedgerOrder, event: &OrderEvent, offers: &[Offer]) -> OrderDecision {
    decide_order_event(Some(order), event, &terms(offers), &CombinationPolicy::default())
}
#[track_caller]
fn record(order: &LedgerOrder, event: &OrderEvent, offers: &[Offer]) -> OrderUpdate {
    match decide(order, event, offers) {
        OrderDecision::Record(update) => *update,
        other => panic!("{event:?}: {other:?}"),
    }
}

#[test]
fn the_first_cancellation_again_does_not_undo_the_second_payment() {
    let (offers, basket) = ([offer(500, 0)], basket(&[2_000], 0));
    let cancelled = event("e-1", OrderChange::Cancelled);
    let update = record(&redeemed(&basket, &offers), &cancelled, &offers);
    assert_eq!(update.freed.len(), 1);
    let mut again = redeemed(&basket, &offers);
    again.events = update.order.events;
    assert_eq!(decide(&again, &cancelled, &offers), OrderDecision::Repeat);
}

#[test]
fn an_event_is_told_by_its_id_and_an_order_has_one_buyer() {
    let (offers, basket) = ([offer(500, 0)], basket(&[2_000], 0));
    let order = record(&redeemed(&basket, &offers), &placed("e-1", &basket), &offers).order;
    let refund = refunded("e-2", &[], 100);
    let order = record(&order, &refund, &offers).order;
    assert_eq!(decide(&order, &refund, &offers), OrderDecision::Repeat);
    let other = refunded("e-2", &[], 200);
    let reused = OrderDecision::Refuse(OrderRefusal::EventReused);
    assert_eq!(decide(&order, &other, &offers), reused);
    let stranger = OrderEvent { customer: CustomerId::parse("c-2").unwrap(), ..refund };
    let refused = OrderDecision::Refuse(OrderRefusal::OtherBuyer);
    assert_eq!(decide(&order, &stranger, &offers), refused);
}

#[test]
fn what_contradicts_the_order_is_refused() {
    let (offers, basket_of_two) = ([offer(500, 0)], basket(&[2_000, 1_000], 0));
    let order = redeemed(&basket_of_two, &offers);
    let refuse = |order: &LedgerOrder, event: &OrderEvent, why: OrderRefusal| {
        assert_eq!(decide(order, event, &offers), OrderDecision::Refuse(why), "{event:?}");
    };
    refuse(&order, &refunded("e-1", &[(0, 100)], 0), OrderRefusal::NotPlaced);
    refuse(&order, &edited("e-1", &basket_of_two), OrderRefusal::NotPlaced);
    refuse(&order, &placed("e-1", &basket(&[2_000], 0)), OrderRefusal::OtherBasket);
    let order = record(&order, &placed("e-1", &basket_of_two), &offers).order;
    refuse(&order, &placed("e-2", &basket_of_two), OrderRefusal::AlreadyPlaced);
    refuse(&order, &refunded("e-2", &[], 0), OrderRefusal::NothingRefunded);
    refuse(&order, &refunded("e-2", &[(7, 100)], 0), OrderRefusal::UnknownLine(line_id(7)));
    let more = OrderRefusal::Returns(ReturnRefusal::MoreOfLine(1));
    refuse(&order, &refunded("e-2", &[(1, 1_001)], 0), more);
    let order = record(&order, &refunded("e-2", &[(1, 600)], 0), &offers).order;
    let returned = OrderRefusal::ReturnedLine(line_id(1));
    refuse(&order, &edited("e-3", &basket(&[2_000], 0)), returned.clone());
    refuse(&order, &edited("e-3", &basket(&[2_000, 500], 0)), returned);
    let order = record(&order, &refunded("e-3", &[(0, 2_000), (1, 400)], 0), &offers).order;
    refuse(&order, &edited("e-4", &basket_of_two), OrderRefusal::GivenBack);
    let order = record(&order, &event("e-4", OrderChange::Cancelled), &offers).order;
    refuse(&order, &refunded("e-5", &[], 1), OrderRefusal::Cancelled);
}

#[test]
fn an_edited_order_keeps_the_offers_own_rule() {
    let (offers, small) = ([offer(500, 1_500)], basket(&[1_000, 800], 0));
    let order = record(&redeemed(&small, &offers), &placed("e-1", &small), &offers).order;
    let grown = record(&order, &edited("e-2", &basket(&[1_000, 900, 100], 0)), &offers);
    assert_eq!((grown.after.revenue.units(), grown.freed.len()), (1_500, 0));
    let shrunk = record(&grown.order, &edited("e-3", &basket(&[1_000], 0)), &offers);
    assert_eq!((shrunk.after.revenue.units(), shrunk.freed.len()), (1_000, 1));
    let regrown = record(&shrunk.order, &edited("e-4", &small), &offers);
    assert_eq!((regrown.after.revenue.units(), regrown.freed.len()), (1_800, 0), "it stays freed");
}

#[test]
fn an_order_counts_once_it_is_placed() {
    let (offers, basket) = ([offer(500, 0)], basket(&[2_000], 300));
    let order = redeemed(&basket, &offers);
    assert_eq!(order.settle(&terms(&offers)).revenue, MinorUnits::ZERO);
    let update = record(&order, &placed("e-1", &basket), &offers);
    assert_eq!((update.before.revenue.units(), update.after.revenue.units()), (0, 1_800));
}

fn changes() -> impl Strategy<Value = Vec<(u8, OrderChange)>> {
    let amounts = || prop::collection::vec(1_i64..2_000, 1..4);
    let refund =
        (prop::collection::btree_map(0_usize..4, 0_i64..900, 0..3), 0_i64..200, 0_i64..700);
    let refund = refund.prop_map(|(lines, fee, amount)| {
        let lines = lines.into_iter().map(|(number, units)| (line_id(number), minor(units)));
        OrderChange::Refunded(Refund {
            lines: lines.collect(),
            delivery_fee: minor(fee),
            amount: minor(amount),
        })
    });
    let edit = (amounts(), 0_i64..300)
        .prop_map(|(lines, fee)| OrderChange::Edited { basket: basket(&lines, fee) });
    let change = prop_oneof![
        4 => refund,
        2 => edit,
        1 => Just(OrderChange::Cancelled),
    ];
    prop::collection::vec((0_u8..8, change), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is told in whatever order, with ids used again: the order never gives more than it
    /// costs, each voucher is freed once, and a repeat changes nothing.
    #[test]
    fn any_events_leave_the_order_in_balance(
        lines in prop::collection::vec(1_i64..2_000, 1..4), fee in 0_i64..300,
        units in prop::collection::vec((1_i64..900, 0_i64..1_500), 1..4), changes in changes(),
    ) {
        let whole = basket(&lines, fee);
        let (mut offers, mut left) = (Vec::new(), OrderAmounts::of(&whole));
        for (units, minimum) in units {
            let offer = offer(units, minimum);
            if let Ok(taken) = offer.discount_lines(&whole, &left, Default::default()) {
                left.take_off(&taken);
                offers.push(offer);
            }
        }
        let terms = terms(&offers);
        let mut order = record(&redeemed(&whole, &offers), &placed("placed", &whole), &offers).order;
        let mut freed = Vec::new();
        for (id, change) in changes {
            let event = event(&format!("e-{id}"), change);
            let OrderDecision::Record(update) = decide(&order, &event, &offers) else { continue };
            prop_assert_eq!(&update.before, &order.settle(&terms));
            freed.extend(update.freed.clone());
            order = update.order;
            prop_assert_eq!(decide(&order, &event, &offers), OrderDecision::Repeat);
            let prices = OrderAmounts::of(&order.discounted.basket);
            for (number, price) in prices.lines.iter().enumerate() {
                let taken: i64 = order.discounted.vouchers.iter().map(|it| it.amounts.lines[number].units()).sum();
                prop_assert!(taken <= price.units());
            }
            let settled = order.settle(&terms);
            prop_assert!(settled.revenue <= order.discounted.paid());
            let kept = order.discounted.vouchers.iter().zip(&settled.vouchers);
            for (voucher, settled) in kept {
                prop_assert!(settled.returned <= voucher.amounts.total());
                let is_told = freed.contains(&voucher.voucher);
                prop_assert_eq!(settled.is_freed, is_told, "{:?}", voucher.voucher);
            }
        }
        let told = freed.len();
        freed.sort_unstable();
        freed.dedup();
        prop_assert_eq!(freed.len(), told, "a voucher is freed once");
    }
}
