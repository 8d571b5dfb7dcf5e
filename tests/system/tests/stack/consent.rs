//! Tests that consent is checked again immediately before sending: a customer who withdraws it
//! between planning and sending gets nothing on that channel.

use std::collections::BTreeSet;

use domain::voucher::{record::VoucherStatus, skip_reason::SkipReason};
use system_tests::{
    Channel, CustomerBuilder, FaultSpec, SHORT, TableItem, TestScenario, run_all, text_attribute,
    until,
};

const PEOPLE: usize = 180;

fn customers_of(dispatch: &TableItem) -> Vec<String> {
    dispatch["customers"]
        .as_l()
        .unwrap()
        .iter()
        .map(|customer| customer.as_s().unwrap().clone())
        .collect()
}

/// A slow provider keeps each worker from starting all of its customers in time. After a pause the
/// rest goes back to `ready`, planned and not started, and that is when consent changes.
#[tokio::test]
async fn consent_withdrawn_between_planning_and_sending_is_honoured() {
    let test = TestScenario::begin().await;
    let people: Vec<CustomerBuilder> = (0..PEOPLE)
        .map(|number| {
            let customer = test.customer(number).consenting_to(&[Channel::Email]);
            if number % 2 == 0 { customer.consenting_to(&[Channel::Sms]) } else { customer }
        })
        .collect();
    test.put_customers(&people).await;
    let rule = test
        .emulator
        .add_fault(FaultSpec::for_scenario(Channel::Email, &test.identity, "slow").delay_ms(1_200))
        .await;

    let campaign = test.launch_campaign(&test.promotion().ladder(&["email", "sms"])).await;
    campaign.until_view("all to be planned", |view| view["run"]["selected"] == PEOPLE).await;
    campaign.pause().await;
    campaign.until_no_lease().await;
    test.emulator.remove_fault(&rule).await;
    let planned = test.ledger.dispatches(&campaign.id).await;
    assert!(
        planned.iter().all(|it| text_attribute(it, "purpose") == "planned"
            && text_attribute(it, "channel") == "email"),
        "{planned:#?}"
    );
    let planned: BTreeSet<String> = planned.iter().flat_map(customers_of).collect();
    assert_eq!(planned.len(), PEOPLE, "all are planned for e-mail");
    let told: BTreeSet<String> =
        test.sent_messages().await.into_iter().map(|message| message.to).collect();
    let left: Vec<&CustomerBuilder> =
        people.iter().filter(|it| !told.contains(&it.email)).collect();
    assert!(left.len() >= 20, "only {} of {PEOPLE} were not told yet", left.len());
    let (withdrawing, staying) = left.split_at(left.len() - 4);
    let withdrawals = withdrawing.iter().map(|customer| async {
        test.app.set_consent(&customer.id, "email", "denied").await.expect_status(200);
    });
    run_all(8, withdrawals).await;

    campaign.resume().await;
    campaign.until_completed_hurried().await;
    campaign.check_equation().await;
    let messages = test.sent_messages().await;
    let channels = |customer: &CustomerBuilder| -> Vec<Channel> {
        messages
            .iter()
            .filter(|it| it.to == customer.address(it.channel))
            .map(|message| message.channel)
            .collect()
    };
    for customer in withdrawing {
        let record = test.ledger.record(&campaign.id, &customer.id).await.unwrap();
        if customer.body["consents"]["sms"].is_object() {
            assert_eq!(
                (channels(customer), record.status),
                (vec![Channel::Sms], VoucherStatus::Issued),
                "moved: {customer:?}"
            );
        } else {
            assert_eq!(channels(customer), [], "no other channel: {customer:?}");
            assert_eq!(
                (record.status, record.skip),
                (VoucherStatus::Skipped, Some(SkipReason::OptedOut)),
                "{customer:?}"
            );
        }
    }
    for customer in staying {
        assert_eq!(channels(customer), [Channel::Email], "said nothing: {customer:?}");
    }
}

/// A mail program follows the link in the header: one post, no login. The button on the page posts
/// to the same path.
#[tokio::test]
async fn whoever_leaves_by_the_link_of_an_email_gets_no_further_one() {
    let test = TestScenario::begin().await;
    let people = [
        test.customer(0).consenting_to(&[Channel::Email]),
        test.customer(1).consenting_to(&[Channel::Email, Channel::Sms]),
    ];
    test.put_customers(&people).await;
    test.run_campaign(&test.promotion().ladder(&["email"])).await;
    for customer in &people {
        let messages = test.emulator.messages_to(Channel::Email, &customer.email).await;
        let message = &messages[0].json;
        let header = |name: &str| {
            message["headers"][name].as_str().unwrap_or_else(|| panic!("no {name}: {message}"))
        };
        assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let link = header("List-Unsubscribe").trim_matches(['<', '>']);
        assert!(message["html"].as_str().unwrap().contains(link), "also where the reader sees it");
        assert!(message["text"].as_str().unwrap().contains(link));
        let path = &link[link.find("/u/").unwrap()..];

        let page = test.app.unsigned("GET", path, "").send().await;
        assert!(
            page.status == 200 && page.text.contains("<form method=\"post\">"),
            "{}",
            page.text
        );
        let before = test.app.customer(&customer.id).await.expect_status(200).json;
        assert_eq!(before["consents"]["email"]["state"], "granted", "looking changes nothing");
        for _ in 0..2 {
            assert_eq!(
                test.app.unsigned("POST", path, "List-Unsubscribe=One-Click").send().await.status,
                200
            );
        }
        let after = test.app.customer(&customer.id).await.expect_status(200).json;
        assert_eq!(after["consents"]["email"]["state"], "denied");
        assert_eq!(after["consents"]["email"]["source"], "unsubscribe_link");
        assert_eq!(after["consent_history"].as_array().unwrap().len(), 1, "{after}");
        assert_eq!(after["consent_history"][0]["state"], "granted");
    }
    let forged =
        test.app.unsigned("POST", "/u/ZW1haWw6Yy0x.AAAAAAAAAAAAAAAAAAAAAA", "").send().await;
    assert_eq!(forged.status, 404);

    let again = test.run_campaign(&test.promotion().ladder(&["email", "sms"])).await;
    let record = test.ledger.record(&again.id, &people[0].id).await.unwrap();
    assert_eq!((record.status, record.skip), (VoucherStatus::Skipped, Some(SkipReason::OptedOut)));
    let record = test.ledger.record(&again.id, &people[1].id).await.unwrap();
    assert_eq!(record.status, VoucherStatus::Issued);
    assert_eq!(record.attempts.keys().copied().collect::<Vec<_>>(), [Channel::Sms]);
    for customer in &people {
        assert_eq!(
            test.emulator.messages_to(Channel::Email, &customer.email).await.len(),
            1,
            "the first one only"
        );
    }
}

