//! Tests that a pause stops sending within seconds and loses nothing: after a resume the run
//! completes, and no customer gets a message twice.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use system_tests::{Channel, FaultSpec, TestScenario, check_issued_were_told, holds_for, until};

/// The number of customers: more than the four SMS workers lease at once.
const PEOPLE: usize = 260;
/// The time within which sending stops. Leased work may be finished, and a worker lives for five
/// seconds; the rest is room for a busy machine.
const STOP_DEADLINE: SignedDuration = SignedDuration::from_secs(20);

#[tokio::test]
async fn a_pause_stops_sending_within_seconds_and_a_resumed_run_completes() {
    let test = TestScenario::begin().await;
    test.create_customers(PEOPLE, &[Channel::Sms]).await;
    let rule = test
        .emulator
        .add_fault(FaultSpec::for_scenario(Channel::Sms, &test.identity, "slow").delay_ms(1_200))
        .await;
    let campaign = test.launch_campaign(&test.promotion().ladder(&["sms"])).await;
    until(
        "the first messages",
        system_tests::SHORT,
        || test.sent_messages(),
        |messages| messages.len() >= 10,
    )
    .await;

    campaign.pause().await;
    let paused = Timestamp::now();
    // a pointer whose worker ran out of time comes back after its visibility timeout, and only then
    // is the dispatch put back; nothing is sent meanwhile
    campaign.until_no_lease().await;
    let messages = test.sent_messages().await;
    let last = messages.iter().map(|message| message.at).max().unwrap();
    let took = last.duration_since(paused);
    assert!(took < STOP_DEADLINE, "the last message went out {took:#} after the pause");
    let told = messages.len();
    assert!(
        told < PEOPLE,
        "it was paused too late to prove anything: all {told} were told within {took:#}"
    );
    test.emulator.remove_fault(&rule).await;
    let look = || async {
        test.wake_schedules().await;
        test.sent_messages().await.len()
    };
    holds_for("a paused campaign's silence", Duration::from_secs(3), look, |now| *now == told)
        .await;
    let view = campaign.campaign_view().await;
    assert_eq!(
        (&view["state"], view["run"]["equation_closed"].as_bool()),
        (&"paused".into(), Some(false))
    );
    assert_eq!(
        view["run"]["selected"].as_u64(),
        accounted_customers(&view["run"]),
        "paused, the rest is waiting"
    );

    campaign.resume().await;
    campaign.until_completed_hurried().await;
    assert_eq!(campaign.check_equation().await.issued, PEOPLE as u64);
    let mut each: BTreeMap<String, usize> = BTreeMap::new();
    for message in test.sent_messages().await {
        *each.entry(message.to).or_default() += 1;
    }
    assert_eq!(each.values().max(), Some(&1), "nobody twice");
    check_issued_were_told(each.len(), &test.ledger.records(&campaign.id).await);
}

fn accounted_customers(run: &serde_json::Value) -> Option<u64> {
    ["issued", "ghost", "skipped", "failed", "waiting"].iter().map(|name| run[*name].as_u64()).sum()
}
