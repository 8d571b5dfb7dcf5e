//! Tests of a segment's scan: pages with their checkpoint, continuations, repeats, crashes, and
//! whom a page plans on which channel. They run on the in-memory AWS, with a clock that the test
//! sets.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod rehearsals;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::{
    campaign::{
        audience::AudienceRule,
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
        segments::{SegmentBook, SegmentDraft},
    },
    customer::changes::CustomerReplacement,
    delivery::dispatch::{Dispatch, Segment},
    kernel::{
        channel::Channel::{self, Email, Sms},
        id::{RunId, SegmentId},
        money::Currency,
    },
};
use expand_audience::{ExpandContext, expand_segment};
use fake_aws::{CallGate, CallVerdict, FakeAws};
use futures::{
    FutureExt,
    future::{Either, ready, select},
};
use queue::{Queue, SegmentNudge};
use runtime::{
    HandlerOutcome,
    clock::{Deadline, simulated},
};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition, settings::SettingName},
    conditional::Applied,
    delivery::segments::new_segments,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon},
};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
/// Enough time for every page of a test.
const LONG: i64 = HOUR;
const PAGE_SIZE: usize = 10;
const DISPATCH_SIZE: usize = 4;

/// The fate of the next write of a page.
#[derive(Clone, Copy, PartialEq)]
enum PageWrite {
    Proceed,
    /// The clock moves on by so many milliseconds while the page is written.
    TakesMilliseconds(i64),
    /// The page is written and its worker dies before it knows.
    WrittenAndDied,
}

struct SegmentFixture {
    memory: FakeAws,
    context: ExpandContext,
    page_write: Arc<Mutex<PageWrite>>,
}

impl SegmentFixture {
    fn new() -> Self {
        simulated::set_now(Some(noon()));
        let page_write = Arc::new(Mutex::new(PageWrite::Proceed));
        let memory = FakeAws::with_gate(testkit::table_schemas(), page_gate(page_write.clone()));
        let tables = TestTables::on_fake_aws(&memory);
        let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
        let context = ExpandContext {
            store: Store::new(
                &tables.config,
                TableNames::from_lookup(|variable| tables.table_name(variable)),
            )
            .with_address_keys(testkit::address_hasher().into()),
            expansion: queue("expansion"),
            release: queue("release"),
            watchdog: queue("watchdog"),
            dispatch_size: DISPATCH_SIZE,
            page_size: PAGE_SIZE,
            currency: Currency::parse("EUR").unwrap(),
        };
        Self { memory, context, page_write }
    }

    async fn launch_campaign(&self, change: Value) -> Campaign {
        let store = &self.context.store;
        let draft = Campaign::draft(campaign_id("cmp_1"), definition(change), "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "cmp_1", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        let launched = store
            .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change("launch"))
            .await;
        assert_eq!(launched.unwrap(), Applied::Yes);
        store.campaign(&draft.id).await.unwrap().unwrap()
    }

    /// Creates customers `c-0` and so on, who are reached by SMS and e-mail.
    async fn add_customers(&self, count: usize) {
        for number in 0..count {
            self.add_customer(&format!("c-{number}"), "granted", "en").await;
        }
    }

