//! Tests of the automatic pause, from provider events to the paused campaign: events go through
//! record-feedback, the resulting voucher changes through aggregate-reports, and the watchdog
//! judges. They run in memory and on the local AWS.

use aggregate_reports::{StreamBatch, StreamRecord, VoucherChange as Changed, count_batch};
use channels::feedback::{encode_customer, parse_feedback};
use domain::{
    TimeZone, Timestamp,
    campaign::{
        definition::Definition,
        lifecycle::{Campaign, CampaignAction, CampaignState},
        pause_cause::{DeliverabilityIssue, PauseCause},
    },
    kernel::{channel::Channel, id::RunId},
    reporting::sender_health::SenderLimits,
    voucher::record::Voucher,
};
use queue::{Queue, WakeNudge};
use runtime::{HandlerOutcome, clock::simulated};
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditRecord, AuditedChange, StateTransition},
    conditional::Applied,
    delivery::segments::new_segments,
    voucher::{
        issue::IssueResult,
        records::{SentMessage, VoucherKey},
    },
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, definition, noon, voucher},
    with_both_backends,
};
use watchdog::{WatchdogContext, handle_wake};

use crate::no_end;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

struct AutoPauseFixture {
    watchdog: WatchdogContext,
    aggregate: aggregate_reports::AggregateContext,
    store: Store,
    definition: Definition,
}

