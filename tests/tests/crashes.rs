//! The headline: workers are killed in the middle of a run, again and again, and it goes on. The equation closes, and nobody is told
//! twice. Runs alone (.config/nextest.toml), since it kills what other tests' work would be in.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use domain::{
    delivery::AttemptState,
    voucher::{Status, Voucher},
};
use system_tests::{Channel, CustomerBuilder, LONG, Message, Scenario, Workers, until};

const PEOPLE: usize = 400;
/// Every function that works on a run; the API's are left alone.
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
/// Messages that are out when the next wave of kills comes.
const WAVES: [usize; 5] = [1, 40, 110, 190, 260];

fn kill_all(workers: &Workers) -> usize {
    workers.of(&PIPELINE).into_iter().filter(|pid| workers.kill(*pid)).count()
}

/// An attempt that a crash has left, and that nothing has settled yet. An SMS of unknown fate stays so: it is never repeated.
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

#[tokio::test]
async fn workers_killed_in_the_middle_of_a_run_lose_nobody_and_tell_nobody_twice() {
    let test = Scenario::begin().await;
    let people: Vec<CustomerBuilder> =
        (0..PEOPLE).map(|number| test.customer(number).on(&[Channel::ALL[number % 3]])).collect();
    test.put(&people).await;
    let workers = test.stack.workers();

    let campaign = test.launch(&test.promotion().holdout(10)).await;
    let mut killed = kill_all(&workers);
    for wave in WAVES {
        let look = || async { (test.messages().await.len(), campaign.view().await["state"].clone()) };
        let seen =
            until(format!("message {wave}"), LONG, look, |(sent, state)| *sent >= wave || state == "completed").await;
        if seen.1 == "completed" {
            break;
        }
        killed += kill_all(&workers);
    }
    assert!(killed >= 10, "only {killed} processes were killed");

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
        (PEOPLE as u64, 0, 0),
        "everyone has an outcome: {tally:?}"
    );
    let records = test.ledger.records(&campaign.id).await;
    nobody_twice(&test.messages().await, &records);
    eprintln!("{killed} processes killed; {tally:?}; {}", summary(&records));
}

fn nobody_twice(messages: &[Message], records: &[Voucher]) {
    let mut each: BTreeMap<&str, Vec<&Message>> = BTreeMap::new();
    for message in messages {
        each.entry(&message.to).or_default().push(message);
    }
    let twice: Vec<_> = each.values().filter(|messages| messages.len() > 1).collect();
    assert!(twice.is_empty(), "{} customers were told twice: {twice:#?}", twice.len());
    let issued = records.iter().filter(|record| record.status == Status::Issued).count();
    // an SMS whose sender was killed before it called is not sent: nobody knows, and an SMS is never repeated
    let unknown = records
        .iter()
        .filter(|it| it.attempts.get(&Channel::Sms).is_some_and(|it| it.state == AttemptState::Unknown))
        .count();
    assert!(
        each.len() <= issued && each.len() + unknown >= issued,
        "{} told of {issued}, {unknown} unknown",
        each.len()
    );
}

fn summary(records: &[Voucher]) -> String {
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in records.iter().flat_map(|record| record.attempts.values()) {
        *states.entry(format!("{} {} #{}", attempt.channel, attempt.state.as_str(), attempt.number)).or_default() += 1;
    }
    format!("{states:?}")
}
