//! The loop of a queue function: its handler gets the records and the deadline, and returns the
//! records to retry.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::clock::Deadline;

/// Runs until the process ends; see [`crate::batch::each`] for the usual handler.
pub async fn run_sqs<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(SqsEvent, Deadline) -> F,
    F: Future<Output = SqsBatchResponse>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let deadline = Deadline::from_millisecond(event.context.deadline);
        Ok::<_, Error>(handler(event.payload, deadline).await)
    }))
    .await
}
