//! Generates a made-up marketplace, the same every time: customers with contacts, consents and an
//! order history in three verticals, and the cross-vertical promotion of `make run`.
//!
//! Consents and orders are mixed like the demo's (infra/local/demo/marketplace.py). The identity of
//! the customers does not matter here; the size of their items and the number that a rule selects
//! do.

use std::collections::BTreeMap;

use anyhow::Context;
use domain::{
    Date, Timestamp,
    campaign::{
        basket::{Basket, BasketLine},
        definition::Definition,
        lifecycle::Campaign,
    },
    customer::{
        changes::CustomerReplacement,
        order_windows::{DayOrder, OrderWindows},
        profile::{Customer, OrderTotals},
    },
    kernel::{
        id::{CampaignId, CustomerId, LineId, OrderEventId, OrderId},
        money::{Currency, MinorUnits},
    },
    voucher::order_event::{OrderChange, OrderEvent},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The fixed time of the marketplace, so that a rule selects the same customers in every run.
pub const NOW: &str = "2026-11-22T12:00:00Z";

pub fn now() -> anyhow::Result<Timestamp> {
    Ok(NOW.parse()?)
}

pub fn euro() -> anyhow::Result<Currency> {
    Ok(Currency::parse("EUR")?)
}

/// A SplitMix64 generator: its numbers look random and follow from the seed.
struct SeededRandom(u64);

impl SeededRandom {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    fn next_below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
    fn has_chance(&mut self, chance: u64) -> bool {
        self.next_below(100) < chance
    }
    fn pick<T: Copy>(&mut self, all: &[T]) -> anyhow::Result<T> {
        let index = self.next_below(all.len() as u64);
        all.get(usize::try_from(index)?).copied().context("nothing to draw from")
    }
}

/// A customer and the orders they placed, oldest first.
pub struct SyntheticCustomer {
    pub id: CustomerId,
    pub profile: CustomerReplacement,
    pub orders: Vec<OrderEvent>,
}

/// The locale, the time zone and the coordinates of each city.
const CITIES: [(&str, &str, f64, f64); 4] = [
    ("es-ES", "Europe/Madrid", 40.4168, -3.7038),
    ("de-DE", "Europe/Berlin", 52.52, 13.405),
    ("fr-FR", "Europe/Paris", 48.8566, 2.3522),
    ("en-IE", "Europe/Dublin", 53.3498, -6.2603),
];
/// Consent patterns: a weight, and the choice for SMS, e-mail and push (granted, denied or never
/// asked).
const CONSENTS: [(u64, [char; 3]); 8] = [
    (34, ['y', 'y', 'y']),
    (14, ['n', 'y', 'y']),
    (10, ['y', 'y', 'n']),
    (9, ['y', 'n', 'n']),
    (9, ['n', 'n', 'y']),
    (11, ['-', 'y', '-']),
    (7, ['n', 'n', 'n']),
    (6, ['-', '-', '-']),
];
/// The verticals, each with the number of customers in 100 who ever order there.
const VERTICALS: [(&str, u64); 3] = [("food", 86), ("groceries", 48), ("pharmacy", 32)];

/// The consents of the customers in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentMix {
    /// Consents as in the demo: some customers have opted out of everything, or never answered.
    Mixed,
    /// A customer without any reachable channel has granted every channel instead.
    Reachable,
}

pub fn customer_id(number: usize) -> anyhow::Result<CustomerId> {
    Ok(CustomerId::parse(&format!("cust-7-{number:06}"))?)
}

