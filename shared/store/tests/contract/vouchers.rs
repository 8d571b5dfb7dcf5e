//! Vouchers and their attempts, on a real DynamoDB API: issued once, one claim per attempt, and
//! provider events that may come late, twice and in any order.

use crate::stage;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Timestamp,
    campaign::{
        lifecycle::Campaign, offer::PercentBase, trigger::TriggerFiring, variants::VariantTag,
    },
    delivery::{
        dispatch::{Dispatch, DispatchPurpose, Segment},
        feedback::FeedbackType,
    },
    kernel::{
        channel::Channel,
        id::{HoldKey, Occurrence, OrderId, RunId},
        signed_token::{TokenFormat, TokenSigner},
    },
    voucher::{
        attempt::{Attempt, AttemptState},
        combination::{FirstDiscount, PricingRules},
        record::{
            CheckoutHold, Redemption, Voucher, VoucherStages, VoucherStatus, WithheldMessage,
        },
        short_link::{LinkCode, LinkSigner},
        skip_reason::SkipReason,
    },
};
use futures::future::join_all;
use serde_json::json;
use stage::{running, with_store};
use store::{
    Store, StoreError,
    conditional::Applied,
    delivery::dispatches::{DispatchOutcome, LeaseResult},
    voucher::{
        issue::{GuardedIssue, IssueGuards, IssueResult},
        offers::SeenOffers,
        records::{
            AttemptClaim, AttemptFollowUp, CAMPAIGN_SHARDS, SentMessage, UnknownAttempt,
            VoucherKey, VoucherMessage,
        },
        redemptions::RedemptionResult,
    },
};
use testkit::builders::{
    add_milliseconds, attempt, campaign_id, customer_id, definition, dispatch, minor, noon, voucher,
};

/// Plans and releases a dispatch of a separate campaign, and leases it at noon for half an hour.
async fn leased_dispatch(store: &Store) -> Dispatch {
    let campaign = running(store, "cmp_taken", definition(json!({})), 1).await;
    let made = dispatch(&campaign.id, 0, 0, &["c-1"]);
    let run = RunId::of_promotion(&campaign.id);
    let before = store.segment(&run, 0).await.unwrap().unwrap();
    let after = Segment { page: 1, selected: 1, open: 1, ..before.clone() };
    let written = store.write_page(&before, &after, std::slice::from_ref(&made)).await.unwrap();
    assert_eq!(written, Applied::Yes);
    assert!(store.release_dispatch(&made.key, add_milliseconds(noon(), 60_000)).await.unwrap());
    let LeaseResult::Leased { dispatch, .. } =
        store.lease_dispatch(&made.key, noon(), 1_800).await.unwrap()
    else {
        unreachable!("nobody else takes it")
    };
    *dispatch
}

fn key(voucher: &Voucher) -> VoucherKey {
    VoucherKey::from(voucher)
}

fn minutes(number: i64) -> Timestamp {
    add_milliseconds(noon(), number * 60_000)
}

/// Issues a voucher with a claim by e-mail.
async fn issued(store: &Store, customer: &str) -> Voucher {
    let voucher = voucher(&campaign_id("cmp_1"), &definition(json!({})), customer, Channel::Email);
    assert_eq!(store.issue_voucher(&voucher).await.unwrap(), IssueResult::First);
    voucher
}

async fn read(store: &Store, voucher: &Voucher) -> Voucher {
    store.voucher(&key(voucher)).await.unwrap().unwrap()
}

async fn email(store: &Store, voucher: &Voucher) -> Attempt {
    read(store, voucher).await.attempts[&Channel::Email].clone()
}

fn sent(number: u32, at: Timestamp) -> SentMessage<'static> {
    SentMessage { channel: Channel::Email, number, at, provider_id: "ses-1", units: 1 }
}

fn ended(number: u32, state: AttemptState, reason: &str) -> Attempt {
    Attempt {
        at: minutes(1),
        reason: Some(reason.into()),
        ..attempt(Channel::Email, number, state)
    }
}

#[tokio::test]
async fn a_voucher_is_issued_once_and_a_repeat_returns_the_stored_one() {
    with_store(async |store, _| {
        let first = issued(store, "c-1").await;
        assert_eq!(read(store, &first).await, first);
        assert_eq!(
            store.record_sent(&key(&first), &sent(1, minutes(1))).await.unwrap(),
            Applied::Yes
        );
        let again =
            Voucher { issued_at: minutes(5), dispatch: "p00000009.000".into(), ..first.clone() };
        let IssueResult::Existing(existing) = store.issue_voucher(&again).await.unwrap() else {
            unreachable!("it is there")
        };
        assert_eq!(*existing, read(store, &first).await);
        assert_eq!((existing.issued_at, existing.stages.sent_at), (noon(), Some(minutes(1))));
    })
    .await;
}

