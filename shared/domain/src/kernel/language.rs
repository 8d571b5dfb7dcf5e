//! The languages that the product speaks: those in which it has words of its own, such as an
//! offer's or those of the unsubscribe page. Numbers, money and dates have more (`reader_formats`).
//!
//! Guarantee: a table of words is a `match` over this enum, so that the compiler finds the language
//! that it lacks.

use super::locale::{Locale, TextDirection};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    Arabic,
    /// Chinese in simplified characters.
    ChineseSimplified,
    /// Chinese in traditional characters.
    ChineseTraditional,
    English,
    French,
    German,
    Hindi,
    Indonesian,
    Italian,
    PortugueseOfBrazil,
    PortugueseOfPortugal,
    Spanish,
    Turkish,
}

impl Language {
    pub const ALL: [Language; 13] = [
        Language::Arabic,
        Language::ChineseSimplified,
        Language::ChineseTraditional,
        Language::English,
        Language::French,
        Language::German,
        Language::Hindi,
        Language::Indonesian,
        Language::Italian,
        Language::PortugueseOfBrazil,
        Language::PortugueseOfPortugal,
        Language::Spanish,
        Language::Turkish,
    ];

    /// Returns the language that a reader of `locale` is spoken to in, if the product speaks it:
    /// readers of `pt-AO` get the Portuguese of Portugal, those of `zh-HK` traditional characters.
    pub fn of(locale: &Locale) -> Option<Self> {
        let script = locale.script();
        let (language, script_it_has) = match locale.language() {
            "ar" => (Self::Arabic, "Arab"),
            "de" => (Self::German, "Latn"),
            "en" => (Self::English, "Latn"),
            "es" => (Self::Spanish, "Latn"),
            "fr" => (Self::French, "Latn"),
            "hi" => (Self::Hindi, "Deva"),
            "id" => (Self::Indonesian, "Latn"),
            "it" => (Self::Italian, "Latn"),
            "pt" if locale.descends_from("pt-PT") => (Self::PortugueseOfPortugal, "Latn"),
            "pt" => (Self::PortugueseOfBrazil, "Latn"),
            "tr" => (Self::Turkish, "Latn"),
            "zh" if script == "Hant" => (Self::ChineseTraditional, "Hant"),
            "zh" => (Self::ChineseSimplified, "Hans"),
            _ => return None,
        };
        // Hindi in Latin letters, say, is not what the product writes.
        (script == script_it_has).then_some(language)
    }

