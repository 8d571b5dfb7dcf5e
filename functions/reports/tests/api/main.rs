//! Tests of the reports API on in-memory tables: counters in, reports out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod columns;

use std::{collections::BTreeMap, sync::Arc};

use axum::{body::Body, http::Request};
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
    },
    kernel::{
        id::{CampaignId, RunId},
        money::Currency,
    },
    reporting::{
        costs::{CostRates, CostSettings},
        counters::{Counter, CounterDelta, ReportRow},
    },
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use reports::{ReportsContext, routes};
use secrets::Secrets;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition, settings::SettingName},
    conditional::Applied,
    delivery::segments::new_segments,
    reporting::counters::{StreamCheckpoint, StreamPosition},
};
use testkit::TestTables;
use tower::ServiceExt;

const REPORTS: &str = "/v1/reports/voucher-campaigns";

struct ReportsApi {
    app: axum::Router,
    store: Store,
}

impl ReportsApi {
    async fn text(&self, group: &str, path: &str) -> (u16, String) {
        let request =
            Request::builder().uri(format!("{REPORTS}/{path}")).extension(signed_in(group));
        let response =
            self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.text("viewer", path).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn launch_campaign(&self, id: &str) -> CampaignId {
        let now: Timestamp = "2026-10-01T12:00:00Z".parse().unwrap();
        let document = json!({
            "name": format!("Campaign {id}"), "kind": "promotion",
            "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
            "validity": {"from_issue": {"hours": 168}}, "audience": {"everyone": {}},
            "channels": {"mode": "first_available", "ladder": ["sms"]},
            "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}"}}}},
        });
        let campaign = Campaign::draft(
            CampaignId::parse(id).unwrap(),
            Definition::parse(document, now).unwrap(),
            "ada",
            now,
        );
        let change = AuditedChange { actor: "ada", action: "test", note: "", at: now };
        self.store.create_campaign(&campaign, id, &change).await.unwrap();
        let run = RunId::of_promotion(&campaign.id);
        let segments = new_segments(&run, &campaign.id, 1, now);
        self.store
            .launch_campaign(&campaign, CampaignState::Running, &run, &segments, &change)
            .await
            .unwrap();
        campaign.id
    }

    /// Cancels the campaign and revokes its unaccepted vouchers.
    async fn cancel_campaign(&self, id: &CampaignId) {
        let (campaign, now) = (self.store.campaign(id).await.unwrap().unwrap(), Timestamp::now());
        let step = StateTransition::from_campaign(&campaign, CampaignAction::Cancel, now).unwrap();
        let step = StateTransition { revoke: Some(RevokeScope::Unaccepted), ..step };
        let change = AuditedChange { actor: "ada", action: "cancel", note: "", at: now };
        assert_eq!(self.store.transition_campaign(&step, &change).await.unwrap(), Applied::Yes);
    }

    async fn write_counters(&self, campaign: &CampaignId, day: &str, counts: &[(&str, i64)]) {
        let row = ReportRow {
            campaign: campaign.clone(),
            kind: CampaignKind::Promotion,
            currency: Currency::parse("EUR").unwrap(),
            day: day.parse::<Date>().unwrap(),
        };
        let counts = counts.iter().map(|(name, by)| (Counter::parse(name), *by)).collect();
        let delta: CounterDelta = BTreeMap::from([(row, counts)]);
        let position = StreamPosition { name: format!("{campaign}-{day}"), sequence: "1".into() };
        self.store
            .add_counts(
                &delta,
                &BTreeMap::new(),
                &StreamCheckpoint::default(),
                &position,
                Timestamp::UNIX_EPOCH,
            )
            .await
            .unwrap();
    }
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", None, &format!("[{group}]"))
}

const CURSORS: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

