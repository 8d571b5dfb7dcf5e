//! Tests concurrent checkouts of one voucher: it is redeemed once, and every other checkout gets
//! the same answer.

use std::collections::BTreeSet;

use serde_json::Value;
use system_tests::{ApiAnswer, Channel, TestScenario, basket, run_all};

const AT_ONCE: usize = 64;

/// Returns a customer with an accepted voucher.
async fn accepted_voucher(test: &TestScenario) -> (String, String) {
    let people = test.create_customers(1, &[Channel::Email]).await;
    test.run_campaign(&test.promotion()).await;
    let customer = people[0].id.clone();
    let voucher = test.app.wallet(&customer).await[0]["voucher_id"].as_str().unwrap().to_owned();
    test.app.accept(&customer, &voucher).await.expect_status(200);
    (customer, voucher)
}

async fn redeem_at_once(
    test: &TestScenario,
    (customer, voucher): &(String, String),
    order: impl Fn(usize) -> String,
) -> Vec<ApiAnswer> {
    let orders: Vec<String> = (0..AT_ONCE).map(|number| test.order_id(&order(number))).collect();
    let basket = basket(2_000);
    let redeems = orders.iter().map(|order| async {
        loop {
            let answer = test.app.redeem(customer, voucher, order, &basket).await;
            // a conflict with the other transactions: the API asks the caller to retry
            if answer.status != 503 {
                break answer;
            }
        }
    });
    run_all(AT_ONCE, redeems).await
}

#[tokio::test]
async fn of_64_orders_exactly_one_redeems_the_voucher() {
    let test = TestScenario::begin().await;
    let key = accepted_voucher(&test).await;
    let answers = redeem_at_once(&test, &key, |number| format!("o-{number}")).await;
    let (good, refused): (Vec<&ApiAnswer>, Vec<&ApiAnswer>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(good.len(), 1, "{answers:?}");
    let same: BTreeSet<String> =
        refused.iter().map(|answer| without_request_id(&answer.json).to_string()).collect();
    assert_eq!(same.len(), 1, "refusals differ: {same:#?}");
    for answer in refused {
        answer.clone().expect_problem(409, "voucher_refused");
    }
    let record = &test.ledger.customer_records(&key.0).await[0];
    let redemption = record.redemption.as_ref().unwrap();
    assert_eq!(
        (record.redemptions, redemption.order.as_str()),
        (1, good[0].json["order_id"].as_str().unwrap())
    );

    // the winner gets the same answer again, and another order is still refused
    let again = test
        .app
        .redeem(&key.0, &key.1, redemption.order.as_str(), &basket(2_000))
        .await
        .expect_status(200);
    assert_eq!(again.json["repeat"], true);
    test.app
        .redeem(&key.0, &key.1, &test.order_id("o-late"), &basket(2_000))
        .await
        .expect_problem(409, "voucher_refused");
}

#[tokio::test]
async fn of_64_requests_for_one_order_all_get_the_same_answer() {
    let test = TestScenario::begin().await;
    let key = accepted_voucher(&test).await;
    let answers = redeem_at_once(&test, &key, |_| "o-1".to_owned()).await;
    let same: BTreeSet<String> = answers
        .iter()
        .map(|answer| without_repeat(&answer.clone().expect_status(200).json).to_string())
        .collect();
    assert_eq!(same.len(), 1, "answers differ: {same:#?}");
    let first = answers.iter().filter(|answer| answer.json["repeat"] == false).count();
    assert_eq!(first, 1, "one is the first, the others are its repeats");
    assert_eq!(test.ledger.customer_records(&key.0).await[0].redemptions, 1);
}

#[tokio::test]
async fn a_refusal_never_says_more_than_the_basket_does() {
    let test = TestScenario::begin().await;
    let (customer, voucher) = accepted_voucher(&test).await;
    let stranger = test.customer(7);
    test.put_customers(std::slice::from_ref(&stranger)).await;
    let order = test.order_id("o-1");
    let redeem = async |customer: &str, voucher: &str, amount| {
        let answer = test.app.redeem(customer, voucher, &order, &basket(amount)).await;
        answer.expect_problem(409, "voucher_refused")
    };
    let unknown = redeem(&customer, "vch_00000000000000000000", 2_000).await;
    for amount in [2_000, 999] {
        let anothers = redeem(&stranger.id, &voucher, amount).await;
        assert_eq!(without_request_id(&anothers.json), without_request_id(&unknown.json));
    }
    assert_eq!(unknown.problem_fields(), ["/vouchers/0 voucher_refused"]);
    // what follows from the caller's own basket is said
    let below_the_minimum = redeem(&customer, &voucher, 999).await;
    assert_eq!(below_the_minimum.problem_fields(), ["/vouchers/0 basket_below_minimum"]);
}

fn without_request_id(problem: &Value) -> Value {
    let mut problem = problem.clone();
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

fn without_repeat(answer: &Value) -> Value {
    let mut answer = answer.clone();
    answer.as_object_mut().unwrap().remove("repeat");
    answer
}
