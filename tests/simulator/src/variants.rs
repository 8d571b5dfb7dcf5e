//! A campaign with two variants, and what holds for each record of it. It follows from the seed
//! without a draw, so that no other event of a seed's story changes with it.

use domain::{
    campaign::variants::{Variant, VariantShare, place_of},
    voucher::record::Voucher,
};
use serde_json::{Value, json};

use crate::invariants::{BrokenInvariant, Invariant};

/// The most that a voucher of the second variant costs, in cents; it is less than that of any
/// other.
const SECOND_EXPOSURE: i64 = 300;

/// Returns true if the campaign of a seed has variants.
pub fn has_variants(seed: u64) -> bool {
    seed % 7 == 4
}

/// Returns the variants of a campaign. The second has another offer.
pub fn variants() -> Value {
    let amount = json!({"amount": SECOND_EXPOSURE, "currency": "EUR"});
    json!([
        {"name": "as it is", "share": 50},
        {
            "name": "less", "share": 50,
            "offer": {
                "benefit": {"fixed_amount": {"amount": amount}},
                "combination": {"group": "any", "with": ["any"]},
            },
        },
    ])
}

/// Checks that a record is of its customer's variant, and a voucher's terms are that variant's.
pub fn check_variant(record: &Voucher) -> Result<(), BrokenInvariant> {
    let variants: Vec<Variant> = serde_json::from_value(variants()).unwrap_or_default();
    let shares = VariantShare::of_variants(&variants);
    let place = place_of(&variants, &record.campaign, &record.customer);
    let expected = place.and_then(|place| shares.get(place)).map(|share| &share.tag);
    let is_less = record.exposure.units() == SECOND_EXPOSURE;
    let wants_less = expected.is_some_and(|tag| tag.number == 2);
    if record.variant.as_ref() == expected && is_less == wants_less {
        return Ok(());
    }
    Err(BrokenInvariant {
        invariant: Invariant::VariantSticks,
        what: format!(
            "{} is of {expected:?}, and the record of {:?} costs {}",
            record.customer,
            record.variant,
            record.exposure.units()
        ),
    })
}
