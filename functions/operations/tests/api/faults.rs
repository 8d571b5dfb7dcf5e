//! The fault matrix: every provider answer on every channel, with a worker that crashes before the
//! call, after it or not at all, and with the message delivered once or to two workers at once.
//!
//! Each case runs until nothing is left to do, through releases, watchdog rounds and the 15 minutes
//! of an unclear answer, on the in-memory AWS below the SDK. The table is written to
//! `fault-matrix.txt` in cargo's folder for tests, and `make test` shows it from there.

use std::fmt::Write as _;

use domain::{
    campaign::lifecycle::CampaignState,
    delivery::dispatch::OutcomeTally,
    kernel::channel::Channel,
    voucher::{attempt::AttemptState, record::VoucherStatus},
};
use fake_aws::CallVerdict;
use store::voucher::records::VoucherKey;
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{MINUTE, OperationsFixture};

/// The moment at which the worker crashes during its first call of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    Not,
    /// The worker crashes before the provider receives the call.
    Before,
    /// The worker crashes after the provider has received the call, and before it knows the answer.
    After,
}

const ANSWERS: [(CallVerdict, &str); 8] = [
    (CallVerdict::Proceed, "accepted"),
    (CallVerdict::Reject, "refused"),
    (CallVerdict::Throttle, "throttled"),
    (CallVerdict::SenderFault, "ours"),
    (CallVerdict::QuotaUsedUp, "quota used up"),
    (CallVerdict::ServerError, "500"),
    (CallVerdict::LoseRequest, "cut, not taken"),
    (CallVerdict::LoseAnswer, "cut, taken"),
];
const SYSTEM_HEALTH: &str = "/v1/reports/voucher-campaigns/system-health";
const CRASH_POINTS: [CrashPoint; 3] = [CrashPoint::Not, CrashPoint::Before, CrashPoint::After];

/// A way to a customer: a channel, and the provider of SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TestedWay {
    Channel(Channel),
    /// SMS by SNS, which is not the default.
    SmsBySns,
}

const WAYS: [TestedWay; 4] = [
    TestedWay::Channel(Channel::Sms),
    TestedWay::SmsBySns,
    TestedWay::Channel(Channel::Email),
    TestedWay::Channel(Channel::Push),
];

impl TestedWay {
    fn channel(self) -> Channel {
        match self {
            Self::Channel(channel) => channel,
            Self::SmsBySns => Channel::Sms,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Channel(channel) => channel.as_str(),
            Self::SmsBySns => "sms/sns",
        }
    }

    fn fixture(self) -> OperationsFixture {
        match self {
            Self::Channel(_) => OperationsFixture::new(),
            Self::SmsBySns => OperationsFixture::with_sms_by_sns(),
        }
    }
}

struct FaultCase {
    way: TestedWay,
    answer: CallVerdict,
    crash: CrashPoint,
    twice: bool,
}

impl FaultCase {
    /// Tells whether the provider accepted the first message.
    fn first_accepted(&self) -> bool {
        matches!(self.answer, CallVerdict::Proceed | CallVerdict::LoseAnswer)
            && self.crash != CrashPoint::Before
    }

    fn is_unclear(&self) -> bool {
        self.crash != CrashPoint::Not
            || matches!(
                self.answer,
                CallVerdict::ServerError | CallVerdict::LoseRequest | CallVerdict::LoseAnswer
            )
    }

    /// Returns how many messages the provider accepts in all, and how the attempt ends, as the
    /// channel's policy declares. Every call after the first is accepted.
    fn expected_result(&self) -> (usize, AttemptState) {
        match (self.is_unclear(), self.answer, self.way.channel()) {
            (true, _, Channel::Sms) => (usize::from(self.first_accepted()), AttemptState::Unknown),
            (true, _, Channel::Email | Channel::Push) => {
                (usize::from(self.first_accepted()) + 1, AttemptState::Sent)
            }
            (false, CallVerdict::Reject, _) => (0, AttemptState::Failed),
            (false, _, _) => (1, AttemptState::Sent),
        }
    }
}

/// The result of a case.
struct CaseResult {
    accepted: usize,
    state: Option<AttemptState>,
    lost: bool,
}

