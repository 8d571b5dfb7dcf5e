//! Tests of goodwill: support issues, re-issues and extends vouchers through the API, and the
//! workers tell the customer and end the vouchers, on the in-memory AWS and with a clock that the
//! test sets.

use domain::{
    campaign::{
        lifecycle::{Campaign, CampaignAction},
        redeeming::RevokeScope,
    },
    kernel::{
        id::{HoldKey, Occurrence, VoucherId},
        money::MinorUnits,
    },
    voucher::{
        attempt::AttemptState,
        combination::PricingRules,
        record::{CheckoutHold, Voucher, VoucherStatus},
    },
};
use serde_json::{Value, json};
use store::voucher::{
    records::VoucherKey,
    redemptions::{CheckoutResult, HoldWrite, RedemptionResult},
};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{HOUR, OperationsFixture, TestAnswer};

const CUSTOMERS: &str = "/v1/configuration/voucher-campaign/customers";
const SETTING: &str = "/v1/configuration/voucher-campaign/goodwill";
const DAY: i64 = 24 * HOUR;

async fn launch_goodwill(stage: &OperationsFixture, id: &str, caps: Value) -> Campaign {
    let change = json!({
        "kind": "autopilot", "trigger": {"when": {"goodwill": {}}}, "holdout_percent": 0,
        "channels": {"ladder": ["sms"]}, "caps": caps,
    });
    stage.launch_campaign(id, change).await
}

async fn issue(
    stage: &OperationsFixture,
    group: &str,
    customer: &str,
    request: &str,
) -> TestAnswer {
    let body = json!({"campaign_id": "cmp_1", "request_id": request, "reason": "late delivery"});
    stage.post(group, &format!("{CUSTOMERS}/{customer}/vouchers"), &body).await
}

fn key_of(answer: &TestAnswer, customer: &str) -> VoucherKey {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let voucher = VoucherId::parse(answer.body["voucher_id"].as_str().unwrap()).unwrap();
    VoucherKey { customer: customer_id(customer), voucher }
}

async fn load(stage: &OperationsFixture, key: &VoucherKey) -> Voucher {
    stage.store.voucher(key).await.unwrap().unwrap()
}

async fn act(
    stage: &OperationsFixture,
    key: &VoucherKey,
    action: &str,
    body: &Value,
) -> TestAnswer {
    let path = format!("{CUSTOMERS}/{}/vouchers/{}/{action}", key.customer, key.voucher);
    stage.post("support", &path, body).await
}

#[tokio::test]
async fn a_voucher_is_issued_at_once_told_counted_and_kept_in_the_history() {
    let stage = OperationsFixture::new();
    let campaign = launch_goodwill(&stage, "cmp_1", json!({"vouchers": 10})).await;
    stage.add_customer("c-1").await;
    let first = issue(&stage, "support", "c-1", "case-1").await;
    let key = key_of(&first, "c-1");
    assert_eq!((&first.body["message"], &first.body["repeat"]), (&"sms".into(), &false.into()));
    assert_eq!(load(&stage, &key).await.status, VoucherStatus::Issued);
    let repeat = issue(&stage, "support", "c-1", "case-1").await;
    assert_eq!((key_of(&repeat, "c-1"), &repeat.body["repeat"]), (key.clone(), &true.into()));
    let path = format!("{CUSTOMERS}/c-1/vouchers");
    let until = add_milliseconds(noon(), DAY);
    let other_end = json!({
        "campaign_id": "cmp_1", "request_id": "case-1", "reason": "late delivery", "until": until,
    });
    stage.post("support", &path, &other_end).await.check(409, "request_conflict");
    assert_eq!(stage.store.quota(&campaign.id).await.unwrap().unwrap().vouchers, 9);
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.selected, progress.tally.issued, progress.open), (1, 1, 0));
    stage.release_and_deliver().await;
    let told = load(&stage, &key).await;
    let states: Vec<AttemptState> = told.attempts.values().map(|attempt| attempt.state).collect();
    assert_eq!((states, told.undeliverable), (vec![AttemptState::Sent], None));
    let progress = stage.progress(&campaign).await;
    assert_eq!((progress.selected, progress.tally.issued, progress.open), (1, 1, 0));
    let history = stage.audit_lines(&campaign).await.join("\n");
    let note = format!("{}: late delivery", key.voucher);
    assert!(history.contains("goodwill_issue") && history.contains(&note), "{history}");
    // The watchdog finds the voucher's end, although no dispatch of the run issued it.
    stage.set_clock(add_milliseconds(told.accept_by, HOUR));
    stage.run_watchdog().await;
    stage.run_watchdog().await;
    assert!(load(&stage, &key).await.stages.expired_at.is_some());
}

