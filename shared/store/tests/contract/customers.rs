//! Customers and orders in memory and on the local AWS: the guarantees of the conditions under
//! repeats, races and unreadable items.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Timestamp,
    campaign::basket::{Basket, BasketLine},
    customer::{
        changes::{CustomerChangeRefusal, CustomerPatch, CustomerReplacement},
        order_windows::OrderWindows,
        orders::{CountedOrder, recount_totals},
        profile::{Consent, ConsentState, Customer},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, LineId, OrderEventId, OrderId, PushEndpointId},
        money::{Currency, MinorUnits},
        validation::parse_value,
    },
    voucher::{
        order::ReturnRefusal,
        order_event::{OrderChange, OrderEvent, OrderRefusal, OrderStage, Refund},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    customer::profiles::{CustomerChangeResult, CustomerKey, CustomerLookup},
    voucher::order_events::OrderOutcome,
};
use testkit::{
    TestTables,
    builders::{basket, minor},
    with_both_backends,
};

fn store(tables: &TestTables) -> Store {
    Store::new(&tables.config, TableNames::from_lookup(|variable| tables.table_name(variable)))
        .with_address_keys(testkit::address_hasher().into())
}
fn id(text: &str) -> CustomerId {
    CustomerId::parse(text).unwrap()
}
fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}
fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}
fn put(body: Value) -> CustomerReplacement {
    parse_value(body).unwrap()
}
fn patch(body: Value) -> CustomerPatch {
    parse_value(body).unwrap()
}
fn ana() -> CustomerReplacement {
    put(json!({
        "profile": {"first_name": "Ana", "zone": "Europe/Madrid", "location": {"lat": 40.4, "lon": -3.7},
            "personal_dates": {"birthday": "1990-03-05"}, "tags": ["vip"]},
        "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
        "consents": {"sms": {"state": "granted", "source": "test", "at": "2026-01-01T00:00:00Z"}},
        "push_endpoints": [{"endpoint_id": "d-1", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"}],
    }))
}
/// Builds an event of `c-1` with a name of its own among those of its order.
fn event(order: &str, name: &str, day: u8, change: OrderChange) -> OrderEvent {
    OrderEvent {
        cart: None,
        event: OrderEventId::parse(&format!("{order}.{name}")).unwrap(),
        order: OrderId::parse(order).unwrap(),
        customer: id("c-1"),
        at: format!("2026-11-{day:02}T12:00:00Z").parse().unwrap(),
        change,
    }
}
/// Builds a basket with a line `l-1`, `l-2` and so on for each vertical and amount.
fn basket_of(lines: &[(&str, i64)]) -> Basket {
    let lines = lines.iter().zip(1..).map(|((vertical, amount), number)| BasketLine {
        id: LineId::parse(&format!("l-{number}")).unwrap(),
        vertical: (*vertical).into(),
        ..basket(*amount).lines.remove(0)
    });
    Basket { lines: lines.collect(), ..basket(0) }
}
fn placed(order: &str, day: u8, vertical: &str, total: i64) -> OrderEvent {
    event(order, "placed", day, OrderChange::Placed { basket: basket_of(&[(vertical, total)]) })
}
fn edited(order: &str, lines: &[(&str, i64)]) -> OrderEvent {
    event(order, "edited", 21, OrderChange::Edited { basket: basket_of(lines) })
}
fn cancelled(order: &str) -> OrderEvent {
    event(order, "cancelled", 21, OrderChange::Cancelled)
}
/// Builds a refund of lines, and of money that belongs to none.
fn refunded(order: &str, name: &str, lines: &[(&str, i64)], amount: i64) -> OrderEvent {
    let lines: BTreeMap<LineId, MinorUnits> =
        lines.iter().map(|(line, back)| (LineId::parse(line).unwrap(), minor(*back))).collect();
    let (currency, amount) = (euros(), minor(amount));
    let refund = Refund { currency, lines, delivery_fee: MinorUnits::ZERO, amount };
    event(order, name, 21, OrderChange::Refunded(refund))
}

async fn found(store: &Store, customer: &str) -> Customer {
    match store.customer(&id(customer)).await.unwrap() {
        CustomerLookup::Customer(customer) => *customer,
        gone @ (CustomerLookup::Erased | CustomerLookup::Unknown) => panic!("{gone:?}"),
    }
}
async fn record(store: &Store, event: &OrderEvent) -> OrderOutcome {
    store.record_order(event, euros(), now()).await.unwrap()
}
/// Returns the customer's orders and spend, and the same by vertical, which are what their list of
/// orders adds up to.
async fn totals(store: &Store) -> (u32, i64, Vec<(String, u32, i64)>) {
    let customer = found(store, "c-1").await;
    let listed = store.listed_orders(&id("c-1")).await.unwrap();
    let counted = listed.iter().filter_map(|order| order.counted.as_ref());
    assert_eq!((customer.activity, customer.verticals.clone()), recount_totals(counted));
    check_windows(&customer, listed.iter().filter_map(|order| order.counted.as_ref()));
    let verticals = customer.verticals.into_iter();
    let verticals = verticals.map(|(name, it)| (name, it.orders, it.spend.units()));
    (customer.activity.orders, customer.activity.spend.units(), verticals.collect())
}
/// Compares the windows with a plain count of the orders, in total and by vertical.
fn check_windows<'a>(customer: &Customer, counted: impl Iterator<Item = &'a CountedOrder>) {
    let recounted =
        OrderWindows::from_orders(counted.map(CountedOrder::in_windows), customer.verticals.keys());
    assert_eq!(customer.windows, Some(recounted));
}
fn in_verticals(totals: &[(&str, u32, i64)]) -> Vec<(String, u32, i64)> {
    totals.iter().map(|(name, orders, spend)| ((*name).to_owned(), *orders, *spend)).collect()
}
/// Returns the attribute names of the raw item in the table.
async fn item(tables: &TestTables, customer: &str) -> Vec<String> {
    let table = tables.table_name("CUSTOMERS_TABLE").unwrap();
    let key = AttributeValue::S(customer.into());
    let answer =
        tables.client.get_item().table_name(table).key("customer_id", key).send().await.unwrap();
    let mut names: Vec<String> = answer.item.unwrap_or_default().into_keys().collect();
    names.sort();
    names
}
/// Returns the customer ids under one key of an index.
async fn indexed(tables: &TestTables, index: &str, attribute: &str, bucket: &str) -> Vec<String> {
    let answer = tables
        .client
        .query()
        .table_name(tables.table_name("CUSTOMERS_TABLE").unwrap())
        .index_name(index)
        .key_condition_expression("#bucket = :bucket")
        .expression_attribute_names("#bucket", attribute)
        .expression_attribute_values(":bucket", AttributeValue::S(bucket.into()))
        .send()
        .await
        .unwrap();
    answer.items().iter().map(|item| item["customer_id"].as_s().unwrap().clone()).collect()
}

#[tokio::test]
async fn a_put_creates_replaces_and_leaves_alone_what_is_the_same() {
    with_both_backends(async |tables| {
        let store = store(tables);
        assert_eq!(store.customer(&id("c-1")).await.unwrap(), CustomerLookup::Unknown);
        let created = store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        assert!(
            matches!(created, CustomerChangeResult::Created(ref it) if it.version == 1),
            "{created:?}"
        );
        let again = store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        assert!(
            matches!(again, CustomerChangeResult::Unchanged(ref it) if it.version == 1),
            "{again:?}"
        );
        store.put_customer(&id("c-1"), &put(json!({})), euros()).await.unwrap();
        let bare = found(&store, "c-1").await;
        assert_eq!(
            (bare.version, bare.contacts.phone.is_none(), bare.push_endpoints.len()),
            (2, true, 0)
        );
        assert_eq!(bare.consents[&Channel::Sms].state, ConsentState::Granted);
    })
    .await;
}

#[tokio::test]
async fn the_indexes_hold_a_customer_only_while_the_fact_is_known() {
    with_both_backends(async |tables| {
        let store = store(tables);
        let shard = format!("{:02}", store::customer::profiles::write_shard(&id("c-1")));
        let listed = async |index: &str, attribute: &str, bucket: &str| {
            !indexed(tables, index, attribute, &format!("{bucket}#{shard}")).await.is_empty()
        };
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        record(&store, &placed("o-1", 3, "food", 100)).await;
        assert!(listed("by-activity-day", "activity_bucket", "2026-11-03").await);
        assert!(listed("by-personal-date", "personal_date_bucket", "03-05").await);
        assert!(listed("by-cell", "cell_bucket", "404:-37").await);
        store.put_customer(&id("c-1"), &put(json!({})), euros()).await.unwrap();
        record(&store, &cancelled("o-1")).await;
        assert!(!listed("by-activity-day", "activity_bucket", "2026-11-03").await);
        assert!(!listed("by-personal-date", "personal_date_bucket", "03-05").await);
        assert!(!listed("by-cell", "cell_bucket", "404:-37").await);
    })
    .await;
}

#[tokio::test]
async fn sixteen_editors_at_once_lose_no_change() {
    with_both_backends(async |tables| {
        let store = store(tables);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        let edits = (0..16).map(|n| {
            let patch = patch(
                json!({"profile": {"personal_dates": {format!("d_{}", n % 5): "2020-01-01"}}}),
            );
            let store = &store;
            async move { store.patch_customer(&id("c-1"), &patch, euros(), now()).await.unwrap() }
        });
        for changed in join_all(edits).await {
            assert!(
                matches!(
                    changed,
                    CustomerChangeResult::Changed(_) | CustomerChangeResult::Unchanged(_)
                ),
                "{changed:?}"
            );
        }
        let dates: Vec<String> =
            found(&store, "c-1").await.profile.personal_dates.into_keys().collect();
        assert_eq!(dates, ["birthday", "d_0", "d_1", "d_2", "d_3", "d_4"]);
    })
    .await;
}

#[tokio::test]
async fn a_patch_of_an_unknown_customer_is_unknown_and_a_bad_one_changes_nothing() {
    with_both_backends(async |tables| {
        let store = store(tables);
        let bad = patch(json!({"profile": {"zone": "Mars/Olympus"}}));
        assert_eq!(
            store.patch_customer(&id("c-1"), &bad, euros(), now()).await.unwrap(),
            CustomerChangeResult::Unknown
        );
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        let refused = store.patch_customer(&id("c-1"), &bad, euros(), now()).await.unwrap();
        assert!(
            matches!(refused, CustomerChangeResult::Refused(CustomerChangeRefusal::Invalid(_))),
            "{refused:?}"
        );
        assert_eq!(found(&store, "c-1").await.version, 1);
    })
    .await;
}

#[tokio::test]
async fn an_older_consent_is_answered_with_the_stored_one() {
    with_both_backends(async |tables| {
        let store = store(tables);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        let older = Consent { state: ConsentState::Denied, source: "late".into(), at: Timestamp::UNIX_EPOCH };
        let answer = store.set_consent(&id("c-1"), Channel::Sms, &older, now()).await.unwrap();
        assert!(matches!(answer, CustomerChangeResult::Unchanged(it) if it.consents[&Channel::Sms].state == ConsentState::Granted));
        let newer = Consent { at: now(), ..older };
        store.set_consent(&id("c-1"), Channel::Sms, &newer, now()).await.unwrap();
        assert_eq!(found(&store, "c-1").await.consents[&Channel::Sms], newer);
    })
    .await;
}

#[tokio::test]
async fn devices_come_and_go() {
    with_both_backends(async |tables| {
        let store = store(tables);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/APNS/app/2";
        let device = parse_value(json!({"endpoint_id": "d-2", "arn": arn})).unwrap();
        store.put_endpoint(&id("c-1"), &device, now()).await.unwrap();
        store
            .delete_endpoint(&id("c-1"), &PushEndpointId::parse("d-1").unwrap(), now())
            .await
            .unwrap();
        assert_eq!(found(&store, "c-1").await.push_endpoints, [device]);
    })
    .await;
}

#[tokio::test]
async fn an_erased_customer_leaves_a_mark_without_personal_data_and_stays_away() {
    with_both_backends(async |tables| {
        let store = store(tables);
        assert!(!store.erase_customer(&id("c-1"), now()).await.unwrap());
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        for n in 0..30 {
            record(&store, &placed(&format!("o-{n}"), 1, "food", 100)).await;
        }
        for _ in 0..2 {
            assert!(store.erase_customer(&id("c-1"), now()).await.unwrap());
        }
        assert_eq!(item(tables, "c-1").await, ["customer_id", "erased_at", "version"]);
        let work = tables
            .client
            .scan()
            .table_name(tables.table_name("WORK_TABLE").unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(work.count(), 0);
        assert_eq!(store.customer(&id("c-1")).await.unwrap(), CustomerLookup::Erased);
        assert_eq!(
            store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap(),
            CustomerChangeResult::Erased
        );
        assert_eq!(record(&store, &placed("o-99", 1, "food", 100)).await, OrderOutcome::Erased);
        let page = store.scan_customers(0, 1, None, 100).await.unwrap();
        assert_eq!((page.customers.len(), page.unreadable.len(), page.scanned), (0, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_scan_sees_every_customer_once_and_one_bad_item_fails_no_page() {
    with_both_backends(async |tables| {
        let store = store(tables);
        for n in 0..23 {
            store.put_customer(&id(&format!("c-{n}")), &ana(), euros()).await.unwrap();
        }
        let broken =
            tables.client.put_item().table_name(tables.table_name("CUSTOMERS_TABLE").unwrap());
        let broken = broken.item("customer_id", AttributeValue::S("not a valid id".into()));
        broken.item("phone", AttributeValue::S("+34600000009".into())).send().await.unwrap();
        let (mut seen, mut unreadable, mut scanned) = (BTreeSet::new(), Vec::new(), 0);
        for segment in 0..3 {
            let mut start = None;
            loop {
                let page = store.scan_customers(segment, 3, start, 4).await.unwrap();
                scanned += page.scanned;
                for customer in page.customers {
                    assert!(seen.insert(customer.id.clone()), "{} twice", customer.id);
                }
                unreadable.extend(page.unreadable);
                // The key goes through JSON, as in a checkpoint.
                let kept = serde_json::to_string(&page.next).unwrap();
                start = serde_json::from_str::<Option<CustomerKey>>(&kept).unwrap();
                if start.is_none() {
                    break;
                }
            }
        }
        assert_eq!((seen.len(), scanned, unreadable.len()), (23, 24, 1));
        assert_eq!(unreadable[0].key, CustomerKey("not a valid id".into()));
        assert!(!unreadable[0].reason.contains("+34"), "{}", unreadable[0].reason);
    })
    .await;
}

#[tokio::test]
async fn an_order_is_counted_once_however_often_it_comes() {
    with_both_backends(async |tables| {
        let store = store(tables);
        assert_eq!(record(&store, &placed("o-1", 1, "food", 2_350)).await, OrderOutcome::Unknown);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        let first = record(&store, &placed("o-1", 1, "food", 2_350)).await;
        let OrderOutcome::First(first) = first else { panic!("{first:?}") };
        let again = record(&store, &placed("o-1", 1, "food", 2_350)).await;
        assert_eq!(again, OrderOutcome::Repeat(first));
        let other = record(&store, &placed("o-1", 1, "food", 2_351)).await;
        assert_eq!(other, OrderOutcome::Refused(OrderRefusal::EventReused));
        let twice = OrderEvent {
            event: OrderEventId::parse("o-1.again").unwrap(),
            ..placed("o-1", 1, "food", 2_350)
        };
        let refused = record(&store, &twice).await;
        assert_eq!(refused, OrderOutcome::Refused(OrderRefusal::AlreadyPlaced));
        record(&store, &refunded("o-1", "r-1", &[("l-1", 350)], 0)).await;
        for repeated in
            [refunded("o-1", "r-1", &[("l-1", 350)], 0), placed("o-1", 1, "food", 2_350)]
        {
            let again = record(&store, &repeated).await;
            let OrderOutcome::Repeat(now) = again else { panic!("{again:?}") };
            assert_eq!((now.activity.orders, now.activity.spend.units()), (1, 2_000));
            assert_eq!((now.currency, now.order.settle().revenue.units()), (euros(), 2_000));
        }
        assert_eq!(totals(&store).await, (1, 2_000, in_verticals(&[("food", 1, 2_000)])));
    })
    .await;
}

#[tokio::test]
async fn an_order_counts_for_what_was_edited_less_what_came_back() {
    with_both_backends(async |tables| {
        let store = store(tables);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        for early in
            [edited("o-1", &[("food", 1)]), refunded("o-1", "r-1", &[], 1), cancelled("o-1")]
        {
            let refused = record(&store, &early).await;
            assert_eq!(refused, OrderOutcome::Refused(OrderRefusal::NotPlaced));
        }
        record(&store, &placed("o-0", 1, "food", 500)).await;
        record(&store, &placed("o-1", 2, "food", 1_000)).await;
        record(&store, &edited("o-1", &[("food", 800), ("pharmacy", 600)])).await;
        let both = in_verticals(&[("food", 2, 1_300), ("pharmacy", 1, 600)]);
        assert_eq!(totals(&store).await, (2, 1_900, both));
        record(&store, &refunded("o-1", "r-1", &[("l-1", 200), ("l-2", 300)], 0)).await;
        let both = in_verticals(&[("food", 2, 1_100), ("pharmacy", 1, 300)]);
        assert_eq!(totals(&store).await, (2, 1_400, both.clone()));
        let more = record(&store, &refunded("o-1", "r-2", &[("l-2", 301)], 0)).await;
        let why = ReturnRefusal::MoreOfLine(1);
        assert_eq!(more, OrderOutcome::Refused(OrderRefusal::Returns(why)));
        assert_eq!(totals(&store).await, (2, 1_400, both));
        // Money that belongs to no line takes off all of them: 90 of 900.
        record(&store, &refunded("o-1", "r-3", &[], 90)).await;
        let both = in_verticals(&[("food", 2, 1_040), ("pharmacy", 1, 270)]);
        assert_eq!(totals(&store).await, (2, 1_310, both));
        let ended = record(&store, &cancelled("o-1")).await;
        let OrderOutcome::First(ended) = ended else { panic!("{ended:?}") };
        assert_eq!(ended.order.stage, OrderStage::Cancelled);
        assert_eq!(totals(&store).await, (1, 500, in_verticals(&[("food", 1, 500)])));
        let refused = record(&store, &refunded("o-1", "r-4", &[], 1)).await;
        assert_eq!(refused, OrderOutcome::Refused(OrderRefusal::Cancelled));
    })
    .await;
}

#[tokio::test]
async fn the_last_order_day_is_that_of_the_orders_that_remain() {
    with_both_backends(async |tables| {
        let store = store(tables);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        for (order, day, vertical) in
            [("o-1", 3, "food"), ("o-2", 5, "groceries"), ("o-3", 9, "food"), ("o-4", 10, "food")]
        {
            record(&store, &placed(order, day, vertical, 100)).await;
        }
        record(&store, &cancelled("o-4")).await;
        let last = found(&store, "c-1").await.activity.last_order_day;
        assert_eq!(last.unwrap().to_string(), "2026-11-09");
        record(&store, &cancelled("o-3")).await;
        let customer = found(&store, "c-1").await;
        assert_eq!(customer.activity.last_order_day.unwrap().to_string(), "2026-11-05");
        assert_eq!(customer.verticals["food"].last_order_day.unwrap().to_string(), "2026-11-03");
        totals(&store).await;
    })
    .await;
}

#[tokio::test]
async fn an_order_has_one_buyer() {
    with_both_backends(async |tables| {
        let store = store(tables);
        for customer in ["c-1", "c-2"] {
            store.put_customer(&id(customer), &ana(), euros()).await.unwrap();
        }
        let mine = placed("o-1", 1, "food", 100);
        let theirs = OrderEvent { customer: id("c-2"), ..mine.clone() };
        let outcomes = join_all([&mine, &theirs].map(|event| record(&store, event))).await;
        let first = outcomes.iter().filter(|it| matches!(it, OrderOutcome::First(_))).count();
        let other = OrderOutcome::Refused(OrderRefusal::OtherBuyer);
        assert_eq!((first, outcomes.iter().filter(|it| **it == other).count()), (1, 1));
        let counts = [found(&store, "c-1").await, found(&store, "c-2").await];
        assert_eq!(counts.iter().map(|customer| customer.activity.orders).sum::<u32>(), 1);
    })
    .await;
}

#[tokio::test]
async fn concurrent_events_with_repeats_add_up_to_what_the_records_say() {
    with_both_backends(async |tables| {
        let store = store(tables);
        store.put_customer(&id("c-1"), &ana(), euros()).await.unwrap();
        let mut events = Vec::new();
        for n in 0..6u8 {
            let order = format!("o-{n}");
            let vertical = ["food", "groceries"][usize::from(n % 2)];
            events.push(placed(&order, n + 1, vertical, 1_000));
            events.push(placed(&order, n + 1, vertical, 1_000));
            events.push(refunded(&order, "r-1", &[("l-1", 100)], 0));
            events.push(refunded(&order, "r-1", &[("l-1", 100)], 0));
            events
                .extend((n == 0).then(|| edited(&order, &[(vertical, 1_000), ("pharmacy", 200)])));
            events.extend((n == 1).then(|| refunded(&order, "r-2", &[], 50)));
            events.extend((n >= 4).then(|| cancelled(&order)));
        }
        let outcomes = join_all(events.iter().map(|event| {
            let store = &store;
            async move { store.record_order(event, euros(), now()).await }
        }))
        .await;
        // Events that contention refused or that came too early are sent again, as an app backend
        // does.
        for (event, outcome) in events.iter().zip(outcomes) {
            match outcome {
                Err(_) | Ok(OrderOutcome::Refused(OrderRefusal::NotPlaced)) => {
                    record(&store, event).await;
                }
                Ok(OrderOutcome::First(_) | OrderOutcome::Repeat(_)) => {}
                Ok(OrderOutcome::Refused(OrderRefusal::Cancelled)) => {}
                unexpected => panic!("{unexpected:?} of {event:?}"),
            }
        }
        let verticals =
            in_verticals(&[("food", 2, 1_800), ("groceries", 2, 1_750), ("pharmacy", 1, 200)]);
        assert_eq!(totals(&store).await, (4, 3_750, verticals));
        let last = found(&store, "c-1").await.activity.last_order_day;
        assert_eq!(last.unwrap().to_string(), "2026-11-04");
    })
    .await;
}
