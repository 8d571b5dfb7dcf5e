//! Settles the attempts whose answer was ambiguous and whose waiting time is over.
//!
//! A provider event has settled most of them. The rest follows the policy of
//! `domain::delivery::attempt_policy::unknown_policy`: repeated on the same channel where that is
//! allowed (SMS never, e-mail once, push freely), else the next open channel of the ladder where
//! the campaign asks for it, with the same voucher, else left.
//!
//! Guarantees: an attempt is repeated or followed by the next channel once, and by neither after a
//! provider event that came before. The note of the attempt is deleted last, because a crash before
//! that only settles the attempt again, and planning it twice gives one dispatch.

use domain::{
    Timestamp,
    campaign::{definition::Definition, lifecycle::WorkPolicy},
    customer::profile::ReachQuery,
    delivery::{
        attempt_policy::{UnknownPolicy, may_repeat_unknown, unknown_policy},
        dispatch::{Dispatch, DispatchKey, DispatchPurpose},
        eligibility::next_channel,
    },
    kernel::channel::Channel,
    voucher::record::Voucher,
};
use futures::{StreamExt, stream};
use store::{
    StoreError, campaign::campaigns::CampaignSummary, conditional::Applied,
    customer::profiles::CustomerLookup, voucher::records::UnknownAttempt,
};

use crate::WatchdogContext;

/// Attempts that are settled at the same time, each by a few calls.
const CONCURRENCY: usize = 16;

/// Counts what one round did about attempts of unknown fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SettledAttempts {
    pub repeated: u64,
    /// Vouchers that go on to the next channel of the ladder.
    pub fell_back: u64,
}

/// The step that was planned because of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settlement {
    Repeated,
    FellBack,
    Left,
}

/// Settles all due attempts, adds to `settled` what was planned, and returns the number of new
/// dispatches. An attempt that cannot be settled is left for the next round and does not block the
/// others.
pub(crate) async fn settle_unknown_attempts(
    context: &WatchdogContext,
    now: Timestamp,
    settled: &mut SettledAttempts,
) -> Result<u64, StoreError> {
    let attempts = context.store.unknown_attempts(now).await?;
    let settlements = attempts.iter().map(|unknown| async move {
        settle_attempt(context, unknown, now).await.unwrap_or_else(|error| {
            tracing::error!(%error, voucher = %unknown.key.voucher, "unknown attempt not settled");
            Settlement::Left
        })
    });
    let settlements: Vec<_> = settlements.collect();
    for settlement in stream::iter(settlements).buffered(CONCURRENCY).collect::<Vec<_>>().await {
        match settlement {
            Settlement::Repeated => settled.repeated += 1,
            Settlement::FellBack => settled.fell_back += 1,
            Settlement::Left => {}
        }
    }
    Ok(settled.repeated + settled.fell_back)
}

async fn settle_attempt(
    context: &WatchdogContext,
    unknown: &UnknownAttempt,
    now: Timestamp,
) -> Result<Settlement, StoreError> {
    let settlement = if may_repeat_unknown(unknown.channel, unknown.number) {
        plan_repeat(context, unknown, now).await?
    } else {
        go_on(context, unknown, now).await?
    };
    context.store.delete_unknown_note(unknown).await?;
    Ok(settlement)
}

/// Plans the repeat, unless a provider event has settled the attempt meanwhile: the write is
/// conditional on that.
async fn plan_repeat(
    context: &WatchdogContext,
    unknown: &UnknownAttempt,
    now: Timestamp,
) -> Result<Settlement, StoreError> {
    let (channel, number) = (unknown.channel, unknown.number);
    let next = follow_up(unknown, DispatchPurpose::Retry, channel, number + 1, now);
    let planned = context.store.plan_repeat(&unknown.key, channel, number, &next).await?;
    Ok(if planned == Applied::Yes { Settlement::Repeated } else { Settlement::Left })
}

/// Plans the next channel that is open to the customer, if the campaign asks for it. The write is
/// conditional on the attempt's fate still being unknown; the worker asks again before it sends.
async fn go_on(
    context: &WatchdogContext,
    unknown: &UnknownAttempt,
    now: Timestamp,
) -> Result<Settlement, StoreError> {
    let Some((definition, voucher)) = load_open_voucher(context, unknown, now).await? else {
        return Ok(Settlement::Left);
    };
    let (channel, number) = (unknown.channel, unknown.number);
    match unknown_policy(&definition.channels, channel, number) {
        UnknownPolicy::FallBack => {}
        UnknownPolicy::Repeat | UnknownPolicy::Leave => return Ok(Settlement::Left),
    }
    let CustomerLookup::Customer(customer) = context.store.customer(&voucher.customer).await?
    else {
        return Ok(Settlement::Left);
    };
    let topic = context.store.topic_question(&definition).await?;
    let query = ReachQuery { topic: topic.as_ref(), now };
    let Some(rung) = next_channel(&definition, &customer, &query, &voucher, channel) else {
        return Ok(Settlement::Left);
    };
    let next = follow_up(unknown, DispatchPurpose::Fallback, rung, 1, now);
    let planned = context.store.plan_fallback(&unknown.key, channel, number, &next).await?;
    Ok(if planned == Applied::Yes { Settlement::FellBack } else { Settlement::Left })
}

/// Returns the voucher with its campaign's definition, or `None` if no message about it may be sent
/// any more.
async fn load_open_voucher(
    context: &WatchdogContext,
    unknown: &UnknownAttempt,
    now: Timestamp,
) -> Result<Option<(Definition, Voucher)>, StoreError> {
    let store = &context.store;
    let Some(summary) = store.campaign_summary(&unknown.campaign).await? else {
        return Ok(None);
    };
    let CampaignSummary { state, revoke, definition, .. } = &summary;
    if state.work_policy() == WorkPolicy::Drop {
        return Ok(None);
    }
    let Some(voucher) = store.voucher(&unknown.key).await? else {
        return Ok(None);
    };
    if !voucher.allows_messages(*revoke, now) {
        return Ok(None);
    }
    let definition = store.definition(&unknown.campaign, *definition).await?;
    Ok(definition.map(|it| (it.for_variant(voucher.variant.as_ref()), voucher)))
}

/// Builds the dispatch that follows the attempt, for one customer. Its name is derived from the
/// attempt, so planning it twice gives one dispatch. What follows an attempt for which no run waits
/// keeps no run open either.
fn follow_up(
    unknown: &UnknownAttempt,
    purpose: DispatchPurpose,
    channel: Channel,
    number: u32,
    now: Timestamp,
) -> Dispatch {
    let customer = &unknown.key.customer;
    let parent =
        DispatchKey { run: unknown.run.clone(), segment: unknown.segment, name: String::new() };
    let key = parent.for_customer(customer, channel, number, unknown.firing.as_ref());
    let (key, purpose) = if unknown.holds_run_open {
        (key, purpose)
    } else {
        (key.with_purpose_suffix(DispatchPurpose::Bounced), DispatchPurpose::Bounced)
    };
    let customers = vec![customer.clone()];
    let next = Dispatch::new_ready(key, unknown.campaign.clone(), channel, purpose, customers, now);
    Dispatch { attempt: number, firing: unknown.firing.clone(), ..next }
}
