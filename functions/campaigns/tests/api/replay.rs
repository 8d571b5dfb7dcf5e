//! Replays through the API, on the in-memory AWS. A replay of past days reports the matches that
//! the calendar planned when those days came, and it writes only their number.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use campaigns::{CampaignsContext, routes};
use domain::{
    Date, Timestamp,
    campaign::{
        lifecycle::{Campaign, CampaignAction, CampaignState},
        trigger::first_zone_start,
    },
    customer::changes::CustomerReplacement,
    kernel::{
        id::{CampaignId, OrderEventId, OrderId, RunId},
        money::Currency,
    },
    voucher::order_event::{OrderChange, OrderEvent},
};
use fake_aws::FakeAws;
use jiff::{SignedDuration, ToSpan, tz::TimeZone};
use lambda_http::request::RequestContext;
use queue::Queue;
use runtime::clock::{Deadline, simulated};
use serde_json::{Value, json};
use store::{
    Store,
    campaign::campaigns::{AuditedChange, StateTransition},
    delivery::segments::new_autopilot_segments,
};
use testkit::{
    AttributeValue, TestTables,
    builders::{basket, campaign_id, customer_id, definition, noon},
};

use crate::client::{CAMPAIGNS, campaigns_context, send_text};

const TABLES: [&str; 5] =
    ["CustomersTable", "VouchersTable", "WorkTable", "ControlTable", "ReportsTable"];
const ZONES: [&str; 4] = ["Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles", "UTC"];
/// The first of the ten replayed days. The replay is requested when the last day is over in every
/// zone.
const FIRST_DAY: Date = jiff::civil::date(2026, 11, 3);
const DAYS: i64 = 10;
const ASKED_AT: &str = "2026-11-13T12:00:00Z";

struct ReplayFixture {
    memory: FakeAws,
    tables: TestTables,
    store: Store,
    app: axum::Router,
}

