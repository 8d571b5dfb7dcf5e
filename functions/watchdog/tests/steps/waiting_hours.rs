//! Tests of work that waits for the hours of its customers: within two minutes after a change of
//! the contact policy it is due when the new policy says, earlier or later.

use std::collections::BTreeSet;

use domain::{
    Timestamp,
    customer::profile::Zone,
    delivery::{
        contact_policy::HoursWait,
        dispatch::{Dispatch, DispatchKey, DispatchPurpose, Segment},
    },
    kernel::{channel::Channel, id::RunId},
};
use serde_json::{Value, json};
use store::{
    conditional::Applied,
    delivery::waiting_hours::{HoursCheckpoint, HoursPosition},
};
use testkit::builders::{add_milliseconds, customer_id, noon};

use crate::schedule::{HOUR, ScheduleFixture};
use domain::campaign::lifecycle::{Campaign, CampaignState};

const MINUTE: i64 = 60_000;

impl ScheduleFixture {
    async fn set_policy(&self, before: u64, policy: Value, at: Timestamp) {
        let policy = serde_json::from_value(policy).unwrap();
        let set = self.context.store.set_contact_policy(&policy, before, "ada", at).await;
        assert_eq!(set.unwrap(), Applied::Yes);
    }

    /// Plans one dispatch for a customer, wanted at noon and due so many hours later, in this zone.
    async fn plan(&self, campaign: &Campaign, channel: Channel, due: i64, zone: Option<&str>) {
        let run = RunId::of_promotion(&campaign.id);
        let before = self.context.store.segment(&run, 0).await.unwrap().unwrap();
        let ready = Dispatch::new_ready(
            DispatchKey::planned(&run, 0, before.page, 0),
            campaign.id.clone(),
            channel,
            DispatchPurpose::Planned,
            vec![customer_id("c-1")],
            add_milliseconds(noon(), due * HOUR),
        );
        let zones = |zone| BTreeSet::from([Zone::parse(zone).unwrap()]);
        let hours = zone.map(|zone| HoursWait { wanted_at: noon(), zones: zones(zone) });
        let dispatch = Dispatch { hours, ..ready };
        let after = Segment { page: before.page + 1, open: before.open + 1, ..before.clone() };
        let written = self.context.store.write_page(&before, &after, &[dispatch]).await;
        assert_eq!(written.unwrap(), Applied::Yes);
    }

    /// Returns when the dispatches of a channel are due, in hours after noon.
    async fn due_hours(&self, channel: Channel) -> Vec<i64> {
        let far = add_milliseconds(noon(), 1_000 * HOUR);
        let (due, _) = self.context.store.due_dispatches(channel, far, None).await.unwrap();
        let mut hours = Vec::new();
        for found in due {
            let dispatch = self.context.store.dispatch(&found.key).await.unwrap().unwrap();
            let after = dispatch.due_at.as_millisecond() - noon().as_millisecond();
            hours.push(after / HOUR);
        }
        hours.sort_unstable();
        hours
    }
}

fn quiet(channel: &str, from: &str, to: &str) -> Value {
    json!({"quiet_hours": {channel: {"from": from, "to": to}}})
}

async fn running(stage: &ScheduleFixture, id: &str, schedule: Value) -> Campaign {
    stage.launch_campaign(id, json!({"schedule": schedule}), CampaignState::Running).await
}

