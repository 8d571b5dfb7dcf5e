//! Report rows, recounts, the values that occur, and the heartbeats of scheduled functions.

pub mod counters;
pub mod recounts;
pub mod occurring_values;
pub mod value_stream;
pub mod heartbeats;
pub mod rehearsals;
