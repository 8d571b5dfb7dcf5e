//! When and how often customers may be written to: quiet hours by channel, a campaign's send window, and the caps that hold across all
//! campaigns. The tenant sets the policy; a campaign adds its window. All hours are those of the customer's own clock.
//! Before it: selection, which plans for the first moment that is allowed. After it: `decision`, which asks again before each message.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::Revoke,
    channel::Channel,
    customer::Customer,
    decision::SkipReason,
    definition::Definition,
    field::FieldError,
    id::CampaignId,
    voucher::{Status, Voucher},
};

/// Messages of a frequency cap, at most.
pub const MAX_MESSAGES: u32 = 1_000;
/// Days of the rolling window, at most: records are kept longer.
pub const MAX_WINDOW_DAYS: u16 = 90;
/// Offers open at once, at most.
pub const MAX_OPEN_OFFERS: u32 = 1_000;
/// Messages a second of one channel, at most.
pub const MAX_RATE: u32 = 10_000;
/// Steps from one closed moment to the next: a week of days, each closed twice, and some to spare.
const MAX_STEPS: usize = 20;

/// A time of day, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "21:00"))]
pub struct TimeOfDay(Time);

impl TimeOfDay {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "a time of day is HH:MM, from 00:00 to 23:59";
        let (hour, minute) = text.split_once(':').ok_or(SHAPE)?;
        let number = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<i8>().ok()).flatten().ok_or(SHAPE)
        };
        Time::new(number(hour)?, number(minute)?, 0, 0).map(Self).map_err(|_| SHAPE)
    }
}
impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}
impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        format!("{:02}:{:02}", time.0.hour(), time.0.minute())
    }
}

/// From one time of day to another, the second not included. Over midnight if it is the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hours {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

impl Hours {
    fn contain(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from.0 <= time && time < self.to.0
        } else {
            self.from.0 <= time || time < self.to.0
        }
    }
    fn check(&self, at: &str) -> Vec<FieldError> {
        if self.from == self.to {
            vec![FieldError::new(format!("{at}/to"), "empty", "must be another time than `from`")]
        } else {
            Vec::new()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn is(self, day: Date) -> bool {
        let weekday = match self {
            Day::Monday => Weekday::Monday,
            Day::Tuesday => Weekday::Tuesday,
            Day::Wednesday => Weekday::Wednesday,
            Day::Thursday => Weekday::Thursday,
            Day::Friday => Weekday::Friday,
            Day::Saturday => Weekday::Saturday,
            Day::Sunday => Weekday::Sunday,
        };
        day.weekday() == weekday
    }
}

/// When a campaign's messages may go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendWindow {
    /// Of each day; not over midnight.
    pub hours: Hours,
    /// Only on these days. Default: on all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
}

impl SendWindow {
    /// Pointers are below `at`.
    pub fn check(&self, at: &str) -> Vec<FieldError> {
        let mut errors = self.hours.check(&format!("{at}/hours"));
        if self.hours.to < self.hours.from {
            let detail = "a send window lies within one day: `to` must be later than `from`";
            errors.push(FieldError::new(format!("{at}/hours/to"), "end_before_start", detail));
        }
        for (index, day) in self.days.iter().enumerate() {
            if self.days.iter().take(index).any(|earlier| earlier == day) {
                errors.push(FieldError::new(format!("{at}/days/{index}"), "duplicate", "named already"));
            }
        }
        errors
    }
    fn open_on(&self, day: Date) -> bool {
        self.days.is_empty() || self.days.iter().any(|open| open.is(day))
    }
}

/// So many messages to one customer within so many days before now, over all campaigns: vouchers and reminders.
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
    /// By channel: nothing is sent on it while the customer's clock shows these hours.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Hours>))]
    pub quiet_hours: BTreeMap<Channel, Hours>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub frequency_cap: Option<FrequencyCap>,
    /// Vouchers of one customer that are open at once, over all campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 1000))]
    pub open_offers_cap: Option<u32>,
    /// Messages a second by channel; where none is set, what the deployment says.
    #[serde(deserialize_with = "by_channel", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u32>))]
    pub rates: BTreeMap<Channel, u32>,
}

