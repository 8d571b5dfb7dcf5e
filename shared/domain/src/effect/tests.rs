//! Worlds whose lift is known: the interval has to hold it as often as it says, and nothing may be claimed where nothing is.

use super::*;

/// SplitMix64: the same numbers everywhere, for ever.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Above 0, at most 1.
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }
}

/// Who orders at all, and what they spend then: log-normal, as baskets are.
#[derive(Clone, Copy)]
struct Shoppers {
    ordering: f64,
    /// Minor units.
    median: f64,
    /// Of the logarithm; 1.0 is a mean of 1.65 medians and a skewness of 6.
    spread: f64,
}

impl Shoppers {
    fn spend(self, draws: &mut Draws) -> i64 {
        if draws.share() > self.ordering {
            return 0;
        }
        (self.median * (self.spread * draws.normal()).exp()).round() as i64
    }
    fn mean(self) -> f64 {
        self.ordering * self.median * (self.spread.powi(2) / 2.0).exp()
    }
    fn arm(self, customers: u64, draws: &mut Draws) -> Arm {
        let mut arm = Arm::default();
        (0..customers).for_each(|_| arm.add(self.spend(draws)));
        arm
    }
}

const USUAL: Shoppers = Shoppers { ordering: 0.25, median: 2_000.0, spread: 1.0 };
const FREE: Costs = Costs { vouchers: 0, messages: 0, margin_percent: 100 };

/// Of a thousand worlds: how often the interval held the true lift, was wholly below it, and wholly above. In the rest a few customers
/// ruled a sample, and nothing was claimed.
fn coverage(with: Shoppers, without: Shoppers, sizes: (u64, u64), seed: u64) -> (u32, u32, u32) {
    let truth = (with.mean() - without.mean()) * sizes.0 as f64;
    let (mut held, mut below, mut above) = (0, 0, 0);
    let mut draws = Draws(seed);
    for _ in 0..1_000 {
        let judged = judge(&with.arm(sizes.0, &mut draws), &without.arm(sizes.1, &mut draws), &FREE);
        let Some(interval) = judged.revenue else { continue };
        match truth {
            truth if truth < interval.low as f64 => above += 1,
            truth if truth > interval.high as f64 => below += 1,
            _ => held += 1,
        }
    }
    (held, below, above)
}

#[test]
fn a_known_lift_is_within_the_interval_about_95_times_in_a_hundred() {
    let more = Shoppers { ordering: 0.32, ..USUAL };
    let larger = Shoppers { median: 2_600.0, ..USUAL };
    for (name, with, sizes, seed) in [
        ("more of them order", more, (1_800, 200), 1),
        ("they spend more", larger, (1_800, 200), 2),
        ("a half held out", more, (500, 500), 3),
        ("many", more, (4_500, 500), 4),
        ("no lift", USUAL, (1_800, 200), 5),
    ] {
        let (held, below, above) = coverage(with, USUAL, sizes, seed);
        let claimed = held + below + above;
        assert!(claimed >= 950, "{name}: an interval in {claimed} worlds only");
        let percent = f64::from(held) / f64::from(claimed) * 100.0;
        assert!((93.0..=97.0).contains(&percent), "{name}: {percent:.1} % held it, {below} below, {above} above");
    }
}

#[test]
fn without_a_lift_hardly_any_campaign_is_said_to_have_one() {
    let mut draws = Draws(7);
    let (mut scale, mut retire) = (0, 0);
    for _ in 0..1_000 {
        let (treated, held) = (USUAL.arm(1_800, &mut draws), USUAL.arm(200, &mut draws));
        match judge(&treated, &held, &FREE).verdict {
            Verdict::Scale => scale += 1,
            Verdict::Retire => retire += 1,
            Verdict::Keep | Verdict::NotEnoughData => {}
        }
    }
    // 25 each, if spend were not skewed and a side not as small as 200
    assert!(scale <= 50 && retire <= 50, "of a thousand campaigns without effect {scale} earn and {retire} lose");
}

