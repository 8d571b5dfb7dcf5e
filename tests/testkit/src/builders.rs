//! Builders of domain objects for tests: a definition, a voucher, a dispatch, a basket. Everything
//! that a test does not specify has an ordinary value.
//!
//! Times are fixed around noon of 1 November 2026, so that a test says "an hour later" and not
//! "now".

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::{
        basket::{Basket, BasketLine},
        definition::Definition,
    },
    delivery::dispatch::{Dispatch, DispatchKey, DispatchPurpose},
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, LineId, Occurrence, RunId},
        money::{Currency, MinorUnits},
    },
    voucher::{
        attempt::{Attempt, AttemptState},
        record::{Voucher, VoucherIssue, VoucherStages, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The time at which the tests' campaigns are launched and their vouchers issued.
pub fn noon() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the time `milliseconds` after `time`, or before it if negative. The store has this
/// resolution.
pub fn add_milliseconds(time: Timestamp, milliseconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(milliseconds))
        .unwrap_or_else(|error| panic!("{error}"))
}

pub fn campaign_id(text: &str) -> CampaignId {
    CampaignId::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn customer_id(text: &str) -> CustomerId {
    CustomerId::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn minor(units: i64) -> MinorUnits {
    MinorUnits::new(units).unwrap_or_else(|error| panic!("{units}: {error}"))
}

/// Builds a definition: 5.00 EUR off, to be accepted within seven days and redeemed within three
/// days of accepting, for everyone, over all channels. `change` is merged into it (RFC 7396: null
/// removes).
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

/// Builds a voucher issued at noon by the campaign's only run, with its first attempt on `channel`
/// claimed.
pub fn voucher(
    campaign: &CampaignId,
    definition: &Definition,
    customer: &str,
    channel: Channel,
) -> Voucher {
    let run = RunId::of_promotion(campaign);
    let issue = VoucherIssue {
        campaign,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition,
        customer: &customer_id(customer),
        dispatch: "p00000000.000",
        now: noon(),
    };
    issue.issued_voucher(attempt(channel, 1, AttemptState::Claimed))
}

/// Builds what the voucher's customer has if they got none: a record of the same place in the ledger
/// that was held out, skipped for want of a consent, or failed.
pub fn without_voucher(status: VoucherStatus, voucher: Voucher) -> Voucher {
    assert!(!status.is_voucher(), "{status:?} is a voucher's");
    let skip = (status == VoucherStatus::Skipped).then_some(SkipReason::NoConsent);
    let (attempts, stages) = (BTreeMap::new(), VoucherStages::default());
    Voucher { status, skip, attempts, stages, ..voucher }
}

/// Builds an attempt made at noon, with neither a provider's id nor a reason.
pub fn attempt(channel: Channel, number: u32, state: AttemptState) -> Attempt {
    Attempt { state, ..Attempt::claim(channel, number, 1, noon()) }
}

/// Builds a planned push dispatch of the campaign's only run, due at noon.
pub fn dispatch(campaign: &CampaignId, segment: u32, chunk: usize, customers: &[&str]) -> Dispatch {
    let key = DispatchKey::planned(&RunId::of_promotion(campaign), segment, 0, chunk);
    let customers = customers.iter().map(|customer| customer_id(customer)).collect();
    Dispatch::new_ready(
        key,
        campaign.clone(),
        Channel::Push,
        DispatchPurpose::Planned,
        customers,
        noon(),
    )
}

/// Builds a basket with one line of food in euros and no delivery fee.
pub fn basket(units: i64) -> Basket {
    let currency = Currency::parse("EUR").unwrap_or_else(|error| panic!("{error}"));
    let line = BasketLine {
        id: LineId::parse("l-1").unwrap_or_else(|error| panic!("{error}")),
        vertical: "food".into(),
        merchant: "m-1".into(),
        category: None,
        sku: None,
        quantity: 1,
        amount: minor(units),
    };
    Basket { currency, lines: vec![line], delivery_fee: MinorUnits::ZERO, first_order: false }
}
