//! A voucher's decisions: its status at a moment, and when it may be accepted or declined. The
//! module also has the sample vouchers from which tests of its later life start.

use serde_json::{Value, json};

use super::*;
use crate::campaign::{
    audience::AudienceRule,
    basket::{Basket, BasketLine},
    kind::CampaignKind,
    redeeming::RevokeScope,
};
use crate::kernel::id::LineId;
use jiff::SignedDuration;

/// The time at which the samples are issued.
pub(crate) fn noon() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn after(hours: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn just_before(time: Timestamp) -> Timestamp {
    time.checked_sub(SignedDuration::from_nanos(1)).unwrap()
}

pub(crate) fn minor(units: i64) -> MinorUnits {
    MinorUnits::new(units).unwrap()
}

/// Builds a definition: 5.00 EUR off food from 10.00 EUR on, to be accepted within 168 hours and
/// redeemed within 72 hours of that. Top-level keys of `change` replace the defaults.
pub(crate) fn definition(change: Value) -> Definition {
    let mut document = json!({
        "name": "Sample", "kind": "promotion",
        "offer": {
            "benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}},
            "minimum_basket": {"amount": 1_000, "currency": "EUR"}, "scope": {"verticals": ["food"]},
        },
        "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
        "audience": {"everyone": {}},
        "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": "{{ offer }}"},
            "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }}</p>", "text": "{{ offer }}"},
            "push": {"title": "{{ offer }}", "body": "{{ offer }}"},
        }}},
        "holdout_percent": 0,
    });
    for (key, value) in change.as_object().unwrap() {
        document[key] = value.clone();
    }
    Definition::parse(document, noon()).unwrap()
}

/// Builds a basket of food with a delivery fee of 2.99 EUR.
pub(crate) fn basket(units: i64) -> Basket {
    let line = BasketLine {
        id: LineId::parse("l-1").unwrap(),
        vertical: "food".into(),
        merchant: "m-1".into(),
        category: None,
        sku: None,
        quantity: 1,
        amount: minor(units),
    };
    Basket {
        currency: Currency::parse("EUR").unwrap(),
        lines: vec![line],
        delivery_fee: minor(299),
        first_order: false,
    }
}

pub(crate) fn issue<'a>(
    definition: &'a Definition,
    ids: &'a (CampaignId, RunId, CustomerId, Occurrence),
) -> VoucherIssue<'a> {
    let (campaign, run, customer, occurrence) = ids;
    VoucherIssue {
        campaign,
        run,
        occurrence,
        definition,
        customer,
        dispatch: "p00000000.000",
        now: noon(),
    }
}

pub(crate) fn ids() -> (CampaignId, RunId, CustomerId, Occurrence) {
    let campaign = CampaignId::parse("cmp_1").unwrap();
    let run = RunId::of_promotion(&campaign);
    let occurrence = Occurrence::of_run(&run);
    (campaign, run, CustomerId::parse("c-1").unwrap(), occurrence)
}

/// Builds a voucher issued at noon and first sent by push.
pub(crate) fn issued(definition: &Definition) -> Voucher {
    let claim = Attempt::claim(Channel::Push, 1, 1, noon());
    issue(definition, &ids()).issued_voucher(claim)
}

/// Builds a voucher accepted at noon.
pub(crate) fn accepted(definition: &Definition) -> Voucher {
    let voucher = issued(definition);
    let redeem_by = Some(definition.validity.redeem_by(voucher.redeem_by, noon()));
    let stages = VoucherStages { accepted_at: Some(noon()), ..voucher.stages };
    Voucher { status: VoucherStatus::Accepted, redeem_by, stages, ..voucher }
}

pub(crate) fn conditions(definition: &Definition, now: Timestamp) -> VoucherConditions<'_> {
    VoucherConditions {
        definition,
        revoke: Revocation::default(),
        redeeming: RedeemingState::Open,
        now,
    }
}

#[test]
fn every_status_has_a_name_and_back() {
    for status in VoucherStatus::ALL {
        assert_eq!(VoucherStatus::parse(status.as_str()), Some(status));
    }
    assert_eq!(VoucherStatus::parse("held"), None);
}

#[test]
fn every_refusal_has_its_own_code_and_back() {
    let codes: std::collections::BTreeSet<_> =
        VoucherRefusal::all().map(VoucherRefusal::code).collect();
    assert_eq!(codes.len(), VoucherRefusal::all().count());
    for refusal in VoucherRefusal::all() {
        assert_eq!(VoucherRefusal::parse(refusal.code()), Some(refusal));
    }
    assert_eq!(VoucherRefusal::parse("closed"), None);
}

