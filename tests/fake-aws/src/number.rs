//! Implements DynamoDB's numbers: exact decimals of 38 digits, compared and added exactly, written
//! without an exponent.

use std::{cmp::Ordering, fmt};

const MAX_DIGITS: usize = 38;
/// The range of a number's magnitude: the power of ten of its first digit, plus one.
const MAGNITUDES: std::ops::RangeInclusive<i32> = -129..=126;

/// The number `digits` times ten to the `exponent`. `digits` does not end in a zero; zero has the
/// exponent zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecimalNumber {
    digits: i128,
    exponent: i32,
}

impl DecimalNumber {
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self { digits: 0, exponent: 0 });
        }
        let exponent =
            exponent.checked_add(i32::try_from(digits.len() - significant.len()).ok()?)?;
        if significant.len() > MAX_DIGITS {
            return None;
        }
        let digits: i128 = significant.parse().ok()?;
        let number =
            Self { digits: if mantissa.starts_with('-') { -digits } else { digits }, exponent };
        MAGNITUDES.contains(&number.magnitude()).then_some(number)
    }

    /// Returns the sum, or `None` if it does not fit.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let sum =
            self.digits_at_exponent(exponent)?.checked_add(other.digits_at_exponent(exponent)?)?;
        Self::parse(&format!("{sum}e{exponent}"))
    }

    pub fn negated(&self) -> Self {
        Self { digits: -self.digits, exponent: self.exponent }
    }

    fn digits_at_exponent(&self, exponent: i32) -> Option<i128> {
        if self.digits == 0 {
            return Some(0);
        }
        let shift = u32::try_from(self.exponent - exponent).ok()?;
        self.digits.checked_mul(10i128.checked_pow(shift)?)
    }

    fn magnitude(&self) -> i32 {
        let digits = self.digits.unsigned_abs().checked_ilog10().unwrap_or(0);
        self.exponent.saturating_add(i32::try_from(digits).unwrap_or(i32::MAX)).saturating_add(1)
    }
}

impl Ord for DecimalNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.digits.signum().cmp(&other.digits.signum());
        if signs.is_ne() || self.digits == 0 {
            return signs;
        }
        let magnitudes = self.magnitude().cmp(&other.magnitude());
        let magnitudes = if self.digits < 0 { magnitudes.reverse() } else { magnitudes };
        // Magnitudes are equal here, so the number with fewer digits still fits when scaled to the
        // other's exponent.
        let exponent = self.exponent.min(other.exponent);
        magnitudes.then_with(|| {
            self.digits_at_exponent(exponent).cmp(&other.digits_at_exponent(exponent))
        })
    }
}

impl PartialOrd for DecimalNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for DecimalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        if let Ok(zeros) = usize::try_from(self.exponent) {
            return write!(f, "{sign}{digits}{}", "0".repeat(zeros));
        }
        let places = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len() - places);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_one_way() {
        for (text, expected) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-12.25e1", "-122.5"),
            ("1e3", "1000"),
            ("5e-3", "0.005"),
            ("1000000000000000", "1000000000000000"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(DecimalNumber::parse(text).unwrap().to_string(), expected, "{text}");
        }
        for text in
            ["", "-", "x", "1.2.3", "1e", "1e127", "999999999999999999999999999999999999999"]
        {
            assert_eq!(DecimalNumber::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_compare_by_value() {
        let sorted = [
            "-1e50", "-1000", "-10.5", "-10.25", "-1", "0", "0.001", "0.5", "9", "10", "10.5",
            "1e20", "1e99",
        ];
        let numbers: Vec<DecimalNumber> =
            sorted.iter().map(|text| DecimalNumber::parse(text).unwrap()).collect();
        assert!(numbers.is_sorted());
        assert!(numbers.iter().rev().is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn sums_are_exact() {
        let sum = |a: &str, b: &str| {
            Some(DecimalNumber::parse(a)?.checked_add(&DecimalNumber::parse(b)?)?.to_string())
        };
        assert_eq!(sum("0.1", "0.2").as_deref(), Some("0.3"));
        assert_eq!(sum("1000000000000000", "-1").as_deref(), Some("999999999999999"));
        assert_eq!(sum("5", "-5").as_deref(), Some("0"));
        assert_eq!(sum("1e100", "1"), None);
    }
}
