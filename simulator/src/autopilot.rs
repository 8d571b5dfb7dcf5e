//! Scenarios with an autopilot: the trigger, and the events that the app backend reports to make it
//! fire.
//!
//! The last digit of a seed decides if it has an autopilot, so that the scenarios without one stay
//! unchanged.

use std::fmt;

use domain::{Timestamp, campaign::State, id::CustomerId};
use serde_json::{Value, json};

use crate::{
    people::What,
    plan::{Deed, Fault, Plan},
    world::World,
};

/// The last digits of seeds with an autopilot.
const LAST_DIGITS: [u64; 3] = [4, 5, 6];
/// The time in milliseconds after which every process knows an enabled autopilot: the trigger cache
/// (`customers::Listening`) is refreshed within ten seconds, and clocks are wrong by up to a
/// second.
const HEARD_AFTER_MS: i64 = 15_000;
/// The time zones of the autopilot's customers: the first one to enter a day, two in between, and
/// one of the last.
pub const ZONES: [&str; 4] = ["Pacific/Kiritimati", "Asia/Kolkata", "Europe/Dublin", "America/Los_Angeles"];
/// The name of the event that fires an event trigger.
const EVENT: &str = "rated";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires {
    NthOrder(u32),
    Event,
    /// The minutes since the cart was last touched.
    CartLeft(u32),
    /// The days since the last order.
    Inactivity(u16),
    Birthday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Autopilot {
    pub fires: Fires,
    pub cool_down_days: u16,
    pub delay_minutes: u32,
    pub deadline_hours: u16,
}

impl Autopilot {
    pub fn of(seed: u64) -> Option<Self> {
        if !LAST_DIGITS.contains(&(seed % 10)) {
            return None;
        }
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0003);
        let fires = match draw.u32(..6) {
            0 => Fires::NthOrder(draw.u32(1..=2)),
            // one customer can have many occurrences, so most can go wrong here
            1 | 2 => Fires::Event,
            3 => Fires::CartLeft(draw.u32(1..=10)),
            4 => Fires::Inactivity(draw.u16(1..=3)),
            _ => Fires::Birthday,
        };
        let delay_minutes = if fires.by_day() || draw.bool() { 0 } else { draw.u32(1..=30) };
        Some(Self { fires, cool_down_days: draw.u16(1..=2), delay_minutes, deadline_hours: draw.u16(1..=8) })
    }

    pub fn trigger(&self) -> Value {
        let when = match self.fires {
            Fires::NthOrder(number) => json!({"nth_order": {"number": number}}),
            Fires::Event => json!({"event": {"name": EVENT}}),
            Fires::CartLeft(minutes) => json!({"cart_left": {"minutes": minutes}}),
            Fires::Inactivity(days) => json!({"inactivity": {"days": days}}),
            Fires::Birthday => json!({"personal_date": {"name": "birthday"}}),
        };
        let mut trigger =
            json!({"when": when, "cool_down_days": self.cool_down_days, "deadline_hours": self.deadline_hours});
        if self.delay_minutes > 0 {
            trigger["delay_minutes"] = json!(self.delay_minutes);
        }
        trigger
    }
}

impl Fires {
    /// Returns true for triggers of the calendar, false for those that an event fires.
    pub fn by_day(self) -> bool {
        matches!(self, Fires::Inactivity(_) | Fires::Birthday)
    }
}

impl fmt::Display for Autopilot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fires {
            Fires::NthOrder(number) => write!(f, "order {number}"),
            Fires::Event => f.write_str("an event"),
            Fires::CartLeft(minutes) => write!(f, "a cart left for {minutes} min"),
            Fires::Inactivity(days) => write!(f, "{days} days without an order"),
            Fires::Birthday => f.write_str("the birthday"),
        }?;
        let (cool, delay, deadline) = (self.cool_down_days, self.delay_minutes, self.deadline_hours);
        write!(f, ", cool-down {cool} days, delay {delay} min, deadline {deadline} h")
    }
}

impl Plan {
    #[must_use]
    pub fn with_autopilot(mut self, autopilot: Autopilot) -> Self {
        self.autopilot = Some(autopilot);
        self.segments = 1;
        let told = match autopilot.fires {
            Fires::NthOrder(_) | Fires::Inactivity(_) => [Deed::Order, Deed::CancelOrder],
            Fires::Event => [Deed::Event, Deed::Order],
            Fires::CartLeft(_) => [Deed::Cart, Deed::Order],
            Fires::Birthday => [Deed::Order, Deed::Zone],
        };
        self.deeds.extend(told);
        if autopilot.fires.by_day() {
            self.deeds.insert(Deed::Zone);
        }
        self
    }
}

