//! Tests the main job end to end: a promotion reaches customers over three channels and comes back
//! as redeemed orders. Every number agrees: what the API says, what the providers accepted, what
//! the Vouchers table holds, what the reports count.

use domain::{
    kernel::id::{CampaignId, CustomerId, stable_share},
    voucher::{
        attempt::AttemptState,
        record::{Voucher, VoucherStatus},
        skip_reason::SkipReason,
    },
};
use serde_json::{Value, json};
use system_tests::{
    Channel, CustomerBuilder, RecordTally, RunningCampaign, TestScenario, basket, money,
    order_event, until,
};

const HOLDOUT_PERCENT: u32 = 20;

/// The expected outcome of each group of customers, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpectedOutcome {
    /// Reached at once, on the first channel of the ladder that consent allows.
    On(Channel),
    /// Refused for good by the first channel, accepted by the next one.
    Falls {
        from: Channel,
        to: Channel,
    },
    /// Refused by every channel.
    Undeliverable,
    Skipped(SkipReason),
}

const GROUPS: [(usize, ExpectedOutcome); 8] = [
    (14, ExpectedOutcome::On(Channel::Push)),
    (10, ExpectedOutcome::On(Channel::Email)),
    (8, ExpectedOutcome::On(Channel::Sms)),
    (8, ExpectedOutcome::Falls { from: Channel::Push, to: Channel::Email }),
    (6, ExpectedOutcome::Falls { from: Channel::Email, to: Channel::Sms }),
    (3, ExpectedOutcome::Undeliverable),
    (4, ExpectedOutcome::Skipped(SkipReason::OptedOut)),
    (3, ExpectedOutcome::Skipped(SkipReason::NoConsent)),
];

fn expected_customers(test: &TestScenario) -> Vec<(CustomerBuilder, ExpectedOutcome)> {
    let fates = GROUPS.iter().flat_map(|(size, fate)| std::iter::repeat_n(*fate, *size));
    fates
        .enumerate()
        .map(|(number, fate)| (customer_for(test.customer(number), fate), fate))
        .collect()
}

fn customer_for(customer: CustomerBuilder, fate: ExpectedOutcome) -> CustomerBuilder {
    match fate {
        ExpectedOutcome::On(channel) => customer.consenting_to(&[channel]),
        ExpectedOutcome::Falls { from: Channel::Push, to } => {
            customer.consenting_to(&[Channel::Push, to]).with_endpoint_suffix("disabled")
        }
        ExpectedOutcome::Falls { from: Channel::Email, to } => {
            customer.consenting_to(&[Channel::Email, to]).with_email_suffix("refuse")
        }
        ExpectedOutcome::Falls { from: Channel::Sms, .. } => panic!("the ladder ends with SMS"),
        ExpectedOutcome::Undeliverable => {
            customer.consenting_to(&[Channel::Push]).with_endpoint_suffix("refuse")
        }
        ExpectedOutcome::Skipped(SkipReason::OptedOut) => {
            Channel::ALL.into_iter().fold(customer, |customer, channel| customer.denying(channel))
        }
        ExpectedOutcome::Skipped(_) => customer,
    }
}

fn is_held_out(campaign: &RunningCampaign, customer: &CustomerBuilder) -> bool {
    let (campaign, customer) =
        (CampaignId::parse(&campaign.id).unwrap(), CustomerId::parse(&customer.id).unwrap());
    stable_share("holdout", &campaign, &customer) < HOLDOUT_PERCENT * 100
}

