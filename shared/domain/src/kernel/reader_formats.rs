//! Numbers, money and dates as readers of a locale write them, by CLDR.
//!
//! It reads CLDR's data, which is compiled in; it is made once per locale and shared between
//! threads (decision 0029).
//!
//! Guarantees: an amount has the digits of its currency by ISO 4217, whatever CLDR rounds it to,
//! and none that are all zero; digits and signs are those of the locale.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use icu_calendar::Gregorian;
use icu_datetime::{FixedCalendarDateTimeFormatter, fieldsets, input};
use icu_decimal::{
    DecimalFormatter, DecimalFormatterPreferences, input::Decimal, options::DecimalFormatterOptions,
};
use icu_experimental::dimension::{
    currency::{CurrencyType, formatter::CurrencyFormatter, options::CurrencyFormatterOptions},
    percent::{formatter::PercentFormatter, options::PercentFormatterOptions},
};
use icu_locale::LanguageIdentifier;
use icu_provider::DataError;
use jiff::civil::Date;

use super::{
    locale::Locale,
    money::{Currency, Money},
};

/// How a currency is named in an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrencyName {
    /// As readers of the locale write it: `€`, `US$`.
    Symbol,
    /// By its code, in letters that every alphabet has: `EUR`.
    Code,
}

/// The formats of one locale.
pub struct ReaderFormats(Option<CldrFormats>);

struct CldrFormats {
    locale: LanguageIdentifier,
    number: DecimalFormatter,
    percent: PercentFormatter<DecimalFormatter>,
    day: FixedCalendarDateTimeFormatter<Gregorian, fieldsets::MD>,
    day_and_year: FixedCalendarDateTimeFormatter<Gregorian, fieldsets::YMD>,
    /// The frames of the currencies that were asked for: nearly always one.
    frames: RwLock<BTreeMap<Currency, Arc<MoneyFrames>>>,
}

struct MoneyFrames {
    symbol: MoneyFrame,
    code: MoneyFrame,
}

/// The text around the number of an amount.
struct MoneyFrame {
    before: String,
    after: String,
}

impl ReaderFormats {
    /// Returns the formats of `locale`: its own, or those of the CLDR parent that has some.
    pub fn new(locale: &Locale) -> Self {
        let locale = locale.identifier();
        // CLDR's root has all of this data, so there are always formats.
        Self(
            CldrFormats::new(&locale)
                .or_else(|_| CldrFormats::new(&LanguageIdentifier::UNKNOWN))
                .ok(),
        )
    }

    /// Formats an amount: `10 €`, `US$7.50`. Whole amounts have no decimals.
    pub fn money(&self, money: Money, name: CurrencyName) -> String {
        let formatted = self.0.as_ref().and_then(|formats| formats.money(money, name));
        formatted.unwrap_or_else(|| money.to_string())
    }

    /// Formats a percentage: `20 %`, `%20`, `٢٠٪`.
    pub fn percent(&self, percent: u8) -> String {
        match &self.0 {
            Some(formats) => formats.percent.format(&Decimal::from(percent)).to_string(),
            None => format!("{percent} %"),
        }
    }

    /// Formats a day, with its year only if that is not this year: `4 de diciembre`.
    pub fn day(&self, day: Date, today: Date) -> String {
        let formatted =
            self.0.as_ref().and_then(|formats| formats.day(day, day.year() != today.year()));
        formatted.unwrap_or_else(|| day.to_string())
    }
}

impl fmt::Debug for ReaderFormats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReaderFormats")
    }
}

impl CldrFormats {
    fn new(locale: &LanguageIdentifier) -> Result<Self, DataError> {
        Ok(Self {
            locale: locale.clone(),
            number: DecimalFormatter::try_new(
                DecimalFormatterPreferences::from(locale),
                DecimalFormatterOptions::default(),
            )?,
            percent: PercentFormatter::try_new(locale.into(), PercentFormatterOptions::default())?,
            day: FixedCalendarDateTimeFormatter::try_new(locale.into(), fieldsets::MD::long())
                .map_err(|_| no_dates())?,
            day_and_year: FixedCalendarDateTimeFormatter::try_new(
                locale.into(),
                fieldsets::YMD::long(),
            )
            .map_err(|_| no_dates())?,
            frames: RwLock::default(),
        })
    }

    fn money(&self, money: Money, name: CurrencyName) -> Option<String> {
        let frames = self.frames(money.currency)?;
        let frame = match name {
            CurrencyName::Symbol => &frames.symbol,
            CurrencyName::Code => &frames.code,
        };
        let amount = decimal(money);
        Some(format!("{}{}{}", frame.before, self.number.format(&amount), frame.after))
    }

    fn frames(&self, currency: Currency) -> Option<Arc<MoneyFrames>> {
        let kept =
            self.frames.read().unwrap_or_else(PoisonError::into_inner).get(&currency).cloned();
        if kept.is_some() {
            return kept;
        }
        let frames = Arc::new(MoneyFrames::new(&self.locale, currency)?);
        let mut kept = self.frames.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(currency, Arc::clone(&frames));
        Some(frames)
    }

    fn day(&self, day: Date, with_year: bool) -> Option<String> {
        let (month, number) = (u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
        let date = input::Date::try_new_gregorian(i32::from(day.year()), month, number).ok()?;
        Some(if with_year {
            self.day_and_year.format(&date).to_string()
        } else {
            self.day.format(&date).to_string()
        })
    }
}

impl MoneyFrames {
    fn new(locale: &LanguageIdentifier, currency: Currency) -> Option<Self> {
        let code = CurrencyType::try_from_str(&currency.as_str().to_ascii_lowercase()).ok()?;
        let options = CurrencyFormatterOptions::default();
        let symbol = CurrencyFormatter::try_new_symbol(locale.into(), code, options).ok()?;
        let iso = CurrencyFormatter::try_new_code(locale.into(), code, options).ok()?;
        let one = Decimal::from(1_u8);
        Some(Self {
            symbol: MoneyFrame::around(&symbol.format_fixed_decimal(&one).to_string())?,
            code: MoneyFrame::around(&iso.format_fixed_decimal(&one).to_string())?,
        })
    }
}

impl MoneyFrame {
    /// Takes the number out of a formatted amount. No symbol of a currency has a digit.
    fn around(amount: &str) -> Option<Self> {
        let first = amount.find(char::is_numeric)?;
        let (last, digit) = amount.char_indices().rfind(|(_, character)| character.is_numeric())?;
        Some(Self {
            before: amount.get(..first)?.to_owned(),
            after: amount.get(last + digit.len_utf8()..)?.to_owned(),
        })
    }
}

/// Returns the amount in whole units, with the currency's decimals unless they are all zero.
fn decimal(money: Money) -> Decimal {
    let exponent = money.currency.exponent();
    let (units, unit) = (money.amount.units(), 10_i64.pow(exponent));
    if units % unit == 0 {
        return Decimal::from(units / unit);
    }
    let mut number = Decimal::from(units);
    number.multiply_pow10(-i16::try_from(exponent).unwrap_or_default());
    number
}

fn no_dates() -> DataError {
    DataError::custom("no formats of dates")
}
