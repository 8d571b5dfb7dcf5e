//! The daily limit of a channel: how many messages it may send in a day of the tenant, and how a new
//! sender grows to it.
//!
//! The tenant sets it in the contact policy, release-dispatches keeps to it, and the health page shows
//! what of it is used. Guarantees: the limit of a day never falls from one day to the next while its
//! setting stays, and it is never above the limit that was set.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::kernel::validation::FieldError;

/// Smallest daily limit: a dispatch has up to fifty customers and is not divided.
pub const MIN_DAILY_MESSAGES: u32 = 50;
/// Largest daily limit: what a channel could send at its highest rate.
const MAX_MESSAGES: u32 = 864_000_000;
/// Largest growth from day to day: tenfold.
const MAX_GROWTH_PERCENT: u16 = 900;

/// The maximum number of messages of one channel in a day of the tenant. It counts what is handed to
/// the channel's workers, with repeats, fallbacks and reminders; what is above it waits for the next
/// day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DailyLimit {
    #[cfg_attr(feature = "openapi", schema(minimum = 50, maximum = 864_000_000))]
    pub messages: u32,
    /// The days in which a new sender grows to the limit. Mailbox providers and carriers distrust
    /// an address or a number that suddenly sends much.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub ramp: Option<SenderRamp>,
}

/// The growth of a new sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SenderRamp {
    /// The first day of the new sender; earlier days have its limit.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub first_day: Date,
    /// The limit of the first day.
    #[cfg_attr(feature = "openapi", schema(minimum = 50, maximum = 864_000_000))]
    pub messages: u32,
    /// The growth from each day to the next, in percent: 50 takes 500 messages to 750, 1,125, ...
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 900))]
    pub growth_percent: u16,
}

impl DailyLimit {
    /// Returns the errors of the limit, with pointers below `field`.
    pub fn check(&self, field: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut range = |name: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                let reason = format!("{least} to {most}");
                errors.push(FieldError::new(format!("{field}/{name}"), "out_of_range", reason));
            }
        };
        range("messages", self.messages, MIN_DAILY_MESSAGES, MAX_MESSAGES);
        if let Some(ramp) = &self.ramp {
            range(
                "ramp/messages",
                ramp.messages,
                MIN_DAILY_MESSAGES,
                self.messages.max(MIN_DAILY_MESSAGES),
            );
            let growth = u32::from(ramp.growth_percent);
            range("ramp/growth_percent", growth, 1, u32::from(MAX_GROWTH_PERCENT));
        }
        errors
    }

    /// Returns how many messages the channel may send on a day.
    pub fn on(&self, day: Date) -> u64 {
        let limit = u64::from(self.messages);
        let Some(ramp) = &self.ramp else { return limit };
        let mut allowed = u64::from(ramp.messages);
        let mut grown_to = ramp.first_day;
        while grown_to < day && allowed < limit {
            let growth = (allowed * u64::from(ramp.growth_percent)).div_ceil(100);
            // a small start still grows
            allowed += growth.max(1);
            let Ok(next) = grown_to.tomorrow() else { break };
            grown_to = next;
        }
        allowed.min(limit)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date};
    use proptest::prelude::*;

    use super::*;

    fn ramped(messages: u32, first: u32, growth_percent: u16) -> DailyLimit {
        let ramp = SenderRamp { first_day: date(2026, 12, 1), messages: first, growth_percent };
        DailyLimit { messages, ramp: Some(ramp) }
    }

    #[test]
    fn a_new_sender_grows_day_by_day_to_its_limit() {
        let limit = ramped(2_000, 500, 50);
        let days = [(11, 24, 500), (12, 1, 500), (12, 2, 750), (12, 3, 1_125), (12, 4, 1_688)];
        for (month, day, messages) in days {
            assert_eq!(limit.on(date(2026, month, day)), messages, "{month}/{day}");
        }
        assert_eq!(limit.on(date(2026, 12, 5)), 2_000);
        assert_eq!(limit.on(date(9999, 12, 31)), 2_000);
        assert_eq!(DailyLimit { messages: 77, ramp: None }.on(date(1970, 1, 1)), 77);
    }

    #[test]
    fn a_limit_that_no_dispatch_fits_into_is_refused() {
        let told = |limit: DailyLimit| -> Vec<String> {
            limit.check("/daily_limits/sms").into_iter().map(|error| error.field).collect()
        };
        assert_eq!(told(DailyLimit { messages: 49, ramp: None }), ["/daily_limits/sms/messages"]);
        assert_eq!(
            told(ramped(100, 101, 901)),
            ["/daily_limits/sms/ramp/messages", "/daily_limits/sms/ramp/growth_percent"]
        );
        assert_eq!(told(ramped(100, 100, 0)), ["/daily_limits/sms/ramp/growth_percent"]);
        assert!(told(ramped(50, 50, 1)).is_empty());
    }

    proptest! {
        #[test]
        fn no_day_has_less_than_the_one_before(
            messages in 50_u32..=864_000_000, first in 50_u32..=864_000_000, growth in 1_u16..=900,
            day in 0_i64..2_000,
        ) {
            let limit = ramped(messages, first.min(messages), growth);
            prop_assert!(limit.check("").is_empty());
            let day = date(2026, 11, 1).checked_add(day.days()).unwrap();
            let (today, tomorrow) = (limit.on(day), limit.on(day.tomorrow().unwrap()));
            prop_assert!(today <= tomorrow && tomorrow <= u64::from(messages), "{today} {tomorrow}");
        }
    }
}
