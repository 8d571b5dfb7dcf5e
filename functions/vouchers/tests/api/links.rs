//! Tests of the short links: what a GET shows and where it leads, whose taps count, and what the
//! button does.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use domain::{
    campaign::redeeming::RevokeScope,
    customer::changes::CustomerReplacement,
    delivery::contact_policy::ContactPolicy,
    kernel::channel::Channel,
    voucher::{record::Voucher, short_link::LinkSigner},
};
use fake_aws::FakeAws;
use http_body_util::BodyExt;
use secrets::Secrets;
use serde_json::json;
use testkit::builders::{add_milliseconds, customer_id, noon};
use tower::ServiceExt;
use vouchers::{VouchersContext, links};

use crate::fixture::{ACCEPT_WITHIN, HOUR, SECOND, VoucherPath, VouchersFixture, euros};

const SECRET: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const PREVIEW: &str = "WhatsApp/2.24.1 A";

struct LinkAnswer {
    status: u16,
    location: Option<String>,
    html: String,
}

struct LinksFixture {
    stage: VouchersFixture,
    secrets: Arc<Secrets>,
    app_base: Option<String>,
}

impl LinksFixture {
    async fn new(change: serde_json::Value, app_base: Option<&str>) -> Self {
        let stage = VouchersFixture::new(change).await;
        let memory = FakeAws::new(testkit::table_schemas());
        memory.set_secret("links", SECRET);
        let secrets = Arc::new(Secrets::new(&memory.config()));
        Self { stage, secrets, app_base: app_base.map(str::to_owned) }
    }

    async fn with_page() -> Self {
        Self::new(json!({"link_target": "page"}), Some("https://app.example.com/v")).await
    }

    /// Builds the function as a cold start does.
    fn app(&self) -> axum::Router {
        let context = links::LinksContext {
            vouchers: VouchersContext::new(self.stage.store.clone(), euros()),
            secrets: Arc::clone(&self.secrets),
            link_secret: "links".into(),
            brand: "Food & <Co>".into(),
            app_base: self.app_base.clone(),
        };
        http_edge::build_app(links::routes().with_state(Arc::new(context)))
    }

    async fn code(&self, voucher: &Voucher, channel: Channel) -> String {
        let signer = self.secrets.token_signer("links").await.unwrap();
        LinkSigner::new(signer).code(voucher, channel)
    }

