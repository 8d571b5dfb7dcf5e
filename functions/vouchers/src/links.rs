//! The short links of messages: `GET` leads to the app, or shows the offer on a page of our own,
//! and accepts nothing, because scanners and messengers follow links; `POST`, from the page's
//! button, accepts by the rules of the vouchers API and says what happened.
//!
//! It reads Vouchers, Control and Customers; it writes the first tap of a person and the acceptance
//! to the voucher, and to Work the reminder of one that is accepted early. Before it: the links
//! that deliver-* sign. It is a function of its own, so that a flood of taps takes nothing from the
//! checkout.
//!
//! Guarantees: whoever cannot forge a code learns nothing; repeated posts have the effect of one;
//! only people's taps are counted (`domain::voucher::tap`), each channel once.

mod page;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    campaign::link_target::LinkTarget,
    customer::profile::Customer,
    kernel::{channel::Channel, money::Currency},
    voucher::{
        record::{Voucher, VoucherRefusal, VoucherStatus},
        short_link::{LinkCode, LinkSigner},
        tap::{LinkVisit, time_since_sent},
    },
};
use http::{HeaderMap, Method, StatusCode, header};
use http_edge::{ApiResult, OpenApiRouter, Problem, routes};
use page::{LinkPage, PageReader};
use runtime::{clock, env};
use secrets::Secrets;
use store::{
    Store, TableNames, TenantDefaults, customer::profiles::CustomerLookup,
    voucher::records::VoucherKey,
};

use crate::{
    ActiveCampaign, VouchersContext,
    acceptance::{Acceptance, accept_voucher},
    refusal::record_refusal,
    store_failure,
};

/// The headers with which programs say that they fetch ahead of a person.
const PURPOSES: [&str; 4] = ["purpose", "sec-purpose", "x-purpose", "x-moz"];

pub struct LinksContext {
    pub vouchers: VouchersContext,
    pub secrets: Arc<Secrets>,
    /// ARN of the secret that signs the links.
    pub link_secret: String,
    pub brand: String,
    /// The address of a voucher in the app, to which its id is appended, if the tenant has an app.
    pub app_base: Option<String>,
}

pub async fn run() -> Result<(), runtime::Error> {
    let store =
        Store::new(&runtime::aws::config("dynamodb"), TableNames::from_lookup(env::optional))
            .with_tenant(TenantDefaults::from_lookup(env::optional)?);
    let currency = Currency::parse(&env::required("CURRENCY")?)?;
    let context = LinksContext {
        vouchers: VouchersContext::new(store, currency),
        secrets: Arc::new(Secrets::new(&runtime::aws::config("secrets_manager"))),
        link_secret: env::required("LINK_SECRET_ARN")?,
        brand: env::required("BRAND_NAME")?,
        app_base: env::optional("APP_LINK_BASE").filter(|base| !base.is_empty()),
    };
    http_edge::serve(routes().with_state(Arc::new(context))).await
}

pub fn routes() -> OpenApiRouter<Arc<LinksContext>> {
    OpenApiRouter::new().routes(routes!(open, accept))
}

/// The voucher and the message of a link.
struct OpenedLink {
    voucher: Voucher,
    channel: Channel,
    offered: Arc<ActiveCampaign>,
    /// The reader, unless they were erased.
    customer: Option<Box<Customer>>,
}

/// Leads to the app, or shows the offer with a button that accepts it. It accepts nothing.
#[utoipa::path(get, path = "/l/{code}", tag = "public", operation_id = "open_link", params(("code" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String, description = "The page of the offer."),
        (status = 302, description = "The voucher in the app."),
        (status = 404, content_type = "text/html", body = String, description = "The link is truncated or forged.")))]
pub async fn open(
    State(context): State<Arc<LinksContext>>,
    Path(code): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let now = clock::now();
    let link = match find_link(&context, &code).await {
        Ok(link) => link,
        Err(problem) => return problem.into_response(),
    };
    let Some(link) = link else {
        return context.show(&LinkPage::BadLink, &headers);
    };
    if visit(&link, &method, &headers, now).is_tap() {
        context.note_tap(&link, now).await;
    }
    let app = context.app_link(&link.voucher);
    match (link.offered.definition_of(&link.voucher).link_target, app) {
        (LinkTarget::App, Some(app)) => redirect_to(&app),
        (LinkTarget::App | LinkTarget::Page, _) => {
            let shown = context.page_of(&link, now);
            context.show_to(&shown, &link, &headers, now)
        }
    }
}

/// Accepts the offer, as often as it is asked to with the effect of once, and says what happened.
#[utoipa::path(post, path = "/l/{code}", tag = "public", operation_id = "accept_by_link", params(("code" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String, description = "What happened."),
        (status = 404, content_type = "text/html", body = String, description = "The link is truncated or forged.")))]
