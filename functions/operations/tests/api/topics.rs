//! Tests of the topics, as administrators set them, and of what diagnostics say of a customer's.

use crate::fixture::OperationsFixture;
use serde_json::json;

const TOPICS: &str = "/v1/configuration/voucher-campaign/topics";

#[tokio::test]
async fn topics_are_set_by_administrators_and_each_error_has_its_place() {
    let stage = OperationsFixture::new();
    let unset = stage.get("viewer", TOPICS).await.body;
    assert_eq!((&unset["topics"], &unset["version"]), (&json!([]), &0.into()));
    let set = json!({"topics": [
        {"id": "deals", "names": {"en": "Deals", "ar": "عروض"}},
        {"id": "news", "names": {"en": "News"}, "default": "denied"}]});
    stage.put("marketer", TOPICS, 0, &set).await.check(403, "forbidden");
    assert_eq!(stage.put("admin", TOPICS, 0, &set).await.status, 200);
    let read = stage.get("viewer", TOPICS).await.body;
    assert_eq!(
        read["topics"][0]["default"], "granted",
        "silence is a yes unless the tenant says no"
    );
    assert_eq!((&read["topics"][1]["default"], &read["version"]), (&json!("denied"), &1.into()));
    for (bad, field) in [
        (json!({"topics": [{"id": "Deals", "names": {"en": "x"}}]}), "/topics/0/id"),
        (json!({"topics": [{"id": "a", "names": {}}]}), "/topics/0/names"),
        (
            json!({"topics": [{"id": "a", "names": {"en": "x"}, "default": "maybe"}]}),
            "/topics/0/default",
        ),
        (json!({"topics": [{"id": "a", "names": {"english": "x"}}]}), "/topics/0/names/english"),
    ] {
        let refused = stage.put("admin", TOPICS, 1, &bad).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["field"]),
            (422, &field.into()),
            "{}",
            refused.body
        );
    }
    assert_eq!(stage.get("viewer", TOPICS).await.body["version"], 1, "nothing was half-written");
}
