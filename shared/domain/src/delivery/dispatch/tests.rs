//! Names of dispatches, and the reconciliation equation of a run.

use proptest::prelude::*;

use super::*;

fn run() -> RunId {
    RunId::of_promotion(&campaign())
}

fn campaign() -> CampaignId {
    CampaignId::parse("cmp_1").unwrap()
}

fn segment(
    number: u32,
    scanned_all: bool,
    selected: u64,
    open: u64,
    tally: OutcomeTally,
) -> Segment {
    Segment {
        run: run(),
        number,
        total: 4,
        campaign: campaign(),
        cursor: None,
        page: 1,
        scanned_all,
        scanned: selected + 5,
        unreadable: 1,
        selected,
        open,
        tally,
        always_on: false,
        hops: 0,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn purposes_and_states_have_names_and_back() {
    for purpose in DispatchPurpose::ALL {
        assert_eq!(DispatchPurpose::parse(purpose.as_str()), Some(purpose));
    }
    for state in DispatchState::ALL {
        assert_eq!(DispatchState::parse(state.as_str()), Some(state));
    }
}

#[test]
fn names_follow_from_what_is_planned_and_sort_by_page() {
    let name = |page, chunk| DispatchKey::planned(&run(), 0, page, chunk).name;
    assert_eq!(name(3, 2), name(3, 2));
    assert!(name(9, 2) < name(10, 0) && name(10, 0) < name(10, 1));
    let parent = DispatchKey::planned(&run(), 0, 0, 0);
    let ana = CustomerId::parse("c-1").unwrap();
    let children = [
        parent.follow_up(DispatchPurpose::Moved, Channel::Sms).name,
        parent.follow_up(DispatchPurpose::Moved, Channel::Email).name,
        parent.follow_up(DispatchPurpose::Additional, Channel::Sms).name,
        parent.for_customer(&ana, Channel::Sms, 1, None).name,
        parent.for_customer(&ana, Channel::Sms, 2, None).name,
        parent.for_customer(&ana, Channel::Email, 1, None).name,
        parent.for_customer(&CustomerId::parse("c-1.sms").unwrap(), Channel::Sms, 1, None).name,
    ];
    let firing = |occurrence: &str| TriggerFiring {
        occurrence: crate::kernel::id::Occurrence::parse(occurrence).unwrap(),
        day: "2026-11-23".parse().unwrap(),
        at: None,
    };
    let fired = |occurrence: &str| {
        parent.for_customer(&ana, Channel::Sms, 1, Some(&firing(occurrence))).name
    };
    let children: Vec<String> =
        children.into_iter().chain([fired("birthday.2026"), fired("birthday.2027")]).collect();
    let distinct: std::collections::BTreeSet<&String> = children.iter().collect();
    assert_eq!(distinct.len(), children.len());
}

#[test]
fn one_that_follows_is_ready_for_its_attempt() {
    let customers = vec![CustomerId::parse("c-1").unwrap(), CustomerId::parse("c-2").unwrap()];
    let key = DispatchKey::planned(&run(), 2, 0, 0);
    let planned = Dispatch::new_ready(
        key,
        campaign(),
        Channel::Push,
        DispatchPurpose::Planned,
        customers.clone(),
        Timestamp::UNIX_EPOCH,
    );
    let next = planned.follow_up_for(
        DispatchPurpose::Retry,
        Channel::Push,
        3,
        &customers[1],
        Timestamp::MAX,
    );
    assert_eq!((next.attempt, next.size(), next.key.segment, next.fence), (3, 1, 2, 0));
    assert_eq!(
        (next.state, next.quota_reserved, next.due_at),
        (DispatchState::Ready, None, Timestamp::MAX)
    );
    assert_eq!(planned.size(), 2);
}

#[test]
fn moved_customers_come_from_where_they_were() {
    let planned = DispatchKey::planned(&run(), 2, 0, 0);
    let moved = planned.follow_up(DispatchPurpose::Moved, Channel::Sms);
    let again = moved.follow_up(DispatchPurpose::Moved, Channel::Email);
    for (later, earlier) in
        [(&planned, &planned), (&moved, &planned), (&again, &planned), (&again, &moved)]
    {
        assert!(later.originates_from(&earlier.name), "{later} from {earlier}");
    }
    let other = DispatchKey::planned(&run(), 2, 0, 1);
    let further = planned.follow_up(DispatchPurpose::Additional, Channel::Sms);
    for (later, earlier) in [(&planned, &moved), (&moved, &other), (&further, &planned)] {
        assert!(!later.originates_from(&earlier.name), "{later} from {earlier}");
    }
}

#[test]
fn only_undecided_customers_count() {
    let counting: Vec<DispatchPurpose> =
        DispatchPurpose::ALL.into_iter().filter(|purpose| purpose.awaits_outcome()).collect();
    assert_eq!(counting, [DispatchPurpose::Planned, DispatchPurpose::Moved]);
}

#[test]
fn a_run_is_complete_when_all_is_scanned_decided_and_sent() {
    let tally = OutcomeTally { issued: 5, ghost: 2, skipped: 2, failed: 1 };
    let complete = |segments: &[Segment]| RunProgress::from_segments(segments).is_complete();
    let done = segment(0, true, 10, 0, tally);
    assert!(complete(&[done.clone()]));
    assert!(complete(&[done.clone(), segment(1, true, 0, 0, OutcomeTally::default())]));
    assert!(!complete(&[]), "nothing is not a run");
    assert!(
        !complete(&[done.clone(), segment(1, false, 0, 0, OutcomeTally::default())]),
        "not scanned"
    );
    assert!(!complete(&[segment(0, true, 11, 0, tally)]), "one waits");
    assert!(!complete(&[segment(0, true, 10, 1, tally)]), "a message is still to be sent");
    assert!(!complete(&[segment(0, true, 9, 0, tally)]), "more outcomes than selections");
}

fn tallies() -> impl Strategy<Value = OutcomeTally> {
    (0u64..50, 0u64..50, 0u64..50, 0u64..50).prop_map(|(issued, ghost, skipped, failed)| {
        OutcomeTally { issued, ghost, skipped, failed }
    })
}

proptest! {
    #[test]
    fn selected_is_always_the_sum_of_its_parts(parts in prop::collection::vec((tallies(), 0u64..50, 0u64..5), 0..8)) {
        let segments: Vec<Segment> = parts
            .iter()
            .map(|(tally, waiting, open)| segment(0, *waiting == 0, tally.total() + waiting, *open, *tally))
            .collect();
        let progress = RunProgress::from_segments(&segments);
        let OutcomeTally { issued, ghost, skipped, failed } = progress.tally;
        prop_assert!(progress.is_balanced());
        prop_assert_eq!(progress.selected, issued + ghost + skipped + progress.waiting() + failed);
        prop_assert_eq!(progress.waiting(), parts.iter().map(|(_, waiting, _)| waiting).sum::<u64>());
        let idle = parts.iter().all(|(_, waiting, open)| *waiting == 0 && *open == 0);
        prop_assert_eq!(progress.is_complete(), idle && !parts.is_empty());
    }

    /// The order in which segments are read, and the number of reads, do not matter.
    #[test]
    fn the_sum_of_sums_is_the_sum(tallies in prop::collection::vec(tallies(), 2..9), at in 1usize..8) {
        let segments: Vec<Segment> = tallies.iter().map(|tally| segment(0, true, 200, 1, *tally)).collect();
        let (left, right) = segments.split_at(at.min(segments.len()));
        let (one, other, whole) = (RunProgress::from_segments(left), RunProgress::from_segments(right), RunProgress::from_segments(&segments));
        prop_assert_eq!(one.tally.plus(&other.tally), whole.tally);
        prop_assert_eq!(one.selected + other.selected, whole.selected);
        prop_assert_eq!(RunProgress::from_segments(segments.iter().rev()), whole);
    }
}