#[tokio::test]
async fn a_promotion_reaches_customers_and_comes_back_as_revenue() {
    let test = TestScenario::begin().await;
    let cast = expected_customers(&test);
    let people: Vec<CustomerBuilder> = cast.iter().map(|(customer, _)| customer.clone()).collect();
    test.put_customers(&people).await;

    let campaign = test.run_campaign(&test.promotion().holdout(HOLDOUT_PERCENT)).await;

    let treated: Vec<&(CustomerBuilder, ExpectedOutcome)> = cast
        .iter()
        .filter(|(customer, fate)| {
            !matches!(fate, ExpectedOutcome::Skipped(_)) && !is_held_out(&campaign, customer)
        })
        .collect();
    let skipped =
        cast.iter().filter(|(_, fate)| matches!(fate, ExpectedOutcome::Skipped(_))).count() as u64;
    let issued = treated.len() as u64;
    let expected =
        RecordTally { issued, ghost: cast.len() as u64 - skipped - issued, skipped, failed: 0 };
    assert_eq!(campaign.check_equation().await, expected);

    check_outcomes(&test, &campaign, &cast).await;
    let reached: Vec<&CustomerBuilder> = treated
        .iter()
        .filter(|(_, fate)| *fate != ExpectedOutcome::Undeliverable)
        .map(|(customer, _)| customer)
        .collect();
    wait_until_delivered(&test, &campaign, reached.len()).await;

    let used = use_vouchers(&test, &campaign, &reached).await;
    check_reports(&test, &campaign, &expected, reached.len(), &used).await;
}

async fn check_outcomes(
    test: &TestScenario,
    campaign: &RunningCampaign,
    cast: &[(CustomerBuilder, ExpectedOutcome)],
) {
    let records = test.ledger.records(&campaign.id).await;
    let messages = test.sent_messages().await;
    for (customer, fate) in cast {
        let mine: Vec<&Voucher> =
            records.iter().filter(|record| record.customer.as_str() == customer.id).collect();
        let [record] = mine.as_slice() else {
            panic!("{} has {} records", customer.id, mine.len())
        };
        let got: Vec<Channel> = messages
            .iter()
            .filter(|message| message.to == customer.address(message.channel))
            .map(|message| message.channel)
            .collect();
        let expected = match fate {
            ExpectedOutcome::Skipped(reason) => {
                assert_eq!(
                    (record.status, record.skip),
                    (VoucherStatus::Skipped, Some(*reason)),
                    "{customer:?}"
                );
                vec![]
            }
            _ if is_held_out(campaign, customer) => {
                assert_eq!(record.status, VoucherStatus::Ghost, "{customer:?}");
                vec![]
            }
            ExpectedOutcome::On(channel) => vec![*channel],
            ExpectedOutcome::Falls { from, to } => {
                assert_eq!(record.attempts[from].state, AttemptState::Failed, "{record:?}");
                vec![*to]
            }
            ExpectedOutcome::Undeliverable => {
                assert_eq!(record.status, VoucherStatus::Issued);
                // the last channel of the ladder says why: a dead number or mailbox, or a dead device
                let reason = record.undeliverable.as_deref();
                let dead = [Some("invalid_address"), Some("endpoint_disabled")];
                assert!(dead.contains(&reason), "{record:?}");
                vec![]
            }
        };
        assert_eq!(got, expected, "messages of {customer:?}");
    }
}

async fn wait_until_delivered(test: &TestScenario, campaign: &RunningCampaign, reached: usize) {
    until(
        "the providers' events to stamp every reached voucher as delivered",
        system_tests::LONG,
        || async {
            test.ledger
                .records(&campaign.id)
                .await
                .iter()
                .filter(|it| it.stages.delivered_at.is_some())
                .count()
        },
        |delivered| *delivered == reached,
    )
    .await;
}

/// The customers' actions, as the reports should count them.
#[derive(Debug, PartialEq, Eq)]
struct CustomerUsage {
    accepted: i64,
    declined: i64,
    redeemed: i64,
    reversed: i64,
    revenue: i64,
    discount: i64,
}

