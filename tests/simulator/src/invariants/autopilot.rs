//! Checks an autopilot: no match is lost, and no offer is made without its condition, at the wrong
//! time, or too soon after another.
//!
//! The checks are independent of the trigger's own code: they use the history of each customer and
//! the events that were reported.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    customer::profile::Customer,
    kernel::id::{CustomerId, Occurrence},
    voucher::record::{Voucher, VoucherStatus},
};
use jiff::{SignedDuration, ToSpan, tz::TimeZone};

use super::{BrokenInvariant, EffectSource, Invariant, SimulatedMoment, broken_invariant};
use crate::{
    actors::ReportedEvent,
    autopilot::{AutopilotScenario, SimulatedTrigger},
    table_items::{RecordKey, record_name},
};

/// The most by which two clocks may differ: each is wrong by up to a second.
const SKEW: SignedDuration = SignedDuration::from_secs(2);
/// The hour at which a day fires if the trigger does not set one.
const HOUR: i8 = 10;
/// The year in which all scenarios take place.
const YEAR: i16 = 2026;
/// The time by which a day begins before midnight UTC in the first zone.
const FIRST_ZONE: SignedDuration = SignedDuration::from_hours(14);

/// A customer's state from a moment on.
type CustomerState = (SimulatedMoment, Customer);

pub(super) struct AutopilotTracker {
    autopilot: AutopilotScenario,
    /// Set when only customers with the tag are selected.
    tagged_only: bool,
    history: BTreeMap<CustomerId, Vec<CustomerState>>,
}

/// The cause of an occurrence, read from its name.
enum OccurrenceCause {
    Day(Date),
    Event,
}

impl AutopilotTracker {
    pub(super) fn for_scenario(autopilot: AutopilotScenario, tagged_only: bool) -> Self {
        Self { autopilot, tagged_only, history: BTreeMap::new() }
    }

    pub(super) fn record_customer(&mut self, moment: SimulatedMoment, customer: &Customer) {
        self.history.entry(customer.id.clone()).or_default().push((moment, customer.clone()));
    }

