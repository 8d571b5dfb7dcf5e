//! Checks what must hold after every step; each invariant has a name and one place.
//!
//! `ObservedState` follows the changes of the tables and checks each one as it arrives. Checks that only
//! apply to a scenario at rest are in `rest`.

mod claims;
mod contact_policy;
mod autopilot;
mod approvals;
mod at_rest;
mod orders;
mod spend;
mod voucher;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use aggregate_reports::{StreamBatch, VoucherChange};
use domain::{
    TimeZone,
    campaign::lifecycle::{CampaignState, RevokeScope},
    customer::profile::{ConsentState, Customer, Zone},
    delivery::dispatch::RunProgress,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
    },
    reporting::counters::{self, CounterDelta},
    voucher::{
        attempt::AttemptState,
        record::{Redemption, Voucher},
    },
};
use fake_aws::{FakeAws, FakeItem, ProviderMessage};
use serde_json::json;
use store::{Store, customer::profiles::CustomerLookup};

use self::{approvals::ApprovalTracker, autopilot::AutopilotTracker, claims::ClaimTracker};
use crate::{
    contact_policy::ContactPolicyScenario,
    plan::SimulationPlan,
    table_items::{
        CONTROL, CUSTOMERS, RecordKey, RunWork, VOUCHERS, WORK, describe_change, is_leased,
        is_reminder, message_target, planned_retry, record_name, stream_record, text_attribute,
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// One record per campaign, customer and occurrence, and an issued voucher is never replaced.
    OneVoucher,
    /// A provider accepts at most what the channel's policy declares, and one message per claim.
    SendsPerAttempt,
    /// Nothing is sent unless the voucher and the sender's own claim are in the store.
    ClaimBeforeSend,
    /// Each attempt has one claim, made while the voucher is issued. A later attempt follows only
    /// an open one and is never replaced by an earlier one.
    ClaimedOnce,
    /// Until a lease is over, no other worker judges its claim or leases its dispatch; and a
    /// superseded worker makes no further claim.
    LiveLeases,
    /// A further attempt is planned only after one that was throttled or is unknown.
    RepeatsOpenAttempts,
    /// Consent and suppressions allowed each send when its worker checked.
    ConsentAtSend,
    /// `selected = issued + ghost + skipped + failed + waiting`, and the counters equal the records
    /// and the open work.
    EquationCloses,
    /// A run is `completed` only when no customer waits and nothing is still to be sent.
    NotCompletedEarly,
    /// Vouchers and redeemed amounts stay within their caps, and the remaining quota equals the cap
    /// less what is used.
    CapsHold,
    /// A stage that is set never changes.
    StagesOnce,
    /// One redemption in force per voucher, and at most one reversal for each redemption.
    OneRedemption,
    /// Report counters equal a recount of all changes once the stream is drained.
    CountersEqualRecount,
    /// A customer's order count equals the orders that were reported.
    OrdersCountOnce,
    /// The vouchers of an order take no more off a line, the fee or the order than it costs, and its
    /// revenue counts once.
    OrdersHold,
    /// A voucher is redeemed on the order that says so, by its buyer and with its sums, and a set is
    /// redeemed whole.
    OrdersAgree,
    /// What a checkout holds can be redeemed until the hold ends.
    HoldsHold,
    /// Every customer who made an autopilot fire has a record of it: an offer, or the reason for
    /// none.
    NoLostMatch,
    /// An autopilot's offer is made while its trigger condition holds, not before its time, and
    /// within its deadline.
    ConditionAtSend,
    /// Two offers of an autopilot to one customer are at least the cool-down apart.
    CoolDownHolds,
    /// No attempt is claimed in a customer's quiet hours.
    QuietHours,
    /// A customer's offers and messages stay within the caps across campaigns.
    ContactCapsHold,
    /// A customer is reminded of a voucher once, with a claim, while it may be used.
    RemindedOnce,
    /// A voucher is stamped as expired only after its time is over, and only if nobody has used it.
    ExpiredInTime,
    /// A campaign that launches over the threshold, or whose cap is raised over it, was approved by
    /// someone who did not write it.
    SecondPerson,
    /// The spend of customers on both sides of the holdout is kept on their records.
    SpendIsKept,
    /// All work ends within a bounded number of steps once faults stop.
    NothingWaitsForEver,
}

impl Invariant {
    pub fn name(self) -> &'static str {
        match self {
            Invariant::OneVoucher => "one voucher",
            Invariant::SendsPerAttempt => "sends per attempt",
            Invariant::ClaimBeforeSend => "claim before send",
            Invariant::ClaimedOnce => "claimed once",
            Invariant::LiveLeases => "a live lease is left alone",
            Invariant::RepeatsOpenAttempts => "repeats follow open attempts",
            Invariant::ConsentAtSend => "consent at send",
            Invariant::EquationCloses => "the equation closes",
            Invariant::NotCompletedEarly => "not completed early",
            Invariant::CapsHold => "caps hold",
            Invariant::StagesOnce => "stages are set once",
            Invariant::OneRedemption => "one redemption",
            Invariant::CountersEqualRecount => "counters equal a recount",
            Invariant::OrdersCountOnce => "orders count once",
            Invariant::OrdersHold => "an order gives what it costs at most",
            Invariant::OrdersAgree => "orders and vouchers agree",
            Invariant::HoldsHold => "a granted hold is redeemable",
            Invariant::NoLostMatch => "no lost match",
            Invariant::ConditionAtSend => "condition at send",
            Invariant::CoolDownHolds => "cool-down holds",
            Invariant::QuietHours => "quiet hours are kept",
            Invariant::ContactCapsHold => "caps across offers hold",
            Invariant::RemindedOnce => "reminded once",
            Invariant::ExpiredInTime => "ended in time",
            Invariant::SecondPerson => "a second person agrees",
            Invariant::SpendIsKept => "what was spent is kept",
            Invariant::NothingWaitsForEver => "nothing waits for ever",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenInvariant {
    pub invariant: Invariant,
    pub what: String,
}

impl fmt::Display for BrokenInvariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant.name(), self.what)
    }
}

