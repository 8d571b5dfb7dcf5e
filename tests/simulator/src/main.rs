//! `simulate_seeds`: runs seeds on all cores and prints progress until a seed breaks an invariant; then
//! shrinks the failing plan and prints its story.
//!
//! Writes to the terminal, and with `--figures` adds its speed to a JSON file. Exits with 1 after a
//! failure, and prints the seed, its story and the command that reproduces it.

#![expect(clippy::print_stdout, reason = "it speaks to a terminal")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use simulator::{
    coverage::EffectCoverage, invariants::BrokenInvariant, plan::SimulationPlan, simulation,
};

/// The number of lines printed of a story: its end, where the invariant breaks.
const STORY_LINES: usize = 120;
/// The most plans that shrinking tries.
const MAX_SHRINK_ATTEMPTS: usize = 400;

const HELP: &str = "simulate: the real functions under crashes, repeats and delays

  --seeds N      how many seeds (default 300)
  --start S      the first one (default: drawn anew each time, and printed)
  --replay S     one seed, with its whole story
  --customers N  of each world, up to 1,000 (default: 2 to 9, drawn from the seed)
  --jobs N       threads (default: all cores)
  --quiet        no table of what happened
  --no-shrink    do not look for a smaller story of a failure
  --figures F    add seeds and steps a second to this JSON file
";

struct SimulateOptions {
    seeds: u64,
    start: Option<u64>,
    replay: Option<u64>,
    customers: Option<usize>,
    jobs: usize,
    quiet: bool,
    shrink: bool,
    figures: Option<PathBuf>,
}

fn parse_options() -> Result<SimulateOptions, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = SimulateOptions {
        seeds: 300,
        start: None,
        replay: None,
        customers: None,
        jobs: cores,
        quiet: false,
        shrink: true,
        figures: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().unwrap_or_default();
            value.parse::<u64>().map_err(|_| format!("{word} takes a number, not \"{value}\""))
        };
        match word.as_str() {
            "--seeds" => options.seeds = number()?,
            "--start" => options.start = Some(number()?),
            "--replay" => options.replay = Some(number()?),
            "--customers" => {
                options.customers = Some(usize::try_from(number()?.clamp(1, 1_000)).unwrap_or(1))
            }
            "--jobs" => options.jobs = usize::try_from(number()?.max(1)).unwrap_or(1),
            "--figures" => parse_path(&mut options.figures, words.next())?,
            "--quiet" => options.quiet = true,
            "--no-shrink" => options.shrink = false,
            _ => return Err(HELP.to_owned()),
        }
    }
    Ok(options)
}

fn parse_path(to: &mut Option<PathBuf>, word: Option<String>) -> Result<(), String> {
    *to = Some(PathBuf::from(word.ok_or("--figures takes a path")?));
    Ok(())
}

impl SimulateOptions {
    fn plan_for_seed(&self, seed: u64) -> SimulationPlan {
        let plan = SimulationPlan::from_seed(seed);
        match self.customers {
            Some(customers) => plan.with_customers(customers),
            None => plan,
        }
    }
}

/// Adds the speed to the figures file and keeps the benchmark figures that are in it.
fn write_figures(path: &Path, seeds_per_second: f64, steps_per_second: f64) -> anyhow::Result<()> {
    let known = std::fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
    let mut figures: BTreeMap<String, serde_json::Value> = serde_json::from_str(&known)?;
    let figure = |value: f64| serde_json::json!((value * 10.0).round() / 10.0);
    figures.insert("simulate.seeds_per_second".to_owned(), figure(seeds_per_second));
    figures.insert("simulate.steps_per_second".to_owned(), figure(steps_per_second));
    std::fs::write(path, serde_json::to_string_pretty(&figures)? + "\n")?;
    Ok(())
}