#[test]
fn a_voucher_is_as_its_definition_says_and_its_id_follows() {
    let definition = definition(json!({}));
    let voucher = issued(&definition);
    let (campaign, _, customer, occurrence) = ids();
    assert_eq!(voucher.id, VoucherId::derive(&campaign, &customer, &occurrence));
    assert_eq!(
        (voucher.exposure, voucher.kind, voucher.status),
        (minor(500), CampaignKind::Promotion, VoucherStatus::Issued)
    );
    assert_eq!(
        (voucher.valid_from, voucher.accept_by, voucher.redeem_by),
        (noon(), after(168), None)
    );
    assert_eq!(voucher.attempts.keys().copied().collect::<Vec<_>>(), [Channel::Push]);
    assert_eq!(definition.audience, AudienceRule::Everyone);
}

#[test]
fn a_record_of_no_voucher_is_none() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    for record in [
        issue.held_out_record(),
        issue.skipped_record(SkipReason::NoConsent),
        issue.failed_record(),
    ] {
        assert!(!record.status.is_voucher() && record.attempts.is_empty(), "{:?}", record.status);
        let circumstances = conditions(&definition, after(1));
        assert_eq!(record.accept(&circumstances), AcceptDecision::Refuse(VoucherRefusal::Unknown));
        assert_eq!(
            record.decline(&circumstances),
            DeclineDecision::Refuse(VoucherRefusal::Unknown)
        );
        assert_eq!(record.check_usable(None, &circumstances), Err(VoucherRefusal::Unknown));
        assert!(!record.allows_messages(Revocation::default(), after(1)));
    }
    assert_eq!(issue.skipped_record(SkipReason::NoConsent).skip, Some(SkipReason::NoConsent));
}

#[test]
fn a_record_that_is_no_voucher_contradicts_itself_if_it_has_what_only_a_voucher_has() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    let voucher = accepted(&definition);
    let (held_out, failed) = (issue.held_out_record(), issue.failed_record());
    let skipped = issue.skipped_record(SkipReason::NoConsent);
    let orders = Some(AttributedOrders::default());
    for right in [
        voucher.clone(),
        held_out.clone(),
        skipped.clone(),
        failed.clone(),
        Voucher { outcome: orders, ..voucher.clone() },
        Voucher { outcome: orders, ..held_out.clone() },
    ] {
        assert_eq!(right.contradiction(), None, "{right:?}");
    }
    for wrong in [
        Voucher { status: VoucherStatus::Ghost, ..voucher.clone() },
        Voucher { redemptions: 1, ..held_out.clone() },
        Voucher { sent_via: Some(Channel::Sms), ..failed.clone() },
        Voucher { outcome: orders, ..skipped.clone() },
        Voucher { outcome: orders, ..failed },
        Voucher { skip: None, ..skipped },
        Voucher { skip: Some(SkipReason::NoConsent), ..held_out },
        Voucher { skip: Some(SkipReason::NoConsent), ..voucher },
    ] {
        assert!(wrong.contradiction().is_some(), "{wrong:?}");
    }
}

#[test]
fn a_campaigns_last_moment_to_accept_cuts_the_voucher_short() {
    let definition = definition(json!({"accept_by": "2026-11-02T12:00:00Z"}));
    assert_eq!(issued(&definition).accept_by, after(24));
}

#[test]
fn time_runs_out_at_the_limit_itself() {
    let definition = definition(json!({}));
    let (open, taken) = (issued(&definition), accepted(&definition));
    for (voucher, limit) in [(&open, after(168)), (&taken, after(72))] {
        assert_eq!(voucher.status_at(Revocation::default(), just_before(limit)), voucher.status);
        assert_eq!(voucher.status_at(Revocation::default(), limit), VoucherStatus::Expired);
    }
    let last = conditions(&definition, just_before(after(168)));
    assert!(matches!(open.accept(&last), AcceptDecision::Accept { .. }));
    assert_eq!(open.decline(&last), DeclineDecision::Decline);
    let late = conditions(&definition, after(168));
    assert_eq!(open.accept(&late), AcceptDecision::Refuse(VoucherRefusal::Expired));
    assert_eq!(open.decline(&late), DeclineDecision::Refuse(VoucherRefusal::Expired));
    assert!(open.allows_messages(Revocation::default(), just_before(after(168))));
    assert!(
        !open.allows_messages(Revocation::default(), after(168))
            && !taken.allows_messages(Revocation::default(), noon())
    );
}

