//! Tests of campaign health from what the store holds: one for each cause that a promotion or an
//! autopilot can have, the cause with which no other is confused, and the window from which an
//! autopilot's matches are expected. They run on the in-memory AWS.
//!
//! `domain::reporting` tests the judgement itself; these test that the facts are gathered.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;

use domain::{
    Date, TimeZone, Timestamp,
    campaign::{
        kind::CampaignKind,
        lifecycle::{Campaign, CampaignAction, CampaignState},
    },
    delivery::dispatch::{Dispatch, Segment},
    kernel::{id::RunId, money::MinorUnits},
    reporting::{
        autopilot_health::{DormancyCause, MatchCount},
        counters::{Counter, ReportRow},
        run_health::RunCause,
    },
};
use jiff::ToSpan;
use reporting::health::{
    AutopilotHealth, ExpectedFrom, PromotionHealth, load_autopilot_health, load_promotion_health,
};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, CampaignSummary, ReplaySummary, StateTransition},
    conditional::Applied,
    delivery::{
        dispatches::LeaseResult,
        segments::{new_autopilot_segments, new_segments},
    },
    reporting::counters::{StreamCheckpoint, StreamPosition},
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, definition, dispatch, noon},
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

struct HealthFixture {
    store: Store,
    campaign: Campaign,
}

impl HealthFixture {
    /// Launches a promotion with one segment at noon.
    async fn promotion(change: Value) -> Self {
        Self::launched(change, CampaignState::Running).await
    }

    /// Enables a win-back autopilot at noon.
    async fn autopilot(change: Value) -> Self {
        let mut document = json!({
            "kind": "autopilot",
            "trigger": {"when": {"inactivity": {"days": 30}}, "cool_down_days": 60},
        });
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Self::launched(document, CampaignState::Enabled).await
    }

    async fn launched(change: Value, to: CampaignState) -> Self {
        let tables = TestTables::in_memory();
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        let draft = Campaign::draft(campaign_id("cmp_1"), definition(change), "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        store.create_campaign(&draft, "cmp_1", &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = match draft.definition.kind {
            CampaignKind::Promotion => new_segments(&run, &draft.id, 1, noon()),
            CampaignKind::Autopilot => new_autopilot_segments(&run, &draft.id, noon()),
        };
        let launched = store.launch_campaign(&draft, to, &run, &segments, &change("launch")).await;
        assert_eq!(launched.unwrap(), Applied::Yes);
        let campaign = store.campaign(&draft.id).await.unwrap().unwrap();
        Self { store, campaign }
    }

    async fn summary(&self) -> CampaignSummary {
        self.store.campaign_summary(&self.campaign.id).await.unwrap().unwrap()
    }

    async fn promotion_health(&self, now: Timestamp) -> PromotionHealth {
        let summary = self.summary().await;
        load_promotion_health(&self.store, &TimeZone::UTC, &summary, now).await.unwrap()
    }

    async fn autopilot_health(&self, now: Timestamp) -> AutopilotHealth {
        let summary = self.summary().await;
        load_autopilot_health(&self.store, &TimeZone::UTC, &summary, now).await.unwrap()
    }

    async fn pause(&self) {
        let summary = self.summary().await;
        let pause = StateTransition::from_summary(&summary, CampaignAction::Pause, noon()).unwrap();
        let change = AuditedChange { actor: "ada", action: "pause", note: "", at: noon() };
        let paused = self.store.transition_campaign(&pause, &change).await.unwrap();
        assert_eq!(paused, Applied::Yes);
    }

    /// Writes the page of a scan that selects these customers, and ends the scan if it is the last.
    async fn select(&self, customers: &[&str], last: bool) -> Vec<Dispatch> {
        let run = self.campaign.run.as_ref().unwrap();
        let before = self.store.segment(run, 0).await.unwrap().unwrap();
        let planned = match customers {
            [] => Vec::new(),
            _ => vec![dispatch(&self.campaign.id, 0, 0, customers)],
        };
        let after = Segment {
            page: before.page + 1,
            cursor: (!last).then(|| "c-9".to_owned()),
            scanned_all: last,
            scanned: before.scanned + 10,
            ..before.clone()
        };
        assert_eq!(self.store.write_page(&before, &after, &planned).await.unwrap(), Applied::Yes);
        planned
    }

