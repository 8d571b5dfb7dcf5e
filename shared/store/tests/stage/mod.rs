//! What the contract tests of runs and vouchers stand on: a store on tables of its own, and a campaign that has just been launched.

use domain::{
    campaign::{Campaign, State},
    definition::Definition,
    id::RunId,
};
use store::{
    Store, Tables,
    control::{Change, Created, Write},
    work::new_segments,
};
use testkit::{
    TestTables,
    builders::{campaign_id, noon},
    with_both,
};

/// In memory and on the local AWS.
pub async fn with_store(test: impl AsyncFn(&Store, &TestTables)) {
    with_both(async |tables| {
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        test(&store, tables).await;
    })
    .await;
}

/// A promotion launched at noon, with nothing scanned in any of its `segments`.
pub async fn running(store: &Store, id: &str, definition: Definition, segments: u32) -> Campaign {
    let draft = Campaign::draft(campaign_id(id), definition, "ada", noon());
    let change = |action| Change { actor: "ada", action, note: "", at: noon() };
    assert_eq!(store.create_campaign(&draft, id, &change("create")).await.unwrap(), Created::First);
    let run = RunId::of_promotion(&draft.id);
    let segments = new_segments(&run, &draft.id, segments, noon());
    let launched = store.launch(&draft, State::Running, &run, &segments, &change("launch")).await.unwrap();
    assert_eq!(launched, Write::Done);
    store.campaign(&draft.id).await.unwrap().unwrap()
}
