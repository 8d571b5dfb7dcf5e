//! Tests of dead letters on queues of the local AWS: a parked message keeps its reason, and a
//! redrive loses nothing, however often it runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use futures::future::join_all;
use queue::{
    Queue, WakeNudge,
    dead_letters::{ApproximateDepth, RedriveResult},
};

async fn create_queues() -> (Queue, Queue) {
    let config = testkit::local_aws_config();
    let queue = async || Queue::new(&config, testkit::create_queue(&config).await);
    (queue().await, queue().await)
}

fn wakes(messages: usize) -> Vec<WakeNudge> {
    vec![WakeNudge::now("schedule"); messages]
}

async fn waiting_messages(queue: &Queue) -> u64 {
    let ApproximateDepth { waiting, in_flight: held } = queue.depth().await.unwrap();
    assert_eq!(held, 0, "nobody holds on to one");
    waiting
}

#[tokio::test]
async fn what_is_put_aside_keeps_its_reason_and_looking_takes_nothing_away() {
    let (dead_letters, _) = create_queues().await;
    dead_letters
        .park_message("garbage from ana@example.com".into(), "not a message of this queue")
        .await
        .unwrap();
    dead_letters.send(&WakeNudge::now("schedule")).await.unwrap();
    for _ in 0..2 {
        let mut sample = dead_letters.peek_messages().await.unwrap();
        sample.sort_by_key(|letter| letter.reason.clone());
        let [died, poison] = sample.as_slice() else { unreachable!("two of them: {sample:?}") };
        assert_eq!((died.reason.as_deref(), died.pointer.is_some()), (None, true));
        assert_eq!(
            (poison.reason.as_deref(), poison.pointer.is_some()),
            (Some("not a message of this queue"), false)
        );
        assert!(poison.sent_at.is_some() && poison.receives > 0);
    }
    assert_eq!(waiting_messages(&dead_letters).await, 2);
}

#[tokio::test]
async fn poison_stays_until_it_is_asked_for_and_can_be_seen_at_once() {
    let (dead_letters, source) = create_queues().await;
    dead_letters.send_all(&wakes(12)).await.unwrap();
    dead_letters.park_message("garbage".into(), "unreadable").await.unwrap();
    assert_eq!(
        dead_letters.redrive(&source, 100, false).await.unwrap(),
        RedriveResult { moved: 12, quarantined: 1 }
    );
    assert_eq!((waiting_messages(&source).await, waiting_messages(&dead_letters).await), (12, 1));
    assert_eq!(
        dead_letters.redrive(&source, 100, true).await.unwrap(),
        RedriveResult { moved: 1, quarantined: 0 }
    );
    assert_eq!((waiting_messages(&source).await, waiting_messages(&dead_letters).await), (13, 0));
}

#[tokio::test]
async fn no_more_is_moved_than_was_asked_for() {
    let (dead_letters, source) = create_queues().await;
    dead_letters.send_all(&wakes(12)).await.unwrap();
    assert_eq!(
        dead_letters.redrive(&source, 5, false).await.unwrap(),
        RedriveResult { moved: 5, quarantined: 0 }
    );
    assert_eq!((waiting_messages(&source).await, waiting_messages(&dead_letters).await), (5, 7));
}

#[tokio::test]
async fn pressed_by_many_at_once_each_message_is_moved_once() {
    let (dead_letters, source) = create_queues().await;
    dead_letters.send_all(&wakes(60)).await.unwrap();
    let presses = join_all((0..4).map(|_| dead_letters.redrive(&source, 100, false))).await;
    let moved: usize = presses.into_iter().map(|pressed| pressed.unwrap().moved).sum();
    assert_eq!(moved, 60);
    assert_eq!((waiting_messages(&source).await, waiting_messages(&dead_letters).await), (60, 0));
    assert_eq!(dead_letters.redrive(&source, 100, false).await.unwrap(), RedriveResult::default());
}
