//! The unsubscribe link of a message: `GET` shows a page and changes nothing, because mail scanners
//! follow links; `POST`, from the page's button or the mail program's (RFC 8058), speaks for both: it
//! withdraws the consent of the customer to whom the message was written, and suppresses the address
//! to which it went, for everyone who has it. It asks for no login and no further input. The page
//! also shows the customer's preferences, and saves them (`preferences`). The short link of an SMS
//! speaks for the number alone, as a STOP from it does, and its page has no more than the button.
//!
//! It reads and writes Customers and Addresses, and reads the tenant's topics and contact policy.
//! Before it: the links that the deliver workers sign. After it: every delivery, which checks consent
//! and suppression when it sends.
//!
//! Guarantees: repeated posts have the effect of one; a caller who cannot forge a token learns
//! nothing, not even whether the customer exists.

mod page;
mod preferences;

use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use domain::{
    customer::{
        address::AddressKey,
        address_state::NewSuppression,
        leaving_link::open_leaving_code,
        profile::{Consent, ConsentState, Customer, SuppressionReason},
    },
    kernel::{channel::Channel, id::CustomerId, language::Language},
};
use http::{HeaderMap, StatusCode};
use http_edge::{OpenApiRouter, Problem, reader_language::browser_language, routes};
use page::UnsubscribePage;
use runtime::{Error, aws, clock, env};
use secrets::{Secrets, UNSUBSCRIBE};
use store::{
    Store, StoreError, TableNames, TenantDefaults,
    customer::addresses::AddressKeySource,
    customer::profiles::{CustomerChangeResult, CustomerLookup},
};

/// The source of a consent that was withdrawn here.
const SOURCE: &str = "unsubscribe_link";

pub struct UnsubscribeContext {
    pub store: Store,
    pub secrets: Arc<Secrets>,
    /// ARN of the secret that signs the links.
    pub link_secret: String,
    pub brand: String,
}

pub async fn run() -> Result<(), Error> {
    let secrets = Arc::new(Secrets::new(&aws::config("secrets_manager")));
    let (source, arn) = (Arc::clone(&secrets), env::required("ADDRESS_SECRET_ARN")?);
    let address_keys =
        AddressKeySource::reading(move || Arc::clone(&source).read_address_hasher(arn.clone()));
    let context = UnsubscribeContext {
        store: Store::new(&aws::config("dynamodb"), TableNames::from_lookup(env::optional))
            .with_address_keys(address_keys)
            .with_tenant(TenantDefaults::from_lookup(env::optional)?),
        secrets,
        link_secret: env::required("LINK_SECRET_ARN")?,
        brand: env::required("BRAND_NAME")?,
    };
    http_edge::serve(routes().with_state(Arc::new(context))).await
}

pub fn routes() -> OpenApiRouter<Arc<UnsubscribeContext>> {
    OpenApiRouter::new().routes(routes!(show, post)).routes(routes!(preferences::save))
}

/// The customer, the channel and the address that a link is for. The short link of an SMS is for the
/// number alone, as a STOP from it is.
struct UnsubscribeRequest {
    customer: Option<CustomerId>,
    channel: Channel,
    address: AddressKey,
}

/// Shows the customer's preferences, with a button that ends the channel. It changes nothing.
#[utoipa::path(get, path = "/u/{token}", tag = "public", operation_id = "show_unsubscribe", params(("token" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String, description = "The page for the customer."),
        (status = 404, content_type = "text/html", body = String, description = "The link is truncated or forged.")))]
pub async fn show(
    State(context): State<Arc<UnsubscribeContext>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let shown = preferences::show_link(&context, &token, &headers, query.as_deref()).await;
    shown.unwrap_or_else(IntoResponse::into_response)
}

/// Withdraws the consent for the channel of the message, and suppresses the address to which the
/// message went for every customer who has it.
#[utoipa::path(post, path = "/u/{token}", tag = "public", operation_id = "unsubscribe", params(("token" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String, description = "The page for the customer."),
        (status = 404, content_type = "text/html", body = String, description = "The link is truncated or forged.")))]
