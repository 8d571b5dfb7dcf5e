//! Tests of rules against one customer, of bad rules against their errors, and of properties that
//! hold for every rule.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    campaign::catalogue::CatalogueKey,
    customer::{
        order_windows::{DayOrder, OrderWindows},
        profile::{Consent, ConsentState, GeoPoint, Name, OrderTotals, Zone},
    },
};

const NOW: &str = "2026-11-22T23:30:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}
fn day(text: &str) -> Date {
    text.parse().unwrap()
}
fn activity(orders: u32, spend: i64, last: &str) -> OrderTotals {
    OrderTotals { orders, spend: MinorUnits::new(spend).unwrap(), last_order_day: Some(day(last)) }
}
fn parse(json: Value) -> AudienceRule {
    AudienceRule::parse(&json, "/audience").unwrap()
}

/// Returns a customer who lives in Madrid, where it is already the 23rd, orders food, and tried
/// groceries once.
fn ana() -> Customer {
    let mut ana = Customer::new(CustomerId::parse("c-1").unwrap());
    ana.profile.first_name = Some(Name::parse("Ana").unwrap());
    ana.profile.locale = Some(Locale::parse("es-ES").unwrap());
    ana.profile.zone = Some(Zone::parse("Europe/Madrid").unwrap());
    ana.profile.currency = Some(Currency::parse("EUR").unwrap());
    ana.profile.signed_up = Some(day("2024-05-01"));
    ana.profile.tags = vec!["vip".into(), "beta".into()];
    ana.profile.location = Some(GeoPoint { lat: 40.4168, lon: -3.7038 });
    ana.activity = activity(4, 9_000, "2026-11-13");
    ana.verticals = BTreeMap::from([
        ("food".into(), activity(3, 6_000, "2026-11-13")),
        ("groceries".into(), activity(1, 3_000, "2026-10-01")),
        ("flowers".into(), OrderTotals::default()),
    ]);
    let consent = |state| Consent { state, source: "test".into(), at: now() };
    ana.consents = BTreeMap::from([
        (Channel::Sms, consent(ConsentState::Granted)),
        (Channel::Email, consent(ConsentState::Denied)),
    ]);
    ana
}

/// Returns a customer of whom only the id is known.
fn stranger() -> Customer {
    Customer::new(CustomerId::parse("c-2").unwrap())
}

#[track_caller]
fn check(json: Value, customer: &Customer, expected: bool) {
    let rule = parse(json.clone());
    assert_eq!(
        rule.selects(customer, now()),
        expected,
        "{json}: {:#?}",
        rule.explain(customer, &[], now(), "/audience")
    );
}

#[test]
fn groups_are_all_any_not_and_everyone() {
    let (yes, no) = (json!({"everyone": {}}), json!({"not": {"everyone": {}}}));
    check(yes.clone(), &stranger(), true);
    check(no.clone(), &stranger(), false);
    check(json!({"all": [yes, yes]}), &ana(), true);
    check(json!({"all": [yes, no]}), &ana(), false);
    check(json!({"any": [no, yes]}), &ana(), true);
    check(json!({"any": [no, no]}), &ana(), false);
    check(json!({"not": {"all": [yes, no]}}), &ana(), true);
}

#[test]
fn a_vertical_was_ordered_or_never() {
    check(json!({"ordered": {"vertical": "food"}}), &ana(), true);
    check(json!({"ordered": {"vertical": "pharmacy"}}), &ana(), false);
    check(json!({"never_ordered": {"vertical": "pharmacy"}}), &ana(), true);
    check(json!({"never_ordered": {"vertical": "food"}}), &ana(), false);
    // All orders there were cancelled.
    check(json!({"never_ordered": {"vertical": "flowers"}}), &ana(), true);
    check(json!({"never_ordered": {"vertical": "food"}}), &stranger(), true);
}

#[test]
fn orders_are_counted_in_total_or_per_vertical() {
    check(json!({"orders_count": {"at_least": 4}}), &ana(), true);
    check(json!({"orders_count": {"at_least": 5}}), &ana(), false);
    check(json!({"orders_count": {"at_least": 4, "at_most": 4}}), &ana(), true);
    check(json!({"orders_count": {"vertical": "food", "at_least": 4}}), &ana(), false);
    check(json!({"orders_count": {"vertical": "pharmacy", "at_most": 0}}), &ana(), true);
    check(json!({"orders_count": {"at_most": 0}}), &stranger(), true);
}

#[test]
fn spend_compares_only_money_of_one_currency() {
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let usd = json!({"amount": 0, "currency": "USD"});
    check(json!({"spend": {"at_least": eur(9_000)}}), &ana(), true);
    check(json!({"spend": {"at_least": eur(9_001)}}), &ana(), false);
    check(
        json!({"spend": {"vertical": "food", "at_least": eur(5_000), "at_most": eur(6_000)}}),
        &ana(),
        true,
    );
    check(json!({"spend": {"vertical": "pharmacy", "at_most": eur(0)}}), &ana(), true);
    check(json!({"spend": {"at_least": usd}}), &ana(), false);
    check(json!({"not": {"spend": {"at_least": usd}}}), &ana(), true);
    // A customer without a currency of their own has the tenant's, whatever the rule's currency.
    check(json!({"spend": {"at_least": usd}}), &stranger(), true);
}

#[test]
fn days_are_counted_in_the_customers_zone() {
    // The 13th is ten days before the 23rd of Madrid, nine before the 22nd of UTC.
    check(json!({"last_order": {"days_ago_at_least": 10, "days_ago_at_most": 10}}), &ana(), true);
    check(json!({"last_order": {"days_ago_at_most": 9}}), &ana(), false);
    let mut abroad = ana();
    abroad.profile.zone = Some(Zone::parse("America/Bogota").unwrap());
    check(json!({"last_order": {"days_ago_at_most": 9}}), &abroad, true);
    check(json!({"last_order": {"days_ago_at_least": 10}}), &abroad, false);
}

#[test]
fn days_and_dates_bound_inclusively_and_together() {
    check(json!({"last_order": {"from": "2026-11-13", "until": "2026-11-13"}}), &ana(), true);
    check(json!({"last_order": {"from": "2026-11-14"}}), &ana(), false);
    check(json!({"last_order": {"until": "2026-11-12"}}), &ana(), false);
    check(json!({"last_order": {"from": "2026-11-01", "days_ago_at_least": 11}}), &ana(), false);
    check(json!({"last_order": {"vertical": "groceries", "days_ago_at_least": 30}}), &ana(), true);
    check(json!({"last_order": {"vertical": "pharmacy", "days_ago_at_least": 0}}), &ana(), false);
    check(json!({"last_order": {"days_ago_at_least": 0}}), &stranger(), false);
    check(json!({"not": {"last_order": {"days_ago_at_least": 0}}}), &stranger(), true);
    check(json!({"signed_up": {"until": "2024-05-01"}}), &ana(), true);
    check(
        json!({"signed_up": {"days_ago_at_least": 365, "days_ago_at_most": 1_000}}),
        &ana(),
        true,
    );
    check(json!({"signed_up": {"from": "2000-01-01"}}), &stranger(), false);
}

