//! Registration of devices by their raw token, against an SNS in memory: what becomes of a token,
//! and what is refused with nothing registered.

use fake_aws::FakeAws;
use serde_json::{Value, json};
use testkit::TestTables;

use crate::client::{AppBackend, AppBackendResponse, ana_profile};

const PATH: &str = "/v1/customers/c-1/devices/phone";

fn backend() -> (FakeAws, AppBackend) {
    let memory = FakeAws::new(testkit::table_schemas());
    let api = AppBackend::new(&TestTables::on_fake_aws(&memory));
    (memory, api)
}

async fn register(api: &AppBackend, path: &str, platform: &str, token: &str) -> AppBackendResponse {
    api.send_json("PUT", path, json!({"platform": platform, "token": token})).await
}

/// Returns the ARN of the customer's device with this id.
fn arn_of(answer: &AppBackendResponse, device: &str) -> Option<String> {
    let endpoints = answer.body["push_endpoints"].as_array().unwrap();
    let found = endpoints.iter().find(|it| it["endpoint_id"] == device)?;
    found["arn"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_token_becomes_an_endpoint_that_takes_messages() {
    let (memory, api) = backend();
    api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
    let first = register(&api, PATH, "fcm", "token-1").await;
    assert_eq!(first.status, 200, "{}", first.body);
    let arn = arn_of(&first, "phone").unwrap();
    assert!(arn.contains(":endpoint/GCM/shop/"), "{arn}");
    let again = register(&api, PATH, "fcm", "token-1").await;
    assert_eq!(arn_of(&again, "phone").as_ref(), Some(&arn), "a repeat finds the same one");
    memory.set_push_endpoint_enabled(&arn, false);
    register(&api, PATH, "fcm", "token-1").await;
    assert_eq!(memory.is_push_endpoint_enabled(&arn), Some(true), "a dead token lives again");
    let renewed = register(&api, PATH, "fcm", "token-2").await;
    assert_ne!(arn_of(&renewed, "phone"), Some(arn), "the device has another token");
    let profile = api.get("/v1/customers/c-1").await;
    let devices = profile.body["push_endpoints"].as_array().unwrap().len();
    assert_eq!(devices, 2, "the one of the profile, and the phone once: {}", profile.body);
}

#[tokio::test]
async fn an_endpoint_of_another_account_or_region_is_refused() {
    let (_, api) = backend();
    api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
    for arn in [
        "arn:aws:sns:us-east-1:999999999999:endpoint/GCM/shop/1",
        "arn:aws:sns:eu-west-1:000000000000:endpoint/GCM/shop/1",
    ] {
        let endpoint = json!({"endpoint_id": "phone", "arn": arn});
        let path = "/v1/customers/c-1/push-endpoints";
        let refused = api.send_json("PUT", path, endpoint.clone()).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["/arn other_account".to_owned()])
        );
        let mut whole = ana_profile();
        whole["push_endpoints"].as_array_mut().unwrap().push(endpoint);
        let refused = api.send_json("PUT", "/v1/customers/c-1", whole).await;
        let fields = vec!["/push_endpoints/1/arn other_account".to_owned()];
        assert_eq!((refused.status, refused.fields()), (422, fields));
    }
    let read = api.get("/v1/customers/c-1").await;
    assert_eq!(read.body["push_endpoints"].as_array().unwrap().len(), 1, "nothing was stored");
}

#[tokio::test]
async fn a_token_belongs_to_who_registered_it_last() {
    let (_, api) = backend();
    for customer in ["c-1", "c-2"] {
        let profile = json!({"profile": {"first_name": "Eva"}});
        api.send_json("PUT", &format!("/v1/customers/{customer}"), profile).await;
        let path = format!("/v1/customers/{customer}/devices/tablet");
        assert_eq!(register(&api, &path, "fcm", "shared-token").await.status, 200);
    }
    let devices = async |customer: &str| {
        let read = api.get(&format!("/v1/customers/{customer}")).await;
        read.body["push_endpoints"].as_array().unwrap().len()
    };
    assert_eq!((devices("c-1").await, devices("c-2").await), (0, 1));
}

#[tokio::test]
async fn what_is_no_device_is_refused_and_nothing_is_registered() {
    let (memory, api) = backend();
    register(&api, PATH, "fcm", "token").await.check(404, "customer_unknown");
    api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
    for (platform, token, field) in [
        ("apns", "not-hexadecimal", "/token invalid"),
        ("apns_sandbox", &"a1".repeat(32), "/platform no_application"),
        ("fcm", "with space", "/token invalid"),
        ("fcm", "", "/token invalid"),
        ("wns", "token", "/platform unknown_value"),
        ("fcm", "bad-token-says-the-platform", "/token invalid"),
    ] {
        let refused = register(&api, PATH, platform, token).await;
        assert_eq!((refused.status, refused.fields()), (422, vec![field.to_owned()]), "{token}");
    }
    let more = json!({"platform": "fcm", "token": "t", "os": "17"});
    let refused = api.send_json("PUT", PATH, more).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["/os unknown_field".to_owned()]));
    let path = "/v1/customers/c-1/devices/dev~1";
    register(&api, path, "fcm", "token").await.check(400, "invalid_endpoint_id");
    assert_eq!(memory.push_endpoint_count(), 0);
    api.send_json("DELETE", "/v1/customers/c-1", Value::Null).await;
    register(&api, PATH, "fcm", "token").await.check(410, "customer_erased");
    assert_eq!(memory.push_endpoint_count(), 0);
}
