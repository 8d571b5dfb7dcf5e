//! Tests the DynamoDB in memory through the SDK's own client: keys, indexes, pages, transactions.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    operation::query::builders::QueryFluentBuilder,
    types::{
        AttributeValue, ConditionCheck, Delete, Put, ReturnValue,
        ReturnValuesOnConditionCheckFailure, Select, TransactWriteItem, Update,
    },
};
use fake_aws::{FakeAws, IndexProjection, IndexSchema, TableSchema};
use serde_json::json;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn work_table() -> (FakeAws, Client) {
    let due = |name: &str, projection| IndexSchema {
        name: name.into(),
        hash: "queue".into(),
        range: Some("at".into()),
        projection,
    };
    let memory = FakeAws::new([TableSchema {
        name: "work".into(),
        hash: "pk".into(),
        range: Some("sk".into()),
        indexes: vec![
            due("due", IndexProjection::Include(vec!["size".into()])),
            due("whole", IndexProjection::All),
        ],
    }]);
    let client = Client::new(&memory.config_without_retries());
    (memory, client)
}

async fn put(client: &Client, pk: &str, sk: &str, more: &[(&str, AttributeValue)]) {
    let put = client.put_item().table_name("work").item("pk", s(pk)).item("sk", s(sk));
    more.iter()
        .fold(put, |put, (name, value)| put.item(*name, value.clone()))
        .send()
        .await
        .unwrap();
}

fn query(
    client: &Client,
    condition: &str,
    values: &[(&str, AttributeValue)],
) -> QueryFluentBuilder {
    let query = client.query().table_name("work").key_condition_expression(condition);
    values
        .iter()
        .fold(query, |query, (name, value)| query.expression_attribute_values(*name, value.clone()))
}

async fn keys(query: QueryFluentBuilder) -> Vec<String> {
    let items = query.send().await.unwrap().items.unwrap_or_default();
    items.iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
}

#[tokio::test]
async fn an_item_is_written_read_changed_and_deleted() {
    let (memory, client) = work_table();
    put(&client, "p", "1", &[("n", AttributeValue::N("1.50".into()))]).await;
    let key = || HashMap::from([("pk".to_owned(), s("p")), ("sk".to_owned(), s("1"))]);
    let read = async || {
        client.get_item().table_name("work").set_key(Some(key())).send().await.unwrap().item
    };
    assert_eq!(read().await.unwrap()["n"], AttributeValue::N("1.5".into()));
    let update = client
        .update_item()
        .table_name("work")
        .set_key(Some(key()))
        .update_expression("ADD n :one");
    let update =
        update.expression_attribute_values(":one", n(1)).return_values(ReturnValue::UpdatedNew);
    let shown = update.send().await.unwrap().attributes.unwrap();
    assert_eq!(shown, HashMap::from([("n".to_owned(), AttributeValue::N("2.5".into()))]));
    let delete = client
        .delete_item()
        .table_name("work")
        .set_key(Some(key()))
        .return_values(ReturnValue::AllOld);
    assert_eq!(delete.send().await.unwrap().attributes.unwrap().len(), 3);
    assert_eq!(read().await, None);
    let changes = memory.changes("work", 0);
    let seen: Vec<_> = changes.iter().map(|it| (it.old.is_some(), it.new.is_some())).collect();
    assert_eq!(seen, [(false, true), (true, true), (true, false)]);
    assert_eq!(memory.changes("work", 2).len(), 1);
}

#[tokio::test]
async fn what_stood_there_before_is_in_the_indexes_and_not_in_the_log() {
    let (memory, client) = work_table();
    let item = json!({"pk": {"S": "p"}, "sk": {"S": "1"}, "queue": {"S": "q"}, "at": {"N": "1"}});
    memory.preload("work", serde_json::from_value(item).unwrap());
    let found = query(&client, "queue = :queue", &[(":queue", s("q"))]).index_name("due");
    assert_eq!(keys(found).await, ["1"]);
    assert_eq!(memory.changes("work", 0), []);
    client
        .delete_item()
        .table_name("work")
        .key("pk", s("p"))
        .key("sk", s("1"))
        .send()
        .await
        .unwrap();
    assert!(memory.changes("work", 0)[0].old.is_some(), "a change from what stood there");
}

