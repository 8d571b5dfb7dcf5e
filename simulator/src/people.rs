//! Plays every actor outside the platform: operators through the admin APIs, the app backend
//! through its signed requests, and the providers through their events.
//!
//! A caller that gets no answer asks again, as the API documentation requires.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
    rc::Rc,
};

use axum::{Router, body::Body};
use domain::{
    Timestamp,
    campaign::State,
    id::CustomerId,
    voucher::{Status, Voucher},
};
use http::Request;
use http_api::webhook;
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use memory_aws::Mail;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    contexts::SECRET,
    invariants::View,
    office::Who,
    plan::{Deed, Fault},
    platform::Ended,
    world::{World, campaign_id},
};

/// The time limit of an API invocation, in seconds.
const API_SECONDS: i64 = 10;

/// A pending API request, kept until its answer arrives.
#[derive(Debug, Clone)]
struct Asked {
    what: What,
    path: String,
    method: &'static str,
    body: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Campaign,
    Customer,
    /// An order, a cancellation, a cart event or a behaviour event, by its name in `People::told`.
    Told(String),
    Voucher,
}

/// An event that the app backend reports about a customer, sent again until it is answered.
#[derive(Debug, Clone)]
pub struct Told {
    pub customer: CustomerId,
    path: String,
    pub body: Value,
    pub answered: bool,
}

#[derive(Default)]
pub struct People {
    pub customers: Vec<CustomerId>,
    asked: BTreeMap<u32, Asked>,
    /// Reported events by name: `o1` is an order, `x.o1` its cancellation, `e.1` a behaviour event,
    /// `k.1` a cart event.
    pub told: BTreeMap<String, Told>,
    launched: bool,
    next: u32,
}

impl People {
    /// Returns true when every reported event is answered and the campaign is neither a draft nor
    /// paused.
    pub fn finished(&self, view: &View) -> bool {
        self.launched
            && view.state != State::Paused
            && view.state != State::Draft
            && self.told.values().all(|told| told.answered)
    }
    /// Counts each customer's reported orders that were not cancelled.
    pub fn orders_told(&self) -> BTreeMap<CustomerId, u64> {
        let mut orders: BTreeMap<CustomerId, u64> = BTreeMap::new();
        for (name, told) in self.told.iter().filter(|(name, _)| name.starts_with('o')) {
            let cancelled = self.told.contains_key(&format!("x.{name}"));
            *orders.entry(told.customer.clone()).or_default() += u64::from(!cancelled);
        }
        orders
    }
    pub fn next_id(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}{}", self.next)
    }
    pub fn tells(&mut self, name: &str, customer: CustomerId, path: &str, body: &Value) {
        let told = Told { customer, path: path.to_owned(), body: body.clone(), answered: false };
        self.told.entry(name.to_owned()).or_insert(told);
    }
    pub fn told_before(&self, kind: &str, draw: &mut fastrand::Rng) -> Option<(String, String, Value)> {
        let known: Vec<_> = self.told.iter().filter(|(name, _)| name.starts_with(kind)).collect();
        if known.is_empty() {
            return None;
        }
        known.get(draw.usize(..known.len())).map(|(name, told)| ((*name).clone(), told.path.clone(), told.body.clone()))
    }
    pub fn an_order(&self, draw: &mut fastrand::Rng) -> Option<(String, CustomerId)> {
        let (name, _, body) = self.told_before("o", draw)?;
        let customer = CustomerId::parse(body["customer_id"].as_str()?).ok()?;
        Some((name, customer))
    }
    pub fn gave_up(&mut self, number: u32) {
        self.asked.remove(&number);
    }
}

impl World {
    pub fn launch(&mut self) {
        let times = if self.plan.deeds.contains(&Deed::LaunchTwice) { 2 } else { 1 };
        for _ in 0..times {
            self.operator("POST", "/launch", json!(null));
        }
        self.people.launched = true;
    }

