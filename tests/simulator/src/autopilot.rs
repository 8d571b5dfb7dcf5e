//! Scenarios with an autopilot: the trigger, and the events that the app backend reports to make it
//! fire.
//!
//! The last digit of a seed decides if it has an autopilot, so that the scenarios without one stay
//! unchanged.

use std::fmt;

use domain::{
    Timestamp, campaign::lifecycle::CampaignState, customer::profile::Zone, kernel::id::CustomerId,
};
use serde_json::{Value, json};

use crate::{
    actors::RequestKind,
    plan::{ActorAction, FaultKind, SimulationPlan},
    simulation::SimulatedWorld,
};

/// The last digits of seeds with an autopilot.
const LAST_DIGITS: [u64; 3] = [4, 5, 6];
/// The time in milliseconds after which every process knows an enabled autopilot: the trigger cache
/// (`customers::Listening`) is refreshed within ten seconds, and clocks are wrong by up to a
/// second.
const TRIGGER_CACHE_MS: i64 = 15_000;
/// The time zones of the autopilot's customers: the first one to enter a day, two in between, and
/// one of the last.
pub const ZONES: [&str; 4] =
    ["Pacific/Kiritimati", "Asia/Kolkata", "Europe/Dublin", "America/Los_Angeles"];
/// The birthdays: from the day before the autopilot is enabled to three days after.
const BIRTHDAYS: [(u8, u8); 5] = [(10, 31), (11, 1), (11, 2), (11, 3), (11, 4)];

fn birthday_text(number: usize) -> String {
    let (month, day) = BIRTHDAYS.get(number % BIRTHDAYS.len()).copied().unwrap_or((11, 2));
    format!("1990-{month:02}-{day:02}")
}

/// The name of the event that fires an event trigger.
const EVENT: &str = "rated";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatedTrigger {
    NthOrder(u32),
    Event,
    /// The minutes since the cart was last touched.
    CartLeft(u32),
    /// The days since the last order.
    Inactivity(u16),
    Birthday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutopilotScenario {
    pub trigger: SimulatedTrigger,
    pub cool_down_days: u16,
    pub delay_minutes: u32,
    pub deadline_hours: u16,
}

impl AutopilotScenario {
    pub fn from_seed(seed: u64) -> Option<Self> {
        if !LAST_DIGITS.contains(&(seed % 10)) {
            return None;
        }
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0003);
        let fires = match draw.u32(..6) {
            0 => SimulatedTrigger::NthOrder(draw.u32(1..=2)),
            // one customer can have many occurrences, so most can go wrong here
            1 | 2 => SimulatedTrigger::Event,
            3 => SimulatedTrigger::CartLeft(draw.u32(1..=10)),
            4 => SimulatedTrigger::Inactivity(draw.u16(1..=3)),
            _ => SimulatedTrigger::Birthday,
        };
        let delay_minutes = if fires.is_calendar() || draw.bool() { 0 } else { draw.u32(1..=30) };
        Some(Self {
            trigger: fires,
            cool_down_days: draw.u16(1..=2),
            delay_minutes,
            deadline_hours: draw.u16(1..=8),
        })
    }

    pub fn trigger_definition(&self) -> Value {
        let when = match self.trigger {
            SimulatedTrigger::NthOrder(number) => json!({"nth_order": {"number": number}}),
            SimulatedTrigger::Event => json!({"event": {"name": EVENT}}),
            SimulatedTrigger::CartLeft(minutes) => json!({"cart_left": {"minutes": minutes}}),
            SimulatedTrigger::Inactivity(days) => json!({"inactivity": {"days": days}}),
            SimulatedTrigger::Birthday => json!({"personal_date": {"name": "birthday"}}),
        };
        let mut trigger = json!({"when": when, "cool_down_days": self.cool_down_days, "deadline_hours": self.deadline_hours});
        if self.delay_minutes > 0 {
            trigger["delay_minutes"] = json!(self.delay_minutes);
        }
        trigger
    }
}

