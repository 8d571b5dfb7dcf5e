//! Publishes webhook events: turns changes of vouchers into event deliveries for the app backend's
//! endpoints.
//!
//! Reads the stream of Vouchers and the endpoints in Control, and puts one message for each event
//! and each endpoint that wants it on the webhooks queue. Before it: every function that writes a
//! voucher. After it: deliver-webhooks.
//!
//! Guarantees: each change in the stream is queued at least once, and always under the same event
//! id. A record that cannot be read is parked and never blocks those behind it. A message holds
//! only ids, a time, the type of the event and the number of the attempt.

mod handler;

use lambda_runtime::{LambdaEvent, service_fn};
use queue::QueueClient;
use runtime::env;
use store::{Store, TableNames, voucher::stream::StreamBatch};

pub use handler::{PublishError, PublisherContext, publish_events};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = QueueClient::new(&runtime::aws::config("sqs"));
    let context = PublisherContext {
        store: Store::new(
            &runtime::aws::config("dynamodb"),
            TableNames::from_lookup(env::optional),
        ),
        webhooks: sqs.queue(env::required("WEBHOOKS_QUEUE_URL")?),
        parked: sqs.queue(env::required("PARKED_QUEUE_URL")?),
    };
    let context = &context;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        publish_events(context, &StreamBatch::parse_event(event.payload)?).await?;
        Ok::<_, runtime::Error>(serde_json::json!({"batchItemFailures": []}))
    }))
    .await
}
