//! One autopilot on the AWS in memory, with a clock that the test moves.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    campaign::{Action, Campaign, State},
    customer::Customer,
    customer_change::Replacement,
    id::{CustomerId, OrderId, RunId},
    money::{Currency, Money},
    order::{OrderEvent, What},
};
use jiff::SignedDuration;
use memory_aws::Memory;
use queue::Queue;
use runtime::clock::{Deadline, simulated};
use scan_autopilot::{Context, scan};
use serde_json::{Value, json};
use store::{
    Store, Tables,
    control::{Change, Step, Write},
    customers::Found,
    work::always_on,
};
use testkit::{
    TestTables,
    builders::{campaign_id, customer_id, definition, minor, noon},
};

pub const WORK: &str = "WorkTable";

pub const ZONES: [&str; 5] = ["Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "UTC"];

pub struct Stage {
    pub memory: Memory,
    pub context: Context,
    pub campaign: Campaign,
}

impl Stage {
    /// With an autopilot that was enabled at noon of 1 November 2026.
    pub async fn new(trigger: Value) -> Self {
        simulated::set(Some(noon()));
        let memory = Memory::new(testkit::schemas());
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let definition = definition(json!({"kind": "autopilot", "trigger": trigger}));
        let draft = Campaign::draft(campaign_id("cmp_auto"), definition, "ada", noon());
        let change = |action| Change { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "f", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = always_on(&run, &draft.id, noon());
        let enabled = store.launch(&draft, State::Enabled, &run, &segments, &change("launch")).await.unwrap();
        assert_eq!(enabled, Write::Done);
        let campaign = store.campaign(&draft.id).await.unwrap().unwrap();
        let release = Queue::new(&memory.config(), "http://memory/release");
        Self { memory, context: Context { store, release, dispatch_size: 2 }, campaign }
    }

    pub async fn customer(
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
        let put: Replacement = serde_json::from_value(document).unwrap();
        self.context.store.put_customer(&id, &put, euro()).await.unwrap();
        if let Some(day) = last_order {
            // noon of that day there
            let zone = jiff::tz::TimeZone::get(zone).unwrap();
            let at = zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap();
            let total = Money::new(minor(1_000), euro());
            let event = OrderEvent {
                order_id: OrderId::parse(&format!("o-{number}")).unwrap(),
                customer_id: id.clone(),
                at,
                what: What::Placed { vertical: "food".into(), merchant: "m".into(), total },
            };
            self.context.store.record_order(&event, euro(), at).await.unwrap();
        }
        let Found::Customer(customer) = self.context.store.customer(&id).await.unwrap() else { unreachable!() };
        *customer
    }

    pub async fn step(&self, action: Action) {
        let standing = self.context.store.campaign_state(&self.campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let step = Step::of(&standing, action, now).unwrap();
        let change = Change { actor: "ada", action: action.as_str(), note: "", at: now };
        self.context.store.transition(&step, &change).await.unwrap();
    }

    pub async fn scan_at(&self, now: Timestamp) {
        simulated::set(Some(now));
        let deadline = Deadline::from_millisecond(u64::try_from(now.as_millisecond()).unwrap() + 30_000);
        scan(&self.context, deadline).await.unwrap();
    }

    /// How often each customer was planned for each occurrence.
    pub fn planned(&self) -> BTreeMap<(CustomerId, String), u32> {
        let mut planned = BTreeMap::new();
        for item in self.memory.items(WORK) {
            let text = |name: &str| item.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default();
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

pub fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn hours(number: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(number)).unwrap()
}
