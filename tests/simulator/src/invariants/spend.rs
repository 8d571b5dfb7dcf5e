//! Checks the spend of customers on both sides of the holdout: what their records hold against the
//! orders that were reported.
//!
//! The check is independent, so that the code under test does not judge itself.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    kernel::id::CustomerId,
    voucher::record::{Voucher, VoucherStatus},
};

use super::{BrokenInvariant, Invariant, broken_invariant};
use crate::{actors::OutsideActors, table_items::RecordKey};

/// The total of every reported order, in cents.
const ORDER_TOTAL: i64 = 1_500;
/// The attribution window in milliseconds: orders within 28 days after the issue count.
const WINDOW_MS: i64 = 28 * 24 * 3_600_000;

/// Checks, at rest, that an order counts for the last record issued before it. An order placed
/// while the record was on its way into the table may or may not count, because no process could
/// know the record.
pub fn check_spend(
    vouchers: &BTreeMap<RecordKey, Voucher>,
    appeared: &BTreeMap<RecordKey, i64>,
    people: &OutsideActors,
) -> Result<(), BrokenInvariant> {
    let mut told: BTreeMap<&CustomerId, Vec<i64>> = BTreeMap::new();
    for (name, order) in people.reported.iter().filter(|(name, _)| name.starts_with('o')) {
        let at = order.body["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        if let Some(at) = at.filter(|_| !people.reported.contains_key(&format!("x.{name}"))) {
            told.entry(&order.customer).or_default().push(at.as_millisecond());
        }
    }
    for (customer, orders) in told {
        let measured = |voucher: &Voucher| {
            voucher.status == VoucherStatus::Ghost || voucher.status.is_voucher()
        };
        let records: Vec<(&RecordKey, &Voucher)> = vouchers
            .iter()
            .filter(|(record, voucher)| record.0 == *customer && measured(voucher))
            .collect();
        for (record, voucher) in &records {
            let issued = voucher.issued_at.as_millisecond();
            let known = |record: &RecordKey| appeared.get(record).copied().unwrap_or(i64::MAX);
            let within = |at: &i64| issued <= *at && *at < issued + WINDOW_MS;
            // later records take an order over: certainly if they were already in the table,
            // possibly if not
            let later = |at: i64, sure: bool| {
                records.iter().any(|(other, it)| {
                    let from = it.issued_at.as_millisecond();
                    from >= issued && other != record && from <= at && (!sure || known(other) <= at)
                })
            };
            let least = orders
                .iter()
                .filter(|at| within(at) && known(record) <= **at && !later(**at, false))
                .count();
            let most = orders.iter().filter(|at| within(at) && !later(**at, true)).count();
            let kept = voucher.outcome.unwrap_or_default();
            let count = usize::try_from(kept.orders).unwrap_or(usize::MAX);
            if count < least
                || count > most
                || kept.spend.units() != ORDER_TOTAL * i64::from(kept.orders)
            {
                let what = format!(
                    "{} has {kept:?}, and {least} to {most} orders were told",
                    super::record_name(voucher)
                );
                return broken_invariant(Invariant::SpendIsKept, what);
            }
        }
    }
    Ok(())
}
