//! For tests only: the tables of `template.yaml` on the local AWS, made under names of their own and dropped at the end.
//! The template is read and not copied, so a key or an index that only one of them has fails here. The same tables in memory need
//! nothing that runs: `with_both` holds one against the other.
//! Beside them builders of records, and requests of operators as the gateway hands them over.
//! The local AWS is the one at `AWS_ENDPOINT_URL`, or of the stack file at `STACK_JSON` (default `.local/test/stack.json`).

#![expect(clippy::panic, reason = "a test that cannot be set up has failed")]

pub mod builders;
mod operator;
mod resources;
mod tables;
mod template;

use std::path::{Path, PathBuf};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_types::{SdkConfig, region::Region};

pub use aws_sdk_dynamodb::types::AttributeValue;
pub use operator::signed_in;
pub use resources::{queue, secret};
pub use tables::{TestTables, with_both, with_tables};

/// For clients of the local AWS. Make it inside the test: connections belong to a test's own runtime.
pub fn config() -> SdkConfig {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let key = variable("AWS_ACCESS_KEY_ID", "test");
    let secret = variable("AWS_SECRET_ACCESS_KEY", "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION", "us-east-1")))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(key, secret, None, None, "test")))
        .endpoint_url(endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard())
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .build()
}

/// The template's tables by their logical names, for an AWS in memory.
pub fn schemas() -> Vec<memory_aws::Schema> {
    template::tables().iter().map(|(name, table)| table.schema(name)).collect()
}

/// Where the local AWS is.
pub fn endpoint() -> String {
    if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
        return endpoint;
    }
    let path = std::env::var("STACK_JSON").map_or_else(|_| root().join(".local/test/stack.json"), PathBuf::from);
    let stack: serde_json::Value =
        std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_else(|| {
            panic!("no local AWS: set AWS_ENDPOINT_URL, or start the test stack that writes {}", path.display())
        });
    let endpoint = stack.get("endpoint_url").and_then(serde_json::Value::as_str);
    endpoint.unwrap_or_else(|| panic!("{} has no endpoint_url", path.display())).to_owned()
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
