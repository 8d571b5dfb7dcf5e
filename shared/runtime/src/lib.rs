//! What every function needs around its handler, and nothing of what a handler decides: logs, typed configuration, the AWS
//! configuration without `aws-config`, the clock, batches of SQS records and metrics. Knows no AWS service client.
//! Start-up is counted in instructions (docs/performance), so everything here is built when first used.

pub mod aws;
pub mod batch;
pub mod clock;
pub mod env;
pub mod metrics;
mod logs;
mod sqs;

pub use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
pub use batch::{Handled, Message};
pub use clock::Deadline;
pub use env::ConfigError;
pub use lambda_runtime::Error;
pub use logs::init_tracing;
pub use sqs::run_sqs;