/// Lets customers act: one declines, five accept, three redeem; of these one keeps the redemption,
/// one cancels the order, and one gets half refunded.
async fn use_vouchers(
    test: &TestScenario,
    campaign: &RunningCampaign,
    reached: &[&CustomerBuilder],
) -> CustomerUsage {
    let app = &test.app;
    let [kept, cancelled, refunded, waiting, late, unwilling, ..] = reached else {
        panic!("too few were reached")
    };
    let voucher = async |customer: &CustomerBuilder| -> String {
        let wallet = app.wallet(&customer.id).await;
        let mine = wallet.iter().find(|voucher| voucher["campaign_id"] == campaign.id.as_str());
        let mine = mine
            .unwrap_or_else(|| panic!("{} has no voucher in the wallet: {wallet:?}", customer.id));
        assert_eq!((&mine["status"], &mine["offer_text"]), (&json!("issued"), &json!("€5 off")));
        mine["voucher_id"].as_str().unwrap().to_owned()
    };
    let declined = voucher(unwilling).await;
    app.call_voucher(&unwilling.id, &declined, "decline", &json!({})).await.expect_status(200);
    app.accept(&unwilling.id, &declined).await.expect_problem(409, "voucher_refused");
    for customer in [waiting, late] {
        app.accept(&customer.id, &voucher(customer).await).await.expect_status(200);
    }

    let [kept_order, cancelled_order, refunded_order] =
        ["o-1", "o-2", "o-3"].map(|name| test.order_id(name));
    hold_and_redeem(test, kept, &voucher(kept).await, &kept_order).await;

    // a payment that failed: the order was never placed
    let id = voucher(cancelled).await;
    app.accept(&cancelled.id, &id).await.expect_status(200);
    app.redeem(&cancelled.id, &id, &cancelled_order, &basket(2_000)).await.expect_status(200);
    let failed = order_event("cancelled", &cancelled_order, &cancelled.id, &json!({}));
    let answer = app.report_order(&failed).await.expect_status(200).json;
    let freed = json!([
        {"voucher_id": id, "discount": money(500), "returned": money(500), "redeemed": false},
    ]);
    assert_eq!(answer["order"]["vouchers"], freed);
    assert_eq!(app.wallet(&cancelled.id).await[0]["status"], "accepted", "usable again");

    let id = voucher(refunded).await;
    app.accept(&refunded.id, &id).await.expect_status(200);
    app.redeem(&refunded.id, &id, &refunded_order, &basket(2_000)).await.expect_status(200);
    let placed = json!({"basket": basket(2_000)});
    let placed = order_event("placed", &refunded_order, &refunded.id, &placed);
    app.report_order(&placed).await.expect_status(200);
    let half = json!({"refund": {"currency": "EUR", "amount": 750}});
    let refund = order_event("refunded", &refunded_order, &refunded.id, &half);
    for recorded in ["first", "repeat"] {
        let answer = app.report_order(&refund).await.expect_status(200).json;
        assert_eq!(answer["recorded"], recorded);
        assert_eq!(answer["order"]["revenue"], money(750));
        let voucher = &answer["order"]["vouchers"][0];
        assert_eq!(
            (&voucher["returned"], &voucher["redeemed"]),
            (&money(250), &json!(true)),
            "half of what was paid"
        );
    }
    let revenue = (3_000 - 500) + (2_000 - 500 - 750);
    CustomerUsage {
        accepted: 5,
        declined: 1,
        redeemed: 3,
        reversed: 1,
        revenue,
        discount: 500 + 250,
    }
}

/// Uses a voucher, which cannot be redeemed before it is accepted; then it is held by one checkout,
/// and another has to wait.
async fn hold_and_redeem(test: &TestScenario, customer: &CustomerBuilder, id: &str, order: &str) {
    let app = &test.app;
    app.redeem(&customer.id, id, order, &basket(3_000))
        .await
        .expect_problem(409, "voucher_refused");
    let accepted = app.accept(&customer.id, id).await.expect_status(200);
    assert_eq!(
        app.accept(&customer.id, id).await.expect_status(200).json,
        accepted.json,
        "accepting again"
    );
    check_quotes(test, customer, id).await;
    let hold = json!({
        "hold_key": "cart-1", "ttl_seconds": 600, "vouchers": [id], "basket": basket(3_000),
    });
    assert_eq!(
        app.check_out(&customer.id, "hold", &hold).await.expect_status(200).json["discount"],
        money(500)
    );
    app.redeem(&customer.id, id, order, &basket(3_000))
        .await
        .expect_problem(409, "voucher_refused");
    let redeem = json!({
        "order_id": order, "vouchers": [id], "hold_key": "cart-1", "basket": basket(3_000),
    });
    let redeemed = app.check_out(&customer.id, "redeem", &redeem).await.expect_status(200).json;
    assert_eq!((&redeemed["discount"], &redeemed["repeat"]), (&money(500), &json!(false)));
    let took = json!([{
        "voucher_id": id, "discount": money(500), "lines": [{"id": "1", "amount": 500}],
        "delivery_fee": 0,
    }]);
    assert_eq!(redeemed["vouchers"], took);
}