#[tokio::test]
async fn of_many_offers_that_are_decided_on_the_same_records_one_is_made() {
    with_store(async |store, _| {
        let campaign = campaign_id("cmp_1");
        let made = voucher(&campaign, &definition(json!({})), "c-1", Channel::Sms);
        let offer = |number: usize, at: Timestamp| {
            let occurrence = Occurrence::parse(&format!("event.{number}")).unwrap();
            let id = domain::kernel::id::VoucherId::derive(&campaign, &made.customer, &occurrence);
            Voucher { id, occurrence, issued_at: at, ..made.clone() }
        };
        let put = async |voucher: &Voucher, seen: u64| {
            let guards = IssueGuards {
                offers: Some(SeenOffers { seen, counts_until: minutes(60) }),
                ..IssueGuards::default()
            };
            store.issue_voucher_guarded(voucher, &guards).await.unwrap()
        };
        assert_eq!(store.offer_count(&made.customer).await.unwrap(), 0);
        let at_once: Vec<Voucher> = (0..8).map(|number| offer(number, noon())).collect();
        let answers = join_all(at_once.iter().map(|voucher| put(voucher, 0))).await;
        let made: Vec<&Voucher> = at_once
            .iter()
            .zip(&answers)
            .filter(|(_, it)| **it == GuardedIssue::Issued(IssueResult::First))
            .map(|it| it.0)
            .collect();
        assert_eq!(made.len(), 1);
        assert_eq!(answers.iter().filter(|it| **it == GuardedIssue::OffersChanged).count(), 7);
        // A repeat of the put returns the same record, and does not conflict with itself.
        assert!(matches!(put(made[0], 0).await, GuardedIssue::Issued(IssueResult::Existing(_))));
        assert_eq!(store.offer_count(&made[0].customer).await.unwrap(), 1);
        assert_eq!(put(&offer(8, minutes(1)), 0).await, GuardedIssue::OffersChanged);
        assert_eq!(put(&offer(9, minutes(1)), 1).await, GuardedIssue::Issued(IssueResult::First));
        assert_eq!(put(&offer(8, minutes(1)), 1).await, GuardedIssue::OffersChanged);
        assert_eq!(store.customer_vouchers(&made[0].customer).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_concurrent_issues_wins() {
    with_store(async |store, _| {
        let made = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Sms);
        let answers = join_all((0..16).map(|_| store.issue_voucher(&made))).await;
        let first =
            answers.iter().filter(|answer| *answer.as_ref().unwrap() == IssueResult::First).count();
        assert_eq!(first, 1);
        assert_eq!(store.customer_vouchers(&made.customer).await.unwrap(), [made]);
    })
    .await;
}

#[tokio::test]
async fn everything_a_voucher_can_hold_reads_back() {
    with_store(async |store, _| {
        let base = voucher(&campaign_id("cmp_1"), &definition(json!({})), "c-1", Channel::Push);
        let failed = Attempt {
            reason: Some("rejected".into()),
            ..attempt(Channel::Push, 2, AttemptState::Failed)
        };
        let full = Voucher {
            status: VoucherStatus::Redeemed,
            due_at: Some(minutes(0)),
            redeem_by: Some(minutes(60)),
            stages: VoucherStages {
                sent_at: Some(minutes(1)),
                delivered_at: Some(minutes(2)),
                accepted_at: Some(minutes(3)),
                declined_at: None,
                redeemed_at: Some(minutes(4)),
                reversed_at: Some(minutes(5)),
                expiring_at: Some(minutes(6)),
                expired_at: Some(minutes(7)),
            },
            sent_via: Some(Channel::Push),
            delivered_via: Some(Channel::Sms),
            taps: BTreeMap::from([(Channel::Sms, minutes(3)), (Channel::Push, minutes(4))]),
            accepted_via: Some(Channel::Sms),
            attempts: BTreeMap::from([
                (Channel::Push, failed),
                (
                    Channel::Sms,
                    Attempt {
                        provider_id: Some("sns-1".into()),
                        unknown_before: vec![minutes(1), minutes(2)],
                        ..attempt(Channel::Sms, 1, AttemptState::Delivered)
                    },
                ),
            ]),
            reminder: Some(attempt(Channel::Email, 2, AttemptState::Sent)),
            withheld: BTreeMap::from([(Channel::Email, withheld(3))]),
            is_repeat: true,
            variant: VariantTag::parse("2 Five euros"),
            message_units: BTreeMap::from([(Channel::Sms, 3)]),
            undeliverable: Some("rejected".into()),
            hold: Some(CheckoutHold {
                key: HoldKey::parse("cart-1").unwrap(),
                until: minutes(9),
                reserved: minor(500),
                rules: PricingRules {
                    first: FirstDiscount::FixedAmount,
                    percent_of: PercentBase::Original,
                },
            }),
            redemption: Some(Redemption {
                order: OrderId::parse("o-1").unwrap(),
                at: minutes(4),
                discount: minor(500),
                revenue: minor(1_500),
                returned: minor(100),
            }),
            undone_redemptions: vec![minutes(2), minutes(3)],
            undone_orders: vec![OrderId::parse("o-0").unwrap(), OrderId::parse("o-1").unwrap()],
            asked_until: Some(minutes(8)),
            redemptions: 2,
            reversals: 1,
            outcome: Some(domain::voucher::record::AttributedOrders {
                orders: 3,
                spend: minor(4_500),
            }),
            ..base
        };
        store.restore_voucher(&full).await.unwrap();
        assert_eq!(read(store, &full).await, full);
    })
    .await;
}

#[tokio::test]
async fn a_record_that_contradicts_its_kind_is_corrupt_and_never_read_as_a_voucher() {
    with_store(async |store, _| {
        let sent = issued(store, "c-1").await;
        let contradiction = Voucher { status: VoucherStatus::Ghost, ..sent };
        store.restore_voucher(&contradiction).await.unwrap();
        let found = store.customer_vouchers(&customer_id("c-1")).await;
        assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn records_are_found_by_customer_and_by_key() {
    with_store(async |store, _| {
        let mut made = Vec::new();
        for campaign in ["cmp_1", "cmp_2", "cmp_3"] {
            for customer in 0..70 {
                let definition = definition(json!({}));
                let voucher = voucher(
                    &campaign_id(campaign),
                    &definition,
                    &format!("c-{customer}"),
                    Channel::Sms,
                );
                made.push(voucher);
            }
        }
        join_all(made.iter().map(|voucher| store.issue_voucher(voucher))).await;
        let ids = |vouchers: &[Voucher]| {
            vouchers.iter().map(|voucher| voucher.id.clone()).collect::<BTreeSet<_>>()
        };
        let of_one: Vec<Voucher> =
            made.iter().filter(|it| it.customer == customer_id("c-7")).cloned().collect();
        assert_eq!(ids(&store.customer_vouchers(&customer_id("c-7")).await.unwrap()), ids(&of_one));
        assert_eq!(store.customer_vouchers(&customer_id("c-none")).await.unwrap(), []);
        let mut keys: Vec<VoucherKey> = made.iter().map(key).collect();
        let stranger = VoucherKey { customer: customer_id("c-1"), voucher: made[2].id.clone() };
        keys.push(stranger.clone());
        let found = store.vouchers_by_keys(&keys).await.unwrap();
        assert_eq!(
            (found.len(), ids(&found)),
            (210, ids(&made)),
            "more than one batch, and no voucher of another's"
        );
        assert_eq!(store.voucher(&stranger).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_shards_of_a_campaign_show_each_voucher_once() {
    with_store(async |store, _| {
        let ours = campaign_id("cmp_ours");
        let definition = definition(json!({}));
        let made: Vec<Voucher> = (0..300)
            .map(|number| voucher(&ours, &definition, &format!("c-{number}"), Channel::Sms))
            .collect();
        join_all(made.iter().map(|voucher| store.issue_voucher(voucher))).await;
        issued(store, "c-1").await;
        let mut found: Vec<_> = Vec::new();
        let mut largest = 0;
        for shard in 0..CAMPAIGN_SHARDS {
            let (mut after, mut size) = (None, 0);
            loop {
                let (page, next) =
                    store.campaign_vouchers(&ours, shard, after.as_ref(), 7).await.unwrap();
                assert!(page.len() <= 7 && page.is_sorted_by_key(|voucher| voucher.id.clone()));
                size += page.len();
                found.extend(page.into_iter().map(|voucher| voucher.id));
                after = next;
                if after.is_none() {
                    break;
                }
            }
            assert!(size > 0, "shard {shard} takes no share of the writes");
            largest = largest.max(size);
        }
        assert!(largest < 2 * 300 / 16 + 5, "{largest} of 300 on one shard of {CAMPAIGN_SHARDS}");
        let unique: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(
            (found.len(), unique),
            (300, made.into_iter().map(|voucher| voucher.id).collect())
        );
    })
    .await;
}

#[tokio::test]
async fn a_further_channel_is_claimed_once_and_only_while_issued() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let made = issued(store, "c-1").await;
        let key = key(&made);
        let claims: Vec<Attempt> =
            (1..9).map(|fence| Attempt::claim(Channel::Sms, 1, fence, noon())).collect();
        let claims = join_all(
            claims.iter().map(|claim| store.claim_attempt(&key, claim, None, None, &taker)),
        )
        .await;
        let (taken, overtaken): (Vec<_>, Vec<_>) =
            claims.into_iter().map(Result::unwrap).partition(|step| *step == AttemptClaim::Claimed);
        assert_eq!((taken.len(), overtaken.len()), (1, 7));
        assert_eq!(read(store, &made).await.attempts.len(), 2);
        assert_eq!(
            store.record_acceptance(&key, minutes(60), None, minutes(1)).await.unwrap(),
            RedemptionResult::First
        );
        let push = attempt(Channel::Push, 1, AttemptState::Claimed);
        assert_eq!(
            store.claim_attempt(&key, &push, None, None, &taker).await.unwrap(),
            AttemptClaim::Lost,
            "accepted: nothing more to say"
        );
        let nobody = VoucherKey { customer: customer_id("c-2"), ..key };
        assert_eq!(
            store.claim_attempt(&nobody, &push, None, None, &taker).await.unwrap(),
            AttemptClaim::Lost
        );
        assert_eq!(store.voucher(&nobody).await.unwrap(), None);
    })
    .await;
}

fn withheld(number: u32) -> WithheldMessage {
    WithheldMessage { number, at: minutes(5), reason: SkipReason::FrequencyCap }
}

/// Of claims on three channels that were decided on the same number of messages, one is made: the
/// others count again.
#[tokio::test]
async fn claims_that_count_for_the_frequency_cap_are_made_one_after_the_other() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let made = issued(store, "c-1").await;
        let other = issued(store, "c-2").await;
        let counts_until = minutes(60);
        let seen =
            SeenOffers { seen: store.offer_count(&made.customer).await.unwrap(), counts_until };
        let claims =
            [Channel::Sms, Channel::Push].map(|channel| attempt(channel, 1, AttemptState::Claimed));
        let made_key = key(&made);
        let steps = join_all(
            claims
                .iter()
                .map(|claim| store.claim_attempt(&made_key, claim, None, Some(&seen), &taker)),
        )
        .await;
        let mut steps: Vec<AttemptClaim> = steps.into_iter().map(Result::unwrap).collect();
        steps.sort_by_key(|step| *step != AttemptClaim::Claimed);
        assert_eq!(steps, [AttemptClaim::Claimed, AttemptClaim::OffersChanged]);
        assert_eq!(read(store, &made).await.attempts.len(), 2);
        let again = SeenOffers { seen: seen.seen + 1, counts_until };
        assert_eq!(store.offer_count(&made.customer).await.unwrap(), again.seen);
        let left = claims.iter().find(|claim| claim.channel == Channel::Push).unwrap();
        let first_was_push = read(store, &made).await.attempts.contains_key(&Channel::Push);
        let left = if first_was_push { &claims[0] } else { left };
        assert_eq!(
            store.claim_attempt(&made_key, left, None, Some(&again), &taker).await.unwrap(),
            AttemptClaim::Claimed
        );
        let theirs = SeenOffers { seen: 0, counts_until };
        assert_eq!(
            store
                .claim_attempt(&key(&other), &claims[0], None, Some(&theirs), &taker)
                .await
                .unwrap(),
            AttemptClaim::Claimed,
            "another customer has a number of their own"
        );
    })
    .await;
}

#[tokio::test]
async fn a_withheld_message_is_recorded_unless_it_was_sent_after_all() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let made = issued(store, "c-1").await;
        let made_key = key(&made);
        let record = |channel, number, dead| {
            let (store, made_key) = (&store, &made_key);
            async move {
                store.record_withheld(made_key, channel, &withheld(number), dead).await.unwrap()
            }
        };
        assert_eq!(record(Channel::Sms, 1, false).await, Applied::Yes);
        let found = read(store, &made).await;
        assert_eq!((found.status, found.undeliverable.clone()), (VoucherStatus::Issued, None));
        assert_eq!(found.withheld, BTreeMap::from([(Channel::Sms, withheld(1))]));
        assert!(found.is_withheld_on(Channel::Sms));

        let other = WithheldMessage { at: minutes(6), ..withheld(1) };
        let released = store.release_withheld(&made_key, Channel::Sms, &other).await.unwrap();
        assert_eq!(released, Applied::Conflict, "it is another one");
        let released = store.release_withheld(&made_key, Channel::Sms, &withheld(1)).await.unwrap();
        assert_eq!(released, Applied::Yes);
        assert_eq!(read(store, &made).await.withheld, BTreeMap::new());

        let claim = attempt(Channel::Sms, 1, AttemptState::Claimed);
        store.claim_attempt(&made_key, &claim, None, None, &taker).await.unwrap();
        assert_eq!(record(Channel::Sms, 1, true).await, Applied::Conflict, "it is on its way");
        assert_eq!(record(Channel::Sms, 2, true).await, Applied::Yes, "its repeat is not");
        let found = read(store, &made).await;
        assert_eq!(found.undeliverable.as_deref(), Some("frequency_cap"));
        let nobody = VoucherKey { customer: customer_id("c-9"), ..made_key.clone() };
        let step = store.record_withheld(&nobody, Channel::Sms, &withheld(1), false).await.unwrap();
        assert_eq!(step, Applied::Conflict);
        assert_eq!(store.voucher(&nobody).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_later_attempt_follows_only_a_throttle_or_an_unknown() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        for (number, state) in AttemptState::ALL.into_iter().enumerate() {
            let made = issued(store, &format!("c-{number}")).await;
            let attempts = BTreeMap::from([(Channel::Email, attempt(Channel::Email, 1, state))]);
            store.restore_voucher(&Voucher { attempts, ..made.clone() }).await.unwrap();
            let next = attempt(Channel::Email, 2, AttemptState::Claimed);
            let open = matches!(state, AttemptState::Throttled | AttemptState::Unknown);
            let expected = if open { AttemptClaim::Claimed } else { AttemptClaim::Lost };
            assert_eq!(
                store.claim_attempt(&key(&made), &next, None, None, &taker).await.unwrap(),
                AttemptClaim::Lost,
                "{state:?}"
            );
            assert_eq!(
                store.claim_attempt(&key(&made), &next, Some(2), None, &taker).await.unwrap(),
                AttemptClaim::Lost,
                "{state:?}"
            );
            assert_eq!(
                store.claim_attempt(&key(&made), &next, Some(1), None, &taker).await.unwrap(),
                expected,
                "{state:?}"
            );
            let another = Attempt { fence: 2, ..next };
            assert_eq!(
                store.claim_attempt(&key(&made), &another, Some(1), None, &taker).await.unwrap(),
                AttemptClaim::Lost,
                "{state:?}"
            );
            assert_eq!(email(store, &made).await.number, if open { 2 } else { 1 });
        }
    })
    .await;
}

/// A worker that wakes up after its successor has closed the dispatch claims nothing: no dispatch
/// would watch the attempt.
#[tokio::test]
async fn a_superseded_worker_claims_nothing() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let made = issued(store, "c-1").await;
        let LeaseResult::Leased { dispatch: next, .. } =
            store.lease_dispatch(&taker.key, minutes(60), 60).await.unwrap()
        else {
            unreachable!("the lease is over")
        };
        let claim = |fence| Attempt::claim(Channel::Sms, 1, fence, minutes(60));
        assert_eq!(
            store.claim_attempt(&key(&made), &claim(1), None, None, &taker).await.unwrap(),
            AttemptClaim::Lost
        );
        assert_eq!(read(store, &made).await, made);
        assert_eq!(
            store.claim_attempt(&key(&made), &claim(2), None, None, &next).await.unwrap(),
            AttemptClaim::Claimed
        );
        store
            .finish_dispatch(&next, &DispatchOutcome::default(), minor(500), minutes(61))
            .await
            .unwrap();
        let push = attempt(Channel::Push, 1, AttemptState::Claimed);
        assert_eq!(
            store.claim_attempt(&key(&made), &push, None, None, &next).await.unwrap(),
            AttemptClaim::Lost,
            "it has ended"
        );
    })
    .await;
}