async fn run_case(case: &FaultCase) -> CaseResult {
    let (stage, channel) = (case.way.fixture(), case.way.channel());
    let campaign = stage.launch_promotion("cmp_1", &[channel.as_str()]).await;
    stage.add_customer("c-1").await;
    let planned = stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.set_first_call(case.answer, case.crash);
    stage.release().await;
    stage.deliver_with_crash(case.twice).await;
    // enough time for a lease, the 15 minutes of an unclear answer, and what follows from it
    for minute in 1..=70 {
        stage.set_clock(add_milliseconds(noon(), minute * MINUTE));
        stage.release().await;
        stage.deliver_with_crash(case.twice).await;
        stage.run_watchdog().await;
    }
    let id = domain::kernel::id::VoucherId::derive(
        &campaign.id,
        &customer_id("c-1"),
        &planned.occurrence(),
    );
    let key = VoucherKey { customer: customer_id("c-1"), voucher: id };
    let record = stage.store.voucher(&key).await.unwrap();
    let attempt = record.as_ref().and_then(|voucher| voucher.attempts.get(&channel));
    let summary = stage.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
    let progress = stage.progress(&campaign).await;
    let issued = record.as_ref().is_some_and(|voucher| voucher.status == VoucherStatus::Issued);
    let closed = progress.tally == OutcomeTally { issued: 1, ..OutcomeTally::default() }
        && progress.open == 0;
    CaseResult {
        accepted: stage.memory.take_provider_messages().len(),
        state: attempt.map(|attempt| attempt.state),
        lost: !issued || !closed || summary.state != CampaignState::Completed,
    }
}

#[tokio::test]
async fn every_answer_on_every_channel_with_every_death_ends_as_declared() {
    let mut table = format!(
        "{:<7} {:<15} {:>5} {:>6} {:>8} {:>7} {:>5}\n",
        "channel", "answer", "cases", "taken", "declared", "doubles", "lost"
    );
    let (mut cases, mut doubles, mut lost) = (0, 0, 0);
    let mut wrong = Vec::new();
    for way in WAYS {
        for (answer, name) in ANSWERS {
            let (mut taken, mut declared, mut row) = (0, 0, (0, 0, 0));
            for dies in CRASH_POINTS {
                for twice in [false, true] {
                    let case = FaultCase { way, answer, crash: dies, twice };
                    let came = run_case(&case).await;
                    let (messages, state) = case.expected_result();
                    taken += came.accepted;
                    declared += messages;
                    row = (
                        row.0 + 1,
                        row.1 + came.accepted.saturating_sub(messages),
                        row.2 + usize::from(came.lost),
                    );
                    if came.accepted != messages || came.state != Some(state) || came.lost {
                        wrong.push(format!(
                            "{way:?} {name}, dies {dies:?}, twice {twice}: {} taken of {messages}, {:?} and not {state:?}, lost {}",
                            came.accepted, came.state, came.lost
                        ));
                    }
                }
            }
            writeln!(
                table,
                "{:<7} {name:<15} {:>5} {taken:>6} {declared:>8} {:>7} {:>5}",
                way.name(),
                row.0,
                row.1,
                row.2
            )
            .unwrap();
            (cases, doubles, lost) = (cases + row.0, doubles + row.1, lost + row.2);
        }
    }
    writeln!(table, "{cases} cases: {doubles} doubles beyond what is declared, {lost} lost")
        .unwrap();
    std::fs::write(
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault-matrix.txt"),
        &table,
    )
    .unwrap();
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
}

