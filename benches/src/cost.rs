//! Measures what a voucher costs to run, from selection to report: write units, read units and SQS
//! requests, counted on a real run of the real handlers on the local AWS, and priced with AWS's
//! list prices.
//!
//! Everything the run writes is divided by the vouchers it issued, so that planning, held-out and
//! skipped records, and counters are included. The channels' charges are reported separately. The
//! modules `meter`, `report_units` and `price` say what is measured and what is computed. Lambda's time is
//! that of handlers whose every call takes at least 10 ms, with their computing slowed down to the
//! share of a core that their memory buys.

mod acts;
mod acts_file;
mod changes;
pub mod meter;
mod price;
mod run;
mod slow_http;
pub mod units;
mod metered_stack;
mod stored_bytes;

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    child::{self, aws_environment},
    options::BenchmarkOptions,
    report::{BenchmarkReport, format_figure},
};

pub use metered_stack::vouchers_api;
pub use run::child;

const WRITE_GOAL: f64 = 6.0;
const READ_GOAL: f64 = 2.0;
const SQS_GOAL: f64 = 1.5;
/// The most write units for counting one change of a voucher.
const COUNT_GOAL: f64 = 0.05;
/// The limit below which rows are summed up: every number of such a row is smaller.
const SMALL_ROW: f64 = 0.02;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    let customers = options.size(5_000, 60);
    report.title(&format!(
        "Cost of a voucher, from selection to report: a run over {customers} customers"
    ));
    let Some(stack) = &options.stack else {
        report.skip("cost: no local AWS is running (bench.py starts one)");
        return Ok(());
    };
    let endpoint = stack_endpoint(stack)?;
    let run = |mix: &str| {
        child::run_child(
            "cost",
            &[customers.to_string(), mix.to_owned()],
            &aws_environment(&endpoint),
        )
    };
    let said = run("voucher")?;
    let counted = CountedRun::new(&said.result, said.log_bytes)?;
    counted.report_units(report);
    counted.report_breakdown(report);
    counted.report_counting(report);
    counted.report_dollars(report);
    let voucher = counted.voucher_act();
    let said = run("mixed")?;
    CountedRun::new(&said.result, said.log_bytes)?.report_mixed(report);
    acts_file::measure(options, &endpoint, voucher, report)
}

fn stack_endpoint(stack: &Path) -> anyhow::Result<String> {
    let facts: Value = serde_json::from_str(&std::fs::read_to_string(stack)?)?;
    Ok(facts
        .get("endpoint_url")
        .and_then(Value::as_str)
        .context("no endpoint_url in the stack file")?
        .to_owned())
}

struct UnitRow {
    function: String,
    call: String,
    place: String,
    calls: f64,
    table: f64,
    index: f64,
    reads: f64,
    sqs: f64,
}

struct CountedRun<'a> {
    result: &'a Value,
    rows: Vec<UnitRow>,
    issued: f64,
    log_bytes: u64,
}

