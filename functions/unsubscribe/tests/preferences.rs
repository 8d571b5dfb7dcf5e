//! The preference page behind a link, on the in-memory AWS: what it shows, what a form changes, and
//! what an old one cannot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use axum::{Router, body::Body, http::Request};
use domain::{
    Timestamp,
    customer::{
        address::Address,
        address_state::NewSuppression,
        changes::CustomerReplacement,
        pause::Pause,
        profile::{Consent, ConsentState, Customer, SuppressionReason},
        topics::{TopicScope, TopicSettings},
    },
    kernel::{channel::Channel, money::Currency, signed_token::TokenSigner},
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use secrets::{Secrets, UNSUBSCRIBE};
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, settings::SettingName},
    customer::profiles::CustomerLookup,
};
use testkit::{
    TestTables,
    builders::{customer_id, noon},
};
use tower::ServiceExt;
use unsubscribe::{UnsubscribeContext, routes};

const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

struct PreferenceFixture {
    store: Store,
    app: Router,
    sealer: TokenSigner,
}

struct Answer {
    status: u16,
    location: Option<String>,
    html: String,
}

impl PreferenceFixture {
    /// Builds the function, a customer who agreed to SMS and e-mail, and two topics.
    async fn new(locale: &str) -> Self {
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("links", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let topics: TopicSettings = serde_json::from_value(json!({"topics": [
            {"id": "deals", "names": {"en": "Deals <b>", "ar": "عروض"}},
            {"id": "news", "names": {"en": "News"}, "default": "denied"}]}))
        .unwrap();
        let change = AuditedChange { actor: "ada", action: "set", note: "", at: noon() };
        store.save_setting(SettingName::Topics, 0, &topics, &change).await.unwrap();
        let context = UnsubscribeContext {
            store: store.clone(),
            secrets: Arc::new(Secrets::new(&tables.config)),
            link_secret: "links".into(),
            brand: "Food".into(),
        };
        let sealer = Secrets::new(&tables.config).token_signer("links").await.unwrap();
        let app = http_edge::build_app(routes().with_state(Arc::new(context)));
        let fixture = Self { store, app, sealer };
        fixture.create_customer("c-1", locale, "ana@example.com").await;
        fixture
    }

    async fn create_customer(&self, id: &str, locale: &str, email: &str) {
        let granted =
            json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": {"locale": locale, "zone": "Europe/Madrid"},
            "contacts": {"email": email, "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted},
        }))
        .unwrap();
        let euro = Currency::parse("EUR").unwrap();
        self.store.put_customer(&customer_id(id), &put, euro).await.unwrap();
    }

    fn link(&self, address: &str, customer: &str) -> String {
        let address = Address::parse(Channel::Email, address).unwrap();
        let key = testkit::address_hasher().key_of(&address);
        self.sealer.sign_token(UNSUBSCRIBE, &format!("email:{key}:{customer}"))
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, html: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Shows the page, in a millisecond of its own: what was said in that of the page counts as said
    /// since.
    async fn show(&self, token: &str) -> String {
        let before = Timestamp::now().as_millisecond();
        while Timestamp::now().as_millisecond() == before {}
        let answer = self.send("GET", &format!("/u/{token}"), "").await;
        assert_eq!(answer.status, 200);
        answer.html
    }

    /// Sends a form and returns where the browser is sent: `saved` or `changed`.
    async fn save(&self, token: &str, form: &Form) -> String {
        let answer = self.send("POST", &format!("/u/{token}/preferences"), &form.body()).await;
        assert_eq!(answer.status, 303, "{}", answer.html);
        let location = answer.location.unwrap();
        let notice = location.strip_prefix(&format!("../{token}?")).unwrap().to_owned();
        let page = self.send("GET", &format!("/u/{token}?{notice}"), "").await;
        assert!(page.html.contains("role=\"status\""), "{}", page.html);
        notice
    }

    async fn customer(&self, id: &str) -> Customer {
        let found = self.store.customer(&customer_id(id)).await.unwrap();
        let CustomerLookup::Customer(customer) = found else { unreachable!("{id}") };
        *customer
    }

    async fn deny(&self, channel: Channel) {
        let at = Timestamp::now();
        let no = Consent { state: ConsentState::Denied, source: "app".into(), at };
        self.store.set_consent(&customer_id("c-1"), channel, &no, at).await.unwrap();
    }
}