#[test]
fn a_day_still_to_come_is_a_negative_number_of_days_ago() {
    let mut early = ana();
    early.activity.last_order_day = Some(day("2026-12-24"));
    check(json!({"last_order": {"days_ago_at_most": 0}}), &early, true);
    check(json!({"last_order": {"days_ago_at_least": 0}}), &early, false);
}

#[test]
fn distance_is_to_the_nearest_point() {
    let paris = json!({"lat": 48.8566, "lon": 2.3522});
    let retiro = json!({"lat": 40.4153, "lon": -3.6844});
    check(json!({"within_km": {"points": [paris], "km": 1_000}}), &ana(), false);
    check(json!({"within_km": {"points": [paris], "km": 1_060.5}}), &ana(), true);
    check(json!({"within_km": {"points": [paris, retiro], "km": 2}}), &ana(), true);
    check(json!({"within_km": {"points": [retiro], "km": 1.5}}), &ana(), false);
    check(json!({"within_km": {"points": [paris], "km": 20_000}}), &stranger(), false);
}

#[test]
fn a_distance_crosses_the_date_line_and_the_pole() {
    let mut customer = stranger();
    customer.profile.location = Some(GeoPoint { lat: -17.0, lon: 179.95 });
    check(
        json!({"within_km": {"points": [{"lat": -17, "lon": -179.95}], "km": 15}}),
        &customer,
        true,
    );
    customer.profile.location = Some(GeoPoint { lat: 89.95, lon: 0.0 });
    check(
        json!({"within_km": {"points": [{"lat": 89.95, "lon": 180}], "km": 15}}),
        &customer,
        true,
    );
}

#[test]
fn a_language_covers_its_regions() {
    check(json!({"locale": {"any_of": ["en", "es"]}}), &ana(), true);
    check(json!({"locale": {"any_of": ["es-ES"]}}), &ana(), true);
    check(json!({"locale": {"any_of": ["es-MX", "en"]}}), &ana(), false);
}

#[test]
fn tags_are_any_all_and_none() {
    check(json!({"tags": {"any_of": ["vip", "staff"]}}), &ana(), true);
    check(json!({"tags": {"any_of": ["staff"]}}), &ana(), false);
    check(json!({"tags": {"all_of": ["vip", "beta"]}}), &ana(), true);
    check(json!({"tags": {"all_of": ["vip", "staff"]}}), &ana(), false);
    check(json!({"tags": {"none_of": ["staff"]}}), &ana(), true);
    check(json!({"tags": {"any_of": ["vip"], "none_of": ["beta"]}}), &ana(), false);
    check(json!({"tags": {"none_of": ["staff"]}}), &stranger(), true);
}

#[test]
fn ids_and_consents() {
    check(json!({"customer_ids": {"any_of": ["c-9", "c-1", "c-1", "b"]}}), &ana(), true);
    check(json!({"customer_ids": {"any_of": ["c-9", "c-11"]}}), &ana(), false);
    check(json!({"consents_to": {"channel": "sms"}}), &ana(), true);
    check(json!({"consents_to": {"channel": "email"}}), &ana(), false);
    check(json!({"consents_to": {"channel": "push"}}), &ana(), false);
}

/// Returns the errors of a rule as `pointer code`.
fn errors(json: &Value) -> Vec<String> {
    let errors = AudienceRule::parse(json, "/audience").expect_err(&json.to_string());
    errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect()
}
#[track_caller]
fn refused(json: Value, expected: &[&str]) {
    assert_eq!(errors(&json), expected, "{json}");
}

#[test]
fn a_node_is_an_object_with_one_known_key() {
    for bad in [json!(null), json!(true), json!(7), json!("everyone"), json!([])] {
        refused(bad, &["/audience invalid"]);
    }
    refused(json!({}), &["/audience exactly_one"]);
    refused(json!({"everyone": {}, "not": {}}), &["/audience exactly_one"]);
    refused(json!({"evryone": {}}), &["/audience/evryone unknown_field"]);
    refused(json!({"a/b~c": {}}), &["/audience/a~1b~0c unknown_field"]);
    refused(json!({"everyone": []}), &["/audience/everyone invalid"]);
    refused(json!({"everyone": {"x": 1}}), &["/audience/everyone/x unknown_field"]);
}

#[test]
fn a_group_has_rules() {
    refused(json!({"all": []}), &["/audience/all empty"]);
    refused(json!({"any": {}}), &["/audience/any invalid"]);
    refused(json!({"not": []}), &["/audience/not invalid"]);
    refused(json!({"not": {}}), &["/audience/not exactly_one"]);
}

#[test]
fn all_errors_are_named_at_once() {
    refused(
        json!({"all": [
            {"ordered": {}},
            {"any": [{"everyone": {}}, {"orders_count": {"at_least": -1, "at_most": "many", "max": 3}}]},
            {"not": {"consents_to": {"channel": "fax"}}},
        ]}),
        &[
            "/audience/all/0/ordered/vertical required",
            "/audience/all/1/any/1/orders_count/max unknown_field",
            "/audience/all/1/any/1/orders_count/at_least out_of_range",
            "/audience/all/1/any/1/orders_count/at_most invalid",
            "/audience/all/2/not/consents_to/channel unknown_value",
        ],
    );
}

#[test]
fn conditions_need_a_bound_and_bounds_stand_in_order() {
    refused(json!({"orders_count": {"vertical": "food"}}), &["/audience/orders_count empty"]);
    refused(json!({"spend": {}}), &["/audience/spend empty"]);
    refused(json!({"last_order": {"vertical": "food"}}), &["/audience/last_order empty"]);
    refused(json!({"signed_up": {}}), &["/audience/signed_up empty"]);
    refused(json!({"tags": {}}), &["/audience/tags empty"]);
    refused(
        json!({"orders_count": {"at_least": 5, "at_most": 4}}),
        &["/audience/orders_count reversed"],
    );
    refused(
        json!({"last_order": {"days_ago_at_least": 5, "days_ago_at_most": 4}}),
        &["/audience/last_order reversed"],
    );
    refused(
        json!({"signed_up": {"from": "2026-02-01", "until": "2026-01-31"}}),
        &["/audience/signed_up reversed"],
    );
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    refused(
        json!({"spend": {"at_least": eur(2), "at_most": eur(1)}}),
        &["/audience/spend reversed"],
    );
}

