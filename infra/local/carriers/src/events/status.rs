//! The SNS delivery status log of an SMS and of a mobile push: on AWS a CloudWatch Logs entry ("Viewing CloudWatch Logs for SMS
//! deliveries", "Mobile app attributes"), here a message on the feedback topic. Called by events.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Kind, Why, sms_parts};
use crate::messages::{Channel, Sent};

/// What the guide's example costs; carriers charges nothing.
const PRICE_IN_USD: f64 = 0.00645;

pub(super) fn sms(kind: Kind, sent: &Sent, now: Timestamp) -> Value {
    let why = reason(kind);
    let waited = now.duration_since(sent.at).as_millis().max(0);
    let (mcc, mnc) = if why.is_none() { (310, 270) } else { (0, 0) };
    json!({
        "notification": {"messageId": sent.provider_message_id, "timestamp": spaced(sent.at)},
        "delivery": {
            "phoneCarrier": "Carriers",
            "mnc": mnc,
            "mcc": mcc,
            "numberOfMessageParts": sms_parts(sent.draft.text.as_deref().unwrap_or_default()),
            "destination": sent.draft.to.first(),
            "priceInUSD": PRICE_IN_USD,
            "smsType": sent.draft.kind.as_deref().unwrap_or("Promotional"),
            "providerResponse": provider_response(Channel::Sms, why),
            "dwellTimeMs": waited,
            "dwellTimeMsUntilDeviceAck": waited,
        },
        "status": if why.is_none() { "SUCCESS" } else { "FAILURE" },
    })
}

pub(super) fn push(kind: Kind, sent: &Sent, now: Timestamp) -> Value {
    let why = reason(kind);
    let code = match why {
        None => 200,
        Some(Why::Gone | Why::OptedOut) => 410,
        Some(Why::NotNow) => 503,
        Some(Why::Blocked) => 413,
    };
    json!({
        "notification": {"messageId": sent.provider_message_id, "timestamp": spaced(sent.at)},
        "delivery": {
            "statusCode": code,
            "dwellTimeMs": now.duration_since(sent.at).as_millis().max(0),
            "token": sent.draft.to.first().and_then(|arn| arn.rsplit('/').next()),
            "attempts": 1,
            "providerResponse": provider_response(Channel::Push, why),
            "destination": sent.draft.to.first(),
        },
        "status": if why.is_none() { "SUCCESS" } else { "FAILURE" },
    })
}

fn reason(kind: Kind) -> Option<Why> {
    if let Kind::Failure(why) = kind { Some(why) } else { None }
}

/// The documented SMS failure reasons, and what APNs and FCM say.
pub(super) fn provider_response(channel: Channel, why: Option<Why>) -> &'static str {
    match (channel, why) {
        (Channel::Push, None) => "{\"success\":1,\"failure\":0}",
        (Channel::Push, Some(Why::Gone | Why::OptedOut)) => "{\"reason\":\"Unregistered\"}",
        (Channel::Push, Some(Why::NotNow)) => "{\"reason\":\"ServiceUnavailable\"}",
        (Channel::Push, Some(Why::Blocked)) => "{\"reason\":\"PayloadTooLarge\"}",
        (Channel::Sms | Channel::Email, None) => "Message has been accepted by phone carrier",
        (Channel::Sms | Channel::Email, Some(Why::Gone)) => "Invalid phone number",
        (Channel::Sms | Channel::Email, Some(Why::NotNow)) => "Phone is currently unreachable/unavailable",
        (Channel::Sms | Channel::Email, Some(Why::Blocked)) => "Blocked as spam by phone carrier",
        (Channel::Sms | Channel::Email, Some(Why::OptedOut)) => "Phone number is opted out",
    }
}

/// 2016-06-28 00:40:34.558
fn spaced(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
