//! Support for tests only. Creates the tables of `template.yaml` on the local AWS under unique
//! names and drops them at the end; creates the same tables in memory, which need no running
//! process. `with_both_backends` runs a test on both and so compares them.
//!
//! The template is read and not copied, so a key or an index that only the code or only the
//! template has fails here. The crate also has builders of records, requests of operators as the
//! gateway passes them on, and a meter of read units.
//!
//! The local AWS is the one at `AWS_ENDPOINT_URL`, or the one in the stack file at `STACK_JSON`
//! (default `.local/test/stack.json`).

#![expect(clippy::panic, reason = "a test that cannot be set up has failed")]

pub mod builders;
pub mod functions;
#[path = "../../../benches/src/cost/units.rs"]
pub mod documented_units;
mod operator;
mod read_meter;
mod resources;
mod tables;
mod template;

use std::path::{Path, PathBuf};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_types::{SdkConfig, region::Region};
use domain::customer::address::AddressHasher;

pub use aws_sdk_dynamodb::types::AttributeValue;
pub use operator::signed_in_context;
pub use read_meter::{ReadCount, ReadMeter};
pub use resources::{create_queue, create_secret};
pub use tables::{TestTables, with_both_backends, with_tables};

/// Returns the configuration for clients of the local AWS. Call it inside the test: connections
/// belong to a test's own runtime.
pub fn local_aws_config() -> SdkConfig {
    let variable =
        |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let key = variable("AWS_ACCESS_KEY_ID", "test");
    let secret = variable("AWS_SECRET_ACCESS_KEY", "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION", "us-east-1")))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            key, secret, None, None, "test",
        )))
        .endpoint_url(local_aws_endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard())
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .build()
}

/// Returns the hasher by which the addresses of tests are known.
pub fn address_hasher() -> AddressHasher {
    let hasher = AddressHasher::new(&[b"the secret of addresses in tests".to_vec()]);
    hasher.unwrap_or_else(|| panic!("a secret of 32 bytes gives a hasher"))
}

/// Returns the template's tables under their logical names, for an AWS in memory.
pub fn table_schemas() -> Vec<fake_aws::TableSchema> {
    template::read_tables().iter().map(|(name, table)| table.schema(name)).collect()
}

/// Returns the address of the local AWS.
pub fn local_aws_endpoint() -> String {
    if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
        return endpoint;
    }
    let path = std::env::var("STACK_JSON")
        .map_or_else(|_| repository_root().join(".local/test/stack.json"), PathBuf::from);
    let stack: serde_json::Value = std::fs::read(&path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_else(|| {
            panic!(
                "no local AWS: set AWS_ENDPOINT_URL, or start the test stack that writes {}",
                path.display()
            )
        });
    let endpoint = stack.get("endpoint_url").and_then(serde_json::Value::as_str);
    endpoint.unwrap_or_else(|| panic!("{} has no endpoint_url", path.display())).to_owned()
}

/// Returns the root of the repository.
pub fn repository_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
