//! Merged records in memory and on the local AWS: one customer by either id, sums that equal a
//! recount, an undo that gives both back what is theirs, and one offer of a campaign for both
//! records.

use domain::{
    Timestamp,
    customer::{
        changes::CustomerReplacement,
        merge::{MergeRefusal, UNDO_DAYS},
        orders::{CountedOrder, recount_totals},
        profile::{Consent, ConsentState, Customer},
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, OrderEventId, OrderId},
        money::Currency,
        validation::parse_value,
    },
    voucher::{
        order_event::{OrderChange, OrderEvent},
        record::{Voucher, VoucherStatus},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use store::{
    Store,
    customer::{
        merges::{DayLimit, MergeAct, MergeRequest, MergeResult, UndoResult},
        profiles::CustomerLookup,
    },
    voucher::{
        issue::{GuardedIssue, IssueGuards, IssueResult},
        order_events::OrderOutcome,
        records::VoucherKey,
    },
};
use testkit::builders::{
    add_milliseconds, basket, campaign_id, customer_id, definition, noon, voucher, without_voucher,
};

use crate::stage::with_store;

const HOUR: i64 = 3_600_000;

fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}
fn hours(number: i64) -> Timestamp {
    add_milliseconds(noon(), number * HOUR)
}

async fn put(store: &Store, id: &str, body: Value) {
    let put: CustomerReplacement = parse_value(body).unwrap();
    store.put_customer(&customer_id(id), &put, euros()).await.unwrap();
}

async fn found(store: &Store, id: &str) -> Customer {
    match store.customer(&customer_id(id)).await.unwrap() {
        CustomerLookup::Customer(customer) => *customer,
        gone @ (CustomerLookup::Erased | CustomerLookup::Unknown) => panic!("{id}: {gone:?}"),
    }
}