#[test]
fn numbers_are_whole_and_within_reason() {
    refused(
        json!({"orders_count": {"at_least": 1.5}}),
        &["/audience/orders_count/at_least invalid"],
    );
    refused(
        json!({"orders_count": {"at_least": null}}),
        &["/audience/orders_count/at_least invalid"],
    );
    refused(
        json!({"orders_count": {"at_most": 5_000_000_000u64}}),
        &["/audience/orders_count/at_most out_of_range"],
    );
    refused(
        json!({"last_order": {"days_ago_at_most": 36_526}}),
        &["/audience/last_order/days_ago_at_most out_of_range"],
    );
}

#[test]
fn dates_are_days_that_exist() {
    for bad in [
        json!("2026-02-30"),
        json!("2026-02-01T00:00:00"),
        json!("01.02.2026"),
        json!("20260201"),
        json!(20260201),
    ] {
        refused(json!({"signed_up": {"from": bad}}), &["/audience/signed_up/from invalid"]);
    }
}

#[test]
fn money_is_whole_positive_and_of_one_currency() {
    refused(json!({"spend": {"at_least": 500}}), &["/audience/spend/at_least invalid"]);
    refused(
        json!({"spend": {"at_least": {"amount": -1, "currency": "EUR"}}}),
        &["/audience/spend/at_least/amount invalid"],
    );
    refused(json!({"spend": {"at_least": {"amount": 1}}}), &["/audience/spend/at_least required"]);
    refused(
        json!({"spend": {"at_least": {"amount": 1, "currency": "EUR", "x": 0}}}),
        &["/audience/spend/at_least/x unknown_field"],
    );
    let one = |currency: &str| json!({"amount": 1, "currency": currency});
    refused(
        json!({"any": [{"spend": {"at_least": one("EUR")}}, {"not": {"spend": {"at_most": one("USD")}}}]}),
        &["/audience/any/1/not/spend/at_most/currency mixed_currency"],
    );
    refused(
        json!({"spend": {"at_least": one("EUR"), "at_most": one("USD")}}),
        &["/audience/spend/at_most/currency mixed_currency"],
    );
}

/// Builds the windows of orders in one vertical each: day, vertical, spend.
fn windows_of(orders: &[(&str, &str, i64)], names: &BTreeMap<String, OrderTotals>) -> OrderWindows {
    let orders: Vec<(Date, BTreeMap<String, MinorUnits>)> = orders
        .iter()
        .map(|(placed, vertical, spend)| {
            let net = MinorUnits::new(*spend).unwrap();
            (day(placed), BTreeMap::from([((*vertical).to_owned(), net)]))
        })
        .collect();
    let counted = orders.iter().map(|(day, verticals)| DayOrder { day: *day, verticals });
    OrderWindows::from_orders(counted, names.keys())
}

/// Returns the customer of most tests with windows: three orders of food, the last on the 13th, and
/// one of groceries on the first of October.
fn ana_with_windows() -> Customer {
    let mut ana = ana();
    ana.windows = Some(windows_of(
        &[
            ("2026-11-13", "food", 2_500),
            ("2026-10-25", "food", 1_500),
            ("2026-08-26", "food", 2_000),
            ("2026-10-01", "groceries", 3_000),
        ],
        &ana.verticals,
    ));
    ana
}

#[test]
fn a_window_counts_the_last_calendar_days_today_included() {
    let ana = ana_with_windows();
    let count = |days: u32, vertical: Option<&str>, orders: u32| {
        let mut body = json!({"in_days": days, "at_least": orders, "at_most": orders});
        if let Some(vertical) = vertical {
            body["vertical"] = json!(vertical);
        }
        check(json!({"orders_count": body}), &ana, true);
    };
    // It is the 23rd in Madrid: the 13th is the eleventh day back, today included.
    count(10, None, 0);
    count(11, None, 1);
    count(30, None, 2);
    count(90, None, 4);
    count(89, None, 3);
    count(90, Some("food"), 3);
    count(90, Some("groceries"), 1);
    count(30, Some("groceries"), 0);
    count(365, Some("pharmacy"), 0);
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let spend = |days: u32, at_least: i64| json!({"spend": {"vertical": "food", "in_days": days, "at_least": eur(at_least)}});
    check(spend(90, 6_000), &ana, true);
    check(spend(90, 6_001), &ana, false);
    check(spend(89, 4_000), &ana, true);
    check(spend(89, 4_001), &ana, false);
    // Windows that were never counted are unknown, and so nothing about them holds.
    let unknown = Customer { windows: None, ..ana };
    check(json!({"orders_count": {"in_days": 90, "at_most": 9}}), &unknown, false);
    check(json!({"spend": {"in_days": 90, "at_most": eur(9)}}), &unknown, false);
    check(json!({"first_order": {"days_ago_at_least": 0}}), &unknown, false);
}

#[test]
fn tenure_and_the_gap_between_orders_follow_from_the_first_and_the_last() {
    let ana = ana_with_windows();
    check(json!({"first_order": {"days_ago_at_least": 89, "days_ago_at_most": 89}}), &ana, true);
    check(json!({"first_order": {"days_ago_at_least": 90}}), &ana, false);
    check(json!({"first_order": {"from": "2026-08-26", "until": "2026-08-26"}}), &ana, true);
    check(json!({"first_order": {"from": "2026-08-27"}}), &ana, false);
    // 79 days from the first to the last of four orders: 26 and a third.
    check(json!({"order_gap": {"at_least": 26}}), &ana, true);
    check(json!({"order_gap": {"at_least": 27}}), &ana, false);
    check(json!({"order_gap": {"at_most": 26}}), &ana, false);
    check(json!({"order_gap": {"at_most": 27}}), &ana, true);
    check(json!({"order_gap": {"at_least": 0}}), &stranger(), false);
}

fn had(campaign: &str, issued: &str, accepted: Option<&str>) -> PastVoucher {
    let at = |text: &str| text.parse().unwrap();
    PastVoucher {
        campaign: crate::kernel::id::CampaignId::parse(campaign).unwrap(),
        issued_at: at(issued),
        accepted_at: accepted.map(at),
        redeemed_at: None,
    }
}

