//! Tests of a campaign with variants: each customer gets the terms and the channels of one of them,
//! and keeps it whatever happens to the worker.

use domain::kernel::{channel::Channel, id::CustomerId};
use fake_aws::CallVerdict;
use serde_json::{Value, json};

use crate::fixture::WorkerFixture;

fn variants() -> Value {
    json!({
        "channels": {"ladder": ["sms"]},
        "variants": [
            {"name": "Five euros", "share": 50},
            {
                "name": "Three euros by e-mail", "share": 50,
                "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 300, "currency": "EUR"}}}},
                "channels": {"mode": "first_available", "ladder": ["email"]},
            },
        ],
        "caps": {"exposure": {"amount": 500_000, "currency": "EUR"}},
    })
}

#[tokio::test]
async fn each_customer_gets_the_terms_of_one_variant_and_the_record_says_which() {
    let stage = WorkerFixture::new();
    let campaign = stage.launch_campaign(variants()).await;
    let customers: Vec<String> = (0..12).map(|number| format!("c-{number}")).collect();
    let customers: Vec<&str> = customers.iter().map(String::as_str).collect();
    for customer in &customers {
        stage.add_customer(customer).await;
    }
    stage.plan_dispatch(&campaign, &customers).await;
    // Customers of the second variant move to its channel.
    stage.deliver_due().await;
    stage.deliver_due().await;
    let mut found = [0, 0];
    for customer in &customers {
        let record = stage.record(&campaign, customer).await.unwrap();
        let id = CustomerId::parse(customer).unwrap();
        let form = campaign.definition.clone().for_customer(&campaign.id, &id);
        assert_eq!(record.variant, form.variant);
        assert_eq!(record.exposure, form.offer.exposure());
        assert_eq!(record.sent_via, form.channels.ladder.first().copied());
        found[usize::from(form.channels.ladder == [Channel::Email])] += 1;
    }
    assert!(found[0] > 0 && found[1] > 0, "both variants are met: {found:?}");
    let left = stage.store.quota(&campaign.id).await.unwrap().unwrap();
    assert_eq!(left.exposure, 500_000 - 12 * 500, "the cap counts with the dearest variant");
}

#[tokio::test]
async fn a_worker_that_dies_changes_no_variant() {
    let stage = WorkerFixture::new();
    let change = json!({"channels": {"ladder": ["sms"]}, "variants": [
        {"name": "a", "share": 1},
        {"name": "b", "share": 99, "offer": {
            "benefit": {"fixed_amount": {"amount": {"amount": 300, "currency": "EUR"}}},
        }},
    ]});
    let campaign = stage.launch_campaign(change).await;
    stage.add_customer("c-1").await;
    stage.plan_dispatch(&campaign, &["c-1"]).await;
    let key = stage.crash_at_call(Channel::Sms, CallVerdict::Proceed).await;
    let before = stage.record(&campaign, "c-1").await.unwrap();
    stage.set_time(crate::fixture::HOUR);
    stage.deliver(Channel::Sms, &key).await;
    let after = stage.record(&campaign, "c-1").await.unwrap();
    assert_eq!((&after.variant, after.exposure), (&before.variant, before.exposure));
    assert!(after.variant.is_some());
}