/// The form of a page, as a browser reads and sends it.
#[derive(Clone)]
struct Form {
    hidden: Vec<(String, String)>,
    chosen: Vec<String>,
    more: Vec<(&'static str, &'static str)>,
}

impl Form {
    fn of(html: &str) -> Self {
        let inputs = html.split("<input ").skip(1);
        let inputs = inputs.map(|input| input.split('>').next().unwrap());
        let attribute = |input: &str, name: &str| {
            let rest = input.split(&format!("{name}=\"")).nth(1)?;
            rest.split('"').next().map(str::to_owned)
        };
        let (mut hidden, mut chosen) = (Vec::new(), Vec::new());
        for input in inputs {
            let value = attribute(input, "value").unwrap();
            if input.contains("type=\"hidden\"") {
                hidden.push((attribute(input, "name").unwrap(), value));
            } else if input.ends_with(" checked") {
                chosen.push(value);
            }
        }
        Self { hidden, chosen, more: Vec::new() }
    }
    fn untick(mut self, row: &str) -> Self {
        let before = self.chosen.len();
        self.chosen.retain(|chosen| chosen != row);
        assert_eq!(self.chosen.len() + 1, before, "{row} was not ticked");
        self
    }
    fn tick(mut self, row: &str) -> Self {
        let shown = self.hidden.iter().any(|(_, value)| *value == format!("off:{row}"));
        assert!(shown, "{row} is not there to be ticked");
        self.chosen.push(row.to_owned());
        self
    }
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.more.push((name, value));
        self
    }
    fn body(&self) -> String {
        let hidden = self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let chosen = self.chosen.iter().map(|row| ("chosen", row.as_str()));
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(hidden.chain(chosen).chain(self.more.iter().copied())).finish()
    }
}

#[tokio::test]
async fn the_page_shows_the_state_and_a_form_as_it_was_changes_nothing() {
    let stage = PreferenceFixture::new("en").await;
    let token = stage.link("ana@example.com", "c-1");
    let html = stage.show(&token).await;
    for part in [
        "value=\"on:email\"",
        "value=\"on:sms\"",
        "value=\"on:topic:deals\"",
        "value=\"off:topic:news\"",
        "<bdi>Deals &lt;b&gt;</bdi>",
        "<option value=\"8\">8 weeks</option>",
        "<label for=\"pause\">Pause</label>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for never in ["ana@example.com", "+34600000001", "<script", "push", "http"] {
        assert!(!html.contains(never), "{never}: {html}");
    }
    let before = stage.customer("c-1").await;
    assert_eq!(stage.save(&token, &Form::of(&html)).await, "saved");
    assert_eq!(stage.customer("c-1").await, before);
}

#[tokio::test]
async fn the_page_is_in_the_readers_language_and_direction() {
    for (locale, parts) in [
        ("ar-EG", ["dir=\"rtl\"", "اختياراتك", "<bdi>عروض</bdi>"]),
        ("zh-TW", ["lang=\"zh-Hant\"", "您的選擇", "<bdi>News</bdi>"]),
        ("pt-AO", ["lang=\"pt-PT\"", "As suas escolhas", "8 semanas"]),
        ("hi-IN", ["lang=\"hi\"", "आपकी पसंद", "4 सप्ताह"]),
        ("tr", ["lang=\"tr\"", "Tercihleriniz", "Hepsini kapat"]),
    ] {
        let stage = PreferenceFixture::new(locale).await;
        let html = stage.show(&stage.link("ana@example.com", "c-1")).await;
        for part in parts {
            assert!(html.contains(part), "{locale} {part}: {html}");
        }
    }
}

