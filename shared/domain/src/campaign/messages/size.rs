//! The worst-case length of a message: the same templates with the longest names that a customer
//! can have, the longest form that the offer and the days take for any reader of the template, and
//! the longest brand and link that a deployment can have.
//!
//! The result is compared with the providers' limits when a campaign is saved, so that no
//! customer's message is refused for its length when it is too late to change it. This module reads
//! messages and returns errors that name the template; it also gives the worst case of one SMS and
//! of one push.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use jiff::civil::Date;

use super::{
    CLIPPED_AT, CompiledMessages, EmailTemplate, LocaleMessages, Messages, PushTemplate,
    push::{MAX_PAYLOAD_BYTES, MAX_TIME_TO_LIVE, PushPayload},
    render::{CompiledSms, MessageVariables, RenderedMessage},
    sms::{self, SmsSegments},
    template_language::{EscapeMode, MessageTemplate},
    way_out::WayOut,
    wording::{Typesetting, Wording},
};
use crate::{
    campaign::{
        brand::{BrandSettings, MAX_LOGO_URL, MAX_POSTAL_ADDRESS, MAX_SUPPORT},
        offer::Offer,
    },
    customer::profile::MAX_NAME_BYTES,
    kernel::{
        channel::Channel,
        language::Language,
        locale::Locale,
        money::{Currency, MinorUnits, Money},
        short_code::VOUCHER_CODE_LENGTH,
        validation::{FieldError, child_pointer},
    },
};

/// Maximum length of one SMS publish in characters (SNS, "Publishing to a mobile phone"). SNS
/// refuses more.
pub const MAX_SMS_CHARACTERS: usize = 1_600;
/// Maximum length of the brand's name in characters. template.yaml refuses more.
pub const MAX_BRAND_NAME: usize = 60;
/// Maximum size of the short links' base URL in bytes: the API's address with `/l` or `/u`.
/// template.yaml refuses a longer one.
pub const MAX_LINK_BASE: usize = 80;

/// Returns names that make a message longest, each in its own way. None is longer than a name may
/// be.
fn longest_names() -> [String; 3] {
    [
        // One letter that GSM 7-bit lacks makes the whole SMS UCS-2.
        format!("Ł{}", "x".repeat(MAX_NAME_BYTES - "Ł".len())),
        // Each quote takes two bytes in JSON.
        "\"".repeat(MAX_NAME_BYTES),
        // Each letter becomes three letters of two bytes each in upper case.
        "ΐ".repeat(MAX_NAME_BYTES / "ΐ".len()),
    ]
}

impl MessageVariables {
    /// Returns these variables with the longest names, and with each name missing, because a
    /// default or a branch may be longer still.
    fn longest_variants(&self) -> Vec<MessageVariables> {
        let mut all = Vec::new();
        for name in longest_names() {
            for (first, last) in [(true, true), (true, false), (false, true), (false, false)] {
                let filled = |is: bool| is.then(|| name.clone());
                all.push(MessageVariables {
                    first_name: filled(first),
                    last_name: filled(last),
                    ..self.clone()
                });
            }
        }
        all
    }

    /// Returns variables with the longest brand and link that a deployment can have.
    fn with_longest_brand(self, campaign: &str) -> Self {
        Self {
            campaign_name: campaign.to_owned(),
            voucher_link: "x".repeat(MAX_LINK_BASE + 1 + VOUCHER_CODE_LENGTH),
            brand: "ΐ".repeat(MAX_BRAND_NAME),
            ..self
        }
    }
}

/// Returns the segments of an SMS of `locale` for the customer who needs most, or `None` if its
/// template does not compile. Names, offer and days of `variables` are replaced by longest ones.
pub fn worst_sms_segments(
    source: &str,
    locale: &Locale,
    offer: &Offer,
    variables: &MessageVariables,
) -> Option<SmsSegments> {
    let sms = compile_sms(source)?;
    let longest = longest_in_sms(variables.clone(), locale, offer);
    let texts =
        longest.longest_variants().into_iter().filter_map(|variables| sms.text(&variables).ok());
    texts.map(|text| sms::most_segments(&text)).max_by_key(|segments| segments.count)
}

fn compile_sms(source: &str) -> Option<CompiledSms> {
    MessageTemplate::new(source, EscapeMode::No).ok().map(CompiledSms::new)
}

