//! Topics and pauses as the app backend sets and reads them, on the in-memory AWS.

use crate::client::{AppBackend, ana_profile};

use domain::{Timestamp, customer::topics::TopicSettings};
use fake_aws::FakeAws;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, settings::SettingName},
};
use testkit::TestTables;

const ALL: &str = "/v1/customers/c-1/topics/deals";
const BY_SMS: &str = "/v1/customers/c-1/consents/sms/topics/deals";
const PAUSE: &str = "/v1/customers/c-1/pause";

async fn app_backend_with_topics() -> AppBackend {
    let tables = TestTables::on_fake_aws(&FakeAws::new(testkit::table_schemas()));
    let names = TableNames::from_lookup(|variable| tables.table_name(variable));
    let store = Store::new(&tables.config, names);
    let topics: TopicSettings =
        serde_json::from_value(json!({"topics": [{"id": "deals", "names": {"en": "Deals"}}]}))
            .unwrap();
    let change = AuditedChange { actor: "ada", action: "set", note: "", at: Timestamp::now() };
    store.save_setting(SettingName::Topics, 0, &topics, &change).await.unwrap();
    let api = AppBackend::new(&tables);
    assert_eq!(api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await.status, 201);
    api
}

fn choice(state: &str, at: &str) -> Value {
    json!({"state": state, "source": "app_settings", "at": at})
}

fn days_from_now(days: i64) -> String {
    let at = Timestamp::now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    Timestamp::from_millisecond(at.as_millisecond()).unwrap().to_string()
}

#[tokio::test]
async fn choices_about_a_topic_are_kept_apart_by_channel_with_their_history() {
    let api = app_backend_with_topics().await;
    let set = api.send_json("PUT", ALL, choice("granted", "2026-01-02T00:00:00Z")).await;
    assert_eq!(
        (set.status, &set.body),
        (
            200,
            &json!({"topic": "deals", "state": "granted", "source": "app_settings", "at": "2026-01-02T00:00:00Z"})
        )
    );
    let older = api.send_json("PUT", ALL, choice("denied", "2026-01-01T00:00:00Z")).await;
    assert_eq!(older.body["state"], "granted", "an older choice changes nothing");
    api.send_json("PUT", ALL, choice("denied", "2026-01-03T00:00:00Z")).await;
    let by_sms = api.send_json("PUT", BY_SMS, choice("denied", "2026-01-04T00:00:00Z")).await;
    assert_eq!((by_sms.status, &by_sms.body["channel"]), (200, &json!("sms")));
    let read = api.get("/v1/customers/c-1").await.body;
    assert_eq!(read["consents"]["sms"]["state"], "granted", "the channel's own consent stays");
    let kept = |list: &Value, part: &str| {
        list.as_array().unwrap().iter().map(|it| it[part].clone()).collect::<Vec<_>>()
    };
    assert_eq!(kept(&read["topic_consents"], "state"), ["denied", "denied"]);
    assert_eq!(kept(&read["topic_consents"], "channel"), [Value::Null, json!("sms")]);
    assert_eq!(kept(&read["consent_history"], "topic"), ["deals"]);
    assert_eq!(kept(&read["consent_history"], "at"), ["2026-01-02T00:00:00Z"]);
    // A replaced profile keeps what the customer has said.
    api.send_json("PUT", "/v1/customers/c-1", json!({})).await;
    assert_eq!(api.get("/v1/customers/c-1").await.body["topic_consents"], read["topic_consents"]);
}

#[tokio::test]
async fn what_is_no_topic_or_no_choice_is_refused_with_its_place() {
    let api = app_backend_with_topics().await;
    let yes = || choice("granted", "2026-01-02T00:00:00Z");
    for (path, code) in [
        ("/v1/customers/c-1/topics/news", "topic_unknown"),
        ("/v1/customers/c-1/topics/Deals!", "topic_unknown"),
        ("/v1/customers/c-1/consents/fax/topics/deals", "channel_unknown"),
        ("/v1/customers/c-2/topics/deals", "customer_unknown"),
    ] {
        api.send_json("PUT", path, yes()).await.check(404, code);
    }
    let bad = json!({"state": "granted", "source": "", "at": days_from_now(1)});
    let refused = api.send_json("PUT", BY_SMS, bad).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.fields(), ["/source invalid", "/at in_the_future"]);
    for (body, field) in [
        (json!({"until": days_from_now(400), "source": "app"}), "/until too_late"),
        (json!({"until": days_from_now(3), "source": " "}), "/source invalid"),
        (json!({"source": "app"}), " required"),
    ] {
        let refused = api.send_json("PUT", PAUSE, body).await;
        assert_eq!((refused.status, refused.fields()), (422, vec![field.to_owned()]));
    }
    api.send_raw("DELETE", "/v1/customers/c-1", "").await;
    api.send_json("PUT", ALL, yes()).await.check(410, "customer_erased");
    let pause = json!({"until": null, "source": "app"});
    api.send_json("PUT", PAUSE, pause).await.check(410, "customer_erased");
}

#[tokio::test]
async fn a_pause_is_set_replaced_and_ended_and_the_later_word_counts() {
    let api = app_backend_with_topics().await;
    let until = days_from_now(14);
    let set = api.send_json("PUT", PAUSE, json!({"until": until, "source": "app"})).await;
    assert_eq!((set.status, &set.body["pause"]["until"]), (200, &json!(until)));
    let older = json!({"until": days_from_now(1), "source": "app", "at": "2026-01-01T00:00:00Z"});
    let still = api.send_json("PUT", PAUSE, older).await;
    assert_eq!(still.body["pause"]["until"], json!(until), "an older word changes nothing");
    // Of two words of the same millisecond the pause counts.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let ended = api.send_json("PUT", PAUSE, json!({"until": null, "source": "app"})).await;
    assert_eq!((ended.status, &ended.body["pause"]), (200, &Value::Null));
    let read = api.get("/v1/customers/c-1").await.body;
    assert_eq!(read["pause"]["until"], read["pause"]["at"], "the word that ended it");
    assert_eq!(read["pause_history"][0]["until"], json!(until));
    assert_eq!(read["consents"]["sms"]["state"], "granted", "a pause is no opt-out");
}
