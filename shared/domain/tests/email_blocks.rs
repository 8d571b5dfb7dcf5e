//! E-mails made of blocks: what is refused, what both parts say, and how the HTML looks. The golden
//! files in `emails/` are whole e-mails, made to be opened in a browser, in light and in dark mode;
//! `UPDATE_GOLDEN=1 cargo test -p domain` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use domain::{
    campaign::{
        brand::BrandSettings,
        definition::Definition,
        messages::{
            CLIPPED_AT, CompiledMessages, MessageFacts, MessageVariables, Messages,
            RenderedMessage,
            email_blocks::{MAX_BLOCKS, MAX_IMAGE_WIDTH},
            way_out::WayOut,
        },
        offer::Offer,
    },
    kernel::{channel::Channel, language::Language, locale::Locale},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use words::{SAMPLES, SampleWords};

#[path = "samples/words.rs"]
mod words;

fn offer() -> Offer {
    serde_json::from_value(json!({
        "benefit": {"percent": {"percent": 20, "cap": {"amount": 1_000, "currency": "EUR"}}},
        "minimum_basket": {"amount": 2_500, "currency": "EUR"},
    }))
    .unwrap()
}

fn facts<'a>(offer: &'a Offer, first_name: &'a str) -> MessageFacts<'a> {
    MessageFacts {
        offer,
        voucher_id: "vch_7K3M9QWE2RTY5N8PADFG".into(),
        voucher_link: "https://go.example.com/v/vch_7K3M9QWE2RTY5N8PADFG".into(),
        way_out: WayOut::Nothing,
        accept_by: "2026-12-04".parse().unwrap(),
        redeem_by: "2026-12-07".parse().unwrap(),
        today: "2026-11-29".parse().unwrap(),
        campaign_name: "Winter",
        brand: "Marketplace",
        first_name: Some(first_name),
        last_name: None,
    }
}

fn sample(words: &SampleWords) -> Value {
    json!({
        "subject": words.subject,
        "preheader": words.preheader,
        "blocks": [
            {"image": {"url": "https://cdn.example.com/groceries.png?v=2&w=1072", "alt": words.alt, "link": "{{ voucher_link }}"}},
            {"heading": {"text": words.heading}},
            {"text": {"text": format!("{}\n\n{}", words.hello, words.text)}},
            {"voucher": {"text": words.until, "button": words.button}},
            {"divider": {}},
            {"heading": {"text": words.more}},
            {"image": {"url": "https://cdn.example.com/basket.png", "alt": words.alt, "width": 64}},
            {"text": {"text": words.shop}},
            {"button": {"text": words.more, "link": "https://example.com/help?voucher={{ voucher_id }}"}},
        ],
    })
}

fn messages(locale: &str, email: &Value) -> Messages {
    serde_json::from_value(json!({"default_locale": locale, "locales": {locale: {"email": email}}}))
        .unwrap()
}

fn of_blocks(blocks: &Value) -> Messages {
    messages("en", &json!({"subject": "{{ offer }}", "blocks": blocks}))
}

fn brand() -> BrandSettings {
    serde_json::from_value(json!({
        "logo_url": "https://cdn.example.com/logo.png", "logo_dark_url": "https://cdn.example.com/logo-dark.png",
        "color": "#0a7d4b", "background_color": "#f4f1ea",
        "postal_address": "Marketplace Ltd\n1 Example Street, 28001 Madrid", "support": "https://example.com/help",
    }))
    .unwrap()
}

