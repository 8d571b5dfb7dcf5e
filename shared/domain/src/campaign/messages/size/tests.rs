//! Limits that are met exactly and exceeded by one, and names of every kind that never make a
//! message longer than the worst case.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::campaign::messages::{CompiledMessages, RenderedMessage};

fn fixed() -> Offer {
    serde_json::from_value(
        json!({"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}}),
    )
    .unwrap()
}
fn english() -> Locale {
    Locale::parse("en").unwrap()
}
fn check_sizes(messages: &Messages) -> Vec<FieldError> {
    check_message_sizes(messages, &fixed(), "Spring")
}

fn only(template: serde_json::Value) -> Messages {
    serde_json::from_value(json!({"default_locale": "en", "locales": {"en": template}})).unwrap()
}
fn sms(text: &str) -> Messages {
    only(json!({"sms": {"text": text}}))
}
fn push(title: &str, body: &str) -> Messages {
    only(json!({"push": {"title": title, "body": body}}))
}
fn found(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect()
}

#[test]
fn a_push_that_names_make_larger_than_a_phone_takes_is_refused_by_its_field() {
    assert_eq!(
        found(&check_sizes(&push(
            "{{ brand }}",
            "Hi {{ first_name | default('you') }}, {{ offer }}"
        ))),
        [""; 0]
    );
    let many = "{{first_name|default('')|upper}}".repeat(15);
    let errors = check_sizes(&push("{{ brand | upper }}", &many));
    assert_eq!(found(&errors), ["/messages/locales/en/push/body too_large"]);
    let detail = errors.first().unwrap().detail.clone();
    assert!(
        detail.contains("at most 4096") && detail.contains("bytes with the longest names"),
        "{detail}"
    );
    // Emoji of four bytes each, as many as the template may have, still fit.
    assert_eq!(found(&check_sizes(&push(&"🎁".repeat(100), &"🎁".repeat(500)))), [""; 0]);
    // The name of the campaign counts too.
    let long = "x".repeat(200);
    let names = push("Hi", &"{{ campaign_name }}".repeat(24));
    assert_eq!(check_message_sizes(&names, &fixed(), &long).len(), 1);
    assert_eq!(check_sizes(&names).len(), 0);
}

#[test]
fn an_sms_longer_than_the_provider_takes_is_refused_whatever_its_segments() {
    let names = "{{ first_name | default('') }}".repeat(20);
    assert_eq!(
        found(&check_sizes(&sms(&format!("{names}x")))),
        ["/messages/locales/en/sms/text too_large"]
    );
    assert_eq!(
        found(&check_sizes(&sms(&format!("{}x", "{{ first_name | default('') }}".repeat(15))))),
        [""; 0]
    );
}

#[test]
fn segments_are_held_against_the_longest_link() {
    // 918 characters are six segments of GSM 7-bit. The longest link has 101, the way out below it
    // 116 with its line break.
    let taken = (MAX_LINK_BASE + 21) + ("\nEnd: ".len() + MAX_LINK_BASE + 30);
    let room = 918 - taken;
    assert_eq!(
        found(&check_sizes(&sms(&format!("{}{{{{ voucher_link }}}}", "x".repeat(room))))),
        [""; 0]
    );
    let errors = check_sizes(&sms(&format!("{}{{{{ voucher_link }}}}", "x".repeat(room + 1))));
    assert_eq!(found(&errors), ["/messages/locales/en/sms/text too_large"]);
    assert!(
        errors.first().unwrap().detail.starts_with("7 segments with the longest links"),
        "{errors:?}"
    );
    // UCS-2 has 67 characters to a segment.
    let room = 402 - taken;
    assert_eq!(check_sizes(&sms(&format!("{}{{{{ voucher_link }}}}", "ж".repeat(room)))), []);
    assert_eq!(
        check_sizes(&sms(&format!("{}{{{{ voucher_link }}}}", "ж".repeat(room + 1)))).len(),
        1
    );
}

#[test]
fn a_way_out_that_the_template_names_counts_once() {
    let room = 918 - (1 + "End: ".len() + MAX_LINK_BASE + 30);
    let named = |more: usize| sms(&format!("{{{{ way_out }}}} {}", "x".repeat(room + more)));
    assert_eq!(check_sizes(&named(0)), []);
    assert_eq!(found(&check_sizes(&named(1))), ["/messages/locales/en/sms/text too_large"]);
}

#[test]
fn the_worst_case_of_an_sms_is_a_name_that_gsm_lacks() {
    let text = "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}";
    let usual = MessageVariables::sample();
    let worst = worst_sms_segments(text, &english(), &fixed(), &usual).unwrap();
    assert_eq!((worst.encoding, worst.count), (sms::SegmentEncoding::Ucs2, 4));
    assert_eq!(worst_sms_segments("Hello", &english(), &fixed(), &usual).unwrap().count, 1);
    assert_eq!(worst_sms_segments("{{ nobody }}", &english(), &fixed(), &usual), None);
}

fn name() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        any::<char>(),
        prop::sample::select(vec![
            'a', '"', '\\', '^', '€', 'Ł', 'ß', 'ΐ', 'ﬃ', 'İ', 'ŉ', 'ᾷ', '👩', '\u{200f}', 'م'
        ])
    ];
    prop::collection::vec(letter, 1..90).prop_filter_map("not a name", |letters| {
        let mut name: String = letters.into_iter().filter(|letter| !letter.is_control()).collect();
        while name.len() > MAX_NAME_BYTES {
            name.pop();
        }
        crate::customer::profile::Name::parse(&name).ok().map(|name| name.expose().to_owned())
    })
}

proptest! {
    /// Renders every name that a customer can have with every filter.
    #[test]
    fn no_name_makes_a_message_longer_than_the_worst_case(
        first_name in prop::option::of(name()),
        last_name in prop::option::of(name()),
        filter in prop::sample::select(vec!["upper", "lower", "title", "capitalize", "trim"]),
    ) {
        let text = format!("{{{{ first_name | default('you') | {filter} }}}} {{{{ last_name | default('') | {filter} }}}}: {{{{ voucher_link }}}}");
        let variables = MessageVariables { first_name, last_name, ..MessageVariables::sample() };
        let both = only(json!({"sms": {"text": text}, "push": {"title": "Hi", "body": text}}));
        let compiled = CompiledMessages::new(&both).unwrap();
        let render = |channel| compiled.render(channel, None, &variables).unwrap();
        if let RenderedMessage::Sms { segments, .. } = render(crate::kernel::channel::Channel::Sms) {
            let worst = worst_sms_segments(&text, &english(), &fixed(), &MessageVariables::sample()).unwrap();
            prop_assert!(segments.count <= worst.count, "{segments:?} of {worst:?}");
        }
        if let RenderedMessage::Push { title, body, extras } = render(crate::kernel::channel::Channel::Push) {
            let bytes = PushPayload::new((&title, &body), &extras, &variables.voucher_id, MAX_TIME_TO_LIVE).largest_bytes();
            let push = both.locales.values().next().unwrap().push.clone().unwrap();
            let worst = worst_push_bytes(&push, &english(), &fixed(), &MessageVariables::sample()).unwrap();
            prop_assert!(bytes <= worst, "{bytes} of {worst}");
        }
    }
}
