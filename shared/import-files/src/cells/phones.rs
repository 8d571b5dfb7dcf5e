//! Phone numbers: international as they stand, national by the record's country, never guessed.

use domain::customer::{contact::Phone, phone_country::CountryCode};

use super::{
    countries::{NumberPlan, number_plan},
    text::read_text,
};
use crate::reason::Reason;

fn fault(code: &'static str, detail: &'static str) -> Reason {
    Reason::new(code, detail)
}

/// Reads a phone number as `+` and digits.
pub fn read_phone(cell: &str, country: Option<CountryCode>) -> Result<Option<Phone>, Reason> {
    let Some(text) = read_text(cell)? else { return Ok(None) };
    if is_scientific(text) {
        return Err(fault(
            "digits_lost",
            "a spreadsheet has cut the number to scientific notation",
        ));
    }
    if text.chars().any(char::is_alphabetic) || text.contains('#') {
        return Err(fault("not_a_phone", "words or an extension beside the number"));
    }
    let is_two = text.matches('+').count() > 1 || text.contains([';', ',']);
    if is_two {
        return Err(fault("two_values", "two numbers in one cell"));
    }
    let body = text.strip_prefix('+');
    let known = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || "()-./\u{2010}\u{2011}\u{2013}".contains(c)
    };
    if !body.unwrap_or(text).chars().all(known) {
        return Err(fault("not_a_phone", "not a phone number"));
    }
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let international = match body {
        Some(body) => Some(digits(&body.replacen("(0)", "", 1))),
        None => text.strip_prefix("00").map(|rest| digits(&rest.replacen("(0)", "", 1))),
    };
    let number = match (international, country) {
        (Some(digits), _) => digits,
        (None, Some(country)) => national_number(&digits(text), country)?,
        (None, None) => {
            let detail = "no + and no country in the record";
            return Err(fault("no_country", detail));
        }
    };
    let number = format!("+{number}");
    Phone::parse(&number)
        .map(Some)
        .map_err(|_| fault("not_a_phone", "not a number of 7 to 15 digits"))
}

/// Reads the digits of a number without `+` in one of two ways: as a national number, or as an
/// international one whose `+` was lost. Both at once is no reading.
fn national_number(digits: &str, country: CountryCode) -> Result<String, Reason> {
    let Some(plan) = number_plan(country) else {
        let detail = "how numbers are written in this country is not known: write it with +";
        return Err(fault("unknown_plan", detail));
    };
    let fits = |number: &str| plan.lengths.contains(&number.len());
    let NumberPlan { code, trunk, .. } = plan;
    let without_trunk = digits.strip_prefix(trunk).filter(|_| !trunk.is_empty());
    let national = match without_trunk {
        Some(rest) => Some(rest).filter(|it| fits(it)),
        None => Some(digits).filter(|it| fits(it) && !it.starts_with('0')),
    };
    let national = national.map(|number| format!("{code}{number}"));
    let lost_plus = digits.strip_prefix(code).filter(|it| fits(it)).map(|_| digits.to_owned());
    match (national, lost_plus) {
        (Some(one), Some(other)) if one != other => {
            Err(fault("ambiguous_phone", "a national number, or one whose + was lost"))
        }
        (Some(number), _) | (None, Some(number)) => Ok(number),
        (None, None) => Err(fault("not_a_phone", "too short or too long for the record's country")),
    }
}

/// Returns true for `4.47701E+11`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    number(exponent) && mantissa.split(['.', ',']).all(number)
}
