//! The basket of a checkout, and amounts that follow its lines: what is left of them while vouchers
//! are applied, and what each voucher takes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kernel::{
    id::{LineId, MAX_ID_LENGTH},
    money::{Currency, MAX_MINOR, MinorUnits},
    validation::FieldError,
};

/// Most lines of a basket; a larger basket is refused.
pub const MAX_BASKET_LINES: usize = 200;
/// Most pieces in one line.
pub const MAX_QUANTITY: u32 = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BasketLine {
    /// The caller's name of the line, unique in its basket. Edits and refunds refer to it.
    pub id: LineId,
    pub vertical: String,
    pub merchant: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub sku: Option<String>,
    #[serde(default = "one")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000))]
    pub quantity: u32,
    /// Amount of the whole line, in minor units of the basket's currency.
    pub amount: MinorUnits,
}

fn one() -> u32 {
    1
}

/// The basket that the customer is about to order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Basket {
    pub currency: Currency,
    pub lines: Vec<BasketLine>,
    #[serde(default)]
    pub delivery_fee: MinorUnits,
    /// Set by the app backend if the customer has no order yet.
    #[serde(default)]
    pub first_order: bool,
}

impl Basket {
    /// Returns lines and delivery fee together. A basket that was checked has a sum within the
    /// bounds of an amount.
    pub fn total(&self) -> MinorUnits {
        OrderAmounts::of(self).total()
    }

    /// Returns true if both have the same lines, in any order, and the same fee and currency. Only
    /// the checkout knows if it is a first order.
    pub fn has_same_content(&self, other: &Basket) -> bool {
        (self.currency, self.delivery_fee) == (other.currency, other.delivery_fee)
            && (self.lines == other.lines || self.sorted_lines() == other.sorted_lines())
    }

    /// Returns a digest of what [`Basket::has_same_content`] compares.
    pub fn content_digest(&self) -> String {
        let content = serde_json::json!([self.currency, self.delivery_fee, self.sorted_lines()]);
        let hash = Sha256::digest(content.to_string().as_bytes());
        data_encoding::HEXLOWER.encode(hash.get(..16).unwrap_or_default())
    }

    fn sorted_lines(&self) -> Vec<&BasketLine> {
        let mut lines: Vec<&BasketLine> = self.lines.iter().collect();
        lines.sort_by(|one, other| one.id.cmp(&other.id));
        lines
    }

    /// Returns everything that is wrong with the basket. `field` is its place in the request.
    pub fn check(&self, field: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |place: String, code: &'static str, why: String| {
            errors.push(FieldError::new(format!("{field}{place}"), code, why));
        };
        if self.lines.is_empty() || self.lines.len() > MAX_BASKET_LINES {
            let why = format!("a basket has 1 to {MAX_BASKET_LINES} lines");
            wrong("/lines".to_owned(), "out_of_range", why);
        }
        let mut seen = BTreeSet::new();
        for (number, line) in self.lines.iter().enumerate() {
            if !seen.insert(&line.id) {
                let why = format!("another line has the id {}", line.id);
                wrong(format!("/lines/{number}/id"), "duplicate", why);
            }
            if !(1..=MAX_QUANTITY).contains(&line.quantity) {
                let why = format!("a quantity is a whole number from 1 to {MAX_QUANTITY}");
                wrong(format!("/lines/{number}/quantity"), "out_of_range", why);
            }
            let names = [
                ("vertical", Some(&line.vertical)),
                ("merchant", Some(&line.merchant)),
                ("category", line.category.as_ref()),
                ("sku", line.sku.as_ref()),
            ];
            for (name, text) in names {
                if text.is_some_and(|text| !is_name(text)) {
                    let why = format!(
                        "a name has 1 to {MAX_ID_LENGTH} bytes, no control characters and no space \
                         around it"
                    );
                    wrong(format!("/lines/{number}/{name}"), "invalid", why);
                }
            }
        }
        let exact: i128 = self.lines.iter().map(|line| i128::from(line.amount.units())).sum();
        if exact + i128::from(self.delivery_fee.units()) > i128::from(MAX_MINOR) {
            let why = format!("lines and delivery fee are more than {MAX_MINOR} minor units");
            wrong("/lines".to_owned(), "out_of_range", why);
        }
        errors
    }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_ID_LENGTH).contains(&text.len())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

/// An amount for each line of a basket, in the order of its lines, and one for the delivery fee.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAmounts {
    pub lines: Vec<MinorUnits>,
    pub fee: MinorUnits,
}

impl OrderAmounts {
    /// Returns the prices of the basket.
    pub fn of(basket: &Basket) -> Self {
        let lines = basket.lines.iter().map(|line| line.amount).collect();
        Self { lines, fee: basket.delivery_fee }
    }
    /// Returns no amount for each line and for the fee.
    pub fn nothing(basket: &Basket) -> Self {
        Self { lines: vec![MinorUnits::ZERO; basket.lines.len()], fee: MinorUnits::ZERO }
    }
    pub fn total(&self) -> MinorUnits {
        self.lines.iter().fold(self.fee, |sum, amount| sum.plus(*amount))
    }
    /// Takes `other` off, line by line.
    pub fn take_off(&mut self, other: &OrderAmounts) {
        for (left, taken) in self.lines.iter_mut().zip(&other.lines) {
            *left = left.minus(*taken);
        }
        self.fee = self.fee.minus(other.fee);
    }
}

