//! Checks that an id of a request is taken once until it is over, and that the last use of a key
//! never moves back.

use domain::kernel::id::ApiKeyId;
use jiff::SignedDuration;
use store::{Store, TableNames, api_keys::KEEP_TAKEN_SECONDS, conditional::Applied};
use testkit::{TestTables, builders::noon, with_both_backends};

fn store(tables: &TestTables) -> Store {
    Store::new(&tables.config, TableNames::from_lookup(|name| tables.table_name(name)))
}
fn key(id: &str) -> ApiKeyId {
    ApiKeyId::parse(id).unwrap()
}

#[tokio::test]
async fn an_id_is_taken_once_under_its_key_until_it_is_over() {
    with_both_backends(async |tables| {
        let store = store(tables);
        let take = async |id: &str, invocation: Option<&str>, seconds: i64| {
            let now = noon() + SignedDuration::from_secs(seconds);
            store.take_message_id(&key("a"), id, invocation, now).await.unwrap()
        };
        assert_eq!(take("msg_1", Some("r-1"), 0).await, Applied::Yes);
        assert_eq!(take("msg_1", Some("r-1"), 0).await, Applied::Yes, "its own write");
        for invocation in [Some("r-2"), None] {
            let again = take("msg_1", invocation, KEEP_TAKEN_SECONDS).await;
            assert_eq!(again, Applied::Conflict, "{invocation:?}");
        }
        assert_eq!(take("msg_2", None, 0).await, Applied::Yes);
        assert_eq!(take("msg_2", None, 0).await, Applied::Conflict, "nobody's own");
        assert_eq!(take("msg_1", Some("r-2"), KEEP_TAKEN_SECONDS + 1).await, Applied::Yes);
        let other = store.take_message_id(&key("b"), "msg_2", None, noon()).await.unwrap();
        assert_eq!(other, Applied::Yes, "another key's");
    })
    .await;
}

#[tokio::test]
async fn the_last_use_of_a_key_never_moves_back() {
    with_both_backends(async |tables| {
        let store = store(tables);
        assert!(store.key_uses().await.unwrap().is_empty());
        let later = noon() + SignedDuration::from_hours(1);
        for (id, at) in [("a", noon()), ("b", later), ("a", later), ("a", noon())] {
            store.record_key_use(&key(id), at).await.unwrap();
        }
        let uses = store.key_uses().await.unwrap();
        assert_eq!(uses, [(key("a"), later), (key("b"), later)]);
    })
    .await;
}