impl<'a> CountedRun<'a> {
    fn new(result: &'a Value, log_bytes: u64) -> anyhow::Result<Self> {
        let lines =
            result.get("lines").and_then(Value::as_array).context("the run has no lines")?;
        let text = |line: &Value, name: &str| {
            line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let number =
            |line: &Value, name: &str| line.get(name).and_then(Value::as_f64).unwrap_or(0.0);
        let issued = number(result, "issued");
        let each = |line: &Value, name: &str| number(line, name) / issued;
        let billed = lines
            .iter()
            .filter(|line| !run::OUTSIDE_BILL.contains(&text(line, "function").as_str()));
        let rows = billed.map(|line| UnitRow {
            function: text(line, "function"),
            call: text(line, "call"),
            place: text(line, "place"),
            calls: each(line, "calls"),
            table: each(line, "table_writes"),
            index: each(line, "index_writes"),
            reads: each(line, "reads"),
            sqs: each(line, "sqs"),
        });
        Ok(Self { result, rows: rows.collect(), issued, log_bytes })
    }

    fn number(&self, pointer: &str) -> f64 {
        self.result.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
    }
    fn per_voucher(&self, pointer: &str) -> f64 {
        self.number(pointer) / self.issued
    }
    fn sum(&self, of: impl Fn(&UnitRow) -> f64) -> f64 {
        self.rows.iter().map(of).sum()
    }
    fn write_units(&self) -> f64 {
        self.sum(|row| row.table + row.index)
    }

    fn report_units(&self, report: &mut BenchmarkReport) {
        let many = |name: &str| format!("{} {name}", self.number(&format!("/{name}")));
        let outcomes = [
            "scanned", "selected", "issued", "ghost", "skipped", "accepted", "redeemed", "changes",
        ]
        .map(many);
        report.note(&format!(
            "{}; largest voucher {} bytes",
            outcomes.join(", "),
            self.number("/voucher_bytes")
        ));
        report.at_most("cost.write_units_per_voucher", self.write_units(), "", WRITE_GOAL);
        report.at_most("cost.read_units_per_voucher", self.sum(|row| row.reads), "", READ_GOAL);
        report.at_most("cost.sqs_requests_per_voucher", self.sum(|row| row.sqs), "", SQS_GOAL);
        report.figure(
            "cost.calls_per_voucher",
            self.sum(|row| row.calls),
            "calls of DynamoDB and SQS",
        );
    }

    /// Reports the same with the records of customers who get nothing. There is no goal, because
    /// the audience decides this figure.
    fn report_mixed(&self, report: &mut BenchmarkReport) {
        report.note(&format!(
            "the same with a tenth held out and customers who cannot be reached: {} selected, {} issued, {} ghost, {} skipped",
            self.number("/selected"),
            self.number("/issued"),
            self.number("/ghost"),
            self.number("/skipped")
        ));
        report.figure("cost.mixed_write_units_per_voucher", self.write_units(), "");
        report.figure("cost.mixed_read_units_per_voucher", self.sum(|row| row.reads), "");
    }

    /// Reports the units by function, in the order of a voucher's life.
    fn report_breakdown(&self, report: &mut BenchmarkReport) {
        const ORDER: [&str; 10] = [
            "campaigns",
            "expand-audience",
            "release-dispatches",
            "deliver-push",
            "deliver-email",
            "deliver-sms",
            "watchdog",
            "record-feedback",
            "vouchers",
            "aggregate-reports",
        ];
        let cell = |value: f64| {
            if value == 0.0 { String::new() } else { format!("{value:.3}") }
        };
        let mut rows = Vec::new();
        let mut rest = [0.0; 5];
        for function in ORDER {
            for row in self.rows.iter().filter(|row| row.function == function) {
                let numbers = [row.calls, row.table, row.index, row.reads, row.sqs];
                if numbers.iter().skip(1).all(|number| *number < SMALL_ROW) {
                    rest.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
                    continue;
                }
                let names = [function, &row.call, &row.place].map(str::to_owned);
                rows.push(names.into_iter().chain(numbers.map(cell)).collect());
            }
        }
        let names = ["others", "", ""].map(str::to_owned);
        rows.push(names.into_iter().chain(rest.map(cell)).collect());
        let totals = [
            self.sum(|row| row.calls),
            self.sum(|row| row.table),
            self.sum(|row| row.index),
            self.sum(|row| row.reads),
            self.sum(|row| row.sqs),
        ];
        let names = ["per issued voucher", "", ""].map(str::to_owned);
        rows.push(names.into_iter().chain(totals.map(cell)).collect());
        report.table(
            &[
                "function",
                "call",
                "table or queue",
                "calls",
                "writes",
                "index writes",
                "reads",
                "SQS",
            ],
            &rows,
        );
        let folds = self
            .rows
            .iter()
            .filter(|row| row.function == "aggregate-reports" && row.call == "TransactWriteItems");
        let (units, times) =
            folds.fold((0.0, 0.0), |sum, row| (sum.0 + row.table, sum.1 + row.calls));
        report.note(&format!(
            "counters: {} write units a time, here for {} changes; what nothing follows costs them alone, and one to be held",
            format_figure(units / times),
            format_figure(self.per_voucher("/changes") / times)
        ));
    }

    /// Reports what counting one change of a voucher costs, in batches of a hundred.
    fn report_counting(&self, report: &mut BenchmarkReport) {
        let units = |function: &str| -> f64 {
            let lines = self.result.get("lines").and_then(Value::as_array).into_iter().flatten();
            let ours =
                lines.filter(|line| line.get("function").and_then(Value::as_str) == Some(function));
            ours.map(|line| line.get("table_writes").and_then(Value::as_f64).unwrap_or(0.0)).sum()
        };
        let changes = self.number("/changes");
        let cpu = self
            .result
            .get("spent")
            .and_then(|spent| spent.get(run::BY_HUNDRED)?.get("cpu")?.as_f64());
        let held = "100 at a time, 1,000 held";
        report.at_most(
            "aggregate.write_units_per_event",
            units(run::BY_HUNDRED) / changes,
            held,
            COUNT_GOAL,
        );
        report.figure(
            "aggregate.write_units_per_event_not_held",
            units(run::NOT_BUFFERED) / changes,
            "100 at a time",
        );
        let deployed = self
            .rows
            .iter()
            .filter(|row| row.function == "aggregate-reports")
            .map(|row| row.table)
            .sum::<f64>();
        let deployed = deployed * self.issued / changes;
        report.at_most(
            "aggregate.write_units_per_event_as_deployed",
            deployed,
            "500 at a time, 1,000 held",
            COUNT_GOAL,
        );
        report.figure(
            "aggregate.events_per_second_per_core",
            changes / cpu.unwrap_or(f64::NAN),
            "on this machine",
        );
    }

    /// Returns what the functions of the bill spent for a voucher.
    fn spent_of(&self, name: &str) -> f64 {
        let all = self.result.get("spent").and_then(Value::as_object).into_iter().flatten();
        let billed = all.filter(|(function, _)| !run::OUTSIDE_BILL.contains(&function.as_str()));
        let spent = billed.map(|(_, spent)| spent.get(name).and_then(Value::as_f64).unwrap_or(0.0));
        spent.sum::<f64>() / self.issued
    }
    /// Returns the requests to the API for a voucher, to accept and to redeem it.
    fn http_requests(&self) -> f64 {
        self.per_voucher("/accepted") + self.per_voucher("/redeemed")
    }
    fn messages(&self) -> [f64; 3] {
        ["push", "email", "sms"].map(|channel| self.per_voucher(&format!("/messages/{channel}")))
    }
    /// Returns the bytes that are logged for a voucher, Lambda's own and the access log's included.
    fn logged_bytes(&self) -> f64 {
        self.log_bytes as f64 / self.issued
            + self.spent_of("invocations") * price::PLATFORM_LOG_BYTES
            + self.http_requests() * price::ACCESS_LOG_BYTES
    }

    /// Returns what a voucher costs from selection to report, as an act of the file of acts.
    fn voucher_act(&self) -> Value {
        let [push, email, sms] = self.messages();
        json!({
            "counted": self.issued, "calls": self.sum(|row| row.calls),
            "write_units": self.write_units(), "read_units": self.sum(|row| row.reads),
            "sqs_requests": self.sum(|row| row.sqs), "http_requests": self.http_requests(),
            "invocations": self.spent_of("invocations"), "gb_seconds": self.spent_of("gb_seconds"),
            "topic_events": self.messages().iter().sum::<f64>(),
            "messages": {"push": push, "email": email, "sms": sms},
            "log_bytes": self.logged_bytes(), "answer_bytes": 0.0,
        })
    }

    fn report_dollars(&self, report: &mut BenchmarkReport) {
        let requests = self.http_requests();
        let messages = self.messages();
        let events: f64 = messages.iter().sum();
        let invocations = self.spent_of("invocations");
        let logs = self.logged_bytes();
        let parts = [
            ("write units", self.write_units(), price::WRITE_UNITS),
            ("read units", self.sum(|row| row.reads), price::READ_UNITS),
            ("SQS requests", self.sum(|row| row.sqs), price::SQS_REQUESTS),
            ("requests of the HTTP API", requests, price::HTTP_REQUESTS),
            ("Lambda invocations", invocations, price::INVOCATIONS),
            ("Lambda GB-seconds", self.spent_of("gb_seconds"), price::GB_SECONDS * 1e6),
            ("events through the topic", events, price::SNS_REQUESTS),
            ("bytes of logs", logs, price::LOG_GB * 1e6 / 1e9),
        ];
        let total: f64 = parts.iter().map(|(_, each, price)| each * price).sum();
        report.figure("cost.platform_dollars_per_million", total, "$ per million vouchers");
        let row = |(name, each, price): &(&str, f64, f64)| {
            vec![(*name).to_owned(), format_figure(*each), format!("{:.2}", each * price)]
        };
        report.table(
            &["", "per voucher", "$ per million vouchers"],
            &parts.iter().map(row).collect::<Vec<_>>(),
        );
        report.figure(
            "cost.lambda_ms_cpu_per_voucher",
            self.spent_of("cpu") * 1e3,
            "ms of a core, all functions",
        );
        let [push, email, sms] = messages;
        report.note(&format!(
            "channels apart, for a million messages each: push ${:.2}, e-mail ${:.0}, SMS ${:.0} (as template.yaml assumes); here {} push, {} e-mail, {} SMS per voucher",
            price::SNS_REQUESTS,
            price::EMAILS * 1e3,
            price::SMS * 1e6,
            format_figure(push),
            format_figure(email),
            format_figure(sms),
        ));
    }
}
