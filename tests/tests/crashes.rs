//! The headline test: workers are killed in the middle of a run, again and again, and the run still
//! completes. The equation closes, and no customer gets a message twice.
//!
//! Runs alone (.config/nextest.toml), because it kills the workers that other tests would need.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    delivery::AttemptState,
    voucher::{Status, Voucher},
};
use serde_json::Value;
use system_tests::{Channel, CustomerBuilder, Fault, LONG, Message, Running, Scenario, Workers, until};

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
    "sweep",
];
/// The run and the number of its sent messages at which each wave of kills comes.
const WAVES: [(Run, usize); 6] =
    [(Run::Quick, 1), (Run::Slow, 4), (Run::Quick, 60), (Run::Slow, 24), (Run::Quick, 160), (Run::Slow, 45)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Quick,
    /// The run whose providers take half a second to answer.
    Slow,
}

fn kill_all(workers: &Workers) -> usize {
    workers.of(&PIPELINE).into_iter().filter(|pid| workers.kill(*pid)).count()
}

/// Returns true for an attempt that a crash has left open and that nothing has settled yet. An SMS
/// of unknown fate stays so, because it is never repeated.
fn unsettled(record: &Voucher) -> bool {
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

async fn launched(test: &Scenario, count: usize) -> Running {
    let people: Vec<CustomerBuilder> =
        (0..count).map(|number| test.customer(number).on(&[Channel::ALL[number % 3]])).collect();
    test.put(&people).await;
    test.launch(&test.promotion().holdout(10)).await
}

/// Waits for completion and until nothing that a crash left uncertain is open, then checks the
/// equation against the table.
async fn settled(test: &Scenario, campaign: &Running, count: usize) -> Vec<Voucher> {
    campaign.until_completed_hurried().await;
    let look = || async {
        test.wake_schedules().await;
        test.ledger.records(&campaign.id).await.iter().filter(|record| unsettled(record)).count()
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
    let (quick, slow) = (Scenario::begin().await, Scenario::begin().await);
    for channel in Channel::ALL {
        slow.carriers.rule(Fault::of(channel, &slow.who, "slow").delay_ms(500)).await;
    }
    let workers = quick.stack.workers();
    let (campaign, in_flight) = (launched(&quick, PEOPLE).await, launched(&slow, IN_FLIGHT).await);
    let mut killed = kill_all(&workers);
    for (run, messages) in WAVES {
        let (test, campaign) = if run == Run::Quick { (&quick, &campaign) } else { (&slow, &in_flight) };
        let look = || async { (test.messages().await.len(), campaign.view().await["state"] == "completed") };
        let what = format!("message {messages} of the {run:?} run");
        let (_, completed) = until(what, LONG, look, |(sent, completed)| *sent >= messages || *completed).await;
        if !completed {
            killed += kill_all(&workers);
        }
    }
    eprintln!("{killed} processes killed");
    assert!(killed >= 10, "only {killed} processes were killed");

    let records = settled(&quick, &campaign, PEOPLE).await;
    nobody_twice(&quick.messages().await, &records);
    let records = settled(&slow, &in_flight, IN_FLIGHT).await;
    nobody_twice_as_they_see_it(&slow.messages().await, &records);
}

fn by_address(messages: &[Message]) -> BTreeMap<&str, Vec<&Message>> {
    let mut each: BTreeMap<&str, Vec<&Message>> = BTreeMap::new();
    for message in messages {
        each.entry(&message.to).or_default().push(message);
    }
    each
}

fn nobody_twice(messages: &[Message], records: &[Voucher]) {
    let each = by_address(messages);
    let twice: Vec<_> = each.values().filter(|messages| messages.len() > 1).collect();
    assert!(twice.is_empty(), "{} customers were told twice: {twice:#?}", twice.len());
    everyone_issued_was_told(&each, records);
}

/// Checks that an SMS and an e-mail are never accepted twice. A push may be repeated after a lost
/// answer, under the same collapse key, so that the device shows one.
fn nobody_twice_as_they_see_it(messages: &[Message], records: &[Voucher]) {
    let each = by_address(messages);
    for messages in each.values().filter(|messages| messages.len() > 1) {
        let keys: BTreeSet<String> = messages.iter().map(|message| collapse_key(message)).collect();
        assert!(messages[0].channel == Channel::Push && keys.len() == 1, "told twice: {messages:#?}");
    }
    eprintln!("{} pushes came twice under one key", messages.len() - each.len());
    everyone_issued_was_told(&each, records);
}

fn everyone_issued_was_told(each: &BTreeMap<&str, Vec<&Message>>, records: &[Voucher]) {
    let issued = records.iter().filter(|record| record.status == Status::Issued).count();
    // an SMS whose sender was killed before its call is lost: its fate is unknown, and an SMS is
    // never repeated
    let lost =
        |record: &&Voucher| record.attempts.get(&Channel::Sms).is_some_and(|it| it.state == AttemptState::Unknown);
    let unknown = records.iter().filter(lost).count();
    assert!(
        each.len() <= issued && each.len() + unknown >= issued,
        "{} told of {issued}, {unknown} unknown",
        each.len()
    );
}

fn collapse_key(push: &Message) -> String {
    let payload: Value = serde_json::from_str(push.json["payload"].as_str().unwrap()).unwrap();
    let android = payload.pointer("/fcmV1Message/message/android/collapse_key").and_then(Value::as_str);
    android.unwrap_or_else(|| panic!("no collapse key in {payload:#}")).to_owned()
}

fn summary(records: &[Voucher]) -> String {
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in records.iter().flat_map(|record| record.attempts.values()) {
        *states.entry(format!("{} {} #{}", attempt.channel, attempt.state.as_str(), attempt.number)).or_default() += 1;
    }
    format!("{states:?}")
}
