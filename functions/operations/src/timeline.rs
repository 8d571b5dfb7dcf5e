//! Builds a customer's timeline from the stages and attempts of their records, from their orders
//! and from their consents. Pure.

use domain::{
    Timestamp,
    customer::{
        pause::Pause,
        profile::{Consent, ConsentState, ConsentSubject, Customer},
    },
    kernel::channel::Channel,
    voucher::{
        attempt::Attempt,
        order_event::LedgerOrder,
        record::{RecordKind, Voucher},
        skip_reason::SkipReason,
    },
};

use crate::diagnostics_views::TimelineEvent;

/// Returns the timeline, newest first.
pub fn timeline(
    customer: Option<&Customer>,
    records: &[Voucher],
    orders: &[LedgerOrder],
) -> Vec<TimelineEvent> {
    let mut events: Vec<TimelineEvent> =
        records.iter().flat_map(|record| record_events(record, orders)).collect();
    events.extend(orders.iter().filter_map(order_event));
    events.extend(customer.into_iter().flat_map(customer_events));
    // events of the same moment stay in the order of a voucher's life
    events.sort_by_key(|it| it.at);
    events.reverse();
    events
}

fn record_events(record: &Voucher, orders: &[LedgerOrder]) -> Vec<TimelineEvent> {
    let event = |at: Timestamp,
                 what: &'static str,
                 channel: Option<Channel>,
                 reason: Option<String>| TimelineEvent {
        at,
        what,
        campaign_id: Some(record.campaign.clone()),
        voucher_id: Some(record.id.clone()),
        channel,
        reason,
    };
    let first_event = match record.status.record_kind() {
        RecordKind::HeldOut => "held_out",
        RecordKind::Skipped => "skipped",
        RecordKind::Failed => "failed",
        RecordKind::Voucher => "issued",
    };
    let skipped = record.skip.map(SkipReason::code).map(str::to_owned);
    let mut all = vec![event(record.issued_at, first_event, None, skipped)];
    all.extend(record.attempts.values().map(|attempt| {
        event(attempt.at, "attempt", Some(attempt.channel), Some(describe_attempt(attempt)))
    }));
    all.extend(record.attempts.values().filter_map(|attempt| {
        let why = Some(describe_attempt(attempt));
        Some(event(attempt.fallback_at?, "fallback", Some(attempt.channel), why))
    }));
    all.extend(record.taps.iter().map(|(channel, at)| event(*at, "tapped", Some(*channel), None)));
    let stages = &record.stages;
    let order = record.redemption.as_ref().map(|redemption| redemption.order.to_string());
    let reversal = order.as_ref().map(|order| match reversal_reason(record, orders) {
        Some(why) => format!("{order}: {why}"),
        None => order.clone(),
    });
    let reached = [
        (stages.sent_at, "sent", record.sent_via, None),
        (stages.delivered_at, "delivered", record.delivered_via, None),
        (stages.accepted_at, "accepted", record.accepted_via, None),
        (stages.declined_at, "declined", None, None),
        (stages.redeemed_at, "redeemed", None, order),
        (stages.reversed_at, "reversed", None, reversal),
        (stages.expiring_at, "expiring", None, None),
        (stages.expired_at, "expired", None, None),
    ];
    all.extend(
        reached
            .into_iter()
            .filter_map(|(at, what, channel, reason)| Some(event(at?, what, channel, reason))),
    );
    let refused = record.last_refusal.as_ref();
    all.extend(refused.map(|last| {
        event(last.at, "refused", None, Some(format!("{}: {}", last.action, last.reason.code())))
    }));
    let reminder = record.reminder.as_ref();
    all.extend(reminder.map(|attempt| {
        event(attempt.at, "reminded", Some(attempt.channel), Some(describe_attempt(attempt)))
    }));
    all
}

