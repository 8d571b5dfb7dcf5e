//! The Control table's contract, on a real DynamoDB API: every change is decided on a version,
//! leaves an audit record, and is all or nothing.

use domain::{
    Timestamp,
    campaign::{
        definition::{Caps, Definition},
        kind::CampaignKind,
        lifecycle::{Approval, Campaign, CampaignAction, CampaignState},
        redeeming::{RedeemingState, RedeemingSuspension, Revocation, RevokeScope},
        variants::VariantShare,
    },
    kernel::{
        audit_kind::AuditKind,
        id::{CampaignId, RunId},
    },
    reporting::autopilot_health::MatchCount,
};
use serde_json::json;
use store::{
    Store, TableNames,
    campaign::campaigns::{
        AuditLogQuery, AuditLogRecord, AuditedChange, CreateCampaignResult, Quota, ReplaySummary,
        StateTransition, UNCAPPED, VoucherSwitch, settings::SettingName,
    },
    conditional::Applied,
    delivery::segments::new_segments,
};
use testkit::with_both_backends;

/// Runs the test in memory and on the local AWS.
async fn with_store(test: impl AsyncFn(&Store)) {
    with_both_backends(async |tables| {
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        );
        test(&store).await;
    })
    .await;
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-11-01T12:00:00Z")
}

fn definition(name: &str) -> Definition {
    let document = json!({
        "name": name, "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
        "audience": {"all": [{"ordered": {"vertical": "food"}}, {"never_ordered": {"vertical": "pharmacy"}}]},
        "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
        "messages": {"default_locale": "en", "locales": {"en": {
            "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
            "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }} {{ voucher_link }}</p>", "text": "{{ offer }} {{ voucher_link }}"},
            "push": {"title": "{{ offer }}", "body": "{{ voucher_link }}"},
        }}},
    });
    Definition::parse(document, noon()).unwrap()
}

fn draft(id: &str) -> Campaign {
    Campaign::draft(CampaignId::parse(id).unwrap(), definition(id), "ada", noon())
}

fn change(action: &str) -> AuditedChange<'_> {
    AuditedChange { actor: "ada", action, note: "", at: noon() }
}

async fn created(store: &Store, campaign: Campaign) -> Campaign {
    assert_eq!(
        store.create_campaign(&campaign, "f-1", &change("create")).await.unwrap(),
        CreateCampaignResult::First
    );
    campaign
}

async fn launched(store: &Store, campaign: Campaign, to: CampaignState, segments: u32) -> Campaign {
    let campaign = created(store, campaign).await;
    let run = RunId::of_promotion(&campaign.id);
    let segments = new_segments(&run, &campaign.id, segments, noon());
    assert_eq!(
        store.launch_campaign(&campaign, to, &run, &segments, &change("launch")).await.unwrap(),
        Applied::Yes
    );
    store.campaign(&campaign.id).await.unwrap().unwrap()
}

async fn state(store: &Store, id: &CampaignId) -> CampaignState {
    store.campaign_summary(id).await.unwrap().unwrap().state
}

async fn actions(store: &Store, id: &CampaignId) -> Vec<String> {
    let page = store.list_audit_records(id, None, 100).await.unwrap();
    page.records.into_iter().map(|record| record.action).collect()
}

#[tokio::test]
async fn a_campaign_reads_back_as_it_was_made() {
    with_store(async |store| {
        let campaign = created(store, draft("cmp_back")).await;
        assert_eq!(store.campaign(&campaign.id).await.unwrap().as_ref(), Some(&campaign));
        assert_eq!(store.campaign(&CampaignId::parse("cmp_none").unwrap()).await.unwrap(), None);
        assert_eq!(store.quota(&campaign.id).await.unwrap(), None, "a draft gives nothing out");
    })
    .await;
}

#[tokio::test]
async fn a_summary_names_the_variants_of_the_definition_in_force() {
    with_store(async |store| {
        let with = |variants: serde_json::Value| {
            let mut document = definition("cmp_variants").to_value();
            document["variants"] = variants;
            Definition::parse(document, noon()).unwrap()
        };
        let two = json!([{"name": "As it is", "share": 30}, {"name": "Other words", "share": 70}]);
        let campaign = Campaign { definition: with(two), ..draft("cmp_variants") };
        let campaign = created(store, campaign).await;
        let summary = store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        assert_eq!(summary.variants, VariantShare::of_variants(&campaign.definition.variants));
        assert_eq!(store.campaign(&campaign.id).await.unwrap(), Some(campaign));
    })
    .await;
}

