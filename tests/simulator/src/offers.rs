//! The campaign's offer and what a refund takes back. Both follow from the seed without a draw, so
//! that no other event of a seed's story changes with them. Most seeds have the plain offer; none
//! costs more than 5.00 EUR.

use serde_json::{Value, json};

/// Seeds in a row of which some have another offer than the plain one.
const VARIANTS: u64 = 16;

/// Returns the offer of the campaign of a seed.
pub fn offer(seed: u64) -> Value {
    let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let fixed = json!({"fixed_amount": {"amount": money(500)}});
    let mut offer = json!({
        "benefit": fixed, "minimum_basket": money(800),
        "combination": {"group": "any", "with": ["any"]},
    });
    match seed % VARIANTS {
        // of goods that one basket alone has, which some refunds give back whole
        3 => {
            offer["scope"] = json!({"verticals": ["groceries"]});
            offer["minimum_basket"] = money(300);
        }
        5 => offer["benefit"] = json!({"percent": {"percent": 33, "cap": money(500)}}),
        7 => offer["first_order_only"] = json!(true),
        11 => offer["benefit"] = json!({"free_delivery": {"cap": money(500)}}),
        _ => {}
    }
    offer
}

/// Returns what a partial refund takes back of the discount.
pub fn on_refund(seed: u64) -> &'static str {
    if seed % 5 == 2 { "none" } else { "proportional" }
}
