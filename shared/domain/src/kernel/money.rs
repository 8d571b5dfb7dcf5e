//! Money: integer minor units with their currency.
//!
//! No floats are used, amounts are never negative, and amounts of two currencies are never added.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Upper bound of any single amount, in minor units: ten billion euros. A larger amount is more
/// likely a typing error than a voucher.
pub const MAX_MINOR: i64 = 1_000_000_000_000;

/// An amount in minor units of some currency: 0 ..= [`MAX_MINOR`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = i64, minimum = 0, maximum = 1_000_000_000_000i64))]
pub struct MinorUnits(i64);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    #[error("an amount is a whole number of minor units from 0 to {MAX_MINOR}")]
    Amount,
    #[error("a currency is a code of ISO 4217, such as EUR, that people pay with")]
    Currency,
}

impl MinorUnits {
    pub const ZERO: MinorUnits = MinorUnits(0);

    pub fn new(units: i64) -> Result<Self, BadMoney> {
        if (0..=MAX_MINOR).contains(&units) { Ok(Self(units)) } else { Err(BadMoney::Amount) }
    }
    pub fn units(self) -> i64 {
        self.0
    }
    /// Adds two amounts; the sum is capped at [`MAX_MINOR`].
    pub fn plus(self, other: MinorUnits) -> MinorUnits {
        MinorUnits((self.0 + other.0).min(MAX_MINOR))
    }
    /// Subtracts `other`; the result is never below zero.
    pub fn minus(self, other: MinorUnits) -> MinorUnits {
        MinorUnits((self.0 - other.0).max(0))
    }
    /// Returns `percent` of the amount, rounded down, so that a fraction of a minor unit is never
    /// given away.
    pub fn percent(self, percent: u8) -> MinorUnits {
        MinorUnits(self.0 * i64::from(percent) / 100)
    }
}

impl TryFrom<i64> for MinorUnits {
    type Error = BadMoney;
    fn try_from(units: i64) -> Result<Self, BadMoney> {
        Self::new(units)
    }
}
impl From<MinorUnits> for i64 {
    fn from(minor: MinorUnits) -> i64 {
        minor.0
    }
}

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[A-Z]{3}$", example = "EUR"))]
pub struct Currency([u8; 3]);

impl Currency {
    /// Parses a code of ISO 4217. Gold, test codes and the like, which have no minor units, are no
    /// currency that anybody pays with.
    pub fn parse(code: &str) -> Result<Self, BadMoney> {
        let known = iso_currency::Currency::from_code(code).and_then(|known| known.exponent());
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if known.is_some() => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(BadMoney::Currency),
        }
    }
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
    /// Returns the number of digits after the decimal point (ISO 4217).
    pub fn exponent(&self) -> u32 {
        let known = iso_currency::Currency::from_code(self.as_str());
        known.and_then(|known| known.exponent()).map_or(2, u32::from)
    }
}
impl TryFrom<String> for Currency {
    type Error = BadMoney;
    fn try_from(code: String) -> Result<Self, BadMoney> {
        Self::parse(&code)
    }
}
impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_owned()
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Money {
    /// Minor units: 500 is 5.00 EUR.
    pub amount: MinorUnits,
    pub currency: Currency,
}

impl Money {
    pub fn new(amount: MinorUnits, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

/// Formats as `5.00 EUR`. Formatting for a locale is up to the code that shows the amount.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent();
        let unit = 10i64.pow(exponent);
        let units = self.amount.units();
        if exponent == 0 {
            write!(f, "{units} {}", self.currency)
        } else {
            let width = exponent as usize;
            write!(f, "{}.{:0width$} {}", units / unit, units % unit, self.currency)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: i64, currency: &str) -> String {
        Money::new(MinorUnits::new(amount).unwrap(), Currency::parse(currency).unwrap()).to_string()
    }

    #[test]
    fn a_currency_is_one_that_people_pay_with() {
        for code in ["EUR", "JPY", "KWD", "CLF", "XAF"] {
            assert_eq!(Currency::parse(code).unwrap().as_str(), code);
        }
        for code in ["ZZZ", "XXX", "XAU", "XTS", "XDR", "eur", "EURO", "EU", "", "€€€"] {
            assert_eq!(Currency::parse(code), Err(BadMoney::Currency), "{code}");
        }
    }

    #[test]
    fn money_prints_with_its_currencys_digits() {
        assert_eq!(money(505, "EUR"), "5.05 EUR");
        assert_eq!(money(500, "JPY"), "500 JPY");
        assert_eq!(money(1_500, "KWD"), "1.500 KWD");
        assert_eq!(money(12_345, "CLF"), "1.2345 CLF");
    }

    #[test]
    fn negative_and_huge_amounts_are_refused() {
        for bad in [-1, i64::MIN, MAX_MINOR + 1, i64::MAX] {
            assert_eq!(MinorUnits::new(bad), Err(BadMoney::Amount));
        }
    }
}
