//! The preferences behind a message's link: `GET` shows what the customer has chosen, and a form of
//! the page changes it. The one click of a mail program (`POST` to the link itself) is not read as a
//! form and keeps its meaning.
//!
//! It reads the tenant's topics from Control, and reads and writes Customers and Addresses. The rules
//! of what a form may change are `domain::customer::preferences`.
//!
//! Guarantees: showing changes nothing; saving a form again changes nothing; after a save the browser
//! is sent back to the page, so that reloading does not send the form again.

mod page;
mod texts;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    customer::{
        address::Address,
        address_state::NewSuppression,
        preferences::{LinkedAddress, PREFERENCE_PAGE, PauseChoice, PreferenceForm, Preferences},
        profile::{ConsentSubject, Customer, SuppressionReason},
        topics::TopicSettings,
    },
};
use http::{HeaderMap, StatusCode, header};
use http_edge::Problem;
use page::{Notice, PreferencePage};
use runtime::clock;
use store::customer::profiles::{CustomerChangeResult, CustomerLookup};

use crate::{
    UnsubscribeContext, UnsubscribeRequest, customer_language, language_or_browsers, open_link,
    page::{UnsubscribePage, page_response},
    store_failure,
};

/// Names of the form's fields. They stand in the page and are read from what it sends.
const SHOWN_AT: &str = "shown_at";
const SHOWN: &str = "shown";
const CHOSEN: &str = "chosen";
const PAUSE: &str = "pause";
const ALL: &str = "all";
const ON: &str = "on";
const OFF: &str = "off";
/// The most fields that are read of a form: more than a page with all topics has.
const MAX_FIELDS: usize = 400;

/// Saves the choices of the preference page.
///
/// A no always counts; a yes counts only if nothing else was said since the page was shown, and for a
/// channel only if the message went to the address that the customer has now. The answer leads back
/// to the page, which shows the state.
#[utoipa::path(post, path = "/u/{token}/preferences", tag = "public", operation_id = "save_preferences", params(("token" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "The form of the page."),
    responses((status = 303, description = "Saved: the page shows the present state."),
        (status = 404, content_type = "text/html", body = String, description = "The link is truncated or forged.")))]
