//! The voucher: an offer issued to one customer, with its stages as set-once times. Provider events come late and out of order,
//! so "delivered" after "accepted" is recorded and never moves a voucher back.
//! Accepting and declining are decided here, redeeming and reversing in `redemption`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    attribution::Outcome,
    campaign::{Kind, Revoke},
    channel::Channel,
    customer::Customer,
    decision::SkipReason,
    definition::Definition,
    delivery::Attempt,
    id::{CampaignId, CustomerId, HoldKey, Occurrence, OrderId, RefundId, RunId, VoucherId},
    money::{Currency, Minor},
    offer::NotOnThisBasket,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Status {
    Issued,
    Accepted,
    Redeemed,
    /// Undone for good; a voucher that may be used again goes back to `accepted`.
    Reversed,
    Declined,
    Expired,
    Revoked,
    /// Held out: eligible, and got nothing.
    Ghost,
    /// Not a voucher but the record of why there is none.
    Skipped,
    /// The record of a customer who could not be processed.
    Failed,
}

impl Status {
    pub const ALL: [Status; 10] = [
        Status::Issued,
        Status::Accepted,
        Status::Redeemed,
        Status::Reversed,
        Status::Declined,
        Status::Expired,
        Status::Revoked,
        Status::Ghost,
        Status::Skipped,
        Status::Failed,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Issued => "issued",
            Status::Accepted => "accepted",
            Status::Redeemed => "redeemed",
            Status::Reversed => "reversed",
            Status::Declined => "declined",
            Status::Expired => "expired",
            Status::Revoked => "revoked",
            Status::Ghost => "ghost",
            Status::Skipped => "skipped",
            Status::Failed => "failed",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
    /// Whether the customer has, or had, a voucher: ghosts, skips and failures are only records.
    pub fn is_voucher(self) -> bool {
        match self {
            Status::Issued
            | Status::Accepted
            | Status::Redeemed
            | Status::Reversed
            | Status::Declined
            | Status::Expired
            | Status::Revoked => true,
            Status::Ghost | Status::Skipped | Status::Failed => false,
        }
    }
}

/// When each stage was first reached. Once set, never changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stages {
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub declined_at: Option<Timestamp>,
    pub redeemed_at: Option<Timestamp>,
    pub reversed_at: Option<Timestamp>,
    /// Its end is near and it is not used: said once, if the campaign reminds.
    pub expiring_at: Option<Timestamp>,
    /// It ended unused, as it was found; whether it has ended says [`Voucher::status_at`].
    pub expired_at: Option<Timestamp>,
}

/// A checkout's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub key: HoldKey,
    pub until: Timestamp,
}

/// The redemption in force, or the last one that was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    pub order: OrderId,
    pub at: Timestamp,
    pub discount: Minor,
    /// Basket and delivery fee less the discount: what the customer paid.
    pub revenue: Minor,
    /// Of the discount, taken back by refunds so far.
    pub returned: Minor,
    /// Of the revenue, refunded so far.
    pub refunded: Minor,
    pub refunds: Vec<RefundId>,
}

/// What a redemption came to that was undone, and whose place another has taken: for the books alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    pub at: Timestamp,
    /// What remained of it.
    pub discount: Minor,
    pub revenue: Minor,
}

