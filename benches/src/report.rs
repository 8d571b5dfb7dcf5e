//! Prints the tables on the terminal and writes `bench.json`, a flat map of names to numbers.
//!
//! A figure with a goal says if it meets the goal. A missed goal is printed and does not fail the
//! run, but a figure with a goal that is more than a tenth worse than in the last release does:
//! those are ratios, instructions and units, which do not depend on the machine.

#![expect(clippy::print_stdout, reason = "a benchmark is for the terminal")]

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use serde_json::{Value, json};

/// The factor by which a figure may be worse than in the last release.
const TOLERANCE: f64 = 1.1;

/// Which way a figure improves.
#[derive(Debug, Clone, Copy)]
enum BetterWhen {
    Lower,
    Higher,
}

#[derive(Debug, Default)]
pub struct BenchmarkReport {
    figures: BTreeMap<String, f64>,
    directions: BTreeMap<String, BetterWhen>,
    missed: Vec<String>,
    skipped: Vec<String>,
    failed: Vec<String>,
}

impl BenchmarkReport {
    pub fn title(&mut self, text: &str) {
        println!("\n{text}");
    }
    /// Prints a line of explanation below a title or a figure.
    pub fn note(&mut self, text: &str) {
        println!("    {text}");
    }
    pub fn skip(&mut self, why: &str) {
        println!("  skipped: {why}");
        self.skipped.push(why.to_owned());
    }

    pub fn failed(&mut self, part: &str, error: &anyhow::Error) {
        println!("  failed: {error:#}");
        self.failed.push(format!("{part}: {error:#}"));
    }

    pub fn figure(&mut self, name: &str, value: f64, unit: &str) {
        println!("  {name:<46} {:>12} {unit}", format_figure(value));
        self.figures.insert(name.to_owned(), value);
    }

    /// Reports a figure whose goal is met if the value is at most `goal`.
    pub fn at_most(&mut self, name: &str, value: f64, unit: &str, goal: f64) {
        self.directions.insert(name.to_owned(), BetterWhen::Lower);
        self.print_judged(
            name,
            value,
            unit,
            value <= goal,
            &format!("at most {}", format_figure(goal)),
        );
    }

    pub fn at_least(&mut self, name: &str, value: f64, unit: &str, goal: f64) {
        self.directions.insert(name.to_owned(), BetterWhen::Higher);
        self.print_judged(
            name,
            value,
            unit,
            value >= goal,
            &format!("at least {}", format_figure(goal)),
        );
    }

    fn print_judged(&mut self, name: &str, value: f64, unit: &str, met: bool, goal: &str) {
        let verdict = if met { "met" } else { "MISSED" };
        println!("  {name:<46} {:>12} {unit:<24} goal {goal}: {verdict}", format_figure(value));
        self.figures.insert(name.to_owned(), value);
        if !met {
            self.missed.push(format!("{name} is {} and should be {goal}", format_figure(value)));
        }
    }

    /// Prints columns as wide as their widest cell; the first is left-aligned, numbers are
    /// right-aligned.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::from("   ");
            for (cell, width) in cells.zip(&widths) {
                let number = cell.starts_with(|first: char| first.is_ascii_digit() || first == '-');
                text +=
                    &if number { format!(" {cell:>width$} ") } else { format!(" {cell:<width$} ") };
            }
            println!("{}", text.trim_end());
        };
        line(&mut head.iter().copied());
        for row in rows {
            line(&mut row.iter().map(String::as_str));
        }
    }

    /// Writes the figures; unless `everything` was measured, the figures of other runs stay in the
    /// file. Fails if a part could not be measured, or a figure is worse than in `last_release`.
    pub fn finish(
        self,
        out: &Path,
        everything: bool,
        last_release: Option<&Path>,
    ) -> anyhow::Result<()> {
        let worse = match last_release {
            Some(path) => self.worse_than(&read_figures(path)?),
            None => Vec::new(),
        };
        let mut figures = if everything { serde_json::Map::new() } else { read_figures(out)? };
        figures.extend(
            self.figures.iter().map(|(name, value)| (name.clone(), json!(round_figure(*value)))),
        );
        let text = serde_json::to_string_pretty(&Value::Object(figures))?;
        std::fs::write(out, text + "\n").with_context(|| format!("writing {}", out.display()))?;
        println!("\n{} figures in {}", self.figures.len(), out.display());
        for why in &self.skipped {
            println!("skipped: {why}");
        }
        for goal in &self.missed {
            println!("goal missed: {goal}");
        }
        for figure in &worse {
            println!("worse than the last release: {figure}");
        }
        if !self.failed.is_empty() {
            bail!("not measured: {}", self.failed.join("; "));
        }
        if !worse.is_empty() {
            bail!("{} figures are more than a tenth worse than in the last release", worse.len());
        }
        if self.missed.is_empty() && self.skipped.is_empty() {
            println!("every goal is met");
        }
        Ok(())
    }
}

impl BenchmarkReport {
    /// Describes the figures with a goal that are more than a tenth worse than `before`.
    fn worse_than(&self, before: &serde_json::Map<String, Value>) -> Vec<String> {
        let mut worse = Vec::new();
        for (name, direction) in &self.directions {
            let (Some(now), Some(then)) =
                (self.figures.get(name), before.get(name).and_then(Value::as_f64))
            else {
                continue;
            };
            let factor = match direction {
                BetterWhen::Lower => now / then,
                BetterWhen::Higher => then / now,
            };
            if factor > TOLERANCE {
                let (now, then) = (format_figure(*now), format_figure(then));
                worse.push(format!("{name} is {now} and was {then}"));
            }
        }
        worse
    }
}

fn read_figures(out: &Path) -> anyhow::Result<serde_json::Map<String, Value>> {
    match std::fs::read_to_string(out) {
        Ok(text) => serde_json::from_str(&text)
            .with_context(|| format!("{} is not a map of figures", out.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(serde_json::Map::new()),
        Err(error) => Err(error).with_context(|| format!("reading {}", out.display())),
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Rounds to four significant digits: more would be noise.
fn round_figure(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm is small")]
    let digits = 3 - value.abs().log10().floor() as i32;
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

pub fn format_figure(value: f64) -> String {
    let value = round_figure(value);
    if value.abs() >= 1_000.0 { format!("{value:.0}") } else { format!("{value}") }
}
