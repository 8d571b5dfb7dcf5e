//! What providers say after the send, until the campaign is paused for it: events through record-feedback, the changes they make through
//! aggregate-reports, and the watchdog's look. In memory and on the local AWS.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use aggregate_reports::{Batch, Change as Changed, Record, fold};
use channels::feedback::{encode_customer, parse};
use domain::{
    TimeZone, Timestamp,
    campaign::{Action, Campaign, State},
    channel::Channel,
    definition::Definition,
    id::RunId,
    sender_health::{Harm, Limits, PauseCause},
    voucher::Voucher,
};
use queue::{Queue, Wake};
use runtime::{Handled, clock::simulated};
use serde_json::json;
use store::{
    Store, Tables,
    control::{AuditRecord, Change, Step, Write},
    issue::Issued,
    vouchers::{Sent, VoucherKey},
    work::new_segments,
};
use sweep::{Context, sweep};
use testkit::{
    TestTables,
    builders::{campaign_id, definition, later, noon, voucher},
    with_both,
};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

struct Stage {
    sweep: Context,
    aggregate: aggregate_reports::Context,
    store: Store,
    definition: Definition,
}

impl Stage {
    async fn new(tables: &TestTables) -> Self {
        simulated::set(Some(noon()));
        let store = Store::new(&tables.config, Tables::from_lookup(|variable| tables.lookup(variable)));
        let queue = |name: &str| Queue::new(&tables.config, format!("http://nowhere.invalid/{name}"));
        let definition = definition(json!({"channels": {"ladder": ["email"]}}));
        let stage = Self {
            sweep: Context {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                stalled_after_seconds: 1_000_000,
                expiries_at_once: 100,
                limits: Limits::default(),
                zone: TimeZone::UTC,
                recount_for: std::time::Duration::from_secs(3_600),
            },
            aggregate: aggregate_reports::Context {
                store: store.clone(),
                parked: queue("parked"),
                zone: TimeZone::UTC,
                hold: std::time::Duration::from_secs(20),
            },
            store,
            definition,
        };
        let draft = Campaign::draft(campaign_id("cmp_1"), stage.definition.clone(), "ada", noon());
        stage.store.create_campaign(&draft, "cmp_1", &stage.change("create", noon())).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        let change = stage.change("launch", noon());
        assert_eq!(stage.store.launch(&draft, State::Running, &run, &segments, &change).await.unwrap(), Write::Done);
        stage
    }

