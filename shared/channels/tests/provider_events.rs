//! Golden tests of provider events: each documented kind has a sample in `provider-events/`, and
//! `expected.json` says whom it concerns, what becomes of the message, whether the address is
//! marked, and what it counts as.
//!
//! `concerns` is the address in the event, or `recipient` where it names none. `next_channel` says
//! that the ladder may go on where the campaign asks for it. `parked` and `unknown` are seen by an
//! operator, `alert` is a fault of the sender's. Words of replies have tests of their own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use channels::{
    feedback::{
        AddressFinding, EnclosedEvent, EventPerson, ListChoice, MessageEvent, ProviderEvent,
        parse_feedback,
    },
    mask::parked_text,
};
use domain::{
    Timestamp,
    customer::profile::SuppressionReason,
    delivery::feedback::{AddressEffect, FeedbackType, SenderHarm},
};
use serde_json::{Map, Value, json};

fn samples_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provider-events")
}

/// Returns each sample by its path within the folder.
fn samples() -> BTreeMap<String, String> {
    let mut samples = BTreeMap::new();
    for folder in fs::read_dir(samples_folder()).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(samples_folder()).unwrap().to_str().unwrap().to_owned();
            samples.insert(name, fs::read_to_string(&file).unwrap());
        }
    }
    samples
}

fn expectations() -> Map<String, Value> {
    let text = fs::read_to_string(samples_folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn now() -> Timestamp {
    "2026-12-01T12:00:00Z".parse().unwrap()
}

fn concerns(person: &EventPerson) -> String {
    person.address.expose().unwrap_or("recipient").to_owned()
}

fn mark(what: FeedbackType) -> &'static str {
    match what.address_effect() {
        AddressEffect::Nothing => "none",
        AddressEffect::Suppress(SuppressionReason::Invalid) => "device forgotten",
        AddressEffect::Suppress(_) => "suppressed",
        AddressEffect::AdoptSuppression(_) => "suppressed unless it is",
        AddressEffect::CountSoftBounce => "none before the fifth in a row",
    }
}

fn counts(what: FeedbackType) -> &'static str {
    match (what.sender_harm(), what) {
        (SenderHarm::Bounce, _) => "bounce",
        (SenderHarm::Complaint, _) => "complaint",
        (SenderHarm::None, FeedbackType::SoftBounce) => "soft bounce",
        (SenderHarm::None, FeedbackType::OptedOut) => "opt-out",
        (SenderHarm::None, _) => "none",
    }
}

fn describe_message(event: &MessageEvent) -> Value {
    let what = event.what;
    let mut shown = json!({
        "concerns": concerns(&event.person),
        "channel": event.channel.as_str(),
        "state": what.state().as_str(),
        "mark": mark(what),
        "counts": counts(what),
    });
    if let Some(reason) = what.reason() {
        shown["reason"] = json!(reason);
    }
    if what.ends_channel() {
        shown["next_channel"] = json!(true);
    }
    if !event.person.sole {
        shown["one_of_several"] = json!(true);
    }
    shown
}

fn describe_event(event: &ProviderEvent) -> Value {
    match event {
        ProviderEvent::Event(event) => describe_message(event),
        ProviderEvent::ListChoice(ListChoice { person, granted, .. }) => json!({
            "concerns": concerns(person),
            "consent": if *granted { "granted" } else { "denied" },
        }),
        ProviderEvent::Inbound(sms) => json!({"reply_to": sms.answers}),
        ProviderEvent::Finding(AddressFinding::Dead { address, .. }) => json!({
            "concerns": address.expose(),
            "channel": address.channel().as_str(),
            "mark": "device forgotten",
        }),
        ProviderEvent::Finding(AddressFinding::OptedOut { .. }) => {
            unreachable!("only a worker learns it")
        }
    }
}

