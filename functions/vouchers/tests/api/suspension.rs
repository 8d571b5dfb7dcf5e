//! Tests of the operators' switches at the checkout: suspending redeeming and revoking vouchers, when
//! they take effect, and the checkouts that they leave alone.

use domain::campaign::{
    lifecycle::CampaignState,
    redeeming::{RedeemingSuspension, RevokeScope},
};
use runtime::clock;
use serde_json::json;
use store::campaign::campaigns::VoucherSwitch;
use testkit::builders::basket;

use crate::fixture::{SECOND, VouchersFixture};

/// The milliseconds after which a switch is in force.
const IN_FORCE: i64 = 2 * SECOND;

fn suspend() -> VoucherSwitch {
    let reason = "a mistake in the offer".into();
    VoucherSwitch::Suspend(RedeemingSuspension { by: "ada".into(), at: clock::now(), reason })
}

#[tokio::test]
async fn a_suspension_stops_redeeming_within_two_seconds_until_it_is_resumed() {
    let stage = VouchersFixture::new(json!({})).await;
    let (accepted, issued) = (stage.issue_accepted("c-1").await, stage.issue("c-2").await);
    stage.switch(suspend()).await;
    stage.set_time(IN_FORCE);
    let quote = stage.quote("c-1", &basket(2_000)).await;
    assert_eq!(quote["vouchers"][0]["hint"], "redeeming_suspended");
    stage.hold(&accepted, "k-1", 60).await.refused();
    stage.redeem(&accepted, "o-1").await.refused();
    assert_eq!(stage.refusal("c-1").await, "redeeming_suspended");
    assert_eq!(stage.accept(&issued).await.ok()["status"], "accepted");
    assert_eq!(stage.accept(&accepted).await.ok()["status"], "accepted", "as the wallet shows it");

    stage.switch(VoucherSwitch::Resume).await;
    stage.set_time(2 * IN_FORCE);
    assert_eq!(stage.redeem(&accepted, "o-1").await.ok()["repeat"], false);
}

#[tokio::test]
async fn a_checkout_that_holds_the_voucher_redeems_it_although_it_was_stopped_since() {
    let revoke = || {
        let all = CampaignState::Running.revocation(RevokeScope::All, clock::now());
        VoucherSwitch::Revoke(all)
    };
    for switch in [suspend as fn() -> VoucherSwitch, revoke] {
        let stage = VouchersFixture::new(json!({})).await;
        let (held, late) = (stage.issue_accepted("c-1").await, stage.issue_accepted("c-2").await);
        for path in [&held, &late] {
            stage.hold(path, "k-1", 60).await.ok();
        }
        stage.switch(switch()).await;
        stage.set_time(IN_FORCE);
        stage.redeem(&held, "o-1").await.refused();
        stage.redeem_with(&held, "o-1", "k-2").await.refused();
        stage.hold(&held, "k-1", 3_600).await.refused();
        assert_eq!(stage.redeem_with(&held, "o-1", "k-1").await.ok()["repeat"], false);
        stage.set_time(60 * SECOND);
        stage.redeem_with(&late, "o-2", "k-1").await.refused();
    }
}

#[tokio::test]
async fn a_revocation_of_a_running_campaign_leaves_the_vouchers_it_issues_later() {
    let stage = VouchersFixture::new(json!({})).await;
    stage.issue_accepted("c-1").await;
    let before_noon = testkit::builders::add_milliseconds(clock::now(), -1);
    for (until, redeemed) in [(before_noon, true), (clock::now(), false)] {
        let all = CampaignState::Running.revocation(RevokeScope::All, until);
        stage.switch(VoucherSwitch::Revoke(all)).await;
        stage.set_time(if redeemed { IN_FORCE } else { 2 * IN_FORCE });
        let quote = stage.quote("c-1", &basket(2_000)).await;
        let is_applicable = &quote["vouchers"][0]["applicable"];
        assert_eq!(is_applicable, redeemed, "issued at noon, revoked until {until}");
    }
}