async fn with_api(test: impl AsyncFnOnce(&ReportsApi)) {
    let memory = FakeAws::new(testkit::table_schemas());
    memory.set_secret("cursor", CURSORS);
    let tables = TestTables::on_fake_aws(&memory);
    let config = &tables.config;
    let store = Store::new(config, TableNames::from_lookup(|variable| tables.table_name(variable)));
    let context = ReportsContext {
        store: store.clone(),
        secrets: Secrets::new(config),
        cursor_secret: "cursor".into(),
        zone: TimeZone::get("Europe/Madrid").unwrap(),
        zone_name: "Europe/Madrid".into(),
        currency: Currency::parse("EUR").unwrap(),
        costs: CostRates::default(),
        sms_provider: domain::delivery::sms_origination::SmsProvider::default(),
        scopes: reports::ScopeCache::default(),
    };
    test(&ReportsApi { app: http_edge::build_app(routes().with_state(Arc::new(context))), store })
        .await;
}

#[tokio::test]
async fn the_overview_adds_up_days_and_campaigns() {
    with_api(async |api| {
        let (one, two) = (CampaignId::parse("cmp_1").unwrap(), CampaignId::parse("cmp_2").unwrap());
        api.write_counters(&one, "2026-10-31", &[("issued", 9)]).await;
        api.write_counters(
            &one,
            "2026-11-01",
            &[("issued", 3), ("sent", 3), ("sent.sms", 3), ("units.sms", 4), ("revenue", 900)],
        )
        .await;
        api.write_counters(&two, "2026-11-01", &[("issued", 2), ("discount", 500)]).await;
        api.write_counters(&two, "2026-11-02", &[("issued", 1)]).await;
        let (status, report) = api.get("overview?from=2026-11-01&to=2026-11-02").await;
        assert_eq!((status, &report["zone"]), (200, &"Europe/Madrid".into()));
        let total = &report["totals"][0];
        assert_eq!(
            (&total["kind"], &total["currency"], &total["issued"]),
            (&"promotion".into(), &"EUR".into(), &6.into())
        );
        assert_eq!(
            (&total["revenue"], &total["discount"], &total["message_cost"]),
            (&900.into(), &500.into(), &20.into())
        );
        let days: Vec<_> = report["days"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| (&day["day"], &day["issued"]))
            .collect();
        assert_eq!(days, [(&"2026-11-01".into(), &5.into()), (&"2026-11-02".into(), &1.into())]);
        let (_, table) =
            api.text("viewer", "overview?from=2026-11-02&to=2026-11-02&format=csv").await;
        assert!(table.starts_with("day,kind,currency,issued,"), "{table}");
        assert!(table.contains("\r\n2026-11-02,promotion,EUR,1,"), "{table}");
    })
    .await;
}

#[tokio::test]
async fn campaigns_are_shown_with_what_they_brought_and_cost() {
    with_api(async |api| {
        let one = api.launch_campaign("cmp_1").await;
        let two = api.launch_campaign("cmp_2").await;
        let counts = [
            ("issued", 3),
            ("sent.sms", 2),
            ("units.sms", 4),
            ("revenue", 5_200),
            ("discount", 1_000),
            ("skipped.no_consent", 7),
        ];
        api.write_counters(&one, "2026-11-01", &counts).await;
        api.write_counters(&one, "2026-11-02", &[("issued", 1)]).await;
        api.write_counters(&two, "2026-12-01", &[("issued", 5)]).await;
        let (status, report) = api.get("campaign-perf?from=2026-11-01&to=2026-11-30").await;
        assert_eq!(status, 200);
        let items = report["items"].as_array().unwrap();
        let found: Vec<_> = items
            .iter()
            .map(|it| (it["campaign_id"].as_str().unwrap(), it["issued"].as_i64().unwrap()))
            .collect();
        assert_eq!(found, [("cmp_2", 0), ("cmp_1", 4)]);
        let shown = &items[1];
        assert_eq!((&shown["voucher_cost"], &shown["message_cost"]), (&1_000.into(), &20.into()));
        assert_eq!((&shown["return_on_cost"], &shown["currency"]), (&"5.10".into(), &"EUR".into()));
        assert_eq!(
            (&shown["channels"]["sms"]["units"], &shown["skips"]["no_consent"]),
            (&4.into(), &7.into())
        );
        // The list is read page by page, and a cursor is valid for its own days only.
        let (_, first) = api.get("campaign-perf?from=2026-11-01&to=2026-11-30&limit=1").await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let (_, second) = api
            .get(&format!("campaign-perf?from=2026-11-01&to=2026-11-30&limit=1&cursor={cursor}"))
            .await;
        assert_eq!(
            (&second["items"][0]["campaign_id"], &second["next_cursor"]),
            (&"cmp_1".into(), &Value::Null)
        );
        let (status, refused) = api
            .get(&format!("campaign-perf?from=2026-11-02&to=2026-11-30&limit=1&cursor={cursor}"))
            .await;
        assert_eq!((status, &refused["code"]), (400, &"invalid_cursor".into()));
    })
    .await;
}

