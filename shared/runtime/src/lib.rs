//! The shared surroundings of every function's handler: logs, typed configuration, the AWS
//! configuration without `aws-config`, the clock, a cache, batches of SQS records and metrics. It knows no
//! AWS service client and takes no decision of a handler.
//!
//! Start-up is counted in instructions (docs/performance), so everything here is built when first
//! used.

pub mod aws;
pub mod batch;
pub mod clock;
pub mod env;
pub mod metrics;
mod logs;
mod process_cache;
mod sqs;

pub use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
pub use batch::{HandlerOutcome, QueueRecord};
pub use clock::Deadline;
pub use env::ConfigError;
pub use lambda_runtime::Error;
pub use logs::init_tracing;
pub use process_cache::ProcessCache;
pub use sqs::run_sqs;
