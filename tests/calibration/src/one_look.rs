//! The interval that is usual elsewhere, for comparison: Welch's, at 1.96 standard errors. It holds
//! for one look, and is looked at every day.

const Z_975: f64 = 1.959_963_984_540_054;

/// The exact sums of one side.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    pub customers: f64,
    pub spenders: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    pub fn join(&mut self) {
        self.customers += 1.0;
    }

    pub fn change(&mut self, before: i64, after: i64) {
        let (before, after) = (before as f64, after as f64);
        self.sum += after - before;
        self.squares += after.powi(2) - before.powi(2);
        self.spenders += f64::from(u8::from(after > 0.0)) - f64::from(u8::from(before > 0.0));
    }

    fn mean(&self) -> f64 {
        self.sum / self.customers
    }

    fn variance_of_mean(&self) -> f64 {
        (self.squares / self.customers - self.mean().powi(2)) / (self.customers - 1.0)
    }
}

/// Returns true if a plain interval, with the same minimums, says that the sides differ.
pub fn calls_a_difference(one: &Sums, other: &Sums, customers: u64, spenders: u64) -> bool {
    let too_few =
        |side: &Sums| side.customers < customers as f64 || side.spenders < spenders as f64;
    if too_few(one) || too_few(other) {
        return false;
    }
    let error = (one.variance_of_mean() + other.variance_of_mean()).sqrt();
    (one.mean() - other.mean()).abs() > Z_975 * error
}
