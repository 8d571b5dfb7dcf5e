//! Counts the messages that each channel has released in a minute and, where the tenant limits it, in a
//! day: PK `rate#<channel>`, SK the minute or the day, removed by TTL after an hour or three days.
//! release-dispatches asks before it releases, once for a page of dispatches, so that several rounds
//! at once keep to the channel's rate together.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::{Date, Timestamp, kernel::channel::Channel};

use crate::{
    Store,
    conditional::{condition_failed, conflicting_item},
    error::Result,
    item::{AttributeReader, ItemMap, n},
    keys::{daily_rate_key, rate_key},
};

/// The most tries to reserve what is left of a minute when several rounds take it at once.
const MAX_RATE_TRIES: usize = 8;
/// The seconds for which the count of a minute is kept.
const MINUTE_KEPT: i64 = 3_600;
/// The seconds for which the count of a day is kept after a release of that day.
const DAY_KEPT: i64 = 3 * 86_400;

/// A time whose released messages are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateWindow {
    /// A minute since 1970.
    Minute(i64),
    /// A day of the tenant, at this moment of it.
    Day(Date, Timestamp),
}

impl RateWindow {
    fn key(self, channel: Channel) -> ItemMap {
        match self {
            RateWindow::Minute(minute) => rate_key(channel, minute),
            RateWindow::Day(day, _) => daily_rate_key(channel, day),
        }
    }

    fn time_to_live(self) -> i64 {
        match self {
            RateWindow::Minute(minute) => minute * 60 + MINUTE_KEPT,
            RateWindow::Day(_, now) => now.as_second() + DAY_KEPT,
        }
    }
}

impl Store {
    /// Reserves the messages of a window for as many of `sizes` as it has room for, in their order,
    /// and returns how many that is. The first one may be larger than all that the window may have:
    /// then it has the window for itself.
    pub async fn reserve_rate(
        &self,
        channel: Channel,
        window: RateWindow,
        sizes: &[u64],
        messages_allowed: u64,
    ) -> Result<usize> {
        let Some(first) = sizes.first() else { return Ok(0) };
        let allowed = messages_allowed.max(*first);
        let mut used = 0;
        for _ in 0..MAX_RATE_TRIES {
            let (going, messages) = fitting(sizes, allowed.saturating_sub(used));
            if going == 0 {
                return Ok(0);
            }
            match self.add_to_rate(channel, window, messages, allowed).await? {
                None => return Ok(going),
                Some(now_used) => used = now_used,
            }
        }
        // Rounds at the same time have taken what was left: the rest of it is for the next one.
        Ok(0)
    }

    /// Returns how many messages a channel has released on a day that is limited.
    pub async fn released_on(&self, channel: Channel, day: Date) -> Result<u64> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(daily_rate_key(channel, day)))
            .send()
            .await?;
        Ok(answer.item.and_then(|item| item.number_opt("used")).unwrap_or(0))
    }

    /// Adds to what a window has released, unless that would be more than `allowed`. Returns what the
    /// window has released so far if it is refused.
    async fn add_to_rate(
        &self,
        channel: Channel,
        window: RateWindow,
        messages: u64,
        allowed: u64,
    ) -> Result<Option<u64>> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(window.key(channel)))
            .update_expression("ADD used :messages SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(used) OR used <= :room")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":messages", n(messages))
            .expression_attribute_values(":ttl", n(window.time_to_live()))
            .expression_attribute_values(":room", n(allowed.saturating_sub(messages)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(None),
            Err(error) if condition_failed(&error) => {
                let old = conflicting_item(&error);
                Ok(Some(old.and_then(|item| item.number_opt("used")).unwrap_or(allowed)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns how many of `sizes`, in their order, fit into `room`, and their sum.
fn fitting(sizes: &[u64], room: u64) -> (usize, u64) {
    let mut sum = 0;
    for (index, size) in sizes.iter().enumerate() {
        if sum + size > room {
            return (index, sum);
        }
        sum += size;
    }
    (sizes.len(), sum)
}
