//! Tests permissions: every operator route, with the groups it allows, is called as each group
//! through the functions' own routers on the in-memory AWS. A route that is missing from the table
//! fails the test, so that no route is added without its permission.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body, http::Request};
use domain::{TimeZone, kernel::money::Currency};
use fake_aws::FakeAws;
use lambda_http::request::RequestContext;
use queue::Queue;
use secrets::Secrets;
use serde_json::Value;
use store::{Store, TableNames};
use testkit::TestTables;
use tower::ServiceExt;
use webhook_client::AddressPolicy;

const OPENAPI: &str = include_str!("../../../../docs/api/openapi.json");
const CONFIGURATION: &str = "/v1/configuration/voucher-campaign";
const REPORTS: &str = "/v1/reports/voucher-campaigns";
const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

/// The groups that may call the route; `admin` always may.
const EVERYONE: &[&str] = &["viewer", "support", "marketer", "approver"];
const SUPPORT: &[&str] = &["support", "marketer"];
const MARKETER: &[&str] = &["marketer"];
const APPROVER: &[&str] = &["approver"];
/// The groups for routes with which a marketer edits a campaign and an approver raises its caps,
/// and with which either rehearses it.
const BOTH: &[&str] = &["marketer", "approver"];
const ADMIN: &[&str] = &[];

/// The routes below campaigns, playbooks and reports.
const PLAIN: &[(&str, &[&str])] = &[
    ("POST /v1/audience-previews", EVERYONE),
    ("POST /v1/message-previews", EVERYONE),
    ("GET /v1/campaigns", EVERYONE),
    ("POST /v1/campaigns", MARKETER),
    ("GET /v1/segments", EVERYONE),
    ("GET /v1/segments/{id}", EVERYONE),
    ("PUT /v1/segments/{id}", MARKETER),
    ("DELETE /v1/segments/{id}", MARKETER),
    ("GET /v1/campaigns/{id}", EVERYONE),
    ("PUT /v1/campaigns/{id}", MARKETER),
    ("PATCH /v1/campaigns/{id}", BOTH),
    ("DELETE /v1/campaigns/{id}", MARKETER),
    ("POST /v1/campaigns/{id}/approve", APPROVER),
    ("POST /v1/campaigns/{id}/launch", MARKETER),
    ("POST /v1/campaigns/{id}/undo-launch", MARKETER),
    ("POST /v1/campaigns/{id}/start-now", MARKETER),
    ("POST /v1/campaigns/{id}/pause", MARKETER),
    ("POST /v1/campaigns/{id}/resume", MARKETER),
    ("POST /v1/campaigns/{id}/cancel", MARKETER),
    ("POST /v1/campaigns/{id}/archive", MARKETER),
    ("POST /v1/campaigns/{id}/suspend-redeeming", MARKETER),
    ("POST /v1/campaigns/{id}/resume-redeeming", MARKETER),
    ("POST /v1/campaigns/{id}/revoke-vouchers", MARKETER),
    ("POST /v1/campaigns/{id}/clone", MARKETER),
    ("GET /v1/audit", EVERYONE),
    ("GET /v1/campaigns/{id}/audit", EVERYONE),
    ("GET /v1/campaigns/{id}/overlaps", EVERYONE),
    ("GET /v1/campaigns/{id}/vouchers", EVERYONE),
    ("POST /v1/campaigns/{id}/replay", EVERYONE),
    ("GET /v1/campaigns/{id}/prediction", EVERYONE),
    ("GET /v1/rehearsals", EVERYONE),
    ("POST /v1/rehearsals", BOTH),
    ("GET /v1/rehearsals/{rehearsal}", EVERYONE),
    ("POST /v1/rehearsals/{rehearsal}/cancel", BOTH),
    ("POST /v1/campaigns/{id}/test-sends", MARKETER),
    ("GET /v1/campaigns/{id}/test-sends/{test_send}", EVERYONE),
    ("GET /v1/imports", EVERYONE),
    ("POST /v1/imports", MARKETER),
    ("GET /v1/imports/{id}", EVERYONE),
    ("GET /v1/imports/{id}/preview", MARKETER),
    ("GET /v1/imports/{id}/refused", EVERYONE),
    ("POST /v1/imports/{id}/check", MARKETER),
    ("POST /v1/imports/{id}/start", MARKETER),
    ("POST /v1/imports/{id}/cancel", MARKETER),
    ("GET /v1/exports", EVERYONE),
    // customers are for marketers, and their contacts for administrators: `exports.rs`
    ("POST /v1/exports", EVERYONE),
    ("GET /v1/exports/{id}", EVERYONE),
    ("DELETE /v1/exports/{id}", EVERYONE),
    ("POST /v1/pictures", MARKETER),
    ("GET /v1/values", EVERYONE),
    ("GET /v1/playbooks", EVERYONE),
    ("POST /v1/playbooks/starter-portfolio", MARKETER),
    ("POST /v1/playbooks/{name}", MARKETER),
    ("GET /v1/reports/voucher-campaigns/overview", EVERYONE),
    ("GET /v1/reports/voucher-campaigns/campaign-perf", EVERYONE),
    ("GET /v1/reports/voucher-campaigns/customer-engagement", EVERYONE),
    ("GET /v1/reports/voucher-campaigns/system-health", EVERYONE),
];

