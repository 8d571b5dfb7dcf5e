//! What bench.py says on the command line: where the stack, the binaries and the peers are, and how much to measure.

use std::path::PathBuf;

use anyhow::{Context, bail};

/// In the order of a voucher's life, the start of a function before its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Rule,
    Autopilot,
    Start,
    Issue,
    Deliver,
    Redeem,
    Cost,
    Reports,
}

impl Part {
    pub const ALL: [Part; 8] =
        [Part::Rule, Part::Autopilot, Part::Start, Part::Issue, Part::Deliver, Part::Redeem, Part::Cost, Part::Reports];

    pub fn name(self) -> &'static str {
        match self {
            Part::Rule => "rule",
            Part::Autopilot => "autopilot",
            Part::Start => "start",
            Part::Issue => "issue",
            Part::Deliver => "deliver",
            Part::Redeem => "redeem",
            Part::Cost => "cost",
            Part::Reports => "reports",
        }
    }
}

#[derive(Debug)]
pub struct Options {
    only: Vec<Part>,
    /// `stack.json` of the local stack; without it the parts that need one are left out.
    pub stack: Option<PathBuf>,
    /// The release build of all functions.
    pub bootstrap: PathBuf,
    /// A Python with boto3.
    pub python: Option<PathBuf>,
    /// A folder with handler.mjs and node_modules.
    pub node: Option<PathBuf>,
    pub out: PathBuf,
    /// Small sizes: to see that it works, not to quote.
    pub quick: bool,
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            only: Vec::new(),
            stack: None,
            bootstrap: PathBuf::from("target/release/bootstrap"),
            python: None,
            node: None,
            out: PathBuf::from("target/bench.json"),
            quick: false,
        };
        while let Some(name) = arguments.next() {
            if name == "--quick" {
                options.quick = true;
                continue;
            }
            let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--only" => options.only = value.split(',').map(part).collect::<anyhow::Result<_>>()?,
                "--stack" => options.stack = Some(value.into()),
                "--bootstrap" => options.bootstrap = value.into(),
                "--python" => options.python = Some(value.into()),
                "--node" => options.node = Some(value.into()),
                "--out" => options.out = value.into(),
                _ => bail!("unknown option {name}"),
            }
        }
        Ok(options)
    }

    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub fn everything(&self) -> bool {
        self.only.is_empty()
    }

    /// `full` of something, or little of it.
    pub fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

fn part(name: &str) -> anyhow::Result<Part> {
    Part::ALL.into_iter().find(|part| part.name() == name).with_context(|| format!("there is no part {name}"))
}
