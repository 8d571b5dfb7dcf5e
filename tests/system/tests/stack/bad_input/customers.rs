//! Tests refused requests about customers: bodies that are not JSON or have another shape, invalid
//! addresses, customers who are unknown or erased.

use serde_json::{Value, json};
use system_tests::{CustomerBuilder, TestScenario, basket, order_event};

use super::{StoredState, check_fields, check_problem, not_json, with_member};

fn customer_path(customer: &CustomerBuilder) -> String {
    format!("/v1/customers/{}", customer.id)
}

#[tokio::test]
async fn what_is_not_json_is_refused_and_makes_no_customer() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0);
    let paths = [
        customer_path(&customer),
        format!("{}/consents/sms", customer_path(&customer)),
        format!("{}/push-endpoints", customer_path(&customer)),
    ];
    for path in &paths {
        for body in not_json() {
            check_problem(test.app.request("PUT", path, &body).send().await, 400, "malformed_json");
        }
    }
    for body in not_json() {
        check_problem(
            test.app.request("PATCH", &customer_path(&customer), &body).send().await,
            400,
            "malformed_json",
        );
    }
    assert!(StoredState::read(&test).await.is_empty());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads best in one piece")]
async fn every_wrong_field_of_a_customer_is_named_and_nothing_is_made() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0);
    let endpoint = |id: &str| {
        let arn = format!("{}-{}", customer.endpoint, id.replace(' ', "-"));
        json!({"endpoint_id": id, "arn": arn})
    };
    let consent = |state: &str, at: &str| json!({"state": state, "source": "form", "at": at});
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("/surprise", json!(1), &["/surprise unknown_field"]),
        ("/profile/age", json!(44), &["/profile/age unknown_field"]),
        ("/contacts/fax", json!("+34600000001"), &["/contacts/fax unknown_field"]),
        (
            "/consents/fax",
            consent("granted", "2024-05-01T10:00:00Z"),
            &["/consents/fax unknown_field"],
        ),
        ("/profile", json!("Ana"), &["/profile invalid"]),
        // read member by member, it would be an empty profile
        ("/profile", json!([]), &["/profile invalid"]),
        ("/contacts", json!(["+34600000001", "ana@example.com"]), &["/contacts invalid"]),
        ("/consents", json!([]), &["/consents invalid"]),
        ("/profile/first_name", json!(5), &["/profile/first_name invalid"]),
        ("/profile/first_name", json!(""), &["/profile/first_name invalid"]),
        ("/profile/first_name", json!("x".repeat(81)), &["/profile/first_name invalid"]),
        ("/profile/first_name", json!("Ana\r\nBcc: x@y.z"), &["/profile/first_name invalid"]),
        ("/profile/locale", json!("english"), &["/profile/locale invalid"]),
        ("/profile/zone", json!("Mars/Olympus"), &["/profile/zone invalid"]),
        ("/profile/currency", json!("euro"), &["/profile/currency invalid"]),
        ("/profile/signed_up", json!("2024-02-30"), &["/profile/signed_up invalid"]),
        ("/profile/tags", json!("vip"), &["/profile/tags invalid"]),
        ("/profile/tags", json!([1]), &["/profile/tags/0 invalid"]),
        (
            "/profile/tags",
            json!(["", "x".repeat(65), "a", "a"]),
            &["/profile/tags/0 invalid", "/profile/tags/1 invalid", "/profile/tags/3 duplicate"],
        ),
        (
            "/profile/tags",
            json!((0..21).map(|number| format!("t{number}")).collect::<Vec<_>>()),
            &["/profile/tags too_many"],
        ),
        ("/profile/location", json!({"lat": 91, "lon": 0}), &["/profile/location out_of_range"]),
        ("/profile/location", json!({"lat": 40}), &["/profile/location required"]),
        ("/profile/location", json!({"lat": "40", "lon": 0}), &["/profile/location/lat invalid"]),
        (
            "/profile/personal_dates",
            json!({"birthday": "someday"}),
            &["/profile/personal_dates/birthday invalid"],
        ),
        (
            "/profile/personal_dates",
            json!({"Birth Day": "1990-03-05"}),
            &["/profile/personal_dates/Birth Day invalid"],
        ),
        ("/contacts/phone", json!("600000001"), &["/contacts/phone invalid"]),
        ("/contacts/phone", json!("+34 600"), &["/contacts/phone invalid"]),
        ("/contacts/email", json!("ana@"), &["/contacts/email invalid"]),
        ("/contacts/email", json!("a@b.c\r\nBcc: d@e.f"), &["/contacts/email invalid"]),
        (
            "/consents/sms",
            consent("maybe", "2024-05-01T10:00:00Z"),
            &["/consents/sms/state unknown_value"],
        ),
        ("/consents/sms", consent("granted", "yesterday"), &["/consents/sms/at invalid"]),
        (
            "/consents/sms",
            consent("granted", "2199-01-01T00:00:00Z"),
            &["/consents/sms/at in_the_future"],
        ),
        (
            "/consents/sms",
            json!({"state": "granted", "at": "2024-05-01T10:00:00Z"}),
            &["/consents/sms required"],
        ),
        (
            "/push_endpoints",
            json!([{"endpoint_id": "dev1", "arn": "arn:aws:s3:::bucket"}]),
            &["/push_endpoints/0/arn invalid"],
        ),
        ("/push_endpoints", json!([endpoint("dev 1")]), &["/push_endpoints/0/endpoint_id invalid"]),
        (
            "/push_endpoints",
            json!([endpoint("dev1"), endpoint("dev1")]),
            &["/push_endpoints/1/endpoint_id duplicate", "/push_endpoints/1/arn duplicate"],
        ),
        (
            "/push_endpoints",
            json!((0..6).map(|number| endpoint(&format!("dev{number}"))).collect::<Vec<_>>()),
            &["/push_endpoints too_many"],
        ),
    ];
    for (pointer, value, fields) in cases {
        let body = with_member(customer.body.clone(), pointer, value);
        check_fields(test.app.put_customer(&customer.id, &body).await, fields);
    }
    for body in [json!([]), json!([{}]), json!("c-1"), json!(null), json!(5)] {
        check_fields(test.app.put_customer(&customer.id, &body).await, &[" invalid"]);
    }
    assert!(StoredState::read(&test).await.is_empty());
    test.app.put_customer(&customer.id, &customer.body).await.expect_status(201);
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_the_customer_as_it_was() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0);
    test.put_customers(std::slice::from_ref(&customer)).await;
    let before = StoredState::read(&test).await;
    let patches: Vec<(Value, &[&str])> = vec![
        (
            json!({"profile": {"zone": "Mars/Olympus"}, "contacts": {"phone": "+34600999999"}}),
            &["/profile/zone invalid"],
        ),
        (
            json!({"contacts": {"email": "nobody"}, "profile": {"first_name": "Eva"}}),
            &["/contacts/email invalid"],
        ),
        (json!({"profile": {"age": 44}}), &["/profile/age unknown_field"]),
        (json!({"consents": {}}), &["/consents unknown_field"]),
        (json!({"profile": []}), &["/profile invalid"]),
        (
            json!({"profile": {"location": {"lat": 91, "lon": 0}}}),
            &["/profile/location out_of_range"],
        ),
    ];
    for (patch, fields) in patches {
        check_fields(
            test.app.send_signed("PATCH", &customer_path(&customer), &patch).await,
            fields,
        );
    }
    let consents = format!("{}/consents", customer_path(&customer));
    let consent = |change: (&str, Value)| {
        with_member(json!({"state": "granted", "source": "form"}), change.0, change.1)
    };
    for (change, field) in [
        (("/state", json!("maybe")), "/state unknown_value"),
        (("/state", Value::Null), " required"),
        (("/source", json!("")), "/source invalid"),
        (("/source", json!("x".repeat(65))), "/source invalid"),
        (("/at", json!("2199-01-01T00:00:00Z")), "/at in_the_future"),
        (("/at", json!(1_700_000_000)), "/at invalid"),
        (("/channel", json!("sms")), "/channel unknown_field"),
    ] {
        check_fields(
            test.app.send_signed("PUT", &format!("{consents}/sms"), &consent(change)).await,
            &[field],
        );
    }
    let good = json!({"state": "granted", "source": "form"});
    check_problem(
        test.app.send_signed("PUT", &format!("{consents}/fax"), &good).await,
        404,
        "channel_unknown",
    );
    let endpoints = format!("{}/push-endpoints", customer_path(&customer));
    for (body, field) in [
        (json!({"endpoint_id": "dev2"}), " required"),
        (json!({"endpoint_id": "dev2", "arn": "arn:aws:sns:us-east-1:1:topic"}), "/arn invalid"),
        (json!({"endpoint_id": "dev2", "arn": customer.endpoint, "os": "x"}), "/os unknown_field"),
    ] {
        check_fields(test.app.send_signed("PUT", &endpoints, &body).await, &[field]);
    }
    let device = format!("{}/devices/dev2", customer_path(&customer));
    for (body, field) in [
        (json!({"platform": "fcm"}), " required"),
        (json!({"platform": "apns", "token": "no digits"}), "/token invalid"),
        (json!({"platform": "apns_sandbox", "token": "a1".repeat(32)}), "/platform no_application"),
        (json!({"platform": "wns", "token": "t"}), "/platform unknown_value"),
    ] {
        check_fields(test.app.send_signed("PUT", &device, &body).await, &[field]);
    }
    check_problem(test.app.delete(&format!("{endpoints}/dev~1")).await, 400, "invalid_endpoint_id");
    assert_eq!(StoredState::read(&test).await, before);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_everywhere() {
    let test = TestScenario::begin().await;
    let good = json!({"state": "granted", "source": "form"});
    let check = async |id: &str, code: &str| {
        let path = format!("/v1/customers/{id}");
        check_problem(test.app.put_customer(id, &json!({})).await, 400, code);
        check_problem(test.app.get(&path).await, 400, code);
        check_problem(test.app.delete(&path).await, 400, code);
        check_problem(
            test.app.send_signed("PUT", &format!("{path}/consents/sms"), &good).await,
            400,
            code,
        );
    };
    for id in ["x".repeat(65).as_str(), "a~b", "a!b", "a$b", "a@b"] {
        check(id, "invalid_customer_id").await;
    }
    // the gateway decodes: parsed again as a URL these would be other paths, `tag#b` the one of
    // `tag`
    for escaped in ["%20b", "%23b", "%3Fb", "%C3%BC", "%2541"] {
        check(&format!("{}{escaped}", test.identity.tag), "invalid_path").await;
    }
    assert!(StoredState::read(&test).await.is_empty());
}

