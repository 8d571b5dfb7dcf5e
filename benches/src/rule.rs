//! Measures audience rules of six and of twelve conditions on each customer of a page: the
//! project's evaluator on a parsed rule against the same rule written in Rust by hand.
//!
//! The hand-written one is as good: it stops as early and looks up a time zone as rarely. Both run
//! over the same customers and must select the same ones. Goal: within three times of the
//! hand-written one.

use std::time::Instant;

use anyhow::{Context, ensure};
use domain::{
    Date, Timestamp,
    campaign::audience::AudienceRule,
    customer::profile::{ConsentState, Customer, GeoPoint},
    kernel::{channel::Channel, locale::Locale},
};
use serde_json::{Value, json};

use crate::{
    callgrind,
    child::{self, ChildEnvironment},
    marketplace,
    options::BenchmarkOptions,
    report::{BenchmarkReport, median},
};

/// The number of customers that a scan hands over at once.
const CUSTOMERS: usize = 500;
/// The passes over all customers in the two runs; the difference of their counts is what is
/// measured.
const FEW: usize = 2;
const MANY: usize = 42;
/// The number of repetitions of the timing.
const ROUNDS: usize = 9;

pub fn measure(options: &BenchmarkOptions, report: &mut BenchmarkReport) -> anyhow::Result<()> {
    report.title("Audience rule: six conditions, one customer");
    let timed =
        child::run_child("rule", &["time".to_owned(), MANY.to_string()], &ChildEnvironment::new())?
            .result;
    let nanoseconds =
        |name: &str| timed.get(name).and_then(Value::as_f64).context("the child gave no time");
    if callgrind::is_available() {
        let times = options.size(MANY, FEW + 1);
        let (ours, by_hand) =
            (rule_instructions("ours", times)?, rule_instructions("hand", times)?);
        report.figure("rule.instructions_per_customer", ours, "instructions");
        report.figure("rule.instructions_by_hand", by_hand, "instructions");
        report.at_most("rule.ratio_to_hand_written", ours / by_hand, "of hand-written Rust", 3.0);
        let twelve = rule_instructions("ours12", times)? / rule_instructions("hand12", times)?;
        report.at_most("audience.rule_12_ratio", twelve, "of hand-written Rust", 3.0);
    } else {
        report.skip(callgrind::MISSING);
        let ratio = nanoseconds("ours")? / nanoseconds("hand")?;
        report.at_most("rule.ratio_to_hand_written", ratio, "of hand-written (by time)", 3.0);
    }
    report.figure("rule.nanoseconds_per_customer", nanoseconds("ours")?, "ns on this machine");
    let selected = timed.get("selected").and_then(Value::as_u64).unwrap_or(0);
    report.note(&format!("{selected} of {CUSTOMERS} customers are selected, by both"));
    Ok(())
}

fn rule_instructions(which: &str, many: usize) -> anyhow::Result<f64> {
    let count = |times: usize| {
        child::child_instructions(
            "rule",
            &[which.to_owned(), times.to_string()],
            &ChildEnvironment::new(),
        )
    };
    Ok((count(many)? - count(FEW)?) / ((many - FEW) * CUSTOMERS) as f64)
}

/// Runs as `ours|hand|ours12|hand12|time TIMES`.
pub fn child(arguments: &[String]) -> anyhow::Result<Value> {
    let [which, times] = arguments else { anyhow::bail!("rule takes two arguments") };
    let times: usize = times.parse()?;
    let now = marketplace::now()?;
    let customers: Vec<Customer> = (0..CUSTOMERS)
        .map(|number| marketplace::customer(number, now))
        .collect::<Result<_, _>>()?;
    let rule =
        AudienceRule::parse(&rule_json(), "").map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let twelve = AudienceRule::parse(&rule_of_twelve(), "")
        .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let by_hand = HandWrittenRule::new(now);
    let ours = |times| count_selected(times, &customers, |customer| rule.selects(customer, now));
    let hand = |times| count_selected(times, &customers, |customer| by_hand.selects(customer));
    match which.as_str() {
        "ours" => Ok(json!({"selected": ours(times)})),
        "hand" => Ok(json!({"selected": hand(times)})),
        "ours12" => {
            let selects = |customer: &Customer| twelve.selects(customer, now);
            Ok(json!({"selected": count_selected(times, &customers, selects)}))
        }
        "hand12" => {
            let selects = |customer: &Customer| by_hand.selects_by_twelve(customer);
            Ok(json!({"selected": count_selected(times, &customers, selects)}))
        }
        _ => {
            for customer in &customers {
                ensure!(
                    rule.selects(customer, now) == by_hand.selects(customer),
                    "they differ on {}",
                    customer.id
                );
                ensure!(
                    twelve.selects(customer, now) == by_hand.selects_by_twelve(customer),
                    "they differ by twelve conditions on {}",
                    customer.id
                );
            }
            let each = (times * CUSTOMERS) as f64;
            let (mut by_us, mut by_them) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                by_us.push(time_per_customer(|| ours(times)) / each);
                by_them.push(time_per_customer(|| hand(times)) / each);
            }
            Ok(json!({"ours": median(by_us), "hand": median(by_them), "selected": ours(1)}))
        }
    }
}

