//! Tests of every playbook in every currency, and of every mistake in its parameters.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::{
    Timestamp,
    campaign::{
        definition::Definition,
        messages::{
            CompiledMessages, EmailTemplate, LocaleMessages, MessageVariables, Messages,
            RenderedMessage, sms::SegmentEncoding,
        },
        offer::Benefit,
        trigger::TriggerCondition,
    },
    kernel::{channel::Channel, locale::Locale},
};

/// ISO 4217 codes without funds, metals and test codes.
const ISO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP \
     CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD \
     IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
     MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
     STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

fn now() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap()
}
fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}
fn euro() -> Currency {
    currency("EUR")
}

#[track_caller]
fn definition(playbook: Playbook, parameters: Value) -> Definition {
    let Value::Object(parameters) = parameters else { panic!("{parameters} is no object") };
    Definition::parse(playbook.document(parameters, euro()).unwrap(), now()).unwrap()
}

/// Checks the errors, written as `pointer code`.
#[track_caller]
fn refused(playbook: Playbook, parameters: Value, expected: &[&str]) {
    let Value::Object(given) = parameters.clone() else { panic!("{parameters} is no object") };
    let errors = playbook.document(given, euro()).unwrap_err();
    let found: Vec<String> =
        errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect();
    assert_eq!(found, expected, "{parameters}: {errors:?}");
}

fn example(playbook: Playbook, currency: Currency) -> Definition {
    let document = playbook.example_document(currency).unwrap();
    Definition::parse(document, now())
        .unwrap_or_else(|errors| panic!("{} in {currency}: {errors:?}", playbook.name()))
}

#[test]
fn every_playbook_is_a_good_definition_in_every_currency() {
    for code in ISO.split(' ') {
        for playbook in Playbook::ALL {
            let definition = example(playbook, currency(code));
            assert_eq!(definition.offer.currency(), currency(code));
            assert_eq!(definition.kind, playbook.kind());
            assert!(definition.offer.exposure().units() > 0);
            let basket = definition.offer.minimum_basket.map(|minimum| minimum.amount);
            assert!(basket.is_none_or(|basket| {
                basket >= definition.offer.exposure().plus(definition.offer.exposure())
            }));
        }
    }
}

#[test]
fn every_amount_is_round_in_every_currency() {
    for code in ISO.split(' ') {
        for playbook in Playbook::ALL {
            let offer = example(playbook, currency(code)).offer;
            for amount in
                [Some(offer.exposure()), offer.minimum_basket.map(|minimum| minimum.amount)]
            {
                let mut digits = amount.map_or(0, crate::kernel::money::MinorUnits::units);
                while digits >= 100 {
                    assert_eq!(digits % 10, 0, "{} in {code}: {offer:?}", playbook.name());
                    digits /= 10;
                }
            }
        }
    }
}

#[test]
fn playbooks_have_names_of_their_own_and_advice_about_what_is_there() {
    let names: BTreeSet<&str> = Playbook::ALL.iter().map(|playbook| playbook.name()).collect();
    assert_eq!(names.len(), Playbook::ALL.len());
    for playbook in Playbook::ALL {
        assert_eq!(Playbook::parse(playbook.name()), Some(playbook));
        let document = example(playbook, euro()).to_value();
        for PlaybookAdvice { field, .. } in playbook.launch_advice() {
            assert!(document.pointer(field).is_some(), "{} has no {field}", playbook.name());
        }
        assert!(playbook.purpose().ends_with('.') && playbook.purpose().matches('.').count() == 1);
    }
    assert_eq!(Playbook::parse("winback"), None);
}

#[test]
fn the_values_it_tells_are_the_ones_it_takes() {
    for playbook in Playbook::ALL {
        let listed = playbook.parameters(euro());
        let names: BTreeSet<&str> = listed.iter().map(|parameter| parameter.name).collect();
        let values = playbook.default_values(euro());
        assert_eq!(names, values.keys().map(String::as_str).collect(), "{}", playbook.name());
        assert_eq!(playbook.document(values, euro()), playbook.example_document(euro()));
        let required = listed.iter().filter(|parameter| parameter.required);
        let needed = required
            .map(|parameter| (parameter.name.to_owned(), parameter.value.clone()))
            .collect();
        assert_eq!(playbook.document(needed, euro()), playbook.example_document(euro()));
    }
}