impl World {
    /// Adds what a customer needs before the autopilot is enabled: a time zone, and a birthday for
    /// a birthday trigger.
    pub fn past_of(&mut self, number: usize, profile: &mut Value) {
        let Some(autopilot) = self.plan.autopilot else { return };
        profile["profile"]["zone"] = json!(ZONES.get(self.draw.usize(..ZONES.len())));
        if autopilot.fires == Fires::Birthday {
            // from the day before the autopilot is enabled to three days after
            let days = [(10, 31), (11, 1), (11, 2), (11, 3), (11, 4)];
            let (month, day) = days.get((number + self.draw.usize(..2)) % days.len()).copied().unwrap_or((11, 2));
            profile["profile"]["personal_dates"] = json!({"birthday": format!("1990-{month:02}-{day:02}")});
        }
    }

    /// Returns true once every process that takes in events knows that the autopilot is enabled.
    pub fn is_heard(&self) -> bool {
        let listens = matches!(self.view.state, State::Enabled | State::Paused);
        listens && self.view.enabled_at.is_some_and(|since| self.now > since + HEARD_AFTER_MS)
    }

    /// Returns true when no match waits to be processed and the calendar scan has reached its end.
    pub fn fired_all(&self) -> bool {
        self.plan.autopilot.is_none_or(|_| self.view.nothing_to_look_at(self.now))
    }

    /// Reports a behaviour event; some are reported twice.
    pub fn event_happens(&mut self) {
        if self.draw.u32(..100) < 30 && self.told_again("e.") {
            return;
        }
        let Some(customer) = self.somebody() else { return };
        let id = self.people.next_id("e.");
        let at = self.told_at();
        let body = json!({"event_id": id, "name": EVENT, "customer_id": customer.as_str(), "at": at.to_string()});
        self.tells("/v1/events", id, customer, body);
    }

    /// Reports a change of one of a customer's two carts: touched again or emptied, and at times
    /// out of order.
    pub fn cart_moves(&mut self) {
        let Some(customer) = self.somebody() else { return };
        let id = self.people.next_id("k.");
        let event = if self.draw.u32(..100) < 75 { "touched" } else { "emptied" };
        let (cart, at) = (format!("{customer}-{}", self.draw.u32(..2)), self.told_at());
        let body = json!({"event": event, "cart_id": cart, "customer_id": customer.as_str(), "at": at.to_string()});
        self.tells("/v1/carts", id, customer, body);
    }

    /// Cancels an order, at times before the order itself has been taken in.
    pub fn order_is_cancelled(&mut self) {
        let Some((order, customer)) = self.people.an_order(&mut self.draw) else { return };
        let id = format!("x.{order}");
        let at = self.time().to_string();
        let body = json!({"event": "cancelled", "order_id": order, "customer_id": customer.as_str(), "at": at});
        self.tells("/v1/orders", id, customer, body);
    }

    pub fn somebody_moves(&mut self) {
        let Some(customer) = self.somebody() else { return };
        let zone = ZONES.get(self.draw.usize(..ZONES.len())).copied().unwrap_or("UTC");
        let body = json!({"profile": {"zone": zone}});
        self.app("PATCH", format!("/v1/customers/{customer}"), body, What::Customer);
    }

    fn tells(&mut self, path: &str, id: String, customer: CustomerId, body: Value) {
        // before that, no match is owed
        if self.is_heard() {
            self.people.tells(&id, customer, path, &body);
            self.app("POST", path.to_owned(), body, What::Told(id));
        }
    }

    fn told_again(&mut self, kind: &str) -> bool {
        let Some((id, path, body)) = self.people.told_before(kind, &mut self.draw) else { return false };
        self.app("POST", path, body, What::Told(id));
        true
    }

    /// Returns the time of a reported event: now, or up to five minutes ago.
    fn told_at(&mut self) -> Timestamp {
        let late = if self.plan.faults.contains(&Fault::EventTrouble) { self.draw.i64(0..300_000) } else { 0 };
        Timestamp::from_millisecond(self.now - late).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