/// Returns the reason that support gave for taking the voucher off its order, if it did and the
/// order is among those that are shown.
fn reversal_reason<'a>(record: &Voucher, orders: &'a [LedgerOrder]) -> Option<&'a str> {
    let redemption = record.redemption.as_ref()?;
    let order = orders.iter().find(|order| order.id == redemption.order)?;
    let mut applied = order.discounted.vouchers.iter().filter(|it| it.voucher == record.id);
    applied.next()?.reversed_because.as_deref()
}

fn order_event(order: &LedgerOrder) -> Option<TimelineEvent> {
    Some(TimelineEvent {
        at: order.placement?.at,
        what: "order_placed",
        campaign_id: None,
        voucher_id: None,
        channel: None,
        reason: Some(order.id.to_string()),
    })
}

/// Describes an attempt, such as `failed: invalid_address`.
fn describe_attempt(attempt: &Attempt) -> String {
    let state = attempt.state.as_str();
    let state = if attempt.number > 1 {
        format!("{state} at attempt {}", attempt.number)
    } else {
        state.to_owned()
    };
    match attempt.reason.as_deref().filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{state}: {reason}"),
        None => state,
    }
}

fn customer_events(customer: &Customer) -> Vec<TimelineEvent> {
    let past =
        customer.past_consents.iter().map(|past| consent_event(&past.subject, &past.consent));
    let channels = customer.consents.iter();
    let channels = channels
        .map(|(channel, consent)| consent_event(&ConsentSubject::Channel(*channel), consent));
    let topics = customer.topics.iter();
    let topics = topics
        .map(|(scope, consent)| consent_event(&ConsentSubject::Topic(scope.clone()), consent));
    let pauses = customer.past_pauses.iter().chain(&customer.pause).map(pause_event);
    let suppressed = customer.suppressions.iter().map(|(channel, suppression)| {
        let reason = suppression.reason.as_str();
        channel_event(suppression.at, "suppressed", Some(*channel), reason.to_owned())
    });
    past.chain(channels).chain(topics).chain(pauses).chain(suppressed).collect()
}

fn consent_event(subject: &ConsentSubject, consent: &Consent) -> TimelineEvent {
    let granted = consent.state == ConsentState::Granted;
    match subject {
        ConsentSubject::Channel(channel) => {
            let what = if granted { "consent_granted" } else { "consent_denied" };
            channel_event(consent.at, what, Some(*channel), consent.source.clone())
        }
        ConsentSubject::Topic(scope) => {
            let what = if granted { "topic_granted" } else { "topic_denied" };
            let reason = format!("{}: {}", scope.topic, consent.source);
            channel_event(consent.at, what, scope.channel, reason)
        }
    }
}

fn pause_event(pause: &Pause) -> TimelineEvent {
    let what = if pause.until > pause.at { "paused" } else { "pause_ended" };
    channel_event(pause.at, what, None, pause.source.clone())
}