fn broken_invariant(invariant: Invariant, what: impl Into<String>) -> Result<(), BrokenInvariant> {
    Err(BrokenInvariant { invariant, what: what.into() })
}

/// The state of the scenario, as far as the invariants need it.
pub struct ObservedState {
    memory: FakeAws,
    observer: Store,
    campaign: CampaignId,
    seen: BTreeMap<&'static str, usize>,
    pub vouchers: BTreeMap<RecordKey, Voucher>,
    /// The counters expected from all changes so far.
    expected_counters: CounterDelta,
    /// The channels on which each customer could be reached, with the step from which on this held.
    reach: BTreeMap<CustomerId, Vec<(u64, BTreeSet<Channel>)>>,
    claims: ClaimTracker,
    autopilot: Option<AutopilotTracker>,
    contact_policy: ContactPolicyScenario,
    approvals: ApprovalTracker,
    /// The time at which each record appeared, in milliseconds.
    appeared: BTreeMap<RecordKey, i64>,
    /// Every zone that each customer ever had: a worker may have read the profile a while ago.
    zones: BTreeMap<CustomerId, Vec<Zone>>,
    revoke: RevokeScope,
    vouchers_cap: Option<u64>,
    redeemed_cap: Option<i64>,
    pub state: CampaignState,
    pub version: u64,
    /// The time at which the autopilot was first enabled, in milliseconds.
    pub enabled_at: Option<i64>,
    /// Descriptions of what changed in the last step.
    pub descriptions: Vec<String>,
}

/// The invocation that did the last effect, and the step in which it began.
#[derive(Debug, Clone, Copy)]
pub struct EffectSource {
    pub invocation: u32,
    pub function: &'static str,
    pub since: u64,
}

/// The time of an effect: the world's step, and its clock in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedMoment {
    pub step: u64,
    pub now: i64,
}

impl ObservedState {
    pub fn new(
        memory: FakeAws,
        observer: Store,
        campaign: CampaignId,
        plan: &SimulationPlan,
    ) -> Self {
        Self {
            memory,
            observer,
            campaign,
            seen: BTreeMap::new(),
            vouchers: BTreeMap::new(),
            expected_counters: CounterDelta::new(),
            reach: BTreeMap::new(),
            claims: ClaimTracker::default(),
            autopilot: plan
                .autopilot
                .map(|autopilot| AutopilotTracker::for_scenario(autopilot, plan.tagged_only)),
            contact_policy: plan.contact_policy,
            approvals: ApprovalTracker::for_scenario(plan.approvals),
            appeared: BTreeMap::new(),
            zones: BTreeMap::new(),
            revoke: RevokeScope::None,
            vouchers_cap: Some(0),
            redeemed_cap: Some(0),
            state: CampaignState::Draft,
            version: 1,
            enabled_at: None,
            descriptions: Vec::new(),
        }
    }