    /// Returns the language's tag, as the attribute `lang` has it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::ChineseSimplified => "zh-Hans",
            Self::ChineseTraditional => "zh-Hant",
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Hindi => "hi",
            Self::Indonesian => "id",
            Self::Italian => "it",
            Self::PortugueseOfBrazil => "pt-BR",
            Self::PortugueseOfPortugal => "pt-PT",
            Self::Spanish => "es",
            Self::Turkish => "tr",
        }
    }

    /// Returns the locales of all readers of the language whose values are written in different
    /// ways.
    pub fn readers(self) -> Vec<Locale> {
        // both kinds of Portuguese are read by all
        let tag = self.tag();
        let written = if tag.starts_with("pt-") { "pt" } else { tag };
        let regional = self.regions().iter().map(|region| format!("{written}-{region}"));
        let tags = [written.to_owned()].into_iter().chain(regional);
        tags.filter_map(|tag| Locale::parse(&tag).ok()).collect()
    }

    /// Returns the direction in which the language is read.
    pub fn direction(self) -> TextDirection {
        match self {
            Self::Arabic => TextDirection::RightToLeft,
            Self::ChineseSimplified
            | Self::ChineseTraditional
            | Self::English
            | Self::French
            | Self::German
            | Self::Hindi
            | Self::Indonesian
            | Self::Italian
            | Self::PortugueseOfBrazil
            | Self::PortugueseOfPortugal
            | Self::Spanish
            | Self::Turkish => TextDirection::LeftToRight,
        }
    }

    /// Returns the regions in which CLDR writes numbers, money or dates of this language unlike in
    /// the language itself. The longest form of a value is one of theirs; a test compares the list
    /// with CLDR.
    pub fn regions(self) -> &'static [&'static str] {
        match self {
            Self::Arabic => {
                &["DJ", "DZ", "EG", "ER", "JO", "KM", "LY", "MA", "MR", "SA", "SO", "SS"]
            }
            Self::ChineseSimplified => &["HK", "MO", "SG"],
            Self::ChineseTraditional => &["HK", "MO"],
            Self::English => &[
                "150", "AE", "AG", "AT", "AU", "BB", "BE", "BI", "BM", "BS", "BW", "BZ", "CA",
                "CC", "CH", "CK", "CM", "CZ", "DE", "DK", "ER", "FI", "FJ", "FK", "FR", "GE", "GH",
                "GI", "GM", "GY", "ID", "IN", "JM", "KE", "KY", "LR", "LS", "MG", "MO", "MT", "MU",
                "MV", "MW", "MY", "NA", "NG", "NL", "NO", "PG", "PK", "RW", "SB", "SC", "SE", "SG",
                "SH", "SL", "SS", "SZ", "TO", "TT", "TZ", "UG", "VU", "WS", "ZA", "ZM", "ZW",
            ],
            Self::French => &[
                "BI", "CA", "CD", "CH", "DJ", "DZ", "GN", "HT", "KM", "LU", "MG", "MR", "MU", "RW",
                "SC", "SY", "TN", "VU",
            ],
            Self::German => &["AT", "CH", "IT"],
            Self::Hindi | Self::Indonesian | Self::Turkish => &[],
            Self::Italian => &["CH"],
            Self::PortugueseOfBrazil => &["CV", "MO", "MZ", "ST", "AO", "PT"],
            Self::PortugueseOfPortugal => &["AO", "BR", "CV", "MO", "MZ", "ST"],
            Self::Spanish => &[
                "419", "AR", "BO", "BZ", "CL", "CO", "CR", "CU", "DO", "EC", "GQ", "GT", "HN",
                "MX", "NI", "PA", "PE", "PR", "PY", "US", "UY", "VE",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::Date;

    use super::*;
    use crate::kernel::{
        money::{Currency, MinorUnits, Money},
        reader_formats::{CurrencyName, ReaderFormats},
    };

    fn locale(tag: &str) -> Locale {
        Locale::parse(tag).unwrap()
    }

    #[test]
    fn each_language_is_that_of_its_own_tag() {
        for language in Language::ALL {
            assert_eq!(Language::of(&locale(language.tag())), Some(language));
            assert_eq!(language.direction(), locale(language.tag()).direction());
        }
    }

    #[test]
    fn readers_are_spoken_to_in_their_variety_and_script() {
        for (tag, expected) in [
            ("zh", Some(Language::ChineseSimplified)),
            ("zh-SG", Some(Language::ChineseSimplified)),
            ("zh-TW", Some(Language::ChineseTraditional)),
            ("zh-HK", Some(Language::ChineseTraditional)),
            ("zh-Hant-MO", Some(Language::ChineseTraditional)),
            ("zh-Latn", None),
            ("pt", Some(Language::PortugueseOfBrazil)),
            ("pt-AO", Some(Language::PortugueseOfPortugal)),
            ("pt-CH", Some(Language::PortugueseOfPortugal)),
            ("pt-US", Some(Language::PortugueseOfBrazil)),
            ("in-ID", Some(Language::Indonesian)),
            ("hi-Latn", None),
            ("es-419", Some(Language::Spanish)),
            ("en-150", Some(Language::English)),
            ("tr-CY", Some(Language::Turkish)),
            ("ar-MA", Some(Language::Arabic)),
            ("ca", None),
            ("pl", None),
            ("yue", None),
        ] {
            assert_eq!(Language::of(&locale(tag)), expected, "{tag}");
        }
    }

    /// Writes something of every kind, in currencies that CLDR names in many ways.
    fn written(locale: &Locale) -> Vec<String> {
        let formats = ReaderFormats::new(locale);
        let currencies = "AED ARS AUD BRL CAD CHF CLP CNY COP DZD EGP EUR GBP HKD IDR INR JPY KWD \
            MAD MOP MXN NZD PEN SAR SGD TRY TWD USD UYU VES ZAR XAF";
        let amount = MinorUnits::new(123_456_789).unwrap();
        let money = currencies.split_whitespace().flat_map(|code| {
            let money = Money::new(amount, Currency::parse(code).unwrap());
            [CurrencyName::Symbol, CurrencyName::Code].map(|name| formats.money(money, name))
        });
        let days = (1..=12).flat_map(|month| {
            let day = Date::new(2026, month, 28).unwrap();
            [formats.day(day, day), formats.day(day, Date::MIN)]
        });
        money.chain(days).chain([formats.percent(20)]).collect()
    }

    #[test]
    fn no_region_writes_as_no_listed_reader_does() {
        for language in Language::ALL {
            let listed: BTreeSet<_> = language.readers().iter().map(written).collect();
            let base = language.readers().first().unwrap().as_str().to_owned();
            // one of seven regions, in turn, so that the test stays quick
            let letters = || ('A'..='Z').enumerate();
            let all = letters().flat_map(|(row, one)| {
                letters().filter(move |(at, _)| (row + at) % 7 == 0).map(move |(_, two)| [one, two])
            });
            for region in all.map(String::from_iter) {
                let Ok(reader) = Locale::parse(&format!("{base}-{region}")) else { continue };
                if Language::of(&reader).is_some_and(|of| of.tag().get(..2) == base.get(..2)) {
                    assert!(listed.contains(&written(&reader)), "{}", reader.as_str());
                }
            }
        }
    }
}
