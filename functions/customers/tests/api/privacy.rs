//! Checks what the function logs while it handles personal data: places and reasons, and nothing
//! about the person. It is a separate test binary, because the log of a process has only one
//! reader.

use crate::client;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use client::{AppBackend, ana_profile};
use serde_json::json;
use testkit::with_tables;

#[derive(Clone, Default)]
struct CapturedLog(Arc<Mutex<Vec<u8>>>);

impl Write for CapturedLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_personal_is_ever_logged() {
    let log = CapturedLog::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(move || writer.clone());
    tracing::subscriber::set_global_default(lines.finish()).unwrap();
    with_tables(async |tables| {
        let api = AppBackend::new(tables);
        api.send_json("PUT", "/v1/customers/c-secret", ana_profile()).await;
        api.send_json(
            "PATCH",
            "/v1/customers/c-secret",
            json!({"contacts": {"email": "bad address of Ana"}}),
        )
        .await;
        api.send_json(
            "PUT",
            "/v1/customers/c-secret",
            json!({"contacts": {"phone": "+34600000001x"}}),
        )
        .await;
        // An item that cannot be read is the worst case: the request fails inside, and the log must
        // say where.
        let broken =
            tables.client.update_item().table_name(tables.table_name("CUSTOMERS_TABLE").unwrap());
        let text = |text: &str| aws_value(text);
        let broken =
            broken.key("customer_id", text("c-secret")).update_expression("SET #zone = :zone");
        broken
            .expression_attribute_names("#zone", "zone")
            .expression_attribute_values(":zone", text("Nowhere/Ana"))
            .send()
            .await
            .unwrap();
        api.get("/v1/customers/c-secret").await.check(500, "internal");
    })
    .await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("/v1/customers/{id}") && log.contains("unreadable item c-secret: zone"),
        "{log}"
    );
    for personal in
        ["+34600000001", "ana@example.com", "Ana", "García", "1990-03-05", "endpoint/GCM"]
    {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}

fn aws_value(text: &str) -> testkit::AttributeValue {
    testkit::AttributeValue::S(text.to_owned())
}
