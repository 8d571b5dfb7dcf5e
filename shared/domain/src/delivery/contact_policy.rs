//! The contact policy: when and how often customers may be contacted.
//!
//! It has quiet hours by channel, and the caps that hold across all campaigns. The tenant sets the
//! policy; a campaign adds its own quiet hours and its send window, so it can be stricter and never
//! laxer. All hours are local to the customer. The selection plans for the first allowed moment, and `decision` checks again before
//! each message.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::daily_limit::DailyLimit;
use crate::{
    campaign::{
        definition::{Definition, Schedule},
        redeeming::Revocation,
        send_window::{Hours, SendWindow},
    },
    customer::profile::{Customer, Zone},
    kernel::{
        channel::{Channel, by_channel},
        id::CampaignId,
        validation::FieldError,
    },
    voucher::{record::Voucher, skip_reason::SkipReason},
};

/// Maximum number of messages of a frequency cap.
pub const MAX_MESSAGES: u32 = 1_000;
/// Maximum length of the rolling window in days. Records are kept longer.
pub const MAX_WINDOW_DAYS: u16 = 90;
/// Maximum value of the open-offer cap.
pub const MAX_OPEN_OFFERS: u32 = 1_000;
/// Maximum rate of one channel in messages per second.
pub const MAX_MESSAGES_PER_SECOND: u32 = 10_000;
/// Maximum number of steps from one closed moment to the next: a week of days, each closed
/// three times, with some to spare.
const MAX_STEPS: usize = 32;

/// The maximum number of messages to one customer within a rolling window of days, over all
/// campaigns. It counts messages, not vouchers: each one that goes out or may have gone out, on each
/// channel, with fallbacks, repeats and reminders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrequencyCap {
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub messages: u32,
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 90))]
    pub days: u16,
}

/// The hours of the night in a stack whose administrator has not set a policy, from and to.
pub const DEFAULT_NIGHT: (&str, &str) = ("21:00", "08:00");

/// The plan of a message to a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedTime {
    /// The moment from which the message may be sent as far as hours allow it.
    pub wanted_at: Timestamp,
    /// The first moment from then on that the hours allow.
    pub due_at: Timestamp,
}

/// The wait of a dispatch that was planned later than it was wanted, since the hours of its customers
/// did not allow it earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursWait {
    /// The moment from which the message may be sent as far as the hours allow it.
    pub wanted_at: Timestamp,
    /// The zones of its customers' clocks.
    pub zones: BTreeSet<Zone>,
}

impl HoursWait {
    /// Returns what a dispatch that is planned for customers in these zones waits for, or `None` if
    /// nothing holds it back.
    pub fn of<'a>(planned: PlannedTime, zones: impl Iterator<Item = &'a Zone>) -> Option<Self> {
        let PlannedTime { wanted_at, due_at } = planned;
        (due_at > wanted_at).then(|| Self { wanted_at, zones: zones.cloned().collect() })
    }
}

/// The tenant's rules for all campaigns. Without values they limit nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactPolicy {
    /// Quiet hours by channel. Nothing is sent on a channel while the customer's local time is
    /// within them.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Hours>))]
    pub quiet_hours: BTreeMap<Channel, Hours>,
    /// The clock of a customer without a zone is that of the phone's country, if that country has
    /// one clock. Otherwise, and by default, it is the tenant's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zone_by_phone_country: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub frequency_cap: Option<FrequencyCap>,
    /// The maximum number of vouchers that one customer has open at once, over all campaigns. It
    /// counts vouchers, not messages: one with three messages is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 1000))]
    pub open_offers_cap: Option<u32>,
    /// Messages per second by channel. Default: the rate that the deployment sets.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u32>))]
    pub rates: BTreeMap<Channel, u32>,
    /// Messages per day of the tenant by channel. Default: as many as the rate allows.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, DailyLimit>))]
    pub daily_limits: BTreeMap<Channel, DailyLimit>,
}

impl ContactPolicy {
    /// Returns the policy of a stack whose administrator has not set one: quiet hours on every
    /// channel, and no caps.
    pub fn quiet_at_night(night: Hours) -> Self {
        let quiet_hours = Channel::ALL.into_iter().map(|channel| (channel, night)).collect();
        Self { quiet_hours, ..Self::default() }
    }

