//! The words for an offer in a reader's language: one complete sentence per kind of benefit, with
//! amounts, percentages and days in the reader's formats.
//!
//! It reads an offer. After it: the variables of messages, previews, and the wallet.
//!
//! Guarantees: every sentence names everything that bounds the benefit; in an SMS a value keeps to
//! the alphabet that takes half the segments, where the language has one.

use std::{borrow::Cow, sync::OnceLock};

use jiff::civil::Date;

use super::sms::characters_outside_gsm7;
use crate::{
    campaign::offer::{Benefit, Offer},
    kernel::{
        language::Language,
        locale::Locale,
        money::Money,
        reader_formats::{CurrencyName, ReaderFormats},
    },
};

/// Where a value is going to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typesetting {
    /// With all characters of the language: e-mail, push, wallet.
    Full,
    /// With plain spaces, and with currency codes where a symbol alone would make the SMS UCS-2.
    Sms,
}

const MINIMUM: &str = "{minimum}";

/// The words and formats of one reader.
#[derive(Debug)]
pub struct Wording {
    language: Option<Language>,
    formats: ReaderFormats,
    /// The texts of the first offer that was asked for. A campaign has one.
    first: OnceLock<(OfferKey, OfferTexts)>,
}

/// All that the texts of an offer depend on.
type OfferKey = (Benefit, Option<Money>, Typesetting);

/// The texts of an offer that messages show.
#[derive(Debug, Clone)]
pub struct OfferTexts {
    pub offer: String,
    pub full_offer: String,
    pub minimum_basket: Option<String>,
}

/// The sentences of one language. The braces are filled with formatted values.
struct OfferSentences {
    amount: &'static str,
    percent: &'static str,
    delivery: &'static str,
    amount_from: &'static str,
    percent_from: &'static str,
    delivery_from: &'static str,
}

impl Wording {
    pub fn new(locale: &Locale) -> Self {
        Self {
            language: Language::of(locale),
            formats: ReaderFormats::new(locale),
            first: OnceLock::new(),
        }
    }

    /// Returns true if the product has words in the reader's language. Others read English ones,
    /// with their own numbers and dates.
    pub fn is_spoken(&self) -> bool {
        self.language.is_some()
    }

    /// Returns the texts of an offer. Those of the first one are kept, for all messages of its
    /// campaign.
    pub fn offer_texts(&self, offer: &Offer, setting: Typesetting) -> Cow<'_, OfferTexts> {
        let key = (offer.benefit, offer.minimum_basket, setting);
        let new = || OfferTexts {
            offer: self.offer(offer, setting),
            full_offer: self.full_offer(offer, setting),
            minimum_basket: offer.minimum_basket.map(|minimum| self.money(minimum, setting)),
        };
        let (first, texts) = self.first.get_or_init(|| (key, new()));
        if *first == key { Cow::Borrowed(texts) } else { Cow::Owned(new()) }
    }

    /// Formats the benefit: `20% off, up to €10`.
    pub fn offer(&self, offer: &Offer, setting: Typesetting) -> String {
        let sentences = self.sentences();
        let sentence = match offer.benefit {
            Benefit::FixedAmount { .. } => sentences.amount,
            Benefit::Percent { .. } => sentences.percent,
            Benefit::FreeDelivery { .. } => sentences.delivery,
        };
        self.fill(sentence, offer, setting)
    }

    /// Formats the benefit with its minimum basket: `20% off, up to €10, on orders from €30`. It is
    /// the benefit alone if there is no minimum.
    pub fn full_offer(&self, offer: &Offer, setting: Typesetting) -> String {
        if offer.minimum_basket.is_none() {
            return self.offer(offer, setting);
        }
        let sentences = self.sentences();
        let sentence = match offer.benefit {
            Benefit::FixedAmount { .. } => sentences.amount_from,
            Benefit::Percent { .. } => sentences.percent_from,
            Benefit::FreeDelivery { .. } => sentences.delivery_from,
        };
        self.fill(sentence, offer, setting)
    }

    pub fn money(&self, money: Money, setting: Typesetting) -> String {
        typeset(setting, |name| self.formats.money(money, name))
    }

    pub fn percent(&self, percent: u8) -> String {
        self.formats.percent(percent)
    }

    /// Formats a day, with its year only if that is not this year: `4 de diciembre`.
    pub fn day(&self, day: Date, today: Date, setting: Typesetting) -> String {
        typeset(setting, |_| self.formats.day(day, today))
    }

    fn sentences(&self) -> OfferSentences {
        sentences(self.language.unwrap_or(Language::English))
    }

    fn fill(&self, sentence: &str, offer: &Offer, setting: Typesetting) -> String {
        let percent = match offer.benefit {
            Benefit::Percent { percent, .. } => self.formats.percent(percent.whole()),
            Benefit::FixedAmount { .. } | Benefit::FreeDelivery { .. } => String::new(),
        };
        typeset(setting, |name| {
            let most = self.formats.money(offer.benefit.max_value(), name);
            let minimum = offer.minimum_basket.filter(|_| sentence.contains(MINIMUM));
            let minimum = minimum.map(|minimum| self.formats.money(minimum, name));
            sentence
                .replace("{percent}", &percent)
                .replace("{amount}", &most)
                .replace("{cap}", &most)
                .replace(MINIMUM, &minimum.unwrap_or_default())
        })
    }
}

