//! National variants of phone numbers: forms of one number that differ by digits which a country
//! puts before mobile numbers, has put there in the past, or uses within its borders only.
//!
//! The result identifies a number and is never dialled: messages go to the number as it was given.

/// The fewest digits of a number with its country.
const MIN_DIGITS: usize = 7;
/// Countries whose trunk prefix `0` is dropped abroad, and whose numbers never begin with it.
/// (Italy, San Marino, Gabon, the Congo and Ivory Coast keep theirs.)
const TRUNK_ZERO: [&str; 52] = [
    "20", "212", "213", "218", "221", "234", "251", "254", "255", "256", "27", "31", "32", "33",
    "353", "355", "358", "359", "380", "381", "385", "386", "387", "40", "41", "421", "43", "44",
    "46", "49", "60", "61", "62", "63", "64", "66", "81", "82", "84", "90", "91", "92", "94", "95",
    "961", "962", "964", "966", "971", "972", "977", "98",
];

/// Returns the number in the form that all its variants share.
pub(super) fn without_variant(phone: &str) -> String {
    let Some(digits) = phone.strip_prefix('+') else {
        return phone.to_owned();
    };
    let common = mexico(digits)
        .or_else(|| argentina(digits))
        .or_else(|| brazil(digits))
        .or_else(|| benin(digits))
        .or_else(|| trunk_zero(digits));
    common.map_or_else(|| phone.to_owned(), |digits| format!("+{digits}"))
}

/// Mexico: ten digits. Until 2019 a `1` stood before those of mobile phones, and within the country
/// 01, 044 or 045.
fn mexico(digits: &str) -> Option<String> {
    let number = digits.strip_prefix("52")?;
    let national = ["1", "01", "044", "045"]
        .into_iter()
        .find_map(|prefix| number.strip_prefix(prefix).filter(|rest| rest.len() == 10));
    national.map(|national| format!("52{national}"))
}

/// Argentina: an area of two to four digits and the number, ten digits together. A mobile number has
/// a `9` before the area from abroad, and a `15` behind it within the country.
fn argentina(digits: &str) -> Option<String> {
    let number = digits.strip_prefix("54")?;
    let number = number.trim_start_matches('0');
    if let Some(national) = number.strip_prefix('9').filter(|rest| rest.len() == 10) {
        return Some(format!("54{national}"));
    }
    if number.len() == 12 {
        let area = [2, 3, 4].into_iter().find(|at| number.get(*at..*at + 2) == Some("15"))?;
        return Some(format!("54{}{}", number.get(..area)?, number.get(area + 2..)?));
    }
    (digits.len() > 12 && number.len() == 10).then(|| format!("54{number}"))
}

/// Brazil: an area of two digits, and nine digits for a mobile phone. Until 2016 they were eight,
/// without the leading `9`, and began with 6 to 9.
fn brazil(digits: &str) -> Option<String> {
    let number = digits.strip_prefix("55")?.trim_start_matches('0');
    let (area, line) = number.split_at_checked(2)?;
    match line.len() {
        8 if line.starts_with(['6', '7', '8', '9']) => Some(format!("55{area}9{line}")),
        8 | 9 => Some(format!("55{area}{line}")),
        _ => None,
    }
}

/// Benin: ten digits since 2024, which are the eight from before with `01` in front.
fn benin(digits: &str) -> Option<String> {
    let number = digits.strip_prefix("229")?;
    (number.len() == 8).then(|| format!("22901{number}"))
}

/// Drops a trunk zero, as in `+44 (0) 20`.
fn trunk_zero(digits: &str) -> Option<String> {
    let number_of = |code: &&str| digits.strip_prefix(*code).filter(|it| it.starts_with('0'));
    let code = TRUNK_ZERO.iter().find(|code| number_of(code).is_some())?;
    let dialled = format!("{code}{}", number_of(code)?.trim_start_matches('0'));
    (dialled.len() >= MIN_DIGITS).then_some(dialled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variants: &[&str], common: &str) {
        for variant in variants {
            assert_eq!(without_variant(variant), common, "{variant}");
        }
        assert_eq!(without_variant(common), common, "the common form is its own");
    }

    #[test]
    fn the_variants_of_a_number_have_one_form() {
        check(&["+5215512345678", "+52015512345678", "+520445512345678"], "+525512345678");
        check(&["+5491123456789", "+541115234567 89".replace(' ', "").as_str()], "+541123456789");
        check(&["+5493511234567", "+54351151234567", "+5403511234567"], "+543511234567");
        check(&["+551187654321", "+5501187654321"], "+5511987654321");
        check(&["+22997123456"], "+2290197123456");
        check(&["+4402079460000"], "+442079460000");
        check(&["+49015112345678"], "+4915112345678");
    }

    #[test]
    fn other_numbers_stay_as_they_are() {
        for phone in [
            "+34600000001",
            "+390612345678",
            "+12025550101",
            "+2250701234567",
            "+551123456789",
            "+5215512",
            "+541123456789",
            "+4420794600",
            "+8613800138000",
        ] {
            assert_eq!(without_variant(phone), phone, "{phone}");
        }
    }
}
