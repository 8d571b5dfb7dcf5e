//! The wire format of a push message: one JSON per platform, inside the JSON that SNS takes, and
//! the attributes beside it.
//!
//! It lives here and not in `channels`, because its size is a rule of the domain: it is checked
//! when a campaign is saved, and previews show it. `channels` sends exactly this payload.
//!
//! Guarantees: a repeated push and a reminder replace the first one of the same voucher, on the
//! device and while they wait for it. A push that comes too late for its offer is not delivered.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Maximum size of a push payload in bytes, as device platforms set it: APNs ("Sending notification
/// requests to APNs": 4 KB) and FCM ("About FCM messages": 4,096). SNS itself takes 256 KB and
/// passes the platform's part on.
pub const MAX_PAYLOAD_BYTES: usize = 4_096;
/// The longest time for which a platform keeps a push for a device that is off: FCM's four weeks
/// ("Setting the lifespan of a message"). It refuses longer ones.
pub const MAX_TIME_TO_LIVE: Duration = Duration::from_hours(28 * 24);
/// Maximum size of an `apns-collapse-id` in bytes ("Sending notification requests to APNs").
const MAX_COLLAPSE_ID: usize = 64;

/// The parts of a push besides its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushExtras {
    /// A picture, which FCM shows by itself, and an extension of the app on Apple's devices.
    pub image: Option<String>,
    /// Where a tap leads, on each platform.
    pub ios_link: Option<String>,
    pub android_link: Option<String>,
}

/// One push message, in the format of each platform that SNS reaches for us.
#[derive(Clone, PartialEq, Eq)]
pub struct PushPayload {
    body: String,
    apns: Value,
    fcm: Value,
    collapse_id: String,
    time_to_live: Duration,
}

impl PushPayload {
    /// Builds the payload. The voucher id is the collapse key on both platforms: another voucher of
    /// the same campaign is another offer, which replaces nothing.
    pub fn new(
        (title, body): (&str, &str),
        extras: &PushExtras,
        voucher: &str,
        time_to_live: Duration,
    ) -> Self {
        let time_to_live = time_to_live.min(MAX_TIME_TO_LIVE);
        Self {
            body: body.to_owned(),
            apns: apns_json((title, body), extras, voucher),
            fcm: fcm_json((title, body), extras, voucher, time_to_live),
            collapse_id: voucher.chars().take(MAX_COLLAPSE_ID).collect(),
            time_to_live,
        }
    }

    /// Returns the data that the app receives on both platforms, besides title, text and link.
    pub fn app_data(voucher: &str) -> Value {
        json!({"voucher": voucher})
    }

    /// Returns the `Message` of a `Publish` with `MessageStructure=json`.
    pub fn sns_message(&self) -> String {
        let (apns, fcm) = (self.apns.to_string(), self.fcm.to_string());
        json!({"default": self.body, "APNS": apns, "APNS_SANDBOX": apns, "GCM": fcm}).to_string()
    }

