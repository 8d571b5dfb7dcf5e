//! The campaigns API as the console sees it: operators' requests through the whole router, on real
//! tables.

use std::{collections::BTreeMap, sync::Arc};

use axum::{body::Body, http::Request};
use campaigns::{CampaignsContext, routes};
use domain::{
    customer::{
        changes::CustomerReplacement,
        profile::{Consent, ConsentState},
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, RunId},
        money::Currency,
        validation::parse_value,
    },
    voucher::{record::VoucherIssue, skip_reason::SkipReason},
};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use queue::Queue;
use serde_json::{Value, json};
use store::Store;
use testkit::with_tables;
use tower::ServiceExt;

use crate::client::{ApiResponse, CAMPAIGNS, campaigns_context, send_request, send_text};

/// Segments of the run; production has more.
const SEGMENTS: u32 = 4;

struct CampaignsApi {
    app: axum::Router,
    store: Store,
}

impl ApiResponse {
    #[track_caller]
    fn check_state(&self, state: &str) {
        assert_eq!((self.status, self.body["state"].as_str()), (200, Some(state)), "{}", self.body);
    }
    fn names(&self) -> Vec<String> {
        let items = self.body["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}

impl CampaignsApi {
    async fn send(
        &self,
        group: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> ApiResponse {
        send_request(&self.app, signed_in(group), method, path, headers, &body).await
    }
    async fn get(&self, path: &str) -> ApiResponse {
        self.send("viewer", "GET", path, &[], Value::Null).await
    }
    async fn post(&self, path: &str, body: Value) -> ApiResponse {
        self.send("marketer", "POST", path, &[], body).await
    }
    async fn run_action(&self, path: &str, action: &str) -> ApiResponse {
        self.post(&format!("{path}/{action}"), Value::Null).await
    }
    async fn change(&self, method: &str, path: &str, etag: &str, body: Value) -> ApiResponse {
        self.send("marketer", method, path, &[("if-match", etag)], body).await
    }
}

fn signed_in(group: &str) -> RequestContext {
    testkit::signed_in_context("s-1", Some("ada"), &format!("[{group}]"))
}

async fn run_with_api(test: impl AsyncFnOnce(&CampaignsApi)) {
    with_tables(async |tables| {
        let config = &tables.config;
        let mut urls = BTreeMap::new();
        for name in ["expansion", "autopilot", "release", "sms", "email", "push"] {
            urls.insert(name, testkit::create_queue(config).await);
        }
        let context = CampaignsContext {
            cursor_secret: testkit::create_secret(config).await,
            segments: SEGMENTS,
            ..campaigns_context(tables, |name| Queue::new(config, urls[name].clone()))
        };
        let store = context.store.clone();
        test(&CampaignsApi {
            app: http_edge::build_app(routes().with_state(Arc::new(context))),
            store,
        })
        .await;
    })
    .await;
}

/// Returns a valid definition with `more` merged over its top level; `null` removes a key.
fn definition(more: Value) -> Value {
    let mut definition = json!({
        "name": "Try the pharmacy", "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_issue": {"hours": 168}},
        "audience": {"never_ordered": {"vertical": "pharmacy"}},
        "channels": {"mode": "first_available", "ladder": ["sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": "Hi {{ first_name | default('there') }}, {{ offer }}: {{ voucher_link }}"}}}},
        "caps": {"vouchers": 10},
    });
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            definition.as_object_mut().unwrap().remove(name);
        } else {
            definition[name] = value.clone();
        }
    }
    definition
}

