//! What an autopilot fires on when something is told of a customer: an order, a first sight of them, a cart, an event of the app's own.
//! A `Happening` says what changed; `happened` says what makes it a firing, so that repeats and reordering fire once; `still_true` asks
//! again before the message goes out.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use serde_json::{Map, Value};

use super::{MAX_NAME, Trigger, When};
use crate::{
    channel::Channel,
    customer::{Activity, Customer},
    dispatch::{Dispatch, DispatchKey, Firing, Purpose},
    id::{CampaignId, CustomerId, Occurrence, RunId},
    money::{Currency, Minor},
};

/// The only segment of an autopilot's run.
pub const ALWAYS_ON_SEGMENT: u32 = 0;
/// Autopilots that one event fires, at most.
pub const MAX_MATCHES: usize = 80;

/// Something was told of a customer.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    /// When it happened, as told.
    pub at: Timestamp,
    /// As they stand after it.
    pub customer: &'a Customer,
    pub what: Happened<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Happened<'a> {
    /// An order moved what the customer's orders add up to.
    Ordered {
        vertical: &'a str,
        currency: Currency,
        total: Totals,
        in_vertical: Totals,
    },
    /// A customer is there who was not; the day they signed up on, if it is told.
    Appeared {
        signed_up: Option<Date>,
    },
    /// A cart was touched; nothing is left yet.
    CartTouched {
        cart: &'a str,
    },
    Event {
        id: &'a str,
        name: &'a str,
        properties: &'a Map<String, Value>,
    },
}

/// Aggregates before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub before: Activity,
    pub after: Activity,
}

impl Totals {
    fn reaches(&self, orders: u32) -> bool {
        self.before.orders < orders && self.after.orders >= orders
    }
    fn spends(&self, amount: Minor) -> bool {
        self.before.spend < amount && self.after.spend >= amount
    }
}

/// A customer matched an autopilot, and nothing is planned yet: kept with what was told, in one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub campaign: CampaignId,
    pub run: RunId,
    pub customer: CustomerId,
    pub firing: Firing,
    /// When it is to be looked at: now, or when a cart will have been left.
    pub look_at: Timestamp,
}

impl Match {
    /// The dispatch of one that it becomes. Its name follows from whose match it is and what fired, so that it is planned once.
    pub fn dispatch(&self, channel: Channel, due_at: Timestamp) -> Dispatch {
        let name = format!("e.{}@{}", self.customer, self.firing.occurrence);
        let key = DispatchKey { run: self.run.clone(), segment: ALWAYS_ON_SEGMENT, name };
        let (campaign, customers) = (self.campaign.clone(), vec![self.customer.clone()]);
        let ready = Dispatch::ready(key, campaign, channel, Purpose::Planned, customers, due_at);
        Dispatch { firing: Some(self.firing.clone()), ..ready }
    }
}

/// An autopilot that fires on events, as whoever takes them in knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    pub campaign: CampaignId,
    pub run: RunId,
    pub trigger: Trigger,
}

/// All that are enabled, or paused: a pause keeps matches waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listeners(pub Vec<Listener>);

impl Listeners {
    /// Whom of them it fires. A match is kept with what was told in one transaction of 100 items, so there is a bound.
    pub fn matches(&self, happening: &Happening<'_>, now: Timestamp) -> Vec<Match> {
        let heard = self.0.iter().filter_map(|listener| {
            let firing = listener.trigger.happened(happening)?;
            Some(Match {
                campaign: listener.campaign.clone(),
                run: listener.run.clone(),
                customer: happening.customer.id.clone(),
                look_at: listener.trigger.look_at(&firing, now),
                firing,
            })
        });
        heard.take(MAX_MATCHES).collect()
    }
}

/// Of an event: short, and good in a log line.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
}

/// One voucher per cart.
pub fn cart_occurrence(cart: &str) -> Option<Occurrence> {
    Occurrence::parse(&format!("cart.{cart}")).ok()
}