#[test]
fn vouchers_are_asked_by_stage_campaign_and_day() {
    let vouchers = [
        had("cmp_a", "2026-11-01T23:30:00Z", Some("2026-11-05T10:00:00Z")),
        had("cmp_b", "2026-08-01T10:00:00Z", None),
        had("cmp_c", "2026-11-23T00:00:00Z", None),
    ];
    for (rule, expected) in [
        (json!({"had_voucher": {}}), true),
        (json!({"had_voucher": {"campaign": "cmp_a"}}), true),
        // Issued after the moment from which days are counted, and known when it is asked again.
        (json!({"had_voucher": {"campaign": "cmp_c", "days_ago_at_most": 7}}), true),
        (json!({"had_voucher": {"stage": "accepted", "campaign": "cmp_b"}}), false),
        (json!({"had_voucher": {"stage": "redeemed"}}), false),
        // In Madrid it was already the second of November.
        (json!({"had_voucher": {"from": "2026-11-02", "until": "2026-11-02"}}), true),
        (json!({"had_voucher": {"campaign": "cmp_a", "days_ago_at_most": 20}}), false),
        (json!({"had_voucher": {"campaign": "cmp_a", "days_ago_at_most": 21}}), true),
        (json!({"not": {"had_voucher": {"stage": "accepted", "days_ago_at_most": 17}}}), true),
    ] {
        let rule = parse(rule);
        assert_eq!(rule.selects_with(&ana(), &vouchers, now()), expected, "{:?}", rule.to_value());
        assert!(rule.asks_vouchers());
        assert_eq!(rule.selects_regardless_of_vouchers(&ana(), now()), None);
    }
}

#[test]
fn vouchers_are_read_only_for_those_of_whom_they_decide() {
    let had = json!({"had_voucher": {}});
    let (yes, no) = (json!({"everyone": {}}), json!({"not": {"everyone": {}}}));
    for (rule, known) in [
        (json!({"all": [yes, {"not": had}]}), None),
        (json!({"all": [{"not": had}, no]}), Some(false)),
        (json!({"any": [had, yes]}), Some(true)),
        (json!({"any": [had, no]}), None),
        (json!({"not": {"all": [no, had]}}), Some(true)),
        (json!({"all": [yes]}), Some(true)),
    ] {
        assert_eq!(parse(rule).selects_regardless_of_vouchers(&ana(), now()), known);
    }
}

#[test]
fn attributes_are_compared_as_their_types_say() {
    let mut ana = ana();
    ana.profile.attributes = serde_json::from_value(json!({
        "member": true, "score": 4.5, "renewal": "2026-11-20", "tier": "gold", "diets": ["vegan", "halal"],
    }))
    .unwrap();
    for (body, expected) in [
        (json!({"name": "member", "is": true}), true),
        (json!({"name": "member", "is": false}), false),
        (json!({"name": "score", "at_least": 4.5, "at_most": 5}), true),
        (json!({"name": "score", "at_least": 4.6}), false),
        (json!({"name": "renewal", "days_ago_at_most": 3}), true),
        (json!({"name": "renewal", "from": "2026-11-21"}), false),
        (json!({"name": "tier", "any_of": ["silver", "gold"]}), true),
        (json!({"name": "diets", "any_of": ["halal"]}), true),
        (json!({"name": "diets", "any_of": ["kosher"]}), false),
        // Of another type, or not known.
        (json!({"name": "tier", "is": true}), false),
        (json!({"name": "tier", "days_ago_at_most": 3}), false),
        (json!({"name": "color", "any_of": ["red"]}), false),
    ] {
        check(json!({"attribute": body}), &ana, expected);
    }
}

#[test]
fn a_sample_is_stable_about_its_share_and_part_of_a_larger_one() {
    let ids: Vec<Customer> =
        (0..4_000).map(|n| Customer::new(CustomerId::parse(&format!("c-{n}")).unwrap())).collect();
    let selected = |name: &str, percent: f64| -> Vec<usize> {
        let rule = parse(json!({"sample": {"name": name, "percent": percent}}));
        (0..ids.len()).filter(|n| rule.selects(&ids[*n], now())).collect()
    };
    let (ten, thirty) = (selected("spring", 10.0), selected("spring", 30.0));
    assert!((330..470).contains(&ten.len()), "{}", ten.len());
    assert!(ten.iter().all(|n| thirty.contains(n)));
    assert_eq!(ten, selected("spring", 10.0));
    let both = selected("autumn", 10.0).iter().filter(|n| ten.contains(n)).count();
    assert!(both < 100, "{both}");
    assert_eq!(selected("spring", 100.0).len(), ids.len());
}

/// Food lovers in Madrid who spent over 200 in the last 90 days, never tried groceries, and had no
/// voucher this month.
#[test]
fn the_sentence_of_a_marketer_finds_the_right_people() {
    let madrid = json!({"lat": 40.4168, "lon": -3.7038, "name": "Madrid"});
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let rule = parse(json!({"all": [
        {"orders_count": {"vertical": "food", "in_days": 365, "at_least": 3}},
        {"within_km": {"points": [madrid], "km": 20}},
        {"spend": {"in_days": 90, "at_least": eur(20_001)}},
        {"never_ordered": {"vertical": "groceries"}},
        {"not": {"had_voucher": {"from": "2026-11-01"}}},
    ]}));
    let mut lover = ana();
    lover.verticals = BTreeMap::from([("food".into(), activity(3, 25_000, "2026-11-13"))]);
    let spent = |amounts: [i64; 3]| {
        let days = ["2026-11-13", "2026-10-25", "2026-08-26"];
        let orders: Vec<(&str, &str, i64)> =
            days.iter().zip(amounts).map(|(day, amount)| (*day, "food", amount)).collect();
        Some(windows_of(&orders, &lover.verticals))
    };
    let right = Customer { windows: spent([10_000, 5_000, 5_001]), ..lover.clone() };
    let poorer = Customer { windows: spent([10_000, 5_000, 5_000]), ..lover.clone() };
    let mut elsewhere = right.clone();
    elsewhere.profile.location = Some(GeoPoint { lat: 41.39, lon: 2.17 });
    let mut tried = right.clone();
    tried.verticals.insert("groceries".into(), activity(1, 100, "2026-01-01"));
    let this_month = [had("cmp_a", "2026-11-02T10:00:00Z", None)];
    let last_month = [had("cmp_a", "2026-10-31T10:00:00Z", None)];
    for (who, customer, vouchers, expected) in [
        ("right", &right, &last_month[..], true),
        ("had one", &right, &this_month[..], false),
        ("poorer", &poorer, &[][..], false),
        ("elsewhere", &elsewhere, &[][..], false),
        ("tried groceries", &tried, &[][..], false),
        ("stranger", &stranger(), &[][..], false),
    ] {
        assert_eq!(rule.selects_with(customer, vouchers, now()), expected, "{who}");
    }
    assert_eq!(rule.selects_regardless_of_vouchers(&poorer, now()), Some(false));
    assert_eq!(rule.selects_regardless_of_vouchers(&right, now()), None);
}

