//! Measures a cold start, seen from the runtime API: from the spawn of the process to its first
//! `/next`, and on to the answer to its first event.
//!
//! The function is the shipped `record-feedback`: one delivery event in, one conditional UpdateItem
//! out. Python (boto3) and Node (@aws-sdk/client-dynamodb) handlers do the same with the same call,
//! on loops as small as can be (peers/), which is less than Lambda's managed runtimes do. All three
//! talk plain HTTP to the same null server, in turns, and the median counts. Instructions to
//! `/next` are counted for every function of the one binary, and the largest must stay within the
//! goal.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use testkit::functions::VariableSource;

use crate::{
    callgrind::{self, CountedCommand},
    child::{ChildEnvironment, aws_environment},
    null::{NullServer, RuntimeMoment},
    options::BenchmarkOptions,
    process,
    report::{BenchmarkReport, format_figure, median},
};

/// The function whose first event is one write.
const FUNCTION: &str = "record-feedback";
/// The starts of each contender before those that count: files come into the page cache, Python
/// compiles.
const WARM_UP: usize = 1;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    report.title("Cold start: spawn, first /next, first event with one write");
    let binary = std::fs::canonicalize(&options.bootstrap)
        .with_context(|| format!("{} is not built", options.bootstrap.display()))?;
    measure_instructions(&binary, options, report)?;
    let size = std::fs::metadata(&binary)?.len() as f64 / 1e6;
    report.figure("size.bootstrap_mb", size, "MB, all functions, not compressed");
    measure_contenders(&binary, options, report)
}

fn measure_instructions(
    binary: &Path,
    options: &BenchmarkOptions,
    report: &mut BenchmarkReport,
) -> anyhow::Result<()> {
    if !callgrind::is_available() {
        report.skip(callgrind::MISSING);
        return Ok(());
    }
    let mut counts = Vec::new();
    let functions = testkit::functions::read_functions();
    let measured = options.size(functions.len(), 1);
    for function in functions.into_keys().take(measured) {
        counts.push((
            instructions_to_next(binary, &function)
                .with_context(|| format!("starting {function}"))?,
            function,
        ));
    }
    counts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let worst = counts.first().map_or(f64::NAN, |it| it.0);
    report.at_most("start.million_instructions", worst / 1e6, "million, worst function", 3.0);
    let each: Vec<String> = counts
        .iter()
        .map(|(count, function)| format!("{function} {}", format_figure(count / 1e6)))
        .collect();
    for line in each.chunks(4) {
        report.note(&line.join(", "));
    }
    Ok(())
}

fn instructions_to_next(binary: &Path, function: &str) -> anyhow::Result<f64> {
    let null = NullServer::start()?;
    let mut counted = CountedCommand::new(binary);
    let mut child =
        OwnedProcess::spawn(&mut counted.command, &function_environment(function, &null))?;
    null.wait_for_moment(&mut child.0, RuntimeMoment::Next)?;
    // Now it waits for an event.
    process::terminate(child.0.id());
    child.0.wait()?;
    counted.instructions()
}

/// A process that ends with its owner.
pub struct OwnedProcess(pub Child);

impl OwnedProcess {
    /// Spawns a command with this environment and nothing else. Its log is thrown away, its errors
    /// are shown.
    pub fn spawn(command: &mut Command, environment: &ChildEnvironment) -> anyhow::Result<Self> {
        let path = std::env::var("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).envs(environment.iter().cloned());
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(started.with_context(|| format!("starting {:?}", command.get_program()))?))
    }
}

impl Drop for OwnedProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the environment that Lambda and template.yaml give to any of the functions, with the
/// null server behind it.
pub fn function_environment(function: &str, null: &NullServer) -> ChildEnvironment {
    let mut environment = aws_environment(&null.endpoint());
    let mut put = |name: &str, value: String| environment.push((name.to_owned(), value));
    // Lambda sets both names of the region, and boto3 reads only this one.
    put("AWS_DEFAULT_REGION", "us-east-1".to_owned());
    // Node 20 is still fine: a warning costs time that Lambda's own Node would not need.
    put("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true".to_owned());
    put("_HANDLER", function.to_owned());
    put("AWS_LAMBDA_RUNTIME_API", null.address.to_string());
    put("AWS_LAMBDA_FUNCTION_NAME", format!("vouchers-{function}"));
    put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned());
    put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned());
    put("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/vouchers-{function}"));
    put("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/22/[$LATEST]0123456789abcdef".to_owned());
    let variables = testkit::functions::read_functions().remove(function).unwrap_or_default();
    for (name, source) in variables {
        let value = match source {
            VariableSource::Text(text) => text,
            VariableSource::Resource => resource_value(&name, null),
        };
        put(&name, value);
    }
    // These have no default in the template, because each deployment names its own.
    put("SENDER_EMAIL", "offers@example.com".to_owned());
    put("LINK_BASE", "https://app.example.com/vouchers".to_owned());
    environment
}