impl Redemption {
    pub fn undone(&self) -> Undone {
        Undone { at: self.at, discount: self.discount.minus(self.returned), revenue: self.revenue.minus(self.refunded) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    pub id: VoucherId,
    pub customer: CustomerId,
    pub campaign: CampaignId,
    pub run: RunId,
    pub occurrence: Occurrence,
    pub kind: Kind,
    pub currency: Currency,
    pub status: Status,
    pub skip: Option<SkipReason>,
    /// The dispatch that issued it: a repeat of that dispatch counts it, another does not.
    pub dispatch: String,
    /// When its first message was due; nobody waited for a voucher without one.
    pub due_at: Option<Timestamp>,
    pub issued_at: Timestamp,
    pub valid_from: Timestamp,
    pub accept_by: Timestamp,
    pub redeem_by: Option<Timestamp>,
    pub exposure: Minor,
    pub stages: Stages,
    /// Where it was first sent, first delivered, and by what the customer who accepted had last been reached.
    pub sent_via: Option<Channel>,
    pub delivered_via: Option<Channel>,
    pub accepted_via: Option<Channel>,
    pub attempts: BTreeMap<Channel, Attempt>,
    /// The one message before its end.
    pub reminder: Option<Attempt>,
    /// Of [`Voucher::message_units`], those of the reminder.
    pub reminder_units: u32,
    /// SMS segments, e-mails and pushes that a provider accepted for it, by channel.
    pub message_units: BTreeMap<Channel, u32>,
    /// No channel is left.
    pub undeliverable: Option<String>,
    pub hold: Option<Hold>,
    pub redemption: Option<Redemption>,
    /// Earlier ones, oldest first.
    pub undone: Vec<Undone>,
    /// How often it was redeemed and reversed; more than once only where a reversal made it usable again.
    pub redemptions: u32,
    pub reversals: u32,
    /// What the customer spent in the attribution window; `None` until they ordered in it.
    pub outcome: Option<Outcome>,
}

/// What decides about one voucher beside itself.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    pub definition: &'a Definition,
    /// What the campaign's cancellation took back.
    pub revoke: Revoke,
    pub now: Timestamp,
}

/// Why a voucher refuses. The outside hears one uniform refusal; these are for diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    Unknown,
    NotAccepted,
    AlreadyAccepted,
    AlreadyDeclined,
    Expired,
    NotYetValid,
    Revoked,
    Held,
    NotHeld,
    AlreadyRedeemed,
    NotRedeemed,
    AlreadyReversed,
    OtherOrder,
    Burned,
    RedeemedCap,
    OverRefund,
    TooManyRefunds,
    Basket(NotOnThisBasket),
}

impl Refusal {
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Unknown => "unknown",
            Refusal::NotAccepted => "not_accepted",
            Refusal::AlreadyAccepted => "already_accepted",
            Refusal::AlreadyDeclined => "already_declined",
            Refusal::Expired => "expired",
            Refusal::NotYetValid => "not_yet_valid",
            Refusal::Revoked => "revoked",
            Refusal::Held => "held_by_another_checkout",
            Refusal::NotHeld => "not_held",
            Refusal::AlreadyRedeemed => "already_redeemed",
            Refusal::NotRedeemed => "not_redeemed",
            Refusal::AlreadyReversed => "already_reversed",
            Refusal::OtherOrder => "other_order",
            Refusal::Burned => "used_up",
            Refusal::RedeemedCap => "redeemed_cap_reached",
            Refusal::OverRefund => "refund_exceeds_order",
            Refusal::TooManyRefunds => "too_many_refunds",
            Refusal::Basket(reason) => reason.code(),
        }
    }
}

/// The answer to "accept": the new limit, the same answer again, or a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    Accept { redeem_by: Timestamp },
    Repeat,
    Refuse(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declination {
    Decline,
    Repeat,
    Refuse(Refusal),
}

/// What a new voucher is made of.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    pub campaign: &'a CampaignId,
    pub run: &'a RunId,
    pub occurrence: &'a Occurrence,
    pub definition: &'a Definition,
    pub customer: &'a CustomerId,
    pub dispatch: &'a str,
    pub now: Timestamp,
}

impl Issue<'_> {
    fn record(&self, status: Status, skip: Option<SkipReason>) -> Voucher {
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
            stages: Stages::default(),
            sent_via: None,
            delivered_via: None,
            accepted_via: None,
            attempts: BTreeMap::new(),
            reminder: None,
            reminder_units: 0,
            message_units: BTreeMap::new(),
            undeliverable: None,
            hold: None,
            redemption: None,
            undone: Vec::new(),
            redemptions: 0,
            reversals: 0,
            outcome: None,
        }
    }

    /// The voucher with its first attempt claimed: the put that issues is also the send claim.
    pub fn voucher(&self, claim: Attempt) -> Voucher {
        let mut voucher = self.record(Status::Issued, None);
        voucher.attempts.insert(claim.channel, claim);
        voucher
    }
    pub fn ghost(&self) -> Voucher {
        self.record(Status::Ghost, None)
    }
    pub fn skip(&self, reason: SkipReason) -> Voucher {
        self.record(Status::Skipped, Some(reason))
    }
    pub fn failed(&self) -> Voucher {
        self.record(Status::Failed, None)
    }
}

