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
    #[error("a currency is three capital letters of ISO 4217, such as EUR")]
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
    /// Returns `self * part / whole`, rounded half up and at most `self`; `self` if `whole` is
    /// zero.
    pub fn proportion(self, part: MinorUnits, whole: MinorUnits) -> MinorUnits {
        if whole.0 == 0 {
            return self;
        }
        let exact = i128::from(self.0) * i128::from(part.0.min(whole.0));
        let rounded = (exact + i128::from(whole.0) / 2) / i128::from(whole.0);
        MinorUnits(i64::try_from(rounded).unwrap_or(self.0).min(self.0))
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
    pub fn parse(code: &str) -> Result<Self, BadMoney> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_uppercase) => Ok(Self(bytes)),
            _ => Err(BadMoney::Currency),
        }
    }
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
    /// Returns the number of digits after the decimal point (ISO 4217).
    pub fn exponent(&self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
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
    fn money_prints_with_its_currencys_digits() {
        assert_eq!(money(505, "EUR"), "5.05 EUR");
        assert_eq!(money(500, "JPY"), "500 JPY");
        assert_eq!(money(1_500, "KWD"), "1.500 KWD");
    }

    #[test]
    fn negative_and_huge_amounts_are_refused() {
        for bad in [-1, i64::MIN, MAX_MINOR + 1, i64::MAX] {
            assert_eq!(MinorUnits::new(bad), Err(BadMoney::Amount));
        }
    }

    #[test]
    fn a_proportion_never_exceeds_the_whole() {
        let minor = |n| MinorUnits::new(n).unwrap();
        assert_eq!(minor(500).proportion(minor(1_000), minor(2_000)), minor(250));
        assert_eq!(minor(500).proportion(minor(9_000), minor(2_000)), minor(500));
        assert_eq!(minor(1).proportion(minor(1), minor(2)), minor(1));
    }
}
