//! The only crate that speaks DynamoDB. Each method is one operation of the domain ("issue", "record redemption"), atomic by a
//! condition on the item it writes; expected refusals are values, only the unexpected is an error.
//! Tables and keys: docs/data-model.md. Modules in the order of a voucher's life.

mod batch;
mod error;
pub mod expiries;
mod item;
mod transaction;
pub mod control;
pub mod customers;
pub mod orders;
pub mod work;
pub mod dispatches;
mod rates;
pub mod heartbeats;
pub mod matches;
pub mod samples;
pub mod pending;
pub mod backlog;
pub mod issue;
pub mod vouchers;
pub mod reminders;
pub mod redemptions;
mod attribution;
pub mod changes;
pub mod hooks;
pub mod tellings;
pub mod reports;
pub mod recounts;

use std::sync::Arc;

pub use error::{Result, StoreError};

/// Names of the five tables. A function that has no use for a table is not given its name, and has no permission either.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub customers: String,
    pub vouchers: String,
    pub work: String,
    pub control: String,
    pub reports: String,
}

impl Tables {
    /// From `CUSTOMERS_TABLE`, `VOUCHERS_TABLE`, ... by way of `lookup` (the environment in a function, a map in a test).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let name = |key: &str| lookup(key).unwrap_or_default();
        Self {
            customers: name("CUSTOMERS_TABLE"),
            vouchers: name("VOUCHERS_TABLE"),
            work: name("WORK_TABLE"),
            control: name("CONTROL_TABLE"),
            reports: name("REPORTS_TABLE"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    tables: Tables,
    said: Arc<heartbeats::Said>,
}

impl Store {
    pub fn new(config: &aws_types::SdkConfig, tables: Tables) -> Self {
        Self::with_client(aws_sdk_dynamodb::Client::new(config), tables)
    }
    /// For a client that needs more than the shared configuration: an interceptor that counts capacity, say.
    pub fn with_client(client: aws_sdk_dynamodb::Client, tables: Tables) -> Self {
        Self { client, tables, said: Arc::default() }
    }
}
