//! The way out of a channel for whoever holds a message's link: `GET` shows a page and changes nothing, since mail scanners follow
//! links; `POST`, from the page's button or from the mail program's (RFC 8058), withdraws the consent. No login, and nothing is asked.
//! Reads and writes Customers. Before it: the links that deliver-email signs. After it: every delivery, which asks for consent when it
//! sends. Guarantees: any number of posts is one; whoever cannot make a token learns nothing, not even whether there is such a customer.

mod page;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    channel::Channel,
    customer::{Consent, ConsentState, Customer},
    id::CustomerId,
};
use http::StatusCode;
use http_api::{OpenApiRouter, Problem, routes};
use page::Shown;
use runtime::{Error, aws, clock, env};
use secrets::{Secrets, UNSUBSCRIBE};
use store::{
    Store, StoreError, Tables,
    customers::{Changed, Found},
};

/// Where a consent was withdrawn, if it was here.
const SOURCE: &str = "unsubscribe_link";

pub struct Context {
    pub store: Store,
    pub secrets: Secrets,
    /// ARN of the secret that signs the links.
    pub link_secret: String,
    pub brand: String,
}

pub async fn run() -> Result<(), Error> {
    let context = Context {
        store: Store::new(&aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        secrets: Secrets::new(&aws::config("secrets_manager")),
        link_secret: env::required("LINK_SECRET_ARN")?,
        brand: env::required("BRAND_NAME")?,
    };
    http_api::serve(routes().with_state(Arc::new(context))).await
}

pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new().routes(routes!(show, post))
}

/// Whose choice for which channel a link is about.
struct Asked {
    customer: CustomerId,
    channel: Channel,
}

/// The page with the button. Changes nothing.
#[utoipa::path(get, path = "/u/{token}", tag = "public", operation_id = "show_unsubscribe", params(("token" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String), (status = 404, content_type = "text/html", body = String)))]
pub async fn show(State(context): State<Arc<Context>>, Path(token): Path<String>) -> Response {
    match shown(&context, &token).await {
        Ok((shown, locale)) => page::answer(&context.brand, &shown, locale.as_deref()),
        Err(problem) => problem.into_response(),
    }
}

async fn shown(context: &Context, token: &str) -> Result<(Shown, Option<String>), Problem> {
    let Some(asked) = asked(context, token).await? else { return Ok((Shown::BadLink, None)) };
    Ok(match context.store.customer(&asked.customer).await.map_err(failed)? {
        Found::Customer(customer) if denied(&customer, asked.channel) => {
            (Shown::Done(asked.channel), language(&customer))
        }
        Found::Customer(customer) => (Shown::Ask(asked.channel), language(&customer)),
        // nothing is sent to them
        Found::Erased | Found::Unknown => (Shown::Done(asked.channel), None),
    })
}

/// Withdraws the consent for the channel of the message.
#[utoipa::path(post, path = "/u/{token}", tag = "public", operation_id = "unsubscribe", params(("token" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String), (status = 404, content_type = "text/html", body = String)))]
pub async fn post(State(context): State<Arc<Context>>, Path(token): Path<String>) -> Response {
    match unsubscribed(&context, &token).await {
        Ok((shown, locale)) => page::answer(&context.brand, &shown, locale.as_deref()),
        Err(problem) => problem.into_response(),
    }
}

async fn unsubscribed(context: &Context, token: &str) -> Result<(Shown, Option<String>), Problem> {
    let Some(Asked { customer, channel }) = asked(context, token).await? else { return Ok((Shown::BadLink, None)) };
    let done = Shown::Done(channel);
    let known = match context.store.customer(&customer).await.map_err(failed)? {
        Found::Customer(customer) => customer,
        Found::Erased | Found::Unknown => return Ok((done, None)),
    };
    if denied(&known, channel) {
        return Ok((done, language(&known)));
    }
    let consent = Consent { state: ConsentState::Denied, source: SOURCE.to_owned(), at: clock::now() };
    let changed = context.store.set_consent(&customer, channel, &consent).await.map_err(failed)?;
    tracing::info!(%channel, "a customer has left a channel by their link");
    Ok(match changed {
        Changed::Created(after) | Changed::Changed(after) | Changed::Unchanged(after) => {
            // a consent that is newer than this moment can only be a clock that is ahead: what they press now counts
            if denied(&after, channel) { (done, language(&after)) } else { return Err(Problem::unavailable()) }
        }
        Changed::Erased | Changed::Unknown => (done, None),
        Changed::Refused(never) => match never {},
    })
}

async fn asked(context: &Context, token: &str) -> Result<Option<Asked>, Problem> {
    let sealer = context.secrets.sealer(&context.link_secret).await;
    let sealer = sealer.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
    let opened = sealer.open(UNSUBSCRIBE, token);
    Ok(opened.as_deref().and_then(|text| text.split_once(':')).and_then(|(channel, customer)| {
        Some(Asked { channel: Channel::parse(channel)?, customer: CustomerId::parse(customer).ok()? })
    }))
}

fn denied(customer: &Customer, channel: Channel) -> bool {
    customer.consents.get(&channel).is_some_and(|consent| consent.state == ConsentState::Denied)
}

fn language(customer: &Customer) -> Option<String> {
    customer.profile.locale.as_ref().map(|locale| locale.language().to_owned())
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

impl Shown {
    fn status(&self) -> StatusCode {
        match self {
            Shown::Ask(_) | Shown::Done(_) => StatusCode::OK,
            Shown::BadLink => StatusCode::NOT_FOUND,
        }
    }
}