/// Returns the number of segments of an SMS of `locale` with names of a usual length, the longest
/// form of offer and days, and a reply as the way out.
pub(super) fn usual_sms_segments(source: &str, locale: &Locale, offer: &Offer) -> Option<u32> {
    let sms = compile_sms(source)?;
    let usual = longest_in_sms(MessageVariables::sample(), locale, offer);
    let way_out = WayOut::Reply { number: None }.text(message_language(locale));
    let usual = MessageVariables { way_out, ..usual };
    Some(sms::count_segments(&sms.text(&usual).ok()?).count)
}

/// Returns the size in bytes of a push of `locale` for the customer who needs most, or `None` if it
/// does not compile.
pub fn worst_push_bytes(
    push: &PushTemplate,
    locale: &Locale,
    offer: &Offer,
    variables: &MessageVariables,
) -> Option<usize> {
    let compiled = only_message(
        locale,
        LocaleMessages { push: Some(push.clone()), ..LocaleMessages::default() },
    )?;
    let longest = longest_in_push(variables.clone(), locale, offer);
    let bytes = |variables: &MessageVariables| match compiled
        .render(Channel::Push, Some(locale), variables)
        .ok()?
    {
        RenderedMessage::Push { title, body, extras } => {
            let voucher = &variables.voucher_id;
            let payload = PushPayload::new((&title, &body), &extras, voucher, MAX_TIME_TO_LIVE);
            Some(payload.largest_bytes())
        }
        RenderedMessage::Sms { .. } | RenderedMessage::Email { .. } => None,
    };
    longest.longest_variants().iter().filter_map(bytes).max()
}

/// Returns the size in bytes of the HTML of an e-mail made of blocks, for the customer and the brand
/// who need most, or `None` if it does not compile.
fn worst_email_bytes(
    email: &EmailTemplate,
    locale: &Locale,
    offer: &Offer,
    variables: &MessageVariables,
) -> Option<usize> {
    let compiled = only_message(
        locale,
        LocaleMessages { email: Some(email.clone()), ..LocaleMessages::default() },
    )?;
    let (brand, link) = (longest_brand(), "x".repeat(MAX_LINK_BASE * 4));
    let longest = longest_in_push(variables.clone(), locale, offer);
    let bytes = |variables: &MessageVariables| match compiled
        .render_framed(locale, variables, &brand, &link)
        .ok()?
    {
        RenderedMessage::Email { html, .. } => Some(html.len()),
        RenderedMessage::Sms { .. } | RenderedMessage::Push { .. } => None,
    };
    longest.longest_variants().iter().filter_map(bytes).max()
}

fn only_message(locale: &Locale, templates: LocaleMessages) -> Option<CompiledMessages> {
    let messages = Messages {
        default_locale: locale.clone(),
        locales: BTreeMap::from([(locale.clone(), templates)]),
    };
    CompiledMessages::new(&messages).ok()
}

/// Returns the settings that make an e-mail longest: every quote takes six bytes in HTML.
fn longest_brand() -> BrandSettings {
    let url = || Some(format!("https://a.b/{}", "&".repeat(MAX_LOGO_URL - "https://a.b/".len())));
    BrandSettings {
        logo_url: url(),
        logo_dark_url: url(),
        color: Some("#0a7d4b".to_owned()),
        background_color: Some("#f4f1ea".to_owned()),
        postal_address: Some("\"".repeat(MAX_POSTAL_ADDRESS)),
        support: Some("\"".repeat(MAX_SUPPORT)),
        ..BrandSettings::default()
    }
}