/// Returns what a deployment puts in the place of a resource: a queue's URL on the null server, or
/// a name.
fn resource_value(variable: &str, null: &NullServer) -> String {
    if variable.ends_with("_URL") {
        format!("{}/000000000000/{variable}", null.endpoint())
    } else if variable.ends_with("_ARN") {
        format!("arn:aws:secretsmanager:us-east-1:000000000000:secret:{variable}")
    } else if variable.ends_with("_BASE") {
        "https://api.example.com/u".to_owned()
    } else {
        format!("vouchers-{}", variable.to_ascii_lowercase())
    }
}

/// Builds one delivery event of SES, as SQS delivers it.
fn delivery_event() -> Value {
    let body = json!({
        "eventType": "Delivery",
        "mail": {
            "messageId": "0100018b-77aa-4bb3-9c1d-0123456789ab",
            "tags": {"voucher": ["vch_0123456789ABCDEFGHJK"], "customer": ["MN2XG5BNG4WTAMBQGAYDC"], "campaign": ["cmp_1"]},
        },
        "delivery": {"timestamp": "2026-11-22T11:59:00.000Z"},
    });
    json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body.to_string(), "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "messageAttributes": {},
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183", "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185"},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:feedback", "awsRegion": "us-east-1",
    }]})
}

/// One start: the time to the first `/next`, the time to the answer to the first event, and the
/// peak memory until then.
struct ColdStart {
    to_next: f64,
    to_answer: f64,
    memory_mb: f64,
}

fn measure_start(mut command: Command) -> anyhow::Result<ColdStart> {
    let null = NullServer::start()?;
    null.push_event(&delivery_event());
    let environment = function_environment(FUNCTION, &null);
    let began = Instant::now();
    let mut life = OwnedProcess::spawn(&mut command, &environment)?;
    let next = null.wait_for_moment(&mut life.0, RuntimeMoment::Next)?.at;
    let answered = null.wait_for_moment(&mut life.0, RuntimeMoment::Response)?.at;
    null.wait_for_moment(&mut life.0, RuntimeMoment::Next)?;
    if null.calls().get("UpdateItem") != Some(&1) {
        bail!("the first event made other calls than one write: {:?}", null.calls());
    }
    let memory_mb = process::peak_memory_mb(life.0.id());
    let ms = |until: Duration| until.as_secs_f64() * 1_000.0;
    Ok(ColdStart { to_next: ms(next - began), to_answer: ms(answered - began), memory_mb })
}

struct StartContender {
    name: &'static str,
    program: PathBuf,
    handler: Option<PathBuf>,
    starts: Vec<ColdStart>,
}

impl StartContender {
    fn new(name: &'static str, program: PathBuf, handler: Option<PathBuf>) -> Self {
        Self { name, program, handler, starts: Vec::new() }
    }
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.handler);
        command
    }
    fn median(&self, of: fn(&ColdStart) -> f64) -> f64 {
        median(self.starts.iter().map(of).collect())
    }
}

fn measure_contenders(
    binary: &Path,
    options: &BenchmarkOptions,
    report: &mut BenchmarkReport,
) -> anyhow::Result<()> {
    let mut contenders = vec![StartContender::new("Rust", binary.to_owned(), None)];
    match &options.python {
        Some(python) => contenders.push(StartContender::new(
            "Python",
            python.clone(),
            Some("benches/peers/handler.py".into()),
        )),
        None => report.skip("a Python with boto3: bench.py has one"),
    }
    match &options.node {
        Some(folder) => contenders.push(StartContender::new(
            "Node",
            "node".into(),
            Some(folder.join("handler.mjs")),
        )),
        None => {
            report.skip("Node's SDK for DynamoDB: bench.py installs it, or says why it could not")
        }
    }
    let rounds = options.size(21, 1);
    for round in 0..rounds + WARM_UP {
        for contender in &mut contenders {
            let start = measure_start(contender.command())
                .with_context(|| format!("starting {}", contender.name))?;
            if round >= WARM_UP {
                contender.starts.push(start);
            }
        }
    }
    report_contenders(&contenders, report);
    report.note(&format!("medians of {rounds} starts each, in turns"));
    Ok(())
}

fn report_contenders(contenders: &[StartContender], report: &mut BenchmarkReport) {
    let mut rows = Vec::new();
    let mut ours = f64::NAN;
    for contender in contenders {
        let (next, answer) =
            (contender.median(|it| it.to_next), contender.median(|it| it.to_answer));
        let memory = contender.median(|it| it.memory_mb);
        rows.push(vec![
            contender.name.to_owned(),
            format_figure(next),
            format_figure(answer),
            format_figure(memory),
        ]);
        let part = format!("1/{:.0} of {}'s time", answer / ours, contender.name);
        match contender.name {
            "Python" => report.at_most("start.ratio_to_python", ours / answer, &part, 1.0 / 40.0),
            "Node" => report.at_most("start.ratio_to_node", ours / answer, &part, 1.0 / 20.0),
            _ => {
                ours = answer;
                report.figure("start.ms_to_first_answer", answer, "ms on this machine");
                report.figure("start.memory_mb", memory, "MB at most");
            }
        }
    }
    report.table(&["", "ms to /next", "ms to the first answer", "MB"], &rows);
}
