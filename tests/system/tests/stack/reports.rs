//! Tests all five reports at once, through the functions' own routers on the in-memory AWS: what
//! each refuses, and what none of them may do: add up currencies, fail on a campaign without
//! vouchers, or read from a running recount.

mod fixture;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{
    TimeZone, Timestamp,
    campaign::kind::CampaignKind,
    kernel::channel::Channel,
    reporting::counters::{Counter, CounterDelta, ReportRow},
};
use fixture::{AllReportsFixture, DAYS, REPORTS, ZONE, euros};
use serde_json::{Value, json};
use store::{conditional::Applied, reporting::recounts::RecountStage as At};
use testkit::builders::{noon, voucher};

#[tokio::test]
async fn what_no_report_can_answer_each_refuses_with_the_field() {
    let stage = AllReportsFixture::new();
    stage.launch_campaign("cmp_1", "EUR", "food").await;
    for report in REPORTS {
        for (query, status, code, field) in [
            ("from=2026-11-02&to=2026-11-01", 422, "invalid_request", "from"),
            ("from=2024-10-30&to=2026-11-01", 422, "invalid_request", "from"),
            ("from=0001-01-01&to=9999-12-31", 422, "invalid_request", "from"),
            ("zone=Mars/Crater", 422, "invalid_request", "zone"),
            ("zone=Asia/Tokyo", 422, "invalid_request", "zone"),
            ("zone=", 422, "invalid_request", "zone"),
            ("currency=euro", 422, "invalid_request", "currency"),
            ("vertical=%20", 422, "invalid_request", "vertical"),
            ("campaign=no%20campaign", 422, "invalid_request", "campaign"),
            ("campaign=cmp_none", 404, "campaign_unknown", ""),
            ("kind=raffle", 400, "invalid_query", ""),
            ("channel=fax", 400, "invalid_query", ""),
            ("from=2026-02-30", 400, "invalid_query", ""),
            ("until=2026-11-01", 400, "invalid_query", ""),
            ("format=xml", 400, "invalid_query", ""),
        ] {
            let (answered, body) = stage.get_report(report, query).await;
            let found = (
                answered,
                body["code"].as_str().unwrap(),
                body["errors"][0]["field"].as_str().unwrap_or(""),
            );
            assert_eq!(found, (status, code, field), "{report}?{query}: {body}");
        }
        // two years to the day, in the tenant's zone
        let whole = stage
            .expect_report(report, &format!("from=2024-10-31&to=2026-11-01&zone={ZONE}"))
            .await;
        assert_eq!(whole["zone"], ZONE, "{report} says whose days these are");
        assert_eq!(
            stage.send("nobody", "GET", &format!("/v1/reports/voucher-campaigns/{report}")).await.0,
            403
        );
    }
}

