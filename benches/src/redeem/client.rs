//! The app backend: signs each request and sends it over connections that stay open. It first
//! prepares the vouchers to redeem: accepted vouchers of a running campaign, written with the store
//! as the workers would have left them.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use domain::{
    Timestamp,
    campaign::lifecycle::CampaignState,
    customer::changes::CustomerReplacement,
    kernel::id::{CustomerId, Occurrence, RunId},
    reporting::counters::Counter,
    voucher::record::{Voucher, VoucherIssue, VoucherStatus},
};
use futures::{StreamExt, TryStreamExt, stream};
use http::Request;
use http_body_util::{BodyExt, Full};
use http_edge::signed_request::SigningKey;
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioExecutor};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, CreateCampaignResult},
    voucher::records::VoucherKey,
};

use crate::marketplace;

/// The number of concurrent writes.
const IN_FLIGHT: usize = 8;
/// The most polls until the stream's records of the preparation are counted, and the pause between
/// two polls.
const MAX_POLLS: usize = 240;
const POLL_PAUSE: Duration = Duration::from_millis(250);

pub struct RedeemClient {
    api_url: String,
    key_id: String,
    secret: Vec<u8>,
    store: Store,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<axum::body::Bytes>>,
}

impl RedeemClient {
    pub fn new(facts: &Value) -> anyhow::Result<Self> {
        let text = |pointer: &str| {
            facts.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer}"))
        };
        let secret = text("/webhook_secret")?.trim_start_matches("whsec_");
        let table = |name: &str| text(&format!("/tables/{name}")).map(str::to_owned);
        let tables = TableNames {
            customers: table("customers")?,
            addresses: table("addresses")?,
            vouchers: table("vouchers")?,
            work: table("work")?,
            control: table("control")?,
            reports: table("reports")?,
        };
        let client = aws_sdk_dynamodb::Client::from_conf(client_config(text("/endpoint_url")?));
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            api_url: text("/api_url")?.to_owned(),
            key_id: text("/webhook_key_id")?.to_owned(),
            secret: base64::engine::general_purpose::STANDARD.decode(secret)?,
            store: Store::with_client(client, tables)
                .with_address_keys(testkit::address_hasher().into()),
            http: hyper_util::client::legacy::Client::builder(TokioExecutor::new())
                .build(connector),
        })
    }

    /// Writes `count` accepted vouchers, each of a customer of its own.
    pub async fn prepare_vouchers(&self, count: usize) -> anyhow::Result<Vec<VoucherKey>> {
        let now = runtime::clock::now();
        let mut campaign =
            marketplace::campaign(&format!("cmp_bench{}", now.as_millisecond()), now)?;
        let run = RunId::of_promotion(&campaign.id);
        (campaign.state, campaign.run) = (CampaignState::Running, Some(run.clone()));
        let change = AuditedChange { actor: "bench", action: "create", note: "", at: now };
        ensure!(
            self.store.create_campaign(&campaign, "bench", &change).await?
                == CreateCampaignResult::First,
            "the campaign is there"
        );
        let occurrence = Occurrence::of_run(&run);
        let profile: CustomerReplacement =
            serde_json::from_value(json!({"profile": {"currency": "EUR"}}))?;
        let vouchers: Vec<Voucher> = (0..count)
            .map(|number| {
                let customer = CustomerId::parse(&format!("cust-9-{number:06}"))?;
                let issue = VoucherIssue {
                    campaign: &campaign.id,
                    run: &run,
                    occurrence: &occurrence,
                    definition: &campaign.definition,
                    customer: &customer,
                    dispatch: "p00000001.003",
                    now,
                };
                Ok(accepted_voucher(issue.held_out_record(), now))
            })
            .collect::<anyhow::Result<_>>()?;
        let writes = stream::iter(&vouchers).map(|voucher| async {
            let euro = marketplace::euro()?;
            self.store.put_customer(&voucher.customer, &profile, euro).await?;
            anyhow::Ok(self.store.restore_voucher(voucher).await?)
        });
        writes.buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        self.wait_until_counted(campaign.id.as_str(), count, now).await?;
        Ok(vouchers.iter().map(VoucherKey::from).collect())
    }

    /// Waits until the reports include the vouchers; otherwise the counting of the preparation
    /// would disturb the measurement.
    async fn wait_until_counted(
        &self,
        campaign: &str,
        count: usize,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let day = now.to_zoned(domain::TimeZone::UTC).date();
        let mut known = 0;
        for _ in 0..MAX_POLLS {
            let rows = self.store.report_rows(campaign, day.yesterday()?, day.tomorrow()?).await?;
            known = rows.iter().map(|(_, counts)| counts.amount(&Counter::Issued)).sum();
            if known == i64::try_from(count)? {
                return Ok(());
            }
            tokio::time::sleep(POLL_PAUSE).await;
        }
        bail!(
            "the reports know {known} of {count} vouchers after {:?}",
            POLL_PAUSE * u32::try_from(MAX_POLLS)?
        )
    }

    /// Redeems each voucher once, with this number of concurrent clients.
    pub async fn redeem_all(
        &self,
        vouchers: Vec<VoucherKey>,
        clients: usize,
    ) -> anyhow::Result<()> {
        let redemptions = stream::iter(vouchers).map(|key| self.redeem_one(key));
        redemptions.buffer_unordered(clients).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    async fn redeem_one(&self, key: VoucherKey) -> anyhow::Result<()> {
        let (path, body) = redemption_request(&key);
        let key = SigningKey { id: &self.key_id, secret: &self.secret };
        let request = Request::post(format!("{}{path}", self.api_url))
            .header("content-type", "application/json");
        let request = sign_post(request, key, &path, &body).body(Full::from(body))?;
        let answer = self.http.request(request).await?;
        let (status, body) = (answer.status(), answer.into_body().collect().await?.to_bytes());
        ensure!(
            status == 200,
            "redeeming was answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(())
    }
}

pub fn accepted_voucher(record: Voucher, now: Timestamp) -> Voucher {
    let mut voucher = Voucher { status: VoucherStatus::Accepted, ..record };
    voucher.stages.accepted_at = Some(now);
    voucher.redeem_by = Some(voucher.accept_by);
    voucher
}

/// Returns the path and the body that redeem one voucher on an order of its own.
pub fn redemption_request(key: &VoucherKey) -> (String, String) {
    let body = json!({
        "order_id": format!("order-{}", key.voucher), "vouchers": [key.voucher],
        "basket": marketplace::basket(),
    });
    (format!("/v1/customers/{}/checkout/redeem", key.customer), body.to_string())
}

/// Adds the headers of a signature to a POST to this path.
pub fn sign_post(
    request: http::request::Builder,
    key: SigningKey<'_>,
    path: &str,
    body: &str,
) -> http::request::Builder {
    let now = runtime::clock::now();
    let id = format!("msg_{}", now.as_nanosecond());
    let headers = key.sign_request(&id, now, ("POST", path), body.as_bytes());
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// Returns a client configuration for this process's own use, independent of its environment.
pub fn client_config(endpoint: &str) -> aws_sdk_dynamodb::Config {
    let credentials =
        aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "bench");
    aws_sdk_dynamodb::config::Builder::from(&runtime::aws::config("dynamodb"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
        .credentials_provider(credentials)
        .build()
}
