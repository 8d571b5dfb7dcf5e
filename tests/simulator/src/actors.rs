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
use domain::{Timestamp, campaign::lifecycle::CampaignState, kernel::id::CustomerId};
use fake_aws::ProviderMessage;
use http::Request;
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    approvals::SimulatedOperator,
    contexts::KEY,
    invariants::ObservedState,
    plan::{ActorAction, FaultKind},
    platform::InvocationEnd,
    shoppers::GrantedHolds,
    simulation::{SimulatedWorld, campaign_id},
};

/// The time limit of an API invocation, in seconds.
const API_SECONDS: i64 = 10;

/// The seconds that a launch leaves to undo it, where operators do that.
const UNDO_SECONDS: u32 = 2;

/// The user agent of customers.
const PHONE: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobile Safari/537.36";

/// A pending API request, kept until its answer arrives.
#[derive(Debug, Clone)]
struct PendingRequest {
    kind: RequestKind,
    path: String,
    method: &'static str,
    body: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKind {
    Campaign,
    Customer,
    /// An order, a cancellation, a cart event or a behaviour event, by its name in
    /// `OutsideActors::told`.
    Event(String),
    Voucher,
}

/// An event that the app backend reports about a customer, sent again until it is answered.
#[derive(Debug, Clone)]
pub struct ReportedEvent {
    pub customer: CustomerId,
    path: String,
    pub body: Value,
    pub answered: bool,
}

#[derive(Default)]
pub struct OutsideActors {
    pub customers: Vec<CustomerId>,
    pending: BTreeMap<u32, PendingRequest>,
    /// Reported events by name: `o1` is an order, `x.o1` its cancellation, `e.1` a behaviour event,
    /// `k.1` a cart event.
    pub reported: BTreeMap<String, ReportedEvent>,
    pub holds: GrantedHolds,
    /// A message was moved to the dead letters.
    pub has_parked: bool,
    launched: bool,
    next: u32,
}

impl OutsideActors {
    /// Returns true when every reported event is answered and the campaign is neither a draft nor
    /// paused.
    pub fn is_finished(&self, view: &ObservedState) -> bool {
        self.launched
            && view.state != CampaignState::Paused
            && view.state != CampaignState::Draft
            && self.reported.values().all(|told| told.answered)
    }
    /// Counts each customer's reported orders that were not cancelled.
    pub fn orders_reported(&self) -> BTreeMap<CustomerId, u64> {
        let mut orders: BTreeMap<CustomerId, u64> = BTreeMap::new();
        for (name, told) in self.reported.iter().filter(|(name, _)| name.starts_with('o')) {
            let cancelled = self.reported.contains_key(&format!("x.{name}"));
            *orders.entry(told.customer.clone()).or_default() += u64::from(!cancelled);
        }
        orders
    }
    pub fn next_id(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}{}", self.next)
    }
    pub fn record_event(&mut self, name: &str, customer: CustomerId, path: &str, body: &Value) {
        let told =
            ReportedEvent { customer, path: path.to_owned(), body: body.clone(), answered: false };
        self.reported.entry(name.to_owned()).or_insert(told);
    }
    pub fn draw_reported_event(
        &self,
        kind: &str,
        draw: &mut fastrand::Rng,
    ) -> Option<(String, String, Value)> {
        let known: Vec<_> =
            self.reported.iter().filter(|(name, _)| name.starts_with(kind)).collect();
        if known.is_empty() {
            return None;
        }
        known
            .get(draw.usize(..known.len()))
            .map(|(name, told)| ((*name).clone(), told.path.clone(), told.body.clone()))
    }
    pub fn draw_order(&self, draw: &mut fastrand::Rng) -> Option<(String, CustomerId)> {
        let (name, _, body) = self.draw_reported_event("o", draw)?;
        let customer = CustomerId::parse(body["customer_id"].as_str()?).ok()?;
        Some((name, customer))
    }
    pub fn drop_request(&mut self, number: u32) {
        self.pending.remove(&number);
    }
}

impl SimulatedWorld {
    pub fn launch_campaign(&mut self) {
        let times = if self.plan.actions.contains(&ActorAction::LaunchTwice) { 2 } else { 1 };
        for _ in 0..times {
            self.send_as_admin("POST", "/launch", self.launch_body());
        }
        self.actors.launched = true;
    }

