//! Tests refused orders: invalid amounts, currencies, times and ids, and events that contradict
//! what is recorded.

use serde_json::{Value, json};
use system_tests::{TestScenario, money};

use super::{StoredState, check_fields, check_problem, not_json, with_member};

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
        shop.test.app.report_order(&shop.placed("o1")).await.expect_status(200);
        shop
    }
    fn event(&self, order: &str, event: &str) -> Value {
        let order = format!("{}-{order}", self.test.identity.tag);
        json!({"event": event, "order_id": order, "customer_id": self.customer, "at": "2026-01-01T12:00:00Z"})
    }
    fn placed(&self, order: &str) -> Value {
        let placed = with_member(self.event(order, "placed"), "/vertical", json!("food"));
        with_member(with_member(placed, "/merchant", json!("m-1")), "/total", money(2_000))
    }
    fn refunded(&self, order: &str, refund: &str, amount: Value) -> Value {
        with_member(
            with_member(self.event(order, "refunded"), "/refund_id", json!(refund)),
            "/amount",
            amount,
        )
    }
}

#[tokio::test]
async fn every_wrong_field_of_an_order_is_named_and_nothing_is_counted() {
    let shop = OrderFixture::create().await;
    let before = StoredState::read(&shop.test).await;
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("/coupon", json!("x"), &["/coupon unknown_field"]),
        ("/total/tax", json!(1), &["/total/tax unknown_field"]),
        ("/event", json!("shipped"), &["/event unknown_value"]),
        ("/event", json!(7), &["/event unknown_value"]),
        ("/event", Value::Null, &["/event required"]),
        ("/total", Value::Null, &[" required"]),
        ("/customer_id", Value::Null, &[" required"]),
        ("/order_id", json!("o 1"), &["/order_id invalid"]),
        ("/order_id", json!("x".repeat(65)), &["/order_id invalid"]),
        ("/customer_id", json!(""), &["/customer_id invalid"]),
        ("/at", json!("yesterday"), &["/at invalid"]),
        ("/at", json!("2026-02-30T12:00:00Z"), &["/at invalid"]),
        ("/at", json!("2199-01-01T12:00:00Z"), &["/at in_the_future"]),
        ("/total", money(-1), &["/total/amount invalid"]),
        ("/total", money(i64::MIN), &["/total/amount invalid"]),
        ("/total", money(1_000_000_000_001), &["/total/amount invalid"]),
        ("/total/amount", json!(20.5), &["/total/amount invalid"]),
        ("/total/amount", json!("2000"), &["/total/amount invalid"]),
        ("/total/amount", json!(u64::MAX), &["/total/amount invalid"]),
        ("/total/currency", json!("eur"), &["/total/currency invalid"]),
        ("/total/currency", json!("EURO"), &["/total/currency invalid"]),
        ("/total", usd(2_000), &["/total/currency wrong_currency"]),
        ("/vertical", json!(""), &["/vertical invalid"]),
        ("/vertical", json!("x".repeat(65)), &["/vertical invalid"]),
        ("/merchant", json!(" m-1"), &["/merchant invalid"]),
    ];
    for (pointer, value, fields) in cases {
        check_fields(
            shop.test.app.report_order(&with_member(shop.placed("o2"), pointer, value)).await,
            fields,
        );
    }
    for (amount, field) in
        [(money(-5), "/amount/amount invalid"), (usd(5), "/amount/currency wrong_currency")]
    {
        check_fields(
            shop.test.app.report_order(&shop.refunded("o1", "r-1", amount.clone())).await,
            &[field],
        );
        check_fields(
            shop.test.app.report_order(&shop.refunded("o2", "r-1", amount)).await,
            &[field],
        );
    }
    check_fields(shop.test.app.report_order(&json!([])).await, &[" invalid"]);
    check_fields(
        shop.test.app.report_order(&shop.refunded("o1", "r 1", money(5))).await,
        &["/refund_id invalid"],
    );
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
async fn an_event_that_contradicts_what_is_known_is_refused_and_changes_nothing() {
    let shop = OrderFixture::create().await;
    shop.test.app.report_order(&shop.refunded("o1", "r-1", money(500))).await.expect_status(200);
    let before = StoredState::read(&shop.test).await;
    for (pointer, value) in [
        ("/total", money(2_001)),
        ("/vertical", json!("groceries")),
        ("/merchant", json!("m-2")),
        ("/at", json!("2026-01-01T12:00:01Z")),
    ] {
        let other = with_member(shop.placed("o1"), pointer, value);
        check_problem(shop.test.app.report_order(&other).await, 409, "order_conflict");
    }
    let again = shop.refunded("o1", "r-1", money(501));
    check_problem(shop.test.app.report_order(&again).await, 409, "refund_conflict");
    let over = shop.refunded("o1", "r-2", money(1_501));
    check_problem(shop.test.app.report_order(&over).await, 409, "refund_exceeds_order");
    assert_eq!(StoredState::read(&shop.test).await, before);
    // an event that repeats what is recorded is no contradiction
    assert_eq!(
        shop.test.app.report_order(&shop.placed("o1")).await.expect_status(200).json["recorded"],
        "repeat"
    );
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
