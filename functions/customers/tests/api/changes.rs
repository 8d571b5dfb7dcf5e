//! The customers API as the app backend sees it: signed requests through the whole router, on real
//! tables.

use crate::client;

use axum::body::Body;
use client::{AppBackend, PREVIOUS, SECRET, ana_profile, signed_request};
use domain::Timestamp;
use http_edge::webhook;
use serde_json::{Value, json};
use testkit::with_tables;

fn order(more: Value) -> Value {
    let line = json!({"id": "1", "vertical": "food", "merchant": "m-1", "amount": 2350});
    let mut order = json!({"event": "placed", "event_id": "e-1", "order_id": "o-1", "customer_id": "c-1",
        "at": "2025-11-01T12:00:00Z", "basket": {"currency": "EUR", "lines": [line]}});
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            order.as_object_mut().unwrap().remove(name);
        } else {
            order[name] = value.clone();
        }
    }
    order
}

fn basket(amount: i64, currency: &str) -> Value {
    let line = json!({"id": "1", "vertical": "food", "merchant": "m-1", "amount": amount});
    json!({"basket": {"currency": currency, "lines": [line]}})
}

#[tokio::test]
async fn a_customer_is_made_changed_read_and_erased() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.get("/v1/customers/c-1").await.check(404, "customer_unknown");
        let made = api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        assert_eq!((made.status, &made.body["profile"]["first_name"]), (201, &json!("Ana")));
        assert_eq!(api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await.status, 200);
        let patch =
            json!({"profile": {"last_name": null}, "contacts": {"email": "new@example.com"}});
        assert_eq!(api.send_json("PATCH", "/v1/customers/c-1", patch).await.status, 200);
        let read = api.get("/v1/customers/c-1").await.body;
        assert_eq!(
            (&read["profile"]["last_name"], &read["contacts"]["email"]),
            (&Value::Null, &json!("new@example.com"))
        );
        assert_eq!(
            read["activity"],
            json!({"orders": 0, "spend": {"amount": 0, "currency": "EUR"}, "last_order_day": null})
        );
        for _ in 0..2 {
            assert_eq!(api.send_raw("DELETE", "/v1/customers/c-1", "").await.status, 204);
        }
        api.get("/v1/customers/c-1").await.check(410, "customer_erased");
        api.send_json("PUT", "/v1/customers/c-1", ana_profile())
            .await
            .check(410, "customer_erased");
        api.send_json("POST", "/v1/orders", order(json!({}))).await.check(410, "customer_erased");
        api.send_raw("DELETE", "/v1/customers/c-2", "").await.check(404, "customer_unknown");
    })
    .await;
}

#[tokio::test]
async fn an_address_that_comes_back_after_an_erasure_is_silent_until_its_owner_says_yes_again() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        let profile = |email: &str, granted: &str| {
            let consent = json!({"state": "granted", "source": "import", "at": granted});
            json!({"contacts": {"phone": "+34600000001", "email": email}, "consents": {"sms": consent, "email": consent}})
        };
        let suppressed = |body: &Value| {
            let reason = |channel: &str| body["suppressions"][channel]["reason"].as_str().unwrap_or("no").to_owned();
            [reason("sms"), reason("email")]
        };
        let before = "2025-06-01T12:00:00Z";
        let put = api.send_json("PUT", "/v1/customers/c-1", profile("ana@example.com", before)).await;
        assert_eq!(suppressed(&put.body), ["no", "no"]);
        // an address that belonged to another customer at the time of the erasure stays as it is
        api.send_json("PUT", "/v1/customers/c-0", profile("ana@example.com", before)).await;
        assert_eq!(api.send_raw("DELETE", "/v1/customers/c-1", "").await.status, 204);
        let again = api.send_json("PUT", "/v1/customers/c-0", profile("ana@example.com", before)).await;
        assert_eq!(suppressed(&again.body), ["no", "no"]);

        let back = api.send_json("PUT", "/v1/customers/c-2", profile("Ana@Example.com", before)).await;
        assert_eq!((back.status, suppressed(&back.body)), (201, ["erased".into(), "erased".into()]));
        let again = api.send_json("PUT", "/v1/customers/c-2", profile("Ana@Example.com", before)).await;
        assert_eq!(suppressed(&again.body), ["erased", "erased"]);
        let denied = json!({"state": "denied", "source": "app"});
        api.send_json("PUT", "/v1/customers/c-2/consents/sms", denied).await;
        let yes = json!({"state": "granted", "source": "app_settings"});
        api.send_json("PUT", "/v1/customers/c-2/consents/email", yes.clone()).await;
        assert_eq!(suppressed(&api.get("/v1/customers/c-2").await.body), ["erased", "no"]);
        // the address is removed and added again: the consent given since still counts
        api.send_json("PATCH", "/v1/customers/c-2", json!({"contacts": {"email": null}})).await;
        let given = api.send_json("PATCH", "/v1/customers/c-2", json!({"contacts": {"email": "ana@example.com"}})).await;
        assert_eq!(suppressed(&given.body), ["erased", "no"]);

        let now = Timestamp::now().to_string();
        let later = api.send_json("PUT", "/v1/customers/c-3", profile("ana@example.com", &now)).await;
        assert_eq!(suppressed(&later.body), ["no", "no"]);
        api.send_json("PUT", "/v1/customers/c-4", profile("other@example.com", before)).await;
        let moved = api.send_json("PATCH", "/v1/customers/c-4", json!({"contacts": {"email": "ana@example.com"}})).await;
        assert_eq!(suppressed(&moved.body), ["no", "no"], "lifted for number and mailbox, whoever has them");

        // the marks reveal nothing of the address
        for id in ["c-0", "c-2", "c-3", "c-4"] {
            assert_eq!(api.send_raw("DELETE", &format!("/v1/customers/{id}"), "").await.status, 204);
        }
        let left = tables.client.scan().table_name(tables.table_name("CUSTOMERS_TABLE").unwrap()).send().await.unwrap();
        let left = format!("{:?}", left.items()).to_lowercase();
        assert!(!left.contains("600000001") && !left.contains("example"), "{left}");
        let kept = tables.client.scan().table_name(tables.table_name("ADDRESSES_TABLE").unwrap()).send().await.unwrap();
        let kept = format!("{:?}", kept.items()).to_lowercase();
        assert!(!kept.contains("600000001") && !kept.contains("example"), "{kept}");
        assert!(!kept.contains("holder"), "nobody has an address any more: {kept}");
    })
    .await;
}