/// Returns an error for each message that passes `check` but is too long for some customer.
/// Templates that do not compile are left to `check`.
pub(super) fn check_message_sizes(
    messages: &Messages,
    offer: &Offer,
    campaign: &str,
) -> Vec<FieldError> {
    let longest = MessageVariables::sample().with_longest_brand(campaign);
    let mut errors = Vec::new();
    for (locale, templates) in &messages.locales {
        if let Some(sms) = &templates.sms {
            let longest = longest_in_sms(longest.clone(), locale, offer);
            errors.extend(check_sms_size(locale, &sms.text, &longest));
        }
        if let Some(email) = &templates.email
            && email.blocks.is_some()
            && let Some(bytes) = worst_email_bytes(email, locale, offer, &longest)
            && bytes > CLIPPED_AT
        {
            let detail = format!(
                "{bytes} bytes of HTML with the longest names, brand and link; common mail programs clip what is over {CLIPPED_AT}"
            );
            errors.push(FieldError::new(
                template_pointer(locale, "email/blocks"),
                "too_large",
                detail,
            ));
        }
        if let Some(push) = &templates.push
            && let Some(bytes) = worst_push_bytes(push, locale, offer, &longest)
            && bytes > MAX_PAYLOAD_BYTES
        {
            let detail = format!(
                "{bytes} bytes with the longest names, brand and link; phones take pushes of at most {MAX_PAYLOAD_BYTES}"
            );
            errors.push(FieldError::new(
                template_pointer(locale, "push/body"),
                "too_large",
                detail,
            ));
        }
    }
    errors
}

fn check_sms_size(locale: &Locale, source: &str, longest: &MessageVariables) -> Option<FieldError> {
    let sms = compile_sms(source)?;
    let characters = |variables: &MessageVariables| Some(sms.text(variables).ok()?.chars().count());
    let most = longest.longest_variants().iter().filter_map(characters).max()?;
    if most > MAX_SMS_CHARACTERS {
        let detail = format!(
            "{most} characters with the longest names, brand and link; an SMS has at most {MAX_SMS_CHARACTERS}"
        );
        return Some(FieldError::new(template_pointer(locale, "sms/text"), "too_large", detail));
    }
    // The cost is checked with a name of usual length and the longest link.
    let sample = MessageVariables::sample();
    let usual = MessageVariables {
        brand: sample.brand,
        campaign_name: sample.campaign_name,
        ..longest.clone()
    };
    let count = sms::count_segments(&sms.text(&usual).ok()?).count;
    (count > super::MAX_SEGMENTS).then(|| {
        let detail =
            format!("{count} segments with the longest links, at most {}", super::MAX_SEGMENTS);
        FieldError::new(template_pointer(locale, "sms/text"), "too_large", detail)
    })
}

/// Replaces offer and days by forms that take as many segments as the longest for any reader of a
/// template of `locale`.
fn longest_in_sms(variables: MessageVariables, locale: &Locale, offer: &Offer) -> MessageVariables {
    let language = message_language(locale);
    let ways_out = WayOut::longest(MAX_LINK_BASE).map(|way_out| way_out.text(language));
    let variables = MessageVariables { way_out: longest_sms_text(&ways_out), ..variables };
    longest_values(variables, locale, offer, Typesetting::Sms, |texts| longest_sms_text(&texts))
}

fn message_language(locale: &Locale) -> Language {
    Language::of(locale).unwrap_or(Language::English)
}

/// Replaces offer and days by forms that take as many bytes as the longest for any reader of a
/// template of `locale`.
fn longest_in_push(
    variables: MessageVariables,
    locale: &Locale,
    offer: &Offer,
) -> MessageVariables {
    longest_values(variables, locale, offer, Typesetting::Full, |texts| {
        texts.into_iter().max_by_key(String::len).unwrap_or_default()
    })
}

fn longest_values(
    variables: MessageVariables,
    locale: &Locale,
    offer: &Offer,
    setting: Typesetting,
    longest: impl Fn(Vec<String>) -> String,
) -> MessageVariables {
    let made;
    let (readers, days) = match Language::of(locale).and_then(readers_of) {
        Some(known) => (known.distinct(offer.currency()), known.days(setting)),
        None => {
            made = LanguageReaders::new(vec![locale.clone()]);
            (made.distinct(offer.currency()), made.days(setting))
        }
    };
    let value = |text: &dyn Fn(&Wording) -> String| {
        longest(readers.iter().map(|reader| text(reader)).collect())
    };
    let day = longest(days);
    MessageVariables {
        offer: value(&|reader| reader.offer(offer, setting)),
        full_offer: value(&|reader| reader.full_offer(offer, setting)),
        minimum_basket: offer
            .minimum_basket
            .map(|minimum| value(&|reader| reader.money(minimum, setting))),
        accept_by: day.clone(),
        redeem_by: day,
        ..variables
    }
}

