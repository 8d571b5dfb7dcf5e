//! Report rows, recounts, and the heartbeats of scheduled functions.

pub mod counters;
pub mod recounts;
pub mod heartbeats;
