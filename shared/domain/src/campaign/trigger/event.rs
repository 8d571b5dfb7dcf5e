//! Event conditions: an autopilot fires on a reported change of a customer, which is an order, a
//! new customer, a cart or a custom event of the app.
//!
//! A `BehaviourEvent` is the reported change. `firing_for` decides if the change fires a trigger, so that
//! repeated and reordered reports fire once. `event_still_holds` checks the condition again before the
//! message goes out.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use serde_json::{Map, Value};

use super::{MAX_NAME, Trigger, TriggerCondition, TriggerFiring};
use crate::{
    customer::profile::{Customer, OrderTotals},
    kernel::{
        id::{CampaignId, CustomerId, Occurrence, RunId},
        money::{Currency, MinorUnits},
    },
};

/// The only segment of an autopilot's run.
pub const ALWAYS_ON_SEGMENT: u32 = 0;
/// Most autopilots that one event fires.
pub const MAX_MATCHES: usize = 80;

/// A reported change of a customer.
#[derive(Debug, Clone, Copy)]
pub struct BehaviourEvent<'a> {
    /// The time of the change, as reported.
    pub at: Timestamp,
    /// The customer after the change.
    pub customer: &'a Customer,
    pub change: BehaviourChange<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum BehaviourChange<'a> {
    /// An order changed the customer's totals.
    OrdersChanged {
        vertical: &'a str,
        currency: Currency,
        total: TotalsChange,
        in_vertical: TotalsChange,
    },
    /// A customer was reported for the first time, with the sign-up day if it is known.
    CustomerAdded {
        signed_up: Option<Date>,
    },
    /// A cart was touched; it does not count as left yet.
    CartTouched {
        cart: &'a str,
    },
    Event {
        id: &'a str,
        name: &'a str,
        properties: &'a Map<String, Value>,
    },
}

/// Order totals before and after the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotalsChange {
    pub before: OrderTotals,
    pub after: OrderTotals,
}

impl TotalsChange {
    fn reaches_orders(&self, orders: u32) -> bool {
        self.before.orders < orders && self.after.orders >= orders
    }
    fn reaches_spend(&self, amount: MinorUnits) -> bool {
        self.before.spend < amount && self.after.spend >= amount
    }
}

/// A customer for whom an autopilot has fired and for whom no dispatch is planned yet. It is stored
/// in the same write as the reported change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerMatch {
    pub campaign: CampaignId,
    pub run: RunId,
    pub customer: CustomerId,
    pub firing: TriggerFiring,
    /// The time at which the match is checked: now, or when the cart will have been left.
    pub check_at: Timestamp,
}

/// An autopilot that fires on events, as the code that receives events knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventAutopilot {
    pub campaign: CampaignId,
    pub run: RunId,
    pub trigger: Trigger,
}

/// All event autopilots that are enabled or paused: a pause keeps matches waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventAutopilots(pub Vec<EventAutopilot>);

impl EventAutopilots {
    /// Returns a match for each autopilot that fires, at most [`MAX_MATCHES`]. The matches are
    /// stored with the change in one transaction of at most 100 items, hence the bound.
    pub fn find_matches(
        &self,
        happening: &BehaviourEvent<'_>,
        now: Timestamp,
    ) -> Vec<TriggerMatch> {
        let found = self.0.iter().filter_map(|listener| {
            let firing = listener.trigger.firing_for(happening)?;
            Some(TriggerMatch {
                campaign: listener.campaign.clone(),
                run: listener.run.clone(),
                customer: happening.customer.id.clone(),
                check_at: listener.trigger.check_time(&firing, now),
                firing,
            })
        });
        found.take(MAX_MATCHES).collect()
    }
}

/// Returns true if `name` is a valid event name: short and safe in a log line.
pub fn is_event_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
}

/// Returns the occurrence of a cart, so that there is one voucher per cart.
pub fn cart_occurrence(cart: &str) -> Option<Occurrence> {
    Occurrence::parse(&format!("cart.{cart}")).ok()
}

