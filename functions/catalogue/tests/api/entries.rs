//! Merchants and names, as operators and the marketplace's backend write them.

use serde_json::{Value, json};
use store::campaign::campaigns::AuditLogQuery;

use crate::CatalogueApi;

const CATALOGUE: &str = "/v1/configuration/voucher-campaign/catalogue";

fn casa_lola() -> Value {
    json!({"name": "Casa Lola", "verticals": ["food"], "opened_on": "2026-11-20",
        "places": [{"lat": 40.4, "lon": -3.7, "city": "Madrid", "zone": "Europe/Madrid"}]})
}

#[tokio::test]
async fn a_merchant_is_written_listed_and_deleted() {
    let api = CatalogueApi::new();
    let path = format!("{CATALOGUE}/merchants/m-1");
    assert_eq!(api.get(&path).await.0, 404);
    let (status, saved) = api.send("PUT", &path, Some(casa_lola())).await;
    assert_eq!((status, &saved["id"]), (201, &json!("m-1")));
    assert_eq!(api.send("PUT", &path, Some(casa_lola())).await.0, 200);
    let (_, shown) = api.get(&path).await;
    assert_eq!(
        (&shown["name"], &shown["places"][0]["city"]),
        (&json!("Casa Lola"), &json!("Madrid"))
    );
    let (_, list) = api.get(&format!("{CATALOGUE}/merchants?q=LOLA")).await;
    assert_eq!(list["items"][0]["merchant"]["name"], "Casa Lola");
    assert_eq!(list["items"][0]["orders"], 0);
    assert_eq!(api.get(&format!("{CATALOGUE}/merchants?q=pepe")).await.1["items"], json!([]));
    let (_, values) = api.get("/v1/values?of=merchant").await;
    assert_eq!(values["items"][0]["names"], json!({"und": "Casa Lola"}));
    assert_eq!(api.send("DELETE", &path, None).await.0, 204);
    let (status, problem) = api.send("DELETE", &path, None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("catalogue_entry_unknown")));
    let log = api.store.list_audit_log(&AuditLogQuery::default(), None, 10).await.unwrap();
    let acts: Vec<_> = log.records.iter().map(|it| (&*it.subject, &*it.record.action)).collect();
    let merchant = "merchants/m-1";
    assert_eq!(acts, [(merchant, "delete"), (merchant, "put"), (merchant, "put")]);
    assert!(log.records.iter().all(|it| it.record.actor == "s-1"), "{:?}", log.records);
}

#[tokio::test]
async fn merchants_are_listed_in_the_order_that_is_asked_for_page_by_page() {
    let api = CatalogueApi::new();
    for (id, name, day) in [
        ("m-1", "Zócalo", "2026-11-01"),
        ("m-2", "antonio", "2026-11-20"),
        ("m-3", "Ébano", ""),
        ("m-4", "Bar", "2026-11-20"),
    ] {
        let mut merchant = json!({"name": name});
        if !day.is_empty() {
            merchant["opened_on"] = json!(day);
        }
        let path = format!("{CATALOGUE}/merchants/{id}");
        assert_eq!(api.send("PUT", &path, Some(merchant)).await.0, 201);
    }
    for (sort, expected) in [
        ("name", ["m-2", "m-4", "m-3", "m-1"]),
        ("opened_on", ["m-2", "m-4", "m-1", "m-3"]),
        ("orders", ["m-1", "m-2", "m-3", "m-4"]),
    ] {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("{CATALOGUE}/merchants?sort={sort}&limit=3{cursor}");
            let (status, page) = api.get(&path).await;
            assert_eq!(status, 200, "{page}");
            let items = page["items"].as_array().unwrap();
            ids.extend(items.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(ids, expected, "{sort}");
    }
    assert_eq!(api.get(&format!("{CATALOGUE}/merchants?sort=colour")).await.0, 400);
    assert_eq!(api.get("/v1/values?of=merchant&sort=name").await.1["items"][0]["value"], "m-2");
}

#[tokio::test]
async fn a_vertical_is_found_by_its_name_in_any_language() {
    let api = CatalogueApi::new();
    let path = format!("{CATALOGUE}/verticals/food");
    let names = json!({"names": {"en": "Restaurants", "es": "Restaurantes"}});
    assert_eq!(api.send("PUT", &path, Some(names.clone())).await.0, 201);
    assert_eq!(api.get(&path).await.1["names"], names["names"]);
    let (_, found) = api.get("/v1/values?of=vertical&q=restaurantes").await;
    assert_eq!(found["items"][0]["value"], "food");
    assert_eq!(found["items"][0]["count"], 0);
    // a category of the same key is another entry
    assert_eq!(api.get(&format!("{CATALOGUE}/categories/food")).await.0, 404);
    let (status, problem) = api.get(&format!("{CATALOGUE}/planets/food")).await;
    assert_eq!((status, &problem["code"]), (404, &json!("catalogue_kind_unknown")));
    assert_eq!(api.send("DELETE", &path, None).await.0, 204);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_written() {
    let api = CatalogueApi::new();
    for (path, body, field) in [
        ("merchants/m-1", json!({"name": ""}), "/name"),
        ("merchants/m-1", json!({"name": "A", "places": [{"lat": 100, "lon": 0}]}), "/places/0"),
        ("merchants/m-1", json!({"name": "A", "opened_on": "soon"}), "/opened_on"),
        ("merchants/m-1", json!({"name": "A", "colour": "red"}), "/colour"),
        ("verticals/food", json!({"names": {}}), "/names"),
        ("verticals/food", json!({"names": {"en": " "}}), "/names/en"),
    ] {
        let (status, problem) = api.send("PUT", &format!("{CATALOGUE}/{path}"), Some(body)).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
    let (status, problem) =
        api.send("PUT", &format!("{CATALOGUE}/merchants/%20"), Some(casa_lola())).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_key")));
    assert_eq!(api.get(&format!("{CATALOGUE}/merchants")).await.1["items"], json!([]));
}
