//! Exports: the conditions of each write of their state, the order of their list, and that the
//! pages of the records that they read have each record once; in memory and on the local AWS.

use std::collections::{BTreeSet, HashSet};

use domain::{
    campaign::definition::Definition,
    customer::{changes::CustomerReplacement, profile::Customer},
    kernel::{channel::Channel, id::ExportId, money::Currency},
};
use serde_json::json;
use store::{Store, TableNames, conditional::Applied, reporting::exports::StoredExport};
use testkit::{
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon, voucher},
    with_both_backends,
};

fn id(number: usize) -> ExportId {
    ExportId::parse(&format!("exp_{number}")).unwrap()
}

async fn with_store(test: impl AsyncFn(&Store)) {
    with_both_backends(async |tables| {
        test(&Store::new(&tables.config, TableNames::from_lookup(|name| tables.table_name(name))))
            .await
    })
    .await;
}

async fn put(store: &Store, number: usize, state: &str, version: u64) -> Applied {
    let created_at = add_milliseconds(noon(), i64::try_from(number).unwrap());
    let export = StoredExport { export: state.to_owned(), version };
    store.put_export(&id(number), &export, created_at, noon()).await.unwrap()
}

#[tokio::test]
async fn a_state_replaces_the_one_that_it_was_made_from() {
    with_store(async |store| {
        assert_eq!(store.stored_export::<String>(&id(1)).await.unwrap(), None);
        assert_eq!(put(store, 1, "running", 1).await, Applied::Conflict, "nothing to replace");
        assert_eq!(put(store, 1, "running", 0).await, Applied::Yes);
        assert_eq!(put(store, 1, "part 1", 1).await, Applied::Yes);
        assert_eq!(put(store, 1, "part 1 again", 1).await, Applied::Conflict);
        let stored = store.stored_export::<String>(&id(1)).await.unwrap().unwrap();
        assert_eq!((stored.export.as_str(), stored.version), ("part 1", 2));
    })
    .await;
}

#[tokio::test]
async fn exports_are_listed_the_newest_first_and_imports_are_another_list() {
    with_store(async |store| {
        for number in 1..=3 {
            assert_eq!(put(store, number, &number.to_string(), 0).await, Applied::Yes);
        }
        assert_eq!(put(store, 2, "two", 1).await, Applied::Yes);
        let (first, next) = store.list_exports::<String>(2, None).await.unwrap();
        let (second, _) = store.list_exports::<String>(2, next.as_ref()).await.unwrap();
        let listed: Vec<String> = first.into_iter().chain(second).map(|it| it.export).collect();
        assert_eq!(listed, ["3", "two", "1"]);
        assert_eq!(store.list_imports::<String>(9, None).await.unwrap().0, []);
    })
    .await;
}

async fn put_customer(store: &Store, name: &str) {
    let replacement: CustomerReplacement = serde_json::from_value(json!({})).unwrap();
    let euros = Currency::parse("EUR").unwrap();
    store.put_customer(&customer_id(name), &replacement, euros).await.unwrap();
}

async fn issue(store: &Store, definition: &Definition, customer: &str) {
    let voucher = voucher(&campaign_id("cmp_1"), definition, customer, Channel::Email);
    store.issue_voucher(&voucher).await.unwrap();
}

#[tokio::test]
async fn pages_of_vouchers_have_each_once() {
    with_store(async |store| {
        let definition = definition(json!({}));
        let names: Vec<String> = (0..7).map(|number| format!("c-{number}")).collect();
        for name in &names {
            issue(store, &definition, name).await;
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.scan_vouchers(after.as_ref(), 3).await.unwrap();
            assert_eq!(page.unreadable, 0);
            found.extend(page.records.into_iter().map(|it| it.customer.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.sort();
        assert_eq!(found, names);
        assert_eq!(store.scan_orders(None, 100).await.unwrap().records, []);
    })
    .await;
}

#[tokio::test]
async fn whoever_was_erased_is_on_no_page_and_is_known_as_such() {
    with_store(async |store| {
        for number in 0..4 {
            put_customer(store, &format!("c-{number}")).await;
        }
        store.erase_customer(&customer_id("c-2"), noon()).await.unwrap();
        let (mut present, mut after) = (BTreeSet::new(), None);
        loop {
            let page = store.scan_present_customers(after.as_ref(), 2).await.unwrap();
            present.extend(page.records.iter().map(|it: &Customer| it.id.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(present.into_iter().collect::<Vec<_>>(), ["c-0", "c-1", "c-3"]);
        let asked = HashSet::from(["c-1", "c-2", "c-9"].map(customer_id));
        let erased = store.erased_among(&asked).await.unwrap();
        assert_eq!(erased, HashSet::from([customer_id("c-2")]));
    })
    .await;
}
