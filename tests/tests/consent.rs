//! Consent is asked again at the last moment: who takes it back between planning and sending gets nothing on that channel.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use domain::{decision::SkipReason, voucher::Status};
use system_tests::{Channel, CustomerBuilder, Fault, Item, Scenario, all, until};

const PEOPLE: usize = 112;

fn customers_of(dispatch: &Item) -> Vec<String> {
    dispatch["customers"].as_l().unwrap().iter().map(|customer| customer.as_s().unwrap().clone()).collect()
}

/// A slow provider keeps each worker at its first sixteen, with the rest planned, released and in hand but not begun.
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
    let rule = test.carriers.rule(Fault::of(Channel::Email, &test.who, "slow").delay_ms(2_500)).await;

    let campaign = test.launch(&test.promotion().ladder(&["email", "sms"])).await;
    campaign.until("all to be planned", |view| view["run"]["selected"] == PEOPLE).await;
    until("the first messages", system_tests::SHORT, || test.messages(), |messages| !messages.is_empty()).await;
    campaign.pause().await;
    let told: BTreeSet<String> = test.messages().await.into_iter().map(|message| message.to).collect();
    let withdrawn: Vec<&CustomerBuilder> = people.iter().filter(|it| !told.contains(&it.email)).collect();
    assert!(withdrawn.len() >= 20, "{} of {PEOPLE} were not told yet", withdrawn.len());
    let withdrawals = withdrawn.iter().map(|customer| async {
        test.app.consent(&customer.id, "email", "denied").await.expect(200);
        jiff::Timestamp::now()
    });
    let since = all(8, withdrawals).await;
    test.carriers.forget_rule(&rule).await;
    campaign.resume().await;
    campaign.until_completed_hurried().await;
    campaign.check_equation().await;

    let planned_by_mail: BTreeSet<String> = test
        .ledger
        .dispatches(&campaign.id)
        .await
        .iter()
        .filter(|it| system_tests::text(it, "purpose") == "planned" && system_tests::text(it, "channel") == "email")
        .flat_map(customers_of)
        .collect();
    assert_eq!(planned_by_mail.len(), PEOPLE, "all were planned for e-mail");
    let messages = test.messages().await;
    for (customer, since) in withdrawn.iter().zip(since) {
        let mine: Vec<_> = messages.iter().filter(|it| it.to == customer.address(it.channel)).collect();
        let record = test.ledger.record(&campaign.id, &customer.id).await.unwrap();
        let mailed_before = mine.iter().any(|it| it.channel == Channel::Email && it.at <= since);
        if mailed_before {
            continue; // the worker was faster than the withdrawal
        }
        let channels: Vec<Channel> = mine.iter().map(|message| message.channel).collect();
        if customer.body["consents"]["sms"].is_object() {
            assert_eq!((channels.as_slice(), record.status), ([Channel::Sms].as_slice(), Status::Issued), "{customer:?}");
        } else {
            assert_eq!(channels, [], "{customer:?}");
            assert_eq!((record.status, record.skip), (Status::Skipped, Some(SkipReason::OptedOut)), "{customer:?}");
        }
    }
    let by_sms = messages.iter().filter(|message| message.channel == Channel::Sms).count();
    assert!(by_sms >= 5, "some were moved to SMS: {by_sms}");
    assert!(campaign.tally().await.skipped >= 5, "and some had no other channel");
}
