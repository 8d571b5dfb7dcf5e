//! What diagnostics show. No phone number, address or name: who asks knows whom they ask about.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    audience::Explained,
    campaign::{Kind, State},
    channel::Channel,
    customer::{Consent, Suppression},
    id::{CampaignId, CustomerId, Occurrence, VoucherId},
    voucher::Status,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a channel reaches the customer now, and what says so.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelStand {
    pub channel: Channel,
    pub reachable: bool,
    /// `no_consent`, `opted_out`, `suppressed` or `no_address`.
    pub reason: Option<&'static str>,
    pub consent: Option<Consent>,
    /// Choices that later ones replaced, oldest first.
    pub consent_history: Vec<Consent>,
    pub suppression: Option<Suppression>,
}

/// How much of the tenant's caps the customer has used.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapsInUse {
    /// Messages that count for the frequency cap, in its window.
    pub messages: u64,
    /// `null`: there is no such cap.
    pub messages_cap: Option<u32>,
    pub messages_days: Option<u16>,
    pub open_offers: u64,
    pub open_offers_cap: Option<u32>,
}

/// One record of the customer: a voucher, a ghost, a skip.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordView {
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub occurrence: Occurrence,
    /// As it is now: run out and taken back included.
    pub status: Status,
    /// Of a skip.
    pub reason: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Until when it can be accepted, or redeemed once it is accepted.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Why no channel was left.
    pub undeliverable: Option<String>,
    /// Orders of the 28 days after it, and what was paid for them, minor units.
    pub orders: u32,
    pub spend: i64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Happened {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `issued`, `held_out`, `skipped`, `failed`, `attempt`, `sent`, `delivered`, `accepted`, `declined`, `redeemed`, `reversed`, `reminded`, `expiring`, `expired`,
    /// `consent_granted`, `consent_denied`, `suppressed`.
    pub what: &'static str,
    pub campaign_id: Option<CampaignId>,
    pub voucher_id: Option<VoucherId>,
    pub channel: Option<Channel>,
    /// Of a skip, an attempt, a suppression; the source of a consent; the order of a redemption.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    Active,
    /// Records of vouchers stay until the end of their time, contacts and consents are gone.
    Erased,
    Unknown,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerDiagnostics {
    pub customer_id: CustomerId,
    pub known: Known,
    /// By which their days and hours go; `null` is UTC.
    pub zone: Option<String>,
    pub orders: u32,
    #[schema(value_type = Option<String>, format = Date)]
    pub last_order: Option<Date>,
    pub channels: Vec<ChannelStand>,
    pub caps: CapsInUse,
    /// Newest first.
    pub records: Vec<RecordView>,
    /// How many there are; of more than fit the newest are shown.
    pub records_total: u64,
    /// Newest first, at most 500.
    pub timeline: Vec<Happened>,
}

/// What the workers' own decision says, asked now.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DecisionView {
    /// `send`, `wait`, `held_out` or `skip`.
    pub outcome: &'static str,
    /// Where it would go.
    pub channel: Option<Channel>,
    /// Until when it would wait.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Why it would be skipped.
    pub reason: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Why {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: Kind,
    pub state: State,
    pub customer_id: CustomerId,
    /// A stable code. Of what was: `got_voucher`, `held_out`, `skipped`, `failed`. Without a record: `customer_gone`, `not_launched`, `over`, `paused`,
    /// `not_selected`, `not_fired`, `not_reached_yet`, `selected_now`.
    pub answer: &'static str,
    /// The reason of a skip, as in the reports.
    pub reason: Option<&'static str>,
    /// In words; may change.
    pub says: String,
    /// What this campaign has of the customer, newest first.
    pub records: Vec<RecordView>,
    /// The audience rule node by node, as the customer stands now; `null` of an erased one.
    pub audience: Option<Explained>,
    /// Of autopilots that fire by the calendar: whether it fires for them today.
    pub fires_today: Option<bool>,
    /// As the customer stands now; what was decided before is in the records.
    pub decision: DecisionView,
}

/// `selected = issued + ghost + skipped + failed + waiting`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Equation {
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
    /// All is scanned, nothing is open, and nobody waits.
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

/// Open work of the campaign by where it stands.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct OpenWork {
    pub matches: u64,
    pub ready: BTreeMap<String, u64>,
    pub released: u64,
    pub unknown: u64,
    /// There is more than was looked at.
    pub more: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_due: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignDiagnostics {
    pub campaign_id: CampaignId,
    pub name: String,
    pub kind: Kind,
    pub state: State,
    /// `null` before the launch.
    pub run: Option<Equation>,
    pub segments: Vec<SegmentView>,
    /// To be looked at and acted on in pending-triggers.
    pub open_work: OpenWork,
    /// Since the launch, by reason.
    pub skips: BTreeMap<String, i64>,
    /// Since the launch: attempts by channel and state, `sms.failed`.
    pub attempts: BTreeMap<String, i64>,
    /// Since the launch: failures by channel and reason, `sms.invalid_address`.
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