    /// Releases and leases the dispatch.
    async fn lease(&self, dispatch: &Dispatch) -> Dispatch {
        assert!(self.store.release_dispatch(&dispatch.key, noon()).await.unwrap());
        match self.store.lease_dispatch(&dispatch.key, noon(), 30).await.unwrap() {
            LeaseResult::Leased { dispatch, .. } => *dispatch,
            other => unreachable!("{other:?}"),
        }
    }

    /// Reserves this many vouchers of the campaign's quota for its one dispatch.
    async fn reserve(&self, vouchers: u32) {
        let planned = self.select(&["c-1", "c-2"], false).await;
        let leased = self.lease(&planned[0]).await;
        let each = self.campaign.definition.offer.exposure();
        assert_ne!(each, MinorUnits::ZERO);
        let reserved = self.store.reserve_quota(&leased, vouchers, each).await.unwrap();
        assert_eq!(reserved, vouchers);
    }

    /// Adds to the counters of the day `ago` days before the day of `now`.
    async fn count(&self, now: Timestamp, ago: u32, counts: &[(&str, i64)]) {
        let day = day_before(now, ago);
        let row = ReportRow {
            campaign: self.campaign.id.clone(),
            kind: self.campaign.definition.kind,
            currency: self.campaign.definition.offer.currency(),
            day,
        };
        let counts = counts.iter().map(|(name, by)| (Counter::parse(name), *by)).collect();
        let position =
            StreamPosition { name: format!("shard#{day} {counts:?}"), sequence: "1".into() };
        let added = self
            .store
            .add_counts(
                &[(row, counts)].into(),
                &BTreeMap::new(),
                &StreamCheckpoint::default(),
                &position,
                now,
            )
            .await;
        assert_eq!(added.unwrap(), Applied::Yes);
    }
}

fn day_before(now: Timestamp, ago: u32) -> Date {
    now.to_zoned(TimeZone::UTC).date().saturating_sub(i64::from(ago).days())
}

fn after_minutes(minutes: i64) -> Timestamp {
    add_milliseconds(noon(), minutes * MINUTE)
}

fn after_days(days: i64) -> Timestamp {
    add_milliseconds(noon(), days * DAY)
}

#[tokio::test]
async fn a_promotion_whose_scan_moves_has_no_cause() {
    let stage = HealthFixture::promotion(json!({"caps": {"vouchers": 10}})).await;
    stage.select(&["c-1"], false).await;
    stage.count(noon(), 0, &[("attempt.push.sent", 30), ("attempt.push.failed", 2)]).await;
    let health = stage.promotion_health(after_minutes(9)).await;
    assert_eq!(health.causes, []);
    assert_eq!((health.facts.attempts, health.facts.unsuccessful), (32, 2));
    assert_eq!((health.progress.selected, health.progress.waiting()), (1, 1));
    assert_eq!(health.last_active, Some(day_before(noon(), 0)));
}

#[tokio::test]
async fn a_paused_promotion_says_so_and_not_that_its_scan_stands_still() {
    let stage = HealthFixture::promotion(json!({})).await;
    stage.pause().await;
    assert_eq!(stage.promotion_health(after_minutes(60)).await.causes, [RunCause::Paused]);
}

#[tokio::test]
async fn a_scan_without_a_checkpoint_for_ten_minutes_has_stalled() {
    let stage = HealthFixture::promotion(json!({})).await;
    stage.select(&["c-1"], false).await;
    assert_eq!(
        stage.promotion_health(after_minutes(10)).await.causes,
        [RunCause::SelectionStalled]
    );
    stage.select(&[], true).await;
    assert_eq!(stage.promotion_health(after_minutes(10)).await.causes, [], "it is scanned");
}