    /// Returns the body of a launch, which leaves time to undo it where the plan says so.
    fn launch_body(&self) -> Value {
        if self.plan.actions.contains(&ActorAction::UndoLaunch) {
            json!({ "undo_seconds": UNDO_SECONDS })
        } else {
            json!(null)
        }
    }

    /// Undoes a launch that has not started, or starts it at once. Both are also asked for late, as
    /// by somebody who looks at an old page.
    fn undo_or_start(&mut self) {
        let waits = self.view.state == CampaignState::Scheduled;
        if !waits && self.random.u32(..100) >= 10 {
            return;
        }
        let action = if self.random.u32(..100) < 70 { "/undo-launch" } else { "/start-now" };
        self.send_as_admin("POST", action, json!(null));
    }

    /// Performs one of the plan's actions; once faults have stopped, only what the campaign needs
    /// to finish.
    pub fn act(&mut self) {
        if !self.faults_enabled {
            return self.finish_campaign();
        }
        if self.act_in_approval_scenario() || self.act_as_support() {
            return;
        }
        if self.view.state == CampaignState::Draft && self.random.bool() {
            return self.send_as_admin("POST", "/launch", self.launch_body());
        }
        let deeds: Vec<ActorAction> = self.plan.actions.iter().copied().collect();
        if deeds.is_empty() {
            return;
        }
        let Some(deed) = deeds.get(self.random.usize(..deeds.len())).copied() else {
            return;
        };
        // a consent that changes while a worker is frozen is what its successor finds
        let frozen = self.platform.frozen_channel(self.now).is_some()
            && self.plan.actions.contains(&ActorAction::Consent);
        let deed = if frozen && self.random.u32(..100) < 75 { ActorAction::Consent } else { deed };
        match deed {
            ActorAction::Consent => self.change_consent(),
            ActorAction::Order => self.report_order(),
            ActorAction::Accept => self.accept_voucher(),
            ActorAction::Redeem => self.shop(),
            ActorAction::Reverse => self.report_redeemed_order(),
            ActorAction::Pause => {
                if self.view.state != CampaignState::Paused && self.random.u32(..100) < 60 {
                    return;
                }
                let action =
                    if self.view.state == CampaignState::Paused { "/resume" } else { "/pause" };
                self.send_as_admin("POST", action, json!(null));
            }
            ActorAction::Cancel => {
                // rare, because a cancellation leaves little to observe afterwards
                if self.random.u32(..100) < 4 {
                    let revoke = if self.random.bool() { "none" } else { "unaccepted" };
                    self.send_as_admin("POST", "/cancel", json!({ "revoke": revoke }));
                }
            }
            ActorAction::ChangeCaps => {
                if let Some(cap) = self.plan.cap {
                    let cap = self.random.u64(1..=cap + 3);
                    self.send_as_admin("PATCH", "", json!({"caps": {"vouchers": cap}}));
                }
            }
            // a late second launch is rare, because it is only refused
            ActorAction::LaunchTwice => {
                if self.random.u32(..100) < 15 {
                    self.send_as_admin("POST", "/launch", json!(null));
                }
            }
            ActorAction::SuspendRedeeming => self.suspend_or_resume_redeeming(),
            ActorAction::RevokeVouchers => self.revoke_vouchers(),
            ActorAction::Hold => self.hold_vouchers(),
            ActorAction::Event => self.report_event(),
            ActorAction::Cart => self.report_cart(),
            ActorAction::CancelOrder => self.cancel_order(),
            ActorAction::ChangeZone => self.change_zone(),
            ActorAction::CorrectBirthday => self.correct_birthday(),
            ActorAction::AnswerByPhone => self.answer_by_phone(),
            ActorAction::SwapAddress => self.swap_address(),
            ActorAction::HandOnDevice => self.hand_on_device(),
            // as it has no topic once the plan was made simpler
            ActorAction::ChooseTopic if self.plan.preferences.is_none() => return,
            ActorAction::ChooseTopic => self.choose_topic(),
            ActorAction::PauseMessages => self.pause_messages(),
            ActorAction::UndoLaunch => self.undo_or_start(),
        }
        self.coverage.count_event(deed.name());
    }

