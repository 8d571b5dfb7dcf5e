//! Orders with what each voucher took: one row for each voucher on an order, and one for an order
//! without any. The amounts of the order itself stand in its first row alone, so that sums over the
//! rows of a file are sums over its orders.

use domain::{
    Timestamp,
    kernel::{
        id::{CampaignId, VoucherId},
        money::MinorUnits,
    },
    voucher::{
        order::{AppliedVoucher, VoucherSettlement},
        order_event::{LedgerOrder, OrderStage},
    },
};

use super::money;
use crate::table::{Cell, Column, Row};

pub const COLUMNS: &[Column] = &[
    Column::text("order_id", "The order"),
    Column::integer(
        "row_of_order",
        "1 for the first row of the order in the export, which has its amounts",
    ),
    Column::text("customer_id", "The buyer"),
    Column::text(
        "stage",
        "redeemed (vouchers were redeemed, and it is not placed yet), placed or cancelled",
    ),
    Column::time("placed_at", "When it was placed"),
    Column::day("placed_on", "The customer's calendar day then"),
    Column::time("redeemed_at", "When vouchers were redeemed on it"),
    Column::text("currency", "The currency of every amount of the row, ISO 4217"),
    Column::integer("lines", "Lines of the basket; in the first row"),
    Column::integer(
        "total_minor",
        "Lines and delivery fee before discounts, in minor units; in the first row",
    ),
    Column::integer("delivery_fee_minor", "The delivery fee before discounts; in the first row"),
    Column::integer("order_discount_minor", "The discounts of all its vouchers; in the first row"),
    Column::integer("order_revenue_minor", "What was paid, less what came back; in the first row"),
    Column::text("voucher_id", "A voucher on the order"),
    Column::text("campaign_id", "Its campaign"),
    Column::integer("discount_minor", "The discount that this voucher gave"),
    Column::integer("fee_discount_minor", "The part of it that the delivery fee took"),
    Column::integer("returned_minor", "What of the discount came back with the order"),
    Column::integer("revenue_minor", "The voucher's part of the revenue"),
    Column::boolean("is_freed", "True if the voucher counts as not used on this order any more"),
    Column::text("reversed_because", "Why support took the voucher off the order"),
];

/// Returns the time by which an order is in a period.
pub fn time_of(order: &LedgerOrder) -> Option<Timestamp> {
    order.placement.map(|placed| placed.at).or(order.redeemed_at)
}

/// Returns the rows of an order that are to be written: one for each voucher, of one campaign if it
/// is named, and one for an order without any. Which row is the first does not depend on what is
/// written.
pub fn rows(
    order: &LedgerOrder,
    campaign: Option<&CampaignId>,
    is_written: impl Fn(&VoucherId) -> bool,
) -> Vec<Row> {
    let settled = order.discounted.settle(&order.returns);
    if order.discounted.vouchers.is_empty() && campaign.is_none() {
        let mut row = order_cells(order, settled.revenue, 0);
        row.resize(COLUMNS.len(), Cell::Empty);
        return vec![row];
    }
    let vouchers = order.discounted.vouchers.iter().zip(&settled.vouchers);
    let vouchers = vouchers
        .filter(|(voucher, _)| campaign.is_none_or(|wanted| *wanted == voucher.campaign))
        .enumerate();
    let written = vouchers.filter(|(_, (voucher, _))| is_written(&voucher.voucher));
    let row = |(number, (voucher, part)): (usize, (&AppliedVoucher, &VoucherSettlement))| {
        let mut row = order_cells(order, settled.revenue, number);
        row.extend([
            Cell::text(voucher.voucher.as_str()),
            Cell::text(voucher.campaign.as_str()),
            money(voucher.amounts.total()),
            money(voucher.amounts.fee),
            money(part.returned),
            money(part.revenue),
            Cell::Boolean(part.is_freed),
            Cell::text_of(voucher.reversed_because.as_deref()),
        ]);
        row
    };
    written.map(row).collect()
}

/// Returns the cells of the order, with its amounts in the first row.
fn order_cells(order: &LedgerOrder, revenue: MinorUnits, number: usize) -> Row {
    let basket = &order.discounted.basket;
    let stage = match order.stage {
        OrderStage::Redeemed => "redeemed",
        OrderStage::Placed => "placed",
        OrderStage::Cancelled => "cancelled",
    };
    let count = |number: usize| Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let mut row = vec![
        Cell::text(order.id.as_str()),
        count(number + 1),
        Cell::text(order.buyer.as_str()),
        Cell::text(stage),
        Cell::time_of(order.placement.map(|placed| placed.at)),
        Cell::day_of(order.placement.map(|placed| placed.day)),
        Cell::time_of(order.redeemed_at),
        Cell::text(basket.currency.as_str()),
    ];
    let amounts = [
        count(basket.lines.len()),
        money(basket.total()),
        money(basket.delivery_fee),
        money(order.discounted.discount()),
        money(revenue),
    ];
    row.extend(amounts.map(|amount| if number == 0 { amount } else { Cell::Empty }));
    row
}
