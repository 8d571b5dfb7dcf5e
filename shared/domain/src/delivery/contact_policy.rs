//! The contact policy: when and how often customers may be contacted.
//!
//! It has quiet hours by channel, a campaign's send window, and the caps that hold across all
//! campaigns. The tenant sets the policy; a campaign adds its window. All hours are local to the
//! customer. The selection plans for the first allowed moment, and `decision` checks again before
//! each message.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        definition::Definition,
        redeeming::Revocation,
        send_window::{Hours, SendWindow},
    },
    customer::profile::Customer,
    kernel::{channel::Channel, id::CampaignId, validation::FieldError},
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
/// Maximum number of steps from one closed moment to the next: a week of days, each closed twice,
/// with some to spare.
const MAX_STEPS: usize = 20;

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

/// The tenant's rules for all campaigns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactPolicy {
    /// Quiet hours by channel. Nothing is sent on a channel while the customer's local time is
    /// within them.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Hours>))]
    pub quiet_hours: BTreeMap<Channel, Hours>,
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
}

/// Deserializes via strings, so that the pointer of an error names the channel.
fn by_channel<'de, T, D>(source: D) -> Result<BTreeMap<Channel, T>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    let named = |(name, value): (String, T)| match Channel::parse(&name) {
        Some(channel) => Ok((channel, value)),
        None => Err(serde::de::Error::unknown_variant(&name, &["sms", "email", "push"])),
    };
    BTreeMap::<String, T>::deserialize(source)?.into_iter().map(named).collect()
}

impl ContactPolicy {
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
        errors
    }

    /// Returns true if a customer's other offers can prevent a further one.
    pub fn has_caps(&self) -> bool {
        self.frequency_cap.is_some() || self.open_offers_cap.is_some()
    }

    /// Returns the first moment at or after `at` at which this channel may be used for the
    /// customer, or `None` if the hours never allow it.
    pub fn next_allowed(
        &self,
        window: Option<&SendWindow>,
        customer: &Customer,
        channel: Channel,
        at: Timestamp,
    ) -> Option<Timestamp> {
        let quiet = self.quiet_hours.get(&channel);
        if quiet.is_none() && window.is_none() {
            return Some(at);
        }
        let zone = customer
            .profile
            .zone
            .as_ref()
            .map_or(TimeZone::UTC, crate::customer::profile::Zone::time_zone);
        let mut at = at;
        for _ in 0..MAX_STEPS {
            let local = at.to_zoned(zone.clone()).datetime();
            let (day, time) = (local.date(), local.time());
            let closed_until = match (quiet, window) {
                (Some(quiet), _) if quiet.contains(time) => {
                    next_clock_time(&zone, day, time, quiet.to.clock_time(), at)
                }
                (_, Some(window))
                    if !window.open_on(day) || time >= window.hours.to.clock_time() =>
                {
                    let tomorrow = day.tomorrow().ok()?;
                    local_moment(&zone, tomorrow, window.hours.from.clock_time(), at)
                }
                (_, Some(window)) if time < window.hours.from.clock_time() => {
                    local_moment(&zone, day, window.hours.from.clock_time(), at)
                }
                (_, _) => return Some(at),
            };
            at = closed_until?;
        }
        None
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

/// Returns the next time after `at` at which the clock shows `wanted`. At `at` it shows `time` of
/// `day`.
fn next_clock_time(
    zone: &TimeZone,
    day: Date,
    time: Time,
    wanted: Time,
    at: Timestamp,
) -> Option<Timestamp> {
    let day = if wanted > time { day } else { day.tomorrow().ok()? };
    local_moment(zone, day, wanted, at)
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
    let zone = customer
        .profile
        .zone
        .as_ref()
        .map_or(TimeZone::UTC, crate::customer::profile::Zone::time_zone);
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
    next_clock_time(&zone, local.date(), local.time(), wanted, at).unwrap_or(at)
}

#[cfg(test)]
mod tests;