    /// Returns the errors of the policy, with pointers below the policy itself.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (channel, hours) in &self.quiet_hours {
            errors.extend(hours.check(&format!("/quiet_hours/{channel}")));
        }
        let mut range = |field: String, value: u32, most: u32| {
            if !(1..=most).contains(&value) {
                errors.push(FieldError::new(field, "out_of_range", format!("1 to {most}")));
            }
        };
        if let Some(cap) = &self.frequency_cap {
            range("/frequency_cap/messages".into(), cap.messages, MAX_MESSAGES);
            range("/frequency_cap/days".into(), u32::from(cap.days), u32::from(MAX_WINDOW_DAYS));
        }
        if let Some(most) = self.open_offers_cap {
            range("/open_offers_cap".into(), most, MAX_OPEN_OFFERS);
        }
        for (channel, rate) in &self.rates {
            range(format!("/rates/{channel}"), *rate, MAX_MESSAGES_PER_SECOND);
        }
        for (channel, limit) in &self.daily_limits {
            errors.extend(limit.check(&format!("/daily_limits/{channel}")));
        }
        errors
    }

    /// Returns true if a customer's other offers can prevent a further one.
    pub fn has_caps(&self) -> bool {
        self.frequency_cap.is_some() || self.open_offers_cap.is_some()
    }

    /// Returns the first moment at or after `at` at which this channel may be used for the
    /// customer, or `None` if the hours never allow it: outside the tenant's quiet hours and the
    /// campaign's own, and within the campaign's window.
    pub fn next_allowed(
        &self,
        schedule: &Schedule,
        customer: &Customer,
        channel: Channel,
        at: Timestamp,
    ) -> Option<Timestamp> {
        self.next_allowed_in(schedule, customer.zone(), channel, at)
    }

    /// Returns what [`next_allowed`](Self::next_allowed) does, for all customers of a zone.
    pub fn next_allowed_in(
        &self,
        schedule: &Schedule,
        zone: &Zone,
        channel: Channel,
        at: Timestamp,
    ) -> Option<Timestamp> {
        let hours = SendHours {
            quiet: [self.quiet_hours.get(&channel), schedule.quiet_hours.get(&channel)],
            window: schedule.window.as_ref(),
        };
        if hours.are_unlimited() {
            return Some(at);
        }
        let zone = zone.time_zone();
        let mut at = at;
        for _ in 0..MAX_STEPS {
            let local = at.to_zoned(zone.clone()).datetime();
            let Some((day, time)) = hours.opening_after(local.date(), local.time()) else {
                return Some(at);
            };
            at = local_moment(&zone, day?, time, at)?;
        }
        None
    }

    /// Returns the moment, not before `now`, at which a dispatch that waits for its customers' hours
    /// is due under this policy: the first at which one of its customers may get the message.
    /// Whoever has to wait longer is moved on then.
    pub fn due_of_waiting(
        &self,
        schedule: &Schedule,
        channel: Channel,
        waiting: &HoursWait,
        now: Timestamp,
    ) -> Timestamp {
        let from = waiting.wanted_at.max(now);
        let allowed =
            waiting.zones.iter().map(|zone| self.next_allowed_in(schedule, zone, channel, from));
        // Where the hours never allow it, the worker is to find that out at once.
        allowed.map(|at| at.unwrap_or(from)).min().unwrap_or(from)
    }

    /// Returns the cap, if any, that stops a customer with these vouchers from getting a further
    /// one of this campaign now. `revoked` returns the scope of the revocation of a voucher's
    /// campaign.
    pub fn cap_reached(
        &self,
        definition: &Definition,
        vouchers: &[Voucher],
        revoked: impl Fn(&CampaignId) -> Revocation,
        now: Timestamp,
    ) -> Option<SkipReason> {
        if definition.pressure.exempt {
            return None;
        }
        if self.frequency_cap_reached(vouchers, now) {
            return Some(SkipReason::FrequencyCap);
        }
        let open = self.count_open_offers(vouchers, revoked, now);
        self.open_offers_cap
            .is_some_and(|most| open >= most as usize)
            .then_some(SkipReason::OpenOffersCap)
    }

    /// Counts the offers that the customer can still use, and those that a held-out customer could
    /// if they had them.
    pub fn count_open_offers(
        &self,
        vouchers: &[Voucher],
        revoked: impl Fn(&CampaignId) -> Revocation,
        now: Timestamp,
    ) -> usize {
        vouchers
            .iter()
            .filter(|voucher| voucher.takes_offer_room(revoked(&voucher.campaign), now))
            .count()
    }

    /// Returns true if the customer has received as many messages in the window as the frequency
    /// cap allows.
    pub fn frequency_cap_reached(&self, vouchers: &[Voucher], now: Timestamp) -> bool {
        self.message_room(vouchers, now) == 0
    }

    /// Returns how many more messages the customer may get now. Without a frequency cap there is no
    /// limit.
    pub fn message_room(&self, vouchers: &[Voucher], now: Timestamp) -> u32 {
        let Some(cap) = &self.frequency_cap else {
            return u32::MAX;
        };
        let counted = u32::try_from(self.count_recent_messages(vouchers, now)).unwrap_or(u32::MAX);
        cap.messages.saturating_sub(counted)
    }

    /// Counts the messages in the window of the frequency cap: each one that went out or may have
    /// gone out. Without a cap it is 0.
    pub fn count_recent_messages(&self, vouchers: &[Voucher], now: Timestamp) -> usize {
        let Some(cap) = &self.frequency_cap else {
            return 0;
        };
        let since = now
            .checked_sub(SignedDuration::from_hours(24 * i64::from(cap.days)))
            .unwrap_or(Timestamp::MIN);
        vouchers.iter().flat_map(Voucher::message_times).filter(|at| *at > since).count()
    }

    /// Returns the time until which an offer made now counts for the caps.
    pub fn counts_until(&self, now: Timestamp) -> Timestamp {
        let days = self.frequency_cap.map_or(1, |cap| i64::from(cap.days)).max(1);
        now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
    }
}

