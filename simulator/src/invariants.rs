//! Checks what must hold after every step; each invariant has a name and one place.
//!
//! `View` follows the changes of the tables and checks each one as it arrives. Checks that only
//! apply to a scenario at rest are in `rest`.

mod claims;
mod courtesy;
mod firing;
mod office;
mod rest;
mod spend;
mod voucher;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use aggregate_reports::{Batch, Change};
use domain::{
    TimeZone,
    campaign::{Revoke, State},
    channel::Channel,
    customer::{ConsentState, Customer, Zone},
    delivery::AttemptState,
    dispatch::Progress,
    id::{CampaignId, CustomerId},
    report::{self, Delta},
    voucher::{Redemption, Voucher},
};
use memory_aws::{Item, Mail, Memory};
use serde_json::json;
use store::{Store, customers::Found};

use self::{claims::Claims, firing::Firing, office::Governed};
use crate::{
    courtesy::Courtesy,
    plan::Plan,
    records::{
        CONTROL, CUSTOMERS, Record, VOUCHERS, WORK, Work, addressed, is_in_hand, name, planned_repeat, record_of,
        reminds, text, told,
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
    PressureHolds,
    /// A customer is reminded of a voucher once, with a claim, while it may be used.
    RemindedOnce,
    /// A voucher is stamped as expired only after its time is over, and only if nobody has used it.
    EndedInTime,
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
            Invariant::NoLostMatch => "no lost match",
            Invariant::ConditionAtSend => "condition at send",
            Invariant::CoolDownHolds => "cool-down holds",
            Invariant::QuietHours => "quiet hours are kept",
            Invariant::PressureHolds => "caps across offers hold",
            Invariant::RemindedOnce => "reminded once",
            Invariant::EndedInTime => "ended in time",
            Invariant::SecondPerson => "a second person agrees",
            Invariant::SpendIsKept => "what was spent is kept",
            Invariant::NothingWaitsForEver => "nothing waits for ever",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub invariant: Invariant,
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant.name(), self.what)
    }
}

fn broken(invariant: Invariant, what: impl Into<String>) -> Result<(), Broken> {
    Err(Broken { invariant, what: what.into() })
}

/// The state of the scenario, as far as the invariants need it.
pub struct View {
    memory: Memory,
    observer: Store,
    campaign: CampaignId,
    seen: BTreeMap<&'static str, usize>,
    pub vouchers: BTreeMap<Record, Voucher>,
    /// The counters expected from all changes so far.
    counted: Delta,
    /// The channels on which each customer could be reached, with the step from which on this held.
    reach: BTreeMap<CustomerId, Vec<(u64, BTreeSet<Channel>)>>,
    claims: Claims,
    firing: Option<Firing>,
    courtesy: Courtesy,
    governed: Governed,
    /// The time at which each record appeared, in milliseconds.
    appeared: BTreeMap<Record, i64>,
    /// Every zone that each customer ever had: a worker may have read the profile a while ago.
    zones: BTreeMap<CustomerId, Vec<Zone>>,
    revoke: Revoke,
    vouchers_cap: Option<u64>,
    redeemed_cap: Option<i64>,
    pub state: State,
    pub version: u64,
    /// The time at which the autopilot was first enabled, in milliseconds.
    pub enabled_at: Option<i64>,
    /// Descriptions of what changed in the last step.
    pub news: Vec<String>,
}

/// The invocation that did the last effect, and the step in which it began.
#[derive(Debug, Clone, Copy)]
pub struct Doer {
    pub invocation: u32,
    pub function: &'static str,
    pub since: u64,
}

/// The time of an effect: the world's step, and its clock in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub step: u64,
    pub now: i64,
}

impl View {
    pub fn new(memory: Memory, observer: Store, campaign: CampaignId, plan: &Plan) -> Self {
        Self {
            memory,
            observer,
            campaign,
            seen: BTreeMap::new(),
            vouchers: BTreeMap::new(),
            counted: Delta::new(),
            reach: BTreeMap::new(),
            claims: Claims::default(),
            firing: plan.autopilot.map(|autopilot| Firing::of(autopilot, plan.tagged_only)),
            courtesy: plan.courtesy,
            governed: Governed::of(plan.office),
            appeared: BTreeMap::new(),
            zones: BTreeMap::new(),
            revoke: Revoke::None,
            vouchers_cap: Some(0),
            redeemed_cap: Some(0),
            state: State::Draft,
            version: 1,
            enabled_at: None,
            news: Vec::new(),
        }
    }

    fn news_of(&mut self, table: &'static str) -> Vec<memory_aws::Change> {
        let seen = self.seen.entry(table).or_default();
        if self.memory.change_count(table) == *seen {
            return Vec::new();
        }
        let changes = self.memory.changes(table, *seen);
        *seen += changes.len();
        changes
    }

