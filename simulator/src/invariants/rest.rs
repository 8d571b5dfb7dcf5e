//! Checks what only applies to a scenario at rest: all work has ended, and each total equals the
//! sum of its parts.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    TimeZone, Timestamp,
    campaign::State,
    delivery::AttemptState,
    report::{self, Delta},
    voucher::{Status, Voucher},
};
use store::{
    StoreError,
    control::Quota,
    customers::Found,
    recounts::{Recount, Stage, Sums},
};

use super::{Broken, Invariant, View, broken, spend};
use crate::{
    people::People,
    records::{REPORTS, WORK, Work, text},
};

/// Report rows by their keys.
type Rows = BTreeMap<(String, String), BTreeMap<String, i64>>;

impl View {
    /// Checks everything that must hold when nothing moves any more.
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
        self.recount_at_rest(now).await?;
        spend::is_kept(&self.vouchers, &self.appeared, people)?;
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

    /// Returns true when no match waits and the calendar scan has gone as far as it can by now.
    pub fn nothing_to_look_at(&self, now: i64) -> bool {
        let mut nothing = true;
        self.memory.each(WORK, |item| {
            let due = item.get("due_at").and_then(|value| value.get("N")?.as_str()?.parse::<i64>().ok());
            let calendar = text(item, "sk") == "SEGMENT" && due.is_some_and(|due| due <= now);
            nothing &= !calendar && !text(item, "pk").starts_with("match#");
        });
        nothing
    }

    /// Checks that each selected customer has one record, and that the tally equals the records.
    pub(super) fn recount(&self, work: &Work) -> Result<(), Broken> {
        if let Some(lost) = work.records.iter().find(|record| !self.vouchers.contains_key(*record)) {
            return broken(Invariant::EquationCloses, format!("{} was selected and has no record", lost.0));
        }
        let count = |wanted: &dyn Fn(Status) -> bool| {
            self.vouchers.values().filter(|voucher| wanted(voucher.status)).count() as u64
        };
        let records = [
            count(&Status::is_voucher),
            count(&|status| status == Status::Ghost),
            count(&|status| status == Status::Skipped),
            count(&|status| status == Status::Failed),
        ];
        let progress = &work.progress;
        let tally = [progress.tally.issued, progress.tally.ghost, progress.tally.skipped, progress.tally.failed];
        if records != tally {
            return broken(
                Invariant::EquationCloses,
                format!("issued, ghost, skipped, failed: counted {tally:?}, records {records:?}"),
            );
        }
        Ok(())
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

    /// Checks that the product's own recount finds no difference, even after one that a fault left
    /// half done.
    async fn recount_at_rest(&self, now: i64) -> Result<(), Broken> {
        let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
        let failed = |error: StoreError| Broken {
            invariant: Invariant::CountersEqualRecount,
            what: format!("the recount does not go on: {error}"),
        };
        let budget = Duration::from_secs(3_600);
        sweep::recount(&self.observer, &TimeZone::UTC, budget, now).await.map_err(failed)?;
        let last = self.observer.recount().await.map_err(failed)?;
        self.observer.start_recount(last.as_ref(), now).await.map_err(failed)?;
        sweep::recount(&self.observer, &TimeZone::UTC, budget, now).await.map_err(failed)?;
        let recount = self.observer.recount().await.map_err(failed)?;
        match recount {
            Some(Recount { stage: Stage::Done, sums: Sums { differing: 0, .. }, .. }) => Ok(()),
            other => broken(Invariant::CountersEqualRecount, format!("the recount says {other:?}")),
        }
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
            let beside = ["POSITION#", "STREAM", "SENDS#", "RECOUNT", "DRIFT#", "HEARTBEAT"];
            if beside.iter().any(|prefix| key.0.starts_with(prefix)) {
                continue;
            }
            let counts: BTreeMap<String, i64> = item
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "pk" | "day" | "ttl"))
                .filter_map(|(name, value)| Some((name, value.get("N")?.as_str()?.parse::<i64>().ok()?)))
                .filter(|(_, by)| *by != 0)
                .map(|(name, by)| (store::reports::counter_name(name), by))
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

/// Checks the counters against the contributions of the records in their present state, computed
/// without the change stream.
fn made_again<'a>(records: impl Iterator<Item = &'a Voucher>, found: &Rows) -> Result<(), Broken> {
    let mut delta = Delta::new();
    for record in records {
        report::merge(&mut delta, report::standing(record, &TimeZone::UTC), 1);
    }
    let mut again = Rows::new();
    for (key, counts) in store::reports::touched(&delta) {
        let counts: BTreeMap<String, i64> = counts.into_iter().filter(|(_, by)| *by != 0).collect();
        again.insert(key, counts);
    }
    if again != *found {
        return broken(Invariant::CountersEqualRecount, format!("counters {found:?}, made again {again:?}"));
    }
    Ok(())
}
