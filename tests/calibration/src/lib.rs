//! Simulated campaigns by which the statistics of the reports are judged: worlds of sixty days that
//! an operator looks at every day, with and without an effect.
//!
//! The worlds know the truth, and use the product's own rules for everything that is claimed. The
//! same seed gives the same worlds on every machine.

mod draws;
mod one_look;
mod study;
mod world;

pub use study::{Figures, Setting, run_study};
pub use world::{Effect, Shares, WorldModel};