/// The routes of operations and settings, below [`CONFIGURATION`].
const CONFIGURED: &[(&str, &str, &[&str])] = &[
    ("GET", "health", EVERYONE),
    ("POST", "diagnostics/customers/search", EVERYONE),
    ("GET", "diagnostics/customers/{id}", EVERYONE),
    ("GET", "diagnostics/customers/{id}/campaigns/{campaign}", EVERYONE),
    ("GET", "diagnostics/campaigns/{id}", EVERYONE),
    ("POST", "diagnostics/customers/{id}/quote", EVERYONE),
    ("POST", "customers/search", EVERYONE),
    ("GET", "customers/{customer}", EVERYONE),
    ("POST", "customers/{customer}/merge", SUPPORT),
    ("POST", "customers/{customer}/unmerge", SUPPORT),
    ("POST", "customers/{customer}/vouchers", SUPPORT),
    ("POST", "customers/{customer}/vouchers/{voucher}/reissue", SUPPORT),
    ("POST", "customers/{customer}/vouchers/{voucher}/extend", SUPPORT),
    ("GET", "notices", ADMIN),
    ("PUT", "notices", ADMIN),
    ("POST", "notices/test", ADMIN),
    ("GET", "goodwill", EVERYONE),
    ("PUT", "goodwill", ADMIN),
    ("POST", "suppressions/search", EVERYONE),
    ("GET", "suppressions", EVERYONE),
    ("POST", "suppressions", MARKETER),
    ("POST", "suppressions/import", MARKETER),
    ("POST", "suppressions/lift", ADMIN),
    ("GET", "waiting-replies", EVERYONE),
    ("POST", "waiting-replies/{id}", MARKETER),
    ("GET", "pending-triggers", EVERYONE),
    ("POST", "pending-triggers/{id}/retry", MARKETER),
    ("POST", "pending-triggers/{id}/drop", MARKETER),
    ("GET", "dead-letters", EVERYONE),
    ("POST", "dead-letters/{queue}/redrive", ADMIN),
    ("POST", "lanes/{channel}/open", ADMIN),
    ("GET", "api-keys", EVERYONE),
    ("GET", "recount", EVERYONE),
    ("POST", "recount", ADMIN),
    ("POST", "recount/repair", ADMIN),
    ("GET", "contact-policy", EVERYONE),
    ("PUT", "contact-policy", ADMIN),
    ("GET", "topics", EVERYONE),
    ("PUT", "topics", ADMIN),
    ("GET", "attributes", EVERYONE),
    ("PUT", "attributes", ADMIN),
    ("GET", "sms-way-out", EVERYONE),
    ("PUT", "sms-way-out", ADMIN),
    ("GET", "combination", EVERYONE),
    ("PUT", "combination", ADMIN),
    ("GET", "readiness", EVERYONE),
    ("PUT", "readiness", ADMIN),
    ("GET", "approvals", EVERYONE),
    ("PUT", "approvals", ADMIN),
    ("GET", "costs", EVERYONE),
    ("PUT", "costs", ADMIN),
    ("GET", "brand", EVERYONE),
    ("PUT", "brand", ADMIN),
    ("GET", "test-addresses", ADMIN),
    ("PUT", "test-addresses", ADMIN),
    ("GET", "catalogue/merchants", EVERYONE),
    ("GET", "catalogue/merchants/{merchant}", EVERYONE),
    ("PUT", "catalogue/merchants/{merchant}", MARKETER),
    ("DELETE", "catalogue/merchants/{merchant}", MARKETER),
    ("GET", "catalogue/{kind}/{key}", EVERYONE),
    ("PUT", "catalogue/{kind}/{key}", MARKETER),
    ("DELETE", "catalogue/{kind}/{key}", MARKETER),
    ("GET", "webhooks", EVERYONE),
    ("GET", "webhooks/{endpoint}", EVERYONE),
    ("PUT", "webhooks/{endpoint}", ADMIN),
    ("DELETE", "webhooks/{endpoint}", ADMIN),
    ("GET", "webhooks/{endpoint}/dead-letters", EVERYONE),
    ("POST", "webhooks/{endpoint}/redrive", ADMIN),
    ("POST", "webhooks/{endpoint}/rotate-secret", ADMIN),
    ("POST", "webhooks/{endpoint}/test", ADMIN),
];