impl Voucher {
    /// The status as it is now, with what time and a cancellation have made of the stored one.
    pub fn status_at(&self, revoke: Revoke, now: Timestamp) -> Status {
        match self.status {
            Status::Issued if self.revoked(revoke) => Status::Revoked,
            Status::Accepted if self.revoked(revoke) => Status::Revoked,
            Status::Issued if now >= self.accept_by => Status::Expired,
            Status::Accepted if self.redeem_by.is_some_and(|limit| now >= limit) => Status::Expired,
            Status::Issued
            | Status::Accepted
            | Status::Redeemed
            | Status::Reversed
            | Status::Declined
            | Status::Expired
            | Status::Revoked
            | Status::Ghost
            | Status::Skipped
            | Status::Failed => self.status,
        }
    }

    /// Whether a cancellation of its campaign makes a difference to it.
    pub fn can_be_revoked(&self) -> bool {
        match self.status {
            Status::Issued | Status::Accepted => true,
            Status::Redeemed
            | Status::Reversed
            | Status::Declined
            | Status::Expired
            | Status::Revoked
            | Status::Ghost
            | Status::Skipped
            | Status::Failed => false,
        }
    }

    fn revoked(&self, revoke: Revoke) -> bool {
        match revoke {
            Revoke::None => false,
            Revoke::Unaccepted => self.stages.accepted_at.is_none(),
            Revoke::All => true,
        }
    }

    pub fn accept(&self, circumstances: &Circumstances<'_>) -> Acceptance {
        match self.status_at(circumstances.revoke, circumstances.now) {
            Status::Issued => Acceptance::Accept {
                redeem_by: circumstances.definition.validity.redeem_by(self.redeem_by, circumstances.now),
            },
            Status::Accepted | Status::Redeemed => Acceptance::Repeat,
            Status::Reversed => Acceptance::Refuse(Refusal::Burned),
            Status::Declined => Acceptance::Refuse(Refusal::AlreadyDeclined),
            Status::Expired => Acceptance::Refuse(Refusal::Expired),
            Status::Revoked => Acceptance::Refuse(Refusal::Revoked),
            Status::Ghost | Status::Skipped | Status::Failed => Acceptance::Refuse(Refusal::Unknown),
        }
    }

    pub fn decline(&self, circumstances: &Circumstances<'_>) -> Declination {
        match self.status_at(circumstances.revoke, circumstances.now) {
            Status::Issued => Declination::Decline,
            Status::Declined => Declination::Repeat,
            Status::Accepted | Status::Redeemed | Status::Reversed => Declination::Refuse(Refusal::AlreadyAccepted),
            Status::Expired => Declination::Refuse(Refusal::Expired),
            Status::Revoked => Declination::Refuse(Refusal::Revoked),
            Status::Ghost | Status::Skipped | Status::Failed => Declination::Refuse(Refusal::Unknown),
        }
    }

    /// Whether a later message about it still makes sense.
    pub fn wants_messages(&self, revoke: Revoke, now: Timestamp) -> bool {
        match self.status_at(revoke, now) {
            Status::Issued => true,
            Status::Accepted
            | Status::Redeemed
            | Status::Reversed
            | Status::Declined
            | Status::Expired
            | Status::Revoked
            | Status::Ghost
            | Status::Skipped
            | Status::Failed => false,
        }
    }
}

/// What fills the variables of a message.
pub fn variables(
    voucher: &Voucher,
    definition: &Definition,
    customer: &Customer,
    brand: &Brand,
) -> crate::message::Variables {
    let zone = customer.profile.zone.clone().unwrap_or_default();
    let last_day = voucher.redeem_by.unwrap_or(voucher.accept_by);
    crate::message::Variables {
        offer: definition.offer.text(),
        voucher_id: voucher.id.to_string(),
        voucher_link: format!("{}/{}", brand.link_base.trim_end_matches('/'), voucher.id),
        redeem_by: zone.day(last_day).to_string(),
        campaign_name: definition.name.clone(),
        brand: brand.name.clone(),
        first_name: customer.profile.first_name.as_ref().map(|name| name.expose().to_owned()),
        last_name: customer.profile.last_name.as_ref().map(|name| name.expose().to_owned()),
        minimum_basket: definition.offer.minimum_basket.map(|minimum| minimum.to_string()),
    }
}

/// Who the messages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    pub name: String,
    /// Where `{{ voucher_link }}` points: the voucher id is appended.
    pub link_base: String,
}

#[cfg(test)]
pub(crate) mod tests;
