//! Tests refused order events: invalid amounts, baskets, currencies, times and ids, and events that
//! contradict what is recorded.

use serde_json::{Value, json};
use system_tests::{TestScenario, basket, order_event};

use super::{StoredState, check_fields, check_problem, not_json, with_member};

const MAX_AMOUNT: i64 = 1_000_000_000_000;

/// A customer with one order of 20.00 EUR, `<tag>-o1`.
struct OrderFixture {
    test: TestScenario,
    customer: String,
}

impl OrderFixture {
    async fn create() -> Self {
        let test = TestScenario::begin().await;
        let customer = test.customer(0);
        test.put_customers(std::slice::from_ref(&customer)).await;
        let shop = Self { test, customer: customer.id };
        shop.report(&shop.placed("o1")).await;
        shop
    }
    fn event(&self, order: &str, event: &str, more: &Value) -> Value {
        order_event(event, &self.test.order_id(order), &self.customer, more)
    }
    fn placed(&self, order: &str) -> Value {
        self.event(order, "placed", &json!({"basket": basket(2_000)}))
    }
    fn edited(&self, order: &str, basket: &Value) -> Value {
        self.event(order, "edited", &json!({"basket": basket}))
    }
    fn refunded(&self, order: &str, refund: &Value) -> Value {
        let refund = with_member(refund.clone(), "/currency", json!("EUR"));
        self.event(order, "refunded", &json!({"refund": refund}))
    }
    /// Reports an event that is good.
    async fn report(&self, event: &Value) -> Value {
        self.test.app.report_order(event).await.expect_status(200).json
    }
    async fn check_fields(&self, event: &Value, fields: &[&str]) {
        check_fields(self.test.app.report_order(event).await, fields);
    }
    async fn check_conflict(&self, event: &Value, code: &str) {
        check_problem(self.test.app.report_order(event).await, 409, code);
    }
}

fn line(id: &str, amount: i64) -> Value {
    json!({"id": id, "vertical": "food", "merchant": "m-1", "amount": amount})
}

fn basket_of(lines: &[Value]) -> Value {
    with_member(basket(0), "/lines", json!(lines))
}

fn with_event_id(event: Value, id: &str) -> Value {
    with_member(event, "/event_id", json!(id))
}

#[tokio::test]
async fn every_wrong_field_of_an_order_is_named_and_nothing_is_counted() {
    let shop = OrderFixture::create().await;
    let before = StoredState::read(&shop.test).await;
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("/coupon", json!("x"), &["/coupon unknown_field"]),
        ("/basket/tax", json!(1), &["/basket/tax unknown_field"]),
        ("/event", json!("shipped"), &["/event unknown_value"]),
        ("/event", json!(7), &["/event unknown_value"]),
        ("/event", Value::Null, &["/event required"]),
        ("/basket", Value::Null, &[" required"]),
        ("/event_id", Value::Null, &[" required"]),
        ("/customer_id", Value::Null, &[" required"]),
        ("/event_id", json!("e 1"), &["/event_id invalid"]),
        ("/order_id", json!("o 1"), &["/order_id invalid"]),
        ("/order_id", json!("x".repeat(65)), &["/order_id invalid"]),
        ("/customer_id", json!(""), &["/customer_id invalid"]),
        ("/at", json!("yesterday"), &["/at invalid"]),
        ("/at", json!("2026-02-30T12:00:00Z"), &["/at invalid"]),
        ("/at", json!("2199-01-01T12:00:00Z"), &["/at in_the_future"]),
    ];
    for (pointer, value, fields) in cases {
        shop.check_fields(&with_member(shop.placed("o2"), pointer, value), fields).await;
    }
    shop.check_fields(&json!([]), &[" invalid"]).await;
    for body in not_json() {
        check_problem(
            shop.test.app.request("POST", "/v1/orders", &body).send().await,
            400,
            "malformed_json",
        );
    }
    assert_eq!(StoredState::read(&shop.test).await, before);
}

