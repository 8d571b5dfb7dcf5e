//! The only crate that speaks DynamoDB. Each method is one operation of the domain ("issue",
//! "record redemption") and is atomic by a condition on the item that it writes. Expected refusals
//! are values; only the unexpected is an error.
//!
//! Tables and keys are described in docs/data-model.md. The modules follow the order of a voucher's
//! life.

pub mod customer;
pub mod campaign;
pub mod voucher;
pub mod delivery;
pub mod reporting;
pub mod webhooks;
pub mod api_keys;
mod keys;
mod work_items;
mod listed_documents;
pub mod due_index;
mod backoff;
pub mod batch;
pub mod conditional;
mod error;
mod item;
mod tenant;
mod recorded_acts;
mod transaction;

use std::sync::Arc;

use customer::addresses::AddressKeySource;
pub use error::{Result, StoreError};
pub use tenant::TenantDefaults;

/// Names of the six tables. A function that has no use for a table is not given its name, and has
/// no permission on it either.
#[derive(Debug, Clone, Default)]
pub struct TableNames {
    pub customers: String,
    pub addresses: String,
    pub vouchers: String,
    pub work: String,
    pub control: String,
    pub reports: String,
}

impl TableNames {
    /// Reads the names from `CUSTOMERS_TABLE`, `VOUCHERS_TABLE`, ... through `lookup` (the
    /// environment in a function, a map in a test).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let name = |key: &str| lookup(key).unwrap_or_default();
        Self {
            customers: name("CUSTOMERS_TABLE"),
            addresses: name("ADDRESSES_TABLE"),
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
    tables: TableNames,
    address_keys: AddressKeySource,
    tenant: TenantDefaults,
    heartbeat_times: Arc<reporting::heartbeats::HeartbeatTimes>,
    due_shards: u32,
}

impl Store {
    pub fn new(config: &aws_types::SdkConfig, tables: TableNames) -> Self {
        Self::with_client(aws_sdk_dynamodb::Client::new(config), tables)
    }
    /// Creates a store on a client that needs more than the shared configuration, for example an
    /// interceptor that counts capacity.
    pub fn with_client(client: aws_sdk_dynamodb::Client, tables: TableNames) -> Self {
        let address_keys = AddressKeySource::default();
        let tenant = TenantDefaults::default();
        let (heartbeat_times, due_shards) = (Arc::default(), due_index::DUE_SHARDS);
        Self { client, tables, address_keys, tenant, heartbeat_times, due_shards }
    }

    /// Keeps the queues of the due index in fewer shards, for a world that is small. A table is
    /// written and read with one number for ever.
    #[must_use]
    pub fn with_due_shards(self, due_shards: u32) -> Self {
        Self { due_shards, ..self }
    }

    /// Gives the store what the deployment says of the tenant.
    #[must_use]
    pub fn with_tenant(self, tenant: TenantDefaults) -> Self {
        Self { tenant, ..self }
    }
    pub fn tenant(&self) -> &TenantDefaults {
        &self.tenant
    }

    /// Gives the store the secret by which addresses are known. Without it, a change that brings an
    /// address is refused.
    #[must_use]
    pub fn with_address_keys(self, address_keys: AddressKeySource) -> Self {
        Self { address_keys, ..self }
    }
}
