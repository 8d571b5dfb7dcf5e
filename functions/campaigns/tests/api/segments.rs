//! Saved segments on the in-memory AWS: versions, users, circles, what a launch freezes,
//! exclusions, and the attributes that rules compare.

use serde_json::{Value, json};

use crate::{
    approvals::{ADMIN, ApprovalsFixture, MARKETER, TestActor},
    client::{ApiResponse, CAMPAIGNS},
};

const SEGMENTS: &str = "/v1/segments";
const ATTRIBUTES: &str = "/v1/configuration/voucher-campaign/attributes";
const PREVIEWS: &str = "/v1/audience-previews";

fn tagged(tag: &str) -> Value {
    json!({"tags": {"any_of": [tag]}})
}
fn names(segment: &str) -> Value {
    json!({"not": {"segment": {"id": segment}}})
}

impl ApprovalsFixture {
    async fn save(&self, id: &str, etag: &str, rule: Value) -> ApiResponse {
        let body = json!({"name": format!("All {id}"), "rule": rule});
        self.send(MARKETER, "PUT", &format!("{SEGMENTS}/{id}"), etag, body).await
    }
    async fn exclude(&self, who: TestActor, id: &str, etag: &str, rule: Value) -> ApiResponse {
        let body = json!({"name": id, "rule": rule, "excluded": true});
        self.send(who, "PUT", &format!("{SEGMENTS}/{id}"), etag, body).await
    }
    async fn segment(&self, id: &str) -> ApiResponse {
        self.send(MARKETER, "GET", &format!("{SEGMENTS}/{id}"), "", Value::Null).await
    }
    async fn remove(&self, id: &str) -> ApiResponse {
        self.send(MARKETER, "DELETE", &format!("{SEGMENTS}/{id}"), "", Value::Null).await
    }
    async fn campaign(&self, path: &str) -> ApiResponse {
        self.send(MARKETER, "GET", path, "", Value::Null).await.expect_ok()
    }
}

#[tokio::test]
async fn a_segment_is_created_changed_by_its_version_and_deleted() {
    let stage = ApprovalsFixture::new();
    let created = stage.save("staff", "", tagged("staff")).await;
    assert_eq!((created.status, created.etag.as_str()), (201, "\"1\""));
    let owner = created.body["owner"].as_str().unwrap();
    assert!(owner.contains("mia"), "{owner}");
    stage.save("staff", "", tagged("crew")).await.check(428, "precondition_required");
    stage.save("staff", "\"2\"", tagged("crew")).await.check(412, "precondition_failed");
    stage.save("nobody", "\"1\"", tagged("crew")).await.check(412, "precondition_failed");
    let repeated = stage.save("staff", "\"1\"", tagged("staff")).await.expect_ok();
    assert_eq!(repeated.etag, "\"1\"", "nothing has changed");
    let changed = stage.save("staff", "\"1\"", tagged("crew")).await.expect_ok();
    assert_eq!((changed.etag.as_str(), &changed.body["rule"]), ("\"2\"", &tagged("crew")));
    stage.save("other", "", tagged("x")).await.expect_ok();
    let list = stage.send(MARKETER, "GET", SEGMENTS, "", Value::Null).await.expect_ok();
    let ids: Vec<&Value> =
        list.body["segments"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&json!("other"), &json!("staff")]);
    assert_eq!(stage.remove("staff").await.status, 204);
    stage.segment("staff").await.check(404, "segment_unknown");
    stage.remove("staff").await.check(404, "segment_unknown");
}

#[tokio::test]
async fn bad_rules_circles_and_unknown_names_are_refused_at_their_node() {
    let stage = ApprovalsFixture::new();
    let bad = stage.save("a", "", json!({"all": [{"odd": {}}]})).await;
    assert_eq!((bad.status, bad.errors()), (422, vec!["/rule/all/0/odd unknown_field".to_owned()]));
    let own = stage.save("a", "", names("a")).await;
    assert_eq!((own.status, own.errors()), (422, vec!["/rule/not/segment cycle".to_owned()]));
    stage.save("a", "", tagged("x")).await.expect_ok();
    stage.save("b", "", names("a")).await.expect_ok();
    let round = stage.save("a", "\"1\"", names("b")).await;
    assert_eq!(round.status, 422);
    let detail = round.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("a > b > a"), "{detail}");
    assert_eq!(stage.segment("a").await.etag, "\"1\"");
    let draft = json!({"audience": names("nobody")});
    let campaign = stage.send(MARKETER, "POST", CAMPAIGNS, "", draft).await;
    assert_eq!(campaign.status, 422, "{}", campaign.body);
}