fn channel_event(
    at: Timestamp,
    what: &'static str,
    channel: Option<Channel>,
    reason: String,
) -> TimelineEvent {
    TimelineEvent { at, what, campaign_id: None, voucher_id: None, channel, reason: Some(reason) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{
        campaign::basket::OrderAmounts,
        kernel::{id::OrderId, money::MinorUnits},
        voucher::{
            attempt::AttemptState,
            order::{AppliedTerms, AppliedVoucher, DiscountedOrder, OrderReturns},
            order_event::OrderStage,
            record::{LastRefusal, Redemption, VoucherRefusal},
        },
    };
    use serde_json::json;
    use testkit::builders::{
        add_milliseconds, attempt, basket, campaign_id, definition, noon, voucher,
    };

    use super::*;

    #[test]
    fn going_on_to_the_next_channel_is_shown_with_what_became_of_the_one_before() {
        let mut record =
            voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Sms);
        let unknown = Attempt {
            at: add_milliseconds(noon(), 1_000),
            reason: Some("worker_lost".into()),
            fallback_at: Some(add_milliseconds(noon(), 3_600_000)),
            ..attempt(Channel::Sms, 1, AttemptState::Unknown)
        };
        record.attempts.insert(Channel::Sms, unknown);
        let next = Attempt {
            at: add_milliseconds(noon(), 3_700_000),
            ..attempt(Channel::Email, 1, AttemptState::Sent)
        };
        record.attempts.insert(Channel::Email, next);
        let shown = timeline(None, &[record], &[]);
        let shown: Vec<_> = shown
            .iter()
            .map(|it| (it.what, it.channel, it.reason.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(
            shown,
            [
                ("attempt", Some(Channel::Email), "sent"),
                ("fallback", Some(Channel::Sms), "unknown: worker_lost"),
                ("attempt", Some(Channel::Sms), "unknown: worker_lost"),
                ("issued", None, ""),
            ]
        );
    }

    #[test]
    fn a_voucher_that_support_took_off_its_order_says_why() {
        let definition = definition(json!({}));
        let mut record = voucher(&campaign_id("cmp_1"), &definition, "c-1", Channel::Push);
        let basket = basket(2_000);
        let order = LedgerOrder {
            id: OrderId::parse("o-1").unwrap(),
            buyer: record.customer.clone(),
            stage: OrderStage::Placed,
            discounted: DiscountedOrder {
                basket: basket.clone(),
                percent_of: Default::default(),
                vouchers: vec![AppliedVoucher {
                    voucher: record.id.clone(),
                    campaign: record.campaign.clone(),
                    terms: AppliedTerms::of(&definition),
                    amounts: OrderAmounts::nothing(&basket),
                    reversed_because: Some("charged twice".to_owned()),
                }],
            },
            returns: OrderReturns::none(&basket),
            redeemed_at: Some(noon()),
            redeem_request: None,
            redeemed_basket: None,
            placement: None,
            events: BTreeMap::new(),
        };
        let nothing = MinorUnits::ZERO;
        record.redemption = Some(Redemption {
            order: order.id.clone(),
            at: noon(),
            discount: nothing,
            returned: nothing,
            revenue: nothing,
        });
        record.stages.redeemed_at = Some(add_milliseconds(noon(), 1_000));
        record.stages.reversed_at = Some(add_milliseconds(noon(), 2_000));
        let reasons = |orders: &[LedgerOrder]| {
            let told = timeline(None, std::slice::from_ref(&record), orders);
            let told = told.into_iter().filter(|it| ["redeemed", "reversed"].contains(&it.what));
            told.map(|it| it.reason.unwrap_or_default()).collect::<Vec<_>>()
        };
        assert_eq!(reasons(&[order]), ["o-1: charged twice", "o-1"]);
        assert_eq!(reasons(&[]), ["o-1", "o-1"], "the order was erased");
    }

    #[test]
    fn what_happened_last_is_in_front_and_says_why() {
        let mut record =
            voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Push);
        let failed = Attempt {
            at: add_milliseconds(noon(), 1_000),
            reason: Some("rejected".into()),
            ..attempt(Channel::Push, 2, AttemptState::Failed)
        };
        record.attempts.insert(Channel::Push, failed);
        (record.stages.sent_at, record.sent_via) =
            (Some(add_milliseconds(noon(), 2_000)), Some(Channel::Sms));
        record.last_refusal = Some(LastRefusal {
            action: "redeem".into(),
            reason: VoucherRefusal::Expired,
            at: add_milliseconds(noon(), 3_000),
        });
        let told = timeline(None, &[record], &[]);
        let told: Vec<_> =
            told.iter().map(|it| (it.what, it.reason.as_deref().unwrap_or_default())).collect();
        assert_eq!(
            told,
            [
                ("refused", "redeem: expired"),
                ("sent", ""),
                ("attempt", "failed at attempt 2: rejected"),
                ("issued", "")
            ]
        );
    }
}