    fn new_changes(&mut self, table: &'static str) -> Vec<fake_aws::ItemChange> {
        let seen = self.seen.entry(table).or_default();
        if self.memory.change_count(table) == *seen {
            return Vec::new();
        }
        let changes = self.memory.changes(table, *seen);
        *seen += changes.len();
        changes
    }

    /// Takes in what the last effect changed, and checks it.
    pub async fn observe(
        &mut self,
        moment: SimulatedMoment,
        doer: Option<EffectSource>,
        mail: &[ProviderMessage],
    ) -> Result<(), BrokenInvariant> {
        self.descriptions.clear();
        for change in self.new_changes(CUSTOMERS) {
            self.observe_customer(moment, &change).await;
        }
        let control = !self.new_changes(CONTROL).is_empty();
        if control {
            self.observe_campaign(moment).await?;
        }
        let mut vouchers = false;
        for change in self.new_changes(VOUCHERS) {
            vouchers = true;
            self.observe_voucher(moment, doer, &change)?;
        }
        if let Some(doer) = doer {
            for message in mail {
                self.check_message(doer, message)?;
            }
        }
        let work = self.new_changes(WORK);
        for change in &work {
            claims::check_lease(moment.now, change)?;
        }
        for planned in work
            .iter()
            .filter(|change| change.old.is_none())
            .filter_map(|change| change.new.as_ref())
        {
            self.check_retry(planned)?;
        }
        if !work.is_empty() || vouchers || control {
            self.check_equation()?;
        }
        Ok(())
    }

    async fn observe_customer(&mut self, moment: SimulatedMoment, change: &fake_aws::ItemChange) {
        let Some(id) = change
            .new
            .as_ref()
            .and_then(|item| CustomerId::parse(text_attribute(item, "customer_id")).ok())
        else {
            return;
        };
        let open = match self.observer.customer(&id).await {
            Ok(CustomerLookup::Customer(customer)) => {
                if let Some(firing) = &mut self.autopilot {
                    firing.record_customer(moment, &customer);
                }
                self.zones
                    .entry(id.clone())
                    .or_default()
                    .push(customer.profile.zone.clone().unwrap_or_default());
                Channel::ALL
                    .into_iter()
                    .filter(|channel| is_channel_open(&customer, *channel))
                    .collect()
            }
            Ok(CustomerLookup::Erased | CustomerLookup::Unknown) | Err(_) => BTreeSet::new(),
        };
        let history = self.reach.entry(id.clone()).or_default();
        if history.last().is_none_or(|(_, before)| *before != open) {
            let names: Vec<&str> = open.iter().map(|channel| channel.as_str()).collect();
            self.descriptions.push(format!(
                "{id} can be reached by: {}",
                if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
            ));
            history.push((moment.step, open));
        }
    }

    /// Returns true if the channel was open at some time since the step `since`.
    fn was_open(&self, customer: &CustomerId, channel: Channel, since: u64) -> bool {
        let history = self.reach.get(customer).map(Vec::as_slice).unwrap_or_default();
        let in_force = history.iter().rposition(|(step, _)| *step <= since).unwrap_or(0);
        history.iter().skip(in_force).any(|(_, open)| open.contains(&channel))
    }

    async fn observe_campaign(&mut self, moment: SimulatedMoment) -> Result<(), BrokenInvariant> {
        if let Ok(Some(campaign)) = self.observer.campaign(&self.campaign).await {
            if campaign.state != self.state {
                self.descriptions.push(format!("the campaign is {}", campaign.state.as_str()));
            }
            (self.state, self.version, self.revoke) =
                (campaign.state, campaign.version, campaign.revoke);
            if self.state == CampaignState::Enabled {
                self.enabled_at.get_or_insert(moment.now);
            }
            let caps = &campaign.definition.caps;
            self.vouchers_cap = larger_cap(self.vouchers_cap, caps.vouchers);
            self.redeemed_cap =
                larger_cap(self.redeemed_cap, caps.redeemed.map(|money| money.amount.units()));
            self.approvals.check_change(&campaign)?;
        }
        Ok(())
    }