/// The answer to a claim was lost and the SDK asked again: the worker must go on, or no worker
/// sends.
#[tokio::test]
async fn a_repeated_claim_is_applied_until_it_has_an_outcome() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let made = issued(store, "c-1").await;
        let claim = Attempt::claim(Channel::Sms, 1, 3, add_milliseconds(noon(), 7));
        for _ in 0..2 {
            assert_eq!(
                store.claim_attempt(&key(&made), &claim, None, None, &taker).await.unwrap(),
                AttemptClaim::Claimed
            );
        }
        let others = [
            Attempt { fence: 4, ..claim.clone() },
            Attempt { at: add_milliseconds(noon(), 8), ..claim.clone() },
            Attempt { number: 2, ..claim.clone() },
        ];
        for other in others {
            assert_eq!(
                store.claim_attempt(&key(&made), &other, None, None, &taker).await.unwrap(),
                AttemptClaim::Lost,
                "{other:?}"
            );
        }
        let found = read(store, &made).await.attempts[&Channel::Sms].clone();
        assert_eq!(found, claim);
        store
            .record_sent(&key(&made), &SentMessage { channel: Channel::Sms, ..sent(1, minutes(1)) })
            .await
            .unwrap();
        assert_eq!(
            store.claim_attempt(&key(&made), &claim, None, None, &taker).await.unwrap(),
            AttemptClaim::Lost,
            "sent already"
        );
    })
    .await;
}

