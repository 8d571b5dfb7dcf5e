//! The JSON a provider reports with. Pure: message, kind and time in, text out.
//! E-mail: SES event publishing for an SNS destination. SMS and push: the SNS delivery status log (in AWS a CloudWatch Logs entry).
//! Before it: handover, which plans what comes when. After it: feedback, which publishes. Shapes are pinned by snapshots.

mod email;
mod status;

use jiff::Timestamp;
use serde_json::Value;

use crate::faults::Fault;
use crate::messages::{Channel, Outcome, Sent};

/// One thing a provider will report, `after` so many times the event delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub kind: Kind,
    pub after: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Send,
    Delivery,
    HardBounce,
    SoftBounce,
    SuppressedBounce,
    Complaint,
    Reject,
    RenderingFailure,
    DeliveryDelay,
    /// SMS or push: handed over.
    Success,
    /// SMS or push: not, and why.
    Failure(Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Gone,
    NotNow,
    Blocked,
    OptedOut,
}

/// What comes after an accepted send.
pub fn plan(channel: Channel, fault: Option<Fault>) -> Vec<Step> {
    let kinds: &[(Kind, u32)] = match (channel, fault) {
        (_, Some(Fault::NoEvent)) => &[],
        (Channel::Email, Some(Fault::HardBounce)) => &[(Kind::Send, 1), (Kind::HardBounce, 1)],
        (Channel::Email, Some(Fault::SoftBounce)) => &[(Kind::Send, 1), (Kind::SoftBounce, 1)],
        (Channel::Email, Some(Fault::Suppressed)) => &[(Kind::Send, 1), (Kind::SuppressedBounce, 1)],
        (Channel::Email, Some(Fault::Complaint)) => &[(Kind::Send, 1), (Kind::Delivery, 1), (Kind::Complaint, 2)],
        (Channel::Email, Some(Fault::Reject)) => &[(Kind::Send, 1), (Kind::Reject, 1)],
        (Channel::Email, Some(Fault::RenderingFailure)) => &[(Kind::RenderingFailure, 1)],
        (Channel::Email, Some(Fault::DeliveryDelay)) => {
            &[(Kind::Send, 1), (Kind::DeliveryDelay, 1), (Kind::Delivery, 3)]
        }
        (Channel::Email, _) => &[(Kind::Send, 1), (Kind::Delivery, 1)],
        (Channel::Sms | Channel::Push, Some(Fault::HardBounce)) => &[(Kind::Failure(Why::Gone), 1)],
        (Channel::Sms | Channel::Push, Some(Fault::SoftBounce)) => &[(Kind::Failure(Why::NotNow), 1)],
        (Channel::Sms | Channel::Push, Some(Fault::Reject)) => &[(Kind::Failure(Why::Blocked), 1)],
        (Channel::Sms | Channel::Push, Some(Fault::OptedOut)) => &[(Kind::Failure(Why::OptedOut), 1)],
        (Channel::Sms | Channel::Push, _) => &[(Kind::Success, 1)],
    };
    let times = if fault == Some(Fault::DuplicateEvent) { 2 } else { 1 };
    kinds.iter().flat_map(|&(kind, after)| std::iter::repeat_n(Step { kind, after }, times)).collect()
}

impl Kind {
    /// The `eventType` of SES, or the `status` of a delivery status log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "Send",
            Self::Delivery => "Delivery",
            Self::HardBounce | Self::SoftBounce | Self::SuppressedBounce => "Bounce",
            Self::Complaint => "Complaint",
            Self::Reject => "Reject",
            Self::RenderingFailure => "Rendering Failure",
            Self::DeliveryDelay => "DeliveryDelay",
            Self::Success => "SUCCESS",
            Self::Failure(_) => "FAILURE",
        }
    }

    /// What it makes of the message.
    pub fn outcome(self) -> Option<Outcome> {
        Some(match self {
            Self::Send => return None,
            Self::Delivery | Self::Success => Outcome::Delivered,
            Self::HardBounce | Self::SuppressedBounce => Outcome::Bounced,
            Self::SoftBounce => Outcome::SoftBounced,
            Self::Complaint => Outcome::Complained,
            Self::Reject => Outcome::Rejected,
            Self::RenderingFailure => Outcome::RenderingFailed,
            Self::DeliveryDelay => Outcome::Delayed,
            Self::Failure(Why::OptedOut) => Outcome::OptedOut,
            Self::Failure(Why::Blocked) => Outcome::Rejected,
            Self::Failure(Why::Gone | Why::NotNow) => Outcome::Failed,
        })
    }

    /// A few words for the inbox.
    pub fn detail(self, channel: Channel) -> &'static str {
        match self {
            Self::Send => "taken by SES",
            Self::Delivery => "delivered to the mail server",
            Self::HardBounce => "Permanent, General: user unknown",
            Self::SoftBounce => "Transient, MailboxFull",
            Self::SuppressedBounce => "Permanent, OnAccountSuppressionList",
            Self::Complaint => "marked as spam",
            Self::Reject => "virus found",
            Self::RenderingFailure => "the template could not be filled",
            Self::DeliveryDelay => "MailboxFull, trying on",
            Self::Success => status::provider_response(channel, None),
            Self::Failure(why) => status::provider_response(channel, Some(why)),
        }
    }
}

/// Where the message was sent from: goes into ARNs.
#[derive(Clone, Debug)]
pub struct Place {
    pub region: String,
    pub account: String,
}

/// `recipient`: the one of several whom a bounce or complaint is about.
pub fn event_json(kind: Kind, sent: &Sent, recipient: Option<&str>, place: &Place, now: Timestamp) -> Value {
    match sent.channel {
        Channel::Email => email::event(kind, sent, recipient, place, now),
        Channel::Sms => status::sms(kind, sent, now),
        Channel::Push => status::push(kind, sent, now),
    }
}

/// `Anna <anna@example.com>` -> `anna@example.com`.
pub fn bare_address(address: &str) -> &str {
    match (address.rfind('<'), address.rfind('>')) {
        (Some(open), Some(close)) if open < close => address.get(open + 1..close).unwrap_or(address).trim(),
        _ => address.trim(),
    }
}

/// How many parts an SMS takes: GSM-7 160 (153 each when several), else UCS-2 70 (67).
pub fn sms_parts(text: &str) -> usize {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENDED: &str = "^{}\\[~]|€\u{c}";
    let mut septets = 0_usize;
    for character in text.chars() {
        if BASIC.contains(character) {
            septets += 1;
        } else if EXTENDED.contains(character) {
            septets += 2;
        } else {
            let units = text.encode_utf16().count();
            return if units <= 70 { 1 } else { units.div_ceil(67) };
        }
    }
    if septets <= 160 { 1 } else { septets.div_ceil(153) }
}

#[cfg(test)]
mod tests;
