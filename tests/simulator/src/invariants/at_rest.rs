//! Checks what only applies to a scenario at rest: all work has ended, and each total equals the
//! sum of its parts.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{
    TimeZone, Timestamp,
    campaign::{lifecycle::CampaignState, redeeming::Revocation},
    kernel::channel::{Channel, LadderMode},
    reporting::counters::{self, Counter, CounterDelta, CounterValues},
    voucher::{
        attempt::AttemptState,
        record::{Voucher, VoucherStatus},
    },
};
use store::{
    StoreError,
    campaign::campaigns::Quota,
    customer::profiles::CustomerLookup,
    reporting::recounts::{Recount, RecountStage, RecountTotals},
};

use super::{
    BrokenInvariant, Invariant, ObservedState, broken_invariant, orders, spend, values, windows,
};
use crate::{
    actors::OutsideActors,
    table_items::{REPORTS, RunWork, WORK, record_name, text_attribute},
};

/// Report rows by their keys.
type CounterRows = BTreeMap<(String, String), CounterValues>;

impl ObservedState {
    /// Checks everything that must hold when nothing moves any more.
    pub async fn check_at_rest(
        &self,
        now: i64,
        people: &OutsideActors,
    ) -> Result<(), BrokenInvariant> {
        let progress = self.run_progress();
        if progress.waiting() > 0 || progress.open > 0 {
            return broken_invariant(
                Invariant::EquationCloses,
                format!("at rest with {progress:?}"),
            );
        }
        if matches!(self.state, CampaignState::Completed | CampaignState::Enabled) {
            self.check_recount(&RunWork::read_from(&self.memory))?;
        }
        // What is parked waits for a person, and what it says is not yet done.
        if !people.has_parked {
            self.addresses.check_at_rest()?;
        }
        for voucher in self.vouchers.values() {
            let claimed = voucher
                .attempts
                .values()
                .chain(&voucher.reminder)
                .find(|attempt| attempt.state == AttemptState::Claimed);
            if let Some(attempt) = claimed {
                let what = format!(
                    "{}: attempt {} by {} is still claimed",
                    voucher.customer, attempt.number, attempt.channel
                );
                return broken_invariant(Invariant::NothingWaitsForEver, what);
            }
        }
        self.check_nobody_left(now).await?;
        self.check_lanes_are_emptied(now)?;
        self.check_quota().await?;
        self.check_counters()?;
        self.check_product_recount(now).await?;
        spend::check_spend(&self.vouchers, &self.appeared, people)?;
        if let Some(firing) =
            self.autopilot.as_ref().filter(|_| self.state == CampaignState::Enabled)
        {
            firing.check_nothing_lost(now, self.enabled_at, &people.reported, &self.vouchers)?;
        }
        if let Some(what) = &people.holds.broken {
            return broken_invariant(Invariant::HoldsHold, what.clone());
        }
        let ledger = orders::read_orders(&self.memory);
        orders::check_orders(&ledger, self.vouchers.values())?;
        let mut told = people.orders_reported();
        for (customer, placed) in orders::placed_with_vouchers(&ledger) {
            *told.entry(customer).or_default() += placed;
        }
        for (customer, told) in &told {
            let counted = match self.observer.customer(customer).await {
                Ok(CustomerLookup::Customer(found)) => {
                    if let (Ok(listed), Ok(now)) = (
                        self.observer.orders_eventually(customer).await,
                        Timestamp::from_millisecond(now),
                    ) {
                        windows::check_windows(&found, &listed, now)?;
                    }
                    u64::from(found.activity.orders)
                }
                Ok(CustomerLookup::Erased | CustomerLookup::Unknown) | Err(_) => 0,
            };
            if counted != *told {
                return broken_invariant(
                    Invariant::OrdersCountOnce,
                    format!("{customer} has {counted} orders, and {told} were told"),
                );
            }
        }
        Ok(())
    }

