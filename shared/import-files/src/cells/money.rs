//! Amounts of money, as people and spreadsheets write them, in whole minor units.

use domain::kernel::money::Currency;

use crate::{cells::text::unguarded, reason::Reason};

/// The signs of currencies that stand in cells. A sign that several currencies have names none.
const SIGNS: [(&str, &[&str]); 10] = [
    ("€", &["EUR"]),
    ("£", &["GBP", "EGP", "GIP", "FKP", "SHP", "LBP", "SYP"]),
    ("¥", &["JPY", "CNY"]),
    ("zł", &["PLN"]),
    ("₹", &["INR"]),
    ("₩", &["KRW"]),
    ("₺", &["TRY"]),
    ("₪", &["ILS"]),
    ("₽", &["RUB"]),
    ("R$", &["BRL"]),
];
/// More digits than these are no amount.
const MAX_DIGITS: usize = 15;

/// An amount with its sign, in minor units of the currency that was named, or else as a decimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    negative: bool,
    digits: u64,
    /// The number of digits behind the decimal.
    decimals: u32,
    /// The currency that the cell itself names, or whoever reads it.
    pub currency: Option<Currency>,
}

impl Amount {
    /// Returns the amount in minor units of its currency, if they are enough for its decimals.
    pub fn minor_units(&self) -> Option<i64> {
        let exponent = self.currency?.exponent();
        let digits = i64::try_from(self.digits).ok()?;
        let units = if self.decimals <= exponent {
            digits.checked_mul(10_i64.checked_pow(exponent - self.decimals)?)?
        } else {
            let cut = 10_i64.checked_pow(self.decimals - exponent)?;
            if digits % cut != 0 {
                return None;
            }
            digits / cut
        };
        Some(if self.negative { -units } else { units })
    }

    /// Returns the amount as a decimal with a point, such as `-12.50`.
    pub fn decimal(&self) -> String {
        let places = usize::try_from(self.decimals).unwrap_or_default();
        let digits = format!("{:0>width$}", self.digits, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let sign = if self.negative { "-" } else { "" };
        let point = if places == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

fn fault(detail: &'static str) -> Reason {
    Reason::new("bad_amount", detail)
}

/// Reads an amount. `currency` is what the record or the import names; a sign or code in the cell
/// has to agree with it.
pub fn read_amount(cell: &str, currency: Option<Currency>) -> Result<Option<Amount>, Reason> {
    let text: String = unguarded(cell).split_whitespace().collect::<Vec<_>>().join("");
    if text.is_empty() {
        return Ok(None);
    }
    let is_numeric = |c: char| c.is_ascii_digit() || ",.'’".contains(c);
    let name: String = text.chars().filter(|c| !is_numeric(*c) && !"+-".contains(*c)).collect();
    let currency = agreed_currency(&name, currency)?;
    let bare = text.replace(name.as_str(), "");
    let (negative, number) = match bare.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, bare.strip_prefix('+').unwrap_or(&bare)),
    };
    let number: String = number.chars().filter(|c| !"'’".contains(*c)).collect();
    if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || ",.".contains(c)) {
        return Err(fault("not an amount"));
    }
    let (whole, fraction) = split_decimal(&number, currency)?;
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return Err(fault("not an amount"));
    }
    let decimals = u32::try_from(fraction.len()).unwrap_or_default();
    let digits = digits.parse().map_err(|_| fault("not an amount"))?;
    Ok(Some(Amount { negative, digits, decimals, currency }))
}

/// Reads a number of JSON, in which a point is the decimal and an exponent may stand.
pub fn read_json_amount(text: &str, currency: Option<Currency>) -> Result<Option<Amount>, Reason> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| fault("not an amount"))?;
    let (negative, mantissa) =
        mantissa.strip_prefix('-').map_or((false, mantissa), |it| (true, it));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    let mut decimals = i32::try_from(fraction.len()).unwrap_or_default().saturating_sub(exponent);
    while decimals < 0 && digits.len() <= MAX_DIGITS {
        digits.push('0');
        decimals += 1;
    }
    while decimals > 0 && digits.ends_with('0') && digits.len() > MAX_DIGITS {
        digits.pop();
        decimals -= 1;
    }
    let trimmed = digits.trim_start_matches('0');
    let digits = if trimmed.is_empty() { "0" } else { trimmed };
    if digits.len() > MAX_DIGITS || !(0..=20).contains(&decimals) {
        return Err(fault("too many digits"));
    }
    let digits = digits.parse().map_err(|_| fault("not an amount"))?;
    let decimals = u32::try_from(decimals).unwrap_or_default();
    Ok(Some(Amount { negative, digits, decimals, currency }))
}

/// Returns the currency by what the cell and the record name together.
fn agreed_currency(name: &str, stated: Option<Currency>) -> Result<Option<Currency>, Reason> {
    if name.is_empty() {
        return Ok(stated);
    }
    let disagrees = || fault("the cell names another currency than the record");
    if let Ok(named) = Currency::parse(&name.to_uppercase()) {
        return match stated {
            Some(stated) if stated != named => Err(disagrees()),
            Some(_) | None => Ok(Some(named)),
        };
    }
    let is_dollar = name.ends_with('$') && name.chars().filter(|c| *c == '$').count() == 1;
    let known = SIGNS.iter().find(|(sign, _)| *sign == name).map(|(_, codes)| *codes);
    match (known, stated) {
        (Some(codes), Some(stated)) if codes.contains(&stated.as_str()) => Ok(Some(stated)),
        (Some(_), Some(_)) => Err(disagrees()),
        (Some([one]), None) => Ok(Currency::parse(one).ok()),
        (Some(_), None) => Ok(None),
        // Many currencies are called by a dollar's sign.
        (None, stated) if is_dollar => Ok(stated),
        (None, _) => Err(fault("words beside the number")),
    }
}

/// Splits a number into its whole part and its fraction.
fn split_decimal(number: &str, currency: Option<Currency>) -> Result<(String, String), Reason> {
    let plain = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(last) = number.rfind([',', '.']) else {
        return Ok((number.to_owned(), String::new()));
    };
    let (before, rest) = number.split_at(last);
    let (mark, after) = rest.split_at(1);
    let other = if mark == "," { '.' } else { ',' };
    if before.contains(other) {
        return if before.contains(mark) || !is_grouped(before, other) {
            Err(fault("separators in an order that no number has"))
        } else {
            Ok((plain(before), after.to_owned()))
        };
    }
    if before.contains(mark) {
        let whole = number;
        let mark = mark.chars().next().unwrap_or(',');
        return if is_grouped(whole, mark) {
            Ok((plain(whole), String::new()))
        } else {
            Err(fault("the same separator twice, and not between thousands"))
        };
    }
    let is_three = after.len() == 3 && (1..=3).contains(&before.len()) && before != "0";
    match currency.map(|it| it.exponent()) {
        Some(0) if is_three => Ok((plain(number), String::new())),
        // A currency of three decimals is written with a point by every system, and thousands are
        // never set off by one where the decimals are.
        Some(3) if is_three && mark == "." => Ok((before.to_owned(), after.to_owned())),
        Some(_) | None if is_three => Err(Reason::new(
            "ambiguous_amount",
            "one separator and three digits: thousands or decimals",
        )),
        Some(_) | None => Ok((before.to_owned(), after.to_owned())),
    }
}

/// Returns true if the separator stands before each group of three digits, and nowhere else.
fn is_grouped(number: &str, separator: char) -> bool {
    let mut groups = number.split(separator);
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)
}
