//! The lanes of the channels: one writer of two decides, what is read is what was written, and a window
//! of answers is judged once.

use domain::{
    delivery::{
        lane::{AnswerCounts, Lane, LaneCause, LaneOpener},
        sender_fault::SenderFault,
    },
    kernel::channel::Channel,
};
use testkit::builders::{add_milliseconds, noon};

use crate::stage::with_store;

#[tokio::test]
async fn a_lane_is_read_as_it_was_saved_and_a_later_writer_loses() {
    with_store(async |store, _| {
        for (channel, cause) in Channel::ALL.into_iter().zip([
            LaneCause::Fault(SenderFault::DailyQuota),
            LaneCause::Fault(SenderFault::IdentityNotVerified),
            LaneCause::Breaker(AnswerCounts { answered: 220, failed: 90 }),
        ]) {
            let never_closed = store.lane(channel).await.unwrap();
            assert_eq!(never_closed, Lane::new(channel));
            let closed = never_closed.close(cause, noon()).unwrap();
            let saved = store.save_lane(&closed).await.unwrap().unwrap();
            assert_eq!(store.lane(channel).await.unwrap(), saved);
            assert_eq!(saved.closure(), closed.closure());
            assert_eq!(store.save_lane(&closed).await.unwrap(), None, "another has closed it");

            let later = add_milliseconds(noon(), 60_000);
            let opened = saved.open(LaneOpener::Operator, later).unwrap();
            let probed = saved.fail_probe(None, later).unwrap();
            let opened = store.save_lane(&opened).await.unwrap().unwrap();
            assert_eq!(store.save_lane(&probed).await.unwrap(), None, "an operator was faster");
            assert_eq!(store.lane(channel).await.unwrap(), opened);
            assert_eq!(opened.opened, Some((later, LaneOpener::Operator)));
        }
    })
    .await;
}

#[tokio::test]
async fn answers_add_up_and_a_judged_window_is_taken_out_once() {
    with_store(async |store, _| {
        let counts = |answered, failed| AnswerCounts { answered, failed };
        assert_eq!(
            store.count_answers(Channel::Sms, counts(150, 5)).await.unwrap(),
            counts(150, 5)
        );
        let window = store.count_answers(Channel::Sms, counts(60, 40)).await.unwrap();
        assert_eq!(window, counts(210, 45));
        store.count_answers(Channel::Sms, counts(3, 1)).await.unwrap();
        store.take_judged_answers(Channel::Sms, window).await.unwrap();
        store.take_judged_answers(Channel::Sms, window).await.unwrap();
        assert_eq!(store.count_answers(Channel::Sms, counts(0, 0)).await.unwrap(), counts(3, 1));
        let other = store.count_answers(Channel::Push, counts(0, 0)).await.unwrap();
        assert_eq!(other, counts(0, 0));
    })
    .await;
}