fn permission_table() -> BTreeMap<String, &'static [&'static str]> {
    let mut table: BTreeMap<_, _> =
        PLAIN.iter().map(|(route, groups)| ((*route).to_owned(), *groups)).collect();
    table.insert(format!("GET {REPORTS}/api-perf"), EVERYONE);
    table.extend(
        CONFIGURED
            .iter()
            .map(|(method, path, groups)| (format!("{method} {CONFIGURATION}/{path}"), *groups)),
    );
    table
}

/// Returns `METHOD path` of every route that takes an operator's token.
fn documented_routes() -> Vec<String> {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schemes = operation["security"].as_array();
            if schemes.into_iter().flatten().any(|scheme| scheme.get("jwt").is_some()) {
                routes.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
}

fn campaigns_context(tables: &TestTables, store: Store) -> campaigns::CampaignsContext {
    let config = &tables.config;
    let queue = |name: &str| Queue::new(config, format!("http://memory/{name}"));
    campaigns::CampaignsContext {
        store,
        expansion: queue("expansion"),
        autopilot: queue("autopilot"),
        release: queue("release"),
        secrets: Secrets::new(config),
        cursor_secret: "cursor".into(),
        segments: 1,
        currency: Currency::parse("EUR").unwrap(),
        messaging: campaigns::MessagingSettings {
            brand: domain::voucher::record::BrandIdentity {
                name: "Shop".into(),
                link_base: "https://app.example.com/v".into(),
            },
            sender: "offers@example.com".into(),
            unsubscribe_base: "https://api.example.com/u".into(),
            originations: domain::delivery::sms_origination::SmsOriginations::default(),
            sms: queue("sms"),
            email: queue("email"),
            push: queue("push"),
            lease_seconds: 30,
        },
        known: campaigns::KnownValueCache::default(),
        rehearsals: campaigns::RehearsalSettings::default(),
        pictures: pictures::PictureStore::new(config, "pictures", "https://pictures.example.com"),
    }
}

fn app() -> Router {
    let memory = FakeAws::new(testkit::table_schemas());
    memory.set_secret("cursor", SECRET);
    memory.set_secret("signing", SECRET);
    memory.set_secret("webhook", r#"{"keys":[]}"#);
    let tables = TestTables::on_fake_aws(&memory);
    let config = &tables.config;
    let store = Store::new(config, TableNames::from_lookup(|variable| tables.table_name(variable)));
    let queue = |name: &str| Queue::new(config, format!("http://memory/{name}"));
    let euro = Currency::parse("EUR").unwrap();
    let campaigns = campaigns_context(&tables, store.clone());
    let operations = operations::OperationsContext {
        store: store.clone(),
        release: queue("release"),
        watchdog: queue("watchdog"),
        secrets: std::sync::Arc::new(Secrets::new(config)),
        cursor_secret: "cursor".into(),
        api_key_secret: "webhook".into(),
        zone: TimeZone::UTC,
        currency: euro,
        costs: domain::reporting::costs::CostRates::default(),
        monitored_queues: Vec::new(),
    };
    let imports = operations::imports::ImportsContext {
        store: store.clone(),
        objects: objects::ObjectStore::new(config, "imports"),
        imports: queue("imports"),
        secrets: Arc::new(Secrets::new(config)),
        cursor_secret: "cursor".into(),
        currency: euro,
    };
    let exports = operations::exports::ExportsContext {
        store: store.clone(),
        objects: objects::ObjectStore::new(config, "exports"),
        exports: queue("exports"),
        secrets: Arc::new(Secrets::new(config)),
        cursor_secret: "cursor".into(),
    };
    let reports = reports::ReportsContext {
        store: store.clone(),
        secrets: Secrets::new(config),
        cursor_secret: "cursor".into(),
        zone: TimeZone::UTC,
        zone_name: "UTC".into(),
        currency: euro,
        costs: domain::reporting::costs::CostRates::default(),
        sms_provider: domain::delivery::sms_origination::SmsProvider::default(),
        scopes: reports::ScopeCache::default(),
    };
    let catalogue = catalogue::CatalogueContext {
        store: store.clone(),
        secrets: Arc::new(Secrets::new(config)),
        cursor_secret: "cursor".into(),
        known: catalogue::KnownValueCache::default(),
    };
    let webhooks = webhooks::admin::WebhooksContext {
        store,
        webhooks: queue("webhooks"),
        secrets: Secrets::new(config),
        signing_secret: "signing".into(),
        cursor_secret: "cursor".into(),
        policy: AddressPolicy::new("127.0.0.1"),
    };
    let vouchers = vouchers::VouchersContext::new(operations.store.clone(), euro);
    let routes = campaigns::routes().with_state(Arc::new(campaigns));
    let routes = routes.merge(vouchers::operator_routes().with_state(Arc::new(vouchers)));
    let routes = routes.merge(operations::routes().with_state(Arc::new(operations)));
    let imports = operations::imports::import_routes().with_state(Arc::new(imports));
    let routes = routes.merge(imports);
    let exports = operations::exports::export_routes().with_state(Arc::new(exports));
    let routes = routes.merge(exports);
    let routes = routes.merge(catalogue::operator_routes().with_state(Arc::new(catalogue)));
    let routes = routes.merge(reports::routes().with_state(Arc::new(reports)));
    http_edge::build_app(routes.merge(webhooks::admin::routes().with_state(Arc::new(webhooks))))
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", None, &format!("[{group}]"))
}

#[test]
fn every_route_says_who_may() {
    let table: Vec<String> = permission_table().into_keys().collect();
    let mut documented = documented_routes();
    documented.sort();
    assert_eq!(documented, table);
}

/// Any answer but "forbidden" means that the group was allowed: the ids of this test do not exist.
#[tokio::test]
async fn each_group_gets_through_where_the_table_says() {
    let app = app();
    for (route, allowed) in permission_table() {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path
            .replace("{endpoint}", "shop")
            .replace("{id}", "cmp_1")
            .replace("{campaign}", "cmp_1")
            .replace("{customer}", "c-1")
            .replace("{voucher}", "vch_1");
        let path = path
            .replace("{test_send}", "smp_1")
            .replace("{merchant}", "m-1")
            .replace("{kind}", "verticals")
            .replace("{key}", "food")
            .replace("{queue}", "release")
            .replace("{name}", "win-back");
        for group in ["", "viewer", "support", "marketer", "approver", "admin"] {
            let request = Request::builder().method(method).uri(&path).extension(signed_in(group));
            let request =
                request.header("if-match", "\"1\"").header("content-type", "application/json");
            let answer =
                app.clone().oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
            let through = answer.status().as_u16() != 403;
            let expected = group == "admin" || allowed.contains(&group);
            assert_eq!(through, expected, "`{group}` at {route}: {}", answer.status());
        }
    }
}
