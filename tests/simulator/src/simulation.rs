//! Runs one scenario from its seed until it is at rest: one campaign, a few customers, and the
//! platform around the real functions.
//!
//! Every AWS call of a function waits at the gate. In each step the world lets one call happen (or
//! fail), delivers a message, moves the clock, or lets an outside actor act; then every invariant
//! is checked. There is one thread and one random source, so the same seed always gives the same
//! story.

use std::{rc::Rc, sync::LazyLock};

use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        lifecycle::{Campaign, CampaignState},
    },
    customer::{
        address_state::NewSuppression, changes::CustomerReplacement, profile::SuppressionReason,
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        money::Currency,
    },
    voucher::combination::CombinationPolicy,
};
use fake_aws::{CallVerdict, FakeAws, ProviderMessage};
use serde_json::json;
use store::{
    Store,
    campaign::campaigns::{AuditedChange, settings::SettingName},
    conditional::Applied,
    customer::profiles::CustomerLookup,
};

use crate::{
    actors::OutsideActors,
    addresses,
    contexts::{self, FunctionContexts},
    coverage::{DONE, EffectCoverage},
    interceptor::{PendingCall, PendingCalls, set_current_invocation},
    invariants::{BrokenInvariant, EffectSource, Invariant, ObservedState, SimulatedMoment},
    offers, outage,
    plan::{FaultKind, SimulationPlan},
    platform::SimulatedPlatform,
    preferences, support,
    table_items::{VOUCHERS, is_reminder_due},
    variants,
};

/// The time at which every scenario starts.
pub const START: &str = "2026-11-01T12:00:00Z";
/// The steps without faults within which everything must have come to rest. Scenarios of up to ten
/// customers need a tenth of it; larger ones get a proportional multiple.
const CALM_STEPS: usize = 30_000;
const CAMPAIGN: &str = "cmp_01SIMULATED";

/// The table schemas, read from template.yaml once.
static SCHEMAS: LazyLock<Vec<fake_aws::TableSchema>> = LazyLock::new(testkit::table_schemas);

pub struct SimulatedWorld {
    pub plan: SimulationPlan,
    pub memory: FakeAws,
    pub pending_calls: PendingCalls,
    pub contexts: Rc<FunctionContexts>,
    pub observer: Store,
    pub currency: Currency,
    /// The simulated clock, in milliseconds since the epoch.
    pub now: i64,
    pub step: u64,
    pub random: fastrand::Rng,
    pub platform: SimulatedPlatform,
    pub actors: OutsideActors,
    pub view: ObservedState,
    pub coverage: EffectCoverage,
    /// Set while faults and actions of outside actors may happen.
    pub faults_enabled: bool,
    keeps_story: bool,
    pub story: Vec<String>,
}

/// The result of one simulated run.
pub struct SimulationOutcome {
    pub broken: Option<BrokenInvariant>,
    pub coverage: EffectCoverage,
    pub story: Vec<String>,
    pub steps: u64,
}