impl Trigger {
    /// Returns the firing that the change causes, or `None`. The same change reported again gives
    /// the same firing.
    pub fn firing_for(&self, happening: &BehaviourEvent<'_>) -> Option<TriggerFiring> {
        let today = happening.customer.today(happening.at);
        let occurrence = match (&self.when, &happening.change) {
            (
                TriggerCondition::Inactivity { days, vertical: Some(vertical) },
                BehaviourChange::OrdersChanged { vertical: ordered, in_vertical, .. },
            ) if vertical == ordered && in_vertical.before != in_vertical.after => {
                let day = super::calendar::add_days(in_vertical.after.last_order_day?, *days)?;
                let firing = self.firing_on(day)?;
                return Some(TriggerFiring {
                    at: Some(self.local_moment(happening.customer, day)),
                    ..firing
                });
            }
            (
                TriggerCondition::NthOrder { number },
                BehaviourChange::OrdersChanged { total, .. },
            ) if total.reaches_orders(*number) => {
                Occurrence::parse(&format!("order.{number}")).ok()
            }
            (
                TriggerCondition::FirstOrder { vertical },
                BehaviourChange::OrdersChanged { vertical: ordered, in_vertical, .. },
            ) if vertical == ordered && in_vertical.reaches_orders(1) => {
                Occurrence::parse("first_order").ok()
            }
            (
                TriggerCondition::SpendMilestone { amount },
                BehaviourChange::OrdersChanged { currency, total, .. },
            ) if amount.currency == *currency && total.reaches_spend(amount.amount) => {
                Occurrence::parse("spend").ok()
            }
            (
                TriggerCondition::SignUp {},
                BehaviourChange::CustomerAdded { signed_up: Some(signed_up) },
            ) if signed_up_recently(*signed_up, today) => Occurrence::parse("sign_up").ok(),
            (TriggerCondition::CartLeft { .. }, BehaviourChange::CartTouched { cart }) => {
                cart_occurrence(cart)
            }
            (
                TriggerCondition::Event { name, properties },
                BehaviourChange::Event { id, name: reported_name, properties: values },
            ) if name == reported_name
                && properties.as_ref().is_none_or(|wanted| wanted.holds_for(values)) =>
            {
                Occurrence::parse(&format!("event.{id}")).ok()
            }
            _ => None,
        };
        let at = Some(add_minutes(happening.at, self.wait_minutes()));
        occurrence.map(|occurrence| TriggerFiring { occurrence, day: today, at })
    }

    /// Returns the minutes between the change and its message.
    fn wait_minutes(&self) -> u32 {
        match &self.when {
            TriggerCondition::CartLeft { minutes } => minutes.saturating_add(self.delay_minutes),
            TriggerCondition::Inactivity { .. }
            | TriggerCondition::PersonalDate { .. }
            | TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => self.delay_minutes,
        }
    }

    /// Returns the time at which a match is checked: now, but for a cart or a vertical only once it
    /// has been left.
    pub fn check_time(&self, firing: &TriggerFiring, now: Timestamp) -> Timestamp {
        match (&self.when, firing.at) {
            (TriggerCondition::CartLeft { .. } | TriggerCondition::Inactivity { .. }, Some(at)) => {
                at
            }
            _ => now,
        }
    }

    /// Returns true if the condition of an event trigger still holds.
    pub(super) fn event_still_holds(&self, customer: &Customer, firing: &TriggerFiring) -> bool {
        match &self.when {
            TriggerCondition::NthOrder { number } => customer.activity.orders >= *number,
            TriggerCondition::FirstOrder { vertical } => {
                customer.verticals.get(vertical).is_some_and(|it| it.orders > 0)
            }
            TriggerCondition::SpendMilestone { amount } => customer.activity.spend >= amount.amount,
            TriggerCondition::SignUp {}
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => true,
            TriggerCondition::CartLeft { .. } => customer.carts.iter().any(|cart| {
                let left =
                    firing.at.is_none_or(|at| add_minutes(cart.at, self.wait_minutes()) <= at);
                cart.is_open()
                    && left
                    && cart_occurrence(&cart.id).as_ref() == Some(&firing.occurrence)
            }),
            TriggerCondition::Inactivity { .. } | TriggerCondition::PersonalDate { .. } => false,
        }
    }
}

/// Returns true if the customer signed up today or yesterday. A customer who signed up earlier and
/// is reported only now is not new.
fn signed_up_recently(signed_up: Date, today: Date) -> bool {
    signed_up <= today && today.checked_sub(1.days()).is_ok_and(|yesterday| signed_up >= yesterday)
}

fn add_minutes(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}