/// Returns each request that names a customer, with a valid body.
fn requests_naming(customer: &CustomerBuilder) -> Vec<(&'static str, String, Value)> {
    let at = customer_path(customer);
    let consent = json!({"state": "granted", "source": "form"});
    let id = format!("{}-o", customer.id);
    let order = |event: &str, more: &Value| {
        ("POST", "/v1/orders".to_owned(), order_event(event, &id, &customer.id, more))
    };
    let with_basket = json!({"basket": basket(100)});
    let step = |step: &str, body: Value| ("POST", format!("{at}/checkout/{step}"), body);
    let voucher = json!(["vch_00000000000000000000"]);
    vec![
        ("PATCH", at.clone(), json!({"profile": {"first_name": "Eva"}})),
        ("GET", at.clone(), Value::Null),
        ("PUT", format!("{at}/consents/sms"), consent),
        (
            "PUT",
            format!("{at}/push-endpoints"),
            json!({"endpoint_id": "dev9", "arn": customer.endpoint}),
        ),
        ("PUT", format!("{at}/devices/dev8"), json!({"platform": "fcm", "token": "a-token"})),
        ("DELETE", format!("{at}/push-endpoints/dev1"), Value::Null),
        ("GET", format!("{at}/vouchers"), Value::Null),
        order("placed", &with_basket),
        order("edited", &with_basket),
        order("cancelled", &json!({})),
        order("refunded", &json!({"refund": {"currency": "EUR", "amount": 100}})),
        step("quote", with_basket.clone()),
        step("hold", json!({"hold_key": "cart", "vouchers": voucher, "basket": basket(100)})),
        step("release", json!({"hold_key": "cart", "vouchers": voucher})),
        step("redeem", json!({"order_id": id, "vouchers": voucher, "basket": basket(100)})),
    ]
}

async fn check_each_request(
    test: &TestScenario,
    customer: &CustomerBuilder,
    status: u16,
    code: &str,
) {
    for (method, path, body) in requests_naming(customer) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        check_problem(test.app.request(method, &path, &body).send().await, status, code);
    }
}

#[tokio::test]
async fn an_unknown_customer_stays_unknown() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0);
    check_each_request(&test, &customer, 404, "customer_unknown").await;
    check_problem(test.app.delete(&customer_path(&customer)).await, 404, "customer_unknown");
    assert!(StoredState::read(&test).await.is_empty());
}

#[tokio::test]
async fn an_erased_customer_does_not_come_back() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0);
    test.put_customers(std::slice::from_ref(&customer)).await;
    test.app.delete(&customer_path(&customer)).await.expect_status(204);
    let erased = StoredState::read(&test).await;
    check_each_request(&test, &customer, 410, "customer_erased").await;
    check_problem(
        test.app.put_customer(&customer.id, &customer.body).await,
        410,
        "customer_erased",
    );
    test.app.delete(&customer_path(&customer)).await.expect_status(204);
    assert_eq!(StoredState::read(&test).await, erased);
    assert!(!format!("{erased:?}").contains(&customer.email), "nothing personal is left");
}