    async fn add_customer(&self, id: &str, sms: &str, locale: &str) {
        let consent =
            |state: &str| json!({"state": state, "source": "test", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": {"zone": "UTC", "locale": locale},
            "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
            "consents": {"sms": consent(sms), "email": consent("granted")},
        }))
        .unwrap();
        let euro = Currency::parse("EUR").unwrap();
        self.context.store.put_customer(&customer_id(id), &put, euro).await.unwrap();
    }

    /// Scans the campaign's segment, with so many milliseconds until the invocation ends.
    async fn expand(&self, campaign: &Campaign, milliseconds: i64) -> HandlerOutcome {
        let nudge = SegmentNudge { run: campaign.run.clone().unwrap(), segment: 0 };
        let end = add_milliseconds(runtime::clock::now(), milliseconds).as_millisecond();
        let deadline = Deadline::from_millisecond(u64::try_from(end).unwrap());
        expand_segment(&self.context, &nudge, deadline).await
    }

    fn set_page_write(&self, page_write: PageWrite) {
        *self.page_write.lock().unwrap() = page_write;
    }

    async fn segment(&self, campaign: &Campaign) -> Segment {
        self.context.store.segment(campaign.run.as_ref().unwrap(), 0).await.unwrap().unwrap()
    }

    /// Returns all planned dispatches of a channel.
    async fn dispatches(&self, channel: Channel) -> Vec<Dispatch> {
        let far = add_milliseconds(noon(), 100 * HOUR);
        let (due, _) = self.context.store.due_dispatches(channel, far, None).await.unwrap();
        let mut dispatches = Vec::new();
        for due in due {
            dispatches.push(self.context.store.dispatch(&due.key).await.unwrap().unwrap());
        }
        dispatches
    }

    /// Returns how many customers the dispatches of a channel are for, and fails if one of them is
    /// in two.
    async fn planned(&self, channel: Channel) -> usize {
        let mut customers: Vec<_> =
            self.dispatches(channel).await.into_iter().flat_map(|it| it.customers).collect();
        let planned = customers.len();
        customers.sort();
        customers.dedup();
        assert_eq!(customers.len(), planned, "a customer was planned twice");
        planned
    }

    /// Returns how many messages were sent to each queue since the last call.
    fn take_nudges(&self) -> BTreeMap<String, usize> {
        let mut nudges = BTreeMap::new();
        for sent in self.memory.take_queued_messages() {
            let queue = sent.queue.rsplit('/').next().unwrap().to_owned();
            *nudges.entry(queue).or_default() += 1;
        }
        nudges
    }
}

/// Lets every call proceed; the write of a page does what the test has set.
fn page_gate(page_write: Arc<Mutex<PageWrite>>) -> CallGate {
    Arc::new(move |call| {
        if call.operation != "TransactWriteItems" {
            // concurrent workers take turns
            return async {
                tokio::task::yield_now().await;
                CallVerdict::Proceed
            }
            .boxed();
        }
        let verdict = match *page_write.lock().unwrap() {
            PageWrite::Proceed => CallVerdict::Proceed,
            PageWrite::TakesMilliseconds(milliseconds) => {
                let later = add_milliseconds(runtime::clock::now(), milliseconds);
                simulated::set_now(Some(later));
                CallVerdict::Proceed
            }
            PageWrite::WrittenAndDied => CallVerdict::Hang,
        };
        ready(verdict).boxed()
    })
}

fn nudges(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(queue, count)| ((*queue).to_owned(), *count)).collect()
}

#[tokio::test]
async fn every_customer_is_planned_once_in_dispatches_that_are_not_too_large() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(25).await;
    stage.take_nudges();
    assert_eq!(stage.expand(&campaign, LONG).await, HandlerOutcome::Done);

    let dispatches = stage.dispatches(Sms).await;
    assert_eq!(stage.planned(Sms).await, 25);
    assert!(dispatches.iter().all(|it| it.customers.len() <= DISPATCH_SIZE));
    let segment = stage.segment(&campaign).await;
    assert_eq!(
        (segment.scanned_all, segment.page, segment.scanned, segment.selected, segment.open),
        (true, 3, 25, 25, dispatches.len() as u64)
    );
    assert_eq!(segment.cursor, None);
    assert_eq!(stage.take_nudges(), nudges(&[("release", 2)]), "after the first page and the last");
}

#[tokio::test]
async fn a_worker_without_time_stops_at_the_checkpoint_and_one_message_continues_from_there() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(25).await;
    stage.take_nudges();
    stage.set_page_write(PageWrite::TakesMilliseconds(10 * SECOND));
    for (page, scanned) in [(1, 10), (2, 20)] {
        assert_eq!(stage.expand(&campaign, 11 * SECOND).await, HandlerOutcome::Done);
        let segment = stage.segment(&campaign).await;
        assert_eq!(
            (segment.page, segment.scanned, segment.hops, segment.scanned_all),
            (page, scanned, u32::try_from(page).unwrap(), false)
        );
        assert_eq!(stage.planned(Sms).await, usize::try_from(scanned).unwrap());
        assert_eq!(stage.take_nudges()["expansion"], 1);
    }
    assert_eq!(stage.expand(&campaign, 11 * SECOND).await, HandlerOutcome::Done);
    assert_eq!(stage.planned(Sms).await, 25);
    assert_eq!(stage.segment(&campaign).await.selected, 25);
    assert_eq!(stage.take_nudges(), nudges(&[("release", 1)]));
}

