//! Tests refused requests about vouchers. What is not possible (in another currency, after expiry,
//! of another customer's voucher, twice) is refused with the same words; a body of another shape is
//! refused with its field. The voucher stays as it was.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use system_tests::{ApiAnswer, Channel, CustomerBuilder, TestScenario, basket, money};
use testkit::AttributeValue;

use super::{StoredState, check_fields, check_problem, not_json, with_member};

/// Customers with one voucher each: accepted, issued, declined, redeemed on `o-1`, accepted and
/// expired, issued and no longer acceptable.
struct VouchersFixture {
    test: TestScenario,
    people: Vec<CustomerBuilder>,
    vouchers: Vec<String>,
}

const ACCEPTED: usize = 0;
const ISSUED: usize = 1;
const DECLINED: usize = 2;
const REDEEMED: usize = 3;
const EXPIRED: usize = 4;
/// The customer whose voucher is issued, and whose time to accept is over.
const TOO_LATE: usize = 5;

impl VouchersFixture {
    async fn create() -> Self {
        let test = TestScenario::begin().await;
        let people = test.create_customers(6, &[Channel::Email]).await;
        test.run_campaign(&test.promotion()).await;
        let mut vouchers = Vec::new();
        for customer in &people {
            vouchers.push(
                test.app.wallet(&customer.id).await[0]["voucher_id"].as_str().unwrap().to_owned(),
            );
        }
        let counter = Self { test, people, vouchers };
        for person in [ACCEPTED, REDEEMED, EXPIRED] {
            counter.call_voucher(person, "accept", &json!({})).await.expect_status(200);
        }
        counter.call_voucher(DECLINED, "decline", &json!({})).await.expect_status(200);
        counter.call_voucher(REDEEMED, "redeem", &redeem_body("o-1")).await.expect_status(200);
        counter.expire_limit(EXPIRED, "redeem_by").await;
        counter.expire_limit(TOO_LATE, "accept_by").await;
        counter.wait_for_events().await;
        counter
    }
    async fn call_voucher(&self, person: usize, action: &str, body: &Value) -> ApiAnswer {
        self.test
            .app
            .call_voucher(&self.people[person].id, &self.vouchers[person], action, body)
            .await
    }
    /// Moves a time limit of the voucher to a second ago, so that no test waits for it.
    async fn expire_limit(&self, person: usize, limit: &str) {
        let items =
            self.test.ledger.query_items("vouchers", "customer_id", &self.people[person].id).await;
        let mut item = items.into_iter().next().unwrap();
        let past = jiff::Timestamp::now().as_millisecond() - 1_000;
        item.insert(limit.to_owned(), AttributeValue::N(past.to_string()));
        self.test.ledger.put_item("vouchers", item).await;
    }
    /// Waits until the providers' events have arrived: from then on only the test writes to these
    /// vouchers.
    async fn wait_for_events(&self) {
        let look = || async {
            let mut delivered = 0;
            for customer in &self.people {
                let records = self.test.ledger.customer_records(&customer.id).await;
                delivered +=
                    records.iter().filter(|record| record.stages.delivered_at.is_some()).count();
            }
            delivered
        };
        system_tests::until("every voucher's delivery", system_tests::LONG, look, |delivered| {
            *delivered == self.people.len()
        })
        .await;
    }
}

fn redeem_body(id: &str) -> Value {
    json!({"order_id": id, "basket": basket(2_000)})
}

fn basket_in_currency(currency: &str) -> Value {
    with_member(basket(2_000), "/currency", json!(currency))
}

fn hold_body(key: &str, basket: &Value) -> Value {
    json!({"hold_key": key, "basket": basket})
}

/// Returns the distinct refusals, without what differs from request to request.
#[track_caller]
fn distinct_refusals(answers: Vec<ApiAnswer>) -> BTreeSet<String> {
    let one = |answer: ApiAnswer| {
        let mut answer = check_problem(answer, 409, "voucher_refused");
        answer.json.as_object_mut().unwrap().remove("request_id");
        answer.json.to_string()
    };
    answers.into_iter().map(one).collect()
}

