//! Tests of what customers read, language by language: offers and last days as the variables of a message
//! show them. The golden table beside this file (`localised_messages.txt`) is meant to be read by
//! people who speak the languages; `UPDATE_GOLDEN=1 cargo test -p domain` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use domain::{
    Timestamp,
    campaign::{
        brand::BrandSettings,
        messages::{
            CompiledMessages, MessageFacts, MessageVariables, Messages, RenderedMessage, last_day,
            push::{MAX_TIME_TO_LIVE, PushPayload},
            size, sms,
            way_out::WayOut,
            wording::{Typesetting, Wording},
        },
        offer::Offer,
    },
    customer::profile::Zone,
    kernel::{channel::Channel, language::Language, locale::Locale},
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Every language that the product speaks, in the varieties that differ most, and two that it has
/// only numbers and dates of.
const LOCALES: [&str; 32] = [
    "en",
    "en-GB",
    "en-IN",
    "es",
    "es-419",
    "es-MX",
    "es-AR",
    "pt-BR",
    "pt-PT",
    "fr",
    "fr-CA",
    "fr-CH",
    "de",
    "de-AT",
    "de-CH",
    "it",
    "ar",
    "ar-EG",
    "ar-SA",
    "ar-MA",
    "hi",
    "id",
    "tr",
    "zh",
    "zh-Hans-SG",
    "zh-Hant",
    "zh-HK",
    "en-AU",
    "es-CL",
    "ar-KW",
    "pl",
    "nb",
];

fn money(amount: i64, currency: &str) -> Value {
    json!({"amount": amount, "currency": currency})
}
fn offer(benefit: Value, minimum: Option<Value>) -> Offer {
    let mut offer = json!({"benefit": benefit});
    if let Some(minimum) = minimum {
        offer["minimum_basket"] = minimum;
    }
    serde_json::from_value(offer).unwrap()
}
fn fixed(amount: i64, currency: &str, minimum: Option<i64>) -> Offer {
    offer(
        json!({"fixed_amount": {"amount": money(amount, currency)}}),
        minimum.map(|amount| money(amount, currency)),
    )
}
fn percent(percent: i64, cap: i64, currency: &str, minimum: Option<i64>) -> Offer {
    offer(
        json!({"percent": {"percent": percent, "cap": money(cap, currency)}}),
        minimum.map(|amount| money(amount, currency)),
    )
}
fn delivery(cap: i64, currency: &str, minimum: Option<i64>) -> Offer {
    offer(
        json!({"free_delivery": {"cap": money(cap, currency)}}),
        minimum.map(|amount| money(amount, currency)),
    )
}

fn offers() -> Vec<Offer> {
    vec![
        percent(20, 1_000, "EUR", None),
        percent(20, 1_000, "EUR", Some(3_000)),
        fixed(750, "EUR", None),
        fixed(1_000, "EUR", Some(3_000)),
        delivery(399, "EUR", None),
        delivery(399, "EUR", Some(2_500)),
        fixed(1_234_567, "USD", None),
        fixed(1_500, "JPY", Some(123_456)),
        fixed(1_500, "KWD", None),
        fixed(12_345, "CLF", None),
        fixed(12_345, "UYW", None),
        fixed(12_345, "ALL", None),
        percent(100, 9_900, "MXN", Some(19_900)),
        fixed(5_000_000, "IDR", None),
        fixed(15_000_000, "INR", None),
        fixed(1_000, "BRL", None),
        fixed(9_990, "TRY", None),
    ]
}

/// An end, the zone of its reader, and the moment at which they are told.
const ENDS: [(&str, &str, &str, &str); 9] = [
    ("midnight", "2026-12-04T23:00:00Z", "Europe/Madrid", "2026-11-29T10:00:00Z"),
    ("a second after midnight", "2026-12-04T23:00:01Z", "Europe/Madrid", "2026-11-29T10:00:00Z"),
    ("noon", "2026-12-05T11:00:00Z", "Europe/Madrid", "2026-11-29T10:00:00Z"),
    (
        "the same midnight elsewhere",
        "2026-12-04T23:00:00Z",
        "America/Bogota",
        "2026-11-29T10:00:00Z",
    ),
    (
        "midnight at the change of year",
        "2026-12-31T18:30:00Z",
        "Asia/Kolkata",
        "2026-12-20T10:00:00Z",
    ),
    ("next year", "2027-03-01T10:00:00Z", "Asia/Riyadh", "2026-12-20T10:00:00Z"),
    (
        "the year is new where the reader is",
        "2027-01-09T12:00:00Z",
        "Pacific/Kiritimati",
        "2026-12-31T12:00:00Z",
    ),
    (
        "midnight of the day clocks go forward",
        "2026-03-28T23:00:00Z",
        "Europe/Berlin",
        "2026-03-01T10:00:00Z",
    ),
    (
        "a midnight that clocks skip",
        "2026-09-06T04:00:00Z",
        "America/Santiago",
        "2026-08-01T10:00:00Z",
    ),
];