pub async fn accept(
    State(context): State<Arc<LinksContext>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    match accept_by_link(&context, &code, &headers).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn accept_by_link(
    context: &LinksContext,
    code: &str,
    headers: &HeaderMap,
) -> ApiResult<Response> {
    let now = clock::now();
    let Some(mut link) = find_link(context, code).await? else {
        return Ok(context.show(&LinkPage::BadLink, headers));
    };
    // A button is pressed by a person, whatever the program says of itself.
    context.note_tap(&link, now).await;
    if link.customer.is_none() {
        return Ok(context.show_to(&LinkPage::Over, &link, headers, now));
    }
    let accepted =
        accept_voucher(&context.vouchers, link.voucher.clone(), &link.offered, now).await?;
    let shown = match accepted {
        Acceptance::Accepted(voucher) => {
            tracing::info!(channel = %link.channel, "voucher accepted by link");
            link.voucher = *voucher;
            context.page_of(&link, now)
        }
        Acceptance::Refused(why) => {
            let key = VoucherKey::from(&link.voucher);
            record_refusal(&context.vouchers, &key, "accept", why, now).await;
            page_of_refusal(why)
        }
    };
    Ok(context.show_to(&shown, &link, headers, now))
}

/// Finds the voucher of a code: among those that it can mean, the one for which it was signed.
async fn find_link(context: &LinksContext, code: &str) -> ApiResult<Option<OpenedLink>> {
    let Some(code) = LinkCode::parse(code) else {
        return Ok(None);
    };
    let store = &context.vouchers.store;
    let candidates = store.linked_vouchers(&code).await.map_err(store_failure)?;
    if candidates.is_empty() {
        return Ok(None);
    }
    let signer = context.secrets.token_signer(&context.link_secret).await;
    let signer = signer.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
    let signer = LinkSigner::new(signer);
    let mut vouchers = candidates.into_iter().filter(|voucher| voucher.status.is_voucher());
    let found = vouchers.find_map(|voucher| Some((signer.channel_of(&code, &voucher)?, voucher)));
    let Some((channel, voucher)) = found else {
        return Ok(None);
    };
    let campaigns = &context.vouchers.campaigns;
    let offered = campaigns.active_campaign(&voucher.campaign).await.map_err(store_failure)?;
    // It decides the zone of customers without one, in which the page names its days.
    store.contact_policy().await.map_err(store_failure)?;
    let customer = match store.customer(&voucher.customer).await.map_err(store_failure)? {
        CustomerLookup::Customer(customer) => Some(customer),
        CustomerLookup::Erased | CustomerLookup::Unknown => None,
    };
    Ok(offered.map(|offered| OpenedLink { voucher, channel, offered, customer }))
}

/// Reads what a request says of the program behind it.
fn visit<'h>(
    link: &OpenedLink,
    method: &Method,
    headers: &'h HeaderMap,
    now: Timestamp,
) -> LinkVisit<'h> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let reminder = link.voucher.reminder.iter().filter(|it| it.channel == link.channel);
    let messages = link.voucher.attempts.get(&link.channel).into_iter().chain(reminder);
    let sent_at = messages.map(|attempt| attempt.at).max();
    LinkVisit {
        is_head: method == Method::HEAD,
        user_agent: value(header::USER_AGENT.as_str()),
        purposes: PURPOSES.map(value),
        destination: value("sec-fetch-dest"),
        since_sent: time_since_sent(sent_at, now),
    }
}

fn redirect_to(app: &str) -> Response {
    let headers = [
        (header::LOCATION, app),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::FOUND, headers).into_response()
}

fn page_of_refusal(why: VoucherRefusal) -> LinkPage {
    match why {
        VoucherRefusal::AlreadyDeclined => LinkPage::Declined,
        VoucherRefusal::Burned | VoucherRefusal::AlreadyRedeemed => LinkPage::Used,
        VoucherRefusal::Unknown
        | VoucherRefusal::NotAccepted
        | VoucherRefusal::AlreadyAccepted
        | VoucherRefusal::Expired
        | VoucherRefusal::NotYetValid
        | VoucherRefusal::Revoked
        | VoucherRefusal::RedeemingSuspended
        | VoucherRefusal::Held
        | VoucherRefusal::NotRedeemed
        | VoucherRefusal::RedeemedCap
        | VoucherRefusal::Basket(_) => LinkPage::Over,
    }
}

impl LinksContext {
    /// Records the first tap on the channel. The reader is not kept waiting by a failure.
    async fn note_tap(&self, link: &OpenedLink, now: Timestamp) {
        if link.voucher.taps.contains_key(&link.channel) {
            return;
        }
        let key = VoucherKey::from(&link.voucher);
        if let Err(error) = self.vouchers.store.record_tap(&key, link.channel, now).await {
            tracing::warn!(%error, channel = %link.channel, "tap not recorded");
        }
    }

    fn app_link(&self, voucher: &Voucher) -> Option<String> {
        let base = self.app_base.as_deref()?;
        Some(format!("{}/{}", base.trim_end_matches('/'), voucher.id))
    }

    /// Returns the page that a voucher has now.
    fn page_of(&self, link: &OpenedLink, now: Timestamp) -> LinkPage {
        if link.customer.is_none() {
            return LinkPage::Over;
        }
        match link.voucher.status_at(link.offered.revoke, now) {
            VoucherStatus::Issued => LinkPage::Offer,
            VoucherStatus::Accepted => LinkPage::Accepted { app: self.app_link(&link.voucher) },
            VoucherStatus::Redeemed | VoucherStatus::Reversed => LinkPage::Used,
            VoucherStatus::Declined => LinkPage::Declined,
            VoucherStatus::Expired | VoucherStatus::Revoked => LinkPage::Over,
            // No message is sent about a record that is no voucher.
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                LinkPage::BadLink
            }
        }
    }

    fn show(&self, shown: &LinkPage, headers: &HeaderMap) -> Response {
        page::page_response(&self.brand, shown, &PageReader::stranger(headers))
    }

    fn show_to(
        &self,
        shown: &LinkPage,
        link: &OpenedLink,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Response {
        let reader = match &link.customer {
            Some(customer) => PageReader::customer(
                customer,
                &link.voucher,
                link.offered.definition_of(&link.voucher),
                headers,
                now,
            ),
            None => PageReader::stranger(headers),
        };
        page::page_response(&self.brand, shown, &reader)
    }
}