impl Trigger {
    /// Whether what was told fires it, and as what: the same thing told again is the same firing.
    pub fn happened(&self, happening: &Happening<'_>) -> Option<Firing> {
        let today = happening.customer.today(happening.at);
        let occurrence = match (&self.when, &happening.what) {
            (
                When::Inactivity { days, vertical: Some(vertical) },
                Happened::Ordered { vertical: ordered, in_vertical, .. },
            ) if vertical == ordered && in_vertical.before != in_vertical.after => {
                let day = super::after(in_vertical.after.last_order_day?, *days)?;
                let firing = self.firing(day)?;
                return Some(Firing { at: Some(self.moment(happening.customer, day)), ..firing });
            }
            (When::NthOrder { number }, Happened::Ordered { total, .. }) if total.reaches(*number) => {
                Occurrence::parse(&format!("order.{number}")).ok()
            }
            (When::FirstOrder { vertical }, Happened::Ordered { vertical: ordered, in_vertical, .. })
                if vertical == ordered && in_vertical.reaches(1) =>
            {
                Occurrence::parse("first_order").ok()
            }
            (When::SpendMilestone { amount }, Happened::Ordered { currency, total, .. })
                if amount.currency == *currency && total.spends(amount.amount) =>
            {
                Occurrence::parse("spend").ok()
            }
            (When::SignUp {}, Happened::Appeared { signed_up: Some(signed_up) }) if just_now(*signed_up, today) => {
                Occurrence::parse("sign_up").ok()
            }
            (When::CartLeft { .. }, Happened::CartTouched { cart }) => cart_occurrence(cart),
            (When::Event { name, properties }, Happened::Event { id, name: told, properties: values })
                if name == told && properties.as_ref().is_none_or(|wanted| wanted.select(values)) =>
            {
                Occurrence::parse(&format!("event.{id}")).ok()
            }
            _ => None,
        };
        let at = Some(later(happening.at, self.wait_minutes()));
        occurrence.map(|occurrence| Firing { occurrence, day: today, at })
    }

    /// Minutes from what was told to its message.
    fn wait_minutes(&self) -> u32 {
        match &self.when {
            When::CartLeft { minutes } => minutes.saturating_add(self.delay_minutes),
            When::Inactivity { .. }
            | When::PersonalDate { .. }
            | When::NthOrder { .. }
            | When::FirstOrder { .. }
            | When::SpendMilestone { .. }
            | When::SignUp {}
            | When::Event { .. } => self.delay_minutes,
        }
    }

    /// When a match is to be looked at: a cart or a vertical, only once it has been left.
    pub fn look_at(&self, firing: &Firing, now: Timestamp) -> Timestamp {
        match (&self.when, firing.at) {
            (When::CartLeft { .. } | When::Inactivity { .. }, Some(at)) => at,
            _ => now,
        }
    }

    /// Whether what was told is still so.
    pub(super) fn still_true(&self, customer: &Customer, firing: &Firing) -> bool {
        match &self.when {
            When::NthOrder { number } => customer.activity.orders >= *number,
            When::FirstOrder { vertical } => customer.verticals.get(vertical).is_some_and(|it| it.orders > 0),
            When::SpendMilestone { amount } => customer.activity.spend >= amount.amount,
            When::SignUp {} | When::Event { .. } => true,
            When::CartLeft { .. } => customer.cart.as_ref().is_some_and(|cart| {
                let left = firing.at.is_none_or(|at| later(cart.at, self.wait_minutes()) <= at);
                cart.open && left && cart_occurrence(&cart.id).as_ref() == Some(&firing.occurrence)
            }),
            When::Inactivity { .. } | When::PersonalDate { .. } => false,
        }
    }
}

/// On that day or the one before: whoever is told of later has been there for longer.
fn just_now(signed_up: Date, today: Date) -> bool {
    signed_up <= today && today.checked_sub(1.days()).is_ok_and(|yesterday| signed_up >= yesterday)
}

fn later(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}
