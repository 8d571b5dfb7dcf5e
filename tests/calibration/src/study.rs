//! Many worlds of one kind: how often an effect is called where there is none, and how often the
//! interval holds the truth at every single look.

use std::thread;

use domain::reporting::{
    lift::{LiftVerdict, MIN_CUSTOMERS, MIN_SPENDERS, judge_lift},
    sequence::ConfidenceSequence,
};

use crate::{
    one_look::calls_a_difference,
    world::{World, WorldModel},
};

/// A kind of world, by name.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub model: WorldModel,
}

/// The findings of a study of one kind of world.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    pub worlds: u32,
    /// The worlds in which a verdict said at any look that the campaign earns or loses.
    pub called: u32,
    /// The same by an interval that is made for one look.
    pub called_one_look: u32,
    /// The worlds in which the interval held the truth at every look at which there was one.
    pub held_every_look: u32,
    /// The worlds with an interval at any look.
    pub judged: u32,
    /// The sum of the first days on which the campaign was called, over the worlds that were.
    pub days_to_call: u32,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.called += other.called;
        self.called_one_look += other.called_one_look;
        self.held_every_look += other.held_every_look;
        self.judged += other.judged;
        self.days_to_call += other.days_to_call;
    }

    pub fn share_called(&self) -> f64 {
        f64::from(self.called) / f64::from(self.worlds.max(1))
    }

    pub fn share_called_one_look(&self) -> f64 {
        f64::from(self.called_one_look) / f64::from(self.worlds.max(1))
    }

    /// Returns the share of the judged worlds in which the interval held at every look.
    pub fn coverage_every_look(&self) -> f64 {
        f64::from(self.held_every_look) / f64::from(self.judged.max(1))
    }
}

/// Lives through so many worlds, on so many threads.
pub fn run_study(model: WorldModel, worlds: u32, threads: u32) -> Figures {
    let mut all = Figures::default();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads.max(1))
            .map(|part| {
                scope.spawn(move || {
                    let seeds = (0..worlds).filter(move |seed| seed % threads.max(1) == part);
                    seeds.fold(Figures::default(), |mut sum, seed| {
                        sum.add(live_through(model, u64::from(seed) + 1));
                        sum
                    })
                })
            })
            .collect();
        for part in parts {
            all.add(part.join().unwrap_or_default());
        }
    });
    all
}

fn live_through(model: WorldModel, seed: u64) -> Figures {
    let mut world = World::new(model, seed);
    let mut seen = Figures { worlds: 1, ..Figures::default() };
    let (mut held, mut seems_to_earn) = (true, true);
    for day in 0..model.days {
        world.live(day, seems_to_earn);
        let judged = judge_lift(&world.strata, ConfidenceSequence::SINGLE);
        let calls = matches!(judged.verdict, LiftVerdict::Scale | LiftVerdict::Retire);
        if calls && seen.called == 0 {
            seen.called = 1;
            seen.days_to_call = u32::try_from(day + 1).unwrap_or(u32::MAX);
        }
        if calls_a_difference(&world.treated, &world.held, MIN_CUSTOMERS, MIN_SPENDERS) {
            seen.called_one_look = 1;
        }
        if let Some(interval) = judged.revenue {
            seen.judged = 1;
            seems_to_earn = interval.value > 0;
            held &= (interval.low..=interval.high).contains(&world.caused);
        }
    }
    seen.held_every_look = seen.judged * u32::from(held);
    seen
}