#[tokio::test]
async fn an_accepted_message_is_recorded_once() {
    with_store(async |store, _| {
        let made = issued(store, "c-1").await;
        let other = SentMessage { number: 2, ..sent(1, minutes(1)) };
        assert_eq!(
            store.record_sent(&key(&made), &other).await.unwrap(),
            Applied::Conflict,
            "an attempt that is not there"
        );
        let sms = SentMessage { channel: Channel::Sms, ..sent(1, minutes(1)) };
        assert_eq!(store.record_sent(&key(&made), &sms).await.unwrap(), Applied::Conflict);
        let three = SentMessage { units: 3, ..sent(1, minutes(1)) };
        assert_eq!(store.record_sent(&key(&made), &three).await.unwrap(), Applied::Yes);
        let again = SentMessage { provider_id: "ses-2", ..sent(1, minutes(2)) };
        assert_eq!(store.record_sent(&key(&made), &again).await.unwrap(), Applied::Conflict);
        let voucher = read(store, &made).await;
        assert_eq!(
            (voucher.stages.sent_at, voucher.sent_via),
            (Some(minutes(1)), Some(Channel::Email))
        );
        assert_eq!(voucher.message_units, BTreeMap::from([(Channel::Email, 3)]));
        let attempt = &voucher.attempts[&Channel::Email];
        assert_eq!(
            (attempt.state, attempt.provider_id.as_deref()),
            (AttemptState::Sent, Some("ses-1"))
        );
    })
    .await;
}

