//! National variants of phone numbers: forms of one number that differ by digits which a country
//! puts before mobile numbers, has put there in the past, or uses within its borders only.
//!
//! The result identifies a number and is never dialled: messages go to the number as it was given.

use std::ops::RangeInclusive;

/// The fewest digits of a number with its country.
const MIN_DIGITS: usize = 7;
/// Countries whose trunk prefix `0` is dropped abroad, and whose numbers never begin with it.
/// (Italy, San Marino, Gabon, the Congo and Ivory Coast keep theirs; in Benin it is a part of the number.)
const TRUNK_ZERO: [&str; 95] = [
    "20", "211", "212", "213", "218", "221", "231", "232", "233", "234", "243", "249", "250",
    "251", "252", "254", "255", "256", "260", "261", "262", "263", "264", "265", "27", "291", "31",
    "32", "33", "353", "355", "358", "359", "373", "374", "380", "381", "382", "383", "385", "386",
    "387", "389", "40", "41", "421", "43", "44", "46", "49", "51", "53", "58", "590", "591", "593",
    "594", "595", "596", "598", "60", "61", "62", "63", "64", "66", "81", "82", "84", "855", "856",
    "86", "880", "886", "90", "91", "92", "93", "94", "95", "961", "962", "963", "964", "966",
    "967", "970", "971", "972", "976", "977", "98", "994", "995", "996",
];
/// Countries with another trunk prefix: the digits that are dropped abroad, and the lengths of a
/// number without them.
const OTHER_TRUNKS: [(&str, &[&str], RangeInclusive<usize>); 4] = [
    ("36", &["06"], 8..=9),
    ("370", &["8", "0"], 8..=8),
    ("375", &["80", "0"], 9..=9),
    ("7", &["8"], 10..=10),
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
        .or_else(|| other_trunk(digits))
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
/// a `9` before the area from abroad, a `15` behind it within the country, and both where people mix
/// the two. No area begins with a 9.
fn argentina(digits: &str) -> Option<String> {
    let number = digits.strip_prefix("54")?.trim_start_matches('0');
    let national = number.strip_prefix('9').map_or(number, |rest| rest.trim_start_matches('0'));
    match national.len() {
        10 if digits.len() > 12 => Some(format!("54{national}")),
        12 => {
            let area = [2, 3, 4].into_iter().find(|at| national.get(*at..*at + 2) == Some("15"))?;
            Some(format!("54{}{}", national.get(..area)?, national.get(area + 2..)?))
        }
        _ => None,
    }
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

/// Drops the trunk prefix of a country where it is not a zero: `06` in Hungary, `8` in Russia and
/// Kazakhstan, `80` in Belarus, `8` and since 2025 `0` in Lithuania.
fn other_trunk(digits: &str) -> Option<String> {
    OTHER_TRUNKS.iter().find_map(|(code, prefixes, lengths)| {
        let number = digits.strip_prefix(*code)?;
        let mut rests = prefixes.iter().filter_map(|prefix| number.strip_prefix(*prefix));
        let national = rests.find(|rest| lengths.contains(&rest.len()))?;
        Some(format!("{code}{national}"))
    })
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
    use proptest::prelude::*;

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
        check(&["+8860912345678"], "+886912345678");
        check(&["+549111523456789", "+54901123456789"], "+541123456789");
        check(&["+549351151234567"], "+543511234567");
        check(&["+3606201234567"], "+36201234567");
        check(&["+370861234567", "+370061234567"], "+37061234567");
        check(&["+37580291234567", "+3750291234567"], "+375291234567");
        check(&["+789123456789"], "+79123456789");
    }

    #[test]
    fn a_trunk_zero_between_country_and_number_is_dropped() {
        for number in [
            "+233241234567",
            "+593991234567",
            "+59894123456",
            "+595981123456",
            "+59171234567",
            "+584121234567",
            "+51987654321",
            "+260971234567",
            "+263771234567",
            "+249911234567",
            "+85512345678",
            "+8562012345678",
            "+995555123456",
            "+37491123456",
            "+994501234567",
            "+963944123456",
            "+970591234567",
            "+967711234567",
            "+97688123456",
            "+8801712345678",
            "+93701234567",
            "+38970123456",
            "+250781234567",
        ] {
            let code = TRUNK_ZERO.iter().find(|code| number.starts_with(&format!("+{code}")));
            let code = code.copied().unwrap_or_default();
            let written = number.replacen(code, &format!("{code}0"), 1);
            assert_ne!(written, number, "no trunk zero is known");
            check(&[written.as_str()], number);
        }
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
            "+78005553535",
            "+36201234567",
            "+37061234567",
            "+375291234567",
            "+2290197123456",
        ] {
            assert_eq!(without_variant(phone), phone, "{phone}");
        }
    }

    proptest! {
        #[test]
        fn a_common_form_is_its_own(
            code in proptest::sample::select(vec!["52", "54", "55", "229", "36", "370", "375", "7", "44", "886"]),
            before in "(0|00|1|01|06|8|80|9|90|044)?",
            number in "[0-9]{2,4}(15)?[0-9]{4,7}",
        ) {
            let once = without_variant(&format!("+{code}{before}{number}"));
            prop_assert_eq!(without_variant(&once), once);
        }
    }
}