/// Returns both parts as a customer with this name gets them.
fn composed(messages: &Messages, brand: &BrandSettings, name: &str) -> (String, String) {
    let (compiled, offer) = (CompiledMessages::new(messages).unwrap(), offer());
    let reader = messages.default_locale.clone();
    let link = Some("https://api.example.com/u/AbC?x=1&y=2");
    let facts = facts(&offer, name);
    let message = compiled.compose(Channel::Email, Some(&reader), &facts, brand, link).unwrap();
    match message.rendered {
        RenderedMessage::Email { html, text, .. } => (html, text),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_golden(name: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emails").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == content, "{name} is not as it was kept; UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn samples_are_as_they_were_looked_at() {
    for words in &SAMPLES {
        let messages = messages(words.locale, &sample(words));
        assert_eq!(messages.check(&[Channel::Email]), []);
        assert_eq!(messages.check_sizes(&offer(), "Winter"), []);
        let (html, text) = composed(&messages, &brand(), "Ana");
        check_golden(&format!("{}.html", words.locale), &html);
        check_golden(&format!("{}.txt", words.locale), &text);
    }
    // without settings: the brand's name in place of a logo, and colours of our own
    let (html, _) =
        composed(&messages("en", &sample(&SAMPLES[0])), &BrandSettings::default(), "Ana");
    check_golden("en-without-brand.html", &html);
}

/// Returns the SMS and the push of a sample as a phone shows them.
fn on_a_phone(words: &SampleWords) -> Value {
    let sms = json!({"text": words.short});
    let push = json!({"title": words.subject, "body": words.short});
    let messages: Messages = serde_json::from_value(json!({
        "default_locale": words.locale, "locales": {words.locale: {"sms": sms, "push": push}},
    }))
    .unwrap();
    assert_eq!(messages.check(&[Channel::Sms, Channel::Push]), []);
    assert_eq!(messages.check_sizes(&offer(), "Winter"), []);
    let (compiled, offer) = (CompiledMessages::new(&messages).unwrap(), offer());
    let facts = MessageFacts {
        way_out: WayOut::Link("https://go.example.com/u/4Q7M2XKD9TRW5PNH8VBC3YJZ6".into()),
        ..facts(&offer, "Ana")
    };
    let mut shown = json!({});
    for channel in [Channel::Sms, Channel::Push] {
        let reader = Some(&messages.default_locale);
        match compiled.compose(channel, reader, &facts, &brand(), None).unwrap().rendered {
            RenderedMessage::Sms { text, segments } => {
                shown["sms"] = json!({"text": text, "segments": segments.count});
            }
            RenderedMessage::Push { title, body, .. } => {
                shown["push"] = json!({"title": title, "body": body});
            }
            RenderedMessage::Email { .. } => panic!("an e-mail on {channel}"),
        }
    }
    shown
}

#[test]
fn every_language_is_as_it_was_looked_at_on_a_phone() {
    let tags: BTreeSet<&str> = SAMPLES.iter().map(|words| words.locale).collect();
    let spoken: BTreeSet<&str> = Language::ALL.iter().map(|language| language.tag()).collect();
    assert_eq!(tags, spoken, "every language has its sample");
    let phones: Map<String, Value> =
        SAMPLES.iter().map(|words| (words.locale.to_owned(), on_a_phone(words))).collect();
    let content = serde_json::to_string_pretty(&phones).unwrap();
    check_golden("phones.json", &format!("{content}\n"));
}

/// Returns what a mail program could load or open: each address in the HTML, without its query.
fn addresses(html: &str) -> BTreeSet<&str> {
    let starts = html.match_indices("http").map(|(start, _)| html.split_at(start).1);
    let ends = ['"', '\'', ')', '<', '>', ' ', '?', ';'];
    starts
        .map(|rest| rest.split(ends).next().unwrap())
        .filter(|found| found.starts_with("https:") || found.starts_with("http:"))
        .collect()
}

#[test]
fn an_email_names_no_address_but_those_that_were_written() {
    let written = BTreeSet::from([
        // the namespace of XHTML, which is a name and is not loaded
        "http://www.w3.org/1999/xhtml",
        "https://api.example.com/u/AbC",
        "https://cdn.example.com/basket.png",
        "https://cdn.example.com/groceries.png",
        "https://example.com/help",
        "https://go.example.com/v/vch_7K3M9QWE2RTY5N8PADFG",
    ]);
    let of_brand = BTreeSet::from([
        "https://cdn.example.com/logo.png",
        "https://cdn.example.com/logo-dark.png",
    ]);
    for words in &SAMPLES {
        let messages = messages(words.locale, &sample(words));
        for (settings, expected) in [
            (brand(), written.union(&of_brand).copied().collect()),
            (BrandSettings::default(), written.clone()),
        ] {
            let (html, _) = composed(&messages, &settings, "Ana");
            assert_eq!(addresses(&html), expected, "{}", words.locale);
            for loads in
                ["@import", "@font-face", "url(", "<link", "<script", "<iframe", "src=\"//"]
            {
                assert!(!html.contains(loads), "{loads} in {}", words.locale);
            }
        }
    }
}

#[test]
fn an_email_follows_the_readers_direction_and_dark_mode() {
    for (words, direction, side) in [(&SAMPLES[0], "ltr", "left"), (&SAMPLES[2], "rtl", "right")] {
        let (html, _) = composed(&messages(words.locale, &sample(words)), &brand(), "Ana");
        let opening = format!("<html lang=\"{}\" dir=\"{direction}\"", words.locale);
        assert!(html.contains(&opening), "{html}");
        let (other, other_side) =
            if direction == "ltr" { ("rtl", "right") } else { ("ltr", "left") };
        assert!(!html.contains(&format!("direction:{other}")), "{other} in {}", words.locale);
        // the layout's columns are set left in every language; their texts are not
        let texts = html.replace("text-align:left;direction:", "direction:");
        assert!(!texts.contains(&format!("text-align:{other_side}")), "{}", words.locale);
        assert!(html.contains(&format!("text-align:{side}")));
        for part in [
            "<meta name=\"color-scheme\" content=\"light dark\"",
            "<meta name=\"supported-color-schemes\" content=\"light dark\"",
            "@media (prefers-color-scheme:dark){",
            "[data-ogsc] .card",
        ] {
            assert!(html.contains(part), "{part}");
        }
    }
}

#[test]
fn the_brands_colours_are_on_the_button_and_the_words_on_it_can_be_read() {
    let look = |color: &str| {
        let settings = BrandSettings { color: Some(color.to_owned()), ..BrandSettings::default() };
        let button = json!([{"button": {"text": "Go"}}]);
        composed(&of_blocks(&button), &settings, "Ana").0
    };
    let green = look("#0a7d4b");
    assert!(green.contains("background:#0a7d4b;color:#ffffff;"), "{green}");
    let orange = look("#f0a000");
    assert!(orange.contains("background:#f0a000;color:#000000;"), "{orange}");
    // A colour that no reader would see on the page is darkened until it can be seen.
    assert!(!look("#fefefe").contains("background:#fefefe;color"));
}

#[test]
fn changed_settings_change_the_next_email() {
    let messages = of_blocks(&json!([{"button": {"text": "Go"}}]));
    let (compiled, offer) = (CompiledMessages::new(&messages).unwrap(), offer());
    let html = |color: &str| {
        let settings = BrandSettings { color: Some(color.to_owned()), ..BrandSettings::default() };
        let facts = facts(&offer, "Ana");
        match compiled.compose(Channel::Email, None, &facts, &settings, None).unwrap().rendered {
            RenderedMessage::Email { html, .. } => html,
            other => panic!("{other:?}"),
        }
    };
    for color in ["#0a7d4b", "#7d0a4b", "#0a7d4b"] {
        assert!(html(color).contains(&format!("bgcolor=\"{color}\"")), "{color}");
    }
}

#[test]
fn both_parts_say_the_same() {
    let (_, text) = composed(&messages("en", &sample(&SAMPLES[0])), &brand(), "Ana");
    assert_eq!(
        text,
        "[A bag of vegetables, bread and milk]: https://go.example.com/v/vch_7K3M9QWE2RTY5N8PADFG\n\n\
         Fresh groceries, at your door in 30 minutes\n\n\
         Hi Ana,\n\nYou know us for dinner. Now your fridge can be full before it is on the table.\n\n\
         20% off, up to €10\nFrom €25. Accept by December 4, redeem by December 7.\n\
         Accept the offer: https://go.example.com/v/vch_7K3M9QWE2RTY5N8PADFG\n\n\
         ----------\n\n\
         How it works\n\n\
         [A bag of vegetables, bread and milk]\n\n\
         Choose your shop, fill your basket, and your voucher is taken off when you pay.\n\n\
         How it works: https://example.com/help?voucher=vch_7K3M9QWE2RTY5N8PADFG\n\n\
         -- \nMarketplace Ltd\n1 Example Street, 28001 Madrid\nhttps://example.com/help\n\n\
         No more offers by e-mail: https://api.example.com/u/AbC?x=1&y=2\n"
    );
}

/// Returns the errors of an e-mail, each as `pointer code`, with the pointer below its locale.
fn errors(email: &Value) -> Vec<String> {
    let messages = messages("en", email);
    let found = messages.check(&[]).into_iter().chain(messages.check_sizes(&offer(), "Winter"));
    found
        .map(|error| {
            let field = error.field.strip_prefix("/messages/locales/en").unwrap().to_owned();
            format!("{field} {}", error.code)
        })
        .collect()
}

fn block_errors(blocks: &Value) -> Vec<String> {
    errors(&json!({"subject": "s", "blocks": blocks}))
}

#[test]
fn an_email_has_exactly_one_body() {
    let blocks = json!([{"divider": {}}]);
    for (email, expected) in [
        (json!({"subject": "s"}), "/email exactly_one"),
        (json!({"subject": "s", "text": "t"}), "/email exactly_one"),
        (
            json!({"subject": "s", "blocks": blocks, "html": "<p>h", "text": "t"}),
            "/email exactly_one",
        ),
        (json!({"subject": "s", "blocks": blocks, "html": "<p>h"}), "/email exactly_one"),
        (json!({"subject": "s", "blocks": blocks, "text": "t"}), "/email/text not_allowed"),
        (json!({"subject": "s", "html": "<p>h"}), "/email/text required"),
        (json!({"subject": "s", "blocks": []}), "/email/blocks empty"),
    ] {
        assert_eq!(errors(&email), [expected], "{email}");
        // what cannot be saved does not compile either
        let is_empty = email["blocks"] == json!([]);
        assert!(is_empty || CompiledMessages::new(&messages("en", &email)).is_err(), "{email}");
    }
    let blocks = json!([{"text": {"text": "Hi"}}]);
    assert_eq!(errors(&json!({"subject": "s", "blocks": blocks})), [""; 0]);
    assert_eq!(errors(&json!({"subject": "s", "html": "<p>h", "text": "t"})), [""; 0]);
}

#[test]
fn a_mistake_in_a_block_is_named_by_its_place() {
    let good = json!({"url": "https://a.b/c.png", "alt": "A cat"});
    let with = |field: &str, value: Value| {
        let mut image = good.clone();
        image[field] = value;
        json!({"image": image})
    };
    for (block, expected) in [
        (json!({"heading": {"text": ""}}), "heading/text empty"),
        (json!({"heading": {"text": "x".repeat(151)}}), "heading/text too_large"),
        (json!({"text": {"text": "x".repeat(2_001)}}), "text/text too_large"),
        (json!({"text": {"text": "Hi {{ first_name }}"}}), "text/text unfilled_variable"),
        (
            json!({"text": {"text": "{{ frist_name | default('x') }}"}}),
            "text/text unknown_variable",
        ),
        (json!({"text": {"text": "{% if first_name %}Hi{% endif %}"}}), "text/text empty"),
        (json!({"text": {"text": "{% set x = 1 %}Hi"}}), "text/text not_allowed"),
        (with("alt", json!(" ")), "image/alt empty"),
        (with("alt", json!("x".repeat(201))), "image/alt too_large"),
        (with("url", json!("http://a.b/c.png")), "image/url invalid"),
        (with("url", json!("data:image/png;base64,AA")), "image/url invalid"),
        (
            with("url", json!("https://a.b/{{ first_name | default('x') }}.png")),
            "image/url invalid",
        ),
        (with("url", json!("https://a.b/\"onload=x")), "image/url invalid"),
        (with("link", json!("javascript:alert(1)")), "image/link invalid"),
        (with("width", json!(15)), "image/width out_of_range"),
        (with("width", json!(MAX_IMAGE_WIDTH + 1)), "image/width out_of_range"),
        (json!({"button": {"text": ""}}), "button/text empty"),
        (json!({"button": {"text": "Go", "link": "http://a.b/"}}), "button/link invalid"),
        (json!({"button": {"text": "Go", "link": "//a.b/"}}), "button/link invalid"),
        (
            json!({"button": {"text": "Go", "link": "https://{{ voucher_id }}.a.b/"}}),
            "button/link invalid",
        ),
        (
            json!({"button": {"text": "Go", "link": "https://a.b/{{ first_name | default('x') }}"}}),
            "button/link invalid",
        ),
        (json!({"voucher": {"title": ""}}), "voucher/title empty"),
        (json!({"voucher": {"text": "{{ last_name }}"}}), "voucher/text unfilled_variable"),
        (json!({"voucher": {"button": "x".repeat(101)}}), "voucher/button too_large"),
    ] {
        let blocks = json!([{"divider": {}}, {"image": good}, block]);
        assert_eq!(block_errors(&blocks), [format!("/email/blocks/2/{expected}")], "{block}");
    }
    let many = vec![json!({"divider": {}}); MAX_BLOCKS + 1];
    assert_eq!(block_errors(&json!(many)), ["/email/blocks too_many"]);
    assert_eq!(block_errors(&json!(many[1..])), [""; 0]);
}

#[test]
fn a_block_of_another_shape_is_named_by_its_place() {
    let parse = |block: Value| {
        let draft = json!({"messages": {"default_locale": "en", "locales": {"en": {"email": {
            "subject": "s", "blocks": [{"divider": {}}, {"divider": {}}, block],
        }}}}});
        let mut errors = Definition::parse_preview(draft).unwrap_err();
        let error = errors.remove(0);
        (error.field, error.code)
    };
    let at = |rest: &str| format!("/messages/locales/en/email/blocks/2{rest}");
    for (block, field, code) in [
        (json!({"video": {"url": "https://a.b/c"}}), "", "unknown_value"),
        (json!({"image": {"url": "https://a.b/c.png"}}), "/image", "required"),
        (json!({"text": {"text": "x", "html": "<b>"}}), "/text/html", "unknown_field"),
        (json!({"text": {"text": 1}}), "/text/text", "invalid"),
        (json!({"divider": {"color": "red"}}), "/divider/color", "unknown_field"),
    ] {
        let (found, found_code) = parse(block.clone());
        assert!(found.starts_with(&at(field)), "{block}: {found}");
        assert_eq!(found_code, code, "{block}");
    }
}

#[test]
fn an_email_that_mail_programs_would_clip_is_refused() {
    let text = |words: &str| json!({"text": {"text": words}});
    let long = "&".repeat(2_000);
    let blocks = vec![text(&long); 12];
    assert_eq!(block_errors(&json!(blocks)), ["/email/blocks too_large"]);
    assert_eq!(block_errors(&json!(blocks[..5])), [""; 0]);
    // The longest names count: each quote takes six bytes in HTML.
    let names = "{{ first_name | default('') }}x".repeat(60);
    assert_eq!(block_errors(&json!(vec![text(&names); 5])), ["/email/blocks too_large"]);
}

#[test]
fn what_is_written_is_text_and_never_markup() {
    let hostile =
        "</title></td><script>alert(1)</script>{{ voucher_id }}{% if %}\" onload='x' qzslot0z";
    let blocks = json!([
        {"heading": {"text": "<h1>&amp; {{ first_name | default('x') }}"}},
        {"text": {"text": "a < b\n<mj-text>{{ first_name | default('x') }}</mj-text>"}},
        {"image": {"url": "https://a.b/c.png?a=1&b=2", "alt": "\" onload=\"x\n{{ first_name | default('x') }}"}},
        {"button": {"text": "<b>{{ first_name | default('x') }}"}},
        {"voucher": {"title": "{{ first_name | default('x') }}", "text": "{{ first_name | default('x') }}", "button": "{{ first_name | default('x') }}"}},
    ]);
    let email = json!({"subject": "{{ first_name | default('x') }}", "preheader": "{{ first_name | default('x') }}", "blocks": blocks});
    let messages = messages("en", &email);
    assert_eq!(messages.check(&[]), []);
    let (html, text) = composed(&messages, &brand(), hostile);
    for bad in ["<script", "<b>", "<mj-", " onload=\"", " onload='", "</title></td>"] {
        assert!(!html.contains(bad), "{bad}: {html}");
    }
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;{{ voucher_id }}{% if %}&quot; onload")
    );
    assert!(html.contains("a &lt; b<br>&lt;mj-text&gt;"), "{html}");
    assert!(html.contains("src=\"https://a.b/c.png?a=1&amp;b=2\""), "{html}");
    assert!(html.contains("alt=\"&quot; onload=&quot;x "), "{html}");
    assert!(text.contains("<h1>&amp; </title></td><script>"), "the plain part is not HTML: {text}");
}

/// Counts the tags of an HTML document, to see that values add none.
fn tags(html: &str) -> BTreeMap<&str, usize> {
    let mut tags = BTreeMap::new();
    for part in html.split('<').skip(1) {
        let name = part.split([' ', '>', '\n']).next().unwrap_or_default();
        *tags.entry(name).or_default() += 1;
    }
    tags
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a customer is called, the e-mail has the same tags and keeps below the size at
    /// which it was accepted.
    #[test]
    fn no_name_changes_the_markup(name in "[^\\p{Cc}\\p{Zl}\\p{Zp}]{1,20}") {
        let messages = messages("en", &sample(&SAMPLES[0]));
        let (usual, _) = composed(&messages, &brand(), "Ana");
        let (html, _) = composed(&messages, &brand(), &name);
        prop_assert_eq!(tags(&html), tags(&usual));
        prop_assert!(html.len() < CLIPPED_AT);
    }
}

#[test]
fn every_locale_of_the_sample_variables_renders() {
    for words in &SAMPLES {
        let messages = messages(words.locale, &sample(words));
        let compiled = CompiledMessages::new(&messages).unwrap();
        let reader = Locale::parse(words.locale).unwrap();
        let sample = MessageVariables::sample();
        assert!(compiled.render(Channel::Email, Some(&reader), &sample).is_ok());
    }
}
