//! A voucher's own answers: which status it has at a moment, and when it may be accepted or declined. Also the samples that the
//! tests of its later life start from.

use serde_json::{Value, json};

use super::*;
use crate::{
    audience::Rule,
    campaign::Kind,
    offer::{Basket, BasketLine},
};
use jiff::SignedDuration;

/// When the samples are issued.
pub(crate) fn noon() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn after(hours: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn just_before(time: Timestamp) -> Timestamp {
    time.checked_sub(SignedDuration::from_nanos(1)).unwrap()
}

pub(crate) fn minor(units: i64) -> Minor {
    Minor::new(units).unwrap()
}

/// 5.00 EUR off food from 10.00 EUR on, to be accepted within 168 hours, redeemed within 72 of that. Top-level keys of `change` replace.
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

/// Food and a delivery fee of 2.99 EUR.
pub(crate) fn basket(units: i64) -> Basket {
    let line = BasketLine { vertical: "food".into(), merchant: "m-1".into(), category: None, amount: minor(units) };
    Basket {
        currency: Currency::parse("EUR").unwrap(),
        lines: vec![line],
        delivery_fee: minor(299),
        first_order: false,
    }
}

pub(crate) fn issue<'a>(definition: &'a Definition, ids: &'a (CampaignId, RunId, CustomerId, Occurrence)) -> Issue<'a> {
    let (campaign, run, customer, occurrence) = ids;
    Issue { campaign, run, occurrence, definition, customer, dispatch: "p00000000.000", now: noon() }
}

pub(crate) fn ids() -> (CampaignId, RunId, CustomerId, Occurrence) {
    let campaign = CampaignId::parse("cmp_1").unwrap();
    let run = RunId::of_promotion(&campaign);
    let occurrence = Occurrence::of_run(&run);
    (campaign, run, CustomerId::parse("c-1").unwrap(), occurrence)
}

/// Issued at noon, first sent by push.
pub(crate) fn issued(definition: &Definition) -> Voucher {
    let claim = Attempt::claim(Channel::Push, 1, 1, noon());
    issue(definition, &ids()).voucher(claim)
}

/// Accepted at noon.
pub(crate) fn accepted(definition: &Definition) -> Voucher {
    let voucher = issued(definition);
    let redeem_by = Some(definition.validity.redeem_by(voucher.redeem_by, noon()));
    let stages = Stages { accepted_at: Some(noon()), ..voucher.stages };
    Voucher { status: Status::Accepted, redeem_by, stages, ..voucher }
}

pub(crate) fn circumstances(definition: &Definition, now: Timestamp) -> Circumstances<'_> {
    Circumstances { definition, revoke: Revoke::None, now }
}

#[test]
fn every_status_has_a_name_and_back() {
    for status in Status::ALL {
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
    assert_eq!(Status::parse("held"), None);
}

#[test]
fn a_voucher_is_as_its_definition_says_and_its_id_follows() {
    let definition = definition(json!({}));
    let voucher = issued(&definition);
    let (campaign, _, customer, occurrence) = ids();
    assert_eq!(voucher.id, VoucherId::derive(&campaign, &customer, &occurrence));
    assert_eq!((voucher.exposure, voucher.kind, voucher.status), (minor(500), Kind::Promotion, Status::Issued));
    assert_eq!((voucher.valid_from, voucher.accept_by, voucher.redeem_by), (noon(), after(168), None));
    assert_eq!(voucher.attempts.keys().copied().collect::<Vec<_>>(), [Channel::Push]);
    assert_eq!(definition.audience, Rule::Everyone);
}

#[test]
fn a_record_of_no_voucher_is_none() {
    let (definition, ids) = (definition(json!({})), ids());
    let issue = issue(&definition, &ids);
    for record in [issue.ghost(), issue.skip(SkipReason::NoConsent), issue.failed()] {
        assert!(!record.status.is_voucher() && record.attempts.is_empty(), "{:?}", record.status);
        let circumstances = circumstances(&definition, after(1));
        assert_eq!(record.accept(&circumstances), Acceptance::Refuse(Refusal::Unknown));
        assert_eq!(record.decline(&circumstances), Declination::Refuse(Refusal::Unknown));
        assert!(record.validate(&basket(2_000), &circumstances).is_err());
        assert!(!record.wants_messages(Revoke::None, after(1)));
    }
    assert_eq!(issue.skip(SkipReason::NoConsent).skip, Some(SkipReason::NoConsent));
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
        assert_eq!(voucher.status_at(Revoke::None, just_before(limit)), voucher.status);
        assert_eq!(voucher.status_at(Revoke::None, limit), Status::Expired);
    }
    let last = circumstances(&definition, just_before(after(168)));
    assert!(matches!(open.accept(&last), Acceptance::Accept { .. }));
    assert_eq!(open.decline(&last), Declination::Decline);
    let late = circumstances(&definition, after(168));
    assert_eq!(open.accept(&late), Acceptance::Refuse(Refusal::Expired));
    assert_eq!(open.decline(&late), Declination::Refuse(Refusal::Expired));
    assert!(open.wants_messages(Revoke::None, just_before(after(168))));
    assert!(!open.wants_messages(Revoke::None, after(168)) && !taken.wants_messages(Revoke::None, noon()));
}

