//! Overlaps: which other campaigns want the same customers, counted over all of them, and the
//! effect of priority and caps.

use domain::{
    campaign::lifecycle::{Campaign, CampaignState},
    customer::changes::CustomerReplacement,
    kernel::{id::RunId, validation::parse_value},
};
use serde_json::{Value, json};
use store::{campaign::campaigns::AuditedChange, delivery::segments::new_segments};
use testkit::builders::{campaign_id, customer_id, definition, noon};

use super::fixture::MessagesFixture;

async fn create_campaign(stage: &MessagesFixture, id: &str, launched: bool, change: Value) {
    let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
    let change = AuditedChange { actor: "ada", action: "test", note: "", at: noon() };
    stage.store.create_campaign(&draft, id, &change).await.unwrap();
    if launched {
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        stage
            .store
            .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change)
            .await
            .unwrap();
    }
}

/// Creates customers who allow SMS, `vip_audience` of them tagged `vip`; every third customer does not
/// allow it.
async fn create_customers(stage: &MessagesFixture, vips: usize, others: usize) {
    for number in 0..vips + others {
        let tags: &[&str] = if number < vips { &["vip"] } else { &[] };
        let sms = if number % 3 == 2 { "denied" } else { "granted" };
        let put: CustomerReplacement = parse_value(json!({
            "profile": {"tags": tags}, "contacts": {"phone": "+34600000001"},
            "consents": {"sms": {"state": sms, "source": "test", "at": "2026-01-01T00:00:00Z"}},
        }))
        .unwrap();
        let euros = domain::kernel::money::Currency::parse("EUR").unwrap();
        stage.store.put_customer(&customer_id(&format!("c-{number}")), &put, euros).await.unwrap();
    }
}

fn vip_audience(priority: u8) -> Value {
    let audience = json!({"everyone": null, "tags": {"any_of": ["vip"]}});
    json!({"audience": audience, "channels": {"ladder": ["sms"]}, "pressure": {"priority": priority}})
}

#[tokio::test]
async fn customers_in_common_are_counted_and_priority_and_caps_say_who_gets_them() {
    let stage = MessagesFixture::new();
    create_customers(&stage, 9, 6).await;
    create_campaign(&stage, "cmp_draft", false, vip_audience(50)).await;
    create_campaign(&stage, "cmp_vip", true, vip_audience(90)).await;
    create_campaign(
        &stage,
        "cmp_all",
        true,
        json!({"channels": {"ladder": ["sms"]}, "pressure": {"priority": 10}}),
    )
    .await;
    create_campaign(&stage, "cmp_email", true, json!({"channels": {"ladder": ["email"]}})).await;
    create_campaign(&stage, "cmp_other_draft", false, vip_audience(1)).await;
    let told = stage.get("/v1/campaigns/cmp_draft/overlaps").await.expect_status(200);
    assert_eq!(
        (&told["exact"], &told["scanned"], &told["wanted"]["value"]),
        (&true.into(), &15.into(), &6.into())
    );
    let overlaps = told["overlaps"].as_array().unwrap();
    let shown = |index: usize| {
        let it = &overlaps[index];
        (
            it["campaign_id"].as_str().unwrap().to_owned(),
            it["both"]["value"].as_u64().unwrap(),
            it["first"].clone(),
        )
    };
    let mut two = [shown(0), shown(1)];
    two.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(two, [("cmp_all".into(), 6, "this".into()), ("cmp_vip".into(), 6, "other".into())]);
    assert_eq!((shown(2), overlaps.len()), (("cmp_email".into(), 0, "whichever_is_due".into()), 3));
    assert!(
        overlaps.iter().all(|overlap| overlap["outcome"] == "both"),
        "without caps nothing stops the second"
    );
    stage
        .replace_setting(
            "/v1/configuration/voucher-campaign/contact-policy",
            json!({"open_offers_cap": 1}),
        )
        .await;
    let told = stage.get("/v1/campaigns/cmp_draft/overlaps").await.expect_status(200);
    assert_eq!(told["overlaps"][0]["outcome"], "one");
}

/// Creates `count` customers: two through the store, then copied under other ids. One in three is a
/// VIP.
async fn create_many_customers(stage: &MessagesFixture, count: usize) {
    const TABLE: &str = "CustomersTable";
    create_customers(stage, 1, 1).await;
    let [vip, other] = ["c-0", "c-1"].map(|id| {
        let mut items = stage.memory.items(TABLE).into_iter();
        items.find(|item| item["customer_id"]["S"] == id).unwrap()
    });
    for number in 2..count {
        let mut item = if number % 3 == 0 { vip.clone() } else { other.clone() };
        item.insert("customer_id".into(), json!({"S": format!("c-{number}")}));
        stage.memory.preload(TABLE, item);
    }
}

#[tokio::test]
async fn above_fifty_thousand_customers_a_part_is_scanned_and_the_error_is_estimated() {
    const CUSTOMERS: usize = 51_000;
    const VIPS: u64 = 17_000;
    let stage = MessagesFixture::new();
    create_many_customers(&stage, CUSTOMERS).await;
    create_campaign(&stage, "cmp_draft", false, vip_audience(50)).await;
    create_campaign(&stage, "cmp_all", true, json!({"channels": {"ladder": ["sms"]}})).await;
    create_campaign(&stage, "cmp_email", true, json!({"channels": {"ladder": ["email"]}})).await;
    let told = stage.get("/v1/campaigns/cmp_draft/overlaps").await.expect_status(200);
    let scanned = told["scanned"].as_u64().unwrap();
    // 20,000 of them, or fewer on a slow machine that reaches the time limit first
    assert!(told["exact"] == false && scanned < 21_000, "{told}");
    // one draw in twenty lies outside its interval (domain::reporting::overlap tests that rate), and hardly
    // any by the interval's width again
    let check = |count: &Value, truth: u64| {
        let [value, low, high] = ["value", "low", "high"].map(|it| count[it].as_u64().unwrap());
        assert!(
            low <= value && value <= high && value.abs_diff(truth) <= high - low,
            "{truth} in {count}"
        );
        assert!(low < high && high - low < VIPS / 4, "an error that tells something: {count}");
    };
    check(&told["wanted"], VIPS);
    check(&told["overlaps"][0]["both"], VIPS);
    assert_eq!(told["overlaps"][1]["campaign_id"], "cmp_email");
    check(&told["overlaps"][1]["both"], 0);
}

#[tokio::test]
async fn an_audit_of_no_campaign_and_by_a_stranger_is_refused() {
    let stage = MessagesFixture::new();
    stage.get("/v1/campaigns/cmp_none/overlaps").await.check(404, "campaign_unknown");
    create_campaign(&stage, "cmp_1", false, vip_audience(50)).await;
    stage
        .send("nobody", "GET", "/v1/campaigns/cmp_1/overlaps", &[], &Value::Null)
        .await
        .check(403, "forbidden");
}
