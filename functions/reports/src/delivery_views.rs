//! Views of the delivery report: how providers handled our messages.

use std::collections::BTreeMap;

use domain::{Date, kernel::channel::Channel};
use serde::Serialize;
use utoipa::ToSchema;

use crate::duration::DurationPercentiles;

/// Attempts for vouchers, reminders included, each on the day of its last event. A repeated attempt
/// replaces the one before it, whose state is then not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttemptCounts {
    /// Calls to the provider, repeats included.
    pub attempts: i64,
    /// Attempts that the provider accepted, delivered or not.
    pub accepted: i64,
    pub delivered: i64,
    pub bounced: i64,
    pub complained: i64,
    pub failed: i64,
    /// Attempts that the provider throttled; they are repeated later.
    pub throttled: i64,
    /// Attempts that the provider did not answer.
    pub unknown: i64,
    /// Attempts in progress, or of a worker that crashed.
    pub claimed: i64,
    /// Percent of the attempts with a definite answer that the provider accepted, or `null` if
    /// there are none.
    #[schema(example = "99.70")]
    pub success_percent: Option<String>,
    /// Failed, throttled and unknown attempts, by reason.
    #[schema(example = json!({"invalid_address": 3}))]
    pub reasons: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelDelivery {
    pub channel: Channel,
    /// The provider, `sns` or `ses`.
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryDay {
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    pub channel: Channel,
    #[serde(flatten)]
    pub attempts: AttemptCounts,
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
