//! Tests of the API keys as an operator sees them: which there are and when they were used, and
//! nothing of their secrets.

use domain::kernel::id::ApiKeyId;
use serde_json::json;
use testkit::builders::noon;

use crate::fixture::OperationsFixture;

const API_KEYS: &str = "/v1/configuration/voucher-campaign/api-keys";
const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn an_operator_sees_scopes_age_last_use_and_rotation_of_each_key() {
    let test = OperationsFixture::new();
    let key = |id: &str, more: serde_json::Value| {
        let mut key = json!({"key_id": id, "scopes": ["orders"], "secrets": [SECRET],
            "created_at": "2026-10-01T00:00:00Z"});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    };
    let rotating = json!({"secrets": [SECRET, SECRET], "rotated_at": "2026-10-02T00:00:00Z"});
    let revoked = json!({"secrets": [SECRET, SECRET], "revoked_at": "2026-10-03T00:00:00Z"});
    let document = json!({"keys": [key("web", rotating), key("old", revoked)], "first": SECRET});
    test.memory.set_secret("webhook", document.to_string());
    test.store.record_key_use(&ApiKeyId::parse("web").unwrap(), noon()).await.unwrap();
    let items = test.get("viewer", API_KEYS).await.items();
    let expected = json!([
        {"key_id": "first", "scopes": ["orders", "vouchers", "customers", "catalogue"], "created_at": null,
            "rotated_at": null, "rotating": false, "revoked_at": null, "last_used_at": null},
        {"key_id": "old", "scopes": ["orders"], "created_at": "2026-10-01T00:00:00Z",
            "rotated_at": null, "rotating": false, "revoked_at": "2026-10-03T00:00:00Z",
            "last_used_at": null},
        {"key_id": "web", "scopes": ["orders"], "created_at": "2026-10-01T00:00:00Z",
            "rotated_at": "2026-10-02T00:00:00Z", "rotating": true, "revoked_at": null,
            "last_used_at": noon().to_string()},
    ]);
    assert_eq!(json!(items), expected);
    assert!(!json!(items).to_string().contains(SECRET));
}

#[tokio::test]
async fn whoever_has_no_group_sees_no_keys() {
    let test = OperationsFixture::new();
    test.get("nobody", API_KEYS).await.check(403, "forbidden");
}