#[tokio::test]
async fn a_repeat_has_the_end_that_was_asked_for_whatever_became_of_it() {
    let stage = OperationsFixture::new();
    launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_customer("c-1").await;
    let path = format!("{CUSTOMERS}/c-1/vouchers");
    let until = |days: i64| {
        json!({
            "campaign_id": "cmp_1", "request_id": "case-1", "reason": "late delivery",
            "until": add_milliseconds(noon(), days * DAY),
        })
    };
    let key = key_of(&stage.post("support", &path, &until(2)).await, "c-1");
    let longer = json!({"until": add_milliseconds(noon(), 3 * DAY), "reason": "on holiday"});
    assert_eq!(act(&stage, &key, "extend", &longer).await.status, 200);
    assert_eq!(stage.post("support", &path, &until(2)).await.body["repeat"], true);
    stage.post("support", &path, &until(3)).await.check(409, "request_conflict");
    issue(&stage, "support", "c-1", "case-1").await.check(409, "request_conflict");
}

#[tokio::test]
async fn whoever_is_reached_by_nothing_has_the_voucher_all_the_same() {
    let stage = OperationsFixture::new();
    launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_email_customer("c-1").await;
    let answer = issue(&stage, "support", "c-1", "case-1").await;
    let key = key_of(&answer, "c-1");
    assert_eq!(answer.body["message"], Value::Null);
    stage.release_and_deliver().await;
    let voucher = load(&stage, &key).await;
    assert_eq!((voucher.status, voucher.undeliverable.is_some()), (VoucherStatus::Issued, true));
}

#[tokio::test]
async fn the_limits_of_a_role_hold_and_an_administrator_has_none() {
    let stage = OperationsFixture::new();
    launch_goodwill(&stage, "cmp_1", json!({})).await;
    for customer in ["c-1", "c-2", "c-3"] {
        stage.add_customer(customer).await;
    }
    let limits = json!({
        "support": {"vouchers_per_day": 2, "extension_days": 1},
        "marketer": {"vouchers_per_day": 9, "extension_days": 9}, "customer_vouchers": 1,
    });
    stage.put("marketer", SETTING, 0, &limits).await.check(403, "forbidden");
    assert_eq!(stage.put("admin", SETTING, 0, &limits).await.status, 200);
    issue(&stage, "viewer", "c-1", "case-1").await.check(403, "forbidden");
    key_of(&issue(&stage, "support", "c-1", "case-1").await, "c-1");
    issue(&stage, "support", "c-1", "case-2").await.check(403, "goodwill_limit");
    let key = key_of(&issue(&stage, "support", "c-2", "case-3").await, "c-2");
    issue(&stage, "support", "c-3", "case-4").await.check(403, "goodwill_limit");
    // a repeat is no further voucher
    assert_eq!(issue(&stage, "support", "c-1", "case-1").await.body["repeat"], true);
    key_of(&issue(&stage, "admin", "c-3", "case-5").await, "c-3");
    key_of(&issue(&stage, "admin", "c-3", "case-6").await, "c-3");
    let far = json!({"until": add_milliseconds(noon(), 400 * DAY), "reason": "asked for it"});
    act(&stage, &key, "extend", &far).await.check(403, "goodwill_limit");
    stage.set_clock(add_milliseconds(noon(), DAY));
    issue(&stage, "support", "c-2", "case-7").await.check(403, "goodwill_limit");
    let no_cost = json!({
        "support": {"vouchers_per_day": 2, "extension_days": 1, "max_cost": 1},
        "marketer": {"vouchers_per_day": 9, "extension_days": 9}, "customer_vouchers": 9,
    });
    assert_eq!(stage.put("admin", SETTING, 1, &no_cost).await.status, 200);
    issue(&stage, "support", "c-2", "case-8").await.check(403, "goodwill_limit");
    key_of(&issue(&stage, "marketer", "c-2", "case-8").await, "c-2");
}