impl ReplayFixture {
    fn new() -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        let tables = TestTables::on_fake_aws(&memory);
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = CampaignsContext { segments: 4, ..campaigns_context(&tables, queue) };
        let store = context.store.clone();
        let app = http_edge::build_app(routes().with_state(Arc::new(context)));
        Self { memory, tables, store, app }
    }

    /// Creates a draft that fires on `trigger`.
    async fn create_autopilot(&self, id: &str, trigger: Value, more: Value) -> Campaign {
        let mut change = json!({"kind": "autopilot", "trigger": trigger, "channels": {"ladder": ["email", "sms"]}});
        change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create_draft(id, change).await
    }
    async fn create_draft(&self, id: &str, change: Value) -> Campaign {
        let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
        self.store.create_campaign(&draft, "f", &by_ada("create")).await.unwrap();
        draft
    }
    /// Enables the autopilot as a launch does, at noon on 1 November.
    async fn enable(&self, draft: &Campaign) {
        let run = RunId::of_promotion(&draft.id);
        let segments = new_autopilot_segments(&run, &draft.id, noon());
        self.store
            .launch_campaign(draft, CampaignState::Enabled, &run, &segments, &by_ada("launch"))
            .await
            .unwrap();
    }
    async fn apply_action(&self, id: &CampaignId, action: CampaignAction) {
        let summary = self.store.campaign_summary(id).await.unwrap().unwrap();
        let step = StateTransition::from_summary(&summary, action, runtime::clock::now()).unwrap();
        self.store.transition_campaign(&step, &by_ada(action.as_str())).await.unwrap();
    }

    /// Creates a customer. `sms` and `email` are the consents: granted, denied, or `None` for never
    /// asked.
    async fn create_customer(
        &self,
        id: &str,
        zone: &str,
        sms: Option<bool>,
        email: Option<bool>,
        birthday: Option<&str>,
    ) {
        let mut document = json!({
            "profile": {"zone": zone},
            "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
            "consents": {},
        });
        for (channel, agreed) in [("sms", sms), ("email", email)] {
            if let Some(agreed) = agreed {
                let state = if agreed { "granted" } else { "denied" };
                document["consents"][channel] =
                    json!({"state": state, "source": "test", "at": noon().to_string()});
            }
        }
        if let Some(birthday) = birthday {
            document["profile"]["personal_dates"] = json!({"birthday": birthday});
        }
        let put: CustomerReplacement = serde_json::from_value(document).unwrap();
        self.store.put_customer(&customer_id(id), &put, euro()).await.unwrap();
    }
    async fn record_order(&self, customer: &str, order: &str, at: Timestamp, change: OrderChange) {
        let event = OrderEvent {
            cart: None,
            // the events of one order differ in their time
            event: OrderEventId::parse(&format!("{order}.{}", at.as_second())).unwrap(),
            order: OrderId::parse(order).unwrap(),
            customer: customer_id(customer),
            at,
            change,
        };
        let listeners = self.store.listeners().await.unwrap();
        self.store.record_order_with_matches(&event, euro(), at, &listeners).await.unwrap();
    }
    /// Places an order at local noon of each day.
    async fn place_orders(&self, customer: &str, zone: &str, days: &[&str]) {
        for day in days {
            let at = TimeZone::get(zone).unwrap().to_timestamp(date(day).at(12, 0, 0, 0)).unwrap();
            self.record_order(customer, &format!("{customer}-{day}"), at, placed("food")).await;
        }
    }

    async fn scan_at(&self, now: Timestamp) {
        simulated::set_now(Some(now));
        let release = Queue::new(&self.memory.config(), "http://memory/release");
        let context =
            scan_autopilot::ScanContext { store: self.store.clone(), release, dispatch_size: 50 };
        let deadline =
            Deadline::from_millisecond(u64::try_from(now.as_millisecond()).unwrap() + 30_000);
        scan_autopilot::scan_autopilots(&context, deadline).await.unwrap();
    }

    /// Returns how many customers were planned for each day: by the calendar, or by a change that came
    /// after it. Some are by both.
    fn planned_matches(&self) -> BTreeMap<String, u64> {
        let mut planned: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for item in self.memory.items("WorkTable") {
            let text = |name: &str| {
                item.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default()
            };
            if text("sk").starts_with("D#") {
                let customers = item["customers"]["L"].as_array().unwrap().iter();
                let customers = customers.map(|it| it["S"].as_str().unwrap().to_owned());
                planned.entry(text("match_day").to_owned()).or_default().extend(customers);
            }
        }
        planned.into_iter().map(|(day, customers)| (day, customers.len() as u64)).collect()
    }

    async fn replay(&self, id: &CampaignId, group: &str, body: &str) -> (u16, Value) {
        let path = format!("{CAMPAIGNS}/{id}/replay");
        let (caller, body) = (signed_in(group), body.to_owned());
        let response = send_text(&self.app, caller, "POST", &path, &[], body).await;
        (response.status, response.body)
    }
    /// Replays the ten days after they are over, and asserts that no table changes except for the
    /// saved number of matches.
    async fn replay_ten_days(&self, id: &CampaignId) -> Value {
        simulated::set_now(Some(ASKED_AT.parse().unwrap()));
        let before = self.stored_items();
        let (status, answer) = self.replay(id, "viewer", r#"{"days": 10}"#).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(self.stored_items(), before, "a replay writes nothing else");
        // the number is saved only if it covers every customer
        let kept = self.store.campaign_summary(id).await.unwrap().unwrap().replayed;
        let kept = kept.map(|kept| (u64::from(kept.counted.days), kept.counted.matches));
        let whole = answer["unreadable"] == 0;
        assert_eq!(kept, whole.then(|| (10, answer["matches"].as_u64().unwrap())));
        answer
    }
    fn stored_items(&self) -> Vec<String> {
        let without = |mut item: BTreeMap<String, Value>| {
            item.retain(|name, _| !name.starts_with("replayed_"));
            item
        };
        let items =
            |table: &str| self.memory.items(table).into_iter().map(without).collect::<Vec<_>>();
        TABLES.iter().map(|table| format!("{:?}", items(table))).collect()
    }
}

fn by_ada(action: &str) -> AuditedChange<'_> {
    AuditedChange { actor: "ada", action, note: "", at: runtime::clock::now() }
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", Some("ada"), &format!("[{group}]"))
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}
fn date(text: &str) -> Date {
    text.parse().unwrap()
}
fn placed(vertical: &str) -> OrderChange {
    let mut basket = basket(1_000);
    basket.lines[0].vertical = vertical.into();
    OrderChange::Placed { basket }
}
fn winback(days: u16, cool_down: u16) -> Value {
    json!({"when": {"inactivity": {"days": days}}, "cool_down_days": cool_down})
}
fn birthday() -> Value {
    json!({"when": {"personal_date": {"name": "birthday"}}, "cool_down_days": 300})
}

