//! The events of an order: what each means, what is refused, and that repeats change nothing.

use proptest::prelude::*;

use super::*;
use crate::{
    campaign::{
        definition::{OnCancel, OnRefund, ReversalPolicy},
        offer::{Benefit, CombinationRule, Offer, OfferScope},
    },
    kernel::id::{CampaignId, VoucherId},
    voucher::{
        combination::{
            self,
            tests::{eur, minor},
        },
        order::{AppliedTerms, AppliedVoucher},
    },
};

fn line_id(number: usize) -> LineId {
    LineId::parse(&format!("l-{number}")).unwrap()
}
/// Returns a basket of groceries.
fn basket(lines: &[i64], fee: i64) -> Basket {
    let lines: Vec<(&str, i64)> = lines.iter().map(|amount| ("groceries", *amount)).collect();
    combination::tests::basket(&lines, fee)
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

/// An order of customer `c-1` on which a voucher of each offer was redeemed, not yet placed.
fn redeemed(basket: &Basket, offers: &[Offer]) -> LedgerOrder {
    let reversal =
        ReversalPolicy { on_cancel: OnCancel::Reissue, on_refund: OnRefund::Proportional };
    let mut left = OrderAmounts::of(basket);
    let applied = offers.iter().enumerate().map(|(number, offer)| {
        let amounts = offer.discount_lines(basket, &left, Default::default()).unwrap();
        left.take_off(&amounts);
        AppliedVoucher {
            voucher: VoucherId::parse(&format!("vch_{number:020}")).unwrap(),
            campaign: CampaignId::parse("cmp_1").unwrap(),
            terms: AppliedTerms { offer: offer.clone(), reversal, is_capped: number == 0 },
            amounts,
            reversed_because: None,
        }
    });
    let vouchers = applied.collect();
    LedgerOrder {
        id: OrderId::parse("o-1").unwrap(),
        buyer: CustomerId::parse("c-1").unwrap(),
        stage: OrderStage::Redeemed,
        discounted: DiscountedOrder {
            basket: basket.clone(),
            percent_of: Default::default(),
            vouchers,
        },
        returns: OrderReturns::none(basket),
        redeemed_at: Some("2026-11-01T11:59:00Z".parse().unwrap()),
        redeem_request: None,
        redeemed_basket: None,
        placement: None,
        events: BTreeMap::new(),
    }
}

fn event(id: &str, change: OrderChange) -> OrderEvent {
    OrderEvent {
        cart: None,
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
    let (currency, delivery_fee) = (eur(0).currency, MinorUnits::ZERO);
    let refund = Refund { currency, lines, delivery_fee, amount: minor(amount) };
    event(id, OrderChange::Refunded(refund))
}

fn customer() -> Customer {
    Customer::new(CustomerId::parse("c-1").unwrap())
}
fn decide(order: &LedgerOrder, event: &OrderEvent) -> OrderDecision {
    let now = "2026-11-02T12:00:00Z".parse().unwrap();
    let customer = Customer::new(event.customer.clone());
    decide_order_event(Some(order), event, &customer, eur(0).currency, now)
}
#[track_caller]
fn record(order: &LedgerOrder, event: &OrderEvent) -> OrderUpdate {
    match decide(order, event) {
        OrderDecision::Record(update) => *update,
        other => panic!("{event:?}: {other:?}"),
    }
}
fn freed(update: &OrderUpdate) -> Vec<VoucherId> {
    let freed = update.vouchers.iter().filter(|it| it.freed_to.is_some());
    freed.map(|it| it.voucher.clone()).collect()
}

#[test]
fn the_first_cancellation_again_does_not_undo_the_second_payment() {
    let (offers, basket) = ([offer(500, 0)], basket(&[2_000], 0));
    let cancelled = event("e-1", OrderChange::Cancelled);
    let update = record(&redeemed(&basket, &offers), &cancelled);
    assert_eq!(freed(&update).len(), 1);
    let mut again = redeemed(&basket, &offers);
    again.events = update.order.events;
    assert_eq!(decide(&again, &cancelled), OrderDecision::Repeat);
}

#[test]
fn an_event_is_told_by_its_id_and_an_order_has_one_buyer() {
    let (offers, basket) = ([offer(500, 0)], basket(&[2_000], 0));
    let order = record(&redeemed(&basket, &offers), &placed("e-1", &basket)).order;
    let refund = refunded("e-2", &[], 100);
    let order = record(&order, &refund).order;
    assert_eq!(decide(&order, &refund), OrderDecision::Repeat);
    let other = refunded("e-2", &[], 200);
    let reused = OrderDecision::Refuse(OrderRefusal::EventReused);
    assert_eq!(decide(&order, &other), reused);
    let stranger = OrderEvent { customer: CustomerId::parse("c-2").unwrap(), ..refund };
    let refused = OrderDecision::Refuse(OrderRefusal::OtherBuyer);
    assert_eq!(decide(&order, &stranger), refused);
}

#[test]
fn what_contradicts_the_order_is_refused() {
    let (offers, basket_of_two) = ([offer(500, 0)], basket(&[2_000, 1_000], 0));
    let order = redeemed(&basket_of_two, &offers);
    let refuse = |order: &LedgerOrder, event: &OrderEvent, why: OrderRefusal| {
        assert_eq!(decide(order, event), OrderDecision::Refuse(why), "{event:?}");
    };
    refuse(&order, &refunded("e-1", &[(0, 100)], 0), OrderRefusal::NotPlaced);
    refuse(&order, &edited("e-1", &basket_of_two), OrderRefusal::NotPlaced);
    refuse(&order, &placed("e-1", &basket(&[2_000], 0)), OrderRefusal::OtherBasket);
    let order = record(&order, &placed("e-1", &basket_of_two)).order;
    refuse(&order, &placed("e-2", &basket_of_two), OrderRefusal::AlreadyPlaced);
    refuse(&order, &refunded("e-2", &[], 0), OrderRefusal::NothingRefunded);
    refuse(&order, &refunded("e-2", &[(7, 100)], 0), OrderRefusal::UnknownLine(line_id(7)));
    let more = OrderRefusal::Returns(ReturnRefusal::MoreOfLine(1));
    refuse(&order, &refunded("e-2", &[(1, 1_001)], 0), more);
    let order = record(&order, &refunded("e-2", &[(1, 600)], 0)).order;
    let returned = OrderRefusal::ReturnedLine(line_id(1));
    refuse(&order, &edited("e-3", &basket(&[2_000], 0)), returned.clone());
    refuse(&order, &edited("e-3", &basket(&[2_000, 500], 0)), returned);
    let order = record(&order, &refunded("e-3", &[(0, 2_000), (1, 400)], 0)).order;
    refuse(&order, &edited("e-4", &basket_of_two), OrderRefusal::GivenBack);
    let order = record(&order, &event("e-4", OrderChange::Cancelled)).order;
    refuse(&order, &refunded("e-5", &[], 1), OrderRefusal::Cancelled);
}

#[test]
fn an_edited_order_keeps_the_offers_own_rule() {
    let (offers, small) = ([offer(500, 1_500)], basket(&[1_000, 800], 0));
    let order = record(&redeemed(&small, &offers), &placed("e-1", &small)).order;
    let grown = record(&order, &edited("e-2", &basket(&[1_000, 900, 100], 0)));
    assert_eq!((grown.after.revenue.units(), freed(&grown).len()), (1_500, 0));
    let shrunk = record(&grown.order, &edited("e-3", &basket(&[1_000], 0)));
    assert_eq!((shrunk.after.revenue.units(), freed(&shrunk).len()), (1_000, 1));
    let regrown = record(&shrunk.order, &edited("e-4", &small));
    assert_eq!(
        (regrown.after.revenue.units(), freed(&regrown).len()),
        (1_800, 0),
        "it stays freed"
    );
}

#[test]
fn an_edit_does_not_ask_again_if_it_was_the_first_order() {
    let first = Offer { first_order_only: true, ..offer(500, 0) };
    let whole = Basket { first_order: true, ..basket(&[2_000], 0) };
    let order = record(&redeemed(&whole, &[first]), &placed("e-1", &whole)).order;
    let update = record(&order, &edited("e-2", &basket(&[1_900], 0)));
    assert_eq!((update.after.revenue.units(), freed(&update)), (1_400, vec![]));
    let later = record(&update.order, &edited("e-3", &basket(&[1_800], 0)));
    assert_eq!((later.after.revenue.units(), freed(&later)), (1_300, vec![]));
}

#[test]
fn an_order_whose_money_is_all_back_is_not_edited_any_more() {
    let (offers, whole) = ([offer(500, 0)], basket(&[2_000], 0));
    let order = record(&redeemed(&whole, &offers), &placed("e-1", &whole)).order;
    let given_back = OrderDecision::Refuse(OrderRefusal::GivenBack);
    let in_money = record(&order, &refunded("e-2", &[], 1_500));
    assert_eq!((in_money.after.revenue.units(), freed(&in_money).len()), (0, 1));
    assert_eq!(decide(&in_money.order, &edited("e-3", &whole)), given_back);
    let half = record(&order, &refunded("e-2", &[(0, 1_000)], 0)).order;
    let rest = record(&half, &refunded("e-3", &[], 750)).order;
    assert_eq!(decide(&rest, &edited("e-4", &whole)), given_back);
    let nearly = record(&half, &refunded("e-3", &[], 749)).order;
    assert!(matches!(decide(&nearly, &edited("e-4", &whole)), OrderDecision::Record(_)));
}

#[test]
fn an_order_counts_where_its_lines_say_once_it_is_placed() {
    let (offers, mut basket) = ([offer(500, 0)], basket(&[2_000, 500], 300));
    basket.lines[1].vertical = "pharmacy".to_owned();
    let order = redeemed(&basket, &offers);
    assert_eq!((order.settle().revenue.units(), order.counted()), (2_300, None));
    let update = record(&order, &placed("e-1", &basket));
    assert_eq!(update.vouchers, [], "the redemption has booked it");
    let shares = |update: &OrderUpdate| {
        let verticals = update.counted.as_ref().unwrap().verticals.values();
        verticals.map(|net| net.units()).collect::<Vec<_>>()
    };
    assert_eq!(shares(&update), [1_840, 460]);
    let refunded = record(&update.order, &refunded("e-2", &[(1, 500)], 0));
    assert_eq!(shares(&refunded), [1_900, 0], "the fee goes with what is left");
    let cancelled = record(&refunded.order, &event("e-3", OrderChange::Cancelled));
    assert_eq!(cancelled.counted, None);
}

#[test]
fn what_does_not_fit_the_customer_is_refused() {
    let whole = basket(&[2_000], 0);
    let now: Timestamp = "2026-11-01T11:50:00Z".parse().unwrap();
    let ask = |customer: &Customer, now, event: &OrderEvent| {
        decide_order_event(None, event, customer, eur(0).currency, now)
    };
    let (placed, refuse) = (placed("e-1", &whole), OrderDecision::Refuse);
    assert!(matches!(ask(&customer(), now, &placed), OrderDecision::Record(_)));
    let early = now.checked_sub(SignedDuration::from_nanos(1)).unwrap();
    assert_eq!(ask(&customer(), early, &placed), refuse(OrderRefusal::InTheFuture));
    let mut dollars = customer();
    let expected = Currency::parse("USD").unwrap();
    dollars.profile.currency = Some(expected);
    assert_eq!(ask(&dollars, now, &placed), refuse(OrderRefusal::WrongCurrency { expected }));
    let mut everywhere = customer();
    let totals = (0..MAX_VERTICALS).map(|number| (format!("v-{number}"), Default::default()));
    everywhere.verticals.extend(totals);
    assert_eq!(ask(&everywhere, now, &placed), refuse(OrderRefusal::TooManyVerticals));
    everywhere.verticals.insert("groceries".to_owned(), Default::default());
    assert!(matches!(ask(&everywhere, now, &placed), OrderDecision::Record(_)));
}

#[test]
fn an_order_is_placed_in_the_currency_that_its_customer_has_now() {
    let (offers, whole) = ([offer(500, 0)], basket(&[2_000], 0));
    let order = redeemed(&whole, &offers);
    let now = "2026-11-02T12:00:00Z".parse().unwrap();
    let mut dollars = customer();
    let expected = Currency::parse("USD").unwrap();
    dollars.profile.currency = Some(expected);
    let ask = |event: &OrderEvent| {
        decide_order_event(Some(&order), event, &dollars, eur(0).currency, now)
    };
    let refused = OrderDecision::Refuse(OrderRefusal::WrongCurrency { expected });
    assert_eq!(ask(&placed("e-1", &whole)), refused, "totals in dollars count no euros");
    let other = Basket { currency: expected, ..whole.clone() };
    let expected = eur(0).currency;
    let refused = OrderDecision::Refuse(OrderRefusal::WrongCurrency { expected });
    assert_eq!(ask(&placed("e-1", &other)), refused, "it was redeemed in euros");
    let cancelled = ask(&event("e-1", OrderChange::Cancelled));
    assert!(matches!(cancelled, OrderDecision::Record(_)), "{cancelled:?}");
}

#[test]
fn an_order_with_all_its_events_can_still_be_cancelled() {
    let (offers, whole) = ([offer(500, 0)], basket(&[2_000], 0));
    let mut order = record(&redeemed(&whole, &offers), &placed("placed", &whole)).order;
    let name = |number: usize| OrderEventId::parse(&format!("e-{number}")).unwrap();
    let known = (order.events.len()..MAX_ORDER_EVENTS).map(|number| (name(number), String::new()));
    order.events.extend(known);
    let too_many = OrderDecision::Refuse(OrderRefusal::TooManyEvents);
    assert_eq!(decide(&order, &refunded("more", &[], 1)), too_many);
    let cancelled = record(&order, &event("more", OrderChange::Cancelled));
    assert_eq!((cancelled.after.revenue.units(), freed(&cancelled).len()), (0, 1));
    let further = MAX_ORDER_EVENTS..MAX_ORDER_EVENTS + LAST_CANCELLATIONS;
    order.events.extend(further.map(|number| (name(number), String::new())));
    assert_eq!(decide(&order, &event("more", OrderChange::Cancelled)), too_many);
}

#[test]
fn support_takes_a_voucher_off_an_order_once() {
    let (offers, basket) = ([offer(500, 0)], basket(&[2_000], 0));
    let order = record(&redeemed(&basket, &offers), &placed("e-1", &basket)).order;
    let voucher = order.discounted.vouchers[0].voucher.clone();
    let reversed = |id: &str| {
        let (voucher, reason) = (voucher.clone(), "charged twice".to_owned());
        event(id, OrderChange::VoucherReversed { voucher, reason })
    };
    let update = record(&order, &reversed("e-2"));
    assert_eq!(freed(&update), [voucher.clone()]);
    let change = &update.vouchers[0];
    assert_eq!((change.after.returned, change.cap_charge), (minor(500), -500));
    assert_eq!(update.after.revenue.units(), 1_500, "the customer paid that");
    let kept = update.order.discounted.vouchers[0].reversed_because.as_deref();
    assert_eq!(kept, Some("charged twice"));
    assert_eq!(decide(&update.order, &reversed("e-2")), OrderDecision::Repeat);
    let again = OrderDecision::Refuse(OrderRefusal::VoucherNotRedeemed);
    assert_eq!(decide(&update.order, &reversed("e-3")), again);
}

fn changes() -> impl Strategy<Value = Vec<(u8, OrderChange)>> {
    let amounts = || prop::collection::vec(1_i64..2_000, 1..4);
    let refund =
        (prop::collection::btree_map(0_usize..4, 0_i64..900, 0..3), 0_i64..200, 0_i64..700);
    let refund = refund.prop_map(|(lines, fee, amount)| {
        let lines = lines.into_iter().map(|(number, units)| (line_id(number), minor(units)));
        OrderChange::Refunded(Refund {
            currency: eur(0).currency,
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
        let mut order = record(&redeemed(&whole, &offers), &placed("placed", &whole)).order;
        let mut told = Vec::new();
        for (id, change) in changes {
            let event = event(&format!("e-{id}"), change);
            let OrderDecision::Record(update) = decide(&order, &event) else { continue };
            prop_assert_eq!(&update.before, &order.settle());
            let charged: i64 = update.vouchers.iter().map(|it| it.cap_charge).sum();
            prop_assert!(charged <= 0, "an edit takes nothing more from a cap");
            told.extend(freed(&update));
            order = update.order;
            prop_assert_eq!(decide(&order, &event), OrderDecision::Repeat);
            let prices = OrderAmounts::of(&order.discounted.basket);
            for (number, price) in prices.lines.iter().enumerate() {
                let taken: i64 = order.discounted.vouchers.iter().map(|it| it.amounts.lines[number].units()).sum();
                prop_assert!(taken <= price.units());
            }
            let settled = order.settle();
            prop_assert!(settled.revenue <= order.discounted.paid());
            let kept = order.discounted.vouchers.iter().zip(&settled.vouchers);
            for (voucher, settled) in kept {
                prop_assert!(settled.returned <= voucher.amounts.total());
                let is_told = told.contains(&voucher.voucher);
                prop_assert_eq!(settled.is_freed, is_told, "{:?}", voucher.voucher);
            }
        }
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        prop_assert_eq!(told.len(), count, "a voucher is freed once");
    }
}