    /// Checks that an unknown fate has left no customer without a message whom the next channel
    /// could reach, all the time since.
    async fn check_nobody_left(&self, now: i64) -> Result<(), BrokenInvariant> {
        let stopped = self.revoke != Revocation::default();
        let ended = matches!(self.state, CampaignState::Completed | CampaignState::Enabled);
        // in quiet hours no hour may be left before the voucher ends, and who hands on a device has
        // consent and no address
        let unclear = self.contact_policy.quiet.is_some() || self.addresses_move;
        if stopped || !ended || unclear {
            return Ok(());
        }
        let Ok(Some(campaign)) = self.observer.campaign(&self.campaign).await else {
            return Ok(());
        };
        let channels = &campaign.definition.channels;
        if channels.mode != LadderMode::FirstAvailable || !channels.after_unknown {
            return Ok(());
        }
        let waits = self.unknown_notes();
        for voucher in self.vouchers.values() {
            let open =
                voucher.status == VoucherStatus::Issued && voucher.accept_by.as_millisecond() > now;
            if !open || waits.contains(voucher.id.as_str()) {
                continue;
            }
            for attempt in voucher.attempts.values() {
                let later: Vec<Channel> = channels.channels_after(attempt.channel).collect();
                let reached = later.iter().any(|it| voucher.attempts.contains_key(it));
                // A message of unknown fate counts for the frequency cap, which may withhold the
                // next: the repeat on the same channel, or the one on a later channel, which ends
                // the ladder.
                let is_capped = voucher.is_withheld_on(attempt.channel)
                    || later.iter().any(|it| voucher.is_withheld_on(*it));
                // Who tapped the link has the message.
                let is_tapped = voucher.taps.contains_key(&attempt.channel);
                if attempt.state != AttemptState::Unknown || reached || is_capped || is_tapped {
                    continue;
                }
                let since = attempt.at.as_millisecond();
                let left =
                    later.iter().find(|it| self.was_always_open(&voucher.customer, **it, since));
                if let Some(channel) = left {
                    let what = format!(
                        "{}: the fate of attempt {} by {} is unknown, and nothing was sent by {channel}",
                        record_name(voucher),
                        attempt.number,
                        attempt.channel
                    );
                    return broken_invariant(Invariant::NobodyLeftWaiting, what);
                }
            }
        }
        Ok(())
    }

    /// Returns the vouchers of which an attempt of unknown fate still waits for its time.
    /// Checks that no message has been left behind a lane that was closed, though the customer
    /// could have been sent it all the time since.
    fn check_lanes_are_emptied(&self, now: i64) -> Result<(), BrokenInvariant> {
        if self.state == CampaignState::Cancelled || self.revoke != Revocation::default() {
            return Ok(());
        }
        for voucher in self.vouchers.values() {
            let open =
                voucher.status == VoucherStatus::Issued && voucher.accept_by.as_millisecond() > now;
            let waits = voucher.attempts.values().find(|attempt| {
                attempt.state == AttemptState::Throttled
                    && !voucher.is_withheld_on(attempt.channel)
                    && self.was_always_open(
                        &voucher.customer,
                        attempt.channel,
                        attempt.at.as_millisecond(),
                    )
            });
            if let Some(attempt) = waits.filter(|_| open) {
                let what = format!(
                    "{}: attempt {} by {} still waits for its lane",
                    record_name(voucher),
                    attempt.number,
                    attempt.channel
                );
                return broken_invariant(Invariant::NobodyPaysForOurs, what);
            }
        }
        Ok(())
    }

    fn unknown_notes(&self) -> BTreeSet<String> {
        let mut vouchers = BTreeSet::new();
        self.memory.for_each_item(WORK, |item| {
            vouchers.extend(text_attribute(item, "pk").strip_prefix("unknown#").map(str::to_owned));
        });
        vouchers
    }

    /// Returns true when no match waits and the calendar scan has gone as far as it can by now.
    pub fn no_match_pending(&self, now: i64) -> bool {
        let mut nothing = true;
        self.memory.for_each_item(WORK, |item| {
            let due =
                item.get("due_at").and_then(|value| value.get("N")?.as_str()?.parse::<i64>().ok());
            let calendar =
                text_attribute(item, "sk") == "SEGMENT" && due.is_some_and(|due| due <= now);
            nothing &= !calendar && !text_attribute(item, "pk").starts_with("match#");
        });
        nothing
    }

    /// Checks that each selected customer has one record, and that the tally equals the records.
    pub(super) fn check_recount(&self, work: &RunWork) -> Result<(), BrokenInvariant> {
        if let Some(lost) = work.records.iter().find(|record| !self.vouchers.contains_key(*record))
        {
            return broken_invariant(
                Invariant::EquationCloses,
                format!("{} was selected and has no record", lost.0),
            );
        }
        let count = |wanted: &dyn Fn(VoucherStatus) -> bool| {
            self.vouchers.values().filter(|voucher| wanted(voucher.status)).count() as u64
        };
        let records = [
            count(&VoucherStatus::is_voucher),
            count(&|status| status == VoucherStatus::Ghost),
            count(&|status| status == VoucherStatus::Skipped),
            count(&|status| status == VoucherStatus::Failed),
        ];
        let progress = &work.progress;
        let tally = [
            progress.tally.issued,
            progress.tally.ghost,
            progress.tally.skipped,
            progress.tally.failed,
        ];
        if records != tally {
            return broken_invariant(
                Invariant::EquationCloses,
                format!("issued, ghost, skipped, failed: counted {tally:?}, records {records:?}"),
            );
        }
        Ok(())
    }

