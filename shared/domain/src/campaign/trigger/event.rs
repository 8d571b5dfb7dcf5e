//! Event conditions: an autopilot fires on a reported change of a customer, which is an order, a
//! new customer, a cart or a custom event of the app.
//!
//! A `BehaviourEvent` is the reported change. `firing_for` decides if the change fires a trigger,
//! so that repeated and reordered reports fire once. `event_still_holds` checks the condition again
//! before the message goes out.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use serde_json::{Map, Value};

use super::{
    MAX_NAME, Trigger, TriggerCondition, TriggerFiring, firing::firing_of, latest_begun_day,
};
use crate::{
    campaign::audience::AudienceRule,
    customer::{
        carts::ShoppingCart,
        profile::{Customer, OrderTotals},
    },
    kernel::{
        id::{CampaignId, CustomerId, Occurrence, RunId, encode_crockford},
        money::{Currency, MinorUnits},
        shard::shard_of,
    },
};

/// The segment of an autopilot's run whose calendar is scanned.
pub const ALWAYS_ON_SEGMENT: u32 = 0;
/// The segments of an autopilot's run that take the matches of events, beside that of the calendar.
/// Each is a partition of its own: a thousand matches a second are about sixty for each.
pub const MATCH_SEGMENTS: u32 = 16;
/// Most autopilots that one event fires.
pub const MAX_MATCHES: usize = 80;

/// Returns the segment that takes a customer's matches: the same one for each of them.
pub fn match_segment(customer: &CustomerId) -> u32 {
    ALWAYS_ON_SEGMENT + 1 + shard_of(&[customer.as_str()], MATCH_SEGMENTS)
}

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
    /// The sign-up day of a customer was reported for the first time.
    SignUpReported {
        signed_up: Date,
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

/// The state of a match when it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchState {
    Holds,
    /// It fired, and what made it fire was undone.
    Undone,
    /// It never fired: the cart was ordered, emptied or touched in time.
    NeverFired,
}

/// An autopilot that changes of a customer can fire, as the code that receives them knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventAutopilot {
    pub campaign: CampaignId,
    pub run: RunId,
    pub trigger: Trigger,
    pub audience: AudienceRule,
}

/// All autopilots that changes can fire and that are enabled or paused: a pause keeps matches
/// waiting. Those of the calendar are among them, for customers whose day has been scanned already.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventAutopilots(pub Vec<EventAutopilot>);

