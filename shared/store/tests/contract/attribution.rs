//! Orders attributed to vouchers and held-out records: the outcome is computed again from the order
//! records, under repeats, delays and races.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    customer::changes::CustomerReplacement,
    kernel::{
        channel::Channel,
        id::{OrderEventId, OrderId},
        money::{Currency, MinorUnits},
        validation::parse_value,
    },
    voucher::{
        order_event::{OrderChange, OrderEvent, Refund},
        record::{AttributedOrders, VoucherStatus},
    },
};
use futures::future::join_all;
use serde_json::json;
use store::{Store, TableNames, voucher::records::VoucherKey};
use testkit::{
    TestTables,
    builders::{
        add_milliseconds, basket, campaign_id, customer_id, definition, minor, noon, voucher,
        without_voucher,
    },
    with_both_backends,
};

const HOUR: i64 = 3_600_000;

/// Runs the test in memory and on the local AWS.
async fn with_store(test: impl AsyncFn(&Store, &TestTables)) {
    with_both_backends(async |tables| {
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        test(&store, tables).await;
    })
    .await;
}

fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

/// Builds an event with a name of its own among those of its order.
fn event(order: &str, name: &str, hours: i64, change: OrderChange) -> OrderEvent {
    OrderEvent {
        cart: None,
        event: OrderEventId::parse(&format!("{order}.{name}")).unwrap(),
        order: OrderId::parse(order).unwrap(),
        customer: customer_id("c-1"),
        at: add_milliseconds(noon(), hours * HOUR),
        change,
    }
}

fn placed(order: &str, hours: i64, total: i64) -> OrderEvent {
    event(order, "placed", hours, OrderChange::Placed { basket: basket(total) })
}

fn edited(order: &str, hours: i64, total: i64) -> OrderEvent {
    event(order, "edited", hours, OrderChange::Edited { basket: basket(total) })
}

/// Builds a refund of the order's only line, and of money beside that.
fn refunded(order: &str, hours: i64, of_line: i64, amount: i64) -> OrderEvent {
    let line = basket(0).lines[0].id.clone();
    let refund = Refund {
        currency: euros(),
        lines: BTreeMap::from([(line, minor(of_line))]),
        delivery_fee: MinorUnits::ZERO,
        amount: minor(amount),
    };
    event(order, "refunded", hours, OrderChange::Refunded(refund))
}

async fn record_and_attribute(store: &Store, event: &OrderEvent) -> usize {
    let now: Timestamp = "2027-02-01T00:00:00Z".parse().unwrap();
    store.record_order(event, euros(), now).await.unwrap();
    store.attribute_order(event, std::slice::from_ref(&event.customer)).await.unwrap()
}

/// Stores a customer with a voucher of one campaign and a held-out record of another, both from
/// noon.
async fn selected(store: &Store) -> [VoucherKey; 2] {
    let replacement: CustomerReplacement =
        parse_value(json!({"profile": {"currency": "EUR"}})).unwrap();
    store.put_customer(&customer_id("c-1"), &replacement, euros()).await.unwrap();
    let made = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Push);
    let other = voucher(&campaign_id("cmp_2"), &definition(json!({})), "c-1", Channel::Push);
    let ghost = without_voucher(VoucherStatus::Ghost, other);
    store.restore_voucher(&made).await.unwrap();
    store.restore_voucher(&ghost).await.unwrap();
    [VoucherKey::from(&made), VoucherKey::from(&ghost)]
}

async fn outcomes(store: &Store, keys: &[VoucherKey]) -> Vec<Option<(u32, i64)>> {
    let shown = |outcome: AttributedOrders| (outcome.orders, outcome.spend.units());
    let found = keys
        .iter()
        .map(|key| async move { store.voucher(key).await.unwrap().unwrap().outcome.map(shown) });
    join_all(found).await
}

#[tokio::test]
async fn an_order_counts_for_vouchers_and_held_out_records_alike() {
    with_store(async |store, _| {
        let keys = selected(store).await;
        assert_eq!(
            record_and_attribute(store, &placed("o-0", -1, 900)).await,
            0,
            "before the issue"
        );
        assert_eq!(outcomes(store, &keys).await, [None, None]);
        assert_eq!(record_and_attribute(store, &placed("o-1", 1, 2_000)).await, 2);
        assert_eq!(record_and_attribute(store, &placed("o-1", 1, 2_000)).await, 2, "told again");
        assert_eq!(record_and_attribute(store, &placed("o-2", 24 * 27, 500)).await, 2);
        assert_eq!(
            record_and_attribute(store, &placed("o-3", 24 * 28, 70)).await,
            0,
            "after the window"
        );
        assert_eq!(outcomes(store, &keys).await, [Some((2, 2_500)), Some((2, 2_500))]);
        assert_eq!(
            record_and_attribute(store, &refunded("o-2", 24 * 40, 200, 100)).await,
            2,
            "a refund takes off, whenever it comes"
        );
        assert_eq!(record_and_attribute(store, &edited("o-1", 24 * 40, 1_500)).await, 2);
        assert_eq!(outcomes(store, &keys).await, [Some((2, 1_700)), Some((2, 1_700))]);
        let cancelled = event("o-1", "cancelled", 24 * 40, OrderChange::Cancelled);
        assert_eq!(record_and_attribute(store, &cancelled).await, 2);
        assert_eq!(outcomes(store, &keys).await, [Some((1, 200)), Some((1, 200))]);
    })
    .await;
}

#[tokio::test]
async fn orders_at_once_all_count() {
    with_store(async |store, _| {
        let keys = selected(store).await;
        let orders: Vec<OrderEvent> =
            (0..8).map(|n| placed(&format!("o-{n}"), n + 1, 100)).collect();
        join_all(orders.iter().map(|order| record_and_attribute(store, order))).await;
        assert_eq!(outcomes(store, &keys).await, [Some((8, 800)), Some((8, 800))]);
    })
    .await;
}

#[tokio::test]
async fn an_expired_record_is_not_recreated() {
    with_store(async |store, tables| {
        let keys = selected(store).await;
        let table = tables.table_name("VOUCHERS_TABLE").unwrap();
        let client = aws_sdk_dynamodb::Client::new(&tables.config);
        let attribute = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let gone = client
            .delete_item()
            .table_name(&table)
            .key("customer_id", attribute("c-1"))
            .key("voucher_id", attribute(keys[0].voucher.as_str()));
        gone.send().await.unwrap();
        assert_eq!(record_and_attribute(store, &placed("o-1", 1, 2_000)).await, 1);
        assert!(store.voucher(&keys[0]).await.unwrap().is_none());
    })
    .await;
}
