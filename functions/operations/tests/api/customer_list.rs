//! Tests of the list and the profile of customers: what a search finds, in which order, for whom
//! names and contacts are masked, and how much a page reads.

use domain::{
    customer::changes::CustomerReplacement,
    kernel::{
        id::{OrderEventId, OrderId},
        money::Currency,
    },
    voucher::order_event::{OrderChange, OrderEvent},
};
use serde_json::{Value, json};
use testkit::builders::{basket, customer_id, noon};

use crate::fixture::{OperationsFixture, TestAnswer};

const CUSTOMERS: &str = "/v1/configuration/voucher-campaign/customers";

struct People {
    stage: OperationsFixture,
}

impl People {
    fn new() -> Self {
        Self { stage: OperationsFixture::new() }
    }

    async fn add(&self, id: &str, first: &str, last: &str, more: Value) {
        let mut profile = json!({"zone": "UTC", "first_name": first, "last_name": last});
        profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let consent = json!({"state": "granted", "source": "test", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": profile,
            "contacts": {"phone": "+34600000001", "email": format!("{id}@example.com")},
            "consents": {"email": consent},
        }))
        .unwrap();
        let euro = Currency::parse("EUR").unwrap();
        self.stage.store.put_customer(&customer_id(id), &put, euro).await.unwrap();
    }

    async fn order(&self, id: &str, day: &str) {
        let at = format!("{day}T12:00:00Z").parse().unwrap();
        let event = OrderEvent {
            cart: None,
            event: OrderEventId::parse("placed").unwrap(),
            order: OrderId::parse(&format!("{id}.{day}")).unwrap(),
            customer: customer_id(id),
            at,
            change: OrderChange::Placed { basket: basket(1_000) },
        };
        let euro = Currency::parse("EUR").unwrap();
        self.stage.store.record_order(&event, euro, at).await.unwrap();
    }

    async fn list(&self, group: &str, body: &Value) -> TestAnswer {
        self.stage.post(group, &format!("{CUSTOMERS}/search"), body).await
    }

    async fn find(&self, body: &Value) -> Vec<String> {
        ids(&self.list("support", body).await)
    }

    /// Returns the ids on all pages of a list, and the number of pages.
    async fn walk(&self, body: &Value) -> (Vec<String>, usize) {
        let (mut found, mut pages, mut body) = (Vec::new(), 0, body.clone());
        loop {
            let page = self.list("support", &body).await;
            found.extend(ids(&page));
            pages += 1;
            assert!(pages < 200, "the list does not end: {body}");
            match page.body["next_cursor"].as_str() {
                Some(cursor) => body["cursor"] = json!(cursor),
                None => return (found, pages),
            }
        }
    }
}

#[track_caller]
fn ids(answer: &TestAnswer) -> Vec<String> {
    let id = |item: &Value| item["customer_id"].as_str().unwrap().to_owned();
    answer.items().iter().map(id).collect()
}

async fn four_people() -> People {
    let people = People::new();
    people.add("c-1", "Ana María", "García", json!({"tags": ["vip"]})).await;
    people.add("c-2", "Zoe", "Gárate", json!({})).await;
    people.add("c-3", "anabel", "Zunzunegui", json!({"tags": ["vip"]})).await;
    people.add("c-4", "أحمد", "الهاشمي", json!({})).await;
    people
}