    /// Returns the `MessageAttributes` of the `Publish`, from which SNS makes APNs' headers. FCM
    /// takes lifetime and collapse key in its payload.
    pub fn sns_attributes(&self) -> [(&'static str, String); 4] {
        let seconds = self.time_to_live.as_secs().to_string();
        [
            ("AWS.SNS.MOBILE.APNS.PUSH_TYPE", "alert".to_owned()),
            ("AWS.SNS.MOBILE.APNS.COLLAPSE_ID", self.collapse_id.clone()),
            ("AWS.SNS.MOBILE.APNS.TTL", seconds.clone()),
            ("AWS.SNS.MOBILE.APNS_SANDBOX.TTL", seconds),
        ]
    }

    /// Returns the size of the larger platform payload, the one that would be refused first.
    pub fn largest_bytes(&self) -> usize {
        self.apns.to_string().len().max(self.fcm.to_string().len())
    }
}

/// Returns how long a push is worth delivering: until its offer ends. One whose offer has just ended
/// is tried at once or never.
pub fn time_to_live(ends_at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(ends_at.duration_since(now)).unwrap_or(Duration::ZERO).min(MAX_TIME_TO_LIVE)
}

fn apns_json((title, body): (&str, &str), extras: &PushExtras, voucher: &str) -> Value {
    let mut aps = Map::new();
    aps.insert("alert".to_owned(), json!({"title": title, "body": body}));
    aps.insert("thread-id".to_owned(), json!(voucher));
    let mut payload = Map::new();
    if let Some(image) = &extras.image {
        // the app's extension fetches the picture before the push is shown
        aps.insert("mutable-content".to_owned(), json!(1));
        payload.insert("image".to_owned(), json!(image));
    }
    payload.insert("aps".to_owned(), Value::Object(aps));
    payload.insert("voucher".to_owned(), json!(voucher));
    if let Some(link) = &extras.ios_link {
        payload.insert("link".to_owned(), json!(link));
    }
    Value::Object(payload)
}

fn fcm_json(
    (title, body): (&str, &str),
    extras: &PushExtras,
    voucher: &str,
    time_to_live: Duration,
) -> Value {
    let mut notification = Map::new();
    notification.insert("title".to_owned(), json!(title));
    notification.insert("body".to_owned(), json!(body));
    if let Some(image) = &extras.image {
        notification.insert("image".to_owned(), json!(image));
    }
    let mut data = Map::new();
    data.insert("voucher".to_owned(), json!(voucher));
    if let Some(link) = &extras.android_link {
        data.insert("link".to_owned(), json!(link));
    }
    json!({"fcmV1Message": {"message": {
        "notification": notification,
        "data": data,
        "android": {
            "collapse_key": voucher,
            "ttl": format!("{}s", time_to_live.as_secs()),
            "notification": {"tag": voucher},
        },
    }}})
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn part(payload: &PushPayload, name: &str) -> Value {
        let message: Value = serde_json::from_str(&payload.sns_message()).unwrap();
        serde_json::from_str(message[name].as_str().unwrap()).unwrap()
    }

    #[test]
    fn each_platform_gets_its_own_json_in_one() {
        let words = ("5 € \"off\"", "Hi\n👋");
        let payload = PushPayload::new(words, &PushExtras::default(), "vch_1", DAY);
        let apns = part(&payload, "APNS");
        assert_eq!(apns, part(&payload, "APNS_SANDBOX"));
        let alert = json!({"title": "5 € \"off\"", "body": "Hi\n👋"});
        assert_eq!(
            apns,
            json!({"aps": {"alert": alert, "thread-id": "vch_1"}, "voucher": "vch_1"})
        );
        let fcm = &part(&payload, "GCM")["fcmV1Message"]["message"];
        assert_eq!(fcm["notification"], alert);
        assert_eq!(fcm["data"], PushPayload::app_data("vch_1"));
        let message: Value = serde_json::from_str(&payload.sns_message()).unwrap();
        let largest =
            ["APNS", "GCM"].map(|name| message[name].as_str().unwrap().len()).into_iter().max();
        assert_eq!(Some(payload.largest_bytes()), largest);
    }

    #[test]
    fn picture_and_links_go_where_each_platform_looks_for_them() {
        let extras = PushExtras {
            image: Some("https://cdn.example.com/a.png".to_owned()),
            ios_link: Some("shop://v/1".to_owned()),
            android_link: Some("https://example.com/v/1".to_owned()),
        };
        let payload = PushPayload::new(("t", "b"), &extras, "vch_1", DAY);
        let apns = part(&payload, "APNS");
        assert_eq!(apns["aps"]["mutable-content"], 1);
        assert_eq!(
            (&apns["image"], &apns["link"]),
            (&json!("https://cdn.example.com/a.png"), &json!("shop://v/1"))
        );
        let fcm = &part(&payload, "GCM")["fcmV1Message"]["message"];
        assert_eq!(fcm["notification"]["image"], "https://cdn.example.com/a.png");
        assert_eq!(fcm["data"], json!({"voucher": "vch_1", "link": "https://example.com/v/1"}));
    }

    #[test]
    fn a_push_replaces_the_one_of_its_voucher_and_ends_with_its_offer() {
        let lifetime = |duration| {
            let payload = PushPayload::new(("t", "b"), &PushExtras::default(), "vch_1", duration);
            let android = part(&payload, "GCM")["fcmV1Message"]["message"]["android"].clone();
            (android, payload.sns_attributes())
        };
        let (android, attributes) = lifetime(DAY);
        let expected =
            json!({"collapse_key": "vch_1", "ttl": "86400s", "notification": {"tag": "vch_1"}});
        assert_eq!(android, expected);
        let value = |name| attributes.iter().find(|(known, _)| *known == name).unwrap().1.as_str();
        assert_eq!(value("AWS.SNS.MOBILE.APNS.COLLAPSE_ID"), "vch_1");
        assert_eq!(value("AWS.SNS.MOBILE.APNS.TTL"), "86400");
        assert_eq!(value("AWS.SNS.MOBILE.APNS_SANDBOX.TTL"), "86400");
        // FCM refuses more than four weeks
        assert_eq!(lifetime(DAY * 365).0["ttl"], "2419200s");
    }

    #[test]
    fn the_lifetime_is_what_is_left_of_the_offer() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-07-01T10:00:00Z");
        assert_eq!(time_to_live(at("2026-07-01T11:30:00Z"), now), Duration::from_mins(90));
        assert_eq!(time_to_live(at("2026-07-01T09:00:00Z"), now), Duration::ZERO);
        assert_eq!(time_to_live(at("2027-07-01T09:00:00Z"), now), MAX_TIME_TO_LIVE);
    }
}
