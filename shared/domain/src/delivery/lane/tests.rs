//! Tests of the lane: what closes it, when it is probed, what opens it, and the breaker's shares.

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn fault(fault: SenderFault) -> LaneCause {
    LaneCause::Fault(fault)
}

fn closed_by(cause: LaneCause, second: i64) -> Lane {
    Lane::new(Channel::Email).close(cause, at(second)).unwrap()
}

fn seconds_to_probe(lane: &Lane, from: i64) -> i64 {
    lane.closure().unwrap().probe_at.duration_since(at(from)).as_secs()
}

#[test]
fn a_lane_is_open_until_a_fault_of_ours_closes_it() {
    let lane = Lane::new(Channel::Email);
    assert_eq!((lane.gate(at(0)), lane.closure()), (LaneGate::Open, None));
    let lane = closed_by(fault(SenderFault::IdentityNotVerified), 0);
    assert_eq!(lane.gate(at(59)), LaneGate::Closed);
    assert_eq!(lane.gate(at(60)), LaneGate::ProbeDue);
    let second = lane.close(fault(SenderFault::SpendLimit), at(5));
    assert_eq!(second, None, "the first cause stays");
}

#[test]
fn one_worker_probes_and_the_others_wait() {
    let lane = closed_by(fault(SenderFault::AccessDenied), 0);
    assert_eq!(lane.begin_probe(at(59), at(90)), None);
    let probed = lane.begin_probe(at(60), at(90)).unwrap();
    assert_eq!(probed.gate(at(89)), LaneGate::Closed);
    assert_eq!(probed.gate(at(90)), LaneGate::ProbeDue, "a lost prober does not hold the lane");
    assert_eq!(probed.closure().unwrap().since, at(0));
    let returned = probed.return_probe(at(61)).unwrap();
    assert_eq!(returned.gate(at(61)), LaneGate::ProbeDue);
}

#[test]
fn each_probe_that_fails_doubles_the_pause_up_to_its_longest() {
    let mut lane = closed_by(fault(SenderFault::AccessDenied), 0);
    let mut pauses = vec![seconds_to_probe(&lane, 0)];
    for _ in 0..5 {
        lane = lane.fail_probe(Some(fault(SenderFault::AccessDenied)), at(0)).unwrap();
        pauses.push(seconds_to_probe(&lane, 0));
    }
    assert_eq!(pauses, [60, 120, 240, 480, 900, 900]);
    // another fault begins anew, and the lane has been closed all the time
    let other = lane.fail_probe(Some(fault(SenderFault::DailyQuota)), at(100)).unwrap();
    assert_eq!((seconds_to_probe(&other, 100), other.closure().unwrap().since), (3_600, at(0)));
    // an answer that says nothing of the lane leaves its cause
    let unclear = other.fail_probe(None, at(200)).unwrap();
    assert_eq!(unclear.closure().unwrap().cause, fault(SenderFault::DailyQuota));
    assert_eq!(seconds_to_probe(&unclear, 200), 3_600);
}

#[test]
fn a_probe_that_says_nothing_of_the_lane_does_not_lengthen_its_pauses() {
    let lane = closed_by(fault(SenderFault::AccessDenied), 0);
    let lane = lane.fail_probe(Some(fault(SenderFault::AccessDenied)), at(60)).unwrap();
    assert_eq!(seconds_to_probe(&lane, 60), 120);
    let opted_out = lane.fail_probe(None, at(180)).unwrap();
    assert_eq!(seconds_to_probe(&opted_out, 180), 120, "the same pause again");
    let breaker = LaneCause::Breaker(AnswerCounts { answered: 200, failed: 90 });
    let tripped = closed_by(breaker, 0).fail_probe(None, at(900)).unwrap();
    assert_eq!(seconds_to_probe(&tripped, 900), 1_800, "one more of the failures it has counted");
}

#[test]
fn a_daily_quota_is_asked_by_the_hour_and_a_throttle_within_a_minute() {
    let quota = closed_by(fault(SenderFault::DailyQuota), 0);
    assert_eq!(seconds_to_probe(&quota, 0), 3_600);
    let throttled = closed_by(fault(SenderFault::Throttled), 0);
    assert_eq!(seconds_to_probe(&throttled, 0), 5);
}

#[test]
fn a_probe_or_an_operator_opens_the_lane_once() {
    for opener in LaneOpener::ALL {
        let lane = closed_by(fault(SenderFault::Sandbox), 0).open(opener, at(70)).unwrap();
        assert_eq!(lane.gate(at(70)), LaneGate::Open);
        assert_eq!(lane.opened, Some((at(70), opener)));
        assert_eq!(lane.open(opener, at(71)), None);
        assert_eq!(lane.fail_probe(None, at(72)), None, "an operator was faster than the probe");
        assert_eq!(LaneOpener::parse(opener.as_str()), Some(opener));
    }
}