#[tokio::test]
async fn a_bad_period_and_a_stranger_are_refused() {
    with_api(async |api| {
        for (query, status, code) in [
            ("from=2026-11-02&to=2026-11-01", 422, "invalid_request"),
            ("from=2020-01-01&to=2026-11-01", 422, "invalid_request"),
            ("from=yesterday", 400, "invalid_query"),
            ("until=2026-11-01", 400, "invalid_query"),
        ] {
            for report in ["overview", "campaign-perf", "customer-engagement", "api-perf"] {
                let (answered, body) = api.get(&format!("{report}?{query}")).await;
                assert_eq!(
                    (answered, body["code"].as_str()),
                    (status, Some(code)),
                    "{report}?{query}"
                );
            }
        }
        assert_eq!(api.text("nobody", "overview").await.0, 403);
        for report in ["campaign-perf", "customer-engagement", "api-perf"] {
            assert_eq!(api.text("nobody", report).await.0, 403);
        }
    })
    .await;
}

/// Counters of a thousand treated and 112 held-out customers, a tenth of them all: half of the first spent
/// 20.00, a quarter of the others.
const LIFTED_COUNTS: [(&str, i64); 11] = [
    ("issued", 1_000),
    ("ghost", 112),
    ("exposure", 500_000),
    ("treated.orders", 500),
    ("treated.spenders.21", 500),
    ("treated.spend.21", 1_000_000),
    ("treated.discount", 100_000),
    ("treated.units.sms", 1_000),
    ("held.orders", 28),
    ("held.spenders.21", 28),
    ("held.spend.21", 56_000),
];

#[tokio::test]
async fn what_a_campaign_caused_is_judged_against_who_was_held_out() {
    with_api(async |api| {
        let one = api.launch_campaign("cmp_1").await;
        let small = api.launch_campaign("cmp_2").await;
        api.write_counters(&one, "2026-11-01", &LIFTED_COUNTS).await;
        api.write_counters(&small, "2026-11-01", &[("issued", 18), ("ghost", 2)]).await;
        let (_, report) = api.get("campaign-perf?from=2026-11-01&to=2026-11-30").await;
        let effect = |index: usize| report["items"][index]["effect"].clone();
        let (few, worked) = (effect(0), effect(1));
        assert_eq!(
            (&worked["verdict"], &worked["incremental_revenue"]["value"]),
            (&"scale".into(), &500_000.into())
        );
        assert_eq!(
            worked["profit"]["value"], 495_000,
            "less a thousand messages; discounts are off the revenue"
        );
        assert!(worked["profit"]["low"].as_i64().unwrap() > 0);
        assert_eq!(
            (&few["verdict"], &few["lack"]),
            (&"not_enough_data".into(), &"too_few_customers".into())
        );
        assert_eq!((&few["missing_customers"], &few["profit"]), (&980.into(), &Value::Null));
        let (_, table) =
            api.text("viewer", "campaign-perf?from=2026-11-01&to=2026-11-30&format=csv").await;
        assert!(table.contains(",scale,,") && table.contains(",not_enough_data,980,"), "{table}");
        // The sums of all campaigns have no two sides to compare.
        let (_, overview) = api.get("overview?from=2026-11-01&to=2026-11-01").await;
        assert_eq!(overview["totals"][0]["issued"], 1_018);
    })
    .await;
}