#[tokio::test]
async fn the_same_request_creates_once_and_another_with_its_key_is_refused() {
    with_store(async |store| {
        let campaign = created(store, draft("cmp_twice")).await;
        let later = Campaign { created_at: at("2026-11-01T12:05:00Z"), ..campaign.clone() };
        let again = store.create_campaign(&later, "f-1", &change("create")).await.unwrap();
        assert_eq!(again, CreateCampaignResult::Repeat(Box::new(campaign.clone())));
        assert_eq!(
            store.create_campaign(&later, "f-2", &change("create")).await.unwrap(),
            CreateCampaignResult::IdConflict
        );
        assert_eq!(actions(store, &campaign.id).await, ["create"]);
    })
    .await;
}

#[tokio::test]
async fn of_two_editors_of_one_version_the_second_changes_nothing() {
    with_store(async |store| {
        let campaign = created(store, draft("cmp_editors")).await;
        assert_eq!(
            store.save_draft(&campaign, &definition("first"), &change("edit")).await.unwrap(),
            Applied::Yes
        );
        let later = AuditedChange { at: at("2026-11-01T12:00:01Z"), ..change("edit") };
        assert_eq!(
            store.save_draft(&campaign, &definition("second"), &later).await.unwrap(),
            Applied::Conflict
        );
        let now = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!((now.definition.name.as_str(), now.version), ("first", 2));
        assert_eq!(actions(store, &campaign.id).await, ["edit", "create"]);
    })
    .await;
}

