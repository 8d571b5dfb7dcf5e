//! Simulates the platform: runs the real functions on an in-memory AWS, under every crash, repeat
//! and delay that a seed can draw.
//!
//! `plan` derives a scenario from a seed, `world` runs it, and `platform` plays Lambda and SQS.
//! `actors` plays every outside actor: `checkout` those who use a voucher or stop it, `shoppers` those
//! at the till (`offers` says what they are offered), `addresses` those who share and swap theirs,
//! and `preferences` those who choose topics and pause. `autopilot` holds the scenarios with an
//! autopilot, `courtesy` those with a contact policy, and `office` those with approvals, recounts
//! or concurrent orders. `gate` intercepts every AWS call, `invariants` checks what must hold after
//! every step, and `coverage` counts what was exercised. A run ends with the first broken
//! invariant, and the same seed reproduces it.

pub mod autopilot;
pub mod contact_policy;
pub mod approvals;
mod support;
mod outage;
pub mod preferences;
pub mod plan;
pub mod simulation;
mod platform;
mod actors;
mod addresses;
mod checkout;
mod offers;
mod variants;
mod shoppers;
mod contexts;
mod interceptor;
pub mod invariants;
mod table_items;
pub mod coverage;
