//! Says which changes of vouchers the app backend is to be told of. Reads the stream of Vouchers and the endpoints in Control; puts one
//! pointer for each event and endpoint that wants it on the queue of webhooks. Before it: everything that writes a voucher. After it:
//! send-webhooks.
//! Guarantees: what the stream hands over is put on the queue at least once, and always under the same event id; a record that cannot be
//! read is parked and never blocks those behind it; no message holds more than ids, a time and the kind of the event.

mod handler;

use lambda_runtime::{LambdaEvent, service_fn};
use queue::Queue;
use runtime::env;
use store::{Store, Tables, changes::Batch};

pub use handler::{AnnounceError, Context, announce};

pub async fn run() -> Result<(), runtime::Error> {
    let sqs = runtime::aws::config("sqs");
    let context = Context {
        store: Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional)),
        webhooks: Queue::new(&sqs, env::required("WEBHOOKS_QUEUE_URL")?),
        parked: Queue::new(&sqs, env::required("PARKED_QUEUE_URL")?),
    };
    let context = &context;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        announce(context, &Batch::read(event.payload)?).await?;
        Ok::<_, runtime::Error>(serde_json::json!({"batchItemFailures": []}))
    }))
    .await
}
