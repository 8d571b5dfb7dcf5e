//! The responses of the diagnostics. They contain no phone number, address or name: the caller
//! knows which customer they asked about.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    campaign::{audience::RuleExplanation, kind::CampaignKind, lifecycle::CampaignState},
    customer::{
        address::AddressKey,
        pause::Pause,
        profile::{Consent, Suppression},
        topics::TopicId,
    },
    delivery::questions::{MessageKind, SendQuestion},
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, OrderId, VoucherId},
        money::Currency,
    },
    voucher::record::VoucherStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The reach of one channel to the customer now, with the consents and the suppression behind it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelStatus {
    pub channel: Channel,
    pub reachable: bool,
    /// The reason why the channel does not reach the customer: `no_consent`, `opted_out`,
    /// `suppressed`, `no_address` or `paused`.
    pub reason: Option<&'static str>,
    pub consent: Option<Consent>,
    /// Earlier choices that were replaced, oldest first.
    pub consent_history: Vec<Consent>,
    pub suppression: Option<Suppression>,
    /// The keys under which the suppressions of the customer's addresses on this channel are kept.
    #[schema(value_type = Vec<String>)]
    pub address_keys: Vec<AddressKey>,
}

/// The customer's choice about one topic.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicStatus {
    pub topic: TopicId,
    /// The channel on which the choice holds; `null` for all channels.
    pub channel: Option<Channel>,
    pub consent: Consent,
    /// Earlier choices that were replaced, oldest first.
    pub consent_history: Vec<Consent>,
}

/// The customer's usage of the tenant's caps.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapsInUse {
    /// Messages in the window of the frequency cap that count for it: each one that went out or may
    /// have gone out, on every channel. Those that a held-out customer was spared count as well.
    pub messages: u64,
    /// The frequency cap; `null` if there is none.
    pub messages_cap: Option<u32>,
    pub messages_days: Option<u16>,
    /// Vouchers that can still be used, whatever the number of their messages. Those that a
    /// held-out customer would have count as well.
    pub open_offers: u64,
    pub open_offers_cap: Option<u32>,
}

/// A message that a cap stopped.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithheldView {
    pub channel: Channel,
    #[schema(example = "frequency_cap")]
    pub reason: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The refusals of a voucher's use for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalView {
    #[schema(example = "basket_below_minimum")]
    pub reason: &'static str,
    pub count: u32,
    /// The time of the first one.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// One record of the customer: a voucher, a held-out record, a skip or a failure.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordView {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub occurrence: Occurrence,
    /// The status now, with expiry and revocation taken into account.
    pub status: VoucherStatus,
    /// The name of the campaign's variant, if it has any.
    pub variant: Option<String>,
    /// The reason of a skip.
    pub reason: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The end of the time in which the voucher can be accepted or, once accepted, redeemed.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// The reason why no channel was left.
    pub undeliverable: Option<String>,
    /// The messages about the voucher that were not sent because a cap left no room for them. The
    /// voucher is not affected.
    pub withheld: Vec<WithheldView>,
    /// The reasons why the use of the voucher was refused.
    pub refusals: Vec<RefusalView>,
    /// Orders of the 28 days after the record, and the amount paid for them in minor units.
    pub orders: u32,
    pub spend: i64,
}

/// One order of the customer, as the ledger has it.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderSummary {
    pub order_id: OrderId,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub placed_at: Option<Timestamp>,
    pub currency: Currency,
    pub lines: u64,
    /// The amount that the customer paid and did not get back, in minor units.
    pub revenue: i64,
    /// The prices of lines and fee before discounts.
    pub total: i64,
    /// The discounts that still hold, and what was taken back of them.
    pub discount: i64,
    pub returned: i64,
    pub state: PlacedOrderState,
    /// The vouchers that were redeemed on it.
    pub vouchers: Vec<VoucherId>,
    /// The amounts that each of these vouchers took.
    pub taken: Vec<VoucherDiscount>,
}

/// The part of an order's discount that one voucher gave.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoucherDiscount {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    /// The discount that still holds, in minor units, and what was taken back of it.
    pub discount: i64,
    pub returned: i64,
    /// The reason that support gave for taking the voucher off the order, if it did.
    pub reversed_because: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacedOrderState {
    Placed,
    /// A part came back.
    Refunded,
    Cancelled,
}

/// One event in a customer's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimelineEvent {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The kind of event: `issued`, `held_out`, `skipped`, `failed`, `attempt`, `sent`,
    /// `delivered`, `accepted`, `declined`, `redeemed`, `reversed`, `reminded`, `expiring`,
    /// `expired`, `refused` (the last refusal alone), `order_placed`, `consent_granted`,
    /// `consent_denied`, `topic_granted`, `topic_denied`, `paused`, `pause_ended`
    /// or `suppressed`.
    pub what: &'static str,
    pub campaign_id: Option<CampaignId>,
    pub voucher_id: Option<VoucherId>,
    pub channel: Option<Channel>,
    /// The reason of a skip or a suppression, the result of an attempt, the source of a consent, of
    /// a topic's choice (`deals: app_settings`) or of a pause, the
    /// order of a redemption or reversal, or of an order that was placed, or the action and reason
    /// of a refusal, such as
    /// `redeem: expired`.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownCustomer {
    Active,
    /// The customer was erased: contacts and consents are deleted, and voucher records stay until
    /// their time ends.
    Erased,
    Unknown,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerDiagnostics {
    pub customer_id: CustomerId,
    pub known: KnownCustomer,
    /// The time zone of the customer's days and hours; `null` means UTC.
    pub zone: Option<String>,
    pub orders: u32,
    #[schema(value_type = Option<String>, format = Date)]
    pub last_order: Option<Date>,
    pub channels: Vec<ChannelStatus>,
    /// The customer's choices about topics. Topics without one have the tenant's default.
    pub topics: Vec<TopicStatus>,
    /// The pause in force: no message is sent until it ends.
    pub pause: Option<Pause>,
    pub caps: CapsInUse,
    /// The customer's records, newest first, at most 200.
    pub records: Vec<RecordView>,
    /// The number of all records. If there are more than fit, the newest are shown.
    pub records_total: u64,
    /// The orders that the customer placed, newest first, at most 100.
    pub placed_orders: Vec<OrderSummary>,
    /// The customer's timeline, newest first, at most 500 events.
    pub timeline: Vec<TimelineEvent>,
}

