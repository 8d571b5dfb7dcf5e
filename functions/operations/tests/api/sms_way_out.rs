//! Tests of the tenant's rule for the way out of an SMS, as administrators set it.

use crate::fixture::OperationsFixture;
use serde_json::json;

const WAY_OUT: &str = "/v1/configuration/voucher-campaign/sms-way-out";

#[tokio::test]
async fn a_rule_by_country_is_kept_as_it_was_set_and_none_takes_a_reason() {
    let stage = OperationsFixture::new();
    let unset = stage.get("viewer", WAY_OUT).await.body;
    assert_eq!((&unset["countries"], &unset["version"]), (&json!({}), &0.into()));
    assert!(unset.get("default").is_none(), "{unset}");
    let set = json!({
        "default": {"link": {}},
        "countries": {
            "FR": {"reply": {"number": "36200"}}, "US": {"reply": {}},
            "AE": {"none": {"reason": "service messages only"}},
        },
    });
    stage.put("marketer", WAY_OUT, 0, &set).await.check(403, "forbidden");
    assert_eq!(stage.put("admin", WAY_OUT, 0, &set).await.status, 200);
    let read = stage.get("viewer", WAY_OUT).await.body;
    assert_eq!((&read["default"], &read["countries"]), (&set["default"], &set["countries"]));
    for (bad, field) in [
        (json!({"default": {"none": {"reason": ""}}}), "/default/none/reason"),
        (json!({"countries": {"FR": {"reply": {"number": "call"}}}}), "/countries/FR/reply/number"),
        (json!({"default": {"none": {}}}), "/default/none/reason"),
        (json!({"default": {"fax": {}}}), "/default/fax"),
        (json!({"rules": {}}), "/rules"),
    ] {
        let refused = stage.put("admin", WAY_OUT, 1, &bad).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        let named = refused.body["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(field.starts_with(named) && !named.is_empty(), "{field}: {}", refused.body);
    }
    let unknown = json!({"countries": {"XX": {"link": {}}}});
    assert_eq!(stage.put("admin", WAY_OUT, 1, &unknown).await.status, 422);
    assert_eq!(stage.get("viewer", WAY_OUT).await.body["version"], 1, "nothing was half-written");
}
