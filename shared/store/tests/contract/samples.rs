//! Test sends and settings on the store: kept whole, claimed once, and changed only by a writer
//! that has read them.

use domain::{
    campaign::brand::BrandSettings,
    customer::address::Address,
    delivery::test_send::{TestSendKey, TestSendState},
    kernel::{channel::Channel, id::TestSendId},
};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, settings::SettingName},
    conditional::Applied,
    delivery::test_sends::{PlanTestSendResult, TestSendMessage, TestSendRecord},
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, noon},
    with_both_backends,
};

fn store(tables: &TestTables) -> Store {
    Store::new(&tables.config, TableNames::from_lookup(|variable| tables.table_name(variable)))
}

fn request(fingerprint: &str) -> TestSendRecord {
    TestSendRecord {
        id: TestSendId::parse("smp_1").unwrap(),
        campaign: campaign_id("cmp_1"),
        definition: 3,
        by: "ada".into(),
        at: noon(),
        fingerprint: fingerprint.into(),
    }
}

fn message(number: u32) -> TestSendMessage {
    TestSendMessage {
        key: TestSendKey { id: TestSendId::parse("smp_1").unwrap(), number },
        campaign: campaign_id("cmp_1"),
        definition: 3,
        address: Address::parse(Channel::Sms, "+34600000001").unwrap(),
        locale: None,
        state: TestSendState::Waiting,
        reason: None,
        at: noon(),
    }
}

#[tokio::test]
async fn a_test_send_is_kept_once_and_each_message_is_one_workers() {
    with_both_backends(async |tables| {
        let store = store(tables);
        let messages: Vec<_> = (0..10).map(message).collect();
        assert_eq!(store.test_send(&request("f").id).await.unwrap(), None);
        assert_eq!(
            store.plan_test_send(&request("f"), &messages).await.unwrap(),
            PlanTestSendResult::First
        );
        assert_eq!(
            store.plan_test_send(&request("f"), &messages).await.unwrap(),
            PlanTestSendResult::Repeat
        );
        assert_eq!(
            store.plan_test_send(&request("g"), &messages).await.unwrap(),
            PlanTestSendResult::IdConflict
        );
        assert_eq!(
            store.test_send(&request("f").id).await.unwrap(),
            Some((request("f"), messages))
        );

        let key = message(4).key;
        let now = add_milliseconds(noon(), 1_000);
        // No worker has claimed the message, so no worker may record its result.
        store.record_test_message(&key, TestSendState::Sent, None, now).await.unwrap();
        let claimed = store.claim_test_message(&key, now).await.unwrap().unwrap();
        assert_eq!(
            claimed,
            TestSendMessage { state: TestSendState::Sending, at: now, ..message(4) }
        );
        assert_eq!(
            store.claim_test_message(&key, now).await.unwrap(),
            None,
            "a repeated pointer finds it taken"
        );
        store
            .record_test_message(&key, TestSendState::Refused, Some("opted_out"), now)
            .await
            .unwrap();
        store.record_test_message(&key, TestSendState::Sent, None, now).await.unwrap();
        assert_eq!(store.claim_test_message(&key, now).await.unwrap(), None);
        let (_, after) = store.test_send(&key.id).await.unwrap().unwrap();
        let settled = TestSendMessage {
            state: TestSendState::Refused,
            reason: Some("opted_out".into()),
            at: now,
            ..message(4)
        };
        assert_eq!(after.get(4), Some(&settled));
        assert_eq!(after.iter().filter(|it| it.state == TestSendState::Waiting).count(), 9);
        let unknown = TestSendKey { number: 77, ..key };
        assert_eq!(store.claim_test_message(&unknown, now).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_setting_is_changed_only_from_its_last_version() {
    with_both_backends(async |tables| {
        let store = store(tables);
        let named = |name: &str| BrandSettings {
            sender_name: Some(name.into()),
            ..BrandSettings::default()
        };
        let change = AuditedChange { actor: "ada", action: "set", note: "", at: noon() };
        let read = async || store.setting::<BrandSettings>(SettingName::Brand).await.unwrap();
        assert_eq!((read().await.version, read().await.value), (0, BrandSettings::default()));
        assert_eq!(
            store.save_setting(SettingName::Brand, 1, &named("a"), &change).await.unwrap(),
            Applied::Conflict
        );
        assert_eq!(
            store.save_setting(SettingName::Brand, 0, &named("b"), &change).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(
            store.save_setting(SettingName::Brand, 0, &named("c"), &change).await.unwrap(),
            Applied::Conflict
        );
        assert_eq!(
            store.save_setting(SettingName::Brand, 1, &named("d"), &change).await.unwrap(),
            Applied::Yes
        );
        let after = read().await;
        assert_eq!(
            (after.version, after.value, after.updated_by.as_deref()),
            (2, named("d"), Some("ada"))
        );
        let other = store.setting::<BrandSettings>(SettingName::TestAddresses).await.unwrap();
        assert_eq!(other.version, 0, "each setting has its own version");
    })
    .await;
}
