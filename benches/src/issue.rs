//! Measures issue and enqueue for 10,000 customers: create each customer's voucher, put it under
//! the exactly-once condition, send a pointer for each, ten to a message batch.
//!
//! The floor is the SDK alone making the very same calls with prepared requests (captured from
//! ours), in the same run, on one thread with eight calls in flight, against the null server. What
//! is above the floor is our own work: deriving ids, the voucher, its item, the pointers. Goal: at
//! most 1.5 times the floor.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use anyhow::Context;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{Intercept, context::BeforeSerializationInterceptorContextRef},
};
use aws_smithy_types::config_bag::ConfigBag;
use domain::{
    Timestamp,
    campaign::lifecycle::Campaign,
    delivery::dispatch::DispatchKey,
    kernel::{
        channel::Channel,
        id::{CustomerId, Occurrence, RunId},
    },
    voucher::{attempt::Attempt, record::VoucherIssue},
};
use futures::{StreamExt, TryStreamExt, stream};
use queue::{DispatchPointer, Queue};
use serde_json::{Value, json};
use store::{Store, TableNames};

use crate::{
    callgrind,
    child::{self, aws_environment},
    marketplace,
    null::{NullServer, lock},
    options::BenchmarkOptions,
    process,
    report::{BenchmarkReport, median},
};

/// The number of concurrent calls.
const IN_FLIGHT: usize = 8;
/// The number of messages in one call.
const BATCH: usize = 10;
/// The number of existing customers; they are used in rotation, so that preparing them costs the
/// same in every run.
const CUSTOMERS: usize = 500;
/// The vouchers of the two runs under valgrind; their difference is what is counted.
const FEW: usize = 100;
const MANY: usize = 600;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    let vouchers = options.size(10_000, 200);
    report.title(&format!("Issue and enqueue, {vouchers} customers, null server"));
    let null = NullServer::start()?;
    let environment = aws_environment(&null.endpoint());
    let (mut ours, mut floor, mut wall) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.size(7, 1) {
        for (which, cpu) in [("ours", &mut ours), ("floor", &mut floor)] {
            let said =
                child::run_child("issue", &[which.to_owned(), vouchers.to_string()], &environment)?
                    .result;
            let number = |name: &str| {
                said.get(name).and_then(Value::as_f64).context("the child gave no number")
            };
            cpu.push(number("cpu_us")?);
            if which == "ours" {
                wall.push(number("wall_us")?);
            }
        }
    }
    let (ours, floor) = (median(ours), median(floor));
    report.at_most("issue.ratio_to_floor", ours / floor, "of the SDK's CPU", 1.5);
    report.figure("issue.cpu_us_per_voucher", ours, "us on this machine");
    report.figure("issue.per_second_and_core", 1e6 / median(wall), "vouchers/s, server beside it");
    if callgrind::is_available() {
        let (few, many) = (options.size(FEW, 10), options.size(MANY, 20));
        let count = |which: &str, vouchers: usize| {
            child::child_instructions(
                "issue",
                &[which.to_owned(), vouchers.to_string()],
                &environment,
            )
        };
        let each = |which: &str| {
            let counted = count(which, many)? - count(which, few)?;
            Ok::<_, anyhow::Error>(counted / (many - few) as f64)
        };
        let (ours, floor) = (each("ours")?, each("floor")?);
        report.figure("issue.thousand_instructions", ours / 1e3, "thousand per voucher");
        report.at_most(
            "issue.instructions_ratio_to_floor",
            ours / floor,
            "of the SDK's instructions",
            1.5,
        );
    } else {
        report.skip(callgrind::MISSING);
    }
    let calls = null.calls();
    let of = |name: &str| calls.get(name).copied().unwrap_or(0) as f64;
    report.note(&format!(
        "{} SendMessageBatch per 10 PutItem, as counted by the server",
        (10.0 * of("SendMessageBatch") / of("PutItem")).round()
    ));
    Ok(())
}

/// Runs as `ours|floor VOUCHERS`.
pub fn child(arguments: &[String]) -> anyhow::Result<Value> {
    let [which, vouchers] = arguments else { anyhow::bail!("issue takes two arguments") };
    let vouchers: usize = vouchers.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let work = IssueWork::new()?;
        let floor = if which == "floor" { Some(SdkFloor::capture(&work).await?) } else { None };
        let run = async |vouchers| match &floor {
            Some(floor) => floor.run(vouchers).await,
            None => work.run(vouchers).await,
        };
        // opens connections and creates lazy values
        run(4 * BATCH).await?;
        let (began, cpu) = (Instant::now(), process::thread_cpu_time());
        run(vouchers).await?;
        let each = |spent: std::time::Duration| spent.as_secs_f64() * 1e6 / vouchers as f64;
        Ok(json!({"cpu_us": each(process::thread_cpu_time().saturating_sub(cpu)), "wall_us": each(began.elapsed())}))
    })
}

struct IssueWork {
    store: Store,
    queue: Queue,
    campaign: Campaign,
    run: RunId,
    occurrence: Occurrence,
    customers: Vec<CustomerId>,
    captured: CapturedWrites,
}

