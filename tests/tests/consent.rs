//! Consent is asked again at the last moment: who takes it back between planning and sending gets nothing on that channel.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use domain::{decision::SkipReason, voucher::Status};
use system_tests::{Channel, CustomerBuilder, Fault, Item, Scenario, all, text};

const PEOPLE: usize = 180;

fn customers_of(dispatch: &Item) -> Vec<String> {
    dispatch["customers"].as_l().unwrap().iter().map(|customer| customer.as_s().unwrap().clone()).collect()
}

/// A slow provider keeps each worker from beginning all of its customers before its time is up; paused, the rest goes back, planned
/// and not begun. That is where consent changes.
#[tokio::test]
async fn consent_withdrawn_between_planning_and_sending_is_honoured() {
    let test = Scenario::begin().await;
    let people: Vec<CustomerBuilder> = (0..PEOPLE)
        .map(|number| {
            let customer = test.customer(number).on(&[Channel::Email]);
            if number % 2 == 0 { customer.on(&[Channel::Sms]) } else { customer }
        })
        .collect();
    test.put(&people).await;
    let rule = test.carriers.rule(Fault::of(Channel::Email, &test.who, "slow").delay_ms(1_200)).await;

    let campaign = test.launch(&test.promotion().ladder(&["email", "sms"])).await;
    campaign.until("all to be planned", |view| view["run"]["selected"] == PEOPLE).await;
    campaign.pause().await;
    campaign.until_in_nobodys_hands().await;
    test.carriers.forget_rule(&rule).await;
    let planned = test.ledger.dispatches(&campaign.id).await;
    assert!(
        planned.iter().all(|it| text(it, "purpose") == "planned" && text(it, "channel") == "email"),
        "{planned:#?}"
    );
    let planned: BTreeSet<String> = planned.iter().flat_map(customers_of).collect();
    assert_eq!(planned.len(), PEOPLE, "all are planned for e-mail");
    let told: BTreeSet<String> = test.messages().await.into_iter().map(|message| message.to).collect();
    let left: Vec<&CustomerBuilder> = people.iter().filter(|it| !told.contains(&it.email)).collect();
    assert!(left.len() >= 20, "only {} of {PEOPLE} were not told yet", left.len());
    let (withdrawing, staying) = left.split_at(left.len() - 4);
    let withdrawals = withdrawing.iter().map(|customer| async {
        test.app.consent(&customer.id, "email", "denied").await.expect(200);
    });
    all(8, withdrawals).await;

    campaign.resume().await;
    campaign.until_completed_hurried().await;
    campaign.check_equation().await;
    let messages = test.messages().await;
    let channels = |customer: &CustomerBuilder| -> Vec<Channel> {
        messages.iter().filter(|it| it.to == customer.address(it.channel)).map(|message| message.channel).collect()
    };
    for customer in withdrawing {
        let record = test.ledger.record(&campaign.id, &customer.id).await.unwrap();
        if customer.body["consents"]["sms"].is_object() {
            assert_eq!(
                (channels(customer), record.status),
                (vec![Channel::Sms], Status::Issued),
                "moved: {customer:?}"
            );
        } else {
            assert_eq!(channels(customer), [], "no other channel: {customer:?}");
            assert_eq!((record.status, record.skip), (Status::Skipped, Some(SkipReason::OptedOut)), "{customer:?}");
        }
    }
    for customer in staying {
        assert_eq!(channels(customer), [Channel::Email], "said nothing: {customer:?}");
    }
}