#[tokio::test]
async fn consents_and_devices_have_their_own_routes() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        let choice = json!({"state": "denied", "source": "app_settings"});
        api.send_json("PUT", "/v1/customers/c-1/consents/sms", choice.clone())
            .await
            .check(404, "customer_unknown");
        api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        api.send_json("PUT", "/v1/customers/c-1/consents/fax", choice.clone())
            .await
            .check(404, "channel_unknown");
        let now = api.send_json("PUT", "/v1/customers/c-1/consents/sms", choice).await;
        assert_eq!(
            (now.status, &now.body["channel"], &now.body["state"]),
            (200, &json!("sms"), &json!("denied"))
        );
        let old = json!({"state": "granted", "source": "import", "at": "2020-01-01T00:00:00Z"});
        assert_eq!(
            api.send_json("PUT", "/v1/customers/c-1/consents/sms", old).await.body["state"],
            "denied"
        );
        let future = json!({"state": "granted", "source": "x", "at": "2999-01-01T00:00:00Z"});
        let refused = api.send_json("PUT", "/v1/customers/c-1/consents/sms", future).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["/at in_the_future".to_owned()]));
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/APNS/app/2";
        let devices = api
            .send_json(
                "PUT",
                "/v1/customers/c-1/push-endpoints",
                json!({"endpoint_id": "dev2", "arn": arn}),
            )
            .await;
        assert_eq!(devices.body["push_endpoints"].as_array().unwrap().len(), 2);
        for device in ["dev1", "dev1"] {
            assert_eq!(
                api.send_raw("DELETE", &format!("/v1/customers/c-1/push-endpoints/{device}"), "")
                    .await
                    .status,
                204
            );
        }
        assert_eq!(
            api.get("/v1/customers/c-1").await.body["push_endpoints"].as_array().unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn orders_are_idempotent_and_move_the_aggregates() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.send_json("POST", "/v1/orders", order(json!({}))).await.check(404, "customer_unknown");
        api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        let counted =
            json!({"orders": 1, "spend": {"amount": 2350, "currency": "EUR"}, "last_order_day": "2025-11-01"});
        for recorded in ["first", "repeat"] {
            let answer = api.send_json("POST", "/v1/orders", order(json!({}))).await;
            let revenue = json!({"amount": 2350, "currency": "EUR"});
            let expected = json!({"event_id": "e-1", "order_id": "o-1", "event": "placed", "recorded": recorded,
                "order": {"stage": "placed", "revenue": revenue, "vouchers": []}, "customer": counted});
            assert_eq!((answer.status, answer.body), (200, expected));
        }
        let later = order(json!({"at": "2025-11-01T12:00:01Z"}));
        api.send_json("POST", "/v1/orders", later).await.check(409, "event_conflict");
        let other = order(json!({"event_id": "e-other"}));
        api.send_json("POST", "/v1/orders", other).await.check(409, "order_conflict");
        let refund = |id: &str, amount: i64, currency: &str| {
            json!({"event": "refunded", "event_id": id, "order_id": "o-1", "customer_id": "c-1", "at": "2025-11-02T12:00:00Z",
                "refund": {"amount": amount, "currency": currency}})
        };
        let refunded = api.send_json("POST", "/v1/orders", refund("r-1", 350, "EUR")).await;
        assert_eq!(refunded.body["customer"]["spend"]["amount"], 2_000);
        api.send_json("POST", "/v1/orders", refund("r-1", 351, "EUR")).await.check(409, "event_conflict");
        api.send_json("POST", "/v1/orders", refund("r-2", 2_001, "EUR")).await.check(409, "refund_exceeds_order");
        let refused = api.send_json("POST", "/v1/orders", refund("r-2", 1, "USD")).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["/refund/currency wrong_currency".to_owned()]));
        let cancel = json!({"event": "cancelled", "event_id": "e-2", "order_id": "o-1", "customer_id": "c-1",
            "at": "2025-11-02T12:00:00Z"});
        let cancelled = api.send_json("POST", "/v1/orders", cancel).await;
        assert_eq!(
            cancelled.body["customer"],
            json!({"orders": 0, "spend": {"amount": 0, "currency": "EUR"}, "last_order_day": null})
        );
    })
    .await;
}

