//! What a selected customer spent after they were selected, held out or not: intention to treat. An order counts for the latest record of
//! each campaign that was made before it and within the window; whether a voucher was used, or a message came, is not asked.
//! Pure: from a customer's records and orders as they stand, so that it can be asked again at any time. `store::attribution` keeps it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    id::{CampaignId, VoucherId},
    money::Minor,
    order::OrderRecord,
    voucher::{Status, Voucher},
};

/// From the moment of issue on. Four weeks: each day of the week alike, longer than a usual validity, and short enough that the next
/// campaign is not measured along.
pub const WINDOW_DAYS: i64 = 28;

/// What a customer's live orders in the window of one record add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    pub orders: u32,
    /// What was paid for them, discounts and refunds taken off, in the record's currency.
    pub spend: Minor,
}

/// The end of the window, itself outside.
pub fn until(issued_at: Timestamp) -> Timestamp {
    issued_at.checked_add(SignedDuration::from_hours(24 * WINDOW_DAYS)).unwrap_or(Timestamp::MAX)
}

/// Vouchers and ghosts are compared; who was skipped is on neither side.
pub fn is_measured(record: &Voucher) -> bool {
    record.status == Status::Ghost || record.status.is_voucher()
}

/// Of each measured record. Orders in another currency than the offer's are left out: nothing here converts.
pub fn outcomes<'a>(records: &'a [Voucher], orders: &[OrderRecord]) -> BTreeMap<&'a VoucherId, Outcome> {
    let measured: Vec<&Voucher> = records.iter().filter(|record| is_measured(record)).collect();
    let mut outcomes: BTreeMap<&VoucherId, Outcome> =
        measured.iter().map(|record| (&record.id, Outcome::default())).collect();
    for (placed, paid) in orders.iter().filter_map(OrderRecord::counted) {
        let in_window = |record: &&&Voucher| {
            record.currency == placed.total.currency
                && record.issued_at <= placed.at
                && placed.at < until(record.issued_at)
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
            outcome.spend = outcome.spend.plus(paid);
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        id::{CustomerId, RefundId},
        money::{Currency, Money},
        order::{Placement, Refund},
        voucher::tests::{after, definition, ids, issue},
    };

    fn order(hours: i64, total: i64, currency: &str) -> OrderRecord {
        let total = Money::new(Minor::new(total).unwrap(), Currency::parse(currency).unwrap());
        let (at, day) = (after(hours), "2026-11-01".parse().unwrap());
        let placed = Placement { at, day, vertical: "food".into(), merchant: "m-1".into(), total };
        OrderRecord { placed: Some(placed), ..OrderRecord::default() }
    }

    /// Issued so many hours after noon.
    fn records(hours: &[i64]) -> Vec<Voucher> {
        let (definition, ids) = (definition(json!({})), ids());
        let made = |(index, hours): (usize, &i64)| {
            let ghost = issue(&definition, &ids).ghost();
            let customer = CustomerId::parse("c-1").unwrap();
            let occurrence = crate::id::Occurrence::parse(&format!("o-{index}")).unwrap();
            let id = VoucherId::derive(&ghost.campaign, &customer, &occurrence);
            Voucher { id, occurrence, issued_at: after(*hours), ..ghost }
        };
        hours.iter().enumerate().map(made).collect()
    }

    fn spent(records: &[Voucher], orders: &[OrderRecord]) -> Vec<(u32, i64)> {
        let found = outcomes(records, orders);
        records.iter().filter_map(|record| found.get(&record.id)).map(|it| (it.orders, it.spend.units())).collect()
    }

    #[test]
    fn an_order_counts_from_issue_to_the_end_of_the_window() {
        let last = 24 * WINDOW_DAYS - 1;
        let orders = [order(-1, 1, "EUR"), order(0, 10, "EUR"), order(last, 100, "EUR"), order(last + 1, 1_000, "EUR")];
        assert_eq!(spent(&records(&[0]), &orders), [(2, 110)]);
        assert_eq!(spent(&records(&[0]), &[]), [(0, 0)]);
    }

    #[test]
    fn held_out_and_issued_are_asked_alike_and_nobody_else() {
        let mut all = records(&[0, 0, 0]);
        (all[1].status, all[1].campaign) = (Status::Expired, CampaignId::parse("cmp_2").unwrap());
        (all[2].status, all[2].campaign) = (Status::Skipped, CampaignId::parse("cmp_3").unwrap());
        assert_eq!(spent(&all, &[order(1, 700, "EUR")]), [(1, 700), (1, 700)]);
    }

    #[test]
    fn an_order_counts_once_in_a_campaign_for_its_latest_record() {
        assert_eq!(spent(&records(&[0, 48]), &[order(24, 5, "EUR"), order(72, 30, "EUR")]), [(1, 5), (1, 30)]);
    }

    #[test]
    fn cancelled_orders_and_refunds_and_other_currencies_do_not_count() {
        let mut refunded = order(1, 1_000, "EUR");
        let refund = Refund { amount: Minor::new(400).unwrap(), at: after(2) };
        refunded.refunds.insert(RefundId::parse("r-1").unwrap(), refund);
        let cancelled = OrderRecord { cancelled: Some(after(2)), ..order(1, 50, "EUR") };
        assert_eq!(spent(&records(&[0]), &[refunded, cancelled, order(1, 9_000, "USD")]), [(1, 600)]);
    }
}