pub async fn post(
    State(context): State<Arc<UnsubscribeContext>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        withdraw_consent(&context, &token).await?;
        preferences::show_link(&context, &token, &headers, None).await
    };
    shown.await.unwrap_or_else(IntoResponse::into_response)
}

async fn withdraw_consent(context: &UnsubscribeContext, token: &str) -> Result<(), Problem> {
    let Some(UnsubscribeRequest { customer, channel, address }) = open_link(context, token).await?
    else {
        return Ok(());
    };
    let now = clock::now();
    // The address first: it may be one that the customer has no longer, and others have.
    let no = NewSuppression::received(SuppressionReason::OptedOut, now, SOURCE);
    context.store.suppress_address(&address, channel, &no).await.map_err(store_failure)?;
    let Some(customer) = customer else {
        tracing::info!(%channel, "number unsubscribed by link");
        return Ok(());
    };
    let known = match context.store.customer(&customer).await.map_err(store_failure)? {
        CustomerLookup::Customer(customer) => customer,
        CustomerLookup::Erased | CustomerLookup::Unknown => return Ok(()),
    };
    if is_denied(&known, channel) {
        return Ok(());
    }
    let consent = Consent { state: ConsentState::Denied, source: SOURCE.to_owned(), at: now };
    let changed = context
        .store
        .set_consent(&customer, channel, &consent, now)
        .await
        .map_err(store_failure)?;
    tracing::info!(%channel, "customer unsubscribed by link");
    match changed {
        CustomerChangeResult::Created(after)
        | CustomerChangeResult::Changed(after)
        | CustomerChangeResult::Unchanged(after) => {
            // The stored consent is newer than now only if a clock is ahead. The customer's choice
            // must win, so the request fails and can be repeated.
            if is_denied(&after, channel) { Ok(()) } else { Err(Problem::unavailable()) }
        }
        CustomerChangeResult::Erased | CustomerChangeResult::Unknown => Ok(()),
        CustomerChangeResult::Refused(never) => match never {},
    }
}

async fn open_link(
    context: &UnsubscribeContext,
    token: &str,
) -> Result<Option<UnsubscribeRequest>, Problem> {
    let sealer = context.secrets.token_signer(&context.link_secret).await;
    let sealer = sealer.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
    if let Some(address) = open_leaving_code(&sealer, token) {
        let channel = Channel::Sms;
        return Ok(Some(UnsubscribeRequest { customer: None, channel, address }));
    }
    let opened = sealer.open_token(UNSUBSCRIBE, token);
    Ok(opened.as_deref().and_then(parse_request))
}

/// Parses the text of a link: `<channel>:<address>:<customer>`. Only the customer's id may have more
/// colons.
fn parse_request(text: &str) -> Option<UnsubscribeRequest> {
    let (channel, rest) = text.split_once(':')?;
    let (address, customer) = rest.split_once(':')?;
    Some(UnsubscribeRequest {
        channel: Channel::parse(channel)?,
        address: AddressKey::parse(address).ok()?,
        customer: Some(CustomerId::parse(customer).ok()?),
    })
}

fn is_denied(customer: &Customer, channel: Channel) -> bool {
    customer.consents.get(&channel).is_some_and(|consent| consent.state == ConsentState::Denied)
}

fn customer_language(customer: &Customer) -> Option<Language> {
    customer.profile.locale.as_ref().and_then(Language::of)
}

/// Returns the customer's language; without one that of the browser, or else English.
fn language_or_browsers(language: Option<Language>, headers: &HeaderMap) -> Language {
    language.or_else(|| browser_language(headers)).unwrap_or(Language::English)
}

fn store_failure(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

impl UnsubscribePage {
    fn status(&self) -> StatusCode {
        match self {
            UnsubscribePage::Ask(_) | UnsubscribePage::Done(_) => StatusCode::OK,
            UnsubscribePage::BadLink => StatusCode::NOT_FOUND,
        }
    }
}