#[tokio::test]
async fn sends_fail_when_half_of_the_last_two_days_failed_or_stayed_unknown() {
    let stage = HealthFixture::promotion(json!({})).await;
    let now = after_minutes(1);
    let well = [("attempt.sms.delivered", 5), ("attempt.email.bounced", 5)];
    stage.count(now, 0, &well).await;
    // failures of the day before yesterday are over, a throttled attempt is none
    stage.count(now, 2, &[("attempt.sms.failed", 500)]).await;
    stage.count(now, 0, &[("attempt.sms.throttled", 500)]).await;
    stage.count(now, 1, &[("attempt.sms.failed", 6), ("attempt.push.unknown", 3)]).await;
    let health = stage.promotion_health(now).await;
    assert_eq!((health.facts.attempts, health.facts.unsuccessful), (19, 9));
    assert_eq!(health.causes, [], "fewer than twenty attempts");
    stage.count(now, 0, &[("attempt.email.failed", 1)]).await;
    assert_eq!(stage.promotion_health(now).await.causes, [RunCause::SendsFailing]);
}

#[tokio::test]
async fn caps_are_used_up_when_no_further_voucher_fits_by_number_or_by_exposure() {
    let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    for caps in [json!({"vouchers": 2}), json!({"exposure": money(1_499)})] {
        let stage = HealthFixture::promotion(json!({"caps": caps.clone()})).await;
        assert_eq!(stage.promotion_health(noon()).await.causes, [], "{caps}");
        stage.reserve(2).await;
        assert_eq!(stage.promotion_health(noon()).await.causes, [RunCause::CapsUsedUp], "{caps}");
    }
    let stage = HealthFixture::promotion(json!({"caps": {"exposure": money(1_500)}})).await;
    stage.reserve(2).await;
    assert_eq!(stage.promotion_health(noon()).await.causes, [], "one more fits");
}

#[tokio::test]
async fn a_promotion_of_whose_customers_each_was_skipped_is_suppressed() {
    let stage = HealthFixture::promotion(json!({})).await;
    let planned = stage.select(&["c-1", "c-2"], true).await;
    assert_eq!(stage.promotion_health(noon()).await.causes, []);
    let leased = stage.lease(&planned[0]).await;
    stage.store.drop_untouched_dispatch(&leased, noon()).await.unwrap();
    assert_eq!(stage.promotion_health(noon()).await.causes, [RunCause::AllSuppressed]);
}

#[tokio::test]
async fn a_scanned_promotion_without_a_customer_selected_nobody() {
    let stage = HealthFixture::promotion(json!({})).await;
    stage.select(&[], false).await;
    assert_eq!(stage.promotion_health(noon()).await.causes, [], "the scan goes on");
    stage.select(&[], true).await;
    assert_eq!(stage.promotion_health(noon()).await.causes, [RunCause::NobodySelected]);
}

#[tokio::test]
async fn the_last_active_day_is_one_on_which_something_happened() {
    let stage = HealthFixture::promotion(json!({})).await;
    stage.count(noon(), 5, &[("issued", 1)]).await;
    stage.count(noon(), 3, &[("open.issued", 2), ("redeemed", 0)]).await;
    assert_eq!(stage.promotion_health(noon()).await.last_active, Some(day_before(noon(), 5)));
}

/// Counts the same matches on each of the last `days` days.
async fn count_days(stage: &HealthFixture, now: Timestamp, days: std::ops::Range<u32>, daily: i64) {
    for ago in days {
        stage.count(now, ago, &[("issued", daily - 1), ("ghost", 1)]).await;
    }
}

/// Moves the autopilot's calendar on, so that it was checked at `now`.
async fn check_calendar(stage: &HealthFixture, now: Timestamp) {
    let run = stage.campaign.run.as_ref().unwrap();
    let before = stage.store.segment(run, 0).await.unwrap().unwrap();
    let after = Segment { page: before.page + 1, updated_at: now, ..before.clone() };
    assert_eq!(stage.store.write_page(&before, &after, &[]).await.unwrap(), Applied::Yes);
}

#[tokio::test]
async fn an_autopilot_on_its_first_day_is_neither_judged_nor_expected_to_fire() {
    let stage = HealthFixture::autopilot(json!({})).await;
    let health = stage.autopilot_health(after_minutes(14)).await;
    assert_eq!(health.causes, []);
    assert!(health.fired.is_none() && health.expected.is_none());
}