#[test]
fn parameters_arrive_where_they_belong() {
    let win_back = definition(Playbook::WinBack, json!({"days": 45}));
    let trigger = win_back.trigger.unwrap();
    assert_eq!(
        (trigger.when, trigger.cool_down_days),
        (TriggerCondition::Inactivity { days: 45, vertical: None }, Some(90))
    );

    let trial = definition(Playbook::CrossVerticalTrial, json!({"never_ordered": "pharmacy"}));
    let audience = json!({"all": [{"ordered": {"vertical": "food"}}, {"never_ordered": {"vertical": "pharmacy"}}]});
    assert_eq!(
        (trial.audience.to_value(), trial.offer.scope.verticals),
        (audience, vec!["pharmacy".to_owned()])
    );

    let spend = json!({"amount": 50_000, "currency": "EUR"});
    let vip = definition(Playbook::VipThankYou, json!({"spend": spend, "orders": 3}));
    let audience = json!({"all": [{"orders_count": {"in_days": 365, "at_least": 3}}, {"spend": {"in_days": 365, "at_least": spend}}]});
    assert_eq!(vip.audience.to_value(), audience);

    let launch = definition(Playbook::VerticalLaunch, json!({"vertical": "pharmacy", "km": 3}));
    let near = json!({"opened_within_days": 14, "vertical": "pharmacy", "km": 3});
    assert_eq!(launch.audience.to_value(), json!({"near_merchants": near}));
    let merchants = json!({"vertical": "pharmacy", "merchants": ["m-1", "m-2"]});
    let launch = definition(Playbook::VerticalLaunch, merchants);
    let near = json!({"merchants": ["m-1", "m-2"], "km": 5});
    assert_eq!(launch.audience.to_value(), json!({"near_merchants": near}));
    assert!(matches!(launch.offer.benefit, Benefit::FreeDelivery { .. }));

    let celebration = definition(Playbook::Celebration, json!({"days_before": 3}));
    let when = TriggerCondition::PersonalDate { name: "birthday".into(), days_before: 3 };
    assert_eq!(celebration.trigger.unwrap().when, when);
}

#[test]
fn a_wrong_parameter_is_named() {
    use Playbook::{Celebration, CrossVerticalTrial, VerticalLaunch, VipThankYou, WinBack};
    refused(
        WinBack,
        json!({"days": 0, "cool_down_days": 1_096}),
        &["/parameters/days out_of_range", "/parameters/cool_down_days out_of_range"],
    );
    refused(WinBack, json!({"days": "many"}), &["/parameters/days invalid"]);
    refused(WinBack, json!({"days": null}), &["/parameters/days invalid"]);
    refused(WinBack, json!({"weeks": 4}), &["/parameters/weeks unknown_field"]);
    refused(
        CrossVerticalTrial,
        json!({"ordered": "groceries"}),
        &["/parameters/never_ordered duplicate"],
    );
    refused(
        CrossVerticalTrial,
        json!({"ordered": "", "never_ordered": "{{ brand }}"}),
        &["/parameters/ordered invalid", "/parameters/never_ordered invalid"],
    );
    refused(
        VipThankYou,
        json!({"spend": {"amount": 1, "currency": "USD"}}),
        &["/parameters/spend/currency wrong_currency"],
    );
    refused(
        VipThankYou,
        json!({"spend": {"amount": -1, "currency": "EUR"}}),
        &["/parameters/spend/amount invalid"],
    );
    refused(VerticalLaunch, json!({}), &["/parameters/vertical required"]);
    refused(
        VerticalLaunch,
        json!({"opened_within_days": 367, "merchants": ["m-1", ""], "km": 0, "vertical": " "}),
        &[
            "/parameters/opened_within_days out_of_range",
            "/parameters/merchants/1 invalid",
            "/parameters/km out_of_range",
            "/parameters/vertical invalid",
        ],
    );
    refused(
        VerticalLaunch,
        json!({"point": {"lat": 9, "lon": 0}, "vertical": "food"}),
        &["/parameters/point unknown_field"],
    );
    refused(Celebration, json!({"days_before": 61}), &["/parameters/days_before out_of_range"]);
}