#[test]
fn new_conditions_name_the_bad_node() {
    refused(
        json!({"orders_count": {"in_days": 0, "at_least": 1}}),
        &["/audience/orders_count/in_days out_of_range"],
    );
    refused(
        json!({"spend": {"in_days": 366, "at_least": {"amount": 1, "currency": "EUR"}}}),
        &["/audience/spend/in_days out_of_range"],
    );
    refused(json!({"orders_count": {"in_days": 30}}), &["/audience/orders_count empty"]);
    refused(json!({"order_gap": {}}), &["/audience/order_gap empty"]);
    refused(json!({"first_order": {}}), &["/audience/first_order empty"]);
    refused(
        json!({"had_voucher": {"stage": "seen", "campaign": "a b"}}),
        &["/audience/had_voucher/stage unknown_value", "/audience/had_voucher/campaign invalid"],
    );
    refused(json!({"attribute": {"is": true}}), &["/audience/attribute/name required"]);
    refused(json!({"attribute": {"name": "a"}}), &["/audience/attribute exactly_one"]);
    refused(
        json!({"attribute": {"name": "a", "is": true, "any_of": ["b"]}}),
        &["/audience/attribute exactly_one"],
    );
    refused(
        json!({"attribute": {"name": "a", "at_least": 2, "at_most": 1}}),
        &["/audience/attribute reversed"],
    );
    for percent in [json!(0), json!(100.01), json!(0.005), json!("5"), json!(null)] {
        refused(
            json!({"sample": {"name": "x", "percent": percent}}),
            &["/audience/sample/percent out_of_range"],
        );
    }
    refused(json!({"segment": {}}), &["/audience/segment/id required"]);
    refused(json!({"segment": {"id": "a b"}}), &["/audience/segment/id invalid"]);
    refused(json!({"segment": {"id": "a", "version": 1}}), &["/audience/segment invalid"]);
    refused(
        json!({"segment": {"id": "a", "version": 1, "rule": {"odd": {}}}}),
        &["/audience/segment/rule/odd unknown_field"],
    );
    let mut nested = json!({"everyone": {}});
    for _ in 0..5 {
        nested = json!({"segment": {"id": "a", "version": 1, "rule": nested}});
    }
    assert_eq!(errors(&nested).len(), 1);
    assert!(errors(&nested)[0].ends_with("too_deep"), "{:?}", errors(&nested));
}

#[test]
fn attributes_are_checked_against_their_declarations() {
    let declared = serde_json::from_value(json!({"attributes": [
        {"name": "tier", "type": "text"}, {"name": "member", "type": "bool"}]}))
    .unwrap();
    let rule = parse(json!({"all": [
        {"attribute": {"name": "tier", "any_of": ["gold"]}},
        {"not": {"attribute": {"name": "member", "at_least": 1}}},
        {"any": [{"attribute": {"name": "color", "any_of": ["red"]}}]},
    ]}));
    let found: Vec<String> = rule
        .check_attributes(&declared, "/audience")
        .iter()
        .map(|it| format!("{} {}", it.field, it.code))
        .collect();
    let expected = [
        "/audience/all/1/not/attribute wrong_type",
        "/audience/all/2/any/0/attribute/name unknown_attribute",
    ];
    assert_eq!(found, expected);
}

fn merchant_at(key: &str, vertical: &str, opened: &str, lat: f64) -> KeyedMerchant {
    let merchant = json!({"name": "A", "verticals": [vertical], "opened_on": opened,
        "places": [{"lat": lat, "lon": -3.7038}]});
    (CatalogueKey::parse(key).unwrap(), serde_json::from_value(merchant).unwrap())
}

#[test]
fn who_is_near_a_new_merchant_is_known_once_the_merchants_are() {
    let json = json!({"near_merchants": {"opened_within_days": 14, "vertical": "food", "km": 5}});
    let mut rule = AudienceRule::parse(&json, "").unwrap();
    assert_eq!(rule.merchant_needs().opened_within_days, Some(14));
    let near = |rule: &AudienceRule| rule.selects(&ana(), now());
    assert!(!near(&rule), "nobody is near a merchant that is not known");
    let today = "2026-11-22".parse().unwrap();
    for (merchant, expected) in [
        (merchant_at("m-1", "food", "2026-11-20", 40.4168), true),
        (merchant_at("m-1", "food", "2026-11-08", 40.4168), true),
        (merchant_at("m-1", "food", "2026-11-07", 40.4168), false),
        (merchant_at("m-1", "food", "2026-11-23", 40.4168), false),
        (merchant_at("m-1", "pharmacy", "2026-11-20", 40.4168), false),
        (merchant_at("m-1", "food", "2026-11-20", 41.0), false),
    ] {
        rule.resolve_merchants(std::slice::from_ref(&merchant), today);
        assert_eq!(near(&rule), expected, "{merchant:?}");
    }
    assert_eq!(rule.to_value(), json);
}

#[test]
fn a_merchant_that_leaves_never_widens_an_audience() {
    let json = json!({"any": [
        {"near_merchants": {"merchants": ["m-1", "m-2"], "km": 5}},
        {"tags": {"any_of": ["nobody has it"]}},
    ]});
    let mut rule = AudienceRule::parse(&json, "").unwrap();
    let named: Vec<_> = rule.merchant_needs().named.into_iter().collect();
    assert_eq!(named.iter().map(CatalogueKey::as_str).collect::<Vec<_>>(), ["m-1", "m-2"]);
    let today = "2026-11-22".parse().unwrap();
    let all = [
        merchant_at("m-1", "food", "2020-01-01", 40.4168),
        merchant_at("m-2", "food", "2020-01-01", 41.0),
        merchant_at("m-3", "food", "2020-01-01", 40.4168),
    ];
    let mut selected = Vec::new();
    for left in [&all[..], &all[1..], &all[2..], &[]] {
        rule.resolve_merchants(left, today);
        selected.push(rule.selects(&ana(), now()));
        let conditions = rule.near_merchants("/audience");
        let [(at, condition)] = conditions.as_slice() else { panic!("one condition") };
        assert_eq!(at, "/audience/any/0/near_merchants");
        assert_eq!(condition.fits_nobody(), left.len() < 2);
    }
    assert_eq!(selected, [true, false, false, false]);
    assert_eq!(rule.to_value(), json);
}