impl AutoPauseFixture {
    async fn new(tables: &TestTables) -> Self {
        simulated::set_now(Some(noon()));
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let queue =
            |name: &str| Queue::new(&tables.config, format!("http://nowhere.invalid/{name}"));
        let definition = definition(json!({"channels": {"ladder": ["email"]}}));
        let stage = Self {
            watchdog: WatchdogContext {
                store: store.clone(),
                expansion: queue("expansion"),
                release: queue("release"),
                stalled_after_seconds: 1_000_000,
                expiries_at_once: 100,
                limits: SenderLimits::default(),
                zone: TimeZone::UTC,
                recount_budget: std::time::Duration::from_secs(3_600),
            },
            aggregate: aggregate_reports::AggregateContext {
                store: store.clone(),
                parked: queue("parked"),
                zone: TimeZone::UTC,
                buffer_time: std::time::Duration::from_secs(20),
            },
            store,
            definition,
        };
        let draft = Campaign::draft(campaign_id("cmp_1"), stage.definition.clone(), "ada", noon());
        stage
            .store
            .create_campaign(&draft, "cmp_1", &stage.operator_change("create", noon()))
            .await
            .unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        let change = stage.operator_change("launch", noon());
        assert_eq!(
            stage
                .store
                .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change)
                .await
                .unwrap(),
            Applied::Yes
        );
        stage
    }

    fn operator_change<'a>(&self, action: &'a str, at: Timestamp) -> AuditedChange<'a> {
        AuditedChange { actor: "ada", action, note: "", at }
    }

    /// Sends e-mails to these customers, one a second beginning at `from`, and counts them.
    async fn send_vouchers(
        &self,
        customers: std::ops::Range<i64>,
        from: Timestamp,
    ) -> Vec<Voucher> {
        let (mut sent, mut records) = (Vec::new(), Vec::new());
        for number in customers {
            let at = add_milliseconds(from, number * SECOND);
            let mut claimed = voucher(
                &campaign_id("cmp_1"),
                &self.definition,
                &format!("c-{number}"),
                Channel::Email,
            );
            for attempt in claimed.attempts.values_mut() {
                attempt.at = at;
            }
            assert_eq!(self.store.issue_voucher(&claimed).await.unwrap(), IssueResult::First);
            let key = VoucherKey::from(&claimed);
            let taken =
                SentMessage { channel: Channel::Email, number: 1, at, provider_id: "m", units: 1 };
            self.store.record_sent(&key, &taken).await.unwrap();
            let now = self.store.voucher(&key).await.unwrap().unwrap();
            records.push(Changed::Changed { old: None, new: Box::new(claimed.clone()) });
            records.push(Changed::Changed {
                old: Some(Box::new(claimed)),
                new: Box::new(now.clone()),
            });
            sent.push(now);
        }
        self.count_changes(&format!("sent {from}"), records).await;
        sent
    }

    /// Delivers each event three times, and each resulting change three times as well.
    async fn deliver_events(&self, kind: &str, about: &[Voucher]) {
        let mut records = Vec::new();
        for voucher in about {
            let tags = json!({"voucher": [voucher.id.as_str()], "customer": [encode_customer(&voucher.customer)]});
            let mail = json!({"messageId": "m", "tags": tags});
            let address = json!([{"emailAddress": "ana@example.com"}]);
            let bounce = |of: &str, subtype: &str| {
                json!({"eventType": "Bounce", "mail": mail, "bounce": {"bounceType": of,
                    "bounceSubType": subtype, "bouncedRecipients": address}})
            };
            let event = match kind {
                "Bounce" => bounce("Permanent", "General"),
                "SoftBounce" => bounce("Transient", "MailboxFull"),
                "HeldBack" => bounce("Permanent", "OnAccountSuppressionList"),
                "Delivery" => json!({"eventType": kind, "mail": mail, "delivery": {}}),
                "HeldBackAfterComplaint" => {
                    json!({"eventType": "Complaint", "mail": mail, "complaint": {
                        "complaintSubType": "OnAccountSuppressionList", "complainedRecipients": address}})
                }
                _ => {
                    json!({"eventType": kind, "mail": mail, "complaint": {"complainedRecipients": address}})
                }
            };
            let event = event.to_string();
            for _ in 0..3 {
                let before = self.store.voucher(&VoucherKey::from(voucher)).await.unwrap().unwrap();
                let enclosed = parse_feedback(&event, add_milliseconds(noon(), 24 * HOUR));
                for event in &enclosed[0].parsed.as_ref().unwrap().events {
                    assert_eq!(
                        record_feedback::record_event(&self.store, event, 1).await,
                        HandlerOutcome::Done
                    );
                }
                let after = self.store.voucher(&VoucherKey::from(voucher)).await.unwrap().unwrap();
                if after != before {
                    records.push(Changed::Changed {
                        old: Some(Box::new(before)),
                        new: Box::new(after),
                    });
                }
            }
        }
        assert_eq!(records.len(), about.len(), "each event changes its voucher once");
        self.count_changes(&format!("{kind} {}", about[0].id), records).await;
    }

    /// Counts the changes three times, as the stream may repeat them.
    async fn count_changes(&self, first: &str, changes: Vec<Changed>) {
        let record = |(index, change)| StreamRecord {
            sequence: format!("{first} {index}"),
            written_at: None,
            change,
        };
        let batch = StreamBatch {
            shard: None,
            records: changes.into_iter().enumerate().map(record).collect(),
        };
        for _ in 0..3 {
            count_batch(&self.aggregate, &batch).await.unwrap();
        }
    }

    async fn run_watchdog(&self, at: Timestamp) -> (CampaignState, Option<PauseCause>) {
        simulated::set_now(Some(at));
        assert_eq!(
            handle_wake(&self.watchdog, &WakeNudge::now("test"), no_end()).await,
            HandlerOutcome::Done
        );
        let summary = self.store.campaign_summary(&campaign_id("cmp_1")).await.unwrap().unwrap();
        (summary.state, summary.paused_because)
    }

    async fn resume_campaign(&self, at: Timestamp) {
        let summary = self.store.campaign_summary(&campaign_id("cmp_1")).await.unwrap().unwrap();
        let step = StateTransition::from_summary(&summary, CampaignAction::Resume, at).unwrap();
        assert_eq!(
            self.store
                .transition_campaign(&step, &self.operator_change("resume", at))
                .await
                .unwrap(),
            Applied::Yes
        );
    }

    async fn pause_records(&self) -> Vec<AuditRecord> {
        let page = self.store.list_audit_records(&campaign_id("cmp_1"), None, 100).await.unwrap();
        page.records.into_iter().filter(|record| record.action == "pause").collect()
    }
}

fn pause_cause(cause: DeliverabilityIssue, count: u32, of: u32) -> Option<PauseCause> {
    Some(PauseCause { cause, channel: Channel::Email, count, of })
}

