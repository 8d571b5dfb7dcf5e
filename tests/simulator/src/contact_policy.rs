//! Scenarios with a contact policy: quiet hours, caps across all of a customer's offers, reminders
//! before a voucher expires, and fallbacks after a bounce or an unknown fate.
//!
//! They are drawn from the seed with a random source of their own, so that the other scenarios stay
//! unchanged.

use std::fmt;

use domain::{
    campaign::send_window::{Hours, TimeOfDay},
    customer::profile::Zone,
    delivery::contact_policy::{ContactPolicy, FrequencyCap},
    kernel::channel::Channel,
};
use serde_json::{Value, json};

/// The time after which every worker knows changed hours: one that has read the policy before can
/// be frozen, and its clock may be wrong.
const KNOWN_AFTER_MS: i64 = 15 * 60_000;
/// The most by which two clocks may differ.
const SKEW_MS: i64 = 2_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ContactPolicyScenario {
    /// The start hour and minute in the customer's local time and the duration in minutes, on one
    /// channel or on all (`None`).
    pub quiet: Option<(u8, u8, u16, Option<Channel>)>,
    /// An operator changes the quiet hours so many minutes after the beginning: from then on they
    /// have this duration in minutes.
    pub change: Option<(u16, u16)>,
    /// The number of messages, and the window in days.
    pub frequency: Option<(u32, u16)>,
    pub open_offers: Option<u32>,
    /// A reminder one hour before the end of the two hours in which the voucher must be accepted.
    /// `true` also reminds customers who have accepted.
    pub reminder: Option<bool>,
    /// Falls back to the next channel after a bounce, where there is one.
    pub after_bounce: bool,
    /// Goes on to the next channel when the fate of a message stays unknown, where there is one.
    pub after_unknown: bool,
}