#[test]
fn each_fault_of_a_condition_on_merchants_is_named() {
    refused(
        json!({"near_merchants": {"opened_within_days": 400, "vertical": ""}}),
        &[
            "/audience/near_merchants/opened_within_days out_of_range",
            "/audience/near_merchants/vertical invalid",
            "/audience/near_merchants/km required",
        ],
    );
    refused(json!({"near_merchants": {"km": 5}}), &["/audience/near_merchants empty"]);
    refused(
        json!({"near_merchants": {"km": 5, "merchants": ["m-1"], "opened_within_days": 7}}),
        &["/audience/near_merchants exactly_one"],
    );
    refused(
        json!({"all": [{"not": {"any": [{"near_merchants": {"km": 5, "merchants": ["m-1"]}}]}}]}),
        &["/audience/all/0/not/any/0/near_merchants not_allowed"],
    );
    refused(
        json!({"near_merchants": {"km": 5, "merchants": [" "]}}),
        &["/audience/near_merchants/merchants/0 invalid"],
    );
}

#[test]
fn a_place_keeps_the_name_it_was_picked_by() {
    let rule = json!({"within_km": {"points": [{"lat": 40.5, "lon": -3.5, "name": "Madrid"}, {"lat": 1, "lon": 2}], "km": 20}});
    assert_eq!(AudienceRule::parse(&rule, "").unwrap().to_value(), rule);
    for name in [String::new(), "x".repeat(65), "a\u{7}".to_owned()] {
        let point = json!({"lat": 0, "lon": 0, "name": name});
        let rule = json!({"within_km": {"points": [point], "km": 1}});
        refused(rule, &["/audience/within_km/points/0 invalid"]);
    }
}

#[test]
fn places_are_on_earth_and_distances_positive() {
    let point = json!({"lat": 0, "lon": 0});
    for (km, code) in [
        (json!(0), "out_of_range"),
        (json!(-1), "out_of_range"),
        (json!(20_000.1), "out_of_range"),
        (json!("3"), "invalid"),
    ] {
        refused(
            json!({"within_km": {"points": [point], "km": km}}),
            &[&format!("/audience/within_km/km {code}")],
        );
    }
    refused(json!({"within_km": {"km": 1}}), &["/audience/within_km/points required"]);
    refused(json!({"within_km": {"points": [point]}}), &["/audience/within_km/km required"]);
    refused(json!({"within_km": {"points": [], "km": 1}}), &["/audience/within_km/points empty"]);
    refused(
        json!({"within_km": {"points": [{"lat": 90.1, "lon": 0}, {"lat": 0, "lon": -180.1}, {"lat": 1}, 7], "km": 1}}),
        &[
            "/audience/within_km/points/0 invalid",
            "/audience/within_km/points/1 invalid",
            "/audience/within_km/points/2 invalid",
            "/audience/within_km/points/3 invalid",
        ],
    );
}

#[test]
fn lists_have_good_entries_and_not_too_many() {
    let ids = |count: usize| (0..count).map(|n| format!("c-{n}")).collect::<Vec<_>>();
    parse(json!({"customer_ids": {"any_of": ids(MAX_LISTED_CUSTOMERS)}}));
    refused(
        json!({"customer_ids": {"any_of": ids(MAX_LISTED_CUSTOMERS + 1)}}),
        &["/audience/customer_ids/any_of too_many"],
    );
    refused(
        json!({"customer_ids": {"any_of": ["ok", "not ok", 7]}}),
        &["/audience/customer_ids/any_of/1 invalid", "/audience/customer_ids/any_of/2 invalid"],
    );
    refused(json!({"customer_ids": {}}), &["/audience/customer_ids/any_of required"]);
    refused(json!({"tags": {"any_of": ids(MAX_TAGS + 1)}}), &["/audience/tags/any_of too_many"]);
    refused(
        json!({"tags": {"any_of": [""], "none_of": []}}),
        &["/audience/tags/any_of/0 invalid", "/audience/tags/none_of empty"],
    );
    refused(
        json!({"locale": {"any_of": vec!["es"; MAX_LOCALES + 1]}}),
        &["/audience/locale/any_of too_many"],
    );
    refused(
        json!({"locale": {"any_of": ["es", "english"]}}),
        &["/audience/locale/any_of/1 invalid"],
    );
    let points = vec![json!({"lat": 0, "lon": 0}); MAX_POINTS + 1];
    refused(
        json!({"within_km": {"points": points, "km": 1}}),
        &["/audience/within_km/points too_many"],
    );
    refused(
        json!({"ordered": {"vertical": "x".repeat(65)}}),
        &["/audience/ordered/vertical invalid"],
    );
}

#[test]
fn a_tree_is_neither_too_deep_nor_too_wide() {
    let nested =
        |levels: usize| (1..levels).fold(json!({"everyone": {}}), |rule, _| json!({"not": rule}));
    parse(nested(MAX_DEPTH));
    refused(nested(MAX_DEPTH + 1), &[&format!("/audience{} too_deep", "/not".repeat(MAX_DEPTH))]);
    let wide = |nodes: usize| json!({"all": vec![json!({"everyone": {}}); nodes - 1]});
    parse(wide(MAX_NODES));
    refused(wide(MAX_NODES + 1), &["/audience too_wide"]);
}

#[test]
fn the_answer_to_a_hostile_rule_is_short() {
    let bad = vec![json!({"customer_ids": {"any_of": vec![""; MAX_LISTED_CUSTOMERS]}}); 150];
    assert_eq!(errors(&json!({"all": bad})).len(), MAX_ERRORS);
}

#[test]
fn the_currency_of_a_rule_is_that_of_its_money() {
    let spend = json!({"spend": {"at_least": {"amount": 1, "currency": "USD"}}});
    assert_eq!(
        parse(json!({"not": {"any": [{"everyone": {}}, spend]}})).currency(),
        Some(Currency::parse("USD").unwrap())
    );
    assert_eq!(parse(json!({"everyone": {}})).currency(), None);
}

