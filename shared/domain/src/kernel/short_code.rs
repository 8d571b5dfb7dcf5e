//! Numbers as short texts of letters and digits (base 62), for links that stand in an SMS.
//!
//! A text has a fixed length, so that a link that was cut off is none. Letters and digits only: some
//! programs leave a `-` or a `_` at the end out of what they make a link.

/// The characters of the code in a voucher's link, see `voucher::short_link`. Messages are measured
/// with it.
pub const VOUCHER_CODE_LENGTH: usize = 20;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns the lowest `length` digits of a number, the highest one first.
pub fn encode_base62(mut number: u128, length: usize) -> String {
    let mut digits = Vec::with_capacity(length);
    for _ in 0..length {
        let digit = usize::try_from(number % 62).ok().and_then(|digit| DIGITS.get(digit));
        digits.extend(digit.copied().map(char::from));
        number /= 62;
    }
    digits.into_iter().rev().collect()
}

/// Reads a number of exactly `length` digits, or returns `None` if the text is none or too large.
pub fn decode_base62(text: &str, length: usize) -> Option<u128> {
    if text.len() != length {
        return None;
    }
    text.bytes().try_fold(0_u128, |number, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        number.checked_mul(62)?.checked_add(u128::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_whole_texts_of_letters_and_digits_are_numbers() {
        assert_eq!(encode_base62(0, 4), "0000");
        assert_eq!(encode_base62(62, 4), "0010");
        assert_eq!(decode_base62("0010", 4), Some(62));
        for bad in ["", "001", "00100", "001-", "001_", "00é", "001 "] {
            assert_eq!(decode_base62(bad, 4), None, "{bad}");
        }
        assert_eq!(decode_base62(&"z".repeat(22), 22), None, "more than fits");
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number: u128) {
            prop_assert_eq!(decode_base62(&encode_base62(number, 22), 22), Some(number));
        }
    }
}
