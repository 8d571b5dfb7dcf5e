//! Things of the domain for tests, ordinary in everything that a test does not say: a definition, a voucher, a dispatch, a basket.
//! Times are fixed, around noon of 1 November 2026, so that a test says "an hour later" and not "now".

use domain::{
    Timestamp,
    channel::Channel,
    definition::Definition,
    delivery::{Attempt, AttemptState},
    dispatch::{Dispatch, DispatchKey, Purpose},
    id::{CampaignId, CustomerId, Occurrence, RunId},
    money::{Currency, Minor},
    offer::{Basket, BasketLine},
    voucher::{Issue, Voucher},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// When the tests' campaigns are launched and their vouchers issued.
pub fn noon() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap_or_else(|error| panic!("{error}"))
}

/// `milliseconds` after (or before) `time`: the resolution of the store.
pub fn later(time: Timestamp, milliseconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(milliseconds)).unwrap_or_else(|error| panic!("{error}"))
}

pub fn campaign_id(text: &str) -> CampaignId {
    CampaignId::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn customer_id(text: &str) -> CustomerId {
    CustomerId::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn minor(units: i64) -> Minor {
    Minor::new(units).unwrap_or_else(|error| panic!("{units}: {error}"))
}

/// 5.00 EUR off within three days of accepting, to be accepted within seven, for everyone, over all channels.
/// `change` is merged into it (RFC 7396: null takes away).
pub fn definition(change: Value) -> Definition {
    let mut document = json!({
        "name": "Ordinary", "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
        "audience": {"everyone": {}},
        "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
            "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }} {{ voucher_link }}</p>", "text": "{{ offer }} {{ voucher_link }}"},
            "push": {"title": "{{ offer }}", "body": "{{ voucher_link }}"},
        }}},
        "holdout_percent": 0,
    });
    merge(&mut document, change);
    Definition::parse(document, noon()).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                if value.is_null() {
                    into.remove(&key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (into, change) => *into = change,
    }
}

/// Issued at noon by the campaign's only run, its first attempt on `channel` claimed.
pub fn voucher(campaign: &CampaignId, definition: &Definition, customer: &str, channel: Channel) -> Voucher {
    let run = RunId::of_promotion(campaign);
    let issue = Issue {
        campaign,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition,
        customer: &customer_id(customer),
        dispatch: "p00000000.000",
        now: noon(),
    };
    issue.voucher(attempt(channel, 1, AttemptState::Claimed))
}

/// At noon, with neither a provider's id nor a reason.
pub fn attempt(channel: Channel, number: u32, state: AttemptState) -> Attempt {
    Attempt { state, ..Attempt::claim(channel, number, 1, noon()) }
}

/// Planned in the campaign's only run, due at noon, by push.
pub fn dispatch(campaign: &CampaignId, segment: u32, chunk: usize, customers: &[&str]) -> Dispatch {
    let key = DispatchKey::planned(&RunId::of_promotion(campaign), segment, 0, chunk);
    let customers = customers.iter().map(|customer| customer_id(customer)).collect();
    Dispatch::ready(key, campaign.clone(), Channel::Push, Purpose::Planned, customers, noon())
}

/// One line of food in euros, no delivery fee.
pub fn basket(units: i64) -> Basket {
    let currency = Currency::parse("EUR").unwrap_or_else(|error| panic!("{error}"));
    let line = BasketLine { vertical: "food".into(), merchant: "m-1".into(), category: None, amount: minor(units) };
    Basket { currency, lines: vec![line], delivery_fee: Minor::ZERO, first_order: false }
}