#[tokio::test]
async fn a_change_of_the_hours_moves_what_waits_within_two_minutes() {
    let stage = ScheduleFixture::new();
    let campaign = running(&stage, "cmp_1", json!({})).await;
    let own = json!({"quiet_hours": {"sms": {"from": "10:00", "to": "17:00"}}});
    let stricter = running(&stage, "cmp_2", own).await;
    stage.set_policy(0, quiet("sms", "11:00", "20:00"), noon()).await;
    stage.plan(&campaign, Channel::Sms, 8, Some("UTC")).await;
    stage.plan(&campaign, Channel::Sms, 7, Some("Europe/Madrid")).await;
    stage.plan(&campaign, Channel::Sms, 6, None).await; // it waits for its own hour
    stage.plan(&campaign, Channel::Email, 3, Some("UTC")).await; // hours that it no longer has
    stage.plan(&stricter, Channel::Sms, 8, Some("UTC")).await;
    let settled = add_milliseconds(noon(), 2 * MINUTE);
    stage.run_watchdog_at(add_milliseconds(noon(), MINUTE)).await;
    assert_eq!(stage.due_hours(Channel::Sms).await, [6, 7, 8, 8], "as the policy says");
    assert_eq!(stage.due_hours(Channel::Email).await, [0], "due at once");

    // Shorter: UTC's ends at two, Madrid's an hour before; the campaign's own hours stay.
    stage.set_policy(1, quiet("sms", "11:00", "14:00"), settled).await;
    stage.run_watchdog_at(add_milliseconds(settled, MINUTE)).await;
    assert_eq!(stage.due_hours(Channel::Sms).await, [1, 2, 5, 6]);
    // Longer again, before they are due.
    stage
        .set_policy(2, quiet("sms", "11:00", "22:00"), add_milliseconds(settled, 3 * MINUTE))
        .await;
    stage.run_watchdog_at(add_milliseconds(settled, 4 * MINUTE)).await;
    assert_eq!(stage.due_hours(Channel::Sms).await, [6, 9, 10, 10]);
    // None at all: what waited for hours is due, but for the campaign that has its own.
    stage.set_policy(3, json!({}), add_milliseconds(settled, 5 * MINUTE)).await;
    stage.run_watchdog_at(add_milliseconds(settled, 6 * MINUTE)).await;
    assert_eq!(stage.due_hours(Channel::Sms).await, [0, 0, 5, 6]);
}

#[tokio::test]
async fn work_that_was_planned_by_the_policy_before_is_found_by_the_next_round() {
    let stage = ScheduleFixture::new();
    let campaign = running(&stage, "cmp_1", json!({})).await;
    stage.set_policy(0, quiet("sms", "11:00", "14:00"), noon()).await;
    stage.run_watchdog_at(add_milliseconds(noon(), 1_000)).await;
    // A worker that had read the policy before writes now.
    stage.plan(&campaign, Channel::Sms, 9, Some("UTC")).await;
    stage.run_watchdog_at(add_milliseconds(noon(), MINUTE)).await;
    assert_eq!(stage.due_hours(Channel::Sms).await, [2]);
    // From then on nothing is read for it any more.
    stage.plan(&campaign, Channel::Sms, 9, Some("UTC")).await;
    stage.run_watchdog_at(add_milliseconds(noon(), 2 * MINUTE)).await;
    assert_eq!(stage.due_hours(Channel::Sms).await, [2, 9]);
}

/// More is due at one time than a round reads, and none of it waits for hours.
#[tokio::test]
async fn a_pass_goes_on_among_dispatches_that_are_due_at_one_time() {
    let stage = ScheduleFixture::new();
    let campaign = running(&stage, "cmp_1", json!({})).await;
    for _ in 0..210 {
        stage.plan(&campaign, Channel::Sms, 5, None).await;
    }
    stage.plan(&campaign, Channel::Sms, 8, Some("UTC")).await;
    stage.set_policy(0, quiet("sms", "11:00", "14:00"), noon()).await;
    let mut moved = 0;
    for round in 1..=4 {
        let now = add_milliseconds(noon(), round * 1_000);
        moved += watchdog::replan_waiting(&stage.context, now, 1).await.unwrap();
    }
    assert_eq!(moved, 1, "one page of a hundred a round");
    assert_eq!(stage.due_hours(Channel::Sms).await[0], 2);
}

#[test]
fn a_change_is_followed_until_nothing_can_be_planned_by_the_policy_before() {
    let after = |seconds: i64| add_milliseconds(noon(), seconds * 1_000);
    let next = |known: Option<HoursCheckpoint>, now| {
        watchdog::next_pass(known, 3, Some(after(0)), after(now))
    };
    assert_eq!(watchdog::next_pass(None, 0, None, after(0)), None, "the policy was never set");
    let first = next(None, 20).unwrap();
    assert_eq!((first.version, first.began_at), (3, after(20)));
    let position = Some(HoursPosition::beginning(Channel::Email, after(9_000)));
    let under_way = HoursCheckpoint { position, ..first.clone() };
    assert_eq!(next(Some(under_way.clone()), 80), Some(under_way), "it goes on");
    let early = HoursCheckpoint { position: None, ..first.clone() };
    assert_eq!(next(Some(early), 80).unwrap().began_at, after(80), "it began too early");
    let done = HoursCheckpoint { position: None, began_at: after(80), ..first.clone() };
    assert_eq!(next(Some(done), 140), None);
    let older = HoursCheckpoint { version: 2, position: None, ..first };
    assert_eq!(next(Some(older), 300).unwrap().version, 3, "another version");
}
