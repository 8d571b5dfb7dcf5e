//! The page behind a message's link, on the AWS in memory: what it shows, what it changes, and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use axum::{Router, body::Body, http::Request};
use domain::{channel::Channel, customer::ConsentState, customer_change::Replacement, money::Currency};
use http_body_util::BodyExt;
use memory_aws::Memory;
use secrets::{Sealer, Secrets, UNSUBSCRIBE};
use serde_json::json;
use store::{Store, Tables, customers::Found};
use testkit::{
    TestTables,
    builders::{customer_id, noon},
};
use tower::ServiceExt;
use unsubscribe::{Context, routes};

const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

struct Stage {
    store: Store,
    app: Router,
    sealer: Sealer,
}

impl Stage {
    async fn new() -> Self {
        let memory = Memory::new(testkit::schemas());
        memory.set_secret("links", SECRET);
        let tables = TestTables::of(&memory);
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let sealer = Secrets::new(&tables.config).sealer("links").await.unwrap();
        let context = Context {
            store: store.clone(),
            secrets: Secrets::new(&tables.config),
            link_secret: "links".into(),
            brand: "Food & <Co>".into(),
        };
        let app = http_api::app(routes().with_state(Arc::new(context)));
        Self { store, app, sealer }
    }

    async fn customer(&self, id: &str, locale: &str) {
        let granted = json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: Replacement = serde_json::from_value(json!({
            "profile": {"locale": locale}, "contacts": {"email": "ana@example.com", "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted},
        }))
        .unwrap();
        self.store.put_customer(&customer_id(id), &put, Currency::parse("EUR").unwrap()).await.unwrap();
    }

    fn token(&self, text: &str) -> String {
        self.sealer.seal(UNSUBSCRIBE, text)
    }

    async fn ask(&self, method: &str, token: &str, body: &'static str) -> (u16, String) {
        let request = Request::builder().method(method).uri(format!("/u/{token}")).body(Body::from(body)).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn consent(&self, id: &str, channel: Channel) -> (ConsentState, String) {
        let Found::Customer(customer) = self.store.customer(&customer_id(id)).await.unwrap() else { unreachable!() };
        let consent = &customer.consents[&channel];
        (consent.state, consent.source.clone())
    }
}

#[tokio::test]
async fn looking_changes_nothing_and_one_press_ends_that_channel() {
    let stage = Stage::new().await;
    stage.customer("c-1", "de-AT").await;
    let token = stage.token("email:c-1");
    for _ in 0..2 {
        let (status, html) = stage.ask("GET", &token, "").await;
        assert_eq!(status, 200);
        assert!(html.contains("<html lang=\"de\">") && html.contains("Keine Angebote mehr per E-Mail?"), "{html}");
        assert!(html.contains("<form method=\"post\">") && html.contains("Food &amp; &lt;Co&gt;"), "{html}");
        assert_eq!(stage.consent("c-1", Channel::Email).await.0, ConsentState::Granted);
    }
    // as a mail program presses it, and then the page
    for body in ["List-Unsubscribe=One-Click", "", ""] {
        let (status, html) = stage.ask("POST", &token, body).await;
        assert_eq!(status, 200);
        assert!(html.contains("Du bekommst keine Angebote mehr per E-Mail."), "{html}");
    }
    assert_eq!(stage.consent("c-1", Channel::Email).await, (ConsentState::Denied, "unsubscribe_link".into()));
    assert_eq!(stage.consent("c-1", Channel::Sms).await.0, ConsentState::Granted, "the others stay");
    let (_, html) = stage.ask("GET", &token, "").await;
    assert!(html.contains("Du bekommst") && !html.contains("<form"), "{html}");
}

#[tokio::test]
async fn a_link_that_is_none_of_ours_shows_so_and_changes_nothing() {
    let stage = Stage::new().await;
    stage.customer("c-1", "es-ES").await;
    let good = stage.token("email:c-1");
    let other_purpose = stage.sealer.seal("cursor", "email:c-1");
    let bad = [&good[..good.len() - 4], "nonsense", &other_purpose, &stage.token("fax:c-1"), &stage.token("email")];
    for token in bad {
        for method in ["GET", "POST"] {
            let (status, html) = stage.ask(method, token, "").await;
            assert_eq!(status, 404, "{token}");
            assert!(html.contains("This link is not complete") && !html.contains("<form"), "{html}");
        }
    }
    assert_eq!(stage.consent("c-1", Channel::Email).await.0, ConsentState::Granted);
}

#[tokio::test]
async fn who_is_gone_gets_the_answer_of_everybody() {
    let stage = Stage::new().await;
    stage.customer("c-1", "en").await;
    stage.store.erase_customer(&customer_id("c-1"), |_, _| None, noon()).await.unwrap();
    for customer in ["c-1", "c-unknown"] {
        for method in ["GET", "POST"] {
            let (status, html) = stage.ask(method, &stage.token(&format!("email:{customer}")), "").await;
            assert_eq!(status, 200);
            assert!(html.contains("You get no more offers by e-mail."), "{html}");
        }
    }
    assert!(matches!(stage.store.customer(&customer_id("c-1")).await.unwrap(), Found::Erased));
    assert!(matches!(stage.store.customer(&customer_id("c-unknown")).await.unwrap(), Found::Unknown));
}
