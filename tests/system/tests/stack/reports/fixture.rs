//! The fixture of the report tests: the routers of both functions that answer reports, on the
//! in-memory AWS, with campaigns and their counters.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body, http::Request};
use domain::{
    Date, TimeZone,
    campaign::{
        definition::Definition,
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignState},
    },
    kernel::{id::RunId, money::Currency},
    reporting::counters::{Counter, CounterDelta, ReportRow},
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use queue::Queue;
use secrets::Secrets;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::AuditedChange,
    conditional::Applied,
    delivery::segments::new_segments,
    reporting::counters::{StreamCheckpoint, StreamPosition},
};
use testkit::{
    TestTables,
    builders::{campaign_id, definition, noon},
};
use tower::ServiceExt;

pub const REPORTS: [&str; 5] =
    ["overview", "customer-engagement", "campaign-perf", "api-perf", "system-health"];
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;
pub const ZONE: &str = "Europe/Madrid";
pub const DAYS: &str = "from=2026-11-01&to=2026-11-05";

pub struct AllReportsFixture {
    app: Router,
    pub store: Store,
}

impl AllReportsFixture {
    pub fn new() -> Self {
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("cursor", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let config = &tables.config;
        let store =
            Store::new(config, TableNames::from_lookup(|variable| tables.table_name(variable)));
        let zone = || TimeZone::get(ZONE).unwrap();
        let operations = operations::OperationsContext {
            store: store.clone(),
            release: Queue::new(config, "http://memory/release"),
            watchdog: Queue::new(config, "http://memory/watchdog"),
            secrets: std::sync::Arc::new(Secrets::new(config)),
            cursor_secret: "cursor".into(),
            api_key_secret: "webhook".into(),
            zone: zone(),
            currency: euros(),
            costs: domain::reporting::costs::CostRates::default(),
            monitored_queues: Vec::new(),
        };
        let reports = reports::ReportsContext {
            store: store.clone(),
            secrets: Secrets::new(config),
            cursor_secret: "cursor".into(),
            zone: zone(),
            zone_name: ZONE.into(),
            currency: euros(),
            costs: domain::reporting::costs::CostRates::default(),
            sms_provider: domain::delivery::sms_origination::SmsProvider::default(),
            scopes: reports::ScopeCache::default(),
        };
        let routes = operations::routes().with_state(Arc::new(operations));
        let routes = routes.merge(reports::routes().with_state(Arc::new(reports)));
        Self { app: http_edge::build_app(routes), store }
    }

    pub async fn send(&self, group: &str, method: &str, path: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).extension(signed_in(group));
        let response =
            self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub async fn get_report(&self, report: &str, query: &str) -> (u16, Value) {
        let (status, text) = self
            .send("viewer", "GET", &format!("/v1/reports/voucher-campaigns/{report}?{query}"))
            .await;
        (
            status,
            serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{report}?{query}: {error} in {text}")),
        )
    }

    pub async fn expect_report(&self, report: &str, query: &str) -> Value {
        let (status, body) = self.get_report(report, query).await;
        assert_eq!(status, 200, "{report}?{query}: {body}");
        body
    }

    /// Returns the rows of a report as CSV, without the header line.
    pub async fn csv_rows(&self, report: &str, query: &str) -> Vec<String> {
        let path = format!("/v1/reports/voucher-campaigns/{report}?{query}&format=csv");
        let (status, text) = self.send("viewer", "GET", &path).await;
        assert_eq!(status, 200, "{path}: {text}");
        text.lines().skip(1).map(str::to_owned).collect()
    }

    /// Creates a promotion by SMS whose offer is valid in this vertical.
    pub async fn launch_campaign(&self, id: &str, currency: &str, vertical: &str) -> Campaign {
        let offer = json!({
            "benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": currency}}}, "scope": {"verticals": [vertical]},
        });
        let draft = Campaign::draft(
            campaign_id(id),
            definition_with(json!({"offer": offer})),
            "ada",
            noon(),
        );
        let change = AuditedChange { actor: "ada", action: "test", note: "", at: noon() };
        self.store.create_campaign(&draft, id, &change).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        self.store
            .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change)
            .await
            .unwrap();
        draft
    }

    pub async fn add_counts(&self, campaign: &Campaign, day: &str, counts: &[(&str, i64)]) {
        let row = ReportRow {
            campaign: campaign.id.clone(),
            kind: CampaignKind::Promotion,
            currency: campaign.definition.offer.currency(),
            day: day.parse::<Date>().unwrap(),
        };
        let counts = counts.iter().map(|(name, by)| (Counter::parse(name), *by)).collect();
        self.add_delta(&format!("{}-{day}", campaign.id), &CounterDelta::from([(row, counts)]))
            .await;
    }

    pub async fn add_delta(&self, position: &str, delta: &CounterDelta) {
        let next = StreamPosition { name: position.to_owned(), sequence: "1".into() };
        let counted = self
            .store
            .add_counts(delta, &BTreeMap::new(), &StreamCheckpoint::default(), &next, noon())
            .await
            .unwrap();
        assert_eq!(counted, Applied::Yes);
    }

    /// Returns all five reports, as documents and as tables. The parts of system health that are
    /// about this moment are left out: overdue work, and the recount itself.
    pub async fn all_reports(&self) -> Vec<(String, Value, Vec<String>)> {
        let mut all = Vec::new();
        for report in REPORTS {
            let mut document = self.expect_report(report, DAYS).await;
            document.as_object_mut().unwrap().retain(|name, _| name != "recount" && name != "work");
            all.push((report.to_owned(), document, self.csv_rows(report, DAYS).await));
        }
        all
    }
}

pub fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn definition_with(change: Value) -> Definition {
    definition(json!({"channels": {"ladder": ["sms"]}}).as_object().unwrap().iter().fold(
        change,
        |mut all, (name, it)| {
            all[name] = it.clone();
            all
        },
    ))
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", None, &format!("[{group}]"))
}