#[tokio::test]
async fn caps_and_states_of_the_campaign_hold_for_support_too() {
    let stage = OperationsFixture::new();
    let campaign = launch_goodwill(&stage, "cmp_1", json!({"vouchers": 1})).await;
    stage.add_customer("c-1").await;
    stage.add_customer("c-2").await;
    issue(&stage, "support", "c-9", "case-1").await.check(404, "customer_unknown");
    key_of(&issue(&stage, "support", "c-1", "case-1").await, "c-1");
    issue(&stage, "support", "c-2", "case-2").await.check(409, "cap_reached");
    assert_eq!(stage.store.customer_vouchers(&customer_id("c-2")).await.unwrap(), []);
    stage.apply_action(&campaign, CampaignAction::Pause).await;
    issue(&stage, "support", "c-2", "case-2").await.check(409, "campaign_not_live");
    stage.launch_promotion("cmp_2", &["sms"]).await;
    let body = json!({"campaign_id": "cmp_2", "request_id": "case-3", "reason": "late"});
    let path = format!("{CUSTOMERS}/c-2/vouchers");
    stage.post("support", &path, &body).await.check(409, "not_goodwill");
    let body = json!({"campaign_id": "cmp_7", "request_id": "case-3", "reason": "late"});
    stage.post("support", &path, &body).await.check(404, "campaign_unknown");
}

#[tokio::test]
async fn an_end_is_moved_and_what_is_over_is_issued_again_once() {
    let stage = OperationsFixture::new();
    let campaign = launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_customer("c-1").await;
    let key = key_of(&issue(&stage, "support", "c-1", "case-1").await, "c-1");
    stage.release_and_deliver().await;
    let before = load(&stage, &key).await;
    let later = add_milliseconds(before.accept_by, 2 * DAY);
    let wish = json!({"until": later, "reason": "was on holiday"});
    act(&stage, &key, "reissue", &json!({"reason": "x"})).await.check(409, "voucher_is_open");
    let extended = act(&stage, &key, "extend", &wish).await;
    assert_eq!((extended.status, &extended.body["repeat"]), (200, &false.into()));
    assert_eq!(act(&stage, &key, "extend", &wish).await.body["repeat"], true);
    let earlier = json!({"until": before.accept_by, "reason": "typo"});
    act(&stage, &key, "extend", &earlier).await.check(409, "not_later");
    assert_eq!(load(&stage, &key).await.accept_by, later);
    // at the old end it lives on, at the new one it is over
    stage.set_clock(add_milliseconds(before.accept_by, HOUR));
    stage.run_watchdog().await;
    assert_eq!(load(&stage, &key).await.stages.expired_at, None);
    stage.set_clock(add_milliseconds(later, HOUR));
    stage.run_watchdog().await;
    assert!(load(&stage, &key).await.stages.expired_at.is_some());
    act(&stage, &key, "extend", &json!({"until": add_milliseconds(later, 2 * DAY), "reason": "x"}))
        .await
        .check(409, "voucher_is_over");
    let wish = json!({"until": add_milliseconds(later, 3 * DAY), "reason": "once more"});
    let again = act(&stage, &key, "reissue", &wish).await;
    let new = key_of(&again, "c-1");
    assert_ne!(new, key);
    assert_eq!(key_of(&act(&stage, &key, "reissue", &wish).await, "c-1"), new);
    let issued = load(&stage, &new).await;
    assert_eq!(issued.occurrence, Occurrence::of_reissue(&key.voucher).unwrap());
    assert_eq!(stage.progress(&campaign).await.tally.issued, 2);
    let history = stage.audit_lines(&campaign).await.join("\n");
    for action in ["goodwill_extend", "goodwill_reissue", "was on holiday", "once more"] {
        assert!(history.contains(action), "{action}: {history}");
    }
}

