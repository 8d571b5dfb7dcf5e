//! Tables for one test: made, handed over, dropped again whatever the test did. On the local AWS, in memory, or first the one and then
//! the other.

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
use futures::FutureExt;
use memory_aws::Memory;

use crate::template::{self, Table};

/// How often, and how far apart, a new table is looked at until it is there.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The template's tables under names of their own.
pub struct TestTables {
    pub config: SdkConfig,
    /// For what the store has no method for: planting a broken item, counting all.
    pub client: Client,
    names: BTreeMap<String, String>,
}

impl TestTables {
    /// On an AWS in memory that nobody else sees.
    pub fn in_memory() -> Self {
        Self::of(&Memory::new(crate::schemas()))
    }

    /// On an AWS in memory that the test looks into.
    pub fn of(memory: &Memory) -> Self {
        let names = crate::schemas().into_iter().map(|schema| (schema.name.clone(), schema.name)).collect();
        let config = memory.config();
        Self { client: Client::new(&config), config, names }
    }

    async fn create() -> Self {
        let config = crate::config();
        let client = Client::new(&config);
        let prefix = unique();
        let mut names = BTreeMap::new();
        for (logical, table) in template::tables() {
            let name = format!("{prefix}-{}", logical.to_lowercase());
            create(&client, &name, &table).await;
            names.insert(logical, name);
        }
        Self { config, client, names }
    }

    /// By the variable that names it in a function's environment: `CUSTOMERS_TABLE` is the template's `CustomersTable`.
    pub fn lookup(&self, variable: &str) -> Option<String> {
        let wanted = variable.replace('_', "");
        self.names.iter().find(|(logical, _)| logical.eq_ignore_ascii_case(&wanted)).map(|(_, name)| name.clone())
    }

    async fn drop_all(&self) {
        for name in self.names.values() {
            // A table that stays costs memory until the local AWS stops, and no test its result.
            let _ = self.client.delete_table().table_name(name).send().await;
        }
    }
}

/// Runs `test` with tables of its own, and drops them even if it fails.
pub async fn with_tables<T>(test: impl AsyncFnOnce(&TestTables) -> T) -> T {
    let tables = TestTables::create().await;
    let ended = AssertUnwindSafe(test(&tables)).catch_unwind().await;
    tables.drop_all().await;
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs `test` twice, on tables in memory and then on the local AWS: what holds for one of them must hold for the other. A failure says
/// on its error output which of them it was.
#[expect(clippy::print_stderr, reason = "the harness shows it with the test that failed")]
pub async fn with_both(test: impl AsyncFn(&TestTables)) {
    eprintln!("on the AWS in memory:");
    test(&TestTables::in_memory()).await;
    eprintln!("on the local AWS:");
    with_tables(async |tables| test(tables).await).await;
}

async fn create(client: &Client, name: &str, table: &Table) {
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
    active(client, name).await;
    if let Some(attribute) = table.time_to_live() {
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
        let specification = specification.unwrap_or_else(|error| panic!("{name}: {error}"));
        let set = client.update_time_to_live().table_name(name).time_to_live_specification(specification).send().await;
        set.unwrap_or_else(|error| panic!("TTL of {name}: {}", DisplayErrorContext(&error)));
    }
}

async fn active(client: &Client, name: &str) {
    for _ in 0..LOOKS {
        let seen = client.describe_table().table_name(name).send().await.ok().and_then(|answer| answer.table);
        if seen.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    panic!("table {name} did not become active");
}

pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("t-{}-{since}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