    fn change<'a>(&self, action: &'a str, at: Timestamp) -> Change<'a> {
        Change { actor: "ada", action, note: "", at }
    }

    /// Sent by e-mail to so many customers from `from` on, one a second, and counted.
    async fn sent(&self, customers: std::ops::Range<i64>, from: Timestamp) -> Vec<Voucher> {
        let (mut sent, mut records) = (Vec::new(), Vec::new());
        for number in customers {
            let at = later(from, number * SECOND);
            let mut claimed = voucher(&campaign_id("cmp_1"), &self.definition, &format!("c-{number}"), Channel::Email);
            for attempt in claimed.attempts.values_mut() {
                attempt.at = at;
            }
            assert_eq!(self.store.issue(&claimed).await.unwrap(), Issued::First);
            let key = VoucherKey::from(&claimed);
            let taken = Sent { channel: Channel::Email, number: 1, at, provider_id: "m", units: 1 };
            self.store.record_sent(&key, &taken).await.unwrap();
            let now = self.store.voucher(&key).await.unwrap().unwrap();
            records.push(Changed::Step { old: None, new: Box::new(claimed.clone()) });
            records.push(Changed::Step { old: Some(Box::new(claimed)), new: Box::new(now.clone()) });
            sent.push(now);
        }
        self.counted(&format!("sent {from}"), records).await;
        sent
    }

    /// The event comes three times, and so does the change that it makes.
    async fn told(&self, kind: &str, about: &[Voucher]) {
        let mut records = Vec::new();
        for voucher in about {
            let tags = json!({"voucher": [voucher.id.as_str()], "customer": [encode_customer(&voucher.customer)]});
            let mut event = json!({"eventType": kind, "mail": {"messageId": "m", "tags": tags}});
            if kind == "Bounce" {
                event["bounce"] =
                    json!({"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "ana@example.com"}]});
            }
            for _ in 0..3 {
                let before = self.store.voucher(&VoucherKey::from(voucher)).await.unwrap().unwrap();
                let news = parse(&event.to_string(), later(noon(), 24 * HOUR)).unwrap();
                assert_eq!(record_feedback::record(&self.store, &news, 1).await, Handled::Done);
                let after = self.store.voucher(&VoucherKey::from(voucher)).await.unwrap().unwrap();
                if after != before {
                    records.push(Changed::Step { old: Some(Box::new(before)), new: Box::new(after) });
                }
            }
        }
        assert_eq!(records.len(), about.len(), "each event changes its voucher once");
        self.counted(&format!("{kind} {}", about[0].id), records).await;
    }

    /// As the stream may hand it over: three times.
    async fn counted(&self, first: &str, changes: Vec<Changed>) {
        let record = |(index, change)| Record { sequence: format!("{first} {index}"), written_at: None, change };
        let batch = Batch { shard: None, records: changes.into_iter().enumerate().map(record).collect() };
        for _ in 0..3 {
            fold(&self.aggregate, &batch).await.unwrap();
        }
    }

    async fn swept(&self, at: Timestamp) -> (State, Option<PauseCause>) {
        simulated::set(Some(at));
        assert_eq!(sweep(&self.sweep, &Wake::now("test")).await, Handled::Done);
        let standing = self.store.campaign_state(&campaign_id("cmp_1")).await.unwrap().unwrap();
        (standing.state, standing.paused_because)
    }

    async fn resumed(&self, at: Timestamp) {
        let standing = self.store.campaign_state(&campaign_id("cmp_1")).await.unwrap().unwrap();
        let step = Step::of(&standing, Action::Resume, at).unwrap();
        assert_eq!(self.store.transition(&step, &self.change("resume", at)).await.unwrap(), Write::Done);
    }

    async fn pauses(&self) -> Vec<AuditRecord> {
        let page = self.store.audit(&campaign_id("cmp_1"), None, 100).await.unwrap();
        page.records.into_iter().filter(|record| record.action == "pause").collect()
    }
}

fn cause(cause: Harm, count: u32, of: u32) -> Option<PauseCause> {
    Some(PauseCause { cause, channel: Channel::Email, count, of })
}

#[tokio::test]
async fn too_many_bounces_pause_a_campaign_once_with_the_cause_and_a_resume_stands() {
    with_both(async |tables| {
        let stage = Stage::new(tables).await;
        let first = stage.sent(0..100, noon()).await;
        stage.told("Bounce", &first[..5]).await;
        assert_eq!(stage.swept(later(noon(), HOUR)).await, (State::Running, None), "five of a hundred are borne");

        stage.told("Bounce", &first[5..6]).await;
        let paused = (State::Paused, cause(Harm::Bounces, 6, 100));
        for minute in 1..3 {
            assert_eq!(stage.swept(later(noon(), HOUR + minute * 60 * SECOND)).await, paused);
        }
        let pauses = stage.pauses().await;
        let [pause] = pauses.as_slice() else { unreachable!("one pause, not {pauses:?}") };
        assert_eq!(
            (pause.actor.as_str(), pause.before, pause.after, pause.note.as_str()),
            ("system", Some(State::Running), Some(State::Paused), "6 of 100 messages by email bounced (6.00 %)")
        );

        // what was sent before is not held against it, though it bounces only now
        stage.resumed(later(noon(), 2 * HOUR)).await;
        stage.told("Bounce", &first[6..20]).await;
        assert_eq!(stage.swept(later(noon(), 3 * HOUR)).await, (State::Running, None));

        // what it sends from then on is
        let second = stage.sent(100..200, later(noon(), 3 * HOUR)).await;
        stage.told("Bounce", &second[..5]).await;
        assert_eq!(stage.swept(later(noon(), 4 * HOUR)).await, (State::Running, None));
        stage.told("Complaint", &second[50..51]).await;
        assert_eq!(stage.swept(later(noon(), 4 * HOUR)).await, (State::Paused, cause(Harm::Complaints, 1, 100)));
        assert_eq!(stage.pauses().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_bounce_that_a_delivery_overrules_is_none() {
    with_both(async |tables| {
        let stage = Stage::new(tables).await;
        let sent = stage.sent(0..100, noon()).await;
        stage.told("Bounce", &sent[..6]).await;
        stage.told("Delivery", &sent[5..6]).await;
        assert_eq!(stage.swept(later(noon(), HOUR)).await, (State::Running, None));
    })
    .await;
}

#[tokio::test]
async fn an_operator_who_decides_first_is_not_overruled() {
    with_both(async |tables| {
        let stage = Stage::new(tables).await;
        let standing = stage.store.campaign_state(&campaign_id("cmp_1")).await.unwrap().unwrap();
        let pause = Step::of(&standing, Action::Pause, noon()).unwrap();
        stage.store.transition(&pause, &stage.change("pause", noon())).await.unwrap();
        stage.resumed(later(noon(), HOUR)).await;
        // judged before both
        let harm = cause(Harm::Bounces, 6, 100).unwrap();
        assert!(!stage.store.pause_because(&standing, harm, later(noon(), 2 * HOUR)).await.unwrap());
        let now = stage.store.campaign_state(&campaign_id("cmp_1")).await.unwrap().unwrap();
        assert_eq!((now.state, now.paused_because), (State::Running, None));
    })
    .await;
}