#[tokio::test]
async fn the_overview_names_the_best_and_the_worst_and_says_what_is_at_stake() {
    with_api(async |api| {
        let good = api.launch_campaign("cmp_1").await;
        let bad = api.launch_campaign("cmp_2").await;
        let small = api.launch_campaign("cmp_3").await;
        let today = Timestamp::now().to_zoned(TimeZone::get("Europe/Madrid").unwrap()).date();
        let day = |ago: i64| today.saturating_sub(jiff::Span::new().days(ago)).to_string();
        api.write_counters(&good, &day(3), &LIFTED_COUNTS).await;
        // One in twenty of the treated customers spent something, and a quarter of the held-out
        // ones.
        let harmed = LIFTED_COUNTS.map(|(name, by)| match name {
            "treated.orders" | "treated.spenders.21" => (name, 50),
            "treated.spend.21" => (name, 100_000),
            _ => (name, by),
        });
        api.write_counters(&bad, &day(3), &harmed).await;
        api.write_counters(&small, &day(3), &[("issued", 18), ("ghost", 2), ("discount", 70)])
            .await;
        api.write_counters(&good, &day(-5), &[("open.issued", 40_000), ("open.accepted", 2_500)])
            .await;
        api.write_counters(&bad, &day(-5), &[("open.issued", 1_000), ("open.accepted", 600)]).await;
        let exposure = async |query: &str| {
            let (_, report) =
                api.get(&format!("overview?from={}&to={}{query}", day(10), day(0))).await;
            let exposure = &report["exposure"][0];
            ["committed", "firm", "spent", "released"].map(|it| exposure[it].as_i64().unwrap())
        };
        assert_eq!(exposure("").await, [41_000, 3_100, 70, 0]);
        api.cancel_campaign(&bad).await;
        assert_eq!(
            exposure("").await,
            [40_000, 3_100, 70, 1_000],
            "what a cancellation took back is released"
        );
        assert_eq!(
            exposure("&channel=sms").await,
            [40_000, 3_100, 70, 1_000],
            "the same campaign by campaign"
        );
        assert_eq!(exposure("&campaign=cmp_2").await, [0, 600, 0, 1_000]);
        for query in ["", "&channel=sms"] {
            let (_, report) =
                api.get(&format!("overview?from={}&to={}{query}", day(10), day(0))).await;
            let ranking = &report["ranking"];
            assert_eq!((&ranking["judged"], &ranking["looked_at"]), (&2.into(), &3.into()));
            assert_eq!(ranking["by_currency"][0]["best"][0]["campaign_id"], "cmp_1");
            let worst = &ranking["by_currency"][0]["worst"][0];
            assert_eq!(
                (&worst["campaign_id"], &worst["verdict"]),
                (&"cmp_2".into(), &"retire".into())
            );
            assert_eq!(
                report["days"].as_array().unwrap().len(),
                1,
                "days to come are none of the period"
            );
        }
        let (_, past) = api.get("overview?from=2026-01-01&to=2026-01-31").await;
        assert_eq!(
            (&past["ranking"]["looked_at"], &past["totals"]),
            (&0.into(), &json!([])),
            "before any launch"
        );
    })
    .await;
}

#[tokio::test]
async fn what_the_tenant_set_is_what_reports_reckon_with() {
    with_api(async |api| {
        let one = api.launch_campaign("cmp_1").await;
        api.write_counters(&one, "2026-11-01", &LIFTED_COUNTS).await;
        api.write_counters(&one, "2026-11-02", &[("units.sms", 1_000)]).await;
        let costs = async || {
            let (_, report) = api.get("campaign-perf?from=2026-11-01&to=2026-11-30").await;
            let item = &report["items"][0];
            let (_, overview) = api.get("overview?from=2026-11-01&to=2026-11-30").await;
            assert_eq!(overview["totals"][0]["message_cost"], item["message_cost"]);
            (
                item["message_cost"].as_i64().unwrap(),
                item["effect"]["profit"]["value"].as_i64().unwrap(),
            )
        };
        assert_eq!(costs().await, (5_000, 495_000));
        let set = CostSettings {
            sms_micros: Some(100_000),
            margin_percent: Some(50),
            ..CostSettings::default()
        };
        let change = AuditedChange { actor: "ada", action: "set", note: "", at: Timestamp::now() };
        api.store.save_setting(SettingName::Costs, 0, &set, &change).await.unwrap();
        // Profit is half of what they would have paid without discounts, 600,000, less the
        // discounts and messages.
        assert_eq!(costs().await, (10_000, 190_000));
    })
    .await;
}