#[tokio::test]
async fn an_update_makes_the_item_and_one_that_changes_nothing_is_no_change() {
    let (memory, client) = work_table();
    let set = async || {
        let update = client.update_item().table_name("work").key("pk", s("p")).key("sk", s("1"));
        update
            .update_expression("SET a = :a")
            .expression_attribute_values(":a", s("a"))
            .send()
            .await
            .unwrap();
    };
    set().await;
    set().await;
    let item = json!({"pk": {"S": "p"}, "sk": {"S": "1"}, "a": {"S": "a"}});
    assert_eq!(memory.items("work"), [serde_json::from_value::<fake_aws::FakeItem>(item).unwrap()]);
    assert_eq!(memory.changes("work", 0).len(), 1);
}

#[tokio::test]
async fn a_failed_condition_hands_back_the_item() {
    let (_, client) = work_table();
    put(&client, "p", "1", &[("a", s("old"))]).await;
    let put = client.put_item().table_name("work").item("pk", s("p")).item("sk", s("1"));
    let put = put.condition_expression("attribute_not_exists(pk)");
    let error = put.clone().send().await.unwrap_err().into_service_error();
    assert!(error.is_conditional_check_failed_exception());
    let put =
        put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        failed,
    ) = put.send().await.unwrap_err().into_service_error()
    else {
        unreachable!("the condition failed")
    };
    assert_eq!(failed.item.unwrap()["a"], s("old"));
}

#[tokio::test]
async fn an_index_holds_the_items_that_have_its_keys() {
    let (_, client) = work_table();
    put(&client, "p", "1", &[("queue", s("q")), ("at", n(5)), ("size", n(3)), ("other", n(1))])
        .await;
    put(&client, "p", "2", &[("queue", s("q"))]).await;
    put(&client, "p", "3", &[("queue", s("q")), ("at", n(10))]).await;
    let due = || query(&client, "queue = :q", &[(":q", s("q"))]).index_name("due");
    assert_eq!(keys(due()).await, ["1", "3"]);
    let items = due().send().await.unwrap().items.unwrap();
    let names: BTreeSet<&str> = items[0].keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["pk", "sk", "queue", "at", "size"]));
    assert_eq!(
        query(&client, "queue = :q", &[(":q", s("q"))])
            .index_name("whole")
            .send()
            .await
            .unwrap()
            .items
            .unwrap()[0]
            .len(),
        6
    );
    // Numbers sort as numbers. An item that loses a key attribute leaves the index.
    let gone = client.update_item().table_name("work").key("pk", s("p")).key("sk", s("1"));
    gone.update_expression("REMOVE #at")
        .expression_attribute_names("#at", "at")
        .send()
        .await
        .unwrap();
    put(&client, "p", "4", &[("queue", s("q")), ("at", n(9))]).await;
    assert_eq!(keys(due()).await, ["4", "3"]);
    assert_eq!(keys(due().scan_index_forward(false)).await, ["3", "4"]);
    let refused = due().consistent_read(true).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"));
}

#[tokio::test]
async fn sort_keys_are_compared() {
    let (_, client) = work_table();
    for sk in ["a", "a#1", "a#2", "a$", "b"] {
        put(&client, "p", sk, &[]).await;
    }
    put(&client, "other", "a", &[]).await;
    for (condition, expected) in [
        ("pk = :p", &["a", "a#1", "a#2", "a$", "b"][..]),
        ("pk = :p AND sk = :x", &["a#1"]),
        ("pk = :p AND sk < :x", &["a"]),
        ("pk = :p AND sk <= :x", &["a", "a#1"]),
        ("pk = :p AND sk > :x", &["a#2", "a$", "b"]),
        ("sk >= :x AND pk = :p", &["a#1", "a#2", "a$", "b"]),
        ("pk = :p AND sk BETWEEN :x AND :x", &["a#1"]),
        ("pk = :p AND begins_with(sk, :x)", &["a#1"]),
    ] {
        let values = [(":p", s("p")), (":x", s("a#1"))];
        let used = if condition.contains(":x") { &values[..] } else { &values[..1] };
        assert_eq!(keys(query(&client, condition, used)).await, expected, "{condition}");
        let mut backward = keys(query(&client, condition, used).scan_index_forward(false)).await;
        backward.reverse();
        assert_eq!(backward, expected, "{condition}");
    }
    let prefix =
        query(&client, "pk = :p AND begins_with(sk, :x)", &[(":p", s("p")), (":x", s("a#"))]);
    assert_eq!(keys(prefix).await, ["a#1", "a#2"]);
    for refused in
        ["sk = :p", "pk > :p", "pk = :p OR sk = :p", "pk = :p AND other = :p", "pk <> :p"]
    {
        let error = query(&client, refused, &[(":p", s("p"))]).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationException"), "{refused}");
    }
}

