//! What a push is on the wire: one JSON per platform, in the one that SNS takes. Here and not in `channels`, because its size is a rule:
//! a campaign is held to it when it is saved, and a preview shows it. After it: `channels`, which sends exactly this.

use serde_json::{Value, json};

/// Bytes of what a device's platform takes: APNs ("Sending notification requests to APNs": 4 KB) and FCM ("About FCM messages": 4,096).
/// SNS itself takes 256 KB and passes on what is the platform's.
pub const MAX_PAYLOAD: usize = 4_096;

/// One push, for each platform that SNS knows of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    body: String,
    apns: Value,
    fcm: Value,
}

impl Payload {
    /// The voucher id is the collapse key: a repeat replaces the first.
    pub fn new(title: &str, body: &str, voucher: &str) -> Self {
        let apns = json!({"aps": {"alert": {"title": title, "body": body}, "thread-id": voucher}, "voucher": voucher});
        let fcm = json!({"fcmV1Message": {"message": {
            "notification": {"title": title, "body": body},
            "data": Self::data(voucher),
            "android": {"collapse_key": voucher},
        }}});
        Self { body: body.to_owned(), apns, fcm }
    }

    /// What the app is handed beside title and text.
    pub fn data(voucher: &str) -> Value {
        json!({"voucher": voucher})
    }

    /// `Message` of a `Publish` with `MessageStructure=json`.
    pub fn message(&self) -> String {
        let (apns, fcm) = (self.apns.to_string(), self.fcm.to_string());
        json!({"default": self.body, "APNS": apns, "APNS_SANDBOX": apns, "GCM": fcm}).to_string()
    }

    /// Of the larger platform's: the one that would refuse it first.
    pub fn bytes(&self) -> usize {
        self.apns.to_string().len().max(self.fcm.to_string().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_platform_gets_its_own_json_in_one() {
        let payload = Payload::new("5 € \"off\"", "Hi\n👋", "vch_1");
        let message: Value = serde_json::from_str(&payload.message()).unwrap();
        let part = |name: &str| serde_json::from_str::<Value>(message[name].as_str().unwrap()).unwrap();
        assert_eq!(part("APNS"), part("APNS_SANDBOX"));
        assert_eq!(part("APNS")["aps"]["alert"], json!({"title": "5 € \"off\"", "body": "Hi\n👋"}));
        assert_eq!(part("GCM")["fcmV1Message"]["message"]["android"]["collapse_key"], "vch_1");
        assert_eq!(part("GCM")["fcmV1Message"]["message"]["data"], Payload::data("vch_1"));
        let largest = ["APNS", "GCM"].map(|name| message[name].as_str().unwrap().len()).into_iter().max();
        assert_eq!(Some(payload.bytes()), largest);
    }
}