pub fn synthetic_customer(
    number: usize,
    now: Timestamp,
    consents: ConsentMix,
) -> anyhow::Result<SyntheticCustomer> {
    let mut draw = SeededRandom(number as u64);
    let id = customer_id(number)?;
    let (locale, zone, lat, lon) = draw.pick(&CITIES)?;
    let signed_up = days_before(now, 2 + draw.next_below(1_200))?;
    let choice = draw_consents(&mut draw, consents);
    let said = |letter: char| match letter {
        'y' => json!({"state": "granted", "source": "signup_form", "at": signed_up.to_string()}),
        'n' => json!({"state": "denied", "source": "app_settings", "at": signed_up.to_string()}),
        _ => Value::Null,
    };
    let [sms, email, push] = choice;
    let device = format!(
        "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/market-android/{number:08}-77aa-4bb3-9c1d-{number:012}"
    );
    let devices =
        if push == 'y' { json!([{"endpoint_id": "phone", "arn": device}]) } else { json!([]) };
    let tags: Vec<&str> = [("staff", 2), ("student", 8), ("family", 12)]
        .into_iter()
        .filter(|it| draw.has_chance(it.1))
        .map(|it| it.0)
        .collect();
    let north = f64::from(u32::try_from(draw.next_below(100))?) / 1_000.0;
    let profile = json!({
        "profile": {
            "first_name": "Alexandra", "last_name": "Fernandez", "locale": locale, "zone": zone, "currency": "EUR",
            "signed_up": signed_up.strftime("%Y-%m-%d").to_string(), "tags": tags,
            "location": {"lat": lat + north, "lon": lon}, "personal_dates": {"birthday": "1986-04-17"},
        },
        "contacts": {"phone": format!("+34600{number:06}"), "email": format!("alexandra.fernandez.{number}@example.com")},
        "consents": {"sms": said(sms), "email": said(email), "push": said(push)},
        "push_endpoints": devices,
    });
    let orders = draw_orders(&mut draw, &id, number, now)?;
    Ok(SyntheticCustomer { id, profile: serde_json::from_value(profile)?, orders })
}

fn draw_consents(draw: &mut SeededRandom, consents: ConsentMix) -> [char; 3] {
    let choice = draw_mixed_consents(draw);
    match consents {
        ConsentMix::Reachable if !choice.contains(&'y') => ['y', 'y', 'y'],
        ConsentMix::Mixed | ConsentMix::Reachable => choice,
    }
}

fn draw_mixed_consents(draw: &mut SeededRandom) -> [char; 3] {
    let mut left = draw.next_below(100);
    for (weight, choice) in CONSENTS {
        if left < weight {
            return choice;
        }
        left -= weight;
    }
    ['-', '-', '-']
}

fn draw_orders(
    draw: &mut SeededRandom,
    customer: &CustomerId,
    number: usize,
    now: Timestamp,
) -> anyhow::Result<Vec<OrderEvent>> {
    let used: Vec<&str> =
        VERTICALS.into_iter().filter(|it| draw.has_chance(it.1)).map(|it| it.0).collect();
    let count = if used.is_empty() { 0 } else { draw.next_below(5) };
    let mut orders = Vec::new();
    for place in 0..count {
        let order = format!("ord-7-{number:06}-{place}");
        let at = days_before(now, 1 + draw.next_below(200))?;
        let vertical = draw.pick(&used)?;
        let total = i64::try_from(800 + draw.next_below(6_000))?;
        orders.push(placed_order(&order, customer, at, vertical, total)?);
    }
    Ok(orders)
}

/// Returns the event that an order of one line was placed.
pub fn placed_order(
    order: &str,
    customer: &CustomerId,
    at: Timestamp,
    vertical: &str,
    total: i64,
) -> anyhow::Result<OrderEvent> {
    let line = BasketLine {
        id: LineId::parse("1")?,
        vertical: vertical.to_owned(),
        merchant: "madrid-food-3".to_owned(),
        category: None,
        sku: None,
        quantity: 1,
        amount: MinorUnits::new(total)?,
    };
    let basket = Basket {
        currency: euro()?,
        lines: vec![line],
        delivery_fee: MinorUnits::ZERO,
        first_order: false,
    };
    Ok(OrderEvent {
        cart: None,
        event: OrderEventId::parse(&format!("{order}.placed"))?,
        order: OrderId::parse(order)?,
        customer: customer.clone(),
        at,
        change: OrderChange::Placed { basket },
    })
}

fn days_before(now: Timestamp, days: u64) -> anyhow::Result<Timestamp> {
    Ok(now.checked_sub(SignedDuration::from_hours(24 * i64::try_from(days)?))?)
}