fn main() -> ExitCode {
    let options = match parse_options() {
        Ok(options) => options,
        Err(help) => {
            println!("{help}");
            return ExitCode::from(2);
        }
    };
    let done = match options.replay {
        Some(seed) => replay_seed(&options, seed),
        None => simulate_seeds(&options),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            println!("the simulation itself failed: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn replay_seed(options: &SimulateOptions, seed: u64) -> anyhow::Result<ExitCode> {
    let plan = options.plan_for_seed(seed);
    println!("seed {seed}\n{plan}\n");
    let outcome = simulation::run_plan(&plan, true)?;
    for line in &outcome.story {
        println!("{line}");
    }
    match outcome.broken {
        None => {
            println!("\nevery invariant held, {} steps", outcome.steps);
            Ok(ExitCode::SUCCESS)
        }
        Some(broken) => {
            println!("\nBROKEN  {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}

struct SeedFailure {
    seed: u64,
    broken: BrokenInvariant,
}

fn simulate_seeds(options: &SimulateOptions) -> anyhow::Result<ExitCode> {
    let start = options.start.unwrap_or_else(|| fastrand::u64(..1 << 40));
    println!(
        "seeds {start} to {}, {} at once",
        start + options.seeds.saturating_sub(1),
        options.jobs
    );
    let (next, stop, began) = (AtomicU64::new(0), AtomicBool::new(false), Instant::now());
    let coverage = Mutex::new(EffectCoverage::default());
    let failure: Mutex<Option<SeedFailure>> = Mutex::new(None);
    let steps = AtomicU64::new(0);
    let (errors, error) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            let errors = errors.clone();
            scope.spawn(|| {
                let errors = errors;
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= options.seeds {
                        return;
                    }
                    match simulation::run_plan(&options.plan_for_seed(start + index), false) {
                        Ok(outcome) => {
                            steps.fetch_add(outcome.steps, Ordering::Relaxed);
                            coverage
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .merge(&outcome.coverage);
                            if let Some(broken) = outcome.broken {
                                stop.store(true, Ordering::Relaxed);
                                let mut failure =
                                    failure.lock().unwrap_or_else(PoisonError::into_inner);
                                if failure.as_ref().is_none_or(|known| start + index < known.seed) {
                                    *failure = Some(SeedFailure { seed: start + index, broken });
                                }
                            }
                        }
                        Err(error) => {
                            stop.store(true, Ordering::Relaxed);
                            let _ = errors.send(error);
                        }
                    }
                }
            });
        }
        print_progress(options.seeds, &next, &stop, began, options.jobs);
    });
    if let Ok(error) = error.try_recv() {
        return Err(error);
    }
    let seconds = began.elapsed().as_secs_f64();
    let done = next.load(Ordering::Relaxed).min(options.seeds);
    println!(
        "{done} seeds in {seconds:.1} s, {:.1} a second, {} steps",
        done as f64 / seconds,
        steps.load(Ordering::Relaxed)
    );
    if let Some(path) = &options.figures {
        write_figures(path, done as f64 / seconds, steps.load(Ordering::Relaxed) as f64 / seconds)?;
    }
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = failure {
        return report_failure(options, &failure);
    }
    if !options.quiet {
        let coverage = coverage.into_inner().unwrap_or_else(PoisonError::into_inner);
        println!("\n{coverage}");
        let holes = coverage.uncovered_effects();
        println!(
            "effects that never met a crash of each kind: {}",
            if holes.is_empty() {
                "none".to_owned()
            } else {
                format!("\n  {}", holes.join("\n  "))
            }
        );
    }
    println!("every invariant held");
    Ok(ExitCode::SUCCESS)
}

/// Prints a progress line every five seconds.
fn print_progress(seeds: u64, next: &AtomicU64, stop: &AtomicBool, began: Instant, jobs: usize) {
    let mut last = Instant::now();
    loop {
        let done = next.load(Ordering::Relaxed).saturating_sub(jobs as u64);
        if stop.load(Ordering::Relaxed) || next.load(Ordering::Relaxed) >= seeds {
            return;
        }
        if last.elapsed() > Duration::from_secs(5) {
            last = Instant::now();
            let rate = done as f64 / began.elapsed().as_secs_f64();
            println!("  {done} of {seeds} seeds, {rate:.1} a second");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Shrinks the failing plan as far as possible and prints its story.
fn report_failure(options: &SimulateOptions, failure: &SeedFailure) -> anyhow::Result<ExitCode> {
    println!("\nBROKEN by seed {}: {}\n", failure.seed, failure.broken);
    let (plan, tried) = if options.shrink {
        shrink_plan(options, failure)?
    } else {
        (options.plan_for_seed(failure.seed), 0)
    };
    let outcome = simulation::run_plan(&plan, true)?;
    println!("the smallest story of it ({tried} plans tried):\n{plan}, {} steps\n", plan.steps);
    let left_out = outcome.story.len().saturating_sub(STORY_LINES);
    if left_out > 0 {
        println!("  ... {left_out} lines before");
    }
    for line in outcome.story.iter().skip(left_out) {
        println!("  {line}");
    }
    if let Some(broken) = &outcome.broken {
        println!("\n  BROKEN  {broken}");
    }
    let sized =
        options.customers.map(|customers| format!(" PEOPLE={customers}")).unwrap_or_default();
    println!("\nagain, whole: make simulate REPLAY={}{sized}", failure.seed);
    Ok(ExitCode::FAILURE)
}

/// Removes whatever the failure does not need, for as long as the same invariant breaks.
fn shrink_plan(
    options: &SimulateOptions,
    failure: &SeedFailure,
) -> anyhow::Result<(SimulationPlan, usize)> {
    let (mut plan, mut tried) = (options.plan_for_seed(failure.seed), 0);
    'smaller: loop {
        for candidate in plan.simpler_plans() {
            if tried >= MAX_SHRINK_ATTEMPTS {
                break 'smaller;
            }
            tried += 1;
            let outcome = simulation::run_plan(&candidate, false)?;
            if outcome.broken.is_some_and(|broken| broken.invariant == failure.broken.invariant) {
                plan = candidate;
                continue 'smaller;
            }
        }
        break;
    }
    Ok((plan, tried))
}
