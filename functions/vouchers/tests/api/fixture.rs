//! The test fixture: the vouchers API on an in-memory AWS, a launched campaign, issued vouchers,
//! and a clock that the test sets.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use api_keys::{ApiKeySource, SignatureVerifier};
use axum::{body::Body, http::Request};
use domain::{
    campaign::{
        basket::Basket,
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
    },
    customer::changes::CustomerReplacement,
    kernel::{
        api_key::ApiKey,
        channel::Channel,
        id::{ApiKeyId, OrderEventId, OrderId, RunId, VoucherId},
        money::Currency,
    },
    voucher::{
        combination::CombinationPolicy,
        order_event::{OrderChange, OrderEvent},
        record::Voucher,
    },
};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use futures::FutureExt;
use http_body_util::BodyExt;
use http_edge::signed_request::SigningKey;
use runtime::clock::simulated;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition, VoucherSwitch, settings::SettingName},
    conditional::Applied,
    delivery::segments::new_segments,
    voucher::{issue::IssueResult, order_events::OrderOutcome, records::VoucherKey},
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, basket, campaign_id, customer_id, definition, noon, voucher},
};
use tower::ServiceExt;
use vouchers::{VouchersContext, router};

pub const SECOND: i64 = 1_000;
pub const HOUR: i64 = 3_600 * SECOND;
/// The milliseconds in which a voucher of the ordinary definition can be accepted.
pub const ACCEPT_WITHIN: i64 = 168 * HOUR;
/// The milliseconds after its acceptance in which it can be redeemed.
pub const REDEEM_WITHIN: i64 = 72 * HOUR;
const KEY: SigningKey<'_> =
    SigningKey { id: "backend", secret: b"the secret of the app backend, 32" };

#[derive(Debug, Clone, PartialEq)]
pub struct TestAnswer {
    pub status: u16,
    pub body: Value,
}

impl TestAnswer {
    /// Checks a successful answer, and returns its body.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
    /// Checks that it is the one refusal that the app backend ever gets.
    #[track_caller]
    pub fn refused(self) {
        let refusal = (self.status, self.body["code"].as_str().unwrap_or_default());
        assert_eq!(refusal, (409, "voucher_refused"), "{}", self.body);
    }
}

/// One customer's voucher, by its path.
#[derive(Debug, Clone)]
pub struct VoucherPath {
    pub customer: String,
    pub voucher: String,
}

pub struct VouchersFixture {
    pub store: Store,
    pub campaign: Campaign,
    app: axum::Router,
    lose_answer: Arc<Mutex<bool>>,
    /// The reads of several items at once that were made so far.
    batch_reads: Arc<AtomicU32>,
}

impl VouchersFixture {
    /// Launches a promotion at noon; `change` is merged into the ordinary definition, 5.00 EUR off.
    pub async fn new(change: Value) -> Self {
        simulated::set_now(Some(noon()));
        let lose_answer = Arc::new(Mutex::new(false));
        let batch_reads = Arc::new(AtomicU32::new(0));
        let gate = call_gate(lose_answer.clone(), batch_reads.clone());
        let memory = FakeAws::with_gate(testkit::table_schemas(), gate);
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let campaign = launch(&store, "cmp_1", change).await;
        Self { app: vouchers_app(&store), campaign, store, lose_answer, batch_reads }
    }

    /// Launches one more promotion; `change` is merged into the ordinary definition.
    pub async fn launch(&self, id: &str, change: Value) -> Campaign {
        launch(&self.store, id, change).await
    }

    /// Lets an order take so many vouchers. The function starts anew, so that it does not answer
    /// from its cache.
    pub async fn allow_vouchers(&mut self, max_vouchers: usize) {
        let policy = CombinationPolicy { max_vouchers, ..CombinationPolicy::default() };
        let change = AuditedChange { actor: "ada", action: "set", note: "", at: noon() };
        let saved = self.store.save_setting(SettingName::Combination, 0, &policy, &change).await;
        assert_eq!(saved.unwrap(), Applied::Yes);
        self.app = vouchers_app(&self.store);
    }

    pub async fn put_customer(&self, customer: &str) {
        self.put_profile(customer, &json!({"zone": "UTC"})).await;
    }

    pub async fn put_profile(&self, customer: &str, profile: &Value) {
        let put: CustomerReplacement = serde_json::from_value(json!({"profile": profile})).unwrap();
        self.store.put_customer(&customer_id(customer), &put, euros()).await.unwrap();
    }

    /// Issues a voucher to the customer.
    pub async fn issue(&self, customer: &str) -> VoucherPath {
        self.issue_of(&self.campaign, customer).await
    }

    /// Issues a voucher of a campaign to the customer.
    pub async fn issue_of(&self, campaign: &Campaign, customer: &str) -> VoucherPath {
        self.put_customer(customer).await;
        let issued = voucher(&campaign.id, &campaign.definition, customer, Channel::Push);
        self.write_record(&issued).await
    }

    /// Issues a voucher and accepts it.
    pub async fn issue_accepted(&self, customer: &str) -> VoucherPath {
        self.issue_accepted_of(&self.campaign, customer).await
    }