/// The sender's settings are broken for hours while a campaign with a dearer next channel runs.
#[tokio::test]
async fn a_fault_of_ours_charges_nobody_and_all_is_sent_when_it_is_mended() {
    const CUSTOMERS: [&str; 6] = ["c-1", "c-2", "c-3", "c-4", "c-5", "c-6"];
    for way in WAYS {
        let channel = way.channel();
        let dearer = if channel == Channel::Sms { "email" } else { "sms" };
        for fault in [CallVerdict::SenderFault, CallVerdict::QuotaUsedUp, CallVerdict::Throttle] {
            let stage = way.fixture();
            let campaign = stage.launch_promotion("cmp_1", &[channel.as_str(), dearer]).await;
            for customer in CUSTOMERS {
                stage.add_customer(customer).await;
            }
            stage.plan_dispatch(&campaign, &CUSTOMERS, noon()).await;
            stage.set_provider_answer(fault);
            for minute in 0..150 {
                stage.set_clock(add_milliseconds(noon(), minute * MINUTE));
                stage.release_and_deliver().await;
                stage.run_watchdog().await;
            }
            assert!(stage.memory.take_provider_messages().is_empty(), "{way:?} {fault:?}");
            let health = stage.get("viewer", SYSTEM_HEALTH).await;
            let lane = health.body["lanes"]
                .as_array()
                .unwrap()
                .iter()
                .find(|lane| lane["channel"] == channel.as_str());
            assert_eq!(lane.unwrap()["state"], "closed", "{}", health.body);

            stage.set_provider_answer(CallVerdict::Proceed);
            for minute in 150..300 {
                stage.set_clock(add_milliseconds(noon(), minute * MINUTE));
                stage.release_and_deliver().await;
                stage.run_watchdog().await;
            }
            let sent = stage.memory.take_provider_messages();
            assert_eq!(sent.len(), CUSTOMERS.len(), "{way:?} {fault:?}: each once");
            for customer in CUSTOMERS {
                let vouchers = stage.store.customer_vouchers(&customer_id(customer)).await.unwrap();
                let [voucher] = vouchers.as_slice() else { panic!("{customer} has one voucher") };
                assert_eq!(voucher.attempts.len(), 1, "no other channel: {voucher:?}");
                let attempt = &voucher.attempts[&channel];
                assert_eq!((attempt.number, attempt.state), (1, AttemptState::Sent));
            }
            let summary = stage.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
            assert_eq!(summary.state, CampaignState::Completed, "{way:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn an_administrator_opens_a_lane_and_nobody_else_does() {
    const OPEN: &str = "/v1/configuration/voucher-campaign/lanes/sms/open";
    let stage = OperationsFixture::new();
    let campaign = stage.launch_promotion("cmp_1", &["sms", "email"]).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"], noon()).await;
    stage.set_provider_answer(CallVerdict::SenderFault);
    stage.release_and_deliver().await;
    let health = stage.get("viewer", SYSTEM_HEALTH).await;
    let alert = &health.body["alerts"][0];
    assert_eq!(
        (&health.body["state"], &alert["cause"], &alert["about"]),
        (&"failing".into(), &"lane_closed".into(), &"sms".into()),
        "{}",
        health.body
    );
    for group in ["viewer", "support", "marketer", "approver"] {
        assert_eq!(stage.post(group, OPEN, &serde_json::json!({})).await.status, 403, "{group}");
    }
    let unknown = OPEN.replace("sms", "fax");
    stage.post("admin", &unknown, &serde_json::json!({})).await.check(404, "lane_unknown");
    stage.set_provider_answer(CallVerdict::Proceed);
    for _ in 0..2 {
        let opened = stage.post("admin", OPEN, &serde_json::json!({})).await;
        assert_eq!((opened.status, &opened.body["state"]), (200, &"open".into()));
        assert_eq!(opened.body["opened_by"], "operator");
        assert_eq!(opened.body["cause"], "no_origination");
    }
    stage.set_clock(add_milliseconds(noon(), MINUTE / 2));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 1);
    let health = stage.get("viewer", SYSTEM_HEALTH).await;
    assert_eq!(health.body["state"], "ok", "{}", health.body);
}

#[tokio::test]
async fn a_daily_limit_that_is_used_up_is_told_and_passes_with_the_day() {
    let stage = OperationsFixture::new();
    let policy = serde_json::json!({"daily_limits": {"sms": {"messages": 50}}});
    assert_eq!(stage.set_policy("admin", 0, &policy).await.status, 200);
    let campaign = stage.launch_promotion("cmp_1", &["sms"]).await;
    let crowd: Vec<String> = (0..100).map(|number| format!("c-{number}")).collect();
    for customer in &crowd {
        stage.add_customer(customer).await;
    }
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    assert_eq!(stage.plan_dispatches(&campaign, &crowd, noon()).await.len(), 2);
    let sms_lane = async || {
        let health = stage.get("viewer", SYSTEM_HEALTH).await.body;
        let lanes = health["lanes"].as_array().unwrap();
        let lane = lanes.iter().find(|lane| lane["channel"] == "sms").unwrap().clone();
        (health, lane["daily"].clone())
    };
    let (health, daily) = sms_lane().await;
    assert_eq!(
        (&health["state"], &daily["released"], &daily["limit"]),
        (&"ok".into(), &0.into(), &50.into())
    );
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 50);
    stage.set_clock(add_milliseconds(noon(), MINUTE));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 0);
    let (health, daily) = sms_lane().await;
    assert_eq!((&daily["released"], &daily["day"]), (&50.into(), &"2026-11-01".into()), "{health}");
    let alert = &health["alerts"][0];
    assert_eq!(
        (&health["state"], &alert["cause"], &alert["about"]),
        (&"attention".into(), &"daily_limit".into(), &"sms".into()),
        "{health}"
    );
    let lanes = health["lanes"].as_array().unwrap();
    assert!(lanes.iter().all(|lane| lane["channel"] == "sms" || lane["daily"].is_null()));

    stage.set_clock(add_milliseconds(noon(), 12 * 60 * MINUTE));
    stage.release_and_deliver().await;
    assert_eq!(stage.memory.take_provider_messages().len(), 50);
    let (health, daily) = sms_lane().await;
    assert_eq!(daily["released"], 50, "{health}");
    let alerts = health["alerts"].as_array().unwrap();
    assert!(alerts.iter().all(|alert| alert["cause"] != "daily_limit"), "{health}");
}
