//! A fake AWS in memory for tests and simulations: the parts of DynamoDB, SQS, SNS, SES and Secrets
//! Manager that this system uses.
//!
//! It replaces the SDK's HTTP client, so the shipped code builds the same requests and reads the
//! same errors as on AWS. It uses no network, no threads, no clock and no randomness: the same
//! calls in the same order give the same answers. A [`CallGate`] sees each call before it is made and
//! decides about it. Requests that are not supported are refused, never ignored.
//!
//! Not modelled: reserved words, types of key attributes, TTL, consumed capacity, and the lag of
//! indexes and of eventually consistent reads.

mod schema;
mod call;
mod request;
mod connector;
mod response;
mod state;
mod fault;
mod number;
mod value;
mod key;
mod table;
mod expression;
mod dynamodb;
mod messaging;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion, stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

pub use call::{AwsCall, CallGate, CallVerdict};
pub use schema::{IndexProjection, IndexSchema, TableSchema};
pub use state::{EmailDetails, ItemChange, ProviderMessage, QueuedMessage};

use state::FakeAwsState;

/// Attributes by name, each in DynamoDB's JSON: `{"S": "x"}`, `{"N": "1"}`.
pub type FakeItem = BTreeMap<String, serde_json::Value>;

/// The most tries of a call by the clients of [`FakeAws::config`], including the first.
const MAX_CLIENT_ATTEMPTS: u32 = 3;

/// A handle to one fake AWS, which all its clones share.
#[derive(Clone)]
pub struct FakeAws {
    state: Arc<Mutex<FakeAwsState>>,
    gate: Option<CallGate>,
}

impl fmt::Debug for FakeAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("gated", &self.gate.is_some()).finish_non_exhaustive()
    }
}

impl FakeAws {
    /// Creates a fake AWS that performs every call at once.
    pub fn new(tables: impl IntoIterator<Item = TableSchema>) -> Self {
        Self { state: Arc::new(Mutex::new(FakeAwsState::new(tables))), gate: None }
    }

    /// Creates a fake AWS in which every call waits for the verdict of `gate`.
    pub fn with_gate(tables: impl IntoIterator<Item = TableSchema>, gate: CallGate) -> Self {
        Self { gate: Some(gate), ..Self::new(tables) }
    }

    /// Returns the configuration for clients that try a call three times, without a pause.
    pub fn config(&self) -> SdkConfig {
        self.config_with(
            RetryConfig::standard()
                .with_max_attempts(MAX_CLIENT_ATTEMPTS)
                .with_initial_backoff(Duration::ZERO),
        )
    }

    /// Returns the configuration for clients that try a call once.
    pub fn config_without_retries(&self) -> SdkConfig {
        self.config_with(RetryConfig::disabled())
    }

    fn config_with(&self, retries: RetryConfig) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "memory",
            )))
            .endpoint_url("http://memory")
            .http_client(self.clone())
            .retry_config(retries)
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// Returns all items of a table, in the order of their keys.
    pub fn items(&self, table: &str) -> Vec<FakeItem> {
        expect_known(self.state().table(table)).items()
    }

    /// Passes every item of a table to `look` without a copy, in no particular order. `look` must
    /// not call this AWS.
    pub fn for_each_item(&self, table: &str, look: impl FnMut(&FakeItem)) {
        expect_known(self.state().table(table)).for_each_item(look);
    }

    /// Returns the item with this key. `key` has the key attributes and no others.
    pub fn item(&self, table: &str, key: &FakeItem) -> Option<FakeItem> {
        let state = self.state();
        let table = expect_known(state.table(table));
        table.get(&expect_known(table.key_position(key))).cloned()
    }

    /// Writes an item past the gate. The change log records it like any other write.
    pub fn put(&self, table: &str, item: FakeItem) {
        let mut state = self.state();
        let table = expect_known(state.table_mut(table));
        let item = expect_known(value::canonical_item(&item));
        let position = expect_known(table.item_position(&item));
        table.replace_item(position, Some(item));
    }

    /// Writes an item that existed before the test. It is not in the change log, which halves the
    /// memory of a large table.
    pub fn preload(&self, table: &str, item: FakeItem) {
        let mut state = self.state();
        let table = expect_known(state.table_mut(table));
        let item = expect_known(value::canonical_item(&item));
        let position = expect_known(table.item_position(&item));
        table.preload_item(position, item);
    }

    /// Sets the secret that `GetSecretValue` returns for this id or ARN.
    pub fn set_secret(&self, id: impl Into<String>, value: impl Into<String>) {
        self.state().secrets.insert(id.into(), value.into());
    }

    /// Sets the second since the epoch at which the value in use of a secret was made.
    pub fn set_secret_made_at(&self, id: impl Into<String>, second: i64) {
        self.state().secret_dates.insert(id.into(), second);
    }

    /// Returns the number of push endpoints that were made of tokens.
    pub fn push_endpoint_count(&self) -> usize {
        self.state().push_endpoints.len()
    }

    /// Returns whether the push endpoint takes messages; `None` if there is no such endpoint.
    pub fn is_push_endpoint_enabled(&self, arn: &str) -> Option<bool> {
        self.state().push_endpoints.values().find(|it| it.arn == arn).map(|it| it.enabled)
    }

    /// Enables or disables a push endpoint, as SNS does when its token is gone.
    pub fn set_push_endpoint_enabled(&self, arn: &str, enabled: bool) {
        for endpoint in self.state().push_endpoints.values_mut().filter(|it| it.arn == arn) {
            endpoint.enabled = enabled;
        }
    }

    /// Answers the next `calls` batch reads in part: half of each table's keys, rounded down, and the
    /// others unprocessed, as DynamoDB does under load.
    pub fn answer_batch_reads_in_part(&self, calls: u32) {
        self.state().partial_batch_reads = calls;
    }

    /// Returns the changes of a table from index `from` on, in order. As in a stream, a write that
    /// leaves its item unchanged is not a change.
    pub fn changes(&self, table: &str, from: usize) -> Vec<ItemChange> {
        expect_known(self.state().table(table)).changes().get(from..).unwrap_or_default().to_vec()
    }

    /// Returns the number of changes of a table.
    pub fn change_count(&self, table: &str) -> usize {
        expect_known(self.state().table(table)).changes().len()
    }

    /// Returns the messages sent to queues since the last call, in order, and forgets them.
    pub fn take_queued_messages(&self) -> Vec<QueuedMessage> {
        std::mem::take(&mut self.state().queued_messages)
    }

    /// Returns the messages that providers accepted since the last call, in order, and forgets
    /// them.
    pub fn take_provider_messages(&self) -> Vec<ProviderMessage> {
        std::mem::take(&mut self.state().provider_messages)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, FakeAwsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::panic, reason = "a test that names what is not there has failed")]
fn expect_known<T>(found: fault::Result<T>) -> T {
    found.unwrap_or_else(|fault| panic!("{fault:?}"))
}
