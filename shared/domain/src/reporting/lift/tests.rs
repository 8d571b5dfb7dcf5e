//! Simulated campaigns with a known lift: the interval has to contain it as often as it claims, and
//! no lift may be claimed where there is none.

use super::{judgement::judge_lift as judge_strata, *};
use crate::reporting::{counters::Counter, log_bucket::log_bucket, sequence::ConfidenceSequence};

/// SplitMix64, a generator that yields the same numbers on every machine.
struct RandomDraws(u64);

impl RandomDraws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Returns a number above 0 and at most 1.
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }
}

/// A population of customers: the share that orders, and the spend of those who do, log-normal as
/// baskets are.
#[derive(Clone, Copy)]
struct ShopperModel {
    ordering: f64,
    /// The median spend, in minor units.
    median: f64,
    /// The standard deviation of the logarithm. With 1.0 the mean is 1.65 medians and the skewness
    /// 6.
    spread: f64,
}

impl ShopperModel {
    fn spend(self, draws: &mut RandomDraws) -> i64 {
        if draws.share() > self.ordering {
            return 0;
        }
        (self.median * (self.spread * draws.normal()).exp()).round() as i64
    }
    fn mean(self) -> f64 {
        self.ordering * self.median * (self.spread.powi(2) / 2.0).exp()
    }
    fn arm(self, customers: u64, draws: &mut RandomDraws) -> LiftArm {
        let mut arm = LiftArm::default();
        (0..customers).for_each(|_| arm.add_customer(self.spend(draws)));
        arm
    }
}

const USUAL: ShopperModel = ShopperModel { ordering: 0.25, median: 2_000.0, spread: 1.0 };
const FREE: LiftCosts =
    LiftCosts { vouchers: 0, most_vouchers: 0, messages: 0, margin_percent: 100 };

/// Judges a campaign whose shares never moved.
fn judge_lift(treated: &LiftArm, held: &LiftArm, costs: &LiftCosts) -> LiftJudgement {
    judge_strata(&[stratum(treated, held, costs)], ConfidenceSequence::SINGLE)
}

fn stratum(treated: &LiftArm, held: &LiftArm, costs: &LiftCosts) -> LiftStratum {
    LiftStratum { treated: treated.clone(), held: held.clone(), costs: *costs }
}

/// Simulates a thousand campaigns and returns how often the interval contained the true lift, was
/// wholly below it, and wholly above it. In the remaining ones a few customers dominated a sample,
/// and nothing was claimed.
fn coverage(
    with: ShopperModel,
    without: ShopperModel,
    sizes: (u64, u64),
    seed: u64,
) -> (u32, u32, u32) {
    let truth = (with.mean() - without.mean()) * sizes.0 as f64;
    let (mut held, mut below, mut above) = (0, 0, 0);
    let mut draws = RandomDraws(seed);
    for _ in 0..1_000 {
        let judged =
            judge_lift(&with.arm(sizes.0, &mut draws), &without.arm(sizes.1, &mut draws), &FREE);
        let Some(interval) = judged.revenue else {
            continue;
        };
        match truth {
            truth if truth < interval.low as f64 => above += 1,
            truth if truth > interval.high as f64 => below += 1,
            _ => held += 1,
        }
    }
    (held, below, above)
}

#[test]
fn a_known_lift_is_within_the_interval_of_one_look_more_often_than_95_times_in_a_hundred() {
    let more = ShopperModel { ordering: 0.32, ..USUAL };
    let larger = ShopperModel { median: 2_600.0, ..USUAL };
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
        assert!(percent >= 97.5, "{name}: {percent:.1} % held it, {below} below, {above} above");
    }
}

#[test]
fn without_a_lift_hardly_any_campaign_is_said_to_have_one() {
    let mut draws = RandomDraws(7);
    let (mut scale, mut retire) = (0, 0);
    for _ in 0..1_000 {
        let (treated, held) = (USUAL.arm(1_800, &mut draws), USUAL.arm(200, &mut draws));
        match judge_lift(&treated, &held, &FREE).verdict {
            LiftVerdict::Scale => scale += 1,
            LiftVerdict::Retire => retire += 1,
            LiftVerdict::Keep | LiftVerdict::NotEnoughData | LiftVerdict::UnevenArms => {}
        }
    }
    // Both together may be 50 over all looks, and this is one of them.
    assert!(
        scale + retire <= 25,
        "of a thousand campaigns without effect {scale} earn and {retire} lose"
    );
}