#[tokio::test]
async fn whatever_cannot_be_done_is_refused_with_the_same_words() {
    let counter = VouchersFixture::create().await;
    let app = &counter.test.app;
    counter
        .call_voucher(ACCEPTED, "hold", &hold_body("cart-1", &basket(2_000)))
        .await
        .expect_status(200);
    let before = StoredState::read(&counter.test).await;
    let mut answers = Vec::new();
    for person in [ISSUED, DECLINED, EXPIRED, TOO_LATE] {
        answers.push(counter.call_voucher(person, "redeem", &redeem_body("o-9")).await);
        answers
            .push(counter.call_voucher(person, "hold", &hold_body("cart-9", &basket(2_000))).await);
        answers.push(
            counter
                .call_voucher(person, "reverse", &json!({"event": "cancelled", "order_id": "o-1"}))
                .await,
        );
    }
    for person in [DECLINED, EXPIRED, TOO_LATE] {
        answers.push(counter.call_voucher(person, "accept", &json!({})).await);
    }
    for person in [ACCEPTED, REDEEMED, EXPIRED, TOO_LATE] {
        answers.push(counter.call_voucher(person, "decline", &json!({})).await);
    }
    // held by another checkout
    answers.push(counter.call_voucher(ACCEPTED, "redeem", &redeem_body("o-9")).await);
    answers
        .push(counter.call_voucher(ACCEPTED, "hold", &hold_body("cart-2", &basket(2_000))).await);
    answers.push(counter.call_voucher(ACCEPTED, "release", &json!({"hold_key": "cart-2"})).await);
    // baskets that it does not apply to
    for other in [
        basket(999),
        basket_in_currency("USD"),
        with_member(basket(2_000), "/lines/0/vertical", json!("groceries")),
    ] {
        let attempt = json!({"order_id": "o-9", "basket": other, "hold_key": "cart-1"});
        answers.push(counter.call_voucher(ACCEPTED, "redeem", &attempt).await);
        answers.push(counter.call_voucher(ACCEPTED, "hold", &hold_body("cart-1", &other)).await);
    }
    // already redeemed
    answers.push(counter.call_voucher(REDEEMED, "redeem", &redeem_body("o-2")).await);
    let refund = |order: &str, amount: i64| json!({"event": "refunded", "order_id": order, "refund_id": "r-1", "refunded": money(amount)});
    answers.push(
        counter
            .call_voucher(REDEEMED, "reverse", &json!({"event": "cancelled", "order_id": "o-2"}))
            .await,
    );
    answers.push(counter.call_voucher(REDEEMED, "reverse", &refund("o-2", 100)).await);
    answers.push(counter.call_voucher(REDEEMED, "reverse", &refund("o-1", 1_501)).await);
    // another customer's voucher, an unknown id, and no id at all
    let strangers = [
        (counter.people[ISSUED].id.as_str(), counter.vouchers[ACCEPTED].as_str()),
        ("c-unknown", counter.vouchers[ACCEPTED].as_str()),
        (counter.people[ACCEPTED].id.as_str(), "vch_00000000000000000000"),
        (counter.people[ACCEPTED].id.as_str(), "not~an~id"),
    ];
    for (customer, voucher) in strangers {
        for (action, body) in [
            ("accept", json!({})),
            ("decline", json!({})),
            ("hold", hold_body("cart-1", &basket(2_000))),
            ("release", json!({"hold_key": "cart-1"})),
            ("redeem", redeem_body("o-1")),
            ("reverse", json!({"event": "cancelled", "order_id": "o-1"})),
        ] {
            answers.push(app.call_voucher(customer, voucher, action, &body).await);
        }
    }
    let words = distinct_refusals(answers);
    assert_eq!(words.len(), 1, "refusals can be told apart: {words:#?}");
    assert_eq!(StoredState::read(&counter.test).await, before);
    // the customer's own request still works
    let own = json!({"order_id": "o-1", "basket": basket(2_000), "hold_key": "cart-1"});
    counter.call_voucher(ACCEPTED, "redeem", &own).await.expect_status(200);
}

