//! Checks what must hold after every step; each invariant has a name and one place.
//!
//! `ObservedState` follows the changes of the tables and checks each one as it arrives. Checks that only
//! apply to a scenario at rest are in `rest`.

mod invariant;
mod addresses;
mod claims;
mod contact_policy;
mod autopilot;
mod approvals;
mod at_rest;
mod goodwill;
mod orders;
mod spend;
mod values;
mod windows;
mod redeeming;
mod voucher;

use std::collections::{BTreeMap, BTreeSet};

use aggregate_reports::{StreamBatch, VoucherChange};
use domain::{
    TimeZone,
    campaign::{
        lifecycle::CampaignState,
        redeeming::{RedeemingState, Revocation},
    },
    customer::profile::{ConsentState, Customer, Zone},
    delivery::dispatch::RunProgress,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        money::Currency,
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

pub use self::invariant::{BrokenInvariant, Invariant};
use self::{
    addresses::AddressTracker, approvals::ApprovalTracker, autopilot::AutopilotTracker,
    claims::ClaimTracker, contact_policy::MessageTracker, invariant::broken_invariant,
    redeeming::SwitchTracker,
};
use crate::{
    contact_policy::ContactPolicyScenario,
    plan::SimulationPlan,
    preferences::PreferenceScenario,
    table_items::{
        ADDRESSES, CONTROL, CUSTOMERS, RecordKey, RunWork, VOUCHERS, WORK, describe_change,
        is_leased, is_reminder, message_target, planned_fallback, planned_retry, record_name,
        stream_record, text_attribute,
    },
    variants::check_variant,
};

/// The state of the scenario, as far as the invariants need it.
pub struct ObservedState {
    memory: FakeAws,
    observer: Store,
    campaign: CampaignId,
    seen: BTreeMap<&'static str, usize>,
    pub vouchers: BTreeMap<RecordKey, Voucher>,
    /// The counters expected from all changes so far.
    expected_counters: CounterDelta,
    /// The channels on which each customer could be reached about the campaign's topic, in order.
    reach: BTreeMap<CustomerId, Vec<ReachFrom>>,
    addresses: AddressTracker,
    claims: ClaimTracker,
    autopilot: Option<AutopilotTracker>,
    contact_policy: ContactPolicyScenario,
    preferences: Option<PreferenceScenario>,
    /// Set when customers swap addresses and hand on devices.
    addresses_move: bool,
    /// The time at which the quiet hours were changed, in milliseconds.
    pub hours_changed_at: Option<i64>,
    messages: MessageTracker,
    approvals: ApprovalTracker,
    /// The time at which each record appeared, in milliseconds.
    appeared: BTreeMap<RecordKey, i64>,
    /// Every zone that each customer ever had: a worker may have read the profile a while ago.
    zones: BTreeMap<CustomerId, Vec<Zone>>,
    /// The currency of each customer, which never changes.
    currencies: BTreeMap<CustomerId, Currency>,
    pub redeeming: RedeemingState,
    revoke: Revocation,
    switches: SwitchTracker,
    vouchers_cap: Option<u64>,
    redeemed_cap: Option<i64>,
    has_variants: bool,
    pub state: CampaignState,
    pub version: u64,
    /// The time at which the autopilot was first enabled, in milliseconds.
    pub enabled_at: Option<i64>,
    /// Descriptions of what changed in the last step.
    pub descriptions: Vec<String>,
}

/// The most by which a process's clock may differ from the world's, with a margin.
const CLOCK_SKEW_MS: i64 = 5_000;

/// The invocation that did the last effect, and the step in which it began.
#[derive(Debug, Clone, Copy)]
pub struct EffectSource {
    pub invocation: u32,
    pub function: &'static str,
    pub since: u64,
    /// The time at which the invocation began, in milliseconds.
    pub began: i64,
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
            addresses: AddressTracker::default(),
            claims: ClaimTracker::default(),
            autopilot: plan
                .autopilot
                .map(|autopilot| AutopilotTracker::for_scenario(autopilot, plan.tagged_only)),
            contact_policy: plan.contact_policy,
            preferences: plan.preferences,
            addresses_move: plan.shared_addresses,
            hours_changed_at: None,
            messages: MessageTracker::default(),
            approvals: ApprovalTracker::for_scenario(plan.approvals),
            appeared: BTreeMap::new(),
            zones: BTreeMap::new(),
            currencies: BTreeMap::new(),
            redeeming: RedeemingState::Open,
            revoke: Revocation::default(),
            switches: SwitchTracker::default(),
            vouchers_cap: Some(0),
            redeemed_cap: Some(0),
            has_variants: plan.variants,
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
        let customers = self.new_changes(CUSTOMERS);
        for change in &customers {
            self.observe_customer(moment, change).await?;
        }
        let addresses = self.new_changes(ADDRESSES);
        if !customers.is_empty() || !addresses.is_empty() {
            self.observe_addresses(moment.step, &addresses).await?;
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
                self.check_message(moment, doer, message)?;
            }
        }
        let work = self.new_changes(WORK);
        for change in &work {
            claims::check_lease(moment.now, change)?;
            orders::check_change(change)?;
        }
        for planned in work
            .iter()
            .filter(|change| change.old.is_none())
            .filter_map(|change| change.new.as_ref())
        {
            self.check_retry(planned)?;
            self.check_fallback(planned)?;
        }
        if !work.is_empty() || vouchers || control {
            self.check_undone()?;
            self.check_equation()?;
        }
        Ok(())
    }

    async fn observe_customer(
        &mut self,
        moment: SimulatedMoment,
        change: &fake_aws::ItemChange,
    ) -> Result<(), BrokenInvariant> {
        let Some(id) = change
            .new
            .as_ref()
            .and_then(|item| CustomerId::parse(text_attribute(item, "customer_id")).ok())
        else {
            return Ok(());
        };
        let (open, paused_until): (BTreeSet<Channel>, _) = match self.observer.customer(&id).await {
            Ok(CustomerLookup::Customer(customer)) => {
                self.addresses.record_customer(&customer)?;
                if let Some(firing) = &mut self.autopilot {
                    firing.record_customer(moment, &customer);
                }
                if let Some(currency) = customer.profile.currency {
                    self.currencies.insert(id.clone(), currency);
                }
                self.zones.entry(id.clone()).or_default().push(customer.zone().clone());
                let allows = |channel: &Channel| {
                    let topic = self.preferences;
                    is_channel_open(&customer, *channel)
                        && topic.is_none_or(|topic| topic.allows(&customer, *channel))
                };
                let paused_until = customer.pause.as_ref().map(|it| it.until.as_millisecond());
                (Channel::ALL.into_iter().filter(allows).collect(), paused_until)
            }
            Ok(CustomerLookup::Erased | CustomerLookup::Unknown) | Err(_) => {
                (BTreeSet::new(), None)
            }
        };
        let history = self.reach.entry(id.clone()).or_default();
        let is_same = |last: &ReachFrom| last.open == open && last.paused_until == paused_until;
        if !history.last().is_some_and(is_same) {
            let names: Vec<&str> = open.iter().map(|channel| channel.as_str()).collect();
            self.descriptions.push(format!(
                "{id} can be reached by: {}",
                if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
            ));
            let (step, at) = (moment.step, moment.now);
            history.push(ReachFrom { step, at, open, paused_until });
        }
        Ok(())
    }

    /// Returns true if the channel was open, and no pause in force, at some time since the step
    /// `since`.
    fn was_open(&self, customer: &CustomerId, channel: Channel, since: u64, now: i64) -> bool {
        let history = self.reach.get(customer).map(Vec::as_slice).unwrap_or_default();
        let in_force = history.iter().rposition(|from| from.step <= since).unwrap_or(0);
        let ends = history.iter().skip(1).map(|from| from.at).chain([now]);
        let mut recent = history.iter().zip(ends).skip(in_force);
        recent.any(|(from, end)| {
            let is_paused = from.paused_until.is_some_and(|until| until > end + CLOCK_ERROR_MS);
            from.open.contains(&channel) && !is_paused
        })
    }

    /// Returns true if the customer has an address on the channel and it was open at all times
    /// since
    /// `since`, in milliseconds. Clocks may be wrong by some seconds.
    fn was_always_open(&self, customer: &CustomerId, channel: Channel, since: i64) -> bool {
        let history = self.reach.get(customer).map(Vec::as_slice).unwrap_or_default();
        let in_force =
            history.iter().rposition(|from| from.at + CLOCK_SKEW_MS <= since).unwrap_or(0);
        let mut states = history.iter().skip(in_force).peekable();
        states.peek().is_some()
            && states.all(|from| from.open.contains(&channel) && from.paused_until.is_none())
    }

    async fn observe_campaign(&mut self, moment: SimulatedMoment) -> Result<(), BrokenInvariant> {
        if let Ok(Some(campaign)) = self.observer.campaign(&self.campaign).await {
            if campaign.state != self.state {
                self.descriptions.push(format!("the campaign is {}", campaign.state.as_str()));
            }
            (self.state, self.version, self.revoke) =
                (campaign.state, campaign.version, campaign.revoke);
            self.redeeming = campaign.redeeming();
            let is_suspended = campaign.suspension.is_some();
            self.switches.record_campaign(moment.now, is_suspended, campaign.revoke);
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
            None => {
                self.check_issue(doer, &new)?;
                goodwill::check_issue(&new, &self.vouchers, self.revoke, moment.now)?;
            }
            Some(old) => {
                voucher::check_change(old, &new)?;
                let began = doer.map_or(moment.now, |doer| doer.began);
                goodwill::check_change(old, &new, &self.vouchers, began)?;
            }
        }
        voucher::check_redemptions(old.as_ref(), &new)?;
        let claimed = self.messages.track(&new);
        if let Some(doer) = doer {
            self.claims.check_change(moment.now, doer, old.as_ref(), &new)?;
            self.check_further_claims(old.as_ref(), &new)?;
            if let Some(old) = &old {
                self.switches.check_change(doer, old, &new)?;
            }
            self.check_contact_policy(old.as_ref(), &new, claimed)?;
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
        redeeming::check_currency(self.currencies.get(&new.customer), new)?;
        if self.has_variants {
            check_variant(new)?;
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
        moment: SimulatedMoment,
        doer: EffectSource,
        message: &ProviderMessage,
    ) -> Result<(), BrokenInvariant> {
        let (target, channel) = message_target(message);
        let known = target.and_then(|target| {
            self.vouchers.iter().find(|(_, voucher)| target.is_of(voucher, channel))
        });
        let Some((record, voucher)) = known else {
            return broken_invariant(
                Invariant::ClaimBeforeSend,
                format!("a message with no voucher that we know: {message:?}"),
            );
        };
        let customer = record.0.clone();
        self.descriptions
            .push(format!("the provider took a message for {} by {channel}", record_name(voucher)));
        if !self.addresses.had_destination(&customer, message) || !voucher.status.is_voucher() {
            return broken_invariant(
                Invariant::ClaimBeforeSend,
                format!("{customer} has no such voucher, or never had this address"),
            );
        }
        self.addresses.check_message(doer, message)?;
        if is_reminder(message) {
            self.claims.record_reminder(doer, record)?;
        } else {
            self.claims.record_message(doer, record, channel)?;
        }
        if let Some(claim) = self.claims.own_claim(doer, record, channel, is_reminder(message)) {
            self.check_quiet_hours(voucher, channel, claim)?;
        }
        if !self.was_open(&customer, channel, doer.since, moment.now) {
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
        let open = attempt.is_some_and(|attempt| match attempt.state {
            // the same attempt, or the next after a claim that was taken for abandoned
            AttemptState::Throttled => attempt.number == number || attempt.number + 1 == number,
            AttemptState::Unknown => attempt.number + 1 == number,
            AttemptState::Claimed
            | AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Failed => false,
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

    /// Checks that a new item in Work, if it is the first dispatch of a fallback, follows a message
    /// that was refused or whose fate is unknown. One that is deferred has the name of the first
    /// and more.
    fn check_fallback(&self, planned: &FakeItem) -> Result<(), BrokenInvariant> {
        let first = !text_attribute(planned, "sk").contains('+');
        let Some((record, channel)) = planned_fallback(planned).filter(|_| first) else {
            return Ok(());
        };
        let voucher = self.vouchers.get(&record);
        let due = voucher.is_some_and(|voucher| {
            let before = voucher.attempts.values().filter(|it| it.channel != channel);
            before.filter(|it| it.fallback_at.is_some()).any(|attempt| {
                matches!(attempt.state, AttemptState::Failed | AttemptState::Unknown)
            })
        });
        if !due {
            let what = format!("{} goes on by {channel} after {voucher:?}", record.0);
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
        if progress.selected + work.planned_twice != work.selected {
            return broken_invariant(
                Invariant::EquationCloses,
                format!(
                    "{} selected, and {} are in dispatches, {} of them twice",
                    progress.selected, work.selected, work.planned_twice
                ),
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

/// The channels on which a customer could be reached from a step on, but for a pause.
struct ReachFrom {
    step: u64,
    at: i64,
    open: BTreeSet<Channel>,
    paused_until: Option<i64>,
}

/// The most by which the clock of a process is wrong.
const CLOCK_ERROR_MS: i64 = 1_000;

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
