//! Views of the delivery report: how providers handled our messages.

use std::collections::BTreeMap;

use domain::{
    Date,
    kernel::channel::Channel,
    reporting::counters::{ChannelScope, Counter, CounterValues},
    voucher::attempt::AttemptState,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{columns::report_view, cost::decimal_ratio, duration::DurationPercentiles};

report_view! {
    /// Attempts for vouchers, reminders included, each on the day of its last event. A repeated attempt
    /// replaces the one before it, whose state is then not counted.
    #[derive(Default)]
    pub struct AttemptCounts(counts: &CounterValues, channel: Channel) {
        /// Calls to the provider, repeats included.
        attempts: i64 = counts.amount(&Counter::Attempts(channel));
        /// Attempts that the provider accepted, delivered or not.
        accepted: i64 = count_accepted(counts, channel);
        delivered: i64 = count_state(counts, channel, AttemptState::Delivered);
        /// Vouchers whose link a person tapped in a message on this channel, each on the day of its
        /// first tap.
        tapped: i64 = counts.amount(&Counter::Tapped(ChannelScope::On(channel)));
        bounced: i64 = count_state(counts, channel, AttemptState::Bounced);
        complained: i64 = count_state(counts, channel, AttemptState::Complained);
        failed: i64 = count_state(counts, channel, AttemptState::Failed);
        /// Attempts that the provider throttled; they are repeated later.
        throttled: i64 = count_state(counts, channel, AttemptState::Throttled);
        /// Attempts that the provider did not answer.
        unknown: i64 = count_state(counts, channel, AttemptState::Unknown);
        /// Vouchers that went on to the next channel because of what became of the message here, on the
        /// day on which that was planned.
        fallbacks: i64 = count_fallbacks(counts, channel, |_| true);
        /// Of these, vouchers whose message here has an unknown fate, or has been reported as sent since.
        unknown_fallbacks: i64 = count_fallbacks(counts, channel, is_not_refused);
        /// Attempts in progress, or of a worker that crashed.
        claimed: i64 = count_state(counts, channel, AttemptState::Claimed);
        /// Percent of the attempts with a definite answer that the provider accepted, or `null` if
        /// there are none.
        #[schema(example = "99.70")]
        success_percent: Option<String> = success_percent(counts, channel);
        /// Failed, throttled and unknown attempts, by reason.
        #[schema(example = json!({"invalid_address": 3}))]
        reasons: BTreeMap<String, i64> = faults_by_reason(counts, channel);
    }
}

fn count_state(counts: &CounterValues, channel: Channel, state: AttemptState) -> i64 {
    counts.amount(&Counter::AttemptsIn(channel, state))
}

fn count_fallbacks(
    counts: &CounterValues,
    channel: Channel,
    counted: fn(AttemptState) -> bool,
) -> i64 {
    let states = AttemptState::ALL.into_iter().filter(|state| counted(*state));
    states.map(|state| counts.amount(&Counter::Fallback(channel, state))).sum()
}

fn is_not_refused(state: AttemptState) -> bool {
    match state {
        AttemptState::Failed | AttemptState::Bounced => false,
        AttemptState::Claimed
        | AttemptState::Sent
        | AttemptState::Delivered
        | AttemptState::Complained
        | AttemptState::Throttled
        | AttemptState::Unknown => true,
    }
}

fn count_accepted(counts: &CounterValues, channel: Channel) -> i64 {
    let states = [
        AttemptState::Sent,
        AttemptState::Delivered,
        AttemptState::Bounced,
        AttemptState::Complained,
    ];
    states.map(|state| count_state(counts, channel, state)).iter().sum()
}

fn success_percent(counts: &CounterValues, channel: Channel) -> Option<String> {
    let accepted = count_accepted(counts, channel);
    let failed = count_state(counts, channel, AttemptState::Failed);
    decimal_ratio(accepted.saturating_mul(100), accepted + failed)
}

fn faults_by_reason(counts: &CounterValues, channel: Channel) -> BTreeMap<String, i64> {
    let reason = |(counter, count): (&Counter, i64)| {
        let Counter::Fault(on, reason) = counter else { return None };
        (*on == channel && count != 0).then(|| (reason.as_str().to_owned(), count))
    };
    counts.iter().filter_map(reason).collect()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelDelivery {
    pub channel: Channel,
    /// The provider: `eum` (AWS End User Messaging), `sns` or `ses`.
    pub provider: &'static str,
    #[serde(flatten)]
    pub attempts: AttemptCounts,
    /// Time from when a voucher's first message was due until the provider accepted it. It includes
    /// our own queues and rate limits. A dispatch that was postponed, for example by a pause,
    /// becomes due later.
    pub due_to_sent: Option<DurationPercentiles>,
    /// Time from the claim of a voucher's first message until the provider of the first channel
    /// accepted it.
    pub issued_to_sent: Option<DurationPercentiles>,
    /// Time from acceptance by the provider to its delivery event.
    pub sent_to_delivered: Option<DurationPercentiles>,
}

report_view! {
    pub struct DeliveryDay(day: Date, channel: Channel, counts: &CounterValues) {
        #[schema(value_type = String, format = Date)]
        day: Date = day;
        channel: Channel = channel;
        #[serde(flatten)]
        attempts: AttemptCounts = AttemptCounts::compute(counts, channel);
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPerformance {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// Channels with any activity, with the sums of their days.
    pub channels: Vec<ChannelDelivery>,
    /// The days, oldest first.
    pub days: Vec<DeliveryDay>,
}
