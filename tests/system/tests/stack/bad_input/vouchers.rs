//! Tests refused requests about vouchers, one by one and in the sets of a checkout. What is not
//! possible (after expiry, of another customer's voucher, twice) is refused with the same words;
//! what follows from the basket is said; a body of another shape is refused with its field. The
//! vouchers stay as they were.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use system_tests::{ApiAnswer, Channel, CustomerBuilder, TestScenario, basket};
use testkit::AttributeValue;

use super::{StoredState, check_fields, check_problem, not_json, with_member};

/// Customers with one voucher each: accepted, issued, declined, redeemed on `<tag>-o-1`, accepted
/// and expired, issued and no longer acceptable.
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
        counter
            .check_out(REDEEMED, "redeem", &counter.redeem_body("o-1", REDEEMED))
            .await
            .expect_status(200);
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
    /// Takes a step of the checkout as the customer `person`.
    async fn check_out(&self, person: usize, step: &str, body: &Value) -> ApiAnswer {
        self.test.app.check_out(&self.people[person].id, step, body).await
    }
    /// Builds a redemption of the voucher of `person` on an order of this scenario.
    fn redeem_body(&self, order: &str, person: usize) -> Value {
        let order = self.test.order_id(order);
        json!({"order_id": order, "vouchers": [self.vouchers[person]], "basket": basket(2_000)})
    }
    fn hold_body(&self, key: &str, person: usize) -> Value {
        json!({"hold_key": key, "vouchers": [self.vouchers[person]], "basket": basket(2_000)})
    }
    fn release_body(&self, key: &str, person: usize) -> Value {
        json!({"hold_key": key, "vouchers": [self.vouchers[person]]})
    }
    fn reverse_body(&self, order: &str) -> Value {
        json!({"event_id": "rev-1", "order_id": self.test.order_id(order), "reason": "a mistake"})
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

fn basket_in_currency(currency: &str) -> Value {
    with_member(basket(2_000), "/currency", json!(currency))
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
        .check_out(ACCEPTED, "hold", &counter.hold_body("cart-1", ACCEPTED))
        .await
        .expect_status(200);
    let before = StoredState::read(&counter.test).await;
    let (mut of_sets, mut of_vouchers) = (Vec::new(), Vec::new());
    for person in [ISSUED, DECLINED, EXPIRED, TOO_LATE] {
        let (redeem, hold) =
            (counter.redeem_body("o-9", person), counter.hold_body("cart-9", person));
        of_sets.push(counter.check_out(person, "redeem", &redeem).await);
        of_sets.push(counter.check_out(person, "hold", &hold).await);
        for order in ["o-1", "o-9"] {
            let reverse = counter.reverse_body(order);
            of_vouchers.push(counter.call_voucher(person, "reverse", &reverse).await);
        }
    }
    for person in [DECLINED, EXPIRED, TOO_LATE] {
        of_vouchers.push(counter.call_voucher(person, "accept", &json!({})).await);
    }
    for person in [ACCEPTED, REDEEMED, EXPIRED, TOO_LATE] {
        of_vouchers.push(counter.call_voucher(person, "decline", &json!({})).await);
    }
    // held by another checkout
    for (step, body) in [
        ("redeem", counter.redeem_body("o-9", ACCEPTED)),
        ("hold", counter.hold_body("cart-2", ACCEPTED)),
        ("release", counter.release_body("cart-2", ACCEPTED)),
    ] {
        of_sets.push(counter.check_out(ACCEPTED, step, &body).await);
    }
    // already redeemed, on another order
    let elsewhere = counter.redeem_body("o-2", REDEEMED);
    of_sets.push(counter.check_out(REDEEMED, "redeem", &elsewhere).await);
    of_vouchers.push(counter.call_voucher(REDEEMED, "reverse", &counter.reverse_body("o-2")).await);
    // another customer's voucher, and an unknown id
    for (customer, voucher) in [
        (&counter.people[ISSUED].id, counter.vouchers[ACCEPTED].as_str()),
        (&counter.people[ACCEPTED].id, "vch_00000000000000000000"),
    ] {
        for (step, body) in [
            ("hold", counter.hold_body("cart-1", ACCEPTED)),
            ("release", counter.release_body("cart-1", ACCEPTED)),
            ("redeem", counter.redeem_body("o-9", ACCEPTED)),
        ] {
            let body = with_member(body, "/vouchers/0", json!(voucher));
            of_sets.push(app.check_out(customer, step, &body).await);
        }
    }
    for (customer, voucher) in [
        (&counter.people[ISSUED].id, counter.vouchers[ACCEPTED].as_str()),
        (&counter.people[ACCEPTED].id, "vch_00000000000000000000"),
        (&counter.people[ACCEPTED].id, "not~an~id"),
    ] {
        for (action, body) in [
            ("accept", json!({})),
            ("decline", json!({})),
            ("reverse", counter.reverse_body("o-1")),
        ] {
            of_vouchers.push(app.call_voucher(customer, voucher, action, &body).await);
        }
    }
    for answers in [of_sets, of_vouchers] {
        let words = distinct_refusals(answers);
        assert_eq!(words.len(), 1, "refusals can be told apart: {words:#?}");
    }
    assert_eq!(StoredState::read(&counter.test).await, before);
    // the customer's own request still works
    let own = with_member(counter.redeem_body("o-3", ACCEPTED), "/hold_key", json!("cart-1"));
    counter.check_out(ACCEPTED, "redeem", &own).await.expect_status(200);
}

#[tokio::test]
async fn a_set_is_refused_whole_and_the_answer_says_which_voucher_stands_in_the_way() {
    let counter = VouchersFixture::create().await;
    let before = StoredState::read(&counter.test).await;
    let (own, anothers) = (&counter.vouchers[ACCEPTED], &counter.vouchers[ISSUED]);
    let bodies = [
        ("hold", counter.hold_body("cart-1", ACCEPTED)),
        ("redeem", counter.redeem_body("o-9", ACCEPTED)),
    ];
    for (step, body) in &bodies {
        for other in [anothers.as_str(), "vch_00000000000000000000"] {
            let body = with_member(body.clone(), "/vouchers", json!([own, other]));
            let answer = counter.check_out(ACCEPTED, step, &body).await;
            let answer = check_problem(answer, 409, "voucher_refused");
            assert_eq!(answer.problem_fields(), ["/vouchers/1 voucher_refused"]);
        }
        // what follows from the basket is said
        for (basket, code) in [
            (basket(999), "basket_below_minimum"),
            (
                with_member(basket(2_000), "/lines/0/vertical", json!("groceries")),
                "basket_out_of_scope",
            ),
        ] {
            let body = with_member(body.clone(), "/basket", basket);
            let answer = counter.check_out(ACCEPTED, step, &body).await;
            let answer = check_problem(answer, 409, "voucher_refused");
            assert_eq!(answer.problem_fields(), [format!("/vouchers/0 {code}")]);
        }
    }
    // an order has one buyer, and is redeemed on one basket
    let anothers_order = counter.redeem_body("o-1", ACCEPTED);
    let other_basket = with_member(counter.redeem_body("o-1", REDEEMED), "/basket", basket(2_001));
    for (person, body) in [(ACCEPTED, anothers_order), (REDEEMED, other_basket)] {
        let answer = counter.check_out(person, "redeem", &body).await;
        let answer = check_problem(answer, 409, "order_conflict");
        assert_eq!(answer.problem_fields(), ["/order_id order_conflict"]);
    }
    assert_eq!(StoredState::read(&counter.test).await, before);
    let again = counter.redeem_body("o-1", REDEEMED);
    let again = counter.check_out(REDEEMED, "redeem", &again).await.expect_status(200);
    assert_eq!(again.json["repeat"], true);
}

#[tokio::test]
async fn a_quote_shows_the_customers_own_vouchers_and_changes_nothing() {
    let counter = VouchersFixture::create().await;
    let before = StoredState::read(&counter.test).await;
    let ask = async |person: usize, basket: &Value| {
        let answer =
            counter.check_out(person, "quote", &json!({"basket": basket})).await.expect_status(200);
        let quoted = answer.json["vouchers"].as_array().unwrap().clone();
        let brief = |voucher: &Value| {
            (voucher["applicable"] == true, voucher["hint"].as_str().unwrap_or_default().to_owned())
        };
        quoted.iter().map(brief).collect::<Vec<_>>()
    };
    let no = |hint: &str| vec![(false, hint.to_owned())];
    assert_eq!(ask(ACCEPTED, &basket(2_000)).await, [(true, String::new())]);
    assert_eq!(ask(ISSUED, &basket(2_000)).await, no("not_accepted"));
    for person in [DECLINED, REDEEMED, EXPIRED] {
        assert_eq!(ask(person, &basket(2_000)).await, []);
    }
    assert!(ask(TOO_LATE, &basket(2_000)).await.iter().all(|(applicable, _)| !applicable));
    assert_eq!(ask(ACCEPTED, &basket(999)).await, no("basket_below_minimum"));
    assert_eq!(ask(ACCEPTED, &basket_in_currency("USD")).await, no("basket_other_currency"));
    assert_eq!(StoredState::read(&counter.test).await, before);
}

fn line(id: &str, amount: &Value) -> Value {
    json!({"id": id, "vertical": "food", "merchant": "m-1", "amount": amount})
}

/// Returns baskets that are refused, each as a change of a body with a basket, with the field.
fn bad_baskets() -> Vec<(&'static str, Value, &'static str)> {
    let one = |amount: Value| line("1", &amount);
    let many: Vec<Value> = (0..=200).map(|number| line(&number.to_string(), &json!(1))).collect();
    let twice = json!([one(json!(1_000)), one(json!(1_000))]);
    let whole = 1_000_000_000_000_i64;
    let too_much = json!([one(json!(whole)), line("2", &json!(1))]);
    let no_amount = json!({"id": "1", "vertical": "food", "merchant": "m-1"});
    vec![
        ("/basket", Value::Null, " required"),
        ("/basket", json!("2000 EUR"), "/basket invalid"),
        ("/basket/lines", json!([]), "/basket/lines out_of_range"),
        ("/basket/lines", json!(many), "/basket/lines out_of_range"),
        ("/basket/lines", twice, "/basket/lines/1/id duplicate"),
        ("/basket/lines", too_much, "/basket/lines out_of_range"),
        ("/basket/lines", Value::Null, "/basket required"),
        ("/basket/lines/0", one(json!(-1)), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", one(json!(whole + 1)), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", one(json!(19.99)), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", one(json!("2000")), "/basket/lines/0/amount invalid"),
        ("/basket/lines/0", no_amount, "/basket/lines/0 required"),
        ("/basket/lines/0/id", Value::Null, "/basket/lines/0 required"),
        ("/basket/lines/0/id", json!("a b"), "/basket/lines/0/id invalid"),
        ("/basket/lines/0/price", json!(5), "/basket/lines/0/price unknown_field"),
        ("/basket/lines/0/quantity", json!(0), "/basket/lines/0/quantity out_of_range"),
        ("/basket/lines/0/category", json!(""), "/basket/lines/0/category invalid"),
        ("/basket/delivery_fee", json!(-1), "/basket/delivery_fee invalid"),
        ("/basket/currency", json!("euro"), "/basket/currency invalid"),
        ("/basket/currency", json!("ZZZ"), "/basket/currency invalid"),
        ("/basket/currency", json!("XXX"), "/basket/currency invalid"),
        ("/basket/coupon", json!("SAVE"), "/basket/coupon unknown_field"),
        ("/coupon", json!("SAVE"), "/coupon unknown_field"),
    ]
}

/// Returns changes of a body with a set of vouchers that are refused, with the field.
fn bad_sets(voucher: &str) -> Vec<(&'static str, Value, &'static str)> {
    let many: Vec<String> = (0..9).map(|number| format!("vch_{number}")).collect();
    vec![
        ("/vouchers", Value::Null, " required"),
        ("/vouchers", json!([]), "/vouchers out_of_range"),
        ("/vouchers", json!(many), "/vouchers out_of_range"),
        ("/vouchers", json!([voucher, voucher]), "/vouchers/1 duplicate"),
        ("/vouchers", json!(voucher), "/vouchers invalid"),
        ("/vouchers/0", json!("not~an~id"), "/vouchers/0 invalid"),
    ]
}

#[tokio::test]
async fn every_wrong_field_of_a_checkout_is_named_and_the_vouchers_stay_as_they_were() {
    let counter = VouchersFixture::create().await;
    let before = StoredState::read(&counter.test).await;
    let quote = json!({"basket": basket(2_000)});
    let hold = counter.hold_body("cart-1", ACCEPTED);
    let release = counter.release_body("cart-1", ACCEPTED);
    let redeem = counter.redeem_body("o-9", ACCEPTED);
    for (step, body) in [("quote", &quote), ("hold", &hold), ("redeem", &redeem)] {
        for (pointer, value, field) in bad_baskets() {
            let body = with_member(body.clone(), pointer, value);
            check_fields(counter.check_out(ACCEPTED, step, &body).await, &[field]);
        }
    }
    for (step, body) in [("hold", &hold), ("release", &release), ("redeem", &redeem)] {
        for (pointer, value, field) in bad_sets(&counter.vouchers[ACCEPTED]) {
            let body = with_member(body.clone(), pointer, value);
            check_fields(counter.check_out(ACCEPTED, step, &body).await, &[field]);
        }
    }
    for (step, body) in [("hold", &hold), ("redeem", &redeem)] {
        let body = with_member(body.clone(), "/basket", basket_in_currency("USD"));
        let answer = counter.check_out(ACCEPTED, step, &body).await;
        check_fields(answer, &["/basket/currency wrong_currency"]);
    }
    for (step, body, pointer, value, field) in [
        ("quote", &quote, "/hold_key", json!("cart 1"), "/hold_key invalid"),
        ("hold", &hold, "/ttl_seconds", json!(0), "/ttl_seconds out_of_range"),
        ("hold", &hold, "/ttl_seconds", json!(3_601), "/ttl_seconds out_of_range"),
        ("hold", &hold, "/ttl_seconds", json!("long"), "/ttl_seconds invalid"),
        ("hold", &hold, "/hold_key", json!("cart 1"), "/hold_key invalid"),
        ("hold", &hold, "/hold_key", Value::Null, " required"),
        ("release", &release, "/hold_key", Value::Null, " required"),
        ("release", &release, "/basket", basket(2_000), "/basket unknown_field"),
        ("redeem", &redeem, "/order_id", json!(""), "/order_id invalid"),
        ("redeem", &redeem, "/order_id", Value::Null, " required"),
        ("redeem", &redeem, "/hold_key", json!(7), "/hold_key invalid"),
    ] {
        let body = with_member(body.clone(), pointer, value);
        check_fields(counter.check_out(ACCEPTED, step, &body).await, &[field]);
    }
    check_not_json(&counter).await;
    assert_eq!(StoredState::read(&counter.test).await, before);
}

#[tokio::test]
async fn every_wrong_field_of_an_action_is_named_and_the_voucher_stays_as_it_was() {
    let counter = VouchersFixture::create().await;
    let before = StoredState::read(&counter.test).await;
    let reverse = counter.reverse_body("o-1");
    let changed = |pointer: &str, value: Value| with_member(reverse.clone(), pointer, value);
    let long_of_spaces = json!(format!("x{}", " ".repeat(200)));
    for (person, action, body, field) in [
        (ISSUED, "accept", json!({"sure": true}), "/sure unknown_field"),
        (ISSUED, "decline", json!({"why": "x"}), "/why unknown_field"),
        (REDEEMED, "reverse", changed("/reason", Value::Null), " required"),
        (REDEEMED, "reverse", changed("/reason", json!(" ")), "/reason out_of_range"),
        (REDEEMED, "reverse", changed("/reason", json!("x".repeat(201))), "/reason out_of_range"),
        (REDEEMED, "reverse", changed("/reason", long_of_spaces), "/reason out_of_range"),
        (REDEEMED, "reverse", changed("/event_id", Value::Null), " required"),
        (REDEEMED, "reverse", changed("/event_id", json!("e 1")), "/event_id invalid"),
        (REDEEMED, "reverse", changed("/order_id", json!("o 1")), "/order_id invalid"),
        (REDEEMED, "reverse", changed("/refund", json!(5)), "/refund unknown_field"),
    ] {
        check_fields(counter.call_voucher(person, action, &body).await, &[field]);
    }
    assert_eq!(StoredState::read(&counter.test).await, before);
    // the id of a reversal says one thing
    counter.call_voucher(REDEEMED, "reverse", &reverse).await.expect_status(200);
    let after = StoredState::read(&counter.test).await;
    let again = counter.call_voucher(REDEEMED, "reverse", &reverse).await.expect_status(200);
    assert_eq!(again.json["repeat"], true);
    let other = changed("/reason", json!("another reason"));
    let other = counter.call_voucher(REDEEMED, "reverse", &other).await;
    check_problem(other, 409, "event_conflict");
    assert_eq!(StoredState::read(&counter.test).await, after);
}

/// Checks that what is not JSON is refused by each route with a body.
async fn check_not_json(counter: &VouchersFixture) {
    let customer = format!("/v1/customers/{}", counter.people[ACCEPTED].id);
    let mut paths = vec![format!("{customer}/vouchers/{}/reverse", counter.vouchers[ACCEPTED])];
    paths.extend(
        ["quote", "hold", "release", "redeem"].map(|it| format!("{customer}/checkout/{it}")),
    );
    for path in paths {
        for body in not_json() {
            let answer = counter.test.app.request("POST", &path, &body).send().await;
            check_problem(answer, 400, "malformed_json");
        }
    }
}