#[tokio::test]
async fn an_autopilot_is_compared_with_its_own_days_before() {
    let now = after_days(30);
    for (daily, expected) in [
        (20, None),
        (0, Some(DormancyCause::NoMatches)),
        (5, Some(DormancyCause::FewerThanExpected)),
        (60, Some(DormancyCause::MoreThanExpected)),
    ] {
        let stage = HealthFixture::autopilot(json!({})).await;
        check_calendar(&stage, now).await;
        // today is not over, and does not count
        stage.count(now, 0, &[("issued", 1_000)]).await;
        if daily > 0 {
            count_days(&stage, now, 1..8, daily).await;
        }
        count_days(&stage, now, 8..30, 20).await;
        let health = stage.autopilot_health(now).await;
        assert_eq!(health.causes, Vec::from_iter(expected), "{daily} a day");
        let fired = health.fired.unwrap();
        assert_eq!(fired.matches, 7 * u64::try_from(daily).unwrap());
        assert_eq!((fired.from, fired.until), (day_before(now, 7), day_before(now, 1)));
        let band = health.expected.unwrap();
        assert_eq!((band.from, band.matches, band.days), (ExpectedFrom::History, 22 * 20, 22));
    }
}

#[tokio::test]
async fn of_an_autopilot_that_support_fires_by_hand_nothing_is_expected() {
    let goodwill = json!({"trigger": {"when": {"goodwill": {}}}, "holdout_percent": 0});
    let stage = HealthFixture::autopilot(goodwill).await;
    let now = after_days(30);
    check_calendar(&stage, now).await;
    count_days(&stage, now, 8..30, 20).await;
    let health = stage.autopilot_health(now).await;
    assert_eq!(health.causes, [], "a week without a complaint is no fault");
    assert_eq!((health.expected.is_none(), health.fired.unwrap().matches), (true, 0));
}

#[tokio::test]
async fn an_autopilot_with_little_history_is_compared_with_its_replay() {
    let stage = HealthFixture::autopilot(json!({})).await;
    let now = after_days(10);
    check_calendar(&stage, now).await;
    assert!(stage.autopilot_health(now).await.expected.is_none(), "nothing to compare with");
    let replay = ReplaySummary { counted: MatchCount { days: 30, matches: 600 }, at: noon() };
    assert!(stage.store.record_replay(&stage.campaign.id, &replay).await.unwrap());
    let health = stage.autopilot_health(now).await;
    assert_eq!(health.expected.unwrap().from, ExpectedFrom::Replay);
    assert_eq!(health.causes, [DormancyCause::NoMatches]);
}

#[tokio::test]
async fn an_autopilot_whose_calendar_was_not_checked_for_a_quarter_of_an_hour_does_not_run() {
    let stage = HealthFixture::autopilot(json!({})).await;
    assert_eq!(
        stage.autopilot_health(after_minutes(15)).await.causes,
        [DormancyCause::ScheduleNotRunning]
    );
    stage.pause().await;
    assert_eq!(
        stage.autopilot_health(after_minutes(15)).await.causes,
        [DormancyCause::Paused],
        "the calendar of a paused one is not checked"
    );
}

#[tokio::test]
async fn an_autopilot_without_quota_has_used_up_its_caps() {
    let stage = HealthFixture::autopilot(json!({"caps": {"vouchers": 2}})).await;
    assert_eq!(stage.autopilot_health(noon()).await.causes, []);
    stage.reserve(2).await;
    assert_eq!(stage.autopilot_health(noon()).await.causes, [DormancyCause::CapsUsedUp]);
}

#[tokio::test]
async fn an_autopilot_of_whose_matches_each_was_skipped_is_suppressed() {
    let stage = HealthFixture::autopilot(json!({})).await;
    let now = after_days(3);
    check_calendar(&stage, now).await;
    let skips = [("skipped", 4), ("skipped.no_consent", 3), ("skipped.opted_out", 1)];
    stage.count(now, 1, &skips).await;
    let health = stage.autopilot_health(now).await;
    assert_eq!(health.causes, [DormancyCause::AllSuppressed]);
    let suppressed = health.fired.unwrap().suppressed;
    assert_eq!(suppressed, [("no_consent".into(), 3), ("opted_out".into(), 1)].into());
    stage.count(now, 1, &[("issued", 1)]).await;
    assert_eq!(stage.autopilot_health(now).await.causes, []);
}
