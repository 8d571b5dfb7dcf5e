//! Webhook endpoints, their waiting deliveries and their dead letters: the conditions of each
//! write, in memory and on the local AWS.

use domain::{
    kernel::id::{EventId, VoucherId, WebhookEndpointId},
    voucher::webhook_event::{
        DeliveryFailure, EndpointState, EventDelivery, EventSubject, EventType, WebhookEndpoint,
    },
};
use store::{
    Store, TableNames,
    conditional::Applied,
    webhooks::deliveries::{DELIVERY_SHARDS, ScheduledDelivery},
};
use testkit::{
    builders::{add_milliseconds, customer_id, noon},
    with_both_backends,
};

const MINUTE: i64 = 60_000;

async fn with_store(test: impl AsyncFn(&Store)) {
    with_both_backends(async |tables| {
        test(&Store::new(&tables.config, TableNames::from_lookup(|name| tables.table_name(name))))
            .await
    })
    .await;
}

fn hook_id(name: &str) -> WebhookEndpointId {
    WebhookEndpointId::parse(name).unwrap()
}

fn hook(name: &str) -> WebhookEndpoint {
    WebhookEndpoint {
        id: hook_id(name),
        url: "https://app.example.com/hooks".into(),
        events: [EventType::Issued, EventType::Redeemed].into(),
        state: EndpointState::Enabled,
        key_id: "k-1".into(),
        rotation: 2,
        rotated_at: Some(add_milliseconds(noon(), MINUTE)),
        created_at: noon(),
        updated_at: add_milliseconds(noon(), MINUTE),
        version: 1,
    }
}

fn delivery(number: i64) -> EventDelivery {
    let about =
        EventSubject { customer: customer_id("c-1"), voucher: VoucherId::parse("vch_1").unwrap() };
    EventDelivery {
        hook: hook_id("app"),
        event: EventId::parse(&format!("evt_{number}_issued")).unwrap(),
        what: EventType::Issued,
        about: (number != 0).then_some(about),
        at: add_milliseconds(noon(), number),
        attempt: 1,
    }
}

fn failure() -> DeliveryFailure {
    DeliveryFailure { status: Some(500), reason: "not_taken".into() }
}

async fn due(store: &Store, minutes: i64) -> Vec<ScheduledDelivery> {
    let mut all = Vec::new();
    for shard in 0..DELIVERY_SHARDS {
        all.extend(
            store
                .due_deliveries(shard, add_milliseconds(noon(), minutes * MINUTE), 100, None)
                .await
                .unwrap()
                .0,
        );
    }
    all.sort_by_key(|kept| kept.delivery.at);
    all
}

#[tokio::test]
async fn an_endpoint_reads_back_and_is_changed_only_from_its_last_version() {
    with_store(async |store| {
        let (app, plain) =
            (hook("app"), WebhookEndpoint { events: [].into(), rotated_at: None, ..hook("b-2") });
        for hook in [&plain, &app] {
            assert_eq!(store.save_webhook_endpoint(hook, None).await.unwrap(), Applied::Yes);
            assert_eq!(
                store.save_webhook_endpoint(hook, None).await.unwrap(),
                Applied::Conflict,
                "there is one already"
            );
        }
        assert_eq!(store.webhook_endpoints().await.unwrap(), [app.clone(), plain]);
        assert_eq!(store.mark_endpoint_gone(&app, noon()).await.unwrap(), Applied::Yes);
        assert_eq!(store.mark_endpoint_gone(&app, noon()).await.unwrap(), Applied::Conflict);
        let gone = store.webhook_endpoint(&app.id).await.unwrap().unwrap();
        assert_eq!((gone.state, gone.version), (EndpointState::Gone, 2));
        assert!(
            store.delete_webhook_endpoint(&app.id).await.unwrap()
                && !store.delete_webhook_endpoint(&app.id).await.unwrap()
        );
        assert_eq!(store.webhook_endpoint(&app.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_telling_moves_on_by_its_number_and_its_due_time() {
    with_store(async |store| {
        let first = delivery(1);
        let at = |minutes| add_milliseconds(noon(), minutes * MINUTE);
        assert_eq!(store.schedule_retry(&first, &failure(), at(5)).await.unwrap(), Applied::Yes);
        assert_eq!(
            store.schedule_retry(&first, &failure(), at(9)).await.unwrap(),
            Applied::Conflict,
            "told twice"
        );
        assert_eq!(due(store, 4).await, []);
        let [second] = due(store, 5).await.try_into().unwrap();
        assert_eq!(
            second,
            ScheduledDelivery {
                delivery: EventDelivery { attempt: 2, ..first.clone() },
                due_at: at(5)
            }
        );
        assert_eq!(
            store.scheduled_delivery(&first.hook, &first.event).await.unwrap().as_ref(),
            Some(&second)
        );

        assert_eq!(store.postpone_delivery(&second, at(20)).await.unwrap(), Applied::Yes);
        assert_eq!(
            store.postpone_delivery(&second, at(30)).await.unwrap(),
            Applied::Conflict,
            "handed out once"
        );
        assert_eq!(
            store.schedule_retry(&second.delivery, &failure(), at(40)).await.unwrap(),
            Applied::Yes
        );
        store.delete_delivery(&second.delivery).await.unwrap();
        let [third] = due(store, 40).await.try_into().unwrap();
        assert_eq!(third.delivery.attempt, 3, "an earlier try does not settle a later one");
        store.delete_delivery(&third.delivery).await.unwrap();
        assert_eq!(due(store, 99).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_telling_becomes_a_dead_letter_and_back_each_once() {
    with_store(async |store| {
        let (direct, waited) = (delivery(0), delivery(1));
        store.schedule_retry(&waited, &failure(), noon()).await.unwrap();
        assert_eq!(
            store.give_up_delivery(&waited, &failure(), noon()).await.unwrap(),
            Applied::Conflict,
            "it waits"
        );
        let second = waited.next_attempt();
        assert_eq!(
            store.give_up_delivery(&second, &failure(), noon()).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(
            store.give_up_delivery(&second, &failure(), noon()).await.unwrap(),
            Applied::Conflict
        );
        assert_eq!(
            store.give_up_delivery(&direct, &failure(), noon()).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(due(store, 99).await, []);

        let (page, next) = store.dead_letters(&hook_id("app"), 1, None).await.unwrap();
        let (rest, _) = store.dead_letters(&hook_id("app"), 5, next.as_deref()).await.unwrap();
        let letters = [page, rest].concat();
        assert_eq!(
            letters.iter().map(|letter| &letter.delivery).collect::<Vec<_>>(),
            [&direct, &second]
        );
        assert_eq!((&letters[0].failure, letters[0].given_up_at), (&failure(), noon()));
        assert_eq!(store.dead_letters(&hook_id("other"), 5, None).await.unwrap().0, []);

        for letter in &letters {
            assert_eq!(store.redrive_dead_letter(letter, noon()).await.unwrap(), Applied::Yes);
            assert_eq!(
                store.redrive_dead_letter(letter, noon()).await.unwrap(),
                Applied::Conflict,
                "pressed twice"
            );
        }
        let again: Vec<(i64, u32)> = due(store, 0)
            .await
            .iter()
            .map(|it| {
                (it.delivery.at.as_millisecond() - noon().as_millisecond(), it.delivery.attempt)
            })
            .collect();
        assert_eq!(again, [(0, 2), (1, 2)]);
        assert_eq!(store.dead_letters(&hook_id("app"), 5, None).await.unwrap().0, []);
    })
    .await;
}