/// Returns a customer with the totals of their orders, as the store would hold it.
pub fn customer(number: usize, now: Timestamp) -> anyhow::Result<Customer> {
    let SyntheticCustomer { id, profile, orders } =
        synthetic_customer(number, now, ConsentMix::Mixed)?;
    let made =
        profile.apply(&id, None, euro()?, now).map_err(|refused| anyhow::anyhow!("{refused:?}"));
    let mut customer = made?;
    let mut by_day: Vec<(Date, BTreeMap<String, MinorUnits>)> = Vec::new();
    for order in orders {
        let OrderChange::Placed { basket } = order.change else {
            continue;
        };
        let day = customer.today(order.at);
        let net = |line: &BasketLine| (line.vertical.clone(), line.amount);
        by_day.push((day, basket.lines.iter().map(net).collect()));
        for line in basket.lines {
            for sums in [
                &mut customer.activity,
                customer.verticals.entry(line.vertical).or_insert_with(OrderTotals::default),
            ] {
                sums.orders += 1;
                sums.spend = sums.spend.plus(line.amount);
                sums.last_order_day = sums.last_order_day.max(Some(day));
            }
        }
    }
    let counted = by_day.iter().map(|(day, verticals)| DayOrder { day: *day, verticals });
    customer.windows = Some(OrderWindows::from_orders(counted, customer.verticals.keys()));
    Ok(customer)
}

/// Returns the promotion for customers who ordered food and never tried the pharmacy: push before
/// e-mail before SMS, a tenth held out.
pub fn promotion(now: Timestamp) -> anyhow::Result<Definition> {
    let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let document = json!({
        "name": "First pharmacy order",
        "kind": "promotion",
        "description": "Cross-vertical trial: ordered food, never ordered pharmacy, not tagged staff",
        "offer": {
            "benefit": {"percent": {"percent": 20, "cap": money(800)}},
            "minimum_basket": money(1_500),
            "scope": {"verticals": ["pharmacy"], "merchants": [], "categories": []},
            "first_order_only": false,
        },
        "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
        "audience": {"all": [
            {"ordered": {"vertical": "food"}},
            {"never_ordered": {"vertical": "pharmacy"}},
            {"not": {"tags": {"any_of": ["staff"]}}},
        ]},
        "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": "Hi {{ first_name | default('there') }}: {{ offer }}, on your first pharmacy order. Accept: {{ voucher_link }}"},
            "email": {
                "subject": "Your first pharmacy order: {{ offer }}",
                "preheader": "Only for you. Accept it in the app.",
                "html": "<p>Hi {{ first_name | default('there') }},</p><p>You know us for food. Now try pharmacy: {{ offer }}.</p>\
                         <p><a href=\"{{ voucher_link }}\">Accept the offer</a></p><p>Use it by {{ redeem_by }}.</p>",
                "text": "Hi {{ first_name | default('there') }},\n\nNow try pharmacy: {{ offer }}.\nAccept: {{ voucher_link }}\n",
            },
            "push": {"title": "Your first pharmacy order: {{ offer }}", "body": "Only for you. Accept it in the app."},
        }}},
        "caps": {"vouchers": 1_000_000, "exposure": money(800_000_000)},
        "holdout_percent": 10,
        "reversal": {"on_cancel": "reissue", "on_refund": "proportional"},
    });
    Definition::parse(document, now)
        .map_err(|errors| anyhow::anyhow!("the promotion is refused: {errors:?}"))
}

/// Returns a draft campaign of the promotion.
pub fn campaign(id: &str, now: Timestamp) -> anyhow::Result<Campaign> {
    Ok(Campaign::draft(CampaignId::parse(id)?, promotion(now)?, "bench", now))
}

/// Returns a checkout basket with 24.00 in scope, so that the offer applies.
pub fn basket() -> Value {
    json!({
        "currency": "EUR", "delivery_fee": 299, "first_order": false,
        "lines": [{"id": "1", "vertical": "pharmacy", "merchant": "pharmacy-1", "amount": 2_400}],
    })
}
