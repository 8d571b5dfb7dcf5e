//! Checks the orders of the ledger: none gives more than it costs, its revenue counts once, and
//! orders and vouchers say the same of each other.

use std::collections::BTreeMap;

use domain::{
    kernel::id::{CustomerId, VoucherId},
    voucher::{
        order_event::{LedgerOrder, OrderStage},
        record::{Redemption, Voucher, VoucherStatus},
    },
};
use fake_aws::{FakeAws, FakeItem, ItemChange};

use super::{BrokenInvariant, Invariant, broken_invariant};
use crate::table_items::{WORK, text_attribute};

/// Reads all orders of the ledger.
pub(super) fn read_orders(memory: &FakeAws) -> Vec<LedgerOrder> {
    let mut orders = Vec::new();
    memory.for_each_item(WORK, |item| {
        if text_attribute(item, "pk").starts_with("order#") {
            orders.extend(serde_json::from_str(text_attribute(item, "document")).ok());
        }
    });
    orders
}

/// Counts each customer's orders on which vouchers were redeemed and that were placed.
pub(super) fn placed_with_vouchers(orders: &[LedgerOrder]) -> BTreeMap<CustomerId, u64> {
    let mut placed = BTreeMap::new();
    for order in orders.iter().filter(|order| order.redeemed_at.is_some()) {
        if order.stage == OrderStage::Placed {
            *placed.entry(order.buyer.clone()).or_default() += 1;
        }
    }
    placed
}

pub(super) fn check_orders<'a>(
    orders: &[LedgerOrder],
    vouchers: impl Iterator<Item = &'a Voucher>,
) -> Result<(), BrokenInvariant> {
    let mut redeemed: BTreeMap<VoucherId, (CustomerId, Redemption)> = BTreeMap::new();
    for order in orders {
        check_order(order)?;
        for (applied, settled) in order.live_vouchers() {
            let Some(redemption) = order.redemption(applied, settled) else {
                return broken_invariant(
                    Invariant::OrdersHold,
                    format!("{} has a voucher and no time of redemption", order.id),
                );
            };
            let known = (order.buyer.clone(), redemption);
            if redeemed.insert(applied.voucher.clone(), known).is_some() {
                let what = format!("{} is redeemed on two orders", applied.voucher);
                return broken_invariant(Invariant::OrdersAgree, what);
            }
        }
    }
    for voucher in vouchers {
        let told = redeemed.remove(&voucher.id);
        let known =
            voucher.redemption.clone().filter(|_| voucher.status == VoucherStatus::Redeemed);
        let known = known.map(|redemption| (voucher.customer.clone(), in_milliseconds(redemption)));
        let told = told.map(|(buyer, redemption)| (buyer, in_milliseconds(redemption)));
        if known != told {
            let what = format!("{}: the voucher says {known:?}, the order {told:?}", voucher.id);
            return broken_invariant(Invariant::OrdersAgree, what);
        }
    }
    match redeemed.keys().next() {
        None => Ok(()),
        Some(id) => broken_invariant(Invariant::OrdersAgree, format!("there is no voucher {id}")),
    }
}

/// Checks that a change of an order comes with an event that is heard for the first time, or with a
/// redemption.
pub(super) fn check_change(change: &ItemChange) -> Result<(), BrokenInvariant> {
    let read = |item: &Option<FakeItem>| -> Option<LedgerOrder> {
        let item = item.as_ref().filter(|it| text_attribute(it, "pk").starts_with("order#"))?;
        serde_json::from_str(text_attribute(item, "document")).ok()
    };
    let (Some(old), Some(new)) = (read(&change.old), read(&change.new)) else { return Ok(()) };
    let is_heard = new.events.len() > old.events.len();
    let redemption = |order: &LedgerOrder| (order.redeemed_at, order.redeem_request.clone());
    if old != new && !is_heard && redemption(&old) == redemption(&new) {
        let what = format!("{} changed without an event: {old:?} became {new:?}", new.id);
        return broken_invariant(Invariant::EventsCountOnce, what);
    }
    Ok(())
}

/// Rounds the time to the store's resolution.
fn in_milliseconds(redemption: Redemption) -> Redemption {
    let at = domain::Timestamp::from_millisecond(redemption.at.as_millisecond());
    Redemption { at: at.unwrap_or(redemption.at), ..redemption }
}

fn check_order(order: &LedgerOrder) -> Result<(), BrokenInvariant> {
    let (basket, vouchers) = (&order.discounted.basket, &order.discounted.vouchers);
    for (number, line) in basket.lines.iter().enumerate() {
        let taken = vouchers.iter().filter_map(|it| it.amounts.lines.get(number));
        let taken: i64 = taken.map(|units| units.units()).sum();
        if taken > line.amount.units() {
            let what = format!("{}: {taken} off line {} of {:?}", order.id, line.id, line.amount);
            return broken_invariant(Invariant::OrdersHold, what);
        }
    }
    let fee: i64 = vouchers.iter().map(|it| it.amounts.fee.units()).sum();
    if fee > basket.delivery_fee.units() {
        let what = format!("{}: {fee} off the delivery fee", order.id);
        return broken_invariant(Invariant::OrdersHold, what);
    }
    let settled = order.settle();
    let shared: i64 = settled.vouchers.iter().map(|it| it.revenue.units()).sum();
    let is_live = settled.vouchers.iter().any(|it| !it.is_freed);
    if shared != if is_live { settled.revenue.units() } else { 0 } {
        let what = format!("{}: {shared} of {:?} are shared", order.id, settled.revenue);
        return broken_invariant(Invariant::OrdersHold, what);
    }
    Ok(())
}