#[tokio::test]
async fn every_wrong_field_of_a_basket_is_named_in_a_new_order_and_in_an_edit() {
    let shop = OrderFixture::create().await;
    let before = StoredState::read(&shop.test).await;
    let amount = "/basket/lines/0/amount";
    let quantity = "/basket/lines/0/quantity";
    let many: Vec<Value> = (0..=200).map(|number| line(&number.to_string(), 1)).collect();
    let cases: Vec<(&str, Value, &str)> = vec![
        (amount, json!(-1), "/basket/lines/0/amount invalid"),
        (amount, json!(i64::MIN), "/basket/lines/0/amount invalid"),
        (amount, json!(MAX_AMOUNT + 1), "/basket/lines/0/amount invalid"),
        (amount, json!(20.5), "/basket/lines/0/amount invalid"),
        (amount, json!("2000"), "/basket/lines/0/amount invalid"),
        (amount, json!(u64::MAX), "/basket/lines/0/amount invalid"),
        (amount, Value::Null, "/basket/lines/0 required"),
        (quantity, json!(0), "/basket/lines/0/quantity out_of_range"),
        (quantity, json!(100_001), "/basket/lines/0/quantity out_of_range"),
        (quantity, json!(-1), "/basket/lines/0/quantity invalid"),
        ("/basket/lines/0/id", Value::Null, "/basket/lines/0 required"),
        ("/basket/lines/0/id", json!("a b"), "/basket/lines/0/id invalid"),
        ("/basket/lines/0/vertical", json!(""), "/basket/lines/0/vertical invalid"),
        ("/basket/lines/0/vertical", json!("x".repeat(65)), "/basket/lines/0/vertical invalid"),
        ("/basket/lines/0/merchant", json!(" m-1"), "/basket/lines/0/merchant invalid"),
        ("/basket/lines", json!([]), "/basket/lines out_of_range"),
        ("/basket/lines", json!(many), "/basket/lines out_of_range"),
        ("/basket/lines", json!([line("1", 5), line("1", 6)]), "/basket/lines/1/id duplicate"),
        (
            "/basket/lines",
            json!([line("1", MAX_AMOUNT), line("2", 1)]),
            "/basket/lines out_of_range",
        ),
        ("/basket/delivery_fee", json!(-1), "/basket/delivery_fee invalid"),
        ("/basket/delivery_fee", json!(MAX_AMOUNT), "/basket/lines out_of_range"),
        ("/basket/currency", json!("eur"), "/basket/currency invalid"),
        ("/basket/currency", json!("EURO"), "/basket/currency invalid"),
        ("/basket/currency", json!("ZZZ"), "/basket/currency invalid"),
        ("/basket/currency", json!("XXX"), "/basket/currency invalid"),
        ("/basket/currency", json!("USD"), "/basket/currency wrong_currency"),
    ];
    for (pointer, value, field) in cases {
        for event in [shop.placed("o2"), shop.edited("o1", &basket(2_000))] {
            shop.check_fields(&with_member(event, pointer, value.clone()), &[field]).await;
        }
    }
    assert_eq!(StoredState::read(&shop.test).await, before);
}

#[tokio::test]
async fn every_wrong_field_of_a_refund_is_named_and_nothing_is_given_back() {
    let shop = OrderFixture::create().await;
    let before = StoredState::read(&shop.test).await;
    let good = shop.refunded("o1", &json!({"amount": 5}));
    let back = |id: &str, amount: i64| json!({"id": id, "amount": amount});
    let many: Vec<Value> = (0..=200).map(|number| back(&number.to_string(), 1)).collect();
    let cases: Vec<(&str, Value, &str)> = vec![
        ("/refund", Value::Null, " required"),
        ("/refund", json!({"currency": "EUR"}), "/refund required"),
        ("/refund/currency", Value::Null, "/refund required"),
        ("/refund/currency", json!("ZZZ"), "/refund/currency invalid"),
        ("/refund/currency", json!("XXX"), "/refund/currency invalid"),
        ("/refund/currency", json!("USD"), "/refund/currency wrong_currency"),
        ("/refund/amount", json!(-5), "/refund/amount invalid"),
        ("/refund/amount", json!(0), "/refund required"),
        ("/refund/delivery_fee", json!(-5), "/refund/delivery_fee invalid"),
        ("/refund/lines", json!([back("1", -5)]), "/refund/lines/0/amount invalid"),
        ("/refund/lines", json!([back("2", 5)]), "/refund/lines unknown_line"),
        ("/refund/lines", json!([back("1", 5), back("1", 5)]), "/refund/lines/1/id duplicate"),
        ("/refund/lines", json!(many), "/refund/lines out_of_range"),
        ("/refund/tax", json!(1), "/refund/tax unknown_field"),
        ("/basket", basket(2_000), "/basket unknown_field"),
        ("/event_id", json!("r 1"), "/event_id invalid"),
    ];
    for (pointer, value, field) in cases {
        shop.check_fields(&with_member(good.clone(), pointer, value), &[field]).await;
    }
    assert_eq!(StoredState::read(&shop.test).await, before);
}

