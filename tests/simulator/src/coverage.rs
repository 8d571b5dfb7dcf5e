//! Counts what was exercised: every effect by function and call with its outcome, so that gaps in
//! the coverage show.

use std::{collections::BTreeMap, fmt};

use crate::plan::FaultKind;

#[derive(Debug, Clone, Default)]
pub struct EffectCoverage {
    /// Counts by function, call and table: how often the effect was done, and how often with which
    /// fault.
    pub effects: BTreeMap<(String, String, String), BTreeMap<&'static str, u64>>,
    /// Counts of everything else, by name: actions, deliveries, timeouts.
    pub events: BTreeMap<&'static str, u64>,
}

pub const DONE: &str = "done";

impl EffectCoverage {
    pub fn count_effect(
        &mut self,
        function: &str,
        operation: &str,
        target: &str,
        how: &'static str,
    ) {
        let key = (function.to_owned(), operation.to_owned(), target.to_owned());
        *self.effects.entry(key).or_default().entry(how).or_default() += 1;
    }
    pub fn count_event(&mut self, name: &'static str) {
        *self.events.entry(name).or_default() += 1;
    }
    pub fn merge(&mut self, other: &EffectCoverage) {
        for (key, ways) in &other.effects {
            for (how, count) in ways {
                *self.effects.entry(key.clone()).or_default().entry(how).or_default() += count;
            }
        }
        for (name, count) in &other.events {
            *self.events.entry(name).or_default() += count;
        }
    }

    /// Returns the effects that occurred but never with one of the two kinds of crash.
    pub fn uncovered_effects(&self) -> Vec<String> {
        let crashes = [FaultKind::CrashBefore, FaultKind::CrashAfter];
        let missing = |ways: &BTreeMap<&'static str, u64>| {
            let kinds = crashes.iter().filter(|fault| !ways.contains_key(fault.name()));
            kinds.map(|fault| fault.name()).collect::<Vec<_>>()
        };
        self.effects
            .iter()
            .filter_map(|((function, operation, target), ways)| {
                let kinds = missing(ways);
                (!kinds.is_empty())
                    .then(|| format!("{function} {operation} {target}: no {}", kinds.join(", no ")))
            })
            .collect()
    }
}

impl fmt::Display for EffectCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<(&str, &str)> = [
            (DONE, "done"),
            (FaultKind::CrashBefore.name(), "crash<"),
            (FaultKind::CrashAfter.name(), "crash>"),
            (FaultKind::AnswerLost.name(), "answer-"),
            (FaultKind::RequestLost.name(), "request-"),
            (FaultKind::Throttled.name(), "throttle"),
            (FaultKind::Conflict.name(), "conflict"),
            (FaultKind::Rejected.name(), "reject"),
            (FaultKind::ServerError.name(), "500"),
        ]
        .to_vec();
        write!(f, "  {:<20}{:<20}{:<22}", "function", "call", "on")?;
        for (_, short) in &faults {
            write!(f, "{short:>10}")?;
        }
        writeln!(f)?;
        for ((function, operation, target), ways) in &self.effects {
            write!(f, "  {function:<20}{operation:<20}{target:<22}")?;
            for (name, _) in &faults {
                match ways.get(name) {
                    Some(count) => write!(f, "{count:>10}")?,
                    None => write!(f, "{:>10}", "")?,
                }
            }
            writeln!(f)?;
        }
        for (name, count) in &self.events {
            writeln!(f, "  {name:<62}{count:>10}")?;
        }
        Ok(())
    }
}