/// Opening a link of an SMS changes nothing; its button accepts, once, and the short way out silences
/// the number.
#[tokio::test]
async fn the_links_of_an_sms_accept_by_a_button_and_lead_out() {
    let test = TestScenario::begin().await;
    let customer = test.customer(0).consenting_to(&[Channel::Sms]);
    test.put_customers(std::slice::from_ref(&customer)).await;
    let campaign = test.run_campaign(&test.promotion().ladder(&["sms"])).await;
    let messages = test.emulator.messages_to(Channel::Sms, &customer.phone).await;
    let text =
        messages[0].json["text"].as_str().unwrap_or_else(|| panic!("{:?}", messages[0].json));
    let path = |mark: &str| {
        let from = text.find(mark).unwrap_or_else(|| panic!("no {mark} in {text}"));
        text[from..].split_whitespace().next().unwrap().to_owned()
    };
    let (offer, way_out) = (path("/l/"), path("/u/"));
    assert_eq!((offer.len(), way_out.len()), (3 + 20, 3 + 29), "{text}");
    for _ in 0..2 {
        let status = test.app.unsigned("GET", &offer, "").send().await.status;
        assert!(status == 200 || status == 302, "{status}");
        let record = test.ledger.record(&campaign.id, &customer.id).await.unwrap();
        assert_eq!(record.stages.accepted_at, None, "looking accepts nothing");
    }
    for _ in 0..2 {
        assert_eq!(test.app.unsigned("POST", &offer, "").send().await.status, 200);
    }
    let record = test.ledger.record(&campaign.id, &customer.id).await.unwrap();
    assert!(record.stages.accepted_at.is_some());
    assert_eq!(record.taps.keys().copied().collect::<Vec<_>>(), [Channel::Sms]);
    let forged = test.app.unsigned("POST", "/l/00000000000000000000", "").send().await;
    assert_eq!(forged.status, 404);

    assert_eq!(test.app.unsigned("GET", &way_out, "").send().await.status, 200);
    let before = test.app.customer(&customer.id).await.expect_status(200).json;
    assert!(before["suppressions"]["sms"].is_null(), "looking changes nothing: {before}");
    assert_eq!(test.app.unsigned("POST", &way_out, "").send().await.status, 200);
    let after = test.app.customer(&customer.id).await.expect_status(200).json;
    assert_eq!(after["suppressions"]["sms"]["reason"], "opted_out");
}

/// A provider event or a customer's reply closes a channel for the next message: a STOP reply, a
/// number that opted out, a device that is gone.
#[tokio::test]
async fn a_stop_an_opted_out_number_and_a_dead_device_end_their_channel() {
    let test = TestScenario::begin().await;
    let stops = test.customer(0).consenting_to(&[Channel::Sms]);
    let opted_out = test.customer(1).consenting_to(&[Channel::Sms]).with_phone_suffix("999904");
    let dead = test
        .customer(2)
        .consenting_to(&[Channel::Push, Channel::Email])
        .with_endpoint_suffix("disabled");
    let people = [stops.clone(), opted_out.clone(), dead.clone()];
    test.put_customers(&people).await;
    test.run_campaign(&test.promotion().ladder(&["push", "sms", "email"])).await;
    test.emulator.send_sms_reply(&stops.phone, "STOP").await;
    let view = async |customer: &CustomerBuilder| {
        test.app.customer(&customer.id).await.expect_status(200).json
    };
    until(
        "the reply to count",
        SHORT,
        || view(&stops),
        |it| it["consents"]["sms"]["source"] == "sms_reply",
    )
    .await;
    until(
        "the number to be left alone",
        SHORT,
        || view(&opted_out),
        |it| it["suppressions"]["sms"]["reason"] == "opted_out",
    )
    .await;
    until(
        "the device to be forgotten",
        SHORT,
        || view(&dead),
        |it| it["push_endpoints"].as_array().unwrap().is_empty(),
    )
    .await;
    let again = test.run_campaign(&test.promotion().ladder(&["push", "sms", "email"])).await;
    for (customer, skip) in [(&stops, SkipReason::OptedOut), (&opted_out, SkipReason::Suppressed)] {
        let record = test.ledger.record(&again.id, &customer.id).await.unwrap();
        assert_eq!(
            (record.status, record.skip),
            (VoucherStatus::Skipped, Some(skip)),
            "{customer:?}"
        );
    }
    let record = test.ledger.record(&again.id, &dead.id).await.unwrap();
    assert_eq!(
        record.attempts.keys().copied().collect::<Vec<_>>(),
        [Channel::Email],
        "no push is tried"
    );
}