#[test]
fn only_what_still_waits_can_expire_or_be_taken_back() {
    let definition = definition(json!({}));
    let late = after(10_000);
    for status in VoucherStatus::ALL {
        let voucher = Voucher { status, ..accepted(&definition) };
        let waits = matches!(status, VoucherStatus::Issued | VoucherStatus::Accepted);
        let expected = |other| if waits { other } else { status };
        assert_eq!(
            voucher.status_at(Revocation::default(), late),
            expected(VoucherStatus::Expired)
        );
        assert_eq!(
            voucher.status_at(Revocation::of_every_voucher(RevokeScope::All), late),
            expected(VoucherStatus::Revoked),
            "taken back before it expired"
        );
    }
}

#[test]
fn a_cancellation_takes_back_what_it_says() {
    let definition = definition(json!({}));
    let (open, taken) = (issued(&definition), accepted(&definition));
    let status =
        |voucher: &Voucher, scope| voucher.status_at(Revocation::of_every_voucher(scope), after(1));
    assert_eq!(
        (status(&open, RevokeScope::None), status(&taken, RevokeScope::None)),
        (VoucherStatus::Issued, VoucherStatus::Accepted)
    );
    assert_eq!(
        (status(&open, RevokeScope::Unaccepted), status(&taken, RevokeScope::Unaccepted)),
        (VoucherStatus::Revoked, VoucherStatus::Accepted)
    );
    assert_eq!(
        (status(&open, RevokeScope::All), status(&taken, RevokeScope::All)),
        (VoucherStatus::Revoked, VoucherStatus::Revoked)
    );
    let cancelled = VoucherConditions {
        revoke: Revocation::of_every_voucher(RevokeScope::Unaccepted),
        ..conditions(&definition, after(1))
    };
    assert_eq!(open.accept(&cancelled), AcceptDecision::Refuse(VoucherRefusal::Revoked));
    assert_eq!(open.decline(&cancelled), DeclineDecision::Refuse(VoucherRefusal::Revoked));
    assert_eq!(taken.accept(&cancelled), AcceptDecision::Repeat);
}

#[test]
fn accepting_starts_the_clock_where_the_validity_says_so() {
    let at = after(10);
    let redeem_by =
        |definition: &Definition| match issued(definition).accept(&conditions(definition, at)) {
            AcceptDecision::Accept { redeem_by } => redeem_by,
            other => panic!("{other:?}"),
        };
    assert_eq!(redeem_by(&definition(json!({}))), after(82));
    assert_eq!(
        redeem_by(&definition(json!({"validity": {"from_issue": {"hours": 48}}}))),
        after(48)
    );
    let fixed = json!({"validity": {"absolute": {"from": "2026-11-05T00:00:00Z", "until": "2026-11-09T00:00:00Z"}}});
    assert_eq!(redeem_by(&definition(fixed)).to_string(), "2026-11-09T00:00:00Z");
}

#[test]
fn accepting_and_declining_answer_by_the_vouchers_status() {
    use AcceptDecision as A;
    use DeclineDecision as D;
    let definition = definition(json!({}));
    let answers = |status| {
        let voucher = Voucher { status, ..issued(&definition) };
        let circumstances = conditions(&definition, after(1));
        (voucher.accept(&circumstances), voucher.decline(&circumstances))
    };
    let unknown = (A::Refuse(VoucherRefusal::Unknown), D::Refuse(VoucherRefusal::Unknown));
    for status in VoucherStatus::ALL {
        let expected = match status {
            VoucherStatus::Issued => (A::Accept { redeem_by: after(73) }, D::Decline),
            VoucherStatus::Accepted | VoucherStatus::Redeemed => {
                (A::Repeat, D::Refuse(VoucherRefusal::AlreadyAccepted))
            }
            VoucherStatus::Reversed => {
                (A::Refuse(VoucherRefusal::Burned), D::Refuse(VoucherRefusal::AlreadyAccepted))
            }
            VoucherStatus::Declined => (A::Refuse(VoucherRefusal::AlreadyDeclined), D::Repeat),
            VoucherStatus::Expired => {
                (A::Refuse(VoucherRefusal::Expired), D::Refuse(VoucherRefusal::Expired))
            }
            VoucherStatus::Revoked => {
                (A::Refuse(VoucherRefusal::Revoked), D::Refuse(VoucherRefusal::Revoked))
            }
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => unknown,
        };
        assert_eq!(answers(status), expected, "{status:?}");
    }
}
