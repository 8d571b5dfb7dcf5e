//! What can only be said of a world at rest: everything has ended, and each sum is what its parts come to.

use std::collections::BTreeMap;

use domain::{
    TimeZone,
    campaign::State,
    delivery::AttemptState,
    report::{self, Delta},
    voucher::Voucher,
};
use store::{control::Quota, customers::Found};

use super::{Broken, Invariant, View, broken};
use crate::{
    people::People,
    records::{REPORTS, WORK, Work, text},
};

/// Rows of the reports, by their keys.
type Rows = BTreeMap<(String, String), BTreeMap<String, i64>>;

impl View {
    /// When nothing moves any more.
    pub async fn at_rest(&self, now: i64, people: &People) -> Result<(), Broken> {
        let progress = self.progress();
        if progress.waiting() > 0 || progress.open > 0 {
            return broken(Invariant::EquationCloses, format!("at rest with {progress:?}"));
        }
        if matches!(self.state, State::Completed | State::Enabled) {
            self.recount(&Work::of(&self.memory))?;
        }
        for voucher in self.vouchers.values() {
            let claimed = voucher
                .attempts
                .values()
                .chain(&voucher.reminder)
                .find(|attempt| attempt.state == AttemptState::Claimed);
            if let Some(attempt) = claimed {
                let what =
                    format!("{}: attempt {} by {} is still claimed", voucher.customer, attempt.number, attempt.channel);
                return broken(Invariant::NothingWaitsForEver, what);
            }
        }
        self.quota_at_rest().await?;
        self.counters_at_rest()?;
        if let Some(firing) = self.firing.as_ref().filter(|_| self.state == State::Enabled) {
            firing.nothing_lost(now, self.enabled_at, &people.told, &self.vouchers)?;
        }
        for (customer, told) in &people.orders_told() {
            let counted = match self.observer.customer(customer).await {
                Ok(Found::Customer(customer)) => u64::from(customer.activity.orders),
                Ok(Found::Erased | Found::Unknown) | Err(_) => 0,
            };
            if counted != *told {
                return broken(
                    Invariant::OrdersCountOnce,
                    format!("{customer} has {counted} orders, and {told} were told"),
                );
            }
        }
        Ok(())
    }

    /// No match waits, and the calendar was walked as far as it goes by now.
    pub fn nothing_to_look_at(&self, now: i64) -> bool {
        let mut nothing = true;
        self.memory.each(WORK, |item| {
            let due = item.get("due_at").and_then(|value| value.get("N")?.as_str()?.parse::<i64>().ok());
            let calendar = text(item, "sk") == "SEGMENT" && due.is_some_and(|due| due <= now);
            nothing &= !calendar && !text(item, "pk").starts_with("match#");
        });
        nothing
    }

    async fn quota_at_rest(&self) -> Result<(), Broken> {
        let (Ok(Some(campaign)), Ok(Some(left))) =
            (self.observer.campaign(&self.campaign).await, self.observer.quota(&self.campaign).await)
        else {
            return Ok(());
        };
        let whole = Quota::whole(&campaign.definition.caps);
        let issued = self.vouchers.values().filter(|voucher| voucher.status.is_voucher()).count() as i64;
        let each = campaign.definition.offer.exposure().units();
        let expected = Quota {
            vouchers: whole.vouchers - issued,
            exposure: whole.exposure - issued * each,
            redeemed: if campaign.definition.caps.redeemed.is_some() {
                whole.redeemed - self.redeemed()
            } else {
                left.redeemed
            },
        };
        if left != expected {
            return broken(Invariant::CapsHold, format!("left {left:?}, and the records leave {expected:?}"));
        }
        Ok(())
    }

    fn counters_at_rest(&self) -> Result<(), Broken> {
        let mut expected = BTreeMap::new();
        for (key, counts) in store::reports::touched(&self.counted) {
            let counts: BTreeMap<String, i64> =
                counts.into_iter().filter(|(_, by)| *by != 0).map(|(name, by)| (name.to_string(), by)).collect();
            expected.insert(key, counts);
        }
        let mut found = BTreeMap::new();
        for item in self.memory.items(REPORTS) {
            let key = (text(&item, "pk").to_owned(), text(&item, "day").to_owned());
            if key.0.starts_with("POSITION#") || key.0.starts_with("SENDS#") {
                continue;
            }
            let counts: BTreeMap<String, i64> = item
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), value.get("N")?.as_str()?.parse::<i64>().ok()?)))
                .filter(|(name, by)| name != "ttl" && *by != 0)
                .collect();
            if !counts.is_empty() {
                found.insert(key, counts);
            }
        }
        if expected != found {
            return broken(Invariant::CountersEqualRecount, format!("counters {found:?}, recount {expected:?}"));
        }
        made_again(self.vouchers.values(), &found)
    }
}

/// What follows from the records alone, as they stand in the end: each stage and each picture. Money of a voucher that was redeemed twice
/// is known to the counters only, and what was sent counts on the day of an attempt that a later one may have replaced.
fn made_again<'a>(records: impl Iterator<Item = &'a Voucher>, found: &Rows) -> Result<(), Broken> {
    let mut delta = Delta::new();
    for record in records {
        for (row, counts) in report::change(None, record, &TimeZone::UTC) {
            let sums = delta.entry(row).or_default();
            for (name, by) in counts {
                *sums.entry(name).or_default() += by;
            }
        }
    }
    let kept = |rows: Rows| -> Rows {
        let only = |counts: BTreeMap<String, i64>| {
            counts.into_iter().filter(|(name, by)| follows(name) && *by != 0).collect::<BTreeMap<_, _>>()
        };
        let rows = rows.into_iter().map(|(key, counts)| (key, only(counts)));
        rows.filter(|(_, counts)| !counts.is_empty()).collect()
    };
    let (again, found) = (kept(store::reports::touched(&delta)), kept(found.clone()));
    if again != found {
        return broken(Invariant::CountersEqualRecount, format!("counters {found:?}, made again {again:?}"));
    }
    Ok(())
}

fn follows(counter: &str) -> bool {
    let stages = ["issued", "ghost", "skipped", "failed", "exposure", "sent", "delivered", "accepted", "declined"];
    let pictures = ["open.", "released", "took.", "age.", "attempt", "fault.", "treated.", "held."];
    let stage = counter.split('.').next().unwrap_or_default();
    stages.contains(&stage) || pictures.iter().any(|prefix| counter.starts_with(prefix))
}