    fn observe_voucher(
        &mut self,
        moment: SimulatedMoment,
        doer: Option<EffectSource>,
        change: &fake_aws::ItemChange,
    ) -> Result<(), BrokenInvariant> {
        let record = stream_record(change, 0);
        let read = StreamBatch::parse_event(json!({ "Records": [record] })).ok();
        let Some(step) = read.and_then(|mut batch| batch.records.pop()) else {
            return Ok(());
        };
        let (old, new) = match step.change {
            VoucherChange::Changed { old, new } => (old.map(|it| *it), *new),
            VoucherChange::Removed => {
                return broken_invariant(Invariant::OneVoucher, "a record was deleted");
            }
            VoucherChange::Unreadable { reason, .. } => {
                return broken_invariant(Invariant::OneVoucher, format!("unreadable: {reason}"));
            }
        };
        for (row, counts) in counters::contribution_change(old.as_ref(), &new, &TimeZone::UTC) {
            self.expected_counters.entry(row).or_default().add_all(&counts);
        }
        self.descriptions.push(describe_change(old.as_ref(), &new));
        match &old {
            None => self.check_issue(doer, &new)?,
            Some(old) => voucher::check_change(old, &new)?,
        }
        voucher::check_redemptions(old.as_ref(), &new)?;
        if let Some(doer) = doer {
            self.claims.check_change(moment.now, doer, old.as_ref(), &new)?;
            self.check_further_claims(old.as_ref(), &new)?;
            self.check_contact_policy(old.as_ref(), &new)?;
        }
        let record = (new.customer.clone(), new.occurrence.clone());
        self.appeared.entry(record.clone()).or_insert(moment.now);
        self.vouchers.insert(record, new);
        self.check_caps()
    }

    /// Checks that a worker that makes a further claim holds the lease of its dispatch. The first
    /// claim comes with the voucher.
    fn check_further_claims(
        &self,
        old: Option<&Voucher>,
        new: &Voucher,
    ) -> Result<(), BrokenInvariant> {
        let Some(old) = old else { return Ok(()) };
        let record = (new.customer.clone(), new.occurrence.clone());
        for (channel, attempt) in &new.attempts {
            let fresh = attempt.state == AttemptState::Claimed
                && old.attempts.get(channel) != Some(attempt);
            if fresh && !is_leased(&self.memory, &record, attempt, false) {
                let what = format!(
                    "attempt {} by {channel} for {} is claimed for a dispatch in other hands",
                    attempt.number,
                    record_name(new)
                );
                return broken_invariant(Invariant::LiveLeases, what);
            }
        }
        Ok(())
    }

