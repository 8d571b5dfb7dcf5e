//! Tests of the judgement: shares at the limits, too few messages to judge, and channels that fail.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    campaign::definition::Definition,
    delivery::feedback::{FeedbackType, SenderHarm},
    kernel::id::{CustomerId, Occurrence, RunId},
    voucher::record::VoucherIssue,
};

/// Makes one block for each message, the first `bad` of them bad.
fn blocks(messages: i64, bad: i64, of: impl Fn(&mut SendCounts)) -> Vec<SendCounts> {
    let one = |number: i64| {
        let mut sends = SendCounts { messages: 1, ..SendCounts::default() };
        if number < bad {
            of(&mut sends);
        }
        sends
    };
    (0..messages).map(one).collect()
}

fn bounced(messages: i64, bad: i64) -> Vec<SendCounts> {
    blocks(messages, bad, |sends| sends.bounced = 1)
}

fn complained(messages: i64, bad: i64) -> Vec<SendCounts> {
    blocks(messages, bad, |sends| sends.complained = 1)
}

fn unanswered(attempts: i64, bad: i64) -> Vec<SendCounts> {
    blocks(attempts, bad, |sends| *sends = SendCounts { unknown: 1, ..SendCounts::default() })
}

#[track_caller]
fn check(blocks: &[SendCounts], expected: Option<(DeliverabilityIssue, u32, u32)>) {
    let found = find_pause_cause(Channel::Email, blocks, &SenderLimits::default());
    assert_eq!(found.map(|found| (found.cause, found.count, found.of)), expected);
}

#[test]
fn five_percent_of_bounces_are_borne_and_one_more_is_not() {
    check(&bounced(1_000, 50), None);
    check(&bounced(1_000, 51), Some((DeliverabilityIssue::Bounces, 51, 1_000)));
    check(&bounced(100, 5), None);
    check(&bounced(100, 6), Some((DeliverabilityIssue::Bounces, 6, 100)));
}

#[test]
fn one_complaint_of_a_thousand_is_borne_and_two_are_not() {
    check(&complained(1_000, 1), None);
    check(&complained(1_000, 2), Some((DeliverabilityIssue::Complaints, 2, 1_000)));
    check(&complained(999, 1), Some((DeliverabilityIssue::Complaints, 1, 999)));
}

#[test]
fn nothing_is_judged_before_a_hundred_messages() {
    check(&bounced(99, 99), None);
    check(&bounced(100, 99), Some((DeliverabilityIssue::Bounces, 99, 100)));
    check(&complained(99, 99), None);
    check(&unanswered(99, 99), None);
    check(&[], None);
}

#[test]
fn good_messages_before_and_after_a_bad_thousand_do_not_hide_it() {
    let good = || bounced(5_000, 0);
    check(&[good(), bounced(1_000, 51)].concat(), Some((DeliverabilityIssue::Bounces, 51, 1_000)));
    // Late provider events are about messages that others have followed.
    check(&[bounced(1_000, 51), good()].concat(), Some((DeliverabilityIssue::Bounces, 51, 1_000)));
}

#[test]
fn what_bounced_longer_ago_than_a_thousand_messages_does_not_add_to_the_last_ones() {
    // Each thousand has fifty bounces, and no window across two of them has more.
    let spread: Vec<SendCounts> = (0..5).flat_map(|_| bounced(1_000, 50)).collect();
    check(&spread, None);
    check(&[bounced(1_000, 50), bounced(1_000, 1)].concat(), None);
}

#[test]
fn a_channel_fails_when_more_than_half_of_the_last_hundred_attempts_do() {
    check(&unanswered(100, 50), None);
    check(&unanswered(100, 51), Some((DeliverabilityIssue::ChannelFailing, 51, 100)));
    // The channel has recovered: the last hundred attempts were sent.
    check(&unanswered(200, 100), None);
    let refused =
        blocks(100, 100, |sends| *sends = SendCounts { refused: 1, ..SendCounts::default() });
    check(&refused, None);
    let failed =
        blocks(100, 51, |sends| *sends = SendCounts { failed: 1, ..SendCounts::default() });
    check(&failed, Some((DeliverabilityIssue::ChannelFailing, 51, 100)));
}

#[test]
fn a_second_of_many_messages_is_judged_whole() {
    let second = |messages, bounced| SendCounts { messages, bounced, ..SendCounts::default() };
    check(&[second(4_000, 200)], None);
    check(&[second(900, 40), second(900, 51)], Some((DeliverabilityIssue::Bounces, 91, 1_800)));
}

#[test]
fn the_cause_is_told_in_words() {
    let cause =
        |cause, count, of| PauseCause { cause, channel: Channel::Email, count, of }.to_string();
    assert_eq!(
        cause(DeliverabilityIssue::Bounces, 51, 1_000),
        "51 of 1000 messages by email bounced (5.10 %)"
    );
    assert_eq!(
        cause(DeliverabilityIssue::Complaints, 2, 1_000),
        "2 of 1000 messages by email were complained about (0.20 %)"
    );
    assert_eq!(
        cause(DeliverabilityIssue::ChannelFailing, 51, 100),
        "email is failing: 51 of the last 100 attempts (51.00 %)"
    );
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn voucher(attempt: Attempt) -> Voucher {
    let definition = Definition::parse(
        json!({
            "name": "Ordinary", "kind": "promotion",
            "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
            "validity": {"from_issue": {"hours": 72}},
            "audience": {"everyone": {}},
            "channels": {"mode": "first_available", "ladder": ["sms"]},
            "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}"}}}},
            "holdout_percent": 0,
        }),
        at(0),
    )
    .unwrap();
    let campaign = CampaignId::parse("cmp_1").unwrap();
    let run = RunId::of_promotion(&campaign);
    let issue = VoucherIssue {
        campaign: &campaign,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition: &definition,
        customer: &CustomerId::parse("c-1").unwrap(),
        dispatch: "p00000000.000",
        now: at(100),
    };
    issue.issued_voucher(attempt)
}