/// By way of text, so that the pointer of an error names the channel.
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
    /// Pointers are below the policy itself.
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
            range(format!("/rates/{channel}"), *rate, MAX_RATE);
        }
        errors
    }

    /// Whether a customer's other offers have a say in whether they get one more.
    pub fn caps(&self) -> bool {
        self.frequency_cap.is_some() || self.open_offers_cap.is_some()
    }

    /// The first moment from `at` on at which this channel may be used for that customer. `None`: the hours leave none.
    pub fn allowed(
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
        let zone = customer.profile.zone.as_ref().map_or(TimeZone::UTC, crate::customer::Zone::time_zone);
        let mut at = at;
        for _ in 0..MAX_STEPS {
            let local = at.to_zoned(zone.clone()).datetime();
            let (day, time) = (local.date(), local.time());
            let closed_until = match (quiet, window) {
                (Some(quiet), _) if quiet.contain(time) => next(&zone, day, time, quiet.to.0, at),
                (_, Some(window)) if !window.open_on(day) || time >= window.hours.to.0 => {
                    let tomorrow = day.tomorrow().ok()?;
                    moment(&zone, tomorrow, window.hours.from.0, at)
                }
                (_, Some(window)) if time < window.hours.from.0 => moment(&zone, day, window.hours.from.0, at),
                (_, _) => return Some(at),
            };
            at = closed_until?;
        }
        None
    }

    /// Why a customer with these vouchers gets no further one of this campaign now, if a cap says so. `revoked` knows what the
    /// cancellation of a voucher's campaign took back.
    pub fn pressed(
        &self,
        definition: &Definition,
        vouchers: &[Voucher],
        revoked: impl Fn(&CampaignId) -> Revoke,
        now: Timestamp,
    ) -> Option<SkipReason> {
        if definition.pressure.exempt {
            return None;
        }
        if self.written_to(vouchers, now) {
            return Some(SkipReason::FrequencyCap);
        }
        let open = self.open_offers(vouchers, revoked, now);
        self.open_offers_cap.is_some_and(|most| open >= most as usize).then_some(SkipReason::OpenOffersCap)
    }

    /// Offers that the customer can still use.
    pub fn open_offers(&self, vouchers: &[Voucher], revoked: impl Fn(&CampaignId) -> Revoke, now: Timestamp) -> usize {
        vouchers.iter().filter(|voucher| is_open(voucher, revoked(&voucher.campaign), now)).count()
    }

    /// Whether they got as many messages lately as the frequency cap allows.
    pub fn written_to(&self, vouchers: &[Voucher], now: Timestamp) -> bool {
        self.frequency_cap.is_some_and(|cap| self.messages_lately(vouchers, now) >= cap.messages as usize)
    }

    /// Messages in the window of the frequency cap; none are counted without one.
    pub fn messages_lately(&self, vouchers: &[Voucher], now: Timestamp) -> usize {
        let Some(cap) = &self.frequency_cap else { return 0 };
        let since = now.checked_sub(SignedDuration::from_hours(24 * i64::from(cap.days))).unwrap_or(Timestamp::MIN);
        let issued = vouchers.iter().filter(|voucher| voucher.status.is_voucher()).map(|voucher| voucher.issued_at);
        let reminded = vouchers.iter().filter_map(|voucher| voucher.reminder.as_ref()).map(|attempt| attempt.at);
        issued.chain(reminded).filter(|at| *at > since).count()
    }

    /// How long an offer that is made now has a say in others.
    pub fn remembered_until(&self, now: Timestamp) -> Timestamp {
        let days = self.frequency_cap.map_or(1, |cap| i64::from(cap.days)).max(1);
        now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
    }
}

/// An offer that the customer can still use.
fn is_open(voucher: &Voucher, revoke: Revoke, now: Timestamp) -> bool {
    match voucher.status_at(revoke, now) {
        Status::Issued | Status::Accepted => true,
        Status::Redeemed
        | Status::Reversed
        | Status::Declined
        | Status::Expired
        | Status::Revoked
        | Status::Ghost
        | Status::Skipped
        | Status::Failed => false,
    }
}

/// The next time behind `at` that the clock shows `wanted`, when it shows `time` of `day` now.
fn next(zone: &TimeZone, day: Date, time: Time, wanted: Time, at: Timestamp) -> Option<Timestamp> {
    let day = if wanted > time { day } else { day.tomorrow().ok()? };
    moment(zone, day, wanted, at)
}

/// The moment at which it is that time of that day, behind `at`. A time that a clock change leaves out comes when it would have come;
/// one that it repeats comes the first time, unless that is over.
fn moment(zone: &TimeZone, day: Date, time: Time, at: Timestamp) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(day.to_datetime(time));
    let first = ambiguous.compatible().ok()?;
    if first > at {
        return Some(first);
    }
    let second = ambiguous.later().ok()?;
    if second > at { Some(second) } else { at.checked_add(15.minutes()).ok() }
}

/// The first moment from `at` on at which the customer's clock shows that hour, `at` itself if it does.
pub fn at_hour(customer: &Customer, hour: u8, at: Timestamp) -> Timestamp {
    let zone = customer.profile.zone.as_ref().map_or(TimeZone::UTC, crate::customer::Zone::time_zone);
    let local = at.to_zoned(zone.clone()).datetime();
    let Ok(hour) = i8::try_from(hour) else { return at };
    if local.hour() == hour {
        return at;
    }
    let Ok(wanted) = Time::new(hour, 0, 0, 0) else { return at };
    next(&zone, local.date(), local.time(), wanted, at).unwrap_or(at)
}

#[cfg(test)]
mod tests;