impl IssueWork {
    fn new() -> anyhow::Result<Self> {
        let now = marketplace::now()?;
        let campaign = marketplace::campaign("cmp_01HZX3QK4T8N2V", now)?;
        let run = RunId::of_promotion(&campaign.id);
        let tables =
            TableNames { vouchers: "vouchers-vouchers".to_owned(), ..TableNames::default() };
        let captured = CapturedWrites::default();
        let customers =
            (0..CUSTOMERS).map(|number| CustomerId::parse(&format!("cust-7-{number:06}")));
        Ok(Self {
            store: Store::new(&runtime::aws::config("dynamodb"), tables),
            queue: Queue::new(&runtime::aws::config("sqs"), queue_url()),
            occurrence: Occurrence::of_run(&run),
            customers: customers.collect::<Result<_, _>>()?,
            run,
            campaign,
            captured,
        })
    }

    async fn run(&self, vouchers: usize) -> anyhow::Result<()> {
        let customers = || self.customers.iter().cycle().take(vouchers);
        let now = runtime::clock::now();
        let issues = stream::iter(customers())
            .map(|customer| self.issue_voucher(&self.store, customer, now));
        issues.buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        let pointers: Vec<DispatchPointer> =
            customers().map(|customer| self.dispatch_pointer(customer)).collect();
        Ok(self.queue.send_all(&pointers).await?)
    }

    async fn issue_voucher(
        &self,
        store: &Store,
        customer: &CustomerId,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let issue = VoucherIssue {
            campaign: &self.campaign.id,
            run: &self.run,
            occurrence: &self.occurrence,
            definition: &self.campaign.definition,
            customer,
            dispatch: "p00000001.003",
            now,
        };
        let claim = Attempt::claim(Channel::Push, 1, 1, now);
        store.issue_voucher(&issue.issued_voucher(claim)).await?;
        Ok(())
    }

    fn dispatch_pointer(&self, customer: &CustomerId) -> DispatchPointer {
        let planned = DispatchKey::planned(&self.run, 3, 1, 3);
        DispatchPointer { dispatch: planned.for_customer(customer, Channel::Push, 1, None) }
    }
}

fn queue_url() -> String {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
    format!("{endpoint}/000000000000/vouchers-push")
}

/// One request of each kind, as our own code makes it.
#[derive(Debug, Clone, Default)]
struct CapturedWrites(Arc<Mutex<(Option<PutItemInput>, Option<SendMessageBatchInput>)>>);

impl Intercept for CapturedWrites {
    fn name(&self) -> &'static str {
        "captured"
    }
    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut captured = lock(&self.0);
        if let Some(put) = context.input().downcast_ref::<PutItemInput>() {
            captured.0 = Some(put.clone());
        }
        if let Some(batch) = context.input().downcast_ref::<SendMessageBatchInput>() {
            captured.1 = Some(batch.clone());
        }
        Ok(())
    }
}

/// The same calls by the SDK alone.
struct SdkFloor {
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    put: PutItemInput,
    batch: SendMessageBatchInput,
}

impl SdkFloor {
    async fn capture(work: &IssueWork) -> anyhow::Result<Self> {
        let (dynamodb, sqs) = (runtime::aws::config("dynamodb"), runtime::aws::config("sqs"));
        let watched = aws_sdk_dynamodb::config::Builder::from(&dynamodb)
            .interceptor(work.captured.clone())
            .build();
        let store = Store::with_client(
            aws_sdk_dynamodb::Client::from_conf(watched),
            TableNames { vouchers: "vouchers-vouchers".to_owned(), ..TableNames::default() },
        );
        let watched =
            aws_sdk_sqs::config::Builder::from(&sqs).interceptor(work.captured.clone()).build();
        let queue = Queue::with_client(aws_sdk_sqs::Client::from_conf(watched), queue_url());
        let ten: Vec<DispatchPointer> = work
            .customers
            .iter()
            .take(BATCH)
            .map(|customer| work.dispatch_pointer(customer))
            .collect();
        if let Some(first) = work.customers.first() {
            work.issue_voucher(&store, first, runtime::clock::now()).await?;
        }
        queue.send_all(&ten).await?;
        let (put, batch) = std::mem::take(&mut *lock(&work.captured.0));
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&dynamodb),
            sqs: aws_sdk_sqs::Client::new(&sqs),
            put: put.context("no put was captured")?,
            batch: batch.context("no batch was captured")?,
        })
    }

    async fn run(&self, vouchers: usize) -> anyhow::Result<()> {
        let puts = stream::iter(0..vouchers).map(async |_| {
            let put = self.put.clone();
            let request =
                self.dynamodb.put_item().set_table_name(put.table_name).set_item(put.item);
            let request = request.set_condition_expression(put.condition_expression);
            let on_failure = put.return_values_on_condition_check_failure;
            request.set_return_values_on_condition_check_failure(on_failure).send().await.map(drop)
        });
        puts.buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        let batches = stream::iter(0..vouchers.div_ceil(BATCH)).map(async |_| {
            let batch = self.batch.clone();
            self.sqs
                .send_message_batch()
                .set_queue_url(batch.queue_url)
                .set_entries(batch.entries)
                .send()
                .await
                .map(drop)
        });
        batches.buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        Ok(())
    }
}
