//! The real functions on an AWS in memory, under every crash, repeat and delay that a seed can draw. `plan` says what one seed stands
//! for, `world` lives it, `platform` is Lambda and SQS, `people` everybody outside, `autopilot` the worlds that have one, `office` those with a second person or an audit, `gate` where calls wait, `invariants` what must hold
//! after every step, `coverage` what was tried. Ends with the first broken invariant, which the same seed breaks again.

pub mod autopilot;
pub mod courtesy;
pub mod office;
pub mod plan;
pub mod world;
mod platform;
mod people;
mod contexts;
mod gate;
pub mod invariants;
mod records;
pub mod coverage;