#[tokio::test]
async fn our_own_record_of_sending_may_come_after_the_delivery() {
    with_store(async |store, _| {
        let made = issued(store, "c-1").await;
        let stamped = store
            .record_feedback(&key(&made), Channel::Email, FeedbackType::Delivered, minutes(2))
            .await
            .unwrap();
        assert_eq!(stamped, Applied::Yes);
        assert_eq!(
            read(store, &made).await.stages.sent_at,
            Some(minutes(2)),
            "what arrived was sent"
        );
        assert_eq!(
            store.record_sent(&key(&made), &sent(1, minutes(1))).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(
            store.record_sent(&key(&made), &sent(1, minutes(1))).await.unwrap(),
            Applied::Conflict
        );
        let voucher = read(store, &made).await;
        let attempt = &voucher.attempts[&Channel::Email];
        assert_eq!(
            (attempt.state, attempt.provider_id.as_deref()),
            (AttemptState::Delivered, Some("ses-1"))
        );
        assert_eq!(voucher.message_units[&Channel::Email], 1);
        assert_eq!(voucher.stages.sent_at, Some(minutes(2)), "set once");
    })
    .await;
}

#[tokio::test]
async fn an_acceptance_remembers_what_reached_the_customer_last() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let accept = async |voucher: &Voucher| {
            store.record_acceptance(&key(voucher), minutes(60), None, minutes(9)).await.unwrap();
            read(store, voucher).await.accepted_via
        };
        assert_eq!(accept(&issued(store, "c-none").await).await, None);
        let made = issued(store, "c-1").await;
        store.record_sent(&key(&made), &sent(1, minutes(1))).await.unwrap();
        store
            .claim_attempt(
                &key(&made),
                &attempt(Channel::Sms, 1, AttemptState::Claimed),
                None,
                None,
                &taker,
            )
            .await
            .unwrap();
        store
            .record_sent(&key(&made), &SentMessage { channel: Channel::Sms, ..sent(1, minutes(2)) })
            .await
            .unwrap();
        store
            .record_feedback(&key(&made), Channel::Email, FeedbackType::Delivered, minutes(3))
            .await
            .unwrap();
        assert_eq!(accept(&made).await, Some(Channel::Sms));
        let voucher = read(store, &made).await;
        assert_eq!(
            (voucher.sent_via, voucher.delivered_via),
            (Some(Channel::Email), Some(Channel::Email))
        );
        // Late provider events move nothing back.
        store
            .record_feedback(&key(&made), Channel::Sms, FeedbackType::HardBounce, minutes(30))
            .await
            .unwrap();
        assert_eq!(read(store, &made).await.status, VoucherStatus::Accepted);
    })
    .await;
}

fn next_rung(campaign: &Campaign, customer: &str) -> Dispatch {
    let parent = dispatch(&campaign.id, 0, 0, &[]);
    parent.follow_up_for(
        DispatchPurpose::Fallback,
        Channel::Sms,
        1,
        &customer_id(customer),
        minutes(1),
    )
}

async fn open(store: &Store, campaign: &Campaign) -> (u64, Vec<String>) {
    let segment = store.segment(campaign.run.as_ref().unwrap(), 0).await.unwrap().unwrap();
    let mut names = Vec::new();
    for channel in Channel::ALL {
        let (due, _) = store.due_dispatches(channel, minutes(600), None).await.unwrap();
        names.extend(due.into_iter().map(|due| due.key.name));
    }
    (segment.open, names)
}

#[tokio::test]
async fn a_definite_no_and_what_follows_from_it_are_one_step() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let made = issued(store, "c-1").await;
        let next = next_rung(&campaign, "c-1");
        let failed = ended(1, AttemptState::Failed, "invalid_address");
        let steps = join_all((0..8).map(|_| async {
            // A conflict is an error; the worker tries again and finds the write done.
            store
                .record_unsent(&key(&made), &failed, &AttemptFollowUp::Next(&next))
                .await
                .is_ok_and(|step| step == Applied::Yes)
        }));
        assert_eq!(steps.await.into_iter().filter(|taken| *taken).count(), 1);
        let again =
            store.record_unsent(&key(&made), &failed, &AttemptFollowUp::Next(&next)).await.unwrap();
        assert_eq!(again, Applied::Conflict);
        assert_eq!(open(store, &campaign).await, (1, vec![next.key.name.clone()]));
        let attempt = email(store, &made).await;
        assert_eq!(
            (attempt.state, attempt.reason.as_deref()),
            (AttemptState::Failed, Some("invalid_address"))
        );
        assert_eq!(read(store, &made).await.undeliverable, None);
    })
    .await;
}

