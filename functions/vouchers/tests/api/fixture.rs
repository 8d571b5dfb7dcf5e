//! The test fixture: the vouchers API on an in-memory AWS, a launched campaign, issued vouchers, and
//! a clock that the test sets.

use std::sync::{Arc, Mutex};

use axum::{body::Body, http::Request};
use domain::{
    campaign::{
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
    },
    kernel::{channel::Channel, id::RunId},
    voucher::record::Voucher,
};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use futures::FutureExt;
use http_body_util::BodyExt;
use http_edge::{SignatureVerifier, webhook};
use runtime::clock::simulated;
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition, VoucherSwitch},
    conditional::Applied,
    delivery::segments::new_segments,
    voucher::issue::IssueResult,
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
const SECRET: &[u8] = b"the secret of the app backend, 32";

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
pub struct VoucherPath(String);

pub struct VouchersFixture {
    pub store: Store,
    pub campaign: Campaign,
    app: axum::Router,
    lose_answer: Arc<Mutex<bool>>,
}

impl VouchersFixture {
    /// Launches a promotion at noon; `change` is merged into the ordinary definition, 5.00 EUR off.
    pub async fn new(change: Value) -> Self {
        simulated::set_now(Some(noon()));
        let lose_answer = Arc::new(Mutex::new(false));
        let memory = FakeAws::with_gate(testkit::table_schemas(), write_gate(lose_answer.clone()));
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let draft = Campaign::draft(campaign_id("cmp_1"), definition(change), "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "cmp_1", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        let launched = store
            .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change("launch"))
            .await;
        assert_eq!(launched.unwrap(), Applied::Yes);
        Self { app: vouchers_app(&store), campaign: draft, store, lose_answer }
    }

    /// Issues a voucher to the customer.
    pub async fn issue(&self, customer: &str) -> VoucherPath {
        let issued = voucher(&self.campaign.id, &self.campaign.definition, customer, Channel::Push);
        self.write_record(&issued).await
    }

    /// Issues a voucher and accepts it.
    pub async fn issue_accepted(&self, customer: &str) -> VoucherPath {
        let path = self.issue(customer).await;
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
    pub async fn validate(&self, path: &VoucherPath, units: i64) -> TestAnswer {
        self.post(path, "validate", &json!({"basket": basket(units)})).await
    }
    pub async fn hold(&self, path: &VoucherPath, key: &str, seconds: i64) -> TestAnswer {
        let hold = json!({"hold_key": key, "ttl_seconds": seconds, "basket": basket(2_000)});
        self.post(path, "hold", &hold).await
    }
    pub async fn release(&self, path: &VoucherPath, key: &str) -> TestAnswer {
        self.post(path, "release", &json!({"hold_key": key})).await
    }
    /// Redeems it on an order of 20.00 EUR without a hold.
    pub async fn redeem(&self, path: &VoucherPath, order: &str) -> TestAnswer {
        self.post(path, "redeem", &json!({"order_id": order, "basket": basket(2_000)})).await
    }
    pub async fn redeem_with(&self, path: &VoucherPath, order: &str, key: &str) -> TestAnswer {
        let redeem = json!({"order_id": order, "hold_key": key, "basket": basket(2_000)});
        self.post(path, "redeem", &redeem).await
    }
    pub async fn cancel_order(&self, path: &VoucherPath, order: &str) -> TestAnswer {
        self.post(path, "reverse", &json!({"event": "cancelled", "order_id": order})).await
    }
    /// Refunds so many units of the order; `remaining` is what is left of its lines.
    pub async fn refund(
        &self,
        path: &VoucherPath,
        order: &str,
        refund: &str,
        units: i64,
        remaining: i64,
    ) -> TestAnswer {
        let refund = json!({
            "event": "refunded", "order_id": order, "refund_id": refund,
            "refunded": {"amount": units, "currency": "EUR"},
            "remaining_basket": basket(remaining),
        });
        self.post(path, "reverse", &refund).await
    }

    async fn post(&self, path: &VoucherPath, action: &str, body: &Value) -> TestAnswer {
        let request = signed_request("POST", &format!("{}/{action}", path.0), body.to_string());
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

pub fn voucher_path(customer: &str, voucher: &str) -> VoucherPath {
    VoucherPath(format!("/v1/customers/{customer}/vouchers/{voucher}"))
}

/// Builds the function as a cold start does.
pub fn vouchers_app(store: &Store) -> axum::Router {
    let verifier =
        SignatureVerifier::new(runtime::clock::now, || async { Ok(vec![SECRET.to_vec()]) });
    http_edge::build_app(router(Arc::new(VouchersContext::new(store.clone())), verifier))
}

pub fn signed_request(method: &str, path: &str, body: String) -> Request<Body> {
    let at = runtime::clock::now();
    let signature = webhook::sign_message(SECRET, "msg_1", at, body.as_bytes());
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(webhook::ID, "msg_1")
        .header(webhook::TIMESTAMP, at.as_second().to_string())
        .header(webhook::SIGNATURE, signature);
    request.body(Body::from(body)).unwrap()
}

/// Lets every call proceed, but loses the answer to one write if the test has said so. Concurrent
/// requests take turns.
fn write_gate(lose_answer: Arc<Mutex<bool>>) -> CallGate {
    Arc::new(move |call| {
        let lost = call.writes && std::mem::take(&mut *lose_answer.lock().unwrap());
        async move {
            tokio::task::yield_now().await;
            if lost { CallVerdict::LoseAnswer } else { CallVerdict::Proceed }
        }
        .boxed()
    })
}
