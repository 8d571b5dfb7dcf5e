//! Contract tests of the lists of customers that operators search: by name and by the last order.
//! What a page reads is counted in memory.

use std::collections::BTreeSet;

use domain::{
    Date,
    customer::{changes::CustomerReplacement, name_search::NameSearch},
    kernel::{id::CustomerId, money::Currency},
};
use serde_json::json;
use store::{
    Store, TableNames,
    customer::{
        directory::{LastOrderPosition, NamePosition},
        profiles::CustomerChangeResult,
    },
};
use testkit::{ReadMeter, TestTables, builders::customer_id};

use crate::stage::with_store;

async fn add(store: &Store, id: &str, first: &str, last: &str) {
    let profile = json!({"first_name": first, "last_name": last});
    let put: CustomerReplacement = serde_json::from_value(json!({"profile": profile})).unwrap();
    let euro = Currency::parse("EUR").unwrap();
    let put = store.put_customer(&customer_id(id), &put, euro).await.unwrap();
    assert!(!matches!(put, CustomerChangeResult::Erased), "{id}");
}

/// Returns the ids on all pages of `limit`, in order.
async fn walk_names(store: &Store, typed: &str, limit: usize) -> Vec<CustomerId> {
    let search = NameSearch::parse(typed).unwrap();
    let (mut found, mut position) = (Vec::new(), NamePosition::default());
    loop {
        let page = store.customers_by_name(&search, position, limit).await.unwrap();
        assert!(page.customers.len() <= limit);
        found.extend(page.customers.into_iter().map(|(id, _)| id));
        match page.next {
            Some(next) => position = next,
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_name_is_found_until_it_changes_or_is_erased() {
    with_store(async |store, _| {
        add(store, "c-1", "Ana", "García").await;
        add(store, "c-2", "Óscar", "Garrido").await;
        assert_eq!(walk_names(store, "gar", 1).await, ["c-1", "c-2"].map(customer_id));
        assert_eq!(walk_names(store, "oscar", 1).await, [customer_id("c-2")]);
        add(store, "c-1", "Ana", "López").await;
        assert_eq!(walk_names(store, "gar", 25).await, [customer_id("c-2")]);
        assert_eq!(walk_names(store, "lopez ana", 25).await, [customer_id("c-1")]);
        store.erase_customer(&customer_id("c-2"), testkit::builders::noon()).await.unwrap();
        assert!(walk_names(store, "oscar", 25).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn pages_of_every_size_show_each_customer_once() {
    let tables = TestTables::in_memory();
    let store = Store::new(&tables.config, TableNames::from_lookup(|name| tables.table_name(name)));
    for number in 0..60 {
        let first = ["Ana", "Ángel", "Gara", "Zoe"][number % 4];
        let last = ["García", "Ana", "Zola"][number % 3];
        add(&store, &format!("c-{number}"), first, last).await;
    }
    for typed in ["ana", "gar", "z", "ana gar"] {
        let all = walk_names(&store, typed, 100).await;
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{typed}");
        for limit in [1, 7, 25] {
            assert_eq!(walk_names(&store, typed, limit).await, all, "{typed} by {limit}");
        }
    }
}

/// A page of names costs at most a hundred read units, also among many customers whose names begin
/// alike, and a page of last orders at most 160.
#[tokio::test]
async fn a_page_reads_a_bounded_part_of_the_index() {
    let tables = TestTables::in_memory();
    let meter = ReadMeter::default();
    let names = TableNames::from_lookup(|name| tables.table_name(name));
    let store = Store::with_client(meter.client(&tables.config), names);
    for number in 0..9_000 {
        let first = if number % 3_000 == 0 { "Anselmo" } else { "Ana" };
        add(&store, &format!("c-{number}"), first, "García López").await;
    }
    meter.take();
    for typed in ["gar", "ana", "anselmo", "zzz", "ana garcia"] {
        let search = NameSearch::parse(typed).unwrap();
        store.customers_by_name(&search, NamePosition::default(), 25).await.unwrap();
        let read = meter.take();
        assert!(read.units > 0.0 && read.units <= 100.0, "{typed}: {read:?}");
    }
    assert_eq!(walk_names(&store, "anselmo", 25).await.len(), 3);
    meter.take();
    let today: Date = "2026-11-30".parse().unwrap();
    let page = store.customers_by_last_order(LastOrderPosition::newest(today), 25).await.unwrap();
    assert!(page.customers.is_empty() && page.next.is_some());
    let read = meter.take();
    assert!(read.units <= 160.0, "{read:?}");
}
