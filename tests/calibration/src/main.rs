//! Tries the statistics of the reports on simulated campaigns and prints what they did, as a table
//! for `docs/experiments.md`. The first argument is the number of worlds of each kind, the second
//! the file that the figures are written to.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::{env, fs, process::ExitCode, thread};

use calibration::{Effect, Figures, Setting, Shares, WorldModel, run_study};
use serde_json::json;

const WORLDS: u32 = 2_000;

/// An ordinary campaign that runs for sixty days.
const USUAL: WorldModel = WorldModel {
    days: 60,
    first_day: 50.0,
    growth: 0.0,
    silent: 0.6,
    daily: 0.04,
    median: 2_000.0,
    spread: 0.8,
    refunded: 0.1,
    shares: Shares::Fixed(0.9),
    effect: Effect::Nothing,
};

const SETTINGS: &[Setting] = &[
    Setting { name: "usual, a tenth held out", model: USUAL },
    Setting { name: "a half held out", model: WorldModel { shares: Shares::Fixed(0.5), ..USUAL } },
    Setting { name: "few order", model: WorldModel { silent: 0.9, ..USUAL } },
    Setting { name: "heavy tails", model: WorldModel { spread: 1.3, ..USUAL } },
    Setting {
        name: "growing traffic",
        model: WorldModel { first_day: 20.0, growth: 2.0, ..USUAL },
    },
    Setting {
        name: "all on one day",
        model: WorldModel { first_day: 3_000.0, growth: -3_000.0, ..USUAL },
    },
    Setting { name: "many refunds", model: WorldModel { refunded: 0.4, ..USUAL } },
    Setting {
        name: "shares follow the results",
        model: WorldModel { shares: Shares::FollowsResults, ..USUAL },
    },
];

const EFFECTS: &[Setting] = &[
    Setting {
        name: "3 of 100 order once more",
        model: WorldModel { effect: Effect::MoreOrders(3.0), shares: Shares::Fixed(0.7), ..USUAL },
    },
    Setting {
        name: "10 of 100 order once more",
        model: WorldModel { effect: Effect::MoreOrders(10.0), shares: Shares::Fixed(0.7), ..USUAL },
    },
    Setting {
        name: "30 of 100, shares follow the results",
        model: WorldModel {
            effect: Effect::MoreOrders(30.0),
            shares: Shares::FollowsResults,
            ..USUAL
        },
    },
];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let worlds = arguments.next().map_or(Some(WORLDS), |text| text.parse().ok());
    let Some(worlds) = worlds.filter(|worlds| *worlds > 0) else {
        eprintln!("say how many worlds: a whole number above zero");
        return ExitCode::FAILURE;
    };
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    println!(
        "| world | called | called by a one-look interval | holds at every look | day of the call |"
    );
    println!("|---|---|---|---|---|");
    let study = |setting: &Setting| {
        let found = run_study(setting.model, worlds, threads);
        print_row(setting.name, &found);
        found
    };
    let nulls: Vec<Figures> = SETTINGS.iter().map(study).collect();
    let effects: Vec<Figures> = EFFECTS.iter().map(study).collect();
    let most = |figure: fn(&Figures) -> f64| nulls.iter().map(figure).fold(0.0, f64::max);
    let coverage =
        nulls.iter().chain(&effects).map(Figures::coverage_every_look).fold(1.0, f64::min);
    let figures = json!({
        "experiments.worlds": worlds,
        "experiments.null_called": most(Figures::share_called),
        "experiments.null_called_one_look": most(Figures::share_called_one_look),
        "experiments.coverage_every_look": coverage,
    });
    match arguments.next() {
        None => ExitCode::SUCCESS,
        Some(file) => match fs::write(&file, format!("{figures:#}\n")) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{file}: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn print_row(name: &str, found: &Figures) {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let day = f64::from(found.days_to_call) / f64::from(found.called.max(1));
    let day = if found.called == 0 { "–".to_owned() } else { format!("{day:.0}") };
    println!(
        "| {name} | {} | {} | {} | {day} |",
        percent(found.share_called()),
        percent(found.share_called_one_look()),
        percent(found.coverage_every_look()),
    );
}