#[test]
fn an_explanation_says_what_was_found_and_what_was_wanted() {
    let rule = parse(json!({"all": [
        {"orders_count": {"vertical": "food", "at_least": 5}},
        {"not": {"last_order": {"days_ago_at_most": 30}}},
        {"spend": {"at_least": {"amount": 5_000, "currency": "EUR"}}},
        {"within_km": {"points": [{"lat": 40.4153, "lon": -3.6844}], "km": 3.5}},
        {"tags": {"any_of": ["vip"], "none_of": ["staff"]}},
        {"signed_up": {"from": "2025-01-01"}},
    ]}));
    fn lines(node: &RuleExplanation) -> Vec<String> {
        let line = format!("{} {} {}", if node.holds { "+" } else { "-" }, node.field, node.detail);
        std::iter::once(line).chain(node.parts.iter().flat_map(lines)).collect()
    }
    let found = lines(&rule.explain(&ana(), &[], now(), "/audience")).join("\n");
    insta::assert_snapshot!(found, @r"
    - /audience/all 3 of 6 hold, all wanted
    - /audience/all/0/orders_count 3 orders in food, at least 5 wanted
    - /audience/all/1/not it holds
    + /audience/all/1/not/last_order last order 10 days ago on 2026-11-13, at most 30 days ago wanted
    + /audience/all/2/spend 90.00 EUR spent, at least 50.00 EUR wanted
    + /audience/all/3/within_km 1.7 km away, at most 3.5 wanted
    + /audience/all/4/tags tags vip, beta; any of vip and none of staff wanted
    - /audience/all/5/signed_up sign-up 936 days ago on 2024-05-01, from 2025-01-01 wanted
    ");
}

fn some_vertical() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["food", "groceries", "pharmacy"])
}
fn some_day() -> impl Strategy<Value = Date> {
    (0i64..60).prop_map(|days| {
        day("2026-10-01").checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap()
    })
}
/// Generates a point with a precision of a tenth of a metre, as maps give it: serde_json reads up
/// to 15 digits without an error in the last.
fn some_point() -> impl Strategy<Value = GeoPoint> {
    let millionths = |millionths: i32| f64::from(millionths) / 1e6;
    (40_000_000..41_000_000, -4_000_000..-3_000_000)
        .prop_map(move |(lat, lon)| GeoPoint { lat: millionths(lat), lon: millionths(lon) })
}
/// Generates ordered bounds, at least one of which is given.
fn bounds<T: Ord + Clone + std::fmt::Debug>(
    one: impl Strategy<Value = T>,
    other: impl Strategy<Value = T>,
) -> impl Strategy<Value = (Option<T>, Option<T>)> {
    (one, other, 0..3).prop_map(|(a, b, which)| {
        let (least, most) = if a <= b { (a, b) } else { (b, a) };
        (Some(least).filter(|_| which != 0), Some(most).filter(|_| which != 1))
    })
}
fn some_days() -> impl Strategy<Value = Value> {
    let ago = prop_oneof![Just((None, None)), bounds(0u32..60, 0u32..60)];
    (ago, bounds(some_day(), some_day())).prop_map(|(ago, dates)| {
        let mut body = serde_json::Map::new();
        body.extend(ago.0.map(|days| ("days_ago_at_least".into(), json!(days))));
        body.extend(ago.1.map(|days| ("days_ago_at_most".into(), json!(days))));
        if ago == (None, None) || ago.0.is_some_and(|days| days % 2 == 0) {
            body.extend(dates.0.map(|day| ("from".into(), json!(day.to_string()))));
            body.extend(dates.1.map(|day| ("until".into(), json!(day.to_string()))));
        }
        body.into()
    })
}
fn some_list(entries: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(entries), 1..4)
}

fn condition() -> impl Strategy<Value = Value> {
    let at = |key: &'static str, value: Option<Value>| value.map(|value| (key.to_owned(), value));
    let with_vertical = move |key: &'static str, vertical: Option<&str>, mut body: Value| {
        if let (Some(vertical), Some(body)) = (vertical, body.as_object_mut()) {
            body.insert("vertical".into(), json!(vertical));
        }
        json!({ key: body })
    };
    let counts = bounds(0u32..6, 0u32..6).prop_map(move |(least, most)| {
        let parts = [at("at_least", least.map(Value::from)), at("at_most", most.map(Value::from))];
        Value::Object(parts.into_iter().flatten().collect())
    });
    let spends = bounds(0i64..9_000, 0i64..9_000).prop_map(move |(least, most)| {
        let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
        let parts = [at("at_least", least.map(money)), at("at_most", most.map(money))];
        Value::Object(parts.into_iter().flatten().collect())
    });
    let maybe = || prop::option::of(some_vertical());
    prop_oneof![
        Just(json!({"everyone": {}})),
        some_vertical().prop_map(|vertical| json!({"ordered": {"vertical": vertical}})),
        some_vertical().prop_map(|vertical| json!({"never_ordered": {"vertical": vertical}})),
        (maybe(), counts).prop_map(move |(vertical, body)| with_vertical("orders_count", vertical, body)),
        (maybe(), 1u32..366, 0u32..4).prop_map(move |(vertical, days, least)| {
            with_vertical("orders_count", vertical, json!({"in_days": days, "at_least": least}))
        }),
        some_days().prop_map(|body| json!({"first_order": body})),
        (0u32..40).prop_map(|most| json!({"order_gap": {"at_most": most}})),
        some_days().prop_map(|mut body| {
            body["stage"] = json!("accepted");
            json!({"had_voucher": body})
        }),
        some_days().prop_map(|mut body| {
            body["name"] = json!("renewal");
            json!({"attribute": body})
        }),
        (1u32..10_000).prop_map(|share| {
            let percent = write::write_number(f64::from(share) / 100.0);
            json!({"sample": {"name": "spring", "percent": percent}})
        }),
        (1u64..9).prop_map(|version| {
            let rule = json!({"tags": {"any_of": ["vip"]}});
            json!({"segment": {"id": "vips", "version": version, "rule": rule}})
        }),
        (maybe(), spends).prop_map(move |(vertical, body)| with_vertical("spend", vertical, body)),
        (maybe(), some_days()).prop_map(move |(vertical, body)| with_vertical("last_order", vertical, body)),
        some_days().prop_map(|body| json!({"signed_up": body})),
        (prop::collection::vec(some_point(), 1..4), 1u32..400).prop_map(|(points, tenths)| {
            let points: Vec<Value> = points
                .iter()
                .map(|point| json!({"lat": write::write_number(point.lat), "lon": write::write_number(point.lon)}))
                .collect();
            json!({"within_km": {"points": points, "km": write::write_number(f64::from(tenths) / 10.0)}})
        }),
        some_list(&["es", "es-ES", "en-GB"]).prop_map(|any_of| json!({"locale": {"any_of": any_of}})),
        (some_list(&["vip", "beta", "staff"]), some_list(&["vip", "beta"]), some_list(&["staff", "beta"]), 1..8)
            .prop_map(|(any, all, none, which)| {
                let lists = [("any_of", any, 1), ("all_of", all, 2), ("none_of", none, 4)];
                let body = lists
                    .into_iter()
                    .filter(|(.., bit)| which & bit != 0)
                    .map(|(key, list, _)| (key.to_owned(), json!(list)));
                json!({"tags": body.collect::<serde_json::Map<_, _>>()})
            }),
        some_list(&["c-1", "c-2", "c-3", "x"]).prop_map(|any_of| json!({"customer_ids": {"any_of": any_of}})),
        prop::sample::select(vec!["sms", "email", "push"])
            .prop_map(|channel| json!({"consents_to": {"channel": channel}})),
    ]
}