#[tokio::test]
async fn a_replay_result_stays_until_the_definition_changes() {
    with_store(async |store| {
        let campaign = created(store, draft("cmp_replayed")).await;
        let replayed = ReplaySummary { counted: MatchCount { days: 30, matches: 12 }, at: noon() };
        assert!(store.record_replay(&campaign.id, &replayed).await.unwrap());
        let summary = store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        assert_eq!((summary.replayed, summary.version), (Some(replayed), campaign.version));
        let edit = AuditedChange { at: at("2026-11-01T12:00:01Z"), ..change("edit") };
        assert_eq!(
            store.save_draft(&campaign, &definition("another"), &edit).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(store.campaign_summary(&campaign.id).await.unwrap().unwrap().replayed, None);
        assert!(!store.record_replay(&draft("cmp_none").id, &replayed).await.unwrap());
        assert!(store.campaign_summary(&draft("cmp_none").id).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_draft_keeps_its_history_and_is_not_made_again_by_a_repeat() {
    with_store(async |store| {
        let campaign = created(store, draft("cmp_deleted")).await;
        assert_eq!(store.delete_draft(&campaign, &change("delete")).await.unwrap(), Applied::Yes);
        assert_eq!(store.campaign(&campaign.id).await.unwrap(), None);
        let later = AuditedChange { at: at("2026-11-01T12:00:01Z"), ..change("create") };
        assert_eq!(
            store.create_campaign(&campaign, "f-1", &later).await.unwrap(),
            CreateCampaignResult::Gone
        );
        assert_eq!(
            store.create_campaign(&campaign, "f-2", &later).await.unwrap(),
            CreateCampaignResult::IdConflict
        );
        assert_eq!(actions(store, &campaign.id).await, ["delete", "create"]);
    })
    .await;
}

#[tokio::test]
async fn a_launch_is_one_step_with_all_its_segments() {
    with_store(async |store| {
        let mut campaign = draft("cmp_launch");
        campaign.definition.caps = Caps { vouchers: Some(1_000), ..Caps::default() };
        let campaign = launched(store, campaign, CampaignState::Running, 90).await;
        assert_eq!(
            (campaign.state, campaign.version, campaign.segments),
            (CampaignState::Running, 2, 90)
        );
        let run = campaign.run.clone().unwrap();
        let progress = store.run_progress(&run, campaign.segments).await.unwrap();
        assert_eq!((progress.segments, progress.segments_scanned), (90, 0));
        let quota = Quota { vouchers: 1_000, exposure: UNCAPPED, redeemed: UNCAPPED };
        assert_eq!(store.quota(&campaign.id).await.unwrap(), Some(quota));
        // A launch that was decided on the draft comes too late.
        let before = Campaign { state: CampaignState::Draft, version: 1, ..campaign.clone() };
        let segments = new_segments(&run, &campaign.id, 4, noon());
        let later = AuditedChange { at: at("2026-11-01T12:00:01Z"), ..change("launch") };
        assert_eq!(
            store
                .launch_campaign(&before, CampaignState::Running, &run, &segments, &later)
                .await
                .unwrap(),
            Applied::Conflict
        );
        assert_eq!(actions(store, &campaign.id).await, ["launch", "create"]);
    })
    .await;
}

#[tokio::test]
async fn an_amended_cap_moves_what_is_left_by_the_difference() {
    with_store(async |store| {
        let campaign = launched(store, draft("cmp_caps"), CampaignState::Running, 1).await;
        let capped = |vouchers| Definition {
            caps: Caps { vouchers, ..Caps::default() },
            ..campaign.definition.clone()
        };
        assert_eq!(
            store
                .amend_campaign(&campaign, &capped(Some(1_000)), None, &change("amend"))
                .await
                .unwrap(),
            Applied::Yes
        );
        let vouchers = async || store.quota(&campaign.id).await.unwrap().unwrap().vouchers;
        assert_eq!(vouchers().await, 1_000);
        let before = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!(before.definition.caps.vouchers, Some(1_000));
        let later = AuditedChange { at: at("2026-11-01T12:00:01Z"), ..change("amend") };
        assert_eq!(
            store.amend_campaign(&before, &capped(Some(400)), None, &later).await.unwrap(),
            Applied::Yes
        );
        assert_eq!(vouchers().await, 400);
        // An amendment that was decided on the version before changes neither the definition nor
        // the quota.
        assert_eq!(
            store.amend_campaign(&before, &capped(None), None, &later).await.unwrap(),
            Applied::Conflict
        );
        assert_eq!(vouchers().await, 400);
        let summary = store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        assert_eq!((summary.version, summary.definition), (4, 4));
        let frozen = store.definition(&campaign.id, 1).await.unwrap().unwrap();
        assert_eq!(frozen.caps.vouchers, None, "what was launched stays readable");
    })
    .await;
}

#[tokio::test]
async fn one_of_many_concurrent_pauses_wins() {
    with_store(async |store| {
        let campaign = launched(store, draft("cmp_pause"), CampaignState::Running, 1).await;
        let tries = (0..16).map(|_| async {
            let step =
                StateTransition::from_campaign(&campaign, CampaignAction::Pause, noon()).unwrap();
            // A conflict is an error, after which the caller tries again.
            store
                .transition_campaign(&step, &change("pause"))
                .await
                .is_ok_and(|write| write == Applied::Yes)
        });
        let done = futures::future::join_all(tries).await;
        assert_eq!(done.iter().filter(|done| **done).count(), 1);
        assert_eq!(state(store, &campaign.id).await, CampaignState::Paused);
        assert_eq!(actions(store, &campaign.id).await, ["pause", "launch", "create"]);
    })
    .await;
}

#[tokio::test]
async fn a_worker_completes_only_what_runs() {
    with_store(async |store| {
        let campaign = launched(store, draft("cmp_complete"), CampaignState::Running, 1).await;
        let later = at("2026-11-02T12:00:00Z");
        assert!(store.complete_campaign(&campaign.id, later).await.unwrap());
        assert!(!store.complete_campaign(&campaign.id, later).await.unwrap());
        let after = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!((after.state, after.ended_at), (CampaignState::Completed, Some(later)));
    })
    .await;
}

#[tokio::test]
async fn a_scheduled_campaign_starts_at_its_time() {
    with_store(async |store| {
        let mut campaign = draft("cmp_start");
        campaign.definition.schedule.starts_at = Some(at("2026-11-02T08:00:00Z"));
        let campaign = launched(store, campaign, CampaignState::Scheduled, 1).await;
        assert!(!store.start_campaign(&campaign.id, at("2026-11-02T07:59:59Z")).await.unwrap());
        assert!(store.start_campaign(&campaign.id, at("2026-11-02T08:00:00Z")).await.unwrap());
        assert_eq!(state(store, &campaign.id).await, CampaignState::Running);
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_keeps_its_word_on_the_vouchers() {
    with_store(async |store| {
        let campaign = launched(store, draft("cmp_cancel"), CampaignState::Running, 1).await;
        let step =
            StateTransition::from_campaign(&campaign, CampaignAction::Cancel, noon()).unwrap();
        let step = StateTransition { revoke: Some(RevokeScope::Unaccepted), ..step };
        assert_eq!(
            store.transition_campaign(&step, &change("cancel")).await.unwrap(),
            Applied::Yes
        );
        let after = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!(
            (after.state, after.revoke, after.ended_at),
            (
                CampaignState::Cancelled,
                Revocation::of_every_voucher(RevokeScope::Unaccepted),
                Some(noon())
            )
        );
    })
    .await;
}

#[tokio::test]
async fn redeeming_is_suspended_and_resumed_beside_the_state_of_the_campaign() {
    with_store(async |store| {
        let campaign = launched(store, draft("cmp_suspend"), CampaignState::Running, 1).await;
        let suspension = RedeemingSuspension {
            by: "ada".into(),
            at: noon(),
            reason: "the offer is twice what was meant".into(),
        };
        let switch = VoucherSwitch::Suspend(suspension.clone());
        let suspend = change("suspend_redeeming");
        let written = store.switch_vouchers(&campaign, &switch, &suspend).await.unwrap();
        assert_eq!(written, Applied::Yes);
        let again = store.switch_vouchers(&campaign, &switch, &suspend).await.unwrap();
        assert_eq!(again, Applied::Conflict, "it was decided on an old version");

        let suspended = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!(
            (suspended.state, suspended.suspension.as_ref(), suspended.version),
            (CampaignState::Running, Some(&suspension), campaign.version + 1)
        );
        let summary = store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        assert_eq!(summary.redeeming(), RedeemingState::Suspended);
        let audit = store.list_audit_records(&campaign.id, None, 1).await.unwrap().records;
        assert_eq!(
            (audit[0].action.as_str(), audit[0].before, audit[0].after),
            ("suspend_redeeming", Some(CampaignState::Running), Some(CampaignState::Running))
        );

        let resume = change("resume_redeeming");
        store.switch_vouchers(&suspended, &VoucherSwitch::Resume, &resume).await.unwrap();
        let open = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!((open.state, open.suspension), (CampaignState::Running, None));
    })
    .await;
}

#[tokio::test]
async fn an_undone_launch_leaves_the_draft_that_was_launched() {
    with_store(async |store| {
        let draft =
            Campaign { undo_until: Some(at("2026-11-01T12:01:00Z")), ..draft("cmp_undone") };
        let campaign = launched(store, draft.clone(), CampaignState::Scheduled, 3).await;
        assert_eq!(campaign.undo_until, draft.undo_until);
        let (id, run) = (campaign.id.clone(), campaign.run.clone().unwrap());
        let undo = AuditedChange { at: at("2026-11-01T12:00:30Z"), ..change("undo_launch") };
        assert_eq!(store.undo_launch(&campaign, &undo).await.unwrap(), Applied::Yes);
        let after = store.campaign(&id).await.unwrap().unwrap();
        let expected =
            Campaign { version: 3, updated_at: undo.at, undo_until: None, ..draft.clone() };
        assert_eq!(after, expected);
        assert_eq!(store.quota(&id).await.unwrap(), None);
        assert!(store.segments(&run, 3).await.unwrap().is_empty());
        // it can be launched again, with the same run
        let segments = new_segments(&run, &id, 3, noon());
        let launch = AuditedChange { at: at("2026-11-01T12:00:40Z"), ..change("launch") };
        assert_eq!(
            store
                .launch_campaign(&after, CampaignState::Running, &run, &segments, &launch)
                .await
                .unwrap(),
            Applied::Yes
        );
        assert_eq!(actions(store, &id).await, ["launch", "undo_launch", "launch", "create"]);
    })
    .await;
}

#[tokio::test]
async fn of_an_undo_and_a_start_of_one_launch_only_the_first_happens() {
    with_store(async |store| {
        for undo_first in [true, false] {
            let name = if undo_first { "cmp_undo_first" } else { "cmp_start_first" };
            let campaign = launched(store, draft(name), CampaignState::Scheduled, 2).await;
            let step =
                StateTransition::from_campaign(&campaign, CampaignAction::Start, noon()).unwrap();
            let later = AuditedChange { at: at("2026-11-01T12:01:00Z"), ..change("any") };
            let start = async || store.transition_campaign(&step, &later).await.unwrap();
            let undo = async || store.undo_launch(&campaign, &later).await.unwrap();
            let (first, second, then) = if undo_first {
                (undo().await, start().await, CampaignState::Draft)
            } else {
                (start().await, undo().await, CampaignState::Running)
            };
            assert_eq!((first, second), (Applied::Yes, Applied::Conflict));
            assert_eq!(state(store, &campaign.id).await, then);
            let run = campaign.run.as_ref().unwrap();
            let left = store.segments(run, 2).await.unwrap().len();
            assert_eq!(left, if undo_first { 0 } else { 2 });
        }
    })
    .await;
}

#[tokio::test]
async fn an_approval_of_what_was_changed_after_the_launch_goes_with_the_undo() {
    with_store(async |store| {
        for amended in [false, true] {
            let name = if amended { "cmp_undo_amended" } else { "cmp_undo_approved" };
            let before = created(store, draft(name)).await;
            let approval = Approval { by: "bo".into(), at: noon() };
            let approve = AuditedChange { actor: "bo", ..change("approve") };
            store.approve_draft(&before, &approval, &approve).await.unwrap();
            let approved = store.campaign(&before.id).await.unwrap().unwrap();
            let run = RunId::of_promotion(&approved.id);
            let segments = new_segments(&run, &approved.id, 1, noon());
            let to = CampaignState::Scheduled;
            store.launch_campaign(&approved, to, &run, &segments, &change("launch")).await.unwrap();
            let mut launched = store.campaign(&before.id).await.unwrap().unwrap();
            if amended {
                let amend = AuditedChange { at: at("2026-11-01T12:00:10Z"), ..change("amend") };
                let other = definition("another name");
                store.amend_campaign(&launched, &other, None, &amend).await.unwrap();
                launched = store.campaign(&before.id).await.unwrap().unwrap();
            }
            let undo = AuditedChange { at: at("2026-11-01T12:00:30Z"), ..change("undo_launch") };
            assert_eq!(store.undo_launch(&launched, &undo).await.unwrap(), Applied::Yes);
            let after = store.campaign(&before.id).await.unwrap().unwrap();
            assert_eq!(after.approval, (!amended).then_some(approval));
        }
    })
    .await;
}

#[tokio::test]
async fn a_later_revocation_only_adds_to_an_earlier_one() {
    with_store(async |store| {
        let campaign = launched(store, draft("cmp_revoke"), CampaignState::Running, 1).await;
        let live = CampaignState::Running.revocation(RevokeScope::All, noon());
        let revoke = change("revoke_vouchers");
        store.switch_vouchers(&campaign, &VoucherSwitch::Revoke(live), &revoke).await.unwrap();
        let campaign = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!(campaign.revoke, live);

        let step =
            StateTransition::from_campaign(&campaign, CampaignAction::Cancel, noon()).unwrap();
        let step = StateTransition { revoke: Some(RevokeScope::Unaccepted), ..step };
        store.transition_campaign(&step, &change("cancel")).await.unwrap();
        let every = Revocation::of_every_voucher(RevokeScope::Unaccepted);
        let after = store.campaign(&campaign.id).await.unwrap().unwrap();
        assert_eq!(after.revoke, Revocation { all_until: live.all_until, ..every });
    })
    .await;
}

#[tokio::test]
async fn pages_of_campaigns_show_each_once_newest_first() {
    with_store(async |store| {
        for number in 0..7i64 {
            let created_at = Timestamp::from_second(noon().as_second() + number).unwrap();
            let campaign = Campaign { created_at, ..draft(&format!("cmp_list_{number}")) };
            if number % 2 == 0 {
                created(store, campaign).await
            } else {
                launched(store, campaign, CampaignState::Running, 1).await
            };
        }
        let names = async |kind, state, limit| {
            let (mut names, mut after, mut pages) = (Vec::new(), None::<String>, 0);
            loop {
                let page =
                    store.list_campaigns(kind, state, after.as_deref(), limit).await.unwrap();
                names.extend(page.campaigns.into_iter().map(|campaign| campaign.name));
                pages += 1;
                after = page.next;
                if after.is_none() {
                    return (names, pages);
                }
            }
        };
        let expected: Vec<String> =
            (0..7).rev().map(|number| format!("cmp_list_{number}")).collect();
        assert_eq!(names(None, None, 3).await, (expected.clone(), 3));
        assert_eq!(names(Some(CampaignKind::Promotion), None, 100).await, (expected, 1));
        let running = ["cmp_list_5", "cmp_list_3", "cmp_list_1"].map(str::to_owned).to_vec();
        assert_eq!(names(None, Some(CampaignState::Running), 2).await, (running, 2));
        assert_eq!(names(Some(CampaignKind::Autopilot), None, 3).await, (Vec::new(), 1));
    })
    .await;
}

#[tokio::test]
async fn pages_of_an_audit_show_each_record_once() {
    with_store(async |store| {
        let mut campaign = created(store, draft("cmp_audit")).await;
        for number in 1..5i64 {
            let when = Timestamp::from_second(noon().as_second() + number).unwrap();
            let edit = AuditedChange { at: when, ..change("edit") };
            let written = store
                .save_draft(&campaign, &definition(&format!("edit {number}")), &edit)
                .await
                .unwrap();
            assert_eq!(written, Applied::Yes);
            campaign.version += 1;
        }
        let first = store.list_audit_records(&campaign.id, None, 3).await.unwrap();
        let second =
            store.list_audit_records(&campaign.id, first.next.as_deref(), 3).await.unwrap();
        let versions: Vec<u64> =
            first.records.iter().chain(&second.records).map(|record| record.version).collect();
        assert_eq!(versions, [5, 4, 3, 2, 1]);
        assert_eq!(second.records.last().unwrap().before, None);
    })
    .await;
}

/// Writes three kinds of records and returns the times at which they were made, the first first.
async fn write_log(store: &Store) -> [Timestamp; 3] {
    let times = ["2026-11-01T12:00:00Z", "2026-11-01T12:00:01Z", "2026-11-01T12:00:02Z"].map(at);
    created(store, draft("cmp_log")).await;
    let set = AuditedChange { actor: "Bo (s-2)", at: times[1], ..change("set") };
    let costs = serde_json::json!({});
    store.save_setting(SettingName::Costs, 0, &costs, &set).await.unwrap();
    let open = AuditedChange { at: times[2], note: "spend_limit", ..change("open") };
    store.record_act(AuditKind::Lane, "sms", &open).await.unwrap();
    times
}

async fn log_page(
    store: &Store,
    query: &AuditLogQuery,
    after: Option<&str>,
    limit: usize,
) -> (Vec<String>, Option<String>) {
    let page = store.list_audit_log(query, after, limit).await.unwrap();
    let words =
        |it: &AuditLogRecord| format!("{} {} {}", it.kind.as_str(), it.subject, it.record.action);
    (page.records.iter().map(words).collect(), page.next)
}

#[tokio::test]
async fn the_log_has_every_act_newest_first_and_pages_show_each_once() {
    with_store(async |store| {
        let [first, second, third] = write_log(store).await;
        let all = AuditLogQuery::default();
        let expected = ["lane sms open", "setting costs set", "campaign cmp_log create"];
        assert_eq!(
            log_page(store, &all, None, 10).await,
            (expected.map(String::from).into(), None)
        );
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        loop {
            let (page, next) = log_page(store, &all, after.as_deref(), 1).await;
            seen.extend(page);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
        let period = |from, until| AuditLogQuery { from, until, ..AuditLogQuery::default() };
        let in_period = async |from, until| log_page(store, &period(from, until), None, 10).await.0;
        assert_eq!(in_period(Some(second), Some(third)).await, [expected[1]]);
        assert_eq!(in_period(None, Some(first)).await, Vec::<String>::new());
        assert_eq!(in_period(Some(third), None).await, [expected[0]]);
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_by_actor_and_kind() {
    with_store(async |store| {
        write_log(store).await;
        let by = AuditLogQuery { actor: Some("bo".into()), ..AuditLogQuery::default() };
        assert_eq!(log_page(store, &by, None, 10).await.0, ["setting costs set"]);
        let of = |kind| AuditLogQuery { kind: Some(kind), ..AuditLogQuery::default() };
        let page = store.list_audit_log(&of(AuditKind::Lane), None, 10).await.unwrap();
        let found: Vec<_> =
            page.records.iter().map(|it| (it.record.actor.as_str(), &*it.record.note)).collect();
        assert_eq!(found, [("ada", "spend_limit")]);
        assert!(log_page(store, &of(AuditKind::Import), None, 10).await.0.is_empty());
    })
    .await;
}