/// Collects the numbers of a document, wherever they are.
fn collect_numbers(document: &Value, found: &mut Vec<f64>) {
    match document {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(items) => items.iter().for_each(|item| collect_numbers(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect_numbers(field, found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn a_campaign_without_vouchers_is_in_every_report_with_nothing() {
    let stage = AllReportsFixture::new();
    stage.launch_campaign("cmp_1", "EUR", "food").await;
    for query in [
        DAYS.to_owned(),
        format!("{DAYS}&campaign=cmp_1"),
        format!("{DAYS}&vertical=food&currency=EUR"),
    ] {
        for report in REPORTS {
            for by in ["", "&by=day", "&by=channel", "&by=campaign", "&by=vertical"] {
                if by.is_empty() || report == "customer-engagement" {
                    let mut document = stage.expect_report(report, &format!("{query}{by}")).await;
                    // overdue work is about this moment and not about the campaign
                    document.as_object_mut().unwrap().remove("work");
                    let mut found = Vec::new();
                    collect_numbers(&document, &mut found);
                    // the numbers that are not zero: one campaign was checked, the customers
                    // missing for a verdict, and the margin
                    let known = [0.0, 1.0, 200.0, 100.0];
                    found.retain(|number| !known.contains(number));
                    assert!(found.is_empty(), "{report}{by}: {found:?} in {document}");
                }
            }
            let lines = stage.csv_rows(report, &query).await;
            let rows = usize::from(report == "campaign-perf");
            assert_eq!(lines.len(), rows, "{report}: {lines:?}");
        }
        let performance = &stage.expect_report("campaign-perf", &query).await["items"][0];
        let effect = &performance["effect"];
        assert_eq!(
            (&effect["verdict"], &effect["profit"]),
            (&"not_enough_data".into(), &Value::Null)
        );
        assert_eq!(
            (&performance["return_on_cost"], &performance["exposure"]["forecast"]),
            (&Value::Null, &Value::Null)
        );
        let engagement = &stage
            .expect_report("customer-engagement", &format!("{query}&by=campaign"))
            .await["rows"][0];
        assert_eq!((&engagement["key"], &engagement["leak"]), (&"cmp_1".into(), &Value::Null));
        assert_eq!(engagement["lost_percent"], json!({}), "of nobody nothing is lost");
        assert_eq!(engagement["remark"], Value::Null, "nobody has its coupon");
        let ranking = &stage.expect_report("overview", &query).await["ranking"];
        assert_eq!((&ranking["looked_at"], &ranking["judged"]), (&1.into(), &0.into()));
    }
}

/// Amounts by currency, chosen so that no sum over different currencies equals another sum or one
/// amount.
const AMOUNTS: [(&str, i64); 3] = [("EUR", 1_000_003), ("USD", 30_000_017), ("JPY", 700_000_039)];

/// Returns the same counters with this amount in each.
fn counters_of_amount(amount: i64) -> [(&'static str, i64); 15] {
    [
        ("issued", 1_000),
        ("ghost", 200),
        ("redeemed", 90),
        ("units.sms", 1_000),
        ("attempts.sms", 1_000),
        ("attempt.sms.sent", 1_000),
        ("revenue", amount),
        ("discount", amount),
        ("released", amount),
        ("exposure", amount),
        ("treated.orders", 500),
        ("treated.spenders.41", 500),
        ("treated.spend.41", amount),
        ("held.spenders.21", 50),
        ("held.spend.21", 100_000),
    ]
}

#[tokio::test]
async fn amounts_of_two_currencies_are_added_up_in_no_report() {
    let stage = AllReportsFixture::new();
    let today = Timestamp::now().to_zoned(TimeZone::get(ZONE).unwrap()).date();
    let ends = today.saturating_add(jiff::Span::new().days(5)).to_string();
    for (currency, amount) in AMOUNTS {
        let campaign = stage
            .launch_campaign(&format!("cmp_{}", currency.to_lowercase()), currency, "food")
            .await;
        stage.add_counts(&campaign, "2026-11-02", &counters_of_amount(amount)).await;
        stage
            .add_counts(&campaign, &ends, &[("open.issued", amount), ("open.accepted", amount)])
            .await;
    }
    let [eur, usd, jpy] = AMOUNTS.map(|(_, amount)| amount as f64);
    let mixed = [eur + usd, eur + jpy, usd + jpy, eur + usd + jpy];
    let is_mixed = |number: &f64| {
        mixed.iter().any(|sum| (sum - number).abs() < 0.5 || (2.0 * sum - number).abs() < 0.5)
    };
    for query in ["", "&vertical=food", "&channel=sms"] {
        for report in REPORTS {
            for by in ["", "&by=channel", "&by=campaign", "&by=vertical"] {
                if by.is_empty() || report == "customer-engagement" {
                    let document = stage.expect_report(report, &format!("{DAYS}{query}{by}")).await;
                    let mut found = Vec::new();
                    collect_numbers(&document, &mut found);
                    found.retain(|number| is_mixed(number));
                    assert!(found.is_empty(), "{report}{query}{by}: {found:?} in {document}");
                }
            }
            let lines = stage.csv_rows(report, &format!("{DAYS}{query}")).await.join(",");
            let cells = lines.split(',').filter_map(|cell| cell.parse::<f64>().ok());
            assert_eq!(cells.filter(is_mixed).count(), 0, "{report}{query}: {lines}");
        }
        let overview = stage.expect_report("overview", &format!("{DAYS}{query}")).await;
        for (currency, amount) in AMOUNTS {
            let of = |list: &Value| {
                let mut its = list
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|it| it["currency"] == currency)
                    .cloned();
                (its.next().unwrap_or_else(|| panic!("no {currency} in {list}")), its.next())
            };
            let (total, another) = of(&overview["totals"]);
            assert_eq!(
                (&total["revenue"], &total["discount"], another),
                (&amount.into(), &amount.into(), None)
            );
            // messages are paid for in the tenant's currency only
            assert_eq!(
                total["message_cost"],
                if currency == "EUR" { json!(5_000) } else { Value::Null }
            );
            let (exposure, _) = of(&overview["exposure"]);
            assert_eq!(
                (&exposure["committed"], &exposure["released"]),
                (&amount.into(), &amount.into()),
                "{exposure}"
            );
            let only = stage
                .expect_report("overview", &format!("{DAYS}{query}&currency={currency}"))
                .await;
            assert_eq!(
                (only["totals"].as_array().unwrap().len(), &only["totals"][0]["revenue"]),
                (1, &amount.into())
            );
            let health =
                stage.expect_report("system-health", &format!("{DAYS}&currency={currency}")).await;
            assert_eq!(health["total"]["attempts"], 1_000, "attempts of its campaigns alone");
        }
        let ranked: BTreeSet<String> = overview["ranking"]["by_currency"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ends| ends["currency"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            ranked,
            BTreeSet::from(["EUR".to_owned()]),
            "without the cost of messages there is no profit to rank"
        );
    }
    let everyone = stage.expect_report("system-health", DAYS).await;
    assert_eq!(everyone["total"]["attempts"], 3_000, "people and messages are counted together");
}

#[tokio::test]
async fn totals_are_the_sums_of_their_days_and_of_their_campaigns_in_every_report() {
    const NAMES: [&str; 13] = [
        "issued",
        "skipped",
        "failed",
        "sent",
        "delivered",
        "accepted",
        "redeemed",
        "revenue",
        "discount",
        "attempts.sms",
        "attempt.sms.sent",
        "attempt.sms.unknown",
        "attempt.sms.throttled",
    ];
    let stage = AllReportsFixture::new();
    let mut random = 7_u64;
    let mut draw = || {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(random >> 54).unwrap()
    };
    let ids: Vec<String> = (0..6).map(|number| format!("cmp_{number}")).collect();
    for (number, id) in ids.iter().enumerate() {
        let campaign =
            stage.launch_campaign(id, "EUR", if number < 2 { "food" } else { "pharmacy" }).await;
        for day in ["2026-11-01", "2026-11-02", "2026-11-04", "2026-11-05"] {
            let counts = NAMES.map(|name| (name, draw()));
            stage.add_counts(&campaign, day, &counts).await;
        }
    }
    let sum = |rows: &Value, field: &str| -> i64 {
        let rows: Vec<&Value> = match rows {
            Value::Object(days) => days.values().collect(),
            rows => rows.as_array().unwrap().iter().collect(),
        };
        rows.into_iter().map(|row| row[field].as_i64().unwrap_or(0)).sum()
    };
    type TotalLookup = fn(&Value) -> Value;
    // for each report: the field that is checked, its total, and its days
    let checked: [(&str, &str, TotalLookup, &str); 4] = [
        ("overview", "revenue", |it| it["totals"][0].clone(), "days"),
        ("customer-engagement", "accepted", |it| it["total"].clone(), "rows"),
        ("api-perf", "unknown", |it| it["channels"][0].clone(), "days"),
        ("system-health", "unprocessed", |it| it["total"].clone(), "days"),
    ];
    for (report, field, total, days) in checked {
        let mut by_filter = BTreeMap::new();
        let campaigns: Vec<String> = ids.iter().map(|id| format!("&campaign={id}")).collect();
        for filter in ["", "&vertical=food", "&vertical=pharmacy"]
            .into_iter()
            .chain(campaigns.iter().map(String::as_str))
        {
            let told = stage.expect_report(report, &format!("{DAYS}{filter}")).await;
            let whole = total(&told)[field].as_i64().unwrap();
            assert_eq!(
                sum(&told[days], field),
                whole,
                "{report}{filter}: {field} is the sum of its days"
            );
            by_filter.insert(filter.to_owned(), whole);
        }
        let all = by_filter[""];
        assert!(all > 0, "{report} counts something");
        assert_eq!(
            campaigns.iter().map(|filter| by_filter[filter]).sum::<i64>(),
            all,
            "{report}: campaigns"
        );
        assert_eq!(
            by_filter["&vertical=food"] + by_filter["&vertical=pharmacy"],
            all,
            "{report}: verticals"
        );
    }
    let overview = stage.expect_report("overview", DAYS).await;
    let performance = stage.expect_report("campaign-perf", DAYS).await;
    for field in ["issued", "revenue", "redeemed"] {
        assert_eq!(
            sum(&performance["items"], field),
            overview["totals"][0][field].as_i64().unwrap(),
            "{field}"
        );
    }
}

#[tokio::test]
async fn while_a_recount_runs_every_report_answers_as_before() {
    const RECOUNT: &str = "/v1/configuration/voucher-campaign/recount";
    let zone = TimeZone::get(ZONE).unwrap();
    let stage = AllReportsFixture::new();
    let campaign = stage.launch_campaign("cmp_1", "EUR", "food").await;
    for number in 0..40 {
        let made =
            voucher(&campaign.id, &campaign.definition, &format!("c-{number}"), Channel::Sms);
        stage.store.restore_voucher(&made).await.unwrap();
        stage
            .add_delta(
                &format!("n-{number}"),
                &domain::reporting::counters::contribution_change(None, &made, &zone),
            )
            .await;
    }
    let before = stage.all_reports().await;
    assert_eq!(before[0].1["totals"][0]["issued"], 40);
    // half of a recount, whose rows are all wrong
    assert!(stage.store.start_recount(None, noon()).await.unwrap());
    let recount = stage.store.last_recount().await.unwrap().unwrap();
    let row = ReportRow {
        campaign: campaign.id.clone(),
        kind: CampaignKind::Promotion,
        currency: euros(),
        day: "2026-11-01".parse().unwrap(),
    };
    let wild = ["issued", "revenue", "failed", "attempts.sms"]
        .map(|name| (Counter::parse(name), 1_000_000));
    let wild = CounterDelta::from([(row, wild.into())]);
    let last = stage.store.voucher_page(&recount, 0, None).await.unwrap().vouchers.pop().unwrap();
    let mut sums = stage.store.claim_segment(&recount, 0, noon()).await.unwrap().unwrap();
    sums.counts = wild;
    sums.move_to(Some(&last));
    let kept = stage.store.keep_segment_sums(&recount, 0, &sums, noon()).await.unwrap();
    assert_eq!(kept, Applied::Yes);
    assert_eq!(stage.store.last_recount().await.unwrap().unwrap().stage, At::Counting);
    assert_eq!(stage.all_reports().await, before, "while vouchers are counted again");
    let health = stage.expect_report("system-health", DAYS).await;
    assert_eq!((&health["state"], &health["recount"]["stage"]), (&"ok".into(), &"counting".into()));
    assert_eq!(stage.send("admin", "POST", RECOUNT).await.0, 409, "one at a time");
    assert_eq!(
        stage.send("admin", "POST", &format!("{RECOUNT}/repair")).await.0,
        409,
        "not on half a recount"
    );
    // a change in the meantime counts at once
    let late = voucher(&campaign.id, &campaign.definition, "c-late", Channel::Sms);
    stage.store.restore_voucher(&late).await.unwrap();
    stage
        .add_delta("n-late", &domain::reporting::counters::contribution_change(None, &late, &zone))
        .await;
    let meanwhile = stage.all_reports().await;
    assert_eq!(meanwhile[0].1["totals"][0]["issued"], 41);
    // the finished recount reports its findings separately, not in the reports
    watchdog::recount(&stage.store, &zone, Duration::from_secs(60), noon()).await.unwrap();
    let recount = stage.store.last_recount().await.unwrap().unwrap();
    assert_eq!(
        (recount.stage, recount.totals.drifting),
        (At::Done, 0),
        "a difference found once is none yet"
    );
    assert!(recount.totals.differing > 0, "{recount:?}");
    assert_eq!(stage.all_reports().await, meanwhile);
}