    async fn check_quota(&self) -> Result<(), BrokenInvariant> {
        let (Ok(Some(campaign)), Ok(Some(left))) = (
            self.observer.campaign(&self.campaign).await,
            self.observer.quota(&self.campaign).await,
        ) else {
            return Ok(());
        };
        let whole = Quota::from_caps(&campaign.definition.caps);
        let issued =
            self.vouchers.values().filter(|voucher| voucher.status.is_voucher()).count() as i64;
        let each = campaign.definition.exposure_each().units();
        let expected = Quota {
            vouchers: whole.vouchers - issued,
            exposure: whole.exposure - issued * each,
            redeemed: if campaign.definition.caps.redeemed.is_some() {
                whole.redeemed - self.redeemed_amount() - self.reserved_amount()
            } else {
                left.redeemed
            },
        };
        if left != expected {
            return broken_invariant(
                Invariant::CapsHold,
                format!("left {left:?}, and the records leave {expected:?}"),
            );
        }
        Ok(())
    }

    /// Checks that the product's own recount finds no difference, even after one that a fault left
    /// half done.
    async fn check_product_recount(&self, now: i64) -> Result<(), BrokenInvariant> {
        let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
        let failed = |error: StoreError| BrokenInvariant {
            invariant: Invariant::CountersEqualRecount,
            what: format!("the recount does not go on: {error}"),
        };
        let budget = Duration::from_secs(3_600);
        watchdog::recount(&self.observer, &TimeZone::UTC, budget, now).await.map_err(failed)?;
        let last = self.observer.last_recount().await.map_err(failed)?;
        self.observer.start_recount(last.as_ref(), now).await.map_err(failed)?;
        watchdog::recount(&self.observer, &TimeZone::UTC, budget, now).await.map_err(failed)?;
        let recount = self.observer.last_recount().await.map_err(failed)?;
        match recount {
            Some(Recount {
                stage: RecountStage::Done,
                totals: RecountTotals { differing: 0, .. },
                ..
            }) => Ok(()),
            other => broken_invariant(
                Invariant::CountersEqualRecount,
                format!("the recount says {other:?}"),
            ),
        }
    }

    fn check_counters(&self) -> Result<(), BrokenInvariant> {
        let mut expected = BTreeMap::new();
        for (key, mut counts) in store::reporting::counters::touched_rows(&self.expected_counters) {
            counts.remove_zeros();
            expected.insert(key, counts);
        }
        let mut found = BTreeMap::new();
        for item in self.memory.items(REPORTS) {
            let key =
                (text_attribute(&item, "pk").to_owned(), text_attribute(&item, "day").to_owned());
            let beside =
                ["POSITION#", "STREAM", "SENDS#", "RECOUNT", "DRIFT#", "HEARTBEAT", "VALUES#"];
            if beside.iter().any(|prefix| key.0.starts_with(prefix)) {
                continue;
            }
            let mut counts: CounterValues = item
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "pk" | "day" | "ttl"))
                .filter_map(|(name, value)| {
                    let by = value.get("N")?.as_str()?.parse::<i64>().ok()?;
                    Some((Counter::from_stored(name), by))
                })
                .collect();
            counts.remove_zeros();
            if !counts.is_empty() {
                found.insert(key, counts);
            }
        }
        if expected != found {
            return broken_invariant(
                Invariant::CountersEqualRecount,
                format!("counters {found:?}, recount {expected:?}"),
            );
        }
        check_contributions(self.vouchers.values(), &found)?;
        values::check_values(&self.memory)
    }
}

/// Checks the counters against the contributions of the records in their present state, computed
/// without the change stream.
fn check_contributions<'a>(
    records: impl Iterator<Item = &'a Voucher>,
    found: &CounterRows,
) -> Result<(), BrokenInvariant> {
    let mut delta = CounterDelta::new();
    for record in records {
        counters::merge_delta(&mut delta, counters::contribution(record, &TimeZone::UTC), 1);
    }
    let mut again = CounterRows::new();
    for (key, mut counts) in store::reporting::counters::touched_rows(&delta) {
        counts.remove_zeros();
        again.insert(key, counts);
    }
    if again != *found {
        return broken_invariant(
            Invariant::CountersEqualRecount,
            format!("counters {found:?}, made again {again:?}"),
        );
    }
    Ok(())
}
