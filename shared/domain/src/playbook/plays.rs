//! The plays: offer, validity, audience or trigger of each, as the JSON that a marketer would write. Amounts are in euros' worth, see
//! `amount`; who it is for comes from the parameters.

use serde_json::{Value, json};

use super::{
    amount::about,
    parameters::{Celebration, CrossVerticalTrial, VerticalLaunch, VipThankYou, WinBack},
    words,
};
use crate::{field::FieldError, money::Currency, trigger::INDEXED_DATE};

type Document = Result<Value, Vec<FieldError>>;

/// Hours of a day.
const DAY: u32 = 24;
/// Less than a year, so that the next birthday is not too soon after one that was celebrated late.
const NEARLY_A_YEAR: u16 = 300;

pub(super) fn win_back(parameters: &WinBack, currency: Currency) -> Document {
    Ok(json!({
        "offer": {"benefit": fixed(5, currency), "minimum_basket": about(20, currency)},
        "validity": {"from_issue": {"hours": 14 * DAY}},
        "trigger": {
            "when": {"inactivity": {"days": parameters.days}},
            "local_hour": 10, "cool_down_days": parameters.cool_down_days, "deadline_hours": 48,
        },
        "audience": {"everyone": {}},
        "channels": channels(),
        "messages": words::messages(words::WIN_BACK, None),
    }))
}

pub(super) fn cross_vertical_trial(parameters: &CrossVerticalTrial, currency: Currency) -> Document {
    let CrossVerticalTrial { ordered, never_ordered } = parameters;
    Ok(json!({
        "offer": {
            "benefit": {"percent": {"percent": 20, "cap": about(10, currency)}},
            "minimum_basket": about(20, currency), "scope": {"verticals": [never_ordered]},
        },
        "validity": {"from_issue": {"hours": 14 * DAY}},
        "audience": {"all": [{"ordered": {"vertical": ordered}}, {"never_ordered": {"vertical": never_ordered}}]},
        "channels": channels(),
        "messages": words::messages(words::CROSS_VERTICAL_TRIAL, Some(never_ordered)),
    }))
}

pub(super) fn vip_thank_you(parameters: &VipThankYou, currency: Currency) -> Document {
    if parameters.spend.currency != currency {
        let detail = format!("the offer is in {currency}");
        return Err(vec![FieldError::new("/spend/currency", "wrong_currency", detail)]);
    }
    Ok(json!({
        "offer": {"benefit": fixed(10, currency)},
        "validity": {"from_issue": {"hours": 30 * DAY}},
        "audience": {"all": [
            {"orders_count": {"at_least": parameters.orders}}, {"spend": {"at_least": parameters.spend}},
        ]},
        "channels": channels(),
        "messages": words::messages(words::VIP_THANK_YOU, None),
    }))
}

pub(super) fn vertical_launch(parameters: &VerticalLaunch, currency: Currency) -> Document {
    let VerticalLaunch { point, km, vertical } = parameters;
    Ok(json!({
        "offer": {
            "benefit": {"free_delivery": {"cap": about(5, currency)}},
            "minimum_basket": about(10, currency), "scope": {"verticals": [vertical]},
        },
        "validity": {"from_issue": {"hours": 3 * DAY}},
        "audience": {"within_km": {"points": [point], "km": km}},
        "channels": channels(),
        "messages": words::messages(words::VERTICAL_LAUNCH, Some(vertical)),
    }))
}

pub(super) fn celebration(parameters: &Celebration, currency: Currency) -> Document {
    Ok(json!({
        "offer": {"benefit": fixed(5, currency)},
        "validity": {"from_issue": {"hours": 14 * DAY}},
        "trigger": {
            "when": {"personal_date": {"name": INDEXED_DATE, "days_before": parameters.days_before}},
            "local_hour": 9, "cool_down_days": NEARLY_A_YEAR, "deadline_hours": 24,
        },
        "audience": {"everyone": {}},
        "channels": channels(),
        "messages": words::messages(words::CELEBRATION, None),
    }))
}

fn fixed(euros: i64, currency: Currency) -> Value {
    json!({"fixed_amount": {"amount": about(euros, currency)}})
}

/// What costs least comes first.
fn channels() -> Value {
    json!({"mode": "first_available", "ladder": ["push", "email", "sms"]})
}
