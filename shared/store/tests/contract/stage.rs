//! The fixture of the contract tests of runs and vouchers: a store on tables of its own, and a
//! campaign that has just been launched.

use domain::{
    campaign::{
        definition::Definition,
        lifecycle::{Campaign, CampaignState},
    },
    kernel::id::RunId,
};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, CreateCampaignResult},
    conditional::Applied,
    delivery::segments::new_segments,
};
use testkit::{
    TestTables,
    builders::{campaign_id, noon},
    with_both_backends,
};

/// Runs the test in memory and on the local AWS.
pub async fn with_store(test: impl AsyncFn(&Store, &TestTables)) {
    with_both_backends(async |tables| {
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        test(&store, tables).await;
    })
    .await;
}

/// Launches a promotion at noon, with nothing scanned in any of its `segments`.
pub async fn running(store: &Store, id: &str, definition: Definition, segments: u32) -> Campaign {
    let draft = Campaign::draft(campaign_id(id), definition, "ada", noon());
    let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
    assert_eq!(
        store.create_campaign(&draft, id, &change("create")).await.unwrap(),
        CreateCampaignResult::First
    );
    let run = RunId::of_promotion(&draft.id);
    let segments = new_segments(&run, &draft.id, segments, noon());
    let launched = store
        .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change("launch"))
        .await
        .unwrap();
    assert_eq!(launched, Applied::Yes);
    store.campaign(&draft.id).await.unwrap().unwrap()
}
