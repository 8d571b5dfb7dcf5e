//! Who else wants a campaign's customers: counted over all of them, and what priority and caps make of it.

use domain::{
    campaign::{Campaign, State},
    customer_change::Replacement,
    field::parse_value,
    id::RunId,
};
use serde_json::{Value, json};
use store::{control::Change, work::new_segments};
use testkit::builders::{campaign_id, customer_id, definition, noon};

use crate::stage::Stage;

async fn campaign(stage: &Stage, id: &str, launched: bool, change: Value) {
    let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
    let change = Change { actor: "ada", action: "test", note: "", at: noon() };
    stage.store.create_campaign(&draft, id, &change).await.unwrap();
    if launched {
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        stage.store.launch(&draft, State::Running, &run, &segments, &change).await.unwrap();
    }
}

/// So many who are tagged `vip` and allow SMS; every third does not.
async fn customers(stage: &Stage, vips: usize, others: usize) {
    for number in 0..vips + others {
        let tags: &[&str] = if number < vips { &["vip"] } else { &[] };
        let sms = if number % 3 == 2 { "denied" } else { "granted" };
        let put: Replacement = parse_value(json!({
            "profile": {"tags": tags}, "contacts": {"phone": "+34600000001"},
            "consents": {"sms": {"state": sms, "source": "test", "at": "2026-01-01T00:00:00Z"}},
        }))
        .unwrap();
        let euros = domain::money::Currency::parse("EUR").unwrap();
        stage.store.put_customer(&customer_id(&format!("c-{number}")), &put, euros).await.unwrap();
    }
}

fn vips(priority: u8) -> Value {
    let audience = json!({"everyone": null, "tags": {"any_of": ["vip"]}});
    json!({"audience": audience, "channels": {"ladder": ["sms"]}, "pressure": {"priority": priority}})
}

#[tokio::test]
async fn customers_in_common_are_counted_and_priority_and_caps_say_who_gets_them() {
    let stage = Stage::new();
    customers(&stage, 9, 6).await;
    campaign(&stage, "cmp_draft", false, vips(50)).await;
    campaign(&stage, "cmp_vip", true, vips(90)).await;
    campaign(&stage, "cmp_all", true, json!({"channels": {"ladder": ["sms"]}, "pressure": {"priority": 10}})).await;
    campaign(&stage, "cmp_email", true, json!({"channels": {"ladder": ["email"]}})).await;
    campaign(&stage, "cmp_other_draft", false, vips(1)).await;
    let told = stage.get("/v1/campaigns/cmp_draft/overlaps").await.good(200);
    assert_eq!((&told["exact"], &told["scanned"], &told["wanted"]["value"]), (&true.into(), &15.into(), &6.into()));
    let overlaps = told["overlaps"].as_array().unwrap();
    let shown = |index: usize| {
        let it = &overlaps[index];
        (it["campaign_id"].as_str().unwrap().to_owned(), it["both"]["value"].as_u64().unwrap(), it["first"].clone())
    };
    let mut two = [shown(0), shown(1)];
    two.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(two, [("cmp_all".into(), 6, "this".into()), ("cmp_vip".into(), 6, "other".into())]);
    assert_eq!((shown(2), overlaps.len()), (("cmp_email".into(), 0, "whichever_is_due".into()), 3));
    assert!(overlaps.iter().all(|overlap| overlap["outcome"] == "both"), "without caps nothing stops the second");
    stage.set("/v1/configuration/voucher-campaign/contact-policy", json!({"open_offers_cap": 1})).await;
    let told = stage.get("/v1/campaigns/cmp_draft/overlaps").await.good(200);
    assert_eq!(told["overlaps"][0]["outcome"], "one");
}

#[tokio::test]
async fn an_audit_of_no_campaign_and_by_a_stranger_is_refused() {
    let stage = Stage::new();
    stage.get("/v1/campaigns/cmp_none/overlaps").await.check(404, "campaign_unknown");
    campaign(&stage, "cmp_1", false, vips(50)).await;
    stage.send("nobody", "GET", "/v1/campaigns/cmp_1/overlaps", &[], &Value::Null).await.check(403, "forbidden");
}
