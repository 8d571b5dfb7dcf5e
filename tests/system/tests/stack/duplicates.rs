//! Tests repeats of everything: messages, nudges, events, requests. Each takes effect once.

use std::collections::BTreeMap;

use domain::{reporting::counters::Counter, voucher::attempt::AttemptState};
use serde_json::{Value, json};
use system_tests::{
    Channel, CustomerBuilder, FaultSpec, LONG, QueueClient, RunningCampaign, TableItem,
    TestScenario, basket, money, order_event, run_all, text_attribute, until,
};

/// Sends a pointer to each dispatch, whatever its state, as a repeat of the workers' queues would.
async fn send_all_pointers(test: &TestScenario, dispatches: &[TableItem]) {
    let pointers = dispatches.iter().map(|dispatch| async {
        let pk = text_attribute(dispatch, "pk");
        let (run, segment) = pk.strip_prefix("run#").unwrap().rsplit_once('#').unwrap();
        let name = text_attribute(dispatch, "sk").split_off("D#".len());
        test.queues
            .send_pointer(
                &text_attribute(dispatch, "channel"),
                run,
                segment.parse().unwrap(),
                &name,
            )
            .await;
    });
    run_all(8, pointers).await;
}

async fn check_sent_once(test: &TestScenario, people: &[CustomerBuilder]) {
    let mut each: BTreeMap<String, usize> = BTreeMap::new();
    for message in test.sent_messages().await {
        *each.entry(message.to).or_default() += 1;
    }
    assert_eq!((each.len(), each.values().max()), (people.len(), Some(&1)), "{each:#?}");
}

async fn until_counted(test: &TestScenario, campaign: &RunningCampaign) {
    let recount = test.ledger.recount(&campaign.id).await;
    let counters = || test.ledger.counters(&campaign.id);
    until("the counters to be what a recount gives", LONG, counters, |counters| {
        *counters == recount
    })
    .await;
}

async fn until_all_delivered(test: &TestScenario, campaign: &RunningCampaign) {
    let look = || async {
        test.ledger
            .records(&campaign.id)
            .await
            .iter()
            .filter(|it| it.stages.delivered_at.is_none())
            .count()
    };
    until("everyone to be stamped as delivered", LONG, look, |left| *left == 0).await;
}

#[tokio::test]
async fn every_message_of_the_pipeline_can_come_twice() {
    let test = TestScenario::begin().await;
    let people: Vec<CustomerBuilder> = (0..90)
        .map(|number| test.customer(number).consenting_to(&[Channel::ALL[number % 3]]))
        .collect();
    test.put_customers(&people).await;
    for channel in Channel::ALL {
        test.emulator
            .add_fault(FaultSpec::for_scenario(channel, &test.identity, "duplicate_event"))
            .await;
    }

    let campaign = test.launch_campaign(&test.promotion()).await;
    test.marketer.launch(&campaign.id).await.expect_problem(409, "not_allowed_in_state");
    let segments = campaign.segment_count().await;
    let repeat_everything = || async {
        for segment in 0..segments {
            test.queues.nudge_segment(&campaign.run_id(), segment).await;
        }
        send_all_pointers(&test, &test.ledger.dispatches(&campaign.id).await).await;
        test.wake_schedules().await;
        campaign.campaign_view().await["state"].as_str().unwrap().to_owned()
    };
    until("its completion while everything comes again", LONG, repeat_everything, |state| {
        state == "completed"
    })
    .await;
    repeat_everything().await;

    let tally = campaign.check_equation().await;
    assert_eq!((tally.issued, tally.total()), (90, 90));
    until_all_delivered(&test, &campaign).await;
    check_sent_once(&test, &people).await;
    until_counted(&test, &campaign).await;
}

#[tokio::test]
async fn a_providers_event_counts_once_however_often_it_comes() {
    let test = TestScenario::begin().await;
    let people: Vec<CustomerBuilder> = (0..12)
        .map(|number| {
            test.customer(number).consenting_to(&[if number % 2 == 0 {
                Channel::Email
            } else {
                Channel::Sms
            }])
        })
        .collect();
    test.put_customers(&people).await;
    let campaign = test.run_campaign(&test.promotion()).await;
    until_all_delivered(&test, &campaign).await;
    until_counted(&test, &campaign).await;
    let before =
        (test.ledger.records(&campaign.id).await.len(), test.ledger.counters(&campaign.id).await);
    let delivered_at = async || {
        let records = test.ledger.records(&campaign.id).await;
        records
            .into_iter()
            .map(|it| (it.customer, it.stages.delivered_at))
            .collect::<BTreeMap<_, _>>()
    };
    let stamps = delivered_at().await;

    let later = "2099-01-01T00:00:00.000Z";
    for message in test.sent_messages().await {
        let event = match message.channel {
            Channel::Email => QueueClient::ses_delivery_event(
                &message.provider_id,
                ses_tags(&message.json),
                later,
            ),
            Channel::Sms => text_event(&message.provider_id, &message.to, &message.json["tags"]),
            Channel::Push => sns_status(&message.provider_id, &message.to, later),
        };
        test.queues.send_message("feedback", &event).await;
        test.queues.send_message("feedback", &event).await;
    }
    // the bounce is new and sent after the repeats: once it is recorded, the repeats before it have
    // been processed
    let bounced = &people[0];
    let message = test.emulator.messages_to(Channel::Email, &bounced.email).await.remove(0);
    let bounce = json!({
        "eventType": "Complaint",
        "mail": {"messageId": message.provider_id, "timestamp": later, "tags": ses_tags(&message.json)},
        "complaint": {"timestamp": later, "complainedRecipients": [{"emailAddress": bounced.email}]},
    });
    test.queues.send_message("feedback", &bounce.to_string()).await;
    let record = || async {
        test.ledger.record(&campaign.id, &bounced.id).await.unwrap().attempts[&Channel::Email].state
    };
    until("the complaint to be stamped", LONG, record, |state| *state == AttemptState::Complained)
        .await;

    assert_eq!(delivered_at().await, stamps, "a stage once set stays");
    until_counted(&test, &campaign).await;
    let after =
        (test.ledger.records(&campaign.id).await.len(), test.ledger.counters(&campaign.id).await);
    // only the complaint is new
    let (records, mut counters) = before;
    for (state, by) in [(AttemptState::Delivered, -1), (AttemptState::Complained, 1)] {
        counters.add(Counter::AttemptsIn(Channel::Email, state), by);
    }
    assert_eq!(after, (records, counters));
    let customer = test.app.customer(&bounced.id).await.expect_status(200);
    assert!(
        customer.text.contains("complained"),
        "who complained is suppressed: {}",
        customer.text
    );
}

