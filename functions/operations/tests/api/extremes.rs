//! Tests of customers at the extremes: with more records than fit on one page, with records of a
//! thousand campaigns, and erased after they got a voucher. The answer is bounded where it lists
//! records, and complete otherwise.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{
    campaign::{lifecycle::CampaignAction, redeeming::RevokeScope},
    kernel::{
        channel::Channel,
        id::{CampaignId, Occurrence, VoucherId},
    },
    voucher::record::{Voucher, VoucherStatus},
};
use serde_json::Value;
use testkit::builders::{add_milliseconds, campaign_id, customer_id, definition, noon, voucher};

use crate::fixture::{HOUR, OperationsFixture};

const CUSTOMER: &str = "/v1/configuration/voucher-campaign/diagnostics/customers/c-1";

/// Builds the `number`th record of `c-1` in this campaign, issued that many minutes before noon.
fn numbered_record(campaign: &CampaignId, number: i64, status: VoucherStatus) -> Voucher {
    let base = voucher(campaign, &definition(serde_json::json!({})), "c-1", Channel::Sms);
    let occurrence = Occurrence::parse(&format!("o-{number}")).unwrap();
    let id = VoucherId::derive(campaign, &customer_id("c-1"), &occurrence);
    Voucher {
        id,
        occurrence,
        status,
        issued_at: add_milliseconds(noon(), -number * 60_000),
        ..base
    }
}

async fn get_json(stage: &OperationsFixture, path: &str) -> Value {
    let answered = stage.get("viewer", &format!("{CUSTOMER}{path}")).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.body
}

#[tokio::test]
async fn of_more_records_than_a_page_the_newest_are_shown_and_all_are_known() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    let (many, asked) = (
        stage.launch_promotion("cmp_many", &["sms"]).await,
        stage.launch_promotion("cmp_asked", &["sms"]).await,
    );
    stage.set_policy("admin", 0, &serde_json::json!({"open_offers_cap": 50})).await;
    for number in 0..2_500 {
        // one in a hundred can still be used
        let status =
            if number % 100 == 0 { VoucherStatus::Issued } else { VoucherStatus::Declined };
        stage.store.restore_voucher(&numbered_record(&many.id, number, status)).await.unwrap();
    }
    stage
        .store
        .restore_voucher(&numbered_record(&asked.id, 10_000, VoucherStatus::Declined))
        .await
        .unwrap();
    let told = get_json(&stage, "").await;
    assert_eq!((&told["records_total"], &told["caps"]["open_offers"]), (&2_501.into(), &25.into()));
    let shown: Vec<&str> =
        told["records"].as_array().unwrap().iter().map(|it| it["at"].as_str().unwrap()).collect();
    let newest: Vec<String> =
        (0..200).map(|number| add_milliseconds(noon(), -number * 60_000).to_string()).collect();
    assert_eq!(shown, newest);
    let timeline = told["timeline"].as_array().unwrap();
    assert_eq!((timeline.len(), &timeline[0]["at"]), (500, &noon().to_string().into()));
    assert!(told.to_string().len() < 500_000, "{} bytes", told.to_string().len());
    // the oldest record of all is found, and a cap that only all of them together reach is counted
    assert_eq!(get_json(&stage, "/campaigns/cmp_asked").await["answer"], "got_voucher");
    let policy = serde_json::json!({"open_offers_cap": 25});
    assert_eq!(stage.set_policy("admin", 1, &policy).await.status, 200);
    let now = get_json(&stage, "/campaigns/cmp_many").await;
    assert_eq!(now["decision"]["reason"], "open_offers_cap", "{now}");
}

#[tokio::test]
async fn a_campaign_is_asked_only_where_its_cancellation_makes_a_difference() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let stage = OperationsFixture::with_pauses(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        0
    });
    stage.add_customer("c-1").await;
    for number in 0..1_000 {
        stage
            .store
            .restore_voucher(&numbered_record(
                &campaign_id(&format!("cmp_{number}")),
                number,
                VoucherStatus::Redeemed,
            ))
            .await
            .unwrap();
    }
    let cancelled = stage.launch_promotion("cmp_cancelled", &["sms"]).await;
    stage
        .store
        .restore_voucher(&numbered_record(&cancelled.id, 1_000, VoucherStatus::Issued))
        .await
        .unwrap();
    stage.apply_action_with(&cancelled, CampaignAction::Cancel, Some(RevokeScope::All)).await;
    let before = calls.load(Ordering::Relaxed);
    let told = get_json(&stage, "").await;
    let asked = calls.load(Ordering::Relaxed) - before;
    assert!(asked < 10, "{asked} calls for 1,001 records of 1,001 campaigns");
    assert_eq!((&told["records_total"], &told["caps"]["open_offers"]), (&1_001.into(), &0.into()));
    let why = get_json(&stage, "/campaigns/cmp_cancelled").await;
    assert_eq!(
        (&why["answer"], &why["records"][0]["status"]),
        (&"got_voucher".into(), &"revoked".into())
    );
}

#[tokio::test]
async fn an_erased_customer_with_a_voucher_shows_both() {
    let stage = OperationsFixture::new();
    stage.add_customer("c-1").await;
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.release_and_deliver().await;
    stage.set_clock(add_milliseconds(noon(), HOUR));
    stage.store.erase_customer(&customer_id("c-1"), add_milliseconds(noon(), HOUR)).await.unwrap();
    let why = get_json(&stage, "/campaigns/cmp_1").await;
    assert_eq!((&why["answer"], &why["audience"]), (&"got_voucher".into(), &Value::Null));
    assert_eq!(
        (&why["decision"]["outcome"], &why["decision"]["reason"]),
        (&"skip".into(), &"customer_gone".into())
    );
    let told = get_json(&stage, "").await;
    assert_eq!((&told["known"], told["records"].as_array().unwrap().len()), (&"erased".into(), 1));
    let happened: Vec<&str> = told["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        happened,
        ["sent", "attempt", "issued"],
        "what was done stays, what they chose is gone"
    );
    assert!(!told.to_string().contains("600000001") && !why.to_string().contains("ana"));
}