#[tokio::test]
async fn a_throttle_leaves_the_channel_open_for_the_next_attempt() {
    with_store(async |store, _| {
        let taker = leased_dispatch(store).await;
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let made = issued(store, "c-1").await;
        let parent = dispatch(&campaign.id, 0, 0, &["c-1"]);
        let retry = parent.follow_up_for(
            DispatchPurpose::Retry,
            Channel::Email,
            2,
            &customer_id("c-1"),
            minutes(5),
        );
        let throttled = ended(1, AttemptState::Throttled, "rate");
        let step = store
            .record_unsent(&key(&made), &throttled, &AttemptFollowUp::Next(&retry))
            .await
            .unwrap();
        assert_eq!(step, Applied::Yes);
        assert_eq!(open(store, &campaign).await, (1, vec![retry.key.name]));
        let late = store.record_sent(&key(&made), &sent(1, minutes(2))).await.unwrap();
        assert_eq!(late, Applied::Conflict, "a definite no is not a yes");
        let claim = attempt(Channel::Email, 2, AttemptState::Claimed);
        assert_eq!(
            store.claim_attempt(&key(&made), &claim, Some(1), None, &taker).await.unwrap(),
            AttemptClaim::Claimed
        );
        let step =
            store.record_unsent(&key(&made), &throttled, &AttemptFollowUp::Nothing).await.unwrap();
        assert_eq!(step, Applied::Conflict, "attempt 1 is over");
        assert_eq!(
            store.record_sent(&key(&made), &sent(2, minutes(6))).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(email(store, &made).await.number, 2);
    })
    .await;
}

#[tokio::test]
async fn with_no_channel_left_the_reason_is_kept() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let made = issued(store, "c-1").await;
        let failed = ended(1, AttemptState::Failed, "rejected");
        assert_eq!(
            store
                .record_unsent(&key(&made), &failed, &AttemptFollowUp::Undeliverable)
                .await
                .unwrap(),
            Applied::Yes
        );
        assert_eq!(read(store, &made).await.undeliverable.as_deref(), Some("rejected"));
        assert_eq!(open(store, &campaign).await, (0, Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn an_earlier_provider_event_wins_and_nothing_is_planned() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        for (number, what) in [
            FeedbackType::Delivered,
            FeedbackType::HardBounce,
            FeedbackType::Complained,
            FeedbackType::Rejected,
        ]
        .into_iter()
        .enumerate()
        {
            let customer = format!("c-{number}");
            let made = issued(store, &customer).await;
            store.record_feedback(&key(&made), Channel::Email, what, minutes(1)).await.unwrap();
            let before = read(store, &made).await;
            let next = next_rung(&campaign, &customer);
            let throttled = ended(1, AttemptState::Throttled, "rate");
            let step = store
                .record_unsent(&key(&made), &throttled, &AttemptFollowUp::Next(&next))
                .await
                .unwrap();
            assert_eq!(step, Applied::Conflict);
            assert_eq!(read(store, &made).await, before);
        }
        assert_eq!(open(store, &campaign).await, (0, Vec::new()));
    })
    .await;
}

fn firing() -> TriggerFiring {
    TriggerFiring {
        occurrence: Occurrence::parse("birthday.2026").unwrap(),
        day: "2026-11-01".parse().unwrap(),
        at: Some(noon()),
    }
}

/// Creates an attempt of unknown fate, due for the watchdog at minute 15.
async fn unknown(store: &Store, campaign: &Campaign, customer: &str) -> Voucher {
    let made = issued(store, customer).await;
    let state = ended(1, AttemptState::Unknown, "timeout");
    let dispatch = Dispatch { firing: Some(firing()), ..dispatch(&campaign.id, 0, 0, &[customer]) };
    let after = AttemptFollowUp::WaitForEvent { at: minutes(15), dispatch: &dispatch };
    assert_eq!(store.record_unsent(&key(&made), &state, &after).await.unwrap(), Applied::Yes);
    assert_eq!(store.record_unsent(&key(&made), &state, &after).await.unwrap(), Applied::Conflict);
    made
}

#[tokio::test]
async fn an_unknown_attempt_is_due_at_its_time_until_it_is_settled() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let made = unknown(store, &campaign, "c-1").await;
        assert_eq!(store.unknown_attempts(add_milliseconds(minutes(15), -1)).await.unwrap(), []);
        let expected = UnknownAttempt {
            key: key(&made),
            channel: Channel::Email,
            number: 1,
            campaign: campaign.id.clone(),
            run: campaign.run.clone().unwrap(),
            segment: 0,
            firing: Some(firing()),
            holds_run_open: true,
        };
        assert_eq!(store.unknown_attempts(minutes(15)).await.unwrap(), [expected.clone()]);
        assert_eq!(open(store, &campaign).await.0, 1, "watched attempts are open work");
        store.delete_unknown_note(&expected).await.unwrap();
        store.delete_unknown_note(&expected).await.unwrap();
        assert_eq!(open(store, &campaign).await.0, 0, "given back once");
        assert_eq!(store.unknown_attempts(minutes(15)).await.unwrap(), []);
        assert_eq!(
            email(store, &made).await.state,
            AttemptState::Unknown,
            "forgetting is not an answer"
        );
    })
    .await;
}

/// A worker that froze learns of a definite refusal when the run may be completed: nothing may
/// follow then.
#[tokio::test]
async fn a_late_refusal_plans_a_follow_up_only_while_the_attempt_is_watched() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let refused = Attempt {
            reason: Some("rejected".into()),
            ..attempt(Channel::Email, 1, AttemptState::Failed)
        };
        for (customer, settled, open_after) in [("c-1", false, 2), ("c-2", true, 2)] {
            let made = unknown(store, &campaign, customer).await;
            if settled {
                let forgotten = store.unknown_attempts(minutes(15)).await.unwrap();
                let own = forgotten.iter().find(|it| it.key == key(&made)).unwrap();
                store.delete_unknown_note(own).await.unwrap();
            }
            let parent = dispatch(&campaign.id, 0, 0, &[customer]);
            let next = parent.follow_up_for(
                DispatchPurpose::Fallback,
                Channel::Sms,
                1,
                &made.customer,
                noon(),
            );
            let step = store
                .record_unsent(&key(&made), &refused, &AttemptFollowUp::Next(&next))
                .await
                .unwrap();
            assert_eq!(step, Applied::Yes);
            assert_eq!(open(store, &campaign).await.0, open_after, "{customer}");
            let after = read(store, &made).await;
            assert_eq!(after.attempts[&Channel::Email].state, AttemptState::Failed);
            assert_eq!(after.undeliverable.is_some(), settled);
            assert_eq!(
                store
                    .record_unsent(&key(&made), &refused, &AttemptFollowUp::Next(&next))
                    .await
                    .unwrap(),
                Applied::Conflict
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_repeat_of_an_unknown_attempt_is_planned_once_and_not_after_an_answer() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let parent = dispatch(&campaign.id, 0, 0, &[]);
        let plan = async |made: &Voucher, number| {
            let next = parent.follow_up_for(
                DispatchPurpose::Retry,
                Channel::Email,
                number + 1,
                &made.customer,
                minutes(15),
            );
            store.plan_repeat(&key(made), Channel::Email, number, &next).await.unwrap()
        };
        let waiting = unknown(store, &campaign, "c-1").await;
        assert_eq!(plan(&waiting, 2).await, Applied::Conflict, "there is no attempt 2");
        assert_eq!(plan(&waiting, 1).await, Applied::Yes);
        assert_eq!(plan(&waiting, 1).await, Applied::Conflict, "planned already");
        assert_eq!(
            open(store, &campaign).await.0,
            2,
            "the attempt that is watched, and its repeat"
        );
        let answered = unknown(store, &campaign, "c-2").await;
        store
            .record_feedback(&key(&answered), Channel::Email, FeedbackType::Delivered, minutes(9))
            .await
            .unwrap();
        assert_eq!(plan(&answered, 1).await, Applied::Conflict);
        assert_eq!(open(store, &campaign).await.0, 3, "one more that is watched, and no repeat");
        // The provider's late answer to the first attempt still counts.
        assert_eq!(
            store.record_sent(&key(&waiting), &sent(1, minutes(20))).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(email(store, &waiting).await.state, AttemptState::Sent);
    })
    .await;
}

