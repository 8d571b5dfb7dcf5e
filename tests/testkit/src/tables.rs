//! Provides the tables of one test: creates them, passes them to the test, and drops them again
//! whatever its result. They are on the local AWS, in memory, or first in memory and then on the
//! local AWS.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::{
    Client,
    error::DisplayErrorContext,
    types::{BillingMode, TableStatus, TimeToLiveSpecification},
};
use aws_types::SdkConfig;
use fake_aws::FakeAws;
use futures::FutureExt;

use crate::template::{self, TableResource};

/// Number of checks, and the pause between them, until a new table must be active.
const ACTIVE_CHECKS: u32 = 100;
const ACTIVE_CHECK_PAUSE: Duration = Duration::from_millis(20);

/// The template's tables under unique names.
pub struct TestTables {
    pub config: SdkConfig,
    /// A client for operations that the store has no method for, such as planting a broken item or
    /// counting all items.
    pub client: Client,
    names: BTreeMap<String, String>,
}

impl TestTables {
    /// Creates the tables on a new AWS in memory that nothing else uses.
    pub fn in_memory() -> Self {
        Self::on_fake_aws(&FakeAws::new(crate::table_schemas()))
    }

    /// Uses the tables of an AWS in memory that the test also inspects.
    pub fn on_fake_aws(memory: &FakeAws) -> Self {
        let names = crate::table_schemas()
            .into_iter()
            .map(|schema| (schema.name.clone(), schema.name))
            .collect();
        let config = memory.config();
        Self { client: Client::new(&config), config, names }
    }

    async fn create_tables() -> Self {
        let config = crate::local_aws_config();
        let client = Client::new(&config);
        let prefix = unique_name();
        let mut names = BTreeMap::new();
        for (logical, table) in template::read_tables() {
            let name = format!("{prefix}-{}", logical.to_lowercase());
            create_table(&client, &name, &table).await;
            names.insert(logical, name);
        }
        Self { config, client, names }
    }

    /// Returns the table's name by the variable that names it in a function's environment:
    /// `CUSTOMERS_TABLE` is the template's `CustomersTable`.
    pub fn table_name(&self, variable: &str) -> Option<String> {
        let wanted = variable.replace('_', "");
        self.names
            .iter()
            .find(|(logical, _)| logical.eq_ignore_ascii_case(&wanted))
            .map(|(_, name)| name.clone())
    }

    async fn drop_tables(&self) {
        for name in self.names.values() {
            // A table that is left over costs memory until the local AWS stops, but must not fail a
            // test.
            let _ = self.client.delete_table().table_name(name).send().await;
        }
    }
}

/// Runs `test` with its own tables, and drops them even if it fails.
pub async fn with_tables<T>(test: impl AsyncFnOnce(&TestTables) -> T) -> T {
    let tables = TestTables::create_tables().await;
    let ended = AssertUnwindSafe(test(&tables)).catch_unwind().await;
    tables.drop_tables().await;
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs `test` twice, on tables in memory and then on the local AWS: both must behave the same. The
/// error output of a failed test says which of them it ran on.
#[expect(clippy::print_stderr, reason = "the harness shows it with the test that failed")]
pub async fn with_both_backends(test: impl AsyncFn(&TestTables)) {
    eprintln!("on the AWS in memory:");
    test(&TestTables::in_memory()).await;
    eprintln!("on the local AWS:");
    with_tables(async |tables| test(tables).await).await;
}

async fn create_table(client: &Client, name: &str, table: &TableResource) {
    let created = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(table.attributes()))
        .set_key_schema(Some(table.keys()))
        .set_global_secondary_indexes(table.indexes())
        .send()
        .await;
    created.unwrap_or_else(|error| panic!("creating {name}: {}", DisplayErrorContext(&error)));
    await_active(client, name).await;
    if let Some(attribute) = table.time_to_live() {
        let specification =
            TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
        let specification = specification.unwrap_or_else(|error| panic!("{name}: {error}"));
        let set = client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(specification)
            .send()
            .await;
        set.unwrap_or_else(|error| panic!("TTL of {name}: {}", DisplayErrorContext(&error)));
    }
}

async fn await_active(client: &Client, name: &str) {
    for _ in 0..ACTIVE_CHECKS {
        let seen = client
            .describe_table()
            .table_name(name)
            .send()
            .await
            .ok()
            .and_then(|answer| answer.table);
        if seen.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return;
        }
        tokio::time::sleep(ACTIVE_CHECK_PAUSE).await;
    }
    panic!("table {name} did not become active");
}

pub(crate) fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("t-{}-{since}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