pub async fn save(
    State(context): State<Arc<UnsubscribeContext>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match save_form(&context, &token, &body).await {
        Ok(Some(notice)) => {
            // The token is signed text without characters that an address would need escaped.
            let page = format!("../{token}?{}", notice.as_str());
            (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response()
        }
        Ok(None) => bad_link(&context, &headers),
        Err(problem) => problem.into_response(),
    }
}

/// Saves a form, or returns `None` if the link is not ours.
async fn save_form(
    context: &UnsubscribeContext,
    token: &str,
    body: &[u8],
) -> Result<Option<Notice>, Problem> {
    let Some(asked) = open_link(context, token).await? else {
        return Ok(None);
    };
    // A link for a number shows no preferences, so it has no form.
    let Some(customer) = &asked.customer else {
        return Ok(None);
    };
    let (form, now) = (parse_form(body), clock::now());
    // The address first: it may be one that the customer has no longer, and others have.
    if form.denials().contains(&ConsentSubject::Channel(asked.channel)) {
        let no = NewSuppression::received(SuppressionReason::OptedOut, now, PREFERENCE_PAGE);
        let suppressed = context.store.suppress_address(&asked.address, asked.channel, &no).await;
        suppressed.map_err(store_failure)?;
    }
    let found = context.store.customer(customer).await.map_err(store_failure)?;
    let CustomerLookup::Customer(known) = found else {
        return Ok(Some(Notice::Saved));
    };
    let topics = context.store.topics().await.map_err(store_failure)?;
    let address = linked_address(context, &asked, &known).await?;
    let is_blocked = is_blocked(context, &asked, &known).await?;
    let link = LinkedAddress { channel: asked.channel, address: address.as_ref(), is_blocked };
    let saved = context.store.save_preferences(customer, &form, &topics, link, now).await;
    match saved.map_err(store_failure)? {
        CustomerChangeResult::Created(after)
        | CustomerChangeResult::Changed(after)
        | CustomerChangeResult::Unchanged(after) => {
            // A stored consent is newer than now only if a clock is ahead. The customer's no must
            // win, so the request fails and can be repeated.
            if !form.denials_hold(&after) {
                return Err(Problem::unavailable());
            }
            tracing::info!(channel = %asked.channel, "customer saved preferences");
            let is_granted = form.is_granted(&after, &topics, link, now);
            Ok(Some(if is_granted { Notice::Saved } else { Notice::Changed }))
        }
        CustomerChangeResult::Erased | CustomerChangeResult::Unknown => Ok(Some(Notice::Saved)),
        CustomerChangeResult::Refused(never) => match never {},
    }
}

/// Shows the page of a link: the customer's preferences, or one sentence if there is no customer. The
/// query is what the save has left there. The page of a number has the button alone: whose it is by
/// now nobody knows.
pub(crate) async fn show_link(
    context: &UnsubscribeContext,
    token: &str,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Response, Problem> {
    let Some(asked) = open_link(context, token).await? else {
        return Ok(bad_link(context, headers));
    };
    let Some(customer) = &asked.customer else {
        let shown = number_page(context, &asked).await?;
        return Ok(page_response(&context.brand, &shown, language_or_browsers(None, headers)));
    };
    // It decides the zone of customers without one.
    context.store.contact_policy().await.map_err(store_failure)?;
    let found = context.store.customer(customer).await.map_err(store_failure)?;
    let CustomerLookup::Customer(customer) = found else {
        // erased and unknown customers get no messages
        let done = UnsubscribePage::Done(asked.channel);
        return Ok(page_response(&context.brand, &done, language_or_browsers(None, headers)));
    };
    let topics = context.store.topics().await.map_err(store_failure)?;
    let address = linked_address(context, &asked, &customer).await?;
    let is_blocked = is_blocked(context, &asked, &customer).await?;
    let link = LinkedAddress { channel: asked.channel, address: address.as_ref(), is_blocked };
    let now = clock::now();
    let page = PreferencePage {
        brand: &context.brand,
        token,
        channel: asked.channel,
        is_off: is_off(&customer, &topics, link, now),
        preferences: Preferences::of(&customer, &topics, link, now),
        customer: &customer,
        language: language_or_browsers(customer_language(&customer), headers),
        notice: query.and_then(Notice::parse),
        now,
    };
    Ok(page.response())
}

/// Returns the page of a link that speaks for an address alone.
async fn number_page(
    context: &UnsubscribeContext,
    asked: &UnsubscribeRequest,
) -> Result<UnsubscribePage, Problem> {
    let state = context.store.address_state(&asked.address).await.map_err(store_failure)?;
    let is_silent = state.is_some_and(|state| state.in_force().next().is_some());
    let page = if is_silent { UnsubscribePage::Done } else { UnsubscribePage::Ask };
    Ok(page(asked.channel))
}

/// Returns true if no message goes out on the link's channel, so that there is nothing to turn off.
fn is_off(
    customer: &Customer,
    topics: &TopicSettings,
    link: LinkedAddress<'_>,
    now: Timestamp,
) -> bool {
    let preferences = Preferences::of(customer, topics, link, now);
    match preferences.channels.get(&link.channel) {
        Some(choice) => !choice.is_on,
        None => crate::is_denied(customer, link.channel),
    }
}

/// Returns the customer's address to which the message went, unless they have another by now.
async fn linked_address(
    context: &UnsubscribeContext,
    asked: &UnsubscribeRequest,
    customer: &Customer,
) -> Result<Option<Address>, Problem> {
    for address in customer.addresses() {
        if address.channel() == asked.channel
            && context.store.address_key(&address).await.map_err(store_failure)? == asked.address
        {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

/// Returns true if an operator has blocked the address of the link. Where the customer's record mirrors
/// nothing, nothing is in force.
async fn is_blocked(
    context: &UnsubscribeContext,
    asked: &UnsubscribeRequest,
    customer: &Customer,
) -> Result<bool, Problem> {
    if !customer.suppressions.contains_key(&asked.channel) {
        return Ok(false);
    }
    let state = context.store.address_state(&asked.address).await.map_err(store_failure)?;
    let blocked = SuppressionReason::Blocked;
    Ok(state.is_some_and(|state| state.in_force().any(|(reason, _)| reason == blocked)))
}

fn bad_link(context: &UnsubscribeContext, headers: &HeaderMap) -> Response {
    let language = language_or_browsers(None, headers);
    page_response(&context.brand, &UnsubscribePage::BadLink, language)
}

/// Reads a form. What the page does not send is left out: it changes nothing.
fn parse_form(body: &[u8]) -> PreferenceForm {
    let mut form = PreferenceForm::default();
    let mut shown = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body).take(MAX_FIELDS) {
        match &*name {
            SHOWN_AT => {
                let shown_at = value.parse().ok();
                form.shown_at = shown_at.and_then(|at| Timestamp::from_millisecond(at).ok());
            }
            SHOWN => shown.extend(parse_row(&value)),
            CHOSEN => form.chosen.extend(ConsentSubject::parse(&value)),
            PAUSE => form.pause = PauseChoice::parse(&value),
            ALL => form.all_off = value == OFF,
            _ => {}
        }
    }
    form.shown = shown;
    form
}

/// Parses what the page showed of a row: `on:topic:deals`.
fn parse_row(text: &str) -> Option<(ConsentSubject, bool)> {
    let (state, subject) = text.split_once(':')?;
    let is_on = match state {
        ON => true,
        OFF => false,
        _ => return None,
    };
    Some((ConsentSubject::parse(subject)?, is_on))
}
