//! Runs a part in a process of its own: the same binary again, with a bare environment. Its result
//! comes back as JSON in a file; its output goes to another file, as the functions' logs would go
//! to CloudWatch.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::callgrind::CountedCommand;

pub type ChildEnvironment = Vec<(String, String)>;

/// The result and the output of a child.
pub struct ChildOutput {
    pub result: Value,
    pub log_bytes: u64,
}

/// Runs as `benchmarks child NAME RESULT ARGUMENTS...`.
pub fn main(arguments: &[String]) -> anyhow::Result<()> {
    let [_, name, result, rest @ ..] = arguments else {
        bail!("a child needs a name and a place for its result")
    };
    let found = match name.as_str() {
        "rule" => crate::rule::child(rest)?,
        "autopilot" => crate::autopilot::child(rest)?,
        "issue" => crate::issue::child(rest)?,
        "deliver" => crate::deliver::child(rest)?,
        "checkout" => crate::checkout::child(rest)?,
        "cost" => crate::cost::child(rest)?,
        _ => bail!("there is no child {name}"),
    };
    fs::write(result, found.to_string()).with_context(|| format!("writing {result}"))
}

pub fn run_child(
    name: &str,
    arguments: &[String],
    environment: &ChildEnvironment,
) -> anyhow::Result<ChildOutput> {
    let files = ChildFiles::new();
    finish(Command::new(env::current_exe()?), name, arguments, environment, &files)
}

/// Runs a child under valgrind and returns its instructions.
pub fn child_instructions(
    name: &str,
    arguments: &[String],
    environment: &ChildEnvironment,
) -> anyhow::Result<f64> {
    let mut counted = CountedCommand::new(&env::current_exe()?);
    let command = std::mem::replace(&mut counted.command, Command::new("true"));
    finish(command, name, arguments, environment, &ChildFiles::new())?;
    counted.instructions()
}

fn finish(
    mut command: Command,
    name: &str,
    arguments: &[String],
    environment: &ChildEnvironment,
    files: &ChildFiles,
) -> anyhow::Result<ChildOutput> {
    let kept = ["PATH", "HOME", "TMPDIR"]
        .into_iter()
        .filter_map(|name| Some((name, env::var(name).ok()?)));
    command.env_clear().envs(kept).envs(environment.iter().cloned());
    command
        .arg("child")
        .arg(name)
        .arg(&files.result)
        .args(arguments)
        .stdout(File::create(&files.log)?);
    let status = command.status().with_context(|| format!("starting {name}"))?;
    if !status.success() {
        bail!(
            "{name} {} ended with {status}; its log is {}",
            arguments.join(" "),
            files.log.display()
        );
    }
    let result = serde_json::from_str(&fs::read_to_string(&files.result)?)?;
    let log_bytes = fs::metadata(&files.log)?.len();
    files.remove();
    Ok(ChildOutput { result, log_bytes })
}

struct ChildFiles {
    result: PathBuf,
    log: PathBuf,
}

impl ChildFiles {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("bench.{}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = env::temp_dir();
        Self {
            result: folder.join(format!("{name}.json")),
            log: folder.join(format!("{name}.log")),
        }
    }
    fn remove(&self) {
        for file in [&self.result as &Path, &self.log] {
            let _ = fs::remove_file(file);
        }
    }
}

/// Returns the environment that a function finds on any machine: a region and credentials, and here
/// an endpoint.
pub fn aws_environment(endpoint: &str) -> ChildEnvironment {
    let pairs = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
