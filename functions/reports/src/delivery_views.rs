//! What providers did with our messages, as the API shows it.

use std::collections::BTreeMap;

use domain::{Date, channel::Channel};
use serde::Serialize;
use utoipa::ToSchema;

use crate::duration::Durations;

/// Of vouchers' attempts, reminders included, each on the day of its last word. A repeat takes the place of the attempt before it, whose state is then not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attempts {
    /// Calls to the provider, repeats included.
    pub attempts: i64,
    /// Taken by the provider, whatever came of it.
    pub accepted: i64,
    pub delivered: i64,
    pub bounced: i64,
    pub complained: i64,
    pub failed: i64,
    /// Put off, to be tried again.
    pub throttled: i64,
    /// The provider did not answer.
    pub unknown: i64,
    /// Under way, or of a worker that was lost.
    pub claimed: i64,
    /// Of the attempts with a definite answer, those that the provider took; `null` without any.
    #[schema(example = "99.70")]
    pub success_percent: Option<String>,
    /// Failed, throttled and unknown, by reason.
    #[schema(example = json!({"invalid_address": 3}))]
    pub reasons: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelDelivery {
    pub channel: Channel,
    /// `sns` or `ses`.
    pub provider: &'static str,
    #[serde(flatten)]
    pub attempts: Attempts,
    /// From when a voucher's first message was due to the provider's yes: our own queues and rates are in it. A dispatch that was put back,
    /// as in a pause, is due again later.
    pub due_to_sent: Option<Durations>,
    /// From the claim of a voucher's first message to the provider's yes on the first channel that took it.
    pub issued_to_sent: Option<Durations>,
    /// To the provider's word that it was delivered.
    pub sent_to_delivered: Option<Durations>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryDay {
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    pub channel: Channel,
    #[serde(flatten)]
    pub attempts: Attempts,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPerformance {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// Channels that did something: the sums of their days.
    pub channels: Vec<ChannelDelivery>,
    /// Oldest first.
    pub days: Vec<DeliveryDay>,
}
