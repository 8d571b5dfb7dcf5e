//! The wire format of a push message: one JSON per platform, inside the JSON that SNS takes.
//!
//! It lives here and not in `channels`, because its size is a rule of the domain: it is checked
//! when a campaign is saved, and previews show it. `channels` sends exactly this payload.

use serde_json::{Value, json};

/// Maximum size of a push payload in bytes, as device platforms set it: APNs ("Sending notification
/// requests to APNs": 4 KB) and FCM ("About FCM messages": 4,096). SNS itself takes 256 KB and
/// passes the platform's part on.
pub const MAX_PAYLOAD_BYTES: usize = 4_096;

/// One push message, in the format of each platform that SNS reaches for us.
#[derive(Clone, PartialEq, Eq)]
pub struct PushPayload {
    body: String,
    apns: Value,
    fcm: Value,
}

impl PushPayload {
    /// Builds the payload. The voucher id is the collapse key, so a repeated push replaces the
    /// first one.
    pub fn new(title: &str, body: &str, voucher: &str) -> Self {
        let apns = json!({"aps": {"alert": {"title": title, "body": body}, "thread-id": voucher}, "voucher": voucher});
        let fcm = json!({"fcmV1Message": {"message": {
            "notification": {"title": title, "body": body},
            "data": Self::app_data(voucher),
            "android": {"collapse_key": voucher},
        }}});
        Self { body: body.to_owned(), apns, fcm }
    }

    /// Returns the data that the app receives besides title and text.
    pub fn app_data(voucher: &str) -> Value {
        json!({"voucher": voucher})
    }

    /// Returns the `Message` of a `Publish` with `MessageStructure=json`.
    pub fn sns_message(&self) -> String {
        let (apns, fcm) = (self.apns.to_string(), self.fcm.to_string());
        json!({"default": self.body, "APNS": apns, "APNS_SANDBOX": apns, "GCM": fcm}).to_string()
    }

    /// Returns the size of the larger platform payload, the one that would be refused first.
    pub fn largest_bytes(&self) -> usize {
        self.apns.to_string().len().max(self.fcm.to_string().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_platform_gets_its_own_json_in_one() {
        let payload = PushPayload::new("5 € \"off\"", "Hi\n👋", "vch_1");
        let message: Value = serde_json::from_str(&payload.sns_message()).unwrap();
        let part =
            |name: &str| serde_json::from_str::<Value>(message[name].as_str().unwrap()).unwrap();
        assert_eq!(part("APNS"), part("APNS_SANDBOX"));
        assert_eq!(part("APNS")["aps"]["alert"], json!({"title": "5 € \"off\"", "body": "Hi\n👋"}));
        assert_eq!(part("GCM")["fcmV1Message"]["message"]["android"]["collapse_key"], "vch_1");
        assert_eq!(part("GCM")["fcmV1Message"]["message"]["data"], PushPayload::app_data("vch_1"));
        let largest =
            ["APNS", "GCM"].map(|name| message[name].as_str().unwrap().len()).into_iter().max();
        assert_eq!(Some(payload.largest_bytes()), largest);
    }
}
