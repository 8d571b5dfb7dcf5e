//! The page behind an unsubscribe link, on the in-memory AWS: what it shows, what it changes, and
//! what it refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use axum::{Router, body::Body, http::Request};
use domain::{
    customer::{
        address::Address,
        changes::CustomerReplacement,
        leaving_link::leaving_code,
        profile::{ConsentState, SuppressionReason},
    },
    kernel::{channel::Channel, money::Currency, signed_token::TokenSigner},
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use secrets::{Secrets, UNSUBSCRIBE};
use serde_json::json;
use store::{Store, TableNames, customer::profiles::CustomerLookup};
use testkit::{
    TestTables,
    builders::{customer_id, noon},
};
use tower::ServiceExt;
use unsubscribe::{UnsubscribeContext, routes};

const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;

struct UnsubscribeFixture {
    store: Store,
    app: Router,
    sealer: TokenSigner,
}

impl UnsubscribeFixture {
    async fn new() -> Self {
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("links", SECRET);
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let sealer = Secrets::new(&tables.config).token_signer("links").await.unwrap();
        let context = UnsubscribeContext {
            store: store.clone(),
            secrets: Arc::new(Secrets::new(&tables.config)),
            link_secret: "links".into(),
            brand: "Food & <Co>".into(),
        };
        let app = http_edge::build_app(routes().with_state(Arc::new(context)));
        Self { store, app, sealer }
    }

    async fn create_customer(&self, id: &str, locale: &str) {
        let granted =
            json!({"state": "granted", "source": "signup_form", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": {"locale": locale}, "contacts": {"email": "ana@example.com", "phone": "+34600000001"},
            "consents": {"email": granted, "sms": granted},
        }))
        .unwrap();
        self.store
            .put_customer(&customer_id(id), &put, Currency::parse("EUR").unwrap())
            .await
            .unwrap();
    }

    /// Signs the link in an e-mail that went to this address.
    fn sign_link(&self, address: &str, customer: &str) -> String {
        let address = Address::parse(Channel::Email, address).unwrap();
        let key = testkit::address_hasher().key_of(&address);
        self.sign_token(&format!("email:{key}:{customer}"))
    }

    async fn suppression(&self, id: &str) -> Option<SuppressionReason> {
        let found = self.store.customer(&customer_id(id)).await.unwrap();
        let CustomerLookup::Customer(customer) = found else { unreachable!("{id}") };
        customer.suppressions.get(&Channel::Email).map(|it| it.reason)
    }

    fn sign_token(&self, text: &str) -> String {
        self.sealer.sign_token(UNSUBSCRIBE, text)
    }

    async fn send_request(&self, method: &str, token: &str, body: &'static str) -> (u16, String) {
        self.send_from_browser(method, token, body, None).await
    }

    async fn send_from_browser(
        &self,
        method: &str,
        token: &str,
        body: &'static str,
        languages: Option<&str>,
    ) -> (u16, String) {
        let request = Request::builder().method(method).uri(format!("/u/{token}"));
        let request = languages
            .into_iter()
            .fold(request, |request, languages| request.header("accept-language", languages));
        let request = request.body(Body::from(body)).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn stored_consent(&self, id: &str, channel: Channel) -> (ConsentState, String) {
        let CustomerLookup::Customer(customer) =
            self.store.customer(&customer_id(id)).await.unwrap()
        else {
            unreachable!()
        };
        let consent = &customer.consents[&channel];
        (consent.state, consent.source.clone())
    }
}

#[tokio::test]
async fn the_page_changes_nothing_and_one_post_ends_that_channel() {
    let stage = UnsubscribeFixture::new().await;
    stage.create_customer("c-1", "de-AT").await;
    let token = stage.sign_link("ana@example.com", "c-1");
    for _ in 0..2 {
        let (status, html) = stage.send_request("GET", &token, "").await;
        assert_eq!(status, 200);
        assert!(
            html.contains("<html lang=\"de\" dir=\"ltr\">")
                && html.contains("Keine Angebote mehr per E-Mail?"),
            "{html}"
        );
        assert!(
            html.contains("<form method=\"post\">") && html.contains("Food &amp; &lt;Co&gt;"),
            "{html}"
        );
        assert_eq!(stage.stored_consent("c-1", Channel::Email).await.0, ConsentState::Granted);
    }
    // as a mail program posts it, and then the page
    for body in ["List-Unsubscribe=One-Click", "", ""] {
        let (status, html) = stage.send_request("POST", &token, body).await;
        assert_eq!(status, 200);
        assert!(html.contains("Du bekommst keine Angebote mehr per E-Mail."), "{html}");
    }
    assert_eq!(
        stage.stored_consent("c-1", Channel::Email).await,
        (ConsentState::Denied, "unsubscribe_link".into())
    );
    assert_eq!(
        stage.stored_consent("c-1", Channel::Sms).await.0,
        ConsentState::Granted,
        "the others stay"
    );
    let (_, html) = stage.send_request("GET", &token, "").await;
    assert!(html.contains("Du bekommst") && !html.contains("<form method=\"post\">"), "{html}");
}

#[tokio::test]
async fn a_link_that_is_none_of_ours_shows_so_and_changes_nothing() {
    let stage = UnsubscribeFixture::new().await;
    stage.create_customer("c-1", "es-ES").await;
    let good = stage.sign_link("ana@example.com", "c-1");
    let other_purpose = stage.sealer.sign_token("cursor", "email:c-1");
    let bad = [
        &good[..good.len() - 4],
        "nonsense",
        &other_purpose,
        &stage.sign_token("fax:c-1"),
        &stage.sign_token("email"),
        &stage.sign_token("email:c-1"),
    ];
    for token in bad {
        for method in ["GET", "POST"] {
            let (status, html) = stage.send_request(method, token, "").await;
            assert_eq!(status, 404, "{token}");
            assert!(
                html.contains("This link is not complete") && !html.contains("<form"),
                "{html}"
            );
        }
    }
    assert_eq!(stage.stored_consent("c-1", Channel::Email).await.0, ConsentState::Granted);
}

#[tokio::test]
async fn erased_and_unknown_customers_get_the_same_answer() {
    let stage = UnsubscribeFixture::new().await;
    stage.create_customer("c-1", "en").await;
    stage.store.erase_customer(&customer_id("c-1"), noon()).await.unwrap();
    for customer in ["c-1", "c-unknown"] {
        for method in ["GET", "POST"] {
            let (status, html) =
                stage.send_request(method, &stage.sign_link("ana@example.com", customer), "").await;
            assert_eq!(status, 200);
            assert!(html.contains("You get no more offers by e-mail."), "{html}");
            assert!(!html.contains("<form"), "{html}");
        }
    }
    assert!(matches!(
        stage.store.customer(&customer_id("c-1")).await.unwrap(),
        CustomerLookup::Erased
    ));
    assert!(matches!(
        stage.store.customer(&customer_id("c-unknown")).await.unwrap(),
        CustomerLookup::Unknown
    ));
}

#[tokio::test]
async fn a_link_speaks_for_the_mailbox_too_whoever_has_it() {
    let stage = UnsubscribeFixture::new().await;
    for customer in ["c-1", "c-2"] {
        stage.create_customer(customer, "en").await;
    }
    let link = stage.sign_link("ANA@Example.com", "c-1");
    assert_eq!(stage.send_request("POST", &link, "").await.0, 200);
    for customer in ["c-1", "c-2"] {
        assert_eq!(stage.suppression(customer).await, Some(SuppressionReason::OptedOut));
    }
    assert_eq!(stage.stored_consent("c-2", Channel::Email).await.0, ConsentState::Granted);
    stage.create_customer("c-3", "en").await;
    assert_eq!(stage.suppression("c-3").await, Some(SuppressionReason::OptedOut), "also later");
    // The link of an older message: the customer has moved, and the old mailbox said no.
    let old = stage.sign_link("old@example.com", "c-unknown");
    assert_eq!(stage.send_request("POST", &old, "").await.0, 200);
    let key = testkit::address_hasher()
        .key_of(&Address::parse(Channel::Email, "old@example.com").unwrap());
    assert!(stage.store.address_state(&key).await.unwrap().is_some());
}

#[tokio::test]
async fn the_short_link_of_an_sms_speaks_for_the_number_as_a_stop_does() {
    let stage = UnsubscribeFixture::new().await;
    for customer in ["c-1", "c-2"] {
        stage.create_customer(customer, "en").await;
    }
    let phone = Address::parse(Channel::Sms, "+34600000001").unwrap();
    let key = testkit::address_hasher().key_of(&phone);
    let code = leaving_code(&stage.sealer, &key);
    assert_eq!(code.len(), 29);
    for _ in 0..2 {
        let (status, html) = stage.send_request("GET", &code, "").await;
        assert!(status == 200 && html.contains("No more offers by SMS?"), "{html}");
    }
    assert!(stage.store.address_state(&key).await.unwrap().is_none(), "looking changes nothing");
    for _ in 0..2 {
        let (status, html) = stage.send_request("POST", &code, "").await;
        assert!(status == 200 && html.contains("You get no more offers by SMS."), "{html}");
    }
    for customer in ["c-1", "c-2"] {
        let found = stage.store.customer(&customer_id(customer)).await.unwrap();
        let CustomerLookup::Customer(found) = found else { unreachable!("{customer}") };
        let suppressed = found.suppressions.get(&Channel::Sms).map(|it| it.reason);
        assert_eq!(suppressed, Some(SuppressionReason::OptedOut), "everyone who has the number");
        assert_eq!(found.suppressions.get(&Channel::Email), None);
    }
    let (_, html) = stage.send_request("GET", &code, "").await;
    assert!(html.contains("You get no more offers by SMS.") && !html.contains("<form"), "{html}");
    for bad in [&code[..28], "EXAMPLE0000000000000000000000", &format!("0{}", &code[1..])] {
        let forged = bad != code;
        let (status, _) = stage.send_request("POST", bad, "").await;
        assert_eq!(status == 404, forged, "{bad}");
    }
}

#[tokio::test]
async fn the_page_speaks_the_language_of_the_customer_or_else_of_the_browser() {
    let stage = UnsubscribeFixture::new().await;
    for (number, (locale, tag, direction, question)) in [
        ("ar-EG", "ar", "rtl", "هل تريد إيقاف العروض عبر البريد الإلكتروني؟"),
        ("pt-br", "pt-BR", "ltr", "Não quer mais receber ofertas por e-mail?"),
        ("pt-AO", "pt-PT", "ltr", "Não quer mais ofertas por e-mail?"),
        ("zh-Hant-TW", "zh-Hant", "ltr", "不再接收優惠電子郵件？"),
        ("zh-SG", "zh-Hans", "ltr", "不再接收优惠邮件？"),
        ("hi-IN", "hi", "ltr", "ईमेल पर ऑफ़र बंद करें?"),
        ("in-ID", "id", "ltr", "Berhenti menerima penawaran lewat email?"),
        ("tr", "tr", "ltr", "E-posta ile teklif almak istemiyor musunuz?"),
        ("es-MX", "es", "ltr", "¿No quieres más ofertas por correo?"),
        ("pl-PL", "en", "ltr", "No more offers by e-mail?"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("c-{number}");
        stage.create_customer(&id, locale).await;
        let token = stage.sign_link("ana@example.com", &id);
        let (_, html) = stage.send_request("GET", &token, "").await;
        assert!(html.contains(&format!("<html lang=\"{tag}\" dir=\"{direction}\">")), "{html}");
        assert!(html.contains(&format!("<h1>{question}</h1>")), "{html}");
        // the browser's language is not the customer's
        let (_, html) = stage.send_from_browser("GET", &token, "", Some("it")).await;
        let expected = if tag == "en" { "it" } else { tag };
        assert!(html.contains(&format!("lang=\"{expected}\"")), "{html}");
    }
    for (languages, tag) in [
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("pl, en;q=0.4, ar-AE;q=0.6", "ar"),
        ("de;q=0, zh-tw", "zh-Hant"),
        ("*", "en"),
        (";;,,q=1;x,de;q=high", "en"),
        ("", "en"),
    ] {
        let (status, html) = stage.send_from_browser("GET", "cut-off", "", Some(languages)).await;
        assert_eq!(status, 404);
        assert!(html.contains(&format!("<html lang=\"{tag}\"")), "{languages}: {html}");
    }
}