/// Divides `total` among lines in proportion to `weights`, at most `room` on each line; returns less
/// than `total` if there is not as much room. The shares are whole minor units and depend on
/// nothing but the arguments.
pub fn share_out(
    total: MinorUnits,
    weights: &[MinorUnits],
    room: &[MinorUnits],
) -> Vec<MinorUnits> {
    let mut shares = vec![0_i64; weights.len()];
    let mut open: Vec<(i64, i64)> =
        weights.iter().zip(room).map(|(weight, room)| (weight.units(), room.units())).collect();
    let mut left = total.units();
    // Each round fills a line or gives everything away, so there are no more rounds than lines.
    for _ in 0..=weights.len() {
        let weighed = |(weight, room): &(i64, i64)| if *room > 0 { *weight } else { 0 };
        let whole: i128 = open.iter().map(|line| i128::from(weighed(line))).sum();
        if left == 0 || whole == 0 {
            break;
        }
        let (mut before, mut given) = (0_i128, 0_i64);
        let round = i128::from(left);
        for (line, share) in open.iter_mut().zip(&mut shares) {
            // Rounding the running sum keeps the shares' sum exact.
            let after = before + i128::from(weighed(line));
            let exact = round * after / whole - round * before / whole;
            let part = i64::try_from(exact).unwrap_or(i64::MAX).min(line.1);
            before = after;
            line.1 -= part;
            *share += part;
            given += part;
        }
        left -= given;
    }
    shares.into_iter().map(|units| MinorUnits::new(units).unwrap_or(MinorUnits::ZERO)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_of_the_lines_and_the_first_order_are_no_content() {
        let basket = |lines: &[(&str, i64)], fee: i64, currency: &str| -> Basket {
            let line = |(id, amount): &(&str, i64)| serde_json::json!({"id": id, "vertical": "food", "merchant": "m", "amount": amount});
            let lines: Vec<serde_json::Value> = lines.iter().map(line).collect();
            let basket =
                serde_json::json!({"currency": currency, "lines": lines, "delivery_fee": fee});
            serde_json::from_value(basket).unwrap()
        };
        let one = basket(&[("a", 100), ("b", 200)], 50, "EUR");
        let turned = Basket { first_order: true, ..basket(&[("b", 200), ("a", 100)], 50, "EUR") };
        assert!(one.has_same_content(&turned));
        assert_eq!(one.content_digest(), turned.content_digest());
        for other in [
            basket(&[("a", 200), ("b", 100)], 50, "EUR"),
            basket(&[("a", 100)], 50, "EUR"),
            basket(&[("a", 100), ("b", 200)], 51, "EUR"),
            basket(&[("a", 100), ("b", 200)], 50, "USD"),
        ] {
            assert!(!one.has_same_content(&other), "{other:?}");
            assert_ne!(one.content_digest(), other.content_digest(), "{other:?}");
        }
    }

    fn minor(units: &[i64]) -> Vec<MinorUnits> {
        units.iter().map(|units| MinorUnits::new(*units).unwrap()).collect()
    }
    fn shares(total: i64, weights: &[i64], room: &[i64]) -> Vec<i64> {
        let shares = share_out(MinorUnits::new(total).unwrap(), &minor(weights), &minor(room));
        shares.into_iter().map(MinorUnits::units).collect()
    }

    #[test]
    fn shares_are_in_proportion_and_lose_no_minor_unit() {
        assert_eq!(shares(1_000, &[2_000, 1_000], &[2_000, 1_000]), [666, 334]);
        assert_eq!(shares(100, &[1, 1, 1], &[100, 100, 100]), [33, 33, 34]);
        assert_eq!(shares(7, &[0, 0], &[5, 5]), [0, 0], "nothing weighs anything");
    }

    #[test]
    fn what_finds_no_room_on_one_line_goes_to_the_others() {
        assert_eq!(shares(1_000, &[2_000, 1_000], &[100, 1_000]), [100, 900]);
        assert_eq!(shares(1_000, &[2_000, 1_000], &[100, 200]), [100, 200]);
    }

    proptest! {
        #[test]
        fn shares_fit_and_add_up(
            total in 0i64..100_000,
            lines in prop::collection::vec((0i64..50_000, 0i64..50_000), 1..30),
        ) {
            let (weights, room): (Vec<i64>, Vec<i64>) = lines.into_iter().unzip();
            let shares = shares(total, &weights, &room);
            let usable: i64 = weights.iter().zip(&room).filter(|(weight, _)| **weight > 0).map(|(_, room)| room).sum();
            prop_assert!(shares.iter().zip(&room).all(|(share, room)| share <= room));
            prop_assert_eq!(shares.iter().sum::<i64>(), total.min(usable));
        }
    }
}