#[tokio::test]
async fn too_many_bounces_pause_a_campaign_once_with_the_cause_and_a_resume_lasts() {
    with_both_backends(async |tables| {
        let stage = AutoPauseFixture::new(tables).await;
        let first = stage.send_vouchers(0..100, noon()).await;
        stage.deliver_events("Bounce", &first[..5]).await;
        assert_eq!(
            stage.run_watchdog(add_milliseconds(noon(), HOUR)).await,
            (CampaignState::Running, None),
            "five of a hundred are borne"
        );

        stage.deliver_events("Bounce", &first[5..6]).await;
        let paused = (CampaignState::Paused, pause_cause(DeliverabilityIssue::Bounces, 6, 100));
        for minute in 1..3 {
            assert_eq!(
                stage.run_watchdog(add_milliseconds(noon(), HOUR + minute * 60 * SECOND)).await,
                paused
            );
        }
        let pauses = stage.pause_records().await;
        let [pause] = pauses.as_slice() else { unreachable!("one pause, not {pauses:?}") };
        assert_eq!(
            (pause.actor.as_str(), pause.before, pause.after, pause.note.as_str()),
            (
                "system",
                Some(CampaignState::Running),
                Some(CampaignState::Paused),
                "6 of 100 messages by email bounced (6.00 %)"
            )
        );

        // messages sent before the resume are not judged, though they bounce only now
        stage.resume_campaign(add_milliseconds(noon(), 2 * HOUR)).await;
        stage.deliver_events("Bounce", &first[6..20]).await;
        assert_eq!(
            stage.run_watchdog(add_milliseconds(noon(), 3 * HOUR)).await,
            (CampaignState::Running, None)
        );

        // messages sent after the resume are judged
        let second = stage.send_vouchers(100..200, add_milliseconds(noon(), 3 * HOUR)).await;
        stage.deliver_events("Bounce", &second[..5]).await;
        assert_eq!(
            stage.run_watchdog(add_milliseconds(noon(), 4 * HOUR)).await,
            (CampaignState::Running, None)
        );
        stage.deliver_events("Complaint", &second[50..51]).await;
        assert_eq!(
            stage.run_watchdog(add_milliseconds(noon(), 4 * HOUR)).await,
            (CampaignState::Paused, pause_cause(DeliverabilityIssue::Complaints, 1, 100))
        );
        assert_eq!(stage.pause_records().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn full_mailboxes_and_lists_of_the_provider_pause_nothing() {
    with_both_backends(async |tables| {
        let stage = AutoPauseFixture::new(tables).await;
        let sent = stage.send_vouchers(0..120, noon()).await;
        stage.deliver_events("SoftBounce", &sent[..10]).await;
        stage.deliver_events("Delivery", &sent[9..10]).await;
        stage.deliver_events("HeldBack", &sent[10..20]).await;
        stage.deliver_events("HeldBackAfterComplaint", &sent[20..22]).await;
        assert_eq!(
            stage.run_watchdog(add_milliseconds(noon(), HOUR)).await,
            (CampaignState::Running, None)
        );
    })
    .await;
}

#[tokio::test]
async fn a_bounce_counts_even_if_the_delivery_before_it_is_told_after_it() {
    with_both_backends(async |tables| {
        let stage = AutoPauseFixture::new(tables).await;
        let sent = stage.send_vouchers(0..100, noon()).await;
        stage.deliver_events("Bounce", &sent[..6]).await;
        stage.deliver_events("Delivery", &sent[5..6]).await;
        assert_eq!(
            stage.run_watchdog(add_milliseconds(noon(), HOUR)).await,
            (CampaignState::Paused, pause_cause(DeliverabilityIssue::Bounces, 6, 100))
        );
    })
    .await;
}

#[tokio::test]
async fn an_operator_who_decides_first_is_not_overruled() {
    with_both_backends(async |tables| {
        let stage = AutoPauseFixture::new(tables).await;
        let summary = stage.store.campaign_summary(&campaign_id("cmp_1")).await.unwrap().unwrap();
        let pause = StateTransition::from_summary(&summary, CampaignAction::Pause, noon()).unwrap();
        stage
            .store
            .transition_campaign(&pause, &stage.operator_change("pause", noon()))
            .await
            .unwrap();
        stage.resume_campaign(add_milliseconds(noon(), HOUR)).await;
        // the watchdog judged the state before the pause and the resume
        let harm = pause_cause(DeliverabilityIssue::Bounces, 6, 100).unwrap();
        assert!(
            !stage
                .store
                .pause_for_sender_health(&summary, harm, add_milliseconds(noon(), 2 * HOUR))
                .await
                .unwrap()
        );
        let now = stage.store.campaign_summary(&campaign_id("cmp_1")).await.unwrap().unwrap();
        assert_eq!((now.state, now.paused_because), (CampaignState::Running, None));
    })
    .await;
}
