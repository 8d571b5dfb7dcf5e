//! Tests of acceptance: when a voucher can be accepted or declined, and what a repeat answers.

use domain::{
    campaign::redeeming::RevokeScope,
    kernel::id::{Occurrence, RunId},
    voucher::record::VoucherIssue,
};
use serde_json::json;
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::fixture::{ACCEPT_WITHIN, REDEEM_WITHIN, SECOND, VouchersFixture, voucher_path};

#[tokio::test]
async fn accepting_starts_the_time_to_redeem_and_a_repeat_does_not_extend_it() {
    let stage = VouchersFixture::new(json!({})).await;
    let path = stage.issue("c-1").await;
    stage.set_time(SECOND);
    let first = stage.accept(&path).await.ok();
    assert_eq!(first["status"], "accepted");
    let redeem_by = add_milliseconds(noon(), SECOND + REDEEM_WITHIN);
    assert_eq!(first["redeem_by"], redeem_by.to_string());
    stage.set_time(60 * SECOND);
    assert_eq!(stage.accept(&path).await.ok(), first);
}

#[tokio::test]
async fn an_offer_can_be_accepted_until_it_expires_and_not_at_that_moment() {
    let stage = VouchersFixture::new(json!({})).await;
    let (early, late) = (stage.issue("c-1").await, stage.issue("c-2").await);
    stage.set_time(ACCEPT_WITHIN - 1);
    assert_eq!(stage.accept(&early).await.ok()["status"], "accepted");
    stage.set_time(ACCEPT_WITHIN);
    stage.accept(&late).await.refused();
    stage.decline(&late).await.refused();
}

#[tokio::test]
async fn an_answer_once_given_is_not_changed_into_the_other() {
    let stage = VouchersFixture::new(json!({})).await;
    let (declined, accepted) = (stage.issue("c-1").await, stage.issue_accepted("c-2").await);
    let first = stage.decline(&declined).await.ok();
    assert_eq!(first["status"], "declined");
    assert_eq!(stage.decline(&declined).await.ok(), first);
    stage.accept(&declined).await.refused();
    stage.decline(&accepted).await.refused();
    stage.redeem(&declined, "o-1").await.refused();
}

#[tokio::test]
async fn a_cancellation_revokes_the_vouchers_that_it_names() {
    for (revoke, accept, redeem) in [
        (RevokeScope::None, true, true),
        (RevokeScope::Unaccepted, false, true),
        (RevokeScope::All, false, false),
    ] {
        let mut stage = VouchersFixture::new(json!({})).await;
        let (issued, accepted) = (stage.issue("c-1").await, stage.issue_accepted("c-2").await);
        stage.cancel(revoke).await;
        let accept_answer = stage.accept(&issued).await;
        assert_eq!(accept_answer.status == 200, accept, "{revoke:?} {}", accept_answer.body);
        let redeem_answer = stage.redeem(&accepted, "o-1").await;
        assert_eq!(redeem_answer.status == 200, redeem, "{revoke:?} {}", redeem_answer.body);
    }
}

#[tokio::test]
async fn refusals_do_not_tell_an_unknown_voucher_from_anothers_a_held_out_or_an_expired_one() {
    let stage = VouchersFixture::new(json!({})).await;
    let run = RunId::of_promotion(&stage.campaign.id);
    let held_out = VoucherIssue {
        campaign: &stage.campaign.id,
        run: &run,
        occurrence: &Occurrence::of_run(&run),
        definition: &stage.campaign.definition,
        customer: &customer_id("c-2"),
        dispatch: "p00000000.000",
        now: noon(),
    };
    stage.put_customer("c-2").await;
    let held_out = stage.write_record(&held_out.held_out_record()).await;
    let expired = stage.issue("c-1").await;
    let voucher = stage.store.customer_vouchers(&customer_id("c-1")).await.unwrap().remove(0);
    stage.put_customer("c-3").await;
    let anothers = voucher_path("c-3", voucher.id.as_str());
    let unknown = voucher_path("c-1", "vch_unknown");
    let bad = voucher_path("c-1", "not%20an%20id");
    stage.set_time(ACCEPT_WITHIN);
    let refusal = stage.accept(&unknown).await;
    refusal.clone().refused();
    for path in [&held_out, &expired, &anothers, &bad] {
        assert_eq!(stage.accept(path).await, refusal, "{path:?}");
    }
    let refusal = stage.redeem(&unknown, "o-1").await;
    refusal.clone().refused();
    for path in [&held_out, &expired, &anothers] {
        assert_eq!(stage.redeem(path, "o-1").await, refusal, "{path:?}");
    }
}
