//! Tests that each report keeps its columns: what it shows in JSON and CSV for counters that fill
//! all of them.

use serde_json::Value;

use super::with_api;

/// Counters that fill every column of every report.
const FULL_COUNTS: [(&str, i64); 54] = [
    ("issued", 1_000),
    ("ghost", 200),
    ("skipped", 9),
    ("skipped.no_consent", 7),
    ("skipped.cool_down", 2),
    ("failed", 3),
    ("undeliverable", 4),
    ("sent", 990),
    ("sent.sms", 900),
    ("sent.email", 90),
    ("delivered", 900),
    ("delivered.sms", 900),
    ("tapped", 500),
    ("tapped.sms", 450),
    ("accepted", 400),
    ("accepted.sms", 300),
    ("accepted.none", 100),
    ("declined", 11),
    ("redeemed", 150),
    ("redeemed.sms", 150),
    ("reversed", 2),
    ("exposure", 500_000),
    ("revenue", 300_000),
    ("discount", 70_000),
    ("released", 5_000),
    ("messages.sms", 900),
    ("messages.email", 90),
    ("units.sms", 1_100),
    ("units.email", 90),
    ("treated.orders", 500),
    ("treated.spenders.21", 500),
    ("treated.spend.21", 1_000_000),
    ("treated.discount", 100_000),
    ("treated.units.sms", 1_000),
    ("held.orders", 50),
    ("held.spenders.21", 50),
    ("held.spend.21", 100_000),
    ("took.accepted.43", 300),
    ("took.accepted.50", 100),
    ("took.redeemed.52", 150),
    ("took.due.sms.24", 6),
    ("took.sent.sms.20", 6),
    ("took.delivered.sms.22", 6),
    ("attempts.sms", 950),
    ("attempt.sms.sent", 10),
    ("attempt.sms.delivered", 900),
    ("attempt.sms.bounced", 4),
    ("attempt.sms.complained", 1),
    ("attempt.sms.failed", 20),
    ("attempt.sms.throttled", 5),
    ("attempt.sms.unknown", 2),
    ("fault.sms.invalid_address", 20),
    ("fallback.sms.failed", 3),
    ("fallback.sms.unknown", 1),
];

#[tokio::test]
async fn every_report_has_the_columns_it_always_had() {
    with_api(async |api| {
        let one = api.launch_campaign("cmp_1").await;
        api.write_counters(&one, "2025-03-01", &FULL_COUNTS).await;
        api.write_counters(&one, "2025-03-02", &[("issued", 1)]).await;
        let days = "from=2025-03-01&to=2025-03-02";
        for report in [
            "overview",
            "campaign-perf",
            "customer-engagement",
            "customer-engagement by=channel",
            "customer-engagement by=campaign",
            "api-perf",
        ] {
            let (path, by) = report.split_once(' ').unwrap_or((report, ""));
            let path = format!("{path}?{days}&{by}");
            let (_, shown) = api.text("viewer", path.trim_end_matches('&')).await;
            let (_, table) =
                api.text("viewer", &format!("{path}&format=csv").replace("&&", "&")).await;
            let shown: Value = serde_json::from_str(&shown).unwrap();
            let name = report.replace([' ', '='], "-");
            insta::assert_json_snapshot!(format!("{name}-json"), shown);
            insta::assert_snapshot!(format!("{name}-csv"), table.replace("\r\n", "\n"));
        }
    })
    .await;
}