fn typeset(setting: Typesetting, write: impl Fn(CurrencyName) -> String) -> String {
    let full = write(CurrencyName::Symbol);
    if setting == Typesetting::Full {
        return full;
    }
    let plain = plain_spaces(&full);
    if is_gsm7(&plain) {
        return plain;
    }
    let with_code = plain_spaces(&write(CurrencyName::Code));
    if is_gsm7(&with_code) { with_code } else { plain }
}

fn is_gsm7(text: &str) -> bool {
    characters_outside_gsm7(text).is_empty()
}

/// Replaces the spaces of typesetters, which GSM 7-bit lacks, by the one that it has.
fn plain_spaces(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ").replace('\u{2019}', "'")
}

/// The sentences, as the trade says them. Letters outside GSM 7-bit are avoided where the language
/// has another word: one `á` doubles the price of an SMS.
fn sentences(language: Language) -> OfferSentences {
    match language {
        Language::Arabic => ARABIC,
        Language::ChineseSimplified => CHINESE_SIMPLIFIED,
        Language::ChineseTraditional => CHINESE_TRADITIONAL,
        Language::English => ENGLISH,
        Language::French => FRENCH,
        Language::German => GERMAN,
        Language::Hindi => HINDI,
        Language::Indonesian => INDONESIAN,
        Language::Italian => ITALIAN,
        Language::PortugueseOfBrazil => PORTUGUESE_OF_BRAZIL,
        Language::PortugueseOfPortugal => PORTUGUESE_OF_PORTUGAL,
        Language::Spanish => SPANISH,
        Language::Turkish => TURKISH,
    }
}

