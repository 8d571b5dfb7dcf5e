//! Compares two campaigns: how many customers both would reach, and which of the two such a
//! customer gets.
//!
//! Pure. It asks each customer, estimates the number if only a part of the customers was read, and
//! applies priorities and the tenant's caps.

use crate::{
    campaign::definition::{ContactPressure, Definition},
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicQuestion,
    },
    delivery::contact_policy::ContactPolicy,
};
use jiff::Timestamp;

/// The number of customers up to which all are read; above it, a sample is read.
pub const MAX_EXACT_CUSTOMERS: u64 = 50_000;

/// Returns true if the campaign could reach this customer now: its audience rule selects them, and
/// one channel of its ladder reaches them.
///
/// An autopilot's trigger is not evaluated: the question is which customers it can reach at all.
pub fn can_reach(
    definition: &Definition,
    topic: Option<&TopicQuestion>,
    customer: &Customer,
    now: Timestamp,
) -> bool {
    let query = ReachQuery { topic, now };
    definition.audience.may_select(customer, now)
        && customer.first_reachable_channel(&definition.all_channels(), &query).is_ok()
}

/// An estimated number of customers, with the bounds of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverlapEstimate {
    pub value: u64,
    pub low: u64,
    pub high: u64,
}

/// Estimates the number of customers from `seen` found in a sample. The sample is `parts` of `all`
/// parts, drawn by a hash of the customer id.
///
/// Such a count is close to Poisson-distributed, so its error is its square root. The upper bound
/// for none seen is three in the sample.
pub fn estimate_customers(seen: u64, parts: u64, all: u64) -> OverlapEstimate {
    if parts >= all {
        return OverlapEstimate { value: seen, low: seen, high: seen };
    }
    let scale = all as f64 / parts.max(1) as f64;
    let found = seen as f64;
    // Only the part of the customers that was not read is uncertain.
    let error = 1.96 * (found * (1.0 - 1.0 / scale)).sqrt();
    let low = (found - error).max(0.0) * scale;
    let high = if seen == 0 { 3.0 * scale } else { (found + error) * scale };
    OverlapEstimate {
        value: (found * scale).round() as u64,
        low: low.floor() as u64,
        high: high.ceil() as u64,
    }
}

/// The campaign whose dispatches are released first if both are due at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseOrder {
    This,
    Other,
    /// Both have the same priority: the earlier dispatch is released first.
    EarliestDue,
}

/// The vouchers that a customer gets if both campaigns reach them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverlapOutcome {
    /// No cap of the tenant stops the second campaign.
    Both,
    /// A cap leaves room for one. The second campaign skips the customer while the first voucher is
    /// open, or while the first message is within the window of the frequency cap.
    One,
    /// A cap may stop the second campaign, if the customer has other offers besides, or if the
    /// first campaign sends several messages.
    Capped,
}

pub fn release_order(this: &ContactPressure, other: &ContactPressure) -> ReleaseOrder {
    match this.priority.cmp(&other.priority) {
        std::cmp::Ordering::Greater => ReleaseOrder::This,
        std::cmp::Ordering::Less => ReleaseOrder::Other,
        std::cmp::Ordering::Equal => ReleaseOrder::EarliestDue,
    }
}

/// Decides what such a customer gets: a cap stops the second campaign, unless that one is exempt.
pub fn overlap_outcome(
    this: &ContactPressure,
    other: &ContactPressure,
    policy: &ContactPolicy,
) -> OverlapOutcome {
    let second_is_exempt = match release_order(this, other) {
        ReleaseOrder::This => other.exempt,
        ReleaseOrder::Other => this.exempt,
        ReleaseOrder::EarliestDue => this.exempt && other.exempt,
    };
    let room = policy
        .frequency_cap
        .map(|cap| cap.messages)
        .into_iter()
        .chain(policy.open_offers_cap)
        .min();
    match room {
        _ if second_is_exempt => OverlapOutcome::Both,
        None => OverlapOutcome::Both,
        Some(0 | 1) => OverlapOutcome::One,
        Some(_) => OverlapOutcome::Capped,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        customer::profile::{Consent, ConsentState, Phone},
        kernel::{channel::Channel, id::CustomerId},
        voucher::record::tests::{definition, noon},
    };

    #[test]
    fn a_campaign_has_whom_its_rule_selects_and_a_channel_reaches() {
        let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        let everyone =
            definition(json!({"channels": {"mode": "first_available", "ladder": ["sms"]}}));
        assert!(!can_reach(&everyone, None, &customer, noon()), "no consent");
        let granted = Consent { state: ConsentState::Granted, source: "test".into(), at: noon() };
        customer.consents.insert(Channel::Sms, granted);
        assert!(can_reach(&everyone, None, &customer, noon()));
        let buyers = definition(json!({"audience": {"orders_count": {"at_least": 1}}}));
        assert!(!can_reach(&buyers, None, &customer, noon()), "not selected");
    }

    #[test]
    fn all_who_were_looked_at_are_exact_and_a_part_has_its_error() {
        assert_eq!(
            estimate_customers(123, 4, 4),
            OverlapEstimate { value: 123, low: 123, high: 123 }
        );
        let part = estimate_customers(400, 100, 4_000);
        assert_eq!(part.value, 16_000);
        assert!(
            part.low < 14_500 && part.low > 14_400 && part.high > 17_500 && part.high < 17_600,
            "{part:?}"
        );
        assert_eq!(
            estimate_customers(0, 100, 4_000),
            OverlapEstimate { value: 0, low: 0, high: 120 }
        );
    }

    /// Checks the stated error: about 95 % of many samples of one population have an interval that
    /// contains the true number.
    #[test]
    fn the_interval_of_a_part_holds_the_truth_about_95_times_in_a_hundred() {
        let mut state: u64 = 42;
        let mut draw = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (all, parts, truth, mut held) = (64, 8, 3_000, 0);
        for _ in 0..1_000 {
            let seen = (0..truth).filter(|_| draw(all) < parts).count() as u64;
            let said = estimate_customers(seen, parts, all);
            held += u64::from(said.low <= truth && truth <= said.high);
        }
        assert!((930..=970).contains(&held), "{held} of 1,000");
    }

    #[test]
    fn priority_says_who_is_first_and_caps_whether_there_is_a_second() {
        let of = |priority, exempt| ContactPressure { priority, exempt };
        let policy = |document| serde_json::from_value::<ContactPolicy>(document).unwrap();
        let (high, low) = (of(90, false), of(10, false));
        assert_eq!(
            (release_order(&high, &low), release_order(&low, &high)),
            (ReleaseOrder::This, ReleaseOrder::Other)
        );
        assert_eq!(release_order(&low, &low), ReleaseOrder::EarliestDue);
        let one = policy(json!({"open_offers_cap": 1}));
        let few = policy(json!({"frequency_cap": {"messages": 3, "days": 7}}));
        assert_eq!(overlap_outcome(&high, &low, &policy(json!({}))), OverlapOutcome::Both);
        assert_eq!(overlap_outcome(&high, &low, &one), OverlapOutcome::One);
        assert_eq!(overlap_outcome(&high, &low, &few), OverlapOutcome::Capped);
        assert_eq!(
            overlap_outcome(&high, &of(10, true), &one),
            OverlapOutcome::Both,
            "the second is exempt"
        );
        assert_eq!(
            overlap_outcome(&of(90, true), &low, &one),
            OverlapOutcome::One,
            "the first is, which does not help the second"
        );
    }
}
