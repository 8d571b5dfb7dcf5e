//! Messages that are refused with their reason, messages as they are rendered, and the guarantee
//! that joins the two.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const LADDER: [Channel; 3] = [Channel::Push, Channel::Email, Channel::Sms];

fn messages(json: Value) -> Messages {
    serde_json::from_value(json).unwrap()
}
fn locale(text: &str) -> Locale {
    Locale::parse(text).unwrap()
}

/// Builds messages with one SMS in English.
fn sms(text: &str) -> Messages {
    messages(json!({"default_locale": "en", "locales": {"en": {"sms": {"text": text}}}}))
}
fn email(subject: &str, preheader: Option<&str>, html: &str) -> Messages {
    let mut email = json!({"subject": subject, "html": html, "text": "{{ offer }}"});
    if let Some(preheader) = preheader {
        email["preheader"] = json!(preheader);
    }
    messages(json!({"default_locale": "en", "locales": {"en": {"email": email}}}))
}
fn full() -> Messages {
    messages(json!({"default_locale": "en", "locales": {
        "en": {
            "sms": {"text": "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}"},
            "email": {"subject": "{{ offer }} at {{ brand }}", "preheader": "Until {{ redeem_by }}", "html": "<p>{{ offer }}</p>", "text": "{{ offer }}"},
            "push": {"title": "{{ brand }}", "body": "{{ offer }}{% if minimum_basket %} from {{ minimum_basket }}{% endif %}"},
        },
        "es": {"sms": {"text": "Hola {{ first_name | default('cliente') | upper }}: {{ offer }}"}},
        "es-MX": {"push": {"title": "{{ brand }}", "body": "¡Ándale! {{ offer }}"}},
    }}))
}

/// Asserts the errors, written as `pointer code`.
#[track_caller]
fn check_refused(messages: &Messages, ladder: &[Channel], expected: &[&str]) {
    let errors: Vec<String> = messages
        .check(ladder)
        .iter()
        .map(|error| format!("{} {}", error.field, error.code))
        .collect();
    assert_eq!(errors, expected, "{:?}", messages.check(ladder));
}

/// Returns the code and the sentence of the first error of an SMS.
#[track_caller]
fn first_error(text: &str) -> (&'static str, String) {
    let errors = sms(text).check(&[Channel::Sms]);
    let [error, ..] = errors.as_slice() else { panic!("{text} was accepted") };
    assert_eq!(error.field, "/messages/locales/en/sms/text");
    (error.code, error.detail.clone())
}
#[track_caller]
fn check_accepted(text: &str) {
    assert_eq!(sms(text).check(&[Channel::Sms]), [], "{text}");
}