/// Generates the JSON of a valid rule.
fn some_rule() -> impl Strategy<Value = Value> {
    condition().prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|rules| json!({"all": rules})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|rules| json!({"any": rules})),
            inner.prop_map(|rule| json!({"not": rule})),
        ]
    })
}

fn some_activity() -> impl Strategy<Value = OrderTotals> {
    (0u32..6, 0i64..9_000, prop::option::of(some_day())).prop_map(
        |(orders, spend, last_order_day)| OrderTotals {
            orders,
            spend: MinorUnits::new(spend).unwrap(),
            last_order_day,
        },
    )
}

fn some_customer() -> impl Strategy<Value = Customer> {
    let locale = prop::option::of(prop::sample::select(vec!["es", "es-ES", "en-GB", "fr"]));
    let zone = prop::option::of(prop::sample::select(vec![
        "Europe/Madrid",
        "Pacific/Kiritimati",
        "Etc/GMT+12",
        "America/Bogota",
    ]));
    let currency = prop::option::of(prop::sample::select(vec!["EUR", "USD"]));
    let profile = (
        locale,
        zone,
        currency,
        prop::option::of(some_day()),
        some_list(&["vip", "beta", "x"]),
        prop::option::of(some_point()),
    );
    let orders = (
        some_activity(),
        prop::collection::btree_map(some_vertical().prop_map(str::to_owned), some_activity(), 0..3),
    );
    (prop::sample::select(vec!["c-1", "c-2", "c-4"]), profile, orders, any::<bool>()).prop_map(
        |(id, profile, orders, granted)| {
            let (locale, zone, currency, signed_up, tags, location) = profile;
            let mut customer = Customer::new(CustomerId::parse(id).unwrap());
            customer.profile.locale = locale.map(|text| Locale::parse(text).unwrap());
            customer.profile.zone = zone.map(|text| Zone::parse(text).unwrap());
            customer.profile.currency = currency.map(|text| Currency::parse(text).unwrap());
            customer.profile.signed_up = signed_up;
            customer.profile.tags = tags.into_iter().map(str::to_owned).collect();
            customer.profile.location = location;
            (customer.activity, customer.verticals) = orders;
            let state = if granted { ConsentState::Granted } else { ConsentState::Denied };
            customer
                .consents
                .insert(Channel::Sms, Consent { state, source: "test".into(), at: now() });
            customer
        },
    )
}

fn some_moment() -> impl Strategy<Value = Timestamp> {
    (0i64..60 * 24 * 60).prop_map(|minutes| now() - jiff::SignedDuration::from_mins(minutes))
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "all",
        "any",
        "not",
        "everyone",
        "ordered",
        "orders_count",
        "spend",
        "last_order",
        "first_order",
        "order_gap",
        "had_voucher",
        "attribute",
        "sample",
        "segment",
        "in_days",
        "name",
        "percent",
        "stage",
        "id",
        "version",
        "rule",
        "within_km",
        "locale",
        "signed_up",
        "tags",
        "customer_ids",
        "consents_to",
        "vertical",
        "at_least",
        "at_most",
        "from",
        "until",
        "points",
        "km",
        "lat",
        "lon",
        "any_of",
        "channel",
        "amount",
        "currency",
        "~/",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-01-01")),
        Just(json!("EUR")),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_rule_writes_back_the_json_it_was_read_from(json in some_rule()) {
        let rule = AudienceRule::parse(&json, "").unwrap();
        prop_assert_eq!(&rule.to_value(), &json);
        let text = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(serde_json::from_str::<AudienceRule>(&text).unwrap(), rule);
    }

    #[test]
    fn an_explanation_agrees_with_the_run(json in some_rule(), customer in some_customer(), at in some_moment()) {
        let rule = AudienceRule::parse(&json, "").unwrap();
        prop_assert_eq!(rule.explain(&customer, &[], at, "").holds, rule.selects(&customer, at));
    }

    #[test]
    fn each_node_follows_from_its_parts(json in some_rule(), customer in some_customer(), at in some_moment()) {
        fn sound(node: &RuleExplanation) -> bool {
            let expected = match node.rule {
                "all" => node.parts.iter().all(|part| part.holds),
                "any" => node.parts.iter().any(|part| part.holds),
                "not" => !node.parts[0].holds,
                _ => node.holds,
            };
            node.holds == expected && node.parts.iter().all(sound)
        }
        prop_assert!(sound(&AudienceRule::parse(&json, "").unwrap().explain(&customer, &[], at, "")));
    }

    #[test]
    fn de_morgan(a in some_rule(), b in some_rule(), customer in some_customer(), at in some_moment()) {
        let selects = |json: Value| AudienceRule::parse(&json, "").unwrap().selects(&customer, at);
        let neither = selects(json!({"all": [{"not": a}, {"not": b}]}));
        prop_assert_eq!(selects(json!({"not": {"any": [a, b]}})), neither);
        let not_both = selects(json!({"any": [{"not": a}, {"not": b}]}));
        prop_assert_eq!(selects(json!({"not": {"all": [a, b]}})), not_both);
    }

    #[test]
    fn days_ago_agree_with_the_calendar(customer in some_customer(), at in some_moment(), limits in bounds(0u32..60, 0u32..60)) {
        let days = DayBounds { days_ago: ValueBounds { at_least: limits.0, at_most: limits.1 }, dates: ValueBounds { at_least: None, at_most: None } };
        let expected = customer.profile.signed_up.is_some_and(|signed_up| {
            let ago = signed_up.until(customer.today(at)).unwrap().get_days();
            limits.0.is_none_or(|least| i64::from(ago) >= i64::from(least)) && limits.1.is_none_or(|most| i64::from(ago) <= i64::from(most))
        });
        prop_assert_eq!(AudienceRule::SignedUp(days).selects(&customer, at), expected);
    }

    #[test]
    fn no_json_makes_it_panic(json in any_json(), customer in some_customer()) {
        match AudienceRule::parse(&json, "/audience") {
            Ok(rule) => {
                rule.explain(&customer, &[], now(), "/audience");
                prop_assert_eq!(AudienceRule::parse(&rule.to_value(), "").unwrap(), rule);
            }
            Err(errors) => prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.field.starts_with("/audience"))),
        }
    }
}