#[tokio::test]
async fn a_worker_that_gets_no_page_done_comes_again_and_sends_no_message_to_itself() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({})).await;
    stage.add_customers(1).await;
    stage.take_nudges();
    let outcome = stage.expand(&campaign, SECOND).await;
    assert!(matches!(outcome, HandlerOutcome::Retry(_)), "{outcome:?}");
    assert_eq!(stage.segment(&campaign).await.page, 0);
    assert_eq!(stage.take_nudges().get("expansion"), None);
}

#[tokio::test]
async fn a_repeated_message_changes_nothing() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(25).await;
    stage.expand(&campaign, LONG).await;
    let (first, planned) = (stage.segment(&campaign).await, stage.dispatches(Sms).await);
    assert_eq!(stage.expand(&campaign, LONG).await, HandlerOutcome::Done);
    assert_eq!(stage.segment(&campaign).await, first);
    assert_eq!(stage.dispatches(Sms).await, planned);
}

#[tokio::test]
async fn of_two_workers_on_one_segment_one_writes_each_page() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(25).await;
    let both = futures::join!(stage.expand(&campaign, LONG), stage.expand(&campaign, LONG));
    assert_eq!(both, (HandlerOutcome::Done, HandlerOutcome::Done));
    let segment = stage.segment(&campaign).await;
    assert_eq!((segment.page, segment.scanned, segment.selected), (3, 25, 25));
    assert_eq!(stage.planned(Sms).await, 25);
}

#[tokio::test]
async fn a_page_whose_worker_died_after_writing_it_is_not_planned_again() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(25).await;
    stage.set_page_write(PageWrite::WrittenAndDied);
    {
        let worker = Box::pin(stage.expand(&campaign, LONG));
        let written = Box::pin(page_written(&stage, &campaign));
        assert!(matches!(select(worker, written).await, Either::Right(_)));
    }
    assert_eq!(stage.planned(Sms).await, 10);
    stage.set_page_write(PageWrite::Proceed);
    assert_eq!(stage.expand(&campaign, LONG).await, HandlerOutcome::Done);
    assert_eq!(stage.planned(Sms).await, 25);
    assert_eq!(stage.segment(&campaign).await.selected, 25);
}

