//! Customers at the ends of what there is: with more records than one page of them, with records of a thousand campaigns, and erased
//! after they got a voucher. What is shown is bounded, what is answered is whole.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{
    campaign::{Action, Revoke},
    channel::Channel,
    id::{CampaignId, Occurrence, VoucherId},
    voucher::{Status, Voucher},
};
use serde_json::Value;
use testkit::builders::{campaign_id, customer_id, definition, later, noon, voucher};

use crate::stage::{HOUR, Stage};

const CUSTOMER: &str = "/v1/configuration/voucher-campaign/diagnostics/customers/c-1";

/// The `number`th record of `c-1` in this campaign, that many minutes before noon.
fn record(campaign: &CampaignId, number: i64, status: Status) -> Voucher {
    let base = voucher(campaign, &definition(serde_json::json!({})), "c-1", Channel::Sms);
    let occurrence = Occurrence::parse(&format!("o-{number}")).unwrap();
    let id = VoucherId::derive(campaign, &customer_id("c-1"), &occurrence);
    Voucher { id, occurrence, status, issued_at: later(noon(), -number * 60_000), ..base }
}

async fn get(stage: &Stage, path: &str) -> Value {
    let answered = stage.get("viewer", &format!("{CUSTOMER}{path}")).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.body
}

#[tokio::test]
async fn of_more_records_than_a_page_the_newest_are_shown_and_all_are_known() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    let (many, asked) = (stage.promotion("cmp_many", &["sms"]).await, stage.promotion("cmp_asked", &["sms"]).await);
    stage.set_policy("admin", 0, &serde_json::json!({"open_offers_cap": 50})).await;
    for number in 0..2_500 {
        // one in a hundred can still be used
        let status = if number % 100 == 0 { Status::Issued } else { Status::Declined };
        stage.store.restore(&record(&many.id, number, status)).await.unwrap();
    }
    stage.store.restore(&record(&asked.id, 10_000, Status::Declined)).await.unwrap();
    let told = get(&stage, "").await;
    assert_eq!((&told["records_total"], &told["caps"]["open_offers"]), (&2_501.into(), &25.into()));
    let shown: Vec<&str> = told["records"].as_array().unwrap().iter().map(|it| it["at"].as_str().unwrap()).collect();
    let newest: Vec<String> = (0..200).map(|number| later(noon(), -number * 60_000).to_string()).collect();
    assert_eq!(shown, newest);
    let timeline = told["timeline"].as_array().unwrap();
    assert_eq!((timeline.len(), &timeline[0]["at"]), (500, &noon().to_string().into()));
    assert!(told.to_string().len() < 500_000, "{} bytes", told.to_string().len());
    // the oldest of all is found, and a cap that all of them make up holds
    assert_eq!(get(&stage, "/campaigns/cmp_asked").await["answer"], "got_voucher");
    let policy = serde_json::json!({"open_offers_cap": 25});
    assert_eq!(stage.set_policy("admin", 1, &policy).await.status, 200);
    let now = get(&stage, "/campaigns/cmp_many").await;
    assert_eq!(now["decision"]["reason"], "open_offers_cap", "{now}");
}

#[tokio::test]
async fn a_campaign_is_asked_only_where_its_cancellation_makes_a_difference() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let stage = Stage::with_pauses(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        0
    });
    stage.customer("c-1").await;
    for number in 0..1_000 {
        stage.store.restore(&record(&campaign_id(&format!("cmp_{number}")), number, Status::Redeemed)).await.unwrap();
    }
    let cancelled = stage.promotion("cmp_cancelled", &["sms"]).await;
    stage.store.restore(&record(&cancelled.id, 1_000, Status::Issued)).await.unwrap();
    stage.step_with(&cancelled, Action::Cancel, Some(Revoke::All)).await;
    let before = calls.load(Ordering::Relaxed);
    let told = get(&stage, "").await;
    let asked = calls.load(Ordering::Relaxed) - before;
    assert!(asked < 10, "{asked} calls for 1,001 records of 1,001 campaigns");
    assert_eq!((&told["records_total"], &told["caps"]["open_offers"]), (&1_001.into(), &0.into()));
    let why = get(&stage, "/campaigns/cmp_cancelled").await;
    assert_eq!((&why["answer"], &why["records"][0]["status"]), (&"got_voucher".into(), &"revoked".into()));
}

#[tokio::test]
async fn who_was_erased_after_they_got_a_voucher_is_told_both() {
    let stage = Stage::new();
    stage.customer("c-1").await;
    let campaign = stage.promotion("cmp_1", &["sms"]).await;
    stage.planned(&campaign, &["c-1"], noon()).await;
    stage.released_and_delivered().await;
    stage.at(later(noon(), HOUR));
    stage.store.erase_customer(&customer_id("c-1"), |_, _| None, later(noon(), HOUR)).await.unwrap();
    let why = get(&stage, "/campaigns/cmp_1").await;
    assert_eq!((&why["answer"], &why["audience"]), (&"got_voucher".into(), &Value::Null));
    assert_eq!((&why["decision"]["outcome"], &why["decision"]["reason"]), (&"skip".into(), &"customer_gone".into()));
    let told = get(&stage, "").await;
    assert_eq!((&told["known"], told["records"].as_array().unwrap().len()), (&"erased".into(), 1));
    let happened: Vec<&str> =
        told["timeline"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(happened, ["sent", "attempt", "issued"], "what was done stays, what they chose is gone");
    assert!(!told.to_string().contains("600000001") && !why.to_string().contains("ana"));
}
