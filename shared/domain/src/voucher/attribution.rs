//! Attributes orders to selected customers, whether they got a voucher or were held out (intention
//! to treat).
//!
//! An order counts for the latest record of each campaign that was issued before it and whose
//! window it falls into. It does not matter whether the voucher was used or a message arrived.
//!
//! Pure: the result depends only on the customer's present records and orders, so it can be
//! computed again at any time. `store::voucher::attribution` stores it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    customer::orders::CountedOrder,
    kernel::id::{CampaignId, VoucherId},
    voucher::record::{AttributedOrders, Voucher, VoucherStatus},
};

/// Days from the moment of issue in which orders count. Four weeks contain each day of the week
/// equally often, are longer than a usual validity, and are short enough not to measure the next
/// campaign too.
pub const WINDOW_DAYS: i64 = 28;

/// Returns the end of the window, which is itself outside the window.
pub fn window_end(issued_at: Timestamp) -> Timestamp {
    issued_at.checked_add(SignedDuration::from_hours(24 * WINDOW_DAYS)).unwrap_or(Timestamp::MAX)
}

/// Returns true for vouchers and held-out records, which are compared. A skipped customer is on
/// neither side.
pub fn is_measured(record: &Voucher) -> bool {
    record.status == VoucherStatus::Ghost || record.status.is_voucher()
}

/// Computes the outcome of each measured record. Orders in another currency than the offer's do not
/// count: nothing is converted here.
pub fn attribute_orders<'a>(
    records: &'a [Voucher],
    orders: &[CountedOrder],
) -> BTreeMap<&'a VoucherId, AttributedOrders> {
    let measured: Vec<&Voucher> = records.iter().filter(|record| is_measured(record)).collect();
    let mut outcomes: BTreeMap<&VoucherId, AttributedOrders> =
        measured.iter().map(|record| (&record.id, AttributedOrders::default())).collect();
    for order in orders {
        let in_window = |record: &&&Voucher| {
            record.currency == order.currency
                && record.issued_at <= order.placed_at
                && order.placed_at < window_end(record.issued_at)
        };
        let mut latest: BTreeMap<&CampaignId, &Voucher> = BTreeMap::new();
        for record in measured.iter().filter(in_window) {
            let found = latest.entry(&record.campaign).or_insert(record);
            if (record.issued_at, &record.id) > (found.issued_at, &found.id) {
                *found = record;
            }
        }
        for record in latest.into_values() {
            let outcome = outcomes.entry(&record.id).or_default();
            outcome.orders = outcome.orders.saturating_add(1);
            outcome.spend = outcome.spend.plus(order.net());
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        kernel::{
            id::CustomerId,
            money::{Currency, MinorUnits},
        },
        voucher::record::tests::{after, definition, ids, issue},
    };

    fn order(hours: i64, net: i64, currency: &str) -> CountedOrder {
        CountedOrder {
            placed_at: after(hours),
            day: "2026-11-01".parse().unwrap(),
            currency: Currency::parse(currency).unwrap(),
            verticals: BTreeMap::from([("food".into(), MinorUnits::new(net).unwrap())]),
        }
    }

    /// Makes held-out records that were issued so many hours after noon.
    fn records(hours: &[i64]) -> Vec<Voucher> {
        let (definition, ids) = (definition(json!({})), ids());
        let made = |(index, hours): (usize, &i64)| {
            let ghost = issue(&definition, &ids).held_out_record();
            let customer = CustomerId::parse("c-1").unwrap();
            let occurrence = crate::kernel::id::Occurrence::parse(&format!("o-{index}")).unwrap();
            let id = VoucherId::derive(&ghost.campaign, &customer, &occurrence);
            Voucher { id, occurrence, issued_at: after(*hours), ..ghost }
        };
        hours.iter().enumerate().map(made).collect()
    }

    fn attributed(records: &[Voucher], orders: &[CountedOrder]) -> Vec<(u32, i64)> {
        let found = attribute_orders(records, orders);
        records
            .iter()
            .filter_map(|record| found.get(&record.id))
            .map(|it| (it.orders, it.spend.units()))
            .collect()
    }

    #[test]
    fn an_order_counts_from_issue_to_the_end_of_the_window() {
        let last = 24 * WINDOW_DAYS - 1;
        let orders = [
            order(-1, 1, "EUR"),
            order(0, 10, "EUR"),
            order(last, 100, "EUR"),
            order(last + 1, 1_000, "EUR"),
        ];
        assert_eq!(attributed(&records(&[0]), &orders), [(2, 110)]);
        assert_eq!(attributed(&records(&[0]), &[]), [(0, 0)]);
    }

    #[test]
    fn held_out_and_issued_are_asked_alike_and_nobody_else() {
        let mut all = records(&[0, 0, 0]);
        (all[1].status, all[1].campaign) =
            (VoucherStatus::Expired, CampaignId::parse("cmp_2").unwrap());
        (all[2].status, all[2].campaign) =
            (VoucherStatus::Skipped, CampaignId::parse("cmp_3").unwrap());
        assert_eq!(attributed(&all, &[order(1, 700, "EUR")]), [(1, 700), (1, 700)]);
    }

    #[test]
    fn an_order_counts_once_in_a_campaign_for_its_latest_record() {
        assert_eq!(
            attributed(&records(&[0, 48]), &[order(24, 5, "EUR"), order(72, 30, "EUR")]),
            [(1, 5), (1, 30)]
        );
    }

    #[test]
    fn orders_in_other_currencies_do_not_count() {
        let orders = [order(1, 600, "EUR"), order(1, 9_000, "USD")];
        assert_eq!(attributed(&records(&[0]), &orders), [(1, 600)]);
    }
}
