//! `make bench`: measures the figures that the README's Performance section quotes
//! (docs/performance.md).
//!
//! Each part below measures one promise of the project against something in the same run: a rule
//! against hand-written Rust, an autopilot's reads against a scan of the table, a cold start
//! against Python and Node, issuing and delivering against the bare SDK, a whole campaign against
//! AWS's price list. It prints tables and writes `target/bench.json` (name to number). Ratios and
//! instructions carry over to another machine; milliseconds and rates do not.
//!
//! bench.py runs before it: it builds, starts a stack of its own and passes the locations of
//! everything. Parts run as child processes of this binary (`benchmarks child ...`), so that
//! valgrind can count each one and its output does not mix with the tables.

// The functions' futures are deep: http stacks in layers, each layer a type.
#![recursion_limit = "512"]

mod options;
mod report;
mod child;
mod callgrind;
mod process;
mod null;
mod marketplace;
mod rule;
mod autopilot;
mod scale;
mod cost;
mod start;
mod issue;
mod deliver;
mod checkout;
mod redeem;
mod reports;

use options::{BenchmarkOptions, BenchmarkPart};
use report::BenchmarkReport;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "child") {
        return child::main(&arguments);
    }
    let options = BenchmarkOptions::parse(arguments.into_iter())?;
    let mut report = BenchmarkReport::default();
    for part in BenchmarkPart::ALL {
        if options.wants(part) {
            let measured = match part {
                BenchmarkPart::Rule => rule::measure(&options, &mut report),
                BenchmarkPart::Autopilot => autopilot::measure(&options, &mut report),
                BenchmarkPart::Scale => scale::measure(&options, &mut report),
                BenchmarkPart::Cost => cost::measure(&options, &mut report),
                BenchmarkPart::Reports => reports::measure(&options, &mut report),
                BenchmarkPart::Start => start::measure(&options, &mut report),
                BenchmarkPart::Issue => issue::measure(&options, &mut report),
                BenchmarkPart::Deliver => deliver::measure(&options, &mut report),
                BenchmarkPart::Checkout => checkout::measure(&options, &mut report),
                BenchmarkPart::Redeem => redeem::measure(&options, &mut report),
            };
            // a failed part does not invalidate the results of the others
            if let Err(error) = measured {
                report.failed(part.name(), &error);
            }
        }
    }
    report.finish(&options.out, options.wants_everything(), options.last_release.as_deref())
}
