//! Imports and what is remembered of headers: the conditions of each write and the order of the list,
//! in memory and on the local AWS.

use domain::kernel::id::ImportId;
use store::{Store, TableNames, conditional::Applied, customer::imports::StoredImport};
use testkit::{
    builders::{add_milliseconds, noon},
    with_both_backends,
};

fn id(number: usize) -> ImportId {
    ImportId::parse(&format!("imp_{number}")).unwrap()
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
    let import = StoredImport { import: state.to_owned(), version };
    store.put_import(&id(number), &import, created_at, noon()).await.unwrap()
}

#[tokio::test]
async fn a_state_replaces_the_one_that_it_was_made_from() {
    with_store(async |store| {
        assert_eq!(store.stored_import::<String>(&id(1)).await.unwrap(), None);
        assert_eq!(put(store, 1, "waiting", 1).await, Applied::Conflict, "nothing to replace");
        assert_eq!(put(store, 1, "waiting", 0).await, Applied::Yes);
        assert_eq!(put(store, 1, "other", 0).await, Applied::Conflict, "it is there already");
        assert_eq!(put(store, 1, "running", 1).await, Applied::Yes);
        assert_eq!(put(store, 1, "cancelled", 1).await, Applied::Conflict);
        let stored = store.stored_import::<String>(&id(1)).await.unwrap().unwrap();
        assert_eq!((stored.import.as_str(), stored.version), ("running", 2));
    })
    .await;
}

#[tokio::test]
async fn imports_are_listed_the_newest_first_page_by_page() {
    with_store(async |store| {
        for number in 1..=5 {
            assert_eq!(put(store, number, &number.to_string(), 0).await, Applied::Yes);
        }
        // a change moves nothing in the list
        assert_eq!(put(store, 2, "two", 1).await, Applied::Yes);
        let (mut listed, mut position) = (Vec::new(), None);
        loop {
            let page = store.list_imports::<String>(2, position.as_ref()).await.unwrap();
            listed.extend(page.0.into_iter().map(|stored| stored.import));
            position = page.1;
            if position.is_none() {
                break;
            }
        }
        assert_eq!(listed, ["5", "4", "3", "two", "1"]);
    })
    .await;
}

#[tokio::test]
async fn the_meanings_of_a_header_are_remembered_until_others_are_confirmed() {
    with_store(async |store| {
        let known = async |header: &str| store.import_mapping::<String>(header).await.unwrap();
        assert_eq!(known("customers.aa").await, None);
        for mapping in ["one", "two"] {
            store.put_import_mapping("customers.aa", &mapping, noon()).await.unwrap();
        }
        assert_eq!(known("customers.aa").await.as_deref(), Some("two"));
        assert_eq!(known("orders.aa").await, None);
    })
    .await;
}
