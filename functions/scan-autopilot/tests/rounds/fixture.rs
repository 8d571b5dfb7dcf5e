//! The test fixture: one autopilot on the in-memory AWS, with a clock that the test sets.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    campaign::lifecycle::{Campaign, CampaignAction, CampaignState},
    customer::{changes::CustomerReplacement, profile::Customer},
    kernel::{
        id::{CustomerId, OrderEventId, OrderId, RunId},
        money::Currency,
    },
    voucher::order_event::{OrderChange, OrderEvent},
};
use fake_aws::FakeAws;
use jiff::SignedDuration;
use queue::Queue;
use runtime::clock::{Deadline, simulated};
use scan_autopilot::{ScanContext, scan_autopilots};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition},
    conditional::Applied,
    customer::profiles::CustomerLookup,
    delivery::segments::new_autopilot_segments,
};
use testkit::{
    TestTables,
    builders::{basket, campaign_id, customer_id, definition, noon},
};

pub const WORK: &str = "WorkTable";

pub const ZONES: [&str; 5] =
    ["Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "UTC"];

pub struct AutopilotFixture {
    pub memory: FakeAws,
    pub context: ScanContext,
    pub campaign: Campaign,
}

impl AutopilotFixture {
    /// Creates an autopilot that was enabled at noon of 1 November 2026.
    pub async fn new(trigger: Value) -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let definition = definition(json!({"kind": "autopilot", "trigger": trigger}));
        let draft = Campaign::draft(campaign_id("cmp_auto"), definition, "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "f", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_autopilot_segments(&run, &draft.id, noon());
        let enabled = store
            .launch_campaign(&draft, CampaignState::Enabled, &run, &segments, &change("launch"))
            .await
            .unwrap();
        assert_eq!(enabled, Applied::Yes);
        let campaign = store.campaign(&draft.id).await.unwrap().unwrap();
        let release = Queue::new(&memory.config(), "http://memory/release");
        Self { memory, context: ScanContext { store, release, dispatch_size: 2 }, campaign }
    }

    pub async fn add_customer(
        &self,
        number: usize,
        zone: &str,
        last_order: Option<Date>,
        birthday: Option<Date>,
    ) -> Customer {
        let id = customer_id(&format!("c-{number}"));
        let mut document = json!({
            "profile": {"zone": zone},
            "contacts": {"phone": "+34600000001"},
            "consents": {"sms": {"state": "granted", "source": "test", "at": noon().to_string()}},
        });
        if let Some(birthday) = birthday {
            document["profile"]["personal_dates"] = json!({"birthday": birthday.to_string()});
        }
        let put: CustomerReplacement = serde_json::from_value(document).unwrap();
        self.context.store.put_customer(&id, &put, euro()).await.unwrap();
        if let Some(day) = last_order {
            // noon of that day in the customer's zone
            let zone = jiff::tz::TimeZone::get(zone).unwrap();
            let at = zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap();
            let change = OrderChange::Placed { basket: basket(1_000) };
            let event = order_event(&format!("o-{number}"), "placed", id.as_str(), at, change);
            self.context.store.record_order(&event, euro(), at).await.unwrap();
        }
        let CustomerLookup::Customer(customer) = self.context.store.customer(&id).await.unwrap()
        else {
            unreachable!()
        };
        *customer
    }

    pub async fn apply_action(&self, action: CampaignAction) {
        let summary =
            self.context.store.campaign_summary(&self.campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let step = StateTransition::from_summary(&summary, action, now).unwrap();
        let change = AuditedChange { actor: "ada", action: action.as_str(), note: "", at: now };
        self.context.store.transition_campaign(&step, &change).await.unwrap();
    }

    pub async fn scan_at(&self, now: Timestamp) {
        simulated::set_now(Some(now));
        let deadline =
            Deadline::from_millisecond(u64::try_from(now.as_millisecond()).unwrap() + 30_000);
        scan_autopilots(&self.context, deadline).await.unwrap();
    }

    /// Returns how often each customer was planned for each occurrence.
    pub fn planned_counts(&self) -> BTreeMap<(CustomerId, String), u32> {
        let mut planned = BTreeMap::new();
        for item in self.memory.items(WORK) {
            let text = |name: &str| {
                item.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default()
            };
            if !text("sk").starts_with("D#") {
                continue;
            }
            for customer in item["customers"]["L"].as_array().unwrap() {
                let id = customer_id(customer["S"].as_str().unwrap());
                *planned.entry((id, text("occurrence").to_owned())).or_default() += 1;
            }
        }
        planned
    }
}

/// Builds an event with a name of its own among those of its order.
pub fn order_event(
    order: &str,
    name: &str,
    customer: &str,
    at: Timestamp,
    change: OrderChange,
) -> OrderEvent {
    OrderEvent {
        cart: None,
        event: OrderEventId::parse(&format!("{order}.{name}")).unwrap(),
        order: OrderId::parse(order).unwrap(),
        customer: customer_id(customer),
        at,
        change,
    }
}

pub fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn hours(number: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(number)).unwrap()
}
