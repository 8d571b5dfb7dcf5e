//! Tests poison on every queue and in the stream: it is set aside where an operator can inspect it,
//! and the valid messages around it are processed.

use domain::{
    kernel::id::VoucherId,
    reporting::counters::{ChannelScope, Counter},
};
use serde_json::json;
use system_tests::{Channel, CustomerBuilder, LONG, TableItem, TestScenario, run_all, until};

const QUEUES: [&str; 10] = [
    "expansion",
    "release",
    "sms",
    "email",
    "push",
    "feedback",
    "autopilot",
    "watchdog",
    "imports",
    "exports",
];

/// Returns poison: not JSON, JSON of another shape, and one message that is almost valid.
fn poison_messages(marker: &str, queue: &str) -> Vec<String> {
    let mut poisons = vec![
        format!("{marker}-text"),
        json!({"what": format!("{marker}-shape")}).to_string(),
        json!([format!("{marker}-list")]).to_string(),
    ];
    match queue {
        "expansion" => {
            poisons.push(json!({"run": format!("{marker}-nowhere"), "segment": 0}).to_string());
            poisons.push(json!({"run": format!("{marker}-negative"), "segment": -1}).to_string());
        }
        "sms" | "email" | "push" => {
            poisons.push(
                json!({"dispatch": {"run": format!("{marker}-nameless"), "segment": 0}})
                    .to_string(),
            );
        }
        "release" | "autopilot" | "watchdog" => {
            poisons.push(json!({"wake": "test", "more": format!("{marker}-field")}).to_string())
        }
        "imports" => {
            poisons.push(json!({"import": [format!("{marker}-number")]}).to_string());
            poisons.push(json!({"Records": [{"s3": format!("{marker}-keyless")}]}).to_string());
        }
        "exports" => {
            poisons.push(json!({"export": [format!("{marker}-number")]}).to_string());
        }
        _ => poisons.push(
            json!({"eventType": "Delivery", "mail": {"note": format!("{marker}-nobody")}})
                .to_string(),
        ),
    }
    poisons
}

#[tokio::test]
async fn poison_on_every_queue_ends_in_its_dead_letters_and_what_lies_beside_it_is_done() {
    let test = TestScenario::begin().await;
    let people: Vec<CustomerBuilder> = (0..30)
        .map(|number| test.customer(number).consenting_to(&[Channel::ALL[number % 3]]))
        .collect();
    test.put_customers(&people).await;
    let poison: Vec<(&str, String)> = QUEUES
        .into_iter()
        .flat_map(|queue| {
            poison_messages(&format!("{}-{queue}", test.identity.tag), queue)
                .into_iter()
                .map(move |body| (queue, body))
        })
        .collect();

    let campaign = test.create_draft(&test.promotion()).await;
    // before the run and in the middle of it, so that good and bad messages share batches
    let (before, during): (Vec<_>, Vec<_>) =
        poison.iter().enumerate().partition(|(number, _)| number % 2 == 0);
    run_all(8, before.iter().map(|(_, (queue, body))| test.queues.send_message(queue, body))).await;
    campaign.launch().await;
    run_all(8, during.iter().map(|(_, (queue, body))| test.queues.send_message(queue, body))).await;

    campaign.until_completed().await;
    assert_eq!(campaign.check_equation().await.issued, 30);
    let look = || async {
        test.ledger
            .records(&campaign.id)
            .await
            .iter()
            .filter(|it| it.stages.delivered_at.is_none())
            .count()
    };
    until("all feedback beside the poison to be recorded", LONG, look, |left| *left == 0).await;

    let dead_letters: Vec<(String, &str)> =
        poison.iter().map(|(queue, body)| (format!("{queue}_dlq"), body.as_str())).collect();
    let taken = run_all(
        QUEUES.len(),
        dead_letters.iter().map(|(queue, body)| test.queues.take_message(queue, body)),
    )
    .await;
    for ((queue, sent), found) in dead_letters.iter().zip(taken) {
        assert_eq!(found, *sent, "{queue} keeps the body as it came");
    }
}

/// Builds an item that resembles a voucher but that no code of ours would write.
fn garbage_item(test: &TestScenario, name: &str) -> TableItem {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    let text = |value: String| S(value);
    TableItem::from([
        ("customer_id".into(), text(format!("{}-{name}", test.identity.tag))),
        ("voucher_id".into(), text(format!("{}-{name}", test.identity.tag))),
        ("c".into(), N("7".into())),
        ("status".into(), text("perhaps".into())),
    ])
}

#[tokio::test]
async fn a_poison_record_in_the_stream_is_parked_and_the_ones_after_it_are_counted() {
    let test = TestScenario::begin().await;
    let people = test.create_customers(10, &[Channel::Email]).await;
    test.ledger.put_item("vouchers", garbage_item(&test, "before")).await;
    let campaign = test.launch_campaign(&test.promotion()).await;
    test.ledger.put_item("vouchers", garbage_item(&test, "during")).await;
    campaign.until_completed().await;

    for name in ["before", "during"] {
        let parked = test
            .queues
            .take_message("parked_records", &format!("{}-{name}", test.identity.tag))
            .await;
        assert!(parked.contains("SequenceNumber"), "the whole record is kept: {parked}");
    }
    let voucher =
        test.app.wallet(&people[0].id).await[0]["voucher_id"].as_str().unwrap().to_owned();
    VoucherId::parse(&voucher).unwrap();
    test.app.accept(&people[0].id, &voucher).await.expect_status(200);
    let counters = || async {
        let counters = test.ledger.counters(&campaign.id).await;
        let all = ChannelScope::All;
        [Counter::Issued, Counter::Sent(all), Counter::Delivered(all), Counter::Accepted(all)]
            .map(|counter| counters.amount(&counter))
    };
    until("the records after the poison to be counted", LONG, counters, |counted| {
        *counted == [10, 10, 10, 1]
    })
    .await;
}
