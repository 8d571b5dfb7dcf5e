//! Tests of the benchmarks: each part runs in its quick form, a figure that got worse fails a run,
//! and units are counted as documented.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod quick;
mod comparison;
mod units;

#[path = "../../src/cost/units.rs"]
mod documented_units;
