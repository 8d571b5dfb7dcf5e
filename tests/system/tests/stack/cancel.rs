//! Tests cancelling in the middle of a run: what is not sent is dropped and accounted for, and
//! issued vouchers are revoked as requested.

use domain::voucher::{attempt::AttemptState, record::Voucher};
use serde_json::json;
use system_tests::{
    Channel, FaultSpec, RecordTally, RunningCampaign, TableItem, TestScenario, basket,
    text_attribute, until,
};

/// The number of customers: fifteen seconds of work for all push workers, because on a busy machine
/// the first read of the vouchers takes seconds.
const PEOPLE: usize = 600;

/// Cancels once some vouchers are sent and one of them is accepted. Returns the campaign, that
/// customer, and one who did not accept.
async fn cancel_mid_run(
    test: &TestScenario,
    revoke: &str,
) -> (RunningCampaign, (String, String), (String, String)) {
    test.create_customers(PEOPLE, &[Channel::Push]).await;
    let rule = test
        .emulator
        .add_fault(FaultSpec::for_scenario(Channel::Push, &test.identity, "slow").delay_ms(1_200))
        .await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["push"])).await;
    let records = || test.ledger.records(&campaign.id);
    let issued = until("some vouchers to be issued", system_tests::LONG, records, |records| {
        records.len() >= 2
    })
    .await;
    let key = |index: usize| (issued[index].customer.to_string(), issued[index].id.to_string());
    let (accepted, other) = (key(0), key(1));
    test.app.accept(&accepted.0, &accepted.1).await.expect_status(200);
    campaign.cancel(revoke).await;
    test.emulator.remove_fault(&rule).await;
    campaign.until_closed().await;
    (campaign, accepted, other)
}

/// Counts the customers of dispatches that were dropped whole: they count as skipped and have no
/// record each.
fn dropped_customers(dispatches: &[TableItem]) -> u64 {
    let dropped =
        dispatches.iter().filter(|dispatch| text_attribute(dispatch, "state") == "dropped");
    dropped.map(|dispatch| dispatch["customers"].as_l().unwrap().len() as u64).sum()
}

async fn check_equation(test: &TestScenario, campaign: &RunningCampaign) -> RecordTally {
    let run = campaign.campaign_view().await["run"].clone();
    let counted = campaign.count_records().await;
    let dropped = dropped_customers(&test.ledger.dispatches(&campaign.id).await);
    let number = |name: &str| run[name].as_u64().unwrap();
    assert_eq!(number("issued"), counted.issued, "{run:#}");
    assert_eq!(number("skipped"), counted.skipped + dropped, "{run:#}");
    assert_eq!(number("selected"), counted.total() + dropped, "{run:#}");
    assert_eq!(number("waiting") + number("open_dispatches"), 0, "{run:#}");
    counted
}

/// Counts the vouchers whose message was claimed by a worker that ended before it wrote the answer.
async fn lost_with_worker(test: &TestScenario, campaign: &RunningCampaign) -> u64 {
    let records = test.ledger.records(&campaign.id).await;
    let is_lost = |record: &&Voucher| {
        record.attempts.values().any(|attempt| attempt.state == AttemptState::Unknown)
    };
    records.iter().filter(is_lost).count() as u64
}

/// Waits until every process of the vouchers API refuses the action, seconds after the
/// cancellation.
async fn until_refused(
    test: &TestScenario,
    what: &str,
    (customer, voucher): &(String, String),
    action: &str,
) {
    let order = format!("{voucher}-again");
    let look = || async {
        let answer = match action {
            "redeem" => test.app.redeem(customer, voucher, &order, &basket(2_000)).await,
            _ => test.app.call_voucher(customer, voucher, action, &json!({})).await,
        };
        answer.problem_code().to_owned()
    };
    until(what, system_tests::SHORT, look, |code| code == "voucher_refused").await;
}

#[tokio::test]
async fn a_cancelled_run_closes_and_revoked_vouchers_refuse() {
    let test = TestScenario::begin().await;
    let (campaign, accepted, other) = cancel_mid_run(&test, "all").await;
    let counted = check_equation(&test, &campaign).await;
    assert!(counted.issued < PEOPLE as u64, "it was cancelled too late to prove anything");
    let (told, lost) =
        (test.sent_messages().await.len() as u64, lost_with_worker(&test, &campaign).await);
    // A worker that ran out of its time may or may not have sent what it had claimed.
    let possible = counted.issued - lost..=counted.issued;
    assert!(possible.contains(&told), "{told} messages, {possible:?} possible, and none after");

    until_refused(&test, "an accepted voucher to be refused", &accepted, "redeem").await;
    until_refused(&test, "an issued voucher to be refused", &other, "accept").await;
    let wallet = test.app.wallet(&accepted.0).await;
    assert_eq!(wallet[0]["status"], "revoked");
    test.marketer.resume(&campaign.id).await.expect_problem(409, "not_allowed_in_state");
}

#[tokio::test]
async fn a_cancellation_can_leave_accepted_vouchers_good() {
    let test = TestScenario::begin().await;
    let (campaign, accepted, other) = cancel_mid_run(&test, "unaccepted").await;
    check_equation(&test, &campaign).await;
    until_refused(&test, "a voucher that nobody accepted to be refused", &other, "accept").await;
    let order = test.order_id("o-1");
    let redeemed =
        test.app.redeem(&accepted.0, &accepted.1, &order, &basket(2_000)).await.expect_status(200);
    assert_eq!(redeemed.json["repeat"], false);
}

#[tokio::test]
async fn a_cancellation_before_the_first_message_skips_everyone() {
    let test = TestScenario::begin().await;
    test.create_customers(30, &[Channel::Email]).await;
    let campaign = test.launch_campaign(&test.promotion()).await;
    campaign.cancel("none").await;
    campaign.until_closed().await;
    check_equation(&test, &campaign).await;
    assert_eq!(test.sent_messages().await.len() as u64, campaign.count_records().await.issued);
}