#[tokio::test]
async fn a_draft_follows_and_a_launched_campaign_keeps_its_version() {
    let stage = ApprovalsFixture::new();
    stage.save("vips", "", tagged("vip")).await.expect_ok();
    let audience = json!({"audience": {"segment": {"id": "vips"}}});
    let first = stage.draft(audience.clone()).await;
    assert_eq!(first.body["audience"], audience["audience"]);
    stage.launch(&first.path()).await.expect_ok();
    stage.save("vips", "\"1\"", tagged("gold")).await.expect_ok();
    let second = stage.draft(audience.clone()).await;
    stage.launch(&second.path()).await.expect_ok();
    let frozen = |version: u64, tag: &str| json!({"segment": {"id": "vips", "version": version, "rule": tagged(tag)}});
    assert_eq!(stage.campaign(&first.path()).await.body["audience"], frozen(1, "vip"));
    assert_eq!(stage.campaign(&second.path()).await.body["audience"], frozen(2, "gold"));
    // A copy follows again.
    let copy =
        stage.send(MARKETER, "POST", &format!("{}/clone", first.path()), "", json!({})).await;
    assert_eq!(copy.expect_ok().body["audience"], audience["audience"]);
    // A draft cannot bring a rule of its own under the segment's name.
    let forged = stage.draft(json!({"audience": frozen(1, "anything")})).await;
    assert_eq!(forged.body["audience"], audience["audience"]);
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted_and_its_users_are_named() {
    let stage = ApprovalsFixture::new();
    stage.save("vips", "", tagged("vip")).await.expect_ok();
    stage.save("others", "", names("vips")).await.expect_ok();
    let draft = stage.draft(json!({"audience": {"segment": {"id": "vips"}}})).await;
    let refused = stage.remove("vips").await;
    refused.check(409, "segment_in_use");
    assert_eq!(refused.errors(), ["/campaigns used", "/segments used"]);
    let read = stage.segment("vips").await.expect_ok().body;
    assert_eq!(read["campaigns"][0]["campaign_id"], draft.body["id"]);
    assert_eq!(read["segments"], json!(["others"]));
    stage.send(MARKETER, "DELETE", &draft.path(), "", Value::Null).await.expect_ok();
    stage.remove("others").await.expect_ok();
    stage.remove("vips").await.expect_ok();
}

#[tokio::test]
async fn only_an_administrator_changes_who_is_kept_out_of_everything() {
    let stage = ApprovalsFixture::new();
    stage.exclude(MARKETER, "staff", "", tagged("staff")).await.check(403, "forbidden");
    stage.exclude(ADMIN, "staff", "", tagged("staff")).await.expect_ok();
    stage.save("staff", "\"1\"", tagged("nobody")).await.check(403, "forbidden");
    stage.remove("staff").await.check(409, "segment_in_use");
    let all = stage.exclude(ADMIN, "all", "", json!({"everyone": {}})).await;
    assert_eq!(all.errors(), ["/rule everyone_excluded"]);
    let vouchers = stage.exclude(ADMIN, "had", "", json!({"had_voucher": {}})).await;
    assert_eq!(vouchers.errors(), ["/rule asks_vouchers"]);
}

#[tokio::test]
async fn an_attribute_in_use_keeps_its_type() {
    let stage = ApprovalsFixture::new();
    let declare = async |etag: &str, attributes: Value| {
        stage.send(ADMIN, "PUT", ATTRIBUTES, etag, json!({"attributes": attributes})).await
    };
    let tier =
        |kind: &str| json!([{"name": "tier", "type": kind}, {"name": "spare", "type": "bool"}]);
    declare("\"0\"", tier("text")).await.expect_ok();
    let compare = |name: &str| json!({"attribute": {"name": name, "any_of": ["gold"]}});
    let body = json!({"name": "x", "rule": compare("color")});
    let unknown = stage.send(MARKETER, "PUT", "/v1/segments/x", "", body).await;
    assert_eq!(unknown.errors(), ["/rule/attribute/name unknown_attribute"]);
    stage.save("gold", "", compare("tier")).await.expect_ok();
    let draft = stage.draft(json!({"audience": compare("tier")})).await;
    for changed in [tier("set"), json!([])] {
        let refused = declare("\"1\"", changed).await;
        refused.check(409, "attribute_in_use");
        let users = refused.body["errors"].to_string();
        assert!(
            users.contains("segment gold") && users.contains(draft.body["id"].as_str().unwrap())
        );
    }
    declare("\"1\"", json!([{"name": "tier", "type": "text"}])).await.expect_ok();
    let wrong = json!({"audience": {"attribute": {"name": "tier", "is": true}},
        "channels": {"mode": "first_available", "ladder": ["sms"]}});
    let preview = stage.send(MARKETER, "POST", PREVIEWS, "", wrong).await;
    assert_eq!(preview.errors(), ["/audience/attribute wrong_type"]);
}
