//! Tests that a campaign's caps hold for any number of workers and for concurrent redemptions.

use domain::voucher::{record::Voucher, skip_reason::SkipReason};
use serde_json::json;
use system_tests::{
    Channel, CustomerBuilder, FaultSpec, RecordTally, RunningCampaign, TestScenario, basket, money,
    order_event, run_all, until,
};

const PEOPLE: usize = 90;

/// Stores a third of the customers on each channel: three channels' workers draw from one quota at
/// the same time.
async fn create_customers(test: &TestScenario) -> Vec<CustomerBuilder> {
    let on = |number: usize| test.customer(number).consenting_to(&[Channel::ALL[number % 3]]);
    let people: Vec<_> = (0..PEOPLE).map(on).collect();
    test.put_customers(&people).await;
    people
}

fn skipped_for_the_cap(records: &[Voucher]) -> u64 {
    records.iter().filter(|record| record.skip == Some(SkipReason::VoucherCap)).count() as u64
}

async fn check_issued(test: &TestScenario, campaign: &RunningCampaign, issued: u64) {
    let tally = campaign.check_equation().await;
    assert_eq!(
        tally,
        RecordTally { issued, skipped: PEOPLE as u64 - issued, ..RecordTally::default() }
    );
    assert_eq!(skipped_for_the_cap(&test.ledger.records(&campaign.id).await), tally.skipped);
    assert_eq!(
        test.sent_messages().await.len() as u64,
        issued,
        "a message for each voucher and no more"
    );
}

#[tokio::test]
async fn the_cap_on_vouchers_is_reached_and_never_passed() {
    let test = TestScenario::begin().await;
    create_customers(&test).await;
    let campaign = test.run_campaign(&test.promotion().caps(json!({"vouchers": 37}))).await;
    check_issued(&test, &campaign, 37).await;
    assert_eq!(campaign.campaign_view().await["remaining"]["vouchers"], 0);
}

#[tokio::test]
async fn the_cap_on_exposure_is_reached_and_never_passed() {
    let test = TestScenario::begin().await;
    create_customers(&test).await;
    // 5.00 each: 41 fit into 209.99
    let campaign =
        test.run_campaign(&test.promotion().caps(json!({"exposure": money(20_999)}))).await;
    check_issued(&test, &campaign, 41).await;
    assert_eq!(campaign.campaign_view().await["remaining"]["exposure"], 20_999 - 41 * 500);
}

#[tokio::test]
async fn a_cap_raised_while_the_run_goes_on_makes_room_and_is_not_passed_either() {
    let test = TestScenario::begin().await;
    create_customers(&test).await;
    let slow = async |channel| {
        test.emulator
            .add_fault(FaultSpec::for_scenario(channel, &test.identity, "slow").delay_ms(1_000))
            .await
    };
    let rules = [slow(Channel::Sms).await, slow(Channel::Email).await, slow(Channel::Push).await];
    let campaign = test.launch_campaign(&test.promotion().caps(json!({"vouchers": 5}))).await;
    let records = || test.ledger.records(&campaign.id);
    let issued = |records: &Vec<Voucher>| RecordTally::from_records(records).issued >= 1;
    until("the first voucher", system_tests::SHORT, records, issued).await;
    let version = campaign.campaign_view().await["version"].as_u64().unwrap();
    let patch = json!({"caps": {"vouchers": 50}});
    test.marketer
        .patch(&format!("/v1/campaigns/{}", campaign.id), version, &patch)
        .await
        .expect_status(200);
    for rule in rules {
        test.emulator.remove_fault(&rule).await;
    }
    campaign.until_completed().await;
    let tally = campaign.check_equation().await;
    assert!((5..=50).contains(&tally.issued), "{tally:?}");
    let left = campaign.campaign_view().await["remaining"]["vouchers"].as_u64().unwrap();
    assert_eq!(left, 50 - tally.issued, "what is left of the raised cap");
    assert_eq!(test.sent_messages().await.len() as u64, tally.issued);
}

#[tokio::test]
async fn a_cap_raised_before_anything_is_sent_is_what_counts() {
    let test = TestScenario::begin().await;
    create_customers(&test).await;
    let campaign = test.create_draft(&test.promotion().caps(json!({"vouchers": 5}))).await;
    campaign.launch().await;
    campaign.pause().await;
    let version = campaign.campaign_view().await["version"].as_u64().unwrap();
    let patch = json!({"caps": {"vouchers": 20}});
    test.marketer
        .patch(&format!("/v1/campaigns/{}", campaign.id), version, &patch)
        .await
        .expect_status(200);
    campaign.resume().await;
    campaign.until_completed_hurried().await;
    let tally = campaign.check_equation().await;
    assert!((5..=20).contains(&tally.issued), "{tally:?}");
    assert_eq!(
        campaign.campaign_view().await["remaining"]["vouchers"].as_u64(),
        Some(20 - tally.issued)
    );
}

#[tokio::test]
async fn the_cap_on_redeemed_amounts_is_never_passed_by_concurrent_checkouts() {
    let test = TestScenario::begin().await;
    let people = test.create_customers(24, &[Channel::Email]).await;
    // 5.00 each: 7 fit into 37.50
    let campaign =
        test.run_campaign(&test.promotion().caps(json!({"redeemed": money(3_750)}))).await;
    let accepted = people.iter().map(|customer| async {
        let wallet = test.app.wallet(&customer.id).await;
        let voucher = wallet[0]["voucher_id"].as_str().unwrap().to_owned();
        test.app.accept(&customer.id, &voucher).await.expect_status(200);
        (customer.id.clone(), voucher)
    });
    let vouchers = run_all(8, accepted).await;
    let redeems = vouchers.iter().map(|(customer, voucher)| async {
        loop {
            let answer = test.app.redeem(customer, voucher, voucher, &basket(2_000)).await;
            // a conflict with concurrent writes of the quota: the API asks the caller to retry
            if answer.status != 503 {
                break answer;
            }
        }
    });
    let answers = run_all(24, redeems).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let refused =
        answers.iter().filter(|answer| answer.problem_code() == "voucher_refused").count();
    assert_eq!((good, refused), (7, 17));
    let redeemed: i64 = test
        .ledger
        .records(&campaign.id)
        .await
        .iter()
        .filter_map(|record| record.redemption.as_ref())
        .map(|redemption| redemption.discount.units())
        .sum();
    assert_eq!(redeemed, 3_500);

    // a cancelled order returns its amount to the quota, and the next redemption fits
    let index = answers.iter().position(|answer| answer.status == 200).unwrap();
    let (customer, voucher) = &vouchers[index];
    let cancelled = order_event("cancelled", voucher, customer, &json!({}));
    test.app.report_order(&cancelled).await.expect_status(200);
    let index = answers.iter().position(|answer| answer.status != 200).unwrap();
    let (customer, voucher) = &vouchers[index];
    let next = test.order_id("next");
    test.app.redeem(customer, voucher, &next, &basket(2_000)).await.expect_status(200);
}