/// `new` is the surviving record of the tests and `old` the one that is merged into it.
async fn two_records(store: &Store) {
    let consent =
        |state: &str| json!({"state": state, "source": "test", "at": "2026-01-01T00:00:00Z"});
    put(
        store,
        "new",
        json!({
            "profile": {"first_name": "Ana", "currency": "EUR", "zone": "UTC"},
            "contacts": {"email": "ana@example.com"},
            "consents": {"email": consent("granted")},
            "push_endpoints": [{"endpoint_id": "d-1", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"}],
        }),
    )
    .await;
    put(
        store,
        "old",
        json!({
            "profile": {"last_name": "García", "currency": "EUR", "zone": "UTC",
                "personal_dates": {"birthday": "1990-03-05", "wedding": "2015-06-01"}},
            "contacts": {"phone": "+34600000001", "email": "ana.old@example.com"},
            "consents": {"email": consent("denied"), "sms": consent("granted")},
            "push_endpoints": [{"endpoint_id": "d-2", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/2"}],
        }),
    )
    .await;
}

fn act(at: Timestamp) -> MergeAct<'static> {
    MergeAct { actor: "ada", reason: "the same person", now: at }
}

async fn merge(store: &Store, into: &str, from: &str, at: Timestamp) -> MergeResult {
    let (into, from) = (customer_id(into), customer_id(from));
    let request =
        MergeRequest { into: &into, from: &from, tenant: euros(), act: act(at), day_limit: None };
    store.merge_customers(&request).await.unwrap()
}

async fn undo(store: &Store, id: &str, at: Timestamp) -> UndoResult {
    store.undo_merge(&customer_id(id), euros(), &act(at)).await.unwrap()
}

fn placed(customer: &str, order: &str, at: i64, total: i64) -> OrderEvent {
    event(customer, order, "placed", at, OrderChange::Placed { basket: basket(total) })
}

fn event(customer: &str, order: &str, name: &str, at: i64, change: OrderChange) -> OrderEvent {
    OrderEvent {
        cart: None,
        event: OrderEventId::parse(&format!("{order}.{name}")).unwrap(),
        order: OrderId::parse(order).unwrap(),
        customer: customer_id(customer),
        at: hours(at),
        change,
    }
}

async fn record(store: &Store, event: &OrderEvent) -> OrderOutcome {
    store.record_order(event, euros(), hours(2_000)).await.unwrap()
}

/// Checks that the totals of a customer are what the orders of all their records add up to, and
/// returns the number of orders and the spend.
async fn totals(store: &Store, id: &str) -> (u32, i64) {
    let customer = found(store, id).await;
    let mut orders: Vec<CountedOrder> = Vec::new();
    for id in customer.record_ids() {
        let listed = store.listed_orders(&id).await.unwrap();
        orders.extend(listed.into_iter().filter_map(|order| order.counted));
    }
    let recounted = recount_totals(orders.iter());
    assert_eq!((customer.activity, customer.verticals.clone()), recounted);
    (customer.activity.orders, customer.activity.spend.units())
}

#[tokio::test]
async fn either_id_is_the_surviving_customer_with_the_stricter_consents() {
    with_store(async |store, _| {
        two_records(store).await;
        let MergeResult::Merged(merged) = merge(store, "new", "old", hours(1)).await else {
            panic!("not merged");
        };
        let (new, old) = (found(store, "new").await, found(store, "old").await);
        assert_eq!((&new, &old), (&*merged, &*merged));
        assert_eq!(new.id, customer_id("new"));
        assert_eq!(new.consents[&Channel::Email].state, ConsentState::Denied);
        assert_eq!(new.consents[&Channel::Sms].state, ConsentState::Granted);
        assert_eq!(new.contacts.phone.as_ref().map(|it| it.expose()), Some("+34600000001"));
        assert_eq!(new.push_endpoints.len(), 2);
        let scan = store.scan_customers(0, 1, None, 10).await.unwrap();
        assert_eq!(scan.customers.len(), 1, "the merged record is no customer of its own");
        assert!(matches!(merge(store, "new", "old", hours(2)).await, MergeResult::Repeat(_)));
        // A word by the old id is the customer's.
        let denied = Consent { state: ConsentState::Denied, source: "app".into(), at: hours(3) };
        let old_id = customer_id("old");
        store.set_consent(&old_id, Channel::Sms, &denied, hours(3)).await.unwrap();
        assert_eq!(found(store, "new").await.consents[&Channel::Sms].state, ConsentState::Denied);
    })
    .await;
}

#[tokio::test]
async fn an_undo_gives_back_each_record_and_keeps_a_no_for_both() {
    with_store(async |store, _| {
        two_records(store).await;
        let (new, old) = (found(store, "new").await, found(store, "old").await);
        merge(store, "new", "old", hours(1)).await;
        let denied = Consent { state: ConsentState::Denied, source: "app".into(), at: hours(2) };
        store.set_consent(&new.id, Channel::Sms, &denied, hours(2)).await.unwrap();
        assert!(matches!(undo(store, "old", hours(3)).await, UndoResult::Undone(_)));
        let (one, other) = (found(store, "new").await, found(store, "old").await);
        assert_eq!((&one.contacts, &other.contacts), (&new.contacts, &old.contacts));
        assert_eq!((&one.profile, &other.profile), (&new.profile, &old.profile));
        assert_eq!(one.push_endpoints, new.push_endpoints);
        assert_eq!(other.push_endpoints, old.push_endpoints);
        assert_eq!(one.consents[&Channel::Email], new.consents[&Channel::Email]);
        let sms = [&one, &other].map(|it| it.consents[&Channel::Sms].state);
        assert_eq!(sms, [ConsentState::Denied; 2]);
        assert!(one.merged.is_empty());
        assert_eq!(undo(store, "old", hours(4)).await, UndoResult::NotMerged);
        // A word by an address reaches the record that has it, as before the merge.
        for (id, contacts) in [("new", &new.contacts), ("old", &old.contacts)] {
            let email = contacts.email.clone().unwrap();
            let key = store.address_key(&domain::customer::address::Address::Email(email)).await;
            let holders = store.address_holders(&key.unwrap(), 10).await.unwrap();
            assert_eq!(holders, [customer_id(id)]);
        }
        // Merged again, and the days are over.
        merge(store, "new", "old", hours(5)).await;
        assert_eq!(undo(store, "old", hours(5 + 24 * UNDO_DAYS)).await, UndoResult::TooLate);
    })
    .await;
}

#[tokio::test]
async fn the_sums_equal_a_recount_before_and_after_an_undo() {
    with_store(async |store, _| {
        two_records(store).await;
        record(store, &placed("new", "o-1", 1, 1_000)).await;
        record(store, &placed("old", "o-2", 2, 2_000)).await;
        merge(store, "new", "old", hours(3)).await;
        assert_eq!(totals(store, "new").await, (2, 3_000));
        // Orders by either id count for the one customer, and so do changes of earlier ones.
        record(store, &placed("old", "o-3", 4, 400)).await;
        record(store, &placed("new", "o-4", 5, 500)).await;
        let cancelled = event("new", "o-2", "cancelled", 6, OrderChange::Cancelled);
        assert!(matches!(record(store, &cancelled).await, OrderOutcome::First(_)));
        assert!(matches!(record(store, &cancelled).await, OrderOutcome::Repeat(_)));
        let repeat = record(store, &placed("old", "o-3", 4, 400)).await;
        assert!(matches!(repeat, OrderOutcome::Repeat(_)), "{repeat:?}");
        assert_eq!(totals(store, "old").await, (3, 1_900));
        undo(store, "old", hours(7)).await;
        assert_eq!(
            (totals(store, "new").await, totals(store, "old").await),
            ((2, 1_500), (1, 400))
        );
    })
    .await;
}

#[tokio::test]
async fn merges_undos_and_orders_at_once_leave_sums_that_add_up() {
    with_store(async |store, _| {
        two_records(store).await;
        let events: Vec<OrderEvent> = (0..8)
            .map(|number| {
                let customer = if number % 2 == 0 { "new" } else { "old" };
                placed(customer, &format!("o-{number}"), number, 100)
            })
            .collect();
        let orders = join_all(events.iter().map(|event| record(store, event)));
        let turns = async {
            for turn in 0..3 {
                merge(store, "new", "old", hours(20 + turn)).await;
                undo(store, "old", hours(20 + turn)).await;
            }
        };
        futures::join!(orders, turns);
        assert_eq!((totals(store, "new").await, totals(store, "old").await), ((4, 400), (4, 400)));
        merge(store, "new", "old", hours(30)).await;
        assert_eq!(totals(store, "new").await, (8, 800));
    })
    .await;
}

/// Puts the record of each id with the other's key as its sibling.
async fn issue(store: &Store, voucher: &Voucher, sibling: &Voucher) -> GuardedIssue {
    let siblings = [VoucherKey::from(sibling)];
    let guards = IssueGuards { siblings: &siblings, ..IssueGuards::default() };
    store.issue_voucher_guarded(voucher, &guards).await.unwrap()
}

#[tokio::test]
async fn of_two_merged_records_one_gets_the_offer_of_a_campaign() {
    with_store(async |store, _| {
        let (campaign, offer) = (campaign_id("cmp_1"), definition(json!({})));
        let [new, old] = ["new", "old"].map(|id| voucher(&campaign, &offer, id, Channel::Sms));
        let answers = futures::join!(issue(store, &new, &old), issue(store, &old, &new));
        let answers = [answers.0, answers.1];
        let first = GuardedIssue::Issued(IssueResult::First);
        let won = answers.iter().filter(|it| **it == first).count();
        let lost = answers.iter().filter(|it| **it == GuardedIssue::SiblingIssued).count();
        assert_eq!((won, lost), (1, 1), "{answers:?}");
        // A skip is no offer.
        let second = campaign_id("cmp_2");
        let [new, old] = ["new", "old"].map(|id| voucher(&second, &offer, id, Channel::Sms));
        store.restore_voucher(&without_voucher(VoucherStatus::Skipped, old.clone())).await.unwrap();
        assert_eq!(issue(store, &new, &old).await, first);
    })
    .await;
}

#[tokio::test]
async fn the_wallets_are_one_and_erasing_either_erases_both() {
    with_store(async |store, _| {
        for erased in ["new", "old"] {
            let (new, old) = (format!("{erased}-new"), format!("{erased}-old"));
            for (id, phone) in [(&new, "+34600000011"), (&old, "+34600000012")] {
                put(store, id, json!({"contacts": {"phone": phone}})).await;
                let made = voucher(&campaign_id("cmp_1"), &definition(json!({})), id, Channel::Sms);
                store.restore_voucher(&made).await.unwrap();
                record(store, &placed(id, &format!("{id}.o"), 1, 100)).await;
            }
            merge(store, &new, &old, hours(2)).await;
            let customer = found(store, &old).await;
            let wallet = store.vouchers_of(&customer.record_ids()).await.unwrap();
            assert_eq!(wallet.len(), 2);
            let of_other =
                VoucherKey { customer: customer.id.clone(), voucher: wallet[1].id.clone() };
            let read = store.customer_voucher(&of_other).await.unwrap();
            assert_eq!(read.map(|it| it.id), Some(wallet[1].id.clone()));

            let id = if erased == "new" { &new } else { &old };
            assert!(store.erase_customer(&customer_id(id), hours(3)).await.unwrap());
            assert!(store.erase_customer(&customer_id(id), hours(3)).await.unwrap(), "a repeat");
            for id in [&new, &old] {
                let lookup = store.customer(&customer_id(id)).await.unwrap();
                assert_eq!(lookup, CustomerLookup::Erased, "{id}");
                let open = store.customer_vouchers(&customer_id(id)).await.unwrap();
                assert!(open.iter().all(|voucher| voucher.status == VoucherStatus::Revoked));
                assert!(store.listed_orders(&customer_id(id)).await.unwrap().is_empty());
                assert_eq!(store.merge_note(&customer_id(id)).await.unwrap(), None);
            }
            assert_eq!(undo(store, &old, hours(4)).await, UndoResult::Erased);
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_merged_or_undone_is_answered_as_such() {
    with_store(async |store, _| {
        two_records(store).await;
        put(store, "third", json!({})).await;
        let gone = CustomerId::parse("nobody").unwrap();
        assert_eq!(
            merge(store, "new", "nobody", hours(1)).await,
            MergeResult::Unknown(gone.clone())
        );
        assert_eq!(merge(store, "nobody", "new", hours(1)).await, MergeResult::Unknown(gone));
        let same = MergeResult::Refused(MergeRefusal::SameCustomer);
        assert_eq!(merge(store, "new", "new", hours(1)).await, same);
        merge(store, "new", "old", hours(1)).await;
        assert_eq!(merge(store, "old", "new", hours(1)).await, same);
        let elsewhere = MergeResult::MergedElsewhere(customer_id("new"));
        assert_eq!(merge(store, "third", "old", hours(1)).await, elsewhere);
        // By the merged id the other record goes into the surviving one.
        assert!(matches!(merge(store, "old", "third", hours(2)).await, MergeResult::Merged(_)));
        assert_eq!(found(store, "third").await.id, customer_id("new"));
        put(store, "top", json!({})).await;
        merge(store, "top", "new", hours(3)).await;
        assert_eq!(found(store, "third").await.id, customer_id("top"));
        let further = UndoResult::MergedFurther(customer_id("new"));
        assert_eq!(undo(store, "old", hours(4)).await, further);
        assert!(matches!(undo(store, "new", hours(4)).await, UndoResult::Undone(_)));
        assert!(matches!(undo(store, "old", hours(4)).await, UndoResult::Undone(_)));
        assert_eq!(found(store, "third").await.id, customer_id("new"));
        assert_eq!(undo(store, "nobody", hours(4)).await, UndoResult::Unknown);
    })
    .await;
}

#[tokio::test]
async fn no_operator_merges_more_on_a_day_than_their_role_may() {
    with_store(async |store, _| {
        for id in ["a", "b", "c"] {
            put(store, id, json!({})).await;
        }
        let day = "2026-11-22".parse().unwrap();
        let limited = async |from: &str| {
            let (into, from) = (customer_id("a"), customer_id(from));
            let request = MergeRequest {
                into: &into,
                from: &from,
                tenant: euros(),
                act: act(hours(1)),
                day_limit: Some(DayLimit { operator: "op-1", day, most: 1 }),
            };
            store.merge_customers(&request).await.unwrap()
        };
        assert!(matches!(limited("b").await, MergeResult::Merged(_)));
        assert_eq!(limited("c").await, MergeResult::DayLimit);
        assert!(matches!(limited("b").await, MergeResult::Repeat(_)), "a repeat counts nothing");
        assert_eq!(found(store, "c").await.id, customer_id("c"));
    })
    .await;
}
