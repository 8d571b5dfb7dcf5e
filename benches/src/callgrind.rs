//! Counts instructions with `valgrind --tool=callgrind`. They repeat to 0.3 % whatever else the
//! machine does, so regressions show in them. A piece of work is the difference of two runs, which
//! removes start-up and preparation.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, bail};

pub const MISSING: &str =
    "valgrind is not installed (apt install valgrind): no instructions are counted";

pub fn is_available() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// A command whose instructions are counted into a file.
pub struct CountedCommand {
    pub command: Command,
    out: PathBuf,
}

impl CountedCommand {
    pub fn new(program: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let out = std::env::temp_dir().join(format!("callgrind.{}.{number}", std::process::id()));
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--quiet"])
            .arg(format!("--callgrind-out-file={}", out.display()))
            .arg(program);
        Self { command, out }
    }

    /// Reads the count after the process has ended.
    pub fn instructions(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(&self.out).context("valgrind wrote no count")?;
        let _ = std::fs::remove_file(&self.out);
        let found = text.lines().find_map(|line| {
            line.strip_prefix("summary:").or_else(|| line.strip_prefix("totals:"))
        });
        let Some(count) = found.and_then(|rest| rest.split_ascii_whitespace().next()) else {
            bail!("valgrind's count has no total");
        };
        Ok(count.parse()?)
    }
}
