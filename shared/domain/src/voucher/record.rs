//! The voucher: an offer issued to one customer, with its stages as times that are set once.
//!
//! Provider events arrive late and out of order, so a "delivered" after an "accepted" is recorded
//! and never moves a voucher back. Accepting and declining are decided here, redeeming and
//! reversing in `redemption`.

mod messages;
mod refusal;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        messages::{MessageFacts, last_day, way_out::WayOut},
        redeeming::{RedeemingState, Revocation},
        validity::ValidityWindow,
        variants::VariantTag,
    },
    customer::profile::{Customer, Name},
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, HoldKey, Occurrence, OrderId, RunId, VoucherId},
        money::{Currency, MinorUnits},
    },
    voucher::{attempt::Attempt, combination::PricingRules, skip_reason::SkipReason},
};

pub use refusal::{LastRefusal, RefusalCount, VoucherRefusal};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VoucherStatus {
    Issued,
    Accepted,
    Redeemed,
    /// The redemption was undone for good. A voucher that may be used again goes back to
    /// `accepted`.
    Reversed,
    Declined,
    Expired,
    Revoked,
    /// The customer was eligible, was held out, and got nothing.
    Ghost,
    /// The customer was skipped. The record is no voucher; it gives the reason.
    Skipped,
    /// The customer could not be processed. The record is no voucher.
    Failed,
}

impl VoucherStatus {
    pub const ALL: [VoucherStatus; 10] = [
        VoucherStatus::Issued,
        VoucherStatus::Accepted,
        VoucherStatus::Redeemed,
        VoucherStatus::Reversed,
        VoucherStatus::Declined,
        VoucherStatus::Expired,
        VoucherStatus::Revoked,
        VoucherStatus::Ghost,
        VoucherStatus::Skipped,
        VoucherStatus::Failed,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            VoucherStatus::Issued => "issued",
            VoucherStatus::Accepted => "accepted",
            VoucherStatus::Redeemed => "redeemed",
            VoucherStatus::Reversed => "reversed",
            VoucherStatus::Declined => "declined",
            VoucherStatus::Expired => "expired",
            VoucherStatus::Revoked => "revoked",
            VoucherStatus::Ghost => "ghost",
            VoucherStatus::Skipped => "skipped",
            VoucherStatus::Failed => "failed",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
    /// Returns the kind of record that has this status.
    pub fn record_kind(self) -> RecordKind {
        match self {
            VoucherStatus::Issued
            | VoucherStatus::Accepted
            | VoucherStatus::Redeemed
            | VoucherStatus::Reversed
            | VoucherStatus::Declined
            | VoucherStatus::Expired
            | VoucherStatus::Revoked => RecordKind::Voucher,
            VoucherStatus::Ghost => RecordKind::HeldOut,
            VoucherStatus::Skipped => RecordKind::Skipped,
            VoucherStatus::Failed => RecordKind::Failed,
        }
    }
    /// Returns true if the customer has, or had, a voucher. Held-out, skipped and failed customers
    /// have only a record.
    pub fn is_voucher(self) -> bool {
        self.record_kind() == RecordKind::Voucher
    }
    /// Returns true if the customer can still accept or redeem the voucher. The stored status does
    /// not know that time has passed or that the campaign was cancelled: [`Voucher::status_at`]
    /// does.
    pub fn is_open(self) -> bool {
        match self {
            VoucherStatus::Issued | VoucherStatus::Accepted => true,
            VoucherStatus::Redeemed
            | VoucherStatus::Reversed
            | VoucherStatus::Declined
            | VoucherStatus::Expired
            | VoucherStatus::Revoked
            | VoucherStatus::Ghost
            | VoucherStatus::Skipped
            | VoucherStatus::Failed => false,
        }
    }
}

/// The outcome of a selected customer, as the ledger keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    Voucher,
    HeldOut,
    Skipped,
    Failed,
}

/// The time at which each stage was first reached. Once set, it never changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VoucherStages {
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub declined_at: Option<Timestamp>,
    pub redeemed_at: Option<Timestamp>,
    pub reversed_at: Option<Timestamp>,
    /// The time at which the customer was reminded that the voucher is about to expire. It is set
    /// once, and only if the campaign sends reminders.
    pub expiring_at: Option<Timestamp>,
    /// The time at which the unused voucher was found expired. [`Voucher::status_at`] determines if
    /// it has expired.
    pub expired_at: Option<Timestamp>,
}

/// A checkout's lock on the voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutHold {
    pub key: HoldKey,
    pub until: Timestamp,
    /// The part of the campaign's cap on redeemed amounts that is kept for it.
    pub reserved: MinorUnits,
    /// The tenant's rules by which the discount was promised.
    pub rules: PricingRules,
}