#[tokio::test]
async fn an_event_that_contradicts_what_is_known_is_refused_and_changes_nothing() {
    let shop = OrderFixture::create().await;
    let refund = shop.refunded("o1", &json!({"lines": [{"id": "1", "amount": 500}]}));
    shop.report(&refund).await;
    let other = shop.test.customer(1);
    shop.test.put_customers(std::slice::from_ref(&other)).await;
    let before = StoredState::read(&shop.test).await;

    // an event's id with another content
    for (pointer, value) in [
        ("/basket", basket(2_001)),
        ("/basket/lines/0/vertical", json!("groceries")),
        ("/basket/lines/0/merchant", json!("m-2")),
        ("/at", json!("2026-01-01T12:00:01Z")),
    ] {
        let event = with_member(shop.placed("o1"), pointer, value);
        shop.check_conflict(&event, "event_conflict").await;
    }
    let more = with_member(refund.clone(), "/refund/lines/0/amount", json!(501));
    shop.check_conflict(&more, "event_conflict").await;
    shop.check_conflict(&with_event_id(refund.clone(), "placed"), "event_conflict").await;
    // the order again, or another customer's
    shop.check_conflict(&with_event_id(shop.placed("o1"), "again"), "order_conflict").await;
    let anothers = with_member(shop.placed("o1"), "/customer_id", json!(other.id));
    shop.check_conflict(&anothers, "order_conflict").await;
    // nothing comes before the order
    for event in [
        shop.refunded("o2", &json!({"amount": 5})),
        shop.edited("o2", &basket(2_000)),
        shop.event("o2", "cancelled", &json!({})),
    ] {
        shop.check_conflict(&event, "order_not_placed").await;
    }
    // more than there is
    for (refund, field) in [
        (json!({"amount": 1_501}), "/refund/amount"),
        (json!({"lines": [{"id": "1", "amount": 1_501}]}), "/refund/lines"),
        (json!({"delivery_fee": 1}), "/refund/delivery_fee"),
    ] {
        let event = with_event_id(shop.refunded("o1", &refund), "r-2");
        let answer = shop.test.app.report_order(&event).await;
        let answer = check_problem(answer, 409, "refund_exceeds_order");
        assert_eq!(answer.problem_fields(), [format!("{field} refund_exceeds_order")]);
    }
    // an edit that takes away what came back
    for lines in [vec![line("2", 2_000)], vec![line("1", 499), line("2", 2_000)]] {
        let event = shop.edited("o1", &basket_of(&lines));
        shop.check_fields(&event, &["/basket/lines line_returned"]).await;
    }
    assert_eq!(StoredState::read(&shop.test).await, before);
    // an event that repeats what is recorded is no contradiction
    for event in [shop.placed("o1"), refund] {
        assert_eq!(shop.report(&event).await["recorded"], "repeat");
    }
    assert_eq!(StoredState::read(&shop.test).await, before);
}

#[tokio::test]
async fn an_order_that_is_given_back_or_cancelled_is_not_changed_any_more() {
    let shop = OrderFixture::create().await;
    shop.report(&shop.refunded("o1", &json!({"lines": [{"id": "1", "amount": 2_000}]}))).await;
    shop.report(&shop.placed("o2")).await;
    shop.report(&shop.event("o2", "cancelled", &json!({}))).await;
    let before = StoredState::read(&shop.test).await;
    shop.check_conflict(&shop.edited("o1", &basket(2_000)), "order_given_back").await;
    let again = with_event_id(shop.refunded("o1", &json!({"amount": 1})), "r-2");
    shop.check_conflict(&again, "refund_exceeds_order").await;
    for event in [
        shop.edited("o2", &basket(2_000)),
        shop.refunded("o2", &json!({"amount": 1})),
        with_event_id(shop.placed("o2"), "again"),
    ] {
        shop.check_conflict(&event, "order_cancelled").await;
    }
    assert_eq!(StoredState::read(&shop.test).await, before);
}

#[tokio::test]
async fn the_currency_of_a_customer_with_orders_is_fixed() {
    let shop = OrderFixture::create().await;
    let before = StoredState::read(&shop.test).await;
    let path = format!("/v1/customers/{}", shop.customer);
    let other =
        shop.test.app.send_signed("PATCH", &path, &json!({"profile": {"currency": "USD"}})).await;
    check_problem(other, 409, "currency_fixed");
    let body = with_member(shop.test.customer(0).body, "/profile/currency", json!("USD"));
    check_problem(shop.test.app.put_customer(&shop.customer, &body).await, 409, "currency_fixed");
    assert_eq!(StoredState::read(&shop.test).await, before);
}