#[tokio::test]
async fn exposure_stands_where_its_vouchers_do() {
    with_api(async |api| {
        let one = api.launch_campaign("cmp_1").await;
        let today = Timestamp::now().to_zoned(TimeZone::get("Europe/Madrid").unwrap()).date();
        let day = |ago: i64| today.saturating_sub(jiff::Span::new().days(ago)).to_string();
        for ago in 1..=10 {
            let redeemed = [
                ("issued", 100),
                ("redeemed", 10),
                ("discount", 5_000),
                ("age.0", 5),
                ("age.1", 5),
            ];
            api.write_counters(&one, &day(ago), &redeemed).await;
        }
        api.write_counters(&one, &day(-5), &[("open.issued", 40_000), ("open.accepted", 2_500)])
            .await;
        api.write_counters(&one, &day(11), &[("open.issued", 700), ("released", 30)]).await;
        let (_, report) = api.get(&format!("campaign-perf?from={}&to={}", day(11), day(0))).await;
        let exposure = &report["items"][0]["exposure"];
        let [committed, firm, spent, released] =
            ["committed", "firm", "spent", "released"].map(|it| exposure[it].as_i64());
        assert_eq!(
            [committed, firm, spent, released],
            [Some(40_000), Some(2_500), Some(50_000), Some(730)]
        );
        // Of yesterday's hundred vouchers five more are redeemed, as of each hundred before, at
        // 5.00 each.
        assert_eq!(exposure["forecast"]["redemptions"], 6);
        assert_eq!(exposure["forecast"]["cost"], 2_778);
    })
    .await;
}