    /// Performs one of the plan's actions; once faults have stopped, only what the campaign needs
    /// to finish.
    pub fn somebody_does(&mut self) {
        if !self.chaos {
            return self.bring_to_its_end();
        }
        if self.somebody_in_the_office() {
            return;
        }
        if self.view.state == State::Draft && self.draw.bool() {
            return self.operator("POST", "/launch", json!(null));
        }
        let deeds: Vec<Deed> = self.plan.deeds.iter().copied().collect();
        if deeds.is_empty() {
            return;
        }
        let Some(deed) = deeds.get(self.draw.usize(..deeds.len())).copied() else { return };
        // a consent that changes while a worker is frozen is what its successor finds
        let frozen = self.platform.frozen_channel(self.now).is_some() && self.plan.deeds.contains(&Deed::Consent);
        let deed = if frozen && self.draw.u32(..100) < 75 { Deed::Consent } else { deed };
        match deed {
            Deed::Consent => self.consent(),
            Deed::Order => self.order(),
            Deed::Accept => self.accept(),
            Deed::Redeem => self.redeem(),
            Deed::Reverse => self.reverse(),
            Deed::Pause => {
                if self.view.state != State::Paused && self.draw.u32(..100) < 60 {
                    return;
                }
                let action = if self.view.state == State::Paused { "/resume" } else { "/pause" };
                self.operator("POST", action, json!(null));
            }
            Deed::Cancel => {
                // rare, because a cancellation leaves little to observe afterwards
                if self.draw.u32(..100) < 4 {
                    let revoke = if self.draw.bool() { "none" } else { "issued" };
                    self.operator("POST", "/cancel", json!({ "revoke": revoke }));
                }
            }
            Deed::Caps => {
                if let Some(cap) = self.plan.cap {
                    let cap = self.draw.u64(1..=cap + 3);
                    self.operator("PATCH", "", json!({"caps": {"vouchers": cap}}));
                }
            }
            // a late second launch is rare, because it is only refused
            Deed::LaunchTwice => {
                if self.draw.u32(..100) < 15 {
                    self.operator("POST", "/launch", json!(null));
                }
            }
            Deed::Event => self.event_happens(),
            Deed::Cart => self.cart_moves(),
            Deed::CancelOrder => self.order_is_cancelled(),
            Deed::Zone => self.somebody_moves(),
        }
        self.coverage.event(deed.name());
    }

    fn bring_to_its_end(&mut self) {
        if self.view.state == State::Draft {
            return self.bring_to_its_start();
        }
        if self.view.state == State::Paused {
            return self.operator("POST", "/resume", json!(null));
        }
        let open = self.people.told.iter().find(|(_, told)| !told.answered);
        if let Some((name, told)) = open.map(|(name, told)| (name.clone(), told.clone())) {
            let asking = self.people.asked.values().any(|asked| asked.what == What::Told(name.clone()));
            if !asking {
                self.app("POST", told.path, told.body, What::Told(name));
            }
        }
    }

    pub fn somebody(&mut self) -> Option<CustomerId> {
        let index = self.draw.usize(..self.people.customers.len().max(1));
        self.people.customers.get(index).cloned()
    }

    fn consent(&mut self) {
        let Some(customer) = self.somebody() else { return };
        let channel = ["sms", "email", "push"].get(self.draw.usize(..3)).copied().unwrap_or("sms");
        let channel = self.platform.frozen_channel(self.now).unwrap_or(channel);
        // in a close-quarters scenario a denied consent makes the customer fall back to another
        // channel
        let denied = if self.plan.close { 90 } else { 60 };
        let state = if self.draw.u32(..100) < denied { "denied" } else { "granted" };
        let body = json!({"state": state, "source": "app_settings", "at": self.time().to_string()});
        self.app("PUT", format!("/v1/customers/{customer}/consents/{channel}"), body, What::Customer);
    }

    fn order(&mut self) {
        if self.plan.autopilot.is_some() && !self.is_heard() {
            return;
        }
        // some orders are reported twice
        let known = self.people.told.keys().any(|name| name.starts_with('o'));
        if known && self.draw.u32(..100) < 30 {
            let Some((name, path, body)) = self.people.told_before("o", &mut self.draw) else { return };
            return self.app("POST", path, body, What::Told(name));
        }
        if let Some(customer) = self.somebody() {
            self.order_of(customer);
        }
    }

    pub fn order_of(&mut self, customer: CustomerId) {
        let order = self.people.next_id("o");
        let body = json!({
            "event": "placed", "order_id": order, "customer_id": customer.as_str(), "at": self.time().to_string(),
            "vertical": "food", "merchant": "m1", "total": {"amount": 1_500, "currency": "EUR"},
        });
        self.people.tells(&order, customer, "/v1/orders", &body);
        self.app("POST", "/v1/orders".to_owned(), body, What::Told(order));
    }

