//! Which campaigns want the same customers, how many, and who gets them. Pure: what is asked of each customer, the estimate where only a
//! part of them was looked at, and what priority and the tenant's caps make of it.

use crate::{
    contact_policy::ContactPolicy,
    customer::Customer,
    definition::{Definition, Pressure},
};
use jiff::Timestamp;

/// Customers up to which all are looked at; beyond, a part.
pub const EXACT_UP_TO: u64 = 50_000;

/// Whether a campaign would have this customer now: its rule selects them, and one channel of its ladder reaches them. What makes an
/// autopilot fire is not asked: it is whom it can have.
pub fn reaches(definition: &Definition, customer: &Customer, now: Timestamp) -> bool {
    definition.audience.selects(customer, now) && customer.first_reachable(&definition.channels.ladder).is_ok()
}

/// A number of customers, with the bounds of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub value: u64,
    pub low: u64,
    pub high: u64,
}

/// `seen` among parts of the customers that were drawn by a hash of their id: `parts` of `all` of them. Such a number is close to Poisson's:
/// its error is its root. Nobody among those seen can still be three of them.
pub fn counted(seen: u64, parts: u64, all: u64) -> Counted {
    if parts >= all {
        return Counted { value: seen, low: seen, high: seen };
    }
    let scale = all as f64 / parts.max(1) as f64;
    let found = seen as f64;
    // the part of the customers that was not looked at is what is uncertain
    let error = 1.96 * (found * (1.0 - 1.0 / scale)).sqrt();
    let low = (found - error).max(0.0) * scale;
    let high = if seen == 0 { 3.0 * scale } else { (found + error) * scale };
    Counted { value: (found * scale).round() as u64, low: low.floor() as u64, high: high.ceil() as u64 }
}

/// Whose work is released first if both are due at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    This,
    Other,
    /// The same priority: whichever is due first.
    WhicheverIsDue,
}

/// What a customer gets whom both want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No cap of the tenant stops the second.
    Both,
    /// A cap leaves room for one: the second is skipped while the first is open, or its message in the window.
    One,
    /// A cap may stop the second, if the customer has other offers besides.
    Capped,
}

pub fn first(this: &Pressure, other: &Pressure) -> First {
    match this.priority.cmp(&other.priority) {
        std::cmp::Ordering::Greater => First::This,
        std::cmp::Ordering::Less => First::Other,
        std::cmp::Ordering::Equal => First::WhicheverIsDue,
    }
}

/// Who comes second is stopped by a cap, unless they are exempt.
pub fn outcome(this: &Pressure, other: &Pressure, policy: &ContactPolicy) -> Outcome {
    let second_is_exempt = match first(this, other) {
        First::This => other.exempt,
        First::Other => this.exempt,
        First::WhicheverIsDue => this.exempt && other.exempt,
    };
    let room = policy.frequency_cap.map(|cap| cap.messages).into_iter().chain(policy.open_offers_cap).min();
    match room {
        _ if second_is_exempt => Outcome::Both,
        None => Outcome::Both,
        Some(0 | 1) => Outcome::One,
        Some(_) => Outcome::Capped,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        channel::Channel,
        customer::{Consent, ConsentState, Phone},
        id::CustomerId,
        voucher::tests::{definition, noon},
    };

    #[test]
    fn a_campaign_has_whom_its_rule_selects_and_a_channel_reaches() {
        let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        let everyone = definition(json!({"channels": {"mode": "first_available", "ladder": ["sms"]}}));
        assert!(!reaches(&everyone, &customer, noon()), "no consent");
        let granted = Consent { state: ConsentState::Granted, source: "test".into(), at: noon() };
        customer.consents.insert(Channel::Sms, granted);
        assert!(reaches(&everyone, &customer, noon()));
        let buyers = definition(json!({"audience": {"orders_count": {"at_least": 1}}}));
        assert!(!reaches(&buyers, &customer, noon()), "not selected");
    }

    #[test]
    fn all_who_were_looked_at_are_exact_and_a_part_has_its_error() {
        assert_eq!(counted(123, 4, 4), Counted { value: 123, low: 123, high: 123 });
        let part = counted(400, 100, 4_000);
        assert_eq!(part.value, 16_000);
        assert!(part.low < 14_500 && part.low > 14_400 && part.high > 17_500 && part.high < 17_600, "{part:?}");
        assert_eq!(counted(0, 100, 4_000), Counted { value: 0, low: 0, high: 120 });
    }

    /// The error is what it says: of many parts of one crowd about 95 in a hundred hold the truth.
    #[test]
    fn the_interval_of_a_part_holds_the_truth_about_95_times_in_a_hundred() {
        let mut state: u64 = 42;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (all, parts, truth, mut held) = (64, 8, 3_000, 0);
        for _ in 0..1_000 {
            let seen = (0..truth).filter(|_| draw(all) < parts).count() as u64;
            let said = counted(seen, parts, all);
            held += u64::from(said.low <= truth && truth <= said.high);
        }
        assert!((930..=970).contains(&held), "{held} of 1,000");
    }

    #[test]
    fn priority_says_who_is_first_and_caps_whether_there_is_a_second() {
        let of = |priority, exempt| Pressure { priority, exempt };
        let policy = |document| serde_json::from_value::<ContactPolicy>(document).unwrap();
        let (high, low) = (of(90, false), of(10, false));
        assert_eq!((first(&high, &low), first(&low, &high)), (First::This, First::Other));
        assert_eq!(first(&low, &low), First::WhicheverIsDue);
        let one = policy(json!({"open_offers_cap": 1}));
        let few = policy(json!({"frequency_cap": {"messages": 3, "days": 7}}));
        assert_eq!(outcome(&high, &low, &policy(json!({}))), Outcome::Both);
        assert_eq!(outcome(&high, &low, &one), Outcome::One);
        assert_eq!(outcome(&high, &low, &few), Outcome::Capped);
        assert_eq!(outcome(&high, &of(10, true), &one), Outcome::Both, "the second is exempt");
        assert_eq!(outcome(&of(90, true), &low, &one), Outcome::One, "the first is, which does not help the second");
    }
}