#[tokio::test]
async fn a_funnel_says_how_far_customers_come_and_where_a_campaign_loses_them() {
    with_api(async |api| {
        let (one, two) = (api.launch_campaign("cmp_1").await, api.launch_campaign("cmp_2").await);
        let well = [
            ("issued", 900),
            ("sent", 880),
            ("delivered", 800),
            ("accepted", 300),
            ("redeemed", 150),
        ];
        let leaking = [
            ("issued", 900),
            ("sent", 880),
            ("delivered", 800),
            ("accepted", 300),
            ("redeemed", 10),
        ];
        api.write_counters(&one, "2026-11-01", &well).await;
        api.write_counters(
            &one,
            "2026-11-02",
            &[("took.accepted.43", 10), ("sent.sms", 7), ("sent", 7)],
        )
        .await;
        api.write_counters(&two, "2026-11-02", &leaking).await;
        let path = "customer-engagement?from=2026-11-01&to=2026-11-03";
        let (status, days) = api.get(path).await;
        assert_eq!(status, 200);
        for stage in ["issued", "sent", "delivered", "accepted", "redeemed"] {
            let sum: i64 = days["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row[stage].as_i64().unwrap())
                .sum();
            assert_eq!(Some(sum), days["total"][stage].as_i64(), "{stage} is the sum of its days");
        }
        assert_eq!(days["total"]["time_to_accept"]["count"], 10);
        let (_, campaigns) = api.get(&format!("{path}&by=campaign")).await;
        let leak = |index: usize| campaigns["rows"][index]["leak"]["leak"].clone();
        assert_eq!((leak(0), leak(1)), ("accepted_and_not_redeemed".into(), Value::Null));
        for row in campaigns["rows"].as_array().unwrap() {
            assert_eq!(
                row["remark"]["remark"], "same_for_everyone",
                "nothing is asked of whom they select"
            );
        }
        let (_, channels) = api.get(&format!("{path}&by=channel")).await;
        assert_eq!(
            (&channels["rows"][0]["key"], &channels["rows"][0]["sent"]),
            (&"sms".into(), &7.into())
        );
        assert_eq!(channels["rows"][0]["issued"], Value::Null);
        let (_, verticals) = api.get(&format!("{path}&by=vertical")).await;
        assert_eq!(
            (&verticals["rows"][0]["key"], &verticals["rows"][0]["issued"]),
            (&"any".into(), &1_800.into())
        );
        let (_, table) = api.text("viewer", &format!("{path}&by=campaign&format=csv")).await;
        assert!(table.contains("cmp_2,Campaign cmp_2,900,880,800,0,300,10,"), "{table}");
    })
    .await;
}

#[tokio::test]
async fn channels_show_what_their_provider_did() {
    with_api(async |api| {
        let one = api.launch_campaign("cmp_1").await;
        let counts = [
            ("attempts.sms", 9),
            ("attempt.sms.sent", 6),
            ("attempt.sms.failed", 2),
            ("fault.sms.invalid_address", 2),
        ];
        api.write_counters(&one, "2026-11-01", &counts).await;
        api.write_counters(
            &one,
            "2026-11-02",
            &[
                ("attempts.sms", 1),
                ("attempt.sms.unknown", 1),
                ("took.sent.sms.20", 6),
                ("took.due.sms.24", 6),
            ],
        )
        .await;
        let (status, report) = api.get("api-perf?from=2026-11-01&to=2026-11-03").await;
        assert_eq!((status, report["channels"].as_array().unwrap().len()), (200, 1));
        let sms = &report["channels"][0];
        assert_eq!(
            (&sms["attempts"], &sms["accepted"], &sms["unknown"]),
            (&10.into(), &6.into(), &1.into())
        );
        assert_eq!(
            (&sms["success_percent"], &sms["reasons"]["invalid_address"]),
            (&"75.00".into(), &2.into())
        );
        assert_eq!(
            (&sms["issued_to_sent"]["count"], &sms["due_to_sent"]["count"]),
            (&6.into(), &6.into())
        );
        let days = report["days"].as_array().unwrap();
        assert_eq!(days.iter().map(|day| day["attempts"].as_i64().unwrap()).sum::<i64>(), 10);
        let (_, email) = api.get("api-perf?from=2026-11-01&to=2026-11-03&channel=email").await;
        assert_eq!(email["channels"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn filters_choose_campaigns_and_bad_ones_are_named() {
    with_api(async |api| {
        let (one, two) = (api.launch_campaign("cmp_1").await, api.launch_campaign("cmp_2").await);
        api.write_counters(&one, "2026-11-01", &[("issued", 3)]).await;
        api.write_counters(&two, "2026-11-01", &[("issued", 4)]).await;
        let days = "from=2026-11-01&to=2026-11-01";
        for (filter, expected) in [
            ("", Some(7)),
            ("&campaign=cmp_1", Some(3)),
            ("&channel=sms", Some(7)),
            ("&channel=email", None),
            ("&vertical=food", Some(7)),
            ("&kind=autopilot", None),
            ("&currency=EUR", Some(7)),
            ("&currency=USD", None),
            ("&zone=Europe/Madrid", Some(7)),
            ("&channel=sms&campaign=cmp_2", Some(4)),
        ] {
            let (status, report) = api.get(&format!("overview?{days}{filter}")).await;
            assert_eq!(
                (status, report["totals"][0]["issued"].as_i64()),
                (200, expected),
                "{filter}"
            );
            let (_, listed) = api.get(&format!("campaign-perf?{days}{filter}")).await;
            let sum: i64 = listed["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["issued"].as_i64().unwrap())
                .sum();
            assert_eq!(sum, expected.unwrap_or(0), "{filter}");
        }
        for (filter, status, field, code) in [
            ("&zone=Mars", 422, "zone", "unknown_value"),
            ("&zone=Asia/Tokyo", 422, "zone", "not_available"),
            ("&currency=euro", 422, "currency", "invalid"),
            ("&vertical=", 422, "vertical", "invalid"),
        ] {
            for report in ["overview", "campaign-perf", "customer-engagement", "api-perf"] {
                let (answered, body) = api.get(&format!("{report}?{days}{filter}")).await;
                let found = (
                    answered,
                    body["errors"][0]["field"].as_str(),
                    body["errors"][0]["code"].as_str(),
                );
                assert_eq!(found, (status, Some(field), Some(code)), "{report} {filter}");
            }
        }
        let (status, body) = api.get(&format!("overview?{days}&campaign=cmp_none")).await;
        assert_eq!((status, body["code"].as_str()), (404, Some("campaign_unknown")));
        assert_eq!(api.get(&format!("overview?{days}&channel=fax")).await.0, 400);
    })
    .await;
}