/// Checks that the customer's only voucher is quoted by the basket: below its minimum, and above.
async fn check_quotes(test: &TestScenario, customer: &CustomerBuilder, voucher: &str) {
    let quote = async |amount: i64| {
        let body = json!({"basket": basket(amount)});
        test.app.check_out(&customer.id, "quote", &body).await.expect_status(200).json
    };
    let small = quote(999).await;
    let quoted = &small["vouchers"][0];
    assert_eq!(
        [&quoted["voucher_id"], &quoted["applicable"], &quoted["hint"], &quoted["missing"]],
        [&json!(voucher), &json!(false), &json!("basket_below_minimum"), &money(1)]
    );
    assert_eq!(small["best"], json!({"vouchers": [], "discount": money(0), "exhaustive": true}));
    let enough = quote(3_000).await;
    assert_eq!(enough["vouchers"][0]["applied"]["discount"], money(500));
    assert_eq!(enough["best"]["discount"], money(500));
}

async fn check_reports(
    test: &TestScenario,
    campaign: &RunningCampaign,
    tally: &RecordTally,
    reached: usize,
    used: &CustomerUsage,
) {
    let recount = test.ledger.recount(&campaign.id).await;
    until(
        "the counters to be what a recount of the table gives",
        system_tests::LONG,
        || test.ledger.counters(&campaign.id),
        |counters| *counters == recount,
    )
    .await;
    let rows = test.marketer.list_all("/v1/reports/voucher-campaigns/campaign-perf").await;
    let row = rows.iter().find(|row| row["campaign_id"] == campaign.id.as_str()).unwrap();
    let number = |name: &str| row[name].as_i64().unwrap_or_else(|| panic!("{name} of {row:#}"));
    let sum = |name: &str| {
        Channel::ALL
            .iter()
            .filter_map(|it| row["channels"][it.as_str()][name].as_i64())
            .sum::<i64>()
    };
    assert_eq!(
        [number("issued"), number("ghost"), number("skipped"), number("failed")]
            .map(|it| it as u64),
        [tally.issued, tally.ghost, tally.skipped, tally.failed]
    );
    assert_eq!(row["skips"], json!({"no_consent": 3, "opted_out": 4}));
    assert_eq!(
        [number("sent"), number("delivered"), sum("sent"), sum("delivered")],
        [reached as i64; 4],
        "{row:#}"
    );
    let shown = CustomerUsage {
        accepted: number("accepted"),
        declined: number("declined"),
        redeemed: number("redeemed"),
        reversed: number("reversed"),
        revenue: number("revenue"),
        discount: number("voucher_cost"),
    };
    assert_eq!(shown, *used, "{row:#}");
    assert_eq!(
        (sum("accepted"), sum("redeemed")),
        (used.accepted, used.redeemed),
        "by channel: {row:#}"
    );
    let overview =
        test.marketer.get("/v1/reports/voucher-campaigns/overview").await.expect_status(200).json;
    let total =
        overview["totals"].as_array().unwrap().iter().find(|it| it["currency"] == "EUR").unwrap();
    for (name, value) in
        [("issued", tally.issued as i64), ("redeemed", used.redeemed), ("discount", used.discount)]
    {
        // other tests count here too
        assert!(total[name].as_i64() >= Some(value), "{name} of {total:#}");
    }
    let _: &Value = total;
}