    fn finish_campaign(&mut self) {
        if self.view.state == CampaignState::Draft {
            return self.approve_and_launch();
        }
        if self.view.state == CampaignState::Paused {
            return self.send_as_admin("POST", "/resume", json!(null));
        }
        let open = self.actors.reported.iter().find(|(_, told)| !told.answered);
        if let Some((name, told)) = open.map(|(name, told)| (name.clone(), told.clone())) {
            let asking = self
                .actors
                .pending
                .values()
                .any(|asked| asked.kind == RequestKind::Event(name.clone()));
            if !asking {
                self.send_as_app_backend("POST", told.path, told.body, RequestKind::Event(name));
            }
        }
    }

    pub fn draw_customer(&mut self) -> Option<CustomerId> {
        let index = self.random.usize(..self.actors.customers.len().max(1));
        self.actors.customers.get(index).cloned()
    }

    fn change_consent(&mut self) {
        let Some(customer) = self.draw_customer() else {
            return;
        };
        let channel =
            ["sms", "email", "push"].get(self.random.usize(..3)).copied().unwrap_or("sms");
        let channel = self.platform.frozen_channel(self.now).unwrap_or(channel);
        // in a close-quarters scenario a denied consent makes the customer fall back to another
        // channel
        let denied = if self.plan.close_quarters { 90 } else { 60 };
        let state = if self.random.u32(..100) < denied { "denied" } else { "granted" };
        let body = json!({"state": state, "source": "app_settings", "at": self.current_time().to_string()});
        self.send_as_app_backend(
            "PUT",
            format!("/v1/customers/{customer}/consents/{channel}"),
            body,
            RequestKind::Customer,
        );
    }

    fn report_order(&mut self) {
        if self.plan.autopilot.is_some() && !self.is_trigger_known() {
            return;
        }
        // some orders are reported twice
        let known = self.actors.reported.keys().any(|name| name.starts_with('o'));
        if known && self.random.u32(..100) < 30 {
            let Some((name, path, body)) = self.actors.draw_reported_event("o", &mut self.random)
            else {
                return;
            };
            return self.send_as_app_backend("POST", path, body, RequestKind::Event(name));
        }
        if let Some(customer) = self.draw_customer() {
            self.place_order(customer);
        }
    }

    pub fn place_order(&mut self, customer: CustomerId) {
        let order = self.actors.next_id("o");
        let number = self.actors.customers.iter().position(|it| *it == customer).unwrap_or(0);
        let currency = self.plan.customer_currency(number);
        let lines = json!([{"id": "1", "vertical": "food", "merchant": "m1", "amount": 1_500}]);
        let mut body = json!({
            "event": "placed", "event_id": order, "order_id": order,
            "customer_id": customer.as_str(), "at": self.current_time().to_string(),
            "basket": {"currency": currency, "lines": lines},
        });
        if let Some(cart) = self.draw_cart_of_order(&customer) {
            body["cart_id"] = json!(cart);
        }
        self.actors.record_event(&order, customer, "/v1/orders", &body);
        self.send_as_app_backend("POST", "/v1/orders".to_owned(), body, RequestKind::Event(order));
    }

