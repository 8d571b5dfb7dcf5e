//! Tests the counters of the reports: each step of a voucher counts once, however often the stream
//! delivers it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    TimeZone,
    reporting::counters::{ChannelScope, Counter, CounterValues, SkipScope, contribution_change},
};
use serde_json::{Map, Value, json};
use system_tests::{Channel, LONG, TableItem, TestScenario, basket, holds_for, until};

/// Returns an item as the stream carries its image.
fn item_image(item: &TableItem) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), wire_value(value))).collect())
}

fn wire_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(truth) => json!({"BOOL": truth}),
        AttributeValue::L(list) => json!({"L": list.iter().map(wire_value).collect::<Vec<_>>()}),
        AttributeValue::M(map) => {
            json!({"M": map.iter().map(|(name, value)| (name.clone(), wire_value(value))).collect::<Map<_, _>>()})
        }
        other => unreachable!("not in a voucher: {other:?}"),
    }
}

fn stream_record(sequence: u64, item: &TableItem) -> Value {
    let keys = json!({"customer_id": wire_value(&item["customer_id"]), "voucher_id": wire_value(&item["voucher_id"])});
    json!({
        "eventID": format!("{sequence}"), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {"ApproximateCreationDateTime": 1_795_000_000, "SizeBytes": 500, "Keys": keys, "SequenceNumber": format!("{sequence:021}"), "NewImage": item_image(item), "StreamViewType": "NEW_AND_OLD_IMAGES"},
    })
}

/// Returns the vouchers of a campaign that does not exist, so that only what this test delivers is
/// counted for it.
async fn unknown_campaign_vouchers(test: &TestScenario) -> (String, Vec<TableItem>) {
    let people = test.create_customers(6, &[Channel::Email]).await;
    let campaign = test.run_campaign(&test.promotion()).await;
    let stranger = format!("cmp_{}", test.identity.tag);
    let mut items = Vec::new();
    for customer in people {
        let mut item =
            test.ledger.query_items("vouchers", "customer_id", &customer.id).await.remove(0);
        assert_eq!(system_tests::text_attribute(&item, "c"), campaign.id);
        item.insert("c".into(), AttributeValue::S(stranger.clone()));
        items.push(item);
    }
    (stranger, items)
}

fn expected_counts(items: &[TableItem]) -> CounterValues {
    let mut counts = CounterValues::new();
    for item in items {
        let voucher = store::voucher::records::voucher_from_image(item.clone().into()).unwrap();
        counts.extend(contribution_change(None, &voucher, &TimeZone::UTC).into_values().flatten());
    }
    counts
}

/// Delivers batches repeatedly, either with a shard id, as tumbling windows give it on AWS, or
/// without one, as the local stack does.
async fn check_repeated_batch(shard: bool) {
    let test = TestScenario::begin().await;
    let (stranger, items) = unknown_campaign_vouchers(&test).await;
    let start = uuid::Uuid::new_v4().as_u128() as u64 / 2;
    let records: Vec<Value> =
        items.iter().zip(start..).map(|(item, sequence)| stream_record(sequence, item)).collect();
    let event = |records: &[Value]| {
        let mut event = json!({"Records": records});
        if shard {
            event["shardId"] = json!(format!("shardId-{}", test.identity.tag));
        }
        event
    };
    let read = async |records: &[Value]| {
        test.stack.invoke_function("aggregate-reports", &event(records)).await
    };
    let counted = async |wanted: CounterValues, when: &str| {
        if shard {
            // a shard's buffered counts are added by the next watchdog run
            test.queues.wake_schedule("watchdog").await;
        }
        let look = || test.ledger.counters(&stranger);
        until(format!("the counters, {when}"), LONG, look, |counters| *counters == wanted).await;
    };
    read(&records[..2]).await;
    read(&records[..4]).await;
    counted(expected_counts(&items[..4]), "the first time").await;
    for _ in 0..3 {
        read(&records[..4]).await;
    }
    // a retry starts at the same record and may have grown at its end
    read(&records).await;
    counted(expected_counts(&items), "only what is new").await;
    read(&records).await;
    if shard {
        // from the middle
        read(&records[2..]).await;
        test.queues.wake_schedule("watchdog").await;
    }
    let same = |counters: &CounterValues| *counters == expected_counts(&items);
    holds_for(
        "each counted once",
        Duration::from_secs(3),
        || test.ledger.counters(&stranger),
        same,
    )
    .await;
}

#[tokio::test]
async fn a_batch_of_the_stream_that_comes_again_changes_nothing() {
    check_repeated_batch(false).await;
}

#[tokio::test]
async fn a_batch_of_a_named_shard_that_comes_again_changes_nothing() {
    check_repeated_batch(true).await;
}

#[tokio::test]
async fn after_a_run_the_counters_are_what_a_recount_of_the_table_gives() {
    let test = TestScenario::begin().await;
    let mut people: Vec<_> = (0..40)
        .map(|number| test.customer(number).consenting_to(&[Channel::ALL[number % 3]]))
        .collect();
    people.extend((40..45).map(|number| test.customer(number).denying(Channel::Email)));
    test.put_customers(&people).await;
    let campaign = test.run_campaign(&test.promotion().holdout(25)).await;
    let issued = test
        .ledger
        .records(&campaign.id)
        .await
        .into_iter()
        .filter(|it| it.status.as_str() == "issued");
    for (number, voucher) in issued.enumerate().take(9) {
        let (customer, voucher) = (voucher.customer.to_string(), voucher.id.to_string());
        if number % 3 == 0 {
            test.app
                .call_voucher(&customer, &voucher, "decline", &json!({}))
                .await
                .expect_status(200);
            continue;
        }
        test.app.accept(&customer, &voucher).await.expect_status(200);
        if number % 3 == 1 {
            test.app
                .redeem(&customer, &voucher, &voucher, &basket(1_500 + number as i64))
                .await
                .expect_status(200);
        }
    }
    let look = || async {
        (test.ledger.recount(&campaign.id).await, test.ledger.counters(&campaign.id).await)
    };
    let (counters, _) =
        until("the counters to be what a recount gives", LONG, look, |(recount, counters)| {
            recount == counters
                && recount.amount(&Counter::Delivered(ChannelScope::All))
                    == recount.amount(&Counter::Issued)
        })
        .await;
    assert_eq!(
        [
            Counter::Redeemed(ChannelScope::All),
            Counter::Declined,
            Counter::Accepted(ChannelScope::All)
        ]
        .map(|counter| counters.amount(&counter)),
        [3, 3, 6],
        "{counters:#?}"
    );
    let records = [Counter::Issued, Counter::HeldOut, Counter::Skipped(SkipScope::All)];
    assert_eq!(records.map(|counter| counters.amount(&counter)).iter().sum::<i64>(), 45);
}
