//! The fault matrix: every answer of a provider, on every channel, with a worker that dies before the call, after it or not at all, and the
//! message delivered once or to two workers at once. Each case runs to its rest, through releases, sweeps and the 15 minutes of an unclear
//! answer, on the AWS in memory below the SDK. The table is written to `fault-matrix.txt` in cargo's folder for tests, where
//! `make test` shows it from.

use std::fmt::Write as _;

use domain::{campaign::State, channel::Channel, delivery::AttemptState, dispatch::Tally, voucher::Status};
use memory_aws::Verdict;
use store::vouchers::VoucherKey;
use testkit::builders::{customer_id, later, noon};

use crate::stage::{MINUTE, Stage};

/// What becomes of the worker at its first call of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dies {
    Not,
    /// Before the provider hears of it.
    Before,
    /// After the provider has heard, and before its answer is known.
    After,
}

const ANSWERS: [(Verdict, &str); 6] = [
    (Verdict::Proceed, "accepted"),
    (Verdict::Reject, "refused"),
    (Verdict::Throttle, "throttled"),
    (Verdict::ServerError, "500"),
    (Verdict::LoseRequest, "cut, not taken"),
    (Verdict::LoseAnswer, "cut, taken"),
];
const DEATHS: [Dies; 3] = [Dies::Not, Dies::Before, Dies::After];

struct Case {
    channel: Channel,
    answer: Verdict,
    dies: Dies,
    twice: bool,
}

impl Case {
    /// Whether the provider took the first message.
    fn first_taken(&self) -> bool {
        matches!(self.answer, Verdict::Proceed | Verdict::LoseAnswer) && self.dies != Dies::Before
    }

    fn unclear(&self) -> bool {
        self.dies != Dies::Not
            || matches!(self.answer, Verdict::ServerError | Verdict::LoseRequest | Verdict::LoseAnswer)
    }

    /// Messages that the provider takes in all, and how the attempt ends, as the channel's policy declares; whatever comes after the first
    /// call is answered with yes.
    fn declared(&self) -> (usize, AttemptState) {
        match (self.unclear(), self.answer, self.channel) {
            (true, _, Channel::Sms) => (usize::from(self.first_taken()), AttemptState::Unknown),
            (true, _, Channel::Email | Channel::Push) => (usize::from(self.first_taken()) + 1, AttemptState::Sent),
            (false, Verdict::Reject, _) => (0, AttemptState::Failed),
            (false, _, _) => (1, AttemptState::Sent),
        }
    }
}

/// What a case came to.
struct Came {
    taken: usize,
    state: Option<AttemptState>,
    lost: bool,
}

async fn play(case: &Case) -> Came {
    let stage = Stage::new();
    let campaign = stage.promotion("cmp_1", &[case.channel.as_str()]).await;
    stage.customer("c-1").await;
    let planned = stage.planned(&campaign, &["c-1"], noon()).await;
    stage.first_call(case.answer, case.dies);
    stage.release().await;
    stage.deliver_or_die(case.twice).await;
    // a lease, the quarter of an hour, and what follows from it, with room
    for minute in 1..=60 {
        stage.at(later(noon(), minute * MINUTE));
        stage.release().await;
        stage.deliver_or_die(case.twice).await;
        stage.swept().await;
    }
    let id = domain::id::VoucherId::derive(&campaign.id, &customer_id("c-1"), &planned.occurrence());
    let key = VoucherKey { customer: customer_id("c-1"), voucher: id };
    let record = stage.store.voucher(&key).await.unwrap();
    let attempt = record.as_ref().and_then(|voucher| voucher.attempts.get(&case.channel));
    let standing = stage.store.campaign_state(&campaign.id).await.unwrap().unwrap();
    let progress = stage.progress(&campaign).await;
    let issued = record.as_ref().is_some_and(|voucher| voucher.status == Status::Issued);
    let closed = progress.tally == Tally { issued: 1, ..Tally::default() } && progress.open == 0;
    Came {
        taken: stage.memory.take_mail().len(),
        state: attempt.map(|attempt| attempt.state),
        lost: !issued || !closed || standing.state != State::Completed,
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
    for channel in Channel::ALL {
        for (answer, name) in ANSWERS {
            let (mut taken, mut declared, mut row) = (0, 0, (0, 0, 0));
            for dies in DEATHS {
                for twice in [false, true] {
                    let case = Case { channel, answer, dies, twice };
                    let came = play(&case).await;
                    let (messages, state) = case.declared();
                    taken += came.taken;
                    declared += messages;
                    row = (row.0 + 1, row.1 + came.taken.saturating_sub(messages), row.2 + usize::from(came.lost));
                    if came.taken != messages || came.state != Some(state) || came.lost {
                        wrong.push(format!(
                            "{channel} {name}, dies {dies:?}, twice {twice}: {} taken of {messages}, {:?} and not {state:?}, lost {}",
                            came.taken, came.state, came.lost
                        ));
                    }
                }
            }
            writeln!(
                table,
                "{:<7} {name:<15} {:>5} {taken:>6} {declared:>8} {:>7} {:>5}",
                channel.as_str(),
                row.0,
                row.1,
                row.2
            )
            .unwrap();
            (cases, doubles, lost) = (cases + row.0, doubles + row.1, lost + row.2);
        }
    }
    writeln!(table, "{cases} cases: {doubles} doubles beyond what is declared, {lost} lost").unwrap();
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault-matrix.txt"), &table).unwrap();
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
}
