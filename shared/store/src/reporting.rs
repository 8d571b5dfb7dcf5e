//! Report rows, recounts, the values that occur, exports with the records that they read, and the
//! heartbeats of scheduled functions.

pub mod counters;
pub mod recounts;
pub mod occurring_values;
pub mod value_stream;
pub mod exports;
pub mod exported_records;
pub mod heartbeats;
pub mod rehearsals;
