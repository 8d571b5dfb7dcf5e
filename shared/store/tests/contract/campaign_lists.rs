//! Contract tests of sorted lists of campaigns: every order shows each campaign once, filters hold, and
//! a page of ten thousand campaigns costs no more than twenty read units.

use domain::{
    Timestamp,
    campaign::{
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignState},
    },
};
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::{
        AuditedChange, CampaignListQuery, CampaignOrder, CreateCampaignResult, StateTransition,
    },
    conditional::Applied,
};
use testkit::{
    ReadMeter, TestTables,
    builders::{add_milliseconds, campaign_id, definition, noon},
};

use crate::stage::with_store;

const ORDERS: [CampaignOrder; 5] = [
    CampaignOrder::Created,
    CampaignOrder::Name,
    CampaignOrder::Edited,
    CampaignOrder::Start,
    CampaignOrder::State,
];

fn query(order: CampaignOrder) -> CampaignListQuery {
    CampaignListQuery {
        kind: None,
        states: Vec::new(),
        name_part: None,
        creator: None,
        order,
        descending: false,
    }
}

fn at(number: i64) -> Timestamp {
    add_milliseconds(noon(), number * 1_000)
}

async fn create(store: &Store, number: i64, name: &str, kind: CampaignKind) -> Campaign {
    let more = match kind {
        CampaignKind::Promotion => json!({"name": name}),
        CampaignKind::Autopilot => json!({
            "name": name, "kind": "autopilot",
            "trigger": {"when": {"inactivity": {"days": 30}}, "cool_down_days": 60},
        }),
    };
    let id = campaign_id(&format!("cmp_{number:05}"));
    let campaign = Campaign::draft(id, definition(more), "ada", at(number));
    let change = AuditedChange { actor: "ada", action: "create", note: "", at: at(number) };
    let made = store.create_campaign(&campaign, name, &change).await.unwrap();
    assert_eq!(made, CreateCampaignResult::First);
    campaign
}

/// Returns the names on all pages of `limit`, in order.
async fn names(store: &Store, query: &CampaignListQuery, limit: usize) -> Vec<String> {
    let (mut names, mut position) = (Vec::new(), None);
    loop {
        let page = store.sorted_campaigns(query, position, limit).await.unwrap();
        assert!(page.campaigns.len() <= limit);
        names.extend(page.campaigns.into_iter().map(|campaign| campaign.name));
        position = page.next;
        if position.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn each_order_shows_each_campaign_once_on_pages_of_every_size() {
    with_store(async |store, _| {
        for (number, name, kind) in [
            (0, "Zebra", CampaignKind::Promotion),
            (1, "ábaco", CampaignKind::Autopilot),
            (2, "Moon", CampaignKind::Promotion),
            (3, "moon", CampaignKind::Autopilot),
            (4, "Bees", CampaignKind::Promotion),
        ] {
            let campaign = create(store, number, name, kind).await;
            if name == "Moon" {
                let step = StateTransition {
                    campaign: &campaign.id,
                    version: campaign.version,
                    from: CampaignState::Draft,
                    to: CampaignState::Archived,
                    revoke: None,
                    pause_cause: None,
                };
                let change =
                    AuditedChange { actor: "bob", action: "archive", note: "", at: at(90) };
                let moved = store.transition_campaign(&step, &change).await.unwrap();
                assert_eq!(moved, Applied::Yes);
            }
        }
        let all = async |order, descending, limit| {
            names(store, &CampaignListQuery { descending, ..query(order) }, limit).await
        };
        assert_eq!(
            all(CampaignOrder::Created, true, 2).await,
            ["Bees", "moon", "Moon", "ábaco", "Zebra"]
        );
        let by_name = all(CampaignOrder::Name, false, 1).await;
        assert_eq!([&by_name[0], &by_name[1], &by_name[4]], ["ábaco", "Bees", "Zebra"]);
        assert_eq!(all(CampaignOrder::Edited, true, 1).await[0], "Moon");
        assert_eq!(all(CampaignOrder::State, false, 1).await[0], "Moon");
        for order in ORDERS {
            for limit in [1, 2, 3, 100] {
                for descending in [false, true] {
                    let mut found = all(order, descending, limit).await;
                    found.sort();
                    assert_eq!(found, ["Bees", "Moon", "Zebra", "moon", "ábaco"], "{order:?}");
                }
            }
        }
        let filtered = async |change: fn(&mut CampaignListQuery)| {
            let mut query = query(CampaignOrder::Name);
            change(&mut query);
            names(store, &query, 2).await
        };
        assert_eq!(filtered(|it| it.name_part = Some("abac".into())).await, ["ábaco"]);
        assert_eq!(filtered(|it| it.states = vec![CampaignState::Archived]).await, ["Moon"]);
        assert_eq!(filtered(|it| it.kind = Some(CampaignKind::Autopilot)).await.len(), 2);
        assert_eq!(filtered(|it| it.creator = Some("bob".into())).await.len(), 0);
        assert_eq!(filtered(|it| it.creator = Some("ada".into())).await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn any_order_of_ten_thousand_campaigns_costs_twenty_read_units_a_page() {
    let tables = TestTables::in_memory();
    let meter = ReadMeter::default();
    let table_names = TableNames::from_lookup(|name| tables.table_name(name));
    let store = Store::with_client(meter.client(&tables.config), table_names);
    for number in 0..10_000 {
        let kind = if number % 5 == 0 { CampaignKind::Autopilot } else { CampaignKind::Promotion };
        let name = format!("Second order in groceries, week {}", number * 7_919 % 10_000);
        create(&store, number, &name, kind).await;
    }
    for order in ORDERS {
        for kind in [None, Some(CampaignKind::Promotion)] {
            for name_part in [None, Some("week 42".to_owned()), Some("nobody".to_owned())] {
                let query = CampaignListQuery { kind, name_part, ..query(order) };
                meter.take();
                let page = store.sorted_campaigns(&query, None, 25).await.unwrap();
                let first = meter.take();
                let next = store.sorted_campaigns(&query, page.next, 25).await.unwrap();
                let second = meter.take();
                for read in [first, second] {
                    assert!(read.units <= 20.0, "{order:?} {kind:?}: {read:?}");
                }
                let is_searched = query.name_part.is_some();
                assert!(is_searched || next.campaigns.len() == 25, "{order:?} {kind:?}");
            }
        }
    }
}