/// The redemption in force, or the last one that was undone. It follows from the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    pub order: OrderId,
    pub at: Timestamp,
    pub discount: MinorUnits,
    /// The part of the discount that was taken back so far.
    pub returned: MinorUnits,
    /// The voucher's part of what the customer paid for the order and did not get back.
    pub revenue: MinorUnits,
}

/// The sums of a customer's orders in the window of one record; cancelled orders do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttributedOrders {
    pub orders: u32,
    /// The amount paid for these orders after discounts and refunds, in the record's currency.
    pub spend: MinorUnits,
}

/// A message that a rule of the tenant stopped. The voucher is not affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldMessage {
    /// The number of the attempt that was not made.
    pub number: u32,
    pub at: Timestamp,
    pub reason: SkipReason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    pub id: VoucherId,
    pub customer: CustomerId,
    pub campaign: CampaignId,
    pub run: RunId,
    pub occurrence: Occurrence,
    pub kind: CampaignKind,
    pub currency: Currency,
    pub status: VoucherStatus,
    pub skip: Option<SkipReason>,
    /// The dispatch that issued it. A repeat of that dispatch counts the record; another dispatch
    /// does not.
    pub dispatch: String,
    /// The time at which its first message was due. Vouchers without it are left out of the waiting
    /// times in reports.
    pub due_at: Option<Timestamp>,
    pub issued_at: Timestamp,
    pub valid_from: Timestamp,
    pub accept_by: Timestamp,
    pub redeem_by: Option<Timestamp>,
    pub exposure: MinorUnits,
    pub stages: VoucherStages,
    /// The channel on which it was first sent. `delivered_via` is the channel on which it was first
    /// delivered, and `accepted_via` the one that last reached the customer before they accepted.
    pub sent_via: Option<Channel>,
    pub delivered_via: Option<Channel>,
    pub accepted_via: Option<Channel>,
    /// The first tap of a person on the link of its messages, by the channel of the message.
    pub taps: BTreeMap<Channel, Timestamp>,
    pub attempts: BTreeMap<Channel, Attempt>,
    /// The single message before it expires.
    pub reminder: Option<Attempt>,
    /// The units of the reminder, a part of [`Voucher::message_units`].
    pub reminder_units: u32,
    /// SMS segments, e-mails and pushes that providers accepted for it, by channel.
    pub message_units: BTreeMap<Channel, u32>,
    /// The reason why no channel is left to deliver it.
    pub undeliverable: Option<String>,
    /// The messages that were not sent because a rule of the tenant left no room for them.
    pub withheld: BTreeMap<Channel, WithheldMessage>,
    /// The messages that a held-out customer was spared beside the first one: with it as many as
    /// would have gone out at once.
    pub further_spared: u32,
    /// The customer was enrolled in the campaign before, as treated or held out.
    pub is_repeat: bool,
    /// The variant of the campaign that the customer got, or would have got; its terms are the
    /// voucher's.
    pub variant: Option<VariantTag>,
    /// The end that support asked for when it issued the voucher, if it did.
    pub asked_until: Option<Timestamp>,
    pub hold: Option<CheckoutHold>,
    pub redemption: Option<Redemption>,
    /// The times of earlier redemptions, oldest first.
    pub undone_redemptions: Vec<Timestamp>,
    /// The orders of these redemptions, so that an erasure finds them.
    pub undone_orders: Vec<OrderId>,
    /// The number of redemptions. It is above 1 only if a reversal made the voucher usable again.
    pub redemptions: u32,
    pub reversals: u32,
    /// The customer's spending in the attribution window, or `None` until they order in it.
    pub outcome: Option<AttributedOrders>,
    /// How often its use was refused, by reason.
    pub refusals: BTreeMap<VoucherRefusal, RefusalCount>,
    pub last_refusal: Option<LastRefusal>,
}

/// Facts besides the voucher itself that decisions about it need.
#[derive(Debug, Clone, Copy)]
pub struct VoucherConditions<'a> {
    pub definition: &'a Definition,
    /// The vouchers of the campaign that are revoked.
    pub revoke: Revocation,
    pub redeeming: RedeemingState,
    pub now: Timestamp,
}

/// The answer to "accept": the new redemption limit, the same answer again, or a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptDecision {
    Accept { redeem_by: Timestamp },
    Repeat,
    Refuse(VoucherRefusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclineDecision {
    Decline,
    Repeat,
    Refuse(VoucherRefusal),
}

/// The inputs of a new voucher or record.
#[derive(Debug, Clone, Copy)]
pub struct VoucherIssue<'a> {
    pub campaign: &'a CampaignId,
    pub run: &'a RunId,
    pub occurrence: &'a Occurrence,
    pub definition: &'a Definition,
    pub customer: &'a CustomerId,
    pub dispatch: &'a str,
    pub now: Timestamp,
}

