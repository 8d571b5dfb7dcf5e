//! Tests of the routes of imports: an import waits for its upload and expires, is checked with the
//! mapping that an operator states, starts once, and is cancelled beside its worker. The worker is
//! played by the state that it would write.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use domain::{
    Timestamp,
    kernel::{id::ImportId, money::Currency},
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use import_files::{
    layout::FileLayout,
    survey::{FileFacts, Survey, SurveyEnd},
    systems::{ColumnMapping, ImportKind},
};
use importing::import::{FileVersion, Import, ImportStage};
use objects::ObjectStore;
use operations::imports::{ImportsContext, import_routes};
use queue::Queue;
use runtime::clock::simulated;
use secrets::Secrets;
use serde_json::{Value, json};
use store::{Store, TableNames, conditional::Applied, customer::imports::StoredImport};
use testkit::{
    TestTables,
    builders::{add_milliseconds, noon},
};
use tower::ServiceExt;

const IMPORTS: &str = "/v1/imports";
const FILE: &[u8] = b"Kunde,E-Mail\nc-1,a@example.com\n,\n";
const SECOND: i64 = 1_000;

struct ImportsFixture {
    memory: FakeAws,
    store: Store,
    app: axum::Router,
}

fn later(seconds: i64) -> Timestamp {
    add_milliseconds(noon(), seconds * SECOND)
}

fn facts() -> FileFacts {
    let layout = FileLayout::sniff(FILE, None, None).unwrap();
    let mut survey = Survey::new(&layout, ImportKind::Customers, ColumnMapping::default());
    survey.push(FILE);
    match survey.finish().unwrap() {
        SurveyEnd::Done(facts) => *facts,
        SurveyEnd::ReadAgain(_) => unreachable!(),
    }
}

impl ImportsFixture {
    fn new() -> Self {
        simulated::set_now(Some(noon()));
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret(
            "cursor",
            r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#,
        );
        let tables = TestTables::on_fake_aws(&memory);
        let config = &tables.config;
        let names = TableNames::from_lookup(|variable| tables.table_name(variable));
        let store = Store::new(config, names);
        let context = ImportsContext {
            store: store.clone(),
            objects: ObjectStore::new(config, "imports"),
            imports: Queue::new(config, "http://memory/imports"),
            secrets: Arc::new(Secrets::new(config)),
            cursor_secret: "cursor".into(),
            currency: Currency::parse("EUR").unwrap(),
        };
        let app = http_edge::build_app(import_routes().with_state(Arc::new(context)));
        Self { memory, store, app }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let operator = testkit::signed_in_context("s-1", Some("Ada"), "[marketer]");
        let request = Request::builder().method(method).uri(path).extension(operator);
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[track_caller]
    fn code(answer: &(u16, Value)) -> (u16, String) {
        (answer.0, answer.1["code"].as_str().unwrap_or_default().to_owned())
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, &body).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, &json!({})).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn create(&self) -> ImportId {
        let request = json!({"kind": "customers", "file_name": "a.csv", "bytes": FILE.len()});
        let (status, made) = self.post(IMPORTS, request).await;
        assert_eq!(status, 201, "{made}");
        let id = ImportId::parse(made["import"]["id"].as_str().unwrap()).unwrap();
        let url = made["upload"]["url"].as_str().unwrap();
        assert!(url.contains(&format!("/imports/uploads/{id}?")), "{url}");
        id
    }

    async fn stored(&self, id: &ImportId) -> StoredImport<Import> {
        self.store.stored_import(id).await.unwrap().unwrap()
    }

    /// Writes what the worker has made of an import.
    async fn work(
        &self,
        id: &ImportId,
        at: Timestamp,
        change: impl FnOnce(&mut Import),
    ) -> Applied {
        let mut stored = self.stored(id).await;
        change(&mut stored.import);
        stored.import.updated_at = at;
        let created_at = stored.import.created_at;
        self.store.put_import(id, &stored, created_at, at).await.unwrap()
    }

    /// Makes an import whose file was read to its end without taking anything.
    async fn create_checked(&self) -> ImportId {
        let id = self.create().await;
        let written = self
            .work(&id, later(2), |import| {
                let bytes = u64::try_from(FILE.len()).unwrap();
                import.arrive(FileVersion { etag: "v1", bytes }, later(1));
                import.take_facts(facts(), None, later(2));
                import.tally.taken = 1;
                import.end_pass();
            })
            .await;
        assert_eq!(written, Applied::Yes);
        id
    }

    fn nudges(&self) -> usize {
        self.memory.take_queued_messages().len()
    }
}

#[tokio::test]
async fn an_import_waits_for_its_upload_and_expires_without_it() {
    let test = ImportsFixture::new();
    let id = test.create().await;
    let path = format!("{IMPORTS}/{id}");
    let view = test.get(&path).await;
    assert_eq!((&view["state"], &view["origin"]), (&json!("waiting_for_upload"), &json!("upload")));
    assert_eq!(view["history"][0]["by"], "Ada (s-1)", "{view}");
    assert!(view["fields"].as_array().unwrap().contains(&json!("sms_consent")), "{view}");
    assert_eq!(test.get(&format!("{path}/refused")).await["files"], json!([]));
    let (status, _) = test.send("GET", &format!("{path}/preview"), &json!({})).await;
    assert_eq!(status, 409, "there is no file to look at");
    simulated::set_now(Some(later(13 * 3_600)));
    assert_eq!(test.get(&path).await["state"], "expired");
    let cancelled = test.post(&format!("{path}/cancel"), json!({})).await;
    assert_eq!(ImportsFixture::code(&cancelled), (409, "import_over".to_owned()));
    assert_eq!(test.nudges(), 0);
}