/// Checks the verdicts that an operator should see, in simulated campaigns that leave no doubt.
#[test]
fn verdicts_follow_from_what_was_caused_and_what_it_cost() {
    let mut draws = RandomDraws(11);
    let more = ShopperModel { ordering: 0.5, ..USUAL };
    let held = USUAL.arm(4_000, &mut draws);
    let (with, without) = (more.arm(20_000, &mut draws), USUAL.arm(20_000, &mut draws));
    let verdict = |treated: &LiftArm, costs: LiftCosts| judge_lift(treated, &held, &costs).verdict;
    let cost = |vouchers| LiftCosts { vouchers, messages: 10_000, ..FREE };
    assert_eq!(verdict(&with, cost(1_000_000)), LiftVerdict::Scale);
    // The campaign caused nothing and gave away 60,000.00 of discounts: it loses what the margin
    // does not cover.
    assert_eq!(
        verdict(&without, LiftCosts { margin_percent: 20, ..cost(6_000_000) }),
        LiftVerdict::Retire
    );
    assert_eq!(verdict(&without, cost(6_000_000)), LiftVerdict::Keep);
    let unsure = judge_lift(&without, &held, &cost(100));
    assert_eq!(
        (unsure.verdict, unsure.lack),
        (LiftVerdict::NotEnoughData, Some(LiftDataGap::TooUncertain))
    );
    assert!(unsure.missing_customers.is_some_and(|missing| missing > 24_000), "{unsure:?}");
}

#[test]
fn nothing_is_claimed_of_a_few_customers() {
    let mut draws = RandomDraws(13);
    let told = |treated: u64, held: u64, shoppers: ShopperModel, draws: &mut RandomDraws| {
        let judged = judge_lift(&shoppers.arm(treated, draws), &shoppers.arm(held, draws), &FREE);
        assert_eq!(
            (judged.verdict, judged.revenue, judged.profit),
            (LiftVerdict::NotEnoughData, None, None)
        );
        (judged.lack.unwrap(), judged.missing_customers)
    };
    assert_eq!(told(18, 2, USUAL, &mut draws), (LiftDataGap::TooFewCustomers, Some(980)));
    assert_eq!(told(0, 0, USUAL, &mut draws), (LiftDataGap::TooFewCustomers, Some(200)));
    assert_eq!(told(900, 0, USUAL, &mut draws), (LiftDataGap::NoHoldout, None));
    let seldom = ShopperModel { ordering: 0.001, ..USUAL };
    assert_eq!(told(1_000, 200, seldom, &mut draws).0, LiftDataGap::TooFewSpenders);
}

/// Checks that one very large order of a held-out customer is no pattern, although a plain
/// t-interval would take it for one.
#[test]
fn one_huge_order_is_no_pattern() {
    let mut draws = RandomDraws(17);
    let (treated, mut held) = (USUAL.arm(1_800, &mut draws), USUAL.arm(200, &mut draws));
    held.add_customer(50_000_000);
    let judged = judge_lift(&treated, &held, &FREE);
    assert_eq!(
        (judged.verdict, judged.lack, judged.revenue),
        (LiftVerdict::NotEnoughData, Some(LiftDataGap::TooFewSpenders), None)
    );
    assert!(judged.missing_customers.is_some_and(|missing| missing > 1_000));
}

#[test]
fn profit_is_margin_on_what_was_sold_more_less_costs() {
    let arm = |each: &[(u64, i64)]| {
        let mut arm = LiftArm::default();
        each.iter()
            .for_each(|(customers, spend)| (0..*customers).for_each(|_| arm.add_customer(*spend)));
        arm
    };
    let treated = arm(&[(500, 1_000), (500, 2_000)]);
    let held = arm(&[(500, 0), (500, 1_000)]);
    // Treated customers paid 1,000 more each, after 200,000 of discounts, so 1,200,000 more were
    // sold.
    let judged = judge_lift(
        &treated,
        &held,
        &LiftCosts { vouchers: 200_000, messages: 5_000, margin_percent: 25, ..FREE },
    );
    assert_eq!(judged.revenue.unwrap().value, 1_000_000);
    assert_eq!(judged.profit.unwrap().value, 300_000 - 200_000 - 5_000);
}

/// Checks that customers who came while the shares were different do not stand in for one another:
/// in the second half more were treated, and everybody spent more.
#[test]
fn shares_that_move_bias_nothing() {
    let arm = |customers: u64, spends: u64, each: i64| {
        let mut arm = LiftArm::default();
        (0..customers).for_each(|number| arm.add_customer(if number < spends { each } else { 0 }));
        arm
    };
    let early = stratum(&arm(200, 50, 1_000), &arm(200, 50, 1_000), &FREE);
    let late = stratum(&arm(3_600, 1_800, 3_000), &arm(400, 200, 3_000), &FREE);
    let judged = judge_strata(&[early, late], ConfidenceSequence::SINGLE);
    assert_eq!(judged.revenue.map(|it| it.value), Some(0));
    let (mut treated, mut held) = (arm(3_600, 1_800, 3_000), arm(400, 200, 3_000));
    for number in 0..200 {
        let spend = if number < 50 { 1_000 } else { 0 };
        treated.add_customer(spend);
        held.add_customer(spend);
    }
    let pooled = judge_lift(&treated, &held, &FREE);
    assert!(pooled.profit.is_some_and(|it| it.low > 0), "{pooled:?}: pooled, it looks like a gain");
}