impl VoucherIssue<'_> {
    fn new_record(&self, status: VoucherStatus, skip: Option<SkipReason>) -> Voucher {
        let window = self.definition.validity.window(self.now, self.definition.accept_by);
        Voucher {
            id: VoucherId::derive(self.campaign, self.customer, self.occurrence),
            customer: self.customer.clone(),
            campaign: self.campaign.clone(),
            run: self.run.clone(),
            occurrence: self.occurrence.clone(),
            kind: self.definition.kind,
            currency: self.definition.offer.currency(),
            status,
            skip,
            dispatch: self.dispatch.to_owned(),
            due_at: None,
            issued_at: self.now,
            valid_from: window.valid_from,
            accept_by: window.accept_by,
            redeem_by: window.redeem_by,
            exposure: self.definition.offer.exposure(),
            stages: VoucherStages::default(),
            sent_via: None,
            delivered_via: None,
            accepted_via: None,
            taps: BTreeMap::new(),
            attempts: BTreeMap::new(),
            reminder: None,
            reminder_units: 0,
            message_units: BTreeMap::new(),
            undeliverable: None,
            withheld: BTreeMap::new(),
            further_spared: 0,
            is_repeat: false,
            variant: self.definition.variant.clone(),
            asked_until: None,
            hold: None,
            redemption: None,
            undone_redemptions: Vec::new(),
            undone_orders: Vec::new(),
            redemptions: 0,
            reversals: 0,
            outcome: None,
            refusals: BTreeMap::new(),
            last_refusal: None,
        }
    }

    /// Builds the voucher with its first attempt claimed: the write that issues it is also the
    /// claim to send.
    pub fn issued_voucher(&self, claim: Attempt) -> Voucher {
        let mut voucher = self.new_record(VoucherStatus::Issued, None);
        voucher.attempts.insert(claim.channel, claim);
        voucher
    }
    /// Builds a voucher that support issues: no message is claimed yet, and its time limits are
    /// those that were decided. `until` is the end that support asked for.
    pub fn goodwill_voucher(&self, window: ValidityWindow, until: Option<Timestamp>) -> Voucher {
        Voucher {
            asked_until: until,
            valid_from: window.valid_from,
            accept_by: window.accept_by,
            redeem_by: window.redeem_by,
            ..self.new_record(VoucherStatus::Issued, None)
        }
    }
    pub fn held_out_record(&self) -> Voucher {
        self.new_record(VoucherStatus::Ghost, None)
    }
    pub fn skipped_record(&self, reason: SkipReason) -> Voucher {
        self.new_record(VoucherStatus::Skipped, Some(reason))
    }
    pub fn failed_record(&self) -> Voucher {
        self.new_record(VoucherStatus::Failed, None)
    }
}