    fn a_voucher(&mut self, wanted: &[Status]) -> Option<Voucher> {
        let fitting: Vec<&Voucher> =
            self.view.vouchers.values().filter(|voucher| wanted.contains(&voucher.status)).collect();
        if fitting.is_empty() {
            return None;
        }
        fitting.get(self.draw.usize(..fitting.len())).map(|voucher| (*voucher).clone())
    }

    fn voucher_path(voucher: &Voucher, action: &str) -> String {
        format!("/v1/customers/{}/vouchers/{}/{action}", voucher.customer, voucher.id)
    }

    /// Accepts a voucher, often from two devices at once.
    fn accept(&mut self) {
        let Some(voucher) = self.a_voucher(&[Status::Issued, Status::Issued, Status::Accepted]) else { return };
        for _ in 0..self.draw.usize(1..=2) {
            self.app("POST", Self::voucher_path(&voucher, "accept"), json!({}), What::Voucher);
        }
    }

    /// Redeems a voucher, often from two checkouts at once.
    fn redeem(&mut self) {
        let Some(voucher) = self.a_voucher(&[Status::Accepted, Status::Redeemed, Status::Issued]) else { return };
        for _ in 0..self.draw.usize(1..=2) {
            let order = format!("r{}-{}", voucher.customer, self.draw.u32(..3));
            let basket = json!({
                "currency": "EUR", "delivery_fee": 0, "first_order": false,
                "lines": [{"vertical": "food", "merchant": "m1", "amount": 1_500}],
            });
            let body = json!({"order_id": order, "basket": basket});
            self.app("POST", Self::voucher_path(&voucher, "redeem"), body, What::Voucher);
        }
    }

    fn reverse(&mut self) {
        let Some(voucher) = self.a_voucher(&[Status::Redeemed, Status::Reversed]) else { return };
        let Some(redemption) = &voucher.redemption else { return };
        let body = if self.draw.bool() {
            json!({"event": "cancelled", "order_id": redemption.order.as_str()})
        } else {
            json!({
                "event": "refunded", "order_id": redemption.order.as_str(), "refund_id": format!("f{}", self.draw.u32(..2)),
                "refunded": {"amount": 400, "currency": "EUR"},
            })
        };
        for _ in 0..self.draw.usize(1..=2) {
            self.app("POST", Self::voucher_path(&voucher, "reverse"), body.clone(), What::Voucher);
        }
    }

