//! The headline test: workers are killed in the middle of a run, again and again, and the run still
//! completes. The equation closes, and no customer gets a message twice.
//!
//! Runs alone (.config/nextest.toml), because it kills the workers that other tests would need.

use std::collections::{BTreeMap, BTreeSet};

use domain::voucher::{attempt::AttemptState, record::Voucher};
use serde_json::Value;
use system_tests::{
    Channel, CustomerBuilder, EmulatedMessage, FaultSpec, LONG, RunningCampaign, TestScenario,
    WorkerProcesses, check_issued_were_told, until,
};

const PEOPLE: usize = 400;
/// The number of customers of the run whose providers are slow to answer.
const IN_FLIGHT: usize = 90;
/// Every function that works on a run; the API's functions are left alone.
const PIPELINE: [&str; 8] = [
    "expand-audience",
    "release-dispatches",
    "deliver-sms",
    "deliver-email",
    "deliver-push",
    "record-feedback",
    "aggregate-reports",
    "watchdog",
];
/// The run and the number of its sent messages at which each wave of kills comes.
const WAVES: [(RunSpeed, usize); 6] = [
    (RunSpeed::Quick, 1),
    (RunSpeed::Slow, 4),
    (RunSpeed::Quick, 60),
    (RunSpeed::Slow, 24),
    (RunSpeed::Quick, 160),
    (RunSpeed::Slow, 45),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunSpeed {
    Quick,
    /// The run whose providers take half a second to answer.
    Slow,
}

fn kill_all(workers: &WorkerProcesses) -> usize {
    workers.processes_of(&PIPELINE).into_iter().filter(|pid| workers.kill_process(*pid)).count()
}

/// Returns true for an attempt that a crash has left open and that nothing has settled yet. An SMS
/// of unknown fate stays so, because it is never repeated.
fn is_unsettled(record: &Voucher) -> bool {
    record.attempts.values().any(|attempt| match attempt.state {
        AttemptState::Claimed | AttemptState::Throttled => true,
        AttemptState::Unknown => attempt.channel != Channel::Sms,
        AttemptState::Sent
        | AttemptState::Delivered
        | AttemptState::Bounced
        | AttemptState::Complained
        | AttemptState::Failed => false,
    })
}

async fn launch_run(test: &TestScenario, count: usize) -> RunningCampaign {
    let people: Vec<CustomerBuilder> = (0..count)
        .map(|number| test.customer(number).consenting_to(&[Channel::ALL[number % 3]]))
        .collect();
    test.put_customers(&people).await;
    test.launch_campaign(&test.promotion().holdout(10)).await
}

/// Waits for completion and until nothing that a crash left uncertain is open, then checks the
/// equation against the table.
async fn wait_until_settled(
    test: &TestScenario,
    campaign: &RunningCampaign,
    count: usize,
) -> Vec<Voucher> {
    campaign.until_completed_hurried().await;
    let look = || async {
        test.wake_schedules().await;
        test.ledger.records(&campaign.id).await.iter().filter(|record| is_unsettled(record)).count()
    };
    until("every attempt that a crash left to be settled", LONG, look, |left| *left == 0).await;
    campaign.until_closed().await;
    let tally = campaign.check_equation().await;
    assert_eq!(
        (tally.total(), tally.failed, tally.skipped),
        (count as u64, 0, 0),
        "everyone has an outcome: {tally:?}"
    );
    let records = test.ledger.records(&campaign.id).await;
    eprintln!("{tally:?}; {}", summary(&records));
    records
}

/// Two runs at once. In the second every provider takes half a second to answer for a message it
/// has already accepted, so that most kills fall between its answer and our record of it.
#[tokio::test]
async fn workers_killed_in_the_middle_of_a_run_lose_nobody_and_tell_nobody_twice() {
    let (quick, slow) = (TestScenario::begin().await, TestScenario::begin().await);
    for channel in Channel::ALL {
        slow.emulator
            .add_fault(FaultSpec::for_scenario(channel, &slow.identity, "slow").delay_ms(500))
            .await;
    }
    let workers = quick.stack.workers();
    let (campaign, in_flight) =
        (launch_run(&quick, PEOPLE).await, launch_run(&slow, IN_FLIGHT).await);
    let mut killed = kill_all(&workers);
    for (run, messages) in WAVES {
        let (test, campaign) =
            if run == RunSpeed::Quick { (&quick, &campaign) } else { (&slow, &in_flight) };
        let look = || async {
            (
                test.sent_messages().await.len(),
                campaign.campaign_view().await["state"] == "completed",
            )
        };
        let what = format!("message {messages} of the {run:?} run");
        let (_, completed) =
            until(what, LONG, look, |(sent, completed)| *sent >= messages || *completed).await;
        if !completed {
            killed += kill_all(&workers);
        }
    }
    eprintln!("{killed} processes killed");
    assert!(killed >= 10, "only {killed} processes were killed");

    let records = wait_until_settled(&quick, &campaign, PEOPLE).await;
    check_sent_once(&quick.sent_messages().await, &records);
    let records = wait_until_settled(&slow, &in_flight, IN_FLIGHT).await;
    check_shown_once(&slow.sent_messages().await, &records);
}

fn by_address(messages: &[EmulatedMessage]) -> BTreeMap<&str, Vec<&EmulatedMessage>> {
    let mut each: BTreeMap<&str, Vec<&EmulatedMessage>> = BTreeMap::new();
    for message in messages {
        each.entry(&message.to).or_default().push(message);
    }
    each
}

fn check_sent_once(messages: &[EmulatedMessage], records: &[Voucher]) {
    let each = by_address(messages);
    let twice: Vec<_> = each.values().filter(|messages| messages.len() > 1).collect();
    assert!(twice.is_empty(), "{} customers were told twice: {twice:#?}", twice.len());
    check_issued_were_told(each.len(), records);
}

/// Checks that an SMS and an e-mail are never accepted twice. A push may be repeated after a lost
/// answer, under the same collapse key, so that the device shows one.
fn check_shown_once(messages: &[EmulatedMessage], records: &[Voucher]) {
    let each = by_address(messages);
    for messages in each.values().filter(|messages| messages.len() > 1) {
        let keys: BTreeSet<String> = messages.iter().map(|message| collapse_key(message)).collect();
        assert!(
            messages[0].channel == Channel::Push && keys.len() == 1,
            "told twice: {messages:#?}"
        );
    }
    eprintln!("{} pushes came twice under one key", messages.len() - each.len());
    check_issued_were_told(each.len(), records);
}

fn collapse_key(push: &EmulatedMessage) -> String {
    let payload: Value = serde_json::from_str(push.json["payload"].as_str().unwrap()).unwrap();
    let android =
        payload.pointer("/fcmV1Message/message/android/collapse_key").and_then(Value::as_str);
    android.unwrap_or_else(|| panic!("no collapse key in {payload:#}")).to_owned()
}

fn summary(records: &[Voucher]) -> String {
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in records.iter().flat_map(|record| record.attempts.values()) {
        *states
            .entry(format!("{} {} #{}", attempt.channel, attempt.state.as_str(), attempt.number))
            .or_default() += 1;
    }
    format!("{states:?}")
}