    pub async fn issue_accepted_of(&self, campaign: &Campaign, customer: &str) -> VoucherPath {
        let path = self.issue_of(campaign, customer).await;
        self.accept(&path).await.ok();
        path
    }

    pub async fn write_record(&self, record: &Voucher) -> VoucherPath {
        assert_eq!(self.store.issue_voucher(record).await.unwrap(), IssueResult::First);
        voucher_path(record.customer.as_str(), record.id.as_str())
    }

    /// Cancels the campaign and revokes these vouchers. The function starts anew, so that it does
    /// not answer from its cache of two seconds.
    pub async fn cancel(&mut self, revoke: RevokeScope) {
        let summary = self.store.campaign_summary(&self.campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let step = StateTransition::from_summary(&summary, CampaignAction::Cancel, now).unwrap();
        let step = StateTransition { revoke: Some(revoke), ..step };
        let change = AuditedChange { actor: "ada", action: "cancel", note: "", at: now };
        assert_eq!(self.store.transition_campaign(&step, &change).await.unwrap(), Applied::Yes);
        self.app = vouchers_app(&self.store);
    }

    /// Suspends or resumes redeeming, or revokes vouchers. The function keeps its cache.
    pub async fn switch(&self, switch: VoucherSwitch) {
        let campaign = self.store.campaign(&self.campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let change = AuditedChange { actor: "ada", action: "switch", note: "", at: now };
        let written = self.store.switch_vouchers(&campaign, &switch, &change).await.unwrap();
        assert_eq!(written, Applied::Yes);
    }

    /// Returns the reason of the last refusal, as it is kept with the voucher.
    pub async fn refusal(&self, customer: &str) -> String {
        let vouchers = self.store.customer_vouchers(&customer_id(customer)).await.unwrap();
        vouchers[0].last_refusal.as_ref().unwrap().reason.code().to_owned()
    }

    /// Sets the clock to so many milliseconds after noon.
    pub fn set_time(&self, milliseconds: i64) {
        simulated::set_now(Some(add_milliseconds(noon(), milliseconds)));
    }

    /// Returns the number of reads of several items at once that were made so far.
    pub fn batch_reads(&self) -> u32 {
        self.batch_reads.load(Ordering::Relaxed)
    }

    /// Loses the answer to the next write, which is performed.
    pub fn lose_next_answer(&self) {
        *self.lose_answer.lock().unwrap() = true;
    }

    pub async fn accept(&self, path: &VoucherPath) -> TestAnswer {
        self.post(path, "accept", &json!({})).await
    }
    pub async fn decline(&self, path: &VoucherPath) -> TestAnswer {
        self.post(path, "decline", &json!({})).await
    }
    pub async fn quote(&self, customer: &str, basket: &Basket) -> Value {
        self.checkout(customer, "quote", &json!({ "basket": basket })).await.ok()
    }
    /// Holds a voucher for an order of 20.00 EUR.
    pub async fn hold(&self, path: &VoucherPath, key: &str, seconds: i64) -> TestAnswer {
        let vouchers = [&path.voucher];
        let hold = json!({
            "hold_key": key, "ttl_seconds": seconds, "vouchers": vouchers, "basket": basket(2_000),
        });
        self.checkout(&path.customer, "hold", &hold).await
    }
    pub async fn release(&self, path: &VoucherPath, key: &str) -> TestAnswer {
        let release = json!({"hold_key": key, "vouchers": [&path.voucher]});
        self.checkout(&path.customer, "release", &release).await
    }
    /// Redeems it on an order of 20.00 EUR without a hold.
    pub async fn redeem(&self, path: &VoucherPath, order: &str) -> TestAnswer {
        self.redeem_set(&[path], order, &basket(2_000)).await
    }
    pub async fn redeem_with(&self, path: &VoucherPath, order: &str, key: &str) -> TestAnswer {
        let redeem = json!({
            "order_id": order, "hold_key": key, "vouchers": [&path.voucher], "basket": basket(2_000),
        });
        self.checkout(&path.customer, "redeem", &redeem).await
    }
    pub async fn redeem_set(
        &self,
        paths: &[&VoucherPath],
        order: &str,
        basket: &Basket,
    ) -> TestAnswer {
        let vouchers: Vec<&String> = paths.iter().map(|path| &path.voucher).collect();
        let redeem = json!({"order_id": order, "vouchers": vouchers, "basket": basket});
        self.checkout(&paths[0].customer, "redeem", &redeem).await
    }
    /// Takes a voucher off an order by hand.
    pub async fn reverse(&self, path: &VoucherPath, order: &str, event: &str) -> TestAnswer {
        let reversal = json!({"event_id": event, "order_id": order, "reason": "charged twice"});
        self.post(path, "reverse", &reversal).await
    }
    pub async fn checkout(&self, customer: &str, action: &str, body: &Value) -> TestAnswer {
        let path = format!("/v1/customers/{customer}/checkout/{action}");
        self.send(signed_request("POST", &path, body.to_string())).await
    }
    pub async fn wallet(&self, customer: &str) -> TestAnswer {
        let path = format!("/v1/customers/{customer}/vouchers");
        self.send(signed_request("GET", &path, String::new())).await
    }

    /// Records an order event as the orders API does.
    pub async fn report(
        &self,
        customer: &str,
        order: &str,
        event: &str,
        change: OrderChange,
    ) -> OrderOutcome {
        let event = OrderEvent {
            cart: None,
            event: OrderEventId::parse(event).unwrap(),
            order: OrderId::parse(order).unwrap(),
            customer: customer_id(customer),
            at: noon(),
            change,
        };
        self.store.record_order(&event, euros(), runtime::clock::now()).await.unwrap()
    }

    /// Returns the voucher as it is stored.
    pub async fn stored(&self, path: &VoucherPath) -> Voucher {
        let customer = customer_id(&path.customer);
        let voucher = VoucherId::parse(&path.voucher).unwrap();
        self.store.voucher(&VoucherKey { customer, voucher }).await.unwrap().unwrap()
    }

    async fn post(&self, path: &VoucherPath, action: &str, body: &Value) -> TestAnswer {
        self.send(signed_request("POST", &path.action(action), body.to_string())).await
    }

    /// Signs an action on a voucher once, and returns what sends exactly this request as often as
    /// it is called.
    pub fn capture(
        &self,
        path: &VoucherPath,
        action: &str,
        body: &Value,
    ) -> impl Fn() -> Request<Body> + use<> {
        capture(&path.action(action), body)
    }

    /// Signs a step of a checkout once, likewise.
    pub fn capture_checkout(
        &self,
        path: &VoucherPath,
        action: &str,
        body: &Value,
    ) -> impl Fn() -> Request<Body> + use<> {
        capture(&path.checkout(action), body)
    }

    pub async fn send(&self, request: Request<Body>) -> TestAnswer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        TestAnswer { status, body: serde_json::from_slice(&bytes).unwrap() }
    }

    /// Returns what is left of the campaign's cap on redeemed amounts.
    pub async fn redeemed_remaining(&self) -> i64 {
        self.store.quota(&self.campaign.id).await.unwrap().unwrap().redeemed
    }
}

impl VoucherPath {
    pub fn checkout(&self, action: &str) -> String {
        format!("/v1/customers/{}/checkout/{action}", self.customer)
    }
    pub fn action(&self, action: &str) -> String {
        format!("/v1/customers/{}/vouchers/{}/{action}", self.customer, self.voucher)
    }
}

fn capture(path: &str, body: &Value) -> impl Fn() -> Request<Body> + use<> {
    let body = body.to_string();
    let (parts, _) = signed_request("POST", path, body.clone()).into_parts();
    move || Request::from_parts(parts.clone(), Body::from(body.clone()))
}

async fn launch(store: &Store, id: &str, change: Value) -> Campaign {
    let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
    let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
    store.create_campaign(&draft, id, &change("create")).await.unwrap();
    let run = RunId::of_promotion(&draft.id);
    let segments = new_segments(&run, &draft.id, 1, noon());
    let launched = store
        .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change("launch"))
        .await;
    assert_eq!(launched.unwrap(), Applied::Yes);
    draft
}