#[test]
fn only_what_still_waits_can_expire_or_be_taken_back() {
    let definition = definition(json!({}));
    let late = after(10_000);
    for status in Status::ALL {
        let voucher = Voucher { status, ..accepted(&definition) };
        let waits = matches!(status, Status::Issued | Status::Accepted);
        let expected = |other| if waits { other } else { status };
        assert_eq!(voucher.status_at(Revoke::None, late), expected(Status::Expired));
        assert_eq!(voucher.status_at(Revoke::All, late), expected(Status::Revoked), "taken back before it expired");
    }
}

#[test]
fn a_cancellation_takes_back_what_it_says() {
    let definition = definition(json!({}));
    let (open, taken) = (issued(&definition), accepted(&definition));
    let status = |voucher: &Voucher, revoke| voucher.status_at(revoke, after(1));
    assert_eq!((status(&open, Revoke::None), status(&taken, Revoke::None)), (Status::Issued, Status::Accepted));
    assert_eq!(
        (status(&open, Revoke::Unaccepted), status(&taken, Revoke::Unaccepted)),
        (Status::Revoked, Status::Accepted)
    );
    assert_eq!((status(&open, Revoke::All), status(&taken, Revoke::All)), (Status::Revoked, Status::Revoked));
    let cancelled = Circumstances { revoke: Revoke::Unaccepted, ..circumstances(&definition, after(1)) };
    assert_eq!(open.accept(&cancelled), Acceptance::Refuse(Refusal::Revoked));
    assert_eq!(open.decline(&cancelled), Declination::Refuse(Refusal::Revoked));
    assert_eq!(taken.accept(&cancelled), Acceptance::Repeat);
}

#[test]
fn accepting_starts_the_clock_where_the_validity_says_so() {
    let at = after(10);
    let redeem_by = |definition: &Definition| match issued(definition).accept(&circumstances(definition, at)) {
        Acceptance::Accept { redeem_by } => redeem_by,
        other => panic!("{other:?}"),
    };
    assert_eq!(redeem_by(&definition(json!({}))), after(82));
    assert_eq!(redeem_by(&definition(json!({"validity": {"from_issue": {"hours": 48}}}))), after(48));
    let fixed = json!({"validity": {"absolute": {"from": "2026-11-05T00:00:00Z", "until": "2026-11-09T00:00:00Z"}}});
    assert_eq!(redeem_by(&definition(fixed)).to_string(), "2026-11-09T00:00:00Z");
}

#[test]
fn accepting_and_declining_answer_by_where_the_voucher_stands() {
    use Acceptance as A;
    use Declination as D;
    let definition = definition(json!({}));
    let answers = |status| {
        let voucher = Voucher { status, ..issued(&definition) };
        let circumstances = circumstances(&definition, after(1));
        (voucher.accept(&circumstances), voucher.decline(&circumstances))
    };
    let unknown = (A::Refuse(Refusal::Unknown), D::Refuse(Refusal::Unknown));
    for status in Status::ALL {
        let expected = match status {
            Status::Issued => (A::Accept { redeem_by: after(73) }, D::Decline),
            Status::Accepted | Status::Redeemed => (A::Repeat, D::Refuse(Refusal::AlreadyAccepted)),
            Status::Reversed => (A::Refuse(Refusal::Burned), D::Refuse(Refusal::AlreadyAccepted)),
            Status::Declined => (A::Refuse(Refusal::AlreadyDeclined), D::Repeat),
            Status::Expired => (A::Refuse(Refusal::Expired), D::Refuse(Refusal::Expired)),
            Status::Revoked => (A::Refuse(Refusal::Revoked), D::Refuse(Refusal::Revoked)),
            Status::Ghost | Status::Skipped | Status::Failed => unknown,
        };
        assert_eq!(answers(status), expected, "{status:?}");
    }
}