/// Writes the spaces and marks that nobody sees so that a reader of the table does.
fn shown(text: &str) -> String {
    let visible = |character| match character {
        '\u{a0}' => "⍽".to_owned(),
        '\u{202f}' => "⎵".to_owned(),
        '\u{200e}' => "⟨LRM⟩".to_owned(),
        '\u{200f}' => "⟨RLM⟩".to_owned(),
        '\u{61c}' => "⟨ALM⟩".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(visible).collect()
}

fn table() -> String {
    let mut table = String::from(
        "Offers and last days as messages show them; ⍽ is a no-break space, ⎵ a narrow one.\n\
         What differs in an SMS is in a line of its own.\n",
    );
    for tag in LOCALES {
        let wording = Wording::new(&Locale::parse(tag).unwrap());
        writeln!(table, "\n{tag}").unwrap();
        for offer in offers() {
            let full = wording.full_offer(&offer, Typesetting::Full);
            writeln!(table, "    {}", shown(&full)).unwrap();
            let in_sms = wording.full_offer(&offer, Typesetting::Sms);
            let plain = full.replace(['\u{a0}', '\u{202f}'], " ");
            if in_sms != plain {
                writeln!(table, "      SMS: {}", shown(&in_sms)).unwrap();
            }
        }
        for (name, end, zone, now) in ENDS {
            let (end, now): (Timestamp, Timestamp) = (end.parse().unwrap(), now.parse().unwrap());
            let zone = Zone::parse(zone).unwrap();
            let day = wording.day(last_day(&zone, end), zone.local_day(now), Typesetting::Full);
            writeln!(table, "    {}  ({name})", shown(&day)).unwrap();
        }
    }
    table
}

#[test]
fn the_golden_table_is_what_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/localised_messages.txt");
    let written = table();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    for (line, (expected, found)) in golden.lines().zip(written.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {}", line + 1, path.display());
    }
    assert_eq!(golden.len(), written.len());
}

/// The words of an offer, without what is filled in.
fn words(text: &str) -> String {
    text.chars().filter(|character| character.is_alphabetic()).collect()
}

#[test]
fn every_language_has_words_of_its_own_for_every_offer() {
    for offer in offers() {
        for setting in [Typesetting::Full, Typesetting::Sms] {
            let texts: Vec<String> = Language::ALL
                .iter()
                .filter(|language| **language != Language::PortugueseOfPortugal)
                .map(|language| Wording::new(&Locale::parse(language.tag()).unwrap()))
                .map(|wording| words(&wording.full_offer(&offer, setting)))
                .collect();
            let distinct: BTreeSet<&String> = texts.iter().collect();
            assert_eq!(distinct.len(), texts.len(), "{texts:?}");
            assert!(texts.iter().all(|text| !text.is_empty()), "{texts:?}");
        }
    }
}

/// Languages of which an offer in euros keeps to the cheap alphabet.
#[test]
fn an_offer_in_latin_letters_takes_one_cheap_segment() {
    for tag in ["en", "es", "es-AR", "pt-BR", "pt-PT", "fr", "de", "de-CH", "it", "id"] {
        let wording = Wording::new(&Locale::parse(tag).unwrap());
        for offer in offers().iter().take(6) {
            let text = wording.full_offer(offer, Typesetting::Sms);
            assert!(sms::characters_outside_gsm7(&text).is_empty(), "{tag}: {text}");
        }
    }
}

fn facts<'a>(offer: &'a Offer, day: &str) -> MessageFacts<'a> {
    let day = day.parse().unwrap();
    MessageFacts {
        offer,
        voucher_id: "vch_7K3M9QWE2RTY5N8PADFG".into(),
        voucher_link: "https://go.example.com/l/EXAMPLE0000000000000".into(),
        way_out: WayOut::Nothing,
        accept_by: day,
        redeem_by: day,
        today: "2026-11-29".parse().unwrap(),
        campaign_name: "Spring",
        brand: "Marketplace",
        first_name: Some("Ana"),
        last_name: None,
    }
}

fn messages(tag: &str, template: &str) -> Messages {
    serde_json::from_value(json!({"default_locale": tag, "locales": {tag: {
        "sms": {"text": template},
        "push": {"title": "{{ brand }}", "body": template},
        "email": {"subject": template, "html": format!("<p>{template}</p>"), "text": template},
    }}}))
    .unwrap()
}