impl EventAutopilots {
    /// Returns a match for each autopilot that fires for a customer in its audience, at most
    /// [`MAX_MATCHES`]. The matches are stored with the change in one transaction of at most 100
    /// items, hence the bound.
    ///
    /// The audience is asked about the customer as the change leaves them, so the answer does not
    /// depend on when the match is planned. A lapse is the exception: it lies far ahead, and its
    /// audience is asked when its day has come.
    pub fn find_matches(
        &self,
        happening: &BehaviourEvent<'_>,
        now: Timestamp,
    ) -> Vec<TriggerMatch> {
        let found = self.0.iter().filter_map(|listener| {
            let firing = listener.trigger.firing_for(happening)?;
            if !listener.trigger.asks_audience_later() {
                let moment = listener.trigger.send_moment(happening.customer, &firing);
                if !listener.audience.may_select(happening.customer, moment) {
                    return None;
                }
            }
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

    /// Returns a match for each calendar autopilot on whose days the change makes the customer
    /// fire though these have been scanned, at most [`MAX_MATCHES`].
    pub fn find_late_matches(
        &self,
        before: Option<&Customer>,
        after: &Customer,
        now: Timestamp,
    ) -> Vec<TriggerMatch> {
        let found = self.0.iter().filter_map(|listener| {
            let firing = listener.trigger.late_firing(before, after, now)?;
            Some(TriggerMatch {
                campaign: listener.campaign.clone(),
                run: listener.run.clone(),
                customer: after.id.clone(),
                check_at: listener.trigger.check_time(&firing, now),
                firing,
            })
        });
        found.take(MAX_MATCHES).collect()
    }

    /// Returns the matches of a change of a customer's profile, at most [`MAX_MATCHES`]: of a
    /// sign-up day that is reported for the first time, and of dates that are due already.
    pub fn find_profile_matches(
        &self,
        before: Option<&Customer>,
        after: &Customer,
        now: Timestamp,
    ) -> Vec<TriggerMatch> {
        let known = before.and_then(|before| before.profile.signed_up);
        let reported = after.profile.signed_up.filter(|_| known.is_none());
        let mut matches = reported.map_or_else(Vec::new, |signed_up| {
            let change = BehaviourChange::SignUpReported { signed_up };
            self.find_matches(&BehaviourEvent { at: now, customer: after, change }, now)
        });
        matches.extend(self.find_late_matches(before, after, now));
        matches.truncate(MAX_MATCHES);
        matches
    }
}

/// Returns true if `name` is a valid event name: short and safe in a log line.
pub fn is_event_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
}

/// Bits of a time in milliseconds that tell two touches of a cart apart, enough for a thousand
/// years, and the symbols of five bits that they take. A cart id of 48 characters still fits.
const TOUCH_BITS: u32 = 45;
const TOUCH_SYMBOLS: usize = 9;

fn cart_occasion(cart: &str) -> String {
    format!("cart.{cart}")
}

/// Returns the occurrence of a cart that is left as it was touched at `touched`. The cart is the
/// occasion, so that there is one voucher per cart.
pub fn cart_occurrence(cart: &str, touched: Timestamp) -> Option<Occurrence> {
    let since = u64::try_from(touched.as_millisecond()).unwrap_or(0) << (u64::BITS - TOUCH_BITS);
    let touch = encode_crockford(&since.to_be_bytes(), TOUCH_SYMBOLS);
    firing_of(&cart_occasion(cart), touch)
}

/// Returns true if the firing is about this cart, as it was touched then or at another time.
fn is_cart_of(cart: &ShoppingCart, firing: &TriggerFiring) -> bool {
    firing.occurrence.occasion() == cart_occasion(&cart.id)
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
                firing_of(&format!("order.{number}"), happening.customer.version)
            }
            (
                TriggerCondition::FirstOrder { vertical },
                BehaviourChange::OrdersChanged { vertical: ordered, in_vertical, .. },
            ) if vertical == ordered && in_vertical.reaches_orders(1) => {
                firing_of("first_order", happening.customer.version)
            }
            (
                TriggerCondition::SpendMilestone { amount },
                BehaviourChange::OrdersChanged { currency, total, .. },
            ) if amount.currency == *currency && total.reaches_spend(amount.amount) => {
                firing_of("spend", happening.customer.version)
            }
            (TriggerCondition::SignUp {}, BehaviourChange::SignUpReported { signed_up })
                if signed_up_recently(*signed_up, today, happening.at) =>
            {
                Occurrence::parse("sign_up").ok()
            }
            (TriggerCondition::CartLeft { .. }, BehaviourChange::CartTouched { cart }) => {
                cart_occurrence(cart, happening.at)
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

    /// Returns true if the audience is asked when a match is planned, and not when it is made: that
    /// of a day.
    pub fn asks_audience_later(&self) -> bool {
        match &self.when {
            TriggerCondition::Inactivity { .. } | TriggerCondition::PersonalDate { .. } => true,
            TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => false,
        }
    }

    /// Returns true if the trigger has fired as soon as its event is reported. A cart and a lapse
    /// have not: they wait for what does not come.
    pub fn fires_with_its_event(&self) -> bool {
        match &self.when {
            TriggerCondition::CartLeft { .. } | TriggerCondition::Inactivity { .. } => false,
            TriggerCondition::PersonalDate { .. }
            | TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => true,
        }
    }

    /// Returns what became of a match when it is planned. Undone means that it had fired, and that
    /// its condition does not hold any more: its customer is planned like any other, and the worker
    /// records why nothing is sent. So the same act leaves the same record, whatever second it
    /// happens in.
    pub fn match_state(&self, customer: &Customer, firing: &TriggerFiring) -> MatchState {
        if self.still_holds(customer, firing) {
            return MatchState::Holds;
        }
        let had_fired = match (&self.when, firing.at) {
            // A cart or a vertical only counts as left at this moment. What happened before it has
            // kept the trigger from firing.
            (TriggerCondition::CartLeft { .. }, Some(at)) => {
                let cart = customer.carts.iter().find(|cart| is_cart_of(cart, firing));
                cart.is_some_and(|cart| cart.at >= at)
            }
            (TriggerCondition::CartLeft { .. }, None) => false,
            (TriggerCondition::Inactivity { vertical, .. }, _) => {
                let activity = match vertical {
                    None => Some(&customer.activity),
                    Some(vertical) => customer.verticals.get(vertical),
                };
                let last = activity.and_then(|activity| activity.last_order_day);
                last.is_some_and(|last| last >= firing.day)
            }
            (
                TriggerCondition::PersonalDate { .. }
                | TriggerCondition::NthOrder { .. }
                | TriggerCondition::FirstOrder { .. }
                | TriggerCondition::SpendMilestone { .. }
                | TriggerCondition::SignUp {}
                | TriggerCondition::Event { .. }
                | TriggerCondition::Goodwill {},
                _,
            ) => true,
        };
        if had_fired { MatchState::Undone } else { MatchState::NeverFired }
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
                cart.is_open() && left && is_cart_of(cart, firing)
            }),
            TriggerCondition::Inactivity { .. } | TriggerCondition::PersonalDate { .. } => false,
        }
    }
}

/// Returns true if the customer signed up today or yesterday. A customer who signed up earlier and
/// is reported only now is not new.
///
/// The app backend may name the day by another clock than the customer's, its own or UTC's. So a
/// day that is still to come for the customer counts if it has begun in some zone.
fn signed_up_recently(signed_up: Date, today: Date, at: Timestamp) -> bool {
    let yesterday = today.checked_sub(1.days());
    signed_up <= latest_begun_day(at) && yesterday.is_ok_and(|yesterday| signed_up >= yesterday)
}

fn add_minutes(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}
