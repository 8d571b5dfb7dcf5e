//! Tests audience rules: the same checks and the same pointers apply when a rule is saved and when
//! it is previewed.

use serde_json::{Value, json};
use system_tests::TestScenario;

use super::{StoredState, check_fields};

fn nested_rule(levels: usize) -> Value {
    (1..levels).fold(json!({"everyone": {}}), |rule, _| json!({"not": rule}))
}

fn wide_rule(children: usize) -> Value {
    json!({"any": vec![json!({"everyone": {}}); children]})
}

async fn check_rule(test: &TestScenario, rule: Value, fields: &[&str]) {
    check_fields(
        test.marketer.post_campaign(&test.promotion().audience(rule.clone()).body()).await,
        fields,
    );
    let preview = json!({"audience": rule, "channels": {"mode": "all", "ladder": ["sms"]}});
    check_fields(test.marketer.post("/v1/audience-previews", &preview).await, fields);
}

#[tokio::test]
async fn a_tree_too_deep_names_the_node_that_is_too_deep() {
    let test = TestScenario::begin().await;
    check_rule(&test, nested_rule(9), &["/audience/not/not/not/not/not/not/not/not too_deep"])
        .await;
    check_rule(&test, nested_rule(60), &["/audience/not/not/not/not/not/not/not/not too_deep"])
        .await;
    assert!(StoredState::read(&test).await.is_empty());
    test.marketer
        .post_campaign(&test.promotion().audience(nested_rule(8)).body())
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_tree_too_wide_is_refused() {
    let test = TestScenario::begin().await;
    check_rule(&test, wide_rule(200), &["/audience too_wide"]).await;
    check_rule(&test, wide_rule(5_000), &["/audience too_wide"]).await;
    assert!(StoredState::read(&test).await.is_empty());
    test.marketer
        .post_campaign(&test.promotion().audience(wide_rule(199)).body())
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_bad_node_is_named_by_its_pointer() {
    let test = TestScenario::begin().await;
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let usd = json!({"amount": 1, "currency": "USD"});
    let ids: Vec<String> = (0..1_001).map(|number| format!("c-{number}")).collect();
    let cases: Vec<(Value, &[&str])> = vec![
        (json!([]), &["/audience invalid"]),
        (json!({}), &["/audience exactly_one"]),
        (json!({"everyone": {}, "ordered": {"vertical": "food"}}), &["/audience exactly_one"]),
        (json!({"everybody": {}}), &["/audience/everybody unknown_field"]),
        (json!({"everyone": {"but": "me"}}), &["/audience/everyone/but unknown_field"]),
        (json!({"all": []}), &["/audience/all empty"]),
        (json!({"all": {"everyone": {}}}), &["/audience/all invalid"]),
        (json!({"any": [{"everyone": {}}, 7]}), &["/audience/any/1 invalid"]),
        (json!({"not": {"ordered": {"vertical": 7}}}), &["/audience/not/ordered/vertical invalid"]),
        (
            json!({"ordered": {"vertical": "food", "days": 3}}),
            &["/audience/ordered/days unknown_field"],
        ),
        (json!({"orders_count": {}}), &["/audience/orders_count empty"]),
        (
            json!({"orders_count": {"at_least": -1}}),
            &["/audience/orders_count/at_least out_of_range"],
        ),
        (json!({"orders_count": {"at_least": 1.5}}), &["/audience/orders_count/at_least invalid"]),
        (
            json!({"orders_count": {"at_least": 3, "at_most": 2}}),
            &["/audience/orders_count reversed"],
        ),
        (json!({"spend": {"at_least": eur(-1)}}), &["/audience/spend/at_least/amount invalid"]),
        (json!({"spend": {"at_least": 500}}), &["/audience/spend/at_least invalid"]),
        (
            json!({"spend": {"at_least": eur(1), "at_most": usd}}),
            &["/audience/spend/at_most/currency mixed_currency"],
        ),
        (
            json!({"all": [{"spend": {"at_least": eur(1)}}, {"spend": {"vertical": "food", "at_most": usd}}]}),
            &["/audience/all/1/spend/at_most/currency mixed_currency"],
        ),
        (json!({"last_order": {"from": "2026-13-01"}}), &["/audience/last_order/from invalid"]),
        (
            json!({"last_order": {"from": "2026-02-02", "until": "2026-02-01"}}),
            &["/audience/last_order reversed"],
        ),
        (
            json!({"last_order": {"days_ago_at_least": 40_000}}),
            &["/audience/last_order/days_ago_at_least out_of_range"],
        ),
        (json!({"within_km": {"points": [], "km": 3}}), &["/audience/within_km/points empty"]),
        (json!({"near_merchants": {"km": 3}}), &["/audience/near_merchants empty"]),
        (
            json!({"not": {"near_merchants": {"merchants": ["m-1"], "km": 3}}}),
            &["/audience/not/near_merchants not_allowed"],
        ),
        (
            json!({"within_km": {"points": [{"lat": 91, "lon": 0}], "km": 0}}),
            &["/audience/within_km/points/0 invalid", "/audience/within_km/km out_of_range"],
        ),
        (json!({"locale": {"any_of": ["english"]}}), &["/audience/locale/any_of/0 invalid"]),
        (json!({"signed_up": {}}), &["/audience/signed_up empty"]),
        (
            json!({"tags": {"some_of": ["vip"]}}),
            &["/audience/tags/some_of unknown_field", "/audience/tags empty"],
        ),
        (
            json!({"customer_ids": {"any_of": ["a b"]}}),
            &["/audience/customer_ids/any_of/0 invalid"],
        ),
        (json!({"customer_ids": {"any_of": ids}}), &["/audience/customer_ids/any_of too_many"]),
        (
            json!({"consents_to": {"channel": "fax"}}),
            &["/audience/consents_to/channel unknown_value"],
        ),
        (json!({"consents_to": {}}), &["/audience/consents_to/channel required"]),
        (json!({"a/b~c": {}}), &["/audience/a~1b~0c unknown_field"]),
    ];
    for (rule, fields) in cases {
        check_rule(&test, rule, fields).await;
    }
    assert!(StoredState::read(&test).await.is_empty());
}

#[tokio::test]
async fn a_preview_needs_channels_too() {
    let test = TestScenario::begin().await;
    let preview = |channels: Value| json!({"audience": {"everyone": {}}, "channels": channels});
    for (body, field) in [
        (json!({"audience": {"everyone": {}}}), " required"),
        (preview(json!({"mode": "all", "ladder": []})), "/channels/ladder required"),
        (preview(json!({"mode": "all", "ladder": ["sms", "sms"]})), "/channels/ladder/1 duplicate"),
        (preview(json!({"mode": "most", "ladder": ["sms"]})), "/channels/mode unknown_value"),
        (
            super::with_member(
                preview(json!({"mode": "all", "ladder": ["sms"]})),
                "/limit",
                json!(5),
            ),
            "/limit unknown_field",
        ),
    ] {
        check_fields(test.marketer.post("/v1/audience-previews", &body).await, &[field]);
    }
}
