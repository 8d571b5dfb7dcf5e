//! Reporting: counters, lift, costs, exposure, and the judgements of the health and planning pages.

pub mod log_bucket;
pub mod counters;
pub mod occurring_values;
pub mod costs;
pub mod sequence;
pub mod lift;
pub mod sample_ratio;
pub mod exposure;
pub mod funnel_dropoff;
pub mod recount;
pub mod sender_health;
pub mod run_health;
pub mod autopilot_health;
pub mod replay;
pub mod overlap;
pub mod rehearsal;