/// Checks that what would change a verdict is what changes it.
#[test]
fn a_verdict_says_what_would_change_it() {
    let mut draws = RandomDraws(19);
    let more = ShopperModel { ordering: 0.4, ..USUAL };
    let (mut treated, mut held) = (more.arm(4_000, &mut draws), USUAL.arm(1_000, &mut draws));
    let judged = judge_lift(&treated, &held, &FREE);
    let next = judged.next.unwrap();
    assert_eq!((judged.verdict, next.verdict), (LiftVerdict::Scale, LiftVerdict::Keep));
    // Twice that many customers without an effect, in the same shares.
    for _ in 0..next.customers * 2 / 5 {
        (0..4).for_each(|_| treated.add_customer(USUAL.spend(&mut draws)));
        held.add_customer(USUAL.spend(&mut draws));
    }
    let costs = LiftCosts { messages: 1, ..FREE };
    assert_ne!(judge_lift(&treated, &held, &costs).verdict, LiftVerdict::Scale);
    assert_eq!(LiftJudgement::uneven_arms().verdict, LiftVerdict::UnevenArms);
}

#[test]
fn two_variants_are_compared_by_their_own_customers() {
    let mut draws = RandomDraws(23);
    let more = ShopperModel { ordering: 0.4, ..USUAL };
    let side = |shoppers: ShopperModel, costs: LiftCosts, draws: &mut RandomDraws| {
        [stratum(&shoppers.arm(4_000, draws), &LiftArm::default(), &costs)]
    };
    let better = side(more, FREE, &mut draws);
    let usual = side(USUAL, FREE, &mut draws);
    let dear = side(more, LiftCosts { messages: 4_000 * 1_000, ..FREE }, &mut draws);
    let sequence = ConfidenceSequence::one_of(3);
    let compare = |one: &[LiftStratum], other: &[LiftStratum]| {
        compare_variants(one, other, sequence).unwrap()
    };
    assert!(compare(&better, &usual).low > 0);
    assert!(compare(&usual, &better).high < 0);
    assert!(compare(&better, &dear).low > 0, "what it costs counts");
    let same = compare(&usual, &usual);
    assert!(same.low < 0 && same.value == 0 && same.high > 0);
    let few = [stratum(&USUAL.arm(50, &mut draws), &LiftArm::default(), &FREE)];
    assert_eq!(compare_variants(&few, &usual, sequence), None);
}

/// Checks that discounts that vary make a profit less certain, and a margin of 100 % does not.
#[test]
fn discounts_that_vary_widen_the_interval() {
    let mut draws = RandomDraws(29);
    let (treated, held) = (USUAL.arm(4_000, &mut draws), USUAL.arm(4_000, &mut draws));
    let width = |margin_percent: u8, most_vouchers: i64| {
        let costs = LiftCosts { vouchers: 400_000, most_vouchers, messages: 0, margin_percent };
        let profit = judge_lift(&treated, &held, &costs).profit.unwrap();
        profit.high - profit.low
    };
    assert!(width(20, 40_000_000) > width(20, 400_000));
    assert_eq!(width(100, 40_000_000), width(100, 400_000));
}

#[test]
fn arms_are_read_from_the_counters_of_days() {
    let pairs = [
        ("issued", 40),
        ("ghost", 10),
        ("treated.spenders.19", 2),
        ("treated.spend.19", 2_100),
        ("treated.orders", 3),
    ];
    let more = [
        ("treated.discount", 500),
        ("treated.units.sms", 4),
        ("held.spenders.19", 0),
        ("held.spend.19", 0),
    ];
    let counts =
        pairs.into_iter().chain(more).map(|(name, by)| (Counter::parse(name), by)).collect();
    let [treated, held] = ComparisonArm::ALL.map(|arm| LiftArm::from_counters(&counts, arm));
    assert_eq!((treated.customers, treated.spender_count(), treated.total_spend()), (40, 2, 2_100));
    assert_eq!((held.customers, held.spender_count(), held.spend_per_customer()), (10, 0, Some(0)));
}

#[test]
fn buckets_double_in_two_steps() {
    assert_eq!(log_bucket(0), None);
    assert_eq!(log_bucket(-5), None);
    let first: Vec<_> = (1..=8).filter_map(log_bucket).collect();
    assert_eq!(first, [0, 2, 3, 4, 4, 5, 5, 6]);
    for minor in [1, 2, 3, 999, 1_000, 1_448, 1_449, 1_000_000_000_000] {
        let (low, high) = bucket_bounds(log_bucket(minor).unwrap());
        assert!(low <= minor as f64 + 1e-6 && (minor as f64) < high, "{minor}: {low} {high}");
    }
}
