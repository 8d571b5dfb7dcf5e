//! The fixture of the report tests: the routers of both functions that answer reports, on the
//! in-memory AWS, with campaigns and their counters.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body, http::Request};
use domain::{
    Date, TimeZone,
    campaign::{Campaign, Kind, State},
    definition::Definition,
    id::RunId,
    money::Currency,
    report::{Delta, Row},
};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use memory_aws::Memory;
use queue::Queue;
use secrets::Secrets;
use serde_json::{Value, json};
use store::{
    Store, Tables,
    control::Change,
    reports::{Counted, Place, Position},
    work::new_segments,
};
use testkit::{
    TestTables,
    builders::{campaign_id, definition, noon},
};
use tower::ServiceExt;

pub const REPORTS: [&str; 5] = ["overview", "customer-engagement", "campaign-perf", "api-perf", "system-health"];
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;
pub const ZONE: &str = "Europe/Madrid";
pub const DAYS: &str = "from=2026-11-01&to=2026-11-05";

pub struct Stage {
    app: Router,
    pub store: Store,
}

impl Stage {
    pub fn new() -> Self {
        let memory = Memory::new(testkit::schemas());
        memory.set_secret("cursor", SECRET);
        let tables = TestTables::of(&memory);
        let config = &tables.config;
        let store = Store::new(config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let zone = || TimeZone::get(ZONE).unwrap();
        let operations = operations::Context {
            store: store.clone(),
            release: Queue::new(config, "http://memory/release"),
            sweep: Queue::new(config, "http://memory/sweep"),
            secrets: Secrets::new(config),
            cursor_secret: "cursor".into(),
            zone: zone(),
            currency: euros(),
            costs: domain::costs::Costs::default(),
            quarantines: Vec::new(),
        };
        let reports = reports::Context {
            store: store.clone(),
            secrets: Secrets::new(config),
            cursor_secret: "cursor".into(),
            zone: zone(),
            zone_name: ZONE.into(),
            currency: euros(),
            costs: domain::costs::Costs::default(),
            scopes: reports::Scopes::default(),
        };
        let routes = operations::routes().with_state(Arc::new(operations));
        let routes = routes.merge(reports::routes().with_state(Arc::new(reports)));
        Self { app: http_api::app(routes), store }
    }

    pub async fn send(&self, group: &str, method: &str, path: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).extension(signed_in(group));
        let response = self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub async fn ask(&self, report: &str, query: &str) -> (u16, Value) {
        let (status, text) =
            self.send("viewer", "GET", &format!("/v1/reports/voucher-campaigns/{report}?{query}")).await;
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{report}?{query}: {error} in {text}")))
    }

    pub async fn good(&self, report: &str, query: &str) -> Value {
        let (status, body) = self.ask(report, query).await;
        assert_eq!(status, 200, "{report}?{query}: {body}");
        body
    }

    /// Returns the rows of a report as CSV, without the header line.
    pub async fn lines(&self, report: &str, query: &str) -> Vec<String> {
        let path = format!("/v1/reports/voucher-campaigns/{report}?{query}&format=csv");
        let (status, text) = self.send("viewer", "GET", &path).await;
        assert_eq!(status, 200, "{path}: {text}");
        text.lines().skip(1).map(str::to_owned).collect()
    }

    /// Creates a promotion by SMS whose offer is valid in this vertical.
    pub async fn launched(&self, id: &str, currency: &str, vertical: &str) -> Campaign {
        let offer = json!({
            "benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": currency}}}, "scope": {"verticals": [vertical]},
        });
        let draft = Campaign::draft(campaign_id(id), of(json!({"offer": offer})), "ada", noon());
        let change = Change { actor: "ada", action: "test", note: "", at: noon() };
        self.store.create_campaign(&draft, id, &change).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        self.store.launch(&draft, State::Running, &run, &segments, &change).await.unwrap();
        draft
    }

    pub async fn count(&self, campaign: &Campaign, day: &str, counts: &[(&str, i64)]) {
        let row = Row {
            campaign: campaign.id.clone(),
            kind: Kind::Promotion,
            currency: campaign.definition.offer.currency(),
            day: day.parse::<Date>().unwrap(),
        };
        let counts = counts.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect();
        self.add(&format!("{}-{day}", campaign.id), &Delta::from([(row, counts)])).await;
    }

    pub async fn add(&self, position: &str, delta: &Delta) {
        let next = Position { name: position.to_owned(), sequence: "1".into() };
        let counted = self.store.count(delta, &BTreeMap::new(), &Place::default(), &next, noon()).await.unwrap();
        assert_eq!(counted, Counted::Counted);
    }

    /// Returns all five reports, as documents and as tables. The parts of system health that are
    /// about this moment are left out: overdue work, and the recount itself.
    pub async fn all(&self) -> Vec<(String, Value, Vec<String>)> {
        let mut all = Vec::new();
        for report in REPORTS {
            let mut document = self.good(report, DAYS).await;
            document.as_object_mut().unwrap().retain(|name, _| name != "recount" && name != "work");
            all.push((report.to_owned(), document, self.lines(report, DAYS).await));
        }
        all
    }
}

pub fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn of(change: Value) -> Definition {
    definition(json!({"channels": {"ladder": ["sms"]}}).as_object().unwrap().iter().fold(
        change,
        |mut all, (name, it)| {
            all[name] = it.clone();
            all
        },
    ))
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in("s-1", None, &format!("[{group}]"))
}
