//! Checks an autopilot: no match is lost, and no offer is made without its condition, at the wrong
//! time, or too soon after another.
//!
//! The checks are independent of the trigger's own code: they use the history of each customer and
//! the events that were reported.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    campaign::trigger,
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
            if occasion(&new.occurrence) == occasion(&other.occurrence) {
                let what = format!(
                    "{} comes after {}, for the same occasion",
                    record_name(new),
                    record_name(other)
                );
                return broken_invariant(Invariant::OneOfferAnOccasion, what);
            }
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
                    cart.is_open()
                        && left
                        && occasion(&new.occurrence) == format!("cart.{}", cart.id)
                })
            }
            (SimulatedTrigger::Inactivity(days), OccurrenceCause::Day(day)) => customer
                .activity
                .last_order_day
                .is_some_and(|last| last.checked_add(i64::from(days).days()).ok() == Some(*day)),
            // the cause is a day only if it is the customer's own birthday
            (SimulatedTrigger::Birthday, OccurrenceCause::Day(_)) => true,
            _ => false,
        };
        let timely = match cause {
            OccurrenceCause::Event => true,
            OccurrenceCause::Day(day) => {
                let deadline = SignedDuration::from_hours(i64::from(self.autopilot.deadline_hours));
                let late = |hour: Timestamp| new.issued_at.duration_since(hour);
                // what is told on the day itself is in time from then on
                let told = self.known_since(customer);
                self.trigger_hours(&customer.id, day).any(|hour| late(hour) >= -SKEW)
                    && self
                        .trigger_hours(&customer.id, day)
                        .any(|hour| late(hour.max(told)) < deadline + SKEW)
            }
        };
        holds && timely && self.selects(customer)
    }

    /// Returns the trigger's hour of that day in every zone that the customer had, because an offer
    /// is planned in one zone and may be sent in another.
    fn trigger_hours(&self, id: &CustomerId, day: Date) -> impl Iterator<Item = Timestamp> {
        self.customer_history(id).iter().map(move |(_, customer)| trigger_time(customer, day))
    }

    /// Returns the latest time at which the customer came to have the date on which the trigger
    /// fires, as it is in this state.
    fn known_since(&self, state: &Customer) -> Timestamp {
        let is_birthday = self.autopilot.trigger == SimulatedTrigger::Birthday;
        let same = |it: &Customer| {
            if is_birthday {
                birthday(it, YEAR) == birthday(state, YEAR)
            } else {
                it.activity.last_order_day == state.activity.last_order_day
            }
        };
        let history = self.customer_history(&state.id);
        let mut begins = history.iter().enumerate().filter(|(index, (_, it))| {
            let before = index.checked_sub(1).and_then(|before| history.get(before));
            same(it) && before.is_none_or(|(_, before)| !same(before))
        });
        let since = begins.next_back().map_or(0, |(_, (moment, _))| moment.now);
        Timestamp::from_millisecond(since).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Returns true if the date of the last state was known before its day was over, in whichever
    /// zone the customer has been.
    fn known_in_time(&self, customer: &Customer, day: Date) -> bool {
        let over = self.customer_history(&customer.id).iter().map(|(_, it)| day_ends(it, day));
        over.min().is_some_and(|over| self.known_since(customer) + SKEW < over)
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
                let (last, _) = rest.split_once(':').unwrap_or((rest, ""));
                let last: Date = last.parse().ok()?;
                last.checked_add(i64::from(days).days()).ok().map(OccurrenceCause::Day)
            }
            (SimulatedTrigger::Birthday, "birthday") => {
                let mut parts = rest.split(':');
                let day: Date = format!("{}-{}", parts.next()?, parts.next()?).parse().ok()?;
                (birthday(customer, day.year()) == Some(day)).then_some(OccurrenceCause::Day(day))
            }
            (SimulatedTrigger::NthOrder(_), "order")
            | (SimulatedTrigger::Event, "event")
            | (SimulatedTrigger::CartLeft(_), "cart") => Some(OccurrenceCause::Event),
            _ => None,
        }
    }

    /// Returns the occurrence of each order that reached the number, also of one that was cancelled a
    /// moment later.
    fn owed_orders(&self, history: &[CustomerState], number: u32) -> impl Iterator<Item = String> {
        history.windows(2).filter_map(move |states| match states {
            [(_, before), (_, after)]
                if before.activity.orders < number
                    && after.activity.orders >= number
                    && self.selects(after) =>
            {
                Some(format!("order.{number}:{}", after.version))
            }
            _ => None,
        })
    }

    /// Returns true if the record is that of the firing. A day that the change of a customer made
    /// fire has the number of the change behind its name. A record that says no from before the date
    /// was known, or known again, is that of an earlier firing.
    fn answers(&self, record: &Voucher, occurrence: &str) -> bool {
        let name = record.occurrence.as_str();
        if !self.autopilot.trigger.is_calendar() {
            return name == occurrence;
        }
        let of_day = name.strip_prefix(occurrence);
        let same = of_day.is_some_and(|change| change.is_empty() || change.starts_with(':'));
        let states = self.customer_history(&record.customer);
        let since = states.last().map(|(_, customer)| self.known_since(customer));
        same && (is_offered(record) || since.is_some_and(|at| record.issued_at + SKEW >= at))
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
            let Some((_, customer)) = history.last() else {
                continue;
            };
            if !self.selects(customer) {
                continue;
            }
            match self.autopilot.trigger {
                SimulatedTrigger::NthOrder(number) => {
                    owed.extend(self.owed_orders(history, number).map(|it| (id.clone(), it)))
                }
                SimulatedTrigger::CartLeft(minutes) => {
                    let wait = SignedDuration::from_mins(i64::from(
                        minutes + self.autopilot.delay_minutes,
                    ));
                    let left = customer
                        .carts
                        .iter()
                        .filter(|cart| cart.is_open() && now.duration_since(cart.at) > wait + SKEW);
                    // as each cart was touched last: an earlier firing of it does not count
                    let occurrences =
                        left.filter_map(|cart| trigger::cart_occurrence(&cart.id, cart.at));
                    owed.extend(occurrences.map(|it| (id.clone(), it.to_string())));
                }
                SimulatedTrigger::Inactivity(days) => {
                    let last = customer.activity.last_order_day;
                    let day = last.and_then(|last| last.checked_add(i64::from(days).days()).ok());
                    if let (Some(last), Some(day)) = (last, day)
                        && self.known_in_time(customer, day)
                        && is_due(customer, day, enabled_at, now)
                    {
                        owed.push((id.clone(), format!("after.{last}")));
                    }
                }
                SimulatedTrigger::Birthday => {
                    if let Some(day) = birthday(customer, YEAR)
                        && self.known_in_time(customer, day)
                        && is_due(customer, day, enabled_at, now)
                    {
                        let (month, day) = (day.month(), day.day());
                        owed.push((id.clone(), format!("birthday.{YEAR}:{month:02}-{day:02}")));
                    }
                }
                SimulatedTrigger::Event => {}
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
            let mut own =
                records.iter().filter(|((id, _), _)| *id == customer).map(|(_, record)| record);
            if !own.any(|record| self.answers(record, &occurrence)) {
                return broken_invariant(
                    Invariant::NoLostMatch,
                    format!("{customer} fired {occurrence}, and there is no record of it"),
                );
            }
        }
        Ok(())
    }
}

/// Returns the occasion of an occurrence, read from its text: all of it, but for what tells the
/// firings of one order number, cart, birthday or lapse apart.
fn occasion(occurrence: &Occurrence) -> &str {
    let text = occurrence.as_str();
    let kinds = ["order.", "cart.", "birthday.", "after."];
    let repeats = kinds.iter().any(|kind| text.starts_with(kind));
    text.split_once(':').filter(|_| repeats).map_or(text, |(occasion, _)| occasion)
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

fn day_ends(customer: &Customer, day: Date) -> Timestamp {
    day.tomorrow().map_or(Timestamp::MAX, |next| customer.zone().start_of_day(next))
}

fn trigger_time(customer: &Customer, day: Date) -> Timestamp {
    let zone = customer.zone().time_zone();
    day.at(HOUR, 0, 0, 0).to_zoned(zone).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}