    fn customer_history(&self, id: &CustomerId) -> &[CustomerState] {
        self.history.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns every state of a customer since that step, including the one in force then.
    fn states_since(&self, id: &CustomerId, step: u64) -> impl Iterator<Item = &Customer> {
        let history = self.customer_history(id);
        let in_force = history.iter().rposition(|(moment, _)| moment.step <= step).unwrap_or(0);
        history.iter().skip(in_force).map(|(_, customer)| customer)
    }

    /// Checks a new record: an offer, a held-out record, or a skip with its reason.
    pub(super) fn check_issue(
        &self,
        doer: EffectSource,
        new: &Voucher,
        others: &BTreeMap<RecordKey, Voucher>,
    ) -> Result<(), BrokenInvariant> {
        if !is_offered(new) {
            return Ok(());
        }
        let cool_down = SignedDuration::from_hours(24 * i64::from(self.autopilot.cool_down_days));
        let of_same =
            others.values().filter(|other| other.customer == new.customer && is_offered(other));
        for other in of_same {
            let apart = new.issued_at.duration_since(other.issued_at).abs();
            if apart + SKEW < cool_down {
                let what =
                    format!("{} comes {apart:#} after {}", record_name(new), record_name(other));
                return broken_invariant(Invariant::CoolDownHolds, what);
            }
        }
        let mut summaries = self.states_since(&new.customer, doer.since).peekable();
        if summaries.peek().is_none() || !summaries.any(|customer| self.may_offer(customer, new)) {
            let what = format!(
                "{} was offered at {}, and at no time since #{} began might be",
                record_name(new),
                new.issued_at,
                doer.invocation
            );
            return broken_invariant(Invariant::ConditionAtSend, what);
        }
        Ok(())
    }

    /// Returns true if an offer is allowed in this state of the customer: the condition holds, and
    /// the time is between the trigger's hour and the deadline.
    fn may_offer(&self, customer: &Customer, new: &Voucher) -> bool {
        let Some(cause) = self.occurrence_cause(customer, &new.occurrence) else {
            return false;
        };
        let holds = match (self.autopilot.trigger, &cause) {
            (SimulatedTrigger::NthOrder(number), OccurrenceCause::Event) => {
                customer.activity.orders >= number
            }
            (SimulatedTrigger::Event, OccurrenceCause::Event) => true,
            (SimulatedTrigger::CartLeft(minutes), OccurrenceCause::Event) => {
                customer.carts.iter().any(|cart| {
                    let left = new.issued_at.duration_since(cart.at) + SKEW
                        >= SignedDuration::from_mins(i64::from(minutes));
                    cart.is_open() && left && new.occurrence.as_str() == format!("cart.{}", cart.id)
                })
            }
            (SimulatedTrigger::Inactivity(days), OccurrenceCause::Day(day)) => customer
                .activity
                .last_order_day
                .is_some_and(|last| last.checked_add(i64::from(days).days()).ok() == Some(*day)),
            // the cause was derived from the customer's own birthday
            (SimulatedTrigger::Birthday, OccurrenceCause::Day(_)) => true,
            _ => false,
        };
        let timely = match cause {
            OccurrenceCause::Event => true,
            OccurrenceCause::Day(day) => {
                let deadline = SignedDuration::from_hours(i64::from(self.autopilot.deadline_hours));
                let late = |hour: Timestamp| new.issued_at.duration_since(hour);
                self.trigger_hours(&customer.id, day).any(|hour| late(hour) >= -SKEW)
                    && self
                        .trigger_hours(&customer.id, day)
                        .any(|hour| late(hour) < deadline + SKEW)
            }
        };
        holds && timely && self.selects(customer)
    }

    /// Returns the trigger's hour of that day in every zone that the customer had, because an offer
    /// is planned in one zone and may be sent in another.
    fn trigger_hours(&self, id: &CustomerId, day: Date) -> impl Iterator<Item = Timestamp> {
        self.customer_history(id).iter().map(move |(_, customer)| trigger_time(customer, day))
    }

    fn selects(&self, customer: &Customer) -> bool {
        !self.tagged_only || customer.profile.tags.iter().any(|tag| tag == "vip")
    }

    fn occurrence_cause(
        &self,
        customer: &Customer,
        occurrence: &Occurrence,
    ) -> Option<OccurrenceCause> {
        let (kind, rest) = occurrence.as_str().split_once('.')?;
        match (self.autopilot.trigger, kind) {
            (SimulatedTrigger::Inactivity(days), "after") => {
                let last: Date = rest.parse().ok()?;
                last.checked_add(i64::from(days).days()).ok().map(OccurrenceCause::Day)
            }
            (SimulatedTrigger::Birthday, "birthday") => {
                birthday(customer, rest.parse().ok()?).map(OccurrenceCause::Day)
            }
            (SimulatedTrigger::NthOrder(_), "order")
            | (SimulatedTrigger::Event, "event")
            | (SimulatedTrigger::CartLeft(_), "cart") => Some(OccurrenceCause::Event),
            _ => None,
        }
    }

    /// Checks, at rest, that every customer for whom the trigger fired has a record.
    pub(super) fn check_nothing_lost(
        &self,
        now: i64,
        enabled_at: Option<i64>,
        reported: &BTreeMap<String, ReportedEvent>,
        records: &BTreeMap<RecordKey, Voucher>,
    ) -> Result<(), BrokenInvariant> {
        let time =
            |millis: i64| Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
        let (now, Some(enabled_at)) = (time(now), enabled_at.map(time)) else {
            return Ok(());
        };
        let mut owed: Vec<(CustomerId, String)> = Vec::new();
        for (id, history) in &self.history {
            let Some((known_since, customer)) = history.last() else {
                continue;
            };
            if !self.selects(customer) {
                continue;
            }
            match self.autopilot.trigger {
                SimulatedTrigger::NthOrder(number) if customer.activity.orders >= number => {
                    owed.push((id.clone(), format!("order.{number}")))
                }
                SimulatedTrigger::CartLeft(minutes) => {
                    let wait = SignedDuration::from_mins(i64::from(
                        minutes + self.autopilot.delay_minutes,
                    ));
                    let left = customer
                        .carts
                        .iter()
                        .filter(|cart| cart.is_open() && now.duration_since(cart.at) > wait + SKEW);
                    owed.extend(left.map(|cart| (id.clone(), format!("cart.{}", cart.id))));
                }
                SimulatedTrigger::Inactivity(days) => {
                    let last = customer.activity.last_order_day;
                    // the last order was known before the scan looked up the day on which it fires
                    let since = history
                        .iter()
                        .rev()
                        .take_while(|(_, it)| it.activity.last_order_day == last)
                        .last();
                    let since = since.map_or(known_since.now, |(moment, _)| moment.now);
                    let day = last.and_then(|last| last.checked_add(i64::from(days).days()).ok());
                    if let (Some(last), Some(day)) = (last, day)
                        && time(since) + SKEW < day_begins(day)
                        && is_due(customer, day, enabled_at, now)
                    {
                        owed.push((id.clone(), format!("after.{last}")));
                    }
                }
                SimulatedTrigger::Birthday => {
                    if birthday(customer, YEAR)
                        .is_some_and(|day| is_due(customer, day, enabled_at, now))
                    {
                        owed.push((id.clone(), format!("birthday.{YEAR}")));
                    }
                }
                SimulatedTrigger::NthOrder(_) | SimulatedTrigger::Event => {}
            }
        }
        if self.autopilot.trigger == SimulatedTrigger::Event {
            let selected = |told: &ReportedEvent| {
                self.customer_history(&told.customer).last().is_some_and(|(_, it)| self.selects(it))
            };
            let events =
                reported.iter().filter(|(name, told)| name.starts_with("e.") && selected(told));
            owed.extend(
                events.map(|(name, told)| (told.customer.clone(), format!("event.{name}"))),
            );
        }
        for (customer, occurrence) in owed {
            let Ok(occurrence) = Occurrence::parse(&occurrence) else {
                continue;
            };
            if !records.contains_key(&(customer.clone(), occurrence.clone())) {
                return broken_invariant(
                    Invariant::NoLostMatch,
                    format!("{customer} fired {occurrence}, and there is no record of it"),
                );
            }
        }
        Ok(())
    }
}

/// Returns true for a voucher or a held-out record.
fn is_offered(record: &Voucher) -> bool {
    record.status.is_voucher() || record.status == VoucherStatus::Ghost
}

fn birthday(customer: &Customer, year: i16) -> Option<Date> {
    let date = customer.profile.personal_dates.get("birthday")?;
    Date::new(year, date.month(), date.day()).ok()
}

/// Returns true if the whole day came after the autopilot was enabled, whatever the customer's zone
/// was, and the trigger's hour is over.
fn is_due(customer: &Customer, day: Date, enabled_at: Timestamp, now: Timestamp) -> bool {
    day_begins(day) > enabled_at && trigger_time(customer, day) + SKEW < now
}

fn day_begins(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp() - FIRST_ZONE)
}

fn trigger_time(customer: &Customer, day: Date) -> Timestamp {
    let zone = customer.profile.zone.as_ref().map_or(TimeZone::UTC, |zone| zone.time_zone());
    day.at(HOUR, 0, 0, 0).to_zoned(zone).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}
