//! The plays: offer, validity, audience or trigger of each, as the JSON that a marketer would
//! write.
//!
//! Amounts are given as about so many euros' worth, see `amount`; the parameters decide who gets
//! the offer.

use serde_json::{Value, json};

use super::{
    amount::round_amount,
    parameters::{
        CelebrationParameters, CrossVerticalTrialParameters, VerticalLaunchParameters,
        VipThankYouParameters, WinBackParameters,
    },
    texts,
};
use crate::{
    campaign::trigger::INDEXED_DATE,
    customer::order_windows::MAX_WINDOW_DAYS,
    kernel::{money::Currency, validation::FieldError},
};

type PlaybookDocument = Result<Value, Vec<FieldError>>;

/// Hours of a day.
const HOURS_PER_DAY: u32 = 24;
/// Cool-down of a birthday campaign, in days. It is less than a year, so that a birthday celebrated
/// late does not block the next one.
const BIRTHDAY_COOL_DOWN_DAYS: u16 = 300;

pub(super) fn win_back(parameters: &WinBackParameters, currency: Currency) -> PlaybookDocument {
    Ok(json!({
        "offer": {"benefit": fixed_amount(5, currency), "minimum_basket": round_amount(20, currency)},
        "validity": {"from_issue": {"hours": 14 * HOURS_PER_DAY}},
        "trigger": {
            "when": {"inactivity": {"days": parameters.days}},
            "local_hour": 10, "cool_down_days": parameters.cool_down_days, "deadline_hours": 48,
        },
        "audience": {"everyone": {}},
        "channels": default_ladder(),
        "messages": texts::play_messages(texts::WIN_BACK, None),
    }))
}

pub(super) fn cross_vertical_trial(
    parameters: &CrossVerticalTrialParameters,
    currency: Currency,
) -> PlaybookDocument {
    let CrossVerticalTrialParameters { ordered, never_ordered } = parameters;
    Ok(json!({
        "offer": {
            "benefit": {"percent": {"percent": 20, "cap": round_amount(10, currency)}},
            "minimum_basket": round_amount(20, currency), "scope": {"verticals": [never_ordered]},
        },
        "validity": {"from_issue": {"hours": 14 * HOURS_PER_DAY}},
        "audience": {"all": [{"ordered": {"vertical": ordered}}, {"never_ordered": {"vertical": never_ordered}}]},
        "channels": default_ladder(),
        "messages": texts::play_messages(texts::CROSS_VERTICAL_TRIAL, Some(never_ordered)),
    }))
}

pub(super) fn vip_thank_you(
    parameters: &VipThankYouParameters,
    currency: Currency,
) -> PlaybookDocument {
    if parameters.spend.currency != currency {
        let detail = format!("the offer is in {currency}");
        return Err(vec![FieldError::new("/spend/currency", "wrong_currency", detail)]);
    }
    Ok(json!({
        "offer": {"benefit": fixed_amount(10, currency)},
        "validity": {"from_issue": {"hours": 30 * HOURS_PER_DAY}},
        "audience": {"all": [
            {"orders_count": {"in_days": MAX_WINDOW_DAYS, "at_least": parameters.orders}},
            {"spend": {"in_days": MAX_WINDOW_DAYS, "at_least": parameters.spend}},
        ]},
        "channels": default_ladder(),
        "messages": texts::play_messages(texts::VIP_THANK_YOU, None),
    }))
}

pub(super) fn vertical_launch(
    parameters: &VerticalLaunchParameters,
    currency: Currency,
) -> PlaybookDocument {
    let VerticalLaunchParameters { opened_within_days, merchants, km, vertical } = parameters;
    let near = if merchants.is_empty() {
        json!({"opened_within_days": opened_within_days, "vertical": vertical, "km": km})
    } else {
        json!({"merchants": merchants, "km": km})
    };
    Ok(json!({
        "offer": {
            "benefit": {"free_delivery": {"cap": round_amount(5, currency)}},
            "minimum_basket": round_amount(10, currency), "scope": {"verticals": [vertical]},
        },
        "validity": {"from_issue": {"hours": 3 * HOURS_PER_DAY}},
        "audience": {"near_merchants": near},
        "channels": default_ladder(),
        "messages": texts::play_messages(texts::VERTICAL_LAUNCH, Some(vertical)),
    }))
}

pub(super) fn celebration(
    parameters: &CelebrationParameters,
    currency: Currency,
) -> PlaybookDocument {
    Ok(json!({
        "offer": {"benefit": fixed_amount(5, currency)},
        "validity": {"from_issue": {"hours": 14 * HOURS_PER_DAY}},
        "trigger": {
            "when": {"personal_date": {"name": INDEXED_DATE, "days_before": parameters.days_before}},
            "local_hour": 9, "cool_down_days": BIRTHDAY_COOL_DOWN_DAYS, "deadline_hours": 24,
        },
        "audience": {"everyone": {}},
        "channels": default_ladder(),
        "messages": texts::play_messages(texts::CELEBRATION, None),
    }))
}

fn fixed_amount(euros: i64, currency: Currency) -> Value {
    json!({"fixed_amount": {"amount": round_amount(euros, currency)}})
}

/// Returns the ladder, the cheapest channel first.
fn default_ladder() -> Value {
    json!({"mode": "first_available", "ladder": ["push", "email", "sms"]})
}
