//! The command line that bench.py passes: where the stack, the binaries and the peers are, and how
//! much to measure.

use std::path::PathBuf;

use anyhow::{Context, bail};

/// A part of the benchmarks, in the order of a voucher's life; a function's start comes before its
/// work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenchmarkPart {
    Rule,
    Autopilot,
    Scale,
    Start,
    Issue,
    Deliver,
    Checkout,
    Redeem,
    Cost,
    Reports,
}

impl BenchmarkPart {
    pub const ALL: [BenchmarkPart; 10] = [
        BenchmarkPart::Rule,
        BenchmarkPart::Autopilot,
        BenchmarkPart::Scale,
        BenchmarkPart::Start,
        BenchmarkPart::Issue,
        BenchmarkPart::Deliver,
        BenchmarkPart::Checkout,
        BenchmarkPart::Redeem,
        BenchmarkPart::Cost,
        BenchmarkPart::Reports,
    ];

    pub fn name(self) -> &'static str {
        match self {
            BenchmarkPart::Rule => "rule",
            BenchmarkPart::Autopilot => "autopilot",
            BenchmarkPart::Scale => "scale",
            BenchmarkPart::Start => "start",
            BenchmarkPart::Issue => "issue",
            BenchmarkPart::Deliver => "deliver",
            BenchmarkPart::Checkout => "checkout",
            BenchmarkPart::Redeem => "redeem",
            BenchmarkPart::Cost => "cost",
            BenchmarkPart::Reports => "reports",
        }
    }
}

#[derive(Debug)]
pub struct BenchmarkOptions {
    only: Vec<BenchmarkPart>,
    /// The local stack's `stack.json`; without it the parts that need a stack are left out.
    pub stack: Option<PathBuf>,
    /// The release build of all functions.
    pub bootstrap: PathBuf,
    /// A Python interpreter with boto3.
    pub python: Option<PathBuf>,
    /// A folder with handler.mjs and node_modules.
    pub node: Option<PathBuf>,
    pub out: PathBuf,
    /// The figures of the last release, which those of this run must not fall behind.
    pub last_release: Option<PathBuf>,
    /// Small sizes, to check that everything works and not to be quoted.
    pub quick: bool,
}

impl BenchmarkOptions {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            only: Vec::new(),
            stack: None,
            bootstrap: PathBuf::from("target/release/bootstrap"),
            python: None,
            node: None,
            out: PathBuf::from("target/bench.json"),
            last_release: None,
            quick: false,
        };
        while let Some(name) = arguments.next() {
            if name == "--quick" {
                options.quick = true;
                continue;
            }
            let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--only" => {
                    options.only =
                        value.split(',').map(parse_part).collect::<anyhow::Result<_>>()?
                }
                "--stack" => options.stack = Some(value.into()),
                "--bootstrap" => options.bootstrap = value.into(),
                "--python" => options.python = Some(value.into()),
                "--node" => options.node = Some(value.into()),
                "--out" => options.out = value.into(),
                "--last-release" => options.last_release = Some(value.into()),
                _ => bail!("unknown option {name}"),
            }
        }
        Ok(options)
    }

    pub fn wants(&self, part: BenchmarkPart) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub fn wants_everything(&self) -> bool {
        self.only.is_empty()
    }

    /// Returns the size `full`, or `quick` in a quick run.
    pub fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

fn parse_part(name: &str) -> anyhow::Result<BenchmarkPart> {
    BenchmarkPart::ALL
        .into_iter()
        .find(|part| part.name() == name)
        .with_context(|| format!("there is no part {name}"))
}