#[tokio::test]
async fn a_page_that_is_full_says_where_to_go_on_even_at_the_end() {
    let (_, client) = work_table();
    for sk in 0..4 {
        put(&client, "p", &sk.to_string(), &[("queue", s("q")), ("at", n(7))]).await;
    }
    for index in [None, Some("due")] {
        for forward in [true, false] {
            let (mut seen, mut pages, mut start) = (Vec::new(), 0, None);
            loop {
                let (condition, value) =
                    if index.is_some() { ("queue = :v", s("q")) } else { ("pk = :v", s("p")) };
                let page = query(&client, condition, &[(":v", value)])
                    .set_index_name(index.map(str::to_owned))
                    .limit(2);
                let page = page
                    .scan_index_forward(forward)
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .unwrap();
                seen.extend(page.items().iter().map(|item| item["sk"].as_s().unwrap().clone()));
                pages += 1;
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
            let expected = if forward { ["0", "1", "2", "3"] } else { ["3", "2", "1", "0"] };
            assert_eq!((seen, pages), (expected.map(str::to_owned).to_vec(), 3), "{index:?}");
        }
    }
}

#[tokio::test]
async fn a_filter_is_applied_behind_the_limit_and_counts_need_no_items() {
    let (_, client) = work_table();
    for sk in 0..4 {
        put(&client, "p", &sk.to_string(), &[("n", n(sk))]).await;
    }
    let filtered = || {
        query(&client, "pk = :p", &[(":p", s("p")), (":one", n(1))]).filter_expression("n > :one")
    };
    let page = filtered().limit(3).projection_expression("n").send().await.unwrap();
    assert_eq!((page.count(), page.scanned_count(), page.items()[0].len()), (1, 3, 1));
    let page = filtered().select(Select::Count).send().await.unwrap();
    assert_eq!((page.count(), page.items().len()), (2, 0));
    let of_key = query(&client, "pk = :p", &[(":p", s("p")), (":two", s("2"))])
        .filter_expression("NOT sk > :two");
    assert_eq!(
        of_key.send().await.unwrap_err().code(),
        Some("ValidationException"),
        "a filter is not for keys"
    );
}

#[tokio::test]
async fn segments_share_out_a_scan_and_a_page_ends_at_a_megabyte() {
    let (_, client) = work_table();
    for number in 0..90 {
        put(&client, &format!("p-{number}"), "-", &[("filler", s(&"x".repeat(50_000)))]).await;
    }
    let mut seen = BTreeMap::new();
    let mut pages = 0;
    for segment in 0..3 {
        let scan = client.scan().table_name("work").segment(segment).total_segments(3);
        let mut each = scan.into_paginator().send();
        while let Some(page) = each.next().await {
            pages += 1;
            for item in page.unwrap().items() {
                *seen.entry(item["pk"].as_s().unwrap().clone()).or_insert(0) += 1;
            }
        }
    }
    assert_eq!((seen.len(), seen.values().all(|times| *times == 1)), (90, true));
    assert!(pages > 3, "{pages}");
    let big =
        client.put_item().table_name("work").item("pk", s("p")).item("sk", s(&"x".repeat(410_000)));
    assert_eq!(big.send().await.unwrap_err().code(), Some("ValidationException"));
}

fn transact_put(sk: &str, condition: Option<&str>) -> TransactWriteItem {
    let put = Put::builder().table_name("work").item("pk", s("p")).item("sk", s(sk));
    let put = put.set_condition_expression(condition.map(str::to_owned));
    let put =
        put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing_and_says_which_condition_failed() {
    let (memory, client) = work_table();
    put(&client, "p", "1", &[("a", s("old"))]).await;
    let update = Update::builder().table_name("work").key("pk", s("p")).key("sk", s("3"));
    let update = update
        .update_expression("ADD n :one")
        .expression_attribute_values(":one", n(1))
        .build()
        .unwrap();
    let delete =
        Delete::builder().table_name("work").key("pk", s("p")).key("sk", s("4")).build().unwrap();
    let check = ConditionCheck::builder().table_name("work").key("pk", s("p")).key("sk", s("5"));
    let check = check.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let others = [
        TransactWriteItem::builder().update(update).build(),
        TransactWriteItem::builder().delete(delete).build(),
        TransactWriteItem::builder().condition_check(check).build(),
    ];
    let run = async |first: TransactWriteItem| {
        let request = client
            .transact_write_items()
            .transact_items(transact_put("2", None))
            .transact_items(first);
        request
            .clone()
            .set_transact_items(Some(
                [request.get_transact_items().clone().unwrap(), others.to_vec()].concat(),
            ))
            .send()
            .await
    };
    let error = run(transact_put("1", Some("attribute_not_exists(pk)")))
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        unreachable!("a condition failed")
    };
    let codes: Vec<&str> =
        cancelled.cancellation_reasons().iter().map(|it| it.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "None", "None", "None"]);
    assert_eq!(cancelled.cancellation_reasons()[1].item().unwrap()["a"], s("old"));
    assert_eq!(memory.items("work").len(), 1);
    run(transact_put("1", Some("attribute_exists(pk)"))).await.unwrap();
    assert_eq!(memory.items("work").len(), 3);
}

