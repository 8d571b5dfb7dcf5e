//! Builds the SNS delivery status log of an SMS and of a mobile push. On AWS it is a CloudWatch
//! Logs entry ("Viewing CloudWatch Logs for SMS deliveries", "Mobile app attributes"), here a
//! message on the feedback topic. Called by events.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{EventKind, FailureCause, sms_parts};
use crate::messages::{ProviderChannel, RecordedSend};

/// The price in the guide's example; the emulator charges nothing.
const PRICE_IN_USD: f64 = 0.00645;

pub(super) fn sms_status(kind: EventKind, sent: &RecordedSend, now: Timestamp) -> Value {
    let why = failure_cause(kind);
    let waited = now.duration_since(sent.at).as_millis().max(0);
    let (mcc, mnc) = if why.is_none() { (310, 270) } else { (0, 0) };
    json!({
        "notification": {"messageId": sent.provider_message_id, "timestamp": format_timestamp(sent.at)},
        "delivery": {
            "phoneCarrier": "Provider emulator",
            "mnc": mnc,
            "mcc": mcc,
            "numberOfMessageParts": sms_parts(sent.draft.text.as_deref().unwrap_or_default()),
            "destination": sent.draft.to.first(),
            "priceInUSD": PRICE_IN_USD,
            "smsType": sent.draft.kind.as_deref().unwrap_or("Promotional"),
            "providerResponse": provider_response(ProviderChannel::Sms, why),
            "dwellTimeMs": waited,
            "dwellTimeMsUntilDeviceAck": waited,
        },
        "status": if why.is_none() { "SUCCESS" } else { "FAILURE" },
    })
}

pub(super) fn push_status(kind: EventKind, sent: &RecordedSend, now: Timestamp) -> Value {
    let why = failure_cause(kind);
    let code = match why {
        None => 200,
        Some(FailureCause::Gone | FailureCause::OptedOut) => 410,
        Some(FailureCause::NotNow | FailureCause::NoQuota) => 503,
        Some(FailureCause::Blocked) => 413,
    };
    json!({
        "notification": {"messageId": sent.provider_message_id, "timestamp": format_timestamp(sent.at)},
        "delivery": {
            "statusCode": code,
            "dwellTimeMs": now.duration_since(sent.at).as_millis().max(0),
            "token": sent.draft.to.first().and_then(|arn| arn.rsplit('/').next()),
            "attempts": 1,
            "providerResponse": provider_response(ProviderChannel::Push, why),
            "destination": sent.draft.to.first(),
        },
        "status": if why.is_none() { "SUCCESS" } else { "FAILURE" },
    })
}

fn failure_cause(kind: EventKind) -> Option<FailureCause> {
    if let EventKind::Failure(why) = kind { Some(why) } else { None }
}

/// Returns the documented SMS failure reasons and the answers of APNs and FCM.
pub(super) fn provider_response(
    channel: ProviderChannel,
    why: Option<FailureCause>,
) -> &'static str {
    match (channel, why) {
        (ProviderChannel::Push, None) => "{\"success\":1,\"failure\":0}",
        (ProviderChannel::Push, Some(FailureCause::Gone | FailureCause::OptedOut)) => {
            "{\"reason\":\"Unregistered\"}"
        }
        (ProviderChannel::Push, Some(FailureCause::NotNow | FailureCause::NoQuota)) => {
            "{\"reason\":\"ServiceUnavailable\"}"
        }
        (ProviderChannel::Push, Some(FailureCause::Blocked)) => "{\"reason\":\"PayloadTooLarge\"}",
        (ProviderChannel::Sms | ProviderChannel::Email, None) => {
            "Message has been accepted by phone carrier"
        }
        (ProviderChannel::Sms | ProviderChannel::Email, Some(FailureCause::Gone)) => {
            "Invalid phone number"
        }
        (ProviderChannel::Sms | ProviderChannel::Email, Some(FailureCause::NotNow)) => {
            "Phone is currently unreachable/unavailable"
        }
        (ProviderChannel::Sms | ProviderChannel::Email, Some(FailureCause::Blocked)) => {
            "Blocked as spam by phone carrier"
        }
        (ProviderChannel::Sms | ProviderChannel::Email, Some(FailureCause::OptedOut)) => {
            "Phone number is opted out"
        }
        (ProviderChannel::Sms | ProviderChannel::Email, Some(FailureCause::NoQuota)) => {
            "No quota left for account"
        }
    }
}

/// Formats a time like 2016-06-28 00:40:34.558.
fn format_timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
