//! One simulated campaign: customers who arrive day by day, are treated or held out, order with a
//! delay, and get some of it refunded. The reports see what they would see: sums by bucket of
//! spend.

use domain::reporting::lift::{LiftArm, LiftCosts, LiftStratum};
use domain::reporting::log_bucket::log_bucket;

use crate::{draws::Draws, one_look::Sums};

/// Days in which a customer's orders count.
const WINDOW: usize = 28;
/// Days until a refund.
const REFUND_AFTER: usize = 5;

/// The effect of a campaign on its customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    Nothing,
    /// So many of a hundred treated customers place one more order.
    MoreOrders(f64),
}

/// The share of the customers who are treated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shares {
    Fixed(f64),
    /// Each week more are treated if the campaign seemed to earn so far, and fewer if not.
    FollowsResults,
}

/// The customers of a campaign, and how they come and order.
#[derive(Debug, Clone, Copy)]
pub struct WorldModel {
    pub days: usize,
    /// Customers on the first day, and how many more come on each day after.
    pub first_day: f64,
    pub growth: f64,
    /// The share of customers who never order.
    pub silent: f64,
    /// The chance of an order per day of those who do.
    pub daily: f64,
    pub median: f64,
    /// The standard deviation of the logarithm of a basket.
    pub spread: f64,
    /// The share of orders that are refunded in full.
    pub refunded: f64,
    pub shares: Shares,
    pub effect: Effect,
}

struct Shopper {
    treated: bool,
    epoch: usize,
    came: usize,
    orders: bool,
    /// The day of the order that the campaign causes.
    caused_on: Option<usize>,
    spend: i64,
}

/// An amount that will be taken back.
struct Refund {
    on: usize,
    shopper: usize,
    amount: i64,
    caused: bool,
}

pub struct World {
    model: WorldModel,
    draws: Draws,
    shoppers: Vec<Shopper>,
    refunds: Vec<Refund>,
    pub strata: Vec<LiftStratum>,
    /// The exact sums of both sides.
    pub treated: Sums,
    pub held: Sums,
    /// The spend so far that the campaign has caused.
    pub caused: i64,
    treated_share: f64,
}

impl World {
    pub fn new(model: WorldModel, seed: u64) -> Self {
        let treated_share = match model.shares {
            Shares::Fixed(share) => share,
            Shares::FollowsResults => 0.5,
        };
        Self {
            model,
            draws: Draws::from_seed(seed),
            shoppers: Vec::new(),
            refunds: Vec::new(),
            strata: vec![empty_stratum()],
            treated: Sums::default(),
            held: Sums::default(),
            caused: 0,
            treated_share,
        }
    }

    /// Lives through one day. `seems_to_earn` is what the reports said the evening before.
    pub fn live(&mut self, day: usize, seems_to_earn: bool) {
        if self.model.shares == Shares::FollowsResults && day > 0 && day.is_multiple_of(7) {
            self.treated_share = if seems_to_earn { 0.8 } else { 0.3 };
            self.strata.push(empty_stratum());
        }
        let due = self.refunds.extract_if(.., |refund| refund.on <= day).collect::<Vec<_>>();
        for refund in due {
            self.add_spend(refund.shopper, -refund.amount, refund.caused);
        }
        let arrivals = self.model.first_day + self.model.growth * day as f64;
        for _ in 0..arrivals as usize {
            self.welcome(day);
        }
        for number in 0..self.shoppers.len() {
            self.shop(number, day);
        }
    }

    fn welcome(&mut self, day: usize) {
        let treated = self.draws.chance(self.treated_share);
        let epoch = self.strata.len() - 1;
        let orders = !self.draws.chance(self.model.silent);
        let caused_on = match self.model.effect {
            Effect::MoreOrders(percent) if treated && self.draws.chance(percent / 100.0) => {
                Some(day + (self.draws.share() * 10.0) as usize)
            }
            Effect::MoreOrders(_) | Effect::Nothing => None,
        };
        self.shoppers.push(Shopper { treated, epoch, came: day, orders, caused_on, spend: 0 });
        if let Some(arm) = self.arm(treated, epoch) {
            arm.customers += 1;
        }
        self.side(treated).join();
    }

    fn side(&mut self, treated: bool) -> &mut Sums {
        if treated { &mut self.treated } else { &mut self.held }
    }

    fn shop(&mut self, number: usize, day: usize) {
        let Some(shopper) = self.shoppers.get(number) else { return };
        if day >= shopper.came + WINDOW {
            return;
        }
        let caused = shopper.caused_on == Some(day);
        let own = shopper.orders && self.draws.chance(self.model.daily);
        for by_campaign in [caused.then_some(true), own.then_some(false)].into_iter().flatten() {
            let basket = self.draws.log_normal(self.model.median, self.model.spread);
            let amount = basket.round().max(1.0) as i64;
            self.add_spend(number, amount, by_campaign);
            if self.draws.chance(self.model.refunded) {
                let on = day + REFUND_AFTER;
                self.refunds.push(Refund { on, shopper: number, amount, caused: by_campaign });
            }
        }
    }

    fn add_spend(&mut self, number: usize, amount: i64, caused: bool) {
        let Some(shopper) = self.shoppers.get_mut(number) else { return };
        let (before, after) = (shopper.spend, shopper.spend + amount);
        shopper.spend = after;
        let (treated, epoch) = (shopper.treated, shopper.epoch);
        self.caused += if caused { amount } else { 0 };
        self.side(treated).change(before, after);
        let Some(arm) = self.arm(treated, epoch) else { return };
        if let Some(found) = log_bucket(before).and_then(|bucket| arm.spenders.get_mut(&bucket)) {
            found.customers -= 1;
            found.spend -= before;
        }
        if let Some(bucket) = log_bucket(after) {
            let found = arm.spenders.entry(bucket).or_default();
            found.customers += 1;
            found.spend += after;
        }
    }

    fn arm(&mut self, treated: bool, epoch: usize) -> Option<&mut LiftArm> {
        let stratum = self.strata.get_mut(epoch)?;
        Some(if treated { &mut stratum.treated } else { &mut stratum.held })
    }
}

/// Costs are left out, so that profit is what was sold more.
fn empty_stratum() -> LiftStratum {
    let costs = LiftCosts { margin_percent: 100, ..LiftCosts::default() };
    LiftStratum { costs, ..LiftStratum::default() }
}
