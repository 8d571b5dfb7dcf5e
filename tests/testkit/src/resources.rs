//! Creates the resources that a function needs beside tables: a queue, a secret. Each has a unique
//! name and lasts as long as the local AWS.

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_types::SdkConfig;

use crate::tables::unique_name;

/// Creates a queue that nothing reads, and returns its URL.
pub async fn create_queue(config: &SdkConfig) -> String {
    let made =
        aws_sdk_sqs::Client::new(config).create_queue().queue_name(unique_name()).send().await;
    let made =
        made.unwrap_or_else(|error| panic!("creating a queue: {}", DisplayErrorContext(&error)));
    made.queue_url.unwrap_or_else(|| panic!("a queue without a URL"))
}

/// Creates a secret like those of the template, with a current value and no previous one, and
/// returns its ARN.
pub async fn create_secret(config: &SdkConfig) -> String {
    const VALUE: &str =
        r#"{"current":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr","previous":""}"#;
    let client = aws_sdk_secretsmanager::Client::new(config);
    let made = client.create_secret().name(unique_name()).secret_string(VALUE).send().await;
    let made =
        made.unwrap_or_else(|error| panic!("creating a secret: {}", DisplayErrorContext(&error)));
    made.arn.unwrap_or_else(|| panic!("a secret without an ARN"))
}
