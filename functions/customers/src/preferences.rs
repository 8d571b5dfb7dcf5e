//! Stores what a customer has chosen besides the channels: topics, on one channel or on all, and a
//! time without messages. Each handler answers with the choice in force.
//!
//! It reads the tenant's topics from Control and writes Customers. After it: selection and every
//! delivery, which ask for both.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::IntoResponse,
};
use domain::{
    customer::{
        changes,
        pause::Pause,
        profile::Consent,
        topics::{TopicId, TopicScope},
    },
    kernel::channel::Channel,
};
use http_edge::{ApiResult, Problem, SignedBody};
use runtime::clock;

use crate::{
    CustomersContext,
    customers::{changed_customer, parse_customer_id},
    store_failure,
    view::{ConsentBody, PauseBody, PauseView, TopicConsentView},
};

/// Records a person's choice about a topic, on all channels.
///
/// A no outweighs a yes that was said for one channel. The answer is the choice in force, which is
/// the stored one if it is newer.
#[utoipa::path(put, path = "/v1/customers/{id}/topics/{topic}", tag = "customers", operation_id = "putTopicConsent",
    params(("id" = String, Path), ("topic" = String, Path)), request_body = ConsentBody, security(("webhookSignature" = [])),
    responses((status = 200, body = TopicConsentView), Problem,
        (status = 404, body = Problem, description = "`customer_unknown` or `topic_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put_topic(
    State(context): State<Arc<CustomersContext>>,
    Path((id, topic)): Path<(String, String)>,
    signed: SignedBody,
) -> ApiResult {
    record_choice(&context, &id, &topic, None, &signed).await
}

/// Records a person's choice about a topic on one channel.
///
/// A no outweighs a yes that was said for all channels. The channel's own consent is asked as well.
#[utoipa::path(put, path = "/v1/customers/{id}/consents/{channel}/topics/{topic}", tag = "customers", operation_id = "putChannelTopicConsent",
    params(("id" = String, Path), ("channel" = Channel, Path), ("topic" = String, Path)), request_body = ConsentBody, security(("webhookSignature" = [])),
    responses((status = 200, body = TopicConsentView), Problem,
        (status = 404, body = Problem, description = "`customer_unknown`, `channel_unknown` or `topic_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put_topic_on_channel(
    State(context): State<Arc<CustomersContext>>,
    Path((id, channel, topic)): Path<(String, String, String)>,
    signed: SignedBody,
) -> ApiResult {
    let channel = Channel::parse(&channel).ok_or_else(|| Problem::not_found("channel_unknown"))?;
    record_choice(&context, &id, &topic, Some(channel), &signed).await
}

/// Sets a time without messages, or ends it.
///
/// Until it ends, which it does by itself, no message is sent on any channel; what is due meanwhile
/// is skipped as `paused`. Consents stay as they are. The later word counts, by `at`.
#[utoipa::path(put, path = "/v1/customers/{id}/pause", tag = "customers", operation_id = "putPause",
    params(("id" = String, Path)), request_body = PauseBody, security(("webhookSignature" = [])),
    responses((status = 200, body = PauseView), Problem, (status = 404, body = Problem, description = "`customer_unknown`"),
        (status = 410, body = Problem, description = "`customer_erased`")))]
pub async fn put_pause(
    State(context): State<Arc<CustomersContext>>,
    Path(id): Path<String>,
    signed: SignedBody,
) -> ApiResult {
    let id = parse_customer_id(&id)?;
    let PauseBody { until, source, at } = signed.parse()?;
    let now = clock::now();
    let at = at.unwrap_or(now);
    // A clock that is ahead must not end the pause later.
    let pause = Pause { until: until.unwrap_or(at.min(now)), source, at };
    let errors = changes::pause_errors("", &pause, now);
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let changed = context.store.set_pause(&id, &pause, now).await.map_err(store_failure)?;
    let pause = changed_customer(changed)?.pause.filter(|pause| pause.is_in_force(now));
    Ok(Json(PauseView { pause }).into_response())
}

async fn record_choice(
    context: &CustomersContext,
    id: &str,
    topic: &str,
    channel: Option<Channel>,
    signed: &SignedBody,
) -> ApiResult {
    let id = parse_customer_id(id)?;
    let topics = context.store.topics().await.map_err(store_failure)?;
    let topic = TopicId::parse(topic).ok().filter(|topic| topics.find(topic).is_some());
    let topic = topic.ok_or_else(topic_unknown)?;
    let ConsentBody { state, source, at } = signed.parse()?;
    let now = clock::now();
    let consent = Consent { state, source, at: at.unwrap_or(now) };
    let errors = changes::consent_errors("", &consent, now);
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let scope = TopicScope { topic, channel };
    let changed = context.store.set_topic_consent(&id, &scope, &consent, now).await;
    let mut customer = changed_customer(changed.map_err(store_failure)?)?;
    let consent = customer.topics.remove(&scope).unwrap_or(consent);
    Ok(Json(TopicConsentView::new(scope, consent)).into_response())
}

fn topic_unknown() -> Problem {
    Problem::not_found("topic_unknown").with_detail("the tenant has no such topic")
}
