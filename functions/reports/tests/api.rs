//! The reports API on real tables: counters in, reports out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeMap, sync::Arc};

use axum::{body::Body, http::Request};
use domain::{
    Date, TimeZone, Timestamp,
    campaign::{Campaign, Kind, State},
    definition::Definition,
    id::{CampaignId, RunId},
    money::Currency,
    report::{Delta, Row},
};
use http_body_util::BodyExt;
use lambda_http::{
    aws_lambda_events::apigw::{
        ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequestContext,
    },
    request::RequestContext,
};
use reports::{Context, Tariff, routes};
use secrets::Secrets;
use serde_json::{Value, json};
use store::{Store, Tables, control::Change, reports::Position, work::new_segments};
use testkit::with_tables;
use tower::ServiceExt;

const REPORTS: &str = "/v1/reports/voucher-campaigns";

struct Api {
    app: axum::Router,
    store: Store,
}

impl Api {
    async fn text(&self, group: &str, path: &str) -> (u16, String) {
        let request = Request::builder().uri(format!("{REPORTS}/{path}")).extension(signed_in(group));
        let response = self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.text("viewer", path).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn launched(&self, id: &str) -> CampaignId {
        let now: Timestamp = "2026-10-01T12:00:00Z".parse().unwrap();
        let document = json!({
            "name": format!("Campaign {id}"), "kind": "promotion",
            "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
            "validity": {"from_issue": {"hours": 168}}, "audience": {"everyone": {}},
            "channels": {"mode": "first_available", "ladder": ["sms"]},
            "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}"}}}},
        });
        let campaign =
            Campaign::draft(CampaignId::parse(id).unwrap(), Definition::parse(document, now).unwrap(), "ada", now);
        let change = Change { actor: "ada", action: "test", note: "", at: now };
        self.store.create_campaign(&campaign, id, &change).await.unwrap();
        let run = RunId::of_promotion(&campaign.id);
        let segments = new_segments(&run, &campaign.id, 1, now);
        self.store.launch(&campaign, State::Running, &run, &segments, &change).await.unwrap();
        campaign.id
    }

    async fn count(&self, campaign: &CampaignId, day: &str, counts: &[(&str, i64)]) {
        let row = Row {
            campaign: campaign.clone(),
            kind: Kind::Promotion,
            currency: Currency::parse("EUR").unwrap(),
            day: day.parse::<Date>().unwrap(),
        };
        let counts = counts.iter().map(|(name, by)| ((*name).to_owned(), *by)).collect();
        let delta: Delta = BTreeMap::from([(row, counts)]);
        let position = Position { name: format!("{campaign}-{day}"), sequence: "1".into() };
        self.store.count(&delta, &BTreeMap::new(), None, &position, 0).await.unwrap();
    }
}

fn signed_in(group: &str) -> RequestContext {
    let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
    jwt.claims.insert("sub".into(), "s-1".into());
    jwt.claims.insert("cognito:groups".into(), format!("[{group}]"));
    let mut authorizer = ApiGatewayRequestAuthorizer::default();
    authorizer.jwt = Some(jwt);
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.authorizer = Some(authorizer);
    RequestContext::ApiGatewayV2(context)
}

async fn with_api(test: impl AsyncFnOnce(&Api)) {
    with_tables(async |tables| {
        let config = &tables.config;
        let store = Store::new(config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let context = Context {
            store: store.clone(),
            secrets: Secrets::new(config),
            cursor_secret: testkit::secret(config).await,
            zone: TimeZone::get("Europe/Madrid").unwrap(),
            zone_name: "Europe/Madrid".into(),
            tariff: Tariff { currency: Currency::parse("EUR").unwrap(), sms: 50_000, email: 100, push: 1 },
        };
        test(&Api { app: http_api::app(routes().with_state(Arc::new(context))), store }).await;
    })
    .await;
}

#[tokio::test]
async fn the_overview_adds_up_days_and_campaigns() {
    with_api(async |api| {
        let (one, two) = (CampaignId::parse("cmp_1").unwrap(), CampaignId::parse("cmp_2").unwrap());
        api.count(&one, "2026-10-31", &[("issued", 9)]).await;
        api.count(
            &one,
            "2026-11-01",
            &[("issued", 3), ("sent", 3), ("sent.sms", 3), ("units.sms", 4), ("revenue", 900)],
        )
        .await;
        api.count(&two, "2026-11-01", &[("issued", 2), ("discount", 500)]).await;
        api.count(&two, "2026-11-02", &[("issued", 1)]).await;
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
        let days: Vec<_> = report["days"].as_array().unwrap().iter().map(|day| (&day["day"], &day["issued"])).collect();
        assert_eq!(days, [(&"2026-11-01".into(), &5.into()), (&"2026-11-02".into(), &1.into())]);
        let (_, table) = api.text("viewer", "overview?from=2026-11-02&to=2026-11-02&format=csv").await;
        assert!(table.starts_with("day,kind,currency,issued,"), "{table}");
        assert!(table.contains("\r\n2026-11-02,promotion,EUR,1,"), "{table}");
    })
    .await;
}

#[tokio::test]
async fn campaigns_are_shown_with_what_they_brought_and_cost() {
    with_api(async |api| {
        let one = api.launched("cmp_1").await;
        let two = api.launched("cmp_2").await;
        let counts = [
            ("issued", 3),
            ("sent.sms", 2),
            ("units.sms", 4),
            ("revenue", 5_200),
            ("discount", 1_000),
            ("skipped.no_consent", 7),
        ];
        api.count(&one, "2026-11-01", &counts).await;
        api.count(&one, "2026-11-02", &[("issued", 1)]).await;
        api.count(&two, "2026-12-01", &[("issued", 5)]).await;
        let (status, report) = api.get("campaign-perf?from=2026-11-01&to=2026-11-30").await;
        assert_eq!(status, 200);
        let items = report["items"].as_array().unwrap();
        let found: Vec<_> =
            items.iter().map(|it| (it["campaign_id"].as_str().unwrap(), it["issued"].as_i64().unwrap())).collect();
        assert_eq!(found, [("cmp_2", 0), ("cmp_1", 4)]);
        let shown = &items[1];
        assert_eq!((&shown["voucher_cost"], &shown["message_cost"]), (&1_000.into(), &20.into()));
        assert_eq!((&shown["return_on_cost"], &shown["currency"]), (&"5.10".into(), &"EUR".into()));
        assert_eq!((&shown["channels"]["sms"]["units"], &shown["skips"]["no_consent"]), (&4.into(), &7.into()));
        // page by page, and a cursor is good for its own days only
        let (_, first) = api.get("campaign-perf?from=2026-11-01&to=2026-11-30&limit=1").await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let (_, second) =
            api.get(&format!("campaign-perf?from=2026-11-01&to=2026-11-30&limit=1&cursor={cursor}")).await;
        assert_eq!((&second["items"][0]["campaign_id"], &second["next_cursor"]), (&"cmp_1".into(), &Value::Null));
        let (status, refused) =
            api.get(&format!("campaign-perf?from=2026-11-02&to=2026-11-30&limit=1&cursor={cursor}")).await;
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
            for report in ["overview", "campaign-perf"] {
                let (answered, body) = api.get(&format!("{report}?{query}")).await;
                assert_eq!((answered, body["code"].as_str()), (status, Some(code)), "{report}?{query}");
            }
        }
        assert_eq!(api.text("nobody", "overview").await.0, 403);
        assert_eq!(api.text("nobody", "campaign-perf").await.0, 403);
    })
    .await;
}