const TEMPLATE: &str = "{{ first_name | default('x') }} {{ offer }} {{ full_offer }} \
    {{ minimum_basket | default('-') }} {{ accept_by }} {{ redeem_by }}: {{ voucher_link }}";

fn sms_text(messages: &Messages, reader: &str, facts: &MessageFacts<'_>) -> String {
    let compiled = CompiledMessages::new(messages).unwrap();
    let reader = Locale::parse(reader).unwrap();
    let brand = BrandSettings::default();
    let composed = compiled.compose(Channel::Sms, Some(&reader), facts, &brand, None).unwrap();
    match composed.rendered {
        RenderedMessage::Sms { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_sms_ends_with_its_way_out_in_its_own_language_unless_the_author_has_placed_it() {
    let offer = fixed(1_000, "EUR", None);
    let link = WayOut::Link("https://a.b/u/1".into());
    let reply = WayOut::Reply { number: None };
    for (template, text, way_out, expected) in [
        ("es", "{{ offer }}", &reply, "10 € de descuento\nBaja: responde STOP"),
        ("de", "{{ offer }}  ", &link, "10 € Rabatt\nAbmelden: https://a.b/u/1"),
        ("pl", "{{ brand }}", &reply, "Marketplace\nReply STOP to end"),
        ("en", "{{ way_out }} / {{ offer }}", &reply, "Reply STOP to end / €10 off"),
        (
            "en",
            "{% if last_name %}{{ way_out }}{% endif %}{{ offer }}",
            &reply,
            "€10 off\nReply STOP to end",
        ),
        ("en", "{{ offer }}{{ way_out }}", &WayOut::Nothing, "€10 off"),
        ("en", "{{ offer }}", &WayOut::Nothing, "€10 off"),
    ] {
        let facts = MessageFacts { way_out: way_out.clone(), ..facts(&offer, "2026-12-04") };
        assert_eq!(sms_text(&messages_of_sms(template, text), template, &facts), expected);
    }
}

fn messages_of_sms(tag: &str, text: &str) -> Messages {
    let messages = json!({"default_locale": tag, "locales": {tag: {"sms": {"text": text}}}});
    serde_json::from_value(messages).unwrap()
}

#[test]
fn only_an_sms_names_its_way_out() {
    for (channel, template) in [
        ("push", json!({"title": "Hi", "body": "{{ way_out }}"})),
        ("email", json!({"subject": "{{ way_out }}", "html": "x", "text": "x"})),
    ] {
        let messages: Messages = serde_json::from_value(
            json!({"default_locale": "en", "locales": {"en": {channel: template}}}),
        )
        .unwrap();
        let errors = messages.check(&[]);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors.first().unwrap().code, "not_for_this_channel");
    }
    assert_eq!(messages_of_sms("en", "{{ offer }} {{ way_out }}").check(&[]), []);
    assert_eq!(messages_of_sms("en", "{{ way_out }}").check(&[]).first().unwrap().code, "empty");
}

#[test]
fn values_are_in_the_language_of_the_sentence_around_them() {
    let offer = fixed(1_000, "EUR", Some(3_000));
    let facts = facts(&offer, "2026-12-04");
    for (template, reader, expected) in [
        // one language: the reader's own numbers and days
        ("es", "es-MX", "€10 de descuento, 4 de diciembre"),
        ("es", "es", "10 € de descuento, 4 de diciembre"),
        ("en", "en-GB", "€10 off, 4 December"),
        ("en", "en-US", "€10 off, December 4"),
        ("en-US", "en-IE", "€10 off, 4 December"),
        ("ar", "ar-EG", "خصم \u{200f}١٠ €, ٤ ديسمبر"),
        // the default, in a language that the reader's is not
        ("en", "es-ES", "€10 off, December 4"),
        ("de", "zh-TW", "10 € Rabatt, 4. Dezember"),
        ("zh", "zh-TW", "立减€10, 12月4日"),
        ("zh-TW", "zh-CN", "現折€10, 12月4日"),
    ] {
        let messages = messages(template, "{{ offer }}, {{ redeem_by }}");
        assert_eq!(sms_text(&messages, reader, &facts), expected, "{reader} reads {template}");
    }
}

#[test]
fn an_email_is_read_in_the_direction_of_its_language() {
    let offer = percent(20, 1_000, "EUR", None);
    let facts = facts(&offer, "2026-12-04");
    let composed = |template: &str, reader: Option<&str>| {
        let compiled = CompiledMessages::new(&messages(template, "{{ offer }}")).unwrap();
        let reader = reader.map(|tag| Locale::parse(tag).unwrap());
        let brand = BrandSettings::default();
        let composed = compiled.compose(Channel::Email, reader.as_ref(), &facts, &brand, Some("l"));
        match composed.unwrap().rendered {
            RenderedMessage::Email { html, .. } => html,
            other => panic!("{other:?}"),
        }
    };
    let arabic = composed("ar", Some("ar-AE"));
    assert!(arabic.starts_with("<div dir=\"rtl\"><p>خصم"), "{arabic}");
    assert!(arabic.contains("<p lang=\"ar\" dir=\"rtl\""), "{arabic}");
    let english = composed("en", Some("en"));
    assert!(english.starts_with("<p>20% off") && english.contains("lang=\"en\" dir=\"ltr\""));
    // The way out speaks to the reader; without a known language it is that of the message.
    assert!(composed("en", Some("ar")).contains("<p lang=\"ar\" dir=\"rtl\""));
    assert!(composed("es", None).contains("No quiero más ofertas"));
    assert!(composed("es", Some("pl")).contains("No quiero más ofertas"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whoever reads a template, whatever the offer and the day: the estimate is not exceeded.
    #[test]
    fn no_reader_gets_more_segments_or_bytes_than_the_estimate(
        template in prop::sample::select(vec!["en", "es", "es-MX", "pt", "pt-PT", "fr", "de", "it", "ar", "hi", "id", "tr", "zh", "zh-TW", "pl"]),
        region in "[A-Z]{2}", amount in 1i64..10_000_000_000, minimum in prop::option::of(1i64..10_000_000_000),
        currency in prop::sample::select(vec!["EUR", "USD", "JPY", "KWD", "CLF", "INR", "PLN", "SAR", "MXN", "XAF", "TRY", "UYW"]),
        kind in 0..3, year in 2026i16..2028, ordinal in 1i16..365,
    ) {
        let offer = match kind {
            0 => fixed(amount, currency, minimum),
            1 => percent(amount % 100 + 1, amount, currency, minimum),
            _ => delivery(amount, currency, minimum),
        };
        let day = domain::Date::new(year, 1, 1).unwrap().with().day_of_year(ordinal).build().unwrap();
        let facts = MessageFacts { accept_by: day, redeem_by: day, ..facts(&offer, "2026-12-01") };
        let messages = messages(template, TEMPLATE);
        let compiled = CompiledMessages::new(&messages).unwrap();
        let locale = Locale::parse(template).unwrap();
        let reader = Locale::parse(&format!("{}-{region}", template.split('-').next().unwrap())).ok();
        let brand = BrandSettings::default();
        let sent = |channel| compiled.compose(channel, reader.as_ref(), &facts, &brand, None).unwrap();
        let values = MessageVariables { brand: "Marketplace".into(), ..sent(Channel::Sms).variables };
        prop_assert!(values.filled().all(|(name, value)| name == "way_out" || !value.trim().is_empty()));
        if let RenderedMessage::Sms { segments, text } = sent(Channel::Sms).rendered {
            let worst = size::worst_sms_segments(TEMPLATE, &locale, &offer, &values).unwrap();
            prop_assert!(segments.count <= worst.count, "{:?} of {:?}: {}", segments, worst, text);
        }
        if let RenderedMessage::Push { title, body, extras } = sent(Channel::Push).rendered {
            let words = (title.as_str(), body.as_str());
            let bytes = PushPayload::new(words, &extras, &values.voucher_id, MAX_TIME_TO_LIVE).largest_bytes();
            let push = messages.locales.get(&locale).unwrap().push.clone().unwrap();
            let worst = size::worst_push_bytes(&push, &locale, &offer, &values).unwrap();
            prop_assert!(bytes <= worst, "{} of {}: {}", bytes, worst, body);
        }
    }

    /// A day that is named has a moment before the end, and the day after has none.
    #[test]
    fn the_last_day_is_the_last_on_which_it_works(
        second in 1_700_000_000i64..2_000_000_000, at_midnight in any::<bool>(),
        zone in prop::sample::select(vec!["UTC", "Europe/Madrid", "America/Santiago", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo", "America/St_Johns"]),
    ) {
        let zone = Zone::parse(zone).unwrap();
        let mut end = Timestamp::from_second(second).unwrap();
        if at_midnight {
            end = zone.local_day(end).to_zoned(zone.time_zone()).unwrap().timestamp();
        }
        let last = last_day(&zone, end);
        let start_of = |day: domain::Date| day.to_zoned(zone.time_zone()).unwrap().timestamp();
        prop_assert!(start_of(last) < end);
        prop_assert!(end <= start_of(last.tomorrow().unwrap()));
        prop_assert!(!at_midnight || last < zone.local_day(end));
    }
}