#[tokio::test]
async fn imports_are_paged_the_newest_first() {
    let test = ImportsFixture::new();
    let mut made = Vec::new();
    for second in 0..3 {
        simulated::set_now(Some(later(second)));
        made.insert(0, json!(test.create().await));
    }
    let first = test.get(&format!("{IMPORTS}?limit=2")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = test.get(&format!("{IMPORTS}?limit=2&cursor={cursor}")).await;
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    let listed: Vec<Value> =
        [items(&first), items(&next)].concat().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(listed, made);
    assert_eq!(next["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_check_takes_a_mapping_of_the_files_columns_and_a_repeat_nudges_once_it_is_stale() {
    let test = ImportsFixture::new();
    let id = test.create_checked().await;
    let (path, check) = (format!("{IMPORTS}/{id}"), format!("{IMPORTS}/{id}/check"));
    let view = test.get(&path).await;
    assert_eq!((&view["state"], &view["system"]), (&json!("checked"), &json!("plain")), "{view}");
    let column = json!({"name": "Kunde", "field": null, "guess": null, "used": "unknown"});
    assert_eq!(view["columns"][0], column);
    for (mapping, fault) in [
        (json!({"Ort": "ignore"}), "/mapping/Ort unknown_column"),
        (json!({"Kunde": "order_id"}), "/mapping/Kunde unknown_value"),
        (json!({"E-Mail": "ignore"}), "/mapping column_missing"),
    ] {
        let (status, refused) = test.post(&check, json!({"mapping": mapping})).await;
        let error = &refused["errors"][0];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            (status, format!("{} {}", text("field"), text("code"))),
            (422, fault.to_owned())
        );
    }
    assert_eq!(test.nudges(), 0, "what is refused wakes nobody");
    let wanted = json!({"mapping": {"Kunde": "id"}, "defaults": {"country": "ES"}});
    let (status, view) = test.post(&check, wanted.clone()).await;
    assert_eq!((status, &view["state"]), (202, &json!("reading")), "{view}");
    assert_eq!(
        (&view["mapping"], &view["mapping_origin"]),
        (&json!({"Kunde": "id"}), &json!("operator"))
    );
    assert_eq!(view["defaults"]["country"], "ES", "{view}");
    assert_eq!(test.nudges(), 1);
    let early = test.post(&format!("{path}/start"), json!({})).await;
    assert_eq!(ImportsFixture::code(&early), (409, "import_not_checked".to_owned()));
    assert_eq!(test.post(&check, wanted.clone()).await.0, 202);
    assert_eq!(test.nudges(), 0, "the worker has its nudge");
    simulated::set_now(Some(later(61)));
    assert_eq!(test.post(&check, wanted).await.0, 202);
    assert_eq!(test.nudges(), 1, "the nudge may be lost");
}

#[tokio::test]
async fn an_import_starts_once_and_a_cancellation_meets_its_worker() {
    let test = ImportsFixture::new();
    let id = test.create_checked().await;
    let path = format!("{IMPORTS}/{id}");
    let start = format!("{path}/start");
    let other = test.post(&start, json!({"mapping": {"Kunde": "id"}})).await;
    assert_eq!(ImportsFixture::code(&other), (409, "mapping_not_checked".to_owned()));
    let (status, view) = test.post(&start, json!({"mapping": {}})).await;
    assert_eq!((status, &view["state"]), (202, &json!("running")), "{view}");
    assert_eq!((&view["checked"]["taken"], &view["counts"]["taken"]), (&json!(1), &json!(0)));
    assert_eq!(test.nudges(), 1);
    assert_eq!(test.post(&start, json!({})).await.0, 202, "a repeat finds it running");
    assert_eq!(test.nudges(), 0);

    let mut worker = test.stored(&id).await;
    let (status, view) = test.post(&format!("{path}/cancel"), json!({})).await;
    assert_eq!((status, &view["state"]), (200, &json!("cancelled")), "{view}");
    assert_eq!(test.nudges(), 0);
    worker.import.tally.taken = 1;
    let put = test.store.put_import(&id, &worker, worker.import.created_at, later(5)).await;
    assert_eq!(put.unwrap(), Applied::Conflict, "the worker learns of it at its checkpoint");
    let operator = test.stored(&id).await;
    worker.import.take_cancellation(&operator.import);
    worker.version = operator.version;
    let put = test.store.put_import(&id, &worker, worker.import.created_at, later(5)).await;
    assert_eq!(put.unwrap(), Applied::Yes);
    let view = test.get(&path).await;
    assert_eq!((&view["state"], &view["counts"]["taken"]), (&json!("cancelled"), &json!(1)));
    assert_eq!(view["history"].as_array().unwrap().len(), 3, "{view}");
    assert_eq!(test.stored(&id).await.import.stage, ImportStage::Cancelled);
}