    pub fn current_time(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub fn send_as_app_backend(
        &mut self,
        method: &'static str,
        path: String,
        body: Value,
        what: RequestKind,
    ) {
        let router = if what == RequestKind::Voucher {
            self.contexts.vouchers.clone()
        } else {
            self.contexts.customers.clone()
        };
        let (text, now) = (body.to_string(), self.current_time());
        let id = format!("msg_{}", self.step);
        let headers = KEY.sign_request(&id, now, (method, &path), text.as_bytes());
        let request = Request::builder().method(method).uri(&path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = request.body(Body::from(text));
        let function = if what == RequestKind::Voucher { "vouchers" } else { "customers" };
        if let Ok(request) = request {
            self.start_request(
                function,
                router,
                request,
                PendingRequest { kind: what, path, method, body },
            );
        }
    }

    /// Sends what a customer's phone sends when a link is opened or its button pressed.
    pub fn send_by_browser(&mut self, method: &'static str, path: String) {
        let request = Request::builder().method(method).uri(&path).header("user-agent", PHONE);
        let router = self.contexts.links.clone();
        if let Ok(request) = request.body(Body::empty()) {
            let body = Value::Null;
            let asked = PendingRequest { kind: RequestKind::Voucher, path, method, body };
            self.start_request("open-links", router, request, asked);
        }
    }

    pub fn send_as_admin(&mut self, method: &'static str, action: &str, body: Value) {
        self.send_as_operator(SimulatedOperator::Ada, method, action, body);
    }

    pub fn send_as_operator(
        &mut self,
        who: SimulatedOperator,
        method: &'static str,
        action: &str,
        body: Value,
    ) {
        let Ok(campaign) = campaign_id() else { return };
        let path = format!("/v1/campaigns/{campaign}{action}");
        let mut request = Request::builder().method(method).uri(&path).extension(signed_in(who));
        if method == "PATCH" || action == "/approve" {
            request = request.header("if-match", format!("\"{}\"", self.view.version));
        }
        let content = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let router = self.contexts.campaigns.clone();
        if let Ok(request) = request.body(content) {
            self.start_request(
                "campaigns",
                router,
                request,
                PendingRequest { kind: RequestKind::Campaign, path, method, body },
            );
        }
    }

    /// Sends an operator's request to the operations API.
    pub fn send_to_operations(&mut self, who: SimulatedOperator, path: String, body: Value) {
        let request = Request::builder()
            .method("POST")
            .uri(&path)
            .header("content-type", "application/json")
            .extension(signed_in(who));
        let router = self.contexts.operations.clone();
        let content = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        if let Ok(request) = request.body(content) {
            let asked = PendingRequest { kind: RequestKind::Campaign, path, method: "POST", body };
            self.start_request("operations", router, request, asked);
        }
    }

    fn start_request(
        &mut self,
        function: &'static str,
        router: Router,
        request: Request<Body>,
        asked: PendingRequest,
    ) {
        let _keeps = Rc::clone(&self.contexts);
        let future: Pin<Box<dyn Future<Output = InvocationEnd>>> = Box::pin(async move {
            let Ok(response) = router.oneshot(request).await;
            let status = response.status().as_u16();
            let bytes = response
                .into_body()
                .collect()
                .await
                .map(|body| body.to_bytes())
                .unwrap_or_default();
            InvocationEnd::Answer { status, body: String::from_utf8_lossy(&bytes).into_owned() }
        });
        let number = self.start_invocation(function, None, Vec::new(), API_SECONDS, future);
        let words = format!(
            "somebody asks {function} #{number}: {} {} {}",
            asked.method, asked.path, asked.body
        );
        self.add_to_story(|| words);
        self.actors.pending.insert(number, asked);
    }

    pub fn record_answer(&mut self, number: u32, status: u16, body: &str) {
        let Some(asked) = self.actors.pending.remove(&number) else {
            return;
        };
        self.record_checkout_answer(&asked.path, &asked.body, status, body);
        // What is told of an order before it was placed is told again later.
        let is_early = status == 409 && body.contains("order_not_placed");
        if let RequestKind::Event(name) = &asked.kind
            && status < 500
            && !is_early
            && let Some(told) = self.actors.reported.get_mut(name)
        {
            told.answered = true;
        }
        if status >= 400 {
            self.add_to_story(|| format!("      {body}"));
        }
    }

    /// Queues the provider's events about a message it accepted. Where the plan has event trouble,
    /// events are lost, late, repeated and out of order.
    pub fn schedule_provider_events(&mut self, message: &ProviderMessage) {
        let trouble =
            self.faults_enabled && self.plan.faults.contains(&FaultKind::UnreliableEvents);
        let kinds: BTreeSet<&str> = match self.random.u32(..100) {
            _ if !self.faults_enabled => BTreeSet::from(["delivered"]),
            0..70 => BTreeSet::from(["delivered"]),
            70..80 => BTreeSet::from(["bounced"]),
            80..88 => BTreeSet::from(["delivered", "complained"]),
            88..92 => BTreeSet::from(["bounced", "delivered"]),
            92..94 => BTreeSet::from(["soft", "delivered"]),
            94..96 => BTreeSet::from(["held", "refused"]),
            96..98 => BTreeSet::from(["delivered", "no complaint"]),
            _ => BTreeSet::from(["soft"]),
        };
        for kind in kinds {
            let body = provider_event(message, kind, self.current_time()).to_string();
            let times = if !trouble {
                1
            } else {
                [0, 1, 1, 2].get(self.random.usize(..4)).copied().unwrap_or(1)
            };
            for _ in 0..times {
                let late =
                    if trouble { self.random.i64(0..600_000) } else { self.random.i64(0..2_000) };
                let at = self.now + late;
                self.enqueue_provider_event(body.clone(), at);
            }
            if times != 1 {
                self.coverage.count_event(FaultKind::UnreliableEvents.name());
            }
        }
    }
}

fn provider_event(message: &ProviderMessage, kind: &str, now: Timestamp) -> Value {
    match message {
        ProviderMessage::Email { id, to, tags, .. } => {
            let tag = |name: &str| json!([tags.get(name).cloned().unwrap_or_default()]);
            let mut mail = json!({"messageId": id, "destination": [to], "tags": {"voucher": tag("voucher"), "customer": tag("customer")}});
            if loses_tags(id, kind) {
                mail["tags"] = json!({});
            } else if tags.contains_key("reminder") {
                mail["tags"]["reminder"] = tag("reminder");
            }
            let at = now.to_string();
            match kind {
                "bounced" | "soft" | "held" | "refused" => {
                    let (of, subtype) = match kind {
                        "bounced" => ("Permanent", "NoEmail"),
                        "soft" => ("Transient", "MailboxFull"),
                        "held" => ("Permanent", "OnAccountSuppressionList"),
                        _ => ("Transient", "ContentRejected"),
                    };
                    let listed = format!("\"A, Customer\" <{}>", to.to_uppercase());
                    json!({
                        "eventType": "Bounce", "mail": mail,
                        "bounce": {"bounceType": of, "bounceSubType": subtype, "timestamp": at,
                            "bouncedRecipients": [{"emailAddress": listed}]},
                    })
                }
                "complained" | "no complaint" => json!({
                    "eventType": "Complaint", "mail": mail,
                    "complaint": {"timestamp": at, "complainedRecipients": [{"emailAddress": to}],
                        "complaintFeedbackType": if kind == "complained" { "abuse" } else { "not-spam" }},
                }),
                _ => json!({"eventType": "Delivery", "mail": mail,
                    "delivery": {"timestamp": at, "recipients": [to]}}),
            }
        }
        ProviderMessage::Sms { id, phone, context, .. } if !context.is_empty() => json!({
            "eventType": text_event(kind), "eventVersion": "1.0", "isFinal": true,
            "eventTimestamp": now.as_millisecond(), "messageId": id,
            "destinationPhoneNumber": phone,
            "context": if loses_tags(id, kind) { json!({}) } else { json!(context) },
        }),
        ProviderMessage::Sms { id, phone: destination, .. }
        | ProviderMessage::Push { id, endpoint_arn: destination, .. } => json!({
            "notification": {"messageId": id, "timestamp": now.strftime("%Y-%m-%d %H:%M:%S").to_string()},
            "delivery": {"destination": destination, "providerResponse": status_response(destination, kind)},
            "status": if matches!(kind, "bounced" | "soft" | "held" | "refused") { "FAILURE" } else { "SUCCESS" },
        }),
    }
}

/// Returns true for some of the events about a no or a dead end: they name the address and the id
/// of the message, and no voucher.
fn loses_tags(message: &str, kind: &str) -> bool {
    let is_marked = message.bytes().next_back().is_some_and(|last| last.is_multiple_of(4));
    is_marked && matches!(kind, "bounced" | "held" | "complained")
}

/// Returns the type by which End User Messaging tells the fate of an SMS. It has no event for a
/// number that has opted out, and refuses the send.
fn text_event(kind: &str) -> &'static str {
    match kind {
        "bounced" => "TEXT_INVALID",
        "held" => "TEXT_BLOCKED",
        "soft" => "TEXT_UNREACHABLE",
        "refused" => "TEXT_SPAM",
        _ => "TEXT_DELIVERED",
    }
}

/// Returns what the carrier or the push service answers.
fn status_response(destination: &str, kind: &str) -> &'static str {
    match (destination.starts_with("arn:"), kind) {
        (false, "bounced") => "Invalid phone number",
        (false, "soft") => "Phone is currently unreachable/unavailable",
        (false, "held") => "Phone number is opted out",
        (false, "refused") => "Blocked as spam by phone carrier",
        (false, _) => "Message has been accepted by phone",
        (true, "bounced") => r#"{"reason":"Unregistered"}"#,
        (true, "soft") => r#"{"reason":"ServiceUnavailable"}"#,
        (true, "held") => "Endpoint is disabled",
        (true, "refused") => r#"{"reason":"PayloadTooLarge"}"#,
        (true, _) => "{}",
    }
}

fn signed_in(who: SimulatedOperator) -> RequestContext {
    testkit::signed_in_context(&format!("s-{}", who.name()), Some(who.name()), who.groups())
}