/// The words of all who can read templates of one language.
struct LanguageReaders {
    readers: Vec<Arc<Wording>>,
    /// A day of each month as each of them reads it, with the longest number and a year: in full
    /// typesetting, and in that of an SMS.
    days: [Vec<String>; 2],
    /// By currency, the readers of whom no two write the same amounts and percentages.
    distinct: RwLock<BTreeMap<Currency, Arc<Vec<Arc<Wording>>>>>,
}

impl LanguageReaders {
    fn new(locales: Vec<Locale>) -> Self {
        let readers: Vec<_> = locales.iter().map(|locale| Arc::new(Wording::new(locale))).collect();
        let days = [Typesetting::Full, Typesetting::Sms].map(|setting| {
            let all: BTreeSet<String> =
                readers.iter().flat_map(|reader| some_days(reader, setting)).collect();
            all.into_iter().collect()
        });
        Self { readers, days, distinct: RwLock::default() }
    }

    fn days(&self, setting: Typesetting) -> Vec<String> {
        let [full, sms] = &self.days;
        match setting {
            Typesetting::Full => full.clone(),
            Typesetting::Sms => sms.clone(),
        }
    }

    fn distinct(&self, currency: Currency) -> Arc<Vec<Arc<Wording>>> {
        let kept =
            self.distinct.read().unwrap_or_else(PoisonError::into_inner).get(&currency).cloned();
        if let Some(kept) = kept {
            return kept;
        }
        let mut by_amounts = BTreeMap::new();
        for reader in &self.readers {
            by_amounts.entry(some_amounts(reader, currency)).or_insert_with(|| Arc::clone(reader));
        }
        let distinct = Arc::new(by_amounts.into_values().collect::<Vec<_>>());
        let mut kept = self.distinct.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(currency, Arc::clone(&distinct));
        distinct
    }
}

/// Returns the readers of a language: those of the language itself, and of the regions that write
/// something in another way. They are made once.
fn readers_of(language: Language) -> Option<&'static LanguageReaders> {
    static READERS: [OnceLock<LanguageReaders>; Language::ALL.len()] =
        [const { OnceLock::new() }; Language::ALL.len()];
    let place = Language::ALL.iter().position(|it| *it == language)?;
    let readers = READERS.get(place)?;
    Some(readers.get_or_init(|| LanguageReaders::new(language.readers())))
}

fn some_days(reader: &Wording, setting: Typesetting) -> Vec<String> {
    let days = (1..=12).filter_map(|month| Date::new(2026, month, 28).ok());
    days.map(|day| reader.day(day, Date::MIN, setting)).collect()
}

/// Returns amounts with and without decimals, and on both sides of where groups of digits begin.
fn some_amounts(reader: &Wording, currency: Currency) -> Vec<String> {
    let amounts =
        [1, 123_450, 123_456_789_100].into_iter().filter_map(|units| MinorUnits::new(units).ok());
    let settings = [Typesetting::Full, Typesetting::Sms];
    let texts = amounts.flat_map(|amount| {
        settings.map(|setting| reader.money(Money::new(amount, currency), setting))
    });
    texts.chain([reader.percent(20)]).collect()
}

/// Returns a text that takes as many units as the longest of `texts`, in both encodings, and is
/// outside GSM 7-bit if one of them is. It need not be one of them.
fn longest_sms_text(texts: &[String]) -> String {
    let is_plain = |text: &str| sms::characters_outside_gsm7(text).is_empty();
    let septets = |text: &str| if is_plain(text) { sms::count_segments(text).units } else { 0 };
    let most = texts.iter().map(|text| septets(text)).max().unwrap_or_default();
    let longest = texts.iter().max_by_key(|text| text.encode_utf16().count());
    let mut longest = longest.cloned().unwrap_or_default();
    if texts.iter().all(|text| is_plain(text)) {
        let missing = most.saturating_sub(septets(&longest));
        longest.push_str(&"x".repeat(usize::try_from(missing).unwrap_or_default()));
    } else if is_plain(&longest) {
        longest.pop();
        longest.push('Ł');
    }
    longest
}

fn template_pointer(locale: &Locale, part: &str) -> String {
    format!("{}/{part}", child_pointer("/messages/locales", locale.as_str()))
}

#[cfg(test)]
mod tests;