/// The hours of one channel in which a campaign's messages may be sent.
struct SendHours<'a> {
    /// The quiet hours of the tenant and of the campaign. Both hold.
    quiet: [Option<&'a Hours>; 2],
    window: Option<&'a SendWindow>,
}

impl SendHours<'_> {
    fn are_unlimited(&self) -> bool {
        self.window.is_none() && self.quiet.iter().all(Option::is_none)
    }

    /// Returns the day and the time at which what closes this time of the day ends, or `None` if
    /// the hours are open. The day is `None` after the last day of the calendar.
    fn opening_after(&self, day: Date, time: Time) -> Option<(Option<Date>, Time)> {
        if let Some(quiet) = self.quiet.iter().flatten().find(|hours| hours.contains(time)) {
            return Some(next_clock_time(day, time, quiet.to.clock_time()));
        }
        let window = self.window?;
        let (from, to) = (window.hours.from.clock_time(), window.hours.to.clock_time());
        if !window.open_on(day) || time >= to {
            return Some((day.tomorrow().ok(), from));
        }
        (time < from).then_some((Some(day), from))
    }
}

/// Returns the next day and time at which a clock that shows `time` of `day` shows `wanted`.
fn next_clock_time(day: Date, time: Time, wanted: Time) -> (Option<Date>, Time) {
    let day = if wanted > time { Some(day) } else { day.tomorrow().ok() };
    (day, wanted)
}

/// Returns the moment after `at` at which the clock shows that time of that day. A time that a
/// clock change skips is shifted by the change. A time that occurs twice is taken the first time,
/// unless that has passed.
fn local_moment(zone: &TimeZone, day: Date, time: Time, at: Timestamp) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(day.to_datetime(time));
    let first = ambiguous.compatible().ok()?;
    if first > at {
        return Some(first);
    }
    let second = ambiguous.later().ok()?;
    if second > at { Some(second) } else { at.checked_add(15.minutes()).ok() }
}

/// Returns the first moment at or after `at` at which the customer's clock shows that hour.
pub fn next_local_hour(customer: &Customer, hour: u8, at: Timestamp) -> Timestamp {
    let zone = customer.zone().time_zone();
    let local = at.to_zoned(zone.clone()).datetime();
    let Ok(hour) = i8::try_from(hour) else {
        return at;
    };
    if local.hour() == hour {
        return at;
    }
    let Ok(wanted) = Time::new(hour, 0, 0, 0) else {
        return at;
    };
    let (day, time) = next_clock_time(local.date(), local.time(), wanted);
    day.and_then(|day| local_moment(&zone, day, time, at)).unwrap_or(at)
}

#[cfg(test)]
mod tests;
