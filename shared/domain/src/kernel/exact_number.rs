//! Compares JSON numbers by their decimal digits, and finds numbers that are not kept as they were
//! written.
//!
//! A whole number within 64 bits is kept exactly; any other becomes the nearest binary fraction (hence
//! `float_roundtrip` of serde_json, which is a digit off without it), which stands for the shortest
//! decimal that gives it. So two numbers that are kept as written compare exactly,
//! however large they are, and one that is not kept is refused before it can be taken for another.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Number, value::RawValue};

use crate::kernel::validation::child_pointer;

/// The largest whole number that every JSON reader keeps, browsers included: 2^53 - 1.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
/// The most significant digits that every JSON reader keeps, wherever the point is.
const MAX_SAFE_DIGITS: usize = 15;

/// A decimal number: its significant digits, and the power of ten before the first of them.
/// `0.0012` is 12 and -2.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    /// Without zeros at either end; none for zero.
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a number as JSON writes it.
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let power: i64 = power.strip_prefix('+').unwrap_or(power).parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let Some(first) = all.iter().position(|digit| *digit != b'0') else {
            return Some(Self { negative: false, digits: Vec::new(), exponent: 0 });
        };
        let last = all.iter().rposition(|digit| *digit != b'0').unwrap_or(first);
        let before = i64::try_from(whole.len()).ok()? - i64::try_from(first).ok()?;
        let digits = all.get(first..=last)?.to_vec();
        Some(Self { negative, digits, exponent: power.checked_add(before)? })
    }

    fn of(number: &Number) -> Option<Self> {
        Self::parse(&number.to_string())
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => {
                self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits))
            }
        }
    }
}

/// Compares two numbers exactly; 5 and 5.0 are the same.
pub fn compare_numbers(one: &Number, other: &Number) -> Option<Ordering> {
    let (one, other) = (Decimal::of(one)?, Decimal::of(other)?);
    Some(match (one.negative, other.negative) {
        (false, false) => one.cmp_magnitude(&other),
        (true, true) => other.cmp_magnitude(&one),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// Returns true if every reader keeps the number as it is, browsers included.
pub fn is_safe_number(number: &Number) -> bool {
    let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    whole.is_some_and(|whole| whole <= MAX_SAFE_INTEGER)
        || Decimal::of(number).is_some_and(|it| it.digits.len() <= MAX_SAFE_DIGITS)
}

/// Returns the pointer of the first number among the members of `member` that is not kept as it was
/// written in the body. Lists and objects are not looked into.
pub fn inexact_number(body: &[u8], member: &str) -> Option<String> {
    let body: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
    let members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(body.get(member)?.get()).ok()?;
    let inexact = members.iter().find(|(_, value)| !is_kept(value.get()))?;
    Some(child_pointer(&format!("/{member}"), inexact.0))
}

/// Returns true unless the text is a number that is read as another one.
fn is_kept(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return true;
    }
    let read = serde_json::from_str::<Number>(text).ok();
    let written = Decimal::parse(text);
    written.is_some() && written == read.and_then(|number| Decimal::of(&number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[track_caller]
    fn check(one: &str, other: &str, expected: Ordering) {
        let (first, second) = (number(one), number(other));
        assert_eq!(compare_numbers(&first, &second), Some(expected), "{one} and {other}");
        assert_eq!(compare_numbers(&second, &first), Some(expected.reverse()), "{other} and {one}");
    }

    #[test]
    fn numbers_compare_by_their_digits() {
        check("9007199254740993", "9007199254740992", Ordering::Greater);
        check("9223372036854775807", "9223372036854775806", Ordering::Greater);
        check("18446744073709551615", "18446744073709551614", Ordering::Greater);
        check("-9223372036854775808", "-9223372036854775807", Ordering::Less);
        check("18446744073709551615", "-1", Ordering::Greater);
        check("9007199254740993", "9007199254740992.0", Ordering::Greater);
        check("5", "5.0", Ordering::Equal);
        check("5", "5.000e0", Ordering::Equal);
        check("500", "5e2", Ordering::Equal);
        check("0", "-0.0", Ordering::Equal);
        check("0.1", "0.10000000000000002", Ordering::Less);
        check("1e300", "18446744073709551615", Ordering::Greater);
        check("1e-300", "0", Ordering::Greater);
        check("-1e-300", "0", Ordering::Less);
        check("-2.5", "-2.4", Ordering::Less);
        check("99", "100", Ordering::Less);
    }

    #[test]
    fn a_number_that_is_read_as_another_is_found() {
        let find = |value: &str| {
            inexact_number(
                format!(r#"{{"properties": {{"a": 1, "n": {value}}}}}"#).as_bytes(),
                "properties",
            )
        };
        for kept in [
            "0",
            "-0",
            "-0.0",
            "1",
            "9007199254740993",
            "18446744073709551615",
            "-9223372036854775808",
            "0.1",
            "0.30000000000000004",
            "1e21",
            "1.50",
            "5e-324",
            "-2.1325179753025317e-308",
            r#""18446744073709551616""#,
            "true",
            "null",
            "[18446744073709551616]",
        ] {
            assert_eq!(find(kept), None, "{kept}");
        }
        for lost in [
            "18446744073709551616",
            "-9223372036854775809",
            "123456789012345678901234",
            "0.1234567890123456789",
            "9007199254740993.5",
            "90071992547409.931",
            "1e-400",
        ] {
            assert_eq!(find(lost), Some("/properties/n".to_owned()), "{lost}");
        }
    }

    #[test]
    fn what_a_browser_would_change_is_not_safe() {
        for safe in [
            "0",
            "9007199254740991",
            "-9007199254740991",
            "0.1",
            "1234567890.12345",
            "1e10",
            "1e300",
            "10000000000000000000",
        ] {
            assert!(is_safe_number(&number(safe)), "{safe}");
        }
        for changed in [
            "9007199254740992",
            "-9007199254740993",
            "18446744073709551616",
            "18446744073709551615",
            "0.12345678901234567",
        ] {
            assert!(!is_safe_number(&number(changed)), "{changed}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_compare_as_integers(one: i64, other: i64) {
            let found = compare_numbers(&Number::from(one), &Number::from(other));
            prop_assert_eq!(found, Some(one.cmp(&other)));
        }

        #[test]
        fn fractions_compare_as_fractions(one in -1e18..1e18f64, other in -1e3..1e3f64) {
            let (first, second) = (Number::from_f64(one).unwrap(), Number::from_f64(other).unwrap());
            prop_assert_eq!(compare_numbers(&first, &second), one.partial_cmp(&other));
        }

        #[test]
        fn what_is_printed_is_kept(value in any::<f64>().prop_filter("finite", |it| it.is_finite())) {
            prop_assert!(is_kept(&Number::from_f64(value).unwrap().to_string()));
        }
    }
}
