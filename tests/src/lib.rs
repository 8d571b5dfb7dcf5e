//! The harness of the whole-system tests: clients of a running local stack, builders of its customers and campaigns, waiters.
//! It reads the stack's addresses and secrets from the file at `STACK_JSON` and talks to the same doors as everyone else: the HTTP API
//! (signed as the app backend, with a token as an operator), the queues, the carriers' control page. Only `Ledger` looks behind them,
//! into the tables, to hold what the API says against what is there. All tests share one stack and run at the same time: each works
//! on customers of its own ([`Scenario`] gives the tag), so nothing here counts over the whole stack.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "for tests only: one that cannot go on has failed, and says where"
)]

mod stack;
mod wire;
mod waiting;
mod operator;
mod app;
mod customer;
mod promotion;
mod scenario;
mod running;
mod carriers;
mod ledger;
mod queues;
mod workers;

pub use app::{App, basket};
pub use carriers::{Carriers, Fault, Message};
pub use customer::{CustomerBuilder, Who};
pub use domain::channel::Channel;
pub use ledger::{Item, Ledger, Tally, text};
pub use operator::{Group, Operator};
pub use promotion::{PromotionBuilder, money, promotion};
pub use queues::Queues;
pub use running::Running;
pub use scenario::Scenario;
pub use stack::{Facts, Stack};
pub use waiting::{LONG, SHORT, stays, until, until_some};
pub use wire::{Answer, Request};
pub use workers::Workers;

/// Async things at once, in their order; the first panic is the test's.
pub async fn all<T>(at_once: usize, work: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    use futures::StreamExt;
    futures::stream::iter(work).buffered(at_once).collect().await
}