fn fixed() -> Offer {
    serde_json::from_value(
        json!({"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}}),
    )
    .unwrap()
}
fn unnamed() -> MessageVariables {
    MessageVariables::sample().without("first_name").without("last_name").without("minimum_basket")
}
fn named(first_name: &str) -> MessageVariables {
    MessageVariables { first_name: Some(first_name.into()), ..MessageVariables::sample() }
}

#[track_caller]
fn text_of(messages: &Messages, in_locale: Option<&str>, variables: &MessageVariables) -> String {
    let in_locale = in_locale.map(locale);
    match CompiledMessages::new(messages).unwrap().render(
        Channel::Sms,
        in_locale.as_ref(),
        variables,
    ) {
        Ok(RenderedMessage::Sms { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

/// Renders the e-mail and returns subject, preheader and HTML.
fn email_of(messages: &Messages, variables: &MessageVariables) -> (String, Option<String>, String) {
    match CompiledMessages::new(messages).unwrap().render(Channel::Email, None, variables) {
        Ok(RenderedMessage::Email { subject, preheader, html, .. }) => (subject, preheader, html),
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_keep_their_json() {
    let json = serde_json::to_value(full()).unwrap();
    assert_eq!(messages(json), full());
    assert!(
        serde_json::from_value::<Messages>(
            json!({"default_locale": "en", "locales": {"en": {"fax": {}}}})
        )
        .is_err()
    );
    assert!(
        serde_json::from_value::<Messages>(
            json!({"default_locale": "en", "locales": {"english": {}}})
        )
        .is_err()
    );
}

#[test]
fn a_locale_is_there_once_however_it_is_spelled() {
    let read = |json: &str| serde_json::from_str::<Messages>(json);
    let spelled = r#"{"default_locale": "PT_br", "locales": {"pt-br": {"sms": {"text": "x"}}}}"#;
    let messages = read(spelled).unwrap();
    assert_eq!((messages.default_locale, messages.locales.len()), (locale("pt-BR"), 1));
    for other in ["pt-BR", "pt_BR", "PT-br"] {
        let twice = format!(
            r#"{{"default_locale": "pt-BR", "locales": {{"pt-br": {{}}, "{other}": {{}}}}}}"#
        );
        let error = read(&twice).unwrap_err().to_string();
        assert!(error.starts_with("pt-BR is there in two spellings"), "{error}");
    }
}

#[test]
fn good_messages_have_no_errors() {
    check_refused(&full(), &LADDER, &[]);
}

#[test]
fn the_default_locale_has_a_message_for_every_rung() {
    check_refused(
        &sms("{{ offer }}"),
        &LADDER,
        &["/messages/locales/en/push required", "/messages/locales/en/email required"],
    );
    let mut elsewhere = sms("{{ offer }}");
    elsewhere.default_locale = locale("fr");
    check_refused(&elsewhere, &[Channel::Sms], &["/messages/default_locale required"]);
    let mut hollow = sms("{{ offer }}");
    hollow.locales.insert(locale("es"), LocaleMessages::default());
    check_refused(&hollow, &[Channel::Sms], &["/messages/locales/es empty"]);
}

#[test]
fn an_unknown_variable_is_named() {
    let (code, detail) = first_error("Hi {{ frist_name | default('you') }}");
    assert_eq!(code, "unknown_variable");
    assert!(
        detail.starts_with(
            "there is no variable frist_name; there are offer, full_offer, voucher_id"
        ),
        "{detail}"
    );
    assert_eq!(first_error("{% if vip %}x{% endif %}y").0, "unknown_variable");
    // A branch that no sample takes is checked too.
    assert_eq!(
        first_error("a{% if not first_name and first_name %}{{ nope }}{% endif %}").0,
        "unknown_variable"
    );
}

#[test]
fn a_variable_that_may_be_unfilled_needs_a_default() {
    let (code, detail) = first_error("Hi {{ first_name }}");
    assert_eq!(code, "unfilled_variable");
    assert!(detail.starts_with("first_name may be unfilled: give a default"), "{detail}");
    let (_, detail) =
        first_error("Hi {% if first_name %}{{ first_name }} {{ last_name }}{% endif %}");
    assert!(detail.starts_with("last_name may be"), "{detail}");
    let (_, detail) = first_error(
        "Hi {% if first_name or last_name %}you{% else %}{{ minimum_basket }}{% endif %}",
    );
    assert!(detail.starts_with("first_name and last_name and minimum_basket may be"), "{detail}");
    assert_eq!(first_error("Hi {{ first_name | upper | default('you') }}").0, "unfilled_variable");
    check_accepted("Hi {{ first_name | default('you') | upper }}");
    check_accepted(
        "Hi {% if first_name and last_name %}{{ first_name }} {{ last_name }}{% else %}you{% endif %}",
    );
    check_accepted(
        "Hi {% if first_name is not defined %}you{% elif not last_name %}{{ first_name }}{% endif %}",
    );
    check_accepted(
        "Hi {{ 'you' | upper }} {# a note #}{%- if minimum_basket -%} from {{ minimum_basket }} {%- endif -%}",
    );
}

#[test]
fn only_variables_filters_and_if_are_understood() {
    for (text, code) in [
        ("{% for c in offer %}{{ c }}{% endfor %}", "not_allowed"),
        ("{% set x = 1 %}x", "not_allowed"),
        ("{% include 'x' %}", "not_allowed"),
        ("{% autoescape false %}{{ offer }}{% endautoescape %}", "not_allowed"),
        ("{% raw %}x{% endraw %}", "not_allowed"),
        ("{% macro x() %}{% endmacro %}", "not_allowed"),
        ("{% if offer %}x{% endif %}y", "not_allowed"),
        ("{% if first_name == 'Ana' %}x{% endif %}y", "not_allowed"),
        ("{% if first_name is none %}x{% endif %}y", "not_allowed"),
        ("{{ offer ~ brand }}", "not_allowed"),
        ("{{ offer.upper() }}", "not_allowed"),
        ("{{ offer[0] }}", "not_allowed"),
        ("{{ 1 + 1 }}", "not_allowed"),
        ("{{ range(10) }}", "not_allowed"),
        ("{{ first_name if first_name else 'x' }}", "not_allowed"),
        ("{{ offer | safe }}", "unknown_filter"),
        ("{{ offer | upper('x') }}", "not_allowed"),
        ("{{ first_name | default(brand) }}", "syntax"),
        ("{{ offer", "syntax"),
        ("{{ 'offer }}", "syntax"),
        ("{{ }}", "not_allowed"),
        ("{# a note", "syntax"),
        ("{% if first_name %}x", "syntax"),
        ("{% if and %}x{% endif %}", "unknown_variable"),
        ("{% if first_name or %}x{% endif %}", "syntax"),
        ("{% endif %}", "syntax"),
        ("{% %}", "syntax"),
    ] {
        assert_eq!(first_error(text).0, code, "{text}");
    }
}

#[test]
fn all_mistakes_of_a_template_are_named() {
    let three = sms("{{ a }} {{ b | c }} {% d %} {{ offer }} {{ a }}");
    let at = "/messages/locales/en/sms/text";
    check_refused(
        &three,
        &[Channel::Sms],
        &[
            &format!("{at} unknown_variable"),
            &format!("{at} unknown_variable"),
            &format!("{at} not_allowed"),
        ],
    );
}

#[test]
fn templates_are_bounded() {
    assert_eq!(first_error(&"x".repeat(1_001)).0, "too_large");
    assert_eq!(first_error(&"x".repeat(920)).0, "too_large"); // 7 segments
    check_accepted(&"x".repeat(918));
    assert_eq!(first_error(&"ж".repeat(403)).0, "too_large");
    assert_eq!(
        first_error(&format!("{{% if {} first_name %}}x{{% endif %}}y", "not ".repeat(200))).0,
        "too_large"
    );
    let html = |bytes: usize| email("{{ offer }}", None, &"x".repeat(bytes));
    check_refused(&html(MAX_HTML), &[Channel::Email], &[]);
    check_refused(
        &html(MAX_HTML + 1),
        &[Channel::Email],
        &["/messages/locales/en/email/html too_large"],
    );
    check_refused(
        &email(&"x".repeat(201), Some(&"x".repeat(201)), "x"),
        &[Channel::Email],
        &[
            "/messages/locales/en/email/subject too_large",
            "/messages/locales/en/email/preheader too_large",
        ],
    );
    let mut many = html(MAX_HTML);
    let english = many.locales[&locale("en")].clone();
    many.locales.extend(["es", "fr"].map(|text| (locale(text), english.clone())));
    check_refused(&many, &[Channel::Email], &["/messages/locales too_large"]);
    let mut locales = sms("x");
    locales.locales.extend(
        (0..MAX_LOCALES).map(|n| (locale(&format!("en-{n:03}")), LocaleMessages::default())),
    );
    assert!(locales.check(&[Channel::Sms]).iter().any(|error| error.code == "too_many"));
}

#[test]
fn html_of_nothing_but_conditions_ends() {
    let nested =
        format!("{}x{}y", "{% if first_name %}".repeat(2_500), "{% endif %}".repeat(2_500));
    check_refused(
        &email("x", None, &nested),
        &[Channel::Email],
        &["/messages/locales/en/email/html syntax"],
    );
    let many = "{{ brand }}{% if first_name %}{{ first_name | upper }}{% endif %}".repeat(1_500);
    check_refused(&email("x", None, &many), &[Channel::Email], &[]);
}

#[test]
fn a_message_is_never_empty() {
    assert_eq!(first_error(" \n").0, "empty");
    let (code, detail) = first_error("{% if first_name %}Hi {{ first_name }}{% endif %}");
    assert_eq!((code, detail.as_str()), ("empty", "is empty if first_name is unfilled"));
    check_refused(&email("x", Some(""), "x"), &[Channel::Email], &[]);
}

#[test]
fn the_locale_is_exact_then_the_language_then_the_default() {
    let hola = "Hola ANA: 20% off, up to €10";
    assert_eq!(text_of(&full(), Some("es"), &named("Ana")), hola);
    assert_eq!(text_of(&full(), Some("es-ES"), &named("Ana")), hola);
    // es-MX has a push but no SMS.
    assert_eq!(text_of(&full(), Some("es-MX"), &named("Ana")), hola);
    assert!(text_of(&full(), Some("fr"), &named("Ana")).starts_with("Hi Ana, "));
    assert!(text_of(&full(), None, &unnamed()).starts_with("Hi there, "));
    let push = CompiledMessages::new(&full())
        .unwrap()
        .render(Channel::Push, Some(&locale("es")), &unnamed())
        .unwrap();
    assert_eq!(
        push,
        RenderedMessage::Push {
            title: "Marketplace".into(),
            body: "¡Ándale! 20% off, up to €10".into(),
            extras: push::PushExtras::default(),
        }
    );
    assert_eq!(
        CompiledMessages::new(&sms("x")).unwrap().render(Channel::Push, None, &unnamed()),
        Err(RenderError::NoMessage(Channel::Push))
    );
}

#[test]
fn an_empty_name_is_no_name() {
    assert!(text_of(&full(), None, &named("")).starts_with("Hi there, "));
    assert!(text_of(&full(), None, &named(" ")).starts_with("Hi there, "));
}

#[test]
fn a_name_is_never_code_markup_or_a_header() {
    let code = "{{ voucher_id }}{% if x %}";
    assert!(text_of(&full(), None, &named(code)).starts_with(&format!("Hi {code}, ")));
    let name = "{{ first_name | default('you') }}";
    let hostile = "<script>&\"'\r\nBcc: x@example.com";
    let (subject, preheader, html) = email_of(
        &email(name, Some(name), &format!("<body><p title=\"{name}\">{name}</p></body>")),
        &named(hostile),
    );
    assert_eq!(subject, "<script>&\"' Bcc: x@example.com");
    assert_eq!(preheader.as_deref(), Some("<script>&\"' Bcc: x@example.com"));
    assert!(!html.contains("<script>") && !html.contains("title=\"<"), "{html}");
    assert_eq!(html.matches('"').count(), 4, "{html}");
    // Filters keep it a value.
    let shouted = format!("{{{{ first_name | default('you') | upper }}}}{}", "");
    assert!(!email_of(&email("x", None, &shouted), &named(hostile)).2.contains("<SCRIPT>"));
}

#[test]
fn text_parts_are_not_escaped() {
    assert!(text_of(&full(), None, &named("O'Hara & Co")).starts_with("Hi O'Hara & Co, "));
    assert_eq!(
        email_of(&email("{{ first_name | default('you') }}", None, "x"), &named("O'Hara")).0,
        "O'Hara"
    );
}

#[test]
fn the_preheader_hides_at_the_start_of_the_body() {
    let html_of = |html: &str| {
        email_of(&email("x", Some("Until {{ redeem_by }} & no longer"), html), &unnamed()).2
    };
    let hidden = "<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">Until 31 December &amp; no longer</div>";
    assert_eq!(html_of("<p>x</p>"), format!("{hidden}<p>x</p>"));
    assert_eq!(
        html_of("<html><BODY title='a>b'\n class=x><p>"),
        format!("<html><BODY title='a>b'\n class=x>{hidden}<p>")
    );
    assert_eq!(html_of("<tbody><body>İx"), format!("<tbody><body>{hidden}İx"));
    assert_eq!(html_of("<bodyguard>x<body"), format!("{hidden}<bodyguard>x<body"));
    assert_eq!(email_of(&email("x", None, "<p>x</p>"), &unnamed()).2, "<p>x</p>");
}

#[test]
fn segments_are_counted_per_locale_and_per_message() {
    let counts = full().sms_segments(&fixed());
    assert_eq!(counts, BTreeMap::from([(locale("en"), 1), (locale("es"), 1)]));
    let sent = |name: &str| match CompiledMessages::new(&full()).unwrap().render(
        Channel::Sms,
        None,
        &named(name),
    ) {
        Ok(RenderedMessage::Sms { segments, .. }) => segments,
        other => panic!("{other:?}"),
    };
    assert_eq!((sent("Ana").encoding, sent("Ana").count), (sms::SegmentEncoding::Gsm7, 1));
    assert_eq!((sent("Łukasz").encoding, sent("Łukasz").count), (sms::SegmentEncoding::Ucs2, 2));
}

#[test]
fn names_never_show_in_debug() {
    let variables = named("Ximena");
    let rendered =
        CompiledMessages::new(&full()).unwrap().render(Channel::Sms, None, &variables).unwrap();
    let shown = format!("{variables:?} {rendered:?} {:?}", CompiledMessages::new(&full()).unwrap());
    assert!(!shown.contains("Ximena") && !shown.contains("Montgomery"), "{shown}");
}

#[test]
fn compiled_messages_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&CompiledMessages::new(&full()).unwrap());
}

fn some_template() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{ first_name }}",
        "{{ last_name | default('x') }}",
        "{{ minimum_basket | upper }}",
        "{{ offer }}",
        "{{ brand | title }}",
        "{% if first_name %}",
        "{% if not last_name or minimum_basket %}",
        "{% elif minimum_basket is defined %}",
        "{% else %}",
        "{% endif %}",
        "{# x #}",
        "text ",
        "{% if ",
        "%}",
        "{{",
        "}}",
        "'",
        "{#",
        "-",
        "| trim",
        " ",
        "€",
        "\\",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn some_variables() -> impl Strategy<Value = MessageVariables> {
    let maybe = || prop::option::of("\\PC{0,80}");
    ("\\PC{0,60}", maybe(), maybe(), maybe()).prop_map(
        |(brand, first_name, last_name, minimum_basket)| MessageVariables {
            brand,
            first_name,
            last_name,
            minimum_basket,
            ..MessageVariables::sample()
        },
    )
}

proptest! {
    /// Messages that are accepted at save are never refused at send.
    #[test]
    fn messages_without_errors_render_for_everyone(text in some_template(), variables in some_variables()) {
        let messages = messages(json!({"default_locale": "en", "locales": {"en": {
            "sms": {"text": text.clone()},
            "email": {"subject": "x", "preheader": text.clone(), "html": text.clone(), "text": "x"},
        }}}));
        let errors = messages.check(&[Channel::Sms, Channel::Email]);
        if errors.is_empty() {
            let compiled = CompiledMessages::new(&messages).unwrap();
            for channel in [Channel::Sms, Channel::Email] {
                let rendered = compiled.render(channel, None, &variables);
                prop_assert!(rendered.is_ok(), "{:?}", rendered);
            }
        }
    }

    #[test]
    fn no_template_makes_it_panic(text in "[{}%#|'\" a-z_()\\\\€-]{0,60}") {
        let checked = sms(&text).check(&[Channel::Sms]);
        prop_assert!(checked.iter().all(|error| error.field == "/messages/locales/en/sms/text"));
    }

    #[test]
    fn variables_in_html_are_always_escaped(name in "[<>&\"'a-z{}%]{1,40}") {
        let (_, _, html) = email_of(&email("x", None, "{{ first_name | default('x') }}"), &named(&name));
        prop_assert!(!html.contains(['<', '>', '"', '\'']), "{}", html);
    }
}