fn attempt(number: u32, state: AttemptState, second: i64, reason: Option<&str>) -> Attempt {
    let claim = Attempt::claim(Channel::Email, number, 1, at(second));
    Attempt { state, reason: reason.map(str::to_owned), ..claim }
}

/// Returns the counts by second after a voucher went through `steps`.
fn blocks_after(steps: &[Attempt]) -> Vec<(i64, SendCounts)> {
    let mut sums = SendBlocks::new();
    let mut before: Option<Voucher> = None;
    for step in steps {
        let now = voucher(step.clone());
        merge_blocks(&mut sums, block_changes(before.as_ref(), &now));
        before = Some(now);
    }
    sums.into_iter().map(|(block, sends)| (block.second, sends)).collect()
}

#[test]
fn a_bounce_counts_for_the_second_in_which_its_message_went_out() {
    let steps = [
        attempt(1, AttemptState::Claimed, 100, None),
        attempt(1, AttemptState::Sent, 101, None),
        attempt(1, AttemptState::Bounced, 101, None),
    ];
    let one = SendCounts { messages: 1, bounced: 1, ..SendCounts::default() };
    assert_eq!(blocks_after(&steps), [(101, one)]);
}

#[test]
fn a_stronger_word_takes_the_weaker_back_and_an_answer_that_came_late_takes_the_doubt_back() {
    let delivered = [
        attempt(1, AttemptState::Unknown, 100, Some("timeout")),
        attempt(1, AttemptState::Bounced, 100, Some("timeout")),
        attempt(1, AttemptState::Delivered, 100, Some("timeout")),
    ];
    assert_eq!(
        blocks_after(&delivered),
        [(100, SendCounts { messages: 1, ..SendCounts::default() })]
    );
    let late = [
        attempt(1, AttemptState::Unknown, 100, Some("timeout")),
        attempt(1, AttemptState::Sent, 160, None),
    ];
    assert_eq!(blocks_after(&late), [(160, SendCounts { messages: 1, ..SendCounts::default() })]);
}

#[test]
fn a_further_attempt_leaves_what_the_one_before_counted_for() {
    let steps = [
        attempt(1, AttemptState::Unknown, 100, Some("timeout")),
        attempt(2, AttemptState::Claimed, 1_000, None),
        attempt(2, AttemptState::Sent, 1_001, None),
    ];
    let (doubt, sent) = (
        SendCounts { unknown: 1, ..SendCounts::default() },
        SendCounts { messages: 1, ..SendCounts::default() },
    );
    assert_eq!(blocks_after(&steps), [(100, doubt), (1_001, sent)]);
}

#[test]
fn a_refusal_of_the_address_is_no_failure_of_the_channel() {
    let refused = |reason| blocks_after(&[attempt(1, AttemptState::Failed, 100, Some(reason))]);
    for reason in ["invalid_address", "provider_opted_out", "endpoint_disabled"] {
        assert_eq!(refused(reason), [(100, SendCounts { refused: 1, ..SendCounts::default() })]);
    }
    for reason in ["rejected", "not_allowed", "throttled_too_often", "given_up"] {
        assert_eq!(refused(reason), [(100, SendCounts { failed: 1, ..SendCounts::default() })]);
    }
}

#[test]
fn an_event_of_a_provider_counts_for_what_it_says() {
    for event in FeedbackType::ALL {
        let ended = attempt(1, event.state(), 100, event.reason());
        let [(_, counted)] = blocks_after(&[ended])[..] else { unreachable!("{event:?}") };
        let expected = match event.sender_harm() {
            SenderHarm::None => (0, 0),
            SenderHarm::Bounce => (1, 0),
            SenderHarm::Complaint => (0, 1),
        };
        assert_eq!((counted.bounced, counted.complained), expected, "{event:?}");
        let customers_own = matches!(
            event,
            FeedbackType::LeftTopic
                | FeedbackType::HeldBack
                | FeedbackType::HeldBackAfterComplaint
                | FeedbackType::OptedOut
                | FeedbackType::EndpointDisabled
        );
        assert_eq!(counted.refused, i64::from(customers_own), "{event:?}");
    }
}

proptest! {
    /// Checks that an attempt counts once, for the state it ended in, through any states before it.
    #[test]
    fn in_the_end_an_attempt_counts_for_its_last_state(states in prop::collection::vec(0..AttemptState::ALL.len(), 1..8)) {
        let steps: Vec<Attempt> =
            states.iter().enumerate().map(|(second, state)| attempt(1, AttemptState::ALL[*state], second as i64, None)).collect();
        let last = steps.last().unwrap();
        let expected = SendCounts::of_attempt(last);
        let sums: Vec<(i64, SendCounts)> = blocks_after(&steps);
        if expected == SendCounts::default() {
            prop_assert_eq!(sums, []);
        } else {
            prop_assert_eq!(sums, [(last.at.as_second(), expected)]);
        }
    }
}