/// Runs a plan to its end on this thread. `event_delivery` keeps the story.
pub fn run_plan(plan: &SimulationPlan, keep_story: bool) -> anyhow::Result<SimulationOutcome> {
    fastrand::seed(plan.seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let outcome = runtime.block_on(async {
        let mut world = SimulatedWorld::new(plan, keep_story).await?;
        let broken = world.run_to_rest().await.err();
        anyhow::Ok(SimulationOutcome {
            broken,
            coverage: world.coverage,
            story: world.story,
            steps: world.step,
        })
    });
    set_current_invocation(None);
    runtime::clock::simulated::set_now(None);
    outcome
}

pub fn campaign_id() -> anyhow::Result<CampaignId> {
    Ok(CampaignId::parse(CAMPAIGN)?)
}

impl SimulatedWorld {
    async fn new(plan: &SimulationPlan, event_delivery: bool) -> anyhow::Result<Self> {
        set_current_invocation(None);
        let waiting = PendingCalls::default();
        let memory = FakeAws::with_gate(SCHEMAS.clone(), waiting.gate());
        let observer = contexts::memory_store(&memory);
        let euro = Currency::parse("EUR")?;
        let campaign = campaign_id()?;
        let start: Timestamp = START.parse()?;
        let mut world = Self {
            contexts: Rc::new(FunctionContexts::new(&memory, plan, euro)),
            view: ObservedState::new(memory.clone(), observer.clone(), campaign.clone(), plan),
            memory,
            pending_calls: waiting,
            observer,
            currency: euro,
            now: start.as_millisecond(),
            step: 0,
            random: fastrand::Rng::with_seed(plan.seed ^ 0x5eed_0002),
            platform: SimulatedPlatform::default(),
            actors: OutsideActors::default(),
            coverage: EffectCoverage::default(),
            faults_enabled: true,
            keeps_story: event_delivery,
            story: Vec::new(),
            plan: plan.clone(),
        };
        runtime::clock::simulated::set_now(Some(start));
        world.create_customers().await?;
        world.store_approval_thresholds().await?;
        world.create_draft(campaign, start).await?;
        Ok(world)
    }

    /// Creates customers with all kinds of consents; about a quarter of them have one suppressed
    /// channel because of an earlier complaint.
    async fn create_customers(&mut self) -> anyhow::Result<()> {
        for number in 0..self.plan.customers {
            let id = CustomerId::parse(&format!("c{number:02}"))?;
            let close = self.plan.close_quarters;
            let mut said = |chance: u32| {
                let state =
                    if close || self.random.u32(..100) < chance { "granted" } else { "denied" };
                json!({"state": state, "source": "signup_form", "at": START})
            };
            let mut profile = json!({
                "profile": {"first_name": "Ada", "locale": "en-IE", "zone": "Europe/Dublin"},
                "contacts": addresses::first_contacts(number, self.plan.shared_addresses),
                "consents": {"sms": said(60), "email": said(70), "push": said(70)},
                "push_endpoints": [{"endpoint_id": "phone", "arn": addresses::device(number)}],
            });
            profile["profile"]["currency"] = json!(self.plan.customer_currency(number));
            if self.random.bool() {
                profile["profile"]["tags"] = json!(["vip"]);
            }
            self.add_history(number, &mut profile);
            let profile: CustomerReplacement = serde_json::from_value(profile)?;
            self.observer.put_customer(&id, &profile, self.currency).await?;
            if !close && self.random.u32(..100) < 25 {
                let channel = [Channel::Sms, Channel::Email, Channel::Push]
                    .get(self.random.usize(..3))
                    .copied();
                let (channel, at) = (channel.unwrap_or(Channel::Sms), START.parse()?);
                self.complain(&id, channel, at).await?;
            }
            self.actors.customers.push(id);
        }
        Ok(())
    }

    /// Records that an address of a customer complained before the scenario began.
    async fn complain(
        &self,
        id: &CustomerId,
        channel: Channel,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let CustomerLookup::Customer(customer) = self.observer.customer(id).await? else {
            return Ok(());
        };
        let addresses = customer.addresses().into_iter();
        for address in addresses.filter(|address| address.channel() == channel) {
            let key = self.observer.address_key(&address).await?;
            let no = NewSuppression::received(SuppressionReason::Complained, at, "provider");
            self.observer.suppress_address(&key, channel, &no).await?;
        }
        Ok(())
    }

    async fn create_draft(&mut self, id: CampaignId, now: Timestamp) -> anyhow::Result<()> {
        let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
        let mut caps = json!({});
        if let Some(cap) = self.plan.cap {
            caps["vouchers"] = json!(cap);
        }
        if let Some(cap) = self.plan.redeemed_cap {
            caps["redeemed"] = money(cap);
        }
        let mut ladder = vec!["push", "email", "sms"];
        self.random.shuffle(&mut ladder);
        let mut document = json!({
            "name": "Simulated", "kind": "promotion",
            "offer": offers::offer(self.plan.seed),
            "validity": {"from_acceptance": {"hours": 720, "accept_within_hours": 720}},
            "audience": if self.plan.tagged_only { json!({"tags": {"any_of": ["vip"]}}) } else { json!({"everyone": {}}) },
            "channels": {"mode": if self.plan.all_channels { "all" } else { "first_available" }, "ladder": ladder},
            "messages": {"default_locale": "en", "locales": {"en": {
                "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
                "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }} {{ voucher_link }}</p>", "text": "{{ offer }} {{ voucher_link }}"},
                "push": {"title": "{{ offer }}", "body": "{{ voucher_link }}"},
            }}},
            "caps": caps,
            "holdout_percent": self.plan.holdout_percent,
            "reversal": {"on_cancel": if self.random.bool() { "reissue" } else { "burn" }, "on_refund": offers::on_refund(self.plan.seed)},
        });
        if self.plan.variants {
            document["variants"] = variants::variants();
        }
        if let Some(autopilot) = &self.plan.autopilot {
            document["kind"] = json!("autopilot");
            document["trigger"] = autopilot.trigger_definition();
        }
        self.plan.contact_policy.apply_to_definition(&mut document);
        if self.plan.preferences.is_some() {
            document["topic"] = json!(preferences::TOPIC);
        }
        let combination = CombinationPolicy { max_vouchers: 3, ..CombinationPolicy::default() };
        let change = AuditedChange { actor: "sim", action: "set", note: "", at: now };
        let name = SettingName::Combination;
        self.observer.save_setting(name, 0, &combination, &change).await?;
        if let Some(preferences) = self.plan.preferences {
            let topics = preferences.topics();
            self.observer.save_setting(SettingName::Topics, 0, &topics, &change).await?;
        }
        if self.plan.support {
            let name = SettingName::Goodwill;
            self.observer.save_setting(name, 0, &support::policy(), &change).await?;
        }
        let policy = self.plan.contact_policy.policy();
        if policy != domain::delivery::contact_policy::ContactPolicy::default() {
            self.observer.set_contact_policy(&policy, 0, "sim", now).await?;
        }
        let definition =
            Definition::parse(document, now).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
        let campaign = Campaign::draft(id, definition, "sim", now);
        let change = AuditedChange { actor: "sim", action: "create", note: "", at: now };
        self.observer.create_campaign(&campaign, "sim", &change).await?;
        Ok(())
    }

    async fn run_to_rest(&mut self) -> Result<(), BrokenInvariant> {
        self.view.observe(self.current_moment(), None, &[]).await?;
        self.launch_campaign();
        for _ in 0..self.plan.steps {
            self.run_step().await?;
        }
        self.add_to_story(|| "-- faults and deeds stop here".to_owned());
        self.faults_enabled = false;
        self.platform.end_faults();
        let bound = CALM_STEPS * self.plan.customers.div_ceil(10);
        for _ in 0..bound {
            if self.actors.is_finished(&self.view)
                && self.platform.at_rest(&self.memory, self.now)
                && self.campaign_has_ended()
            {
                return self.view.check_at_rest(self.now, &self.actors).await;
            }
            self.run_step().await?;
        }
        let progress = self.view.run_progress();
        let what =
            format!("still {:?} after {bound} steps without faults: {progress:?}", self.view.state);
        Err(BrokenInvariant { invariant: Invariant::NothingWaitsForEver, what })
    }

    fn campaign_has_ended(&self) -> bool {
        match self.view.state {
            CampaignState::Completed
            | CampaignState::Cancelled
            | CampaignState::Ended
            | CampaignState::Failed
            | CampaignState::Archived => {
                let progress = self.view.run_progress();
                self.pending_calls.len() == 0
                    && progress.open == 0
                    && progress.waiting() == 0
                    && self.reminders_done()
            }
            // an enabled autopilot never completes: everything that has fired so far must be done
            CampaignState::Enabled => {
                let progress = self.view.run_progress();
                self.pending_calls.len() == 0
                    && progress.open == 0
                    && progress.waiting() == 0
                    && self.all_matches_processed()
                    && self.reminders_done()
            }
            CampaignState::Draft
            | CampaignState::Scheduled
            | CampaignState::Running
            | CampaignState::Paused => false,
        }
    }

    /// Returns true when no reminder and no fallback after a bounce is due.
    fn reminders_done(&self) -> bool {
        let courtesy = &self.plan.contact_policy;
        (courtesy.reminder.is_none() && !courtesy.after_bounce)
            || !is_reminder_due(&self.memory, self.now)
    }

    async fn run_step(&mut self) -> Result<(), BrokenInvariant> {
        self.step += 1;
        self.now += self.random.i64(1..=20);
        self.change_hours_when_due().await;
        self.kill_timed_out();
        self.wake_frozen_process();
        let awake: Vec<usize> = self.runnable_calls();
        let waiting = awake.len();
        let effect_weight = if waiting > 0 { 60 } else { 0 };
        let message_weight = if self.platform.has_deliverable_message(self.now) { 20 } else { 0 };
        let stands_still = self.faults_enabled && self.plan.approvals.audits;
        let streams = match stands_still {
            true => Vec::new(),
            false => self.platform.ready_streams(&self.memory),
        };
        let stream_weight = if streams.is_empty() { 0 } else { 8 };
        let people_weight = match (self.faults_enabled, self.platform.frozen_channel(self.now)) {
            (true, Some(_)) => 10,
            (true, None) => 4,
            (false, _) => {
                if self.actors.is_finished(&self.view) {
                    0
                } else {
                    4
                }
            }
        };
        let time_weight = if waiting > 0 || message_weight > 0 { 2 } else { 12 };
        let total = effect_weight + message_weight + stream_weight + people_weight + time_weight;
        let mut drawn = self.random.u32(..total);
        let mut falls = |weight: u32| {
            let here = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            here
        };
        if falls(effect_weight) {
            let index = awake.get(self.random.usize(..waiting)).copied().unwrap_or_default();
            if let Some(effect) = self.pending_calls.take(index) {
                return self.apply_effect_or_stall(effect).await;
            }
        } else if falls(message_weight) {
            self.deliver_messages();
        } else if falls(stream_weight) {
            let drawn = self.random.usize(..streams.len());
            if let Some(table) = streams.get(drawn) {
                self.deliver_stream_batch(table);
            }
        } else if falls(people_weight) {
            self.act();
        } else {
            self.advance_clock();
        }
        self.settle_step(None).await
    }

    /// Changes the quiet hours once their time has come, as an operator does.
    async fn change_hours_when_due(&mut self) {
        let Some((after, _)) = self.plan.contact_policy.change else {
            return;
        };
        let started = START.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond);
        let due = started + i64::from(after) * 60_000;
        if self.view.hours_changed_at.is_some() || self.now < due {
            return;
        }
        let (policy, now) = (self.plan.contact_policy.after_change().policy(), self.current_time());
        let set = self.observer.set_contact_policy(&policy, 1, "sim", now).await;
        if matches!(set, Ok(Applied::Yes)) {
            self.view.hours_changed_at = Some(self.now);
            self.add_to_story(|| "-- the quiet hours are changed".to_owned());
        }
    }

    /// Returns the indexes of the waiting calls that may proceed; a frozen process makes none.
    fn runnable_calls(&self) -> Vec<usize> {
        let calls = self.pending_calls.invocations().into_iter().enumerate();
        calls
            .filter(|(_, number)| self.platform.is_awake(*number, self.now))
            .map(|(index, _)| index)
            .collect()
    }

    async fn apply_effect_or_stall(&mut self, effect: PendingCall) -> Result<(), BrokenInvariant> {
        // stalls are most frequent at voucher writes, where claims are made: a successor can take
        // over in between
        let rate = match (effect.call.writes, effect.call.target.as_str()) {
            (true, target) if target.contains(VOUCHERS) => self.plan.fault_rate * 4,
            (true, _) => self.plan.fault_rate,
            (false, _) => self.plan.fault_rate / 4,
        };
        let function = self.platform.running.get(&effect.invocation).map_or("", |it| it.function);
        let may = self.may_fail(function) && self.plan.faults.contains(&FaultKind::Stall);
        if may && self.random.u32(..1_000) < rate {
            self.stall_process(effect.invocation);
            self.pending_calls.put_back(effect);
            return self.settle_step(None).await;
        }
        self.apply_effect(effect).await
    }

    /// Lets one call happen, or fail in one of the ways it can.
    async fn apply_effect(&mut self, effect: PendingCall) -> Result<(), BrokenInvariant> {
        let Some(invocation) = self.platform.running.get(&effect.invocation) else {
            return Ok(());
        };
        let (function, since, began) = (invocation.function, invocation.since, invocation.began);
        let doer = EffectSource { invocation: effect.invocation, function, since, began };
        if let Some(refused) = self.outage_verdict(&effect) {
            self.coverage.count_event(outage::MET);
            self.add_to_story(|| format!("{function} #{}: {refused:?}", doer.invocation));
            effect.resolve(refused);
            return self.settle_step(Some(doer)).await;
        }
        let fault = if self.may_fail(function) { self.draw_fault(&effect) } else { None };
        let (operation, target) = (effect.call.operation.clone(), effect.call.target.clone());
        let target = target.rsplit('/').next().unwrap_or(&target).replace("Table", "");
        self.coverage.count_effect(
            function,
            &operation,
            &target,
            fault.map_or(DONE, FaultKind::name),
        );
        let number = effect.invocation;
        self.add_to_story(|| {
            let how = fault.map(|fault| format!("  ** {} **", fault.name())).unwrap_or_default();
            format!("{function} #{number}: {operation} {target}{how}")
        });
        match fault {
            Some(FaultKind::CrashBefore) => {
                self.kill_process(number);
                return self.settle_step(None).await;
            }
            Some(FaultKind::CrashAfter) => {
                self.mark_hung(number);
                effect.resolve(CallVerdict::Hang);
            }
            Some(FaultKind::AnswerLost) => effect.resolve(CallVerdict::LoseAnswer),
            Some(FaultKind::RequestLost) => effect.resolve(CallVerdict::LoseRequest),
            Some(FaultKind::Throttled) => effect.resolve(CallVerdict::Throttle),
            Some(FaultKind::Conflict) => effect.resolve(CallVerdict::Conflict),
            Some(FaultKind::Rejected) => effect.resolve(CallVerdict::Reject),
            Some(FaultKind::ServerError) => effect.resolve(CallVerdict::ServerError),
            Some(
                FaultKind::RepeatedDelivery
                | FaultKind::VisibleAgain
                | FaultKind::Zombie
                | FaultKind::Stall
                | FaultKind::Skew
                | FaultKind::StreamReplay
                | FaultKind::UnreliableEvents,
            )
            | None => effect.resolve(CallVerdict::Proceed),
        }
        self.settle_step(Some(doer)).await?;
        if fault == Some(FaultKind::CrashAfter) {
            self.kill_process(number);
            self.settle_step(None).await?;
        }
        Ok(())
    }

    /// Returns the refusal of a provider whose sender is out.
    fn outage_verdict(&self, effect: &PendingCall) -> Option<CallVerdict> {
        let outage = self.plan.outage.filter(|_| self.faults_enabled)?;
        let step = usize::try_from(self.step).unwrap_or(usize::MAX);
        outage.verdict(&effect.call, step, self.plan.steps)
    }

    /// Returns true if faults may be injected into this function's calls.
    fn may_fail(&self, function: &str) -> bool {
        self.faults_enabled && self.plan.focus.is_none_or(|focus| function.starts_with(focus))
    }

    fn draw_fault(&mut self, effect: &PendingCall) -> Option<FaultKind> {
        let provider = effect.call.sends_message();
        // faults at writes find the most bugs, and providers fail most often
        let rate = match (provider, effect.call.writes) {
            (true, _) => self.plan.fault_rate * 5,
            (false, true) => self.plan.fault_rate * 2,
            (false, false) => self.plan.fault_rate / 2,
        };
        if self.random.u32(..1_000) >= rate {
            return None;
        }
        let transaction = effect.call.operation == "TransactWriteItems";
        let mut possible: Vec<FaultKind> = [
            FaultKind::CrashBefore,
            FaultKind::CrashAfter,
            FaultKind::AnswerLost,
            FaultKind::RequestLost,
            FaultKind::Throttled,
            FaultKind::Conflict,
            FaultKind::Rejected,
            FaultKind::ServerError,
        ]
        .into_iter()
        .filter(|fault| self.plan.faults.contains(fault))
        .filter(|fault| match fault {
            FaultKind::Conflict => transaction,
            FaultKind::Rejected => provider,
            _ => true,
        })
        .collect();
        if possible.is_empty() {
            return None;
        }
        // faults after which another attempt follows get more weight
        if provider {
            let again = [FaultKind::Throttled, FaultKind::AnswerLost, FaultKind::RequestLost];
            possible.extend(
                again.into_iter().cycle().take(6).filter(|fault| self.plan.faults.contains(fault)),
            );
        }
        let index = self.random.usize(..possible.len());
        possible.get(index).copied()
    }

    /// Polls every function until each one waits for a call, then takes in the effects.
    pub async fn settle_step(&mut self, doer: Option<EffectSource>) -> Result<(), BrokenInvariant> {
        self.poll_until_blocked().await;
        set_current_invocation(None);
        for sent in self.memory.take_queued_messages() {
            self.enqueue_sent(&sent);
        }
        let mail: Vec<ProviderMessage> = self.memory.take_provider_messages();
        let seen = self.view.observe(self.current_moment(), doer, &mail).await;
        let news = std::mem::take(&mut self.view.descriptions);
        for line in news {
            self.add_to_story(|| format!("      {line}"));
        }
        for message in mail {
            self.schedule_provider_events(&message);
        }
        seen
    }

    fn current_moment(&self) -> SimulatedMoment {
        SimulatedMoment { step: self.step, now: self.now }
    }

    pub fn add_to_story(&mut self, line: impl FnOnce() -> String) {
        if self.keeps_story {
            let since = self.now - START.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond);
            let (seconds, millis) = (since / 1_000, since % 1_000);
            let line = format!("{:>3}:{:02}.{millis:03}  {}", seconds / 60, seconds % 60, line());
            self.story.push(line);
        }
    }
}