    fn check_issue(
        &self,
        doer: Option<EffectSource>,
        new: &Voucher,
    ) -> Result<(), BrokenInvariant> {
        if let Some(other) = self.vouchers.get(&(new.customer.clone(), new.occurrence.clone())) {
            return broken_invariant(
                Invariant::OneVoucher,
                format!("{} has {} and {}", record_name(new), other.id, new.id),
            );
        }
        match (&self.autopilot, doer) {
            (Some(firing), Some(doer)) => firing.check_issue(doer, new, &self.vouchers),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn check_caps(&self) -> Result<(), BrokenInvariant> {
        let issued =
            self.vouchers.values().filter(|voucher| voucher.status.is_voucher()).count() as u64;
        if self.vouchers_cap.is_some_and(|cap| issued > cap) {
            return broken_invariant(
                Invariant::CapsHold,
                format!(
                    "{issued} vouchers, and never were more allowed than {:?}",
                    self.vouchers_cap
                ),
            );
        }
        let redeemed = self.redeemed_amount() + self.reserved_amount();
        if self.redeemed_cap.is_some_and(|cap| redeemed > cap) {
            return broken_invariant(
                Invariant::CapsHold,
                format!(
                    "{redeemed} cents redeemed, and never were more allowed than {:?}",
                    self.redeemed_cap
                ),
            );
        }
        Ok(())
    }

    /// Returns what holds have taken from the cap.
    fn reserved_amount(&self) -> i64 {
        let holds = self.vouchers.values().filter_map(|voucher| voucher.hold.as_ref());
        holds.map(|hold| hold.reserved.units()).sum()
    }

    fn redeemed_amount(&self) -> i64 {
        let net =
            |redemption: &Redemption| redemption.discount.units() - redemption.returned.units();
        self.vouchers.values().filter_map(|voucher| voucher.redemption.as_ref()).map(net).sum()
    }

    fn check_message(
        &mut self,
        doer: EffectSource,
        message: &ProviderMessage,
    ) -> Result<(), BrokenInvariant> {
        let (customer, voucher, channel) = message_target(message);
        let known =
            voucher.and_then(|id| self.vouchers.iter().find(|(_, voucher)| voucher.id == id));
        let (Some(customer), Some((record, voucher))) = (customer, known) else {
            return broken_invariant(
                Invariant::ClaimBeforeSend,
                format!("a message with no voucher that we know: {message:?}"),
            );
        };
        self.descriptions
            .push(format!("the provider took a message for {} by {channel}", record_name(voucher)));
        if record.0 != customer || !voucher.status.is_voucher() {
            return broken_invariant(
                Invariant::ClaimBeforeSend,
                format!("{customer} has no such voucher"),
            );
        }
        if is_reminder(message) {
            self.claims.record_reminder(doer, record)?;
        } else {
            self.claims.record_message(doer, record, channel)?;
        }
        if let Some(claim) = self.claims.own_claim(doer, record, channel, is_reminder(message)) {
            self.check_quiet_hours(voucher, channel, claim)?;
        }
        if !self.was_open(&customer, channel, doer.since) {
            return broken_invariant(
                Invariant::ConsentAtSend,
                format!(
                    "{customer} could not be reached by {channel} at any time since #{} began",
                    doer.invocation
                ),
            );
        }
        Ok(())
    }

    /// Checks that a new item in Work, if it is a retry, follows an open attempt; most new items
    /// are no retries.
    fn check_retry(&self, planned: &FakeItem) -> Result<(), BrokenInvariant> {
        let repeat = planned_retry(planned);
        let Some((record, channel, number)) = repeat else {
            return Ok(());
        };
        let attempt = self.vouchers.get(&record).and_then(|voucher| voucher.attempts.get(&channel));
        let open = attempt.is_some_and(|attempt| {
            attempt.number + 1 == number
                && matches!(attempt.state, AttemptState::Throttled | AttemptState::Unknown)
        });
        if !open {
            let what = format!(
                "attempt {number} by {channel} for {} is planned after {attempt:?}",
                record.0
            );
            return broken_invariant(Invariant::RepeatsOpenAttempts, what);
        }
        Ok(())
    }

    /// Returns true if the campaign as it is now was approved.
    pub fn is_approved(&self) -> bool {
        self.approvals.is_approved()
    }

    pub fn run_progress(&self) -> RunProgress {
        RunWork::read_from(&self.memory).progress
    }

    fn check_equation(&self) -> Result<(), BrokenInvariant> {
        let work = RunWork::read_from(&self.memory);
        let progress = &work.progress;
        if progress.open != work.open {
            return broken_invariant(
                Invariant::EquationCloses,
                format!(
                    "{} open, and {} dispatches and unknown attempts are",
                    progress.open, work.open
                ),
            );
        }
        if progress.selected != work.selected {
            return broken_invariant(
                Invariant::EquationCloses,
                format!("{} selected, and {} are in dispatches", progress.selected, work.selected),
            );
        }
        if progress.tally.total() > progress.selected {
            return broken_invariant(
                Invariant::EquationCloses,
                format!("{} outcomes of {} selected", progress.tally.total(), progress.selected),
            );
        }
        if self.state == CampaignState::Completed {
            let whole = progress.segments > 0 && progress.segments_scanned == progress.segments;
            let customers = self.memory.items(CUSTOMERS).len() as u64;
            if progress.scanned != customers {
                let what = format!("{} of {customers} customers were scanned", progress.scanned);
                return broken_invariant(Invariant::EquationCloses, what);
            }
            if !whole || progress.open > 0 || progress.tally.total() != progress.selected {
                return broken_invariant(Invariant::NotCompletedEarly, format!("{progress:?}"));
            }
            self.check_recount(&work)?;
        }
        Ok(())
    }
}

/// Computes reach independently, so that the code under test does not judge itself.
fn is_channel_open(customer: &Customer, channel: Channel) -> bool {
    let granted = customer
        .consents
        .get(&channel)
        .is_some_and(|consent| consent.state == ConsentState::Granted);
    granted && !customer.suppressions.contains_key(&channel)
}

fn larger_cap<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    Some(a?.max(b?))
}