#[tokio::test]
async fn asking_whether_it_applies_tells_no_more_than_the_basket_does() {
    let counter = VouchersFixture::create().await;
    let before = StoredState::read(&counter.test).await;
    let ask = async |person: usize, basket: &Value| {
        let answer = counter
            .call_voucher(person, "validate", &json!({ "basket": basket }))
            .await
            .expect_status(200);
        (answer.json["applicable"] == true, answer.json["hint"].as_str().map(str::to_owned))
    };
    assert_eq!(ask(ACCEPTED, &basket(2_000)).await, (true, None));
    for person in [ISSUED, DECLINED, REDEEMED, EXPIRED, TOO_LATE] {
        assert_eq!(ask(person, &basket(2_000)).await, (false, None));
        assert_eq!(ask(person, &basket_in_currency("USD")).await, (false, None));
    }
    assert_eq!(ask(ACCEPTED, &basket(999)).await, (false, Some("basket_below_minimum".into())));
    assert_eq!(
        ask(ACCEPTED, &basket_in_currency("USD")).await,
        (false, Some("basket_other_currency".into()))
    );
    let body = json!({ "basket": basket(2_000) });
    for (customer, voucher) in
        [("c-unknown", &counter.vouchers[0]), (counter.people[1].id.as_str(), &counter.vouchers[0])]
    {
        let answer = counter
            .test
            .app
            .call_voucher(customer, voucher, "validate", &body)
            .await
            .expect_status(200);
        assert_eq!(answer.json, json!({"applicable": false, "discount": null, "hint": null}));
    }
    assert_eq!(StoredState::read(&counter.test).await, before);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads best in one piece")]
async fn every_wrong_field_is_named_and_the_voucher_stays_as_it_was() {
    let counter = VouchersFixture::create().await;
    let before = StoredState::read(&counter.test).await;
    let line = |amount: Value| json!({"vertical": "food", "merchant": "m-1", "amount": amount});
    let many: Vec<Value> = vec![line(json!(1)); 201];
    let baskets: Vec<(&str, Value, &str)> = vec![
        ("/basket", Value::Null, " required"),
        ("/basket", json!("2000 EUR"), "/basket invalid"),
        ("/basket/lines", json!([]), "/basket/lines out_of_range"),
        ("/basket/lines", json!(many), "/basket/lines out_of_range"),
        ("/basket/lines", Value::Null, "/basket required"),
        ("/basket/lines/0", line(json!(-1)), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", line(json!(1_000_000_000_001_i64)), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", line(json!(19.99)), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", line(json!("2000")), "/basket/lines/0/amount invalid"),
        (
            "/basket/lines/0",
            json!({"vertical": "food", "merchant": "m-1"}),
            "/basket/lines/0 required",
        ),
        ("/basket/lines/0/price", json!(5), "/basket/lines/0/price unknown_field"),
        ("/basket/delivery_fee", json!(-1), "/basket/delivery_fee invalid"),
        ("/basket/currency", json!("euro"), "/basket/currency invalid"),
        ("/basket/coupon", json!("SAVE"), "/basket/coupon unknown_field"),
        ("/coupon", json!("SAVE"), "/coupon unknown_field"),
    ];
    let actions = [
        ("validate", json!({ "basket": basket(2_000) })),
        ("hold", hold_body("cart-1", &basket(2_000))),
        ("redeem", redeem_body("o-9")),
    ];
    for (action, body) in &actions {
        for (pointer, value, field) in &baskets {
            let body = with_member(body.clone(), pointer, value.clone());
            check_fields(counter.call_voucher(ACCEPTED, action, &body).await, &[field]);
        }
    }
    let refund = json!({
        "event": "refunded", "order_id": "o-1", "refund_id": "r-1", "refunded": money(100), "remaining_basket": basket(1_900),
    });
    let dollars = with_member(
        with_member(refund.clone(), "/refunded/currency", json!("USD")),
        "/remaining_basket",
        Value::Null,
    );
    let others: Vec<(usize, &str, Value, &str)> = vec![
        (ISSUED, "accept", json!({"sure": true}), "/sure unknown_field"),
        (ISSUED, "decline", json!({"why": "x"}), "/why unknown_field"),
        (
            ACCEPTED,
            "hold",
            with_member(actions[1].1.clone(), "/ttl_seconds", json!(0)),
            "/ttl_seconds out_of_range",
        ),
        (
            ACCEPTED,
            "hold",
            with_member(actions[1].1.clone(), "/ttl_seconds", json!(3_601)),
            "/ttl_seconds out_of_range",
        ),
        (
            ACCEPTED,
            "hold",
            with_member(actions[1].1.clone(), "/ttl_seconds", json!("long")),
            "/ttl_seconds invalid",
        ),
        (
            ACCEPTED,
            "hold",
            with_member(actions[1].1.clone(), "/hold_key", json!("cart 1")),
            "/hold_key invalid",
        ),
        (ACCEPTED, "release", json!({}), " required"),
        (
            ACCEPTED,
            "redeem",
            with_member(redeem_body("o-9"), "/order_id", json!("")),
            "/order_id invalid",
        ),
        (
            ACCEPTED,
            "redeem",
            with_member(redeem_body("o-9"), "/order_id", Value::Null),
            " required",
        ),
        (
            ACCEPTED,
            "redeem",
            with_member(redeem_body("o-9"), "/hold_key", json!(7)),
            "/hold_key invalid",
        ),
        (REDEEMED, "reverse", dollars, "/refunded/currency mixed_currency"),
        (
            REDEEMED,
            "reverse",
            with_member(refund.clone(), "/refunded", money(-1)),
            "/refunded/amount invalid",
        ),
        (
            REDEEMED,
            "reverse",
            with_member(refund.clone(), "/event", json!("lost")),
            "/event unknown_value",
        ),
        (
            REDEEMED,
            "reverse",
            with_member(refund.clone(), "/event", Value::Null),
            "/event required",
        ),
        (REDEEMED, "reverse", with_member(refund.clone(), "/refund_id", Value::Null), " required"),
        (
            REDEEMED,
            "reverse",
            with_member(refund.clone(), "/why", json!("x")),
            "/why unknown_field",
        ),
        (
            REDEEMED,
            "reverse",
            with_member(refund, "/remaining_basket", json!({"currency": "EUR", "lines": many})),
            "/remaining_basket/lines out_of_range",
        ),
    ];
    for (person, action, body, field) in others {
        check_fields(counter.call_voucher(person, action, &body).await, &[field]);
    }
    for action in ["validate", "hold", "release", "redeem", "reverse"] {
        let path = format!(
            "/v1/customers/{}/vouchers/{}/{action}",
            counter.people[0].id, counter.vouchers[0]
        );
        for body in not_json() {
            check_problem(
                counter.test.app.request("POST", &path, &body).send().await,
                400,
                "malformed_json",
            );
        }
    }
    assert_eq!(StoredState::read(&counter.test).await, before);
}