    async fn path(&self, path: &VoucherPath, channel: Channel) -> String {
        let voucher = self.stage.stored(path).await;
        format!("/l/{}", self.code(&voucher, channel).await)
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> LinkAnswer {
        let request = Request::builder().method(method).uri(path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = self.app().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        LinkAnswer { status, location, html: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn tap(&self, path: &str) -> LinkAnswer {
        self.call("GET", path, &[("user-agent", PHONE)]).await
    }

    async fn taps(&self, path: &VoucherPath) -> Vec<Channel> {
        self.stage.stored(path).await.taps.keys().copied().collect()
    }
}

#[tokio::test]
async fn a_get_shows_the_offer_and_accepts_nothing_and_the_button_accepts_once() {
    let links = LinksFixture::with_page().await;
    links.stage.put_profile("c-1", &json!({"zone": "UTC", "locale": "es-ES"})).await;
    let voucher = links.stage.issue("c-1").await;
    links.stage.put_profile("c-1", &json!({"zone": "UTC", "locale": "es-ES"})).await;
    let path = links.path(&voucher, Channel::Push).await;
    for _ in 0..3 {
        let page = links.tap(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.html.contains("<html lang=\"es\" dir=\"ltr\">"), "{}", page.html);
        assert!(page.html.contains("de descuento"), "{}", page.html);
        assert!(
            page.html.contains("<form method=\"post\"><button>Aceptar la oferta"),
            "{}",
            page.html
        );
        assert!(page.html.contains("8 de noviembre"), "{}", page.html);
        assert!(page.html.contains("Food &amp; &lt;Co&gt;"), "{}", page.html);
    }
    let stored = links.stage.stored(&voucher).await;
    assert_eq!(stored.stages.accepted_at, None, "a GET accepts nothing");
    links.stage.set_time(SECOND);
    let first = links.call("POST", &path, &[]).await;
    assert_eq!(first.status, 200);
    assert!(first.html.contains("La oferta es tuya."), "{}", first.html);
    let app = format!("https://app.example.com/v/{}", voucher.voucher);
    assert!(first.html.contains(&format!("href=\"{app}\"")), "{}", first.html);
    assert!(first.html.contains(&format!("content=\"3;url={app}\"")), "{}", first.html);
    let accepted = links.stage.stored(&voucher).await;
    assert!(accepted.stages.accepted_at.is_some());
    links.stage.set_time(60 * SECOND);
    assert_eq!(links.call("POST", &path, &[]).await.html, first.html);
    assert_eq!(links.stage.stored(&voucher).await, accepted, "a repeat changes nothing");
    let later = links.tap(&path).await;
    assert!(later.html.contains("La oferta es tuya.") && !later.html.contains("<form"));
}

#[tokio::test]
async fn a_link_that_leads_to_the_app_redirects_there_and_accepts_nothing() {
    let links = LinksFixture::new(json!({}), Some("https://app.example.com/v/")).await;
    let voucher = links.stage.issue("c-1").await;
    let path = links.path(&voucher, Channel::Sms).await;
    let answer = links.tap(&path).await;
    assert_eq!(answer.status, 302);
    let app = format!("https://app.example.com/v/{}", voucher.voucher);
    assert_eq!(answer.location.as_deref(), Some(app.as_str()));
    assert_eq!(links.taps(&voucher).await, [Channel::Sms]);
    assert_eq!(links.stage.stored(&voucher).await.stages.accepted_at, None);
    // without an app the page is all there is
    let links = LinksFixture::new(json!({}), None).await;
    let voucher = links.stage.issue("c-1").await;
    let path = links.path(&voucher, Channel::Sms).await;
    let page = links.tap(&path).await;
    assert!(page.status == 200 && page.html.contains("<form"), "{}", page.html);
    let accepted = links.call("POST", &path, &[]).await;
    assert!(accepted.html.contains("The offer is yours.") && !accepted.html.contains("refresh"));
}

#[tokio::test]
async fn only_people_are_counted_each_channel_once_and_pressing_the_button_always_counts() {
    let links = LinksFixture::with_page().await;
    let voucher = links.stage.issue("c-1").await;
    let [sms, push] = [Channel::Sms, Channel::Push];
    let (by_sms, by_push) = (links.path(&voucher, sms).await, links.path(&voucher, push).await);
    for headers in [
        vec![],
        vec![("user-agent", PREVIEW)],
        vec![("user-agent", PHONE), ("sec-purpose", "prefetch;prerender")],
        vec![("user-agent", PHONE), ("purpose", "prefetch")],
        vec![("user-agent", PHONE), ("x-moz", "prefetch")],
        vec![("user-agent", PHONE), ("sec-fetch-dest", "image")],
    ] {
        assert_eq!(links.call("GET", &by_sms, &headers).await.status, 200, "it sees the page");
        assert_eq!(links.taps(&voucher).await, [], "{headers:?}");
    }
    assert_eq!(links.call("HEAD", &by_sms, &[("user-agent", PHONE)]).await.status, 200);
    assert_eq!(links.taps(&voucher).await, []);
    links.tap(&by_sms).await;
    let first = links.stage.stored(&voucher).await.taps;
    assert_eq!(first.keys().copied().collect::<Vec<_>>(), [sms]);
    links.stage.set_time(60 * SECOND);
    links.tap(&by_sms).await;
    assert_eq!(links.stage.stored(&voucher).await.taps, first, "only the first");
    links.call("POST", &by_push, &[("user-agent", PREVIEW)]).await;
    let both = links.stage.stored(&voucher).await;
    assert_eq!(both.taps.len(), 2);
    assert_eq!(both.tapped_at(), first.get(&sms).copied());
}

#[tokio::test]
async fn a_forged_or_truncated_code_says_so_and_changes_nothing() {
    let links = LinksFixture::with_page().await;
    let (mine, other) = (links.stage.issue("c-1").await, links.stage.issue("c-2").await);
    let good = links.path(&mine, Channel::Sms).await;
    let others = links.path(&other, Channel::Sms).await;
    // the place of one voucher with the signature of another
    let mixed = format!("{}{}", &good[..13], &others[13..]);
    for path in [&good[..good.len() - 1], "/l/nonsense", "/l/EXAMPLE0000000000000", mixed.as_str()]
    {
        for method in ["GET", "POST"] {
            let answer = links.call(method, path, &[("user-agent", PHONE)]).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.html.contains("This link is not complete"), "{}", answer.html);
            assert!(!answer.html.contains("<form"), "{}", answer.html);
        }
    }
    for path in [&mine, &other] {
        let voucher = links.stage.stored(path).await;
        assert!(voucher.stages.accepted_at.is_none() && voucher.taps.is_empty());
    }
}

#[tokio::test]
async fn the_page_says_what_became_of_the_offer() {
    let mut links = LinksFixture::with_page().await;
    let declined = links.stage.issue("c-1").await;
    links.stage.decline(&declined).await.ok();
    let used = links.stage.issue_accepted("c-2").await;
    links.stage.redeem(&used, "o-1").await.ok();
    let (late, revoked) = (links.stage.issue("c-3").await, links.stage.issue("c-4").await);
    let erased = links.stage.issue("c-5").await;
    let now = runtime::clock::now();
    links.stage.store.erase_customer(&customer_id("c-5"), now).await.unwrap();
    for (voucher, said) in [
        (&declined, "You have declined this offer."),
        (&used, "This offer has been used."),
        (&erased, "This offer is over."),
    ] {
        let path = links.path(voucher, Channel::Push).await;
        for method in ["GET", "POST"] {
            let page = links.call(method, &path, &[("user-agent", PHONE)]).await;
            assert_eq!(page.status, 200);
            let html = page.html;
            // who has used it has accepted it, so accepting again is a repeat
            assert!(html.contains(said) && !html.contains("<form"), "{html}");
        }
    }
    let late_path = links.path(&late, Channel::Push).await;
    links.stage.set_time(ACCEPT_WITHIN);
    assert!(links.tap(&late_path).await.html.contains("This offer is over."));
    assert!(links.call("POST", &late_path, &[]).await.html.contains("This offer is over."));
    assert_eq!(links.stage.refusal("c-3").await, "expired");
    links.stage.set_time(SECOND);
    links.stage.cancel(RevokeScope::All).await;
    let path = links.path(&revoked, Channel::Push).await;
    assert!(links.call("POST", &path, &[]).await.html.contains("This offer is over."));
    assert_eq!(links.stage.stored(&revoked).await.stages.accepted_at, None);
}

#[tokio::test]
async fn the_page_names_days_by_the_clock_that_the_contact_policy_gives_to_a_phone() {
    let links = LinksFixture::with_page().await;
    let voucher = links.stage.issue("c-1").await;
    // the last moment, noon in UTC, is at night in Tonga
    let put = json!({"profile": {"locale": "en"}, "contacts": {"phone": "+6767712345"}});
    let put: CustomerReplacement = serde_json::from_value(put).unwrap();
    links.stage.store.put_customer(&customer_id("c-1"), &put, euros()).await.unwrap();
    let path = links.path(&voucher, Channel::Push).await;
    let page = links.tap(&path).await;
    assert!(page.html.contains("November 8"), "{}", page.html);
    let policy = ContactPolicy { zone_by_phone_country: true, ..ContactPolicy::default() };
    links.stage.store.set_contact_policy(&policy, 0, "ada", noon()).await.unwrap();
    let page = links.tap(&path).await;
    assert!(page.html.contains("November 9"), "{}", page.html);
}

#[tokio::test]
async fn who_accepts_early_by_the_button_is_reminded_in_time() {
    let reminder = json!({"hours_before": 24, "to_accepted": true});
    let links = LinksFixture::new(json!({"reminder": reminder}), None).await;
    let voucher = links.stage.issue("c-1").await;
    let path = links.path(&voucher, Channel::Push).await;
    assert!(links.call("POST", &path, &[]).await.html.contains("The offer is yours."));
    let redeem_by = links.stage.stored(&voucher).await.redeem_by.unwrap();
    let far = add_milliseconds(noon(), 2 * ACCEPT_WITHIN);
    let mut due_at = Vec::new();
    for channel in Channel::ALL {
        let (due, _) = links.stage.store.due_dispatches(channel, far, None).await.unwrap();
        for found in due {
            let dispatch = links.stage.store.dispatch(&found.key).await.unwrap().unwrap();
            due_at.push(dispatch.due_at);
        }
    }
    assert_eq!(due_at, [add_milliseconds(redeem_by, -24 * HOUR)]);
}

#[tokio::test]
async fn two_who_press_at_once_accept_once() {
    let links = LinksFixture::with_page().await;
    let voucher = links.stage.issue("c-1").await;
    let path = links.path(&voucher, Channel::Push).await;
    let (one, other) = tokio::join!(links.call("POST", &path, &[]), links.call("POST", &path, &[]));
    assert!(one.html.contains("The offer is yours.") && other.html == one.html);
}