#[tokio::test]
async fn a_revoked_voucher_is_issued_again_only_where_the_new_one_is_not_revoked_as_well() {
    let stage = OperationsFixture::new();
    let campaign = launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_customer("c-1").await;
    let key = key_of(&issue(&stage, "support", "c-1", "case-1").await, "c-1");
    stage.apply_action_with(&campaign, CampaignAction::Cancel, Some(RevokeScope::All)).await;
    let wish = json!({"reason": "mistake"});
    act(&stage, &key, "reissue", &wish).await.check(409, "campaign_revoked");
}

#[tokio::test]
async fn a_revoked_voucher_that_a_checkout_holds_is_not_issued_again_before_the_holds_end() {
    let stage = OperationsFixture::new();
    let campaign = launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_customer("c-1").await;
    let key = key_of(&issue(&stage, "support", "c-1", "case-1").await, "c-1");
    let redeem_by = add_milliseconds(noon(), 10 * DAY);
    let accepted = stage.store.record_acceptance(&key, redeem_by, None, noon()).await;
    assert_eq!(accepted.unwrap(), RedemptionResult::First);
    let until = add_milliseconds(noon(), HOUR);
    let hold = CheckoutHold {
        key: HoldKey::parse("cart-1").unwrap(),
        until,
        reserved: MinorUnits::ZERO,
        rules: PricingRules::default(),
    };
    let voucher = load(&stage, &key).await;
    let holds = [HoldWrite { voucher: &voucher, hold: &hold }];
    assert_eq!(stage.store.record_holds(&holds, noon()).await.unwrap(), CheckoutResult::First);
    stage.apply_action_with(&campaign, CampaignAction::Cancel, Some(RevokeScope::All)).await;
    let wish = json!({"reason": "mistake"});
    act(&stage, &key, "reissue", &wish).await.check(409, "voucher_is_held");
    stage.set_clock(until);
    act(&stage, &key, "reissue", &wish).await.check(409, "campaign_revoked");
}

#[tokio::test]
async fn two_requests_at_once_stay_within_the_customers_limit() {
    let stage = OperationsFixture::with_pauses(|| 3);
    launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_customer("c-1").await;
    let limits = json!({
        "support": {"vouchers_per_day": 9, "extension_days": 1},
        "marketer": {"vouchers_per_day": 9, "extension_days": 9}, "customer_vouchers": 1,
    });
    assert_eq!(stage.put("admin", SETTING, 0, &limits).await.status, 200);
    let (one, other) = tokio::join!(
        issue(&stage, "support", "c-1", "case-1"),
        issue(&stage, "support", "c-1", "case-2")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403], "{} {}", one.body, other.body);
    assert_eq!(stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn bad_requests_name_their_field_and_write_nothing() {
    let stage = OperationsFixture::new();
    launch_goodwill(&stage, "cmp_1", json!({})).await;
    stage.add_customer("c-1").await;
    let fine = json!({"campaign_id": "cmp_1", "request_id": "case-1", "reason": "late"});
    let path = format!("{CUSTOMERS}/c-1/vouchers");
    for (field, value) in [
        ("reason", json!(" ")),
        ("reason", json!("x".repeat(501))),
        ("request_id", json!("a b")),
        ("request_id", json!("x".repeat(56))),
        ("until", json!("2020-01-01T00:00:00Z")),
        ("until", json!("2099-01-01T00:00:00Z")),
    ] {
        let mut body = fine.clone();
        body[field] = value;
        let answer = stage.post("support", &path, &body).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["field"], format!("/{field}"), "{}", answer.body);
    }
    assert_eq!(stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap(), []);
}