/// Waits until the first page is written.
async fn page_written(stage: &SegmentFixture, campaign: &Campaign) {
    while stage.segment(campaign).await.page == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_paused_campaign_selects_nobody_and_a_cancelled_one_closes_the_segment() {
    for (action, closed) in [(CampaignAction::Pause, false), (CampaignAction::Cancel, true)] {
        let stage = SegmentFixture::new();
        let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
        stage.add_customers(3).await;
        let summary = stage.context.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        let step = StateTransition::from_summary(&summary, action, noon()).unwrap();
        let step = StateTransition { revoke: closed.then_some(RevokeScope::None), ..step };
        let change = AuditedChange { actor: "ada", action: action.as_str(), note: "", at: noon() };
        let store = &stage.context.store;
        assert_eq!(store.transition_campaign(&step, &change).await.unwrap(), Applied::Yes);

        assert_eq!(stage.expand(&campaign, LONG).await, HandlerOutcome::Done);
        let segment = stage.segment(&campaign).await;
        assert_eq!((segment.scanned_all, segment.scanned, segment.selected), (closed, 0, 0));
        assert_eq!(stage.planned(Sms).await, 0);
    }
}

#[tokio::test]
async fn a_page_plans_whom_the_rule_selects_on_the_first_channel_that_reaches_them() {
    let stage = SegmentFixture::new();
    let campaign = stage
        .launch_campaign(json!({
            "audience": {"everyone": null, "locale": {"any_of": ["en"]}},
            "channels": {"ladder": ["sms", "email"]},
        }))
        .await;
    stage.add_customer("by-sms", "granted", "en").await;
    stage.add_customer("by-email", "denied", "en").await;
    stage.add_customer("elsewhere", "granted", "de").await;
    stage.expand(&campaign, LONG).await;
    let customers = async |channel| stage.dispatches(channel).await.remove(0).customers;
    assert_eq!(customers(Sms).await, [customer_id("by-sms")]);
    assert_eq!(customers(Email).await, [customer_id("by-email")]);
    let segment = stage.segment(&campaign).await;
    assert_eq!((segment.scanned, segment.selected, segment.open), (3, 2, 2));
}

#[tokio::test]
async fn in_quiet_hours_dispatches_are_due_when_they_end() {
    let stage = SegmentFixture::new();
    let quiet = json!({"quiet_hours": {"sms": {"from": "11:30", "to": "14:00"}}});
    let policy = serde_json::from_value(quiet).unwrap();
    stage.context.store.set_contact_policy(&policy, 0, "ada", noon()).await.unwrap();
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(1).await;
    stage.expand(&campaign, LONG).await;
    let due: Vec<_> = stage.dispatches(Sms).await.iter().map(|it| it.due_at).collect();
    assert_eq!(due, [add_milliseconds(noon(), 2 * HOUR)]);
}

#[tokio::test]
async fn when_nobody_is_selected_the_watchdog_is_nudged_to_complete_the_run() {
    let stage = SegmentFixture::new();
    let campaign = stage.launch_campaign(json!({})).await;
    stage.take_nudges();
    assert_eq!(stage.expand(&campaign, LONG).await, HandlerOutcome::Done);
    assert!(stage.segment(&campaign).await.scanned_all);
    assert_eq!(stage.take_nudges().get("watchdog"), Some(&1));
}

/// Saves the only segment, whose customers are kept out of every campaign.
async fn exclude(stage: &SegmentFixture, rule: Value) {
    let rule = AudienceRule::parse(&rule, "/rule").unwrap();
    let draft =
        SegmentDraft { name: "Staff".into(), description: String::new(), rule, excluded: true };
    let mut book = SegmentBook::default();
    book.put(&SegmentId::parse("staff").unwrap(), draft, "ada", noon()).unwrap();
    let change = AuditedChange { actor: "ada", action: "save", note: "", at: noon() };
    let saved = stage.context.store.save_setting(SettingName::Segments, 0, &book, &change).await;
    assert_eq!(saved.unwrap(), Applied::Yes);
}

#[tokio::test]
async fn who_is_kept_out_of_every_campaign_is_not_selected() {
    let stage = SegmentFixture::new();
    exclude(&stage, json!({"customer_ids": {"any_of": ["c-1"]}})).await;
    let campaign = stage.launch_campaign(json!({"channels": {"ladder": ["sms"]}})).await;
    stage.add_customers(3).await;
    stage.expand(&campaign, LONG).await;
    let mut customers: Vec<_> =
        stage.dispatches(Sms).await.into_iter().flat_map(|it| it.customers).collect();
    customers.sort();
    assert_eq!(customers, [customer_id("c-0"), customer_id("c-2")]);
    let segment = stage.segment(&campaign).await;
    assert_eq!((segment.scanned, segment.selected), (3, 2));
}

#[tokio::test]
async fn a_rule_on_vouchers_selects_who_had_none() {
    let stage = SegmentFixture::new();
    let campaign = stage
        .launch_campaign(json!({
            "audience": {"everyone": null, "not": {"had_voucher": {"days_ago_at_most": 30}}},
            "channels": {"ladder": ["sms"]},
        }))
        .await;
    stage.add_customers(2).await;
    stage.expand(&campaign, LONG).await;
    let segment = stage.segment(&campaign).await;
    assert_eq!((segment.scanned, segment.selected), (2, 2));
}

#[tokio::test]
async fn a_segment_that_was_not_frozen_selects_nobody() {
    let stage = SegmentFixture::new();
    let campaign = stage
        .launch_campaign(json!({
            "audience": {"everyone": null, "not": {"segment": {"id": "staff"}}},
            "channels": {"ladder": ["sms"]},
        }))
        .await;
    stage.add_customers(2).await;
    stage.expand(&campaign, LONG).await;
    let segment = stage.segment(&campaign).await;
    assert_eq!((segment.scanned, segment.selected), (0, 0));
}
