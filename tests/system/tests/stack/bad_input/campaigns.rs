//! Tests invalid new campaigns: every mistake is named by its pointer, all of them at once, and no
//! draft is created.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use system_tests::{TestScenario, money};

use super::{StoredState, check_fields, check_problem, not_json, with_member};

type FieldCase = (&'static str, Value, &'static [&'static str]);

/// Returns the time so many hours from now, or before now if the number is negative.
fn hours_from_now(number: i64) -> Value {
    json!(Timestamp::now().checked_add(SignedDuration::from_hours(number)).unwrap().to_string())
}

/// Checks each case by itself, on a definition that is valid otherwise.
async fn check_cases(cases: Vec<FieldCase>) {
    let test = TestScenario::begin().await;
    for (pointer, value, fields) in cases {
        let body = with_member(test.promotion().body(), pointer, value);
        check_fields(test.marketer.post_campaign(&body).await, fields);
    }
    assert!(StoredState::read(&test).await.is_empty());
    test.marketer.post_campaign(&test.promotion().body()).await.expect_status(201);
}

#[tokio::test]
async fn what_is_not_json_makes_no_campaign() {
    let test = TestScenario::begin().await;
    for body in not_json() {
        for path in ["/v1/campaigns", "/v1/audience-previews"] {
            let request = test.marketer.request("POST", path).body(body.clone());
            check_problem(request.send().await, 400, "malformed_json");
        }
    }
    assert!(StoredState::read(&test).await.is_empty());
    let twice = test.promotion().body().to_string().replacen('{', "{\"name\": \"twice\", ", 1);
    let answer = test.marketer.request("POST", "/v1/campaigns").body(twice).send().await;
    assert!(
        answer.status == 201 || answer.status == 422,
        "of two names the last or none: {}",
        answer.text
    );
}

#[tokio::test]
async fn shapes_and_names() {
    check_cases(vec![
        ("/surprise", json!(1), &["/surprise unknown_field"]),
        ("/offer/scope/stores", json!([]), &["/offer/scope/stores unknown_field"]),
        ("/schedule", json!({"begins": "now"}), &["/schedule/begins unknown_field"]),
        ("/name", Value::Null, &[" required"]),
        ("/offer", Value::Null, &[" required"]),
        ("/offer/benefit", Value::Null, &["/offer required"]),
        ("/name", json!(5), &["/name invalid"]),
        ("/name", json!(""), &["/name out_of_range"]),
        ("/name", json!(" "), &["/name out_of_range"]),
        ("/name", json!("x".repeat(201)), &["/name out_of_range"]),
        ("/name", json!("two\nlines"), &["/name out_of_range"]),
        ("/description", json!("x".repeat(2_001)), &["/description too_long"]),
        ("/kind", json!("raffle"), &["/kind unknown_value"]),
        ("/kind", json!("autopilot"), &["/trigger required"]),
        (
            "/trigger",
            json!({"when": {"inactivity": {"days": 30}}, "cool_down_days": 90}),
            &["/trigger unexpected"],
        ),
        ("/offer", json!("5 EUR"), &["/offer invalid"]),
        // lists in place of objects: no scope would be every scope, no caps would be none
        ("/offer/scope", json!([]), &["/offer/scope invalid"]),
        ("/offer/minimum_basket", json!([1_000, "EUR"]), &["/offer/minimum_basket invalid"]),
        ("/caps", json!([]), &["/caps invalid"]),
        ("/schedule", json!([]), &["/schedule invalid"]),
        ("/reversal", json!(["burn", "none"]), &["/reversal invalid"]),
        ("/offer/first_order_only", json!("no"), &["/offer/first_order_only invalid"]),
        ("/offer/scope/verticals", json!([""]), &["/offer/scope/verticals out_of_range"]),
        ("/offer/scope/verticals", json!("food"), &["/offer/scope/verticals invalid"]),
        ("/holdout_percent", json!(51), &["/holdout_percent out_of_range"]),
        ("/holdout_percent", json!(-1), &["/holdout_percent invalid"]),
        ("/holdout_percent", json!(256), &["/holdout_percent invalid"]),
        ("/holdout_percent", json!("10"), &["/holdout_percent invalid"]),
        ("/reversal", json!({"on_cancel": "keep"}), &["/reversal/on_cancel unknown_value"]),
    ])
    .await;
}

#[tokio::test]
async fn money_and_percentages() {
    let percent = |percent: Value| json!({"percent": {"percent": percent, "cap": money(800)}});
    let fixed = |amount: Value| json!({"fixed_amount": {"amount": amount}});
    let usd = || json!({"amount": 500, "currency": "USD"});
    check_cases(vec![
        (
            "/offer/benefit",
            fixed(money(-1)),
            &["/offer/benefit/fixed_amount/amount/amount invalid"],
        ),
        (
            "/offer/benefit",
            fixed(money(0)),
            &["/offer/benefit/fixed_amount/amount/amount must_be_positive"],
        ),
        (
            "/offer/benefit",
            fixed(money(1_000_000_000_001)),
            &["/offer/benefit/fixed_amount/amount/amount invalid"],
        ),
        (
            "/offer/benefit",
            fixed(money(i64::MAX)),
            &["/offer/benefit/fixed_amount/amount/amount invalid"],
        ),
        (
            "/offer/benefit",
            fixed(json!({"amount": 5.5, "currency": "EUR"})),
            &["/offer/benefit/fixed_amount/amount/amount invalid"],
        ),
        (
            "/offer/benefit",
            fixed(json!({"amount": 1e30, "currency": "EUR"})),
            &["/offer/benefit/fixed_amount/amount/amount invalid"],
        ),
        (
            "/offer/benefit",
            fixed(json!({"amount": "500", "currency": "EUR"})),
            &["/offer/benefit/fixed_amount/amount/amount invalid"],
        ),
        (
            "/offer/benefit",
            fixed(json!({"amount": 500})),
            &["/offer/benefit/fixed_amount/amount required"],
        ),
        (
            "/offer/benefit",
            fixed(json!({"amount": 500, "currency": "€"})),
            &["/offer/benefit/fixed_amount/amount/currency invalid"],
        ),
        ("/offer/benefit", percent(json!(101)), &["/offer/benefit/percent/percent invalid"]),
        ("/offer/benefit", percent(json!(0)), &["/offer/benefit/percent/percent invalid"]),
        ("/offer/benefit", percent(json!(-20)), &["/offer/benefit/percent/percent invalid"]),
        ("/offer/benefit", percent(json!(12.5)), &["/offer/benefit/percent/percent invalid"]),
        ("/offer/benefit", percent(json!("20 %")), &["/offer/benefit/percent/percent invalid"]),
        (
            "/offer/benefit",
            json!({"percent": {"percent": 20}}),
            &["/offer/benefit/percent required"],
        ),
        ("/offer/benefit", json!({"two_for_one": {}}), &["/offer/benefit unknown_value"]),
        ("/offer/benefit", json!({}), &["/offer/benefit invalid"]),
        ("/offer/minimum_basket", usd(), &["/offer/minimum_basket/currency mixed_currency"]),
        ("/offer/minimum_basket", money(-1), &["/offer/minimum_basket/amount invalid"]),
        ("/caps", json!({"exposure": usd()}), &["/caps/exposure/currency mixed_currency"]),
        ("/caps", json!({"redeemed": usd()}), &["/caps/redeemed/currency mixed_currency"]),
        ("/caps", json!({"redeemed": money(-1)}), &["/caps/redeemed/amount invalid"]),
        ("/caps", json!({"vouchers": 0}), &["/caps/vouchers out_of_range"]),
        ("/caps", json!({"vouchers": 1_000_000_001}), &["/caps/vouchers out_of_range"]),
        ("/caps", json!({"vouchers": -1}), &["/caps/vouchers invalid"]),
        (
            "/audience",
            json!({"spend": {"at_least": usd()}}),
            &["/audience/currency mixed_currency"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn two_benefits_at_once_are_one_too_many() {
    let test = TestScenario::begin().await;
    let both =
        json!({"fixed_amount": {"amount": money(500)}, "free_delivery": {"cap": money(300)}});
    let body = with_member(test.promotion().body(), "/offer/benefit", both);
    let answer = check_problem(test.marketer.post_campaign(&body).await, 422, "invalid_request");
    assert!(answer.problem_fields()[0].starts_with("/offer/benefit"), "{}", answer.text);
    assert!(StoredState::read(&test).await.is_empty());
}

#[tokio::test]
async fn dates_before_now_and_ends_before_starts() {
    let absolute = |from: Value, until: Value| json!({"absolute": {"from": from, "until": until}});
    check_cases(vec![
        (
            "/schedule",
            json!({"starts_at": hours_from_now(-1)}),
            &["/schedule/starts_at in_the_past"],
        ),
        ("/schedule", json!({"ends_at": hours_from_now(-1)}), &["/schedule/ends_at in_the_past"]),
        (
            "/schedule",
            json!({"starts_at": hours_from_now(2), "ends_at": hours_from_now(1)}),
            &["/schedule/ends_at end_before_start"],
        ),
        (
            "/schedule",
            json!({"starts_at": "2199-01-01T00:00:00Z", "ends_at": "2199-01-01T00:00:00Z"}),
            &["/schedule/ends_at end_before_start"],
        ),
        ("/schedule", json!({"starts_at": "tomorrow"}), &["/schedule/starts_at invalid"]),
        ("/schedule", json!({"starts_at": 1_900_000_000}), &["/schedule/starts_at invalid"]),
        ("/schedule", json!({"ends_at": "2026-02-30T00:00:00Z"}), &["/schedule/ends_at invalid"]),
        (
            "/validity",
            absolute(hours_from_now(2), hours_from_now(1)),
            &["/validity/absolute/until end_before_start"],
        ),
        (
            "/validity",
            absolute(hours_from_now(-2), hours_from_now(-1)),
            &["/validity/absolute/until in_the_past"],
        ),
        (
            "/validity",
            absolute(hours_from_now(-1), hours_from_now(-2)),
            &["/validity/absolute/until end_before_start", "/validity/absolute/until in_the_past"],
        ),
        (
            "/validity",
            json!({"absolute": {"from": hours_from_now(1)}}),
            &["/validity/absolute required"],
        ),
        (
            "/validity",
            json!({"from_issue": {"hours": 0}}),
            &["/validity/from_issue/hours out_of_range"],
        ),
        (
            "/validity",
            json!({"from_issue": {"hours": -1}}),
            &["/validity/from_issue/hours invalid"],
        ),
        (
            "/validity",
            json!({"from_issue": {"hours": 1_000_000}}),
            &["/validity/from_issue/hours out_of_range"],
        ),
        (
            "/validity",
            json!({"from_acceptance": {"hours": 0, "accept_within_hours": 0}}),
            &[
                "/validity/from_acceptance/hours out_of_range",
                "/validity/from_acceptance/accept_within_hours out_of_range",
            ],
        ),
        ("/validity", json!({"for_ever": {}}), &["/validity unknown_value"]),
        ("/accept_by", hours_from_now(-1), &["/accept_by in_the_past"]),
    ])
    .await;
}

#[tokio::test]
async fn channels_and_messages() {
    let sms = |text: &str| json!({"en": {"sms": {"text": text}}});
    let ladder = |channels: Value| json!({"mode": "first_available", "ladder": channels});
    let test = TestScenario::begin().await;
    let base = test.promotion().ladder(&["sms"]).body();
    let cases: Vec<FieldCase> = vec![
        ("/channels", ladder(json!([])), &["/channels/ladder required"]),
        ("/channels", ladder(json!(["sms", "sms"])), &["/channels/ladder/1 duplicate"]),
        ("/channels", ladder(json!(["fax"])), &["/channels/ladder/0 unknown_value"]),
        (
            "/channels",
            json!({"mode": "loudest", "ladder": ["sms"]}),
            &["/channels/mode unknown_value"],
        ),
        (
            "/messages/locales",
            sms("{{ nickname }}"),
            &["/messages/locales/en/sms/text unknown_variable"],
        ),
        (
            "/messages/locales",
            sms("{{ first_name }}"),
            &["/messages/locales/en/sms/text unfilled_variable"],
        ),
        ("/messages/locales", sms("{{ offer"), &["/messages/locales/en/sms/text syntax"]),
        (
            "/messages/locales",
            sms("{{ offer | shout }}"),
            &["/messages/locales/en/sms/text unknown_filter"],
        ),
        (
            "/messages/locales",
            sms("{% include 'secrets' %}"),
            &["/messages/locales/en/sms/text not_allowed"],
        ),
        (
            "/messages/locales",
            sms("{{ offer.__class__ }}"),
            &["/messages/locales/en/sms/text not_allowed"],
        ),
        ("/messages/locales", sms("  "), &["/messages/locales/en/sms/text empty"]),
        (
            "/messages/locales",
            sms(&"x".repeat(1_001)),
            &["/messages/locales/en/sms/text too_large"],
        ),
        ("/messages/locales", sms(&"ü☂".repeat(300)), &["/messages/locales/en/sms/text too_large"]),
        (
            "/messages/locales",
            json!({"en": {"push": {"title": "a", "body": "b"}}}),
            &["/messages/locales/en/sms required"],
        ),
        (
            "/messages/locales",
            json!({"english": {"sms": {"text": "a"}}}),
            &["/messages/locales/english invalid"],
        ),
        ("/messages/default_locale", json!("es"), &["/messages/default_locale required"]),
        ("/messages/locales/en", json!({"fax": {}}), &["/messages/locales/en/fax unknown_field"]),
    ];
    for (pointer, value, fields) in cases {
        check_fields(
            test.marketer.post_campaign(&with_member(base.clone(), pointer, value)).await,
            fields,
        );
    }
    assert!(StoredState::read(&test).await.is_empty());
    test.marketer.post_campaign(&base).await.expect_status(201);
}

#[tokio::test]
async fn all_mistakes_are_named_at_once() {
    let test = TestScenario::begin().await;
    let body = test
        .promotion()
        .name("")
        .minimum_basket(None)
        .with("/offer/minimum_basket", json!({"amount": 1, "currency": "USD"}))
        .with("/schedule", json!({"ends_at": hours_from_now(-1)}))
        .caps(json!({"vouchers": 0}))
        .holdout(60)
        .audience(
            json!({"all": [{"ordered": {}}, {"orders_count": {"at_least": 5, "at_most": 1}}]}),
        )
        .ladder(&[]);
    let expected = [
        "/name out_of_range",
        "/offer/minimum_basket/currency mixed_currency",
        "/schedule/ends_at in_the_past",
        "/caps/vouchers out_of_range",
        "/channels/ladder required",
        "/holdout_percent out_of_range",
        "/audience/all/0/ordered/vertical required",
        "/audience/all/1/orders_count reversed",
    ];
    check_fields(test.marketer.post_campaign(&body.body()).await, &expected);
    assert!(StoredState::read(&test).await.is_empty());
}

#[tokio::test]
async fn a_body_larger_than_any_campaign_is_refused() {
    let test = TestScenario::begin().await;
    let body = test.promotion().with("/description", json!("x".repeat(300 * 1024))).body();
    check_problem(test.marketer.post_campaign(&body).await, 413, "payload_too_large");
    let preview = test.marketer.post("/v1/audience-previews", &body).await;
    check_problem(preview, 413, "payload_too_large");
    assert!(StoredState::read(&test).await.is_empty());
}

#[tokio::test]
async fn an_idempotency_key_is_for_one_request() {
    let test = TestScenario::begin().await;
    let body = test.promotion().body();
    let create = |key: &str, body: &Value| {
        test.marketer
            .request("POST", "/v1/campaigns")
            .header("idempotency-key", key)
            .json(body)
            .send()
    };
    for key in ["", "k\u{1}", "ü", &"k".repeat(256)] {
        let bytes_are_a_header = http::HeaderValue::from_str(key).is_ok();
        if bytes_are_a_header {
            check_problem(create(key, &body).await, 400, "invalid_idempotency_key");
        }
    }
    assert!(StoredState::read(&test).await.is_empty());
    let key = format!("{}-key", test.identity.tag);
    let first = create(&key, &body).await.expect_status(201);
    let before = StoredState::read(&test).await;
    let again = create(&key, &body).await.expect_status(201);
    assert_eq!(again.json["id"], first.json["id"]);
    let other = test.promotion().holdout(5).body();
    check_problem(create(&key, &other).await, 422, "idempotency_key_reused");
    let clone = test
        .marketer
        .request("POST", &format!("/v1/campaigns/{}/clone", first.json["id"].as_str().unwrap()));
    let clone = clone
        .header("idempotency-key", &key)
        .json(&json!({"name": test.identity.tag}))
        .send()
        .await;
    check_problem(clone, 422, "idempotency_key_reused");
    // a refused request has not used up its idempotency key
    let fresh = format!("{}-fresh", test.identity.tag);
    check_fields(
        create(&fresh, &with_member(body.clone(), "/name", json!(""))).await,
        &["/name out_of_range"],
    );
    assert_eq!(StoredState::read(&test).await, before);
    create(&fresh, &body).await.expect_status(201);
}
