//! The harness of the whole-system tests: clients of a running local stack, builders of customers
//! and campaigns, and waiters.
//!
//! It reads the stack's addresses and secrets from the file at `STACK_JSON` and uses the same
//! interfaces as everyone else: the HTTP API (signed as the app backend, with a token as an
//! operator), the queues, and the control page of the provider emulator. Only `LedgerReader` reads the
//! tables directly, to compare what the API says with what is stored.
//!
//! All tests share one stack and run at the same time. Each works on customers of its own
//! ([`TestScenario`] provides the tag), so nothing here counts over the whole stack.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "for tests only: one that cannot go on has failed, and says where"
)]

mod stack;
mod http_client;
mod waiting;
mod operator;
mod app;
mod customer;
mod promotion;
mod scenario;
mod running_campaign;
mod provider_emulator;
mod ledger;
mod queues;
mod workers;

pub use app::{AppBackendClient, basket, order_event};
pub use customer::{CustomerBuilder, ScenarioIdentity};
pub use domain::kernel::channel::Channel;
pub use http_client::{ApiAnswer, ApiRequest};
pub use ledger::{LedgerReader, RecordTally, TableItem, check_issued_were_told, text_attribute};
pub use operator::{OperatorClient, OperatorGroup};
pub use promotion::{PromotionBuilder, money, promotion};
pub use provider_emulator::{EmulatedMessage, EmulatorClient, FaultSpec};
pub use queues::QueueClient;
pub use running_campaign::RunningCampaign;
pub use scenario::TestScenario;
pub use stack::{LocalStack, StackInfo};
pub use waiting::{LONG, SHORT, holds_for, until, until_some};
pub use workers::WorkerProcesses;

/// Runs futures concurrently and returns their results in order; the first panic fails the test.
pub async fn run_all<T>(
    at_once: usize,
    work: impl IntoIterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    use futures::StreamExt;
    futures::stream::iter(work).buffered(at_once).collect().await
}
