//! The wallet of a customer with more vouchers than it shows, on the in-memory AWS: the newest are
//! shown, an open one is found by status however old it is, and many campaigns are loaded at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{
    campaign::lifecycle::Campaign,
    customer::changes::CustomerReplacement,
    kernel::{
        channel::Channel,
        id::{Occurrence, VoucherId},
        money::Currency,
    },
    voucher::record::{Voucher, VoucherStatus},
};
use fake_aws::{CallVerdict, FakeAws};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::{Store, TableNames, campaign::campaigns::AuditedChange};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon, voucher},
};
use tower::ServiceExt;

use crate::fixture::{VouchersFixture, signed_request, vouchers_app};

const CAMPAIGNS: i64 = 300;
const VOUCHERS: i64 = 1_200;
const MINUTE: i64 = 60_000;

struct WalletFixture {
    app: axum::Router,
    store: Store,
    /// The number of calls so far.
    calls: Arc<AtomicUsize>,
}

impl WalletFixture {
    fn new() -> Self {
        let calls = Arc::<AtomicUsize>::default();
        let seen = calls.clone();
        let memory = FakeAws::with_gate(
            testkit::table_schemas(),
            Arc::new(move |_| {
                seen.fetch_add(1, Ordering::Relaxed);
                Box::pin(std::future::ready(CallVerdict::Proceed))
            }),
        );
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        Self { app: vouchers_app(&store), store, calls }
    }

    /// Creates vouchers of `c-1`, a minute apart, the newest first; the last is the only one that
    /// is not declined.
    async fn create_vouchers(&self) {
        let put: CustomerReplacement =
            serde_json::from_value(json!({"profile": {"zone": "UTC"}})).unwrap();
        self.store
            .put_customer(&customer_id("c-1"), &put, Currency::parse("EUR").unwrap())
            .await
            .unwrap();
        let ordinary = definition(json!({}));
        for number in 0..CAMPAIGNS {
            let draft = Campaign::draft(
                campaign_id(&format!("cmp_{number}")),
                ordinary.clone(),
                "ada",
                noon(),
            );
            let change = AuditedChange { actor: "ada", action: "create", note: "", at: noon() };
            self.store.create_campaign(&draft, &format!("f-{number}"), &change).await.unwrap();
        }
        for number in 0..VOUCHERS {
            let campaign = campaign_id(&format!("cmp_{}", number % CAMPAIGNS));
            let base = voucher(&campaign, &ordinary, "c-1", Channel::Sms);
            let occurrence = Occurrence::parse(&format!("o-{number}")).unwrap();
            let id = VoucherId::derive(&campaign, &customer_id("c-1"), &occurrence);
            let status = if number == VOUCHERS - 1 {
                VoucherStatus::Redeemed
            } else {
                VoucherStatus::Declined
            };
            let issued_at = add_milliseconds(noon(), -number * MINUTE);
            self.store
                .restore_voucher(&Voucher { id, occurrence, status, issued_at, ..base })
                .await
                .unwrap();
        }
    }

    async fn read_wallet(&self, query: &str) -> Vec<Value> {
        let path = format!("/v1/customers/c-1/vouchers{query}");
        let request = signed_request("GET", &path, String::new());
        let response = self.app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        body.get("items").and_then(Value::as_array).unwrap().clone()
    }
}

#[tokio::test]
async fn of_more_than_a_thousand_vouchers_the_newest_are_shown_and_an_old_one_is_found_by_its_status()
 {
    let stage = WalletFixture::new();
    stage.create_vouchers().await;
    let before = stage.calls.load(Ordering::Relaxed);
    let shown = stage.read_wallet("").await;
    let issued: Vec<&str> = shown.iter().filter_map(|it| it.get("issued_at")?.as_str()).collect();
    let newest: Vec<String> =
        (0..1_000).map(|number| add_milliseconds(noon(), -number * MINUTE).to_string()).collect();
    assert_eq!(issued, newest);
    // the first use of the key, the customer, two pages of records, and of all campaigns together the
    // summaries and the definitions, a hundred at a time
    let asked = stage.calls.load(Ordering::Relaxed) - before;
    assert!(asked <= 10, "{asked} calls");
    let redeemed = stage.read_wallet("?status=redeemed").await;
    let oldest = add_milliseconds(noon(), -(VOUCHERS - 1) * MINUTE).to_string();
    assert_eq!(
        redeemed.iter().map(|it| it.get("issued_at").cloned()).collect::<Vec<_>>(),
        [Some(oldest.into())]
    );
    assert!(stage.read_wallet("?status=accepted").await.is_empty());
}

#[tokio::test]
async fn an_offer_is_in_the_customers_words() {
    let minimum = json!({"offer": {"minimum_basket": {"amount": 2_500, "currency": "EUR"}}});
    let stage = VouchersFixture::new(minimum).await;
    for (number, (locale, offer, basket)) in [
        (Some("es-ES"), "5\u{a0}€ de descuento", "25\u{a0}€"),
        (Some("pt_br"), "€\u{a0}5 de desconto", "€\u{a0}25"),
        (Some("ar-EG"), "خصم \u{200f}٥\u{a0}€", "\u{200f}٢٥\u{a0}€"),
        (Some("zh-TW"), "現折€5", "€25"),
        // not spoken, or not known: the language of the campaign
        (Some("pl-PL"), "€5 off", "€25"),
        (None, "€5 off", "€25"),
    ]
    .into_iter()
    .enumerate()
    {
        let customer = format!("c-{number}");
        let profile = locale.map_or_else(|| json!({}), |locale| json!({"locale": locale}));
        let voucher = stage.issue(&customer).await;
        stage.put_profile(&customer, &profile).await;
        let shown = stage.wallet(&customer).await.ok();
        let texts = |name: &str| shown["items"][0][name].as_str().unwrap().to_owned();
        assert_eq!(
            (texts("offer_text"), texts("minimum_basket_text")),
            (offer.into(), basket.into())
        );
        // the answer of an acceptance has no words, and needs no customer for them
        assert_eq!(stage.accept(&voucher).await.ok().get("offer_text"), None);
    }
}