/// Returns the tags of an e-mail as SES reports them: each value in a list.
fn ses_tags(message: &Value) -> Value {
    let tags = message["tags"].as_object().unwrap();
    Value::Object(
        tags.iter()
            .map(|(name, value)| {
                (name.clone(), if value.is_array() { value.clone() } else { json!([value]) })
            })
            .collect(),
    )
}

/// Builds an event of End User Messaging, of a time far ahead.
fn text_event(message: &str, to: &str, context: &Value) -> String {
    json!({
        "eventType": "TEXT_DELIVERED", "eventVersion": "1.0", "isFinal": true, "messageId": message,
        "eventTimestamp": 4_070_908_800_000_i64, "destinationPhoneNumber": to, "context": context,
    })
    .to_string()
}

/// Builds an entry of SNS's delivery status log.
fn sns_status(message: &str, to: &str, at: &str) -> String {
    json!({
        "notification": {"messageId": message, "timestamp": at},
        "delivery": {"destination": to, "providerResponse": "ok"},
        "status": "SUCCESS",
    })
    .to_string()
}

#[tokio::test]
async fn orders_posted_at_once_and_again_keep_the_aggregates_right() {
    let test = TestScenario::begin().await;
    let customer = test.create_customers(1, &[]).await.remove(0).id;
    let placed = |number: i64| {
        let mut basket = basket(1_000 + number);
        basket["lines"][0]["vertical"] = json!(if number % 2 == 0 { "food" } else { "pharmacy" });
        let at = format!("2026-10-{:02}T12:00:00Z", number + 1);
        let more = json!({"at": at, "basket": basket});
        order_event("placed", &format!("{customer}-o{number}"), &customer, &more)
    };
    let later = |event: &str, number: i64, more: Value| {
        let mut event = order_event(event, &format!("{customer}-o{number}"), &customer, &more);
        event["at"] = json!("2026-11-01T12:00:00Z");
        event
    };
    let cancelled = later("cancelled", 3, json!({}));
    let refunded = later("refunded", 4, json!({"refund": {"currency": "EUR", "amount": 104}}));
    let post = async |event: &Value| loop {
        let answer = test.app.report_order(event).await;
        // a conflict with other writes to this customer: the API asks the caller to retry
        if answer.status != 503 {
            return answer.expect_status(200).json["recorded"].as_str().unwrap().to_owned();
        }
    };
    let events: Vec<Value> = (0..20).map(placed).collect();
    let recorded = run_all(10, events.iter().chain(&events).map(&post)).await;
    assert_eq!(recorded.iter().filter(|it| *it == "first").count(), 20, "{recorded:?}");
    let later = [&cancelled, &refunded, &cancelled, &refunded];
    let recorded = run_all(4, later.into_iter().map(&post)).await;
    assert_eq!(recorded.iter().filter(|it| *it == "first").count(), 2, "{recorded:?}");

    let seen = test.app.customer(&customer).await.expect_status(200).json;
    // all but the cancelled order (pharmacy), less the refund (food)
    let food: i64 = (0..20).step_by(2).map(|number| 1_000 + number).sum::<i64>() - 104;
    let pharmacy: i64 = (1..20).step_by(2).map(|number| 1_000 + number).sum::<i64>() - 1_003;
    let activity = |orders: i64, spend: i64, day: &str| json!({"orders": orders, "spend": money(spend), "last_order_day": day});
    assert_eq!(seen["activity"], activity(19, food + pharmacy, "2026-10-20"), "{seen:#}");
    assert_eq!(seen["verticals"]["food"], activity(10, food, "2026-10-19"), "{seen:#}");
    assert_eq!(seen["verticals"]["pharmacy"], activity(9, pharmacy, "2026-10-20"), "{seen:#}");
}