#[tokio::test]
async fn a_key_that_occurs_twice_in_a_definition_or_a_patch_is_refused() {
    run_with_api(async |api| {
        let made = api.post(CAMPAIGNS, definition(json!({}))).await;
        let path = made.path();
        for (method, path, body, field) in [
            (
                "PATCH",
                path.as_str(),
                r#"{"name": "A", "caps": {"vouchers": 1, "vouchers": 9}}"#,
                "/caps/vouchers",
            ),
            ("PUT", path.as_str(), r#"{"name": "A", "name": "B"}"#, "/name"),
            ("POST", CAMPAIGNS, r#"{"name": "A", "name": "B"}"#, "/name"),
            (
                "POST",
                &format!("{path}/cancel"),
                r#"{"revoke": "none", "revoke": "all"}"#,
                "/revoke",
            ),
        ] {
            let headers = [("if-match", made.etag.as_str())];
            let caller = signed_in("marketer");
            let answer = send_text(&api.app, caller, method, path, &headers, body.to_owned()).await;
            answer.check(422, "invalid_request");
            let error = &answer.body["errors"][0];
            let told = (&error["field"], &error["code"]);
            assert_eq!(told, (&json!(field), &json!("duplicate_key")), "{method} {path}");
        }
        assert_eq!(api.get(&path).await.body, made.body);
    })
    .await;
}

#[tokio::test]
async fn a_campaign_goes_from_draft_to_archive() {
    run_with_api(async |api| {
        let made = api.post(CAMPAIGNS, definition(json!({}))).await;
        assert_eq!((made.status, made.etag.as_str()), (201, "\"1\""));
        assert_eq!(made.body["allowed_actions"], json!(["edit", "delete", "launch", "clone"]));
        assert_eq!(
            (&made.body["run"], &made.body["sms_segments"]["en"]),
            (&Value::Null, &json!(1))
        );
        let path = made.path();
        assert_eq!(api.get(&path).await.body, made.body);

        let launched = api.run_action(&path, "launch").await;
        launched.check_state("running");
        assert_eq!(launched.body["run"]["segments"], SEGMENTS);
        assert_eq!(
            (&launched.body["run"]["state"], &launched.body["remaining"]["vouchers"]),
            (&"selecting".into(), &10.into())
        );
        api.run_action(&path, "launch").await.check(409, "not_allowed_in_state");
        api.run_action(&path, "pause").await.check_state("paused");
        api.run_action(&path, "archive").await.check(409, "not_allowed_in_state");
        api.run_action(&path, "resume").await.check_state("running");
        let cancelled = api.post(&format!("{path}/cancel"), json!({"revoke": "unaccepted"})).await;
        cancelled.check_state("cancelled");
        assert_eq!(
            cancelled.body["revocations"],
            json!([{"scope": "unaccepted", "issued_until": null}])
        );
        api.run_action(&path, "archive").await.check_state("archived");

        let audit = api.get(&format!("{path}/audit")).await;
        let records = audit.body["items"].as_array().unwrap();
        let actions: Vec<_> =
            records.iter().map(|record| record["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["archive", "cancel", "resume", "pause", "launch", "create"]);
        assert!(records.iter().all(|record| record["actor"] == "ada (s-1)"), "{records:?}");
        let first = api.get(&format!("{path}/audit?limit=4")).await;
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let rest = api.get(&format!("{path}/audit?limit=4&cursor={cursor}")).await;
        assert_eq!(rest.body["items"].as_array().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_launch_is_undone_before_it_starts_and_not_after() {
    run_with_api(async |api| {
        let made = api.post(CAMPAIGNS, definition(json!({}))).await;
        let path = made.path();
        let launch = async |body: Value| api.post(&format!("{path}/launch"), body).await;
        for (body, code) in [
            (json!({"undo_seconds": 601}), "out_of_range"),
            (json!({"undo_seconds": -1}), "invalid"),
            (json!({"undo_seconds": "60"}), "invalid"),
        ] {
            let refused = launch(body).await;
            refused.check(422, "invalid_request");
            assert_eq!(refused.errors(), [format!("/undo_seconds {code}")]);
        }
        let refused = launch(json!({"undo": 60})).await;
        assert_eq!(refused.errors(), ["/undo unknown_field"]);
        assert_eq!(api.get(&path).await.body, made.body, "a refused launch changes nothing");
        api.run_action(&path, "undo-launch").await.check(409, "not_allowed_in_state");

        let launched = launch(json!({"undo_seconds": 600})).await;
        launched.check_state("scheduled");
        assert!(launched.body["undo_until"].is_string(), "{}", launched.body);
        let allowed = launched.body["allowed_actions"].as_array().unwrap();
        assert!(allowed.contains(&json!("undo_launch")) && allowed.contains(&json!("start_now")));
        let undone = api.run_action(&path, "undo-launch").await;
        undone.check_state("draft");
        for name in ["launched_at", "undo_until", "run", "remaining", "allowed_actions", "offer"] {
            assert_eq!(undone.body[name], made.body[name], "{name}");
        }

        launch(json!({"undo_seconds": 600})).await.check_state("scheduled");
        let started = api.run_action(&path, "start-now").await;
        started.check_state("running");
        assert_eq!(started.body["undo_until"], Value::Null);
        api.run_action(&path, "undo-launch").await.check(409, "not_allowed_in_state");
        api.run_action(&path, "start-now").await.check(409, "not_allowed_in_state");
    })
    .await;
}

#[tokio::test]
async fn the_log_over_everything_shows_filters_and_exports_what_was_done() {
    run_with_api(async |api| {
        let made = api.post(CAMPAIGNS, definition(json!({"name": "=Sum"}))).await;
        let path = made.path();
        api.run_action(&path, "launch").await.check_state("running");
        let log = api.get("/v1/audit").await.expect_ok();
        let items = log.body["items"].as_array().unwrap();
        let actions: Vec<_> = items.iter().map(|it| it["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["launch", "create"]);
        let launch = &items[0];
        assert_eq!(
            (&launch["kind"], &launch["subject"], &launch["subject_name"], &launch["actor"]),
            (&json!("campaign"), &made.body["id"], &json!("=Sum"), &json!("ada (s-1)"))
        );
        let count = async |query: &str| {
            let found = api.get(&format!("/v1/audit?{query}")).await.expect_ok();
            found.body["items"].as_array().unwrap().len()
        };
        assert_eq!(count("actor=ADA&kind=campaign").await, 2);
        assert_eq!(count("actor=nobody").await, 0);
        assert_eq!(count("kind=setting").await, 0);
        assert_eq!(count("until=2020-01-01T00:00:00Z").await, 0);
        let first = api.get("/v1/audit?limit=1").await;
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let rest = api.get(&format!("/v1/audit?limit=1&cursor={cursor}")).await.expect_ok();
        assert_eq!(rest.body["items"][0]["action"], "create");
        // a cursor is good for its own filters only
        api.get(&format!("/v1/audit?kind=campaign&cursor={cursor}")).await.expect_status(400);
        for query in [
            "kind=key",
            "from=yesterday",
            "from=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
            "limit=101",
            "q=launch",
        ] {
            api.get(&format!("/v1/audit?{query}")).await.check(400, "invalid_query");
        }
    })
    .await;
}

#[tokio::test]
async fn a_start_in_the_future_is_undone_but_not_passed_over() {
    run_with_api(async |api| {
        let schedule = json!({"schedule": {"starts_at": "2099-01-01T00:00:00Z"}});
        let path = api.post(CAMPAIGNS, definition(schedule)).await.path();
        let launched = api.run_action(&path, "launch").await;
        launched.check_state("scheduled");
        let allowed = launched.body["allowed_actions"].as_array().unwrap();
        assert!(!allowed.contains(&json!("start_now")) && allowed.contains(&json!("undo_launch")));
        api.run_action(&path, "start-now").await.check(409, "not_allowed_in_state");
        api.run_action(&path, "undo-launch").await.check_state("draft");
    })
    .await;
}

#[tokio::test]
async fn redeeming_of_an_archived_campaign_is_suspended_resumed_and_its_vouchers_revoked() {
    run_with_api(async |api| {
        let path = api.post(CAMPAIGNS, definition(json!({}))).await.path();
        let suspend = async |reason: &str| {
            api.post(&format!("{path}/suspend-redeeming"), json!({"reason": reason})).await
        };
        suspend("a draft has no vouchers").await.check(409, "not_allowed_in_state");
        api.run_action(&path, "launch").await.check_state("running");
        api.run_action(&path, "cancel").await.check_state("cancelled");
        api.run_action(&path, "archive").await.check_state("archived");

        suspend("  ").await.check(422, "invalid_request");
        suspend(&"x".repeat(501)).await.check(422, "invalid_request");
        let suspended = suspend("twice the discount that was meant").await;
        suspended.check_state("archived");
        let redeeming = &suspended.body["redeeming"];
        assert_eq!(
            (&redeeming["state"], &redeeming["reason"], &redeeming["suspended_by"]),
            (&"suspended".into(), &"twice the discount that was meant".into(), &"ada (s-1)".into())
        );
        assert_eq!(
            suspended.body["allowed_actions"],
            json!(["resume_redeeming", "revoke_vouchers", "clone"])
        );
        suspend("again").await.check(409, "not_allowed_in_state");
        let listed = api.get(CAMPAIGNS).await;
        assert_eq!(listed.body["items"][0]["redeeming"], "suspended");

        let resumed = api.run_action(&path, "resume-redeeming").await;
        assert_eq!(resumed.body["redeeming"]["state"], "open", "{}", resumed.body);
        api.run_action(&path, "resume-redeeming").await.check(409, "not_allowed_in_state");

        let revoke = async |scope: &str| {
            let body = json!({"scope": scope, "reason": "a mistake in the offer"});
            api.post(&format!("{path}/revoke-vouchers"), body).await
        };
        revoke("none").await.check(422, "invalid_request");
        let revoked = revoke("all").await;
        revoked.check_state("archived");
        assert_eq!(revoked.body["revocations"], json!([{"scope": "all", "issued_until": null}]));
        let audit = api.get(&format!("{path}/audit?limit=3")).await;
        let records = audit.body["items"].as_array().unwrap();
        let notes: Vec<_> = records.iter().map(|it| (&it["action"], &it["note"])).collect();
        assert_eq!(
            notes,
            [
                (&json!("revoke_vouchers"), &json!("all: a mistake in the offer")),
                (&json!("resume_redeeming"), &json!("")),
                (&json!("suspend_redeeming"), &json!("twice the discount that was meant")),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_campaign_that_goes_on_keeps_the_vouchers_it_issues_after_a_revocation() {
    run_with_api(async |api| {
        let path = api.post(CAMPAIGNS, definition(json!({}))).await.path();
        api.run_action(&path, "launch").await.check_state("running");
        let body = json!({"scope": "unaccepted", "reason": "a wrong link in the message"});
        let revoked = api.post(&format!("{path}/revoke-vouchers"), body).await;
        revoked.check_state("running");
        let revocation = &revoked.body["revocations"][0];
        assert_eq!(revocation["scope"], "unaccepted");
        assert_eq!(revocation["issued_until"], revoked.body["updated_at"]);
    })
    .await;
}

#[tokio::test]
async fn a_group_may_what_is_its_own() {
    run_with_api(async |api| {
        let path = api.post(CAMPAIGNS, definition(json!({}))).await.path();
        for group in ["viewer", "approver", "nobody"] {
            let body = definition(json!({}));
            api.send(group, "POST", CAMPAIGNS, &[], body.clone()).await.check(403, "forbidden");
            api.send(group, "PUT", &path, &[("if-match", "\"1\"")], body)
                .await
                .check(403, "forbidden");
            for action in [
                "launch",
                "pause",
                "resume",
                "cancel",
                "archive",
                "clone",
                "suspend-redeeming",
                "resume-redeeming",
                "revoke-vouchers",
            ] {
                api.send(group, "POST", &format!("{path}/{action}"), &[], Value::Null)
                    .await
                    .check(403, "forbidden");
            }
            api.send(group, "DELETE", &path, &[], Value::Null).await.check(403, "forbidden");
        }
        for group in ["viewer", "approver", "marketer", "admin"] {
            assert_eq!(
                api.send(group, "GET", &path, &[], Value::Null).await.status,
                200,
                "{group}"
            );
        }
        for list in [
            CAMPAIGNS.to_owned(),
            path.clone(),
            format!("{path}/audit"),
            format!("{path}/vouchers"),
        ] {
            api.send("nobody", "GET", &list, &[], Value::Null).await.check(403, "forbidden");
        }
        let anonymous = Request::builder().uri(CAMPAIGNS).body(Body::empty()).unwrap();
        assert_eq!(api.app.clone().oneshot(anonymous).await.unwrap().status().as_u16(), 401);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_create_makes_one_campaign() {
    run_with_api(async |api| {
        let create = async |key: &str, body: Value| {
            api.send("marketer", "POST", CAMPAIGNS, &[("idempotency-key", key)], body).await
        };
        let first = create("k-1", definition(json!({}))).await;
        let again = create("k-1", definition(json!({}))).await;
        assert_eq!((first.status, again.status, &again.body), (201, 201, &first.body));
        create("k-1", definition(json!({"name": "Another"})))
            .await
            .check(422, "idempotency_key_reused");
        assert_ne!(create("k-2", definition(json!({}))).await.path(), first.path());
        assert_eq!(
            api.send("marketer", "DELETE", &first.path(), &[], Value::Null).await.status,
            204
        );
        create("k-1", definition(json!({}))).await.check(410, "campaign_deleted");
        api.get(&first.path()).await.check(404, "campaign_unknown");
    })
    .await;
}

#[tokio::test]
async fn two_editors_cannot_overwrite_each_other() {
    run_with_api(async |api| {
        let made = api.post(CAMPAIGNS, definition(json!({}))).await;
        let path = made.path();
        let body = |name: &str| definition(json!({"name": name}));
        api.send("marketer", "PUT", &path, &[], body("a"))
            .await
            .check(428, "precondition_required");
        api.change("PUT", &path, "nonsense", body("a")).await.check(400, "invalid_if_match");
        let saved = api.change("PUT", &path, &made.etag, body("a")).await;
        assert_eq!((saved.status, saved.etag.as_str()), (200, "\"2\""));
        api.change("PUT", &path, &made.etag, body("b")).await.check(412, "precondition_failed");
        api.change("PATCH", &path, &made.etag, json!({"name": "b"}))
            .await
            .check(412, "precondition_failed");
        api.change("POST", &format!("{path}/launch"), &made.etag, Value::Null)
            .await
            .check(412, "precondition_failed");
        assert_eq!(api.get(&path).await.body["name"], "a");
    })
    .await;
}

#[tokio::test]
async fn what_was_launched_is_frozen_but_for_name_end_and_caps() {
    run_with_api(async |api| {
        let path = api.post(CAMPAIGNS, definition(json!({}))).await.path();
        let launched = api.run_action(&path, "launch").await;
        api.change("PUT", &path, &launched.etag, definition(json!({})))
            .await
            .check(409, "not_allowed_in_state");
        let frozen = api
            .change(
                "PATCH",
                &path,
                &launched.etag,
                json!({"audience": {"everyone": {}}, "holdout_percent": 0}),
            )
            .await;
        frozen.check(422, "invalid_request");
        assert!(
            frozen.errors().contains(&"/holdout_percent frozen_at_launch".to_owned()),
            "{:?}",
            frozen.errors()
        );
        let amended = api
            .change(
                "PATCH",
                &path,
                &launched.etag,
                json!({"name": "Longer", "caps": {"vouchers": 4}}),
            )
            .await;
        assert_eq!((amended.status, &amended.body["remaining"]["vouchers"]), (200, &4.into()));
        assert_eq!(api.get(&path).await.body, amended.body);
        api.run_action(&path, "cancel").await.check_state("cancelled");
        let etag = api.get(&path).await.etag;
        api.change("PATCH", &path, &etag, json!({"name": "Late"}))
            .await
            .check(409, "not_allowed_in_state");
        api.send("marketer", "DELETE", &path, &[], Value::Null)
            .await
            .check(409, "not_allowed_in_state");
    })
    .await;
}

#[tokio::test]
async fn a_bad_definition_is_refused_with_the_place_of_each_mistake() {
    run_with_api(async |api| {
        let cases = [
            (json!({"surprise": 1}), "/surprise unknown_field"),
            (json!({"name": null}), " required"),
            (json!({"name": 7}), "/name invalid"),
            (json!({"kind": "raffle"}), "/kind unknown_value"),
            (json!({"kind": "autopilot"}), "/trigger required"),
            (json!({"trigger": {"when": {"inactivity": {"days": 30}}, "cool_down_days": 90}}), "/trigger unexpected"),
            (json!({"holdout_percent": 51}), "/holdout_percent out_of_range"),
            (json!({"caps": {"exposure": {"amount": 1, "currency": "USD"}}}), "/caps/exposure/currency mixed_currency"),
            (json!({"schedule": {"starts_at": "2020-01-01T00:00:00Z"}}), "/schedule/starts_at in_the_past"),
            (
                json!({"schedule": {"starts_at": "2036-01-02T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z"}}),
                "/schedule/ends_at end_before_start",
            ),
            (json!({"channels": {"mode": "all", "ladder": []}}), "/channels/ladder required"),
        ];
        for (more, expected) in cases {
            let refused = api.post(CAMPAIGNS, definition(more.clone())).await;
            refused.check(422, "invalid_request");
            assert!(refused.errors().contains(&expected.to_owned()), "{more}: {:?}", refused.errors());
        }
        let rule =
            api.post(CAMPAIGNS, definition(json!({"audience": {"all": [{"everyone": {}}, {"ordered": {}}]}}))).await;
        assert!(rule.errors().iter().any(|field| field.starts_with("/audience/all/1")), "{:?}", rule.errors());
        assert_eq!(api.get(CAMPAIGNS).await.names(), Vec::<String>::new(), "nothing was half-written");

        let raw = Request::builder().method("POST").uri(CAMPAIGNS).extension(signed_in("marketer"));
        let answer = api.app.clone().oneshot(raw.body(Body::from("{\"name\":")).unwrap()).await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
        let raw = Request::builder().method("POST").uri(CAMPAIGNS).extension(signed_in("marketer"));
        let large = api.app.clone().oneshot(raw.body(Body::from(" ".repeat(300 * 1024))).unwrap()).await.unwrap();
        assert_eq!(large.status().as_u16(), 413);
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_and_cursors_belong_to_their_list() {
    run_with_api(async |api| {
        for number in 0..5 {
            let path =
                api.post(CAMPAIGNS, definition(json!({"name": format!("n{number}")}))).await.path();
            if number == 2 {
                api.run_action(&path, "launch").await.check_state("running");
            }
        }
        let first = api.get(&format!("{CAMPAIGNS}?limit=2")).await;
        assert_eq!(first.names(), ["n4", "n3"]);
        let cursor = first.body["next_cursor"].as_str().unwrap();
        assert_eq!(
            api.get(&format!("{CAMPAIGNS}?limit=2&cursor={cursor}")).await.names(),
            ["n2", "n1"]
        );
        assert_eq!(api.get(&format!("{CAMPAIGNS}?state=running")).await.names(), ["n2"]);
        let names = async |query: &str| api.get(&format!("{CAMPAIGNS}?{query}")).await.names();
        assert_eq!(names("state=running,draft&limit=3").await, ["n4", "n3", "n2"]);
        assert_eq!(names("sort=name").await, ["n0", "n1", "n2", "n3", "n4"]);
        assert_eq!(names("sort=name&direction=desc&limit=2").await, ["n4", "n3"]);
        assert_eq!(names("sort=starts&limit=1").await, ["n2"]);
        assert_eq!(names("q=N1").await, ["n1"]);
        assert_eq!(names("owner=me").await.len(), 5);
        assert_eq!(names("kind=autopilot&sort=edited").await, [""; 0]);
        for foreign in [
            format!("limit=2&state=draft&cursor={cursor}"),
            format!("cursor={cursor}x"),
            "cursor=x".to_owned(),
        ] {
            api.get(&format!("{CAMPAIGNS}?{foreign}")).await.check(400, "invalid_cursor");
        }
        for bad in [
            "limit=0",
            "limit=101",
            "limit=many",
            "state=lost",
            "state=draft,",
            "sort=colour",
            "direction=up",
            "owner=ada",
            "surprise=1",
        ] {
            api.get(&format!("{CAMPAIGNS}?{bad}")).await.check(400, "invalid_query");
        }
    })
    .await;
}

#[tokio::test]
async fn a_copy_is_a_draft_of_its_own() {
    run_with_api(async |api| {
        let ends_at = "2036-01-01T00:00:00Z";
        let path =
            api.post(CAMPAIGNS, definition(json!({"schedule": {"ends_at": ends_at}}))).await.path();
        api.run_action(&path, "launch").await.check_state("running");
        let copy = api.run_action(&path, "clone").await;
        assert_eq!(
            (copy.status, copy.body["name"].as_str()),
            (201, Some("Try the pharmacy (copy)"))
        );
        assert_eq!(
            (&copy.body["state"], &copy.body["schedule"]["ends_at"]),
            (&"draft".into(), &ends_at.into())
        );
        assert_eq!((&copy.body["run"], &copy.body["remaining"]), (&Value::Null, &Value::Null));
        let named = api.post(&format!("{path}/clone"), json!({"name": "Autumn"})).await;
        assert_eq!(named.body["name"], "Autumn");
        api.post(&format!("{path}/clone"), json!({"title": "Autumn"}))
            .await
            .check(422, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn a_campaign_for_later_waits_also_after_a_pause() {
    run_with_api(async |api| {
        let later = json!({"schedule": {"starts_at": "2036-01-01T00:00:00Z"}});
        let path = api.post(CAMPAIGNS, definition(later)).await.path();
        let launched = api.run_action(&path, "launch").await;
        launched.check_state("scheduled");
        assert_eq!(launched.body["run"]["state"], "scheduled");
        api.run_action(&path, "pause").await.check_state("paused");
        api.run_action(&path, "resume").await.check_state("scheduled");
    })
    .await;
}

#[tokio::test]
async fn a_preview_counts_whom_the_run_would_reach() {
    run_with_api(async |api| {
        let customer = |phone: bool| -> CustomerReplacement {
            let contacts = if phone { json!({"phone": "+34600000001"}) } else { json!({}) };
            parse_value(json!({"profile": {"tags": ["vip"]}, "contacts": contacts})).unwrap()
        };
        let euros = Currency::parse("EUR").unwrap();
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        for (name, phone, state) in [
            ("c-1", true, Some(ConsentState::Granted)),
            ("c-2", true, Some(ConsentState::Denied)),
            ("c-3", true, None),
            ("c-4", false, Some(ConsentState::Granted)),
        ] {
            let id = CustomerId::parse(name).unwrap();
            api.store.put_customer(&id, &customer(phone), euros).await.unwrap();
            if let Some(state) = state {
                let consent = Consent { state, source: "test".into(), at };
                api.store.set_consent(&id, Channel::Sms, &consent, consent.at).await.unwrap();
            }
        }
        let preview = async |audience: Value| {
            let body =
                json!({"audience": audience, "channels": {"mode": "first_available", "ladder": ["push", "sms"]}});
            api.send("viewer", "POST", "/v1/audience-previews", &[], body).await
        };
        let all = preview(json!({"tags": {"any_of": ["vip"]}})).await.body;
        assert_eq!((&all["scanned"], &all["matched"], &all["complete"]), (&4.into(), &4.into(), &true.into()));
        assert_eq!(all["reachable"], json!({"sms": 1, "email": 0, "push": 0, "any": 1}));
        assert_eq!(all["skipped"], json!({"no_consent": 1, "opted_out": 1, "no_address": 1}));
        assert_eq!(all["sample"], json!([{"customer_id": "c-1", "channel": "sms"}]));
        let none = preview(json!({"not": {"tags": {"any_of": ["vip"]}}})).await.body;
        assert_eq!((&none["scanned"], &none["matched"]), (&4.into(), &0.into()));
        preview(json!({"tags": {}})).await.check(422, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn the_records_of_a_campaign_are_shown_each_once() {
    run_with_api(async |api| {
        let made = api.post(CAMPAIGNS, definition(json!({}))).await;
        let campaign = CampaignId::parse(made.body["id"].as_str().unwrap()).unwrap();
        let run = RunId::of_promotion(&campaign);
        let definition = api.store.definition(&campaign, 1).await.unwrap().unwrap();
        for number in 0..40 {
            let customer = CustomerId::parse(&format!("c-{number:02}")).unwrap();
            let issue = VoucherIssue {
                campaign: &campaign,
                run: &run,
                occurrence: &Occurrence::of_run(&run),
                definition: &definition,
                customer: &customer,
                dispatch: "d",
                now: domain::Timestamp::now(),
            };
            let record = if number % 4 == 0 {
                issue.held_out_record()
            } else {
                issue.skipped_record(SkipReason::NoConsent)
            };
            api.store.issue_voucher(&record).await.unwrap();
        }
        let all = async |query: &str| {
            let (mut customers, mut cursor) = (Vec::new(), String::new());
            loop {
                let page =
                    api.get(&format!("{}/vouchers?limit=7{query}{cursor}", made.path())).await;
                let items = page.body["items"].as_array().unwrap();
                assert!(items.len() <= 7, "{}", page.body);
                customers.extend(
                    items.iter().map(|item| item["customer_id"].as_str().unwrap().to_owned()),
                );
                match page.body["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            customers.sort();
            customers
        };
        assert_eq!(
            all("").await,
            (0..40).map(|number| format!("c-{number:02}")).collect::<Vec<_>>()
        );
        assert_eq!(all("&status=ghost").await.len(), 10);
        assert_eq!(all("&status=issued").await.len(), 0);
        assert_eq!(all("&reason=no_consent").await.len(), 30);
        assert_eq!(all("&status=ghost&reason=no_consent").await.len(), 0);
        assert_eq!(all("&channel=sms").await.len(), 0);
        let bad = api.get(&format!("{}/vouchers?reason=No%20Consent", made.path())).await;
        bad.check(400, "invalid_query");
        api.get(&format!("{CAMPAIGNS}/cmp_none/vouchers")).await.check(404, "campaign_unknown");
    })
    .await;
}

#[tokio::test]
async fn the_document_of_the_api_is_served_to_anyone() {
    run_with_api(async |api| {
        let anyone = Request::builder().uri("/v1/openapi.json").body(Body::empty()).unwrap();
        let answer = api.app.clone().oneshot(anyone).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"application/json".parse().unwrap())
        );
        let document: Value =
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes())
                .unwrap();
        assert!(document["paths"]["/v1/campaigns/{id}/launch"]["post"].is_object());
    })
    .await;
}