impl ContactPolicyScenario {
    pub fn from_seed(seed: u64, autopilot: bool) -> Self {
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0005);
        let chance = |draw: &mut fastrand::Rng, percent: u32| draw.u32(..100) < percent;
        let channel = [None, Some(Channel::Sms), Some(Channel::Email), Some(Channel::Push)]
            .get(draw.usize(..4))
            .copied();
        // scenarios start at noon; those with an autopilot last for days
        let quiet = if autopilot {
            (draw.u8(..24), 0, 60 * draw.u16(1..=12))
        } else {
            (12, draw.u8(..6), draw.u16(5..=30))
        };
        let most = draw.u32(1..=2);
        let drawn = Self {
            change: None,
            quiet: chance(&mut draw, 25).then(|| (quiet.0, quiet.1, quiet.2, channel.flatten())),
            frequency: chance(&mut draw, if autopilot { 40 } else { 15 })
                .then(|| (most, draw.u16(1..=4))),
            open_offers: chance(&mut draw, if autopilot { 30 } else { 5 }).then_some(most),
            reminder: chance(&mut draw, if autopilot { 10 } else { 30 }).then(|| draw.bool()),
            after_bounce: chance(&mut draw, 50),
            after_unknown: chance(&mut draw, 80),
        };
        // Drawn last, so that the rest stays as it was.
        let longest = if autopilot { 720 } else { 40 };
        let changed = (draw.u16(1..=if autopilot { 1_440 } else { 15 }), draw.u16(1..=longest));
        let changes = drawn.quiet.is_some() && chance(&mut draw, 40);
        Self { change: changes.then_some(changed), ..drawn }
    }

    /// Returns the scenario with the hours that hold after the change.
    #[must_use]
    pub fn after_change(&self) -> Self {
        let long = self.change.map(|(_, long)| long);
        let changed =
            |(hour, minute, before, channel)| (hour, minute, long.unwrap_or(before), channel);
        Self { quiet: self.quiet.map(changed), change: None, ..*self }
    }

    pub fn policy(&self) -> ContactPolicy {
        let mut policy =
            ContactPolicy { open_offers_cap: self.open_offers, ..ContactPolicy::default() };
        policy.frequency_cap =
            self.frequency.map(|(messages, days)| FrequencyCap { messages, days });
        let time = |minutes: u16| {
            TimeOfDay::parse(&format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)).ok()
        };
        if let Some((hour, minute, long, channel)) = self.quiet {
            let from = u16::from(hour) * 60 + u16::from(minute);
            let hours = time(from).zip(time(from + long)).map(|(from, to)| Hours { from, to });
            let channels =
                Channel::ALL.into_iter().filter(|it| channel.is_none_or(|only| only == *it));
            policy.quiet_hours = channels.filter_map(|channel| Some((channel, hours?))).collect();
        }
        policy
    }

    /// Returns true if the hours that a worker can have known at `at` were quiet, if they were
    /// changed at `changed_at` (in milliseconds): for a while after the change, both.
    pub fn was_quiet(
        &self,
        zone: &Zone,
        channel: Channel,
        at: domain::Timestamp,
        changed_at: Option<i64>,
    ) -> bool {
        let after = || self.after_change().is_quiet(zone, channel, at);
        match changed_at {
            Some(changed) if at.as_millisecond() > changed + KNOWN_AFTER_MS => after(),
            Some(changed) if at.as_millisecond() + SKEW_MS >= changed => {
                self.is_quiet(zone, channel, at) && after()
            }
            Some(_) | None => self.is_quiet(zone, channel, at),
        }
    }

    /// Returns true if a local clock in this zone is within the quiet hours. Computed
    /// independently, so that the code under test does not judge itself.
    fn is_quiet(&self, zone: &Zone, channel: Channel, at: domain::Timestamp) -> bool {
        let Some((hour, minute, long, only)) = self.quiet else {
            return false;
        };
        if only.is_some_and(|only| only != channel) {
            return false;
        }
        let local = at.to_zoned(zone.time_zone()).time();
        let (from, now) = (
            i32::from(hour) * 60 + i32::from(minute),
            i32::from(local.hour()) * 60 + i32::from(local.minute()),
        );
        (now - from).rem_euclid(24 * 60) < i32::from(long)
    }

    /// Adds the reminder, its validity and the bounce fallback to a campaign definition.
    pub fn apply_to_definition(&self, document: &mut Value) {
        if self.after_bounce && document["channels"]["mode"] == "first_available" {
            document["channels"]["after_bounce"] = json!(true);
        }
        if !self.after_unknown {
            document["channels"]["after_unknown"] = json!(false);
        }
        let Some(to_accepted) = self.reminder else {
            return;
        };
        let words = json!({"default_locale": "en", "locales": {"en": {
            "sms": {"text": "Soon over: {{ offer }}: {{ voucher_link }}"},
            "email": {"subject": "Soon over", "html": "<p>{{ offer }} {{ voucher_link }}</p>", "text": "{{ offer }} {{ voucher_link }}"},
            "push": {"title": "Soon over", "body": "{{ voucher_link }}"},
        }}});
        document["validity"] = json!({"from_acceptance": {"hours": 24, "accept_within_hours": 2}});
        document["reminder"] =
            json!({"hours_before": 1, "to_accepted": to_accepted, "messages": words});
    }
}

impl fmt::Display for ContactPolicyScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some((hour, minute, long, channel)) = self.quiet {
            let where_ = channel.map_or("everything", Channel::as_str);
            parts.push(format!("quiet from {hour:02}:{minute:02} for {long} min on {where_}"));
        }
        if let Some((after, long)) = self.change {
            parts.push(format!("after {after} min for {long} min"));
        }
        if let Some((messages, days)) = self.frequency {
            parts.push(format!("{messages} messages in {days} days"));
        }
        if let Some(most) = self.open_offers {
            parts.push(format!("{most} open offers"));
        }
        match self.reminder {
            Some(true) => parts.push("a reminder, also to who accepted".to_owned()),
            Some(false) => parts.push("a reminder".to_owned()),
            None => {}
        }
        if self.after_bounce {
            parts.push("the next channel after a bounce".to_owned());
        }
        if !self.after_unknown {
            parts.push("no next channel after an unknown fate".to_owned());
        }
        f.write_str(&if parts.is_empty() { "none".to_owned() } else { parts.join(", ") })
    }
}
