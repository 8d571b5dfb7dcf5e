//! Builds the final event of an SMS as AWS End User Messaging publishes it to the SNS destination of a
//! configuration set ("Event types for SMS, MMS, and voice"). Called by events.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{EventKind, FailureCause, sms_parts, status::provider_response};
use crate::messages::{ProviderChannel, RecordedSend};

/// The price and the carrier's fee of one part, as in the guide's example; the emulator charges
/// nothing.
const PART_PRICE: f64 = 0.00833;
const PART_FEE: f64 = 0.003;

/// Returns the price of a message of so many parts, in dollars.
pub fn message_price(parts: usize) -> f64 {
    PART_PRICE * f64::from(u32::try_from(parts).unwrap_or(u32::MAX))
}

/// Returns the `eventType`. There is none for a number that has opted out and for a spend limit: the
/// call is refused.
pub(super) fn event_type(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Failure(FailureCause::Gone) => "TEXT_INVALID",
        EventKind::Failure(FailureCause::NotNow) => "TEXT_UNREACHABLE",
        EventKind::Failure(FailureCause::Blocked) => "TEXT_SPAM",
        EventKind::Failure(FailureCause::OptedOut | FailureCause::NoQuota) => "TEXT_BLOCKED",
        EventKind::Success
        | EventKind::Send
        | EventKind::Delivery
        | EventKind::HardBounce
        | EventKind::SoftBounce
        | EventKind::SuppressedBounce
        | EventKind::Complaint
        | EventKind::Reject
        | EventKind::RenderingFailure
        | EventKind::DeliveryDelay => "TEXT_DELIVERED",
    }
}

pub(super) fn text_event(kind: EventKind, sent: &RecordedSend, now: Timestamp) -> Value {
    let why = if let EventKind::Failure(why) = kind { Some(why) } else { None };
    let event_type = event_type(kind);
    let text = sent.draft.text.as_deref().unwrap_or_default();
    let parts = sms_parts(text);
    json!({
        "eventType": event_type,
        "eventVersion": "1.0",
        "eventTimestamp": now.as_millisecond(),
        "isFinal": true,
        "originationPhoneNumber": sent.draft.from,
        "destinationPhoneNumber": sent.draft.to.first(),
        "isInternationalSend": false,
        "carrierName": "Provider emulator",
        "messageId": sent.provider_message_id,
        "messageRequestTimestamp": sent.at.as_millisecond(),
        "messageEncoding": if text.is_ascii() { "GSM" } else { "Unicode" },
        "messageType": sent.draft.kind,
        "messageStatus": event_type.trim_start_matches("TEXT_"),
        "messageStatusDescription": provider_response(ProviderChannel::Sms, why),
        "context": sent.draft.tags,
        "totalMessageParts": parts,
        "totalMessagePrice": message_price(parts),
        "totalCarrierFee": message_price(parts) / PART_PRICE * PART_FEE,
    })
}