impl Voucher {
    /// Returns what the record holds that its kind cannot, if anything. Only a voucher is sent,
    /// held, accepted and redeemed; orders are attributed to it and to a held-out record; and a
    /// skipped record, no other, has a reason.
    pub fn contradiction(&self) -> Option<&'static str> {
        let kind = self.status.record_kind();
        let is_untouched = self.attempts.is_empty()
            && self.reminder.is_none()
            && self.message_units.is_empty()
            && self.taps.is_empty()
            && self.undeliverable.is_none()
            && self.withheld.is_empty()
            && (self.sent_via, self.delivered_via, self.accepted_via) == (None, None, None)
            && self.stages == VoucherStages::default();
        let is_unspent = self.hold.is_none()
            && self.redemption.is_none()
            && self.undone_redemptions.is_empty()
            && self.undone_orders.is_empty()
            && (self.redemptions, self.reversals) == (0, 0);
        if (kind == RecordKind::Skipped) != self.skip.is_some() {
            Some("skip")
        } else if kind != RecordKind::HeldOut && self.further_spared > 0 {
            Some("spared messages of a customer who was not held out")
        } else if kind == RecordKind::Voucher {
            None
        } else if !is_untouched {
            Some("a message of a record that is no voucher")
        } else if !is_unspent {
            Some("a redemption of a record that is no voucher")
        } else if kind != RecordKind::HeldOut && self.outcome.is_some() {
            Some("orders of a record that was not held out")
        } else {
            None
        }
    }

    /// Returns the current status: the stored one, changed by elapsed time or by a
    /// revocation.
    pub fn status_at(&self, revoke: Revocation, now: Timestamp) -> VoucherStatus {
        if !self.status.is_open() {
            return self.status;
        }
        let is_issued = self.status == VoucherStatus::Issued;
        let end = if is_issued { Some(self.accept_by) } else { self.redeem_by };
        if revoke.covers(self.issued_at, self.stages.accepted_at.is_some()) {
            VoucherStatus::Revoked
        } else if end.is_some_and(|end| now >= end) {
            VoucherStatus::Expired
        } else {
            self.status
        }
    }

    /// Returns the end of what a message offers: of accepting, and once that is done, of redeeming.
    pub fn offer_ends_at(&self) -> Timestamp {
        match self.stages.accepted_at {
            Some(_) => self.redeem_by.unwrap_or(self.accept_by),
            None => self.accept_by,
        }
    }

    /// Returns the time of the first tap of a person on any of its links.
    pub fn tapped_at(&self) -> Option<Timestamp> {
        self.taps.values().min().copied()
    }

    /// Returns true if a revocation can change the voucher.
    pub fn can_be_revoked(&self) -> bool {
        self.status.is_open()
    }

    pub fn accept(&self, circumstances: &VoucherConditions<'_>) -> AcceptDecision {
        match self.status_at(circumstances.revoke, circumstances.now) {
            VoucherStatus::Issued => AcceptDecision::Accept {
                redeem_by: circumstances
                    .definition
                    .validity
                    .redeem_by(self.redeem_by, circumstances.now),
            },
            VoucherStatus::Accepted | VoucherStatus::Redeemed => AcceptDecision::Repeat,
            VoucherStatus::Reversed => AcceptDecision::Refuse(VoucherRefusal::Burned),
            VoucherStatus::Declined => AcceptDecision::Refuse(VoucherRefusal::AlreadyDeclined),
            VoucherStatus::Expired => AcceptDecision::Refuse(VoucherRefusal::Expired),
            VoucherStatus::Revoked => AcceptDecision::Refuse(VoucherRefusal::Revoked),
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                AcceptDecision::Refuse(VoucherRefusal::Unknown)
            }
        }
    }

    pub fn decline(&self, circumstances: &VoucherConditions<'_>) -> DeclineDecision {
        match self.status_at(circumstances.revoke, circumstances.now) {
            VoucherStatus::Issued => DeclineDecision::Decline,
            VoucherStatus::Declined => DeclineDecision::Repeat,
            VoucherStatus::Accepted | VoucherStatus::Redeemed | VoucherStatus::Reversed => {
                DeclineDecision::Refuse(VoucherRefusal::AlreadyAccepted)
            }
            VoucherStatus::Expired => DeclineDecision::Refuse(VoucherRefusal::Expired),
            VoucherStatus::Revoked => DeclineDecision::Refuse(VoucherRefusal::Revoked),
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                DeclineDecision::Refuse(VoucherRefusal::Unknown)
            }
        }
    }
}

/// Returns what a message sent at `now` says about this voucher.
///
/// How long an offer can be redeemed that counts from acceptance is not known before; until then
/// the last day to redeem is the last day to accept, on which both are possible.
pub fn message_facts<'a>(
    voucher: &Voucher,
    definition: &'a Definition,
    customer: &'a Customer,
    brand: &'a BrandIdentity,
    links: MessageLinks,
    now: Timestamp,
) -> MessageFacts<'a> {
    let zone = customer.zone();
    MessageFacts {
        offer: &definition.offer,
        voucher_id: voucher.id.to_string(),
        voucher_link: brand.short_link(&links.voucher_code),
        way_out: links.way_out,
        accept_by: last_day(zone, voucher.accept_by),
        redeem_by: last_day(zone, voucher.redeem_by.unwrap_or(voucher.accept_by)),
        today: zone.local_day(now),
        campaign_name: &definition.name,
        brand: &brand.name,
        first_name: customer.profile.first_name.as_ref().map(Name::expose),
        last_name: customer.profile.last_name.as_ref().map(Name::expose),
    }
}

/// The parts of which the links of one message are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageLinks {
    /// The code of the voucher's link, see [`short_link`](crate::voucher::short_link).
    pub voucher_code: String,
    /// The way out that an SMS offers.
    pub way_out: WayOut,
}

/// The sender's name and links that appear in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandIdentity {
    pub name: String,
    /// The base URL of `{{ voucher_link }}`; the code of the link is appended.
    pub link_base: String,
}

impl BrandIdentity {
    /// Returns the short link with a code.
    pub fn short_link(&self, code: &str) -> String {
        format!("{}/{code}", self.link_base.trim_end_matches('/'))
    }
}

#[cfg(test)]
pub(crate) mod tests;
