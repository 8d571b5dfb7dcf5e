//! Where a campaign loses more of its customers than others do. Pure, from how many reached each stage of how many.
//! A difference counts if it is large (a tenth of what others reach) and no chance (three standard errors of two proportions).

/// Of fewer at a stage, here or with the others, nothing is said.
pub const MIN_CUSTOMERS: i64 = 50;
/// Standard errors. Five stages are looked at for each campaign: three keep false alarms under one in a hundred campaigns.
const ERRORS: f64 = 3.0;
/// Of the others' share, what must be missing at least.
const SHORT: f64 = 0.1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Issued,
    Sent,
    Delivered,
    Accepted,
    Redeemed,
}

/// Stage by stage: of how many, and how many reached it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps([(Stage, i64, i64); 5]);

impl Steps {
    pub fn new(steps: [(Stage, i64, i64); 5]) -> Self {
        Self(steps)
    }

    /// What is left of a sum if one of its parts is taken away.
    pub fn without(&self, part: &Steps) -> Self {
        let mut left = self.0;
        for ((_, of, reached), (_, less_of, less_reached)) in left.iter_mut().zip(part.0) {
            *of -= less_of;
            *reached -= less_reached;
        }
        Self(left)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leak {
    pub stage: Stage,
    /// Reached, of how many.
    pub own: (i64, i64),
    pub others: (i64, i64),
}

/// The stage that falls short of the others by the largest share, if any does.
pub fn leak(own: &Steps, others: &Steps) -> Option<Leak> {
    let mut worst: Option<(f64, Leak)> = None;
    for ((stage, of, reached), (_, others_of, others_reached)) in own.0.into_iter().zip(others.0) {
        if of < MIN_CUSTOMERS || others_of < MIN_CUSTOMERS {
            continue;
        }
        let (share, usual) = (reached as f64 / of as f64, others_reached as f64 / others_of as f64);
        let both = (reached + others_reached) as f64 / (of + others_of) as f64;
        let error = (both * (1.0 - both) * (1.0 / of as f64 + 1.0 / others_of as f64)).max(0.0).sqrt();
        let missing = if usual > 0.0 { 1.0 - share / usual } else { 0.0 };
        if missing < SHORT || usual - share <= ERRORS * error {
            continue;
        }
        if worst.is_none_or(|(most, _)| missing > most) {
            let leak = Leak { stage, own: (reached, of), others: (others_reached, others_of) };
            worst = Some((missing, leak));
        }
    }
    worst.map(|(_, leak)| leak)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(counts: [i64; 6]) -> Steps {
        let [selected, issued, sent, delivered, accepted, redeemed] = counts;
        Steps::new([
            (Stage::Issued, selected, issued),
            (Stage::Sent, issued, sent),
            (Stage::Delivered, sent, delivered),
            (Stage::Accepted, delivered, accepted),
            (Stage::Redeemed, accepted, redeemed),
        ])
    }

    const OTHERS: [i64; 6] = [20_000, 18_000, 17_500, 16_000, 6_000, 3_000];

    #[track_caller]
    fn check(own: [i64; 6], expected: Option<Stage>) {
        assert_eq!(leak(&steps(own), &steps(OTHERS)).map(|leak| leak.stage), expected);
    }

    #[test]
    fn the_stage_that_loses_most_against_the_others_is_named() {
        check([1_000, 900, 875, 800, 300, 150], None);
        check([1_000, 300, 290, 265, 100, 50], Some(Stage::Issued));
        check([1_000, 900, 400, 365, 137, 68], Some(Stage::Sent));
        check([1_000, 900, 875, 500, 187, 94], Some(Stage::Delivered));
        check([1_000, 900, 875, 800, 100, 50], Some(Stage::Accepted));
        check([1_000, 900, 875, 800, 420, 30], Some(Stage::Redeemed));
    }

    #[test]
    fn chance_and_small_numbers_are_no_leak() {
        check([60, 54, 52, 48, 14, 6], None);
        check([40, 2, 2, 2, 0, 0], None);
        check([0; 6], None);
    }

    #[test]
    fn a_campaign_is_not_held_against_itself() {
        let own = steps([1_000, 900, 875, 800, 100, 50]);
        let all = steps([21_000, 18_900, 18_375, 16_800, 6_100, 3_050]);
        assert_eq!(all.without(&own), steps(OTHERS));
    }
}