#[tokio::test]
async fn a_customer_is_found_by_id_address_and_the_beginning_of_a_name() {
    let people = four_people().await;
    for (text, expected) in [
        ("c-2", &["c-2"][..]),
        ("c-9", &[]),
        ("c-3@EXAMPLE.com", &["c-3"]),
        ("+34 600 000 001", &["c-1", "c-2", "c-3", "c-4"]),
        ("GAR", &["c-1", "c-2"]),
        ("garcia", &["c-1"]),
        ("an", &["c-1", "c-3"]),
        ("ana maria gar", &["c-1"]),
        ("García Ana", &["c-1"]),
        ("احمد", &["c-4"]),
        ("maria", &[]),
    ] {
        let mut found = people.find(&json!({"q": text})).await;
        found.sort();
        assert_eq!(found, expected, "{text}");
    }
    people.stage.store.erase_customer(&customer_id("c-1"), noon()).await.unwrap();
    for text in ["c-1", "garcia", "c-1@example.com"] {
        assert!(people.find(&json!({"q": text})).await.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn without_a_search_the_latest_order_comes_first() {
    let people = four_people().await;
    for (id, day) in [("c-3", "2026-10-01"), ("c-1", "2026-10-20"), ("c-2", "2026-09-01")] {
        people.order(id, day).await;
    }
    people.order("c-2", "2026-10-25").await;
    let (found, _) = people.walk(&json!({})).await;
    assert_eq!(found, ["c-2", "c-1", "c-3"]);
    let (one_by_one, pages) = people.walk(&json!({"limit": 1})).await;
    assert_eq!(one_by_one, found);
    assert!(pages >= 3);
    let row = &people.list("support", &json!({"q": "c-2"})).await.items()[0];
    assert_eq!(row["last_order"], "2026-10-25");
    assert_eq!((&row["orders"], &row["spend"]["currency"]), (&json!(2), &json!("EUR")));
    assert_eq!(row["reach"], json!(["email"]));
    assert_eq!(row["unreachable"], json!({"sms": "no_consent", "push": "no_consent"}));
}

#[tokio::test]
async fn a_rule_filters_every_list() {
    let people = four_people().await;
    people.order("c-2", "2026-10-25").await;
    people.order("c-3", "2026-10-24").await;
    let vip = json!({"tags": {"any_of": ["vip"]}});
    let sorted = async |body: Value| {
        let (mut found, _) = people.walk(&body).await;
        found.sort();
        found
    };
    assert_eq!(sorted(json!({"audience": vip})).await, ["c-1", "c-3"]);
    assert_eq!(sorted(json!({"audience": vip, "limit": 1})).await, ["c-1", "c-3"]);
    assert_eq!(sorted(json!({"audience": vip, "order": "last_order"})).await, ["c-3"]);
    assert_eq!(sorted(json!({"audience": vip, "q": "gar"})).await, ["c-1"]);
    assert_eq!(sorted(json!({"audience": vip, "q": "c-2"})).await, [""; 0]);
    assert_eq!(sorted(json!({"order": "any"})).await, ["c-1", "c-2", "c-3", "c-4"]);
}

#[tokio::test]
async fn bad_searches_name_their_field_and_a_cursor_is_good_for_its_own_list() {
    let people = four_people().await;
    let bad =
        people.list("support", &json!({"q": "a@", "limit": 0, "audience": {"tags": 1}})).await;
    bad.check(422, "invalid_request");
    let fields: Vec<_> =
        bad.body["errors"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert!(fields.contains(&json!("/q")) && fields.contains(&json!("/limit")), "{fields:?}");
    assert!(fields.iter().any(|it| it.as_str().unwrap().starts_with("/audience")), "{fields:?}");
    people.list("support", &json!({"order": "newest"})).await.check(422, "invalid_request");
    people.list("nobody", &json!({})).await.check(403, "forbidden");
    let page = people.list("support", &json!({"order": "any", "limit": 1})).await;
    let cursor = &page.body["next_cursor"];
    assert!(cursor.is_string(), "{}", page.body);
    people
        .list("support", &json!({"q": "gar", "cursor": cursor}))
        .await
        .check(400, "invalid_cursor");
}

#[tokio::test]
async fn a_viewer_sees_no_contact_and_searches_no_name() {
    let people = four_people().await;
    people.order("c-1", "2026-10-20").await;
    let listed = people.list("viewer", &json!({"q": "c-1"})).await;
    let row = &listed.items()[0];
    assert_eq!((&row["first_name"], &row["last_name"]), (&json!("A…"), &json!("G…")));
    assert_eq!(listed.body["contacts_shown"], false);
    assert!(ids(&people.list("viewer", &json!({"q": "garcia"})).await).is_empty());
    let profile = people.stage.get("viewer", &format!("{CUSTOMERS}/c-1")).await;
    assert_eq!(profile.status, 200, "{}", profile.body);
    let text = profile.body.to_string();
    for private in ["García", "María", "+34600000001", "c-1@example.com"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert_eq!(profile.body["addresses"][0]["address"], "+…01");
    let shown = people.stage.get("support", &format!("{CUSTOMERS}/c-1")).await.body;
    assert_eq!(shown["data"]["last_name"], "García");
    assert_eq!(shown["addresses"][1]["address"], "c-1@example.com");
}

#[tokio::test]
async fn a_profile_has_totals_orders_and_what_was_erased_is_gone() {
    let people = four_people().await;
    people.order("c-1", "2026-10-20").await;
    let profile = people.stage.get("support", &format!("{CUSTOMERS}/c-1")).await.body;
    assert_eq!(profile["totals"]["orders"], 1);
    assert_eq!(profile["totals"]["spend"], json!({"amount": 1_000, "currency": "EUR"}));
    assert_eq!(profile["diagnostics"]["placed_orders"][0]["order_id"], "c-1.2026-10-20");
    assert_eq!(profile["diagnostics"]["placed_orders"][0]["taken"], json!([]));
    assert_eq!(profile["data"]["tags"], json!(["vip"]));
    people.stage.get("support", &format!("{CUSTOMERS}/c-9")).await.check(404, "customer_unknown");
    people
        .stage
        .get("support", &format!("{CUSTOMERS}/{}", "x".repeat(65)))
        .await
        .check(400, "invalid_customer_id");
}

#[tokio::test]
async fn many_of_one_name_fill_several_pages() {
    let people = People::new();
    for number in 0..120 {
        let last = if number % 40 == 0 { "Rarename" } else { "García" };
        people.add(&format!("c-{number}"), "Ana", last, json!({})).await;
    }
    let (found, pages) = people.walk(&json!({"q": "ana", "limit": 100})).await;
    assert_eq!((found.len(), pages), (120, 2));
    assert_eq!(people.walk(&json!({"q": "rare"})).await.0.len(), 3);
    assert_eq!(people.walk(&json!({"q": "garc"})).await.0.len(), 117);
    assert_eq!(people.walk(&json!({"order": "any", "limit": 7})).await.0.len(), 120);
}

/// A page goes on until it has found somebody, and says what was read and found so far; the last
/// one says how many there are in all.
#[tokio::test]
async fn a_rare_tag_is_no_empty_page_and_the_counts_are_honest() {
    let people = People::new();
    for number in 0..700 {
        let tags = if number % 350 == 7 { json!({"tags": ["rare"]}) } else { json!({}) };
        people.add(&format!("c-{number}"), "Ana", "García", tags).await;
    }
    for mut body in [
        json!({"audience": {"tags": {"any_of": ["rare"]}}, "limit": 1}),
        json!({"audience": {"tags": {"any_of": ["rare"]}}, "limit": 1, "q": "ana"}),
    ] {
        let (mut matched, mut read) = (0, 0);
        loop {
            let page = people.list("support", &body).await.body;
            matched += page["items"].as_array().unwrap().len();
            read += page["looked_at"].as_u64().unwrap();
            assert_eq!((&page["matched"], &page["read"]), (&json!(matched), &json!(read)));
            if matched < 2 {
                assert!(!page["items"].as_array().unwrap().is_empty(), "{body}: {page}");
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => {
                    assert_eq!(page["total"], Value::Null);
                    body["cursor"] = json!(cursor);
                }
                None => {
                    assert_eq!(page["total"], 2);
                    break;
                }
            }
        }
    }
}

const REASON: &str = "called: one person with two accounts";

#[tokio::test]
async fn two_records_are_merged_and_separated_by_support() {
    let people = four_people().await;
    people.order("c-1", "2026-10-20").await;
    people.order("c-2", "2026-10-21").await;
    let merge = format!("{CUSTOMERS}/c-1/merge");
    let wanted = |preview: bool| json!({"from": "c-2", "reason": REASON, "preview": preview});
    people.stage.post("viewer", &merge, &wanted(false)).await.check(403, "forbidden");
    let bad = json!({"from": "c-2", "reason": " "});
    people.stage.post("support", &merge, &bad).await.check(422, "invalid_request");
    let same = json!({"from": "c-1", "reason": REASON});
    people.stage.post("support", &merge, &same).await.check(422, "invalid_request");
    let nobody = json!({"from": "c-99", "reason": REASON});
    people.stage.post("support", &merge, &nobody).await.check(404, "customer_unknown");

    let preview = people.stage.post("support", &merge, &wanted(true)).await.body;
    assert_eq!((&preview["preview"], &preview["customer"]["orders"]), (&json!(true), &json!(2)));
    let before = people.stage.get("support", &format!("{CUSTOMERS}/c-1")).await.body;
    assert_eq!((&before["totals"]["orders"], &before["merged"]), (&json!(1), &json!([])));

    let merged = people.stage.post("support", &merge, &wanted(false)).await.body;
    assert_eq!(merged["records"], json!(["c-1", "c-2"]));
    let repeat = people.stage.post("support", &merge, &wanted(false)).await.body;
    assert_eq!(repeat["repeat"], true);
    for id in ["c-1", "c-2"] {
        let profile = people.stage.get("support", &format!("{CUSTOMERS}/{id}")).await.body;
        assert_eq!(profile["customer_id"], "c-1", "{id}");
        assert_eq!(profile["totals"]["orders"], 2);
        assert_eq!(profile["diagnostics"]["placed_orders"].as_array().unwrap().len(), 2);
        assert_eq!(profile["merged"][0]["customer_id"], "c-2");
        assert_eq!(profile["merged"][0]["reason"], REASON);
    }
    assert_eq!(people.find(&json!({"q": "c-2"})).await, ["c-1"]);

    let unmerge = format!("{CUSTOMERS}/c-2/unmerge");
    let reason = json!({"reason": "two people after all"});
    let separated = people.stage.post("support", &unmerge, &reason).await.body;
    assert_eq!(separated["separated"]["customer_id"], "c-2");
    assert_eq!(separated["customer"]["orders"], 1);
    people.stage.post("support", &unmerge, &reason).await.check(409, "not_merged");
    assert_eq!(people.find(&json!({"q": "c-2"})).await, ["c-2"]);
}
