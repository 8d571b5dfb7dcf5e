//! What a function needs beside tables: a queue, a secret. They go with the local AWS, each under a name of its own.

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_types::SdkConfig;

use crate::tables::unique;

/// The URL of a queue that nothing reads.
pub async fn queue(config: &SdkConfig) -> String {
    let made = aws_sdk_sqs::Client::new(config).create_queue().queue_name(unique()).send().await;
    let made = made.unwrap_or_else(|error| panic!("creating a queue: {}", DisplayErrorContext(&error)));
    made.queue_url.unwrap_or_else(|| panic!("a queue without a URL"))
}

/// The ARN of a secret as the template makes them: one current value, none before it.
pub async fn secret(config: &SdkConfig) -> String {
    const VALUE: &str = r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;
    let client = aws_sdk_secretsmanager::Client::new(config);
    let made = client.create_secret().name(unique()).secret_string(VALUE).send().await;
    let made = made.unwrap_or_else(|error| panic!("creating a secret: {}", DisplayErrorContext(&error)));
    made.arn.unwrap_or_else(|| panic!("a secret without an ARN"))
}