#[test]
fn a_lane_that_closes_again_soon_goes_on_with_its_pauses() {
    let throttled = fault(SenderFault::Throttled);
    let opened = closed_by(throttled, 0).open(LaneOpener::Probe, at(10)).unwrap();
    let relapsed = opened.close(throttled, at(100)).unwrap();
    assert_eq!(seconds_to_probe(&relapsed, 100), 10);
    assert_eq!(seconds_to_probe(&opened.close(throttled, at(10 + 1_800)).unwrap(), 1_810), 5);
    let other = opened.close(fault(SenderFault::AccessDenied), at(100)).unwrap();
    assert_eq!(seconds_to_probe(&other, 100), 60, "another fault begins anew");
    let mended = closed_by(throttled, 0).open(LaneOpener::Operator, at(10)).unwrap();
    assert_eq!(seconds_to_probe(&mended.close(throttled, at(100)).unwrap(), 100), 5);
}

#[test]
fn a_cause_is_found_again_by_its_code() {
    let counts = AnswerCounts { answered: 300, failed: 90 };
    for cause in
        SenderFault::ALL.map(LaneCause::Fault).into_iter().chain([LaneCause::Breaker(counts)])
    {
        assert_eq!(LaneCause::from_code(cause.code(), counts), Some(cause));
    }
    assert_eq!(LaneCause::from_code("rejected", counts), None);
}

#[test]
fn the_breaker_asks_for_enough_answers_and_an_unusual_share_of_failures() {
    for (channel, answered, failed, trips) in [
        (Channel::Email, 199, 199, false),
        (Channel::Email, 200, 40, false),
        (Channel::Email, 200, 41, true),
        (Channel::Sms, 1_000, 201, true),
        (Channel::Push, 200, 100, false),
        (Channel::Push, 200, 101, true),
        (Channel::Push, 0, 0, false),
    ] {
        let counts = AnswerCounts { answered, failed };
        let expected = trips.then_some(LaneCause::Breaker(counts));
        assert_eq!(counts.breaker_cause(channel), expected, "{channel} {failed} of {answered}");
    }
}

#[test]
fn an_invalid_address_counts_for_the_breaker_and_an_opt_out_or_a_fault_of_ours_does_not() {
    let refused = |reason| ProviderAnswer::Refused { reason };
    for (answer, expected) in [
        (ProviderAnswer::Accepted { provider_id: "1".to_owned() }, (1, 0)),
        (refused(ProviderRefusal::InvalidAddress), (1, 1)),
        (refused(ProviderRefusal::EndpointDisabled), (1, 1)),
        (refused(ProviderRefusal::Rejected), (1, 1)),
        (refused(ProviderRefusal::NotAllowed), (1, 1)),
        (refused(ProviderRefusal::OptedOut), (1, 0)),
        (ProviderAnswer::Ambiguous { reason: "timeout" }, (1, 1)),
        (ProviderAnswer::Ours(SenderFault::Sandbox), (0, 0)),
    ] {
        let found = AnswerCounts::of_answer(&answer);
        assert_eq!((found.answered, found.failed), expected, "{answer:?}");
    }
}

#[test]
fn a_single_throttle_closes_nothing() {
    for (throttled, answered, closes) in
        [(1, 1, false), (2, 2, true), (2, 8, true), (2, 9, false), (5, 20, true), (4, 50, false)]
    {
        assert_eq!(throttles_close(throttled, answered), closes, "{throttled} of {answered}");
    }
}

#[test]
fn throttles_of_several_dispatches_close_the_lane_within_seconds() {
    // each answer's second and if it was throttled, and the seconds of those that close the lane
    for (answers, expected) in [
        (vec![(0, true), (9, true)], vec![9]),
        (vec![(0, true), (10, true)], vec![]),
        (vec![(0, true), (30, true), (60, true)], vec![]),
        (vec![(0, true), (1, false), (1, false), (2, true)], vec![2]),
        (vec![(0, true), (1, true), (2, true), (3, true)], vec![1, 3]),
        (vec![(0, true), (8, false), (12, true), (13, true)], vec![13]),
    ] {
        let mut window = ThrottleWindow::default();
        let closing =
            answers.iter().filter(|(second, throttled)| window.hear(*throttled, at(*second)));
        let closing: Vec<i64> = closing.map(|(second, _)| *second).collect();
        assert_eq!(closing, expected, "{answers:?}");
    }
    // a few throttles among many answers are none of the lane's
    let mut window = ThrottleWindow::default();
    assert!((0..90).all(|number| !window.hear(number % 30 == 0, at(0))));
}

#[test]
fn a_lane_that_opens_by_itself_needs_nobody_for_a_day() {
    for (cause, hours, expected) in [
        (SenderFault::DailyQuota, 24, false),
        (SenderFault::DailyQuota, 26, true),
        (SenderFault::Throttled, 1, false),
        (SenderFault::IdentityNotVerified, 0, true),
        (SenderFault::SpendLimit, 0, true),
    ] {
        let lane = closed_by(fault(cause), 0);
        assert_eq!(lane.needs_person(at(hours * 3_600)), expected, "{cause:?} after {hours} h");
    }
    assert!(!Lane::new(Channel::Email).needs_person(at(0)));
}