/// Formats the days that had matches as `day matches/vouchers`.
fn days_with_matches(answer: &Value) -> Vec<String> {
    let had = |day: &&Value| day["matches"] != 0;
    let shown = |day: &Value| {
        format!("{} {}/{}", day["day"].as_str().unwrap(), day["matches"], day["vouchers"])
    };
    answer["days"].as_array().unwrap().iter().filter(had).map(shown).collect()
}

#[tokio::test]
async fn every_day_is_shown_with_what_would_have_become_of_its_matches() {
    let stage = ReplayFixture::new();
    let autopilot = stage.create_autopilot("cmp_auto", winback(5, 4), json!({})).await;
    let utc = "UTC";
    stage.create_customer("c-both", utc, Some(true), Some(true), None).await;
    stage.place_orders("c-both", utc, &["2026-11-01"]).await; // lapses on the 6th
    stage.create_customer("c-sms", utc, Some(true), None, None).await;
    // matches on the 4th and the 11th, not on the 8th
    stage.place_orders("c-sms", utc, &["2026-10-30", "2026-11-03", "2026-11-06"]).await;
    stage.create_customer("c-never-asked", utc, None, None, None).await;
    stage.place_orders("c-never-asked", utc, &["2026-11-01"]).await;
    stage.create_customer("c-said-no", utc, Some(false), Some(false), None).await;
    stage.place_orders("c-said-no", utc, &["2026-11-07"]).await;
    stage.create_customer("c-long-gone", utc, Some(true), None, None).await;
    stage.place_orders("c-long-gone", utc, &["2026-08-01"]).await;
    stage.create_customer("c-new", utc, Some(true), None, None).await;
    let answer = stage.replay_ten_days(&autopilot.id).await;
    assert_eq!(
        days_with_matches(&answer),
        ["2026-11-04 1/0", "2026-11-06 2/1", "2026-11-11 1/1", "2026-11-12 1/0"],
        "{answer}"
    );
    assert_eq!((&answer["from"], &answer["until"]), (&json!("2026-11-03"), &json!("2026-11-12")));
    assert_eq!(answer["days"].as_array().unwrap().len(), 10);
    assert_eq!(
        (&answer["matches"], &answer["customers"], &answer["vouchers"]),
        (&json!(5), &json!(4), &json!(2))
    );
    assert_eq!(answer["reachable"], json!({"sms": 2, "email": 1, "push": 0, "any": 2}));
    // c-sms ordered on the evening before, after the day was planned
    assert_eq!(
        answer["suppressed"],
        json!({"no_consent": 1, "opted_out": 1, "no_longer_matches": 1})
    );
    assert_eq!(answer["exposure"], json!({"amount": 1_000, "currency": "EUR"}));
    // six days had none, three had one, one had two
    assert_eq!((&answer["expected"]["low"], &answer["expected"]["high"]), (&json!(0), &json!(1)));
    assert_eq!(
        (&answer["scanned"], &answer["unreadable"], &answer["complete"]),
        (&json!(6), &json!(0), &json!(true))
    );
    let examples = answer["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 5);
    assert!(
        examples
            .contains(&json!({"customer_id": "c-both", "day": "2026-11-06", "decision": "send"})),
        "{answer}"
    );
    let said = answer["assumptions"].to_string();
    for word in ["consent", "cancelled", "Caps"] {
        assert!(said.contains(word), "{said}");
    }
}

#[tokio::test]
async fn who_was_matched_or_held_out_cools_down_in_the_window() {
    let stage = ReplayFixture::new();
    let often = stage.create_autopilot("cmp_often", winback(2, 1), json!({})).await;
    let seldom = stage.create_autopilot("cmp_seldom", winback(2, 30), json!({})).await;
    let held =
        stage.create_autopilot("cmp_held", winback(2, 1), json!({"holdout_percent": 50})).await;
    for number in 0..30 {
        let id = format!("c-{number}");
        stage.create_customer(&id, "UTC", Some(true), None, None).await;
        stage.place_orders(&id, "UTC", &["2026-11-02", "2026-11-08"]).await;
    }
    let answer = stage.replay_ten_days(&often.id).await;
    assert_eq!((&answer["vouchers"], &answer["suppressed"]), (&json!(60), &json!({})));
    assert_eq!(answer["customers"], 30);
    assert_eq!(answer["examples"].as_array().unwrap().len(), 20);
    let answer = stage.replay_ten_days(&seldom.id).await;
    assert_eq!(days_with_matches(&answer), ["2026-11-04 30/30", "2026-11-10 30/0"]);
    assert_eq!(answer["suppressed"], json!({"cool_down": 30}));
    let answer = stage.replay_ten_days(&held.id).await;
    let ghosts = answer["suppressed"]["ghost"].as_u64().unwrap();
    assert!(
        ghosts > 0 && ghosts % 2 == 0 && ghosts < 60,
        "the same customers both times: {answer}"
    );
    assert_eq!(answer["vouchers"].as_u64().unwrap() + ghosts, 60);
}

#[tokio::test]
async fn a_cancelled_order_counts_as_it_stands_now() {
    let stage = ReplayFixture::new();
    let autopilot = stage.create_autopilot("cmp_auto", winback(5, 4), json!({})).await;
    stage.create_customer("c-1", "UTC", Some(true), None, None).await;
    stage.place_orders("c-1", "UTC", &["2026-10-31", "2026-11-02"]).await;
    assert_eq!(days_with_matches(&stage.replay_ten_days(&autopilot.id).await), ["2026-11-07 1/1"]);
    stage
        .record_order(
            "c-1",
            "c-1-2026-11-02",
            "2026-11-12T12:00:00Z".parse().unwrap(),
            OrderChange::Cancelled,
        )
        .await;
    assert_eq!(days_with_matches(&stage.replay_ten_days(&autopilot.id).await), ["2026-11-05 1/1"]);
}

/// Corrupts orders, so that the test notices when one is read.
#[tokio::test]
async fn orders_are_read_only_where_trigger_or_audience_ask_for_them() {
    let stage = ReplayFixture::new();
    let plain = stage.create_autopilot("cmp_plain", birthday(), json!({})).await;
    let regulars = json!({"audience": {"everyone": null, "orders_count": {"at_least": 1}}});
    let narrow = stage.create_autopilot("cmp_narrow", birthday(), regulars).await;
    for (id, born) in
        [("c-spoilt", "1990-11-05"), ("c-fine", "1992-11-06"), ("c-another-day", "1990-06-01")]
    {
        stage.create_customer(id, "UTC", Some(true), None, Some(born)).await;
        stage.place_orders(id, "UTC", &["2026-10-01"]).await;
    }
    for id in ["c-spoilt", "c-another-day"] {
        let spoilt = stage
            .tables
            .client
            .update_item()
            .table_name("WorkTable")
            .update_expression("SET #day = :day");
        let spoilt = spoilt.key("pk", AttributeValue::S(format!("orders#{id}")));
        let spoilt = spoilt.key("sk", AttributeValue::S(format!("{id}-2026-10-01")));
        let spoilt = spoilt.expression_attribute_names("#day", "day");
        spoilt
            .expression_attribute_values(":day", AttributeValue::S("some day".into()))
            .send()
            .await
            .unwrap();
    }
    let answer = stage.replay_ten_days(&plain.id).await;
    assert_eq!(days_with_matches(&answer), ["2026-11-05 1/1", "2026-11-06 1/1"]);
    assert_eq!((&answer["unreadable"], &answer["scanned"]), (&json!(0), &json!(3)));
    let answer = stage.replay_ten_days(&narrow.id).await;
    assert_eq!(days_with_matches(&answer), ["2026-11-06 1/1"]);
    assert_eq!(
        (&answer["unreadable"], &answer["scanned"]),
        (&json!(1), &json!(3)),
        "who fires on no day is not read"
    );
}

/// Proves that replay and calendar agree: the calendar runs through days while customers order, and
/// afterwards the replay reports the same matches for each day.
#[tokio::test]
async fn a_replay_says_of_each_day_what_the_calendar_planned_on_it() {
    for (number, trigger) in [winback(5, 1), winback(1, 3), birthday()].into_iter().enumerate() {
        let stage = ReplayFixture::new();
        let audience = json!({"audience": {"everyone": null, "any": [{"never_ordered": {"vertical": "pharmacy"}}, {"orders_count": {"at_least": 4}}]}});
        let autopilot = stage.create_autopilot(&format!("cmp_{number}"), trigger, audience).await;
        stage.enable(&autopilot).await;
        for customer in 0..40_i64 {
            let born = date("1990-11-01").checked_add((customer % 14).days()).unwrap();
            let zone = ZONES[usize::try_from(customer % 4).unwrap()];
            stage
                .create_customer(
                    &format!("c-{customer}"),
                    zone,
                    Some(true),
                    None,
                    Some(&born.to_string()),
                )
                .await;
        }
        // hour by hour, from six days before the first; the ordering pattern is arbitrary but
        // covers every zone and hour
        let start =
            first_zone_start(FIRST_DAY).checked_sub(SignedDuration::from_hours(6 * 24)).unwrap();
        for hour in 0..(6 + DAYS + 1) * 24 {
            let now = start.checked_add(SignedDuration::from_hours(hour)).unwrap();
            if now >= noon() {
                stage.scan_at(now).await;
            }
            for customer in
                (0..40_i64).filter(|customer| (hour * 7 + customer * 31) % (31 + customer * 3) == 0)
            {
                let vertical = if hour % 5 == 0 { "pharmacy" } else { "food" };
                // at half past, so that no order coincides with a scan
                let at = now.checked_add(SignedDuration::from_mins(30)).unwrap();
                stage
                    .record_order(
                        &format!("c-{customer}"),
                        &format!("o-{customer}-{hour}"),
                        at,
                        placed(vertical),
                    )
                    .await;
            }
        }
        let planned = stage.planned_matches();
        let answer = stage.replay_ten_days(&autopilot.id).await;
        let replayed = answer["days"].as_array().unwrap().iter();
        let replayed: BTreeMap<String, u64> = replayed
            .map(|day| (day["day"].as_str().unwrap().to_owned(), day["matches"].as_u64().unwrap()))
            .collect();
        let of_day = |day: &String| (day.clone(), planned.get(day).copied().unwrap_or_default());
        assert_eq!(replayed, replayed.keys().map(of_day).collect(), "{}", answer["suppressed"]);
        assert!(replayed.values().sum::<u64>() >= 10, "{number}: {replayed:?} says little");
    }
}

#[tokio::test]
async fn only_an_autopilot_that_may_still_fire_is_replayed() {
    let stage = ReplayFixture::new();
    let promotion = stage.create_draft("cmp_promotion", json!({})).await;
    let (status, problem) = stage.replay(&promotion.id, "viewer", "").await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_an_autopilot")));
    assert!(problem["detail"].as_str().unwrap().contains("promotion"), "{problem}");
    let autopilot = stage.create_autopilot("cmp_auto", birthday(), json!({})).await;
    let status = async || stage.replay(&autopilot.id, "marketer", "{}").await;
    let draft = status().await;
    assert_eq!((draft.0, draft.1["days"].as_array().unwrap().len()), (200, 30), "30 if not said");
    stage.enable(&autopilot).await;
    assert_eq!(status().await.0, 200, "enabled");
    stage.apply_action(&autopilot.id, CampaignAction::Pause).await;
    assert_eq!(status().await.0, 200, "paused");
    stage.apply_action(&autopilot.id, CampaignAction::Cancel).await;
    let (ended, problem) = status().await;
    assert_eq!((ended, &problem["code"]), (409, &json!("not_allowed_in_state")), "{problem}");
    let (unknown, problem) = stage.replay(&campaign_id("cmp_none"), "viewer", "").await;
    assert_eq!((unknown, &problem["code"]), (404, &json!("campaign_unknown")));
    assert_eq!(stage.replay(&autopilot.id, "stranger", "").await.0, 403);
}

#[tokio::test]
async fn bad_days_are_refused_with_their_place() {
    let stage = ReplayFixture::new();
    let autopilot = stage.create_autopilot("cmp_auto", birthday(), json!({})).await;
    for (body, field, code) in [
        (r#"{"days": 0}"#, "/days", "out_of_range"),
        (r#"{"days": 91}"#, "/days", "out_of_range"),
        (r#"{"days": -1}"#, "/days", "invalid"),
        (r#"{"days": "30"}"#, "/days", "invalid"),
        (r#"{"days": null}"#, "/days", "invalid"),
        (r#"{"days": 1.5}"#, "/days", "invalid"),
        (r#"{"weeks": 2}"#, "/weeks", "unknown_field"),
        ("[30]", "", "invalid"),
    ] {
        let (status, problem) = stage.replay(&autopilot.id, "viewer", body).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (status, &error["field"], &error["code"]),
            (422, &json!(field), &json!(code)),
            "{body}: {problem}"
        );
    }
    assert_eq!(stage.replay(&autopilot.id, "viewer", "{").await.0, 400);
    for days in [1, 90] {
        let (status, answer) =
            stage.replay(&autopilot.id, "viewer", &format!(r#"{{"days": {days}}}"#)).await;
        assert_eq!((status, answer["days"].as_array().unwrap().len()), (200, days));
    }
}
