//! Webhook endpoints, what waits for them and what they did not take: the conditions of each write, in memory and on the local AWS.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use domain::{
    announcement::{About, Failed, Hook, HookStanding, Telling, What},
    id::{EventId, HookId, VoucherId},
};
use store::{
    Store, Tables,
    hooks::Saved,
    tellings::{Kept, Moved, SHARDS},
};
use testkit::{
    builders::{customer_id, later, noon},
    with_both,
};

const MINUTE: i64 = 60_000;

async fn with_store(test: impl AsyncFn(&Store)) {
    with_both(async |tables| test(&Store::new(&tables.config, Tables::from_lookup(|name| tables.lookup(name)))).await)
        .await;
}

fn hook_id(name: &str) -> HookId {
    HookId::parse(name).unwrap()
}

fn hook(name: &str) -> Hook {
    Hook {
        id: hook_id(name),
        url: "https://app.example.com/hooks".into(),
        events: [What::Issued, What::Redeemed].into(),
        standing: HookStanding::Enabled,
        key_id: "k-1".into(),
        rotation: 2,
        rotated_at: Some(later(noon(), MINUTE)),
        created_at: noon(),
        updated_at: later(noon(), MINUTE),
        version: 1,
    }
}

fn telling(number: i64) -> Telling {
    let about = About { customer: customer_id("c-1"), voucher: VoucherId::parse("vch_1").unwrap() };
    Telling {
        hook: hook_id("app"),
        event: EventId::parse(&format!("evt_{number}_issued")).unwrap(),
        what: What::Issued,
        about: (number != 0).then_some(about),
        at: later(noon(), number),
        attempt: 1,
    }
}

fn failed() -> Failed {
    Failed { status: Some(500), reason: "not_taken".into() }
}

async fn due(store: &Store, minutes: i64) -> Vec<Kept> {
    let mut all = Vec::new();
    for shard in 0..SHARDS {
        all.extend(store.due_tellings(shard, later(noon(), minutes * MINUTE), 100, None).await.unwrap().0);
    }
    all.sort_by_key(|kept| kept.telling.at);
    all
}

#[tokio::test]
async fn an_endpoint_reads_back_and_is_changed_by_who_has_read_it_last() {
    with_store(async |store| {
        let (app, plain) = (hook("app"), Hook { events: [].into(), rotated_at: None, ..hook("b-2") });
        for hook in [&plain, &app] {
            assert_eq!(store.save_hook(hook, None).await.unwrap(), Saved::Saved);
            assert_eq!(store.save_hook(hook, None).await.unwrap(), Saved::Overtaken, "there is one already");
        }
        assert_eq!(store.hooks().await.unwrap(), [app.clone(), plain]);
        assert_eq!(store.hook_is_gone(&app, noon()).await.unwrap(), Saved::Saved);
        assert_eq!(store.hook_is_gone(&app, noon()).await.unwrap(), Saved::Overtaken);
        let gone = store.hook(&app.id).await.unwrap().unwrap();
        assert_eq!((gone.standing, gone.version), (HookStanding::Gone, 2));
        assert!(store.delete_hook(&app.id).await.unwrap() && !store.delete_hook(&app.id).await.unwrap());
        assert_eq!(store.hook(&app.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_telling_moves_on_by_its_number_and_its_due_time() {
    with_store(async |store| {
        let first = telling(1);
        let at = |minutes| later(noon(), minutes * MINUTE);
        assert_eq!(store.tell_later(&first, &failed(), at(5)).await.unwrap(), Moved::Moved);
        assert_eq!(store.tell_later(&first, &failed(), at(9)).await.unwrap(), Moved::Overtaken, "told twice");
        assert_eq!(due(store, 4).await, []);
        let [second] = due(store, 5).await.try_into().unwrap();
        assert_eq!(second, Kept { telling: Telling { attempt: 2, ..first.clone() }, due_at: at(5) });
        assert_eq!(store.kept_telling(&first.hook, &first.event).await.unwrap().as_ref(), Some(&second));

        assert_eq!(store.postpone_telling(&second, at(20)).await.unwrap(), Moved::Moved);
        assert_eq!(store.postpone_telling(&second, at(30)).await.unwrap(), Moved::Overtaken, "handed out once");
        assert_eq!(store.tell_later(&second.telling, &failed(), at(40)).await.unwrap(), Moved::Moved);
        store.told(&second.telling).await.unwrap();
        let [third] = due(store, 40).await.try_into().unwrap();
        assert_eq!(third.telling.attempt, 3, "an earlier try does not settle a later one");
        store.told(&third.telling).await.unwrap();
        assert_eq!(due(store, 99).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_telling_becomes_a_dead_letter_and_back_each_once() {
    with_store(async |store| {
        let (direct, waited) = (telling(0), telling(1));
        store.tell_later(&waited, &failed(), noon()).await.unwrap();
        assert_eq!(store.give_up_telling(&waited, &failed(), noon()).await.unwrap(), Moved::Overtaken, "it waits");
        let second = waited.next();
        assert_eq!(store.give_up_telling(&second, &failed(), noon()).await.unwrap(), Moved::Moved);
        assert_eq!(store.give_up_telling(&second, &failed(), noon()).await.unwrap(), Moved::Overtaken);
        assert_eq!(store.give_up_telling(&direct, &failed(), noon()).await.unwrap(), Moved::Moved);
        assert_eq!(due(store, 99).await, []);

        let (page, next) = store.dead_letters(&hook_id("app"), 1, None).await.unwrap();
        let (rest, _) = store.dead_letters(&hook_id("app"), 5, next.as_deref()).await.unwrap();
        let letters = [page, rest].concat();
        assert_eq!(letters.iter().map(|letter| &letter.telling).collect::<Vec<_>>(), [&direct, &second]);
        assert_eq!((&letters[0].failed, letters[0].given_up_at), (&failed(), noon()));
        assert_eq!(store.dead_letters(&hook_id("other"), 5, None).await.unwrap().0, []);

        for letter in &letters {
            assert_eq!(store.redrive(letter, noon()).await.unwrap(), Moved::Moved);
            assert_eq!(store.redrive(letter, noon()).await.unwrap(), Moved::Overtaken, "pressed twice");
        }
        let again: Vec<(i64, u32)> = due(store, 0)
            .await
            .iter()
            .map(|it| (it.telling.at.as_millisecond() - noon().as_millisecond(), it.telling.attempt))
            .collect();
        assert_eq!(again, [(0, 2), (1, 2)]);
        assert_eq!(store.dead_letters(&hook_id("app"), 5, None).await.unwrap().0, []);
    })
    .await;
}