fn count_selected(
    times: usize,
    customers: &[Customer],
    selects: impl Fn(&Customer) -> bool,
) -> usize {
    let mut count = 0;
    for _ in 0..times {
        count += customers
            .iter()
            .filter(|customer| std::hint::black_box(selects(std::hint::black_box(customer))))
            .count();
    }
    count
}

fn time_per_customer(work: impl FnOnce() -> usize) -> f64 {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed().as_nanos() as f64
}

const MADRID: GeoPoint = GeoPoint { lat: 40.4168, lon: -3.7038 };
const BERLIN: GeoPoint = GeoPoint { lat: 52.52, lon: 13.405 };
const KM: f64 = 25.0;

/// Returns the rule: the customer knows food and not the pharmacy, lives near one of two places or
/// has spent enough, ordered recently, and is not staff.
fn rule_json() -> Value {
    json!({"all": [
        {"ordered": {"vertical": "food"}},
        {"never_ordered": {"vertical": "pharmacy"}},
        {"any": [
            {"within_km": {"points": [MADRID, BERLIN], "km": KM}},
            {"spend": {"at_least": {"amount": 5_000, "currency": "EUR"}}},
        ]},
        {"last_order": {"days_ago_at_most": 120}},
        {"not": {"tags": {"any_of": ["staff"]}}},
    ]})
}

/// Returns the rule of twelve conditions: the six, and six on windows, tenure, sign-up, language
/// and consent.
fn rule_of_twelve() -> Value {
    json!({"all": [
        rule_json(),
        {"orders_count": {"in_days": 90, "at_least": 1}},
        {"spend": {"vertical": "food", "in_days": 365, "at_least": {"amount": 1_000, "currency": "EUR"}}},
        {"first_order": {"days_ago_at_least": 10}},
        {"signed_up": {"days_ago_at_least": 20}},
        {"locale": {"any_of": ["es", "de", "fr"]}},
        {"consents_to": {"channel": "sms"}},
    ]})
}

struct HandWrittenRule {
    now: Timestamp,
    /// Today in days since 1970, UTC.
    today: i64,
}

impl HandWrittenRule {
    fn new(now: Timestamp) -> Self {
        Self { now, today: now.as_second().div_euclid(86_400) }
    }

    fn selects(&self, customer: &Customer) -> bool {
        if customer.verticals.get("food").is_none_or(|it| it.orders == 0) {
            return false;
        }
        if customer.verticals.get("pharmacy").is_some_and(|it| it.orders > 0) {
            return false;
        }
        let near = customer
            .profile
            .location
            .is_some_and(|place| is_near(&place, &MADRID) || is_near(&place, &BERLIN));
        let euro = customer.profile.currency.is_none_or(|currency| currency.as_str() == "EUR");
        let spent_enough = euro && customer.activity.spend.units() >= 5_000;
        if !near && !spent_enough {
            return false;
        }
        if !customer
            .activity
            .last_order_day
            .is_some_and(|day| self.is_within_days(day, 120, customer))
        {
            return false;
        }
        !customer.profile.tags.iter().any(|tag| tag == "staff")
    }

    fn selects_by_twelve(&self, customer: &Customer) -> bool {
        if !self.selects(customer) {
            return false;
        }
        let Some(windows) = &customer.windows else {
            return false;
        };
        let today = day_number(customer.today(self.now));
        if windows.sums_since(today - 89, None).is_none_or(|sums| sums.orders == 0) {
            return false;
        }
        let euro = customer.profile.currency.is_none_or(|currency| currency.as_str() == "EUR");
        let food = customer.verticals.keys().position(|name| name == "food");
        let spent = windows.sums_since(today - 364, food).map_or(0, |sums| sums.spend.units());
        if !euro || food.is_none() || spent < 1_000 {
            return false;
        }
        if windows.first_order_day().is_none_or(|first| today - first < 10) {
            return false;
        }
        if customer.profile.signed_up.is_none_or(|day| today - day_number(day) < 20) {
            return false;
        }
        let speaks = |locale: &Locale| {
            ["es", "de", "fr"].contains(&locale.as_str().split('-').next().unwrap_or_default())
        };
        customer.profile.locale.as_ref().is_some_and(speaks)
            && customer
                .consents
                .get(&Channel::Sms)
                .is_some_and(|consent| consent.state == ConsentState::Granted)
    }

    /// Compares a day with a limit; only days next to the limit need the customer's own zone.
    fn is_within_days(&self, day: Date, limit: i64, customer: &Customer) -> bool {
        let ago = self.today - day_number(day);
        if (ago - limit).abs() > 2 {
            return ago < limit;
        }
        day_number(customer.today(self.now)) - day_number(day) <= limit
    }
}

fn day_number(day: Date) -> i64 {
    day.duration_since(jiff::civil::date(1970, 1, 1)).as_secs() / 86_400
}

/// Compares distances. Half a degree is more than 25 km anywhere below 60 degrees of latitude, so
/// most places are refused without trigonometry.
fn is_near(place: &GeoPoint, centre: &GeoPoint) -> bool {
    (place.lat - centre.lat).abs() < 0.5
        && (place.lon - centre.lon).abs() < 0.5
        && centre.distance_km(place) <= KM
}
