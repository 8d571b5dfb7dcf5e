//! Builds the JSON of provider events. The module is pure: message, kind and time in, text out.
//!
//! E-mail: SES event publishing for an SNS destination. SMS by End User Messaging: its events. SMS by
//! SNS, and push: the SNS delivery status log (on AWS a CloudWatch Logs entry). Before it: handover, which plans the events and their times.
//! After it: feedback, which publishes them. Snapshots pin the shapes.

mod email;
mod status;
mod text;

use jiff::Timestamp;
use serde_json::Value;

use crate::faults::InjectedFault;
use crate::messages::{MessageOutcome, ProviderChannel, RecordedSend, SmsService};

pub use text::message_price;

/// One event that a provider will report, after `after` times the event delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedEvent {
    pub kind: EventKind,
    pub after: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Send,
    Delivery,
    HardBounce,
    SoftBounce,
    SuppressedBounce,
    Complaint,
    Reject,
    RenderingFailure,
    DeliveryDelay,
    /// SMS or push: delivered to the carrier or platform.
    Success,
    /// SMS or push: not delivered, for this reason.
    Failure(FailureCause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    Gone,
    NotNow,
    Blocked,
    OptedOut,
    NoQuota,
}

/// Returns the events that follow an accepted send.
pub fn planned_events(channel: ProviderChannel, fault: Option<InjectedFault>) -> Vec<PlannedEvent> {
    let kinds: &[(EventKind, u32)] = match (channel, fault) {
        (_, Some(InjectedFault::NoEvent)) => &[],
        (ProviderChannel::Email, Some(InjectedFault::HardBounce)) => {
            &[(EventKind::Send, 1), (EventKind::HardBounce, 1)]
        }
        (ProviderChannel::Email, Some(InjectedFault::SoftBounce)) => {
            &[(EventKind::Send, 1), (EventKind::SoftBounce, 1)]
        }
        (ProviderChannel::Email, Some(InjectedFault::Suppressed)) => {
            &[(EventKind::Send, 1), (EventKind::SuppressedBounce, 1)]
        }
        (ProviderChannel::Email, Some(InjectedFault::Complaint)) => {
            &[(EventKind::Send, 1), (EventKind::Delivery, 1), (EventKind::Complaint, 2)]
        }
        (ProviderChannel::Email, Some(InjectedFault::Reject)) => {
            &[(EventKind::Send, 1), (EventKind::Reject, 1)]
        }
        (ProviderChannel::Email, Some(InjectedFault::RenderingFailure)) => {
            &[(EventKind::RenderingFailure, 1)]
        }
        (ProviderChannel::Email, Some(InjectedFault::DeliveryDelay)) => {
            &[(EventKind::Send, 1), (EventKind::DeliveryDelay, 1), (EventKind::Delivery, 3)]
        }
        (ProviderChannel::Email, _) => &[(EventKind::Send, 1), (EventKind::Delivery, 1)],
        (ProviderChannel::Sms | ProviderChannel::Push, Some(InjectedFault::HardBounce)) => {
            &[(EventKind::Failure(FailureCause::Gone), 1)]
        }
        (ProviderChannel::Sms | ProviderChannel::Push, Some(InjectedFault::SoftBounce)) => {
            &[(EventKind::Failure(FailureCause::NotNow), 1)]
        }
        (ProviderChannel::Sms | ProviderChannel::Push, Some(InjectedFault::Reject)) => {
            &[(EventKind::Failure(FailureCause::Blocked), 1)]
        }
        (ProviderChannel::Sms | ProviderChannel::Push, Some(InjectedFault::OptedOut)) => {
            &[(EventKind::Failure(FailureCause::OptedOut), 1)]
        }
        (ProviderChannel::Sms, Some(InjectedFault::Quota)) => {
            &[(EventKind::Failure(FailureCause::NoQuota), 1)]
        }
        (ProviderChannel::Sms | ProviderChannel::Push, _) => &[(EventKind::Success, 1)],
    };
    let times = if fault == Some(InjectedFault::DuplicateEvent) { 2 } else { 1 };
    kinds
        .iter()
        .flat_map(|&(kind, after)| std::iter::repeat_n(PlannedEvent { kind, after }, times))
        .collect()
}

impl EventKind {
    /// Returns the `eventType` of SES, or the `status` of a delivery status log.
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

    /// Returns the name by which the service that sent the message calls the event.
    pub fn name_for(self, sent: &RecordedSend) -> &'static str {
        match sent.draft.sms_service {
            SmsService::Sns => self.name(),
            SmsService::EndUserMessaging => text::event_type(self),
        }
    }

    /// Returns the outcome of the message after this event, if the event changes it.
    pub fn outcome(self) -> Option<MessageOutcome> {
        Some(match self {
            Self::Send => return None,
            Self::Delivery | Self::Success => MessageOutcome::Delivered,
            Self::HardBounce | Self::SuppressedBounce => MessageOutcome::Bounced,
            Self::SoftBounce => MessageOutcome::SoftBounced,
            Self::Complaint => MessageOutcome::Complained,
            Self::Reject => MessageOutcome::Rejected,
            Self::RenderingFailure => MessageOutcome::RenderingFailed,
            Self::DeliveryDelay => MessageOutcome::Delayed,
            Self::Failure(FailureCause::OptedOut) => MessageOutcome::OptedOut,
            Self::Failure(FailureCause::Blocked) => MessageOutcome::Rejected,
            Self::Failure(FailureCause::Gone | FailureCause::NotNow | FailureCause::NoQuota) => {
                MessageOutcome::Failed
            }
        })
    }

    /// Returns a short description for the inbox.
    pub fn detail(self, channel: ProviderChannel) -> &'static str {
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

/// The region and account that the message was sent from, for ARNs.
#[derive(Clone, Debug)]
pub struct SendOrigin {
    pub region: String,
    pub account: String,
}

/// Builds the event. `recipient` is the one of several recipients that a bounce or complaint
/// concerns.
pub fn event_json(
    kind: EventKind,
    sent: &RecordedSend,
    recipient: Option<&str>,
    place: &SendOrigin,
    now: Timestamp,
) -> Value {
    match sent.channel {
        ProviderChannel::Email => email::email_event(kind, sent, recipient, place, now),
        ProviderChannel::Sms => match sent.draft.sms_service {
            SmsService::Sns => status::sms_status(kind, sent, now),
            SmsService::EndUserMessaging => text::text_event(kind, sent, now),
        },
        ProviderChannel::Push => status::push_status(kind, sent, now),
    }
}

/// Returns the bare address: `Anna <anna@example.com>` becomes `anna@example.com`.
pub fn bare_address(address: &str) -> &str {
    match (address.rfind('<'), address.rfind('>')) {
        (Some(open), Some(close)) if open < close => {
            address.get(open + 1..close).unwrap_or(address).trim()
        }
        _ => address.trim(),
    }
}

/// Returns the number of parts of an SMS: in GSM-7 160 characters (153 each if there are several),
/// else in UCS-2 70 (67).
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
