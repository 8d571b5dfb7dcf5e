//! Tests of the settings that reports calculate with, as administrators set them.

use crate::fixture::OperationsFixture;
use serde_json::{Value, json};

const COSTS: &str = "/v1/configuration/voucher-campaign/costs";

#[tokio::test]
async fn costs_are_the_deployments_until_an_administrator_sets_them() {
    let stage = OperationsFixture::new();
    let unset = stage.get("viewer", COSTS).await.body;
    let deployed =
        json!({"sms_micros": 50_000, "email_micros": 100, "push_micros": 1, "margin_percent": 100});
    assert_eq!(
        (&unset["in_force"], &unset["sms_micros"], &unset["version"]),
        (&deployed, &Value::Null, &0.into())
    );
    assert_eq!((&unset["currency"], &unset["time_zone"]), (&"EUR".into(), &"UTC".into()));
    let set = json!({"sms_micros": 72_000, "margin_percent": 25});
    stage.put("marketer", COSTS, 0, &set).await.check(403, "forbidden");
    assert_eq!(stage.put("admin", COSTS, 0, &set).await.status, 200);
    stage.put("admin", COSTS, 0, &set).await.check(412, "precondition_failed");
    let read = stage.get("viewer", COSTS).await.body;
    assert_eq!(
        (&read["sms_micros"], &read["in_force"]["email_micros"]),
        (&72_000.into(), &100.into())
    );
    assert_eq!(
        (&read["in_force"]["margin_percent"], &read["updated_by"]),
        (&25.into(), &"ada (s-1)".into())
    );
    for (bad, field) in [
        (json!({"margin_percent": 101}), "/margin_percent"),
        (json!({"sms_micros": 1_000_000_001_u64}), "/sms_micros"),
        (json!({"email_micros": -1}), "/email_micros"),
        (json!({"sms": 5}), "/sms"),
    ] {
        let refused = stage.put("admin", COSTS, 1, &bad).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["field"]),
            (422, &field.into()),
            "{}",
            refused.body
        );
    }
    assert_eq!(stage.get("viewer", COSTS).await.body["version"], 1, "nothing was half-written");
}