fn describe_enclosed(enclosed: &EnclosedEvent<'_>) -> Value {
    let parsed = match &enclosed.parsed {
        Ok(parsed) => parsed,
        Err(reason) => return json!({"parked": reason}),
    };
    let events: Vec<Value> = parsed.events.iter().map(describe_event).collect();
    let mut shown = json!({"events": events});
    if let Some(reason) = &parsed.unknown {
        shown["unknown"] = json!(reason);
    }
    if let Some(alert) = parsed.alert {
        shown["alert"] = json!(alert);
    }
    if parsed.foreign > 0 {
        shown["foreign"] = json!(parsed.foreign);
    }
    shown
}

#[test]
fn each_sample_says_what_is_expected_of_it() {
    let expected = expectations();
    let found: Map<String, Value> = samples()
        .iter()
        .map(|(name, body)| {
            let enclosed = parse_feedback(body, now());
            (name.clone(), enclosed.iter().map(describe_enclosed).collect())
        })
        .collect();
    let unknown: Vec<&String> = found.keys().filter(|name| !expected.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "samples without an expectation: {unknown:?}");
    let gone: Vec<&String> = expected.keys().filter(|name| !found.contains_key(*name)).collect();
    assert!(gone.is_empty(), "expectations without a sample: {gone:?}");
    let wrong: Vec<String> = found
        .iter()
        .filter(|(name, found)| expected[*name] != **found)
        .map(|(name, found)| format!("{name}\n  expected {}\n  found    {found}", expected[name]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_batch_says_the_same_packed_and_unpacked() {
    let samples = samples();
    let mut pairs = 0;
    for (name, decoded) in samples.iter().filter(|(name, _)| name.ends_with(".decoded.json")) {
        let packed = &samples[&name.replace(".decoded.json", ".json")];
        let describe = |body: &str| -> Vec<Value> {
            parse_feedback(body, now()).iter().map(describe_enclosed).collect()
        };
        assert_eq!(describe(packed), describe(decoded), "{name}");
        pairs += 1;
    }
    assert_eq!(pairs, 6);
}

#[test]
fn no_sample_is_parked_with_an_address_or_a_name() {
    for (name, body) in samples() {
        for enclosed in parse_feedback(&body, now()) {
            let parked = parked_text(&enclosed.text);
            for personal in
                ["ann@", "ben@", "cho@", "@example.com", "+1202555", "+447700", "\"12025"]
            {
                assert!(
                    !parked.to_lowercase().contains(personal),
                    "{name}: {personal} in {parked}"
                );
            }
            for personal in ["Ann", "Ben", "EXAMPLE-token"] {
                assert!(!parked.contains(personal), "{name}: {personal} in {parked}");
            }
        }
    }
}

#[test]
fn a_parked_sample_says_the_same_of_the_message_when_it_is_read_again() {
    for (name, body) in samples() {
        for enclosed in parse_feedback(&body, now()) {
            let parked = parked_text(&enclosed.text);
            let again = parse_feedback(&parked, now());
            let kinds =
                |enclosed: &EnclosedEvent<'_>| -> Result<Vec<Option<FeedbackType>>, String> {
                    let parsed = enclosed.parsed.clone().map_err(|reason| reason.into_owned())?;
                    Ok(parsed
                        .events
                        .iter()
                        .map(|event| match event {
                            ProviderEvent::Event(event) => Some(event.what),
                            ProviderEvent::ListChoice(_)
                            | ProviderEvent::Inbound(_)
                            | ProviderEvent::Finding(_) => None,
                        })
                        .collect())
                };
            let expected = kinds(&enclosed);
            // what names several people, or a stranger, cannot be told apart without the addresses
            let several = enclosed
                .parsed
                .as_ref()
                .is_ok_and(|parsed| parsed.foreign > 0 || parsed.events.len() > 1);
            if !several {
                assert_eq!(again.iter().map(kinds).collect::<Vec<_>>(), [expected], "{name}");
            }
        }
    }
}
