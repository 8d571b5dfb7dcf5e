//! The wallet of a customer with more vouchers than it shows, on the AWS in memory: the newest are shown, an open one is found however old
//! it is, and many campaigns are asked at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{body::Body, http::Request};
use domain::{
    Timestamp,
    campaign::Campaign,
    channel::Channel,
    customer_change::Replacement,
    id::{Occurrence, VoucherId},
    money::Currency,
    voucher::{Status, Voucher},
};
use http_api::{Verifier, webhook};
use http_body_util::BodyExt;
use memory_aws::{Memory, Verdict};
use serde_json::{Value, json};
use store::{Store, Tables, control::Change};
use testkit::{
    TestTables,
    builders::{campaign_id, customer_id, definition, later, noon, voucher},
};
use tower::ServiceExt;
use vouchers::{Context, router};

const SECRET: &[u8] = b"the secret of the app backend, 32";
const CAMPAIGNS: i64 = 300;
const VOUCHERS: i64 = 1_200;
const MINUTE: i64 = 60_000;

/// How many calls there were, and how many of them were under way at once.
#[derive(Default)]
struct Calls {
    all: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

struct Stage {
    app: axum::Router,
    store: Store,
    calls: Arc<Calls>,
}

impl Stage {
    fn new() -> Self {
        let calls = Arc::<Calls>::default();
        let seen = calls.clone();
        let memory = Memory::gated(
            testkit::schemas(),
            Arc::new(move |_| {
                let seen = seen.clone();
                seen.all.fetch_add(1, Ordering::Relaxed);
                let under_way = seen.now.fetch_add(1, Ordering::Relaxed) + 1;
                seen.most.fetch_max(under_way, Ordering::Relaxed);
                Box::pin(async move {
                    // whoever is asked at the same time has come by then
                    tokio::task::yield_now().await;
                    seen.now.fetch_sub(1, Ordering::Relaxed);
                    Verdict::Proceed
                })
            }),
        );
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let verifier = Verifier::new(Timestamp::now, || async { Ok(vec![SECRET.to_vec()]) });
        let app = http_api::app(router(Arc::new(Context::new(store.clone())), verifier));
        Self { app, store, calls }
    }

    /// Vouchers of `c-1`, a minute apart, the newest first; the last is the only one that is not declined.
    async fn filled(&self) {
        let put: Replacement = serde_json::from_value(json!({"profile": {"zone": "UTC"}})).unwrap();
        self.store.put_customer(&customer_id("c-1"), &put, Currency::parse("EUR").unwrap()).await.unwrap();
        let ordinary = definition(json!({}));
        for number in 0..CAMPAIGNS {
            let draft = Campaign::draft(campaign_id(&format!("cmp_{number}")), ordinary.clone(), "ada", noon());
            let change = Change { actor: "ada", action: "create", note: "", at: noon() };
            self.store.create_campaign(&draft, &format!("f-{number}"), &change).await.unwrap();
        }
        for number in 0..VOUCHERS {
            let campaign = campaign_id(&format!("cmp_{}", number % CAMPAIGNS));
            let base = voucher(&campaign, &ordinary, "c-1", Channel::Sms);
            let occurrence = Occurrence::parse(&format!("o-{number}")).unwrap();
            let id = VoucherId::derive(&campaign, &customer_id("c-1"), &occurrence);
            let status = if number == VOUCHERS - 1 { Status::Redeemed } else { Status::Declined };
            let issued_at = later(noon(), -number * MINUTE);
            self.store.restore(&Voucher { id, occurrence, status, issued_at, ..base }).await.unwrap();
        }
    }

    async fn wallet(&self, query: &str) -> Vec<Value> {
        let (path, at) = (format!("/v1/customers/c-1/vouchers{query}"), Timestamp::now());
        let request = Request::builder()
            .uri(path)
            .header(webhook::ID, "msg_1")
            .header(webhook::TIMESTAMP, at.as_second().to_string())
            .header(webhook::SIGNATURE, webhook::sign(SECRET, "msg_1", at, b""));
        let response = self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        body.get("items").and_then(Value::as_array).unwrap().clone()
    }
}

#[tokio::test]
async fn of_more_than_a_thousand_vouchers_the_newest_are_shown_and_an_old_one_is_found_by_its_status() {
    let stage = Stage::new();
    stage.filled().await;
    let before = stage.calls.all.load(Ordering::Relaxed);
    stage.calls.most.store(0, Ordering::Relaxed);
    let shown = stage.wallet("").await;
    let issued: Vec<&str> = shown.iter().filter_map(|it| it.get("issued_at")?.as_str()).collect();
    let newest: Vec<String> = (0..1_000).map(|number| later(noon(), -number * MINUTE).to_string()).collect();
    assert_eq!(issued, newest);
    // the customer, two pages of records, and of each campaign where it stands and what it says
    let asked = stage.calls.all.load(Ordering::Relaxed) - before;
    assert!(asked <= 3 + 2 * CAMPAIGNS as usize, "{asked} calls");
    assert!(stage.calls.most.load(Ordering::Relaxed) > 8, "campaigns are asked one by one");
    let redeemed = stage.wallet("?status=redeemed").await;
    let oldest = later(noon(), -(VOUCHERS - 1) * MINUTE).to_string();
    assert_eq!(redeemed.iter().map(|it| it.get("issued_at").cloned()).collect::<Vec<_>>(), [Some(oldest.into())]);
    assert!(stage.wallet("?status=accepted").await.is_empty());
}