/// The decision that a worker would make now.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DecisionView {
    /// The outcome: `send`, `wait`, `held_out` or `skip`.
    pub outcome: &'static str,
    /// The channel on which the message would be sent.
    pub channel: Option<Channel>,
    /// The time until which the message would wait.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The reason why the customer would be skipped.
    pub reason: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherExplanation {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: CampaignKind,
    pub state: CampaignState,
    pub customer_id: CustomerId,
    /// A stable code. With a record: `got_voucher`, `held_out`, `skipped` or `failed`. Without a
    /// record: `customer_gone`, `not_launched`, `over`, `paused`, `not_selected`, `not_fired`,
    /// `not_reached_yet` or `selected_now`.
    pub answer: &'static str,
    /// The reason of a skip, as in the reports.
    pub reason: Option<&'static str>,
    /// The name of the variant that the customer has, or would get, if the campaign has any.
    pub variant: Option<String>,
    /// The answer in words. The wording may change.
    pub says: String,
    /// This campaign's records of the customer, newest first.
    pub records: Vec<RecordView>,
    /// The audience rule node by node, evaluated on the customer's present data, with its days
    /// counted from the begin of a promotion's run; `null` for an erased customer.
    pub audience: Option<RuleExplanation>,
    /// Tells whether a calendar trigger fires for the customer today; `null` for other triggers and
    /// for promotions.
    pub fires_today: Option<bool>,
    /// The decision on the customer's present data. Earlier decisions are in the records.
    pub decision: DecisionView,
    /// The questions that are asked again before a message, and those that are not.
    pub asked_again: Vec<QuestionView>,
}

/// A question that is asked before messages, and before which.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    /// `campaign`, `customer`, `offer`, `exclusion`, `currency`, `trigger`, `audience`, `deadline`, `cool_down`,
    /// `reach`, `hours`, `frequency_cap`, `offer_caps`, `holdout` or `voucher`.
    pub question: &'static str,
    /// Asked before the first message, with which the voucher is issued.
    pub first_message: bool,
    /// Asked before further channels, fallbacks and retries.
    pub later_messages: bool,
    pub reminder: bool,
}

impl QuestionView {
    pub fn of(question: SendQuestion) -> Self {
        Self {
            question: question.as_str(),
            first_message: question.is_asked_before(MessageKind::First),
            later_messages: question.is_asked_before(MessageKind::Later),
            reminder: question.is_asked_before(MessageKind::Reminder),
        }
    }
}

/// The reconciliation equation of a run: `selected = issued + ghost + skipped + failed + waiting`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunEquation {
    pub scanned: u64,
    pub unreadable: u64,
    pub selected: u64,
    pub issued: u64,
    pub ghost: u64,
    pub skipped: u64,
    pub failed: u64,
    pub waiting: u64,
    /// Dispatches and attempts of unknown fate that are not settled.
    pub open: u64,
    /// Tells whether the run is complete: everything is scanned, nothing is open, and no customer
    /// waits.
    pub closed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentView {
    pub number: u32,
    pub scanned_all: bool,
    pub pages: u64,
    pub scanned: u64,
    pub selected: u64,
    pub open: u64,
    pub hops: u32,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Open work of the campaign, by state.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct OpenWork {
    pub matches: u64,
    pub ready: BTreeMap<String, u64>,
    pub released: u64,
    pub unknown: u64,
    /// Tells whether there is more work than was read.
    pub more: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_due: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignDiagnostics {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: CampaignKind,
    pub state: CampaignState,
    /// The equation of the run; `null` before the launch.
    pub run: Option<RunEquation>,
    pub segments: Vec<SegmentView>,
    /// Open work, to be viewed and acted on in pending-triggers.
    pub open_work: OpenWork,
    /// Skips since the launch, by reason.
    pub skips: BTreeMap<String, i64>,
    /// Attempts since the launch by channel and state, such as `sms.failed`.
    pub attempts: BTreeMap<String, i64>,
    /// Vouchers that went on to the next channel since the launch, by the channel before and what
    /// became of its message, such as `sms.unknown`.
    pub fallbacks: BTreeMap<String, i64>,
    /// Failures since the launch by channel and reason, such as `sms.invalid_address`.
    pub failures: BTreeMap<String, i64>,
    /// A few records of each status.
    pub samples: Vec<SampleRecord>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SampleRecord {
    pub customer_id: CustomerId,
    #[serde(flatten)]
    pub record: RecordView,
}