pub fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub fn voucher_path(customer: &str, voucher: &str) -> VoucherPath {
    VoucherPath { customer: customer.to_owned(), voucher: voucher.to_owned() }
}

/// Builds the function as a cold start does.
pub fn vouchers_app(store: &Store) -> axum::Router {
    let id = ApiKeyId::parse(KEY.id).unwrap();
    let key = ApiKey::with_all_scopes(id, vec![KEY.secret.to_vec()]);
    let keys = ApiKeySource::Given(Arc::new([key]));
    let verifier = SignatureVerifier::new(keys, store.clone(), runtime::clock::now);
    http_edge::build_app(router(Arc::new(VouchersContext::new(store.clone(), euros())), verifier))
}

/// Signs a request with an id of its own.
pub fn signed_request(method: &str, path: &str, body: String) -> Request<Body> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let id = format!("msg_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    signed_as(&id, method, path, body)
}

/// Signs a request with this id.
pub fn signed_as(id: &str, method: &str, path: &str, body: String) -> Request<Body> {
    let now = runtime::clock::now();
    let headers = KEY.sign_request(id, now, (method, path), body.as_bytes());
    let request = Request::builder().method(method).uri(path);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(Body::from(body)).unwrap()
}

/// Lets every call proceed and counts some, but loses the answer to one write if the test has said
/// so. Concurrent requests take turns.
fn call_gate(lose_answer: Arc<Mutex<bool>>, batch_reads: Arc<AtomicU32>) -> CallGate {
    Arc::new(move |call| {
        batch_reads.fetch_add(u32::from(call.operation == "BatchGetItem"), Ordering::Relaxed);
        let lost = call.writes && std::mem::take(&mut *lose_answer.lock().unwrap());
        async move {
            tokio::task::yield_now().await;
            if lost { CallVerdict::LoseAnswer } else { CallVerdict::Proceed }
        }
        .boxed()
    })
}