    pub fn time(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub fn app(&mut self, method: &'static str, path: String, body: Value, what: What) {
        let router =
            if what == What::Voucher { self.contexts.vouchers.clone() } else { self.contexts.customers.clone() };
        let (text, now) = (body.to_string(), self.time());
        let id = format!("msg_{}", self.step);
        let request = Request::builder()
            .method(method)
            .uri(&path)
            .header(webhook::SIGNATURE, webhook::sign(SECRET, &id, now, text.as_bytes()))
            .header(webhook::TIMESTAMP, now.as_second().to_string())
            .header(webhook::ID, id)
            .body(Body::from(text));
        let function = if what == What::Voucher { "vouchers" } else { "customers" };
        if let Ok(request) = request {
            self.ask(function, router, request, Asked { what, path, method, body });
        }
    }

    fn operator(&mut self, method: &'static str, action: &str, body: Value) {
        self.operator_as(Who::Ada, method, action, body);
    }

    pub fn operator_as(&mut self, who: Who, method: &'static str, action: &str, body: Value) {
        let Ok(campaign) = campaign_id() else { return };
        let path = format!("/v1/campaigns/{campaign}{action}");
        let mut request = Request::builder().method(method).uri(&path).extension(signed_in(who));
        if method == "PATCH" || action == "/approve" {
            request = request.header("if-match", format!("\"{}\"", self.view.version));
        }
        let content = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let router = self.contexts.campaigns.clone();
        if let Ok(request) = request.body(content) {
            self.ask("campaigns", router, request, Asked { what: What::Campaign, path, method, body });
        }
    }

    /// Sends an operator's request to the operations API; these requests have no body.
    pub fn ask_operations(&mut self, path: String) {
        let request = Request::builder().method("POST").uri(&path).extension(signed_in(Who::Ada));
        let router = self.contexts.operations.clone();
        if let Ok(request) = request.body(Body::empty()) {
            let asked = Asked { what: What::Campaign, path, method: "POST", body: json!(null) };
            self.ask("operations", router, request, asked);
        }
    }

    fn ask(&mut self, function: &'static str, router: Router, request: Request<Body>, asked: Asked) {
        let _keeps = Rc::clone(&self.contexts);
        let future: Pin<Box<dyn Future<Output = Ended>>> = Box::pin(async move {
            let Ok(response) = router.oneshot(request).await;
            let status = response.status().as_u16();
            let bytes = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            Ended::Answer { status, body: String::from_utf8_lossy(&bytes).into_owned() }
        });
        let number = self.start(function, None, Vec::new(), API_SECONDS, future);
        let words = format!("somebody asks {function} #{number}: {} {} {}", asked.method, asked.path, asked.body);
        self.tell(|| words);
        self.people.asked.insert(number, asked);
    }

    pub fn answered(&mut self, number: u32, status: u16, body: &str) {
        let Some(asked) = self.people.asked.remove(&number) else { return };
        if let What::Told(name) = &asked.what
            && status < 500
            && let Some(told) = self.people.told.get_mut(name)
        {
            told.answered = true;
        }
        if status >= 400 {
            self.tell(|| format!("      {body}"));
        }
    }

    /// Queues the provider's events about a message it accepted. Where the plan has event trouble,
    /// events are lost, late, repeated and out of order.
    pub fn provider_will_say(&mut self, message: &Mail) {
        let trouble = self.chaos && self.plan.faults.contains(&Fault::EventTrouble);
        let kinds: BTreeSet<&str> = match self.draw.u32(..100) {
            _ if !self.chaos => BTreeSet::from(["delivered"]),
            0..70 => BTreeSet::from(["delivered"]),
            70..80 => BTreeSet::from(["bounced"]),
            80..88 => BTreeSet::from(["delivered", "complained"]),
            88..94 => BTreeSet::from(["bounced", "delivered"]),
            _ => BTreeSet::from(["soft"]),
        };
        for kind in kinds {
            let body = said(message, kind, self.time()).to_string();
            let times = if !trouble { 1 } else { [0, 1, 1, 2].get(self.draw.usize(..4)).copied().unwrap_or(1) };
            for _ in 0..times {
                let late = if trouble { self.draw.i64(0..600_000) } else { self.draw.i64(0..2_000) };
                let at = self.now + late;
                self.event(body.clone(), at);
            }
            if times != 1 {
                self.coverage.event(Fault::EventTrouble.name());
            }
        }
    }
}

fn said(message: &Mail, kind: &str, now: Timestamp) -> Value {
    match message {
        Mail::Email { id, to, tags, .. } => {
            let tag = |name: &str| json!([tags.get(name).cloned().unwrap_or_default()]);
            let mut mail = json!({"messageId": id, "tags": {"voucher": tag("voucher"), "customer": tag("customer")}});
            if tags.contains_key("reminder") {
                mail["tags"]["reminder"] = tag("reminder");
            }
            let at = now.to_string();
            match kind {
                "bounced" | "soft" => json!({
                    "eventType": "Bounce", "mail": mail,
                    "bounce": {"bounceType": if kind == "soft" { "Transient" } else { "Permanent" }, "timestamp": at,
                        "bouncedRecipients": [{"emailAddress": to}]},
                }),
                "complained" => json!({
                    "eventType": "Complaint", "mail": mail,
                    "complaint": {"timestamp": at, "complainedRecipients": [{"emailAddress": to}]},
                }),
                _ => json!({"eventType": "Delivery", "mail": mail, "delivery": {"timestamp": at}}),
            }
        }
        Mail::Sms { id, phone: destination, .. } | Mail::Push { id, endpoint_arn: destination, .. } => json!({
            "notification": {"messageId": id, "timestamp": now.strftime("%Y-%m-%d %H:%M:%S").to_string()},
            "delivery": {"destination": destination},
            "status": if kind == "bounced" || kind == "soft" { "FAILURE" } else { "SUCCESS" },
        }),
    }
}

fn signed_in(who: Who) -> RequestContext {
    testkit::signed_in(&format!("s-{}", who.name()), Some(who.name()), who.groups())
}