#[tokio::test]
async fn the_next_channel_after_an_unknown_fate_is_planned_once_and_not_after_an_answer() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let parent = dispatch(&campaign.id, 0, 0, &[]);
        let plan = async |made: &Voucher, number| {
            let purpose = DispatchPurpose::Fallback;
            let at = minutes(60);
            let next = parent.follow_up_for(purpose, Channel::Sms, 1, &made.customer, at);
            store.plan_fallback(&key(made), Channel::Email, number, &next).await.unwrap()
        };
        let waiting = unknown(store, &campaign, "c-1").await;
        assert_eq!(plan(&waiting, 2).await, Applied::Conflict, "there is no attempt 2");
        assert_eq!(plan(&waiting, 1).await, Applied::Yes);
        assert_eq!(plan(&waiting, 1).await, Applied::Conflict, "planned already");
        assert_eq!(email(store, &waiting).await.fallback_at, Some(minutes(60)));
        assert_eq!(open(store, &campaign).await.0, 2, "the attempt, and what follows it");
        // a refusal that the worker learns of later does not leave the customer without a channel
        let refused = ended(1, AttemptState::Failed, "rejected");
        let step = store
            .record_unsent(&key(&waiting), &refused, &AttemptFollowUp::Undeliverable)
            .await
            .unwrap();
        assert_eq!(step, Applied::Yes);
        assert_eq!(read(store, &waiting).await.undeliverable, None);
        assert_eq!(email(store, &waiting).await.state, AttemptState::Failed);

        let told = unknown(store, &campaign, "c-2").await;
        store
            .record_feedback(&key(&told), Channel::Email, FeedbackType::Delivered, minutes(9))
            .await
            .unwrap();
        assert_eq!(plan(&told, 1).await, Applied::Conflict, "a report came in between");
        let tapped = unknown(store, &campaign, "c-4").await;
        store.record_tap(&key(&tapped), Channel::Email, minutes(9)).await.unwrap();
        assert_eq!(plan(&tapped, 1).await, Applied::Conflict, "who tapped has the message");
        let used = unknown(store, &campaign, "c-3").await;
        let until = minutes(600);
        store.record_acceptance(&key(&used), until, None, minutes(9)).await.unwrap();
        assert_eq!(plan(&used, 1).await, Applied::Conflict, "the customer has accepted");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_attempt_for_which_no_run_waits_is_no_open_work() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_1", definition(json!({})), 1).await;
        let made = issued(store, "c-1").await;
        let state = ended(1, AttemptState::Unknown, "timeout");
        let planned = dispatch(&campaign.id, 0, 0, &["c-1"]);
        let outside = Dispatch { purpose: DispatchPurpose::Bounced, ..planned };
        let after = AttemptFollowUp::WaitForEvent { at: minutes(15), dispatch: &outside };
        assert_eq!(store.record_unsent(&key(&made), &state, &after).await.unwrap(), Applied::Yes);
        assert_eq!(open(store, &campaign).await.0, 0);
        let found = store.unknown_attempts(minutes(15)).await.unwrap().remove(0);
        assert!(!found.holds_run_open);
        store.delete_unknown_note(&found).await.unwrap();
        assert_eq!(open(store, &campaign).await.0, 0, "nothing is given back");
    })
    .await;
}

/// An event about one message, from our own worker or from the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MessageUpdate {
    Sent,
    Delivered,
    Bounced,
    Complained,
    Failed,
}

impl MessageUpdate {
    const ALL: [MessageUpdate; 5] = [
        MessageUpdate::Sent,
        MessageUpdate::Delivered,
        MessageUpdate::Bounced,
        MessageUpdate::Complained,
        MessageUpdate::Failed,
    ];

    async fn apply_update(self, store: &Store, voucher: &Voucher, at: Timestamp) {
        let what = match self {
            MessageUpdate::Sent => {
                store.record_sent(&key(voucher), &sent(1, at)).await.unwrap();
                return;
            }
            MessageUpdate::Delivered => FeedbackType::Delivered,
            MessageUpdate::Bounced => FeedbackType::HardBounce,
            MessageUpdate::Complained => FeedbackType::Complained,
            MessageUpdate::Failed => FeedbackType::Rejected,
        };
        store.record_feedback(&key(voucher), Channel::Email, what, at).await.unwrap();
    }
}

/// Returns every order of every choice of events: 325 sequences.
fn event_sequences() -> Vec<Vec<MessageUpdate>> {
    let mut stories: Vec<Vec<MessageUpdate>> = vec![Vec::new()];
    let mut all = Vec::new();
    while let Some(story) = stories.pop() {
        for news in MessageUpdate::ALL.into_iter().filter(|news| !story.contains(news)) {
            let longer: Vec<MessageUpdate> = story.iter().copied().chain([news]).collect();
            stories.push(longer.clone());
            all.push(longer);
        }
    }
    all
}

