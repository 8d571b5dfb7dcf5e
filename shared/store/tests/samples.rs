//! Test sends and settings on the store: kept whole, claimed once, changed only by who has read them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use domain::{
    brand::BrandSettings,
    channel::Channel,
    id::SampleId,
    sample::{SampleAddress, SampleKey, SampleState},
};
use store::{
    Store, Tables,
    control::{Change, Write, settings::Name},
    samples::{Planned, SampleMessage, SampleRequest},
};
use testkit::{
    TestTables,
    builders::{campaign_id, later, noon},
    with_both,
};

fn store(tables: &TestTables) -> Store {
    Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)))
}

fn request(fingerprint: &str) -> SampleRequest {
    SampleRequest {
        id: SampleId::parse("smp_1").unwrap(),
        campaign: campaign_id("cmp_1"),
        definition: 3,
        by: "ada".into(),
        at: noon(),
        fingerprint: fingerprint.into(),
    }
}

fn message(number: u32) -> SampleMessage {
    SampleMessage {
        key: SampleKey { id: SampleId::parse("smp_1").unwrap(), number },
        campaign: campaign_id("cmp_1"),
        definition: 3,
        address: SampleAddress::parse(Channel::Sms, "+34600000001").unwrap(),
        locale: None,
        state: SampleState::Waiting,
        reason: None,
        at: noon(),
    }
}

#[tokio::test]
async fn a_test_send_is_kept_once_and_each_message_is_one_workers() {
    with_both(async |tables| {
        let store = store(tables);
        let messages: Vec<_> = (0..10).map(message).collect();
        assert_eq!(store.samples(&request("f").id).await.unwrap(), None);
        assert_eq!(store.plan_samples(&request("f"), &messages).await.unwrap(), Planned::First);
        assert_eq!(store.plan_samples(&request("f"), &messages).await.unwrap(), Planned::Repeat);
        assert_eq!(store.plan_samples(&request("g"), &messages).await.unwrap(), Planned::Taken);
        assert_eq!(store.samples(&request("f").id).await.unwrap(), Some((request("f"), messages)));

        let key = message(4).key;
        let now = later(noon(), 1_000);
        // nobody has it, so nobody may say what became of it
        store.record_sample(&key, SampleState::Sent, None, now).await.unwrap();
        let claimed = store.claim_sample(&key, now).await.unwrap().unwrap();
        assert_eq!(claimed, SampleMessage { state: SampleState::Sending, at: now, ..message(4) });
        assert_eq!(store.claim_sample(&key, now).await.unwrap(), None, "a repeated pointer finds it taken");
        store.record_sample(&key, SampleState::Refused, Some("opted_out"), now).await.unwrap();
        store.record_sample(&key, SampleState::Sent, None, now).await.unwrap();
        assert_eq!(store.claim_sample(&key, now).await.unwrap(), None);
        let (_, after) = store.samples(&key.id).await.unwrap().unwrap();
        let settled =
            SampleMessage { state: SampleState::Refused, reason: Some("opted_out".into()), at: now, ..message(4) };
        assert_eq!(after.get(4), Some(&settled));
        assert_eq!(after.iter().filter(|it| it.state == SampleState::Waiting).count(), 9);
        let unknown = SampleKey { number: 77, ..key };
        assert_eq!(store.claim_sample(&unknown, now).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_setting_is_changed_only_by_who_has_read_it() {
    with_both(async |tables| {
        let store = store(tables);
        let named = |name: &str| BrandSettings { sender_name: Some(name.into()), ..BrandSettings::default() };
        let change = Change { actor: "ada", action: "set", note: "", at: noon() };
        let read = async || store.setting::<BrandSettings>(Name::Brand).await.unwrap();
        assert_eq!((read().await.version, read().await.value), (0, BrandSettings::default()));
        assert_eq!(store.put_setting(Name::Brand, 1, &named("a"), &change).await.unwrap(), Write::Lost);
        assert_eq!(store.put_setting(Name::Brand, 0, &named("b"), &change).await.unwrap(), Write::Done);
        assert_eq!(store.put_setting(Name::Brand, 0, &named("c"), &change).await.unwrap(), Write::Lost);
        assert_eq!(store.put_setting(Name::Brand, 1, &named("d"), &change).await.unwrap(), Write::Done);
        let after = read().await;
        assert_eq!((after.version, after.value, after.updated_by.as_deref()), (2, named("d"), Some("ada")));
        let other = store.setting::<BrandSettings>(Name::TestAddresses).await.unwrap();
        assert_eq!(other.version, 0, "each setting has its own version");
    })
    .await;
}