/// As far as the issue goes: the verdicts that an operator should see, in worlds that leave no doubt.
#[test]
fn verdicts_follow_from_what_was_caused_and_what_it_cost() {
    let mut draws = Draws(11);
    let more = Shoppers { ordering: 0.5, ..USUAL };
    let held = USUAL.arm(4_000, &mut draws);
    let (with, without) = (more.arm(20_000, &mut draws), USUAL.arm(20_000, &mut draws));
    let verdict = |treated: &Arm, costs: Costs| judge(treated, &held, &costs).verdict;
    let cost = |vouchers| Costs { vouchers, messages: 10_000, margin_percent: 100 };
    assert_eq!(verdict(&with, cost(1_000_000)), Verdict::Scale);
    // nothing was caused, and 10,000.00 were given away for it: with no margin left that is what it loses
    assert_eq!(verdict(&without, Costs { margin_percent: 20, ..cost(6_000_000) }), Verdict::Retire);
    assert_eq!(verdict(&without, cost(6_000_000)), Verdict::Keep);
    let unsure = judge(&without, &held, &cost(100));
    assert_eq!((unsure.verdict, unsure.lack), (Verdict::NotEnoughData, Some(Lack::TooUncertain)));
    assert!(unsure.missing.is_some_and(|missing| missing > 24_000), "{unsure:?}");
}

#[test]
fn nothing_is_claimed_of_a_few_customers() {
    let mut draws = Draws(13);
    let told = |treated: u64, held: u64, shoppers: Shoppers, draws: &mut Draws| {
        let judged = judge(&shoppers.arm(treated, draws), &shoppers.arm(held, draws), &FREE);
        assert_eq!((judged.verdict, judged.revenue, judged.profit), (Verdict::NotEnoughData, None, None));
        (judged.lack.unwrap(), judged.missing)
    };
    assert_eq!(told(18, 2, USUAL, &mut draws), (Lack::TooFewCustomers, Some(980)));
    assert_eq!(told(0, 0, USUAL, &mut draws), (Lack::TooFewCustomers, Some(200)));
    assert_eq!(told(900, 0, USUAL, &mut draws), (Lack::NoHoldout, None));
    let seldom = Shoppers { ordering: 0.001, ..USUAL };
    assert_eq!(told(1_000, 200, seldom, &mut draws).0, Lack::TooFewSpenders);
}

/// One whale among the held out: a plain t-interval would take it for a pattern.
#[test]
fn one_huge_order_is_no_pattern() {
    let mut draws = Draws(17);
    let (treated, mut held) = (USUAL.arm(1_800, &mut draws), USUAL.arm(200, &mut draws));
    held.add(50_000_000);
    let judged = judge(&treated, &held, &FREE);
    assert_eq!(
        (judged.verdict, judged.lack, judged.revenue),
        (Verdict::NotEnoughData, Some(Lack::TooFewSpenders), None)
    );
    assert!(judged.missing.is_some_and(|missing| missing > 1_000));
}

#[test]
fn profit_is_margin_on_what_was_sold_more_less_costs() {
    let arm = |each: &[(u64, i64)]| {
        let mut arm = Arm::default();
        each.iter().for_each(|(customers, spend)| (0..*customers).for_each(|_| arm.add(*spend)));
        arm
    };
    let treated = arm(&[(500, 1_000), (500, 2_000)]);
    let held = arm(&[(500, 0), (500, 1_000)]);
    // 1,000 customers paid 1,000 more each, after 200,000 of discounts: 1,200,000 were sold more
    let judged = judge(&treated, &held, &Costs { vouchers: 200_000, messages: 5_000, margin_percent: 25 });
    assert_eq!(judged.revenue.unwrap().value, 1_000_000);
    assert_eq!(judged.profit.unwrap().value, 300_000 - 200_000 - 5_000);
}

#[test]
fn arms_are_read_from_the_counters_of_days() {
    let pairs =
        [("issued", 40), ("ghost", 10), ("treated.spenders.19", 2), ("treated.spend.19", 2_100), ("treated.orders", 3)];
    let more = [("treated.discount", 500), ("treated.units.sms", 4), ("held.spenders.19", 0), ("held.spend.19", 0)];
    let counts = pairs.into_iter().chain(more).map(|(name, by)| (name.to_owned(), by)).collect();
    let (treated, held) = (Arm::treated(&counts), Arm::held_out(&counts));
    assert_eq!((treated.customers, treated.who_spent(), treated.spend()), (40, 2, 2_100));
    assert_eq!((held.customers, held.who_spent(), held.spend_each()), (10, 0, Some(0)));
}

#[test]
fn buckets_double_in_two_steps() {
    assert_eq!(bucket(0), None);
    assert_eq!(bucket(-5), None);
    let first: Vec<_> = (1..=8).filter_map(bucket).collect();
    assert_eq!(first, [0, 2, 3, 4, 4, 5, 5, 6]);
    for minor in [1, 2, 3, 999, 1_000, 1_448, 1_449, 1_000_000_000_000] {
        let (low, high) = bounds(bucket(minor).unwrap());
        assert!(low <= minor as f64 + 1e-6 && (minor as f64) < high, "{minor}: {low} {high}");
    }
}