#[test]
fn an_sms_is_one_or_two_segments_of_the_cheap_alphabet() {
    for playbook in Playbook::ALL {
        let messages = example(playbook, euro()).messages;
        let compiled = CompiledMessages::new(&messages).unwrap();
        assert_eq!(
            messages.locales.keys().map(|locale| locale.as_str()).collect::<Vec<_>>(),
            ["en", "es"]
        );
        for locale in messages.locales.keys() {
            match compiled.render(
                crate::kernel::channel::Channel::Sms,
                Some(locale),
                &MessageVariables::sample(),
            ) {
                Ok(RenderedMessage::Sms { text, segments }) => {
                    assert_eq!(segments.encoding, SegmentEncoding::Gsm7, "{text}");
                    assert!(segments.count <= 2, "{} segments: {text}", segments.count);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Renders the HTML part of an e-mail.
fn email_html(email: EmailTemplate) -> String {
    let english = Locale::parse("en").unwrap();
    let templates = LocaleMessages { email: Some(email), ..LocaleMessages::default() };
    let messages = Messages {
        default_locale: english.clone(),
        locales: BTreeMap::from([(english, templates)]),
    };
    let compiled = CompiledMessages::new(&messages).unwrap();
    match compiled.render(Channel::Email, None, &MessageVariables::sample()).unwrap() {
        RenderedMessage::Email { html, .. } => html,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_offer_of_one_vertical_says_of_which() {
    let body = |never_ordered: &str, locale: &str| {
        let trial =
            definition(Playbook::CrossVerticalTrial, json!({"never_ordered": never_ordered}));
        let locales = trial.messages.locales;
        let (_, messages) = locales.into_iter().find(|(it, _)| it.as_str() == locale).unwrap();
        (messages.push.unwrap().body, email_html(messages.email.unwrap()))
    };
    assert!(
        body("groceries", "en")
            .0
            .starts_with("{{ offer }} on groceries{% if minimum_basket %} from ")
    );
    assert!(
        body("groceries", "es")
            .0
            .starts_with("{{ offer }} en supermercado{% if minimum_basket %} desde ")
    );
    let (push, html) = body("<b>pets</b>", "en");
    assert!(push.contains(" on <b>pets</b>"), "{push}");
    assert!(!html.contains("<b>pets"), "{html}");
}

#[test]
fn whatever_currency_is_paid_with_the_playbooks_are_good() {
    let letters = || 'A'..='Z';
    let pairs = || letters().flat_map(move |one| letters().map(move |two| format!("{one}{two}")));
    let codes = pairs().flat_map(|pair| letters().map(move |letter| format!("{pair}{letter}")));
    let currencies: Vec<Currency> = codes.filter_map(|code| Currency::parse(&code).ok()).collect();
    assert!(currencies.len() > 150, "{currencies:?}");
    for currency in currencies {
        for playbook in Playbook::ALL {
            example(playbook, currency);
        }
    }
}

proptest! {
    #[test]
    fn parameters_that_are_accepted_make_a_good_definition(
        days in 0u16..1_200, cool_down_days in 0u16..1_200, days_before in 0u16..70, orders in any::<u32>(),
        ordered in "[ a-z<>&'\"%#{}é\\\\]{0,66}", vertical in "\\PC{1,30}", spend in 0i64..2_000_000_000_000,
        opened in 0u32..400, km in -1.0..21_000.0f64,
    ) {
        for (playbook, parameters) in [
            (Playbook::WinBack, json!({"days": days, "cool_down_days": cool_down_days})),
            (Playbook::CrossVerticalTrial, json!({"ordered": vertical, "never_ordered": ordered})),
            (Playbook::VipThankYou, json!({"orders": orders, "spend": {"amount": spend, "currency": "EUR"}})),
            (Playbook::VerticalLaunch, json!({"opened_within_days": opened, "km": km, "vertical": vertical})),
            (Playbook::Celebration, json!({"days_before": days_before})),
        ] {
            let Value::Object(given) = parameters else { unreachable!() };
            match playbook.document(given.clone(), euro()) {
                Ok(document) => {
                    let parsed = Definition::parse(document, now());
                    prop_assert!(parsed.is_ok(), "{given:?}: {parsed:?}");
                }
                Err(errors) => prop_assert!(errors.iter().all(|error| error.field.starts_with("/parameters/")), "{errors:?}"),
            }
        }
    }
}