impl SimulatedTrigger {
    /// Returns true for triggers of the calendar, false for those that an event fires.
    pub fn is_calendar(self) -> bool {
        matches!(self, SimulatedTrigger::Inactivity(_) | SimulatedTrigger::Birthday)
    }
}

impl fmt::Display for AutopilotScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trigger {
            SimulatedTrigger::NthOrder(number) => write!(f, "order {number}"),
            SimulatedTrigger::Event => f.write_str("an event"),
            SimulatedTrigger::CartLeft(minutes) => write!(f, "a cart left for {minutes} min"),
            SimulatedTrigger::Inactivity(days) => write!(f, "{days} days without an order"),
            SimulatedTrigger::Birthday => f.write_str("the birthday"),
        }?;
        let (cool, delay, deadline) =
            (self.cool_down_days, self.delay_minutes, self.deadline_hours);
        write!(f, ", cool-down {cool} days, delay {delay} min, deadline {deadline} h")
    }
}

impl SimulationPlan {
    #[must_use]
    pub fn with_autopilot(mut self, autopilot: AutopilotScenario) -> Self {
        self.autopilot = Some(autopilot);
        self.segments = 1;
        let told = match autopilot.trigger {
            SimulatedTrigger::NthOrder(_) | SimulatedTrigger::Inactivity(_) => {
                [ActorAction::Order, ActorAction::CancelOrder]
            }
            SimulatedTrigger::Event => [ActorAction::Event, ActorAction::Order],
            SimulatedTrigger::CartLeft(_) => [ActorAction::Cart, ActorAction::Order],
            SimulatedTrigger::Birthday => [ActorAction::Order, ActorAction::CorrectBirthday],
        };
        self.actions.extend(told);
        if autopilot.trigger.is_calendar() {
            self.actions.insert(ActorAction::ChangeZone);
        }
        self
    }
}

impl SimulatedWorld {
    /// Adds what a customer needs before the autopilot is enabled: a time zone, and a birthday for
    /// a birthday trigger.
    pub fn add_history(&mut self, number: usize, profile: &mut Value) {
        let Some(autopilot) = self.plan.autopilot else {
            return;
        };
        profile["profile"]["zone"] = json!(ZONES.get(self.random.usize(..ZONES.len())));
        // some birthdays are told later
        if autopilot.trigger == SimulatedTrigger::Birthday && number % 4 != 3 {
            let near = number + self.random.usize(..2);
            profile["profile"]["personal_dates"] = json!({"birthday": birthday_text(near)});
        }
    }

    /// Corrects a birthday, to another day within the scenario.
    pub fn correct_birthday(&mut self) {
        let Some(customer) = self.draw_customer() else {
            return;
        };
        let date = birthday_text(self.random.usize(..BIRTHDAYS.len()));
        let body = json!({"profile": {"personal_dates": {"birthday": date}}});
        self.send_as_app_backend(
            "PATCH",
            format!("/v1/customers/{customer}"),
            body,
            RequestKind::Customer,
        );
    }

    /// Returns true once every process that takes in events knows that the autopilot is enabled.
    pub fn is_trigger_known(&self) -> bool {
        let listens = matches!(self.view.state, CampaignState::Enabled | CampaignState::Paused);
        listens && self.view.enabled_at.is_some_and(|since| self.now > since + TRIGGER_CACHE_MS)
    }

    /// Returns true when no match waits to be processed and the calendar scan has reached its end.
    pub fn all_matches_processed(&self) -> bool {
        self.plan.autopilot.is_none_or(|_| self.view.no_match_pending(self.now))
    }

    /// Reports a behaviour event; some are reported twice.
    pub fn report_event(&mut self) {
        if self.random.u32(..100) < 30 && self.repeat_event("e.") {
            return;
        }
        let Some(customer) = self.draw_customer() else {
            return;
        };
        let id = self.actors.next_id("e.");
        let at = self.draw_event_time();
        let body = json!({"event_id": id, "name": EVENT, "customer_id": customer.as_str(), "at": at.to_string()});
        self.send_event("/v1/events", id, customer, body);
    }