const ARABIC: OfferSentences = OfferSentences {
    amount: "خصم {amount}",
    percent: "خصم {percent} بحد أقصى {cap}",
    delivery: "توصيل مجاني بحد أقصى {cap}",
    amount_from: "خصم {amount} على الطلبات بقيمة {minimum} أو أكثر",
    percent_from: "خصم {percent} بحد أقصى {cap} على الطلبات بقيمة {minimum} أو أكثر",
    delivery_from: "توصيل مجاني بحد أقصى {cap} على الطلبات بقيمة {minimum} أو أكثر",
};
const CHINESE_SIMPLIFIED: OfferSentences = OfferSentences {
    amount: "立减{amount}",
    percent: "立减{percent}，最高减{cap}",
    delivery: "免配送费，最高减{cap}",
    amount_from: "满{minimum}减{amount}",
    percent_from: "满{minimum}立减{percent}，最高减{cap}",
    delivery_from: "满{minimum}免配送费，最高减{cap}",
};
const CHINESE_TRADITIONAL: OfferSentences = OfferSentences {
    amount: "現折{amount}",
    percent: "現折{percent}，最高折抵{cap}",
    delivery: "免運費，最高折抵{cap}",
    amount_from: "滿{minimum}現折{amount}",
    percent_from: "滿{minimum}現折{percent}，最高折抵{cap}",
    delivery_from: "滿{minimum}免運費，最高折抵{cap}",
};
const ENGLISH: OfferSentences = OfferSentences {
    amount: "{amount} off",
    percent: "{percent} off, up to {cap}",
    delivery: "Free delivery, up to {cap}",
    amount_from: "{amount} off orders from {minimum}",
    percent_from: "{percent} off, up to {cap}, on orders from {minimum}",
    delivery_from: "Free delivery, up to {cap}, on orders from {minimum}",
};
const FRENCH: OfferSentences = OfferSentences {
    amount: "{amount} de remise",
    percent: "{percent} de remise, jusqu'à {cap}",
    delivery: "Livraison offerte, jusqu'à {cap}",
    amount_from: "{amount} de remise dès {minimum} d'achat",
    percent_from: "{percent} de remise, jusqu'à {cap}, dès {minimum} d'achat",
    delivery_from: "Livraison offerte, jusqu'à {cap}, dès {minimum} d'achat",
};
const GERMAN: OfferSentences = OfferSentences {
    amount: "{amount} Rabatt",
    percent: "{percent} Rabatt, bis zu {cap}",
    delivery: "Kostenlose Lieferung, bis zu {cap}",
    amount_from: "{amount} Rabatt ab {minimum} Bestellwert",
    percent_from: "{percent} Rabatt, bis zu {cap}, ab {minimum} Bestellwert",
    delivery_from: "Kostenlose Lieferung, bis zu {cap}, ab {minimum} Bestellwert",
};
const HINDI: OfferSentences = OfferSentences {
    amount: "{amount} की छूट",
    percent: "{percent} की छूट, अधिकतम {cap}",
    delivery: "मुफ़्त डिलीवरी, अधिकतम {cap}",
    amount_from: "{minimum} या ज़्यादा के ऑर्डर पर {amount} की छूट",
    percent_from: "{minimum} या ज़्यादा के ऑर्डर पर {percent} की छूट, अधिकतम {cap}",
    delivery_from: "{minimum} या ज़्यादा के ऑर्डर पर मुफ़्त डिलीवरी, अधिकतम {cap}",
};
const INDONESIAN: OfferSentences = OfferSentences {
    amount: "Diskon {amount}",
    percent: "Diskon {percent}, maksimal {cap}",
    delivery: "Gratis ongkir, maksimal {cap}",
    amount_from: "Diskon {amount}, minimal belanja {minimum}",
    percent_from: "Diskon {percent}, maksimal {cap}, minimal belanja {minimum}",
    delivery_from: "Gratis ongkir, maksimal {cap}, minimal belanja {minimum}",
};
const ITALIAN: OfferSentences = OfferSentences {
    amount: "{amount} di sconto",
    percent: "{percent} di sconto, fino a {cap}",
    delivery: "Consegna gratuita, fino a {cap}",
    amount_from: "{amount} di sconto su ordini da {minimum}",
    percent_from: "{percent} di sconto, fino a {cap}, su ordini da {minimum}",
    delivery_from: "Consegna gratuita, fino a {cap}, su ordini da {minimum}",
};
const PORTUGUESE_OF_BRAZIL: OfferSentences = OfferSentences {
    amount: "{amount} de desconto",
    percent: "{percent} de desconto, até {cap}",
    delivery: "Entrega gratuita, até {cap}",
    amount_from: "{amount} de desconto em pedidos a partir de {minimum}",
    percent_from: "{percent} de desconto, até {cap}, em pedidos a partir de {minimum}",
    delivery_from: "Entrega gratuita, até {cap}, em pedidos a partir de {minimum}",
};
const PORTUGUESE_OF_PORTUGAL: OfferSentences = OfferSentences {
    amount: "{amount} de desconto",
    percent: "{percent} de desconto, até {cap}",
    delivery: "Entrega gratuita, até {cap}",
    amount_from: "{amount} de desconto em encomendas a partir de {minimum}",
    percent_from: "{percent} de desconto, até {cap}, em encomendas a partir de {minimum}",
    delivery_from: "Entrega gratuita, até {cap}, em encomendas a partir de {minimum}",
};
const SPANISH: OfferSentences = OfferSentences {
    amount: "{amount} de descuento",
    percent: "{percent} de descuento, hasta {cap}",
    delivery: "Entrega gratis, hasta {cap}",
    amount_from: "{amount} de descuento en pedidos desde {minimum}",
    percent_from: "{percent} de descuento, hasta {cap}, en pedidos desde {minimum}",
    delivery_from: "Entrega gratis, hasta {cap}, en pedidos desde {minimum}",
};
const TURKISH: OfferSentences = OfferSentences {
    amount: "{amount} indirim",
    percent: "{percent} indirim, en fazla {cap}",
    delivery: "Ücretsiz teslimat, en fazla {cap}",
    amount_from: "{minimum} ve üzeri siparişlerde {amount} indirim",
    percent_from: "{minimum} ve üzeri siparişlerde {percent} indirim, en fazla {cap}",
    delivery_from: "{minimum} ve üzeri siparişlerde ücretsiz teslimat, en fazla {cap}",
};
