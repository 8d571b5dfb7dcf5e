//! Finds the stage at which a campaign loses more of its customers than the others do. Pure, from
//! the number of customers at each stage and how many of them reached it.
//!
//! A difference counts if it is large (a tenth of what the others reach) and not chance (three
//! standard errors of two proportions).

/// The fewest customers at a stage, here and in the other campaigns, for a comparison.
pub const MIN_CUSTOMERS: i64 = 50;
/// Standard errors that a difference has to exceed. Five stages are compared for each campaign, and
/// three errors keep false alarms under one in a hundred campaigns.
const MIN_STANDARD_ERRORS: f64 = 3.0;
/// The smallest shortfall, as a part of the others' share.
const MIN_SHORTFALL: f64 = 0.1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunnelStage {
    Issued,
    Sent,
    Delivered,
    Accepted,
    Redeemed,
}

/// The number of customers who could reach each stage, and of those who did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunnelSteps([(FunnelStage, i64, i64); 5]);

impl FunnelSteps {
    pub fn new(steps: [(FunnelStage, i64, i64); 5]) -> Self {
        Self(steps)
    }

    /// Returns what is left of a sum if one of its parts is taken away.
    pub fn without(&self, part: &FunnelSteps) -> Self {
        let mut left = self.0;
        for ((_, of, reached), (_, less_of, less_reached)) in left.iter_mut().zip(part.0) {
            *of -= less_of;
            *reached -= less_reached;
        }
        Self(left)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunnelDropOff {
    pub stage: FunnelStage,
    /// Customers of this campaign who reached the stage, and those who could.
    pub own: (i64, i64),
    pub others: (i64, i64),
}

/// Returns the stage with the largest shortfall against the others, if there is one.
pub fn find_drop_off(own: &FunnelSteps, others: &FunnelSteps) -> Option<FunnelDropOff> {
    let mut worst: Option<(f64, FunnelDropOff)> = None;
    for ((stage, of, reached), (_, others_of, others_reached)) in own.0.into_iter().zip(others.0) {
        if of < MIN_CUSTOMERS || others_of < MIN_CUSTOMERS {
            continue;
        }
        let (share, usual) = (reached as f64 / of as f64, others_reached as f64 / others_of as f64);
        let both = (reached + others_reached) as f64 / (of + others_of) as f64;
        let error =
            (both * (1.0 - both) * (1.0 / of as f64 + 1.0 / others_of as f64)).max(0.0).sqrt();
        let missing = if usual > 0.0 { 1.0 - share / usual } else { 0.0 };
        if missing < MIN_SHORTFALL || usual - share <= MIN_STANDARD_ERRORS * error {
            continue;
        }
        if worst.is_none_or(|(most, _)| missing > most) {
            let leak =
                FunnelDropOff { stage, own: (reached, of), others: (others_reached, others_of) };
            worst = Some((missing, leak));
        }
    }
    worst.map(|(_, leak)| leak)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(counts: [i64; 6]) -> FunnelSteps {
        let [selected, issued, sent, delivered, accepted, redeemed] = counts;
        FunnelSteps::new([
            (FunnelStage::Issued, selected, issued),
            (FunnelStage::Sent, issued, sent),
            (FunnelStage::Delivered, sent, delivered),
            (FunnelStage::Accepted, delivered, accepted),
            (FunnelStage::Redeemed, accepted, redeemed),
        ])
    }

    const OTHERS: [i64; 6] = [20_000, 18_000, 17_500, 16_000, 6_000, 3_000];

    #[track_caller]
    fn check(own: [i64; 6], expected: Option<FunnelStage>) {
        assert_eq!(find_drop_off(&steps(own), &steps(OTHERS)).map(|leak| leak.stage), expected);
    }

    #[test]
    fn the_stage_that_loses_most_against_the_others_is_named() {
        check([1_000, 900, 875, 800, 300, 150], None);
        check([1_000, 300, 290, 265, 100, 50], Some(FunnelStage::Issued));
        check([1_000, 900, 400, 365, 137, 68], Some(FunnelStage::Sent));
        check([1_000, 900, 875, 500, 187, 94], Some(FunnelStage::Delivered));
        check([1_000, 900, 875, 800, 100, 50], Some(FunnelStage::Accepted));
        check([1_000, 900, 875, 800, 420, 30], Some(FunnelStage::Redeemed));
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