#[tokio::test]
async fn a_transaction_must_not_touch_an_item_twice_and_has_at_most_a_hundred() {
    let (_, client) = work_table();
    let run = async |items: Vec<TransactWriteItem>| {
        client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await
            .map_err(|error| error.code().map(str::to_owned))
    };
    let refused = Some("ValidationException".to_owned());
    assert_eq!(
        run(vec![transact_put("1", None), transact_put("1", None)]).await.unwrap_err(),
        refused
    );
    let many = |count: u32| (0..count).map(|sk| transact_put(&sk.to_string(), None)).collect();
    assert_eq!(run(many(101)).await.unwrap_err(), refused);
    run(many(100)).await.unwrap();
}

#[tokio::test]
async fn a_token_is_done_once() {
    let (memory, client) = work_table();
    let add = async |by: i64| {
        let update = Update::builder()
            .table_name("work")
            .key("pk", s("p"))
            .key("sk", s("1"))
            .update_expression("ADD n :by");
        let update = update.expression_attribute_values(":by", n(by)).build().unwrap();
        let items = TransactWriteItem::builder().update(update).build();
        let request =
            client.transact_write_items().transact_items(items).client_request_token("t-1");
        request.send().await.map_err(|error| error.code().map(str::to_owned))
    };
    add(1).await.unwrap();
    add(1).await.unwrap();
    assert_eq!(memory.items("work")[0]["n"], json!({"N": "1"}));
    assert_eq!(add(2).await.unwrap_err().as_deref(), Some("IdempotentParameterMismatchException"));
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let (_, client) = work_table();
    let item = || client.put_item().table_name("work").item("pk", s("p"));
    let code = |error: Option<&str>| error.unwrap_or_default().to_owned();
    assert_eq!(code(item().send().await.unwrap_err().code()), "ValidationException");
    assert_eq!(
        code(item().item("sk", s("")).send().await.unwrap_err().code()),
        "ValidationException"
    );
    assert_eq!(
        code(item().item("sk", s("1")).item("queue", s("")).send().await.unwrap_err().code()),
        "ValidationException"
    );
    let unused = item().item("sk", s("1")).expression_attribute_names("#a", "a");
    assert_eq!(code(unused.send().await.unwrap_err().code()), "ValidationException");
    let elsewhere =
        client.get_item().table_name("none").key("pk", s("p")).send().await.unwrap_err();
    assert_eq!(code(elsewhere.code()), "ResourceNotFoundException");
    let key = client.update_item().table_name("work").key("pk", s("p")).key("sk", s("1"));
    let key = key.update_expression("SET sk = :a").expression_attribute_values(":a", s("a"));
    assert_eq!(code(key.send().await.unwrap_err().code()), "ValidationException");
    let unknown = client.describe_table().table_name("work").send().await.unwrap_err();
    assert_eq!(code(unknown.code()), "UnknownOperationException");
}

#[tokio::test]
async fn a_batch_reads_what_is_there() {
    let (_, client) = work_table();
    put(&client, "p", "1", &[]).await;
    let key = |sk: &str| HashMap::from([("pk".to_owned(), s("p")), ("sk".to_owned(), s(sk))]);
    let wanted = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
        .keys(key("1"))
        .keys(key("2"))
        .build()
        .unwrap();
    let answer = client.batch_get_item().request_items("work", wanted).send().await.unwrap();
    assert_eq!(answer.responses.unwrap()["work"].len(), 1);
}