    /// Reports a change of one of a customer's two carts: touched again or emptied, and at times
    /// out of order.
    pub fn report_cart(&mut self) {
        let Some(customer) = self.draw_customer() else {
            return;
        };
        let id = self.actors.next_id("k.");
        let event = if self.random.u32(..100) < 75 { "touched" } else { "emptied" };
        let (cart, at) = (format!("{customer}-{}", self.random.u32(..2)), self.draw_event_time());
        let body = json!({"event": event, "cart_id": cart, "customer_id": customer.as_str(), "at": at.to_string()});
        self.send_event("/v1/carts", id, customer, body);
    }

    /// Returns the cart that an order names, where carts matter; some orders name none.
    pub fn draw_cart_of_order(&mut self, customer: &CustomerId) -> Option<String> {
        let trigger = self.plan.autopilot.as_ref()?.trigger;
        let has_carts = matches!(trigger, SimulatedTrigger::CartLeft(_));
        (has_carts && self.random.u32(..100) < 60)
            .then(|| format!("{customer}-{}", self.random.u32(..2)))
    }

    /// Cancels an order, at times before the order itself has been taken in.
    pub fn cancel_order(&mut self) {
        let Some((order, customer)) = self.actors.draw_order(&mut self.random) else {
            return;
        };
        let id = format!("x.{order}");
        let at = self.current_time().to_string();
        let body = json!({
            "event": "cancelled", "event_id": id, "order_id": order,
            "customer_id": customer.as_str(), "at": at,
        });
        // A repeat says the same again.
        let known = self.actors.reported.get(&id).map(|told| told.body.clone());
        self.send_event("/v1/orders", id, customer, known.unwrap_or(body));
    }

    /// Moves a customer to another zone, in half of the cases to one where it is about midnight; and
    /// where birthdays fire, at times with a birthday that is told, or corrected, on the day itself
    /// or on its eve.
    pub fn change_zone(&mut self) {
        let Some(customer) = self.draw_customer() else {
            return;
        };
        let any = ZONES.get(self.random.usize(..ZONES.len())).copied().unwrap_or("UTC");
        let now = self.current_time();
        let midnight = ZONES.into_iter().find(|zone| {
            let clock = Zone::parse(zone).map(|zone| now.to_zoned(zone.time_zone()).hour());
            clock.is_ok_and(|hour| matches!(hour, 23 | 0))
        });
        let zone = midnight.filter(|_| self.random.bool()).unwrap_or(any);
        let mut body = json!({"profile": {"zone": zone}});
        if self.plan.autopilot.is_some_and(|it| it.trigger == SimulatedTrigger::Birthday)
            && self.random.u32(..100) < 30
            && let Ok(zone) = Zone::parse(zone)
        {
            let today = zone.local_day(now);
            let day = if self.random.bool() { Ok(today) } else { today.tomorrow() };
            let day = day.unwrap_or(today);
            let told = format!("1990-{:02}-{:02}", day.month(), day.day());
            body["profile"]["personal_dates"] = json!({"birthday": told});
        }
        self.send_as_app_backend(
            "PATCH",
            format!("/v1/customers/{customer}"),
            body,
            RequestKind::Customer,
        );
    }

    fn send_event(&mut self, path: &str, id: String, customer: CustomerId, body: Value) {
        // before that, no match is owed
        if self.is_trigger_known() {
            self.actors.record_event(&id, customer, path, &body);
            self.send_as_app_backend("POST", path.to_owned(), body, RequestKind::Event(id));
        }
    }

    fn repeat_event(&mut self, kind: &str) -> bool {
        let Some((id, path, body)) = self.actors.draw_reported_event(kind, &mut self.random) else {
            return false;
        };
        self.send_as_app_backend("POST", path, body, RequestKind::Event(id));
        true
    }

    /// Returns the time of a reported event: now, or up to five minutes ago.
    fn draw_event_time(&mut self) -> Timestamp {
        let late = if self.plan.faults.contains(&FaultKind::UnreliableEvents) {
            self.random.i64(0..300_000)
        } else {
            0
        };
        Timestamp::from_millisecond(self.now - late).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