#[tokio::test]
async fn bad_input_is_refused_with_its_place_and_nothing_is_written() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.send_raw("PUT", "/v1/customers/c-1", "{").await.check(400, "malformed_json");
        api.send_raw("PUT", "/v1/customers/c-1", "").await.check(400, "malformed_json");
        api.send_json("PUT", "/v1/customers/c%201", ana_profile()).await.check(400, "invalid_customer_id");
        api.send_raw("PUT", "/v1/customers/c-1", &" ".repeat(http_edge::MAX_BODY + 1)).await.check(413, "payload_too_large");
        for (body, field) in [
            (json!({"profile": {"shoe_size": 42}}), "/profile/shoe_size unknown_field"),
            (json!({"profile": {"first_name": 7}}), "/profile/first_name invalid"),
            (json!({"profile": {"zone": "Mars/Olympus"}}), "/profile/zone invalid"),
            (json!({"profile": {"location": {"lat": 91, "lon": 0}}}), "/profile/location out_of_range"),
            (json!({"contacts": {"phone": "0600"}}), "/contacts/phone invalid"),
            (json!({"contacts": {"email": "a@b.c\r\nBcc: d@e.f"}}), "/contacts/email invalid"),
            (
                json!({"consents": {"sms": {"state": "maybe", "source": "x", "at": "2024-05-01T10:00:00Z"}}}),
                "/consents/sms/state unknown_value",
            ),
            (
                json!({"push_endpoints": [{"endpoint_id": "d", "arn": "arn:aws:s3:::bucket"}]}),
                "/push_endpoints/0/arn invalid",
            ),
        ] {
            let refused = api.send_json("PUT", "/v1/customers/c-1", body).await;
            refused.check(422, "invalid_request");
            assert_eq!(refused.fields(), [field]);
        }
        api.get("/v1/customers/c-1").await.check(404, "customer_unknown");
        api.send_json("PUT", "/v1/customers/c-1", ana_profile()).await;
        for (more, field) in [
            (basket(-1, "EUR"), "/basket/lines/0/amount invalid"),
            (basket(1_000_000_000_001, "EUR"), "/basket/lines/0/amount invalid"),
            (basket(1, "USD"), "/basket/currency wrong_currency"),
            (basket(1, "ZZZ"), "/basket/currency invalid"),
            (basket(1, "XXX"), "/basket/currency invalid"),
            (json!({"at": "2999-01-01T00:00:00Z"}), "/at in_the_future"),
            (json!({"event": "shipped"}), "/event unknown_value"),
            (json!({"event_id": null}), " required"),
            (json!({"coupon": "x"}), "/coupon unknown_field"),
        ] {
            let refused = api.send_json("POST", "/v1/orders", order(more)).await;
            refused.check(422, "invalid_request");
            assert_eq!(refused.fields(), [field]);
        }
        assert_eq!(api.get("/v1/customers/c-1").await.body["activity"]["orders"], 0);
        api.send_json("POST", "/v1/customers/c-1", ana_profile()).await.check(405, "method_not_allowed");
        api.get("/v1/nothing").await.check(404, "route_unknown");
    })
    .await;
}

#[tokio::test]
async fn only_a_fresh_and_untouched_signature_is_let_in() {
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        let path = "/v1/customers/c-1";
        let body = ana_profile().to_string();
        let now = Timestamp::now();
        let later = |seconds: i64| Timestamp::from_second(now.as_second() + seconds).unwrap();
        let mut unsigned = signed_request("PUT", path, &body, SECRET, now);
        unsigned.headers_mut().remove(webhook::SIGNATURE);
        let mut empty = signed_request("PUT", path, &body, SECRET, now);
        empty.headers_mut().insert(webhook::SIGNATURE, "v1,".parse().unwrap());
        let mut changed = signed_request("PUT", path, &body, SECRET, now);
        *changed.body_mut() = Body::from(body.replace("Ana", "Ann"));
        for (request, code) in [
            (unsigned, "signature_missing"),
            (empty, "signature_invalid"),
            (changed, "signature_invalid"),
            (signed_request("PUT", path, &body, b"of somebody else", now), "signature_invalid"),
            (signed_request("PUT", path, &body, SECRET, later(-320)), "signature_stale"),
            (signed_request("PUT", path, &body, SECRET, later(320)), "signature_stale"),
        ] {
            api.send(request).await.check(401, code);
        }
        api.get(path).await.check(404, "customer_unknown");
        assert_eq!(api.send(signed_request("PUT", path, &body, PREVIOUS, now)).await.status, 201);
    })
    .await;
}