/// The result that must not depend on the order: the stages that are reached and their channels,
/// the attempt's end, and the paid units.
fn final_state(voucher: &Voucher) -> impl PartialEq + std::fmt::Debug + Clone + use<> {
    let stages = &voucher.stages;
    let reached =
        [stages.sent_at, stages.delivered_at, stages.accepted_at].map(|stage| stage.is_some());
    let attempt = &voucher.attempts[&Channel::Email];
    let via = (voucher.sent_via, voucher.delivered_via);
    (
        voucher.status,
        reached,
        via,
        attempt.state,
        attempt.reason.clone(),
        attempt.provider_id.clone(),
        voucher.message_units.clone(),
    )
}

#[tokio::test]
async fn events_of_a_message_end_the_same_in_any_order_and_repeated() {
    with_store(async |store, _| {
        let tell = async |(number, story): (usize, Vec<MessageUpdate>)| {
            let made = issued(store, &format!("c-{number}")).await;
            let mut stages = made.stages;
            for (minute, news) in (1..).zip(&story) {
                news.apply_update(store, &made, minutes(minute)).await;
                let now = read(store, &made).await.stages;
                for (before, after) in
                    [(stages.sent_at, now.sent_at), (stages.delivered_at, now.delivered_at)]
                {
                    assert!(before.is_none() || before == after, "{story:?}: a stage is set once");
                    assert!(
                        before == after || after == Some(minutes(minute)),
                        "{story:?}: by the news that reached it"
                    );
                }
                stages = now;
            }
            let once = read(store, &made).await;
            for news in story.iter().chain(story.iter().rev()) {
                news.apply_update(store, &made, minutes(99)).await;
            }
            assert_eq!(read(store, &made).await, once, "{story:?}: a repeat changes nothing");
            (story, once)
        };
        let mut ends = BTreeMap::new();
        let told: Vec<_> = event_sequences().into_iter().enumerate().collect();
        for chunk in told.chunks(16) {
            for (story, voucher) in join_all(chunk.iter().cloned().map(tell)).await {
                let news: BTreeSet<MessageUpdate> = story.iter().copied().collect();
                let expected = ends.entry(news).or_insert_with(|| final_state(&voucher)).clone();
                assert_eq!(final_state(&voucher), expected, "{story:?}");
            }
        }
        assert_eq!(ends.len(), 31);
    })
    .await;
}

#[tokio::test]
async fn events_of_an_untried_channel_change_nothing() {
    with_store(async |store, _| {
        let made = issued(store, "c-1").await;
        let stamp = store
            .record_feedback(&key(&made), Channel::Push, FeedbackType::Delivered, minutes(1))
            .await
            .unwrap();
        assert_eq!((stamp, read(store, &made).await), (Applied::Conflict, made.clone()));
        let nobody = VoucherKey { customer: customer_id("c-2"), ..key(&made) };
        let stamp = store
            .record_feedback(&nobody, Channel::Email, FeedbackType::Delivered, minutes(1))
            .await
            .unwrap();
        assert_eq!((stamp, store.voucher(&nobody).await.unwrap()), (Applied::Conflict, None));
    })
    .await;
}

#[tokio::test]
async fn a_providers_message_id_leads_to_its_voucher() {
    with_store(async |store, _| {
        let made = issued(store, "c-1").await;
        assert_eq!(store.find_message("sns-1").await.unwrap(), None);
        let reminder = VoucherMessage { channel: Channel::Sms, reminder: true };
        store.record_message_id("sns-1", &key(&made), reminder, noon()).await.unwrap();
        assert_eq!(store.find_message("sns-1").await.unwrap(), Some((key(&made), reminder)));
    })
    .await;
}

/// A code finds its voucher by the index, without an item of its own, and a tap is stamped once for
/// each channel.
#[tokio::test]
async fn a_link_finds_its_voucher_and_only_the_first_tap_on_a_channel_is_kept() {
    with_store(async |store, _| {
        let campaign = running(store, "cmp_links", definition(json!({})), 1).await;
        let signer = TokenSigner::new(TokenFormat::LINK, vec![b"a key of links".to_vec()]);
        let signer = LinkSigner::new(signer);
        let mut issued = Vec::new();
        for number in 0..20 {
            let customer = format!("link-{number}");
            let voucher = voucher(&campaign.id, &campaign.definition, &customer, Channel::Sms);
            store.issue_voucher(&voucher).await.unwrap();
            issued.push(voucher);
        }
        for voucher in &issued {
            let code = LinkCode::parse(&signer.code(voucher, Channel::Sms)).unwrap();
            let found = store.linked_vouchers(&code).await.unwrap();
            let signed: Vec<_> =
                found.iter().filter(|it| signer.channel_of(&code, it).is_some()).collect();
            assert_eq!(signed, [voucher]);
        }
        let first = key(&issued[0]);
        for (channel, at, applied) in [
            (Channel::Sms, 1, Applied::Yes),
            (Channel::Sms, 2, Applied::Conflict),
            (Channel::Email, 3, Applied::Yes),
            (Channel::Email, 3, Applied::Conflict),
        ] {
            let at = add_milliseconds(noon(), at);
            assert_eq!(store.record_tap(&first, channel, at).await.unwrap(), applied);
        }
        let stored = store.voucher(&first).await.unwrap().unwrap();
        let taps = [(Channel::Sms, 1), (Channel::Email, 3)];
        assert_eq!(
            stored.taps,
            taps.map(|(channel, at)| (channel, add_milliseconds(noon(), at))).into()
        );
        let nobody = VoucherKey { customer: customer_id("nobody"), voucher: first.voucher };
        let tapped = store.record_tap(&nobody, Channel::Sms, noon()).await.unwrap();
        assert_eq!(tapped, Applied::Conflict);
        assert!(store.voucher(&nobody).await.unwrap().is_none(), "a tap makes no record");
    })
    .await;
}
