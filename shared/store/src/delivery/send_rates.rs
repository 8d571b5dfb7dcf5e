//! Counts the messages that each channel has released in a minute: PK `rate#<channel>`, SK the
//! minute, removed by TTL an hour later. release-dispatches asks before it releases, once for a page
//! of dispatches, so that several rounds in one minute keep to the channel's rate together.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::kernel::channel::Channel;

use crate::{
    Store,
    conditional::{condition_failed, conflicting_item},
    error::Result,
    item::{AttributeReader, n},
    keys::rate_key,
};

/// The most tries to reserve what is left of a minute when several rounds take it at once.
const MAX_RATE_TRIES: usize = 8;

impl Store {
    /// Reserves the channel's sending rate of one minute for as many of `sizes` as it has room for,
    /// in their order, and returns how many that is. The first one may be larger than a minute's
    /// rate: it has the minute for itself.
    pub async fn reserve_rate(
        &self,
        channel: Channel,
        minute: i64,
        sizes: &[u64],
        rate_per_minute: u64,
    ) -> Result<usize> {
        let Some(first) = sizes.first() else { return Ok(0) };
        let rate = rate_per_minute.max(*first);
        let mut used = 0;
        for _ in 0..MAX_RATE_TRIES {
            let (going, messages) = fitting(sizes, rate.saturating_sub(used));
            if going == 0 {
                return Ok(0);
            }
            match self.add_to_rate(channel, minute, messages, rate).await? {
                None => return Ok(going),
                Some(now_used) => used = now_used,
            }
        }
        // Rounds at the same time have taken what was left: the rest of it is for the next one.
        Ok(0)
    }

    /// Adds to what a minute has released, unless that would be more than `rate`. Returns what the
    /// minute has released so far if it is refused.
    async fn add_to_rate(
        &self,
        channel: Channel,
        minute: i64,
        messages: u64,
        rate: u64,
    ) -> Result<Option<u64>> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(rate_key(channel, minute)))
            .update_expression("ADD used :messages SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(used) OR used <= :room")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":messages", n(messages))
            .expression_attribute_values(":ttl", n(minute * 60 + 3_600))
            .expression_attribute_values(":room", n(rate.saturating_sub(messages)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(None),
            Err(error) if condition_failed(&error) => {
                let old = conflicting_item(&error);
                Ok(Some(old.and_then(|item| item.number_opt("used")).unwrap_or(rate)))
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