#[tokio::test]
async fn the_links_channel_is_turned_off_for_the_mailbox_and_on_again_for_that_very_address() {
    let stage = PreferenceFixture::new("en").await;
    stage.create_customer("c-2", "en", "ANA@example.com").await;
    let token = stage.link("ana@example.com", "c-1");
    let form = Form::of(&stage.show(&token).await).untick("email").untick("topic:deals");
    for _ in 0..2 {
        assert_eq!(stage.save(&token, &form).await, "saved");
        let ana = stage.customer("c-1").await;
        let said = &ana.consents[&Channel::Email];
        assert_eq!((said.state, &*said.source), (ConsentState::Denied, "preference_page"));
        assert_eq!(ana.topics[&TopicScope::parse("deals").unwrap()].state, ConsentState::Denied);
        assert_eq!(ana.consents[&Channel::Sms].state, ConsentState::Granted, "the others stay");
        for id in ["c-1", "c-2"] {
            let mirrored = stage.customer(id).await.suppressions[&Channel::Email];
            assert_eq!(mirrored.reason, SuppressionReason::OptedOut, "{id}: the mailbox said no");
        }
    }
    let html = stage.show(&token).await;
    assert!(html.contains("You get no more offers by e-mail."), "{html}");
    let form = Form::of(&html).tick("email").tick("topic:news");
    assert_eq!(stage.save(&token, &form).await, "saved");
    for id in ["c-1", "c-2"] {
        assert!(stage.customer(id).await.suppressions.is_empty(), "{id}");
    }
    let ana = stage.customer("c-1").await;
    let said = &ana.consents[&Channel::Email];
    assert_eq!((said.state, &*said.source), (ConsentState::Granted, "preference_page"));
    assert_eq!(ana.topics[&TopicScope::parse("news").unwrap()].state, ConsentState::Granted);
}

#[tokio::test]
async fn a_link_turns_on_neither_another_channel_nor_another_address() {
    let stage = PreferenceFixture::new("en").await;
    let (token, other) =
        (stage.link("ana@example.com", "c-1"), stage.link("old@example.com", "c-1"));
    for channel in [Channel::Sms, Channel::Email] {
        stage.deny(channel).await;
    }
    let html = stage.show(&token).await;
    assert!(html.contains("SMS: off.") && html.contains("off:email"), "{html}");
    let html = stage.show(&other).await;
    assert!(html.contains("E-mail: off.") && !html.contains("off:email"), "{html}");
    // A form that was made by hand says no more than one of the page.
    let forged = Form::of(&html);
    for row in ["email", "sms"] {
        let mut forged = forged.clone();
        forged.hidden.push(("shown".into(), format!("off:{row}")));
        forged.chosen.push(row.to_owned());
        assert_eq!(stage.save(&other, &forged).await, "changed", "{row}");
    }
    let ana = stage.customer("c-1").await;
    assert!(ana.consents.values().all(|consent| consent.state == ConsentState::Denied));
}

#[tokio::test]
async fn a_mailbox_that_an_operator_has_blocked_is_not_turned_on_though_its_reader_has_left_too() {
    let stage = PreferenceFixture::new("en").await;
    let token = stage.link("ana@example.com", "c-1");
    let mailbox = Address::parse(Channel::Email, "ana@example.com").unwrap();
    let key = testkit::address_hasher().key_of(&mailbox);
    for reason in [SuppressionReason::Blocked, SuppressionReason::OptedOut] {
        let no = NewSuppression::received(reason, Timestamp::now(), "operator");
        stage.store.suppress_address(&key, Channel::Email, &no).await.unwrap();
    }
    let mirrored = stage.customer("c-1").await.suppressions[&Channel::Email];
    assert_eq!(mirrored.reason, SuppressionReason::OptedOut, "the block is behind it");
    let html = stage.show(&token).await;
    assert!(html.contains("E-mail: off.") && !html.contains("off:email"), "{html}");
    let before = stage.customer("c-1").await;
    let mut forged = Form::of(&html);
    forged.hidden.push(("shown".into(), "off:email".to_owned()));
    forged.chosen.push("email".to_owned());
    assert_eq!(stage.save(&token, &forged).await, "changed");
    assert_eq!(stage.customer("c-1").await, before);
}