    /// Takes in what the last effect changed, and checks it.
    pub async fn observe(&mut self, moment: Moment, doer: Option<Doer>, mail: &[Mail]) -> Result<(), Broken> {
        self.news.clear();
        for change in self.news_of(CUSTOMERS) {
            self.customer(moment, &change).await;
        }
        let control = !self.news_of(CONTROL).is_empty();
        if control {
            self.control(moment).await?;
        }
        let mut vouchers = false;
        for change in self.news_of(VOUCHERS) {
            vouchers = true;
            self.voucher(moment, doer, &change)?;
        }
        if let Some(doer) = doer {
            for message in mail {
                self.sent(doer, message)?;
            }
        }
        let work = self.news_of(WORK);
        for change in &work {
            claims::take(moment.now, change)?;
        }
        for planned in work.iter().filter(|change| change.old.is_none()).filter_map(|change| change.new.as_ref()) {
            self.repeat(planned)?;
        }
        if !work.is_empty() || vouchers || control {
            self.work()?;
        }
        Ok(())
    }

    async fn customer(&mut self, moment: Moment, change: &memory_aws::Change) {
        let Some(id) = change.new.as_ref().and_then(|item| CustomerId::parse(text(item, "customer_id")).ok()) else {
            return;
        };
        let open = match self.observer.customer(&id).await {
            Ok(Found::Customer(customer)) => {
                if let Some(firing) = &mut self.firing {
                    firing.learn(moment, &customer);
                }
                self.zones.entry(id.clone()).or_default().push(customer.profile.zone.clone().unwrap_or_default());
                Channel::ALL.into_iter().filter(|channel| allows(&customer, *channel)).collect()
            }
            Ok(Found::Erased | Found::Unknown) | Err(_) => BTreeSet::new(),
        };
        let history = self.reach.entry(id.clone()).or_default();
        if history.last().is_none_or(|(_, before)| *before != open) {
            let names: Vec<&str> = open.iter().map(|channel| channel.as_str()).collect();
            self.news.push(format!(
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

    async fn control(&mut self, moment: Moment) -> Result<(), Broken> {
        if let Ok(Some(campaign)) = self.observer.campaign(&self.campaign).await {
            if campaign.state != self.state {
                self.news.push(format!("the campaign is {}", campaign.state.as_str()));
            }
            (self.state, self.version, self.revoke) = (campaign.state, campaign.version, campaign.revoke);
            if self.state == State::Enabled {
                self.enabled_at.get_or_insert(moment.now);
            }
            let caps = &campaign.definition.caps;
            self.vouchers_cap = larger(self.vouchers_cap, caps.vouchers);
            self.redeemed_cap = larger(self.redeemed_cap, caps.redeemed.map(|money| money.amount.units()));
            self.governed.changed(&campaign)?;
        }
        Ok(())
    }

    fn voucher(&mut self, moment: Moment, doer: Option<Doer>, change: &memory_aws::Change) -> Result<(), Broken> {
        let record = record_of(change, 0);
        let read = Batch::read(json!({ "Records": [record] })).ok();
        let Some(step) = read.and_then(|mut batch| batch.records.pop()) else { return Ok(()) };
        let (old, new) = match step.change {
            Change::Step { old, new } => (old.map(|it| *it), *new),
            Change::Nothing => return broken(Invariant::OneVoucher, "a record was deleted"),
            Change::Bad { reason, .. } => return broken(Invariant::OneVoucher, format!("unreadable: {reason}")),
        };
        for (row, counts) in report::change(old.as_ref(), &new, &TimeZone::UTC) {
            let sums = self.counted.entry(row).or_default();
            for (name, by) in counts {
                *sums.entry(name).or_default() += by;
            }
        }
        self.news.push(told(old.as_ref(), &new));
        match &old {
            None => self.issued(doer, &new)?,
            Some(old) => voucher::changed(old, &new)?,
        }
        voucher::one_redemption(old.as_ref(), &new)?;
        if let Some(doer) = doer {
            self.claims.changed(moment.now, doer, old.as_ref(), &new)?;
            self.further_claims(old.as_ref(), &new)?;
            self.courteous(old.as_ref(), &new)?;
        }
        let record = (new.customer.clone(), new.occurrence.clone());
        self.appeared.entry(record.clone()).or_insert(moment.now);
        self.vouchers.insert(record, new);
        self.caps()
    }

    /// Checks that a worker that makes a further claim holds the lease of its dispatch. The first
    /// claim comes with the voucher.
    fn further_claims(&self, old: Option<&Voucher>, new: &Voucher) -> Result<(), Broken> {
        let Some(old) = old else { return Ok(()) };
        let record = (new.customer.clone(), new.occurrence.clone());
        for (channel, attempt) in &new.attempts {
            let fresh = attempt.state == AttemptState::Claimed && old.attempts.get(channel) != Some(attempt);
            if fresh && !is_in_hand(&self.memory, &record, attempt, false) {
                let what = format!(
                    "attempt {} by {channel} for {} is claimed for a dispatch in other hands",
                    attempt.number,
                    name(new)
                );
                return broken(Invariant::LiveLeases, what);
            }
        }
        Ok(())
    }

    fn issued(&self, doer: Option<Doer>, new: &Voucher) -> Result<(), Broken> {
        if let Some(other) = self.vouchers.get(&(new.customer.clone(), new.occurrence.clone())) {
            return broken(Invariant::OneVoucher, format!("{} has {} and {}", name(new), other.id, new.id));
        }
        match (&self.firing, doer) {
            (Some(firing), Some(doer)) => firing.issued(doer, new, &self.vouchers),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn caps(&self) -> Result<(), Broken> {
        let issued = self.vouchers.values().filter(|voucher| voucher.status.is_voucher()).count() as u64;
        if self.vouchers_cap.is_some_and(|cap| issued > cap) {
            return broken(
                Invariant::CapsHold,
                format!("{issued} vouchers, and never were more allowed than {:?}", self.vouchers_cap),
            );
        }
        let redeemed = self.redeemed();
        if self.redeemed_cap.is_some_and(|cap| redeemed > cap) {
            return broken(
                Invariant::CapsHold,
                format!("{redeemed} cents redeemed, and never were more allowed than {:?}", self.redeemed_cap),
            );
        }
        Ok(())
    }

    fn redeemed(&self) -> i64 {
        let net = |redemption: &Redemption| redemption.discount.units() - redemption.returned.units();
        self.vouchers.values().filter_map(|voucher| voucher.redemption.as_ref()).map(net).sum()
    }

    fn sent(&mut self, doer: Doer, message: &Mail) -> Result<(), Broken> {
        let (customer, voucher, channel) = addressed(message);
        let known = voucher.and_then(|id| self.vouchers.iter().find(|(_, voucher)| voucher.id == id));
        let (Some(customer), Some((record, voucher))) = (customer, known) else {
            return broken(Invariant::ClaimBeforeSend, format!("a message with no voucher that we know: {message:?}"));
        };
        self.news.push(format!("the provider took a message for {} by {channel}", name(voucher)));
        if record.0 != customer || !voucher.status.is_voucher() {
            return broken(Invariant::ClaimBeforeSend, format!("{customer} has no such voucher"));
        }
        if reminds(message) {
            self.claims.reminded(doer, record)?;
        } else {
            self.claims.sent(doer, record, channel)?;
        }
        if let Some(claim) = self.claims.own(doer, record, channel, reminds(message)) {
            self.hour(voucher, channel, claim)?;
        }
        if !self.was_open(&customer, channel, doer.since) {
            return broken(
                Invariant::ConsentAtSend,
                format!("{customer} could not be reached by {channel} at any time since #{} began", doer.invocation),
            );
        }
        Ok(())
    }

    /// Checks that a new item in Work, if it is a retry, follows an open attempt; most new items
    /// are no retries.
    fn repeat(&self, planned: &Item) -> Result<(), Broken> {
        let repeat = planned_repeat(planned);
        let Some((record, channel, number)) = repeat else { return Ok(()) };
        let attempt = self.vouchers.get(&record).and_then(|voucher| voucher.attempts.get(&channel));
        let open = attempt.is_some_and(|attempt| {
            attempt.number + 1 == number && matches!(attempt.state, AttemptState::Throttled | AttemptState::Unknown)
        });
        if !open {
            let what = format!("attempt {number} by {channel} for {} is planned after {attempt:?}", record.0);
            return broken(Invariant::RepeatsOpenAttempts, what);
        }
        Ok(())
    }

    /// Returns true if the campaign as it is now was approved.
    pub fn agreed(&self) -> bool {
        self.governed.agreed()
    }

    pub fn progress(&self) -> Progress {
        Work::of(&self.memory).progress
    }

    fn work(&self) -> Result<(), Broken> {
        let work = Work::of(&self.memory);
        let progress = &work.progress;
        if progress.open != work.open {
            return broken(
                Invariant::EquationCloses,
                format!("{} open, and {} dispatches and unknown attempts are", progress.open, work.open),
            );
        }
        if progress.selected != work.selected {
            return broken(
                Invariant::EquationCloses,
                format!("{} selected, and {} are in dispatches", progress.selected, work.selected),
            );
        }
        if progress.tally.total() > progress.selected {
            return broken(
                Invariant::EquationCloses,
                format!("{} outcomes of {} selected", progress.tally.total(), progress.selected),
            );
        }
        if self.state == State::Completed {
            let whole = progress.segments > 0 && progress.segments_scanned == progress.segments;
            let customers = self.memory.items(CUSTOMERS).len() as u64;
            if progress.scanned != customers {
                let what = format!("{} of {customers} customers were scanned", progress.scanned);
                return broken(Invariant::EquationCloses, what);
            }
            if !whole || progress.open > 0 || progress.tally.total() != progress.selected {
                return broken(Invariant::NotCompletedEarly, format!("{progress:?}"));
            }
            self.recount(&work)?;
        }
        Ok(())
    }
}

/// Computes reach independently, so that the code under test does not judge itself.
fn allows(customer: &Customer, channel: Channel) -> bool {
    let granted = customer.consents.get(&channel).is_some_and(|consent| consent.state == ConsentState::Granted);
    granted && !customer.suppressions.contains_key(&channel)
}

fn larger<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    Some(a?.max(b?))
}
