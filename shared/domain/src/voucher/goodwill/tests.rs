//! Goodwill: each refusal by itself, the limits of a role, and the time limits that result.

use serde_json::json;

use super::*;
use crate::{
    campaign::redeeming::RevokeScope,
    kernel::{id::HoldKey, money::MinorUnits},
    voucher::{
        combination::PricingRules,
        record::{
            CheckoutHold,
            tests::{accepted, after, definition, issued, noon},
        },
    },
};

fn limits() -> OperatorLimits {
    OperatorLimits {
        limits: GoodwillLimits { max_cost: None, vouchers_per_day: 5, extension_days: 30 },
        customer_vouchers: 2,
        tenant_currency: Currency::parse("EUR").unwrap(),
    }
}

fn goodwill_definition() -> Definition {
    definition(json!({
        "kind": "autopilot", "trigger": {"when": {"goodwill": {}}}, "holdout_percent": 0,
        "audience": {"everyone": {}},
    }))
}

/// Returns the definition of a promotion.
fn usual() -> Definition {
    definition(json!({}))
}

fn campaign(definition: &Definition, state: CampaignState) -> GoodwillCampaign<'_> {
    GoodwillCampaign { definition, state, revoke: Revocation::default() }
}

fn hours(hours: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

#[test]
fn only_an_enabled_goodwill_campaign_issues() {
    let goodwill = goodwill_definition();
    let issue = |definition: &Definition, state| {
        campaign(definition, state).issue(None, &[], None, noon()).map(|_| ())
    };
    assert_eq!(issue(&goodwill, CampaignState::Enabled), Ok(()));
    for state in [CampaignState::Draft, CampaignState::Paused, CampaignState::Ended] {
        assert_eq!(issue(&goodwill, state), Err(GoodwillRefusal::CampaignNotLive), "{state:?}");
    }
    let promotion = usual();
    assert_eq!(issue(&promotion, CampaignState::Running), Err(GoodwillRefusal::NotGoodwill));
}

#[test]
fn a_revoked_campaign_issues_no_more() {
    let goodwill = goodwill_definition();
    let revoked = GoodwillCampaign {
        revoke: Revocation::of_every_voucher(RevokeScope::All),
        ..campaign(&goodwill, CampaignState::Enabled)
    };
    assert_eq!(revoked.issue(None, &[], None, noon()), Err(GoodwillRefusal::CampaignRevoked));
    let before = GoodwillCampaign {
        revoke: Revocation::until(RevokeScope::All, hours(-1)),
        ..campaign(&goodwill, CampaignState::Enabled)
    };
    assert!(before.issue(None, &[], None, noon()).is_ok(), "vouchers issued later are not covered");
}

#[test]
fn the_role_limits_cost_end_and_number() {
    let goodwill = goodwill_definition();
    let enabled = campaign(&goodwill, CampaignState::Enabled);
    let exposure = goodwill.offer.exposure().units();
    let limited = |max_cost: i64| OperatorLimits {
        limits: GoodwillLimits { max_cost: Some(max_cost), ..limits().limits },
        ..limits()
    };
    assert!(enabled.issue(Some(&limited(exposure)), &[], None, noon()).is_ok());
    assert_eq!(
        enabled.issue(Some(&limited(exposure - 1)), &[], None, noon()),
        Err(GoodwillRefusal::CostLimit)
    );
    let elsewhere =
        OperatorLimits { tenant_currency: Currency::parse("CHF").unwrap(), ..limited(exposure) };
    assert_eq!(
        enabled.issue(Some(&elsewhere), &[], None, noon()),
        Err(GoodwillRefusal::CurrencyLimit)
    );
    let any = limited(exposure);
    assert!(enabled.issue(Some(&any), &[], Some(hours(30 * 24)), noon()).is_ok());
    assert_eq!(
        enabled.issue(Some(&any), &[], Some(hours(30 * 24 + 1)), noon()),
        Err(GoodwillRefusal::ExtensionLimit)
    );
    let by_hand = |days: i64| Voucher {
        occurrence: Occurrence::of_goodwill("r-1").unwrap(),
        issued_at: hours(-24 * days),
        ..issued(&usual())
    };
    let records = [by_hand(1), by_hand(31), issued(&usual()), by_hand(29)];
    assert_eq!(
        enabled.issue(Some(&any), &records, None, noon()),
        Err(GoodwillRefusal::CustomerLimit)
    );
    assert!(enabled.issue(Some(&any), &records[..3], None, noon()).is_ok());
    assert!(enabled.issue(None, &records, None, noon()).is_ok(), "an administrator is not limited");
}

#[test]
fn the_end_that_support_asks_for_is_the_voucher_s_end() {
    let goodwill = goodwill_definition();
    let enabled = campaign(&goodwill, CampaignState::Enabled);
    let window = enabled.issue(None, &[], Some(hours(5)), noon()).unwrap();
    assert_eq!((window.accept_by, window.redeem_by), (hours(5), Some(hours(5))));
    // Acceptance does not move it, although this campaign's time usually runs from acceptance.
    let promotion = usual();
    assert_eq!(promotion.validity.redeem_by(window.redeem_by, hours(1)), hours(5));
    for too_early in [noon(), hours(-1)] {
        assert_eq!(
            enabled.issue(None, &[], Some(too_early), noon()),
            Err(GoodwillRefusal::EndsTooEarly)
        );
    }
}

#[test]
fn what_is_over_is_issued_again_and_what_is_open_is_extended() {
    let promotion = usual();
    let over = campaign(&promotion, CampaignState::Completed);
    let with = |status| Voucher { status, ..accepted(&usual()) };
    let again = |voucher: &Voucher, now| {
        over.reissue(voucher, None, &[], Some(now + SignedDuration::from_hours(1)), now).map(|_| ())
    };
    for status in [VoucherStatus::Declined, VoucherStatus::Reversed] {
        assert_eq!(again(&with(status), noon()), Ok(()), "{status:?}");
    }
    let end = issued(&usual()).accept_by;
    assert_eq!(again(&issued(&usual()), end), Ok(()));
    let before = end - SignedDuration::from_secs(1);
    assert_eq!(again(&issued(&usual()), before), Err(GoodwillRefusal::VoucherIsOpen));
    assert_eq!(
        again(&with(VoucherStatus::Redeemed), noon()),
        Err(GoodwillRefusal::VoucherIsRedeemed)
    );
    assert_eq!(again(&with(VoucherStatus::Ghost), noon()), Err(GoodwillRefusal::NotAVoucher));
    let extend = |voucher: &Voucher, now| {
        voucher.extend(now + SignedDuration::from_hours(1), Revocation::default(), None, now)
    };
    assert!(matches!(extend(&issued(&usual()), before), ExtensionDecision::Extend { .. }));
    assert_eq!(
        extend(&issued(&usual()), end),
        ExtensionDecision::Refuse(GoodwillRefusal::VoucherIsOver)
    );
}

#[test]
fn what_a_checkout_holds_is_not_issued_again_before_the_hold_ends() {
    let promotion = usual();
    let revoke = Revocation::of_every_voucher(RevokeScope::All);
    let revoked = GoodwillCampaign { revoke, ..campaign(&promotion, CampaignState::Completed) };
    let hold = CheckoutHold {
        key: HoldKey::parse("cart-1").unwrap(),
        until: after(1),
        reserved: MinorUnits::ZERO,
        rules: PricingRules::default(),
    };
    let held = Voucher { hold: Some(hold), ..accepted(&usual()) };
    let again = |now: Timestamp| revoked.reissue(&held, None, &[], Some(after(9)), now);
    let just_before = after(1) - SignedDuration::from_nanos(1);
    assert_eq!(again(just_before), Err(GoodwillRefusal::VoucherIsHeld));
    assert_eq!(again(after(1)), Err(GoodwillRefusal::CampaignRevoked), "the hold is over");
}

#[test]
fn an_extension_moves_the_end_that_is_to_come_and_never_back() {
    let none = Revocation::default();
    let voucher = issued(&usual());
    let later = voucher.accept_by + SignedDuration::from_hours(1);
    assert_eq!(
        voucher.extend(later, none, None, noon()),
        ExtensionDecision::Extend {
            accept_by: later,
            redeem_by: voucher.redeem_by.map(|end| end.max(later))
        }
    );
    assert_eq!(voucher.extend(voucher.accept_by, none, None, noon()), ExtensionDecision::Repeat);
    let earlier = voucher.accept_by - SignedDuration::from_hours(1);
    assert_eq!(
        voucher.extend(earlier, none, None, noon()),
        ExtensionDecision::Refuse(GoodwillRefusal::NotLater)
    );
    let taken = accepted(&usual());
    let end = taken.redeem_by.unwrap();
    let later = end + SignedDuration::from_hours(1);
    assert_eq!(
        taken.extend(later, none, None, after(1)),
        ExtensionDecision::Extend { accept_by: taken.accept_by, redeem_by: Some(later) }
    );
    let far = after(0) + SignedDuration::from_hours(24 * 31);
    assert_eq!(
        taken.extend(far.max(later), none, Some(&limits()), after(0)),
        ExtensionDecision::Refuse(GoodwillRefusal::ExtensionLimit)
    );
}

#[test]
fn a_request_names_its_occurrence() {
    let of = |request: &str| Occurrence::of_goodwill(request).map(|it| it.to_string());
    assert_eq!(of("r-1"), Some("goodwill.r-1".to_owned()));
    assert!(of(&"x".repeat(MAX_REQUEST_ID)).is_some());
    for bad in ["", "a b", &"x".repeat(MAX_REQUEST_ID + 1)] {
        assert_eq!(of(bad), None, "{bad:?}");
    }
    let again = Occurrence::of_reissue(&issued(&usual()).id).unwrap();
    assert!(again.is_goodwill() && Occurrence::of_goodwill("r").unwrap().is_goodwill());
    assert!(!issued(&usual()).occurrence.is_goodwill());
}

#[test]
fn the_policy_s_numbers_have_bounds() {
    assert_eq!(GoodwillPolicy::default().check(), []);
    let mut policy = GoodwillPolicy::default();
    policy.support.max_cost = Some(-1);
    policy.marketer.extension_days = MAX_LIMIT + 1;
    policy.customer_vouchers = MAX_LIMIT + 1;
    let fields: Vec<String> = policy.check().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["/support/max_cost", "/marketer/extension_days", "/customer_vouchers"]);
}