#[tokio::test]
async fn an_old_form_grants_nothing_over_what_was_said_since_and_the_page_says_so() {
    let stage = PreferenceFixture::new("en").await;
    let token = stage.link("ana@example.com", "c-1");
    stage.deny(Channel::Email).await;
    let old = Form::of(&stage.show(&token).await).tick("email");
    // The mail program's own button, after the page was opened.
    let one_click = format!("/u/{token}");
    let clicked = stage.send("POST", &one_click, "List-Unsubscribe=One-Click").await;
    assert_eq!(clicked.status, 200);
    assert_eq!(stage.save(&token, &old).await, "changed");
    let ana = stage.customer("c-1").await;
    assert_eq!(ana.consents[&Channel::Email].state, ConsentState::Denied);
    assert!(ana.suppressions.contains_key(&Channel::Email));
    let html = stage.send("GET", &format!("/u/{token}?changed"), "").await.html;
    assert!(html.contains("Something has changed"), "{html}");
}

#[tokio::test]
async fn a_pause_is_shown_with_its_day_and_ended_by_a_form_that_showed_it() {
    let stage = PreferenceFixture::new("en").await;
    let token = stage.link("ana@example.com", "c-1");
    let form = Form::of(&stage.show(&token).await).with("pause", "2");
    assert_eq!(stage.save(&token, &form).await, "saved");
    let pause: Pause = stage.customer("c-1").await.pause.unwrap();
    assert_eq!(pause.until.duration_since(pause.at).as_hours(), 2 * 7 * 24);
    assert_eq!(stage.save(&token, &form).await, "saved");
    assert_eq!(stage.customer("c-1").await.pause, Some(pause), "sent again");
    let html = stage.show(&token).await;
    assert!(html.contains("No messages until "), "{html}");
    assert!(html.contains("value=\"on:email\""), "a pause turns nothing off: {html}");
    let end = Form::of(&html).with("pause", "0");
    assert_eq!(stage.save(&token, &end).await, "saved");
    assert!(!stage.customer("c-1").await.is_paused(Timestamp::now()));
}

#[tokio::test]
async fn all_off_ends_every_channel_and_what_is_no_form_changes_nothing() {
    let stage = PreferenceFixture::new("en").await;
    let token = stage.link("ana@example.com", "c-1");
    let before = stage.customer("c-1").await;
    for body in [
        "",
        "List-Unsubscribe=One-Click",
        "chosen=email",
        "shown=off:email&chosen=email",
        "%ff=%00&shown=on",
    ] {
        let answer = stage.send("POST", &format!("/u/{token}/preferences"), body).await;
        assert_eq!(answer.status, 303);
        assert_eq!(stage.customer("c-1").await, before, "{body}");
    }
    let form = Form::of(&stage.show(&token).await).with("all", "off");
    assert_eq!(stage.save(&token, &form).await, "saved");
    let ana = stage.customer("c-1").await;
    for channel in Channel::ALL {
        assert_eq!(ana.consents[&channel].state, ConsentState::Denied, "{channel}");
    }
    assert!(
        ana.suppressions.contains_key(&Channel::Email)
            && !ana.suppressions.contains_key(&Channel::Sms)
    );
}

#[tokio::test]
async fn a_link_that_is_none_of_ours_saves_nothing_and_nobody_learns_who_exists() {
    let stage = PreferenceFixture::new("en").await;
    let token = stage.link("ana@example.com", "c-1");
    let form = Form::of(&stage.show(&token).await).untick("email");
    let cut = &token[..token.len() - 4];
    let answer = stage.send("POST", &format!("/u/{cut}/preferences"), &form.body()).await;
    assert_eq!(answer.status, 404);
    assert!(answer.html.contains("This link is not complete"), "{}", answer.html);
    assert_eq!(stage.customer("c-1").await.consents[&Channel::Email].state, ConsentState::Granted);
    let unknown = stage.link("ana@example.com", "c-unknown");
    let answer = stage.send("POST", &format!("/u/{unknown}/preferences"), "").await;
    assert_eq!(answer.status, 303);
}
