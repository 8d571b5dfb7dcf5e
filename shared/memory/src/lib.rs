//! An AWS in memory, for tests and simulations: DynamoDB, SQS, SNS, SES and Secrets Manager, as much of them as this system uses. It is
//! plugged in below the SDK as its HTTP client, so the code that ships builds the same requests and reads the same errors as on AWS.
//! No network, no threads, no clock, no chance: the same calls in the same order give the same answers. A [`Gate`] sees each call
//! before it is done and says what becomes of it. What it does not know it refuses, and never passes over in silence.
//! Not modelled: reserved words, types of key attributes, TTL, consumed capacity, lag of indexes and of reads.

mod schema;
mod call;
mod request;
mod connector;
mod answer;
mod state;
mod fault;
mod number;
mod value;
mod key;
mod table;
mod expression;
mod dynamodb;
mod messages;

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

pub use call::{Call, Gate, Verdict};
pub use schema::{Index, Projection, Schema};
pub use state::{Change, Letter, Mail, Sent};

use state::State;

/// Attributes by name, each as DynamoDB's JSON has it: `{"S": "x"}`, `{"N": "1"}`.
pub type Item = BTreeMap<String, serde_json::Value>;

/// Tries of a call by the clients of [`Memory::config`], the first one included.
const MAX_ATTEMPTS: u32 = 3;

/// A handle: clones are the same AWS.
#[derive(Clone)]
pub struct Memory {
    state: Arc<Mutex<State>>,
    gate: Option<Gate>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("gated", &self.gate.is_some()).finish_non_exhaustive()
    }
}

impl Memory {
    /// Every call proceeds at once.
    pub fn new(tables: impl IntoIterator<Item = Schema>) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(tables))), gate: None }
    }

    /// Every call waits for `gate`, which says what becomes of it.
    pub fn gated(tables: impl IntoIterator<Item = Schema>, gate: Gate) -> Self {
        Self { gate: Some(gate), ..Self::new(tables) }
    }

    /// For clients that try a call three times, without a pause.
    pub fn config(&self) -> SdkConfig {
        self.config_with(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(Duration::ZERO))
    }

    /// For clients that try a call once.
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

    /// All items of a table, in the order of their keys.
    pub fn items(&self, table: &str) -> Vec<Item> {
        known(self.state().table(table)).items()
    }

    /// The same without copies, in no order that means anything; `look` must not ask this AWS anything.
    pub fn each(&self, table: &str, look: impl FnMut(&Item)) {
        known(self.state().table(table)).each(look);
    }

    /// `key` has the key attributes and no others.
    pub fn item(&self, table: &str, key: &Item) -> Option<Item> {
        let state = self.state();
        let table = known(state.table(table));
        table.get(&known(table.key_from(key))).cloned()
    }

    /// Plants an item past the gate. It is in the change log like any other.
    pub fn put(&self, table: &str, item: Item) {
        let mut state = self.state();
        let table = known(state.table_mut(table));
        let item = known(value::canonical_item(&item));
        let position = known(table.key_of(&item));
        table.replace(position, Some(item));
    }

    /// The same for what stood there before anything happened: it is in no change log, which halves what a large table takes.
    pub fn preload(&self, table: &str, item: Item) {
        let mut state = self.state();
        let table = known(state.table_mut(table));
        let item = known(value::canonical_item(&item));
        let position = known(table.key_of(&item));
        table.preload(position, item);
    }

    /// What `GetSecretValue` answers for this id or ARN.
    pub fn set_secret(&self, id: impl Into<String>, value: impl Into<String>) {
        self.state().secrets.insert(id.into(), value.into());
    }

    /// The changes of a table from index `from` on, in order. A write that left its item as it was is none, as in a stream.
    pub fn changes(&self, table: &str, from: usize) -> Vec<Change> {
        known(self.state().table(table)).changes().get(from..).unwrap_or_default().to_vec()
    }

    /// How many changes a table has had.
    pub fn change_count(&self, table: &str) -> usize {
        known(self.state().table(table)).changes().len()
    }

    /// The messages sent to queues since the last take, in order.
    pub fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.state().sent)
    }

    /// The messages that providers took since the last take, in order.
    pub fn take_mail(&self) -> Vec<Mail> {
        std::mem::take(&mut self.state().mail)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::panic, reason = "a test that names what is not there has failed")]
fn known<T>(found: fault::Result<T>) -> T {
    found.unwrap_or_else(|fault| panic!("{fault:?}"))
}
